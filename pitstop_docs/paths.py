"""Every name in a template is a path into a form: what a tree can print, and which names no schema bears.

A tree is walked with the scopes of its loops, and with what its conditions have settled so far: a value printed where it is
known to be there is no blank, a branch that contradicts those around it is never taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from jinja2 import nodes

from pitstop_docs.blanks import LOOP
from pitstop_docs.errors import nearest
from pitstop_docs.flaws import Flaw, Spot, flaw
from pitstop_docs.formats import FORMATS
from pitstop_docs.tags import Branch, Fork, Line, Loop, Print, Step, Tag, Tree, dotted

Schema = Mapping[str, Any]
Key = tuple[str, ...]

WORDED = ("date", "data_parziale", "euro")
"""The formats that `lettere` writes in words."""
NUMBERS = ("integer", "number")
DOCUMENT_ROOT = "documento"
PRIVACY_WORDS = {
    "identificativo": "identifica una persona",
    "economico": "dice del suo denaro",
    "particolare": "è particolare (art. 9 GDPR)",
    "giudiziario": "è giudiziario (art. 10 GDPR)",
}


# ── what can be printed, by the names alone ──────────────────────────────────────────────────────────────────────────


def places(trees: Iterable[Tree]) -> frozenset[str]:
    """The places that a template can print or ask about, as `form/path/*/field`, whatever its conditions decide."""
    found: set[str] = set()
    for tree in trees:
        _collect(tree.steps, {}, found)
    return frozenset(found)


def _collect(steps: Sequence[Step], scope: Mapping[str, str], found: set[str]) -> None:
    for step in steps:
        if isinstance(step, Print):
            found.update(_named(step.value, scope))
        elif isinstance(step, Fork):
            for branch in step.branches:
                found.update(_named(branch.test, scope))
                _collect(branch.body, scope, found)
        else:
            over = dotted(step.over) if step.over else ""
            rows = _placed(over, scope)
            found.update({rows} if rows else ())
            inner = {**scope, step.name: f"{rows}/*" if rows else "", "loop": ""}
            found.update(_named(step.test, inner))
            _collect(step.body, inner, found)
            _collect(step.otherwise, scope, found)


def _named(value: nodes.Node | None, scope: Mapping[str, str]) -> Iterator[str]:
    """The place of each path in an expression."""
    if value is None:
        return
    name = dotted(value)
    if name:
        place = _placed(name, scope)
        yield from [place] if place else []
    else:
        for child in value.iter_child_nodes():
            yield from _named(child, scope)


def _placed(name: str, scope: Mapping[str, str]) -> str:
    root, *steps = name.split(".")
    above = scope.get(root, root)
    return "/".join([above, *steps]) if above else ""


# ── what the schemas bear ────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Reader:
    """What a template may read: the schemas of its forms by name (and `documento`), those that may not be there, the
    privacy classes its recipient may see, the names of the kit's other forms."""

    roots: Mapping[str, Schema]
    optional: frozenset[str]
    visible: frozenset[str]
    recipient: str
    others: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Thing:
    """What a name leads to. `key` tells it from every other, row variables included; `loose` are the keys on the way that
    nobody need state."""

    schema: Schema
    name: str
    key: Key
    loose: tuple[Key, ...] = ()


@dataclass(frozen=True)
class Facts:
    """What the conditions around have settled: which things are there or not, which value they have or have not."""

    truth: Mapping[Key, bool] = field(default_factory=dict)
    equal: Mapping[Key, object] = field(default_factory=dict)
    unlike: Mapping[Key, frozenset[object]] = field(default_factory=dict)

    def told(self, key: Key, *, there: bool) -> Facts:
        """One more: a thing is there (and so are the groups it stands in), or is not."""
        keys = [key[:n] for n in range(1, len(key) + 1)] if there else [key]
        return Facts({**self.truth, **dict.fromkeys(keys, there)}, self.equal, self.unlike)

    def valued(self, key: Key, value: object, *, same: bool) -> Facts:
        """One more: a thing has this value, or another."""
        if same:
            known = self.told(key, there=True) if value else self
            return Facts(known.truth, {**self.equal, key: value}, self.unlike)
        return Facts(self.truth, self.equal, {**self.unlike, key: self.unlike.get(key, frozenset()) | {value}})


def flaws(trees: Iterable[Tree], reader: Reader) -> list[Flaw]:
    """What is wrong with the names in these trees, and with what is done with them."""
    walker = _Walker(reader)
    for tree in trees:
        scope = {name: Thing(schema, name, (name,), _loose_root(name, reader)) for name, schema in reader.roots.items()}
        walker.steps(tree.steps, scope, Facts())
    return list(dict.fromkeys(walker.found))


def _loose_root(name: str, reader: Reader) -> tuple[Key, ...]:
    return ((name,),) if name in reader.optional else ()


Scope = Mapping[str, "Thing | None"]
"""The names that can be used; None for the row of a loop that could not be read."""


class _Walker:
    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.found: list[Flaw] = []
        self.loops = 0

    def tell(self, rule: str, tag: Tag, message: str, remedy: str = "", *, subject: str = "") -> None:
        self.found.append(flaw(rule, tag.spot, message, remedy, subject=subject))

    # ── the steps ────────────────────────────────────────────────────────────────────────────────────────────────

    def steps(self, steps: Sequence[Step], scope: Scope, facts: Facts) -> None:
        for step in steps:
            if isinstance(step, Print):
                self.printed(step.value, step.tag, scope, facts)
            elif isinstance(step, Loop):
                self.loop(step, scope, facts)
            else:
                self.fork(step.branches, scope, facts)

    def fork(self, branches: Sequence[Branch], scope: Scope, facts: Facts) -> None:
        settled = False
        for branch in branches:
            answer = self.condition(branch.test, branch.tag, scope, facts) if branch.test else None
            if settled or answer is False:
                reason = "la condizione di prima è sempre vera" if settled else "le condizioni intorno la escludono"
                self.tell("LNT-017", branch.tag, f"La parte che segue «{branch.tag.source}» non si stampa mai: {reason}.")
            settled = settled or answer is True
            self.steps(branch.body, scope, self.assume(branch.test, scope, facts, holds=True))
            facts = self.assume(branch.test, scope, facts, holds=False)

    def loop(self, step: Loop, scope: Scope, facts: Facts) -> None:
        self.loops += 1
        over = self.reach(step.over, step.tag, scope) if step.over else None
        row = None
        if over and "items" not in over.schema:
            what = "un gruppo di campi" if over.schema.get("type") == "object" else "un valore solo"
            self.tell("LNT-012", step.tag, f"«{over.name}» è {what}, non un elenco: non si può scorrere.", subject=over.name)
        elif over:
            row = Thing(over.schema["items"], step.name, (*over.key, f"*{self.loops}"))
            self.seen(over, step.tag)
            self.left_blank(over, step.tag, facts)
        hidden = step.name in scope or step.name in self.reader.others or step.name in (DOCUMENT_ROOT, "loop")
        if step.name and hidden:
            what = "un altro ciclo" if step.name in scope and step.name not in self.reader.roots else "un modulo"
            message = f"La riga del ciclo si chiama «{step.name}», come {what}: dentro il ciclo lo nasconde."
            self.tell("LNT-018", step.tag, message, subject=step.name)
        loop = Thing(_LOOP_SCHEMA, "loop", (f"loop{self.loops}",))
        inner = {**scope, step.name: row, "loop": loop}
        known = facts  # a list that nobody stated is scrolled once, so that a pen finds a row: none is known to be there
        if step.test:
            self.condition(step.test, step.tag, inner, facts)
            known = self.assume(step.test, inner, facts, holds=True)
        self.steps(step.body, inner, known)
        self.steps(step.otherwise, scope, facts)

    # ── names ────────────────────────────────────────────────────────────────────────────────────────────────────

    def reach(self, value: nodes.Node, tag: Tag, scope: Scope) -> Thing | None:
        """What a path leads to; None, and told, if nowhere."""
        root, *steps = dotted(value).split(".")
        if root not in scope:
            self.tell_unknown(root, tag, scope)
            return None
        thing = scope[root]
        for step in steps:
            thing = self.step(thing, step, tag) if thing else None
        return thing

    def step(self, thing: Thing, step: str, tag: Tag) -> Thing | None:
        name = f"{thing.name}.{step}"
        known: Mapping[str, Schema] = thing.schema.get("properties", {})
        if step in known:
            key = (*thing.key, step)
            needed = step in thing.schema.get("required", ()) or thing.key[0] == DOCUMENT_ROOT or thing.schema is _LOOP_SCHEMA
            return Thing(known[step], name, key, thing.loose if needed else (*thing.loose, key))
        if "items" in thing.schema:
            message = f"«{thing.name}» è un elenco: per nominare «{step}» di ogni riga serve un «for»."
            self.tell("LNT-012", tag, message, "Scorrerlo con un «for», e nominare la riga.", subject=name)
        elif not known:
            self.tell("LNT-012", tag, f"«{thing.name}» è un valore solo: non ha il campo «{step}».", subject=name)
        else:
            near = nearest(step, known)
            advice = f"Forse «{'» o «'.join(near)}»?" if near else ""
            what = "il documento" if thing.key[0] == DOCUMENT_ROOT else f"il modulo «{thing.key[0]}»"
            what = "un ciclo" if thing.schema is _LOOP_SCHEMA else what
            self.tell("LNT-010", tag, f"«{name}»: {what} non ha questo campo.", advice, subject=name)
        return None

    def tell_unknown(self, root: str, tag: Tag, scope: Scope) -> None:
        if root in self.reader.others:
            message = f"«{root}» è un modulo che questo modello non legge."
            self.tell("LNT-011", tag, message, "Aggiungerlo a «records» o «optional» nella descrizione.", subject=root)
            return
        near = nearest(root, (*scope, *self.reader.others))
        advice = f"Forse «{'» o «'.join(near)}»?" if near else f"Si possono usare: {', '.join(sorted(scope))}."
        self.tell("LNT-011", tag, f"«{root}» non è un modulo, né la riga di un ciclo aperto qui.", advice, subject=root)

    def seen(self, thing: Thing, tag: Tag, what: str = "stampa") -> None:
        """Tell if the recipient may not see the thing."""
        told = thing.schema.get("x-privacy")
        if told and told not in self.reader.visible:
            reader, why = self.reader.recipient, PRIVACY_WORDS.get(told, told)
            message = f"Il modello {what} «{thing.name}», che {why}: il destinatario «{reader}» non può vederlo."
            self.tell("LNT-021", tag, message, subject=thing.name)

    # ── values ───────────────────────────────────────────────────────────────────────────────────────────────────

    def printed(self, value: nodes.Node, tag: Tag, scope: Scope, facts: Facts) -> None:
        if dotted(value):
            thing = self.reach(value, tag, scope)
            if thing:
                self.printable(thing, tag)
                self.seen(thing, tag)
                self.left_blank(thing, tag, facts)
        elif isinstance(value, nodes.Filter) and value.node:
            self.printed(value.node, tag, scope, facts)
            self.worded(value.node, tag, scope)
        elif isinstance(value, nodes.CondExpr) and value.expr2:
            self.condition(value.test, tag, scope, facts)
            self.printed(value.expr1, tag, scope, self.assume(value.test, scope, facts, holds=True))
            self.printed(value.expr2, tag, scope, self.assume(value.test, scope, facts, holds=False))
        elif isinstance(value, nodes.Or | nodes.And):
            first = isinstance(value, nodes.And)  # printed where it is not there; with `or`, where it is
            self.printed(value.left, tag, scope, facts if first else self.assume(value.left, scope, facts, holds=True))
            self.printed(value.right, tag, scope, self.assume(value.left, scope, facts, holds=first))
        elif isinstance(value, nodes.Compare | nodes.Not):
            self.tell("LNT-012", tag, f"«{tag.source}» stampa un confronto.", "Scegliere con «if» che cosa stampare.")

    def printable(self, thing: Thing, tag: Tag) -> None:
        kind = thing.schema.get("type")
        if kind == "object" or "properties" in thing.schema:
            message = f"«{thing.name}» è un gruppo di campi: non si stampa intero."
            self.tell("LNT-012", tag, message, "Nominare uno dei suoi campi.", subject=thing.name)
        elif "properties" in thing.schema.get("items", {}):
            message = f"«{thing.name}» è un elenco di righe: non si stampa come un valore."
            self.tell("LNT-012", tag, message, "Scorrerlo con un «for».", subject=thing.name)

    def worded(self, value: nodes.Node, tag: Tag, scope: Scope) -> None:
        thing = _Walker(self.reader).reach(value, tag, scope) if dotted(value) else None
        if thing and thing.schema.get("format") not in WORDED:
            self.tell(
                "LNT-015", tag, f"«lettere» scrive in parole una data o un importo: «{thing.name}» non lo è.", subject=thing.name
            )

    def left_blank(self, thing: Thing, tag: Tag, facts: Facts) -> None:
        """Tell, as information, that nothing says what happens when the thing is missing."""
        open_ways = [key for key in thing.loose if not facts.truth.get(key) and key not in facts.equal]
        if open_ways:
            what = "una riga vuota del ciclo" if "items" in thing.schema else "una riga da riempire a penna"
            self.tell("LNT-016", tag, f"«{thing.name}» è facoltativo: se manca, resta {what}.", subject=thing.name)

    # ── conditions ───────────────────────────────────────────────────────────────────────────────────────────────

    def condition(self, test: nodes.Node, tag: Tag, scope: Scope, facts: Facts) -> bool | None:
        """What a condition comes to, by what is settled; None if it can go either way. What is wrong in it is told."""
        if isinstance(test, nodes.Const):
            return bool(test.value)
        if isinstance(test, nodes.Not):
            answer = self.condition(test.node, tag, scope, facts)
            return None if answer is None else not answer
        if isinstance(test, nodes.And | nodes.Or):
            wins = isinstance(test, nodes.Or)
            left = self.condition(test.left, tag, scope, facts)
            right = self.condition(test.right, tag, scope, self.assume(test.left, scope, facts, holds=not wins))
            if wins in (left, right):
                return wins
            return None if None in (left, right) else not wins
        if isinstance(test, nodes.Compare):
            return self.compared(test, tag, scope, facts)
        if not dotted(test):
            self.tell_complex(tag)
            return None
        thing = self.reach(test, tag, scope)
        if thing is None:
            return None
        self.seen(thing, tag, "guarda, in una condizione,")
        if thing.key in facts.equal:
            return bool(facts.equal[thing.key])
        return facts.truth.get(thing.key)

    def compared(self, test: nodes.Compare, tag: Tag, scope: Scope, facts: Facts) -> bool | None:
        sides = [test.expr, *(one.expr for one in test.ops)]
        if any(not dotted(one) and not isinstance(one, nodes.Const) for one in sides):
            self.tell_complex(tag)
            return None
        things = [self.reach(one, tag, scope) for one in sides if dotted(one)]
        for thing in things:
            if thing:
                self.seen(thing, tag, "guarda, in una condizione,")
                self.comparable(thing, tag)
        pair = _path_and_constant(test)
        if pair is None or len(things) != 1 or things[0] is None:
            return None
        thing, constant, same = things[0], pair[1], pair[2]
        if problem := _never_equal(thing.schema, constant):
            self.tell("LNT-013", tag, f"«{thing.name}» {problem}", _values(thing.schema), subject=thing.name)
            return None
        if thing.key in facts.equal:
            return (facts.equal[thing.key] == constant) == same
        if constant in facts.unlike.get(thing.key, ()) or (constant and facts.truth.get(thing.key) is False):
            return not same
        return None

    def tell_complex(self, tag: Tag) -> None:
        self.tell("LNT-014", tag, f"«{tag.source}»: la condizione è troppo complessa per un modello.")

    def comparable(self, thing: Thing, tag: Tag) -> None:
        if thing.schema.get("type") in ("object", "array"):
            what = "un elenco" if "items" in thing.schema else "un gruppo di campi"
            self.tell("LNT-012", tag, f"«{thing.name}» è {what}: non si confronta con un valore.", subject=thing.name)

    def assume(self, test: nodes.Node | None, scope: Scope, facts: Facts, *, holds: bool) -> Facts:
        """What is settled where a condition holds, or does not."""
        if isinstance(test, nodes.Not):
            return self.assume(test.node, scope, facts, holds=not holds)
        if isinstance(test, nodes.And | nodes.Or):
            if holds == isinstance(test, nodes.Or):
                return facts  # one of the two: which one is not known
            return self.assume(test.right, scope, self.assume(test.left, scope, facts, holds=holds), holds=holds)
        silent = _Walker(self.reader)
        if isinstance(test, nodes.Compare):
            pair = _path_and_constant(test)
            thing = silent.reach(pair[0], _NOWHERE, scope) if pair else None
            return facts.valued(thing.key, pair[1], same=holds == pair[2]) if pair and thing else facts
        thing = silent.reach(test, _NOWHERE, scope) if test is not None and dotted(test) else None
        return facts.told(thing.key, there=holds) if thing else facts


_LOOP_SCHEMA: Schema = {
    "type": "object",
    "properties": {name: {"type": "integer" if name == "index" else "boolean"} for name in sorted(LOOP)},
}
_NOWHERE = Tag("note", "", "", "", Line("", Spot("")), 0, 0)
"""Where nothing is told: what is assumed was looked at before."""


def _path_and_constant(test: nodes.Compare) -> tuple[nodes.Node, object, bool] | None:
    """The path and the constant of `path == constant` (or the other way round), and whether they are to be the same."""
    if len(test.ops) != 1:
        return None
    left, right, same = test.expr, test.ops[0].expr, test.ops[0].op == "eq"
    if isinstance(left, nodes.Const):
        left, right = right, left
    return (left, right.value, same) if isinstance(right, nodes.Const) and dotted(left) else None


def _never_equal(schema: Schema, constant: object) -> str:
    """Why a value of this schema can never be equal to the constant, in words; empty if it can."""
    told = _as_written(constant)
    if "enum" in schema:
        return "" if constant in schema["enum"] and not _is_mixed(schema["enum"], constant) else f"non ha mai il valore {told}."
    kind = schema.get("type")
    if kind in ("object", "array", None):
        return ""
    if kind == "boolean":
        return "" if isinstance(constant, bool) else f"è sì o no: non è mai uguale a {told}."
    if kind in NUMBERS or schema.get("format") == "euro":
        if isinstance(constant, bool) or not isinstance(constant, int | float):
            return f"è un numero: non è mai uguale a {told}."
        exact = Decimal(constant) == Decimal(str(constant))  # Python's 0.1 is not the 0.1 of an answer
        return "" if exact else f"è tenuto con i suoi decimali esatti: il confronto con {told} non riesce."
    if schema.get("format") in ("date", "data_parziale", "ora"):
        return f"è una data o un’ora: non è mai uguale a {told}."
    if not isinstance(constant, str):
        return f"è un testo: non è mai uguale a {told}."
    if not constant.strip():
        return "non è mai un testo vuoto: per chiedere se manca si scrive «not»."
    problem = FORMATS[schema["format"]].check(constant) if "format" in schema else None
    return f"non è mai uguale a {told}. {problem.message}" if problem and problem.blocking else ""


def _is_mixed(enum: Sequence[object], constant: object) -> bool:
    """True where only Python takes them for the same: true for 1."""
    return not any(one == constant and isinstance(one, bool) == isinstance(constant, bool) for one in enum)


def _as_written(constant: object) -> str:
    """A constant as it is written in a template."""
    if isinstance(constant, bool):
        return "true" if constant else "false"
    return f"«{constant}»" if isinstance(constant, str) else str(constant)


def _values(schema: Schema) -> str:
    if "enum" in schema:
        shown = [str(one) for one in schema["enum"]]
        return f"I valori sono: {', '.join(shown[:12])}{'…' if len(shown) > 12 else ''}."
    return "Scrivere true o false, senza virgolette." if schema.get("type") == "boolean" else ""
