"""A ready-made form is written again with values, annex and marks; to be done in a child process.

pypdf's traps: its own filler sets NeedAppearances, turns a check box off for a state that it does not know, writes the value of
a group of buttons as a text; a clone is headed 1.3, and keeps what acts by itself. Viewers' traps: rights that Adobe gave to a
file are lost with the first change, and its Reader says so at every opening; without an appearance a field is empty in some.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from xml.sax.saxutils import escape

from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

from pitstop_docs.errors import PitstopError
from pitstop_docs.fillers.acroform import BUTTONS, DEPTH, Field, Walk, limits
from pitstop_docs.fillers.annex import PAGE, Leaf
from pitstop_docs.fillers.imprint import READ_ONLY, drawing
from pitstop_docs.fillers.imprint import dictionary as entries
from pitstop_docs.fillers.lettering import FONT
from pitstop_docs.fillers.original import PAGES, inherited, is_seen, opened, pressed, sides, turn_of
from pitstop_docs.fillers.packed import packed
from pitstop_docs.fillers.pdfvalues import LENGTH, dictionary, number, options, plain, resolved

TAKEN_OUT = ("/OpenAction", "/AA", "/Perms")
"""What a catalog holds that acts by itself, or speaks for the file as it was."""
BOLD, VEIL = "PitstopB", "PitstopVeil"
"""What the resources of a page call the letters of a draft, and how light they are."""


@dataclass(frozen=True)
class Writing:
    """What is written in the field of that place in the form: `value` as the file keeps it (codes of choices, empty for a button
    that is not pressed), the drawing of each of its boxes with the pictures in it; of a button two for each, pressed and not,
    or none if its own are good. `locked` if nobody should change it."""

    at: int
    name: str
    value: str | tuple[str, ...]
    drawings: tuple[Leaf, ...]
    locked: bool = True


@dataclass(frozen=True)
class Job:
    """All that is written in a form: its fields, a PDF with the pictures, pages to add, what stands across every page (empty
    for nothing), what the file says of itself by the names of its information."""

    writings: tuple[Writing, ...]
    pictures: bytes
    leaves: tuple[Leaf, ...]
    draft: str
    told: Mapping[str, str]


def inscribed(content: bytes, job: Job) -> bytes:
    """The form with all that the job says, read back and found in it; to be called in a child process.

    The same arguments give the same bytes. Raises FileError if the form cannot be read, PitstopError if it does not hold what
    was written.
    """
    with limits(PAGES):
        reader = opened(content)
        pages = len(reader.pages)
        writer = PdfWriter(clone_from=reader)
        _quiet(writer)
        pen = _Pen(writer, job)
        pen.write()
        if job.draft:
            for page in writer.pages:
                pen.stamp(page, job.draft)
        _introduce(writer, job.told)
        made = packed(writer, sha256(content + repr(job).encode()).digest()[:16])
        _prove(made, job, pages + len(job.leaves))
        return made


def _quiet(writer: Any) -> None:
    """Take out what acts by itself: scripts, recomputing, drawing anew, the rights that somebody gave to the file as it was."""
    catalog = writer.root_object
    for key in TAKEN_OUT:
        catalog.pop(key, None)
    dictionary(catalog.get("/Names")).pop("/JavaScript", None)
    acroform = dictionary(catalog.get("/AcroForm"))
    for key in ("/NeedAppearances", "/CO", "/XFA"):
        acroform.pop(key, None)
    for page in writer.pages:
        page.pop("/AA", None)


class _Pen:
    """Writes the fields of one form, and its pages."""

    def __init__(self, writer: Any, job: Job) -> None:

        self.writer, self.job = writer, job
        self.walk = Walk(writer)
        self.fields = self.walk.form().fields
        self.drawn = PdfReader(io.BytesIO(job.pictures)).pages if job.pictures else ()
        self.kept: dict[int, Any] = {}
        self.shared: dict[int, Any] = {}
        self.fonts: dict[str, Any] = {}

    def write(self) -> None:
        """Every field, then the pages to add."""
        for node, widgets in self.walk.nodes.values():
            for one in (node, *widgets):
                _hush(one)
        for one in self.job.writings:
            field = self.fields[one.at]
            if field.name != one.name:
                raise PitstopError(f"Il modulo, aperto di nuovo, non ha al suo posto il campo «{one.name}».")
            node, widgets = self.walk.nodes[field.origin]
            (self.press if field.kind in BUTTONS else self.fill)(one, field, node, widgets)
            if one.locked:
                self.lock(node, widgets)
        for leaf in self.job.leaves:
            self.add(leaf)

    def press(self, one: Writing, field: Field, node: Any, widgets: Sequence[Any]) -> None:
        """The buttons that export the value are pressed, all others are not."""
        listed, found, drawings = options(inherited(node, "/Opt")), NameObject("/Off"), iter(one.drawings)
        for box in widgets:
            if one.drawings and is_seen(box):
                self.redraw(box, next(drawings), next(drawings))
            names = [name for name, code in pressed(box, listed) if one.value and code == one.value]
            box[NameObject("/AS")] = names[0] if names else NameObject("/Off")
            found = names[0] if names and found == "/Off" else found
            if box is not node:
                box.pop("/V", None)
        node[NameObject("/V")] = found

    def redraw(self, box: Any, pressed_: Leaf, free: Leaf) -> None:
        """The box of a button drawn anew, pressed and not, under the names that it has."""
        names = [name for name, _ in pressed(box, ())]
        left, bottom, right, top = sides(box)
        extent = (right - left, top - bottom)
        states = {name: drawing(self.writer, extent, b"q\n%s\nQ" % pressed_.content) for name in names}
        off = drawing(self.writer, extent, b"q\n%s\nQ" % free.content)
        box[NameObject("/AP")] = entries(N=DictionaryObject({**states, NameObject("/Off"): off}))

    def fill(self, one: Writing, field: Field, node: Any, widgets: Sequence[Any]) -> None:
        """A text, or what is chosen in a list; each box is drawn anew."""
        chosen = one.value if isinstance(one.value, tuple) else (one.value,)
        node.pop("/I", None)
        for key in ("/RV", "/DS"):
            node.pop(key, None)
        many = field.kind == "elenco" and field.many
        value = ArrayObject(map(TextStringObject, chosen)) if many else TextStringObject(chosen[0])
        if many:
            exports = [export for export, _ in field.options]
            node[NameObject("/I")] = ArrayObject(NumberObject(at) for at in sorted(map(exports.index, chosen)))
        node[NameObject("/V")] = value
        seen = iter(one.drawings)
        for box in widgets:
            if box is not node:
                box.pop("/V", None)
            leaf = next(seen) if is_seen(box) else Leaf(b"", frozenset())
            left, bottom, right, top = sides(box)
            turn, width, height = turn_of(box), right - left, top - bottom
            extent = (width, height) if turn % 180 == 0 else (height, width)
            content = b"/Tx BMC\nq\n%s\nQ\nEMC" % leaf.content if leaf.content else b"/Tx BMC\nEMC"
            made = drawing(self.writer, extent, content, self.resources(leaf.pictures))
            if turn:
                made.get_object()[NameObject("/Matrix")] = _matrix(_turned(turn, width, height))
            box[NameObject("/AP")] = entries(N=made)
            box.pop("/AS", None)

    def lock(self, node: Any, widgets: Sequence[Any]) -> None:
        """Nobody is asked to fill what is filled."""
        node[NameObject("/Ff")] = NumberObject((number(inherited(node, "/Ff")) or 0) | READ_ONLY)
        for box in widgets:
            if box is not node and "/Ff" in box:
                box[NameObject("/Ff")] = NumberObject((number(box["/Ff"]) or 0) | READ_ONLY)

    def resources(self, pictures: frozenset[int]) -> Any:
        """The fonts, and the pictures that a drawing uses."""
        told = entries(Font=entries(**{FONT: self.font("Helvetica")}))
        if pictures:
            told.update(entries(XObject=entries(**{f"P{page}": self.picture(page) for page in sorted(pictures)})))
        return told

    def font(self, name: str) -> Any:
        """One of the fonts that every viewer has."""
        if name not in self.fonts:
            told = {"Type": "/Font", "Subtype": "/Type1", "BaseFont": f"/{name}", "Encoding": "/WinAnsiEncoding"}
            self.fonts[name] = self.writer._add_object(entries(**{key: NameObject(one) for key, one in told.items()}))
        return self.fonts[name]

    def stream(self, content: bytes) -> Any:
        """A new part of what a page draws."""
        stream = DecodedStreamObject()
        stream.set_data(content)
        return self.writer._add_object(stream.flate_encode())

    def picture(self, page: int) -> Any:
        """A page that Pango drew, as something to be drawn; the resources that pages share are copied once."""
        if page not in self.kept:
            drawn: Any = self.drawn[page]
            resources = drawn["/Resources"]
            if id(resources) not in self.shared:
                self.shared[id(resources)] = self.writer._add_object(resources.clone(self.writer))
            extent = (drawn.mediabox.width + 0.0, drawn.mediabox.height + 0.0)
            content = drawn.get_contents().get_data()
            self.kept[page] = drawing(self.writer, extent, content, self.shared[id(resources)])
        return self.kept[page]

    def add(self, leaf: Leaf) -> None:
        """A page of the annex."""
        page = self.writer.add_blank_page(*PAGE)
        page[NameObject("/Contents")] = self.stream(leaf.content)
        page[NameObject("/Resources")] = self.resources(leaf.pictures)

    def stamp(self, page: Any, words: str) -> None:
        """Write across a page, under its fields, and at its head; what the page draws is kept apart, whatever it leaves open."""
        kept = page.get("/Contents")
        held = resolved(kept)
        between = list(held) if isinstance(held, list) else [] if kept is None else [page.raw_get("/Contents")]
        page[NameObject("/Contents")] = ArrayObject([self.stream(b"q"), *between, self.stream(_across(page, words))])
        resources = DictionaryObject(dictionary(inherited(page, "/Resources")))
        veil = entries(Type=NameObject("/ExtGState"), ca=FloatObject("0.3"))
        for key, name, one in (("/Font", BOLD, self.font("Helvetica-Bold")), ("/ExtGState", VEIL, veil)):
            among = DictionaryObject(dictionary(resources.get(key)))
            among[NameObject(f"/{name}")] = one
            resources[NameObject(key)] = among
        page[NameObject("/Resources")] = resources


def _hush(node: Any) -> None:
    """Take the scripts off a field or a box, and off those above it; another thing that a button does to be pressed stays."""
    for _ in range(DEPTH):
        node.pop("/AA", None)
        if dictionary(node.get("/A")).get("/S") == "/JavaScript":
            node.pop("/A", None)
        node = dictionary(node.get("/Parent"))


def _across(page: Any, words: str) -> bytes:
    """What draws the first of the words from corner to corner, and all of them at the head, upright as the page is read."""
    box, turn = page.cropbox, page.rotation % 360
    wide, high = box.width + 0.0, box.height + 0.0
    width, height = (wide, high) if turn % 180 == 0 else (high, wide)
    size = min(width, height) / 4  # of letters 3.44 sizes wide together, and 0.72 high
    where = (width / 2 - size * 0.964, height / 2 - size * 1.472)
    first = b"(%s) Tj" % words.partition(" ")[0].encode("cp1252")
    across = b"BT /%s %.2f Tf 0.7071 0.7071 -0.7071 0.7071 %.2f %.2f Tm %s ET" % (BOLD.encode(), size, *where, first)
    above = (width / 2 - len(words) * 2.4, height - 14)
    head = b"BT /%s 9 Tf 1 0 0 1 %.2f %.2f Tm (%s) Tj ET" % (BOLD.encode(), *above, words.encode("cp1252"))
    *parts, right, up = _turned(turn, wide, high)
    upright = b"%.4f %.4f %.4f %.4f %.2f %.2f cm" % (*parts, right + box.left, up + box.bottom)
    return b"\nQ\nq %s\nq 0.75 0 0 rg %s Q\nq /%s gs 0.55 g %s Q\nQ" % (upright, head, VEIL.encode(), across)


def _turned(turn: int, width: float, height: float) -> tuple[float, float, float, float, float, float]:
    """What turns upright drawing to the left by so much, within a place so wide and high as it lies."""
    return {
        90: (0.0, 1.0, -1.0, 0.0, width, 0.0),
        180: (-1.0, 0.0, 0.0, -1.0, width, height),
        270: (0.0, -1.0, 1.0, 0.0, 0.0, height),
    }.get(turn, (1.0, 0.0, 0.0, 1.0, 0.0, 0.0))


def _matrix(parts: Sequence[float]) -> ArrayObject:
    return ArrayObject(FloatObject(f"{one:.2f}") for one in parts)


def _introduce(writer: Any, told: Mapping[str, str]) -> None:
    """Say what the file is, in its information and in its metadata; what it said before was of another paper."""
    writer._info = None
    writer.add_metadata({f"/{name}": value for name, value in told.items()})
    packet = DecodedStreamObject()
    packet.set_data(
        f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{escape(told["Title"])}</rdf:li></rdf:Alt></dc:title>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{escape(told["Subject"])}</rdf:li></rdf:Alt></dc:description>
<pdf:Keywords>{escape(told["Keywords"])}</pdf:Keywords></rdf:Description>
</rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>""".encode()
    )
    packet.update(entries(Type=NameObject("/Metadata"), Subtype=NameObject("/XML")))
    writer.root_object[NameObject("/Metadata")] = writer._add_object(packet)


def _prove(content: bytes, job: Job, pages: int) -> None:
    """Read the form back: each field holds what was meant, and every box of it shows something."""
    reader = PdfReader(io.BytesIO(content))
    walk = Walk(reader)
    told = walk.form()
    wrong = [one.name for one in job.writings if not _holds(one, told.fields[one.at], walk.nodes[told.fields[one.at].origin][1])]
    acts = "/NeedAppearances" in walk.acroform or told.scripts or any(field.script for field in told.fields)
    if wrong or acts or told.pages != pages:
        raise PitstopError(f"Il modulo PDF, riletto, non ha i campi come sono stati scritti: {', '.join(wrong[:5])}.")


def _holds(one: Writing, field: Field, widgets: Sequence[Any]) -> bool:
    drawn = all("/N" in dictionary(box.get("/AP")) for box in widgets)
    if field.name != one.name or (one.locked and not field.read_only):
        return False
    if field.kind in BUTTONS:
        return (field.value or "") == one.value
    if isinstance(one.value, tuple):
        return drawn and {*(field.value or ())} == {*one.value}
    return drawn and str(field.value or "").strip() == plain(one.value[:LENGTH]).strip()
