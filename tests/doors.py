"""A small house to knock at: a kit with a form of each sort, and the command line as a person uses it.

house = small(tmp_path)
house.keep("persona", PERSON)
made = knock(house.root, "make", "scheda", "--case", CASE)      # in this process: made.code, made.out, made.err
made = run(house.root, "make", "scheda", "--case", CASE)        # the same as a program of its own
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from pitstop_docs.cli import Session, main
from tests.kits import CASE, NOON, ROOT, Kit, choice, leaf, rows

CANARY = "Zxqcanarino"
"""A surname that must not be in any message, log or file name."""
PROJECT_DATA = {"titolo": "PitStop"}
PERSON = {
    "cognome": CANARY,
    "nome": "Amina",
    "data_nascita": "1990-03-05",
    "salute": "riservata",
    "indirizzo_protetto": False,
    "indirizzo": "via Sparano 1",
}
SHEET = {"data": "2026-03-05", "sintesi": "Prima sintesi", "esito": "si"}
MEETING = {
    "data": "2026-03-04",
    "casi": [{"caso": "PST-001", "esame": "Esame del primo"}, {"caso": "PST-002", "esame": "Esame del secondo"}],
    "parte_sanitaria": [{"caso": "PST-002", "annotazione": "Nota riservata"}],
}
OPENING = (sys.executable, "-W", "error", "-c", "from pitstop_docs.cli import main; main(prog_name='pitstop')")
"""How the program is started in a process of its own."""


def small(root: Path) -> Kit:
    """A kit with a project, a person, a sheet of which there are many, a meeting over several cases, and signatures."""
    shutil.copytree(_built() / "small", root, dirs_exist_ok=True)
    return Kit(root)


def filled(root: Path) -> Kit:
    """The small house with a case about which everything is stated."""
    shutil.copytree(_built() / "filled", root, dirs_exist_ok=True)
    return Kit(root)


@cache
def _built() -> Path:
    """Both houses, built once."""
    folder = Path(tempfile.mkdtemp(prefix="pitstop-test-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    _build(folder / "small")
    shutil.copytree(folder / "small", folder / "filled")
    kit = Kit(folder / "filled")
    kit.keep("progetto", PROJECT_DATA, case="")
    kit.keep("persona", PERSON)
    kit.keep("scheda", SHEET)
    return folder


def _build(root: Path) -> None:
    kit = Kit.at(root)
    kit.form("progetto", {"titolo": leaf("Titolo")}, required=["titolo"], scope="progetto", opens_case=False)
    person = {
        "cognome": leaf("Cognome", privacy="identificativo"),
        "nome": leaf("Nome", privacy="identificativo"),
        "data_nascita": leaf("Data di nascita", privacy="identificativo", format="data_parziale"),
        "eta": leaf("Età", "integer", readOnly=True, x_computed={"fn": "age", "of": "/data_nascita"}),
        "salute": leaf("Salute", privacy="particolare"),
        "indirizzo_protetto": leaf("Indirizzo da proteggere", "boolean"),
        "indirizzo": leaf("Indirizzo", privacy="identificativo", x_protected_by="/indirizzo_protetto"),
    }
    kit.form("persona", person, required=["cognome", "nome"])
    sheet = {
        "data": leaf("Data della scheda", format="date"),
        "sintesi": leaf("Sintesi", x_long=True, privacy="identificativo"),
        "esito": choice("Esito", {"si": "positivo", "no": "negativo"}),
        "punteggio": leaf("Punteggio", "integer"),
    }
    kit.form("scheda", sheet, required=["data", "sintesi"], many=True, date="/data", opens_case=False)
    meeting = {
        "data": leaf("Data della riunione", format="date"),
        "casi": rows("Casi", {"caso": leaf("Codice del caso", format="caso"), "esame": leaf("Esame")}),
        "parte_sanitaria": rows(
            "Annesso sanitario",
            {"caso": leaf("Codice del caso", format="caso"), "annotazione": leaf("Annotazione", privacy="particolare")},
        ),
    }
    told: dict[str, Any] = {"scope": "progetto", "many": True, "opens_case": False, "cases": "/casi/*/caso", "date": "/data"}
    kit.form("verbale", meeting, required=["data", "casi"], **told)
    signed = {
        "documento": leaf("Documento"),
        "numero": leaf("Numero", "integer"),
        "versione": leaf("Versione", "integer"),
        "data": leaf("Data", format="date"),
    }
    kit.form("firma", signed, many=True, shared=True, opens_case=False, date="/data")
    kit.template(
        "scheda",
        "{{ documento.titolo }} n. {{ scheda.data }}, versione {{ documento.versione }}, {{ documento.caso }}",
        "{{ progetto.titolo }}: {{ persona.cognome }} {{ persona.nome }}, anni {{ persona.eta }}",
        "{{ scheda.sintesi }} – {{ scheda.esito }} – {{ scheda.punteggio }}",
        records=["progetto", "persona", "scheda"],
    )
    kit.template(
        "estratto",
        "{{ persona.cognome }} di {{ persona.indirizzo }}: {{ persona.salute }}",
        form="persona",
        records=["persona"],
        recipient="partner",
    )
    kit.template(
        "verbale",
        "Riunione del {{ verbale.data }}",
        [
            ["Caso", "Esame"],
            ["{%tr for c in verbale.casi %}", ""],
            ["{{ c.caso }}", "{{ c.esame }}"],
            ["{%tr endfor %}", ""],
        ],
        "{% for one in verbale.parte_sanitaria %}{{ one.annotazione }} di {{ one.caso }}{% endfor %}",
        recipient="partner",
    )


@dataclass(frozen=True)
class Answer:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, as JSON."""
        return json.loads(self.out)


def knock(root: Path, *words: str, text: str | bytes | None = None, store: str = "") -> Answer:
    """Run a command here, on a fixed day."""
    told = CliRunner().invoke(main, list(words), obj=Session(root, store, NOON), input=text)
    assert isinstance(told.exception, SystemExit | None), told.exc_info
    return Answer(told.exit_code, told.stdout, told.stderr)


def run(
    root: Path,
    *words: str,
    text: bytes | None = None,
    environment: Mapping[str, str] | None = None,
    before: tuple[str, ...] = (),
) -> Answer:
    """Run a command as a program of its own, with the folder as its own; `before` are words in front (`prlimit …`)."""
    command = [*before, *OPENING, *words]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", **(environment or {})}
    done = subprocess.run(command, cwd=root, input=text, capture_output=True, env=env, timeout=120, check=False)
    return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())


def outputs(root: Path) -> dict[str, bytes]:
    """What lies in the folder of the outputs, by name."""
    found = sorted(path for path in (root / "outputs").rglob("*") if path.is_file())
    return {path.relative_to(root / "outputs").as_posix(): path.read_bytes() for path in found}


__all__ = ["CANARY", "CASE", "MEETING", "NOON", "PERSON", "SHEET", "Answer", "filled", "knock", "outputs", "run", "small"]
