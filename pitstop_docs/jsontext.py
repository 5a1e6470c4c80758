"""The one gate through which JSON comes in, and the one way it is written.

`json.loads` alone takes the last of two equal keys, NaN, 1e400 and half a surrogate pair, ends in RecursionError on
deep nesting, and tells no place for any of these. So it reads, because it is fast, only what holds nothing of the kind;
all the rest goes through the few rules of RFC 8259 as they are written here, position by position.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from itertools import chain, zip_longest
from typing import Any, NoReturn

from pitstop_docs import formats
from pitstop_docs.errors import FileError

LIMIT = 8 * 2**20
"""Bytes of the largest text that is read."""
DEPTH = 64
DIGITS = 18
MAGNITUDE = 100
"""Powers of ten: a number stays between 1e-100 and 1e100, so that it can be written without an exponent."""

_SPACE = re.compile(r"[ \t\n\r]*")
_BODY = re.compile(r'[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+')
_NUMBER = re.compile(r"-?(?P<whole>0|[1-9][0-9]*+)(?:\.(?P<fraction>[0-9]++))?(?:[eE](?P<power>[+-]?[0-9]++))?")
_SHORT = re.compile(r"[-.0-9]*")
_RARE = re.compile(r'\\[^"\\/nt]')
_NOTHING = object()
_WORDS = {"true": True, "false": False, "null": None}


def parse(text: str | bytes, *, source: str) -> tuple[Any, list[str]]:
    """The value, and the JSON Pointers of the texts in which characters were replaced.

    Objects are dicts with unique keys, whole numbers int, the others Decimal; each text and key has passed
    `formats.clean`. Raises FileError with the line and the column, never with what is written there.
    """
    content = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(content) > LIMIT:
        raise FileError(f"Impossibile leggere «{source}»: supera il limite di {LIMIT // 2**20} MiB.")
    if isinstance(text, bytes):
        text = _decoded(text, source)
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    with suppress(ValueError, RecursionError):
        return _plainly(text), []
    reader = _Reader(text, source)
    return reader.whole(), list(dict.fromkeys(reader.replaced))


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


def _decoded(content: bytes, source: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        before = content[: error.start].decode().removeprefix("\ufeff")
        reason = "ci sono byte che non sono UTF-8. Salvare il file con la codifica UTF-8 e riprovare."
        raise FileError(f"Impossibile leggere «{source}»: alla {_place(before, len(before))} {reason}") from None


def _plainly(text: str) -> Any:
    """The value, as json.loads gives it. Raises ValueError or RecursionError where the text asks for a second look."""
    if _RARE.search(text) or formats.clean(text) != (text, False):
        raise ValueError("an escape, or a character that the gate changes")
    value = json.loads(
        text,
        object_pairs_hook=_unique,
        parse_int=partial(_short, int),
        parse_float=partial(_short, Decimal),
        parse_constant=partial(_short, Decimal),
    )
    level = [value]
    for _ in range(DEPTH + 1):
        inner = [one.values() if isinstance(one, dict) else one for one in level if isinstance(one, dict | list)]
        level = list(chain.from_iterable(inner))
        if not inner:
            return value
    raise ValueError("too deep")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("two equal keys")
    return found


def _short(kind: type[int] | type[Decimal], literal: str) -> int | Decimal:
    if len(literal) > DIGITS or not _SHORT.fullmatch(literal):
        raise ValueError("NaN, an infinity, a power of ten, or many digits")
    return kind(literal)


def _place(text: str, at: int) -> str:
    return f"riga {text.count(chr(10), 0, at) + 1}, colonna {at - text.rfind(chr(10), 0, at)}"


@dataclass(frozen=True)
class _Reader:
    text: str
    source: str
    replaced: list[str] = field(default_factory=list)

    def whole(self) -> Any:
        start = self.skip(0)
        if start == len(self.text):
            raise FileError(f"Impossibile leggere «{self.source}»: è vuoto. Scriverci le risposte in JSON e riprovare.")
        value, at = self.value(start, "", 1)
        if at < len(self.text):
            self.refuse(at, "c’è altro testo dopo la fine dei dati")
        return value

    def value(self, at: int, path: str, depth: int) -> tuple[Any, int]:
        """The value that starts at `at`, and where what follows it starts."""
        first = self.text[at : at + 1]
        if first == '"':
            found, end = self.string(at)
            return self.cleaned(found, path), end
        if first and first in "{[":
            if depth > DEPTH:
                self.refuse(at, f"ci sono più di {DEPTH} livelli, uno dentro l’altro")
            return self.members(at, path, depth) if first == "{" else self.rows(at, path, depth)
        for word, constant in _WORDS.items():
            if self.text.startswith(word, at):
                return constant, self.skip(at + len(word))
        return self.number(at)

    def members(self, at: int, path: str, depth: int) -> tuple[dict[str, Any], int]:
        found: dict[str, Any] = {}
        at = self.skip(at + 1)
        while not (self.closes(at, "}") and not found):
            if not self.text.startswith('"', at):
                self.refuse(at, "manca il nome di un campo, tra virgolette doppie")
            raw, colon = self.string(at)
            key, replaced = formats.clean(raw)
            step = under(path, key)
            if replaced:
                self.replaced.append(step)
            if key in found:
                self.refuse(at, "lo stesso campo compare due volte")
            if not self.text.startswith(":", colon):
                self.refuse(colon, "mancano i due punti dopo il nome di un campo")
            found[key], at = self.value(self.skip(colon + 1), step, depth + 1)
            if self.closes(at, "}"):
                break
            at = self.comma(at, "}")
        return found, self.skip(at + 1)

    def rows(self, at: int, path: str, depth: int) -> tuple[list[Any], int]:
        found: list[Any] = []
        at = self.skip(at + 1)
        while not (self.closes(at, "]") and not found):
            row, at = self.value(at, under(path, len(found)), depth + 1)
            found.append(row)
            if self.closes(at, "]"):
                break
            at = self.comma(at, "]")
        return found, self.skip(at + 1)

    def closes(self, at: int, mark: str) -> bool:
        return self.text.startswith(mark, at)

    def comma(self, at: int, mark: str) -> int:
        if not self.text.startswith(",", at):
            self.refuse(at, f"manca una virgola, o la chiusura «{mark}»")
        after = self.skip(at + 1)
        if self.closes(after, mark):
            self.refuse(at, f"c’è una virgola di troppo prima di «{mark}»")
        return after

    def string(self, at: int) -> tuple[str, int]:
        body = _BODY.match(self.text, at + 1)
        end = body.end() if body else at + 1
        if not self.text.startswith('"', end):
            if end == len(self.text):
                self.refuse(at, "si apre un testo tra virgolette che non si chiude")
            if self.text[end] == "\\":
                self.refuse(end, "c’è una barra «\\» che JSON non prevede: scriverla doppia")
            self.refuse(end, "c’è un a capo o un carattere di controllo dentro un testo: scriverlo «\\n» o toglierlo")
        raw = self.text[at + 1 : end]
        return (json.loads(f'"{raw}"') if "\\" in raw else raw), self.skip(end + 1)

    def number(self, at: int) -> tuple[int | Decimal, int]:
        found = _NUMBER.match(self.text, at)
        if not found:
            self.refuse(at, "manca un valore: un testo tra virgolette doppie, un numero, true, false, null, «{» o «[»")
        digits = (found["whole"] + (found["fraction"] or "")).strip("0")
        if len(digits) > DIGITS:
            self.refuse(at, f"c’è un numero di più di {DIGITS} cifre: se è un codice, scriverlo tra virgolette")
        # Decimal itself refuses powers past 10**18.
        value = Decimal(found[0]) if digits and len(found["power"] or "") < len("+1000") else Decimal(0)
        if digits and (not value or abs(value.adjusted()) > MAGNITUDE):
            self.refuse(at, "c’è un numero troppo grande o troppo piccolo")
        written_whole = found["fraction"] is None and found["power"] is None
        return int(value) if written_whole else value, self.skip(found.end())

    def cleaned(self, raw: str, path: str) -> str:
        text, replaced = formats.clean(raw)
        if replaced:
            self.replaced.append(path)
        return text

    def skip(self, at: int) -> int:
        space = _SPACE.match(self.text, at)
        return space.end() if space else at

    def refuse(self, at: int, reason: str) -> NoReturn:
        advice = "Correggere il testo JSON e riprovare."
        raise FileError(f"Impossibile leggere «{self.source}»: alla {_place(self.text, at)} {reason}. {advice}")


def _written(value: object, *, sort: bool = False, margin: str = "") -> str:
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, str):
        if any("\ud800" <= letter <= "\udfff" for letter in value):
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
