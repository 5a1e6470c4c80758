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
