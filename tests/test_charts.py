"""A chart shows the numbers of the answers and says them in words; what nobody stated is a gap in it, never a zero."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from pitstop_docs import files, office, renaming
from pitstop_docs.errors import KitError
from pitstop_docs.fillers import pdf
from pitstop_docs.fillers.charts import WP, C, shown
from pitstop_docs.findings import Severity
from pitstop_docs.lint.report import inspect
from pitstop_docs.templates import load_template
from pitstop_docs.workspace import Workspace
from tests.kits import ROOT, TODAY, Kit, fill, group, leaf, parts, rows
from tests.paper import OFFICE, paper

CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
PART = "word/charts/chart1.xml"
BOOK = "word/embeddings/Foglio.xlsx"
KINDS = "application/vnd.openxmlformats-officedocument"
PACKAGED = "http://schemas.openxmlformats.org/package/2006"
SCALE = {
    "0": "0 – non rilevato",
    "1": "1 – crisi",
    "2": "2 – dipendente",
    "3": "3 – a metà",
    "4": "4 – quasi",
    "5": "5 – autonomo",
}
SCORE = leaf("Oggi", "integer", enum=[0, 1, 2, 3, 4, 5], x_labels=SCALE)
START = leaf("Ingresso", "integer", privacy="particolare", enum=[0, 1, 2, 3, 4, 5], x_labels=SCALE)
AREA = {"prima": START, "oggi": SCORE, "nota": leaf("Nota")}
FIELDS = {
    "aree": group("Aree", {"casa": group("Casa & <rete>", AREA), "lavoro": group("Lavoro", AREA)}),
    "spese": rows("Spese", {"mese": leaf("Mese"), "importo": leaf("Importo", format="euro")}),
}
SERIES = [{"name": "Ingresso (T0)", "value": "/prima"}, {"name": "Oggi", "value": "/oggi"}]
SCORES = {"part": PART, "rows": ["scheda#/aree/casa", "scheda#/aree/lavoro"], "series": SERIES, "unknown": 0}
COSTS = {"part": PART, "rows": ["scheda#/spese/*"], "label": "/mese", "series": [{"name": "Spesa", "value": "/importo"}]}


def drawn(series: int, *, kind: str = "bar", value: str = "val") -> str:
    """A chart part as Word writes it, with numbers of its own and a workbook beside them."""
    told = "".join(
        f'<c:ser><c:idx val="{n}"/><c:order val="{n}"/><c:tx><c:strRef><c:f>Foglio1!$B$1</c:f></c:strRef></c:tx>'
        f'<c:cat><c:strLit><c:ptCount val="1"/><c:pt idx="0"><c:v>Categoria 1</c:v></c:pt></c:strLit></c:cat>'
        f'<c:{value}><c:numRef><c:f>Foglio1!$B$2</c:f><c:numCache><c:formatCode>0.0</c:formatCode><c:ptCount val="1"/>'
        f'<c:pt idx="0"><c:v>4.3</c:v></c:pt></c:numCache></c:numRef></c:{value}></c:ser>'
        for n in range(series)
    )
    return (
        f'<c:chartSpace xmlns:c="{CHART}" xmlns:r="{OFFICE}"><c:chart><c:plotArea><c:{kind}Chart>{told}</c:{kind}Chart>'
        '</c:plotArea></c:chart><c:externalData r:id="rId1"><c:autoUpdate val="0"/></c:externalData></c:chartSpace>'
    )


def page(series: int = 2, descr: str = "Grafico a barre.", chart: str = "") -> bytes:
    """A Word file with a chart in it."""
    frame = (
        f'<w:p><w:r><w:drawing><wp:inline><wp:docPr id="1" name="Grafico" descr="{descr}"/><a:graphic>'
        f'<a:graphicData uri="{CHART}"><c:chart xmlns:c="{CHART}" r:id="rId9"/></a:graphicData></a:graphic>'
        "</wp:inline></w:drawing></w:r></w:p>"
    )
    inside = paper(
        "{{ scheda.aree.casa.oggi }}",
        frame,
        header="Comune",
        relations=f'<Relationship Id="rId9" Type="{OFFICE}/chart" Target="charts/chart1.xml"/>',
        parts={
            PART: chart or drawn(series),
            "word/charts/_rels/chart1.xml.rels": f'<Relationships xmlns="{PACKAGED}/relationships"><Relationship Id="rId1" '
            f'Type="{OFFICE}/package" Target="../embeddings/Foglio.xlsx"/></Relationships>',
            BOOK: b"PK",
        },
    )
    types = (
        f'<Override PartName="/{PART}" ContentType="{KINDS}.drawingml.chart+xml"/>'
        f'<Override PartName="/{BOOK}" ContentType="{KINDS}.spreadsheetml.sheet"/></Types>'
    )
    found = parts(inside)
    return files.repack({**found, "[Content_Types].xml": found["[Content_Types].xml"].replace(b"</Types>", types.encode())})


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    kit = Kit.at(tmp_path)
    kit.form("scheda", FIELDS, date="")
    put(kit, SCORES)
    return kit


def put(kit: Kit, *charts: Any, content: bytes = b"") -> None:
    """A template whose file has a chart, with these words about it in the description."""
    kit.template("scheda", "x", charts=list(charts))
    (kit.root / "templates" / "scheda.docx").write_bytes(content or page(len(charts[0]["series"]) if charts else 2))


def chart_of(content: bytes) -> tuple[Any, Any]:
    return shown(parts(content)[PART], "m.docx")


def words_of(content: bytes) -> str:
    frame = next(etree.fromstring(parts(content)["word/document.xml"]).iter(WP + "docPr"))
    return str(frame.get("descr"))


def answered(casa: dict[str, Any], lavoro: dict[str, Any]) -> dict[str, Any]:
    return {"aree": {"casa": {"nota": "x", **casa}, "lavoro": {"nota": "x", **lavoro}}}


# What is drawn, and said


def test_the_bars_are_the_answers_and_the_words_say_them(kit: Kit) -> None:
    content = kit.fill("scheda", scheda=answered({"prima": 1, "oggi": 4}, {"prima": 5, "oggi": 5})).content
    names, series = chart_of(content)
    assert names == ("Casa & <rete>", "Lavoro")
    assert series == (("Ingresso (T0)", (1, 5)), ("Oggi", (4, 5)))
    assert words_of(content) == (
        "Grafico a barre. Casa & <rete>: Ingresso (T0) 1 – crisi; Oggi 4 – quasi. "
        "Lavoro: Ingresso (T0) 5 – autonomo; Oggi 5 – autonomo."
    )


def test_what_nobody_stated_and_what_was_not_assessed_is_a_gap_and_never_a_zero(kit: Kit) -> None:
    content = kit.fill("scheda", scheda=answered({"prima": 0, "oggi": 2}, {"oggi": "boh"})).content
    assert chart_of(content)[1] == (("Ingresso (T0)", (None, None)), ("Oggi", (2, None)))
    assert "<c:v>0</c:v>" not in parts(content)[PART].decode()
    assert "Casa & <rete>: Ingresso (T0) non rilevato; Oggi 2 – dipendente." in words_of(content)
    assert "Lavoro: Ingresso (T0) non rilevato; Oggi non rilevato." in words_of(content)


@pytest.mark.parametrize("data", [{}, {"scheda": {}}, {"scheda": {"aree": {}}}])
def test_a_page_without_any_answer_has_its_rows_and_no_bar(data: dict[str, Any], kit: Kit) -> None:
    content = kit.fill("scheda", **data).content
    assert chart_of(content) == (("Casa & <rete>", "Lavoro"), (("Ingresso (T0)", (None, None)), ("Oggi", (None, None))))
    assert words_of(content).count("non rilevato") == 4


def test_the_rows_of_a_list_are_as_many_as_there_are_and_bear_their_own_names(kit: Kit) -> None:
    put(kit, COSTS)
    costs = [{"mese": "gennaio", "importo": "1250.50"}, {"mese": "febbraio", "importo": "0.00"}, {"mese": "marzo"}]
    content = kit.fill("scheda", scheda={"spese": costs}).content
    assert chart_of(content) == (("gennaio", "febbraio", "marzo"), (("Spesa", (Decimal("1250.50"), Decimal("0.00"), None)),))
    assert "gennaio: Spesa 1.250,50. febbraio: Spesa 0,00. marzo: Spesa non rilevato." in words_of(content)
    nothing = kit.fill("scheda", scheda={"spese": []}).content
    assert chart_of(nothing) == ((), (("Spesa", ()),)) and words_of(nothing) == "Grafico a barre."


def test_what_the_reader_may_not_see_is_neither_drawn_nor_said(kit: Kit) -> None:
    answers = answered({"prima": 1, "oggi": 4}, {"prima": 5, "oggi": 3})
    content = kit.fill("scheda", visible=frozenset({"comune"}), scheda=answers).content
    assert chart_of(content)[1] == (("Ingresso (T0)", (None, None)), ("Oggi", (4, 3)))
    assert "Ingresso (T0) omissis; Oggi 4 – quasi." in words_of(content) and "crisi" not in words_of(content)


def test_the_workbook_goes_with_all_that_speaks_of_it(kit: Kit) -> None:
    found = parts(kit.fill("scheda", scheda=answered({"oggi": 4}, {})).content)
    assert BOOK not in found and "word/charts/_rels/chart1.xml.rels" not in found
    assert b"Foglio" not in b"".join(found.values())
    assert b"externalData" not in found[PART] and b"4.3" not in found[PART] and b"Categoria" not in found[PART]
    assert b"/word/charts/chart1.xml" in found["[Content_Types].xml"]


def test_the_same_answers_give_the_same_bytes_and_a_draft_has_its_chart_too(kit: Kit) -> None:
    answers = answered({"prima": 1, "oggi": 4}, {"oggi": 2})
    assert kit.fill("scheda", scheda=answers).content == kit.fill("scheda", scheda=answers).content
    assert chart_of(kit.fill("scheda", draft=True, scheda=answers).content)[1][1] == ("Oggi", (4, 2))


def test_the_look_of_the_series_stays(kit: Kit) -> None:
    found = etree.fromstring(parts(kit.fill("scheda", scheda=answered({"oggi": 4}, {})).content)[PART])
    assert [child.tag.removeprefix(C) for child in next(found.iter(C + "ser"))] == ["idx", "order", "tx", "cat", "val"]
    assert {one.text for one in found.iter(C + "formatCode")} == {"0.0"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (paper("x", header="Comune"), "il grafico «word/charts/chart1.xml» non c’è"),
        (page(3), "ha 3 serie, la descrizione 2"),
        (page(chart=drawn(2, kind="scatter", value="yVal")), "ha 0 serie, la descrizione 2"),
    ],
)
def test_a_file_without_such_a_chart_is_a_fault_of_the_kit(content: bytes, words: str, kit: Kit) -> None:
    put(kit, SCORES, content=content)
    with pytest.raises(KitError, match=words):
        kit.fill("scheda", scheda={})


def test_a_document_answers_for_what_its_chart_shows(kit: Kit) -> None:
    template = load_template(kit.root / "templates" / "scheda.json")
    assert template.prints("scheda", "/aree/lavoro/prima") and not template.prints("scheda", "/aree/lavoro/nota")
    put(kit, COSTS)
    template = load_template(kit.root / "templates" / "scheda.json")
    assert template.prints("scheda", "/spese/3/importo") and template.prints("scheda", "/spese/3/mese")


# What lint says


def flaws(kit: Kit) -> list[tuple[str, str]]:
    found = inspect(kit.workspace(), "scheda").flaws
    return [(one.rule, one.message) for one in found if one.rule.startswith("LNT-08") and one.severity is not Severity.INFO]


@pytest.mark.parametrize(
    ("change", "rule", "words"),
    [
        ({"part": "word/charts/chart2.xml"}, "LNT-080", "Il file non ha il grafico «word/charts/chart2.xml»."),
        ({"series": SERIES[:1]}, "LNT-080", "Il grafico ha 2 serie, la descrizione 1."),
        ({"rows": ["scheda#/aree/cassa"]}, "LNT-081", "«scheda#/aree/cassa»: il modulo «scheda» non ha questo campo."),
        ({"rows": ["schede#/aree/casa"]}, "LNT-081", "«schede» non è un modulo."),
        (
            {"series": [SERIES[0], {"name": "x", "value": "/ogi"}]},
            "LNT-081",
            "«scheda#/aree/casa/ogi»: il modulo «scheda» non ha questo campo.",
        ),
        (
            {"series": [SERIES[0], {"name": "x", "value": "/nota"}]},
            "LNT-081",
            "«scheda#/aree/casa/nota» non è un numero: non se ne fa una barra.",
        ),
        ({"rows": ["scheda#/spese/*"]}, "LNT-081", "Le righe di un elenco non hanno un titolo: manca «label»."),
    ],
)
def test_a_description_that_does_not_agree_with_the_file_or_the_form_is_told(
    change: dict[str, Any], rule: str, words: str, kit: Kit
) -> None:
    put(kit, {**SCORES, **change}, content=page(2))
    assert (rule, words) in flaws(kit)


def test_a_sound_chart_has_no_flaw_and_one_that_nobody_describes_is_told(kit: Kit) -> None:
    assert flaws(kit) == []
    put(kit, COSTS)
    assert flaws(kit) == []
    put(kit, content=page(2))
    assert [rule for rule, _ in flaws(kit)] == ["LNT-082"]


def test_a_chart_that_cannot_be_filled_or_stands_nowhere_is_told(kit: Kit) -> None:
    put(kit, SCORES, content=page(chart=drawn(2, kind="scatter", value="yVal")))
    assert flaws(kit) == [("LNT-080", "Il grafico è di un tipo che non si può riempire (a dispersione, o a bolle).")]
    put(kit, SCORES, content=paper("{{ scheda.aree.casa.oggi }}", parts={PART: drawn(2)}))
    assert flaws(kit) == [("LNT-080", "Il grafico c’è, ma non sta in nessuna pagina.")]


def test_a_chart_without_words_of_its_own_and_one_that_shows_too_much_are_told(kit: Kit) -> None:
    put(kit, SCORES, content=page(descr=""))
    assert "LNT-043" in {one.rule for one in inspect(kit.workspace(), "scheda").flaws}
    kit.template("scheda", "x", charts=[SCORES], recipient="ministero")
    (kit.root / "templates" / "scheda.docx").write_bytes(page())
    told = [one for one in inspect(kit.workspace(), "scheda").flaws if one.rule == "LNT-021"]
    assert {one.subject for one in told} == {"scheda#/aree/casa/prima", "scheda#/aree/lavoro/prima"}


def test_a_description_that_lacks_a_word_is_told_before_anything_is_printed(kit: Kit) -> None:
    kit.template("altra", "x", form="scheda", records=["scheda"])
    path = kit.root / "templates" / "altra.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "charts": [{"part": PART}]}), encoding="utf-8")
    with pytest.raises(KitError, match="la descrizione del modello è incompleta"):
        load_template(path)


def test_a_field_that_a_chart_shows_is_renamed_in_its_description_too(kit: Kit) -> None:
    def renamed(old: str, new: str) -> dict[str, Any]:
        renaming.rename(kit.root, "scheda", old, new, workspace=kit.workspace, dry_run=False)
        chart: dict[str, Any] = json.loads((kit.root / "templates" / "scheda.json").read_text(encoding="utf-8"))["charts"][0]
        return chart

    put(kit, COSTS)
    chart = renamed("/spese/*/importo", "spesa")
    assert chart["series"][0]["value"] == "/spesa"
    chart = renamed("/spese/*/mese", "periodo")
    assert (chart["label"], chart["rows"]) == ("/periodo", ["scheda#/spese/*"])
    assert renamed("/spese", "uscite")["rows"] == ["scheda#/uscite/*"]


def test_a_group_that_is_scored_elsewhere_too_is_renamed_where_it_is_looked_for(kit: Kit) -> None:
    kit.form("iniziale", {"tetto": group("Tetto", {"punti": leaf("Punti", "integer")})})
    first = leaf("Ingresso", "integer", readOnly=True, x_computed={"fn": "first"})
    among = {"among": ["iniziale#/tetto/punti"]}
    kit.form("verifica", {"casa": group("Casa", {"punteggio": SCORE, "ingresso": first}, x_computed=among)}, many=True)
    renaming.rename(kit.root, "iniziale", "tetto", "alloggio", workspace=kit.workspace, dry_run=False)
    schema = json.loads((kit.root / "schemas" / "verifica.json").read_text(encoding="utf-8"))
    assert schema["properties"]["casa"]["x-computed"]["among"] == ["iniziale#/alloggio/punti"]


# The shipped one

SHIPPED = Workspace.at(ROOT, today=TODAY)
KIND = "verifica_autonomia"


def verified(scores: dict[str, int]) -> bytes:
    """The autonomy check of a person with these scores of today, printed."""
    data = {"aree": {key: {"punteggio": score} for key, score in scores.items()}}
    return fill(SHIPPED.template(KIND), SHIPPED.forms, {KIND: data}).content


AREAS = list(SHIPPED.form(KIND).schema["properties"]["aree"]["properties"])


def test_the_chart_of_the_autonomy_check_has_the_twelve_areas_of_the_form() -> None:
    names, series = chart_of(verified({}))
    assert len(names) == len(AREAS) == 12
    assert names[0] == "Abitare" and [name for name, _ in series] == ["Ingresso (T0)", "Oggi"]


@pytest.mark.needs_office
@pytest.mark.parametrize("scores", [{key: 1 + n % 5 for n, key in enumerate(AREAS)}, {AREAS[0]: 5, AREAS[3]: 0, AREAS[7]: 2}, {}])
def test_libreoffice_writes_a_number_at_each_bar_and_none_where_there_is_no_bar(scores: dict[str, int]) -> None:
    pages = pdf.facts(office.convert(verified(scores), suffix=".docx")).pages
    text = next(one for one in pages if "Dove manca la barra" in one)
    chart = text[: text.index("Dove manca la barra")]
    numbers = sorted(re.findall(r"(?m)^\s*([0-5])\s*$", chart))
    assert numbers == sorted(str(score) for score in scores.values() if score), "those of the scale are in one line"
    assert chart.count("Mobilità") == 1
