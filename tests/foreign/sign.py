"""Sign a PDF in itself (PAdES), as signing programs do, with a key and a certificate of no value.

python sign.py in.pdf key.pem certificate.pem out.pdf
"""

import pathlib
import sys

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers


def main(source, key, certificate, target):
    """Write the file with a signature over all of it."""
    told = signers.PdfSignatureMetadata(field_name="Firma", subfilter=fields.SigSeedSubFilter.PADES)
    with pathlib.Path(source).open("rb") as stream, pathlib.Path(target).open("wb") as made:
        signers.sign_pdf(IncrementalPdfFileWriter(stream), told, signer=signers.SimpleSigner.load(key, certificate), output=made)


main(*sys.argv[1:])
