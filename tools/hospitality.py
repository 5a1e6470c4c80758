"""Draws the communication of hospitality (D.Lgs. 286/1998, art. 7) as a fillable PDF: templates/comunicazione_ospitalita.pdf.

    PYTHONPATH=. .venv/bin/python tools/hospitality.py

Every Questura has a form of its own, of the same content; this one is invented, and made as such forms are: fields in groups
(`ospite.cognome`), dates cut in boxes, a codice fiscale in cells, buttons that export codes of their own, boxes of which each
calls its mark otherwise, lists that export initials, a place for the pen and one for the office. A Comune that uses another
form puts it in its place, and says in the description which answer goes where. WeasyPrint lays the page out and tags it; the
fields are made anew in its places.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import weasyprint
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject, TextStringObject
from weasyprint.text.fonts import FontConfiguration

from pitstop_docs.fillers.imprint import dictionary, drawing, letters
from pitstop_docs.fillers.packed import packed

TARGET = Path(__file__).parent.parent / "templates" / "comunicazione_ospitalita.pdf"
FONTS = Path(__file__).parent.parent / "pitstop_docs" / "fonts"
FONT = re.compile(r"/(\S+) \S+ Tf")
COMB, COMBO, MULTILINE, RADIO, STAYS = 1 << 24, 1 << 17, 1 << 12, 1 << 15, 1 << 14


@dataclass(frozen=True)
class Field:
    """A field of the form: `most` are the characters it takes, `cells` says that each has its own; `options` are export value and
    label of each choice; `states` what the boxes of a group of buttons are called, in order of the options; `on` what the mark of
    a single box is."""

    name: str
    tip: str
    most: int = 0
    cells: bool = False
    lines: bool = False
    options: tuple[tuple[str, str], ...] = ()
    states: tuple[str, ...] = ()
    on: str = ""
    sign: bool = False
    middle: bool = False


FIELDS: dict[str, Field] = {}
CSS = """
@page { size: A4; margin: 15mm 16mm 15mm 16mm;
  @bottom-left { content: "Comunicazione di ospitalità – art. 7, D.Lgs. 25 luglio 1998, n. 286"; font: 7.5pt F; color: #333 }
  @bottom-right { content: "pagina " counter(page) " di " counter(pages); font: 7.5pt F; color: #333 } }
html { font: 9.5pt/1.3 F; color: #000 }
body, p, h1, h2 { margin: 0 }
h1 { font-size: 13.5pt; text-align: center; line-height: 1.25 }
.under { text-align: center; font-size: 8.5pt; margin: 0.5mm 0 3mm }
h2 { font-size: 10pt; border-bottom: 0.7pt solid #000; margin: 4mm 0 1.2mm; text-transform: uppercase; letter-spacing: 0.2pt }
.row { display: flex; gap: 2.5mm; margin-top: 1.4mm; align-items: flex-end; break-inside: avoid }
.q { box-sizing: border-box }
.q label { display: block; font-size: 7.5pt; line-height: 1.2; color: #222; white-space: nowrap }
.b { position: relative; height: 6.4mm; border: 0.6pt solid #444; box-sizing: border-box }
.b input, .b select, .b textarea { position: absolute; top: 0.3mm; bottom: 0.3mm; left: 0.5mm; right: 0.5mm; width: auto;
  height: auto; margin: 0; padding: 0; border: 0; background: none; font: 7pt E }
.tall { height: 34mm } .sign { height: 17mm; border: 0; border-bottom: 0.6pt solid #000 }
.cells i { position: absolute; top: 0; bottom: 0; border-left: 0.4pt solid #888 }
.cells input { left: 0; right: 0 }
.choices { margin-top: 1.4mm; line-height: 1.75 }
.o { display: inline-block; margin-right: 5mm; white-space: nowrap }
.k { display: inline-block; position: relative; width: 3.6mm; height: 3.6mm; border: 0.7pt solid #000; box-sizing: border-box;
  vertical-align: -0.6mm; margin-right: 1mm }
.round .k { border-radius: 50% }
.k input { position: absolute; top: 0.25mm; left: 0.25mm; width: 2.7mm; height: 2.7mm; margin: 0; padding: 0; border: 0;
  background: none; font: 7pt E }
.note { font-size: 8.5pt; line-height: 1.35; margin: 3mm 0 5mm; text-align: justify }
.office { border: 0.9pt solid #000; padding: 2mm 3mm 22mm; margin-top: 10mm; break-inside: avoid }
.office b { font-size: 8.5pt }
.line { margin-top: 1.6mm }
"""


# ── the page ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def box(label: str, name: str, width: float, tip: str = "", kind: str = "", **more: Any) -> str:
    """A field with its label above, so many millimetres wide (0: what is left of the row)."""
    field = Field(name, tip or label, **more)
    FIELDS[name] = field
    inner = width - 0.42  # what the frame leaves
    cells = range(1, field.most) if field.cells else ()
    lines = "".join(f"<i style='left:{inner / field.most * at:.3f}mm'></i>" for at in cells)
    kind += " cells" if field.cells else " tall" if field.lines else " sign" if field.sign else ""
    size = f"flex:0 0 {width}mm" if width else "flex:1 1 0"
    tag = f"<input name='{name}' title='{escape(field.tip)}'>"
    return f"<div class=q style='{size}'><label>{label}</label><div class='b {kind}'>{lines}{tag}</div></div>"


def row(*boxes: str) -> str:
    """Fields side by side."""
    return f"<div class=row>{''.join(boxes)}</div>"


def buttons(name: str, tip: str, *choices: tuple[str, str, str]) -> str:
    """One of several: label, state and export value of each."""
    FIELDS[name] = Field(
        name, tip, options=tuple((code, label) for label, _, code in choices), states=tuple(one[1] for one in choices)
    )
    return "<p class='choices round'>" + "".join(_tick(f"{name}={state}", tip, label) for label, state, _ in choices) + "</p>"


def ticks(*choices: tuple[str, str, str]) -> str:
    """Boxes of their own: label, name and what the mark is called."""
    for label, name, on in choices:
        FIELDS[name] = Field(name, f"Allegato: {label}", on=on)
    return "<p class=choices>" + "".join(_tick(name, label, label) for label, name, _ in choices) + "</p>"


def _tick(name: str, tip: str, label: str) -> str:
    told = f"{tip}: {label}" if tip != label else label
    return f"<span class=o><span class=k><input type=checkbox name='{name}' title='{escape(told)}'></span>{label}</span>"


def date_boxes(label: str, name: str, what: str) -> str:
    """A date cut in three."""
    parts = (("giorno", label, 2, 13.0), ("mese", "mese", 2, 10.0), ("anno", "anno", 4, 14.0))
    return "".join(
        box(short, f"{name}.{part}", wide, f"{what}: {part}", most=most, middle=True) for part, short, most, wide in parts
    )


def body() -> str:
    """The page, field by field."""
    offices = (("Q", "Questura"), ("C", "Commissariato di P.S."), ("S", "Sindaco del Comune"))
    papers = (("CI", "Carta d’identità"), ("PA", "Passaporto"), ("PT", "Patente di guida"), ("PS", "Permesso di soggiorno"))
    sexes = (("M", "Maschile"), ("F", "Femminile"), ("X", "Non noto"))
    uses = (("1", "Abitazione intera"), ("2", "Camera o posto letto"), ("3", "Struttura di accoglienza"), ("4", "Altro uso"))
    parts = [
        "<h1>COMUNICAZIONE DI OSPITALITÀ O DI CESSIONE DI IMMOBILE<br>A CITTADINO DI PAESE TERZO O APOLIDE</h1>",
        "<p class=under>art. 7, D.Lgs. 25 luglio 1998, n. 286 – da inviare entro 48 ore dall’ingresso</p>",
        row(
            box("All’autorità locale di pubblica sicurezza", "autorita.ufficio", 70, options=offices),
            box("di", "autorita.sede", 0),
        ),
        "<h2>1. Chi comunica</h2>",
        row(box("Cognome", "dichiarante.cognome", 0), box("Nome", "dichiarante.nome", 0)),
        row(
            date_boxes("Nato/a il", "dichiarante.nascita", "Data di nascita di chi comunica"),
            box("Luogo di nascita", "dichiarante.luogo_nascita", 0),
            box("Codice fiscale", "dichiarante.cf", 74, most=16, cells=True),
        ),
        row(
            box("Residente in via, numero", "dichiarante.indirizzo", 0),
            box("Comune", "dichiarante.comune", 50),
            box("Prov.", "dichiarante.provincia", 12, most=2, middle=True),
        ),
        row(
            box("Documento", "dichiarante.documento.tipo", 38, "Tipo di documento di chi comunica", options=papers),
            box("Numero", "dichiarante.documento.numero", 32, "Numero del documento di chi comunica"),
            box("Rilasciato da", "dichiarante.documento.rilasciato_da", 0, "Documento di chi comunica rilasciato da"),
            box("il", "dichiarante.documento.data", 24, "Data di rilascio del documento di chi comunica", most=10, middle=True),
        ),
        row(box("Telefono", "dichiarante.telefono", 45, most=16), box("E-mail o PEC", "dichiarante.email", 0)),
        buttons(
            "dichiarante.qualita",
            "In qualità di",
            ("persona fisica, per sé", "0", "PF"),
            ("legale rappresentante dell’ente", "1", "LR"),
            ("delegato dell’ente", "2", "DE"),
        ),
        row(box("Ente rappresentato", "dichiarante.ente", 0)),
        "<h2>2. Comunica che</h2>",
        buttons(
            "fatto",
            "Che cosa si comunica",
            ("ha dato alloggio", "alloggio", "alloggio"),
            ("ospita", "ospita", "ospita"),
            ("ha ceduto la proprietà", "proprieta", "proprieta"),
            ("ha ceduto il godimento", "godimento", "godimento"),
        ),
        row(
            date_boxes("Dal giorno", "decorrenza", "Dal giorno"),
            box("ore", "decorrenza.ore", 9, "Dalle ore: ore", most=2, middle=True),
            box("min.", "decorrenza.minuti", 9, "Dalle ore: minuti", most=2, middle=True),
            box("fino al (se noto)", "fine", 28, "Fino al giorno", most=10, middle=True),
            "<div class=q style='flex:1 1 0'><span style='font-size:7.5pt'>a titolo</span>"
            + buttons("titolo", "A titolo", ("gratuito", "G", "G"), ("oneroso", "O", "O")).replace("choices", "choices line", 1)
            + "</div>",
        ),
        "<h2>3. Persona ospitata o cessionaria</h2>",
        row(box("Cognome", "ospite.cognome", 0), box("Nome", "ospite.nome", 0)),
        row(box("Altre grafie del nome, anche nell’alfabeto originale", "ospite.altre_grafie", 0)),
        row(
            date_boxes("Nato/a il", "ospite.nascita", "Data di nascita della persona ospitata"),
            box("Luogo di nascita", "ospite.luogo_nascita", 0),
            box("Stato di nascita", "ospite.stato_nascita", 46),
            box("Sesso", "ospite.sesso", 24, "Sesso della persona ospitata", options=sexes),
        ),
        row(
            box("Cittadinanza", "ospite.cittadinanza", 0),
            box("Passaporto n.", "ospite.passaporto", 45),
            box("Altro documento (tipo e numero)", "ospite.altro_documento", 68),
        ),
        row(
            box("Titolo di soggiorno", "ospite.titolo.tipo", 0),
            box("Numero", "ospite.titolo.numero", 32, "Numero del titolo di soggiorno"),
            box("Questura", "ospite.titolo.questura", 30, "Questura che ha rilasciato il titolo di soggiorno"),
            box("Rilasciato il", "ospite.titolo.rilascio", 24, "Titolo di soggiorno rilasciato il", most=10, middle=True),
            box("Scade il", "ospite.titolo.scadenza", 24, "Titolo di soggiorno: scade il", most=10, middle=True),
        ),
        "<h2>4. Immobile</h2>",
        row(
            box("Via, numero", "immobile.indirizzo", 0),
            box("Scala", "immobile.scala", 14, "Immobile: scala", most=10, middle=True),
            box("Piano", "immobile.piano", 14, "Immobile: piano", most=10, middle=True),
            box("Interno", "immobile.interno", 14, "Immobile: interno", most=10, middle=True),
        ),
        row(
            box("CAP", "immobile.cap", 25, most=5, cells=True),
            box("Comune", "immobile.comune", 0, "Immobile: Comune"),
            box("Prov.", "immobile.provincia", 12, "Immobile: provincia", most=2, middle=True),
            box("Destinazione", "immobile.destinazione", 50, "Immobile: destinazione d’uso", options=uses),
        ),
        row(
            box("Vani", "immobile.vani", 14, most=2, middle=True),
            box("Foglio", "immobile.foglio", 20, "Catasto: foglio", most=10),
            box("Particella", "immobile.particella", 20, "Catasto: particella", most=10),
            box("Sub.", "immobile.subalterno", 20, "Catasto: subalterno", most=10),
            box("Titolo in base al quale chi comunica ne dispone", "immobile.titolo", 0),
        ),
        "<h2>5. Motivo e allegati</h2>",
        row(box("Motivo dell’ospitalità o della cessione", "motivo", 0, lines=True)),
        ticks(
            ("documento di chi comunica", "allegati.a", "Si"),
            ("passaporto o titolo di soggiorno", "allegati.b", "On"),
            ("titolo sull’immobile", "allegati.c", "1"),
            ("delega dell’ente", "allegati.d", "X"),
        ),
        "<p class=note>Chi comunica dichiara di sapere che le dichiarazioni false sono punite (artt. 75 e 76, D.P.R. 28 dicembre "
        "2000, n. 445) e che la violazione dell’art. 7 del D.Lgs. 286/1998 comporta una sanzione amministrativa. I dati sono "
        "trattati dall’autorità di pubblica sicurezza per i suoi compiti.</p>",
        row(
            box("Luogo", "luogo", 55),
            box("Data", "data", 26, "Data della comunicazione", most=10, middle=True),
            box("Firma di chi comunica", "firma", 0, sign=True),
        ),
        "<div class=office><b>Riservato all’ufficio</b>"
        + row(
            box("Protocollo n.", "ufficio.protocollo", 45),
            box("Ricevuta il", "ufficio.data", 26, "Ufficio: ricevuta il", most=10),
            box("alle ore", "ufficio.ora", 18, "Ufficio: alle ore", most=5),
            box("L’addetto", "ufficio.addetto", 0),
        )
        + "<p class=note>Timbro e firma</p></div>",
    ]
    return "".join(parts)


# ── the fields ───────────────────────────────────────────────────────────────────────────────────────────────────────


def draw() -> bytes:
    """The form."""
    faces = "".join(
        f"@font-face {{font-family:{name};font-weight:{weight};src:url({(FONTS / f'NotoSans-{face}.ttf').as_uri()})}}"
        for name, weight, face in (("F", 400, "Regular"), ("F", 700, "Bold"), ("E", 400, "Empty"))
    )
    title = "Comunicazione di ospitalità"
    html = f"<!doctype html><html lang=it><meta charset=utf-8><title>{title}</title><body>{body()}</body></html>"
    fonts = FontConfiguration()
    style = weasyprint.CSS(string=faces + CSS, font_config=fonts)
    page = weasyprint.HTML(string=html)
    raw = page.write_pdf(stylesheets=[style], font_config=fonts, pdf_forms=True, pdf_variant="pdf/ua-1")
    reader = PdfReader(io.BytesIO(raw))
    named = {name for sheet in reader.pages for one in widgets(sheet) for name in FONT.findall(str(one.get("/DA", "")))}
    drawn = b"".join(sheet.get_contents().get_data() for sheet in reader.pages)  # type: ignore[union-attr]  # each has some
    for sheet in reader.pages:
        shared: Any = sheet["/Resources"]["/Font"]  # type: ignore[index]
        for name in named - {*FONT.findall(drawn.decode("latin-1"))}:
            shared.pop(f"/{name}", None)  # the font of the raw fields, which WeasyPrint embeds whole
    reader.root_object.pop("/AcroForm", None)
    writer = PdfWriter(clone_from=reader)
    _Fields(writer).make()
    return packed(writer, b"ospitalita-00001")


def widgets(page: Any) -> Iterator[Any]:
    """The fields of a page."""
    for reference in page.get("/Annots", ()):
        found = reference.get_object()
        if found.get("/Subtype") == "/Widget":
            yield found


class _Fields:
    """Makes the fields of the form in the places of the raw ones."""

    def __init__(self, writer: PdfWriter) -> None:
        self.writer = writer
        self.roots: list[Any] = []
        self.groups: dict[str, Any] = {}
        self.radios: dict[str, Any] = {}

    def make(self) -> None:
        for page in self.writer.pages:
            for raw in widgets(page):
                name = str(raw["/T"])
                kept = {key: raw[key] for key in ("/Type", "/Subtype", "/Rect", "/P", "/StructParent", "/TU") if key in raw}
                raw.clear()
                raw.update({NameObject(key): one for key, one in kept.items()})
                raw[NameObject("/F")] = NumberObject(4)
                group, _, state = name.partition("=")
                if state:
                    self.button(FIELDS[group], state, raw)
                else:
                    self.field(FIELDS[name], raw)
        fonts = dictionary(Helv=self.font("Helvetica", Encoding=NameObject("/WinAnsiEncoding")), ZaDb=self.font("ZapfDingbats"))
        form = dictionary(
            Fields=ArrayObject(self.roots), DR=dictionary(Font=fonts), DA=letters("Helv", 0), SigFlags=NumberObject(1)
        )
        self.writer.root_object[NameObject("/AcroForm")] = self.writer._add_object(form)

    def font(self, name: str, **more: Any) -> Any:
        return self.writer._add_object(
            dictionary(Type=NameObject("/Font"), Subtype=NameObject("/Type1"), BaseFont=NameObject(f"/{name}"), **more)
        )

    def place(self, name: str, made: Any) -> None:
        """Hang a field under the groups that its name tells."""
        *above, last = name.split(".")
        made.get_object()[NameObject("/T")] = TextStringObject(last)
        parent, path = None, ""
        for step in above:
            path += f".{step}"
            if path not in self.groups:
                told = dictionary(T=TextStringObject(step), Kids=ArrayObject())
                if parent is not None:
                    told[NameObject("/Parent")] = parent
                self.groups[path] = self.writer._add_object(told)
                self.hang(parent, self.groups[path])
            parent = self.groups[path]
        if parent is not None:
            made.get_object()[NameObject("/Parent")] = parent
        self.hang(parent, made)

    def hang(self, parent: Any, made: Any) -> None:
        (self.roots if parent is None else parent.get_object()["/Kids"]).append(made)

    def field(self, one: Field, raw: Any) -> None:
        if one.on:
            raw.update(self.tick(raw, one.on, b"ZaDb"))
            raw.update(dictionary(FT=NameObject("/Btn"), AS=NameObject("/Off"), V=NameObject("/Off")))
        elif one.sign:
            raw.update(dictionary(FT=NameObject("/Sig")))
        elif one.options:
            pairs = ArrayObject(ArrayObject(map(TextStringObject, pair)) for pair in (("", " "), *one.options))
            raw.update(
                dictionary(FT=NameObject("/Ch"), Ff=NumberObject(COMBO), Opt=pairs, DA=letters("Helv", 9), V=TextStringObject(""))
            )
        else:
            flags = (COMB if one.cells else 0) | (MULTILINE if one.lines else 0)
            raw.update(dictionary(FT=NameObject("/Tx"), DA=letters("Helv", 9), Q=NumberObject(1 if one.middle else 0)))
            raw.update(dictionary(Ff=NumberObject(flags)) if flags else {})
            raw.update(dictionary(MaxLen=NumberObject(one.most)) if one.most else {})
        raw[NameObject("/TU")] = TextStringObject(one.tip)
        self.place(one.name, raw.indirect_reference)

    def button(self, one: Field, state: str, raw: Any) -> None:
        if one.name not in self.radios:
            told = dictionary(
                FT=NameObject("/Btn"), Ff=NumberObject(RADIO | STAYS), TU=TextStringObject(one.tip), V=NameObject("/Off")
            )
            if one.states[0].isdecimal():
                told[NameObject("/Opt")] = ArrayObject(TextStringObject(code) for code, _ in one.options)
            told[NameObject("/Kids")] = ArrayObject()
            self.radios[one.name] = self.writer._add_object(told)
            self.place(one.name, self.radios[one.name])
        raw.update(self.tick(raw, state, b"l"))
        raw.update(dictionary(Parent=self.radios[one.name], AS=NameObject("/Off")))
        self.radios[one.name].get_object()["/Kids"].append(raw.indirect_reference)

    def tick(self, raw: Any, state: str, mark: bytes) -> DictionaryObject:
        left, bottom, right, top = raw["/Rect"]
        extent = (abs(right - left), abs(top - bottom))
        width, height = extent
        cross = b"q 0 G 1.3 w 1 J %.2f %.2f m %.2f %.2f l %.2f %.2f m %.2f %.2f l S Q" % (
            *(width * 0.15, height * 0.15, width * 0.85, height * 0.85),
            *(width * 0.15, height * 0.85, width * 0.85, height * 0.15),
        )
        dot = b"q 0 g %.2f 0 0 %.2f %.2f %.2f cm 1 0 m 1 0.55 0.55 1 0 1 c -0.55 1 -1 0.55 -1 0 c -1 -0.55 -0.55 -1 0 -1 c " % (
            *(width * 0.3, height * 0.3, width / 2, height / 2),
        )
        on = drawing(self.writer, extent, dot + b"0.55 -1 1 -0.55 1 0 c f Q" if mark == b"l" else cross)
        states = DictionaryObject({NameObject(f"/{state}"): on, NameObject("/Off"): drawing(self.writer, extent, b"q Q")})
        return dictionary(
            AP=dictionary(N=states), MK=dictionary(CA=TextStringObject("l" if mark == b"l" else "8")), DA=letters("ZaDb", 0)
        )


if __name__ == "__main__":
    TARGET.write_bytes(draw())
