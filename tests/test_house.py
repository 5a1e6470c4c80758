"""The house stands: imports run only down, each library has one room, nothing is swallowed, a quick command stays quick."""

import ast
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.kits import ROOT

# Each module may import those before it, wherever in its text the import stands.
FLOORS = (
    ("errors", "findings", "flaws", "records", "formats", "blanks", "jsontext", "files", "apart", "office", "ledger"),
    (
        "jsonplaces",
        "dialect",
        "answers",
        "forms",
        "questions",
        "rowkeys",
        "merging",
        "lineage",
        "store",
        "tags",
        "paths",
        "charts",
        "entries",
        "identity",
        "transcription",
    ),
    (
        "fillers.parts",
        "fillers.charts",
        "fillers.breaks",
        "fillers.story",
        "fillers.docx",
        "fillers.pdf",
        "fillers.pdfvalues",
        "fillers.acroform",
        "fillers.envelope",
        "fillers.qr",
        "fillers.carriers",
        "fillers.damage",
        "fillers.shown",
        "fillers.returned",
        "fillers.measures",
        "fillers.markup",
        "fillers.page",
        "fillers.readout",
        "fillers.archive",
        "fillers.imprint",
        "fillers.packed",
        "fillers.widgets",
        "fillers.lettering",
        "fillers.annex",
        "fillers.original",
        "fillers.inscription",
        "fillers.readymade",
        "fillers",
        "triage",
        "templates",
    ),
    (
        "context",
        "checks.situation",
        "checks.plans",
        "checks.autonomy",
        "checks.casework",
        "checks.people",
        "checks.monitoring",
        "checks.timesheets",
        "checks.housing",
        "checks",
        "checks.words",
    ),
    (
        "lint.comments",
        "lint.looks",
        "lint.word",
        "lint.places",
        "lint.charts",
        "lint.functions",
        "lint.acroform",
        "lint.pdf",
        "lint.workbook",
        "lint.cellnotes",
        "lint.sheet",
        "lint.wishes",
        "lint.invented",
        "lint.ways",
        "lint.goals",
        "lint.follow",
    ),
    ("workspace", "lint", "lint.kit", "lint.samples", "lint.report", "desk", "keeping", "proof", "documents", "status", "demo"),
    (
        "renaming.field",
        "renaming.sheets",
        "renaming.word",
        "renaming.journal",
        "renaming.readers",
        "renaming",
        "extents",
        "asking",
        "readings",
        "archiving",
        "returns",
    ),
    ("cli",),
)
ORDER = [name for floor in FLOORS for name in floor]
ROOMS = {
    "click": {"cli"},
    "docxtpl": {"fillers.docx"},
    "jinja2": {"blanks", "tags", "paths", "fillers.docx", "lint.ways", "lint.goals", "lint.follow"},
    "jsonschema": {"forms"},
    "lxml": {
        "fillers.parts",
        "fillers.charts",
        "fillers.breaks",
        "fillers.docx",
        "lint.comments",
        "lint.word",
        "lint.workbook",
        "lint.cellnotes",
    },
    "markupsafe": {"blanks"},
    "openpyxl": {"lint.workbook"},
    "asn1crypto": {"fillers.envelope"},
    "pypdfium2": {"fillers.qr"},
    "segno": {"fillers.page"},
    "zxingcpp": {"fillers.qr"},
    "weasyprint": {"fillers.page"},
    "pypdf": {
        "fillers.pdf",
        "fillers.pdfvalues",
        "fillers.acroform",
        "fillers.damage",
        "fillers.imprint",
        "fillers.packed",
        "fillers.returned",
        "fillers.widgets",
        "fillers.lettering",
        "fillers.original",
        "fillers.inscription",
        "lint.acroform",
    },
    "sqlalchemy": {"store"},
}
SLOW = ("docxtpl", "docx", "jsonschema", "lxml", "openpyxl", "pypdf", "segno", "sqlalchemy", "weasyprint")
PACKAGE = ROOT / "pitstop_docs"
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): ast.parse(path.read_text("utf-8"))
    for path in sorted(PACKAGE.rglob("*.py"))
}
del MODULES["__init__"]


def imported(tree: ast.Module) -> Iterator[str]:
    """Every module that this one imports, at its top or in a function: `pitstop_docs.x` as `.x`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.replace("pitstop_docs.", ".", 1) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "an import names its module in full"
            name = f"{node.module}."
            told = [name + alias.name for alias in node.names]
            inside = [one.removeprefix("pitstop_docs") for one in told if one.removeprefix("pitstop_docs.") in MODULES]
            yield from inside or [name.removesuffix(".").replace("pitstop_docs.", ".", 1)]


def test_every_module_has_its_floor() -> None:
    assert sorted(ORDER) == sorted(MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_imports_run_only_down(name: str) -> None:
    below = ORDER[: ORDER.index(name)]
    ours = {one[1:] for one in imported(MODULES[name]) if one.startswith(".")}
    assert ours <= {*below}, f"{name} looks up to {ours - {*below}}"


@pytest.mark.parametrize("library", ROOMS)
def test_a_library_has_one_room(library: str) -> None:
    found = {name for name, tree in MODULES.items() if library in {one.partition(".")[0] for one in imported(tree)}}
    assert found == ROOMS[library]


@pytest.mark.parametrize("name", MODULES)
def test_an_error_is_never_swallowed(name: str) -> None:
    for node in ast.walk(MODULES[name]):
        if isinstance(node, ast.ExceptHandler):
            told = ast.unparse(node.type) if node.type else ""
            if told in ("", "Exception", "BaseException"):
                assert isinstance(node.body[-1], ast.Raise) or (name, told) == ("cli", "Exception"), f"{name}:{node.lineno}"
            assert not isinstance(node.body[0], ast.Pass), f"{name}:{node.lineno}"


@pytest.mark.parametrize("name", [one for one in MODULES if one != "cli"])
def test_money_is_never_a_float_and_the_clock_is_read_at_the_door(name: str) -> None:
    for node in ast.walk(MODULES[name]):
        assert not (isinstance(node, ast.Call) and ast.unparse(node.func) == "float"), f"{name}:{node.lineno}"
        if isinstance(node, ast.Attribute) and node.attr in ("now", "today", "utcnow"):
            assert ast.unparse(node.value).rpartition(".")[2] not in ("date", "datetime"), f"{name}:{node.lineno}"


@pytest.mark.parametrize("words", [["--help"], ["forms"], ["make", "--help"]])
def test_a_quick_command_loads_no_slow_library(words: list[str]) -> None:
    code = "import sys; from pitstop_docs.cli import main\ntry: main()\nexcept SystemExit: print(*sys.modules, file=sys.stderr)"
    made = subprocess.run([sys.executable, "-c", code, *words], cwd=ROOT, capture_output=True, text=True, check=True)
    assert made.stdout
    assert "click" in made.stderr.split()
    assert {*SLOW} & {*made.stderr.split()} == set()
