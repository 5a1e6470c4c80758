"""A document may tell every record of a form: all of them, by date, and none that its reader may not see."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from pitstop_docs import demo, documents, lint, renaming, status
from pitstop_docs.context import gather
from pitstop_docs.desk import Desk
from pitstop_docs.errors import KitError, UnknownError
from pitstop_docs.fillers.docx import Properties
from pitstop_docs.findings import Severity
from pitstop_docs.keeping import keep, read
from pitstop_docs.lint.report import inspect
from pitstop_docs.lint.samples import cover
from pitstop_docs.records import Case
from pitstop_docs.workspace import Workspace, unpack_kit
from tests.kits import CASE, NOON, ROOT, TODAY, Kit, choice, group, leaf, record, rows, seen, sight

READERS = choice("Lettura", {"interno": "solo noi", "partner": "anche il partner"})
VISIT = {
    "giorno": leaf("Giorno", format="date"),
    "luogo": leaf("Luogo", x_protected_by="/protetto"),
    "protetto": leaf("Protetto", "boolean"),
    "voci": rows("Voci", {"importo": leaf("Importo", format="euro")}),
    "totale": leaf("Totale", format="euro", readOnly=True, x_computed={"fn": "sum", "of": "/voci/*/importo"}),
    "casa": group(
        "Casa",
        {
            "punteggio": leaf("Punteggio", "integer", minimum=0, maximum=5),
            "prima": leaf("Prima", "integer", readOnly=True, x_computed={"fn": "previous"}),
        },
    ),
    "lettura": READERS,
    "nota": leaf("Nota"),
}
TABLE = [
    ["Giorno", "Luogo"],
    ["{%tr for v in visita %}", ""],
    ["{{ loop.index }}. {{ v.giorno }}", "{{ v.luogo }}"],
    ["{%tr endfor %}", ""],
]
SHIPPED = Workspace.at(ROOT, today=TODAY)


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    kit = Kit.at(tmp_path)
    kit.form("visita", VISIT, required=["giorno", "luogo"], many=True, date="/giorno", audience="/lettura")
    kit.template("quaderno", "Fino al {{ documento.data }}", TABLE, form="visita", records=["visita"], every=["visita"])
    return kit


def visit(day: str | None, place: str, reads: str | None = "partner", **told: Any) -> dict[str, Any]:
    stated = {"giorno": day, "luogo": place, "lettura": reads, **told}
    return {key: value for key, value in stated.items() if value is not None}


def printed(kit: Kit, *found: dict[str, Any], **description: Any) -> str:
    """What the reader of the notebook sees."""
    if description:
        kit.template("quaderno", TABLE, form="visita", records=["visita"], every=["visita"], **description)

    return seen(kit.fill("quaderno", visita=list(found)).content)


def made(kit: Kit, *, draft: bool = False) -> tuple[documents.Verdict, documents.Document | None]:
    desk = Desk.of(kit.workspace())
    return documents.produce(desk, desk.target("quaderno", CASE), draft=draft, with_pdf=False, now=NOON)


# What is printed


def test_all_records_are_printed_by_date_then_by_number(kit: Kit) -> None:
    text = printed(
        kit, visit("2026-03-02", "terzo"), visit("2026-02-01", "primo"), visit(None, "ultimo"), visit("2026-03-02", "quarto")
    )
    assert text.split()[1:] == [
        *("Fino", "al", "___/___/______", "Giorno", "Luogo"),
        *(
            "1.",
            "01/02/2026",
            "primo",
            "2.",
            "02/03/2026",
            "terzo",
            "3.",
            "02/03/2026",
            "quarto",
            "4.",
            "___/___/______",
            "ultimo",
        ),
    ]


def test_without_any_record_there_is_a_row_for_a_pen(kit: Kit) -> None:
    filled = kit.fill("quaderno")
    assert "1. ___/___/______" in seen(filled.content)
    assert [(place.form, place.path) for place in filled.trace.blanks if place.form == "visita"] == [("visita", "")] * 2


def test_a_record_that_is_only_for_the_house_reaches_nobody_else(kit: Kit) -> None:
    found = (
        visit("2026-02-01", "casa nostra", "interno"),
        visit("2026-02-02", "sportello"),
        visit("2026-02-03", "taciuto", None),
    )
    assert all(one["luogo"] in printed(kit, *found) for one in found)
    text = printed(kit, *found, recipient="partner")
    assert "1. 02/02/2026\nsportello" in text
    assert "casa nostra" not in text and "taciuto" not in text and "2." not in text
    for recipient in ("ministero", "pubblico"):
        assert "sportello" not in printed(kit, *found, recipient=recipient)


def test_where_nothing_may_be_read_there_is_no_row(kit: Kit) -> None:
    text = printed(kit, visit("2026-02-01", "casa nostra", "interno"), recipient="partner")
    assert "1." not in text and "____" not in text


def test_a_document_of_one_such_record_says_omissis_to_who_may_not_read_it(kit: Kit) -> None:
    kit.template("visita", "A {{ visita.luogo }}", recipient="partner")
    assert "A omissis" in seen(kit.fill("visita", visita=visit("2026-02-01", "casa nostra", "interno")).content)
    assert "A sportello" in seen(kit.fill("visita", visita=visit("2026-02-01", "sportello")).content)


def test_what_is_computed_and_what_is_protected_is_so_in_each_record(kit: Kit) -> None:
    body = "{% for v in visita %}[{{ v.luogo }} {{ v.totale }} {{ v.casa.prima }}]{% endfor %}"
    kit.template("quaderno", body, form="visita", records=["visita"], every=["visita"])
    first = visit("2026-02-01", "uno", voci=[{"importo": "1.50"}, {"importo": "2.00"}], casa={"punteggio": 2})
    second = visit("2026-02-02", "due", protetto=True, casa={"punteggio": 3})
    text = seen(kit.fill("quaderno", visita=[first, second]).content)
    assert "[uno 3,50 ______][omissis 0,00 2]" in text


def test_what_may_not_be_read_is_not_computed_from_either(kit: Kit) -> None:
    body = "{% for v in visita %}[{{ v.luogo }} {{ v.casa.prima }}]{% endfor %}"
    kit.template("quaderno", body, form="visita", records=["visita"], every=["visita"], recipient="partner")
    hidden = visit("2026-02-01", "uno", "interno", casa={"punteggio": 2})
    text = seen(kit.fill("quaderno", visita=[hidden, visit("2026-02-02", "due", casa={"punteggio": 3})]).content)
    assert "[due ______]" in text and "uno" not in text


# What is asked of it


def test_every_record_answers_for_itself(kit: Kit) -> None:
    kit.keep("visita", visit("2026-02-01", "uno"))
    kit.keep("visita", visit("2026-02-02", " "))
    kit.keep("visita", visit(None, "tre"))
    verdict, document = made(kit)
    assert document is None
    assert [(one.rule, one.number, one.path) for one in verdict.findings if one.blocks] == [
        ("MOD-001", 2, "/luogo"),
        ("MOD-001", 3, "/giorno"),
    ]


def test_of_a_form_that_is_not_its_own_what_it_prints_counts(kit: Kit) -> None:
    kit.form("scheda", {"nome": leaf("Nome")})
    kit.template(
        "scheda",
        "{{ scheda.nome }}{% for v in visita %}{{ v.luogo }}{% endfor %}",
        records=["scheda", "visita"],
        every=["visita"],
    )
    kit.keep("scheda", {"nome": "A"})
    kit.keep("visita", visit("2026-02-01", "uno"))
    kit.keep("visita", {"lettura": "boh"})
    desk = Desk.of(kit.workspace())
    assert [(one.number, one.path) for one in desk.findings(desk.target("scheda", CASE))] == [(2, "/luogo")]
    template = desk.workspace.template("scheda")
    assert (template.whole, template.prints("visita", "/luogo"), template.prints("visita", "/giorno")) == (False, True, False)


def test_a_case_has_one_such_document(kit: Kit) -> None:
    for day in ("2026-02-01", "2026-02-02", "2026-02-03"):
        kit.keep("visita", visit(day, "uno"))
    desk = Desk.of(kit.workspace())
    steps = status.standing(desk, CASE).steps
    assert [(step.kind, step.number, step.ready) for step in steps] == [("quaderno", 1, True)]
    assert desk.target("quaderno", CASE, 1).number == 1
    with pytest.raises(
        UnknownError, match="Il documento «quaderno» stampa tutte le compilazioni di «visita»: ripetere senza --number"
    ):
        desk.target("quaderno", CASE, 3)


def test_a_form_that_nobody_filled_is_missing_once(kit: Kit) -> None:
    kit.form("altro", {"nome": leaf("Nome")})
    kit.keep("altro", {"nome": "A"})
    verdict, document = made(kit)
    assert document is None
    assert [(one.rule, one.form, one.number) for one in verdict.findings if one.form == "visita"] == [("MOD-014", "visita", 1)]
    _, document = made(kit, draft=True)
    assert document and document.version == 1


def test_it_is_made_from_the_records_that_it_prints_and_dated_by_the_last(kit: Kit) -> None:
    kit.template(
        "quaderno", "{{ documento.data }}", TABLE, form="visita", records=["visita"], every=["visita"], recipient="partner"
    )
    kit.keep("visita", visit("2026-03-01", "uno"))
    kit.keep("visita", visit("2026-03-04", "due", "interno"))
    kit.keep("visita", visit("2026-03-02", "tre"))
    _, document = made(kit)
    assert document
    told = json.loads(document.path.with_suffix(".manifest.json").read_text())
    assert [one["number"] for one in told["sources"]["records"]] == [1, 3]
    assert "02/03/2026" in seen(document.path.read_bytes()) and "04/03/2026" not in seen(document.path.read_bytes())
    assert made(kit)[1] == replace(document, fresh=False)
    kit.keep("visita", visit("2026-03-05", "quattro"))
    _, again = made(kit)
    assert again and again.fresh and again.sha256 != document.sha256


def test_a_signature_is_of_the_records_that_were_there(kit: Kit) -> None:
    kit.form(
        "firma",
        {"documento": leaf("Documento"), "numero": leaf("Numero", "integer"), "versione": leaf("Versione", "integer")},
        many=True,
    )
    kit.keep("visita", visit("2026-03-01", "uno"))
    kit.keep("firma", {"documento": "quaderno", "versione": 1})
    desk = Desk.of(kit.workspace())
    assert len(desk.situation(desk.target("quaderno", CASE)).all("firma")) == 1
    later = record("visita", visit("2026-03-02", "due"), number=2)
    later = replace(later, saved_at=NOON + timedelta(days=1))
    target = desk.target("quaderno", CASE)
    grown = replace(target, case=Case(CASE, (*target.case.records, later)))
    assert desk.situation(grown).all("firma") == ()


def test_a_signed_one_stays_and_what_comes_after_is_the_next_version(kit: Kit) -> None:
    kit.form("firma", {"documento": leaf("Documento"), "versione": leaf("Versione", "integer")}, many=True)
    kit.keep("visita", visit("2026-03-01", "uno"))
    _, first = made(kit)
    kit.keep("firma", {"documento": "quaderno", "versione": 1})
    kit.keep("visita", visit("2026-03-02", "due"))
    _, second = made(kit)
    assert first and second and (first.version, second.version) == (1, 2)
    assert "due" not in seen(first.path.read_bytes()) and "due" in seen(second.path.read_bytes())


# What lint says


def found(kit: Kit) -> list[tuple[str, str]]:
    report = inspect(kit.workspace(), "quaderno")
    return [
        (one.rule, one.subject) for one in report.flaws if one.severity is not Severity.INFO and not one.rule.startswith("LNT-04")
    ]


def test_the_rows_are_followed_into_the_form(kit: Kit) -> None:
    assert found(kit) == []
    places = kit.workspace().template("quaderno").places
    assert {"visita", "visita/giorno", "visita/luogo"} <= places
    kit.template(
        "quaderno",
        "{{ visita.luogo }}",
        [*TABLE[:2], ["{{ v.lugo }}", ""], TABLE[-1]],
        form="visita",
        records=["visita"],
        every=["visita"],
    )
    assert found(kit) == [("LNT-012", "visita.luogo"), ("LNT-010", "v.lugo")]
    workspace = kit.workspace()
    with pytest.raises(KitError, match=r"per nominare «luogo» di ogni riga serve un «for»"):
        lint.refuse_unsound(workspace.template("quaderno"), workspace.forms, workspace.pack)


def test_a_description_asks_for_every_record_of_a_form_that_it_reads_and_lets_none_of_them_sign(kit: Kit) -> None:
    told: dict[str, Any] = {
        "form": "visita",
        "records": ["visita"],
        "every": ["visita", "altro"],
        "signers": [{"role": "AS", "name": "visita#/luogo"}],
    }
    kit.template("quaderno", TABLE, **told)
    assert found(kit) == [("LNT-002", "altro"), ("LNT-002", "visita")]


@pytest.mark.parametrize(
    ("layout", "subject"),
    [
        ({"many": False, "sheet": {"title": "F", "rows": 9, "fields": ["/giorno"]}}, "sheet"),
        ({"audience": "/luogo"}, ""),
        ({"audience": "/no"}, "/no"),
    ],
)
def test_a_layout_asks_for_a_sheet_of_many_and_names_readers_that_there_are(
    layout: dict[str, Any], subject: str, kit: Kit
) -> None:
    fields = {**VISIT, "luogo": choice("Luogo", {"tutti": "tutti"})}
    kit.form("visita", fields, **{"many": True, "date": "/giorno", **layout})
    assert found(kit) == [("LNT-024", subject or "/luogo")]


@pytest.mark.parametrize("recipient", ["interno", "partner"])
def test_all_that_can_be_printed_is_tried(recipient: str, kit: Kit) -> None:
    body = (
        "{% if visita %}{{ documento.data }}{% else %}niente{% endif %}",
        "{% for v in visita %}{% if loop.first %}{{ v.giorno }}{% endif %}{% if v.totale %}{{ v.totale }}{% endif %}"
        "{{ v.casa.prima }}{% if v.protetto %}x{% else %}{{ v.luogo }}{% endif %}"
        "{% for w in v.voci %}{{ w.importo }}{% endfor %}{% endfor %}",
    )
    kit.template("quaderno", *body, form="visita", records=["visita"], every=["visita"], recipient=recipient)
    covered = cover(kit.workspace().template("quaderno"), kit.workspace(), samples=60)
    assert [one.message for one in covered.flaws] == []
    assert covered.reached == covered.total > 20
    assert covered.valid > 0


def test_a_field_is_renamed_in_the_rows_too(kit: Kit) -> None:
    kit.keep("visita", visit("2026-03-01", "uno"))
    renaming.rename(kit.root, "visita", "luogo", "posto", workspace=kit.workspace, dry_run=False)
    text = seen((kit.root / "templates" / "quaderno.docx").read_bytes())
    assert "{{ v.posto }}" in text and "v.luogo" not in text
    assert "uno" in seen(made(kit)[0].filled.content)


# The shipped diary


def test_the_diary_is_the_comunes_own_and_the_interviews_say_who_may_read_them() -> None:
    form, template = SHIPPED.form("colloquio"), SHIPPED.template("diario")
    assert (form.many, form.audience) == (True, "/riservatezza")
    assert (template.recipient, template.whole) == ("interno", True)
    assert form.schema["properties"]["riservatezza"]["enum"] == ["interno", "partner"]


def test_no_partner_sees_an_interview_of_the_team_whatever_the_template(tmp_path: Path) -> None:
    """The diary's own file, given to another reader."""
    desk = Desk.of(shipped(tmp_path))
    case = desk.records.case("PST-001")
    template = SHIPPED.template("diario")
    texts = {}
    for recipient in ("interno", "partner", "ministero"):
        one = replace(template, recipient=recipient)
        visible = SHIPPED.pack.recipients[recipient]
        context = gather(one, case, sight(SHIPPED.forms), number=1, visible=visible, document={"codice": "D21"})
        texts[recipient] = seen(one.render(context, Properties("D", "PST-001", "x", draft=False)).content)
    interviews = [one.data for one in case.all("colloquio") if one.data]
    own, shared = ([one["sintesi"] for one in interviews if one["riservatezza"] == who] for who in ("interno", "partner"))
    assert own and shared
    assert all(one in texts["interno"] for one in (*own, *shared))
    assert all(one in texts["partner"] for one in shared) and not any(one in texts["partner"] for one in own)
    assert not any(one in texts["ministero"] for one in (*own, *shared))


def test_the_demonstration_has_diaries_with_their_interviews_in_order(tmp_path: Path) -> None:
    desk = Desk.of(shipped(tmp_path))
    for code in ("PST-001", "PST-002"):
        verdict, document = documents.produce(desk, desk.target("diario", code), draft=False, with_pdf=False, now=NOON)
        assert document, [one.message for one in verdict.findings if one.blocks]
        text = seen(document.path.read_bytes())
        days = [str(record.data["data"]) for record in desk.records.case(code).all("colloquio") if record.data]
        places = [text.find(f"{date.fromisoformat(day):%d/%m/%Y}, ore") for day in sorted(days)]
        assert places == sorted(places) and -1 not in places
        assert text.count("Sintesi.") + text.count("Non svolto:") == len(days) > 8


def shipped(root: Path) -> Workspace:
    """The examples as if they had been kept, and nothing made yet."""
    unpack_kit(root)
    kit = Workspace.at(root, today=date(2026, 6, 30))
    for form, case, number, path in demo.answers(ROOT / "examples", kit):
        if case in ("", "PST-001", "PST-002"):
            keep(kit, form, read(path), source=path.name, case=case, number=number, author="A", based_on=None, now=NOON)
    return kit
