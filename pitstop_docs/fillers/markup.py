"""How a form lies on paper: its sections, rows, boxes and frames, told in HTML with one input for each answer.

Nothing here draws. Blocks and tables only, because a page breaks badly inside anything that flexes; no `<form>`, because for
each input WeasyPrint would walk every label of it: an input says what it is in its own `title`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape

from pitstop_docs.fillers.measures import CELL_MM, COLUMNS, IN_CELLS, is_small, is_tabular, is_wide, lines_of, share_of, width_of
from pitstop_docs.identity import Identity
from pitstop_docs.questions import NONE, Group, Question, Section

Value = str | bool | tuple[str, ...]
"""What is known of an answer: the text as it is printed, the code of a choice, yes or no, the codes of `choices`."""
FEW = 3
"""How many free rows there are at least after those that are known."""
WHOLE = 8
"""How many rows of a list or of a table are kept on one page."""
MORE = "Se le righe non bastano, rimandare il modulo e chiedere all’ufficio il foglio di continuazione di «{}»."
MORE_INSIDE = "Se le righe non bastano, rimandare il modulo e chiederne un’altra copia: avrà altre righe."
MORE_SHEETS = "Se le righe non bastano, rimandare il foglio e chiederne un altro."
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
    printed and may not be changed. `roles` are the words for the codes of those who fill a section. `number` is which record
    of many is asked for, 0 for a new one.
    """

    title: str
    code: str
    identity: Identity
    project: tuple[str, ...]
    sections: tuple[Section, ...]
    values: Mapping[str, Value]
    locked: frozenset[str] = frozenset()
    roles: Mapping[str, str] = field(default_factory=dict)
    number: int = 0


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
    which = f" n. {sheet.number}" if sheet.number else ""
    about = f"Modulo {sheet.code}{which} · {case} · copia n. {sheet.identity.issue} · versione {sheet.identity.version}"
    parts = "".join(map(writer.section, sheet.sections))
    wide = " class=wide" if all(map(_has_register, sheet.sections)) else ""
    told = f"{LEGEND} {writer.who(sheet.sections[0]) if writer.is_for_one else ''}".strip()
    body = (
        f"<header>{code}{lines}</header><footer>{escape(sheet.identity.text())}</footer>"
        f"<main{wide}><h1>{escape(sheet.title)}</h1><p class=about>{escape(about)}</p><p class=help>{told}</p>{parts}</main>"
    )
    return Markup(body, tuple(writer.fields))


@dataclass(frozen=True)
class _Around:
    """Where a question stands: the keys of the rows above it, what they are called, whether it has to be answered.

    Where `brief` is true what helps with it is said above, once.
    """

    keys: tuple[str, ...] = ()
    called: tuple[str, ...] = ()
    required: bool = True
    level: int = 3
    brief: bool = False

    def path(self, pattern: str) -> str:
        steps = pattern.split("*")
        return "".join(step + key for step, key in zip(steps, (*self.keys, ""), strict=True))


@dataclass(frozen=True)
class _Writer:
    sheet: Sheet
    fields: list[Field]

    @property
    def is_for_one(self) -> bool:
        """True if the same people fill every section: it is said once."""
        return len({section.who for section in self.sheet.sections}) == 1

    def who(self, section: Section) -> str:
        """Who fills a section, in words; empty if nobody is named."""
        roles = [self.sheet.roles[who] for who in section.who if who in self.sheet.roles]
        return f"Compila: {escape(' o '.join(roles))}." if roles else ""

    def section(self, section: Section) -> str:
        """A section under its title; a group that is the whole of it does not say the title again."""
        only = section.parts[0] if len(section.parts) == 1 else None
        same = isinstance(only, Group) and only.title == section.title
        who = "" if self.is_for_one else self.who(section)
        told = " ".join(filter(None, (who, escape(section.help))))
        told = f"<p class=help>{told}</p>" if told else ""
        body = self.parts(section.parts, _Around(), titled=not same)
        star = _star(same and only.required) if isinstance(only, Group) else ""
        when = f"<p class=if>{escape(only.condition)}</p>" if isinstance(only, Group) and same and only.condition else ""
        wide = " class=wide" if _has_register(section) else ""
        return f"<section{wide}><h2>{escape(section.title)}{star}</h2>{when}{told}{body}</section>"

    def parts(self, parts: Sequence[Question | Group], around: _Around, *, titled: bool = True) -> str:
        written: list[str] = []
        line: list[Question] = []
        for part in parts:
            if isinstance(part, Group):
                written.extend((self.line(line, around), self.group(part, around, titled=titled)))
                line = []
            elif part.kind != "computed" or around.path(part.path) in self.sheet.values:
                if sum(width_of(one, brief=around.brief) for one in (*line, part)) > COLUMNS:
                    written.append(self.line(line, around))
                    line = []
                line.append(part)
        return "".join((*written, self.line(line, around)))

    def line(self, questions: Sequence[Question], around: _Around) -> str:
        """Questions beside one another; what is left of the line goes to a text or a list."""
        widths = [width_of(question, brief=around.brief) for question in questions]
        alone = around.brief and len(questions) == 1
        wide = [
            at for at, one in enumerate(questions) if one.kind == "choice" or (one.kind == "text" and widths[at] >= 6) or alone
        ]
        if wide and (alone or sum(widths) > COLUMNS // 2):
            widths[wide[-1]] += COLUMNS - sum(widths)
        cells = (
            f"<div class='q w{width}'>{_words(question, around)}{self.answer(question, around)}</div>"
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
            brief=around.brief or group.brief,
        )
        if group.rows is None:
            return f"<div class='group{_whole(is_small(group))}'>{head}{self.parts(group.parts, inner)}</div>"
        head += self.nobody(group, around) if group.may_be_none else ""
        keys = self.row_keys(group, around.path(group.path))
        more = _more(group, around, len(keys) + group.after)
        if is_wide(group):
            return f"<div class='group register'>{head}{_notes(group)}{self.register(group, inner, keys)}{more}</div>"
        head += _notes(group) if group.brief else ""
        rows = self.listed if group.plain else self.tabled if is_tabular(group) else self.blocks
        whole = len(keys) <= WHOLE and bool(group.plain or is_tabular(group))
        return f"<div class='group{_whole(whole)}'>{head}{rows(group, inner, keys)}{more}</div>"

    def nobody(self, group: Group, around: _Around) -> str:
        path = around.path(group.path)
        label = f"{', '.join((*around.called, group.title))}: {NONE[1]}"
        asked = Field(field_name(path), path, label, "choices", (NONE,), read_only=path in self.sheet.locked)
        self.fields.append(asked)
        return f"<p class=none>{self.box(asked, NONE[0])} {NONE[1]} (segnare se non c’è nulla da scrivere)</p>"

    def row_keys(self, group: Group, path: str) -> list[str]:
        """The rows up to the last that is known, and the free ones after them: fewer of them the more are known, but a few."""
        steps = (one[len(path) + 1 :].split("/")[0] for one in self.sheet.values if one.startswith(f"{path}/"))
        known, rows = max((int(step.removeprefix("r")) for step in steps), default=0), group.rows or 0
        last = group.after + known + max(rows - known, min(rows, FEW))
        last = last if group.most is None else max(min(last, group.most), known)
        return [f"r{number}" for number in range(1 + group.after, 1 + last)]

    def listed(self, group: Group, around: _Around, keys: Sequence[str]) -> str:
        assert group.plain  # noqa: S101  # only such a group is written as a list
        return "".join(
            f"<div class='line row'><span class=n>{number}</span><div class=rest>"
            f"{self.answer(group.plain, self.row(around, group, key, number))}</div></div>"
            for number, key in _numbered(keys)
        )

    def tabled(self, group: Group, around: _Around, keys: Sequence[str]) -> str:
        questions = [part for part in group.parts if isinstance(part, Question)]
        return self.cells(
            group,
            around,
            keys,
            {one: (_words(one, around), 173 * width_of(one) / sum(map(width_of, questions))) for one in questions},
        )

    def register(self, group: Group, around: _Around, keys: Sequence[str]) -> str:
        """A table across the sheet, for many short rows."""
        questions = [part for part in group.parts if isinstance(part, Question) and part.kind in IN_CELLS]
        whole = sum(share_of(one) for one in questions)
        heads = {
            one: (f"<p class=label>{escape(one.label)}{_star(one.required)}</p>", 258 * share_of(one) / whole)
            for one in questions
        }
        return self.cells(group, around, keys, heads)

    def cells(self, group: Group, around: _Around, keys: Sequence[str], columns: Mapping[Question, tuple[str, float]]) -> str:
        """A table with a numbered row for each key; `columns` are their heads and widths in millimetres."""
        heads = "".join(f"<th scope=col style='width:{width:.1f}mm'>{head}</th>" for head, width in columns.values())
        rows = []
        for number, key in _numbered(keys):
            row = self.row(around, group, key, number)
            cells = "".join(f"<td>{self.answer(question, row)}</td>" for question in columns)
            rows.append(f"<tr><th scope=row>{number}</th>{cells}</tr>")
        return f"<table><thead><tr><th scope=col class=n>n.</th>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"

    def blocks(self, group: Group, around: _Around, keys: Sequence[str]) -> str:
        level = min(around.level, 6)
        kind = "entry whole" if group.brief else f"block{_whole(is_small(group))}"
        return "".join(
            f"<div class='{kind}'><h{level}>{escape(group.row_title)} {number}</h{level}>"
            f"{self.parts(group.parts, replace(self.row(around, group, key, number), level=around.level + 1))}</div>"
            for number, key in _numbered(keys)
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
            lines=lines_of(question, value, brief=around.brief),
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


def _has_register(section: Section) -> bool:
    """True if a list of the section lies across the sheet, and the section with it."""
    return any(isinstance(part, Group) and part.rows is not None and is_wide(part) for part in section.parts)


def _whole(whole: bool) -> str:
    """The class of what stays on one page."""
    return " whole" if whole else ""


def _numbered(keys: Sequence[str]) -> list[tuple[int, str]]:
    """The rows with their numbers."""
    return [(int(key.removeprefix("r")), key) for key in keys]


def _more(group: Group, around: _Around, last: int) -> str:
    """What to do when the rows are not enough; nothing where no more are possible."""
    if group.most is not None and last >= group.most and group.path:
        return ""
    words = MORE_SHEETS if not group.path else MORE_INSIDE if around.keys else MORE.format(group.title)
    return f"<p class=more>{escape(words)}</p>"


def _notes(group: Group) -> str:
    """What there is to say of the questions of a group, once for all of its rows."""
    questions = [part for part in group.parts if isinstance(part, Question) and part.kind != "computed"]
    notes = (". ".join(filter(None, (one.hint, one.condition, one.help.removesuffix(".")))) for one in questions)
    said = (f"<b>{escape(one.label)}</b>: {escape(note)}" for one, note in zip(questions, notes, strict=True) if note)
    return f"<p class=help>{' · '.join(said)}</p>"


def _words(question: Question, around: _Around) -> str:
    if around.brief:
        return f"<p class=label>{escape(question.label)}{_star(question.required)}</p>"
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


def _across(asked: Field) -> bool:
    """True if the boxes may stand one after the other: a long list reads better in columns."""
    return len(asked.options) <= 4 or sum(len(label) + 6 for _, label in asked.options) <= 180
