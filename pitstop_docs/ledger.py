"""Money in EUR to the cent, and hours: what a template prints as a total is summed here, in `Decimal`."""

from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from pitstop_docs import formats

CENT = Decimal("0.01")
MOST_HOURS = 10_000
"""No day, month or year has so many hours: a number that is larger was mistyped, and the form's own finding says so."""


def amounts(data: Any, path: str) -> Iterator[Decimal]:
    """The amounts at a pointer pattern (`/sostegni/*/max_totale`); one that is not an amount does not count."""
    check = formats.FORMATS["euro"].check
    yield from (Decimal(one) for one in _reached(data, path) if isinstance(one, str) and not check(one))


def numbers(data: Any, path: str) -> Iterator[Decimal]:
    """The hours at a pointer pattern (`/giorni/*/ore_l1`); what is not a number of hours does not count."""
    for one in _reached(data, path):
        if isinstance(one, int | Decimal) and not isinstance(one, bool) and 0 <= one < MOST_HOURS:
            yield Decimal(one)


def _reached(data: Any, path: str) -> list[Any]:
    found = [data]
    for step in path.split("/")[1:]:
        found = [inner for one in found for inner in _step(one, step)]
    return found


def _step(data: Any, step: str) -> Iterable[Any]:
    if isinstance(data, list | tuple):
        return data if step == "*" else data[int(step) : int(step) + 1] if step.isdecimal() else ()
    return (data[step],) if isinstance(data, dict) and step in data else ()


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The sum in EUR, with its two decimals; 0.00 of nothing."""
    return sum(amounts, Decimal(0)).quantize(CENT)


def hours(worked: Iterable[Decimal]) -> Decimal:
    """The sum in hours, without zeros at its end («7,5», not «7,50»); 0 of nothing."""
    found = sum(worked, Decimal(0)).quantize(CENT).normalize()
    return found.quantize(Decimal(1)) if found == found.to_integral_value() else found


def cost(worked: Decimal, rate: Decimal) -> Decimal:
    """What so many hours cost at a rate in EUR an hour, rounded half up to the cent."""
    return (worked * rate).quantize(CENT, ROUND_HALF_UP)
