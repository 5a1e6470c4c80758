"""Every file of tests/cases finds what it says that it must, at the place and in the words that it says, and nothing else."""

from __future__ import annotations

import pytest

from pitstop_docs.findings import Finding, Severity
from pitstop_docs.forms import leaves
from tests.casebook import FILES, FOLDER, Told, read

NAMES = [path.relative_to(FOLDER).with_suffix("").as_posix() for path in FILES]


@pytest.mark.parametrize("name", NAMES)
def test_the_case_finds_what_it_says(name: str) -> None:
    told = read(name)
    found = {_key(one): one for one in told.findings()}
    expected = {_expected(told, one): one for one in told.expect}
    loud = {key for key, one in found.items() if one.severity is not Severity.INFO or key in expected}
    assert loud == set(expected)
    for key, one in expected.items():
        assert one.get("says", found[key].message) == found[key].message
        assert one.get("cure", found[key].remedy) == found[key].remedy
    for finding in found.values():
        _plain_words(told, finding)


def _key(finding: Finding) -> tuple[object, ...]:
    where = (finding.form, finding.number, finding.path)
    return (finding.rule, finding.severity.value, *where, finding.waived, finding.message)


def _expected(told: Told, one: dict[str, object]) -> tuple[object, ...]: ...
