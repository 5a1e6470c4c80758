"""Makes the first draft of a Word template in the house style; from then on the .docx is the source, edited in Word.

    from tools.draft import Draft, row

    draft = Draft("PAI – Progetto individualizzato")
    draft.title("Progetto individualizzato", "n. {{ pai.pai_n }}, caso {{ documento.caso }}")
    draft.heading("Dati della persona")                     # Heading 1, numbered by Word; level=2 for Heading 2
    draft.text("L’équipe **approva** il progetto che segue.")          # ** bold **; no ** inside a tag
    draft.fields(                                           # label and value, one or two pairs a row
        "Dati della persona",                               # says to a screen reader what the table is
        row("Cognome", "{{ persona.cognome }}", when="not persona.senza_cognome"),
        row("Nato il", "{{ persona.data_nascita }}", "Sesso", "{{ persona.sesso }}"),
    )
    with draft.when("pai.alloggio"):                        # {%p if %}; inside it draft.otherwise() is {%p else %}
        draft.text("Alloggio: {{ pai.alloggio.id }}")
    with draft.each("o in pai.obiettivi", empty="Nessun obiettivo."):  # {%p for %}, also around tables
        draft.fields("Obiettivo", row("Scadenza", "{{ o.scadenza }}"), caption="Obiettivo {{ o.codice }}")
    draft.table(                                            # one row for each of a list
        "Azioni",
        "a in pai.azioni",
        column("Azione", 10, "{{ a.descrizione }}"),        # title, width in cm (scaled to 17), content
        column("Entro", 2.8, "{{ a.fine }}"),
        empty="Nessuna azione.",
    )
    draft.bullets("i in pai.impegni_persona", "{{ i }}", empty="Nessuno.")
    draft.grid("Scala", ["Punti", "Che cosa vuol dire"], ["1", "crisi"], ["5", "autonomo"], widths=[2, 15])  # fixed rows
    draft.box("Sintesi della valutazione", "{{ pai.sintesi }}")         # a long text, framed, over the full width
    draft.signatures()                                      # heading «Firme» and a row for each of documento.firme
    draft.save(Path("templates/pai.docx"))

Run it with `PYTHONPATH=. .venv/bin/python my_script.py` from the root of the repository. Every tag is plain text in one
run. A missing list makes a loop go round once, over blanks; `empty` is printed when the list is there and has no rows.
Two tables never touch: each is followed by a small paragraph, or Word would join them.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Cm, Emu
from docx.table import Table, _Cell, _Row
from docx.text.paragraph import Paragraph

from pitstop_docs import files

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
TEXT_WIDTH = 17.0
"""Centimetres between the margins of an A4 page."""
FONT = "Arial"
"""On every Windows and Mac; LibreOffice on Linux has its metric twin, Liberation Sans."""
GREY, SHADE, INK = "A6A6A6", "E9EDF2", "1F3347"

BODY = "{{ progetto.comune.denominazione }}"
OFFICE = "{{ progetto.comune.settore }}"
PROJECT = "{{ progetto.titolo_breve }}"
CUP = "CUP {{ progetto.cup_principale }}"


@dataclass(frozen=True)
class Row:
    """Pairs of label and value that share a row; printed only if `when` holds."""

    pairs: tuple[tuple[str, str], ...]
    when: str = ""


@dataclass(frozen=True)
class Column:
    """A column of a table with one row for each of a list."""

    title: str
    width: float
    content: str
    right: bool = False


def row(*words: str, when: str = "") -> Row:
    """A row of `fields`: label, value and perhaps a second label, value."""
    if len(words) not in (2, 4):
        raise ValueError(f"label and value, once or twice: {words}")
    return Row(tuple(zip(words[::2], words[1::2], strict=True)), when)


def column(title: str, width: float, content: str, *, right: bool = False) -> Column:
    """A column of `table`; `right` for amounts and scores."""
    return Column(title, width, content, right)


class Draft:
    """A template that grows from top to bottom. Nothing in it is checked: `pitstop lint` does that."""

    def __init__(self, name: str, *, body: str = BODY, office: str = OFFICE) -> None:
        """`name` is the title in the file’s properties; `body` and `office` head the page, the Comune’s if not told."""
        self.document = Document()
        self.name = name
        self.body, self.office = body, office
        self._clean()
        self._page()

    def title(self, title: str, subtitle: str = "") -> None:
        """The name of the paper, once, at its head."""
        self._write(title, "Title")
        if subtitle:
            self._write(subtitle, "Subtitle")

    def heading(self, text: str, *, level: int = 1) -> None:
        """A numbered heading."""
        self._write(text, f"Heading {level}")

    def text(self, text: str, *, style: str = "Normal", keep: bool = False) -> None:
        """A paragraph, kept with what follows if `keep`; `style` Nota is small, Formula centred, Destinatario on the right."""
        paragraph = self._write(text, style)
        if keep:
            paragraph.paragraph_format.keep_with_next = True

    def bullets(self, each: str, content: str, *, empty: str = "") -> None:
        """A bulleted list, one entry for each of a list."""
        with self.each(each, empty=empty):
            self._write(content, "List Bullet")

    def points(self, *texts: str, keep: bool = False) -> None:
        """A bulleted list of fixed entries; `keep` it on one page with what follows, as what is signed with the signatures."""
        for text in texts:
            self.text(text, style="List Bullet", keep=keep)

    @contextmanager
    def when(self, condition: str) -> Iterator[None]:
        """What is written inside is printed only if the condition holds."""
        self._tag(f"if {condition}")
        yield
        self._tag("endif")

    def otherwise(self) -> None:
        """Inside `when` or `each`: what follows is printed if the condition does not hold, or the list is empty."""
        self._tag("else")

    @contextmanager
    def each(self, each: str, *, empty: str = "") -> Iterator[None]:
        """What is written inside is printed for each of a list."""
        self._tag(f"for {each}")
        yield
        if empty:
            self._tag("else")
            self._write(empty, "Normal")
        self._tag("endfor")

    def fields(
        self, name: str, *rows: Row, caption: str = "", label: float = 4.6, together: bool = False, keep: bool = False
    ) -> None:
        """A block of labels and values, under a shaded caption if there is one. `label` is the label's width in cm.

        Where some row has two pairs, a single pair spreads its value over the rest of the row. `together`: on one page;
        `keep`: and on that of what follows.
        """
        double = any(len(one.pairs) == 2 for one in rows)
        narrow = min(label, 3.4)
        widths = [narrow, TEXT_WIDTH / 2 - narrow] * 2 if double else [label, TEXT_WIDTH - label]
        table = self._table(widths, name, heading=bool(caption), first_column=True)
        if caption:
            self._heading_row(table, [caption])
        for one in rows:
            self._guarded(table, one)
        if together or keep:
            _hang_together(table.rows if keep else table.rows[:-1])
        self._gap(keep=keep)

    def table(self, name: str, each: str, *columns: Column, empty: str = "Nessuno.", total: str = "") -> None:
        """A row for each of a list, under a heading row that repeats over the pages; `total` ends it, right aligned."""
        scale = TEXT_WIDTH / sum(one.width for one in columns)
        table = self._table([one.width * scale for one in columns], name, heading=True)
        self._heading_row(table, [one.title for one in columns], [one.right for one in columns])
        self._tag_row(table, f"for {each}")
        self._cells(table, [one.content for one in columns], right=[one.right for one in columns])
        if empty:
            self._tag_row(table, "else")
            self._cells(table, [empty])
        self._tag_row(table, "endfor")
        if total:
            self._cells(table, [f"**{total}**"], right=[True])
        self._gap()

    def grid(self, name: str, titles: Sequence[str], *rows: Sequence[str], widths: Sequence[float] = ()) -> None:
        """A table of fixed rows under a heading row; `widths` in cm, equal if not told."""
        widths = widths or [1.0] * len(titles)
        table = self._table([width * TEXT_WIDTH / sum(widths) for width in widths], name, heading=True)
        self._heading_row(table, titles)
        for texts in rows:
            self._cells(table, texts)
        self._gap()

    def box(self, caption: str, content: str) -> None:
        """A long text over the full width, framed, under its caption."""
        table = self._table([TEXT_WIDTH], caption, heading=True)
        self._heading_row(table, [caption])
        self._cells(table, [content], split=True)
        self._gap()

    def signatures(self, *, heading: str = "Firme", place: str = "Bari, ") -> None:
        """A row for each who must sign, on one page with its heading: role, name, room for a signature and a date."""
        self.heading(heading)
        self.text(f"{place}{{{{ documento.data }}}}", keep=True)
        widths = [4.2, 4.6, 5.4, 2.8]
        table = self._table(widths, "Firme", heading=True)
        self._heading_row(table, ["In qualità di", "Nome e cognome", "Firma", "Data"])
        self._tag_row(table, "for f in documento.firme")
        signer = self._cells(table, ["{{ f.ruolo }}", "{{ f.nome }}", "", ""])
        signer.height = Cm(1.15)
        self._tag_row(table, "endfor")
        _hang_together(table.rows)  # a signature alone on a page proves nothing
        self.text("Chi firma digitalmente (art. 24 del D.Lgs. 82/2005) non firma nella tabella.", style="Nota")

    def save(self, path: Path) -> None:
        """Write the template: the same draft gives the same bytes."""
        stream = io.BytesIO()
        self.document.save(stream)
        path.write_bytes(files.repack(files.unpack(stream.getvalue())))

    def _write(self, text: str, style: str, into: Paragraph | None = None) -> Paragraph:
        paragraph = into if into is not None else self.document.add_paragraph()
        paragraph.style = self.document.styles[style]
        for n, piece in enumerate(text.split("**")):
            if piece:
                run = paragraph.add_run(piece)
                run.bold = True if n % 2 else None
        return paragraph

    def _tag(self, words: str) -> None:
        self._write(f"{{%p {words} %}}", "Istruzione")

    def _gap(self, *, keep: bool = False) -> None:
        self.text("", style="Distacco", keep=keep)

    def _table(self, widths: Sequence[float], name: str, *, heading: bool, first_column: bool = False) -> Table:
        table: Table = self.document.add_table(rows=0, cols=len(widths))
        table.style = self.document.styles["Tabella"]
        table.autofit = False
        for grid, width in zip(table.columns, widths, strict=True):
            grid.width = Cm(width)
        properties = table._tbl.tblPr  # python-docx has no word for what follows
        for old in properties.findall(qn("w:tblW")) + properties.findall(qn("w:tblLook")):
            properties.remove(old)
        total = sum(_twips(width) for width in widths)
        properties.find(qn("w:tblStyle")).addnext(_element(f'<w:tblW {W} w:w="{total}" w:type="dxa"/>'))
        look = f"{0x0600 | heading << 5 | first_column << 7:04X}"  # LibreOffice reads the sum, Word the attributes
        properties.append(
            _element(
                f'<w:tblLook {W} w:val="{look}" w:firstRow="{heading:d}" w:lastRow="0" w:firstColumn="{first_column:d}" '
                'w:lastColumn="0" w:noHBand="1" w:noVBand="1"/>'
            )
        )
        caption = _element(f"<w:tblCaption {W}/>")
        caption.set(qn("w:val"), name)
        properties.append(caption)
        return table

    def _cells(
        self,
        table: Table,
        texts: Sequence[str],
        *,
        right: Sequence[bool] = (),
        spans: Sequence[int] = (),
        split: bool = False,
        style: str = "Cella",
    ) -> _Row:
        """One more row. Where there are fewer texts than columns, the last one spreads over the rest."""
        line: _Row = table.add_row()  # type: ignore[no-untyped-call]
        widths = [int(grid.width or 0) for grid in table.columns]
        spans = spans or [1] * (len(texts) - 1) + [len(widths) - len(texts) + 1]
        start = 0
        kept: list[_Cell] = []
        for span in spans:
            cell = _Cell(line._tr.tc_lst[start], table)
            if span > 1:
                cell._tc.grid_span = span
            cell.width = Emu(sum(widths[start : start + span]))
            kept.append(cell)
            start += span
        for unused in [tc for tc in line._tr.tc_lst if all(tc is not cell._tc for cell in kept)]:
            line._tr.remove(unused)
        for n, (cell, text) in enumerate(zip(kept, texts, strict=True)):
            paragraph = self._write(text, style, cell.paragraphs[0])
            if right and right[n]:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        if not split:
            line._tr.get_or_add_trPr().append(_element(f"<w:cantSplit {W}/>"))
        return line

    def _heading_row(self, table: Table, texts: Sequence[str], right: Sequence[bool] = ()) -> None:
        line = self._cells(table, texts, right=right, style="Testa di tabella")
        line._tr.get_or_add_trPr().append(_element(f"<w:tblHeader {W}/>"))

    def _tag_row(self, table: Table, words: str) -> None:
        self._cells(table, [f"{{%tr {words} %}}"], style="Istruzione")

    def _guarded(self, table: Table, one: Row) -> None:
        if one.when:
            self._tag_row(table, f"if {one.when}")
        texts = [word for pair in one.pairs for word in pair]
        line = self._cells(table, texts)
        for cell in line._tr.tc_lst[::2]:
            paragraph = Paragraph(cell.p_lst[0], table)
            paragraph.style = self.document.styles["Etichetta"]
            cell.get_or_add_tcPr().append(_element(f'<w:shd {W} w:val="clear" w:color="auto" w:fill="F5F7F9"/>'))
        if one.when:
            self._tag_row(table, "endif")

    def _clean(self) -> None:
        """Take out what python-docx’s own template brings: English, a theme, a hundred styles, a picture, dates."""
        part = self.document.part
        _refill(self.document.styles.element, STYLES)
        _refill(part.numbering_part.element, NUMBERING)
        _refill(self.document.settings.element, SETTINGS)
        for rels, unwanted in ((part.rels, UNWANTED), (part.package.rels, UNWANTED)):
            for key in [key for key, one in rels.items() if one.reltype.rsplit("/", 1)[-1] in unwanted]:
                del rels[key]
        fonts = next(one.target_part for one in part.rels.values() if one.reltype.endswith("/fontTable"))
        fonts._blob = FONTS.encode()  # a part that python-docx keeps as bytes
        core = self.document.core_properties
        core.title, core.language, core.author, core.comments = self.name, "it-IT", "", ""
        core.created = core.modified = datetime(2024, 1, 1)  # noqa: DTZ001  # python-docx wants it without a zone
        core.last_modified_by, core.keywords, core.revision = "", "", 1

    def _page(self) -> None:
        section = self.document.sections[0]
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.left_margin = section.right_margin = Cm(2)
        section.top_margin, section.bottom_margin = Cm(2.2), Cm(2.2)
        section.header_distance, section.footer_distance = Cm(1), Cm(0.9)
        section.different_first_page_header_footer = True
        self._letterhead()
        self._write(f"{self.body} – {PROJECT} – {CUP}", "Header", section.header.paragraphs[0])
        for footer in (section.first_page_footer, section.footer):
            self._footer(footer.paragraphs[0], footer.add_paragraph())

    def _letterhead(self) -> None:
        """The head of the first page; its first cell is left empty for a coat of arms."""
        header = self.document.sections[0].first_page_header
        widths = [2.2, 9.6, 5.2]
        table = header.add_table(1, 3, Cm(TEXT_WIDTH))
        table.style = self.document.styles["Carta intestata"]
        table.autofit = False
        for cell, grid, width in zip(table.rows[0].cells, table.columns, widths, strict=True):
            grid.width = cell.width = Cm(width)
        _, body, project = table.rows[0].cells
        self._write(self.body, "Ente", body.paragraphs[0])
        self._write(self.office, "Header", body.add_paragraph())
        self._write(PROJECT, "Header", body.add_paragraph())
        self._write(CUP, "Header", project.paragraphs[0])
        self._write("{% if documento.linea %}{{ documento.linea }}{% endif %}", "Header", project.add_paragraph())
        for paragraph in project.paragraphs:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        empty = header.paragraphs[0]
        table._tbl.addnext(empty._p)  # Word wants a paragraph after a table
        self._write("", "Distacco", empty)

    def _footer(self, first: Paragraph, second: Paragraph) -> None:
        case = "{% if documento.caso %} – caso {{ documento.caso }}{% endif %}"
        self._write(
            "{{ documento.codice }} {{ documento.titolo }}" + case + " – versione {{ documento.versione }}\tpagina ",
            "Footer",
            first,
        )
        _add_field(first, "PAGE")
        first.add_run(" di ")
        _add_field(first, "NUMPAGES")
        self._write("regole {{ documento.regole }} – impronta {{ documento.impronta }}", "Footer", second)
        first._p.get_or_add_pPr().append(
            _element(f'<w:pBdr {W}><w:top w:val="single" w:sz="4" w:space="4" w:color="{GREY}"/></w:pBdr>')
        )


def _hang_together(rows: Iterable[_Row]) -> None:
    for paragraph in (paragraph for line in rows for cell in line.cells for paragraph in cell.paragraphs):
        paragraph.paragraph_format.keep_with_next = True


def _element(xml: str) -> BaseOxmlElement:
    found: BaseOxmlElement = parse_xml(xml)
    return found


def _twips(centimetres: float) -> int:
    return round(centimetres * 1440 / 2.54)


def _add_field(paragraph: Paragraph, name: str) -> None:
    field = f'<w:fldSimple {W} w:instr=" {name} "><w:r><w:t>1</w:t></w:r></w:fldSimple>'
    paragraph._p.append(_element(field))


def _refill(element: BaseOxmlElement, xml: str) -> None:
    for child in list(element):
        element.remove(child)
    for child in list(_element(xml)):
        element.append(child)


UNWANTED = frozenset({"customXml", "theme", "stylesWithEffects", "webSettings", "thumbnail", "extended-properties"})


def _paragraph_style(
    name: str,
    *,
    identifier: str = "",
    size: float = 0,
    before: float = 0,
    after: float = 0,
    run: str = "",
    paragraph: str = "",
    following: str = "",
    outline: int | None = None,
) -> str:
    """A paragraph style as OOXML; `paragraph` holds what comes before the spacing in the order of the standard."""
    identifier = identifier or re.sub(r"\W", "", name.title())
    custom = "" if name in BUILT_IN else ' w:customStyle="1"'
    return (
        f'<w:style w:type="paragraph"{custom} w:styleId="{identifier}"><w:name w:val="{name}"/>'
        + '<w:basedOn w:val="Normal"/>'
        + (f'<w:next w:val="{following}"/>' if following else "")
        + f'<w:qFormat/><w:pPr>{paragraph}<w:spacing w:before="{round(before * 20)}" w:after="{round(after * 20)}"/>'
        + ('<w:ind w:left="4820"/>' if name == "Destinatario" else "")
        + ("<w:contextualSpacing/>" if name == "List Bullet" else "")
        + ('<w:jc w:val="center"/>' if name in CENTRED else "")
        + (f'<w:outlineLvl w:val="{outline}"/>' if outline is not None else "")
        + f"</w:pPr><w:rPr>{run}"
        + (f'<w:sz w:val="{round(size * 2)}"/><w:szCs w:val="{round(size * 2)}"/>' if size else "")
        + "</w:rPr></w:style>"
    )


BUILT_IN = frozenset({"heading 1", "heading 2", "Title", "Subtitle", "header", "footer", "List Bullet"})
CENTRED = frozenset({"Title", "Subtitle", "Formula"})
BOLD = "<w:b/><w:bCs/>"
COLOUR = f'<w:color w:val="{INK}"/>'
KEEP = "<w:keepNext/><w:keepLines/>"

STYLES = f"""<w:styles {W}>
<w:docDefaults><w:rPrDefault><w:rPr>
<w:rFonts w:ascii="{FONT}" w:hAnsi="{FONT}" w:eastAsia="{FONT}" w:cs="{FONT}"/>
<w:sz w:val="21"/><w:szCs w:val="21"/><w:lang w:val="it-IT" w:eastAsia="it-IT" w:bidi="ar-SA"/>
</w:rPr></w:rPrDefault><w:pPrDefault><w:pPr><w:spacing w:after="100" w:line="259" w:lineRule="auto"/></w:pPr></w:pPrDefault></w:docDefaults>
<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:qFormat/></w:style>
<w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont"><w:name w:val="Default Paragraph Font"/><w:uiPriority w:val="1"/><w:semiHidden/></w:style>
<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/><w:uiPriority w:val="99"/><w:semiHidden/>
<w:tblPr><w:tblInd w:w="0" w:type="dxa"/><w:tblCellMar><w:top w:w="0" w:type="dxa"/><w:left w:w="108" w:type="dxa"/><w:bottom w:w="0" w:type="dxa"/><w:right w:w="108" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>
<w:style w:type="numbering" w:default="1" w:styleId="NoList"><w:name w:val="No List"/><w:uiPriority w:val="99"/><w:semiHidden/></w:style>
{_paragraph_style("heading 1", identifier="Heading1", size=12, before=12, after=5, run=BOLD + COLOUR, paragraph=KEEP + '<w:numPr><w:numId w:val="1"/></w:numPr>', following="Normal", outline=0)}
{_paragraph_style("heading 2", identifier="Heading2", size=10.5, before=9, after=4, run=BOLD + COLOUR, paragraph=KEEP + '<w:numPr><w:ilvl w:val="1"/><w:numId w:val="1"/></w:numPr>', following="Normal", outline=1)}
{_paragraph_style("Title", size=16, before=8, after=2, run=BOLD + COLOUR, paragraph=KEEP, following="Normal")}
{_paragraph_style("Subtitle", size=11, after=10, paragraph=KEEP, following="Normal")}
{_paragraph_style("List Bullet", identifier="ListBullet", after=3, paragraph='<w:numPr><w:numId w:val="2"/></w:numPr>')}
{_paragraph_style("header", identifier="Header", size=8.5, after=1)}
{_paragraph_style("footer", identifier="Footer", size=7.5, paragraph=f'<w:tabs><w:tab w:val="right" w:pos="{_twips(TEXT_WIDTH)}"/></w:tabs>')}
{_paragraph_style("Ente", size=13, after=1, run=BOLD + "<w:caps/>" + COLOUR)}
{_paragraph_style("Formula", size=10.5, before=8, after=6, run=BOLD, paragraph=KEEP, following="Normal")}
{_paragraph_style("Nota", size=8.5, before=3, after=4)}
{_paragraph_style("Destinatario", after=10, paragraph="<w:keepLines/>")}
{_paragraph_style("Cella", size=9.5, before=1.5, after=1.5)}
{_paragraph_style("Etichetta", size=9, before=1.5, after=1.5, run=BOLD)}
{_paragraph_style("Testa di tabella", size=9, before=2, after=2, run=BOLD + COLOUR, paragraph=KEEP)}
{_paragraph_style("Istruzione", size=8, run='<w:color w:val="767676"/>', paragraph="<w:keepNext/>")}
{_paragraph_style("Distacco", size=5)}
<w:style w:type="table" w:customStyle="1" w:styleId="Tabella"><w:name w:val="Tabella"/><w:basedOn w:val="TableNormal"/><w:qFormat/>
<w:tblPr><w:tblBorders>{"".join(f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="{GREY}"/>' for side in ("top", "left", "bottom", "right", "insideH", "insideV"))}</w:tblBorders><w:tblCellMar><w:left w:w="85" w:type="dxa"/><w:right w:w="85" w:type="dxa"/></w:tblCellMar></w:tblPr>
<w:tblStylePr w:type="firstRow"><w:tcPr><w:shd w:val="clear" w:color="auto" w:fill="{SHADE}"/></w:tcPr></w:tblStylePr></w:style>
<w:style w:type="table" w:customStyle="1" w:styleId="CartaIntestata"><w:name w:val="Carta intestata"/><w:basedOn w:val="TableNormal"/>
<w:tblPr><w:tblBorders><w:bottom w:val="single" w:sz="8" w:space="0" w:color="{INK}"/></w:tblBorders></w:tblPr></w:style>
</w:styles>"""  # noqa: E501

NUMBERING = f"""<w:numbering {W}>
<w:abstractNum w:abstractNumId="0"><w:multiLevelType w:val="multilevel"/>
<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:pStyle w:val="Heading1"/><w:lvlText w:val="%1."/><w:lvlJc w:val="left"/><w:pPr><w:ind w:left="454" w:hanging="454"/></w:pPr></w:lvl>
<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:pStyle w:val="Heading2"/><w:lvlText w:val="%1.%2"/><w:lvlJc w:val="left"/><w:pPr><w:ind w:left="567" w:hanging="567"/></w:pPr></w:lvl>
</w:abstractNum>
<w:abstractNum w:abstractNumId="1"><w:multiLevelType w:val="hybridMultilevel"/>
<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="bullet"/><w:pStyle w:val="ListBullet"/><w:lvlText w:val="–"/><w:lvlJc w:val="left"/><w:pPr><w:ind w:left="397" w:hanging="284"/></w:pPr></w:lvl>
</w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>
</w:numbering>"""  # noqa: E501

SETTINGS = f"""<w:settings {W}>
<w:zoom w:percent="100"/><w:defaultTabStop w:val="567"/><w:characterSpacingControl w:val="doNotCompress"/>
<w:compat><w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat>
<w:themeFontLang w:val="it-IT" w:eastAsia="it-IT" w:bidi="ar-SA"/><w:decimalSymbol w:val=","/><w:listSeparator w:val=";"/>
</w:settings>"""

FONTS = f"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<w:fonts {W}><w:font w:name="{FONT}"><w:altName w:val="Liberation Sans"/><w:family w:val="swiss"/><w:pitch w:val="variable"/></w:font></w:fonts>"""  # noqa: E501
