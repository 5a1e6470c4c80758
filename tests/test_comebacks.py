"""Whatever happened to a form on its way back, a person is told what it is; and what was hurt is never misread."""

from __future__ import annotations

import pytest

from pitstop_docs.fillers import returned
from pitstop_docs.triage import judged
from tests.bombs import BOMBS, MEGABYTE, grown, one_field
from tests.comebacks import VERSIONS, Original, drawn, hurt, of_others
from tests.journeys import JOURNEYS, Journey, told
from tests.post import Post


@pytest.fixture(scope="module")
def post(tmp_path_factory: pytest.TempPathFactory) -> Post:
    pytest.importorskip("weasyprint", reason="WeasyPrint, or its Pango, is not installed", exc_type=(ImportError, OSError))
    return Post.at(tmp_path_factory.mktemp("post"))


@pytest.mark.parametrize("journey", [one for one in JOURNEYS if one.ordinary], ids=lambda one: one.name)
def test_a_form_that_came_back_another_way_is_told_for_what_it_is(journey: Journey, post: Post) -> None:
    if reason := journey.lacks():
        pytest.skip(reason)
    found = told(journey, post)
    assert [one for one in journey.said if one not in found] == [], found


@pytest.mark.parametrize("file", drawn(), ids=lambda one: one.name)
def test_a_hurt_form_is_never_misread(file: Original) -> None:
    """What stands in a value of a file that draws nothing can be changed unseen: those bytes are left alone."""
    ends = set()
    for _, how, copy in hurt(40, file.name, (file,)):
        if how in ("in_a_field", "flipped", "riddled", "blotted"):
            continue
        found = judged(returned.read(copy), versions=VERSIONS)
        if found.sure and found.returned and found.returned.form:
            values = {one.name: one.value for one in found.returned.form.fields}
            assert {name: values.get(name) for name in file.values} == file.values, how
        ends.add(found.outcome)
    assert len(ends) > 2


CHEAP = (
    "fields that are twice in the one above, 40 times",
    "fields in fields, 20,000 deep",
    "a reference to itself",
    "pages in a ring",
)


@pytest.mark.parametrize("name", CHEAP)
def test_a_file_made_to_cost_its_reader_is_refused_in_a_sentence(name: str) -> None:
    found = of_others(BOMBS[name]())
    assert not found.wrong, found


def test_what_grows_while_it_is_unpacked_is_not_unpacked() -> None:
    assert of_others(one_field(b"5 0 R", grown(64 * MEGABYTE))).name == "danneggiato"
