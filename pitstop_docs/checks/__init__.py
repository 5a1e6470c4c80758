"""Rules across records: what they are is Python, their numbers, words, severities and dates are a pack of data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from pitstop_docs.blanks import Node
from pitstop_docs.checks import autonomy, casework, housing, monitoring, people, plans, timesheets
from pitstop_docs.checks.situation import Check, Params, Situation, at, said, shown
from pitstop_docs.dialect import read_kit
from pitstop_docs.errors import KitError
from pitstop_docs.findings import Finding, Hit, Severity
from pitstop_docs.forms import Form

FAMILIES = (casework, plans, autonomy, people, monitoring, timesheets, housing)
CHECKS: Mapping[str, Check] = {check.__name__: check for family in FAMILIES for check in family.CHECKS}


@dataclass(frozen=True)
class Rule:
    """A rule as its pack states it. `messages` and `remedies` are sentences with `{facts}`, by the name of the case.

    `severities` are those of the cases that weigh less, or more, than the rule.
    """

    id: str
    check: Check
    severity: Severity
    valid_from: date | None
    valid_to: date | None
    params: Params
    messages: Mapping[str, str]
    remedies: Mapping[str, str]
    who: str
    source: str
    severities: Mapping[str, Severity] = field(default_factory=dict)

    def in_force(self, day: date) -> bool:
        """True if the rule is valid on that day, both ends included."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True)
class Pack:
    """A dated set of rules, and what goes with it: who may see which class of data, what the roles are called.

    `case_line` lists where a case's line is stated (`presa_in_carico#/linea`), the first that is there wins; `page_header`
    what stands at the head of an issued form.
    """

    name: str
    version: str
    rules: tuple[Rule, ...]
    recipients: Mapping[str, frozenset[str]]
    roles: Mapping[str, str]
    case_line: tuple[str, ...]
    path: Path
    page_header: tuple[str, ...] = ()

    def rule(self, id_: str) -> Rule | None:
        """The rule of that id, None if the pack does not have it."""
        return next((rule for rule in self.rules if rule.id == id_), None)


def load_pack(path: Path) -> Pack:
    """A rule pack. Raises KitError naming the rule that is malformed."""
    told = read_kit(path)
    try:
        return Pack(
            name=told["pack"],
            version=told["version"],
            rules=tuple(_rule(one, path.name) for one in told["rules"]),
            recipients={name: frozenset(classes) for name, classes in told["recipients"].items()},
            roles=told["roles"],
            case_line=tuple(told["case_line"]),
            path=path,
            page_header=tuple(told.get("page_header", ())),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise KitError(f"{path.name}: il pacchetto di regole è incompleto ({error}).") from error


def _rule(told: Mapping[str, Any], pack: str) -> Rule:
    name = told.get("id", "?")
    try:
        return Rule(
            id=told["id"],
            check=CHECKS[told["check"]],
            severity=Severity(told["severity"]),
            valid_from=_day(told.get("valid_from")),
            valid_to=_day(told.get("valid_to")),
            params=told.get("params", {}),
            messages={"message": told["message"], **told.get("messages", {})},
            remedies={"message": told["remedy"], **told.get("remedies", {})},
            who=told["who"],
            source=told["source"],
            severities={name: Severity(one) for name, one in told.get("severities", {}).items()},
        )
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise KitError(f"{pack}: la regola «{name}» è malformata ({error}).") from error


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def judge(pack: Pack, rules: Iterable[str], situation: Situation, forms: Mapping[str, Form]) -> list[Finding]:
    """What the named rules find in this situation, waived where a waiver says so. Raises KitError for an unknown rule."""
    found: list[Finding] = []
    for id_ in rules:
        rule = pack.rule(id_)
        if rule is None:
            raise KitError(f"{pack.path.name}: la regola «{id_}», chiamata da un modello, non esiste.")
        if rule.in_force(situation.today):
            found.extend(_apply(rule, situation, forms))
    return waived(found, situation)


def _apply(rule: Rule, situation: Situation, forms: Mapping[str, Form]) -> Iterator[Finding]:
    stated = tuple(_stated(rule, situation))
    own = {row.text("parametro"): value for row, value in stated if value is not None}
    params = _Params(rule.id, {**rule.params, **own})
    for row, value in stated:
        if value is None:
            yield _unusable(rule, row, forms)
    unknown = sorted(name for name, value in params.items() if value is None)
    if unknown:
        yield _about(
            rule,
            forms,
            Hit(SETTINGS, 1, "/parametri"),
            Severity.INFO,
            f"La regola {rule.id} non si applica in tutto: non è ancora noto «{', '.join(unknown)}».",
            "Indicare il valore nel modulo «progetto», quando la convenzione lo fissa.",
        )
    for hit in rule.check(situation, params):
        yield _told(rule, hit, forms)


class _Params(dict[str, Any]):
    """A rule's parameters: one that the rule needs and the pack lacks is a fault of the pack."""

    def __init__(self, rule: str, params: Params) -> None:
        super().__init__(params)
        self.rule = rule

    def __missing__(self, name: str) -> Any:
        raise KitError(f"La regola «{self.rule}» è senza il parametro «{name}»: rimetterlo nel pacchetto, anche come null.")


def _told(rule: Rule, hit: Hit, forms: Mapping[str, Form]) -> Finding:
    try:
        message = rule.messages[hit.message].format_map(hit.facts)
        remedy = rule.remedies.get(hit.message, rule.remedies["message"]).format_map(hit.facts)
    except (KeyError, ValueError, IndexError) as error:
        raise KitError(f"La regola «{rule.id}» ha una frase malformata: {error}.") from error
    form = forms.get(hit.form)
    if form is None:
        raise KitError(f"La regola «{rule.id}» nomina il modulo «{hit.form}», che non esiste.")
    where = form.label(hit.path)
    severity = rule.severities.get(hit.message, rule.severity)
    return Finding(rule.id, severity, hit.form, hit.number, hit.path, where, message, remedy, rule.who, rule.source)


def _about(rule: Rule, forms: Mapping[str, Form], hit: Hit, severity: Severity, message: str, remedy: str) -> Finding:
    """What is to be said of a rule's own parameters: never a reason to stop a document."""
    where = forms[hit.form].label(hit.path) if hit.form in forms else ""
    return Finding(rule.id, severity, hit.form, hit.number, hit.path, where, message, remedy, "COORD", rule.source)


# ── the project's own values ─────────────────────────────────────────────────────────────────────────────────────────

SETTINGS = "progetto"
"""The form that states the project's own values of the rules' parameters: like all that the convention fixes, a record."""
NUMBER = re.compile(r"[0-9]+|[0-9]+,[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+|[0-9]+\.[0-9]{1,2}|0\.[0-9]+")
"""Numbers as people write them, without those that two people read in two ways («1.234»)."""
MOST = 1_000_000
"""No rule counts so many days, months or euro per person."""


def _stated(rule: Rule, situation: Situation) -> Iterator[tuple[Node, Decimal | None]]:
    """The rows that speak of this rule, each with its number; None for a row that cannot be used."""
    project = situation.first(SETTINGS)
    for row in project.rows("parametri") if project else ():
        if row.text("regola") == rule.id and row.text("valore"):
            usable = isinstance(rule.params.get(row.text("parametro"), ""), int | Decimal | None)
            yield row, _number(row.text("valore")) if usable else None


def _number(text: str) -> Decimal | None:
    text = text.strip()
    if not NUMBER.fullmatch(text) or len(text) > 20:
        return None
    number = Decimal(text.replace(".", "").replace(",", ".") if "," in text else text)
    return number if number <= MOST else None


def _unusable(rule: Rule, row: Node, forms: Mapping[str, Form]) -> Finding:
    known = sorted(name for name, value in rule.params.items() if isinstance(value, int | Decimal | None))
    if row.text("parametro") not in known:
        names = f"I suoi sono: {', '.join(known)}." if known else "Non ne ha che il progetto possa cambiare."
        message = f"La regola {rule.id} non ha un parametro numerico con questo nome. {names}"
        hit, remedy = at(row, "/parametro"), "Correggere il nome, o togliere la riga."
    else:
        message = f"Il valore non è un numero che si possa usare: per la regola {rule.id} vale quello del pacchetto."
        hit, remedy = at(row, "/valore"), "Scrivere un numero, come 30 oppure 1.250,50."
    return _about(rule, forms, hit, Severity.WARNING, message, remedy)


# ── waivers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def waived(findings: Iterable[Finding], situation: Situation) -> list[Finding]:
    """The findings, each marked where a waiver in force covers it: visible, attributed, no longer blocking."""
    waivers = [waiver for waiver in situation.all("deroga") if _in_force(waiver, situation.today)]
    return [_waive(finding, waivers, situation) for finding in findings]


def _in_force(waiver: Node, day: date) -> bool:
    """True if a waiver holds on that day: it has a reason and an author, it has begun, it has not expired."""
    since, until, author = waiver.day("data"), waiver.day("fino_al"), waiver.group("autorizzata_da")
    attributed = bool(waiver.text("motivazione") and author and author.text("ruolo"))
    return attributed and bool(since and until and since <= day <= until)


def _waive(finding: Finding, waivers: Iterable[Node], situation: Situation) -> Finding:
    for waiver in waivers:
        covers = (
            waiver.text("regola") == finding.rule
            and waiver.text("caso") in ("", situation.code)
            and waiver.text("modulo") in ("", finding.form)
            and f"{finding.path}/".startswith(f"{waiver.text('percorso').rstrip('/')}/")
        )
        if covers and finding.severity is Severity.BLOCKING:
            author, until = waiver.group("autorizzata_da"), shown(waiver.day("fino_al"))
            who = said(author, "ruolo") if author else ""
            return replace(finding, waived=True, waiver=f"Deroga n. {waiver.place.number} ({who}), fino al {until}.")
    return finding


__all__ = ["CHECKS", "Pack", "Rule", "Situation", "casework", "judge", "load_pack", "people", "plans", "waived"]
