"""A template's description is read strictly, and what a template can print is compared with the schemas."""

from pathlib import Path
from typing import Any

import pytest

from pitstop_docs.entries import Entry
from pitstop_docs.errors import ExitCode, KitError
from pitstop_docs.templates import Region, Signer, load_templates
from tests.kits import Kit, group, leaf, rows

FIELDS = {"nome": leaf("Nome"), "casa": group("Casa", {"via": leaf("Via")}), "voci": rows("Voci", {"voce": leaf("Voce")})}
TABLE = [["Voce"], ["{%tr for v in s.voci %}"], ["{{ v.voce }}"], ["{%tr endfor %}"]]


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    kit = Kit.at(tmp_path)
    kit.form("s", FIELDS)
    kit.form("altro", {"nome": leaf("Nome")})
    return kit


def test_a_description_says_what_is_printed_for_whom_and_who_signs(kit: Kit) -> None:
    told: dict[str, Any] = {
        "code": "D10",
        "title": "Piano",
        "order": 7,
        "optional": ["altro"],
        "recipient": "partner",
        "lines": ["L1"],
    }
    signers = [{"role": "AS", "name": "s#/equipe"}, {"role": "MED", "name": "s#/mediatore", "required": False}]
    found = kit.template("s", "x", **told, signers=signers, rules=["CASE-001"])
    assert (found.kind, found.code, found.title, found.order, found.form) == ("s", "D10", "Piano", 7, "s")
    assert (found.records, found.optional, found.recipient, found.lines) == (("s",), ("altro",), "partner", ("L1",))
    assert found.signers == (Signer("AS", "s#/equipe", True), Signer("MED", "s#/mediatore", False))
    assert found.rules == ("CASE-001",)
    assert found.path == kit.root / "templates" / "s.docx"
    assert found.description == kit.root / "templates" / "s.json"


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"recipient": "tutti"}, "«recipient» uno tra interno, partner, autorita, ministero, pubblico"),
        ({"form": "altro", "records": ["s"]}, "«form» uno dei «records»"),
        ({"records": None}, "è incompleta"),
        ({"file": None}, "è incompleta"),
        ({"signers": ["AS"]}, "è incompleta"),
        ({"signers": [{"role": "AS"}]}, "è incompleta ('name')"),
    ],
)
def test_a_malformed_description_is_a_kit_error_that_names_the_file(told: dict[str, Any], said: str, kit: Kit) -> None:
    with pytest.raises(KitError) as caught:
        kit.template("s", "x", **told)
    assert str(caught.value).startswith("s.json: ")
    assert said in str(caught.value)
    assert caught.value.code == ExitCode.KIT


def test_a_description_stands_in_the_file_of_its_kind(kit: Kit) -> None:
    path = kit.template("s", "x").description
    path.rename(path.with_name("t.json"))
    with pytest.raises(KitError, match=r"t\.json: «kind» deve essere il nome del file"):
        load_templates(kit.root / "templates")


@pytest.mark.parametrize("key", ["kind", "code", "title", "order", "form", "records", "recipient", "file"])
def test_a_description_without_one_of_its_parts_is_a_kit_error(key: str, kit: Kit) -> None:
    whole = {"kind": "s", "code": "D10", "title": "S", "order": 1, "file": "s.docx", "form": "s", "records": ["s"]}
    told = {**whole, "recipient": "interno"}
    kit.write("templates/s.json", told)
    assert load_templates(kit.root / "templates")["s"].code == "D10"
    kit.write("templates/s.json", {name: value for name, value in told.items() if name != key})
    with pytest.raises(KitError, match=rf"s\.json: la descrizione del modello è incompleta \('{key}'\)"):
        load_templates(kit.root / "templates")


def test_a_description_that_is_not_json_is_told_with_its_place(kit: Kit) -> None:
    (kit.root / "templates" / "s.json").write_text('{"kind": "s",}', encoding="utf-8")
    with pytest.raises(KitError, match=r"«s\.json»: alla riga 1"):
        load_templates(kit.root / "templates")
    kit.write("templates/s.json", [])
    with pytest.raises(KitError, match="è incompleta"):
        load_templates(kit.root / "templates")


@pytest.mark.parametrize(
    ("form", "path", "seen"),
    [
        ("s", "/nome", True),
        ("s", "/voci/3/voce", True),
        ("s", "/voci/3", True),
        ("s", "/voci", True),
        ("s", "/casa", True),
        ("s", "/casa/via", True),
        ("s", "", True),
        ("s", "/no", False),
        ("s", "/nome2", False),
        ("s", "/voci/3/note", False),
        ("s", "/casa/scala", False),
        ("altro", "/nome", False),
        ("altro", "", False),
    ],
)
def test_a_change_is_seen_where_the_template_prints(form: str, path: str, seen: bool, kit: Kit) -> None:
    template = kit.template("s", "{{ s.nome }}{% if s.casa.via == 'x' %}y{% endif %}", TABLE)
    assert template.prints(form, path) is seen


def test_a_description_says_where_the_fields_of_a_pdf_and_the_cells_of_a_workbook_come_from(kit: Kit) -> None:
    regions = [{"at": "Voci!A5:B5", "each": "s#/voci", "columns": {"A": "/voce"}}]
    found = kit.template("s", "x", fields={"nome1": "s#/nome"}, cells={"Voci!B2": "s#/nome"}, regions=regions)
    assert (found.fields, found.cells) == ({"nome1": Entry(("s#/nome",))}, {"Voci!B2": "s#/nome"})
    assert found.regions == (Region("Voci!A5:B5", "s#/voci", {"A": "/voce"}),)
    assert found.places == {"s/nome", "s/voci/*/voce"}


@pytest.mark.parametrize("told", [{"fields": ["nome"]}, {"cells": "B2"}, {"regions": [{"at": "A1"}]}, {"regions": ["A1"]}])
def test_a_mapping_that_is_none_is_told(told: dict[str, Any], kit: Kit) -> None:
    with pytest.raises(KitError, match=r"s\.json: la descrizione del modello è incompleta"):
        kit.template("s", "x", **told)
