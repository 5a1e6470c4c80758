"""Money in EUR, in `Decimal`, to the cent: what a template prints as a total is summed here."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from pitstop_docs import formats

CENT = Decimal("0.01")


def amounts(data: Any, path: str) -> Iterator[Decimal]:
    """The amounts at a pointer pattern (`/sostegni/*/max_totale`); one that is not an amount does not count."""
    found = [data]
    for step in path.split("/")[1:]:
        found = [inner for one in found for inner in _step(one, step)]
    check = formats.FORMATS["euro"].check
    yield from (Decimal(one) for one in found if isinstance(one, str) and not check(one))


def _step(data: Any, step: str) -> Iterable[Any]:
    if step == "*":
        return data if isinstance(data, list | tuple) else ()
    return (data[step],) if isinstance(data, dict) and step in data else ()


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The sum in EUR, with its two decimals; 0.00 of nothing."""
    return sum(amounts, Decimal(0)).quantize(CENT)
