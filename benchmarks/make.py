"""What one `make pai` costs: CPU time as a ratio to a bare docxtpl render of the same template with the same answers.

    .venv/bin/python -m benchmarks.make [ROUNDS] [CASE]

In one process, A B A B with the order reversed every other round; figures are medians, ratios are medians of the ratios
within a round. The parts of our own time are exclusive: what a part calls is counted where it belongs.
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median
from typing import Any

from docxtpl import DocxTemplate
from jinja2 import ChainableUndefined, Environment

from pitstop_docs import demo, documents, files, keeping
from pitstop_docs.context import completed
from pitstop_docs.desk import Desk
from pitstop_docs.dialect import read_kit
from pitstop_docs.fillers import docx
from pitstop_docs.store import Store
from pitstop_docs.templates import Template
from pitstop_docs.workspace import Workspace, bundled, unpack_kit

NOW = datetime(2026, 6, 30, 12, 0, tzinfo=UTC)
KIND = "pai"
Parts = Mapping[str, Sequence[tuple[Any, str]]]
PARTS: Parts = {
    "kit and records read": [(Desk, "of"), (Desk, "target"), (Store, "open"), (Store, "documents")],
    "gather": [(documents, "gather")],
    "check": [(Desk, "findings")],
    "is the template sound": [(Desk, "refuse_unsound"), (docx, "outline")],
    "render (docxtpl)": [(DocxTemplate, "render"), (DocxTemplate, "save")],
    "read back": [(docx, "_read_back"), (docx, "_unmarked"), (files, "unpack")],
    "pack": [(files, "repack"), (docx, "_core")],
    "manifest": [(documents, "_sources"), (documents, "_version"), (documents, "_intact")],
    "write": [(documents, "_put"), (documents, "_keep")],
}
OTHER = "other"


class Clock:
    """CPU seconds by part, each moment counted once, for the innermost part that is under way."""

    def __init__(self, now: Callable[[], float] = time.process_time) -> None:
        self.now = now
        self.spent: dict[str, float] = defaultdict(float)
        self.under_way = [OTHER]
        self.since = now()

    def turn(self) -> None:
        """Count the time since the last turn for the part under way."""
        now = self.now()
        self.spent[self.under_way[-1]] += now - self.since
        self.since = now

    def timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, its time counted for a part."""

        def run(*args: Any, **options: Any) -> Any:
            self.turn()
            self.under_way.append(part)
            try:
                return function(*args, **options)
            finally:
                self.turn()
                self.under_way.pop()

        return run


@contextmanager
def watched(parts: Parts = PARTS, now: Callable[[], float] = time.process_time) -> Iterator[Clock]:
    """A clock on every part."""
    clock = Clock(now)
    before = []
    for part, places in parts.items():
        for owner, name in places:
            found = vars(owner)[name]
            before.append((owner, name, found))
            told = clock.timed(part, found.__func__ if isinstance(found, classmethod) else found)
            setattr(owner, name, classmethod(told) if isinstance(found, classmethod) else told)
    try:
        yield clock
    finally:
        clock.turn()
        for owner, name, found in before:
            setattr(owner, name, found)


def furnish(root: Path, case: str) -> Workspace:
    """A workspace with the records of the project and of one case."""
    unpack_kit(root)
    examples = bundled("examples")
    workspace = Workspace.at(root, today=date.fromisoformat(read_kit(examples / "demo.json")["today"]))
    for form, owner, number, path in demo.answers(examples, workspace):
        if owner in ("", case):
            keeping.keep(
                workspace,
                form,
                keeping.read(path),
                source=path.name,
                case=owner,
                number=number,
                author="prova",
                based_on=None,
                now=NOW,
            )
    return workspace


def ours(root: Path, case: str) -> documents.Document:
    """One document, from the folder to the disk, as the command makes it."""
    shutil.rmtree(root / "outputs" / case, ignore_errors=True)
    desk = Desk.of(Workspace.at(root, today=NOW.date()))
    _, document = documents.produce(desk, desk.target(KIND, case, 1), draft=False, with_pdf=False, now=NOW)
    assert document
    assert document.fresh
    return document


def bare(template: Template, context: dict[str, Any]) -> bytes:
    """The same template through docxtpl alone."""
    environment = Environment(undefined=ChainableUndefined, autoescape=True)
    environment.filters["lettere"] = str
    document = DocxTemplate(template.path)
    document.render(context, environment)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def plain(workspace: Workspace, case: str) -> tuple[Template, dict[str, Any]]:
    """The template, and what it prints as plain dictionaries."""
    desk = Desk.of(workspace)
    target = desk.target(KIND, case, 1)
    template = target.template
    found = {
        name: target.case.last(name, 1 if name == template.form else None) for name in (*template.records, *template.optional)
    }
    context = {name: completed(record, target.case, desk.sight(target)) for name, record in found.items() if record}
    return template, {**context, "documento": {"codice": template.code, "titolo": template.title, "caso": case}}


def cpu(function: Callable[[], object]) -> float:
    """Seconds of CPU that one call takes."""
    before = time.process_time()
    function()
    return time.process_time() - before


def main(rounds: int, case: str) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        template, context = plain(furnish(root, case), case)
        measured: dict[str, list[float]] = {"bare docxtpl": [], "make": []}
        parts: dict[str, list[float]] = {part: [] for part in (*PARTS, OTHER)}
        jobs: list[tuple[str, Callable[[], object]]] = [
            ("bare docxtpl", lambda: bare(template, context)),
            ("make", lambda: ours(root, case)),
        ]
        for n in range(-1, rounds):
            for job, run in jobs if n % 2 else reversed(jobs):
                seconds = cpu(run)
                if n >= 0:
                    measured[job].append(seconds)
            with watched() as clock:
                ours(root, case)
            for part, spent in parts.items():
                if n >= 0:
                    spent.append(clock.spent[part])
        size = len(bare(template, context))
    base = measured["bare docxtpl"]
    print(f"{KIND} of {case}, {rounds} rounds, {size} bytes")
    print(f"{'CPU':<32} {'ms':>7} {'ratio':>7}")
    for job, seconds_ in measured.items():
        ratio = median(one / other for one, other in zip(seconds_, base, strict=True))
        print(f"{job:<32} {1000 * median(seconds_):>7.0f} {ratio:>7.2f}")
    for part, spent in parts.items():
        ratio = median(one / other for one, other in zip(spent, base, strict=True))
        print(f"  {part:<30} {1000 * median(spent):>7.1f} {ratio:>7.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15, sys.argv[2] if len(sys.argv) > 2 else "PST-001")
