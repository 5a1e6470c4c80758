"""What a schema of the kit may say: a closed dialect of JSON Schema, with every reference inlined when it is read.

A misspelt keyword, an unknown format and a condition on an absent answer are accepted by any validator; a reference may fetch
a file or the network, or multiply without end; a pattern may take for ever. Here each is an error of the kit, with its place.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from pitstop_docs import formats, jsontext
from pitstop_docs.errors import FileError, KitError, nearest
from pitstop_docs.findings import pointer_tokens
from pitstop_docs.records import ROW_KEY

PRIVACY = ("comune", "identificativo", "economico", "particolare", "giudiziario")
KEYWORDS: Mapping[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("$schema", "$id", "$ref", "title", "description", "type", "format", "pattern"), str),
    **dict.fromkeys(("x-version", "x-privacy", "x-protected-by", "x-unit"), str),
    **dict.fromkeys(("$defs", "properties", "items", "if", "then", "else", "not", "x-labels", "x-computed"), dict),
    **dict.fromkeys(("required", "enum", "allOf", "oneOf", "x-formerly"), list),
    **dict.fromkeys(("minItems", "maxItems", "minLength", "maxLength"), int),
    **dict.fromkeys(("additionalProperties", "uniqueItems", "readOnly", "x-long"), bool),
    **dict.fromkeys(("minimum", "maximum"), (int, Decimal)),
    "const": object,
}
"""The words of the dialect, and what each may hold."""
TYPES = {
    "string": "un testo",
    "integer": "un numero intero",
    "number": "un numero",
    "boolean": "sì o no",
    "array": "un elenco",
    "object": "un gruppo di campi",
}
"""The types that an answer may have, and what they are called."""
BUDGET = 100_000
"""How many nodes a schema may have once its references are inlined."""


def read_kit(path: Path) -> Any:
    """A JSON file of the kit. Raises KitError with line and column."""
    try:
        value, _ = jsontext.parse(path.read_bytes(), source=path.name)
    except OSError as error:
        raise KitError(f"{path.name}: il file del kit non si legge. Rimetterlo al suo posto con «pitstop init».") from error
    except FileError as error:
        raise KitError(str(error)) from error
    return value


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
        inlined = {key: value for key, value in inlined.items() if key != "x-formerly"}  # of the field there, not of this one
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
    _check_names(value, where)
    for name, inner in value.items():
        if inner is False and not a_group:
            continue  # what follows from a condition may forbid a field
        check_dialect(inner, f"{where}/{name}")
        row = inner.get("items", {}) if inner.get("type") == "array" else inner
        if a_group and row.get("type") != "object" and "x-privacy" not in inner:
            raise KitError(f"{where}/{name}: manca «x-privacy», una tra {', '.join(PRIVACY)}.")


def _check_names(properties: Mapping[str, Any], where: str) -> None:
    """A name that a field once had leads to that field alone: old answers are read by it. The key of a row is no field."""
    taken = {*properties, ROW_KEY}
    if ROW_KEY in properties:
        raise KitError(f"{where}: «{ROW_KEY}» è il nome della chiave delle righe: un campo non può chiamarsi così.")
    for name, inner in properties.items():
        for old in inner.get("x-formerly", ()) if isinstance(inner, Mapping) else ():
            if not isinstance(old, str) or old in taken:
                raise KitError(f"{where}/{name}: «x-formerly» dice «{old}», che è il nome di un altro campo, o non è un nome.")
            taken.add(old)


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
