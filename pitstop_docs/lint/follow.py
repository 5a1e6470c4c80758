"""What a template prints of a context, found by following its tree instead of running it through an engine.

Two ways to the same values: where they part, lint has misread the template or docxtpl has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import nodes

from pitstop_docs.blanks import FILTERS, OMITTED, Blank, Node, Trace, Withheld, text_of
from pitstop_docs.errors import KitError
from pitstop_docs.fillers.parts import Part, parsed
from pitstop_docs.fillers.story import Story
from pitstop_docs.flaws import Flaw, Spot, flaw
from pitstop_docs.lint.goals import paths_in
from pitstop_docs.tags import Fork, Loop, Print, Step, Tag, Tree


@dataclass(frozen=True)
class Taken:
    """What happened at a step: a branch was taken, a loop had so many rows (`value` None if missing), a value was printed."""

    at: tuple[int, ...]
    which: int
    value: Any
    tag: Tag
    text: str | None = None


@dataclass(frozen=True)
class Turn:
    """Where a loop is."""

    index: int
    last: bool

    def __getitem__(self, name: str) -> object:
        return {"index": self.index, "first": self.index == 1, "last": self.last}[name]


def follow(trees: Sequence[tuple[int, Tree]], context: Mapping[str, object]) -> Iterator[Taken]:
    """What these trees print of a context, step by step, without a template engine; each tree with its number.

    Raises KitError where a name leads nowhere.
    """
    for n, tree in trees:
        yield from _steps(tree.steps, (n,), context)


def _steps(steps: Sequence[Step], at: tuple[int, ...], scope: Mapping[str, object]) -> Iterator[Taken]:
    for n, step in enumerate(steps):
        here = (*at, n)
        if isinstance(step, Print):
            node, value = _chosen(step.value, scope)
            which = next((n for n, one in enumerate(paths_in(step.value)) if one is node), 0)
            text = str(value) if isinstance(value, Blank) else OMITTED if isinstance(value, Withheld) else text_of(value)
            yield Taken(here, which, value, step.tag, text)
        elif isinstance(step, Fork):
            taken = (n for n, one in enumerate(step.branches) if one.test is None or _value(one.test, scope))
            which = next(taken, len(step.branches))
            yield Taken(here, which, "branch", step.branches[0].tag)
            if which < len(step.branches):
                yield from _steps(step.branches[which].body, (*here, which), scope)
        else:
            yield from _loop(step, here, scope)


def _loop(step: Loop, at: tuple[int, ...], scope: Mapping[str, object]) -> Iterator[Taken]:
    over = _value(step.over, scope) if step.over else ()
    if not isinstance(over, tuple | Blank | Withheld):
        raise KitError(f"«{step.tag.source}» scorre un valore che non è un elenco.")
    rows = [row for row in over if step.test is None or _value(step.test, {**scope, step.name: row})]
    what = "missing" if isinstance(over, Blank) else "hidden" if isinstance(over, Withheld) else count_of(rows)
    yield Taken(at, 0, what, step.tag)
    for n, row in enumerate(rows, start=1):
        yield from _steps(step.body, (*at, 0), {**scope, step.name: row, "loop": Turn(n, n == len(rows))})
    if not rows:
        yield from _steps(step.otherwise, (*at, 1), scope)


def count_of(rows: Sequence[object]) -> str:
    """How many there are, as outcomes call it."""
    return ("zero", "one", "many")[min(len(rows), 2)]


def _chosen(value: nodes.Node, scope: Mapping[str, object]) -> tuple[nodes.Node, Any]:
    """Which path of a printed expression gives its value, and the value."""
    match value:
        case nodes.Filter() if value.node is not None:
            node, inner = _chosen(value.node, scope)
            return node, FILTERS[value.name](inner)
        case nodes.CondExpr() if value.expr2 is not None:
            return _chosen(value.expr1 if _value(value.test, scope) else value.expr2, scope)
        case nodes.And() | nodes.Or():
            stays = bool(_value(value.left, scope)) == isinstance(value, nodes.Or)
            return _chosen(value.left if stays else value.right, scope)
    return value, _value(value, scope)


def _value(node: nodes.Node, scope: Mapping[str, object]) -> Any:
    """What an expression comes to."""
    match node:
        case nodes.Const():
            return node.value
        case nodes.Name():
            if node.name not in scope:
                raise KitError(f"Il modello nomina «{node.name}», che non è tra i moduli letti.")
            return scope[node.name]
        case nodes.Getattr():
            return _field(_value(node.node, scope), node.attr)
        case nodes.Getitem() if isinstance(node.arg, nodes.Const):
            return _field(_value(node.node, scope), str(node.arg.value))
        case nodes.Not():
            return not _value(node.node, scope)
        case nodes.Compare():
            value = _value(node.expr, scope)
            for one in node.ops:
                other = _value(one.expr, scope)
                if (value == other) != (one.op == "eq"):
                    return False
                value = other
            return True
        case nodes.Filter() | nodes.CondExpr() | nodes.And() | nodes.Or():
            return _chosen(node, scope)[1]
    raise KitError("Il modello ha un segnaposto che non si capisce.")


def _field(value: object, name: str) -> Any:
    if isinstance(value, Node | Blank | Withheld | Turn):
        return value[name]
    raise KitError(f"Il modello cerca «{name}» dentro un valore che non ha campi.")


def rendered(story: Story) -> list[tuple[int, Part]]:
    """The parts in the order in which docxtpl prints them, each with its number in the story: body, headers, footers, notes."""
    parts = {part.name: (n, part) for n, part in enumerate(story.parts)}
    relations = parsed(story.package.get("word/_rels/document.xml.rels", b"<none/>"), story.file)
    found = ["word/document.xml"]
    for kind in ("header", "footer", "footnotes"):
        targets = [one.get("Target", "") for one in relations if str(one.get("Type", "")).endswith(f"/{kind}")]
        found += [f"word/{target.removeprefix('/word/')}" for target in targets]
    return [parts[name] for name in dict.fromkeys(found) if name in parts]


def disagreement(taken: Sequence[Taken], trace: Trace, file: str, *, twice: bool = False) -> Flaw | None:
    """The first place where what was printed is not what the tree says, None if there is none.

    `twice` if Word keeps some paragraphs in two copies (text boxes): then the values must be there, in any order.
    """
    told = [one for one in taken if one.text is not None]
    if twice:
        left = list(trace.printed)
        for one in told:
            if one.text not in left:
                return _wrong(one)
            left.remove(one.text)
        return None
    for one, text in zip(told, trace.printed, strict=False):
        if one.text != text:
            return _wrong(one)
    if len(told) > len(trace.printed):
        return _wrong(told[len(trace.printed)])
    if len(told) < len(trace.printed):
        said = "Nel documento si stampano più valori di quanti segnaposto si leggono nel modello."
        return flaw("LNT-070", told[-1].tag.spot if told else Spot(file), said)
    return None


def _wrong(one: Taken) -> Flaw:
    said = f"Al posto di «{one.tag.source}» il documento stampa un altro valore, o nessuno."
    return flaw("LNT-070", one.tag.spot, said, subject=one.tag.source)
