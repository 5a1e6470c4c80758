"""Answers come in: read strictly, written the way the schema stores them, judged, and kept whatever they lack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pitstop_docs import files, formats, jsontext
from pitstop_docs.errors import FileError, UnknownError, unknown
from pitstop_docs.findings import Finding, Severity, in_order
from pitstop_docs.forms import Form
from pitstop_docs.records import PROJECT, Record
from pitstop_docs.store import Store
from pitstop_docs.workspace import Workspace


@dataclass(frozen=True)
class Kept:
    """What was kept, and what its form says of it. `fresh` is False where the same answers were already there."""

    record: Record
    findings: tuple[Finding, ...]
    fresh: bool


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

    Raises FileError for what is not JSON, UnknownError for a form, a case or a record that is not there, ConflictError
    if `based_on` is no longer the last revision.
    """
    form = workspace.form(form_name)
    data, replaced = jsontext.parse(text, source=source)
    if not isinstance(data, Mapping):
        raise FileError(f"«{source}» non contiene le risposte di un modulo: tra graffe vanno i campi e i loro valori.")
    answers = form.canonical(data)
    with workspace.store(create=True) as store:
        _check_case(store, form, case, workspace)
        _check_number(form, number, based_on)
        number = number or (_same(store, form, case, answers) or 0 if form.many else 1)
        last = store.history(case, form.name, number)[-1:] if number else []
        record = store.append(
            case,
            form.name,
            answers,
            number=number,
            based_on=last[0].revision if last and based_on is None else based_on or 0,
            author=formats.clean(author)[0],
            saved_at=now,
        )
    found = form.findings(answers, record.number)
    odd = [form.finding("MOD-013", path, record.number, severity=Severity.WARNING) for path in replaced]
    return Kept(record, tuple(in_order([*found, *odd])), fresh=not last or last[0].revision != record.revision)


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
    told = jsontext.digest(jsontext.canonical(answers))
    return next((record.number for record in store.latest(case, form.name) if record.sha256 == told), None)


def find(workspace: Workspace, form_name: str, *, case: str, number: int | None, revision: int | None) -> Record:
    """The record asked for, in its last revision unless one is named. Raises UnknownError if there is none."""
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
    return record
