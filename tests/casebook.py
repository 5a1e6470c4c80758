"""Cases told in small files: the answers about an invented person, what is changed in them, what must then be found.

tests/cases/<kind>/<what-is-wrong>.json:

    {"why": "a sentence",
     "base": "pai/clean",                                         another file, whose answers these are, but for the changes
     "today": "2026-06-30",
     "records": {"persona": {…}, "pai": [{…}, {…}]},              without a base: by form; a list where there are many
     "others": {"PST-002": {"persona": {…}}},                     further cases
     "shared": {"firma": [{…}]},                                  what a case has, kept for the whole project
     "change": [{"path": "/pai/0/obiettivi/1/scadenza", "value": null}, {"path": "/pai/0/azioni/-", "value": {…}}],
     "number": 2,                                                 which PAI; the last, if it is not said
     "rules": ["DST-007"],                                        rules beyond those of the kind
     "expect": [{"rule": "CASE-008", "path": "/obiettivi/1/scadenza", "severity": "bloccante", "says": "L’obiettivo O2 …"}]}

`form` and `number` of an expected finding are the document's own unless they are told. A record changed to null is not there.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from pitstop_docs import jsontext
from pitstop_docs.desk import Desk, Target
from pitstop_docs.findings import Finding
from pitstop_docs.records import PROJECT, Record
from pitstop_docs.workspace import Records, Workspace
from tests.kits import CASE, ROOT, record

FOLDER = Path(__file__).parent / "cases"
FILES = sorted(FOLDER.glob("*/*.json"))


@cache
def kit(today: date) -> Workspace:
    """The shipped kit, on a day."""
    return Workspace.at(ROOT, today=today)


@dataclass(frozen=True)
class Told:
    """A case file, with its base read in."""

    kind: str
    today: date
    cases: Mapping[str, Mapping[str, Any]]
    number: int | None
    rules: tuple[str, ...]
    expect: tuple[Mapping[str, Any], ...]

    def changed(self, **changes: Any) -> Told:
        """The same case with other answers: `changed(**{"/pai/0/data_fine": None})`."""
        own = copy.deepcopy(dict(self.cases[CASE]))
        for path, value in changes.items():
            put(own, path, value)
        return replace(self, cases={**self.cases, CASE: own})

    @property
    def desk(self) -> Desk:
        """A desk with these records."""
        workspace = kit(self.today)
        return Desk(workspace, Records.of(self.records(workspace), workspace.forms))

    def records(self, workspace: Workspace) -> Iterator[Record]:
        """The records, each of its case or of the whole project."""
        for case, forms in self.cases.items():
            for name, data in forms.items():
                place = PROJECT if workspace.form(name).scope == "progetto" else case
                for n, one in enumerate(data if isinstance(data, list) else [data], start=1):
                    if one is not None:
                        yield record(name, one, number=n, case=place)

    def target(self, desk: Desk) -> Target:
        """The document."""
        scope = desk.workspace.form(desk.workspace.template(self.kind).form).scope
        target = desk.target(self.kind, CASE if scope == "caso" else PROJECT, self.number)
        return replace(target, template=replace(target.template, rules=(*target.template.rules, *self.rules)))

    def findings(self) -> list[Finding]:
        """What is found; where a rule speaks of a place, the form's own word on the missing answer gives way to it."""
        desk = self.desk
        found = desk.findings(self.target(desk))
        told = {(one.form, one.number, one.path) for one in found if not one.rule.startswith("MOD-")}
        return [one for one in found if one.rule not in ("MOD-001", "MOD-014") or (one.form, one.number, one.path) not in told]


@cache
def read(name: str) -> Told:
    """The case in a file: `pai/clean`."""
    path = FOLDER / f"{name}.json"
    told = jsontext.load(path.read_text(encoding="utf-8"))
    cases, base = {CASE: told.get("records", {})}, None
    if "base" in told:
        base = read(told["base"])
        cases = copy.deepcopy(dict(base.cases))
    for change in told.get("change", ()):
        put(cases[CASE], change["path"], change["value"])
    return Told(
        kind=path.parent.name,
        today=date.fromisoformat(told["today"]) if "today" in told or base is None else base.today,
        cases={**cases, **told.get("others", {}), PROJECT: told.get("shared", cases.get(PROJECT, {}))},
        number=told.get("number"),
        rules=tuple(told.get("rules", ())),
        expect=tuple(told.get("expect", ())),
    )


def put(answers: Any, path: str, value: Any) -> None:
    """Change what stands at a JSON Pointer; `-` is the place after the last row."""
    *above, last = path.split("/")[1:]
    for step in above:
        answers = answers[int(step)] if isinstance(answers, list) else answers[step]
    if isinstance(answers, list):
        place = len(answers) if last == "-" else int(last)
        answers[place : place + 1] = [value]
    elif value is None and not above:
        answers.pop(last, None)
    else:
        answers[last] = value
