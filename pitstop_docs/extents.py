"""How much of a form its pages ask for: all of it, ten records at once with a row each, or further rows of one list.

In the places of a sheet of records the row comes first (`/r3/data` is the date of the third record); what has no row is said
once for all of them. A continuation asks for rows of a record as the whole form does, from the one after the last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pitstop_docs import formats
from pitstop_docs.answers import at, leaves, schema_at
from pitstop_docs.errors import KitError, UnknownError, nearest
from pitstop_docs.forms import Form
from pitstop_docs.questions import Group, Question, Section, every_question

Part = Question | Group

MORE_ROWS = 10
"""How many rows a continuation has where nobody says."""
ROW_OF_SHEET = re.compile(r"/r([1-9][0-9]*)(/.+)")
AGAIN = (
    "Le righe in bianco non contano. Lo stesso file si può rimandare più volte, continuando a compilarlo: "
    "le righe già lette non si ripetono."
)


@dataclass(frozen=True)
class Extent:
    """What is asked of a form: all of it, `sheet` for many records at once, `more` for further rows of the list so named.

    `rows` is how many of them, None for the usual number.
    """

    sheet: bool = False
    more: str = ""
    rows: int | None = None


WHOLE = Extent()


@dataclass(frozen=True)
class Page:
    """What the pages ask for, under which title. `told` is what has to be remembered of the extent."""

    title: str
    sections: tuple[Section, ...]
    told: Mapping[str, Any]
    word: str = "modulo"


def page_of(form: Form, sections: Sequence[Section], extent: Extent, data: Mapping[str, Any]) -> Page:
    """What is asked for, out of the sections that may be seen. `data` are the answers of the record, empty of a new one.

    Raises UnknownError if the form has no such sheet or list, KitError if its layout names what its schema has not.
    """
    if extent.sheet:
        return _sheet(form, sections, extent.rows)
    if extent.more:
        return _continuation(form, sections, extent, data)
    return Page(form.title, tuple(sections), {})


# ── a sheet of records ───────────────────────────────────────────────────────────────────────────────────────────────


def row_of(place: str) -> tuple[int, str]:
    """The row of a sheet that a place stands in, and its place in the record; row 0 for what is said once."""
    found = ROW_OF_SHEET.fullmatch(place)
    return (int(found[1]), found[2]) if found else (0, place)


def same_record(form: Form, before: Mapping[str, Any], now: Mapping[str, Any]) -> bool | None:
    """True if a row speaks of the record of which it spoke before, corrected; False if of another one; None if nobody can tell.

    A tutor may fill a blank copy of the same sheet every month, and then the same row is another interview. The day of the act
    tells; where only the day is another, or a long text is still the same, it may be either. Of a form without a day, it is
    the same if half of its answers are.
    """
    told = [{path: value for path, value, _ in leaves(form.schema, one)} for one in (before, now)]
    kept = {path for path in told[0].keys() & told[1].keys() if told[0][path] == told[1][path]}
    if not form.date:
        return 2 * len(kept) >= len(told[0].keys() | told[1].keys())
    days = [one.get(form.date) for one in told]
    known = all(isinstance(day, str) and not formats.FORMATS["date"].check(day) for day in days)
    if not known or form.date in kept:
        return True
    texts = {path for path in kept if schema_at(form.schema, path).get("x-long")}
    return None if texts or kept | {form.date} == told[0].keys() | told[1].keys() else False


def _sheet(form: Form, sections: Sequence[Section], rows: int | None) -> Page:
    sheet = form.sheet
    if sheet is None:
        raise UnknownError(f"Il modulo «{form.name}» non ha un foglio con più compilazioni: togliere --sheet.")
    for path in (*sheet.once, *sheet.fields):
        if not schema_at(form.schema, path):
            raise KitError(f"{form.name}.json: il foglio («sheet») chiede «{path}», che lo schema non ha.")
    once, fields = (_parts(sections, sheet.once), _parts(sections, sheet.fields))
    count = rows or sheet.rows
    title = f"Una riga per ogni «{form.title}»"
    each = Group("", title, tuple(map(_in_row, fields)), rows=count, row_title="Riga", brief=True, most=count)
    who = tuple(dict.fromkeys(role for section in sections for role in section.who))
    asked = [Section("Vale per tutte le righe", who, "", once)] if once else []
    asked.append(Section(title, who, AGAIN, (each,)))
    return Page(sheet.title, tuple(asked), {"sheet": count}, "foglio")


def _parts(sections: Sequence[Section], paths: Sequence[str]) -> tuple[Part, ...]:
    """The parts at these places; of those that the page's reader may not see, none."""
    every = {part.path: part for section in sections for part in _every(section.parts)}
    return tuple(every[path] for path in paths if path in every)


def _every(parts: Sequence[Part]) -> Iterator[Part]:
    """Each of these parts, and those of the groups that are asked once."""
    for part in parts:
        yield part
        if isinstance(part, Group) and part.rows is None:
            yield from _every(part.parts)


def _in_row(part: Part) -> Part:
    """The same, asked in a row of the sheet."""
    if isinstance(part, Question):
        return replace(part, path=f"/*{part.path}")
    return replace(part, path=f"/*{part.path}", parts=tuple(map(_in_row, part.parts)))


# ── further rows of a list ───────────────────────────────────────────────────────────────────────────────────────────


def _continuation(form: Form, sections: Sequence[Section], extent: Extent, data: Mapping[str, Any]) -> Page:
    section, group = _list(form, sections, extent.more)
    known = at(data, group.path)
    after = len(known) if isinstance(known, list | tuple) else 0
    rows = extent.rows or MORE_ROWS
    rows = rows if group.most is None else min(rows, group.most - after)
    if rows < 1:
        raise UnknownError(
            f"«{group.title}» ha già tutte le righe che può avere ({group.most}): togliere --more per correggerle."
        )
    went_before = {0: "", 1: "La riga 1 è già nel modulo: qui si continua dalla 2."}
    said = went_before.get(after, f"Le righe da 1 a {after} sono già nel modulo: qui si continua dalla {after + 1}.")
    free = replace(group, rows=rows, after=after, required=False)
    asked = replace(section, help=said, parts=tuple(_only(section.parts, free)))
    return Page(
        f"{form.title} – foglio di continuazione",
        (asked,),
        {"more": {"group": group.path, "after": after, "rows": rows}},
        "continuazione",
    )


def _list(form: Form, sections: Sequence[Section], name: str) -> tuple[Section, Group]:
    """The list that a person names, by its pointer or by the last of its steps, and the section in which it stands."""
    lists = [
        (section, part)
        for section in sections
        for part in _every(section.parts)
        if isinstance(part, Group) and part.rows is not None
    ]
    found = [pair for pair in lists if pair[1].path == name] or [pair for pair in lists if pair[1].path.endswith(f"/{name}")]
    paths = [group.path for _, group in lists]
    if len(found) == 1:
        return found[0]
    if found:
        same = ", ".join(group.path for _, group in found)
        raise UnknownError(f"Nel modulo «{form.name}» più elenchi si chiamano «{name}»: indicare quale tra {same}.")
    if not paths:
        raise UnknownError(f"Il modulo «{form.name}» non ha elenchi da continuare: togliere --more.")
    listed = f" Elenchi di questo modulo: {', '.join(paths)}."
    inside = next((group for _, group in lists if _holds(group, name)), None)
    if inside:
        raise UnknownError(
            f"«{name}» sta dentro le righe di «{inside.title}» e non ha un foglio suo: quando il modulo torna, "
            f"chiederne un’altra copia, che avrà altre righe libere.{listed}"
        )
    groups = [part.path for section in sections for part in _every(section.parts)]
    named = {*groups, *(one.path for one in every_question(tuple(sections)))}
    if any(path == name or path.endswith(f"/{name}") for path in named):
        raise UnknownError(f"«{name}» non è un elenco, e non ha righe da continuare.{listed}")
    near = nearest(name, [*paths, *(path.rpartition("/")[2] for path in paths)])
    raise UnknownError(f"Nel modulo «{form.name}» l’elenco «{name}» non c’è.{f' Forse: {near[0]}.' if near else ''}{listed}")


def _holds(group: Group, name: str) -> bool:
    """True if a list of that name stands in the rows of this one."""
    return any(
        isinstance(part, Group)
        and ((part.rows is not None and name in (part.path, part.path.rpartition("/")[2])) or _holds(part, name))
        for part in group.parts
    )


def _only(parts: Sequence[Part], group: Group) -> Iterator[Part]:
    """One list, in the groups in which it stands, without what stands beside it."""
    for part in parts:
        if part.path == group.path:
            yield group
        elif isinstance(part, Group) and part.rows is None and (inner := tuple(_only(part.parts, group))):
            yield replace(part, parts=inner)
