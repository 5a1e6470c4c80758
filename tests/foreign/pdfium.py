"""Fill a form with pdfium, the engine of Chrome and of Android: click, type, choose, as a person does.

    python pdfium.py jobs.json

An answer is a text, the label of a choice, or true and false for a check box.
"""

import ctypes
import json
import pathlib
import sys

import pypdfium2
import pypdfium2.raw as pdfium

CHECK_BOX, LIST, TEXT = pdfium.FPDF_FORMFIELD_CHECKBOX, pdfium.FPDF_FORMFIELD_COMBOBOX, pdfium.FPDF_FORMFIELD_TEXTFIELD


def words(ask, *args):
    """What a function of pdfium that fills a buffer says."""
    length = ask(*args, None, 0)
    buffer = ctypes.create_string_buffer(length)
    ask(*args, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), length)
    return buffer.raw.decode("utf-16-le").rstrip("\0")


def option(form, annotation, label):
    """The place of a choice in its list."""
    count = pdfium.FPDFAnnot_GetOptionCount(form, annotation)
    return [words(pdfium.FPDFAnnot_GetOptionLabel, form, annotation, n) for n in range(count)].index(label)


def write(form, page, annotation, answer):
    """Give one field its answer."""
    kind = pdfium.FPDFAnnot_GetFormFieldType(form, annotation)
    if kind == CHECK_BOX:
        if bool(pdfium.FPDFAnnot_IsChecked(form, annotation)) != answer:
            sides = pdfium.FS_RECTF()
            pdfium.FPDFAnnot_GetRect(annotation, sides)
            x, y = (sides.left + sides.right) / 2, (sides.top + sides.bottom) / 2
            pdfium.FORM_OnMouseMove(form, page, 0, x, y)  # or the first click goes to no field
            pdfium.FORM_OnLButtonDown(form, page, 0, x, y)
            pdfium.FORM_OnLButtonUp(form, page, 0, x, y)
        return
    pdfium.FORM_SetFocusedAnnot(form, annotation)
    if kind == LIST:
        pdfium.FORM_SetIndexSelected(form, page, option(form, annotation, answer), True)
    elif kind == TEXT:
        pdfium.FORM_SelectAllText(form, page)
        typed = ctypes.create_string_buffer(answer.encode("utf-16-le") + b"\0\0")
        pdfium.FORM_ReplaceSelection(form, page, ctypes.cast(typed, ctypes.POINTER(ctypes.c_ushort)))
    pdfium.FORM_ForceToKillFocus(form)


def fill(source, answers, target):
    """Fill every field that has an answer."""
    document = pypdfium2.PdfDocument(source)
    document.init_forms()
    form = document.formenv.raw
    for page in document:
        for n in range(pdfium.FPDFPage_GetAnnotCount(page)):
            annotation = pdfium.FPDFPage_GetAnnot(page, n)
            if pdfium.FPDFAnnot_GetSubtype(annotation) == pdfium.FPDF_ANNOT_WIDGET:
                name = words(pdfium.FPDFAnnot_GetFormFieldName, form, annotation)
                if name in answers:
                    write(form, page, annotation, answers[name])
            pdfium.FPDFPage_CloseAnnot(annotation)
        page.close()
    document.save(target)


for job in json.loads(pathlib.Path(sys.argv[1]).read_text("utf-8")):
    fill(job["source"], job["answers"], job["target"])
