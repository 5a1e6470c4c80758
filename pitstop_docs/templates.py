"""A template is a description and a file: what is printed, from which forms, for whom, who signs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pitstop_docs.charts import Chart, figures, load_chart
from pitstop_docs.dialect import read_kit
from pitstop_docs.entries import Entry, load_entry
from pitstop_docs.errors import KitError
from pitstop_docs.findings import pattern_of
from pitstop_docs.paths import DOCUMENT_ROOT, places

if TYPE_CHECKING:
    from pitstop_docs.fillers.docx import Filled, Properties
    from pitstop_docs.fillers.original import Original
    from pitstop_docs.fillers.story import Story
    from pitstop_docs.flaws import Flaw
    from pitstop_docs.forms import Form
    from pitstop_docs.records import Case
    from pitstop_docs.tags import Tree

RECIPIENTS = ("interno", "partner", "autorita", "ministero", "pubblico")
"""Who reads a document, those within the house first."""
TEXT = {"type": "string"}
DOCUMENT: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("codice", "titolo", "caso", "linea", "versione", "regole", "impronta"), TEXT),
        "data": {"type": "string", "format": "date"},
        "firme": {"type": "array", "items": {"type": "object", "properties": {"ruolo": TEXT, "nome": TEXT}}},
    },
}
"""What a template may print of the document itself: `documento.codice`, …"""


@dataclass(frozen=True)
class Signer:
    """A role that signs, and where its name stands: `form#/pointer` to rows with a role, a group with a name, a text.

    One that is not `required` signs only if someone is named.
    """

    role: str
    name: str
    required: bool = True


@dataclass(frozen=True)
class Region:
    """Rows of a sheet that repeat: `at` is their range or its name («Spese!A5:F5»), `each` the list (`form#/pointer`) or the
    form whose records they are, `columns` the place in a row (`/importo`) of each column letter."""

    at: str
    each: str
    columns: Mapping[str, str]


@dataclass(frozen=True)
class Template:
    """A kind of document. `records` must be there to print it, `optional` are printed if they are. Of a form it prints one
    record, of one in `every` all those of the case: its name is then a list, in order of date.

    `order` is its place along the path of a case: the documents of a case are told by it; one that is `occasional` no case is
    expected to have before its form is begun. Of a fillable PDF, `fields` says what each field prints; of a workbook, `cells`
    says which place (`form#/pointer`) cells and names print, `regions` says it of rows; of a Word file, `charts` of its charts.
    """

    kind: str
    code: str
    title: str
    order: int
    form: str
    records: tuple[str, ...]
    optional: tuple[str, ...]
    recipient: str
    lines: tuple[str, ...]
    signers: tuple[Signer, ...]
    rules: tuple[str, ...]
    path: Path
    description: Path
    fields: Mapping[str, Entry] = field(default_factory=dict)
    cells: Mapping[str, str] = field(default_factory=dict)
    regions: tuple[Region, ...] = ()
    every: tuple[str, ...] = ()
    charts: tuple[Chart, ...] = ()
    occasional: bool = False

    @property
    def whole(self) -> bool:
        """True if one document tells all the records of its own form: a case has one of it, and its number is 1."""
        return self.form in self.every

    def numbers(self, case: Case) -> list[int]:
        """The numbers of the documents of this kind that a case has begun, none if its own form was never filled."""
        found = [record.number for record in case.all(self.form)]
        return [1] if self.whole and found else found

    def root(self, form: Form) -> Mapping[str, Any]:
        """The schema of what a form's name leads to: its answers, or the list of those of all its records."""
        many = {"title": form.title, "type": "array", "minItems": 1, "items": form.schema}
        return many if form.name in self.every else form.schema

    def render(self, context: Mapping[str, object], properties: Properties) -> Filled:
        """The document's bytes with what was printed and left blank. Raises KitError where the template is at fault."""
        if self.original:
            from pitstop_docs.fillers import readymade  # noqa: PLC0415

            return readymade.fill(self.path, self.original, self.entries, context, properties)
        if self.path.suffix != ".docx":
            raise KitError(f"{self.path.name}: i modelli di tipo «{self.path.suffix}» non si sanno riempire.")
        from pitstop_docs.fillers import docx  # noqa: PLC0415  # slow to import, not needed to list the kinds

        return docx.fill(self.path, context, properties, charts=[figures(one, context) for one in self.charts])

    @cached_property
    def original(self) -> Original | None:
        """A ready-made PDF as it is, None for another kind of file. Raises KitError if it cannot be read."""
        if self.path.suffix != ".pdf":
            return None
        from pitstop_docs.fillers import readymade  # noqa: PLC0415

        return readymade.look(self.path)

    @cached_property
    def entries(self) -> Mapping[str, Entry]:
        """What each field of a ready-made PDF prints: as the description says, else what it bears as its name, if that is a
        place. Raises KitError if the file cannot be read."""
        roots = (*self.records, *self.optional, DOCUMENT_ROOT)
        named = (slot.field.name for slot in self.original.slots) if self.original else ()
        own = {name: Entry((name,)) for name in named if "#/" in name and name.partition("#")[0] in roots}
        return {**own, **self.fields}

    @cached_property
    def places(self) -> frozenset[str]:
        """Every place that the template can print, as `form/path/*/field`, whichever the record."""
        told = {*self.cells.values(), *(place for one in self.charts for place in one.places)}
        told |= {place for one in self.entries.values() for place in one.places}
        for region in self.regions:
            told |= {f"{region.each}{'/*' if '#' in region.each else '#'}{column}" for column in region.columns.values()}
        found = places(self.trees) | {pattern_of(place.replace("#", "", 1)) for place in told}
        return frozenset(map(self._of_any_record, found))

    def _of_any_record(self, place: str) -> str:
        form, *steps = place.split("/")
        return "/".join([form, *(steps[1:] if form in self.every and steps[:1] == ["*"] else steps)])

    @cached_property
    def story(self) -> Story | None:
        """A Word file as it lies, None for another kind of file. Raises KitError if it cannot be read."""
        from pitstop_docs.fillers import docx  # noqa: PLC0415

        return docx.outline(self.path) if self.path.suffix == ".docx" else None

    @property
    def trees(self) -> tuple[Tree, ...]:
        """The tags of each part of the file. Raises KitError if it cannot be read."""
        return tuple(self.story.trees) if self.story else ()

    @property
    def flaws(self) -> tuple[Flaw, ...]:
        """What is wrong with how the tags are written and stand. Raises KitError if the file cannot be read."""
        return self.story.flaws if self.story else ()

    @cached_property
    def _lists(self) -> frozenset[str]:
        """The lists of whose rows the template names some fields: the others of a row cannot be seen."""
        return frozenset((*self.every, *(place.rpartition("/*")[0] for place in self.places)))

    def prints(self, form: str, path: str) -> bool:
        """True if a change at this place of a form can be seen in the document."""
        place = form + pattern_of(path)
        within = any(place.startswith(f"{one}/") for one in self.places - self._lists)
        return within or any(one == place or one.startswith(f"{place}/") for one in self.places)


def load_templates(folder: Path) -> dict[str, Template]:
    """Every kind of document of the kit by name. Raises KitError."""
    return {path.stem: load_template(path) for path in sorted(folder.glob("*.json"))}


def load_template(path: Path) -> Template:
    """The kind of document that a description tells. Raises KitError."""
    told = read_kit(path)
    try:
        template = Template(
            kind=told["kind"],
            code=told["code"],
            title=told["title"],
            order=told["order"],
            form=told["form"],
            records=tuple(told["records"]),
            optional=tuple(told.get("optional", ())),
            recipient=told["recipient"],
            lines=tuple(told.get("lines", ())),
            signers=tuple(Signer(one["role"], one["name"], one.get("required", True)) for one in told.get("signers", ())),
            rules=tuple(told.get("rules", ())),
            path=path.with_name(told["file"]),
            description=path,
            fields={name: load_entry(one) for name, one in dict(told.get("fields", {})).items()},
            cells=dict(told.get("cells", {})),
            regions=tuple(Region(one["at"], one["each"], dict(one["columns"])) for one in told.get("regions", ())),
            every=tuple(told.get("every", ())),
            charts=tuple(map(load_chart, told.get("charts", ()))),
            occasional=told.get("occasional", False),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise KitError(f"{path.name}: la descrizione del modello è incompleta ({error}).") from error
    if template.kind != path.stem or template.recipient not in RECIPIENTS or template.form not in template.records:
        raise KitError(
            f"{path.name}: «kind» deve essere il nome del file, «recipient» uno tra {', '.join(RECIPIENTS)}, "
            "«form» uno dei «records»."
        )
    return template
