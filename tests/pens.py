"""Fill a PDF form as a viewer would: what is written and ticked, and nothing else of the file."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject, TextStringObject


def fill(source: Path | bytes, answers: Mapping[str, str | bool]) -> bytes:
    """The form with these answers by field name: a text, or whether a box is ticked."""
    content = source if isinstance(source, bytes) else source.read_bytes()
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    left = set(answers)
    for page in writer.pages:
        for reference in page.get("/Annots", ()):
            widget = reference.get_object()
            name = widget.get("/T")
            if name not in answers:
                continue
            answer = answers[name]
            if isinstance(answer, bool):
                widget[NameObject("/V")] = widget[NameObject("/AS")] = NameObject("/Yes" if answer else "/Off")
            else:
                widget[NameObject("/V")] = TextStringObject(answer)
            left.discard(name)
    assert not left, f"the form has no field {left}"
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()
