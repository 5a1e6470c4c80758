"""A field is renamed everywhere at once or nowhere; not a byte beside its name changes, and what was kept before is read."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject, TextStringObject

from pitstop_docs import demo, files, jsonplaces, keeping, renaming
from pitstop_docs.checks import CHECKS
from pitstop_docs.errors import FileError
from pitstop_docs.renaming import readers, word
from pitstop_docs.workspace import RENAMING, Workspace
from tests.doors import Answer, knock
from tests.kits import CASE, NOON, ROOT, TODAY, Kit, attach, choice, group, leaf, parts, patch, rows, seen

GOALS = rows(
    "Obiettivi",
    {
        "titolo": leaf("Titolo"),
        "scadenza": leaf("Scadenza", format="date"),
        "esito": choice("Esito", {"si": "raggiunto", "no": "mancato"}),
        "motivo": leaf("Motivo"),
    },
    required=["titolo", "scadenza"],
    minItems=1,
)
GOALS["items"]["allOf"] = [
    {
        "if": {"properties": {"scadenza": {"type": "string"}, "esito": {"const": "no"}}, "required": ["scadenza", "esito"]},
        "then": {"required": ["motivo"], "properties": {"scadenza": {"maxLength": 10}}},
    }
]
FIELDS = {
    "data": leaf("Data", format="date"),
    "riservato": leaf("Riservato", "boolean"),
    "luogo": leaf("Luogo", x_protected_by="/riservato"),
    "obiettivi": GOALS,
    "visite": rows("Visite", {"scadenza": leaf("Scadenza", format="date"), "costo": leaf("Costo", format="euro")}),
    "costi": leaf("Costi", format="euro", readOnly=True, x_computed={"fn": "sum", "of": "/visite/*/costo"}),
    "chiusa": leaf("Chiusa", "boolean"),
}
CLOSED = {"if": {"properties": {"chiusa": {"const": True}}, "required": ["chiusa"]}, "then": {"required": ["luogo"]}}
PAGE = (
    "{{ scheda.data }} a {{ scheda.luogo }}: {% if scheda.obiettivi %}{{ scheda.costi }} euro{% endif %}",
    ("Prima {{ scheda.ob", "iettivi }", "} dopo"),
)
TABLE = [
    ["Titolo", "Entro", "Esito"],
    ["{%tr for o in scheda.obiettivi %}", "", ""],
    ["{{ o.titolo }}", "{% if o.scadenza and o['scadenza'] %}{{ o . scadenza }} (o.scadenza){% endif %}", "{{ o.esito }}"],
    ["{%tr endfor %}", "", ""],
]
VISITS = [["Visita"], ["{%tr for o in scheda.visite %}"], ["{{ o.scadenza }}"], ["{%tr endfor %}"]]
ANSWERS = {
    "data": "2026-03-05",
    "riservato": False,
    "luogo": "Bari",
    "obiettivi": [
        {"titolo": "Casa", "scadenza": "2026-06-30", "esito": "no", "motivo": "Nessun alloggio"},
        {"titolo": "Corso", "scadenza": "2026-07-31"},
    ],
    "visite": [{"scadenza": "2026-04-01", "costo": "10.50"}],
}


@pytest.fixture
def house(tmp_path: Path) -> Kit:
    """A form, and the document that prints it in every way in which a name can stand in a tag."""
    kit = Kit.at(tmp_path / "casa")
    kit.form("scheda", FIELDS, required=["data"], schema={"allOf": [CLOSED]}, date="/data")
    kit.template("scheda", PAGE[0], TABLE, VISITS, signers=[{"role": "AS", "name": "scheda#/luogo"}])
    return kit


def rename(house: Kit, *words: str) -> Answer:
    return knock(house.root, "rename", *words)


def renamed(house: Kit, *words: str) -> Answer:
    told = rename(house, *words)
    assert told.code == 0, told.err
    return told


def lay(root: Path) -> dict[str, bytes]:
    """Every file in a folder, by its path."""
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def schema(house: Kit, form: str = "scheda") -> Any:
    return json.loads((house.root / "schemas" / f"{form}.json").read_text(encoding="utf-8"))


def xml(house: Kit, kind: str = "scheda") -> str:
    return parts(house.root / "templates" / f"{kind}.docx")["word/document.xml"].decode()


# What changes together


def test_the_schema_bears_the_new_name_and_declares_the_old_one(house: Kit) -> None:
    renamed(house, "scheda", "/obiettivi/*/scadenza", "termine")
    told = schema(house)
    row = told["properties"]["obiettivi"]["items"]
    assert [*row["properties"]] == ["titolo", "termine", "esito", "motivo"]
    assert row["properties"]["termine"]["x-formerly"] == ["scadenza"]
    assert row["required"] == ["titolo", "termine"]
    assert row["allOf"][0]["if"]["required"] == ["termine", "esito"]
    assert [*row["allOf"][0]["if"]["properties"]] == ["termine", "esito"]
    assert [*row["allOf"][0]["then"]["properties"]] == ["termine"]
    assert [*told["properties"]["visite"]["items"]["properties"]] == ["scadenza", "costo"], "another field of that name"
    assert told["x-version"] == "1.1.0"


def test_a_layout_gives_the_renamed_list_its_rows_and_asks_it_on_its_sheet_still(house: Kit) -> None:
    path = house.root / "forms" / "scheda.json"
    layout = json.loads(path.read_text(encoding="utf-8"))
    sheet = {"title": "Foglio", "rows": 5, "fields": ["/data"], "once": ["/visite"]}
    house.write("forms/scheda.json", {**layout, "many": True, "rows": {"/visite": 4}, "sheet": sheet})
    renamed(house, "scheda", "/visite", "incontri")
    told = json.loads(path.read_text(encoding="utf-8"))
    assert (told["rows"], told["sheet"]["once"]) == ({"/incontri": 4}, ["/incontri"])


def test_what_points_to_the_field_points_to_it_still(house: Kit) -> None:
    for old, new in (("riservato", "segreto"), ("visite", "incontri"), ("luogo", "posto"), ("data", "giorno")):
        renamed(house, "scheda", f"/{old}", new)
    told = schema(house)
    assert told["properties"]["posto"]["x-protected-by"] == "/segreto"
    assert told["properties"]["costi"]["x-computed"]["of"] == "/incontri/*/costo"
    assert told["allOf"][0]["then"]["required"] == ["posto"] and told["required"] == ["giorno"]
    layout = json.loads((house.root / "forms" / "scheda.json").read_text(encoding="utf-8"))
    assert layout["date"] == "/giorno" and "/posto" in layout["sections"][0]["fields"]
    described = json.loads((house.root / "templates" / "scheda.json").read_text(encoding="utf-8"))
    assert described["signers"] == [{"role": "AS", "name": "scheda#/posto"}]
    assert knock(house.root, "lint").out.count("bloccante") == 0


def test_a_computed_value_of_a_row_looks_beside_itself(tmp_path: Path) -> None:
    kit = Kit.at(tmp_path)
    aged = leaf("Età", "integer", readOnly=True, x_computed={"fn": "age", "of": "nascita"})
    kit.form("scheda", {"figli": rows("Figli", {"nascita": leaf("Nascita", format="data_parziale"), "eta": aged})})
    renamed(kit, "scheda", "nascita", "nato_il")
    row = schema(kit)["properties"]["figli"]["items"]["properties"]
    assert row["eta"]["x-computed"]["of"] == "nato_il"


def test_a_sum_of_hours_goes_on_counting_a_column_of_another_name(tmp_path: Path) -> None:
    kit = Kit.at(tmp_path)
    each = leaf("Totale", "number", readOnly=True, x_computed={"fn": "hours", "parts": ["a", "b"]})
    month = leaf("Mese", "number", readOnly=True, x_computed={"fn": "hours", "parts": ["/giorni/*/a", "/giorni/*/b"]})
    row = {"a": leaf("A", "number"), "b": leaf("B", "number"), "t": each}
    kit.form("scheda", {"giorni": rows("Giorni", row), "mese": month})
    renamed(kit, "scheda", "/giorni/*/a", "ore")
    told = schema(kit)["properties"]
    assert told["mese"]["x-computed"]["parts"] == ["/giorni/*/ore", "/giorni/*/b"]
    assert told["giorni"]["items"]["properties"]["t"]["x-computed"]["parts"] == ["ore", "b"]


def test_the_rules_find_the_field_by_its_new_name(tmp_path: Path) -> None:
    kit = Kit.at(tmp_path)
    shipped = json.loads((ROOT / "rules" / "pitstop.json").read_text(encoding="utf-8"))
    [rule] = [one for one in shipped["rules"] if one["check"] == "dates_in_order"]
    mine = {**rule, "params": {"always": [], "pairs": {"scheda": [["/dal", "/al"]], "altra": [["/dal", "/al"]]}}}
    [future] = [one for one in shipped["rules"] if one["check"] == "dates_not_future"]
    kit.rules(mine, {**future, "params": {"always": [], "dates": {"scheda": ["/dal"]}}}, case_line=["scheda#/dal"])
    dates = {"dal": leaf("Dal", format="date"), "al": leaf("Al", format="date")}
    kit.form("scheda", dates)
    kit.form("altra", dates)
    kit.template("scheda", "{{ scheda.dal }} {{ scheda.al }}", rules=[mine["id"], future["id"]])
    kit.keep("scheda", {"dal": "2026-03-05", "al": "2026-03-01"})
    before = knock(kit.root, "check", "scheda", "--case", CASE)
    assert before.code == 1 and mine["id"] in before.out
    renamed(kit, "scheda", "dal", "inizio")
    assert knock(kit.root, "check", "scheda", "--case", CASE).out == before.out
    pack = json.loads((kit.root / "rules" / "pitstop.json").read_text(encoding="utf-8"))
    assert pack["rules"][0]["params"]["pairs"] == {"scheda": [["/inizio", "/al"]], "altra": [["/dal", "/al"]]}
    assert pack["case_line"] == ["scheda#/inizio"]


def test_a_definition_that_forms_share_is_one_field(tmp_path: Path) -> None:
    kit = Kit.at(tmp_path)
    place = group("Indirizzo", {"via": leaf("Via"), "cap": leaf("CAP", format="cap")}, required=["via"])
    kit.write("schemas/comune.json", {"$id": "comune.json", "x-version": "2.3.4", "$defs": {"indirizzo": place}})
    kit.form("persona", {"casa": {"$ref": "comune.json#/$defs/indirizzo", "title": "Casa"}, "via": leaf("Altra via")})
    kit.form("sede", {"sedi": {"title": "Sedi", "type": "array", "items": {"$ref": "comune.json#/$defs/indirizzo"}}})
    kit.form("estratto", {"via": {"$ref": "comune.json#/$defs/indirizzo/properties/via", "title": "Via"}})
    kit.template("persona", "{{ persona.casa.via }} {{ persona.via }}")
    kit.template("sede", "{% for s in sede.sedi %}{{ s.via }}{% endfor %}")
    told = renamed(kit, "persona", "/casa/via", "strada")
    assert told.out.splitlines()[:2] == ["persona#/casa/via → strada", "sede#/sedi/*/via → strada"]
    common = schema(kit, "comune")
    assert [*common["$defs"]["indirizzo"]["properties"]] == ["strada", "cap"] and common["x-version"] == "2.4.0"
    assert common["$defs"]["indirizzo"]["required"] == ["strada"]
    assert schema(kit, "estratto")["properties"]["via"]["$ref"] == "comune.json#/$defs/indirizzo/properties/strada"
    assert schema(kit, "sede")["x-version"] == "1.1.0"
    assert "{{ persona.casa.strada }} {{ persona.via }}" in xml(kit, "persona") and "{{ s.strada }}" in xml(kit, "sede")


def test_test_cases_and_examples_follow(house: Kit) -> None:
    house.form("deroga", {"modulo": leaf("Modulo"), "percorso": leaf("Campo")}, many=True)
    case = {
        "why": "x",
        "records": {"scheda": [ANSWERS]},
        "change": [
            {"path": "/scheda/0/obiettivi/1/scadenza", "value": None},
            {"path": "/scheda/0/obiettivi/-", "value": {"scadenza": "2026-01-01"}},
            {"path": "/scheda", "value": [{"obiettivi": [{"scadenza": "2026-01-01"}]}]},
            {"path": "/altra/scadenza", "value": {"scadenza": 1}},
        ],
        "others": {"PST-002": {"scheda": {"obiettivi": [{"scadenza": "2026-02-02"}]}}},
        "shared": {"deroga": [{"modulo": "scheda", "percorso": "/obiettivi/1/scadenza"}]},
        "expect": [{"path": "/obiettivi/1/scadenza"}, {"form": "altra", "path": "/obiettivi/1/scadenza"}],
    }
    for name, told in (
        ("tests/cases/scheda/uno.json", case),
        ("examples/PST-001/scheda-2.json", ANSWERS),
        ("examples/progetto/deroga-1.json", {"modulo": "scheda", "percorso": "/obiettivi/1/scadenza"}),
        ("examples/demo.json", {"cases": [{"gaps": [{"form": "scheda", "path": "/obiettivi/0/scadenza"}]}]}),
    ):
        (house.root / name).parent.mkdir(parents=True, exist_ok=True)
        house.write(name, told)
    before = {name: (house.root / name).read_text(encoding="utf-8") for name in lay(house.root) if name[:4] in ("test", "exam")}
    renamed(house, "scheda", "/obiettivi/*/scadenza", "termine")
    after = {name: (house.root / name).read_text(encoding="utf-8") for name in before}
    assert after["examples/demo.json"] == before["examples/demo.json"].replace("scadenza", "termine")
    assert '"path": "/obiettivi/0/termine"' in after["examples/demo.json"]
    assert "/obiettivi/1/termine" in after["examples/progetto/deroga-1.json"]
    example = json.loads(after["examples/PST-001/scheda-2.json"])
    assert [[*row][1] for row in example["obiettivi"]] == ["termine", "termine"] and "scadenza" in example["visite"][0]
    told = json.loads(after["tests/cases/scheda/uno.json"])
    assert "termine" in told["records"]["scheda"][0]["obiettivi"][1]
    assert told["change"] == [
        {"path": "/scheda/0/obiettivi/1/termine", "value": None},
        {"path": "/scheda/0/obiettivi/-", "value": {"termine": "2026-01-01"}},
        {"path": "/scheda", "value": [{"obiettivi": [{"termine": "2026-01-01"}]}]},
        {"path": "/altra/scadenza", "value": {"scadenza": 1}},
    ]
    assert told["others"]["PST-002"]["scheda"]["obiettivi"] == [{"termine": "2026-02-02"}]
    assert told["shared"]["deroga"][0]["percorso"] == "/obiettivi/1/termine"
    assert [one["path"] for one in told["expect"]] == ["/obiettivi/1/termine", "/obiettivi/1/scadenza"]


def test_a_workbook_is_described_anew(house: Kit) -> None:
    book = openpyxl.Workbook()
    book.save(house.root / "templates" / "registro.xlsx")
    told = {"kind": "registro", "code": "D97", "title": "Registro", "order": 3, "file": "registro.xlsx", "form": "scheda"}
    visits = {"at": "Sheet!A5:B5", "each": "scheda#/visite", "columns": {"A": "/scadenza", "B": "/costo"}}
    records = {"at": "Sheet!A8:B8", "each": "scheda", "columns": {"A": "/visite", "B": "/luogo"}}
    told |= {"records": ["scheda"], "recipient": "interno", "cells": {"B1": "scheda#/visite/0/costo"}}
    path = house.write("templates/registro.json", {**told, "regions": [visits, records]})
    renamed(house, "scheda", "visite/costo", "prezzo")
    renamed(house, "scheda", "visite", "incontri")
    now = json.loads(path.read_text(encoding="utf-8"))
    assert now["cells"] == {"B1": "scheda#/incontri/0/prezzo"}
    assert [(one["each"], one["columns"]) for one in now["regions"]] == [
        ("scheda#/incontri", {"A": "/scadenza", "B": "/prezzo"}),
        ("scheda", {"A": "/incontri", "B": "/luogo"}),
    ]


def test_a_pdf_that_bears_the_old_name_is_mapped_by_its_description(house: Kit) -> None:
    pdf = PdfWriter()
    page = pdf.add_blank_page(595, 842)
    fields = ArrayObject()
    for name in ("scheda#/luogo", "data"):
        told = {"/Type": NameObject("/Annot"), "/Subtype": NameObject("/Widget"), "/FT": NameObject("/Tx")}
        box = ArrayObject(map(NumberObject, (0, 0, 99, 20)))
        named = {**told, "/T": TextStringObject(name), "/TU": TextStringObject("x"), "/Rect": box}
        fields.append(pdf._add_object(DictionaryObject({NameObject(key): one for key, one in named.items()})))
    page[NameObject("/Annots")] = fields
    form = DictionaryObject({NameObject("/Fields"): fields})
    pdf._root_object[NameObject("/AcroForm")] = form
    told = {"kind": "foglio", "code": "D98", "title": "Foglio", "order": 2, "file": "foglio.pdf", "form": "scheda"}
    told |= {"records": ["scheda"], "recipient": "interno", "fields": {"data": "scheda#/data"}}
    house.write("templates/foglio.json", told)
    with (house.root / "templates" / "foglio.pdf").open("wb") as stream:
        pdf.write(stream)
    content = (house.root / "templates" / "foglio.pdf").read_bytes()
    assert "templates/foglio.json (un punto)" in renamed(house, "scheda", "luogo", "posto").out
    renamed(house, "scheda", "data", "giorno")
    told = json.loads((house.root / "templates" / "foglio.json").read_text(encoding="utf-8"))
    assert told["fields"] == {"data": "scheda#/giorno", "scheda#/luogo": "scheda#/posto"}
    assert (house.root / "templates" / "foglio.pdf").read_bytes() == content


# Not a byte beside it


def test_in_word_only_the_characters_of_the_name_change(house: Kit) -> None:
    before = parts(house.root / "templates" / "scheda.docx")
    told = renamed(house, "scheda", "/obiettivi/*/scadenza", "termine")
    after = parts(house.root / "templates" / "scheda.docx")
    assert [*after] == [*before] and {name for name in after if after[name] != before[name]} == {"word/document.xml"}
    old = before["word/document.xml"].decode()
    new = old.replace("o.scadenza and o['scadenza']", "o.termine and o['termine']").replace("o . scadenza", "o . termine")
    assert after["word/document.xml"].decode() == new and new != old
    assert "(o.scadenza)" in new and new.count("{{ o.scadenza }}") == 1, "plain words, and the row of another list"
    assert "corpo, tabella 1, riga 3, colonna 2 «{% if o.scadenza and o['scadenza'] %}»" in told.out


def test_a_name_split_over_runs_goes_where_it_began(house: Kit) -> None:
    house.template("scheda", ("{{ sche", "da.lu", "o", "go }} e {{ scheda.luogo ", "}}"), "{{ scheda.data }}")
    old = xml(house)
    assert "luogo" in old
    renamed(house, "scheda", "luogo", "posto_di_lavoro")
    new = old.replace(">da.lu<", ">da.posto_di_lavoro<").replace("<w:t>o</w:t>", "<w:t></w:t>")
    new = new.replace('"preserve">go }} e {{ scheda.luogo <', '"preserve"> }} e {{ scheda.posto_di_lavoro <')
    assert xml(house) == new
    assert "Bari e Bari" in seen(house.fill("scheda", scheda={"posto_di_lavoro": "Bari"}).content)


def test_what_stands_written_as_references_stays_so(house: Kit) -> None:
    house.template("scheda", "È {{ scheda.luogo }} & così")
    path = house.root / "templates" / "scheda.docx"
    raw = "&#200; <!-- nota -->{{ scheda.lu&#111;go }} &amp; così"
    patch(path, "word/document.xml", "È {{ scheda.luogo }} &amp; così", raw)
    renamed(house, "scheda", "luogo", "posto")
    assert raw.replace("lu&#111;go", "posto") in xml(house)


BOX = (
    '<w:r><mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
    '<mc:Choice Requires="w14"><w:txbxContent><w:p><w:r><w:t>{{ scheda.luogo }}</w:t></w:r></w:p></w:txbxContent></mc:Choice>'
    "<mc:Fallback><w:txbxContent><w:p><w:r><w:t>%s</w:t></w:r></w:p></w:txbxContent></mc:Fallback>"
    "</mc:AlternateContent></w:r>"
)


def test_a_text_box_changes_in_both_its_copies(house: Kit) -> None:
    house.template("scheda", "Qui")
    path = house.root / "templates" / "scheda.docx"
    copy = "{{ scheda</w:t></w:r><w:r><w:t>.luogo }}"
    patch(path, "word/document.xml", "<w:r><w:t>Qui</w:t></w:r>", BOX % copy)
    before = xml(house)
    renamed(house, "scheda", "luogo", "posto")
    assert xml(house) == before.replace("luogo", "posto") and before.count("luogo") == 2


def test_a_box_whose_copies_differ_is_left_to_a_person(house: Kit) -> None:
    house.template("scheda", "Qui")
    patch(house.root / "templates" / "scheda.docx", "word/document.xml", "<w:r><w:t>Qui</w:t></w:r>", BOX % "altro")
    before = lay(house.root)
    told = rename(house, "scheda", "luogo", "posto")
    assert told.code == 3 and "scheda.docx, corpo" in told.err and "{{ scheda.luogo }}" in told.err
    assert lay(house.root) == before


def test_headers_and_footnotes_change_too(house: Kit) -> None:
    path = house.template("scheda", "{{ scheda.data }}", header="Presso {{ scheda.luogo }}").path
    notes = '<w:footnotes xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:footnote w:id="2">'
    notes += "<w:p><w:r><w:t>{{ scheda.luogo }}</w:t></w:r></w:p></w:footnote></w:footnotes>"
    attach(path, "footnotes.xml", "footnotes", notes)
    told = renamed(house, "scheda", "luogo", "posto")
    assert "intestazione" in told.out and "note" in told.out
    assert "scheda.posto" in parts(path)["word/footnotes.xml"].decode()


LAYOUTS = {
    "in one line": '{"a": {"vecchio": {"k": 1}}}',
    "in lines": '{\n  "a": {\n    "vecchio": {\n      "k": 1\n    }\n  }\n}\n',
    "as Windows ends them": '{\r\n\t"a": {\r\n\t\t"vecchio": {\r\n\t\t\t"k": 1\r\n\t\t}\r\n\t}\r\n}',
    "empty": '{"a":{"vecchio":{}}}',
    "with a mark at its beginning": '\ufeff{"a": {"vecchio": {"k": [1, {"vecchio": "\\"vecchio\\": {"}]}}}',
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_json_keeps_the_shape_it_was_typed_in(name: str) -> None:
    text = LAYOUTS[name]
    marks = {(one.steps, one.kind): one for one in jsonplaces.marks(text)}
    key, inside = marks[("a", "vecchio"), "key"], marks[("a", "vecchio"), "group"]
    edits = [jsonplaces.said(key, "nuovo"), jsonplaces.added(text, inside, {"x-formerly": ["vecchio"]})]
    after = jsonplaces.edited(text, edits)
    told = json.loads(text.removeprefix("\ufeff"))
    told["a"]["nuovo"] = {**told["a"].pop("vecchio"), "x-formerly": ["vecchio"]}
    assert json.loads(after.removeprefix("\ufeff")) == told
    assert after.startswith(text[: key.start]) and after.endswith(text[inside.end :])
    lines = text.count("\n")
    assert after.count("\n") == lines + (lines > 0) and after.count("\r") == text.count("\r") + ("\r" in text)


def test_every_mark_of_a_json_text_says_what_stands_there() -> None:
    text = (ROOT / "schemas" / "pai.json").read_text(encoding="utf-8")
    whole = json.loads(text)
    for mark in jsonplaces.marks(text):
        value = whole
        for step in mark.steps:
            value = value[step]
        assert json.loads(text[mark.start : mark.end]) == (mark.steps[-1] if mark.kind == "key" else value)


# What was kept before


def test_answers_kept_before_are_read_by_the_new_name(house: Kit) -> None:
    house.keep("scheda", ANSWERS)
    made = knock(house.root, "make", "scheda", "--case", CASE)
    printed = Path(made.out.splitlines()[-1])
    before, manifest = seen(printed.read_bytes()), printed.with_suffix(".manifest.json")
    standing = knock(house.root, "status", CASE, "--json").json
    sealed = json.loads(manifest.read_text(encoding="utf-8"))["sources"]["records"]
    renamed(house, "scheda", "/obiettivi/*/scadenza", "termine")
    renamed(house, "scheda", "obiettivi", "mete")
    shown = knock(house.root, "show", "scheda", "--case", CASE).json
    assert [row["termine"] for row in shown["mete"]] == ["2026-06-30", "2026-07-31"] and "obiettivi" not in shown
    assert knock(house.root, "show", "scheda", "--case", CASE, "--revision", "1").json == shown
    assert knock(house.root, "status", CASE, "--json").json == standing
    told = knock(house.root, "verify", str(printed))
    assert told.code == 1 and "il modulo scheda" not in told.out and "templates/scheda.docx è cambiato" in told.out
    again = Path(knock(house.root, "make", "scheda", "--case", CASE).out.splitlines()[-1])
    now = seen(again.read_bytes())
    assert now == before and "30/06/2026" in now
    sources = json.loads(again.with_suffix(".manifest.json").read_text(encoding="utf-8"))["sources"]
    assert sources["records"] == sealed, "the seal is that of what was kept"


def test_a_file_with_the_old_name_is_the_same_answer(house: Kit) -> None:
    house.keep("scheda", ANSWERS)
    renamed(house, "scheda", "/obiettivi/*/scadenza", "termine")
    assert not house.keep("scheda", ANSWERS).fresh
    changed = house.keep("scheda", {**ANSWERS, "luogo": "Monopoli"})
    assert changed.fresh and changed.record.revision == 2 and not changed.findings
    assert changed.record.data is not None and "termine" in changed.record.data["obiettivi"][0]
    assert not house.keep("scheda", {**changed.record.data}).fresh


def test_where_there_are_many_the_same_answer_is_not_one_more(tmp_path: Path) -> None:
    kit = Kit.at(tmp_path)
    kit.form("nota", {"testo": leaf("Testo")}, many=True)
    kit.keep("nota", {"testo": "a"})
    renamed(kit, "nota", "testo", "parole")
    assert kit.keep("nota", {"testo": "a"}).record.number == 1
    assert kit.keep("nota", {"parole": "b"}).record.number == 2


def test_the_new_name_wins_and_the_old_one_is_told_as_unknown(house: Kit) -> None:
    renamed(house, "scheda", "luogo", "posto")
    told = house.keep("scheda", {"data": "2026-03-05", "luogo": "Bari", "posto": "Monopoli"})
    assert told.record.data == {"data": "2026-03-05", "luogo": "Bari", "posto": "Monopoli"}
    assert [(one.rule, one.path) for one in told.findings] == [("MOD-008", "/luogo")]


def test_a_waiver_goes_on_waiving_what_it_waived(house: Kit) -> None:
    told = {name: leaf(name) for name in ("regola", "modulo", "percorso", "motivazione")}
    days = {name: leaf(name, format="date") for name in ("data", "fino_al")}
    author = group("Da", {"ruolo": leaf("Ruolo"), "nome": leaf("Nome")})
    house.form("deroga", {**told, **days, "autorizzata_da": author}, scope="progetto", many=True, opens_case=False)
    house.keep("scheda", {"data": "2026-03-05", "obiettivi": [{"titolo": "Casa"}]})
    waiver = {"regola": "MOD-001", "modulo": "scheda", "percorso": "/obiettivi/0/scadenza", "motivazione": "Sì"}
    waiver |= {"data": "2026-03-01", "fino_al": "2026-12-31"}
    house.keep("deroga", {**waiver, "autorizzata_da": {"ruolo": "COORD", "nome": "A. Bianchi"}}, case="")
    before = knock(house.root, "check", "scheda", "--case", CASE)
    assert before.code == 0 and "derogato" in before.out
    renamed(house, "scheda", "/obiettivi/*/scadenza", "termine")
    assert knock(house.root, "check", "scheda", "--case", CASE).out == before.out
    assert knock(house.root, "show", "deroga").json["percorso"] == "/obiettivi/0/termine"


def test_a_field_can_be_renamed_again_and_back(house: Kit) -> None:
    house.keep("scheda", ANSWERS)
    renamed(house, "scheda", "luogo", "posto")
    renamed(house, "scheda", "posto", "sede")
    assert schema(house)["properties"]["sede"]["x-formerly"] == ["luogo", "posto"]
    assert knock(house.root, "show", "scheda", "--case", CASE).json["sede"] == "Bari"
    renamed(house, "scheda", "sede", "luogo")
    assert schema(house)["properties"]["luogo"]["x-formerly"] == ["posto", "sede"]
    assert knock(house.root, "show", "scheda", "--case", CASE).json["luogo"] == "Bari"


# What stands against it


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("schedda", "luogo", "posto"), 4, "Forse: scheda."),
        (("scheda", "lugo", "posto"), 4, "Forse: /luogo."),
        (("scheda", "obiettivi.scadenzza", "termine"), 4, "/obiettivi/*/scadenza"),
        (("scheda", "scadenza", "termine"), 4, "indicare quale tra /obiettivi/*/scadenza, /visite/*/scadenza"),
        (("scheda", "luogo", "Posto"), 2, "lettere minuscole"),
        (("scheda", "luogo", "items"), 2, "Sceglierne un altro"),
        (("scheda", "luogo", "if"), 2, "Sceglierne un altro"),
        (("scheda", "luogo", "data"), 2, "c’è già un campo «data»"),
        (("scheda", "luogo", "luogo"), 2, "si chiama già"),
    ],
)
def test_words_that_do_not_fit_are_told(house: Kit, words: tuple[str, ...], code: int, says: str) -> None:
    before = lay(house.root)
    told = rename(house, *words)
    assert (told.code, told.out) == (code, "") and says in told.err
    assert lay(house.root) == before


@pytest.mark.parametrize("old", ["/visite/*/costo", "/visite/3/costo", "visite/costo", "visite.costo", "costo"])
def test_a_field_is_named_as_people_name_it(house: Kit, old: str) -> None:
    assert "scheda#/visite/*/costo → prezzo" in renamed(house, "scheda", old, "prezzo").out


def test_a_name_that_another_field_had_is_not_given_again(house: Kit) -> None:
    renamed(house, "scheda", "luogo", "posto")
    told = rename(house, "scheda", "data", "luogo")
    assert told.code == 2 and "è il nome che aveva il campo «posto»" in told.err


def test_asking_twice_is_no_fault(house: Kit) -> None:
    renamed(house, "scheda", "luogo", "posto")
    before = lay(house.root)
    told = rename(house, "scheda", "luogo", "posto")
    assert told.code == 0 and "si chiama già «posto»" in told.out and lay(house.root) == before


def test_a_trial_tells_the_same_and_writes_nothing(house: Kit) -> None:
    before = lay(house.root)
    trial = renamed(house, "scheda", "/obiettivi/*/scadenza", "termine", "--dry-run")
    assert lay(house.root) == before and "Nulla è stato scritto" in trial.err
    told = renamed(house, "scheda", "/obiettivi/*/scadenza", "termine", "--json").json
    assert told["done"] and told["places"] == ["scheda#/obiettivi/*/scadenza"]
    assert [one["file"] for one in told["changes"]] == ["schemas/scheda.json", "templates/scheda.docx"]
    for one in told["changes"]:
        assert one["file"] in trial.out and all(place in trial.out for place in one["places"])


def test_a_condition_that_stands_for_two_fields_is_left_to_a_person(tmp_path: Path) -> None:
    kit = Kit.at(tmp_path)
    both = {"if": {"properties": {"via": {"const": "x"}}, "required": ["via"]}, "then": {"required": ["cap"]}}
    place = group("Indirizzo", {"via": leaf("Via"), "cap": leaf("CAP")}, allOf=[{"$ref": "#/$defs/con_via"}])
    kit.form("scheda", {"casa": place, "lavoro": place}, schema={"$defs": {"con_via": both}})
    before = lay(kit.root)
    told = rename(kit, "scheda", "/casa/via", "strada")
    assert told.code == 3 and "sta in una condizione comune a più campi" in told.err
    assert lay(kit.root) == before


def test_a_score_compared_with_an_earlier_form_keeps_its_name_in_both(tmp_path: Path) -> None:
    kit = Kit.at(tmp_path)
    score = {"punteggio": leaf("Punteggio", "integer"), "prima": leaf("Prima", "integer", readOnly=True)}
    score["prima"]["x-computed"] = {"fn": "previous"}
    part = {"voci": group("Voci", {"casa": group("Casa", score)})}
    kit.form("iniziale", {"voci": group("Voci", {"casa": group("Casa", {"punteggio": leaf("Punteggio", "integer")})})})
    kit.form("seconda", {"parte": group("Parte", part, x_computed={"from": "iniziale"})})
    told = rename(kit, "iniziale", "/voci/casa", "alloggio")
    assert told.code == 3 and "«seconda» confronta «/parte/voci/casa»" in told.err
    renamed(kit, "seconda", "/parte", "pezzo")


def test_a_template_that_would_be_left_behind_stops_it(house: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word, "rewritten", lambda story, field, every: (story.content, []))
    before = lay(house.root)
    told = rename(house, "scheda", "luogo", "posto")
    assert told.code == 3 and "Con il nome nuovo ci sarebbe un difetto: scheda.docx, corpo" in told.err
    assert lay(house.root) == before


# The program reads some fields by their names

SHIPPED = ("forms", "schemas", "templates", "rules", "examples")


@pytest.fixture
def shipped(tmp_path: Path) -> Kit:
    """The shipped kit, with the records of its project and of one case."""
    root = tmp_path / "kit"
    for folder in SHIPPED:
        shutil.copytree(ROOT / folder, root / folder)
    workspace = Workspace.at(root, today=TODAY)
    for form, case, number, path in demo.answers(root / "examples", workspace):
        if case in ("", CASE):
            told: dict[str, Any] = {"case": case, "number": number, "author": "", "based_on": None, "now": NOON}
            keeping.keep(workspace, form, path.read_bytes(), source=path.name, **told)
    return Kit(root)


@pytest.mark.parametrize(
    ("form", "old", "who"),
    [
        ("pai", "/obiettivi/*/scadenza", "CASE-008"),  # a text in the question
        ("pai", "/obiettivi/*/indicatore", "CASE-008"),  # a bare name in its parameters
        ("persona", "/permesso/data_scadenza", "FMT-024"),  # in a function that it asks
        ("pai", "/sostegni/*/max_totale", "DST-007"),
        ("valutazione_intermedia", "/abitare", "CASE-005"),  # made out of the name of another form
        ("valutazione_abitare", "/dimensioni/personale/punteggio", "CASE-024"),  # come upon by going through the fields
        ("persona", "/componenti/*/nome", readers.ITSELF),  # who signs
        ("persona", "/componenti/*/data_nascita", readers.ITSELF),  # counted
        ("firma", "/versione", readers.ITSELF),
        ("deroga", "/percorso", readers.ITSELF),
        ("progetto", "/parametri/*/valore", readers.ITSELF),
    ],
)
def test_a_field_that_the_program_reads_by_name_is_refused_with_who_reads_it(form: str, old: str, who: str) -> None:
    told = knock(ROOT, "rename", form, old, "nome_nuovo", "--dry-run")
    assert told.code == 3 and who in told.err and "Nulla è stato scritto" in told.err


def test_a_reader_that_was_not_seen_is_seen_by_what_it_says_of_the_cases(shipped: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pitstop_docs.renaming.who_reads", lambda *_: [])
    before = lay(shipped.root)
    told = rename(shipped, "pai", "/azioni/*/chi", "responsabile")
    assert told.code == 3 and "non direbbe più le stesse cose" in told.err
    assert {name: one for name, one in lay(shipped.root).items() if "pitstop.db" not in name} == {
        name: one for name, one in before.items() if "pitstop.db" not in name
    }


def test_names_are_read_in_functions_and_not_in_the_facts_of_a_message() -> None:
    assert readers.names_in(knock).known == frozenset(), "a function of others tells nothing"
    read = readers.names_in(CHECKS["dates_inside_plan"])
    assert {"durata_mesi", "verifiche", "data_inizio"} <= read.known and "mesi" not in read.known
    assert readers.names_in(CHECKS["scores_not_fallen"]).any_field and not read.any_field


@pytest.mark.parametrize(
    ("form", "old", "new"),
    [("pai", "/azioni/*/inizio", "avvio"), ("pai", "/equipe/*/ente", "organizzazione"), ("persona", "motivo", "causa")],
)
def test_the_shipped_kit_prints_the_same_after_a_renaming(shipped: Kit, form: str, old: str, new: str) -> None:
    kinds = [("pai", 1), ("presa_in_carico", 1), ("informativa", 1)]

    def printed() -> Iterator[str]:
        for kind, number in kinds:
            words = ("make", kind, "--case", CASE, "--number", str(number), "--draft", "--out", str(shipped.root / "fuori"))
            made = Path(knock(shipped.root, *words).out.splitlines()[0])
            yield "\n".join(
                line for line in seen(made.read_bytes()).splitlines() if "impronta" not in line and "versione" not in line
            )

    before, standing = [*printed()], knock(shipped.root, "status", CASE, "--json").json
    renamed(shipped, form, old, new)
    shutil.rmtree(shipped.root / "fuori")
    assert [*printed()] == before
    now = knock(shipped.root, "status", CASE, "--json").json
    for one in (*now[0]["findings"], *standing[0]["findings"]):
        one["source"] = ""  # the version of the schema
    assert now == standing
    assert knock(shipped.root, "lint").code == 0


# All or nothing


class Killed(BaseException):
    """The machine goes off."""


def counted(do: Callable[..., None], lives: list[int]) -> Callable[..., None]:
    """The same function, as long as there are lives."""

    def done(*told: Any) -> None:
        if not lives:
            raise Killed
        lives.pop()
        do(*told)

    return done


def test_a_run_that_is_killed_at_any_write_is_completed_by_the_next(
    house: Kit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(house.root, tmp_path / "intera")
    renamed(Kit(tmp_path / "intera"), "scheda", "luogo", "posto")
    before, wanted = lay(house.root), lay(tmp_path / "intera")
    killed = 0
    for n in range(99):
        kit = Kit(Path(shutil.copytree(house.root, tmp_path / f"caso{n}")))
        lives = [0] * n
        with monkeypatch.context() as patched:
            patched.setattr(files, "write", counted(files.write, lives))
            patched.setattr(files, "remove", counted(files.remove, lives))
            try:
                renaming.rename(kit.root, "scheda", "luogo", "posto", workspace=kit.workspace, dry_run=False)
                break
            except Killed:
                killed += 1
        half = (kit.root / RENAMING).exists()
        kept = {name: one for name, one in lay(kit.root).items() if not name.startswith(".rinomina/")}
        assert half or kept in (before, wanted)
        if half:
            told = knock(kit.root, "forms")
            assert told.code == 3 and "pitstop rename scheda luogo posto" in told.err
            assert "scheda.docx" in rename(kit, "scheda", "luogo", "posto", "--dry-run").out and (kit.root / RENAMING).exists()
        renamed(kit, "scheda", "luogo", "posto")
        assert lay(kit.root) == wanted and not (kit.root / ".rinomina").exists()
    assert killed > 10, "staged, told, put in place, taken away"


def cut_short(house: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    """A renaming that ends when the first schema is to be written."""
    write = files.write

    def interrupted(path: Path, content: bytes) -> None:
        if path.parent.name == "schemas":
            raise KeyboardInterrupt
        write(path, content)

    with monkeypatch.context() as patched:
        patched.setattr(files, "write", interrupted)
        assert rename(house, "scheda", "luogo", "posto").code == 130


def test_another_renaming_first_completes_the_one_that_was_cut_short(house: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    cut_short(house, monkeypatch)
    renamed(house, "scheda", "data", "giorno")
    assert {"posto", "giorno"} <= schema(house)["properties"].keys() and not (house.root / ".rinomina").exists()


def test_a_file_that_cannot_be_written_leaves_all_as_it_was(house: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    write, open_in_word = files.write, house.root / "templates" / "scheda.docx"

    def denied(path: Path, content: bytes) -> None:
        if path == open_in_word:
            raise FileError("Impossibile scrivere «scheda.docx»: è aperto in Word.")
        write(path, content)

    before = lay(house.root)
    with monkeypatch.context() as patched:
        patched.setattr(files, "write", denied)
        told = rename(house, "scheda", "luogo", "posto")
    assert told.code == 5 and "aperto in Word" in told.err
    assert lay(house.root) == before
    renamed(house, "scheda", "luogo", "posto")


def test_a_file_that_someone_changed_meanwhile_is_not_overwritten(house: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    cut_short(house, monkeypatch)
    path = house.root / "schemas" / "scheda.json"
    changed = path.read_bytes() + b"\n"
    path.write_bytes(changed)
    told = rename(house, "scheda", "luogo", "posto")
    assert told.code == 3 and "scheda.json è cambiato durante la rinomina" in told.err
    assert path.read_bytes() == changed
