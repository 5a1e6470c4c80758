"""What stands in an object of a PDF as a plain value: a text, a number, what is ticked or chosen, and what is odd about it.

pypdf's traps: a string that it cannot decode comes as bytes, and one with a half of a pair (UTF-16) is among these; a name
comes with its slash, some programs write a name as a text or a text as a name; a reference in a circle raises.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from pitstop_docs import formats

LENGTH = 20_000
"""Characters of a value that are read."""
SHORT, MOST = 2_000, 2_000
"""Characters of a name, a label or an option that are read, and the options of a field that are."""
MARKS = ("", "-", "—", "–")
"""What a choice says for «nothing chosen»."""
_PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")
_COMPATIBLE = re.compile("[\uf900-\ufaff]")
_CUT = tuple(
    (re.compile(cut), re.compile(whole))
    for cut, whole in (
        ("[\u0d00-\u0d39]", "[\u0d3a-\u0d7f]"),
        ("[\u1100-\u11ff]", "[\uac00-\ud7a3]"),
        ("[\ud400-\ud7ff]", "[\uac00-\ud3ff]"),
    )
)
"""What pdfium, Chrome's engine, makes of pasted letters past U+FFFF, of which it keeps 16 bits: of Rohingya some letters of
Malayalam, of Chakma parts of Korean ones, of those of mathematics the last Korean ones; each with the letters beside which they
are what somebody wrote. Of emoji come private characters, or Chinese ones that nobody types."""
_SPACES = {9: " ", 0xA0: " "}

Value = str | tuple[str, ...] | None
"""What a field holds: a text, the codes of several choices, or nothing. A blank text is nothing."""


class Oddity(StrEnum):
    """Why what a field holds should be looked at by a person, as it is told."""

    SEVERAL = "sono scelte più voci dove ne vale una"
    DISAGREES = "si vede una scelta e ne vale un’altra"
    REPEATED = "più campi hanno questo nome"
    LOST = "il programma che l’ha scritto ha perso dei caratteri (�)"
    PRIVATE = "ci sono caratteri che solo il programma che li ha scritti mostra"
    REPLACED = "ci sono lettere che un programma mette al posto di altre che non conosce (emoji, alfabeti rari)"
    STRANGE = "la risposta non è fra le scelte"
    CUT = f"il testo supera i {LENGTH} caratteri ed è letto solo in parte"
    NO_TEXT = "il valore non è un testo"
    NO_KIND = "il file non dice se è un testo, una casella o una scelta"
    UNLIKE = "aprendo il file si vede un’altra risposta"
    VANISHED = "c’era un valore stampato, e manca senza essere stato cancellato"


Odd = dict[Oddity, None]
"""What was found odd so far, in order."""


# ── objects ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def resolved(value: Any) -> Any:
    """What a reference leads to, else the value itself."""
    return value.get_object() if hasattr(value, "get_object") else value


def dictionary(value: Any) -> Any:
    """What a value leads to if it is a dictionary, else an empty one."""
    from pypdf.generic import DictionaryObject  # noqa: PLC0415

    found = resolved(value)
    return found if isinstance(found, DictionaryObject) else DictionaryObject()


def array(value: Any) -> list[Any]:
    """What a value leads to if it is an array, else an empty list."""
    found = resolved(value)
    return list(found) if isinstance(found, list) else []


def number(value: Any) -> int | None:
    """What a value leads to if it is a whole number."""
    found = resolved(value)
    return int(found) if isinstance(found, int) else None


def text(value: Any) -> str:
    """A name, a label or a tooltip; empty if it is nothing of the kind."""
    found = resolved(value)
    if isinstance(found, list):
        return ", ".join(map(text, found[:MOST]))
    return formats.clean(_decoded(found[:SHORT]) if isinstance(found, bytes | str) else "")[0]


def plain(told: str) -> str:
    """A text as it is compared: line feeds, no tabs nor hard spaces, nothing blank at the end of a line, NFC."""
    return "\n".join(line.rstrip() for line in formats.clean(told)[0].translate(_SPACES).split("\n"))


def _decoded(raw: bytes | str) -> str:
    """The characters of a string; where pypdf found none in its bytes, those that can be known and U+FFFD."""
    from pypdf.generic import decode_pdfdocencoding  # noqa: PLC0415

    if isinstance(raw, str):
        return str(raw)
    for mark, encoding in ((b"\xfe\xff", "utf-16-be"), (b"\xff\xfe", "utf-16-le"), (b"\xef\xbb\xbf", "utf-8")):
        if raw.startswith(mark):
            return raw[len(mark) :].decode(encoding, "replace")
    found = []
    for byte in raw:
        try:
            found.append(decode_pdfdocencoding(bytes((byte,))))
        except UnicodeDecodeError:
            found.append("\ufffd")
    return "".join(found)


# ── what a field holds ───────────────────────────────────────────────────────────────────────────────────────────────


def held(told: Any, odd: Odd) -> Value:
    """What stands in the value of a field, as text; what is odd about it is added to `odd`."""
    from pypdf.generic import NameObject, NullObject  # noqa: PLC0415

    found = resolved(told)
    if isinstance(found, list):
        texts = (held(one, odd) for one in found[:MOST])
        return tuple(one for one in texts if isinstance(one, str)) or None
    if hasattr(found, "get_data"):
        found = found.get_data()
    if found is None or isinstance(found, NullObject):
        return None
    if not isinstance(found, str | bytes | int | float):
        odd[Oddity.NO_TEXT] = None
        return None
    raw = _decoded(found) if isinstance(found, str | bytes) else str(found)
    if isinstance(found, NameObject):
        raw = raw.removeprefix("/")
    if len(raw) > LENGTH:
        odd[Oddity.CUT] = None
    shown = plain(raw[:LENGTH])
    if "\ufffd" in shown:
        odd[Oddity.LOST] = None
    if _PRIVATE.search(shown):
        odd[Oddity.PRIVATE] = None
    if _COMPATIBLE.search(raw) or any(cut.search(shown) and not whole.search(shown) for cut, whole in _CUT):
        odd[Oddity.REPLACED] = None
    return shown if shown.strip() else None


def options(told: Any) -> tuple[tuple[str, str], ...]:
    """Export value and label of each choice that a field lists."""
    listed = []
    for option in array(told)[:MOST]:
        pair = [plain(text(one)) for one in array(option)] or [plain(text(option))]
        listed.append((pair[0], pair[-1]))
    return tuple(listed)


def states(listed: Sequence[tuple[str, str]], boxes: Sequence[Any]) -> tuple[tuple[str, str], ...]:
    """Export value and label of each state in which a button can be pressed, from its boxes."""
    drawn = dict.fromkeys(
        text(state).removeprefix("/")
        for box in boxes
        for state in [*dictionary(dictionary(box.get("/AP")).get("/N")), *filter(None, [box.get("/AS")])]
    )
    return tuple(stated(state, listed) for state in drawn if state != "Off")


def stated(state: str, listed: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """Export value and label of a state of a button, whose field lists these choices."""
    # Where the field lists choices the states are their places: 0, 1, 2…
    return listed[int(state)] if state.isdecimal() and int(state) < len(listed) else (state, state)


def pressed(told: Value, listed: Sequence[tuple[str, str]], boxes: Sequence[Any], odd: Odd) -> str | None:
    """The code of the button that is on, None if none is. `told` is the field's value, `listed` its choices.

    What the field says holds; where it says nothing, the boxes are looked at. Several boxes may be on in one state.
    """
    if isinstance(told, tuple):
        odd[Oddity.SEVERAL] = None
        told = told[0]
    said = None if told is None or told.removeprefix("/") in ("", "Off") else told.removeprefix("/")
    seen = [text(box["/AS"]).removeprefix("/") for box in boxes if "/AS" in box]
    lit = [state for state in dict.fromkeys(seen) if state not in ("", "Off")]
    if len(lit) > 1:
        odd[Oddity.SEVERAL] = None
    if said is None and lit:
        said = lit[0]
        if told is not None:
            odd[Oddity.DISAGREES] = None
    code = None if said is None else stated(said, listed)[0]
    if code is not None and len(seen) == len(boxes) and code not in [stated(state, listed)[0] for state in lit]:
        odd[Oddity.DISAGREES] = None
    return code


def chosen(told: Value, listed: Sequence[tuple[str, str]], odd: Odd, *, many: bool, free: bool) -> Value:
    """The codes of what is chosen in a list; a text as it stands where it is none of the choices.

    A choice may be told by its code or its label. `many`: several may be chosen; `free`: one may write something else.
    """
    codes = {code for code, _ in listed}
    labels = {label: code for code, label in reversed(listed)}
    told = (told,) if isinstance(told, str) else told or ()
    found = []
    for one in told:
        if one in codes and one not in MARKS:
            found.append(one)
        elif one in labels and labels[one] not in MARKS:
            found.append(labels[one])
        elif one not in MARKS and one not in codes and one not in labels:
            found.append(one)
            if not free:
                odd[Oddity.STRANGE] = None
    if many:
        return tuple(found) or None
    if len(found) > 1:
        odd[Oddity.SEVERAL] = None
        return tuple(found)
    return found[0] if found else None
