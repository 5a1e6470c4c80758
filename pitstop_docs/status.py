"""Where each case stands: what can be made, what is missing, who must act, what that would unlock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pitstop_docs.desk import Desk, Target
from pitstop_docs.findings import Finding, Severity, in_order, line_of, name_of_role


@dataclass(frozen=True)
class Step:
    """One document of a case, and what is to be said of it. `started` if its own form was begun."""

    kind: str
    number: int
    started: bool
    findings: tuple[Finding, ...]

    @property
    def ready(self) -> bool:
        """True if nothing blocks the document."""
        return not any(finding.blocks for finding in self.findings)


@dataclass(frozen=True)
class Standing:
    """A case and its documents, in the order in which the path of a case needs them."""

    case: str
    line: str
    steps: tuple[Step, ...]

    @property
    def ready(self) -> tuple[Step, ...]:
        """The documents that can be made."""
        return tuple(step for step in self.steps if step.ready)

    @property
    def next(self) -> Step | None:
        """The first document that cannot be made yet, None if all can."""
        return next((step for step in self.steps if not step.ready), None)

    @property
    def begun(self) -> tuple[Step, ...]:
        """The documents whose own form was begun: what they lack is the work of today."""
        return tuple(step for step in self.steps if step.started)

    @property
    def findings(self) -> list[Finding]:
        """Every finding of what was begun, once, by place."""
        return in_order(finding for step in self.begun for finding in step.findings)

    def unlocks(self, finding: Finding) -> tuple[str, ...]:
        """The documents that the finding blocks."""
        return tuple(name_of(step) for step in self.steps if finding.blocks and finding in step.findings)


def standing(desk: Desk, case: str) -> Standing:
    """Where a case stands. Raises UnknownError if there is no such case."""
    file = desk.records.case(case)
    steps = []
    for kind, template in sorted(desk.workspace.templates.items(), key=lambda pair: (pair[1].order, pair[0])):
        if desk.workspace.form(template.form).scope != "caso":
            continue
        begun = template.numbers(file)
        for number in begun or ([] if template.occasional else [1]):
            target = Target(template, file, number)
            if desk.concerns(target):
                steps.append(Step(kind, number, bool(begun), tuple(desk.findings(target))))
    return Standing(case, desk.line(file), tuple(steps))


def standings(desk: Desk) -> Iterable[Standing]:
    """Where every case stands, by code."""
    return (standing(desk, code) for code in desk.records.codes)


def to_json(one: Standing) -> dict[str, object]:
    """The stable shape of a standing in `--json` output."""
    return {
        "case": one.case,
        "line": one.line,
        "documents": [
            {"kind": step.kind, "number": step.number, "started": step.started, "ready": step.ready} for step in one.steps
        ],
        "findings": [{**finding.to_json(), "unlocks": list(one.unlocks(finding))} for finding in one.findings],
    }


def as_text(one: Standing, titles: Mapping[str, str], roles: Mapping[str, str]) -> str:
    """A case's standing as staff read it: its documents, what to do by who must do it and what that unlocks, what comes next."""
    lines = [f"Caso {one.case}{f' – linea {one.line}' if one.line else ''}", "Documenti:"]
    lines += [f"  {_state(step):<15} {name_of(step)}" for step in one.steps]
    lines += _by_role(one, one.findings, titles, roles)
    if one.next and not one.next.started:
        lines.append(f"Prossimo passo: {name_of(one.next)}. Per farlo serve:")
        lines += [f"  {line_of(finding, titles, mark=False)}" for finding in one.next.findings if finding.blocks]
    return "\n".join(lines)


def _by_role(one: Standing, findings: Iterable[Finding], titles: Mapping[str, str], roles: Mapping[str, str]) -> Iterator[str]:
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.severity is not Severity.INFO:
            groups.setdefault(finding.who, []).append(finding)
    for who, found in sorted(groups.items()):
        yield f"{name_of_role(who, roles)}:"
        for finding in sorted(found, key=lambda one: not one.blocks):
            yield f"  {line_of(finding, titles)}"
            unlocked = one.unlocks(finding)
            if unlocked:
                yield f"             serve per: {', '.join(unlocked)}"


def as_table(standings: Iterable[Standing], roles: Mapping[str, str]) -> str:
    """All cases, a line each: what can be made out of what the case needs, what comes next, who must act first."""
    rows = [("CASO", "LINEA", "PRONTI", "BLOCCANTI", "PROSSIMO", "CHI")]
    for one in standings:
        blocking = [finding for finding in one.findings if finding.blocks]
        step = one.next
        who = next((finding.who for finding in step.findings if finding.blocks), "") if step else ""
        ready = f"{len(one.ready)}/{len(one.steps)}"
        rows.append((one.case, one.line, ready, str(len(blocking)), name_of(step) if step else "–", roles.get(who, who)))
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)


def _state(step: Step) -> str:
    if step.ready:
        return "si può fare"
    return "manca qualcosa" if step.started else "da iniziare"


def name_of(step: Step) -> str:
    """The document as a line names it: its kind, with the number from the second on."""
    return step.kind if step.number == 1 else f"{step.kind} n. {step.number}"
