"""How a case is followed between one paper and the next: often enough, in its time, for its plan, read by whom it may be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

from pitstop_docs.blanks import Node
from pitstop_docs.checks.plans import add_months
from pitstop_docs.checks.situation import Check, Params, Situation, also, at, limit, shown
from pitstop_docs.findings import Hit
from pitstop_docs.formats import MONTHS, PartialDate

DIARY = "colloquio"
PLAN = "pai"
HELD = "svolto"
PARTNER = "partner"


def contact_lately(situation: Situation, params: Params) -> Iterator[Hit]:
    """CASE-010: while a plan runs, no more than so many days pass without a contact with the person that took place."""
    most, term = limit(params, "giorni_senza_contatti"), _term(situation)
    if most is None or term is None or not situation.all(DIARY):
        return
    since = term[0]
    for day, node in [*((day, node) for day, node in _held(situation, params) if term[0] <= day <= term[1]), (term[1], None)]:
        facts = {"giorni": str((day - since).days), "inizio": shown(since), "fine": shown(day), "massimo": str(most)}
        if (day - since).days > most:
            yield at(node, "/data", **facts) if node else Hit(DIARY, 1, "", facts, "open")
        since = day


def contacts_every_month(situation: Situation, params: Params) -> Iterator[Hit]:
    """CASE-025: in every whole month of a plan there are as many contacts as its line asks for."""
    lines = situation.line.split("+") if situation.line else []
    asked = [number for line in lines if (number := limit(params, f"contatti_al_mese_{line}")) is not None]
    term = _term(situation)
    if not asked or term is None or not situation.all(DIARY):
        return
    found = Counter((day.year, day.month) for day, _ in _held(situation, params))
    few = [f"{MONTHS[month - 1]} {year}" for year, month in _whole_months(*term) if found[year, month] < max(asked)]
    if few:
        yield Hit(DIARY, 1, "", {"mesi": ", ".join(few), "minimo": str(max(asked))})


def contacts_in_their_time(situation: Situation, params: Params) -> Iterator[Hit]:
    """CASE-026: a contact stands between the day on which the case was taken charge of and the end of a plan."""
    taken = situation.last("presa_in_carico")
    since = taken.day("decorrenza") or taken.day("data") if taken else None
    plans = [
        (start, end) for plan in situation.all(PLAN) if (start := plan.day("data_inizio")) and (end := plan.day("data_fine"))
    ]
    first = min((start for start, _ in plans), default=date.max)
    for node in situation.all(DIARY):
        day = node.day("data")
        if day and since and day < since:
            yield at(node, "/data", data=shown(day), altra=shown(since))
        elif day and day > first and not any(start <= day <= end for start, end in plans):
            yield also("plan", at(node, "/data", data=shown(day)))


def contact_serves_objective(situation: Situation, params: Params) -> Iterator[Hit]:
    """CASE-027: the objective that a contact serves is one of the plan in force on that day, of any plan if none was."""
    plans = situation.all(PLAN)
    for node in situation.all(DIARY):
        code, day = node.text("obiettivo"), node.day("data")
        current = [plan for plan in plans if day and _runs(plan, day)] or plans
        if code and day and code not in {row.text("codice") for plan in current for row in plan.rows("obiettivi")}:
            yield at(node, "/obiettivo", codice=code, data=shown(day))


def contact_kept_close(situation: Situation, params: Params) -> Iterator[Hit]:
    """CASE-028: what is told of a minor, or of someone whose address is protected, leaves the team only after a thought."""
    person, majority = situation.last("persona"), limit(params, "maggiore_eta")
    for node in situation.all(DIARY) if person else ():
        if person and node.text("riservatezza") == PARTNER:
            if person.flag("indirizzo_protetto"):
                yield at(node, "/riservatezza")
            elif majority is not None and _under_age(person, node.day("data"), majority):
                yield also("minor", at(node, "/riservatezza"))


# ── days ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _held(situation: Situation, params: Params) -> list[tuple[date, Node]]:
    """The contacts with the person that took place, by day: a meeting about them is none."""
    kinds = params["contatti"]
    held = [node for node in situation.all(DIARY) if node.text("svolgimento") == HELD and node.text("tipo") in kinds]
    found = [(day, node) for node in held if (day := node.day("data"))]
    return sorted(found, key=lambda one: (one[0], one[1].place.number))


def _term(situation: Situation) -> tuple[date, date] | None:
    """From the start of the first plan to the end of the last, or to today; None if no plan has begun."""
    starts = [day for plan in situation.all(PLAN) if (day := plan.day("data_inizio"))]
    ends = [plan.day("data_fine") or date.max for plan in situation.all(PLAN)]
    if not starts or min(starts) > situation.today:
        return None
    return min(starts), min(max(ends), situation.today)


def _whole_months(start: date, end: date) -> Iterator[tuple[int, int]]:
    """The months of which every day lies between two days, the last one not counted: today is not over."""
    first = start if start.day == 1 else add_months(start.replace(day=1), 1)
    while (following := add_months(first, 1)) <= end:
        yield first.year, first.month
        first = following


def _runs(plan: Node, day: date) -> bool:
    return (plan.day("data_inizio") or date.max) <= day <= (plan.day("data_fine") or date.max)


def _under_age(person: Node, day: date | None, majority: int) -> bool:
    """True if the person is known to be under age on that day, counted from the last day the birth can have been."""
    born = person.values.get("data_nascita")
    return isinstance(born, PartialDate) and day is not None and add_months(born.latest(), majority * 12) > day


CHECKS: tuple[Check, ...] = (
    contact_lately,
    contacts_every_month,
    contacts_in_their_time,
    contact_serves_objective,
    contact_kept_close,
)
