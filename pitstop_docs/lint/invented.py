"""Invented answers, drawn from the schemas: what a template is tried with, as short, long, few or many as one wishes.

A `Wish` says what one place is to be; all else is drawn at random, right for its form where the wishes allow it. The same
`Random` gives the same answers. Nobody is described: codes have their check characters, and belong to no one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

from pitstop_docs.dialect import ATOM, REPEATED
from pitstop_docs.formats import check_digit, check_letter, iban_digits
from pitstop_docs.lint.wishes import Hopes, Mode, Schema, Wish, finite, holds, modes_of

CASE = "PRV-001"
"""The invented case that every row names."""
LONGEST = 2000
"""Characters of a very long text where the schema sets no limit."""
BRIEF = 3
"""Characters of a very short text."""


# ── conditions ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _told(schema: Schema, data: Mapping[str, Any]) -> Iterator[tuple[Schema, Schema]]:
    """What holds of a group besides its own words: each with the condition that brings it, empty if none does."""
    for rule in (*schema.get("allOf", ()), *([schema] if "if" in schema else ())):
        if "if" not in rule:
            yield {}, rule
        elif holds(rule["if"], data):
            yield rule["if"], rule.get("then", {})
        elif "else" in rule:
            yield {}, rule["else"]
    if "oneOf" in schema:
        yield {}, max(schema["oneOf"], key=lambda branch: sum(data.get(name) == one for name, one in _constants(branch)))


def _constants(branch: Schema) -> list[tuple[str, object]]:
    return [(name, inner["const"]) for name, inner in branch.get("properties", {}).items() if inner and "const" in inner]


def narrowed(schema: Schema, told: Schema) -> Schema:
    """A schema with what a condition adds to it."""
    both = {**schema, **told}
    if "properties" in schema and "properties" in told:
        more = told["properties"]
        known = schema["properties"]
        both["properties"] = {
            name: (narrowed(inner, more[name]) if more[name] else False) if name in more else inner
            for name, inner in known.items()
        }
    if "required" in schema and "required" in told:
        both["required"] = [*schema["required"], *told["required"]]
    if "items" in schema and "items" in told:
        both["items"] = narrowed(schema["items"], told["items"])
    return both


# ── drawing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Taste:
    """How what nobody wished for is drawn: texts very long or short (None for either), rows, how often what is optional."""

    long: bool | None = None
    rows: Mode | None = None
    optional: float = 0.6


ABSENT = object()


@dataclass(frozen=True)
class Sampler:
    """Draws the answers to forms. `countries` are the codes of the kit's table."""

    random: Random
    hopes: Hopes
    taste: Taste
    countries: Sequence[str]

    def records(self, schema: Schema, root: str, *, needed: bool) -> list[dict[str, Any]]:
        """The answers to a form, one for each of its records, none if it is not filled; of a schema that is no list, one
        record. `root` is the name under which they are wished for."""
        value = self.value({"type": "object", **schema}, self.hopes.under(root), required=needed, whole=True)
        return [] if value is ABSENT else value if isinstance(value, list) else [value]

    def value(self, schema: Schema, hopes: Hopes, *, required: bool, whole: bool = False) -> Any:
        """An answer, or ABSENT; `whole` if it may be a group without any."""
        rows = hopes.rows() if schema.get("type") == "array" else []
        mode = self.mode(schema, hopes.own, len(rows), required=required)
        if mode is Mode.MISSING:
            return ABSENT
        if schema.get("type") == "object":
            return self.group(schema, hopes, whole=whole)
        return self.rows(schema, rows, mode) if rows else self.leaf(schema, hopes.own)

    def mode(self, schema: Schema, wish: Wish | None, rows: int, *, required: bool) -> Mode:
        """What the place becomes: as wished, else what the schema asks for, else to taste; a list that needs rows has them."""
        able = modes_of(schema) - {Mode.MISSING}
        stated = able & wish.modes if wish else able
        if wish and Mode.HIDDEN in wish.modes:
            stated = stated or able  # whatever it is, it will not be seen
        may_miss = wish is None or Mode.MISSING in wish.modes
        if may_miss and not (stated and (required or self.random.random() < self.taste.optional)):
            return Mode.MISSING
        if schema.get("type") != "array":
            return Mode.TRUE
        few = schema.get("minItems", 0)
        fit = [one for one in (Mode.ZERO, Mode.ONE, Mode.MANY) if one in stated and LEAST[one] >= few]
        fit = fit or [one for one in (Mode.MANY, Mode.ONE, Mode.ZERO) if one in stated]
        if not fit:
            return Mode.MISSING
        if rows > 1 and Mode.MANY in fit:
            return Mode.MANY
        return self.taste.rows if self.taste.rows in fit else self.random.choice(fit)

    def group(self, schema: Schema, hopes: Hopes, *, whole: bool) -> dict[str, Any]:
        """The answers of a group, then what its conditions make of them."""
        known = schema.get("properties", {})
        asked = [name for name, inner in known.items() if inner and not inner.get("readOnly")]
        data: dict[str, Any] = {}
        for name in asked:
            value = self.value(known[name], hopes.under(name), required=name in schema.get("required", ()))
            if value is not ABSENT:
                data[name] = value
        if not data and not whole:  # an empty group says nothing: its first answer that may be
            filled = ((name, self.value(known[name], hopes.under(name), required=True)) for name in asked)
            data = dict(next(([pair] for pair in filled if pair[1] is not ABSENT), []))
        for _ in range(6):  # what follows from a condition may meet the next one
            changed = [self.obeys(schema, hopes, data, condition, told) for condition, told in list(_told(schema, data))]
            if not any(changed):
                break
        return data

    def obeys(self, schema: Schema, hopes: Hopes, data: dict[str, Any], condition: Schema, told: Schema) -> bool:
        """Make one condition's consequence true, or the condition false where a wish stands against it; True if changed."""
        known = schema.get("properties", {})
        more = told.get("properties", {})
        changed = False
        for name in dict.fromkeys((*more, *told.get("required", ()))):
            inner, narrower = known.get(name), more.get(name, {})
            needed = name in told.get("required", ())
            if not inner or inner.get("readOnly") or (name in data and holds(narrower, data[name])):
                continue
            value: Any = ABSENT
            if narrower is not False and (name in data or needed):
                value = self.value(narrowed(inner, narrower), hopes.under(name), required=True)
            wish = hopes.under(name).own
            if narrower is False and name in data and (wish is None or Mode.MISSING in wish.modes):
                del data[name]
                changed = True
            elif value is not ABSENT and holds(narrower, value):
                data[name] = value
                changed = True
            elif name in data or needed:
                changed = self.dodges(schema, hopes, data, condition) or changed
        return changed

    def dodges(self, schema: Schema, hopes: Hopes, data: dict[str, Any], condition: Schema) -> bool:
        """Change an answer on which a condition depends, so that it does not hold; False if the wishes forbid it."""
        for name, asked in condition.get("properties", {}).items():
            wish = hopes.under(name).own
            choices = _fitting(finite(schema["properties"].get(name, {})) or [], wish)
            others = [one for one in choices if not holds(asked, one)]
            if others and name in data:
                data[name] = self.random.choice(others)
                return True
            if name in data and name not in schema.get("required", ()) and (wish is None or Mode.MISSING in wish.modes):
                del data[name]
                return True
        return False

    def rows(self, schema: Schema, wished: Sequence[Hopes], mode: Mode) -> list[Any]:
        """The rows of a list, as many as its mode says: the first as each is wished, then again from the first."""
        count = LEAST[mode]
        if mode is Mode.MANY:
            count = max(schema.get("minItems", 0), len(wished), self.random.randint(2, 4))
            count = min(count, schema.get("maxItems", count))
        found: list[Any] = []
        for _ in range(count * 8):  # rows that must not be alike may take more than one try
            if len(found) == count:
                break
            row = self.value(schema.get("items", {}), wished[len(found) % len(wished)], required=True, whole=True)
            if row is not ABSENT and not (schema.get("uniqueItems") and row in found):
                found.append(row)
        return found

    # ── single values ────────────────────────────────────────────────────────────────────────────────────────────

    def leaf(self, schema: Schema, wish: Wish | None) -> Any:
        """One value."""
        choices = finite(schema)
        if choices:
            return self.random.choice(_fitting(choices, wish) or choices)
        if wish and wish.equal:
            return _as_kept(schema, wish.equal[0])
        value: Any = None
        for _ in range(20):
            value = self.any(schema, wish)
            if holds(schema, value) and not (wish and value in wish.unlike):
                break
        return value

    def any(self, schema: Schema, wish: Wish | None) -> Any:
        """A value of a schema that takes any."""
        zero = wish is not None and Mode.FALSE in wish.modes and Mode.TRUE not in wish.modes
        positive = wish is not None and Mode.TRUE in wish.modes and Mode.FALSE not in wish.modes
        if schema.get("format") == "euro":
            cents = 0 if zero else self.random.randint(1, 10 ** self.random.randint(3, 9))
            return f"{cents // 100}.{cents % 100:02}"
        if schema.get("type") in ("integer", "number"):
            least = max(schema.get("minimum", 0), 1 if positive else schema.get("minimum", 0))
            most = max(least, schema.get("maximum", 10 ** self.random.randint(1, 5)))
            number = 0 if zero else self.random.randint(int(least), int(most))
            return number if schema["type"] == "integer" else Decimal(number) / (1 if number >= most else 4)
        if "format" in schema:
            return self.code(schema, wish)
        if "pattern" in schema:
            return "".join(self.matching(schema["pattern"]))
        long = wish.long if wish and wish.long is not None else self.taste.long
        return self.text(schema, self.random.choice([True, False, None]) if long is None else long)

    def code(self, schema: Schema, wish: Wish | None) -> str:
        """A code of a format, with the check characters that it has."""
        if schema["format"] == "paese":
            known = [one for one in self.countries if not (wish and one in wish.unlike)]
            return self.random.choice(known or self.countries)
        if schema["format"] == "codice_fiscale" and (
            schema.get("maxLength", 16) < 16 or (schema.get("minLength", 0) < 12 and self.random.random() < 0.3)
        ):
            return _eleven(self.random)
        return CODES[schema["format"]](self.random)

    def matching(self, pattern: str) -> Iterator[str]:
        """Characters of a pattern of the dialect: classes and single characters, each with its repetition."""
        for atom, repetition in re.findall(f"({ATOM}){REPEATED}", pattern[1:-1]):
            least, _, most = {"?": "0,1", "*": "0,9", "+": "1,9", "": "1"}.get(repetition, repetition.strip("{}")).partition(",")
            fits = [char for char in map(chr, range(33, 127)) if re.fullmatch(atom, char)]
            for _ in range(self.random.randint(int(least), int(most or least))):
                yield self.random.choice(fits)

    def text(self, schema: Schema, long: bool | None) -> str:
        """A text: very long, up to its limit; very short; or (None) some words."""
        limit = min(schema.get("maxLength", LONGEST), 4 * LONGEST)
        least = schema.get("minLength", 1)
        if long is False and least <= BRIEF:
            brief = [one for one in SHORT if least <= len(one) <= limit]
            return self.random.choice(brief) if brief else "x" * least
        size = limit if long else min(limit, max(least, self.random.randint(5, 60)))
        pieces: list[str] = [self.random.choice(WORDS)]
        if long and size > 60:
            pieces.append(self.random.choice(ENDLESS)[: size // 3])
        while len(" ".join(pieces)) < size:
            pieces.append(self.random.choice(WORDS))
            if schema.get("x-long") and long and self.random.random() < 0.03:
                pieces.append("\n" + self.random.choice(WORDS))
        text = " ".join(pieces)[:size]
        return text if text == text.strip() else text[:-1].rstrip().ljust(size, "x")


LEAST = {Mode.ZERO: 0, Mode.ONE: 1, Mode.MANY: 2}
SHORT = ("Ø", "à", "&", "<", "=1", "{{", "%}", "李", "ب", "Ж", "0", "-", "È", "“", "]]>", "no", "M")
PLAIN = "però perché già città qualità L’Aquila D’Angelo accompagnamento colloquio e di la per =1+1 n. 12; 100 %. «così»"
FOREIGN = "&amp; <w:p/> ]]> Ștefan Łukasz Đorđe Ürümçi Олена Ελένη محمد মোহাম্মদ 李娜 ትግርኛ"
BRACED = ("Rossi & Figli", "importo < 500", "a > b", "{{ nome }}", "{% if %}", "{# nota #}", '"tra virgolette"')
WORDS = (*PLAIN.split(), *FOREIGN.split(), *BRACED)
ENDLESS = ("Donaudampfschifffahrtsgesellschaft" * 8, "https://example.org/" + "percorso-senza-spazi/" * 12, "ÀÈÌÒÙ" * 60)
DIGITS, CAPITALS = "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
YEARS = (2024, 2026)
"""The years of an ordinary date: births are earlier, so that ages can be counted."""


def _some(random: Random, alphabet: str, size: int) -> str:
    return "".join(random.choices(alphabet, k=size))


def _day(random: Random, years: tuple[int, int] = YEARS) -> str:
    return f"{random.randint(*years)}-{random.randint(1, 12):02}-{random.randint(1, 28):02}"


def _eleven(random: Random) -> str:
    digits = f"{random.randint(1, 9)}{_some(random, DIGITS, 9)}"
    return digits + check_digit(digits)


def _sixteen(random: Random) -> str:
    letters = _some(random, "BCDFGLMNPRSTVZ", 6)
    day = random.randint(1, 28) + random.choice((0, 40))
    body = f"{letters}{random.randint(0, 99):02}{random.choice('ABCDEHLMPRST')}{day:02}{random.choice(('A662', 'Z330', 'F839'))}"
    return body + check_letter(body)


def _iban(random: Random) -> str:
    account = _some(random, DIGITS, 10) + _some(random, DIGITS + CAPITALS, 12)
    bban = check_letter(account) + account
    return f"IT{iban_digits('IT', bban)}{bban}"


CODES: Mapping[str, Callable[[Random], str]] = {
    "date": _day,
    "data_parziale": lambda random: _day(random, (1945, 2021))[: random.choice((4, 7, 10, 10))],
    "ora": lambda random: f"{random.randint(0, 23):02}:{random.randint(0, 59):02}",
    "codice_fiscale": _sixteen,
    "partita_iva": _eleven,
    "iban": _iban,
    "cup": lambda random: f"B{_some(random, DIGITS, 2)}H{_some(random, DIGITS, 11)}",
    "cig": lambda random: _some(random, DIGITS, 7) + _some(random, "0123456789ABCDEF", 3),
    "cap": lambda random: _some(random, DIGITS, 5),
    "email": lambda random: f"{_some(random, 'abcdefghij', random.randint(1, 30))}@example.org",
    "telefono": lambda random: f"+39{_some(random, DIGITS, random.randint(8, 11))}",
    "numero_permesso": lambda random: f"I{_some(random, DIGITS, 8)}",
    "lingua": lambda random: random.choice(("it", "ar", "bn", "tig")),
    "caso": lambda random: CASE,
    "provincia": lambda random: _some(random, CAPITALS, 2),
}


def _fitting(choices: Sequence[object], wish: Wish | None) -> list[Any]:
    """The values that a wish allows."""
    if wish is None:
        return list(choices)
    able = wish.modes & {Mode.TRUE, Mode.FALSE}
    fit = [one for one in choices if one not in wish.unlike and (not wish.equal or one == wish.equal[0])]
    return [one for one in fit if not able or (Mode.TRUE if one else Mode.FALSE) in able]


def _as_kept(schema: Schema, value: object) -> object:
    """A value as a record keeps it: an amount is a text."""
    if schema.get("format") == "euro" and isinstance(value, int | float):
        return f"{Decimal(str(value)):.2f}"
    return Decimal(str(value)) if isinstance(value, float) else value
