"""Damage in a PDF that pypdf gets over without a word: each kind of it that is found is told, in words for developers.

To be used in a child process: see `apart`. pypdf's traps: a file whose last addition is cut off, or is missing from its table,
is read as it was before it; a packed stream that does not agree with its own sum is read all the same, its last bytes left
out; a dictionary that is closed too early loses the rest of itself; a field that is not there is no field.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from itertools import chain, islice
from typing import Any

from pitstop_docs.fillers.acroform import INFLATED, Form
from pitstop_docs.fillers.pdfvalues import array, dictionary

END = b"%%EOF"
BLANK = b"\0 \t\r\n\f"
HEADER = re.compile(rb"(?<![0-9])([0-9]{1,7})[\0\t\n\f\r ]+([0-9]{1,5})[\0\t\n\f\r ]+obj\b")
TABLE = re.compile(rb"/Type\s*/XRef\b")
KEYS = 400
"""Bytes after the head of an object within which its kind stands."""
NEAR = 16
"""Bytes by which a table may point in front of an object."""
OBJECTS = 100_000
"""Objects that are looked at."""
TAIL, SUM = "dopo la fine ci sono resti di un salvataggio", "un flusso compresso non corrisponde alla sua somma"
OPEN, GONE = "un campo finisce prima della sua fine", "un campo che il file elenca non c’è"
STALE, LOOSE = "si è letta una versione di un oggetto che non è l’ultima", "un oggetto del file non è nella sua tabella"
UNREAD = "il file non si lascia controllare"

Heads = Mapping[int, tuple[int, bool]]
Tolerating = Callable[[list[str], str], AbstractContextManager[None]]
"""Opens a context in which what cannot be read is told by adding the text to the list."""


def damage(told: Form, content: bytes, reader: Any, tolerating: Tolerating) -> list[str]:
    """The kinds of damage, none if the file is whole."""
    found: list[str] = []
    if content.rpartition(END)[2].strip(BLANK):
        found.append(TAIL)
    heads = _heads(content)
    for look in (_fields, _missing, _sums, _versions):
        with tolerating(found, UNREAD):
            found += look(told, reader, heads)
    return list(dict.fromkeys(found))


def _fields(told: Form, reader: Any, heads: Heads) -> Iterator[str]:
    """Fields that end before they should."""
    for field in told.fields:
        at = None if field.origin in reader.xref_objStm else reader.xref.get(0, {}).get(field.origin)
        if at is not None:
            _object(reader, at)
            if not reader.stream.read(32).lstrip(BLANK).startswith(b"endobj"):
                yield OPEN


def _missing(told: Form, reader: Any, heads: Heads) -> Iterator[str]:
    """Fields of which there is only the mention."""
    listed = array(dictionary(dictionary(reader.root_object).get("/AcroForm")).get("/Fields"))
    for reference in chain(listed, *(array(dictionary(page).get("/Annots")) for page in reader.pages)):
        if not dictionary(reference):
            yield GONE


def _sums(told: Form, reader: Any, heads: Heads) -> Iterator[str]:
    """Packed streams of objects, and packed tables, that are not what was packed."""
    streams = [reader.get_object(place) for place in {stream for stream, _ in reader.xref_objStm.values()}]
    for stream in chain(streams, (_object(reader, at) for at, table in heads.values() if table)):
        if stream.get("/Filter") in ("/FlateDecode", ["/FlateDecode"]) and not _sound(stream._data):
            yield SUM


def _versions(told: Form, reader: Any, heads: Heads) -> Iterator[str]:
    """Objects of which a later version stands in the file than the one that is read, and such as are in no table at all."""
    known = {number: at for table in reader.xref.values() for number, at in table.items()}
    free = {number for table in reader.xref_free_entry.values() for number, unused in table.items() if unused}
    for number, (at, table) in heads.items():
        stream, _ = reader.xref_objStm.get(number, (number, 0))
        if stream in known:
            if at > known[stream] + NEAR:
                yield STALE
        elif not table and number not in free:
            yield LOOSE


def _heads(content: bytes) -> Heads:
    """Each object by its number: where its last version stands, and whether it is a table of objects."""
    found = islice(HEADER.finditer(content), OBJECTS)
    return {int(one[1]): (one.start(), bool(TABLE.search(_keys(content, one.end())))) for one in found}


def _keys(content: bytes, at: int) -> bytes:
    """What an object begins with."""
    return content[at : at + KEYS].partition(b"endobj")[0]


def _sound(packed: bytes) -> bool:
    """True if a packed stream agrees with its own sum; pypdf shows only what it made of it."""
    unpacking = zlib.decompressobj()
    try:
        unpacking.decompress(packed, INFLATED)
    except zlib.error:
        return False
    return unpacking.eof


def _object(reader: Any, at: int) -> Any:
    """The object that stands at a place; what follows is read next."""
    from pypdf.generic import read_object  # noqa: PLC0415  # slow to import, used in the child alone

    reader.stream.seek(at)
    reader.read_object_header(reader.stream)
    return read_object(reader.stream, reader)
