"""A field that shows something else than it holds is told; what a program cannot draw, or leaves as it was, is not."""

from __future__ import annotations

from typing import Any

import pytest

from pitstop_docs.fillers.pdfvalues import Oddity
from pitstop_docs.fillers.returned import read
from tests.acroforms import Pdf, issued, value


def drawing(form: Pdf, text: str) -> Any:
    """What a viewer draws for a text."""
    font = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica", "/Encoding": "/WinAnsiEncoding"}
    escaped = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)").encode("cp1252", "replace")
    stream = value(b"/Tx BMC BT /F1 9 Tf 2 4 Td (%s) Tj ET EMC" % escaped)
    keys = {"/Type": "/XObject", "/Subtype": "/Form", "/BBox": [0, 0, 200, 20], "/Resources": {"/Font": {"/F1": font}}}
    stream.update(value(keys))
    return form.writer._add_object(stream)


def odd(form: Pdf, name: str = "/luogo") -> tuple[Oddity, ...]:
    """What is odd about a field."""
    found = read(form.content())
    assert found.form
    return next(one.oddities for one in found.form.fields if one.name == name)


def shown(drawn: str, held: str | None, printed: str = "", **told: object) -> tuple[Oddity, ...]:
    form = issued()
    form.field("/altro", V=held, DV=printed, AP={"/N": drawing(form, drawn)}, **told)
    return odd(form, "/altro")


@pytest.mark.parametrize(
    ("drawn", "held"),
    [
        ("Bari", "Bari"),
        ("Prima riga seconda (riga)", "Prima riga\nseconda (riga)"),
        ("1 2 / 0 3", "12/03"),
        ("perche l’età", "perché l’età"),  # the accent was typed after its letter
        ("ulen ?", "Ğülşen Ț"),
        ("", "Мирослава"),
        ("u cio", "uﬃcio"),
        ("ucja Ozdemir", "Łucja Özdemir"),
        ("", ""),
        ("—", ""),
    ],
)
def test_what_is_drawn_as_far_as_a_program_can_is_what_the_field_holds(drawn: str, held: str) -> None:
    assert shown(drawn, held) == ()


@pytest.mark.parametrize(
    ("drawn", "held"),
    [
        ("Bari", "Bbri"),
        ("Bari", "Beri"),
        ("già", "giä"),
        ("Bari", None),
        ("Bari", "łari"),
        ("scala A", "scala0A"),
        ("", "Bari"),
        ("12", "1²"),
    ],
)
def test_a_field_in_which_something_else_is_seen_is_told(drawn: str, held: str | None) -> None:
    found = shown(drawn, held, printed="Prima")
    assert Oddity.UNLIKE in found


def test_a_drawing_that_was_left_as_it_was_printed_says_nothing() -> None:
    assert shown("Prima", "Dopo", printed="Prima") == ()


def test_a_choice_is_seen_by_its_label() -> None:
    options = [["-", "—"], ["si", "Attivata"], ["no", "Non attivata"]]
    assert shown("Attivata", "si", "-", FT="/Ch", Ff=1 << 17, Opt=options) == ()
    assert shown("Non attivata", "si", "-", FT="/Ch", Ff=1 << 17, Opt=options) == (Oddity.UNLIKE,)


def test_a_drawing_that_two_fields_share_says_nothing_of_either() -> None:
    form = issued()
    both = drawing(form, "Bari")
    form.field("/uno", V="Bari", DV="", AP={"/N": both})
    form.field("/due", V="Lecce", DV="", AP={"/N": both})
    assert (odd(form, "/uno"), odd(form, "/due")) == ((), ())
