"""A form as a page asks it: its sections, and in each what is asked, in what words, and when.

The schema says what an answer is; here it becomes a question. Repeated groups are asked in free rows, plain groups under a
title of their own, however deep they stand in one another. A list of plain values is a repeated group whose one question
ends in `/*`; a list out of few options is one question with boxes to tick. Nobody is asked for what is computed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pitstop_docs import formats
from pitstop_docs.answers import schema_at
from pitstop_docs.forms import Form

KINDS = ("text", "long", "date", "amount", "number", "yes_no", "choice", "choices", "code", "computed")
YES_NO = (("si", "sì"), ("no", "no"))
NONE = ("nessuno", "nessuno")
"""Code and label of the box that says of a repeated group that it has no rows: an empty list is an answer, blank rows are not."""
ROWS = 3
"""How many free rows a repeated group has where neither the layout nor the schema says."""
BOXES = 24
"""How many options are still ticked one by one; a longer list is asked line by line."""
CODES: Mapping[str, int] = {"codice_fiscale": 16, "partita_iva": 11, "iban": 34, "cup": 15, "cig": 10, "cap": 5, "provincia": 2}
"""How many characters the codes have that are written one to a box. An IBAN of another country may have 34."""
LONGEST: Mapping[str, int] = {"date": 10, "data_parziale": 40, "ora": 5, "euro": 14}
"""How many characters suffice in these formats: 31/12/2026, «settembre 1990 (giorno non noto)», 23:59, 999.999.999,99."""


@dataclass(frozen=True)
class Question:
    """One answer that is asked, or shown where it is computed.

    `path` is a pattern: `/obiettivi/*/scadenza`. `kind` is one of `KINDS`. `hint` is how the answer is written
    («gg/mm/aaaa»). `required` says that its group has to have it; `condition` when it has to be there or may be («solo se
    «Esito» è attivata»). `limit` is the most characters, None for any; `unit` what a number counts.
    """

    path: str
    label: str
    kind: str
    help: str = ""
    hint: str = ""
    options: tuple[tuple[str, str], ...] = ()
    required: bool = False
    condition: str = ""
    limit: int | None = None
    format: str = ""
    unit: str = ""
    privacy: str = ""


@dataclass(frozen=True)
class Group:
    """Questions that belong together. `rows` is None, or how many free rows a repeated group is given.

    `most` is how many rows there may be at all, `least` how many there have to be; `row_title` is what one is called. `after`
    is how many rows come before those of the page, on other pages. Where `brief` is true the help of the questions is said
    once for all rows.
    """

    path: str
    title: str
    parts: tuple[Question | Group, ...]
    help: str = ""
    required: bool = False
    condition: str = ""
    rows: int | None = None
    least: int = 0
    most: int | None = None
    row_title: str = ""
    after: int = 0
    brief: bool = False

    @property
    def may_be_none(self) -> bool:
        """True where it has to be said that there are no rows."""
        return self.rows is not None and self.required and not self.least

    @property
    def plain(self) -> Question | None:
        """The only question of a list of plain values, None for any other group."""
        only = self.parts[0]
        return only if isinstance(only, Question) and only.path == f"{self.path}/*" else None


@dataclass(frozen=True)
class Section:
    """A part of the form, and who fills it (codes of roles)."""

    title: str
    who: tuple[str, ...]
    help: str
    parts: tuple[Question | Group, ...]


def asked(form: Form) -> tuple[Section, ...]:
    """The sections of a form, each with its questions in the order in which a person fills them."""
    asker = _Asker(form, _conditions(form.schema))
    return tuple(
        Section(
            part.title, part.who, part.help, tuple(asker.part(form.schema, field.removeprefix("/"), "") for field in part.fields)
        )
        for part in form.sections
    )


def every_question(parts: tuple[Section | Question | Group, ...]) -> Iterator[Question]:
    """Each question of these parts, in order, at any depth."""
    for part in parts:
        if isinstance(part, Question):
            yield part
        else:
            yield from every_question(part.parts)


@dataclass(frozen=True)
class _Asker:
    form: Form
    conditions: Mapping[str, str]

    def part(self, schema: Mapping[str, Any], name: str, above: str) -> Question | Group:
        inner = schema["properties"][name]
        path = f"{above}/{name}"
        needed = name in schema.get("required", ())
        condition = self.conditions.get(path, "")
        if inner["type"] == "object":
            return self.group(inner, path, inner, required=needed, condition=condition)
        if inner["type"] == "array" and not self.is_ticked(inner["items"]):
            return self.repeated(inner, path, required=needed, condition=condition)
        return self.question(inner, path, required=needed, condition=condition)

    def repeated(self, schema: Mapping[str, Any], path: str, *, required: bool, condition: str) -> Group:
        row, least, most = schema["items"], schema.get("minItems", 0), schema.get("maxItems")
        free = max(dict(self.form.rows).get(path, ROWS), least)
        told: dict[str, Any] = {
            "required": required,
            "condition": condition,
            "rows": free if most is None else min(free, most),
            "least": least,
            "most": most,
            "row_title": row.get("title", schema["title"]),
        }
        if row.get("type") == "object":
            return self.group(row, f"{path}/*", schema, **told)
        only = self.question({"title": schema["title"], **row, "x-privacy": schema["x-privacy"]}, f"{path}/*", required=False)
        return Group(path, schema["title"], (only,), schema.get("description", ""), **{**told, "row_title": schema["title"]})

    def group(self, schema: Mapping[str, Any], path: str, told: Mapping[str, Any], **more: Any) -> Group:
        parts = tuple(self.part(schema, name, path) for name in schema["properties"])
        return Group(path.removesuffix("/*"), told["title"], parts, told.get("description", ""), **more)

    def is_ticked(self, row: Mapping[str, Any]) -> bool:
        """True for a list that is one question: its values are known, and few."""
        return 0 < len(self.options(row)) <= BOXES

    def options(self, schema: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
        if "enum" in schema:
            labels = schema.get("x-labels", {})
            return tuple((str(code), str(labels.get(str(code), code))) for code in schema["enum"])
        if schema.get("format") == "paese":
            return tuple(sorted(self.form.countries.items(), key=lambda pair: (pair[1].casefold(), pair[0])))
        return YES_NO if schema["type"] == "boolean" else ()

    def question(self, schema: Mapping[str, Any], path: str, *, required: bool, condition: str = "") -> Question:
        row = schema.get("items", schema)
        written = row.get("format", "")
        computed = schema.get("readOnly", False)
        kind = "computed" if computed else _kind(schema, self.options(row))
        return Question(
            path,
            schema["title"],
            kind,
            help=schema.get("description", ""),
            hint=formats.FORMATS[written].hint if written and kind not in ("choice", "choices", "computed") else "",
            options=self.options(row),
            required=required and not computed,
            condition="" if computed else condition,
            limit=CODES.get(written) or LONGEST.get(written) or row.get("maxLength"),
            format=written,
            unit=schema.get("x-unit", ""),
            privacy=schema.get("x-privacy", ""),
        )


def _kind(schema: Mapping[str, Any], options: tuple[tuple[str, str], ...]) -> str:
    written = schema.get("format", "")
    if schema["type"] == "array":
        return "choices"
    if schema["type"] == "boolean":
        return "yes_no"
    if options:
        return "choice"
    if written in CODES:
        return "code"
    if schema["type"] in ("integer", "number"):
        return "number"
    if written in ("date", "data_parziale"):
        return "date"
    if written == "euro":
        return "amount"
    return "long" if schema.get("x-long") else "text"


# When is it asked


@dataclass(frozen=True)
class _Case:
    """A condition on one other answer: the values with which it holds, of all that it may have (none known: any text)."""

    label: str
    values: frozenset[str]
    known: tuple[tuple[str, str], ...]
    negated: bool

    def words(self) -> str:
        if not self.known or len(self.values) == len(self.known):
            return f"«{self.label}» {'non ' if self.negated else ''}è compilato"
        many = self.negated or len(self.values) > max(3, len(self.known) / 2)
        named = [label for code, label in self.known if (code in self.values) != many]
        if any("," in label or " o " in label for label in named):
            named = [f"«{label}»" for label in named]
        listed = " o ".join(filter(None, (", ".join(named[:-1]), named[-1])))
        return f"«{self.label}» {'non ' if many else ''}è {listed}"


@dataclass(frozen=True)
class _Effect:
    """What a condition does to a place: asks for it, or forbids it."""

    path: str
    needed: bool
    cases: tuple[_Case, ...]


def _conditions(schema: Mapping[str, Any]) -> dict[str, str]:
    """When each place is asked, in words, by path pattern; places that are always asked are not there."""
    effects = list(_every_effect(schema, schema, ""))
    return {path: _words([one for one in effects if one.path == path]) for path in dict.fromkeys(one.path for one in effects)}


def _every_effect(root: Mapping[str, Any], schema: Mapping[str, Any], path: str) -> Iterator[_Effect]:
    for rule in schema.get("allOf", ()):
        if "if" in rule:
            for negated, branch in ((False, "then"), (True, "else")):
                cases = tuple(_case(schema, name, test, negated) for name, test in rule["if"].get("properties", {}).items())
                yield from _effects(root, rule.get(branch, {}), path, cases)
    for branch in schema.get("oneOf", ()):
        tests = {name: inner for name, inner in branch.get("properties", {}).items() if "const" in (inner or ())}
        cases = tuple(_case(schema, name, test, False) for name, test in tests.items())
        needed = [name for name in branch.get("required", ()) if name not in tests]
        yield from _effects(root, {"required": needed}, path, cases)
    for name, inner in schema.get("properties", {}).items():
        yield from _every_effect(root, inner, f"{path}/{name}")
    if "items" in schema:
        yield from _every_effect(root, schema["items"], f"{path}/*")


def _effects(root: Mapping[str, Any], told: Mapping[str, Any], path: str, cases: tuple[_Case, ...]) -> Iterator[_Effect]:
    always = schema_at(root, path).get("required", ())
    yield from (_Effect(f"{path}/{name}", True, cases) for name in told.get("required", ()) if name not in always)
    for name, inner in told.get("properties", {}).items():
        if inner is False or inner.get("maxItems") == 0:
            yield _Effect(f"{path}/{name}", False, cases)
        else:
            yield from _effects(root, inner, f"{path}/{name}", cases)


def _case(schema: Mapping[str, Any], name: str, test: Mapping[str, Any], negated: bool) -> _Case:
    asked_of = schema["properties"][name]
    known: tuple[tuple[str, str], ...] = ()
    if asked_of["type"] == "boolean":
        known = (("True", "sì"), ("False", "no"))
    elif "enum" in asked_of:
        known = tuple((str(code), str(asked_of.get("x-labels", {}).get(str(code), code))) for code in asked_of["enum"])
    if "not" in test:
        test, negated = test["not"], not negated
    stated = test.get("enum", [test["const"]] if "const" in test else [])
    if stated and not known:
        known = tuple((str(one), formats.show(one)) for one in stated)
    chosen = {str(one) for one in stated} if stated else {code for code, _ in known}
    values = {code for code, _ in known} - chosen if negated else chosen
    return _Case(asked_of["title"], frozenset(values), known, negated)


def _words(effects: list[_Effect]) -> str:
    """«solo se» only where the other answers forbid it: elsewhere a person may well have something to write."""
    needed = _joined([one.cases for one in effects if one.needed])
    barred = _joined([one.cases for one in effects if not one.needed])
    if needed and barred and _cover(needed, barred):
        return f"solo se {_told(needed)}"
    told = (f"obbligatorio se {_told(needed)}" if needed else "", f"da non compilare se {_told(barred)}" if barred else "")
    return "; ".join(filter(None, told))


def _joined(cases: list[tuple[_Case, ...]]) -> list[tuple[_Case, ...]]:
    """The conditions, those on the same single answer made one."""
    joined: dict[str, list[tuple[_Case, ...]]] = {}
    for one in cases:
        joined.setdefault(one[0].label if len(one) == 1 and one[0].known else f"|{len(joined)}", []).append(one)
    return [
        same[0]
        if len(same) == 1
        else (_Case(same[0][0].label, frozenset().union(*(one[0].values for one in same)), same[0][0].known, False),)
        for same in joined.values()
    ]


def _cover(needed: list[tuple[_Case, ...]], barred: list[tuple[_Case, ...]]) -> bool:
    """True if with each value of one and the same answer it is either asked for or forbidden."""
    both = [*needed, *barred]
    if len(needed) != 1 or len(barred) != 1 or any(len(one) != 1 for one in both) or needed[0][0].known != barred[0][0].known:
        return False
    known = {code for code, _ in needed[0][0].known}
    return needed[0][0].label == barred[0][0].label and needed[0][0].values | barred[0][0].values == known


def _told(conditions: list[tuple[_Case, ...]]) -> str:
    return ", oppure ".join(" e ".join(case.words() for case in one) for one in conditions)
