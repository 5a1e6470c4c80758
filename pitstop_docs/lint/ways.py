"""What must be stated, left out or repeated so that each part of a template prints: the ways to every outcome of its tree.

Conditions are taken apart into alternatives, each a set of wishes about places; those of the steps around an outcome are
joined to its own. A computed value is reached through what it is computed from. An outcome without a way cannot come about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from jinja2 import nodes

from pitstop_docs.context import elsewhere
from pitstop_docs.findings import pointer_tokens
from pitstop_docs.forms import Form
from pitstop_docs.lint.wishes import STATED, Key, Mode, Schema, Wish, Wishes, finite, joined, key_of, modes_of, settled
from pitstop_docs.paths import DOCUMENT_ROOT
from pitstop_docs.tags import dotted
from pitstop_docs.templates import DOCUMENT, Template

Ways = Sequence[Wishes]
"""Alternatives: any one of them is enough. None of them: it cannot be."""
ANYHOW: Ways = ({},)
LIMIT = 100
"""How many alternatives are followed: conditions of a template are short."""

TRUTHY = frozenset({Mode.TRUE, Mode.ONE, Mode.MANY})
FALSY = frozenset({Mode.MISSING, Mode.HIDDEN, Mode.FALSE, Mode.ZERO})
MISSING, HIDDEN, TRUE = frozenset({Mode.MISSING}), frozenset({Mode.HIDDEN}), frozenset({Mode.TRUE})
SOME = frozenset({Mode.ONE, Mode.MANY})
ENTERED = frozenset({Mode.MISSING, Mode.HIDDEN, *SOME})
"""A loop over what is missing or withheld runs once."""
EARLIER = "<"
"""`valutazione_intermedia<` is the record of the form before the one that is printed."""
BIRTH = 2025
"""The year from which ages are counted back: ordinary dates stand around it."""
WRITTEN_BY_US = frozenset({"codice", "titolo", "versione", "regole", "impronta"})


@dataclass(frozen=True)
class Eyes:
    """Who reads the document and what it is made from: the forms by name, the privacy classes that are seen, where the case's
    line is stated, the countries of the kit's table and which of them are in the Union."""

    template: Template
    forms: Mapping[str, Form]
    visible: frozenset[str]
    case_line: tuple[str, ...]
    countries: frozenset[str]
    union: frozenset[str]


def both(left: Ways, right: Ways) -> Ways:
    """The ways to two things at once."""
    found: list[Wishes] = []
    for one, other in product(left, right):
        changes = joined(one, other)
        if changes is not None:
            found.append({**one, **changes})
            if len(found) == LIMIT:
                break
    if not found and LIMIT in (len(left), len(right)):
        return left  # ways were cut off: chance must do
    return found


class Seeker:
    """Finds the ways to what a template can do, read with some eyes.

    Where it finds none, `why` says what the reader or the document can never have, `odd` what the form does not allow.
    """

    def __init__(self, eyes: Eyes) -> None:
        self.eyes = eyes
        self.why = ""
        self.odd = ""
        self.loops = 0
        self.schemas: dict[Key, Schema | None] = {}

    # ── places ───────────────────────────────────────────────────────────────────────────────────────────────────

    def schema(self, key: Key) -> Schema | None:
        """The schema of a place, None if no form has it."""
        if key not in self.schemas:
            self.schemas[key] = self._schema(key)
        return self.schemas[key]

    def _schema(self, key: Key) -> Schema | None:
        root = key[0].removesuffix(EARLIER)
        form = self.eyes.forms.get(root)
        whole = self.eyes.template.root(form) if form and root == key[0] else form.schema if form else None
        found: Any = DOCUMENT if root == DOCUMENT_ROOT else whole
        for step in key[1:]:
            if not isinstance(found, Mapping):
                return None
            found = found.get("items") if step.startswith("*") else found.get("properties", {}).get(step)
        return found if isinstance(found, Mapping) else None

    def above(self, key: Key) -> Iterator[tuple[Key, Schema]]:
        """The groups and lists in which a place stands, from the form down; and the place itself."""
        for n in range(1, len(key) + 1):
            schema = self.schema(key[:n])
            if schema is not None:
                yield key[:n], schema

    def hides(self, key: Key) -> str:
        """The name of what the recipient may not see on the way to a place, empty if all may be seen."""
        for one, schema in self.above(key):
            if schema.get("x-privacy", "comune") not in self.eyes.visible and "x-privacy" in schema:
                return _name(one)
        return ""

    def flag(self, key: Key) -> Key | None:
        """The answer that withholds a place, or what it stands in."""
        found = [schema["x-protected-by"] for _, schema in self.above(key) if "x-protected-by" in schema]
        return (*self.record(key), *pointer_tokens(found[0])) if found else None

    def record(self, key: Key) -> Key:
        """The record that a place stands in: its form, with the row where the template reads every record of it."""
        return key[:2] if key[0] in self.eyes.template.every else key[:1]

    def place(self, form: str, pointer: str) -> Key:
        """A place of a form, in any of its records."""
        every = ("*",) if form in self.eyes.template.every else ()
        return (form, *every, *pointer_tokens(pointer))

    def source(self, key: Key, wish: Wish) -> Key:
        """What a computed value is computed from."""
        return self.pointed(key, wish.schema["x-computed"]["of"])

    def pointed(self, key: Key, pointer: str) -> Key:
        """What a pointer of `x-computed` leads to: from the record, or from the group if it starts without a stroke."""
        return (*(self.record(key) if pointer.startswith("/") else key[:-1]), *pointer_tokens(f"/{pointer.lstrip('/')}"))

    def row(self, over: Key) -> Key:
        """The key of the row of a loop over a list: each loop has its own, so that two do not stand for the same row."""
        self.loops += 1
        return (*over, f"*{self.loops}")

    # ── demands ──────────────────────────────────────────────────────────────────────────────────────────────────

    def demand(  # the one place where what is asked of a value becomes wishes
        self,
        key: Key,
        modes: frozenset[Mode],
        *,
        equal: tuple[object, ...] = (),
        unlike: Iterable[object] = (),
        long: bool | None = None,
        raw: bool = False,
    ) -> Ways:
        """The ways to make a place so; `raw` where not the reader but a calculation looks at it."""
        if key[0] == DOCUMENT_ROOT:
            return self.written(key, modes, long)
        schema = self.schema(key)
        if schema is None:
            return ANYHOW  # lint tells it elsewhere
        secret, flag = ("", None) if raw else (self.hides(key), self.flag(key))
        able = modes_of(schema) if not secret else MISSING
        if len(key) == 1:
            able -= {Mode.ZERO}  # a form of which there is no record is missing, not empty
        found: list[Wishes] = []
        if Mode.HIDDEN in modes and (secret or flag):
            ways = self.stated(key, Wish(schema, HIDDEN))
            found += ways if secret or flag is None else both(ways, self.demand(flag, TRUE, raw=True))
        wish = Wish(schema, modes & able, equal, frozenset(unlike), long)
        if schema.get("readOnly") and not secret:
            found += self.computed(key, wish)
        elif len(key) > 1 and key[-1].startswith("*") and Mode.MISSING in modes:
            found += [*self.demand(key[:-1], MISSING, raw=raw), *self.visible(key, _without_missing(wish), flag)]
        else:
            found += self.visible(key, wish, flag)
        if not found:
            self.why = f"il destinatario «{self.eyes.template.recipient}» non vede «{secret}»" if secret else self.why
        return found

    def visible(self, key: Key, wish: Wish, flag: Key | None) -> Ways:
        """The ways to a value that its reader sees, or that is missing."""
        good = settled(wish)
        if good is None:
            self.odd = f"il modulo non ammette questo valore di «{_name(key)}»"
            return ()
        if Mode.MISSING in good.modes:
            return ({key: good},)
        ways = self.stated(key, good)
        return both(ways, self.demand(flag, frozenset({Mode.MISSING, Mode.FALSE}), raw=True)) if flag else ways

    def stated(self, key: Key, wish: Wish) -> Ways:
        """The way to a place that is stated: all that it stands in is there too."""
        wishes = {key: wish}
        for one, schema in list(self.above(key))[:-1]:
            if not one[-1].startswith("*"):
                wishes[one] = Wish(schema, frozenset({*(SOME if "items" in schema else TRUE), Mode.HIDDEN}))
        return (wishes,)

    # ── what the program writes ──────────────────────────────────────────────────────────────────────────────────

    def written(self, key: Key, modes: frozenset[Mode], long: bool | None) -> Ways:
        """The ways to what a template prints of the document itself."""
        name = key[1] if len(key) > 1 else ""
        template, form = self.eyes.template, self.eyes.forms.get(self.eyes.template.form)
        if name == "firme":
            return self.signed(key, modes)
        if long is True:
            return ()
        if name == "data" and form and form.date:
            place = self.place(template.form, form.date)
            return self.demand(place if Mode.MISSING in modes else self.inside(place), modes, raw=True)
        if name == "linea":
            places = [key_of(*place.partition("#")[::2]) for place in self.eyes.case_line]
            if Mode.MISSING not in modes:
                return [way for place in places for way in self.demand(place, TRUE, raw=True)]
            return _all(self.demand(place, MISSING, raw=True) for place in places)
        always = name in WRITTEN_BY_US or name == "" or (name == "caso" and form is not None and form.scope == "caso")
        return (ANYHOW if modes & TRUE else ()) if always else self.never(name, modes)

    def never(self, name: str, modes: frozenset[Mode]) -> Ways:
        """Of what the document never has: a case, if it is of the project."""
        if Mode.MISSING in modes:
            return ANYHOW
        self.why = "un documento del progetto non ha un caso" if name == "caso" else "il documento non la riporta"
        return ()

    def signed(self, key: Key, modes: frozenset[Mode]) -> Ways:
        """The ways to so many signatures: the description says which are always there, the others are if someone is named."""
        signers = self.eyes.template.signers
        always = sum(1 for one in signers if one.required)
        if len(key) > 3:
            able = key[3] != "nome" or always or any(one.role == "TUTELA" for one in signers)
            return ANYHOW if modes & TRUE or (Mode.MISSING in modes and able and key[3] == "nome") else ()
        if len(key) == 3:
            return ANYHOW if modes & TRUE else ()
        found: list[Wishes] = []
        if Mode.MANY in modes and (len(signers) > 1 or any(self.repeats(one.name) for one in signers)):
            found += ANYHOW
        places = [key_of(*one.name.partition("#")[::2]) for one in signers if not one.required]
        gone = {place: self.demand(place, MISSING, raw=True) for place in places if len(place) > 1}
        for mode, count in ((Mode.ZERO, 0), (Mode.ONE, 1)):
            if mode in modes and always <= count and len(signers) >= count:
                kept: list[Key | None] = [None] if always == count or not gone else [*gone]
                found += [way for one in kept for way in _all([ways for place, ways in gone.items() if place != one])]
        return found

    def repeats(self, name: str) -> bool:
        """True if the signers stand in a list."""
        return "items" in (self.schema(key_of(*name.partition("#")[::2])) or {})

    # ── what is computed ─────────────────────────────────────────────────────────────────────────────────────────

    def computed(self, key: Key, wish: Wish) -> Ways:
        """The ways to a computed value, by way of its sources. What it stands in must be there, unless it is to be missing."""
        how = COMPUTED.get(wish.schema.get("x-computed", {}).get("fn", ""))
        good = settled(wish)
        if how is None or good is None:
            return ()
        found: list[Wishes] = []
        for mode in sorted(good.modes, key=lambda one: one.value):
            there: Ways = ({key: Wish(wish.schema, MISSING)},)
            if mode is not Mode.MISSING:
                there = self.stated(key, Wish(wish.schema, frozenset({mode}), good.equal, good.unlike))
            found += both(there, how(self, key, good, mode))
        return found

    def dated(self, *, is_so: bool = True) -> Ways:
        """The ways to a dated document, or to one without a day: ages are counted on it."""
        return self.written((DOCUMENT_ROOT, "data"), TRUE if is_so else MISSING, None)

    def age(self, key: Key, wish: Wish, mode: Mode) -> Ways:
        """An age comes of a birth, on a dated document."""
        source = self.source(key, wish)
        if mode is Mode.MISSING:
            return [*self.demand(source, MISSING, raw=True), *self.dated(is_so=False)]
        years = [one for one in wish.equal if isinstance(one, int)] or [0] * (mode is Mode.FALSE)
        equal = tuple(f"{BIRTH - one}-01-01" for one in years)
        return both(self.dated(), self.demand(source, TRUE, equal=equal, raw=True))

    def minors(self, key: Key, wish: Wish, mode: Mode) -> Ways:
        """The minors of a household are those of its members who were born late enough."""
        source = self.source(key, wish)
        if mode is Mode.MISSING:
            return [*self.demand(source, MISSING, raw=True), *self.dated(is_so=False)]
        if mode is Mode.FALSE:
            nobody = self.demand(source, frozenset({Mode.ZERO}), raw=True)
            grown = self.demand((*source, "*", "data_nascita"), TRUE, equal=(f"{BIRTH - 40}-01-01",), raw=True)
            return both(self.dated(), [*nobody, *grown])
        young, old = (
            self.demand((*self.row(source), "data_nascita"), TRUE, equal=(f"{BIRTH - years}-01-01",), raw=True)
            for years in (9, 40)
        )
        if wish.equal == (1,):
            alone = both(young, self.demand(source, frozenset({Mode.ONE}), raw=True))
            young = [*alone, *both(young, old)]
        elif wish.equal:
            young = both(young, self.demand(source, frozenset({Mode.MANY}), raw=True))
        return both(self.dated(), young)

    def copy(self, key: Key, wish: Wish, mode: Mode) -> Ways:
        """A copy is what it is copied from."""
        told = wish.schema["x-computed"]
        source = key_of(told["from"], told["of"])
        return self.demand(source, frozenset({mode}), equal=wish.equal, unlike=wish.unlike, long=wish.long, raw=True)

    def third_country(self, key: Key, wish: Wish, mode: Mode) -> Ways:
        """Who has no citizenship of the Union is of a third country."""
        told = wish.schema["x-computed"]
        source = key_of(told["from"], told["of"])
        if mode is Mode.MISSING:
            return self.demand(source, frozenset({Mode.MISSING, Mode.ZERO}), raw=True)
        if mode is Mode.TRUE:
            return self.demand((*source, "*"), TRUE, unlike=self.eyes.union, raw=True)
        return self.demand(self.row(source), TRUE, unlike=self.eyes.countries - self.eyes.union, raw=True)

    def sum(self, key: Key, wish: Wish, mode: Mode) -> Ways:
        """A sum is never missing where its form is there: it is zero."""
        if mode is Mode.MISSING:
            return self.demand(self.record(key), MISSING)
        each = self.source(key, wish)
        if mode is Mode.FALSE:
            return self.demand(each, frozenset({Mode.MISSING, Mode.FALSE}), raw=True)
        return self.demand(self.inside(each), TRUE, raw=True)

    def hours(self, key: Key, wish: Wish, mode: Mode) -> Ways:
        """Hours are summed from several places, and never missing where what they stand in is there: they are zero."""
        parts = [self.pointed(key, part) for part in wish.schema["x-computed"]["parts"]]
        if mode is Mode.MISSING:
            return self.demand(key[:-1], MISSING)
        if mode is Mode.FALSE:
            return _all(self.demand(part, frozenset({Mode.MISSING, Mode.FALSE}), raw=True) for part in parts)
        return [way for part in parts for way in self.demand(self.inside(part), TRUE, raw=True)]

    def cost(self, key: Key, wish: Wish, mode: Mode) -> Ways:
        """A cost is there if its rate is."""
        rate = self.source(key, wish)
        if mode is Mode.MISSING:
            return self.demand(rate, MISSING, raw=True)
        return both(self.demand(rate, TRUE, raw=True), self.hours(key, wish, mode))

    def inside(self, key: Key) -> Key:
        """A place in lists, in rows of its own."""
        place: Key = ()
        for step in key:
            place = self.row(place) if step == "*" else (*place, step)
        return place

    def previous(self, key: Key, wish: Wish, mode: Mode) -> Ways:
        """A score given before is that of the earlier record, or of another form; zero says that nobody assessed it.

        Where several gave one, their days decide: so each is tried without the others.
        """
        form = self.eyes.forms[key[0]]
        base = key[len(self.record(key)) : -1]
        others = elsewhere(form.schema, "".join(f"/{step}" for step in base))
        earlier: Key = (key[0] + EARLIER, *base, "punteggio")
        places = [earlier, *(key_of(*place.partition("#")[::2]) for place in others)]
        if mode is Mode.FALSE:
            return ()
        gone = {place: self.demand(place, frozenset({Mode.MISSING, Mode.FALSE}), raw=True) for place in places}
        if mode is Mode.MISSING:
            return _all(gone.values())
        found: list[Wishes] = []
        for place in places:
            given = self.demand(place, TRUE, equal=wish.equal, unlike=wish.unlike, raw=True)
            found += both(given, _all(ways for other, ways in gone.items() if other != place))
        return found

    def delta(self, key: Key, wish: Wish, mode: Mode) -> Ways:
        """A change is the score now less the score before."""
        now: Key = (*key[:-1], "punteggio")
        score = self.schema(now)

        def before(mode: Mode, *equal: object) -> Ways:
            return self.previous(key, Wish(wish.schema, frozenset({mode}), equal), mode)

        if mode is Mode.MISSING or score is None:
            unscored = self.demand(now, frozenset({Mode.MISSING, Mode.FALSE}), raw=True)
            return [*before(Mode.MISSING), *unscored]
        if mode is Mode.TRUE and not wish.equal:  # two scores are seldom the same: chance will do
            return both(before(mode), self.demand(now, TRUE, raw=True))
        scores = [one for one in finite(score) or range(1, 6) if isinstance(one, int) and one]
        found: list[Wishes] = []
        for then, after in product(scores, scores):
            if after - then in (wish.equal or (0,)):
                found += both(before(Mode.TRUE, then), self.demand(now, TRUE, equal=(after,), raw=True))
        return found

    # ── conditions ───────────────────────────────────────────────────────────────────────────────────────────────

    def ways(self, test: nodes.Node | None, scope: Mapping[str, Key], *, holds: bool) -> Ways:
        """The ways to make a condition hold, or not."""
        match test:
            case nodes.Not():
                return self.ways(test.node, scope, holds=not holds)
            case nodes.And() | nodes.Or():
                left, right = (self.ways(one, scope, holds=holds) for one in (test.left, test.right))
                return both(left, right) if holds == isinstance(test, nodes.And) else [*left, *right]
            case nodes.Const():
                return ANYHOW if bool(test.value) == holds else ()
            case nodes.CondExpr() if test.expr2 is not None:
                taken = both(self.ways(test.test, scope, holds=True), self.ways(test.expr1, scope, holds=holds))
                return [*taken, *both(self.ways(test.test, scope, holds=False), self.ways(test.expr2, scope, holds=holds))]
            case nodes.Filter() if test.node is not None:
                return self.ways(test.node, scope, holds=holds)
            case nodes.Compare() if len(test.ops) == 1:
                return self.compared(test, scope, holds=holds)
        key = placed(test, scope)
        if key is None:
            return ANYHOW
        return self.turn(key, None, same=holds) if key[0] == "loop" else self.demand(key, TRUTHY if holds else FALSY)

    def compared(self, test: nodes.Compare, scope: Mapping[str, Key], *, holds: bool) -> Ways:
        """The ways to make `path == constant` hold, or not; of two paths, chance must do."""
        left, right = test.expr, test.ops[0].expr
        if isinstance(left, nodes.Const):
            left, right = right, left
        key = placed(left, scope)
        if key is None or not isinstance(right, nodes.Const):
            return ANYHOW
        same = holds == (test.ops[0].op == "eq")
        if key[0] == "loop":
            return self.turn(key, right.value, same=same)
        if same:
            return self.demand(key, STATED, equal=(right.value,))
        return self.demand(key, frozenset(Mode), unlike=(right.value,))

    def turn(self, key: Key, value: object, *, same: bool) -> Ways:
        """The ways to a turn of a loop that is, or is not, its first, its last, or that of a number."""
        rows, name = key[1:-1], key[-1]
        if name in ("first", "last"):
            wanted = same == (value in (None, True))
            return self.demand(rows, ENTERED if wanted else frozenset({Mode.MANY}))
        further = same and isinstance(value, int) and value > 1
        return self.demand(rows, frozenset({Mode.MANY}) if further else ENTERED)


COMPUTED: Mapping[str, Callable[[Seeker, Key, Wish, Mode], Ways]] = {
    "age": Seeker.age,
    "minors": Seeker.minors,
    "copy": Seeker.copy,
    "third_country": Seeker.third_country,
    "sum": Seeker.sum,
    "hours": Seeker.hours,
    "cost": Seeker.cost,
    "previous": Seeker.previous,
    "first": Seeker.previous,
    "delta": Seeker.delta,
}
"""How each word of `x-computed` is led back to what it is computed from."""


def _all(several: Iterable[Ways]) -> Ways:
    """The ways to several things at once."""
    ways: Ways = ANYHOW
    for more in several:
        ways = both(ways, more)
    return ways


def everywhere(key: Key) -> Key:
    """The key of a place, whatever the row."""
    return tuple("*" if step.startswith("*") else step for step in key)


def placed(node: nodes.Node | None, scope: Mapping[str, Key]) -> Key | None:
    """The key of a path, by the names of the loops around it; None of anything else."""
    name = dotted(node) if node is not None else ""
    if not name:
        return None
    root, *steps = name.split(".")
    return None if root == "loop" and root not in scope else (*scope.get(root, (root,)), *steps)


def _name(key: Key) -> str:
    return ".".join(step for step in key if not step.startswith("*"))


def _without_missing(wish: Wish) -> Wish:
    return Wish(wish.schema, wish.modes - MISSING, wish.equal, wish.unlike, wish.long)


def sources(eyes: Eyes) -> list[str]:
    """The forms whose records a document can depend on: those it names, what they are computed from, what tells the line."""
    found = [*eyes.template.records, *eyes.template.optional]
    for name in found:
        if name in eyes.forms:
            computed = eyes.forms[name].computed
            found += [told["from"] for told in computed if "from" in told and told["from"] not in found]
            among = dict.fromkeys(place.partition("#")[0] for told in computed for place in told.get("among", ()))
            found += [one for one in among if one not in found]
    found += [place.partition("#")[0] for place in eyes.case_line if place.partition("#")[0] not in found]
    return [name for name in dict.fromkeys(found) if name in eyes.forms]


def drafty(seeker: Seeker, way: Wishes) -> bool:
    """True if a way leaves out an answer that its form asks for, or a record that the template needs."""
    for key, wish in way.items():
        if wish.modes == MISSING:
            if len(key) == 1 and key[0] in seeker.eyes.template.records:
                return True
            above = seeker.schema(key[:-1]) if len(key) > 1 else None
            if above and key[-1] in above.get("required", ()):
                return True
        if wish.modes == {Mode.ZERO} and wish.schema.get("minItems", 0) > 0:
            return True
    return False
