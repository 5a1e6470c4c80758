"""What one place of a form is to be, for a template to print this or that: left out, stated, repeated, very long.

Wishes about the same place are joined, or found to contradict each other. Those of the rows of a list bear labels: each speaks
of some row, so that two need not be met by the same one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import Any

from pitstop_docs.findings import pointer_tokens

Schema = Mapping[str, Any]
Key = tuple[str, ...]
"""A place of a form: `("pai", "azioni", "*", "ente")` of every row, `("pai", "azioni", "*3", "ente")` of some row, labelled 3."""


def key_of(form: str, pointer: str) -> Key:
    """The key of a JSON Pointer of a form."""
    return (form, *pointer_tokens(pointer))


class Mode(Enum):
    """What a place can be: left out, not to be seen by the reader; no or zero, anything else; a list by its rows."""

    MISSING = "missing"
    HIDDEN = "hidden"
    FALSE = "false"
    TRUE = "true"
    ZERO = "zero"
    ONE = "one"
    MANY = "many"


ROWS = frozenset({Mode.ZERO, Mode.ONE, Mode.MANY})
STATED = frozenset({Mode.FALSE, Mode.TRUE, *ROWS})


@dataclass(frozen=True)
class Wish:
    """What a place is to be: one of some modes, a value or none of some values, very long or very short.

    `equal` holds one value, or none.
    """

    schema: Schema = field(compare=False, repr=False)
    modes: frozenset[Mode]
    equal: tuple[object, ...] = ()
    unlike: frozenset[object] = frozenset()
    long: bool | None = None

    def joined(self, other: Wish) -> Wish | None:
        """Both wishes in one, None if no answer can be both."""
        if self == other:
            return self
        if len({*self.equal, *other.equal}) > 1 or (self.long, other.long) in ((True, False), (False, True)):
            return None
        long = other.long if self.long is None else self.long
        unlike = self.unlike | other.unlike
        return settled(Wish(self.schema, self.modes & other.modes, self.equal or other.equal, unlike, long))


Wishes = Mapping[Key, Wish]


def modes_of(schema: Schema) -> frozenset[Mode]:
    """What an answer of this schema can be, to a reader who sees it."""
    match schema.get("type"):
        case "object":
            return frozenset({Mode.MISSING, Mode.TRUE})
        case "array":
            return frozenset({Mode.MISSING, *ROWS} - ({Mode.MANY} if schema.get("maxItems", 2) < 2 else set()))
    choices = finite(schema)
    if choices is not None:
        return frozenset({Mode.MISSING, *(Mode.TRUE if choice else Mode.FALSE for choice in choices)})
    number = schema.get("type") in ("integer", "number")
    zero = number and schema.get("minimum", 0) <= 0 <= schema.get("maximum", 0)
    zero = zero or schema.get("format") == "euro"
    return frozenset({Mode.MISSING, Mode.TRUE, *([Mode.FALSE] if zero else [])})


def finite(schema: Schema) -> list[object] | None:
    """The values of a place that has few, None if it takes any."""
    if schema.get("type") == "boolean" and "const" not in schema:
        return [True, False]
    found = [schema["const"]] if "const" in schema else schema.get("enum")
    return None if found is None else [one for one in found if holds({"not": schema["not"]} if "not" in schema else {}, one)]


def settled(wish: Wish) -> Wish | None:
    """The wish with only the modes that its values leave, None if none is left."""
    modes = wish.modes
    if wish.equal:
        if wish.equal[0] in wish.unlike:
            return None
        modes &= {Mode.TRUE if wish.equal[0] else Mode.FALSE, Mode.HIDDEN}
    choices = finite(wish.schema)
    if choices is not None:
        left = [one for one in choices if one not in wish.unlike and (not wish.equal or one == wish.equal[0])]
        modes &= {Mode.MISSING, Mode.HIDDEN, *(Mode.TRUE if one else Mode.FALSE for one in left)}
    return Wish(wish.schema, modes, wish.equal, wish.unlike, wish.long) if modes else None


def joined(wishes: Wishes, more: Wishes) -> dict[Key, Wish] | None:
    """What `more` changes in the wishes to hold with them, None if it cannot."""
    changes = {}
    for key, wish in more.items():
        both = wishes[key].joined(wish) if key in wishes else wish
        if both is None:
            return None
        changes[key] = both
    return changes


@dataclass
class Hopes:
    """Wishes as they are drawn by: those of a place, and of what stands in it by name; of a list, by the label of its rows."""

    own: Wish | None = None
    below: dict[str, Hopes] = field(default_factory=dict)

    @classmethod
    def of(cls, wishes: Wishes) -> Hopes:
        """The wishes as a tree."""
        top = cls()
        for key, wish in wishes.items():
            place = top
            for step in key:
                place = place.below.setdefault(step, cls())
            place.own = wish
        return top

    def under(self, step: str) -> Hopes:
        """What is wished of a field."""
        return self.below.get(step) or Hopes()

    def blended(self, other: Hopes) -> Hopes | None:
        """Both in one, None if no answers can be both."""
        own = self.own.joined(other.own) if self.own and other.own else self.own or other.own
        if self.own and other.own and own is None:
            return None
        below = dict(self.below)
        for step, hopes in other.below.items():
            both = below[step].blended(hopes) if step in below else hopes
            if both is None:
                return None
            below[step] = both
        return Hopes(own, below)

    def rows(self) -> list[Hopes]:
        """What is wished of the rows of a list: as few as the labels need, for each asks for some row; `*` is for every row."""
        every = self.below.get("*") or Hopes()
        found: list[Hopes] = []
        for step, hopes in self.below.items():
            if step != "*":
                blends = ((n, one.blended(hopes)) for n, one in enumerate(found))
                n, both = next((pair for pair in blends if pair[1] is not None), (len(found), every.blended(hopes)))
                found[n : n + 1] = [both or every]
        return found or [every]


# ── what a value may be ──────────────────────────────────────────────────────────────────────────────────────────────


def holds(schema: Any, value: Any) -> bool:
    """True if a value is what a condition asks; formats and patterns are not looked at."""
    if isinstance(schema, bool):
        return schema
    checks: Iterator[bool] = (CHECKS[word](asked, value) for word, asked in schema.items() if word in CHECKS)
    return all(checks)


def _within(asked: Mapping[str, Any], value: Any) -> bool:
    return not isinstance(value, Mapping) or all(holds(asked[name], value[name]) for name in asked if name in value)


PYTHON: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, Decimal),
    "array": list,
    "object": Mapping,
}
CHECKS: Mapping[str, Callable[[Any, Any], bool]] = {
    "const": lambda asked, value: bool(value == asked),
    "enum": lambda asked, value: value in asked,
    "not": lambda asked, value: not holds(asked, value),
    "type": lambda asked, value: isinstance(value, PYTHON[asked]) and (asked == "boolean") == isinstance(value, bool),
    "properties": _within,
    "required": lambda asked, value: not isinstance(value, Mapping) or all(name in value for name in asked),
    "items": lambda asked, value: not isinstance(value, list) or all(holds(asked, one) for one in value),
    "minItems": lambda asked, value: not isinstance(value, list) or len(value) >= asked,
    "maxItems": lambda asked, value: not isinstance(value, list) or len(value) <= asked,
    "minLength": lambda asked, value: not isinstance(value, str) or len(value) >= asked,
    "maxLength": lambda asked, value: not isinstance(value, str) or len(value) <= asked,
    "minimum": lambda asked, value: not isinstance(value, int | Decimal) or value >= asked,
    "maximum": lambda asked, value: not isinstance(value, int | Decimal) or value <= asked,
}
