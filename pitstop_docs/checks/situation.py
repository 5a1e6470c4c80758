"""What a rule looks at: a case as its records tell it today, and the record that a document is about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pitstop_docs.blanks import Node
from pitstop_docs.findings import Hit

Params = Mapping[str, Any]


@dataclass(frozen=True)
class Situation:
    """A case's typed answers by form and number, whatever its reader may see; `form` and `number` are the subject's.

    `line` is the case's line (`L1`, `L2`, `L1+L2`, or empty while nobody stated it). `twins` tells which cases share a
    key of `people.person_keys`; `lines_of` which lines a form belongs to (empty for all).
    """

    code: str
    line: str
    form: str
    number: int
    today: date
    nodes: Mapping[str, tuple[Node, ...]]
    dates: Mapping[str, str] = field(default_factory=dict)
    lines_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    countries: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    twins: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def all(self, form: str) -> tuple[Node, ...]:
        """The records of a form, by number."""
        return self.nodes.get(form, ())

    def first(self, form: str) -> Node | None:
        """The first record of a form, None if there is none."""
        return next(iter(self.all(form)), None)

    def last(self, form: str) -> Node | None:
        """The last record of a form, None if there is none."""
        return next(reversed(self.all(form)), None)

    @property
    def subject(self) -> Node | None:
        """The record that the document is about, None if it is not there yet."""
        return next((node for node in self.all(self.form) if node.place.number == self.number), None)

    def date_of(self, node: Node) -> date | None:
        """The date of the act that a record tells, None if it was not stated."""
        *groups, key = self.dates.get(node.place.form, "/").split("/")[1:]
        for group in groups:
            inner = node.group(group)
            if inner is None:
                return None
            node = inner
        return node.day(key)


Check = Callable[[Situation, Params], Iterable[Hit]]
"""A rule's question: a small function, whose docstring states the constraint."""
