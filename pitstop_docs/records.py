"""Everything a person states is a record: a beneficiary's data, a PAI, the project's CUP, a waiver, a signature."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

PROJECT = ""
"""The case of a record that belongs to the whole project."""
ROW_KEY = "_riga"
"""Under which name a row of a repeated group holds its key: no field of a form is called so."""


@dataclass(frozen=True)
class Record:
    """One revision of the answers to a form. `data` is None where the record was withdrawn.

    `case` is a pseudonym (`PST-001`), or `PROJECT`. `number` counts the records of one form in one case from 1,
    `revision` the corrections of one record from 1; `based_on` is the revision that this one corrects (0 for the first).
    `saved_at` is an instant in UTC; `sha256` is that of the canonical JSON text.
    """

    case: str
    form: str
    number: int
    revision: int
    based_on: int
    saved_at: datetime
    author: str
    data: Mapping[str, Any] | None
    sha256: str


@dataclass(frozen=True)
class Case:
    """A person's file as it stands: the last revision of each live record of the case and of the project.

    Project-wide records that name cases (a meeting, a tutor's mandate) are here with the rows of this case only.
    """

    code: str
    records: tuple[Record, ...]

    def all(self, form: str) -> tuple[Record, ...]:
        """The records of a form, by number."""
        return tuple(sorted((r for r in self.records if r.form == form), key=lambda r: r.number))

    def last(self, form: str, number: int | None = None) -> Record | None:
        """The record with that number, or the highest numbered; None if there is none."""
        found = [r for r in self.all(form) if number in (None, r.number)]
        return found[-1] if found else None


@dataclass(frozen=True)
class Period:
    """A reporting period: both days belong to it."""

    start: date
    end: date
