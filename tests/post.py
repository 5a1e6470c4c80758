"""A form that is sent, and what people and programs do to it before it comes back.

post = Post.at(tmp_path)
scan(post.filled, post, askew, density=150)     # the bytes of a scan of it
sealed(post, post.filled)                       # the form in a signed envelope
"""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import PIL.Image
from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject, NumberObject, TextStringObject

from pitstop_docs.identity import FIELD
from tests.acroforms import Pdf
from tests.doors import knock
from tests.kits import CASE, Kit, choice, leaf, rows
from tests.pens import fill
from tests.roundtrip import PYTHON, SCRIPTS

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
