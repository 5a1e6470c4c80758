"""A month of hours: what the sheet adds up and prints, which days count as holidays, how much of a year is due, who sees it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pitstop_docs import documents
from pitstop_docs.answers import schema_at
from pitstop_docs.checks.timesheets import _holiday, _months_due
from pitstop_docs.context import completed
from pitstop_docs.desk import Desk
from pitstop_docs.records import PROJECT, Case
from pitstop_docs.workspace import Records
from tests.casebook import Told, kit, read
from tests.kits import CASE, Kit, fill, leaf, record, rows, seen, sight

TODAY = date(2026, 6, 30)
KIT = kit(TODAY)
VISIBLE = KIT.pack.recipients[KIT.template("timesheet").recipient]
CLEAN = read("timesheet/clean")


def sheet(**changes: Any) -> dict[str, Any]:
    """The clean sheet, with other answers."""
    return {**CLEAN.cases[CASE]["timesheet"][0], **changes}


def read_through(data: Mapping[str, Any]) -> dict[str, Any]:
    """The answers of a sheet, completed."""
    one = record("timesheet", data, case=PROJECT)
    return completed(one, Case(PROJECT, (one,)), sight(KIT.forms))


def printed(**changes: Any) -> str:
    answers = {"progetto": CLEAN.cases[CASE]["progetto"], "timesheet": sheet(**changes)}
    return seen(fill(KIT.template("timesheet"), KIT.forms, answers, visible=VISIBLE).content)


# What is added up


def test_the_hours_are_summed_for_each_day_for_each_column_and_for_the_month() -> None:
    told = read_through(sheet())
    assert [row["totale"] for row in told["giorni"]] == [Decimal(n) for n in ("7", "4", "0", "6", "3.25", "3")]
    totals = {name.removeprefix("totale_"): str(value) for name, value in told.items() if name.startswith("totale_")}
    assert totals == {
        "l1": "7.5",
        "l2": "4.25",
        "generali": "5",
        "progetto": "16.75",
        "altri_progetti": "2",
        "ordinarie": "4.5",
        "mese": "23.25",
    }
    assert told["importo"] == "311.55"


def test_a_tenth_of_an_hour_ten_times_is_one_hour() -> None:
    told = read_through(sheet(giorni=[{"giorno": f"2026-04-{n:02}", "ore_l1": Decimal("0.1")} for n in range(1, 11)]))
    assert (str(told["totale_l1"]), told["importo"]) == ("1", "18.60")


def test_the_cost_is_rounded_half_up_to_the_cent() -> None:
    told = read_through(sheet(giorni=[{"giorno": "2026-04-01", "ore_l1": Decimal("0.25")}]))
    assert told["importo"] == "4.65"
    terms = {**sheet()["rapporto"], "costo_orario": "18.62"}
    told = read_through(sheet(rapporto=terms, giorni=[{"giorno": "2026-04-01", "ore_l1": Decimal("0.25")}]))
    assert told["importo"] == "4.66"


def test_without_a_rate_there_is_no_cost() -> None:
    terms = {key: value for key, value in sheet()["rapporto"].items() if key != "costo_orario"}
    assert "importo" not in read_through(sheet(rapporto=terms))


@pytest.mark.parametrize("odd", ["4", True, -1, 10**17, Decimal("1e90"), [4], {"ore": 4}])
def test_what_is_no_number_of_hours_does_not_count(odd: Any) -> None:
    told = read_through(sheet(giorni=[{"giorno": "2026-04-01", "ore_l1": odd, "ore_l2": 2}]))
    assert (told["totale_l1"], told["totale_mese"], told["giorni"][0]["totale"]) == (0, 2, 2)


def test_a_computed_value_looks_into_its_own_row(tmp_path: Path) -> None:
    house = Kit.at(tmp_path)
    hours = leaf("Totale", "number", readOnly=True, x_computed={"fn": "hours", "parts": ["a", "b"]})
    row = {"a": leaf("A", "number"), "b": leaf("B", "number"), "t": hours}
    house.form("mese", {"giorni": rows("Giorni", row)}, scope="progetto")
    one = record("mese", {"giorni": [{"a": 1}, {"a": 2, "b": 3}, {}]}, case=PROJECT)
    told = completed(one, Case(PROJECT, (one,)), sight(house.forms))
    assert [row["t"] for row in told["giorni"]] == [1, 5, 0]


def test_every_part_of_a_sum_of_hours_is_a_number_that_is_asked() -> None:
    schema = KIT.form("timesheet").schema
    row = schema["properties"]["giorni"]["items"]
    parts = [(group, part) for group in (schema, row) for told in group["properties"].values() for part in _parts(told)]
    assert len(parts) > 20
    for group, part in parts:
        found = schema_at(group, part if part.startswith("/") else f"/{part}")
        assert found.get("type") == "number" and not found.get("readOnly"), part


def _parts(told: Mapping[str, Any]) -> list[str]:
    return list(told.get("x-computed", {}).get("parts", ()))


# What is printed


def test_the_sheet_prints_each_day_and_the_totals_under_their_columns() -> None:
    lines = printed().splitlines()
    first = lines.index("01/04/2026")
    row = ["01/04/2026", "09:00", "13:00", "14:00", "17:00", "4", "1", "2", "", "", "7", "colloqui", "PST-001", ""]
    assert lines[first : first + 14] == row
    total = lines.index("Totale", lines.index("30/04/2026"))
    assert lines[total : total + 8] == ["Totale", "7,5", "4,25", "5", "2", "4,5", "23,25", "Sul progetto: 16,75 ore"]
    assert "311,55 euro (imputato al progetto: 311,55 euro)" in lines


def test_a_full_month_has_all_its_days() -> None:
    days = [f"{n:02}/05/2026" for n in range(1, 32)]
    whole = [{"giorno": f"2026-05-{n:02}", "ore_l1": 1} for n in range(1, 32)]
    lines = printed(mese=5, giorni=whole).splitlines()
    assert [line for line in lines if line in days] == days
    assert "Sul progetto: 31 ore" in lines


def test_the_worker_and_the_coordinator_sign_under_their_names() -> None:
    text = printed()
    assert "Marta Tutorini" in text and "Vito Provacoordina" in text and "omissis" not in text


def test_who_is_not_employed_has_no_collective_agreement_to_write_in() -> None:
    employed = printed(rapporto={"tipo": "dipendente", "dal": "2026-01-01", "costo_orario": "20.00"})
    assert ", livello ___" in employed
    assert "livello" not in printed(rapporto={"tipo": "professionista", "dal": "2026-01-01", "costo_orario": "20.00"})


# Which days are holidays

HOLIDAYS: Mapping[str, Any] = next(rule.params["holidays"] for rule in KIT.pack.rules if rule.id == "TS-005")


def easter_monday(year: int) -> date:
    """By the rule of the Gregorian calendar (Meeus, Jones and Butcher)."""
    century, rest = divmod(year, 100)
    epact = (19 * (year % 19) + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    week = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    late = (year % 19 + 11 * epact + 22 * week) // 451
    month, day = divmod(epact + week - 7 * late + 114, 31)
    return date(year, month, day + 1) + timedelta(days=1)


def test_a_year_in_bari_has_twelve_holidays_besides_easter_and_the_patron_s() -> None:
    year = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    found = [f"{day:%m-%d}" for day in year if _holiday(day, HOLIDAYS)]
    assert " ".join(found) == "01-01 01-06 04-06 04-25 05-01 06-02 08-15 10-04 11-01 12-06 12-08 12-25 12-26"


def test_saint_francis_is_a_holiday_since_the_law_says_so() -> None:
    assert [_holiday(date(year, 10, 4), HOLIDAYS) for year in (2025, 2026)] == ["", "San Francesco"]


def test_easter_is_known_for_as_long_as_the_project_can_last() -> None:
    told = [date.fromisoformat(day) for day in HOLIDAYS["Lunedì dell’Angelo"]["days"]]
    assert told == [easter_monday(year) for year in range(2025, 2031)]


# How much of a year is due


@pytest.mark.parametrize(
    ("since", "until", "months"),
    [
        (None, None, 12),
        ("2020-05-01", None, 12),
        ("2026-04-30", None, 9),
        ("2026-04-01", "2026-04-30", 1),
        ("2025-01-01", "2026-02-01", 2),
        ("2026-12-31", "2027-06-30", 1),
        ("2027-01-01", None, 0),
        (None, "2025-12-31", 0),
    ],
)
def test_each_month_of_the_contract_in_the_year_is_due(since: str | None, until: str | None, months: int) -> None:
    terms = {key: day for key, day in (("dal", since), ("al", until)) if day}
    node = KIT.form("timesheet").typed(sheet(rapporto={"tipo": "professionista", **terms}))
    assert _months_due(node, 2026) == months


def test_the_hours_of_later_months_do_not_block_an_earlier_sheet() -> None:
    limit = {"regola": "TS-004", "parametro": "ore_anno", "valore": "20", "fonte": "Convenzione", "stato": "confermato"}
    told = read("timesheet/second_month").changed(**{"/progetto/parametri": [limit]})
    found = {number: [one.rule for one in _of(told, number).findings() if one.blocks] for number in (1, 2)}
    assert found == {1: [], 2: ["TS-004"]}


def _of(told: Told, number: int) -> Told:
    return Told(told.kind, told.today, told.cases, number, told.rules, told.expect)


# Who sees what


def test_a_paper_of_the_project_sees_every_diary_and_a_paper_of_a_case_none() -> None:
    desk = read("timesheet/diary_agrees").desk
    project, case = desk.situation(desk.target("timesheet")), desk.situation(desk.target("pai", CASE))
    assert [code for code, _ in project.elsewhere("colloquio")] == [CASE] * 3
    assert case.elsewhere("colloquio") == ()


def test_a_case_sees_of_a_sheet_the_rows_that_name_it() -> None:
    days = [{"giorno": "2026-04-01", "caso": CASE}, {"giorno": "2026-04-02", "caso": "PST-002"}, {"giorno": "2026-04-03"}]
    persons = [record("persona", {"nome": "Prova"}, case=code) for code in (CASE, "PST-002", "PST-003")]
    records = Records.of([*persons, record("timesheet", sheet(giorni=days), case=PROJECT)], KIT.forms)
    seen_by = {code: records.case(code).last("timesheet") for code in records.codes}
    assert {code: one and [row["giorno"] for row in (one.data or {})["giorni"]] for code, one in seen_by.items()} == {
        CASE: ["2026-04-01"],
        "PST-002": ["2026-04-02"],
        "PST-003": None,
    }


def test_the_copy_for_a_case_says_that_it_is_not_the_whole_sheet() -> None:
    desk = CLEAN.desk
    texts = [seen(documents.check(desk, desk.target("timesheet", code)).filled.content) for code in (PROJECT, CASE)]
    assert ["estratto: solo le righe del caso PST-001" in text for text in texts] == [False, True]
    assert ["02/04/2026" in text for text in texts] == [True, False]


def test_no_amount_and_no_name_is_in_what_the_rules_say() -> None:
    for name in ("cost_over_the_payslip", "amount_does_not_add_up", "rate_of_another_method", "contact_missing_in_the_diary"):
        told = read(f"timesheet/{name}")
        said = " ".join(one.message + one.remedy for one in Desk(KIT, told.desk.records).findings(told.target(told.desk)))
        assert said and not [text for text in ("Tutorini", "18,60", "311", "432,44", "20,00") if text in said]
