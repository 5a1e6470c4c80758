"""Forms of others, filled with awkward answers: each field holds what was meant, and pdfium shows it, or a sentence refuses.

found = filled(Path("somebody.pdf"))     # found.name: filled, refused, nothing, or what went wrong
"""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random

from pypdf import PdfReader

from pitstop_docs.apart import apart
from pitstop_docs.blanks import Choice, Node, Place
from pitstop_docs.entries import Entry
from pitstop_docs.errors import FileError, KitError, PitstopError
from pitstop_docs.fillers import readymade
from pitstop_docs.fillers.acroform import Walk, identity
from pitstop_docs.fillers.docx import Properties
from pitstop_docs.fillers.original import Original, Slot, is_seen, original, sides

TEXTS = (
    "Amina",
    "D’Angelo (à € “x” \\ )",
    "Ștefan Łukasz Őrség",
    "Prima riga.\nSeconda riga, un po’ più lunga perché si veda dove va a capo.",
    "محمد علي",
    "Lunghissimo " * 40,
    "x" * 60,
    "12/03/2026",
    "Мирослава Коломієць",
)
CONTRAST = 60
"""How much darker the ink of a field must be than its ground, of 255."""


@dataclass(frozen=True)
class Filling:
    """What became of a form: `fields` are those that were filled, `boxes` those in which ink was looked for."""

    name: str
    fields: int = 0
    boxes: int = 0


def filled(path: Path) -> Filling:
    """Fill every field of a form that can be."""
    try:
        told = apart(original, path.read_bytes())
    except FileError:
        return Filling("refused: not a form that can be read")
    entries: dict[str, Entry] = {}
    values: dict[str, object] = {}
    for number, (slot, value, states) in enumerate(_answers(told, Random(path.name))):  # noqa: S311  # to be repeated
        values[f"f{number}"] = value
        entries[slot.field.name] = Entry((f"s#/f{number}",), states=states)
    if not entries:
        return Filling("nothing to fill")
    node = Node({"properties": {name: {"type": "string"} for name in values}}, values, Place("s", 1))
    try:
        made = readymade.fill(path, told, entries, {"s": node}, Properties("D99 Prova", "PST-001", "PST-001_D99_prova"))
    except (KitError, FileError):
        return Filling("refused", len(entries))
    except PitstopError:
        return Filling("wrong: a field does not hold what was meant", len(entries))
    boxes, unseen = _unseen(made.content)
    return Filling("wrong: a field shows nothing" if unseen else "filled", len(entries), boxes)


def _answers(told: Original, random: Random) -> list[tuple[Slot, object, dict[str, str]]]:
    """A field, its answer, and the states that stand for its codes."""
    names = Counter(slot.field.name for slot in told.slots)
    found: list[tuple[Slot, object, dict[str, str]]] = []
    for number, slot in enumerate(told.slots):
        options = [one for one in slot.options if one[1].strip(" -–—")]
        if names[slot.field.name] > 1 or not slot.field.name or not any(box.page >= 0 for box in slot.boxes):
            continue
        if slot.field.kind == "testo":
            text = "1234567890ABCDEFGHIJ" * 5 if slot.comb else TEXTS[number % len(TEXTS)]
            found.append((slot, text[: slot.room] if slot.comb or (slot.room or 99) < 12 else text, {}))
        elif slot.field.kind in ("spunta", "scelta", "elenco") and options:
            some = random.sample(options, min(2, len(options))) if slot.field.many else [random.choice(options)]
            states = {f"x{place}": export for place, (export, _) in enumerate(some)}
            codes = tuple(Choice(code, code) for code in states)
            found.append((slot, codes if slot.field.many else codes[0], states))
    return found


def _unseen(content: bytes) -> tuple[int, int]:
    """Of the boxes of filled texts and lists, as pdfium shows them: how many there are, how many have no ink."""
    import pypdfium2  # noqa: PLC0415  # not needed to list the measures

    document = pypdfium2.PdfDocument(content)
    document.init_forms()
    pictures = [sheet.render(scale=2, may_draw_forms=True).to_pil().convert("L") for sheet in document]
    crops = [sheet.get_cropbox() for sheet in document]
    turned = [sheet.get_rotation() for sheet in document]
    walk = Walk(PdfReader(io.BytesIO(content)))
    boxes = unseen = 0
    for field in walk.form().fields:
        if field.kind not in ("testo", "elenco") or not field.value or not field.read_only:
            continue
        for box in filter(is_seen, walk.nodes[field.origin][1]):
            page = walk.landed.get(identity(box.indirect_reference, box), [-1])[0]
            if page < 0 or turned[page]:
                continue
            left, bottom, right, top = sides(box)
            high, across, up = pictures[page].height, crops[page][0], crops[page][1]
            frame = (int((left - across) * 2) + 2, int(high - (top - up) * 2) + 2, int((right - across) * 2) - 2)
            ink = pictures[page].crop((*frame, int(high - (bottom - up) * 2) - 2)).tobytes()
            boxes += 1
            unseen += bool(ink) and max(ink) - min(ink) < CONTRAST
    return boxes, unseen
