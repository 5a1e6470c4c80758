"""A chart of a template: which answers its bars stand for, and what it says in words to who cannot see it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pitstop_docs.blanks import Blank, Withheld, text_of
from pitstop_docs.findings import pointer_tokens

UNKNOWN = "non rilevato"
"""What is said of a value that is not there: in the drawing it is a gap."""


@dataclass(frozen=True)
class Series:
    """Bars of one look: what the legend calls them, and the field of a row (`/punteggio`) that each stands for."""

    name: str
    value: str


@dataclass(frozen=True)
class Chart:
    """A chart of a Word file. `part` is its place in the package (`word/charts/chart1.xml`).

    Each of `rows` is a group of answers (`form#/pointer`), or a list of them (`form#/pointer/*`); `label` is the field that
    names a row, empty where its group's own title does. `unknown` is a number that says that there is none, if one does.
    """

    part: str
    rows: tuple[str, ...]
    series: tuple[Series, ...]
    label: str = ""
    unknown: int | None = None

    @property
    def places(self) -> frozenset[str]:
        """Every place whose value it shows."""
        shown = (*(one.value for one in self.series), *([self.label] if self.label else []))
        return frozenset(f"{row}{field}" for row in self.rows for field in shown)


@dataclass(frozen=True)
class Figures:
    """What a chart is to show: the names of its rows; each series by name with its numbers, None for a gap; in words, a
    sentence for each row."""

    part: str
    labels: tuple[str, ...]
    series: tuple[tuple[str, tuple[Decimal | None, ...]], ...]
    words: tuple[str, ...]


def load_chart(told: Mapping[str, Any]) -> Chart:
    """The chart that an entry of a template's description tells. Raises KeyError, TypeError."""
    series = tuple(Series(one["name"], one["value"]) for one in told["series"])
    return Chart(told["part"], tuple(told["rows"]), series, told.get("label", ""), told.get("unknown"))


def figures(chart: Chart, context: Mapping[str, object]) -> Figures:
    """What the chart shows of these answers. Raises KitError if it names a field that a form has not."""
    rows = [one for place in chart.rows for one in _rows(place, context)]
    labels = [_name(_at(one, chart.label)) if chart.label else str(one.schema.get("title", "")) for one in rows]
    found = [[_at(row, one.value) for one in chart.series] for row in rows]
    numbers = [tuple(_number(value, chart.unknown) for value in values) for values in zip(*found, strict=True)]
    names = [one.name for one in chart.series]
    words = [
        f"{label}: {'; '.join(f'{name} {_said(value, chart.unknown)}' for name, value in zip(names, values, strict=True))}."
        for label, values in zip(labels, found, strict=True)
    ]
    numbers = numbers or [() for _ in names]
    return Figures(chart.part, tuple(labels), tuple(zip(names, numbers, strict=True)), tuple(words))


def _rows(place: str, context: Mapping[str, object]) -> Iterator[Any]:
    """The groups that a row of the description stands for; what is missing or withheld is one, of blanks."""
    form, _, pointer = place.partition("#")
    found: list[Any] = [context[form]]
    for step in pointer_tokens(pointer):
        found = [row for one in found for row in one] if step == "*" else [one[step] for one in found]
    yield from found


def _at(row: Any, pointer: str) -> Any:
    for step in pointer_tokens(pointer):
        row = row[step]
    return row


def _name(value: object) -> str:
    return str(value) if isinstance(value, Blank) else text_of(value)


def _number(value: object, unknown: int | None) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or value == unknown:
        return None
    return Decimal(value)


def _said(value: object, unknown: int | None) -> str:
    known = isinstance(value, Withheld) or _number(value, unknown) is not None
    return text_of(value) if known else UNKNOWN
