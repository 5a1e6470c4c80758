"""A Word template becomes the document that staff expect: every value where its tag was, lines for what is missing."""

import hashlib
import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import docx
import pytest
from lxml import etree

from pitstop_docs.errors import ExitCode, KitError
from pitstop_docs.files import repack
from pitstop_docs.fillers.docx import Properties, fill, outline
from pitstop_docs.fillers.story import OURS
from tests.kits import CASE, NASTY, ROOT, Kit, W, attach, choice, group, leaf, paragraphs, parts, patch, rows, seen

FIELDS = {
    "nome": leaf("Nome", privacy="identificativo"),
    "giorno": leaf("Giorno", format="date"),
    "importo": leaf("Importo", format="euro"),
    "vero": leaf("Vero", "boolean"),
    "esito": choice("Esito", {"si": "favorevole", "no": "sfavorevole"}),
    "lungo": leaf("Lungo", x_long=True),
    "voci": rows("Voci", {"voce": leaf("Voce"), "note": leaf("Note")}),
    "casa": group("Casa", {"via": leaf("Via")}),
}
FOOTNOTES = (
    '<w:footnotes xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:footnote w:id="1">'
    "<w:p><w:r><w:t>Nota: {{ s.casa.via }}</w:t></w:r></w:p></w:footnote></w:footnotes>"
)
TABLE = [
    ["Voce", "Note"],
    ["{%tr for v in s.voci %}", ""],
    ["{{ v.voce }}", "{{ v.note }}"],
    ["{%tr else %}", ""],
    ["Nessuna voce", ""],
    ["{%tr endfor %}", ""],
]


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    kit = Kit.at(tmp_path)
    kit.form("s", FIELDS)
    return kit


def body(content: bytes) -> list[str]:
    return list(paragraphs(parts(content)["word/document.xml"]))


def skeleton(part: bytes) -> list[str]:
    """The elements of a part in their order, without what a value may be made of."""
    inside = {W + tag for tag in ("r", "rPr", "t", "br", "tab")}
    return [str(element.tag) for element in etree.fromstring(part).iter() if element.tag not in inside]


def test_values_stand_in_body_table_header_footer_and_footnote(kit: Kit) -> None:
    block = "Il {{ s.giorno }} {{ s.nome }} riceve {{ s.importo }} euro ({{ s.importo|lettere }}): {{ s.vero }}, {{ s.esito }}."
    template = kit.template("s", block, [["{{ s.nome }}"]], header="Caso {{ documento.caso }}", footer="{{ documento.titolo }}")
    attach(template.path, "footnotes.xml", "footnotes", FOOTNOTES)
    data = {"giorno": "2026-03-05", "nome": "Amina", "importo": "1250.50", "vero": True, "esito": "si", "casa": {"via": "Q"}}
    filled = kit.fill("s", s=data)
    sentence = "Il 05/03/2026 Amina riceve 1.250,50 euro (Euro milleduecentocinquanta/50): sì, favorevole."
    assert seen(filled.content) == "\n".join([f"Caso {CASE}", sentence, "Amina", "S"])
    assert list(paragraphs(parts(filled.content)["word/footnotes.xml"])) == ["Nota: Q"]
    assert filled.trace.blanks == []
    assert sorted(filled.trace.printed)[:3] == ["05/03/2026", "1.250,50", "Amina"]


def test_a_tag_that_word_has_split_into_runs_is_still_one(kit: Kit) -> None:
    kit.template("s", ("Sig. {", "{ s.", "nome", " }", "}, ", "{% if s.vero", " %}presente{%", " endif %}"))
    assert body(kit.fill("s", s={"nome": "Amina", "vero": True}).content) == ["Sig. Amina, presente"]


def test_quotes_that_word_has_curled_are_still_quotes(kit: Kit) -> None:
    kit.template("s", "{% if s.esito == “si” %}A{% endif %}{% if s.esito == ‘si’ %}B{% endif %}")
    assert body(kit.fill("s", s={"esito": "si"}).content) == ["AB"]


def test_rows_repeat_and_their_tags_leave_no_trace(kit: Kit) -> None:
    kit.template("s", TABLE)
    voci = [{"voce": "letto", "note": "nuovo"}, {"voce": "tavolo", "note": "usato"}]
    assert body(kit.fill("s", s={"voci": voci}).content) == ["Voce", "Note", "letto", "nuovo", "tavolo", "usato"]
    assert body(kit.fill("s", s={"voci": []}).content) == ["Voce", "Note", "Nessuna voce", ""]
    line = "_" * 22
    assert body(kit.fill("s", s={}).content) == ["Voce", "Note", line, line]


def test_a_paragraph_with_a_condition_is_there_or_gone(kit: Kit) -> None:
    kit.template("s", "prima", "{%p if s.vero %}", "in mezzo", "{%p else %}", "altrimenti", "{%p endif %}", "dopo")
    assert body(kit.fill("s", s={"vero": True}).content) == ["prima", "in mezzo", "dopo"]
    assert body(kit.fill("s", s={"vero": False}).content) == ["prima", "altrimenti", "dopo"]
    assert body(kit.fill("s").content) == ["prima", "altrimenti", "dopo"]


def test_what_is_missing_is_a_line_to_fill_by_hand_and_is_told(kit: Kit) -> None:
    kit.template("s", "{{ s.nome }}|{{ s.giorno }}|{{ s.vero }}", "{{ s.lungo }}", "{{ s.casa.via }}")
    filled = kit.fill("s", s={"nome": " "})
    lines = "\n".join(["_" * 60] * 3)
    assert body(filled.content) == [f"{'_' * 22}|___/___/______|□ sì   □ no", lines, "_" * 22]
    assert [place.path for place in filled.trace.blanks] == ["/nome", "/giorno", "/vero", "/lungo", "/casa"]
    nobody = kit.fill("s")
    assert {(place.form, place.path) for place in nobody.trace.blanks} == {("s", "")}
    assert body(nobody.content) == body(filled.content)


def test_what_the_reader_may_not_see_is_omitted_and_told(kit: Kit) -> None:
    kit.template("s", "{{ s.nome }} {{ s.esito }}")
    filled = kit.fill("s", visible=frozenset({"comune"}), s={"nome": "Amina", "esito": "si"})
    assert body(filled.content) == ["omissis favorevole"]
    assert b"Amina" not in b"".join(parts(filled.content).values())
    assert [place.path for place in filled.trace.withheld] == ["/nome"]


def test_lines_and_tabs_of_a_long_text_are_kept(kit: Kit) -> None:
    kit.template("s", "Prima: {{ s.lungo }} fine.")
    text = "uno\n\n\tdue  tre\t\n quattro \n"
    content = kit.fill("s", s={"lungo": text}).content
    assert body(content) == [f"Prima: {text} fine."]
    for piece in etree.fromstring(parts(content)["word/document.xml"]).iter(W + "t"):
        blank_ends = piece.text and piece.text != piece.text.strip()
        assert not blank_ends or piece.get("{http://www.w3.org/XML/1998/namespace}space") == "preserve"


@pytest.mark.parametrize("text", [*NASTY, "<w:p/>", "<w:br/>&", "a" * 50_000, "\n" * 300, "\t\t", " "])
def test_a_text_is_printed_as_it_was_typed_and_changes_nothing_else(text: str, kit: Kit) -> None:
    kit.template("s", "prima {{ s.nome }} dopo", [["{{ s.nome }}", "x"]], "coda", header="{{ s.nome }}", footer="f")
    filled, plain = kit.fill("s", s={"nome": text}), kit.fill("s", s={"nome": "x"})
    shown = text if text.strip() else "_" * 22
    assert seen(filled.content) == "\n".join([shown, f"prima {shown} dopo", shown, "x", "coda", "f"])
    for name in ("word/document.xml", "word/header1.xml", "word/footer1.xml"):
        assert skeleton(parts(filled.content)[name]) == skeleton(parts(plain.content)[name])
    docx.Document(io.BytesIO(filled.content))


def test_the_text_of_the_template_itself_is_untouched(kit: Kit) -> None:
    own = ["Rossi & Figli <b> «5 < 6»", 'virgolette "dritte" e ‘curve’', "una { graffa } sola", "50 % e 10 #", "a_b __ &amp;"]
    kit.template("s", *own, [own], "{{ s.nome }}", header=own[0], footer=own[1])
    assert seen(kit.fill("s", s={"nome": "x"}).content).split("\n") == [own[0], *own, *own, "x", own[1]]


# The same records, the same bytes


def test_the_same_answers_give_the_same_bytes_on_any_day(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    kit.template("s", "{{ s.nome }}", TABLE)
    data = {"nome": "Amina", "voci": [{"voce": "letto"}]}
    first = kit.fill("s", draft=True, s=data).content
    later = time.localtime(4_000_000_000)
    monkeypatch.setattr(time, "localtime", lambda *_: later)
    monkeypatch.setattr(time, "time", lambda: 4_000_000_000.0)
    assert kit.fill("s", draft=True, s=dict(reversed(data.items()))).content == first
    assert kit.fill("s", s=data).content != first


def test_the_same_answers_give_the_same_bytes_on_any_machine(kit: Kit) -> None:
    kit.template("s", "{{ s.nome }} {{ s.giorno }} {{ s.importo }}", TABLE, header="{{ s.esito }}", footer="{{ documento.caso }}")
    data = {"nome": "Ștefan", "giorno": "2026-03-05", "importo": "1250.50", "esito": "si", "voci": [{"voce": "letto"}]}
    code = (
        "import sys, json, hashlib, locale; locale.setlocale(locale.LC_ALL, ''); from pathlib import Path; "
        "from tests.kits import Kit; "
        "content = Kit(Path(sys.argv[1])).fill('s', draft=True, s=json.loads(sys.argv[2])).content; "
        "print(hashlib.sha256(content).hexdigest())"
    )
    found = set()
    for seed, zone, locale in (("0", "Pacific/Auckland", "C"), ("4242", "America/Los_Angeles", "C.UTF-8")):
        surroundings = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale, "LANG": locale}
        words = [sys.executable, "-c", code, str(kit.root), json.dumps(data)]
        made = subprocess.run(words, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=True)
        found.add(made.stdout.strip())
    assert found == {hashlib.sha256(kit.fill("s", draft=True, s=data).content).hexdigest()}


# What the file says of itself


def test_the_properties_tell_the_document_and_nobody(kit: Kit) -> None:
    template = kit.template("s", "{{ s.nome }}")
    assert "python-docx" in parts(template.path)["docProps/core.xml"].decode(), "the template has an author"
    properties = Properties("D10 Piano & <progetto>", CASE, f"{CASE}_D10_s_v01")
    content = fill(template.path, {"s": kit.forms["s"].typed({"nome": "Amina"})}, properties).content
    core = docx.Document(io.BytesIO(content)).core_properties
    assert (core.title, core.subject, core.identifier) == ("D10 Piano & <progetto>", CASE, f"{CASE}_D10_s_v01")
    assert (core.language, core.category, core.author, core.last_modified_by) == ("it-IT", OURS, "", "")


def test_a_picture_arrives_byte_by_byte(kit: Kit) -> None:
    template = kit.template("s", "{{ s.nome }}")
    picture = b"\xff\xd8\xef\xb7\x90 marks of values, by chance \xef\xb7\x91\xff\xd9"
    template.path.write_bytes(repack({**parts(template.path), "docProps/thumbnail.jpeg": picture}))
    found = parts(kit.fill("s", s={"nome": "x"}).content)
    assert found["docProps/thumbnail.jpeg"] == picture
    assert b"\xef\xb7\x90" not in found["word/document.xml"]


# Drafts


def with_headers(path: Path, *, first: bool, even: bool) -> None:
    document = docx.Document(str(path))
    section = document.sections[0]
    section.different_first_page_header_footer = True
    document.settings.odd_and_even_pages_header_footer = True
    if first:
        section.first_page_header.paragraphs[0].text = "Prima pagina"
    if even:
        section.even_page_header.paragraphs[0].text = "Pagina pari"
    document.add_section().header.is_linked_to_previous = True
    document.save(str(path))


def test_a_draft_says_so_on_every_page(kit: Kit) -> None:
    template = kit.template("s", "{{ s.nome }}", header="Ogni pagina")
    with_headers(template.path, first=True, even=True)
    found = parts(kit.fill("s", draft=True, s={"nome": "x"}).content)
    headers = {name: list(paragraphs(part)) for name, part in found.items() if name.startswith("word/header")}
    assert sorted(texts[1] for texts in headers.values()) == ["Ogni pagina", "Pagina pari", "Prima pagina"]
    for name, texts in headers.items():
        assert texts[0] == "BOZZA – non valida per la firma"
        assert b'string="BOZZA"' in found[name]
    assert len(headers) == 3


def test_what_is_not_a_draft_does_not_say_so(kit: Kit) -> None:
    kit.template("s", "{{ s.nome }}", header="Ogni pagina")
    assert b"BOZZA" not in b"".join(parts(kit.fill("s", s={"nome": "x"}).content).values())


@pytest.mark.parametrize(("first", "even"), [(False, True), (True, False)])
def test_a_draft_with_a_page_that_could_not_say_so_is_refused(first: bool, even: bool, kit: Kit) -> None:
    template = kit.template("s", "{{ s.nome }}", header="Ogni pagina")
    with_headers(template.path, first=first, even=even)
    assert kit.fill("s", s={"nome": "x"})
    with pytest.raises(KitError, match="ha pagine senza intestazione, dove scrivere BOZZA"):
        kit.fill("s", draft=True, s={"nome": "x"})


def test_a_draft_of_a_template_without_any_header_is_refused(kit: Kit) -> None:
    kit.template("s", "{{ s.nome }}", header=None)
    assert kit.fill("s", s={"nome": "x"})
    with pytest.raises(KitError, match="ha pagine senza intestazione"):
        kit.fill("s", draft=True, s={"nome": "x"})


# What a template can print


def test_every_place_of_a_template_is_known_before_printing(kit: Kit) -> None:
    template = kit.template(
        "s", "{% if s.vero %}{{ s.nome }}{% endif %}", TABLE, header="{{ s.esito }}", footer="{{ documento.caso }}"
    )
    attach(template.path, "footnotes.xml", "footnotes", FOOTNOTES)
    found = {"s/vero", "s/nome", "s/voci", "s/voci/*/voce", "s/voci/*/note", "s/esito", "documento/caso", "s/casa/via"}
    assert template.places == found
    assert template.flaws == ()


# Files that are no templates


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "protetto da password o è in un formato vecchio"),
        (b"<html><body>{{ s.nome }}</body></html>", "non è un documento Word o Excel integro"),
        (b"", "non è un documento Word o Excel integro"),
        (b"PK\x03\x04" + b"\0" * 40, "non è un documento Word o Excel integro"),
    ],
)
def test_a_file_that_is_no_docx_is_refused_with_advice(content: bytes, said: str, kit: Kit) -> None:
    template = kit.template("s", "{{ s.nome }}")
    template.path.write_bytes(content)
    for act in (lambda: kit.fill("s"), lambda: outline(template.path)):
        with pytest.raises(KitError) as caught:
            act()
        assert said in str(caught.value)
        assert "s.docx" in str(caught.value)
        assert caught.value.code == ExitCode.KIT


def test_a_missing_template_is_told_with_the_nearest_name(kit: Kit) -> None:
    template = kit.template("s", "{{ s.nome }}")
    template.path.rename(template.path.with_name("s1.docx"))
    with pytest.raises(KitError, match=r"Il modello s\.docx non si può usare.*non esiste\. Forse: .*s1\.docx"):
        kit.fill("s")


def test_a_zip_bomb_is_not_opened(kit: Kit) -> None:
    template = kit.template("s", "{{ s.nome }}")
    template.path.write_bytes(repack({**parts(template.path), "word/media/a.bin": b"\0" * (80 * 2**20)}))
    assert template.path.stat().st_size < 2**20
    with pytest.raises(KitError, match="non è stato aperto"):
        kit.fill("s")


def test_a_macro_document_and_a_workbook_are_refused(kit: Kit) -> None:
    template = kit.template("s", "{{ s.nome }}")
    whole = template.path.read_bytes()
    macro = "application/vnd.ms-word.document.macroEnabled.main+xml"
    plain = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    patch(template.path, "[Content_Types].xml", plain, macro)
    with pytest.raises(KitError, match=r"s\.docx: il documento contiene macro"):
        kit.fill("s")
    template.path.write_bytes(whole)
    found = parts(template.path)
    template.path.write_bytes(repack({name: part for name, part in found.items() if name != "word/document.xml"}))
    with pytest.raises(KitError, match=r"non è un documento Word \(\.docx\)"):
        kit.fill("s")


def test_a_document_made_here_is_never_a_template_again(kit: Kit) -> None:
    template = kit.template("s", "{{ s.nome }}")
    template.path.write_bytes(kit.fill("s", s={"nome": "{{ s.giorno }}"}).content)
    for act in (lambda: kit.fill("s"), lambda: outline(template.path)):
        with pytest.raises(KitError, match="è un documento prodotto dal programma, non un modello"):
            act()


@pytest.mark.parametrize("part", ["word/document.xml", "word/header1.xml", "word/styles.xml", "word/theme/theme1.xml"])
@pytest.mark.parametrize("content", [b"", b"<w:document", b"\x00\xff\xfe"])
def test_a_damaged_part_is_a_kit_error(part: str, content: bytes, kit: Kit) -> None:
    template = kit.template("s", "{{ s.nome }}")
    template.path.write_bytes(repack({**parts(template.path), part: content}))
    with pytest.raises(KitError, match=r"^s\.docx"):
        kit.fill("s", s={"nome": "x"})


def test_a_template_of_another_kind_of_file_is_refused(kit: Kit) -> None:
    kit.template("s", "{{ s.nome }}", file="s.odt")
    with pytest.raises(KitError, match=r"i modelli di tipo «\.odt» non si sanno riempire"):
        kit.fill("s", s={})
