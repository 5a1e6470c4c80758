"""A Word template in which each flaw is a comment at its place, to be opened, mended and thrown away.

Word allows comments only in the body of the text: what is wrong in a header, a footer or a note is told at the first paragraph,
what is wrong in a text box at the paragraph that holds it, with the place in words.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree

from pitstop_docs import files
from pitstop_docs.fillers.parts import ANNOTATOR, BODY, BOX, W, parsed
from pitstop_docs.fillers.story import Story
from pitstop_docs.flaws import Flaw

RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def annotated(story: Story, flaws: Sequence[Flaw]) -> bytes:
    """A copy of a template in which each flaw is a comment at its place. The same flaws give the same bytes.

    What is not in the body, or is of the whole file, is a comment at the first paragraph that says where. The text is the same.
    Raises KitError if what a package says of its own parts is damaged.
    """
    body = story.parts[0]
    root = copy.deepcopy(body.root)
    twins = dict(zip(body.root.iter(etree.Element), root.iter(etree.Element), strict=True))
    package = dict(story.package)
    name = _comments_part(package, story.file)
    comments = parsed(package[name], f"{story.file}, {name}")
    start = max((int(one.get(W + "id")) + 1 for one in comments if one.get(W + "id", "").isdecimal()), default=0)
    desk = _Desk(
        root,
        [_Text(twins[one.element], [(twins[piece.element], piece.start) for piece in one.pieces]) for one in body.paragraphs],
    )
    for number, one in enumerate(flaws, start=start):
        there = desk.mark(str(number), one.spot.anchor)
        comments.append(_comment(str(number), one, there))
    package[BODY] = _xml(root)
    package[name] = _xml(comments)
    return files.repack(package)


@dataclass
class _Text:
    """A paragraph that is written into: its texts, each with where it begins."""

    element: Any
    pieces: list[tuple[Any, int]]

    def cut(self, at: int) -> None:
        """Let a run begin at this character, if one goes on over it: two runs that look the same then say what it said."""
        for n, (piece, start) in enumerate(self.pieces):
            run, text = piece.getparent(), piece.text or ""
            if start <= at < start + len(text) and run.tag == W + "r":
                look = run.find(W + "rPr")
                if at > start:
                    rest = etree.Element(W + "t")
                    piece.text, rest.text = text[: at - start], text[at - start :]
                    piece.addnext(rest)
                    self.pieces.insert(n + 1, (rest, at))
                    for one in (piece, rest):
                        one.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
                else:
                    rest = piece
                if any(one is not look for one in rest.itersiblings(preceding=True)):
                    after = etree.Element(W + "r", dict(run.attrib))
                    after.extend([] if look is None else [copy.deepcopy(look)])
                    after.extend([rest, *rest.itersiblings()])
                    run.addnext(after)
                return

    def runs(self, start: int, end: int) -> list[Any]:
        """The runs that hold some of these characters."""
        return [one.getparent() for one, at in self.pieces if at < end and at + len(one.text or "") > start]


class _Desk:
    """The body of a template on which comments are put."""

    def __init__(self, root: Any, texts: list[_Text]) -> None:
        self.texts = texts
        outside = (one for one in texts if next(one.element.iterancestors(BOX), None) is None)
        self.first = next(outside, None) or _Text(_new_paragraph(root), [])
        self.put: set[Any] = set()

    def mark(self, number: str, anchor: tuple[str | int, ...]) -> bool:
        """Put the marks of a comment where the anchor says; False if they could only be put near it, or at the beginning."""
        there = len(anchor) > 1 and anchor[0] == BODY and int(anchor[1]) < len(self.texts)
        text = self.texts[int(anchor[1])] if there else self.first
        outer = [*text.element.iterancestors(W + "p")]
        if outer:  # Word has no comments in text boxes
            self.around(number, outer[-1], [])
            return False
        runs: list[Any] = []
        if there and len(anchor) > 3:
            start, end = int(anchor[2]), int(anchor[3])
            text.cut(start)
            text.cut(end)
            runs = text.runs(start, end)
        self.around(number, text.element, runs)
        return there

    def around(self, number: str, paragraph: Any, runs: list[Any]) -> None:
        """Put the marks of a comment around some runs, or around all of the paragraph, after those that are there already."""
        begin, end = (etree.Element(f"{W}commentRange{side}", {W + "id": number}) for side in ("Start", "End"))
        mark = etree.Element(W + "r")
        etree.SubElement(mark, W + "commentReference", {W + "id": number})
        if runs:
            runs[0].addprevious(begin)
            self.after(runs[-1]).addnext(end)
        else:
            properties = paragraph.find(W + "pPr")
            if properties is None:
                paragraph.insert(0, etree.Element(W + "pPr"))
            self.after(paragraph[0]).addnext(begin)
            paragraph.append(end)
        end.addnext(mark)
        self.put |= {begin, end, mark}

    def after(self, element: Any) -> Any:
        """The last of the marks that follow an element, or itself."""
        while element.getnext() is not None and element.getnext() in self.put:
            element = element.getnext()
        return element


def _new_paragraph(root: Any) -> Any:
    paragraph = etree.Element(W + "p")
    root.find(W + "body").insert(0, paragraph)
    return paragraph


def _comment(number: str, one: Flaw, there: bool) -> Any:
    """A comment that says what is wrong, where if it is not there, what to do."""
    place = "" if there else one.spot.words() or "in tutto il file"
    around = f" «{one.spot.around}»" if place and one.spot.around else ""
    lines = [f"{one.severity.value} {one.rule}{f' – {place}{around}' if place else ''}", one.message, one.remedy]
    comment = etree.Element(W + "comment", {W + "id": number, W + "author": ANNOTATOR, W + "initials": "p"})
    for n, line in enumerate(lines):
        paragraph = etree.SubElement(comment, W + "p")
        if n == 0:
            etree.SubElement(etree.SubElement(paragraph, W + "r"), W + "annotationRef")
        run = etree.SubElement(paragraph, W + "r")
        look = etree.SubElement(run, W + "rPr")
        if n == 0:
            etree.SubElement(look, W + "b")
        etree.SubElement(look, W + "sz", {W + "val": "20"})
        etree.SubElement(run, W + "t").text = line
    return comment


def _comments_part(package: dict[str, bytes], file: str) -> str:
    """The name of the part of the comments, made and declared if the package has none."""
    path = "word/_rels/document.xml.rels"
    relations = parsed(package.get(path) or f'<Relationships xmlns="{RELATIONS}"/>'.encode(), f"{file}, {path}")
    for one in relations:
        target = f"word/{one.get('Target', '').removeprefix('/word/')}"
        if one.get("Type", "").endswith("/comments") and target in package:
            return target
    name = next(one for one in (f"comments{n or ''}.xml" for n in range(len(package) + 1)) if f"word/{one}" not in package)
    told = {"Id": "rIdPitstop", "Type": f"{OFFICE}/comments", "Target": name}
    etree.SubElement(relations, f"{{{RELATIONS}}}Relationship", told)
    types = parsed(package.get("[Content_Types].xml", b""), f"{file}, [Content_Types].xml")
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.comments+xml"
    etree.SubElement(types, f"{types.tag.rpartition('}')[0]}}}Override", {"PartName": f"/word/{name}", "ContentType": kind})
    package[path], package["[Content_Types].xml"] = _xml(relations), _xml(types)
    package[f"word/{name}"] = f'<w:comments xmlns:w="{W.strip("{}")}"/>'.encode()
    return f"word/{name}"


def _xml(root: Any) -> bytes:
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))
