"""What a rule looks at: a case as its records tell it today, and the record that a document is about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from pitstop_docs.answers import schema_at
from pitstop_docs.blanks import Choice, Node
from pitstop_docs.findings import Hit

Params = Mapping[str, Any]

SIGNATURE = "firma"
"""The form that says that a document was signed: from then on that version is never made again."""


def nowhere(form: str) -> tuple[tuple[str, Node], ...]:
    """What a case sees of the other cases."""
    return ()


LIMIT = 10**9
"""No count, score or EUR amount of a case is so large: one that is was mistyped, and the form's own finding says so."""


@dataclass(frozen=True)
class Situation:
    """A case's typed answers by form and number, whatever its reader may see; `form` and `number` are the subject's.

    `kind` is that of the document, `due` the signatures it must bear: role and what the role is called; `whole` if it is
    about all the records of its form.
    `titles` are what the forms are called, `dates` where each tells the date of its act, `lines_of` the lines it belongs to
    (empty for all). `line` is the case's line (`L1`, `L2`, `L1+L2`, or empty while nobody stated it). `twins` tells which
    cases share a key of `people.person_keys`. `elsewhere` gives a paper of the whole project the records of a form in every
    case, each with the case's code; a paper of a case nothing.
    """

    code: str
    line: str
    kind: str
    form: str
    number: int
    today: date
    nodes: Mapping[str, tuple[Node, ...]]
    dates: Mapping[str, str] = field(default_factory=dict)
    lines_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    due: tuple[tuple[str, str], ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict)
    countries: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    twins: Mapping[str, frozenset[str]] = field(default_factory=dict)
    elsewhere: Callable[[str], tuple[tuple[str, Node], ...]] = nowhere
    whole: bool = False

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
        """The record that the document is about, the latest of several; None if it is not there yet."""
        return next(reversed(self.subjects), None)

    @property
    def subjects(self) -> tuple[Node, ...]:
        """The records that the document is about: where it is about all of its form, by the date of the act."""
        if not self.whole:
            return tuple(node for node in self.all(self.form) if node.place.number == self.number)
        return tuple(sorted(self.all(self.form), key=lambda node: (self.date_of(node) or date.min, node.place.number)))

    def title(self, form: str) -> str:
        """What a form is called."""
        return self.titles.get(form, form)

    def date_of(self, node: Node) -> date | None:
        """The date of the act that a record tells, None if it was not stated."""
        *groups, key = self.dates.get(node.place.form, "/").split("/")[1:]
        for group in groups:
            inner = node.group(group)
            if inner is None:
                return None
            node = inner
        return node.day(key)


def shown(day: date | None) -> str:
    """A date in a sentence."""
    return f"{day:%d/%m/%Y}" if day else "data non indicata"


def months_of(number: int) -> str:
    """So many months in a sentence."""
    return "un mese" if number == 1 else f"{number} mesi"


def at(node: Node, path: str, **facts: str) -> Hit:
    """A hit at a place inside a record."""
    return Hit(node.place.form, node.place.number, node.place.path + path, facts)


def also(message: str, hit: Hit) -> Hit:
    """The same hit, told by another of the rule's sentences."""
    return replace(hit, message=message)


def spread(node: Node, pattern: str) -> Iterator[tuple[Node, str, object]]:
    """Each stated value at a pointer pattern (`/azioni/*/voce`), with the group it stands in and its key there."""
    head, _, rest = pattern.strip("/").partition("/")
    if not rest:
        if head in node.values:
            yield node, head, node.values[head]
    elif rest.startswith("*/"):
        for row in node.rows(head):
            yield from spread(row, f"/{rest[2:]}")
    elif (inner := node.group(head)) is not None:
        yield from spread(inner, f"/{rest}")


def label(node: Node, key: str) -> str:
    """What the form calls a field of this group."""
    return str(node.schema.get("properties", {}).get(key, {}).get("title", key))


def said(node: Node, key: str) -> str:
    """A chosen value in the form's words, a text as it is, empty if it was not stated."""
    value = node.values.get(key)
    return value.label if isinstance(value, Choice) else node.text(key)


def word(node: Node, pattern: str, code: str) -> str:
    """What the form calls a code of the field at this pattern (`/presenti/*/ruolo`), the code itself if nothing else."""
    return str(schema_at(node.schema, pattern).get("x-labels", {}).get(code, code))


def amount(node: Node, key: str) -> Decimal | None:
    """The number or EUR amount of that name, None if it was not stated or cannot be one."""
    found = node.amount(key)
    return found if found is not None and abs(found) < LIMIT else None


def whole(node: Node, key: str) -> int | None:
    """The whole number of that name, None if it was not stated or cannot be one."""
    found = amount(node, key)
    return int(found) if found is not None else None


def signed_sheets(situation: Situation) -> tuple[Node, ...]:
    """The signature sheets of the document's last signed version, on however many they were registered."""
    about = (situation.kind, situation.number)
    sheets = [one for one in situation.all(SIGNATURE) if (one.text("documento"), whole(one, "numero") or 1) == about]
    last = max((whole(one, "versione") or 1 for one in sheets), default=1)
    return tuple(one for one in sheets if (whole(one, "versione") or 1) == last)


def limit(params: Params, name: str) -> int | None:
    """A number of the rule (days, months, years, levels), None while it is not known."""
    value = params[name]
    return int(value) if value is not None else None


Check = Callable[[Situation, Params], Iterable[Hit]]
"""A rule's question: a small function, whose docstring states the constraint."""
