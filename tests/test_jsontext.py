"""JSON comes in strict and clean or not at all, and is written in one way."""

import json
import re
import traceback
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pitstop_docs import jsontext
from pitstop_docs.errors import ExitCode, FileError

texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cn"]))
numbers = st.integers(-(10**18) + 1, 10**18 - 1) | st.decimals(-(10**9), 10**9, places=6)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


def refusal(text: str | bytes) -> str:
    with pytest.raises(FileError) as caught:
        jsontext.parse(text, source="scheda.json")
    assert caught.value.code == ExitCode.FILE
    assert len("".join(traceback.format_exception(caught.value)).split("Traceback")) == 2, "a cause would tell the text"
    return str(caught.value)


def test_a_record_is_read_with_decimals_and_integers() -> None:
    value, replaced = jsontext.parse('{"ore": 12.50, "figli": 2, "nome": "Amélie", "note": [true, null]}', source="x")
    assert value == {"ore": Decimal("12.50"), "figli": 2, "nome": "Amélie", "note": [True, None]}
    assert type(value["ore"]) is Decimal and type(value["figli"]) is int
    assert replaced == []


@pytest.mark.parametrize("text", ['{"a": [1]}', b'{"a": [1]}', b'\xef\xbb\xbf{"a": [1]}', '\ufeff{"a"\r\n: [1]}\r\n'])
def test_bytes_text_marks_and_windows_lines_are_the_same(text: str | bytes) -> None:
    assert jsontext.parse(text, source="x") == ({"a": [1]}, [])


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ('{\n  "nome": "Rossi"\n  "età": 3}', "riga 3, colonna 3", "manca una virgola, o la chiusura «}» o «]»"),
        ('{"nome": "Rossi",}', "riga 1, colonna 17", "virgola di troppo prima della chiusura"),
        ("[1, 2,\n]", "riga 1, colonna 6", "virgola di troppo prima della chiusura"),
        ("[1 2]", "riga 1, colonna 4", "manca una virgola, o la chiusura «}» o «]»"),
        ('{"nome" "Rossi"}', "riga 1, colonna 9", "mancano i due punti"),
        ('{nome: "Rossi"}', "riga 1, colonna 2", "manca il nome di un campo"),
        ("{'nome': 1}", "riga 1, colonna 2", "manca il nome di un campo"),
        ('{"nome": }', "riga 1, colonna 10", "manca un valore"),
        ('{"nome": Rossi}', "riga 1, colonna 10", "manca un valore"),
        ('{"a": "Rossi', "riga 1, colonna 7", "non si chiude"),
        ('{"a": "Ros\\xsi"}', "riga 1, colonna 11", "barra"),
        ('{"a": "Rossi\n"}', "riga 1, colonna 13", "un a capo o un carattere di controllo"),
        ('{"a": 1}\r\n{"b": 2}', "riga 2, colonna 1", "altro testo dopo la fine"),
        ("[1", "riga 1, colonna 3", "manca una virgola, o la chiusura"),
        ("[01]", "riga 1, colonna 3", "manca una virgola"),
        ('{"a": NaN}', "riga 1, colonna 7", "non sono numeri"),
        ('{"a": -Infinity}', "riga 1, colonna 7", "non sono numeri"),
        ('{"a": 1e400}', "riga 1, colonna 7", "troppo grande"),
        ('{"a": 1E-400}', "riga 1, colonna 7", "troppo piccolo"),
        (f'{{"a": 1e{"9" * 5000}}}', "riga 1, colonna 7", "troppo grande"),
        (f'{{"a": 1{"0" * 5000}}}', "riga 1, colonna 7", "troppo grande"),
        ('{"a": 1234567890123456789}', "riga 1, colonna 7", "più di 18 cifre"),
        ('{"a": 0.1234567890123456789}', "riga 1, colonna 7", "più di 18 cifre"),
        (b'{"a":\n"citt\xe0"}', "riga 2, colonna 6", "UTF-8"),
        ('{"a": "b"}'.encode("utf-16"), "riga 1, colonna 1", "UTF-8"),
        ("[" * 65 + "]" * 65, "riga 1, colonna 65", "più di 64 livelli"),
        ("[" * 1_000_000, "riga 1, colonna 65", "più di 64 livelli"),
        ('{"a":' * 200 + "1" + "}" * 200, "riga 1, colonna 321", "più di 64 livelli"),
    ],
)
def test_what_is_malformed_is_refused_with_its_place(text: str | bytes, place: str, reason: str) -> None:
    message = refusal(text)
    assert f"«scheda.json»: alla {place} " in message
    assert reason in message
    assert message.endswith("riprovare.")
    assert "Rossi" not in message


@pytest.mark.parametrize(
    "text", ['{"a": 1, "a": 2}', '{"a": 1, "\\u0061": 2}', '[{"a": {"b": 1}, "a": 2}]', '{"a\u0300": 1, "\u00e0": 2}']
)
def test_two_equal_names_in_a_group_are_refused_by_name(text: str) -> None:
    assert re.search("il campo( «a»)? compare due volte", refusal(text))


@pytest.mark.parametrize("text", ["", " \n", "\ufeff", b""])
def test_an_empty_file_is_said_to_be_empty(text: str | bytes) -> None:
    assert "è vuoto" in refusal(text)


def test_a_text_past_8_mib_is_refused() -> None:
    assert "8 MiB" in refusal(b" " * (jsontext.LIMIT + 1))
    assert "8 MiB" in refusal('"' + "à" * (jsontext.LIMIT // 2) + '"')
    assert jsontext.parse('"' + "à" * (jsontext.LIMIT // 2 - 1) + '"', source="x")


def test_64_levels_and_brackets_within_texts_are_read() -> None:
    assert jsontext.parse("[" * 64 + "]" * 64, source="x")
    assert jsontext.parse('["\\"' + "[" * 100 + '"]', source="x") == (['"' + "[" * 100], [])


def test_numbers_at_the_limit_are_read() -> None:
    whole = ["999999999999999999", "-0", "1000000000000000000000", "1.0e+28", "0e99999999999", "1e-100", "-1.50"]
    value, _ = jsontext.parse(f"[{','.join(whole)}]", source="x")
    assert value == [999999999999999999, 0, 10**21, 10**28, 0, Decimal("1e-100"), Decimal("-1.5")]


def test_replaced_characters_are_told_by_pointer() -> None:
    text = '{"nome": "A\\u0000b", "note": ["ok", "\\ud800"], "a/b": {"x\\u0007": 1}, "pari": "\\ud83d\\ude00"}'
    value, replaced = jsontext.parse(text, source="x")
    assert value == {"nome": "A\ufffdb", "note": ["ok", "\ufffd"], "a/b": {"x\ufffd": 1}, "pari": "😀"}
    assert replaced == ["/nome", "/note/1"]


def test_texts_come_in_composed_without_being_told() -> None:
    assert jsontext.parse('{"e\u0301": "e\\u0301"}', source="x") == ({"é": "é"}, [])


def test_one_value_has_one_text() -> None:
    value = {"b": Decimal("1.50"), "a": [1, True, None, "è\n"], "c": {"z": Decimal("1E+3"), "y": ()}}
    assert jsontext.canonical(value) == '{"a":[1,true,null,"è\\n"],"b":1.5,"c":{"y":[],"z":1000}}'
    assert jsontext.canonical(Decimal("-0.00")) == jsontext.canonical(0) == "0"
    assert jsontext.canonical(Decimal("100")) == jsontext.canonical(100) == "100"


def test_a_long_decimal_loses_nothing() -> None:
    long = Decimal("1234567890123456789012345678901234567890.10")
    assert jsontext.canonical(long) == "1234567890123456789012345678901234567890.1"


def test_pretty_keeps_the_order_of_the_keys() -> None:
    value = {"b": Decimal("1.50"), "a": [{"x": 1}, []], "c": {}}
    assert jsontext.pretty(value) == '{\n  "b": 1.5,\n  "a": [\n    {\n      "x": 1\n    },\n    []\n  ],\n  "c": {}\n}'


@pytest.mark.parametrize("value", [1.5, {1: "a"}, {"a": {2, 3}}, b"a"])
def test_what_json_does_not_have_is_not_written(value: object) -> None:
    with pytest.raises(TypeError):
        jsontext.canonical(value)


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("-Infinity"), "\ud800", {"\udfff": 1}])
def test_what_no_file_can_hold_is_not_written(value: object) -> None:
    with pytest.raises(ValueError, match=r"surrogate|NaN"):
        jsontext.canonical(value)


def test_the_digest_is_that_of_the_utf8_text() -> None:
    assert jsontext.digest("è") == "97c916cd94785d7b9b52ae7013c267854f275691ddaae212bc1c07f639b8a0c7"


def test_the_differing_places_are_told() -> None:
    old = {"a": 1, "b": [1, {"x": Decimal("1.0")}], "c": "x", "d": {"k": 1}, "e": True}
    new = {"a": 1, "b": [2, {"x": 1}, 3], "d": {"k": 1, "y/z": 2}, "c": ["x"], "e": 1}
    assert jsontext.differing(old, new) == ["/b/0", "/b/2", "/c", "/d/y~1z", "/e"]
    assert jsontext.differing(old, dict(reversed(old.items()))) == []


@given(values)
def test_what_is_written_reads_back_equal(value: object) -> None:
    text = jsontext.canonical(value)
    cleaned, _ = jsontext.parse(text, source="x")
    assert jsontext.load(text) == value
    assert jsontext.parse(jsontext.canonical(cleaned), source="x") == (cleaned, [])
    assert jsontext.parse(jsontext.pretty(cleaned), source="x") == (cleaned, [])
    assert jsontext.canonical(jsontext.load(text)) == text


@given(st.text(st.sampled_from('{}[]",:\\ntu0e1-. \n\ud800à'), max_size=30))
def test_any_text_is_read_as_json_reads_it_or_refused(text: str) -> None:
    try:
        value, _ = jsontext.parse(text, source="x")
    except FileError:
        return
    again = json.loads(text.removeprefix("\ufeff"), parse_float=Decimal)
    cleaned, _ = jsontext.parse(json.dumps(again, default=float), source="x")
    assert jsontext.differing(value, cleaned) == []


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        jsontext.parse(content, source="x")
    except FileError:
        return
