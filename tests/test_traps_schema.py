"""The traps of JSON Schema and of its library, each as a person meets it: a wrong answer told, a wrong kit refused."""

import json
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pitstop_docs import jsontext
from pitstop_docs.dialect import BUDGET
from pitstop_docs.errors import ExitCode, KitError
from pitstop_docs.forms import Form
from tests.kits import Kit, choice, group, leaf, rows

IF_A = {"properties": {"a": {"const": "x"}}, "required": ["a"]}


def form(root: Path, properties: dict[str, Any], **schema: Any) -> Form:
    return Kit.at(root).form("s", properties, schema=schema)


def rules(form: Form, data: dict[str, Any]) -> list[tuple[str, str]]:
    return sorted((one.rule, one.path) for one in form.findings(data))


def refusal(root: Path, properties: dict[str, Any], **schema: Any) -> str:
    with pytest.raises(KitError) as caught:
        form(root, properties, **schema).findings({})
    assert caught.value.code == ExitCode.KIT
    assert str(caught.value).startswith("s.json")
    return str(caught.value)


# Answers that the library lets through


@pytest.mark.parametrize(
    ("told", "wrong"),
    [
        ({"format": "date"}, "2026-02-31"),
        ({"format": "date"}, "2026-03-05\n"),
        ({"format": "date"}, "٢٠٢٦-٠٣-٠٥"),
        ({"format": "ora"}, "25:00"),
        ({"format": "email"}, "a@"),
        ({"format": "codice_fiscale"}, "RSSMRA80A01H501X"),
        ({"format": "iban"}, "IT60X0542811101000000123457"),
        ({"format": "cap"}, "7012"),
        ({"pattern": "^[0-9]{5}$"}, "70121\n"),
        ({"pattern": "^[0-9]{5}$"}, "٧٠١٢١"),
        ({"pattern": "^[0-9]{5}$"}, "x70121"),
        ({"pattern": "^[a-z]+$"}, "ſ"),
    ],
)
def test_a_format_and_a_pattern_are_really_checked(told: dict[str, Any], wrong: str, tmp_path: Path) -> None:
    assert rules(form(tmp_path, {"a": leaf("A", **told)}), {"a": wrong}) == [("MOD-003", "/a")]


@pytest.mark.parametrize("said", [{}, {"a": ""}, {"a": " \n\t\u00a0"}, {"a": None}])
def test_a_blank_answer_is_a_missing_one_told_at_its_own_place(said: dict[str, Any], tmp_path: Path) -> None:
    asked = form(tmp_path, {"g": group("G", {"a": leaf("A")}, required=["a"])}, required=["g"])
    assert rules(asked, {"g": {**said, "b": 1}}) == [("MOD-001", "/g/a"), ("MOD-008", "/g/b")]
    assert rules(asked, {"g": said}) == [("MOD-001", "/g")]


def test_a_condition_on_an_answer_not_given_asks_for_nothing(tmp_path: Path) -> None:
    asked = form(tmp_path, {"a": leaf("A"), "b": leaf("B")}, allOf=[{"if": IF_A, "then": {"required": ["b"]}}])
    assert rules(asked, {}) == rules(asked, {"a": "y"}) == []
    assert rules(asked, {"a": "x"}) == [("MOD-001", "/b")]


def test_the_branch_that_the_answers_chose_is_the_one_that_is_told(tmp_path: Path) -> None:
    kind = choice("Tipo", {"casa": "casa", "lavoro": "lavoro"})
    need = ["tipo", "canone", "mesi", "via"]
    home = {"properties": {"tipo": {"const": "casa"}, "canone": {"minLength": 3}}, "required": need}
    work = {"properties": {"tipo": {"const": "lavoro"}}, "required": ["tipo", "ditta"]}
    asked = form(
        tmp_path, {"tipo": kind, **{name: leaf(name) for name in ("canone", "mesi", "via", "ditta")}}, oneOf=[work, home]
    )
    assert rules(asked, {"tipo": "casa"}) == [("MOD-001", "/canone"), ("MOD-001", "/mesi"), ("MOD-001", "/via")]
    assert rules(asked, {"tipo": "casa", "mesi": "1", "via": "x", "canone": "3"}) == [("MOD-005", "/canone")]
    assert rules(asked, {"tipo": "lavoro"}) == [("MOD-001", "/ditta")]
    assert rules(asked, {"tipo": "casa", "mesi": "1", "via": "x", "canone": "300"}) == []


def test_every_amount_from_nothing_to_a_thousand_is_good_money(tmp_path: Path) -> None:
    """multipleOf 0.01 refuses 11,426 of these, as floats do."""
    asked = form(tmp_path, {"a": {"title": "A", "type": "array", "items": leaf("A", format="euro"), "x-privacy": "comune"}})
    cents = [f"{cent // 100}.{cent % 100:02}" for cent in range(100_001)]
    assert asked.findings({"a": cents}) == []
    typed = asked.typed({"a": cents})["a"]
    assert sum(typed) == Decimal("50000500.00")
    assert all(str(amount) == cent for amount, cent in zip(typed, cents, strict=True))


def test_true_is_not_one_and_one_is_not_true(tmp_path: Path) -> None:
    scale = leaf("A", "integer", enum=[0, 1], x_labels={"0": "no", "1": "sì"})
    asked = form(tmp_path, {"a": scale, "b": leaf("B", "boolean"), "c": leaf("C", "number")})
    assert {rule for rule, _ in rules(asked, {"a": True, "b": 1, "c": False})} <= {"MOD-002", "MOD-004"}
    assert {path for _, path in rules(asked, {"a": True, "b": 1, "c": False})} == {"/a", "/b", "/c"}
    assert rules(asked, {"a": 1, "b": True, "c": Decimal("0.5")}) == []


def test_bounds_hold_for_decimals(tmp_path: Path) -> None:
    asked = form(tmp_path, {"a": leaf("A", "number", minimum=0, maximum=8)})
    assert rules(asked, {"a": Decimal("8.000000000000000001")}) == [("MOD-007", "/a")]
    assert rules(asked, {"a": Decimal("-0.1")}) == [("MOD-007", "/a")]
    assert rules(asked, {"a": Decimal("7.99")}) == []


def test_a_key_that_only_looks_the_same_is_another_key(tmp_path: Path) -> None:
    asked = form(tmp_path, {"cf": leaf("A")})
    assert rules(asked, {"ｃｆ": "x"}) == [("MOD-008", "/ｃｆ")]


def test_a_long_list_without_equal_rows_is_judged_at_once(tmp_path: Path) -> None:
    listed = {"title": "A", "type": "array", "uniqueItems": True, "items": leaf("A"), "x-privacy": "comune"}
    asked = form(tmp_path, {"a": listed, "v": rows("V", {"n": leaf("N", "number")}, uniqueItems=True)})
    started = time.process_time()
    assert rules(asked, {"a": [f"x{n}" for n in range(5000)], "v": [{"n": n} for n in range(5000)]}) == []
    assert time.process_time() - started < 5
    assert rules(asked, {"a": ["x", "y", "x"], "v": [{"n": 1}, {"n": Decimal("1.0")}]}) == [("MOD-012", "/a"), ("MOD-012", "/v")]
    assert rules(asked, {"v": [{"n": 1}, {"n": 10}, {}]}) == []


# What is said never repeats what was answered, nor the library


def test_no_sentence_repeats_the_answer_or_speaks_json_schema(tmp_path: Path) -> None:
    canary = "HIV-positivo-Rossi"
    fields = {
        "a": leaf("A", format="date"),
        "b": leaf("B", pattern="^[0-9]$"),
        "c": choice("C", {"si": "sì"}),
        "d": leaf("D", maxLength=3),
        "e": leaf("E", minLength=90),
        "f": leaf("F", "integer", minimum=3),
        "g": {"title": "G", "type": "array", "uniqueItems": True, "maxItems": 1, "items": leaf("G"), "x-privacy": "comune"},
        "h": group("H", {"i": leaf("I")}),
        "j": leaf("J", format="paese"),
        "k": {**leaf("K"), "not": {"const": canary}},
        "l": leaf("L", format="numero_permesso"),
        "m": leaf("M", "integer", readOnly=True, x_computed={"fn": "age", "of": "/a"}),
        "n": leaf("N"),
        "o": leaf("O"),
    }
    then = {"properties": {"n": False, "o": {"const": "altro"}}, "required": ["q"]}
    if_k = {"properties": {"k": {"const": canary}}, "required": ["k"]}
    asked = form(tmp_path, {**fields, "q": leaf("Q")}, allOf=[{"if": if_k, "then": then}])
    data: dict[str, Any] = dict.fromkeys("abcdeijklmno", canary)
    found = asked.findings({**data, "f": 1, "g": [canary, canary], "h": {"x": canary}})
    found += asked.findings({"f": canary, "g": canary, "h": canary})
    told = {one.rule for one in found}
    assert {f"MOD-0{n:02}" for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 16)} <= told
    words = " ".join(f"{one.message} {one.remedy} {one.label}" for one in found)
    assert canary not in words
    for foreign in (
        "type",
        "enum",
        "const",
        "pattern",
        "format",
        "required",
        "items",
        "array",
        "string",
        "schema",
        "None",
        "True",
    ):
        assert foreign not in words


# Kits that the library would take


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"properites": {}}, "«properites» non esiste negli schemi. Forse «properties»?"),
        ({"multipleOf": 0}, "«multipleOf» non esiste"),
        ({"anyOf": []}, "«anyOf» non esiste"),
        ({"unevaluatedProperties": False}, "«unevaluatedProperties» non esiste"),
        ({"format": "dat"}, "il formato «dat» non esiste. Forse «date»?"),
        ({"format": "date-time"}, "il formato «date-time» non esiste"),
        ({"type": "strin"}, "il tipo «strin» non esiste"),
        ({"type": ["string", "null"]}, "il valore di «type» non è del tipo atteso"),
        ({"maxLength": "10"}, "il valore di «maxLength» non è del tipo atteso"),
        ({"enum": "ab"}, "il valore di «enum» non è del tipo atteso"),
        ({"enum": ["a", "b"], "x-labels": {"a": "A"}}, "«x-labels» deve avere un’etichetta per ogni valore"),
        ({"x-privacy": "segreto"}, "«x-privacy» è una tra comune"),
        ({"type": "object", "properties": [], "x-privacy": "comune"}, "il valore di «properties» non è"),
        ({"type": "object", "properties": {}, "additionalProperties": True}, "può essere solo false"),
        ({"type": "array", "items": False}, "il valore di «items» non è"),
        ({"not": False}, "il valore di «not» non è"),
    ],
)
def test_a_word_that_the_dialect_does_not_have_is_refused(told: dict[str, Any], said: str, tmp_path: Path) -> None:
    assert said in refusal(tmp_path, {"a": {**leaf("A"), **told}})


def test_a_place_without_its_privacy_class_would_be_open_to_all_and_is_refused(tmp_path: Path) -> None:
    bare = {"title": "A", "type": "string"}
    for fields in ({"a": bare}, {"g": group("G", {"a": bare})}, {"g": rows("G", {"a": bare})}):
        assert "/a: manca «x-privacy»" in refusal(tmp_path, fields)
    assert "/a: manca" in refusal(tmp_path, {"a": {"title": "A", "type": "array", "items": bare}})


@pytest.mark.parametrize(
    "fields", [{"a": False}, {"a": True}, {"g": group("G", {"a": False})}, {"g": group("G", {}, required=["b"])}]
)
def test_a_form_that_nobody_could_fill_is_refused(fields: dict[str, Any], tmp_path: Path) -> None:
    assert refusal(tmp_path, fields)


@pytest.mark.parametrize("required", [["b"], [1], [["a"]]])
def test_a_form_that_requires_what_it_does_not_ask_is_refused(required: list[object], tmp_path: Path) -> None:
    assert "«required» chiede" in refusal(tmp_path, {"a": leaf("A")}, required=required)


@pytest.mark.parametrize(
    "rule",
    [
        {"if": {"properties": {"a": {"const": "x"}}}, "then": {"required": ["b"]}},
        {"if": {"properties": {"a": {"const": "x"}}, "required": ["b"]}, "then": {"required": ["b"]}},
        {"if": {}, "then": {"required": ["b"]}},
        {"if": {"required": ["a"]}, "then": {"required": ["b"]}},
    ],
)
def test_a_condition_that_could_hold_of_a_missing_answer_is_refused(rule: dict[str, Any], tmp_path: Path) -> None:
    said = "una condizione «if» deve dire «required» di ogni campo che interroga"
    assert said in refusal(tmp_path, {"a": leaf("A"), "b": leaf("B")}, allOf=[rule])
    assert said in refusal(tmp_path, {"g": {**group("G", {"a": leaf("A"), "b": leaf("B")}), "allOf": [rule]}})


@pytest.mark.parametrize(
    "pattern",
    [
        "[0-9]+",
        "^[0-9]+",
        "[0-9]+$",
        "^(a+)+$",
        "^(a|aa)+$",
        "^(?=a).*$",
        "^.*$",
        r"^\d+$",
        r"^\w+$",
        r"^[\d]+$",
        r"^\s$",
        r"^a\Z$",
        r"^\1$",
        "^a|b$",
        "^[0-9]*[a-z]*$",
        "^[0-9]+[0-9]+[0-9]+$",
        f"^{'a?' * 30}{'a' * 30}$",
        "^[a]{0,5000}[a]{0,5000}$",
        "^a*?$",
        "^a*+$",
        "^[z-a]$",
        "^a{5,2}$",
        "^a{99999999999999}$",
        r"^\p$",
        "^a**$",
        "^a$b$",
    ],
)
def test_a_pattern_that_is_loose_slow_or_broken_is_refused(pattern: str, tmp_path: Path) -> None:
    assert "«pattern» deve cominciare con ^" in refusal(tmp_path, {"a": leaf("A", pattern=pattern)})


@pytest.mark.parametrize(
    "pattern", ["^[0-9]{7,12}$", "^O[1-9][0-9]?$", "^/[A-Za-z0-9_/~*-]*$", r"^[^]\\]\.[a\]b]+$", "^[A-Z]{2,5}-[0-9]{3,6}$", "^$"]
)
def test_a_plain_pattern_takes_no_longer_than_its_text(pattern: str, tmp_path: Path) -> None:
    asked = form(tmp_path, {"a": leaf("A", pattern=pattern)})
    started = time.process_time()
    for piece in ("0", "O1", "/", "A", "-", "a"):
        assert rules(asked, {"a": piece * (1_000_000 // len(piece)) + "!"}) == [("MOD-003", "/a")]
    assert time.process_time() - started < 5


# References


@pytest.mark.parametrize(
    "reference",
    [
        "http://example.org/s.json",
        "https://example.org/s.json#/$defs/a",
        "file:///etc/passwd",
        "file:///etc/passwd#/$defs/a",
        "../schemas/s.json#/$defs/a",
        "/etc/passwd#/$defs/a",
        "..%2fs.json#/$defs/a",
        "#",
        "#a",
        "s.json",
        "#/$defs/../a",
        "",
        7,
    ],
)
def test_a_reference_leads_only_to_a_file_of_the_kit(reference: object, tmp_path: Path) -> None:
    said = refusal(tmp_path, {"a": {"$ref": reference}}, **{"$defs": {"a": leaf("A")}})
    assert "non è ammesso" in said
    assert "root:" not in said


def test_a_reference_to_nothing_or_in_a_circle_is_refused(tmp_path: Path) -> None:
    a, b = {"$ref": "#/$defs/a"}, {"$ref": "#/$defs/b"}
    assert "non porta a nulla" in refusal(tmp_path, {"a": {"$ref": "#/$defs/c"}}, **{"$defs": {"a": leaf("A")}})
    assert "torna su sé stesso" in refusal(tmp_path, {"a": a}, **{"$defs": {"a": a}})
    assert "torna su sé stesso" in refusal(tmp_path, {"a": a}, **{"$defs": {"a": group("A", {"b": b}), "b": rows("B", {"a": a})}})
    assert "non porta a uno schema" in refusal(tmp_path, {"a": a}, **{"$defs": {"a": "x"}})
    assert "torna su sé stesso" in refusal(tmp_path, {"a": {"$ref": "#/properties/a"}})
    with pytest.raises(KitError, match=r"altro\.json: il file del kit non si legge"):
        form(tmp_path, {"a": {"$ref": "altro.json#/$defs/a"}}).findings({})


def test_references_that_multiply_are_stopped(tmp_path: Path) -> None:
    levels = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(40)}
    started = time.process_time()
    said = refusal(
        tmp_path, {"a": {**leaf("A"), "allOf": [{"$ref": "#/$defs/d0"}]}}, **{"$defs": {**levels, "d40": {"minLength": 1}}}
    )
    assert "si moltiplicano senza fine" in said
    assert time.process_time() - started < 10
    assert BUDGET >= 50_000, "enough for the shipped forms"


def test_schemas_nested_without_end_are_refused(tmp_path: Path) -> None:
    def nested(inner: dict[str, Any], depth: int) -> dict[str, Any]:
        return inner if depth == 0 else {"not": nested(inner, depth - 1)}

    chain = {f"d{n}": nested({"$ref": f"#/$defs/d{n + 1}"}, 50) for n in range(60)}
    said = refusal(tmp_path, {"a": {"$ref": "#/$defs/d0"}}, **{"$defs": {**chain, "d60": leaf("A")}})
    assert "annidato troppo in profondità" in said


def test_a_reference_can_be_overridden_beside_it(tmp_path: Path) -> None:
    kit = Kit.at(tmp_path)
    kit.write("schemas/comune.json", {"$defs": {"testo": leaf("Testo", maxLength=200), "data": leaf("Data", format="date")}})
    private = {"$ref": "comune.json#/$defs/testo", "title": "Cognome", "x-privacy": "identificativo", "maxLength": 5}
    asked = kit.form("s", {"cognome": private, "giorno": {"$ref": "comune.json#/$defs/data"}})
    found = asked.findings({"cognome": "Abcdef", "giorno": "x"})
    assert [(one.rule, one.label) for one in found] == [("MOD-006", "Cognome"), ("MOD-003", "Data")]
    assert str(asked.typed({"cognome": "x"}, visible=frozenset({"comune"}))["cognome"]) == "omissis"


def test_answers_with_twice_the_same_name_or_no_number_never_come_in() -> None:
    """The gate of JSON holds before any schema: the library alone would take these."""
    for text in ('{"a": 1, "a": 2}', '{"a": NaN}', '{"a": Infinity}', '{"a": 1e999}', "[" * 200 + "]" * 200):
        json.loads(text)
        with pytest.raises(Exception, match="Impossibile leggere"):
            jsontext.parse(text, source="x")
