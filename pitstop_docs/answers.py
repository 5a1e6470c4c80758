"""Answers as people state them, walked beside their schema: found by pointer, pruned, typed, written one way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pitstop_docs import formats
from pitstop_docs.blanks import Choice, Node, Place, Score, Withheld
from pitstop_docs.findings import pointer_tokens
from pitstop_docs.jsontext import under
from pitstop_docs.records import ROW_KEY


def prune(data: Mapping[str, Any]) -> dict[str, Any]:
    """The answers without what says nothing: blank texts, nulls, groups with nothing inside, the keys of rows.

    An empty list says «none»; a row of which nothing is left keeps its place, as an empty group.
    """
    pruned = {key: _pruned(value) for key, value in data.items()}
    return {key: value for key, value in pruned.items() if value is not None and (value or not isinstance(value, dict))}


def _pruned(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, Mapping):
        return prune(value)
    if isinstance(value, list | tuple):
        return [one for one in map(_pruned, map(_keyless, value)) if one is not None]
    return value


def bare(value: Any) -> Any:
    """The answers without the keys of their rows."""
    if isinstance(value, Mapping):
        return {key: bare(inner) for key, inner in value.items()}
    return [bare(_keyless(one)) for one in value] if isinstance(value, list | tuple) else value


def _keyless(row: Any) -> Any:
    if isinstance(row, Mapping) and ROW_KEY in row:
        return {key: value for key, value in row.items() if key != ROW_KEY}
    return row


def in_form_order(schema: Mapping[str, Any], value: Any) -> Any:
    """The answers with their fields in the order in which the form asks them; unknown ones at the end."""
    if isinstance(value, Mapping):
        known = schema.get("properties", {})
        keys = [*(key for key in known if key in value), *(key for key in value if key not in known)]
        return {key: in_form_order(known.get(key, {}), value[key]) for key in keys}
    if isinstance(value, list | tuple):
        return [in_form_order(schema.get("items", {}), one) for one in value]
    return value


def renamed(schema: Mapping[str, Any], data: Any) -> Any:
    """The answers under the names that the schema has now, at every level: `x-formerly` tells those that it had.

    Where the new name is there too it stays what it says, and the old one beside it, as a field that the form has not.
    """
    if isinstance(data, Mapping):
        named: dict[str, Any] = {}
        for key, value in data.items():
            now = _name_now(schema, key)
            name = key if now in data or now in named else now
            named[name] = renamed(schema.get("properties", {}).get(name, {}), value)
        return named
    if isinstance(data, list | tuple):
        return [renamed(schema.get("items", {}), one) for one in data]
    return data


def renamed_path(schema: Mapping[str, Any], path: str) -> str:
    """A JSON Pointer into old answers, with the names that the schema has now; what leads nowhere as it is."""
    now = ""
    for step in pointer_tokens(path):
        name = _name_now(schema, step)
        now, schema = under(now, name), schema_at(schema, under("", name))
    return now


def _name_now(schema: Mapping[str, Any], name: str) -> str:
    """What the field that had this name is called now; the name itself if none had it."""
    known: Mapping[str, Any] = schema.get("properties", {})
    if name in known:
        return name
    return next((now for now, inner in known.items() if name in inner.get("x-formerly", ())), name)


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
class Eyes:
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


def canonical(schema: Mapping[str, Any], value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: canonical(schema.get("properties", {}).get(key, {}), one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [canonical(schema.get("items", {}), one) for one in value]
    form = formats.FORMATS.get(schema.get("format", ""))
    if form is None or not isinstance(value, str):
        return value
    try:
        return form.parse(value)
    except ValueError:
        return value  # kept as typed: the schema's finding tells what is not understood


def every(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A schema and all that stand in it."""
    yield schema
    for inner in (*schema.get("properties", {}).values(), schema.get("items")):
        if isinstance(inner, Mapping):
            yield from every(inner)
