"""The archive copy of a record: pages made to last, as PDF/A-3a and PDF/UA-1 at once, with the files they come from inside.

WeasyPrint's traps: of two standards it names one in the metadata, so that the packet is written here; what kind of file is
attached it asks the tables of the machine; an attached file is of today unless it is told its day; the file with the colours
of the screen it leaves open.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

from pitstop_docs.errors import FileError
from pitstop_docs.fillers import pdf
from pitstop_docs.fillers.page import NO_FONT, Press, without_font
from pitstop_docs.fillers.readout import Readout, marked_up

STYLE = Path(__file__).with_name("readout.css")
STANDARD, LEVEL = "pdf/a-3a", "3A"
LOST = "La copia d’archivio non è riuscita: qualcosa di ciò che vi era stato messo non si ritrova. Riprovare."


@dataclass(frozen=True)
class Enclosed:
    """A file inside the archive copy. `kind` is its MIME type, `role` what it is to the page: `Data` or `Source`."""

    name: str
    content: bytes
    kind: str
    role: str
    about: str


def pressed(readout: Readout, enclosed: Sequence[Enclosed], title: str, kept_at: datetime) -> bytes:
    """The pages of a record with the files inside, dated when the record was kept (an instant in UTC).

    The same arguments give the same bytes. Raises FileError without WeasyPrint, or if a character has no font.
    """
    press = Press()
    document = press.pages(marked_up(readout), STYLE.read_text(encoding="utf-8"), title=escape(title))
    document.metadata.created = document.metadata.modified = f"{kept_at:%Y-%m-%dT%H:%M:%SZ}"
    files = [
        press.weasyprint.Attachment(
            string=one.content,
            name=one.name,
            url_fetcher=press.fetch,
            description=one.about,
            created=kept_at,
            modified=kept_at,
            relationship=one.role,
        )
        for one in enclosed
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        content: bytes = document.write_pdf(
            pdf_variant=STANDARD, attachments=files, finisher=lambda document, raw: _finish(raw, document.metadata, enclosed)
        )
    if without_font(document):
        raise FileError(NO_FONT)
    if pdf.enclosed(content) != {one.name: one.content for one in enclosed}:
        raise FileError(LOST)
    return content


def _finish(raw: Any, metadata: Any, enclosed: Sequence[Enclosed]) -> None:
    """Name both standards, and the kind of each file, in the PDF that is about to be written."""
    packet = raw.objects[_number(raw.catalog["Metadata"])]
    packet.stream, packet.compress = [_packet(metadata, raw.info["Producer"].string)], False
    kinds = {one.name: one.kind for one in enclosed}
    for one in raw.objects:
        if isinstance(one, dict) and one.get("Type") == "/Filespec":
            file = raw.objects[_number(one["EF"]["F"])]
            file.extra["Subtype"] = "/" + kinds[one["UF"].string].replace("/", "#2f")


def _number(reference: bytes) -> int:
    return int(reference.split()[0])


def _packet(metadata: Any, producer: str) -> bytes:
    """The metadata: both standards, the title and the dates as the document's information has them.

    The schema of PDF/UA is none of those that PDF/A knows, so that the packet describes it (ISO 19005-3, 6.6.2.3.2).
    """
    return f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/"
 xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
 xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaid:part>{LEVEL[0]}</pdfaid:part><pdfaid:conformance>{LEVEL[1]}</pdfaid:conformance><pdfuaid:part>1</pdfuaid:part>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{escape(metadata.title)}</rdf:li></rdf:Alt></dc:title>
<xmp:CreateDate>{metadata.created}</xmp:CreateDate><xmp:ModifyDate>{metadata.modified}</xmp:ModifyDate>
<pdf:Producer>{escape(producer)}</pdf:Producer>
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA Universal Accessibility Schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI><pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource"><pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType><pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Which part of ISO 14289 the file conforms to</pdfaProperty:description></rdf:li></rdf:Seq>
</pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>""".encode()
