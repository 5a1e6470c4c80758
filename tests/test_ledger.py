"""Money is summed to the cent, and only money."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pitstop_docs.ledger import amounts, total

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
