"""A desk is a workspace with its records read once: what each document still lacks is judged there, unprinted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from pitstop_docs import lint
from pitstop_docs.answers import at, schema_at
from pitstop_docs.blanks import Choice, Node, Place
from pitstop_docs.checks import Situation, judge, waived
from pitstop_docs.checks.people import person_keys
from pitstop_docs.checks.situation import SIGNATURE, nowhere
from pitstop_docs.context import Sight, completed, day_of_document, read, signatures
from pitstop_docs.errors import UnknownError
from pitstop_docs.findings import Finding, in_order
from pitstop_docs.forms import Form
from pitstop_docs.records import PROJECT, Case, Record
from pitstop_docs.templates import Template
from pitstop_docs.workspace import Records, Workspace

MISSING = ("MOD-001", "MOD-014")
"""A form's own words for what is missing: where a rule speaks of the same place, the rule says it better."""
PERSON = "persona"
"""The form that says who a case is about."""


@dataclass(frozen=True)
class Target:
    """What a document is to be made of: a kind, a case (or the project), the number of its record."""

    template: Template
    case: Case
    number: int


@dataclass(frozen=True)
class Desk:
    """Where documents are checked and made from: read once, so that every answer speaks of the same moment."""

    workspace: Workspace
    records: Records
    _judged: dict[tuple[object, ...], list[Finding]] = field(default_factory=dict, repr=False, compare=False)
    _nodes: dict[tuple[object, ...], Node] = field(default_factory=dict, repr=False, compare=False)
    _sound: set[str] = field(default_factory=set, repr=False, compare=False)
    _everywhere: dict[str, tuple[tuple[str, Node], ...]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, workspace: Workspace) -> Desk:
        """Read every record in force."""
        return cls(workspace, workspace.records())

    def target(self, kind: str, case: str = PROJECT, number: int | None = None) -> Target:
        """What to make. Raises UnknownError for a kind, a case or a record that is not there."""
        template = self.workspace.template(kind)
        form = self.workspace.form(template.form)
        if case == PROJECT and form.scope == "caso":
            raise UnknownError(f"Il documento «{kind}» riguarda una persona: indicare il caso con --case.")
        file = self.records.case(case)
        numbers = template.numbers(file)
        if template.whole and number not in (None, 1):
            raise UnknownError(f"Il documento «{kind}» stampa tutte le compilazioni di «{form.name}»: ripetere senza --number.")
        if number is not None and number not in numbers and not template.whole:
            known = ", ".join(map(str, numbers)) or "nessuno"
            raise UnknownError(f"Il modulo «{form.name}» n. {number} non esiste. Numeri presenti: {known}.")
        return Target(template, file, number or max(numbers, default=1))

    def refuse_unsound(self, template: Template) -> None:
        """Raise KitError if the template has a flaw that blocks; looked for once."""
        if template.kind not in self._sound:
            lint.refuse_unsound(template, self.workspace.forms, self.workspace.pack)
            self._sound.add(template.kind)

    def line(self, case: Case) -> Choice:
        """The case's line, by the first of the places in which the pack says that it is stated; empty if in none."""
        for place in self.workspace.pack.case_line:
            form, _, pointer = place.partition("#")
            record = case.last(form)
            told = at(record.data, pointer) if record and record.data else None
            if isinstance(told, str) and told:
                labels = schema_at(self.workspace.form(form).schema, pointer).get("x-labels", {})
                return Choice(told, labels.get(told, told))
        return Choice("", "")

    def header(self, case: str) -> Iterator[str]:
        """The lines at the head of a page about a case: what the pack says, of what the project's records state."""
        file = self.records.case(case) if case in self.records.by_case else Case(case, ())
        for place in self.workspace.pack.page_header:
            words, _, source = place.rpartition(" ")
            form, _, pointer = source.partition("#")
            record = file.last(form) or self.records.case(PROJECT).last(form)
            told = at(record.data, pointer) if record and record.data else None
            if isinstance(told, str) and told.strip():
                yield f"{words} {told}".strip()

    def day_of(self, target: Target) -> date | None:
        """The date of the act, of the last of several; None while nobody stated it."""
        template = target.template
        return day_of_document(template, self.workspace.form(template.form), target.case, target.number)

    def sight(self, target: Target) -> Sight:
        """How the target's records are looked at: ages are counted on the day of the act, else today."""
        on = self.day_of(target) or self.workspace.today
        return Sight(self.workspace.forms, on, self.workspace.union, self.workspace.pack.roles)

    def situation(self, target: Target) -> Situation:
        """What the rules look at."""
        forms, sight, template = self.workspace.forms, self.sight(target), target.template
        nodes: defaultdict[str, list[Node]] = defaultdict(list)
        for record in sorted(target.case.records, key=lambda one: (one.form, one.case, one.number)):
            if not self._outlived(record, target):
                nodes[record.form].append(self._node(record, target.case, sight))
        subject = Place(template.form, target.number)
        roots = {name: found[-1] for name, found in nodes.items()}
        roots.update((name, node) for name, found in nodes.items() for node in found if node.place == subject)
        return Situation(
            code=target.case.code,
            line=self.line(target.case),
            kind=template.kind,
            form=template.form,
            number=target.number,
            whole=template.whole,
            today=self.workspace.today,
            nodes={form: tuple(found) for form, found in nodes.items()},
            dates={name: form.date for name, form in forms.items() if form.date},
            lines_of={name: form.lines for name, form in forms.items()},
            due=tuple((role, sight.roles.get(role, role)) for role, _ in signatures(template.signers, roots, sight.on)),
            titles={name: form.title for name, form in forms.items()},
            countries=self.workspace.countries,
            twins=self.twins,
            elsewhere=self.everywhere if target.case.code == PROJECT else nowhere,
        )

    def everywhere(self, name: str) -> tuple[tuple[str, Node], ...]:
        """The records of a form in every case, as they were stated, each with the code of its case; typed once."""
        form = self.workspace.forms.get(name)
        if form and name not in self._everywhere:
            found = ((code, one) for code in self.records.codes for one in self.records.by_case[code] if one.form == name)
            self._everywhere[name] = tuple((code, form.typed(one.data or {}, one.number)) for code, one in found)
        return self._everywhere.get(name, ())

    def _node(self, record: Record, case: Case, sight: Sight) -> Node:
        """The record typed and completed; once, or once for each day on which ages are counted."""
        form = self.workspace.forms[record.form]
        key = (case.code, record.case, record.form, record.number, sight.on if form.counts_ages else None)
        if key not in self._nodes:
            self._nodes[key] = form.typed(completed(record, case, sight), record.number)
        return self._nodes[key]

    @cached_property
    def twins(self) -> Mapping[str, frozenset[str]]:
        """Which cases share a key that tells a person."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        form = self.workspace.forms.get(PERSON)
        for code in self.records.codes if form else ():
            for record in self.records.by_case[code]:
                if form and record.form == PERSON and record.data is not None:
                    for key in person_keys(form.typed(record.data)):
                        found[key].add(code)
        return {key: frozenset(codes) for key, codes in found.items() if len(codes) > 1}

    def findings(self, target: Target) -> list[Finding]:
        """What the schemas and the rules say of a document, sorted by place. The template's own blanks are not in it.

        Of the document's own form everything counts; of another form, what the document prints.
        """
        template, forms = target.template, self.workspace.forms
        found = [*absent(target, forms)]
        for name in (*template.records, *template.optional):
            own = name == template.form
            for record in read(template, forms[name], target.case, target.number):
                found.extend(one for one in self.judged(record, target.case) if own or template.prints(name, one.path))
        situation = self.situation(target)
        ruled = judge(self.workspace.pack, template.rules, situation, forms)
        better = {(one.form, one.number, one.path) for one in ruled}
        plain = [one for one in found if one.rule not in MISSING or (one.form, one.number, one.path) not in better]
        return in_order([*waived(plain, situation), *ruled])

    def judged(self, record: Record, case: Case) -> list[Finding]:
        """What the record's own schema says of it, as the case sees it; judged once."""
        key = (case.code, record.case, record.form, record.number)
        if key not in self._judged:
            self._judged[key] = self.workspace.forms[record.form].findings(record.data or {}, record.number)
        return self._judged[key]

    def concerns(self, target: Target) -> bool:
        """True if the document is for cases of this line."""
        lines, line = target.template.lines, self.line(target.case)
        return not lines or not line or any(one in line.split("+") for one in lines)

    def _outlived(self, record: Record, target: Target) -> bool:
        """True for the signature of a paper of which a record was corrected since: what is made next is not yet signed."""
        told, template = record.data or {}, target.template
        signed = (told.get("documento"), told.get("numero") or 1) == (template.kind, target.number)
        if record.form != SIGNATURE or not signed:
            return False
        subjects = read(template, self.workspace.forms[template.form], target.case, target.number)
        return any(one.saved_at > record.saved_at for one in subjects)


def absent(target: Target, forms: Mapping[str, Form]) -> Iterator[Finding]:
    """A finding for each record that the document needs and nobody filled."""
    template = target.template
    for name in template.records:
        number = target.number if name == template.form and not template.whole else None
        if target.case.last(name, number) is None:
            yield forms[name].finding("MOD-014", "", number or 1)
