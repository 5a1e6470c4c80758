"""The traps of docxtpl and of Word files: where the library prints something else in silence, here it is exact or refused."""

import time
from pathlib import Path

import docx
import pytest

from pitstop_docs.blanks import CLOSING, OPENING
from pitstop_docs.errors import ExitCode, KitError
from pitstop_docs.fillers.docx import outline
from tests.kits import CASE, Block, Kit, attach, leaf, paragraphs, parts, patch, rows, seen

FIELDS = {
    "nome": leaf("Nome"),
    "vero": leaf("Vero", "boolean"),
    "ore": leaf("Ore", "number"),
    "voci": rows("Voci", {"voce": leaf("Voce")}),
}
DATA = {"nome": "Rossi & Figli <srl>", "vero": True, "voci": [{"voce": "uno"}, {"voce": "due"}]}
NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" xmlns:v="urn:schemas-microsoft-com:vml"'
)
RAW = "<w:r><w:t>RAW</w:t></w:r>"


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    kit = Kit.at(tmp_path)
    kit.form("s", FIELDS)
    return kit


def body(content: bytes) -> list[str]:
    return list(paragraphs(parts(content)["word/document.xml"]))


def refusal(kit: Kit, *blocks: Block) -> str:
    """What is said of a template with these blocks (or as it stands): the same before printing where that can be known."""
    if blocks:
        kit.template("s", *blocks)
    with pytest.raises(KitError) as caught:
        kit.fill("s", s=DATA)
    said = str(caught.value)
    assert said.startswith("s.docx")
    assert caught.value.code == ExitCode.KIT
    assert "Rossi" not in said
    return said


def blocking(path: Path) -> set[str]:
    """The rules by which the template is refused before it is printed."""
    return {one.rule for one in outline(path).flaws if one.blocks}


def with_raw(kit: Kit, xml: str, *more: Block) -> Path:
    """A template with this XML in place of the runs of one paragraph."""
    path = kit.template("s", "prima", "RAW", "dopo", *more).path
    return patch(path, "word/document.xml", RAW, xml)


# A template can only print


@pytest.mark.parametrize(
    "code",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ s.__class__ }}",
        "{{ s['__class__'] }}",
        "{{ s.nome.__init__.__globals__ }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ self.__init__ }}",
        "{{ s.nome() }}",
        "{{ s.nome.upper() }}",
        "{{ range(9) }}",
        "{{ 7*7 }}",
        "{{ s.ore + 1 }}",
        "{{ -s.ore }}",
        "{{ 'a' * 200000000 }}",
        "{{ s.nome ~ 'x' }}",
        "{{ s.nome % s.nome }}",
        "{{ s.codice-fiscale }}",
        "{{ s.voci[0] }}",
        "{{ s.voci[0].voce }}",
        "{{ s.nome[0:1] }}",
        "{{ s[s.nome] }}",
        "{{ 'fisso' }}",
        "{{ 12 }}",
        "{{ [1, 2] }}",
        "{{ {'a': 1} }}",
        "{{ s.nome|upper }}",
        "{{ s.nome|safe }}",
        "{{ s.nome|attr('__class__') }}",
        "{{ s.voci|map(attribute='voce') }}",
        "{{ s.nome is defined }}",
        "{% if s.ore < 3 %}{% endif %}",
        "{% if 'a' in s.nome %}{% endif %}",
        "{% set x = 1 %}",
        "{% include 'x' %}",
        "{% import 'x' as y %}",
        "{% from 'x' import y %}",
        "{% extends 'x' %}",
        "{% block x %}{% endblock %}",
        "{% macro m() %}{% endmacro %}",
        "{% call m() %}{% endcall %}",
        "{% filter lettere %}{% endfilter %}",
        "{% with a = 1 %}{% endwith %}",
        "{% autoescape false %}{{ s.nome }}{% endautoescape %}",
        "{% do s %}",
        "{% debug %}",
        "{% for x in s.voci recursive %}{% endfor %}",
        "{% for a, b in s.voci %}{% endfor %}",
        "{% for x in [1, 2] %}{% endfor %}",
        "{% for x in (s.voci if s.vero else s.voci) %}{% endfor %}",
        "{{ s.nome if s.vero }}",
    ],
)
def test_code_in_a_template_is_refused_before_anything_is_printed(code: str, kit: Kit) -> None:
    said = refusal(kit, "Prima", f"Qui: {code}")
    assert "riaprirlo" not in said.lower(), "the template is told, not the file"
    assert any(
        word in said
        for word in (
            "non è ammesso",
            "non sono ammesse",
            "fa un calcolo",
            "è una sottrazione",
            "non è un comando",
            "non esiste",
            "non può",
            "va ",
            "ha un solo",
            "scorre",
            "vuole",
            "solo con",
            "chiuso",
        )
    )
    assert blocking(kit.root / "templates" / "s.docx")


@pytest.mark.parametrize("code", ["{{ range }}", "{{ dict }}", "{{ lipsum }}", "{{ loop }}", "{{ config }}", "{{ namespace }}"])
def test_there_is_nothing_but_the_forms(code: str, kit: Kit) -> None:
    assert f"nomina «{code.strip('{ }')}», che non è tra i moduli letti. Si possono usare: documento, s." in refusal(kit, code)


def test_code_that_would_be_refused_is_not_run_where_nothing_reads_it_either(kit: Kit) -> None:
    assert "le parentesi tonde non sono ammesse" in refusal(kit, "{% if not s.vero %}{{ s.nome() }}{% endif %}")
    kit.template("s", "x", header="{{ 7*7 }}")
    said = refusal(kit)
    assert said.startswith("s.docx, intestazione, paragrafo 1: «{{ 7*7 }}» fa un calcolo")


# Tags that are not well made


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("Sig. {{ s.nome", "non si chiude nel suo paragrafo: manca «}}»"),
        ("Sig. {{ s.nome }", "non si chiude nel suo paragrafo: manca «}}»"),
        ("Sig. {{ s..nome }}", "«{{ s..nome }}» non si capisce"),
        ("Sig. {{ s.nome s.ore }}", "«{{ s.nome s.ore }}» non si capisce"),
        ("Sig. {% if %}x{% endif %}", "«{% if %}» non si capisce"),
        ("Sig. {# nota", "non si chiude nel suo paragrafo: manca «#}»"),
        ("Sig. {% if s.vero %}x", "«{% if s.vero %}» non è chiuso da «endif» fino in fondo (corpo)"),
        ("Sig. x{% endif %}", "«endif» non chiude nessun «if»"),
        ("Sig. {% for v in s.voci %}x{% endif %}", "«{% for v in s.voci %}» non è chiuso da «endfor»"),
        ("Sig. {% fi s.vero %}x{% endif %}", "«fi» non è un comando dei modelli: sono «if», «elif», «else» e «for»"),
    ],
)
def test_a_tag_that_is_not_well_made_is_told_with_the_words_around(block: str, said: str, kit: Kit) -> None:
    told = refusal(kit, "Comune di Bari", block, "Distinti saluti")
    assert said in told
    assert told.startswith("s.docx, corpo, paragrafo 2: «Sig.")


@pytest.mark.parametrize(
    ("block", "name"),
    [
        ("{{ s.nomme }}", "«s.nomme», che il modulo non ha. Forse «nome»?"),
        ("{{ s.a_b.c }}", "«s.a_b», che il modulo non ha."),
        ("{{ ss.nome }}", "«ss», che non è tra i moduli letti. Forse «s»?"),
        ("{{ s.nome.primo }}", "«primo» dentro un valore"),
        ("{{ documento.firma }}", "«documento.firma», che il modulo non ha. Forse «firme»?"),
    ],
)
def test_a_name_that_is_not_there_is_told_with_the_nearest(block: str, name: str, kit: Kit) -> None:
    assert name in refusal(kit, block)


@pytest.mark.parametrize(
    "block",
    [
        [["Voce"], ["{%tr for v in s.voci %}{{ v.voce }}"], ["{%tr endfor %}"]],
        [["Voce", "Note"], ["{%tr for v in s.voci %}", "perduta"], ["{{ v.voce }}", "x"], ["{%tr endfor %}", ""]],
        [["Voce"], ["{%tr for v in s.voci %}{{ v.voce }}{%tr endfor %}"]],
        [["Voce", "Note"], ["{%tc for v in s.voci %} perduta", "{%tc endfor %}"]],
        "{%p if s.vero %} perduta",
        "perduta {%p endif %}",
        "{%p if s.vero %}{%p endif %}",
        "{%tr for v in s.voci %}",
        "{%tc if s.vero %}",
    ],
)
def test_a_tag_that_would_take_other_words_away_with_it_is_refused(block: Block, kit: Kit) -> None:
    said = refusal(kit, [["prima"]], block, [["dopo"]])
    assert said.startswith("s.docx, corpo, ")
    assert {"LNT-033"} <= blocking(kit.root / "templates" / "s.docx")


def test_a_condition_that_cuts_a_table_in_two_is_refused(kit: Kit) -> None:
    """docxtpl mends the broken XML by leaving out the rest of the document."""
    kit.template("s", "prima", [["a{% if s.vero %}", "b"]], "in mezzo{% endif %} e poi", "dopo")
    with pytest.raises(KitError, match="si apre e si chiude in righe, celle o tabelle diverse"):
        kit.fill("s", s={"vero": False})


def test_a_table_or_a_cell_that_could_be_left_with_nothing_in_it_is_refused(kit: Kit) -> None:
    said = refusal(kit, [["{%tr for v in s.voci %}"], ["{{ v.voce }}"], ["{%tr endfor %}"]])
    assert "resta la tabella senza righe" in said
    conditional = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in ("{%p if s.vero %}", "x", "{%p endif %}"))
    path = kit.template("s", [["Voce", "RAW"]]).path
    patch(path, "word/document.xml", f"<w:p>{RAW}</w:p>", conditional)
    assert "resta la cella senza paragrafi" in refusal(kit)
    patch(path, "word/document.xml", conditional, f"{conditional}<w:p/>")
    assert body(kit.fill("s", s={"vero": False}).content) == ["Voce", ""]


def test_tags_around_rows_of_a_table_inside_a_table_are_its_own(kit: Kit) -> None:
    path = kit.template("s", [["fuori", "RAW"]]).path
    row = "<w:tr><w:tc><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:tc></w:tr>"
    texts = ("Voce", "{%tr for v in s.voci %}", "{{ v.voce }}", "{%tr endfor %}")
    inner = f"<w:tbl><w:tblGrid><w:gridCol/></w:tblGrid>{''.join(row.format(text) for text in texts)}</w:tbl><w:p/>"
    patch(path, "word/document.xml", f"<w:p>{RAW}</w:p>", inner)
    assert body(kit.fill("s", s=DATA).content) == ["fuori", "Voce", "uno", "due", ""]


@pytest.mark.parametrize("tag", ["{{r s.nome }}", "{{p s.nome }}", "prima {{r s.nome }} dopo"])
def test_a_value_that_would_stand_outside_of_the_text_is_refused(tag: str, kit: Kit) -> None:
    """docxtpl means these for rich text: with plain text they print nothing."""
    refusal(kit, tag)


@pytest.mark.parametrize("tag", ["{% colspan s.ore %}x", "{% cellbg s.nome %}x", "{% hm %}x", "{% vm %}x"])
def test_a_tag_that_would_change_a_table_is_refused(tag: str, kit: Kit) -> None:
    refusal(kit, [[tag, "y"]])


def test_what_is_shown_raw_or_left_over_never_reaches_the_reader(kit: Kit) -> None:
    assert "«raw» non è un comando dei modelli" in refusal(kit, "{% raw %}{{ s.nome }}{% endraw %}")
    for block in ("avanza }} qui", "avanza %} qui"):
        assert "che non è stato aperto" in refusal(kit, block)
    assert "diventano quelle di un segnaposto" in refusal(kit, "{_{ s.nome }_}")


# Places that docxtpl does not print, or prints twice


@pytest.mark.parametrize("kind", ["comments", "endnotes"])
def test_a_tag_in_a_comment_or_in_an_endnote_is_refused(kind: str, kit: Kit) -> None:
    template = kit.template("s", "{{ s.nome }}")
    one = kind.removesuffix("s")
    note = f'<w:{kind} {NAMESPACES}><w:{one} w:id="1"><w:p><w:r><w:t>{{}}</w:t></w:r></w:p></w:{one}></w:{kind}>'
    attach(template.path, f"{kind}.xml", kind, note.format("{{ s.nome }}"))
    part = {"comments": "commenti", "endnotes": "note di chiusura"}[kind]
    assert f"s.docx, {part}, paragrafo 1: «{{{{ s.nome }}}}» In questa parte un segnaposto non viene riempito." in refusal(kit)
    patch(template.path, f"word/{kind}.xml", "{{ s.nome }}", "Nota di redazione")
    assert body(kit.fill("s", s=DATA).content) == ["Rossi & Figli <srl>"]


@pytest.mark.parametrize("mark", ["ins", "del", "moveFrom", "moveTo"])
def test_a_template_with_pending_revisions_is_refused(mark: str, kit: Kit) -> None:
    text = "<w:delText>{{ s.nome }}</w:delText>" if mark == "del" else "<w:t>{{ s.nome }}</w:t>"
    path = with_raw(kit, f'<w:{mark} w:id="1" w:author="A"><w:r>{text}</w:r></w:{mark}>')
    said = refusal(kit)
    assert "Contiene revisioni in sospeso: ciò che è cancellato verrebbe stampato lo stesso. In Word: Revisione, Accetta" in said
    assert blocking(path) == {"LNT-035"}


def test_a_text_box_prints_the_same_in_its_two_forms(kit: Kit) -> None:
    box = "<w:txbxContent><w:p><w:r><w:t>{{ s.nome }}</w:t></w:r></w:p></w:txbxContent>"
    with_raw(
        kit,
        f"<w:r {NAMESPACES}><mc:AlternateContent><mc:Choice Requires='wps'><wps:txbx>{box}</wps:txbx></mc:Choice>"
        f"<mc:Fallback><w:pict><v:textbox>{box}</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>",
    )
    filled = kit.fill("s", s={"nome": "A & <b>\n\tC"})
    assert body(filled.content) == ["prima", "", "A & <b>\n\tC", "A & <b>\n\tC", "dopo"]
    assert filled.trace.printed == ["A & <b>\n\tC"] * 2


def test_a_footnote_of_a_document_in_two_parts_is_printed_once(kit: Kit) -> None:
    path = kit.template("s", "x").path
    document = docx.Document(str(path))
    document.add_section()
    document.save(str(path))
    note = '<w:footnote w:id="1"><w:p><w:r><w:t>{{ s.nome }}</w:t></w:r></w:p></w:footnote>'
    attach(path, "footnotes.xml", "footnotes", f"<w:footnotes {NAMESPACES}>{note}</w:footnotes>")
    filled = kit.fill("s", s={"nome": "{{ 7*7 }} & <b>"})
    assert list(paragraphs(parts(filled.content)["word/footnotes.xml"])) == ["{{ 7*7 }} & <b>"]
    assert filled.trace.printed == ["{{ 7*7 }} & <b>"]


@pytest.mark.parametrize(
    "xml",
    [
        '<w:r><w:fldChar w:fldCharType="begin"/><w:instrText>AUTHOR {{ s.nome }}</w:instrText></w:r>',
        '<w:fldSimple w:instr="HYPERLINK {{ s.nome }}"><w:r><w:t>x</w:t></w:r></w:fldSimple>',
        '<w:bookmarkStart w:id="1" w:name="{{ s.nome }}"/>',
    ],
)
def test_a_tag_hidden_in_a_field_or_in_an_attribute_is_refused(xml: str, kit: Kit) -> None:
    with_raw(kit, xml)
    assert "un segnaposto non viene riempito. Portare il segnaposto nel testo normale." in refusal(kit)


def test_a_tag_in_the_properties_of_the_file_is_dropped(kit: Kit) -> None:
    path = kit.template("s", "{{ s.nome }}").path
    document = docx.Document(str(path))
    document.core_properties.title = "{{ ''.__class__ }} {{ s.nome }}"
    document.save(str(path))
    assert parts(kit.fill("s", s=DATA).content)["docProps/core.xml"].count(b"{{") == 0


# Values that are made to break out


@pytest.mark.parametrize(
    "text",
    [
        "</w:t></w:r></w:p><w:p><w:r><w:t>nuovo",
        '<w:fldSimple w:instr="DDEAUTO c:\\\\windows\\\\cmd">',
        "]]>",
        "<!-- -->",
        "<?xml version='1.0'?>",
        "&#x7b;&#123;{",
        "{_{ 7*7 }_} {_% if x %_}",
        "{{ s.nome }}{% for x in s.voci %}",
        "{%p endif %}",
        "\n<w:p >",
        "\u2028\u2029\u200b\u202e\u2066",
    ],
)
def test_a_value_breaks_out_of_nothing(text: str, kit: Kit) -> None:
    kit.template("s", "prima {{ s.nome }} dopo", [["{{ s.nome }}"]], header="{{ s.nome }}")
    filled = kit.fill("s", s={"nome": text})
    assert seen(filled.content).split("prima ")[0].removesuffix("\n") == text
    assert filled.trace.printed == [text] * 3
    plain = kit.fill("s", s={"nome": "x"})
    assert parts(filled.content)["word/document.xml"].count(b"<w:p>") == parts(plain.content)["word/document.xml"].count(b"<w:p>")


@pytest.mark.parametrize(
    "text",
    [
        "campana \a qui",
        "pagina \f qui",
        "\x00",
        "\x1b[0m",
        "\ud800",
        "\ufffe",
        f"{CLOSING}x{OPENING}",
        OPENING,
        f"a{CLOSING}",
        "\r\n",
    ],
)
def test_a_character_that_no_gate_should_have_let_in_stops_the_document(text: str, kit: Kit) -> None:
    """The gate of JSON replaces these in sight: docxtpl alone makes pages and paragraphs of them, or cuts the document."""
    kit.template("s", "prima {{ s.nome }} dopo", "coda")
    with pytest.raises(KitError):
        kit.fill("s", s={"nome": f"Rossi{text}"})


def test_thousands_of_equal_rows_are_neither_slow_nor_suspect(kit: Kit) -> None:
    """Words repeated so often compress as a zip bomb does; the limits for foreign files must not hit our own."""
    kit.template("s", [["Voce"], ["{%tr for v in s.voci %}"], ["{{ v.voce }}"], ["{%tr endfor %}"]])
    started = time.process_time()
    content = kit.fill("s", s={"voci": [{"voce": "parola " * 100}] * 2_000}).content
    assert len(body(content)) == 2001
    assert time.process_time() - started < 20


def test_none_and_true_are_never_printed_in_python(kit: Kit) -> None:
    kit.template("s", "{{ s.nome }} {{ s.vero }} {{ s.ore }} {{ documento.linea }} {{ documento.caso }}")
    text = seen(kit.fill("s", s={"nome": None, "vero": True, "ore": None}).content)
    assert text == f"Comune\n{'_' * 22} sì {'_' * 6} {'_' * 22} {CASE}"
