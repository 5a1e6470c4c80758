"""Formats: what people type is read, what is wrong is told in Italian, what is printed can be read back."""

import json
import unicodedata
from datetime import date, time
from decimal import Decimal
from itertools import chain, combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from schwifty import IBAN
from stdnum import iban as stdnum_iban
from stdnum import luhn
from stdnum.it import codicefiscale as stdnum_cf
from stdnum.it import iva as stdnum_iva

from pitstop_docs.formats import (
    FORMATS,
    CfFacts,
    Iban,
    Money,
    PartialDate,
    cf_agrees,
    cf_facts,
    cf_letters,
    check_letter,
    clean,
    show,
    words,
)
from tests.people import make_cf, make_eleven, make_iban

ANY_TEXT = st.text(st.characters(exclude_categories=()))
UPPER, DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))
AMINA = make_cf("El Idrissi", "Amina", date(1990, 3, 5), "F", "Z330")
SEPA = (
    "AD AL AT BE BG CH CY CZ DE DK EE ES FI FR GB GI GR HR HU IE IS IT LI LT LU LV MC MD ME MK MT NL NO PL PT RO RS SE "
    "SI SK SM VA"
)


def text_of(alphabet: str, least: int, most: int | None = None) -> st.SearchStrategy[str]:
    return st.text(st.sampled_from(alphabet), min_size=least, max_size=most or least)


def omocodia_forms(cf: str) -> list[str]:
    """The code with every choice of digits turned into letters, each with its own control letter."""
    places = (6, 7, 9, 10, 12, 13, 14)
    forms = []
    for chosen in chain.from_iterable(combinations(places, size) for size in range(8)):
        body = "".join("LMNPQRSTUV"[int(char)] if at in chosen else char for at, char in enumerate(cf[:15]))
        forms.append(body + check_letter(body))
    return forms


cfs = st.builds(
    make_cf,
    text_of(UPPER, 0, 12),
    text_of(UPPER, 0, 12),
    DAYS,
    st.sampled_from("MF"),
    st.builds("{}{}".format, st.sampled_from("ABCDEFGHIJKLMZ"), text_of(DIGITS, 3)),
)
elevens = st.builds(make_eleven, text_of(DIGITS, 10).filter(lambda digits: int(digits) > 0))
CANONICAL: dict[str, st.SearchStrategy[str]] = {
    "date": DAYS.map(date.isoformat),
    "data_parziale": st.builds(lambda day, size: day.isoformat()[:size], DAYS, st.sampled_from((4, 7, 10))),
    "ora": st.times().map(lambda when: f"{when:%H:%M}"),
    "euro": st.decimals(Decimal("-999999999.99"), Decimal("999999999.99"), places=2).map(lambda d: str(d + 0)),
    "codice_fiscale": st.one_of(cfs, cfs.flatmap(lambda cf: st.sampled_from(omocodia_forms(cf))), elevens),
    "partita_iva": elevens,
    "iban": st.one_of(
        st.builds(make_iban, text_of(DIGITS, 5), text_of(DIGITS, 5), text_of(UPPER + DIGITS, 12)),
        st.builds(
            lambda country, random: str(IBAN.random(country_code=country, random=random)),
            st.sampled_from(SEPA.split()),
            st.randoms(use_true_random=False),
        ),
    ),
    "cup": st.one_of(st.from_regex("[A-Z][0-9]{2}[A-Z][0-9]{11}", fullmatch=True), text_of(UPPER + DIGITS, 15)),
    "cig": st.from_regex("[0-9]{7}[0-9A-F]{3}|[A-Z][0-9A-F]{9}", fullmatch=True),
    "cap": text_of(DIGITS, 5),
    "email": st.from_regex(r"[a-zA-Z0-9_%+-]{1,9}(\.[a-z]{1,9}){0,2}@([a-z0-9]{1,9}\.){1,3}[a-z]{2,6}", fullmatch=True),
    "telefono": st.from_regex(r"\+?[0-9]{6,15}", fullmatch=True),
    "numero_permesso": st.one_of(st.from_regex("I[0-9]{8}", fullmatch=True), text_of(UPPER + DIGITS + "/.-", 1, 20)),
    "paese": text_of(UPPER, 3),
    "lingua": text_of("abcdefghijklmnopqrstuvwxyz", 2, 3),
    "caso": st.from_regex("[A-Z]{2,5}-[0-9]{3,6}", fullmatch=True),
    "provincia": text_of(UPPER, 2),
}


def refusal(name: str, typed: str) -> str:
    with pytest.raises(ValueError) as caught:
        FORMATS[name].parse(typed)
    return str(caught.value)


# Every format


def test_every_format_is_tried_here() -> None:
    assert set(CANONICAL) == set(FORMATS)


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.data())
def test_what_is_printed_reads_back_as_the_canonical_text(name: str, data: st.DataObject) -> None:
    canonical = data.draw(CANONICAL[name])
    found = FORMATS[name]
    problem = found.check(canonical)
    assert problem is None or not problem.blocking
    assert found.parse(canonical) == canonical
    assert found.parse(found.show(found.value(canonical))) == canonical


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.data())
def test_any_text_is_read_or_refused_with_a_sentence(name: str, data: st.DataObject) -> None:
    twisted = CANONICAL[name].flatmap(lambda text: st.tuples(st.just(text), st.integers(0, len(text)), ANY_TEXT))
    broken = twisted.map(lambda parts: parts[0][: parts[1]] + parts[2] + parts[0][parts[1] + 1 :])
    typed = data.draw(st.one_of(ANY_TEXT, broken))
    found = FORMATS[name]
    problem = found.check(typed)
    if problem is None or not problem.blocking:
        assert found.parse(typed) == typed
        assert found.parse(found.show(found.value(typed))) == typed
    try:
        canonical = found.parse(typed)
    except ValueError as refused:
        assert str(refused).endswith(".")
    else:
        checked = found.check(canonical)
        assert checked is None or not checked.blocking


@pytest.mark.parametrize("name", FORMATS)
def test_a_refusal_does_not_repeat_what_was_typed(name: str) -> None:
    assert "Q7Z" not in refusal(name, "Q7Z ,") + refusal(name, "01/01/2026, Q7Z")


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("piece", ["0", "9", " ", "-", ".", "A", "a.", "@", "1 ", "(", "€", "-00", "1."])
def test_a_megabyte_is_refused_at_once(name: str, piece: str) -> None:
    assert refusal(name, piece * (1_000_000 // len(piece)) + "!")


@pytest.mark.parametrize("name", [each for each in FORMATS if each not in ("email", "euro", "data_parziale")])
def test_the_digits_of_other_scripts_are_not_digits(name: str) -> None:
    canonical = {"date": "2026-03-05", "codice_fiscale": AMINA, "ora": "09:30"}.get(name, "1234567890")
    arabic = canonical.translate(str.maketrans(DIGITS, "٠١٢٣٤٥٦٧٨٩"))
    assert refusal(name, arabic)


# Dates and hours


@pytest.mark.parametrize(
    "typed",
    [
        "05/03/2026",
        "5/3/2026",
        "05.03.2026",
        "5-3-2026",
        "2026-03-05",
        " 5 / 03 / 2026 ",
        "5/3/26",
        "5 marzo 2026",
        "05 Mar. 2026",
    ],
)
def test_a_date_is_read_in_each_way_of_writing_it(typed: str) -> None:
    assert FORMATS["date"].parse(typed) == "2026-03-05"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("05/03/85", "quattro cifre"),
        ("05/03-2026", "gg/mm/aaaa"),
        ("05 03 2026", "gg/mm/aaaa"),
        ("1 2/03/2026", "gg/mm/aaaa"),
        ("31/02/2026", "non esiste"),
        ("29/02/2025", "non esiste"),
        ("00/03/2026", "non esiste"),
        ("05/13/2026", "mese"),
        ("05/03/1899", "1900"),
        ("05/03/2101", "2100"),
        ("2026-03-05\n\n2026", "gg/mm/aaaa"),
        ("2026-03", "gg/mm/aaaa"),
        ("", "gg/mm/aaaa"),
    ],
)
def test_a_date_that_is_not_one_is_refused(typed: str, said: str) -> None:
    assert said in refusal("date", typed)


def test_a_line_end_after_a_canonical_text_is_not_canonical() -> None:
    for name, canonical in (("date", "2026-03-05"), ("cap", "70121"), ("euro", "1.00"), ("codice_fiscale", AMINA)):
        assert FORMATS[name].check(canonical + "\n") is not None
        assert FORMATS[name].parse(canonical + "\n") == canonical


@pytest.mark.parametrize(
    ("typed", "canonical", "printed"),
    [
        ("1990", "1990", "1990 (giorno e mese non noti)"),
        ("00/00/1990", "1990", "1990 (giorno e mese non noti)"),
        ("00/1990", "1990", "1990 (giorno e mese non noti)"),
        ("3/1990", "1990-03", "marzo 1990 (giorno non noto)"),
        ("00/03/1990", "1990-03", "marzo 1990 (giorno non noto)"),
        ("Marzo 1990", "1990-03", "marzo 1990 (giorno non noto)"),
        ("5.3.1990", "1990-03-05", "05/03/1990"),
    ],
)
def test_a_birth_date_may_be_known_in_part(typed: str, canonical: str, printed: str) -> None:
    partial = FORMATS["data_parziale"]
    assert partial.parse(typed) == canonical
    assert show(partial.value(canonical)) == printed


def test_a_partial_date_that_is_not_one_is_refused() -> None:
    for typed in ("90", "13/1990", "31/02/1990", "1990-2", "05/00/1990", "primavera 1990", "1850"):
        assert refusal("data_parziale", typed)


def test_coming_of_age_counts_from_the_last_day_that_it_can_be() -> None:
    assert PartialDate(1990).latest() == date(1990, 12, 31)
    assert PartialDate(1992, 2).latest() == date(1992, 2, 29)
    assert PartialDate(1992, 2, 3).latest() == PartialDate(1992, 2, 3).earliest() == date(1992, 2, 3)
    assert PartialDate(1990).earliest() == date(1990, 1, 1)


def test_an_hour() -> None:
    assert FORMATS["ora"].parse("9:30") == FORMATS["ora"].parse("09.30") == "09:30"
    assert show(FORMATS["ora"].value("09:30")) == "09:30"
    for typed in ("24:00", "9:60", "930", "9", "9:3", "9,30"):
        assert refusal("ora", typed)


# Money


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("1.234,50", "1234.50"),
        ("1234,50", "1234.50"),
        ("1234", "1234.00"),
        ("€ 1.234,50", "1234.50"),
        ("1.234,50\u00a0€", "1234.50"),
        ("Euro 12,00", "12.00"),
        ("12,00 EUR", "12.00"),
        ("1234.50", "1234.50"),
        ("1.23", "1.23"),
        ("007,50", "7.50"),
        ("-5,00", "-5.00"),
        ("-0,00", "0.00"),
        ("-0.00", "0.00"),
        ("1.000.000,00", "1000000.00"),
    ],
)
def test_an_amount_is_read_as_italians_write_it(typed: str, canonical: str) -> None:
    assert FORMATS["euro"].parse(typed) == canonical


@pytest.mark.parametrize(
    "typed",
    [
        "1.234",
        "1.234.567",
        "1,234.50",
        "1234,5",
        "1234.5",
        "1234,505",
        "1.23,40",
        "12.34,50",
        "12\u00a050",
        "1e3",
        "١٢,٥٠",
    ],
)
def test_an_amount_that_two_people_may_read_differently_is_refused(typed: str) -> None:
    assert "due decimali" in refusal("euro", typed)


def test_an_amount_beyond_any_project_is_refused() -> None:
    assert "999.999.999,99" in refusal("euro", "1.000.000.000,00")
    assert FORMATS["euro"].parse("999.999.999,99") == "999999999.99"


def test_only_canonical_amounts_pass_the_check() -> None:
    for text in ("-0.00", "01.00", "1", "1.0", "+1.00", ".50"):
        assert FORMATS["euro"].check(text) is not None


def test_money_adds_up_and_prints_in_cents() -> None:
    amounts = [Money("1250.50"), Money("0.10"), Money("0.20")]
    assert sum(amounts) == Decimal("1250.80")
    assert type(sum(amounts)) is Decimal
    assert show(Money(sum(amounts))) == "1.250,80"
    assert show(Money("2.675")) == "2,68"
    assert show(Money("-0.001")) == "0,00"
    assert show(Money("-1234567.8")) == "-1.234.567,80"


# Printing


def test_each_value_prints_as_in_an_italian_act() -> None:
    assert show(date(2026, 3, 5)) == "05/03/2026"
    assert show(time(9, 30)) == "09:30"
    assert show(True) == "sì"
    assert show(False) == "no"
    assert show(12) == "12"
    assert show(Decimal("7.5")) == "7,5"
    assert show(Decimal("1E+3")) == "1000"
    assert show("{{ 7*7 }} <w:p/>") == "{{ 7*7 }} <w:p/>"
    assert show([date(2026, 3, 5), "a", True, ()]) == "05/03/2026, a, sì, "
    assert show(Iban("IT60X0542811101000000123456")) == "IT60 X054 2811 1010 0000 0123 456"


def test_a_number_with_a_huge_exponent_does_not_fill_the_memory() -> None:
    assert show(Decimal("1E+999999")) == "1E+999999"


def test_what_has_no_printed_form_is_a_fault_of_the_template() -> None:
    for value in (None, {"nome": "x"}, 1.5, object()):
        with pytest.raises(TypeError):
            show(value)


@pytest.mark.parametrize(
    ("number", "said"),
    {
        0: "zero",
        1: "uno",
        3: "tre",
        8: "otto",
        16: "sedici",
        20: "venti",
        21: "ventuno",
        23: "ventitré",
        28: "ventotto",
        33: "trentatré",
        80: "ottanta",
        100: "cento",
        101: "centouno",
        103: "centotré",
        108: "centootto",
        111: "centoundici",
        121: "centoventuno",
        180: "centottanta",
        188: "centottantotto",
        200: "duecento",
        1000: "mille",
        1001: "milleuno",
        1003: "milletré",
        1100: "millecento",
        1234: "milleduecentotrentaquattro",
        2000: "duemila",
        3000: "tremila",
        21_000: "ventunomila",
        23_023: "ventitremilaventitré",
        100_000: "centomila",
        372_000: "trecentosettantaduemila",
        1_000_000: "un milione",
        1_000_003: "un milione tre",
        2_000_000: "due milioni",
        21_000_500: "ventuno milioni cinquecento",
        999_999_999: "novecentonovantanove milioni novecentonovantanovemilanovecentonovantanove",
    }.items(),
)
def test_amounts_in_words(number: int, said: str) -> None:
    assert words(Decimal(number)) == f"Euro {said}/00"


def test_the_cents_of_an_amount_in_words_are_in_figures() -> None:
    assert words(Money("1234.50")) == "Euro milleduecentotrentaquattro/50"
    assert words(Decimal("0.05")) == "Euro zero/05"
    assert words(Decimal("0.999")) == "Euro uno/00"
    assert words(Decimal("-2.10")) == "Euro meno due/10"
    with pytest.raises(ValueError, match="lettere"):
        words(Decimal(10**9))


@given(st.sets(st.integers(0, 999_999_999), min_size=2, max_size=2))
def test_different_amounts_have_different_words(numbers: set[int]) -> None:
    assert len({words(Decimal(number)) for number in numbers}) == 2


def test_dates_in_words() -> None:
    assert words(date(2026, 3, 1)) == "1º marzo 2026"
    assert words(date(2026, 12, 31)) == "31 dicembre 2026"
    assert words(PartialDate(1990, 3, 5)) == "5 marzo 1990"
    assert words(PartialDate(1990, 3)) == "marzo 1990 (giorno non noto)"


# The text gate


@given(ANY_TEXT)
def test_the_gate_lets_through_only_what_can_be_kept_and_printed(text: str) -> None:
    kept, replaced = clean(text)
    assert clean(kept) == (kept, False)
    assert unicodedata.is_normalized("NFC", kept)
    assert not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in kept if char not in "\t\n")
    assert not any(0xFDD0 <= ord(char) <= 0xFDEF or ord(char) & 0xFFFE == 0xFFFE for char in kept)
    assert kept.encode().decode() == kept
    assert replaced == (kept.count("\ufffd") > text.count("\ufffd"))


@pytest.mark.parametrize(
    ("typed", "kept", "replaced"),
    [
        ("a\r\nb\rc\u2028d\u2029e\x85f", "a\nb\nc\nd\ne\nf", False),
        ("Nicolo\u0300", "Nicolò", False),
        ("a\x00b\x0bc\x9f", "a\ufffdb\ufffdc\ufffd", True),
        ("\ud800\ufdd0\ufffe\U0010ffff", "\ufffd" * 4, True),
        ("già \ufffd", "già \ufffd", False),
        ("\tمرحبا\u200f =1+1 & {{ 7*7 }} 😀", "\tمرحبا\u200f =1+1 & {{ 7*7 }} 😀", False),
    ],
)
def test_what_is_replaced_is_seen(typed: str, kept: str, replaced: bool) -> None:
    assert clean(typed) == (kept, replaced)


# Codice fiscale and partita IVA


def test_a_codice_fiscale_tells_birth_sex_and_place() -> None:
    assert AMINA == "LDRMNA90C45Z330W"
    assert FORMATS["codice_fiscale"].parse(" ldrmna 90c45 z330w\u200e ") == AMINA
    assert cf_facts(AMINA) == CfFacts(day=5, month=3, year_of_century=90, sex="F", place="Z330")


def test_the_128_forms_of_one_code_tell_the_same() -> None:
    forms = omocodia_forms(AMINA)
    assert len(set(forms)) == 128
    for form in forms:
        assert FORMATS["codice_fiscale"].check(form) is None
        assert cf_facts(form) == cf_facts(AMINA)
        assert stdnum_cf.is_valid(form)


@given(st.one_of(cfs, cfs.flatmap(lambda cf: st.sampled_from(omocodia_forms(cf)))))
def test_the_control_letter_is_the_one_that_stdnum_computes(cf: str) -> None:
    assert stdnum_cf.calc_check_digit(cf[:15]) == cf[15]


@given(cfs, st.integers(0, 15), st.sampled_from(UPPER + DIGITS))
def test_one_wrong_character_is_found(cf: str, at: int, char: str) -> None:
    wrong = cf[:at] + char + cf[at + 1 :]
    assert wrong == cf or FORMATS["codice_fiscale"].check(wrong) is not None


def with_letter(body: str) -> str:
    return body + check_letter(body)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (AMINA[:15] + "X", "ultima lettera"),
        (with_letter("LDRMNA90C00Z330"), "giorno"),
        (with_letter("LDRMNA90C32Z330"), "giorno"),
        (with_letter("LDRMNA90C40Z330"), "giorno"),
        (with_letter("LDRMNA90C72Z330"), "giorno"),
        (with_letter("LDRMNA90C85Z330"), "giorno"),
        (with_letter("LDRMNA90D71Z330"), "giorno"),
        (with_letter("LDRMNA91B29Z330"), "giorno"),
        (with_letter("LDRMNA90F45Z330"), "16 caratteri"),
        (with_letter("LDRMNA90C45X330"), "16 caratteri"),
        (AMINA.lower(), "maiuscolo"),
        (AMINA[:-1], "16 caratteri"),
        ("12345678901", "ultima cifra"),
        ("00000000000", "ultima cifra"),
    ],
)
def test_a_wrong_codice_fiscale_says_why(code: str, said: str) -> None:
    problem = FORMATS["codice_fiscale"].check(code)
    assert problem is not None
    assert problem.blocking
    assert said in problem.message


def test_a_29_february_passes_when_one_of_the_two_centuries_had_it() -> None:
    assert FORMATS["codice_fiscale"].check(with_letter("LDRMNA00B29Z330")) is None


def test_a_provisional_code_tells_nothing_of_the_birth() -> None:
    code = make_eleven("0001234567")
    assert FORMATS["codice_fiscale"].check(code) is None
    assert cf_facts(code) is None
    assert cf_agrees(code, "El Idrissi", "Amina")


@given(text_of(DIGITS, 11))
def test_eleven_digits_are_judged_as_stdnum_does(digits: str) -> None:
    assert (FORMATS["partita_iva"].check(digits) is None) == (luhn.is_valid(digits) and int(digits) > 0)
    assert stdnum_iva.is_valid(digits) <= (FORMATS["partita_iva"].check(digits) is None)  # it also knows the offices


def test_a_partita_iva_is_read_with_and_without_the_country() -> None:
    assert FORMATS["partita_iva"].parse("IT 0074 3110 157") == "00743110157"
    assert "11 cifre" in refusal("partita_iva", "743110157")


@pytest.mark.parametrize(
    ("surname", "name", "letters"),
    [
        ("Rossi", "Gianfranco", "RSSGFR"),
        ("De Luca", "Niccolò", "DLCNCL"),
        ("D’Angelo", "Ada", "DNGDAA"),
        ("Fo", "Al", "FOXLAX"),
        ("Aiello", "Bo", "LLABOX"),
        ("Øberg", "Łucja", "BRGLCJ"),
        ("Strauß", "Zoë", "STRZOE"),
        ("", "Abdul", "XXXBDL"),
    ],
)
def test_the_six_letters_of_the_names(surname: str, name: str, letters: str) -> None:
    assert cf_letters(surname, name) == letters


def test_a_code_agrees_with_the_names_or_nothing_can_be_said() -> None:
    assert cf_agrees(AMINA, "EL IDRISSI", "amina")
    assert not cf_agrees(AMINA, "Amina", "El Idrissi")
    assert not cf_agrees(AMINA, "El Idrissi", "Fatima")
    assert cf_agrees(AMINA, "الإدريسي", "أمينة")
    assert cf_agrees(AMINA, "", " ")
    for surname, name in (("Abdul", ""), ("", "Abdul"), ("Abdul", "Abdul")):
        code = make_cf(surname, name, date(1990, 1, 1), "M", "Z200")
        assert cf_agrees(code, "Abdul", "")
        assert cf_agrees(code, "", "Abdul")


# IBAN


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("IT65A0542811101000000123456", "CIN"),  # right by the two digits, which is all that many libraries look at
        ("IT61X0542811101000000123456", "cifre di controllo"),
        ("IT60X054281110100000012345", "27 caratteri"),
        ("DE8937040044053201300", "22 caratteri"),
        ("IT60 X054 2811 1010 0000 0123 456", "solo lettere maiuscole"),
        ("", "sigla del Paese"),
    ],
)
def test_a_wrong_iban_says_why(code: str, said: str) -> None:
    problem = FORMATS["iban"].check(code)
    assert problem is not None
    assert problem.blocking
    assert said in problem.message


def test_an_iban_is_read_in_groups_and_so_printed() -> None:
    assert FORMATS["iban"].parse("it60 x054 2811 1010 0000 0123 456") == "IT60X0542811101000000123456"
    assert show(FORMATS["iban"].value("DE89370400440532013000")) == "DE89 3704 0044 0532 0130 00"


def test_an_iban_from_outside_sepa_is_a_warning() -> None:
    problem = FORMATS["iban"].check("TR330006100519786457841326")
    assert problem is not None
    assert not problem.blocking


@given(text_of(DIGITS, 5), text_of(DIGITS, 5), text_of(UPPER + DIGITS, 12), st.integers(0, 26), st.sampled_from(DIGITS))
def test_an_italian_iban_passes_here_only_if_both_libraries_take_it(abi: str, cab: str, account: str, at: int, char: str) -> None:
    right = make_iban(abi, cab, account)
    assert IBAN(right, validate_bban=True)
    for code in (right, right[:at] + char + right[at + 1 :]):
        if FORMATS["iban"].check(code) is None:
            assert stdnum_iban.is_valid(code)


# CUP, CIG and the rest


@pytest.mark.parametrize("code", ["B31H22000280006", "C71E17000260006", "I39B05000060005"])
def test_the_codes_of_real_projects_are_accepted(code: str) -> None:
    assert FORMATS["cup"].check(code) is None


def test_a_cup_of_an_unknown_pattern_is_a_warning_and_one_of_another_length_blocks() -> None:
    unusual = FORMATS["cup"].check("ABC123456789012")
    assert unusual is not None
    assert not unusual.blocking
    assert "15 caratteri" in refusal("cup", "B31H2200028000")


def test_the_three_forms_of_cig() -> None:
    for code in ("1234567A9F", "Z1A2B3C4D5", "B10A9942A7"):
        assert FORMATS["cig"].check(code) is None
    for code in ("123456ZA9F", "Z1A2B3C4G5", "B10A9942A"):
        assert FORMATS["cig"].check(code) is not None


def test_a_permit_that_is_not_an_electronic_one_is_a_warning() -> None:
    permit = FORMATS["numero_permesso"]
    assert permit.parse("i 12345678") == "I12345678"
    assert permit.check("I12345678") is None
    receipt = permit.check("061234567890")
    assert receipt is not None
    assert not receipt.blocking
    assert "20 caratteri" in refusal("numero_permesso", "1" * 21)


def test_a_telephone_keeps_its_plus_and_its_digits() -> None:
    assert FORMATS["telefono"].parse("+39 (080) 577-12.34") == "+390805771234"
    for typed in ("12345", "1" * 16, "39+080577", "casa 0805771234"):
        assert refusal("telefono", typed)


def test_an_e_mail() -> None:
    for good in ("a@b.it", "nome.cognome+prova@pec.comune.bari.it", "O'Neil@x-y.org"):
        assert FORMATS["email"].parse(f" {good} ") == good
    for bad in ("a@", "@b.it", "a@b", "a b@c.it", "a..b@c.it", ".a@c.it", "a@-c.it", "a@c.1", "é@c.it", "a@b@c.it"):
        assert refusal("email", bad)
    assert refusal("email", "a" * 65 + "@b.it")


def test_short_codes_are_read_in_either_case() -> None:
    assert FORMATS["paese"].parse("mar") == "MAR"
    assert FORMATS["lingua"].parse(" AR ") == "ar"
    assert FORMATS["provincia"].parse("ba") == "BA"
    assert FORMATS["caso"].parse("pst-001") == "PST-001"
    assert FORMATS["cap"].parse("70 121") == "70121"
    for name, typed in (("paese", "MA"), ("lingua", "arab"), ("provincia", "BAR"), ("caso", "PST-1"), ("cap", "7012")):
        assert refusal(name, typed)


# The countries of the kit

COUNTRIES = json.loads((Path(__file__).parent.parent / "rules" / "paesi.json").read_text(encoding="utf-8"))["countries"]
NOW = {row["iso"]: row for row in COUNTRIES if row["valid_to"] is None}


def test_each_country_has_its_codes_in_their_form() -> None:
    for row in COUNTRIES:
        assert row.keys() == {"iso", "istat", "catastale", "name", "cittadinanza", "nascita", "valid_to", "ue", "see"}
        assert row["iso"] is None or FORMATS["paese"].check(row["iso"]) is None
        assert row["istat"] is None or (len(row["istat"]) == 3 and row["istat"].isdecimal())
        assert row["catastale"] is None or (row["catastale"][0] == "Z" and row["catastale"][1:].isdecimal())
        assert row["valid_to"] is None or date.fromisoformat(row["valid_to"])
        assert row["name"] == clean(row["name"])[0].strip() != ""
    for key in ("iso", "istat", "catastale"):
        known = [row[key] for row in COUNTRIES if row[key]]
        assert len(known) == len(set(known))


def test_the_countries_that_the_work_meets() -> None:
    assert (NOW["MAR"]["istat"], NOW["MAR"]["catastale"]) == ("436", "Z330")
    assert (NOW["KOS"]["istat"], NOW["KOS"]["catastale"]) == ("272", "Z160")
    assert NOW["SSD"]["catastale"] == "Z907"
    assert NOW["MKD"]["name"] == "Macedonia del Nord"
    assert NOW["SWZ"]["name"] == "Eswatini"
    assert (NOW["XXA"]["istat"], NOW["XXA"]["cittadinanza"], NOW["XXA"]["nascita"]) == ("999", True, False)
    assert {iso for iso, row in NOW.items() if row["see"]} == {"ISL", "LIE", "NOR", "CHE", "SMR", "VAT"}
    assert sum(row["ue"] for row in COUNTRIES) == 27
    assert NOW["ITA"]["ue"]
    assert not NOW["GBR"]["ue"]
    ended = {row["catastale"] for row in COUNTRIES if row["valid_to"]}
    assert {"Z105", "Z118", "Z135", "Z136", "Z157"} <= ended
