"""A form as it is sent: every field drawn with its value, who the form is said in every carrier, nothing that acts by itself."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from pypdf.generic import NameObject, NullObject, TextStringObject

from pitstop_docs import identity, jsontext
from pitstop_docs.errors import FileError, PitstopError
from pitstop_docs.fillers import imprint, page, widgets
from pitstop_docs.fillers.markup import Field, Value
from pitstop_docs.fillers.packed import packed
from pitstop_docs.fillers.page import Drawn, Sheet, drawn
from pitstop_docs.fillers.widgets import rebuilt
from pitstop_docs.identity import ATTACHMENT, FIELD, INFO, Identity
from pitstop_docs.questions import Group, Question, Section
from tests.kits import ROOT

pytest.importorskip("weasyprint", reason="WeasyPrint, or its Pango, is not installed", exc_type=(ImportError, OSError))

WHO = Identity("scheda", "1.0.0", "PST-001", 3, "0123456789abcdef")
YES_NO = (("si", "sì"), ("no", "no"))
STATES = (("libero", "libera/o"), ("coniugato", "coniugata/o"))
TONGUES = (("it", "italiano"), ("fr", "français"), ("ar", "العربية"))
INTERVIEW = (
    Question("/colloqui/*/sintesi", "Sintesi", "long", limit=2000),
    Question("/colloqui/*/data", "Data", "date", hint="gg/mm/aaaa", limit=10),
)
PARTS = (
    Question("/nome", "Nome", "text", required=True, limit=60),
    Question("/cf", "Codice fiscale", "code", limit=16),
    Question("/stato", "Stato civile", "choice", options=STATES),
    Question("/vivo", "Vive in famiglia", "yes_no", options=YES_NO, required=True),
    Question("/lingue", "Lingue", "choices", options=TONGUES),
    Group("/colloqui", "Colloqui", INTERVIEW, rows=1, most=1, row_title="Colloquio"),
)
NAMES = ("/nome", "/cf", "/stato", "/vivo", "/lingue", "/colloqui/r1/sintesi", "/colloqui/r1/data")
BOTH = {name: name for name in NAMES}
ALL: Mapping[str, Value] = {
    "/nome": "Amina",
    "/cf": "RSSMRA85T10A662P",
    "/stato": "coniugato",
    "/vivo": True,
    "/lingue": ("it", "ar"),
    "/colloqui/r1/sintesi": "prima riga\nseconda riga",
    "/colloqui/r1/data": "05/03/2026",
}
SCRIPTS = {
    "Latin": "Ğülşen Őrség Ștefăniță",
    "Vietnamese": "Nguyễn Thị Hiền",
    "Cyrillic": "Мирослава",
    "Greek": "Ελένη",
    "Arabic": "محمد عبد الرحمن",
    "Hebrew": "אברהם",
    "Bengali": "মোহাম্মদ",
    "Devanagari": "क्षत्रिय",
    "Gurmukhi": "ਸਿੰਘ",
    "Tamil": "வேலு",
    "Ethiopic": "ጥሩነሽ ዲባባ",
    "Georgian": "გიორგი",
}


def sheet(values: Mapping[str, Value] | None = None, locked: frozenset[str] = frozenset()) -> Sheet:
    asked = (Section("Persona", (), "", PARTS),)
    return Sheet("Scheda di prova", "D99", WHO, ("Comune di prova",), asked, values or {}, locked)


def made(values: Mapping[str, Value] | None = None, *, locked: frozenset[str] = frozenset()) -> bytes:
    """The form as it is sent, with these values by path."""
    return rebuilt(drawn(sheet(values, locked)), values or {}, WHO)


def opened(pdf: bytes) -> Any:
    return PdfReader(io.BytesIO(pdf), strict=True)


def fields(pdf: bytes) -> dict[str, Any]:
    """Each field of the form that the file lists, by its name."""
    return {str(one["/T"]): one.get_object() for one in opened(pdf).root_object["/AcroForm"]["/Fields"]}


def ink(pdf: bytes, name: str, folder: Path) -> int:
    """How many dark points poppler draws in the place of a field of the first page, at 144 dots per inch."""
    source = folder / "ink.pdf"
    source.write_bytes(pdf)
    left, top, right, bottom = seat(pdf, name)
    frame = ["-x", left, "-y", top, "-W", right - left, "-H", bottom - top]
    words = ["pdftoppm", "-r", "144", "-f", "1", "-l", "1", "-gray", *map(str, frame), str(source)]
    picture = subprocess.run(words, capture_output=True, check=True).stdout
    return sum(level < 128 for level in picture.split(b"\n", 3)[3])


def seat(pdf: bytes, name: str) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of a field in points of a picture of 144 dots per inch, a little inside its frame."""
    x1, y1, x2, y2 = (2 * float(side) for side in fields(pdf)[name]["/Rect"])
    height = 2 * float(opened(pdf).pages[0].mediabox.height)
    return int(min(x1, x2)) + 1, int(height - max(y1, y2)) + 1, int(max(x1, x2)) - 1, int(height - min(y1, y2)) - 1


@pytest.fixture(scope="module")
def blank() -> bytes:
    return made()


@pytest.fixture(scope="module")
def full() -> bytes:
    return made(ALL)


def test_a_field_is_called_by_the_path_of_its_answer_and_a_box_by_its_code_too(blank: bytes) -> None:
    boxes = {"/vivo=si", "/vivo=no", "/lingue=it", "/lingue=fr", "/lingue=ar"}
    assert {*fields(blank)} == {*NAMES} - {"/vivo", "/lingue"} | boxes | {FIELD}


def test_what_was_known_is_printed_and_kept_as_what_was_printed(full: bytes) -> None:
    held = {name: (one["/V"], one["/DV"], one.get("/AS")) for name, one in fields(full).items() if name != FIELD}
    text = {name: (ALL[name], ALL[name], None) for name in NAMES if name not in ("/vivo", "/lingue")}
    yes, no = ("/Yes",) * 3, ("/Off",) * 3
    assert held == text | {"/vivo=si": yes, "/vivo=no": no, "/lingue=it": yes, "/lingue=fr": no, "/lingue=ar": yes}


def test_a_field_that_nobody_knows_is_blank_and_a_list_offers_to_take_the_answer_back(blank: bytes) -> None:
    found = fields(blank)
    assert (found["/nome"]["/V"], found["/nome"]["/DV"]) == ("", "")
    assert (found["/stato"]["/V"], found["/stato"]["/Opt"][0]) == ("-", ["-", "—"])
    assert [tuple(one) for one in found["/stato"]["/Opt"]][1:] == [*STATES]


def test_every_widget_is_drawn_in_each_state_and_no_viewer_is_asked_to_draw_it(full: bytes) -> None:
    assert "/NeedAppearances" not in opened(full).root_object["/AcroForm"]
    for name, one in fields(full).items():
        drawing = one["/AP"]["/N"].get_object()
        states = [drawing] if one["/FT"] != "/Btn" else [drawing["/Yes"], drawing["/Off"]]
        assert all(state.get_object()["/Subtype"] == "/Form" for state in states), name
        assert name == FIELD or one["/F"] == 4, name


def test_flags_say_what_is_required_long_locked_or_one_letter_to_a_cell() -> None:
    found = fields(made(ALL, locked=frozenset({"/stato", "/lingue"})))
    flags = {name: one["/Ff"] for name, one in found.items()}
    required, locked, long, listed, cells = 2, 1, 1 << 12, 1 << 17, 1 << 24
    assert flags["/nome"] == required
    assert flags["/cf"] == cells
    assert flags["/stato"] == listed | locked
    assert flags["/colloqui/r1/sintesi"] == long
    assert flags["/vivo=si"] == flags["/vivo=no"] == 0
    assert flags["/lingue=fr"] == locked
    assert (found["/cf"]["/MaxLen"], found["/colloqui/r1/data"]["/MaxLen"]) == (16, 10)


def test_a_value_longer_than_its_field_allows_is_not_cut_by_the_viewer() -> None:
    name = "Ab " * 30
    found = fields(made({"/nome": name}))["/nome"]
    assert found["/V"] == name
    assert "/MaxLen" not in found


def test_a_text_that_does_not_fit_is_whole_in_the_value_and_drawn_inside_its_place(tmp_path: Path) -> None:
    text = "parola " * 300
    values = {"/nome": "m" * 300, "/colloqui/r1/sintesi": text}
    pdf = made(values)
    assert {name: fields(pdf)[name]["/V"] for name in values} == values
    assert ink(pdf, "/nome", tmp_path) > 500
    assert ink(pdf, "/cf", tmp_path) == ink(made(), "/cf", tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_a_value_can_be_seen_where_it_is(name: str, blank: bytes, full: bytes, tmp_path: Path) -> None:
    seen = {"/vivo": "/vivo=si", "/lingue": "/lingue=ar"}.get(name, name)
    assert ink(full, seen, tmp_path) >= ink(blank, seen, tmp_path) + 20


def test_a_box_that_is_not_ticked_is_empty(full: bytes, tmp_path: Path) -> None:
    assert ink(full, "/vivo=no", tmp_path) == ink(full, "/lingue=fr", tmp_path) == 0


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_name_in_any_script_is_drawn_with_its_own_letters(script: str) -> None:
    drawing = fields(made({"/nome": SCRIPTS[script]}))["/nome"]["/AP"]["/N"].get_object()
    fonts = [font.get_object() for font in drawing["/Resources"]["/Font"].values()]
    programs = [font["/DescendantFonts"][0]["/FontDescriptor"] for font in fonts]
    assert all({"/FontFile2", "/FontFile3"} & {*one} for one in programs)
    glyphs = {int(code, 16) for code in shown(drawing.get_data())}
    assert glyphs
    assert 0 not in glyphs, "a letter was drawn as a box"


def shown(content: bytes) -> list[str]:
    """The glyphs that a drawing shows, each as four digits."""
    texts = [piece.split(b">")[0].decode() for piece in content.split(b"<")[1:]]
    return [text[at : at + 4] for text in texts for at in range(0, len(text), 4) if text.isalnum()]


def test_the_letters_of_a_field_are_of_its_own_picture_and_those_for_typing_are_not_embedded(blank: bytes, full: bytes) -> None:
    assert {*opened(full).root_object["/AcroForm"]["/DR"]["/Font"]} == {"/Helv", "/ZaDb"}
    assert all(b"Helv" in one["/DA"].original_bytes or b"ZaDb" in one["/DA"].original_bytes for one in fields(full).values())
    for one in opened(blank).pages[0]["/Resources"]["/Font"].values():
        assert "Vuoto" not in one["/BaseFont"], "the font of the raw fields is not sent along"


def test_a_letter_that_no_font_has_is_refused_without_saying_the_value() -> None:
    with pytest.raises(FileError, match=r"«Nome.*» ha caratteri che nessun font") as raised:
        rebuilt(drawn(sheet()), {"/nome": "Segreto \U0010fffd"}, WHO)
    assert "Segreto" not in str(raised.value)


def test_a_value_that_is_no_choice_is_refused_without_saying_it() -> None:
    for path in ("/stato", "/lingue", "/vivo"):
        with pytest.raises(FileError, match="ha una risposta che non è tra le scelte") as raised:
            rebuilt(drawn(sheet()), {path: ("segreto",)}, WHO)
        assert "segreto" not in str(raised.value)


def test_a_page_without_a_field_that_was_asked_is_not_sent() -> None:
    told = drawn(sheet())
    more = Drawn(told.pdf, (*told.fields, Field("/altro", "/altro", "Altro", "text")), told.pages)
    with pytest.raises(PitstopError, match=r"non ha i campi chiesti.*/altro"):
        rebuilt(more, {}, WHO)


@pytest.mark.parametrize(
    ("key", "told"), [("/V", TextStringObject("altro")), ("/DV", NullObject()), ("/T", TextStringObject("x"))]
)
def test_a_form_that_does_not_hold_what_was_asked_is_not_sent(key: str, told: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def spoilt(writer: Any, mark: bytes) -> bytes:
        next(one.get_object() for one in writer.pages[0]["/Annots"] if one["/T"] == "/nome")[NameObject(key)] = told
        return packed(writer, mark)

    monkeypatch.setattr(widgets, "packed", spoilt)
    with pytest.raises(PitstopError, match="non ha i campi come sono stati scritti") as raised:
        made(ALL)
    assert "Amina" not in str(raised.value)


def test_a_form_that_does_not_say_everywhere_which_it_is_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    other = Identity("scheda", "1.0.0", "PST-002", 3, "0123456789abcdef")
    monkeypatch.setattr(widgets, "imprint", lambda writer, who, paths: imprint.imprint(writer, other, paths))
    with pytest.raises(PitstopError, match="Il modulo PDF, riletto"):
        made()
    monkeypatch.setattr(widgets, "imprint", without_information)
    with pytest.raises(PitstopError, match="non dice ovunque qual è"):
        made()


def without_information(writer: Any, who: Identity, paths: Mapping[str, str]) -> None:
    imprint.imprint(writer, who, paths)
    writer.add_metadata({INFO: "altro"})


def test_who_the_form_is_stands_in_every_carrier_and_names_nobody(full: bytes) -> None:
    reader = opened(full)
    hidden = fields(full)[FIELD]
    told, _ = jsontext.parse(reader.attachments[ATTACHMENT][0], source=ATTACHMENT)
    assert (hidden["/V"], hidden["/F"], hidden["/Ff"]) == (WHO.text(), 2, 1)
    assert reader.metadata[INFO] == WHO.text()
    assert f">{WHO.text()}<" in reader.root_object["/Metadata"].get_data().decode()
    assert told == {"identity": WHO.text(), "fields": BOTH}
    file = reader.root_object["/AF"][0].get_object()
    assert (file["/UF"], file["/AFRelationship"], file["/EF"]["/F"]["/Subtype"]) == (ATTACHMENT, "/Data", "/application/json")
    assert WHO.text() in reader.pages[0].extract_text()
    assert "Amina" not in f"{told} {reader.metadata} {reader.root_object['/Metadata'].get_data()}"


def test_an_identity_is_read_again_and_nothing_else_is_taken_for_one() -> None:
    project = Identity("progetto", "2.10.0", "", 12, "f" * 16)
    assert identity.parse(WHO.text()) == WHO
    assert identity.parse(project.text()) == project
    assert identity.within(f"pagina 1\n{WHO.text()} e {project.text()}, {WHO.text()}") == (WHO, project)
    for text in ("", WHO.text()[:-1], WHO.text() + "0", WHO.text().upper(), "a|b|c|d|e", f"{WHO.text()}\n"):
        assert identity.parse(text) is None, text


def test_the_form_is_tagged_each_field_has_its_place_among_the_tags_and_says_what_it_is(full: bytes) -> None:
    reader = opened(full)
    catalog = reader.root_object
    assert (catalog["/Lang"], catalog["/MarkInfo"]["/Marked"]) == ("it", True)
    assert all(one["/Tabs"] == "/S" for one in reader.pages)
    numbers = catalog["/StructTreeRoot"]["/ParentTree"]["/Nums"]
    parents = {numbers[at]: numbers[at + 1].get_object() for at in range(0, len(numbers), 2)}
    for name, one in fields(full).items():
        if name == FIELD:
            continue
        parent = parents[one["/StructParent"]]
        kids = parent["/K"] if isinstance(parent["/K"], list) else [parent["/K"]]
        assert parent["/S"] == "/Form", name
        assert one.indirect_reference.idnum in [kid.get_object().raw_get("/Obj").idnum for kid in kids if holds(kid)], name
        assert one["/TU"], name
    assert "obbligatorio" in fields(full)["/nome"]["/TU"]
    assert "gg/mm/aaaa" in fields(full)["/colloqui/r1/data"]["/TU"]


def holds(kid: Any) -> bool:
    """Whether what is under a tag is an object, and no text of the page."""
    return isinstance(kid.get_object(), dict) and "/Obj" in kid.get_object()


def test_nothing_in_the_form_acts_by_itself_and_it_is_a_pdf_of_today(full: bytes, tmp_path: Path) -> None:
    assert full.startswith(b"%PDF-1.7\n")
    (tmp_path / "form.pdf").write_bytes(full)
    words = ["qpdf", "--qdf", "--object-streams=disable", str(tmp_path / "form.pdf"), "-"]
    plain = subprocess.run(words, capture_output=True, check=True).stdout
    assert b"/AcroForm" in plain
    for word in (b"/JavaScript", b"/JS", b"/OpenAction", b"/AA", b"/Launch", b"/XFA", b"/NeedAppearances"):
        assert word not in plain, word


def test_other_programs_find_no_fault_in_how_the_file_is_packed(full: bytes, tmp_path: Path) -> None:
    (tmp_path / "form.pdf").write_bytes(full)
    assert b"No syntax or stream encoding errors" in checked(tmp_path / "form.pdf")
    assert len(full) < 120_000


def checked(path: Path) -> bytes:
    return subprocess.run(["qpdf", "--check", str(path)], capture_output=True, check=False).stdout


def test_the_same_form_is_made_of_the_same_bytes_and_another_issue_has_another_mark(full: bytes) -> None:
    code = "import sys; from tests.test_widgets import *; sys.stdout.buffer.write(made(ALL))"
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    again = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, check=True).stdout
    assert again == full
    marks = {opened(one).trailer["/ID"][0] for one in (full, made(), made({"/nome": "Amina"}))}
    assert len(marks) == 3
    assert opened(full).trailer["/ID"][0] == opened(full).trailer["/ID"][1]


def test_the_pictures_of_the_values_are_drawn_once_and_for_what_is_known_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(widgets, "appearances", lambda items: asked.append(len(items)) or page.appearances(items))
    made()
    made({"/nome": "Amina", "/vivo": False})
    assert asked == [1]
