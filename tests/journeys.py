"""What becomes of an issued form on its way back, done with the programs of others: printed, scanned, signed, joined, renamed.

    post = Post.at(kit.root, tmp_path)
    journey("photographed").made(post)          # the bytes that come back
    python -m tests.journeys                    # the table: what each file is, and the sentence that a person reads

A journey that no program here can make says why (`lacks`).
"""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import PIL.Image
from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject, NumberObject, TextStringObject

from pitstop_docs.identity import FIELD
from pitstop_docs.triage import Outcome
from tests.acroforms import Pdf
from tests.doors import knock
from tests.kits import CASE, Kit, choice, leaf, rows
from tests.pens import fill
from tests.roundtrip import PROGRAMS, PYTHON, SCRIPTS

OTHER = "PST-002"
FIELDS: dict[str, Any] = {
    "data": leaf("Data", format="date"),
    "nome": leaf("Nome"),
    "vero": leaf("Vero", "boolean"),
    "stato": choice("Stato", {"si": "Attivata", "no": "Non attivata"}),
    "voci": rows("Voci", {"voce": leaf("Voce"), "nota": leaf("Nota", x_long=True)}),
    "fine": leaf("Fine", x_long=True),
}
DATA = {"nome": "Amina", "voci": [{"voce": f"voce {n}", "nota": "breve"} for n in range(1, 15)]}
ANSWERS: dict[str, str | bool] = {"/data": "05/03/2026", "/stato": "si", "/vero=si": True, "/fine": "Si è parlato della casa."}


@dataclass(frozen=True)
class Post:
    """A form of three pages that was sent for two cases, and a folder to work in."""

    kit: Kit
    folder: Path

    @classmethod
    def at(cls, root: Path) -> Post:
        """A small kit with both cases."""
        kit = Kit.at(root / "kit")
        kit.form("scheda", FIELDS)
        for case in (CASE, OTHER):
            kit.keep("scheda", DATA, case=case)
        return cls(kit, root)

    @cached_property
    def blank(self) -> bytes:
        """The form as it was sent."""
        return self.sent(CASE)

    @cached_property
    def filled(self) -> bytes:
        """The form with answers."""
        return fill(self.blank, ANSWERS)

    @cached_property
    def other(self) -> bytes:
        """The form of the other case, with answers."""
        return fill(self.sent(OTHER), {**ANSWERS, "/stato": "no"})

    def sent(self, case: str) -> bytes:
        """What `ask` makes for a case."""
        told = knock(self.kit.root, "ask", "scheda", "--case", case)
        assert told.code == 0, told
        return Path(told.out.strip()).read_bytes()

    def run(self, *words: str, **files: bytes) -> bytes:
        """What a program makes of files (`a` is a.pdf) in a folder of its own: out.pdf, or what it prints."""
        with tempfile.TemporaryDirectory(dir=self.folder) as name:
            for stem, content in files.items():
                (Path(name) / f"{stem}.pdf").write_bytes(content)
            for one in ("key.pem", "certificate.pem"):
                if any(one in word for word in words):
                    shutil.copy(self.keys / one, name)
            ended = subprocess.run(words, cwd=name, capture_output=True, check=False, timeout=120)
            made = Path(name) / "out.pdf"
            assert made.is_file() or ended.returncode == 0, ended.stderr[-2000:]
            return made.read_bytes() if made.is_file() else ended.stdout

    @cached_property
    def keys(self) -> Path:
        """The folder of a key and a certificate of no value."""
        made = (
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=Prova",
        )
        words = ("openssl", *made, "-keyout", "key.pem", "-out", "certificate.pem")
        subprocess.run(words, cwd=self.folder, capture_output=True, check=True, timeout=60)
        return self.folder


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


# ── paper ────────────────────────────────────────────────────────────────────────────────────────────────────────────

Bend = Callable[[PIL.Image.Image], PIL.Image.Image]
QUALITY = 50


def pictures(content: bytes, post: Post, density: int) -> list[bytes]:
    """Each page as a picture."""
    with tempfile.TemporaryDirectory(dir=post.folder) as name:
        subprocess.run(("pdftoppm", "-r", str(density), "-gray", "-", "page"), cwd=name, input=content, check=True, timeout=120)
        return [path.read_bytes() for path in sorted(Path(name).glob("page*"))]


def scan(content: bytes, post: Post, bend: Bend = lambda one: one, *, density: int = 200, pages: Sequence[int] = ()) -> bytes:
    """The pages as pictures in a PDF, as a scanner or a telephone makes one; `pages` are those that were laid on it, from 1."""
    seen = [bend(PIL.Image.open(io.BytesIO(one))) for one in pictures(content, post, density)]
    laid = [seen[number - 1] for number in pages] if pages else seen
    made = io.BytesIO()
    laid[0].save(made, "PDF", resolution=density, save_all=True, append_images=laid[1:], quality=QUALITY)
    return made.getvalue()


def askew(one: PIL.Image.Image, degrees: float = 2.5) -> PIL.Image.Image:
    return one.rotate(degrees, PIL.Image.Resampling.BILINEAR, expand=True, fillcolor=255)


def photographed(one: PIL.Image.Image) -> PIL.Image.Image:
    """A page as a telephone sees it from one side."""
    wide, high = one.size
    corners = (-0.04 * wide, -0.02 * high, 0.03 * wide, 1.03 * high, 1.02 * wide, 1.0 * high, 1.08 * wide, -0.05 * high)
    return one.transform(one.size, PIL.Image.Transform.QUAD, corners, PIL.Image.Resampling.BILINEAR, fillcolor=200)


# ── changes of a kind that no program makes by itself ────────────────────────────────────────────────────────────────


def changed(content: bytes, change: Callable[[PdfWriter], object]) -> bytes:
    """The file after a change by hand."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    change(writer)
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def field(writer: PdfWriter, name: str) -> Any:
    root: Any = writer.root_object
    return next(one.get_object() for one in root["/AcroForm"]["/Fields"] if one.get_object()["/T"] == name)


def of_another(post: Post, *, everywhere: bool) -> bytes:
    """The filled form in which somebody wrote the other case: in the hidden field alone, or in each place but the pages."""

    def change(writer: PdfWriter) -> None:
        hidden = field(writer, FIELD)
        mine = str(hidden["/V"])
        other = mine.replace(CASE, OTHER)
        hidden[NameObject("/V")] = TextStringObject(other)
        if everywhere:
            root: Any = writer.root_object
            told = root["/Names"]["/EmbeddedFiles"]["/Names"][1].get_object()["/EF"]["/F"].get_object()
            told.set_data(told.get_data().replace(mine.encode(), other.encode()))
            root["/Metadata"].get_object().set_data(root["/Metadata"].get_data().replace(mine.encode(), other.encode()))
            writer.add_metadata({"/PitstopForm": other})

    return changed(post.filled, change)


def locked(post: Post) -> bytes:
    """A field that nobody could write in, and that holds something else than was printed."""

    def change(writer: PdfWriter) -> None:
        field(writer, "/nome").update({NameObject("/Ff"): NumberObject(1), NameObject("/V"): TextStringObject("Altra")})

    return changed(post.filled, change)


def renamed(post: Post) -> bytes:
    """The filled form, of which the kit has another version since then, with a field of another name."""
    content = post.filled
    kit = post.kit
    kit.form(
        "scheda",
        {**{name: told for name, told in FIELDS.items() if name != "fine"}, "esito": {**FIELDS["fine"], "x-formerly": ["fine"]}},
    )
    schema = json.loads((kit.root / "schemas" / "scheda.json").read_text(encoding="utf-8"))
    kit.write("schemas/scheda.json", {**schema, "x-version": "1.1.0"})
    return content


def without(post: Post, *carriers: str) -> bytes:
    """The filled form without some of the places that say whose it is."""

    def change(writer: PdfWriter) -> None:
        root: Any = writer.root_object
        for key in carriers:
            root.pop(key, None)

    return changed(post.filled, change)


def zipped(name: str, content: bytes) -> bytes:
    made = io.BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return made.getvalue()


def sealed(post: Post, content: bytes, *words: str) -> bytes:
    """The file in a signed envelope, as openssl makes it."""
    sign = (
        "openssl",
        "cms",
        "-sign",
        "-binary",
        "-in",
        "a.pdf",
        "-signer",
        "certificate.pem",
        "-inkey",
        "key.pem",
        "-md",
        "sha256",
    )
    post.keys  # noqa: B018
    return post.run(*sign, *(words or ("-nodetach", "-outform", "DER")), a=content)


def signed(post: Post) -> bytes:
    post.keys  # noqa: B018
    return post.run(PYTHON, str(SCRIPTS / "sign.py"), "a.pdf", "key.pem", "certificate.pem", "out.pdf", a=post.filled)


def tampered(content: bytes) -> bytes:
    """A signed envelope in which somebody changed a letter of an answer."""
    at = content.rindex(b"casa")
    return content[:at] + b"cosa" + content[at + 4 :]


def joined_scans(post: Post) -> bytes:
    """One page of each case, laid on a scanner together."""
    both = [
        PIL.Image.open(io.BytesIO(page)) for content in (post.filled, post.other) for page in pictures(content, post, 200)[:1]
    ]
    made = io.BytesIO()
    both[0].save(made, "PDF", resolution=200, save_all=True, append_images=both[1:])
    return made.getvalue()


def picture() -> bytes:
    made = io.BytesIO()
    PIL.Image.new("L", (200, 300), 255).save(made, "JPEG")
    return made.getvalue()


def letter() -> bytes:
    form = Pdf()
    form.write(0, "Una lettera")
    return form.content()


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
