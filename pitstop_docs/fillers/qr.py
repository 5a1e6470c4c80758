"""The QR codes on the pages of a PDF, for a form that came back as pictures; nothing where the libraries are not installed.

To be used in a child process. pdfium draws nearly any page that a viewer shows; zxing-cpp finds a code that is small, turned
or blurred. Both come as wheels for every system, and neither needs another library (the page travels between them as bytes).
"""

from __future__ import annotations

from time import monotonic
from typing import Any

SECONDS = 8
"""After so long no further page is looked at: what was found says enough."""
PAGES, PIXELS = 12, 12_000_000
"""The most that is looked at: pages, and dots of one."""
COARSE, FINE = 200, 300
"""Dots per inch at which each page is drawn, and the first one again if there was no code."""


def can_look() -> bool:
    """True if the libraries are there."""
    try:
        import pypdfium2  # noqa: F401, PLC0415
        import zxingcpp  # noqa: F401, PLC0415
    except ImportError:
        return False
    return True


def codes(content: bytes) -> tuple[tuple[int, str], ...]:
    """The page (from 0) and the text of each QR code on the first pages; of a page that pdfium cannot draw, none."""
    import pypdfium2  # noqa: PLC0415

    found: list[tuple[int, str]] = []
    until = monotonic() + SECONDS
    try:
        with pypdfium2.PdfDocument(content) as document:
            count = min(len(document), PAGES)
            for place, density in [*((place, COARSE) for place in range(count)), *([(0, FINE)] if count else [])]:
                if (density == COARSE or not found) and monotonic() < until:
                    found += [(place, text) for text in _on(document, place, density)]
    except pypdfium2.PdfiumError:
        return tuple(found)
    return tuple(found)


def _on(document: Any, place: int, density: int) -> list[str]:
    """The codes of a page; none of one that cannot be drawn, or would be too large."""
    import pypdfium2  # noqa: PLC0415
    import zxingcpp  # noqa: PLC0415

    try:
        page, scale = document[place], density / 72
        if not 0 < page.get_width() * page.get_height() * scale**2 < PIXELS:
            return []
        drawn = page.render(scale=scale, grayscale=True, draw_annots=False)
    except pypdfium2.PdfiumError:
        return []
    dots = memoryview(drawn.buffer).cast("B").cast("B", (drawn.height, drawn.stride))
    found = zxingcpp.read_barcodes(dots, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    return [one.text for one in found]
