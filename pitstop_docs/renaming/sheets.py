"""The JSON files of a kit that name a field: its schemas, layouts, rules, descriptions, and the answers told in files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pitstop_docs import files, jsontext
from pitstop_docs.errors import FileError, KitError
from pitstop_docs.jsonplaces import Edit, Mark, Steps, added, edited, line_of, marks, said
from pitstop_docs.renaming.field import ROW, Field, Origin, Schemas

POINTER = re.compile(r"(?:/(?:[A-Za-z0-9_~-]+|\*))+")
PLACE = re.compile(rf"([a-z][a-z0-9_]*)#({POINTER.pattern})")
INSIDE = ("if", "then", "else", "not")
BRANCHES = ("allOf", "oneOf")
COMPARED = ("previous", "delta")
"""The computed values that are drawn from the same place of an earlier form."""
WAIVER = ("modulo", "percorso")
"""How a waiver names a place: the form, and the pointer in it."""


@dataclass(frozen=True)
class Change:
    """A file of the kit before and after, and each place in it that changes, in words."""

    path: Path
    before: bytes
    after: bytes
    places: tuple[str, ...]


@dataclass
class Sheet:
    """A JSON file that is being changed."""

    path: Path
    before: bytes
    edits: dict[Edit, str] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Sheet:
        """Raises FileError, or KitError if it is no JSON."""
        content = files.read(path, limit=jsontext.LIMIT)
        try:
            jsontext.parse(content, source=path.name)
        except FileError as error:
            raise KitError(str(error)) from error
        return cls(path, content)

    @cached_property
    def text(self) -> str:
        """What it says, its line ends as they are."""
        return self.before.decode()

    @cached_property
    def marks(self) -> tuple[Mark, ...]:
        """Its names and texts."""
        return marks(self.text)

    @cached_property
    def _by_place(self) -> Mapping[tuple[Steps, str], Mark]:
        return {(one.steps, one.kind): one for one in self.marks}

    def mark(self, steps: Steps, kind: str) -> Mark | None:
        """The key, text, group or list at a place, None if there is none."""
        return self._by_place.get((steps, kind))

    def text_at(self, *steps: str | int) -> str:
        """The text at a place, empty if there is none."""
        found = self.mark(steps, "text")
        return found.value if found else ""

    def say(self, mark: Mark | None, new: str) -> None:
        """Change a key or a text."""
        if mark and mark.value != new:
            self.note(said(mark, new), mark)

    def note(self, edit: Edit, mark: Mark, inside: str = "") -> None:
        """Keep an edit, told by the place of a mark, or of what is added inside it."""
        self.edits[edit] = f"riga {line_of(self.text, edit.start)}, {mark.pointer}{inside}"

    def change(self) -> Change | None:
        """The file before and after, None if it stays as it is."""
        if not self.edits:
            return None
        places = [told for _, told in sorted(self.edits.items(), key=lambda pair: pair[0].start)]
        return Change(self.path, self.before, edited(self.text, self.edits).encode(), tuple(dict.fromkeys(places)))


# ── the schemas ──────────────────────────────────────────────────────────────────────────────────────────────────────


def in_schemas(one: Field, schemas: Schemas, sheets: Mapping[str, Sheet]) -> None:
    """Rename the field wherever a schema names it, and declare its old name. Raises KitError where one word stands for
    two fields, or where a comparison needs the old name."""
    wanted: dict[tuple[Origin, str], set[str]] = {}
    for form in schemas.forms:
        for origin, kind, new in _Visit(one, schemas, form).schema(Origin(f"{form}.json", ()), ()):
            wanted.setdefault((origin, kind), set()).add(new)
    for (origin, kind), names in wanted.items():
        if len(names) > 1:
            raise KitError(
                f"{origin.file}: «{one.old}» sta in una condizione comune a più campi ({'/'.join(map(str, origin.steps))}): "
                "separarli nello schema, e riprovare."
            )
        sheets[origin.file].say(sheets[origin.file].mark(origin.steps, kind), next(iter(names)))
    for reference in schemas.references:
        sheet = sheets[reference.file]
        sheet.say(sheet.mark(reference.steps, "text"), _reference(one, schemas, reference))
    _refuse_uneven(one, schemas)
    _declare(one, sheets[one.origin.file])
    for name, sheet in sheets.items():
        if sheet.edits or name.removesuffix(".json") in one.forms:
            version = sheet.mark(("x-version",), "text")
            sheet.say(version, _raised(version.value if version else ""))


@dataclass(frozen=True)
class _Visit:
    """A form's schema read with the places of its answers at hand: each name in it, and what it becomes."""

    field: Field
    schemas: Schemas
    form: str

    def schema(self, origin: Origin, above: Steps) -> Iterator[tuple[Origin, str, str]]:
        for raw in self.schemas.chain(origin):
            for word, told in self.schemas.at(raw).items():
                if self.schemas.keyword(origin, word) == raw.of(word):  # what stands beside a reference wins over it
                    yield from self.word(raw.of(word), word, told, above)

    def word(self, at: Origin, word: str, told: Any, above: Steps) -> Iterator[tuple[Origin, str, str]]:
        if word == "properties":
            for name, inner in told.items():
                yield at.of(name), "key", self.now(name, (*above, name))
                if isinstance(inner, Mapping):
                    yield from self.schema(at.of(name), (*above, name))
        elif word == "required":
            yield from ((at.of(row), "text", self.now(name, (*above, name))) for row, name in enumerate(told))
        elif word == "items":
            yield from self.schema(at, (*above, "*"))
        elif word in INSIDE:
            yield from self.schema(at, above)
        elif word in BRANCHES:
            for row in range(len(told)):
                yield from self.schema(at.of(row), above)
        elif word == "x-protected-by":
            yield at, "text", self.field.pointer(self.form, told)
        elif word == "x-computed":
            if "of" in told:
                yield at.of("of"), "text", self.source(told, str(told["of"]), above)
            for row, part in enumerate(told.get("parts", ())):
                yield at.of("parts").of(row), "text", self.source(told, part, above)
            for row, place in enumerate(told.get("among", ())):
                yield at.of("among").of(row), "text", _placed(self.field, place)

    def now(self, name: str, steps: Steps) -> str:
        return self.field.new if self.field.is_at(self.form, steps) else name

    def source(self, told: Mapping[str, Any], of: str, above: Steps) -> str:
        """A pointer of a computed value: from the root of a form, or from the group it stands in."""
        if of.startswith("/"):
            return self.field.pointer(str(told.get("from", self.form)), of)
        return self.field.pointer(self.form, f"/{of}", above[:-1]).removeprefix("/")


def _reference(one: Field, schemas: Schemas, reference: Origin) -> str:
    """A `$ref`, under the new name if it leads through the definition of the field."""
    told = str(schemas.at(reference))
    file, mark, _ = told.partition("#")
    steps = list(schemas.referred(told, reference.file).steps)
    depth = len(one.origin.steps)
    if (file or reference.file) == one.origin.file and tuple(steps[:depth]) == one.origin.steps:
        steps[depth - 1] = one.new
    return f"{file}{mark}/{'/'.join(map(str, steps))}"


def _refuse_uneven(one: Field, schemas: Schemas) -> None:
    """A later assessment finds the earlier score of a group by the names on the way to it: they stay the same in both."""
    for form in schemas.forms:
        computed = {
            path: schemas.at(origin) for path, at in schemas.fields(form) if (origin := schemas.keyword(at, "x-computed"))
        }
        tops = {path: str(told["from"]) for path, told in computed.items() if "from" in told and "fn" not in told}
        groups = {path.rpartition("/")[0] for path, told in computed.items() if told.get("fn") in COMPARED}
        for top, earlier in tops.items():
            for group in sorted(group for group in groups if group.startswith(f"{top}/")):
                now = one.pointer(form, group).removeprefix(one.pointer(form, top))
                if now != one.pointer(earlier, group.removeprefix(top)):
                    raise KitError(
                        f"«{form}» confronta «{group}» con lo stesso gruppo di «{earlier}»: i nomi devono restare uguali. "
                        "Portare i due gruppi in una definizione comune, e rinominare lì."
                    )


def _declare(one: Field, sheet: Sheet) -> None:
    steps: Steps = (*one.origin.steps, "x-formerly")
    before, group = sheet.mark(steps, "list"), sheet.mark(one.origin.steps, "group")
    rows = [mark.value for mark in sheet.marks if mark.kind == "text" and mark.steps[:-1] == steps]
    names = [*(name for name in rows if name != one.new), one.old]
    if before:
        written = jsontext.canonical(names).replace('","', '", "')
        sheet.note(Edit(before.start, before.end, written), before)
    elif group:
        sheet.note(added(sheet.text, group, {"x-formerly": names}), group, "/x-formerly")


def _raised(version: str) -> str:
    """The next minor version: 1.0.3 is followed by 1.1.0."""
    match = re.fullmatch(r"([0-9]+)\.([0-9]+)(\.[0-9]+)?", version)
    return f"{match[1]}.{int(match[2]) + 1}{'.0' if match[3] else ''}" if match else version


# ── what speaks of the schemas ───────────────────────────────────────────────────────────────────────────────────────


def in_layout(one: Field, sheet: Sheet) -> None:
    """Rename the field in a form's layout: every text and every key that is a pointer leads into the form's own answers."""
    form = sheet.text_at("form")
    for mark in sheet.marks:
        if mark.kind in ("text", "key") and POINTER.fullmatch(mark.value):
            sheet.say(mark, one.pointer(form, mark.value))


def in_description(one: Field, sheet: Sheet) -> None:
    """Rename the field in the description of a template: places, and what stands in rows: of a sheet, of a chart."""
    for mark in sheet.marks:
        if mark.kind == "text":
            sheet.say(mark, _placed(one, mark.value))
    for mark in sheet.marks:
        if mark.kind == "text" and mark.steps[:1] == ("regions",) and "columns" in mark.steps:
            form, _, rows = sheet.text_at(*mark.steps[:2], "each").partition("#")
            above: Steps = (*rows.strip("/").split("/"), "*") if rows else ()
            sheet.say(mark, one.pointer(form, mark.value, above) if POINTER.fullmatch(mark.value) else mark.value)
        elif mark.kind == "text" and mark.steps[:1] == ("charts",) and mark.steps[-1] in ("value", "label"):
            form, _, rows = sheet.text_at(*mark.steps[:2], "rows", 0).partition("#")
            sheet.say(mark, one.pointer(form, mark.value, tuple(rows.strip("/").split("/"))))


def in_fields(one: Field, sheet: Sheet, names: Iterable[str]) -> None:
    """Say in a description what the fields of a PDF print that bear the old name themselves: the PDF stays as it is."""
    told = sheet.mark(("fields",), "group")
    known = {mark.value for mark in sheet.marks if mark.kind == "key" and mark.steps[:-1] == ("fields",)}
    mapped = {name: _placed(one, name) for name in names if name not in known and _placed(one, name) != name}
    root = sheet.mark((), "group")
    if mapped and told:
        sheet.note(added(sheet.text, told, mapped), told)
    elif mapped and root:
        sheet.note(added(sheet.text, root, {"fields": mapped}), root)


def _placed(one: Field, told: str) -> str:
    match = PLACE.fullmatch(told)
    return f"{match[1]}#{one.pointer(match[1], match[2])}" if match else told


def in_rules(one: Field, sheet: Sheet, schemas: Schemas, forms_of: Mapping[str, Sequence[str]]) -> None:
    """Rename the field in a rule pack. A pointer that names no form is one of the form whose name stands above it, else of
    the forms whose documents the rule judges (`forms_of`). Raises KitError where it stands for two fields."""
    fields = {form: {path for path, _ in schemas.fields(form)} for form in schemas.forms}
    for mark in sheet.marks:
        if mark.kind not in ("key", "text") or not (POINTER.fullmatch(mark.value) or PLACE.fullmatch(mark.value)):
            continue
        if mark.steps[0] == "rules" and POINTER.fullmatch(mark.value):
            rule = sheet.text_at("rules", mark.steps[1], "id")
            named = [step for step in mark.steps[2:] if step in fields]
            about = [str(step) for step in named[-1:]] or forms_of.get(rule, ())
            told = [form for form in about if ROW_ANY.sub("/*", mark.value) in fields[form]]
            names = {one.pointer(form, mark.value) for form in told}
            if len(names) > 1:
                raise KitError(f"{sheet.path.name}: la regola «{rule}» legge «{mark.value}» di più moduli ({', '.join(told)}).")
            sheet.say(mark, next(iter(names), mark.value))
        else:
            sheet.say(mark, _placed(one, mark.value))


ROW_ANY = re.compile(r"/(?:[0-9]+|-)(?=/|$)")


# ── answers told in files ────────────────────────────────────────────────────────────────────────────────────────────


def in_answers(one: Field, sheet: Sheet, form: str, top: Steps = (), above: Steps = ()) -> None:
    """Rename the field in the answers to a form that stand at `top` in a file; `above` leads to them from the form's root."""
    for mark in sheet.marks:
        inner = mark.steps[len(top) :]
        if mark.kind == "key" and inner and mark.steps[: len(top)] == top and one.is_at(form, (*above, *inner)):
            sheet.say(mark, one.new)
        elif mark.kind == "text" and mark.steps[: len(top)] == top and mark.steps[-1:] == WAIVER[1:]:
            about = sheet.text_at(*mark.steps[:-1], WAIVER[0])  # a waiver names a place of another form
            sheet.say(mark, one.pointer(about, mark.value) if about else mark.value)


def in_case(one: Field, sheet: Sheet, form: str) -> None:
    """Rename the field in a test case of a document about a form: in its answers, its changes, what it expects."""
    for group in _answers(sheet):
        in_answers(one, sheet, str(group[-1]), group)
        for mark in sheet.marks:
            if mark.kind == "list" and mark.steps == group:
                rows = {other.steps[len(group)] for other in sheet.marks if other.steps[: len(group)] == group != other.steps}
                for row in rows:
                    in_answers(one, sheet, str(group[-1]), (*group, row))
    for mark in sheet.marks:
        if mark.kind == "text" and mark.steps[:1] == ("change",) and mark.steps[2:] == ("path",):
            _in_change(one, sheet, mark)
        elif mark.kind == "text" and mark.steps[:1] == ("expect",) and mark.steps[2:] == ("path",):
            told = sheet.text_at(*mark.steps[:2], "form") or form
            sheet.say(mark, one.pointer(told, mark.value))


def _answers(sheet: Sheet) -> Iterable[Steps]:
    """Where the answers to each form stand, one record or a list of them."""
    for mark in sheet.marks:
        if mark.kind == "key" and (
            (len(mark.steps) == 2 and mark.steps[0] in ("records", "shared"))
            or (len(mark.steps) == 3 and mark.steps[0] == "others")
        ):
            yield mark.steps


def _in_change(one: Field, sheet: Sheet, mark: Mark) -> None:
    """`/pai/0/obiettivi/1/scadenza` and what is put there; no form has a field that is a number."""
    form, *steps = mark.value.split("/")[1:] or [""]
    record = steps[:1] if steps and ROW.fullmatch(steps[0]) else []
    inner = steps[len(record) :]
    now = one.pointer(form, "".join(f"/{step}" for step in inner))
    sheet.say(mark, "".join(f"/{step}" for step in (form, *record)) + now)
    value: Steps = (*mark.steps[:2], "value")
    rows = range(sum(1 for other in sheet.marks if other.steps[:-1] == value and isinstance(other.steps[-1], int)))
    if inner or record:
        in_answers(one, sheet, form, value, tuple(inner))
    else:
        in_answers(one, sheet, form, value)
        for row in rows:
            in_answers(one, sheet, form, (*value, row))


def in_pointed(one: Field, sheet: Sheet) -> None:
    """Rename the field wherever a file names a form and, beside it, a path in it."""
    for mark in sheet.marks:
        if mark.kind == "text" and mark.steps[-1:] == ("path",):
            form = sheet.text_at(*mark.steps[:-1], "form")
            sheet.say(mark, one.pointer(form, mark.value) if form else mark.value)
