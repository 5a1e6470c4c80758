"""A field of a form where it physically stands: a definition that several forms share is one field in many places."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pitstop_docs.dialect import REFERENCE, read_kit
from pitstop_docs.errors import UnknownError, nearest
from pitstop_docs.findings import pointer_tokens
from pitstop_docs.jsonplaces import Steps
from pitstop_docs.jsontext import under

ROW = re.compile(r"[0-9]+|\*|-")
"""How a pointer names a row: its number, any, the one after the last."""


@dataclass(frozen=True)
class Origin:
    """A place in a schema file as it is written, its references not followed."""

    file: str
    steps: Steps

    @property
    def above(self) -> Origin:
        """The place that this one stands in."""
        return Origin(self.file, self.steps[:-1])

    def of(self, *steps: str | int) -> Origin:
        """A place further down in the same file."""
        return Origin(self.file, (*self.steps, *steps))


@dataclass(frozen=True)
class Schemas:
    """The schema files of a kit as they are written, and which of them are of its forms. Those were loaded before: their
    references are known to lead somewhere."""

    files: Mapping[str, Any]
    forms: tuple[str, ...]

    @classmethod
    def read(cls, folder: Path, forms: Iterable[str]) -> Schemas:
        """Every schema file of a folder. Raises KitError."""
        return cls({path.name: read_kit(path) for path in sorted(folder.glob("*.json"))}, tuple(sorted(forms)))

    def at(self, origin: Origin) -> Any:
        """What stands at a place."""
        found = self.files[origin.file]
        for step in origin.steps:
            found = found[step]
        return found

    def referred(self, reference: str, file: str) -> Origin:
        """Where a reference of a file leads."""
        other, _, pointer = reference.partition("#")
        return Origin(other or file, tuple(pointer_tokens(pointer)))

    def chain(self, origin: Origin) -> Iterator[Origin]:
        """A schema, then the one that it refers to, and so on: the first that has a keyword decides."""
        while True:
            yield origin
            told = self.at(origin)
            if "$ref" not in told:
                return
            origin = self.referred(told["$ref"], origin.file)

    def keyword(self, origin: Origin, word: str) -> Origin | None:
        """Where a keyword of a schema stands, None if it has none."""
        return next((one.of(word) for one in self.chain(origin) if word in self.at(one)), None)

    def fields(self, form: str) -> Iterator[tuple[str, Origin]]:
        """Every field of a form: its place (`/obiettivi/*/scadenza`), and where it is defined."""
        return self._fields(Origin(f"{form}.json", ()), "")

    def _fields(self, schema: Origin, place: str) -> Iterator[tuple[str, Origin]]:
        properties, items = self.keyword(schema, "properties"), self.keyword(schema, "items")
        for name in self.at(properties) if properties else ():
            field = properties.of(name) if properties else schema
            yield f"{place}/{name}", field
            yield from self._fields(field, f"{place}/{name}")
        if items:
            yield from self._fields(items, f"{place}/*")

    @cached_property
    def references(self) -> tuple[Origin, ...]:
        """Every `$ref` of every file, but those that no schema may have."""
        return tuple(origin for file, told in self.files.items() for origin in _references(told, Origin(file, ())))


def _references(told: Any, origin: Origin) -> Iterator[Origin]:
    if isinstance(told, Mapping):
        for key, inner in told.items():
            if key == "$ref" and isinstance(inner, str) and REFERENCE.fullmatch(inner):
                yield origin.of(key)
            yield from _references(inner, origin.of(key))
    elif isinstance(told, list):
        for row, inner in enumerate(told):
            yield from _references(inner, origin.of(row))


@dataclass(frozen=True)
class Field:
    """A field that is to be called otherwise. `places` are all that it has, as `form/path/*/name`; `origin` is where the
    schemas define it. The place that was asked for is `form` and `path`."""

    form: str
    path: str
    old: str
    new: str
    places: frozenset[str]
    origin: Origin

    @property
    def forms(self) -> tuple[str, ...]:
        """The forms that have it."""
        return tuple(sorted({place.partition("/")[0] for place in self.places}))

    def is_at(self, form: str, steps: Steps) -> bool:
        """True if these steps (keys and row numbers) lead to the field."""
        return f"{form}{''.join(f'/{_pattern(step)}' for step in steps)}" in self.places

    def pointer(self, form: str, pointer: str, above: Steps = ()) -> str:
        """A JSON Pointer into a form's answers, from the group that the steps above lead to, under the new name."""
        steps, now = list(above), ""
        for step in pointer_tokens(pointer):
            steps.append(step)
            now = under(now, self.new if self.is_at(form, tuple(steps)) else step)
        return now


def _pattern(step: str | int) -> str:
    return "*" if isinstance(step, int) or ROW.fullmatch(step) else step


def find(schemas: Schemas, form: str, asked: str, new: str) -> Field:
    """The field that a person names: by its place (`/obiettivi/*/scadenza`, `obiettivi.scadenza`), or by its name alone if
    it is the only one. Raises UnknownError with the nearest."""
    fields = dict(schemas.fields(form))
    wanted = [step for step in re.split(r"[/.]", asked) if step and not ROW.fullmatch(step)]
    named = [path for path in fields if _names(path) == wanted] or [path for path in fields if _names(path)[-1:] == wanted]
    if len(named) > 1:
        raise UnknownError(f"Nel modulo «{form}» più campi si chiamano «{asked}»: indicare quale tra {', '.join(named)}.")
    if not named:
        names = {_names(path)[-1] for path in fields}
        near = nearest(wanted[-1] if wanted else "", names)
        paths = [path for name in near for path in fields if _names(path)[-1] == name]
        advice = (
            f" Forse: {', '.join(paths[:6])}."
            if paths
            else f" Sono: {', '.join(path for path in fields if path.count('/') == 1)}."
        )
        raise UnknownError(f"Nel modulo «{form}» il campo «{asked}» non c’è.{advice}")
    path = named[0]
    origin = fields[path]
    return Field(form, path, _names(path)[-1], new, _places(schemas, origin), origin)


def _names(path: str) -> list[str]:
    return [step for step in path.split("/") if step not in ("", "*")]


def _places(schemas: Schemas, origin: Origin) -> frozenset[str]:
    """Every place, of whatever form, that this one definition gives."""
    return frozenset(f"{form}{path}" for form in schemas.forms for path, found in schemas.fields(form) if found == origin)
