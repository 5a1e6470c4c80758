"""How a form lies on paper: its sections, rows, boxes and frames, told in HTML with one input for each answer.

Nothing here draws. Blocks and tables only, because a page breaks badly inside anything that flexes; no `<form>`, because for
each input WeasyPrint would walk every label of it: an input says what it is in its own `title`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape

from pitstop_docs.identity import Identity
from pitstop_docs.questions import NONE, Group, Question, Section

Value = str | bool | tuple[str, ...]
"""What is known of an answer: the text as it is printed, the code of a choice, yes or no, the codes of `choices`."""
COLUMNS = 12
"""In how many columns a line of questions is divided; a line is 180 mm long."""
IN_CELLS = ("text", "date", "amount", "number", "yes_no", "choice")
"""The kinds of answer that fit in a cell of a table."""
REGISTER = 10
"""From how many free rows a group of short answers is a register, across the sheet."""
LONG = 300
"""From how many characters a text is given more than one line; and so many more are given one more."""
WHOLE = 8
"""How many rows of a list or of a table are kept on one page."""
CELL_MM = 4.6
CHARACTERS_MM = 1.7
"""How wide a cell of a comb is, and a character of the text at its full size, generously."""
MORE = "<p class=more>Se le righe non bastano, chiedere un foglio di continuazione: un’altra copia di questo modulo.</p>"
LEGEND = (
    "I campi con * sono obbligatori. Le date si scrivono gg/mm/aaaa, gli importi con la virgola (1.234,50). "
    "Quello che non è noto si lascia in bianco: il modulo si può rimandare anche incompleto."
)


@dataclass(frozen=True)
class Field:
    """One answer that the page asks for.

    `path` is its JSON Pointer, with the key of the row in repeated groups (`/obiettivi/r2/scadenza`, `/alias/r1`). `kind` is
    one of `questions.KINDS`, never `computed`. `options` are the codes and labels of `choice`, `choices` and `yes_no`
    (`si`, `no`); a `choice` does not hold the empty one. A field of kind `choices` at the path of a repeated group has the
    one option `nessuno`: there are no rows. `limit` is the most characters, None for any. Where `comb` is true the page has
    drawn `limit` cells. `lines` is 1 for a single line.
    """

    name: str
    path: str
    label: str
    kind: str
    options: tuple[tuple[str, str], ...] = ()
    required: bool = False
    read_only: bool = False
    limit: int | None = None
    comb: bool = False
    lines: int = 1


@dataclass(frozen=True)
class Sheet:
    """What goes on the pages: the form (`code` is that of its kind, D10), which issue of it for whom, and what is known.

    `project` are the lines of the header. `sections` come from `questions.asked`. `values` are by path, with row keys; a row
    (`r1`, `r2`…) is there because some value has its key, and the free rows follow. `locked` are the paths that are
    printed and may not be changed. `roles` are the words for the codes of those who fill a section.
    """

    title: str
    code: str
    identity: Identity
    project: tuple[str, ...]
    sections: tuple[Section, ...]
    values: Mapping[str, Value]
    locked: frozenset[str] = frozenset()
    roles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Markup:
    """The body of the page, and its fields in the order in which they stand."""

    body: str
    fields: tuple[Field, ...]


def field_name(path: str) -> str:
    """What the field of an answer is called in the PDF."""
    return path


def marked_up(sheet: Sheet, code: str) -> Markup:
    """The whole of a form; `code` is the SVG of its QR code."""
    writer = _Writer(sheet, [])
    lines = "".join(f"<p>{escape(one)}</p>" for one in sheet.project)
    case = f"caso {sheet.identity.case}" if sheet.identity.case else "per tutto il progetto"
    about = f"Modulo {sheet.code} · {case} · copia n. {sheet.identity.issue} · versione {sheet.identity.version}"
    parts = "".join(map(writer.section, sheet.sections))
    body = (
        f"<header>{code}{lines}</header><footer>{escape(sheet.identity.text())}</footer>"
        f"<main><h1>{escape(sheet.title)}</h1><p class=about>{escape(about)}</p><p class=help>{LEGEND}</p>{parts}</main>"
    )
    return Markup(body, tuple(writer.fields))


@dataclass(frozen=True)
class _Around:
    """Where a question stands: the keys of the rows above it, what they are called, whether it has to be answered."""

    keys: tuple[str, ...] = ()
    called: tuple[str, ...] = ()
    required: bool = True
    level: int = 3

    def path(self, pattern: str) -> str:
        steps = pattern.split("*")
        return "".join(step + key for step, key in zip(steps, (*self.keys, ""), strict=True))


@dataclass(frozen=True)
class _Writer:
    sheet: Sheet
    fields: list[Field]

    def section(self, section: Section) -> str:
        """A section under its title; a group that is the whole of it does not say the title again."""
        only = section.parts[0] if len(section.parts) == 1 else None
        same = isinstance(only, Group) and only.title == section.title
        roles = [self.sheet.roles[who] for who in section.who if who in self.sheet.roles]
        who = f"<p class=help>Compila: {escape(' o '.join(roles))}.</p>" if roles else ""
        told = f"<p class=help>{escape(section.help)}</p>" if section.help else ""
        body = self.parts(section.parts, _Around(), titled=not same)
        star = _star(same and only.required) if isinstance(only, Group) else ""
        when = f"<p class=if>{escape(only.condition)}</p>" if isinstance(only, Group) and same and only.condition else ""
        wide = " class=wide" if any(isinstance(part, Group) and _is_wide(part) for part in section.parts) else ""
        return f"<section{wide}><h2>{escape(section.title)}{star}</h2>{when}{who}{told}{body}</section>"

    def parts(self, parts: Sequence[Question | Group], around: _Around, *, titled: bool = True) -> str:
        written: list[str] = []
        line: list[Question] = []
        for part in parts:
            if isinstance(part, Group):
                written.extend((self.line(line, around), self.group(part, around, titled=titled)))
                line = []
            elif part.kind != "computed" or around.path(part.path) in self.sheet.values:
                if sum(map(_width, line)) + _width(part) > COLUMNS:
                    written.append(self.line(line, around))
                    line = []
                line.append(part)
        return "".join((*written, self.line(line, around)))

    def line(self, questions: Sequence[Question], around: _Around) -> str:
        """Questions beside one another; what is left of the line goes to a text or a list."""
        widths = [_width(question) for question in questions]
        wide = [at for at, one in enumerate(questions) if one.kind == "choice" or (one.kind == "text" and _width(one) >= 6)]
        if wide and sum(widths) > COLUMNS // 2:
            widths[wide[-1]] += COLUMNS - sum(widths)
        cells = (
            f"<div class='q w{width}'>{_words(question)}{self.answer(question, around)}</div>"
            for question, width in zip(questions, widths, strict=True)
        )
        return f"<div class=line>{''.join(cells)}</div>" if questions else ""

    def group(self, group: Group, around: _Around, *, titled: bool) -> str:
        head = ""
        if titled:
            level = min(around.level, 6)
            head = f"<h{level}>{escape(group.title)}{_star(group.required)}{_only_if(group.condition)}</h{level}>"
        head += f"<p class=help>{escape(group.help)}</p>" if group.help else ""
        inner = replace(
            around,
            called=(*around.called, group.title),
            required=around.required and group.required,
            level=around.level + titled,
        )
        if group.rows is None:
            return f"<div class='group{_small(group)}'>{head}{self.parts(group.parts, inner)}</div>"
        head += self.nobody(group, around) if group.may_be_none else ""
        keys = self.row_keys(group, around.path(group.path))
        if _is_wide(group):
            return f"<div class='group register'>{head}{self.register(group, inner, keys)}{MORE}</div>"
        rows = self.listed if group.plain else self.tabled if _is_tabular(group) else self.blocks
        whole = " whole" if len(keys) <= WHOLE and (group.plain or _is_tabular(group)) else ""
        return f"<div class='group{whole}'>{head}{rows(group, inner, keys)}{MORE}</div>"

    def nobody(self, group: Group, around: _Around) -> str:
        path = around.path(group.path)
        label = f"{', '.join((*around.called, group.title))}: {NONE[1]}"
        asked = Field(field_name(path), path, label, "choices", (NONE,), read_only=path in self.sheet.locked)
        self.fields.append(asked)
        return f"<p class=none>{self.box(asked, NONE[0])} {NONE[1]} (segnare se non c’è nulla da scrivere)</p>"

    def row_keys(self, group: Group, path: str) -> list[str]:
        """The rows up to the last that is known, and the free ones after them."""
        steps = (one[len(path) + 1 :].split("/")[0] for one in self.sheet.values if one.startswith(f"{path}/"))
        known = max((int(step.removeprefix("r")) for step in steps), default=0)
        last = known + (group.rows or 0)
        return [f"r{number}" for number in range(1, 1 + (last if group.most is None else max(min(last, group.most), known)))]

    def listed(self, group: Group, around: _Around, keys: Sequence[str]) -> str:
        assert group.plain  # noqa: S101  # only such a group is written as a list
        return "".join(
            f"<div class='line row'><span class=n>{number}</span><div class=rest>"
            f"{self.answer(group.plain, self.row(around, group, key, number))}</div></div>"
            for number, key in enumerate(keys, 1)
        )

    def tabled(self, group: Group, around: _Around, keys: Sequence[str]) -> str:
        questions = [part for part in group.parts if isinstance(part, Question)]
        return self.cells(
            group, around, keys, {one: (_words(one), 173 * _width(one) / sum(map(_width, questions))) for one in questions}
        )

    def register(self, group: Group, around: _Around, keys: Sequence[str]) -> str:
        """A table across the sheet, for many short rows; what there is to say of a column stands above it, once."""
        questions = [part for part in group.parts if isinstance(part, Question) and part.kind in IN_CELLS]
        whole = sum(_narrow(one) for one in questions)
        heads = {
            one: (f"<p class=label>{escape(one.label)}{_star(one.required)}</p>", 258 * _narrow(one) / whole) for one in questions
        }
        notes = (". ".join(filter(None, (one.hint, one.condition, one.help))) for one in questions)
        said = (f"<b>{escape(one.label)}</b>: {escape(note)}" for one, note in zip(questions, notes, strict=True) if note)
        return f"<p class=help>{' · '.join(said)}</p>{self.cells(group, around, keys, heads)}"

    def cells(self, group: Group, around: _Around, keys: Sequence[str], columns: Mapping[Question, tuple[str, float]]) -> str:
        """A table with a numbered row for each key; `columns` are their heads and widths in millimetres."""
        heads = "".join(f"<th scope=col style='width:{width:.1f}mm'>{head}</th>" for head, width in columns.values())
        rows = []
        for number, key in enumerate(keys, 1):
            row = self.row(around, group, key, number)
            cells = "".join(f"<td>{self.answer(question, row)}</td>" for question in columns)
            rows.append(f"<tr><th scope=row>{number}</th>{cells}</tr>")
        return f"<table><thead><tr><th scope=col class=n>n.</th>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"

    def blocks(self, group: Group, around: _Around, keys: Sequence[str]) -> str:
        level = min(around.level, 6)
        return "".join(
            f"<div class='block{_small(group)}'><h{level}>{escape(group.row_title)} {number}</h{level}>"
            f"{self.parts(group.parts, replace(self.row(around, group, key, number), level=around.level + 1))}</div>"
            for number, key in enumerate(keys, 1)
        )

    def row(self, around: _Around, group: Group, key: str, number: int) -> _Around:
        called = (*around.called[:-1], f"{group.row_title} {number}")
        return replace(around, keys=(*around.keys, key), called=called, required=around.required and number <= group.least)

    def answer(self, question: Question, around: _Around) -> str:
        path, limit = around.path(question.path), question.limit
        value = self.sheet.values.get(path)
        if question.kind == "computed":
            return f"<p class=shown>{escape(_shown(question, value))}</p>"
        asked = Field(
            field_name(path),
            path,
            _label(question, around),
            question.kind,
            (*question.options, *_unknown(question, value)),
            required=question.required and around.required,
            read_only=path in self.sheet.locked,
            limit=limit,
            comb=question.kind == "code" and limit is not None,
            lines=_lines(question, value),
        )
        self.fields.append(asked)
        return self.frame(asked, question)

    def frame(self, asked: Field, question: Question) -> str:
        if asked.kind in ("yes_no", "choices"):
            across = "flow" if asked.kind == "yes_no" or _across(asked) else "down"
            boxes = (f"<span class=o>{self.box(asked, code)} {escape(label)}</span>" for code, label in asked.options)
            return f"<p class='boxes {across}'>{''.join(boxes)}</p>"
        told = f"name='{escape(asked.name)}' title='{escape(asked.label)}'"
        state = " known" if asked.read_only else ""
        if asked.kind == "choice":
            return f"<div class='b{state}'><select {told}></select><span class=arrow></span></div>"
        if asked.lines > 1:
            height = 4.3 * asked.lines + 1.6
            return f"<div class='b{state}' style='height:{height:.1f}mm'><textarea {told}></textarea></div>"
        if asked.comb:
            width = (asked.limit or 1) * CELL_MM
            return f"<div class='b comb{state}' style='width:{width:.1f}mm'><input type=text {told}></div>"
        if question.unit:
            return f"<div class=unit><div class='b{state}'><input type=text {told}></div> {escape(question.unit)}</div>"
        return f"<div class='b{state}'><input type=text {told}></div>"

    def box(self, asked: Field, code: str) -> str:
        told = dict(asked.options)[code]
        title = asked.label if asked.options == (NONE,) else f"{asked.label}: {told}"
        return f"<span class=k><input type=checkbox name='{escape(asked.name)}={escape(code)}' title='{escape(title)}'></span>"


def _words(question: Question) -> str:
    hint = f" <span class=hint>({escape(question.hint)})</span>" if question.hint else ""
    told = f"<p class=label>{escape(question.label)}{hint}{_star(question.required)}{_only_if(question.condition)}</p>"
    return told + (f"<p class=help>{escape(question.help)}</p>" if question.help else "")


def _star(required: bool) -> str:
    return "&nbsp;*" if required else ""


def _only_if(condition: str) -> str:
    return f" <span class=if>{escape(condition)}</span>" if condition else ""


def _label(question: Question, around: _Around) -> str:
    """What a screen reader says of the field."""
    hint = f" ({question.hint})" if question.hint else ""
    own = [] if around.called and question.path.endswith("/*") else [question.label]
    needed = ", obbligatorio" if question.required else ""
    return f"{', '.join((*around.called, *own))}{hint}{needed}{', ' if question.condition else ''}{question.condition}"


def _shown(question: Question, value: Value | None) -> str:
    if isinstance(value, bool):
        return "sì" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(dict(question.options).get(code, code) for code in value)
    return dict(question.options).get(value, value) if value else "–"


def _unknown(question: Question, value: Value | None) -> list[tuple[str, str]]:
    """What was answered and is none of the options: it is kept among them, so that the form's finding can tell it."""
    stated = value if isinstance(value, tuple) else (value,) if isinstance(value, str) else ()
    return [(code, code) for code in stated if question.options and code not in dict(question.options)]


def _lines(question: Question, value: Value | None) -> int:
    """How many lines a text has: by what it may hold, and at least what it holds already."""
    if question.kind not in ("long", "text"):
        return 1
    across = int(_width(question) * 15 / CHARACTERS_MM)
    held = sum(max(math.ceil(len(part) / across), 1) for part in value.split("\n")) if isinstance(value, str) else 0
    if question.kind == "text" and (question.limit or 0) < LONG:
        return held if isinstance(value, str) and ("\n" in value or len(value) > across * 4 / 3) else 1
    usual = min(max((question.limit or 0) // LONG, 2), 6 if question.required or question.condition else 3)
    return min(max(usual, held + 1), 44)


def _width(question: Question) -> int:
    """How many columns a question needs for its box, its label and its help."""
    words = len(question.label) + len(question.hint) + len(question.condition)
    brief = words <= 30 and len(question.help) <= 50 and question.format != "data_parziale"
    least = 3 if brief else 4 if words <= 44 and len(question.help) <= 90 else 6
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


def _across(asked: Field) -> bool:
    """True if the boxes may stand one after the other: a long list reads better in columns."""
    return len(asked.options) <= 4 or sum(len(label) + 6 for _, label in asked.options) <= 180


def _is_tabular(group: Group) -> bool:
    """True if a row of the group fits in a row of a table."""
    plain = [part for part in group.parts if isinstance(part, Question) and part.kind in IN_CELLS]
    return len(plain) == len(group.parts) <= 5 and sum(map(_width, plain)) <= 18 and all(_width(one) < COLUMNS for one in plain)


def _is_wide(group: Group) -> bool:
    """True for a register: many rows, of short answers."""
    short = [part for part in group.parts if isinstance(part, Question) and part.kind in (*IN_CELLS, "computed")]
    return (group.rows or 0) >= REGISTER and len(short) == len(group.parts) and sum(map(_narrow, short)) <= 60


def _narrow(question: Question) -> int:
    """The share of a register's width that a column takes."""
    match question.kind:
        case "computed":
            return 0
        case "choice" | "yes_no":
            return 5
        case "text":
            return 2 if (question.limit or 200) <= 5 else 4 if question.format else 8
    return 2 if question.kind == "number" else 3


def _small(group: Group) -> str:
    """A group of few lines stays on one page."""
    tall = [part for part in group.parts if isinstance(part, Group) or part.kind in ("long", "choices")]
    return " whole" if not tall and len(group.parts) <= 12 else ""
