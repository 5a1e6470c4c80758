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

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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
EDGE = 0.4
"""How many points what is drawn is kept off the sides of its place."""
LEADING = 1.2
"""The height of a line of a value, in sizes of its letters."""
FONTS = Path(__file__).parent.parent / "fonts"
FAMILY = "Modulo"
"""The name under which the fonts of the package are known: a system's own Noto Sans is another font."""
SCRIPTS = (
    "Arabic Armenian Bengali Devanagari Ethiopic Georgian Gujarati Gurmukhi Hebrew Kannada Khmer Lao Malayalam Myanmar NKo "
    "Oriya Sinhala Tamil Telugu Thaana Thai Tifinagh Adlam"
)
LETTERS = ", ".join((FAMILY, "'Noto Sans'", *(f"'Noto Sans {script}'" for script in SCRIPTS.split())))
"""In what values are drawn, where the system has it: left to itself, Pango takes the letters of one word from several fonts."""
FACES = (("Modulo", 400, "Regular"), ("Modulo", 700, "Bold"), ("Vuoto", 400, "Empty"))
FONT_URL = "pitstop-font:"
STYLE = Path(__file__).with_name("page.css")
NO_WEASYPRINT = "Manca WeasyPrint, che impagina i moduli in PDF: installarlo con «pip install pitstop-docs[pdf]» e riprovare."
NO_SEGNO = "Manca segno, che disegna il codice QR dei moduli: installarlo con «pip install pitstop-docs[pdf]» e riprovare."
NO_FONT = (
    "La pagina ha caratteri che nessun font di questo computer sa disegnare. "
    "Installare i font Noto (pacchetti fonts-noto-core e fonts-noto-cjk) e riprovare."
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
    """A text to draw in a place of so many points; `lines` more than one wraps it; `comb` is the number of cells, 0 for none.

    `sizes` are those at which it is tried, the largest first; `align` and `colour` are said as in CSS. What is written from
    the right starts there.
    """

    text: str
    width: float
    height: float
    lines: int = 1
    comb: int = 0
    sizes: tuple[float, ...] = SIZES
    align: str = "start"
    colour: str = "#111"


@dataclass(frozen=True)
class Picture:
    """How an item was drawn: at what size in points, on how many lines of `LEADING` times the size, whether all of it shows,
    and the characters that no font has. By `right` and `up` points it is to be moved, or strokes of it are out of its place."""

    size: float
    lines: int
    whole: bool
    missing: str = ""
    right: float = 0.0
    up: float = 0.0


@dataclass(frozen=True)
class Pictures:
    """Page n of the PDF draws item n, from the top: the page is as wide as the item, and `SLACK` points higher."""

    pdf: bytes
    told: tuple[Picture, ...]


def drawn(sheet: Sheet) -> Drawn:
    """The pages of a form, tagged as PDF/UA-1. Raises FileError without WeasyPrint, or if a character has no font."""
    markup = marked_up(sheet, qr(sheet.identity.text()))
    title = escape(f"{sheet.title} – {sheet.identity.case}".removesuffix(" – "))
    style = f"{STYLE.read_text(encoding='utf-8')}.shown{{font-family:{LETTERS}}}"
    document = Press().pages(markup.body, style, title=title, pdf_forms=True)
    pdf: bytes = document.write_pdf(pdf_forms=True, pdf_variant="pdf/ua-1")
    if without_font(document):
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
    press, left = Press(), list(range(len(items)))
    pages: dict[int, Any] = {}
    found: dict[int, Picture] = {}
    for turn in range(max((len(item.sizes) for item in items), default=0)):
        left = [at for at in left if turn < len(items[at].sizes) and not (at in found and found[at].whole)]
        if left:
            sizes = {at: items[at].sizes[turn] for at in left}
            document = press.pages(*reversed(_values([(items[at], size) for at, size in sizes.items()])))
            pages.update(zip(left, document.pages, strict=True))
            found.update({at: _laid(items[at], size, pages[at]) for at, size in sizes.items()})
    if not items:
        return Pictures(b"", ())
    document = document.copy([pages[at] for at in range(len(items))])
    pdf: bytes = document.write_pdf()
    letters = without_font(document)
    told = (replace(found[at], missing="".join(sorted(letters & {*item.text}))) for at, item in enumerate(items))
    return Pictures(pdf, tuple(told))


def qr(text: str) -> str:
    """The QR code of a text as inline SVG, to be drawn as large as its place. Raises FileError without segno."""
    try:
        import segno  # noqa: PLC0415  # of the extra [pdf]
    except ImportError as error:
        raise FileError(NO_SEGNO) from error
    return segno.make(text, error="m", micro=False).svg_inline(border=0, omitsize=True, title="Codice del modulo")


class Press:
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


def without_font(document: Any) -> set[str]:
    """The characters of a painted document that would be boxes."""
    return {chr(point) for font in document.fonts.values() for point in font.missing}


def _values(items: Sequence[tuple[Item, float]]) -> tuple[str, str]:
    """Style and body of the pages on which values are drawn, one each, at these sizes."""
    style = [
        f"html{{font:{SIZES[0]}pt/{LEADING} {LETTERS}}}body{{margin:0}}.p{{break-after:page;position:relative}}"
        ".p>div{white-space:pre}.wrap>div{white-space:pre-wrap;overflow-wrap:anywhere}"
        ".comb span{position:absolute;text-align:center}"
    ]
    body = []
    for at, (item, size) in enumerate(items):
        height, side = item.height + SLACK, "rtl" if _is_from_right(item.text) else "ltr"
        look = f"font-size:{size}pt;color:{item.colour};direction:{side};text-align:{item.align}"
        style.append(f"@page p{at}{{size:{item.width:.2f}pt {height:.2f}pt;margin:0}}#p{at}{{page:p{at};{look}}}")
        top = "0" if item.lines > 1 else f"{max((item.height - LEADING * size) / 2, 0):.2f}pt"
        text, kind = escape(item.text), "wrap" if item.lines > 1 else "line"
        if item.comb:
            step, kind = item.width / item.comb, "comb"
            cell = "<span style='left:{:.2f}pt;width:{:.2f}pt'>{}</span>"
            text = "".join(cell.format(step * n, step, escape(letter)) for n, letter in enumerate(item.text))
        body.append(f"<div id=p{at} class='p {kind}'><div style='padding-top:{top}'>{text}</div></div>")
    return "".join(style), "".join(body)


def _is_from_right(text: str) -> bool:
    """True if the first letter that has a direction is written from the right."""
    sides = (unicodedata.bidirectional(letter) for letter in text)
    return next((side for side in sides if side in ("L", "R", "AL")), "L") != "L"


def _laid(item: Item, size: float, page: Any) -> Picture:
    """How a text came out: whole if no line of it goes out of its place, nor any stroke; a pixel of WeasyPrint is ¾ of a point.

    What hangs below a letter of Khmer or Burmese goes further than the lines that its font asks for.
    """
    boxes = [*page._page_box.descendants()]
    lines = [box for box in boxes if type(box).__name__ == "LineBox"]
    strokes = [ink for box in boxes if type(box).__name__ == "TextBox" for ink in _ink(box)] or [(0.0, 0.0, 0.0, 0.0)]
    left, top = (min(stroke[side] for stroke in strokes) for side in (0, 1))
    right, bottom = (max(stroke[side] for stroke in strokes) for side in (2, 3))
    deepest = max((box.position_y + box.height for box in lines), default=0) * 0.75
    widest = max((box.width for box in lines), default=0) * 0.75
    if item.comb:
        count, whole = 1, len(item.text) <= item.comb
    else:
        count, whole = round(deepest / (LEADING * size)), deepest <= item.height + 0.5 and widest <= item.width + 0.5
    aside = _moved(left, right, item.width) if right - left <= item.width else None
    down = _moved(top, bottom, item.height) if bottom - top <= item.height else None
    return Picture(size, count, whole and None not in (aside, down), right=aside or 0.0, up=-(down or 0.0))


def _moved(first: float, last: float, room: float) -> float:
    """By how much what goes from one place to another must be moved to lie within a room, a little off its sides if it can."""
    edge = max(0.0, min(EDGE, (room - last + first) / 2))
    return max(edge - first, 0.0) or min(0.0, room - edge - last)


def _ink(box: Any) -> Iterator[tuple[float, float, float, float]]:
    """Left, top, right and bottom of what is seen of a text, in points of the page; nothing if it is blank."""
    from weasyprint.text.ffi import FROM_UNITS, ffi, pango  # noqa: PLC0415  # of the extra [pdf]

    box.pango_layout.reactivate(box.style)
    line, _ = box.pango_layout.get_first_line()
    ink = ffi.new("PangoRectangle *")
    pango.pango_layout_line_get_extents(line, ink, ffi.NULL)
    box.pango_layout.deactivate()
    if ink.width and ink.height:
        left, top = box.position_x + ink.x * FROM_UNITS, box.position_y + box.baseline + ink.y * FROM_UNITS
        yield 0.75 * left, 0.75 * top, 0.75 * (left + ink.width * FROM_UNITS), 0.75 * (top + ink.height * FROM_UNITS)
