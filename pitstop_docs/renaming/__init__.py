"""A field is called otherwise: in schemas, layouts, rules, templates and test cases together, or nowhere.

The old name is declared in the schema, and what was stated under it is read under the new one for ever.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pitstop_docs import files
from pitstop_docs.apart import apart
from pitstop_docs.desk import Desk, Target
from pitstop_docs.errors import ExitCode, KitError, PitstopError
from pitstop_docs.findings import Finding
from pitstop_docs.lint import acroform, kit, pdf, report
from pitstop_docs.records import PROJECT, Record
from pitstop_docs.renaming import journal, sheets, word
from pitstop_docs.renaming.field import Field, Schemas, find
from pitstop_docs.renaming.readers import who_reads
from pitstop_docs.renaming.sheets import Change, Sheet
from pitstop_docs.workspace import KIT, PACK, Records, Workspace

NAMED = 8
"""How many places of a file are told one by one."""


class UnfitError(PitstopError):
    """The new name cannot be used."""

    code = ExitCode.USAGE


@dataclass(frozen=True)
class Renaming:
    """What a renaming changes: the field's places (`pai#/obiettivi/*/scadenza`), and each file with the places in it.

    `done` is False if nothing was written; `already` is True if the field bears the new name since before.
    """

    form: str
    old: str
    new: str
    places: tuple[str, ...]
    changes: tuple[tuple[str, tuple[str, ...]], ...]
    done: bool
    already: bool = False

    def lines(self) -> list[str]:
        """What staff read: the field, then each file with the places that change in it."""
        if self.already:
            return [f"Il campo si chiama già «{self.new}»: nulla da cambiare."]
        lines = [f"{place} → {self.new}" for place in self.places]
        for file, places in self.changes:
            lines.append(f"{file} ({'un punto' if len(places) == 1 else f'{len(places)} punti'}):")
            lines += [f"  {place}" for place in places[:NAMED]]
            lines += [f"  … e altri {len(places) - NAMED}"] if len(places) > NAMED else []
        return lines

    def sentence(self) -> str:
        """Whether it was done."""
        if self.already:
            return "Nulla è stato scritto."
        files_ = "un file" if len(self.changes) == 1 else f"{len(self.changes)} file"
        if not self.done:
            return f"Prova: cambierebbero {files_}. Nulla è stato scritto."
        return f"Rinominato in {files_}. Le risposte già conservate restano leggibili con il nome vecchio."

    def to_json(self) -> dict[str, Any]:
        """The stable shape of a renaming in `--json` output."""
        return {**asdict(self), "changes": [{"file": file, "places": list(places)} for file, places in self.changes]}


def rename(root: Path, form: str, old: str, new: str, *, workspace: Callable[[], Workspace], dry_run: bool) -> Renaming:
    """Call a field of a form otherwise, wherever the kit in a folder names it; or tell what would change.

    A renaming that was cut short is completed first. Raises UnknownError for a form or a field that is not there,
    UnfitError for a name that will not do, KitError where a rule or the program reads the field by its old name, or where
    the kit would be worse than before; FileError. Then nothing has changed.
    """
    left = journal.pending(root)
    if left:
        if not dry_run:
            journal.finish(root, left)
        if dry_run or (left["form"], left["old"], left["new"]) == (form, old, new):
            return _left(left, done=not dry_run)
    elif not dry_run:
        journal.close(root)
    opened = workspace()
    opened.form(form)
    _ = [one.schema for one in opened.forms.values()]  # each is read, and its references found to lead somewhere
    schemas = Schemas.read(opened.root / "schemas", opened.forms)
    if found := _already(opened, schemas, form, old, new):
        return found
    field = find(schemas, form, old, new)
    _refuse_name(field, schemas)
    _refuse_read(field, opened)
    changes = sorted(_changes(field, schemas, opened), key=lambda one: one.path)
    told = Renaming(
        form,
        old,
        new,
        tuple(f"{form_}#/{path}" for form_, _, path in (place.partition("/") for place in sorted(field.places))),
        tuple((one.path.relative_to(opened.root).as_posix(), one.places) for one in changes),
        done=False,
    )
    _refuse_worse(field, opened, changes)
    if not dry_run:
        journal.put(opened.root, changes, told.to_json())
    return replace(told, done=not dry_run)


def _left(told: Mapping[str, Any], *, done: bool) -> Renaming:
    changes = tuple((one["file"], tuple(one["places"])) for one in told["changes"])
    return Renaming(told["form"], told["old"], told["new"], tuple(told["places"]), changes, done)


def _already(workspace: Workspace, schemas: Schemas, form: str, old: str, new: str) -> Renaming | None:
    """The answer where the field of that place was called so before, and is called as asked: asking twice is no fault."""
    for path, origin in schemas.fields(form):
        former = schemas.at(origin).get("x-formerly", ())
        steps = [step for step in path.split("/") if step not in ("", "*")]
        asked = [step for step in old.replace(".", "/").split("/") if step not in ("", "*")]
        if steps[-1] == new and asked[-1:] and asked[-1] in former and asked[:-1] in ([], steps[:-1]):
            return Renaming(form, old, new, (f"{form}#{path}",), (), done=False, already=True)
    return None


# ── what stands against it ───────────────────────────────────────────────────────────────────────────────────────────


def _refuse_name(field: Field, schemas: Schemas) -> None:
    reason = kit.unfit(field.new)
    if field.new == field.old:
        raise UnfitError(f"Il campo si chiama già «{field.new}»: indicare un nome nuovo.")
    if reason:
        raise UnfitError(f"«{field.new}» non può essere il nome di un campo: {reason}. Sceglierne un altro.")
    beside = schemas.at(field.origin.above)
    if field.new in beside:
        raise UnfitError(f"Nello stesso gruppo c’è già un campo «{field.new}»: sceglierne un altro.")
    for name, told in beside.items():
        if name != field.old and isinstance(told, dict) and field.new in told.get("x-formerly", ()):
            raise UnfitError(f"«{field.new}» è il nome che aveva il campo «{name}»: le risposte vecchie si confonderebbero.")


def _refuse_read(field: Field, workspace: Workspace) -> None:
    found = who_reads(field, workspace.forms, workspace.templates, workspace.pack)
    if found:
        raise KitError(
            f"Il campo «{field.path}» non si può rinominare da qui: il nome «{field.old}» è scritto anche nel programma "
            f"({', '.join(found)}), che non lo troverebbe più. Chiedere a chi lo mantiene di cambiarli insieme. "
            "Nulla è stato scritto."
        )


def _refuse_worse(field: Field, workspace: Workspace, changes: list[Change]) -> None:
    """Try the kit as it would be: no new flaw that blocks, and the same findings on every case of the store."""
    with tempfile.TemporaryDirectory(prefix="pitstop-") as folder:
        for name in KIT:
            shutil.copytree(workspace.root / name, Path(folder) / name)
        for one in changes:
            target = Path(folder) / one.path.relative_to(workspace.root)
            if target.parent.is_dir():
                target.write_bytes(one.after)
        after = Workspace.at(Path(folder), today=workspace.today)
        before = Counter((one.rule, one.spot.file) for one in report.inspect(workspace).flaws if one.blocks)
        for flaw in report.inspect(after).flaws:
            before[flaw.rule, flaw.spot.file] -= flaw.blocks
            if flaw.blocks and before[flaw.rule, flaw.spot.file] < 0:
                raise KitError(f"Con il nome nuovo ci sarebbe un difetto: {flaw.sentence()} Nulla è stato scritto.")
        _refuse_other_findings(field, workspace, after)


def _refuse_other_findings(field: Field, before: Workspace, after: Workspace) -> None:
    """What the program says of the cases may name the field otherwise, and nothing else may change."""
    if not before.has_store:
        return
    with before.store() as store:
        kept = store.latest()
    for (target, old), (_, new) in zip(_judged(before, kept), _judged(after, kept), strict=True):
        renamed = {replace(one, path=field.pointer(one.form, one.path), source="") for one in old}
        if renamed != {replace(one, source="") for one in new}:
            raise KitError(
                f"Con il nome nuovo il programma non direbbe più le stesse cose del documento «{target.template.kind}» "
                f"({target.case.code or 'progetto'}): una regola legge il campo. Nulla è stato scritto."
            )


def _judged(workspace: Workspace, kept: list[Record]) -> Iterator[tuple[Target, list[Finding]]]:
    """Each document that could be made from the store, with what is found in its way."""
    desk = Desk(workspace, Records.of(kept, workspace.forms))
    for code in (PROJECT, *desk.records.codes):
        case = desk.records.case(code)
        for template in workspace.templates.values():
            for number in template.numbers(case) if workspace.form(template.form).scope == "caso" or code == PROJECT else ():
                target = Target(template, case, number)
                yield target, desk.findings(target)


# ── what changes ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _changes(field: Field, schemas: Schemas, workspace: Workspace) -> Iterator[Change]:
    """Every file that names the field, before and after. Raises KitError, FileError."""
    root = workspace.root
    folder = {path.name: Sheet.read(path) for path in sorted((root / "schemas").glob("*.json"))}
    sheets.in_schemas(field, schemas, folder)
    read = [*folder.values()]
    read += [_read(path, sheets.in_layout, field) for path in sorted((root / "forms").glob("*.json"))]
    rules = Sheet.read(root / "rules" / PACK)
    forms_of: dict[str, list[str]] = {}
    for template in workspace.templates.values():
        for rule in template.rules:
            forms_of.setdefault(rule, []).append(template.form)
        description = _read(template.description, sheets.in_description, field)
        if template.path.suffix == ".pdf":
            form = apart(acroform.read, files.read(template.path, limit=pdf.LIMIT))
            sheets.in_fields(field, description, [one.name for one in form.fields])
        read.append(description)
        if template.story:
            content, places = word.rewritten(template.story, field, template.every)
            if places:
                yield Change(template.path, template.story.content, content, tuple(places))
    sheets.in_rules(field, rules, schemas, forms_of)
    read += [rules, *_told(field, workspace)]
    yield from filter(None, (sheet.change() for sheet in read))


def _read(path: Path, rename_in: Callable[[Field, Sheet], None], field: Field) -> Sheet:
    sheet = Sheet.read(path)
    rename_in(field, sheet)
    return sheet


def _told(field: Field, workspace: Workspace) -> Iterator[Sheet]:
    """The test cases and the examples beside the kit, where there are any."""
    for path in sorted((workspace.root / "tests" / "cases").glob("*/*.json")):
        template = workspace.templates.get(path.parent.name)
        if template:
            sheet = Sheet.read(path)
            sheets.in_case(field, sheet, template.form)
            yield sheet
    for path in sorted((workspace.root / "examples").glob("**/*.json")):
        form = path.stem.partition("-")[0]
        if form in workspace.forms:
            sheet = Sheet.read(path)
            sheets.in_answers(field, sheet, form)
            yield sheet
        else:
            yield _read(path, sheets.in_pointed, field)
