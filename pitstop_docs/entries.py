"""An entry of a ready-made form: which answers its field prints, whole, in part, joined, or as the state of a button."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any

from pitstop_docs.blanks import Blank, Node, Place, Withheld, text_of
from pitstop_docs.findings import pointer_tokens
from pitstop_docs.formats import PartialDate

PARTS: Mapping[str, tuple[str, ...]] = {
    "giorno": ("date", "data_parziale"),
    "mese": ("date", "data_parziale"),
    "anno": ("date", "data_parziale"),
    "ore": ("ora",),
    "minuti": ("ora",),
}
"""What of a date or of a time a field may print, and the formats that have it."""
KEYS = frozenset({"place", "places", "join", "part", "when", "states"})
MARKS = ("", "-", "—", "–", "off")
"""What a choice exports for «nothing chosen»."""
YES_AND_NO = {"sì": "true", "si": "true", "true": "true", "yes": "true", "1": "true", "on": "true", "vero": "true"} | {
    "no": "false",
    "false": "false",
    "0": "false",
    "falso": "false",
}


@dataclass(frozen=True)
class Entry:
    """What a field prints: the answers at these places (`form#/pointer`), joined; none if it is left to the pen.

    `part` is what it prints of a date or a time. `when` is the code for which a single box stands: it is ticked if the answer
    is that, or has it among others. `states` are the states of the field by the codes of ours that they stand for, where the
    field has not the same codes or labels.
    """

    places: tuple[str, ...] = ()
    join: str = " "
    part: str = ""
    when: str = ""
    states: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What the places of an entry say: the typed values that are there, and where they stand in the answers; the places that
    nobody stated, or that the reader may not see."""

    values: tuple[object, ...] = ()
    stated: tuple[Place, ...] = ()
    blanks: tuple[Place, ...] = ()
    withheld: tuple[Place, ...] = ()


def load_entry(told: Any) -> Entry:
    """The entry that a description tells: a place, a group that says more, or null for a field that is left to the pen.

    Raises KeyError, TypeError, ValueError.
    """
    if told is None:
        return Entry()
    if isinstance(told, str):
        return Entry((told,))
    if not isinstance(told, Mapping) or told.keys() - KEYS or ("place" in told) == ("places" in told):
        raise ValueError("un campo è un posto, o un gruppo con «place» o «places», e poi join, part, states, when")
    places = told["places"] if "places" in told else [told["place"]]
    states = dict(told.get("states", {}))
    told_as = (*places, told.get("join", " "), told.get("part", ""), told.get("when", ""), *states.values())
    if isinstance(places, str) or not all(isinstance(one, str) for one in told_as) or told.get("part", "") not in ("", *PARTS):
        raise ValueError(f"posti, codici e stati sono testi, e «part» uno tra {', '.join(PARTS)}")
    return Entry(tuple(places), told.get("join", " "), told.get("part", ""), told.get("when", ""), states)


def answer(entry: Entry, context: Mapping[str, object]) -> Answer:
    """What the entry's places say in a context. Raises KitError if a form has not such a field.

    A row after the last of a list that was stated is not missing. Where some of several places are stated, the others are not
    missing either: the field is not left to the pen.
    """
    values: list[object] = []
    stated: list[Place] = []
    blanks: list[Place] = []
    withheld: list[Place] = []
    for place in entry.places:
        form, _, pointer = place.partition("#")
        found, where = _reached(context[form], Place(form, 1), pointer)
        if isinstance(found, Blank):
            blanks.append(found.missing)
        elif isinstance(found, Withheld):
            withheld.append(found.place)
        elif found is not None and found != ():
            values.append(found)
            stated.append(where)
    return Answer(tuple(values), tuple(stated), () if values or withheld else tuple(blanks), tuple(withheld))


def _reached(found: Any, where: Place, pointer: str) -> tuple[Any, Place]:
    """What a pointer leads to, None in a row after the last; and where that is."""
    for step in ("", *pointer_tokens(pointer)):
        if isinstance(found, tuple) and step:
            found = found[int(step)] if int(step) < len(found) else None
        elif step.isdecimal() and isinstance(found, Blank | Withheld):
            found = next(iter(found))
        elif step:
            found = found[step]
        where = found.place if isinstance(found, Node) else where.under(step) if step else where
        if found is None:
            break
    return found, where


def printed(entry: Entry, found: Answer) -> str:
    """What the entry prints of the answer, as text; empty where nothing was stated."""
    return entry.join.join(filter(None, (part_of(value, entry.part) if entry.part else text_of(value) for value in found.values)))


def part_of(value: object, part: str) -> str:
    """A part of a date or a time, in as many digits as it has; «00» where the registry does not know it, as permits print.
    Empty if the value is neither: something was mistyped, and the form's own finding says so."""
    match value, part:
        case date() | PartialDate(), "anno":
            return f"{value.year:04}"
        case date() | PartialDate(), "giorno" | "mese":
            return f"{(value.day if part == 'giorno' else value.month) or 0:02}"
        case time(), "ore":
            return f"{value.hour:02}"
        case time(), "minuti":
            return f"{value.minute:02}"
    return ""


def codes_of(entry: Entry, found: Answer) -> tuple[tuple[str, str], ...]:
    """Code and label of each value that was stated, of a list each of its rows; of a part («05») its number too."""
    values = [one for value in found.values for one in (value if isinstance(value, tuple) else (value,))]
    if entry.part:
        return tuple((part := part_of(one, entry.part), part.lstrip("0") or "0") for one in values)
    return tuple((_code(one), text_of(one)) for one in values if not isinstance(one, Node))


def _code(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str.__str__(value) if isinstance(value, str) else str(int(value)) if isinstance(value, int) else text_of(value)


def state_of(code: str, label: str, options: Iterable[tuple[str, str]], entry: Entry, *, truth: bool = False) -> str | None:
    """The export value of the option, of those of a field, that stands for one of our codes; None if there is none.

    `truth` is True of an answer that is yes or no: it is known under many names.
    """
    if entry.states:
        wanted = entry.states.get(code)
        return next((export for export, shown in options if wanted in (export, shown)), None)
    return next((export for export, shown in options if code_of(export, shown, ((code, label),), truth=truth)), None)


def code_of(export: str, shown: str, values: Iterable[tuple[str, str]], *, truth: bool = False) -> str | None:
    """Which of our values (code and label) an option stands for by its export value or its label; None if for none."""
    known = {folded(one): code for code, label in values for one in (code, label)}
    if truth:
        known |= {name: code for name, code in YES_AND_NO.items() if code in known}
    return known.get(folded(export)) or known.get(folded(shown))


def folded(text: str) -> str:
    """A code or a label as it is compared."""
    return " ".join(text.casefold().split())
