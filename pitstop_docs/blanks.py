"""A value that is not there prints a line for a pen and tells its path; one that may not be seen prints «omissis».

The sandbox in which every template prints lives here too. Its traps: a default Jinja environment reaches Python's classes
and resolves `p.items` to the dict's method; the sandbox alone bounds neither calls nor arithmetic; an undefined name
prints nothing. So attribute access is item access on plain data, and only what `ALLOWED` names may stand in a template.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from pitstop_docs import formats
from pitstop_docs.errors import KitError, nearest

Schema = Mapping[str, Any]

OPENING, CLOSING = "\ufdd0", "\ufdd1"
"""Noncharacters around each printed value: no text that passed the gate holds them, and XML allows them."""

LINES = {"date": "___/___/______", "data_parziale": "___/___/______", "ora": "____:____", "euro": "__________"}
LINE = "______________________"
SHORT_LINE = "______"
SHORT, LIMITLESS = 20, 10**6
"""Characters of the longest answer for which a short line is enough."""
LONG_LINE = "\n".join(["_" * 60] * 3)
YES_OR_NO = "□ sì   □ no"
OMITTED = "omissis"


@dataclass(frozen=True)
class Place:
    """Where a value stands: the form, the record's number, the JSON Pointer."""

    form: str
    number: int
    path: str = ""

    def under(self, step: str | int) -> Place:
        """The place one step further down."""
        return Place(self.form, self.number, f"{self.path}/{str(step).replace('~', '~0').replace('/', '~1')}")


class Choice(str):
    """A value out of a list: compares as its code, prints as its label."""

    __slots__ = ("label",)
    label: str

    def __new__(cls, code: str, label: str) -> Choice:
        choice = super().__new__(cls, code)
        choice.label = label
        return choice


class Score(int):
    """A number out of a scale: compares and computes as a number, prints as its label."""

    label: str

    def __new__(cls, number: int, label: str) -> Score:
        score = super().__new__(cls, number)
        score.label = label
        return score


@dataclass(frozen=True)
class Blank:
    """What nobody stated. False in a condition; a loop over it runs once, so that a pen finds a row.

    `missing` is the outermost place that is empty: of a group that is not there only the group is told.
    """

    schema: Schema
    place: Place
    missing: Place

    def __getitem__(self, key: str) -> Blank:
        schema = property_of(self.schema, key, self.place)
        return Blank(schema, self.place.under(key), self.missing)

    def __iter__(self) -> Iterator[Blank]:
        yield Blank(row_of(self.schema, self.place), self.place.under(0), self.missing)

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        if self.schema.get("type") == "boolean":
            return YES_OR_NO
        if self.schema.get("x-long"):
            return LONG_LINE
        if self.schema.get("type") in ("integer", "number") or self.schema.get("maxLength", LIMITLESS) <= SHORT:
            return SHORT_LINE
        return LINES.get(self.schema.get("format", ""), LINE)


@dataclass(frozen=True)
class Withheld:
    """What the reader of this document may not see, with all that is in it."""

    schema: Schema
    place: Place

    def __getitem__(self, key: str) -> Withheld:
        return Withheld(property_of(self.schema, key, self.place), self.place.under(key))

    def __iter__(self) -> Iterator[Withheld]:
        yield Withheld(row_of(self.schema, self.place), self.place.under(0))

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        return OMITTED


@dataclass(frozen=True)
class Node:
    """A group of answers, read by name. What is missing comes back as a `Blank`, never as an error.

    `node["obiettivi"]` is a tuple of nodes; a leaf is a date, Decimal, bool, int, str, Choice, Score or Withheld.
    """

    schema: Schema
    values: Mapping[str, object]
    place: Place

    def __getitem__(self, key: str) -> Any:
        schema = property_of(self.schema, key, self.place)
        if key in self.values:
            return self.values[key]
        place = self.place.under(key)
        return Blank(schema, place, place)

    def rows(self, key: str) -> tuple[Node, ...]:
        """The rows of a repeated group, none if it was not stated."""
        return tuple(row for row in self.leaves(key) if isinstance(row, Node))

    def leaves(self, key: str) -> tuple[Any, ...]:
        """The values of a list, none if it was not stated."""
        found = self.values.get(key)
        return found if isinstance(found, tuple) else ()

    def group(self, key: str) -> Node | None:
        """The group of that name, None if it was not stated."""
        found = self.values.get(key)
        return found if isinstance(found, Node) else None

    def day(self, key: str) -> date | None:
        """The date of that name, None if it was not stated or is not a date."""
        found = self.values.get(key)
        return found if isinstance(found, date) else None

    def text(self, key: str) -> str:
        """The text or code of that name, empty if it was not stated."""
        found = self.values.get(key)
        return str.__str__(found) if isinstance(found, str) else ""

    def amount(self, key: str) -> Decimal | None:
        """The number or EUR amount of that name, None if it was not stated or is not a number."""
        found = self.values.get(key)
        if isinstance(found, bool):
            return None
        return Decimal(found) if isinstance(found, int) else found if isinstance(found, Decimal) else None

    def flag(self, key: str) -> bool:
        """True only if the answer is a plain yes."""
        return self.values.get(key) is True


def property_of(schema: Schema, key: str, place: Place) -> Schema:
    """The schema of a property. Raises KitError if the form has none of that name."""
    known: Mapping[str, Schema] = schema.get("properties", {})
    if key in known:
        return known[key]
    near = nearest(key, known)
    advice = f" Forse «{'» o «'.join(near)}»?" if near else ""
    raise KitError(f"Il modello nomina «{_name(place.under(key))}», che il modulo non ha.{advice}")


def row_of(schema: Schema, place: Place) -> Schema:
    """The schema of a row of a list. Raises KitError if the place is not a list."""
    if "items" not in schema:
        raise KitError(f"Il modello ripete «{_name(place)}», che non è un elenco.")
    row: Schema = schema["items"]
    return row


def _name(place: Place) -> str:
    return ".".join([place.form, *(step for step in place.path.split("/") if step and not step.isdecimal())])


@dataclass
class Trace:
    """What one rendering printed: each text in its order, each place left blank, each place withheld."""

    printed: list[str] = field(default_factory=list)
    blanks: list[Place] = field(default_factory=list)
    withheld: list[Place] = field(default_factory=list)


def text_of(value: object) -> str:
    """A value as an Italian document prints it. Raises KitError for a group or a list of groups."""
    if isinstance(value, Choice | Score):
        return value.label
    if isinstance(value, Withheld):
        return OMITTED
    if isinstance(value, tuple):
        return ", ".join(text_of(one) for one in value)
    if isinstance(value, Node):
        raise KitError(f"Il modello stampa «{_name(value.place)}», che è un gruppo di campi: nominare uno dei suoi campi.")
    return formats.show(value)


def words_of(value: object) -> object:
    """The template filter `lettere`: a date or an amount in words, a blank as it is."""
    return formats.words(value) if isinstance(value, date | Decimal | formats.PartialDate) else value


ALLOWED: tuple[type[nodes.Node], ...] = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Getattr,
    nodes.Getitem,
    nodes.Const,
    nodes.Filter,
    nodes.If,
    nodes.For,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.CondExpr,
)
"""All that a template may be made of: it can print, choose and repeat."""

FILTERS: Mapping[str, Callable[[object], object]] = {"lettere": words_of}
LOOP = frozenset({"index", "first", "last"})


class Paper(ImmutableSandboxedEnvironment):
    """Where one template is printed once; `trace` tells afterwards what was."""

    def __init__(self) -> None:
        super().__init__(autoescape=True, undefined=StrictUndefined, finalize=self.printed)
        self.trace = Trace()
        self.globals.clear()
        self.tests.clear()
        self.filters.clear()
        self.filters.update(FILTERS)

    def read(self, source: str) -> nodes.Template:
        """The tree of a template, found to hold nothing but what is allowed."""
        tree = self.parse(source)
        refuse_code(tree)
        return tree

    def compile(self, source: Any, *args: Any, **options: Any) -> Any:
        """Compile a template after it was read."""
        return super().compile(self.read(source) if isinstance(source, str) else source, *args, **options)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Item access, whatever the spelling."""
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """A field of a group; nothing else has fields."""
        if isinstance(obj, Node | Blank | Withheld) and isinstance(argument, str):
            return obj[argument]
        if type(obj).__name__ == "LoopContext" and argument in LOOP:
            return getattr(obj, argument)
        if isinstance(obj, StrictUndefined):
            return obj
        raise KitError(f"Il modello cerca «{argument}» dentro un valore che non ha campi.")

    def printed(self, value: object) -> Markup:
        """A value on its way into the document: marked, escaped, and noted in the trace."""
        if isinstance(value, Blank):
            self.trace.blanks.append(value.missing)
        elif isinstance(value, Withheld):
            self.trace.withheld.append(value.place)
        text = text_of(value) if not isinstance(value, Blank | Withheld | StrictUndefined) else str(value)
        self.trace.printed.append(text)
        # docxtpl turns {_{ into {{ after rendering: a brace written as a reference is out of its reach.
        safe = str(escape(text)).replace("{", "&#123;").replace("}", "&#125;")
        return Markup(OPENING + safe + CLOSING)  # noqa: S704  # escaped just above


def refuse_code(tree: nodes.Node) -> None:
    """Raise TemplateSyntaxError at the first thing that is not plain printing: a call, arithmetic, a macro, a constant."""
    for reason, _, line in objections(tree):
        raise TemplateSyntaxError(reason, line)


def objections(tree: nodes.Node) -> Iterator[tuple[str, nodes.Node, int]]:
    """All in a template that is not plain printing: what is wrong, the node, its line."""
    line = 1
    for node in [tree, *tree.find_all(nodes.Node)]:
        line = getattr(node, "lineno", None) or line
        yield from ((reason, node, line) for reason in _objections(node))


def _objections(node: nodes.Node) -> Iterator[str]:
    if isinstance(node, nodes.Call):
        yield "le parentesi tonde non sono ammesse in un segnaposto"
    elif not isinstance(node, ALLOWED):
        yield f"«{type(node).__name__}» non è ammesso: un modello stampa, non calcola"
    if isinstance(node, nodes.Filter) and node.name not in FILTERS:
        yield f"il filtro «{node.name}» non esiste: c’è solo «lettere»"
    if isinstance(node, nodes.Getattr) and node.attr.startswith("_"):
        yield "un nome non può cominciare con «_»"
    if isinstance(node, nodes.Getitem) and not (
        isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str) and not node.arg.value.startswith("_")
    ):
        yield "tra parentesi quadre va il nome di un campo"
    if isinstance(node, nodes.Operand) and node.op not in ("eq", "ne"):
        yield "si confronta solo con == e !="
    if isinstance(node, nodes.For) and (node.recursive or not isinstance(node.target, nodes.Name)):
        yield "un ciclo ha un solo nome di riga"
    if isinstance(node, nodes.For) and not isinstance(node.iter, nodes.Name | nodes.Getattr | nodes.Getitem):
        yield "un ciclo scorre un elenco, chiamato per nome"
    if isinstance(node, nodes.CondExpr) and node.expr2 is None:
        yield "un «if» dentro un segnaposto vuole il suo «else»"
    if isinstance(node, nodes.Output) and any(isinstance(child, nodes.Const) for child in node.nodes):
        yield "un testo fisso va scritto nel documento, non in un segnaposto"
