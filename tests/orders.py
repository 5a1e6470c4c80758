"""Files that came back of issues of one record, filled by people who know nothing of each other, and read in every order.

some_pair(rng, form).judged()       # whether the store is the same whichever was read first
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import permutations
from typing import Any

from pitstop_docs import jsontext
from pitstop_docs.answers import bare
from pitstop_docs.forms import Form
from pitstop_docs.lineage import Lineage
from pitstop_docs.merging import UNDECIDED, Decisions, Merged, Side, merge
from pitstop_docs.records import ROW_KEY, Record
from tests.fates import Schema, Words, asked, equal, is_rows
from tests.kits import CASE, NOON


@dataclass
class Desk:
    """A record and what came back of it, as the store has them: the same code reads the files as behind `pitstop read`."""

    form: Form
    history: list[Record]
    came: dict[int, dict[str, Any]] = field(default_factory=dict)

    def keep(self, answers: Mapping[str, Any]) -> None:
        """One more revision."""
        data = Lineage.of(self.form, self.history, self.came).keyed(answers)
        number = len(self.history) + 1
        self.history.append(Record(CASE, self.form.name, 1, number, number - 1, NOON, "", data, "0" * 64))

    def issued(self) -> dict[str, Any]:
        """What an issue of the record as it stands would remember."""
        told = [{"revision": self.history[-1].revision}] if self.history else []
        return {"answers": self.history[-1].data if self.history else {}, "sources": {"records": told}}

    def read(self, issue: int, issued: Mapping[str, Any], returned: Any, decisions: Decisions = UNDECIDED) -> Merged:
        """Take what came back of an issue, unless there is a conflict."""
        lineage = Lineage.of(self.form, self.history, self.came)
        stored = self.history[-1].data if self.history else {}
        seen = lineage.past(issued, issue)
        merged = merge(self.form.schema, lineage.printed(issued), stored or {}, returned, decisions, seen)
        if not merged.conflicts:
            if merged.fresh:
                self.keep(merged.answers)
            self.came[issue] = lineage.remembered(merged, issue, len(self.history) if merged.fresh else None)
        return merged

    def copy(self) -> Desk:
        return Desk(self.form, list(self.history), {key: dict(one) for key, one in self.came.items()})


@dataclass
class Pair:
    """Files that came back of issues of one record: the number of the issue, what it remembers, what the file says."""

    desk: Desk
    files: list[tuple[int, dict[str, Any], Any]]

    def judged(self) -> Counter[str]:
        """How the orders in which the files may be read compare."""
        orders = list(permutations(self.files))
        ends: list[str] = []
        refused: list[bool] = []
        again = 0  # how often a file that was taken changes something when it is read once more
        for order in orders:
            desk = self.desk.copy()
            merges = [desk.read(*one) for one in order]
            refused.append(any(one.conflicts for one in merges))
            before = len(desk.history)
            again += any(desk.read(*one).fresh for one, first in zip(order, merges, strict=True) if not first.conflicts)
            again += len(desk.history) != before
            ends.append(jsontext.canonical(desk.history[-1].data if desk.history else {}))
        found: Counter[str] = Counter()
        found["read again and changed"] += again
        if not any(refused):
            found["the same store" if len(set(ends)) == 1 else "another store"] += 1
        elif all(refused):
            found["a conflict in every order"] += 1
            found["decided otherwise"] += self.decided_otherwise()
        else:
            found["a conflict in one order only"] += 1
        return +found

    def decided_otherwise(self) -> int:
        """1 if it matters which of two files is read first where the first one wins in every conflict with the other.

        Of files with which what staff has said since disagrees nobody has decided that much.
        """
        last = self.desk.history[-1].revision if self.desk.history else 0
        told = [one["revision"] for _, issued, _ in self.files for one in issued["sources"]["records"]]
        if len(self.files) != 2 or any(revision != last for revision in told):
            return 0
        first, second = self.files
        one, other = self.desk.copy(), self.desk.copy()
        one.read(*first)
        one.read(*second, Decisions({}, Side.OURS))
        other.read(*second)
        other.read(*first, Decisions({}, Side.THEIRS))
        return int(not equal(one.history[-1].data, other.history[-1].data))


def some_pair(rng: random.Random, form: Form, files: int = 2) -> Pair:
    """Files of the same issue, or of issues with a correction between, filled by people who know nothing of each other."""
    words = Words(rng)
    desk = Desk(form, [])
    shared: dict[str, list[Any]] = {}
    if rng.random() < 0.85:
        desk.keep(_stated(words, form.schema))
    issues = [(1, desk.issued())]
    for _ in range(rng.randrange(3) if desk.history else 0):
        told = dict(_page(words, form.schema, desk.history[-1].data, "", shared, rng.choice((0.02, 0.2)), staff=True))
        desk.keep(told)
        issues.append((len(issues) + 1, desk.issued()))
    found = []
    for _ in range(files):
        number, issued = rng.choice(issues)
        rate = rng.choice((0.01, 0.03, 0.1))
        returned = _page(words, form.schema, issued["answers"], "", shared, rate, staff=False)
        found.append((number, issued, bare(returned)))
    return Pair(desk, found)


def _stated(words: Words, schema: Schema) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name, inner in asked(schema).items():
        if "properties" in inner:
            told[name] = _stated(words, inner)
        elif is_rows(inner):
            told[name] = [_stated(words, inner["items"]) for _ in range(words.rng.randrange(4))]
        elif words.rng.random() < 0.8:
            told[name] = words.value(inner)
    return told


def _page(
    words: Words, schema: Schema, answers: Any, pattern: str, shared: dict[str, list[Any]], rate: float, *, staff: bool
) -> dict[str, Any]:
    """The answers as somebody corrects them: some changed, rows emptied, added, and moved where staff does it.

    Rows that are added are sometimes those that somebody else adds too, or copies of those that are there.
    """
    rng = words.rng
    told: dict[str, Any] = {ROW_KEY: answers[ROW_KEY]} if ROW_KEY in answers and staff else {}
    for name, inner in asked(schema).items():
        value, here = answers.get(name), f"{pattern}/{name}"
        if "properties" in inner:
            told[name] = _page(words, inner, value or {}, here, shared, rate, staff=staff)
        elif is_rows(inner):
            told[name] = _rows(words, inner["items"], value, here, shared, rate, staff=staff)
        elif rng.random() < rate:
            told[name] = words.value(inner)
        else:
            told[name] = value
    return {name: one for name, one in told.items() if one is not None}


def _rows(
    words: Words, schema: Schema, value: Any, pattern: str, shared: dict[str, list[Any]], rate: float, *, staff: bool
) -> list[Any] | None:
    rng = words.rng
    rows = [
        {} if rng.random() < rate else _page(words, schema, row, f"{pattern}/*", shared, rate, staff=staff) for row in value or ()
    ]
    if staff:
        rows = [row for row in rows if bare([row])[0]]
        if rng.random() < 0.3:
            rng.shuffle(rows)
    known = shared.setdefault(pattern, [])
    for _ in range(rng.choice((0, 1, 1, 2)) if rng.random() < 0.5 else 0):
        new: Any = None
        if known and rng.random() < 0.4:
            new = rng.choice(known)
        elif value and rng.random() < 0.2:
            new = bare([rng.choice(value)])[0]
        if not new:
            new = {name: one for name, one in _stated(words, schema).items() if not isinstance(one, list | dict)}
            known.append(new)
        if new:
            rows.append(dict(new))
    if not rows:
        return [] if value == [] or rng.random() < rate / 2 else None
    return rows


def of_pair(rng: random.Random, form: Form) -> Counter[Any]:
    """How the orders of two files compare, now and then of three."""
    return some_pair(rng, form, rng.choice((2, 2, 2, 3))).judged()
