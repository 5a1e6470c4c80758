"""What is missing or odd in the data: one kind of value, one order, one way to tell it."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding weighs: the first stops a document, the second is for the operator to decide."""

    BLOCKING = "bloccante"
    WARNING = "avviso"
    INFO = "info"


SEVERITIES = tuple(Severity)


@dataclass(frozen=True)
class Finding:
    """One thing to mend: by which rule, where (form, number, JSON Pointer, label), what, what to do, who, on whose word.

    `number` is the record's number within its form (1 where the form is one per case).
    """

    rule: str
    severity: Severity
    form: str
    number: int
    path: str
    label: str
    message: str
    remedy: str
    who: str
    source: str = ""
    waived: bool = False
    waiver: str = ""

    @property
    def blocks(self) -> bool:
        """True if a document must not be made because of it."""
        return self.severity is Severity.BLOCKING and not self.waived

    def to_json(self) -> dict[str, object]:
        """The stable shape of a finding in `--json` output."""
        return asdict(self)


@dataclass(frozen=True)
class Hit:
    """What a rule found, before its pack says it in words: where, and the facts for the message."""

    form: str
    number: int
    path: str
    facts: dict[str, str] = field(default_factory=dict)
    message: str = "message"  # the key of the sentence in the rule pack


def sort_key(finding: Finding) -> tuple[object, ...]:
    """By place: form, record, path with numbers as numbers, then weight and rule; what remains, as the rule told it."""
    # A key of thousands of digits, which an answer may have, is no row number: int() refuses it.
    pieces = [(0, int(one), "") if one.isdecimal() and len(one) < 10 else (1, 0, one) for one in finding.path.split("/")]
    weight = SEVERITIES.index(finding.severity)
    return (finding.form, finding.number, pieces, weight, finding.rule)


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """The findings sorted by where they are, each once."""
    return sorted(dict.fromkeys(findings), key=sort_key)


def as_text(findings: Iterable[Finding], titles: Mapping[str, str], roles: Mapping[str, str]) -> str:
    """The findings as staff read them: grouped by who must act, what blocks first.

    `titles` names the forms («pai» → «D10 PAI») and `roles` the people («AS» → «assistente sociale»).
    """
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.who, []).append(finding)
    lines: list[str] = []
    for who in sorted(groups):
        lines.append(f"{name_of_role(who, roles)}:")
        for finding in sorted(groups[who], key=lambda f: (not f.blocks, SEVERITIES.index(f.severity), sort_key(f))):
            lines.append(f"  {line_of(finding, titles)}")
    return "\n".join(lines)


def name_of_role(who: str, roles: Mapping[str, str]) -> str:
    """What a role is called at the head of a list; «Altri» where nobody in particular must act."""
    name = roles.get(who, who) or "altri"
    return name[:1].upper() + name[1:]


def line_of(finding: Finding, titles: Mapping[str, str], *, mark: bool = True) -> str:
    """One finding as a line: how much it weighs (unless `mark` is False), where, what, what to do, by which rule."""
    weight = "derogato" if finding.waived else finding.severity.value
    where = titles.get(finding.form, finding.form)
    if finding.number > 1:
        where += f" n. {finding.number}"
    if finding.label:
        where += f", {finding.label}"
    sentence = " ".join(filter(None, (finding.message, finding.remedy, finding.waiver)))
    told = f"{where} – {sentence} [{finding.rule}]"
    return f"{weight:<9}  {told}" if mark else told


def as_json(findings: Iterable[Finding]) -> str:
    """The findings as a JSON array, in the order given."""
    return json.dumps([finding.to_json() for finding in findings], ensure_ascii=False, indent=2)


def pointer_tokens(path: str) -> list[str]:
    """The steps of a JSON Pointer, unescaped (RFC 6901)."""
    return [step.replace("~1", "/").replace("~0", "~") for step in path.split("/")[1:]]


def pattern_of(path: str) -> str:
    """A JSON Pointer with every index as `*`: the place in the form, whatever the row."""
    return re.sub(r"/\d+(?=/|$)", "/*", path)
