"""Every file of tests/cases finds what it says that it must, at the place and in the words that it says, and nothing else."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from pitstop_docs.answers import leaves
from pitstop_docs.checks import Pack
from pitstop_docs.findings import Finding, Severity
from tests.casebook import FILES, FOLDER, Told, kit, read

NAMES = [path.relative_to(FOLDER).with_suffix("").as_posix() for path in FILES]
Key = tuple[object, ...]


@pytest.mark.parametrize("name", NAMES)
def test_the_case_finds_what_it_says(name: str) -> None:
    told = read(name)
    found = told.findings()
    expected = [_expected(told, one) for one in told.expect]
    assert Counter(_key(one) for one in found if _counts(one, expected)) == Counter(expected)
    messages = {(_key(one), one.message) for one in found}
    for one in told.expect:
        assert "says" not in one or (_expected(told, one), one["says"]) in messages


@pytest.mark.parametrize("name", NAMES)
def test_the_words_are_whole_sentences_without_a_personal_value(name: str) -> None:
    told = read(name)
    private = set(_private(told))
    for finding in told.findings():
        for sentence in (finding.message, finding.remedy):
            assert re.fullmatch(r"[A-ZÈ«].+\.", sentence), sentence
            assert not re.search(r"[{}]|\bNone\b|  |«»|'", sentence), sentence
            assert not [value for value in private if value in sentence]


def test_every_kind_has_a_case_without_findings() -> None:
    clean = {name.partition("/")[0] for name in NAMES if not read(name).expect}
    assert clean == set(kit(read("pai/clean").today).templates)


def test_every_sentence_of_every_rule_is_told_by_some_case() -> None:
    pack = kit(read("pai/clean").today).pack
    found = [finding for name in NAMES for finding in read(name).findings()]
    assert not {(rule, sentence) for rule, sentence in _sentences(pack) if not _told(rule, sentence, found)}


def _counts(finding: Finding, expected: list[Key]) -> bool:
    """A mere information counts only where the case speaks of it."""
    return finding.severity is not Severity.INFO or _key(finding) in expected


def _key(finding: Finding) -> Key:
    return (finding.rule, finding.form, finding.number, finding.path, finding.severity.value, finding.waived)


def _expected(told: Told, one: Mapping[str, Any]) -> Key:
    template = kit(told.today).template(told.kind)
    number = one.get("number", told.number or 1) if one.get("form", template.form) == template.form else one.get("number", 1)
    waived = one.get("waived", False)
    return (one["rule"], one.get("form", template.form), number, one["path"], one["severity"], waived)


def _private(told: Told) -> list[str]:
    """The texts of the answers that not everybody may read; the city is in the rules' own sentences."""
    workspace = kit(told.today)
    return [
        value
        for record in told.records(workspace)
        for _, value, schema in leaves(workspace.form(record.form).schema, record.data)
        if schema.get("x-privacy", "comune") != "comune" and isinstance(value, str) and "enum" not in schema
        if len(value) > 3 and value != "Bari"
    ]


def _sentences(pack: Pack) -> list[tuple[str, str]]:
    return [(rule.id, one) for rule in pack.rules for one in (*rule.messages.values(), *rule.remedies.values())]


def _told(rule: str, sentence: str, found: list[Finding]) -> bool:
    pattern = re.compile(re.sub(r"\\\{\w+\\\}", ".+", re.escape(sentence)))
    return any(pattern.fullmatch(one.message) or pattern.fullmatch(one.remedy) for one in found if one.rule == rule)
