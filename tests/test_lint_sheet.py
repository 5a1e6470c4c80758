"""A workbook beside the schemas: cells and names that are not there, formulas that Excel will not know or that stay short."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.formatting.rule import FormulaRule
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation

from pitstop_docs import files
from pitstop_docs.errors import KitError
from pitstop_docs.flaws import Flaw, Spot, flaw
from pitstop_docs.lint import reader_of, sheet
from pitstop_docs.templates import load_templates
from tests.kits import Kit, group, leaf, rows

FIELDS = {
    "ente": leaf("Ente"),
    "salute": leaf("Salute", privacy="particolare"),
    "sede": group("Sede", {"via": leaf("Via")}),
    "spese": rows(
        "Spese", {"voce": leaf("Voce"), "importo": leaf("Importo", format="euro"), "rate": rows("Rate", {"n": leaf("N")})}
    ),
}
REGION = {"at": "Spese!A5:C7", "each": "registro#/spese", "columns": {"A": "/voce", "C": "/importo"}}
CELLS = {"Frontespizio!B3": "registro#/ente"}


def book(formulas: Mapping[str, str] | None = None) -> Workbook:
    """A register: a title page, rows 5 to 7 of «Spese» that repeat, a total below them. `formulas` go into «Spese»."""
    made = Workbook()
    made.active.title = "Frontespizio"
    spese = made.create_sheet("Spese")
    spese["A4"], spese["C4"] = "Voce", "Importo"
    for row in (5, 6, 7):
        spese[f"B{row}"] = f"=ROUND(C{row},0)"
    for cell, text in {"C8": "=SUM(C5:C7)", **(formulas or {})}.items():
        spese[cell] = text
    return made


def saved(made: Workbook) -> bytes:
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def lint(
    tmp_path: Path,
    content: bytes | Workbook,
    cells: Mapping[str, str] | None = CELLS,
    regions: list[dict[str, Any]] | None = None,
    **description: Any,
) -> list[Flaw]:
    """What lint says of a workbook, as the template of a kit with one form."""
    kit = Kit.at(tmp_path)
    kit.form("registro", FIELDS)
    (tmp_path / "templates" / "registro.xlsx").write_bytes(content if isinstance(content, bytes) else saved(content))
    told = {"kind": "registro", "code": "D99", "title": "Registro", "order": 1, "file": "registro.xlsx", "form": "registro"}
    told |= {"records": ["registro"], "recipient": "interno", "cells": cells, "regions": [REGION] if regions is None else regions}
    kit.write("templates/registro.json", {**told, **description})
    template = load_templates(tmp_path / "templates")["registro"]
    return sheet.flaws(template, reader_of(template, kit.forms, kit.workspace().pack))


def test_a_sound_workbook_has_no_flaw(tmp_path: Path) -> None:
    made = book({"C9": "=SUM(C:C)/2", "A9": "=SUM($C$5:$C$7)+SUM(C4:C7)", "A10": "=_xlfn.TEXTJOIN(1,TRUE,A5:A7)"})
    made.defined_names["Importi"] = DefinedName("Importi", attr_text="Spese!$C$5:$C$7")
    made.defined_names["Ente"] = DefinedName("Ente", attr_text="Frontespizio!$B$3")
    made["Frontespizio"]["A1"] = "=SUM(Importi)+SUM(Spese!C5:C7)+SUBTOTAL(9,Spese!C5:C7)"
    assert lint(tmp_path, made, {"Ente": "registro#/ente", "Frontespizio!B4": "documento#/codice"}) == []


CELLS_AMISS: tuple[tuple[str, str, str, str, str], ...] = (
    ("Frontespizo!B3", "registro#/ente", "LNT-060", "Il file non ha il foglio «Frontespizo».", "Forse «Frontespizio!B3»?"),
    ("Frontespizio!3B", "registro#/ente", "LNT-060", "«Frontespizio!3B» non è una cella, né un nome del file.", ""),
    ("Frontespizio!ZZZ1", "registro#/ente", "LNT-060", "non è una cella", ""),
    ("Frontespizio!D1:D2", "registro#/ente", "LNT-060", "non è una cella sola", ""),
    ("Entte", "registro#/ente", "LNT-060", "Il file non ha il nome «Entte».", "Forse «Ente»?"),
    ("Perso", "registro#/ente", "LNT-060", "Il nome «Perso» non porta più a nessuna cella (#REF!).", ""),
    ("Costante", "registro#/ente", "LNT-060", "«Costante» non porta a delle celle.", ""),
    ("Frontespizio!B6", "registro#/ente", "LNT-060", "La cella è unita ad altre (A6:B6)", "Nominare la prima: A6."),
    ("Spese!C8", "registro#/ente", "LNT-060", "La cella contiene una formula", ""),
    ("Spese!A6", "registro#/ente", "LNT-060", "scrive due volte nello stesso posto: «Spese!A6» e «Spese!A5:C7»", ""),
    ("Frontespizio!C1", "registro#/entte", "LNT-060", "il modulo «registro» non ha questo campo", "Forse «registro#/ente»?"),
    ("Frontespizio!C2", "registro#/sede", "LNT-012", "«registro#/sede» è un gruppo di campi", ""),
    ("Frontespizio!C3", "registro#/spese", "LNT-012", "«registro#/spese» è un elenco di righe", ""),
)


def test_a_cell_or_a_name_that_is_not_there_or_cannot_be_written_is_told(tmp_path: Path) -> None:
    made = book()
    made.defined_names["Ente"] = DefinedName("Ente", attr_text="Frontespizio!$B$3")
    made.defined_names["Perso"] = DefinedName("Perso", attr_text="Spese!#REF!")
    made.defined_names["Costante"] = DefinedName("Costante", attr_text="3.14")
    made["Frontespizio"].merge_cells("A6:B6")
    found = lint(tmp_path, made, {key: place for key, place, *_ in CELLS_AMISS})
    assert len(found) == len(CELLS_AMISS)
    for key, place, rule, message, remedy in CELLS_AMISS:
        (one,) = [one for one in found if one.subject in (key, place) and message in one.message] or [
            one for one in found if message in one.message
        ]
        assert (one.rule, one.blocks) == (rule, True)
        assert remedy in one.remedy


def test_a_flaw_says_sheet_and_cell_and_one_of_the_description_says_its_entry(tmp_path: Path) -> None:
    here, there = lint(tmp_path, book(), {"Frontespizio!B3": "registro#/ento", "Nulla!B3": "registro#/ente"})
    assert here.spot == Spot(
        "registro.xlsx", "foglio «Frontespizio»", "cella B3", "Frontespizio!B3", anchor=("Frontespizio", "B3")
    )
    assert there.spot == Spot("registro.json", where="«cells», «Nulla!B3»")


REGIONS_AMISS: tuple[tuple[Mapping[str, Any], str, str], ...] = (
    ({"at": "Speze!A5:C7"}, "LNT-060", "Il file non ha il foglio «Speze»."),
    ({"at": "Righe"}, "LNT-060", "Il file non ha il nome «Righe»."),
    ({"each": "registro#/spesse"}, "LNT-060", "il modulo «registro» non ha questo campo"),
    ({"each": "registro#/ente"}, "LNT-012", "«registro#/ente» non è un elenco"),
    ({"columns": {"A": "/vocce"}}, "LNT-060", "la riga di «registro#/spese» non ha questo campo"),
    ({"columns": {"A": "voce"}}, "LNT-060", "«voce» non è un posto della riga."),
    ({"columns": {"A": "/rate"}}, "LNT-012", "«registro#/spese/rate» è un elenco di righe"),
    ({"columns": {"D": "/voce"}}, "LNT-060", "La colonna «D» è fuori da «Spese!A5:C7»."),
    ({"columns": {"B": "/voce"}}, "LNT-060", "La colonna B contiene una formula"),
)


@pytest.mark.parametrize(("told", "rule", "message"), REGIONS_AMISS)
def test_rows_that_repeat_what_is_not_there_are_told(tmp_path: Path, told: Mapping[str, Any], rule: str, message: str) -> None:
    (found,) = lint(tmp_path, book(), regions=[{**REGION, **told}])
    assert (found.rule, found.blocks) == (rule, True)
    assert message in found.message


def test_rows_may_be_the_records_of_a_form(tmp_path: Path) -> None:
    assert lint(tmp_path, book(), regions=[{**REGION, "each": "registro", "columns": {"A": "/ente"}}]) == []
    (found,) = lint(tmp_path, book(), regions=[{**REGION, "each": "registro", "columns": {"A": "/voce"}}])
    assert found.message == "«registro/voce»: il modulo «registro» non ha questo campo."


def test_what_the_recipient_may_not_see_is_told(tmp_path: Path) -> None:
    (found,) = lint(tmp_path, book(), {"Frontespizio!B3": "registro#/salute"}, recipient="partner")
    assert (found.rule, found.subject, found.spot.anchor) == ("LNT-021", "registro#/salute", ("Frontespizio", "B3"))


def test_a_lost_name_that_nobody_uses_and_a_formula_that_lost_its_cells_are_told(tmp_path: Path) -> None:
    made = book({"E1": "=Spese!#REF!+1"})
    made.defined_names["Vecchio"] = DefinedName("Vecchio", attr_text="Spese!#REF!")
    name, formula = lint(tmp_path, made)
    assert (name.rule, name.subject, name.blocks) == ("LNT-060", "Vecchio", False)
    assert (formula.rule, formula.spot.anchor, formula.blocks) == ("LNT-060", ("Spese", "E1"), True)


FUNCTIONS: tuple[tuple[str, str, str], ...] = (
    ("=SOMMA(C5:C7)", "SOMMA", "«SUM»"),
    ("=se(C4=1,2,3)", "SE", "«IF»"),
    ("=CERCA.VERT(A4,A5:C7,3)", "CERCA.VERT", "«VLOOKUP»"),
    ("=CONTA.PIÙ.SE(C5:C7,1)", "CONTA.PIÙ.SE", "«COUNTIFS»"),
    ("=1+TESTO.UNISCI(1,1,A5:A7)", "TESTO.UNISCI", "«_xlfn.TEXTJOIN»"),
    ("=XLOOKUP(1,A5:A7,C5:C7)", "XLOOKUP", "«_xlfn.XLOOKUP»"),
    ("=IF(A4=1,IFS(A4=1,2),3)", "IFS", "«_xlfn.IFS»"),
    ("=FILTER(A5:C7,C5:C7)", "FILTER", "«_xlfn._xlws.FILTER»"),
    ("=_xlws.SORT(A5:C7)", "_XLWS.SORT", "«_xlfn._xlws.SORT»"),
    ("=IF(A4=VERO,1,2)", "VERO", "«TRUE»"),
)


def test_functions_that_excel_knows_by_another_name_are_told_with_it(tmp_path: Path) -> None:
    made = book({f"E{row}": formula for row, (formula, *_) in enumerate(FUNCTIONS, start=1)})
    found = lint(tmp_path, made)
    for row, (one, (formula, name, right)) in enumerate(zip(found, FUNCTIONS, strict=True), start=1):
        assert (one.rule, one.subject, one.spot.anchor, one.blocks) == ("LNT-061", name, ("Spese", f"E{row}"), True)
        assert right in one.message
        assert one.spot.around == formula


def test_functions_elsewhere_than_in_cells_are_told_too(tmp_path: Path) -> None:
    made = book()
    spese = made["Spese"]
    rule = DataValidation(type="custom", formula1="VAL.NUMERO(C5)", sqref="C5:C7")
    spese.add_data_validation(rule)
    spese.conditional_formatting.add("A5:A7", FormulaRule(formula=["LUNGHEZZA(A5)>40"]))
    made.defined_names["Totale"] = DefinedName("Totale", attr_text="SOMMA(Spese!$C$5:$C$7)")
    found = lint(tmp_path, made)
    assert [(one.subject, one.spot.anchor) for one in found] == [
        ("VAL.NUMERO", ("Spese", "C5")),
        ("LUNGHEZZA", ("Spese", "A5")),
        ("SOMMA", ("Frontespizio", "A1")),
    ]


def test_a_formula_that_is_not_one_is_told(tmp_path: Path) -> None:
    found = lint(tmp_path, book({"E1": "=IF(A4=1;2;3)", "E2": "=SUM(C5:C7", "E3": "=SOMM(1)", "E4": '="=SOMMA(1;2)"'}))
    assert [(one.rule, one.spot.anchor[1], one.blocks) for one in found] == [
        ("LNT-061", "E1", True),
        ("LNT-061", "E2", True),
        ("LNT-061", "E3", False),
    ]
    assert "si separano con «,»" in found[0].message
    assert "manca una parentesi" in found[1].message


SHORT = {
    "E1": "=SUM(C5:C6)",
    "E2": "=SUM(C6:C8)",
    "E3": "=C5*2",
    "E4": "=SUM(C5,C6,C7)",
    "E9": "=SUM(Importi)",
    "E10": "=SUM(B5:C6)",
}


def test_a_total_that_does_not_cover_the_rows_or_would_not_grow_is_told(tmp_path: Path) -> None:
    made = book(SHORT)
    made.defined_names["Importi"] = DefinedName("Importi", attr_text="Spese!$C$5:$C$6")
    made["Frontespizio"]["A1"] = "=SUM(Spese!C5:C5)"
    found = lint(tmp_path, made)
    assert {one.rule for one in found} == {"LNT-062"}
    assert [one.spot.anchor for one in found] == [
        ("Frontespizio", "A1"),
        *(("Spese", cell) for cell in ("E1", "E2", "E3", "E4", "E4", "E4", "E9", "E10")),
    ]
    assert found[1].message == "La formula legge C5:C6, e non tutta la zona che si ripete («Spese!A5:C7», le righe da 5 a 7)."
    assert found[1].remedy == "Estenderla a C5:C7."
    assert "la sola cella C5" in found[3].message


def test_a_total_over_the_one_model_row_grows_only_as_a_range(tmp_path: Path) -> None:
    region = {**REGION, "at": "Spese!A5:C5"}
    assert lint(tmp_path, book({"C8": "=SUM(C5:C5)"}), regions=[region]) == []
    (found,) = lint(tmp_path, book({"C8": "=SUM(C5)"}), regions=[region])
    assert (found.rule, found.remedy) == ("LNT-062", "Estenderla a C5:C5.")


def test_formulas_of_the_rows_themselves_and_of_other_sheets_are_let_be(tmp_path: Path) -> None:
    made = book({"B6": "=C5+C6"})
    made["Frontespizio"]["A2"] = "=SUM(C5:C6)"
    assert lint(tmp_path, made) == []


def with_parts(content: bytes, parts: Mapping[str, str], *edits: tuple[str, str, str]) -> bytes:
    """A package with further parts, and with some text of others replaced."""
    package = {**files.unpack(content), **{name: text.encode() for name, text in parts.items()}}
    for name, old, new in edits:
        assert old in package[name].decode()
        package[name] = package[name].decode().replace(old, new, 1).encode()
    return files.repack(package)


RELATED = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId9" Target='
    '"../drawings/drawing1.xml" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/drawing"/>'
    "</Relationships>"
)


def test_what_only_excel_can_write_is_told_by_sheet_as_information(tmp_path: Path) -> None:
    sparks = '<extLst><ext uri="{05C60535-1F16-4fd2-B633-F4F36F0B64E0}"><x14:sparklineGroups xmlns:x14="x"/></ext></extLst>'
    content = with_parts(
        saved(book()),
        {
            "xl/worksheets/_rels/sheet2.xml.rels": RELATED,
            "xl/drawings/drawing1.xml": '<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing">'
            "<xdr:sp/></xdr:wsDr>",
        },
        ("xl/worksheets/sheet2.xml", "</worksheet>", f"{sparks}</worksheet>"),
    )
    found = lint(tmp_path, content)
    assert [(one.rule, one.blocks) for one in found] == [("LNT-063", False)] * len(found)
    assert {one.spot.part for one in found} == {"foglio «Spese»"}
    assert [one.message for one in found][:2] == [
        "Il file contiene grafici dentro le celle (sparkline).",
        "Il file contiene caselle di testo e forme.",
    ]


def bomb() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", bytes(200_000_000))
    return stream.getvalue()


def merged_everywhere() -> bytes:
    """A few kilobytes that take openpyxl gigabytes."""
    return with_parts(
        saved(book()),
        {},
        (
            "xl/worksheets/sheet1.xml",
            "</sheetData>",
            '</sheetData><mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>',
        ),
    )


ENTITY = '<!DOCTYPE x [<!ENTITY a "b">]><workbook>&a;</workbook>'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "non è un documento Word o Excel integro"),
        (b"testo", "non è un documento Word o Excel integro"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "protetto da password o è in un formato vecchio"),
        (saved(book())[:3000], "non è un documento Word o Excel integro"),
        (bomb(), "decompresso|misura sospetta"),
        (files.repack({"word/document.xml": b"<x/>"}), "Non è una cartella di lavoro di Excel"),
        (with_parts(saved(book()), {"xl/vbaProject.bin": "x"}), "Contiene macro"),
        (with_parts(saved(book()), {"xl/workbook.xml": ENTITY}), "Contiene definizioni"),
        (with_parts(saved(book()), {"xl/workbook.xml": "<x"}), "non si può leggere"),
        (merged_everywhere(), "Unisce più di 1000000 celle"),
    ],
    ids=["empty", "text", "old", "cut", "bomb", "word", "macro", "entity", "broken", "merged"],
)
def test_a_file_that_is_no_plain_workbook_is_refused_with_a_sentence(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(KitError, match=r"^Il modello registro\.xlsx non si può usare: ") as refusal:
        lint(tmp_path, content)
    assert refusal.match(said)


FOUND = [
    flaw("LNT-062", Spot("x.xlsx", anchor=("Spese", "C8")), "La formula legge C5:C6."),
    flaw("LNT-061", Spot("x.xlsx", anchor=("Spese", "C8")), "Nel file la funzione «SOMMA» si chiama «SUM»."),
    flaw("LNT-060", Spot("x.json", where="«cells», «Nulla!B3»"), "Il file non ha il foglio «Nulla»."),
]


def test_a_note_stands_on_each_cell_and_at_the_head_of_the_first_sheet() -> None:
    content = saved(book())
    copy = sheet.annotated(content, FOUND)
    assert copy == sheet.annotated(content, FOUND)
    made = load_workbook(io.BytesIO(copy))
    cell, head = made["Spese"]["C8"].comment, made["Frontespizio"]["A1"].comment
    assert cell.text.startswith("bloccante: La formula legge C5:C6. Estendere")
    assert "[LNT-062]\n\nbloccante: Nel file la funzione «SOMMA»" in cell.text
    assert head.text.startswith("bloccante: «cells», «Nulla!B3»: Il file non ha il foglio «Nulla».")


def test_notes_that_were_there_stay_and_go_on_with_the_new_text() -> None:
    made = book()
    made["Spese"]["C8"].comment = Comment("Totale, da Anna", "Anna")
    made["Spese"]["A4"].comment = Comment("Vedere il verbale", "Anna")
    copy = load_workbook(io.BytesIO(sheet.annotated(saved(made), FOUND)))
    assert copy["Spese"]["C8"].comment.text.startswith("Totale, da Anna\n\nbloccante: La formula")
    assert copy["Spese"]["A4"].comment.text == "Vedere il verbale"
    again = load_workbook(io.BytesIO(sheet.annotated(sheet.annotated(saved(made), FOUND), FOUND[:1])))
    assert again["Spese"]["C8"].comment.text.count("La formula legge") == 2


def test_the_annotated_copy_keeps_every_other_part() -> None:
    content = with_parts(saved(book()), {"xl/drawings/drawing9.xml": "<wsDr/>"})
    before, after = files.unpack(content), files.unpack(sheet.annotated(content, FOUND))
    changed = {name for name in before if after[name] != before[name]}
    assert changed == {"[Content_Types].xml", "xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"}
    assert {name for name in after if name not in before} == {
        f"xl/{name}"
        for number in (1, 2)
        for name in (
            f"commentsPitstop{number}.xml",
            f"drawings/vmlDrawingPitstop{number}.vml",
            f"worksheets/_rels/sheet{number}.xml.rels",
        )
    }


def test_the_annotated_copy_has_the_flaws_of_the_original(tmp_path: Path) -> None:
    content = saved(book({"E1": "=SUM(C5:C6)"}))
    found = lint(tmp_path, content)
    assert found != []
    assert lint(tmp_path, sheet.annotated(content, found)) == found
