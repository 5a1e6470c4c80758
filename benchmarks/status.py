"""What `status` costs over 60, 600 and 6,000 cases, and how it grows.

    .venv/bin/python -m benchmarks.status [CASES …]

The eighteen invented cases are repeated under other codes, names and birth dates, and so are the meetings, mandates and
signatures that name them: a project that is ten times as big holds ten times as many meetings. CPU time of one process, from
the folder to the table; the growth is the ratio of the times divided by the ratio of the sizes (1.0 is proportional).
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from pitstop_docs import demo, jsontext, status, store
from pitstop_docs.desk import Desk
from pitstop_docs.dialect import read_kit
from pitstop_docs.workspace import Workspace, bundled, unpack_kit

SAVED = datetime(2026, 6, 30, 12, 0, tzinfo=UTC).isoformat(timespec="microseconds")
TODAY = date(2026, 6, 30)
LETTERS = "abcdefghilmnopqrstuvz"


def rows(workspace: Workspace, cases: int) -> Iterator[tuple[Any, ...]]:
    """The records of so many cases, as the store keeps them without their seal."""
    found = [(form, case, number, read_kit(path)) for form, case, number, path in demo.answers(bundled("examples"), workspace)]
    codes = sorted({case for _, case, _, _ in found if case})
    numbers: dict[str, int] = {}
    for batch in range(-(-cases // len(codes))):
        renamed = {code: f"PST-{batch * len(codes) + n:03}" for n, code in enumerate(codes, start=1)}
        for form, case, number, data in found:
            if not case and batch and not workspace.form(form).many:
                continue
            if case and int(renamed[case][4:]) > cases:
                continue
            if not case:
                number = numbers[form] = numbers.get(form, 0) + 1  # noqa: PLW2901  # meetings are numbered through
            text = jsontext.canonical(_another(form, data, batch))
            for code, other in renamed.items():
                text = text.replace(f'"{code}"', f'"#{other}"')
            text = text.replace('"#PST-', '"PST-')
            yield (renamed.get(case, ""), form, number, 1, 0, SAVED, "prova", text, jsontext.digest(text))


def _another(form: str, data: dict[str, Any], batch: int) -> dict[str, Any]:
    """The answers about somebody else."""
    if form != "persona" or not batch:
        return data
    name = "".join(LETTERS[batch // len(LETTERS) ** power % len(LETTERS)] for power in range(4))
    changed = {**data, **{key: f"{data[key]}{name}" for key in ("cognome", "nome") if key in data}}
    if "cf" in data:
        changed["cf"] = data["cf"][:-1] + LETTERS[batch % len(LETTERS)].upper() if batch < len(LETTERS) else None
    if len(data.get("data_nascita", "")) == len("1990-03-05"):
        changed["data_nascita"] = (date.fromisoformat(data["data_nascita"]) - timedelta(days=batch)).isoformat()
    return changed


def furnish(root: Path, cases: int) -> Workspace:
    """A workspace with so many cases, kept in one transaction."""
    unpack_kit(root)
    workspace = Workspace.at(root, today=TODAY)
    with workspace.store(create=True) as opened, opened._transaction(write=True) as connection:
        for values in rows(workspace, cases):
            store._insert(connection, store.RECORD, values)
    return workspace


def timed(what: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of CPU, and what came of it."""
    before = time.process_time()
    found = what()
    return time.process_time() - before, found


def main(sizes: list[int]) -> None:
    """Print the table."""
    print(
        f"{'cases':>6} {'records':>8} {'read s':>8} {'judge s':>8} {'table s':>8} {'ms/case':>8} {'growth':>7} {'one case s':>11}"
    )
    last: tuple[int, float] | None = None
    for cases in sizes:
        with tempfile.TemporaryDirectory() as name:
            root = furnish(Path(name), cases).root
            fresh = Workspace.at(root, today=TODAY)
            reading, desk = timed(lambda fresh=fresh: Desk.of(fresh))  # type: ignore[misc]
            judging, found = timed(lambda desk=desk: list(status.standings(desk)))  # type: ignore[misc]
            roles = fresh.pack.roles
            telling, _ = timed(lambda found=found, roles=roles: status.as_table(found, roles))  # type: ignore[misc]
            single, _ = timed(lambda root=root: status.standing(Desk.of(Workspace.at(root, today=TODAY)), "PST-001"))  # type: ignore[misc]
            assert len(found) == cases, json.dumps(len(found))
            records = sum(len(own) for own in desk.records.by_case.values())
        whole = reading + judging + telling
        growth = f"{(whole / last[1]) / (cases / last[0]):>7.2f}" if last else f"{'':>7}"
        print(
            f"{cases:>6} {records:>8} {reading:>8.2f} {judging:>8.2f} {telling:>8.2f} "
            f"{1000 * whole / cases:>8.1f} {growth} {single:>11.2f}",
            flush=True,
        )
        last = cases, whole


if __name__ == "__main__":
    main([int(one) for one in sys.argv[1:]] or [60, 600, 6000])
