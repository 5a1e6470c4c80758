"""How far a person gets by alone: what was scored at the start is scored again, the judgement follows, so does the proposal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from pitstop_docs.blanks import Node
from pitstop_docs.checks.plans import add_months
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
    whole,
)
from pitstop_docs.findings import Hit

DISCHARGE = "dimettere"
AREAS = "aree"


def areas_scored_again(situation: Situation, params: Params) -> Iterator[Hit]:
    """AUT-001: every area that was scored once is scored again, and at least one is; a family may no longer be there."""
    check = situation.subject
    areas = _areas(check) if check else {}
    if check and areas and not any(_now(area) for area in areas.values()):
        yield also("none", at(check, f"/{AREAS}"))
        return
    for key, area in areas.items():
        known = _before(area)
        if check and known and area.values.get("punteggio") == 0 and key not in params["may_lapse"]:
            yield at(area, "/punteggio", area=_called(check, key), prima=str(known))


def start_is_known(situation: Situation, params: Params) -> Iterator[Hit]:
    """AUT-002: of who leaves, the areas whose change cannot be measured, as nobody scored them at the start."""
    check = situation.subject
    if check is None or check.text("proposta") != DISCHARGE:
        return
    areas = _areas(check)
    unknown = [_called(check, key) for key, area in areas.items() if _now(area) and not whole(area, "punteggio_iniziale")]
    if unknown:
        yield at(check, f"/{AREAS}", aree=", ".join(unknown))


def judgement_agrees(situation: Situation, params: Params) -> Iterator[Hit]:
    """AUT-003: the judgement is that of the scores, of who still receives support, and of what is proposed."""
    check = situation.subject
    if check is None:
        return
    judged, low = check.text("giudizio"), limit(params, "minimo_non_autonomo")
    scored = {key: score for key, area in _areas(check).items() if (score := _now(area))}
    least = limit(params, LEAST[judged]) if judged in LEAST else None
    for key, score in scored.items():
        if least is not None and score < least:
            facts = {"giudizio": said(check, "giudizio"), "area": _called(check, key), "punteggio": str(score)}
            yield at(_areas(check)[key], "/punteggio", **facts)
    if judged == "non_autonomo" and low is not None and scored and min(scored.values()) >= low:
        yield also("high", at(check, "/giudizio", giudizio=said(check, "giudizio"), minimo=str(low)))
    economy = check.group("economica")
    if judged == "autonomo" and economy and (amount(economy, "sostegni_in_corso") or 0) > 0:
        yield also("supported", at(economy, "/sostegni_in_corso", giudizio=said(check, "giudizio")))
    if judged == "autonomo" and check.text("proposta") in params["staying"]:
        yield also("stays", at(check, "/proposta", giudizio=said(check, "giudizio"), proposta=said(check, "proposta")))


LEAST = {"autonomo": "minimo_autonomo", "autonomo_con_sostegno_leggero": "minimo_sostegno_leggero"}
"""The parameter that says the lowest score of an area with which each judgement agrees."""


def discharge_deserved(situation: Situation, params: Params) -> Iterator[Hit]:
    """AUT-004: only who is judged able to do alone, or nearly, leaves. Source: Comune di Bari, PitStop Project."""
    check = situation.subject
    if check and check.text("proposta") == DISCHARGE and check.text("giudizio") and not _is_able(check, params):
        yield at(check, "/proposta", giudizio=said(check, "giudizio"))


def assessed_before_discharge(situation: Situation, params: Params) -> Iterator[Hit]:
    """AUT-005: who leaves was assessed at the start, on each line, and in between. Source: Comune di Bari, PitStop Project."""
    check = situation.subject
    if check is None or check.text("proposta") != DISCHARGE:
        return
    initial = [form for line, form in params["initial"].items() if line in situation.line.split("+")]
    made = situation.date_of(check)
    for form in (*initial, params["intermediate"]):
        days = [situation.date_of(node) for node in situation.all(form)]
        if not any(day is None or made is None or day <= made for day in days):
            yield Hit(form, len(days) + 1 if form == params["intermediate"] else 1, "", {"modulo": situation.title(form)})


def rent_sustainable(situation: Situation, params: Params) -> Iterator[Hit]:
    """AUT-006: the rent of who is judged able to do alone is no more than such a share of the net income."""
    check, most = situation.subject, params["percentuale_massima"]
    home, economy = (check.group(key) if check else None for key in ("abitativa", "economica"))
    rent, income = (amount(one, key) if one else None for one, key in ((home, "canone"), (economy, "reddito_netto")))
    if check is None or home is None or not rent or income is None or not _is_able(check, params):
        return
    if income <= 0:
        yield also("no_income", at(home, "/canone"))
    elif most is not None and rent * 100 > income * Decimal(most):
        yield at(home, "/canone", massimo=f"{most}".replace(".", ","))


def next_check_soon(situation: Situation, params: Params) -> Iterator[Hit]:
    """AUT-007: the next check is planned within so many months, and when its day has come it is there."""
    check, months = situation.subject, limit(params, "mesi_tra_verifiche")
    made, planned = (situation.date_of(check), check.day("prossima_verifica")) if check else (None, None)
    if check is None or made is None or planned is None:
        return
    if months is not None and planned > add_months(made, months):
        yield at(check, "/prossima_verifica", mesi=months_of(months))
    later = any((situation.date_of(node) or made) > made for node in situation.all(situation.form))
    tolerance = timedelta(days=limit(params, "giorni_tolleranza") or 0)
    if planned + tolerance < situation.today and not later:
        yield also("passed", at(check, "/prossima_verifica", data=shown(planned)))


def _is_able(check: Node, params: Params) -> bool:
    return check.text("giudizio") in params["able"]


def _areas(check: Node) -> dict[str, Node]:
    """The areas that were stated, in the order of the form."""
    areas = check.group(AREAS)
    return {key: area for key in areas.schema["properties"] if (area := areas.group(key))} if areas else {}


def _now(area: Node) -> int:
    """The score of today, 0 if there is none."""
    return whole(area, "punteggio") or 0


def _before(area: Node) -> int:
    """The last score before today's, 0 if there is none."""
    return whole(area, "punteggio_precedente") or whole(area, "punteggio_iniziale") or 0


def _called(check: Node, key: str) -> str:
    areas = check.group(AREAS)
    return label(areas, key) if areas else key


CHECKS: tuple[Check, ...] = (
    areas_scored_again,
    start_is_known,
    judgement_agrees,
    discharge_deserved,
    assessed_before_discharge,
    rent_sustainable,
    next_check_soon,
)
