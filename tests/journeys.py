"""What becomes of an issued form on its way back, done with the programs of others: printed, scanned, signed, joined, renamed.

    told(JOURNEYS[0], Post.at(tmp_path))        # what the command line says of it
    python -m tests.journeys                    # the table: what each file is, and the sentence that a person reads

A journey that no program here can make says why (`lacks`).
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pitstop_docs.triage import Outcome
from tests.doors import knock
from tests.kits import CASE
from tests.post import (
    OTHER,
    Post,
    askew,
    joined_scans,
    letter,
    locked,
    of_another,
    photographed,
    picture,
    renamed,
    scan,
    sealed,
    signed,
    tampered,
    zipped,
)
from tests.roundtrip import PROGRAMS, PYTHON


@dataclass(frozen=True)
class Journey:
    """A way back: what it is called, how the file is made, with which programs; what a person is told of it.

    `said` are parts of the sentence; `ordinary` marks the few that every test run makes.
    """

    name: str
    made: Callable[[Post], bytes]
    outcome: Outcome
    said: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    ordinary: bool = False
    suffix: str = ".pdf"

    def lacks(self) -> str:
        """Why it cannot be made here, empty if it can."""
        missing = [one for one in self.needs if not (_importable(one[1:]) if one.startswith("+") else shutil.which(one))]
        return f"{missing[0].lstrip('+')} is not installed" if missing else ""


@cache
def _importable(module: str) -> bool:
    words = [PYTHON, "-c", f"import {module}"]
    return Path(PYTHON).exists() and subprocess.run(words, capture_output=True, check=False, timeout=60).returncode == 0


SCANNED = ("è una scansione o una foto", "modulo «scheda» del caso PST-001", "copia n. 1", "ricopiare le risposte")
PRINTED = ("Il file è stato stampato in PDF", "(pagine 1–3 di 3)", "modulo «scheda» del caso PST-001", "«Salva», non «Stampa»")
JOURNEYS = (
    # printed and scanned
    Journey(
        "printed by cairo",
        lambda post: post.run("pdftocairo", "-pdf", "a.pdf", "out.pdf", a=post.filled),
        Outcome.FLATTENED,
        PRINTED,
        ("pdftocairo",),
        ordinary=True,
    ),
    Journey(
        "printed by mutool",
        lambda post: post.run("mutool", "convert", "-o", "out.pdf", "a.pdf", a=post.filled),
        Outcome.FLATTENED,
        PRINTED,
        ("mutool",),
    ),
    Journey("scanned at 200 dpi", lambda post: scan(post.filled, post), Outcome.SCANNED, SCANNED, ("pdftoppm",), ordinary=True),
    Journey("scanned at 150 dpi", lambda post: scan(post.filled, post, density=150), Outcome.SCANNED, SCANNED, ("pdftoppm",)),
    Journey("scanned at 100 dpi", lambda post: scan(post.filled, post, density=100), Outcome.SCANNED, SCANNED, ("pdftoppm",)),
    Journey("scanned askew", lambda post: scan(post.filled, post, askew), Outcome.SCANNED, SCANNED, ("pdftoppm",)),
    Journey(
        "scanned upside down",
        lambda post: scan(post.filled, post, lambda one: askew(one, 180)),
        Outcome.SCANNED,
        SCANNED,
        ("pdftoppm",),
    ),
    Journey(
        "scanned lying", lambda post: scan(post.filled, post, lambda one: askew(one, 90)), Outcome.SCANNED, SCANNED, ("pdftoppm",)
    ),
    Journey(
        "photographed", lambda post: scan(post.filled, post, photographed), Outcome.SCANNED, SCANNED, ("pdftoppm",), ordinary=True
    ),
    Journey("scanned, one page", lambda post: scan(post.filled, post, pages=[2]), Outcome.SCANNED, SCANNED, ("pdftoppm",)),
    Journey("scanned, pages of two forms", joined_scans, Outcome.MERGED, (CASE, OTHER), ("pdftoppm",)),
    # flattened, enciphered
    Journey(
        "flattened by pdftk",
        lambda post: post.run("pdftk", "a.pdf", "output", "out.pdf", "flatten", a=post.filled),
        Outcome.FLATTENED,
        PRINTED,
        ("pdftk",),
    ),
    Journey(
        "flattened by qpdf",
        lambda post: post.run("qpdf", "--generate-appearances", "--flatten-annotations=all", "a.pdf", "out.pdf", a=post.filled),
        Outcome.FLATTENED,
        PRINTED,
        ("qpdf",),
        ordinary=True,
    ),
    Journey(
        "closed by a password",
        lambda post: post.run(
            "qpdf",
            "--encrypt",
            "segreto",
            "altro",
            "128",
            "--use-aes=n",
            "--",
            "a.pdf",
            "out.pdf",
            "--allow-weak-crypto",
            a=post.filled,
        ),
        Outcome.LOCKED,
        ("solo con una password",),
        ("qpdf",),
    ),
    Journey(
        "closed by a password, AES-256",
        lambda post: post.run("qpdf", "--encrypt", "segreto", "altro", "256", "--", "a.pdf", "out.pdf", a=post.filled),
        Outcome.LOCKED,
        ("solo con una password",),
        ("qpdf",),
    ),
    Journey(
        "restricted by its owner",
        lambda post: post.run(
            "qpdf", "--allow-weak-crypto", "--encrypt", "", "altro", "128", "--use-aes=n", "--", "a.pdf", "out.pdf", a=post.filled
        ),
        Outcome.READY,
        ("nuove",),
        ("qpdf",),
    ),
    Journey(
        "restricted by its owner, AES-256",
        lambda post: post.run("qpdf", "--encrypt", "", "altro", "256", "--", "a.pdf", "out.pdf", a=post.filled),
        Outcome.READY,
        ("nuove", "limitazioni"),
        ("qpdf",),
    ),
    # pages
    Journey(
        "the first page alone",
        lambda post: post.run("qpdf", "a.pdf", "--pages", ".", "1", "--", "out.pdf", a=post.filled),
        Outcome.PARTIAL,
        ("mancano le pagine 2–3",),
        ("qpdf",),
    ),
    Journey(
        "without the first page",
        lambda post: post.run("qpdf", "a.pdf", "--pages", ".", "2-z", "--", "out.pdf", a=post.filled),
        Outcome.PARTIAL,
        ("manca la pagina 1",),
        ("qpdf",),
        ordinary=True,
    ),
    Journey(
        "pages backwards",
        lambda post: post.run("qpdf", "a.pdf", "--pages", ".", "z-1", "--", "out.pdf", a=post.filled),
        Outcome.READY,
        (),
        ("qpdf",),
    ),
    Journey(
        "without a page, by pdftk",
        lambda post: post.run("pdftk", "a.pdf", "cat", "1", "3", "output", "out.pdf", a=post.filled),
        Outcome.PARTIAL,
        ("manca la pagina 2",),
        ("pdftk",),
    ),
    Journey(
        "without a page, by mutool",
        lambda post: post.run("mutool", "merge", "-o", "out.pdf", "a.pdf", "1,3", a=post.filled),
        Outcome.FLATTENED,
        ("pagine 1, 3 di 3",),
        ("mutool",),
    ),
    # two in one
    Journey(
        "two cases joined by pdfunite",
        lambda post: post.run("pdfunite", "a.pdf", "b.pdf", "out.pdf", a=post.filled, b=post.other),
        Outcome.MERGED,
        (CASE, OTHER),
        ("pdfunite",),
        ordinary=True,
    ),
    Journey(
        "two cases joined by pdftk",
        lambda post: post.run("pdftk", "a.pdf", "b.pdf", "cat", "output", "out.pdf", a=post.filled, b=post.other),
        Outcome.MERGED,
        (CASE, OTHER),
        ("pdftk",),
    ),
    Journey(
        "two cases joined by qpdf",
        lambda post: post.run("qpdf", "a.pdf", "--pages", ".", "b.pdf", "--", "out.pdf", a=post.filled, b=post.other),
        Outcome.MERGED,
        (CASE, OTHER),
        ("qpdf",),
    ),
    Journey(
        "two cases joined by mutool",
        lambda post: post.run("mutool", "merge", "-o", "out.pdf", "a.pdf", "b.pdf", a=post.filled, b=post.other),
        Outcome.MERGED,
        (CASE, OTHER),
        ("mutool",),
    ),
    Journey(
        "two copies joined by pdfunite",
        lambda post: post.run("pdfunite", "a.pdf", "b.pdf", "out.pdf", a=post.filled, b=post.blank),
        Outcome.MERGED,
        ("due copie",),
        ("pdfunite",),
    ),
    Journey(
        "two copies joined by pdftk",
        lambda post: post.run("pdftk", "a.pdf", "b.pdf", "cat", "output", "out.pdf", a=post.filled, b=post.blank),
        Outcome.MERGED,
        ("due copie",),
        ("pdftk",),
    ),
    Journey(
        "two copies joined by qpdf",
        lambda post: post.run("qpdf", "a.pdf", "--pages", ".", "b.pdf", "--", "out.pdf", a=post.filled, b=post.blank),
        Outcome.MERGED,
        ("due copie",),
        ("qpdf",),
    ),
    Journey(
        "two copies joined by mutool",
        lambda post: post.run("mutool", "merge", "-o", "out.pdf", "a.pdf", "b.pdf", a=post.filled, b=post.blank),
        Outcome.MERGED,
        ("due copie",),
        ("mutool",),
    ),
    # whose it is
    Journey(
        "the hidden field says another case", lambda post: of_another(post, everywhere=False), Outcome.DISCORDANT, (CASE, OTHER)
    ),
    Journey(
        "all but the pages say another case", lambda post: of_another(post, everywhere=True), Outcome.DISCORDANT, (CASE, OTHER)
    ),
    Journey(
        "a locked field changed",
        locked,
        Outcome.DOUBTFUL,
        ("non si potevano cambiare", "/nome"),
        ordinary=True,
    ),
    Journey("a field of another name since", renamed, Outcome.OLD, ("nuove",)),
    Journey("sent back as it was", lambda post: post.blank, Outcome.UNFILLED, ()),
    # signed
    Journey(
        "signed, .p7m",
        lambda post: sealed(post, post.filled),
        Outcome.READY,
        ("nuove",),
        ("openssl",),
        ordinary=True,
        suffix=".pdf.p7m",
    ),
    Journey(
        "signed, .p7m in letters",
        lambda post: sealed(post, post.filled, "-nodetach", "-outform", "PEM"),
        Outcome.READY,
        ("nuove",),
        ("openssl",),
        suffix=".pdf.p7m",
    ),
    Journey(
        "signed, .p7m as a mail",
        lambda post: sealed(post, post.filled, "-nodetach", "-outform", "SMIME"),
        Outcome.READY,
        ("nuove",),
        ("openssl",),
        suffix=".pdf.p7m",
    ),
    Journey(
        "signed, .p7m by pieces",
        lambda post: sealed(post, post.filled, "-nodetach", "-outform", "DER", "-stream"),
        Outcome.READY,
        ("nuove",),
        ("openssl",),
        suffix=".pdf.p7m",
    ),
    Journey(
        "signed twice, .p7m.p7m",
        lambda post: sealed(post, sealed(post, post.filled)),
        Outcome.READY,
        ("nuove",),
        ("openssl",),
        suffix=".pdf.p7m.p7m",
    ),
    Journey(
        "the signature without the file",
        lambda post: sealed(post, post.filled, "-outform", "DER"),
        Outcome.SEALED,
        ("contiene solo la firma",),
        ("openssl",),
        suffix=".p7m",
    ),
    Journey(
        "signed, .p7m, changed inside",
        lambda post: tampered(sealed(post, post.filled)),
        Outcome.SIGNED_CHANGED,
        ("non è quello che è stato firmato",),
        ("openssl",),
        ordinary=True,
        suffix=".pdf.p7m",
    ),
    Journey("signed in itself", signed, Outcome.READY, ("nuove",), ("openssl", "+pyhanko.sign")),
    Journey(
        "signed in itself, then saved again",
        lambda post: PROGRAMS["pdf.js"].fill(signed(post), {"/fine": "Altro"}, post.folder),
        Outcome.SIGNED_CHANGED,
        ("sono cambiati dei campi (/fine)",),
        ("openssl", "node", "+pyhanko.sign"),
    ),
    Journey(
        "signed in itself, then written anew",
        lambda post: PROGRAMS["pdfium"].fill(signed(post), {"/fine": "Altro"}, post.folder),
        Outcome.SIGNED_CHANGED,
        ("è stato riscritto",),
        ("openssl", "+pyhanko.sign", "+pypdfium2"),
    ),
    # no form, no PDF
    Journey("a Word file", lambda post: zipped("word/document.xml", b"<w:document/>"), Outcome.NO_PDF, ("documento di Word",)),
    Journey("a photograph", lambda post: picture(), Outcome.NO_PDF, ("è una foto",)),
    Journey(
        "a page of the web", lambda post: b"<!DOCTYPE html><html><body>Modulo</body></html>", Outcome.NO_PDF, ("pagina web",)
    ),
    Journey("a note", lambda post: "Ho compilato il modulo, è qui".encode(), Outcome.NO_PDF, ("non è un PDF",)),
    Journey("nothing", lambda post: b"", Outcome.EMPTY, ("Il file è vuoto",), ordinary=True),
    Journey("zeros", lambda post: bytes(1000), Outcome.EMPTY, ("Il file è vuoto",)),
    Journey("the first half", lambda post: post.filled[: len(post.filled) // 2], Outcome.BROKEN, ("danneggiato o incompleto",)),
    Journey("a letter as a PDF", lambda post: letter(), Outcome.FOREIGN, ("senza campi",)),
)


def told(journey: Journey, post: Post) -> str:
    """What the real command line says of the file: the sentence, why it should be looked at, what is good to know."""
    path = post.folder / f"{re.sub('[^a-z0-9]+', '_', journey.name)}{journey.suffix}"
    path.write_bytes(journey.made(post))
    ended = knock(post.kit.root, "read", "--dry-run", "--json", str(path))
    [reading] = ended.json
    assert reading["outcome"] == journey.outcome, reading
    return "\n".join((reading["sentence"], *reading["doubts"], *reading["notes"]))


def as_told(journey: Journey) -> bool:
    """True if a person is told what the journey says."""
    with tempfile.TemporaryDirectory() as folder:
        found = told(journey, Post.at(Path(folder)))
    return all(one in found for one in journey.said)


def main() -> None:
    """Print the table."""
    for journey in JOURNEYS:
        if reason := journey.lacks():
            print(f"{journey.name}: {reason}")
            continue
        with tempfile.TemporaryDirectory() as folder:
            found = told(journey, Post.at(Path(folder)))
        print(f"{journey.name}: {journey.outcome}\n{textwrap.indent(found, '    ')}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
