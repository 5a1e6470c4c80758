"""What a person sees in the fields of a returned form, against what they hold: a field says its answer twice.

To be used in a child process: see `apart`. Only the letters that every program can draw are compared. Some programs leave the
drawing as it was printed, some draw into one that several fields share; neither says anything of the answer.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pitstop_docs.fillers.acroform import Field, Form
from pitstop_docs.fillers.damage import Tolerating
from pitstop_docs.fillers.pdfvalues import MARKS, Oddity, Value, array, dictionary, resolved

DRAWN = 5_000_000
"""Bytes of drawing that are read for the fields of one file."""
JOINED = "ﬀﬁﬂﬃﬄﬅﬆ"
"""Letters that a font draws as one."""
RARE = frozenset("•†‡‹›„‚ﬁﬂ")
"""Signs that pdfium draws with a font whose letters are told as others."""
TORN = "ciò che si vede in un campo non si legge"


def compared(told: Form, reader: Any, mended: list[str], tolerating: Tolerating) -> Form:
    """The form; of a field in which another text is drawn than it holds, that is told; a damaged drawing is, in `mended`.

    A field that holds what was printed in it says that twice already, and is not looked at.
    """
    drawings: dict[int, list[tuple[int, Any]]] = {}
    for field in told.fields:
        if field.kind in ("testo", "elenco"):
            with tolerating(mended, TORN):
                drawings[field.origin] = list(_drawings(field, reader))
    shared = Counter(number for found in drawings.values() for number, _ in found)
    budget = DRAWN
    fields = []
    for field in told.fields:
        odd = False
        for number, drawing in drawings.get(field.origin, ()):
            if (field.value != field.default or field.value is None) and shared[number] == 1 and budget > 0:
                with tolerating([], ""):  # a font that is too large for us takes nothing from the answer
                    budget -= len(drawing.get_data())
                    odd = odd or not _same(reader.pages[0].extract_xform_text(drawing), field)
        fields.append(replace(field, oddities=(*field.oddities, Oddity.UNLIKE)) if odd else field)
    return replace(told, fields=tuple(fields))


def _drawings(field: Field, reader: Any) -> Iterator[tuple[int, Any]]:
    """Number and stream of what is drawn in the boxes of a field, as far as each is an object of its own."""
    node = dictionary(reader.get_object(field.origin)) if field.origin > 0 else {}
    for box in [node] if "/AP" in node else map(dictionary, array(node.get("/Kids"))):
        looks = dictionary(box.get("/AP"))
        number = getattr(looks.raw_get("/N"), "idnum", None) if "/N" in looks else None
        drawing = resolved(looks.get("/N"))
        if number and hasattr(drawing, "get_data"):
            yield number, drawing


def _same(drawn: str, field: Field) -> bool:
    """True if what is drawn is what the field holds, or what was printed in it."""
    return any(_alike(drawn, _words(value, field)) for value in (field.value, field.default))


def _words(value: Value, field: Field) -> str:
    """What a value looks like: of a choice its label, nothing for the mark of «nothing chosen»."""
    labels = dict(field.options)
    return "".join(labels.get(one, one) for one in ((value,) if isinstance(value, str) else value or ()))


def _alike(drawn: str, held: str) -> bool:
    """True if a text is drawn as far as a program can.

    Signs that were typed after their letter may lack; of other alphabets anything may, and nothing of ours is there too much.
    """
    seen, told = _ink(drawn), _ink(held)
    if seen == told or (seen in MARKS and not told):
        return True
    if all(one.isspace() or _common(one) for one in held) and not _rare(held):
        more, less = _apart(seen) - _apart(told), _apart(told) - _apart(seen)
        return not more and all(unicodedata.combining(one) for one in less)
    more = _apart(seen) - _apart(held)
    return sum(count for one, count in more.items() if one.isalnum() or unicodedata.combining(one)) <= _rare(held)


def _rare(text: str) -> int:
    return sum(1 for one in text if one in RARE)


def _ink(text: str) -> str:
    """The letters and signs of a text that every program can draw."""
    joined = "".join(unicodedata.normalize("NFKC", one) if one in JOINED else one for one in text)
    return "".join(filter(_common, unicodedata.normalize("NFC", joined)))


def _common(one: str) -> bool:
    return one.isprintable() and not one.isspace() and bool(one.encode("cp1252", "ignore"))


def _apart(text: str) -> Counter[str]:
    """How often each letter stands in a text, its accents counted by themselves."""
    return Counter(unicodedata.normalize("NFD", text))
