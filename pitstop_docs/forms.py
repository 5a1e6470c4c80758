"""A form is a schema and a layout: what a valid answer is, and how it is asked.

jsonschema's traps, met here once: formats are not checked without a checker and unknown ones pass; `required` points to
the parent; blank strings satisfy it; `$` lets a line end through; messages are English and quote the value. So blanks are
pruned before judging, and every sentence is written here from the place and the keyword alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from pitstop_docs import formats, jsontext
from pitstop_docs.answers import Eyes, canonical, every, leaves, prune, renamed, schema_at
from pitstop_docs.blanks import Node, Place
from pitstop_docs.dialect import TYPES, load_schema, read_kit
from pitstop_docs.errors import KitError, nearest
from pitstop_docs.findings import Finding, Severity, pointer_tokens
from pitstop_docs.records import ROW_KEY

SCOPES = ("caso", "progetto")


@dataclass(frozen=True)
class Section:
    """A part of the form, and who fills it."""

    title: str
    who: tuple[str, ...]
    help: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class RecordSheet:
    """A page on which each row is a record: how many rows, what is asked once for all of them, what each one asks.

    `once` and `fields` are pointers; `title` is what the page is called.
    """

    title: str
    rows: int
    fields: tuple[str, ...]
    once: tuple[str, ...] = ()


@dataclass(frozen=True)
class Form:
    """A form of the kit. `scope` is `caso` or `progetto`; `many` if a case has more than one; `lines` empty for all.

    `date` is the pointer to the date of the act; `cases` the pointer pattern of the case codes that the rows of a
    project-wide form name; `shared` if a case's form may also be kept for the whole project; `rows` how many free rows a
    page gives to a repeated group, by pointer pattern; `sheet` how many records are asked at once, a row each (None where
    they are asked one by one); `audience` the pointer to the widest recipient that may read a record.
    """

    name: str
    code: str
    title: str
    scope: str
    many: bool
    lines: tuple[str, ...]
    date: str
    cases: str
    opens_case: bool
    shared: bool
    sections: tuple[Section, ...]
    schema_path: Path
    countries_path: Path
    rows: tuple[tuple[str, int], ...] = ()
    sheet: RecordSheet | None = None
    audience: str = ""

    @property
    def countries(self) -> Mapping[str, str]:
        """The names of the countries that the table of the kit knows, by code."""
        return country_names(self.countries_path)

    @cached_property
    def schema(self) -> Mapping[str, Any]:
        """The schema with every reference inlined. Raises KitError where it leaves the dialect."""
        return load_schema(self.schema_path)

    @cached_property
    def computed(self) -> tuple[Mapping[str, Any], ...]:
        """What the schema says of the answers that are computed, each `x-computed` as it stands."""
        return tuple(schema["x-computed"] for schema in every(self.schema) if "x-computed" in schema)

    @cached_property
    def counts_ages(self) -> bool:
        """True if some answer is completed with an age, and so depends on the day it is read for."""
        return any(told.get("fn") in AGES for told in self.computed)

    @cached_property
    def case_lists(self) -> Mapping[str, str]:
        """The repeated groups whose rows name a case, with the key that names it."""
        return {
            group: key
            for group, schema in self.schema["properties"].items()
            for key, inner in schema.get("items", {}).get("properties", {}).items()
            if inner.get("format") == "caso"
        }

    @cached_property
    def _validator(self) -> Any:
        return _validator_class()(self.schema)

    def findings(self, data: Mapping[str, Any], number: int = 1) -> list[Finding]:
        """What the schema misses or refuses in these answers; judged on what is left when the blanks are pruned."""
        stated = prune(data)
        found = [*_judge(self, self._validator, stated, number), *self._written_for_us(stated, number)]
        return [*found, *self._unknown_countries(stated, number)]

    def _written_for_us(self, stated: Any, number: int) -> Iterator[Finding]:
        for path, value, schema in leaves(self.schema, stated):
            if schema.get("readOnly") and value is not None:
                yield self.finding("MOD-011", path, number, severity=Severity.INFO)

    def _unknown_countries(self, stated: Any, number: int) -> Iterator[Finding]:
        for path, value, schema in leaves(self.schema, stated):
            told = schema.get("format") == "paese" and isinstance(value, str) and not formats.FORMATS["paese"].check(value)
            if told and value not in self.countries:
                yield self.finding("MOD-003", path, number, message="Il codice non è nella tabella dei Paesi.")

    def finding(  # the one place where a schema's objection becomes a sentence
        self,
        rule: str,
        path: str,
        number: int,
        *,
        severity: Severity = Severity.BLOCKING,
        message: str = "",
        remedy: str = "",
    ) -> Finding:
        """A finding about one place of this form, with its label and who must act."""
        said, cure = SENTENCES[rule]
        words = (self.label(path), message or said, remedy or cure, self.who(path))
        source = f"{self.schema_path.name} {self.schema.get('x-version', '')}".strip()
        return Finding(rule, severity, self.name, number, path, *words, source)

    def label(self, path: str) -> str:
        """The place as the form calls it: «Obiettivi 2, Scadenza»."""
        words: list[str] = []
        schema: Mapping[str, Any] = self.schema
        for step in pointer_tokens(path):
            if step.isdecimal() and "items" in schema:
                schema = schema["items"]
                words[-1:] = [f"{words[-1]} {int(step) + 1}"] if words else []
            else:
                schema = schema.get("properties", {}).get(step, {})
                words.append(str(schema.get("title", step)))
        return ", ".join(words)

    def who(self, path: str) -> str:
        """The role that fills the section in which the place stands, empty if no section holds it."""
        for section in self.sections:
            if any(path == field or path.startswith(f"{field}/") for field in section.fields):
                return section.who[0]
        return self.sections[0].who[0] if self.sections else ""

    def typed(self, data: Mapping[str, Any], number: int = 1, *, visible: frozenset[str] | None = None) -> Node:
        """The answers as values to print and judge. `visible` are the privacy classes the reader may see, None for all.

        A leaf that is not of its type stays the text that was typed.
        """
        stated = prune(data)
        return Eyes(visible, stated, self.countries).group(self.schema, stated, Place(self.name, number))

    @cached_property
    def _has_old_names(self) -> bool:
        return any("x-formerly" in schema for schema in every(self.schema))

    def current(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """The answers under the names that the fields have now, whatever they were called when they were stated."""
        named: Mapping[str, Any] = renamed(self.schema, data) if self._has_old_names else data
        return named

    def canonical(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """The answers with what people type (05/03/2026, «1.250,50») written as the schema stores it, where it is clear."""
        return {key: canonical(self.schema["properties"].get(key, {}), value) for key, value in data.items()}


AGES = ("age", "minors")
"""The words of `x-computed` whose value depends on the day."""

SENTENCES: Mapping[str, tuple[str, str]] = {
    "MOD-001": ("Manca la risposta.", "Compilare il campo."),
    "MOD-002": ("La risposta non è del tipo atteso.", "Riscriverla come indicato dal modulo."),
    "MOD-003": ("Il valore non ha la forma attesa.", "Correggere il valore."),
    "MOD-004": ("Il valore non è tra quelli ammessi.", "Scegliere una voce dell’elenco."),
    "MOD-005": ("Il testo è troppo corto.", "Completare il testo."),
    "MOD-006": ("Il testo è troppo lungo.", "Accorciare il testo."),
    "MOD-007": ("Il numero è fuori dai limiti.", "Correggere il numero."),
    "MOD-008": ("Il modulo non ha questo campo.", "Correggere il nome del campo o toglierlo."),
    "MOD-009": ("Il numero di righe non è quello atteso.", "Aggiungere o togliere righe."),
    "MOD-010": ("Il campo non va compilato, date le altre risposte.", "Togliere la risposta o correggere le altre."),
    "MOD-011": ("Il valore è calcolato dal programma.", "Quello scritto non viene usato."),
    "MOD-012": ("La stessa riga compare due volte.", "Togliere la ripetizione."),
    "MOD-013": ("Alcuni caratteri non ammessi sono stati sostituiti con «\ufffd».", "Riscrivere il testo."),
    "MOD-014": ("Il modulo non è stato compilato.", "Compilare il modulo."),
    "MOD-016": ("La risposta non si accorda con le altre.", "Correggere questa risposta o le altre."),
    "MOD-015": ("Il campo facoltativo è vuoto.", "Nel documento resta una riga da riempire a penna."),
    "MOD-018": (
        "La chiave scritta per la riga non è una di quelle del programma, o è già di un’altra riga: ne è stata data una nuova.",
        f"Nelle righe nuove non scrivere «{ROW_KEY}»; nelle altre lasciarla com’è.",
    ),
    "MOD-017": ("Il documento indicato non risulta prodotto.", "Controllare documento, caso, numero e versione."),
}
"""What each rule of the forms says, and what to do: never the value, never a word of JSON Schema."""


@cache
def country_names(path: Path) -> Mapping[str, str]:
    """The names of the country table by ISO code. Raises KitError."""
    try:
        return {one["iso"]: one["name"] for one in read_kit(path)["countries"] if one["iso"]}
    except (KeyError, TypeError) as error:
        raise KitError(f"{path.name}: la tabella dei Paesi è malformata ({error}).") from error


def load_forms(folder: Path, schemas: Path, countries: Path) -> dict[str, Form]:
    """Every form of the kit by name; schemas and countries are read only when asked for. Raises KitError."""
    return {path.stem: load_form(path, schemas, countries) for path in sorted(folder.glob("*.json"))}


def load_form(path: Path, schemas: Path, countries: Path) -> Form:
    """The form that a layout tells. Raises KitError."""
    layout = read_kit(path)
    try:
        form = Form(
            name=layout["form"],
            code=layout["code"],
            title=layout["title"],
            scope=layout["scope"],
            many=layout.get("many", False),
            lines=tuple(layout.get("lines", ())),
            date=layout.get("date", ""),
            cases=layout.get("cases", ""),
            opens_case=layout.get("opens_case", False),
            shared=layout.get("shared", False),
            sections=tuple(
                Section(part["title"], tuple(part["who"]), part.get("help", ""), tuple(part["fields"]))
                for part in layout["sections"]
            ),
            schema_path=schemas / f"{layout['form']}.json",
            countries_path=countries,
            rows=tuple(layout.get("rows", {}).items()),
            sheet=_sheet(layout["sheet"]) if "sheet" in layout else None,
            audience=layout.get("audience", ""),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise KitError(f"{path.name}: la descrizione del modulo è incompleta ({error}).") from error
    if form.name != path.stem or form.scope not in SCOPES:
        raise KitError(f"{path.name}: «form» deve essere il nome del file e «scope» uno tra {', '.join(SCOPES)}.")
    return form


def _sheet(told: Mapping[str, Any]) -> RecordSheet:
    return RecordSheet(**{**told, "fields": tuple(told["fields"]), "once": tuple(told.get("once", ()))})


@cache
def _validator_class() -> Any:
    from jsonschema import Draft202012Validator, ValidationError  # noqa: PLC0415  # slow to import, not needed to list forms
    from jsonschema.validators import extend  # noqa: PLC0415

    def required(_: Any, names: Any, instance: Any, schema: Any) -> Iterator[Any]:
        if isinstance(instance, dict):
            yield from (ValidationError("required", path=[name]) for name in names if name not in instance)

    def closed(_: Any, allowed: Any, instance: Any, schema: Any) -> Iterator[Any]:
        if isinstance(instance, dict) and allowed is False:
            known = schema.get("properties", {})
            yield from (ValidationError("unknown", path=[name]) for name in instance if name not in known)

    def properties(validator: Any, known: Any, instance: Any, schema: Any) -> Iterator[Any]:
        for name, inner in known.items():
            if isinstance(instance, dict) and name in instance:
                if inner is False:
                    yield ValidationError("forbidden", validator="forbidden", path=[name])
                else:
                    yield from validator.descend(instance[name], inner, path=name, schema_path=name)

    def pattern(_: Any, expression: str, instance: Any, schema: Any) -> Iterator[Any]:
        if isinstance(instance, str) and not re.fullmatch(expression[1:-1], instance, re.ASCII):
            yield ValidationError("pattern")

    def form(_: Any, name: str, instance: Any, schema: Any) -> Iterator[Any]:
        if isinstance(instance, str) and (problem := formats.FORMATS[name].check(instance)):
            message = formats.FORMATS[name].objection(instance) or problem.message
            yield ValidationError(message, validator="format" if problem.blocking else "odd")

    def unique(_: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[Any]:
        """The library compares each row with each: 2,000 rows take it seconds, 20,000 minutes."""
        if wanted and isinstance(instance, list) and len({jsontext.canonical(one) for one in instance}) < len(instance):
            yield ValidationError("unique")

    def chosen(validator: Any, branches: Any, instance: Any, schema: Any) -> Iterator[Any]:
        """Judge by the branch whose constants the answers match; without one, by the first that objects least."""
        judged = [(list(validator.descend(instance, branch, schema_path=n)), branch) for n, branch in enumerate(branches)]
        if any(not errors for errors, _ in judged):
            return
        yield from min(judged, key=lambda pair: (_constants_missed(pair[1], instance), len(pair[0])))[0]

    return extend(  # type: ignore[no-untyped-call]  # the stubs leave it untyped
        Draft202012Validator,
        {
            "properties": properties,
            "required": required,
            "additionalProperties": closed,
            "pattern": pattern,
            "format": form,
            "oneOf": chosen,
            "uniqueItems": unique,
        },
    )


def _constants_missed(branch: Mapping[str, Any], instance: Any) -> int:
    told = {name: inner["const"] for name, inner in branch.get("properties", {}).items() if "const" in inner}
    return sum(1 for name, value in told.items() if not isinstance(instance, dict) or instance.get(name) != value)


RULE_OF = {
    "required": "MOD-001",
    "type": "MOD-002",
    "format": "MOD-003",
    "odd": "MOD-003",
    "pattern": "MOD-003",
    "enum": "MOD-004",
    "const": "MOD-004",
    "minLength": "MOD-005",
    "maxLength": "MOD-006",
    "minimum": "MOD-007",
    "maximum": "MOD-007",
    "additionalProperties": "MOD-008",
    "minItems": "MOD-009",
    "maxItems": "MOD-009",
    "uniqueItems": "MOD-012",
    "not": "MOD-016",
    "forbidden": "MOD-010",
}


def _judge(form: Form, validator: Any, stated: Any, number: int) -> Iterator[Finding]:
    for error in validator.iter_errors(stated):
        if error.validator == "type" and "enum" in error.schema and _several(error.schema, error.instance):
            continue  # said once, as an answer that is not on the list
        path = "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in error.absolute_path)
        rule = RULE_OF[error.validator]
        severity = Severity.WARNING if error.validator == "odd" else Severity.BLOCKING
        yield form.finding(rule, path, number, severity=severity, **_words(form, error, path))


def _words(form: Form, error: Any, path: str) -> dict[str, str]:
    limit = error.validator_value
    if error.validator in ("type", "enum") and _several(error.schema, error.instance):
        return {"message": MARKED, "remedy": "Chiedere quale vale, e lasciare solo quella."}
    match error.validator:
        case "type":
            kind = TYPES.get(limit, str(limit)) if isinstance(limit, str) else "un valore ammesso"
            return {"message": f"La risposta deve essere {kind}."}
        case "format" | "odd":
            return {"message": error.message}
        case "minLength" | "maxLength":
            least = "almeno" if error.validator == "minLength" else "al più"
            return {"message": f"Il testo è di {len(error.instance)} caratteri: deve averne {least} {limit}."}
        case "minimum" | "maximum":
            return {"message": f"Il numero deve essere {'almeno' if error.validator == 'minimum' else 'al più'} {limit}."}
        case "minItems" | "maxItems":
            least = "almeno" if error.validator == "minItems" else "al più"
            rows = "una riga" if limit == 1 else f"{limit} righe"
            return {"message": f"L’elenco deve avere {least} {rows}."}
        case "const":
            return {
                "message": f"Date le altre risposte, qui va «{_label(error.schema, limit)}».",
                "remedy": "Correggere la risposta.",
            }
        case "enum" if isinstance(error.schema, dict) and "x-labels" in error.schema:
            codes = [str(one) for one in limit]
            shown = ", ".join(codes[:12]) + ("…" if len(codes) > 12 else "")
            return {"remedy": f"Usare uno tra: {shown}."}
        case "additionalProperties":
            above, _, name = path.rpartition("/")
            near = nearest(name, schema_at(form.schema, above).get("properties", {}))
            return {"remedy": f"Forse «{'» o «'.join(near)}»? Correggere il nome o togliere il campo."} if near else {}
    return {}


MARKED = "Sono segnate più risposte, e ne va una sola."


def _several(schema: Mapping[str, Any], told: Any) -> bool:
    """True of a text in which several of the answers that a question admits stand side by side, as they were marked on a page."""
    known = {"si", "no"} if schema.get("type") == "boolean" else {str(one) for one in schema.get("enum", ())}
    marks = told.split(", ") if isinstance(told, str) else []
    return len(marks) > 1 and known.issuperset(marks)


def _label(schema: Mapping[str, Any], value: Any) -> str:
    return str(schema.get("x-labels", {}).get(str(value), formats.show(value)))
