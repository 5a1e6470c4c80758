"""A PDF is written with its objects packed: the tags and fields of a form, one by one, are most of its bytes.

pypdf reads such files and writes each object by itself, in plain letters.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    ByteStringObject,
    DecodedStreamObject,
    NameObject,
    NumberObject,
    PdfObject,
    StreamObject,
)

HEAD = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
TOGETHER = 200
"""How many objects are packed in one stream."""
FREE, PLAIN, PACKED = 0, 1, 2


def packed(writer: PdfWriter, mark: bytes) -> bytes:
    """The file; `mark` are the sixteen bytes by which it is known. The same objects give the same bytes."""
    objects = {number: one for number, one in enumerate(writer._objects, 1) if isinstance(one, PdfObject)}
    plain: dict[int, PdfObject] = {
        number: one for number, one in objects.items() if isinstance(one, StreamObject) or one is writer.root_object
    }
    rest = [number for number in objects if number not in plain]
    places = {0: (FREE, 0, 0)}
    size = len(writer._objects) + 1
    for start in range(0, len(rest), TOGETHER):
        together = rest[start : start + TOGETHER]
        plain[size] = _together(together, [_written(objects[number]) for number in together])
        places |= {number: (PACKED, size, place) for place, number in enumerate(together)}
        size += 1
    content = io.BytesIO()
    content.write(HEAD)
    for number, one in plain.items():
        places[number] = (PLAIN, content.tell(), 0)
        content.write(b"%d 0 obj\n%s\nendobj\n" % (number, _written(one)))
    at = content.tell()
    places[size] = (PLAIN, at, 0)
    table = _table(writer, [places.get(number, (FREE, 0, 0)) for number in range(size + 1)], mark)
    content.write(b"%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (size, _written(table), at))
    return content.getvalue()


def _written(one: Any) -> bytes:
    text = io.BytesIO()
    one.write_to_stream(text)
    return text.getvalue()


def _together(numbers: Sequence[int], texts: Sequence[bytes]) -> PdfObject:
    """Several objects in one stream: first the number and the place of each, then they themselves."""
    index, at = [], 0
    for number, text in zip(numbers, texts, strict=True):
        index.append(b"%d %d" % (number, at))
        at += len(text) + 1
    head = b" ".join(index) + b"\n"
    return _stream(
        head + b"\n".join(texts),
        {"/Type": NameObject("/ObjStm"), "/N": NumberObject(len(texts)), "/First": NumberObject(len(head))},
    )


def _table(writer: PdfWriter, places: Sequence[tuple[int, int, int]], mark: bytes) -> PdfObject:
    """Where every object is: its kind of place, where it begins or in which stream, which one there."""
    rows = b"".join(kind.to_bytes(1) + where.to_bytes(4) + place.to_bytes(2) for kind, where, place in places)
    told: dict[str, PdfObject | None] = {
        "/Type": NameObject("/XRef"),
        "/W": ArrayObject(map(NumberObject, (1, 4, 2))),
        "/Size": NumberObject(len(places)),
        "/Root": writer.root_object.indirect_reference,
        "/Info": writer._info.indirect_reference if writer._info is not None else None,
        "/ID": ArrayObject([ByteStringObject(mark)] * 2),
    }
    return _stream(rows, told)


def _stream(content: bytes, entries: dict[str, Any]) -> PdfObject:
    stream = DecodedStreamObject()
    stream.set_data(content)
    stream.update({NameObject(key): value for key, value in entries.items() if value is not None})
    return stream.flate_encode()
