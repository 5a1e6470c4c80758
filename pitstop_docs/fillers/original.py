"""A ready-made form as it lies: where each field is seen, how its text is to look, what its buttons export.

To be read in a child process: see `apart`. The sides of a box may be written in any order, its text be turned, its look stand in
the field above it or in the form; a state of a button is what its drawing is called, never what one would expect.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pitstop_docs.errors import FileError
from pitstop_docs.fillers.acroform import BUTTONS, Field, Form, Walk, identity, limits
from pitstop_docs.fillers.pdfvalues import array, dictionary, number, options, resolved, stated, text

PAGES = 200
PROTECTED = "È protetto da password o da limitazioni. Salvarlo senza protezione."
MULTILINE, PASSWORD, COMBO, COMB = 1 << 12, 1 << 13, 1 << 17, 1 << 24
HIDDEN = 2 | 32
SMALL = 3.0
"""Points of the side of a box in which nothing could be seen."""
WHITE = 0.85
"""The part of each colour from which letters could not be seen on paper."""
BLACK = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Box:
    """One of the places where a field is seen: page (from 0), width and height as its text is read, in points, how far the text
    is turned (degrees, to the left). `size` is 0 if any will do; `align` 0 left, 1 middle, 2 right; colours are three parts from
    0 to 1, empty for none. `states` are the export values for which it is pressed; `drawn` says that it has an appearance, `dot`
    that its mark is one."""

    page: int
    width: float
    height: float
    turn: int
    size: float
    colour: tuple[float, ...]
    align: int
    border: float
    edge: tuple[float, ...]
    ground: tuple[float, ...]
    states: tuple[str, ...]
    drawn: bool
    dot: bool


@dataclass(frozen=True)
class Slot:
    """A field as it is to be filled: its boxes that can be seen, whether it wraps, has cells, shows what is typed, drops down."""

    field: Field
    boxes: tuple[Box, ...]
    lines: bool
    comb: bool
    secret: bool
    combo: bool

    @property
    def room(self) -> int | None:
        """The most characters that it takes, None if as many as one likes: so viewers read a limit of none."""
        return self.field.length or None

    @property
    def options(self) -> tuple[tuple[str, str], ...]:
        """Export value and label of each choice; of buttons, of those that are drawn pressed in some box."""
        drawn = {state for box in self.boxes for state in box.states}
        return tuple(one for one in self.field.options if self.field.kind not in BUTTONS or one[0] in drawn)


@dataclass(frozen=True)
class Original:
    """A ready-made form: what it holds, what its fields are like, whether somebody has signed it, and whether it asks the viewer
    to draw its fields anew (their own drawings may then be of no use)."""

    form: Form
    slots: tuple[Slot, ...]
    signed: bool
    anew: bool


def opened(content: bytes) -> Any:
    """A reader of a PDF that anyone may change; to be called in a child process, within `limits`. Raises FileError."""
    from pypdf import PdfReader  # noqa: PLC0415  # slow to import, used in the child alone
    from pypdf.errors import DependencyError  # noqa: PLC0415

    if b"%PDF-" not in content[:1024]:
        raise FileError("Non è un PDF. Salvarlo come modulo PDF compilabile.")
    try:
        reader = PdfReader(io.BytesIO(content))
    except DependencyError as error:  # it tries the empty password, and AES needs a library more
        raise FileError(PROTECTED) from error
    if reader.is_encrypted:
        raise FileError(PROTECTED)
    if len(reader.pages) > PAGES:
        raise FileError(f"Ha più di {PAGES} pagine.")
    return reader


def original(content: bytes) -> Original:
    """A ready-made form as it is to be filled; to be called in a child process. Raises FileError if it cannot be read."""
    with limits(PAGES):
        walk = Walk(opened(content))
        told = walk.form()
        slots = tuple(_slot(field, walk) for field in told.fields)
        signed = any(dictionary(inherited(walk.nodes[field.origin][0], "/V")) for field in told.fields if field.kind == "firma")
        anew = resolved(walk.acroform.get("/NeedAppearances"))
        return Original(told, slots, signed, bool(getattr(anew, "value", False)))


def _slot(field: Field, walk: Walk) -> Slot:
    node, widgets = walk.nodes[field.origin]
    flags = number(inherited(node, "/Ff")) or 0
    boxes = tuple(_box(one, walk) for one in widgets if is_seen(one))
    is_text, is_list = field.kind == "testo", field.kind == "elenco"
    return Slot(
        field,
        boxes,
        lines=(is_text and bool(flags & MULTILINE)) or (is_list and not flags & COMBO),
        comb=is_text and bool(flags & COMB) and bool(field.length) and not flags & MULTILINE,
        secret=is_text and bool(flags & PASSWORD),
        combo=is_list and bool(flags & COMBO),
    )


def is_seen(node: Any) -> bool:
    """False of a box that is hidden, or so small that nothing shows in it."""
    left, bottom, right, top = sides(node)
    return not (number(node.get("/F")) or 0) & HIDDEN and right - left >= SMALL and top - bottom >= SMALL


def turn_of(node: Any) -> int:
    """How far the text of a box is turned to the left: 0, 90, 180 or 270 degrees."""
    return (number(dictionary(node.get("/MK")).get("/R")) or 0) % 360 // 90 * 90


def _box(node: Any, walk: Walk) -> Box:
    left, bottom, right, top = sides(node)
    look, border = dictionary(node.get("/MK")), array(node.get("/Border"))
    turn = turn_of(node)
    width, height = (right - left, top - bottom) if turn % 180 == 0 else (top - bottom, right - left)
    edge, ground = _colour(array(look.get("/BC"))), _colour(array(look.get("/BG")))
    thick = [dictionary(node.get("/BS")).get("/W"), *border[2:3], 1.0 if edge else 0.0]
    size, ink = _letters(text(inherited(node, "/DA") or walk.acroform.get("/DA")))
    pages = walk.landed.get(identity(getattr(node, "indirect_reference", None), node), (-1,))
    normal = dictionary(dictionary(node.get("/AP")).get("/N"))
    return Box(
        page=pages[0],
        width=width,
        height=height,
        turn=turn,
        size=size,
        colour=BLACK if min(ink) > WHITE and min(ground or ink) > WHITE else ink,
        align=min(max(number(inherited(node, "/Q") or walk.acroform.get("/Q")) or 0, 0), 2),
        border=min(max(next((_real(one) for one in thick if _real(one) is not None), 0.0) or 0.0, 0.0), min(width, height) / 4),
        edge=edge,
        ground=ground,
        states=tuple(dict.fromkeys(code for _, code in pressed(node, options(inherited(node, "/Opt"))))),
        drawn=bool(normal) or hasattr(normal, "get_data"),
        dot=text(look.get("/CA")) == "l",
    )


def pressed(node: Any, listed: Sequence[tuple[str, str]]) -> list[tuple[Any, str]]:
    """The names under which a button is drawn pressed, as they stand in the file, and what each exports."""
    names = dictionary(dictionary(node.get("/AP")).get("/N"))
    found = [(one, text(one).removeprefix("/")) for one in names if not hasattr(names, "get_data")]
    told = [(one, stated(name, listed)[0]) for one, name in found if name != "Off"]
    return [(one, code) for one, code in told if code]  # one without a name cannot be told from none


def inherited(node: Any, key: str) -> Any:
    """What a field says, or one of those above it."""
    for _ in range(32):
        if key in node:
            return resolved(node[key])
        if "/Parent" not in node:
            return None
        node = dictionary(node["/Parent"])
    return None


def sides(node: Any) -> tuple[float, float, float, float]:
    """Left, bottom, right, top of a box, in points; all 0 if it does not say them."""
    known = [found for one in array(node.get("/Rect")) if (found := _real(one)) is not None]
    if len(known) != 4:
        return 0.0, 0.0, 0.0, 0.0
    return min(known[0::2]), min(known[1::2]), max(known[0::2]), max(known[1::2])


def _real(told: Any) -> float | None:
    """A number as a plain one, None if it is none: those of pypdf do not leave the child."""
    found = resolved(told)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    return min(max(found + 0.0, -1e5), 1e5)


def _colour(parts: Sequence[Any]) -> tuple[float, ...]:
    """Three parts from those of any colour space, none of none."""
    found = [min(max(_real(one) or 0.0, 0.0), 1.0) for one in parts]
    match len(found):
        case 1:
            return (found[0],) * 3
        case 3:
            return tuple(found)
        case 4:
            return tuple(round(1 - min(1.0, one + found[3]), 3) for one in found[:3])
    return ()


_SIZE = re.compile(r"/[^\s/]+\s+(-?[0-9.]+)\s+Tf")
_INK = re.compile(r"((?:[0-9.]+\s+){1,4})(?:g|rg|k)(?![A-Za-z])")


def _letters(told: str) -> tuple[float, tuple[float, ...]]:
    """The size and the colour of a text, from what a field says of how it is written."""
    from pypdf.generic import FloatObject  # noqa: PLC0415

    sizes, inks = _SIZE.findall(told), _INK.findall(told)
    size = min(max(FloatObject(sizes[-1]) + 0.0, 0.0), 72.0) if sizes else 0.0
    return size, (_colour([FloatObject(one) for one in inks[-1].split()]) if inks else ()) or BLACK
