"""Three versions of one record are brought together: what was printed, what stands in the store now, what came back.

An answer that only one side changed is taken from that side; one that both changed otherwise is a conflict, and nobody's
answer goes until a person says which. Rows are told apart by what they are, not by where they stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pitstop_docs import jsontext
from pitstop_docs.answers import prune

Schema = Mapping[str, Any]

ROW_KEY = "codice"
"""The field by which a row is known wherever it stands."""
ALIKE = 0.5
"""A row of the store is a printed row that was corrected if at least this share of what either states is the same."""
ABSENT: None = None


class Side(StrEnum):
    """Whose answer is taken where both changed it."""

    OURS = "ours"
    THEIRS = "theirs"


class Outcome(StrEnum):
    """What became of an answer since it was printed."""

    NEW = "nuova"
    PARALLEL = "parallela"
    SAME = "uguale"
    CONFLICT = "conflitto"


@dataclass(frozen=True)
class Change:
    """An answer that is not as it was printed. `path` is its place in the merged record; None is an answer that is not there.

    Of a whole row that one side took away, or that both added otherwise, the values are the rows. `side` is whose answer
    was taken: None of a conflict that nobody settled, where the store's stays.
    """

    path: str
    outcome: Outcome
    printed: Any
    stored: Any
    returned: Any
    side: Side | None


@dataclass(frozen=True)
class Merged:
    """The record as it would be kept, and what is not as it was printed, in the order of the record."""

    answers: dict[str, Any]
    changes: tuple[Change, ...]

    @property
    def conflicts(self) -> tuple[Change, ...]:
        """The conflicts that nobody settled."""
        return tuple(one for one in self.changes if one.side is None)

    @property
    def fresh(self) -> bool:
        """True if something came back that the store has not."""
        return any(one.side is Side.THEIRS and one.stored != one.returned for one in self.changes)


@dataclass(frozen=True)
class Decisions:
    """How conflicts are settled: place by place, else all in favour of one side, else not at all."""

    by_place: Mapping[str, Side]
    otherwise: Side | None = None

    def at(self, path: str) -> Side | None:
        """Whose answer is taken at a place: what was decided of it, or of the group it stands in."""
        steps = path.split("/")
        for n in range(len(steps), 0, -1):
            if (side := self.by_place.get("/".join(steps[:n]))) is not None:
                return side
        return self.otherwise


UNDECIDED = Decisions({})


def merge(
    schema: Schema,
    printed: Mapping[str, Any],
    stored: Mapping[str, Any],
    returned: Mapping[str, Any],
    decisions: Decisions = UNDECIDED,
) -> Merged:
    """The three versions brought together. In `returned` each row stands where it was printed, the new ones after them;
    one that was emptied is an empty group."""
    merger = _Merger(decisions)
    answers = merger.group(schema, prune(printed), prune(stored), _emptied(prune_rows(returned)), "")
    return Merged(answers, tuple(merger.changes))


def prune_rows(value: Any) -> Any:
    """The answers without what is blank, except that an emptied row keeps its place as an empty group."""
    if isinstance(value, Mapping):
        kept = {key: prune_rows(inner) for key, inner in value.items()}
        return {key: inner for key, inner in kept.items() if inner not in (None, "", {})}
    if isinstance(value, list | tuple):
        return [prune_rows(one) for one in value]
    return value.strip() and value if isinstance(value, str) else value


def _emptied(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same, where a list that holds nothing but emptied rows says no more than that."""
    return {key: inner for key, inner in value.items() if inner != []} if value else value


class _Merger:
    def __init__(self, decisions: Decisions) -> None:
        self.decisions = decisions
        self.changes: list[Change] = []

    def group(self, schema: Schema, printed: Any, stored: Any, returned: Any, path: str) -> dict[str, Any]:
        known = schema.get("properties", {})
        names = [*known, *(name for name in {**stored, **printed, **returned} if name not in known)]
        found = {}
        for name in names:
            versions = (printed.get(name), stored.get(name), returned.get(name))
            value = self.value(known.get(name, {}), versions, f"{path}/{name}")
            if value not in (ABSENT, {}):
                found[name] = value
        return found

    def value(self, schema: Schema, versions: tuple[Any, Any, Any], path: str) -> Any:
        if "properties" in schema and all(isinstance(one, Mapping | None) for one in versions):
            printed, stored, returned = (one or {} for one in versions)
            return self.group(schema, printed, stored, returned, path)
        row = schema.get("items", {})
        if "properties" in row and all(isinstance(one, list | None) for one in versions):
            return self.rows(row, *versions, path)
        return self.answer(*versions, path)

    def answer(self, printed: Any, stored: Any, returned: Any, path: str) -> Any:
        """One answer, or a row as a whole, and what became of it."""
        outcome = outcome_of(printed, stored, returned)
        if outcome is None:
            return stored
        side: Side | None
        match outcome:
            case Outcome.NEW:
                side = Side.THEIRS
            case Outcome.CONFLICT:
                side = self.decisions.at(path)
            case _:
                side = Side.OURS
        self.changes.append(Change(path, outcome, printed, stored, returned, side))
        return returned if side is Side.THEIRS else stored

    def rows(self, schema: Schema, printed: Any, stored: Any, returned: Any, path: str) -> list[Any] | None:
        """The rows of the store in their order, each with what came back of it, then those that only came back.

        Where some did, they are put in an order of their own with those that the store added since: so it does not matter
        which of two files is read first.
        """
        found: list[Any] = []
        for one in _triples(printed or [], stored or [], returned or []):
            here = f"{path}/{len(found)}"
            whole = None in (one.printed, one.stored, one.returned)
            kept = self.answer(*one.versions, here) if whole else self.group(schema, *one.versions, here)
            found += [kept] if kept not in (ABSENT, {}) else []
        return None if stored is None and not found else found


@dataclass(frozen=True)
class _Triple:
    """A row in the three versions; None where it is not."""

    printed: Any
    stored: Any
    returned: Any

    @property
    def versions(self) -> tuple[Any, Any, Any]:
        return self.printed, self.stored, self.returned


def _triples(before: Sequence[Any], now: Sequence[Any], back: Sequence[Any]) -> list[_Triple]:
    """Each row once, in the order in which they are kept."""
    place = aligned(before, now)
    new = [row for row in back[len(before) :] if row]
    fresh = [_Triple(ABSENT, ABSENT, row) for row in new if not any(same(row, one) for one in now)]

    def returned(at: int) -> Any:
        return back[at] if at < len(back) and back[at] else ABSENT

    here = []
    for n, row in enumerate(now):
        at = place.get(n)
        both = at is None and any(same(row, one) for one in new)
        here.append(_Triple(ABSENT, row, row if both else ABSENT) if at is None else _Triple(before[at], row, returned(at)))
    gone = [_Triple(before[at], ABSENT, returned(at)) for at in range(len(before)) if at not in place.values()]
    if not fresh:
        return [*here, *gone]
    added = [one for one in here if one.printed is ABSENT]
    later = sorted([*added, *fresh], key=lambda one: jsontext.canonical(one.stored if one.returned is ABSENT else one.returned))
    return [*(one for one in here if one.printed is not ABSENT), *gone, *later]


def outcome_of(printed: Any, stored: Any, returned: Any) -> Outcome | None:
    """What became of an answer; None if nobody changed it."""
    if same(returned, printed):
        return None if same(stored, printed) else Outcome.PARALLEL
    if same(stored, printed):
        return Outcome.NEW
    return Outcome.SAME if same(stored, returned) else Outcome.CONFLICT


def same(one: Any, other: Any) -> bool:
    """True of equal answers: true is not 1, and 2 is 2.0."""
    return jsontext.canonical(one) == jsontext.canonical(other)


def aligned(before: Sequence[Any], now: Sequence[Any]) -> dict[int, int]:
    """Which of the printed rows each row of the store is, by their places; a row that is none of them is not in it.

    By its code, else the very same row, else the one that it is most alike, if it is more alike than not.
    """
    place: dict[int, int] = {}
    free = set(range(len(before)))

    def take(n: int, at: int) -> None:
        place[n] = at
        free.discard(at)

    codes = {code: at for at, row in enumerate(before) if (code := _code(row))}
    for n, row in enumerate(now):
        at = codes.get(_code(row) or "")
        if at is not None and at in free:
            take(n, at)
    for n, row in enumerate(now):
        at = next((one for one in sorted(free) if n not in place and same(before[one], row)), None)
        if at is not None:
            take(n, at)
    pairs = sorted(_pairs(before, now, place, free), key=lambda pair: (-pair[0], abs(pair[1] - pair[2]), pair[1]))
    for _, n, at in pairs:
        if n not in place and at in free:
            take(n, at)
    return place


def _pairs(
    before: Sequence[Any], now: Sequence[Any], place: Mapping[int, int], free: Iterable[int]
) -> Iterator[tuple[float, int, int]]:
    """How alike the rows are that stand alone yet, with their places; two codes that differ are two rows."""
    for n, row in enumerate(now):
        for at in free:
            if n not in place and not (_code(row) and _code(before[at])) and (alike := _likeness(before[at], row)) >= ALIKE:
                yield alike, n, at


def _code(row: Any) -> str:
    code = row.get(ROW_KEY) if isinstance(row, Mapping) else None
    return code if isinstance(code, str) else ""


def _likeness(one: Any, other: Any) -> float:
    """The share of the answers stated in either row that are the same in both."""
    if not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return 0.0
    names = {*one, *other}
    return (
        sum(1 for name in names if name in one and name in other and same(one[name], other[name])) / len(names) if names else 0.0
    )
