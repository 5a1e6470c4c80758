"""How often a case is met: whole months are counted, and nothing is asked before a plan begins or a diary exists."""

from datetime import date

import pytest

from pitstop_docs.checks.monitoring import _whole_months
from pitstop_docs.findings import Finding
from tests.casebook import read


def ruled(**changes: object) -> list[Finding]:
    """What the rules of the diary say of the clean case with these changes."""
    found = read("diario/clean").changed(**changes).findings()
    return [one for one in found if one.rule in ("CASE-010", "CASE-025", "CASE-026", "CASE-027", "CASE-028")]


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        (date(2026, 3, 10), date(2026, 6, 30), [(2026, 4), (2026, 5)]),
        (date(2026, 3, 1), date(2026, 5, 1), [(2026, 3), (2026, 4)]),
        (date(2026, 11, 2), date(2027, 2, 1), [(2026, 12), (2027, 1)]),
        (date(2026, 3, 10), date(2026, 4, 30), []),
        (date(2026, 3, 10), date(2026, 5, 1), [(2026, 4)]),
        (date(2026, 3, 2), date(2026, 3, 2), []),
    ],
)
def test_a_month_counts_when_all_its_days_are_over(start: date, end: date, months: list[tuple[int, int]]) -> None:
    assert [*_whole_months(start, end)] == months


def test_before_a_plan_begins_no_frequency_is_asked() -> None:
    assert ruled(**{"/pai": None, "/colloquio": [None, None, {"data": "2026-02-20"}]}) == []
    assert ruled(**{"/pai/0/data_inizio": "2026-08-01", "/pai/0/data_fine": "2027-03-09"}) == []
    assert {one.rule for one in ruled(**{"/colloquio": [{"data": "2026-02-20"}]})} == {"CASE-010", "CASE-025"}


def test_a_diary_that_nobody_began_is_told_by_its_form_alone() -> None:
    assert ruled(**{"/colloquio": None}) == []


def test_a_record_without_date_is_no_contact_and_no_mistake() -> None:
    row = {"tipo": "colloquio", "svolgimento": "svolto", "obiettivo": "O9", "riservatezza": "partner"}
    assert ruled(**{"/colloquio/8": row}) == []


def test_only_the_higher_number_of_a_case_on_two_lines_is_asked() -> None:
    one_a_month = {"/colloquio/1": None, "/colloquio/4": None}
    assert "CASE-025" in {one.rule for one in ruled(**one_a_month)}
    on_line_2 = {**one_a_month, "/presa_in_carico/linea": "L2"}
    assert "CASE-025" not in {one.rule for one in ruled(**on_line_2)}
    nowhere = {"/presa_in_carico": None, "/segnalazione": None}
    assert "CASE-025" not in {one.rule for one in ruled(**one_a_month, **nowhere)}
