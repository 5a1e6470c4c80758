"""Where a case stands: what can be made, what is missing, who must act, what that would unlock."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.doors import CANARY, CASE, MEETING, PERSON, PROJECT_DATA, SHEET, filled, knock, small
from tests.kits import ROOT, Kit


@pytest.fixture
def house(tmp_path: Path) -> Kit:
    return filled(tmp_path / "casa")


def rows(told: str) -> list[list[str]]:
    return [line.split() for line in told.splitlines()[1:]]


def test_all_cases_are_a_line_each(house: Kit) -> None:
    house.keep("persona", {"nome": "Amina"}, case="PST-002")
    told = knock(house.root, "status")
    assert told.code == 1
    assert told.out.splitlines()[0].split() == ["CASO", "LINEA", "PRONTI", "BLOCCANTI", "PROSSIMO", "CHI"]
    assert [row[:3] for row in rows(told.out)] == [["PST-001", "2/2", "0"], ["PST-002", "0/2", "1"]]
    assert "assistente sociale" in told.out.splitlines()[2]


def test_a_case_says_what_to_do_by_who_must_do_it_and_what_that_is_for(house: Kit) -> None:
    house.keep("persona", {"nome": "Amina"})
    told = knock(house.root, "status", CASE)
    assert told.code == 1
    assert "manca qualcosa  estratto" in told.out and "manca qualcosa  scheda" in told.out
    assert "Assistente sociale:" in told.out
    assert "Persona, Cognome – Manca la risposta. Compilare il campo. [MOD-001]" in told.out
    assert "serve per: estratto, scheda" in told.out


def test_a_case_without_gaps_can_make_everything(house: Kit) -> None:
    told = knock(house.root, "status", CASE)
    assert told.code == 0 and told.out.count("si può fare") == 2 and "manca" not in told.out


def test_a_document_whose_form_was_not_begun_is_to_be_begun(tmp_path: Path) -> None:
    house = small(tmp_path)
    house.keep("progetto", PROJECT_DATA, case="")
    house.keep("persona", PERSON)
    told = knock(house.root, "status", CASE)
    assert told.code == 0 and "da iniziare     scheda" in told.out
    assert "Prossimo passo: scheda. Per farlo serve:" in told.out and "Il modulo non è stato compilato" in told.out


def test_an_occasional_document_is_expected_of_no_case_before_its_form_is_begun(tmp_path: Path) -> None:
    house = small(tmp_path)
    told = house.root / "templates" / "scheda.json"
    told.write_text(json.dumps({**json.loads(told.read_text(encoding="utf-8")), "occasional": True}), encoding="utf-8")
    house.keep("progetto", PROJECT_DATA, case="")
    house.keep("persona", PERSON)
    assert "scheda" not in knock(house.root, "status", CASE).out
    house.keep("scheda", SHEET)
    assert "si può fare     scheda" in knock(house.root, "status", CASE).out


def test_each_record_of_many_is_a_document_of_its_own(house: Kit) -> None:
    house.keep("scheda", {"data": "2026-03-05"})
    told = knock(house.root, "status", CASE, "--json").json
    steps = [(one["kind"], one["number"], one["ready"]) for one in told[0]["documents"]]
    assert sorted(steps) == [("estratto", 1, True), ("scheda", 1, True), ("scheda", 2, False)]
    [finding] = [one for one in told[0]["findings"] if one["severity"] == "bloccante"]
    assert (finding["number"], finding["path"], finding["unlocks"]) == (2, "/sintesi", ["scheda n. 2"])


def test_the_shape_in_json_is_stable(house: Kit) -> None:
    told = knock(house.root, "status", "--json").json
    assert [set(one) for one in told] == [{"case", "line", "documents", "findings"}]
    assert set(told[0]["documents"][0]) == {"kind", "number", "started", "ready"}


def test_a_case_that_is_not_there_is_told_with_the_nearest(house: Kit) -> None:
    told = knock(house.root, "status", "PST-010")
    assert told.code == 4 and "Il caso «PST-010» non esiste. Forse: PST-001." in told.err


def test_a_folder_in_which_nothing_was_kept_has_no_cases(tmp_path: Path) -> None:
    house = small(tmp_path)
    told = knock(house.root, "status")
    assert (told.code, rows(told.out)) == (0, []) and not (tmp_path / "pitstop.db").exists()
    assert knock(house.root, "status", "--json").json == []
    missing = knock(house.root, "status", CASE)
    assert missing.code == 4 and "Non ce n’è ancora nessuno" in missing.err


def test_a_case_that_only_a_meeting_names_is_not_a_case_yet(house: Kit) -> None:
    house.keep("verbale", MEETING, case="")
    assert [row[0] for row in rows(knock(house.root, "status").out)] == [CASE]


def test_a_withdrawn_case_is_no_longer_told(house: Kit) -> None:
    with house.workspace().store() as store:
        for record in store.latest(CASE):
            store.append(CASE, record.form, None, number=1, based_on=1, author="AS", saved_at=record.saved_at)
    assert rows(knock(house.root, "status").out) == []


@pytest.mark.parametrize("words", [(), (CASE,), ("--json",), (CASE, "--json")])
def test_nothing_of_the_person_is_told(house: Kit, words: tuple[str, ...]) -> None:
    house.keep("persona", {"cognome": CANARY, "indirizzo": [CANARY], "campo": CANARY})
    told: Any = knock(house.root, "status", *words)
    assert CANARY not in told.out + told.err and told.code == 1


def test_a_waiver_lets_the_document_be_made_and_stays_in_sight(house: Kit) -> None:
    for name in ("schemas/comune.json", "schemas/deroga.json", "forms/deroga.json"):
        shutil.copy(ROOT / name, house.root / name)
    house.keep("scheda", {"data": "2026-03-05"}, number=1)
    by = {"ruolo": "COORD", "nome": CANARY}
    told = {"data": "2026-03-01", "regola": "MOD-001", "modulo": "scheda", "motivazione": "In attesa", "autorizzata_da": by}
    house.keep("deroga", {**told, "fino_al": "2026-03-04"}, case="")
    assert knock(house.root, "make", "scheda", "--case", CASE).code == 1
    house.keep("deroga", {**told, "fino_al": "2026-03-05"}, case="")
    made = knock(house.root, "make", "scheda", "--case", CASE)
    assert made.code == 0 and "derogato" in made.err and "Deroga n. 2 (coordinatore comunale), fino al 05/03/2026." in made.err
    assert CANARY not in made.err
    assert knock(house.root, "status", CASE).code == 0


def test_the_sheet_of_another_case_changes_nothing(house: Kit) -> None:
    before = knock(house.root, "status", CASE).out
    house.keep("persona", {"nome": "Altra"}, case="PST-002")
    house.keep("scheda", {**SHEET, "data": "oggi"}, case="PST-002")
    assert knock(house.root, "status", CASE).out == before
