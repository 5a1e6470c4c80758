"""A Word template in which a name is changed: only characters inside its texts, all other bytes of its parts as they were.

expat tells where a text lies in the bytes of a part; lxml, which reads the tags, does not. A text box is written twice, for
Word and for older programs, and docxtpl prints into both: what changes in the one changes in the other.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any
from xml.parsers import expat

from pitstop_docs.errors import KitError
from pitstop_docs.fillers.parts import FALLBACK, Paragraph, Part, Piece, W
from pitstop_docs.fillers.story import Story
from pitstop_docs.renaming.field import Field
from pitstop_docs.tags import STRAIGHT, Fork, Loop, Step, Tag

TOKEN = re.compile(
    r"(?P<text>\"[^\"]*\"|'[^']*')|(?P<name>[^\W\d]\w*)|(?P<space>\s+)|(?P<number>\d[\w.]*)|(?P<other>.)", re.DOTALL
)
WORDS = frozenset({"and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False", "None"})
ALTERNATE, CHOICE = (FALLBACK.replace("Fallback", name) for name in ("AlternateContent", "Choice"))
RAW = re.compile(r"<!--.*?-->|<\?.*?\?>|&[^;]+;|\r\n|.", re.DOTALL)
"""What makes one character of a text as XML writes it, or none."""

Scope = Mapping[str, str]
"""The names of rows, and the place of the rows that each stands for; empty if it is not known."""


@dataclass(frozen=True)
class Hit:
    """A name in a tag that is to be changed: its characters in the line of the tag."""

    tag: Tag
    start: int
    end: int


# ── which names ──────────────────────────────────────────────────────────────────────────────────────────────────────


def hits(field: Field, steps: Sequence[Step], scope: Scope | None = None, *, every: Sequence[str] = ()) -> Iterator[Hit]:
    """Each place of a tree in which the field is named, row variables being what their loops make of them: of the forms in
    `every` the template reads all records, a row each.
    """
    scope = scope or {}
    for step in steps:
        if isinstance(step, Loop):
            paths = [*_paths(step.tag)]
            rows = _placed(paths[0].names, scope) if paths else ""
            inner = {**scope, step.name: f"{rows}/*" if rows and rows not in every else rows, "loop": ""}
            yield from _of(paths[:1], step.tag, field, scope)
            yield from _of(paths[1:], step.tag, field, inner)
            yield from hits(field, step.body, inner, every=every)
            yield from hits(field, step.otherwise, scope, every=every)
        elif isinstance(step, Fork):
            for branch in step.branches:
                yield from _of(_paths(branch.tag), branch.tag, field, scope)
                yield from hits(field, branch.body, scope, every=every)
        else:
            yield from _of(_paths(step.tag), step.tag, field, scope)


@dataclass(frozen=True)
class _Path:
    """`o.scadenza` or `o["scadenza"]` in a tag: its names, and the characters of each."""

    names: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]


def _of(paths: Iterator[_Path] | Sequence[_Path], tag: Tag, field: Field, scope: Scope) -> Iterator[Hit]:
    for path in paths:
        for depth in range(1, len(path.names)):
            if _placed(path.names[: depth + 1], scope) in field.places:
                yield Hit(tag, *path.spans[depth])


def _placed(names: Sequence[str], scope: Scope) -> str:
    above = scope.get(names[0], names[0])
    return "/".join([above, *names[1:]]) if above else ""


def _paths(tag: Tag) -> Iterator[_Path]:
    """Every path of a tag: what stands after `for … in` first, what its `if` asks after it."""
    source = tag.source.translate(STRAIGHT)
    begins = source.rfind(tag.said) if tag.said else len(source)
    tokens = [one for one in TOKEN.finditer(source, begins, begins + len(tag.said)) if one.lastgroup != "space"]
    n = 2 if tag.word == "for" else 0  # the name of the row, and «in»
    while n < len(tokens):
        if tokens[n].lastgroup != "name" or tokens[n][0] in WORDS or (n and tokens[n - 1][0] == "|"):
            n += 1
            continue
        found, n = [tokens[n]], n + 1
        while n + 1 < len(tokens):
            if tokens[n][0] == "." and tokens[n + 1].lastgroup == "name":
                found, n = [*found, tokens[n + 1]], n + 2
            elif tokens[n][0] == "[" and tokens[n + 1].lastgroup == "text":
                found, n = [*found, tokens[n + 1]], n + 3
            else:
                break
        quoted = [one.lastgroup == "text" for one in found]
        names = tuple(one[0][1:-1] if quote else one[0] for one, quote in zip(found, quoted, strict=True))
        spans = [(one.start() + quote, one.end() - quote) for one, quote in zip(found, quoted, strict=True)]
        yield _Path(names, tuple((tag.start + start, tag.start + end) for start, end in spans))


# ── the bytes of the file ────────────────────────────────────────────────────────────────────────────────────────────


def rewritten(story: Story, field: Field, every: Sequence[str] = ()) -> tuple[bytes, list[str]]:
    """The file with the field's new name in its tags, and each place in words; the bytes as they were if none names it.
    Of the forms in `every` the template reads all records.

    Raises KitError where a name is written in a way that cannot be changed in place.
    """
    parts: dict[str, bytes] = {}
    places: list[str] = []
    for part in story.parts:
        found = sorted(hits(field, part.tree.steps, every=every), key=lambda hit: (hit.tag.line.spot.anchor[1], hit.start))
        if found:
            parts[part.name] = _edited(part, story, found, field)
            places += [f"{hit.tag.spot.words()} «{hit.tag.source}»" for hit in found]
    return (_repacked(story.content, parts) if parts else story.content), places


def _edited(part: Part, story: Story, found: list[Hit], field: Field) -> bytes:
    content = story.package[part.name]
    spans = _spans(content)
    order = {element: n for n, element in enumerate(part.root.iter(W + "t"))}
    edits: list[tuple[int, int, bytes]] = []
    for hit in found:
        for pieces in _copies(part.paragraph(hit.tag), story, hit):
            put = field.new.encode()
            for piece in pieces:
                if piece.start < hit.end and piece.end > hit.start:
                    begin, end = spans[order[piece.element]] if len(spans) == len(order) else (0, 0)
                    characters = [*_characters(content[begin:end].decode(), begin)]
                    if "".join(said for said, _, _ in characters) != piece.element.text:
                        raise _stuck(story, hit)
                    named = characters[max(0, hit.start - piece.start) : hit.end - piece.start]
                    edits.append((named[0][1], named[-1][2], put))
                    put = b""
    for begin, end, put in sorted(edits, reverse=True):
        content = content[:begin] + put + content[end:]
    return content


def _characters(raw: str, begin: int) -> Iterator[tuple[str, int, int]]:
    """Each character of a text, and where its bytes are."""
    for token in RAW.finditer(raw):
        said = "" if token[0].startswith(("<!--", "<?")) else unescape(token[0]).replace("\r\n", "\n")
        end = begin + len(token[0].encode())
        if said:
            yield said, begin, end
        begin = end


def _copies(paragraph: Paragraph, story: Story, hit: Hit) -> Iterator[tuple[Piece, ...]]:
    """The pieces of a paragraph; and those of its copy for older programs, where it stands in a text box."""
    yield paragraph.pieces
    for piece in paragraph.within(hit.start, hit.end):
        above = [*piece.element.iterancestors()]
        alternate = next((one for one in above if one.tag == ALTERNATE), None)
        if alternate is not None and alternate not in paragraph.element.iterancestors():
            raise _stuck(story, hit)
    for alternate in paragraph.element.iterancestors(ALTERNATE):
        chosen = next(one for one in alternate if one in paragraph.element.iterancestors())
        place = [*chosen.iter(W + "p")].index(paragraph.element)
        for copy in alternate.iterchildren(FALLBACK):
            twins = [*copy.iter(W + "p")]
            pieces = _own_pieces(twins[place]) if place < len(twins) else ()
            if "".join(piece.element.text or "" for piece in pieces) != paragraph.line.text:
                raise _stuck(story, hit)
            yield pieces


def _own_pieces(paragraph: Any) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    for one in paragraph.iter(W + "t"):
        if next(one.iterancestors(W + "p")) is paragraph:
            pieces.append(Piece(one, pieces[-1].end if pieces else 0))
    return tuple(pieces)


def _stuck(story: Story, hit: Hit) -> KitError:
    return KitError(
        f"{story.file}, {hit.tag.spot.words()}: il segnaposto «{hit.tag.source}» è scritto in un modo che non si può cambiare "
        "senza toccare altro. Riscriverlo in Word tutto di seguito, e riprovare."
    )


def _spans(content: bytes) -> list[tuple[int, int]]:
    """Where the text of each `w:t` begins and ends in the bytes of a part, in order; none unless it is written in UTF-8."""
    parser = expat.ParserCreate(namespace_separator="}")
    spans: list[tuple[int, int]] = []
    utf8 = True

    def declared(version: str, encoding: str | None, standalone: int) -> None:
        nonlocal utf8
        utf8 = (encoding or "utf-8").lower() == "utf-8"

    def opened(name: str, attributes: object) -> None:
        if f"{{{name}" == W + "t":
            begin = parser.CurrentByteIndex
            whole = TAG.match(content, begin)
            spans.append((whole.end(), whole.end()) if whole else (begin, begin))

    def closed(name: str) -> None:
        if f"{{{name}" == W + "t" and content[spans[-1][0] - 2 : spans[-1][0]] != b"/>":
            spans[-1] = (spans[-1][0], parser.CurrentByteIndex)

    parser.XmlDeclHandler, parser.StartElementHandler, parser.EndElementHandler = declared, opened, closed
    parser.Parse(content, True)
    return spans if utf8 else []


TAG = re.compile(rb"<(?:[^>\"']|\"[^\"]*\"|'[^']*')*>")


def _repacked(content: bytes, changed: Mapping[str, bytes]) -> bytes:
    """The zip with some parts changed: the others, their order, dates and attributes as they were."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(stream, "w") as after:
        after.comment = before.comment
        for entry in before.infolist():
            after.writestr(entry, changed.get(entry.filename, before.read(entry)), entry.compress_type, compresslevel=6)
    return stream.getvalue()
