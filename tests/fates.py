"""Three versions of a record made from fates that were chosen first: what was printed, what staff made of it, what came back.

    some_triple(rng, form).judged()     # how often each class that was meant was found, and what went wrong

Every answer and every row is given what becomes of it, and only then are the versions written down.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from pitstop_docs import jsontext
from pitstop_docs.answers import bare, prune
from pitstop_docs.forms import Form
from pitstop_docs.merging import UNDECIDED, Decisions, Merged, Outcome, Side, merge
from pitstop_docs.records import ROW_KEY
from pitstop_docs.rowkeys import keyed, past

Schema = Mapping[str, Any]
VERSIONS = ("printed", "between", "stored", "returned", "ours", "theirs")
"""`between` is a revision after the printing and before the last; `ours` and `theirs` are how the record ends."""
Class = Outcome | None
Told = tuple[str, str, str, str]
"""A pattern of places, and what the three sides say."""


def repeating(forms: Mapping[str, Form]) -> list[Form]:
    """The forms that have rows."""
    return [form for form in forms.values() if any(is_rows(inner) for inner in _every(form.schema))]


def _every(schema: Schema) -> Iterator[Schema]:
    for inner in schema.get("properties", {}).values():
        yield inner
        yield from _every(inner)
        yield from _every(inner.get("items", {}))


def is_rows(schema: Schema) -> bool:
    """True of a repeated group."""
    return "properties" in schema.get("items", {})


def asked(schema: Schema) -> dict[str, Schema]:
    """What a group asks for, by name."""
    return {name: inner for name, inner in schema["properties"].items() if not inner.get("readOnly")}


# One answer


class Words:
    """Answers that are told from every other, where the schema lets them be."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.number = count(1)

    def value(self, schema: Schema) -> Any:
        n = next(self.number)
        if "enum" in schema:
            return self.rng.choice(schema["enum"])
        match schema.get("type"):
            case "boolean":
                return self.rng.random() < 0.5
            case "integer" | "number":
                return n
            case "array":
                return [self.value(schema.get("items", {})) for _ in range(self.rng.randrange(1, 4))]
        if schema.get("format") == "date":
            return f"{2000 + n // 300 % 90}-{n // 25 % 12 + 1:02}-{n % 25 + 1:02}"
        return f"{n}.00" if schema.get("format") == "euro" else f"parola {n}"

    def other(self, schema: Schema, *values: Any) -> Any:
        """An answer that is none of these; None if there is none."""
        told = [jsontext.canonical(one) for one in values]
        found = (self.value(schema) for _ in range(12))
        return next((one for one in found if jsontext.canonical(one) not in told), None)


def _is_rich(schema: Schema) -> bool:
    """True of an answer that can be told from every other."""
    return schema.get("type") in ("string", "integer", "number") and "enum" not in schema


@dataclass
class Leaf:
    """One answer, by version."""

    sides: Mapping[str, Any]

    def shown(self, version: str) -> Any:
        return self.sides.get(version)

    def told(self, pattern: str) -> Iterator[tuple[Told, Class]]:
        printed, stored, returned = (self.sides.get(version) for version in ("printed", "stored", "returned"))
        yield _told(pattern, printed, stored, returned), self.sides["fate"]


def _told(pattern: str, *sides: Any) -> Told:
    printed, stored, returned = (jsontext.canonical(bare([one])) for one in sides)
    return pattern, printed, stored, returned


def leaf(words: Words, schema: Schema, fates: Sequence[Class], *, stays: bool) -> Leaf:
    """An answer with one of these fates; where it `stays` no side takes it away."""
    rng = words.rng
    fate = rng.choice(fates)
    printed = words.value(schema) if stays or rng.random() < 0.8 else None
    one = None if rng.random() < 0.15 and printed is not None and not stays else words.other(schema, printed)
    other = words.other(schema, printed, one)
    if one is None and (printed is None or stays or other is None):
        fate = None  # there is no other answer to give
    if fate is Outcome.CONFLICT and other is None:
        fate = Outcome.SAME
    stored = one if fate in (Outcome.PARALLEL, Outcome.SAME, Outcome.CONFLICT) else printed
    returned = one if fate in (Outcome.NEW, Outcome.SAME) else other if fate is Outcome.CONFLICT else printed
    ours = returned if fate is Outcome.NEW else stored
    theirs = returned if fate in (Outcome.NEW, Outcome.CONFLICT) else stored
    between = printed
    if fate is Outcome.PARALLEL and fates in (ANY, REWRITTEN) and other is not None and rng.random() < 0.3:
        between = returned = other  # what came back was there since, and has been changed again, or changed back
        ours = theirs = stored = rng.choice((stored, printed))
    sides = {"printed": printed, "between": between, "stored": stored, "returned": returned, "ours": ours, "theirs": theirs}
    return Leaf({**sides, "fate": fate})


# Groups and rows


STILL: Sequence[Class] = (None,)
BY_STAFF: Sequence[Class] = (None, Outcome.PARALLEL)
BY_PAGE: Sequence[Class] = (None, Outcome.NEW)
ANY: Sequence[Class] = (None, None, *Outcome)
REWRITTEN: Sequence[Class] = tuple(Outcome)
"""More than half of what a row says is another thing on both sides."""


@dataclass
class Group:
    """Answers by name."""

    parts: dict[str, Leaf | Group | List]

    def shown(self, version: str) -> Any:
        told = {name: part.shown(version) for name, part in self.parts.items()}
        return {name: one for name, one in told.items() if one not in (None, {})}

    def told(self, pattern: str) -> Iterator[tuple[Told, Class]]:
        for name, part in self.parts.items():
            yield from part.told(f"{pattern}/{name}")


@dataclass
class Row:
    """A row, in which versions it stands, and what becomes of it as a whole (`fate`, where it is told as one)."""

    group: Group
    versions: frozenset[str]
    fate: Class = None
    key: str = ""

    def shown(self, version: str) -> Any:
        told = self.group.shown(version) if version in self.versions else {}
        return {**told, ROW_KEY: self.key} if told and self.key and version in ("between", "stored") else told

    def told(self, pattern: str) -> Iterator[tuple[Told, Class]]:
        if self.fate is None:
            yield from self.group.told(pattern)
        else:
            printed, stored, returned = (self.shown(version) or None for version in ("printed", "stored", "returned"))
            was_there = returned if self.fate is Outcome.PARALLEL and printed is None else printed
            yield _told(pattern, was_there, stored, returned), self.fate


@dataclass
class List:
    """Rows in the order of the page; `moved` is the order in which staff left them, by version of the store."""

    rows: list[Row]
    moved: list[int]

    def shown(self, version: str) -> Any:
        if version == "returned":
            printed = [row.shown(version) for row in self.rows if "printed" in row.versions]
            return [
                *printed,
                *(row.shown(version) for row in self.rows if row.versions & {"printed", version} == {version}),
            ] or None
        rows = self.rows
        if version in ("stored", "ours", "theirs"):
            staff = [self.rows[n] for n in self.moved if "stored" in self.rows[n].versions]
            rows = [*staff, *self.came(version)]
        return [told for row in rows if (told := row.shown(version))] or None

    def came(self, version: str) -> list[Row]:
        """The rows that only came back, in the order of the page, those that were printed first."""
        if version == "stored":
            return []
        fresh = [row for row in self.rows if "stored" not in row.versions and version in row.versions]
        return sorted(fresh, key=lambda row: "printed" not in row.versions)

    def told(self, pattern: str) -> Iterator[tuple[Told, Class]]:
        for row in self.rows:
            yield from row.told(f"{pattern}/*")


ALL = frozenset(VERSIONS)
KINDS: Mapping[str, tuple[Sequence[Class], frozenset[str], Class]] = {
    "kept": (ANY, ALL, None),
    "rewritten": (REWRITTEN, ALL, None),
    "taken away by staff": (STILL, frozenset({"printed", "between", "returned"}), Outcome.PARALLEL),
    "taken away by staff, changed": (BY_PAGE, frozenset({"printed", "between", "returned", "theirs"}), Outcome.CONFLICT),
    "taken away on the page": (STILL, frozenset({"printed", "between", "stored"}), Outcome.NEW),
    "taken away on the page, changed": (BY_STAFF, frozenset({"printed", "between", "stored", "ours"}), Outcome.CONFLICT),
    "taken away by both": (STILL, frozenset({"printed", "between"}), Outcome.SAME),
    "added by staff": (STILL, frozenset({"stored", "ours", "theirs"}), Outcome.PARALLEL),
    "added on the page": (STILL, frozenset({"returned", "ours", "theirs"}), Outcome.NEW),
    "added by both": (STILL, frozenset({"stored", "returned", "ours", "theirs"}), Outcome.SAME),
    "added by both, corrected since": (BY_STAFF, ALL - {"printed"}, None),
    "added by both, taken away since": (STILL, frozenset({"between", "returned"}), Outcome.PARALLEL),
}
"""What may become of a row: the fates of its answers, the versions in which it stands, what it is told as."""


def group(words: Words, schema: Schema, fates: Sequence[Class], *, rows: bool = True) -> Group:
    """A group with answers of these fates; the first that can be told from every other is always there."""
    parts: dict[str, Leaf | Group | List] = {}
    fields = asked(schema)
    anchor = next((name for name, inner in fields.items() if _is_rich(inner)), "")
    for name, inner in fields.items():
        if "properties" in inner:
            parts[name] = group(words, inner, fates, rows=rows)
        elif is_rows(inner):
            if rows:
                parts[name] = a_list(words, inner["items"], fates)
        elif name == anchor or words.rng.random() < 0.7:
            parts[name] = leaf(words, inner, fates, stays=name == anchor)
    return Group(parts)


def a_list(words: Words, schema: Schema, fates: Sequence[Class]) -> List:
    """Rows of every kind where anything may happen; else rows to which nothing does."""
    rng = words.rng
    rich = any(_is_rich(inner) for inner in asked(schema).values())
    rows: list[Row] = []
    for _ in range(rng.randrange(6) if rich else 0):
        kind = rng.choice(["kept", "kept", *KINDS]) if fates is ANY else "kept"
        row_fates, versions, fate = KINDS[kind]
        row_fates = row_fates if fates is ANY else STILL
        for _ in range(40):
            found = group(words, schema, row_fates, rows=row_fates is ANY)
            moves = {one for _, one in found.told("") if one}
            if moves or not kind.endswith(("changed", "corrected since")):
                break
        else:
            continue
        rows.append(Row(found, versions, fate))
        if kind == "kept" and fates is ANY and rng.random() < 0.15:
            rows.append(_again(rows[-1]))
    moved = list(range(len(rows)))
    if rng.random() < 0.4:
        rng.shuffle(moved)
    return List(rows, moved)


def _again(row: Row) -> Row:
    """A row added on the page that says once more what the printed one said."""
    printed = row.group.shown("printed")
    return Row(_Said(dict.fromkeys(VERSIONS, printed)), frozenset({"returned", "ours", "theirs"}), Outcome.NEW)


class _Said(Group):
    """A group that says the same in every version."""

    def __init__(self, sides: Mapping[str, Any]) -> None:
        super().__init__({})
        self.sides = sides

    def shown(self, version: str) -> Any:
        return self.sides[version]


# Triples


@dataclass
class Triple:
    """A record in three versions, with its revisions so far and what is meant to become of it."""

    form: Form
    root: Group
    revisions: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        schema = self.form.schema
        for version in ("printed", "between", "stored"):
            self.revisions.append(keyed(schema, self.root.shown(version), self.revisions))
            _give(self.root, self.revisions[-1], version)

    def merged(self, decisions: Decisions = UNDECIDED, came: Mapping[str, Mapping[str, int]] | None = None) -> Merged:
        first, *_, last = self.revisions[:3]
        seen = past(self.form.schema, self.revisions, printed=1, settled=last, came={1: came} if came else {}, issue=1)
        return merge(self.form.schema, first, self.revisions[-1], self.root.shown("returned"), decisions, seen)

    def judged(self) -> Counter[tuple[str, str]]:
        """Classes meant and classes found; what is wrong in the record that comes of it is counted as a class of its own."""
        merged = self.merged()
        found: dict[Told, list[Class]] = {}
        for change in merged.changes:
            pattern = "/".join("*" if step.isdecimal() else step for step in change.path.split("/"))
            found.setdefault(_told(pattern, change.printed, change.stored, change.returned), []).append(change.outcome)
        matrix: Counter[tuple[str, str]] = Counter()
        for told, meant in self.root.told(""):
            if told != _told(told[0], None, None, None):
                matrix[_name(meant), _name(found[told].pop() if found.get(told) else None)] += 1
        matrix["nothing", "extra"] += sum(len(left) for left in found.values())
        matrix["record", "wrong"] += not equal(merged.answers, self.root.shown("ours"))
        for side, version in ((Side.OURS, "ours"), (Side.THEIRS, "theirs")):
            matrix[version, "wrong"] += not equal(self.merged(Decisions({}, side)).answers, self.root.shown(version))
        matrix["silent", "lost"] += self.lost(merged)
        matrix["again", "changed"] += self.changed_again(merged)
        return +matrix

    def lost(self, merged: Merged) -> int:
        """How many of the words that one side wrote are neither in the record nor told."""
        kept = _words(merged.answers)
        told = {word for one in merged.changes for word in _words(one.returned)}
        printed = _words(self.revisions[0])
        by_staff, by_page = (_words(one) - printed for one in (self.revisions[-1], self.root.shown("returned")))
        return len(by_staff - kept) + len(by_page - kept - told)

    def changed_again(self, merged: Merged) -> int:
        """1 if the same file, read once more, still changes something."""
        self.revisions.append(keyed(self.form.schema, merged.answers, self.revisions))
        again = self.merged(came=merged.rows)
        self.revisions.pop()
        return int(again.fresh)


def some_triple(rng: random.Random, form: Form) -> Triple:
    """A record of the form, with a fate for each answer and each row; staff correct it as `pitstop show` shows it, with keys."""
    while True:
        triple = Triple(form, group(Words(rng), form.schema, ANY))
        if f'"{ROW_KEY}"' in jsontext.canonical(triple.root.shown("stored")):
            return triple


def _give(part: Any, answers: Any, version: str) -> None:
    """Tell each row the key that it was given."""
    if isinstance(part, Group):
        for name, inner in part.parts.items():
            _give(inner, (answers or {}).get(name), version)
    elif isinstance(part, List):
        order = part.moved if version == "stored" else range(len(part.rows))
        there = [part.rows[n] for n in order if version in part.rows[n].versions and part.rows[n].group.shown(version)]
        for row, told in zip(there, answers or (), strict=True):
            row.key = told[ROW_KEY]
            _give(row.group, told, version)


def _name(one: Class) -> str:
    return one.value if one else "nulla"


def equal(one: Any, other: Any) -> bool:
    """True of the same answers with the rows in the same order, whatever their keys are."""
    return jsontext.canonical(prune(bare(one))) == jsontext.canonical(prune(bare(other)))


def _words(value: Any) -> set[str]:
    """The texts in some answers, without the keys of the rows."""
    if isinstance(value, Mapping):
        return {word for name, inner in value.items() if name != ROW_KEY for word in _words(inner)}
    if isinstance(value, list | tuple):
        return {word for inner in value for word in _words(inner)}
    return {value} if isinstance(value, str) and value.startswith("parola") else set()


Judged = Callable[[random.Random, Form], Counter[Any]]


def of_triple(rng: random.Random, form: Form) -> Counter[Any]:
    """The matrix of a triple."""
    return some_triple(rng, form).judged()


def found(judged: Judged, forms: Sequence[Form], seeds: Iterable[int]) -> Counter[Any]:
    """What so many trials come to, one for each seed: the same seed is the same trial."""
    rngs = [random.Random(seed) for seed in seeds]  # noqa: S311  # an experiment to repeat, no secret
    return sum((judged(rng, rng.choice(forms)) for rng in rngs), Counter())
