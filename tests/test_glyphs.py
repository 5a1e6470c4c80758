"""Names in any script are drawn in their fields as they are written: judged on glyphs and pictures, not on what can be copied."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from pitstop_docs.asking import ISSUED
from pitstop_docs.errors import FileError
from pitstop_docs.fillers.page import FONTS
from tests.doors import outputs, run
from tests.kits import CASE, Kit, leaf
from tests.names import FROM_RIGHT, NAMES, SPOILT, Name

pytest.importorskip("weasyprint", reason="WeasyPrint, or its Pango, is not installed", exc_type=(ImportError, OSError))
pytest.importorskip("uharfbuzz", reason="uharfbuzz, which shapes the reference, is not installed")

from tests.glyphs import FEW, VIEWERS, Page, cut, inked, issued, judged, pictures, shapes, wrong_glyphs

QUICK = ("poppler", "pdfium")
"""The viewers of an ordinary run; all four, on every name and each in every kind of field, are in the sweep."""
TALL = ("Bengali", "Khmer", "Burmese", "Arabic", "Urdu, Farsi, Pashto, Kurdish")
"""Scripts whose letters go further up or down than lines of Latin do."""


@cache
def some(kind: str) -> tuple[bytes, dict[str, Name]]:
    """A form with a name of each script: the last, which has the most difficult letters; in low cells only the tall ones."""
    last = {name.script: name for name in NAMES if kind != "register" or name.script in TALL}
    try:
        return issued([*last.values()], kind)
    except FileError as error:
        pytest.skip(f"{error}")


@pytest.mark.parametrize("kind", ["text", "register"])
def test_a_name_has_in_the_file_the_glyphs_that_its_script_asks_for(kind: str) -> None:
    pdf, fields = some(kind)
    page = Page(pdf)
    assert {name.text: wrong_glyphs(page, field, name) for field, name in fields.items()} == {
        name.text: "" for name in fields.values()
    }


@pytest.mark.parametrize("viewer", QUICK)
@pytest.mark.parametrize("kind", ["text", "register"])
def test_a_name_is_seen_whole_and_right_in_a_viewer(viewer: str, kind: str, tmp_path: Path) -> None:
    if reason := VIEWERS[viewer].lacks():
        pytest.skip(reason)
    pdf, fields = some(kind)
    found = judged(viewer, pdf, fields, tmp_path)
    assert {fields[field].text: count for field, count in found.items() if count > FEW} == {}


@cache
def spoilt() -> tuple[bytes, dict[str, Name], bytes]:
    """A form in which three names are drawn in each of the wrong ways, the names that they should be, and these as shapes."""
    names = [*some("text")[1].values()]
    told = [(name, spoil(name.text)) for spoil in SPOILT.values() for name in names if spoil(name.text) != name.text]
    told = [one for n, one in enumerate(told) if n % 7 == 0]
    right, fields = issued([name for name, _ in told])
    wrong, _ = issued([name for name, _ in told], shown=[shown for _, shown in told])
    return wrong, fields, shapes(Page(right), fields)


def test_a_name_that_was_spoilt_has_other_glyphs_in_the_file() -> None:
    pdf, fields, _ = spoilt()
    page = Page(pdf)
    assert [name.text for field, name in fields.items() if not wrong_glyphs(page, field, name)] == []


@pytest.mark.parametrize("viewer", QUICK)
def test_a_name_that_was_spoilt_is_told_from_the_right_one_in_a_viewer(viewer: str, tmp_path: Path) -> None:
    if reason := VIEWERS[viewer].lacks():
        pytest.skip(reason)
    pdf, fields, due = spoilt()
    found = judged(viewer, pdf, fields, tmp_path, due)
    assert {fields[field].text: count for field, count in found.items() if count <= FEW} == {}


def test_a_name_starts_at_the_side_that_it_is_written_from(tmp_path: Path) -> None:
    pdf, fields = some("text")
    page = Page(pdf)
    pages = pictures("poppler", pdf, tmp_path / "seen")
    for field, name in fields.items():
        place = cut(pages, page, field)
        left, _, right, _ = inked(place)
        assert (place.width - right < left) == (name.script in FROM_RIGHT), name.text


CHINESE = "王小明"


def test_a_name_for_which_the_computer_has_no_font_stops_the_form_and_says_what_to_install(tmp_path: Path) -> None:
    kit = Kit.at(tmp_path / "kit")
    kit.form("scheda", {"nome": leaf("Nome e cognome"), "nota": leaf("Nota")})
    kit.keep("scheda", {"nome": CHINESE})
    config = tmp_path / "fonts.conf"
    config.write_text(f"<fontconfig><dir>{FONTS}</dir><cachedir>{tmp_path}/cache</cachedir></fontconfig>", encoding="utf-8")
    words, bare = ("ask", "scheda", "--case", CASE), {"FONTCONFIG_FILE": str(config)}
    before = outputs(kit.root)
    told = run(kit.root, *words, environment=bare)
    assert told.code == 5
    assert "«Nome e cognome» ha caratteri che nessun font di questo computer sa disegnare" in told.err
    assert "fonts-noto" in told.err and CHINESE not in told.err
    assert outputs(kit.root) == before
    with kit.workspace().store() as store:
        assert not store.documents(CASE, f"{ISSUED}scheda")
    kit.keep("scheda", {"nome": "Wang Xiaoming"})
    assert run(kit.root, *words, environment=bare).code == 0, "the fonts of the package are enough for Latin letters"
