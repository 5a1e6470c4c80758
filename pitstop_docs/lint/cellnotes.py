"""Notes on the cells of a workbook, written into its package: every other part stays as it is.

openpyxl would write them and drop what it cannot hold. Excel wants each note twice, as text and as a box (VML) to show it in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pitstop_docs import files
from pitstop_docs.errors import FileError
from pitstop_docs.lint.workbook import KINDS, MAIN, area, parsed, relations, relations_of, sheet_parts, unpacked

RELATIONS = "{http://schemas.openxmlformats.org/package/2006/relationships}"
TYPES = "{http://schemas.openxmlformats.org/package/2006/content-types}"
NOTE_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
AFTER_NOTES = ("legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst")
"""What comes after the notes in a sheet (ECMA-376, CT_Worksheet)."""
SPACES = (
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel"'
)
DRAWING = (
    f"<xml {SPACES}>"
    '<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="{block}"/>'
    '</o:shapelayout><v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    '<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype></xml>'
)
SHAPE = (
    f"<v:shape {SPACES} "  # a drawing that is there already may call them otherwise
    'id="_x0000_s{identity}" type="#_x0000_t202" style="position:absolute;visibility:hidden" fillcolor="#fff2cc" '
    'o:insetmode="auto"><v:fill color2="#fff2cc"/><v:path o:connecttype="none"/><v:textbox style="mso-direction-alt:auto">'
    '<div style="text-align:left"></div></v:textbox><x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>'
    "<x:Anchor>{left}, 12, {top}, 2, {right}, 12, {bottom}, 4</x:Anchor><x:AutoFill>False</x:AutoFill>"
    "<x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"
)
WIDE, LINE = 5, 40
"""Columns that a note spans, and characters that fit on one of its lines."""


def with_notes(content: bytes, notes: Sequence[tuple[str, str, str]]) -> bytes:
    """The workbook with these notes (sheet, cell, text), an empty sheet for the first; to be called in a child process.

    A note that is there already goes on with the new text. All else stays as it is. Raises FileError.
    """
    package = unpacked(content)
    sheets = sheet_parts(package)
    if not sheets:
        raise FileError("La cartella di lavoro non ha fogli con celle.")
    by_sheet: dict[str, list[tuple[str, str]]] = {}
    for title, cell, text in notes:
        by_sheet.setdefault(title if title in sheets else next(iter(sheets)), []).append((cell, text))
    for block, title in enumerate(sheets, start=1):
        if title in by_sheet:
            _write_notes(package, sheets[title], by_sheet[title], block)
    return files.repack(package)


def _write_notes(package: dict[str, bytes], sheet: str, notes: Sequence[tuple[str, str]], block: int) -> None:
    comments = _related(package, sheet, "comments", f"xl/commentsPitstop{block}.xml", _no_notes())
    root = parsed(package[comments])
    authors = root.find(f"{MAIN}authors")
    author = len(authors)
    _child(authors, "author").text = "pitstop lint"
    listed = root.find(f"{MAIN}commentList")
    fresh = []
    for cell, text in notes:
        note = next((one for one in listed if one.get("ref") == cell), None)
        if note is None:
            fresh.append((cell, text))
            said = _child(_child(listed, "comment", ref=cell, authorId=str(author)), "text")
        else:
            said, text = note.find(f"{MAIN}text"), f"\n\n{text}"  # noqa: PLW2901
        run = _child(_child(said, "r"), "t")
        run.text = text
        run.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    listed[:] = sorted(listed, key=lambda one: _order(one.get("ref", "")))
    package[comments] = _written(root)
    if fresh:
        _draw_notes(package, sheet, fresh, block)


def _order(cell: str) -> tuple[int, int]:
    found = area(cell)
    return (found.top, found.left) if found else (0, 0)


def _no_notes() -> bytes:
    return f'<comments xmlns="{MAIN[1:-1]}"><authors/><commentList/></comments>'.encode()


def _child(above: Any, tag: str, **told: str) -> Any:
    child = above.makeelement(MAIN + tag, told)
    above.append(child)
    return child


def _draw_notes(package: dict[str, bytes], sheet: str, notes: Sequence[tuple[str, str]], block: int) -> None:
    """The boxes in which the notes are shown: without them Excel takes the file for damaged."""
    fresh = DRAWING.format(block=block).encode()
    root = parsed(package[sheet])
    known = root.find(f"{MAIN}legacyDrawing")
    if known is not None:
        targets = {identity: target for identity, _, target in relations(package, sheet)}
        part = targets[known.get(f"{{{KINDS}}}id")]
    else:
        part = f"xl/drawings/vmlDrawingPitstop{block}.vml"
        package[part] = fresh
        drawing = root.makeelement(f"{MAIN}legacyDrawing", {f"{{{KINDS}}}id": _relate(package, sheet, "vmlDrawing", part)})
        later = next((one for one in root if isinstance(one.tag, str) and one.tag.rpartition("}")[2] in AFTER_NOTES), None)
        later.addprevious(drawing) if later is not None else root.append(drawing)
        package[sheet] = _written(root)
        _declare(package, "Default", "Extension", "vml", "application/vnd.openxmlformats-officedocument.vmlDrawing")
    text = package[part].decode("utf-8", "surrogateescape")  # what Excel writes here is not always XML
    identity = max([block * 1024, *map(int, re.findall(r"_x0000_s([0-9]{1,9})", text))])
    shapes = []
    for place, (cell, said) in enumerate(notes, start=1):
        row, column = _order(cell)
        tall = 2 + sum(1 + len(line) // LINE for line in said.split("\n"))
        sides = {"left": column, "right": column + WIDE, "top": max(row - 2, 0), "bottom": max(row - 2, 0) + tall}
        shapes.append(SHAPE.format(identity=identity + place, row=row - 1, column=column - 1, **sides))
    before, end, after = text.rpartition("</xml>")
    package[part] = f"{before}{''.join(shapes)}{end}{after}".encode("utf-8", "surrogateescape")


def _related(package: dict[str, bytes], part: str, kind: str, fresh: str, content: bytes) -> str:
    """The part of that kind related to this one; a fresh one if there is none."""
    for _, one, target in relations(package, part):
        if one == kind and target in package:
            return target
    package[fresh] = content
    _relate(package, part, kind, fresh)
    _declare(package, "Override", "PartName", f"/{fresh}", NOTE_TYPE)
    return fresh


def _relate(package: dict[str, bytes], part: str, kind: str, target: str) -> str:
    """Relate a part to another; the identity of the relation."""
    name = relations_of(part)
    root = parsed(package.get(name, f'<Relationships xmlns="{RELATIONS[1:-1]}"/>'.encode()))
    identity = f"rIdPitstop{kind}"
    told = {"Id": identity, "Type": f"{KINDS}/{kind}", "Target": f"/{target}"}
    root.append(root.makeelement(f"{RELATIONS}Relationship", told))
    package[name] = _written(root)
    return identity


def _declare(package: dict[str, bytes], tag: str, key: str, name: str, kind: str) -> None:
    """Say in the package what a part is."""
    root = parsed(package["[Content_Types].xml"])
    if all(one.get(key, "").lower() != name.lower() for one in root):
        declared = root.makeelement(TYPES + tag, {key: name, "ContentType": kind})
        root.insert(0, declared) if tag == "Default" else root.append(declared)
        package["[Content_Types].xml"] = _written(root)


def _written(root: Any) -> bytes:
    from lxml import etree  # noqa: PLC0415

    made: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return made
