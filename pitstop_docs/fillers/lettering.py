"""A text is drawn in the place that somebody else's form has for it: in Helvetica where that has its letters, else by Pango.

What comes out are lines, each drawn from its own upper left corner, so that they may stand in a field or go on over pages.
Helvetica is one of the fonts that every viewer has: a plain text is drawn in the same bytes whether WeasyPrint is there or not.
pypdf's traps: its own filler draws `?` for letters that the font has not, the code of a choice, lines that do not wrap; its
table of widths gives a width also to letters that Windows-1252 cannot say.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from pitstop_docs.fillers.page import LEADING as PANGO_LEADING
from pitstop_docs.fillers.page import SLACK, Item, appearances

FONT = "Helv"
"""The name of Helvetica among the resources of a drawing; pictures are `P0`, `P1`…"""
SMALLEST = 7.0
"""Points of the smallest letters that are still decent; a form that asks for smaller ones gets them."""
TINIEST, USUAL, LONG = 4.0, 12.0, 10.0
"""Points: below which nothing is drawn; where the form leaves the size open, of a line and of a text of several."""
STEPS = 5
"""How many sizes are tried between the one asked for and the smallest."""
ASCENT, DESCENT, LEADING = 0.718, 0.207, 1.15
"""Of Helvetica, in sizes: above and below the base of the line, and from a line to the next."""
ALIGNED = ("left", "center", "right")


@dataclass(frozen=True)
class Room:
    """The place for a text, in points: `lines` is True if it wraps; `comb` the number of cells, 0 for none; `size` 0 if any
    will do, `least` the smallest that is tried; `colour` three parts from 0 to 1; `align` 0, 1, 2 as in `ALIGNED`."""

    width: float
    height: float
    lines: bool = False
    comb: int = 0
    size: float = 0.0
    colour: tuple[float, float, float] = (0.0, 0.0, 0.0)
    align: int = 0
    least: float = SMALLEST

    @property
    def sizes(self) -> tuple[float, ...]:
        """The sizes at which a text is tried, the largest first."""
        asked = self.size or (LONG if self.lines else min(USUAL, self.height * 0.75))
        first = max(TINIEST, min(asked, self.height / (ASCENT + DESCENT)))
        last = min(self.least, first)
        return tuple(dict.fromkeys(round(first - (first - last) * step / (STEPS - 1), 2) for step in range(STEPS)))


@dataclass(frozen=True)
class Ink:
    """A text as it is drawn: how many lines, how far apart they are, how high one is. `whole` is False if it does not fit;
    `missing` are the letters that no font has. `picture` is the page of `Drawn.pictures` on which the lines are, -1 if they are
    `rows` of their own; `above` how far below its upper edge the first begins, `size` that of its letters."""

    room: Room
    count: int
    leading: float
    high: float
    whole: bool
    missing: str = ""
    rows: tuple[bytes, ...] = ()
    picture: int = -1
    above: float = 0.0
    size: float = 0.0

    def lines(self, first: int = 0, last: int | None = None) -> bytes:
        """What draws the lines from one to another (which is not among them), from the upper left corner of the first."""
        last = self.count if last is None else last
        if self.picture < 0:
            return b"\n".join(
                b"1 0 0 1 0 %.2f cm %s" % (-self.leading if at else 0, row) for at, row in enumerate(self.rows[first:last])
            )
        side, high = (0.0 if self.room.comb else self.size), (last - first) * self.leading
        # Marks rise above the line and hang below it; where the text goes on elsewhere, they must not show a line that is there.
        rise, hang = (self.size * (0.05 if cut else 0.25) for cut in (first > 0, last < self.count))
        frame = (-side, -high - hang, self.room.width + 2 * side, high + rise + hang)
        down = self.above + first * self.leading - self.room.height - SLACK
        return b"%.2f %.2f %.2f %.2f re W n 1 0 0 1 0 %.2f cm /P%d Do" % (*frame, down, self.picture)


@dataclass(frozen=True)
class Drawn:
    """The texts in their order, and a PDF with what Pango drew of them."""

    inks: tuple[Ink, ...]
    pictures: bytes = b""


def drawn(texts: Sequence[tuple[str, Room]]) -> Drawn:
    """Each text in its place, as large as it may be there. Raises FileError if one has letters for which WeasyPrint is needed,
    and it is not there."""
    others = [at for at, (text, _) in enumerate(texts) if not is_plain(text)]
    pictures = appearances([_item(*texts[at]) for at in others]) if others else None
    inks: dict[int, Ink] = {}
    for page, at in enumerate(others):
        told, (text, room) = pictures.told[page], texts[at]  # type: ignore[union-attr]  # there are others
        whole = told.whole and (not room.comb or len(text) <= room.comb)
        lead = PANGO_LEADING * told.size
        above = 0.0 if room.lines else max((room.height - lead) / 2, 0)
        inks[at] = Ink(room, told.lines, lead, lead, whole, told.missing, picture=page, above=above, size=told.size)
    plain = {at: _lettered(text, room) for at, (text, room) in enumerate(texts) if at not in inks}
    return Drawn(tuple((inks | plain)[at] for at in range(len(texts))), pictures.pdf if pictures else b"")


def is_plain(text: str) -> bool:
    """True if Helvetica has every letter of a text."""
    return all(letter in _widths() for letter in _spaced(text))


@cache
def _widths() -> dict[str, int]:
    """The width of each letter that Helvetica has and Windows-1252 can say, in thousandths of the size."""
    from pypdf._codecs.core_font_metrics import CORE_FONT_METRICS  # noqa: PLC0415  # slow to import

    letters = (bytes((byte,)).decode("cp1252", "ignore") for byte in range(32, 256))
    known = CORE_FONT_METRICS["Helvetica"].character_widths
    return {one: round(known[one]) for one in letters if one in known and unicodedata.category(one)[0] != "C"} | {"\n": 0}


def _spaced(text: str) -> str:
    return text.replace("\t", " ").replace("\xa0", " ")


def _wide(text: str, size: float) -> float:
    widths = _widths()
    return sum(widths[letter] for letter in text) * size / 1000


# ── in Helvetica ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _lettered(text: str, room: Room) -> Ink:
    text = _spaced(text) if room.lines else " ".join(_spaced(text).split("\n"))
    for size in room.sizes:
        lines = _broken(text, room.width, size) if room.lines else [text]
        high = size * (ASCENT + DESCENT) + size * LEADING * (len(lines) - 1)
        if room.comb:
            fits = len(text) <= room.comb and max((_wide(one, size) for one in text), default=0) <= room.width / room.comb
        else:
            fits = all(_wide(line, size) <= room.width + 0.01 for line in lines)
        if fits and high <= room.height + 0.01:
            break
    else:
        fits = False
    whole = fits and high <= room.height + 0.01
    rows = tuple(_row(line, size, room) for line in lines)
    return Ink(room, len(rows), size * LEADING, size * (ASCENT + DESCENT), whole, rows=rows, size=size)


def _broken(text: str, width: float, size: float) -> list[str]:
    """The lines of a text that wraps at its spaces, and within a word that is wider than the place."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in re.findall(r" *[^ ]+", paragraph):
            if _wide(line + word, size) <= width:
                line += word
                continue
            if line:
                lines.append(line)
            line = word.lstrip(" ")
            while _wide(line, size) > width and len(line) > 1:
                most = next(n for n in range(len(line), 0, -1) if n == 1 or _wide(line[:n], size) <= width)
                lines.append(line[:most])
                line = line[most:]
        lines.append(line)
    return lines


def _row(line: str, size: float, room: Room) -> bytes:
    """One line from its upper left corner; of a comb, each letter in the middle of its cell."""
    drop = (LEADING - ASCENT - DESCENT) / 2 * size + ASCENT * size if room.lines else ASCENT * size
    if room.comb:
        cell = room.width / room.comb
        places = [(cell * (at + 0.5) - _wide(letter, size) / 2, letter) for at, letter in enumerate(line)]
    else:
        places = [((room.width - _wide(line, size)) * room.align / 2, line)]
    colour = " ".join(f"{part:g}" for part in room.colour)
    shown = b" ".join(b"1 0 0 1 %.2f %.2f Tm (%s) Tj" % (x, -drop, _said(text)) for x, text in places if text.strip())
    return b"BT %s rg /%s %.4g Tf %s ET" % (colour.encode(), FONT.encode(), size, shown) if shown else b""


def _said(text: str) -> bytes:
    return re.sub(rb"([\\()])", rb"\\\1", text.encode("cp1252"))


# ── by Pango ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _item(text: str, room: Room) -> Item:
    colour = "#" + "".join(f"{round(part * 255):02x}" for part in room.colour)
    said = text if room.lines else " ".join(text.split("\n"))
    lines, align = 2 if room.lines else 1, ALIGNED[room.align]
    return Item(said, room.width, room.height, lines, room.comb, room.sizes, align, colour)


def placed(ink: Ink, left: float, bottom: float) -> bytes:
    """The ink in its room, whose lower left corner is there: at the top of one of several lines, else in the middle."""
    room = ink.room
    top = bottom + room.height - (0.0 if room.lines else (room.height - ink.high) / 2)
    return b"q 1 0 0 1 %.2f %.2f cm\n%s\nQ" % (left, top, ink.lines())
