"""Draw the pages of a PDF as a person sees them in Chrome (pdfium) or in a reader on MuPDF, fields and all.

python picture.py pdfium|mupdf in.pdf folder dots-per-inch
"""

import pathlib
import sys


def pdfium(source, folder, dots):
    """Draw with pdfium."""
    import pypdfium2  # noqa: PLC0415  # where one is, the other need not be

    document = pypdfium2.PdfDocument(source)
    document.init_forms()
    for number, page in enumerate(document, 1):
        page.render(scale=dots / 72, grayscale=True, may_draw_forms=True).to_pil().save(folder / f"{number:02}.png")


def mupdf(source, folder, dots):
    """Draw with MuPDF."""
    import pymupdf  # noqa: PLC0415

    for number, page in enumerate(pymupdf.open(source), 1):
        page.get_pixmap(dpi=dots, colorspace=pymupdf.csGRAY, annots=True).save(folder / f"{number:02}.png")


{"pdfium": pdfium, "mupdf": mupdf}[sys.argv[1]](sys.argv[2], pathlib.Path(sys.argv[3]), int(sys.argv[4]))
