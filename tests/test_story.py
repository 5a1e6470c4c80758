"""A template read where it lies: people are told the place as they see it, and everything that would break it at once."""

import io
import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from pitstop_docs import files
from pitstop_docs.errors import ExitCode, KitError
from pitstop_docs.fillers import docx, story
from pitstop_docs.fillers.story import Story
from pitstop_docs.findings import Severity
from pitstop_docs.flaws import Flaw
from tests.kits import ROOT
from tests.paper import NAMES, OFFICE, Block, box, paper, paragraph, run, table, told

TURN = "<w:r><w:lastRenderedPageBreak/></w:r>"


def places(read: Story) -> list[str]:
    """Where each paragraph with a text is, as people are told, with the text."""
    return [f"{one.line.spot.words()}: {one.line.text}" for part in read.parts for one in part.paragraphs if one.line.text]


def found(*blocks: Block, **more: object) -> list[tuple[str, str, str]]:
    """The flaws of a file: rule, place, words around."""
    return [(one.rule, one.spot.words(), one.spot.around) for one in told(*blocks, **more).flaws]


def field(*inside: str) -> str:
    begin, separate, end = (f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "separate", "end"))
    return f"{begin}<w:r><w:instrText>REF x</w:instrText></w:r>{separate}{''.join(inside)}{end}"


def only(*blocks: Block, **more: object) -> Flaw:
    """The one flaw of a file."""
    flaws = told(*blocks, **more).flaws
    assert len(flaws) == 1, [one.message for one in flaws]
    return flaws[0]


# Where


def test_a_paragraph_is_told_by_its_number_or_by_its_cell() -> None:
    cell = paragraph("primo") + paragraph("secondo")
    read = told("uno", table(["a", "b"], ["c", cell]), "due", table(["d"]))
    assert places(read) == [
        "corpo, paragrafo 1: uno",
        "corpo, tabella 1, riga 1, colonna 1: a",
        "corpo, tabella 1, riga 1, colonna 2: b",
        "corpo, tabella 1, riga 2, colonna 1: c",
        "corpo, tabella 1, riga 2, colonna 2, paragrafo 1: primo",
        "corpo, tabella 1, riga 2, colonna 2, paragrafo 2: secondo",
        "corpo, paragrafo 2: due",
        "corpo, tabella 2, riga 1, colonna 1: d",
    ]


def test_a_table_in_a_cell_has_its_own_numbers() -> None:
    inner = table(["x"], ["y"]) + paragraph("dopo")
    assert places(told(table(["a", inner], ["b", "c"]))) == [
        "corpo, tabella 1, riga 1, colonna 1: a",
        "corpo, tabella 1, riga 1, colonna 2, tabella 1, riga 1, colonna 1: x",
        "corpo, tabella 1, riga 1, colonna 2, tabella 1, riga 2, colonna 1: y",
        "corpo, tabella 1, riga 1, colonna 2: dopo",
        "corpo, tabella 1, riga 2, colonna 1: b",
        "corpo, tabella 1, riga 2, colonna 2: c",
    ]


def test_a_text_box_counts_once_and_not_among_the_paragraphs_around_it() -> None:
    assert places(told("uno", box("{{ s.a }}", "sotto"), box("altra"), "quattro")) == [
        "corpo, paragrafo 1: uno",
        "corpo, riquadro di testo 1, paragrafo 1: {{ s.a }}",
        "corpo, riquadro di testo 1, paragrafo 2: sotto",
        "corpo, riquadro di testo 2: altra",
        "corpo, paragrafo 4: quattro",
    ]


def test_headers_and_footers_are_told_as_word_calls_them() -> None:
    names = {
        "header1": ("header", "default"),
        "header2": ("header", "first"),
        "footer1": ("footer", "even"),
        "footer2": ("footer", "default"),
    }
    parts = {f"word/{name}.xml": f"<w:hdr {NAMES}>{paragraph(name)}</w:hdr>" for name in names}
    notes = f'<w:footnotes {NAMES}><w:footnote w:id="1">{paragraph("nota")}</w:footnote></w:footnotes>'
    relations = "".join(
        f'<Relationship Id="r{name}" Type="{OFFICE}/{one[0]}" Target="{name}.xml"/>' for name, one in names.items()
    )
    told_in = "".join(f'<w:{one[0]}Reference w:type="{one[1]}" r:id="r{name}"/>' for name, one in names.items())
    read = told("uno", parts={**parts, "word/footnotes.xml": notes}, relations=relations, sections=told_in)
    assert places(read) == [
        "corpo, paragrafo 1: uno",
        "piè di pagina delle pagine pari, paragrafo 1: footer1",
        "piè di pagina, paragrafo 1: footer2",
        "note, paragrafo 1: nota",
        "intestazione, paragrafo 1: header1",
        "intestazione della prima pagina, paragrafo 1: header2",
    ]


def test_headers_of_two_sections_are_told_apart() -> None:
    parts = {f"word/header{n}.xml": f"<w:hdr {NAMES}>{paragraph(str(n))}</w:hdr>" for n in (1, 2)}
    relations = "".join(f'<Relationship Id="r{n}" Type="{OFFICE}/header" Target="header{n}.xml"/>' for n in (1, 2))
    first = '<w:p><w:pPr><w:sectPr><w:headerReference w:type="default" r:id="r1"/></w:sectPr></w:pPr></w:p>'
    read = told(first, "x", parts=parts, relations=relations, sections='<w:headerReference w:type="default" r:id="r2"/>')
    assert places(read)[1:] == ["intestazione (sezione 1), paragrafo 1: 1", "intestazione (sezione 2), paragrafo 1: 2"]


def test_the_page_is_told_where_word_wrote_it() -> None:
    read = told("uno", paragraph(TURN, "due"), "due", paragraph(TURN, "tre"))
    assert [line.partition(",")[2].partition(",")[0].strip() for line in places(read)] == [f"pagina {n}" for n in (1, 2, 2, 3)]
    assert "pagina" not in "".join(places(told("uno", "due")))


def test_a_row_that_goes_on_over_the_page_turns_it_once() -> None:
    long = paragraph("prima") + paragraph(TURN, "dopo")
    read = told("uno", table([long, long], ["c", "d"]), "fine")
    assert [one.line.spot.page for one in read.parts[0].paragraphs] == [1, 1, 2, 1, 2, 2, 2, 2]


def test_a_tag_in_many_runs_is_one_with_the_characters_it_takes() -> None:
    read = told(
        (
            "Sig. {",
            "{ s.",
            "nome",
            " }",
            "} qui",
        )
    )
    (tag,) = read.parts[0].tree.tags
    assert (tag.source, tag.spot.anchor) == ("{{ s.nome }}", ("word/document.xml", 0, 5, 17))
    assert [piece.element.text for piece in read.parts[0].paragraph(tag).within(5, 17)] == [
        "Sig. {",
        "{ s.",
        "nome",
        " }",
        "} qui",
    ]
    assert read.flaws == ()


# How tags are written and paired


@pytest.mark.parametrize(
    ("blocks", "where", "around"),
    [
        (("qui {{ s.nome",), "corpo, paragrafo 1", "qui {{ s.nome"),
        (("qui {{ s.nome }",), "corpo, paragrafo 1", "qui {{ s.nome }"),
        (("sopra", "{{ s.nome", "}} sotto"), "corpo, paragrafo 2", "{{ s.nome"),
        (("sopra", "qui }} avanza"), "corpo, paragrafo 2", "qui }} avanza"),
        (("qui {{ s.nome %}",), "corpo, paragrafo 1", "qui {{ s.nome %}"),
        ((table(["a", "{{ s.nome {{ s.altro }}"]),), "corpo, tabella 1, riga 1, colonna 2", "{{ s.nome {{ s.altro }}"),
        (("{{r s.nome }}",), "corpo, paragrafo 1", "{{r s.nome }}"),
        (("{% set x = 1 %}",), "corpo, paragrafo 1", "{% set x = 1 %}"),
        (("{{ s.nome. }}",), "corpo, paragrafo 1", "{{ s.nome. }}"),
        (("{{- s.nome }}",), "corpo, paragrafo 1", "{{- s.nome }}"),
    ],
)
def test_braces_that_make_no_tag_are_told_where_they_stand(blocks: tuple[str, ...], where: str, around: str) -> None:
    assert ("LNT-030", where, around) in found(*blocks)


@pytest.mark.parametrize(
    ("blocks", "where", "said"),
    [
        (("{% if s.a %}x",), "corpo, paragrafo 1", "«{% if s.a %}» non è chiuso da «endif»"),
        (("{%p for v in s.voci %}", "x"), "corpo, paragrafo 1", "non è chiuso da «endfor»"),
        (("x", "{%p endif %}"), "corpo, paragrafo 2", "«endif» non chiude nessun «if»"),
        (("{% if s.a %}x{% endfor %}{% endif %}",), "corpo, paragrafo 1", "«endfor» non chiude nessun «for»"),
        (
            ("{% for v in s.voci %}{% if s.a %}x{% endfor %}",),
            "corpo, paragrafo 1",
            "non è chiuso da «endif» prima di «{% endfor %}»",
        ),
        (("x{% else %}y",), "corpo, paragrafo 1", "«else» sta fuori da un «if»"),
        (("{% for v in s.voci %}{% elif s.a %}{% endfor %}",), "corpo, paragrafo 1", "«elif» sta fuori da un «if»"),
        (("{% if s.a %}1{% else %}2{% else %}3{% endif %}",), "corpo, paragrafo 1", "«else» viene dopo «else»"),
    ],
)
def test_a_pair_that_lacks_an_end_is_told_at_the_tag_that_lacks_it(blocks: tuple[str, ...], where: str, said: str) -> None:
    flaw = only(*blocks)
    assert (flaw.rule, flaw.severity, flaw.spot.words()) == ("LNT-031", Severity.BLOCKING, where)
    assert said in flaw.message


@pytest.mark.parametrize(
    ("blocks", "where", "weight"),
    [
        ((table(["{% if s.a %}x", "y{% endif %}"]),), "corpo, tabella 1, riga 1, colonna 2", Severity.BLOCKING),
        ((table(["{% if s.a %}x"], ["y{% endif %}"]),), "corpo, tabella 1, riga 2, colonna 1", Severity.BLOCKING),
        (("{% if s.a %}x", table(["y{% endif %}"])), "corpo, tabella 1, riga 1, colonna 1", Severity.BLOCKING),
        (
            (table(["x"], ["{%tr if s.a %}"], ["y"]), table(["x"], ["{%tr endif %}"], ["y"])),
            "corpo, tabella 2, riga 2, colonna 1",
            Severity.BLOCKING,
        ),
        (("{%p if s.a %}", box("x", "{%p endif %}")), "corpo, riquadro di testo 1, paragrafo 2", Severity.BLOCKING),
        (("{% if s.a %}x", "y{% endif %}"), "corpo, paragrafo 2", Severity.WARNING),
    ],
)
def test_a_pair_that_crosses_is_told_at_its_end(blocks: tuple[str, ...], where: str, weight: Severity) -> None:
    crossing = [one for one in told(*blocks).flaws if one.rule == "LNT-032"]
    assert [(one.spot.words(), one.severity) for one in crossing] == [(where, weight)]


@pytest.mark.parametrize(
    ("blocks", "said"),
    [
        (("qui {%p if s.a %}", "x", "{%p endif %}"), "non è solo nel suo paragrafo"),
        ((table(["x"], ["{%tr if s.a %} qui"], ["y"], ["{%tr endif %}"]),), "non è solo nella sua riga di tabella"),
        (
            (table(["x", ""], ["{%tr if s.a %}", "qui"], ["y", ""], ["{%tr endif %}", ""]),),
            "non è solo nella sua riga di tabella",
        ),
        ((table(["{%tc if s.a %} qui", "x", "{%tc endif %}"]),), "non è solo nella sua cella"),
        (("{%tr if s.a %}", "x", "{%tr endif %}"), "sta fuori da una tabella"),
    ],
)
def test_a_tag_that_takes_more_than_itself_is_told(blocks: tuple[str, ...], said: str) -> None:
    flaws = [one for one in told(*blocks).flaws if one.rule == "LNT-033"]
    assert flaws
    assert said in flaws[0].message
    assert flaws[0].blocks


@pytest.mark.parametrize(
    ("inside", "said"),
    [
        ("<w:r><w:drawing/></w:r>", "c’è anche un’immagine, che sparirebbe"),
        ('<w:r><w:br w:type="page"/></w:r>', "c’è anche un’interruzione di pagina"),
        ('<w:r><w:footnoteReference w:id="1"/></w:r>', "c’è anche il richiamo di una nota"),
        ("<w:pPr><w:sectPr/></w:pPr>", "c’è anche un’interruzione di sezione"),
    ],
)
def test_what_has_no_words_would_go_with_the_tag_too(inside: str, said: str) -> None:
    flaw = only(f"<w:p>{inside}{run('{%p if s.a %}')}</w:p>", "x", "{%p endif %}")
    assert flaw.rule == "LNT-033"
    assert said in flaw.message


def test_a_table_inside_the_row_of_a_tag_would_go_with_it() -> None:
    inner = f"<w:tbl><w:tr><w:tc><w:p/></w:tc></w:tr></w:tbl>{paragraph('{%tr if s.a %}')}"
    flaw = only(table(["x"], [inner.replace("<w:tbl>", "<w:tbl><w:tblPr/>", 1)], ["y"], ["{%tr endif %}"]))
    assert (flaw.rule, flaw.spot.where) == ("LNT-033", "tabella 1, riga 2, colonna 1")


@pytest.mark.parametrize(
    ("blocks", "said"),
    [
        ((table(["{%tr for v in s.voci %}"], ["{{ v.a }}"], ["{%tr endfor %}"]),), "resta la tabella senza righe"),
        ((table([paragraph("{%p if s.a %}") + paragraph("x") + paragraph("{%p endif %}")]),), "resta la cella senza paragrafi"),
    ],
)
def test_what_could_be_left_empty_is_told(blocks: tuple[str, ...], said: str) -> None:
    flaw = only(*blocks)
    assert (flaw.rule, flaw.severity) == ("LNT-034", Severity.BLOCKING)
    assert said in flaw.message


def test_a_row_in_a_content_control_stays_too() -> None:
    kept = "<w:sdt><w:sdtContent><w:tr><w:tc><w:p><w:r><w:t>Voce</w:t></w:r></w:p></w:tc></w:tr></w:sdtContent></w:sdt>"
    rows = table(["{%tr for v in s.voci %}"], ["{{ v.a }}"], ["{%tr endfor %}"])
    assert found(rows.replace("<w:tblPr/>", f"<w:tblPr/>{kept}")) == []


# Where docxtpl does not look


@pytest.mark.parametrize("mark", ["ins", "del", "moveFrom", "moveTo"])
def test_a_pending_revision_is_told_at_its_paragraph(mark: str) -> None:
    text = "<w:delText>via</w:delText>" if mark == "del" else "<w:t>via</w:t>"
    flaw = only("uno", f'<w:p><w:{mark} w:id="1" w:author="A. Bianchi"><w:r>{text}</w:r></w:{mark}></w:p>')
    assert (flaw.rule, flaw.severity, flaw.spot.words()) == ("LNT-035", Severity.BLOCKING, "corpo, paragrafo 2")
    assert "Bianchi" not in flaw.message


def test_a_row_that_someone_deleted_is_told_at_the_row() -> None:
    rows = table(["a"], ["b"]).replace(
        '<w:tr><w:tc><w:p><w:r><w:rPr></w:rPr><w:t xml:space="preserve">b',
        '<w:tr><w:trPr><w:del w:id="1"/></w:trPr><w:tc><w:p><w:r><w:t>b',
    )
    assert [(one[0], one[1]) for one in found(rows)] == [("LNT-035", "corpo, tabella 1, riga 2, colonna 1")]


def with_part(name: str, xml: str) -> dict[str, object]:
    return {
        "parts": {f"word/{name}.xml": xml},
        "relations": f'<Relationship Id="rX" Type="{OFFICE}/{name}" Target="{name}.xml"/>',
    }


@pytest.mark.parametrize(
    ("name", "xml", "where"),
    [
        (
            "comments",
            f"<w:comments {NAMES}><w:comment w:id='1'>{paragraph('x')}{paragraph('{', '{ s.a }}')}</w:comment></w:comments>",
            "commenti, paragrafo 2",
        ),
        (
            "endnotes",
            f"<w:endnotes {NAMES}><w:endnote w:id='1'>{paragraph('{{ s.a }}')}</w:endnote></w:endnotes>",
            "note di chiusura, paragrafo 1",
        ),
        (
            "glossary/document",
            f"<w:glossaryDocument {NAMES}>{paragraph('{{ s.a }}')}</w:glossaryDocument>",
            "glossario, paragrafo 1",
        ),
        ("charts/chart1", f"<a:x {NAMES}><a:t>{{{{ s.a }}}}</a:t></a:x>", "grafico"),
    ],
)
def test_a_tag_in_a_part_that_is_not_filled_is_told(name: str, xml: str, where: str) -> None:
    flaw = only("x", **with_part(name, xml))
    assert (flaw.rule, flaw.severity, flaw.spot.words()) == ("LNT-036", Severity.BLOCKING, where)
    assert "s.a }}" in flaw.spot.around


@pytest.mark.parametrize(
    "inside",
    [
        field().replace("REF x", "AUTHOR {{ s.a }}"),
        '<w:fldSimple w:instr="HYPERLINK {{ s.a }}"/>',
        '<w:r><w:drawing><wp:inline><wp:docPr id="1" name="x" descr="{{ s.a }}"/></wp:inline></w:drawing></w:r>',
        '<w:bookmarkStart w:id="1" w:name="{{ s.a }}"/>',
    ],
)
def test_a_tag_outside_the_text_is_told_at_its_paragraph(inside: str) -> None:
    flaw = only("uno", table(["a", f"<w:p>{inside}</w:p>"]))
    assert (flaw.rule, flaw.spot.words()) == ("LNT-036", "corpo, tabella 1, riga 1, colonna 2")
    assert "{{ s.a }}" in flaw.spot.around


@pytest.mark.parametrize(
    "address", ["https://example.org/{{ s.a }}", "https://example.org/%7B%7B%20s.a%7D%7D", "https://example.org/%7b%7bs.a%7d%7d"]
)
def test_a_tag_in_the_address_of_a_link_is_told_at_the_link(address: str) -> None:
    link = f'<Relationship Id="rL" Type="{OFFICE}/hyperlink" Target="{address}" TargetMode="External"/>'
    flaw = only("uno", f"<w:p><w:hyperlink r:id='rL'>{run('qui')}</w:hyperlink></w:p>", relations=link)
    assert (flaw.rule, flaw.spot.words(), flaw.spot.around) == ("LNT-036", "corpo, paragrafo 2", "qui")


def test_a_tag_in_a_text_box_is_told_once() -> None:
    flaw = only("uno", box("{{ s.a }}"))
    assert (flaw.rule, flaw.severity, flaw.spot.words()) == ("LNT-037", Severity.WARNING, "corpo, riquadro di testo 1")


def test_a_tag_in_what_a_field_shows_is_told_and_beside_it_is_not() -> None:
    assert found(f"<w:p>{field(run('{{ s.a }}'))}{run('{{ s.b }}')}</w:p>") == [
        ("LNT-037", "corpo, paragrafo 1", "{{ s.a }}{{ s.b }}")
    ]
    assert found(f"<w:p><w:fldSimple w:instr='REF x'>{run('{{ s.a }}')}</w:fldSimple></w:p>") == [
        ("LNT-037", "corpo, paragrafo 1", "{{ s.a }}")
    ]


def test_a_tag_in_a_table_of_contents_is_told_on_each_of_its_lines() -> None:
    whole = field(run("{{ s.a }}"), "</w:p><w:p>", run("{{ s.b }}"))
    assert [one[:2] for one in found(f"<w:p>{whole}</w:p>", "{{ s.c }}")] == [
        ("LNT-037", "corpo, paragrafo 1"),
        ("LNT-037", "corpo, paragrafo 2"),
    ]


@pytest.mark.parametrize(
    ("between", "said"),
    [
        ('<w:bookmarkStart w:id="1" w:name="x"/>', "l’inizio di un segnalibro"),
        ('<w:bookmarkEnd w:id="1"/>', "la fine di un segnalibro"),
        ("<w:r><w:tab/></w:r>", "una tabulazione"),
        ("<w:hyperlink><w:r><w:t>n</w:t></w:r></w:hyperlink>", "un collegamento"),
        ('<w:smartTag w:element="x"/>', "un elemento («smartTag»)"),
    ],
)
def test_what_stands_inside_a_tag_would_be_lost(between: str, said: str) -> None:
    flaw = only(f"<w:p>{run('{{ s.')}{between}{run('ome }}')}</w:p>")
    assert (flaw.rule, flaw.severity) == ("LNT-038", Severity.WARNING)
    assert f"c’è {said}, che sparirebbe" in flaw.message


def test_what_word_puts_between_runs_without_meaning_is_not_told() -> None:
    marks = '<w:proofErr w:type="spellStart"/><w:r><w:lastRenderedPageBreak/></w:r><!-- una riga di nessuno -->'
    beside = '<w:bookmarkStart w:id="1" w:name="x"/><w:bookmarkEnd w:id="1"/>'
    tabs = "<w:r><w:t>{{ s.b }}</w:t><w:tab/><w:t>{{ s.c }}</w:t><w:br/></w:r>"
    assert found(f"<w:p>{beside}{run('{{ s.', '<w:b/>')}{marks}{run('a }}')}{beside}{tabs}</w:p>") == []


def test_a_link_that_begins_or_ends_inside_a_tag_blocks_as_it_would_break_the_file(tmp_path: Path) -> None:
    torn = f"<w:p><w:hyperlink w:anchor='x'>{run('{{ s.')}</w:hyperlink>{run('nome }}')}</w:p>"
    flaw = only(torn)
    assert (flaw.rule, flaw.severity) == ("LNT-038", Severity.BLOCKING)
    assert "l’inizio o la fine di un collegamento" in flaw.message
    path = tmp_path / "m.docx"
    path.write_bytes(paper(torn))
    with pytest.raises(KitError, match="l’inizio o la fine di un collegamento"):
        docx.fill(path, {}, docx.Properties("t", "s", "i"))


def test_a_copy_with_our_own_comments_is_no_template() -> None:
    comment = f"<w:comments {NAMES}><w:comment w:id='1' w:author='pitstop'>{paragraph('«{{ s.a }}»')}</w:comment></w:comments>"
    flaw = only("x", **with_part("comments", comment))
    assert (flaw.rule, flaw.severity) == ("LNT-046", Severity.BLOCKING)
    assert "È una copia annotata" in flaw.message


def test_a_sound_template_has_no_flaw() -> None:
    rows = table(["Voce", "Entro"], ["{%tr for v in s.voci %}", ""], ["{{ v.a }}", "{{ v.b }}"], ["{%tr endfor %}", ""])
    assert found("{{ s.a }} {% if s.b %}x{% endif %}", "{%p if s.b %}", "x", "{%p endif %}", rows, header="{{ s.a }}") == []


# Files that are none


def damaged(part: str, content: bytes | None) -> bytes:
    package = dict(files.unpack(paper("{{ s.a }}", header="x")))
    return files.repack({name: one for name, one in {**package, part: content}.items() if one is not None})


def bomb() -> bytes:
    return files.repack({**files.unpack(paper("x")), "word/media/a.bin": b"\0" * (4 * files.MEBIBYTE)})


def locked() -> bytes:
    stream = io.BytesIO(paper("x"))
    content = bytearray(stream.getvalue())
    with zipfile.ZipFile(stream) as archive:
        for one in archive.infolist():
            content[one.header_offset + 6] |= 1
    at = content.find(b"PK\x01\x02")
    while at >= 0:
        content[at + 8] |= 1
        at = content.find(b"PK\x01\x02", at + 4)
    return bytes(content)


ENTITIES = b'<!DOCTYPE w:document [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
MACRO = '<Types xmlns="x"><Override ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/></Types>'
FAR = b"<!--" + b" " * 9000 + b"--><!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>"
WIDE = ("\ufeff<?xml version='1.0' encoding='UTF-16'?>" + ENTITIES.decode() + "<a/>").encode("utf-16-le")
STRICT = b"<w:document xmlns:w='http://purl.oclc.org/ooxml/wordprocessingml/main'/>"
BAD = [
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "è protetto da password o è in un formato vecchio"),
    (locked(), "è protetto da password"),
    (b"", "non è un documento Word o Excel integro"),
    (b"%PDF-1.7 un foglio", "non è un documento Word o Excel integro"),
    (paper("x")[:-60], "non è un documento Word o Excel integro"),
    (bomb(), "è compresso in misura sospetta"),
    (damaged("word/vbaProject.bin", b"x"), "il documento contiene macro"),
    (damaged("[Content_Types].xml", MACRO.encode()), "il documento contiene macro"),
    (damaged("word/document.xml", None), "non è un documento Word (.docx)"),
    (damaged("word/document.xml", b""), "questa parte del modello è danneggiata"),
    (damaged("word/document.xml", b"<w:document><w:body>"), "questa parte del modello è danneggiata"),
    (damaged("word/header1.xml", b"\x00\xff\xfe"), "questa parte del modello è danneggiata"),
    (damaged("word/document.xml", ENTITIES + b"<a>&b;</a>"), "contiene definizioni che Word non scrive"),
    (damaged("word/document.xml", FAR), "definizioni che Word non scrive"),
    (damaged("word/document.xml", WIDE), "definizioni che Word non scrive"),
    (damaged("word/document.xml", STRICT), "non è un documento Word comune"),
    (damaged("word/document.xml", f"<w:document {NAMES}/>".encode()), "non è un documento Word comune"),
]


@pytest.mark.parametrize(("content", "said"), BAD, ids=range(len(BAD)))
def test_a_file_that_is_no_template_is_refused_in_words_and_quickly(content: bytes, said: str) -> None:
    begun = time.process_time()
    with pytest.raises(KitError) as caught:
        story.read("m.docx", content)
    assert said in str(caught.value)
    assert "m.docx" in str(caught.value)
    assert caught.value.code == ExitCode.KIT
    assert time.process_time() - begun < 2


def test_a_huge_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "m.docx"
    with path.open("wb") as stream:
        stream.truncate(33 * files.MEBIBYTE)
    with pytest.raises(KitError, match=r"m\.docx.*supera il limite di 32 MB"):
        docx.outline(path)


def scattered(size: int) -> list[str]:
    """Texts that no zip makes suspiciously small."""
    return [f"{n * 2_654_435_761 % 2**32:x}" for n in range(size)]


LARGE: dict[str, Callable[[], Sequence[str]]] = {
    "paragraphs": lambda: ["<w:p/>" * 20_001],
    "pieces": lambda: [f"<w:p>{'<w:r><w:t>a</w:t></w:r>' * 2_001}</w:p>"],
    "tags": lambda: ["{{ a }}" * 7_000] * 3,
    "elements": lambda: [f'<w:b w:i="{one}"/>' for one in scattered(500_001)],
    "bytes": lambda: [paragraph("".join(scattered(2_200_000)))],
}


@pytest.mark.parametrize("much", LARGE)
def test_a_template_beyond_any_measure_is_refused_in_bounded_time(much: str) -> None:
    content = paper(*LARGE[much]())
    begun = time.process_time()
    with pytest.raises(KitError, match=r"m\.docx: è troppo grande per essere un modello"):
        story.read("m.docx", content)
    assert time.process_time() - begun < 10


def test_what_is_told_of_the_shipped_kit_is_nothing() -> None:
    for path in sorted((ROOT / "templates").glob("*.docx")):
        assert docx.outline(path).flaws == (), path.name
