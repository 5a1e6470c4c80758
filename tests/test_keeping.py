"""Answers come in strictly, are kept whatever they lack, and are never lost or overwritten."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pitstop_docs.errors import ConflictError, UnknownError
from tests.doors import CANARY, CASE, MEETING, OPENING, PERSON, SHEET, Answer, filled, knock, small
from tests.kits import Kit


@pytest.fixture
def house(tmp_path: Path) -> Kit:
    return filled(tmp_path / "casa")


def keep(house: Kit, form: str, data: object, *words: str, case: str = CASE) -> Answer:
    text = data if isinstance(data, str) else json.dumps(data)
    return knock(house.root, "keep", form, "-", *(["--case", case] if case else []), *words, text=text)


def shown(house: Kit, form: str, *words: str, case: str = CASE) -> Any:
    return knock(house.root, "show", form, *(["--case", case] if case else []), *words).json


# What is kept


def test_incomplete_answers_are_kept_and_told(house: Kit) -> None:
    told = keep(house, "persona", {"nome": "Amina"}, case="PST-002")
    assert told.code == 1 and "Cognome – Manca la risposta." in told.out
    assert "Conservato: persona n. 1, PST-002: revisione 1." in told.err
    assert shown(house, "persona", case="PST-002") == {"nome": "Amina"}


def test_complete_answers_have_nothing_to_report(house: Kit) -> None:
    told = keep(house, "scheda", {**SHEET, "sintesi": "Altra"}, "--number", "1")
    assert (told.code, told.out) == (0, "Nulla da segnalare.\n") and "revisione 2" in told.err


def test_nothing_at_all_is_an_answer_too(house: Kit) -> None:
    assert keep(house, "persona", {}, case="PST-002").code == 1
    assert shown(house, "persona", case="PST-002") == {}


def test_what_people_type_is_kept_as_the_schema_writes_it(house: Kit) -> None:
    keep(house, "scheda", {**SHEET, "data": "5/3/2026"}, "--number", "1")
    assert shown(house, "scheda")["data"] == "2026-03-05"
    told = keep(house, "scheda", {**SHEET, "data": "31/2/2026"}, "--number", "1")
    assert told.code == 1 and "Data della scheda" in told.out and shown(house, "scheda")["data"] == "31/2/2026"


def test_characters_that_no_document_can_hold_are_replaced_and_told(house: Kit) -> None:
    told = keep(house, "scheda", {**SHEET, "sintesi": "a\x01b\ufdd0c\ud800d"}, "--number", "1", "--json")
    assert shown(house, "scheda")["sintesi"] == "a\ufffdb\ufffdc\ufffdd"
    assert [(one["rule"], one["path"]) for one in told.json] == [("MOD-013", "/sintesi")] and told.code == 0


def test_an_unknown_field_is_kept_and_told_with_the_nearest_name(house: Kit) -> None:
    told = keep(house, "scheda", {**SHEET, "sintezi": "x"}, "--number", "1")
    assert told.code == 1 and "Forse «sintesi»?" in told.out


# Revisions


def test_the_same_answers_twice_are_one_revision(house: Kit) -> None:
    for form, data, case in (("persona", PERSON, CASE), ("scheda", SHEET, CASE), ("progetto", {"titolo": "PitStop"}, "")):
        told = keep(house, form, data, case=case)
        assert told.code == 0 and "Già conservato, nulla di nuovo" in told.err and "revisione 1" in told.err
    with house.workspace().store() as store:
        assert store.verify() == 3


def test_other_answers_to_a_form_of_which_there_are_many_are_a_new_record(house: Kit) -> None:
    assert "scheda n. 2" in keep(house, "scheda", {**SHEET, "sintesi": "Altra"}).err
    assert shown(house, "scheda", "--number", "1")["sintesi"] == "Prima sintesi"
    assert shown(house, "scheda")["sintesi"] == "Altra"


def test_a_correction_leaves_what_was_there_before(house: Kit) -> None:
    keep(house, "persona", {**PERSON, "nome": "Aminah"})
    assert shown(house, "persona")["nome"] == "Aminah"
    assert shown(house, "persona", "--revision", "1")["nome"] == "Amina"


def test_a_correction_of_what_somebody_else_corrected_is_refused_with_the_fields(house: Kit) -> None:
    keep(house, "persona", {**PERSON, "nome": "Aminah"}, "--base", "1", "--author", "AS")
    told = keep(house, "persona", {**PERSON, "nome": "Amna"}, "--base", "1")
    assert told.code == 1
    assert "revisione 2" in told.err and "/nome" in told.err and "salvata da AS" in told.err
    assert "Aminah" not in told.err and shown(house, "persona")["nome"] == "Aminah"


def test_the_author_and_the_moment_are_kept(house: Kit) -> None:
    keep(house, "persona", {**PERSON, "nome": "Aminah"}, "--author", "AS\x00")
    with house.workspace().store() as store:
        record = store.history(CASE, "persona", 1)[-1]
    assert record.author == "AS\ufffd" and record.saved_at.isoformat() == "2026-03-05T12:00:00+00:00"


# What cannot be


@pytest.mark.parametrize(
    ("form", "words", "case", "told"),
    [
        ("schda", (), CASE, "Il modulo «schda» non esiste. Forse: scheda"),
        ("persona", (), "", "indicarlo con --case"),
        ("progetto", (), CASE, "togliere --case"),
        ("scheda", (), "PST-002", "Il caso «PST-002» non esiste. Forse: PST-001. Un caso nuovo si apre con «persona»."),
        ("persona", (), "pippo", "Il codice del caso non è scritto bene"),
        ("persona", ("--number", "2"), CASE, "è uno solo: togliere --number"),
        ("scheda", ("--number", "5"), CASE, "la prossima è la 2"),
        ("scheda", ("--base", "1"), CASE, "con --base indicare quale, con --number"),
        ("scheda", ("--base", "3", "--number", "2"), CASE, "non esiste: la prossima è la 2"),
    ],
)
def test_a_place_that_is_not_there_is_told_with_what_is(
    house: Kit, form: str, words: tuple[str, ...], case: str, told: str
) -> None:
    answer = keep(house, form, {"titolo": "x"}, *words, case=case)
    assert answer.code == 4 and told in answer.err and not answer.out
    with house.workspace().store() as store:
        assert store.verify() == 3


@pytest.mark.parametrize(
    ("form", "words", "case", "told"),
    [
        ("persona", (), "", "indicarlo con --case"),
        ("progetto", (), CASE, "togliere --case"),
        ("persona", (), "PST-009", "Forse: PST-001"),
        ("scheda", ("--number", "7"), CASE, "Numeri presenti: 1"),
        ("scheda", ("--revision", "7"), CASE, "Numeri presenti: 1"),
        ("verbale", (), "", "Numeri presenti: nessuno"),
    ],
)
def test_what_is_not_there_cannot_be_shown(house: Kit, form: str, words: tuple[str, ...], case: str, told: str) -> None:
    answer = knock(house.root, "show", form, *(["--case", case] if case else []), *words)
    assert answer.code == 4 and told in answer.err


def test_before_anything_was_kept_there_is_nothing_to_show(tmp_path: Path) -> None:
    told = knock(small(tmp_path).root, "show", "progetto")
    assert told.code == 4 and "non è ancora stato conservato nulla" in told.err and not (tmp_path / "pitstop.db").exists()


@pytest.mark.parametrize("data", ["[1, 2]", '"testo"', "7", "null", "true"])
def test_answers_that_are_not_fields_and_values_are_refused(house: Kit, data: str) -> None:
    told = keep(house, "persona", data)
    assert told.code == 5 and "tra graffe" in told.err


def test_a_meeting_is_kept_once_for_all_its_cases(house: Kit) -> None:
    assert keep(house, "verbale", MEETING, case="").code == 0
    assert keep(house, "verbale", MEETING).code == 4


def test_a_signature_may_be_under_a_paper_of_a_case_or_of_the_project(house: Kit) -> None:
    for case in (CASE, ""):
        assert keep(house, "firma", {"documento": "verbale", "versione": 1, "data": "2026-03-06"}, case=case).code == 0


def test_the_function_refuses_as_the_command_does(house: Kit) -> None:
    with pytest.raises(UnknownError):
        house.keep("scheda", SHEET, number=9)
    with pytest.raises(ConflictError), house.workspace().store() as store:
        store.append(CASE, "persona", {"nome": "x"}, number=1, based_on=7, author="", saved_at=store.latest()[0].saved_at)


# Many at once


def many(house: Kit, count: int, words: list[list[str]], data: list[Mapping[str, Any]]) -> list[tuple[int, str]]:
    """The exit codes and words of programs that keep at the same moment."""
    started = []
    for n in range(count):
        command = [*OPENING, "--workspace", str(house.root), "keep", *words[n], "-"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
        process = subprocess.Popen(command, **pipes)  # type: ignore[call-overload]
        started.append((process, json.dumps(data[n]).encode()))
    said = [process.communicate(text, timeout=100)[1].decode() for process, text in started]
    return [(process.returncode, words) for (process, _), words in zip(started, said, strict=True)]


def test_programs_that_keep_at_once_lose_nothing(house: Kit) -> None:
    words = [["scheda", "--case", CASE] for _ in range(6)]
    ended = many(house, 6, words, [{**SHEET, "sintesi": f"{CANARY} {n}"} for n in range(6)])
    assert [code for code, _ in ended] == [0] * 6, ended
    with house.workspace().store() as store:
        kept = store.latest(CASE, "scheda")
        assert store.verify() == 9
    assert [one.number for one in kept] == list(range(1, 8))
    assert {one.data["sintesi"] for one in kept if one.data} == {"Prima sintesi", *(f"{CANARY} {n}" for n in range(6))}


def test_of_programs_that_correct_the_same_revision_one_is_kept_and_the_others_are_told(house: Kit) -> None:
    words = [["persona", "--case", CASE, "--base", "1"] for _ in range(4)]
    ended = many(house, 4, words, [{**PERSON, "nome": f"Nome {n}"} for n in range(4)])
    assert sorted(code for code, _ in ended) == [0, 1, 1, 1]
    assert all("è alla revisione 2" in words and CANARY not in words for code, words in ended if code)
    with house.workspace().store() as store:
        assert len(store.history(CASE, "persona", 1)) == 2


# What is withdrawn, what is beside


def test_a_new_record_beside_others_says_so_and_can_be_withdrawn(house: Kit) -> None:
    first = keep(house, "scheda", SHEET)
    told = keep(house, "scheda", {**SHEET, "sintesi": "Altra"})
    assert "È una compilazione nuova, oltre a: 1." in told.err and "nuova" not in first.err
    assert "Ritirato" in knock(house.root, "keep", "scheda", "--withdraw", "--case", CASE, "--number", "2").err
    assert "n. 2" not in knock(house.root, "status", CASE).out
    assert shown(house, "scheda", "--number", "2", "--revision", "1")["sintesi"] == "Altra"


def test_withdrawing_asks_which_one_and_a_file_or_a_withdrawal_is_due(house: Kit) -> None:
    keep(house, "scheda", SHEET)
    told = knock(house.root, "keep", "scheda", "--withdraw", "--case", CASE)
    assert told.code == 4 and "--number" in told.err
    assert knock(house.root, "keep", "scheda", "--case", CASE).code == 2


def test_the_signature_of_a_paper_that_was_never_made_is_told(house: Kit) -> None:
    keep(house, "scheda", SHEET)
    signature = {"documento": "scheda", "versione": 1, "data": "2026-03-06"}
    assert "non risulta prodotto" in keep(house, "firma", signature).out
    knock(house.root, "make", "scheda", "--case", CASE)
    assert "non risulta prodotto" not in keep(house, "firma", {**signature, "data": "2026-03-07"}).out


def test_answers_are_shown_in_the_order_of_the_form(house: Kit) -> None:
    keep(house, "persona", {"nome": "Amina", "ignoto": 1, "cognome": "Test"}, case="PST-002")
    assert list(shown(house, "persona", case="PST-002")) == ["cognome", "nome", "ignoto"]
