"""A form goes out, someone fills it in a program of their own, and it comes back: what they wrote is what is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop_docs.apart import apart
from pitstop_docs.fillers import returned
from pitstop_docs.fillers.markup import Value
from pitstop_docs.identity import FIELD
from tests.roundtrip import PROGRAMS, REWRITING, lacking, rewritten
from tests.test_widgets import BOTH, WHO, made

pytest.importorskip("weasyprint", reason="WeasyPrint, or its Pango, is not installed", exc_type=(ImportError, OSError))

PRINTED: dict[str, Value] = {
    "/nome": "Ğülşen Őrség",
    "/colloqui/r1/sintesi": "già\nscritto",
    "/stato": "coniugato",
    "/vivo": True,
    "/lingue": ("fr",),
    "/cf": "RSSMRA85T10A662P",
}
KEPT = {
    "/nome": "Ğülşen Őrség",
    "/colloqui/r1/sintesi": "già\nscritto",
    "/colloqui/r1/data": None,
    "/stato": "coniugato",
    "/vivo=si": "Yes",
    "/vivo=no": None,
    "/lingue=it": None,
    "/lingue=fr": "Yes",
    "/lingue=ar": None,
    "/cf": "RSSMRA85T10A662P",
}
"""How the reader says what was printed."""
TYPED: dict[str, str | bool] = {
    "/nome": "Мирослава Łódź محمد",
    "/colloqui/r1/sintesi": "perché «così» – l’età\n\n(a\\b) 100% <&> riga\nultima",
    "/colloqui/r1/data": "31/12/2026",
    "/stato": "libera/o",
    "/vivo=si": False,
    "/vivo=no": True,
    "/lingue=it": True,
    "/lingue=fr": False,
    "/lingue=ar": True,
    "/cf": "VRDLCU90A01F205X",
}
WRITTEN = {name: "Yes" if told is True else told or None for name, told in TYPED.items()} | {"/stato": "libero"}


def read(pdf: bytes) -> tuple[dict[str, object], dict[str, object], returned.Returned]:
    """What fields hold, what they held when they were printed, and all that was read of the file."""
    told = apart(returned.read, pdf)
    assert told.form is not None, told.obstacle
    fields = [one for one in told.form.fields if one.name != FIELD]
    return {one.name: one.value for one in fields}, {one.name: one.default for one in fields}, told


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_was_typed_in_a_program_is_what_is_read(name: str, tmp_path: Path) -> None:
    if reason := PROGRAMS[name].lacks():
        pytest.skip(reason)
    values, printed, told = read(PROGRAMS[name].fill(made(PRINTED), TYPED, tmp_path))
    assert values == WRITTEN
    assert printed == KEPT
    assert {one.identity for one in told.sightings} == {WHO}
    assert dict(told.fields) == BOTH


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_nobody_touched_is_as_it_was_printed(name: str, tmp_path: Path) -> None:
    if reason := PROGRAMS[name].lacks():
        pytest.skip(reason)
    values, printed, _ = read(PROGRAMS[name].fill(made(PRINTED), {"/cf": "VRDLCU90A01F205X"}, tmp_path))
    assert values == {**KEPT, "/cf": "VRDLCU90A01F205X"}
    assert printed == KEPT


@pytest.mark.parametrize("name", REWRITING)
def test_a_file_that_was_written_again_still_says_everything(name: str, tmp_path: Path) -> None:
    if reason := lacking(name):
        pytest.skip(reason)
    values, printed, told = read(rewritten(name, made(PRINTED), tmp_path))
    assert values == printed == KEPT
    assert WHO in {one.identity for one in told.sightings}
