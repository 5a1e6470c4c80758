"""The charts of a Word file (DrawingML, ECMA-376 part 1, 21.2), drawn from answers and read back.

Word and LibreOffice draw what the chart itself keeps of its numbers (the «cache»); only when someone asks to edit the data
does Word open the workbook beside it, which would still hold the template's numbers, and draw those. So the workbook goes:
the chart stays as it was printed.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from lxml import etree

from pitstop_docs.charts import Figures
from pitstop_docs.errors import KitError
from pitstop_docs.fillers.parts import STORIES, parsed

C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
TYPES = "[Content_Types].xml"
SHEET = "dati"
"""The sheet that the formulas name, and that is nowhere: Word asks for one, and draws without it."""

Package = Mapping[str, bytes]


def fill(package: Package, several: Iterable[Figures], file: str) -> dict[str, bytes]:
    """The package with its charts showing these figures, each told in its alternative text. Raises KitError where the
    template has no such chart."""
    parts = dict(package)
    for figures in several:
        if figures.part not in parts:
            raise KitError(f"{file}: il grafico «{figures.part}» non c’è. Rimetterlo, o correggere la descrizione del modello.")
        root = parsed(parts[figures.part], f"{file}, {figures.part}")
        drawn = [one for one in root.iter(C + "ser") if one.find(C + "val") is not None]
        if len(drawn) != len(figures.series):
            raise KitError(f"{file}: il grafico «{figures.part}» ha {len(drawn)} serie, la descrizione {len(figures.series)}.")
        for n, (element, (name, numbers)) in enumerate(zip(drawn, figures.series, strict=True)):
            _draw(element, n, name, figures.labels, numbers)
        for workbook in list(root.iter(C + "externalData")):
            workbook.getparent().remove(workbook)
        parts[figures.part] = _written(root)
        _drop_workbooks(parts, figures.part, file)
        _describe(parts, figures, file)
        if shown(parts[figures.part], file) != (figures.labels, figures.series):
            raise KitError(f"{file}: il grafico «{figures.part}» non mostra i valori. Rifarlo in Word: Inserisci, Grafico.")
    return parts


def shown(content: bytes, file: str) -> tuple[tuple[str, ...], tuple[tuple[str, tuple[Decimal | None, ...]], ...]]:
    """What a chart that was filled shows: the names of its rows, and each series with its numbers, None for a gap."""
    labels: tuple[str, ...] = ()
    series = []
    for element in parsed(content, file).iter(C + "ser"):
        labels = tuple(text or "" for text in _points(element.find(f"{C}cat/{C}strRef/{C}strCache")))
        numbers = _points(element.find(f"{C}val/{C}numRef/{C}numCache"))
        [name] = _points(element.find(f"{C}tx/{C}strRef/{C}strCache"))
        series.append((name or "", tuple(None if one is None else Decimal(one) for one in numbers)))
    return labels, tuple(series)


def _points(cache: Any) -> list[str | None]:
    told = {int(point.get("idx")): point.findtext(C + "v") for point in cache.iter(C + "pt")}
    return [told.get(n) for n in range(int(cache.find(C + "ptCount").get("val")))]


def _draw(element: Any, n: int, name: str, labels: tuple[str, ...], numbers: tuple[Decimal | None, ...]) -> None:
    """Put name, rows and numbers into a series; the rest of it is how it looks, and stays."""
    column = f"${chr(ord('B') + n)}$"
    last = len(labels) + 1
    value = element.find(C + "val")
    code = value.findtext(f".//{C}formatCode") or "General"
    for old in element.findall(C + "tx") + element.findall(C + "cat"):
        element.remove(old)
    element.find(C + "order").addnext(_told("tx", "str", f"{SHEET}!{column}1", (name,)))
    value.addprevious(_told("cat", "str", f"{SHEET}!$A$2:$A${last}", labels))
    told = [None if one is None else f"{one:f}" for one in numbers]
    element.replace(value, _told("val", "num", f"{SHEET}!{column}2:{column}{last}", told, code))


def _told(tag: str, kind: str, formula: str, values: Iterable[str | None], code: str = "") -> Any:
    """A `c:tx`, `c:cat` or `c:val` that keeps its values; where one is None there is no point."""
    told = etree.Element(C + tag)
    reference = etree.SubElement(told, f"{C}{kind}Ref")
    etree.SubElement(reference, C + "f").text = formula
    cache = etree.SubElement(reference, f"{C}{kind}Cache")
    if code:
        etree.SubElement(cache, C + "formatCode").text = code
    values = list(values)
    etree.SubElement(cache, C + "ptCount", val=str(len(values)))
    for n, value in enumerate(values):
        if value is not None:
            etree.SubElement(etree.SubElement(cache, C + "pt", idx=str(n)), C + "v").text = value
    return told


def _drop_workbooks(parts: dict[str, bytes], part: str, file: str) -> None:
    """Take out the workbooks of a chart, with what speaks of them."""
    relations = relations_of(part)
    if relations not in parts:
        return
    root = parsed(parts[relations], f"{file}, {relations}")
    for one in [one for one in root if one.get("Type", "").endswith(("/package", "/oleObject"))]:
        root.remove(one)
        gone = target(part, one)
        parts.pop(gone, None)
        types = parsed(parts[TYPES], f"{file}, {TYPES}")
        for told in [told for told in types if told.get("PartName") == f"/{gone}"]:
            types.remove(told)
        parts[TYPES] = _written(types)
    if len(root):
        parts[relations] = _written(root)
    else:
        del parts[relations]


def _describe(parts: dict[str, bytes], figures: Figures, file: str) -> None:
    """Say the figures in the alternative text of each drawing of the chart, after what the template says itself."""
    for part, root, frame in list(frames(parts, figures.part, file)):
        told = frame.find(WP + "docPr")
        told.set("descr", " ".join(filter(None, (told.get("descr", "").strip(), *figures.words))))
        parts[part] = _written(root)


def frames(parts: Package, chart: str, file: str) -> Iterator[tuple[str, Any, Any]]:
    """Each drawing that shows a chart: its part, the part's tree, the frame that has its alternative text.

    A tree is read once, and is the same for all the frames of its part.
    """
    for name in sorted(filter(STORIES.fullmatch, parts)):
        relations = relations_of(name)
        told = parsed(parts[relations], f"{file}, {relations}") if relations in parts else ()
        known = {one.get("Id") for one in told if one.get("TargetMode") != "External" and target(name, one) == chart}
        root = parsed(parts[name], f"{file}, {name}") if known else None
        for frame in root.iter(WP + "inline", WP + "anchor") if root is not None else ():
            if frame.find(WP + "docPr") is not None and any(one.get(R + "id") in known for one in frame.iter(C + "chart")):
                yield name, root, frame


def relations_of(part: str) -> str:
    """Where the package keeps the relations of a part."""
    folder, name = posixpath.split(part)
    return f"{folder}/_rels/{name}.rels"


def target(part: str, relation: Any) -> str:
    """The part that a relation of another leads to."""
    return posixpath.normpath(posixpath.join("/", posixpath.dirname(part), relation.get("Target", ""))).lstrip("/")


def _written(root: Any) -> bytes:
    content: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return content
