"""What `ask` and `read` cost: CPU seconds, with those of children, as ratios to a bare pypdf on the same PDF; then many forms.

    .venv/bin/python -m benchmarks.returns [ROUNDS] [FORMS]

The bare fill writes the same values into the fields of the same PDF (`update_page_form_field_values`), the bare read asks for
them (`get_fields`). In one process, A B A B with the order reversed every other round; figures are medians, ratios are medians
of the ratios within a round. The parts of our own time are exclusive: what a part calls is counted where it belongs. The batches
are programs of their own, as somebody would start them.
"""

from __future__ import annotations

import io
import logging
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from pypdf import PdfReader, PdfWriter

from benchmarks.make import NOW, OTHER, Parts, furnish, watched
from pitstop_docs import asking, files, jsontext, keeping, returns, triage, workspace
from pitstop_docs.apart import together
from pitstop_docs.desk import Desk
from pitstop_docs.fillers import page, widgets
from pitstop_docs.fillers.returned import read as looked_into
from pitstop_docs.forms import Form
from pitstop_docs.merging import Decisions
from pitstop_docs.store import Store
from pitstop_docs.workspace import Workspace

CASE = "PST-001"
FORMS = {"segnalazione": None, "pai": 1}
"""A form of two pages and the longest, each with the number of its record where there may be several."""
TOGETHER = 10
"""How many files are read by children of one, where that is measured by itself."""
ASKING: Parts = {
    "kit and records read": [(Desk, "of"), (Store, "open"), (Store, "documents")],
    "what is asked, what is known": [(asking, "asked"), (asking, "_seen"), (asking, "_values"), (asking, "_sources")],
    "pages laid out (WeasyPrint)": [(page, "drawn")],
    "values drawn (Pango)": [(widgets, "appearances")],
    "fields made anew (pypdf)": [(widgets, "rebuilt"), (asking, "_drawn")],
    "packed": [(widgets, "packed")],
    "read back": [(widgets, "_prove")],
    "kept": [(files, "write"), (Store, "add_document")],
}
READING: Parts = {
    "kit read": [(Workspace, "at"), (workspace, "load_forms")],
    "child: start, look, answer": [(triage, "apart")],
    "judged, what it is": [(triage, "judged"), (returns, "triage")],
    "store": [(Store, "open"), (Store, "documents"), (Store, "latest"), (Store, "history")],
    "answers taken from the fields": [(returns, "read"), (returns, "_values")],
    "three versions compared": [(returns, "merge"), (Form, "findings")],
}
TRIAL = returns.Wishes(Decisions({}, None), dry_run=True, anyway=False, author="prova")


def spent() -> float:
    """CPU seconds of this process and of its children that have ended."""
    return sum(
        told.ru_utime + told.ru_stime for told in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def cpu(function: Callable[[], object]) -> float:
    """The CPU seconds of one call."""
    before = spent()
    function()
    return spent() - before


def ask(root: Path, form: str) -> Path:
    """One form issued, from the folder to the disk, as the command does it; another one each time."""
    desk = Desk.of(Workspace.at(root, today=NOW.date()))
    return asking.ask(desk, form, case=CASE, number=FORMS[form], recipient="", now=NOW, another=True).path


def read(house: Workspace, content: bytes) -> None:
    """One file that came back, as the command tries it."""
    (told,) = returns.take(house, Path("tornato.pdf"), content, TRIAL, now=NOW)
    assert told.merged
    assert told.merged.changes


def held(content: bytes) -> dict[str, str]:
    """What stands in the fields of a form, by name."""
    fields = PdfReader(io.BytesIO(content)).get_fields() or {}
    values = {name: field.get("/V") for name, field in fields.items()}
    return {name: str(value) for name, value in values.items() if value not in (None, "", "-", "/Off")}


def bare_fill(content: bytes, values: Mapping[str, str]) -> bytes:
    """The form with these values in its fields, by pypdf alone."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    writer.update_page_form_field_values(None, dict(values), auto_regenerate=False)
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def bare_read(content: bytes) -> dict[str, Any] | None:
    """The fields of a form, by pypdf alone."""
    return PdfReader(io.BytesIO(content)).get_fields()


def came_back(content: bytes) -> bytes:
    """The form as it comes back from someone who wrote a word into its first free line."""
    names = [name for name, field in (bare_read(content) or {}).items() if field.get("/FT") == "/Tx" and not field.get("/V")]
    return bare_fill(content, {names[0]: "Scritto a mano"})


def side_by_side(rounds: int, bare: Callable[[], object], ours: Callable[[], object], parts: Parts) -> Iterator[str]:
    """The lines of a table: the bare way, ours, and the parts of ours."""
    measured: dict[str, list[float]] = {"bare pypdf": [], "ours": []}
    inside: dict[str, list[float]] = {part: [] for part in (*parts, OTHER)}
    jobs = [("bare pypdf", bare), ("ours", ours)]
    for n in range(-1, rounds):
        seconds = {job: cpu(run) for job, run in (jobs if n % 2 else reversed(jobs))}
        with watched(parts, spent) as clock:
            ours()
        if n >= 0:
            for job, one in seconds.items():
                measured[job].append(one)
            for part, some in inside.items():
                some.append(clock.spent[part])
    base = measured["bare pypdf"]
    for name, some in {**measured, **{f"  {part}": some for part, some in inside.items()}}.items():
        ratio = median(one / other for one, other in zip(some, base, strict=True))
        yield f"{name:<34} {1000 * median(some):>7.0f} {ratio:>7.2f}"


def program(root: Path, *words: str) -> tuple[float, float, float]:
    """Wall and CPU seconds of a program in a folder, and the MiB of the largest of its processes."""
    environment = {**os.environ, "PYTHONWARNINGS": "ignore", "PYTHONPATH": str(Path(__file__).parent.parent)}
    command = [sys.executable, "-I", "-S", "-c", WATCH, sys.executable, *words]
    told = subprocess.run(command, cwd=root, capture_output=True, text=True, env=environment, check=True).stdout
    wall, seconds, kibibytes = map(float, told.split())
    return wall, seconds, kibibytes / 1024


WATCH = """
import os, sys, time
since = time.monotonic()
silent = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
number = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=silent)
_, status, told = os.wait4(number, 0)
assert os.waitstatus_to_exitcode(status) in (0, 1)
print(time.monotonic() - since, told.ru_utime + told.ru_stime, told.ru_maxrss)
"""
"""A small program that starts another: the memory of a large one would be counted for what it starts."""
PITSTOP = ("-c", "from pitstop_docs.cli import main; main(prog_name='pitstop')")
MANY = (
    "-c",
    "import sys; from pathlib import Path; from benchmarks.returns import NOW, asking; from pitstop_docs.desk import Desk; "
    "from pitstop_docs.workspace import Workspace; desk = Desk.of(Workspace.at(Path(), today=NOW.date())); "
    "[asking.ask(desk, sys.argv[1], case=case, number=None, recipient='', now=NOW) for case in sys.argv[2:]]",
)


def batch(root: Path, form: str, count: int) -> Iterator[str]:
    """The lines of the table of many forms: asked one by one and in one process, read from a folder."""
    house = Workspace.at(root, today=NOW.date())
    with house.store() as store:
        data = jsontext.pretty(next(one.data for one in store.latest(CASE, form)) or {})
    cases = [f"PST-{500 + n}" for n in range(count)]
    for case in cases:
        keeping.keep(house, form, data, source="prova", case=case, number=None, author="prova", based_on=None, now=NOW)
    few = min(5, count)
    ran = [program(root, *PITSTOP, "ask", form, "--case", case) for case in cases[:few]]
    yield line(f"pitstop ask, {few} times", few, *summed(ran))
    yield line(f"asked in one process, {count}", count, *program(root, *MANY, form, *cases))
    folder = root / "tornati"
    folder.mkdir()
    for path in sorted((root / "outputs").rglob("PST-[5-9]*_modulo_*.pdf")):
        (folder / path.name).write_bytes(came_back(path.read_bytes()))
    ran = [program(root, *PITSTOP, "read", "--dry-run", str(next(folder.iterdir()))) for _ in range(few)]
    yield line(f"pitstop read, {few} times", few, *summed(ran))
    yield line(f"pitstop read FOLDER, trial, {count}", count, *program(root, *PITSTOP, "read", "--dry-run", str(folder)))
    yield line(f"pitstop read FOLDER, kept, {count}", count, *program(root, *PITSTOP, "read", str(folder)))


def summed(ran: Sequence[tuple[float, float, float]]) -> tuple[float, float, float]:
    """What several programs took, and the largest of them."""
    walls, seconds, largest = zip(*ran, strict=True)
    return sum(walls), sum(seconds), max(largest)


def line(what: str, count: int, wall: float, seconds: float, most: float) -> str:
    """A line of the table of many forms."""
    return f"{what:<34} {1000 * wall / count:>7.0f} {1000 * seconds / count:>7.0f} {most:>7.0f}"


def one_form(root: Path, form: str, rounds: int) -> Iterator[str]:
    """The lines of the tables of a form."""
    content = ask(root, form).read_bytes()
    values, back = held(content), came_back(content)
    pages, fields = len(PdfReader(io.BytesIO(content)).pages), len(bare_read(content) or {})
    yield f"{form} of {CASE}: {pages} pages, {fields} fields, {len(content)} bytes, {rounds} rounds"
    yield f"{'ask, CPU':<34} {'ms':>7} {'ratio':>7}"
    yield from side_by_side(rounds, lambda: bare_fill(content, values), lambda: ask(root, form), ASKING)
    yield f"{'read, CPU':<34} {'ms':>7} {'ratio':>7}"
    yield from side_by_side(rounds, lambda: bare_read(back), lambda: read(Workspace.at(root, today=NOW.date()), back), READING)
    here = median(cpu(lambda: looked_into(back)) for _ in range(rounds))
    yield f"{'the looking alone, in no child':<34} {1000 * here:>7.0f}"
    yield f"{'read, one of a folder':<34} {1000 * cpu(lambda: read_together(root, back)) / TOGETHER:>7.0f}"


def read_together(root: Path, content: bytes) -> None:
    """Some files that came back, read as those of a folder are."""
    house = Workspace.at(root, today=NOW.date())
    with together("pypdf", "pitstop_docs.fillers.returned"):
        for _ in range(TOGETHER):
            read(house, content)


def main(rounds: int, count: int) -> None:
    """Print the tables."""
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        furnish(root, CASE)
        for form in FORMS:
            for told in one_form(root, form, rounds):
                print(told, flush=True)
        print(f"{'per form':<34} {'wall ms':>7} {'CPU ms':>7} {'MiB':>7}")
        for told in batch(root, next(iter(FORMS)), count):
            print(told, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9, int(sys.argv[2]) if len(sys.argv) > 2 else 200)
