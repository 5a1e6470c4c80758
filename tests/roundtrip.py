"""Foreign programs that fill a form, each as on someone's desk; `make foreign` puts their libraries in `.foreign`.

    PROGRAMS["pdf.js"].lacks()                  # why it cannot be used here, empty if it can
    PROGRAMS["pdf.js"].fill(pdf, {"/nome": "Amina", "/esito=si": True, "/stato": "libero"}, tmp_path)
    VIEWERS["Chrome"].fill_all([(pdf, answers), …], tmp_path)       # many forms at one start

An answer is a text, the label of a choice, or whether a box is ticked.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from tests.kits import ROOT

SCRIPTS = ROOT / "tests" / "foreign"
LIBRARIES = Path(os.environ.get("PITSTOP_FOREIGN", ROOT / ".foreign"))
PYTHON, SYSTEM = str(LIBRARIES / "bin" / "python"), "/usr/bin/python3"
JARS = ":".join(f"/usr/share/java/{name}.jar" for name in ("pdfbox2", "fontbox2", "commons-logging"))
Answers = Mapping[str, str | bool]
SECONDS = 900
"""How long a form may take in the slowest program: a click or a key, hundreds of times."""


@dataclass(frozen=True)
class Program:
    """A program by the words that call it, and a call that ends well where it can be used."""

    words: tuple[str, ...]
    trial: tuple[str, ...]

    def lacks(self) -> str:
        """Why it cannot be used here; empty if it can."""
        return _lacks(self.trial)

    def fill(self, pdf: bytes, answers: Answers, folder: Path) -> bytes:
        """The form with these answers, as the program saves it."""
        [made] = self.fill_all([(pdf, answers)], folder)
        return made

    def fill_all(self, jobs: Sequence[tuple[bytes, Answers]], folder: Path, *, picture: Path | None = None) -> list[bytes]:
        """Each form with its answers, in one start of the program where it can; a viewer puts what it shows into `picture`."""
        told = []
        for n, (pdf, answers) in enumerate(jobs):
            source = folder / f"{n}-in.pdf"
            source.write_bytes(pdf)
            job: dict[str, object] = {"source": str(source), "answers": answers, "target": str(folder / f"{n}-out.pdf")}
            told.append({**job, "picture": str(picture)} if picture else job)
        for call in self.calls(told, folder):
            ended = subprocess.run(
                call, capture_output=True, text=True, check=False, timeout=SECONDS * len(jobs), env=_environment()
            )
            assert ended.returncode == 0, ended.stderr[-2000:]
        return [(folder / f"{n}-out.pdf").read_bytes() for n in range(len(jobs))]

    def calls(self, told: list[dict[str, object]], folder: Path) -> list[list[str]]:
        """The words of each call, with what it is to read put into the folder."""
        jobs = folder / "jobs"
        if self.words[0] == "pdftk":
            return [_of_pdftk(job, folder / f"{n}.xfdf") for n, job in enumerate(told)]
        jobs.write_text(_digits(told) if self.words[0] == "java" else json.dumps(told), encoding="utf-8")
        return [[*self.words, str(jobs)]]


def _in_python(python: str, script: str, trial: str) -> Program:
    return Program((python, str(SCRIPTS / script)), (python, "-c", trial))


def _in_node(script: str, library: str) -> Program:
    return Program(("node", str(SCRIPTS / script)), ("node", str(SCRIPTS / "has.mjs"), library))


def _viewer(name: str) -> Program:
    words = ("node", str(SCRIPTS / "viewers.mjs"))
    return Program((*words, name), words)


PROGRAMS = {
    "pdfium": _in_python(PYTHON, "pdfium.py", "import pypdfium2"),
    "MuPDF": _in_python(PYTHON, "mupdf.py", "import pymupdf"),
    "poppler": _in_python(SYSTEM, "poppler.py", "import gi; gi.require_version('Poppler', '0.18')"),
    "pdf.js": _in_node("pdfjs.mjs", "pdfjs-dist"),
    "pdf-lib": _in_node("pdflib.mjs", "pdf-lib"),
    "pdftk": Program(("pdftk",), ("pdftk", "--version")),
    "PDFBox": Program(("java", "-cp", JARS, str(SCRIPTS / "PdfBox.java")), ("java", "-cp", JARS, str(SCRIPTS / "HasBox.java"))),
}
"""The engines of Chrome and Android, of telephones, of Okular, of Firefox, of web pages; tools of many offices."""
VIEWERS = {"Chrome": _viewer("chrome"), "Firefox": _viewer("firefox")}
"""What people see, filled with mouse and keyboard: Chrome's own viewer, and pdf.js, which is Firefox's, shown by Chrome."""
REWRITING = {
    "qpdf": ("qpdf", "--object-streams=disable", "in.pdf", "out.pdf"),
    "mutool": ("mutool", "clean", "-gggg", "in.pdf", "out.pdf"),
    "pdfseparate and pdfunite": ("sh", "-c", "pdfseparate in.pdf page-%d.pdf && pdfunite page-*.pdf out.pdf"),
    "pdftk": ("pdftk", "in.pdf", "cat", "output", "out.pdf"),
}
"""Programs that write a file anew, page by page or whole, by the words that do it."""


def rewritten(name: str, pdf: bytes, folder: Path) -> bytes:
    """The file as the program writes it again."""
    (folder / "in.pdf").write_bytes(pdf)
    ended = subprocess.run(REWRITING[name], cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    assert (folder / "out.pdf").is_file(), ended.stderr
    return (folder / "out.pdf").read_bytes()


def lacking(name: str) -> str:
    """Why a rewriting program cannot be used here; empty if it can."""
    called = [word for word in ("qpdf", "mutool", "pdftk", "pdfunite") if word in " ".join(REWRITING[name])]
    return "" if shutil.which(called[0]) else f"{called[0]} is not installed"


@cache
def _lacks(trial: tuple[str, ...]) -> str:
    reason = f"«{' '.join(trial)}» does not end well: try `make foreign`"
    try:
        ended = subprocess.run(trial, capture_output=True, check=False, timeout=60, env=_environment())
    except OSError:
        return reason
    return "" if ended.returncode == 0 else reason


def _environment() -> dict[str, str]:
    return {"PITSTOP_CHROMIUM": shutil.which("chromium") or "", **os.environ, "PITSTOP_FOREIGN": str(LIBRARIES)}


def _digits(told: Sequence[Mapping[str, object]]) -> str:
    """The jobs in lines for a program that reads no JSON: what is filled and where it goes, then each name with its answer."""

    def line(head: str, *texts: object) -> str:
        words = [str(text).lower() if isinstance(text, bool) else str(text) for text in texts]
        return " ".join((head, *(word.encode().hex() for word in words)))

    lines = []
    for job in told:
        answers = job["answers"]
        assert isinstance(answers, Mapping)
        lines.append(line("form", job["source"], job["target"]))
        lines += [line("field", name, answer) for name, answer in answers.items()]
    return "\n".join(lines)


def _of_pdftk(job: Mapping[str, object], told: Path) -> list[str]:
    states = {True: "Yes", False: "Off"}
    answers = job["answers"]
    assert isinstance(answers, Mapping)
    fields = (
        f"<field name={quoteattr(name)}><value>{escape(states[answer] if isinstance(answer, bool) else answer)}</value></field>"
        for name, answer in answers.items()
    )
    head = '<?xml version="1.0" encoding="UTF-8"?><xfdf xmlns="http://ns.adobe.com/xfdf/" xml:space="preserve">'
    told.write_text(f"{head}<fields>{''.join(fields)}</fields></xfdf>", encoding="utf-8")
    return ["pdftk", str(job["source"]), "fill_form", str(told), "output", str(job["target"])]
