"""The plan itself: urgent needs met, objectives complete, dates inside, support within its ceilings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from pitstop_docs import formats, ledger
from pitstop_docs.blanks import Node
from pitstop_docs.checks.situation import (
    Check,
    Params,
    Situation,
    also,
    amount,
    at,
    label,
    limit,
    months_of,
    said,
    shown,
    spread,
    whole,
)
from pitstop_docs.findings import Hit

URGENT = "alta"
INTERMEDIATE = "valutazione_intermedia"


def urgent_needs_met(situation: Situation, params: Params) -> Iterator[Hit]:
    """CASE-007: every need with priority «alta» has an objective in its area, or a written reason why not."""
    plan = situation.subject
    if plan is None:
        return
    rows = (*plan.rows("obiettivi"), *plan.rows("bisogni_senza_obiettivo"))
    covered = {row.text("area") for row in rows}
    for form, areas in params["areas"].items():
        assessment = _latest(situation, form, plan)
        dimensions = assessment.group("dimensioni") if assessment else None
        for key, group in dimensions.values.items() if dimensions else ():
            open_areas = () if covered & set(areas.get(key, ())) else areas.get(key, ())
            if dimensions and isinstance(group, Node) and group.text("priorita") == URGENT and open_areas:
                yield at(plan, "/obiettivi", dimensione=label(dimensions, key), area=" o ".join(open_areas))
        for key, allowed in params["needs"].items():
            urgent = assessment and any(need.text("priorita") == URGENT for need in assessment.rows(key))
            if assessment and urgent and not covered & set(allowed):
                yield also("need", at(plan, "/obiettivi", bisogni=label(assessment, key), area=" o ".join(allowed)))


def _latest(situation: Situation, form: str, plan: Node) -> Node | None:
    """What was known when the plan was made: the last intermediate assessment that repeats this one, else the initial one.

    None where the plan is for other lines.
    """
    lines, planned = situation.lines_of.get(form, ()), plan.text("linee")
    if lines and planned and not set(lines) & set(planned.split("+")):
        return None
    made, part = situation.date_of(plan) or date.max, form.removeprefix("valutazione_")
    known = [node for node in situation.all(INTERMEDIATE) if (situation.date_of(node) or date.min) <= made]
    repeated = [group for node in known if (group := node.group(part))]
    return repeated[-1] if repeated else situation.last(form)


def objectives_complete(situation: Situation, params: Params) -> Iterator[Hit]:
    """CASE-008: every objective has indicator, target, deadline and an action; every action has who does it.

    Source: D.Lgs. 147/2017, artt. 5 and 6.
    """
    plan = situation.subject
    if plan is None:
        return
    end = shown(plan.day("data_fine"))
    codes = [row.text("codice") for row in plan.rows("obiettivi")]
    served = {row.text("obiettivo") for row in plan.rows("azioni")}
    for n, row in enumerate(plan.rows("obiettivi"), start=1):
        named = row.text("codice")
        code = named or str(n)
        for key, name in params["fields"].items():
            if key not in row.values:
                yield at(row, f"/{key}", codice=code, campo=name)
        if "scadenza" not in row.values:
            yield also("deadline", at(row, "/scadenza", codice=code, fine=end))
        if named and named not in served:
            yield also("no_action", at(row, "", codice=code))
        if named and codes.count(named) > 1:
            yield also("repeated", at(row, "/codice", codice=code))
    for n, row in enumerate(plan.rows("azioni"), start=1):
        if not row.text("chi"):
            yield also("no_responsible", at(row, "/chi", riga=str(n)))
    for key, message in (("azioni", "unknown"), ("sostegni", "unknown_support")):
        for n, row in enumerate(plan.rows(key), start=1):
            code = row.text("obiettivo")
            if code and code not in codes:
                yield also(message, at(row, "/obiettivo", riga=str(n), codice=code))


def dates_inside_plan(situation: Situation, params: Params) -> Iterator[Hit]:
    """CASE-009: deadlines inside the plan, the plan inside the project, a review often enough, a duration that is true."""
    plan, project = situation.subject, situation.last("progetto")
    if plan is None:
        return
    start, end = plan.day("data_inizio"), plan.day("data_fine")
    ordered = not (start and end and end < start)
    for pattern in params["dates"] if ordered else ():  # else all would be outside: FMT-030 tells the one that is wrong
        for group, key, day in spread(plan, pattern):
            if isinstance(day, date) and _outside(day, start, end):
                yield at(group, f"/{key}", data=shown(day), inizio=shown(start), fine=shown(end))
    opens, closes = (project.day(key) if project else None for key in ("data_inizio", "data_fine"))
    for key, day in (("data_inizio", start), ("data_fine", end)):
        if day and _outside(day, opens, closes):
            yield also("project", at(plan, f"/{key}", data=shown(day), inizio=shown(opens), fine=shown(closes)))
    if start and end and start <= end:
        yield from _duration(plan, start, end, params)
        yield from _reviews(plan, start, end, params)


def _outside(day: date, start: date | None, end: date | None) -> bool:
    return bool((start and day < start) or (end and day > end))


def _duration(plan: Node, start: date, end: date, params: Params) -> Iterator[Hit]:
    months, tolerance = whole(plan, "durata_mesi"), timedelta(days=limit(params, "giorni_tolleranza") or 0)
    if months is not None and abs(add_months(start, months) - timedelta(days=1) - end) > tolerance:
        yield also("duration", at(plan, "/durata_mesi", inizio=shown(start), fine=shown(end), mesi=months_of(months)))


def _reviews(plan: Node, start: date, end: date, params: Params) -> Iterator[Hit]:
    """Reviews are due at least every so many months, up to the end of the plan."""
    tolerance, months = timedelta(days=limit(params, "giorni_tolleranza") or 0), limit(params, "mesi_tra_verifiche")
    days = sorted(day for row in plan.rows("verifiche") if (day := row.day("data")) and start <= day <= end)
    for since, until in zip([start, *days], [*days, end], strict=True):
        if months is not None and until > add_months(since, months) + tolerance:
            yield also("reviews", at(plan, "/verifiche", inizio=shown(since), fine=shown(until), mesi=months_of(months)))


def add_months(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month if it has no such day."""
    years, month = divmod(day.month - 1 + months, 12)
    first = date(min(day.year + years, date.max.year), month + 1, 1)
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1) if first.year < date.max.year else date.max
    return min(first + timedelta(days=day.day - 1), following - timedelta(days=1))


def support_within_ceiling(situation: Situation, params: Params) -> Iterator[Hit]:
    """CASE-018: the instalments of a measure stay within its own ceiling; the measure is one that the project admits."""
    plan, project = situation.subject, situation.last("progetto")
    admitted = {one for one in project.leaves("misure_ammesse") if isinstance(one, str)} if project else set()
    for row in plan.rows("sostegni") if plan else ():
        each, times, ceiling = amount(row, "importo"), whole(row, "n_rate"), amount(row, "max_totale")
        if each is not None and ceiling is not None and each * (times or 1) > ceiling:
            yield at(row, "/max_totale")
        if admitted and row.text("tipo_misura") and row.text("tipo_misura") not in admitted:
            yield also("not_admitted", at(row, "/tipo_misura", misura=said(row, "tipo_misura")))


def support_under_cap(situation: Situation, params: Params) -> Iterator[Hit]:
    """DST-007: what a person receives in all stays under the project's cap, where there is one."""
    cap = params["massimo_per_persona"]
    plans = situation.all(situation.form)
    spent = ledger.total(amount(row, "max_totale") or Decimal(0) for plan in plans for row in plan.rows("sostegni"))
    if cap is not None and situation.subject and spent > cap:
        yield at(situation.subject, "/sostegni", massimo=formats.show(formats.Money(cap)))


def renewal_planned(situation: Situation, params: Params) -> Iterator[Hit]:
    """CASE-020: a permit that expires before the plan ends is renewed by an action of the plan."""
    plan, person = situation.subject, situation.last("persona")
    permit = person.group("permesso") if person else None
    expires, end = permit.day("data_scadenza") if permit else None, plan.day("data_fine") if plan else None
    planned = {row.text("tipo") for row in plan.rows("azioni")} if plan else set()
    asked = renewal_asked(permit) if permit else None
    if plan and expires and end and expires < end and not asked and not planned & set(params["actions"]):
        yield at(plan, "/azioni", data=shown(expires), fine=shown(end))


def renewal_asked(permit: Node) -> date | None:
    """The day on which the renewal of this permit was asked; a request older than the permit gave the permit itself."""
    asked, issued = permit.day("rinnovo_richiesto_il"), permit.day("data_rilascio")
    return None if asked and issued and asked < issued else asked


def scores_not_fallen(situation: Situation, params: Params) -> Iterator[Hit]:
    """CASE-024: a score that fell by so many levels since the assessment before deserves a word."""
    node, drop = situation.subject, limit(params, "livelli_persi")
    if node is None or drop is None:
        return
    for part in node.values.values():
        dimensions = (part.group("dimensioni") or part) if isinstance(part, Node) else None
        for key, group in dimensions.values.items() if dimensions else ():
            fallen = whole(group, "delta") if isinstance(group, Node) else None
            if dimensions and isinstance(group, Node) and fallen is not None and fallen <= -drop:
                before, now = (str(whole(group, name)) for name in ("punteggio_precedente", "punteggio"))
                yield at(group, "/punteggio", dimensione=label(dimensions, key), prima=before, dopo=now)


CHECKS: tuple[Check, ...] = (
    urgent_needs_met,
    objectives_complete,
    dates_inside_plan,
    support_within_ceiling,
    support_under_cap,
    renewal_planned,
    scores_not_fallen,
)
