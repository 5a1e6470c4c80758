"""What can happen in a template: each branch taken, each loop with no row, one or many, each value short, long or missing.

Every outcome has its ways: which answers lead to it. One that the template itself rules out, such as a missing value that is
printed only where it is there, is no outcome; a part that can never print is one without ways.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from jinja2 import nodes

from pitstop_docs.lint.invented import LONGEST
from pitstop_docs.lint.ways import ANYHOW, ENTERED, MISSING, Seeker, Ways, both, placed
from pitstop_docs.lint.wishes import ROWS, STATED, Key, Mode, Schema
from pitstop_docs.paths import DOCUMENT_ROOT
from pitstop_docs.tags import Fork, Loop, Print, Step, Tag, Tree


@dataclass(frozen=True)
class Outcome:
    """Something that can happen at a step of a tree: `at` is its place (part, step, step inside it, …), `which` the branch
    taken or the path printed there, `what` happened."""

    at: tuple[int, ...]
    which: int
    what: str


@dataclass(frozen=True)
class Goal:
    """An outcome, the ways to it (none if it cannot come about, `why` not), the tag it is told at and in which words.

    `under` are the outcomes of which one must come about first; `size` the limit of a text that is to be very long.
    """

    outcome: Outcome
    ways: Ways
    why: str
    tag: Tag
    words: str
    under: frozenset[Outcome]
    size: int = 0


@dataclass(frozen=True)
class _Here:
    """Where the walk stands: the place of the steps, their names, the ways that lead there, what must come about first."""

    at: tuple[int, ...]
    scope: Mapping[str, Key]
    given: Ways
    under: frozenset[Outcome] = frozenset()

    def inside(self, branch: int, given: Ways, *under: Outcome) -> _Here:
        return replace(self, at=(*self.at, branch), given=given, under=frozenset(under))


EXCLUDED = "le condizioni intorno la escludono"
SAID = {
    "one": "con una riga sola",
    "many": "con più righe",
    "zero": "con un elenco vuoto",
    "missing": "con l’elenco non compilato",
    "short": "con un testo brevissimo",
    "long": "con un testo lunghissimo",
    "stated": "con un valore",
}


def goals(seeker: Seeker, trees: Iterable[Tree]) -> Iterator[Goal]:
    """Every outcome of these trees that somebody could miss: an empty «else» that cannot come about is no loss."""
    for n, tree in enumerate(trees):
        yield from _steps(seeker, tree.steps, _Here((n,), {}, ANYHOW))


def _steps(seeker: Seeker, steps: Sequence[Step], above: _Here) -> Iterator[Goal]:
    for n, step in enumerate(steps):
        here = replace(above, at=(*above.at, n))
        if isinstance(step, Print):
            yield from _printed(seeker, step, here)
        elif isinstance(step, Loop):
            yield from _loop(seeker, step, here)
        else:
            yield from _fork(seeker, step, here)


def _fork(seeker: Seeker, step: Fork, here: _Here) -> Iterator[Goal]:
    left = here.given
    for n, branch in enumerate(step.branches):
        seeker.why = seeker.odd = ""
        ways = both(left, seeker.ways(branch.test, here.scope, holds=True)) if branch.test else left
        outcome = Outcome(here.at, n, "branch")
        why = seeker.why or seeker.odd or EXCLUDED
        yield Goal(outcome, ways, why, branch.tag, f"la parte che segue «{branch.tag.source}»", here.under)
        if ways:
            yield from _steps(seeker, branch.body, here.inside(n, ways, outcome))
        left = both(left, seeker.ways(branch.test, here.scope, holds=False)) if branch.test else ()
    if left:
        tag = step.branches[0].tag
        words = f"il documento senza la parte che segue «{tag.source}»"
        yield Goal(Outcome(here.at, len(step.branches), "branch"), left, "", tag, words, here.under)


def _loop(seeker: Seeker, step: Loop, here: _Here) -> Iterator[Goal]:
    over = placed(step.over, here.scope)
    if over is None:
        return
    scope = {**here.scope, step.name: seeker.row(over), "loop": ("loop", *over)}
    kept = seeker.ways(step.test, scope, holds=True) if step.test else ANYHOW
    entered = both(both(here.given, seeker.demand(over, ENTERED)), kept)
    for mode in (Mode.ONE, Mode.MANY, Mode.ZERO, Mode.MISSING):
        seeker.why = ""
        ways = _counted(seeker, step, over, here, mode)
        if ways or seeker.why:
            words = f"«{step.tag.source}» {SAID[mode.value]}"
            yield Goal(Outcome(here.at, 0, mode.value), ways, seeker.why, step.tag, words, here.under)
        if seeker.why and not ways:
            break  # said once: what may not be seen has no rows, however many
    if entered:
        told = [Outcome(here.at, 0, what) for what in ("one", "many", "missing", "hidden")]
        yield from _steps(seeker, step.body, replace(here.inside(0, entered, *told), scope=scope))
    empty = _counted(seeker, step, over, here, Mode.ZERO) if step.otherwise else ()
    if empty:
        yield from _steps(seeker, step.otherwise, here.inside(1, empty, Outcome(here.at, 0, "zero")))


def _counted(seeker: Seeker, step: Loop, over: Key, here: _Here, mode: Mode) -> Ways:
    """The ways to a loop with so many rows: those of the list, or those that its «if» leaves."""
    exact = both(here.given, seeker.demand(over, frozenset({mode})))
    if step.test is None or mode is Mode.MISSING:
        return exact
    some, another, every = ({**here.scope, step.name: row} for row in (seeker.row(over), seeker.row(over), (*over, "*")))
    full = both(here.given, seeker.demand(over, frozenset({Mode.ONE, Mode.MANY})))
    if mode is Mode.ZERO:
        return [*exact, *both(full, seeker.ways(step.test, every, holds=False))]
    if mode is Mode.MANY:
        return both(exact, seeker.ways(step.test, every, holds=True))
    one_of_many = both(seeker.ways(step.test, some, holds=True), seeker.ways(step.test, another, holds=False))
    return [*both(exact, seeker.ways(step.test, some, holds=True)), *both(full, one_of_many)]


def _printed(seeker: Seeker, step: Print, here: _Here) -> Iterator[Goal]:
    for n, (node, ways) in enumerate(_values(seeker, step.value, here)):
        key = placed(node, here.scope)
        schema = seeker.schema(key) if key and key[0] != "loop" else None
        if key is None or schema is None or "properties" in schema:
            continue
        for what, modes, long in kinds(schema, written=key[0] == DOCUMENT_ROOT):
            seeker.why = ""
            found = both(ways, seeker.demand(key, modes, long=long))
            if found or seeker.why:
                said = "senza risposta" if what == "missing" and "items" not in schema else SAID[what]
                size = schema.get("maxLength", LONGEST) if what == "long" else 0
                words = f"«{step.tag.source}» {said}"
                yield Goal(Outcome(here.at, n, what), found, seeker.why, step.tag, words, here.under, size)
            if seeker.why and not found:
                break


def kinds(schema: Schema, *, written: bool) -> list[tuple[str, frozenset[Mode], bool | None]]:
    """What can be printed of a place: what it is called, how the place is then, whether the text is very long.

    What is `written` by the program is as long as it is.
    """
    if "items" in schema:
        return [(mode.value, frozenset({mode}), None) for mode in (Mode.ONE, Mode.MANY, Mode.ZERO, Mode.MISSING)]
    stated = STATED - ROWS
    free = schema.get("type") == "string" and not {"enum", "const", "format", "pattern"} & set(schema)
    if free and not written:
        return [("short", stated, False), ("long", stated, True), ("missing", MISSING, None)]
    return [("stated", stated, None), ("missing", MISSING, None)]


def _values(seeker: Seeker, value: nodes.Node, here: _Here) -> Iterator[tuple[nodes.Node, Ways]]:
    """The paths of which a tag prints one, each with the ways to it, in the order of `paths_in`."""

    def where(test: nodes.Node, *, holds: bool) -> _Here:
        return replace(here, given=both(here.given, seeker.ways(test, here.scope, holds=holds)))

    match value:
        case nodes.Filter() if value.node is not None:
            yield from _values(seeker, value.node, here)
        case nodes.CondExpr() if value.expr2 is not None:
            yield from _values(seeker, value.expr1, where(value.test, holds=True))
            yield from _values(seeker, value.expr2, where(value.test, holds=False))
        case nodes.And() | nodes.Or():
            stays = isinstance(value, nodes.Or)
            yield from _values(seeker, value.left, where(value.left, holds=stays))
            yield from _values(seeker, value.right, where(value.left, holds=not stays))
        case _:
            yield value, here.given


def paths_in(value: nodes.Node) -> list[nodes.Node]:
    """The paths of which a tag prints one."""
    match value:
        case nodes.Filter() if value.node is not None:
            return paths_in(value.node)
        case nodes.CondExpr() if value.expr2 is not None:
            return [*paths_in(value.expr1), *paths_in(value.expr2)]
        case nodes.And() | nodes.Or():
            return [*paths_in(value.left), *paths_in(value.right)]
    return [value]
