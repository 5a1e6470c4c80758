"""The smallest Word file that shows something, written as XML: what Word makes of a page, with nothing else in it.

    paper("Nome: {{ s.nome }}", ("{{ s.", "nome }}"), table(["Voce", "Entro"], ["letto", "giugno"]), "<w:p/>")
    paper("…", header="Comune", parts={"word/theme/theme1.xml": THEME})

A block is the text of a paragraph, its text in several runs, or XML as it stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape

from pitstop_docs import files
from pitstop_docs.fillers import story
from pitstop_docs.fillers.story import Story

MAIN = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
NAMES = (
    f'xmlns:w="{MAIN}" xmlns:r="{OFFICE}" xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:adec="http://schemas.microsoft.com/office/drawing/2017/decorative"'
)
KIND = "application/vnd.openxmlformats-officedocument.wordprocessingml"
ITALIAN = '<w:lang w:val="it-IT"/>'
ARIAL = '<w:rFonts w:ascii="Arial" w:hAnsi="Arial" w:cs="Arial" w:eastAsia="Arial"/>'
HEADINGS = "".join(
    f'<w:style w:type="paragraph" w:styleId="Titolo{n}"><w:name w:val="heading {n}"/><w:basedOn w:val="Normale"/></w:style>'
    for n in range(1, 5)
)
Block = str | tuple[str, ...]


def styles(*more: str, default: str = ARIAL + ITALIAN, normal: str = "") -> str:
    """A part of styles: run properties of the defaults and of the normal style, headings 1 to 4, whatever else."""
    return (
        f"<w:styles {NAMES}><w:docDefaults><w:rPrDefault><w:rPr>{default}</w:rPr></w:rPrDefault></w:docDefaults>"
        '<w:style w:type="paragraph" w:default="1" w:styleId="Normale"><w:name w:val="Normal"/>'
        f"<w:rPr>{normal}</w:rPr></w:style>{HEADINGS}{''.join(more)}</w:styles>"
    )


def run(text: str, look: str = "") -> str:
    """A run of text, with these run properties."""
    return f'<w:r><w:rPr>{look}</w:rPr><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def paragraph(*runs: str, style: str = "") -> str:
    """A paragraph of runs (a text is one); `style` is the identifier of its style."""
    told = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{told}{''.join(one if one.startswith('<') else run(one) for one in runs)}</w:p>"


def heading(level: int, text: str = "Titolo") -> str:
    """A heading of that level."""
    return paragraph(text, style=f"Titolo{level}")


def table(*rows: list[str], heads: int | None = None, look: str = "") -> str:
    """A table of texts (or of XML paragraphs); `heads` is the row marked as what heads it, `look` the attributes of w:tblLook."""
    told = f"<w:tblPr><w:tblLook {look}/></w:tblPr>" if look else "<w:tblPr/>"
    for n, texts in enumerate(rows):
        mark = "<w:trPr><w:tblHeader/></w:trPr>" if n == heads else ""
        cells = (text if text.startswith(("<w:p", "<w:tbl")) else paragraph(text) for text in texts)
        told += f"<w:tr>{mark}{''.join(f'<w:tc>{cell}</w:tc>' for cell in cells)}</w:tr>"
    return f"<w:tbl>{told}</w:tbl>"


def box(*blocks: Block) -> str:
    """A paragraph that holds a text box, written twice as Word does."""
    inside = f"<w:txbxContent>{''.join(_block(one) for one in blocks)}</w:txbxContent>"
    return (
        f"<w:p><w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing><wp:inline><wp:docPr id='1' name='Casella'/>"
        f"<wps:wsp><wps:txbx>{inside}</wps:txbx></wps:wsp></wp:inline></w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict><v:shape><v:textbox>{inside}</v:textbox></v:shape></w:pict></mc:Fallback>"
        "</mc:AlternateContent></w:r></w:p>"
    )


def _block(one: Block) -> str:
    if isinstance(one, tuple):
        return paragraph(*one)
    return one if one.startswith("<w:") else paragraph(one)


def paper(
    *blocks: Block,
    look: str = "",
    header: Block = "",
    sections: str = "",
    parts: Mapping[str, str | bytes] | None = None,
    relations: str = "",
) -> bytes:
    """A Word file. `look` is its part of styles, `header` its only header, `sections` the XML of its last section."""
    told: dict[str, str | bytes] = {"word/styles.xml": look or styles()}
    if header:
        told["word/header1.xml"] = f"<w:hdr {NAMES}>{_block(header)}</w:hdr>"
        relations += f'<Relationship Id="rIdH" Type="{OFFICE}/header" Target="header1.xml"/>'
        sections += '<w:headerReference w:type="default" r:id="rIdH"/>'
    body = f"{''.join(_block(one) for one in blocks)}<w:sectPr>{sections}</w:sectPr>"
    told["word/document.xml"] = f"<w:document {NAMES}><w:body>{body}</w:body></w:document>"
    relations += f'<Relationship Id="rIdS" Type="{OFFICE}/styles" Target="styles.xml"/>'
    packaged = "http://schemas.openxmlformats.org/package/2006"
    told["word/_rels/document.xml.rels"] = f'<Relationships xmlns="{packaged}/relationships">{relations}</Relationships>'
    told["_rels/.rels"] = (
        f'<Relationships xmlns="{packaged}/relationships">'
        f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>'
    )
    kinds = {"document": "document.main", "styles": "styles", "header1": "header"}
    overrides = "".join(
        f'<Override PartName="/word/{name}.xml" ContentType="{KIND}.{kind}+xml"/>'
        for name, kind in kinds.items()
        if f"word/{name}.xml" in told
    )
    told["[Content_Types].xml"] = (
        f'<Types xmlns="{packaged}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f"{overrides}</Types>"
    )
    whole = {**told, **(parts or {})}
    return files.repack({name: part.encode() if isinstance(part, str) else part for name, part in whole.items()})


def told(*blocks: Block, **more: object) -> Story:
    """The same file as it is read, under the name «m.docx»."""
    return story.read("m.docx", paper(*blocks, **more))  # type: ignore[arg-type]  # handed on
