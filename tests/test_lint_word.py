"""How a Word template is made: what would change on another computer is told at its place, and in a copy as a comment."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import docx
import pytest
from lxml import etree

from pitstop_docs import files
from pitstop_docs.errors import KitError
from pitstop_docs.fillers import story
from pitstop_docs.fillers.story import Story
from pitstop_docs.findings import Severity
from pitstop_docs.flaws import Flaw, Spot, flaw, in_order
from pitstop_docs.lint import word
from tests.kits import ROOT, W, paragraphs
from tests.kits import word as word_file
from tests.paper import ARIAL, ITALIAN, NAMES, OFFICE, Block, box, heading, paper, paragraph, run, styles, table, told

TAG = "{{ s.a }}"
THEMED = '<w:rFonts w:asciiTheme="minorHAnsi" w:hAnsiTheme="minorHAnsi"/>'
THEMED_TOO = '<w:rFonts w:ascii="Arial" w:asciiTheme="minorAscii" w:hAnsi="Arial"/>'
TEMPLATES = sorted((ROOT / "templates").glob("*.docx"))


def found(*blocks: Block, **more: object) -> list[Flaw]:
    """What is told of a template with these blocks and a tag, which it needs to be one."""
    return word.flaws(told(*blocks, TAG, **more))


def rules(*blocks: Block, **more: object) -> list[tuple[str, str, str]]:
    """Rule, weight and place of each flaw."""
    return [(one.rule, one.severity.value, one.spot.words()) for one in found(*blocks, **more)]


def theme(minor: str) -> str:
    faces = f'<a:latin typeface="{minor}"/><a:ea typeface=""/><a:cs typeface=""/>'
    fonts = f"<a:majorFont>{faces}</a:majorFont><a:minorFont>{faces}</a:minorFont>"
    return f"<a:theme {NAMES}><a:fontScheme>{fonts}</a:fontScheme></a:theme>"


# Fonts


@pytest.mark.parametrize("font", ["Calibri", "ARIAL", "Times New Roman", "Liberation Sans", "Carlito", "Garamond", "Segoe UI"])
def test_a_font_that_every_office_has_is_not_told(font: str) -> None:
    assert found(paragraph(run("x", f'<w:rFonts w:ascii="{font}" w:hAnsi="{font}"/>'))) == []


def test_a_font_that_another_computer_lacks_is_told_once_where_it_begins() -> None:
    odd = '<w:rFonts w:ascii="Aptos" w:hAnsi="Aptos"/>'
    flaws = found("uno", table(["a", paragraph("prima ", run("dopo", odd))]), paragraph(run("ancora", odd)))
    assert [(one.rule, one.severity, one.spot.words(), one.subject) for one in flaws] == [
        ("LNT-040", Severity.WARNING, "corpo, tabella 1, riga 1, colonna 2", "Aptos")
    ]
    assert flaws[0].spot.anchor == ("word/document.xml", 2)
    assert flaws[0].spot.around == "prima dopo"
    assert "Paragrafi che lo usano: 2." in flaws[0].message


@pytest.mark.parametrize(
    ("look", "parts"),
    [
        (styles(default='<w:rFonts w:ascii="Odd" w:hAnsi="Odd"/>' + ITALIAN), {}),
        (styles(normal='<w:rFonts w:ascii="Odd"/>'), {}),
        (
            styles(default='<w:rFonts w:asciiTheme="minorHAnsi" w:hAnsiTheme="minorHAnsi"/>' + ITALIAN),
            {"word/theme/theme1.xml": theme("Odd")},
        ),
        (
            styles(default='<w:rFonts w:ascii="Arial" w:asciiTheme="minorAscii" w:hAnsi="Arial"/>' + ITALIAN),
            {"word/theme/theme1.xml": theme("Odd")},
        ),
    ],
    ids=["defaults", "style", "theme", "theme over name"],
)
def test_a_font_is_found_wherever_word_takes_it_from(look: str, parts: dict[str, str]) -> None:
    assert [(one.rule, one.subject) for one in found(look=look, parts=parts)] == [("LNT-040", "Odd")]


def test_a_font_is_found_in_the_styles_of_paragraphs_runs_and_tables_and_those_they_come_from() -> None:
    def style(kind: str, name: str, font: str = "", based: str = "") -> str:
        fonts = f'<w:rFonts w:ascii="{font}" w:hAnsi="{font}"/>' if font else ""
        above = f'<w:basedOn w:val="{based}"/>' if based else ""
        return f'<w:style w:type="{kind}" w:styleId="{name}"><w:name w:val="{name}"/>{above}<w:rPr>{fonts}</w:rPr></w:style>'

    look = styles(
        style("paragraph", "P", based="Q"), style("paragraph", "Q", "UnoOdd", based="P"), style("character", "C", "DueOdd"),
        style("table", "T", "TreOdd"), default=ITALIAN,
    )  # fmt: skip
    in_table = table(["x"]).replace("<w:tblPr/>", '<w:tblPr><w:tblStyle w:val="T"/></w:tblPr>')
    blocks = (paragraph("x", style="P"), paragraph(run("y", '<w:rStyle w:val="C"/>')), in_table)
    assert [one.subject for one in found(*blocks, look=look)] == ["UnoOdd", "DueOdd", "TreOdd"]


def test_only_the_fonts_that_the_letters_are_shown_in_count() -> None:
    fonts = '<w:rFonts w:ascii="Arial" w:hAnsi="Hodd" w:cs="Codd" w:eastAsia="Eodd"/>'
    assert [one.subject for one in found(paragraph(run("senza accenti", fonts)))] == []
    assert [one.subject for one in found(paragraph(run("perché", fonts)))] == ["Hodd"]
    assert [one.subject for one in found(paragraph(run("{{ s.b }}", fonts)))] == ["Hodd"], "a value may bring any letter"
    assert [one.subject for one in found(paragraph(run("محمد", fonts)))] == ["Codd"]
    assert [one.subject for one in found(paragraph(run("1 2", f"{fonts}<w:rtl/>")))] == ["Codd"]
    assert [one.subject for one in found(paragraph(run("李", fonts)))] == ["Eodd"]
    assert [one.subject for one in found(paragraph(run("  ", fonts.replace("Arial", "Odd"))))] == []


def test_the_font_of_a_bullet_and_of_a_symbol_count_too() -> None:
    numbering = (
        f'<w:numbering {NAMES}><w:abstractNum w:abstractNumId="3"><w:lvl w:ilvl="0"><w:lvlText w:val="●"/><w:rPr>'
        '<w:rFonts w:ascii="Noto Sans Symbols"/></w:rPr></w:lvl></w:abstractNum>'
        '<w:num w:numId="7"><w:abstractNumId w:val="3"/></w:num></w:numbering>'
    )
    listed = '<w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="7"/></w:numPr></w:pPr>'
    symbol = '<w:r><w:sym w:font="Odd Dingbats" w:char="F0A8"/></w:r>'
    flaws = found(f"<w:p>{listed}{run('voce')}</w:p>", f"<w:p>{symbol}</w:p>", parts={"word/numbering.xml": numbering})
    assert [one.subject for one in flaws] == ["Noto Sans Symbols", "Odd Dingbats"]


def test_a_font_that_travels_in_the_file_or_has_a_common_twin_is_not_told() -> None:
    odd = paragraph(run("x", '<w:rFonts w:ascii="Odd"/>'))

    def fonts(inside: str) -> dict[str, str | bytes]:
        relations = '<Relationships xmlns="x"><Relationship Id="rF" Target="fonts/font1.odttf"/></Relationships>'
        listed = f'<w:fonts {NAMES}><w:font w:name="odd">{inside}</w:font></w:fonts>'
        return {"word/fontTable.xml": listed, "word/_rels/fontTable.xml.rels": relations}

    embedded = fonts('<w:embedRegular r:id="rF"/>')
    assert found(odd, parts={**embedded, "word/fonts/font1.odttf": b"x"}) == []
    assert [one.rule for one in found(odd, parts=embedded)] == ["LNT-040"], "the file of the font is not there"
    assert found(odd, parts=fonts('<w:altName w:val="Odd Old,Arial"/>')) == []
    assert [one.rule for one in found(odd, parts=fonts('<w:altName w:val="Odd Old"/>'))] == ["LNT-040"]


# Headings

THREE_AFTER_ONE = "Un titolo di livello 3 viene dopo uno di livello 1."
IN_SOME = "In qualche documento un titolo di livello {} viene dopo uno di livello {}."


def headings(*blocks: Block, **more: object) -> list[tuple[str, str]]:
    return [(one.severity.value, one.message) for one in found(*blocks, **more) if one.rule == "LNT-041"]


def test_a_heading_that_skips_a_level_is_told_at_its_paragraph() -> None:
    assert rules(heading(1), "x", heading(2), heading(4, "Sotto")) == [("LNT-041", "avviso", "corpo, paragrafo 4")]
    assert headings(heading(1), heading(3)) == [("avviso", THREE_AFTER_ONE)]
    assert headings(heading(2), heading(1)) == [("avviso", "Un titolo di livello 2 è il primo.")]


def test_headings_in_order_and_empty_ones_are_not_told() -> None:
    assert headings(heading(1), heading(2), heading(3), heading(2), heading(1), heading(2)) == []
    assert headings(heading(1), heading(4, ""), heading(4, "{%p if s.a %}"), heading(2), "{%p endif %}") == []


def test_the_level_is_that_of_the_style_or_of_the_paragraph_itself() -> None:
    own = styles(
        '<w:style w:type="paragraph" w:styleId="Capo"><w:name w:val="Capo"/><w:pPr><w:outlineLvl w:val="2"/></w:pPr></w:style>'
    )
    assert headings(heading(1), paragraph("x", style="Capo"), look=own) == [("avviso", THREE_AFTER_ONE)]
    direct = '<w:p><w:pPr><w:pStyle w:val="Titolo1"/><w:outlineLvl w:val="{}"/></w:pPr>' + run("x") + "</w:p>"
    assert headings(heading(1), direct.format(2)) == [("avviso", THREE_AFTER_ONE)]
    assert headings(direct.format(9), heading(1)) == [], "9 is the level of plain text"


def test_headings_are_followed_through_conditions_and_rows() -> None:
    both = ("{%p if s.a %}", heading(1), "{%p else %}", heading(1), "{%p endif %}")
    assert headings(*both, heading(2)) == []
    assert headings(heading(1), "{%p for v in s.l %}", heading(2), heading(3), "{%p endfor %}", heading(2)) == []
    assert headings(heading(1), "{%p for v in s.l %}", heading(2), "{%p endfor %}", heading(4)) == [
        ("avviso", "Un titolo di livello 4 viene dopo uno di livello 2.")
    ]


def test_a_heading_that_may_skip_a_level_if_the_conditions_want_it_is_information() -> None:
    maybe = ("{%p if s.a %}", heading(2), "{%p endif %}")
    assert headings(heading(1), *maybe, heading(3)) == [("info", IN_SOME.format(3, 1))]
    repeated = ("{%p for v in s.l %}", heading(2), "{%p if s.b %}", heading(3), "{%p endif %}", heading(4), "{%p endfor %}")
    assert headings(heading(1), *repeated) == [("info", IN_SOME.format(4, 2))]
    back = ("{%p for v in s.l %}", "{%p if s.b %}", heading(3), "{%p endif %}", heading(2), "{%p endfor %}")
    assert headings(heading(1), *back) == [("info", IN_SOME.format(3, 1))]


@pytest.mark.parametrize("tag", ["{%p if s.a %}", "{%p endif %}", "{%p else %}", "{%p for v in s.l %}"])
def test_tags_without_their_other_end_do_not_disturb_the_headings(tag: str) -> None:
    assert [one[1] for one in headings(heading(1), tag, heading(3)) if one[0] == "avviso"] == [THREE_AFTER_ONE]


# Tables


DATA = (["Voce", "Entro"], ["{%tr for v in s.l %}", ""], ["{{ v.a }}", "{{ v.b }}"], ["{%tr endfor %}", ""])
GRID = (["Punti", "Che cosa", "Note"], ["1", "crisi", "-"], ["2", "fatica", "-"], ["3", "autonomia", "-"])


@pytest.mark.parametrize("rows", [DATA, GRID])
def test_a_table_of_data_without_a_heading_row_is_told(rows: tuple[list[str], ...]) -> None:
    assert rules("x", table(["a"]), table(*rows)) == [("LNT-042", "avviso", "corpo, tabella 2")]
    assert rules(table(*rows, heads=0)) == []
    (late,) = found(table(*rows, heads=2))
    assert "non è la prima" in late.message


def test_a_table_in_a_table_is_told_where_it_is() -> None:
    inner = table(*DATA) + "<w:p/>"
    assert [one[2] for one in rules(table(["x", inner]))] == ["corpo, tabella 1, riga 1, colonna 2, tabella 1"]


def test_the_row_of_a_condition_before_the_heading_row_does_not_count() -> None:
    assert rules(table(["{%tr if s.a %}", ""], *DATA, ["{%tr endif %}", ""], heads=1)) == []


@pytest.mark.parametrize(
    "rows",
    [
        (["Cognome", "{{ s.a }}"], ["Nome", "{{ s.b }}"], ["Nato il", "{{ s.c }}"], ["A", "{{ s.d }}"]),
        (["Cognome", "{{ s.a }}", "Nome", "{{ s.b }}"],) * 6,
        (["{%tr for v in s.l %}", ""], ["Telefono", "{{ v.a }} {{ v.b }}"], ["{%tr endfor %}", ""], ["x", "y"]),
        (["{%tr for f in documento.firme %}", ""], ["{{ f.ruolo }}", "________"], ["{%tr endfor %}", ""]),
        (
            ["Il tutor", "L’assistente sociale", "La persona"],
            ["{{ s.a }}", "{{ s.b }}", "{{ s.c }}"],
            ["____", "____", "____"],
            ["", "", ""],
        ),
        (["{%tr for v in s.l %}"], ["{{ v.a }}"], ["{%tr endfor %}"], ["x"]),
    ],
    ids=["labels", "double labels", "label in rows", "signatures", "three signatures", "list"],
)
def test_labels_with_values_and_room_for_signatures_need_no_heading_row(rows: tuple[list[str], ...]) -> None:
    assert rules(table(*rows)) == []


def test_a_table_whose_first_column_heads_its_rows_needs_no_heading_row() -> None:
    look = 'w:firstRow="0" w:firstColumn="1"'
    assert rules(table(*GRID, look=look)) == []
    assert [one[0] for one in rules(table(*GRID, look='w:firstRow="1" w:firstColumn="1"'))] == ["LNT-042"]


def test_the_table_of_a_letterhead_is_no_data() -> None:
    assert rules("x", header=table(*GRID)) == []


# Images


def image(docpr: str = "", inside: str = "", *, kind: str = "inline") -> str:
    """A paragraph with a picture: what its properties say, and hold."""
    told = f'<wp:docPr id="1" name="Immagine 1" {docpr}>{inside}</wp:docPr>'
    picture = "<a:graphic><a:graphicData><pic:pic/></a:graphicData></a:graphic>"
    return f"<w:p><w:r><w:drawing><wp:{kind}>{told}{picture}</wp:{kind}></w:drawing></w:r></w:p>"


def test_an_image_without_alternative_text_is_told_in_the_body_and_in_the_header() -> None:
    assert rules("x", image(), header=image(kind="anchor")) == [
        ("LNT-043", "avviso", "corpo, paragrafo 2"),
        ("LNT-043", "avviso", "intestazione, paragrafo 1"),
    ]
    assert [one[0] for one in rules(image('descr="  "'))] == ["LNT-043"]
    (named,) = found(image('descr="logo-comune.png"'))
    assert "è il nome di un file" in named.message


def test_an_image_that_says_what_it_is_or_is_decoration_is_not_told() -> None:
    decorative = '<a:extLst><a:ext><adec:decorative val="{}"/></a:ext></a:extLst>'
    assert rules(image('descr="Stemma del Comune"'), image('title="Stemma"'), image(inside=decorative.format(1))) == []
    assert [one[0] for one in rules(image(inside=decorative.format(0)))] == ["LNT-043"]


def test_the_older_kind_of_image_is_told_too_and_a_text_box_is_none() -> None:
    old = '<w:p><w:r><w:pict><v:shape {}><v:imagedata r:id="r1"/></v:shape></w:pict></w:r></w:p>'
    assert rules(old.format("")) == [("LNT-043", "avviso", "corpo, paragrafo 1")]
    assert rules(old.format('alt="Stemma"')) == []
    assert rules(box("parole")) == []


# Language


def languages(*blocks: Block, **more: object) -> list[tuple[str, str, str]]:
    return [(one.severity.value, one.spot.words(), one.message) for one in found(*blocks, **more) if one.rule == "LNT-044"]


@pytest.mark.parametrize("default", ["", '<w:lang w:eastAsia="it-IT"/>', '<w:lang w:val="x-none"/>'])
def test_a_template_that_does_not_say_its_language_is_told(default: str) -> None:
    assert languages(look=styles(default=ARIAL + default)) == [("avviso", "", "Il modello non dice in che lingua è scritto.")]


def test_italian_may_be_said_in_the_defaults_or_in_the_normal_style() -> None:
    assert languages(look=styles()) == []
    assert languages(look=styles(default=ARIAL + '<w:lang w:val="en-US"/>', normal='<w:lang w:val="it-CH"/>')) == []


def test_italian_marked_as_english_is_told_and_english_marked_as_english_is_information() -> None:
    look = styles(default=ARIAL + '<w:lang w:val="en-GB"/>')
    italian = "Il tutor accompagna la persona nella ricerca di una casa e di un lavoro, che è lo scopo del progetto, " * 3
    english = "The tutor helps people to find a house and a job, which is what this whole project has been made for " * 3
    assert languages(italian, look=look) == [("avviso", "", "La lingua del modello non è l’italiano («en-GB»).")]
    assert languages(english, look=look) == [("info", "", "La lingua del modello non è l’italiano («en-GB»).")]


def test_a_passage_in_another_language_is_information_once_for_each_language() -> None:
    french = run("bonjour", '<w:lang w:val="fr-FR"/>')
    assert languages("x", paragraph(french, french), paragraph(french)) == [
        ("info", "corpo, paragrafo 2", "Un testo è segnato come scritto in un’altra lingua («fr-FR»). Paragrafi: 2.")
    ]
    assert languages(paragraph(run("{{ s.nome }} 12", '<w:lang w:val="fr-FR"/>'))) == [], "a value has no language of its own"


# What changes by itself


def coded(code: str, lock: str = "") -> str:
    """A field in pieces, as Word writes it."""
    pieces = "".join(f"<w:r><w:instrText>{one}</w:instrText></w:r>" for one in (code[:3], code[3:]))
    return f'<w:p><w:r><w:fldChar w:fldCharType="begin" {lock}/></w:r>{pieces}<w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'


@pytest.mark.parametrize("name", ["DATE", "TIME", "SAVEDATE", "PRINTDATE", "CREATEDATE", "date"])
def test_a_field_that_follows_the_clock_is_told_however_it_is_written(name: str) -> None:
    simple = (
        f'<w:p><w:fldSimple w:instr=" {name} \\@ &quot;d MMMM yyyy&quot; "><w:r><w:t>5 marzo 2026</w:t></w:r></w:fldSimple></w:p>'
    )
    assert rules("x", simple) == [("LNT-039", "avviso", "corpo, paragrafo 2")]
    assert rules(coded(f"{name} \\@ yyyy"), header=simple) == [
        ("LNT-039", "avviso", "corpo, paragrafo 1"),
        ("LNT-039", "avviso", "intestazione, paragrafo 1"),
    ]
    assert rules("<w:p><w:r><w:dayShort/></w:r></w:p>") == [("LNT-039", "avviso", "corpo, paragrafo 1")]


@pytest.mark.parametrize("code", ["PAGE", "NUMPAGES", "REF DATE", "TOC \\o", "UPDATED"])
def test_other_fields_and_one_that_is_locked_are_not_told(code: str) -> None:
    assert rules(coded(code)) == []
    assert rules(coded("DATE", 'w:fldLock="1"')) == []


def test_a_tag_in_a_control_that_word_fills_anew_is_told() -> None:
    control = "<w:p><w:sdt><w:sdtPr>BOUND</w:sdtPr><w:sdtContent>" + run("{{ s.b }}") + "</w:sdtContent></w:sdt></w:p>"
    bound = '<w:dataBinding w:xpath="/x" w:storeItemID="{6C3C8BC8-F283-45AE-878A-BAB7291924A1}"/>'
    (only,) = found("x", control.replace("BOUND", bound))
    assert (only.rule, only.spot.words(), only.spot.anchor) == ("LNT-037", "corpo, paragrafo 2", ("word/document.xml", 1, 0, 9))
    assert found(control.replace("BOUND", "")) == []


def test_a_comment_that_would_reach_the_reader_is_told() -> None:
    comments = (
        f"<w:comments {NAMES}><w:comment w:id='1' w:author='A. Bianchi'>{paragraph('da rivedere')}</w:comment></w:comments>"
    )
    marked = f"<w:p>{run('qui')}<w:r><w:commentReference w:id='1'/></w:r></w:p>"
    (only,) = found("x", marked, parts={"word/comments.xml": comments})
    assert (only.rule, only.severity, only.spot.words()) == ("LNT-046", Severity.WARNING, "corpo, paragrafo 2")
    assert "Bianchi" not in only.message


def test_an_empty_template_is_told() -> None:
    def said(*blocks: Block, **more: object) -> list[tuple[str, str]]:
        return [(one.rule, one.message) for one in word.flaws(told(*blocks, **more))]

    assert said("Un testo qualsiasi.") == [("LNT-045", "Il modello non ha segnaposto: ogni documento sarebbe uguale agli altri.")]
    assert said() == [("LNT-045", "La pagina è vuota.")]
    assert said("", "  ", header=TAG) == [("LNT-045", "La pagina è vuota.")]
    assert said("x", header=TAG) == []


def test_styles_that_cannot_be_read_are_a_kit_error() -> None:
    read = told(TAG, parts={"word/numbering.xml": b"<w:numbering"})
    with pytest.raises(KitError, match=r"m\.docx, word/numbering\.xml: questa parte del modello è danneggiata"):
        word.flaws(read)


# The shipped kit


@pytest.mark.parametrize("path", TEMPLATES, ids=[path.stem for path in TEMPLATES])
def test_the_shipped_templates_have_nothing_to_mend(path: Path) -> None:
    read = shipped(path)
    assert [one.message for one in word.flaws(read) if one.severity is not Severity.INFO] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=[path.stem for path in TEMPLATES])
def test_and_that_is_because_they_are_well_made(path: Path) -> None:
    """Without what they say to Word, each of the checks would speak."""
    read = shipped(path)
    package = dict(read.package)
    body = package["word/document.xml"]
    assert body.count(b"<w:tblHeader/>") > 0
    package["word/document.xml"] = body.replace(b"<w:tblHeader/>", b"").replace(b'w:val="Heading1"', b'w:val="Heading2"')
    package["word/styles.xml"] = (
        package["word/styles.xml"].replace(b'w:ascii="Arial"', b'w:ascii="Odd"').replace(b'"it-IT"', b'"en-US"')
    )
    spoilt = {one.rule for one in word.flaws(story.read("m.docx", files.repack(package)))}
    assert {"LNT-040", "LNT-042", "LNT-044"} <= spoilt
    assert "LNT-041" in spoilt


def shipped(path: Path) -> Story:
    """A template of the kit, as it is read."""
    return story.read(path.name, path.read_bytes())


# The annotated copy


def comments(content: bytes) -> list[tuple[str, str, list[str]]]:
    """Of each comment, in order: its author, the text it is put on, its lines."""
    package = files.unpack(content)
    body = etree.fromstring(package["word/document.xml"])
    whole = list(etree.fromstring(package["word/comments.xml"]))
    called = [one.get(W + "id") for one in body.iter(W + "commentReference")]
    assert sorted(called) == sorted(one.get(W + "id") for one in whole), "each is called for once"
    return [
        (one.get(W + "author"), "".join(within(body, one.get(W + "id"))), list(paragraphs(etree.tostring(one)))) for one in whole
    ]


def within(body: etree._Element, number: str) -> Iterator[str]:
    """The texts between the two marks of a comment, which is called for after them."""
    inside, ended = False, False
    for one in body.iter():
        if one.get(W + "id") == number:
            ended = ended or one.tag == W + "commentRangeEnd"
            inside = one.tag == W + "commentRangeStart"
            assert one.tag != W + "commentReference" or ended
        elif inside and one.tag == W + "t":
            yield one.text or ""
    assert ended


def texts(content: bytes) -> list[str]:
    return list(paragraphs(files.unpack(content)["word/document.xml"]))


def annotated(*blocks: Block, **more: object) -> tuple[bytes, bytes]:
    """A template with these blocks, and its annotated copy."""
    read = told(*blocks, **more)
    return read.content, word.annotated(read, in_order([*read.flaws, *word.flaws(read)]))


def test_each_flaw_is_a_comment_on_its_own_words_and_the_text_stays_the_same() -> None:
    before, after = annotated("Nome: {{ s.a }}, nato il {{ s.b-c }}, {{ s.d|upper }}.", table(["x", ("a {{ s.e")[0:]]))
    assert texts(after) == texts(before)
    assert comments(after) == [
        (
            "pitstop",
            "{{ s.b-c }}",
            [
                "bloccante LNT-020",
                "«s.b-c»: il trattino qui è una sottrazione.",
                "Forse «s.b_c»? Nei nomi si usa la sottolineatura.",
            ],
        ),
        ("pitstop", "{{ s.d|upper }}", comments(after)[1][2]),
        ("pitstop", "{{ s.e", comments(after)[2][2]),
    ]
    assert [lines[0] for _, _, lines in comments(after)] == ["bloccante LNT-020", "bloccante LNT-015", "bloccante LNT-030"]


def test_a_tag_in_many_runs_keeps_their_looks() -> None:
    looks = ("<w:b/>", "<w:i/>", '<w:color w:val="C00000"/>')
    before, after = annotated(
        f"<w:p>{run('qui {', looks[0])}{run('{ s.', looks[1])}<w:r><w:t>b-c }}}} e poi</w:t><w:tab/><w:t>fine</w:t></w:r></w:p>"
    )
    assert texts(after) == texts(before)
    assert comments(after)[0][1] == "{{ s.b-c }}"
    runs = [
        one
        for one in etree.fromstring(files.unpack(after)["word/document.xml"]).iter(W + "r")
        if one.find(W + "commentReference") is None
    ]
    shown = [
        (
            "".join(one.itertext()),
            [etree.QName(x).localname for x in (one.find(W + "rPr") if one.find(W + "rPr") is not None else ())],
        )
        for one in runs
    ]
    assert shown == [("qui ", ["b"]), ("{", ["b"]), ("{ s.", ["i"]), ("b-c }}", []), (" e poifine", [])]


def test_several_flaws_on_one_paragraph_are_as_many_comments_in_their_order() -> None:
    spot = Spot("m.docx", "corpo", "paragrafo 1", anchor=("word/document.xml", 0))
    exact = Spot("m.docx", "corpo", "paragrafo 1", anchor=("word/document.xml", 0, 2, 4))
    read = told(paragraph(run("abcdef"), style="Titolo1"))
    flaws = [
        flaw("LNT-041", spot, "primo"),
        flaw("LNT-030", exact, "secondo"),
        flaw("LNT-030", exact, "terzo"),
        flaw("LNT-040", spot, "quarto"),
    ]
    after = word.annotated(read, flaws)
    assert [(marked, lines[1]) for _, marked, lines in comments(after)] == [
        ("abcdef", "primo"),
        ("cd", "secondo"),
        ("cd", "terzo"),
        ("abcdef", "quarto"),
    ]
    body = etree.fromstring(files.unpack(after)["word/document.xml"])
    first = body.find(f".//{W}p")
    assert first[0].tag == W + "pPr"
    assert [one.get(W + "id") for one in first.iter(W + "commentReference")] == ["1", "2", "0", "3"]
    starts = [one.get(W + "id") for one in first.iter(W + "commentRangeStart")]
    assert starts == ["0", "3", "1", "2"]


def test_overlapping_flaws_each_have_their_words() -> None:
    read = told("abcdef")
    spots = [Spot("m.docx", anchor=("word/document.xml", 0, *one)) for one in ((0, 6), (2, 4), (3, 6), (0, 1))]
    after = word.annotated(read, [flaw("LNT-030", one, "x") for one in spots])
    assert [marked for _, marked, _ in comments(after)] == ["abcdef", "cd", "def", "a"]
    assert texts(after) == ["abcdef"]


def test_what_word_cannot_annotate_is_told_at_the_first_paragraph_with_its_place() -> None:
    notes = f'<w:footnotes {NAMES}><w:footnote w:id="1">{paragraph("{{ s.c")}</w:footnote></w:footnotes>'
    _, after = annotated(
        "primo", "secondo", header="Caso {{ s.b", parts={"word/footnotes.xml": notes}, look=styles(default=ARIAL)
    )
    assert [(marked, lines[0]) for _, marked, lines in comments(after)] == [
        ("primo", "avviso LNT-044 – in tutto il file"),
        ("primo", "bloccante LNT-030 – note, paragrafo 1 «{{ s.c»"),
        ("primo", "bloccante LNT-030 – intestazione, paragrafo 1 «Caso {{ s.b»"),
    ]


def test_what_is_wrong_in_a_text_box_is_told_at_the_paragraph_that_holds_it() -> None:
    before, after = annotated("primo", box("{{ s.a }}"), "terzo")
    ((_, marked, lines),) = comments(after)
    assert lines[0] == "avviso LNT-037 – corpo, riquadro di testo 1 «{{ s.a }}»"
    assert marked == "{{ s.a }}" * 2, "the box is written twice"
    body = etree.fromstring(files.unpack(after)["word/document.xml"])
    assert all(next(one.iterancestors(W + "txbxContent"), None) is None for one in body.iter(W + "commentReference"))
    assert texts(after) == texts(before)


def test_information_is_a_comment_too() -> None:
    _, after = annotated(TAG, paragraph(run("bonjour", '<w:lang w:val="fr-FR"/>')))
    assert [(marked, lines[0]) for _, marked, lines in comments(after)] == [("bonjour", "info LNT-044")]


def test_a_page_without_any_paragraph_gets_one_for_its_comment() -> None:
    _, after = annotated(look=styles(default=ARIAL))
    assert [lines[1] for _, _, lines in comments(after)] == ["Il modello non dice in che lingua è scritto.", "La pagina è vuota."]
    assert texts(after) == [""]


def test_comments_that_are_there_already_stay_and_come_first() -> None:
    there = f"<w:comments {NAMES}><w:comment w:id='4' w:author='A. Bianchi'>{paragraph('da rivedere')}</w:comment></w:comments>"
    marked = (
        "<w:p><w:commentRangeStart w:id='4'/>"
        + run("qui {{ s.b")
        + "<w:commentRangeEnd w:id='4'/><w:r><w:commentReference w:id='4'/></w:r></w:p>"
    )
    link = f'<Relationship Id="rC" Type="{OFFICE}/comments" Target="comments.xml"/>'
    _, after = annotated(marked, parts={"word/comments.xml": there}, relations=link)
    assert [(author, text) for author, text, _ in comments(after)] == [
        ("A. Bianchi", "qui {{ s.b"),
        ("pitstop", "qui {{ s.b"),
        ("pitstop", "{{ s.b"),
    ]
    assert files.unpack(after)["word/_rels/document.xml.rels"].count(b"/comments") == 1


def test_a_copy_says_the_same_each_time_and_nobody_made_it() -> None:
    read = told("{{ s.a", "{% if s.b %}", header="x")
    flaws = in_order([*read.flaws, *word.flaws(read)])
    first = word.annotated(read, flaws)
    assert first == word.annotated(read, flaws)
    assert read.content == paper("{{ s.a", "{% if s.b %}", header="x"), "the template that was read is untouched"
    assert texts(read.content) == ["{{ s.a", "{% if s.b %}"]
    assert b"w:date" not in files.unpack(first)["word/comments.xml"]


def test_a_copy_of_a_template_as_word_makes_it_opens_and_is_no_template(tmp_path: Path) -> None:
    path = tmp_path / "m.docx"
    word_file(path, "Nome: {{ s.nome", [["{%tr for v in s.voci %} x", "y"]], header="{{ s.a")
    read = story.read("m.docx", path.read_bytes())
    flaws = in_order([*read.flaws, *word.flaws(read)])
    after = word.annotated(read, flaws)
    opened = docx.Document(io.BytesIO(after))
    assert [one.author for one in opened.comments] == ["pitstop"] * len(flaws)
    assert [one.text for one in opened.paragraphs] == [one.text for one in docx.Document(str(path)).paragraphs]
    again = [one for one in story.read("m.docx", after).flaws if one.rule == "LNT-046"]
    assert [(one.severity, one.message) for one in again] == [
        (Severity.BLOCKING, "È una copia annotata: i commenti di pitstop resterebbero nel documento.")
    ]


@pytest.mark.parametrize("path", TEMPLATES, ids=[path.stem for path in TEMPLATES])
def test_a_shipped_template_annotated_at_every_tag_says_the_same_words(path: Path) -> None:
    read = shipped(path)
    flaws = [flaw("LNT-016", tag.spot, "x", subject=tag.source) for part in read.parts for tag in part.tree.tags]
    after = word.annotated(read, flaws)
    assert texts(after) == texts(read.content)
    body = [one for one in flaws if one.spot.anchor[0] == "word/document.xml"]
    assert [text for _, text, _ in comments(after)][: len(body)] == [one.subject for one in body]
    assert all(
        int(a) < int(b)
        for a, b in pairwise(one.get(W + "id") for one in etree.fromstring(files.unpack(after)["word/comments.xml"]))
    )
