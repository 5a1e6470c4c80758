"""What is written on a page and read from it again is what was answered; what is not understood stays as it was typed."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pitstop_docs import jsontext
from pitstop_docs.answers import prune
from pitstop_docs.forms import Form
from pitstop_docs.transcription import read, written
from pitstop_docs.workspace import Workspace
from tests.kits import ROOT, TODAY, Kit, answers, choice, group, leaf, rows

FORMS = Workspace.at(ROOT, today=TODAY).forms
LABELS = {"a": "Primo", "b": "Secondo"}
FIELDS = {
    "nome": leaf("Nome"),
    "giorno": leaf("Giorno", format="date"),
    "nascita": leaf("Nascita", format="data_parziale"),
    "importo": leaf("Importo", format="euro"),
    "ore": leaf("Ore", "number"),
    "figli": leaf("Figli", "integer"),
    "vero": leaf("Vero", "boolean"),
    "esito": choice("Esito", {"si": "Attivata", "no": "Non attivata"}),
    "voto": leaf("Voto", "integer", enum=[0, 1, 2], x_labels={"0": "non rilevato", "1": "crisi", "2": "autonomo"}),
    "casi": {
        **leaf("Casi", "array"),
        "items": {"type": "string", "enum": ["a", "b"], "x-labels": {"a": "Primo", "b": "Secondo"}},
    },
    "alias": {**leaf("Alias", "array"), "items": {"type": "string"}},
    "casa": group("Casa", {"via": leaf("Via"), "cap": leaf("CAP", format="cap")}),
    "voci": rows("Voci", {"voce": leaf("Voce"), "ore": leaf("Ore", "number")}),
    "eta": leaf("Età", "integer", readOnly=True, x_computed={"fn": "age", "of": "/nascita"}),
    "delta": leaf("Differenza", "integer", readOnly=True, x_computed={"fn": "delta"}, x_labels={"-1": "−1", "0": "0", "2": "+2"}),
    "inizio": leaf("Inizio", format="ora"),
    "telefono": leaf("Telefono", format="telefono"),
    "nota": leaf("Nota", x_long=True),
}


@pytest.fixture
def form(tmp_path: Path) -> Form:
    return Kit.at(tmp_path).form("scheda", FIELDS, required=["voci"])


def test_a_page_prints_answers_as_people_read_them(form: Form) -> None:
    told = {
        "nome": "Amina",
        "giorno": "2026-03-05",
        "nascita": "1990-03",
        "importo": "1250.50",
        "ore": Decimal("12.5"),
        "figli": 2,
        "vero": False,
        "esito": "si",
        "voto": 1,
        "casi": ["b", "a"],
        "alias": ["Mina", "Amy"],
        "casa": {"via": "Via Roma"},
        "voci": [{"voce": "uno"}, {"ore": 3}],
        "eta": 36,
    }
    assert written(form, told) == {
        "/nome": "Amina",
        "/giorno": "05/03/2026",
        "/nascita": "marzo 1990 (giorno non noto)",
        "/importo": "1.250,50",
        "/ore": "12,5",
        "/figli": "2",
        "/vero": False,
        "/esito": "si",
        "/voto": "1",
        "/casi": ("b", "a"),
        "/alias/r1": "Mina",
        "/alias/r2": "Amy",
        "/casa/via": "Via Roma",
        "/voci/r1/voce": "uno",
        "/voci/r2/ore": "3",
        "/eta": "36",
    }
    assert read(form, written(form, told)) == {name: value for name, value in told.items() if name != "eta"}


@pytest.mark.parametrize(
    ("place", "typed", "meant"),
    [
        ("/giorno", "5/3/2026", "2026-03-05"),
        ("/giorno", "2026-03-05", "2026-03-05"),
        ("/giorno", "5.3.26", "2026-03-05"),
        ("/giorno", "5-3-85", "5-3-85"),
        ("/giorno", "1º lug 2026", "2026-07-01"),
        ("/nascita", "5/3/26", "5/3/26"),
        ("/giorno", " 5 marzo 2026 ", "2026-03-05"),
        ("/giorno", "31/02/2026", "31/02/2026"),
        ("/giorno", "boh", "boh"),
        ("/importo", "€ 1.250,50", "1250.50"),
        ("/importo", "milleduecento", "milleduecento"),
        ("/ore", "12,5", Decimal("12.5")),
        ("/ore", "1.234", "1.234"),
        ("/figli", "2,0", 2),
        ("/figli", "due", "due"),
        ("/figli", "2,5", "2,5"),
        ("/vero", "Sì", True),
        ("/vero", True, True),
        ("/vero", ("no",), False),
        ("/vero", ("si", "no"), "si, no"),
        ("/vero", "forse", "forse"),
        ("/esito", "Non attivata", "no"),
        ("/esito", "no", "no"),
        ("/esito", "altro", "altro"),
        ("/voto", "autonomo", 2),
        ("/voto", "0", 0),
        ("/casi", ("a", "zeta"), ["a", "zeta"]),
        ("/casi", "Primo, b", ["a", "b"]),
        ("/nome", "  Rossi\r\n& Figli ", "Rossi\n& Figli"),
        ("/casa/cap", "70 121", "70121"),
    ],
)
def test_what_people_type_is_understood_or_stays_as_it_was_typed(place: str, typed: Any, meant: Any, form: Form) -> None:
    found = read(form, {place: typed})
    for step in place.strip("/").split("/"):
        found = found[step]
    assert found == meant
    assert type(found) is type(meant)


SPELT: dict[str, dict[Any, list[Any]]] = {
    "giorno": {
        "2026-03-05": [
            "5/3/2026",
            "05/03/2026",
            " 5 / 3 / 2026",
            "5-3-2026",
            "5.3.2026",
            "5/3/26",
            "05.03.26",
            "2026-03-05",
            "5 marzo 2026",
            "5 MARZO 2026",
            "5 mar 2026",
            "5 mar. 2026",
            "5\u00a0marzo\u00a02026",
            "05/03/2026\r\n",
            "\u200b05/03/2026",
        ],
        "2026-07-05": ["5 lug 2026", "5 Lug. 2026", "5 luglio 2026"],
        "2026-07-01": ["1º luglio 2026", "1° lug 2026"],
        "2024-02-29": ["29/2/2024"],
        "1985-03-05": ["5/3/1985"],
    },
    "nascita": {
        "1990-03-05": ["5/3/1990", "5 marzo 1990", "1990-03-05"],
        "1990-03": ["03/1990", "marzo 1990", "00/03/1990", "marzo 1990 (giorno non noto)"],
        "1990": ["1990", "00/00/1990", "1990 (giorno e mese non noti)"],
    },
    "importo": {
        "1234.50": [
            "1.234,50",
            "1234,50",
            "1234.50",
            "€ 1.234,50",
            "1.234,50 €",
            "euro 1.234,50",
            "EUR 1234,50",
            "€\u00a01.234,50",
        ],
        "12.00": ["12", "12,00", "12 euro"],
        "-3.00": ["-3,00", "- 3"],
        "0.00": ["0", "0,00", "-0"],
        "1234567.89": ["1.234.567,89"],
    },
    "ore": {
        Decimal("12.5"): ["12,5", "12.5", "12,50", "+12,5", " 12,5 "],
        Decimal("1234.5"): ["1.234,5", "1 234,5", "1\u00a0234,5", "1\u202f234,5", "1234,5"],
        Decimal(3): ["3", "+3", "+ 3", "3,0", "03"],
        Decimal(-3): ["-3", "- 3"],
    },
    "figli": {2: ["2", "2,0", "2.0", "+2", "02"], 1000: ["1000", "1 000"]},
    "inizio": {"09:30": ["9:30", "09:30", "9.30", "09.30\n"], "00:00": ["0:00"]},
    "vero": {
        True: ["sì", "SI", "Si", "si\u0300", "S", "x", "X", "vero", True, ("si",)],
        False: ["no", "NO", "n", "falso", ("no",)],
    },
    "esito": {"si": ["si", "Attivata", "ATTIVATA", ("si",)], "no": ["Non attivata ", ("no",)]},
    "telefono": {"+390801234567": ["+39 080 123 4567", "+39 080/1234567", "+39\u00a0080-1234567"]},
    "nome": {"Café": ["Cafe\u0301", "Caf\u00e9 "]},
    "nota": {"uno\ndue": ["uno\r\ndue", "uno\rdue", "uno\u2028due", "uno\u0085due"]},
}
"""What people type, by what is meant."""
ODD: dict[str, list[Any]] = {
    "giorno": [
        "31/02/2026",
        "29/02/2026",
        "13/13/2026",
        "00/03/2026",
        "5/3",
        "5/3/85",
        "marzo 2026",
        "20260305",
        "05032026",
        "2026-3-5",
        "2026-02-30",
        "oggi",
        "5/3-2026",
        "5/3/2026 ore 10",
        "1/1/0026",
        "5 gennaio 26",
        "5 màrzo 2026",
        "0５/03/2026",
        "٠٥/٠٣/٢٠٢٦",
        "5,3,2026",
        "5/3/2026 o 6/3/2026",
    ],
    "nascita": ["5/3/90", "1890", "mar 1990", "00/00/0000", "1990?"],
    "importo": [
        "1.234",
        "12,5",
        "12.5",
        "12,505",
        "1,234.50",
        "1'234,50",
        "1.23.4",
        "+3",
        "−3,00",
        "mille",
        "12,-",
        "1e3",
        "$ 12,50",
        "12,50 circa",
        "１２,50",
        "١٢",
        "1234567890,00",
    ],
    "ore": [
        "1.234",
        "7.755",
        "7 30",
        "12 5",
        "1 2",
        "1:30",
        "1h30",
        "12 h",
        "½",
        "−3",
        ",5",
        "5,",
        "1,2,3",
        "1e3",
        "NaN",
        "１２",
        "٣",
    ],
    "figli": ["1.000", "2,5", "due", "2 figli", "2-3", "２", "99999999999999999999999"],
    "inizio": ["9,30", "930", "9", "24:00", "9:5", "9:30:00", "ore 9:30", "９:30", "9.30 pm"],
    "vero": ["forse", "1", "0", "✓", "si.", "non so", "sí", ("si", "no")],
    "esito": ["sì", "altro", "si e no", ("si", "no")],
    "telefono": ["٠٨٠١٢٣٤", "０８０１２３４", "casa: 080"],
}
"""What nobody can be sure of, or what is nothing of the kind."""


@pytest.mark.parametrize(
    ("field", "typed", "meant"), [(name, one, meant) for name, told in SPELT.items() for meant in told for one in told[meant]]
)
def test_a_spelling_that_can_only_mean_one_thing_is_read_as_that(field: str, typed: Any, meant: Any, form: Form) -> None:
    found = read(form, {f"/{field}": typed})
    assert found == {field: meant} and type(found[field]) is type(meant)
    assert not [one for one in form.findings(found) if one.path == f"/{field}"]


@pytest.mark.parametrize(("field", "typed"), [(name, one) for name, told in ODD.items() for one in told])
def test_any_other_spelling_is_kept_as_it_was_typed_and_told(field: str, typed: Any, form: Form) -> None:
    found = read(form, {f"/{field}": typed})
    assert found == {field: ", ".join(typed) if isinstance(typed, tuple) else typed}
    [told] = [one for one in form.findings(found) if one.path == f"/{field}"]
    assert told.blocks and told.message and told.remedy


@pytest.mark.parametrize(("place", "typed"), [("/vero", ("si", "no")), ("/esito", ("no", "si")), ("/voto", ("0", "2"))])
def test_two_boxes_ticked_where_one_is_due_stay_both_and_are_told_as_that(place: str, typed: tuple[str, ...], form: Form) -> None:
    found = read(form, {place: typed})
    assert found == {place.strip("/"): ", ".join(typed)}
    [told] = [one for one in form.findings(found) if one.path == place]
    assert (told.message, told.remedy) == (
        "Sono segnate più risposte, e ne va una sola.",
        "Chiedere quale vale, e lasciare solo quella.",
    )


def test_a_computed_difference_is_printed_as_in_a_document(form: Form) -> None:
    assert written(form, {"delta": 2}) == {"/delta": "+2"}
    assert written(form, {"delta": -1}) == {"/delta": "−1"}
    assert written(form, {"delta": 5}) == {"/delta": "5"}


def test_the_box_that_says_none_counts_where_every_row_was_emptied_and_only_while_it_is_ticked(form: Form) -> None:
    printed = {"voci": [{"voce": "una"}]}
    assert read(form, {"/voci/r1/voce": " ", "/voci": ("nessuno",)}, printed) == {"voci": []}
    assert read(form, {"/voci/r1/voce": " ", "/voci": ()}, printed) == {"voci": [{}]}
    assert read(form, {"/voci": ()}, {"voci": []}) == {}
    assert read(form, {"/voci": ("nessuno",)}, {"voci": []}) == {"voci": []}


@pytest.mark.parametrize("nothing", ["", "   ", None, ()])
def test_an_empty_place_is_no_answer(nothing: Any, form: Form) -> None:
    places = ["/nome", "/giorno", "/vero", "/esito", "/casi", "/casa/via", "/figli"]
    assert prune(read(form, dict.fromkeys(places, nothing))) == {}


def test_a_row_keeps_its_place_when_it_is_emptied(form: Form) -> None:
    values = {"/voci/r1/voce": "", "/voci/r2/voce": "due", "/voci/r4/voce": "nuova"}
    assert read(form, values)["voci"] == [{}, {"voce": "due"}, {}, {"voce": "nuova"}]
    assert read(form, {}, {"voci": [{"voce": "uno"}, {"ore": 3}]}) == {"voci": [{}, {}]}
    assert read(form, {"/alias/r2": "Amy", "/alias/r5": "Mina"}, {"alias": ["a", "b", "c"]}) == {"alias": ["Amy", "Mina"]}
    assert read(form, {"/alias/r1": " "}, {"alias": ["a"]}) == {}
    assert read(form, {}, {"alias": [], "nome": "x"}) == {"alias": []}, "a page has no words for it: it stays"


def test_what_the_page_did_not_ask_for_stays_as_it_was(form: Form) -> None:
    printed = {
        "nome": "Amina",
        "figli": 2,
        "casa": {"via": "Via Roma", "cap": "70121"},
        "voci": [{"voce": "uno", "ore": 3}],
        "alias": ["x"],
    }
    asked_for = {"/nome", "/casa/via", "/voci/r1/voce"}
    back = read(form, {"/nome": "", "/casa/via": "Via Bari", "/voci/r1/voce": "due"}, printed, asked_for)
    assert back == {
        "figli": 2,
        "casa": {"via": "Via Bari", "cap": "70121"},
        "voci": [{"voce": "due", "ore": 3}],
        "alias": ["x"],
    }


def test_the_box_that_says_none_is_an_empty_list_unless_rows_came_too(form: Form) -> None:
    assert written(form, {"voci": []}) == {"/voci": ("nessuno",)}
    assert read(form, {"/voci": ("nessuno",)}) == {"voci": []}
    assert read(form, {"/voci/r1/voce": "una", "/voci": ("nessuno",)}) == {"voci": [{"voce": "una"}]}


def test_what_is_computed_or_not_asked_is_not_read(form: Form) -> None:
    assert read(form, {"/eta": "99", "/ignoto": "x", "/voci/r1/ignoto": "x"}) == {}


@pytest.mark.parametrize("name", sorted(FORMS))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(data=st.data())
def test_every_form_of_the_kit_goes_to_the_page_and_back_unchanged(name: str, data: st.DataObject) -> None:
    form = FORMS[name]
    told = form.canonical(prune(data.draw(answers(form.schema))))
    back = read(form, written(form, told), told)
    assert jsontext.canonical(prune(back)) == jsontext.canonical(_asked_only(form.schema, told))


def _asked_only(schema: Any, value: Any) -> Any:
    """The answers without what is computed, and texts as the gate keeps them."""
    if isinstance(value, dict):
        known = schema.get("properties", {})
        kept = {key: _asked_only(known[key], one) for key, one in value.items() if not known[key].get("readOnly")}
        return {key: one for key, one in kept.items() if one not in ({}, None)}
    if isinstance(value, list):
        return [_asked_only(schema.get("items", {}), one) for one in value]
    return value.strip() if isinstance(value, str) else value
