"""Somebody else's fillable PDF becomes a document: each of its fields holds its answer and shows all of it, or where it goes on.

What is written is a text, the code of a choice, the state of a button. A text that has no room goes on in an annex, under a
number; what may not be cut (a code in cells, a date) is refused. Only a field that was filled is closed: the others are left
to the pen. The file is read and written in a child process, what Pango draws is drawn here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from pitstop_docs import files
from pitstop_docs.apart import apart
from pitstop_docs.blanks import OMITTED, Node, Trace
from pitstop_docs.entries import Answer, Entry, answer, codes_of, part_of, printed, state_of
from pitstop_docs.errors import FileError, KitError, UndrawableError
from pitstop_docs.fillers import annex
from pitstop_docs.fillers.acroform import BUTTONS
from pitstop_docs.fillers.annex import Heading, Leaf
from pitstop_docs.fillers.docx import Filled, Properties
from pitstop_docs.fillers.inscription import Job, Writing, inscribed
from pitstop_docs.fillers.lettering import Drawn, Ink, Room, drawn, is_plain, placed
from pitstop_docs.fillers.original import Box, Original, Slot, original
from pitstop_docs.formats import Iban, PartialDate

LIMIT = 25 * files.MEBIBYTE
DRAFT = "BOZZA – non valida per la firma"
MARKS = ("… segue in allegato, n. {}", "… v. all. n. {}", "… all. {}")
"""How a field says that its text goes on elsewhere; the shorter where there is no room for the longer."""
CROSS = "X"
PAD = 2.0
"""Points between a text and the sides of its field; more where the frame is thick."""
STEADY = 99.0
"""As the smallest size of a text, that it is tried at the first alone."""
FILLED = ("testo", "elenco", *BUTTONS)


@dataclass(frozen=True)
class _Said:
    """What a field is to hold: `value` as the file keeps it, `shown` what is seen of it (None of a button), `whole` all that it
    stands for. `prose` is True if it may be cut; `locked` as of a `Writing`."""

    at: int
    slot: Slot
    value: str | tuple[str, ...]
    shown: str | None = None
    whole: str = ""
    prose: bool = True
    locked: bool = True

    @property
    def label(self) -> str:
        """What the field is called, for whoever reads."""
        return self.slot.field.tooltip.strip() or self.slot.field.name

    @property
    def rooms(self) -> list[Room]:
        """The places where it is drawn."""
        return [_room(box, self.slot) for box in self.slot.boxes] if self.shown is not None else []

    def as_shown(self, text: str) -> _Said:
        """The same with another text in the field: of a text that is what the file keeps, too."""
        return replace(self, shown=text, value=text if self.slot.field.kind == "testo" else self.value)


def look(path: Path) -> Original:
    """What a ready-made form is like. Raises KitError if it cannot be read as one."""
    try:
        return apart(original, files.read(path, limit=LIMIT))
    except FileError as error:
        raise KitError(f"Il modello {path.name} non si può usare: {error}") from error


def fill(
    path: Path, form: Original, entries: Mapping[str, Entry], context: Mapping[str, object], properties: Properties
) -> Filled:
    """Print the context into the form. The same arguments give the same bytes.

    Raises KitError where the form or its description is at fault; FileError where a text cannot be drawn on this computer, or
    has no room and may not be cut.
    """
    if form.form.xfa:
        raise KitError(f"{path.name}: il modulo è in formato XFA, che solo Acrobat apre. Chiedere o rifare il modulo senza XFA.")
    if form.signed:
        raise KitError(f"{path.name}: il modulo è già firmato: riempirlo annullerebbe la firma. Chiedere il modulo da firmare.")
    trace = Trace()
    said = list(_said(form, entries, context, trace, path.name))
    said, longer = _cut(said, path.name)
    heading = Heading(properties.title, properties.subject, properties.identifier)
    notes = annex.texts(heading, longer) if longer else []
    lettered = _drawn(said, notes)
    inks = iter(lettered.inks)
    writings = [
        Writing(one.at, one.slot.field.name, one.value, tuple(_leaves(one, inks, anew=form.anew)), one.locked) for one in said
    ]
    leaves = annex.pages(list(inks)) if longer else []
    leaves = list(annex.footed(leaves, drawn(annex.footings(heading, len(leaves))).inks))
    draft = DRAFT if properties.draft else ""
    job = Job(tuple(writings), lettered.pictures, tuple(leaves), draft, _told(properties, context))
    try:
        return Filled(apart(inscribed, files.read(path, limit=LIMIT), job), trace)
    except FileError as error:
        raise KitError(f"Il modello {path.name} non si può riempire: {error}") from error


def _told(properties: Properties, context: Mapping[str, object]) -> dict[str, str]:
    """What the file says of itself: nothing of ours stands on somebody else's page."""
    document = context.get("documento")
    known = [document.text(key) for key in ("versione", "regole", "impronta")] if isinstance(document, Node) else ["", "", ""]
    words = (f"{name} {one}" for name, one in zip(("versione", "regole", "impronta"), known, strict=True) if one)
    keywords = "; ".join((properties.identifier, *words))
    return {"Title": properties.title, "Subject": properties.subject, "Keywords": keywords, "Producer": "pitstop_docs"}


# ── what each field holds ────────────────────────────────────────────────────────────────────────────────────────────


def _said(
    form: Original, entries: Mapping[str, Entry], context: Mapping[str, object], trace: Trace, file: str
) -> Iterator[_Said]:
    """What each field is to hold; what was printed, left blank or withheld is noted in the trace."""
    for at, slot in enumerate(form.slots):
        entry = entries.get(slot.field.name, Entry())
        found = answer(entry, context)
        trace.blanks += found.blanks
        trace.withheld += found.withheld
        if slot.field.kind not in FILLED:
            continue
        if found.values and not found.withheld:
            one = _held(at, slot, entry, found, file)
            if one is None:  # what the field has no place for was mistyped, or is none of its choices
                trace.blanks += found.stated
                continue
            trace.printed += [one.whole] if one.whole else []
            yield one
        elif found.withheld and slot.field.kind == "testo" and len(OMITTED) <= (slot.room or len(OMITTED)):
            trace.printed.append(OMITTED)
            yield _Said(at, slot, OMITTED, OMITTED, OMITTED)
        elif slot.field.value and slot.field.kind not in BUTTONS and not all(box.drawn for box in slot.boxes):
            yield _left(at, slot)


def _left(at: int, slot: Slot) -> _Said:
    """A field as it was, of which the viewer was to draw what it holds: it is drawn now."""
    held = slot.field.value or ""
    codes = held if isinstance(held, tuple) else (held,)
    shown = "\n".join(dict(slot.field.options).get(code, code) for code in codes)
    return _Said(at, slot, held, shown, shown, locked=False)


def _held(at: int, slot: Slot, entry: Entry, found: Answer, file: str) -> _Said | None:
    """What a field holds of an answer that was stated; None if it cannot hold this one."""
    field = slot.field
    if entry.part and not printed(entry, found):
        return None
    if field.kind == "testo":
        text, whole = _text(slot, entry, found), CROSS if entry.when else printed(entry, found)
        prose = not slot.comb and all(_is_prose(one) for one in found.values)
        return _Said(at, slot, text, text, whole if text else "", prose)
    codes = codes_of(entry, found)
    truth = any(isinstance(one, bool) for one in found.values)
    if field.kind in BUTTONS:
        return _pressed(at, slot, entry, codes, file, truth=truth)
    chosen = []
    for code, label in codes:
        export = state_of(code, label, field.options, entry, truth=truth)
        if export is None and not field.free:
            return None
        chosen.append((label, label) if export is None else (export, dict(field.options)[export]))
    if len(chosen) != 1 and not field.many:
        return None
    exports, whole = tuple(export for export, _ in chosen), "\n".join(shown for _, shown in chosen)
    return _Said(at, slot, exports if field.many else exports[0], whole, whole)


def _pressed(at: int, slot: Slot, entry: Entry, codes: Sequence[tuple[str, str]], file: str, *, truth: bool) -> _Said | None:
    """A button: of one box that stands for a code, whether it is ticked; of several, which one; None if none of them."""
    options = slot.options
    if not options:
        raise KitError(f"{file}, campo «{slot.field.name}»: non dice con quale stato è segnato. Rifare la casella.")
    if entry.when:
        pressed = [(options[0][0], label) for code, label in codes if code == entry.when]
    elif truth and len(options) == 1 and not entry.states:
        pressed = [(options[0][0], label) for code, label in codes if code == "true"]
    else:
        found = ((state_of(code, label, options, entry, truth=truth), label) for code, label in codes)
        pressed = [(state, label) for state, label in found if state is not None]
        if len(options) > 1 and (len(pressed), len(codes)) != (1, 1):
            return None
    state, label = pressed[0] if pressed else ("", "")
    return _Said(at, slot, state, whole=label)


def _text(slot: Slot, entry: Entry, found: Answer) -> str:
    """What a field of text holds: written closer where the form has so many places and no more."""
    if entry.when:
        return CROSS if entry.when in dict(codes_of(entry, found)) else ""
    text, room = printed(entry, found), slot.room
    text = text if slot.lines else " ".join(text.split("\n"))
    if room is None or _units(text) <= room or len(found.values) != 1 or entry.part:
        return text
    closer = [text]
    match found.values[0]:
        case date() | PartialDate() as day:
            pieces = [part_of(day, part) for part in ("giorno", "mese", "anno")]
            closer += ["/".join(pieces), *(["".join(pieces)] if slot.comb else [])]
        case Iban() as iban:
            closer.append(str.__str__(iban))
    return next((one for one in closer if _units(one) <= room), text)


def _is_prose(value: object) -> bool:
    return isinstance(value, tuple) or (isinstance(value, str) and not isinstance(value, Iban))


def _units(text: str) -> int:
    """The length of a text as viewers count it."""
    return len(text.encode("utf-16-le")) // 2


# ── how it is seen ───────────────────────────────────────────────────────────────────────────────────────────────────


def _cut(said: Sequence[_Said], file: str) -> tuple[list[_Said], list[tuple[str, str]]]:
    """The fields with what they show, and label and whole text of those whose text goes on in the annex, in their order."""
    inks = iter(_drawn(said, ()).inks)
    fitted: list[_Said] = []
    longer: list[tuple[str, str]] = []
    for one in said:
        own = [next(inks) for _ in one.rooms]
        if one.shown and not any(box.page >= 0 for box in one.slot.boxes):
            raise KitError(f"{file}, campo «{one.slot.field.name}»: nel modulo non si vede. Togliere il campo dalla descrizione.")
        if all(ink.whole for ink in own) and _within(one, one.shown or ""):
            fitted.append(one)
        elif one.prose:
            longer.append((one.label, one.whole))
            fitted.append(_shortened(one, len(longer), file))
        else:
            raise FileError(f"«{one.label}»: la risposta non entra nel campo del modulo {file}, e non si può tagliare.")
    return fitted, longer


def _within(one: _Said, text: str) -> bool:
    limit = one.slot.room
    return limit is None or one.slot.field.kind != "testo" or _units(text) <= limit


def _shortened(one: _Said, number: int, file: str) -> _Said:
    """The field with as many words as it has room for, in the letters that it asks for if they allow it, and the mark."""
    text = one.shown or ""
    ends = [0, *(at for at in range(1, len(text)) if text[at].isspace() and not text[at - 1].isspace())]

    def shown(end: int, mark: str) -> str:
        return f"{text[:end].rstrip(' ,;:.')}{mark}"

    def fits(told: str, rooms: Sequence[Room]) -> bool:
        return _within(one, told) and all(ink.whole for ink in drawn([(told, room) for room in rooms]).inks)

    for mark in (template.format(number) for template in MARKS):
        for rooms in ([replace(room, least=STEADY) for room in one.rooms], one.rooms):
            if fits(mark, rooms):
                low, high = 0, len(ends) - 1
                while low < high:
                    middle = (low + high + 1) // 2
                    low, high = (middle, high) if fits(shown(ends[middle], mark), rooms) else (low, middle - 1)
                return one.as_shown(shown(ends[low], mark))
    raise FileError(
        f"«{one.label}»: la risposta non entra nel campo del modulo {file}, e nemmeno il rinvio all’allegato. "
        "Allargare il campo, o accorciare la risposta."
    )


def _drawn(said: Sequence[_Said], notes: Sequence[tuple[str, Room]]) -> Drawn:
    """What each box shows, then the notes. Raises UndrawableError with the label of the field that cannot be drawn."""
    tasks = [(one.shown or "", room, one.label) for one in said for room in one.rooms]
    tasks += [(text, room, "Allegato") for text, room in notes]
    strange = next((label for text, _, label in tasks if not is_plain(text)), "")
    try:
        found = drawn([(text, room) for text, room, _ in tasks])
    except FileError as error:
        raise UndrawableError(f"«{strange}» ha lettere che il modulo da sé non sa scrivere. {error}") from error
    for ink, (*_, label) in zip(found.inks, tasks, strict=True):
        if ink.missing:
            raise UndrawableError(
                f"«{label}» ha caratteri che nessun font di questo computer sa disegnare. "
                "Installare i font Noto (pacchetti fonts-noto-core e fonts-noto-cjk) e riprovare."
            )
    return found


def _room(box: Box, slot: Slot) -> Room:
    """The place for a text within a box."""
    side = 0.0 if slot.comb else min(max(PAD, 2 * box.border), box.width / 10)
    rim = max(box.border, 1.0) if slot.lines else box.border
    cells = slot.room or 0 if slot.comb else 0
    red, green, blue = box.colour
    return Room(box.width - 2 * side, box.height - 2 * rim, slot.lines, cells, box.size, (red, green, blue), box.align)


def _leaves(one: _Said, inks: Iterator[Ink], *, anew: bool) -> Iterator[Leaf]:
    """What each box of a field shows: its ground and its frame, which are drawn anew with it, and the text; of a button, if it is
    to be drawn `anew`, its mark, and then the box without."""
    for box in one.slot.boxes if one.shown is None and anew else ():
        yield Leaf(b"\n".join((*_frame(box, 0), _mark(box))), frozenset())
        yield Leaf(b"\n".join(_frame(box, 0)), frozenset())
    for box, room in zip(one.slot.boxes, one.rooms, strict=False):
        ink = next(inks)
        left, bottom = (box.width - room.width) / 2, (box.height - room.height) / 2
        clip = b"0 0 %.2f %.2f re W n" % (box.width, box.height)
        text = placed(ink, left, bottom) if one.shown else b""
        yield Leaf(b"\n".join((*_frame(box, room.comb), clip, text)), frozenset({ink.picture} - {-1}))


def _mark(box: Box) -> bytes:
    """A cross, or a dot where the form has one."""
    side = min(box.width, box.height)
    x, y, half = box.width / 2, box.height / 2, side * 0.32
    if box.dot:
        return b"q 0 G 1 J %.2f w %.2f %.2f m %.2f %.2f l S Q" % (
            side * 0.5,
            x,
            y,
            x,
            y,
        )  # a stroke of no length, with round ends
    cross = (x - half, y - half, x + half, y + half, x - half, y + half, x + half, y - half)
    return b"q 0 G 1 J %.2f w %.2f %.2f m %.2f %.2f l %.2f %.2f m %.2f %.2f l S Q" % (max(side * 0.12, 0.7), *cross)


def _frame(box: Box, cells: int) -> Iterator[bytes]:
    width, height, line = box.width, box.height, box.border
    if box.ground:
        yield b"%.3f %.3f %.3f rg 0 0 %.2f %.2f re f" % (*box.ground, width, height)
    if box.edge and line:
        frame = (line / 2, line / 2, width - line, height - line)
        yield b"%.3f %.3f %.3f RG %.2f w %.2f %.2f %.2f %.2f re S" % (*box.edge, line, *frame)
        for at in range(1, cells):
            yield b"%.2f 0 m %.2f %.2f l S" % (width / cells * at, width / cells * at, height)
