"""Rules across records: what they are is Python, their numbers, words, severities and dates are a pack of data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from pitstop_docs.blanks import Node
from pitstop_docs.checks import casework, people, plans
from pitstop_docs.checks.situation import Check, Params, Situation
from pitstop_docs.errors import KitError
from pitstop_docs.findings import Finding, Hit, Severity
from pitstop_docs.forms import Form, read_kit

CHECKS: Mapping[str, Check] = {check.__name__: check for check in (*casework.CHECKS, *plans.CHECKS, *people.CHECKS)}


@dataclass(frozen=True)
class Rule:
    """A rule as its pack states it. `messages` and `remedies` are sentences with `{facts}`, by the name of the case."""

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

    def in_force(self, day: date) -> bool:
        """True if the rule is valid on that day, both ends included."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True)
class Pack:
    """A dated set of rules, and what goes with it: who may see which class of data, what the roles are called.

    `case_line` lists where a case's line is stated (`presa_in_carico#/linea`), the first that is there wins.
    """

    name: str
    version: str
    rules: tuple[Rule, ...]
    recipients: Mapping[str, frozenset[str]]
    roles: Mapping[str, str]
    case_line: tuple[str, ...]
    path: Path

    def rule(self, id_: str) -> Rule | None:
        """The rule of that id, None if the pack does not have it."""
        return next((rule for rule in self.rules if rule.id == id_), None)


class _Parameters(dict[str, Any]):
    """A rule's parameters: one that the rule needs and the pack lacks is a fault of the pack."""

    def __init__(self, rule: str, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self.rule = rule

    def __missing__(self, key: str) -> Any:
        raise KitError(f"La regola «{self.rule}» è senza il parametro «{key}»: aggiungerlo al pacchetto di regole.")


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
            params=_Parameters(name, told.get("params", {})),
            messages={"message": told["message"], **told.get("messages", {})},
            remedies={"message": told["remedy"], **told.get("remedies", {})},
            who=told["who"],
            source=told["source"],
        )
    except (KeyError, ValueError, TypeError) as error:
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
    params = _Parameters(rule.id, {**rule.params, **_overrides(rule.id, situation)})
    unknown = sorted(name for name, value in params.items() if value is None)
    if unknown:
        yield Finding(
            rule.id,
            Severity.INFO,
            "progetto",
            1,
            "/parametri",
            "Parametri delle regole",
            f"La regola {rule.id} non si applica in tutto: non è ancora noto «{', '.join(unknown)}».",
            "Indicare il valore nel modulo «progetto», quando la convenzione lo fissa.",
            "COORD",
            rule.source,
        )
    for hit in rule.check(situation, params):
        yield _told(rule, hit, forms)


def _told(rule: Rule, hit: Hit, forms: Mapping[str, Form]) -> Finding:
    form = forms[hit.form]
    try:
        message = rule.messages[hit.message].format_map(hit.facts)
        remedy = rule.remedies.get(hit.message, rule.remedies["message"]).format_map(hit.facts)
    except (KeyError, ValueError, IndexError) as error:
        raise KitError(f"La regola «{rule.id}» ha una frase malformata: {error}.") from error
    where = form.label(hit.path)
    return Finding(rule.id, rule.severity, hit.form, hit.number, hit.path, where, message, remedy, rule.who, rule.source)


def _overrides(rule: str, situation: Situation) -> dict[str, Any]:
    """The project's own values of a rule's parameters: they are records, like all that the convention fixes."""
    project = situation.first("progetto")
    rows = project.rows("parametri") if project else ()
    return {row.text("parametro"): _number(row.text("valore")) for row in rows if row.text("regola") == rule}


def _number(text: str) -> Decimal | str | None:
    try:
        return Decimal(text.replace(",", "."))
    except InvalidOperation:
        return text or None


def waived(findings: Iterable[Finding], situation: Situation) -> list[Finding]:
    """The findings, each marked where a waiver in force covers it: visible, attributed, no longer blocking."""
    waivers = situation.all("deroga")
    return [_waive(finding, waivers, situation) for finding in findings]


def _waive(finding: Finding, waivers: Iterable[Node], situation: Situation) -> Finding:
    for waiver in waivers:
        until = waiver.day("fino_al")
        covers = (
            waiver.text("regola") == finding.rule
            and waiver.text("caso") in ("", situation.code)
            and waiver.text("modulo") in ("", finding.form)
            and finding.path.startswith(waiver.text("percorso"))
        )
        if covers and finding.severity is Severity.BLOCKING and until and until >= situation.today:
            by = waiver.group("autorizzata_da")
            who = by.text("ruolo") if by else ""
            note = f"Deroga n. {waiver.place.number} ({who}), fino al {until:%d/%m/%Y}."
            return replace(finding, waived=True, waiver=note)
    return finding


__all__ = ["CHECKS", "Pack", "Rule", "Situation", "casework", "judge", "load_pack", "people", "plans", "waived"]
