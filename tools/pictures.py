"""Makes the pictures of the guide and of the README again, from the invented cases: docs/immagini/*.png.

    PYTHONPATH=. .venv/bin/python tools/pictures.py

LibreOffice draws the pages, as it does for `--pdf`; pdftoppm and pdftotext (poppler-utils) turn them into dots and say
where a word stands. What is shown of a document is told by words, not by page numbers: the cases may grow.
"""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
import tempfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pitstop_docs import asking, demo, documents, files, office
from pitstop_docs.desk import Desk
from pitstop_docs.fillers import pdf
from pitstop_docs.lint import report
from pitstop_docs.workspace import Workspace, unpack_kit

FOLDER = Path(__file__).parent.parent / "docs" / "immagini"
NOW = datetime(2026, 6, 30, 9, tzinfo=UTC)
LIMIT = 200_000
"""Bytes of the largest picture."""
GAP = 16
"""Dots between two pages, and around them."""
STEPS = (1, 3, 5, 15, 17)
"""Roundings of a colour, from the finest: the first that leaves no more colours than a palette holds is used."""
PAPER, TABLE = bytes((255, 255, 255)), bytes((204, 204, 204))


@dataclass(frozen=True)
class Picture:
    """Pages of a document, side by side. No `case` is the template itself, as Word shows it; with `spoilt`, words to be
    changed in it, its annotated copy. `asked` is the form itself, as a fillable PDF.

    Each of `pages` is some words of the page to show. With `around`, only the strip of the page that holds that word,
    from `above` to `below` points from it.
    """

    name: str
    kind: str
    case: str
    pages: tuple[str, ...]
    dpi: int
    draft: bool = False
    spoilt: tuple[tuple[str, str], ...] = ()
    asked: bool = False
    around: str = ""
    above: float = 0
    below: float = 0


PICTURES = (
    Picture("pai", "pai", "PST-003", ("Persona destinataria", "Chi firma digitalmente"), dpi=84),
    Picture("bozza", "pai", "PST-007", ("Persona destinataria",), dpi=88, draft=True),
    Picture("riga", "pai", "PST-007", ("____",), dpi=110, draft=True, around="____", above=80, below=33),
    Picture("scheda", "scheda_valutazione_abitare", "PST-001", ("Dimensioni della valutazione",), dpi=88),
    Picture("modulo", "presa_in_carico", "PST-003", ("Motivazione sintetica",), dpi=80, asked=True),
    Picture("autonomia", "verifica_autonomia", "PST-001", ("Dove manca la barra",), dpi=88),
    Picture("modello", "pai", "", ("o.descrizione",), dpi=88),
    Picture(
        "osservazioni",
        "pai",
        "",
        ("persona.cognom ",),
        dpi=88,
        spoilt=(("{{ persona.cognome }}", "{{ persona.cognom }}"), ("{{ persona.data_nascita }}", "{{ persona.data_nascita }")),
        around="persona.cognom",
        above=60,
        below=150,
    ),
)


@dataclass(frozen=True)
class Dots:
    """A picture in memory: rows of three bytes a dot."""

    width: int
    rows: tuple[bytes, ...]


def main() -> None:
    """Every picture, from a fresh demo in a folder of its own."""
    missing = [program for program in ("pdftoppm", "pdftotext") if shutil.which(program) is None]
    if missing or office.find() is None:
        raise SystemExit("The pictures need them: apt-get install libreoffice-writer-nogui poppler-utils")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        demo.build(folder, now=NOW, with_pdf=False)
        desk = Desk.of(Workspace.at(folder, today=NOW.date()))
        for picture in PICTURES:
            content = png(beside(shots(picture, drawn(picture, desk), folder)))
            if len(content) > LIMIT:
                raise SystemExit(f"{picture.name}.png has {len(content)} bytes: fewer dots, please")
            files.write(FOLDER / f"{picture.name}.png", content)
            print(f"{picture.name}.png {len(content)}")


def drawn(picture: Picture, desk: Desk) -> bytes:
    """The document, or the template, as a PDF."""
    if picture.asked:
        return asking.ask(desk, picture.kind, case=picture.case, number=None, recipient="", now=NOW).path.read_bytes()
    path = desk.workspace.template(picture.kind).path
    if picture.spoilt:
        return annotated(path, picture.spoilt)
    if picture.case:
        target = desk.target(picture.kind, picture.case)
        _, document = documents.produce(desk, target, draft=picture.draft, with_pdf=False, now=NOW)
        if document is None:
            raise SystemExit(f"{picture.kind} of {picture.case} cannot be made: choose another case for {picture.name}.png")
        path = document.path
    return office.convert(path.read_bytes(), suffix=path.suffix)


def annotated(path: Path, spoilt: Iterable[tuple[str, str]]) -> bytes:
    """A template with some words changed, and what lint says of them at their places, as a PDF."""
    parts = files.unpack(path.read_bytes())
    body = parts["word/document.xml"].decode()
    for right, wrong in spoilt:
        body = body.replace(right, wrong, 1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        unpack_kit(folder)
        (folder / "templates" / path.name).write_bytes(files.repack({**parts, "word/document.xml": body.encode()}))
        found = report.inspect(Workspace.at(folder, today=NOW.date()), path.stem)
        flaws = [one for one in found.flaws if one.blocks]
        return office.convert(report.annotate(found.templates[0], flaws, folder).read_bytes(), suffix=path.suffix)


def shots(picture: Picture, content: bytes, folder: Path) -> list[Dots]:
    """The pages that the picture names, in its order."""
    source = folder / f"{picture.name}.pdf"
    source.write_bytes(content)
    texts = [re.sub(r"\s+", " ", text) for text in pdf.facts(content).pages]
    found = []
    for words in picture.pages:
        page = next((n for n, text in enumerate(texts, start=1) if words in text), None)
        if page is None:
            raise SystemExit(f"«{words}» is on no page of {picture.kind}: choose other words for {picture.name}.png")
        found.append(shot(picture, source, page))
    return found


def shot(picture: Picture, source: Path, page: int) -> Dots:
    """One page, or the strip of it around a word."""
    only = ("-f", str(page), "-l", str(page))
    strip: tuple[str, ...] = ()
    if picture.around:
        places = _run("pdftotext", "-bbox", *only, str(source), "-").decode()
        [first, *_] = re.findall(rf'yMin="([0-9.]+)"[^>]*>[^<]*{re.escape(picture.around)}', places)
        top, tall = float(first) - picture.above, picture.above + picture.below
        scale = picture.dpi / 72
        strip = ("-x", "0", "-y", str(int(top * scale)), "-W", str(int(595 * scale)), "-H", str(int(tall * scale)))
    return _dots(_run("pdftoppm", "-r", str(picture.dpi), *only, *strip, str(source)))


def beside(pages: Iterable[Dots]) -> Dots:
    """The pages from left to right, on a grey table."""
    found = list(pages)
    tall = max(len(page.rows) for page in found)
    width = sum(page.width for page in found) + GAP * (len(found) + 1)
    edge, gap = (TABLE * width,) * GAP, TABLE * GAP
    rows = []
    for n in range(tall):
        pieces = [page.rows[n] if n < len(page.rows) else PAPER * page.width for page in found]
        rows.append(gap + gap.join(pieces) + gap)
    return Dots(width, (*edge, *rows, *edge))


def png(dots: Dots) -> bytes:
    """The picture as a PNG (ISO/IEC 15948) with a palette, one byte a dot."""
    for step in STEPS:
        table = bytes(round(level / step) * step for level in range(256))
        rows = [row.translate(table) for row in dots.rows]
        split = [[row[n : n + 3] for n in range(0, len(row), 3)] for row in rows]
        colours = sorted({dot for row in split for dot in row})
        if len(colours) <= 256:
            break
    else:
        raise SystemExit("too many colours for a palette")
    number = {dot: n for n, dot in enumerate(colours)}
    head = struct.pack(">IIBBBBB", dots.width, len(rows), 8, 3, 0, 0, 0)
    lines = zlib.compress(b"".join(b"\0" + bytes(number[dot] for dot in row) for row in split), 9)
    chunks = ((b"IHDR", head), (b"PLTE", b"".join(colours)), (b"IDAT", lines), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*one) for one in chunks)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _dots(ppm: bytes) -> Dots:
    """What pdftoppm writes: «P6», width, height, 255, then the dots."""
    head = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", ppm)
    if head is None:
        raise SystemExit("pdftoppm wrote no picture")
    line = int(head[1]) * 3
    return Dots(int(head[1]), tuple(ppm[at : at + line] for at in range(head.end(), len(ppm), line)))


def _run(program: str, *words: str) -> bytes:
    return subprocess.run([program, *words], capture_output=True, check=True).stdout


if __name__ == "__main__":
    main()
