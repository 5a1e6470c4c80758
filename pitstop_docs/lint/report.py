"""Everything that lint finds in a template or in the whole kit, and the copies in which it is noted at its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pitstop_docs import files, paths
from pitstop_docs.checks import Pack
from pitstop_docs.errors import KitError, unknown
from pitstop_docs.fillers import docx
from pitstop_docs.flaws import Flaw, Spot, flaw, in_order
from pitstop_docs.forms import Form, load_form
from pitstop_docs.lint import charts, kit, pdf, quick, reader_of, sheet, word
from pitstop_docs.lint.samples import Coverage, cover
from pitstop_docs.templates import Template, load_template
from pitstop_docs.workspace import COUNTRIES, Workspace

LIMIT = 25 * files.MEBIBYTE
"""Bytes of the largest template that is read."""
UNREADABLE = "LNT-001"
"""The rule of a file that cannot be read at all."""
NOTES = "osservazioni"
"""What is added to the name of an annotated copy."""


@dataclass(frozen=True)
class Report:
    """What lint found, in order, the templates it looked at, and what each was tried with, if samples were asked for."""

    flaws: tuple[Flaw, ...]
    templates: tuple[Template, ...]
    covered: tuple[Coverage, ...] = ()

    @property
    def unreadable(self) -> bool:
        """True if a file of the kit cannot be read at all."""
        return any(one.rule == UNREADABLE for one in self.flaws)

    @property
    def blocked(self) -> bool:
        """True if a flaw must be mended before anyone prints."""
        return any(one.blocks for one in self.flaws)

    @property
    def readable(self) -> tuple[Template, ...]:
        """The templates whose file can be read."""
        lost = {one.spot.file for one in self.flaws if one.rule == UNREADABLE}
        return tuple(one for one in self.templates if one.path.name not in lost)

    @property
    def titles(self) -> dict[str, str]:
        """What each template's file is for."""
        return {one.path.name: f"{one.code} {one.title}" for one in self.templates}


def of(template: Template, flaws: Sequence[Flaw]) -> list[Flaw]:
    """Those of a template's file and of its description."""
    return [one for one in flaws if one.spot.file in (template.path.name, template.description.name)]


def inspect(workspace: Workspace, kind: str = "", *, samples: int = 0, seed: int = 0) -> Report:
    """Everything that is wrong with a template and the forms it reads, or with the whole kit. It writes nothing.

    With `samples`, each sound template is also printed with so many invented answers (see `samples.cover`).

    A file that cannot be read is a flaw like the others, so that all are told. Raises UnknownError for an unknown kind;
    KitError where the rules or the countries, on which all lean, cannot be read.
    """
    found: list[Flaw] = []
    templates = list(_templates(workspace, kind, found))
    forms = dict(_forms(workspace, found))
    for template in templates:
        found.extend(kit.description_flaws(template, forms, workspace.pack))
        found.extend(_of_file(template, forms, workspace.pack))
    read = {name for template in templates for name in (*template.records, *template.optional)}
    for name, form in forms.items():
        if not kind or name in read:
            found.extend(kit.form_flaws(form))
    if not kind:
        use = kit.use_of(templates, forms, workspace.pack)
        found.extend(one for form in forms.values() for one in kit.asked_in_vain(form, use))
        found.extend(_orphans(workspace, templates))
    covered: list[Coverage] = []
    for template in templates if samples else ():
        if not any(one.blocks for one in of(template, found)):
            covered.append(cover(template, workspace, samples=samples, seed=seed))
            found.extend(covered[-1].flaws)
    return Report(tuple(in_order(found)), tuple(templates), tuple(covered))


def _templates(workspace: Workspace, kind: str, found: list[Flaw]) -> Iterator[Template]:
    described = {path.stem: path for path in sorted((workspace.root / "templates").glob("*.json"))}
    if kind and kind not in described:
        raise unknown("Il tipo di documento", kind, described)
    for path in [described[kind]] if kind else described.values():
        try:
            yield load_template(path)
        except KitError as error:
            found.append(flaw(UNREADABLE, Spot(path.name), str(error)))


def _forms(workspace: Workspace, found: list[Flaw]) -> Iterator[tuple[str, Form]]:
    for path in sorted((workspace.root / "forms").glob("*.json")):
        try:
            form = load_form(path, workspace.root / "schemas", workspace.root / "rules" / COUNTRIES)
            if form.schema:  # it is read when it is asked for
                yield form.name, form
        except KitError as error:
            found.append(flaw(UNREADABLE, Spot(path.name), str(error)))


def _of_file(template: Template, forms: Mapping[str, Form], pack: Pack) -> list[Flaw]:
    """What is wrong in a template's own file."""
    missing = [name for name in (*template.records, *template.optional) if name not in forms]
    if missing:  # told with the description: what its names lead to cannot be known
        return list(template.flaws)
    try:
        return [*quick(template, forms, pack), *_made(template, reader_of(template, forms, pack))]
    except KitError as error:
        return [flaw(UNREADABLE, Spot(template.path.name), str(error))]


def _made(template: Template, reader: paths.Reader) -> list[Flaw]:
    """How the file itself is made, by its suffix."""
    match template.path.suffix:
        case ".docx" if template.story:
            if not any(one.blocks for one in template.flaws):
                docx.refuse_unfit(template.path)
            return [*word.flaws(template.story), *charts.flaws(template, template.story, reader)]
        case ".pdf":
            return []  # told with what its fields name
        case ".xlsx":
            return sheet.flaws(template, reader)
    raise KitError(f"{template.path.name}: i modelli sono file Word (.docx), PDF compilabili (.pdf) o Excel (.xlsx).")


def _orphans(workspace: Workspace, templates: Sequence[Template]) -> Iterator[Flaw]:
    described = {template.path.name for template in templates}
    for path in sorted((workspace.root / "templates").iterdir()):
        if path.suffix in (".docx", ".pdf", ".xlsx") and path.name not in described and not path.name.startswith("~$"):
            yield flaw("LNT-003", Spot(path.name), "Nessuna descrizione parla di questo file: non se ne fa nessun documento.")


def annotate(template: Template, flaws: Sequence[Flaw], folder: Path) -> Path:
    """A copy of the template in a folder, with each flaw as a note at its place. Raises FileError; KitError if the file
    cannot be read."""
    flaws = of(template, flaws)
    if template.path.suffix == ".docx" and template.story:
        content = word.annotated(template.story, flaws)
    else:
        original = files.read(template.path, limit=LIMIT)
        content = (pdf if template.path.suffix == ".pdf" else sheet).annotated(original, flaws)
    path = folder / f"{template.path.stem}_{NOTES}{template.path.suffix}"
    files.write(path, content)
    return path
