"""Whether a name is drawn in its field with the right glyphs: looked at in the file, and in the pictures of four viewers.

    pdf, fields = issued(NAMES)
    wrong_glyphs(Page(pdf), "/n0", fields["/n0"])             # in words, empty if none is
    judged("pdfium", pdf, fields, folder)                     # the points that differ, by field: more than FEW is another name

The reference owes nothing to the program: HarfBuzz (another than Pango's) shapes the name with the font that the file names,
read from the computer and not from the file; the outlines stand as plain shapes, without any font, on pages of their own. Each
viewer draws both, and the pictures of a field must be alike. Letters and shapes are not drawn to the same grey: a point counts
where nothing alike is found around it.
"""

from __future__ import annotations

import io
import math
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import uharfbuzz
from fontTools.pens.basePen import BasePen
from fontTools.pens.boundsPen import BoundsPen
from fontTools.pens.recordingPen import RecordingPen
from fontTools.pens.transformPen import TransformPen
from PIL import Image, ImageChops, ImageFilter
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ContentStream, DecodedStreamObject, NameObject

from pitstop_docs.fillers import widgets
from pitstop_docs.fillers.page import FAMILY, FONTS, Sheet, appearances, drawn
from pitstop_docs.fillers.widgets import rebuilt
from pitstop_docs.identity import Identity
from pitstop_docs.questions import Group, Question, Section
from tests.names import Name
from tests.roundtrip import LIBRARIES, PYTHON, SCRIPTS, Program

WHO = Identity("nomi", "1.0.0", "PST-001", 1, "0123456789abcdef")
DOTS = 400
"""Dots per inch of the pictures: a letter is 53 points high."""
GREY, MARGIN = 0.067, 0.1
APART = 110
"""Levels of grey, of 255, by which a point differs from all those around it."""
AROUND = 2
"""How many points a stroke may be beside its place: WeasyPrint rounds how far a mark is from its letter."""
FEW = 6
"""How many points of a name may differ: the dot below an «ọ» has twenty-five."""
VIEWERS = {
    "poppler": Program(("pdftoppm", "-gray", "-r"), ("pdftoppm", "-v")),
    "pdfium": Program((sys.executable, str(SCRIPTS / "picture.py"), "pdfium"), (sys.executable, "-c", "import pypdfium2")),
    "MuPDF": Program((PYTHON, str(SCRIPTS / "picture.py"), "mupdf"), (PYTHON, "-c", "import pymupdf")),
    "pdf.js": Program(("node", str(SCRIPTS / "picture.mjs")), ("node", str(SCRIPTS / "has.mjs"), "@napi-rs/canvas")),
}


@dataclass(frozen=True)
class Glyph:
    """One glyph as it is drawn: the family of its font, its number there, its place in thousandths of the size."""

    family: str
    number: int
    x: float = 0
    y: float = 0


def issued(names: Sequence[Name], kind: str = "text", shown: Sequence[str] | None = None) -> tuple[bytes, dict[str, Name]]:
    """A form as it is sent, each name printed in a field of its own, and the names by field. `shown` is drawn in their stead.

    `kind` is that of the fields: `text`, `long` (several lines) or `register` (the low cells of a table across the sheet).
    """
    if kind == "register":
        cell = Question("/r/*/nome", "Nome", "text", limit=60)
        parts: tuple[Question | Group, ...] = (Group("/r", "Nomi", (cell,), rows=10, row_title="Nome"),)
        fields = {f"/r/r{at}/nome": name for at, name in enumerate(names, 1)}
    else:
        parts = tuple(Question(f"/n{at}", f"{at} {name.script}", kind, limit=60) for at, name in enumerate(names))
        fields = {f"/n{at}": name for at, name in enumerate(names)}
    values = {field: name.text for field, name in fields.items()}
    sheet = Sheet("Nomi", "D99", WHO, ("Comune di prova",), (Section("Nomi", (), "", parts),), values)
    told = iter(shown or values.values())
    with mock.patch.object(widgets, "appearances", lambda items: appearances([replace(one, text=next(told)) for one in items])):
        return rebuilt(drawn(sheet), values, WHO), fields


# ── in the file ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Page:
    """A form that is read: its fields, and the fonts that they embed."""

    def __init__(self, pdf: bytes) -> None:
        self.reader = PdfReader(io.BytesIO(pdf))
        self.seats: dict[str, tuple[int, tuple[float, float, float, float]]] = {}
        self.fields: dict[str, Any] = {}
        for number, page in enumerate(self.reader.pages):
            for reference in page.get("/Annots", ()):
                field = reference.get_object()
                left, one, right, other = map(float, field["/Rect"])
                self.fields[field["/T"]] = field
                self.seats[field["/T"]] = (number, (left, min(one, other), right, max(one, other)))

    def drawing(self, name: str) -> Any:
        return self.fields[name]["/AP"]["/N"].get_object()

    def fonts(self, name: str) -> dict[str, Any]:
        """The fonts that a field may use, by the names that its drawing calls them."""
        return {key: font.get_object() for key, font in self.drawing(name)["/Resources"].get("/Font", {}).items()}

    def size(self, name: str) -> float:
        """How large the letters of a field are: it says so itself, to whoever writes in it."""
        return float(self.fields[name]["/DA"].split()[-2])

    def glyphs(self, name: str) -> list[Glyph]:
        """What a field draws, in the order of its drawing."""
        found, family, rise = [], "", 0.0
        fonts = self.fonts(name)
        for operands, operator in ContentStream(self.drawing(name), self.reader).operations:
            if operator == b"Tf":
                family = family_of(fonts[operands[0]])
            elif operator == b"Ts":
                rise = float(operands[0])
            elif operator == b"TJ":
                for piece in operands[0]:
                    text = getattr(piece, "original_bytes", b"")
                    found += [Glyph(family, int.from_bytes(text[at : at + 2]), 0, rise) for at in range(0, len(text), 2)]
        return found


def family_of(font: Any) -> str:
    return str(font["/DescendantFonts"][0]["/FontDescriptor"]["/FontFamily"])


def embedded(font: Any) -> uharfbuzz.Font:
    """The font as the file has it. Its glyphs are called by their numbers."""
    descendant = font["/DescendantFonts"][0]
    assert font["/Encoding"] == "/Identity-H"
    assert descendant.get("/CIDToGIDMap", "/Identity") == "/Identity"
    descriptor = descendant["/FontDescriptor"]
    program = descriptor["/FontFile2" if "/FontFile2" in descriptor else "/FontFile3"]
    return uharfbuzz.Font(uharfbuzz.Face(program.get_data()))


# ── as it should be ──────────────────────────────────────────────────────────────────────────────────────────────────


@cache
def installed(family: str) -> uharfbuzz.Font:
    """The font of that family as the package or the computer has it."""
    if family == FAMILY:
        return uharfbuzz.Font(uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(FONTS / "NotoSans-Regular.ttf"))))
    words = ["fc-match", "-f", "%{family}|%{file}|%{index}", f"{family}:weight=80:slant=0:width=100"]
    told = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    found, path, index = told.split("|")
    assert family in found.split(","), f"the computer has no font of the family {family}"
    return uharfbuzz.Font(uharfbuzz.Face(uharfbuzz.Blob.from_file_path(path), int(index)))


def has_all(family: str, word: str) -> bool:
    """Whether the font has every letter of a word; signs that only join or part letters need no glyph."""
    return all(installed(family).get_nominal_glyph(ord(letter)) for letter in word if letter not in " \u200c\u200d")


def shaped(name: Name, families: Sequence[str]) -> list[Glyph]:
    """The glyphs of a name from the left, each word in the first family that has all of it. Raises LookupError if none has."""
    found: list[Glyph] = []
    at = 0.0
    for word in name.words:
        family = next((one for one in families if has_all(one, word)), None)
        if family is None:
            raise LookupError(f"{word!r} in none of {families}")
        font = installed(family)
        buffer = uharfbuzz.Buffer()
        buffer.add_str(word)
        buffer.guess_segment_properties()
        buffer.language = "it"
        uharfbuzz.shape(font, buffer)
        scale = 1000 / font.face.upem
        for info, place in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
            found.append(Glyph(family, info.codepoint, at + place.x_offset * scale, place.y_offset * scale))
            at += place.x_advance * scale
    return found


def draw(glyph: Glyph, pen: Any, font: uharfbuzz.Font | None = None) -> None:
    """Draw a glyph in its place, in thousandths of the size; out of the font as it is installed, or another."""
    font = font or installed(glyph.family)
    scale = 1000 / font.face.upem
    font.draw_glyph_with_pen(glyph.number, TransformPen(pen, (scale, 0, 0, scale, glyph.x, glyph.y)))


def outline(glyph: Glyph, font: uharfbuzz.Font | None = None) -> list[Any]:
    """The shape of a glyph, wherever it stands."""
    pen = RecordingPen()
    draw(replace(glyph, x=0, y=0), pen, font)
    return list(pen.value)


def families(page: Page, field: str) -> list[str]:
    """Those that a field uses, that of the package first."""
    return sorted({one.family for one in page.glyphs(field)}, key=lambda one: (one != FAMILY, one))


def wrong_glyphs(page: Page, field: str, name: Name) -> str:
    """What is wrong with the glyphs of a field as the file has them, empty if nothing is: each is compared by its outline."""
    try:
        expected = shaped(name, families(page, field))
    except LookupError as error:
        return str(error)
    programs = {family_of(font): embedded(font) for font in page.fonts(field).values()}
    seen = [shape for one in page.glyphs(field) if (shape := outline(one, programs[one.family]))]
    due = [shape for one in expected if (shape := outline(one))]
    wrong = next((at for at, (one, other) in enumerate(zip(seen, due, strict=False)) if one != other), None)
    if wrong is not None:
        return f"the glyph at {wrong} of {len(due)} has another shape"
    return "" if len(seen) == len(due) else f"{len(seen)} glyphs for {len(due)}"


# ── in pictures ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Ink(BasePen):
    """Writes outlines as the operators of a PDF page."""

    def __init__(self) -> None:
        super().__init__(None)
        self.written: list[str] = []

    def _moveTo(self, point: tuple[float, float]) -> None:  # noqa: N802  # as fontTools calls them
        self.written.append("{:.2f} {:.2f} m".format(*point))

    def _lineTo(self, point: tuple[float, float]) -> None:  # noqa: N802
        self.written.append("{:.2f} {:.2f} l".format(*point))

    def _curveToOne(self, *points: tuple[float, float]) -> None:  # noqa: N802
        self.written.append(" ".join(f"{x:.2f} {y:.2f}" for x, y in points) + " c")

    def _closePath(self) -> None:  # noqa: N802
        self.written.append("h")


def shapes(page: Page, names: Mapping[str, Name]) -> bytes:
    """Pages as large as those of the form, with the outlines of each name in the place of its field and no font."""
    writer = PdfWriter()
    contents: list[list[str]] = []
    for one in page.reader.pages:
        writer.add_blank_page(float(one.mediabox.width), float(one.mediabox.height))
        contents.append([f"{GREY} g"])
    for field, name in names.items():
        number, (left, bottom, _, _) = page.seats[field]
        pen, bounds = Ink(), BoundsPen(None)
        for glyph in shaped(name, families(page, field)):
            for one in (pen, bounds):
                draw(glyph, one)
        scale = page.size(field) / 1000
        x, y = left + MARGIN - bounds.bounds[0] * scale, bottom + MARGIN - bounds.bounds[1] * scale
        contents[number] += [f"q {scale} 0 0 {scale} {x:.3f} {y:.3f} cm", *pen.written, "f Q"]
    for one, content in zip(writer.pages, contents, strict=True):
        stream = DecodedStreamObject()
        stream.set_data("\n".join(content).encode())
        one[NameObject("/Contents")] = writer._add_object(stream)
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def pictures(viewer: str, pdf: bytes, folder: Path) -> list[Image.Image]:
    """The pages as the viewer draws them, in grey."""
    folder.mkdir(parents=True)
    source = folder / "in.pdf"
    source.write_bytes(pdf)
    words = [*VIEWERS[viewer].words, *([str(DOTS), source, folder / "p"] if viewer == "poppler" else [source, folder, str(DOTS)])]
    environment = {**os.environ, "PITSTOP_FOREIGN": str(LIBRARIES)}
    ended = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120, env=environment)
    assert ended.returncode == 0, ended.stderr[-2000:]
    return [Image.open(one).convert("L") for one in sorted(folder.glob("*.p[gn][mg]"))]


def judged(viewer: str, pdf: bytes, names: Mapping[str, Name], folder: Path, due: bytes | None = None) -> dict[str, int]:
    """How many points of each field differ from the name that it should show; `due` are the shapes, if they were made before."""
    page = Page(pdf)
    seen = pictures(viewer, pdf, folder / "seen")
    told = pictures(viewer, due or shapes(page, names), folder / "due")
    return {field: differing(cut(seen, page, field), cut(told, page, field)) for field in names}


def cut(pages: Sequence[Image.Image], page: Page, field: str) -> Image.Image:
    """Of the pictures of the pages, the place of a field and a little more on every side."""
    number, (left, bottom, right, top) = page.seats[field]
    scale = DOTS / 72
    height = pages[number].height
    upper, lower = height - top * scale, height - bottom * scale
    return pages[number].crop((int(left * scale), int(upper), math.ceil(right * scale), math.ceil(lower)))


def inked(picture: Image.Image) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is drawn in a picture; all nought if nothing is."""
    return picture.point(lambda level: 255 * (level < 128)).getbbox() or (0, 0, 0, 0)


def differing(one: Image.Image, other: Image.Image) -> int:
    """How many points of two pictures differ where they lie best upon one another."""
    one, other = (picture.crop(inked(picture)) for picture in (one, other))
    size = (max(one.width, other.width) + 8, max(one.height, other.height) + 8)
    one, other = (_laid(picture, size) for picture in (one, other))
    around = [picture.filter(ImageFilter.MinFilter(2 * AROUND + 1)) for picture in (one, other)]
    moves = [(x, y) for x in (0, -1, 1) for y in (0, -1, 1)]
    return min(
        _darker(ImageChops.offset(around[1], *move), one) + _darker(around[0], ImageChops.offset(other, *move)) for move in moves
    )


def _laid(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    paper = Image.new("L", size, 255)
    paper.paste(picture, (4, 4))
    return paper


def _darker(around: Image.Image, picture: Image.Image) -> int:
    """How many points of a picture are darker than all those around them in the other."""
    return sum(ImageChops.subtract(around, picture).histogram()[APART:])
