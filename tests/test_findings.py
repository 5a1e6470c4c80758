"""What is missing is told once, in one order, in words that say where and what to do."""

import json
from dataclasses import replace

from pitstop_docs.findings import (
    Finding,
    Severity,
    as_json,
    as_text,
    in_order,
    line_of,
    pattern_of,
    pointer_tokens,
)

LATE = Finding(
    "CASE-008",
    Severity.BLOCKING,
    "pai",
    1,
    "/obiettivi/1/scadenza",
    "Obiettivi 2, Scadenza",
    "La scadenza è dopo la fine del PAI.",
    "Anticiparla.",
    "AS",
    "Domanda 6.2",
)
TITLES = {"pai": "D10 PAI"}
ROLES = {"AS": "assistente sociale", "TUTOR": "tutor"}


def test_findings_are_told_by_place_and_each_once() -> None:
    paths = ["/obiettivi/10/scadenza", "/obiettivi/9/scadenza", "/obiettivi", "", "/azioni", "/obiettivi/9/codice"]
    found = in_order([*(replace(LATE, path=path) for path in paths), replace(LATE, path=""), replace(LATE, form="deroga")])
    assert [(one.form, one.path) for one in found] == [
        ("deroga", "/obiettivi/1/scadenza"),
        ("pai", ""),
        ("pai", "/azioni"),
        ("pai", "/obiettivi"),
        ("pai", "/obiettivi/9/codice"),
        ("pai", "/obiettivi/9/scadenza"),
        ("pai", "/obiettivi/10/scadenza"),
    ]


def test_at_one_place_what_weighs_more_comes_first() -> None:
    mild = [replace(LATE, severity=severity, rule="A-001") for severity in (Severity.INFO, Severity.WARNING)]
    assert [one.severity for one in in_order([*mild, LATE])] == [Severity.BLOCKING, Severity.WARNING, Severity.INFO]


def test_a_key_of_five_thousand_digits_is_no_row_number() -> None:
    monster = replace(LATE, path=f"/{'9' * 5000}")
    assert in_order([monster, LATE]) == [monster, LATE]


def test_a_waived_finding_stays_in_sight_and_blocks_no_more() -> None:
    waived = replace(LATE, waived=True, waiver="Deroga n. 1 (coordinatore), fino al 30/06/2026.")
    assert (LATE.blocks, waived.blocks, replace(LATE, severity=Severity.WARNING).blocks) == (True, False, False)
    line = line_of(waived, TITLES)
    assert line.startswith("derogato ")
    assert line.endswith("Anticiparla. Deroga n. 1 (coordinatore), fino al 30/06/2026. [CASE-008]")


def test_a_line_says_how_much_where_what_and_what_to_do() -> None:
    said = "D10 PAI, Obiettivi 2, Scadenza – La scadenza è dopo la fine del PAI. Anticiparla. [CASE-008]"
    assert line_of(LATE, TITLES) == f"bloccante  {said}"
    assert line_of(replace(LATE, number=2), TITLES).startswith("bloccante  D10 PAI n. 2, Obiettivi 2, Scadenza – ")
    assert line_of(replace(LATE, form="nuovo", label=""), TITLES).startswith("bloccante  nuovo – La scadenza")


def test_staff_read_them_by_who_must_act_and_the_blocking_ones_first() -> None:
    early = replace(LATE, path="/azioni", label="Azioni", severity=Severity.INFO)
    text = as_text([early, replace(LATE, who="TUTOR"), LATE, replace(early, who="RUP")], TITLES, ROLES)
    lines = text.splitlines()
    assert [line for line in lines if not line.startswith(" ")] == ["Assistente sociale:", "RUP:", "Tutor:"]
    assert [line.split()[0] for line in lines[:3]] == ["Assistente", "bloccante", "info"]
    assert as_text([], TITLES, ROLES) == ""


def test_programs_read_every_part_of_a_finding() -> None:
    assert json.loads(as_json([LATE])) == [
        {
            "rule": "CASE-008",
            "severity": "bloccante",
            "form": "pai",
            "number": 1,
            "path": "/obiettivi/1/scadenza",
            "label": "Obiettivi 2, Scadenza",
            "message": "La scadenza è dopo la fine del PAI.",
            "remedy": "Anticiparla.",
            "who": "AS",
            "source": "Domanda 6.2",
            "waived": False,
            "waiver": "",
        }
    ]
    assert "è dopo" in as_json([LATE]), "accents stay readable"
    assert as_json([]) == "[]"


def test_a_pointer_is_read_as_rfc_6901_says() -> None:
    assert pointer_tokens("/a~1b/m~0n/~01/") == ["a/b", "m~n", "~1", ""]
    assert pointer_tokens("") == []
    assert pattern_of("/obiettivi/12/azioni/0/voce2") == "/obiettivi/*/azioni/*/voce2"
    assert pattern_of("/obiettivi/3") == "/obiettivi/*"
