"""What a template may print: the records of the case, what follows from them, seen through its recipient's eyes; who signs."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pitstop_docs.blanks import Blank, Node
from pitstop_docs.context import Sight, age, completed, gather
from pitstop_docs.errors import KitError
from pitstop_docs.records import Case
from tests.kits import CASE, EVERYTHING, TODAY, Kit, group, leaf, record, rows, sight

NAME = leaf("Nome", privacy="identificativo")
BIRTH = leaf("Data di nascita", privacy="identificativo", format="data_parziale")
MEMBER = {
    "nome": NAME,
    "data_nascita": BIRTH,
    "eta": leaf("Età", "integer", readOnly=True, x_computed={"fn": "age", "of": "data_nascita"}),
    "convivente": leaf("Convivente", "boolean"),
    "esercita_responsabilita_genitoriale": leaf("Responsabilità", "boolean"),
}
PERSON = {
    "cognome": NAME,
    "nome": NAME,
    "data_nascita": BIRTH,
    "eta": leaf("Età", "integer", privacy="identificativo", readOnly=True, x_computed={"fn": "age", "of": "/data_nascita"}),
    "cittadinanze": {"title": "C", "type": "array", "items": leaf("C", format="paese"), "x-privacy": "comune"},
    "componenti": rows("Componenti", MEMBER),
    "minori": leaf("Minori", "integer", readOnly=True, x_computed={"fn": "minors", "of": "/componenti"}),
    "tutore_curatore": group("Tutore", {"nome": NAME}),
    "lavora": leaf("Lavora", "boolean"),
}
PLAN = {
    "data": leaf("Data", format="date"),
    "estraneo": leaf(
        "Paese terzo", "boolean", readOnly=True, x_computed={"fn": "third_country", "from": "p", "of": "/cittadinanze"}
    ),
    "lavora": leaf("Lavora", "boolean", readOnly=True, x_computed={"fn": "copy", "from": "p", "of": "/lavora"}),
    "misure": rows("Misure", {"importo": leaf("Importo", privacy="economico", format="euro")}),
    "totale": leaf("Totale", format="euro", readOnly=True, x_computed={"fn": "sum", "of": "/misure/*/importo"}),
    "equipe": rows(
        "Équipe",
        {"ruolo": leaf("R"), "nome": NAME, "nominato_il": leaf("D", format="date"), "fino_al": leaf("A", format="date")},
    ),
    "redattore": group("Redattore", {"nome": NAME}),
    "luogo": leaf("Luogo"),
}
SCORE = {
    "punteggio": leaf("Punteggio", "integer"),
    "prima": leaf("Prima", "integer", readOnly=True, x_computed={"fn": "previous"}),
    "differenza": leaf("Differenza", "integer", readOnly=True, x_computed={"fn": "delta"}),
}


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    kit = Kit.at(tmp_path)
    kit.form("p", PERSON)
    kit.form("piano", PLAN)
    kit.form("iniziale", {"casa": group("Casa", {"punteggio": leaf("Punteggio", "integer")})})
    kit.form(
        "seguente", {"abitare": group("Abitare", {"casa": group("Casa", SCORE)}, x_computed={"from": "iniziale"})}, many=True
    )
    return kit


def complete(kit: Kit, form: str, data: Mapping[str, Any], *others: Any, on: date | None = TODAY) -> dict[str, Any]:
    asked = record(form, data)
    return completed(asked, Case(CASE, (asked, *others)), sight(kit.forms, on))


# What follows from the answers


@pytest.mark.parametrize(
    ("born", "on", "years"),
    [
        ("1990-03-05", date(2026, 3, 5), 36),
        ("1990-03-06", date(2026, 3, 5), 35),
        ("2008-02-29", date(2026, 2, 28), 17),
        ("2008-02-29", date(2026, 3, 1), 18),
        ("1990", date(2026, 12, 30), 35),
        ("1990", date(2026, 12, 31), 36),
        ("2008-03", date(2026, 3, 30), 17),
        ("2008-03", date(2026, 3, 31), 18),
        ("2026-03-05", date(2026, 3, 5), 0),
        ("2026-03-06", date(2026, 3, 5), None),
        ("ieri", date(2026, 3, 5), None),
        ("2026-02-31", date(2026, 3, 5), None),
    ],
)
def test_ages_are_whole_years_from_the_last_day_that_the_birth_can_have_been(born: str, on: date, years: int | None) -> None:
    assert age(born, on) == years


def test_ages_and_minors_are_counted_on_the_day_of_the_act(kit: Kit) -> None:
    members = [{"nome": "A", "data_nascita": "2010-06-01"}, {"nome": "B", "data_nascita": "1980"}, {"nome": "C"}]
    data = {"data_nascita": "1990-03-05", "componenti": members}
    found = complete(kit, "p", data)
    assert (found["eta"], found["minori"]) == (36, 1)
    assert [row.get("eta") for row in found["componenti"]] == [15, 45, None]
    later = complete(kit, "p", data, on=date(2028, 6, 1))
    assert (later["eta"], later["minori"], later["componenti"][0]["eta"]) == (38, 0, 18)
    undated = complete(kit, "p", data, on=None)
    assert not {"eta", "minori"} & undated.keys()


def test_what_was_written_in_a_computed_field_is_not_used(kit: Kit) -> None:
    assert complete(kit, "p", {"data_nascita": "1990-03-05", "eta": 12})["eta"] == 36
    assert "eta" not in complete(kit, "p", {"eta": 12})
    assert "minori" not in complete(kit, "p", {"minori": 3})


def test_what_another_form_says_is_copied(kit: Kit) -> None:
    person = record("p", {"lavora": False, "cittadinanze": ["MAR"]})
    found = complete(kit, "piano", {"luogo": "Bari"}, person)
    assert (found["lavora"], found["estraneo"]) == (False, True)
    assert not {"lavora", "estraneo"} & complete(kit, "piano", {"luogo": "Bari"}).keys()


@pytest.mark.parametrize(
    ("citizenships", "third"),
    [(["MAR"], True), (["MAR", "FRA"], False), (["FRA"], False), (["XXA"], True), ([], None), ("MAR", None), ([{}, [], 1], True)],
)
def test_a_third_country_citizen_is_one_without_any_of_the_union(citizenships: Any, third: bool | None, kit: Kit) -> None:
    assert complete(kit, "piano", {}, record("p", {"cittadinanze": citizenships})).get("estraneo") is third


def test_amounts_are_summed_to_the_cent_and_what_is_no_amount_is_left_out(kit: Kit) -> None:
    misure = [{"importo": "0.10"}] * 3 + [{"importo": "boh"}, {"importo": 5}, {}, "x"]
    assert complete(kit, "piano", {"misure": misure})["totale"] == "0.30"
    assert complete(kit, "piano", {"misure": []})["totale"] == "0.00"


def test_a_score_stands_beside_the_one_before(kit: Kit) -> None:
    def at(number: int, score: object) -> Any:
        return record("seguente", {"abitare": {"casa": {"punteggio": score}}}, number=number)

    initial = record("iniziale", {"casa": {"punteggio": 2}})
    records = (initial, at(1, 3), at(2, 4), at(3, 0), at(4, 5))
    found = [completed(one, Case(CASE, records), sight(kit.forms))["abitare"]["casa"] for one in records[1:]]
    assert found[0] == {"punteggio": 3, "prima": 2, "differenza": 1}
    assert found[1] == {"punteggio": 4, "prima": 3, "differenza": 1}
    assert found[2] == {"punteggio": 0, "prima": 4}, "not rated: no difference"
    assert found[3] == {"punteggio": 5, "prima": 4, "differenza": 1}, "against the last one that was rated"
    alone = completed(at(1, 3), Case(CASE, (at(1, 3),)), sight(kit.forms))
    assert alone["abitare"]["casa"] == {"punteggio": 3}
    unrated = (record("iniziale", {"casa": {"punteggio": 0}}), at(1, 3))
    assert completed(unrated[1], Case(CASE, unrated), sight(kit.forms))["abitare"]["casa"] == {"punteggio": 3}


AREA = {
    "ingresso": leaf("Ingresso", "integer", readOnly=True, x_computed={"fn": "first"}),
    "prima": leaf("Prima", "integer", readOnly=True, x_computed={"fn": "previous"}),
    "punteggio": leaf("Punteggio", "integer"),
    "da_prima": leaf("Da prima", "integer", readOnly=True, x_computed={"fn": "delta", "of": "prima"}),
    "da_ingresso": leaf("Da ingresso", "integer", readOnly=True, x_computed={"fn": "delta", "of": "ingresso"}),
}
PLACES = ["iniziale#/casa/punteggio", "altra#/casa/punteggio", "visita#/tetto/punteggio"]


def checked(kit: Kit, *scores: tuple[str, int, str, int]) -> list[dict[str, Any]]:
    """The area of each autonomy check, by number; each score is form, number, day, points."""
    kit.form(
        "altra", {"data": leaf("D", format="date"), "casa": group("Casa", {"punteggio": leaf("P", "integer")})}, date="/data"
    )
    kit.form(
        "visita",
        {"data": leaf("D", format="date"), "tetto": group("Tetto", {"punteggio": leaf("P", "integer")})},
        date="/data",
        many=True,
    )
    kit.form(
        "verifica",
        {"data": leaf("D", format="date"), "tetto": group("Tetto", AREA, x_computed={"among": PLACES})},
        date="/data",
        many=True,
    )
    at = {"verifica": "tetto", "visita": "tetto", "iniziale": "casa", "altra": "casa"}
    records = tuple(
        record(form, {**({"data": day} if day else {}), at[form]: {"punteggio": points}}, number=number)
        for form, number, day, points in scores
    )
    eyes = sight(kit.forms)
    return [completed(one, Case(CASE, records), eyes)["tetto"] for one in records if one.form == "verifica"]


def test_an_area_stands_beside_the_first_score_it_was_ever_given_and_the_last_one_before(kit: Kit) -> None:
    first, second = checked(
        kit,
        ("iniziale", 1, "", 1),
        ("visita", 1, "2026-03-01", 2),
        ("visita", 2, "2026-05-01", 3),
        ("visita", 3, "2026-09-01", 5),
        ("verifica", 1, "2026-04-01", 2),
        ("verifica", 2, "2026-06-01", 4),
    )
    assert first == {"punteggio": 2, "ingresso": 1, "prima": 2, "da_prima": 0, "da_ingresso": 1}
    assert second == {"punteggio": 4, "ingresso": 1, "prima": 3, "da_prima": 1, "da_ingresso": 3}, "the visit to come is not seen"


def test_an_area_that_nobody_assessed_at_the_start_is_first_scored_by_the_first_check(kit: Kit) -> None:
    unrated = ("iniziale", 1, "", 0)
    first, second, third = checked(
        kit, unrated, ("verifica", 1, "2026-04-01", 2), ("verifica", 2, "", 0), ("verifica", 3, "2026-06-01", 3)
    )
    assert first == {"punteggio": 2}
    assert second == {"punteggio": 0, "ingresso": 2, "prima": 2}, "not assessed: no change"
    assert third == {"punteggio": 3, "ingresso": 2, "prima": 2, "da_prima": 1, "da_ingresso": 1}


def test_of_two_scores_of_the_same_day_the_place_that_is_named_first_counts(kit: Kit) -> None:
    day = "2026-02-01"
    [found] = checked(kit, ("altra", 1, day, 4), ("visita", 1, day, 2), ("verifica", 1, "2026-04-01", 5))
    assert (found["ingresso"], found["prima"]) == (4, 4)


def test_a_check_without_a_day_sees_all_that_was_scored(kit: Kit) -> None:
    [found] = checked(kit, ("visita", 1, "2026-02-01", 2), ("visita", 2, "2026-12-01", 3), ("verifica", 1, "", 4))
    assert (found["ingresso"], found["prima"]) == (2, 3)


def test_a_computation_that_does_not_exist_is_a_kit_error(tmp_path: Path) -> None:
    kit = Kit.at(tmp_path)
    kit.form("p", {"eta": leaf("E", "integer", readOnly=True, x_computed={"fn": "eta"})})
    with pytest.raises(KitError, match="p: il calcolo «eta» non esiste"):
        complete(kit, "p", {})


# What a template is given


def roots(kit: Kit, template: Mapping[str, Any], *records: Any, number: int = 1, **more: Any) -> dict[str, Any]:
    made = kit.template("piano", "x", **template)
    told = {"visible": EVERYTHING, "document": {"codice": "D99"}, **more}
    return gather(made, Case(CASE, records), sight(kit.forms), number=number, **told)


def test_a_template_is_given_the_forms_that_it_reads_and_the_document(kit: Kit) -> None:
    records = (record("piano", {"luogo": "Bari"}), record("p", {"nome": "Amina"}), record("iniziale", {}))
    found = roots(kit, {"records": ["piano", "p"], "optional": ["seguente"]}, *records)
    assert set(found) == {"piano", "p", "seguente", "documento"}
    assert (found["piano"]["luogo"], found["p"]["nome"], found["documento"]["codice"]) == ("Bari", "Amina", "D99")
    assert isinstance(found["seguente"], Blank)
    assert found["seguente"].missing.path == ""
    assert isinstance(found["documento"]["impronta"], Blank)


def test_the_number_is_that_of_the_documents_own_form_and_the_last_of_the_others(kit: Kit) -> None:
    records = [record("piano", {"luogo": name}, number=n) for n, name in ((1, "uno"), (2, "due"), (3, "tre"))]
    records += [record("p", {"nome": name}, number=n) for n, name in ((1, "prima"), (2, "poi"), (3, "ultima"))]
    found = roots(kit, {"records": ["piano", "p"]}, *records, number=2)
    assert (found["piano"]["luogo"], found["piano"].place.number) == ("due", 2)
    assert (found["p"]["nome"], found["p"].place.number) == ("ultima", 3)
    withdrawn = roots(kit, {"records": ["piano"]}, record("piano", None))
    assert isinstance(withdrawn["piano"], Blank)


def test_a_recipient_sees_only_his_classes_also_among_the_computed(kit: Kit) -> None:
    records = (record("piano", {"misure": [{"importo": "5.00"}]}), record("p", {"nome": "Amina", "data_nascita": "1990"}))
    found = roots(kit, {"records": ["piano", "p"]}, *records, visible=frozenset({"comune"}))
    assert str(found["piano"]["misure"][0]["importo"]) == "omissis"
    assert str(found["p"]["eta"]) == str(found["p"]["nome"]) == "omissis"


def test_a_template_that_reads_no_form_of_the_kit_is_a_kit_error(kit: Kit) -> None:
    with pytest.raises(KitError, match=r"piano\.json: il modulo «manca» non esiste"):
        roots(kit, {"records": ["piano", "manca"]})


# Who signs

SIGNERS = [
    {"role": "AS", "name": "piano#/equipe"},
    {"role": "MED", "name": "piano#/equipe", "required": False},
    {"role": "COORD", "name": "piano#/redattore"},
    {"role": "ENTE", "name": "piano#/luogo"},
    {"role": "DEST", "name": "p"},
    {"role": "TUTELA", "name": "p", "required": False},
    {"role": "ADULTI", "name": "p#/componenti", "required": False},
]


def signatures(kit: Kit, piano: Mapping[str, Any], p: Mapping[str, Any], **more: Any) -> list[tuple[str, str]]:
    template = {"records": ["piano", "p"], "signers": SIGNERS}
    found = roots(kit, template, record("piano", piano), record("p", p), **more)
    firme = found["documento"]["firme"]
    assert all(isinstance(row, Node) for row in firme)
    return [(row.text("ruolo"), str(row["nome"])) for row in firme]


LINE = "_" * 22


def test_each_role_signs_under_its_name_or_on_a_line(kit: Kit) -> None:
    assert signatures(kit, {}, {}) == [
        ("assistente sociale", LINE),
        ("COORD", LINE),
        ("ENTE", LINE),
        ("destinatario", LINE),
    ]
    team = [{"ruolo": "AS", "nome": "A. Bianchi"}, {"ruolo": "AS", "nome": "B. Verdi"}, {"ruolo": "MED", "nome": "C. Neri"}]
    piano = {"equipe": team, "redattore": {"nome": "D. Blu"}, "luogo": "Ente Uno"}
    assert signatures(kit, piano, {"cognome": "El Idrissi", "nome": "Amina", "data_nascita": "1990"}) == [
        ("assistente sociale", "A. Bianchi"),
        ("assistente sociale", "B. Verdi"),
        ("MED", "C. Neri"),
        ("COORD", "D. Blu"),
        ("ENTE", "Ente Uno"),
        ("destinatario", "El Idrissi Amina"),
    ]


def test_who_was_not_in_office_on_the_day_does_not_sign(kit: Kit) -> None:
    def team(**told: str) -> list[tuple[str, str]]:
        return signatures(kit, {"equipe": [{"ruolo": "AS", "nome": "A. Bianchi", **told}]}, {})[:1]

    signs, does_not = [("assistente sociale", "A. Bianchi")], [("assistente sociale", LINE)]
    assert team(nominato_il="2026-03-05") == team(fino_al="2026-03-05") == team(nominato_il="boh") == signs
    assert team(nominato_il="2026-03-06") == team(fino_al="2026-03-04") == does_not


@pytest.mark.parametrize(
    ("person", "name"),
    [
        ({"nome": "Abdul"}, "Abdul"),
        ({"cognome": "Abdul"}, "Abdul"),
        ({"cognome": "El Idrissi", "nome": "Amina"}, "El Idrissi Amina"),
    ],
)
def test_a_person_signs_with_the_names_that_he_has(person: dict[str, str], name: str, kit: Kit) -> None:
    assert ("destinatario", name) in signatures(kit, {}, person)
    assert ("destinatario", "omissis") in signatures(kit, {}, person, visible=frozenset({"comune"}))


def test_for_a_minor_sign_the_guardian_or_the_parents_or_someone_yet_to_name(kit: Kit) -> None:
    minor = {"nome": "Amina", "data_nascita": "2012-01-01"}
    parents = [
        {"nome": name, "data_nascita": "1980", "esercita_responsabilita_genitoriale": yes}
        for name, yes in (("M", True), ("P", False))
    ]
    assert ("TUTELA", LINE) in signatures(kit, {}, minor)
    both = {**minor, "componenti": parents}
    assert [name for role, name in signatures(kit, {}, both) if role == "TUTELA"] == ["M"]
    guardian = {**both, "tutore_curatore": {"nome": "T. Viola"}}
    assert [name for role, name in signatures(kit, {}, guardian) if role == "TUTELA"] == ["T. Viola"]
    grown = {**guardian, "data_nascita": "1990"}
    assert "TUTELA" not in dict(signatures(kit, {}, grown))


def test_the_adults_of_the_household_sign_and_nobody_else(kit: Kit) -> None:
    members = [
        {"nome": "adulta", "data_nascita": "1990"},
        {"nome": "convivente", "data_nascita": "1990", "convivente": True},
        {"nome": "lontano", "data_nascita": "1990", "convivente": False},
        {"nome": "appena", "data_nascita": "2008-03-05"},
        {"nome": "quasi", "data_nascita": "2008-03-06"},
        {"nome": "ignota"},
    ]
    found = signatures(kit, {}, {"componenti": members})
    assert [name for role, name in found if role == "ADULTI"] == ["adulta", "convivente", "appena"]


def test_answers_of_the_wrong_shape_name_nobody(kit: Kit) -> None:
    for piano in (
        {"equipe": "A. Bianchi"},
        {"equipe": ["A. Bianchi"]},
        {"redattore": "D. Blu"},
        {"luogo": {"nome": "x"}},
        {"luogo": 5},
    ):
        assert [name for _, name in signatures(kit, piano, {"componenti": "x", "tutore_curatore": []})] == [LINE] * 4


def test_a_sight_without_a_day_counts_no_ages(kit: Kit) -> None:
    blind = Sight(kit.forms, None, frozenset(), {})
    template = kit.template("p", "x", signers=[{"role": "ADULTI", "name": "p#/componenti", "required": False}])
    case = Case(CASE, (record("p", {"componenti": [{"nome": "A", "data_nascita": "1990"}]}),))
    found = gather(template, case, blind, number=1, visible=EVERYTHING, document={})
    document = found["documento"]
    assert isinstance(document, Node)
    assert document["firme"] == ()
