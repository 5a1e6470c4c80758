"""A fillable PDF as it lies, read in a child process: its fields, and what else in it acts; and written again with notes.

pypdf's traps: its own list of fields raises on radio buttons without appearance, misses fields that only a page names, and
takes for two what a group of buttons is; its text annotation writes its flags under a name that no viewer reads; a damaged
file raises nearly anything, and some of a few kilobytes take minutes or gigabytes: see `apart`.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pitstop_docs import formats
from pitstop_docs.errors import FileError

DEPTH, COUNT, PAGES = 32, 2_000, 200
PROTECTED = "È protetto da password o da limitazioni. Salvarlo senza protezione."
PRINTED, NOT_SCALED, NOT_TURNED = 4, 8, 16
ICON, AWAY = 20, 4
"""Points of a note's side, and between it and its field."""


@dataclass(frozen=True)
class Field:
    """A field as it lies in the file: its full name, what it is, where it is seen.

    `seats` are the page (from 0), the right side and the top, in points, of each of its boxes. `options` are export value
    and label of each choice, or the on-states of a button. `origin` tells one field object from another of the same name;
    `listed` is False if the form does not name it, and only a page does. `kind` is one of `KINDS`.
    """

    name: str
    kind: str
    seats: tuple[tuple[int, int, int], ...]
    tooltip: str
    length: int | None
    options: tuple[tuple[str, str], ...]
    value: str
    origin: int
    listed: bool = True
    read_only: bool = False
    free: bool = False
    many: bool = False
    hidden: bool = False
    script: bool = False


@dataclass(frozen=True)
class Form:
    """What a PDF holds: its fields, how many pages, whether any text is on them, XFA, where JavaScript starts by itself."""

    fields: tuple[Field, ...]
    pages: int
    text: bool
    xfa: bool
    scripts: tuple[str, ...]


def read(content: bytes) -> Form:
    """What a PDF holds; to be called in a child process. Raises FileError if it cannot be read as a form."""
    from pypdf import PdfReader, apply_configuration  # noqa: PLC0415  # slow to import, used in the child alone
    from pypdf.errors import DependencyError  # noqa: PLC0415

    if b"%PDF-" not in content[:1024]:
        raise FileError("Non è un PDF. Salvarlo come modulo PDF compilabile.")
    with apply_configuration(
        zlib_maximum_output_length=20_000_000,
        maximum_declared_stream_length=20_000_000,
        stream_decoding_work_maximum_length=60_000_000,
        array_maximum_element_count=50_000,
        page_tree_maximum_entries=5_000,
    ):
        try:
            reader = PdfReader(io.BytesIO(content))
        except DependencyError as error:  # it tries the empty password, and AES needs a library more
            raise FileError(PROTECTED) from error
        if reader.is_encrypted:
            raise FileError(PROTECTED)
        if len(reader.pages) > PAGES:
            raise FileError(f"Ha più di {PAGES} pagine.")
        return _Walk(reader).form()


class _Walk:
    """One walk over the objects of a PDF."""

    def __init__(self, reader: Any) -> None:
        self.reader = reader
        self.found: dict[int, Field] = {}
        self.seen: set[int] = set()
        self.catalog = _dictionary(reader.root_object)
        self.acroform = _dictionary(self.catalog.get("/AcroForm"))
        self.pages = [_dictionary(page) for page in reader.pages]
        self.landed: dict[int, list[int]] = {}

    def form(self) -> Form:
        widgets = []
        for number, page in enumerate(self.pages):
            for reference in _array(page.get("/Annots")):
                annotation = _dictionary(reference)
                if annotation.get("/Subtype") == "/Widget":
                    self.landed.setdefault(_identity(reference, annotation), []).append(number)
                    widgets.append((reference, annotation))
        for reference in _array(self.acroform.get("/Fields")):
            self.descend(reference, "", {}, 0)
        for reference, widget in widgets:
            self.climb(reference, widget)
        return Form(
            fields=tuple(self.found.values()),
            pages=len(self.pages),
            text=any("/Font" in _dictionary(page.get("/Resources")) for page in self.pages),
            xfa="/XFA" in self.acroform,
            scripts=tuple(self.scripts()),
        )

    def descend(self, reference: Any, above: str, inherited: Mapping[str, Any], depth: int) -> None:
        """Walk down from a field to those that hold a value."""
        node = _dictionary(reference)
        if depth > DEPTH or len(self.found) > COUNT:
            raise FileError(f"Ha più di {COUNT} campi, o campi annidati oltre {DEPTH} livelli.")
        if _identity(reference, node) in self.seen:
            return
        self.seen.add(_identity(reference, node))
        name = _joined(above, node)
        told = {**inherited, **_inheritable(node)}
        kids = _array(node.get("/Kids"))
        if any("/T" in _dictionary(kid) for kid in kids):
            for kid in kids:
                self.descend(kid, name, told, depth + 1)
        else:
            self.keep(_identity(reference, node), name, told, [(kid, _dictionary(kid)) for kid in kids] or [(reference, node)])

    def climb(self, reference: Any, widget: Any) -> None:
        """A field that only a page names: its name and nature come from those above it."""
        chain = [(reference, widget)]
        while "/Parent" in chain[-1][1] and len(chain) <= DEPTH:
            above = chain[-1][1].raw_get("/Parent")
            chain.append((above, _dictionary(above)))
        own = next((place for place, (_, node) in enumerate(chain) if "/T" in node), 0)
        if _identity(*chain[own]) in self.seen:
            return
        if len(self.found) > COUNT:
            raise FileError(f"Ha più di {COUNT} campi.")
        name, told = "", dict[str, Any]()
        for _, node in reversed(chain):
            name = _joined(name, node)
            told |= _inheritable(node)
        kids = _array(chain[own][1].get("/Kids")) if own else [reference]
        self.seen.add(_identity(*chain[own]))
        self.keep(_identity(*chain[own]), name, told, [(kid, _dictionary(kid)) for kid in kids], listed=False)

    def keep(
        self, origin: int, name: str, told: Mapping[str, Any], widgets: Sequence[tuple[Any, Any]], *, listed: bool = True
    ) -> None:
        flags = _number(told.get("/Ff")) or 0
        kind = _kind(str(_object(told.get("/FT", ""))), flags)
        nodes = [node for _, node in widgets]
        landed = ((page, node) for reference, node in widgets for page in self.landed.get(_identity(reference, node), ()))
        self.found[origin] = Field(
            name=name,
            kind=kind,
            seats=tuple(sorted((page, *_corner(node)) for page, node in landed)),
            tooltip=_text(told.get("/TU")) or next((_text(node["/TU"]) for node in nodes if "/TU" in node), ""),
            length=_number(told.get("/MaxLen")) if kind == "testo" else None,
            options=_options(kind, told, nodes),
            value=_text(told.get("/V")),
            origin=origin,
            listed=listed,
            read_only=bool(flags & 1),
            free=kind == "elenco" and bool(flags & 1 << 18),
            many=kind == "elenco" and bool(flags & 1 << 21),
            hidden=bool(nodes) and all((_number(node.get("/F")) or 0) & (2 | 32) for node in nodes),
            script=any(_is_script(action) for node in nodes for action in _actions(node)),
        )

    def scripts(self) -> Iterator[str]:
        """What starts a script without anyone touching a field."""
        if _is_script(self.catalog.get("/OpenAction")):
            yield "all’apertura del file"
        if any(_is_script(action) for action in _dictionary(self.catalog.get("/AA")).values()):
            yield "quando si stampa, si salva o si chiude il file"
        if "/JavaScript" in _dictionary(self.catalog.get("/Names")):
            yield "all’apertura del file (funzioni comuni)"
        if any(_is_script(action) for page in self.pages for action in _dictionary(page.get("/AA")).values()):
            yield "quando si apre una pagina"


def _object(value: Any) -> Any:
    return value.get_object() if hasattr(value, "get_object") else value


def _dictionary(value: Any) -> Any:
    """What a value leads to if it is a dictionary, else an empty one."""
    from pypdf.generic import DictionaryObject  # noqa: PLC0415

    found = _object(value)
    return found if isinstance(found, DictionaryObject) else DictionaryObject()


def _array(value: Any) -> list[Any]:
    found = _object(value)
    return list(found) if isinstance(found, list) else []


def _number(value: Any) -> int | None:
    found = _object(value)
    return int(found) if isinstance(found, int) else None


def _text(value: Any) -> str:
    found = _object(value)
    if isinstance(found, list):
        return ", ".join(map(_text, found[:COUNT]))
    raw = found.decode("latin-1") if isinstance(found, bytes) else found if isinstance(found, str) else ""
    return formats.clean(raw[:2000])[0]


def _identity(reference: Any, node: Any) -> int:
    """The number of an object of the file; of one that stands inside another, one that no object has."""
    number = getattr(reference, "idnum", None) or getattr(getattr(node, "indirect_reference", None), "idnum", None)
    return int(number) if number else -id(node)


def _corner(node: Any) -> tuple[int, int]:
    """The right side and the top of a box; its sides may be written in any order."""
    sides = [int(side) for side in map(_object, _array(node.get("/Rect"))) if isinstance(side, int | float)]
    return (max(sides[0::2]), max(sides[1::2])) if len(sides) == 4 else (0, 0)


def _inheritable(node: Any) -> dict[str, Any]:
    return {key: node[key] for key in ("/FT", "/Ff", "/V", "/Opt", "/MaxLen", "/TU") if key in node}


def _joined(above: str, node: Any) -> str:
    own = _text(node.get("/T"))
    return f"{above}.{own}" if above and own else above or own


def _kind(told: str, flags: int) -> str:
    if told == "/Tx":
        return "file" if flags & 1 << 20 else "testo"
    if told == "/Btn":
        return "pulsante" if flags & 1 << 16 else "scelta" if flags & 1 << 15 else "spunta"
    return {"/Ch": "elenco", "/Sig": "firma"}.get(told, "")


def _options(kind: str, told: Mapping[str, Any], widgets: Sequence[Any]) -> tuple[tuple[str, str], ...]:
    listed = []
    for option in _array(told.get("/Opt"))[:COUNT]:
        pair = [_text(one) for one in _array(option)] or [_text(option)]
        listed.append((pair[0], pair[-1]))
    if kind == "elenco" or kind not in ("spunta", "scelta"):
        return tuple(listed)
    states = dict.fromkeys(
        _text(state).removeprefix("/")
        for widget in widgets
        for state in [*_dictionary(_dictionary(widget.get("/AP")).get("/N")), *filter(None, [widget.get("/AS")])]
    )
    found = []
    for state in states:
        # With /Opt the states are its places: 0, 1, 2…
        code, label = listed[int(state)] if state.isdecimal() and int(state) < len(listed) else (state, state)
        found += [(code, label)] if state != "Off" else []
    return tuple(found)


def _actions(node: Any) -> Iterator[Any]:
    yield node.get("/A")
    for holder in (node, _dictionary(node.get("/Parent"))):
        yield from _dictionary(holder.get("/AA")).values()


def _is_script(action: Any) -> bool:
    found = _dictionary(action)
    return found.get("/S") == "/JavaScript" or "/JS" in found


def with_notes(content: bytes, notes: Sequence[tuple[int, str, str]]) -> bytes:
    """The PDF with these notes (page, field, text); to be called in a child process."""
    from pypdf import PdfReader, PdfWriter  # noqa: PLC0415

    reader = PdfReader(io.BytesIO(content))
    fields = _Walk(reader).form().fields
    seats = {(page, field.name): (right, top) for field in fields for page, right, top in reversed(field.seats)}
    # Not as an addition to the file: pypdf would end a file that has a plain table of objects with a packed one.
    writer = PdfWriter(clone_from=reader)
    writer.pdf_header = reader.pdf_header  # it writes 1.3 else
    for number, name, text in notes:
        page = writer.pages[number]
        left, bottom, right, top = (int(side) for side in page.mediabox)
        x, y = seats.get((number, name), (left, top - AWAY))
        x, y = max(left, min(x + AWAY, right - ICON)), max(bottom + ICON, min(y, top))
        writer.add_annotation(page, _note(text, (x, y - ICON, x + ICON, y)))
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def _note(text: str, box: tuple[int, int, int, int]) -> Any:
    """A text annotation; the class of pypdf for it writes its flags under a name that no viewer reads."""
    from pypdf.generic import ArrayObject, DictionaryObject, FloatObject, NameObject, NumberObject, TextStringObject  # noqa: PLC0415

    return DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Annot"),
            NameObject("/Subtype"): NameObject("/Text"),
            NameObject("/Rect"): ArrayObject(map(NumberObject, box)),
            NameObject("/Contents"): TextStringObject(text),
            NameObject("/T"): TextStringObject("pitstop lint"),
            NameObject("/Name"): NameObject("/Comment"),
            NameObject("/C"): ArrayObject(map(FloatObject, ("1", "0.8", "0.2"))),
            NameObject("/F"): NumberObject(PRINTED | NOT_SCALED | NOT_TURNED),
        }
    )
