"""The pages of a form: what stands on them, what each input is called, and how values in any script are drawn."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from pypdf import PdfReader

from pitstop_docs.errors import FileError
from pitstop_docs.extents import Extent, page_of
from pitstop_docs.fillers import qr as codes
from pitstop_docs.fillers.page import SIZES, SLACK, Drawn, Item, Sheet, Value, appearances, drawn
from pitstop_docs.forms import load_forms
from pitstop_docs.identity import Identity
from pitstop_docs.questions import asked
from tests.kits import ROOT, Kit, choice, group, leaf, rows

pytest.importorskip("weasyprint", reason="WeasyPrint, or its Pango, is not installed", exc_type=(ImportError, OSError))
FORMS = load_forms(ROOT / "forms", ROOT / "schemas", ROOT / "rules" / "paesi.json")
PROJECT = ("Comune di Bari", "Ripartizione di prova", "PitStop – titolo breve")
DIGEST = "0123456789abcdef"
NO_GLYPH = "\U0010fffd"
"""A character that no font has: the last of those for private use."""


def sheet(form: Any, values: Mapping[str, Value] | None = None, **told: Any) -> Sheet:
    identity = Identity(form.name, "1.0.0", "PST-001", 3, DIGEST)
    return replace(Sheet(form.title, form.code, identity, PROJECT, asked(form), values or {}), **told)


def small(kit: Kit, **fields: Any) -> Any:
    return kit.form("scheda", fields or {"nome": leaf("Nome")}, required=[next(iter(fields), "nome")])


def words(page: Drawn) -> str:
    return "\n".join(one.extract_text() for one in PdfReader(io.BytesIO(page.pdf)).pages)


def widgets(pdf: bytes) -> dict[str, Any]:
    """Each widget of a PDF by its own name."""
    found = [one.get_object() for page in PdfReader(io.BytesIO(pdf)).pages for one in page.get("/Annots", [])]
    named = {str(one["/T"]): one for one in found if one["/Subtype"] == "/Widget"}
    assert len(named) == len(found), "two widgets have one name, or a link stands on the page"
    return named


def inputs(page: Drawn) -> list[str]:
    """The names that the widgets of these fields have."""
    boxes = ("yes_no", "choices")
    return [f"{one.name}={code}" for one in page.fields if one.kind in boxes for code, _ in one.options] + [
        one.name for one in page.fields if one.kind not in boxes
    ]


@pytest.mark.parametrize("name", FORMS)
def test_every_form_of_the_kit_is_drawn_tagged_with_each_question_in_its_place(name: str) -> None:
    page = drawn(sheet(FORMS[name]))
    reader = PdfReader(io.BytesIO(page.pdf))
    catalog = reader.root_object
    assert len(page.pdf) <= 500_000
    assert (catalog["/Lang"], catalog["/MarkInfo"]["/Marked"], "/OpenAction" in catalog) == ("it", True, False)
    assert b"/JavaScript" not in page.pdf
    assert len({one.path for one in page.fields}) == len(page.fields)
    placed = widgets(page.pdf)
    assert sorted(placed) == sorted(inputs(page))
    kids = catalog["/StructTreeRoot"]["/ParentTree"]["/Nums"]
    elements = {int(kids[at]): kids[at + 1].get_object() for at in range(0, len(kids), 2)}
    for one in placed.values():
        assert one["/TU"] not in ("", one["/T"])
        assert elements[int(one["/StructParent"])]["/S"] == "/Form"
        left, bottom, right, top = (float(edge) for edge in one["/Rect"])
        assert 36 < min(left, right) < max(left, right) < 806
        assert abs(top - bottom) > 6
    for number, one in enumerate(reader.pages, 1):
        text = one.extract_text()
        assert one["/Tabs"] == "/S"
        assert f"{name}|1.0.0|PST-001|3|{DIGEST}" in text
        assert f"pagina {number} di {len(reader.pages)}" in text
    fonts = [font.get_object() for font in reader.pages[0]["/Resources"]["/Font"].values()]
    assert fonts
    for font in fonts:
        assert "/FontFile2" in font["/DescendantFonts"][0].get_object()["/FontDescriptor"]
    assert {*page.pages} == {one.path for one in page.fields}
    assert page.pages[page.fields[0].path] == 1


def test_a_page_says_whose_form_it_is_and_how_it_is_filled(tmp_path: Any) -> None:
    form = small(
        Kit.at(tmp_path),
        scadenza=leaf("Scadenza", format="date", description="L’ultimo giorno utile."),
        canone=leaf("Canone", format="euro", x_unit="€"),
        tipo=choice("Tipo", {"a": "uno", "b": "due"}),
    )
    text = words(drawn(sheet(form)))
    for told in (*PROJECT, "Scheda", "Modulo D99 · caso PST-001 · copia n. 3", "Scadenza (gg/mm/aaaa)", "L’ultimo giorno utile."):
        assert told in text
    assert "obbligatori" in text
    project = replace(sheet(form), identity=Identity("scheda", "1.0.0", "", 1, DIGEST))
    assert "per tutto il progetto" in words(drawn(project))


def test_the_code_on_each_page_says_which_form_it_is() -> None:
    if not codes.can_look():
        pytest.skip("no reader of QR codes is installed")
    page = drawn(sheet(FORMS["firma"]))
    told = f"firma|1.0.0|PST-001|3|{DIGEST}"
    assert codes.codes(page.pdf) == tuple((number, told) for number in range(len(PdfReader(io.BytesIO(page.pdf)).pages)))


def test_the_same_form_is_the_same_file_on_any_run() -> None:
    code = (
        "import hashlib; from tests.test_page import FORMS, drawn, sheet, appearances, Item\n"
        "made = drawn(sheet(FORMS['tutor'], {'/nome': 'Amina'})).pdf + appearances([Item('Ġużè محمد', 90, 12)]).pdf\n"
        "print(hashlib.sha256(made).hexdigest())"
    )
    run = [
        subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    ]
    assert run[0] == run[1]


def test_known_rows_keep_their_keys_and_free_ones_follow(tmp_path: Any) -> None:
    voci = rows("Voci", {"voce": leaf("Voce", maxLength=20), "sì": leaf("Va bene", "boolean")}, minItems=1)
    nomi = {"title": "Nomi", "type": "array", "x-privacy": "comune", "maxItems": 4, "items": leaf("Altro nome", maxLength=40)}
    page = drawn(
        sheet(small(Kit.at(tmp_path), voci=voci, nomi=nomi), {"/voci/r2/voce": "pane", "/nomi/r1": "Ali", "/nomi/r3": "Omar"})
    )
    assert [one.path for one in page.fields if one.path.endswith("/voce")] == [f"/voci/r{n}/voce" for n in range(1, 6)]
    assert [one.path for one in page.fields if one.path.startswith("/nomi")] == [f"/nomi/r{n}" for n in range(1, 5)]
    labels = {one.path: one.label for one in page.fields}
    assert (labels["/voci/r2/voce"], labels["/nomi/r3"]) == ("Voci 2, Voce", "Nomi 3")
    assert "foglio di continuazione" in words(page)


def test_rows_that_have_to_be_there_are_required_and_none_can_be_said(tmp_path: Any) -> None:
    voce = {"voce": leaf("Voce")}
    form = Kit.at(tmp_path).form(
        "scheda",
        {
            "una": rows("Una", voce, required=["voce"], minItems=1),
            "forse": rows("Forse", voce, required=["voce"]),
            "dopo": group("Dopo", voce, required=["voce"]),
        },
        required=["una", "forse"],
    )
    page = drawn(sheet(form))
    required = [one.path for one in page.fields if one.required]
    assert required == ["/una/r1/voce"]
    [nobody] = [one for one in page.fields if one.path == "/forse"]
    assert (nobody.kind, nobody.options, nobody.label) == ("choices", (("nessuno", "nessuno"),), "Forse: nessuno")


def test_what_is_computed_is_shown_and_never_asked(tmp_path: Any) -> None:
    form = small(
        Kit.at(tmp_path),
        nascita=leaf("Nascita", format="data_parziale"),
        eta=leaf("Età calcolata", "integer", readOnly=True, x_computed={"fn": "age", "of": "/nascita"}),
    )
    known, unknown = drawn(sheet(form, {"/eta": "41"})), drawn(sheet(form))
    assert "41" in words(known).split()
    assert "Età calcolata" not in words(unknown)
    assert [one.path for one in known.fields] == ["/nascita"]


def test_a_field_is_as_large_as_what_it_holds_and_says_what_it_is(tmp_path: Any) -> None:
    form = small(
        Kit.at(tmp_path),
        cf=leaf("Codice fiscale", format="codice_fiscale"),
        storia=leaf("Storia", x_long=True, maxLength=2000),
        nota=leaf("Nota", maxLength=200),
        tipo=choice("Tipo", {"a": "uno"}),
    )
    values = {"/storia": "parola " * 280, "/nota": "prima riga\nseconda riga", "/tipo": "zzz"}
    fields = {one.path: one for one in drawn(sheet(form, values, locked=frozenset({"/cf"}))).fields}
    bare = {one.path: one for one in drawn(sheet(form)).fields}
    assert (fields["/cf"].comb, fields["/cf"].limit, fields["/cf"].read_only, fields["/cf"].required) == (True, 16, True, True)
    assert (bare["/storia"].lines, bare["/nota"].lines) == (3, 1)
    assert (fields["/storia"].lines, fields["/nota"].lines) == (20, 2)
    assert fields["/tipo"].options == (("a", "uno"), ("zzz", "zzz")), "what was answered is not thrown away"
    assert fields["/cf"].label == "Codice fiscale (16 caratteri, o 11 cifre se provvisorio), obbligatorio"


def test_a_month_of_short_rows_is_a_register_across_the_sheet(tmp_path: Any) -> None:
    hours = {f"ore{n}": leaf(f"Ore {n}", "number", x_unit="ore") for n in range(5)}
    giorni = rows("Giorni", {"giorno": leaf("Giorno", format="date"), **hours}, maxItems=31)
    form = Kit.at(tmp_path).form("scheda", {"giorni": giorni}, rows={"/giorni": 31})
    page = drawn(sheet(form))
    boxes = [one.mediabox for one in PdfReader(io.BytesIO(page.pdf)).pages]
    assert [(float(one.width), float(one.height)) for one in (boxes[0], boxes[-1])] == [
        pytest.approx((841.9, 595.3), abs=0.1)
    ] * 2
    assert len(page.fields) == 31 * 6
    assert page.fields[-1].path == "/giorni/r31/ore4"


def test_rows_of_few_answers_stay_upright_however_many(tmp_path: Any) -> None:
    giorni = rows("Giorni", {"giorno": leaf("Giorno", format="date"), "ore": leaf("Ore", "number")})
    form = Kit.at(tmp_path).form("scheda", {"giorni": giorni}, rows={"/giorni": 12})
    page = drawn(sheet(form))
    assert [float(one.mediabox.width) for one in PdfReader(io.BytesIO(page.pdf)).pages] == [pytest.approx(595.3, abs=0.1)]
    assert len(page.fields) == 24


def test_the_free_rows_are_fewer_the_more_are_known_but_there_are_some(tmp_path: Any) -> None:
    form = Kit.at(tmp_path).form("scheda", {"voci": rows("Voci", {"voce": leaf("Voce")})}, rows={"/voci": 10})

    def count(known: int) -> int:
        return len(drawn(sheet(form, {f"/voci/r{n}/voce": "x" for n in range(1, known + 1)})).fields)

    assert [count(0), count(4), count(9), count(20)] == [10, 10, 12, 23]


def test_the_sheet_of_ten_interviews_is_four_pages_and_no_row_breaks_over_two() -> None:
    form = FORMS["colloquio"]
    page = page_of(form, asked(form), Extent(sheet=True), {})
    made = drawn(sheet(form, title=page.title, sections=page.sections))
    assert (len(PdfReader(io.BytesIO(made.pdf)).pages), made.fields[-1].path) == (4, "/r10/esito")
    for row in range(1, 11):
        assert len({on for path, on in made.pages.items() if path.startswith(f"/r{row}/")}) == 1
    label = next(one.label for one in made.fields if one.path == "/r3/motivo")
    assert label.startswith("Riga 3, Perché non si è svolto, solo se «Si è svolto» è"), "a screen reader says all of it"


def test_an_interview_is_asked_on_one_page() -> None:
    assert len(PdfReader(io.BytesIO(drawn(sheet(FORMS["colloquio"])).pdf)).pages) == 1


def test_what_is_printed_is_text_and_fetches_nothing(tmp_path: Any) -> None:
    nasty = "<img src='file:///etc/hostname'><style>@import url(http://example.org)</style>&amp;"
    form = small(Kit.at(tmp_path), eta=leaf("Età", readOnly=True, x_computed={"fn": "copy", "from": "scheda", "of": "/eta"}))
    page = drawn(sheet(form, {"/eta": nasty}, project=(nasty,)))
    assert "".join(words(page).split()).count("".join(nasty.split())) >= 2


def test_a_letter_that_no_font_has_is_refused_not_drawn_as_a_box(tmp_path: Any) -> None:
    with pytest.raises(FileError, match="nessun font") as refused:
        drawn(sheet(small(Kit.at(tmp_path)), project=(f"Comune {NO_GLYPH}",)))
    assert NO_GLYPH not in str(refused.value)


def test_without_the_libraries_a_sentence_says_what_to_install(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    form = small(Kit.at(tmp_path))
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(FileError, match=r"^Manca WeasyPrint, .*pip install pitstop-docs\[pdf\]"):
        drawn(sheet(form))
    with pytest.raises(FileError, match=r"^Manca WeasyPrint"):
        appearances([Item("a", 10, 10)])
    monkeypatch.setitem(sys.modules, "segno", None)
    with pytest.raises(FileError, match=r"^Manca segno"):
        drawn(sheet(form))


# Values


def test_each_value_has_a_page_of_its_own_with_room_below() -> None:
    made = appearances([Item("uno", 80, 12), Item("due", 40.5, 30, lines=2)])
    pages = PdfReader(io.BytesIO(made.pdf)).pages
    assert [one.extract_text().strip() for one in pages] == ["uno", "due"]
    assert [(float(one.mediabox.width), float(one.mediabox.height)) for one in pages] == [
        pytest.approx((80, 12 + SLACK), abs=0.01),
        pytest.approx((40.5, 30 + SLACK), abs=0.01),
    ]
    assert appearances([]).told == ()


def test_a_long_value_is_drawn_smaller_and_told_where_even_so_it_does_not_fit() -> None:
    name = "Abdelrahman Mohammed Al Saleh"
    told = appearances(
        [
            Item(name, 300, 12),
            Item(name, 130, 12),
            Item(name, 60, 12),
            Item("riga " * 60, 200, 60, lines=5),
            Item("a\n" * 30, 90, 60, lines=5),
        ]
    ).told
    assert (told[0].size, told[0].whole) == (SIZES[0], True)
    assert SIZES[-1] <= told[1].size < SIZES[0]
    assert told[1].whole
    assert (told[2].size, told[2].whole) == (SIZES[-1], False)
    assert told[3].whole
    assert not told[4].whole


def test_names_in_other_scripts_are_drawn_each_with_a_font_that_has_it() -> None:
    names = ("Ğülşen Őrség Ștefăniță Łódź", "Олександра Ґалаґан", "Ελένη")
    made = appearances([Item(name, 300, 12) for name in names])
    assert [one.extract_text().strip() for one in PdfReader(io.BytesIO(made.pdf)).pages] == [*names]
    assert [one.missing for one in made.told] == ["", "", ""]


def test_the_letters_that_no_font_has_are_told_of_each_value() -> None:
    told = appearances([Item(f"Ali {NO_GLYPH}", 300, 12), Item("Ali", 300, 12), Item(f"a\n{NO_GLYPH}", 300, 40, lines=3)]).told
    assert [one.missing for one in told] == [NO_GLYPH, "", NO_GLYPH]


def test_the_letters_of_a_code_stand_in_its_cells() -> None:
    made = appearances([Item("RSSMRA80", 160, 12, comb=16), Item("TROPPOLUNGO", 60, 12, comb=5)])
    content = PdfReader(io.BytesIO(made.pdf)).pages[0].get_contents()
    assert content is not None
    starts = [float(x) for x in re.findall(rb"1 0 0 -?1 ([0-9.]+) [0-9.]+ Tm", content.get_data())]
    assert len(starts) == 8
    cells = [round(x * 0.75 // 10) for x in starts]
    assert cells == [*range(8)]
    assert [one.whole for one in made.told] == [True, False]
