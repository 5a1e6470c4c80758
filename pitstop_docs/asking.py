"""A form is asked of whoever fills it: a PDF with what is known already printed in it, and a record of what was issued.

What was printed is kept in the store with the issue: it is what the answers that come back are compared with. The same
answers give the same issue again. A blank form for a record that is yet to be is the same issue only until it comes back:
then what it asked for is a record, and the next copy is for another one. A sheet of records is such a form, too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from pitstop_docs import __version__, files, jsontext
from pitstop_docs.answers import Eyes, at, schema_at
from pitstop_docs.context import Sight, completed
from pitstop_docs.desk import Desk
from pitstop_docs.errors import UnknownError, unknown
from pitstop_docs.extents import WHOLE, Extent, Page, page_of
from pitstop_docs.forms import Form
from pitstop_docs.identity import DIGITS, Identity
from pitstop_docs.proof import manifest_of
from pitstop_docs.questions import Group, Question, Section, asked
from pitstop_docs.records import PROJECT, Case, Record
from pitstop_docs.store import DocumentRow, Store
from pitstop_docs.templates import RECIPIENTS
from pitstop_docs.transcription import Value, written
from pitstop_docs.workspace import COUNTRIES

ISSUED = "modulo:"
"""What the name of a form is headed by among the documents of the store: no kind of document has a colon in it."""
RETURNED = "ritorno:"
"""What it is headed by in the rows that say which file came back for which issue."""
OUTSIDE = ("TUTOR", "ENTE", "ORG")
"""The roles of who is not of the Comune: a form that they fill is theirs to see, as a document for the partner is."""


@dataclass(frozen=True)
class Issue:
    """A form that was issued: where it lies, which one it is. `fresh` is False if the very same was issued before."""

    identity: Identity
    number: int
    path: Path
    sha256: str
    fresh: bool

    def to_json(self) -> dict[str, object]:
        """The stable shape of an issue in `--json` output. Number 0 is a record that is not there yet."""
        told = {"form": self.identity.form, "case": self.identity.case, "issue": self.identity.issue, "number": self.number}
        return {**told, "identity": self.identity.text(), "path": str(self.path), "sha256": self.sha256, "fresh": self.fresh}


def ask(
    desk: Desk,
    name: str,
    *,
    case: str,
    number: int | None,
    recipient: str,
    now: datetime,
    extent: Extent = WHOLE,
    another: bool = False,
) -> Issue:
    """Issue a form, with what its recipient may see of the answers printed in it.

    `recipient` empty is who fills the form; `another` makes one more copy where the same issue would do. Raises UnknownError
    for a form, a case, a record, a sheet or a list that is not there, FileError if WeasyPrint is missing or the file cannot
    be written.
    """
    form = desk.workspace.form(name)
    file = _file(desk, form, case)
    record = None if extent.sheet else _record(form, file, number)
    _check_continued(form, file, record, extent)
    recipient = recipient or ("partner" if _is_filled_outside(form) else "interno")
    if recipient not in RECIPIENTS:
        raise unknown("Il destinatario", recipient, RECIPIENTS)
    data = record.data or {} if record else {}
    sections = tuple(_seen(asked(form), form, _Glance(form, desk.workspace.pack.recipients[recipient], data)))
    if not sections:
        raise UnknownError(f"Del modulo «{name}» il destinatario «{recipient}» non può vedere nulla: sceglierne un altro.")
    page = page_of(form, sections, extent, data)
    values = {} if page.told else _values(desk, form, file, record, page.sections)
    told: dict[str, Any] = {
        "number": record.number if record else 0,
        "recipient": recipient,
        "answers": data,
        "values": {place: list(value) if isinstance(value, tuple) else value for place, value in values.items()},
        "sources": _sources(desk, form, record),
        **page.told,
    }
    with desk.workspace.store(create=True) as store:
        issued = store.documents(file.code, ISSUED + name)
        last = next((row for row in reversed(issued) if row.manifest.get("issued") == told), None)
        if last and (another or (record is None and _came_back(store, last, name))):
            last = None
        if last and (there := _in_place(desk, form, last)):
            return there
        issue = last.version if last else max((row.version for row in issued), default=0) + 1
        identity = Identity(name, str(form.schema.get("x-version", "1")), file.code, issue, _digest(values))
        content, places = _drawn(desk, form, file, identity, page, values, number=told["number"])
        place = _place(form, file.code, page.word, issue)
        path = files.inside(desk.workspace.root / "outputs", place)
        manifest = {
            "kind": ISSUED + name,
            "case": file.code,
            "number": told["number"],
            "version": issue,
            "draft": False,
            "file": path.name,
            "sha256": hashlib.sha256(content).hexdigest(),
            "identity": identity.text(),
            "sources": told["sources"],
            **page.told,
        }
        files.write(manifest_of(path), (jsontext.pretty(manifest) + "\n").encode())
        files.write(path, content)
        store.add_document(
            file.code,
            ISSUED + name,
            number=told["number"],
            version=issue,
            draft=False,
            path=PurePosixPath(place),
            sha256=manifest["sha256"],
            made_at=now,
            manifest={**manifest, "issued": told, "places": places},
        )
    return Issue(identity, told["number"], path, manifest["sha256"], fresh=True)


def _came_back(store: Store, issue: DocumentRow, name: str) -> bool:
    """True if something was kept of what came back of an issue."""
    return any(row.version == issue.version for row in store.documents(issue.case, RETURNED + name))


def _check_continued(form: Form, file: Case, record: Record | None, extent: Extent) -> None:
    """Raise UnknownError where further rows are asked for, and it is not said of which record or there is none."""
    if not extent.more or record is not None:
        return
    known = ", ".join(str(one.number) for one in file.all(form.name))
    if known:
        raise UnknownError(
            f"Il modulo «{form.name}» è più d’uno: indicare quale continuare, con --number. Numeri presenti: {known}."
        )
    raise UnknownError(
        f"Del modulo «{form.name}» non è ancora stato conservato nulla da continuare: "
        "prima leggere il modulo tornato, poi chiedere il foglio di continuazione."
    )


def _file(desk: Desk, form: Form, case: str) -> Case:
    """The case's file; an empty one for a form that opens a case which is not there yet."""
    if form.scope == "progetto" and case != PROJECT:
        raise UnknownError(f"Il modulo «{form.name}» è del progetto, non di un caso: togliere --case.")
    if form.scope == "caso" and case == PROJECT and not form.shared:
        raise UnknownError(f"Il modulo «{form.name}» è di un caso: indicarlo con --case.")
    if form.opens_case and case not in desk.records.codes:
        return Case(case, ())
    return desk.records.case(case)


def _record(form: Form, file: Case, number: int | None) -> Record | None:
    """The record to correct; None for one that is yet to be."""
    if number is None:
        return None if form.many else file.last(form.name)
    found = next((one for one in file.all(form.name) if one.number == number), None)
    if found is None:
        known = ", ".join(str(one.number) for one in file.all(form.name)) or "nessuno"
        raise UnknownError(f"Il modulo «{form.name}» n. {number} non esiste. Numeri presenti: {known}.")
    return found


def _is_filled_outside(form: Form) -> bool:
    return any(role in OUTSIDE for section in form.sections for role in section.who)


@dataclass(frozen=True)
class _Glance:
    """What a recipient may see of a form: by the class of each datum, and by what the answers protect."""

    form: Form
    visible: frozenset[str]
    data: Mapping[str, Any]

    def sees(self, question: Question) -> bool:
        schema = schema_at(self.form.schema, question.path)
        above = schema_at(self.form.schema, question.path.removesuffix("/*"))
        eyes = Eyes(self.visible, self.data, {})
        return all(eyes.may_see(one) and not eyes.is_protected(one) for one in (schema, above)) and not self.protected(question)

    def protected(self, question: Question) -> bool:
        """True if a group around the question is protected by an answer."""
        steps = question.path.split("/")[1:]
        groups = ("/" + "/".join(steps[:n]) for n in range(1, len(steps)))
        flags = (schema_at(self.form.schema, group).get("x-protected-by") for group in groups)
        return any(flag and at(self.data, flag) not in (None, False) for flag in flags)


def _seen(sections: Sequence[Section], form: Form, glance: _Glance) -> Iterator[Section]:
    for section in sections:
        parts = tuple(_parts(section.parts, glance))
        if parts:
            yield replace(section, parts=parts)


def _parts(parts: Sequence[Question | Group], glance: _Glance) -> Iterator[Question | Group]:
    for part in parts:
        if isinstance(part, Question):
            if glance.sees(part):
                yield part
        elif inner := tuple(_parts(part.parts, glance)):
            yield replace(part, parts=inner)


def _values(desk: Desk, form: Form, file: Case, record: Record | None, sections: Sequence[Section]) -> dict[str, Value]:
    """What is printed in the places that the page asks for, or shows: ages as they were on the day of the act."""
    if record is None:
        return {}
    sight = Sight(desk.workspace.forms, _day(form, record), desk.workspace.union, desk.workspace.pack.roles)
    return written(form, completed(record, file, sight), sections)


def _day(form: Form, record: Record) -> date | None:
    told = at(record.data, form.date) if form.date else None
    try:
        return date.fromisoformat(told) if isinstance(told, str) else None
    except ValueError:
        return None


def _digest(values: Mapping[str, Value]) -> str:
    plain = {place: list(value) if isinstance(value, tuple) else value for place, value in values.items()}
    return jsontext.digest(jsontext.canonical(plain))[:DIGITS]


def _sources(desk: Desk, form: Form, record: Record | None) -> dict[str, Any]:
    """The record and the files of the kit that the page comes from, as the manifest of a document tells them."""
    root = desk.workspace.root
    kit = (root / "forms" / f"{form.name}.json", form.schema_path, root / "schemas" / "comune.json", root / "rules" / COUNTRIES)
    told = {key: getattr(record, key) for key in ("case", "form", "number", "revision", "sha256")} if record else None
    return {
        "records": [told] if told else [],
        "kit": {path.relative_to(root).as_posix(): files.sha256(path) for path in sorted(kit) if path.is_file()},
        "tool": __version__,
    }


def _drawn(
    desk: Desk, form: Form, file: Case, identity: Identity, page: Page, values: Mapping[str, Value], *, number: int
) -> tuple[bytes, dict[str, str]]:
    """The PDF, and the place that each of its fields asks for."""
    from pitstop_docs.fillers import widgets  # noqa: PLC0415  # they bring pypdf and WeasyPrint
    from pitstop_docs.fillers.page import Sheet, drawn  # noqa: PLC0415

    sheet = Sheet(
        title=page.title,
        code=form.code,
        identity=identity,
        project=tuple(desk.header(file.code)),
        sections=page.sections,
        values=values,
        roles=desk.workspace.pack.roles,
        number=number if form.many else 0,
    )
    raw = drawn(sheet)
    return widgets.rebuilt(raw, values, identity), {one.name: one.path for one in raw.fields}


def _in_place(desk: Desk, form: Form, row: DocumentRow) -> Issue | None:
    """The issue as it was made, None if its file is not there any more, or is not as it was."""
    path = files.inside(desk.workspace.root / "outputs", str(row.path))
    if not path.is_file() or files.sha256(path) != row.sha256:
        return None
    told = row.manifest
    name, version, case, issue, digest = str(told["identity"]).split("|")
    return Issue(Identity(name, version, case, int(issue), digest), row.number, path, row.sha256, fresh=False)


def _place(form: Form, case: str, word: str, issue: int) -> str:
    name = files.safe_name(case or "progetto", form.code, form.name, word, f"{issue:03}", suffix=".pdf")
    return f"{case or 'progetto'}/{name}"
