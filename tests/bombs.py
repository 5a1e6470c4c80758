"""PDFs made to cost whoever reads them: a few bytes that become many, things without an end, more than a form can have.

Each is refused in a sentence or read without what is too large, within `triage.MEGABYTES` and `apart.SECONDS`.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import cache

MEGABYTE = 2**20


def pdf(*objects: bytes, root: bytes = b"1 0 R") -> bytes:
    """A file of these objects, from number 1."""
    content, places = b"%PDF-1.7\n", []
    for number, one in enumerate(objects, start=1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    rows = b"".join(b"%010d 00000 n \n" % place for place in places)
    table = b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, rows)
    told = b"trailer\n<</Size %d/Root %s>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, root, len(content))
    return content + table + told


CATALOG = b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>%s>>"
PAGES = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Annots[4 0 R]%s>>"
FIELD = b"<</Type/Annot/Subtype/Widget/FT/Tx/T(x)/Rect[0 0 9 9]/V %s>>"


def one_field(value: bytes, *more: bytes, catalog: bytes = b"", page: bytes = b"") -> bytes:
    """A form of one field with that value; `more` are the objects from number 5."""
    return pdf(CATALOG % catalog, PAGES, PAGE % page, FIELD % value, *more)


@cache
def packed(size: int) -> bytes:
    """That many blanks in as few bytes as can be."""
    packing, made = zlib.compressobj(9), b""
    for _ in range(size // MEGABYTE):
        made += packing.compress(b" " * MEGABYTE)
    return made + packing.flush()


def stream(content: bytes, keys: bytes = b"/Filter/FlateDecode") -> bytes:
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (keys, len(content), content)


def grown(size: int = 1024 * MEGABYTE) -> bytes:
    return stream(packed(size))


def twice_packed() -> bytes:
    return stream(zlib.compress(packed(1024 * MEGABYTE), 9), b"/Filter[/FlateDecode/FlateDecode]")


def many_fields(count: int = 150_000) -> bytes:
    fields = b" ".join(b"<</T(f%d)/FT/Tx/V(x)>>" % number for number in range(count))
    return pdf(b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[%s]>>>>" % fields, PAGES, PAGE % b"")


def doubling(levels: int = 40) -> bytes:
    """Fields in fields, each twice in the one above: more ways than stars."""
    kids = [b"<</T(k)/Kids[%d 0 R %d 0 R]>>" % (number, number) for number in range(5, 4 + levels)]
    return pdf(CATALOG % b"", PAGES, PAGE % b"", *kids, b"<</T(x)/FT/Tx/V(x)>>")


def deep(levels: int = 20_000) -> bytes:
    kids = [b"<</T(k)/Kids[%d 0 R]>>" % number for number in range(5, 4 + levels)]
    return pdf(CATALOG % b"", PAGES, PAGE % b"", *kids, b"<</T(x)/FT/Tx/V(x)>>")


def pages_in_a_ring() -> bytes:
    return pdf(CATALOG % b"", b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 9>>", PAGE % b"", FIELD % b"(x)")


def tables_in_a_ring() -> bytes:
    content = one_field(b"(x)")
    return content.replace(b"<</Size", b"<</Prev %d/Size" % content.rindex(b"xref\n0"))


def picture(width: int, height: int) -> bytes:
    """A scan of that many dots, black, in a few bytes; no field."""
    rows = zlib.compressobj(9)
    held = b"".join(rows.compress(bytes(width)) for _ in range(height)) + rows.flush()
    keys = b"/Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 8/ColorSpace/DeviceGray/Filter/FlateDecode"
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</XObject<</I 5 0 R>>>>>>"
    drawing = stream(b"595 0 0 842 0 0 cm /I Do", b"")
    return pdf(b"<</Type/Catalog/Pages 2 0 R>>", PAGES, page, drawing, stream(held, keys % (width, height)))


def vast_page() -> bytes:
    return pdf(b"<</Type/Catalog/Pages 2 0 R>>", PAGES, b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 14400000 14400000]>>")


def drawn_for_ever() -> bytes:
    """A page whose drawing draws itself."""
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</XObject<</I 5 0 R>>>>>>"
    loop = b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</I 5 0 R>>>>"
    return pdf(b"<</Type/Catalog/Pages 2 0 R>>", PAGES, page, stream(b"/I Do /I Do", b""), stream(b"/I Do /I Do", loop))


LAUGH = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 12))
LAUGHS = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">%s]><x>&l11;</x>' % LAUGH
ATTACHED = b"/Names<</EmbeddedFiles<</Names[(pitstop-form.json) <</Type/Filespec/F(pitstop-form.json)/EF<</F 5 0 R>>>>]>>>>"
BOMBS: Mapping[str, Callable[[], bytes]] = {
    "a value of 1 GB": lambda: one_field(b"5 0 R", grown()),
    "a value packed twice": lambda: one_field(b"5 0 R", twice_packed()),
    "our attachment, 1 GB": lambda: one_field(b"(x)", grown(), catalog=ATTACHED),
    "our attachment, 64 MB of brackets": lambda: one_field(b"(x)", stream(zlib.compress(b"[" * 10**6)), catalog=ATTACHED),
    "metadata of 1 GB": lambda: one_field(b"(x)", grown(), catalog=b"/Metadata 5 0 R"),
    "metadata of laughs": lambda: one_field(b"(x)", stream(LAUGHS, b"/Type/Metadata/Subtype/XML"), catalog=b"/Metadata 5 0 R"),
    "a drawing of 1 GB": lambda: one_field(b"(x)", grown(), page=b"/Contents 5 0 R"),
    "a text of 24 MB": lambda: one_field(b"(%s)" % (b"x" * 24 * MEGABYTE)),
    "a text of 8 MB of brackets": lambda: one_field(b"(%s)" % (b"()" * 4 * MEGABYTE)),
    "a name of 8 MB": lambda: one_field(b"(x)").replace(b"/T(x)", b"/T(%s)" % (b"x" * 8 * MEGABYTE)),
    "24 MB of digits": lambda: one_field(b"<%s>" % (b"41" * 12 * MEGABYTE)),
    "an array in an array, 50,000 deep": lambda: one_field(b"[" * 50_000 + b"]" * 50_000),
    "a group in a group, 50,000 deep": lambda: one_field(b"<</A" * 50_000 + b">>" * 50_000),
    "150,000 fields": many_fields,
    "fields that are twice in the one above, 40 times": doubling,
    "fields in fields, 20,000 deep": deep,
    "a field that is its own parent": lambda: one_field(b"(x)").replace(b"/T(x)", b"/T(x)/Parent 4 0 R/Kids[4 0 R]"),
    "a reference to itself": lambda: one_field(b"5 0 R", b"6 0 R", b"5 0 R"),
    "pages in a ring": pages_in_a_ring,
    "tables in a ring": tables_in_a_ring,
    "a million heads of objects": lambda: b"%PDF-1.7\n" + b"1 0 obj " * 10**6 + b"\n%%EOF",
    "24 MB of nothing": lambda: b"%PDF-1.7\n" + bytes(24 * MEGABYTE),
    "a million options": lambda: one_field(b"(x)").replace(b"/FT/Tx", b"/FT/Ch/Opt[%s]" % (b"(x)" * 10**6)),
    "a picture of 100 million dots": lambda: picture(10_000, 10_000),
    "a picture of 2 milliard dots": lambda: picture(46_000, 46_000),
    "a page of 200 km": vast_page,
    "a drawing that draws itself": drawn_for_ever,
}


def bombs() -> Iterator[tuple[str, bytes]]:
    """Each with its name."""
    return ((name, made()) for name, made in BOMBS.items())
