"""A workspace is one folder: the kit, the store, what was made. Only this module knows where things lie."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pitstop_docs import files
from pitstop_docs.answers import renamed_path
from pitstop_docs.dialect import read_kit
from pitstop_docs.errors import FileError, KitError, unknown
from pitstop_docs.forms import Form, load_forms
from pitstop_docs.records import PROJECT, Case, Record
from pitstop_docs.templates import Template, load_templates

if TYPE_CHECKING:
    from pitstop_docs.checks import Pack
    from pitstop_docs.store import Store

KIT = ("forms", "schemas", "templates", "rules")
COUNTRIES = "paesi.json"
PACK = "pitstop.json"
STORE = "pitstop.db"
RENAMING = ".rinomina/rename.json"
"""Where a change of the whole kit says how far it is: while it is there, the kit is half the old one."""
WAIVER = "deroga"
"""The form whose records point into those of another form."""


def bundled(folder: str) -> Path:
    """A folder of the kit as it was shipped: inside the installed package, else beside it."""
    inside = Path(__file__).parent / "data" / folder
    return inside if inside.is_dir() else Path(__file__).parent.parent / folder


def unpack_kit(root: Path) -> list[Path]:
    """Copy the shipped kit into a folder, leaving alone what is already there; what was written, in order."""
    written = []
    for folder in KIT:
        for source in sorted(bundled(folder).iterdir()):
            target = root / folder / source.name
            if source.is_file() and not source.name.startswith((".", "_")) and not target.exists():
                files.write(target, source.read_bytes())
                written.append(target)
    (root / "outputs").mkdir(parents=True, exist_ok=True)
    return written


@dataclass(frozen=True)
class Workspace:
    """One folder, one handle. `today` is the day on which rules and waivers are judged; `store_url` where records live."""

    root: Path
    today: date
    store_url: str = ""

    @classmethod
    def at(cls, root: Path, *, today: date, store_url: str = "") -> Workspace:
        """The workspace in a folder. Raises FileError if the folder is not one."""
        missing = [folder for folder in KIT if not (root / folder).is_dir()]
        if missing:
            raise FileError(
                f"«{root}» non è una cartella di lavoro: manca «{missing[0]}». "
                "Indicarne una con --workspace, o crearla con «pitstop init»."
            )
        if (root / RENAMING).exists():
            told = read_kit(root / RENAMING)
            words = " ".join(str(told.get(word)) for word in ("form", "old", "new")) if isinstance(told, Mapping) else "…"
            raise KitError(f"Una rinomina è rimasta a metà. Completarla con: pitstop rename {words}.")
        return cls(root, today, store_url)

    # ── the kit ──────────────────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def countries(self) -> Mapping[str, Mapping[str, Any]]:
        """The table of countries by ISO code."""
        told = read_kit(self.root / "rules" / COUNTRIES)
        try:
            return {one["iso"]: one for one in told["countries"] if one["iso"]}
        except (KeyError, TypeError) as error:
            raise KitError(f"{COUNTRIES}: la tabella dei Paesi è malformata ({error}).") from error

    @property
    def union(self) -> frozenset[str]:
        """The codes of the European Union's states, whose citizens the project is not for."""
        return frozenset(code for code, country in self.countries.items() if country.get("ue"))

    @cached_property
    def forms(self) -> Mapping[str, Form]:
        """Every form by name."""
        return load_forms(self.root / "forms", self.root / "schemas", self.root / "rules" / COUNTRIES)

    @cached_property
    def templates(self) -> Mapping[str, Template]:
        """Every kind of document by name."""
        return load_templates(self.root / "templates")

    @cached_property
    def pack(self) -> Pack:
        """The rules in force."""
        from pitstop_docs.checks import load_pack  # noqa: PLC0415  # brings the template engine, not needed to list forms

        return load_pack(self.root / "rules" / PACK)

    def form(self, name: str) -> Form:
        """The form of that name. Raises UnknownError with the nearest names."""
        if name not in self.forms:
            raise unknown("Il modulo", name, self.forms)
        return self.forms[name]

    def template(self, kind: str) -> Template:
        """The kind of document of that name. Raises UnknownError with the nearest names."""
        if kind not in self.templates:
            raise unknown("Il tipo di documento", kind, self.templates)
        return self.templates[kind]

    # ── the store ────────────────────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def store(self, *, create: bool = False) -> Iterator[Store]:
        """The store, open for as long as the block lasts."""
        from pitstop_docs.store import Store  # noqa: PLC0415  # slow to import, not needed to list forms

        with Store.open(self.store_url or self.root / STORE, create=create) as store:
            yield store

    @property
    def has_store(self) -> bool:
        """False while nothing was ever kept here."""
        return bool(self.store_url) or (self.root / STORE).exists()

    def records(self) -> Records:
        """Every record as it stands now."""
        if not self.has_store:
            return Records({}, self.forms)
        with self.store() as store:
            return Records.of(store.latest(), self.forms)

    def output_folder(self, case: str) -> Path:
        """Where the documents of a case are put; those of the whole project are under `progetto`."""
        return self.root / "outputs" / (case or "progetto")


@dataclass(frozen=True)
class Records:
    """The records in force of all cases: withdrawn ones are out, rows of shared records stand in each case they name."""

    by_case: Mapping[str, tuple[Record, ...]]
    forms: Mapping[str, Form]

    @classmethod
    def of(cls, latest: Iterable[Record], forms: Mapping[str, Form]) -> Records:
        """Group the latest revisions by case."""
        grouped: dict[str, list[Record]] = defaultdict(list)
        for record in latest:
            if record.data is not None and record.form in forms:
                grouped[record.case].append(current(record, forms))
        return cls({case: tuple(records) for case, records in grouped.items()}, forms)

    @property
    def codes(self) -> list[str]:
        """The cases that have a record of their own, in order."""
        return sorted(case for case in self.by_case if case != PROJECT)

    def case(self, code: str) -> Case:
        """A case's file, or the project's own with `PROJECT`. Raises UnknownError with the nearest codes."""
        own = self.by_case.get(code, ())
        if code == PROJECT:
            return Case(PROJECT, own)
        if not own:
            raise unknown("Il caso", code, self.codes)
        everyones, named = self._shared
        return Case(code, (*own, *everyones, *named.get(code, ())))

    @cached_property
    def _shared(self) -> tuple[tuple[Record, ...], Mapping[str, list[Record]]]:
        """The project's records that every case sees, and those that name cases, by the case that sees them."""
        everyones, named = [], defaultdict(list)
        for record in self.project:
            codes = named_in(record, self.forms[record.form])
            if codes is None:
                everyones.append(record)
            for code in sorted(codes or ()):
                named[code].append(seen_from(record, code, self.forms[record.form]))
        return tuple(everyones), named

    @property
    def project(self) -> tuple[Record, ...]:
        """The records of the whole project."""
        return self.by_case.get(PROJECT, ())


def current(record: Record, forms: Mapping[str, Form]) -> Record:
    """A record of whatever age, read under the names that the fields have now; it is not kept again, and keeps its seal.

    A waiver names a place of another form: it goes on waiving what it waived.
    """
    data = forms[record.form].current(record.data or {})
    about, path = data.get("modulo"), data.get("percorso")
    if record.form == WAIVER and isinstance(about, str) and about in forms and isinstance(path, str):
        path = renamed_path(forms[about].schema, path)
        data = data if path == data["percorso"] else {**data, "percorso": path}
    return record if record.data is None or data is record.data else replace(record, data=data)


def named_in(record: Record, form: Form) -> frozenset[str] | None:
    """The cases that a project-wide record is about; None if it is about none in particular, so about all.

    The layout's `cases` says which rows decide; a form without it may name one case in a field of its own (a waiver). A
    case's form that was kept for the project (the signature of its minutes) is about no case at all.
    """
    data = record.data or {}
    if form.shared:
        return frozenset()
    if form.cases:
        deciding, _, key = form.cases.strip("/").partition("/*/")
        rows = data.get(deciding)
        found = [row.get(key) for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
        return frozenset(code for code in found if isinstance(code, str))
    own = [data.get(name) for name, schema in form.schema["properties"].items() if schema.get("format") == "caso"]
    stated = frozenset(code for code in own if isinstance(code, str) and code.strip())
    return stated or None


def seen_from(record: Record, code: str, form: Form) -> Record:
    """A project-wide record as one of the cases it names sees it: no row of it names another case."""
    cut = dict(record.data or {})
    for group, key in form.case_lists.items():
        rows = cut.get(group)
        if isinstance(rows, list):
            cut[group] = [row for row in rows if isinstance(row, Mapping) and row.get(key) == code]
    return replace(record, data=cut)
