"""What a template may print: the case's records, completed with what is computed, seen through its recipient's eyes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from pitstop_docs import formats, ledger
from pitstop_docs.answers import at, prune, schema_at
from pitstop_docs.blanks import Blank, Node, Place, Withheld
from pitstop_docs.errors import KitError
from pitstop_docs.findings import pointer_tokens
from pitstop_docs.forms import Form
from pitstop_docs.records import Case, Record
from pitstop_docs.templates import DOCUMENT, RECIPIENTS, Signer, Template


@dataclass(frozen=True)
class Sight:
    """How records are looked at: the forms of the kit, the day ages are counted on, the Union's countries, role names."""

    forms: Mapping[str, Form]
    on: date | None
    union: frozenset[str]
    roles: Mapping[str, str]


def gather(
    template: Template,
    case: Case,
    sight: Sight,
    *,
    number: int,
    visible: frozenset[str],
    document: Mapping[str, object],
) -> dict[str, object]:
    """The roots of the template: each form it reads as a `Node`, as a tuple of them where it reads every record, as a
    `Blank` if nobody filled it; and `documento`.
    """
    roots: dict[str, object] = {}
    for name in (*template.records, *template.optional):
        form = sight.forms.get(name)
        if form is None:
            raise KitError(f"{template.description.name}: il modulo «{name}» non esiste.")
        roots[name] = _root(template, form, case, number, sight, visible)
    place, row = Place("documento", 1), DOCUMENT["properties"]["firme"]["items"]
    rows = tuple(
        Node(row, {"ruolo": sight.roles.get(role, role), **({"nome": name} if name not in (None, "") else {})}, place)
        for role, name in signatures(template.signers, roots, sight.on)
    )
    roots["documento"] = Node(DOCUMENT, {**document, "firme": rows}, place)
    return roots


def _root(  # what is asked of a form, and through whose eyes
    template: Template, form: Form, case: Case, number: int, sight: Sight, visible: frozenset[str]
) -> object:
    found, place = read(template, form, case, number), Place(form.name, 1)
    known = readable(case, template.recipient, sight.forms)
    nodes = tuple(form.typed(completed(one, known, sight), one.number, visible=visible) for one in found)
    if form.name in template.every and any(one.data is not None for one in case.all(form.name)):
        return nodes
    if not found or found[0].data is None:
        return Blank(template.root(form), place, place)
    return nodes[0] if admits(form, found[0], template.recipient) else Withheld(form.schema, place)


def read(template: Template, form: Form, case: Case, number: int) -> tuple[Record, ...]:
    """The records of a form that a template reads: one or none; of a form that it reads whole, those that its recipient
    may read, by the date of the act (undated ones last), then by number."""
    if form.name not in template.every:
        record = case.last(form.name, number if form.name == template.form else None)
        return (record,) if record else ()
    known = [one for one in case.all(form.name) if one.data is not None and admits(form, one, template.recipient)]
    return tuple(sorted(known, key=lambda one: (day_of(form, one) or date.max, one.number)))


def admits(form: Form, record: Record, recipient: str) -> bool:
    """True if a record may reach a recipient: where its form asks who may read it, what is not stated stays in the house."""
    told = at(record.data or {}, form.audience) if form.audience else RECIPIENTS[-1]
    widest = RECIPIENTS.index(told) if told in RECIPIENTS else 0
    return RECIPIENTS.index(recipient) <= widest


def readable(case: Case, recipient: str, forms: Mapping[str, Form]) -> Case:
    """The case without what may not reach a recipient: nothing that he reads is computed from it either."""
    return Case(case.code, tuple(one for one in case.records if admits(forms[one.form], one, recipient)))


def day_of(form: Form, record: Record) -> date | None:
    """The date of the act that a record tells, None while nobody stated it."""
    told = at(record.data or {}, form.date) if form.date else None
    try:
        return date.fromisoformat(told) if isinstance(told, str) else None
    except ValueError:
        return None


def day_of_document(template: Template, form: Form, case: Case, number: int) -> date | None:
    """The date of the act that a document of this form tells: of several, the last."""
    return max(filter(None, (day_of(form, one) for one in read(template, form, case, number))), default=None)


# ── computed values ──────────────────────────────────────────────────────────────────────────────────────────────────


def completed(record: Record, case: Case, sight: Sight) -> dict[str, Any]:
    """The answers with each `x-computed` value in its place; one whose sources are not there is left out."""
    form = sight.forms[record.form]
    data = prune(record.data or {})
    asked = _Asked(record, case, sight, data)
    filled: dict[str, Any] = _fill(form.schema, data, "", asked)
    return filled


@dataclass(frozen=True)
class _Asked:
    record: Record
    case: Case
    sight: Sight
    data: Mapping[str, Any]

    def of(self, path: str, base: str) -> Any:
        """What a pointer of `x-computed` leads to: from the root, or from the group if it starts without a stroke."""
        return at(self.data, path if path.startswith("/") else f"{base}/{path}")


def _fill(schema: Mapping[str, Any], data: Any, path: str, asked: _Asked) -> Any:
    if isinstance(data, list):
        return [_fill(schema.get("items", {}), row, f"{path}/{n}", asked) for n, row in enumerate(data)]
    if not isinstance(data, Mapping):
        return data
    filled = {key: _fill(schema_at(schema, f"/{key}"), value, f"{path}/{key}", asked) for key, value in data.items()}
    for key, inner in schema.get("properties", {}).items():
        if isinstance(inner, Mapping) and inner.get("readOnly"):
            filled.pop(key, None)
            value = _compute(inner.get("x-computed", {}), path, filled, asked)
            if value is not None:
                filled[key] = value
    return filled


def _compute(told: Mapping[str, Any], base: str, group: Mapping[str, Any], asked: _Asked) -> Any:
    how = COMPUTED.get(told.get("fn", ""))
    if how is None:
        raise KitError(f"{asked.record.form}: il calcolo «{told.get('fn')}» non esiste.")
    return how(told, base, group, asked)


def _age(told: Mapping[str, Any], base: str, group: Mapping[str, Any], asked: _Asked) -> int | None:
    born = asked.of(told["of"], base)
    return age(born, asked.sight.on) if isinstance(born, str) and asked.sight.on else None


def age(born: str, on: date) -> int | None:
    """Whole years on a day, counted from the last day the birth can have been; None if the date is not one."""
    form = formats.FORMATS["data_parziale"]
    if form.check(born):
        return None
    value = form.value(born)
    day = value.latest() if isinstance(value, formats.PartialDate) else value
    if not isinstance(day, date) or day > on:
        return None
    return on.year - day.year - ((on.month, on.day) < (day.month, day.day))


def _minors(told: Mapping[str, Any], base: str, group: Mapping[str, Any], asked: _Asked) -> int | None:
    rows = asked.of(told["of"], base)
    if not isinstance(rows, list) or asked.sight.on is None:
        return None
    ages = (age(str(row.get("data_nascita", "")), asked.sight.on) for row in rows if isinstance(row, Mapping))
    return sum(1 for years in ages if years is not None and years < 18)


def _source(told: Mapping[str, Any], asked: _Asked) -> Any:
    record = asked.case.last(told["from"])
    return at(prune(record.data or {}), told["of"]) if record else None


def _copy(told: Mapping[str, Any], base: str, group: Mapping[str, Any], asked: _Asked) -> Any:
    return _source(told, asked)


def _third_country(told: Mapping[str, Any], base: str, group: Mapping[str, Any], asked: _Asked) -> bool | None:
    citizenships = _source(told, asked)
    if not isinstance(citizenships, list) or not citizenships:
        return None
    return not any(isinstance(one, str) and one in asked.sight.union for one in citizenships)


def _sum(told: Mapping[str, Any], base: str, group: Mapping[str, Any], asked: _Asked) -> str:
    return str(ledger.total(ledger.amounts(asked.data, told["of"])))


def _hours(told: Mapping[str, Any], base: str, group: Mapping[str, Any], asked: _Asked) -> Decimal:
    paths = (part if part.startswith("/") else f"{base}/{part}" for part in told["parts"])
    return ledger.hours(number for path in paths for number in ledger.numbers(asked.data, path))


def _cost(told: Mapping[str, Any], base: str, group: Mapping[str, Any], asked: _Asked) -> str | None:
    rate = next(ledger.amounts(asked.data, told["of"]), None)
    return None if rate is None else str(ledger.cost(_hours(told, base, group, asked), rate))


def _previous(told: Mapping[str, Any], base: str, group: Mapping[str, Any], asked: _Asked) -> int | None:
    """The last score that this group was given before: by an earlier record of the form, or where another form gives it."""
    before = _given(base, asked)
    return max(before, key=lambda one: (one.day, one.number, -one.rank)).score if before else None


def _first(told: Mapping[str, Any], base: str, group: Mapping[str, Any], asked: _Asked) -> int | None:
    """The first score that this group was ever given."""
    before = _given(base, asked)
    return min(before, key=lambda one: (one.day, one.number, one.rank)).score if before else None


SCORE = "punteggio"
"""How a group calls the score that it was given."""


@dataclass(frozen=True)
class _Given:
    """A score given before. `number` is that of its record among those of the form, 0 in another form; `rank` that of its
    place among those of the other forms: of the same day the first counts."""

    day: date
    number: int
    rank: int
    score: int


def _given(base: str, asked: _Asked) -> list[_Given]:
    """Every score of a group that is older than this record; zero says that nobody assessed it.

    Of the records of its own form the number tells which are older; of another that a case has many of, the day; what a case
    has once is the initial assessment, and older in any case.
    """
    form, record = asked.sight.forms[asked.record.form], asked.record
    today, found = day_of(form, record) or date.max, []
    for rank, place in enumerate([f"{form.name}#{base}/{SCORE}", *elsewhere(form.schema, base)]):
        name, _, pointer = place.partition("#")
        source, own = asked.sight.forms[name], name == form.name
        for one in asked.case.all(name) if source.many else filter(None, [asked.case.last(name)]):
            day = day_of(source, one) or (today if own else date.min)
            older = one.number < record.number if own else day <= today or not source.many
            score = at(one.data, pointer)
            if older and isinstance(score, int) and score:
                found.append(_Given(day, one.number if own else 0, rank, score))
    return found


def elsewhere(schema: Mapping[str, Any], base: str) -> list[str]:
    """Where other forms score the same as a group (`form#/pointer`): the places that it lists itself in `among`, and its own
    in the form that the group at the top is repeated `from`."""
    top, *rest = pointer_tokens(base) or [""]
    repeated = schema_at(schema, f"/{top}").get("x-computed", {}).get("from")
    same = [f"{repeated}#{''.join(f'/{step}' for step in rest)}/{SCORE}"] if repeated else []
    return [*schema_at(schema, base).get("x-computed", {}).get("among", ()), *same]


def _delta(told: Mapping[str, Any], base: str, group: Mapping[str, Any], asked: _Asked) -> int | None:
    """The score less the one before, or less the computed one that `of` names."""
    before = group.get(told["of"]) if "of" in told else _previous(told, base, group, asked)
    now = group.get(SCORE)
    return now - before if isinstance(now, int) and now and isinstance(before, int) and before else None


COMPUTED: Mapping[str, Callable[[Mapping[str, Any], str, Mapping[str, Any], _Asked], Any]] = {
    "age": _age,
    "minors": _minors,
    "copy": _copy,
    "third_country": _third_country,
    "sum": _sum,
    "hours": _hours,
    "cost": _cost,
    "previous": _previous,
    "first": _first,
    "delta": _delta,
}
"""The vocabulary of `x-computed`: what each word computes from the pointers beside it."""


# ── who signs ────────────────────────────────────────────────────────────────────────────────────────────────────────

MAJORITY = 18


def signatures(signers: tuple[Signer, ...], roots: Mapping[str, object], on: date | None) -> Iterator[tuple[str, object]]:
    """One role and name for each signature that the document must bear; None where nobody was named."""
    for signer in signers:
        form, _, pointer = signer.name.partition("#")
        root = roots.get(form)
        source = _reached(root, pointer) if isinstance(root, Node) else None
        names = list(NAMES.get(signer.role, _named)(signer.role, source, on))
        yield from ((signer.role, name) for name in names or ([None] if signer.required else []))


def _reached(node: Any, pointer: str) -> Any:
    for step in pointer_tokens(pointer):
        node = node[step]
    return node


def _named(role: str, source: Any, on: date | None) -> Iterator[object]:
    """The names in rows that have that role on the day, in a group that has a name, or the text itself."""
    if isinstance(source, tuple):
        rows = [row for row in source if isinstance(row, Node) and row.text("ruolo") == role]
        yield from (name_of(row) for row in rows if _in_office(row, on))
    elif isinstance(source, Node):
        yield name_of(source)
    elif isinstance(source, str | Withheld):
        yield source


def _in_office(row: Node, on: date | None) -> bool:
    """False only if the appointment is known to begin after the day or to end before it."""
    since, until = row.day("nominato_il"), row.day("fino_al")
    return on is None or not ((since and since > on) or (until and until < on))


def _adults(role: str, source: Any, on: date | None) -> Iterator[object]:
    """The adult members of the household who live with the person."""
    for row in source if isinstance(source, tuple) else ():
        years = row.amount("eta")
        if years is not None and years >= MAJORITY and row.values.get("convivente") is not False:
            yield name_of(row)


def _guardians(role: str, source: Any, on: date | None) -> Iterator[object]:
    """Who signs for a minor: the guardian, or those who hold parental responsibility; nobody for an adult."""
    if not isinstance(source, Node) or not is_minor(source):
        return
    guardian = source.group("tutore_curatore")
    parents = [row for row in source.rows("componenti") if row.flag("esercita_responsabilita_genitoriale")]
    named = [guardian] if guardian else parents
    yield from (name_of(row) for row in named)
    if not named:
        yield None


def is_minor(person: Node) -> bool:
    """True if the person is known to be under age on the day the document tells."""
    years = person.amount("eta")
    return years is not None and years < MAJORITY


def name_of(node: Node) -> object:
    """Surname and name as stated, either alone for those who have one only; «omissis» if they may not be seen."""
    pieces = [node.values[key] for key in ("cognome", "nome") if key in node.values]
    if any(isinstance(piece, Withheld) for piece in pieces):
        return pieces[0]
    return " ".join(str(piece) for piece in pieces)


NAMES: Mapping[str, Callable[[str, Any, date | None], Iterator[object]]] = {"ADULTI": _adults, "TUTELA": _guardians}
"""The roles whose names are found in their own way."""
