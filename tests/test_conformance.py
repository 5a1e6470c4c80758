"""What is sent and what is put away conform to the standards that they name, in the judgement of veraPDF."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance import judged, lacks
from tests.test_archiving import copy, keep, kit_at
from tests.test_widgets import ALL, made


def test_forms_pass_for_everybody_and_archive_copies_for_ever_too(tmp_path: Path) -> None:
    if reason := lacks():
        pytest.skip(reason)
    kit = kit_at(tmp_path)
    blank, full, kept = made(), made(ALL), copy(kit, keep(kit)).read_bytes()
    found = judged([(blank, "ua1"), (full, "ua1"), (kept, "ua1"), (kept, "3a"), (full, "3a")])
    assert found[:4] == [[], [], [], []]
    assert any(rule.startswith("6.6.4-1: ") for rule in found[4]), "a form does not call itself PDF/A, and that is told"
