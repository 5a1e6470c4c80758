"""A document is made in five steps: gather, check, fill, stamp, put in place. To check is the same, unwritten."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any

from pitstop_docs import __version__, files, jsontext, office
from pitstop_docs.answers import at
from pitstop_docs.blanks import Place
from pitstop_docs.checks.situation import SIGNATURE
from pitstop_docs.context import gather, read, readable
from pitstop_docs.desk import Desk, Target
from pitstop_docs.errors import FileError
from pitstop_docs.fillers import docx, pdf
from pitstop_docs.findings import Finding, Severity, in_order
from pitstop_docs.proof import LIMIT, manifest_beside, manifest_of
from pitstop_docs.records import Record
from pitstop_docs.store import DocumentRow, Store
from pitstop_docs.workspace import COUNTRIES, PACK

EARLIER = ("previous", "first")
"""The words of `x-computed` that look at the earlier records of the same form."""
PRINTED = ".pdf"
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
    """A document in its place. `fresh` is False where the very same one was already there; `pdf` is its PDF if it was asked
    for, of a ready-made form the document itself."""

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
            if path.suffix != PRINTED:
                _drop(path.with_suffix(PRINTED))
            _put(path, verdict.filled.content, manifest)
            _keep(store, manifest, PurePosixPath(place), now)
        printed = _printed(path, verdict.filled, manifest) if with_pdf else None
    sha256 = str(manifest["sha256"])
    return verdict, Document(target.template.kind, target.case.code, target.number, version, draft, path, sha256, fresh, printed)


def _judge(desk: Desk, target: Target, sources: Mapping[str, Any], *, version: int, draft: bool) -> Verdict:
    template, pack = target.template, desk.workspace.pack
    desk.refuse_unsound(template)
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
    template, forms, named = target.template, desk.workspace.forms, (*target.template.records, *target.template.optional)
    known = [forms[name] for name in named if name in forms]  # one that the kit has not is told when the page is made
    found: list[Record | None] = [one for form in known for one in read(template, form, target.case, target.number)]
    case = readable(target.case, template.recipient, forms)
    for record in filter(None, tuple(found)):
        for told in forms[record.form].computed:
            found.append(case.last(told["from"]) if "from" in told else None)
            found.extend(one for place in told.get("among", ()) for one in case.all(place.partition("#")[0]))
            found.extend(one for one in case.all(record.form) if told.get("fn") in EARLIER and one.number < record.number)
    if template.prints("documento", "/linea"):
        stated = (
            (case.last(form), pointer) for form, _, pointer in (one.partition("#") for one in desk.workspace.pack.case_line)
        )
        found.append(next((record for record, pointer in stated if record and at(record.data, pointer)), None))
    return list({(record.case, record.form, record.number): record for record in found if record}.values())


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
    """True if the name is free, or holds what was made here: by the row's manifest, or by the one beside it after a crash.

    The PDF beside it counts too: one that was signed or changed keeps the version it belongs to.
    """
    if path.suffix != PRINTED and not _ours(path.with_suffix(PRINTED), None):
        return False
    if not path.exists():
        return True
    sha256 = files.sha256(path)
    return sha256 == (manifest or {}).get("sha256") or sha256 == (manifest_beside(path) or {}).get("sha256")


def _intact(path: Path, manifest: Mapping[str, Any]) -> bool:
    return path.is_file() and files.sha256(path) == manifest["sha256"] and manifest_beside(path) == manifest


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


def _put(path: Path, content: bytes, manifest: Mapping[str, Any]) -> None:
    """Manifest first, then the document: a crash leaves a manifest without document, never the reverse.

    If the document cannot be put in its place (someone has it open), the manifest of the one that stays is put back.
    """
    beside = manifest_of(path)
    before = files.read(beside, limit=LIMIT) if beside.is_file() else None
    files.write(beside, (jsontext.pretty(manifest) + "\n").encode())
    try:
        files.write(path, content)
    except FileError:
        with suppress(FileError):
            if not _intact(path, manifest):  # it may be in its place already, the failure being one of the folder
                files.write(beside, before) if before is not None else files.remove(beside)
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


def _drop(path: Path) -> None:
    """Take away a PDF, made here, of a document that is about to change: better none than one that tells something else."""
    for one in (path, manifest_of(path)):
        files.remove(one)


def copy(document: Document, folder: Path) -> tuple[Path, ...]:
    """Copies of the manifest, of the document and of its PDF in a folder of one's own.

    A copy of an earlier making is replaced; a document that someone has changed is not. Raises FileError.
    """
    if not _ours(folder / document.path.name, None):
        raise FileError(f"In {folder} c’è già un altro {document.path.name}: spostarlo e riprovare.")
    sources = [manifest_of(document.path), document.path]
    sources += [manifest_of(document.pdf), document.pdf] if document.pdf not in (None, document.path) else []
    for source in sources:
        files.write(folder / source.name, files.read(source, limit=LIMIT))
    return tuple(folder / source.name for source in sources)


def _printed(path: Path, filled: docx.Filled, manifest: Mapping[str, Any]) -> Path:
    """The document as PDF/A beside it, proved: pages there are, and what was printed is on them. A filled PDF is one as it is."""
    if path.suffix == PRINTED:
        return path
    target = path.with_suffix(PRINTED)
    if target.is_file() and (manifest_beside(target) or {}).get("of") == manifest["sha256"]:
        return target
    content = office.convert(filled.content, suffix=path.suffix)
    facts = pdf.facts(content)
    text = _squeezed(" ".join(facts.pages))
    words = [word for value in filled.trace.printed for word in value.split() if word.isascii() and word.isalnum()]
    lost = sum(1 for word in words if word not in text)
    if not facts.pages or lost > len(words) // 20:
        raise FileError(f"La conversione in PDF di {path.name} non è riuscita: il testo non si ritrova. Il Word è pronto.")
    sha256 = hashlib.sha256(content).hexdigest()
    _put(target, content, {**manifest, "file": target.name, "sha256": sha256, "of": manifest["sha256"]})
    return target


def _squeezed(text: str) -> str:
    return "".join(text.split())
