"""A form goes out, random answers are typed into it, and it comes back: what is read must be what was meant.

    office = furnished(tmp_path)                        # the kit, with the records of the invented cases
    page = issued(office, "pai", State.PRINTED)         # the form as `pitstop ask` makes it
    told = drawn(page, "seed")                          # what is typed in which field, and what is meant by it
    [pdf] = PROGRAMS["poppler"].fill_all([(page.content, told.typed)], folder)
    ending(office, page, told, pdf)                     # an Ending: how many answers were read as they were meant

Answers are compared place by place with what `pitstop read` keeps, never PDF with PDF.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any

from pypdf import PdfReader

from pitstop_docs import asking, demo, jsontext, returns
from pitstop_docs.answers import bare, prune, schema_at
from pitstop_docs.desk import Desk
from pitstop_docs.extents import WHOLE, Extent, row_of
from pitstop_docs.forms import Form
from pitstop_docs.merging import UNDECIDED
from pitstop_docs.readings import Reading
from pitstop_docs.records import PROJECT, Record
from pitstop_docs.rowkeys import keyed
from pitstop_docs.workspace import STORE, Workspace, bundled, unpack_kit
from tests.kits import NOON
from tests.scribe import NASTY, answers, said, ways

CASE = "PST-001"
"""The invented case whose answers are printed in a form, where it has some."""
Plain = Mapping[str, Any]
"""Answers by place: a JSON Pointer with row keys (`/obiettivi/r2/scadenza`) and what stands there."""

# ── what goes out ────────────────────────────────────────────────────────────────────────────────────────────────────


class State(StrEnum):
    """How a form goes out: without answers, with those of a case, as a sheet of many records, with further rows of a list."""

    BLANK = "blank"
    PRINTED = "prefilled"
    SHEET = "sheet"
    MORE = "continued"


@dataclass(frozen=True)
class Office:
    """A workspace, and its store as it was when the forms were issued."""

    workspace: Workspace
    kept: bytes = b""

    @property
    def store(self) -> Path:
        return self.workspace.root / STORE

    def rewind(self) -> None:
        """Forget what came back since."""
        self.store.write_bytes(self.kept)

    def stopped(self) -> Office:
        """The same, to be rewound to how it is now."""
        return replace(self, kept=self.store.read_bytes())


@dataclass(frozen=True)
class Box:
    """A field as a person sees it on the page: what it takes, and what stands in it. `labels` are those of a list."""

    kind: str
    labels: Mapping[str, str]
    limit: int | None
    lines: bool
    value: str

    @property
    def standing(self) -> str | bool:
        """What stands in it, as one would type it."""
        if self.kind == "/Btn":
            return self.value == "/Yes"
        return next((label for label, code in self.labels.items() if code == self.value), self.value)


@dataclass(frozen=True)
class Page:
    """An issued form: the file, the place that each of its fields asks for, what was printed in it, and its boxes."""

    form: Form
    state: State
    case: str
    content: bytes
    places: Mapping[str, str]
    printed: Mapping[str, Any]
    boxes: Mapping[str, Box]
    countries: tuple[str, ...]

    @cached_property
    def asked(self) -> frozenset[str]:
        """The places that the page asks for."""
        return frozenset(self.places.values())

    @cached_property
    def ticked(self) -> frozenset[str]:
        """Those where any of several boxes may be ticked."""
        lists = (place for place in self.asked if self.schema(place).get("type") == "array")
        return frozenset(place for place in lists if not any(one.startswith(f"{place}/r") for one in self.asked))

    def schema(self, place: str) -> Mapping[str, Any]:
        """What the answer in a place is."""
        if self.state is State.SHEET:
            place = row_of(place)[1]
        return schema_at(self.form.schema, re.sub("/r[0-9]+(?=/|$)", "/*", place))


def furnished(root: Path) -> Office:
    """A workspace of the shipped kit with every invented record."""
    unpack_kit(root)
    workspace = Workspace.at(root, today=NOON.date())
    with workspace.store(create=True) as opened, opened.together() as store:
        for name, case, number, path in demo.answers(bundled("examples"), workspace):
            form = workspace.form(name)
            told, _ = jsontext.parse(path.read_bytes(), source=path.name)
            data = keyed(form.schema, form.canonical(form.current(told)))
            store.append(case, name, data, number=number, based_on=0, author="", saved_at=NOON)
    return Office(workspace)


def states(office: Office, form: Form) -> list[State]:
    """How a form may go out: of one that nobody has answered nothing can be printed."""
    told = _richest(Desk.of(office.workspace), form)
    more = [State.MORE] if _list(form) else []
    return [State.BLANK, *([State.SHEET] if form.sheet else []), *([State.PRINTED, *more] if told else [])]


def _list(form: Form) -> str:
    """The first list of rows of a form, empty if it has none."""
    known = form.schema["properties"]
    return next((f"/{name}" for name, inner in known.items() if inner.get("items", {}).get("type") == "object"), "")


def issued(office: Office, name: str, state: State) -> Page:
    """A form of a case that has not answered it, or with the answers of the one that said most."""
    workspace = office.workspace
    desk, form = Desk.of(workspace), workspace.form(name)
    found = _richest(desk, form) if state in (State.PRINTED, State.MORE) else None
    case = found.case if found else _empty(desk, form)
    extent = {State.SHEET: Extent(sheet=True), State.MORE: Extent(more=_list(form))}.get(state, WHOLE)
    number = found.number if found and form.many else None
    issue = asking.ask(desk, name, case=case, number=number, recipient="", now=NOON, extent=extent)
    with workspace.store() as store:
        row = next(one for one in store.documents(case, asking.ISSUED + name) if one.version == issue.identity.issue)
    content = issue.path.read_bytes()
    printed = bare(row.manifest["issued"]["answers"])
    boxes = dict(_boxes(content))
    return Page(form, state, case, content, row.manifest["places"], printed, boxes, tuple(workspace.countries))


def _richest(desk: Desk, form: Form) -> Record | None:
    codes = [PROJECT] if form.scope == "progetto" else [CASE, *desk.records.codes]
    found = [one for code in codes for one in desk.records.case(code).all(form.name) if one.data and one.case == code]
    return max(found, key=lambda one: (one.case == CASE, len(str(one.data))), default=None)


def _empty(desk: Desk, form: Form) -> str:
    """A case that has not said anything in a form; any where there may be many."""
    if form.scope == "progetto":
        return PROJECT
    return (
        "PST-099" if form.opens_case else next((c for c in desk.records.codes if not desk.records.case(c).all(form.name)), CASE)
    )


def _boxes(content: bytes) -> Iterator[tuple[str, Box]]:
    for page in PdfReader(io.BytesIO(content)).pages:
        for reference in page.get("/Annots", ()):
            one = reference.get_object()
            if "/T" in one and not int(one.get("/Ff", 0)) & 1:
                labels = {str(label): str(code) for code, label in one.get("/Opt", ())}
                multiline = bool(int(one.get("/Ff", 0)) & 1 << 12)
                yield str(one["/T"]), Box(str(one["/FT"]), labels, one.get("/MaxLen"), multiline, str(one["/V"]))


# ── what is written ──────────────────────────────────────────────────────────────────────────────────────────────────

HABIT = 0.3
"""How often an answer that is printed already is left as it is."""


@dataclass(frozen=True)
class Told:
    """What someone fills in: by field what is typed, ticked or chosen; and what is then meant by the whole page, by place.

    Of a sheet by row and by place; row 0 is a form of one record.
    """

    typed: Mapping[str, str | bool]
    meant: Mapping[int, Plain]


def drawn(page: Page, seed: str, texts: Sequence[str] = NASTY) -> Told:
    """Random answers to every question of the page; what is printed and not answered any more is taken back."""
    random = Random(f"{page.form.name} {page.state} {seed}")  # noqa: S311
    printed = dict(_placed(prune(page.printed), "", page.ticked))
    wished = _of_sheet(page, random, texts) if page.state is State.SHEET else _of_form(page, random, texts)
    for place in sorted(wished.keys() & printed.keys()):
        if random.random() < HABIT:
            wished[place] = printed[place]
    typed: dict[str, str | bool] = {}
    meant = {place: value for place, value in printed.items() if place not in page.asked}
    for name, place in page.places.items():
        value = wished.get(place)
        boxes = {one: one.rpartition("=")[2] for one in page.boxes if one.rpartition("=")[0] == name}
        if boxes:
            typed |= {one: code in _codes(value) for one, code in boxes.items()}
            if not value and value is not False and place in page.ticked:
                value = [] if printed.get(place) == [] else None  # no box says that there is none
        elif name in page.boxes:
            typed[name], value = _written(page.boxes[name], page.schema(place), value, random)
        else:
            value = printed.get(place)
        meant |= {} if value is None else {place: value}
    touched = {one: told for one, told in typed.items() if told != page.boxes[one].standing}
    return Told(touched, _by_row(page, meant))


def _of_form(page: Page, random: Random, texts: Sequence[str]) -> dict[str, Any]:
    told = answers(page.form.schema, random, page.countries, texts)
    return dict(_placed(prune(told), "", page.ticked, page.asked))


def _of_sheet(page: Page, random: Random, texts: Sequence[str]) -> dict[str, Any]:
    """A record for most of the rows; what is said once is as the last of them says."""
    found: dict[str, Any] = {}
    inner = {row_of(place)[1] for place in page.asked}
    for row in sorted({row_of(place)[0] for place in page.asked} - {0}):
        told = answers(page.form.schema, random, page.countries, texts) if random.random() < 0.8 else {}
        for place, value in _placed(prune(told), "", page.ticked, inner):
            found |= {place if place in page.asked else f"/r{row}{place}": value}
    return found


def _by_row(page: Page, meant: Plain) -> dict[int, Plain]:
    if page.state is not State.SHEET:
        return {0: dict(_placed(_closed_up(meant), "", page.ticked))}
    once = {place: value for place, value in meant.items() if not row_of(place)[0]}
    rows: dict[int, dict[str, Any]] = {}
    for place, value in meant.items():
        row, inner = row_of(place)
        rows.setdefault(row, {})[inner] = value
    rows.pop(0, None)
    return {row: {**once, **own} for row, own in rows.items()}


def _codes(value: Any) -> list[str]:
    """Which boxes say this."""
    if isinstance(value, bool):
        return ["si" if value else "no"]
    return [] if value is None else [str(one) for one in value] or ["nessuno"]


def _written(box: Box, schema: Mapping[str, Any], value: Any, random: Random) -> tuple[str, Any]:
    """What one types of an answer into a field, and what that then says."""
    if box.kind == "/Ch":
        return ("—", None) if value is None else (next(one for one, code in box.labels.items() if code == str(value)), value)
    if value is None:
        return "", None
    known = [one for one in ways(schema, value) if box.limit is None or len(one) <= box.limit]
    if known:
        return random.choice(known), value
    text = str(value) if box.lines else re.sub(r"\s*\n\s*", " ", str(value))
    while box.limit is not None and len(text.encode("utf-16-le")) > 2 * box.limit:
        text = text[:-1]
    return text, said(text)


# ── places ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _placed(value: Any, base: str, ticked: Set[str], asked: Set[str] | None = None) -> Iterator[tuple[str, Any]]:
    """Each answer with its place, of those that are asked for (None for any); a row without any of these takes no place."""
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from _placed(one, f"{base}/{name}", ticked, asked)
    elif isinstance(value, list | tuple) and value and base not in ticked:
        rows = [int(one[len(base) + 2 :].partition("/")[0]) for one in asked or () if one.startswith(f"{base}/r")]
        n = min(rows, default=1)
        for row in value:
            found = list(_placed(row, f"{base}/r{n}", ticked, asked))
            yield from found
            n += bool(found) or asked is None
    elif asked is None or base in asked:
        yield base, value


def _closed_up(plain: Plain) -> Any:
    """Answers by place as they are kept: groups in groups, rows that say something in their order."""
    tree: dict[str, Any] = {}
    for place, value in plain.items():
        *above, last = place.strip("/").split("/")
        holder = tree
        for step in above:
            inner = holder.get(step)
            holder[step] = holder = inner if isinstance(inner, dict) else {}
        if not (value == [] and holder.get(last)):
            holder[last] = value
    return _in_rows(tree)


def _in_rows(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {step: _in_rows(one) for step, one in value.items()}
    if inner and all(re.fullmatch("r[0-9]+", step) for step in inner):
        return [inner[step] for step in sorted(inner, key=lambda step: int(step[1:]))]
    return inner


# ── what came back ───────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Ending:
    """What became of the answers of a page: how many fields were typed in, and of the places that then say something how many
    were read as they were meant. `lost` and `changed` were taken in silence; `told` are those that differ in a file that is
    refused until somebody has looked at it. `wrong` says where, and what else is not as it should be."""

    typed: int = 0
    kept: int = 0
    lost: int = 0
    changed: int = 0
    told: int = 0
    wrong: tuple[str, ...] = ()

    def __add__(self, other: Ending) -> Ending:
        return Ending(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))


def ending(office: Office, page: Page, told: Told, pdf: bytes, *, thorough: bool = False) -> Ending:
    """Read the file as `pitstop read` does, and compare with what was meant; `thorough` also as a trial before, and again."""
    office.rewind()

    def take(*, trial: bool) -> dict[int, Reading]:
        wishes = returns.Wishes(UNDECIDED, dry_run=trial, anyway=False, author="TUTOR")
        return {one.row: one for one in returns.take(office.workspace, Path("tornato.pdf"), pdf, wishes, now=NOON)}

    first = take(trial=True) if thorough else {}
    second = take(trial=False)
    third = take(trial=False) if thorough else {}
    kept = {row: _placed(prune(_kept(one)), "", page.ticked) for row, one in second.items()}
    read = {(row, place): value for row, own in kept.items() for place, value in own}
    meant = {(row, place): value for row, own in told.meant.items() for place, value in own.items()}
    odd = [where for where in {**meant, **read} if not _same(meant.get(where), read.get(where))]
    wrong = [f"{row or ''}{place}: {meant.get((row, place))!r} became {read.get((row, place))!r}" for row, place in odd]
    wrong += [f"not read: {one.sentence}" for one in second.values() if one.merged is None]
    if any(one.merged is not None and one.merged.fresh and one.record is None for one in second.values()):
        doubted = _doubted(page, second[min(second)])
        cleared = {page.places[name] for name, answer in told.typed.items() if answer == ""}
        seen = {f"/r{row}{place}" if row else place for row, place in odd}
        if seen <= doubted <= seen | cleared:  # a text that is not there any more may have been cleared, or lost
            return Ending(len(told.typed), len(meant.keys() - set(odd)), told=len(doubted))
        wrong.append(f"refused for what is right: {sorted(doubted - seen)} {second[min(second)].sentence}")
    elif any(one.merged and one.merged.fresh for one in third.values()):
        wrong.append("read again, it is new")
    if thorough and [one.merged for one in first.values()] != [one.merged for one in second.values()]:
        wrong.append("the trial says something else")
    gone = sum(1 for where in odd if where not in read)
    return Ending(len(told.typed), len(meant.keys() - set(odd)), gone, len(odd) - gone, wrong=tuple(wrong))


def _doubted(page: Page, reading: Reading) -> set[str]:
    """The places of the fields that somebody is asked to look at."""
    found = reading.triage.returned
    listed = found.form.fields if found and found.form else ()
    names = {one.name for one in listed if one.oddities}
    return {page.places[name] if name in page.places else page.places[name.rpartition("=")[0]] for name in names}


def _kept(reading: Reading) -> Mapping[str, Any]:
    """What is kept of a reading, or would be."""
    if reading.merged and reading.merged.fresh and reading.record:
        return dict(bare(reading.record.data or {}))
    return dict(bare(reading.merged.answers)) if reading.merged else {}


def _same(one: Any, other: Any) -> bool:
    """True if they are the same answer: a yes is no 1, and the order of ticked boxes says nothing."""
    if isinstance(one, list) and isinstance(other, list):
        return sorted(map(str, one)) == sorted(map(str, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)
