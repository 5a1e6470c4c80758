"""Returned files that were hurt on the way, and files of others: each is read or refused in a sentence, and never misread.

How a misreading is judged: a file that `triage` calls sure, and in which a field holds another value than the tutor gave,
though no changed byte stands in what the file itself says to be that value. (What was changed there is what stands in the
file: only the store and the schema can find it.)
"""

import io
import random
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from pypdf import PdfReader, PdfWriter

from pitstop_docs import identity
from pitstop_docs.apart import apart
from pitstop_docs.errors import FileError
from pitstop_docs.fillers import returned
from pitstop_docs.fillers.packed import packed
from pitstop_docs.triage import MEGABYTES, Triage, judged
from tests.acroforms import WHO, filled, issued

VERSIONS = {WHO.form: WHO.version}
TOLD = re.compile(rb"/(?:D?V|AS)\s*(\((?:\\.|[^\\)])*\)|<[0-9A-Fa-f\s]*>|/[^\s/<>\[\]()]*)", re.DOTALL)


@dataclass(frozen=True)
class Ending:
    """What became of a file: the outcome, or what is wrong; the seconds that it took."""

    name: str
    seconds: float

    @property
    def wrong(self) -> bool:
        return self.name.startswith("wrong")


def read(content: bytes) -> tuple[Triage | None, str, float]:
    """The triage of a file, or how its reader ended; the seconds."""
    before = time.monotonic()
    try:
        found = apart(returned.read, content, megabytes=MEGABYTES)
    except FileError as error:
        crash = str(error.__cause__).strip()
        limit = "MemoryError" in crash or "timed out" in crash
        return None, "given up at a limit" if limit else f"wrong: {crash.splitlines()[-1]}", time.monotonic() - before
    return judged(found, versions=VERSIONS), "", time.monotonic() - before


def of_others(content: bytes) -> Ending:
    """What becomes of any file at all."""
    told, end, seconds = read(content)
    if told is None:
        return Ending(end, seconds)
    whole = told.message.endswith((".", ")")) and len(told.message) > 20
    taken = "wrong: taken for ours" if told.readable else ("" if whole else "wrong: no sentence")
    return Ending(taken or told.outcome.value, seconds)


# ── our own, hurt ────────────────────────────────────────────────────────────────────────────────────────────────────


def originals() -> tuple[bytes, ...]:
    """A form filled, as one piece and with what was filled added at its end; with its objects one by one, and packed."""
    form = issued()
    blank = form.content()
    squeezed = packed(PdfWriter(clone_from=PdfReader(io.BytesIO(filled(blank)))), bytes(16))
    return filled(blank), filled(blank, added=True), squeezed, filled(packed(form.writer, bytes(16)), added=True)


def hurt(content: bytes, count: int, seed: str) -> Iterator[tuple[bytes, tuple[int, ...]]]:
    """Copies cut short and copies with changed bytes, and where these are (past the end for what was cut)."""
    chance = random.Random(seed)  # noqa: S311
    for turn in range(count):
        if turn % 4 == 0:
            end = chance.randrange(len(content))
            yield content[:end], (end,)
        else:
            copy = bytearray(content)
            places = tuple(chance.randrange(len(copy)) for _ in range((1, 1, 4, 16)[turn % 4]))
            for place in places:
                copy[place] = chance.choice([copy[place] ^ 1 << chance.randrange(8), chance.randrange(256)])
            yield bytes(copy), places


def of_ours(original: bytes, copy: bytes, places: tuple[int, ...]) -> Ending:
    """What became of a hurt copy."""
    told, end, seconds = read(copy)
    if told is None:
        return Ending(end, seconds)
    if not told.readable:
        return Ending("refused", seconds)
    if not told.sure:
        return Ending(f"{told.outcome}, with a doubt", seconds)
    if told.outcome != "pronto":
        return Ending(told.outcome.value, seconds)
    if _values(told) == _values(read(original)[0]):
        return Ending("whole", seconds)
    spans = [found.span(1) for found in TOLD.finditer(original)]
    inside = len(copy) == len(original) and any(start <= place < stop for start, stop in spans for place in places)
    return Ending("another value stands in the file" if inside else "wrong: misread", seconds)


def _values(told: Triage | None) -> dict[str, object]:
    assert told is not None, "the original can be read"
    assert told.returned is not None, "what can be read was read"
    assert told.returned.form is not None, "what can be read has a form"
    return {field.name: field.value for field in told.returned.form.fields if field.name != identity.FIELD}


def some(count: int, seed: str) -> Iterator[tuple[bytes, bytes, tuple[int, ...]]]:
    """So many hurt copies of all originals together."""
    files = originals()
    each = -(-count // len(files))
    made = ((file, *copy) for file in files for copy in hurt(file, each, seed))
    return islice(made, count)
