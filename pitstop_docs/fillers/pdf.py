"""PDF, through pypdf: what a PDF holds, read back.

Traps: pypdf raises nearly any exception on a damaged file, its own classes being the lesser part; it does not read
ActualText, so a syllable drawn with several glyphs (Bengali) comes back with stray characters, and around words written
from the right the spaces and commas move. Opened here are only PDFs that this program has just made, never foreign ones.
"""

import io
from dataclasses import dataclass

from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from pitstop_docs.errors import FileError

UNREADABLE = "Il PDF non è leggibile: è danneggiato o protetto. Rifarlo e riprovare."


@dataclass(frozen=True)
class PdfFacts:
    """What proves a conversion: the text of each page, and what the file says of itself.

    `pdfa` is part and level («2B»), `language` a tag («it-IT»); None where the file does not say.
    """

    pages: tuple[str, ...]
    tagged: bool
    pdfa: str | None
    language: str | None
    title: str | None


def facts(content: bytes) -> PdfFacts:
    """The facts of a PDF. Raises FileError if it cannot be read to the last page."""
    try:
        return _facts(PdfReader(io.BytesIO(content), strict=True))
    except Exception as error:
        raise FileError(UNREADABLE) from error


def enclosed(content: bytes) -> dict[str, bytes]:
    """The files inside a PDF, by name. Raises FileError if it cannot be read."""
    try:
        found = PdfReader(io.BytesIO(content), strict=True).attachments
        return {name: file for name, files in found.items() for file in files}
    except Exception as error:
        raise FileError(UNREADABLE) from error


def _facts(reader: PdfReader) -> PdfFacts:
    catalog = reader.root_object
    marks = catalog.get("/MarkInfo", DictionaryObject()).get_object()
    language = catalog.get("/Lang")
    metadata = reader.xmp_metadata
    part = metadata.pdfaid_part if metadata else None
    return PdfFacts(
        pages=tuple(page.extract_text() for page in reader.pages),
        tagged="/StructTreeRoot" in catalog and bool(marks.get("/Marked")),
        pdfa=f"{part}{metadata.pdfaid_conformance or ''}" if metadata and part else None,
        language=str(language) if language else None,
        title=reader.metadata.title if reader.metadata else None,
    )
