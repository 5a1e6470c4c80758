"""A template prints values, lines where there are none, «omissis» where the reader may not look; it can do nothing else."""

from datetime import date
from decimal import Decimal
from html import unescape
from typing import Any

import pytest

from pitstop_docs.blanks import CLOSING, OPENING, Blank, Choice, Node, Paper, Place, Withheld
from pitstop_docs.dialect import PRIVACY
from pitstop_docs.errors import KitError
from pitstop_docs.forms import Form
from tests.kits import Kit, choice, group, leaf, rows

FIELDS = {
    "nome": leaf("Nome", privacy="identificativo"),
    "giorno": leaf("Giorno", format="date"),
    "nascita": leaf("Nascita", format="data_parziale"),
    "ora": leaf("Ora", format="ora"),
    "importo": leaf("Importo", privacy="economico", format="euro"),
    "iban": leaf("IBAN", format="iban"),
    "ore": leaf("Ore", "number"),
    "figli": leaf("Figli", "integer"),
    "vero": leaf("Vero", "boolean"),
    "esito": choice("Esito", {"si": "favorevole", "no": "sfavorevole"}),
    "punteggio": leaf("Punteggio", "integer", enum=[0, 1], x_labels={"0": "non rilevato", "1": "crisi"}),
    "lungo": leaf("Lungo", x_long=True),
    "breve": leaf("Breve", maxLength=10),
    "alias": {"title": "Alias", "type": "array", "items": leaf("Alias"), "x-privacy": "comune"},
    "stati": {"title": "Stati", "type": "array", "items": leaf("Stato", format="paese"), "x-privacy": "comune"},
    "salute": leaf("Salute", privacy="particolare"),
    "cure": {"title": "Cure", "type": "array", "items": leaf("Cura", privacy="particolare"), "x-privacy": "comune"},
    "casa": group("Casa", {"via": leaf("Via"), "stanze": rows("Stanze", {"nome": leaf("Nome")})}),
    "voci": rows("Voci", {"voce": leaf("Voce"), "items": leaf("Cose"), "somma": leaf("Somma", format="euro")}),
}


@pytest.fixture(scope="module")
def form(tmp_path_factory: pytest.TempPathFactory) -> Form:
    return Kit.at(tmp_path_factory.mktemp("kit")).form("s", FIELDS)


def printed(source: str, form: Form, data: dict[str, Any], visible: frozenset[str] | None = None) -> tuple[str, Paper]:
    paper = Paper()
    text = paper.from_string(source).render(s=form.typed(data, visible=visible))
    return text.replace(OPENING, "").replace(CLOSING, ""), paper


@pytest.mark.parametrize(
    ("source", "value", "text"),
    [
        ("{{ s.giorno }}", "2026-03-05", "05/03/2026"),
        ("{{ s.giorno|lettere }}", "2026-03-05", "5 marzo 2026"),
        ("{{ s.nascita }}", "1990", "1990 (giorno e mese non noti)"),
        ("{{ s.ora }}", "09:30", "09:30"),
        ("{{ s.importo }}", "1250.50", "1.250,50"),
        ("{{ s.importo|lettere }}", "1250.50", "Euro milleduecentocinquanta/50"),
        ("{{ s.iban }}", "IT60X0542811101000000123456", "IT60 X054 2811 1010 0000 0123 456"),
        ("{{ s.ore }}", Decimal("12.5"), "12,5"),
        ("{{ s.figli }}", 0, "0"),
        ("{{ s.vero }}", True, "sì"),
        ("{{ s.vero }}", False, "no"),
        ("{{ s.esito }}", "si", "favorevole"),
        ("{{ s.punteggio }}", 1, "crisi"),
        ("{{ s.punteggio }}", 0, "non rilevato"),
        ("{{ s['nome'] }}", "Amina", "Amina"),
        ("{{ s.alias }}", ["Amina", "أمينة"], "Amina, أمينة"),
        ("{{ s.stati }}", ["MAR", "ZZZ"], "Marocco, ZZZ"),
        ("{{ s.voci }}", [], ""),
    ],
)
def test_a_value_prints_as_an_italian_act_writes_it(source: str, value: object, text: str, form: Form) -> None:
    key = source.strip("{ }").replace("['", ".").replace("']", "").split(".")[1].split("|")[0]
    assert printed(source, form, {key: value})[0] == text


@pytest.mark.parametrize(
    ("key", "typed"),
    [("giorno", "ieri"), ("importo", "tanti"), ("esito", "forse"), ("figli", "due"), ("vero", "sì"), ("nome", "None")],
)
def test_what_is_not_of_its_type_prints_as_it_was_typed(key: str, typed: str, form: Form) -> None:
    assert printed(f"{{{{ s.{key} }}}}", form, {key: typed})[0] == typed


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("nome", "_" * 22),
        ("breve", "_" * 6),
        ("figli", "_" * 6),
        ("importo", "_" * 10),
        ("giorno", "___/___/______"),
        ("ora", "____:____"),
        ("vero", "□ sì   □ no"),
        ("lungo", "\n".join(["_" * 60] * 3)),
    ],
)
@pytest.mark.parametrize("data", [{}, {"nome": " ", "importo": "", "lungo": "\n", "vero": None}])
def test_what_is_missing_prints_a_line_for_a_pen_and_tells_its_place(
    key: str, line: str, data: dict[str, Any], form: Form
) -> None:
    text, paper = printed(f"{{{{ s.{key} }}}}", form, data)
    assert text == line
    assert paper.trace.blanks == [Place("s", 1, f"/{key}")]


def test_of_a_group_that_is_not_there_only_the_group_is_told(form: Form) -> None:
    text, paper = printed("{{ s.casa.via }} {% for x in s.casa.stanze %}[{{ x.nome }}]{% endfor %}", form, {})
    assert text == f"{'_' * 22} [{'_' * 22}]"
    assert paper.trace.blanks == [Place("s", 1, "/casa"), Place("s", 1, "/casa")]
    _, paper = printed("{{ s.casa.via }}", form, {"casa": {"stanze": []}})
    assert paper.trace.blanks == [Place("s", 1, "/casa/via")]


def test_a_missing_list_prints_one_row_for_a_pen_and_an_empty_one_says_that_there_is_none(form: Form) -> None:
    source = "{% for x in s.voci %}{{ loop.index }}:{{ x.voce }};{% else %}Nessuna{% endfor %}"
    assert printed(source, form, {})[0] == f"1:{'_' * 22};"
    assert printed(source, form, {"voci": []})[0] == "Nessuna"
    text, paper = printed(source, form, {"voci": [{"voce": "a"}, {}]})
    assert text == f"1:a;2:{'_' * 22};"
    assert paper.trace.blanks == [Place("s", 1, "/voci/1/voce")]


def test_conditions_hold_for_codes_and_fail_for_what_is_missing(form: Form) -> None:
    source = '{% if s.esito == "si" and not s.nome %}A{% elif s.esito != "si" or s.vero %}B{% else %}C{% endif %}'
    assert printed(source, form, {"esito": "si"})[0] == "A"
    assert printed(source, form, {"esito": "no"})[0] == "B"
    assert printed(source, form, {"esito": "si", "nome": "x"})[0] == "C"
    assert printed("{% if s.punteggio == 1 %}A{% endif %}", form, {"punteggio": 1})[0] == "A"


def test_a_field_called_like_a_method_of_python_is_the_field(form: Form) -> None:
    source = "{% for x in s.voci %}{{ x.items }}{% endfor %}"
    assert printed(source, form, {"voci": [{"items": "sedie"}]})[0] == "sedie"
    assert printed(source, form, {"voci": [{}]})[0] == "_" * 22
    for method in ("keys", "values", "schema", "place", "rows", "text"):
        with pytest.raises(KitError, match=rf"«s\.{method}», che il modulo non ha"):
            printed(f"{{{{ s.{method} }}}}", form, {})


def test_what_the_reader_may_not_see_prints_omissis_with_all_that_is_in_it(form: Form) -> None:
    source = "{{ s.nome }} {{ s.salute }} {{ s.importo }} {% if s.salute %}malata{% endif %}"
    data = {"nome": "Amina", "salute": "riservata", "importo": "5.00"}
    text, paper = printed(source, form, data, frozenset({"comune", "economico"}))
    assert text == "omissis omissis 5,00 "
    assert [place.path for place in paper.trace.withheld] == ["/nome", "/salute"]
    assert printed(source, form, data, frozenset(PRIVACY))[0].startswith("Amina riservata 5,00 malata")
    assert printed("{{ s.nome }}", form, {}, frozenset({"comune"}))[0] == "_" * 22, "nothing to hide"
    assert printed("{{ s.cure }}", form, {"cure": ["a", "b"]}, frozenset({"comune"}))[0] == "omissis, omissis"


def test_a_withheld_group_is_withheld_in_its_rows(form: Form) -> None:
    hidden = Withheld(form.schema["properties"]["casa"], Place("s", 1, "/casa"))
    paper = Paper()
    source = "{{ c.via }} {% for x in c.stanze %}[{{ x.nome }}]{% endfor %}{% if c %}!{% endif %}"
    text = paper.from_string(source).render(c=hidden)
    assert text.replace(OPENING, "").replace(CLOSING, "") == "omissis [omissis]"
    with pytest.raises(KitError, match=r"«s\.casa\.viaa».*Forse «via»"):
        paper.from_string("{{ c.viaa }}").render(c=hidden)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{{ s.nom }}", "«s.nom», che il modulo non ha. Forse «nome»"),
        ("{{ s.casa.strada }}", "«s.casa.strada», che il modulo non ha."),
        ("{% for x in s.voci %}{{ x.vocc }}{% endfor %}", "«s.voci.vocc», che il modulo non ha. Forse «voce»"),
        ("{{ s.casa }}", "«s.casa», che è un gruppo"),
        ("{{ s.voci }}", "«s.voci», che è un gruppo"),
        ("{{ s.nome.primo }}", "«primo» dentro un valore che non ha campi"),
        ("{% for x in s.voci %}{{ loop.length }}{% endfor %}", "«length» dentro un valore"),
        ("{% for x in s.ore %}{% endfor %}", "«s.ore», che non è un elenco"),
    ],
)
def test_a_template_that_names_what_is_not_there_is_told(source: str, said: str, form: Form) -> None:
    data = {"casa": {"via": "x"}, "voci": [{"voce": "a"}], "nome": "Amina"}
    with pytest.raises(KitError) as caught:
        printed(source, form, data)
    assert said in str(caught.value)
    assert "Amina" not in str(caught.value)


def test_a_value_is_only_text_whatever_it_holds(form: Form) -> None:
    typed = "Rossi & Figli <b> {{ 7*7 }} {_{ %} &amp;"
    paper = Paper()
    raw = paper.from_string("{{ s.nome }}").render(s=form.typed({"nome": typed}))
    assert not set("<>{}") & set(raw)
    assert unescape(raw) == OPENING + typed + CLOSING
    assert paper.trace.printed == [typed]


def test_code_reads_typed_answers_without_asking_whether_they_are_there(form: Form) -> None:
    node = form.typed(
        {"nome": "Amina", "giorno": "2026-03-05", "importo": "5.10", "figli": 2, "vero": True, "esito": "si"}
        | {"voci": [{"voce": "a"}, "non una riga"], "alias": ["x"], "casa": {"via": "y"}}
    )
    assert (node.text("nome"), node.text("esito"), node.text("figli"), node.text("manca")) == ("Amina", "si", "", "")
    assert (node.day("giorno"), node.day("nome")) == (date(2026, 3, 5), None)
    assert (node.amount("importo"), node.amount("figli")) == (Decimal("5.10"), Decimal(2))
    assert (node.amount("vero"), node.amount("nome")) == (None, None)
    assert (node.flag("vero"), node.flag("nome"), node.flag("manca")) == (True, False, False)
    assert [row.text("voce") for row in node.rows("voci")] == ["a"]
    assert (node.leaves("alias"), node.rows("alias"), node.rows("manca")) == (("x",), (), ())
    casa = node.group("casa")
    assert isinstance(casa, Node)
    assert casa["via"] == "y"
    assert node.group("nome") is None
    assert isinstance(node["salute"], Blank)
    assert not node["salute"]
    assert isinstance(node["esito"], Choice)


def test_a_place_is_a_json_pointer() -> None:
    assert Place("s", 2).under("a/b").under("m~n").under(3) == Place("s", 2, "/a~1b/m~0n/3")
