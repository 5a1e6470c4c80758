"""Answers as they are read years later: every question with what was stated, and whatever else stands in the record.

Nothing here draws. What the form does not ask for is told with its pointer, so that the page leaves nothing out. A line of
a text is a paragraph of its own, because only a paragraph has a direction, and the languages of one text may have two.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from pitstop_docs.answers import Eyes, schema_at
from pitstop_docs.blanks import text_of
from pitstop_docs.forms import Form
from pitstop_docs.jsontext import under
from pitstop_docs.questions import NONE, Group, Question, Section, asked

BLANK = "—"
"""What stands where nobody answered."""
SILENT = "nessuna risposta"
"""What stands for a section or a group in which nobody answered anything."""
MISSED = "Mancano:"
ONLY = "solo se "
"""How the condition begins of a question that the other answers forbid where they do not ask for it."""
COLUMNS = 12
"""In how many columns a line of answers is divided."""
ACROSS = 6
"""How many columns a table has on the upright sheet; up to `WIDEST` of many rows go across the sheet."""
WIDEST, REGISTER = 16, 10
CELL = 90
"""Characters of the longest text that stands in a cell of a table."""
WHOLE = 900
"""Characters of the answers of a row that is kept on one page."""
OTHER = "Altri dati conservati, che il modulo non chiede"


@dataclass(frozen=True)
class Readout:
    """What goes on the pages: the form, the lines at their head, which record it is, and the answers.

    `about` is the line under the title, `facts` the labels and words that say where the answers come from, `foot` stands
    at the foot of each page. `answers` are pruned, with the computed ones in their place; `remarks` is what the form says
    against an answer, by pointer.
    """

    form: Form
    project: tuple[str, ...]
    about: str
    facts: tuple[tuple[str, str], ...]
    foot: str
    answers: Mapping[str, Any]
    remarks: Mapping[str, str]


def marked_up(readout: Readout) -> str:
    """The body of the page."""
    writer = _Writer(readout)
    sections = asked(readout.form)
    head = "".join(f"<p>{escape(one)}</p>" for one in readout.project)
    facts = "".join(f"<tr><th scope=row>{escape(label)}</th><td>{escape(words)}</td></tr>" for label, words in readout.facts)
    known = {part.path.strip("/") for section in sections for part in section.parts}
    rest = writer.rest(readout.answers, known, "")
    other = f"<section><h2>{OTHER}</h2>{rest}</section>" if rest else ""
    return (
        f"<header>{head}</header><footer>{escape(readout.foot)}</footer><main><h1>{escape(readout.form.title)}</h1>"
        f"<p class=about>{escape(readout.about)}</p><table class=facts><tbody>{facts}</tbody></table>"
        f"{''.join(map(writer.section, sections))}{other}</main>"
    )


@dataclass(frozen=True)
class _Writer:
    readout: Readout

    # ── sections and groups ──────────────────────────────────────────────────────────────────────────────────────────

    def section(self, section: Section) -> str:
        """A section under its title; a group that is the whole of it does not say the title again."""
        only = section.parts[0] if len(section.parts) == 1 else None
        same = isinstance(only, Group) and only.title == section.title
        body = self.parts(section.parts, self.readout.answers, "", 3, titled=not same)
        groups = (part for part in section.parts if isinstance(part, Group))
        across = (self.columns(one, self.readout.answers.get(_name(one)), under("", _name(one))) for one in groups)
        wide = " class=wide" if any(len(columns) > ACROSS for columns in across) else ""
        return f"<section{wide}><h2>{escape(section.title)}</h2>{body}</section>"

    def parts(
        self, parts: Sequence[Question | Group], answers: Mapping[str, Any], above: str, level: int, *, titled: bool = True
    ) -> str:
        """Questions and groups that stand under one place; a word for all of them if none is answered."""
        shown = [part for part in parts if self.concerns(part, answers, above)]
        if not any(_name(part) in answers for part in shown):
            missed = [part for part in shown if self.remark(under(above, _name(part)))]
            called = ", ".join(part.title if isinstance(part, Group) else part.label for part in missed)
            return f"<p class=none>{SILENT}</p>" + (f"<p class=remark>{MISSED} {escape(called)}.</p>" if missed else "")
        written: list[str] = []
        line: list[Question] = []
        for part in shown:
            if isinstance(part, Group):
                written += [self.line(line, answers, above), self.group(part, answers, above, level, titled=titled)]
                line = []
                continue
            if sum(self.width(one, answers, above) for one in (*line, part)) > COLUMNS:
                written.append(self.line(line, answers, above))
                line = []
            line.append(part)
        return "".join((*written, self.line(line, answers, above)))

    def concerns(self, part: Question | Group, answers: Mapping[str, Any], above: str) -> bool:
        """False for what nobody answered where the other answers forbid it, and for what could not be computed."""
        if _name(part) in answers or under(above, _name(part)) in self.readout.remarks:
            return True
        return not (part.condition.startswith(ONLY) or (isinstance(part, Question) and part.kind == "computed"))

    def group(self, group: Group, answers: Mapping[str, Any], above: str, level: int, *, titled: bool) -> str:
        path, value = under(above, _name(group)), answers.get(_name(group))
        head = f"<h{min(level, 6)}>{escape(group.title)}</h{min(level, 6)}>" if titled else ""
        inner, wide = level + titled, ""
        if value is None:
            body = f"<p class=none>{SILENT}</p>{self.remark(path)}"
        elif group.rows is None and isinstance(value, Mapping):
            body = self.remark(path) + self.parts(group.parts, value, path, inner)
            body += self.rest(value, set(map(_name, group.parts)), path)
        elif group.rows is None or not isinstance(value, list | tuple):
            body = self.found(value, path)
        elif not value:
            body = f"<p class=none>{NONE[1]}</p>{self.remark(path)}"
        elif columns := self.columns(group, value, path):
            body, wide = self.remark(path) + self.table(columns, value, path), " wide" if len(columns) > ACROSS else ""
        else:
            body = self.remark(path) + self.rows(group, value, path, inner)
        return f"<div class='group{wide}'>{head}{body}</div>"

    # ── rows ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def rows(self, group: Group, rows: Sequence[Any], path: str, level: int) -> str:
        if group.plain:
            items = (
                f"<div class=row><p class=n>{number + 1}.</p><div class=rest>"
                f"{self.value(group.plain, row, under(path, number))}</div></div>"
                for number, row in enumerate(rows)
            )
            return "".join(items)
        return "".join(self.block(group, row, under(path, number), number + 1, level) for number, row in enumerate(rows))

    def block(self, group: Group, row: Any, path: str, number: int, level: int) -> str:
        """A row under a title of its own."""
        head = f"<h{min(level, 6)}>{escape(group.row_title)} {number}</h{min(level, 6)}>{self.remark(path)}"
        if isinstance(row, Mapping):
            body = self.parts(group.parts, row, path, level + 1) + self.rest(row, set(map(_name, group.parts)), path)
        else:
            body = self.found(row, path)
        whole = " whole" if len(body) <= WHOLE * 3 and len(_text_in(row)) <= WHOLE else ""
        return f"<div class='block{whole}'>{head}{body}</div>"

    def columns(self, group: Group, rows: Any, path: str) -> Mapping[Question, int]:
        """The columns of a table in which every row fits, with the share of its width that each takes; none if there is none.

        A row in which something else stands, or against which something is said, is told at length.
        """
        known = {_name(part) for part in group.parts}
        if group.rows is None or group.plain or not isinstance(rows, list | tuple):
            return {}
        if any(not isinstance(row, Mapping) or not row.keys() <= known for row in rows):
            return {}
        if any(told.startswith(f"{path}/") for told in self.readout.remarks):
            return {}
        taken = [part for part in group.parts if any(self.concerns(part, row, under(path, n)) for n, row in enumerate(rows))]
        asked_of = [part for part in taken if isinstance(part, Question)]
        if len(asked_of) < len(taken) or not 0 < len(asked_of) <= (WIDEST if len(rows) >= REGISTER else ACROSS):
            return {}
        shares = {}
        for one in asked_of:
            texts = [BLANK if row.get(_name(one)) is None else self.plain_text(one, row[_name(one)]) for row in rows]
            longest = max(map(len, texts))
            if longest > CELL or any("\n" in text for text in texts):
                return {}
            shares[one] = max(max(map(len, one.label.split()), default=0) + 1, min(longest, 30), min(len(one.label) // 2, 12))
        return shares

    def table(self, columns: Mapping[Question, int], rows: Sequence[Mapping[str, Any]], path: str) -> str:
        share = 94 / sum(columns.values())
        heads = "".join(f"<th scope=col style='width:{n * share:.1f}%'>{_label(one)}</th>" for one, n in columns.items())
        lines = []
        for number, row in enumerate(rows):
            place = under(path, number)
            cells = (self.value(one, row.get(_name(one)), under(place, _name(one))) for one in columns)
            lines.append(f"<tr><th scope=row>{number + 1}</th>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
        head = f"<thead><tr><th scope=col class=n>n.</th>{heads}</tr></thead>"
        return f"<table class=rows>{head}<tbody>{''.join(lines)}</tbody></table>"

    # ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def line(self, questions: Sequence[Question], answers: Mapping[str, Any], above: str) -> str:
        """Answers beside one another; a long one by itself, broken where the page ends."""
        cells = []
        for one in questions:
            told = self.value(one, answers.get(_name(one)), under(above, _name(one)))
            cells.append((self.width(one, answers, above), f"<p class=label>{_label(one)}</p>{told}"))
        if not cells:
            return ""
        if len(cells) == 1:
            return f"<div class=answer>{cells[0][1]}</div>"
        beside = "".join(f"<div class='q w{width}'>{cell}</div>" for width, cell in cells)
        return f"<div class=line>{beside}</div>"

    def width(self, question: Question, answers: Mapping[str, Any], above: str) -> int:
        """How many columns an answer takes with its label, and with what the form says against it."""
        value = answers.get(_name(question))
        text = BLANK if value is None else self.plain_text(question, value)
        if "\n" in text or question.kind == "long" or (value is not None and self.remark(under(above, _name(question)))):
            return COLUMNS
        for width, most, words in ((3, 22, 26), (4, 32, 44), (6, 50, 70)):
            if len(text) <= most and len(question.label) <= words:
                return width
        return COLUMNS

    def value(self, question: Question, value: Any, path: str) -> str:
        """What was answered to a question, and what the form says against it."""
        if value is None:
            return f"<p class=value>{BLANK}</p>{self.remark(path)}"
        if _is_odd(question, value):
            return self.found(value, path)
        unit = f" {question.unit}" if question.unit and not isinstance(value, str) else ""
        return _paragraphs(self.plain_text(question, value) + unit) + self.remark(path)

    def plain_text(self, question: Question, value: Any) -> str:
        schema = schema_at(self.readout.form.schema, question.path)
        if _is_odd(question, value):
            return _text_in(value)
        if isinstance(value, list | tuple):
            return "; ".join(self.words(schema.get("items", {}), one) for one in value) or NONE[1]
        return self.words(schema, value)

    def words(self, schema: Mapping[str, Any], value: Any) -> str:
        """An answer as a document prints it."""
        return text_of(Eyes(None, {}, self.readout.form.countries).leaf(schema, value))

    def remark(self, path: str) -> str:
        told = self.readout.remarks.get(path)
        return f"<p class=remark>{escape(told)}</p>" if told else ""

    # ── what is not asked for ────────────────────────────────────────────────────────────────────────────────────────

    def rest(self, answers: Mapping[str, Any], known: set[str], path: str) -> str:
        """What stands beside the answers under names that the form does not have."""
        return "".join(self.found(value, under(path, name)) for name, value in answers.items() if name not in known)

    def found(self, value: Any, path: str) -> str:
        """Anything that stands in a place where the form expects something else, each value with its pointer."""
        return "".join(
            f"<div class=answer><p class=label>{escape(place)}</p>{_paragraphs(text)}{self.remark(place)}</div>"
            for place, text in _leaves(value, path)
        )


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Each plain value with its pointer, and what is empty."""
    if isinstance(value, Mapping) and value:
        for key, one in value.items():
            yield from _leaves(one, under(path, key))
    elif isinstance(value, list | tuple) and value:
        for number, one in enumerate(value):
            yield from _leaves(one, under(path, number))
    elif isinstance(value, Mapping | list | tuple) or value is None:
        yield path, BLANK
    else:
        yield path, text_of(value)


def _text_in(value: Any) -> str:
    return "\n".join(text for _, text in _leaves(value, ""))


def _is_odd(question: Question, value: Any) -> bool:
    """True for a group where one answer is expected, or for several where there may be but one."""
    several = isinstance(value, list | tuple)
    if several and question.kind in ("choices", "computed"):
        return any(isinstance(one, Mapping | list | tuple) or one is None for one in value)
    return several or isinstance(value, Mapping)


def _paragraphs(text: str) -> str:
    """A text line by line, each from the side from which its script is written."""
    return "".join(
        f"<p class=value{_direction(line)}>{escape(line)}</p>" if line.strip() else "<p class=gap>\u00a0</p>"
        for line in text.split("\n")
    )


def _direction(line: str) -> str:
    """` dir=rtl` if the first letter that has a direction is written from the right."""
    kinds = (unicodedata.bidirectional(letter) for letter in line)
    return " dir=rtl" if next((kind for kind in kinds if kind in ("L", "R", "AL")), "L") != "L" else ""


def _label(question: Question) -> str:
    return escape(question.label)


def _name(part: Question | Group) -> str:
    """What the answer is called in the group in which it stands; a list of plain values as the list."""
    return part.path.removesuffix("/*").rpartition("/")[2]
