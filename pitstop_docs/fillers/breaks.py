"""What would break a Word template, or print it otherwise than it looks, and that docxtpl does without a word.

A tag that takes its row with it deletes the row's other tags; one in a comment, an endnote, a text box, a field or a deleted
revision is printed twice, never, or in the wrong place; what stands between the runs of a tag is thrown away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from lxml import etree

from pitstop_docs.fillers.parts import ANNOTATOR, BOX, RENDERED, STORIES, Paragraph, Part, Piece, W, called, parsed, part_of
from pitstop_docs.findings import Severity
from pitstop_docs.flaws import Flaw, Spot, flaw
from pitstop_docs.tags import AROUND, BRACES, TAKES

REVISIONS = frozenset(W + tag for tag in ("ins", "del", "moveFrom", "moveTo", "cellIns", "cellDel", "cellMerge"))
BOXES = {BOX: "un riquadro di testo", W + "fldSimple": "un campo di Word"}
HARMLESS = frozenset(W + tag for tag in ("r", "rPr", "t", "proofErr", "lastRenderedPageBreak", "noBreakHyphen", "softHyphen"))
ADDRESS = re.compile(r"\{\{|\{%|%7B%7B|%7B%25", re.IGNORECASE)


def breaks(parts: Sequence[Part], package: Mapping[str, bytes], file: str, landed: Mapping[str, str]) -> Iterator[Flaw]:
    """All of it, in these parts and in the rest of the package; `landed` says what the parts are called."""
    yield from _revisions(parts)
    yield from _out_of_reach(parts, package, file, landed)
    for part in parts:
        yield from part.tree.flaws
        yield from _alone(part)
        yield from _nothing_stays(part)
        yield from _displaced(part)


def _revisions(parts: Sequence[Part]) -> Iterator[Flaw]:
    """One for each paragraph with a pending revision: docxtpl prints into what was deleted."""
    for part in parts:
        found = {_paragraph_of(one) for one in part.root.iter(*REVISIONS)}
        for paragraph in part.paragraphs:
            if paragraph.element in found:
                spot = paragraph.line.at(0, len(paragraph.line.text))
                yield flaw("LNT-035", spot, "Contiene revisioni in sospeso: ciò che è cancellato verrebbe stampato lo stesso.")


def _paragraph_of(element: Any) -> Any:
    """The paragraph in which something stands, or the first that stands in it or in its row; None if there is none."""
    above = next(element.iterancestors(W + "p", W + "tr"), element)
    return above if above.tag == W + "p" else next(above.iter(W + "p"), None)


def _out_of_reach(parts: Sequence[Part], package: Mapping[str, bytes], file: str, landed: Mapping[str, str]) -> Iterator[Flaw]:
    """Tags in the parts that docxtpl does not render, in the codes of fields, in attributes, in the addresses of links."""
    rendered = {part.name: part for part in parts}
    for name, content in package.items():
        if name in rendered:
            yield from _stray(rendered[name])
        elif STORIES.fullmatch(name) and (b"{" in content or b"}" in content):
            root = parsed(content, f"{file}, {name}")
            annotated = [one for one in root.iter(W + "comment") if one.get(W + "author") == ANNOTATOR]
            if annotated:
                message = "È una copia annotata: i commenti di pitstop resterebbero nel documento."
                yield flaw("LNT-046", Spot(file, called(name, landed)), message, severity=Severity.BLOCKING)
            for one in annotated:
                root.remove(one)
            yield from _stray(part_of(root, name, file, landed))
        elif name.endswith(".rels") and ADDRESS.search(content.decode("utf-8", "replace")):
            whole = Spot(file, called(_owner(name), landed))
            yield from _addresses(parsed(content, f"{file}, {name}"), whole, rendered.get(_owner(name)))


def _stray(part: Part) -> Iterator[Flaw]:
    """One for each paragraph that holds a tag where none is filled, and one for what is in no paragraph."""
    filled = RENDERED.fullmatch(part.name) is not None
    found: dict[Any, str] = {one.element: one.line.text for one in part.paragraphs if not filled and BRACES.search(one.line.text)}
    for element in part.root.iter(etree.Element):
        own = "" if element.tag in (W + "t", W + "delText") else element.text or ""
        for text in (own, *element.attrib.values()):
            if BRACES.search(text):
                found.setdefault(next(element.iterancestors(W + "p"), None), text)
    message = f"{'Dentro un campo, o fuori dal testo,' if filled else 'In questa parte'} un segnaposto non viene riempito."
    spots = {one.element: one.line.at(0, 0) for one in part.paragraphs}
    for holder, text in found.items():
        spot = spots.get(holder, part.spot)
        yield flaw("LNT-036", replace(spot, around=" ".join(text.split())[:AROUND]), message)


def _owner(relations: str) -> str:
    """The part whose relations these are: `word/document.xml` of `word/_rels/document.xml.rels`."""
    return relations.replace("_rels/", "", 1).removesuffix(".rels")


def _addresses(relations: Any, whole: Spot, part: Part | None) -> Iterator[Flaw]:
    """A flaw for each link whose address holds a tag, at its paragraph where it is one of the text's."""
    for relation in relations:
        if ADDRESS.search(relation.get("Target", "")):
            spot = whole
            for paragraph in part.paragraphs if part else ():
                if any(relation.get("Id") in link.attrib.values() for link in paragraph.element.iter(W + "hyperlink")):
                    spot = paragraph.line.at(0, len(paragraph.line.text))
            yield flaw("LNT-036", spot, "Un segnaposto nell’indirizzo di un collegamento non viene riempito.")


def _displaced(part: Part) -> Iterator[Flaw]:
    """Tags in text boxes and results of fields; and what stands inside a tag and would be thrown away."""
    computed = _computed(part.root)
    for tag in part.tree.tags:
        paragraph = part.paragraph(tag)
        pieces = paragraph.within(tag.start, tag.end)
        inside = next((BOXES[one.tag] for piece in pieces for one in piece.element.iterancestors() if one.tag in BOXES), "")
        if inside or any(piece.element in computed for piece in pieces):
            message = f"Il segnaposto sta in {inside or 'un campo di Word'}: Word può riscriverlo o stamparlo due volte."
            yield flaw("LNT-037", tag.spot, message)
        torn = _torn(pieces)
        lost = torn or _between(paragraph, pieces)
        if lost:
            weight = Severity.BLOCKING if torn else None
            yield flaw("LNT-038", tag.spot, f"Dentro il segnaposto c’è {lost}, che sparirebbe.", severity=weight)


def _computed(root: Any) -> frozenset[Any]:
    """The texts between the beginning and the end of a complex field, which Word writes anew when it likes."""
    depth = 0
    found = []
    for one in root.iter(W + "fldChar", W + "t"):
        if one.tag == W + "t":
            found += [one] if depth else []
        else:
            depth = max(0, depth + {"begin": 1, "end": -1}.get(one.get(W + "fldCharType"), 0))
    return frozenset(found)


KNOWN = {
    "bookmarkStart": "l’inizio di un segnalibro",
    "bookmarkEnd": "la fine di un segnalibro",
    "hyperlink": "un collegamento",
    "commentRangeStart": "l’inizio di un commento",
    "commentRangeEnd": "la fine di un commento",
    "commentReference": "un commento",
    "footnoteReference": "il richiamo di una nota",
    "endnoteReference": "il richiamo di una nota",
    "tab": "una tabulazione",
    "br": "un’interruzione di riga o di pagina",
    "drawing": "un’immagine",
    "pict": "un’immagine",
    "fldChar": "un pezzo di un campo",
    "instrText": "un pezzo di un campo",
}


def _torn(pieces: tuple[Piece, ...]) -> str:
    """What begins or ends in the middle of a tag, in words: without its other half the XML is broken; empty if nothing does."""
    if len(pieces) < 2:
        return ""
    first, last = ([*_within_paragraph(piece.element)] for piece in (pieces[0], pieces[-1]))
    torn = [one for one in (*first, *last) if (one in first) != (one in last) and one.tag not in HARMLESS]
    name = etree.QName(torn[0]).localname if torn else ""
    return f"l’inizio o la fine di {KNOWN.get(name, f'un elemento («{name}»)')}" if name else ""


def _within_paragraph(element: Any) -> Iterator[Any]:
    for one in element.iterancestors():
        if one.tag == W + "p":
            return
        yield one


def _between(paragraph: Paragraph, pieces: tuple[Piece, ...]) -> str:
    """What docxtpl would throw away between the first and the last piece of a tag, in words; empty if nothing."""
    if len(pieces) < 2:
        return ""
    walking = False
    for one in paragraph.element.iter(etree.Element):
        if one is pieces[0].element:
            walking = True
        elif one is pieces[-1].element:
            return ""
        elif walking and one.tag not in HARMLESS and one.getparent().tag != W + "rPr":
            name = etree.QName(one).localname
            return KNOWN.get(name, f"un elemento («{name}»)")
    return ""


BESIDE = {
    "drawing": "un’immagine",
    "pict": "un’immagine",
    "object": "un oggetto",
    "tbl": "una tabella",
    "sectPr": "un’interruzione di sezione",
    "footnoteReference": "il richiamo di una nota",
    "endnoteReference": "il richiamo di una nota",
    "br": "un’interruzione di pagina",
}
"""What has no text and goes too where a tag takes what it stands in."""


def _alone(part: Part) -> Iterator[Flaw]:
    """Tags that take their row, cell or paragraph with them, and stand beside something else or in none."""
    texts = {level: _texts(part, level) for level in TAKES}
    for tag in part.tree.tags:
        if tag.level in TAKES:
            holder = next(part.paragraph(tag).element.iterancestors(W + tag.level), None)
            holder = part.paragraph(tag).element if tag.level == "p" else holder
            beside = "" if holder is None else _beside(holder)
            if holder is None:
                yield flaw(
                    "LNT-033",
                    tag.spot,
                    f"«{tag.source}» sta fuori da una tabella.",
                    "Scriverlo {%p … %}, o portarlo nella tabella.",
                )
            elif texts[tag.level].get(holder, "").strip() != tag.source:
                yield flaw("LNT-033", tag.spot, f"«{tag.source}» non è solo {TAKES[tag.level]}: il resto verrebbe cancellato.")
            elif beside:
                message = f"«{tag.source}» non è solo {TAKES[tag.level]}: c’è anche {beside}, che sparirebbe."
                yield flaw("LNT-033", tag.spot, message)


def _beside(holder: Any) -> str:
    """What would go with a row, a cell or a paragraph besides its text, in words; empty if nothing."""
    for one in holder.iter(*(W + name for name in BESIDE)):
        if one.tag != W + "br" or one.get(W + "type") in ("page", "column"):
            return BESIDE[etree.QName(one).localname]
    return ""


def _texts(part: Part, level: str) -> dict[Any, str]:
    """The text of each row, cell or paragraph, without that of others inside it."""
    texts: dict[Any, list[str]] = {}
    for paragraph in part.paragraphs:
        inner = paragraph.element
        holder = inner if level == "p" else next(inner.iterancestors(W + level), None)
        texts.setdefault(holder, []).append(paragraph.line.text)
    return {holder: "".join(found) for holder, found in texts.items() if holder is not None}


def _nothing_stays(part: Part) -> Iterator[Flaw]:
    """Tables that could be left without rows, cells without paragraphs: Word calls that a damaged file."""
    for container, level, what in (("tbl", "tr", "la tabella senza righe"), ("tc", "p", "la cella senza paragrafi")):
        texts = _texts(part, level)
        first: dict[Any, Paragraph] = {}
        for paragraph in part.paragraphs:
            holder = next(paragraph.element.iterancestors(W + container), None)
            first.setdefault(holder, paragraph)
        for holder in part.root.iter(W + container):
            inner = [one for one in holder.iter(W + level) if next(one.iterancestors(W + container, BOX), None) is holder]
            children = [texts.get(child, "") for child in inner]
            if holder in first and not _something_stays(level, children):
                line = first[holder].line
                yield flaw("LNT-034", line.at(0, len(line.text)), f"Se le condizioni lo vogliono, resta {what}.")


def _something_stays(level: str, texts: list[str]) -> bool:
    """True if one of these is neither a tag nor between tags."""
    depth = 0
    for text in texts:
        tag = re.match(rf"\s*\{{%{level}\s+(\w+)", text)
        if tag is None and depth == 0:
            return True
        depth += {"if": 1, "for": 1, "endif": -1, "endfor": -1}.get(tag[1] if tag else "", 0)
    return False
