"""A Word template read where it lies: the paragraphs of its parts with their places, its tags, what would break it.

What docxtpl does without a word, and is told here: a tag that takes its row with it deletes the row's other tags; a tag in a
comment, an endnote, a text box, a field or a deleted revision is printed twice, never, or in the wrong place; what stands
between the runs of a tag (a bookmark, the end of a link) is thrown away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from lxml import etree

from pitstop_docs import files
from pitstop_docs.errors import FileError, KitError
from pitstop_docs.flaws import Flaw, Spot, flaw
from pitstop_docs.tags import AROUND, BRACES, TAKES, Line, Tag, Tree, grow

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
RENDERED = re.compile(r"word/(?:document|header\d*|footer\d*|footnotes)\.xml")
STORIES = re.compile(r"word/.+\.xml")
REVISIONS = frozenset(W + tag for tag in ("ins", "del", "moveFrom", "moveTo"))
OURS = "pitstop:documento"
"""The category of what was produced here: a document is never a template again, its values would run as tags."""
HOLDERS = {W + "tbl": ("tbl", "tabella"), W + "tr": ("tr", "riga"), W + "tc": ("tc", "colonna")}
BOXES = {W + "txbxContent": "un riquadro di testo", W + "fldSimple": "un campo di Word"}
HARMLESS = frozenset(W + tag for tag in ("r", "rPr", "t", "proofErr", "lastRenderedPageBreak", "noBreakHyphen", "softHyphen"))
PARTS = {"document": "corpo", "footnotes": "note", "endnotes": "note di chiusura", "comments": "commenti"}
TURNS = {"first": " della prima pagina", "even": " delle pagine pari", "default": ""}
LANDED = {"header": "intestazione", "footer": "piè di pagina"}
PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)


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
        return tuple(piece for piece in self.pieces if piece.start < end and piece.end > start)


@dataclass(frozen=True)
class Part:
    """A part of the package that docxtpl renders: its paragraphs in order, and the tree of its tags."""

    name: str
    root: Any
    paragraphs: tuple[Paragraph, ...]

    @cached_property
    def tree(self) -> Tree:
        """What the part prints, chooses and repeats."""
        return grow(one.line for one in self.paragraphs)

    def paragraph(self, tag: Tag) -> Paragraph:
        """The paragraph in which a tag stands."""
        return self.paragraphs[int(tag.line.spot.anchor[1])]


@dataclass(frozen=True)
class Story:
    """A Word template as it was read: its bytes, its parts by name, those that are rendered, what would break it."""

    file: str
    content: bytes
    package: Mapping[str, bytes]
    parts: tuple[Part, ...]
    flaws: tuple[Flaw, ...]

    @property
    def trees(self) -> Iterator[Tree]:
        """The tree of each rendered part."""
        return (part.tree for part in self.parts)


@lru_cache(maxsize=64)
def read(file: str, content: bytes) -> Story:
    """A Word template of that name, once for each content. Raises KitError if it cannot be read at all."""
    try:
        package = files.unpack(content)
    except FileError as error:
        raise KitError(f"Il modello {file} non si può usare: {error}") from error
    if "word/document.xml" not in package:
        raise KitError(f"{file}: il file non è un documento Word (.docx). Salvarlo da Word come «Documento di Word».")
    with_macros = b"macroEnabled" in package.get("[Content_Types].xml", b"")
    if with_macros or any(name.lower().endswith("vbaproject.bin") for name in package):
        raise KitError(f"{file}: il documento contiene macro. Salvarlo da Word come «Documento di Word (.docx)».")
    if OURS.encode() in package.get("docProps/core.xml", b""):
        raise KitError(f"{file}: è un documento prodotto dal programma, non un modello. Rimettere il modello originale.")
    landed = _landed(package, file)
    parts = []
    for name in sorted(package, key=lambda one: (one != "word/document.xml", one)):
        if RENDERED.fullmatch(name):
            root = parsed(package[name], f"{file}, {name}")
            parts.append(Part(name, root, tuple(_paragraphs(root, name, file, landed))))
    flaws = [*_revisions(parts, file), *_out_of_reach(package, file, landed)]
    for part in parts:
        flaws += [*part.tree.flaws, *_alone(part), *_nothing_stays(part), *_displaced(part)]
    return Story(file, content, package, tuple(parts), tuple(flaws))


def parsed(content: bytes, where: str) -> Any:
    """A part of the package as a tree. Raises KitError if it is damaged or brings entities of its own."""
    if b"<!DOCTYPE" in content[:4096] or b"<!ENTITY" in content:
        raise KitError(f"{where}: contiene definizioni che Word non scrive (DOCTYPE). Riaprirlo in Word e salvarlo come .docx.")
    try:
        return etree.fromstring(content, PARSER)
    except etree.XMLSyntaxError as error:
        raise KitError(f"{where}: questa parte del modello è danneggiata. Riaprirlo in Word e salvarlo come .docx.") from error


# ── paragraphs and their places ──────────────────────────────────────────────────────────────────────────────────────


def _landed(package: Mapping[str, bytes], file: str) -> dict[str, str]:
    """What people call each header and footer part: «intestazione della prima pagina»."""
    told: dict[str, str] = {}
    relations = package.get("word/_rels/document.xml.rels")
    if relations is None:
        return told
    targets = {one.get("Id"): one.get("Target", "") for one in parsed(relations, f"{file}, relazioni")}
    body = parsed(package["word/document.xml"], f"{file}, word/document.xml")
    for reference in body.iter(W + "headerReference", W + "footerReference"):
        identity = next((value for key, value in reference.attrib.items() if key.endswith("}id")), "")
        called = LANDED["header" if reference.tag.endswith("headerReference") else "footer"]
        told[f"word/{targets.get(identity, '').removeprefix('/word/')}"] = called + TURNS.get(reference.get(W + "type"), "")
    return told


def called(name: str, landed: Mapping[str, str]) -> str:
    """What people call a part of the package."""
    stem = name.rpartition("/")[2].removesuffix(".xml")
    return landed.get(name) or PARTS.get(stem) or LANDED.get(stem.rstrip("0123456789")) or stem


def _paragraphs(root: Any, name: str, file: str, landed: Mapping[str, str]) -> Iterator[Paragraph]:
    """Each paragraph with its text, in the order of the part; a text box counts once, though Word writes it twice."""
    numbers: dict[Any, tuple[int, int]] = {}
    counts: dict[Any, int] = {}
    for n, element in enumerate(root.iter(*HOLDERS)):
        above = _holder_of(element)
        counts[(above, element.tag)] = counts.get((above, element.tag), 0) + 1
        numbers[element] = (n, counts[(above, element.tag)])
    told = called(name, landed)
    has_pages, page = next(root.iter(W + "lastRenderedPageBreak"), None) is not None, 1
    order: dict[Any, int] = {}
    for n, element in enumerate(root.iter(W + "p")):
        above = _holder_of(element)
        order[above] = order.get(above, 0) + 1
        pieces, text, turned = _pieces(element)
        chain = [one for one in _ancestors(element) if one.tag in HOLDERS]
        where = [f"{HOLDERS[one.tag][1]} {numbers[one][1]}" for one in chain]
        if above is None or order[above] > 1 or _follows(element):
            where.append(f"paragrafo {order[above]}")
        page += turned
        told_page = page if has_pages else None
        spot = Spot(file, told, ", ".join(where), page=told_page, anchor=(name, n))
        holders = tuple((HOLDERS[one.tag][0], numbers[one][0]) for one in chain)
        yield Paragraph(element, Line(text, spot, holders), pieces)


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


# ── what would break it ──────────────────────────────────────────────────────────────────────────────────────────────


def _revisions(parts: list[Part], file: str) -> Iterator[Flaw]:
    """One for each paragraph with a pending revision: docxtpl prints into what was deleted."""
    for part in parts:
        for paragraph in part.paragraphs:
            if next(paragraph.element.iter(*REVISIONS), None) is not None:
                spot = paragraph.line.at(0, len(paragraph.line.text))
                yield flaw("LNT-035", spot, "Contiene revisioni in sospeso: ciò che è cancellato verrebbe stampato lo stesso.")
        if not part.paragraphs and next(part.root.iter(*REVISIONS), None) is not None:
            yield flaw("LNT-035", Spot(file, called(part.name, {})), "Contiene revisioni in sospeso.")


def _out_of_reach(package: Mapping[str, bytes], file: str, landed: Mapping[str, str]) -> Iterator[Flaw]:
    """Tags in the parts that docxtpl does not render, in the codes of fields, in attributes, in the addresses of links."""
    for name, content in package.items():
        if STORIES.fullmatch(name) and BRACES.search(content.decode("utf-8", "replace")):
            yield from _stray(parsed(content, f"{file}, {name}"), name, file, called(name, landed))
        elif name.endswith(".rels") and re.search(rb"\{\{|\{%|%7B%7B|%7B%25", content, re.IGNORECASE):
            part = called(f"word/{name.rpartition('/')[2].removesuffix('.rels')}", landed)
            yield flaw("LNT-036", Spot(file, part), "Un segnaposto nell’indirizzo di un collegamento non viene riempito.")


def _stray(root: Any, name: str, file: str, part: str) -> Iterator[Flaw]:
    """One for each paragraph that holds a tag where none is filled, and one for what is in no paragraph."""
    order = {element: n for n, element in enumerate(root.iter(W + "p"))}
    told: dict[Any, str] = {}
    if not RENDERED.fullmatch(name):
        told.update((holder, "".join(one.text or "" for one in holder.iter(W + "t"))) for holder in order)
    for element in root.iter(etree.Element):
        own = "" if element.tag in (W + "t", W + "delText") else element.text or ""
        for text in (own, *element.attrib.values()):
            if BRACES.search(text):
                told[next(element.iterancestors(W + "p"), None)] = text
    for holder, text in told.items():
        if BRACES.search(text):
            where = f"paragrafo {order[holder] + 1}" if holder in order else ""
            anchor = (name, order[holder], 0, 0) if holder in order else ()
            spot = Spot(file, part, where, " ".join(text.split())[:AROUND], anchor=anchor)
            kind = "In questa parte" if not RENDERED.fullmatch(name) else "Dentro un campo, o fuori dal testo,"
            yield flaw("LNT-036", spot, f"{kind} un segnaposto non viene riempito.")


def _displaced(part: Part) -> Iterator[Flaw]:
    """Tags in text boxes and results of fields; and what stands inside a tag and would be thrown away."""
    for tag in part.tree.tags:
        paragraph = part.paragraph(tag)
        inside = next((BOXES[one.tag] for one in paragraph.element.iterancestors() if one.tag in BOXES), None)
        pieces = paragraph.within(tag.start, tag.end)
        inside = inside or next(
            (BOXES[one.tag] for piece in pieces for one in piece.element.iterancestors() if one.tag in BOXES), None
        )
        if inside or any(_in_field(piece, paragraph) for piece in pieces):
            yield flaw(
                "LNT-037",
                tag.spot,
                f"Il segnaposto sta in {inside or 'un campo di Word'}: Word può riscriverlo o stamparlo due volte.",
            )
        lost = _between(paragraph, pieces)
        if lost:
            yield flaw("LNT-038", tag.spot, f"Dentro il segnaposto c’è {lost}, che andrebbe perso.")


def _in_field(piece: Piece, paragraph: Paragraph) -> bool:
    """True between the beginning and the end of a complex field in the same paragraph."""
    depth = 0
    for one in paragraph.element.iter(W + "fldChar", W + "t"):
        if one is piece.element:
            return depth > 0
        if one.tag == W + "fldChar":
            depth += {"begin": 1, "end": -1}.get(one.get(W + "fldCharType"), 0)
    return False


KNOWN = {"bookmarkStart": "un segnalibro", "bookmarkEnd": "la fine di un segnalibro", "hyperlink": "un collegamento"}


def _between(paragraph: Paragraph, pieces: tuple[Piece, ...]) -> str:
    """What docxtpl would throw away between the first and the last piece of a tag, in words; empty if nothing."""
    if len(pieces) < 2:
        return ""
    walking = False
    for one in paragraph.element.iter():
        if one is pieces[0].element:
            walking = True
        elif one is pieces[-1].element:
            return ""
        elif walking and one.tag not in HARMLESS and one.getparent().tag != W + "rPr":
            name = etree.QName(one).localname
            return KNOWN.get(name, f"un elemento («{name}»)")
    return ""


def _alone(part: Part) -> Iterator[Flaw]:
    """Tags that take their row, cell or paragraph with them, and stand beside something else or in none."""
    texts = {level: _texts(part, level) for level in TAKES}
    for tag in part.tree.tags:
        if tag.level in TAKES:
            holder = next(part.paragraph(tag).element.iterancestors(W + tag.level), None)
            holder = part.paragraph(tag).element if tag.level == "p" else holder
            if holder is None:
                yield flaw(
                    "LNT-033",
                    tag.spot,
                    f"«{tag.source}» sta fuori da una tabella.",
                    "Scriverlo {%p … %}, o portarlo nella tabella.",
                )
            elif texts[tag.level].get(holder, "").strip() != tag.source:
                yield flaw("LNT-033", tag.spot, f"«{tag.source}» non è solo {TAKES[tag.level]}: il resto verrebbe cancellato.")


def _texts(part: Part, level: str) -> dict[Any, str]:
    """The text of each row, cell or paragraph, without that of others inside it."""
    texts: dict[Any, str] = {}
    for paragraph in part.paragraphs:
        inner = paragraph.element
        holder = inner if level == "p" else next(inner.iterancestors(W + level), None)
        texts[holder] = texts.get(holder, "") + paragraph.line.text
    return texts


def _nothing_stays(part: Part) -> Iterator[Flaw]:
    """Tables that could be left without rows, cells without paragraphs: Word calls that a damaged file."""
    for container, level, what in (("tbl", "tr", "la tabella senza righe"), ("tc", "p", "la cella senza paragrafi")):
        texts = _texts(part, level)
        first: dict[Any, Paragraph] = {}
        for paragraph in part.paragraphs:
            holder = next(paragraph.element.iterancestors(W + container), None)
            first.setdefault(holder, paragraph)
        for holder in part.root.iter(W + container):
            children = [texts.get(child, "") for child in holder.iterchildren(W + level)]
            if holder in first and not _something_stays(level, children):
                line = first[holder].line
                yield flaw("LNT-034", line.at(0, len(line.text)), f"Se le condizioni lo vogliono, resta {what}.")


def _something_stays(level: str, texts: list[str]) -> bool:
    """True if one of these is neither a tag nor between tags."""
    depth = 0
    for text in texts:
        tag = re.match(rf"\s*\{{%{level}\s+(\w+)", text)
        if tag is None and depth == 0:
            return True
        depth += {"if": 1, "for": 1, "endif": -1, "endfor": -1}.get(tag[1] if tag else "", 0)
    return False
