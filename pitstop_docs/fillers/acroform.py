"""The fields of a fillable PDF as they lie, whoever made or filled it: names, kinds, values, and what is odd about them.

To be used in a child process: see `apart`. pypdf's traps: its own list of fields raises on radio buttons without
appearance, misses fields that only a page names, and takes for two what a group of buttons is; a damaged file raises nearly
anything, and some of a few kilobytes take minutes or gigabytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

from pitstop_docs.errors import FileError
from pitstop_docs.fillers.pdfvalues import (
    Odd,
    Oddity,
    Value,
    array,
    chosen,
    dictionary,
    held,
    number,
    options,
    pressed,
    resolved,
    states,
    text,
)

DEPTH, COUNT = 32, 2_000
"""How deep fields may stand in fields, and how many there may be."""
INFLATED = 20_000_000
"""Bytes to which a stream of the file may inflate."""


@dataclass(frozen=True)
class Field:
    """A field as it lies in the file: its full name, what it is, where it is seen, what it holds.

    `seats` are the page (from 0), the right side and the top, in points, of each of its boxes. `options` are export value
    and label of each choice, or the on-states of a button. `value` and `default` (what it held when it was made) are codes
    where there are options. `origin` tells one field object from another of the same name; `listed` is False if the form
    does not name it, and only a page does. `kind` is testo, file, spunta, scelta, elenco, firma, pulsante, or empty where
    the file does not say it.
    """

    name: str
    kind: str
    seats: tuple[tuple[int, int, int], ...]
    tooltip: str
    length: int | None
    options: tuple[tuple[str, str], ...]
    value: Value
    default: Value
    origin: int
    listed: bool = True
    read_only: bool = False
    free: bool = False
    many: bool = False
    hidden: bool = False
    script: bool = False
    oddities: tuple[Oddity, ...] = ()


@dataclass(frozen=True)
class Form:
    """What a PDF holds: its fields, how many pages, whether any text is on them, XFA, where JavaScript starts by itself."""

    fields: tuple[Field, ...]
    pages: int
    text: bool
    xfa: bool
    scripts: tuple[str, ...]


def limits(pages: int) -> AbstractContextManager[Any]:
    """The bounds within which pypdf works on a file that should have at most so many pages."""
    from pypdf import apply_configuration  # noqa: PLC0415  # slow to import, used in the child alone

    return apply_configuration(
        zlib_maximum_output_length=INFLATED,
        lzw_maximum_output_length=INFLATED,
        run_length_maximum_output_length=INFLATED,
        array_based_stream_maximum_output_length=INFLATED,
        maximum_declared_stream_length=INFLATED,
        stream_decoding_work_maximum_length=3 * INFLATED,
        array_maximum_element_count=50_000,
        page_tree_maximum_entries=25 * pages,
        xmp_maximum_input_length=1_000_000,
        jbig2dec_binary=None,  # no other program is run
    )


def form(reader: Any) -> Form:
    """What an open reader of pypdf holds, within `limits`. Raises FileError past `DEPTH` and `COUNT`, else nearly anything."""
    return Walk(reader).form()


class Walk:
    """One walk over the objects of a PDF, be it read or about to be written. After it `nodes` are, by the origin of each field,
    the object that bears its name and those of its boxes; `landed` the pages (from 0) on which a box is, by its number."""

    def __init__(self, reader: Any) -> None:
        self.found: dict[int, Field] = {}
        self.nodes: dict[int, tuple[Any, tuple[Any, ...]]] = {}
        self.seen: set[int] = set()
        self.catalog = dictionary(reader.root_object)
        self.acroform = dictionary(self.catalog.get("/AcroForm"))
        self.pages = [dictionary(page) for page in reader.pages]
        self.landed: dict[int, list[int]] = {}

    def form(self) -> Form:
        """What the PDF holds. Raises FileError past `DEPTH` and `COUNT`, else nearly anything."""
        widgets = []
        for place, page in enumerate(self.pages):
            for reference in array(page.get("/Annots")):
                annotation = dictionary(reference)
                if annotation.get("/Subtype") == "/Widget":
                    self.landed.setdefault(identity(reference, annotation), []).append(place)
                    widgets.append((reference, annotation))
        for reference in array(self.acroform.get("/Fields")):
            self.descend(reference, "", {}, 0)
        for reference, widget in widgets:
            self.climb(reference, widget)
        return Form(
            fields=_marked(tuple(self.found.values())),
            pages=len(self.pages),
            text=any("/Font" in dictionary(page.get("/Resources")) for page in self.pages),
            xfa="/XFA" in self.acroform,
            scripts=tuple(self.scripts()),
        )

    def descend(self, reference: Any, above: str, inherited: Mapping[str, Any], depth: int) -> None:
        """Walk down from a field to those that hold a value."""
        node = dictionary(reference)
        if depth > DEPTH or len(self.found) > COUNT:
            raise FileError(f"Ha più di {COUNT} campi, o campi annidati oltre {DEPTH} livelli.")
        if identity(reference, node) in self.seen:
            return
        self.seen.add(identity(reference, node))
        name = _joined(above, node)
        told = {**inherited, **_inheritable(node)}
        kids = array(node.get("/Kids"))
        if any("/T" in dictionary(kid) for kid in kids):
            for kid in kids:
                self.descend(kid, name, told, depth + 1)
        else:
            self.keep((reference, node), name, told, [(kid, dictionary(kid)) for kid in kids] or [(reference, node)])

    def climb(self, reference: Any, widget: Any) -> None:
        """A field that only a page names: its name and nature come from those above it."""
        chain = [(reference, widget)]
        while "/Parent" in chain[-1][1] and len(chain) <= DEPTH:
            above = chain[-1][1].raw_get("/Parent")
            chain.append((above, dictionary(above)))
        own = next((place for place, (_, node) in enumerate(chain) if "/T" in node), 0)
        if identity(*chain[own]) in self.seen:
            return
        if len(self.found) > COUNT:
            raise FileError(f"Ha più di {COUNT} campi.")
        name, told = "", dict[str, Any]()
        for _, node in reversed(chain):
            name = _joined(name, node)
            told |= _inheritable(node)
        kids = array(chain[own][1].get("/Kids")) if own else [reference]
        self.seen.add(identity(*chain[own]))
        self.keep(chain[own], name, told, [(kid, dictionary(kid)) for kid in kids], listed=False)

    def keep(
        self,
        node: tuple[Any, Any],
        name: str,
        told: Mapping[str, Any],
        widgets: Sequence[tuple[Any, Any]],
        *,
        listed: bool = True,
    ) -> None:
        """Note a field that holds a value."""
        origin = identity(*node)
        self.nodes[origin] = (node[1], tuple(box for _, box in widgets))
        flags = number(told.get("/Ff")) or 0
        kind = _kind(str(resolved(told.get("/FT", ""))), flags)
        boxes = [node for _, node in widgets]
        landed = ((page, node) for reference, node in widgets for page in self.landed.get(identity(reference, node), ()))
        value, default, odd = _values(kind, flags, told, boxes)
        self.found[origin] = Field(
            name=name,
            kind=kind,
            seats=tuple(sorted((page, *_corner(node)) for page, node in landed)),
            tooltip=text(told.get("/TU")) or next((text(node["/TU"]) for node in boxes if "/TU" in node), ""),
            length=number(told.get("/MaxLen")) if kind == "testo" else None,
            options=states(options(told.get("/Opt")), boxes) if kind in BUTTONS else options(told.get("/Opt")),
            value=value,
            default=default,
            origin=origin,
            listed=listed,
            read_only=bool(flags & 1),
            free=kind == "elenco" and bool(flags & FREE),
            many=kind == "elenco" and bool(flags & MANY),
            hidden=bool(boxes) and all((number(node.get("/F")) or 0) & (2 | 32) for node in boxes),
            script=any(_is_script(action) for node in boxes for action in _actions(node)),
            oddities=tuple(odd),
        )

    def scripts(self) -> Iterator[str]:
        """What starts a script without anyone touching a field."""
        if _is_script(self.catalog.get("/OpenAction")):
            yield "all’apertura del file"
        if any(_is_script(action) for action in dictionary(self.catalog.get("/AA")).values()):
            yield "quando si stampa, si salva o si chiude il file"
        if "/JavaScript" in dictionary(self.catalog.get("/Names")):
            yield "all’apertura del file (funzioni comuni)"
        if any(_is_script(action) for page in self.pages for action in dictionary(page.get("/AA")).values()):
            yield "quando si apre una pagina"


BUTTONS = ("spunta", "scelta")
FREE, MANY = 1 << 18, 1 << 21
"""Flags of a list: something else may be written; several may be chosen."""


def _values(kind: str, flags: int, told: Mapping[str, Any], boxes: Sequence[Any]) -> tuple[Value, Value, Odd]:
    """What a field holds, what it held when it was made, and what is odd about the first."""
    odd: Odd = {}
    if kind in ("firma", "pulsante"):
        return None, None, odd
    listed, many, free = options(told.get("/Opt")), bool(flags & MANY), bool(flags & FREE)
    value, default = held(told.get("/V"), odd), held(told.get("/DV"), {})
    if kind in BUTTONS:
        value, default = pressed(value, listed, boxes, odd), pressed(default, listed, (), {})
    elif kind == "elenco":
        value = chosen(value, listed, odd, many=many, free=free)
        default = chosen(default, listed, {}, many=many, free=free)
    if value is None and default is not None and "/V" not in told:
        odd[Oddity.VANISHED] = None
    if value == default:
        odd.pop(Oddity.REPLACED, None)  # it was printed so
    if not kind:
        odd[Oddity.NO_KIND] = None
    return value, default, odd


def _marked(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    """The fields; those that share a name say so."""
    count: dict[str, int] = {}
    for field in fields:
        count[field.name] = count.get(field.name, 0) + 1
    return tuple(
        replace(field, oddities=(*field.oddities, Oddity.REPEATED)) if field.name and count[field.name] > 1 else field
        for field in fields
    )


def identity(reference: Any, node: Any) -> int:
    """The number of an object of the file; of one that stands inside another, one that no object has."""
    found = getattr(reference, "idnum", None) or getattr(getattr(node, "indirect_reference", None), "idnum", None)
    return int(found) if found else -id(node)


def _corner(node: Any) -> tuple[int, int]:
    """The right side and the top of a box; its sides may be written in any order."""
    sides = [int(side) for side in map(resolved, array(node.get("/Rect"))) if isinstance(side, int | float)]
    return (max(sides[0::2]), max(sides[1::2])) if len(sides) == 4 else (0, 0)


def _inheritable(node: Any) -> dict[str, Any]:
    return {key: node[key] for key in ("/FT", "/Ff", "/V", "/DV", "/Opt", "/MaxLen", "/TU") if key in node}


def _joined(above: str, node: Any) -> str:
    own = text(node.get("/T"))
    return f"{above}.{own}" if above and own else above or own


def _kind(told: str, flags: int) -> str:
    if told == "/Tx":
        return "file" if flags & 1 << 20 else "testo"
    if told == "/Btn":
        return "pulsante" if flags & 1 << 16 else "scelta" if flags & 1 << 15 else "spunta"
    return {"/Ch": "elenco", "/Sig": "firma"}.get(told, "")


def _actions(node: Any) -> Iterator[Any]:
    yield node.get("/A")
    for holder in (node, dictionary(node.get("/Parent"))):
        yield from dictionary(holder.get("/AA")).values()


def _is_script(action: Any) -> bool:
    found = dictionary(action)
    return found.get("/S") == "/JavaScript" or "/JS" in found
