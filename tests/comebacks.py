"""Returned files that were hurt on the way, and files of others: each is read or refused in a sentence, and never misread.

A file is misread if `triage` calls it sure, though a field holds another value than in the file before it was hurt.
"""

from __future__ import annotations

import io
import random
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pypdf import PdfReader, PdfWriter

from pitstop_docs import identity
from pitstop_docs.apart import apart
from pitstop_docs.errors import FileError
from pitstop_docs.fillers import returned
from pitstop_docs.fillers.acroform import Field
from pitstop_docs.fillers.packed import packed
from pitstop_docs.triage import MEGABYTES, Outcome, Triage, beside, judged
from tests.acroforms import WHO, filled, issued
from tests.doors import knock
from tests.hurts import HURTS
from tests.roundtrip import PROGRAMS, REWRITING, lacking, rewritten

VERSIONS = {WHO.form: WHO.version}
FORMS = {"colloquio": ("--case", "PST-001"), "pai": ("--case", "PST-001", "--number", "1"), "timesheet": ()}
"""Forms of the kit, by the words with which `ask` makes them."""
TEXTS = (
    "Bari",
    "via Sparano 12/b, scala “A”",
    "perché l’operatore è d’accordo: 100%",
    "Prima riga\nseconda riga (con parentesi)\nterza",
    "12/03/2026",
    "1.250,50",
    "Łucja Özdemir",
    "Consegnati i documenti; si rivedono lunedì alle 9:30",
)


@dataclass(frozen=True)
class Ending:
    """What became of a file: the outcome, or what is wrong; the seconds that it took."""

    name: str
    seconds: float

    @property
    def wrong(self) -> bool:
        return self.name.startswith("wrong")


def read(content: bytes, versions: Mapping[str, str] = VERSIONS) -> tuple[Triage | None, str, float]:
    """The triage of a file, or how its reader ended; the seconds."""
    before = time.monotonic()
    try:
        found = apart(returned.read, content, megabytes=MEGABYTES)
    except FileError as error:
        crash = str(error.__cause__).strip()
        killed = isinstance(error.__cause__, ChildProcessError) and error.__cause__.args[0] < 0
        limit = killed or "MemoryError" in crash or "timed out" in crash
        return None, "given up at a limit" if limit else f"wrong: {crash.splitlines()[-1]}", time.monotonic() - before
    return judged(found, versions=versions), "", time.monotonic() - before


def of_others(content: bytes) -> Ending:
    """What becomes of any file at all."""
    told, end, seconds = read(content)
    if told is None:
        return Ending(end, seconds)
    whole = told.message.endswith((".", ")")) and len(told.message) > 20
    taken = "wrong: taken for ours" if told.readable else ("" if whole else "wrong: no sentence")
    return Ending(taken or told.outcome.value, seconds)


# ── our own, saved by the programs of others ─────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Original:
    """A file as a program saved it: its name, what its fields hold, the names of its fields as it was issued."""

    name: str
    content: bytes
    values: Mapping[str, object]
    issued: tuple[str, ...]
    versions: Mapping[str, str]

    def judged(self, told: Triage) -> Triage:
        """The same beside what was issued, which the house knows."""
        return beside(told, self.issued, versions=self.versions)


def original(name: str, content: bytes, issue: bytes) -> Original:
    found = returned.read(content)
    (who, *_) = found.identities
    names = tuple(one for one, _ in returned.read(issue).fields)
    return Original(name, content, _values(found), names, {who.form: who.version})


def drawn() -> tuple[Original, ...]:
    """A small form filled, as one piece and with what was filled added at its end; with its objects one by one, and packed."""
    form = issued()
    blank = form.content()
    squeezed = packed(PdfWriter(clone_from=PdfReader(io.BytesIO(filled(blank)))), bytes(16))
    made = {
        "drawn, whole": filled(blank),
        "drawn, added": filled(blank, added=True),
        "drawn, packed": squeezed,
        "drawn, packed and added": filled(packed(form.writer, bytes(16)), added=True),
    }
    return tuple(original(name, content, blank) for name, content in made.items())


@cache
def saved() -> tuple[Original, ...]:
    """The forms of the kit, filled by every program that is here, and then written again by those that do."""
    made = []
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        knock(root, "demo", str(root / "kit"))
        for form, words in FORMS.items():
            blank = Path(knock(root / "kit", "ask", form, *words).out.strip()).read_bytes()
            for program, one in PROGRAMS.items():
                if one.lacks():
                    continue
                folder = Path(tempfile.mkdtemp(dir=root))
                content = one.fill(blank, _answers(blank, f"{form} {program}", latin=program == "PDFBox"), folder)
                made.append(original(f"{form}, {program}", content, blank))
                if program in ("pdfium", "pdf.js"):
                    again = [writer for writer in REWRITING if not lacking(writer)]
                    made += [_again(f"{form}, {program}", writer, content, blank, root) for writer in again]
    return tuple(made)


def _again(name: str, writer: str, content: bytes, blank: bytes, root: Path) -> Original:
    folder = Path(tempfile.mkdtemp(dir=root))
    return original(f"{name}, {writer}", rewritten(writer, content, folder), blank)


def _answers(blank: bytes, seed: str, *, latin: bool) -> dict[str, str | bool]:
    """Answers in some of the fields; PDFBox writes no letter that is not Latin."""
    chance = random.Random(seed)  # noqa: S311
    form = returned.read(blank).form
    assert form is not None, "an issued form can be read"
    fields = [one for one in form.fields if one.name != identity.FIELD and not one.read_only]
    texts = [one for one in fields if one.kind == "testo"]
    asked = chance.sample(texts, min(len(texts), 14))
    answers: dict[str, str | bool] = {one.name: _text(one, chance, latin=latin) for one in asked}
    answers |= {one.name: chance.choice(one.options)[1] for one in fields if one.kind == "elenco" and chance.random() < 0.5}
    return answers | {one.name: True for one in fields if one.kind == "spunta" and chance.random() < 0.4}


def _text(field: Field, chance: random.Random, *, latin: bool) -> str:
    text = chance.choice(TEXTS)[: field.length]
    return text.encode("cp1252", "ignore").decode("cp1252") if latin else text


# ── and then hurt ────────────────────────────────────────────────────────────────────────────────────────────────────


def hurt(count: int, seed: str, files: tuple[Original, ...]) -> Iterator[tuple[Original, str, bytes]]:
    """So many hurt copies, each with the way in which it was hurt."""
    chance = random.Random(seed)  # noqa: S311
    for turn in range(count):
        file, (how, blow) = files[turn % len(files)], chance.choice([*HURTS.items()])
        yield file, how, blow(file.content, chance)


def of_ours(file: Original, copy: bytes) -> Ending:
    """What became of a hurt copy, or of one that was not."""
    told, end, seconds = read(copy, file.versions)
    if told is None:
        return Ending(end, seconds)
    told = file.judged(told)
    if not told.readable or not told.sure:
        return Ending("refused" if not told.readable else f"{told.outcome}, with a doubt", seconds)
    assert told.returned is not None, "what can be read was read"
    if _same(file.values, _values(told.returned)):
        return Ending("whole" if told.outcome is Outcome.READY else told.outcome.value, seconds)
    return Ending(f"wrong: misread, {file.name}", seconds)


def _same(before: Mapping[str, object], now: Mapping[str, object]) -> bool:
    return all(before.get(name) == now.get(name) for name in before.keys() | now.keys())


def _values(found: returned.Returned) -> dict[str, object]:
    assert found.form is not None, "what can be read has a form"
    return {field.name: field.value for field in found.form.fields if field.name != identity.FIELD}
