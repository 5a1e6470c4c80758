"""The paragraphs of a Word file where they lie: the text of each as docxtpl sees it, and its place as people find it."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import Any

from lxml import etree

from pitstop_docs.errors import KitError
from pitstop_docs.flaws import Spot
from pitstop_docs.tags import Line, Tag, Tree, grow

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
BODY = "word/document.xml"
BOX = W + "txbxContent"
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
RENDERED = re.compile(r"word/(?:document|header\d*|footer\d*|footnotes)\.xml")
"""The parts that docxtpl fills."""
STORIES = re.compile(r"word/.+\.xml")
HOLDERS = {
    W + "tbl": ("tbl", "tabella"),
    W + "tr": ("tr", "riga"),
    W + "tc": ("tc", "colonna"),
    BOX: ("box", "riquadro di testo"),
}
PARTS = {"document": "corpo", "footnotes": "note", "endnotes": "note di chiusura", "comments": "commenti"}
FOLDERS = {"glossary": "glossario", "charts": "grafico", "diagrams": "diagramma"}
TURNS = {"first": " della prima pagina", "even": " delle pagine pari", "default": ""}
LANDED = {"header": "intestazione", "footer": "piè di pagina"}
PARSER = etree.XMLParser(
    resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
)
TOO_LARGE = "è troppo grande per essere un modello. Dividerlo in più modelli, o togliere ciò che non serve."
FOREIGN = "contiene definizioni che Word non scrive (DOCTYPE). Riaprirlo in Word e salvarlo come .docx."
ANNOTATOR = "pitstop"
"""Who signs the comments of an annotated copy."""
PARAGRAPHS, PIECES = 20_000, 2_000
"""The most paragraphs that a part may have, and pieces of text in one of them. A long contract has a tenth of it."""


@dataclass(frozen=True)
class Piece:
    """A `w:t` of a paragraph, and where its text begins in that of the paragraph."""

    element: Any
    start: int

    @property
    def end(self) -> int:
        """Where its text ends in that of the paragraph."""
        return self.start + len(self.element.text or "")


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of a part: its place as a `Line`, and the pieces its text is made of."""

    element: Any
    line: Line
    pieces: tuple[Piece, ...]

    def within(self, start: int, end: int) -> tuple[Piece, ...]:
        """The pieces that hold some of these characters."""
        first = max(0, bisect_right(self.pieces, start, key=lambda piece: piece.start) - 1)
        last = bisect_left(self.pieces, end, key=lambda piece: piece.start)
        return tuple(piece for piece in self.pieces[first:last] if piece.end > start)


@dataclass(frozen=True)
class Part:
    """A part of the package that docxtpl renders: its place as a whole, its paragraphs in order, and the tree of its tags."""

    name: str
    spot: Spot
    root: Any
    paragraphs: tuple[Paragraph, ...]

    @cached_property
    def tree(self) -> Tree:
        """What the part prints, chooses and repeats."""
        return grow(one.line for one in self.paragraphs)

    def paragraph(self, tag: Tag) -> Paragraph:
        """The paragraph in which a tag stands."""
        return self.paragraphs[int(tag.line.spot.anchor[1])]

    def holding(self, element: Any) -> Paragraph | None:
        """The paragraph in which something stands, or the first that stands in it; None if there is neither."""
        above = next(element.iterancestors(W + "p"), None)
        return self._held.get(next(element.iter(W + "p"), None) if above is None else above)

    @cached_property
    def _held(self) -> Mapping[Any, Paragraph]:
        return {one.element: one for one in self.paragraphs}


def parsed(content: bytes, where: str) -> Any:
    """A part of the package as a tree. Raises KitError if it is damaged or brings entities of its own."""
    if b"<!DOCTYPE" in content[:4096] or b"<!ENTITY" in content:
        raise KitError(f"{where}: {FOREIGN}")
    try:
        root = etree.fromstring(content, PARSER)
    except etree.XMLSyntaxError as error:
        raise KitError(f"{where}: questa parte del modello è danneggiata. Riaprirlo in Word e salvarlo come .docx.") from error
    if root.getroottree().docinfo.internalDTD is not None:  # in UTF-16, or far from the top
        raise KitError(f"{where}: {FOREIGN}")
    return root


def landed(body: Any, package: Mapping[str, bytes], file: str) -> dict[str, str]:
    """What people call each header and footer part: «intestazione della prima pagina», «piè di pagina (sezione 2)»."""
    told: dict[str, str] = {}
    relations = package.get("word/_rels/document.xml.rels")
    if relations is None:
        return told
    targets = {one.get("Id"): one.get("Target", "") for one in parsed(relations, f"{file}, relazioni")}
    sections = [
        one
        for one in body.iter(W + "sectPr")
        if one.find(W + "headerReference") is not None or one.find(W + "footerReference") is not None
    ]
    for n, section in enumerate(sections):
        for reference in section.iterchildren(W + "headerReference", W + "footerReference"):
            identity = next((value for key, value in reference.attrib.items() if key.endswith("}id")), "")
            name = LANDED["header" if reference.tag.endswith("headerReference") else "footer"]
            name += TURNS.get(reference.get(W + "type"), "") + (f" (sezione {n + 1})" if len(sections) > 1 else "")
            told.setdefault(f"word/{targets.get(identity, '').removeprefix('/word/')}", name)
    return told


def called(name: str, landed: Mapping[str, str]) -> str:
    """What people call a part of the package."""
    folder, _, stem = name.removeprefix("word/").removesuffix(".xml").rpartition("/")
    return FOLDERS.get(folder) or landed.get(name) or PARTS.get(stem) or LANDED.get(stem.rstrip("0123456789")) or stem


def part_of(root: Any, name: str, file: str, landed: Mapping[str, str]) -> Part:
    """A part of the package, read. Raises KitError if it is too large."""
    spot = Spot(file, called(name, landed))
    paragraphs = tuple(islice(_paragraphs(root, name, spot), PARAGRAPHS + 1))
    if len(paragraphs) > PARAGRAPHS or any(len(one.pieces) > PIECES for one in paragraphs):
        raise KitError(f"{file}: {TOO_LARGE}")
    return Part(name, spot, root, paragraphs)


def _paragraphs(root: Any, name: str, whole: Spot) -> Iterator[Paragraph]:
    """Each paragraph with its text, in the order of the part; a text box counts once, though Word writes it twice."""
    numbers: dict[Any, tuple[int, int]] = {}
    counts: dict[Any, int] = {}
    for n, element in enumerate(root.iter(*HOLDERS)):
        key = (_holder_of(element), element.tag)
        counts[key] = counts.get(key, 0) + (next(element.iterancestors(FALLBACK), None) is None)
        numbers[element] = (n, counts[key])
    pages = _Pages(root)
    order: dict[Any, int] = {}
    for n, element in enumerate(root.iter(W + "p")):
        above = _holder_of(element)
        order[above] = order.get(above, 0) + 1
        pieces, text, turned = _pieces(element)
        chain = [one for one in _ancestors(element) if one.tag in HOLDERS]
        where = [f"{HOLDERS[one.tag][1]} {numbers[one][1]}" for one in chain]
        if above is None or order[above] > 1 or _follows(element):
            where.append(f"paragrafo {order[above]}")
        spot = replace(whole, where=", ".join(where), page=pages.after(chain, turned), anchor=(name, n))
        holders = tuple((HOLDERS[one.tag][0], numbers[one][0]) for one in chain)
        yield Paragraph(element, Line(text, spot, holders), pieces)


class _Pages:
    """Counts the pages that Word turned when it last saved: the cells of a row begin on the same one."""

    def __init__(self, root: Any) -> None:
        self.known = next(root.iter(W + "lastRenderedPageBreak"), None) is not None
        self.page = self.first = self.last = 1
        self.row = self.cell = None

    def after(self, chain: list[Any], turned: int) -> int | None:
        """The page of the next paragraph; None if the file does not say it."""
        row, cell = (next((one for one in chain if one.tag == W + tag), None) for tag in ("tr", "tc"))
        if row is not self.row:
            self.page = self.first = self.last
        elif cell is not self.cell:
            self.page = self.first
        self.row, self.cell = row, cell
        self.page += turned
        self.last = max(self.last, self.page)
        return self.page if self.known else None


def _ancestors(element: Any) -> list[Any]:
    return list(element.iterancestors())[::-1]


def _holder_of(element: Any) -> Any:
    return next(element.iterancestors(*HOLDERS), None)


def _follows(element: Any) -> bool:
    """True if its cell has another paragraph after it: then the first is told from it."""
    return any(one.tag == W + "p" for one in element.itersiblings())


def _pieces(element: Any) -> tuple[tuple[Piece, ...], str, int]:
    """The texts that are the paragraph's own, joined as docxtpl sees them; and how many pages it turned."""
    pieces: list[Piece] = []
    text = ""
    turned = 0
    for one in element.iter(W + "t", W + "tab", W + "br", W + "lastRenderedPageBreak"):
        if next(one.iterancestors(W + "p"), None) is not element or next(one.iterancestors(FALLBACK), None) is not None:
            continue  # of another paragraph, or the older copy of a text box
        if one.tag == W + "t":
            pieces.append(Piece(one, len(text)))
            text += one.text or ""
        elif one.tag == W + "lastRenderedPageBreak":
            turned += 1
    return tuple(pieces), text, turned
