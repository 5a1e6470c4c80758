"""A worker's month: hours that add up, that could be worked, on days of the contract, at the declared cost, signed afterwards.

All of a person's sheets are known by the worker's code; hours are `Decimal` and may be written to the hundredth.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

from pitstop_docs import formats, ledger
from pitstop_docs.blanks import Node
from pitstop_docs.checks.plans import add_months
from pitstop_docs.checks.situation import Check, Params, Situation, also, amount, at, limit, said, shown, signed_sheets, whole
from pitstop_docs.findings import Hit

SHEET = "timesheet"
DIARY = "colloquio"
WORKER = "LAV"
"""Whoever did the hours, whatever their role: the block of signatures calls them so."""
PROJECT_HOURS = ("ore_l1", "ore_l2", "ore_generali")
FUNDED_HOURS = (*PROJECT_HOURS, "ore_altri_progetti")
ALL_HOURS = (*FUNDED_HOURS, "ore_ordinarie")
CASE_HOURS = ("ore_l1", "ore_l2")
TURNS = (("dalle", "alle"), ("dalle_2", "alle_2"))
HOUR = 3600


# ── what a sheet says ────────────────────────────────────────────────────────────────────────────────────────────────


def _sheet(situation: Situation) -> Node | None:
    return situation.subject if situation.form == SHEET else None


def _own(situation: Situation, sheet: Node) -> tuple[Node, ...]:
    """All the sheets of the same worker, this one too; this one alone where nobody said whose it is."""
    code = _code(sheet)
    return tuple(one for one in situation.all(SHEET) if one is sheet or (code and _code(one) == code))


def _code(sheet: Node) -> str:
    worker = sheet.group("lavoratore")
    return worker.text("codice") if worker else ""


def _month(sheet: Node) -> tuple[date, date] | None:
    """The first and last day of the sheet's month, None while it is not known."""
    year, month = whole(sheet, "anno"), whole(sheet, "mese")
    if year is None or month is None or not (formats.FIRST_YEAR <= year <= formats.LAST_YEAR and 1 <= month <= 12):
        return None
    first = date(year, month, 1)
    return first, add_months(first, 1) - timedelta(days=1)


def _hours(row: Node, fields: Iterable[str] = ALL_HOURS) -> Decimal:
    """The hours of a row; what is no number of hours does not count."""
    found = (amount(row, field) for field in fields)
    return ledger.hours(one for one in found if one is not None and 0 <= one < ledger.MOST_HOURS)


def _worked(rows: Iterable[Node], fields: Iterable[str] = ALL_HOURS) -> Decimal:
    """The hours of some rows."""
    return ledger.hours(_hours(row, fields) for row in rows)


def _by_day(sheets: Iterable[Node]) -> dict[date, list[Node]]:
    """The rows of some sheets by their day."""
    found: defaultdict[date, list[Node]] = defaultdict(list)
    for sheet in sheets:
        for row in sheet.rows("giorni"):
            day = row.day("giorno")
            if day:
                found[day].append(row)
    return found


def _turns(row: Node) -> list[tuple[time, time]]:
    """When the person worked, as far as both ends are known and in order."""
    ends = [(row.values.get(since), row.values.get(until)) for since, until in TURNS]
    return [(a, b) for a, b in ends if isinstance(a, time) and isinstance(b, time) and a < b]


def _seconds(moment: time) -> int:
    return moment.hour * HOUR + moment.minute * 60 + moment.second


def _row_number(row: Node) -> str:
    return str(int(row.place.path.rpartition("/")[2]) + 1)


def _cost(sheet: Node) -> Decimal | None:
    """What the month's hours on the project cost, in EUR, None without a rate."""
    terms = sheet.group("rapporto")
    rate = amount(terms, "costo_orario") if terms else None
    return None if rate is None else ledger.cost(_worked(sheet.rows("giorni"), PROJECT_HOURS), rate)


def _number(value: Decimal) -> str:
    return formats.show(ledger.hours([value]))


# ── the rules ────────────────────────────────────────────────────────────────────────────────────────────────────────


def hours_add_up(situation: Situation, params: Params) -> Iterator[Hit]:
    """TS-001: the hours of a row are those between its times, of the month those of the presences, the amount hours by rate."""
    sheet, grain = _sheet(situation), limit(params, "minuti_minimi")
    if sheet is None:
        return
    for row in sheet.rows("giorni"):
        turns, told = _turns(row), _hours(row)
        spent = sum(_seconds(until) - _seconds(since) for since, until in turns)
        between = ledger.hours([Decimal(spent) / HOUR])
        if turns and between != told:
            yield at(row, "", orari=_number(between), ore=_number(told))
        for field in ALL_HOURS:
            if grain and _hours(row, [field]) * 60 % grain:
                yield also("grain", at(row, f"/{field}", minuti=str(grain)))
    total, counted = _worked(sheet.rows("giorni")), amount(sheet, "ore_rilevate")
    if counted is not None and counted != total:
        yield also("month", at(sheet, "/ore_rilevate", somma=_number(total), ore=_number(counted)))
    charged, cost = amount(sheet, "importo_imputato"), _cost(sheet)
    if charged is not None and cost is not None and charged != cost:
        yield also("amount", at(sheet, "/importo_imputato"))


def no_overlap(situation: Situation, params: Params) -> Iterator[Hit]:
    """TS-002: nobody works twice at the same time, in any of their sheets; there is one sheet for each month."""
    sheet = _sheet(situation)
    if sheet is None:
        return
    others = [one for one in _own(situation, sheet) if one is not sheet]
    twin = next((one for one in others if _month(one) and _month(one) == _month(sheet)), None)
    if twin:
        yield also("twice", at(sheet, "/mese", foglio=str(twin.place.number)))
    elsewhere = _by_day(others)
    for rows in _by_day([sheet]).values():
        day = rows[0].day("giorno")
        for n, row in enumerate(rows):
            before = next((one for one in rows[:n] if _meet(one, row)), None)
            other = next((one for one in elsewhere.get(day, ()) if _meet(one, row)), None) if day else None
            if before:
                yield at(row, "/dalle", riga=_row_number(before))
            elif other:
                yield also("other", at(row, "/dalle", riga=_row_number(other), foglio=str(other.place.number)))


def _meet(one: Node, other: Node) -> bool:
    return any(a < d and c < b for a, b in _turns(one) for c, d in _turns(other))


def day_is_possible(situation: Situation, params: Params) -> Iterator[Hit]:
    """TS-003: no day is longer than the contract or the daily rest allow, all sheets together (D.Lgs. 66/2003, art. 7)."""
    sheet, legal = _sheet(situation), amount_of(params, "ore_massime")
    if sheet is None:
        return
    terms = sheet.group("rapporto")
    limits = [one for one in (legal, amount(terms, "ore_massime_giorno") if terms else None) if one is not None]
    everywhere = _by_day(_own(situation, sheet))
    for day, rows in _by_day([sheet]).items():
        told = _worked(everywhere[day])
        if limits and told > min(limits):
            yield at(rows[0], "/giorno", data=shown(day), ore=_number(told), massimo=_number(min(limits)))


def year_within_hours(situation: Situation, params: Params) -> Iterator[Hit]:
    """TS-004: up to this month, the year's hours on funded projects stay within the standard year, for the part that is due."""
    sheet, standard = _sheet(situation), amount_of(params, "ore_anno")
    month = _month(sheet) if sheet else None
    if sheet is None or month is None or standard is None:
        return
    first, last = month
    days = _by_day(_own(situation, sheet))
    told = _worked((row for day, rows in days.items() if date(first.year, 1, 1) <= day <= last for row in rows), FUNDED_HOURS)
    due = ledger.hours([Decimal(standard) * _part_time(sheet) * _months_due(sheet, first.year) / 12])
    if told > due:
        yield at(sheet, "/totale_progetto", anno=str(first.year), ore=_number(told), massimo=_number(due))


def _part_time(sheet: Node) -> Decimal:
    """Which part of full time the contract is; 1 where it does not say."""
    terms = sheet.group("rapporto")
    week, full = (amount(terms, key) if terms else None for key in ("ore_settimana", "ore_tempo_pieno"))
    return week / full if week is not None and full is not None and 0 < week < full else Decimal(1)


def _months_due(sheet: Node, year: int) -> int:
    """In how many months of a year the contract is in force, each counted whole."""
    terms = sheet.group("rapporto")
    since, until = (terms.day(key) if terms else None for key in ("dal", "al"))
    start, end = max(since or date.min, date(year, 1, 1)), min(until or date.max, date(year, 12, 31))
    return max(end.month - start.month + 1, 0) if start.year == end.year == year else 0


def day_is_workable(situation: Situation, params: Params) -> Iterator[Hit]:
    """TS-005: no hours on a day of absence; on Sundays and holidays only who works in shifts."""
    sheet = _sheet(situation)
    if sheet is None:
        return
    terms = sheet.group("rapporto")
    for day, rows in _by_day([sheet]).items():
        told = _worked(rows)
        if not told:
            continue
        absent = next((row for row in rows if row.text("assenza")), None)
        if absent:
            yield at(absent, "/assenza", data=shown(day), ore=_number(told))
        elif terms and terms.flag("a_turni"):
            continue
        elif day.isoweekday() == 7:
            yield also("sunday", at(rows[0], "/giorno", data=shown(day)))
        elif name := _holiday(day, params["holidays"]):
            yield also("holiday", at(rows[0], "/giorno", data=shown(day), festa=name))


def _holiday(day: date, holidays: Mapping[str, Mapping[str, Any]]) -> str:
    """What the calendar calls the day, empty for an ordinary one: dates with a year, or the same every year from a day on."""
    for name, told in holidays.items():
        yearly = told.get("every_year") == f"{day:%m-%d}" and told.get("since", "") <= day.isoformat()
        if yearly or day.isoformat() in told.get("days", ()):
            return name
    return ""


def day_is_covered(situation: Situation, params: Params) -> Iterator[Hit]:
    """TS-006: every day is in the month; its hours in the contract, those on the project in the order of service and in it."""
    sheet = _sheet(situation)
    if sheet is None:
        return
    project = situation.last("progetto")
    spans = (
        ("contract", _span(sheet.group("rapporto"), "dal", "al"), ALL_HOURS),
        ("order", _span(sheet.group("ordine_servizio"), "dal", "al"), PROJECT_HOURS),
        ("project", _span(project, "data_inizio", "data_fine"), PROJECT_HOURS),
    )
    month = _month(sheet)
    for row in sheet.rows("giorni"):
        day = row.day("giorno")
        if day is None:
            continue
        if month and not month[0] <= day <= month[1]:
            yield at(row, "/giorno", data=shown(day))
            continue
        for message, (since, until), fields in spans:
            if _hours(row, fields) and ((since and day < since) or (until and day > until)):
                yield also(message, at(row, "/giorno", data=shown(day), periodo=_said_span(since, until)))
                break


def _said_span(since: date | None, until: date | None) -> str:
    return " ".join(f"{word} {shown(day)}" for word, day in (("dal", since), ("al", until)) if day)


def _span(group: Node | None, first: str, last: str) -> tuple[date | None, date | None]:
    return (group.day(first), group.day(last)) if group else (None, None)


def rate_is_declared(situation: Situation, params: Params) -> Iterator[Hit]:
    """TS-007: the hourly cost is that of the project's method, to the cent: the year's cost by its standard or stated hours."""
    sheet, project = _sheet(situation), situation.last("progetto")
    terms, method = sheet.group("rapporto") if sheet else None, project.text("metodo_costo_orario") if project else ""
    year = amount(terms, "costo_annuo") if terms else None
    rate = amount(terms, "costo_orario") if terms else None
    if sheet is None or terms is None or project is None or not method or year is None or rate is None:
        return
    standard, cents = amount_of(params, "ore_anno"), limit(params, "tolleranza_centesimi")
    told = said(project, "metodo_costo_orario")
    if method == params["standard_method"]:
        divisor = standard * _part_time(sheet) if standard is not None else None
    else:
        divisor = amount(terms, "ore_divisore")
        if divisor is None:
            yield also("divisor", at(terms, "/ore_divisore", metodo=told))
    if divisor and divisor > 0 and cents is not None and abs(year / divisor - rate) > ledger.CENT * cents:
        yield at(terms, "/costo_orario", metodo=told)


def signed_after_the_month(situation: Situation, params: Params) -> Iterator[Hit]:
    """TS-008: dated and signed when the month is over; once it is signed, by the worker and by who answers for the project."""
    sheet = _sheet(situation)
    month = _month(sheet) if sheet else None
    if sheet is None or month is None:
        return
    day, end = situation.date_of(sheet), month[1]
    if day and day < end:
        yield also("sheet", at(sheet, situation.dates[SHEET], data=shown(day), fine=shown(end)))
    worker = sheet.group("lavoratore")
    own = worker.text("ruolo") if worker else ""
    papers = signed_sheets(situation)
    rows = [row for paper in papers for row in paper.rows("firme")]
    signed = {row.text("ruolo") for row in rows}
    missing = [name for role, name in situation.due if (own if role == WORKER else role) not in signed]
    if papers and missing:
        yield at(papers[-1], "/firme", ruoli=", ".join(missing))
    for row in rows:
        when = row.day("data")
        if when is None:
            yield also("undated", at(row, "/data", ruolo=said(row, "ruolo")))
        elif when < end:
            yield also("early", at(row, "/data", ruolo=said(row, "ruolo"), data=shown(when), fine=shown(end)))


def diary_agrees(situation: Situation, params: Params) -> Iterator[Hit]:
    """TS-009: on days with casework the diary tells a contact of the worker, missed or not; on days with one, hours on a line.

    Of a worker who is in no diary there is nothing to say.
    """
    sheet = _sheet(situation)
    month, contacts = (_month(sheet), _contacts(situation, sheet)) if sheet else (None, ())
    if sheet is None or month is None or not contacts:
        return
    first, last = month
    days = {day: rows for day, rows in _by_day([sheet]).items() if first <= day <= last}
    casework = {day for day, rows in days.items() if any(_on_cases(row, params["activities"]) for row in rows)}
    told = {day for day, _ in contacts if first <= day <= last}
    held = {day for day, outcome in contacts if first <= day <= last and outcome == params["held"]}
    on_lines = {day for day, rows in days.items() if _worked(rows, CASE_HOURS)}
    for message, found in (("message", casework - told), ("no_hours", held - on_lines)):
        if found:
            yield also(message, at(sheet, "/giorni", giorni=", ".join(str(day.day) for day in sorted(found))))


def _contacts(situation: Situation, sheet: Node) -> list[tuple[date, str]]:
    """The day and the outcome of each contact that the diaries of all cases tell of the worker."""
    worker = sheet.group("lavoratore")
    name = _folded(worker.text("nome")) if worker else []
    found = []
    for _, contact in situation.elsewhere(DIARY):
        operator, day = contact.group("operatore"), contact.day("data")
        if day and operator and name and _folded(operator.text("nome")) == name:
            found.append((day, contact.text("svolgimento")))
    return found


def _folded(name: str) -> list[str]:
    """A name in whatever order and case it was written."""
    return sorted(name.casefold().split())


def _on_cases(row: Node, activities: Iterable[str]) -> bool:
    return bool(_hours(row, CASE_HOURS)) and row.text("attivita") in activities


def week_is_plausible(situation: Situation, params: Params) -> Iterator[Hit]:
    """TS-010: no week is longer than the law's average; a month whose days are all alike was copied rather than told."""
    sheet, most, least = _sheet(situation), amount_of(params, "ore_settimana"), limit(params, "giorni_uguali")
    if sheet is None:
        return
    everywhere, weeks = _by_day(_own(situation, sheet)), dict[date, Node]()
    for day, rows in sorted(_by_day([sheet]).items(), key=lambda told: told[0]):
        weeks.setdefault(day - timedelta(days=day.weekday()), rows[0])
    for monday, row in weeks.items():
        days = [monday + timedelta(days=n) for n in range(7)]
        told = _worked(one for day in days for one in everywhere.get(day, ()))
        if most is not None and told > most:
            facts = {"dal": shown(days[0]), "al": shown(days[-1]), "ore": _number(told), "massimo": _number(most)}
            yield at(row, "/giorno", **facts)
    alike = [tuple(_worked(rows, [field]) for field in ALL_HOURS) for rows in _by_day([sheet]).values() if _worked(rows)]
    if least is not None and len(alike) >= least and len(set(alike)) == 1:
        yield also("alike", at(sheet, "/giorni", giorni=str(len(alike))))


def cost_within_payslip(situation: Situation, params: Params) -> Iterator[Hit]:
    """TS-011: a month costs the project no more than its share of the payslip: the order of service's, else that of the hours."""
    sheet = _sheet(situation)
    payslip, order = (amount(sheet, "costo_busta_paga"), sheet.group("ordine_servizio")) if sheet else (None, None)
    if sheet is None or payslip is None:
        return
    rows = sheet.rows("giorni")
    stated, total = amount(order, "quota") if order else None, _worked(rows)
    charged = amount(sheet, "importo_imputato")
    cost = charged if charged is not None else _cost(sheet)
    share = _worked(rows, PROJECT_HOURS) / total if total else None
    share = stated / 100 if stated is not None else share
    if cost is not None and share is not None and cost > ledger.cost(payslip, share):
        yield at(sheet, "/costo_busta_paga")


def amount_of(params: Params, name: str) -> Decimal | None:
    """A number of hours of the rule, None while it is not known."""
    return None if params[name] is None else Decimal(params[name])


CHECKS: tuple[Check, ...] = (
    hours_add_up,
    no_overlap,
    day_is_possible,
    year_within_hours,
    day_is_workable,
    day_is_covered,
    rate_is_declared,
    signed_after_the_month,
    diary_agrees,
    week_is_plausible,
    cost_within_payslip,
)
