"""A fillable PDF that serves as a template, opened in a child process: what it holds; and written again with notes.

pypdf's traps: its text annotation writes its flags under a name that no viewer reads; a damaged file raises nearly anything,
and some of a few kilobytes take minutes or gigabytes: see `apart`.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from pitstop_docs.fillers.acroform import Form, form, limits
from pitstop_docs.fillers.original import PAGES, opened

PRINTED, NOT_SCALED, NOT_TURNED = 4, 8, 16
ICON, AWAY = 20, 4
"""Points of a note's side, and between it and its field."""


def read(content: bytes) -> Form:
    """What a PDF holds; to be called in a child process. Raises FileError if it cannot be read as a form."""
    with limits(PAGES):
        return form(opened(content))


def with_notes(content: bytes, notes: Sequence[tuple[int, str, str]]) -> bytes:
    """The PDF with these notes (page, field, text); to be called in a child process."""
    from pypdf import PdfReader, PdfWriter  # noqa: PLC0415

    reader = PdfReader(io.BytesIO(content))
    fields = form(reader).fields
    seats = {(page, field.name): (right, top) for field in fields for page, right, top in reversed(field.seats)}
    # Not as an addition to the file: pypdf would end a file that has a plain table of objects with a packed one.
    writer = PdfWriter(clone_from=reader)
    writer.pdf_header = reader.pdf_header  # it writes 1.3 else
    for number, name, text in notes:
        page = writer.pages[number]
        left, bottom, right, top = (int(side) for side in page.mediabox)
        x, y = seats.get((number, name), (left, top - AWAY))
        x, y = max(left, min(x + AWAY, right - ICON)), max(bottom + ICON, min(y, top))
        writer.add_annotation(page, _note(text, (x, y - ICON, x + ICON, y)))
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def _note(text: str, box: tuple[int, int, int, int]) -> Any:
    """A text annotation; the class of pypdf for it writes its flags under a name that no viewer reads."""
    from pypdf.generic import ArrayObject, DictionaryObject, FloatObject, NameObject, NumberObject, TextStringObject  # noqa: PLC0415

    return DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Annot"),
            NameObject("/Subtype"): NameObject("/Text"),
            NameObject("/Rect"): ArrayObject(map(NumberObject, box)),
            NameObject("/Contents"): TextStringObject(text),
            NameObject("/T"): TextStringObject("pitstop lint"),
            NameObject("/Name"): NameObject("/Comment"),
            NameObject("/C"): ArrayObject(map(FloatObject, ("1", "0.8", "0.2"))),
            NameObject("/F"): NumberObject(PRINTED | NOT_SCALED | NOT_TURNED),
        }
    )
