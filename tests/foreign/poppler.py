"""Fill a form with poppler, the engine of Okular and of GNOME's reader.

python3 poppler.py jobs.json
"""

import json
import pathlib
import sys

import gi

gi.require_version("Poppler", "0.18")
from gi.repository import Poppler  # noqa: E402


def write(field, answer):
    """Give one field its answer."""
    kind = field.get_field_type()
    if kind == Poppler.FormFieldType.BUTTON:
        field.button_set_state(answer)
    elif kind == Poppler.FormFieldType.CHOICE:
        labels = [field.choice_get_item(n) for n in range(field.choice_get_n_items())]
        field.choice_select_item(labels.index(answer))
    else:
        field.text_set_text(answer)


def fill(source, answers, target):
    """Fill every field that has an answer."""
    document = Poppler.Document.new_from_file(pathlib.Path(source).absolute().as_uri(), None)
    for number in range(document.get_n_pages()):
        for mapping in document.get_page(number).get_form_field_mapping():
            name = mapping.field.get_name()
            if name in answers:
                write(mapping.field, answers[name])
    document.save(pathlib.Path(target).absolute().as_uri())


for job in json.loads(pathlib.Path(sys.argv[1]).read_text("utf-8")):
    fill(job["source"], job["answers"], job["target"])
