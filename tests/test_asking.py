"""A form is asked as a PDF: what is known is printed in it, what its reader may not see is not, and the issue is remembered."""

import json
from pathlib import Path

import pytest
from pypdf import PdfReader

from pitstop_docs.answers import bare
from pitstop_docs.asking import ISSUED
from tests.doors import knock
from tests.kits import CASE, Kit, choice, leaf, rows

pytest.importorskip("weasyprint", reason="WeasyPrint, or its Pango, is not installed", exc_type=(ImportError, OSError))

FIELDS = {
    "data": leaf("Data", format="date"),
    "nome": leaf("Nome", privacy="identificativo"),
    "esito": choice("Esito", {"si": "Attivata", "no": "Non attivata"}),
    "salute": leaf("Salute", privacy="particolare"),
    "indirizzo": leaf("Indirizzo", x_protected_by="/protetto"),
    "protetto": leaf("Indirizzo protetto", "boolean"),
    "voci": rows("Voci", {"voce": leaf("Voce"), "ore": leaf("Ore", "number")}),
}
KNOWN = {"data": "2026-03-05", "nome": "أمينة Ağca", "esito": "si"}
DATA = {**KNOWN, "salute": "asma", "indirizzo": "Via Roma 1", "voci": [{"voce": "uno"}]}


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    kit = Kit.at(tmp_path)
    kit.form("scheda", FIELDS, date="/data")
    kit.form("diario", {"nota": leaf("Nota")}, many=True, opens_case=False)
    return kit


def values(path: Path) -> dict[str, str]:
    """What stands in the fields of a PDF that is not empty, by name."""
    found = {}
    for page in PdfReader(path).pages:
        for reference in page.get("/Annots", ()):
            widget = reference.get_object()
            value = str(widget.get("/V", ""))
            if widget.get("/T") and value not in ("", "/Off", "-"):
                found[str(widget["/T"])] = value
    return found


def ask(kit: Kit, *words: str) -> Path:
    told = knock(kit.root, "ask", *words)
    assert told.code == 0, told
    return Path(told.out.strip())


def test_what_is_known_is_printed_in_the_form(kit: Kit) -> None:
    kit.keep("scheda", DATA)
    path = ask(kit, "scheda", "--case", CASE)
    found = values(path)
    assert (found["/data"], found["/nome"], found["/esito"], found["/voci/r1/voce"]) == ("05/03/2026", "أمينة Ağca", "si", "uno")
    assert found["/salute"] == "asma", "an office form shows all that the office may see"
    assert path.name == "PST-001_D99_scheda_modulo_001.pdf"
    assert found["pitstop_form"].startswith("scheda|1.0.0|PST-001|1|")


def test_the_partner_is_not_told_what_it_may_not_see_nor_a_protected_address(kit: Kit) -> None:
    kit.keep("scheda", {**DATA, "protetto": True})
    path = ask(kit, "scheda", "--case", CASE, "--recipient", "partner")
    text = path.read_bytes()
    assert "/salute" not in values(path) and "/indirizzo" not in values(path) and "/nome" in values(path)
    assert b"asma" not in text and b"Via Roma" not in text
    names = {str(one.get_object().get("/T")) for page in PdfReader(path).pages for one in page["/Annots"]}
    assert {"/salute", "/indirizzo"} & names == set(), "what is not shown is not asked either"


def test_whoever_fills_it_decides_who_it_is_for(kit: Kit) -> None:
    kit.form("scheda", FIELDS, sections=[{"title": "Tutto", "who": ["TUTOR"], "fields": [f"/{key}" for key in FIELDS]}])
    kit.keep("scheda", DATA)
    assert "/salute" not in values(ask(kit, "scheda", "--case", CASE))


def test_the_same_answers_are_the_same_issue_and_others_the_next(kit: Kit) -> None:
    kit.keep("scheda", DATA)
    first = knock(kit.root, "ask", "scheda", "--case", CASE, "--json").json
    again = knock(kit.root, "ask", "scheda", "--case", CASE, "--json").json
    assert (first["fresh"], again["fresh"], again["sha256"], first["issue"]) == (True, False, first["sha256"], 1)
    kit.keep("scheda", {**DATA, "nome": "Bianca"})
    other = knock(kit.root, "ask", "scheda", "--case", CASE, "--json").json
    assert (other["issue"], other["identity"].split("|")[3]) == (2, "2")
    assert values(Path(first["path"]))["/nome"] == "أمينة Ağca", "what was sent stays as it was sent"


def test_a_form_that_was_lost_is_made_again_with_the_same_number(kit: Kit) -> None:
    kit.keep("scheda", DATA)
    path = ask(kit, "scheda", "--case", CASE)
    before = path.read_bytes()
    path.unlink()
    assert ask(kit, "scheda", "--case", CASE).read_bytes() == before


def test_of_a_form_of_which_there_are_many_a_new_one_is_asked_unless_one_is_named(kit: Kit) -> None:
    kit.keep("scheda", DATA)
    kit.keep("diario", {"nota": "la prima"})
    assert "/nota" not in values(ask(kit, "diario", "--case", CASE))
    assert values(ask(kit, "diario", "--case", CASE, "--number", "1"))["/nota"] == "la prima"
    assert knock(kit.root, "ask", "diario", "--case", CASE, "--number", "9").code == 4


def test_a_form_that_opens_a_case_is_asked_before_there_is_one(kit: Kit) -> None:
    assert "scheda_modulo_001" in ask(kit, "scheda", "--case", "PST-009").name
    assert knock(kit.root, "ask", "diario", "--case", "PST-009").code == 4


def test_what_was_issued_is_remembered_and_proved(kit: Kit) -> None:
    kit.keep("scheda", DATA)
    path = ask(kit, "scheda", "--case", CASE)
    with kit.workspace().store() as store:
        (row,) = store.documents(CASE, f"{ISSUED}scheda")
    assert bare(row.manifest["issued"]["answers"]) == DATA
    assert row.manifest["places"]["/nome"] == "/nome"
    told = json.loads(path.with_name(f"{path.name}.manifest.json").read_text(encoding="utf-8"))
    assert "أمينة" not in str(told) and told["sources"]["records"][0]["revision"] == 1
    assert knock(kit.root, "verify", str(path)).code == 0
    path.write_bytes(path.read_bytes() + b"\n% changed")
    assert "ALTERATO" in knock(kit.root, "verify", str(path)).out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["schede", "--case", CASE], 4, "Forse: scheda"),
        (["scheda"], 4, "indicarlo con --case"),
        (["scheda", "--case", CASE, "--recipient", "tutti"], 4, "Il destinatario «tutti» non esiste"),
    ],
)
def test_what_cannot_be_asked_is_told(words: list[str], code: int, said: str, kit: Kit) -> None:
    kit.keep("scheda", DATA)
    told = knock(kit.root, "ask", *words)
    assert told.code == code
    assert said in told.err
