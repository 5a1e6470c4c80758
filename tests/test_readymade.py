"""Somebody else's form, filled: every field holds its answer and shows all of it, or says where it goes on."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject, NumberObject

from pitstop_docs.blanks import Place
from pitstop_docs.errors import FileError, KitError, UndrawableError
from pitstop_docs.fillers import readymade
from pitstop_docs.fillers.acroform import Field, form
from pitstop_docs.fillers.docx import Filled
from pitstop_docs.forms import load_forms
from pitstop_docs.lint import pdf as lint
from pitstop_docs.lint import reader_of
from pitstop_docs.templates import load_templates
from tests.acroforms import Pdf, written
from tests.doors import knock, outputs
from tests.kits import CASE, ROOT, SAMPLES, Kit, choice, full, leaf, rows
from tests.kits import fill as fill_any

STATES = {"coniugato": "coniugato/a", "celibe": "celibe/nubile"}
TONGUES = {"it": "italiano", "ar": "arabo", "fr": "francese"}
ANSWERS = {
    "nome": leaf("Nome", privacy="identificativo"),
    "cognome": leaf("Cognome", privacy="identificativo"),
    "nato": leaf("Nato il", format="data_parziale"),
    "il": leaf("Il", format="date"),
    "ora": leaf("Ora", format="ora"),
    "cf": leaf("Codice fiscale", format="codice_fiscale", privacy="identificativo"),
    "conto": leaf("Conto", format="iban"),
    "importo": leaf("Importo", format="euro"),
    "stato": choice("Stato civile", STATES),
    "minori": leaf("Minori", "boolean"),
    "lingue": {
        "title": "Lingue",
        "type": "array",
        "x-privacy": "comune",
        "items": {"type": "string", "enum": list(TONGUES), "x-labels": TONGUES},
    },
    "note": leaf("Note", maxLength=5000, x_long=True),
    "salute": leaf("Salute", privacy="particolare"),
    "figli": rows("Figli", {"nome": leaf("Nome")}),
}
SMALL = "/Helv 9 Tf 0 g"
LONG = " ".join(f"parola{n}" for n in range(1, 120))


def at(name: str, **more: Any) -> Any:
    """A place of the form, or what a description says of it."""
    return {"place": f"scheda#/{name}", **more} if more else f"scheda#/{name}"


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The child's work is done in this process: the child has tests of its own."""
    monkeypatch.setattr(readymade, "apart", lambda work, *args: work(*args))


def kit(root: Path, content: bytes, fields: Mapping[str, Any], **description: Any) -> Kit:
    """A kit with one form, printed on this PDF."""
    made = Kit.at(root)
    made.form("scheda", ANSWERS)
    (root / "templates" / "scheda.pdf").write_bytes(content)
    told = {"kind": "scheda", "code": "D99", "title": "Scheda", "order": 1, "file": "scheda.pdf", "form": "scheda"}
    made.write("templates/scheda.json", {**told, "records": ["scheda"], "recipient": "interno", "fields": fields, **description})
    return made


def fill(root: Path, pdf: Pdf, fields: Mapping[str, Any], draft: bool = False, **answers: Any) -> Filled:
    """The document with these answers."""
    return kit(root, pdf.content(), fields).fill("scheda", draft=draft, scheda=answers)


def fields_of(filled: Filled) -> dict[str, Field]:
    return {one.name: one for one in form(PdfReader(io.BytesIO(filled.content))).fields}


def widget(filled: Filled, name: str) -> Any:
    """The only box of a field."""
    for sheet in PdfReader(io.BytesIO(filled.content)).pages:
        for one in sheet.get("/Annots", ()):
            if one.get_object().get("/T") == name:
                return one.get_object()
    raise AssertionError(name)


def drawing(filled: Filled, name: str) -> str:
    """What draws the only box of a field."""
    return str(widget(filled, name)["/AP"]["/N"].get_data().decode("cp1252"))


def shown(filled: Filled, name: str) -> list[str]:
    """The lines that a box shows in Helvetica."""
    told = re.findall(r"BT (.*?) ET", drawing(filled, name), re.DOTALL)
    return ["".join(re.sub(r"\\([\\()])", r"\1", one) for one in re.findall(r"\(((?:\\.|[^\\)])*)\) Tj", line)) for line in told]


def pages(filled: Filled) -> list[str]:
    return [sheet.extract_text() for sheet in PdfReader(io.BytesIO(filled.content)).pages]


# What a field holds


def every_kind() -> tuple[Pdf, dict[str, Any]]:
    """A form with a field of each kind, named and made as others do, and what goes where."""
    pdf = Pdf(2)
    pdf.field("Cognome e nome", DA=SMALL)
    for name, most in (("gg", 2), ("mm", 2), ("aaaa", 4), ("ore", 2), ("min", 2)):
        pdf.field(name, MaxLen=most)
    pdf.field("cf", MaxLen=16, Ff=1 << 24)
    pdf.radio("rb1", ["0", "1"], Opt=["C", "L"])
    pdf.radio("rb2", ["Coniugato/a", "Celibe/nubile"])
    pdf.tick("CasellaMinori", "Ja")
    pdf.tick("CasellaNo", "1")
    pdf.field("croce")
    pdf.field("stato", "/Ch", Ff=1 << 17, Opt=[["", " "], ["S", "Sposato o unito"], ["N", "Libero di stato"]], page=1)
    pdf.field("lingue", "/Ch", Ff=1 << 21, Opt=[["I", "Italiano"], ["A", "Arabo"], ["F", "Francese"]], DA=SMALL, page=1)
    pdf.tick("l1", "On")
    pdf.tick("l2", "On")
    pdf.field("importo", Q=2, page=1)
    pdf.field("figlio1", page=1)
    pdf.field("figlio2", page=1)
    pdf.field("ufficio", page=1)
    pdf.field("firma", "/Sig", page=1)
    fields = {
        "Cognome e nome": {"places": ["scheda#/cognome", "scheda#/nome"]},
        "gg": at("nato", part="giorno"),
        "mm": at("nato", part="mese"),
        "aaaa": at("nato", part="anno"),
        "ore": at("ora", part="ore"),
        "min": at("ora", part="minuti"),
        "cf": at("cf"),
        "rb1": at("stato", states={"coniugato": "C", "celibe": "L"}),
        "rb2": at("stato"),
        "CasellaMinori": at("minori"),
        "CasellaNo": at("minori", when="false"),
        "croce": at("stato", when="celibe"),
        "stato": at("stato", states={"coniugato": "S", "celibe": "N"}),
        "lingue": at("lingue", states={"it": "I", "ar": "A", "fr": "F"}),
        "l1": at("lingue", when="it"),
        "l2": at("lingue", when="ar"),
        "importo": at("importo"),
        "figlio1": "scheda#/figli/0/nome",
        "figlio2": "scheda#/figli/1/nome",
        "ufficio": None,
    }
    return pdf, fields


STATED = {
    "nome": "Amina",
    "cognome": "D’Angelo (già Rossi)",
    "nato": "1990-03",
    "ora": "09:05",
    "cf": SAMPLES["codice_fiscale"],
    "stato": "celibe",
    "minori": True,
    "lingue": ["ar", "fr"],
    "importo": "1250.50",
    "figli": [{"nome": "Yonas"}],
}


def test_every_kind_of_field_holds_its_answer(tmp_path: Path, here: None) -> None:
    pdf, fields = every_kind()
    filled = fill(tmp_path, pdf, fields, **STATED)
    assert {name: field.value for name, field in fields_of(filled).items()} == {
        "Cognome e nome": "D’Angelo (già Rossi) Amina",
        "gg": "00",
        "mm": "03",
        "aaaa": "1990",
        "ore": "09",
        "min": "05",
        "cf": SAMPLES["codice_fiscale"],
        "rb1": "L",
        "rb2": "Celibe/nubile",
        "CasellaMinori": "Ja",
        "CasellaNo": None,
        "croce": "X",
        "stato": "N",
        "lingue": ("A", "F"),
        "l1": None,
        "l2": "On",
        "importo": "1.250,50",
        "figlio1": "Yonas",
        "figlio2": None,
        "ufficio": None,
        "firma": None,
    }
    assert shown(filled, "Cognome e nome") == ["D’Angelo (già Rossi) Amina"]
    assert shown(filled, "stato") == ["Libero di stato"]
    assert shown(filled, "lingue") == ["Arabo", "Francese"]
    assert (widget(filled, "l1")["/AS"], widget(filled, "l2")["/AS"]) == ("/Off", "/On")
    assert filled.trace.blanks == [] == filled.trace.withheld
    assert filled.trace.printed.count("celibe/nubile") == 2 and "1.250,50" in filled.trace.printed


def test_a_group_of_buttons_has_one_lit_and_says_which_by_name(tmp_path: Path, here: None) -> None:
    pdf, fields = every_kind()
    filled = fill(tmp_path, pdf, fields, **STATED)
    (group,) = [
        one.get_object()
        for one in PdfReader(io.BytesIO(filled.content)).trailer["/Root"]["/AcroForm"]["/Fields"]
        if one.get_object()["/T"] == "rb1"
    ]
    assert isinstance(group.raw_get("/V"), NameObject) and group["/V"] == "/1"
    assert [kid.get_object()["/AS"] for kid in group["/Kids"]] == ["/Off", "/1"]


def test_what_was_filled_is_closed_and_the_rest_is_left_to_the_pen(tmp_path: Path, here: None) -> None:
    pdf, fields = every_kind()
    filled = fill(tmp_path, pdf, fields, **{**STATED, "importo": None, "stato": None})
    open_ = {name for name, field in fields_of(filled).items() if not field.read_only}
    assert open_ == {"importo", "rb1", "rb2", "croce", "stato", "figlio2", "ufficio", "firma"}
    assert {one.path for one in filled.trace.blanks} == {"/importo", "/stato"}


def test_the_same_answers_give_the_same_bytes_and_the_child_makes_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pdf, fields = every_kind()
    house = kit(tmp_path, pdf.content(), fields)
    first = house.fill("scheda", scheda=STATED)
    monkeypatch.setattr(readymade, "apart", lambda work, *args: work(*args))
    assert first.content == house.fill("scheda", scheda=dict(reversed(STATED.items()))).content


def test_what_the_reader_may_not_see_is_omitted(tmp_path: Path, here: None) -> None:
    pdf = Pdf()
    pdf.field("salute")
    pdf.field("corto", MaxLen=5)
    house = kit(tmp_path, pdf.content(), {"salute": at("salute"), "corto": at("salute")})
    filled = house.fill("scheda", visible=frozenset({"comune"}), scheda={"salute": "Nota"})
    assert {name: field.value for name, field in fields_of(filled).items()} == {"salute": "omissis", "corto": None}
    assert (filled.trace.printed, len(filled.trace.withheld)) == (["omissis"], 2)


def test_what_no_place_is_for_is_left_to_the_pen_and_told(tmp_path: Path, here: None) -> None:
    pdf = Pdf()
    pdf.field("gg")
    pdf.radio("stato", ["coniugato", "celibe"])
    pdf.field("nome", "/Ch", Ff=1 << 17, Opt=["Amina", "Sara"])
    fields = {"gg": at("il", part="giorno"), "stato": at("stato"), "nome": at("nome")}
    filled = fill(tmp_path, pdf, fields, il="31 febbraio", stato="vedovo", nome="Hodan")
    assert {field.value for field in fields_of(filled).values()} == {None}
    assert filled.trace.blanks == [Place("scheda", 1, path) for path in ("/il", "/stato", "/nome")]
    assert filled.trace.printed == []


@pytest.mark.parametrize(
    ("name", "most", "cells", "value", "held"),
    [
        ("il", 8, True, "2026-03-05", "05032026"),
        ("il", 10, False, "2026-03-05", "05/03/2026"),
        ("nato", 10, False, "1990", "00/00/1990"),
        ("nato", 40, False, "1990", "1990 (giorno e mese non noti)"),
        ("conto", 27, True, SAMPLES["iban"], SAMPLES["iban"]),
    ],
)
def test_a_code_is_written_closer_where_the_form_has_no_more_places(
    tmp_path: Path, here: None, name: str, most: int, cells: bool, value: str, held: str
) -> None:
    pdf = Pdf()
    pdf.field("x", MaxLen=most, Ff=1 << 24 if cells else 0, DA=SMALL)
    assert fields_of(fill(tmp_path, pdf, {"x": at(name)}, **{name: value}))["x"].value == held


# How it is seen


def places(filled: Filled, name: str) -> list[tuple[float, float, str]]:
    """Where each piece of text begins in a box, across and up, and what it says."""
    found, origin = [], (0.0, 0.0)
    for cm, tm in re.findall(r"1 0 0 1 (\S+ \S+) cm|1 0 0 1 (\S+ \S+ Tm \(.\)|\S+ \S+ Tm \([^)]*\)) Tj", drawing(filled, name)):
        if cm:
            origin = tuple(a + b for a, b in zip(origin, map(float, cm.split()), strict=True))  # type: ignore[assignment]
        else:
            x, y, text = re.fullmatch(r"(\S+) (\S+) Tm \((.*)\)", tm).groups()  # type: ignore[union-attr]
            found.append((origin[0] + float(x), origin[1] + float(y), text))
    return found


def test_each_letter_of_a_code_stands_in_the_middle_of_its_cell(tmp_path: Path, here: None) -> None:
    pdf = Pdf()
    pdf.field("cf", MaxLen=16, Ff=1 << 24, DA="/Helv 10 Tf 0 g")
    filled = fill(tmp_path, pdf, {"cf": at("cf")}, cf=SAMPLES["codice_fiscale"])
    cell = 200 / 16
    for number, (x, _, letter) in enumerate(places(filled, "cf")):
        wide = PdfReaderWidths[letter] * 10 / 1000
        assert abs(x + wide / 2 - cell * (number + 0.5)) < 0.02
    assert "".join(letter for *_, letter in places(filled, "cf")) == SAMPLES["codice_fiscale"]


PdfReaderWidths = {**dict.fromkeys("0123456789", 556), **dict.fromkeys("ABEKPSVXY", 667), **dict.fromkeys("CDHNRUw", 722)}
PdfReaderWidths |= {"I": 278, "J": 500, "L": 556, "F": 611, "T": 611, "Z": 611, "G": 778, "O": 778, "Q": 778, "M": 833, "W": 944}


def test_a_text_is_aligned_as_the_form_asks_in_its_size_and_colour(tmp_path: Path, here: None) -> None:
    pdf = Pdf()
    for align in (0, 1, 2):
        pdf.field(f"f{align}", Q=align, DA="0 0 1 rg /Helv 8 Tf")
    filled = fill(tmp_path, pdf, {f"f{align}": at("nome") for align in (0, 1, 2)}, nome="OOO")
    wide = 3 * 778 * 8 / 1000
    starts = [places(filled, f"f{align}")[0][0] for align in (0, 1, 2)]
    assert starts == pytest.approx([2, (200 - wide) / 2, 198 - wide], abs=0.02)
    assert "0 0 1 rg /Helv 8 Tf" in drawing(filled, "f0")


def test_a_long_text_is_wrapped_within_its_box(tmp_path: Path, here: None) -> None:
    pdf = Pdf()
    pdf.field("note", Ff=1 << 12, Rect=[100, 500, 300, 600], DA=SMALL)
    note = "Una frase lunga abbastanza da andare a capo più d’una volta.\nUn altro capoverso."
    filled = fill(tmp_path, pdf, {"note": at("note")}, note=note)
    lines = shown(filled, "note")
    assert len(lines) == 3 and " ".join(lines).split() == note.split() and lines[-1] == "Un altro capoverso."
    ups = [y for _, y, _ in places(filled, "note")]
    assert 0 < min(ups) < max(ups) < 100 and ups == sorted(ups, reverse=True)
    assert fields_of(filled)["note"].value == note
    assert len(pages(filled)) == 1


def test_a_text_is_written_smaller_before_it_is_cut(tmp_path: Path, here: None) -> None:
    pdf = Pdf()
    pdf.field("x", DA="/Helv 11 Tf 0 g")
    filled = fill(tmp_path, pdf, {"x": at("nome")}, nome="m" * 28)
    size = re.search(r"/Helv (\S+) Tf", drawing(filled, "x"))
    assert size and 7 <= float(size[1]) < 11 and shown(filled, "x") == ["m" * 28]


def test_a_text_that_is_turned_reads_along_its_box(tmp_path: Path, here: None) -> None:
    pdf = Pdf()
    pdf.field("x", MK={"/R": 90}, Rect=[400, 300, 420, 500], DA=SMALL)
    filled = fill(tmp_path, pdf, {"x": at("nome")}, nome="Amina che si legge dal basso")
    normal = widget(filled, "x")["/AP"]["/N"]
    assert [float(one) for one in normal["/Matrix"]] == [0, 1, -1, 0, 20, 0]
    assert [float(one) for one in normal["/BBox"]] == [0, 0, 200, 20]


def test_the_ground_and_the_frame_of_a_field_stay(tmp_path: Path, here: None) -> None:
    pdf = Pdf()
    pdf.field("x", MK={"/BC": [0.5], "/BG": [0.9, 0.9, 1]}, DA="1 g /Helv 9 Tf")
    told = drawing(fill(tmp_path, pdf, {"x": at("nome")}, nome="Amina"), "x")
    assert "0.900 0.900 1.000 rg 0 0 200.00 20.00 re f" in told
    assert "0.500 0.500 0.500 RG 1.00 w 0.50 0.50 199.00 19.00 re S" in told
    assert "0 0 0 rg /Helv 9 Tf" in told, "white letters on a light ground would not be seen"


# What has no room


def test_what_does_not_fit_goes_on_in_the_annex_under_its_number(tmp_path: Path, here: None) -> None:
    pdf = Pdf()
    pdf.field("Text7", TU="Motivo", Ff=1 << 12, Rect=[100, 500, 300, 560], DA=SMALL)
    pdf.field("Text8", TU="Nome", MaxLen=40, DA=SMALL)
    filled = fill(tmp_path, pdf, {"Text7": at("note"), "Text8": at("nome")}, note=LONG, nome="Nome lungo " * 9)
    held = {name: field.value for name, field in fields_of(filled).items()}
    assert isinstance(held["Text7"], str) and isinstance(held["Text8"], str)
    assert re.fullmatch(r"parola1 parola2 .* parola\d+… segue in allegato, n\. 1", held["Text7"])
    assert held["Text8"] == "Nome lungo Nome… segue in allegato, n. 2" and len(held["Text8"]) == 40
    assert " ".join(shown(filled, "Text7")).split() == held["Text7"].split(), "the field shows what it holds"
    _, annexed = pages(filled)
    assert "Allegato" in annexed and "Scheda – PST-001" in annexed and "PST-001_scheda" in annexed
    assert "n. 1 – Motivo" in annexed and "n. 2 – Nome" in annexed and "pagina 1 di 1" in annexed
    assert LONG.split() == annexed.split("Motivo\n")[1].split("n. 2")[0].split()
    assert LONG in filled.trace.printed


def test_an_annex_goes_on_over_pages_and_loses_no_word(tmp_path: Path, here: None) -> None:
    pdf = Pdf()
    pdf.field("x", TU="Motivo", DA=SMALL)
    told = "\n\n".join(f"Capoverso {n}: {LONG}" for n in range(8))
    filled = fill(tmp_path, pdf, {"x": at("note")}, note=told)
    _, *annexed = pages(filled)
    assert [re.findall(r"pagina \d di \d", text) for text in annexed] == [["pagina 1 di 2"], ["pagina 2 di 2"]]
    words = " ".join(re.sub(r"PST-001_scheda – allegato, pagina \d di \d", "", text) for text in annexed)
    assert words.split("Motivo\n")[1].split() == told.split()


def test_a_code_that_does_not_fit_is_refused_and_never_cut(tmp_path: Path, here: None) -> None:
    pdf = Pdf()
    pdf.field("cf", MaxLen=11, Ff=1 << 24, TU="Codice fiscale di chi chiede")
    with pytest.raises(FileError, match="«Codice fiscale di chi chiede»: la risposta non entra") as refusal:
        fill(tmp_path, pdf, {"cf": at("cf")}, cf=SAMPLES["codice_fiscale"])
    assert SAMPLES["codice_fiscale"] not in str(refusal.value)
    pdf = Pdf()
    pdf.field("il", Rect=[100, 100, 115, 110])
    with pytest.raises(FileError, match="non si può tagliare"):
        fill(tmp_path, pdf, {"il": at("il")}, il="2026-03-05")


def test_a_field_without_room_for_the_mark_is_refused_by_its_label(tmp_path: Path, here: None) -> None:
    pdf = Pdf()
    pdf.field("x", TU="Sigla", Rect=[100, 100, 120, 110])
    with pytest.raises(FileError, match="«Sigla»: la risposta non entra .* e nemmeno il rinvio all’allegato") as refusal:  # noqa: RUF043
        fill(tmp_path, pdf, {"x": at("nome")}, nome="Un nome di troppe lettere")
    assert "troppe" not in str(refusal.value)


# Letters that Helvetica has not

NAMES = ("Ğülşen Őrség Ștefăniță", "Мирослава Коломієць", "هودان ورسمه", "মাহবুব আলম")


def test_letters_of_other_scripts_are_drawn_and_kept(tmp_path: Path, here: None) -> None:
    pytest.importorskip("weasyprint", reason="WeasyPrint, or its Pango, is not installed", exc_type=(ImportError, OSError))
    pdf = Pdf()
    for number in range(len(NAMES)):
        pdf.field(f"f{number}", DA=SMALL)
    pdf.field("cf", MaxLen=6, Ff=1 << 24)
    pdf.field("note", TU="Note", Ff=1 << 12, DA=SMALL)
    fields = {f"f{number}": f"scheda#/figli/{number}/nome" for number in range(len(NAMES))} | {
        "cf": at("nome"),
        "note": at("note"),
    }
    figli = [{"nome": one} for one in NAMES]
    filled = fill(tmp_path, pdf, fields, figli=figli, nome="ŠEHIĆ", note=f"{NAMES[0]} {LONG}")
    held = fields_of(filled)
    assert tuple(held[f"f{number}"].value for number in range(len(NAMES))) == NAMES
    assert str(held["note"].value).endswith("… segue in allegato, n. 1")
    for name in ("f0", "f3", "cf"):
        (picture,) = widget(filled, name)["/AP"]["/N"]["/Resources"]["/XObject"].values()
        assert " Tj" not in drawing(filled, name) and b"TJ" in picture.get_data()
    assert "parola119" in pages(filled)[1]


def test_a_plain_text_needs_no_weasyprint_and_another_is_refused_with_a_sentence(
    tmp_path: Path, here: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    pdf = Pdf()
    pdf.field("x", TU="Nome della persona")
    house = kit(tmp_path, pdf.content(), {"x": at("nome")})
    with_it = house.fill("scheda", scheda={"nome": "Amina è qui: 5 €"})
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    assert house.fill("scheda", scheda={"nome": "Amina è qui: 5 €"}).content == with_it.content
    with pytest.raises(UndrawableError, match=r"«Nome della persona» ha lettere .* Manca WeasyPrint") as refusal:
        house.fill("scheda", scheda={"nome": "Мирослава"})
    assert "Мирослава" not in str(refusal.value)


def test_a_letter_without_a_font_is_refused_by_the_label_of_its_field(tmp_path: Path, here: None) -> None:
    pytest.importorskip("weasyprint", reason="WeasyPrint, or its Pango, is not installed", exc_type=(ImportError, OSError))
    pdf = Pdf()
    pdf.field("x", TU="Nome")
    with pytest.raises(UndrawableError, match="«Nome» ha caratteri che nessun font"):
        fill(tmp_path, pdf, {"x": at("nome")}, nome="\U0010fffd")


# The file as a whole


def test_a_draft_says_so_on_every_page_whatever_way_it_lies(tmp_path: Path, here: None) -> None:
    pdf = Pdf(3)
    pdf.field("x")
    pdf.write(0, "Testo del modulo")
    pdf.pages[1][NameObject("/Rotate")] = NumberObject(90)
    filled = fill(tmp_path, pdf, {"x": at("nome")}, draft=True, nome=LONG)
    assert len(pages(filled)) == 4
    assert all("BOZZA – non valida per la firma" in text for text in pages(filled))
    assert "Testo del modulo" in pages(filled)[0]
    assert set(fields_of(filled)) == {"x"}
    assert "BOZZA" not in "".join(pages(fill(tmp_path, pdf, {"x": at("nome")}, nome="Amina")))


def test_nothing_in_the_document_acts_by_itself(tmp_path: Path, here: None) -> None:
    script = {"/S": "/JavaScript", "/JS": "app.alert(1)"}
    pdf = Pdf()
    pdf.field("x", AA={"/K": script})
    pdf.field("y", A=script, V="Già scritto", DA=SMALL)
    pdf.form |= {"/NeedAppearances": True, "/CO": []}
    content = pdf.content(OpenAction=script, AA={"/WP": script}, Names={"/JavaScript": {"/Names": ["a", script]}}, Perms={})
    filled = kit(tmp_path, content, {"x": at("nome"), "y": None}).fill("scheda", scheda={"nome": "Amina"})
    told = form(PdfReader(io.BytesIO(filled.content)))
    assert told.scripts == () and not any(field.script for field in told.fields)
    assert b"app.alert" not in filled.content and "/NeedAppearances" not in str(
        PdfReader(io.BytesIO(filled.content)).trailer["/Root"]
    )
    assert shown(filled, "y") == ["Già scritto"], "what the viewer was to draw is drawn"
    assert not fields_of(filled)["y"].read_only


def test_a_box_that_the_viewer_was_to_draw_is_drawn_in_both_its_states(tmp_path: Path, here: None) -> None:
    pdf = Pdf()
    pdf.tick("x", "Ja", MK={"/CA": "8", "/BC": [0]})
    pdf.form["/NeedAppearances"] = True
    states = widget(fill(tmp_path, pdf, {"x": at("minori")}, minori=True), "x")["/AP"]["/N"]
    assert {name: b" l " in state.get_data() for name, state in states.items()} == {"/Ja": True, "/Off": False}
    assert b"re S" in states["/Off"].get_data(), "the frame stays"


def test_the_file_says_in_its_information_what_it_is(tmp_path: Path, here: None) -> None:
    pdf = Pdf()
    pdf.writer.add_metadata({"/Author": "Qualcun Altro", "/Title": "Untitled"})
    pdf.field("x")
    reader = PdfReader(io.BytesIO(fill(tmp_path, pdf, {"x": at("nome")}, nome="Amina").content))
    assert dict(reader.metadata or {}) == {
        "/Title": "Scheda",
        "/Subject": "PST-001",
        "/Keywords": "PST-001_scheda; versione 01",
        "/Producer": "pitstop_docs",
    }
    assert b"PST-001_scheda; versione 01" in reader.trailer["/Root"]["/Metadata"].get_data()  # type: ignore[index]


def signed() -> bytes:
    pdf = Pdf()
    pdf.field("x")
    pdf.field("firma", "/Sig", V={"/Type": "/Sig", "/ByteRange": [0, 1, 2, 3]})
    return pdf.content()


def xfa() -> bytes:
    pdf = Pdf()
    pdf.field("x")
    pdf.form["/XFA"] = "xml"
    return pdf.content()


def locked() -> bytes:
    pdf = Pdf()
    pdf.field("x")
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf.content())))
    writer.encrypt("segreto", algorithm="RC4-128")
    return written(writer)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (signed(), "già firmato"),
        (xfa(), "XFA"),
        (locked(), "protetto da password"),
        (b"%PDF-1.7 rotto" * 9, "non si può leggere"),
        (b"PK\x03\x04", "Non è un PDF"),
    ],
)
def test_a_form_that_cannot_be_filled_is_refused_with_a_sentence(tmp_path: Path, content: bytes, said: str) -> None:
    house = kit(tmp_path, content, {"x": at("nome")})
    house.keep("scheda", {"nome": "Amina"})
    told = knock(house.root, "make", "scheda", "--case", CASE)
    assert (told.code, told.out) == (3, "")
    assert "scheda.pdf" in told.err and said in told.err


def test_a_bomb_is_given_up_in_the_child(tmp_path: Path) -> None:
    pdf = Pdf()
    pdf.field("x", V="x")
    house = kit(tmp_path, pdf.content() + b"\0" * (26 * 2**20), {"x": at("nome")})
    with pytest.raises(KitError, match=r"Il modello scheda\.pdf non si può usare"):
        house.fill("scheda", scheda={"nome": "Amina"})


# As a document


@pytest.fixture
def house(tmp_path: Path) -> Kit:
    pdf = Pdf()
    pdf.field("nome", TU="Nome")
    pdf.field("note", TU="Note")
    made = kit(tmp_path, pdf.content(), {"nome": at("nome"), "note": at("note")})
    made.keep("scheda", {"nome": "Amina"})
    return made


FIRST = "PST-001/PST-001_D99_scheda_v01.pdf"


def test_a_filled_form_is_made_kept_and_verified_like_any_document(house: Kit, here: None) -> None:
    made = knock(house.root, "make", "scheda", "--case", CASE)
    assert (made.code, made.out.splitlines()) == (0, [str(house.root / "outputs" / FIRST)])
    assert "Note – Il campo facoltativo è vuoto" in made.err
    before = outputs(house.root)
    assert set(before) == {FIRST, f"{FIRST}.manifest.json"}
    assert "identico" in knock(house.root, "make", "scheda", "--case", CASE).err and outputs(house.root) == before
    assert "intatto" in knock(house.root, "verify", str(house.root / "outputs" / FIRST)).out
    house.keep("scheda", {"nome": "Sara"}, number=1)
    assert knock(house.root, "make", "scheda", "--case", CASE).code == 0
    assert set(outputs(house.root)) == set(before) and outputs(house.root)[FIRST] != before[FIRST]


def test_its_pdf_is_the_document_itself(house: Kit, here: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pitstop_docs.office.convert", None)
    made = knock(house.root, "make", "scheda", "--case", CASE, "--pdf", "--out", str(tmp_path / "copia"))
    assert made.code == 0 and "è già un PDF" in made.err
    assert made.out.count("scheda_v01.pdf") == 3, "the document, the copy, and the copy of its manifest"
    told = knock(house.root, "make", "scheda", "--case", CASE, "--pdf", "--json").json["document"]
    assert told["pdf"] == told["path"]
    assert sorted(one.name for one in (tmp_path / "copia").iterdir()) == [
        "PST-001_D99_scheda_v01.pdf",
        "PST-001_D99_scheda_v01.pdf.manifest.json",
    ]


def test_a_form_that_someone_filled_further_is_left_alone(house: Kit, here: None) -> None:
    knock(house.root, "make", "scheda", "--case", CASE)
    by_hand = house.root / "outputs" / FIRST
    by_hand.write_bytes(by_hand.read_bytes() + b"%")
    kept = by_hand.read_bytes()
    assert knock(house.root, "make", "scheda", "--case", CASE).code == 0
    assert by_hand.read_bytes() == kept and FIRST.replace("v01", "v02") in outputs(house.root)


def test_a_description_at_fault_stops_the_document(house: Kit, here: None) -> None:
    told = house.root / "templates" / "scheda.json"
    told.write_text(told.read_text(encoding="utf-8").replace("scheda#/note", "scheda#/nota"), encoding="utf-8")
    made = knock(house.root, "make", "scheda", "--case", CASE)
    assert made.code == 3 and "campo «note»" in made.err and "Forse «scheda#/note»?" in made.err


def test_what_a_ready_made_form_prints_counts_among_its_places(house: Kit, here: None) -> None:
    template = load_templates(house.root / "templates")["scheda"]
    assert template.places == {"scheda/nome", "scheda/note"}
    assert template.prints("scheda", "/nome") and not template.prints("scheda", "/cf")


# Said wrong in the description

WRONG = (
    ("nome", {}, at("nome", part="giorno"), "LNT-051", "non ha la parte «giorno»"),
    ("nome", {}, {"places": ["scheda#/nome", "scheda#/nomme"]}, "LNT-050", "non ha questo campo"),
    ("tick", {}, at("stato", when="vedovo"), "LNT-052", "La casella sta per «vedovo»"),
    ("tick", {}, at("stato", when="celibe"), "LNT-052", "Nessuna casella sta per: coniugato"),
    ("tick", {}, at("nome", when="celibe"), "LNT-052", "non ha questo valore"),
    ("tick", {}, {"places": ["scheda#/minori", "scheda#/minori"]}, "LNT-051", "solo in un testo"),
    ("radio", {}, at("stato", when="celibe"), "LNT-051", "con «when» sta solo in una casella"),
    ("radio", {}, at("stato", states={"coniugato": "A", "celibe": "Z"}), "LNT-052", "non ha lo stato «Z»"),
    ("radio", {}, at("stato", states={"coniugato": "A"}), "LNT-052", "Non si può scegliere: celibe"),
    ("radio", {}, at("stato", states={"coniugato": "A", "celibe": "B", "vedovo": "B"}), "LNT-052", "«vedovo», detto in «states»"),
    ("radio", {}, at("il", part="giorno"), "LNT-051", "o lì non ci sta"),
    ("nome", {}, at("stato", states={"coniugato": "A", "celibe": "B"}), "LNT-051", "con «states» sta solo in pulsanti"),
    ("nome", {"MaxLen": 1}, at("il", part="giorno"), "LNT-051", "ne prende 2"),
    ("nome", {"MaxLen": 20}, {"places": ["scheda#/il", "scheda#/cf"]}, "LNT-057", "può averne 27"),
    ("radio", {}, at("stato", states={"coniugato": "A", "celibe": "B"}), "", ""),
    ("nome", {}, at("stato", when="celibe"), "", ""),
    ("nome", {"MaxLen": 4}, at("nato", part="anno"), "", ""),
    ("nome", {}, None, "", ""),
)


@pytest.mark.parametrize(("kind", "keys", "told", "rule", "words"), WRONG)
def test_what_is_wrong_in_a_description_is_told(
    tmp_path: Path, here: None, kind: str, keys: Mapping[str, Any], told: Any, rule: str, words: str
) -> None:
    pdf = Pdf()
    match kind:
        case "radio":
            pdf.radio("x", ["A", "B"])
        case "tick":
            pdf.tick("x", "Si")
        case _:
            pdf.field("x", **keys)
    made = kit(tmp_path, pdf.content(), {"x": told})
    template = load_templates(tmp_path / "templates")["scheda"]
    found = lint.flaws(template, reader_of(template, made.forms, made.workspace().pack))
    assert {one.rule for one in found} == ({rule} if rule else set())
    assert not rule or words in found[0].message


@pytest.mark.parametrize(
    "told",
    [
        {"posto": "scheda#/nome"},
        {"place": "scheda#/nome", "places": []},
        {"place": "scheda#/nome", "parte": "giorno"},
        {"place": "scheda#/nome", "part": "secolo"},
        {"place": 3},
        {"places": "scheda#/nome"},
        ["scheda#/nome"],
        {"place": "scheda#/nome", "states": {"a": 1}},
    ],
)
def test_a_description_that_is_none_is_refused(tmp_path: Path, told: Any) -> None:
    kit(tmp_path, b"", {"x": told})
    with pytest.raises(KitError, match=r"scheda\.json: la descrizione del modello è incompleta"):
        load_templates(tmp_path / "templates")


# The shipped form

SHIPPED = load_templates(ROOT / "templates")["comunicazione_ospitalita"]
FORMS = load_forms(ROOT / "forms", ROOT / "schemas", ROOT / "rules" / "paesi.json")


def shipped(size: int) -> Filled:
    """The communication of hospitality with every answer, so many rows in each list; with none for 0."""
    data = {name: full(FORMS[name].schema, size) for name in SHIPPED.records} if size else {}
    return fill_any(SHIPPED, FORMS, data, visible=frozenset({"comune", "identificativo"}))


def test_the_shipped_form_without_answers_is_one_to_fill_by_hand(here: None) -> None:
    filled = shipped(0)
    assert {one.path for one in filled.trace.blanks} == {""} and filled.trace.printed == []
    assert not [field.name for field in fields_of(filled).values() if field.value or field.read_only]


@pytest.mark.parametrize("size", [1, 2])
def test_the_shipped_form_with_every_answer_leaves_only_the_office_and_the_pen(here: None, size: int) -> None:
    filled = shipped(size)
    assert (filled.trace.blanks, filled.trace.withheld) == ([], [])
    left = {field.name for field in fields_of(filled).values() if not field.read_only}
    assert left == {"firma", "ufficio.protocollo", "ufficio.data", "ufficio.ora", "ufficio.addetto"}
    text = " ".join([*(str(field.value) for field in fields_of(filled).values()), *pages(filled)])
    assert all(value in text for value in filled.trace.printed if value.istitle() or value.isdecimal())


def test_every_field_of_the_shipped_form_shows_its_answer_on_the_page(here: None) -> None:
    """The boxes of every filled field have ink in them, where those of the empty form have none."""
    pdfium = pytest.importorskip("pypdfium2")
    from tests.casebook import read  # noqa: PLC0415  # needed here alone

    told = read("comunicazione_ospitalita/clean")
    desk = told.desk
    from pitstop_docs import documents  # noqa: PLC0415

    filled = documents.check(desk, told.target(desk)).filled
    inks = []
    for content in ((ROOT / "templates" / "comunicazione_ospitalita.pdf").read_bytes(), filled.content):
        document = pdfium.PdfDocument(content)
        document.init_forms()
        inks.append([sheet.render(scale=1.5, may_draw_forms=True).to_pil().convert("L") for sheet in document])
    unseen = []
    for number, sheet in enumerate(PdfReader(io.BytesIO(filled.content)).pages):
        for one in sheet.get("/Annots", ()):
            field = one.get_object()
            state = field.get("/V", field.get("/AS", ""))
            if field.get("/Subtype") == "/Widget" and state not in ("", "/Off") and "/Opt" not in field.get("/Parent", {}):
                left, bottom, right, top = (float(side) * 1.5 for side in field["/Rect"])
                high = inks[1][number].height
                box = (
                    round(min(left, right)) + 2,
                    round(high - max(bottom, top)) + 2,
                    round(max(left, right)) - 2,
                    round(high - min(bottom, top)) - 2,
                )
                before, after = (sum(value < 128 for value in ink[number].crop(box).tobytes()) for ink in inks)
                unseen += [] if after > before else [str(field.get("/T"))]
    assert unseen == []


def test_the_shipped_form_is_the_one_that_its_program_draws() -> None:
    pytest.importorskip("weasyprint", reason="WeasyPrint, or its Pango, is not installed", exc_type=(ImportError, OSError))
    from tools.hospitality import draw  # noqa: PLC0415  # it needs WeasyPrint

    shipped = (ROOT / "templates" / "comunicazione_ospitalita.pdf").read_bytes()
    drawn, kept = (form(PdfReader(io.BytesIO(content))) for content in (draw(), shipped))
    assert [(one.name, one.kind, one.length, one.options) for one in drawn.fields] == [
        (one.name, one.kind, one.length, one.options) for one in kept.fields
    ]
    assert len(kept.fields) == 70 and kept.scripts == () and not kept.xfa
