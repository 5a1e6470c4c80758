"""A document is made in five steps: gather, check, fill, stamp, put in place. To check is the same, unwritten."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any

from pitstop_docs import __version__, files, jsontext, office
from pitstop_docs.answers import at
from pitstop_docs.blanks import Place
from pitstop_docs.context import gather
from pitstop_docs.desk import Desk, Target
from pitstop_docs.errors import FileError
from pitstop_docs.fillers import docx, pdf
from pitstop_docs.findings import Finding, Severity, in_order
from pitstop_docs.records import PROJECT, Record
from pitstop_docs.store import DocumentRow, Store
from pitstop_docs.templates import check_places
from pitstop_docs.workspace import COUNTRIES, PACK

SIGNATURE = "firma"
"""The form that says that a document was signed: from then on it is never made again."""
MANIFEST = ".manifest.json"
LIMIT = 64 * files.MEBIBYTE
ABANDONED = timedelta(hours=1)
"""No writing takes so long: a temporary file that is older was left by a program that was killed."""


@dataclass(frozen=True)
class Verdict:
    """What stands in the way of a document, and the page as it would be."""

    findings: tuple[Finding, ...]
    filled: docx.Filled

    @property
    def blocked(self) -> bool:
        """True if a finding forbids making the document."""
        return any(finding.blocks for finding in self.findings)


@dataclass(frozen=True)
class Document:
    """A document in its place. `fresh` is False where the very same one was already there."""

    kind: str
    case: str
    number: int
    version: int
    draft: bool
    path: Path
    sha256: str
    fresh: bool
    pdf: Path | None = None

    def to_json(self) -> dict[str, object]:
        """The stable shape of a document in `--json` output."""
        told = {name: getattr(self, name) for name in ("kind", "case", "number", "version", "draft", "sha256", "fresh")}
        return {**told, "path": str(self.path), "pdf": str(self.pdf) if self.pdf else None}


def check(desk: Desk, target: Target) -> Verdict:
    """Everything that the document lacks, sorted by place: by its schemas, its rules and its own blanks."""
    return _judge(desk, target, _sources(desk, target), version=1, draft=True)


def produce(desk: Desk, target: Target, *, draft: bool, with_pdf: bool, now: datetime) -> tuple[Verdict, Document | None]:
    """Make the document, or None if a finding blocks it and it is not a draft: then nothing is written.

    The same records and kit give the same bytes under the same name. A version that was signed, or that someone has
    changed by hand, stays as it is: what differs becomes the next one.
    """
    with desk.workspace.store(create=True) as store:
        made = [row for row in store.documents(target.case.code, target.template.kind) if row.number == target.number]
        made = [row for row in made if row.draft == draft]
        sources = _sources(desk, target)
        version, in_place = _version(desk, target, made, sources, draft=draft)
        verdict = _judge(desk, target, sources, version=version, draft=draft)
        if verdict.blocked and not draft:
            return verdict, None
        place = _place(target, version, draft=draft)
        path = files.inside(desk.workspace.root / "outputs", place)
        manifest = {
            "kind": target.template.kind,
            "case": target.case.code,
            "number": target.number,
            "version": version,
            "draft": draft,
            "file": path.name,
            "sha256": hashlib.sha256(verdict.filled.content).hexdigest(),
            "sources": sources,
        }
        fresh = not (in_place and in_place.manifest == manifest and _intact(path, manifest))
        if fresh:
            files.sweep(path.parent, before=now - ABANDONED)
            _put(path, verdict.filled.content, manifest)
            _keep(store, manifest, PurePosixPath(place), now)
        printed = _printed(path, verdict.filled) if with_pdf else None
    sha256 = str(manifest["sha256"])
    return verdict, Document(target.template.kind, target.case.code, target.number, version, draft, path, sha256, fresh, printed)


def _judge(desk: Desk, target: Target, sources: Mapping[str, Any], *, version: int, draft: bool) -> Verdict:
    template, pack = target.template, desk.workspace.pack
    document: dict[str, object] = {
        "codice": template.code,
        "titolo": template.title,
        "caso": target.case.code,
        "linea": desk.line(target.case),
        "versione": f"{version:02}",
        "regole": f"{pack.name} {pack.version}",
        "impronta": jsontext.digest(jsontext.canonical(sources))[:8],
        "data": desk.day_of(target),
    }
    context = gather(
        template,
        target.case,
        replace(desk.sight(target), on=desk.day_of(target)),  # what is printed never depends on the day of printing
        number=target.number,
        visible=pack.recipients[template.recipient],
        document={key: value for key, value in document.items() if value},
    )
    stem = _stem(target, version, draft=draft)
    properties = docx.Properties(f"{template.code} {template.title}", target.case.code or "progetto", stem, draft=draft)
    filled = template.render(context, properties)
    check_places(filled.places, desk.workspace.forms, template.path.name)
    found = desk.findings(target)
    return Verdict(tuple(in_order([*found, *_blank_findings(desk, filled.trace.blanks, found)])), filled)


def _blank_findings(desk: Desk, blanks: list[Place], found: list[Finding]) -> Iterator[Finding]:
    """A finding for each line left to the pen that no other finding tells already."""
    told = {(one.form, one.number, one.path) for one in found}
    for place in dict.fromkeys(blanks):
        form = desk.workspace.forms.get(place.form)
        if form and not any((place.form, place.number, above) in told for above in _above(place.path)):
            rule, severity = ("MOD-015", Severity.INFO) if place.path else ("MOD-014", Severity.WARNING)
            yield form.finding(rule, place.path, place.number, severity=severity)


def _above(path: str) -> list[str]:
    steps = path.split("/")
    return ["/".join(steps[:n]) for n in range(1, len(steps) + 1)]


# ── stamped and put in place ─────────────────────────────────────────────────────────────────────────────────────────


def _sources(desk: Desk, target: Target) -> dict[str, Any]:
    """What a document is made of: the records with their revisions, the files of the kit, the tool. No value, no date."""
    root, template, forms = desk.workspace.root, target.template, desk.workspace.forms
    records = _records(desk, target)
    names = {record.form for record in records}
    kit = {
        template.path,
        template.description,
        root / "rules" / PACK,
        root / "rules" / COUNTRIES,
        root / "schemas" / "comune.json",
        *(root / "forms" / f"{name}.json" for name in names),
        *(forms[name].schema_path for name in names),
    }
    return {
        "records": [_told(record) for record in records],
        "kit": {path.relative_to(root).as_posix(): files.sha256(path) for path in sorted(kit) if path.is_file()},
        "tool": __version__,
    }


def _records(desk: Desk, target: Target) -> list[Record]:
    """The records that decide what is printed: those the template names, and those from which a printed value is drawn."""
    template, case = target.template, target.case
    named = (*template.records, *template.optional)
    found = [case.last(name, target.number if name == template.form else None) for name in named]
    for record in filter(None, tuple(found)):
        for told in _computed(desk.workspace.forms[record.form].schema):
            found.append(case.last(told["from"]) if "from" in told else None)
            found.extend(one for one in case.all(record.form) if told.get("fn") == "previous" and one.number < record.number)
    if template.prints("documento", "/linea"):
        stated = (
            (case.last(form), pointer) for form, _, pointer in (one.partition("#") for one in desk.workspace.pack.case_line)
        )
        found.append(next((record for record, pointer in stated if record and at(record.data, pointer)), None))
    return list({(record.case, record.form, record.number): record for record in found if record}.values())


def _computed(schema: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(schema, Mapping):
        if "x-computed" in schema:
            yield schema["x-computed"]
        for inner in schema.values():
            yield from _computed(inner)


def _told(record: Record) -> dict[str, Any]:
    return {
        "case": record.case,
        "form": record.form,
        "number": record.number,
        "revision": record.revision,
        "sha256": record.sha256,
    }


def _version(
    desk: Desk, target: Target, made: list[DocumentRow], sources: Mapping[str, Any], *, draft: bool
) -> tuple[int, DocumentRow | None]:
    """The version to make, and the row of the one in place if it is this very document.

    A version that was signed from other sources, or a file that is not as it was made, is left alone.
    """
    last = max(made, key=lambda row: row.version, default=None)
    version = last.version if last else 1
    if last and _signed(target, version) and last.manifest.get("sources") != sources:
        version, last = version + 1, None
    outputs = desk.workspace.root / "outputs"
    while not _ours(files.inside(outputs, _place(target, version, draft=draft)), last.manifest if last else None):
        version, last = version + 1, None
    return version, last


def _ours(path: Path, manifest: Mapping[str, Any] | None) -> bool:
    """True if the name is free, or holds what was made here: by the row's manifest, or by the one beside it after a crash."""
    if not path.exists():
        return True
    sha256 = files.sha256(path)
    return sha256 == (manifest or {}).get("sha256") or sha256 == (_manifest_beside(path) or {}).get("sha256")


def _manifest_beside(path: Path) -> Mapping[str, Any] | None:
    """What stands in the manifest of a document, None if there is none that can be read."""
    with suppress(FileError):
        told, _ = jsontext.parse(files.read(_manifest_of(path), limit=LIMIT), source=path.name)
        return told if isinstance(told, Mapping) else None
    return None


def _intact(path: Path, manifest: Mapping[str, Any]) -> bool:
    return path.is_file() and files.sha256(path) == manifest["sha256"] and _manifest_beside(path) == manifest


def _signed(target: Target, version: int) -> bool:
    for record in target.case.all(SIGNATURE):
        told = record.data or {}
        which = (record.case, told.get("documento"), told.get("numero", 1), told.get("versione"))
        if which == (target.case.code, target.template.kind, target.number, version):
            return True
    return False


def _stem(target: Target, version: int, *, draft: bool) -> str:
    template = target.template
    pieces = [target.case.code or "progetto", template.code, template.kind]
    pieces += [f"n{target.number:02}"] if target.number > 1 else []
    pieces += [f"v{version:02}", *(["bozza"] if draft else [])]
    return files.safe_name(*pieces, suffix="")


def _place(target: Target, version: int, *, draft: bool) -> str:
    """Where the document goes, under the folder of the outputs."""
    name = _stem(target, version, draft=draft) + target.template.path.suffix
    return f"{target.case.code or 'progetto'}/{name}"


def _manifest_of(path: Path) -> Path:
    return path.with_name(path.stem + MANIFEST)


def _put(path: Path, content: bytes, manifest: Mapping[str, Any]) -> None:
    """Manifest first, then the document: a crash leaves a manifest without document, never the reverse.

    If the document cannot be put in its place (someone has it open), the manifest of the one that stays is put back.
    """
    beside = _manifest_of(path)
    before = files.read(beside, limit=LIMIT) if beside.is_file() else None
    files.write(beside, (jsontext.pretty(manifest) + "\n").encode())
    try:
        files.write(path, content)
    except FileError:
        with suppress(FileError, OSError):
            files.write(beside, before) if before is not None else beside.unlink()
        raise


def _keep(store: Store, manifest: Mapping[str, Any], place: PurePosixPath, now: datetime) -> None:
    store.add_document(
        manifest["case"],
        manifest["kind"],
        number=manifest["number"],
        version=manifest["version"],
        draft=manifest["draft"],
        path=place,
        sha256=manifest["sha256"],
        made_at=now,
        manifest=manifest,
    )


def copy(document: Document, folder: Path) -> tuple[Path, ...]:
    """Copies of the manifest, of the document and of its PDF in a folder of one's own.

    A copy of an earlier making is replaced; a document that someone has changed is not. Raises FileError.
    """
    if not _ours(folder / document.path.name, None):
        raise FileError(f"In {folder} c’è già un altro {document.path.name}: spostarlo e riprovare.")
    copies = []
    for source in (_manifest_of(document.path), document.path, document.pdf):
        if source:
            files.write(folder / source.name, files.read(source, limit=LIMIT))
            copies.append(folder / source.name)
    return tuple(copies)


def _printed(path: Path, filled: docx.Filled) -> Path:
    """The document as PDF/A beside it, proved: pages there are, and what was printed is on them."""
    content = office.convert(filled.content, suffix=path.suffix)
    facts = pdf.facts(content)
    text = _squeezed(" ".join(facts.pages))
    words = [word for value in filled.trace.printed for word in value.split() if word.isascii() and word.isalnum()]
    lost = sum(1 for word in words if word not in text)
    if not facts.pages or lost > len(words) // 20:
        raise FileError(f"La conversione in PDF di {path.name} non è riuscita: il testo non si ritrova. Il Word è pronto.")
    target = path.with_suffix(".pdf")
    files.write(target, content)
    return target


def _squeezed(text: str) -> str:
    return "".join(text.split())


# ── proved again ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Proof:
    """What a manifest says of a document, against what is there now: `altered` tells of the file, `outdated` of its sources."""

    path: Path
    altered: tuple[str, ...]
    outdated: tuple[str, ...]

    def lines(self) -> list[str]:
        """What staff read: one line if all is as it was, else one for each difference."""
        if not self.altered and not self.outdated:
            return [f"{self.path.name}: intatto, e fatto con i dati e i modelli di oggi."]
        state = "ALTERATO" if self.altered else "intatto, ma fatto con dati o modelli che poi sono cambiati"
        return [f"{self.path.name}: {state}.", *(f"  – {one}" for one in (*self.altered, *self.outdated))]

    def to_json(self) -> dict[str, object]:
        """The stable shape of a proof in `--json` output."""
        return {"path": str(self.path), "altered": list(self.altered), "outdated": list(self.outdated)}


def verify(desk: Desk, path: Path) -> Proof:
    """Compare a document with its manifest, down to the record or the file of the kit that changed since.

    `path` is the document or its manifest. Raises FileError if either cannot be read.
    """
    manifest_path = path if path.name.endswith(MANIFEST) else _manifest_of(path)
    told, _ = jsontext.parse(files.read(manifest_path, limit=LIMIT), source=manifest_path.name)
    if not _is_manifest(told):
        raise FileError(f"{manifest_path.name}: non è il certificato di un documento. Indicarne un altro.")
    document = manifest_path.with_name(told["file"])
    if path.name not in (manifest_path.name, document.name):
        raise FileError(f"{path.name} non ha un certificato suo: quello che c’è riguarda {document.name}. Verificare quello.")
    altered = []
    if not document.is_file():
        altered.append(f"il documento {document.name} non c’è più")
    elif files.sha256(document) != told["sha256"]:
        altered.append(f"il documento {document.name} non è più quello prodotto: è stato modificato dopo")
    return Proof(document, tuple(altered), tuple(_outdated(desk, told["case"], told["sources"])))


def _is_manifest(told: Any) -> bool:
    """True if the answers that `verify` needs are there, each of its type: a manifest may have been written by anyone."""
    record = {"case": str, "form": str, "number": int, "revision": int, "sha256": str}
    return (
        _has(told, {"file": str, "sha256": str, "case": str, "sources": Mapping})
        and bool(re.fullmatch(r"[\w.-]+", told["file"]))
        and _has(told["sources"], {"records": list, "kit": Mapping, "tool": str})
        and all(_has(one, record) for one in told["sources"]["records"])
    )


def _has(told: Any, shape: Mapping[str, type]) -> bool:
    return isinstance(told, Mapping) and all(isinstance(told.get(key), kind) for key, kind in shape.items())


def _outdated(desk: Desk, case: str, sources: Mapping[str, Any]) -> Iterator[str]:
    current = {
        (record.case, record.form, record.number): record
        for code in {case, PROJECT}
        for record in desk.records.by_case.get(code, ())
    }
    for told in sources["records"]:
        name = f"{told['form']} n. {told['number']}"
        now = current.get((told["case"], told["form"], told["number"]))
        if now is None:
            yield f"il modulo {name} (revisione {told['revision']}) non c’è più"
        elif now.sha256 != told["sha256"]:
            yield f"il modulo {name} è alla revisione {now.revision}: il documento è della {told['revision']}"
    for name, sha256 in sources["kit"].items():
        path = desk.workspace.root / name
        if not path.is_file():
            yield f"il file del kit {name} non c’è più"
        elif files.sha256(path) != sha256:
            yield f"il file del kit {name} è cambiato"
    if sources["tool"] != __version__:
        yield f"il programma è alla versione {__version__}: il documento è della {sources['tool']}"
