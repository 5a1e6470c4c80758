"""Fill a form with MuPDF, an engine of its own that many readers on telephones share.

python mupdf.py in.pdf answers.json out.pdf
"""

import json
import pathlib
import sys

import pymupdf


def main(source, answers, target):
    """Fill every field that has an answer."""
    answers = json.loads(pathlib.Path(answers).read_text("utf-8"))
    document = pymupdf.open(source)
    for page in document:
        for widget in page.widgets():
            if widget.field_name in answers:
                widget.field_value = answers[widget.field_name]
                widget.update()
    document.save(target, incremental=False)


main(*sys.argv[1:])
