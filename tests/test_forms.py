"""A form judges answers in Italian sentences that name the place, and reads them into values."""

from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pitstop_docs.answers import at, leaves, prune, renamed, renamed_path, schema_at
from pitstop_docs.blanks import Blank, Choice, Score, Withheld
from pitstop_docs.errors import ExitCode, KitError
from pitstop_docs.findings import Finding, Severity
from pitstop_docs.formats import Iban, Money, PartialDate
from pitstop_docs.forms import Form, load_forms
from tests.kits import ROOT, Kit, choice, group, leaf, rows

GOALS = rows(
    "Obiettivi",
    {"codice": leaf("Codice", pattern="^O[1-9]$"), "scadenza": leaf("Scadenza", format="date"), "note": leaf("Note")},
    required=["codice"],
    minItems=1,
    maxItems=3,
)
FIELDS = {
    "nome": leaf("Nome", minLength=2, maxLength=10),
    "giorno": leaf("Giorno", format="date"),
    "permesso": leaf("Permesso", format="numero_permesso"),
    "stato": leaf("Stato", format="paese"),
    "figli": leaf("Figli", "integer", minimum=0, maximum=20),
    "ore": leaf("Ore", "number"),
    "vero": leaf("Vero", "boolean"),
    "esito": choice("Esito", {"si": "favorevole", "no": "sfavorevole"}),
    "lingue": {"title": "Lingue", "type": "array", "uniqueItems": True, "items": leaf("Lingua"), "x-privacy": "comune"},
    "obiettivi": GOALS,
    "casa": group("Casa", {"via": leaf("Via"), "sfratto": leaf("Sfratto", "boolean")}, required=["via"]),
    "eta": leaf("Età", "integer", readOnly=True, x_computed={"fn": "age", "of": "/giorno"}),
}
SECTIONS = [
    {"title": "Persona", "who": ["TUTOR", "AS"], "help": "Con la persona.", "fields": ["/nome", "/giorno", "/figli"]},
    {"title": "Resto", "who": ["AS"], "fields": ["/obiettivi", "/casa"]},
]
IF_NO = {"if": {"properties": {"esito": {"const": "no"}}, "required": ["esito"]}}
THEN = {"then": {"required": ["figli"], "properties": {"casa": False, "vero": {"const": True}}}}


@pytest.fixture(scope="module")
def form(tmp_path_factory: pytest.TempPathFactory) -> Form:
    kit = Kit.at(tmp_path_factory.mktemp("kit"))
    return kit.form("scheda", FIELDS, required=["nome"], schema={"allOf": [{**IF_NO, **THEN}]}, sections=SECTIONS)


def only(form: Form, data: dict[str, Any]) -> Finding:
    (found,) = form.findings({"nome": "Amina", **data})
    return found


def test_complete_answers_have_nothing_against_them(form: Form) -> None:
    goals = [{"codice": "O1", "scadenza": "2026-03-05"}, {"codice": "O2"}]
    assert form.findings({"nome": "Amina", "obiettivi": goals, "esito": "si", "casa": {"via": "x"}, "lingue": []}) == []


@pytest.mark.parametrize(
    ("data", "rule", "path", "label", "message", "remedy"),
    [
        ({"nome": None}, "MOD-001", "/nome", "Nome", "Manca la risposta.", "Compilare il campo."),
        ({"obiettivi": [{"codice": "O1"}, {"note": "x"}]}, "MOD-001", "/obiettivi/1/codice", "Obiettivi 2, Codice", "Manca", ""),
        ({"casa": {"sfratto": True}}, "MOD-001", "/casa/via", "Casa, Via", "Manca la risposta.", ""),
        ({"figli": "due"}, "MOD-002", "/figli", "Figli", "La risposta deve essere un numero intero.", "Riscriverla"),
        ({"vero": "sì"}, "MOD-002", "/vero", "Vero", "La risposta deve essere sì o no.", ""),
        ({"nome": 12}, "MOD-002", "/nome", "Nome", "La risposta deve essere un testo.", ""),
        ({"obiettivi": "O1"}, "MOD-002", "/obiettivi", "Obiettivi", "La risposta deve essere un elenco.", ""),
        ({"casa": ["x"]}, "MOD-002", "/casa", "Casa", "La risposta deve essere un gruppo di campi.", ""),
        ({"ore": "tre"}, "MOD-002", "/ore", "Ore", "La risposta deve essere un numero.", ""),
        ({"giorno": "31/02/2026"}, "MOD-003", "/giorno", "Giorno", "", "Correggere il valore."),
        ({"obiettivi": [{"codice": "A1"}]}, "MOD-003", "/obiettivi/0/codice", "Obiettivi 1, Codice", "forma attesa", ""),
        ({"stato": "marocco"}, "MOD-003", "/stato", "Stato", "", "Correggere il valore."),
        ({"stato": "QQQ"}, "MOD-003", "/stato", "Stato", "Il codice non è nella tabella dei Paesi.", ""),
        ({"esito": "forse"}, "MOD-004", "/esito", "Esito", "non è tra quelli ammessi", "Usare uno tra: si, no."),
        ({"nome": "A"}, "MOD-005", "/nome", "Nome", "Il testo è di 1 caratteri: deve averne almeno 2.", "Completare"),
        ({"nome": "A" * 11}, "MOD-006", "/nome", "Nome", "Il testo è di 11 caratteri: deve averne al più 10.", ""),
        ({"figli": -1}, "MOD-007", "/figli", "Figli", "Il numero deve essere almeno 0.", "Correggere il numero."),
        ({"figli": 21}, "MOD-007", "/figli", "Figli", "Il numero deve essere al più 20.", ""),
        ({"nomme": "x"}, "MOD-008", "/nomme", "nomme", "non ha questo campo", "Forse «nome»?"),
        ({"casa": {"via": "x", "qq/q": 1}}, "MOD-008", "/casa/qq~1q", "Casa, qq/q", "", "Correggere il nome del campo"),
        ({"obiettivi": []}, "MOD-009", "/obiettivi", "Obiettivi", "L’elenco deve avere almeno una riga.", ""),
        ({"obiettivi": [{"codice": "O1", "note": x} for x in "abcd"]}, "MOD-009", "/obiettivi", "Obiettivi", "più 3 righe", ""),
        ({"esito": "no", "figli": 1, "casa": {"via": "x"}}, "MOD-010", "/casa", "Casa", "non va compilato", "Togliere"),
        ({"esito": "no"}, "MOD-001", "/figli", "Figli", "Manca la risposta.", ""),
        ({"esito": "no", "figli": 0, "vero": False}, "MOD-004", "/vero", "Vero", "qui va «sì»", ""),
        ({"lingue": ["it", "it"]}, "MOD-012", "/lingue", "Lingue", "due volte", "Togliere la ripetizione."),
    ],
)
def test_each_objection_says_where_what_and_what_to_do(
    data: dict[str, Any], rule: str, path: str, label: str, message: str, remedy: str, form: Form
) -> None:
    found = only(form, data)
    assert (found.rule, found.path, found.label, found.form, found.severity) == (rule, path, label, "scheda", "bloccante")
    assert message in found.message
    assert remedy in found.remedy
    assert found.message.endswith(".")
    assert found.remedy.endswith(".")
    assert found.source == "scheda.json 1.0.0"


def test_what_is_only_odd_does_not_block(form: Form) -> None:
    receipt = only(form, {"permesso": "061234567890"})
    assert (receipt.rule, receipt.severity) == ("MOD-003", Severity.WARNING)
    computed = only(form, {"eta": 40})
    assert (computed.rule, computed.severity, computed.path) == ("MOD-011", Severity.INFO, "/eta")


def test_who_must_act_is_who_fills_the_section(form: Form) -> None:
    assert only(form, {"figli": -1}).who == "TUTOR"
    assert only(form, {"casa": {"sfratto": True}}).who == "AS"
    assert only(form, {"esito": "forse"}).who == "TUTOR", "a place of no section: the first"
    assert form.who("/casa") == "AS"
    assert form.who("/casale") == "TUTOR"


def test_the_number_of_the_record_is_told(form: Form) -> None:
    assert [one.number for one in form.findings({"figli": -1}, 7)] == [7, 7]


def test_long_lists_of_codes_are_cut(tmp_path: Path) -> None:
    form = Kit.at(tmp_path).form("s", {"a": choice("A", {f"c{n:02}": "x" for n in range(30)})})
    (found,) = form.findings({"a": "z"})
    assert found.remedy == f"Usare uno tra: {', '.join(f'c{n:02}' for n in range(12))}…."


def test_a_place_is_called_as_the_form_calls_it(form: Form) -> None:
    assert form.label("/obiettivi/1/scadenza") == "Obiettivi 2, Scadenza"
    assert form.label("/lingue/0") == "Lingue 1"
    assert form.label("") == ""
    assert form.label("/ignoto/0/x") == "ignoto, 0, x"


# Values


def test_answers_are_read_into_values_of_their_type(form: Form) -> None:
    node = form.typed(
        {
            "nome": "Amina",
            "giorno": "2026-03-05",
            "stato": "MAR",
            "figli": 2,
            "ore": Decimal("12.5"),
            "vero": False,
            "esito": "no",
            "lingue": ["it", "ar"],
            "obiettivi": [{"codice": "O1", "scadenza": "2026-06-30"}],
            "casa": {"via": "x"},
        },
        3,
    )
    assert node["giorno"] == date(2026, 3, 5)
    assert (node["figli"], node["ore"], node["vero"]) == (2, Decimal("12.5"), False)
    assert (node["stato"], node["stato"].label) == ("MAR", "Marocco")
    assert (node["esito"], node["esito"].label) == ("no", "sfavorevole")
    assert node["lingue"] == ("it", "ar")
    assert node["obiettivi"][0]["scadenza"] == date(2026, 6, 30)
    assert node["obiettivi"][0].place.path == "/obiettivi/0"
    assert node["obiettivi"][0].place.number == 3
    assert isinstance(node["permesso"], Blank)


@pytest.mark.parametrize(
    ("told", "typed", "value"),
    [
        ({"format": "euro"}, "1250.50", Money("1250.50")),
        ({"format": "ora"}, "09:30", time(9, 30)),
        ({"format": "data_parziale"}, "1990-03", PartialDate(1990, 3)),
        ({"format": "iban"}, "IT60X0542811101000000123456", Iban("IT60X0542811101000000123456")),
        ({"format": "date"}, "2026-02-31", "2026-02-31"),
        ({"format": "euro"}, "molti", "molti"),
        ({"format": "euro"}, 5, 5),
        ({"enum": ["a"], "x-labels": {"a": "A"}}, "b", "b"),
    ],
)
def test_a_leaf_is_its_value_or_stays_what_was_typed(told: dict[str, Any], typed: object, value: object, tmp_path: Path) -> None:
    form = Kit.at(tmp_path).form("s", {"a": leaf("A", **told)})
    found = form.typed({"a": typed})["a"]
    assert found == value
    assert type(found) is type(value)


def test_a_number_of_a_scale_has_its_label(tmp_path: Path) -> None:
    scale = leaf("A", "integer", enum=[0, 1], x_labels={"0": "non rilevato", "1": "crisi"})
    form = Kit.at(tmp_path).form("s", {"a": scale, "b": scale})
    node = form.typed({"a": 1, "b": True})
    assert isinstance(node["a"], Score)
    assert (node["a"], node["a"].label) == (1, "crisi")
    assert node["b"] is True


@pytest.mark.parametrize("data", [{"casa": "x"}, {"casa": []}, {"obiettivi": {}}, {"obiettivi": "x"}, {"nome": {"a": 1}}])
def test_what_has_the_wrong_shape_is_as_if_it_were_missing(data: dict[str, Any], form: Form) -> None:
    ((key, _),) = data.items()
    assert isinstance(form.typed(data)[key], Blank)


def test_rows_that_are_no_rows_are_left_out_and_the_others_keep_their_place(form: Form) -> None:
    node = form.typed({"obiettivi": [{"codice": "O1"}, "x", {"codice": "O3"}]})
    assert [row.place.path for row in node.rows("obiettivi")] == ["/obiettivi/0", "/obiettivi/2"]


@pytest.mark.parametrize(
    ("answer", "hidden"), [(True, True), (False, False), (None, False), ("sì", True), ("no", True), (0, False), (1, True)]
)
def test_a_protected_address_is_withheld_from_everyone_at_any_depth(answer: object, hidden: bool, tmp_path: Path) -> None:
    where = {"via": leaf("Via", x_protected_by="/protetto")}
    casa = {**group("Casa", {"via": leaf("Via")}), "x-protected-by": "/protetto"}
    fields = {"protetto": leaf("P", "boolean"), "casa": casa, "altre": rows("Altre", where)}
    node = Kit.at(tmp_path).form("s", fields).typed({"protetto": answer, "casa": {"via": "x"}, "altre": [{"via": "y"}]})
    assert isinstance(node["casa"], Withheld) is hidden
    assert isinstance(node["altre"][0]["via"], Withheld) is hidden


def test_the_reader_sees_only_the_classes_that_he_may(tmp_path: Path) -> None:
    fields = {"a": leaf("A"), "b": leaf("B", privacy="particolare"), "c": group("C", {"d": leaf("D", privacy="economico")})}
    form = Kit.at(tmp_path).form("s", fields)
    node = form.typed({"a": "1", "b": "2", "c": {"d": "3"}}, visible=frozenset({"comune"}))
    assert [str(node["a"]), str(node["b"]), str(node["c"]["d"])] == ["1", "omissis", "omissis"]


def test_what_people_type_is_kept_as_the_schema_writes_it(tmp_path: Path) -> None:
    fields = {
        "giorno": leaf("G", format="date"),
        "voci": rows("V", {"importo": leaf("I", format="euro"), "nome": leaf("N")}),
        "orari": {"title": "O", "type": "array", "items": leaf("O", format="ora"), "x-privacy": "comune"},
    }
    form = Kit.at(tmp_path).form("s", fields)
    typed = {
        "giorno": "5/3/2026",
        "voci": [{"importo": "€ 1.250,50", "nome": " 5/3/2026"}, {"importo": "boh"}],
        "orari": ["9.30"],
    }
    kept = {"giorno": "2026-03-05", "voci": [{"importo": "1250.50", "nome": " 5/3/2026"}, {"importo": "boh"}]}
    assert form.canonical({**typed, "ignoto": [1]}) == {**kept, "orari": ["09:30"], "ignoto": [1]}
    assert form.canonical(form.canonical(typed)) == form.canonical(typed)


# Walking


def test_answers_that_say_nothing_are_pruned_and_an_empty_list_says_none() -> None:
    said = {
        "a": "",
        "b": " \n\u00a0",
        "c": None,
        "d": {},
        "e": {"f": {"g": ""}},
        "h": [],
        "i": [None, "", "x"],
        "j": 0,
        "k": False,
    }
    assert prune(said) == {"h": [], "i": ["x"], "j": 0, "k": False}
    assert prune({"a": [{}, {"b": ""}]}) == {"a": [{}, {}]}, "a row was opened: it prints as one"


def test_a_pointer_leads_to_a_value_or_to_nothing() -> None:
    data = {"a": [{"b/c": 1}], "d": "x"}
    assert at(data, "/a/0/b~1c") == 1
    assert at(data, "") == data
    for path in ("/a/1", "/a/-1", "/a/x", "/d/0", "/e", "/a/0/b~1c/2"):
        assert at(data, path) is None


def test_the_schema_of_a_place_with_or_without_its_row(form: Form) -> None:
    code = GOALS["items"]["properties"]["codice"]
    assert schema_at(form.schema, "/obiettivi/4/codice") == schema_at(form.schema, "/obiettivi/*/codice") == code
    assert schema_at(form.schema, "/obiettivi/codice") == {}
    assert schema_at(form.schema, "/ignoto/x") == {}


def test_every_stated_value_is_walked_with_its_place(form: Form) -> None:
    data = {"nome": "x", "lingue": ["it"], "obiettivi": [{"codice": "O1"}], "ignoto": 1}
    assert [(path, value) for path, value, _ in leaves(form.schema, data)] == [
        ("/nome", "x"),
        ("/lingue/0", "it"),
        ("/obiettivi/0/codice", "O1"),
    ]


# The folder of forms


def test_a_layout_says_how_a_form_is_asked(tmp_path: Path) -> None:
    kit = Kit.at(tmp_path)
    told: dict[str, Any] = {
        "code": "D06",
        "title": "Verbale",
        "scope": "progetto",
        "many": True,
        "lines": ["L1"],
        "date": "/data",
    }
    form = kit.form("verbale", {"data": leaf("Data", format="date")}, **told, cases="/casi/*/caso", opens_case=False)
    assert (form.code, form.title, form.scope, form.many, form.lines) == ("D06", "Verbale", "progetto", True, ("L1",))
    assert (form.date, form.cases, form.opens_case, form.shared) == ("/data", "/casi/*/caso", False, False)
    assert form.sections[0].fields == ("/data",)
    assert list(kit.forms) == ["verbale"]


def test_the_lists_whose_rows_name_a_case_are_known(tmp_path: Path) -> None:
    case = leaf("Caso", format="caso")
    fields = {"casi": rows("C", {"caso": case}), "voci": rows("V", {"voce": leaf("V"), "del_caso": case}), "altri": rows("A", {})}
    assert Kit.at(tmp_path).form("v", fields).case_lists == {"casi": "caso", "voci": "del_caso"}


@pytest.mark.parametrize(
    ("layout", "said"),
    [
        ({"form": "altro"}, "«form» deve essere il nome del file"),
        ({"scope": "mondo"}, "«scope» uno tra caso, progetto"),
        ({"sections": None}, "è incompleta"),
        ({"sections": [{"title": "x", "fields": []}]}, "è incompleta"),
        ({"sections": ["x"]}, "è incompleta"),
    ],
)
def test_a_malformed_layout_is_a_kit_error_that_names_the_file(layout: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(KitError) as caught:
        Kit.at(tmp_path).form("s", {"a": leaf("A")}, **layout)
    assert str(caught.value).startswith("s.json: ")
    assert said in str(caught.value)
    assert caught.value.code == ExitCode.KIT


def test_a_file_of_the_kit_that_is_not_json_is_told_with_its_place(tmp_path: Path) -> None:
    kit = Kit.at(tmp_path)
    (tmp_path / "forms" / "s.json").write_text('{"form": "s",\n "code" "x"}', encoding="utf-8")
    with pytest.raises(KitError, match=r"«s\.json»: alla riga 2, colonna 9"):
        _ = kit.forms
    (tmp_path / "forms" / "s.json").write_text("[]", encoding="utf-8")
    with pytest.raises(KitError, match=r"s\.json: la descrizione del modulo è incompleta"):
        _ = kit.forms


def test_schemas_are_read_only_when_asked_for(tmp_path: Path) -> None:
    kit = Kit.at(tmp_path)
    kit.form("s", {"a": leaf("A")})
    (tmp_path / "schemas" / "s.json").unlink()
    form = kit.forms["s"]
    with pytest.raises(KitError, match=r"s\.json: il file del kit non si legge"):
        form.findings({})


@pytest.mark.parametrize("table", [{"countries": [{"iso": "MAR"}]}, {"paesi": []}, []])
def test_a_malformed_country_table_is_a_kit_error(table: object, tmp_path: Path) -> None:
    kit = Kit.at(tmp_path)
    form = kit.form("s", {"a": leaf("A", format="paese")})
    kit.write("rules/paesi.json", table)
    with pytest.raises(KitError, match=r"^paesi\.json: la tabella dei Paesi è malformata"):
        form.findings({"a": "MAR"})


def test_the_shipped_countries_have_names() -> None:
    form = load_forms(ROOT / "forms", ROOT / "schemas", ROOT / "rules" / "paesi.json")["persona"]
    value = form.typed({"stato_nascita": "BGD"})["stato_nascita"]
    assert isinstance(value, Choice)
    assert value.label == "Bangladesh"


# Names that fields once had

OLDER = {
    "nome": leaf("Nome", x_formerly=["denominazione", "ditta"]),
    "righe": rows("Righe", {"voce": leaf("Voce", x_formerly=["testo"]), "testi": leaf("Testi")}, x_formerly=["elenco"]),
    "casa": group("Casa", {"via": leaf("Via", x_formerly=["strada"])}),
}


def test_old_answers_are_read_by_the_names_of_today_at_every_level(tmp_path: Path) -> None:
    form = Kit.at(tmp_path).form("s", OLDER)
    old = {"ditta": "A", "elenco": [{"testo": "b", "testi": "c"}, 7], "casa": {"strada": "d"}, "ignoto": {"testo": "e"}}
    now = {"nome": "A", "righe": [{"voce": "b", "testi": "c"}, 7], "casa": {"via": "d"}, "ignoto": {"testo": "e"}}
    assert form.current(old) == now == form.current(now)
    assert renamed_path(form.schema, "/elenco/1/testo") == "/righe/1/voce" == renamed_path(form.schema, "/righe/1/voce")
    assert renamed_path(form.schema, "/elenco/x~1y") == "/righe/x~1y"


@pytest.mark.parametrize("stated", [["nome", "ditta"], ["ditta", "nome"], ["denominazione", "ditta"]])
def test_of_two_names_one_wins_and_the_other_is_no_field(stated: list[str], tmp_path: Path) -> None:
    form = Kit.at(tmp_path).form("s", OLDER)
    found = form.current({name: name for name in stated})
    left = [name for name in found if name != "nome"]
    assert found["nome"] == ("nome" if "nome" in stated else stated[0]) and left == ["ditta"] and found["ditta"] == "ditta"
    assert [one.rule for one in form.findings(found)] == ["MOD-008"]


def test_a_form_that_never_changed_reads_answers_as_they_are(form: Form) -> None:
    data = {"nome": "Amina"}
    assert form.current(data) is data and renamed(form.schema, data) == data


@pytest.mark.parametrize("names", [["b"], ["c"], [7], "c"])
def test_an_old_name_leads_to_one_field_alone(names: object, tmp_path: Path) -> None:
    fields = {"a": leaf("A", x_formerly=names), "b": leaf("B"), "d": leaf("D", x_formerly=["c"])}
    form = Kit.at(tmp_path).form("s", fields)
    with pytest.raises(KitError, match="x-formerly"):
        _ = form.schema
