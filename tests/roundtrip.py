"""Foreign programs that fill a form, each as on someone's desk; `make foreign` puts their libraries in `.foreign`.

    PROGRAMS["pdf.js"].lacks()                  # why it cannot be used here, empty if it can
    PROGRAMS["pdf.js"].fill(pdf, {"/nome": "Amina", "/esito=si": True, "/stato": "libero"}, tmp_path)

An answer is a text, the label of a choice, or whether a box is ticked.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
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
        source, told, made = folder / "in.pdf", folder / "answers.json", folder / "out.pdf"
        source.write_bytes(pdf)
        told.write_text(json.dumps(answers), encoding="utf-8")
        words = [*self.words, source, told, made]
        if self.words[0] == "pdftk":
            told.write_text(_xfdf(answers), encoding="utf-8")
            words = ["pdftk", source, "fill_form", told, "output", made]
        if self.words[0] == "java":
            told.write_text(_digits(answers), encoding="ascii")
        ended = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60, env=_environment())
        assert ended.returncode == 0, ended.stderr[-2000:]
        return made.read_bytes()


PROGRAMS = {
    "pdfium": Program((PYTHON, str(SCRIPTS / "pdfium.py")), (PYTHON, "-c", "import pypdfium2")),
    "MuPDF": Program((PYTHON, str(SCRIPTS / "mupdf.py")), (PYTHON, "-c", "import pymupdf")),
    "poppler": Program((SYSTEM, str(SCRIPTS / "poppler.py")), (SYSTEM, "-c", "import gi; gi.require_version('Poppler', '0.18')")),
    "pdf.js": Program(("node", str(SCRIPTS / "pdfjs.mjs")), ("node", str(SCRIPTS / "has.mjs"), "pdfjs-dist")),
    "pdf-lib": Program(("node", str(SCRIPTS / "pdflib.mjs")), ("node", str(SCRIPTS / "has.mjs"), "pdf-lib")),
    "pdftk": Program(("pdftk",), ("pdftk", "--version")),
    "PDFBox": Program(("java", "-cp", JARS, str(SCRIPTS / "PdfBox.java")), ("java", "-cp", JARS, str(SCRIPTS / "HasBox.java"))),
}
"""The engines of Chrome and Android, of telephones, of Okular, of Firefox, of web pages; tools of many offices."""
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
    return {**os.environ, "PITSTOP_FOREIGN": str(LIBRARIES)}


def _digits(answers: Answers) -> str:
    words = {name: str(answer).lower() if isinstance(answer, bool) else answer for name, answer in answers.items()}
    return "".join(f"{name.encode().hex()} {answer.encode().hex()}\n" for name, answer in words.items())


def _xfdf(answers: Answers) -> str:
    states = {True: "Yes", False: "Off"}
    fields = (
        f"<field name={quoteattr(name)}><value>{escape(states[answer] if isinstance(answer, bool) else answer)}</value></field>"
        for name, answer in answers.items()
    )
    head = '<?xml version="1.0" encoding="UTF-8"?><xfdf xmlns="http://ns.adobe.com/xfdf/" xml:space="preserve">'
    return f"{head}<fields>{''.join(fields)}</fields></xfdf>"
