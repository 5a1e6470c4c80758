"""A document is exactly its data, under a name that tells nothing of the person, and can be proved years later."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from pitstop_docs import documents, files, office
from pitstop_docs.desk import Desk
from pitstop_docs.errors import FileError
from pitstop_docs.fillers import pdf
from pitstop_docs.proof import MANIFEST
from tests.doors import CANARY, CASE, MEETING, PERSON, PROJECT_DATA, SHEET, Answer, filled, knock, outputs, run, small
from tests.kits import NOON, TODAY, Kit, leaf, seen

FIRST = "PST-001/PST-001_D99_scheda_v01.docx"
SECOND = "PST-001/PST-001_D99_scheda_v02.docx"
NEW_SHEET = {**SHEET, "sintesi": "Seconda sintesi"}


@pytest.fixture
def house(tmp_path: Path) -> Kit:
    return filled(tmp_path / "casa")


def make(house: Kit, *words: str, kind: str = "scheda", case: str = CASE) -> Answer:
    return knock(house.root, "make", kind, *(["--case", case] if case else []), *words)


def manifest(house: Kit, name: str = FIRST) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(outputs(house.root)[name.replace(".docx", ".manifest.json")])
    return told


def sign(house: Kit, version: int = 1, **told: Any) -> None:
    house.keep("firma", {"documento": "scheda", "versione": version, "data": "2026-03-06", **told})


def documents_in(house: Kit) -> list[str]:
    return [name for name in outputs(house.root) if name.endswith(".docx")]


# Which version


def test_making_twice_writes_nothing_the_second_time(house: Kit) -> None:
    assert make(house).code == 0
    before = outputs(house.root)
    stamps = {name: (house.root / "outputs" / name).stat().st_mtime_ns for name in before}
    again = make(house)
    assert again.code == 0 and "identico" in again.err
    assert outputs(house.root) == before
    assert stamps == {name: (house.root / "outputs" / name).stat().st_mtime_ns for name in before}


def test_a_correction_is_printed_in_place_while_nobody_signed(house: Kit) -> None:
    make(house)
    house.keep("scheda", NEW_SHEET, number=1)
    assert make(house).code == 0
    assert documents_in(house) == [FIRST]
    assert "Seconda sintesi" in seen(outputs(house.root)[FIRST])
    assert manifest(house)["sources"]["records"][-1]["revision"] == 2


def test_a_signed_document_stays_as_it_is(house: Kit) -> None:
    make(house)
    signed = outputs(house.root)
    sign(house)
    assert "identico" in make(house).err
    house.keep("scheda", NEW_SHEET, number=1)
    assert make(house).code == 0
    after = outputs(house.root)
    assert documents_in(house) == [FIRST, SECOND]
    assert {name: after[name] for name in signed} == signed
    assert "versione 02" in seen(after[SECOND]) and "Seconda sintesi" in seen(after[SECOND])


def test_the_next_version_is_corrected_in_place_until_it_is_signed_too(house: Kit) -> None:
    make(house)
    sign(house)
    for text in ("Seconda", "Terza"):
        house.keep("scheda", {**SHEET, "sintesi": text}, number=1)
        make(house)
    assert documents_in(house) == [FIRST, SECOND]
    assert "Terza" in seen(outputs(house.root)[SECOND])


@pytest.mark.parametrize("told", [{"documento": "estratto"}, {"numero": 2}, {"versione": 2}])
def test_only_the_signature_of_this_very_document_counts(house: Kit, told: dict[str, Any]) -> None:
    make(house)
    house.keep("firma", {"documento": "scheda", "versione": 1, "numero": 1, **told})
    house.keep("scheda", NEW_SHEET, number=1)
    make(house)
    assert documents_in(house) == [FIRST]


def test_the_signature_under_the_minutes_is_not_one_under_the_extract_of_a_case(house: Kit) -> None:
    house.keep("verbale", MEETING, case="")
    make(house, kind="verbale")
    house.keep("firma", {"documento": "verbale", "versione": 1}, case="")
    house.keep("verbale", {**MEETING, "data": "2026-03-03"}, case="", number=1)
    make(house, kind="verbale")
    make(house, kind="verbale", case="")
    assert documents_in(house) == ["PST-001/PST-001_D99_verbale_v01.docx", "progetto/progetto_D99_verbale_v01.docx"]


def test_what_someone_changed_by_hand_is_left_alone(house: Kit) -> None:
    make(house)
    by_hand = house.root / "outputs" / FIRST
    by_hand.write_bytes(by_hand.read_bytes() + b"!")
    changed = by_hand.read_bytes()
    assert make(house).code == 0
    assert by_hand.read_bytes() == changed
    assert documents_in(house) == [FIRST, SECOND]
    assert "identico" in make(house).err


def test_a_foreign_file_under_the_name_is_left_alone(house: Kit) -> None:
    foreign = house.root / "outputs" / FIRST
    foreign.parent.mkdir()
    foreign.write_bytes(b"mio")
    make(house)
    assert foreign.read_bytes() == b"mio" and SECOND in documents_in(house)


def test_a_lost_document_or_manifest_is_made_again_under_its_name(house: Kit) -> None:
    make(house)
    before = outputs(house.root)
    for name in before:
        (house.root / "outputs" / name).unlink()
        assert make(house).code == 0
        assert outputs(house.root) == before


def test_a_change_that_prints_the_same_page_still_renews_the_manifest(house: Kit) -> None:
    make(house)
    before = outputs(house.root)[FIRST]
    house.keep("persona", {**PERSON, "salute": "altro"})
    assert make(house).code == 0
    assert outputs(house.root)[FIRST] == before
    assert knock(house.root, "verify", str(house.root / "outputs" / FIRST)).code == 0


def test_a_draft_says_so_in_its_name_and_on_each_page(house: Kit) -> None:
    house.keep("scheda", {"data": "2026-03-05"}, number=1)
    refused = make(house)
    assert refused.code == 1 and not outputs(house.root) and "Sintesi" in refused.err
    drawn = make(house, "--draft")
    assert drawn.code == 0 and "Sintesi" in drawn.err
    [name] = documents_in(house)
    assert name == "PST-001/PST-001_D99_scheda_v01_bozza.docx"
    assert "BOZZA" in seen(outputs(house.root)[name]) and manifest(house, name)["draft"] is True


def test_a_draft_does_not_touch_the_final_document(house: Kit) -> None:
    make(house)
    final = outputs(house.root)
    make(house, "--draft")
    after = outputs(house.root)
    assert {name: after[name] for name in final} == final and len(after) == 4


def test_the_second_of_many_has_its_number_in_the_name(house: Kit) -> None:
    house.keep("scheda", NEW_SHEET)
    assert make(house, "--json").json["document"]["number"] == 2
    make(house, "--number", "1")
    assert documents_in(house) == ["PST-001/PST-001_D99_scheda_n02_v01.docx", FIRST]


# The manifest


def test_the_manifest_tells_what_the_document_is_made_of(house: Kit) -> None:
    make(house)
    told = manifest(house)
    head = {key: told[key] for key in ("kind", "case", "number", "version", "draft", "file")}
    assert head == {
        "kind": "scheda",
        "case": CASE,
        "number": 1,
        "version": 1,
        "draft": False,
        "file": "PST-001_D99_scheda_v01.docx",
    }
    assert told["sha256"] == files.sha256(house.root / "outputs" / FIRST)
    records = [(one["case"], one["form"], one["number"], one["revision"]) for one in told["sources"]["records"]]
    assert records == [("", "progetto", 1, 1), (CASE, "persona", 1, 1), (CASE, "scheda", 1, 1)]
    kit = told["sources"]["kit"]
    assert {"templates/scheda.docx", "templates/scheda.json", "forms/scheda.json", "schemas/persona.json"} <= set(kit)
    assert "rules/pitstop.json" in kit
    assert all(files.sha256(house.root / name) == sha256 for name, sha256 in kit.items())


def test_neither_manifest_nor_names_nor_properties_tell_who_the_person_is(house: Kit) -> None:
    make(house)
    kept = outputs(house.root)
    told = kept[FIRST.replace(".docx", ".manifest.json")].decode() + " ".join(kept)
    assert CANARY not in told and "Amina" not in told and "1990" not in told
    with_name = files.unpack(kept[FIRST])["docProps/core.xml"].decode()
    assert CANARY not in with_name and "PST-001_D99_scheda_v01" in with_name


def test_what_a_computed_value_was_drawn_from_is_in_the_manifest(tmp_path: Path) -> None:
    kit = small(tmp_path)
    score = leaf("Punteggio", "integer", readOnly=True, x_computed={"fn": "previous"})
    part = {"punteggio": leaf("Punteggio", "integer"), "prima": score}
    area = {"title": "Casa", "type": "object", "additionalProperties": False, "properties": part}
    kit.form("visita", {"casa": {**area, "x-computed": {"from": "ingresso"}}}, many=True, opens_case=False)
    kit.form("ingresso", {"punteggio": leaf("Punteggio", "integer")}, opens_case=False)
    kit.template("visita", "Prima {{ visita.casa.prima }}, ora {{ visita.casa.punteggio }}")
    kit.keep("persona", PERSON)
    kit.keep("ingresso", {"punteggio": 1})
    kit.keep("visita", {"casa": {"punteggio": 2}})
    kit.keep("visita", {"casa": {"punteggio": 3}})
    made = make(kit, kind="visita")
    assert "Prima 2, ora 3" in seen(Path(made.out.strip()).read_bytes())
    assert knock(kit.root, "verify", made.out.strip()).code == 0
    kit.keep("visita", {"casa": {"punteggio": 4}}, number=1)
    proof = knock(kit.root, "verify", made.out.strip())
    assert proof.code == 1 and "visita n. 1" in proof.out
    make(kit, "--number", "1", kind="visita")
    kit.keep("ingresso", {"punteggio": 5})
    assert "ingresso n. 1" in knock(kit.root, "verify", str(kit.root / "outputs/PST-001/PST-001_D99_visita_v01.docx")).out


def test_a_document_leaves_the_store_and_the_folder_saying_the_same(house: Kit) -> None:
    make(house)
    with house.workspace().store() as store:
        [row] = store.documents()
        assert (row.case, row.kind, row.version, str(row.path)) == (CASE, "scheda", 1, FIRST)
        assert row.sha256 == files.sha256(house.root / "outputs" / FIRST) and row.manifest == manifest(house)


# Proved again


def touch(house: Kit, name: str) -> None:
    path = house.root / name
    path.write_bytes(path.read_bytes() + b"\n")


def proof(house: Kit, name: str = FIRST) -> tuple[int, str]:
    told = knock(house.root, "verify", str(house.root / "outputs" / name))
    return told.code, told.out


def test_an_intact_document_verifies_by_itself_or_by_its_manifest(house: Kit) -> None:
    make(house)
    code, said = proof(house)
    assert code == 0 and "intatto" in said
    assert proof(house, FIRST.replace(".docx", ".manifest.json")) == (code, said)


def test_a_single_changed_byte_is_told(house: Kit) -> None:
    make(house)
    path = house.root / "outputs" / FIRST
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    code, said = proof(house)
    assert code == 1 and "ALTERATO" in said and "modificato dopo" in said


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda house: house.keep("scheda", NEW_SHEET, number=1), "il modulo scheda n. 1 è alla revisione 2"),
        (lambda house: touch(house, "rules/pitstop.json"), "rules/pitstop.json è cambiato"),
        (lambda house: touch(house, "templates/scheda.docx"), "templates/scheda.docx è cambiato"),
        (lambda house: touch(house, "schemas/scheda.json"), "schemas/scheda.json è cambiato"),
        (lambda house: touch(house, "forms/scheda.json"), "forms/scheda.json è cambiato"),
        (lambda house: (house.root / "templates/scheda.json").unlink(), "templates/scheda.json non c’è più"),
    ],
)
def test_what_changed_since_is_named(house: Kit, change: Callable[[Kit], object], told: str) -> None:
    make(house)
    change(house)
    code, said = proof(house)
    assert code == 1 and told in said and "ALTERATO" not in said


def test_a_withdrawn_record_is_told(house: Kit) -> None:
    make(house)
    with house.workspace().store() as store:
        store.append(CASE, "scheda", None, number=1, based_on=1, author="A. Bianchi", saved_at=NOON)
    code, said = proof(house)
    assert code == 1 and "il modulo scheda n. 1 (revisione 1) non c’è più" in said


def test_the_version_of_the_program_is_told(house: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    make(house)
    monkeypatch.setattr("pitstop_docs.proof.__version__", "9.9.9")
    code, said = proof(house)
    assert code == 1 and "il programma è alla versione 9.9.9" in said


def test_a_document_without_its_manifest_cannot_be_proved(house: Kit) -> None:
    make(house)
    (house.root / "outputs" / FIRST.replace(".docx", ".manifest.json")).unlink()
    told = knock(house.root, "verify", str(house.root / "outputs" / FIRST))
    assert told.code == 5 and "manifest.json» non esiste" in told.err


def test_a_manifest_without_its_document_says_that_it_is_gone(house: Kit) -> None:
    make(house)
    (house.root / "outputs" / FIRST).unlink()
    code, said = proof(house)
    assert code == 1 and "non c’è più" in said


def test_a_pdf_is_not_taken_for_the_document_that_the_manifest_is_about(house: Kit) -> None:
    make(house)
    pdf = (house.root / "outputs" / FIRST).with_suffix(".pdf")
    pdf.write_bytes(b"%PDF-")
    told = knock(house.root, "verify", str(pdf))
    assert told.code == 5 and "PST-001_D99_scheda_v01.docx" in told.err


@pytest.mark.parametrize(
    "spoil",
    [
        lambda told: told.pop("sources"),
        lambda told: told.update(file="../../../etc/passwd"),
        lambda told: told.update(file=""),
        lambda told: told.update(sources=[]),
        lambda told: told["sources"].pop("tool"),
        lambda told: told["sources"].update(records=[{}]),
        lambda told: told["sources"].update(records=["uno"]),
        lambda told: told["sources"].update(kit=[]),
    ],
)
def test_a_manifest_of_another_shape_is_refused_in_words(house: Kit, spoil: Callable[[dict[str, Any]], object]) -> None:
    make(house)
    path = house.root / "outputs" / FIRST.replace(".docx", ".manifest.json")
    told = manifest(house)
    spoil(told)
    path.write_text(json.dumps(told), encoding="utf-8")
    answer = knock(house.root, "verify", str(path))
    assert answer.code == 5 and "non è il certificato di un documento" in answer.err


# Copies and conversions


def test_out_leaves_a_copy_that_verifies(house: Kit, tmp_path: Path) -> None:
    copies = tmp_path / "copie"
    said = make(house, "--out", str(copies)).out.splitlines()
    assert [Path(line).name for line in said[1:]] == ["PST-001_D99_scheda_v01.manifest.json", "PST-001_D99_scheda_v01.docx"]
    assert knock(house.root, "verify", str(copies / "PST-001_D99_scheda_v01.docx")).code == 0


def test_a_copy_follows_a_correction_unless_someone_changed_it(house: Kit, tmp_path: Path) -> None:
    copies = tmp_path / "copie"
    make(house, "--out", str(copies))
    house.keep("scheda", NEW_SHEET, number=1)
    assert make(house, "--out", str(copies)).code == 0
    copied = copies / "PST-001_D99_scheda_v01.docx"
    assert copied.read_bytes() == outputs(house.root)[FIRST]
    copied.write_bytes(b"mio")
    house.keep("scheda", SHEET, number=1)
    refused = make(house, "--out", str(copies))
    assert refused.code == 5 and "spostarlo e riprovare" in refused.err and copied.read_bytes() == b"mio"


def test_without_libreoffice_the_word_document_is_there_and_the_sentence_says_what_to_install(
    house: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office, "find", lambda: None)
    told = make(house, "--pdf")
    assert told.code == 5 and "LibreOffice non è installato" in told.err
    assert documents_in(house) == [FIRST]


@pytest.mark.needs_office
def test_the_pdf_stands_beside_the_document_and_holds_its_text(house: Kit) -> None:
    made = make(house, "--pdf", "--json")
    assert made.code == 0
    pdf = Path(made.json["document"]["pdf"])
    assert pdf == (house.root / "outputs" / FIRST).with_suffix(".pdf") and pdf.read_bytes().startswith(b"%PDF-")


def test_a_pdf_in_which_the_text_is_not_found_is_not_kept(house: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    blank = pdf.PdfFacts(pages=("",), tagged=True, pdfa="2B", language="it-IT", title=None)
    monkeypatch.setattr(office, "convert", lambda content, *, suffix: b"%PDF-")
    monkeypatch.setattr(pdf, "facts", lambda content: blank)
    told = make(house, "--pdf")
    assert told.code == 5 and "il testo non si ritrova" in told.err
    assert documents_in(house) == [FIRST] and not list((house.root / "outputs").rglob("*.pdf"))


# Where the workspace lies


def test_the_workspace_may_be_the_current_folder_a_relative_one_or_behind_a_link(house: Kit, tmp_path: Path) -> None:
    first = run(house.root, "make", "scheda", "--case", CASE)
    assert first.code == 0, first.err
    before = outputs(house.root)
    link = tmp_path / "scorciatoia"
    link.symlink_to(house.root)
    for place, root in ((house.root.parent, "casa"), (tmp_path, str(link)), (tmp_path, "scorciatoia")):
        made = run(place, "--workspace", root, "make", "scheda", "--case", CASE)
        assert made.code == 0 and "identico" in made.err, made.err
    assert outputs(house.root) == before


def test_the_outputs_may_lie_on_another_disk(house: Kit, tmp_path: Path) -> None:
    elsewhere = tmp_path / "rete"
    elsewhere.mkdir()
    (house.root / "outputs").rmdir()
    (house.root / "outputs").symlink_to(elsewhere)
    assert make(house).code == 0
    assert (elsewhere / FIRST).is_file()


# The same bytes


def test_the_day_of_printing_is_not_in_the_document(house: Kit) -> None:
    """Ages are counted on the day of the act; where nobody stated it they stay blank."""
    house.keep("scheda", {"sintesi": "Senza data"})
    for number in (1, 2):
        printed = set()
        for days in (0, 1, 400):
            desk = Desk.of(house.workspace(TODAY + timedelta(days=days)))
            verdict = documents.check(desk, desk.target("scheda", CASE, number))
            printed.add(verdict.filled.content)
        assert len(printed) == 1


PLACES = (
    {"TZ": "UTC", "LC_ALL": "C", "PYTHONHASHSEED": "0"},
    {"TZ": "Pacific/Kiritimati", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "1"},
    {"TZ": "America/Los_Angeles", "LC_ALL": "it_IT.UTF-8", "PYTHONHASHSEED": "4242"},
    {"TZ": "Asia/Kathmandu", "LC_ALL": "tr_TR.UTF-8", "PYTHONHASHSEED": "7", "PYTHONUTF8": "0"},
)


def test_the_same_records_give_the_same_bytes_anywhere(house: Kit) -> None:
    found = []
    for environment in PLACES:
        for path in (house.root / "outputs").rglob("*.*"):
            path.unlink()
        made = run(house.root, "make", "scheda", "--case", CASE, environment=environment)
        assert made.code == 0, made.err
        found.append(outputs(house.root))
    assert len(found[0]) == 2 and found.count(found[0]) == len(PLACES)


def test_the_order_of_the_answers_is_not_in_the_document(tmp_path: Path) -> None:
    made = []
    for name, turn in (("uno", 1), ("due", -1)):
        kit = small(tmp_path / name)
        for form, data, case in (("progetto", PROJECT_DATA, ""), ("persona", PERSON, CASE), ("scheda", SHEET, CASE)):
            kit.keep(form, dict(list(data.items())[::turn]), case=case)
        assert make(kit).code == 0
        made.append(outputs(kit.root))
    assert made[0] == made[1]


# Whose data


def test_the_extract_of_a_case_holds_no_other_case(house: Kit) -> None:
    house.keep("persona", {**PERSON, "cognome": "Secondo"}, case="PST-002")
    house.keep("verbale", MEETING, case="")
    for case, own, other in ((CASE, "primo", "secondo"), ("PST-002", "secondo", "primo")):
        made = make(house, kind="verbale", case=case)
        text = seen(Path(made.out.strip()).read_bytes())
        assert own in text and other not in text
        assert [one for one in (CASE, "PST-002") if one in text] == [case]
    whole = seen(Path(make(house, kind="verbale", case="").out.strip()).read_bytes())
    assert "primo" in whole and "secondo" in whole


def test_the_health_notes_of_another_case_are_not_even_in_the_file(house: Kit) -> None:
    house.keep("verbale", MEETING, case="")
    desk = Desk.of(house.workspace())
    told = desk.target("verbale", CASE).case.last("verbale")
    assert told and told.data and told.data["parte_sanitaria"] == [] and len(told.data["casi"]) == 1
    made = Path(make(house, kind="verbale").out.strip()).read_bytes()
    assert all(b"riservata" not in part and b"PST-002" not in part for part in files.unpack(made).values())


def test_a_case_that_a_meeting_does_not_name_has_no_extract(house: Kit) -> None:
    house.keep("verbale", {**MEETING, "casi": [{"caso": "PST-002", "esame": "x"}]}, case="")
    told = make(house, kind="verbale")
    assert told.code == 1 and "non è stato compilato" in told.err


def test_what_the_recipient_may_not_see_prints_omissis(house: Kit) -> None:
    made = make(house, kind="estratto")
    text = seen(Path(made.out.strip()).read_bytes())
    assert f"{CANARY} di via Sparano 1: omissis" in text
    assert all(b"riservata" not in part for part in files.unpack(Path(made.out.strip()).read_bytes()).values())


def test_a_protected_address_prints_omissis_whoever_reads(house: Kit) -> None:
    house.keep("persona", {**PERSON, "indirizzo_protetto": True})
    made = Path(make(house, kind="estratto").out.strip()).read_bytes()
    assert f"{CANARY} di omissis: omissis" in seen(made)
    assert all(b"Sparano" not in part for part in files.unpack(made).values())


# What cannot be put in its place


def test_a_document_that_is_open_elsewhere_stays_with_its_own_manifest(house: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    make(house)
    before = outputs(house.root)
    house.keep("scheda", NEW_SHEET, number=1)
    real = os.replace

    def refused(source: Any, target: Any) -> None:
        if str(target).endswith(".docx"):
            raise PermissionError(13, "Permission denied")
        real(source, target)

    monkeypatch.setattr(Path, "replace", refused)
    told = make(house)
    assert told.code == 5 and "è aperto in Word. Chiuderlo e riprovare." in told.err
    assert outputs(house.root) == before
    monkeypatch.undo()
    assert make(house).code == 0 and documents_in(house) == [FIRST]


def test_a_first_document_that_cannot_be_put_leaves_nothing(house: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    write = files.write

    def full(path: Path, content: bytes) -> None:
        if path.suffix == ".docx":
            raise FileError("Impossibile scrivere: il disco è pieno. Liberare spazio e riprovare.")
        write(path, content)

    monkeypatch.setattr(files, "write", full)
    assert make(house).code == 5 and not outputs(house.root)


def test_a_document_whose_folder_could_not_be_flushed_keeps_its_manifest(house: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    write = files.write

    def unflushed(path: Path, content: bytes) -> None:
        write(path, content)
        if path.suffix == ".docx":
            raise FileError("Impossibile scrivere: il disco ha dato un errore. Controllare il disco e riprovare.")

    monkeypatch.setattr(files, "write", unflushed)
    assert make(house).code == 5
    monkeypatch.undo()
    assert proof(house)[0] == 0
    assert make(house).code == 0 and documents_in(house) == [FIRST]


@pytest.mark.parametrize("step", ["manifest", "document"])
def test_whatever_a_crash_left_the_next_making_mends(house: Kit, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    make(house)
    house.keep("scheda", NEW_SHEET, number=1)
    write = files.write

    def crash(path: Path, content: bytes) -> None:
        write(path, content)
        if path.name.endswith(MANIFEST) == (step == "manifest"):
            raise MemoryError  # stands for the power cut: nothing after it runs

    monkeypatch.setattr(files, "write", crash)
    with monkeypatch.context() as patched:
        patched.setattr("pitstop_docs.cli._log", lambda: Path("log"))
        assert make(house).code == 70
    monkeypatch.undo()
    assert make(house).code == 0
    assert documents_in(house) == [FIRST] and proof(house)[0] == 0
    assert "Seconda sintesi" in seen(outputs(house.root)[FIRST])


def test_what_a_killed_program_left_half_written_is_swept_at_the_next_making(house: Kit) -> None:
    folder = house.root / "outputs" / CASE
    folder.mkdir()
    names = (".0123456789abcdef.tmp", ".fedcba9876543210.tmp", ".nota.tmp", "0123456789abcdef.tmp")
    for name in names:
        (folder / name).write_bytes(b"dati")
    for name in names[:1] + names[2:]:
        os.utime(folder / name, times=(0, NOON.timestamp() - 3601))
    os.utime(folder / names[1], times=(0, NOON.timestamp() - 10))
    make(house)
    assert {path.name for path in folder.iterdir() if path.suffix == ".tmp"} == set(names[1:])


def test_a_manifest_that_cannot_be_read_does_not_stop_the_next_making(house: Kit) -> None:
    make(house)
    (house.root / "outputs" / FIRST.replace(".docx", ".manifest.json")).write_bytes(b"{")
    assert make(house).code == 0 and proof(house)[0] == 0


def test_the_day_of_the_act_is_the_records_own(house: Kit) -> None:
    desk = Desk.of(house.workspace())
    assert desk.day_of(desk.target("scheda", CASE)) == date(2026, 3, 5)


@pytest.mark.needs_office
def test_a_pdf_goes_with_its_document_and_has_a_certificate_of_its_own(house: Kit) -> None:
    assert make(house, "--pdf").code == 0
    printed = house.root / "outputs" / FIRST.replace(".docx", ".pdf")
    assert proof(house, FIRST.replace(".docx", ".pdf"))[0] == 0
    house.keep("scheda", NEW_SHEET, number=1)
    assert make(house).code == 0 and not printed.exists()
    assert make(house, "--pdf").code == 0
    printed.write_bytes(printed.read_bytes() + b"% firmato")
    assert "ALTERATO" in proof(house, FIRST.replace(".docx", ".pdf"))[1]
    signed = printed.read_bytes()
    assert make(house, "--pdf").out.count("_v02") == 2 and printed.read_bytes() == signed
