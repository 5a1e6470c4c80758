"""Answers come in: read strictly, written the way the schema stores them, judged, and kept whatever they lack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pitstop_docs import files, formats, jsontext
from pitstop_docs.answers import bare, in_form_order, renamed_path
from pitstop_docs.checks.situation import SIGNATURE
from pitstop_docs.errors import FileError, UnknownError, unknown
from pitstop_docs.findings import Finding, Severity, in_order
from pitstop_docs.forms import Form
from pitstop_docs.lineage import Lineage
from pitstop_docs.records import PROJECT, Record
from pitstop_docs.rowkeys import refused
from pitstop_docs.store import Store
from pitstop_docs.workspace import Workspace, current


@dataclass(frozen=True)
class Kept:
    """What was kept, and what its form says of it. `fresh` is False where the same answers were already there.

    `beside` are the numbers of the other records of the same form that are in force.
    """

    record: Record
    findings: tuple[Finding, ...]
    fresh: bool
    beside: tuple[int, ...] = ()

    def sentence(self) -> str:
        """What staff read first: which record, in which revision, and whether it is another one than those there."""
        record = self.record
        where = f"{record.form} n. {record.number}, {record.case or 'progetto'}: revisione {record.revision}"
        if not self.fresh:
            return f"Già conservato, nulla di nuovo: {where}."
        if record.data is None:
            return f"Ritirato: {where}. Resta nell’archivio, ma non vale più."
        if record.revision == 1 and self.beside:
            others = ", ".join(map(str, self.beside))
            return (
                f"Conservato: {where}. È una compilazione nuova, oltre a: {others}. "
                f"Per correggerne una, indicarla con --number; per ritirare questa: --number {record.number} --withdraw."
            )
        return f"Conservato: {where}."


def read(path: Path) -> bytes:
    """A file of answers. Raises FileError."""
    return files.read(path, limit=jsontext.LIMIT)


def keep(
    workspace: Workspace,
    form_name: str,
    text: bytes,
    *,
    source: str,
    case: str,
    number: int | None,
    author: str,
    based_on: int | None,
    now: datetime,
) -> Kept:
    """Keep the answers to a form as its next revision, or as a new record where the form has many and none is named.

    Each row keeps the key that it has, or is given one; other keys alone make no revision.
    Raises FileError for what is not JSON, UnknownError for a form, a case or a record that is not there, ConflictError
    if `based_on` is no longer the last revision.
    """
    form = workspace.form(form_name)
    data, replaced = jsontext.parse(text, source=source)
    if not isinstance(data, Mapping):
        raise FileError(f"«{source}» non contiene le risposte di un modulo: tra graffe vanno i campi e i loro valori.")
    answers: Mapping[str, Any] = form.canonical(form.current(data))
    with workspace.store(create=True) as store:
        _check_case(store, form, case, workspace)
        _check_number(form, number, based_on)
        number = number or (_same(store, form, case, answers) or 0 if form.many else 1)
        history = store.history(case, form.name, number) if number else []
        last = history[-1:]
        kept = Lineage.of(form, history).keyed(answers)
        record = store.append(
            case,
            form.name,
            _as_it_was(last, form, kept),
            number=number,
            based_on=last[0].revision if last and based_on is None else based_on or 0,
            author=formats.clean(author)[0],
            saved_at=now,
        )
        beside = [one.number for one in store.latest(case, form.name) if one.data is not None and one.number != record.number]
        unmade = form.name == SIGNATURE and not _was_made(store, record)
    found = form.findings(answers, record.number)
    places = [renamed_path(form.schema, path) for path in replaced]
    found += [form.finding("MOD-013", path, record.number, severity=Severity.WARNING) for path in places]
    found += [form.finding("MOD-018", path, record.number, severity=Severity.WARNING) for path in refused(answers, kept)]
    found += [form.finding("MOD-017", "/versione", record.number, severity=Severity.WARNING)] if unmade else []
    fresh = not last or last[0].revision != record.revision
    return Kept(record, tuple(in_order(found)), fresh, tuple(beside))


def withdraw(
    workspace: Workspace,
    form_name: str,
    *,
    case: str,
    number: int | None,
    author: str,
    based_on: int | None,
    now: datetime,
) -> Kept:
    """Withdraw a record: its last revision has no data, and it counts no more. Raises as `keep` and `find` do."""
    last, _ = find(workspace, form_name, case=case, number=number, revision=None)
    if number is None and workspace.form(form_name).many:
        raise UnknownError(f"Il modulo «{form_name}» è più d’uno: indicare quale ritirare, con --number.")
    with workspace.store() as store:
        record = store.append(
            case,
            form_name,
            None,
            number=last.number,
            based_on=last.revision if based_on is None else based_on,
            author=formats.clean(author)[0],
            saved_at=now,
        )
    return Kept(record, (), fresh=record.revision != last.revision)


def _was_made(store: Store, signature: Record) -> bool:
    """True if the document that a signature speaks of was produced, in that version."""
    told = signature.data or {}
    which = (told.get("numero") or 1, told.get("versione"))
    made = store.documents(signature.case, str(told.get("documento", "")))
    return any((row.number, row.version) == which and not row.draft for row in made)


def _check_scope(form: Form, case: str) -> None:
    if form.scope == "progetto" and case != PROJECT:
        raise UnknownError(f"Il modulo «{form.name}» è del progetto, non di un caso: togliere --case.")
    if form.scope == "caso" and case == PROJECT and not form.shared:
        raise UnknownError(f"Il modulo «{form.name}» è di un caso: indicarlo con --case.")


def _check_case(store: Store, form: Form, case: str, workspace: Workspace) -> None:
    _check_scope(form, case)
    if case == PROJECT:
        return
    problem = formats.FORMATS["caso"].check(case)
    if problem:
        raise UnknownError(f"Il codice del caso non è scritto bene: {problem.message}")
    known = store.cases()
    if case not in known and not form.opens_case:
        opening = ", ".join(f"«{one.name}»" for one in workspace.forms.values() if one.opens_case)
        raise unknown("Il caso", case, known, hint=f"Un caso nuovo si apre con {opening}.")


def _check_number(form: Form, number: int | None, based_on: int | None) -> None:
    if not form.many and number not in (None, 1):
        raise UnknownError(f"Il modulo «{form.name}» è uno solo: togliere --number.")
    if form.many and number is None and based_on:
        raise UnknownError(f"Il modulo «{form.name}» è più d’uno: con --base indicare quale, con --number.")


def _same(store: Store, form: Form, case: str, answers: Mapping[str, Any]) -> int | None:
    """The number of the record that already says exactly this, so that keeping a file twice changes nothing."""
    told = jsontext.canonical(bare(answers))
    latest = (record for record in store.latest(case, form.name) if record.data is not None)
    return next((one.number for one in latest if jsontext.canonical(bare(form.current(one.data or {}))) == told), None)


def _as_it_was(last: list[Record], form: Form, answers: Mapping[str, Any]) -> Mapping[str, Any]:
    """The answers; as they were kept, where they say what is kept already under other names of the fields or keys of the rows."""
    kept = last[0].data if last else None
    same = kept is not None and jsontext.canonical(bare(form.current(kept))) == jsontext.canonical(bare(answers))
    return kept if kept is not None and same else answers


def find(workspace: Workspace, form_name: str, *, case: str, number: int | None, revision: int | None) -> tuple[Record, Any]:
    """The record asked for, in its last revision unless one is named, and its answers in the order of the form.

    Raises UnknownError if there is none.
    """
    form = workspace.form(form_name)
    _check_scope(form, case)
    if not workspace.has_store:
        raise UnknownError("In questa cartella non è ancora stato conservato nulla.")
    with workspace.store() as store:
        if case != PROJECT and case not in store.cases():
            raise unknown("Il caso", case, store.cases())
        kept = {record.number: record for record in store.latest(case, form.name)}
        record = kept.get(number or max(kept, default=0))
        if record and revision:
            record = store.revision(case, form.name, record.number, revision)
    if record is None:
        numbers = ", ".join(map(str, kept)) or "nessuno"
        raise UnknownError(f"Il modulo «{form.name}» chiesto non c’è. Numeri presenti: {numbers}.")
    return record, in_form_order(form.schema, current(record, workspace.forms).data)
