"""Every answer of every form is asked once, in the words of its schema, and it is said when it has to be there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from pitstop_docs.forms import Form, load_forms
from pitstop_docs.questions import KINDS, YES_NO, Group, Question, Section, asked, every_question
from tests.kits import ROOT, Kit, choice, group, leaf, rows

FORMS = load_forms(ROOT / "forms", ROOT / "schemas", ROOT / "rules" / "paesi.json")


def leaves(schema: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each answer of a schema with its pattern; a list of plain values is one answer."""
    for name, inner in schema["properties"].items():
        row = inner.get("items", {})
        if inner["type"] == "object":
            yield from leaves(inner, f"{path}/{name}")
        elif row.get("type") == "object":
            yield from leaves(row, f"{path}/{name}/*")
        else:
            yield f"{path}/{name}", inner


def named(form: Form) -> dict[str, Question]:
    return {one.path: one for one in every_question(asked(form))}


def groups(parts: tuple[Section | Question | Group, ...]) -> Iterator[Group]:
    for part in parts:
        if isinstance(part, Group):
            yield part
        if not isinstance(part, Question):
            yield from groups(part.parts)


def conditions(tmp_path: Path, *rules: Mapping[str, Any], **fields: Mapping[str, Any]) -> dict[str, str]:
    """What a page says of each field of a form with these rules, of those that have a condition."""
    form = Kit.at(tmp_path).form("scheda", fields, schema={"allOf": list(rules)})
    told = {one.path: one.condition for one in (*every_question(asked(form)), *groups(asked(form)))}
    return {path: words for path, words in told.items() if words}


def when(name: str, test: Mapping[str, Any], **then: Any) -> dict[str, Any]:
    return {"if": {"properties": {name: test}, "required": [name]}, "then": then}


TIPO = choice("Tipo di firma", {"penna": "autografa", "fea": "FEA", "digitale": "digitale"})


@pytest.mark.parametrize("name", FORMS)
def test_every_answer_of_a_form_is_asked_exactly_once_in_the_words_of_its_schema(name: str) -> None:
    form = FORMS[name]
    listed = {field for section in form.sections for field in section.fields}
    wanted = {path: told for path, told in leaves(form.schema) if f"/{path.split('/')[1]}" in listed or not told.get("readOnly")}
    questions = [*every_question(asked(form))]
    assert sorted(one.path.removesuffix("/*") for one in questions) == sorted(wanted)
    for one in questions:
        told = wanted[one.path.removesuffix("/*")]
        row = told.get("items", told)
        assert one.kind in KINDS
        assert (one.kind == "computed") == bool(told.get("readOnly"))
        assert one.label == (row.get("title") or told["title"]) if one.path.endswith("/*") else one.label == told["title"]
        assert one.help == (row if one.path.endswith("/*") else told).get("description", "")
        assert (
            [code for code, _ in one.options] == [str(code) for code in row.get("enum", [])]
            or row.get("format") == "paese"
            or (one.options == YES_NO and told["type"] == "boolean")
        )
        assert one.kind == "computed" or not one.options or one.kind in ("choice", "choices", "yes_no")


@pytest.mark.parametrize("name", FORMS)
def test_sections_are_those_of_the_layout_and_every_repeated_group_has_free_rows(name: str) -> None:
    sections = asked(FORMS[name])
    assert [(one.title, one.who) for one in sections] == [(one.title, one.who) for one in FORMS[name].sections]
    for one in groups(sections):
        assert one.title
        assert one.rows is None or one.rows > 0
        assert one.rows is None or one.row_title


def test_an_answer_is_asked_as_its_schema_wants_it(tmp_path: Path) -> None:
    form = Kit.at(tmp_path).form(
        "scheda",
        {
            "nome": leaf("Nome", maxLength=100, privacy="identificativo"),
            "storia": leaf("Storia", x_long=True, maxLength=2000),
            "scadenza": leaf("Scadenza", format="date", description="L’ultimo giorno utile."),
            "nascita": leaf("Nascita", format="data_parziale"),
            "inizio": leaf("Inizio", format="ora"),
            "canone": leaf("Canone", format="euro", x_unit="€"),
            "mesi": leaf("Mesi", "integer", x_unit="mesi"),
            "casa": leaf("Casa", "boolean"),
            "tipo": TIPO,
            "cf": leaf("Codice fiscale", format="codice_fiscale"),
            "paese": leaf("Paese", format="paese"),
            "fonti": {"title": "Fonti", "type": "array", "x-privacy": "comune", "items": choice("Fonte", {"v": "visita"})},
            "eta": leaf("Età", "integer", readOnly=True, x_computed={"fn": "age", "of": "/nascita"}),
        },
        required=["nome"],
    )
    told = {path.removeprefix("/"): one for path, one in named(form).items()}
    assert {name: one.kind for name, one in told.items()} == {
        "nome": "text",
        "storia": "long",
        "scadenza": "date",
        "nascita": "date",
        "inizio": "text",
        "canone": "amount",
        "mesi": "number",
        "casa": "yes_no",
        "tipo": "choice",
        "cf": "code",
        "paese": "choice",
        "fonti": "choices",
        "eta": "computed",
    }
    assert (told["nome"].limit, told["nome"].required, told["nome"].privacy) == (100, True, "identificativo")
    assert (told["scadenza"].hint, told["scadenza"].limit, told["scadenza"].help) == ("gg/mm/aaaa", 10, "L’ultimo giorno utile.")
    assert (told["inizio"].hint, told["canone"].unit, told["mesi"].unit) == ("hh:mm", "€", "mesi")
    assert (told["cf"].limit, told["eta"].required) == (16, False)
    assert told["tipo"].options == (("penna", "autografa"), ("fea", "FEA"), ("digitale", "digitale"))
    assert told["fonti"].options == (("v", "visita"),)
    assert dict(told["paese"].options)["MAR"] == "Marocco"
    assert told["paese"].options[0][1] == "Afghanistan"


def test_rows_are_as_many_as_the_layout_says_else_three_within_what_the_schema_allows(tmp_path: Path) -> None:
    voce = {"voce": leaf("Voce")}
    form = Kit.at(tmp_path).form(
        "scheda",
        {
            "poche": rows("Poche", voce),
            "dieci": rows("Dieci", voce),
            "due": rows("Due", voce, maxItems=2),
            "cinque": rows("Cinque", voce, minItems=5),
            "nomi": {"title": "Nomi", "type": "array", "x-privacy": "comune", "items": leaf("Altro nome", maxLength=40)},
            "dentro": group("Dentro", {"righe": rows("Righe", {"sotto": rows("Sotto", voce)})}),
        },
        required=["poche"],
        rows={"/dieci": 10, "/dentro/righe/*/sotto": 4},
    )
    told = {one.path: one for one in groups(asked(form))}
    free = {"/poche": 3, "/dieci": 10, "/due": 2, "/cinque": 5, "/nomi": 3, "/dentro": None, "/dentro/righe": 3}
    assert {path: one.rows for path, one in told.items()} == {**free, "/dentro/righe/*/sotto": 4}
    assert [path for path, one in told.items() if one.may_be_none] == ["/poche"]
    assert told["/nomi"].plain == Question("/nomi/*", "Altro nome", "text", limit=40, privacy="comune")
    assert "/dentro/righe/*/sotto/*/voce" in named(form)


def test_a_list_out_of_many_options_is_asked_line_by_line(tmp_path: Path) -> None:
    many = choice("Voce", {f"v{n}": f"voce {n}" for n in range(25)})
    form = Kit.at(tmp_path).form("scheda", {"voci": {"title": "Voci", "type": "array", "x-privacy": "comune", "items": many}})
    [only] = every_question(asked(form))
    assert (only.path, only.kind, len(only.options)) == ("/voci/*", "choice", 25)


def test_only_what_is_forbidden_otherwise_is_said_to_be_asked_only_then(tmp_path: Path) -> None:
    fields = {"tipo": TIPO, "certificato": leaf("Certificato"), "note": leaf("Note"), "luogo": leaf("Luogo")}
    found = conditions(
        tmp_path,
        when("tipo", {"const": "digitale"}, required=["certificato", "note"]),
        when("tipo", {"enum": ["penna", "fea"]}, properties={"certificato": False}),
        when("tipo", {"const": "fea"}, properties={"luogo": False}),
        **fields,
    )
    assert found == {
        "/certificato": "solo se «Tipo di firma» è digitale",
        "/note": "obbligatorio se «Tipo di firma» è digitale",
        "/luogo": "da non compilare se «Tipo di firma» è FEA",
    }


def test_a_condition_with_an_else_and_one_on_any_text_are_told(tmp_path: Path) -> None:
    found = conditions(
        tmp_path,
        {**when("senza", {"const": True}, properties={"cognome": False}), "else": {"required": ["cognome"]}},
        when("costo", {"type": "string"}, required=["voce"]),
        senza=leaf("Senza cognome", "boolean"),
        cognome=leaf("Cognome"),
        costo=leaf("Costo"),
        voce=leaf("Voce"),
    )
    assert found == {
        "/cognome": "solo se «Senza cognome» non è sì",
        "/voce": "obbligatorio se «Costo» è compilato",
    }


def test_conditions_on_one_answer_are_told_together_and_the_shorter_way(tmp_path: Path) -> None:
    canale = choice("Canale", {"a": "posta", "b": "telefono, di giorno", "c": "mail", "d": "fax", "e": "altro"})
    found = conditions(
        tmp_path,
        when("canale", {"const": "a"}, required=["via"]),
        when("canale", {"const": "b"}, required=["via"]),
        when("canale", {"enum": ["a", "b", "c", "d"]}, required=["ente"]),
        when("canale", {"not": {"const": "a"}}, required=["resto"]),
        canale=canale,
        via=leaf("Via"),
        ente=leaf("Ente"),
        resto=leaf("Resto"),
    )
    assert found == {
        "/via": "obbligatorio se «Canale» è «posta» o «telefono, di giorno»",
        "/ente": "obbligatorio se «Canale» non è altro",
        "/resto": "obbligatorio se «Canale» non è posta",
    }


def test_a_condition_reaches_into_groups_and_stands_in_rows(tmp_path: Path) -> None:
    voci = rows("Voci", {"tipo": TIPO, "altro": leaf("Altro")})
    voci["items"]["allOf"] = [when("tipo", {"const": "fea"}, required=["altro"])]
    found = conditions(
        tmp_path,
        when("minori", {"const": True}, properties={"casa": {"required": ["scuola", "stanze"]}}),
        when("minori", {"const": False}, properties={"voci": {"maxItems": 0}}),
        minori=leaf("Minori", "boolean"),
        casa=group("Casa", {"scuola": group("Scuola", {"nome": leaf("Nome")}), "stanze": leaf("Stanze")}, required=["stanze"]),
        voci=voci,
    )
    assert found == {
        "/casa/scuola": "obbligatorio se «Minori» è sì",
        "/voci": "da non compilare se «Minori» è no",
        "/voci/*/altro": "obbligatorio se «Tipo di firma» è FEA",
    }


def test_branches_told_apart_by_a_constant_say_what_each_asks(tmp_path: Path) -> None:
    form = Kit.at(tmp_path).form(
        "scheda",
        {"tipo": TIPO, "certificato": leaf("Certificato")},
        schema={
            "oneOf": [
                {"properties": {"tipo": {"const": "digitale"}}, "required": ["tipo", "certificato"]},
                {"properties": {"tipo": {"const": "penna"}}, "required": ["tipo"]},
            ]
        },
    )
    assert named(form)["/certificato"].condition == "obbligatorio se «Tipo di firma» è digitale"


def test_the_countries_of_a_person_are_asked_one_to_a_line() -> None:
    citizenships = next(one for one in groups(asked(FORMS["persona"])) if one.path == "/cittadinanze")
    assert citizenships.plain is not None
    assert (citizenships.plain.kind, citizenships.rows, citizenships.least, citizenships.most) == ("choice", 3, 1, 5)
    assert named(FORMS["persona"])["/cf"].condition == (
        "solo se «Tipo di codice fiscale» è «definitivo, 16 caratteri» o «provvisorio, 11 cifre»"
    )
