"""Random answers that a schema allows, with the texts that break programs, and the ways in which people write them."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

from pitstop_docs.formats import MONTHS
from pitstop_docs.lint.invented import Sampler, Taste
from pitstop_docs.lint.wishes import Hopes

NASTY = (
    "perché «così» – l’età, “già” detta… € 5 ½ ™ ‰ • † ‡ ﬁ ﬂ ž Š Œ œ ı ƒ ‹x› „y‚",
    "Łódź Őrség Ștefăniță Ğülşen Đorđe Žižek Þórður ħ ŋ",
    "Мирослава Шевченко, Україна",
    "محمد علي بن أحمد\u200f (شرعي)\u200e",
    "می\u200cخواهم",
    "মোহাম্মদ রহমান ক্ষ জ্ঞ",
    "ትግርኛ ኣማርኛ",
    "Ελένη Παπαδοπούλου · ქართული · Հայերեն · עברית",
    "李娜 · ひらがな · 한국어",
    "(a\\b) \\( \\) \\\\n \\053 )(",
    "%%EOF endobj stream xref startxref 0",
    "<</V (x) /AS /Off>> [1 0 R] <FEFF0041>",
    "Rossi & Figli <srl> &amp; &#123; {{ nome }} {% if x %} ]]>",
    "=1+1",
    "+39 080",
    "Off",
    "Yes",
    "/Yes",
    "null",
    "0012",
    "NBSP:\u00a0qui",
    "e\u0301 a\u0300 n\u0303 o\u0302\u0323 q\u0307",
    "capo\u00adverso",
    "tab\tqui",
    "a  due  spazi",
    "prima riga\n\n– terza riga  \n\tcon rientro\nultima",
    "\"tra 'virgolette' `e`\" ~ ^ | $ # @ §",
)
ASTRAL = ("😀 bene", "bene 🤗", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢", "𞤀𞤣𞤤𞤢𞤥", "𑄌𑄋𑄴𑄟𑄳𑄦", "𐴌𐴗𐴥𐴝𐴙𐴚𐴒𐴙𐴝", "👩‍👩‍👧")
"""Past U+FFFF: emoji, letters of mathematics, the scripts of Fula, Chakma and Rohingya. (Of a rare Chinese character pdfium makes
another letter, and nothing in the file tells.)"""


@dataclass(frozen=True)
class Scribe(Sampler):
    """Draws answers whose free texts are nasty."""

    texts: Sequence[str] = NASTY

    def text(self, schema: Mapping[str, Any], long: bool | None) -> str:
        most, least = schema.get("maxLength", 2000), schema.get("minLength", 1)
        plain = super().text(schema, False if most < 10 else long)
        told = self.random.choice(self.texts)
        joined = (f"{told} {plain}" if self.random.random() < 0.3 else told)[:most]
        return joined if len(joined.strip()) >= least else plain


def answers(schema: Mapping[str, Any], random: Random, countries: Sequence[str], texts: Sequence[str]) -> dict[str, Any]:
    """Random answers to a form, few or all of those that it asks for."""
    taste = Taste(optional=random.choice((0.5, 0.9, 1.0)))
    found = Scribe(random, Hopes(), taste, countries, texts).records(schema, "", needed=True)
    return found[0] if found else {}


# ── as people write them ─────────────────────────────────────────────────────────────────────────────────────────────


def ways(schema: Mapping[str, Any], value: Any) -> list[str]:
    """The ways in which people write an answer that is not a text; none for a text."""
    if isinstance(value, int | Decimal):
        return [str(value).replace(".", ","), f"{value:f}"]
    of_format = WAYS.get(schema.get("format", ""))
    return of_format(value) if of_format else []


def said(text: str) -> str | None:
    """What a text says, however a program keeps it: tabs and hard spaces are spaces, nothing blank at the end of a line."""
    lines = unicodedata.normalize("NFC", text).translate({9: " ", 0xA0: " "}).split("\n")
    return "\n".join(line.rstrip() for line in lines).strip() or None


def _of_day(value: str) -> list[str]:
    told = date.fromisoformat(value)
    short = f"{told.day}/{told.month}/{told.year}"
    return [f"{told:%d/%m/%Y}", short, short.replace("/", "."), short.replace("/", "-"), value]


def _of_birth(value: str) -> list[str]:
    year, *rest = value.split("-")
    if len(rest) == 2:
        return [*_of_day(value), f"{int(rest[1])} {MONTHS[int(rest[0]) - 1]} {year}"]
    return (
        [f"{rest[0]}/{year}", f"{MONTHS[int(rest[0]) - 1]} {year}", f"00/{rest[0]}/{year}"] if rest else [year, f"00/00/{year}"]
    )


def _of_amount(value: str) -> list[str]:
    whole, cents = value.split(".")
    dotted = f"{int(whole):,}".replace(",", ".")
    return [f"{whole},{cents}", f"{dotted},{cents}", f"€ {dotted},{cents}", *([whole] if cents == "00" else [])]


def _of_hour(value: str) -> list[str]:
    return [value, value.replace(":", "."), value.removeprefix("0") if value[1] != ":" else value]


def _in_either_case(value: str) -> list[str]:
    return [value, value.lower()]


WAYS: Mapping[str, Callable[[str], list[str]]] = {
    "date": _of_day,
    "data_parziale": _of_birth,
    "euro": _of_amount,
    "ora": _of_hour,
    "codice_fiscale": _in_either_case,
    "cup": _in_either_case,
    "iban": _in_either_case,
    "provincia": _in_either_case,
}
