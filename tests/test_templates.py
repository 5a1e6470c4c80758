"""A template's description is read strictly, and what a template can print is compared with the schemas."""

from pathlib import Path
from typing import Any

import pytest

from pitstop_docs.errors import ExitCode, KitError
from pitstop_docs.templates import Signer, check_places, load_templates
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
        ({"recipient": "tutti"}, "«recipient» uno tra interno, partner, ministero, pubblico"),
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


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("{{ s.nomme }}", "«s.nomme» non è un campo del modulo. Forse «nome»?"),
        ("{{ s.casa.strada }}", "«s.casa.strada» non è un campo del modulo."),
        ("{% for v in s.voci %}{{ v.vocce }}{% endfor %}", "«s.voci.vocce» non è un campo del modulo. Forse «voce»?"),
        ("{% for v in s.nome %}{{ v }}{% endfor %}", "«s.nome» non è un elenco."),
        ("{% for v in s.casa %}{{ v.via }}{% endfor %}", "«s.casa» non è un elenco."),
        ("{{ s.voci.voce }}", "«s.voci.voce» non è un campo del modulo."),
        ("{% if s.nome %}{% if s.nome == 'mai' %}{{ s.casa.vai }}{% endif %}{% endif %}", "«s.casa.vai» non è un campo"),
        ("{% if s.nome == 'mai' %}{{ ss.nome }}{% endif %}", "«ss» non è un modulo. Forse «s»?"),
        (
            "{% if s.nome == 'mai' %}{{ documento.codce }}{% endif %}",
            "«documento.codce» non è un campo del modulo. Forse «codice»?",
        ),
    ],
)
def test_a_name_that_no_schema_has_is_found_in_branches_too(block: str, said: str, kit: Kit) -> None:
    template = kit.template("s", block)
    with pytest.raises(KitError) as caught:
        check_places(template.places, kit.forms, "s.docx")
    assert str(caught.value).startswith(f"s.docx: {said}")


def test_a_template_that_names_only_what_is_there_passes(kit: Kit) -> None:
    signed = "{% for f in documento.firme %}{{ f.ruolo }} {{ f.nome }} {{ loop.index }}{% endfor %}{{ documento.data }}"
    template = kit.template("s", "{{ s.nome }} {{ s.casa.via }} {{ altro.nome }}", TABLE, signed)
    check_places(template.places, kit.forms, "s.docx")
