"""Answers written on a page as people read them, and the words of a page read as answers: there and back nothing changes.

A place on a page is a JSON Pointer in which a row has a key of its own (`/obiettivi/r2/scadenza`): r1 is the first row that
was printed, and the free rows go on from there. What is not understood stays as it was typed: the form's finding tells it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

from pitstop_docs import formats
from pitstop_docs.answers import Eyes, schema_at
from pitstop_docs.blanks import text_of
from pitstop_docs.forms import Form
from pitstop_docs.questions import NONE, Group, Question, Section, asked

Value = str | bool | tuple[str, ...]
"""What stands in a place: a text, the code of a choice, yes or no, the codes of ticked boxes."""
ROW = re.compile(r"/r([1-9][0-9]*)(?=/|$)")
NUMBER = re.compile(r"[+-]?[0-9]+(?:,[0-9]+)?|[+-]?[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+|[+-]?[0-9]+\.(?:[0-9]{1,2}|[0-9]{4,})")
"""Numbers as people write them, without those that two people read in two ways («1.234»)."""
SPACED = re.compile(r"[+-]? ?[0-9]{1,3}(?:[ \u00a0\u202f][0-9]{3})+(?:,[0-9]+)?|[+-] ?[0-9.,]+")
"""Where a space may stand in a number: between thousands, and after the sign; «7 30» is no number."""
YES, NO = frozenset({"si", "sì", "s", "x", "vero", "true", "yes"}), frozenset({"no", "n", "falso", "false"})


def written(form: Form, answers: Mapping[str, Any], sections: Sequence[Section] | None = None) -> dict[str, Value]:
    """What is known of a form, by place, as its page prints it: dates and amounts the Italian way, choices as codes.

    `sections` are those of the page, None for all of the form.
    """
    found: dict[str, Value] = {}
    for section in sections if sections is not None else asked(form):
        for part in section.parts:
            _write(form, part, answers, "", found)
    return found


def _write(form: Form, part: Question | Group, answers: Any, base: str, found: dict[str, Value]) -> None:
    """One part of a page, from the answers of the group it stands in; `base` is that group's place."""
    name = part.path.removesuffix("/*").rpartition("/")[2]
    value = answers.get(name) if isinstance(answers, Mapping) else None
    here = f"{base}/{name}"
    if isinstance(part, Question):
        shown = _shown(form, part, value)
        found.update({} if shown is None else {here: shown})
    elif part.rows is None:
        for inner in part.parts:
            _write(form, inner, value, here, found)
    elif value == [] and part.may_be_none:
        found[here] = (NONE[0],)
    else:
        for n, row in enumerate(value if isinstance(value, list | tuple) else (), start=1):
            if part.plain:
                shown = _shown(form, part.plain, row)
                found.update({} if shown is None else {f"{here}/r{n}": shown})
            else:
                for inner in part.parts:
                    _write(form, inner, row, f"{here}/r{n}", found)


def _shown(form: Form, question: Question, value: Any) -> Value | None:
    if value is None or isinstance(value, Mapping) or value in ("", []):
        return None
    if question.kind == "yes_no" and isinstance(value, bool):
        return value
    if question.kind == "choices" and isinstance(value, list | tuple):
        return tuple(str(one) for one in value)
    if question.kind == "choice" and not isinstance(value, bool | list | tuple):
        return str(value)
    if isinstance(value, list | tuple):
        return ", ".join(filter(None, (str(_shown(form, question, one) or "") for one in value)))
    if question.kind == "computed":
        return text_of(Eyes(None, {}, form.countries).leaf(schema_at(form.schema, question.path), value))
    written_as = formats.FORMATS.get(question.format)
    if written_as and isinstance(value, str) and not ((problem := written_as.check(value)) and problem.blocking):
        return formats.show(written_as.value(value))
    return formats.show(value)


def read(
    form: Form,
    values: Mapping[str, Value | None],
    printed: Mapping[str, Any] | None = None,
    places: Collection[str] | None = None,
) -> dict[str, Any]:
    """The answers that a page holds, as the schema stores them; a row stands where it was printed, emptied ones as {}.

    `printed` are the answers with which the page was made, `places` those that it asked for, None for all of the form: what
    it did not ask for stays as it was printed, and a row keeps its place even if none of its answers came back. A place that
    the form does not ask for is left out.
    """
    sections = asked(form)
    questions, groups = dict(_by_pattern(sections)), dict(_groups(sections))
    answers: dict[str, Any] = {}
    for section in sections:
        for part in section.parts:
            _stay(part, printed or {}, "", places, answers)
    for place, value in values.items():
        pattern = ROW.sub("/*", place)
        question = questions.get(pattern)
        if question and question.kind != "computed":
            _put(answers, place, _meant(form, question, value))
    for pattern, group in groups.items():
        if group.plain:
            _close_up(answers, pattern.strip("/").split("/"), printed or {})
    for place, value in values.items():
        of_rows = groups.get(ROW.sub("/*", place))
        if of_rows and of_rows.may_be_none:
            _say_none(answers, place, ticked=value in ((NONE[0],), NONE[0], True))
    return answers


def _say_none(answers: dict[str, Any], place: str, *, ticked: bool) -> None:
    """Make a list of which nothing is left say that it is empty, or say nothing, as the box beside it was ticked or not."""
    *above, last = _steps(place)
    holder: Any = answers
    for step, following in pairwise([*above, last]):
        holder = _entered(holder, step, [] if isinstance(following, int) else {})
    rows = holder.get(last) if isinstance(holder, dict) else None
    if ticked and not (rows and _says(rows)):
        holder[last] = []
    elif not ticked and rows == []:
        del holder[last]


def _says(value: Any) -> bool:
    """True if something stands in a row or list of rows that was read: an empty list says «none»."""
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else None
    return any(_says(one) for one in inner) or value == [] if inner is not None else value is not None


def _close_up(answers: Any, steps: Sequence[str], printed: Any) -> None:
    """Take the blank lines out of a list of plain values; one of which nothing is left goes, unless it was printed empty."""
    name, *rest = steps
    if isinstance(answers, list):
        for n, row in enumerate(answers):
            _close_up(row, rest, printed[n] if isinstance(printed, list | tuple) and n < len(printed) else {})
    elif isinstance(answers, dict) and name in answers:
        before = printed.get(name) if isinstance(printed, Mapping) else None
        if rest:
            _close_up(answers[name], rest, before)
        elif kept := [one for one in answers[name] if one != {}]:
            answers[name] = kept
        elif before != []:
            del answers[name]


def _stay(
    part: Question | Group, printed: Mapping[str, Any], base: str, places: Collection[str] | None, answers: dict[str, Any]
) -> None:
    """What the page has no place for, of one part of it: answers not asked for, the places of the rows, an empty list."""
    name = part.path.rpartition("/")[2]
    value, here = printed.get(name), f"{base}/{name}"
    if isinstance(part, Question):
        unasked = places is not None and here not in places and part.kind != "computed"
        answers.update({name: value} if (unasked or (value == [] and part.kind == "choices")) and value is not None else {})
    elif part.rows is None:
        inner: dict[str, Any] = {}
        for one in part.parts:
            _stay(one, value if isinstance(value, Mapping) else {}, here, places, inner)
        answers.update({name: inner} if inner else {})
    elif isinstance(value, list | tuple):
        rows: list[Any] = [{} for _ in value]
        answers[name] = rows
        for n, row in enumerate(value, start=1):
            if part.plain:
                rows[n - 1] = row if places is not None and f"{here}/r{n}" not in places else {}
            elif isinstance(row, Mapping):
                for one in part.parts:
                    _stay(one, row, f"{here}/r{n}", places, rows[n - 1])


def _by_pattern(parts: Sequence[Section | Question | Group]) -> Iterator[tuple[str, Question]]:
    for part in parts:
        if isinstance(part, Question):
            yield part.path, part
        else:
            yield from _by_pattern(part.parts)


def _groups(parts: Sequence[Section | Question | Group]) -> Iterator[tuple[str, Group]]:
    for part in parts:
        if isinstance(part, Group):
            yield part.path, part
        if not isinstance(part, Question):
            yield from _groups(part.parts)


def _steps(place: str) -> list[str | int]:
    """The steps of a place, with the number of a row from 0."""
    return [int(one[1:]) - 1 if ROW.fullmatch(f"/{one}") else one for one in place.strip("/").split("/")]


def _put(answers: dict[str, Any], place: str, value: Any, *, unless: type | None = None) -> None:
    """Put a value in its place, with the groups and rows that lead to it; not over one of the type `unless`."""
    steps = _steps(place)
    last = steps[-1]
    holder: Any = answers
    for step, following in pairwise(steps):
        empty: Any = [] if isinstance(following, int) else {}
        holder = _entered(holder, step, empty)
    if isinstance(last, int):
        _entered(holder, last, {})
        holder[last] = {} if value is None else value
    elif value is not None and not (unless and isinstance(holder.get(last), unless)):
        holder[last] = value


def _entered(holder: Any, step: str | int, empty: Any) -> Any:
    if isinstance(step, int):
        holder.extend({} for _ in range(step + 1 - len(holder)))
        if holder[step] == {} and empty != {}:
            holder[step] = empty
        return holder[step]
    return holder.setdefault(step, empty)


def _meant(form: Form, question: Question, value: Value | None) -> Any:
    """What was meant by what stands in a place; None if nothing does, the text as it was typed if it is not understood."""
    if isinstance(value, tuple):
        known = [one for one in (_chosen(form, question, text) for text in value) if one is not None]
        if question.kind == "choices":
            return known or None
        return known[0] if len(known) == 1 else ", ".join(map(str, value)) or None
    if isinstance(value, bool):
        return value if question.kind == "yes_no" else formats.show(value)
    text = formats.clean(value)[0].strip() if value else ""
    if not text:
        return None
    if question.kind == "yes_no":
        word = text.casefold()
        return True if word in YES else False if word in NO else text
    if question.kind == "choices":
        return [_chosen(form, question, one.strip()) for one in text.split(",") if one.strip()]
    return _chosen(form, question, text) if question.kind == "choice" else _typed(form, question, text)


def _chosen(form: Form, question: Question, text: str) -> Any:
    """The value of a code or of a label, whichever stands there."""
    codes = {code: code for code, _ in question.options} | {label.casefold(): code for code, label in question.options}
    code = codes.get(text) or codes.get(text.casefold())
    schema = schema_at(form.schema, question.path)
    enum = schema.get("items", schema).get("enum", ())
    if question.kind == "yes_no":
        return {"si": True, "no": False}.get(code or "", text)
    return next((one for one in enum if str(one) == code), code or text)


def _typed(form: Form, question: Question, text: str) -> Any:
    kind = schema_at(form.schema, question.path).get("type")
    if kind in ("integer", "number"):
        return _number(text, whole=kind == "integer")
    written_as = formats.FORMATS.get(question.format)
    if written_as is None:
        return text
    try:
        return written_as.parse(text)
    except ValueError:
        return text  # kept as it was typed: the form's finding says what is not understood


def _number(text: str, *, whole: bool) -> int | Decimal | str:
    plain = "".join(text.split()) if SPACED.fullmatch(text) else text
    if not NUMBER.fullmatch(plain) or len(plain) > 20:
        return text
    number = Decimal(plain.replace(".", "").replace(",", ".") if "," in plain else plain)
    if whole:
        return int(number) if number == number.to_integral_value() else text
    return number
