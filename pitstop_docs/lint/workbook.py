"""A workbook as it lies, read in a child process: its cells, names and formulas; and written again with notes.

openpyxl's traps: what it cannot hold (text boxes, sparklines, slicers…) it drops when it saves, and images too where Pillow is
not there; an ordinary file with one cell at the far corner, or merged cells over a whole sheet, takes it gigabytes: see
`apart`. So it only reads here, and notes are written beside the other parts, which stay as they are.
"""

from __future__ import annotations

import io
import posixpath
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pitstop_docs import files
from pitstop_docs.errors import FileError

ROWS, COLUMNS = 1_048_576, 16_384
FORMULAS, UNITED = 50_000, 1_000_000
MERGED = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*\bref="([^"]+)"')
CELL = re.compile("([A-Z]{1,3})([1-9][0-9]{0,6})")
COLUMN = re.compile("[A-Z]{1,3}")


@dataclass(frozen=True)
class Area:
    """A rectangle of cells of a sheet, rows and columns from 1, ends included. A whole column has all the rows."""

    sheet: str
    top: int
    left: int
    bottom: int
    right: int

    @property
    def corner(self) -> str:
        """Its first cell: «B3»."""
        return f"{letters(self.left)}{self.top}"

    @property
    def is_cell(self) -> bool:
        """True of one cell."""
        return (self.top, self.left) == (self.bottom, self.right)

    def meets(self, other: Area) -> bool:
        """True if they have a cell in common."""
        rows = self.top <= other.bottom and other.top <= self.bottom
        return self.sheet == other.sheet and rows and self.left <= other.right and other.left <= self.right


def letters(column: int) -> str:
    """The letters of a column counted from 1."""
    told = ""
    while column:
        column, rest = divmod(column - 1, 26)
        told = chr(65 + rest) + told
    return told


def number(column: str) -> int:
    """The number, from 1, of a column called by its letters."""
    found = 0
    for letter in column:
        found = found * 26 + ord(letter) - 64
    return found


def area(told: str, sheet: str = "") -> Area | None:
    """The cells of a reference as it is written («Spese!A5:F5», «$C:$C»), of that sheet if it names none; None if it is none."""
    before, _, cells = told.rpartition("!")
    name = before.strip("'").replace("''", "'") if before else sheet
    first, colon, last = cells.replace("$", "").partition(":")
    if colon and COLUMN.fullmatch(first) and COLUMN.fullmatch(last):
        first, last = f"{first}1", f"{last}{ROWS}"
    elif colon and first.isdecimal() and last.isdecimal():
        first, last = f"A{first}", f"{letters(COLUMNS)}{last}"
    start, end = CELL.fullmatch(first), CELL.fullmatch(last if colon else first)
    if not (start and end):
        return None
    rows, columns = sorted((int(start[2]), int(end[2]))), sorted((number(start[1]), number(end[1])))
    if rows[1] > ROWS or columns[1] > COLUMNS:
        return None
    return Area(name, rows[0], columns[0], rows[1], columns[1])


# ── what the file holds ──────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Formula:
    """A formula and the cell it stands in. `owner` says what it is of, if not of the cell; `foreign` are the functions that
    the standard does not name, `refers` what it reads, `problem` why it cannot be read."""

    sheet: str
    cell: str
    text: str
    foreign: tuple[str, ...]
    refers: tuple[str, ...]
    problem: str = ""
    owner: str = ""


@dataclass(frozen=True)
class Book:
    """What a workbook holds: its sheets that have cells, its names and what they mean (a name of one sheet as «Foglio!nome»),
    its formulas, its merged cells; `frail` is what a library that saves the file would lose, each with its sheet (empty if of
    the whole)."""

    sheets: tuple[str, ...]
    names: Mapping[str, str]
    formulas: tuple[Formula, ...]
    merged: tuple[tuple[str, str], ...]
    frail: tuple[tuple[str, str], ...]


def read(content: bytes) -> Book:
    """What a workbook holds; to be called in a child process. Raises FileError."""
    from openpyxl import load_workbook  # noqa: PLC0415  # slow to import, used in the child alone

    package = unpacked(content)
    if sum(_cells(told.decode("latin-1")) for part in package.values() for told in MERGED.findall(part)) > UNITED:
        raise FileError(f"Unisce più di {UNITED} celle. Dividerle in Excel.")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        book = load_workbook(io.BytesIO(content))
    names = {name: str(one.value or "") for name, one in book.defined_names.items()}
    formulas: list[Formula] = []
    merged: list[tuple[str, str]] = []
    for sheet in book.worksheets:
        names |= {f"{sheet.title}!{name}": str(one.value or "") for name, one in sheet.defined_names.items()}
        merged += [(sheet.title, str(one)) for one in sheet.merged_cells.ranges]
        formulas += _formulas(sheet)
        if len(formulas) > FORMULAS:
            raise FileError(f"Ha più di {FORMULAS} formule.")
    formulas += [_formula(*home(name, book.sheetnames), f"={told}", f"nome «{name}»") for name, told in names.items() if told]
    return Book(
        sheets=tuple(sheet.title for sheet in book.worksheets),
        names=names,
        formulas=tuple(formulas),
        merged=tuple(sorted(merged)),
        frail=tuple(dict.fromkeys(_frail(package, [str(one.message) for one in caught]))),
    )


def _cells(told: str) -> int:
    """How many cells a reference has: openpyxl makes each one of those that are merged."""
    found = area(told)
    return (found.bottom - found.top + 1) * (found.right - found.left + 1) if found else 0


def home(name: str, sheets: Sequence[str]) -> tuple[str, str]:
    """Where a defined name is told: at the head of its sheet, or of the first."""
    before, mark, _ = name.rpartition("!")
    return (before if mark else sheets[0] if sheets else ""), ""


def _formulas(sheet: Any) -> Iterator[Formula]:
    for _, cell in sorted(sheet._cells.items()):  # to walk by rows would make every cell up to the farthest
        text = getattr(cell.value, "text", cell.value) if cell.data_type == "f" else None
        if isinstance(text, str):
            yield _formula(sheet.title, cell.coordinate, text if text.startswith("=") else f"={text}")
    for rule in sheet.data_validations.dataValidation:
        for text in filter(None, (rule.formula1, rule.formula2)):
            yield _formula(sheet.title, _first(str(rule.sqref)), f"={text}", "convalida dei dati")
    for where in sheet.conditional_formatting:
        for rule in where.rules:
            for text in rule.formula:
                yield _formula(sheet.title, _first(str(where.sqref)), f"={text}", "formattazione condizionale")


def _first(cells: str) -> str:
    return cells.split(" ", maxsplit=1)[0].partition(":")[0]


def _formula(sheet: str, cell: str, text: str, owner: str = "") -> Formula:
    """A formula taken apart into its functions and references."""
    from openpyxl.formula import Tokenizer  # noqa: PLC0415
    from openpyxl.formula.tokenizer import TokenizerError  # noqa: PLC0415
    from openpyxl.utils import FORMULAE  # noqa: PLC0415

    try:
        tokens = Tokenizer(text).items
    except (TokenizerError, IndexError):
        return Formula(sheet, cell, text, (), (), "non si legge: ha un segno che una formula non ammette", owner)
    foreign, refers, rows, problem = [], [], 0, ""
    for token in tokens:
        rows += {"OPEN": 1, "CLOSE": -1}.get(token.subtype, 0) if token.type == "ARRAY" else 0
        if token.type == "FUNC" and token.subtype == "OPEN":
            name = token.value[:-1].lstrip("@").upper()
            foreign += [] if name in FORMULAE else [name]
        elif token.type == "OPERAND" and token.subtype == "RANGE":
            refers.append(token.value.lstrip("@"))
        elif token.type == "SEP" and token.subtype == "ROW" and not rows:
            problem = "separa gli argomenti con «;»: nel file si separano con «,»"
    if sum({"OPEN": 1, "CLOSE": -1}.get(token.subtype, 0) for token in tokens):
        problem = "non è chiusa: manca una parentesi"
    return Formula(sheet, cell, text, tuple(dict.fromkeys(foreign)), tuple(dict.fromkeys(refers)), problem, owner)


def unpacked(content: bytes) -> dict[str, bytes]:
    """The parts of a plain workbook. Raises FileError if it is another kind of file, or brings macros or entities."""
    package = files.unpack(content)
    advice = "Salvarlo da Excel come «Cartella di lavoro di Excel (.xlsx)»."
    if any(name.lower().endswith("vbaproject.bin") for name in package):
        raise FileError(f"Contiene macro. {advice}")
    if "xl/workbook.xml" not in package or b"purl.oclc.org/ooxml" in package["xl/workbook.xml"]:
        raise FileError(f"Non è una cartella di lavoro di Excel nel formato corrente. {advice}")
    if any(
        b"<!DOCTYPE" in part[:4096] or b"<!ENTITY" in part for name, part in package.items() if name.endswith((".xml", ".rels"))
    ):
        raise FileError(f"Contiene definizioni che Excel non scrive (DOCTYPE). {advice}")
    return package


FRAIL_CELLS: Mapping[bytes, str] = {
    b"sparklineGroup": "grafici dentro le celle (sparkline)",
    b"x14:conditionalFormatting": "formattazioni condizionali estese",
    b"x14:dataValidation": "convalide dei dati con elenchi di un altro foglio",
    b"<legacyDrawingHF": "immagini nell’intestazione o nel piè di pagina",
    b"<control ": "controlli di modulo",
    b"<oleObject ": "oggetti incorporati",
}
"""What the text of a sheet shows of what openpyxl drops."""
FRAIL_DRAWINGS: Mapping[bytes, str] = {
    b"<xdr:sp": "caselle di testo e forme",
    b"<xdr:cxnSp": "caselle di testo e forme",
    b"<xdr:grpSp": "oggetti raggruppati",
    b"<xdr:pic": "immagini",
    b"drawingml/2006/diagram": "SmartArt",
}
FRAIL_PARTS: Mapping[str, str] = {
    "slicer": "filtri dei dati (slicer)",
    "timeline": "sequenze temporali",
    "threadedComment": "commenti con risposte",
    "queryTable": "tabelle di dati esterni",
}
"""The same by the kind of a relation of the sheet."""
FRAIL_FILES: Mapping[str, str] = {
    "xl/metadata.xml": "formule matriciali dinamiche",
    "xl/connections.xml": "collegamenti a dati esterni",
    "xl/webextensions/": "componenti aggiuntivi",
}


def _frail(package: Mapping[str, bytes], warned: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What openpyxl would lose, by sheet and in words."""
    for title, part in sheet_parts(package).items():
        yield from ((title, what) for mark, what in FRAIL_CELLS.items() if mark in package[part])
        for _, kind, target in relations(package, part):
            yield from ((title, what) for mark, what in FRAIL_PARTS.items() if mark in kind)
            drawing = package.get(target, b"") if kind == "drawing" else b""
            yield from ((title, what) for mark, what in FRAIL_DRAWINGS.items() if mark in drawing)
    yield from (("", what) for name, what in FRAIL_FILES.items() if any(one.startswith(name) for one in package))
    if re.search(rb"<r[ >]", package.get("xl/sharedStrings.xml", b"")):
        yield "", "testi con più formati nella stessa cella"
    yield from (
        ("", f"qualcosa che la libreria non legge («{one}»)") for one in warned if "extension is not supported" not in one
    )


# ── the package ──────────────────────────────────────────────────────────────────────────────────────────────────────

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
KINDS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def sheet_parts(package: Mapping[str, bytes]) -> dict[str, str]:
    """The part of each sheet with cells, by the sheet's name, in their order."""
    targets = {identity: (kind, target) for identity, kind, target in relations(package, "xl/workbook.xml")}
    found = {}
    for sheet in parsed(package["xl/workbook.xml"]).iter(f"{MAIN}sheet"):
        kind, target = targets.get(sheet.get(f"{{{KINDS}}}id", ""), ("", ""))
        if kind == "worksheet" and target in package:
            found[sheet.get("name", "")] = target
    return found


def relations(package: Mapping[str, bytes], part: str) -> list[tuple[str, str, str]]:
    """The relations of a part: identity, last word of the kind, the part it leads to."""
    content = package.get(relations_of(part))
    found = []
    for one in parsed(content) if content else ():
        target = posixpath.normpath(posixpath.join("/", posixpath.dirname(part), one.get("Target", ""))).lstrip("/")
        found.append((one.get("Id", ""), one.get("Type", "").rpartition("/")[2], target))
    return found


def relations_of(part: str) -> str:
    """Where the relations of a part are told."""
    folder, name = posixpath.split(part)
    return f"{folder}/_rels/{name}.rels"


def parsed(content: bytes) -> Any:
    """A part as a tree, with no entity nor file of another followed."""
    from lxml import etree  # noqa: PLC0415

    return etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
