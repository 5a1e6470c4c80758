"""Codes of invented people and bodies: the check characters are right, the holders do not exist."""

from datetime import date

from pitstop_docs.formats import cf_letters, check_digit, check_letter, iban_digits


def make_cf(surname: str, name: str, birth: date, sex: str, place: str) -> str:
    """The codice fiscale of somebody; `sex` is M or F, `place` a comune (A662) or a foreign state (Z330)."""
    day = birth.day + (40 if sex == "F" else 0)
    body = f"{cf_letters(surname, name)}{birth.year % 100:02}{'ABCDEHLMPRST'[birth.month - 1]}{day:02}{place}"
    return body + check_letter(body)


def make_eleven(ten_digits: str) -> str:
    """A provisional codice fiscale, or a partita IVA, from its first ten digits."""
    return ten_digits + check_digit(ten_digits)


def make_iban(abi: str, cab: str, account: str) -> str:
    """An Italian IBAN: five digits, five digits, twelve capital letters and digits."""
    bban = check_letter(abi + cab + account) + abi + cab + account
    return f"IT{iban_digits('IT', bban)}{bban}"
