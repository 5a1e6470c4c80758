"""What bad input gets: a clear sentence, the right exit code, nothing lost, no half-written file, nothing of the person."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from sqlite3 import connect
from typing import Any

import pytest

from pitstop_docs import files, proof
from tests.doors import CANARY, CASE, OPENING, PERSON, SHEET, Answer, filled, knock, outputs, run
from tests.kits import NASTY, ROOT, Kit, seen, word

TEMPORARY = re.compile(r"/\.[0-9a-f]{16}\.tmp$")
"""What a program that is killed may leave behind, under a name that no one takes for a document."""
LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of Linux")


@pytest.fixture
def house(tmp_path: Path) -> Kit:
    return filled(tmp_path / "casa")


def told(answer: Answer, code: int, *words: str) -> None:
    """One sentence or two, in the exit code's own tone; no traceback, nothing of the person."""
    assert answer.code == code, answer
    assert answer.out == ""
    assert all(word in answer.err for word in words), answer.err
    assert len(answer.err.splitlines()) == 1 and answer.err.strip()[-1] in ".?"
    assert "Traceback" not in answer.err and CANARY not in answer.err


def whole(house: Kit) -> int:
    """How many rows the store holds; each of them, and each document with a manifest of its own, is as it was written."""
    with house.workspace().store() as store:
        count = store.verify()
    for name, content in outputs(house.root).items():
        if name.endswith(".docx"):
            assert seen(content)
            assert outputs(house.root)[name.replace(".docx", proof.MANIFEST)]
        elif not TEMPORARY.search(name):
            assert name.endswith(proof.MANIFEST) and json.loads(content)
    return count


# JSON that is none


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b'{"nome": "%s",\n "cognome" "x"}', ("riga 2, colonna 12", "mancano i due punti")),
        (b'{"nome": "%s"', ("riga 1, colonna 23", "manca una virgola")),
        (b'{"nome": "%s", "nome": "x"}', ("compare due volte",)),
        (b'{"nome": "%s", "eta": NaN}', ("riga 1, colonna 32",)),
        (b'{"nome": "%s", "eta": 1e999}', ("riga 1, colonna 32", "troppo grande")),
        (b'{"nome": "%s", "eta": -Infinity}', ("riga 1, colonna 32",)),
        (b'{"nome": "%s", "x": ' + b"[" * 200 + b"]" * 200 + b"}", ("più di 64 livelli", "riga 1")),
        (b'{"nome": "%s", "x": ' + b"[" * 100_000, ("più di 64 livelli",)),
        (b'{"nome": "%s\xff"}', ("riga 1, colonna 22", "UTF-8")),
        (b"{\"nome\": '%s'}", ("riga 1, colonna 10", "virgolette doppie")),
        (b"", ("è vuoto",)),
        (b"PK\x03\x04%s", ("riga 1, colonna 1",)),
    ],
)
def test_what_is_not_json_is_told_with_its_place(house: Kit, text: bytes, words: tuple[str, ...]) -> None:
    content = text.replace(b"%s", CANARY.encode())
    told(knock(house.root, "keep", "persona", "-", "--case", CASE, text=content), 5, "«standard input»", *words)
    assert whole(house) == 3


@pytest.mark.parametrize("piped", [False, True])
def test_a_huge_file_is_not_read_to_its_end(house: Kit, piped: bool) -> None:
    huge = house.root / "enorme.json"
    with huge.open("wb") as stream:
        stream.truncate(50 * 2**20)
    if piped:
        with huge.open("rb") as stream:
            command = [*OPENING, "keep", "persona", "-", "--case", CASE]
            ended = subprocess.run(command, cwd=house.root, stdin=stream, capture_output=True, check=False)
        answer = Answer(ended.returncode, ended.stdout.decode(), ended.stderr.decode())
    else:
        answer = knock(house.root, "keep", "persona", str(huge), "--case", CASE)
    told(answer, 5, "supera il limite di 8 M")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no /dev/zero on this system")
def test_a_file_without_end_is_not_waited_for(house: Kit) -> None:
    told(knock(house.root, "keep", "persona", "/dev/zero", "--case", CASE), 5, "supera il limite")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("persona-2.json", ("non esiste", "Forse: persona-1.json")),
        ("cartella", ("è una cartella, non un file",)),
        ("altrove/persona.json", ("manca la cartella",)),
        ("a" * 300, ("troppo lungo",)),
    ],
)
def test_a_file_that_is_not_there_is_told_with_the_nearest(house: Kit, name: str, words: tuple[str, ...]) -> None:
    (house.root / "persona-1.json").write_text("{}", encoding="utf-8")
    (house.root / "cartella").mkdir()
    told(knock(house.root, "keep", "persona", f"{house.root}/{name}", "--case", CASE), 5, *words)


# Names that are none


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("make", "sceda", "--case", CASE), "Il tipo di documento «sceda» non esiste. Forse: scheda."),
        (("check", "xyz", "--case", CASE), "Disponibili: estratto, scheda, verbale."),
        (("make", "scheda", "--case", "PST-01"), "Il caso «PST-01» non esiste. Forse: PST-001."),
        (("make", "scheda"), "indicare il caso con --case"),
        (("make", "scheda", "--case", CASE, "--number", "9"), "n. 9 non esiste. Numeri presenti: 1."),
        (("show", "person", "--case", CASE), "Forse: persona"),
        (("status", "PST-OO1"), "Forse: PST-001"),
    ],
)
def test_a_name_that_is_not_there_is_told_with_the_nearest(house: Kit, words: tuple[str, ...], said: str) -> None:
    told(knock(house.root, *words), 4, said)


def test_an_unknown_field_is_a_finding_with_the_nearest_name(house: Kit) -> None:
    answer = knock(house.root, "keep", "persona", "-", "--case", CASE, text=json.dumps({**PERSON, "cognone": CANARY}))
    assert answer.code == 1 and "Forse «cognome»?" in answer.out and CANARY not in answer.out + answer.err


# A kit that is broken


@pytest.mark.parametrize(
    ("tag", "words"),
    [
        ("{{ scheda.sintesi }", ("corpo, paragrafo 2", "manca «}}»")),
        ("{% if scheda.sintesi %} x", ("non è chiuso da «endif»",)),
        ("{% for a in scheda.sintesi %}{{ a }}{% endfor %}", ("non un elenco",)),
        ("{{ scheda.sintezi }}", ("scheda.sintezi", "Forse «sintesi»?")),
        ("{{ sceda.sintesi }}", ("sceda", "Forse «scheda»?")),
        ("{{ persona }}", ("gruppo di campi",)),
        ("{{ ''.__class__ }}", ("non può cominciare con «_»",)),
        ("{{ persona.__class__ }}", ("non può cominciare con «_»",)),
        ("{{ persona['__class__'] }}", ("nome di un campo",)),
        ("{{ cycler.__init__.__globals__.os.popen('id').read() }}", ("non sono ammesse",)),
        ("{{ persona.nome.upper() }}", ("non sono ammesse",)),
        ("{{ 7*7 }}", ("fa un calcolo",)),
        ("{{ persona.nome|safe }}", ("Il filtro «safe» non esiste",)),
        ("{% set x = 1 %}", ("«set» non è un comando",)),
        ("{% include 'altro.docx' %}", ("«include» non è un comando",)),
    ],
)
def test_a_template_with_a_broken_tag_or_that_reaches_for_python_is_refused(house: Kit, tag: str, words: tuple[str, ...]) -> None:
    word(house.root / "templates" / "scheda.docx", "{{ scheda.data }}", tag)
    told(knock(house.root, "make", "scheda", "--case", CASE), 3, "scheda.docx, corpo", *words)
    assert not outputs(house.root)


def unlink(path: str) -> Callable[[Path], object]:
    return lambda root: (root / path).unlink()


def put(path: str, content: str) -> Callable[[Path], object]:
    return lambda root: (root / path).write_text(content, encoding="utf-8")


def edit(path: str, old: str, new: str) -> Callable[[Path], object]:
    def change(root: Path) -> None:
        text = (root / path).read_text(encoding="utf-8")
        assert old in text
        (root / path).write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (unlink("templates/scheda.docx"), ("scheda.docx", "non esiste")),
        (put("templates/scheda.docx", "testo"), ("scheda.docx", "non è un documento Word")),
        (put("templates/scheda.json", "{"), ("scheda.json", "riga 1, colonna 2")),
        (put("templates/scheda.json", '{"kind": "scheda"}'), ("scheda.json", "incompleta")),
        (edit("templates/scheda.json", '"interno"', '"tutti"'), ("scheda.json", "«recipient» uno tra")),
        (edit("templates/scheda.json", '"persona"', '"persone"'), ("persone",)),
        (unlink("schemas/scheda.json"), ("scheda.json", "non si legge")),
        (put("schemas/scheda.json", '{"type": "object", "type": "array"}'), ("scheda.json", "due volte")),
        (edit("schemas/scheda.json", '"format": "date"', '"format": "data"'), ("il formato «data» non esiste", "«date»")),
        (edit("schemas/scheda.json", '"title": "Sintesi"', '"titolo": "Sintesi"'), ("«titolo» non esiste", "«title»")),
        (edit("schemas/scheda.json", '"x-long": true', '"$ref": "http://example.org/x.json#/a"'), ("non è ammesso",)),
        (edit("schemas/scheda.json", '"x-long": true', '"$ref": "file:///etc/passwd"'), ("non è ammesso",)),
        (edit("schemas/scheda.json", '"x-long": true', '"pattern": "^(a+)+$"'), ("«pattern» deve",)),
        (edit("schemas/scheda.json", '"x-long": true', '"pattern": "a+"'), ("«pattern» deve",)),
        (put("forms/scheda.json", "[]"), ("scheda.json", "incompleta")),
        (put("rules/pitstop.json", "{}"), ("pitstop.json", "incompleto")),
        (unlink("rules/pitstop.json"), ("pitstop.json", "non si legge")),
        (put("rules/paesi.json", "{}"), ("paesi.json", "malformata")),
        (edit("rules/pitstop.json", '"rules": []', '"rules": [{"id": "X-1"}]'), ("la regola «X-1» è malformata",)),
    ],
)
def test_a_broken_file_of_the_kit_is_named(house: Kit, spoil: Callable[[Path], object], words: tuple[str, ...]) -> None:
    spoil(house.root)
    told(knock(house.root, "make", "scheda", "--case", CASE), 3, *words)
    assert not outputs(house.root) and whole(house) == 3


@pytest.mark.parametrize("folder", ["forms", "schemas", "templates", "rules"])
def test_a_folder_of_the_kit_that_is_missing_is_named(house: Kit, folder: str) -> None:
    (house.root / folder).rename(house.root / "altrove")
    told(knock(house.root, "forms"), 5, f"manca «{folder}»", "pitstop init")


# A store that is none


def other_version(path: Path) -> None:
    with closing(connect(path)) as raw, raw:
        raw.execute("PRAGMA user_version = 99")


def another_program(path: Path) -> None:
    path.unlink()
    with closing(connect(path)) as raw, raw:
        raw.execute("CREATE TABLE ricette (nome TEXT)")


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def cut_short(path: Path) -> None:
    os.truncate(path, 5000)


def a_changed_row(path: Path) -> None:
    with closing(connect(path)) as raw, raw:
        raw.execute("DROP TRIGGER record_no_update")
        raw.execute("UPDATE record SET data = replace(data, 'Amina', 'Amira')")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (other_version, ("è della versione 99, questo programma legge la 1",)),
        (another_program, ("non è un archivio di questo programma",)),
        (a_folder, ("non è un file",)),
        (cut_short, ("rovinato",)),
        (lambda path: path.write_text(f"Cognome: {CANARY}\n" * 100), ("non è un archivio",)),
        (a_changed_row, ("non è come fu salvata", "Ripristinare una copia")),
    ],
)
def test_a_store_that_cannot_be_trusted_is_not_used(house: Kit, spoil: Callable[[Path], object], words: tuple[str, ...]) -> None:
    spoil(house.root / "pitstop.db")
    for line in (("status",), ("make", "scheda", "--case", CASE)):
        told(knock(house.root, *line), 6, "pitstop.db", *words)
    answer = knock(house.root, "keep", "persona", "-", "--case", CASE, text=json.dumps(PERSON | {"nome": "B"}))
    told(answer, 6, "pitstop.db")
    assert not outputs(house.root)


@pytest.mark.parametrize(
    "url", ["postgresql://u:segreta@host/db", "sqlite://", "sqlite:///:memory:", "https://x", "sqlite:///a?b=c"]
)
def test_an_address_that_names_no_store_is_refused_without_its_secrets(house: Kit, url: str) -> None:
    answer = knock(house.root, "status", store=url)
    told(answer, 6)
    assert "segreta" not in answer.err


# A disk that refuses


def test_a_file_where_a_folder_should_be_is_told(house: Kit) -> None:
    (house.root / "outputs" / CASE).write_bytes(b"")
    told(knock(house.root, "make", "scheda", "--case", CASE), 5, "un pezzo del percorso è un file")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (13, ("è in sola lettura o è aperto in Word. Chiuderlo e riprovare",)),
        (28, ("il disco è pieno. Liberare spazio",)),
        (30, ("il disco è in sola lettura",)),
        (122, ("lo spazio assegnato sul disco è finito",)),
        (5, ("il disco ha dato un errore",)),
    ],
)
def test_a_disk_that_refuses_is_told_and_leaves_what_was_there(
    house: Kit, number: int, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    knock(house.root, "make", "scheda", "--case", CASE)
    before = outputs(house.root)
    house.keep("scheda", {**SHEET, "sintesi": "Altra"}, number=1)

    def refused(source: Path, target: Path) -> None:
        raise OSError(number, "refused")

    monkeypatch.setattr(Path, "replace", refused)
    answer = knock(house.root, "make", "scheda", "--case", CASE)
    told(Answer(answer.code, answer.out, answer.err), 5, *words)
    assert outputs(house.root) == before


def limited(house: Kit, size: int, *words: str, text: bytes = b"") -> Answer:
    """Run a command that may write no file past a size, as on a disk that has no more room."""
    command = [*OPENING, *words]
    ended = subprocess.run(
        command,
        cwd=house.root,
        input=text,
        capture_output=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
    )
    return Answer(ended.returncode, ended.stdout.decode(), ended.stderr.decode())


@LINUX
@pytest.mark.parametrize("size", [0, 100, 4096])
def test_a_full_disk_leaves_the_document_that_was_there(house: Kit, size: int) -> None:
    knock(house.root, "make", "scheda", "--case", CASE)
    before = outputs(house.root)
    house.keep("scheda", {**SHEET, "sintesi": "Altra"}, number=1)
    answer = limited(house, size, "make", "scheda", "--case", CASE)
    assert answer.code in (5, 6) and not answer.out and "Traceback" not in answer.err, answer
    assert outputs(house.root) == before
    assert whole(house) == 5
    assert knock(house.root, "make", "scheda", "--case", CASE).code == 0 and whole(house) == 6


@LINUX
@pytest.mark.parametrize("size", [0, 4096, 32768])
def test_a_full_disk_loses_no_record(house: Kit, size: int) -> None:
    text = json.dumps({**PERSON, "nome": "x" * 40_000}).encode()
    answer = limited(house, size, "keep", "persona", "-", "--case", CASE, text=text)
    told(answer, 6, "pitstop.db", "disco")
    assert whole(house) == 3
    assert knock(house.root, "show", "persona", "--case", CASE).json == PERSON


# A program that is stopped


def stopped(house: Kit, after: float, how: signal.Signals, *words: str, text: bytes = b"") -> int:
    """The exit code of a command that gets a signal so many seconds after its start."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    process = subprocess.Popen([*OPENING, *words], cwd=house.root, **pipes)  # type: ignore[call-overload]
    assert process.stdin
    process.stdin.write(text)
    process.stdin.close()
    time.sleep(after)
    process.send_signal(how)
    said = process.stderr.read().decode()
    process.stderr.close()
    code: int = process.wait(60)
    assert CANARY not in said
    assert "in main\n" not in said, said  # before that, Python itself is still reading the program
    return code


@LINUX
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_program_that_is_stopped_loses_nothing_and_leaves_nothing_half_done(house: Kit, how: signal.Signals) -> None:
    started = time.monotonic()
    run(house.root, "make", "scheda", "--case", CASE)
    whole_run = time.monotonic() - started
    codes = []
    for n in range(4):
        text = json.dumps({**SHEET, "sintesi": f"{CANARY} {n}"}).encode()
        before = whole(house)
        words = ("keep", "scheda", "-", "--case", CASE, "--number", "1")
        codes.append(stopped(house, whole_run * (n + 1) / 5, how, *words, text=text))
        assert whole(house) in (before, before + 1)
        codes.append(stopped(house, whole_run * (n + 3) / 7, how, "make", "scheda", "--case", CASE))
        whole(house)
    assert how in {-code for code in codes} or 130 in codes
    assert knock(house.root, "make", "scheda", "--case", CASE).code == 0
    paths = [str(house.root / "outputs" / name) for name in outputs(house.root) if name.endswith(".docx")]
    assert knock(house.root, "verify", *paths).code == 0 and len(paths) == 1


# Values are only ever text


@pytest.mark.parametrize("value", NASTY)
def test_a_value_arrives_as_it_was_typed(house: Kit, value: str) -> None:
    answer = knock(
        house.root, "keep", "scheda", "-", "--case", CASE, "--number", "1", text=json.dumps({**SHEET, "sintesi": value})
    )
    assert answer.code == 0
    made = knock(house.root, "make", "scheda", "--case", CASE)
    kept = knock(house.root, "show", "scheda", "--case", CASE).json["sintesi"]
    assert f"{kept} – positivo" in seen(Path(made.out.strip()).read_bytes())
    assert json.loads(json.dumps(value, ensure_ascii=False)).replace("\u0301", "") in (kept, value.replace("\u0301", ""))


def test_what_xml_forbids_is_replaced_in_sight_and_told(house: Kit) -> None:
    answer = knock(
        house.root,
        "keep",
        "scheda",
        "-",
        "--case",
        CASE,
        "--number",
        "1",
        text=json.dumps({**SHEET, "sintesi": "a\x0bb\x1fc\ufffe"}),
    )
    assert answer.code == 0 and "sono stati sostituiti con «\ufffd»" in answer.out
    made = knock(house.root, "make", "scheda", "--case", CASE)
    assert "a\ufffdb\ufffdc\ufffd – positivo" in seen(Path(made.out.strip()).read_bytes())


# Nothing of the person


SPOILT: dict[str, Any] = {
    "cognome": [CANARY],
    "nome": {CANARY: CANARY},
    "data_nascita": CANARY,
    "salute": 7,
    "indirizzo_protetto": CANARY,
    "indirizzo": None,
    "altro": CANARY,
}


def test_no_command_tells_a_value_that_a_person_stated(house: Kit) -> None:
    words = ("--case", "PST-002")
    said = [knock(house.root, "keep", "persona", "-", *words, text=json.dumps(SPOILT))]
    house.keep("scheda", {"data": CANARY, "esito": CANARY, "punteggio": CANARY}, case="PST-002")
    for line in (("status",), ("status", "PST-002"), ("status", "--json"), ("forms",)):
        said.append(knock(house.root, *line))
    for kind in ("scheda", "estratto"):
        said += [knock(house.root, verb, kind, *words, *more) for verb in ("check", "make") for more in ((), ("--json",))]
        said.append(knock(house.root, "make", kind, *words, "--draft"))
    said.append(knock(house.root, "keep", "persona", "-", *words, "--base", "9", text=json.dumps(PERSON)))
    paths = [str(house.root / "outputs" / name) for name in outputs(house.root) if name.endswith(".docx")]
    said.append(knock(house.root, "verify", *paths))
    assert all(CANARY not in answer.out + answer.err for answer in said)
    assert {int(answer.code) for answer in said} == {0, 1}
    assert not any(CANARY in str(path) for path in house.root.rglob("*"))
    assert files.safe_name(CASE, CANARY, suffix="").endswith(CANARY)  # a name would pass: it is never given


def test_the_shipped_kit_refuses_in_words_too(tmp_path: Path) -> None:
    knock(tmp_path, "init", str(tmp_path / "kit"))
    root = tmp_path / "kit"
    assert (root / "forms" / "pai.json").read_bytes() == (ROOT / "forms" / "pai.json").read_bytes()
    answer = knock(root, "keep", "persona", "-", "--case", CASE, text=json.dumps({"cognome": [CANARY], "cf": CANARY}))
    assert answer.code == 1 and CANARY not in answer.out + answer.err
    for kind in ("pai", "informativa", "valutazione_intermedia"):
        answer = knock(root, "make", kind, "--case", CASE)
        assert answer.code == 1 and answer.out == "" and "Traceback" not in answer.err
