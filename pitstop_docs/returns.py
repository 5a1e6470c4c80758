"""A form comes back filled: what was printed, what the store has now and what came back are compared, and a person accepts.

Nothing is written over in silence: an answer that both sides changed stops the file until it is settled. What is accepted
becomes one more revision, and the file that it came from is kept by its hash.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from pitstop_docs import files, formats, jsontext
from pitstop_docs.answers import Eyes, prune, renamed_path, schema_at
from pitstop_docs.asking import ISSUED
from pitstop_docs.blanks import text_of
from pitstop_docs.errors import FileError
from pitstop_docs.fillers.acroform import Field
from pitstop_docs.findings import Finding, in_order
from pitstop_docs.forms import Form
from pitstop_docs.identity import Identity
from pitstop_docs.merging import Change, Decisions, Merged, merge
from pitstop_docs.records import Record
from pitstop_docs.store import DocumentRow, Store
from pitstop_docs.transcription import Value, read
from pitstop_docs.triage import Outcome, Triage, triage
from pitstop_docs.workspace import Workspace, current

RETURNED = "ritorno:"
"""What the name of a form is headed by in the rows that say which file came back for which issue."""
RECEIVED = "ricevuti"
"""The folder of the outputs in which the files that came back are kept, each under its hash."""
FORMS = (".pdf", ".p7m")
LIMIT = 64 * files.MEBIBYTE
"""Bytes of the largest file that is looked at."""
SHOWN = 60
"""Characters of an answer that a line shows."""
STATES = {"nuova": "nuove", "parallela": "cambiate intanto in archivio", "uguale": "già in archivio", "conflitto": "decise"}
ONE = {"nuova": "nuova", "parallela": "cambiata intanto in archivio", "conflitto": "decisa"}
"""How many answers are of each kind, in words: a conflict that is counted was decided."""


@dataclass(frozen=True)
class Reading:
    """What a file said, and what became of it. `merged` is None if there were no answers to take.

    `record` is the revision that holds what was accepted, None if nothing was kept; `findings` are what the form says of it.
    """

    path: Path
    triage: Triage
    sentence: str
    merged: Merged | None = None
    record: Record | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def refused(self) -> bool:
        """True if the file could not be taken as it is."""
        return self.merged is None or bool(self.merged.conflicts)

    def lines(self, workspace: Workspace) -> list[str]:
        """What staff read: what came of the file, why it should be looked at, and each answer that is not as it was printed."""
        told = [f"{self.path.name}: {self.sentence}"]
        told += [f"  da guardare: {one}" for one in self.triage.doubts if one not in self.sentence]
        told += [f"  nota: {one}" for one in self.triage.notes]
        who = self.triage.identity
        if self.merged and who:
            form = workspace.form(who.form)
            told += [f"  {one.outcome.value:<9}  {form.label(one.path)}: {_sides(form, one)}" for one in self.merged.changes]
        return told

    def to_json(self) -> dict[str, object]:
        """The stable shape of a reading in `--json` output."""
        who = self.triage.identity
        record = (
            {"form": self.record.form, "number": self.record.number, "revision": self.record.revision} if self.record else None
        )
        return {
            "path": str(self.path),
            "outcome": self.triage.outcome.value,
            "identity": who.text() if who else None,
            "sentence": self.sentence,
            "doubts": list(self.triage.doubts),
            "notes": list(self.triage.notes),
            "changes": [_told(one) for one in self.merged.changes] if self.merged else [],
            "record": record,
            "findings": [one.to_json() for one in self.findings],
        }


def _sides(form: Form, change: Change) -> str:
    """What each side says, in words."""
    sides = {"stampato": change.printed, "in archivio": change.stored, "nel modulo": change.returned}
    schema = schema_at(form.schema, change.path)
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


def take(
    workspace: Workspace,
    path: Path,
    content: bytes,
    decisions: Decisions,
    *,
    dry_run: bool,
    anyway: bool,
    author: str,
    now: datetime,
) -> Reading:
    """Read a file that came back, and keep what it brings unless `dry_run`, a conflict or a doubt forbids it.

    `anyway` takes the answers of a file that somebody should look at first, having looked.
    """
    found = triage(content, versions={name: _version(form) for name, form in workspace.forms.items()})
    who = found.identity
    if not found.readable or who is None or found.returned is None or found.returned.form is None:
        return Reading(path, found, found.message)
    form = workspace.form(who.form)
    with workspace.store(create=True) as store:
        issue = _issue(store, who)
        if issue is None:
            return Reading(path, found, f"La copia n. {who.issue} di questo modulo non risulta preparata da questa cartella.")
        last = _latest(workspace, store, who, issue)
        merged = _merged(form, issue, found.returned.form.fields, last, decisions)
        stop = _why_not(found, merged, anyway=anyway)
        if stop or dry_run or not merged.fresh:
            return Reading(path, found, stop or _summary(merged, dry_run=dry_run), merged, last if not stop else None)
        record = store.append(
            who.case,
            form.name,
            merged.answers,
            number=last.number if last else 0,
            based_on=last.revision if last else 0,
            author=formats.clean(author)[0],
            saved_at=now,
        )
        _remember(workspace, store, who, record, content, now)
    findings = tuple(in_order(form.findings(merged.answers, record.number)))
    sentence = f"{_summary(merged, dry_run=False)} {form.name} n. {record.number}, revisione {record.revision}."
    return Reading(path, found, sentence, merged, record, findings)


def brought(path: Path) -> Iterator[tuple[Path, bytes]]:
    """The files that came back: a file, those of a folder, or those in a zip; in order of name. Raises FileError."""
    if path.is_dir():
        found = [one for one in sorted(path.iterdir()) if one.suffix.lower() in FORMS]
        if not found:
            raise FileError(f"Nella cartella «{path}» non c’è nessun modulo PDF (.pdf, .p7m): indicarne un’altra.")
        yield from ((one, files.read(one, limit=LIMIT)) for one in found)
    elif path.suffix.lower() == ".zip":
        parts = files.unpack(files.read(path, limit=LIMIT))
        found = sorted(Path(name) for name in parts if Path(name).suffix.lower() in FORMS)
        if not found:
            raise FileError(f"In «{path.name}» non c’è nessun modulo PDF (.pdf, .p7m): indicare un altro file.")
        yield from ((one, parts[one.as_posix()]) for one in found)
    else:
        yield path, files.read(path, limit=LIMIT)


def _version(form: Form) -> str:
    return str(form.schema.get("x-version", "1"))


def _issue(store: Store, who: Identity) -> DocumentRow | None:
    """What was issued under this identity, None if nothing was here."""
    rows = store.documents(who.case, ISSUED + who.form)
    return next((row for row in rows if row.manifest.get("identity") == who.text()), None)


def _latest(workspace: Workspace, store: Store, who: Identity, issue: DocumentRow) -> Record | None:
    """The record that the issue is about, as it stands now; None while nobody kept it.

    Of an issue for a record that was yet to be, it is the one that its first return became.
    """
    came = [row for row in store.documents(who.case, RETURNED + who.form) if row.version == who.issue]
    number = issue.number or next((row.number for row in came), 0)
    if not number and not workspace.form(who.form).many:
        number = 1
    found = next((one for one in store.latest(who.case, who.form) if one.number == number), None)
    return current(found, workspace.forms) if found else None


def _merged(form: Form, issue: DocumentRow, fields: tuple[Field, ...], last: Record | None, decisions: Decisions) -> Merged:
    told = issue.manifest["issued"]
    places = {name: renamed_path(form.schema, place) for name, place in issue.manifest["places"].items()}
    printed = form.current(told["answers"])
    values = dict(_values(fields, places))
    here = {place for place in places.values() if place in values}
    returned = read(form, values, printed, here)
    stored = (last.data if last else None) or {}
    return merge(form.schema, prune(printed), stored, returned, decisions)


def _values(fields: tuple[Field, ...], places: Mapping[str, str]) -> Iterator[tuple[str, Value | None]]:
    """What stands in each place that the issue asked for; boxes of one question are taken together, locked fields are not."""
    boxes: dict[str, list[str]] = {}
    for field in fields:
        name, mark, code = field.name.rpartition("=")
        if mark and name in places and not field.read_only:
            boxes.setdefault(places[name], []).extend([code] if field.value else [])
        elif field.name in places and not field.read_only:
            yield places[field.name], field.value
    yield from ((place, tuple(codes)) for place, codes in boxes.items())


def _why_not(found: Triage, merged: Merged, *, anyway: bool) -> str:
    """Why nothing may be kept of a file as it is, in a sentence; empty if it may."""
    if merged.conflicts:
        count = len(merged.conflicts)
        what = "una risposta è stata cambiata" if count == 1 else f"{count} risposte sono state cambiate"
        return (
            f"{what[0].upper()}{what[1:]} anche in archivio, in modo diverso: nulla è stato conservato. "
            "Decidere con --resolve ours (vale l’archivio) o --resolve theirs (vale il modulo), o con un file di decisioni."
        )
    doubtful = found.outcome in (Outcome.DOUBTFUL, Outcome.SIGNED_CHANGED, Outcome.PARTIAL) and merged.fresh and not anyway
    return f"{found.message} Per accettarlo dopo averlo guardato: --anyway." if doubtful else ""


def _summary(merged: Merged, *, dry_run: bool) -> str:
    counts = {name: sum(1 for one in merged.changes if one.outcome.value == name) for name in STATES}
    told = ", ".join(
        f"{count} {ONE.get(name, STATES[name]) if count == 1 else STATES[name]}" for name, count in counts.items() if count
    )
    if not merged.fresh:
        return f"Nulla di nuovo da conservare{f' ({told})' if told else ''}."
    return f"Prova, risposte: {told}. Nulla è stato conservato." if dry_run else f"Conservato, risposte: {told}."


def _remember(workspace: Workspace, store: Store, who: Identity, record: Record, content: bytes, now: datetime) -> None:
    """Keep the file under its hash, and which record its answers became."""
    sha256 = hashlib.sha256(content).hexdigest()
    suffix = ".pdf" if content[:1024].find(b"%PDF-") >= 0 else ".p7m"
    place = PurePosixPath(RECEIVED) / f"{sha256}{suffix}"
    path = workspace.root / "outputs" / place
    if not path.is_file():
        files.write(path, content)
    told = {"identity": who.text(), "number": record.number, "revision": record.revision, "sha256": sha256}
    store.add_document(
        who.case,
        RETURNED + who.form,
        number=record.number,
        version=who.issue,
        draft=False,
        path=place,
        sha256=sha256,
        made_at=now,
        manifest=told,
    )


def decisions_in(path: Path) -> Mapping[str, str]:
    """The decisions in a JSON file, place by place: {"/nome": "theirs"}. Raises FileError if it holds anything else."""
    told, _ = jsontext.parse(files.read(path, limit=jsontext.LIMIT), source=path.name)
    if not isinstance(told, Mapping) or not all(one in ("ours", "theirs") for one in told.values()):
        raise FileError(
            f"«{path.name}» non è un file di decisioni: per ogni campo va scritto «ours» (archivio) o «theirs» (modulo)."
        )
    return {str(place): str(side) for place, side in told.items()}
