"""The shipped Word templates with one mistake in each, as staff make them: the linter must tell it where it was made.

    original = Original.of(KIT.templates["pai"])
    for mutant in mutants(original, "rename", 20, seed="1"):
        mutant.found()          # True if what was done is told in its paragraph; a harmless one, if nothing is

`noise` edits the characters of a tag without a plan: what becomes of it is not known beforehand, only that linter and
rendering must agree.
"""

from __future__ import annotations

import copy
import io
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from random import Random
from typing import Any

from docxtpl import DocxTemplate
from jinja2 import ChainableUndefined, Environment
from lxml import etree

from pitstop_docs import files, lint
from pitstop_docs.fillers.parts import Paragraph, Part, W
from pitstop_docs.fillers.story import Story
from pitstop_docs.findings import Severity
from pitstop_docs.flaws import Flaw
from pitstop_docs.tags import OPENERS, Fork, Loop, Print, Step, Tag, dotted
from pitstop_docs.templates import Template
from pitstop_docs.workspace import Workspace
from tests.kits import ROOT, TODAY, Schema, fill, full, seen

KIT = Workspace.at(ROOT, today=TODAY)
WORDS = frozenset({"if", "else", "elif", "endif", "for", "endfor", "in", "and", "or", "not", "is", "true", "false", "lettere"})
PATH = re.compile(r'(?<![\w.])[A-Za-z_]\w*(?:\.\w+)*(?=(?:[^"]*"[^"]*")*[^"]*$)')
"""A dotted name that no quotation marks hold."""
EQUALITY = re.compile(r'([\w.]+) (?:==|!=) "(\w+)"')
LETTERS = "abcdefghilmnopqrstuvz"
SPACE = "{http://www.w3.org/XML/1998/namespace}space"
Place = tuple[str | int, ...]
"""The part, and the ordinal of the paragraph."""
Edit = tuple[Tag, int, int, str]
"""Some characters of a tag's paragraph, and what stands there instead."""


# What is there to be spoilt


@dataclass(frozen=True)
class Site:
    """A tag, its part, and the names that can be used there with what they lead to."""

    part: Part
    tag: Tag
    scope: Mapping[str, Schema]

    def schema(self, path: str) -> Schema | None:
        """What a path leads to here, None if nowhere."""
        root, *steps = path.split(".")
        found = self.scope.get(root)
        for step in steps:
            found = (found or {}).get("properties", {}).get(step)
        return found

    def leaves(self) -> list[tuple[str, Schema]]:
        """Every single value that can be named here."""
        return [one for name, schema in self.scope.items() for one in _leaves(schema, name)]

    @property
    def names(self) -> list[re.Match[str]]:
        """The paths of the tag, with their places in its paragraph."""
        start = self.tag.line.text.index(" in ", self.tag.start) + 4 if self.tag.word == "for" else self.tag.start
        found = PATH.finditer(self.tag.line.text[: self.tag.end], start)
        return [one for one in found if one[0] not in WORDS | {"tr", "tc", "p", "r"}]


def _leaves(schema: Schema, path: str) -> Iterator[tuple[str, Schema]]:
    if "properties" in schema:
        for name, inner in schema["properties"].items():
            yield from _leaves(inner, f"{path}.{name}")
    elif "items" not in schema:
        yield path, schema


@dataclass(frozen=True)
class Pair:
    """The two ends of a `for` or of an `if`, and the pair right around them."""

    part: Part
    opener: Tag
    closer: Tag
    around: Pair | None

    @property
    def places(self) -> frozenset[Place]:
        """The paragraphs of its ends."""
        return frozenset({place_of(self.opener), place_of(self.closer)})


def place_of(tag: Tag) -> Place:
    """The paragraph of a tag."""
    return tag.line.spot.anchor


@dataclass(frozen=True, eq=False)
class Original:
    """A shipped template as it is, with all that can be spoilt in it."""

    template: Template
    story: Story
    sites: tuple[Site, ...]
    pairs: tuple[Pair, ...]

    @classmethod
    def of(cls, template: Template) -> Original:
        """A template of the kit, read."""
        story = template.story
        assert story
        scope = lint.reader_of(template, KIT.forms, KIT.pack).roots
        sites = tuple(one for part in story.parts for one in _sites(part, part.tree.steps, scope))
        return cls(template, story, sites, tuple(one for part in story.parts for one in _pairs(part)))

    @cached_property
    def taken(self) -> frozenset[str]:
        """Every name that means something somewhere: a mistake must not hit upon one of them."""
        rows = {name for site in self.sites for name in site.scope}
        return frozenset({*rows, *KIT.forms, *(name for form in KIT.forms.values() for name in _names(form.schema)), *WORDS})

    @cached_property
    def neighbours(self) -> list[tuple[Pair, Pair]]:
        """A `for` and an `if` of which one stands right inside the other, or right after it."""
        return [
            (one, other)
            for one in self.pairs
            for other in self.pairs
            if one.part is other.part and one.opener.word != other.opener.word
            if one.around is other or (one.around is other.around and _follows(one, other))
        ]

    @cache  # noqa: B019  # the originals are few, and live as long as the tests
    def known(self, recipient: str) -> frozenset[tuple[str, Place, str]]:
        """What the linter tells of the template as it is, for a recipient."""
        return frozenset(map(_key, linted(replace(self.template, recipient=recipient), self.story.content)))

    def packed(self, part: Part, root: Any) -> bytes:
        """The file with another tree in place of a part."""
        xml = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
        return files.repack({**self.story.package, part.name: xml})

    def edited(self, part: Part, *edits: Edit) -> bytes:
        """The file with other characters in some tags of a part."""
        root, twin = twins(part)
        for tag, start, end, text in sorted(edits, key=lambda edit: edit[1], reverse=True):
            for n, piece in enumerate(part.paragraph(tag).within(start, end)):
                old = twin[piece.element].text
                first, last = max(0, start - piece.start), max(0, end - piece.start)
                twin[piece.element].text = old[:first] + ("" if n else text) + old[last:]
        return self.packed(part, root)


def _sites(part: Part, steps: Sequence[Step], scope: Mapping[str, Schema]) -> Iterator[Site]:
    for step in steps:
        if isinstance(step, Print):
            yield Site(part, step.tag, scope)
        elif isinstance(step, Loop):
            site = Site(part, step.tag, scope)
            yield site
            assert step.over
            rows = site.schema(dotted(step.over))
            assert rows
            yield from _sites(part, step.body, {**scope, step.name: rows["items"]})
            yield from _sites(part, step.otherwise, scope)
        elif isinstance(step, Fork):
            for branch in step.branches:
                yield from [Site(part, branch.tag, scope)] if branch.test else []
                yield from _sites(part, branch.body, scope)


def _pairs(part: Part) -> list[Pair]:
    """The pairs of a part in the order of their openers."""
    opened: list[Tag] = []
    ends: dict[int, Tag] = {}
    for tag in part.tree.tags:
        if tag.word in OPENERS:
            opened.append(tag)
        elif tag.word in OPENERS.values():
            ends[id(opened.pop())] = tag
    pairs: list[Pair] = []
    around: list[Pair] = []
    for tag in part.tree.tags:
        if tag.word in OPENERS:
            around.append(Pair(part, tag, ends[id(tag)], around[-1] if around else None))
            pairs.append(around[-1])
        elif tag.word in OPENERS.values():
            around.pop()
    return pairs


def _names(schema: Schema) -> Iterator[str]:
    for name, inner in schema.get("properties", {}).items():
        yield name
        yield from _names(inner)
    yield from _names(schema["items"]) if "items" in schema else ()


def twins(part: Part) -> tuple[Any, Mapping[Any, Any]]:
    """A copy of a part's tree, and each text of the tree with its copy."""
    root = copy.deepcopy(part.root)
    return root, dict(zip(part.root.iter(W + "t"), root.iter(W + "t"), strict=True))


# A mistake, and whether it is told


@contextmanager
def holding(template: Template, content: bytes) -> Iterator[Template]:
    """A template with another file in the place of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / template.path.name
        path.write_bytes(content)
        yield replace(template, path=path)


def linted(template: Template, content: bytes) -> list[Flaw]:
    """What the quick lint tells, above information, of a file in the place of a template's own."""
    with holding(template, content) as held:
        found = lint.quick(held, KIT.forms, KIT.pack)
    return [one for one in found if one.severity is not Severity.INFO]


def printed(template: Template, content: bytes, size: int | None) -> str:
    """The text of the document made with that file: of a form to fill by hand, or with every answer and so many rows.

    Raises KitError where it cannot be made.
    """
    data = {} if size is None else {name: full(KIT.forms[name].schema, size) for name in (*template.records, *template.optional)}
    with holding(template, content) as held:
        return seen(fill(held, KIT.forms, data, visible=KIT.pack.recipients[template.recipient]).content)


def refused(content: bytes) -> str:
    """What docxtpl by itself says of a template in which it finds no value, empty if it makes a document of it."""
    environment = Environment(undefined=ChainableUndefined, autoescape=True)
    environment.filters["lettere"] = str
    try:
        document = DocxTemplate(io.BytesIO(content))
        document.render({}, environment)
        document.save(io.BytesIO())
    except Exception as error:  # noqa: BLE001  # any of a dozen kinds
        return f"{type(error).__name__}: {error}"
    return ""


def _key(one: Flaw) -> tuple[str, Place, str]:
    return one.rule, one.spot.anchor[:2], one.message


@dataclass(frozen=True)
class Mutant:
    """A template with a mistake: what was done, the paragraphs where it may be told, for whom it is printed."""

    original: Original
    operator: str
    done: str
    content: bytes
    places: frozenset[Place]
    recipient: str

    @cached_property
    def told(self) -> list[Flaw]:
        """What the linter tells of it, and not of the original."""
        known = self.original.known(self.recipient) if self.recipient != self.original.template.recipient else ()
        return [one for one in linted(self.template, self.content) if _key(one) not in known]

    @property
    def template(self) -> Template:
        """The template's description, for the recipient."""
        return replace(self.original.template, recipient=self.recipient)

    def found(self) -> bool:
        """True if the mistake is told by a rule that speaks of it, where it was made; a harmless one, if nothing is told."""
        rules = OPERATORS[self.operator][1]
        if not rules:
            return not self.told
        return any(one.rule in rules and one.spot.anchor[:2] in self.places for one in self.told)

    def __str__(self) -> str:
        told_ = "; ".join(f"{one.rule} {one.spot.anchor}" for one in self.told) or "nothing"
        return f"{self.original.template.kind}, {self.operator}: {self.done} at {sorted(self.places)}; told: {told_}"


Spoil = Callable[[Original, Random], Mutant | None]


def mutants(original: Original, operator: str, count: int, *, seed: str) -> list[Mutant]:
    """As many different mutants of a template, by one operator; fewer where it has not so many."""
    rng = Random(f"{seed} {operator} {original.template.kind}")  # noqa: S311  # to be repeated, not to be secret
    found: dict[str, Mutant] = {}
    for _ in range(20 * count):
        mutant = OPERATORS[operator][0](original, rng)
        if mutant:
            found.setdefault(mutant.done, mutant)
        if len(found) == count:
            break
    return list(found.values())


def _edited(original: Original, operator: str, part: Part, *edits: Edit, places: Iterable[Place] = ()) -> Mutant:
    told = (f"«{tag.line.text[start:end]}» of «{tag.source}» {place_of(tag)} {start} → «{new}»" for tag, start, end, new in edits)
    where = frozenset({*places, *(place_of(tag) for tag, *_ in edits)})
    return Mutant(original, operator, "; ".join(told), original.edited(part, *edits), where, original.template.recipient)


# The operators


def rename(original: Original, rng: Random) -> Mutant | None:
    """One letter of a path changed, dropped or doubled."""
    site = rng.choice(original.sites)
    path = rng.choice(site.names)
    steps = path[0].split(".")
    n = rng.randrange(len(steps))
    old, at = steps[n], rng.randrange(len(steps[n]))
    letter = rng.choice((rng.choice(LETTERS), "", old[at] * 2))
    new = old[:at] + letter + old[at + 1 :]
    if new in original.taken or not re.match(r"[a-z]", new):
        return None
    text = ".".join([*steps[:n], new, *steps[n + 1 :]])
    return _edited(original, "rename", site.part, (site.tag, path.start(), path.end(), text))


def end_lost(original: Original, rng: Random) -> Mutant | None:
    """The end of a tag cut, or the whole end of a pair taken away."""
    if rng.random() < 0.4:
        pair = rng.choice(original.pairs)
        tag = pair.closer
        return _edited(original, "end lost", pair.part, (tag, tag.start, tag.end, ""), places=pair.places)
    part = rng.choice([part for part in original.story.parts if part.tree.tags])
    tag = rng.choice(part.tree.tags)
    partners = [pair.places for pair in original.pairs if tag in (pair.opener, pair.closer)]
    left = rng.choice(("}",) if tag.kind == "print" else ("", "}", "%"))
    return _edited(original, "end lost", part, (tag, tag.end - 2, tag.end, left), places=frozenset().union(*partners))


def swapped(original: Original, rng: Random) -> Mutant | None:
    """The ends, or the openers, of a `for` and an `if` that are nested or follow one another."""
    if not original.neighbours:
        return None
    one, other = rng.choice(original.neighbours)
    which = rng.choice(("opener", "closer"))
    first, second = getattr(one, which), getattr(other, which)
    edits = [_reworded(first, second), _reworded(second, first)]
    return _edited(original, "swapped", one.part, *edits, places=one.places | other.places)


def _follows(one: Pair, other: Pair) -> bool:
    """True if no tag of a pair stands between the two."""
    tags = one.part.tree.tags
    between = tags[tags.index(one.closer) + 1 : tags.index(other.opener)]
    return tags.index(one.closer) < tags.index(other.opener) and all(tag.kind != "block" for tag in between)


def _reworded(tag: Tag, other: Tag) -> Edit:
    """A tag with the words of another and its own level."""
    words = f"{other.word} {other.said}".strip()
    return (tag, tag.start, tag.end, f"{{%{tag.level} {words} %}}")


def scalar_loop(original: Original, rng: Random) -> Mutant | None:
    """A loop over a single value."""
    site = rng.choice(original.sites)
    if site.tag.word == "for":
        path = site.names[-1]
        value = rng.choice(site.leaves())[0]
        return _edited(original, "loop over a value", site.part, (site.tag, path.start(), path.end(), value))
    found = site.schema(site.names[0][0]) if site.tag.kind == "print" and len(site.names) == 1 else None
    if found is None or "items" in found or "properties" in found:
        return None
    loop = f"{{% for riga in {site.names[0][0]} %}}{{{{ riga }}}}{{% endfor %}}"
    return _edited(original, "loop over a value", site.part, (site.tag, site.tag.start, site.tag.end, loop))


def wrong_value(original: Original, rng: Random) -> Mutant | None:
    """A comparison with a value that the field never has."""
    site = rng.choice(original.sites)
    told = list(EQUALITY.finditer(site.tag.line.text[: site.tag.end], site.tag.start))
    if told:
        equality = rng.choice(told)
        schema, old = site.schema(equality[1]), equality[2]
        at = rng.randrange(len(old))
        new = rng.choice((old[:at] + old[at + 1 :], old[:at] + old[at] + old[at:], old.capitalize(), old.replace("_", " ")))
        if schema is None or new in schema.get("enum", [new]):
            return None
        return _edited(original, "wrong value", site.part, (site.tag, equality.start(2), equality.end(2), new))
    path = site.names[0][0] if site.tag.kind == "print" and len(site.names) == 1 else ""
    schema = site.schema(path)
    if schema is None or "enum" not in schema:
        return None
    value = rng.choice(("altri", "Si", f"{schema['enum'][0]}_", str(schema["enum"][-1]).upper()))
    if value in schema["enum"]:
        return None
    text = f'{{% if {path} == "{value}" %}}{site.tag.source}{{% endif %}}'
    return _edited(original, "wrong value", site.part, (site.tag, site.tag.start, site.tag.end, text))


def other_form(original: Original, rng: Random) -> Mutant | None:
    """A field that another form has."""
    site = rng.choice(original.sites)
    path = rng.choice(site.names)
    above, _, _ = path[0].rpartition(".")
    here = (site.schema(above) or {}).get("properties", {}) if above else {}
    form = KIT.forms[rng.choice(sorted(KIT.forms))]
    name = rng.choice(sorted(form.schema["properties"]))
    if not here or name in here:
        return None
    return _edited(original, "other form", site.part, (site.tag, path.start(), path.end(), f"{above}.{name}"))


def forbidden(original: Original, rng: Random) -> Mutant | None:
    """A field that the recipient may not see, printed or asked about beside a tag that was there."""
    hides = [name for name, visible in KIT.pack.recipients.items() if visible != KIT.pack.recipients["interno"]]
    recipient = rng.choice(sorted(hides))
    taken = {place for _, place, _ in original.known(recipient)}
    site = rng.choice([one for one in original.sites if one.tag.kind == "print"])
    hidden = [path for path, one in site.leaves() if one.get("x-privacy", "comune") not in KIT.pack.recipients[recipient]]
    if place_of(site.tag) in taken or not hidden:
        return None
    path = rng.choice(hidden)
    text = rng.choice((f"{{{{ {path} }}}}", f"{{% if {path} %}}sì{{% endif %}}"))
    made = _edited(original, "forbidden", site.part, (site.tag, site.tag.start, site.tag.end, f"{site.tag.source} {text}"))
    return replace(made, recipient=recipient, done=f"{made.done} for {recipient}")


def split(original: Original, rng: Random) -> Mutant | None:
    """A tag in several runs, one of them bold, with a mark of the spelling checker between: docxtpl heals it."""
    part, tag = _any_tag(original, rng)
    root, twin = twins(part)
    cuts = sorted(rng.sample(range(tag.start + 1, tag.end), rng.randint(1, 3)), reverse=True)
    for cut in cuts:
        run = _cut(part.paragraph(tag), twin, cut)
        run.addprevious(etree.Element(W + "proofErr", {W + "type": "spellStart"}))
    properties = run.find(W + "rPr")
    if properties is None:
        properties = etree.Element(W + "rPr")
        run.insert(0, properties)
    etree.SubElement(properties, W + "noProof")
    return _made(original, "split", part, root, tag, cuts)


def split_by_a_mark(original: Original, rng: Random) -> Mutant | None:
    """A tag inside which a bookmark begins or ends, or a link ends: docxtpl throws it away."""
    part, tag = _any_tag(original, rng)
    root, twin = twins(part)
    cut = rng.randrange(tag.start + 1, tag.end)
    run = _cut(part.paragraph(tag), twin, cut)
    what = rng.choice(("bookmarkStart", "bookmarkEnd", "hyperlink"))
    start = etree.Element(W + "bookmarkStart", {W + "id": "901", W + "name": "segno"})
    end = etree.Element(W + "bookmarkEnd", {W + "id": "901"})
    if what == "hyperlink":
        before = run.getprevious()
        link = etree.Element(W + "hyperlink", {W + "anchor": "segno"})
        before.addprevious(link)
        link.append(before)
    elif what == "bookmarkStart":
        run.addprevious(start)
        run.getparent().append(end)
    else:
        run.getprevious().addprevious(start)
        run.addprevious(end)
    return _made(original, "split by a mark", part, root, tag, [cut], what)


def over_cells(original: Original, rng: Random) -> Mutant | None:
    """A tag that begins in a cell and ends in the next."""
    part, tag = _any_tag(original, rng)
    root, twin = twins(part)
    cut = rng.randrange(tag.start + 1, tag.end)
    paragraphs = list(root.iter(W + "p"))
    cell = next(paragraphs[int(place_of(tag)[1])].iterancestors(W + "tc"), None)
    table = None if cell is None else next(cell.iterancestors(W + "tbl"))
    cells = [] if table is None else [one for one in table.iter(W + "tc") if next(one.iterancestors(W + "tbl")) is table]
    after = cells[cells.index(cell) + 1 :] if cells else []
    if not after:
        return None
    pieces = part.paragraph(tag).within(tag.start, tag.end)
    rest = tag.line.text[cut : tag.end]
    run = _cut(part.paragraph(tag), twin, cut)
    text = run.find(W + "t")
    assert len(pieces) == 1
    text.text = text.text.removeprefix(rest)
    paragraph = after[0].find(W + "p")
    moved = etree.Element(W + "r")
    etree.SubElement(moved, W + "t", {SPACE: "preserve"}).text = rest
    first = paragraph.find(W + "pPr")
    paragraph.insert(0 if first is None else 1, moved)
    made = _made(original, "over cells", part, root, tag, [cut])
    return replace(made, places=made.places | {(part.name, paragraphs.index(paragraph))})


def noise(original: Original, rng: Random) -> Mutant | None:
    """Some characters of a tag lost, doubled, exchanged or replaced by others; a tag lost or written twice."""
    part, tag = _any_tag(original, rng)
    source = tag.source
    if rng.random() < 0.15:
        text = rng.choice(("", source * 2))
    else:
        text = source
        for _ in range(rng.randint(1, 3)):
            at = rng.randrange(len(text))
            new = rng.choice(("", text[at] * 2, text[at : at + 2][::-1], rng.choice("{}%# .|\"'()-_=!aeins0[]~,<")))
            text = text[:at] + new + text[at + (2 if len(new) == 2 and new != text[at] * 2 else 1) :] or "x"
    return _edited(original, "noise", part, (tag, tag.start, tag.end, text))


def _any_tag(original: Original, rng: Random) -> tuple[Part, Tag]:
    part = rng.choice([part for part in original.story.parts for _ in part.tree.tags])
    return part, rng.choice(part.tree.tags)


def _cut(paragraph: Paragraph, twin: Mapping[Any, Any], at: int) -> Any:
    """Cut the run that holds a character of a paragraph before that; the run that begins with it."""
    [piece] = paragraph.within(at, at + 1)
    text = twin[piece.element]
    run = text.getparent()
    rest = etree.Element(W + "r")
    properties = run.find(W + "rPr")
    rest.extend([] if properties is None else [copy.deepcopy(properties)])
    words = text.text
    etree.SubElement(rest, W + "t", {SPACE: "preserve"}).text = words[at - piece.start :]
    rest.extend(list(text.itersiblings()))
    text.text = words[: at - piece.start]
    text.set(SPACE, "preserve")
    run.addnext(rest)
    return rest


def _made(original: Original, operator: str, part: Part, root: Any, tag: Tag, cuts: list[int], what: str = "") -> Mutant:
    done = f"«{tag.source}» {place_of(tag)} {tag.start} at {cuts} {what}".strip()
    content = original.packed(part, root)
    return Mutant(original, operator, done, content, frozenset({place_of(tag)}), original.template.recipient)


ENDS = frozenset({"LNT-030", "LNT-031", "LNT-032", "LNT-033"})
OPERATORS: Mapping[str, tuple[Spoil, frozenset[str]]] = {
    "rename": (rename, frozenset({"LNT-010", "LNT-011"})),
    "end lost": (end_lost, ENDS),
    "swapped": (swapped, ENDS),
    "loop over a value": (scalar_loop, frozenset({"LNT-012"})),
    "wrong value": (wrong_value, frozenset({"LNT-013"})),
    "other form": (other_form, frozenset({"LNT-010"})),
    "forbidden": (forbidden, frozenset({"LNT-021"})),
    "split": (split, frozenset()),
    "split by a mark": (split_by_a_mark, frozenset({"LNT-038"})),
    "over cells": (over_cells, ENDS),
    "noise": (noise, frozenset()),
}
"""Each way to spoil a template, and the rules that speak of it: none for a harmless one."""
