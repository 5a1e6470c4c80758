"""A form drawn as pages: WeasyPrint lays out and tags what a person fills, and draws each value that is already known.

What `drawn` gives is raw: its fields have no appearance, its radio groups are plain boxes. `fillers/widgets` makes of it the
PDF that is sent. In the raw PDF the `/T` of a widget is

    field.name              one widget, for every kind but two
    field.name=code         one check box for each code of `field.options`, for kinds `yes_no` (one of two) and `choices` (any)

and `/Rect` is the place inside the frame, which the page has drawn already with the arrow of a list and the cells of a comb.

WeasyPrint's traps: it embeds whole the font of an input, so that inputs have a font of one blank; what it cannot fetch or
draw it only logs; a letter without a font becomes a box; a Pango that is not there is an OSError at the import. How large a
text came out can be read only from the boxes of a page, which are private.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from pitstop_docs.errors import FileError
from pitstop_docs.fillers.markup import Field, Sheet, Value, marked_up

__all__ = ["SIZES", "SLACK", "Drawn", "Field", "Item", "Picture", "Pictures", "Sheet", "Value", "appearances", "drawn"]

SLACK = 4000
"""How many points a page of `appearances` goes on below the place that it draws: what overflows stays there, unseen."""
SIZES = (9.5, 8.75, 8.0, 7.5, 7.0)
"""The sizes in points at which a value is tried, until all of it shows."""
FONTS = Path(__file__).parent.parent / "fonts"
FAMILY = "Modulo"
"""The name under which the fonts of the package are known: a system's own Noto Sans is another font."""
FACES = (("Modulo", 400, "Regular"), ("Modulo", 700, "Bold"), ("Vuoto", 400, "Empty"))
FONT_URL = "pitstop-font:"
STYLE = Path(__file__).with_name("page.css")
NO_WEASYPRINT = "Manca WeasyPrint, che impagina i moduli in PDF: installarlo con «pip install pitstop-docs[pdf]» e riprovare."
NO_SEGNO = "Manca segno, che disegna il codice QR dei moduli: installarlo con «pip install pitstop-docs[pdf]» e riprovare."
NO_FONT = (
    "La pagina ha caratteri che nessun font di questo computer sa disegnare. "
    "Installare i font Noto (pacchetto fonts-noto-core) e riprovare."
)
NO_PANGO = "Manca Pango, la libreria con cui WeasyPrint compone il testo: installarla (pango 1.44 o più nuova) e riprovare."


@dataclass(frozen=True)
class Drawn:
    """The raw PDF, its fields in the order of the page, and the page (from 1) on which each path begins."""

    pdf: bytes
    fields: tuple[Field, ...]
    pages: Mapping[str, int]


@dataclass(frozen=True)
class Item:
    """A text to draw in a place of so many points; `lines` more than one wraps it; `comb` is the number of cells, 0 for none."""

    text: str
    width: float
    height: float
    lines: int = 1
    comb: int = 0


@dataclass(frozen=True)
class Picture:
    """How an item was drawn: at what size in points, whether all of it shows, and the characters that no font has."""

    size: float
    whole: bool
    missing: str


@dataclass(frozen=True)
class Pictures:
    """Page n of the PDF draws item n, from the top: the page is as wide as the item, and `SLACK` points higher."""

    pdf: bytes
    told: tuple[Picture, ...]


def drawn(sheet: Sheet) -> Drawn:
    """The pages of a form, tagged as PDF/UA-1. Raises FileError without WeasyPrint, or if a character has no font."""
    markup = marked_up(sheet, qr(sheet.identity.text()))
    title = escape(f"{sheet.title} – {sheet.identity.case}".removesuffix(" – "))
    document = _Press().pages(markup.body, STYLE.read_text(encoding="utf-8"), title=title, pdf_forms=True)
    pdf: bytes = document.write_pdf(pdf_forms=True, pdf_variant="pdf/ua-1")
    if _without_font(document):
        raise FileError(NO_FONT)
    pages: dict[str, int] = {}
    for number, page in enumerate(document.pages, 1):
        for box, *_ in page.forms[None]:
            pages.setdefault(box.element.get("name").partition("=")[0], number)
    return Drawn(pdf, markup.fields, {one.path: pages[one.name] for one in markup.fields})


def appearances(items: Sequence[Item]) -> Pictures:
    """Each text drawn in its place, joined and ordered as its script wants; smaller where it would not fit.

    What does not fit even in the smallest size, or has no font, is told. Raises FileError without WeasyPrint.
    """
    press, left = _Press(), list(range(len(items)))
    pages: dict[int, Any] = {}
    sizes: dict[int, tuple[float, bool]] = {}
    for size in SIZES:
        if left:
            style, body = _values([items[at] for at in left], size)
            document = press.pages(body, style)
            pages.update(zip(left, document.pages, strict=True))
            sizes.update({at: (size, _fits(items[at], pages[at])) for at in left})
            left = [at for at in left if not sizes[at][1]]
    if not items:
        return Pictures(b"", ())
    document = document.copy([pages[at] for at in range(len(items))])
    pdf: bytes = document.write_pdf()
    letters = _without_font(document)
    told = (Picture(*sizes[at], "".join(sorted(letters & {*item.text}))) for at, item in enumerate(items))
    return Pictures(pdf, tuple(told))


def qr(text: str) -> str:
    """The QR code of a text as inline SVG, to be drawn as large as its place. Raises FileError without segno."""
    try:
        import segno  # noqa: PLC0415  # of the extra [pdf]
    except ImportError as error:
        raise FileError(NO_SEGNO) from error
    return segno.make(text, error="m", micro=False).svg_inline(border=0, omitsize=True, title="Codice del modulo")


class _Press:
    """WeasyPrint with the fonts of the package, and nothing else within its reach. Raises FileError if it is not there."""

    def __init__(self) -> None:
        try:
            import weasyprint  # noqa: PLC0415  # of the extra [pdf]
            from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415
        except ImportError as error:
            raise FileError(NO_WEASYPRINT) from error
        except OSError as error:
            raise FileError(NO_PANGO) from error
        self.weasyprint = weasyprint
        self.fonts = FontConfiguration()
        faces = (
            f"@font-face {{font-family:{family};font-weight:{weight};src:url({FONT_URL}{name})}}"
            for family, weight, name in FACES
        )
        self.faces = weasyprint.CSS(string="".join(faces), font_config=self.fonts, url_fetcher=self.fetch)

    def fetch(self, url: str) -> Any:
        """A font of the package; whatever else is asked for stops the drawing."""
        known = {f"{FONT_URL}{name}": FONTS / f"NotoSans-{name}.ttf" for _, _, name in FACES}
        if url not in known:
            raise self.weasyprint.urls.FatalURLFetchingError("only the fonts of the package are read")
        return self.weasyprint.urls.URLFetcherResponse(url, known[url].read_bytes())

    def pages(self, body: str, style: str, *, title: str = "", pdf_forms: bool = False) -> Any:
        """The document that the markup is laid out to."""
        head = f"<meta charset=utf-8><title>{title}</title>"
        html = f"<!doctype html><html lang=it><head>{head}</head><body>{body}</body></html>"
        told = self.weasyprint.HTML(string=html, base_url=None, url_fetcher=self.fetch)
        sheets = [self.faces, self.weasyprint.CSS(string=style, font_config=self.fonts, url_fetcher=self.fetch)]
        return told.render(font_config=self.fonts, stylesheets=sheets, pdf_forms=pdf_forms)


def _without_font(document: Any) -> set[str]:
    """The characters of a painted document that would be boxes."""
    return {chr(point) for font in document.fonts.values() for point in font.missing}


def _values(items: Sequence[Item], size: float) -> tuple[str, str]:
    """Style and body of the pages on which values are drawn, one each."""
    style = [
        f"html{{font:{size}pt/1.2 Modulo;color:#111}}body{{margin:0}}.p{{break-after:page;position:relative}}"
        ".p>div{white-space:pre}.wrap>div{white-space:pre-wrap;overflow-wrap:anywhere}"
        ".comb span{position:absolute;text-align:center}"
    ]
    body = []
    for at, item in enumerate(items):
        height = item.height + SLACK
        style.append(f"@page p{at}{{size:{item.width:.2f}pt {height:.2f}pt;margin:0}}#p{at}{{page:p{at}}}")
        top = "0" if item.lines > 1 else f"{max((item.height - 1.2 * size) / 2, 0):.2f}pt"
        text, kind = escape(item.text), "wrap" if item.lines > 1 else "line"
        if item.comb:
            step, kind = item.width / item.comb, "comb"
            cell = "<span style='left:{:.2f}pt;width:{:.2f}pt'>{}</span>"
            text = "".join(cell.format(step * n, step, escape(letter)) for n, letter in enumerate(item.text))
        body.append(f"<div id=p{at} class='p {kind}'><div style='padding-top:{top}'>{text}</div></div>")
    return "".join(style), "".join(body)


def _fits(item: Item, page: Any) -> bool:
    """True if no line of the text goes out of its place; a pixel of WeasyPrint is three quarters of a point."""
    lines = [box for box in page._page_box.descendants() if type(box).__name__ == "LineBox"]
    if item.comb:
        return len(item.text) <= item.comb
    bottom = max((box.position_y + box.height for box in lines), default=0)
    widest = max((box.width for box in lines), default=0)
    return bottom * 0.75 <= item.height + 0.5 and widest * 0.75 <= item.width + 0.5
