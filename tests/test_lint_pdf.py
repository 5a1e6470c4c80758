"""A fillable PDF beside the schemas: each field that cannot hold its answer is told, on its page, by its name."""

import io
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, NameObject

from pitstop_docs.errors import KitError
from pitstop_docs.flaws import Flaw, Spot, flaw
from pitstop_docs.lint import pdf, reader_of
from pitstop_docs.templates import load_templates
from tests.acroforms import Pdf
from tests.kits import Kit, choice, group, leaf, rows

STATES = {"coniugato": "coniugato/a", "celibe": "celibe/nubile"}
FIELDS = {
    "nome": leaf("Nome", privacy="identificativo", maxLength=40),
    "nascita": leaf("Data di nascita", format="date"),
    "stato": choice("Stato civile", STATES),
    "minori": leaf("Minori", "boolean"),
    "salute": leaf("Salute", privacy="particolare"),
    "voto": leaf("Voto", "integer", minimum=1, maximum=5),
    "importo": leaf("Importo", format="euro"),
    "lingue": {"title": "Lingue", "type": "array", "x-privacy": "comune", "items": {"type": "string", "enum": ["it", "ar"]}},
    "indirizzo": group("Indirizzo", {"via": leaf("Via"), "cap": leaf("CAP", format="cap")}),
    "figli": rows("Figli", {"nome": leaf("Nome"), "nato": leaf("Nato il", format="date")}, maxItems=3),
}


def lint(tmp_path: Path, content: bytes, fields: Mapping[str, Any] | None = None, **description: Any) -> list[Flaw]:
    """What lint says of a PDF with these bytes, as the template of a kit with one form."""
    kit = Kit.at(tmp_path)
    kit.form("scheda", FIELDS)
    (tmp_path / "templates" / "scheda.pdf").write_bytes(content)
    told = {"kind": "scheda", "code": "D99", "title": "Scheda", "order": 1, "file": "scheda.pdf", "form": "scheda"}
    told |= {"records": ["scheda"], "recipient": "interno", "fields": dict(fields or {}), **description}
    kit.write("templates/scheda.json", told)
    template = load_templates(tmp_path / "templates")["scheda"]
    return pdf.flaws(template, reader_of(template, kit.forms, kit.workspace().pack))


def rules(found: list[Flaw]) -> list[str]:
    return [one.rule for one in found]


SOUND = {
    "nome": "scheda#/nome",
    "nato": "scheda#/nascita",
    "stato": "scheda#/stato",
    "minori": "scheda#/minori",
    "voto": "scheda#/voto",
    "figlio_1": "scheda#/figli/0/nome",
    "codice": "documento#/codice",
}


def sound() -> Pdf:
    """A form with which nothing is wrong."""
    form = Pdf(2)
    form.field("nome", MaxLen=40)
    form.field("nato", MaxLen=10)
    form.field("stato", "/Ch", Ff=1 << 17, Opt=[["-", "—"], ["coniugato", "coniugato/a"], ["celibe", "celibe/nubile"]])
    form.tick("minori")
    form.radio("voto", ["1", "2", "3", "4", "5"])
    form.field("figlio_1", page=1)
    form.field("codice", Ff=1)
    form.field("firma", "/Sig")
    return form


def test_a_sound_form_has_no_flaw(tmp_path: Path) -> None:
    assert lint(tmp_path, sound().content(), SOUND) == []


def test_a_field_may_bear_its_place_as_its_name(tmp_path: Path) -> None:
    form = Pdf()
    form.field("scheda#/nome")
    assert lint(tmp_path, form.content()) == []


def test_a_flaw_says_page_field_and_tooltip(tmp_path: Path) -> None:
    form = Pdf(3)
    form.field("cognome", page=2, TU="Cognome del destinatario")
    (found,) = lint(tmp_path, form.content(), {"cognome": "scheda#/cognome"})
    assert found.spot == Spot(
        "scheda.pdf", where="campo «cognome»", around="Cognome del destinatario", page=3, anchor=(2, "cognome")
    )


NOWHERE = (
    ("scheda#/nomme", "«scheda#/nomme»: il modulo «scheda» non ha questo campo.", "Forse «scheda#/nome»?"),
    ("scheda#/figli/0/nata", "«scheda#/figli/0/nata»: il modulo", "Forse «scheda#/figli/0/nato»?"),
    ("scheda#/figli/nome", "«scheda#/figli» è un elenco", "Nominare la riga: scheda#/figli/0/nome."),
    ("scheda#/figli/7/nome", "«scheda#/figli» ha al più 3 righe.", "Contare le righe da 0."),
    ("scheda#/nome/primo", "il modulo «scheda» non ha questo campo.", ""),
    ("scheda/nome", "«scheda/nome» non è un modulo.", "Forse «scheda»?"),
    ("scheda#nome", "«scheda#nome» non è un posto.", "Scriverlo come modulo#/campo."),
    ("sceda#/nome", "«sceda» non è un modulo.", "Forse «scheda»?"),
    ("documento#/codicce", "il documento non ha questo campo.", "Forse «documento#/codice»?"),
)
"""A place that no schema has, what is said of it, and what is advised."""


def test_a_place_that_no_schema_has_is_told_with_the_nearest(tmp_path: Path) -> None:
    form = Pdf()
    for number in range(len(NOWHERE)):
        form.field(f"f{number}")
    found = lint(tmp_path, form.content(), {f"f{number}": place for number, (place, *_) in enumerate(NOWHERE)})
    for one, (place, message, remedy) in zip(found, NOWHERE, strict=True):
        assert (one.rule, one.subject, one.blocks) == ("LNT-050", place, True)
        assert message in one.message
        assert remedy in one.remedy


def test_a_form_of_the_kit_that_the_template_does_not_read_is_told(tmp_path: Path) -> None:
    Kit.at(tmp_path).form("altra", {"data": leaf("Data", format="date")})
    form = Pdf()
    form.field("x")
    (found,) = lint(tmp_path, form.content(), {"x": "altra#/data"})
    assert found.rule == "LNT-050"
    assert "«altra» è un modulo che questo modello non legge." in found.message


def test_a_field_that_the_description_does_not_name_is_told_with_the_nearest(tmp_path: Path) -> None:
    form = Pdf()
    form.field("cognome")
    form.field("cognomme")
    (found,) = lint(tmp_path, form.content(), {"cognome": "scheda#/nome"})
    assert (found.rule, found.subject, found.spot.anchor) == ("LNT-050", "cognomme", (0, "cognomme"))
    assert "Nella descrizione c’è «cognome»." in found.message


def test_a_field_that_the_file_lacks_is_told_in_the_description(tmp_path: Path) -> None:
    form = Pdf()
    form.field("nome")
    (found,) = lint(tmp_path, form.content(), {"nome": "scheda#/nome", "nomi": "scheda#/nome"})
    assert (found.rule, found.spot.file, found.subject) == ("LNT-050", "scheda.json", "nomi")
    assert "Forse «nome»?" in found.remedy


FITS: tuple[tuple[str, str | None, Mapping[str, object], str], ...] = (
    ("nome", "/Btn", {}, "LNT-051"),
    ("nome", "/Sig", {}, "LNT-051"),
    ("nome", "/Btn", {"Ff": 1 << 16}, "LNT-051"),
    ("nome", "/Tx", {"Ff": 1 << 20}, "LNT-051"),
    ("nome", None, {}, "LNT-051"),
    ("nascita", "/Btn", {}, "LNT-051"),
    ("nascita", "/Ch", {"Opt": ["1", "2"]}, "LNT-051"),
    ("importo", "/Ch", {"Opt": ["1", "2"]}, "LNT-051"),
    ("indirizzo", "/Tx", {}, "LNT-051"),
    ("figli", "/Tx", {}, "LNT-051"),
    ("lingue", "/Ch", {"Opt": ["it", "ar"]}, "LNT-051"),
    ("nascita", "/Tx", {"MaxLen": 8}, "LNT-051"),
    ("indirizzo/cap", "/Tx", {"MaxLen": 4}, "LNT-051"),
    ("nome", "/Tx", {"MaxLen": 39}, "LNT-057"),
    ("importo", "/Tx", {"MaxLen": 10}, "LNT-057"),
    ("stato", "/Tx", {"Ff": 1, "MaxLen": 12}, "LNT-057"),
    ("stato", "/Tx", {}, ""),
    ("minori", "/Tx", {}, ""),
    ("nome", "/Tx", {}, ""),
    ("lingue", "/Tx", {}, ""),
    ("nascita", "/Tx", {"MaxLen": 8, "Ff": 1 << 24}, ""),
    ("nascita", "/Tx", {"MaxLen": 7, "Ff": 1 << 24}, "LNT-051"),
    ("nome", "/Tx", {"MaxLen": 39, "Ff": 1 << 24}, "LNT-057"),
    ("nome", "/Tx", {"Ff": 1 << 13}, "LNT-051"),
    ("nome", "/Tx", {"F": 2}, "LNT-051"),
    ("stato", "/Btn", {}, "LNT-051"),
    ("minori", "/Tx", {"Ff": 1}, ""),
    ("stato", "/Tx", {"Ff": 1, "MaxLen": 13}, ""),
    ("nascita", "/Ch", {"Ff": 1 << 17 | 1 << 18}, ""),
    ("lingue", "/Ch", {"Ff": 1 << 21, "Opt": ["it", "ar"]}, ""),
    ("nome", "/Ch", {"Opt": ["Amina", "Sara"]}, ""),
    ("voto", "/Tx", {"MaxLen": 1}, ""),
)
"""An answer, the kind and the keys of a field, and what is wrong with the one in the other."""


def test_a_field_holds_the_answer_or_is_told(tmp_path: Path) -> None:
    form = Pdf(2)
    for number, (_, kind, told, _) in enumerate(FITS):
        form.field(f"f{number}", kind, page=number % 2, **told)
    fields = {f"f{number}": f"scheda#/{place}" for number, (place, *_) in enumerate(FITS)}
    found = [(one.spot.anchor[1], one.rule) for one in lint(tmp_path, form.content(), fields)]
    assert sorted(found) == sorted((f"f{number}", rule) for number, (*_, rule) in enumerate(FITS) if rule)


def test_choices_that_the_schema_has_not_and_values_without_a_choice_are_told(tmp_path: Path) -> None:
    form = Pdf()
    form.field("x", "/Ch", Opt=[["", "scegliere"], ["CON", "Coniugato/a"], ["VED", "vedovo/a"]])
    strange, lacking = lint(tmp_path, form.content(), {"x": "scheda#/stato"})
    assert (strange.rule, strange.message) == ("LNT-052", "«vedovo/a»: «scheda#/stato» non ha questo valore.")
    assert strange.remedy.startswith("Le voci sono: coniugato (coniugato/a), celibe (celibe/nubile). Se sono le stesse")
    assert (lacking.rule, lacking.message) == ("LNT-052", "Non si può scegliere: celibe (celibe/nubile).")


def test_buttons_are_compared_by_their_states_and_by_what_these_export(tmp_path: Path) -> None:
    form = Pdf()
    form.radio("a", ["coniugato", "vedovo"])
    form.radio("b", ["0", "1"], Opt=["coniugato", "celibe"])
    form.radio("c", ["Si", "No"])
    form.tick("d", "celibe")
    form.tick("e", "vedovo")
    fields = dict.fromkeys("abde", "scheda#/stato") | {"c": "scheda#/minori"}
    found = lint(tmp_path, form.content(), fields)
    assert [(one.rule, one.spot.anchor[1]) for one in found] == [("LNT-052", "a"), ("LNT-052", "a"), ("LNT-052", "e")]


def test_two_fields_of_one_name_are_told_and_two_boxes_of_one_field_are_not(tmp_path: Path) -> None:
    form = Pdf(2)
    form.field("nome", V="Amina")
    form.field("nome", V="Sara", page=1)
    parent = form.add({"/FT": "/Tx", "/T": "nato", "/TU": "Nato il"})
    parent.get_object()[NameObject("/Kids")] = ArrayObject([form.widget({"/Parent": parent}, page) for page in (0, 1)])
    form.roots.append(parent)
    (found,) = lint(tmp_path, form.content(), {"nome": "scheda#/nome", "nato": "scheda#/nascita"})
    assert (found.rule, found.spot.anchor) == ("LNT-053", (1, "nome"))
    assert "un secondo, con un altro valore" in found.message


def test_names_are_built_from_the_groups_above(tmp_path: Path) -> None:
    form = Pdf()
    parent = form.add({"/T": "padre", "/FT": "/Tx"})
    kid = form.widget({"/Parent": parent, "/T": "nome", "/TU": "Nome del padre"})
    parent.get_object()[NameObject("/Kids")] = ArrayObject([kid])
    form.roots.append(parent)
    form.field("nome")
    assert lint(tmp_path, form.content(), {"padre.nome": "scheda#/nome", "nome": "scheda#/nome"}) == []


def test_a_field_that_came_with_the_page_of_another_file_is_told(tmp_path: Path) -> None:
    form = Pdf(2)
    parent = form.add({"/T": "secondo"})
    form.field("nome")
    form.field("nome", page=1, listed=False, Parent=parent)
    fields = {"nome": "scheda#/nome", "secondo.nome": "scheda#/nome"}
    (found,) = lint(tmp_path, form.content(), fields)
    assert (found.rule, found.spot.anchor) == ("LNT-053", (1, "secondo.nome"))


def test_fields_that_only_the_pages_name_are_read(tmp_path: Path) -> None:
    form = Pdf(2)
    form.field("nome", listed=False)
    form.field("nomme", page=1, listed=False)
    above = form.field("padre")
    form.field("nato", page=1, listed=False, Parent=above)
    fields = {"nome": "scheda#/nome", "nomme": "scheda#/nomme", "padre": "scheda#/nome", "padre.nato": "scheda#/nata"}
    found = lint(tmp_path, form.content(), fields)
    assert [(one.rule, one.spot.anchor) for one in found] == [("LNT-050", (1, "nomme")), ("LNT-050", (1, "padre.nato"))]


def test_a_field_without_tooltip_is_told_unless_it_is_hidden(tmp_path: Path) -> None:
    form = Pdf()
    form.field("nome", TU=None)
    form.field("codice", TU=None, F=2)
    (found,) = lint(tmp_path, form.content(), {"nome": "scheda#/nome", "codice": None})
    assert (found.rule, found.spot.anchor) == ("LNT-054", (0, "nome"))


def test_what_the_recipient_may_not_see_is_told(tmp_path: Path) -> None:
    form = Pdf()
    form.field("x")
    form.field("y")
    found = lint(tmp_path, form.content(), {"x": "scheda#/salute", "y": "scheda#/nascita"}, recipient="partner")
    assert [(one.rule, one.subject) for one in found] == [("LNT-021", "scheda#/salute")]
    assert "è particolare (art. 9 GDPR): il destinatario «partner» non può vederlo" in found[0].message


def test_xfa_and_scripts_are_told(tmp_path: Path) -> None:
    script = {"/S": "/JavaScript", "/JS": "app.alert(1)"}
    form = sound()
    form.form["/XFA"] = "xml"
    form.field("z", AA={"/K": script})
    content = form.content(OpenAction=script, AA={"/WP": script}, Names={"/JavaScript": {"/Names": ["a", script]}})
    found = lint(tmp_path, content, {**SOUND, "z": "scheda#/nome"})
    assert rules(found) == ["LNT-055", "LNT-056", "LNT-056", "LNT-056", "LNT-056"]
    assert [one.spot.anchor for one in found] == [(), (), (), (), (0, "z")]


def test_a_file_that_opens_at_a_page_runs_no_script(tmp_path: Path) -> None:
    form = sound()
    assert lint(tmp_path, form.content(OpenAction=[0, "/Fit"]), SOUND) == []


def test_a_pdf_without_fields_is_told(tmp_path: Path) -> None:
    (found,) = lint(tmp_path, Pdf().content())
    assert (found.rule, found.blocks) == ("LNT-001", True)
    assert found.message == "Il PDF non ha campi da compilare. È una scansione: ha solo immagini."


def encrypted(password: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(sound().content())))
    writer.encrypt(password, "owner", algorithm="RC4-128")
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def inflated(size: int) -> bytes:
    """A PDF whose form stands in a stream that inflates to that many bytes."""
    form = b"5 0 <</Fields[<</FT/Tx/T(nome)/TU(Nome)>>]>>"
    packed = zlib.compress(form + bytes(size).replace(b"\0", b" "), 9)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
        b"<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(packed), packed),
    ]
    content, offsets = b"%PDF-1.7\n", []
    for number, one in enumerate(objects, start=1):
        offsets.append(len(content))
        content += b"%d 0 obj %s endobj\n" % (number, one)
    rows = [b"\1" + offset.to_bytes(4, "big") + b"\0" for offset in offsets] + [
        b"\2\0\0\0\4\0",
        b"\1" + len(content).to_bytes(4, "big") + b"\0",
    ]
    table = b"\0\0\0\0\0\0" + b"".join(rows)
    keys = b"/Type/XRef/Size 7/W[1 4 1]/Root 1 0 R/Length %d" % len(table)
    return content + b"6 0 obj<<%s>>stream\n%s\nendstream endobj\nstartxref\n%d\n%%%%EOF" % (keys, table, len(content))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Non è un PDF"),
        (b"<html>un modulo</html>", "Non è un PDF"),
        (b"PK\x03\x04", "Non è un PDF"),
        (b"%PDF-1.7\n" + b"rotto" * 99, "non si può leggere"),
        (sound().content()[:900], "non si può leggere"),
        (encrypted("segreto"), "protetto da password"),
        (encrypted(""), "protetto da password o da limitazioni"),
    ],
)
def test_a_file_that_is_no_open_pdf_is_refused_with_a_sentence(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(KitError, match=r"Il modello scheda\.pdf non si può usare") as refusal:
        lint(tmp_path, content)
    assert said in str(refusal.value)


def test_a_bomb_is_given_up(tmp_path: Path) -> None:
    assert lint(tmp_path, inflated(10), {"nome": None}) == []
    with pytest.raises(KitError, match=r"Il modello scheda\.pdf non si può usare: Il file non si può leggere"):
        lint(tmp_path, inflated(100_000_000))


def test_fields_that_hold_themselves_and_fields_without_end_are_given_up(tmp_path: Path) -> None:
    form = Pdf()
    above = form.add({"/T": "a"})
    below = form.add({"/T": "b", "/Kids": [above], "/Parent": above})
    above.get_object()[NameObject("/Kids")] = ArrayObject([below, below])
    form.roots.append(above)
    assert rules(lint(tmp_path, form.content())) == ["LNT-001"]
    many = Pdf()
    for number in range(2_002):
        many.roots.append(many.add({"/T": f"f{number}", "/FT": "/Tx"}))
    with pytest.raises(KitError, match=r"Ha più di 2000 campi"):
        lint(tmp_path, many.content())


def test_a_note_stands_beside_each_field_and_at_the_head_of_the_first_page() -> None:
    form = Pdf(2)
    form.field("nome")
    form.field("nato", page=1)
    found = [
        flaw("LNT-054", Spot("x.pdf", where="campo «nato»", anchor=(1, "nato")), "Il campo non ha descrizione."),
        flaw("LNT-057", Spot("x.pdf", where="campo «nato»", anchor=(1, "nato")), "Il campo tiene 8 caratteri."),
        flaw("LNT-055", Spot("x.pdf"), "Il modulo è in formato XFA."),
    ]
    content = form.content()
    copy = pdf.annotated(content, found)
    assert copy == pdf.annotated(content, found)
    first, second = PdfReader(io.BytesIO(copy)).pages
    whole, beside = (notes(page) for page in (first, second))
    assert [text for text, _ in whole] == [
        "bloccante: Il modulo è in formato XFA. Chiedere o rifare il modulo senza XFA (AcroForm). [LNT-055]"
    ]
    ((text, (left, bottom, right, top)),) = beside
    assert text.count("[LNT-05") == 2
    assert "\n\navviso: Il campo tiene 8 caratteri." in text
    box = [int(side) for side in second["/Annots"][0]["/Rect"]]
    assert (left - box[2], top - box[3], right - left, top - bottom) == (4, 0, 20, 20)


def notes(page: Any) -> list[tuple[str, list[int]]]:
    """Text and box of each note of a page."""
    found = [one.get_object() for one in page["/Annots"]]
    return [(str(one["/Contents"]), [int(side) for side in one["/Rect"]]) for one in found if one["/Subtype"] == "/Text"]


def test_the_annotated_form_keeps_its_fields(tmp_path: Path) -> None:
    copy = pdf.annotated(sound().content(), [flaw("LNT-055", Spot("x.pdf"), "XFA.")])
    assert lint(tmp_path, copy, SOUND) == []
