"""A form goes out, someone fills it in a program of their own, and it comes back: what they wrote is what is read."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from pitstop_docs.apart import apart
from pitstop_docs.fillers import returned
from pitstop_docs.fillers.markup import Value
from pitstop_docs.fillers.pdfvalues import Oddity
from pitstop_docs.identity import FIELD
from tests.pens import fill
from tests.rounds import Office, State, drawn, ending, furnished, issued
from tests.roundtrip import PROGRAMS, REWRITING, VIEWERS, lacking, rewritten
from tests.scribe import ASTRAL
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


@cache
def sent() -> bytes:
    return made(PRINTED)


def read(pdf: bytes) -> tuple[dict[str, object], dict[str, object], returned.Returned]:
    """What fields hold, what they held when they were printed, and all that was read of the file."""
    told = apart(returned.read, pdf)
    assert told.form is not None, told.obstacle
    fields = [one for one in told.form.fields if one.name != FIELD]
    return {one.name: one.value for one in fields}, {one.name: one.default for one in fields}, told


ROUNDS = {
    "pdfium": ("colloquio", State.PRINTED),
    "MuPDF": ("deroga", State.PRINTED),
    "poppler": ("presa_in_carico", State.PRINTED),
    "pdf.js": ("requisiti", State.PRINTED),
    "pdf-lib": ("segnalazione", State.BLANK),
    "pdftk": ("tutor", State.MORE),
    "PDFBox": ("informativa", State.BLANK),
}
"""The form that each program is given with random answers; the sweep gives every form to each."""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return furnished(tmp_path_factory.mktemp("office"))


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_was_typed_in_a_program_is_what_is_read(name: str, office: Office, tmp_path: Path) -> None:
    if reason := PROGRAMS[name].lacks():
        pytest.skip(reason)
    page = issued(office, *ROUNDS[name])
    told = drawn(page, name)
    alone = {"/cf": "VRDLCU90A01F205X"}
    every, little, random = PROGRAMS[name].fill_all([(sent(), TYPED), (sent(), alone), (page.content, told.typed)], tmp_path)
    values, printed, file = read(every)
    assert values == WRITTEN
    assert printed == KEPT
    assert {one.identity for one in file.sightings} == {WHO}
    assert dict(file.fields) == BOTH
    assert read(little)[:2] == ({**KEPT, **alone}, KEPT), "what nobody touched is as it was printed"
    found = ending(office.stopped(), page, told, random)
    assert found.wrong == ()
    assert found.kept > 5


def test_what_a_program_makes_of_letters_that_it_does_not_know_is_not_taken(office: Office, tmp_path: Path) -> None:
    if reason := PROGRAMS["pdfium"].lacks():
        pytest.skip(reason)
    page = issued(office, "colloquio", State.BLANK)
    told = drawn(page, "pdfium", ASTRAL)
    [pdf] = PROGRAMS["pdfium"].fill_all([(page.content, told.typed)], tmp_path)
    found = ending(office.stopped(), page, told, pdf)
    assert (found.lost, found.changed, found.wrong) == (0, 0, ())
    assert found.told > 1


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("픘픫픦", True),  # of letters of mathematics
        ("한국어", False),
        ("bene \uf917", True),  # of an emoji
        ("ᄌᄋᄴ", True),  # of Chakma
        ("ഌഗഥ", True),  # of Rohingya
        ("മലയാളം", False),
    ],
)
def test_letters_that_chrome_puts_in_the_place_of_pasted_ones_are_told(typed: str, told: bool) -> None:
    form = read(fill(sent(), {"/nome": typed}))[2].form
    assert form is not None
    assert [one.name for one in form.fields if Oddity.REPLACED in one.oddities] == ["/nome"] * told


@pytest.mark.parametrize("name", VIEWERS)
def test_what_was_typed_in_a_viewer_with_mouse_and_keyboard_is_what_is_read(name: str, office: Office, tmp_path: Path) -> None:
    if reason := VIEWERS[name].lacks():
        pytest.skip(reason)
    page = issued(office, "colloquio", State.PRINTED)
    told = drawn(page, name)
    [pdf] = VIEWERS[name].fill_all([(page.content, told.typed)], tmp_path)
    found = ending(office.stopped(), page, told, pdf)
    assert found.wrong == ()
    assert found.kept > 5


@pytest.mark.parametrize("name", REWRITING)
def test_a_file_that_was_written_again_still_says_everything(name: str, tmp_path: Path) -> None:
    if reason := lacking(name):
        pytest.skip(reason)
    values, printed, told = read(rewritten(name, sent(), tmp_path))
    assert values == printed == KEPT
    assert WHO in {one.identity for one in told.sightings}
