"""A form comes back filled: what was printed, what the store has now and what came back are compared, and a person accepts.

Nothing is written over in silence: an answer that both sides changed stops the file until it is settled. What is accepted
becomes one more revision, and the file that it came from is kept by its hash.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from pitstop_docs import archiving, files, formats, jsontext
from pitstop_docs.answers import prune, renamed_path
from pitstop_docs.asking import ISSUED, RETURNED
from pitstop_docs.errors import FileError
from pitstop_docs.extents import row_of, same_record
from pitstop_docs.fillers.acroform import Field
from pitstop_docs.findings import in_order
from pitstop_docs.forms import Form
from pitstop_docs.identity import Identity
from pitstop_docs.lineage import Lineage
from pitstop_docs.merging import Decisions, Merged, merge
from pitstop_docs.readings import NOTHING_NEW, Reading, summary
from pitstop_docs.records import Record
from pitstop_docs.store import DocumentRow, Store
from pitstop_docs.transcription import ROW, Value, read
from pitstop_docs.triage import Outcome, Triage, triage
from pitstop_docs.workspace import Workspace, current

RECEIVED = "ricevuti"
"""The folder of the outputs in which the files that came back are kept, each under its hash."""
EARLIER = (
    "La riga è com’era in un file già letto, prima di essere corretta: resta la correzione. "
    "Se non è un file vecchio, correggere la compilazione in archivio."
)
DAY_CHANGED = (
    "La data è un’altra, e il resto è come nella riga già letta ({}): nulla è stato conservato. Se è una correzione: --anyway. "
    "Se è un’altra compilazione, scritta su una copia vecchia del foglio, chiedere di riscriverla su un foglio nuovo."
)
CLEARED = "La riga è stata svuotata: la compilazione resta com’è. Se non vale più: pitstop keep {} --withdraw."
ANOTHER = "È un’altra rispetto a quella letta prima in questa riga (n. {}), che resta: se era una correzione, ritirarne una."
FORMS = (".pdf", ".p7m")
LIMIT = 64 * files.MEBIBYTE
"""Bytes of the largest file that is looked at."""


@dataclass(frozen=True)
class Wishes:
    """How whoever reads wants it done: which side conflicts are settled for, whether anything is kept, and in whose name.

    `anyway` takes the answers of a file that somebody should look at first, having looked.
    """

    decisions: Decisions
    dry_run: bool
    anyway: bool
    author: str


def take(workspace: Workspace, path: Path, content: bytes, wishes: Wishes, *, now: datetime) -> tuple[Reading, ...]:
    """Read a file that came back, and keep what it brings unless a trial, a conflict or a doubt forbids it.

    There is one reading of it, and of a sheet of records one for each row in which something stands, or stood. What is kept
    of a file is kept all at once: interrupted, it is read again from the start. Of each record that it became there is an
    archive copy, made now or, where it could not be made, when the same file is read again.
    """
    readings = _taken(workspace, path, content, wishes, now)
    return tuple(readings if wishes.dry_run else (_archived(workspace, one, content, now) for one in readings))


def _archived(workspace: Workspace, reading: Reading, content: bytes, now: datetime) -> Reading:
    """The reading with its archive copy, if the revision that it ends in came in this file."""
    record, who = reading.record, reading.triage.identity
    if record is None or who is None:
        return reading
    sha256 = hashlib.sha256(content).hexdigest()
    with workspace.store() as store:
        rows = store.documents(who.case, RETURNED + who.form)
    came = {(row.number, row.manifest["revision"]) for row in rows if row.sha256 == sha256}
    if (record.number, record.revision) not in came:
        return reading
    origin = archiving.Origin(content, who, reading.triage.outcome.value)
    try:
        return replace(reading, archive=archiving.archived(workspace, record, origin, now=now))
    except FileError as error:
        return replace(reading, remark=f"La copia d’archivio non è stata fatta: {error} Poi rileggere lo stesso file.")


def _taken(workspace: Workspace, path: Path, content: bytes, wishes: Wishes, now: datetime) -> tuple[Reading, ...]:
    """The readings of a file, without their archive copies."""
    found = triage(content, versions={name: _version(form) for name, form in workspace.forms.items()})
    who = found.identity
    if not found.readable or who is None or found.returned is None or found.returned.form is None:
        return (Reading(path, found, found.message),)
    form = workspace.form(who.form)
    with workspace.store(create=True) as opened, opened.together() as store:
        issue = _issue(store, who)
        if issue is None:
            return (Reading(path, found, f"La copia n. {who.issue} di questo modulo non risulta preparata da questa cartella."),)
        places = {name: _now(form, place) for name, place in issue.manifest["places"].items()}
        values = dict(_values(found.returned.form.fields, places))
        back = _Return(workspace, store, form, who, issue, found, path, content, wishes, now)
        return back.rows(values, places) if "sheet" in issue.manifest["issued"] else (back.whole(values),)


@dataclass(frozen=True)
class _Row:
    """A row of a sheet: what stands in its places and in those of all rows, what it says by itself, what it became before."""

    number: int
    values: Mapping[str, Value | None]
    once: Mapping[str, Value | None]
    own: Mapping[str, Any]
    came: tuple[DocumentRow, ...]


@dataclass(frozen=True)
class _Return:
    """A file that came back, beside what was issued; `store` is open for writing."""

    workspace: Workspace
    store: Store
    form: Form
    who: Identity
    issue: DocumentRow
    found: Triage
    path: Path
    content: bytes
    wishes: Wishes
    now: datetime

    def whole(self, values: Mapping[str, Value | None]) -> Reading:
        """The reading of a form of one record: compared with what was printed in it."""
        number = self.issue.number or next((row.number for row in self.came), 0)
        last = self.latest(number if number or self.form.many else 1)
        lineage, issued = self.lineage(last), self.issue.manifest["issued"]
        printed, stored, past = lineage.printed(issued), lineage.keyed(_data(last)), lineage.past(issued, self.who.issue)
        returned = read(self.form, values, printed, set(values))
        merged = merge(self.form.schema, printed, stored, returned, self.wishes.decisions, past)
        return self.taken(merged, last)

    def rows(self, values: Mapping[str, Value | None], places: Mapping[str, str]) -> tuple[Reading, ...]:
        """The readings of the rows of a sheet, each compared with what it said when it was read last."""
        asked = sorted({row_of(place)[0] for place in places.values()})
        by_row: dict[int, dict[str, Value | None]] = {row: {} for row in (0, *asked)}
        for place, value in values.items():
            row, inner = row_of(place)
            by_row[row][inner] = value
        once = by_row.pop(0)
        rows = [_Row(row, own, once, prune(read(self.form, own)), self.came_as(row)) for row, own in by_row.items() if own]
        follows = any(self.spoke_of(row)[0] for row in rows if row.own)
        told = [reading for row in rows if (reading := self.row(row) if row.own else self.cleared(row) if follows else None)]
        if not told:
            return (Reading(self.path, self.found, "Nessuna riga è compilata: nulla da conservare.", Merged({}, ())),)
        return (told[0], *(replace(one, first=False) for one in told[1:]))

    def came_as(self, row: int) -> tuple[DocumentRow, ...]:
        """The records that a row became before; more than one if blank copies of a sheet were filled one after the other."""
        return tuple(one for one in self.came if one.manifest["row"] == row)

    def spoke_of(self, row: _Row) -> tuple[DocumentRow | None, bool]:
        """The record that a row became before, None if it speaks of another one now; True if that is sure."""
        said = self.said(row, {})
        for one in row.came:
            if _mark(said) in (_mark(self.form.current(one.manifest["said"])), *one.manifest["earlier"]):
                return one, True
        kin = {same_record(self.form, self.form.current(one.manifest["said"]), said): one for one in reversed(row.came)}
        return kin.get(True) or kin.get(None), None not in kin or True in kin

    def said(self, row: _Row, before: Mapping[str, Any]) -> dict[str, Any]:
        """What a row says now, with what the whole sheet says; what its page lacks is as it was before."""
        return read(self.form, {**row.once, **row.values}, before, {*row.once, *row.values})

    def row(self, row: _Row) -> Reading:
        """The reading of a row in which something stands.

        One that says again what it said in an earlier file, before it was corrected, is left for a person to look at: nobody
        can tell an old file that arrives late from a second thought.
        """
        came, sure = self.spoke_of(row)
        last = self.latest(came.number) if came else None
        if came and not sure and not self.wishes.anyway:
            told = DAY_CHANGED.format(f"{self.form.name} n. {came.number}")
            return Reading(self.path, self.found, told, row=row.number, number=came.number)
        if came and _mark(self.said(row, {})) in came.manifest["earlier"]:
            if self.was_read:
                merged = Merged(dict(_data(last)), ())
                return Reading(self.path, self.found, NOTHING_NEW, merged, last, row=row.number, number=came.number)
            return Reading(self.path, self.found, EARLIER, row=row.number, number=came.number)
        before = self.form.current(came.manifest["said"]) if came else {}
        said, stored = self.said(row, before), self.lineage(last).keyed(_data(last))
        merged = merge(self.form.schema, prune(before), stored, said, _of_row(self.wishes.decisions, row.number))
        reading = self.taken(merged, last, row=row.number, told=_told(row.number, came, said, self.sha256))
        others = ", ".join(str(one.number) for one in row.came)
        return replace(reading, sentence=f"{reading.sentence} {ANOTHER.format(others)}") if row.came and not came else reading

    def cleared(self, row: _Row) -> Reading | None:
        """The reading of a row that was emptied; None if nothing stands in the store for it, or this file was read before."""
        live = next((one for one in row.came if _data(self.latest(one.number))), None)
        if live is None or self.was_read:
            return None
        which = f"{self.form.name} --case {self.who.case} --number {live.number}"
        return Reading(self.path, self.found, CLEARED.format(which), row=row.number, number=live.number)

    @cached_property
    def was_read(self) -> bool:
        """True if something was kept of this very file before."""
        return any(self.sha256 in row.manifest.get("files", ()) for row in self.came)

    def taken(self, merged: Merged, last: Record | None, *, row: int = 0, told: Mapping[str, Any] | None = None) -> Reading:
        """What becomes of answers that were compared; `told` is what has to be remembered of the row of a sheet."""
        number, lineage = last.number if last else 0, self.lineage(last)
        stop = _why_not(self.found, merged, anyway=self.wishes.anyway)
        if stop or self.wishes.dry_run or not merged.fresh:
            new = bool(row and merged.changes) or lineage.brings(merged, self.who.issue)
            if last and new and not stop and not self.wishes.dry_run:
                self.remember(last, {**lineage.remembered(merged, self.who.issue, None), **(told or {})})
            sentence = stop or summary(merged, dry_run=self.wishes.dry_run)
            return Reading(self.path, self.found, sentence, merged, last if not stop else None, row=row, number=number)
        record = self.store.append(
            self.who.case,
            self.form.name,
            lineage.keyed(merged.answers),
            number=number,
            based_on=last.revision if last else 0,
            author=formats.clean(self.wishes.author)[0],
            saved_at=self.now,
        )
        self.remember(record, {**lineage.remembered(merged, self.who.issue, record.revision), **(told or {})})
        findings = tuple(in_order(self.form.findings(merged.answers, record.number)))
        which = f"{self.form.name} n. {record.number}, revisione" if not row else "Revisione"
        sentence = f"{summary(merged, dry_run=False)} {which} {record.revision}."
        return Reading(self.path, self.found, sentence, merged, record, findings, row=row, number=record.number)

    @cached_property
    def came(self) -> list[DocumentRow]:
        """What was kept of this issue before this file: the last that came for each record that it became."""
        rows = self.store.documents(self.who.case, RETURNED + self.form.name)
        return [row for row in rows if row.version == self.who.issue]

    def lineage(self, last: Record | None) -> Lineage:
        """How a record came to be what it is, and what came back of it before."""
        case, form = self.who.case, self.form
        history = self.store.history(case, form.name, last.number) if last else []
        rows = self.store.documents(case, RETURNED + form.name) if last else []
        return Lineage.of(form, history, {row.version: row.manifest for row in rows if last and row.number == last.number})

    def latest(self, number: int) -> Record | None:
        """A record as it stands now; None while nobody kept it."""
        found = next((one for one in self.store.latest(self.who.case, self.form.name) if one.number == number), None)
        return current(found, self.workspace.forms) if found else None

    @cached_property
    def sha256(self) -> str:
        """The hash under which the file is kept."""
        return hashlib.sha256(self.content).hexdigest()

    def remember(self, record: Record, more: Mapping[str, Any]) -> None:
        """Keep the file under its hash, and which record its answers became; `more` is what else is told of it."""
        suffix = ".pdf" if self.content[:1024].find(b"%PDF-") >= 0 else ".p7m"
        place = PurePosixPath(RECEIVED) / f"{self.sha256}{suffix}"
        path = self.workspace.root / "outputs" / place
        if not path.is_file():
            files.write(path, self.content)
        told = {"identity": self.who.text(), "number": record.number, "revision": record.revision, "sha256": self.sha256}
        self.store.add_document(
            self.who.case,
            RETURNED + self.form.name,
            number=record.number,
            version=self.who.issue,
            draft=False,
            path=place,
            sha256=self.sha256,
            made_at=self.now,
            manifest={**told, **more},
        )


def _told(row: int, came: DocumentRow | None, said: Mapping[str, Any], sha256: str) -> dict[str, Any]:
    """What is remembered of a row: what it says, marks of all that it said before, the files in which it came."""
    marks, shas = ({*came.manifest["earlier"], _mark(came.manifest["said"])}, came.manifest["files"]) if came else (set(), ())
    return {"row": row, "said": said, "earlier": sorted(marks - {_mark(said)}), "files": sorted({*shas, sha256})}


def _mark(said: Mapping[str, Any]) -> str:
    """A digest of what a row says."""
    return jsontext.digest(jsontext.canonical(prune(said)))


def _data(record: Record | None) -> Mapping[str, Any]:
    return (record.data if record else None) or {}


def _of_row(decisions: Decisions, row: int) -> Decisions:
    """The decisions for a row of a sheet: `/r3/esito` of the third, `/r3` of all that stands in it, `/esito` of any."""
    head = f"/r{row}"
    own = {
        place[len(head) :]: side for place, side in decisions.by_place.items() if place == head or place.startswith(f"{head}/")
    }
    return replace(decisions, by_place={**decisions.by_place, **own})


def _now(form: Form, place: str) -> str:
    """A place of an issue, with the names that the fields have now."""
    row, inner = row_of(place)
    keys = ROW.findall(inner)
    steps = renamed_path(form.schema, ROW.sub("/*", inner)).split("/*")
    told = "".join(f"{step}/r{key}" for step, key in zip(steps, keys, strict=False)) + steps[-1]
    return f"/r{row}{told}" if row else told


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


def decisions_in(path: Path) -> Mapping[str, str]:
    """The decisions in a JSON file, place by place: {"/nome": "theirs"}. Raises FileError if it holds anything else."""
    told, _ = jsontext.parse(files.read(path, limit=jsontext.LIMIT), source=path.name)
    if not isinstance(told, Mapping) or not all(one in ("ours", "theirs") for one in told.values()):
        raise FileError(
            f"«{path.name}» non è un file di decisioni: per ogni campo va scritto «ours» (archivio) o «theirs» (modulo)."
        )
    return {str(place): str(side) for place, side in told.items()}
