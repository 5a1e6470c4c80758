"""The one gate through which JSON comes in, and the one way it is written.

`json.loads` alone takes the last of two equal keys, NaN, 1e400 and half a surrogate pair, and ends in RecursionError on deep
nesting. So the text is looked over before it is read: size, encoding, depth, numbers; and the values after: keys, characters.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from decimal import Decimal
from itertools import zip_longest
from typing import Any, NoReturn

from pitstop_docs import formats
from pitstop_docs.errors import FileError

LIMIT = 8 * 2**20
"""Bytes of the largest text that is read."""
DEPTH = 64
DIGITS = 18
MAGNITUDE = 100
"""Powers of ten: a number stays between 1e-100 and 1e100, so that it can be written without an exponent."""

_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]|NaN|-?Infinity|-?[0-9][-+.0-9eE]*+', re.DOTALL)
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_HALF = re.compile("[\ud800-\udfff]")
_NOTHING = object()
_REASONS = {
    "Expecting value": "manca un valore: un testo tra virgolette doppie, un numero, true, false, null, «{» o «[»",
    "Expecting property name": "manca il nome di un campo, tra virgolette doppie",
    "Illegal trailing comma": "c’è una virgola di troppo prima della chiusura",
    "Expecting ':'": "mancano i due punti dopo il nome di un campo",
    "Expecting ','": "manca una virgola, o la chiusura «}» o «]»",
    "Unterminated string": "si apre un testo tra virgolette che non si chiude",
    "Invalid control character": "c’è un a capo o un carattere di controllo dentro un testo: scriverlo «\\n» o toglierlo",
    "Invalid \\": "c’è una barra «\\» che JSON non prevede: scriverla doppia",
    "Extra data": "c’è altro testo dopo la fine dei dati",
}
"""What the library says, said for whoever must mend the text."""


def parse(text: str | bytes, *, source: str) -> tuple[Any, list[str]]:
    """The value, and the JSON Pointers of the texts in which characters were replaced.

    Objects are dicts with unique keys, whole numbers int, the others Decimal; each text and key has passed
    `formats.clean`. Raises FileError with the line and the column, never with what is written there.
    """
    gate = _Gate(source)
    size = len(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    if size > LIMIT:
        raise FileError(f"Impossibile leggere «{source}»: supera il limite di {LIMIT // 2**20} MiB.")
    plain = (gate.decoded(text) if isinstance(text, bytes) else text).removeprefix("\ufeff").replace("\r\n", "\n")
    if not plain.strip():
        raise FileError(f"Impossibile leggere «{source}»: è vuoto. Scriverci le risposte in JSON e riprovare.")
    gate.look_over(plain)
    try:
        value = json.loads(plain, object_pairs_hook=gate.unique, parse_float=Decimal)
    except json.JSONDecodeError as error:
        gate.refuse(plain, *_mistake(error), quiet=True)
    return gate.cleaned(value, ""), gate.replaced


class _Gate:
    """One reading: what it is called in messages, and the places where characters were replaced."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.replaced: list[str] = []

    def decoded(self, content: bytes) -> str:
        try:
            return content.decode()
        except UnicodeDecodeError as error:
            before = content[: error.start].decode().removeprefix("\ufeff")
            reason = "ci sono byte che non sono UTF-8: salvare il file con la codifica UTF-8"
            self.refuse(before, len(before), reason, quiet=True)

    def look_over(self, text: str) -> None:
        """Refuse, with its place, what `json.loads` takes or dies of: depth, constants that are no numbers, vast numbers."""
        depth = 0
        for token in _TOKEN.finditer(text):
            mark = token[0]
            if mark in "{[":
                depth += 1
                if depth > DEPTH:
                    self.refuse(text, token.start(), f"ci sono più di {DEPTH} livelli, uno dentro l’altro")
            elif mark in "}]":
                depth -= 1
            elif mark[0] != '"' and (reason := _unfit(mark)):
                self.refuse(text, token.start(), reason)

    def unique(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for raw, value in pairs:
            key = formats.clean(raw)[0]
            if key in found:
                named = f" «{key}»" if _NAME.fullmatch(key) else ""  # what is no field's name may be anything
                raise FileError(
                    f"Impossibile leggere «{self.source}»: in uno stesso gruppo il campo{named} compare due volte. "
                    "Toglierne uno e riprovare."
                )
            found[key] = value
        return found

    def cleaned(self, value: Any, path: str) -> Any:
        """The value with its texts cleaned; where a character was replaced the place is noted."""
        if isinstance(value, str):
            text, replaced = formats.clean(value)
            if replaced:
                self.replaced.append(path)
            return text
        if isinstance(value, dict):
            return {key: self.cleaned(one, under(path, key)) for key, one in value.items()}
        if isinstance(value, list):
            return [self.cleaned(one, under(path, row)) for row, one in enumerate(value)]
        return value

    def refuse(self, text: str, at: int, reason: str, *, quiet: bool = False) -> NoReturn:
        place = f"riga {text.count(chr(10), 0, at) + 1}, colonna {at - text.rfind(chr(10), 0, at)}"
        error = FileError(f"Impossibile leggere «{self.source}»: alla {place} {reason}. Correggere e riprovare.")
        if quiet:  # the library's own error holds the whole text
            raise error from None
        raise error


def _mistake(error: json.JSONDecodeError) -> tuple[int, str]:
    """Where the mistake is, and what it is: the library's word, but for a comma too many, that it tells in many ways."""
    before = error.doc[: error.pos].rstrip()
    if before.endswith(",") and error.doc[error.pos : error.pos + 1] in ("}", "]"):
        return len(before) - 1, _REASONS["Illegal trailing comma"]
    return error.pos, next((said for start, said in _REASONS.items() if error.msg.startswith(start)), "il testo non è JSON")


def _unfit(literal: str) -> str:
    """Why a number cannot be kept, empty if it can."""
    if literal[-1] in "Ny":
        return "c’è «NaN» o «Infinity», che non sono numeri"
    figures, _, power = literal.lower().partition("e")
    digits = figures.lstrip("-").replace(".", "").strip("0")
    if len(digits) > DIGITS:
        return f"c’è un numero di più di {DIGITS} cifre: se è un codice, scriverlo tra virgolette"
    vast = len(figures) > MAGNITUDE or len(power) > len("+100") or (power[-3:].isdecimal() and int(power[-3:]) > MAGNITUDE)
    return "c’è un numero troppo grande o troppo piccolo" if digits and vast else ""


def load(text: str) -> Any:
    """The value of a text that `canonical` wrote, numbers as Decimal or int."""
    return json.loads(text, parse_float=Decimal)


def canonical(value: object) -> str:
    """The one text of a value: sorted keys, no spaces, numbers without exponent or idle zeros (1.50 is 1.5).

    Equal values have equal texts. Raises TypeError for a float or anything else that JSON does not have, ValueError for
    what no file can hold (NaN, a lone surrogate).
    """
    return _written(value, sort=True)


def pretty(value: object) -> str:
    """The same text for a reader: two spaces for each level, keys in their order, no newline at the end."""
    return _written(value, margin="\n")


def digest(text: str) -> str:
    """The SHA-256 of the text in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def under(path: str, step: str | int) -> str:
    """The JSON Pointer (RFC 6901) one step further down."""
    return f"{path}/{str(step).replace('~', '~0').replace('/', '~1')}"


def differing(old: object, new: object, path: str = "") -> list[str]:
    """The JSON Pointers at which two values differ: leaves, or the members and rows that only one of them has."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        pairs = [(key, old.get(key, _NOTHING), new.get(key, _NOTHING)) for key in sorted({*old, *new})]
    elif isinstance(old, list | tuple) and isinstance(new, list | tuple):
        pairs = [(place, *pair) for place, pair in enumerate(zip_longest(old, new, fillvalue=_NOTHING))]
    elif _NOTHING in (old, new) or canonical(old) != canonical(new):
        return [path]
    else:
        return []
    return [found for step, one, other in pairs for found in differing(one, other, under(path, step))]


def _written(value: object, *, sort: bool = False, margin: str = "") -> str:
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, str):
        if _HALF.search(value):
            raise ValueError("a lone surrogate has not passed formats.clean")
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, Decimal):
        return _plain(value)
    inner = margin + "  " if margin else ""
    if isinstance(value, Mapping):
        colon = ": " if margin else ":"
        pairs = sorted(value.items()) if sort else value.items()
        members = [_key(key) + colon + _written(one, sort=sort, margin=inner) for key, one in pairs]
        return _enclosed("{}", members, margin, inner)
    if isinstance(value, list | tuple):
        return _enclosed("[]", [_written(one, sort=sort, margin=inner) for one in value], margin, inner)
    raise TypeError(f"JSON has no {type(value).__name__} here")


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError(f"a key is text, not {type(key).__name__}")
    return _written(key)


def _enclosed(marks: str, pieces: list[str], margin: str, inner: str) -> str:
    return marks[0] + inner + ("," + inner).join(pieces) + margin + marks[1] if pieces else marks


def _plain(number: Decimal) -> str:
    if not number.is_finite():
        raise ValueError("JSON has no NaN and no infinity")
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text
