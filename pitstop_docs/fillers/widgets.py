"""The raw PDF of a form becomes the one that is sent: each field made anew in its place, and what is known printed in it.

pypdf's traps: a clone is headed 1.3; its own filler draws `?` for a letter outside Latin-1, the code of a choice instead of
its label, and texts that do not wrap. Viewers' traps: without an Off state pdfium draws boxes of its own; with NeedAppearances
poppler blanks every mark; an empty code in a list stops MuPDF.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject, TextStringObject

from pitstop_docs import jsontext
from pitstop_docs.errors import FileError, PitstopError
from pitstop_docs.fillers.imprint import NO_INK, READ_ONLY, dictionary, drawing, imprint, imprinted, letters
from pitstop_docs.fillers.markup import Field, Value
from pitstop_docs.fillers.packed import packed
from pitstop_docs.fillers.page import SLACK, Drawn, Item, Picture, appearances
from pitstop_docs.identity import FIELD, Identity

YES, OFF = "/Yes", "/Off"
NOTHING = ("-", "—")
"""Code and label of a list's first choice, by which an answer is taken back."""
BOXES = ("yes_no", "choices")
"""Kinds that are asked by a check box for each code: a group of buttons is lost where pages are split and joined."""
SIZE = 9.5
PRINTED = 4
REQUIRED, MULTILINE, COMBO, COMB = 1 << 1, 1 << 12, 1 << 17, 1 << 24
KEPT = ("/Type", "/Subtype", "/Rect", "/P", "/StructParent", "/T", "/TU")
"""What stays of a raw widget: where it is, its place among the tags, its name, what a screen reader says of it."""


@dataclass(frozen=True)
class _Widget:
    """One widget as it will be: what is written in `/V`, the text to draw. `box` is True for a check box."""

    name: str
    field: Field
    value: str
    shown: str = ""
    box: bool = False


def rebuilt(drawn: Drawn, values: Mapping[str, Value], identity: Identity) -> bytes:
    """The fillable PDF: `values` (by path) printed in their fields, and kept there as what was printed (`/DV`).

    A text that does not fit is drawn as far as it does, and is whole in `/V`. The same arguments give the same bytes.
    Raises FileError if a value is none of the choices, or if a character has no font.
    """
    wanted = {one.name: one for field in drawn.fields for one in _widgets(field, values.get(field.path))}
    reader = PdfReader(io.BytesIO(drawn.pdf))
    _strip(reader)
    writer = PdfWriter(clone_from=reader)
    _Maker(writer, wanted).make()
    imprint(writer, identity, {field.name: field.path for field in drawn.fields})
    printed = jsontext.canonical([identity.text(), *([one.name, one.value] for one in wanted.values())])
    content = packed(writer, sha256(drawn.pdf + printed.encode()).digest()[:16])
    _prove(content, wanted, identity)
    return content


def _widgets(field: Field, value: Value | None) -> Iterator[_Widget]:
    """The widgets that ask for an answer, as they will be."""
    if isinstance(value, bool):
        value = "si" if value else "no"
    codes = [value] if isinstance(value, str) else [*(value or ())]
    known = dict(field.options)
    if known and not known.keys() >= {*codes}:
        raise FileError(f"«{field.label}» ha una risposta che non è tra le scelte del modulo. Correggerla e riprovare.")
    if field.kind in BOXES:
        for code in known:
            yield _Widget(f"{field.name}={code}", field, YES if code in codes else OFF, box=True)
    elif field.kind == "choice":
        code = codes[0] if codes else NOTHING[0]
        yield _Widget(field.name, field, code, known.get(code, ""))
    else:
        text = codes[0] if codes else ""
        yield _Widget(field.name, field, text, text)


def _strip(reader: PdfReader) -> None:
    """Take from the raw PDF, before it is copied, what the one that is sent makes anew, and the fonts that only fields used.

    WeasyPrint embeds whole each font of a field, in the list of fonts that all pages share.
    """
    for key in ("/AcroForm", "/Metadata"):
        reader.root_object.pop(key, None)
    unused = set()
    for page in reader.pages:
        for widget in _annotations(page):
            unused |= {*re.findall(r"/(\S+) \S+ Tf", str(widget.get("/DA", "")))}
    for page in reader.pages:
        content = page.get_contents()
        unused -= {name.decode() for name in re.findall(rb"/(\S+) \S+ Tf", content.get_data() if content is not None else b"")}
    for page in reader.pages:
        resources: Any = page["/Resources"]
        for name in unused:
            resources.get("/Font", {}).pop(f"/{name}", None)
        for widget in _annotations(page):
            for key in [key for key in widget if key not in KEPT]:
                del widget[key]


class _Maker:
    """Makes the fields of one form in one PDF."""

    def __init__(self, writer: PdfWriter, wanted: Mapping[str, _Widget]) -> None:
        self.writer = writer
        self.wanted = wanted
        self.found = {str(raw["/T"]): raw for page in writer.pages for raw in _annotations(page)}
        self.made: dict[tuple[bytes, tuple[float, float]], Any] = {}
        self.listed: dict[tuple[tuple[str, str], ...], Any] = {}
        if self.found.keys() != wanted.keys():
            raise PitstopError(f"Il modulo disegnato non ha i campi chiesti: {sorted(self.found.keys() ^ wanted.keys())[:5]}.")

    def make(self) -> None:
        """Every widget, in its place, and the form that lists them."""
        sizes = self.print()
        for name, raw in self.found.items():
            one = self.wanted[name]
            raw.update(self.box(one, raw) if one.box else self.asked(one, sizes.get(name, SIZE)))
            raw.update(_common(one))
            if "/AP" not in raw:
                raw[NameObject("/AP")] = dictionary(N=self.plain(raw, NO_INK))
        fonts = dictionary(
            Helv=self.writer._add_object(_font("Helvetica", Encoding=NameObject("/WinAnsiEncoding"))),
            ZaDb=self.writer._add_object(_font("ZapfDingbats")),
        )
        self.writer.root_object[NameObject("/AcroForm")] = self.writer._add_object(
            dictionary(
                Fields=ArrayObject([raw.indirect_reference for raw in self.found.values()]),
                DR=dictionary(Font=fonts),
                DA=letters("Helv", SIZE),
            )
        )

    def print(self) -> dict[str, float]:
        """Draw every text in its field; by name, at what size."""
        printed = [name for name in self.found if self.wanted[name].shown]
        if not printed:
            return {}
        pictures = appearances([_item(self.wanted[name], _extent(self.found[name])) for name in printed])
        pages = PdfReader(io.BytesIO(pictures.pdf)).pages
        copied: dict[int, Any] = {}
        for name, picture, page in zip(printed, pictures.told, pages, strict=True):
            if picture.missing:
                raise FileError(
                    f"«{self.wanted[name].field.label}» ha caratteri che nessun font di questo computer sa disegnare. "
                    "Installare i font Noto (pacchetti fonts-noto-core e fonts-noto-cjk) e riprovare."
                )
            self.found[name][NameObject("/AP")] = dictionary(N=self.picture(_extent(self.found[name]), picture, page, copied))
        return {name: picture.size for name, picture in zip(printed, pictures.told, strict=True)}

    def picture(self, extent: tuple[float, float], told: Picture, page: Any, copied: dict[int, Any]) -> Any:
        """Of a drawn page, the appearance of a field; the resources that pages share are copied once."""
        resources: Any = page["/Resources"]
        key = id(resources)
        if key not in copied:
            copied[key] = self.writer._add_object(resources.clone(self.writer))
        width, height = extent
        frame = f"/Tx BMC\nq\n0 0 {width:.2f} {height:.2f} re W n\n1 0 0 1 {told.right:.2f} {told.up - SLACK:.2f} cm\n".encode()
        return drawing(self.writer, extent, frame + page.get_contents().get_data() + b"\nQ\nEMC", copied[key])

    def plain(self, raw: Any, content: bytes) -> Any:
        """A drawing that needs no font; the same object for all widgets of one size."""
        key = (content, _extent(raw))
        if key not in self.made:
            self.made[key] = drawing(self.writer, _extent(raw), content)
        return self.made[key]

    def box(self, one: _Widget, raw: Any) -> DictionaryObject:
        """What a check box says besides: both states are drawn."""
        return dictionary(
            FT=NameObject("/Btn"),
            AS=NameObject(one.value),
            DA=letters("ZaDb", 0),
            AP=dictionary(N=dictionary(Yes=self.plain(raw, _cross(*_extent(raw))), Off=self.plain(raw, b"q Q"))),
            MK=dictionary(CA=TextStringObject("8")),
        )

    def asked(self, one: _Widget, size: float) -> DictionaryObject:
        """What a field of text or a list says besides."""
        if one.field.kind == "choice":
            return dictionary(FT=NameObject("/Ch"), DA=letters("Helv", size), Opt=self.options(one.field.options))
        told = dictionary(FT=NameObject("/Tx"), DA=letters("Helv", size))
        limit = _limit(one)
        if limit is not None:
            told[NameObject("/MaxLen")] = NumberObject(limit)
        return told

    def options(self, pairs: tuple[tuple[str, str], ...]) -> Any:
        """The choices of a list; the same object for all lists of countries."""
        if pairs not in self.listed:
            told = ArrayObject(ArrayObject(map(TextStringObject, pair)) for pair in (NOTHING, *pairs))
            self.listed[pairs] = self.writer._add_object(told)
        return self.listed[pairs]


def _common(one: _Widget) -> DictionaryObject:
    """What a widget of any kind says."""
    value = NameObject(one.value) if one.box else TextStringObject(one.value)
    return dictionary(
        V=value,
        DV=value,
        F=NumberObject(PRINTED),
        Ff=NumberObject(_flags(one)),
        BS=dictionary(W=NumberObject(0)),
    )


def _flags(one: _Widget) -> int:
    field = one.field
    asked = {
        READ_ONLY: field.read_only,
        REQUIRED: field.required and not one.box,  # each box would ask to be ticked, where any of its answer does
        COMBO: field.kind == "choice",
        MULTILINE: field.lines > 1 and not field.options,
        COMB: field.comb and _limit(one) is not None,
    }
    return sum(flag for flag, due in asked.items() if due)


def _limit(one: _Widget) -> int | None:
    """The most characters. None also if the value is longer: a viewer would cut it at the first touch, without a word."""
    units = len(one.value.encode("utf-16-le")) // 2
    return one.field.limit if one.field.limit is not None and units <= one.field.limit else None


def _item(one: _Widget, extent: tuple[float, float]) -> Item:
    cells = _limit(one) or 0 if one.field.comb else 0
    return Item(one.shown, *extent, lines=one.field.lines, comb=cells)


def _cross(width: float, height: float) -> bytes:
    x, y = width * 0.2, height * 0.2
    right, top = width - x, height - y
    return f"q 0.067 G 1.4 w 1 J {x:.2f} {y:.2f} m {right:.2f} {top:.2f} l {x:.2f} {top:.2f} m {right:.2f} {y:.2f} l S Q".encode()


def _prove(content: bytes, wanted: Mapping[str, _Widget], identity: Identity) -> None:
    """Read the PDF back: every field is there, with its value and an appearance. Raises PitstopError."""
    reader = PdfReader(io.BytesIO(content), strict=True)
    catalog: Any = reader.root_object
    form = catalog["/AcroForm"]
    listed = [one.get_object() for one in form["/Fields"]]
    placed = [one for page in reader.pages for one in _annotations(page)]
    expected = {name: one.value for name, one in wanted.items()} | {FIELD: identity.text()}
    wrong = [str(one["/T"]) for one in listed if not _holds(one, expected.get(str(one["/T"])))]
    same = sorted(str(one["/T"]) for one in listed) == sorted(str(one["/T"]) for one in placed) == sorted(expected)
    if wrong or not same or "/NeedAppearances" in form:
        raise PitstopError(f"Il modulo PDF, riletto, non ha i campi come sono stati scritti: {', '.join(wrong[:5])}.")
    if not imprinted(reader, identity):
        raise PitstopError("Il modulo PDF, riletto, non dice ovunque qual è.")


def _holds(widget: Any, value: str | None) -> bool:
    states = widget["/AP"]["/N"].get_object()
    state = states.get(widget["/AS"]) if "/AS" in widget else states
    told = {widget["/V"], widget["/DV"], widget.get("/AS", value)}
    return told == {value} and state is not None and "/BBox" in state.get_object()


def _annotations(page: Any) -> Iterator[Any]:
    """The widgets of a page."""
    for reference in page.get("/Annots", ()):
        found = reference.get_object()
        if found.get("/Subtype") == "/Widget":
            yield found


def _extent(raw: Any) -> tuple[float, float]:
    """Width and height, in points; the sides may be written in any order."""
    left, bottom, right, top = raw["/Rect"]
    return abs(right - left), abs(top - bottom)


def _font(name: str, **more: Any) -> DictionaryObject:
    return dictionary(Type=NameObject("/Font"), Subtype=NameObject("/Type1"), BaseFont=NameObject(f"/{name}"), **more)
