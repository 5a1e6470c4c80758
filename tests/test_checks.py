"""What holds for all rules: when they are in force, whose numbers they use, what waives them, what they do with nonsense."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pitstop_docs import status
from pitstop_docs.checks import CHECKS, Pack, judge, load_pack
from pitstop_docs.errors import KitError
from pitstop_docs.findings import Finding, Severity
from tests.casebook import Told, kit, put, read
from tests.kits import CASE, ROOT, scalars

EXAMPLES = 40 * int(os.environ.get("PITSTOP_EXAMPLES", "1"))
TODAY = date(2026, 6, 30)
PACK = kit(TODAY).pack
WAIVER = {
    "data": "2026-06-01",
    "regola": "CASE-008",
    "caso": CASE,
    "modulo": "pai",
    "percorso": "/obiettivi/1/scadenza",
    "motivazione": "La scadenza dipende dal calendario del corso.",
    "autorizzata_da": {"ruolo": "COORD", "nome": "Vito Provacoordina"},
    "fino_al": "2026-09-30",
}


def judged(told: Told, pack: Pack, *rules: str) -> list[Finding]:
    """What these rules of this pack find."""
    desk = told.desk
    return judge(pack, rules, desk.situation(told.target(desk)), desk.workspace.forms)


def with_rule(id_: str, **changes: Any) -> Pack:
    """The shipped pack with one rule changed."""
    return replace(PACK, rules=tuple(replace(rule, **changes) if rule.id == id_ else rule for rule in PACK.rules))


def of(rule: str, found: list[Finding]) -> list[Finding]:
    return [one for one in found if one.rule == rule]


# ── the pack ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_each_check_has_its_rule_and_each_rule_says_who_acts_and_on_whose_word() -> None:
    assert sorted(rule.check.__name__ for rule in PACK.rules) == sorted(CHECKS)
    assert all(rule.who in PACK.roles and rule.source.endswith(".") for rule in PACK.rules)


def test_every_docstring_of_a_check_begins_with_the_rule_that_it_is() -> None:
    assert all((rule.check.__doc__ or "").startswith(f"{rule.id}: ") for rule in PACK.rules)


@pytest.mark.parametrize(
    ("since", "until", "applies"),
    [
        (None, None, True),
        (TODAY, TODAY, True),
        (TODAY + timedelta(days=1), None, False),
        (None, TODAY - timedelta(days=1), False),
    ],
)
def test_a_rule_applies_from_its_first_day_to_its_last(since: date | None, until: date | None, applies: bool) -> None:
    pack = with_rule("CASE-008", valid_from=since, valid_to=until)
    assert bool(judged(read("pai/no_deadline"), pack, "CASE-008")) is applies


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"params": {}}, "«CASE-008» è senza il parametro «fields»"),
        ({"messages": {"message": "Manca {nulla}."}}, "CASE-008"),
        ({"messages": {"message": "Manca {."}}, "CASE-008"),
    ],
)
def test_a_rule_that_its_pack_tells_wrong_is_the_kit_s_fault(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(KitError, match=said):
        judged(read("pai/no_indicator"), with_rule("CASE-008", **changes), "CASE-008")


def test_a_rule_that_points_to_no_form_is_the_kit_s_fault() -> None:
    params = {**_params("CASE-001"), "needs": {"pai": ["pagella"]}}
    with pytest.raises(KitError, match="«pagella», che non esiste"):
        judged(read("pai/clean"), with_rule("CASE-001", params=params), "CASE-001")


def test_a_rule_that_is_not_in_the_pack_is_the_kit_s_fault() -> None:
    with pytest.raises(KitError, match="«CASE-999», chiamata da un modello, non esiste"):
        judged(read("pai/clean"), PACK, "CASE-999")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"check": "no_such_check"}, "CASE-001"),
        ({"severity": "grave"}, "CASE-001"),
        ({"severities": {"date": "grave"}}, "CASE-001"),
        ({"valid_from": "ieri"}, "CASE-001"),
        ({"remedy": None}, None),
    ],
)
def test_a_malformed_rule_is_named_when_the_pack_is_read(change: dict[str, Any], said: str | None, tmp_path: Path) -> None:
    told = json.loads((ROOT / "rules" / "pitstop.json").read_text(encoding="utf-8"))
    told["rules"][0] = {key: value for key, value in {**told["rules"][0], **change}.items() if value is not None}
    path = tmp_path / "prova.json"
    path.write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(KitError, match=said or "remedy"):
        load_pack(path)


def _params(id_: str) -> dict[str, Any]:
    rule = PACK.rule(id_)
    assert rule
    return dict(rule.params)


# ── numbers that are not known, numbers that the project states ─────────────────────────────────────────────────────

NUMBERS = [(rule.id, name) for rule in PACK.rules for name, value in rule.params.items() if isinstance(value, int | None)]


@pytest.mark.parametrize(("id_", "name"), NUMBERS)
def test_a_number_that_is_not_known_is_told_and_stops_nothing(id_: str, name: str) -> None:
    pack = with_rule(id_, params={**_params(id_), name: None})
    for case in ("pai/renewed", "presa_in_carico/clean", "valutazione_intermedia/clean"):
        (finding,) = [one for one in judged(read(case), pack, id_) if one.path == "/parametri"]
        assert (finding.form, finding.severity, finding.blocks) == ("progetto", Severity.INFO, False)
        assert finding.message == f"La regola {id_} non si applica in tutto: non è ancora noto «{name}»."
        assert finding.who == "COORD"


def _stating(*values: str, name: str = "mesi", rule: str = "FMT-025") -> Told:
    rows = [
        {"regola": rule, "parametro": name, "valore": value, "fonte": "Convenzione 99/2025", "stato": "confermato"}
        for value in values
    ]
    return read("presa_in_carico/provisional_cf_old").changed(**{"/progetto/parametri": rows})


@pytest.mark.parametrize(
    ("value", "kept"), [("6", True), ("7", True), ("8", False), (" 8 ", False), ("8,0", False), ("8.5", False)]
)
def test_the_project_s_number_takes_the_place_of_the_pack_s(value: str, kept: bool) -> None:
    assert bool(judged(_stating(value), PACK, "FMT-025")) is kept


def test_the_last_of_two_numbers_counts() -> None:
    assert judged(_stating("8", "6"), PACK, "FMT-025")
    assert not judged(_stating("6", "8"), PACK, "FMT-025")


def test_another_rule_s_number_changes_nothing() -> None:
    (finding,) = judged(_stating("8", rule="FMT-024"), PACK, "FMT-025")
    assert finding.path == "/cf"


@pytest.mark.parametrize("value", ["otto", "-8", "1.234", "8e1", "٨", "8 mesi", "9" * 21, "1000001", "NaN", "Infinity", "8,5,1"])
def test_a_value_that_is_no_clear_number_is_told_and_the_pack_s_stays(value: str) -> None:
    odd, old = judged(_stating(value), PACK, "FMT-025")
    assert (odd.form, odd.path, odd.severity) == ("progetto", "/parametri/0/valore", Severity.WARNING)
    assert odd.label == "Parametri delle regole 1, Valore"
    assert odd.message == "Il valore non è un numero che si possa usare: per la regola FMT-025 vale quello del pacchetto."
    assert old.path == "/cf"


@pytest.mark.parametrize(
    ("rule", "name", "said"),
    [
        ("FMT-025", "anni", "La regola FMT-025 non ha un parametro numerico con questo nome. I suoi sono: mesi."),
        (
            "FMT-024",
            "giorni",
            "La regola FMT-024 non ha un parametro numerico con questo nome. "
            "I suoi sono: giorni_per_il_rinnovo, giorni_preavviso.",
        ),
        (
            "FMT-022",
            "ended",
            "La regola FMT-022 non ha un parametro numerico con questo nome. Non ne ha che il progetto possa cambiare.",
        ),
    ],
)
def test_a_parameter_that_the_rule_does_not_have_is_told(rule: str, name: str, said: str) -> None:
    odd = judged(_stating("8", name=name, rule=rule), PACK, rule)[0]
    assert (odd.path, odd.severity, odd.message) == ("/parametri/0/parametro", Severity.WARNING, said)


# ── waivers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _waived(name: str = "pai/no_deadline", rule: str = "CASE-008", **changes: Any) -> list[Finding]:
    return of(rule, read(name).changed(**{"/deroga": [{**WAIVER, **changes}]}).findings())


def test_a_waived_finding_stays_in_sight_says_by_whom_and_no_longer_blocks() -> None:
    (finding,) = _waived()
    assert (finding.severity, finding.waived, finding.blocks) == (Severity.BLOCKING, True, False)
    assert finding.waiver == "Deroga n. 1 (coordinatore comunale), fino al 30/09/2026."


@pytest.mark.parametrize(
    "changes",
    [
        {"fino_al": "2026-06-30"},
        {"data": "2026-06-30"},
        {"caso": None},
        {"modulo": None},
        {"percorso": None},
        {"percorso": "/obiettivi"},
        {"percorso": "/obiettivi/1/"},
    ],
)
def test_a_waiver_covers_what_it_names_and_all_that_is_under_it(changes: dict[str, Any]) -> None:
    assert [finding.waived for finding in _waived(**changes)] == [True]


@pytest.mark.parametrize(
    "changes",
    [
        {"fino_al": "2026-06-29"},
        {"fino_al": None},
        {"fino_al": "presto"},
        {"data": "2026-07-01"},
        {"data": None},
        {"caso": "PST-002"},
        {"modulo": "persona"},
        {"regola": "CASE-009"},
        {"regola": None},
        {"percorso": "/obiettivi/1/indicatore"},
        {"percorso": "/obiettivi/10"},
        {"percorso": "/obiettivi/1/scad"},
        {"motivazione": " "},
        {"autorizzata_da": None},
        {"autorizzata_da": {"nome": "Vito Provacoordina"}},
    ],
)
def test_a_waiver_covers_nothing_else_nor_without_reason_and_author(changes: dict[str, Any]) -> None:
    assert [(finding.waived, finding.waiver, finding.blocks) for finding in _waived(**changes)] == [(False, "", True)]


def test_a_waiver_of_one_row_does_not_cover_the_row_whose_number_begins_alike() -> None:
    told = read("pai/clean")
    rows = told.cases[CASE]["pai"][0]["obiettivi"]
    many = [{**rows[0], "codice": f"O{n}"} for n in range(1, 12)]
    many[1]["indicatore"] = many[10]["indicatore"] = None
    changed = told.changed(**{"/pai/0/obiettivi": many, "/deroga": [{**WAIVER, "percorso": "/obiettivi/1"}]})
    by_path = {finding.path: finding.waived for finding in of("CASE-008", changed.findings()) if finding.path.endswith("e")}
    assert by_path == {"/obiettivi/1/indicatore": True, "/obiettivi/10/indicatore": False}


def test_what_does_not_block_is_not_waived() -> None:
    (finding,) = _waived("pai/health_words", "CASE-021", regola="CASE-021", percorso="/impegni_persona")
    assert (finding.severity, finding.waived) == (Severity.WARNING, False)


def test_a_document_of_the_whole_project_is_waived_by_a_waiver_that_names_no_case() -> None:
    changes = {"regola": "CASE-004", "modulo": "verbale_equipe", "percorso": "/presenti"}
    assert [one.waived for one in _waived("verbale_equipe/team_incomplete", "CASE-004", **changes, caso=None)] == [True]
    assert [one.waived for one in _waived("verbale_equipe/team_incomplete", "CASE-004", **changes)] == [False]


# ── the path of a case ───────────────────────────────────────────────────────────────────────────────────────────────


def test_no_rule_holds_up_the_notice_of_a_person_of_whom_the_name_is_known() -> None:
    told = read("informativa/early").changed(**{"/informativa": None})
    assert [(one.rule, one.form) for one in told.findings() if one.blocks] == [("MOD-014", "informativa")]


@pytest.mark.parametrize("kind", sorted(kit(TODAY).templates))
def test_a_case_with_nothing_but_its_referral_is_told_each_thing_once(kind: str) -> None:
    told = replace(read("pai/only_referral"), kind=kind)
    found = told.findings()
    assert found
    assert len({(one.form, one.path) for one in found if one.blocks}) == len([one for one in found if one.blocks])


def test_the_standing_of_a_complete_case_has_nothing_that_blocks() -> None:
    one = status.standing(read("valutazione_intermedia/clean").desk, CASE)
    assert [finding for finding in one.findings if finding.blocks] == []


# ── nonsense ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@cache
def _everything() -> dict[str, Any]:
    """A case in which every rule has something to look at."""
    sheet = read("pai/signed").cases[CASE]["firma"]
    rows = [
        {"regola": rule, "parametro": name, "valore": "3", "fonte": "Convenzione", "stato": "confermato"}
        for rule, name in NUMBERS
    ]
    minor = read("pai/minor").cases[CASE]["persona"]
    told = read("pai/renewed").changed(**{"/firma": sheet, "/deroga": [WAIVER], "/progetto/parametri": rows})
    own = dict(told.cases[CASE])
    own["persona"] = {**own["persona"], "tutore_curatore": minor["tutore_curatore"]}
    own["timesheet"] = read("timesheet/second_month").cases[CASE]["timesheet"]
    return own


NONSENSE = st.recursive(
    scalars
    | st.sampled_from(
        [10**17, Decimal("1e90"), Decimal("-1e-90"), "1900-01-01", "2100-12-31", "L1+L2+L3", "999999999.99", "PAI {x}"]
    )
    | st.dates(date(1900, 1, 1), date(2100, 12, 31)).map(date.isoformat),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["ruolo", "data", "", "a/b~"]), inner, max_size=3)
    ),
    max_leaves=5,
)


def _places(data: Any, path: str = "") -> Iterator[str]:
    """Every place inside the answers."""
    for key, inner in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield f"{path}/{key}"
        yield from _places(inner, f"{path}/{key}")


PLACES = [
    f"/{form}{'/0' if isinstance(data, list) else ''}{place}"
    for form, data in sorted(_everything().items())
    for place in _places(data[0] if isinstance(data, list) else data)
]


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    changes=st.lists(st.tuples(st.sampled_from(PLACES), NONSENSE), min_size=1, max_size=5),
    today=st.sampled_from([date(1900, 1, 1), TODAY, date(2100, 12, 31)]),
)
def test_no_answer_makes_a_rule_fail(changes: list[tuple[str, Any]], today: date) -> None:
    records = copy.deepcopy(_everything())
    for path, value in changes:
        with suppress(KeyError, IndexError, TypeError, ValueError, AttributeError):  # what stood above is nonsense by now
            put(records, path, value)
    told = replace(read("pai/renewed"), cases={CASE: records, "PST-002": records}, today=today, number=None)
    desk, rules = told.desk, [rule.id for rule in PACK.rules]
    for kind in sorted(kit(TODAY).templates):
        for finding in judge(PACK, rules, desk.situation(replace(told, kind=kind).target(desk)), desk.workspace.forms):
            assert finding.message
            assert not set("{}") & set(finding.remedy)
