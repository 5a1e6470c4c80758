"""A form that comes back: what is new is kept, what both sides changed waits for a person, nothing is lost or written over."""

import json
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from pitstop_docs.answers import bare
from pitstop_docs.fillers import pdf
from tests.doors import knock
from tests.kits import CASE, Kit, choice, leaf, rows
from tests.pens import fill

pytest.importorskip("weasyprint", reason="WeasyPrint, or its Pango, is not installed", exc_type=(ImportError, OSError))

FIELDS = {
    "data": leaf("Data", format="date"),
    "nome": leaf("Nome"),
    "importo": leaf("Importo", format="euro"),
    "vero": leaf("Vero", "boolean"),
    "esito": choice("Esito", {"si": "Attivata", "no": "Non attivata"}),
    "salute": leaf("Salute", privacy="particolare"),
    "voci": rows("Voci", {"voce": leaf("Voce"), "ore": leaf("Ore", "number")}),
}
DATA: dict[str, Any] = {
    "data": "2026-03-05",
    "nome": "Amina",
    "vero": True,
    "salute": "asma",
    "voci": [{"voce": "uno", "ore": 1}, {"voce": "due", "ore": 2}],
}


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    kit = Kit.at(tmp_path)
    kit.form("scheda", FIELDS, date="/data")
    kit.form("diario", {"nota": leaf("Nota"), "altro": leaf("Altro")}, many=True)
    kit.keep("scheda", DATA)
    return kit


def issued(kit: Kit, form: str = "scheda", *words: str) -> Path:
    told = knock(kit.root, "ask", form, "--case", CASE, *words)
    assert told.code == 0, told
    return Path(told.out.strip())


def back(kit: Kit, answers: dict[str, str | bool], source: Path | None = None, name: str = "tornato.pdf") -> Path:
    path = kit.root / name
    path.write_bytes(fill(source or issued(kit, "scheda", "--recipient", "partner"), answers))
    return path


def shown(kit: Kit, form: str = "scheda", *words: str) -> dict[str, Any]:
    return dict(bare(json.loads(knock(kit.root, "show", form, "--case", CASE, *words).out)))


def test_what_came_back_becomes_the_next_revision_and_the_file_is_kept(kit: Kit) -> None:
    path = back(
        kit, {"/nome": "Amina Ağca", "/data": "6 marzo 2026", "/importo": "1.250,50", "/vero=no": True, "/vero=si": False}
    )
    told = knock(kit.root, "read", str(path), "--author", "TUTOR")
    assert told.code == 0, told
    assert "scheda n. 1, revisione 2" in told.out
    assert shown(kit) == {**DATA, "nome": "Amina Ağca", "data": "2026-03-06", "importo": "1250.50", "vero": False}
    assert [one.read_bytes() for one in (kit.root / "outputs" / "ricevuti").iterdir()] == [path.read_bytes()]


def archive(kit: Kit) -> list[Path]:
    return sorted((kit.root / "outputs" / CASE).glob("*_archivio_*.pdf"))


def test_what_was_accepted_has_an_archive_copy_with_the_returned_file_inside(kit: Kit) -> None:
    path = back(kit, {"/nome": "Amina Ağca"})
    told = knock(kit.root, "read", str(path))
    (copy,) = archive(kit)
    assert f"copia d’archivio: {copy}" in told.out
    held = pdf.enclosed(copy.read_bytes())
    assert held["modulo-tornato.pdf"] == path.read_bytes()
    assert json.loads(held["dati.json"])["nome"] == "Amina Ağca"
    assert knock(kit.root, "verify", str(copy)).code == 0
    before = copy.read_bytes()
    assert knock(kit.root, "read", str(path)).code == 0
    assert [one.read_bytes() for one in archive(kit)] == [before]


def test_an_archive_copy_that_could_not_be_made_is_made_when_the_file_is_read_again(
    kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = back(kit, {"/nome": "Amina"} | {"/importo": "1.250,50"})
    with monkeypatch.context() as without:
        without.setattr("pitstop_docs.fillers.archive.without_font", lambda document: {"x"})
        told = knock(kit.root, "read", str(path))
    assert told.code == 0 and "revisione 2" in told.out
    assert "La copia d’archivio non è stata fatta: " in told.out and archive(kit) == []
    assert "copia d’archivio: " in knock(kit.root, "read", str(path)).out
    assert len(archive(kit)) == 1


def test_a_trial_and_a_conflict_leave_no_archive_copy(kit: Kit) -> None:
    path = back(kit, {"/nome": "Altra"})
    knock(kit.root, "read", "--dry-run", str(path))
    kit.keep("scheda", {**DATA, "nome": "Terza"})
    assert knock(kit.root, "read", str(path)).code == 1
    assert archive(kit) == []


def test_what_the_page_did_not_ask_for_stays(kit: Kit) -> None:
    knock(kit.root, "read", str(back(kit, {"/nome": "Altra"})))
    assert shown(kit)["salute"] == "asma"


def test_the_same_file_read_twice_changes_nothing(kit: Kit) -> None:
    path = back(kit, {"/nome": "Altra"})
    knock(kit.root, "read", str(path))
    again = knock(kit.root, "read", str(path))
    assert again.code == 0
    assert "Nulla di nuovo da conservare" in again.out
    assert knock(kit.root, "show", "scheda", "--case", CASE).err.count("revisione 2") == 1


def test_a_trial_writes_nothing(kit: Kit) -> None:
    path = back(kit, {"/nome": "Altra"})
    told = knock(kit.root, "read", str(path), "--dry-run")
    assert told.code == 0
    assert "Nulla è stato conservato" in told.out
    assert "Nome: stampato «Amina», in archivio «Amina», nel modulo «Altra»" in told.out
    assert shown(kit) == DATA
    assert not (kit.root / "outputs" / "ricevuti").exists()


def test_an_answer_that_both_sides_changed_stops_the_file_until_it_is_settled(kit: Kit) -> None:
    path = back(kit, {"/nome": "Dal modulo", "/esito": "si"})
    kit.keep("scheda", {**DATA, "nome": "Dall’ufficio", "importo": "10.00"})
    told = knock(kit.root, "read", str(path))
    assert told.code == 1
    assert "Una risposta è stata cambiata anche in archivio" in told.out
    assert "conflitto  Nome: stampato «Amina», in archivio «Dall’ufficio», nel modulo «Dal modulo»" in told.out
    assert shown(kit)["nome"] == "Dall’ufficio"
    assert "esito" not in shown(kit), "nothing of a file is kept while some of it waits"
    assert knock(kit.root, "read", str(path), "--resolve", "ours").code == 0
    assert (shown(kit)["nome"], shown(kit)["esito"], shown(kit)["importo"]) == ("Dall’ufficio", "si", "10.00")


@pytest.mark.parametrize("how", ["theirs", "file"])
def test_a_conflict_is_settled_for_the_form_or_place_by_place(how: str, kit: Kit) -> None:
    path = back(kit, {"/nome": "Dal modulo"})
    kit.keep("scheda", {**DATA, "nome": "Dall’ufficio"})
    (kit.root / "decisioni.json").write_text('{"/nome": "theirs"}', encoding="utf-8")
    words = ["--resolve", "theirs" if how == "theirs" else str(kit.root / "decisioni.json")]
    assert knock(kit.root, "read", str(path), *words).code == 0
    assert shown(kit)["nome"] == "Dal modulo"


def test_a_file_of_decisions_that_is_none_is_told(kit: Kit) -> None:
    path = back(kit, {"/nome": "Dal modulo"})
    (kit.root / "decisioni.json").write_text('{"/nome": "boh"}', encoding="utf-8")
    told = knock(kit.root, "read", str(path), "--resolve", str(kit.root / "decisioni.json"))
    assert told.code == 5 and "non è un file di decisioni" in told.err


def test_rows_are_followed_when_the_store_moved_or_took_some_away(kit: Kit) -> None:
    path = back(kit, {"/voci/r2/voce": "due corretta", "/voci/r3/voce": "nuova"})
    kit.keep("scheda", {**DATA, "voci": [{"voce": "zero", "ore": 0}, DATA["voci"][1]]})
    assert knock(kit.root, "read", str(path)).code == 0
    found = shown(kit)["voci"]
    assert {"voce": "due corretta", "ore": 2} in found and {"voce": "nuova"} in found and {"voce": "zero", "ore": 0} in found
    assert not any(row.get("voce") == "uno" for row in found), "what the office took away stays away"


def test_what_is_not_understood_is_kept_as_it_was_typed_and_told(kit: Kit) -> None:
    told = knock(kit.root, "read", str(back(kit, {"/data": "domani", "/nome": "Altra"})))
    assert told.code == 1
    assert "MOD-003" in told.out
    assert shown(kit)["data"] == "domani" and shown(kit)["nome"] == "Altra"


def test_a_new_record_is_made_once_whatever_comes_back_of_one_issue(kit: Kit) -> None:
    source = issued(kit, "diario")
    first = back(kit, {"/nota": "una"}, source, "a.pdf")
    second = back(kit, {"/altro": "due"}, source, "b.pdf")
    assert knock(kit.root, "read", str(first), str(second)).code == 0
    assert shown(kit, "diario", "--number", "1") == {"nota": "una", "altro": "due"}
    assert knock(kit.root, "show", "diario", "--case", CASE, "--number", "2").code == 4


def test_a_folder_and_a_zip_are_read_whole(kit: Kit) -> None:
    source = issued(kit, "diario")
    folder = kit.root / "arrivati"
    folder.mkdir()
    (folder / "a.pdf").write_bytes(fill(source, {"/nota": "una"}))
    (folder / "b.pdf").write_bytes(fill(source, {"/altro": "due"}))
    (folder / "lettera.txt").write_text("x", encoding="utf-8")
    with ZipFile(kit.root / "arrivati.zip", "w") as archive:
        for path in folder.iterdir():
            archive.write(path, path.name)
    told = knock(kit.root, "read", str(folder))
    assert told.code == 0 and "a.pdf: " in told.out and "b.pdf: " in told.out
    assert knock(kit.root, "read", str(kit.root / "arrivati.zip")).out.count("Nulla di nuovo") == 2
    (kit.root / "vuota").mkdir()
    assert knock(kit.root, "read", str(kit.root / "vuota")).code == 5


def test_a_field_that_was_renamed_since_is_still_read(kit: Kit) -> None:
    path = back(kit, {"/nome": "Altra"})
    assert knock(kit.root, "rename", "scheda", "nome", "nominativo").code == 0
    told = knock(kit.root, "read", str(path), "--anyway")
    assert told.code == 0, told
    assert shown(kit)["nominativo"] == "Altra"


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "Il file è vuoto"), (b"PK\x03\x04 not a pdf", "Il file non è un PDF"), (b"%PDF-1.7\n%%EOF", "danneggiato")],
)
def test_a_file_that_is_no_form_is_told_and_the_others_are_read(content: bytes, said: str, kit: Kit) -> None:
    bad = kit.root / "a.pdf"
    bad.write_bytes(content)
    told = knock(kit.root, "read", str(bad), str(back(kit, {"/nome": "Altra"})))
    assert told.code == 1
    assert said in told.out
    assert shown(kit)["nome"] == "Altra"


def test_a_form_that_another_folder_issued_is_not_taken(kit: Kit, tmp_path: Path) -> None:
    path = back(kit, {"/nome": "Altra"})
    (kit.root / "pitstop.db").unlink()
    for one in kit.root.glob("pitstop.db-*"):
        one.unlink()
    kit.keep("scheda", DATA)
    told = knock(kit.root, "read", str(path))
    assert told.code == 1
    assert "non risulta preparata da questa cartella" in told.out
