"""The shipped templates are sound, and a mistake in any of them is told where it was made."""

import pytest

from pitstop_docs.errors import KitError
from pitstop_docs.findings import Severity
from pitstop_docs.lint import word
from tests.mutants import KIT, OPERATORS, Original, linted, mutants, printed, refused

ORIGINALS = {kind: Original.of(template) for kind, template in KIT.templates.items() if template.path.suffix == ".docx"}
PER_TEMPLATE = 9
LEAST = 0.97
LEAST_OF_EACH = 60
each_template = pytest.mark.parametrize("original", ORIGINALS.values(), ids=list(ORIGINALS))


@each_template
def test_a_shipped_template_has_no_flaw(original: Original) -> None:
    assert linted(original.template, original.story.content) == []
    assert [one for one in word.flaws(original.story) if one.severity is not Severity.INFO] == []


@pytest.mark.parametrize("operator", [name for name in OPERATORS if name != "noise"])
def test_a_mistake_is_told_where_it_was_made(operator: str) -> None:
    """At least 97 in 100 of each kind of mistake; of a tag that docxtpl heals, nothing is told."""
    made = [one for original in ORIGINALS.values() for one in mutants(original, operator, PER_TEMPLATE, seed="a")]
    missed = [str(one) for one in made if not one.found()]
    assert len(made) >= LEAST_OF_EACH
    assert len(missed) <= (1 - LEAST) * len(made), "\n".join([f"{len(missed)} of {len(made)} were missed:", *missed])


@each_template
def test_a_tag_that_docxtpl_heals_prints_as_if_it_were_whole(original: Original) -> None:
    whole = printed(original.template, original.story.content, 1)
    for mutant in mutants(original, "split", 2, seed="b"):
        assert printed(original.template, mutant.content, 1) == whole, mutant.done


@each_template
def test_whatever_is_done_to_a_tag_linter_and_docxtpl_agree(original: Original) -> None:
    """What docxtpl cannot read is told before; what is not told to block becomes a document."""
    for mutant in mutants(original, "noise", 5, seed="c"):
        said = refused(mutant.content)
        assert mutant.told or not said, f"{mutant}\n{said}"
        if not any(one.blocks for one in mutant.told):
            for size in (None, 1):
                try:
                    printed(mutant.template, mutant.content, size)
                except KitError as error:
                    pytest.fail(f"{mutant}\n{error}")
