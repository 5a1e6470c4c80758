"""Every form of the kit through every program, with random answers: what was typed, and what of it was lost, changed or told."""

from __future__ import annotations

import io
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pypdf import PdfReader

from pitstop_docs.fillers.pdfvalues import dictionary
from tests.rounds import Ending, State, drawn, ending, furnished, issued, states
from tests.roundtrip import PROGRAMS, VIEWERS
from tests.scribe import NASTY

Key = TypeVar("Key")


@dataclass(frozen=True)
class Cell:
    """A form in a state, filled some times by a program: what became of the answers, and of the file on the average (kB)."""

    form: str
    state: State
    program: str
    files: int
    ending: Ending
    sent: float = 0
    back: float = 0
    needing: int = 0
    bare: int = 0

    @property
    def wrong(self) -> int:
        """How many things are wrong."""
        return max(len(self.ending.wrong), self.ending.lost + self.ending.changed)

    def told(self) -> str:
        """The figures of one cell in few words."""
        found = self.ending
        odd = [f"{count} {name}" for name in ("lost", "changed", "told") if (count := getattr(found, name))]
        return f"{self.program} {found.typed}{' (' + ', '.join(odd) + ')' if odd else ''}"

    def __add__(self, other: Cell) -> Cell:
        files = self.files + other.files
        sent, back = (
            (getattr(self, name) * self.files + getattr(other, name) * other.files) / files for name in ("sent", "back")
        )
        needing, bare = self.needing + other.needing, self.bare + other.bare
        return Cell("", self.state, self.program, files, self.ending + other.ending, sent, back, needing, bare)


@dataclass(frozen=True)
class Task:
    """A form to be filled by some programs, each so many times in each state."""

    form: str
    programs: tuple[str, ...]
    times: int
    texts: Sequence[str] = NASTY
    states: tuple[State, ...] = tuple(State)


def filled(task: Task) -> list[Cell]:
    """What became of a form in all programs."""
    with tempfile.TemporaryDirectory() as name:
        return list(_filled(task, Path(name)))


def _filled(task: Task, folder: Path) -> Iterator[Cell]:
    office = furnished(folder / "office")
    for state in states(office, office.workspace.form(task.form)):
        if state not in task.states:
            continue
        page = issued(office, task.form, state)
        office = office.stopped()
        told = [drawn(page, f"sweep {n}", task.texts) for n in range(task.times)]
        for name in task.programs:
            jobs = [(page.content, one.typed) for one in told]
            try:
                made = {**PROGRAMS, **VIEWERS}[name].fill_all(jobs, folder)
            except (AssertionError, OSError, subprocess.TimeoutExpired) as error:
                failed = Ending(wrong=(f"{type(error).__name__}: {str(error)[-300:]}",))
                yield Cell(task.form, state, name, len(jobs), failed)
                continue
            found = sum((ending(office, page, one, pdf, thorough=True) for one, pdf in zip(told, made, strict=True)), Ending())
            needing, bare = (sum(map(count, made)) for count in (_needs, _bare))
            back = sum(map(len, made)) / 1000 / len(made)
            yield Cell(task.form, state, name, len(made), found, len(page.content) / 1000, back, needing, bare)


def _needs(pdf: bytes) -> int:
    """1 if the file asks every reader to draw its fields anew."""
    form = dictionary(PdfReader(io.BytesIO(pdf)).root_object.get("/AcroForm"))
    return int(bool(form.get("/NeedAppearances")))


def _bare(pdf: bytes) -> int:
    """How many of its fields have a value and nothing that shows it."""
    pages = PdfReader(io.BytesIO(pdf)).pages
    widgets = (dictionary(one) for page in pages for one in page.get("/Annots", ()))
    return sum("/AP" not in one and one.get("/V") not in ("", "-", "/Off", None) for one in widgets)


def by(key: Callable[[Cell], Key], cells: Iterable[Cell]) -> dict[Key, list[Cell]]:
    """The cells that have the same of something."""
    found: dict[Key, list[Cell]] = {}
    for cell in cells:
        found.setdefault(key(cell), []).append(cell)
    return found
