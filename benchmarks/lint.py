"""What linting a template of twenty pages and three hundred tags costs: CPU time as a ratio to a bare docxtpl render of it.

    .venv/bin/python -m benchmarks.lint [ROUNDS]

The template prints what the PAI may print, with a loop and a condition on every page; docxtpl fills it with the answers of a
case. In one process, the order reversed every other round; figures are medians, ratios are medians of the ratios within a
round. The file is read anew at each turn, but for the line that says it was read before.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import Any

import docx
from docx.enum.text import WD_BREAK

from benchmarks.make import KIND, bare, cpu, furnish, plain
from pitstop_docs import lint
from pitstop_docs.fillers import story
from pitstop_docs.findings import Severity
from pitstop_docs.flaws import Flaw
from pitstop_docs.lint import kit, word
from pitstop_docs.templates import Template
from pitstop_docs.workspace import Workspace

CASE = "PST-001"
PAGES, TAGS = 20, 300
FILLING = "Il servizio sociale e la persona concordano quanto segue, e ne verificano insieme l’andamento. "


def leaves(schema: Mapping[str, Any], path: str) -> Iterator[str]:
    """The path of each single value that needs no loop."""
    for name, inner in schema.get("properties", {}).items():
        if "properties" in inner:
            yield from leaves(inner, f"{path}.{name}")
        elif "items" not in inner:
            yield f"{path}.{name}"


def write(path: Path, template: Template, workspace: Workspace) -> int:
    """Write the template, and say how many tags it has."""
    paths = cycle([one for form in template.records for one in leaves(workspace.form(form).schema, form)])
    document = docx.Document()
    tags = 0
    for page in range(1, PAGES + 1):
        document.add_heading(f"{page}. Parte", level=1)
        for _ in range(4):
            document.add_paragraph(f"{FILLING}{{{{ {next(paths)} }}}}, {{{{ {next(paths)} }}}}. {FILLING}")
        asked = next(paths)
        document.add_paragraph(f"{{% if {asked} %}}Risulta: {{{{ {asked} }}}}.{{% endif %}} {FILLING}")
        rows = ("Obiettivo", "{%tr for o in pai.obiettivi %}", "{{ o.codice }}, {{ o.descrizione }}", "{%tr endfor %}")
        table = document.add_table(len(rows), 2)
        for row, text in zip(table.rows, rows, strict=True):
            row.cells[0].text, _, row.cells[1].text = text.partition(", ")
        document.add_paragraph(FILLING).add_run().add_break(WD_BREAK.PAGE)
        tags += 8 + 3 + 4
    document.save(str(path))
    return tags


def whole(template: Template, workspace: Workspace) -> list[Flaw]:
    """All that lint tells of one template."""
    found = template.story
    assert found
    described = kit.description_flaws(template, workspace.forms, workspace.pack)
    return [*lint.quick(template, workspace.forms, workspace.pack), *word.flaws(found), *described]


def main(rounds: int) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        workspace = furnish(root, CASE)
        shipped, context = plain(workspace, CASE)
        template = replace(shipped, path=root / f"{KIND}_lungo.docx")
        tags = write(template.path, template, workspace)
        assert tags == TAGS

        def fresh() -> Template:
            story.read.cache_clear()
            return replace(template)

        jobs: list[tuple[str, Callable[[], object]]] = [
            ("bare docxtpl render", lambda: bare(template, context)),
            ("quick lint", lambda: lint.quick(fresh(), workspace.forms, workspace.pack)),
            ("quick lint, read before", lambda: lint.quick(template, workspace.forms, workspace.pack)),
            ("whole lint", lambda: whole(fresh(), workspace)),
        ]
        measured: dict[str, list[float]] = {job: [] for job, _ in jobs}
        for n in range(-1, rounds):  # the first round warms up
            for job, run in jobs if n % 2 else reversed(jobs):
                seconds = cpu(run)
                if n >= 0:
                    measured[job].append(seconds)
        told = [one.severity for one in lint.quick(template, workspace.forms, workspace.pack)]
        size = template.path.stat().st_size
    base = measured["bare docxtpl render"]
    print(
        f"{PAGES} pages, {tags} tags, {size} bytes; {len(told)} flaws, {len(told) - told.count(Severity.INFO)} above information"
    )
    print(f"{'CPU, median of ' + str(rounds) + ' rounds':<32} {'ms':>7} {'ratio':>7}")
    for job, seconds_ in measured.items():
        ratio = median(one / other for one, other in zip(seconds_, base, strict=True))
        print(f"{job:<32} {1000 * median(seconds_):>7.0f} {ratio:>7.2f}")
    print("Again: .venv/bin/python -m benchmarks.lint")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
