"""How much room a question takes on a page, and in which shape the rows of a list lie best."""

from __future__ import annotations

import math
from dataclasses import replace

from pitstop_docs.questions import Group, Question

COLUMNS = 12
"""In how many columns a line of questions is divided; a line is 180 mm long."""
IN_CELLS = ("text", "date", "amount", "number", "yes_no", "choice")
"""The kinds of answer that fit in a cell of a table."""
REGISTER = 10
"""From how many free rows a group of short answers is a register, across the sheet."""
TALL = 4
"""How many texts of several lines a row may have, and still stay on one page."""
LONG = 300
"""From how many characters a text is given more than one line; and so many more are given one more."""
CELL_MM = 4.6
CHARACTERS_MM = 1.7
"""How wide a cell of a comb is, and a character of the text at its full size, generously."""


def lines_of(question: Question, value: object, *, brief: bool) -> int:
    """How many lines a text has: by what it may hold, and at least what it holds already."""
    if question.kind not in ("long", "text"):
        return 1
    across = int(width_of(question) * 15 / CHARACTERS_MM)
    held = sum(max(math.ceil(len(part) / across), 1) for part in value.split("\n")) if isinstance(value, str) else 0
    if question.kind == "text" and (question.limit or 0) < LONG:
        return held if isinstance(value, str) and ("\n" in value or len(value) > across * 4 / 3) else 1
    most = 4 if brief else 3 if not (question.required or question.condition) else 6
    usual = min(max((question.limit or 0) // LONG, 2), most)
    return min(max(usual, held + 1), 44)


def width_of(question: Question, *, brief: bool = False) -> int:
    """How many columns a question needs for its box, its label and its help; `brief` without its help."""
    if brief:
        return _short(question)
    words = len(question.label) + len(question.hint) + len(question.condition)
    few = words <= 30 and len(question.help) <= 60 and question.format != "data_parziale"
    least = 3 if few else 4 if words <= 46 and len(question.help) <= 90 else 6
    longest = max((len(label) for _, label in question.options), default=0)
    match question.kind:
        case "long":
            return COLUMNS
        case "choices":
            boxes = sum(len(label) * CHARACTERS_MM + 9 for _, label in question.options)
            return max(least, min(math.ceil((boxes + 3) / 15), COLUMNS))
        case "code":
            return min(max(least, math.ceil(((question.limit or 0) * CELL_MM + 3) / 15)), COLUMNS)
        case "choice":
            return max(least, min(math.ceil((longest * CHARACTERS_MM + 8) / 15), 8))
        case "text" if (question.limit or 0) >= LONG:
            return COLUMNS
        case "text":
            return max(least, 6) if (question.limit or 0) > 30 else least
    return least


def _short(question: Question) -> int:
    """How many columns it needs where its label is all that stands above its box."""
    longest = max((len(label) for _, label in question.options), default=0)
    match question.kind:
        case "long":
            return COLUMNS
        case "choices" | "code":
            return width_of(replace(question, help="", hint="", condition=""))
        case "choice":  # some viewers put a button of their own over the end of the chosen words
            return max(2, min(math.ceil((longest * CHARACTERS_MM + 12) / 15), 8))
        case "text" if not question.format and (question.limit or LONG) > 30:
            return 4
    return 2


def is_tabular(group: Group) -> bool:
    """True if a row of the group fits in a row of a table."""
    plain = [part for part in group.parts if isinstance(part, Question) and part.kind in IN_CELLS]
    return (
        len(plain) == len(group.parts) <= 5 and sum(map(width_of, plain)) <= 18 and all(width_of(one) < COLUMNS for one in plain)
    )


def is_wide(group: Group) -> bool:
    """True for a register: many rows of many short answers, of which a line across the page does not hold one."""
    if is_tabular(group) or group.plain:
        return False
    short = [part for part in group.parts if isinstance(part, Question) and part.kind in (*IN_CELLS, "computed")]
    return (group.rows or 0) >= REGISTER and len(short) == len(group.parts) and sum(map(share_of, short)) <= 60


def share_of(question: Question) -> int:
    """The share of a register's width that a column takes."""
    match question.kind:
        case "computed":
            return 0
        case "choice":
            return min(max(math.ceil(max(len(label) for _, label in question.options) / 5), 4), 7)
        case "yes_no":
            return 5
        case "text":
            return 2 if (question.limit or 200) <= 5 else 4 if question.format else 8
    return 2 if question.kind == "number" else 3


def is_small(group: Group) -> bool:
    """True for a group of few lines, which stays on one page."""
    tall = [part for part in group.parts if isinstance(part, Group) or part.kind in ("long", "choices")]
    few = len(group.parts) <= 12
    return few and (
        not tall or (group.rows is not None and len(tall) <= TALL and not any(isinstance(one, Group) for one in tall))
    )
