"""A template is tried with invented answers until each of its branches and loops has printed, and what it cannot print is told.

Each sample is printed twice: by docxtpl, whose document is read back, and by following the template's tree; both must print the
same values in the same order. So what lint knows of a template is what is printed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from random import Random
from typing import TYPE_CHECKING, Any

from pitstop_docs.answers import at, schema_at
from pitstop_docs.blanks import Blank, Choice, Withheld
from pitstop_docs.context import Sight, day_of_document, gather
from pitstop_docs.errors import KitError
from pitstop_docs.fillers.story import Story
from pitstop_docs.findings import pattern_of
from pitstop_docs.flaws import Flaw, Spot, flaw, in_order
from pitstop_docs.lint.follow import Taken, count_of, disagreement, follow, rendered
from pitstop_docs.lint.goals import Goal, Outcome, goals
from pitstop_docs.lint.invented import BRIEF, CASE, Sampler, Taste
from pitstop_docs.lint.ways import EARLIER, Eyes, Seeker, drafty, everywhere, sources
from pitstop_docs.lint.wishes import Hopes, Key, Mode, Wish, Wishes, joined
from pitstop_docs.records import Case, Record
from pitstop_docs.templates import Template

if TYPE_CHECKING:
    from pitstop_docs.fillers.docx import Properties
    from pitstop_docs.workspace import Workspace

NEAR = 0.9
"""The share of its limit from which a text is very long."""
PATIENCE = 20
"""After so many samples that reach nothing new the search ends."""
SAVED = datetime(2026, 1, 1, tzinfo=UTC)
ENOUGH = 3
"""A template that was printed wrong so many times need not be tried further."""


@dataclass(frozen=True)
class Coverage:
    """What a template was tried with: how many samples, how many of them right for their forms; how many outcomes it has, how
    many were reached; how many values were printed and found again; what is wrong, or could not be reached."""

    kind: str
    samples: int
    valid: int
    total: int
    reached: int
    values: int
    flaws: tuple[Flaw, ...]

    def sentence(self) -> str:
        """The figures in a line, for the terminal."""
        if not self.samples:
            return f"{self.kind}: nessuna prova, si fanno solo sui modelli Word."
        values = f"{self.values:,}".replace(",", ".")
        tried = f"{self.samples} {'prova' if self.samples == 1 else 'prove'}"
        return (
            f"{self.kind}: {tried} ({self.valid} con risposte tutte valide), {self.reached} vie su {self.total} percorse, "
            f"{values} valori stampati e riletti."
        )


def cover(template: Template, workspace: Workspace, *, samples: int, seed: int = 0) -> Coverage:
    """Try a template with at most so many samples, as its recipient would see them; the same arguments give the same result.

    Of a kind that is not a Word file nothing is tried. Raises KitError if the file or a schema cannot be read.
    """
    if template.story is None:
        return Coverage(template.kind, 0, 0, 0, 0, 0, ())
    hunt = _Hunt.of(template, workspace, template.story, Random(seed))  # noqa: S311  # to be repeated, not to be secret
    hunt.try_one()
    while hunt.wanted and hunt.samples < samples and len(hunt.wrong) < ENOUGH and hunt.fruitless < PATIENCE:
        hunt.try_one()
    reached = [goal for goal in hunt.goals if goal.outcome in hunt.reached]
    flaws = in_order(hunt.wrong or _unreached(hunt.goals, hunt.reached, hunt.turns))
    return Coverage(template.kind, hunt.samples, hunt.valid, len(hunt.goals), len(reached), hunt.values, tuple(flaws))


def _unreached(found: Sequence[Goal], reached: set[Outcome], turns: int) -> Iterator[Flaw]:
    """What could not be printed; of a part that never was, not all that stands in it."""
    tried = "in un tentativo" if turns == 1 else f"in {turns} tentativi"
    for goal in found:
        if goal.outcome in reached or (goal.under and not goal.under & reached):
            continue
        never = f"Non si è mai visto, {tried}, " if goal.ways else "Non si può mai stampare "
        said = f"{never}{goal.words}{'' if goal.ways else f': {goal.why}'}."
        yield flaw("LNT-071", goal.tag.spot, said, subject=goal.tag.source)


# ── the hunt for outcomes ────────────────────────────────────────────────────────────────────────────────────────────

MOODS: Sequence[tuple[frozenset[str], Taste]] = (
    (frozenset({"long", "many"}), Taste(long=True, rows=Mode.MANY, optional=1.0)),
    (frozenset({"short", "one", "stated"}), Taste(long=False, rows=Mode.ONE, optional=1.0)),
    (frozenset({"zero", "missing", "branch"}), Taste(rows=Mode.ZERO, optional=0.0)),
    (frozenset({"branch"}), Taste(optional=0.5)),
)
"""How the samples take turns: which outcomes each looks for first, and to what taste the rest is drawn."""


@dataclass
class _Hunt:
    """The search as it stands: the outcomes, which were reached and how often one was looked for in vain."""

    template: Template
    workspace: Workspace
    story: Story
    random: Random
    eyes: Eyes
    seeker: Seeker
    goals: list[Goal]
    sizes: Mapping[tuple[tuple[int, ...], int], int]
    reached: set[Outcome] = field(default_factory=set)
    vain: dict[Outcome, int] = field(default_factory=dict)
    neat_ways: dict[Outcome, list[Wishes]] = field(default_factory=dict)
    wrong: list[Flaw] = field(default_factory=list)
    whole: bool = True
    samples: int = 0
    valid: int = 0
    values: int = 0
    fruitless: int = 0
    turns: int = 0

    @classmethod
    def of(cls, template: Template, workspace: Workspace, story: Story, random: Random) -> _Hunt:
        pack, countries = workspace.pack, frozenset(workspace.countries)
        visible = pack.recipients[template.recipient]
        eyes = Eyes(template, workspace.forms, visible, tuple(pack.case_line), countries, workspace.union)
        seeker = Seeker(eyes)
        found = list(goals(seeker, story.trees))
        sizes = {(goal.outcome.at, goal.outcome.which): goal.size for goal in found if goal.size}
        return cls(template, workspace, story, random, eyes, seeker, found, sizes)

    @cached_property
    def known(self) -> set[Outcome]:
        """The outcomes that are looked for, and those that others wait for."""
        return {goal.outcome for goal in self.goals} | {one for goal in self.goals for one in goal.under}

    @property
    def wanted(self) -> list[Goal]:
        """What can still be reached."""
        return [goal for goal in self.goals if goal.ways and goal.outcome not in self.reached]

    def try_one(self) -> None:
        """Draw a sample; print it if it is the first, or shows something new."""
        if self.whole and (self.fruitless == ENOUGH or not any(map(self.neat, self.wanted))):
            self.whole, self.fruitless = False, 0  # what is left needs answers that a form would not let pass
        sought, case, valid = self.drawn()
        try:
            context = self.context(case)
            taken = list(follow([(n, part.tree) for n, part in rendered(self.story)], context))
        except KitError as error:
            self.samples += 1
            self.wrong.append(flaw("LNT-070", Spot(self.story.file), str(error)))
            return
        new = {outcome for one in taken for outcome in self.outcomes(one)} & self.known - self.reached
        for outcome in sought - new:
            self.vain[outcome] = self.vain.get(outcome, 0) + 1
        if not new and self.samples:
            self.fruitless += 1
            return
        self.fruitless = 0
        self.samples += 1
        self.valid += valid
        if self.prints(context, taken):
            self.reached |= new

    def drawn(self) -> tuple[set[Outcome], Case, bool]:
        """The outcomes sought, a case that is to show them, whether it is right for the forms.

        Where a condition of a form stands against some wishes, a case without them is tried: they are sought in vain.
        """
        mood, taste = MOODS[self.turns % len(MOODS)]
        self.turns += 1
        shunned: frozenset[Key] = frozenset()
        sought: set[Outcome] = set()
        for _ in range(ENOUGH):
            outcomes, wishes = self.plan(mood, shunned)
            sought |= outcomes
            case, wrong = self.case(wishes, taste)
            if not wrong or not self.whole:
                break
            shunned |= wrong
        return sought, case, not wrong

    def neat(self, goal: Goal) -> list[Wishes]:
        """The ways to an outcome that leave out nothing that the forms ask for."""
        if goal.outcome not in self.neat_ways:
            self.neat_ways[goal.outcome] = [way for way in goal.ways if not drafty(self.seeker, way)]
        return self.neat_ways[goal.outcome]

    def plan(self, mood: frozenset[str], shunned: frozenset[Key]) -> tuple[set[Outcome], dict[Key, Wish]]:
        """Wishes that lead to as many outcomes as go together, and these; to none by way of the places to shun."""
        order = {goal.outcome: self.random.random() for goal in self.wanted}
        wanted = sorted(
            self.wanted, key=lambda one: (self.vain.get(one.outcome, 0), one.outcome.what not in mood, order[one.outcome])
        )
        sought: set[Outcome] = set()
        wishes: dict[Key, Wish] = {}
        for goal in wanted[:1] if self.fruitless % 2 else wanted:
            ways = self.neat(goal) if self.whole else list(goal.ways)
            for way in self.random.sample(ways, len(ways)):
                changes = joined(wishes, way) if not shunned & {*map(everywhere, way)} else None
                if changes is not None:
                    wishes.update(changes)
                    sought.add(goal.outcome)
                    break
        return sought, wishes

    def case(self, wishes: Mapping[Key, Wish], taste: Taste) -> tuple[Case, frozenset[Key]]:
        """A case with the wished answers, and the places at which they are not right for their forms."""
        sampler = Sampler(self.random, Hopes.of(wishes), taste, sorted(self.workspace.countries))
        read = (*self.template.records, *self.template.optional)
        records: list[Record] = []
        wrong: set[Key] = set()
        for name in sources(self.eyes):
            form = self.workspace.forms[name]
            drawn = sampler.records(self.template.root(form), name, needed=name in self.template.records)
            for number, data in enumerate(drawn, start=self.number(name)):
                records.append(_record(name, number, data))
                found = form.findings(data) if name in read else []
                wrong |= {everywhere(self.seeker.place(name, pattern_of(one.path))) for one in found if one.blocks}
            if name in self.template.records and not drawn:
                wrong.add((name,))
            earlier = sampler.records(form.schema, name + EARLIER, needed=False) if self.number(name) > 1 else []
            records += [_record(name, 1, data) for data in earlier]
        return Case(CASE, tuple(records)), frozenset(wrong)

    def number(self, name: str) -> int:
        """The number of a form's record: the second where it is compared with the one before."""
        return 2 if any(told.get("fn") == "previous" for told in self.workspace.forms[name].computed) else 1

    def context(self, case: Case) -> dict[str, object]:
        """What the template prints of the case, as `documents` gathers it."""
        template, pack = self.template, self.workspace.pack
        form = self.workspace.forms[template.form]
        number = self.number(template.form)
        on = day_of_document(template, form, case, number)
        document: dict[str, object] = {
            "codice": template.code,
            "titolo": template.title,
            "caso": CASE if form.scope == "caso" else "",
            "linea": self.line(case),
            "versione": "01",
            "regole": f"{pack.name} {pack.version}",
            "impronta": "0" * 8,
            "data": on,
        }
        sight = Sight(self.workspace.forms, on, self.workspace.union, pack.roles)
        stated = {key: value for key, value in document.items() if value}
        return gather(template, case, sight, number=number, visible=self.eyes.visible, document=stated)

    def line(self, case: Case) -> Choice | None:
        """The case's line, None if nobody stated it."""
        for place in self.eyes.case_line:
            name, _, pointer = place.partition("#")
            record = case.last(name)
            told = at(record.data, pointer) if record and record.data else None
            if isinstance(told, str):
                labels = schema_at(self.workspace.forms[name].schema, pointer).get("x-labels", {})
                return Choice(told, labels.get(told, told))
        return None

    def outcomes(self, one: Taken) -> Iterator[Outcome]:
        """What a step shows: of a printed value, how long it is or how many it holds."""
        if one.text is None:
            yield Outcome(one.at, one.which, one.value)
            return
        if isinstance(one.value, Withheld):
            return
        if isinstance(one.value, Blank):
            whats = ["missing"]
        elif isinstance(one.value, tuple):
            whats = [count_of(one.value)]
        else:
            limit = self.sizes.get((one.at, one.which), len(one.text) + 1)
            whats = ["stated", *(["short"] * (len(one.text) <= BRIEF)), *(["long"] * (len(one.text) >= limit * NEAR))]
        yield from (Outcome(one.at, one.which, what) for what in whats)

    def prints(self, context: Mapping[str, object], taken: Sequence[Taken]) -> bool:
        """Print the sample, and find in the document what the tree says; False, and told, if it is not there."""
        try:
            trace = self.template.render(context, _properties(self.template)).trace
        except KitError as error:
            self.wrong.append(flaw("LNT-070", Spot(self.story.file), str(error).removeprefix(f"{self.story.file}: ")))
            return False
        found = disagreement(taken, trace, self.story.file, twice=any(one.rule == "LNT-037" for one in self.story.flaws))
        self.wrong.extend([found] if found else [])
        self.values += len(trace.printed)
        return found is None


def _record(form: str, number: int, data: Mapping[str, Any]) -> Record:
    return Record(CASE, form, number, 1, 0, SAVED, "", data, "")


def _properties(template: Template) -> Properties:
    from pitstop_docs.fillers.docx import Properties  # noqa: PLC0415  # slow to import, like the engine it belongs to

    return Properties(template.title, CASE, template.kind, draft=False)
