"""Every row of a repeated group keeps a key: by it the row is known wherever it stands and whatever was corrected in it.

A key comes from what the row said when it was first kept, so that whoever adds the same row gives it the same key, and the
order in which two of them are read does not matter. What was kept before there were keys is given those that it would have had.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from pitstop_docs import jsontext
from pitstop_docs.answers import bare, prune
from pitstop_docs.records import ROW_KEY

Schema = Mapping[str, Any]
Answers = Mapping[str, Any]

DIGITS = 8
WELL_FORMED = re.compile(f"[0-9a-f]{{{DIGITS}}}")
CODE = "codice"
"""The field by which people know a row, where it has one."""
ALIKE = 0.5
"""A row without a key is an earlier one that was corrected if at least this share of what either states is the same."""
PAIRS = 200_000
"""How many pairs of rows are looked at for how alike they are: a longer list of rows without keys is known by sameness only."""


def key_of(row: Any) -> str:
    """The key of a row, empty if it has none, or one that nobody gave."""
    key = row.get(ROW_KEY) if isinstance(row, Mapping) else None
    return key if isinstance(key, str) and WELL_FORMED.fullmatch(key) else ""


def proposed(pattern: str, row: Any, taken: Container[str]) -> str:
    """The key of a new row of the list at this pattern of places: the first that its content gives and no other row has."""
    return next(key for key in _candidates(pattern, row) if key not in taken)


def _candidates(pattern: str, row: Any) -> Iterator[str]:
    """The keys that a row may be given, one after the other: of two that say the same, the second has another."""
    content = jsontext.canonical(_said(row))
    yield from (jsontext.digest(f"{pattern}\n{n}\n{content}")[:DIGITS] for n in count())


def _said(row: Answers) -> dict[str, Any]:
    """What a row says, without its key."""
    return prune({name: value for name, value in row.items() if name != ROW_KEY})


def keyed(schema: Schema, answers: Answers, earlier: Sequence[Answers] = ()) -> dict[str, Any]:
    """The answers with a key in each row that says something, in lists of any depth.

    `earlier` are the revisions before, the first one first, as this function left them. A row keeps the key that it states; one
    that states none has that of the row of the last revision that it is, else one that no row of its list ever had. Of two
    rows that state the same key it is the one that says what was kept, or the first. Where some row states its key, whoever
    wrote the answers had the keys before their eyes: a row without one is new, unless it says what one said that is gone.
    """
    return _Keys(alike=not any(_stated_anywhere(answers))).group(schema, answers, earlier, "")


def _stated_anywhere(value: Any) -> Iterator[bool]:
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    for one in inner:
        yield bool(key_of(one))
        yield from _stated_anywhere(one)


def traced(schema: Schema, revisions: Sequence[Answers]) -> list[dict[str, Any]]:
    """The revisions of a record, the first one first, each with its keys: those that it states and those that follow."""
    found: list[dict[str, Any]] = []
    for one in revisions:
        found.append(keyed(schema, one, found))
    return found


@dataclass(frozen=True)
class _Keys:
    """How keys are given in some answers: `alike` if a row without one may be an earlier one that was corrected."""

    alike: bool

    def group(self, schema: Schema, answers: Answers, earlier: Sequence[Answers], pattern: str) -> dict[str, Any]:
        known = schema.get("properties", {})
        return {
            name: self.value(known.get(name, {}), value, [one.get(name) for one in earlier], f"{pattern}/{name}")
            for name, value in answers.items()
        }

    def value(self, schema: Schema, value: Any, earlier: Sequence[Any], pattern: str) -> Any:
        if isinstance(value, Mapping) and "properties" in schema:
            return self.group(schema, value, [one for one in earlier if isinstance(one, Mapping)], pattern)
        if isinstance(value, list | tuple) and "properties" in schema.get("items", {}):
            return self.rows(schema["items"], value, [_groups_of(one) for one in earlier], f"{pattern}/*")
        return value

    def rows(self, schema: Schema, rows: Sequence[Any], earlier: Sequence[Sequence[Answers]], pattern: str) -> list[Any]:
        before: dict[str, list[Answers]] = defaultdict(list)
        for one in (row for revision in earlier for row in revision):
            before[key_of(one)].append(one)
        keys = self.of_rows(rows, earlier[-1] if earlier else (), set(before), pattern)

        def kept(n: int, row: Any) -> Any:
            if not isinstance(row, Mapping):
                return row
            told = {name: value for name, value in row.items() if name != ROW_KEY}
            inner = self.group(schema, told, before.get(keys[n], []) if n in keys else [], pattern)
            return {**inner, ROW_KEY: keys[n]} if n in keys else inner

        return [kept(n, row) for n, row in enumerate(rows)]

    def of_rows(self, rows: Sequence[Any], last: Sequence[Answers], taken: set[str], pattern: str) -> dict[int, str]:
        """The keys of the rows that say something, by their places. `taken` are those that rows of this list ever had."""
        plain = [_said(row) if isinstance(row, Mapping) else {} for row in rows]
        keys = _stated(rows, plain, last)
        held = set(keys.values())
        free = [one for one in last if key_of(one) and key_of(one) not in held]
        loose = [n for n, row in enumerate(plain) if row and n not in keys]
        inherited = aligned([_said(one) for one in free], [plain[n] for n in loose], alike=self.alike)
        keys |= {loose[n]: key_of(free[at]) for n, at in inherited.items()}
        taken |= held
        following: dict[str, Iterator[str]] = {}
        for n in (n for n in loose if n not in keys):
            candidates = following.setdefault(jsontext.canonical(plain[n]), _candidates(pattern, plain[n]))
            keys[n] = next(key for key in candidates if key not in taken)
            taken.add(keys[n])
        return keys


def _groups_of(rows: Any) -> list[Answers]:
    return [one for one in rows if isinstance(one, Mapping)] if isinstance(rows, list | tuple) else []


def _stated(rows: Sequence[Any], plain: Sequence[Answers], last: Sequence[Answers]) -> dict[int, str]:
    """The keys that rows state and keep, by the row's place."""
    as_kept = {key_of(one): _said(one) for one in last}
    holders: dict[str, list[int]] = defaultdict(list)
    for n, row in enumerate(rows):
        if key_of(row) and plain[n]:
            holders[key_of(row)].append(n)
    chosen = {key: next((n for n in found if same(plain[n], as_kept.get(key))), found[0]) for key, found in holders.items()}
    return {n: key for key, n in chosen.items()}


def refused(stated: Any, kept: Any, path: str = "") -> Iterator[str]:
    """The places of the rows whose key, as it was stated, could not be kept: it is not one, or another row has it."""
    pairs: Iterable[tuple[Any, Any, Any]] = ()
    if isinstance(stated, Mapping) and isinstance(kept, Mapping):
        pairs = ((name, one, kept.get(name)) for name, one in stated.items() if name != ROW_KEY)
    elif isinstance(stated, list | tuple) and isinstance(kept, list | tuple):
        pairs = ((n, one, other) for n, (one, other) in enumerate(zip(stated, kept, strict=True)))
    for step, one, other in pairs:
        here = jsontext.under(path, step)
        if isinstance(one, Mapping) and isinstance(other, Mapping) and ROW_KEY in one and key_of(other) not in ("", one[ROW_KEY]):
            yield here
        yield from refused(one, other, here)


# Which row is which


def same(one: Any, other: Any) -> bool:
    """True of equal answers, whatever keys their rows have: true is not 1, and 2 is 2.0."""
    if one is None or other is None or (isinstance(one, str) and isinstance(other, str)):
        return bool(one == other)
    return _told(one) == _told(other)


def _told(value: Any) -> str:
    return jsontext.canonical(bare([value]))


def aligned(before: Sequence[Any], now: Sequence[Any], *, alike: bool = True) -> dict[int, int]:
    """Which of the rows before each row now is, by their places; a row that is none of them is not in it.

    By its key, else by its code, else the very same row, else, if `alike`, the one that it is more alike than not.
    Two keys, or two codes, that differ are two rows.
    """
    place: dict[int, int] = {}
    free = set(range(len(before)))

    def take(n: int, at: int) -> None:
        place[n] = at
        free.discard(at)

    def may(n: int, at: int) -> bool:
        return at in free and not (key_of(now[n]) and key_of(before[at]) and key_of(now[n]) != key_of(before[at]))

    for known_by in (key_of, _code, _told):
        marks: dict[str, list[int]] = defaultdict(list)
        for at in sorted(free):
            marks[known_by(before[at])].append(at)
        for n, row in enumerate(now):
            mark = known_by(row) if n not in place else ""
            found = next((one for one in marks.get(mark, ()) if may(n, one)), None) if mark else None
            if found is not None:
                marks[mark].remove(found)
                take(n, found)
    pairs = _pairs(before, now, place, free, may) if alike else ()
    for _, n, at in sorted(pairs, key=lambda pair: (-pair[0], abs(pair[1] - pair[2]), pair[1])):
        if n not in place and at in free:
            take(n, at)
    return place


def _pairs(
    before: Sequence[Any], now: Sequence[Any], place: Container[int], free: Container[int], may: Callable[[int, int], bool]
) -> Iterator[tuple[float, int, int]]:
    """How alike the rows are that stand alone yet, with their places."""
    alone = {n: _told_of(row) for n, row in enumerate(now) if n not in place}
    left = {at: _told_of(row) for at, row in enumerate(before) if at in free}
    if len(alone) * len(left) > PAIRS:
        return
    for n, one in alone.items():
        for at, other in left.items():
            names = {name for name, _ in one | other}
            alike = len(one & other) / len(names) if names else 0.0
            if alike >= ALIKE and may(n, at) and not (_code(now[n]) and _code(before[at])):
                yield alike, n, at


def _told_of(row: Any) -> frozenset[tuple[str, str]]:
    """What each field of a row says; nothing for what is not a group."""
    told = row if isinstance(row, Mapping) else {}
    return frozenset((name, _told(value)) for name, value in told.items() if name != ROW_KEY)


def _code(row: Any) -> str:
    code = row.get(CODE) if isinstance(row, Mapping) else None
    return code if isinstance(code, str) else ""


# What became of the rows of a record


@dataclass(frozen=True)
class Past:
    """What a record and its rows were, list by list: a list of a row is named by the row's key (`/obiettivi/1a2b3c4d/passi`).

    `known` are the keys that there were when a form was issued, or before; `since` the rows that came after that, by key, as
    they were first kept; `later` all that was kept after it, revision by revision. `order` is how staff last left the rows; of
    those that came on issued forms since, `ranks` tells by key the issue and the row of its page. `issue` is the one that comes
    back now.
    """

    known: Mapping[str, frozenset[str]] = field(default_factory=dict)
    since: Mapping[str, Mapping[str, Answers]] = field(default_factory=dict)
    order: Mapping[str, Sequence[str]] = field(default_factory=dict)
    ranks: Mapping[str, Mapping[str, tuple[int, int]]] = field(default_factory=dict)
    issue: int = 0
    later: Sequence[Answers] = ()


NOTHING = Past()


def past(
    schema: Schema,
    revisions: Sequence[Answers],
    *,
    printed: int,
    settled: Answers,
    came: Mapping[int, Mapping[str, Mapping[str, int]]],
    issue: int,
) -> Past:
    """The past of a record from its revisions, with their keys, of which the first `printed` were there when it was issued.

    `settled` is the last revision that staff made, `came` the rows that each issue brought (list, key, row of the page).
    """
    known: defaultdict[str, set[str]] = defaultdict(set)
    since: defaultdict[str, dict[str, Answers]] = defaultdict(dict)
    for n, one in enumerate(revisions):
        for place, rows in lists(schema, one):
            for row in rows:
                key = key_of(row)
                if n < printed:
                    known[place].add(key)
                elif key not in known[place]:
                    since[place].setdefault(key, _said(row))
    ranks: defaultdict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
    for number, brought in sorted(came.items(), reverse=True):
        for place, places in brought.items():
            ranks[place] |= {key: (number, row) for key, row in places.items()}
    order = {place: [key_of(row) for row in rows] for place, rows in lists(schema, settled)}
    return Past({place: frozenset(keys) for place, keys in known.items()}, since, order, ranks, issue, revisions[printed:])


def lists(schema: Schema, answers: Answers, place: str = "") -> Iterator[tuple[str, list[Answers]]]:
    """The rows with a key of each repeated group, with the place of the group."""
    for name, inner in schema.get("properties", {}).items():
        value, here = answers.get(name), f"{place}/{name}"
        if isinstance(value, Mapping) and "properties" in inner:
            yield from lists(inner, value, here)
        elif isinstance(value, list | tuple) and "properties" in inner.get("items", {}):
            rows = [row for row in _groups_of(value) if key_of(row)]
            yield here, rows
            for row in rows:
                yield from lists(inner["items"], row, f"{here}/{key_of(row)}")
