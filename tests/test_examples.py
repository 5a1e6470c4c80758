"""The invented cases: each file is what a form asks, the complete ones lack nothing, the gaps are those that are told."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pitstop_docs import formats, jsontext, status
from pitstop_docs.answers import leaves
from pitstop_docs.desk import Desk
from pitstop_docs.findings import Finding, Severity
from pitstop_docs.forms import Form, load_forms
from pitstop_docs.records import PROJECT, Record
from pitstop_docs.workspace import Records, Workspace

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
FORMS = load_forms(ROOT / "forms", ROOT / "schemas", ROOT / "rules/paesi.json")
DEMO: dict[str, Any] = json.loads((EXAMPLES / "demo.json").read_text())
CASES: dict[str, dict[str, Any]] = {case["code"]: case for case in DEMO["cases"]}
COMPLETE = [code for code, case in CASES.items() if case.get("complete")]
FILES = sorted(EXAMPLES.glob("*/*.json"))
TODAY = date.fromisoformat(DEMO["today"])
PROJECT_FOLDER = "progetto"
FAKE_DOMAINS = ("example.org", "example.it")
LATER = ("valutazione_intermedia", "verifica_autonomia")
"""What comes after months of a plan: a case may lack nothing and not have it yet."""


def form_of(path: Path) -> Form:
    return FORMS[path.stem.partition("-")[0]]


def number_of(path: Path) -> int:
    return int(path.stem.partition("-")[2] or 1)


@cache
def answers(path: Path) -> dict[str, Any]:
    value, replaced = jsontext.parse(path.read_bytes(), source=path.name)
    assert replaced == []
    assert isinstance(value, dict)
    return value


@cache
def findings(path: Path) -> tuple[Finding, ...]:
    return tuple(form_of(path).findings(answers(path), number_of(path)))


def kept(code: str, form: str) -> dict[str, Any]:
    """The answers of a case to a form, nothing if it has none."""
    path = EXAMPLES / code / f"{form}.json"
    return answers(path) if path.is_file() else {}


def stated(format_: str) -> Iterator[tuple[Path, str, str]]:
    """Every value of a format, with its file and its place."""
    for path in FILES:
        for place, value, schema in leaves(form_of(path).schema, answers(path)):
            if schema.get("format") == format_:
                yield path, place, value


def fits(place: str, pattern: str) -> bool:
    return re.sub(r"/[0-9]+(?=/|$)", "/*", place) == pattern


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", FILES, ids=named)
def test_an_example_is_the_answers_to_a_form_in_its_own_folder(path: Path) -> None:
    form = form_of(path)
    of_project = path.parent.name == PROJECT_FOLDER
    assert (form.scope == "progetto") == of_project or form.shared
    assert number_of(path) == 1 or form.many
    assert form.canonical(answers(path)) == answers(path)


def test_the_list_of_cases_and_the_folders_agree() -> None:
    assert len(CASES) == len(DEMO["cases"]) >= 14
    assert {path.name for path in EXAMPLES.iterdir() if path.is_dir()} == {*CASES, PROJECT_FOLDER}
    assert all(case["story"].endswith(".") for case in CASES.values())
    assert len(COMPLETE) >= 5


def test_both_lines_and_a_case_on_the_two_of_them_are_there() -> None:
    lines = Counter(kept(code, "segnalazione")["linea_proposta"] for code in CASES)
    assert lines.keys() == {"L1", "L2", "L1+L2"}


def test_project_records_name_known_cases_only() -> None:
    rows = [value for path, place, value in stated("caso") if fits(place, form_of(path).cases)]
    assert rows
    waived = [answers(path)["caso"] for path in FILES if path.stem.startswith("deroga")]
    assert {*rows, *waived} <= CASES.keys()


@pytest.mark.parametrize("code", [*COMPLETE, PROJECT_FOLDER])
def test_nothing_in_a_complete_case_is_refused_by_a_schema(code: str) -> None:
    found = [finding for path in FILES if path.parent.name == code for finding in findings(path)]
    assert [finding for finding in found if finding.blocks] == []


def test_the_schemas_find_the_told_gaps_and_no_others() -> None:
    told = {(code, gap["form"], gap["number"], gap["path"], gap["rule"]) for code, gap in gaps() if gap["rule"][:4] == "MOD-"}
    found = {(path.parent.name, one.form, one.number, one.path, one.rule) for path in FILES for one in findings(path)}
    assert found == told
    assert told


def gaps() -> Iterator[tuple[str, dict[str, Any]]]:
    return ((code, gap) for code, case in CASES.items() for gap in case.get("gaps", ()))


# ── codes, addresses, dates ──────────────────────────────────────────────────────────────────────────────────────────


def test_no_two_people_share_a_codice_fiscale() -> None:
    owners = {"/cf", *(f"/componenti/{row}/cf" for row in range(9)), "/tutore_curatore/cf"}
    codes = [value for path, place, value in stated("codice_fiscale") if path.stem == "persona" and place in owners]
    staff = {value for path, _, value in stated("codice_fiscale") if path.parent.name == PROJECT_FOLDER}
    assert len(codes) == len(set(codes)) > 14
    assert not staff & set(codes)
    assert all(formats.FORMATS["codice_fiscale"].check(code) is None for code in codes)


@pytest.mark.parametrize("code", [code for code in CASES if len(kept(code, "persona").get("cf", "")) == 16])
def test_a_codice_fiscale_is_that_of_its_holder(code: str) -> None:
    person = kept(code, "persona")
    facts = formats.cf_facts(person["cf"])
    assert facts is not None
    assert formats.cf_agrees(person["cf"], person.get("cognome", ""), person["nome"])
    assert facts.sex == person["sesso"]
    year, month, day = map(int, person["data_nascita"].split("-"))
    assert (facts.year_of_century, facts.month, facts.day) == (year % 100, month, day)
    assert facts.place.startswith("Z")


def test_a_case_has_a_code_with_omocodia_and_one_a_provisional_code() -> None:
    codes = {code: kept(code, "persona").get("cf", "") for code in CASES}
    assert [code for code, cf in codes.items() if len(cf) == 16 and not re.fullmatch("[0-9]{3}", cf[12:15])] == ["PST-013"]
    assert [code for code, cf in codes.items() if len(cf) == 11] == ["PST-007"]


def test_permit_numbers_are_not_repeated() -> None:
    numbers = [value for _, _, value in stated("numero_permesso")]
    assert len(numbers) == len(set(numbers)) > 14


def test_addresses_and_phones_lead_nowhere() -> None:
    mails = [value for _, _, value in stated("email")]
    assert [mail for mail in mails if not mail.rpartition("@")[2].endswith(FAKE_DOMAINS)] == []
    loose = [path.name for path in FILES if re.search(r"@(?![\w.]*example\.(?:org|it)\b)", path.read_text())]
    assert loose == []
    assert all(re.fullmatch(r"(?:080|333)0000[0-9]{3}", value) for _, _, value in stated("telefono"))


@pytest.mark.parametrize("code", CASES)
def test_the_steps_of_a_case_follow_each_other_within_the_project(code: str) -> None:
    project = kept(PROJECT_FOLDER, "progetto")
    steps = ("segnalazione", "persona", "requisiti", "presa_in_carico", "valutazione_abitare", "valutazione_lavoro", "pai")
    days = [kept(code, step).get(FORMS[step].date.strip("/")) for step in steps]
    plan = kept(code, "pai")
    done = [day for day in (*days, plan.get("data_inizio")) if day]
    assert done == sorted(done)
    assert all(project["data_inizio"] <= day <= DEMO["today"] for day in done)
    assert plan.get("data_fine", "") <= project["data_fine"]


def test_every_plan_was_approved_by_a_meeting_before_it_starts() -> None:
    rows = [(answers(path)["data"], row) for path in FILES if path.stem.startswith("verbale") for row in answers(path)["casi"]]
    approved = {(row["caso"], row["pai_n"]): day for day, row in rows if row["decisione"] == "approva_pai"}
    plans = [path for path in FILES if form_of(path).name == "pai"]
    assert approved.keys() == {(path.parent.name, number_of(path)) for path in plans}
    for path in plans:
        assert approved[path.parent.name, number_of(path)] <= answers(path)["data_inizio"]


def test_one_plan_is_long_enough_to_break_over_pages() -> None:
    sizes = [(len(answers(path)["obiettivi"]), len(answers(path)["azioni"])) for path in FILES if form_of(path).name == "pai"]
    assert (12, 30) in sizes


# ── judged by the rules ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def desk() -> Desk:
    """The examples as if they had been kept, without a store."""
    latest = [
        Record(
            case=PROJECT if path.parent.name == PROJECT_FOLDER else path.parent.name,
            form=form_of(path).name,
            number=number_of(path),
            revision=1,
            based_on=0,
            saved_at=datetime(2026, 6, 30, tzinfo=UTC),
            author="esempio",
            data=answers(path),
            sha256=jsontext.digest(jsontext.canonical(answers(path))),
        )
        for path in FILES
    ]
    workspace = Workspace.at(ROOT, today=TODAY)
    return Desk(workspace, Records.of(latest, workspace.forms))


@pytest.mark.parametrize("code", COMPLETE)
def test_every_document_of_a_complete_case_can_be_made(desk: Desk, code: str) -> None:
    due = [step for step in status.standing(desk, code).steps if step.kind not in LATER or kept(code, f"{step.kind}-1")]
    assert len(due) >= 4
    assert {step.kind: [(one.rule, one.path) for one in step.findings if one.blocks] for step in due if not step.ready} == {}


def told_of(desk: Desk, code: str) -> list[Finding]:
    """What staff read of a case: what its papers lack, and what the next one needs."""
    standing = status.standing(desk, code)
    return [*standing.findings, *(standing.next.findings if standing.next else ())]


RULED = [(code, gap) for code, gap in gaps() if gap["rule"].startswith("CASE-")]


@pytest.mark.parametrize(("code", "gap"), [pytest.param(code, gap, id=f"{code}-{gap['rule']}") for code, gap in RULED])
def test_a_told_gap_is_found_where_it_is(desk: Desk, code: str, gap: dict[str, Any]) -> None:
    found = [
        one
        for one in told_of(desk, code)
        if (one.form, one.number, one.path, one.rule) == (gap["form"], gap["number"], gap["path"], gap["rule"])
    ]
    assert found
    assert {one.waived for one in found} == {code in COMPLETE}


def test_no_case_has_a_gap_that_is_not_told(desk: Desk) -> None:
    told = {(code, gap["rule"]) for code, gap in gaps()}
    found = {
        (code, one.rule)
        for code in CASES
        for one in told_of(desk, code)
        if one.severity is not Severity.INFO and one.rule.startswith("CASE-")
    }
    assert found == {(code, rule) for code, rule in told if rule.startswith("CASE-")}


def test_the_project_papers_can_be_made_but_for_the_meeting_without_tutor_and_the_wrong_hours(desk: Desk) -> None:
    kinds = [kind for kind, one in desk.workspace.templates.items() if desk.workspace.form(one.form).scope == "progetto"]
    blocked = {
        (kind, record.number)
        for kind in kinds
        for record in desk.records.case(PROJECT).all(desk.workspace.template(kind).form)
        if any(one.blocks for one in desk.findings(desk.target(kind, PROJECT, record.number)))
    }
    assert blocked == {("timesheet", 4), ("verbale_equipe", 7)}
