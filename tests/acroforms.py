"""Fillable PDFs drawn by hand, field by field: sound, odd, and as the programs of tutors give them back."""

import io
import json
from collections.abc import Mapping
from typing import Any

from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    DecodedStreamObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NullObject,
    NumberObject,
    PdfObject,
    TextStringObject,
)

from pitstop_docs import identity
from pitstop_docs.identity import Identity

WHO = Identity("scheda", "1.0.0", "PST-001", 3, "0123456789abcdef")


def value(one: object) -> Any:
    """A Python value as pypdf writes it: «/X» is a name, bytes a stream."""
    match one:
        case PdfObject():
            return one
        case None:
            return NullObject()
        case bool():
            return BooleanObject(one)
        case str():
            return NameObject(one) if one.startswith("/") else TextStringObject(one)
        case int():
            return NumberObject(one)
        case float():
            return FloatObject(one)
        case list():
            return ArrayObject(map(value, one))
        case dict():
            return DictionaryObject({NameObject(key): value(inner) for key, inner in one.items()})
        case bytes():
            stream = DecodedStreamObject()
            stream.set_data(one)
            return stream
    raise TypeError(one)


class Pdf:
    """A form drawn field by field; `told` of a field are the keys of its dictionary («/FT», «/MaxLen»…)."""

    def __init__(self, pages: int = 1) -> None:
        self.writer = PdfWriter()
        self.pages = [self.writer.add_blank_page(595, 842) for _ in range(pages)]
        self.form: dict[str, object] = {}
        self.roots: list[object] = []
        self.at = 780

    def add(self, told: Mapping[str, object] | bytes) -> Any:
        return self.writer._add_object(value(dict(told) if isinstance(told, Mapping) else told))

    def widget(self, told: Mapping[str, object], page: int = 0) -> Any:
        self.at -= 30
        box = {"/Type": "/Annot", "/Subtype": "/Widget", "/Rect": [100, self.at, 300, self.at + 20], "/F": 4}
        made = self.add({**box, **told})
        self.pages[page].setdefault(NameObject("/Annots"), ArrayObject()).append(made)
        return made

    def field(self, name: str, kind: str = "/Tx", *, page: int = 0, listed: bool = True, **told: object) -> Any:
        """A field that is its own box. `told` as in FT="/Tx"."""
        keys = {
            "/FT": kind,
            "/T": TextStringObject(name),
            "/TU": f"Descrizione di {name}",
            **{f"/{key}": one for key, one in told.items()},
        }
        made = self.widget({key: one for key, one in keys.items() if one is not None}, page)
        self.roots += [made] if listed else []
        return made

    def radio(self, name: str, states: list[str], on: tuple[str, ...] = (), **told: object) -> Any:
        """A group of buttons; the boxes of `on` are lit."""
        keys = {"/FT": "/Btn", "/Ff": 1 << 15, "/T": name, "/TU": name, **{f"/{key}": one for key, one in told.items()}}
        parent = self.add(keys)
        kids = []
        for state in states:
            lit = {"/AS": f"/{state}" if state in on else "/Off"} if on else {}
            kids.append(self.widget({"/Parent": parent, "/AP": {"/N": {f"/{state}": {}, "/Off": {}}}, **lit}))
        parent.get_object()[NameObject("/Kids")] = ArrayObject(kids)
        self.roots.append(parent)
        return parent

    def tick(self, name: str, state: str = "Yes", **told: object) -> Any:
        return self.field(name, "/Btn", AP={"/N": {f"/{state}": {}, "/Off": {}}}, **told)

    def write(self, page: int, *lines: str) -> None:
        """Put words on a page, at its foot."""
        font = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica", "/Encoding": "/WinAnsiEncoding"}
        shown = " ".join(f"1 0 0 1 40 {40 - 12 * at} Tm ({line}) Tj" for at, line in enumerate(lines))
        self.pages[page][NameObject("/Contents")] = self.add(f"BT /F1 9 Tf {shown} ET".encode("cp1252"))
        self.pages[page][NameObject("/Resources")] = value({"/Font": {"/F1": font}})

    def picture(self, page: int) -> None:
        """Put on a page what a scanner makes."""
        image = value(b"\x80")
        keys = {"/Type": "/XObject", "/Subtype": "/Image", "/Width": 1, "/Height": 1, "/BitsPerComponent": 8}
        image.update(value({**keys, "/ColorSpace": "/DeviceGray"}))
        self.pages[page][NameObject("/Contents")] = self.add(b"595 0 0 842 0 0 cm /I Do")
        self.pages[page][NameObject("/Resources")] = value({"/XObject": {"/I": self.writer._add_object(image)}})

    def say(self, who: Identity, *, carriers: str = "field attachment metadata information pages") -> None:
        """Put the identity where issued forms have it."""
        if "field" in carriers:
            self.field(identity.FIELD, V=who.text(), DV=who.text(), Ff=1, F=2)
        if "attachment" in carriers:
            names = [str(one.get_object()["/T"]) for one in self.roots]
            table = {name.partition("=")[0]: name.partition("=")[0] for name in names if name != identity.FIELD}
            self.writer.add_attachment(identity.ATTACHMENT, json.dumps({"identity": who.text(), "fields": table}))
        if "metadata" in carriers:
            self.writer.root_object[NameObject("/Metadata")] = self.add(f"<x>{who.text()}</x>".encode())
        if "information" in carriers:
            self.writer.add_metadata({identity.INFO: who.text()})
        if "pages" in carriers:
            for page in range(len(self.pages)):
                self.write(page, who.text(), f"pagina {page + 1} di {len(self.pages)}")

    def content(self, **catalog: object) -> bytes:
        """The file; `catalog` are keys of its root."""
        if self.roots or self.form:
            self.writer.root_object[NameObject("/AcroForm")] = value({"/Fields": self.roots, **self.form})
        for key, one in catalog.items():
            self.writer.root_object[NameObject(f"/{key}")] = value(one)
        return written(self.writer)


def written(writer: PdfWriter) -> bytes:
    """The bytes of a PDF."""
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


ANSWERS: Mapping[str, str] = {
    "/cognome": "Prova",
    "/nome": "Amina Łucja",
    "/nato": "05/03/1990",
    "/note": "Prima riga (à € “ ”)\nseconda",
    "/stato": "celibe",
    "/minori=si": "/Yes",
    "/luogo": "Bari",
}
"""What a tutor fills in, by field."""


def issued(who: Identity = WHO, *, carriers: str = "field attachment metadata information pages") -> Pdf:
    """A form of two pages as it is sent: surname and birth printed in it, the first locked."""
    form = Pdf(2)
    form.field("/cognome", V="Prova", DV="Prova", Ff=1)
    form.field("/nome", V="", DV="", MaxLen=40)
    form.field("/nato", V="05/03/1990", DV="05/03/1990")
    form.field("/note", V="", DV="", Ff=1 << 12)
    states = [["-", "—"], ["coniugato", "coniugato/a"], ["celibe", "celibe/nubile"]]
    form.field("/stato", "/Ch", V="-", DV="-", Ff=1 << 17, Opt=states)
    for code in ("si", "no"):
        form.tick(f"/minori={code}", V="/Off", DV="/Off", AS="/Off")
    form.field("/luogo", V="", DV="", page=1)
    form.say(who, carriers=carriers)
    return form


def filled(content: bytes, answers: Mapping[str, str] = ANSWERS, *, added: bool = False) -> bytes:
    """The form with these answers, written anew, or `added` at the end of the file as most viewers do."""
    reader = PdfReader(io.BytesIO(content))
    writer = PdfWriter(reader, incremental=True) if added else PdfWriter(clone_from=reader)
    for reference in writer.root_object["/AcroForm"]["/Fields"]:
        field = reference.get_object()
        if str(field["/T"]) in answers:
            told = answers[str(field["/T"])]
            field[NameObject("/V")] = value(told) if told.startswith("/Y") or told == "/Off" else TextStringObject(told)
            if "/AS" in field:
                field[NameObject("/AS")] = value(told)
    return written(writer)
