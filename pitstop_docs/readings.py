"""What a file that came back said, and what became of it: in words for the staff, and in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pitstop_docs.answers import Eyes, schema_at
from pitstop_docs.blanks import text_of
from pitstop_docs.findings import Finding
from pitstop_docs.forms import Form
from pitstop_docs.merging import Change, Merged
from pitstop_docs.records import Record
from pitstop_docs.triage import Triage
from pitstop_docs.workspace import Workspace

SHOWN = 60
"""Characters of an answer that a line shows."""
NOTHING_NEW = "Nulla di nuovo da conservare."
STATES = {"nuova": "nuove", "parallela": "cambiate intanto in archivio", "uguale": "già in archivio", "conflitto": "decise"}
ONE = {"nuova": "nuova", "parallela": "cambiata intanto in archivio", "conflitto": "decisa"}
"""How many answers are of each kind, in words: a conflict that is counted was decided."""


@dataclass(frozen=True)
class Reading:
    """What a file said, or one row of a sheet of records, and what became of it.

    `merged` is None if there were no answers to take. `record` is the revision that holds what was accepted, None if nothing
    was kept; `findings` are what the form says of it. `row` is the row of the sheet, 0 for a form of one record, `number` the
    record that the row is, 0 for none yet; `first` is False of a row that is told after another of the same file. `archive` is
    the archive copy of the record, `remark` why there is none where there should be.
    """

    path: Path
    triage: Triage
    sentence: str
    merged: Merged | None = None
    record: Record | None = None
    findings: tuple[Finding, ...] = ()
    row: int = 0
    number: int = 0
    first: bool = True
    archive: Path | None = None
    remark: str = ""

    @property
    def refused(self) -> bool:
        """True if the file could not be taken as it is."""
        return self.merged is None or bool(self.merged.conflicts)

    def lines(self, workspace: Workspace) -> list[str]:
        """What staff read: what came of the file, why it should be looked at, and each answer that is not as it was printed."""
        who = self.triage.identity
        told = [f"{self.path.name}{self.place(who.form if who else '')}: {self.sentence}"]
        if self.first:
            told += [f"  da guardare: {one}" for one in self.triage.doubts if one not in self.sentence]
            told += [f"  nota: {one}" for one in self.triage.notes]
        told += [f"  nota: {self.remark}"] if self.remark else []
        told += [f"  copia d’archivio: {self.archive}"] if self.archive else []
        if self.merged and who and not self._is_new_record:
            form = workspace.form(who.form)
            before = "letto prima" if self.row else "stampato"
            changes = self.merged.changes
            told += [f"  {one.outcome.value:<9}  {form.label(one.path)}: {_sides(form, one, before)}" for one in changes]
        return told

    @property
    def _is_new_record(self) -> bool:
        """True of a row that was just kept for the first time: of all that it says nothing was there to compare it with."""
        return bool(self.row and self.record and self.record.revision == 1 and self.merged and self.merged.fresh)

    def place(self, form: str) -> str:
        """Which row of a sheet it is, and which record it became; empty for a form of one record."""
        became = f"n. {self.number}" if self.number else "nuovo"
        return f", riga {self.row} → {form} {became}" if self.row else ""

    def to_json(self) -> dict[str, object]:
        """The stable shape of a reading in `--json` output."""
        who = self.triage.identity
        record = (
            {"form": self.record.form, "number": self.record.number, "revision": self.record.revision} if self.record else None
        )
        return {
            "path": str(self.path),
            "row": self.row or None,
            "outcome": self.triage.outcome.value,
            "identity": who.text() if who else None,
            "sentence": self.sentence,
            "doubts": list(self.triage.doubts),
            "notes": list(self.triage.notes),
            "changes": [_told(one) for one in self.merged.changes] if self.merged else [],
            "record": record,
            "archive": str(self.archive) if self.archive else None,
            "remark": self.remark or None,
            "findings": [one.to_json() for one in self.findings],
        }


def _sides(form: Form, change: Change, before: str) -> str:
    """What each side says, in words; only the page's where nothing was there before."""
    sides = {before: change.printed, "in archivio": change.stored, "nel modulo": change.returned}
    schema = schema_at(form.schema, change.path)
    if change.printed is None and change.stored is None:
        sides = {"nel modulo": change.returned}
    return ", ".join(f"{name} {_short(schema, value)}" for name, value in sides.items())


def _short(schema: Mapping[str, Any], value: Any) -> str:
    if value is None:
        return "—"
    if isinstance(value, Mapping):
        text = ", ".join(_plain(schema.get("properties", {}).get(name, {}), one) for name, one in value.items())
    else:
        text = ", ".join(_plain(schema, one) for one in (value if isinstance(value, list) else [value]))
    return f"«{text[:SHOWN]}{'…' if len(text) > SHOWN else ''}»"


def _plain(schema: Mapping[str, Any], value: Any) -> str:
    """One answer as it is printed; of a group or a list inside a row, only that there is one."""
    if isinstance(value, Mapping | list):
        return "…"
    eyes = Eyes(None, {}, {})
    return text_of(eyes.leaf(schema.get("items", schema), value))


def _told(change: Change) -> dict[str, object]:
    values = {"printed": change.printed, "stored": change.stored, "returned": change.returned}
    return {"path": change.path, "outcome": change.outcome.value, "side": change.side.value if change.side else None, **values}


def summary(merged: Merged, *, dry_run: bool) -> str:
    """What was kept, or would be, in a sentence."""
    counts = {name: sum(1 for one in merged.changes if one.outcome.value == name) for name in STATES}
    told = ", ".join(
        f"{count} {ONE.get(name, STATES[name]) if count == 1 else STATES[name]}" for name, count in counts.items() if count
    )
    if not merged.fresh:
        return f"{NOTHING_NEW[:-1]} ({told})." if told else NOTHING_NEW
    return f"Prova, risposte: {told}. Nulla è stato conservato." if dry_run else f"Conservato, risposte: {told}."
