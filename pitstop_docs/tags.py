"""The tags of a template as a tree: what it prints, chooses and repeats, each with its place in the file.

Jinja tells the first mistake only, and docxtpl has moved the text by then. So each tag is read by itself, with Jinja's own
parser, and the pairs are matched here: all mistakes are found at once, each where it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from jinja2 import Environment, TemplateSyntaxError, nodes

from pitstop_docs.blanks import objections
from pitstop_docs.findings import Severity
from pitstop_docs.flaws import Flaw, Spot, flaw

AROUND = 100
"""How many characters of a line are told around a place."""
ENDS = {"{{": "}}", "{%": "%}", "{#": "#}"}
KINDS = {"{{": "print", "{%": "block", "{#": "note"}
ESCAPED = re.compile(r"\{_\{|\}_\}|\{_%|%_\}")
"""What docxtpl makes braces of, after rendering."""
BRACES = re.compile(r"\{\{|\{%|\{#|\}\}|%\}|#\}")
LEVELS = {"tr": "tbl", "tc": "tr", "p": "", "r": ""}
"""What docxtpl deletes around a tag that begins with its name, and what must hold both ends of such a pair."""
TAKES = {"tr": "nella sua riga di tabella", "tc": "nella sua cella", "p": "nel suo paragrafo"}
OPENERS = {"for": "endfor", "if": "endif"}
WORDS = frozenset({"for", "endfor", "if", "elif", "else", "endif"})
BARE = WORDS - {"for", "if", "elif"}
"""The words that stand alone in their tag."""
STRAIGHT = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'"})
"""docxtpl straightens the quotation marks that Word curls, those inside a text too; and it leaves `&` as `&amp;`."""
CONSTANT = re.compile("\"[^\"]*\"|'[^']*'")
JOINED = re.compile(r"\{\n[{%#]|[%}#]\n\}")
"""The end of a paragraph and the beginning of the next that docxtpl takes for the braces of one tag."""
LONGEST, DEEPEST = 500, 16
"""How many characters a tag may have, how many pairs may stand one in another: beyond, Python refuses what Jinja makes of it."""
_JINJA = Environment(autoescape=True)


@dataclass(frozen=True)
class Line:
    """A paragraph, or whatever a tag may not leave: its text, its place, what it stands in from the outermost (kind, number)."""

    text: str
    spot: Spot
    holders: tuple[tuple[str, int], ...] = ()

    def at(self, start: int, end: int) -> Spot:
        """The place of some characters of the line."""
        before = max(0, min(start - 20, len(self.text) - AROUND))
        around = " ".join(self.text[before : max(before + AROUND, end)].split())
        return replace(self.spot, around=around, anchor=(*self.spot.anchor, start, end))


@dataclass(frozen=True)
class Tag:
    """A tag as it stands: `kind` is print, block or note, `level` what docxtpl deletes around it, `word` for, if, endif…

    `said` is what stands after the word, straightened. The tag is `line.text[start:end]`.
    """

    kind: str
    level: str
    word: str
    said: str
    line: Line
    start: int
    end: int

    @cached_property
    def spot(self) -> Spot:
        """Where the tag stands."""
        return self.line.at(self.start, self.end)

    @property
    def source(self) -> str:
        """The tag as it is written."""
        return self.line.text[self.start : self.end]

    @property
    def pen(self) -> tuple[object, ...]:
        """What both ends of a pair must stand in: a paragraph, or what holds the paragraphs, rows or cells that repeat."""
        if not self.level or self.level == "r":
            return ("line", self.line.holders, self.line.spot.anchor)
        holders = self.line.holders
        while LEVELS[self.level] and holders and holders[-1][0] != LEVELS[self.level]:
            holders = holders[:-1]
        return (self.level, holders)


@dataclass(frozen=True)
class Print:
    """`{{ … }}`: a value printed."""

    tag: Tag
    value: nodes.Node


@dataclass(frozen=True)
class Loop:
    """`{% for name in over %}`. `over` is None where the tag could not be read."""

    tag: Tag
    name: str
    over: nodes.Node | None
    test: nodes.Node | None
    body: tuple[Step, ...]
    otherwise: tuple[Step, ...]


@dataclass(frozen=True)
class Branch:
    """One way of a fork; `test` is None for `else`, or where the tag could not be read."""

    tag: Tag
    test: nodes.Node | None
    body: tuple[Step, ...]


@dataclass(frozen=True)
class Fork:
    """`{% if %}` with its `elif` and `else`, in order."""

    branches: tuple[Branch, ...]


Step = Print | Loop | Fork


@dataclass(frozen=True)
class Tree:
    """One part of a template: its steps, all its tags, what is wrong with how they are written and paired."""

    steps: tuple[Step, ...]
    tags: tuple[Tag, ...]
    flaws: tuple[Flaw, ...]


def grow(lines: Iterable[Line]) -> Tree:
    """The tree of the lines of one part. It raises nothing: what is wrong is among the flaws, and the rest is read."""
    tags: list[Tag] = []
    flaws: list[Flaw] = []
    before = ""
    for line in lines:
        if JOINED.match(f"{before[-1:]}\n{line.text[:1]}"):
            flaws.append(flaw("LNT-030", line.at(0, 1), "La graffa si unisce a quella in fondo al paragrafo di prima."))
        before = line.text or before
        for found in scan(line):
            (tags if isinstance(found, Tag) else flaws).append(found)  # type: ignore[arg-type]  # mypy joins the two lists
    grower = _Grower(flaws)
    for tag in tags:
        grower.take(tag)
    return Tree(grower.finish(), tuple(tags), tuple(flaws))


# ── the tags of a line ───────────────────────────────────────────────────────────────────────────────────────────────


def scan(line: Line) -> Iterator[Tag | Flaw]:
    """The tags of a line, and the braces that make none."""
    for braces in ESCAPED.finditer(line.text):
        spot = line.at(braces.start(), braces.end())
        yield flaw("LNT-030", spot, f"Le graffe «{braces[0]}» diventano quelle di un segnaposto che nessuno riempie.")
    opened: re.Match[str] | None = None
    for brace in BRACES.finditer(line.text):
        if brace[0] in ENDS:
            if opened:
                yield _unclosed(line, opened, brace.start())
            opened = brace
        elif opened and ENDS[opened[0]] == brace[0]:
            yield from _tag(line, opened, brace)
            opened = None
        elif opened:
            yield _unclosed(line, opened, brace.end())
            opened = None
        else:
            spot = line.at(brace.start(), brace.end())
            yield flaw("LNT-030", spot, f"Qui si chiude un segnaposto («{brace[0]}») che non è stato aperto.")
    if opened:
        yield _unclosed(line, opened, len(line.text))


def _unclosed(line: Line, opened: re.Match[str], end: int) -> Flaw:
    end_words = f"manca «{ENDS[opened[0]]}»"
    return flaw("LNT-030", line.at(opened.start(), end), f"Il segnaposto non si chiude nel suo paragrafo: {end_words}.")


def _tag(line: Line, opened: re.Match[str], closed: re.Match[str]) -> Iterator[Tag | Flaw]:
    inner = line.text[opened.end() : closed.start()]
    start, end, kind = opened.start(), closed.end(), KINDS[opened[0]]
    if kind != "note" and len(inner) > LONGEST:
        yield flaw("LNT-030", line.at(start, end), f"Il segnaposto è troppo lungo: più di {LONGEST} caratteri.")
        return
    if inner.startswith(("-", "+")) or inner.endswith(("-", "+")):
        yield flaw("LNT-030", line.at(start, end), "Un segnaposto con «-» o «+» unisce i paragrafi vicini: scriverlo senza.")
    level = re.match("(tr|tc|p|r) ", inner)
    if level and re.search("[%}]", inner):
        yield flaw("LNT-030", line.at(start, end), f"In un segnaposto che comincia con «{level[1]}» non può stare «%» né «}}».")
    if level and kind == "print":
        yield flaw("LNT-030", line.at(start, end), f"Per stampare si scrive {{{{ nome }}}}, senza «{level[1]}» dopo le graffe.")
    said = inner[level.end() if level else 0 :].strip("-+").translate(STRAIGHT).strip()
    word = ""
    if kind == "block":
        word, said = re.match(r"([A-Za-z_]*)(.*)", said, re.DOTALL).groups()  # type: ignore[union-attr]  # it matches anything
        if word not in WORDS:
            message = f"«{word or said.strip()[:20]}» non è un comando dei modelli: sono «if», «elif», «else» e «for»."
            yield flaw("LNT-030", line.at(start, end), message)
            return
        if word in BARE and said.strip():
            meant = "elif …" if word == "else" else word
            yield flaw("LNT-030", line.at(start, end), f"Dopo «{word}» non va altro.", f"Scrivere {{% {meant} %}}.")
    for constant in CONSTANT.finditer(inner.translate(STRAIGHT)) if kind != "note" else ():
        if lost := re.search("[&“”‘’]", inner[constant.start() + 1 : constant.end() - 1]):
            message = f"Un confronto con un testo che contiene «{lost[0]}» non è mai vero."
            yield flaw("LNT-013", line.at(start, end), message, "Confrontare con un valore che non lo contiene.")
    yield Tag(kind, level[1] if level else "", word, said.strip(), line, start, end)


# ── the tree ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class _Open:
    """A pair that is not closed yet: its ways so far, each with the tag that began it and what stands in it."""

    ways: list[tuple[Tag, list[Step]]]

    @property
    def tag(self) -> Tag:
        return self.ways[0][0]


class _Grower:
    def __init__(self, flaws: list[Flaw]) -> None:
        self.flaws = flaws
        self.top: list[Step] = []
        self.stack: list[_Open] = []

    @property
    def here(self) -> list[Step]:
        return self.stack[-1].ways[-1][1] if self.stack else self.top

    def take(self, tag: Tag) -> None:
        if tag.kind == "print":
            value = self.read(tag, "{{ %s }}", tag.said)
            if isinstance(value, nodes.Output):
                self.here.append(Print(tag, value.nodes[0]))
        elif tag.word in OPENERS:
            if len(self.stack) == DEEPEST:
                self.flaws.append(flaw("LNT-031", tag.spot, f"«{tag.source}» sta dentro {DEEPEST} altri: sono troppi."))
            self.stack.append(_Open([(tag, [])]))
        elif tag.word in ("elif", "else"):
            self.turn(tag)
        elif tag.word in OPENERS.values():
            self.close(tag)

    def turn(self, tag: Tag) -> None:
        """An `elif` or an `else`."""
        last = self.level_with(tag, ("if", "for") if tag.word == "else" else ("if",)) or (self.stack[-1] if self.stack else None)
        if last is None or (tag.word == "elif" and last.tag.word == "for"):
            self.flaws.append(flaw("LNT-031", tag.spot, f"«{tag.word}» sta fuori da un «if»."))
        elif last.ways[-1][0].word == "else":
            self.flaws.append(flaw("LNT-031", tag.spot, f"«{tag.word}» viene dopo «else»."))
        else:
            self.leave(last, tag)
            self.flaws.extend(_crossing(last.tag, tag))
            last.ways.append((tag, []))

    def close(self, tag: Tag) -> None:
        opener = next(word for word, end in OPENERS.items() if end == tag.word)
        alike = [one for one in self.stack if one.tag.word == opener]
        if not alike:
            self.flaws.append(flaw("LNT-031", tag.spot, f"«{tag.word}» non chiude nessun «{opener}»."))
            return
        last = self.level_with(tag, (opener,)) or alike[-1]
        self.leave(last, tag)
        self.flaws.extend(_crossing(last.tag, tag))
        self.keep(self.stack.pop())

    def level_with(self, tag: Tag, words: Sequence[str]) -> _Open | None:
        """The innermost open pair of these words that stands where the tag does: the one that who wrote it means."""
        return next((one for one in self.stack[::-1] if one.tag.word in words and one.tag.pen == tag.pen), None)

    def leave(self, last: _Open, tag: Tag) -> None:
        """Go back to a pair for one of its tags: what was opened inside it since then is not closed."""
        while self.stack[-1] is not last:
            inner = self.stack.pop()
            self.unclosed(inner, f"prima di «{tag.source}» ({tag.spot.words()})")
            self.keep(inner)

    def finish(self) -> tuple[Step, ...]:
        while self.stack:
            last = self.stack.pop()
            self.unclosed(last, f"fino in fondo ({last.tag.spot.part})" if last.tag.spot.part else "fino in fondo")
            self.keep(last)
        return tuple(self.top)

    def unclosed(self, last: _Open, until: str) -> None:
        message = f"«{last.tag.source}» non è chiuso da «{OPENERS[last.tag.word]}» {until}."
        self.flaws.append(flaw("LNT-031", last.tag.spot, message))

    def keep(self, last: _Open) -> None:
        if len(self.stack) < DEEPEST:
            self.here.append(self.loop(last) if last.tag.word == "for" else self.fork(last))

    def loop(self, last: _Open) -> Loop:
        tree = self.read(last.tag, "{%% for %s %%}{%% endfor %%}", last.tag.said)
        otherwise = tuple(last.ways[1][1]) if len(last.ways) > 1 else ()
        body = tuple(last.ways[0][1])
        if isinstance(tree, nodes.For) and isinstance(tree.target, nodes.Name):
            return Loop(last.tag, tree.target.name, tree.iter, tree.test, body, otherwise)
        return Loop(last.tag, "", None, None, body, otherwise)

    def fork(self, last: _Open) -> Fork:
        branches = []
        for tag, body in last.ways:
            tree = self.read(tag, "{%% if %s %%}{%% endif %%}", tag.said) if tag.word != "else" else None
            branches.append(Branch(tag, tree.test if isinstance(tree, nodes.If) else None, tuple(body)))
        return Fork(tuple(branches))

    def read(self, tag: Tag, pattern: str, said: str) -> nodes.Node | None:
        """What Jinja makes of one tag, None if it does not understand it or it may not stand in a template."""
        try:
            tree = _JINJA.parse(pattern % said)
        except (TemplateSyntaxError, RecursionError):
            self.flaws.append(flaw("LNT-030", tag.spot, f"Il segnaposto «{tag.source}» non si capisce."))
            return None
        found = [*_objected(tree, tag)]
        self.flaws.extend(found)
        return None if found else tree.body[0]


def _objected(tree: nodes.Template, tag: Tag) -> Iterator[Flaw]:
    for reason, node, _ in objections(tree):
        said = reason[:1].upper() + reason[1:]
        if isinstance(node, nodes.Sub) and (name := _hyphened(node)):
            yield flaw(
                "LNT-020",
                tag.spot,
                f"«{name}»: il trattino qui è una sottrazione.",
                f"Forse «{name.replace('-', '_')}»? Nei nomi si usa la sottolineatura.",
                subject=name,
            )
        elif isinstance(node, nodes.Filter):
            yield flaw("LNT-015", tag.spot, f"{said}.", subject=node.name)
        elif isinstance(node, nodes.BinExpr) and not isinstance(node, nodes.And | nodes.Or):
            yield flaw("LNT-014", tag.spot, f"«{tag.source}» fa un calcolo: un modello stampa, non calcola.")
        else:
            yield flaw("LNT-014", tag.spot, f"«{tag.source}»: {reason}.")


def _hyphened(node: nodes.Sub) -> str:
    """`a.b-c` as it was written, if the subtraction is one of two names with nothing else."""
    left, right = dotted(node.left), dotted(node.right)
    return f"{left}-{right}" if left and right else ""


def dotted(node: nodes.Node) -> str:
    """`a.b.c` of a name or of a field, empty for anything else."""
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr):
        above = dotted(node.node)
        return f"{above}.{node.attr}" if above else ""
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        above = dotted(node.node)
        return f"{above}.{node.arg.value}" if above else ""
    if isinstance(node, nodes.Sub):
        return _hyphened(node)
    return ""


def _crossing(opener: Tag, closer: Tag) -> Iterator[Flaw]:
    """The flaw of a pair whose ends do not stand in the same thing."""
    if opener.pen == closer.pen:
        return
    if {opener.level, closer.level} <= {"", "r"} and opener.line.holders == closer.line.holders:
        message = f"«{opener.source}» si apre in un paragrafo e continua in un altro: ne restano di vuoti o uniti."
        yield flaw("LNT-032", closer.spot, message, "Scriverlo {%p … %}, da solo in un paragrafo.", severity=Severity.WARNING)
        return
    what = "righe, celle o tabelle diverse" if opener.level == closer.level else f"modi diversi («{closer.source}»)"
    yield flaw("LNT-032", closer.spot, f"«{opener.source}» ({opener.spot.words()}) si apre e si chiude in {what}.")


def walk(steps: Sequence[Step]) -> Iterator[Step]:
    """Every step of a tree, those inside others too, in their order."""
    for step in steps:
        yield step
        if isinstance(step, Loop):
            yield from walk(step.body)
            yield from walk(step.otherwise)
        elif isinstance(step, Fork):
            for branch in step.branches:
                yield from walk(branch.body)
