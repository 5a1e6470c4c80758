"""A form is known by any place that still says whose it is; two that say another are never believed."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from pitstop_docs.fillers.returned import read
from pitstop_docs.triage import Outcome, judged
from tests.acroforms import WHO, Pdf, filled, issued, value

CARRIERS = ("field", "attachment", "metadata", "information", "pages")
VERSIONS = {WHO.form: WHO.version}
ANOTHER = replace(WHO, case="PST-002")


def form() -> Pdf:
    return issued(carriers="")


def code(pdf: Pdf) -> None:
    """A QR code on the first page, dot by dot."""
    segno = pytest.importorskip("segno")
    pytest.importorskip("zxingcpp")
    pytest.importorskip("pypdfium2")
    rows = list(segno.make(WHO.text(), error="m", micro=False).matrix_iter(border=0))
    side = 72 / 25.4 * 25 / len(rows)
    dots = [
        f"{450 + x * side:.2f} {780 - y * side:.2f} {side:.2f} {side:.2f} re f"
        for y, row in enumerate(rows)
        for x, dark in enumerate(row)
        if dark
    ]
    pdf.pages[0].update(value({"/Contents": pdf.add(" ".join(dots).encode())}))


@pytest.mark.parametrize("carrier", [*CARRIERS, "code"])
def test_one_place_is_enough(carrier: str) -> None:
    pdf = form()
    if carrier == "code":
        code(pdf)
    else:
        pdf.say(WHO, carriers=carrier)
    found = judged(read(filled(pdf.content())), versions=VERSIONS)
    assert (found.identity, found.readable) == (WHO, True)
    assert found.outcome is (Outcome.READY if carrier == "attachment" else Outcome.DOUBTFUL)


@pytest.mark.parametrize(("one", "other"), [*permutations(CARRIERS, 2)])
def test_two_places_that_say_another_are_told_and_nothing_is_taken(one: str, other: str) -> None:
    pdf = form()
    pdf.say(WHO, carriers=one)
    pdf.say(ANOTHER, carriers=other)
    found = judged(read(filled(pdf.content())), versions=VERSIONS)
    assert (found.outcome, found.identity, found.readable) == (Outcome.DISCORDANT, None, False)
    assert "caso PST-001" in found.message and "caso PST-002" in found.message
