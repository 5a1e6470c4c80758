"""Where a PDF that came back says which issued form it is: each place that could survive its journey, and each of its pages.

To be used in a child process. What stands there came from outside: it is compared with what was issued, and never believed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pitstop_docs import identity, jsontext
from pitstop_docs.fillers.acroform import Form
from pitstop_docs.fillers.pdfvalues import array, dictionary, resolved, text
from pitstop_docs.identity import Identity

CARRIED = 1_000_000
"""Bytes of an attachment, of the metadata, of the drawing of a page that are read."""
DRAWN = 5 * CARRIED
"""Bytes of drawing that are read for the words of all pages."""
FILES, LEVELS = 100, 8
"""Attachments that are looked through, and levels of the tree in which they stand."""
NUMBERED = re.compile(r"\bpag(?:ina|\.)\s{0,3}(\d{1,3})\s{0,3}(?:di|/)\s{0,3}(\d{1,3})\b", re.IGNORECASE)
BROKEN_OFF = re.compile(r"\s*\|\s*")


class Carrier(StrEnum):
    """Where a file says whose form it is."""

    FIELD = "campo nascosto"
    ATTACHMENT = "allegato"
    METADATA = "metadati"
    INFORMATION = "proprietà"
    PAGE = "piè di pagina"
    QR = "codice QR"
    REMAINS = "resti del file"


@dataclass(frozen=True)
class Sighting:
    """An identity and where it stands; `page` from 0, None if it is said of the whole file."""

    carrier: Carrier
    identity: Identity
    page: int | None = None


@dataclass(frozen=True)
class Leaf:
    """A page as it is seen: whether it has words, whether pictures, what it says to be («pagina 2 di 3»: (2, 3))."""

    words: bool
    pictures: bool
    numbered: tuple[int, int] | None


def in_fields(form: Form) -> Iterator[Sighting]:
    """What the hidden field says; more than once if files were joined."""
    for field in form.fields:
        if field.name.rpartition(".")[2] == identity.FIELD and isinstance(field.value, str):
            told = identity.parse(field.value)
            if told:
                yield Sighting(Carrier.FIELD, told)


def in_attachment(stream: Any) -> tuple[Identity | None, dict[str, str]]:
    """What our attachment says: the identity, and the table of fields, name to path. Raises FileError if it is no such thing."""
    content = stream.get_data()
    if len(content) > CARRIED:
        return None, {}
    told, _ = jsontext.parse(content, source=identity.ATTACHMENT)
    if not isinstance(told, dict):
        return None, {}
    table = told.get("fields")
    pairs = table.items() if isinstance(table, dict) else ()
    return identity.parse(str(told.get("identity"))), {name: path for name, path in pairs if isinstance(path, str)}


def attachments(catalog: Any) -> Iterator[tuple[str, Any]]:
    """Name and stream of the attached files."""
    nodes = [(dictionary(dictionary(catalog.get("/Names")).get("/EmbeddedFiles")), 0)]
    found = 0
    while nodes and found < FILES:
        node, level = nodes.pop()
        for reference in array(node.get("/Names"))[1::2]:
            file = dictionary(reference)
            held = dictionary(file.get("/EF"))
            stream = resolved(held.get("/UF") or held.get("/F"))
            if hasattr(stream, "get_data"):
                found += 1
                yield text(file.get("/UF")) or text(file.get("/F")), stream
        if level < LEVELS:
            nodes += [(dictionary(kid), level + 1) for kid in array(node.get("/Kids"))[:FILES]]


def in_metadata(catalog: Any, trailer: Any) -> Iterator[Sighting]:
    """What the metadata and the information say; the packet is searched, not parsed."""
    packet = resolved(catalog.get("/Metadata"))
    if hasattr(packet, "get_data"):
        for told in identity.within(packet.get_data()[:CARRIED].decode("utf-8", "replace")):
            yield Sighting(Carrier.METADATA, told)
    named = identity.parse(text(dictionary(trailer.get("/Info")).get(identity.INFO)))
    if named:
        yield Sighting(Carrier.INFORMATION, named)


def in_words(words: str, page: int) -> Iterator[Sighting]:
    """What the words of a page say; a reader may have put spaces around the bars."""
    for told in identity.within(BROKEN_OFF.sub("|", words)):
        yield Sighting(Carrier.PAGE, told, page)


def in_remains(content: bytes) -> tuple[Sighting, ...]:
    """What can be read in the bytes of a file that is no PDF any more."""
    found = identity.within(content.decode("latin-1"))
    return tuple(Sighting(Carrier.REMAINS, told) for told in found)


def words_of(page: Any, budget: int) -> tuple[str, int]:
    """The words of a page, and how many bytes of drawing they cost; none if it is past the budget."""
    drawing = page.get_contents()
    size = len(drawing.get_data()) if drawing is not None else 0
    return (page.extract_text() if size <= min(budget, CARRIED) else "", size)


def leaf_of(page: Any, words: str) -> Leaf:
    """What a page looks like."""
    drawn = dictionary(dictionary(dictionary(page).get("/Resources")).get("/XObject"))
    pictures = any(dictionary(one).get("/Subtype") == "/Image" for one in drawn.values())
    at = NUMBERED.search(words)
    return Leaf(bool(words.strip()), pictures, (int(at[1]), int(at[2])) if at else None)
