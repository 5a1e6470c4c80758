"""Ten records are asked on one sheet, further rows on a continuation: each comes back once, and none writes over another."""

import json
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader, PdfWriter

from pitstop_docs.answers import bare
from pitstop_docs.asking import ISSUED
from pitstop_docs.errors import StoreError
from pitstop_docs.extents import AGAIN, same_record
from pitstop_docs.store import Store
from tests.doors import Answer, knock
from tests.kits import CASE, Kit, choice, leaf, rows
from tests.pens import fill

pytest.importorskip("weasyprint", reason="WeasyPrint, or its Pango, is not installed", exc_type=(ImportError, OSError))

FIELDS = {
    "data": leaf("Data", format="date"),
    "nota": leaf("Nota", x_long=True, maxLength=600),
    "esito": choice("Esito", {"si": "Svolto", "no": "Non svolto"}),
    "operatore": leaf("Operatore", maxLength=100),
    "salute": leaf("Salute", privacy="particolare"),
    "presenti": rows("Presenti", {"nome": leaf("Nome")}),
}
SHEET = {"title": "Foglio dei contatti", "rows": 4, "once": ["/operatore"], "fields": ["/data", "/esito", "/nota", "/salute"]}
DIARY = {"many": True, "date": "/data", "opens_case": False, "sheet": SHEET}
PLAN = {
    "titolo": leaf("Titolo"),
    "voci": rows("Voci", {"voce": leaf("Voce"), "ore": leaf("Ore", "number")}, maxItems=9),
    "alias": {"title": "Altri nomi", "type": "array", "items": leaf("Altro nome"), "x-privacy": "comune"},
    "luogo": {
        "title": "Luogo",
        "type": "object",
        "additionalProperties": False,
        "properties": {"stanze": rows("Stanze", {"nome": leaf("Nome")})},
    },
    "casa": {
        "title": "Casa",
        "type": "object",
        "additionalProperties": False,
        "properties": {"stanze": rows("Stanze", {"nome": leaf("Nome"), "letti": rows("Letti", {"nome": leaf("Nome")})})},
    },
}
FIRST = {"/operatore": "Lucia", "/r1/data": "05/03/2026", "/r1/esito": "si", "/r1/nota": "Primo colloquio"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kit of which a sheet of contacts, and a continuation of a plan, were issued."""
    root = tmp_path_factory.mktemp("house")
    kit = Kit.at(root)
    kit.form("piano", PLAN)
    kit.form("contatto", FIELDS, required=["data", "nota"], **DIARY)
    kit.keep("piano", {"titolo": "Uno", "voci": [{"voce": "a", "ore": 1}, {"voce": "b"}], "alias": ["x"]})
    for words in (("contatto", "--sheet"), ("piano", "--more", "voci", "--rows", "3")):
        told = knock(root, "ask", *words, "--case", CASE)
        assert told.code == 0, told
    return root


@pytest.fixture
def kit(house: Path, tmp_path: Path) -> Kit:
    shutil.copytree(house, tmp_path, dirs_exist_ok=True)
    return Kit(tmp_path)


def blank(kit: Kit, name: str = "contatto_foglio_001") -> Path:
    return next((kit.root / "outputs").rglob(f"*{name}.pdf"))


def back(kit: Kit, answers: dict[str, str | bool], source: Path | None = None, name: str = "tornato.pdf") -> str:
    path = kit.root / name
    path.write_bytes(fill(source or blank(kit), answers))
    return str(path)


def read(kit: Kit, *words: str) -> Answer:
    return knock(kit.root, "read", *words)


def kept(kit: Kit, form: str = "contatto") -> dict[int, dict[str, Any]]:
    """The answers of each record by its number, without the keys of their rows."""
    with kit.workspace().store() as store:
        return {one.number: bare(one.data or {}) for one in store.latest(CASE, form)}


def contacts(kit: Kit) -> list[str]:
    return [str(one.get("nota")) for one in kept(kit).values()]


def names(path: Path) -> Iterator[str]:
    for page in PdfReader(path).pages:
        yield from (str(one.get_object().get("/T")) for one in page["/Annots"])


def words(path: Path) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(path).pages).split())


# ── a sheet is asked ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_sheet_asks_for_each_record_in_a_row_and_once_for_what_they_share(kit: Kit) -> None:
    found = set(names(blank(kit)))
    assert {f"/r{n}/{name}" for n in range(1, 5) for name in ("data", "esito", "nota", "salute")} | {"/operatore"} <= found
    assert not any(name.startswith(("/r5/", "/presenti", "/data")) for name in found)
    text = words(blank(kit))
    assert "Foglio dei contatti" in text and "Riga 4" in text and AGAIN in text
    told = json.loads(blank(kit).with_name(f"{blank(kit).name}.manifest.json").read_text(encoding="utf-8"))
    assert told["sheet"] == 4


def test_help_is_said_once_above_the_rows(kit: Kit) -> None:
    assert words(blank(kit)).count("gg/mm/aaaa") == 2, "in the legend, and where the rows begin"


def test_a_sheet_does_not_ask_what_its_reader_may_not_see(kit: Kit) -> None:
    told = knock(kit.root, "ask", "contatto", "--case", CASE, "--sheet", "--rows", "2", "--recipient", "partner")
    found = set(names(Path(told.out.strip())))
    assert "/r2/nota" in found
    assert not any(name.startswith("/r3/") or "salute" in name for name in found)


def test_a_blank_copy_is_the_same_until_it_comes_back_and_then_another(kit: Kit) -> None:
    def issue(*more: str) -> int:
        return int(knock(kit.root, "ask", "contatto", "--case", CASE, *more, "--json").json["issue"])

    assert issue("--sheet") == 1, "nothing came back of the first"
    assert issue("--sheet", "--another") == 2, "a second tutor needs one too"
    read(kit, back(kit, FIRST, blank(kit, "foglio_002")))
    assert issue("--sheet") == 3
    one = issue()
    assert issue() == one
    read(kit, back(kit, {"/nota": "da solo"}, blank(kit, f"contatto_modulo_{one:03}")))
    assert issue() == one + 1, "what was asked for is a record now: the next copy is for another"


@pytest.mark.parametrize(
    ("asked", "code", "said"),
    [
        (["piano", "--sheet"], 4, "non ha un foglio"),
        (["contatto", "--sheet", "--number", "1"], 2, "compilazioni nuove"),
        (["contatto", "--rows", "3"], 2, "--rows"),
        (["piano", "--more", "titolo"], 4, "«titolo» non è un elenco"),
        (["piano", "--more", "vocy"], 4, "Forse: voci. Elenchi di questo modulo: /voci, /alias, /luogo/stanze, /casa/stanze"),
        (["piano", "--more", "stanze"], 4, "indicare quale tra /luogo/stanze, /casa/stanze"),
        (["piano", "--more", "letti"], 4, "sta dentro le righe di «Stanze»"),
        (["contatto", "--more", "presenti"], 4, "non è ancora stato conservato nulla da continuare"),
    ],
)
def test_what_cannot_be_asked_is_told(asked: list[str], code: int, said: str, kit: Kit) -> None:
    told = knock(kit.root, "ask", *asked, "--case", CASE)
    assert (told.code, said in told.err) == (code, True), told


# ── a sheet comes back ───────────────────────────────────────────────────────────────────────────────────────────────


def test_each_filled_row_becomes_a_record_with_what_was_said_once_and_a_bad_one_does_not_stop_the_others(kit: Kit) -> None:
    path = back(kit, {**FIRST, "/r2/data": "domani", "/r2/nota": "=SUM(A1) & <b> {{ x }} مرحبا", "/r4/esito": "no"})
    told = read(kit, path, "--author", "TUTOR")
    assert told.code == 1
    assert "tornato.pdf, riga 1 → contatto n. 1: Conservato" in told.out
    assert "riga 2 → contatto n. 2" in told.out and "riga 4 → contatto n. 3" in told.out and "MOD-003" in told.out
    assert kept(kit) == {
        1: {"data": "2026-03-05", "esito": "si", "nota": "Primo colloquio", "operatore": "Lucia"},
        2: {"data": "domani", "nota": "=SUM(A1) & <b> {{ x }} مرحبا", "operatore": "Lucia"},
        3: {"esito": "no", "operatore": "Lucia"},
    }


def test_what_is_said_once_makes_no_record(kit: Kit) -> None:
    told = read(kit, back(kit, {"/operatore": "Lucia"}))
    assert (told.code, kept(kit)) == (0, {})
    assert "Nessuna riga è compilata" in told.out


def test_a_trial_tells_the_rows_and_keeps_nothing(kit: Kit) -> None:
    path = back(kit, FIRST)
    told = read(kit, path, "--dry-run")
    assert "riga 1 → contatto nuovo" in told.out and "nuova      Nota: nel modulo «Primo colloquio»" in told.out
    assert kept(kit) == {}
    (one,) = read(kit, path, "--json").json
    assert (one["row"], one["record"]["number"], one["record"]["revision"]) == (1, 1, 1)


def test_the_same_file_read_twice_changes_nothing(kit: Kit) -> None:
    path = back(kit, {**FIRST, "/r2/nota": "Secondo"})
    read(kit, path)
    told = read(kit, path)
    assert (told.code, told.out.count("Nulla di nuovo")) == (0, 2)
    assert contacts(kit) == ["Primo colloquio", "Secondo"]


def test_a_sheet_that_goes_on_being_filled_adds_its_new_rows_and_corrects_the_others(kit: Kit) -> None:
    earlier = back(kit, {**FIRST, "/r2/nota": "Secondo", "/r2/data": "boh"}, name="a.pdf")
    read(kit, earlier)
    later = back(
        kit, {**FIRST, "/r1/nota": "Corretto", "/r2/nota": "Secondo", "/r2/data": "6/3/26", "/r3/nota": "Terzo"}, name="b.pdf"
    )
    assert "riga 3 → contatto n. 3" in read(kit, later).out
    assert contacts(kit) == ["Corretto", "Secondo", "Terzo"]
    assert kept(kit)[2]["data"] == "2026-03-06"
    before = knock(kit.root, "show", "contatto", "--case", CASE, "--number", "1").err
    again = read(kit, earlier, later)
    assert again.code == 0
    assert "svuotata" not in again.out, "the earlier file had no third row yet"
    assert contacts(kit) == ["Corretto", "Secondo", "Terzo"], "a file that was read before takes no correction back"
    assert knock(kit.root, "show", "contatto", "--case", CASE, "--number", "1").err == before


def test_a_row_that_is_again_as_it_was_before_a_correction_waits_for_a_person(kit: Kit) -> None:
    read(kit, back(kit, FIRST))
    read(kit, back(kit, {**FIRST, "/r1/nota": "Corretto"}))
    told = read(kit, back(kit, {**FIRST, "/r2/nota": "Secondo"}))
    assert told.code == 1 and "com’era in un file già letto" in told.out
    assert contacts(kit) == ["Corretto", "Secondo"]


def test_a_row_that_was_emptied_takes_nothing_away(kit: Kit) -> None:
    read(kit, back(kit, {**FIRST, "/r2/nota": "Secondo"}))
    told = read(kit, back(kit, FIRST))
    assert told.code == 1 and f"pitstop keep contatto --case {CASE} --number 2 --withdraw" in told.out
    assert contacts(kit) == ["Primo colloquio", "Secondo"]
    knock(kit.root, "keep", "contatto", "--case", CASE, "--number", "2", "--withdraw")
    assert "riga 2" not in read(kit, back(kit, FIRST)).out


def test_a_row_corrected_in_the_office_meanwhile_stops_alone_until_it_is_settled(kit: Kit) -> None:
    read(kit, back(kit, FIRST))
    kit.keep("contatto", {**kept(kit)[1], "nota": "Dall’ufficio", "presenti": [{"nome": "Ugo"}]}, number=1)
    path = back(kit, {**FIRST, "/r1/nota": "Dal tutor", "/r2/nota": "Secondo"})
    told = read(kit, path)
    assert told.code == 1
    assert "conflitto  Nota: letto prima «Primo colloquio», in archivio «Dall’ufficio», nel modulo «Dal tutor»" in told.out
    assert contacts(kit) == ["Dall’ufficio", "Secondo"]
    (kit.root / "decisioni.json").write_text('{"/r1/nota": "theirs", "/r2": "ours"}', encoding="utf-8")
    assert read(kit, path, "--resolve", str(kit.root / "decisioni.json")).code == 0
    assert kept(kit)[1]["nota"] == "Dal tutor"
    assert kept(kit)[1]["presenti"] == [{"nome": "Ugo"}], "what a row does not ask for stays"


def test_a_conflict_that_was_settled_for_the_store_is_not_asked_again(kit: Kit) -> None:
    read(kit, back(kit, FIRST))
    kit.keep("contatto", {**kept(kit)[1], "nota": "Dall’ufficio"}, number=1)
    path = back(kit, {**FIRST, "/r1/nota": "Dal tutor"})
    assert read(kit, path, "--resolve", "ours").code == 0
    assert (read(kit, path).code, contacts(kit)) == (0, ["Dall’ufficio"])


def test_a_blank_copy_filled_again_for_others_writes_over_nothing(kit: Kit) -> None:
    read(kit, back(kit, {**FIRST, "/r2/nota": "Secondo"}, name="marzo.pdf"))
    april = {"/operatore": "Lucia", "/r1/data": "02/04/2026", "/r1/esito": "si", "/r1/nota": "Di aprile"}
    told = read(kit, back(kit, april, name="aprile.pdf"))
    assert "riga 1 → contatto n. 3" in told.out and "letta prima in questa riga (n. 1), che resta" in told.out
    assert "svuotata" not in told.out
    assert contacts(kit) == ["Primo colloquio", "Secondo", "Di aprile"]
    assert read(kit, str(kit.root / "aprile.pdf"), str(kit.root / "marzo.pdf")).code == 0
    assert contacts(kit) == ["Primo colloquio", "Secondo", "Di aprile"]


def test_where_only_the_day_is_another_a_person_says_which_it_is(kit: Kit) -> None:
    read(kit, back(kit, FIRST))
    path = back(kit, {**FIRST, "/r1/data": "05/04/2026"})
    told = read(kit, path)
    assert told.code == 1 and "La data è un’altra" in told.out
    assert kept(kit)[1]["data"] == "2026-03-05"
    assert read(kit, path, "--anyway").code == 0
    assert [one["data"] for one in kept(kit).values()] == ["2026-04-05"]


def test_a_crash_between_two_rows_keeps_none_and_reading_again_keeps_each_once(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    path = back(kit, {**FIRST, "/r2/nota": "Secondo", "/r3/nota": "Terzo"})
    whole, told = Store.add_document, []

    def failing(self: Store, *words: Any, **more: Any) -> Any:
        told.append(more["number"])
        if len(told) == 2:
            raise StoreError("the disk is full")
        return whole(self, *words, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Store, "add_document", failing)
        assert read(kit, path).code == 6
    assert kept(kit) == {}
    assert read(kit, path).code == 1
    assert contacts(kit) == ["Primo colloquio", "Secondo", "Terzo"]


def test_two_sheets_of_a_case_are_read_together(kit: Kit) -> None:
    knock(kit.root, "ask", "contatto", "--case", CASE, "--sheet", "--another")
    one = back(kit, FIRST, name="a.pdf")
    two = back(kit, {"/r1/nota": "Del secondo foglio"}, blank(kit, "foglio_002"), name="b.pdf")
    read(kit, one, two)
    assert contacts(kit) == ["Primo colloquio", "Del secondo foglio"]


def test_of_a_sheet_that_lost_a_page_the_other_rows_are_read(kit: Kit) -> None:
    knock(kit.root, "ask", "contatto", "--case", CASE, "--sheet", "--rows", "6", "--another")
    path = Path(back(kit, {f"/r{n}/nota": f"Nota {n}" for n in range(1, 7)}, blank(kit, "foglio_002")))
    read(kit, str(path))
    writer = PdfWriter(clone_from=path)
    gone = {str(one.get_object()["/T"]) for one in writer.pages[-1]["/Annots"]}
    assert "/r6/nota" in gone and "/r1/nota" not in gone, "no row is on two pages"
    writer.remove_page(len(writer.pages) - 1)
    writer.write(kit.root / "corto.pdf")
    told = read(kit, str(kit.root / "corto.pdf"), "--anyway")
    assert told.code == 0 and "svuotata" not in told.out
    assert contacts(kit) == [f"Nota {n}" for n in range(1, 7)]


def test_a_field_that_was_renamed_since_is_still_read_in_its_row(kit: Kit) -> None:
    path = back(kit, FIRST)
    for old, new in (("nota", "appunto"), ("operatore", "chi")):
        assert knock(kit.root, "rename", "contatto", old, new).code == 0
    told = read(kit, path, "--anyway")
    assert kept(kit)[1] == {"data": "2026-03-05", "esito": "si", "appunto": "Primo colloquio", "chi": "Lucia"}, told


@pytest.mark.parametrize(
    ("now", "same"),
    [
        ({"data": "2026-03-05", "nota": "Altro"}, True),
        ({"data": "2026-04-05", "nota": "Uno"}, None),
        ({"data": "2026-04-05", "nota": "Altro"}, False),
        ({"data": "2026-04-05"}, False),
        ({"nota": "Altro"}, True),
        ({"data": "domani", "nota": "Altro"}, True),
    ],
)
def test_the_day_tells_whether_a_row_is_still_the_same_record(now: dict[str, str], same: bool | None, kit: Kit) -> None:
    assert same_record(kit.forms["contatto"], {"data": "2026-03-05", "nota": "Uno"}, now) is same


# ── further rows ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_continuation_asks_only_for_rows_after_those_that_there_are(kit: Kit) -> None:
    path = blank(kit, "piano_continuazione_001")
    asked = {f"/voci/r{n}/{name}" for n in (3, 4, 5) for name in ("voce", "ore")}
    assert {name for name in names(path) if name.startswith("/")} == asked
    assert "foglio di continuazione" in words(path) and "Le righe da 1 a 2 sono già nel modulo" in words(path)


def test_the_rows_of_a_continuation_come_after_and_the_others_stay(kit: Kit) -> None:
    kit.keep("piano", {**kept(kit, "piano")[1], "titolo": "Due"})
    path = back(kit, {"/voci/r3/voce": "c", "/voci/r3/ore": "1,5", "/voci/r5/voce": "d"}, blank(kit, "piano_continuazione_001"))
    assert read(kit, path).code == 0
    found = kept(kit, "piano")[1]
    assert found == {
        "titolo": "Due",
        "voci": [{"voce": "a", "ore": 1}, {"voce": "b"}, {"voce": "c", "ore": Decimal("1.5")}, {"voce": "d"}],
        "alias": ["x"],
    }
    assert "Nulla di nuovo" in read(kit, path).out


def test_a_list_of_plain_values_and_one_inside_a_group_are_continued(kit: Kit) -> None:
    for more, answers in (("alias", {"/alias/r2": "y"}), ("/luogo/stanze", {"/luogo/stanze/r1/nome": "z"})):
        told = knock(kit.root, "ask", "piano", "--more", more, "--rows", "2", "--case", CASE)
        assert read(kit, back(kit, {**answers}, Path(told.out.strip()))).code == 0
    found = kept(kit, "piano")[1]
    assert (found["alias"], found["luogo"]) == (["x", "y"], {"stanze": [{"nome": "z"}]})


def test_a_list_has_no_more_rows_than_it_may_have(kit: Kit) -> None:
    kit.keep("piano", {"voci": [{"voce": str(n)} for n in range(7)]})
    told = knock(kit.root, "ask", "piano", "--more", "voci", "--rows", "5", "--case", CASE)
    assert {name.split("/")[2] for name in names(Path(told.out.strip())) if name.startswith("/")} == {"r8", "r9"}
    assert "foglio di continuazione di «Voci»" not in words(Path(told.out.strip())), "there are no more to ask for"
    kit.keep("piano", {"voci": [{"voce": str(n)} for n in range(9)]})
    assert "tutte le righe che può avere (9)" in knock(kit.root, "ask", "piano", "--more", "voci", "--case", CASE).err


def test_of_many_records_it_has_to_be_said_which_is_continued(kit: Kit) -> None:
    kit.keep("contatto", {"nota": "uno"})
    told = knock(kit.root, "ask", "contatto", "--more", "presenti", "--case", CASE)
    assert told.code == 4 and "indicare quale continuare, con --number. Numeri presenti: 1." in told.err


def test_what_was_issued_remembers_what_it_asked(kit: Kit) -> None:
    with kit.workspace().store() as store:
        (sheet,) = store.documents(CASE, f"{ISSUED}contatto")
        (more,) = store.documents(CASE, f"{ISSUED}piano")
    assert sheet.manifest["issued"]["sheet"] == 4
    assert more.manifest["issued"]["more"] == {"group": "/voci", "after": 2, "rows": 3}
