"""Fill a form with MuPDF, an engine of its own that many readers on telephones share.

python mupdf.py jobs.json
"""

import json
import pathlib
import sys

import pymupdf


def fill(source, answers, target):
    """Fill every field that has an answer."""
    document = pymupdf.open(source)
    for page in document:
        for widget in page.widgets():
            if answers.get(widget.field_name) == "":  # which the library takes for nothing to be done
                pymupdf.mupdf.pdf_set_text_field_value(widget._annot.this, "")
            elif widget.field_name in answers:
                widget.field_value = answers[widget.field_name]
                widget.update()
    document.save(target, incremental=False)


for job in json.loads(pathlib.Path(sys.argv[1]).read_text("utf-8")):
    fill(job["source"], job["answers"], job["target"])
