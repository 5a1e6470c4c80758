"""What lint says of a kit: every flaw at once, each with its place, and an exit code that a script can trust."""

import json
from pathlib import Path
from typing import Any

import pytest

from pitstop_docs import lint
from pitstop_docs.errors import ExitCode, KitError
from pitstop_docs.findings import Severity
from pitstop_docs.flaws import Flaw, Spot, as_json, as_text, flaw, in_order
from pitstop_docs.lint import kit as of_kit
from pitstop_docs.lint.report import inspect
from pitstop_docs.workspace import Workspace
from tests.doors import knock
from tests.kits import CASE, ROOT, TODAY, Kit, choice, group, leaf, parts, patch, rows

FIELDS = {
    "nome": leaf("Nome", privacy="identificativo"),
    "esito": choice("Esito", {"si": "Sì", "no": "No"}),
    "voci": rows("Voci", {"voce": leaf("Voce"), "giorno": leaf("Giorno", format="date")}),
    "salute": leaf("Salute", privacy="particolare"),
}
SOUND = ("Nome: {{ scheda.nome }}", [["Voce"], ["{%tr for v in scheda.voci %}"], ["{{ v.voce }}"], ["{%tr endfor %}"]])


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    kit = Kit.at(tmp_path)
    kit.form("scheda", FIELDS, date="")
    return kit


def found(kit: Kit, kind: str = "") -> list[Flaw]:
    """What lint finds above information."""
    return [one for one in inspect(kit.workspace(), kind).flaws if one.severity is not Severity.INFO]


def rules(kit: Kit, kind: str = "") -> set[str]:
    return {one.rule for one in found(kit, kind)}


# What the whole kit says


def test_the_shipped_kit_has_nothing_above_information() -> None:
    report = inspect(Workspace.at(ROOT, today=TODAY))
    assert [one for one in report.flaws if one.severity is not Severity.INFO] == []
    assert len(report.templates) == len(list((ROOT / "templates").glob("*.json")))
    assert {one.rule for one in report.flaws} >= {"LNT-016", "LNT-022"}, "information is told"


def test_a_sound_template_has_nothing_above_information(kit: Kit) -> None:
    kit.template("scheda", *SOUND)
    assert [one for one in found(kit) if not one.rule.startswith("LNT-04")] == []


def test_all_flaws_are_told_at_once_each_where_it_stands(kit: Kit) -> None:
    kit.template(
        "scheda", "{{ scheda.nomme }}", "{% if scheda.esito == 'forse' %}x{% endif %}", "{{ sceda.nome }}", "{{ scheda.nome"
    )
    told = [(one.rule, one.spot.where) for one in found(kit) if one.blocks]
    assert told == [
        ("LNT-010", "paragrafo 1"),
        ("LNT-013", "paragrafo 2"),
        ("LNT-011", "paragrafo 3"),
        ("LNT-030", "paragrafo 4"),
    ]


def test_one_kind_may_be_looked_at_alone(kit: Kit) -> None:
    kit.template("scheda", "{{ scheda.nomme }}")
    kit.template("altra", "{{ scheda.esitto }}", form="scheda", records=["scheda"])
    assert {one.spot.file for one in found(kit, "altra") if one.blocks} == {"altra.docx"}
    assert {one.spot.file for one in found(kit) if one.blocks} == {"altra.docx", "scheda.docx"}


def test_a_file_that_nobody_describes_is_told(kit: Kit) -> None:
    kit.template("scheda", *SOUND)
    (kit.root / "templates" / "vecchio.docx").write_bytes(b"x")
    (kit.root / "templates" / "~$scheda.docx").write_bytes(b"what Word leaves beside an open file")
    assert [one.spot.file for one in found(kit) if one.rule == "LNT-003"] == ["vecchio.docx"]


# Descriptions


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"records": ["scheda", "persna"]}, "Il modulo «persna» non esiste."),
        ({"rules": ["CASE-01"]}, "La regola «CASE-01» non esiste."),
        ({"lines": ["L3"]}, "La linea «L3» non esiste."),
        ({"signers": [{"role": "ASS", "name": "scheda"}]}, "Il ruolo «ASS» non esiste. Forse «AS»?"),
        ({"signers": [{"role": "AS", "name": "tutor#/nome"}]}, "viene da «tutor», che il modello non legge"),
        ({"signers": [{"role": "AS", "name": "scheda#/nomme"}]}, "«scheda#/nomme», che il modulo non ha. Forse «/nome»?"),
    ],
)
def test_a_description_that_names_what_the_kit_has_not_is_told(told: dict[str, Any], said: str, kit: Kit) -> None:
    kit.template("scheda", *SOUND, **told)
    flaws = [one for one in found(kit) if one.rule == "LNT-002"]
    assert len(flaws) == 1
    assert said in flaws[0].message
    assert flaws[0].spot.file == "scheda.json"


# Forms


@pytest.mark.parametrize("name", ["items", "values", "count", "if", "loop", "class", "codice-fiscale", "Nome", "città", "2via"])
def test_a_field_with_a_name_that_would_be_read_otherwise_is_told(name: str, kit: Kit) -> None:
    kit.form("scheda", {**FIELDS, "casa": group("Casa", {name: leaf("X")})})
    told = [one for one in inspect(kit.workspace()).flaws if one.rule == "LNT-019"]
    assert [(one.subject, one.spot.where) for one in told] == [(name, f"/casa/{name}")]
    assert "pitstop rename" in told[0].remedy


@pytest.mark.parametrize("name", ["nome", "documento", "data_2", "x"])
def test_a_plain_name_passes(name: str) -> None:
    assert of_kit.unfit(name) == ""


def test_a_form_that_is_called_like_the_document_would_hide_it(kit: Kit) -> None:
    kit.form("documento", {"nome": leaf("Nome")})
    assert [one.subject for one in found(kit) if one.rule == "LNT-019"] == ["documento"]


@pytest.mark.parametrize(
    ("fields", "layout", "rule", "said"),
    [
        (["/nome", "/esito", "/voci", "/salute", "/nomme"], {}, "LNT-024", "«/nomme», che lo schema non ha. Forse «/nome»?"),
        (["/nome", "/nome", "/esito", "/voci", "/salute"], {}, "LNT-024", "«/nome» è chiesto due volte"),
        (["/nome", "/esito", "/voci"], {}, "LNT-023", "Nessuna sezione chiede il campo «salute»"),
        (["/nome", "/esito", "/voci", "/salute"], {"date": "/giorno"}, "LNT-024", "«date» indica «/giorno»"),
        (["/nome", "/esito", "/voci", "/salute"], {"cases": "/voci/*/caso"}, "LNT-024", "«cases» indica «/voci/*/caso»"),
        (["/nome", "/esito", "/voci", "/salute"], {"rows": {"/vocii": 4}}, "LNT-024", "che lo schema non ha. Forse «/voci»?"),
        (["/nome", "/esito", "/voci", "/salute"], {"rows": {"/nome": 4}}, "LNT-024", "«/nome», che non è un elenco"),
        (["/nome", "/esito", "/voci", "/salute"], {"rows": {"/voci": 0}}, "LNT-024", "righe che non può avere"),
    ],
)
def test_a_layout_that_does_not_ask_what_the_schema_says_is_told(
    fields: list[str], layout: dict[str, Any], rule: str, said: str, kit: Kit
) -> None:
    kit.form("scheda", FIELDS, sections=[{"title": "Tutto", "who": ["AS"], "fields": fields}], **layout)
    told = [one for one in found(kit) if one.rule in ("LNT-023", "LNT-024")]
    assert [one.rule for one in told] == [rule]
    assert said in told[0].message


@pytest.mark.parametrize(
    ("sheet", "many", "said"),
    [
        ({"fields": ["/nome"]}, False, "il modulo è uno solo"),
        ({"fields": ["/nome"], "rows": 0}, True, "almeno una riga"),
        ({"fields": ["/nome", "/nomme"]}, True, "Il foglio chiede «/nomme», che lo schema non ha. Forse «/nome»?"),
        ({"fields": ["/nome", "/voci/*/voce"]}, True, "che sta nelle righe di un elenco"),
        ({"fields": ["/nome"], "once": ["/nome"]}, True, "Il foglio chiede due volte «/nome»"),
        ({"fields": ["/esito"]}, True, "Il foglio non chiede «nome», che è obbligatorio"),
    ],
)
def test_a_sheet_that_does_not_ask_what_the_schema_says_is_told(sheet: dict[str, Any], many: bool, said: str, kit: Kit) -> None:
    told = {"title": "Foglio", "rows": 5, **sheet}
    kit.form("scheda", FIELDS, required=["nome"], many=many, sheet=told)
    (message,) = [one.message for one in found(kit) if one.rule == "LNT-024"]
    assert said in message


@pytest.mark.parametrize("sheet", [{"title": "Foglio", "rows": 5}, {"title": "F", "rows": 5, "fields": [], "righe": 3}, 10])
def test_a_sheet_that_is_told_otherwise_than_it_should_stops_the_kit(sheet: Any, kit: Kit) -> None:
    with pytest.raises(KitError, match=r"scheda\.json"):
        kit.form("scheda", FIELDS, many=True, sheet=sheet)


def test_a_required_answer_that_nobody_uses_is_told_as_information(kit: Kit) -> None:
    kit.form("scheda", FIELDS, required=["nome", "esito", "salute"], date="")
    kit.template("scheda", "{{ scheda.nome }}{% if scheda.esito %}x{% endif %}")
    told = [one for one in inspect(kit.workspace()).flaws if one.rule == "LNT-022"]
    assert [(one.subject, one.severity) for one in told] == [("scheda/salute", Severity.INFO)]
    assert "«Salute» è obbligatorio, ma nessun documento lo stampa" in told[0].message


def test_a_rule_that_reads_an_answer_is_a_use_of_it(kit: Kit) -> None:
    """`deroga` is printed by no document: the rules read its reason, its author and until when it holds."""
    use = of_kit.use_of([], {}, Workspace.at(ROOT, today=TODAY).pack)
    form = Workspace.at(ROOT, today=TODAY).forms["deroga"]
    vain = {one.subject for one in of_kit.asked_in_vain(form, use)}
    assert {"deroga/motivazione", "deroga/fino_al", "deroga/regola", "deroga/autorizzata_da/ruolo"} & vain == set()


def test_what_the_schema_itself_looks_at_is_not_asked_in_vain(kit: Kit) -> None:
    then = {"if": {"properties": {"esito": {"const": "si"}}, "required": ["esito"]}, "then": {"required": ["nome"]}}
    kit.form("scheda", FIELDS, required=["esito"], schema={"allOf": [then]})
    assert "LNT-022" not in {one.rule for one in inspect(kit.workspace()).flaws}


# What cannot be read


def test_every_file_that_cannot_be_read_is_told_and_the_others_are_still_looked_at(kit: Kit) -> None:
    kit.template("a", "{{ scheda.nome }}", form="scheda", records=["scheda"]).path.write_bytes(b"not a zip")
    kit.template("b", "{{ scheda.nomme }}", form="scheda", records=["scheda"])
    kit.template("c", "x", form="scheda", records=["scheda"]).description.write_text("{", encoding="utf-8")
    kit.form("rotto", {"nome": leaf("Nome")})
    kit.write("schemas/rotto.json", {"type": "object", "properties": {}, "properites": {}})
    report = inspect(kit.workspace())
    lost = {one.spot.file for one in report.flaws if one.rule == "LNT-001"}
    assert lost == {"a.docx", "c.json", "rotto.json"}
    assert report.unreadable
    assert [one.subject for one in report.flaws if one.rule == "LNT-010"] == ["scheda.nomme"]


def test_a_file_that_reads_well_and_cannot_be_filled_is_told(kit: Kit) -> None:
    path = kit.template("scheda", *SOUND).path
    patch(path, "word/_rels/document.xml.rels", 'Target="styles.xml"', 'Target="nulla.xml"')
    told = [one for one in found(kit) if one.rule == "LNT-001"]
    assert len(told) == 1 and "scheda.docx: il modello non si può riempire" in told[0].message


def test_a_template_of_another_kind_of_file_is_told(kit: Kit) -> None:
    kit.template("scheda", "x", file="scheda.odt")
    told = [one for one in found(kit) if one.rule == "LNT-001"]
    assert len(told) == 1 and "Word (.docx), PDF compilabili (.pdf) o Excel (.xlsx)" in told[0].message


# At the door


def test_lint_ends_with_0_where_nothing_blocks(kit: Kit) -> None:
    kit.template("scheda", *SOUND)
    told = knock(kit.root, "lint", "scheda")
    assert told.code == 0, told
    assert "Risposte facoltative stampate senza un «if» (3): scheda.nome, scheda.voci, v.voce." in told.out


def test_lint_ends_with_1_and_says_what_where_and_what_to_do(kit: Kit) -> None:
    kit.template(
        "scheda", [["Voce", "Giorno"], ["{%tr for v in scheda.voci %}", ""], ["{{ v.vocce }}", "x"], ["{%tr endfor %}", ""]]
    )
    told = knock(kit.root, "lint")
    assert told.code == 1
    lines = told.out.splitlines()
    assert lines[0] == "scheda.docx (D99 Scheda):"
    assert "  bloccante  corpo, tabella 1, riga 3, colonna 1 «{{ v.vocce }}»" in lines
    assert "             «v.vocce»: il modulo «scheda» non ha questo campo. Forse «voce»? [LNT-010]" in lines


def test_lint_ends_with_3_where_a_file_cannot_be_read(kit: Kit) -> None:
    kit.template("scheda", "x").path.write_bytes(b"")
    told = knock(kit.root, "lint")
    assert told.code == ExitCode.KIT
    assert "scheda.docx" in told.out and "integro" in told.out and "Traceback" not in told.out


def test_lint_of_an_unknown_kind_gives_the_nearest(kit: Kit) -> None:
    kit.template("scheda", "x")
    told = knock(kit.root, "lint", "schedda")
    assert told.code == ExitCode.UNKNOWN
    assert "Forse: scheda." in told.err


def test_lint_tells_in_json_what_it_tells_in_words(kit: Kit) -> None:
    kit.template("scheda", "{{ scheda.nomme }}")
    told = knock(kit.root, "lint", "--json")
    assert told.code == 1
    first = next(one for one in json.loads(told.out) if one["rule"] == "LNT-010")
    assert first["severity"] == "bloccante"
    assert first["spot"]["file"] == "scheda.docx"
    assert first["spot"]["where"] == "paragrafo 1"
    assert first["spot"]["anchor"] == ["word/document.xml", 0, 0, 18]
    assert first["subject"] == "scheda.nomme"


def test_an_annotated_copy_is_written_beside_the_outputs_and_the_template_is_left_alone(kit: Kit, tmp_path: Path) -> None:
    path = kit.template("scheda", "{{ scheda.nomme }}").path
    before = path.read_bytes()
    told = knock(kit.root, "lint", "scheda", "--annotate")
    copy = kit.root / "outputs" / "osservazioni" / "scheda_osservazioni.docx"
    assert str(copy) in told.out
    assert "scheda.nomme" in parts(copy)["word/comments.xml"].decode()
    assert path.read_bytes() == before
    elsewhere = tmp_path / "altrove"
    assert str(elsewhere) in knock(kit.root, "lint", "scheda", "--annotate", "--out", str(elsewhere)).out
    assert (elsewhere / copy.name).read_bytes() == copy.read_bytes()


def test_a_file_that_cannot_be_read_is_not_annotated(kit: Kit) -> None:
    kit.template("scheda", "x").path.write_bytes(b"")
    assert knock(kit.root, "lint", "--annotate").code == ExitCode.KIT
    assert not (kit.root / "outputs" / "osservazioni").exists()


# What make and check ask first


@pytest.mark.parametrize("command", ["make", "check"])
def test_a_template_with_a_flaw_makes_no_document(command: str, kit: Kit) -> None:
    kit.template("scheda", "{{ scheda.nomme }}", "{{ scheda.esitto }}")
    kit.keep("scheda", {"nome": "Amina"})
    told = knock(kit.root, command, "scheda", "--case", CASE)
    assert told.code == ExitCode.KIT
    assert "scheda.docx, corpo, paragrafo 1: «{{ scheda.nomme }}» «scheda.nomme»" in told.err
    assert "Altri difetti: 1. Per l’elenco: pitstop lint scheda." in told.err


def test_what_the_recipient_may_not_see_is_a_flaw_but_its_document_is_safe(kit: Kit) -> None:
    kit.template("scheda", "{{ scheda.salute }}", recipient="partner")
    assert rules(kit, "scheda") >= {"LNT-021"}
    told = next(one for one in found(kit) if one.rule == "LNT-021")
    assert "è particolare (art. 9 GDPR)" in told.message and "«partner»" in told.message
    workspace = kit.workspace()
    lint.refuse_unsound(workspace.templates["scheda"], workspace.forms, workspace.pack)
    assert "omissis" in str(kit.fill("scheda", visible=frozenset({"comune"}), scheda={"salute": "x"}).trace.printed)


def test_a_template_that_reads_a_form_the_kit_has_not_is_told(kit: Kit) -> None:
    kit.template("scheda", "x", records=["scheda", "persona"])
    workspace = kit.workspace()
    with pytest.raises(KitError, match=r"scheda\.json: il modulo «persona» non esiste"):
        lint.reader_of(workspace.templates["scheda"], workspace.forms, workspace.pack)


# How flaws are told


def test_flaws_stand_in_the_order_of_the_file_each_once() -> None:
    def at(anchor: tuple[str | int, ...], rule: str = "LNT-010") -> Flaw:
        return flaw(rule, Spot("a.docx", "corpo", anchor=anchor), "x")

    late, early, heavy = (
        at(("word/document.xml", 10, 0, 3)),
        at(("word/document.xml", 2, 0, 3), "LNT-016"),
        at(("word/document.xml", 2, 0, 3)),
    )
    assert in_order([late, early, heavy, late]) == [heavy, early, late]


def test_information_is_told_in_brief_and_the_rest_in_full() -> None:
    info = [flaw("LNT-016", Spot("a.docx", "corpo", f"paragrafo {n}"), "x", subject=f"s.campo{n}") for n in range(8)]
    block = flaw("LNT-010", Spot("a.docx", "corpo", "paragrafo 9", "{{ s.x }}", page=3), "Non c’è.", "Correggere.")
    lines = as_text([*info, block], {"a.docx": "D10 PAI"}).splitlines()
    assert lines[0] == "a.docx (D10 PAI):"
    assert lines[1:3] == ["  bloccante  corpo, pagina 3, paragrafo 9 «{{ s.x }}»", "             Non c’è. Correggere. [LNT-010]"]
    assert len(lines) == 4
    assert "senza un «if» (8): s.campo0, s.campo1" in lines[3] and lines[3].endswith("[LNT-016]")
    assert len(json.loads(as_json([*info, block]))) == 9
