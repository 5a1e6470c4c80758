"""A workspace to try things in: the invented cases of the kit, and every document that can be made from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pitstop_docs import documents, status
from pitstop_docs.desk import Desk
from pitstop_docs.dialect import read_kit
from pitstop_docs.errors import UndrawableError
from pitstop_docs.keeping import keep, read
from pitstop_docs.records import PROJECT
from pitstop_docs.workspace import Workspace, bundled, unpack_kit

AUTHOR = "esempio"
PROJECT_FOLDER = "progetto"


@dataclass(frozen=True)
class Row:
    """What became of a case: the documents made, how many things are missing where, and what this computer cannot draw."""

    case: str
    line: str
    made: tuple[str, ...]
    missing: tuple[tuple[str, int], ...]
    refused: tuple[tuple[str, str], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The stable shape of a row in `--json` output."""
        told = {"case": self.case, "line": self.line, "made": list(self.made), "missing": dict(self.missing)}
        return {**told, "refused": dict(self.refused)} if self.refused else told


def build(root: Path, *, now: datetime, with_pdf: bool) -> list[Row]:
    """Make the workspace in a folder, keep the examples, make what nothing blocks. A second time changes nothing."""
    unpack_kit(root)
    examples = bundled("examples")
    workspace = Workspace.at(root, today=date.fromisoformat(read_kit(examples / "demo.json")["today"]))
    for form, case, number, path in answers(examples, workspace):
        keep(
            workspace,
            form,
            read(path),
            source=path.name,
            case=case,
            number=number,
            author=AUTHOR,
            based_on=None,
            now=now,
        )
    desk = Desk.of(workspace)
    return [_of_project(desk, now, with_pdf), *(_of_case(desk, code, now, with_pdf) for code in desk.records.codes)]


def answers(examples: Path, workspace: Workspace) -> Iterator[tuple[str, str, int, Path]]:
    """The example answers, as form, case, number and file: the project first, then what opens a case before the rest."""
    folders = sorted(path for path in examples.iterdir() if path.is_dir())
    for folder in sorted(folders, key=lambda path: (path.name != PROJECT_FOLDER, path.name)):
        found = [(*_form_and_number(path), path) for path in sorted(folder.glob("*.json"))]
        for form, number, path in sorted(found, key=lambda one: (not workspace.form(one[0]).opens_case, one[0], one[1])):
            yield form, PROJECT if folder.name == PROJECT_FOLDER else folder.name, number, path


def _form_and_number(path: Path) -> tuple[str, int]:
    form, _, number = path.stem.partition("-")
    return form, int(number or 1)


def _of_project(desk: Desk, now: datetime, with_pdf: bool) -> Row:
    made: list[tuple[str, int]] = []
    missing: list[tuple[str, int]] = []
    for kind, template in desk.workspace.templates.items():
        form = desk.workspace.form(template.form)
        if form.scope == "progetto":
            for number in template.numbers(desk.records.case(PROJECT)):
                name, count = _make(desk, kind, PROJECT, number, now, with_pdf)
                (missing if count else made).append((name, count))
    return Row(PROJECT, "", tuple(name for name, _ in made), tuple(missing))


def _of_case(desk: Desk, code: str, now: datetime, with_pdf: bool) -> Row:
    standing = status.standing(desk, code)
    made: list[tuple[str, int]] = []
    missing: list[tuple[str, int]] = []
    refused: list[tuple[str, str]] = []
    for step in standing.steps:
        if not step.started:
            continue
        name, count = status.name_of(step), sum(1 for finding in step.findings if finding.blocks)
        if step.ready:
            try:
                name, count = _make(desk, step.kind, code, step.number, now, with_pdf)
            except UndrawableError as error:  # the other documents can be made all the same
                refused.append((name, str(error)))
                continue
        (missing if count else made).append((name, count))
    return Row(code, standing.line, tuple(name for name, _ in made), tuple(missing), tuple(refused))


def _make(desk: Desk, kind: str, case: str, number: int, now: datetime, with_pdf: bool) -> tuple[str, int]:
    target = desk.target(kind, case, number)
    verdict, document = documents.produce(desk, target, draft=False, with_pdf=with_pdf, now=now)
    blocking = sum(1 for finding in verdict.findings if finding.blocks)
    return (kind if number == 1 else f"{kind} n. {number}"), 0 if document else blocking


def table(rows: list[Row], root: Path) -> str:
    """What was made, and what is missing where: a few lines for the terminal."""
    lines = [f"{'CASO':<9} {'LINEA':<6} PRODOTTI  DA COMPLETARE (quante cose mancano)"]
    for row in rows:
        gaps = ", ".join(f"{kind} ({count})" for kind, count in row.missing) or "–"
        lines.append(f"{row.case or 'progetto':<9} {row.line:<6} {len(row.made):>8}  {gaps}")
    lines += [f"{row.case}, {kind}: {sentence}" for row in rows for kind, sentence in row.refused]
    total = sum(len(row.made) for row in rows)
    lines.append(f"{total} documenti in {root / 'outputs'}. Per il dettaglio: pitstop --workspace {root} status PST-001")
    return "\n".join(lines)
