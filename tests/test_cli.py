"""The command line: results on one side, words on the other, an exit code that a script can trust, every word explained."""

from __future__ import annotations

import inspect
import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

import pitstop_docs
from pitstop_docs import cli, demo
from pitstop_docs.cli import main
from pitstop_docs.errors import ExitCode
from tests.doors import CANARY, CASE, OPENING, PERSON, Answer, filled, knock, outputs, run
from tests.kits import ROOT, Kit

COMMANDS = sorted(main.commands)
HEAVY = {"docxtpl", "docx", "openpyxl", "pypdf", "jsonschema", "sqlalchemy", "lxml"}
FINDING = {
    *("rule", "severity", "form", "number", "path", "label", "message", "remedy", "who", "source", "waived", "waiver"),
}


@pytest.fixture
def house(tmp_path: Path) -> Kit:
    return filled(tmp_path / "casa")


# In words


def readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_readme(name: str) -> None:
    assert f"`{name}" in readme()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_in_the_readme(name: str) -> None:
    [row] = [line for line in readme().splitlines() if line.startswith(f"| `{name}")]
    told = [option for one in main.commands[name].params for option in one.opts if option.startswith("--")]
    assert [option for option in told if option not in row and option != "--json"] == []
    assert "--json" in readme()


def test_the_readme_knows_no_other_command() -> None:
    rows = [line for line in readme().partition("## Commands")[2].splitlines() if line.startswith("| `")]
    assert sorted(line.split("`")[1].split()[0] for line in rows) == COMMANDS


def test_every_exit_code_is_in_the_readme() -> None:
    for code in ExitCode:
        assert f"| {int(code)} |" in readme()


@pytest.mark.parametrize("words", [(), *((name,) for name in COMMANDS)])
def test_every_command_explains_itself_in_italian(words: tuple[str, ...], tmp_path: Path) -> None:
    told = knock(tmp_path, *words, "--help")
    assert told.code == 0 and told.err == ""
    command = main.commands[words[0]] if words else main
    assert (command.help or "").split()[0] in told.out
    for one in command.params:
        if isinstance(one, click.Option):
            assert one.help, one.name


def test_without_a_word_the_commands_are_listed(tmp_path: Path) -> None:
    told = knock(tmp_path)
    assert told.code == 2 and all(name in told.out + told.err for name in COMMANDS)


def test_the_version_is_told(tmp_path: Path) -> None:
    assert knock(tmp_path, "--version").out == f"pitstop {pitstop_docs.__version__}\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("prepara",), "Il comando «prepara» non esiste."),
        (("make2",), "Il comando «make2» non esiste. Forse: make."),
        (("forms", "--forza"), "L’opzione --forza non esiste."),
        (("make", "--numbr"), "L’opzione --numbr non esiste. Forse --number?"),
        (("forms", "in", "più"), "Ci sono parole di troppo."),
        (("forms", "--json=1"), "L’opzione --json non ha il suo valore, o ne ha uno di troppo."),
        (("keep",), "Manca FORM."),
        (("keep", "persona"), "Indicare il file delle risposte, oppure --withdraw."),
        (("keep", "persona", "-", "--number", "zero"), "Il valore di --number non è ammesso."),
        (("show", "persona", "--revision", "0"), "Il valore di --revision non è ammesso."),
        (("make",), "Manca KIND."),
        (("verify",), "Manca PATHS."),
        (("make", "scheda", "--case"), "L’opzione --case non ha il suo valore, o ne ha uno di troppo."),
    ],
)
def test_wrong_words_are_told_in_italian(house: Kit, words: tuple[str, ...], said: str) -> None:
    told = knock(house.root, *words)
    assert told == Answer(2, "", f"{said} Per le istruzioni: pitstop --help.\n")


# One command after the other


def test_init_unpacks_the_kit_and_leaves_alone_what_is_there(tmp_path: Path) -> None:
    root = tmp_path / "nuova"
    assert knock(tmp_path, "init", str(root)).code == 0
    assert {path.name for path in root.iterdir()} == {"forms", "schemas", "templates", "rules", "outputs"}
    template = root / "templates" / "pai.docx"
    template.write_bytes(b"mio")
    (root / "forms" / "pai.json").unlink()
    told = knock(tmp_path, "init", str(root))
    assert told.out == f"Cartella di lavoro pronta: {root} (1 file nuovi).\n" and template.read_bytes() == b"mio"


def test_init_without_a_folder_means_the_workspace(tmp_path: Path) -> None:
    assert run(tmp_path, "--workspace", "qui", "init").code == 0
    assert (tmp_path / "qui" / "forms").is_dir()


def test_forms_lists_forms_and_kinds(house: Kit) -> None:
    told = knock(house.root, "forms")
    assert told.code == 0 and told.err == ""
    assert "  scheda                     D99   Scheda (più d’uno)" in told.out.splitlines()
    shape = knock(house.root, "forms", "--json").json
    assert set(shape) == {"forms", "kinds"}
    assert set(shape["forms"][0]) == {"form", "code", "title", "scope"}
    assert {one["kind"] for one in shape["kinds"]} == {"estratto", "scheda", "verbale"}


def test_keep_reads_a_file_or_the_standard_input(house: Kit, tmp_path: Path) -> None:
    file = tmp_path / "scheda.json"
    file.write_text('{"data": "2026-03-06", "sintesi": "Da un file"}', encoding="utf-8")
    words = ("keep", "scheda", str(file), "--case", CASE)
    assert knock(house.root, *words).code == 0
    assert run(house.root, *words[:2], "-", *words[3:], text=file.read_bytes()).err.startswith("Già conservato")


def test_keep_and_check_report_findings_of_one_shape(house: Kit) -> None:
    kept = knock(house.root, "keep", "persona", "-", "--case", "PST-002", "--json", text='{"nome": "Amina"}')
    checked = knock(house.root, "check", "estratto", "--case", "PST-002", "--json")
    for told in (kept, checked):
        assert told.code == 1
        [missing] = [one for one in told.json if one["path"] == "/cognome"]
        assert set(missing) == FINDING and missing["severity"] == "bloccante" and missing["who"] == "AS"


def test_show_prints_json_that_keep_takes_back(house: Kit) -> None:
    told = knock(house.root, "show", "persona", "--case", CASE)
    assert told.code == 0 and told.json == PERSON and told.err == "persona n. 1, revisione 1, 05/03/2026.\n"
    again = knock(house.root, "keep", "persona", "-", "--case", CASE, text=told.out)
    assert "Già conservato" in again.err


def test_check_says_what_is_missing_and_writes_nothing(house: Kit) -> None:
    assert knock(house.root, "check", "scheda", "--case", CASE).code == 0
    house.keep("scheda", {"data": "2026-03-05"}, number=1)
    told = knock(house.root, "check", "scheda", "--case", CASE)
    assert told.code == 1 and "Scheda, Sintesi – Manca la risposta." in told.out and told.err == ""
    assert not outputs(house.root)


def test_check_and_make_say_the_same(house: Kit) -> None:
    house.keep("scheda", {"data": "2026-03-05"}, number=1)
    checked = knock(house.root, "check", "scheda", "--case", CASE, "--json").json
    assert knock(house.root, "make", "scheda", "--case", CASE, "--json").json == {"document": None, "findings": checked}


def test_make_prints_the_path_alone(house: Kit) -> None:
    told = knock(house.root, "make", "scheda", "--case", CASE)
    assert told.code == 0 and Path(told.out.removesuffix("\n")).is_file() and "Punteggio" in told.err
    shape = knock(house.root, "make", "scheda", "--case", CASE, "--json").json
    document = shape["document"]
    assert document["path"] == told.out.strip() and document["fresh"] is False and document["pdf"] is None
    assert set(document) == {"kind", "case", "number", "version", "draft", "sha256", "fresh", "path", "pdf"}


def test_make_refuses_without_a_result(house: Kit) -> None:
    house.keep("scheda", {"data": "2026-03-05"}, number=1)
    told = knock(house.root, "make", "scheda", "--case", CASE)
    assert told.code == 1 and told.out == "" and "Documento non prodotto" in told.err and "--draft" in told.err


def test_verify_of_a_folder_asks_for_a_document(house: Kit) -> None:
    answer = knock(house.root, "verify", str(house.root / "outputs"))
    assert answer.code == 5
    assert "è una cartella: indicare un documento" in answer.err


def test_verify_takes_many_paths(house: Kit) -> None:
    made = [knock(house.root, "make", kind, "--case", CASE).out.strip() for kind in ("scheda", "estratto")]
    told = knock(house.root, "verify", *made)
    assert told.code == 0 and len(told.out.splitlines()) == 2 and told.err == ""
    assert knock(house.root, "verify", *made, "--json").json == [{"path": path, "altered": [], "outdated": []} for path in made]


def test_the_store_may_be_elsewhere(house: Kit, tmp_path: Path) -> None:
    other = tmp_path / "altro.db"
    words = ("--workspace", str(house.root), "--store", str(other))
    assert run(tmp_path, *words, "keep", "persona", "-", "--case", "PST-007", text=b"{}").code == 1
    told = run(tmp_path, *words, "status")
    assert "PST-007" in told.out and CASE not in told.out
    assert run(tmp_path, "--workspace", str(house.root), "--store", f"sqlite:///{other}", "status").out == told.out


# Streams


def test_whoever_reads_may_stop(house: Kit) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [*OPENING, "--workspace", str(house.root), "forms"]
    with os.fdopen(writing, "wb") as closed:
        ended = subprocess.run(command, stdout=closed, stderr=subprocess.PIPE, check=False)
    assert (ended.returncode, ended.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_result_that_cannot_be_written_is_told(house: Kit) -> None:
    command = [*OPENING, "--workspace", str(house.root), "forms"]
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
    assert ended.returncode == 5
    assert ended.stderr.decode().startswith("Impossibile leggere o scrivere: il sistema ha risposto ENOSPC.")


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-16"])
def test_a_name_in_any_script_goes_through_a_pipe_whatever_the_locale(house: Kit, encoding: str) -> None:
    house.keep("persona", {**PERSON, "nome": "محمد আমিনা"})
    told = run(house.root, "show", "persona", "--case", CASE, environment={"PYTHONIOENCODING": encoding})
    assert told.code == 0 and told.json["nome"] == "محمد আমিনা"


def test_a_terminal_keeps_its_own_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.TextIOWrapper):
        def isatty(self) -> bool:
            return True

    terminal = Terminal(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr(sys, "stdout", terminal)
    cli._write_utf8()
    terminal.write("è ম")
    assert (terminal.encoding, terminal.errors) == ("cp1252", "replace")


# Light and thin


@pytest.mark.parametrize("words", [("--help",), ("forms",), ("forms", "--json"), ("init", "."), ("keep", "--help")])
def test_what_needs_no_document_imports_no_heavy_library(house: Kit, words: tuple[str, ...]) -> None:
    program = f"""
import sys
from pitstop_docs.cli import main
try:
    main({list(words)!r})
except SystemExit as end:
    assert end.code == 0, end.code
print("loaded", *sorted({HEAVY!r} & set(sys.modules)), file=sys.stderr)
"""
    ended = subprocess.run([sys.executable, "-c", program], cwd=house.root, capture_output=True, text=True, check=False)
    assert ended.stderr.splitlines()[-1:] == ["loaded"], ended.stderr


def test_each_command_is_a_few_lines(house: Kit) -> None:
    lines = {name: len(inspect.getsource(body(one)).splitlines()) for name, one in main.commands.items()}
    assert {name: count for name, count in lines.items() if count > 45} == {}


def body(command: click.Command) -> Callable[..., object]:
    found = command.callback
    assert found is not None
    return inspect.unwrap(found)


# The last door


def test_a_fault_of_ours_leaves_a_log_of_places_and_no_values(
    house: Kit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(*_: object, **__: object) -> None:
        raise RuntimeError(CANARY)

    monkeypatch.setattr(demo, "build", fault)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    told = knock(house.root, "demo", str(tmp_path / "prova"))
    assert told.code == 70 and "Errore interno: non è un problema dei dati." in told.err and "Traceback" not in told.err
    [log] = tmp_path.glob("pitstop-*.log")
    assert str(log) in told.err
    written = log.read_text(encoding="utf-8")
    assert "RuntimeError" in written and "cli.py" in written and CANARY not in written + told.err


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, EOFError, click.exceptions.Abort])
def test_an_interruption_has_a_code_of_its_own(
    house: Kit, monkeypatch: pytest.MonkeyPatch, interruption: type[BaseException]
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise interruption

    monkeypatch.setattr(demo, "build", stop)
    told = knock(house.root, "demo", str(house.root / "prova"))
    assert told.code == 130 and told.err.strip() == "Interrotto. Ciò che era già stato salvato resta."


def test_a_folder_that_is_no_workspace_is_told_how_to_become_one(tmp_path: Path) -> None:
    told = knock(tmp_path / "altrove", "forms")
    assert told.code == 5 and "non è una cartella di lavoro" in told.err and "pitstop init" in told.err
