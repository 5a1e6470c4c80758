"""What came back is put away for ever: a copy of the record on pages made to last, its data and the returned file inside.

It is made from what was kept, never from what a viewer drew, and once for each revision: a copy that is in its place stays.
What is computed (an age, a difference) is as it was known when the copy was made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from pitstop_docs import __version__, files, jsontext
from pitstop_docs.answers import prune
from pitstop_docs.context import Sight, completed, day_of
from pitstop_docs.desk import Desk
from pitstop_docs.errors import FileError, UnknownError
from pitstop_docs.fillers.envelope import is_envelope
from pitstop_docs.findings import Severity
from pitstop_docs.forms import Form
from pitstop_docs.identity import DIGITS, Identity
from pitstop_docs.proof import manifest_beside, manifest_of
from pitstop_docs.records import PROJECT, Record
from pitstop_docs.store import Store
from pitstop_docs.workspace import COUNTRIES, Records, Workspace

ARCHIVED = "archivio:"
"""What the name of a form is headed by among the documents of the store."""
DATA, RETURNED = "dati.json", "modulo-tornato"
"""What the files inside are called: never as somebody called them."""
KINDS = {".json": "application/json", ".pdf": "application/pdf", ".p7m": "application/pkcs7-mime"}


@dataclass(frozen=True)
class Origin:
    """The file in which answers came back: its bytes, the issue that it is, what it was taken for («pronto»)."""

    content: bytes
    identity: Identity
    outcome: str

    @property
    def sha256(self) -> str:
        """The SHA-256 of the file, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def name(self) -> str:
        """What it is called inside the copy."""
        return RETURNED + (".p7m" if is_envelope(self.content) else ".pdf")


def archived(workspace: Workspace, record: Record, origin: Origin | None = None, *, now: datetime) -> Path:
    """Where the archive copy of a record lies: this very revision, made if it is not there as it was made.

    The same record and returned file give the same bytes. Raises UnknownError for a revision that is not kept or holds no
    answers, FileError without WeasyPrint, for a letter that no font has, or if something else lies there.
    """
    form = workspace.form(record.form)
    with workspace.store() as store:
        kept = store.revision(record.case, record.form, record.number, record.revision)
        if kept is None or kept.data is None:
            raise UnknownError(f"Il modulo «{form.name}» n. {record.number} è stato ritirato: non c’è nulla da archiviare.")
        place = _place(form, kept)
        path = files.inside(workspace.root / "outputs", place)
        if _is_there(store, path, kept):
            return path
        content = _pressed(workspace, store, form, kept, origin)
        manifest = _manifest(workspace, form, kept, origin, path.name, hashlib.sha256(content).hexdigest())
        files.write(manifest_of(path), (jsontext.pretty(manifest) + "\n").encode())
        files.write(path, content)
        store.add_document(
            kept.case,
            ARCHIVED + form.name,
            number=kept.number,
            version=kept.revision,
            draft=False,
            path=PurePosixPath(place),
            sha256=manifest["sha256"],
            made_at=now,
            manifest=manifest,
        )
    return path


def _is_there(store: Store, path: Path, kept: Record) -> bool:
    """True if the copy is in its place as it was made, with its manifest. Raises FileError if something else is."""
    if not path.exists():
        return False
    sha256, beside = files.sha256(path), manifest_beside(path) or {}
    rows = store.documents(kept.case, ARCHIVED + kept.form)
    known = [row.sha256 for row in rows if (row.number, row.version) == (kept.number, kept.revision)]
    if sha256 not in (*known, beside.get("sha256")):
        raise FileError(f"In {path.parent.name} c’è già un altro {path.name}: spostarlo e riprovare.")
    return sha256 in known and beside.get("sha256") == sha256


def _pressed(workspace: Workspace, store: Store, form: Form, kept: Record, origin: Origin | None) -> bytes:
    from pitstop_docs.fillers.archive import Enclosed, pressed  # noqa: PLC0415  # they bring WeasyPrint and pypdf
    from pitstop_docs.fillers.readout import Readout  # noqa: PLC0415

    cases = {kept.case, PROJECT}
    desk = Desk(workspace, Records.of([one for case in sorted(cases) for one in store.latest(case)], workspace.forms))
    data = form.current(kept.data or {})
    answers = _completed(desk, form, kept, data)
    found = (one for one in form.findings(data, kept.number) if one.severity is not Severity.INFO)
    readout = Readout(
        form=form,
        project=tuple(desk.header(kept.case)),
        about=" · ".join(_about(form, kept)),
        facts=tuple(_facts(kept, origin)),
        foot=f"{' · '.join(['Copia d’archivio', form.name, *_about(form, kept)[1:]])} · impronta {kept.sha256[:DIGITS]}",
        answers=answers,
        remarks={one.path: one.message for one in found},
    )
    told = (jsontext.pretty(kept.data) + "\n").encode()
    enclosed = [Enclosed(DATA, told, KINDS[".json"], "Data", "Le risposte, come sono conservate")]
    if origin:
        kind = KINDS[Path(origin.name).suffix]
        enclosed.append(Enclosed(origin.name, origin.content, kind, "Source", "Il file, come è tornato"))
    return pressed(readout, enclosed, f"{form.title} – {' – '.join(_about(form, kept)[1:])}", kept.saved_at)


def _completed(desk: Desk, form: Form, kept: Record, data: Mapping[str, Any]) -> dict[str, Any]:
    """The answers with the computed ones; of a case that has been withdrawn since as they were stated."""
    record = Record(**{**vars(kept), "data": data})
    if kept.case not in desk.records.by_case:
        return prune(data)
    sight = Sight(desk.workspace.forms, day_of(form, record), desk.workspace.union, desk.workspace.pack.roles)
    return completed(record, desk.records.case(kept.case), sight)


def _about(form: Form, kept: Record) -> list[str]:
    """Which form, whose, which one, which correction."""
    case = f"caso {kept.case}" if kept.case else "per tutto il progetto"
    number = [f"n. {kept.number}"] if form.many else []
    return [f"Modulo {form.code}", case, *number, f"revisione {kept.revision}"]


def _facts(kept: Record, origin: Origin | None) -> Iterator[tuple[str, str]]:
    """Where the answers come from, and what lies inside the copy."""
    yield (
        "Conservato",
        f"il {kept.saved_at:%d/%m/%Y} alle {kept.saved_at:%H:%M} (ora UTC)" + (f" da {kept.author}" if kept.author else ""),
    )
    if origin:
        who = origin.identity
        yield "Modulo tornato", f"copia n. {who.issue}, versione {who.version}; esito della lettura: {origin.outcome}"
        yield "Impronta del file (SHA-256)", origin.sha256
    yield "Impronta dei dati (SHA-256)", kept.sha256
    returned = f"; «{origin.name}», il file com’è tornato" if origin else ""
    yield "Allegati a questo PDF", f"«{DATA}», le risposte com’erano conservate{returned}"


def _manifest(workspace: Workspace, form: Form, kept: Record, origin: Origin | None, name: str, sha256: str) -> dict[str, Any]:
    """What the copy is and was made from; the record comes first of what `verify` asks for."""
    root = workspace.root
    kit = (root / "forms" / f"{form.name}.json", form.schema_path, root / "schemas" / "comune.json", root / "rules" / COUNTRIES)
    returned = {"sha256": origin.sha256, "identity": origin.identity.text(), "outcome": origin.outcome} if origin else None
    return {
        "kind": ARCHIVED + form.name,
        "case": kept.case,
        "number": kept.number,
        "version": kept.revision,
        "draft": False,
        "file": name,
        "sha256": sha256,
        "returned": returned,
        "sources": {
            "records": [{key: getattr(kept, key) for key in ("case", "form", "number", "revision", "sha256")}],
            "kit": {path.relative_to(root).as_posix(): files.sha256(path) for path in sorted(kit) if path.is_file()},
            "tool": __version__,
        },
    }


def _place(form: Form, kept: Record) -> str:
    """Where the copy goes, under the folder of the outputs."""
    folder = kept.case or "progetto"
    pieces = [folder, form.code, form.name, "archivio"]
    pieces += [f"n{kept.number:02}"] if form.many else []
    return f"{folder}/{files.safe_name(*pieces, f'r{kept.revision:02}', suffix='.pdf')}"
