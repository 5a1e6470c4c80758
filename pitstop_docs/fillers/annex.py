"""The annex of a ready-made form: pages of our own on which each text that had no room in its field stands whole, numbered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pitstop_docs.fillers.lettering import Ink, Room

PAGE = (595.0, 842.0)
"""Points: A4."""
LEFT, TOP, BOTTOM = 56.0, 778.0, 64.0
WIDTH = PAGE[0] - 2 * LEFT
HIGHEST = 9000.0
"""Points: no text is higher, on however many pages it goes on."""
BODY, LABEL, TITLE, SMALL = 10.0, 10.0, 15.0, 8.5
GAP, AFTER = 5.0, 14.0
"""Points below the label of an entry, and below its text."""
INK, GREY = (0.0, 0.0, 0.0), (0.35, 0.35, 0.35)


@dataclass(frozen=True)
class Leaf:
    """A page as it is drawn: what draws it, and the pictures that it uses."""

    content: bytes
    pictures: frozenset[int]


@dataclass(frozen=True)
class Heading:
    """What the annex says of itself: whose form it belongs to."""

    title: str
    case: str
    code: str


def texts(heading: Heading, entries: Sequence[tuple[str, str]]) -> list[tuple[str, Room]]:
    """What is to be drawn for an annex with these entries (label, whole text): its head, then label and text of each."""
    head = [("Allegato", _room(TITLE)), (f"{heading.title} – {heading.case}", _room(LABEL)), (heading.code, _room(SMALL, GREY))]
    for number, (label, text) in enumerate(entries, start=1):
        head += [(f"n. {number} – {label}", _room(LABEL, GREY)), (text, _room(BODY))]
    return head


def _room(size: float, colour: tuple[float, float, float] = INK) -> Room:
    return Room(WIDTH, HIGHEST, lines=True, size=size, colour=colour)


def footings(heading: Heading, count: int) -> list[tuple[str, Room]]:
    """What is to be drawn at the foot of each of so many pages."""
    room = Room(WIDTH, SMALL * 1.4, size=SMALL, colour=GREY)
    return [(f"{heading.code} – allegato, pagina {page} di {count}", room) for page in range(1, count + 1)]


HEAD = 3
"""How many inks of `texts` are the head of the annex."""


def pages(inks: Sequence[Ink]) -> list[Leaf]:
    """The pages on which the inks of `texts` stand, without their feet: none is cut within a line, no label stands alone."""
    sheets = _Sheets()
    for ink in inks[:HEAD]:
        sheets.put(ink, GAP)
    sheets.rule()
    for label, text in zip(inks[HEAD::2], inks[HEAD + 1 :: 2], strict=True):
        sheets.keep(label.count * label.leading + GAP + min(2, text.count) * text.leading)
        sheets.put(label, GAP)
        sheets.put(text, AFTER)
    return [*sheets.full, sheets.leaf()]


class _Sheets:
    """Pages as they fill, from the top."""

    def __init__(self) -> None:
        self.full: list[Leaf] = []
        self.content: list[bytes] = []
        self.used: set[int] = set()
        self.y = TOP

    def leaf(self) -> Leaf:
        return Leaf(b"\n".join(self.content), frozenset(self.used))

    def turn(self) -> None:
        self.full.append(self.leaf())
        self.content, self.used, self.y = [], set(), TOP

    def keep(self, high: float) -> None:
        """Go on to a new page if so much would not stand on this one."""
        if self.y - high < BOTTOM and self.y < TOP:
            self.turn()

    def put(self, ink: Ink, gap: float) -> None:
        """The lines of an ink, on as many pages as they need, and a gap below the last."""
        first = 0
        while first < ink.count:
            self.keep(ink.leading)
            last = min(ink.count, first + max(1, int((self.y - BOTTOM) / ink.leading)))
            self.content.append(b"q 1 0 0 1 %.2f %.2f cm\n%s\nQ" % (LEFT, self.y, ink.lines(first, last)))
            self.used |= {ink.picture} - {-1}
            self.y -= (last - first) * ink.leading
            first = last
        self.y -= gap

    def rule(self) -> None:
        self.content.append(_rule(self.y))
        self.y -= AFTER


def footed(leaves: Sequence[Leaf], feet: Sequence[Ink]) -> Iterator[Leaf]:
    """The pages with what stands at the foot of each."""
    for leaf, foot in zip(leaves, feet, strict=True):
        content = b"%s\n%s\nq 1 0 0 1 %.2f %.2f cm\n%s\nQ" % (leaf.content, _rule(BOTTOM - 18), LEFT, BOTTOM - 22, foot.lines())
        yield Leaf(content, leaf.pictures | ({foot.picture} - {-1}))


def _rule(y: float) -> bytes:
    return b"q 0.6 G 0.5 w %.2f %.2f m %.2f %.2f l S Q" % (LEFT, y, LEFT + WIDTH, y)
