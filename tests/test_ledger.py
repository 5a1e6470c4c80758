"""Money is summed to the cent and hours to the hundredth, and only money and hours."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pitstop_docs.ledger import amounts, cost, hours, numbers, total

DATA = {
    "azioni": [{"costo": "10.10"}, {"costo": "0.20"}, {"nome": "x"}, "x", None, {"costo": {"costo": "5.00"}}],
    "gruppi": [{"righe": [{"costo": "1.00"}]}, {"righe": []}, {"righe": [{"costo": "2.00"}, {"costo": "3.00"}]}],
    "elenco": ["4.00", "5.00"],
    "solo": "6.00",
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/azioni/*/costo", ["10.10", "0.20"]),
        ("/gruppi/*/righe/*/costo", ["1.00", "2.00", "3.00"]),
        ("/elenco/*", ["4.00", "5.00"]),
        ("/solo", ["6.00"]),
        ("/manca/*/costo", []),
        ("/solo/*/costo", []),
        ("/azioni/costo", []),
    ],
)
def test_the_amounts_at_a_place_are_found_in_their_order(path: str, found: list[str]) -> None:
    assert list(amounts(DATA, path)) == [Decimal(one) for one in found]


@pytest.mark.parametrize(
    "told", ["1.250,50", "10", "1e3", "NaN", "dieci", "", " 1.00", "1.000", 10, Decimal("1.00"), True, None, [], {}]
)
def test_what_is_not_written_as_an_amount_does_not_count(told: Any) -> None:
    assert list(amounts({"a": [{"b": told}]}, "/a/*/b")) == []


def test_a_total_has_its_two_decimals() -> None:
    assert str(total([])) == "0.00"
    assert str(total([Decimal("0.1")] * 3)) == "0.30"
    assert str(total([Decimal("999999999.99")] * 1000)) == "999999999990.00"


@given(st.lists(st.integers(-(10**11), 10**11), max_size=200))
def test_a_total_is_exact(cents: list[int]) -> None:
    assert total(Decimal(one).scaleb(-2) for one in cents) * 100 == sum(cents)


@pytest.mark.parametrize("told", ["4", True, None, -1, 10_000, 10**30, Decimal("1e90"), [1], {"b": 1}])
def test_what_is_no_number_of_hours_does_not_count(told: Any) -> None:
    assert list(numbers({"a": [{"b": told}, {"b": 2}]}, "/a/*/b")) == [2]


def test_hours_are_found_in_all_rows_or_in_one() -> None:
    data = {"giorni": [{"ore": 1}, {"ore": Decimal("2.5")}]}
    assert list(numbers(data, "/giorni/*/ore")) == [1, Decimal("2.5")]
    assert list(numbers(data, "/giorni/1/ore")) == [Decimal("2.5")]
    assert list(numbers(data, "/giorni/2/ore")) == []


@pytest.mark.parametrize(
    ("told", "said"),
    [([], "0"), (["7.50"], "7.5"), (["7.5", "0.5"], "8"), (["100"], "100"), (["0.1"] * 10, "1"), (["0.333"] * 3, "1")],
)
def test_hours_have_no_zeros_at_their_end(told: list[str], said: str) -> None:
    assert str(hours(map(Decimal, told))) == said


@pytest.mark.parametrize(
    ("worked", "rate", "said"), [("0.25", "18.62", "4.66"), ("16.75", "18.60", "311.55"), ("0", "9.99", "0.00")]
)
def test_a_cost_is_rounded_half_up(worked: str, rate: str, said: str) -> None:
    assert str(cost(Decimal(worked), Decimal(rate))) == said
