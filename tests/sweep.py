"""The long measures, with their figures: what no ordinary test run has the time for.

    python -m tests.sweep [strings] [payloads] [faults] [parallel] [properties] [mutants] [templates] [returned]
                          [rounds] [viewers] [merging] [corpus] [readymade] [glyphs] [conformance]

`PITSTOP_BLNS` names a JSON list of strings (minimaxir/big-list-of-naughty-strings, blns.json), `PITSTOP_SSTI` one of
template payloads (swisskyrepo/PayloadsAllTheThings, the Jinja lines), `PITSTOP_TEMPLATES` a folder of Word files
(elapouya/python-docx-template, tests/templates), `PITSTOP_PDFS` a folder of PDFs (py-pdf/pypdf, mozilla/pdf.js, apache/pdfbox,
qpdf/qpdf: their test files): none is ours to ship, without them that part says «not measured».
`PITSTOP_EXAMPLES` multiplies the examples of the properties, the mutants and the hurt files. Ends with 1 if anything went wrong.
"""

from __future__ import annotations

import io
import json
import operator
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, reduce
from itertools import product
from pathlib import Path
from threading import Lock
from typing import Any

import docx as python_docx
from docxtpl import DocxTemplate
from lxml import etree

from pitstop_docs import documents, formats, jsontext
from pitstop_docs.answers import prune
from pitstop_docs.blanks import Node, Place
from pitstop_docs.desk import Desk
from pitstop_docs.errors import KitError, PitstopError
from pitstop_docs.fillers import docx, story
from pitstop_docs.merging import Outcome
from pitstop_docs.records import PROJECT, Record
from pitstop_docs.workspace import Records, Workspace
from tests import comebacks, conformance, fates, fillings, glyphs, journeys, matrix, mutants, orders
from tests.bombs import BOMBS
from tests.conftest import strace_lacks
from tests.doors import CASE, SHEET, filled, knock, outputs, run
from tests.journeys import JOURNEYS
from tests.kits import NOON, ROOT, Kit, parts, seen, word
from tests.names import NAMES, SPOILT, Name
from tests.roundtrip import PROGRAMS, VIEWERS, Program
from tests.scribe import ASTRAL, NASTY

W = docx.W
WORKERS = os.cpu_count() or 1


@dataclass(frozen=True)
class Figure:
    """A line of the table: how many were tried, how many went wrong, and what the rest became."""

    what: str
    tried: int
    wrong: int
    told: str = ""


def listed(variable: str) -> list[str] | None:
    """The strings in the file that an environment variable names, None if it names none."""
    path = os.environ.get(variable)
    return None if not path else [str(one) for one in json.loads(Path(path).read_text(encoding="utf-8"))]


# Naughty strings, in every text field of every document


SENTINEL = "Qzx"


@cache
def workspace() -> Workspace:
    """The shipped kit, on a fixed day."""
    return Workspace.at(ROOT, today=NOON.date())


@cache
def richest(form: str) -> Mapping[str, Any]:
    """The longest of the invented answers to a form, so that most branches of a template are taken."""
    found = [
        path.read_text(encoding="utf-8") for path in ROOT.glob(f"examples/*/{form}*.json") if re.match(rf"{form}[-.]", path.name)
    ]
    return json.loads(max(found, key=len)) if found else {}


def spread(schema: Mapping[str, Any], data: Any, text: str) -> Any:
    """The answers with `text` in every place for free text, one row in each list that has none."""
    match schema.get("type"):
        case "object":
            known = {key: inner for key, inner in schema["properties"].items() if not inner.get("readOnly")}
            told = data if isinstance(data, dict) else {}
            spread_ = {key: spread(inner, told.get(key), text) for key, inner in known.items()}
            return {key: value for key, value in spread_.items() if value is not None}
        case "array":
            rows = (data if isinstance(data, list) else [])[:2] or [None]
            return [row for row in (spread(schema["items"], one, text) for one in rows) if row is not None]
        case "string" if not {"enum", "const", "format", "pattern"} & set(schema):
            return text
    return CASE if schema.get("format") == "caso" else data


def printed(kind: str, text: str) -> documents.Verdict:
    """The document of that kind, with a text in every field for text that its records have."""
    kit = workspace()
    template = kit.template(kind)
    value, _ = jsontext.parse(json.dumps(text), source="")
    records = []
    for name in (*template.records, *template.optional):
        form = kit.form(name)
        data = spread(form.schema, dict(richest(name)), value)
        case = PROJECT if form.scope == "progetto" else CASE
        records.append(Record(case, name, 1, 1, 0, NOON, "", data, "0" * 64))  # the mark of the sources is printed
    desk = Desk(kit, Records.of(records, kit.forms))
    own = kit.form(template.form).scope == "progetto"
    return documents.check(desk, desk.target(kind, PROJECT if own else CASE, 1))


@cache
def model(kind: str) -> tuple[str, tuple[str, ...]]:
    """The text and the skeleton of the document with a harmless word in every field."""
    content = printed(kind, SENTINEL).filled.content
    return seen(content), skeleton(content)


def skeleton(content: bytes) -> tuple[str, ...]:
    """The elements of the pages in their order, but for runs and what stands in them: a line break makes more of these."""
    inside = {W + tag for tag in ("r", "t", "br", "tab")}
    pages = [part for name, part in sorted(parts(content).items()) if re.match(r"word/(document|header|footer)", name)]
    found = [element for page in pages for element in etree.fromstring(page).iter(etree.Element)]
    return tuple(
        element.tag
        for element in found
        if element.tag not in inside
        and not any(up.tag == W + "rPr" for up in element.iterancestors())
        and element.tag != W + "rPr"
    )


def judged(pair: tuple[str, str]) -> str:
    """What became of a string in a kind of document: `exact`, `told` (a finding says so), else what is wrong."""
    kind, text = pair
    clean, replaced = formats.clean(text)
    try:
        verdict = printed(kind, text)
    except PitstopError as error:
        return f"wrong: refused ({type(error).__name__})"
    content = verdict.filled.content
    python_docx.Document(io.BytesIO(content))
    if not prune({"x": clean}):  # a blank answer is a missing one
        missing = [finding for finding in verdict.findings if finding.rule in ("MOD-001", "MOD-014", "MOD-015")]
        return "told" if missing else "wrong: blank and not told"
    if skeleton(content) != model(kind)[1]:
        return "wrong: another skeleton"
    if seen(content) != model(kind)[0].replace(SENTINEL, formats.show(clean)):
        return "wrong: another text"
    return "told" if replaced else "exact"


def bare(text: str) -> str:
    """What docxtpl by itself makes of a string, between two paragraphs."""
    stream = io.BytesIO()
    model_ = python_docx.Document()
    for line in ("prima", "{{ x }}", "dopo"):
        model_.add_paragraph(line)
    model_.save(stream)
    try:
        document = DocxTemplate(io.BytesIO(stream.getvalue()))
        document.render({"x": text})
        made = io.BytesIO()
        document.save(made)
        lines = seen(made.getvalue()).split("\n")
    except Exception:  # noqa: BLE001  # any of a dozen kinds
        return "raised"
    if lines[0] != "prima" or lines[-1] != "dopo":
        return "damaged"
    return "exact" if "\n".join(lines[1:-1]) == text else "altered"


def strings() -> Iterator[Figure]:
    """Every naughty string in every text field of every shipped kind."""
    found = listed("PITSTOP_BLNS")
    if found is None:
        yield Figure("naughty strings", 0, 0, "not measured: PITSTOP_BLNS names no file")
        return
    yield Figure("naughty strings, bare docxtpl, one field", len(found), 0, told(Counter(map(bare, found))))
    kinds = sorted(kind for kind, template in workspace().templates.items() if template.path.suffix == ".docx")
    with ProcessPoolExecutor(WORKERS) as pool:
        for kind in kinds:
            fields = model(kind)[0].count(SENTINEL)
            ends = Counter(pool.map(judged, [(kind, text) for text in found], chunksize=16))
            yield Figure(f"naughty strings, {kind}, {fields} fields", len(found), wrong_of(ends), told(ends))


def told(ends: Mapping[str, int]) -> str:
    """Counts in words."""
    return ", ".join(f"{name} {count}" for name, count in sorted(ends.items()))


def wrong_of(ends: Mapping[str, int]) -> int:
    """How many of the ends are wrong."""
    return sum(count for name, count in ends.items() if name.startswith("wrong"))


# Payloads, as templates


WATCHED = re.compile(
    r"os\.(system|exec|posix_spawn|fork|spawn|startfile|putenv|remove|rename|mkdir|listdir|chmod)|subprocess|socket|ctypes"
)


def payloads() -> Iterator[Figure]:
    """Each payload as the text of a template, under an audit hook: none may run, open or import a thing."""
    found = listed("PITSTOP_SSTI")
    if found is None:
        yield Figure("template payloads", 0, 0, "not measured: PITSTOP_SSTI names no file")
        return
    seen_events: list[str] = []
    watching = [False]

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if watching[0] and (WATCHED.match(event) or event in ("open", "import")):
            seen_events.append(f"{event} {arguments[0] if arguments else ''}")

    sys.addaudithook(watch)
    with tempfile.TemporaryDirectory() as name:
        kit = filled(Path(name))
        node = Node(kit.forms["persona"].schema, {"nome": "Amina", "cognome": "Prova"}, Place("persona", 1))
        ends: Counter[str] = Counter()
        for n, payload in enumerate(["{{ persona['nome'] }}", "{{ persona.x }}", "{{ x", *found]):
            path = word(kit.root / f"{n}.docx", "{{ persona.nome }}", *printable(payload))
            allowed = f"open {path}"
            watching[0] = n >= 3  # the first ones import what is imported late
            try:
                content = docx.fill(path, {"persona": node}, docx.Properties("", "", "")).content
                end = "printed as text" if payload in seen(content) else "printed the value of a plain field"
            except KitError:
                end = "refused"
            except Exception as error:  # noqa: BLE001  # whatever it is, it is what is counted
                end = f"wrong: {type(error).__name__}"
            watching[0] = False
            ran = [event for event in seen_events if event != allowed]
            seen_events.clear()
            if n >= 3:
                ends[f"wrong: ran {ran[0]}" if ran else end] += 1
    yield Figure("template payloads run", len(found), wrong_of(ends), told(ends))


def printable(payload: str) -> list[str]:
    """The payload in paragraphs, as Word would hold its lines."""
    return [formats.clean(line)[0] for line in payload.splitlines()]


# Faults at every system call that writes


CALLS = "write,pwrite64,writev,fsync,fdatasync,ftruncate,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,openat"
FAULTS = ("signal=SIGKILL", "error=ENOSPC", "error=EIO")
ONE_AT_A_TIME = Lock()
"""Commands that run in this process take its output for themselves."""
WRITING = re.compile(r"O_WRONLY|O_RDWR|O_CREAT")


@dataclass(frozen=True)
class Deed:
    """A command to be struck: what it does to the house, and what it reads."""

    name: str
    words: tuple[str, ...]
    text: bytes


DEEDS = (
    Deed("make, first", ("make", "scheda", "--case", CASE), b""),
    Deed("make, in place", ("make", "scheda", "--case", CASE), b""),
    Deed("keep", ("keep", "scheda", "-", "--case", CASE, "--number", "1"), json.dumps({**SHEET, "sintesi": "Terza"}).encode()),
    Deed("keep, first of all", ("keep", "persona", "-", "--case", "PST-009"), b'{"cognome": "Prova", "nome": "Una"}'),
)


def prepared(deed: Deed, root: Path) -> Kit:
    """The house as it is before the deed."""
    kit = filled(root)
    if deed.name == "make, in place":
        knock(root, *deed.words)
    kit.keep("scheda", {**SHEET, "sintesi": "Seconda"}, number=1)
    if deed.name == "keep, first of all":
        (root / "pitstop.db").unlink()
    return kit


def struck(deed: Deed, house: Path, log: Path, *inject: str) -> tuple[int, str, list[tuple[str, int, str]]]:
    """The exit code, the words and the system calls of a run, each with its number among those of its name."""
    traced = ("strace", "-f", "-qq", "-y", "-o", str(log), "-e", f"trace={CALLS}", *inject)
    ended = run(house, *deed.words, text=deed.text, before=traced, environment={"PYTHONHASHSEED": "0"})
    calls: list[tuple[str, int, str]] = []
    count: Counter[str] = Counter()
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        if match := re.match(r"\d+ +(\w+)\((.*)", line):
            count[match[1]] += 1
            calls.append((match[1], count[match[1]], match[2]))
    return ended.code, ended.err, calls


def writes(name: str, words: str) -> bool:
    """True if a system call can change something: all but the opening of a file for reading."""
    return name != "openat" or bool(WRITING.search(words))


def survived(deed: Deed, house: Path, before: tuple[int, dict[str, bytes]], after: dict[str, bytes], code: int) -> str:
    """What is wrong with the house after a fault, empty if nothing is. Where the command said 0, what it did must be there."""
    kit = Kit(house)
    try:
        if (house / "pitstop.db").exists():
            with kit.workspace().store(create=True) as store:
                rows = store.verify()
        else:
            rows = 0
    except PitstopError as error:
        return f"store: {error}"
    if rows not in (before[0], before[0] + 1):
        return f"store: {rows} rows"
    for name, content in outputs(house).items():
        if re.search(r"/\.[0-9a-f]{16}\.tmp$", name):
            if code >= 0:
                return "a temporary file is left"
        elif content not in (before[1].get(name), after.get(name)):
            return f"torn: {name}"
    if code == 0 and (rows != before[0] + 1 or outputs(house) != after):
        return "said to be done, and not done"
    if deed.name.startswith("make"):
        for words in (deed.words, ("verify", *(str(house / "outputs" / name) for name in after if name.endswith(".docx")))):
            if knock(house, *words).code:
                return f"{words[0]} fails afterwards"
        left = {name: content for name, content in outputs(house).items() if not name.endswith(".tmp")}
        return "" if left == after else "other documents afterwards"
    again = knock(house, *deed.words, text=deed.text)
    return "" if again.code in (0, 1) else "keep fails afterwards"


def faults() -> Iterator[Figure]:
    """SIGKILL, a full disk and a disk that errs, at every call of `make` and `keep` that writes."""
    if reason := strace_lacks():
        yield Figure("faults", 0, 0, f"not measured: {reason}")
        return
    for deed in DEEDS:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            prepared(deed, folder / "before")
            before = rows_of(folder / "before"), outputs(folder / "before")
            shutil.copytree(folder / "before", folder / "0" / "casa")
            code, _, calls = struck(deed, folder / "0" / "casa", folder / "log")
            assert code == 0, (deed, code)
            after = outputs(folder / "0" / "casa")
            points = [(call, nth) for call, nth, words in calls if writes(call, words)]

            def strike(point: tuple[int, tuple[tuple[str, int], str]]) -> tuple[str, str]:
                n, ((call, nth), fault) = point
                house = folder / str(n) / "casa"  # noqa: B023  # used within the same turn of the loop
                shutil.copytree(folder / "before", house)  # noqa: B023
                log = folder / f"{n}.log"  # noqa: B023
                code, said, _ = struck(deed, house, log, "-e", f"inject={call}:{fault}:when={nth}")  # noqa: B023
                with ONE_AT_A_TIME:
                    wrong = survived(deed, house, before, after, code)  # noqa: B023
                if code not in (0, 5, 6, -9) or "Traceback" in said:
                    wrong = wrong or f"exit {code}: {said.strip().splitlines()[-1:]}"
                shutil.rmtree(house.parent)
                log.unlink()
                end = f"wrong: {call} {nth}, {fault}: {wrong}" if wrong else f"exit {'killed' if code == -9 else code}"
                return fault, end

            struck_at = list(enumerate(product(points, FAULTS), start=1))
            with ThreadPoolExecutor(WORKERS) as pool:
                ends = list(pool.map(strike, struck_at))
        for fault in FAULTS:
            of_it = Counter(end for one, end in ends if one == fault)
            yield Figure(
                f"{deed.name}: {fault.partition('=')[2]} at {len(points)} calls", len(points), wrong_of(of_it), told(of_it)
            )


def rows_of(house: Path) -> int:
    """How many rows the store of a house holds, 0 where there is none."""
    if not (house / "pitstop.db").exists():
        return 0
    with Kit(house).workspace().store() as store:
        return store.verify()


# Many at once


def parallel() -> Iterator[Figure]:
    """Eight writers of twenty-five records each, then eight makers of one document, each a program of its own."""
    with tempfile.TemporaryDirectory() as name:
        house = filled(Path(name) / "casa")

        def keeper(writer: int) -> list[int]:
            codes = []
            for n in range(25):
                text = json.dumps({**SHEET, "sintesi": f"{writer}-{n}"}).encode()
                codes.append(run(house.root, "keep", "scheda", "-", "--case", CASE, text=text).code)
            return codes

        with ThreadPoolExecutor(8) as pool:
            codes = Counter(code for codes in pool.map(keeper, range(8)) for code in codes)
        with house.workspace().store() as store:
            kept = {one.data["sintesi"] for one in store.latest(CASE, "scheda") if one.data}
            sound = store.verify() == 203
        wanted = {f"{writer}-{n}" for writer in range(8) for n in range(25)}
        lost = len(wanted - kept) + (not sound)
        yield Figure(
            "8 programs keep 25 records each", 200, lost + 200 - codes[0], told({f"exit {k}": v for k, v in codes.items()})
        )
        yield _makers(house)


def _makers(house: Kit) -> Figure:
    words = ("make", "scheda", "--case", CASE, "--number", "1")
    wrong, ends = 0, Counter[str]()
    for turn in range(5):
        house.keep("scheda", {**SHEET, "sintesi": f"giro {turn}"}, number=1)
        with ThreadPoolExecutor(8) as pool:
            made = list(pool.map(lambda _: run(house.root, *words), range(8)))
        ends.update(f"exit {answer.code}" for answer in made)
        kept = outputs(house.root)
        [document] = [name for name in kept if name.endswith(".docx")] or [""]
        proved = knock(house.root, "verify", str(house.root / "outputs" / document)).code
        wrong += sum(answer.code != 0 for answer in made) + (len(kept) != 2) + (proved != 0)
    return Figure("8 programs make one document, 5 times", 40, wrong, told(ends))


# Properties


def properties() -> Iterator[Figure]:
    """Every property that hypothesis tries, with more examples."""
    times = int(os.environ.get("PITSTOP_EXAMPLES", "10"))
    program = (
        "import sys, pytest; from hypothesis import settings; "
        f"settings.register_profile('sweep', max_examples={100 * times}, deadline=None); settings.load_profile('sweep'); "
        "early = 'ignore::pytest.PytestAssertRewriteWarning'; "  # the profile is set before pytest sees hypothesis
        "sys.exit(pytest.main(['-q', '-W', early, '-m', 'hypothesis', '-p', 'no:cacheprovider', 'tests']))"
    )
    environment = {**os.environ, "PITSTOP_EXAMPLES": str(times)}
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    summary = ended.stdout.strip().splitlines()[-1:] or [ended.stderr[-200:]]
    count = {kind: int(number) for number, kind in re.findall(r"(\d+) (passed|failed|error)", summary[0])}
    failed = count.get("failed", 0) + count.get("error", 0) + (ended.returncode not in (0, 1) or not count)
    names = ", ".join(re.findall(r"^FAILED (\S+)", ended.stdout, re.MULTILINE))
    yield Figure(f"properties, {times} times their examples", sum(count.values()), failed, f"{summary[0]} {names}".strip())


# Mistakes in the shipped templates


def spoilt() -> Iterator[Figure]:
    """Mistakes of each kind in every shipped template: told where they were made, and the linter at one with docxtpl."""
    each = 4 * int(os.environ.get("PITSTOP_EXAMPLES", "10"))
    kinds = [kind for kind, template in mutants.KIT.templates.items() if template.path.suffix == ".docx"]
    with ProcessPoolExecutor(WORKERS) as pool:
        for operator in mutants.OPERATORS:
            ends: Counter[str] = Counter()
            for found in pool.map(judged_mutants, [(kind, operator, each) for kind in kinds]):
                ends.update(found)
            tried = ends.pop("tried")
            yield Figure(f"mutants, {operator}", tried, wrong_of(ends), told(ends))


def judged_mutants(case: tuple[str, str, int]) -> Counter[str]:
    """How many mutants of a template were made by an operator, and what became of them."""
    kind, operator, count = case
    ends: Counter[str] = Counter()
    for mutant in mutants.mutants(mutants.Original.of(mutants.KIT.templates[kind]), operator, count, seed="sweep"):
        ends["tried"] += 1
        blocked = any(flaw.blocks for flaw in mutant.told)
        if operator != "noise":
            ends["found" if mutant.found() else f"wrong: missed {mutant}"] += 1
        if said := mutants.refused(mutant.content):
            ends["docxtpl fails" if blocked else f"wrong: not told {mutant} {said}"] += 1
        if not blocked:
            ends["passed"] += 1
            for size in (None, 1):
                try:
                    mutants.printed(mutant.template, mutant.content, size)
                except KitError as error:
                    ends[f"wrong: passed and not printed {mutant} {error}"] += 1
    return ends


# Templates of others


def templates() -> Iterator[Figure]:
    """Word files that nobody wrote for us: none may break the reader, and what Jinja cannot read is told with its place."""
    folder = os.environ.get("PITSTOP_TEMPLATES")
    if not folder:
        yield Figure("templates of others", 0, 0, "not measured: PITSTOP_TEMPLATES names no folder")
        return
    files = sorted(Path(folder).rglob("*.docx"))
    ends: Counter[str] = Counter()
    tags = flaws = 0
    slowest = 0.0
    for path in files:
        content = path.read_bytes()
        before = time.process_time()
        try:
            read = story.read(path.name, content)
        except KitError:
            ends["refused in a sentence"] += 1
            continue
        except Exception as error:  # noqa: BLE001  # whatever it is, it is what is counted
            ends[f"wrong: {path.name}: {type(error).__name__}"] += 1
            continue
        slowest = max(slowest, time.process_time() - before)
        tags += sum(len(tree.tags) for tree in read.trees)
        flaws += len(read.flaws)
        placed = any(flaw.blocks and flaw.spot.anchor for flaw in read.flaws)
        if mutants.refused(content).startswith(("TemplateSyntaxError", "TemplateAssertionError")):
            ends["broken for Jinja, told with a place" if placed else f"wrong: {path.name}: broken and not told"] += 1
        else:
            ends["with flaws" if read.flaws else "without flaws"] += 1
    figures = f"{tags} tags, {flaws} flaws, the slowest {1000 * slowest:.0f} ms"
    yield Figure(f"templates of others, {folder}", len(files), wrong_of(ends), f"{told(ends)}; {figures}")


# Files that came back


def returned() -> Iterator[Figure]:
    """Our own forms as each program saves them, then hurt; on their ways back; and files made to cost whoever reads them."""
    count = 100 * int(os.environ.get("PITSTOP_EXAMPLES", "10"))
    files = comebacks.saved()
    with ThreadPoolExecutor(WORKERS) as pool:
        whole = list(pool.map(lambda one: comebacks.of_ours(one, one.content), files))
        doubted = sum(1 for one in whole if one.name != "whole")
        yield Figure("our own forms, as programs saved them", len(whole), doubted, told(Counter(one.name for one in whole)))
        copies = comebacks.hurt(count, "sweep", files)
        yield _endings("our own forms, hurt", pool.map(lambda one: comebacks.of_ours(one[0], one[2]), copies))
        yield _endings("files made to cost their reader", (comebacks.of_others(made()) for made in BOMBS.values()))
    made = [one for one in JOURNEYS if not one.lacks()]
    missed = [one.name for one in made if not journeys.as_told(one)]
    lacked = [one.name for one in JOURNEYS if one not in made]
    yield Figure(
        "ways back, each told as it should be", len(made), len(missed), "; ".join([*missed, *(f"not {one}" for one in lacked)])
    )


def corpus() -> Iterator[Figure]:
    """PDFs of others: each is read or refused in a sentence, none for ever."""
    folder = os.environ.get("PITSTOP_PDFS")
    if not folder:
        yield Figure("PDFs of others", 0, 0, "not measured: PITSTOP_PDFS names no folder")
        return
    files = sorted(Path(folder).rglob("*.pdf"))
    with ThreadPoolExecutor(WORKERS) as pool:
        yield _endings(f"PDFs of others, {folder}", pool.map(lambda path: comebacks.of_others(path.read_bytes()), files))


def readymade() -> Iterator[Figure]:
    """Forms of others, filled: each holds and shows what was meant, or is refused in a sentence."""
    folder = os.environ.get("PITSTOP_PDFS")
    if not folder:
        yield Figure("forms of others, filled", 0, 0, "not measured: PITSTOP_PDFS names no folder")
        return
    with ThreadPoolExecutor(WORKERS) as pool:
        found = list(pool.map(fillings.filled, sorted(Path(folder).rglob("*.pdf"))))
    ends = Counter(one.name for one in found)
    fields, boxes = (sum(getattr(one, name) for one in found if one.name == "filled") for name in ("fields", "boxes"))
    yield Figure("forms of others, filled", len(found), wrong_of(ends), f"{told(ends)}; {fields} fields, ink in {boxes} boxes")


def _endings(what: str, endings: Iterable[comebacks.Ending]) -> Figure:
    ends: Counter[str] = Counter()
    slowest = 0.0
    for ending in endings:
        ends[ending.name] += 1
        slowest = max(slowest, ending.seconds)
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    return Figure(what, ends.total(), wrong_of(ends), f"{told(ends)}; the slowest {slowest:.1f} s, the largest {most} MB")


# Random answers, typed into every form


def rounds() -> Iterator[Figure]:
    """Random answers to every form through every program; then with letters that some programs do not know."""
    yield from _matrix("", PROGRAMS, NASTY)
    yield from _matrix("letters past U+FFFF, ", PROGRAMS, ASTRAL, ("colloquio", "tutor"))


def viewers() -> Iterator[Figure]:
    """The same with mouse and keyboard, in what people see."""
    yield from _matrix("by hand, ", VIEWERS, NASTY)


def _matrix(what: str, programs: Mapping[str, Program], texts: tuple[str, ...], forms: tuple[str, ...] = ()) -> Iterator[Figure]:
    times = max(1, int(os.environ.get("PITSTOP_EXAMPLES", "10")) // 10)
    used = tuple(name for name in programs if not programs[name].lacks())
    tasks = [matrix.Task(form, used, times, texts) for form in forms or sorted(workspace().forms)]
    cells: list[matrix.Cell] = []
    with ProcessPoolExecutor(WORKERS) as pool:
        for found in pool.map(matrix.filled, tasks):
            cells += found
            for (form, state), own in matrix.by(lambda one: (one.form, one.state), found).items():
                wrong = "; ".join(end for one in own for end in one.ending.wrong[:3])
                said = ", ".join(one.told() for one in own)
                count = sum(one.ending.typed for one in own)
                yield Figure(f"{what}{form} {state}", count, sum(one.wrong for one in own), f"{said} {wrong}".strip())
    for name in programs:
        own = [cell for cell in cells if cell.program == name]
        if not own:
            yield Figure(f"{what}{name}", 0, 0, f"not measured: {programs[name].lacks()}")
            continue
        whole = reduce(operator.add, own)
        last = whole.ending
        figures = f"{whole.files} files, {last.kept} answers as meant, {last.lost} lost, {last.changed} changed, {last.told} told"
        drawn = f"{whole.needing} files to be drawn anew, {whole.bare} answers without a picture"
        yield Figure(
            f"{what}{name}",
            last.typed,
            sum(one.wrong for one in own),
            f"{figures}; {whole.sent:.0f} → {whole.back:.0f} kB, {drawn}",
        )


# Names in their fields, in every script


def drawn_names() -> Iterator[Figure]:
    """Every name in every kind of field, by its glyphs in the file and its picture in every viewer; then every name spoilt."""
    for kind in ("text", "long", "register"):
        pdf, fields = glyphs.issued(NAMES, kind)
        yield from _names(f"names, {kind}", pdf, fields, pdf, is_wrong=bool)
    for how, spoil in SPOILT.items():
        pairs = [(name, shown) for name in NAMES if (shown := spoil(name.text)) != name.text]
        right, fields = glyphs.issued([name for name, _ in pairs])
        pdf, _ = glyphs.issued([name for name, _ in pairs], shown=[shown for _, shown in pairs])
        yield from _names(f"spoilt, {how}", pdf, fields, right, is_wrong=lambda found: not found)


def _names(
    what: str, pdf: bytes, fields: Mapping[str, Name], right: bytes, *, is_wrong: Callable[[bool], bool]
) -> Iterator[Figure]:
    page = glyphs.Page(pdf)
    found = [bool(glyphs.wrong_glyphs(page, field, name)) for field, name in fields.items()]
    yield Figure(f"{what}, glyphs", len(found), sum(map(is_wrong, found)))
    due = glyphs.shapes(glyphs.Page(right), fields)
    for viewer, program in glyphs.VIEWERS.items():
        if reason := program.lacks():
            yield Figure(f"{what}, {viewer}", 0, 0, f"not measured: {reason}")
            continue
        with tempfile.TemporaryDirectory() as folder:
            points = glyphs.judged(viewer, pdf, fields, Path(folder), due).values()
        wrong = sum(is_wrong(count > glyphs.FEW) for count in points)
        yield Figure(f"{what}, {viewer}", len(points), wrong, f"{min(points)} to {max(points)} points differ")


# What is sent and what is put away, judged by veraPDF


def standards() -> Iterator[Figure]:
    """Every form blank, every record of the demo in its form, PDF/UA-1; an archive copy of each, PDF/UA-1 and PDF/A-3a."""
    if reason := conformance.lacks():
        yield Figure("standards, veraPDF", 0, 0, f"not measured: {reason}")
        return
    with tempfile.TemporaryDirectory() as folder:
        pages = conformance.everything(Path(folder), WORKERS)
    due = [(page, flavour) for page in pages for flavour in (("ua1", "3a") if page.sort == "archive copy" else ("ua1",))]
    found = conformance.judged([(page.pdf, flavour) for page, flavour in due])
    for sort, flavour in dict.fromkeys((page.sort, flavour) for page, flavour in due):
        mine = [(page, rules) for (page, under), rules in zip(due, found, strict=True) if (page.sort, under) == (sort, flavour)]
        broken = Counter(rule.partition(":")[0] for _, rules in mine for rule in rules)
        sizes, seconds = [len(page.pdf) / 1000 for page, _ in mine], [page.seconds for page, _ in mine]
        each = f"{sum(sizes) / len(mine):.0f} kB and {sum(seconds) / len(mine):.2f} s each"
        most = f"at most {max(sizes):.0f} kB and {max(seconds):.2f} s"
        wrong = sum(1 for _, rules in mine if rules)
        yield Figure(f"{sort}, {flavour}", len(mine), wrong, "; ".join(filter(None, [told(broken), each, most])))


# What was printed, what staff made of it, what came back


def merging() -> Iterator[Figure]:
    """Triples whose fate was chosen first: the class of each answer and row; then files of one record in every order."""
    times = 1_000 * int(os.environ.get("PITSTOP_EXAMPLES", "10"))
    matrix = _in_parts(fates.of_triple, times)
    classes = {pair: times for pair, times in matrix.items() if pair[0] in CLASSES}
    wrong = sum(times for (meant, found), times in classes.items() if meant != found) + matrix["nothing", "extra"]
    listed = ", ".join(f"{meant} found as {found} {times}" for (meant, found), times in sorted(classes.items()))
    yield Figure(f"answers and rows of {times} triples", sum(classes.values()), wrong, listed)
    for what, pair in ENDS.items():
        yield Figure(what, times, matrix[pair])
    orders_ = _in_parts(orders.of_pair, times // 4)
    right = ("the same store", "a conflict in every order")
    yield Figure(
        "two or three files of one record, read in every order",
        times // 4,
        sum(times for end, times in orders_.items() if end not in right),
        ", ".join(f"{end} {times}" for end, times in sorted(orders_.items())),
    )


CLASSES = ("nulla", *Outcome)
ENDS = {
    "what one side wrote, lost in silence": ("silent", "lost"),
    "records undecided": ("record", "wrong"),
    "records decided for the store": ("ours", "wrong"),
    "records decided for the page": ("theirs", "wrong"),
    "files read once more": ("again", "changed"),
}
"""What else is looked at in each triple."""


def _in_parts(judged: fates.Judged, times: int) -> Counter[Any]:
    forms = fates.repeating(workspace().forms)
    with ProcessPoolExecutor(WORKERS) as pool:
        parts = [pool.submit(fates.found, judged, forms, range(start, times, 50)) for start in range(50)]
        return sum((part.result() for part in parts), Counter())


MEASURES: Mapping[str, Callable[[], Iterable[Figure]]] = {
    "strings": strings,
    "payloads": payloads,
    "faults": faults,
    "parallel": parallel,
    "properties": properties,
    "mutants": spoilt,
    "templates": templates,
    "returned": returned,
    "rounds": rounds,
    "viewers": viewers,
    "merging": merging,
    "corpus": corpus,
    "readymade": readymade,
    "glyphs": drawn_names,
    "conformance": standards,
}


def main(wanted: list[str]) -> int:
    """Print the table as it grows; 1 if anything went wrong."""
    wrong = 0
    print(f"{'tried':>7} {'wrong':>6}  {'s':>5}  what", flush=True)
    for name in wanted or MEASURES:
        since = time.monotonic()
        for figure in MEASURES[name]():
            spent, since = time.monotonic() - since, time.monotonic()
            print(f"{figure.tried:>7} {figure.wrong:>6}  {spent:>5.0f}  {figure.what}: {figure.told}", flush=True)
            wrong += figure.wrong
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
