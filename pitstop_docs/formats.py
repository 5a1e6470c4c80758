"""A date, an amount, a code: each has one canonical text, ways in which people type it, and one way to be printed.

`FORMATS` is the table that schemas, pages, cells and PDF fields share. For every format and every canonical text x,
`parse(show(value(x))) == x`. Nothing here holds or repeats a personal value: the sentences say what form is expected.
"""

import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import NamedTuple

_MONTHS = "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre"
MONTHS = tuple(_MONTHS.split())
FIRST_YEAR, LAST_YEAR = 1900, 2100

_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | 0xFFFE) + chr(plane << 16 | 0xFFFF) for plane in range(17))
    + "]"
)
_LINE_END = re.compile("\r\n|[\r\x85\u2028\u2029]")


def clean(text: str) -> tuple[str, bool]:
    """The text as it may be kept and printed, and whether something was lost in making it so.

    NFC; every kind of line end is a line feed; control characters (but tab and line feed), lone surrogates and
    noncharacters are replaced visibly by U+FFFD, which makes the second item True. Doing it twice changes nothing.
    """
    text, replaced = _FORBIDDEN.subn("\ufffd", _LINE_END.sub("\n", text))
    return unicodedata.normalize("NFC", text), replaced > 0


class Money(Decimal):
    """An amount in euro: it prints with two decimals and thousands dots, where a plain Decimal (hours) prints as it is.

    Arithmetic gives plain Decimals, so a computed amount is wrapped again: `Money(sum(amounts))`.
    """


class Iban(str):
    """An IBAN without spaces: it prints in groups of four."""

    __slots__ = ()


@dataclass(frozen=True)
class PartialDate:
    """A birth date as the registry knows it: day, or month and day, may be unknown (None)."""

    year: int
    month: int | None = None
    day: int | None = None

    def earliest(self) -> date:
        """The first day that it can be."""
        return date(self.year, self.month or 1, self.day or 1)

    def latest(self) -> date:
        """The last day that it can be: the one that counts for coming of age."""
        month = self.month or 12
        return date(self.year, month, self.day or monthrange(self.year, month)[1])


def show(value: object) -> str:
    """A value as printed in an Italian act; text as it is. TypeError for a group or for nothing at all."""
    match value:
        case Iban():
            return " ".join(value[start : start + 4] for start in range(0, len(value), 4))
        case str():
            return value
        case bool():
            return "sì" if value else "no"
        case int():
            return str(value)
        case Money():
            return f"{_cents(value):,.2f}".translate(str.maketrans(",.", ".,"))
        case Decimal():
            # Outside this range the positional notation of a few typed characters (1e999999) could fill the memory.
            plain = f"{value:f}" if -50 < value.adjusted() < 50 else str(value)
            return plain.replace(".", ",")
        case date():
            return f"{value:%d/%m/}{value.year:04}"
        case time():
            return f"{value:%H:%M}"
        case PartialDate():
            return _show_partial(value)
        case list() | tuple():
            return ", ".join(show(each) for each in value)
    raise TypeError(f"nothing prints a {type(value).__name__}")


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP) + 0  # + 0: no minus before zero


def _show_partial(value: PartialDate) -> str:
    if value.month is None:
        return f"{value.year} (giorno e mese non noti)"
    if value.day is None:
        return f"{MONTHS[value.month - 1]} {value.year} (giorno non noto)"
    return show(date(value.year, value.month, value.day))


_SMALL = (
    "zero uno due tre quattro cinque sei sette otto nove "
    "dieci undici dodici tredici quattordici quindici sedici diciassette diciotto diciannove"
)
_TENS = "venti trenta quaranta cinquanta sessanta settanta ottanta novanta"


def words(value: date | PartialDate | Decimal) -> str:
    """A date in letters («1º marzo 2026»), or an amount as acts write it («Euro milleduecentotrentaquattro/50»).

    ValueError from one thousand million euro up.
    """
    if isinstance(value, Decimal):
        cents = _cents(value)
        whole, rest = divmod(abs(cents), 1)
        return f"Euro {'meno ' if cents < 0 else ''}{_number_words(int(whole))}/{int(rest * 100):02}"
    if value.month is None or value.day is None:
        return show(value)
    return f"{'1º' if value.day == 1 else value.day} {MONTHS[value.month - 1]} {value.year}"


def _number_words(number: int) -> str:
    if number >= 10**9:
        raise ValueError("L’importo è troppo grande per essere scritto in lettere: controllarlo.")
    millions, rest = divmod(number, 10**6)
    thousands, units = divmod(rest, 1000)
    below = {0: "", 1: "mille"}.get(thousands, f"{_hundreds(thousands)}mila") + (_hundreds(units) if units else "")
    if below.endswith("tre") and rest != 3:
        below = below[:-1] + "é"  # ventitré, milletré, but tre
    if not millions:
        return below or "zero"
    return f"{'un milione' if millions == 1 else _hundreds(millions) + ' milioni'} {below}".rstrip()


def _hundreds(number: int) -> str:
    small, tens = _SMALL.split(), _TENS.split()
    hundreds, rest = divmod(number, 100)
    if hundreds:
        head = ("" if hundreds == 1 else small[hundreds]) + "cento"
        return (head[:-1] if rest // 10 == 8 else head) + (_hundreds(rest) if rest else "")  # centottanta
    if rest < 20:
        return small[rest]
    ten, units = tens[rest // 10 - 2], rest % 10
    return (ten[:-1] if units in (1, 8) else ten) + (small[units] if units else "")  # ventuno, ventotto


class Problem(NamedTuple):
    """What is wrong with a text and how to write it, in Italian, without the text; a warning if it does not block."""

    message: str
    blocking: bool = True


_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"))  # they come with a paste


def _strip(text: str) -> str:
    return text.translate(_UNSEEN).strip()


def _compact(text: str) -> str:
    return "".join(_strip(text).split())


def _upper(text: str) -> str:
    text = _compact(text)
    return text.upper() if text.isascii() else text  # «ſ» and «ı» would turn into S and I


@dataclass(frozen=True)
class Format:
    """One format: `hint` is how it is typed, for labels; `check` says what is wrong with a text, canonical or not.

    `check` is total. What it does not block is canonical: only then may `value` be called.
    """

    name: str
    hint: str
    check: Callable[[str], Problem | None]
    value: Callable[[str], object] = str
    tidy: Callable[[str], str] = _upper

    def parse(self, text: str) -> str:
        """The canonical text of what a person typed. ValueError with an Italian sentence if there is none."""
        canonical = self.tidy(text)
        problem = self.check(canonical)
        if problem and problem.blocking:
            raise ValueError(problem.message)
        return canonical

    def objection(self, text: str) -> str:
        """What is wrong with a text as it was typed («31/02/2026» is no day, though well written); empty if it can be read."""
        try:
            self.parse(text)
        except ValueError as error:
            return str(error)
        return ""

    def show(self, value: object) -> str:
        """The value as printed in an Italian act."""
        return show(value)


# [0-9] and not \d, which takes the digits of every script.
_ISO = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TYPED_DAY = re.compile(r"([0-9]{1,2})\s*([/.-])\s*([0-9]{1,2})\s*\2\s*([0-9]{4})")
_NAMED_DAY = re.compile(rf"([0-9]{{1,2}})[º°]?\s+({'|'.join(f'{name}|{name[:3]}' for name in MONTHS)})\.?\s+([0-9]{{4}})")
_SHORT_DAY = re.compile(r"([0-9]{1,2})\s*([/.-])\s*([0-9]{1,2})\s*\2\s*([23][0-9])")
"""A year in two digits is read where it can only be one of the project's: a birth has four."""
_TYPED_MONTH = re.compile(rf"([0-9]{{1,2}})\s*[/.-]\s*([0-9]{{4}})|({'|'.join(MONTHS)})\s+([0-9]{{4}})")
_PARTIAL = re.compile("([0-9]{4})(?:-([0-9]{2}))?(?:-([0-9]{2}))?")


def _tidy_date(text: str) -> str:
    text = _strip(text)
    if named := _NAMED_DAY.fullmatch(text.lower()):
        month = next(n for n, name in enumerate(MONTHS, start=1) if name.startswith(named[2]))
        return f"{named[3]}-{month:02}-{named[1]:0>2}"
    found = _TYPED_DAY.fullmatch(text)
    return f"{found[4]}-{found[3]:0>2}-{found[1]:0>2}" if found else text


def _tidy_act_date(text: str) -> str:
    found = _SHORT_DAY.fullmatch(_strip(text))
    return f"20{found[4]}-{found[3]:0>2}-{found[1]:0>2}" if found else _tidy_date(text)


def _check_date(text: str) -> Problem | None:
    if not _ISO.fullmatch(text):
        return Problem("Scrivere la data come gg/mm/aaaa, con quattro cifre per l’anno (nei file: aaaa-mm-gg).")
    return _check_partial(text)


def _tidy_partial(text: str) -> str:
    text = _strip(text).lower().removesuffix("(giorno non noto)").removesuffix("(giorno e mese non noti)").rstrip()
    if found := _TYPED_MONTH.fullmatch(text):
        month = found[1] or str(MONTHS.index(found[3]) + 1)
        text = f"{found[2] or found[4]}-{month:0>2}"
    return _tidy_date(text).removesuffix("-00").removesuffix("-00")  # 00/00/1990, as permits print the unknown


def _check_partial(text: str) -> Problem | None:
    found = _PARTIAL.fullmatch(text)
    if not found:
        return Problem("Scrivere la data come gg/mm/aaaa; se non è nota per intero, come mm/aaaa o aaaa.")
    year, month, day = (int(piece) if piece else None for piece in found.groups())
    if year is None or not FIRST_YEAR <= year <= LAST_YEAR:
        return Problem(f"L’anno deve stare fra {FIRST_YEAR} e {LAST_YEAR}: controllarlo.")
    if month is not None and not 1 <= month <= 12:
        return Problem("Il mese deve stare fra 01 e 12: scrivere la data come gg/mm/aaaa.")
    if month is not None and day is not None and not 1 <= day <= monthrange(year, month)[1]:
        return Problem("Il giorno non esiste nel calendario: scrivere la data come gg/mm/aaaa.")
    return None


def _partial(text: str) -> PartialDate:
    return PartialDate(*(int(piece) for piece in text.split("-")))


def _tidy_time(text: str) -> str:
    found = re.fullmatch("([0-9]{1,2})[:.]([0-9]{2})", text := _strip(text))
    return f"{found[1]:0>2}:{found[2]}" if found else text


_EURO = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]{2}")
_TYPED_EURO = re.compile(r"(-?)\s*([0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+)(?:,([0-9]{2}))?")


def _tidy_euro(text: str) -> str:
    text = _strip(text).lower()
    for sign in ("€", "euro", "eur"):
        text = text.removeprefix(sign).removesuffix(sign).strip()
    found = _TYPED_EURO.fullmatch(text)
    # Dots without decimals («1.234») are not read: one clerk means thousands, another a decimal point.
    if found and (found[3] or "." not in found[2]):
        whole = found[2].replace(".", "").lstrip("0") or "0"
        text = f"{found[1]}{whole}.{found[3] or '00'}"
    return "0.00" if text == "-0.00" else text


def _check_euro(text: str) -> Problem | None:
    if not _EURO.fullmatch(text) or text == "-0.00":
        return Problem("Scrivere l’importo con la virgola e due decimali, come 1.234,50 (nei file: 1234.50).")
    return Problem("L’importo supera 999.999.999,99 euro: controllarlo.") if len(text.lstrip("-")) > 12 else None


_CF = re.compile("[A-Z]{6}[0-9L-NP-V]{2}[ABCDEHLMPRST][0-9L-NP-V]{2}[A-MZ][0-9L-NP-V]{3}[A-Z]")
_CF_DIGITS = (6, 7, 9, 10, 12, 13, 14)
_OMOCODIA = str.maketrans("LMNPQRSTUV", "0123456789")
_CF_MONTHS = "ABCDEHLMPRST"
_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
_FOREIGN_LETTERS = str.maketrans({"Ø": "O", "Ł": "L", "Đ": "D", "Ð": "D", "Ħ": "H", "ẞ": "SS", "Æ": "AE", "Œ": "OE", "Þ": "TH"})


def check_letter(text: str) -> str:
    """The control letter of capital letters and digits: last of a codice fiscale (D.M. 23-12-1976), CIN of an IBAN."""
    ranks = [int(char) if char.isdigit() else ord(char) - ord("A") for char in text]
    return chr(ord("A") + (sum(_ODD[rank] for rank in ranks[::2]) + sum(ranks[1::2])) % 26)


def check_digit(digits: str) -> str:
    """The last digit of a partita IVA or of a provisional codice fiscale, from the ten before it."""
    odd, even = map(int, digits[::2]), map(int, digits[1::2])
    return str(-(sum(odd) + sum(sum(divmod(2 * digit, 10)) for digit in even)) % 10)


def _eleven(text: str) -> bool:
    return text != "0" * 11 and text[10] == check_digit(text[:10])


@dataclass(frozen=True)
class CfFacts:
    """What a codice fiscale says of a birth; `sex` is M or F, `place` a comune (A662) or a foreign state (Z330)."""

    day: int
    month: int
    year_of_century: int
    sex: str
    place: str


def cf_facts(cf: str) -> CfFacts | None:
    """The facts in a codice fiscale, omocodia decoded; None for a provisional one and for what is not one."""
    if not _CF.fullmatch(cf):
        return None
    plain = "".join(char.translate(_OMOCODIA) if at in _CF_DIGITS else char for at, char in enumerate(cf))
    day = int(plain[9:11])
    month = _CF_MONTHS.index(plain[8]) + 1
    return CfFacts(day - 40 if day > 40 else day, month, int(plain[6:8]), "F" if day > 40 else "M", plain[11:15])


def _check_cf(text: str) -> Problem | None:
    if re.fullmatch("[0-9]{11}", text):
        message = "L’ultima cifra del codice fiscale provvisorio non torna con le altre: ricopiarlo dal documento."
        return None if _eleven(text) else Problem(message)
    facts = cf_facts(text)
    if facts is None:
        return Problem("Il codice fiscale ha 16 caratteri, o 11 cifre se provvisorio, in maiuscolo e senza spazi.")
    if check_letter(text[:15]) != text[15]:
        return Problem("L’ultima lettera del codice fiscale non torna con le altre: ricopiarlo dal documento.")
    # The century is not written: 29 February passes if one of the two years of birth had it.
    if not 1 <= facts.day <= monthrange(2000 + facts.year_of_century, facts.month)[1]:
        return Problem("Il giorno di nascita scritto nel codice fiscale non esiste: ricopiarlo dal documento.")
    return None


def cf_letters(surname: str, name: str) -> str:
    """The first six letters of a codice fiscale (D.M. 23-12-1976): XXX for what is missing."""
    last, last_vowels = _consonants(surname)
    first, first_vowels = _consonants(name)
    if len(first) > 3:
        first = first[0] + first[2:4]
    return f"{(last + last_vowels + 'XXX')[:3]}{(first + first_vowels + 'XXX')[:3]}"


def _consonants(text: str) -> tuple[str, str]:
    plain = unicodedata.normalize("NFKD", text.upper()).translate(_FOREIGN_LETTERS)
    letters = [char for char in plain if "A" <= char <= "Z"]
    return "".join(c for c in letters if c not in "AEIOU"), "".join(c for c in letters if c in "AEIOU")


def cf_agrees(cf: str, surname: str, name: str) -> bool:
    """False if the first six letters are not those of the names; True also where nothing can be said.

    Nothing can be said of a provisional code, of no name at all, of names in another script. A person with one name
    only may have it in either half of the letters, or in both.
    """
    given = [part for part in (surname, name) if part.strip()]
    if not _CF.fullmatch(cf) or not given or not all(any(_consonants(part)) for part in given):
        return True
    only = given[0]
    pairs = [(surname, name)] if len(given) == 2 else [(only, ""), ("", only), (only, only)]
    return any(cf_letters(*pair) == cf[:6] for pair in pairs)


def _check_vat(text: str) -> Problem | None:
    if not re.fullmatch("[0-9]{11}", text):
        return Problem("La partita IVA ha 11 cifre, senza spazi.")
    return None if _eleven(text) else Problem("L’ultima cifra della partita IVA non torna con le altre: ricopiarla.")


# The SEPA countries and the length of their IBANs (EPC list of SEPA scheme countries; ISO 13616 registry).
_SEPA = (
    "AD24 AL28 AT20 BE16 BG22 CH21 CY28 CZ24 DE22 DK18 EE20 ES24 FI18 FR27 GB22 GI23 GR27 HR21 HU28 IE22 IS26 IT27 "
    "LI21 LT20 LU20 LV21 MC27 MD24 ME22 MK19 MT31 NL18 NO15 PL28 PT25 RO24 RS22 SE24 SI19 SK24 SM27 VA22"
)
_IBAN_LENGTHS = {each[:2]: int(each[2:]) for each in _SEPA.split()}
_IBAN_IT = re.compile("(?:IT|SM)[0-9]{2}([A-Z])([0-9]{10}[A-Z0-9]{12})")


def iban_digits(country: str, account: str) -> str:
    """The two control digits of an IBAN (ISO 13616), from its country and what follows the digits."""
    return f"{98 - int(''.join(str(int(char, 36)) for char in f'{account}{country}00')) % 97:02}"


def _check_iban(text: str) -> Problem | None:
    if not re.fullmatch("[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", text):
        return Problem("L’IBAN ha solo lettere maiuscole e cifre (27 se italiano) e comincia con la sigla del Paese.")
    length = _IBAN_LENGTHS.get(text[:2])
    if length not in (None, len(text)):
        return Problem(f"Gli IBAN di questo Paese hanno {length} caratteri: ricopiarlo dal documento della banca.")
    if iban_digits(text[:2], text[4:]) != text[2:4]:
        return Problem("Le cifre di controllo dell’IBAN non tornano: ricopiarlo dal documento della banca.")
    if text[:2] in ("IT", "SM"):
        italian = _IBAN_IT.fullmatch(text)
        if not italian or check_letter(italian[2]) != italian[1]:
            return Problem("La lettera di controllo dell’IBAN (CIN) non torna: ricopiarlo dal documento della banca.")
    if length is None:
        return Problem("L’IBAN è di un Paese fuori dall’area SEPA: controllare che la banca possa pagarlo.", False)
    return None


def _tidy_phone(text: str) -> str:
    return re.sub(r"[()/.\-\u2010-\u2015]", "", _compact(text))


_ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+[A-Za-z][A-Za-z0-9-]{{0,61}}[A-Za-z0-9]")


def _check_email(text: str) -> Problem | None:
    if len(text) <= 254 and text.find("@") <= 64 and _EMAIL.fullmatch(text):
        return None
    return Problem("Scrivere l’indirizzo e-mail come nome@dominio.it, senza spazi né accenti.")


_PATTERNS = {
    "ora": ("([01][0-9]|2[0-3]):[0-5][0-9]", "Scrivere l’ora come hh:mm, fra 00:00 e 23:59."),
    "cup": ("[A-Z0-9]{15}", "Il CUP ha 15 caratteri: lettere maiuscole e cifre, senza spazi."),
    "cig": ("[0-9]{7}[0-9A-F]{3}|[A-Z][0-9A-F]{9}", "Il CIG ha 10 caratteri, cifre e lettere A–F: ricontrollarlo."),
    "cap": ("[0-9]{5}", "Il CAP ha 5 cifre."),
    "telefono": (r"\+?[0-9]{6,15}", "Scrivere il telefono in cifre (da 6 a 15), con + davanti se estero."),
    "numero_permesso": (
        "[A-Z0-9/.-]{1,20}",
        "Scrivere il numero in maiuscolo e senza spazi, al massimo 20 caratteri.",
    ),
    "paese": ("[A-Z]{3}", "Indicare il Paese con la sigla ISO di tre lettere maiuscole."),
    "lingua": ("[a-z]{2,3}", "Indicare la lingua con la sigla ISO di due o tre lettere minuscole."),
    "caso": ("[A-Z]{2,5}-[0-9]{3,6}", "Scrivere il codice del caso come PST-001."),
    "provincia": ("[A-Z]{2}", "Indicare la provincia con la sigla di due lettere maiuscole."),
}
_USUAL = {  # what fits the pattern but not this one gets a warning
    "cup": ("[A-Z][0-9]{2}[A-Z][0-9]{11}", "I CUP noti sono lettera, 2 cifre, lettera, 11 cifre: ricontrollarlo."),
    "numero_permesso": ("I[0-9]{8}", "I permessi elettronici hanno la lettera I e 8 cifre: ricontrollare il numero."),
}


def _coded(name: str, hint: str, tidy: Callable[[str], str] = _upper, value: Callable[[str], object] = str) -> Format:
    pattern, message = _PATTERNS[name]
    usual, warning = _USUAL.get(name, (pattern, ""))

    def check(text: str) -> Problem | None:
        if not re.fullmatch(pattern, text):
            return Problem(message)
        return None if re.fullmatch(usual, text) else Problem(warning, blocking=False)

    return Format(name, hint, check, value, tidy)


_TABLE = (
    Format("date", "gg/mm/aaaa", _check_date, date.fromisoformat, _tidy_act_date),
    Format("data_parziale", "gg/mm/aaaa, mm/aaaa o aaaa", _check_partial, _partial, _tidy_partial),
    _coded("ora", "hh:mm", _tidy_time, time.fromisoformat),
    Format("euro", "1.234,50", _check_euro, Money, _tidy_euro),
    Format("codice_fiscale", "16 caratteri, o 11 cifre se provvisorio", _check_cf),
    Format("partita_iva", "11 cifre", _check_vat, tidy=lambda text: _upper(text).removeprefix("IT")),
    Format("iban", "27 caratteri se italiano", _check_iban, Iban),
    _coded("cup", "15 caratteri"),
    _coded("cig", "10 caratteri"),
    _coded("cap", "5 cifre"),
    Format("email", "nome@dominio.it", _check_email, tidy=_strip),
    _coded("telefono", "cifre, con + davanti se estero", _tidy_phone),
    _coded("numero_permesso", "come sul documento"),
    _coded("paese", "sigla, come MAR"),
    _coded("lingua", "sigla, come ar", lambda text: _upper(text).lower()),
    _coded("caso", "come PST-001"),
    _coded("provincia", "sigla, come BA"),
)
FORMATS: Mapping[str, Format] = MappingProxyType({each.name: each for each in _TABLE})
"""The formats that a schema may name. Which countries and languages exist is for the tables of the kit to say."""
