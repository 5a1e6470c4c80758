"""Puts a native chart into the first draft of a Word template; from then on its look is changed in Word.

    from tools.charts import add_bars

    add_bars(draft, "Grafico a barre: …", rows=["Abitare", "Lavoro"], series=["T0", "Oggi"], most=5)

Horizontal bars that are told apart without colours: the first series is hatched, the second full. The numbers are samples, so
that whoever opens the template sees bars: those of a document come from its answers, as `charts` in the template's
description says. There is no workbook: the look is all that can be edited.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.shared import Cm

from tools.draft import FONT, GREY, INK, TEXT_WIDTH, Draft

CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
MAIN = "http://schemas.openxmlformats.org/drawingml/2006/main"
PLACED = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WORDS = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
TYPE = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
EDGE = f'<a:ln w="9525"><a:solidFill><a:srgbClr val="{INK}"/></a:solidFill></a:ln>'
FILLS = (
    f'<a:pattFill prst="wdUpDiag"><a:fgClr><a:srgbClr val="{INK}"/></a:fgClr>'
    '<a:bgClr><a:srgbClr val="FFFFFF"/></a:bgClr></a:pattFill>',
    f'<a:solidFill><a:srgbClr val="{INK}"/></a:solidFill>',
)
"""How the bars of each series are filled."""


def add_bars(draft: Draft, alt: str, *, rows: Sequence[str], series: Sequence[str], most: int, height: float = 11.0) -> str:
    """Add a chart over the full width, `height` cm high, on a scale from 0 to `most`; `alt` says what kind of chart it is.

    Gives back the name of its part, for the description of the template.
    """
    if len(series) > len(FILLS):
        raise ValueError(f"{len(FILLS)} series can be told apart without colours, not {len(series)}")
    part = draft.document.part
    number = 1 + sum(1 for one in part.rels.values() if one.reltype == RELATIONSHIP_TYPE.CHART)
    name = f"/word/charts/chart{number}.xml"
    drawn = Part(PackURI(name), TYPE, _space(rows, series, most).encode(), part.package)
    identity = part.relate_to(drawn, RELATIONSHIP_TYPE.CHART)
    width, tall = int(Cm(TEXT_WIDTH)), int(Cm(height))
    paragraph = draft.document.add_paragraph()
    paragraph.paragraph_format.keep_with_next = True  # with the note that says how to read it
    paragraph._p.append(
        parse_xml(
            f'<w:r xmlns:w="{WORDS}"><w:drawing><wp:inline xmlns:wp="{PLACED}" distT="0" distB="0" distL="0" distR="0">'
            f'<wp:extent cx="{width}" cy="{tall}"/><wp:effectExtent l="0" t="0" r="0" b="0"/>'
            f'<wp:docPr id="{100 + number}" name="Grafico {number}" descr={quoteattr(alt)}/><wp:cNvGraphicFramePr/>'
            f'<a:graphic xmlns:a="{MAIN}"><a:graphicData uri="{CHART}">'
            f'<c:chart xmlns:c="{CHART}" xmlns:r="{RELATED}" r:id="{identity}"/>'
            "</a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
        )
    )
    return name.lstrip("/")


def _space(rows: Sequence[str], series: Sequence[str], most: int) -> str:
    """The chart itself: the first row on top, the scale at the bottom, a number at the end of each bar."""
    bars = "".join(_bars(n, name, rows) for n, name in enumerate(series))
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f'<c:chartSpace xmlns:c="{CHART}" xmlns:a="{MAIN}" xmlns:r="{RELATED}"><c:date1904 val="0"/><c:lang val="it-IT"/>'
        '<c:roundedCorners val="0"/><c:chart><c:autoTitleDeleted val="1"/><c:plotArea><c:layout/>'
        f'<c:barChart><c:barDir val="bar"/><c:grouping val="clustered"/><c:varyColors val="0"/>{bars}'
        '<c:gapWidth val="60"/><c:overlap val="0"/><c:axId val="1001"/><c:axId val="1002"/></c:barChart>'
        '<c:catAx><c:axId val="1001"/><c:scaling><c:orientation val="maxMin"/></c:scaling><c:delete val="0"/>'
        '<c:axPos val="l"/><c:numFmt formatCode="General" sourceLinked="0"/><c:majorTickMark val="none"/>'
        f'<c:minorTickMark val="none"/><c:tickLblPos val="low"/><c:spPr>{EDGE}</c:spPr><c:crossAx val="1002"/>'
        '<c:crosses val="autoZero"/><c:auto val="0"/><c:lblAlgn val="ctr"/><c:lblOffset val="100"/>'
        '<c:noMultiLvlLbl val="1"/></c:catAx>'
        f'<c:valAx><c:axId val="1002"/><c:scaling><c:orientation val="minMax"/><c:max val="{most}"/><c:min val="0"/></c:scaling>'
        f'<c:delete val="0"/><c:axPos val="b"/><c:majorGridlines><c:spPr><a:ln w="6350"><a:solidFill><a:srgbClr val="{GREY}"/>'
        '</a:solidFill><a:prstDash val="sysDot"/></a:ln></c:spPr></c:majorGridlines>'
        '<c:numFmt formatCode="0" sourceLinked="0"/><c:majorTickMark val="out"/><c:minorTickMark val="none"/>'
        '<c:tickLblPos val="nextTo"/><c:crossAx val="1001"/><c:crosses val="max"/><c:crossBetween val="between"/>'
        '<c:majorUnit val="1"/></c:valAx></c:plotArea>'
        '<c:legend><c:legendPos val="t"/><c:overlay val="0"/></c:legend><c:plotVisOnly val="1"/><c:dispBlanksAs val="gap"/>'
        "</c:chart><c:spPr><a:noFill/><a:ln><a:noFill/></a:ln></c:spPr>"
        f'<c:txPr><a:bodyPr/><a:lstStyle/><a:p><a:pPr><a:defRPr sz="900"><a:latin typeface="{FONT}"/><a:cs typeface="{FONT}"/>'
        '</a:defRPr></a:pPr><a:endParaRPr lang="it-IT"/></a:p></c:txPr></c:chartSpace>'
    )


def _bars(n: int, name: str, rows: Sequence[str]) -> str:
    points = "".join(f'<c:pt idx="{row}"><c:v>{escape(text)}</c:v></c:pt>' for row, text in enumerate(rows))
    numbers = "".join(f'<c:pt idx="{row}"><c:v>{2 + 2 * n}</c:v></c:pt>' for row in range(len(rows)))
    size = f'<c:ptCount val="{len(rows)}"/>'
    return (
        f'<c:ser><c:idx val="{n}"/><c:order val="{n}"/><c:tx><c:strRef><c:f>dati!$B$1</c:f><c:strCache><c:ptCount val="1"/>'
        f'<c:pt idx="0"><c:v>{escape(name)}</c:v></c:pt></c:strCache></c:strRef></c:tx>'
        f'<c:spPr>{FILLS[n]}{EDGE}</c:spPr><c:invertIfNegative val="0"/>'
        '<c:dLbls><c:spPr><a:noFill/><a:ln><a:noFill/></a:ln></c:spPr><c:dLblPos val="outEnd"/><c:showLegendKey val="0"/>'
        '<c:showVal val="1"/><c:showCatName val="0"/><c:showSerName val="0"/><c:showPercent val="0"/><c:showBubbleSize val="0"/>'
        f"</c:dLbls><c:cat><c:strRef><c:f>dati!$A$2</c:f><c:strCache>{size}{points}</c:strCache></c:strRef></c:cat>"
        f"<c:val><c:numRef><c:f>dati!$B$2</c:f><c:numCache><c:formatCode>0</c:formatCode>{size}{numbers}</c:numCache></c:numRef>"
        "</c:val></c:ser>"
    )
