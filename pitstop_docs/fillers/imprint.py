"""A PDF is made to say which issued form it is: in a hidden field, an attachment, its metadata, its information.

No two of them are lost by the same programs. An attachment of pypdf's own making lacks `/UF`, which PDF/UA asks for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    ByteStringObject,
    DecodedStreamObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

from pitstop_docs import jsontext
from pitstop_docs.identity import ATTACHMENT, FIELD, INFO, XMP, Identity

HIDDEN, READ_ONLY = 2, 1
NO_INK = b"/Tx BMC\nEMC"


def imprint(writer: PdfWriter, identity: Identity, fields: Mapping[str, str]) -> None:
    """Say which form this is in a PDF whose form is in place; `fields` are the paths by the names of the fields."""
    catalog: Any = writer.root_object
    page: Any = writer.pages[0]
    text = TextStringObject(identity.text())
    hidden = writer._add_object(_field(writer, text))
    if "/Annots" not in page:
        page[NameObject("/Annots")] = ArrayObject()
    page["/Annots"].append(hidden)
    catalog["/AcroForm"]["/Fields"].append(hidden)
    writer.add_metadata({INFO: text})
    title = writer.metadata.title if writer.metadata else None
    catalog[NameObject("/Metadata")] = writer._add_object(_metadata(title or "", identity))
    file = writer._add_object(_file(writer, jsontext.pretty({"identity": identity.text(), "fields": dict(fields)}).encode()))
    catalog[NameObject("/AF")] = ArrayObject([file])
    if "/Names" not in catalog:
        catalog[NameObject("/Names")] = DictionaryObject()
    attached = dictionary(Names=ArrayObject([TextStringObject(ATTACHMENT), file]))
    catalog["/Names"][NameObject("/EmbeddedFiles")] = attached


def imprinted(reader: PdfReader, identity: Identity) -> bool:
    """Whether all four places of a PDF that was just made say this identity."""
    catalog: Any = reader.root_object
    information: Any = reader.metadata or {}
    text = identity.text()
    hidden = [one["/V"] for one in catalog["/AcroForm"]["/Fields"] if one["/T"] == FIELD]
    attached = [jsontext.parse(one, source=ATTACHMENT)[0] for one in reader.attachments.get(ATTACHMENT, ())]
    metadata = catalog["/Metadata"].get_data().decode()
    said = [*hidden, information.get(INFO), *(one["identity"] for one in attached)]
    return said == [text] * 3 and f">{escape(text)}<" in metadata


def dictionary(**entries: Any) -> DictionaryObject:
    """A dictionary of the PDF with these entries."""
    return DictionaryObject({NameObject(f"/{key}"): value for key, value in entries.items()})


def letters(font: str, size: float) -> ByteStringObject:
    """How a viewer writes what a person types; as bytes, since pdf-lib misreads the octal in which pypdf writes texts."""
    return ByteStringObject(f"0.067 g /{font} {size:g} Tf".encode())


def drawing(writer: PdfWriter, extent: tuple[float, float], content: bytes, resources: Any = None) -> Any:
    """A new stream that draws a widget of that width and height, in points."""
    stream = DecodedStreamObject()
    stream.set_data(content)
    box = ArrayObject([NumberObject(0), NumberObject(0), *map(FloatObject, extent)])
    stream.update(dictionary(Type=NameObject("/XObject"), Subtype=NameObject("/Form"), BBox=box))
    stream[NameObject("/Resources")] = DictionaryObject() if resources is None else resources
    return writer._add_object(stream.flate_encode())


def _field(writer: PdfWriter, text: TextStringObject) -> DictionaryObject:
    """The hidden field: with a widget on a page, or the joining of files would lose it."""
    return dictionary(
        Type=NameObject("/Annot"),
        Subtype=NameObject("/Widget"),
        Rect=ArrayObject([NumberObject(0)] * 4),
        P=writer.pages[0].indirect_reference,
        F=NumberObject(HIDDEN),
        FT=NameObject("/Tx"),
        Ff=NumberObject(READ_ONLY),
        T=TextStringObject(FIELD),
        TU=TextStringObject("Codice del modulo"),
        DA=letters("Helv", 9.5),
        V=text,
        DV=text,
        AP=dictionary(N=drawing(writer, (0, 0), NO_INK)),
    )


def _file(writer: PdfWriter, content: bytes) -> DictionaryObject:
    """The attached file, in which a program finds the form and its answers again."""
    stream = DecodedStreamObject()
    stream.set_data(content)
    stream.update(dictionary(Type=NameObject("/EmbeddedFile"), Subtype=NameObject("/application/json")))
    stream[NameObject("/Params")] = dictionary(Size=NumberObject(len(content)))
    kept = writer._add_object(stream.flate_encode())
    return dictionary(
        Type=NameObject("/Filespec"),
        F=TextStringObject(ATTACHMENT),
        UF=TextStringObject(ATTACHMENT),
        EF=dictionary(F=kept, UF=kept),
        Desc=TextStringObject("Codice del modulo e nomi dei campi, per la lettura al ritorno"),
        AFRelationship=NameObject("/Data"),
    )


def _metadata(title: str, identity: Identity) -> DecodedStreamObject:
    """The metadata packet: PDF/UA-1, the title, the identity."""
    namespace, name = XMP
    stream = DecodedStreamObject()
    stream.set_data(
        f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:pitstop="{namespace}"><pdfuaid:part>1</pdfuaid:part><pitstop:{name}>{escape(identity.text())}</pitstop:{name}>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{escape(title)}</rdf:li></rdf:Alt></dc:title></rdf:Description>
</rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>""".encode()
    )
    stream.update(dictionary(Type=NameObject("/Metadata"), Subtype=NameObject("/XML")))
    return stream
