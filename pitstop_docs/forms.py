"""A form is a schema and a layout: what a valid answer is, and how it is asked.

jsonschema's traps, met here once: formats are not checked without a checker and unknown ones pass; `required` points to
the parent; blank strings satisfy it; `$` lets a line end through; messages are English and quote the value; a misspelt
keyword is accepted. So the dialect is closed, references are inlined at loading, blanks are pruned before judging, and
every sentence is written here from the place and the keyword alone.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from pitstop_docs import formats, jsontext
from pitstop_docs.blanks import Choice, Node, Place, Score, Withheld
from pitstop_docs.errors import FileError, KitError, nearest
from pitstop_docs.findings import Finding, Severity, pointer_tokens

PRIVACY = ("comune", "identificativo", "economico", "particolare", "giudiziario")
SCOPES = ("caso", "progetto")
KEYWORDS: Mapping[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("$schema", "$id", "$ref", "title", "description", "type", "format", "pattern"), str),
    **dict.fromkeys(("x-version", "x-privacy", "x-protected-by", "x-unit"), str),
    **dict.fromkeys(("$defs", "properties", "items", "if", "then", "else", "not", "x-labels", "x-computed"), dict),
    **dict.fromkeys(("required", "enum", "allOf", "oneOf"), list),
    **dict.fromkeys(("minItems", "maxItems", "minLength", "maxLength"), int),
    **dict.fromkeys(("additionalProperties", "uniqueItems", "readOnly", "x-long"), bool),
    **dict.fromkeys(("minimum", "maximum"), (int, Decimal)),
    "const": object,
}
"""The words of the dialect, and what each may hold."""
BUDGET = 100_000
"""How many nodes a schema may have once its references are inlined."""


@dataclass(frozen=True)
class Section:
    """A part of the form, and who fills it."""

    title: str
    who: tuple[str, ...]
    help: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Form:
    """A form of the kit. `scope` is `caso` or `progetto`; `many` if a case has more than one; `lines` empty for all.

    `date` is the pointer to the date of the act; `cases` the pointer pattern of the case codes that the rows of a
    project-wide form name; `shared` if a case's form may also be kept for the whole project.
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

    @property
    def countries(self) -> Mapping[str, str]:
        """The names of the countries that the table of the kit knows, by code."""
        return country_names(self.countries_path)

    @cached_property
    def schema(self) -> Mapping[str, Any]:
        """The schema with every reference inlined. Raises KitError where it leaves the dialect."""
        return load_schema(self.schema_path)

    @cached_property
    def counts_ages(self) -> bool:
        """True if some answer is completed with an age, and so depends on the day it is read for."""
        return any(schema.get("x-computed", {}).get("fn") in AGES for schema in _every(self.schema))

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
            if schema.get("format") == "paese" and isinstance(value, str) and value not in self.countries:
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
        return _Eyes(visible, stated, self.countries).group(self.schema, stated, Place(self.name, number))

    def canonical(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """The answers with what people type (05/03/2026, «1.250,50») written as the schema stores it, where it is clear."""
        return {key: _canonical(self.schema["properties"].get(key, {}), value) for key, value in data.items()}


AGES = ("age", "minors")
"""The words of `x-computed` whose value depends on the day."""


def _every(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A schema and all that stand in it."""
    yield schema
    for inner in (*schema.get("properties", {}).values(), schema.get("items")):
        if isinstance(inner, Mapping):
            yield from _every(inner)


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
}
"""What each rule of the forms says, and what to do: never the value, never a word of JSON Schema."""

TYPES = {
    "string": "un testo",
    "integer": "un numero intero",
    "number": "un numero",
    "boolean": "sì o no",
    "array": "un elenco",
    "object": "un gruppo di campi",
}


@cache
def country_names(path: Path) -> Mapping[str, str]:
    """The names of the country table by ISO code. Raises KitError."""
    try:
        return {one["iso"]: one["name"] for one in read_kit(path)["countries"] if one["iso"]}
    except (KeyError, TypeError) as error:
        raise KitError(f"{path.name}: la tabella dei Paesi è malformata ({error}).") from error


def load_forms(folder: Path, schemas: Path, countries: Path) -> dict[str, Form]:
    """Every form of the kit by name; schemas and countries are read only when asked for. Raises KitError."""
    found = {}
    for path in sorted(folder.glob("*.json")):
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
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise KitError(f"{path.name}: la descrizione del modulo è incompleta ({error}).") from error
        if form.name != path.stem or form.scope not in SCOPES:
            raise KitError(f"{path.name}: «form» deve essere il nome del file e «scope» uno tra {', '.join(SCOPES)}.")
        found[form.name] = form
    return found


def read_kit(path: Path) -> Any:
    """A JSON file of the kit. Raises KitError with line and column."""
    try:
        value, _ = jsontext.parse(path.read_bytes(), source=path.name)
    except OSError as error:
        raise KitError(f"{path.name}: il file del kit non si legge. Rimetterlo al suo posto con «pitstop init».") from error
    except FileError as error:
        raise KitError(str(error)) from error
    return value


# ── the dialect ──────────────────────────────────────────────────────────────────────────────────────────────────────


def load_schema(path: Path) -> Mapping[str, Any]:
    """A schema with its references inlined and its dialect checked. Raises KitError naming the file and the place."""
    try:
        schema = _inline(read_kit(path), path, (path.name,), [BUDGET])
        if not isinstance(schema, Mapping) or schema.get("type") != "object" or "properties" not in schema:
            raise KitError(f"{path.name}: la radice deve essere un oggetto con le sue «properties».")
        check_dialect(schema, path.name)
    except RecursionError as error:
        raise KitError(f"{path.name}: lo schema è annidato troppo in profondità.") from error
    return schema


def _inline(schema: Any, path: Path, trail: tuple[str, ...], budget: list[int]) -> Any:
    budget[0] -= 1
    if budget[0] < 0 or len(trail) > 64:
        raise KitError(f"{path.name}: i rimandi «$ref» si moltiplicano senza fine.")
    if isinstance(schema, list):
        return [_inline(one, path, trail, budget) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        name, target_path, target = _follow(schema["$ref"], path)
        if name in trail:
            raise KitError(f"{path.name}: il rimando «{schema['$ref']}» torna su sé stesso.")
        inlined = _inline(target, target_path, (*trail, name), budget)
        if not isinstance(inlined, dict):
            raise KitError(f"{path.name}: il rimando «{schema['$ref']}» non porta a uno schema.")
        siblings = _inline({key: value for key, value in schema.items() if key != "$ref"}, path, trail, budget)
        return {**inlined, **siblings}
    return {key: _inline(value, path, trail, budget) for key, value in schema.items() if key not in ("$defs", "$id")}


REFERENCE = re.compile(r"(?P<file>[a-z0-9_]+\.json)?#(?P<pointer>(?:/[$A-Za-z0-9_]+)+)")


def _follow(reference: object, path: Path) -> tuple[str, Path, Any]:
    match = REFERENCE.fullmatch(reference) if isinstance(reference, str) else None
    if match is None:
        raise KitError(
            f"{path.name}: il rimando «{reference}» non è ammesso. Un «$ref» porta a «#/$defs/nome» o «comune.json#/$defs/nome»."
        )
    target_path = path.with_name(match["file"]) if match["file"] else path
    target = _schema_file(target_path)
    for step in pointer_tokens(match["pointer"]):
        if not isinstance(target, dict) or step not in target:
            raise KitError(f"{path.name}: il rimando «{reference}» non porta a nulla.")
        target = target[step]
    return f"{target_path.name}#{match['pointer']}", target_path, target


@cache
def _schema_text(path: Path, stamp: int) -> Any:
    return read_kit(path)


def _schema_file(path: Path) -> Any:
    return _schema_text(path, path.stat().st_mtime_ns if path.is_file() else 0)


def check_dialect(schema: Any, where: str) -> None:
    """Raise KitError at the first keyword, format, pattern or condition that the dialect does not have."""
    if not isinstance(schema, Mapping):
        raise KitError(f"{where}: qui va uno schema.")
    for keyword, value in schema.items():
        if keyword not in KEYWORDS:
            near = nearest(keyword, KEYWORDS)
            advice = f" Forse «{near[0]}»?" if near else ""
            raise KitError(f"{where}: la parola «{keyword}» non esiste negli schemi.{advice}")
        if not isinstance(value, KEYWORDS[keyword]):
            raise KitError(f"{where}: il valore di «{keyword}» non è del tipo atteso.")
        check = CHECKS.get(keyword)
        if check is not None:
            check(value, schema, where)


def _check_properties(value: Any, schema: Mapping[str, Any], where: str) -> None:
    a_group = schema.get("type") == "object"
    for name, inner in value.items():
        if inner is False and not a_group:
            continue  # what follows from a condition may forbid a field
        check_dialect(inner, f"{where}/{name}")
        row = inner.get("items", {}) if inner.get("type") == "array" else inner
        if a_group and row.get("type") != "object" and "x-privacy" not in inner:
            raise KitError(f"{where}/{name}: manca «x-privacy», una tra {', '.join(PRIVACY)}.")


def _check_type(value: Any, schema: Mapping[str, Any], where: str) -> None:
    if value not in TYPES:
        raise KitError(f"{where}: il tipo «{value}» non esiste. Sono: {', '.join(TYPES)}.")


def _check_required(value: Any, schema: Mapping[str, Any], where: str) -> None:
    for name in value:
        if not isinstance(name, str) or (schema.get("type") == "object" and name not in schema.get("properties", {})):
            raise KitError(f"{where}: «required» chiede «{name}», che non è tra i campi.")


def _check_list(value: Any, schema: Mapping[str, Any], where: str) -> None:
    for inner in value:
        check_dialect(inner, where)


def _check_one(value: Any, schema: Mapping[str, Any], where: str) -> None:
    check_dialect(value, where)


def _check_condition(value: Any, schema: Mapping[str, Any], where: str) -> None:
    """An `if` is true of an absent discriminator, and then demands the fields of a branch that nobody chose."""
    check_dialect(value, where)
    asked = set(value.get("properties", {}))
    if not asked or not asked <= set(value.get("required", ())):
        raise KitError(f"{where}: una condizione «if» deve dire «required» di ogni campo che interroga.")


def _check_format(value: Any, schema: Mapping[str, Any], where: str) -> None:
    if value not in formats.FORMATS:
        near = nearest(str(value), formats.FORMATS)
        raise KitError(f"{where}: il formato «{value}» non esiste. {'Forse «' + near[0] + '»?' if near else ''}".strip())


ATOM = r"(?:\[\^?\]?(?:[^\]\\]|\\[^dDwWsSbB])+\]|\\[^dDwWsSbBAZ0-9]|[^\\^$.*+?()\[\]{}|])"
REPEATED = r"(\?|\*|\+|\{[0-9]+(?:,[0-9]+)?\})?"
LINEAR = re.compile(rf"\^(?:{ATOM}{REPEATED})*\$")
WAYS = 100
"""How many times longer than its text a pattern may take."""


def _check_pattern(value: Any, schema: Mapping[str, Any], where: str) -> None:
    """Anchored, and linear: single characters and classes, one of them repeated at will, the others in few ways."""
    try:
        fits = LINEAR.fullmatch(value) and re.compile(value)
    except (re.error, OverflowError):
        fits = None
    ways = sorted(_ways(repetition) for repetition in re.findall(rf"{ATOM}{REPEATED}", value[1:-1])) if fits else []
    if not fits or math.prod(ways[:-1]) > WAYS:
        raise KitError(
            f"{where}: l’espressione «pattern» deve cominciare con ^ e finire con $, senza gruppi, senza \\d e \\w, "
            "con al più una ripetizione senza limite e poche altre."
        )


def _ways(repetition: str) -> float:
    """In how many ways a repetition can match: each is tried with each of the others where the text does not fit."""
    if repetition in ("*", "+"):
        return math.inf
    least, _, most = repetition.strip("{}").partition(",")
    return 2 if repetition == "?" else int(most) - int(least) + 1 if most else 1


def _check_enum(value: Any, schema: Mapping[str, Any], where: str) -> None:
    labels = schema.get("x-labels")
    if labels is not None and {str(one) for one in value} != set(labels):
        raise KitError(f"{where}: «x-labels» deve avere un’etichetta per ogni valore di «enum».")


def _check_privacy(value: Any, schema: Mapping[str, Any], where: str) -> None:
    if value not in PRIVACY:
        raise KitError(f"{where}: «x-privacy» è una tra {', '.join(PRIVACY)}.")


def _check_closed(value: Any, schema: Mapping[str, Any], where: str) -> None:
    if value is not False:
        raise KitError(f"{where}: «additionalProperties» può essere solo false.")


CHECKS: Mapping[str, Callable[[Any, Mapping[str, Any], str], None]] = {
    "type": _check_type,
    "required": _check_required,
    "properties": _check_properties,
    "items": _check_one,
    "allOf": _check_list,
    "oneOf": _check_list,
    "if": _check_condition,
    "then": _check_one,
    "else": _check_one,
    "not": _check_one,
    "format": _check_format,
    "pattern": _check_pattern,
    "enum": _check_enum,
    "x-privacy": _check_privacy,
    "additionalProperties": _check_closed,
}


# ── judging ──────────────────────────────────────────────────────────────────────────────────────────────────────────


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
            yield ValidationError(problem.message, validator="format" if problem.blocking else "odd")

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
        path = "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in error.absolute_path)
        rule = RULE_OF[error.validator]
        severity = Severity.WARNING if error.validator == "odd" else Severity.BLOCKING
        yield form.finding(rule, path, number, severity=severity, **_words(form, error, path))


def _words(form: Form, error: Any, path: str) -> dict[str, str]:
    limit = error.validator_value
    match error.validator:
        case "type":
            kind = TYPES.get(limit, str(limit)) if isinstance(limit, str) else "un valore ammesso"
            return {"message": f"La risposta deve essere {kind}."}
        case "format" | "odd":
            hint = formats.FORMATS[error.schema["format"]].hint if isinstance(error.schema, dict) else ""
            return {"message": error.message, "remedy": f"Scrivere: {hint}." if hint else ""}
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


def _label(schema: Mapping[str, Any], value: Any) -> str:
    return str(schema.get("x-labels", {}).get(str(value), formats.show(value)))


# ── walking ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def prune(data: Mapping[str, Any]) -> dict[str, Any]:
    """The answers without what says nothing: blank texts, nulls, groups with nothing inside. An empty list says «none»."""
    pruned = {key: _pruned(value) for key, value in data.items()}
    return {key: value for key, value in pruned.items() if value not in (None, {})}


def _pruned(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, Mapping):
        return prune(value)
    if isinstance(value, list | tuple):
        return [one for one in map(_pruned, value) if one is not None]
    return value


def at(data: Any, path: str) -> Any:
    """What stands at a JSON Pointer, None if nothing does."""
    for step in pointer_tokens(path):
        if isinstance(data, Mapping):
            data = data.get(step)
        elif isinstance(data, list | tuple) and step.isdecimal() and int(step) < len(data):
            data = data[int(step)]
        else:
            return None
    return data


def schema_at(schema: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    """The schema of a place, with or without row numbers; empty if the form has no such place."""
    for step in pointer_tokens(path):
        row = schema.get("items") if step == "*" or step.isdecimal() else None
        schema = row if row is not None else schema.get("properties", {}).get(step, {})
    return schema


def leaves(schema: Mapping[str, Any], data: Any, path: str = "") -> Iterator[tuple[str, Any, Mapping[str, Any]]]:
    """Each stated value with its pointer and its schema; a list of plain values one by one."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            inner = schema.get("properties", {}).get(key)
            if isinstance(inner, Mapping):
                yield from leaves(inner, value, f"{path}/{key}")
    elif isinstance(data, list | tuple):
        for row, value in enumerate(data):
            yield from leaves(schema.get("items", {}), value, f"{path}/{row}")
    else:
        yield path, data, schema


@dataclass(frozen=True)
class _Eyes:
    """How answers are read: the privacy classes that may be seen, all that was stated, the countries' names."""

    visible: frozenset[str] | None
    stated: Mapping[str, Any]
    countries: Mapping[str, str]

    def group(self, schema: Mapping[str, Any], data: Mapping[str, Any], place: Place) -> Node:
        known = schema.get("properties", {})
        typed = {key: self.value(known[key], value, place.under(key)) for key, value in data.items() if key in known}
        return Node(schema, {key: value for key, value in typed.items() if value is not None}, place)

    def value(self, schema: Mapping[str, Any], value: Any, place: Place) -> object:
        if self.is_protected(schema) or not self.may_see(schema):
            return Withheld(schema, place)
        match schema.get("type"):
            case "object":
                return self.group(schema, value, place) if isinstance(value, Mapping) else None
            case "array":
                if not isinstance(value, list | tuple):
                    return None
                rows = (self.value(schema.get("items", {}), one, place.under(n)) for n, one in enumerate(value))
                return tuple(row for row in rows if row is not None)
        return None if isinstance(value, Mapping | list | tuple) else self.leaf(schema, value)

    def is_protected(self, schema: Mapping[str, Any]) -> bool:
        """True where anything but a no was answered: a wrong answer («sì» as a text) must not lay an address open."""
        flag = schema.get("x-protected-by")
        return flag is not None and at(self.stated, flag) not in (None, False)

    def may_see(self, schema: Mapping[str, Any]) -> bool:
        return self.visible is None or "x-privacy" not in schema or schema["x-privacy"] in self.visible

    def leaf(self, schema: Mapping[str, Any], value: Any) -> object:
        labels = schema.get("x-labels", {})
        if isinstance(value, int) and not isinstance(value, bool) and str(value) in labels:
            return Score(value, labels[str(value)])
        if not isinstance(value, str):
            return value
        if value in labels:
            return Choice(value, labels[value])
        if schema.get("format") == "paese" and value in self.countries:
            return Choice(value, self.countries[value])
        form = formats.FORMATS.get(schema.get("format", ""))
        problem = form.check(value) if form else None
        return form.value(value) if form and not (problem and problem.blocking) else value


def _canonical(schema: Mapping[str, Any], value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _canonical(schema.get("properties", {}).get(key, {}), one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(schema.get("items", {}), one) for one in value]
    form = formats.FORMATS.get(schema.get("format", ""))
    if form is None or not isinstance(value, str):
        return value
    try:
        return form.parse(value)
    except ValueError:
        return value  # kept as typed: the schema's finding tells what is not understood
