"""The person: who they are, counted once, spoken to in a language they know, represented if they are under age."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date, time, timedelta
from functools import cache

from pitstop_docs import formats
from pitstop_docs.blanks import Node
from pitstop_docs.checks.plans import add_months, renewal_asked
from pitstop_docs.checks.situation import (
    Check,
    Params,
    Situation,
    also,
    at,
    label,
    limit,
    months_of,
    shown,
    signed_sheets,
    spread,
    whole,
)
from pitstop_docs.findings import Hit

PERSON = "persona"
NOTICE = "informativa"
ITALY = "ITA"


def person_keys(person: Node) -> tuple[str, ...]:
    """What tells a person apart: the codice fiscale, and the name (in any order, any script's accents) with the birth date.

    One name alone with no more than a year or a month of birth tells too little. `coded` marks the name of somebody whose
    codice fiscale is definitive: two of these with different codes are two persons.
    """
    birth, code = person.values.get("data_nascita"), person.text("cf")
    names = sorted(_folded(f"{person.text('cognome')} {person.text('nome')}").split())
    keys = [f"cf {code}"] if code else []
    if isinstance(birth, formats.PartialDate) and names and (birth.day or len(names) > 1):
        named = f"{' '.join(names)} {formats.show(birth)}"
        keys += [f"name {named}", *([f"coded {named}"] if _facts(person) else [])]
    return tuple(keys)


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(" " if not one.isalnum() else one for one in plain if not unicodedata.combining(one))


def one_case_per_person(situation: Situation, params: Params) -> Iterator[Hit]:
    """CASE-022: the same person is not in two cases."""
    person = situation.last(PERSON)
    if person is None:
        return
    shared = {key.partition(" ")[0]: situation.twins.get(key, frozenset()) for key in person_keys(person)}
    by_code, by_name, coded = (set(shared.get(kind, ())) for kind in ("cf", "name", "coded"))
    name = "cognome" if "cognome" in person.values else "nome"
    for other in sorted((by_code | (by_name - coded)) - {situation.code}):
        yield at(person, "/cf" if other in by_code else f"/{name}", caso=other)


def minors_represented(situation: Situation, params: Params) -> Iterator[Hit]:
    """CASE-016: for a minor, whoever has parental responsibility or guardianship is named, sees the notice, signs."""
    person, majority = situation.last(PERSON), limit(params, "maggiore_eta")
    years = whole(person, "eta") if person else None
    if person is None or years is None or majority is None or years >= majority:
        return
    parents = [row for row in person.rows("componenti") if row.flag("esercita_responsabilita_genitoriale")]
    if not parents and person.group("tutore_curatore") is None:
        yield at(person, "/tutore_curatore")
    notice = situation.last(NOTICE)
    if notice and notice.text("presa_visione_di") and notice.text("presa_visione_di") not in params["viewers"]:
        yield also("notice", at(notice, "/presa_visione_di"))
    sheets = signed_sheets(situation) if situation.kind in params["documents"] else ()
    capacities = {row.text("in_qualita_di") for sheet in sheets for row in sheet.rows("firme")}
    if sheets and not capacities & set(params["capacities"]):
        yield also("signature", at(sheets[-1], "/firme", documento=situation.title(situation.form)))


def explained_in_known_language(situation: Situation, params: Params) -> Iterator[Hit]:
    """CASE-023: a paper that the person signs was explained in a language they understand, or by a mediator."""
    told, node, person = params["explained"].get(situation.form), situation.subject, situation.last(PERSON)
    rows = person.rows("lingue") if person else ()
    if not told or node is None or not rows or node.text(told["mediator"]):
        return
    low, language = params["levels"], node.text(told["language"])
    understood = {row.text("lingua") for row in rows if row.flag("madrelingua") or row.text("livello") not in low}
    if language in ("", params["italian"]) and params["italian"] not in understood:
        yield at(node, f"/{told['language']}")
    elif language and language not in understood:
        yield also("unknown", at(node, f"/{told['language']}"))


def no_health_words(situation: Situation, params: Params) -> Iterator[Hit]:
    """CASE-021: words that sound clinical stay out of the texts that everybody reads (GDPR, art. 9)."""
    words, allowed = _starts(tuple(params["words"])), _starts(tuple(params["allowed"]))
    for group, key, text in (found for node in situation.subjects for found in texts(node)):
        if words.search(allowed.sub(" ", _plain(text))):
            yield at(group, f"/{key}")


def _plain(text: str) -> str:
    return " ".join(text.casefold().replace("’", "'").split())


@cache
def _starts(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(re.escape(_plain(word)) for word in words) + r")\w*") if words else re.compile(r"$.")


def texts(node: Node) -> Iterator[tuple[Node, str, str]]:
    """Every free text that anyone may read: the group it stands in, its key (with the row in a list), what it says."""
    for key, value in node.values.items():
        schema = node.schema["properties"][key]
        if isinstance(value, Node):
            yield from texts(value)
        elif isinstance(value, tuple):
            for n, row in enumerate(value):
                if isinstance(row, Node):
                    yield from texts(row)
                elif _free(schema.get("items", {})) and isinstance(row, str):
                    yield node, f"{key}/{n}", row
        elif _free(schema) and isinstance(value, str):
            yield node, key, value


def _free(schema: object) -> bool:
    return isinstance(schema, dict) and schema.get("x-privacy") == "comune" and not {"enum", "format"} & set(schema)


def cf_matches_birth_date(situation: Situation, params: Params) -> Iterator[Hit]:
    """FMT-020: the day, month and year in the codice fiscale are those of the birth date, as far as both are known."""
    for person, facts in _coded(situation):
        birth = person.values.get("data_nascita")
        if isinstance(birth, formats.PartialDate):
            known = ((birth.year % 100, facts.year_of_century), (birth.month, facts.month), (birth.day, facts.day))
            if any(stated is not None and stated != coded for stated, coded in known):
                yield at(person, "/cf")


def cf_matches_sex(situation: Situation, params: Params) -> Iterator[Hit]:
    """FMT-021: the sex in the codice fiscale is the one stated, where it is known."""
    for person, facts in _coded(situation):
        if person.text("sesso") in ("M", "F") and person.text("sesso") != facts.sex:
            yield at(person, "/cf")


def cf_matches_birthplace(situation: Situation, params: Params) -> Iterator[Hit]:
    """FMT-022: the state of birth in the codice fiscale is the one stated, or the one that the land was part of."""
    person, facts = _person_and_cf(situation)
    country = situation.countries.get(person.text("stato_nascita")) if person else None
    former = params["formerly"].get(person.text("stato_nascita"), ()) if person else ()
    if person is None or facts is None or country is None or facts.place in (*params["ended"], *former):
        return
    abroad, born_abroad = facts.place.startswith("Z"), person.text("stato_nascita") != ITALY
    code = country.get("catastale")
    if abroad != born_abroad or (abroad and code and facts.place != code):
        yield at(person, "/cf")


def cf_matches_name(situation: Situation, params: Params) -> Iterator[Hit]:
    """FMT-023: the six letters come from the name as stated, or from one of its other spellings."""
    person, facts = _person_and_cf(situation)
    if person is None or facts is None or person.flag("senza_nome") or person.flag("senza_cognome"):
        return
    surname, name, code = person.text("cognome"), person.text("nome"), person.text("cf")
    if not surname or not name:
        return
    spellings = [(surname, name), *_splits(person)]
    if not any(formats.cf_agrees(code, *one) for one in spellings):
        yield at(person, "/cf")


def _splits(person: Node) -> Iterator[tuple[str, str]]:
    """Every way to read another spelling as surname and name; one in another script says nothing of the letters."""
    for alias in person.leaves("alias"):
        words = str(alias).split()
        if all(any("a" <= letter <= "z" for letter in _folded(word)) for word in words):
            yield from ((" ".join(words[:n]), " ".join(words[n:])) for n in range(len(words) + 1))


def _person_and_cf(situation: Situation) -> tuple[Node | None, formats.CfFacts | None]:
    person = situation.last(PERSON)
    return person, _facts(person) if person else None


def _coded(situation: Situation) -> Iterator[tuple[Node, formats.CfFacts]]:
    """The person and the members of the household whose codice fiscale says something."""
    person = situation.last(PERSON)
    for one in (person, *person.rows("componenti")) if person else ():
        facts = _facts(one)
        if facts:
            yield one, facts


def _facts(person: Node) -> formats.CfFacts | None:
    code = person.text("cf")
    return formats.cf_facts(code) if code and not formats.FORMATS["codice_fiscale"].check(code) else None


def permit_in_force(situation: Situation, params: Params) -> Iterator[Hit]:
    """FMT-024: the permit is valid today, or its renewal was asked in time; what must be looked at again was."""
    person = situation.last(PERSON)
    permit = person.group("permesso") if person else None
    if permit is None:
        return
    today, expires, asked = situation.today, permit.day("data_scadenza"), renewal_asked(permit)
    warn, late = limit(params, "giorni_preavviso"), limit(params, "giorni_per_il_rinnovo")
    if expires and asked is None and expires < today:
        yield at(permit, "/data_scadenza", data=shown(expires))
    elif expires and asked is None and warn is not None and expires <= today + timedelta(days=warn):
        yield also("expiring", at(permit, "/data_scadenza", data=shown(expires)))
    elif expires and asked and late is not None and asked > expires + timedelta(days=late):
        facts = {"data": shown(expires), "rinnovo": shown(asked), "giorni": str(late)}
        yield also("late_renewal", at(permit, "/rinnovo_richiesto_il", **facts))
    recheck = permit.day("scadenza_verifica")
    if recheck and recheck < today:
        yield also("recheck", at(permit, "/scadenza_verifica", data=shown(recheck)))


def provisional_cf_converted(situation: Situation, params: Params) -> Iterator[Hit]:
    """FMT-025: a temporary codice fiscale becomes the definitive one within months."""
    person, months = situation.last(PERSON), limit(params, "mesi")
    issued = person.day("cf_rilasciato_il") if person and person.text("cf_tipo") == "provvisorio_11" else None
    if person and issued and months is not None and add_months(issued, months) < situation.today:
        yield at(person, "/cf", data=shown(issued), mesi=months_of(months))


def address_coherent(situation: Situation, params: Params) -> Iterator[Hit]:
    """FMT-026: an address in the city has one of its postal codes, and its province."""
    person = situation.last(PERSON)
    for key in ("residenza", "domicilio"):
        address = person.group(key) if person else None
        if address is None or _folded(address.text("comune")).split() != _folded(params["city"]).split():
            continue
        cap, province = address.text("cap"), address.text("provincia")
        if cap in params["generic"]:
            yield also("generic", at(address, "/cap"))
        elif cap and not formats.FORMATS["cap"].check(cap) and not _within(int(cap), params):
            yield at(address, "/cap")
        if province and province != params["province"]:
            yield also("province", at(address, "/provincia", provincia=params["province"]))


def _within(number: int, params: Params) -> bool:
    first, last = limit(params, "primo_cap"), limit(params, "ultimo_cap")
    return (first is None or first <= number) and (last is None or number <= last)


def dates_in_order(situation: Situation, params: Params) -> Iterator[Hit]:
    """FMT-030: what begins comes before what ends, in the record itself and in those that every document rests on."""
    for node in _resting(situation, params):
        for first, second in params["pairs"].get(node.place.form, ()):
            for group, key, before in spread(node, first):
                later = _partner(node, group, second)
                comparable = isinstance(before, date | time) and type(before) is type(later)
                if comparable and later < before:  # type: ignore[operator]  # two of the same kind
                    facts = {"campo": label(group, key), "prima": formats.show(before), "dopo": formats.show(later)}
                    yield at(group if "/*/" in second else node, _tail(second), **facts)


def _resting(situation: Situation, params: Params) -> Iterator[Node]:
    """The subject, or all of several; then the records that documents of every kind rest on."""
    others = (situation.last(form) for form in params["always"] if form != situation.form)
    yield from filter(None, (*situation.subjects, *others))


def _partner(node: Node, group: Node, second: str) -> object:
    """The value to compare with: in the same row where both are in one, else wherever it stands in the record."""
    if "/*/" in second:
        return group.values.get(second.rpartition("/")[2])
    return next((value for _, _, value in spread(node, second)), None)


def _tail(path: str) -> str:
    return f"/{path.rpartition('/')[2]}" if "/*/" in path else path


def dates_not_future(situation: Situation, params: Params) -> Iterator[Hit]:
    """FMT-031: what was done is not dated tomorrow, in the record itself and in those that every document rests on."""
    for node in _resting(situation, params):
        for pattern in params["dates"].get(node.place.form, ()):
            for group, key, day in spread(node, pattern):
                if isinstance(day, date) and day > situation.today:
                    yield at(group, f"/{key}", data=shown(day))


CHECKS: tuple[Check, ...] = (
    one_case_per_person,
    minors_represented,
    explained_in_known_language,
    no_health_words,
    cf_matches_birth_date,
    cf_matches_sex,
    cf_matches_birthplace,
    cf_matches_name,
    permit_in_force,
    provisional_cf_converted,
    address_coherent,
    dates_in_order,
    dates_not_future,
)
