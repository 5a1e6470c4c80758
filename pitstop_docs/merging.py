"""Three versions of one record are brought together: what was printed, what stands in the store now, what came back.

An answer that only one side changed is taken from that side; one that both changed otherwise is a conflict, and nobody's
answer goes until a person says which. Rows are told apart by their keys, not by where they stand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from pitstop_docs import jsontext
from pitstop_docs.answers import bare
from pitstop_docs.records import ROW_KEY
from pitstop_docs.rowkeys import NOTHING, Past, aligned, key_of, proposed, same

Schema = Mapping[str, Any]

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
    """An answer that is not as it was printed. `path` is its place; None is an answer that is not there.

    A row has the number that it has in the store; after those come the rows that only came back, then those that the store has
    no more: so a place is the same whatever is decided. Of a whole row that one side took away or added the values are the
    rows. `side` is whose answer was taken: None of a conflict that nobody settled, where the store's stays.
    """

    path: str
    outcome: Outcome
    printed: Any
    stored: Any
    returned: Any
    side: Side | None


@dataclass(frozen=True)
class Merged:
    """The record as it would be kept, and what is not as it was printed, in the order of the record.

    `fresh` is True if that is not what the store has. `rows` are the rows that came back and were not printed, by list and key,
    with their number on the page: see `rowkeys.past`.
    """

    answers: Mapping[str, Any]
    changes: tuple[Change, ...]
    fresh: bool = False
    rows: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def conflicts(self) -> tuple[Change, ...]:
        """The conflicts that nobody settled."""
        return tuple(one for one in self.changes if one.side is None)


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
    past: Past = NOTHING,
) -> Merged:
    """The three versions brought together. In `returned` each row stands where it was printed, the new ones after them; one
    that was emptied is an empty group. `past` is what the rows were before: without it a new row is only known by sameness."""
    merger = _Merger(decisions, past)
    now = _settled(_tidy(stored))
    later = tuple(_tidy(one) for one in past.later)
    answers = merger.group(schema, _tidy(printed), now, _tidy(returned), _Spot(later=later))
    return Merged(answers, tuple(merger.changes), not same(answers, now), merger.rows_of_page)


def _tidy(value: Any) -> Any:
    """The answers without what is blank; an emptied row keeps its place as an empty group, and every row its key."""
    if isinstance(value, Mapping):
        kept = {key: _tidy(inner) for key, inner in value.items()}
        kept = {key: inner for key, inner in kept.items() if inner not in (None, "", {})}
        return {} if kept.keys() == {ROW_KEY} else kept
    if isinstance(value, list | tuple):
        return [one for one in map(_tidy, value) if one not in (None, "")]
    return value.strip() and value if isinstance(value, str) else value


def _settled(value: Any) -> Any:
    """The same without the emptied rows: in the store no place is kept for them."""
    if isinstance(value, Mapping):
        return {key: inner for key, one in value.items() if (inner := _settled(one)) != {}}
    return [one for one in map(_settled, value) if one != {}] if isinstance(value, list) else value


@dataclass(frozen=True)
class _Spot:
    """A place in the record: as a pointer, as the pattern of places that it is one of, and by the keys of its rows; `later` is
    what stood there in each revision since the printing."""

    path: str = ""
    pattern: str = ""
    keys: str = ""
    later: tuple[Any, ...] = ()

    def under(self, name: str) -> _Spot:
        later = tuple(one.get(name) for one in self.later if isinstance(one, Mapping))
        return _Spot(f"{self.path}/{name}", f"{self.pattern}/{name}", f"{self.keys}/{name}", later)

    def row(self, n: int, key: str) -> _Spot:
        lists = [one if isinstance(one, list) else [] for one in self.later] if key else []
        later = tuple(next((row for row in rows if key_of(row) == key), ABSENT) for rows in lists)
        return _Spot(f"{self.path}/{n}", f"{self.pattern}/*", f"{self.keys}/{key}", later)

    def none(self) -> _Spot:
        """The same place, of what is said there beside the rows."""
        return replace(self, later=tuple(_none(one) for one in self.later))


@dataclass(frozen=True)
class _Triple:
    """A row in the three versions, None where it is not; its key, and its number on the page if it came back new."""

    printed: Any
    stored: Any
    returned: Any
    key: str = ""
    page: int | None = None

    @property
    def versions(self) -> tuple[Any, Any, Any]:
        return self.printed, self.stored, self.returned


class _Merger:
    def __init__(self, decisions: Decisions, past: Past) -> None:
        self.decisions = decisions
        self.past = past
        self.changes: list[Change] = []
        self.rows_of_page: defaultdict[str, dict[str, int]] = defaultdict(dict)

    def group(self, schema: Schema, printed: Any, stored: Any, returned: Any, spot: _Spot) -> dict[str, Any]:
        known = schema.get("properties", {})
        names = [*known, *(name for name in {**stored, **printed, **returned} if name not in known and name != ROW_KEY)]
        found = {}
        for name in names:
            versions = (printed.get(name), stored.get(name), returned.get(name))
            value = self.value(known.get(name, {}), versions, spot.under(name))
            if value not in (ABSENT, {}):
                found[name] = value
        return found

    def value(self, schema: Schema, versions: tuple[Any, Any, Any], spot: _Spot) -> Any:
        if "properties" in schema and all(isinstance(one, Mapping | None) for one in versions):
            printed, stored, returned = (one or {} for one in versions)
            return self.group(schema, printed, stored, returned, spot)
        row = schema.get("items", {})
        if "properties" in row and all(isinstance(one, list | None) for one in versions):
            return self.rows(row, *versions, spot)
        return self.answer(*versions, spot)

    def answer(self, printed: Any, stored: Any, returned: Any, spot: _Spot) -> Any:
        """One answer, or a row as a whole, and what became of it.

        What came back is no news where the store has had it since the printing and says something else again: an old file that
        is read once more undoes nothing, and it does not matter when it is read.
        """
        outcome = outcome_of(printed, stored, returned)
        if outcome is None:
            return stored
        if outcome in (Outcome.NEW, Outcome.CONFLICT) and any(same(one, returned) for one in spot.later):
            outcome = Outcome.PARALLEL
        side: Side | None
        match outcome:
            case Outcome.NEW:
                side = Side.THEIRS
            case Outcome.CONFLICT:
                side = self.decisions.at(spot.path)
            case _:
                side = Side.OURS
        was, now, came = bare([printed, stored, returned])
        self.changes.append(Change(spot.path, outcome, was, now, came, side))
        return returned if side is Side.THEIRS else stored

    def rows(self, schema: Schema, printed: Any, stored: Any, returned: Any, spot: _Spot) -> list[Any] | None:
        """The rows of the store, each with what came back of it, and those that only came back."""
        triples = self.triples(printed or [], stored or [], returned or [], spot)
        found: list[Any] = []
        for n, one in enumerate(triples):
            here = spot.row(n, one.key)
            groups = all(isinstance(version, Mapping) for version in one.versions)
            kept = self.group(schema, *one.versions, here) if groups else self.answer(*one.versions, here)
            if one.page is not None and one.key:
                self.rows_of_page[spot.keys][one.key] = one.page
            if kept not in (ABSENT, {}):
                found.append({**kept, ROW_KEY: one.key} if one.key and isinstance(kept, Mapping) else kept)
        if self.denied(triples, printed, stored, returned, spot.path):
            return []
        if found:
            return self.in_order(found, spot.keys)
        none: list[Any] | None = self.answer(_none(printed), _none(stored), _none(returned), spot.none())
        return none

    def denied(self, triples: Sequence[_Triple], printed: Any, stored: Any, returned: Any, path: str) -> bool:
        """True if the list stays the statement that it has no rows, of one side, against rows that the other has added.

        A list from which every row is gone says nothing: «none» is only what somebody stated.
        """
        came = any(one.printed is ABSENT and one.stored is ABSENT for one in triples)
        added = any(one.printed is ABSENT and one.returned is ABSENT for one in triples)
        if printed == [] or not ((stored == [] and came) or (returned == [] and added)):
            return False
        side = self.decisions.at(path)
        self.changes.append(Change(path, Outcome.CONFLICT, bare(printed), bare(stored), bare(returned), side))
        return bool((returned if side is Side.THEIRS else stored) == [])

    def triples(self, before: Sequence[Any], now: Sequence[Any], back: Sequence[Any], spot: _Spot) -> list[_Triple]:
        """Each row once: those of the store in their order, those that only came back, those that the store has no more."""
        back = _in_their_place(before, back)
        returned = [row or ABSENT for row in back[: len(before)]]
        place = aligned(before, now)
        here = {n: _Triple(before[at], now[n], returned[at], key_of(now[n]) or key_of(before[at])) for n, at in place.items()}
        fresh: list[_Triple] = []
        gone: list[_Triple] = []
        others = {n: row for n, row in enumerate(now) if n not in place}
        for one in self.new(before, back, others.values(), spot):
            at = next((n for n, row in others.items() if row is one.stored), None)
            if at is not None:
                here[at] = one
                del others[at]
            else:
                (fresh if one.printed is ABSENT else gone).append(one)
        here |= {n: _Triple(ABSENT, row, ABSENT, key_of(row)) for n, row in others.items()}
        for at, row in enumerate(before):
            if row and at not in place.values():
                gone.append(_Triple(row, ABSENT, returned[at], key_of(row), None if returned[at] is ABSENT else at))
        return [*(here[n] for n in sorted(here)), *fresh, *gone]

    def new(self, before: Sequence[Any], back: Sequence[Any], stored: Iterable[Any], spot: _Spot) -> Iterator[_Triple]:
        """The rows that came back and were not printed. One that the store has already, or had, is known by its key, which comes
        from what it says: whatever was corrected in it since, or taken away, was changed in the store alone."""
        since = self.past.since.get(spot.keys, {})
        taken = {key_of(one) for one in before} | self.past.known.get(spot.keys, frozenset())
        left = list(stored)
        for at, row in enumerate(back):
            if not row or (at < len(before) and before[at]):
                continue
            key = proposed(f"{spot.pattern}/*", row, taken)
            while key in since and not same(since[key], row):
                taken.add(key)
                key = proposed(f"{spot.pattern}/*", row, taken)
            taken.add(key)
            place = next((n for n, one in enumerate(left) if key_of(one) == key or (not key_of(one) and same(one, row))), None)
            twin = ABSENT if place is None else left.pop(place)
            changed_since = key in since if twin is ABSENT else not same(twin, row)
            yield _Triple(row if changed_since else ABSENT, twin, row, key, at)

    def in_order(self, rows: list[Any], place: str) -> list[Any]:
        """The rows as staff last left them; then those that came on issued forms since, by issue and by row of the page, so that
        it does not matter which of two files is read first."""
        order = {key: n for n, key in enumerate(self.past.order.get(place, ()))}
        ranks = dict(self.past.ranks.get(place, {}))
        for key, row in self.rows_of_page.get(place, {}).items():
            ranks[key] = min((self.past.issue, row), ranks.get(key, (self.past.issue, row)))

        def rank(row: Any) -> tuple[int, int, int, str]:
            key = key_of(row)
            if key in order:
                return 0, order[key], 0, ""
            return (2, *ranks[key], jsontext.canonical(bare([row]))) if key in ranks else (1, 0, 0, "")

        return sorted(rows, key=rank)


def _in_their_place(before: Sequence[Any], back: Sequence[Any]) -> list[Any]:
    """The rows that came back, at least as many as were printed: one that was emptied and written once more in a free row stands
    where it was printed."""
    found = [*back, *({} for _ in range(len(before) - len(back)))]
    for at, row in enumerate(before):
        if row and not found[at]:
            again = next((n for n in range(len(before), len(found)) if same(found[n], row)), None)
            if again is not None:
                found[at], found[again] = found[again], {}
    return found


def _none(rows: Any) -> list[Any] | None:
    """What a list says beside its rows: that there are none, or nothing."""
    return [] if rows == [] else ABSENT


def outcome_of(printed: Any, stored: Any, returned: Any) -> Outcome | None:
    """What became of an answer; None if nobody changed it."""
    if same(returned, printed):
        return None if same(stored, printed) else Outcome.PARALLEL
    if same(stored, printed):
        return Outcome.NEW
    return Outcome.SAME if same(stored, returned) else Outcome.CONFLICT
