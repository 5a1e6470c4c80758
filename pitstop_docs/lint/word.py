"""How a Word template is made: what would look different on another computer, or be read aloud wrongly, or change by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from lxml import etree

from pitstop_docs.fillers.parts import BODY, FALLBACK, Paragraph, Part, W
from pitstop_docs.fillers.story import Story
from pitstop_docs.findings import Severity
from pitstop_docs.flaws import Flaw, Spot, flaw
from pitstop_docs.lint.comments import annotated
from pitstop_docs.lint.looks import Looks, common
from pitstop_docs.tags import AROUND, BRACES

__all__ = ["annotated", "flaws"]

WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
PICTURE = "{http://schemas.openxmlformats.org/drawingml/2006/picture}pic"
DECORATIVE = "{http://schemas.microsoft.com/office/drawing/2017/decorative}decorative"
V = "{urn:schemas-microsoft-com:vml}"
VOLATILE = frozenset({"DATE", "TIME", "SAVEDATE", "PRINTDATE", "CREATEDATE", "EDITTIME", "NOW"})
CLOCKS = tuple(W + unit + size for unit in ("day", "month", "year") for size in ("Short", "Long"))
OFF = ("0", "false", "off")
TAGS = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")
ITALIAN = frozenset({"di", "il", "lo", "gli", "della", "delle", "dei", "che", "è", "sono", "nel", "nella", "alla", "dell", "all"})
BLOCK = re.compile(r"\{%.*?%\}")
ROW = re.compile(r"\s*\{%tr\s+(\w+).*%\}\s*", re.DOTALL)
FILE_NAME = re.compile(r"\S+\.(?:png|jpe?g|gif|bmp|tiff?|svg|emf|wmf|webp)", re.IGNORECASE)


def flaws(story: Story) -> list[Flaw]:
    """What is wrong with how a template is made, its tags aside. Raises KitError if its styles cannot be read."""
    looks = Looks(story.package, story.file)
    return [
        *_empty(story),
        *_language(story, looks),
        *_fonts(story, looks),
        *_headings(story, looks),
        *(one for part in story.parts for check in (_tables, _images, _fields, _bound, _comments) for one in check(part)),
    ]


def _at(paragraph: Paragraph) -> Spot:
    """The place of a whole paragraph."""
    return replace(paragraph.line.spot, around=" ".join(paragraph.line.text.split())[:AROUND])


def _holding(part: Part, element: Any) -> Spot:
    """The place of the paragraph that something stands in, or of the first one in it."""
    paragraph = part.holding(element)
    return _at(paragraph) if paragraph else part.spot


def _empty(story: Story) -> Iterator[Flaw]:
    body = story.parts[0]
    shown = (
        any(one.line.text.strip() for one in body.paragraphs) or next(body.root.iter(W + "drawing", W + "pict"), None) is not None
    )
    if not shown:
        yield flaw("LNT-045", body.spot, "La pagina è vuota.")
    elif not any(BRACES.search(one.line.text) for part in story.parts for one in part.paragraphs):
        yield flaw("LNT-045", Spot(story.file), "Il modello non ha segnaposto: ogni documento sarebbe uguale agli altri.")


# ── what it looks like, and how it is read aloud ─────────────────────────────────────────────────────────────────────


def _fonts(story: Story, looks: Looks) -> Iterator[Flaw]:
    """One for each font that another computer may lack, at the first paragraph that it is shown in."""
    used: dict[str, list[Paragraph]] = {}
    for paragraph in (one for part in story.parts for one in part.paragraphs):
        for font in dict.fromkeys(filter(None, looks.fonts_of(paragraph))):
            used.setdefault(font, []).append(paragraph)
    for font, paragraphs in used.items():
        if not common(font) and not looks.travels(font):
            others = f" Paragrafi che lo usano: {len(paragraphs)}." if len(paragraphs) > 1 else ""
            message = (
                f"Il carattere «{font}» non è su tutti i computer e non è incorporato: altrove righe e pagine cambiano.{others}"
            )
            yield flaw("LNT-040", _at(paragraphs[0]), message, subject=font)


def _language(story: Story, looks: Looks) -> Iterator[Flaw]:
    """The language that the text is read aloud in: that of the whole, and of passages that have one of their own."""
    whole = looks.language
    if not whole:
        yield flaw("LNT-044", Spot(story.file), "Il modello non dice in che lingua è scritto.")
    elif _foreign(whole):
        message = f"La lingua del modello non è l’italiano («{whole}»)."
        weight = None if _reads_italian(story) else Severity.INFO
        yield flaw("LNT-044", Spot(story.file), message, subject=whole, severity=weight)
    told: dict[str, list[Paragraph]] = {}
    for paragraph in (one for part in story.parts for one in part.paragraphs):
        for piece in paragraph.pieces:
            letters = re.search(r"[A-Za-zÀ-ÿ]{2}", TAGS.sub("", piece.element.text or ""))
            language = looks.language_of(piece.element.getparent()) if letters else ""
            if language and language != whole and _foreign(language):
                told.setdefault(language, []).append(paragraph)
    for language, paragraphs in told.items():
        count = len(dict.fromkeys(paragraphs))
        message = f"Un testo è segnato come scritto in un’altra lingua («{language}»)." + (
            f" Paragrafi: {count}." if count > 1 else ""
        )
        yield flaw("LNT-044", _at(paragraphs[0]), message, subject=language, severity=Severity.INFO)


def _reads_italian(story: Story) -> bool:
    """False if the template is long enough to tell, and its words are those of another language."""
    text = " ".join(TAGS.sub(" ", one.line.text) for part in story.parts for one in part.paragraphs)
    words = re.findall(r"[^\W\d_]+", text.lower())
    return len(words) < 30 or 50 * sum(word in ITALIAN for word in words) >= len(words)


def _foreign(language: str) -> bool:
    return language.partition("-")[0].lower() not in ("it", "ita")


@dataclass
class _Way:
    """Some text that is printed or not as a whole, as its headings make it: those that can be its first, the levels of its last.

    `word` is what it begins with (if, elif, else, for); it `passes` if it can be printed without a heading.
    """

    word: str
    firsts: list[int] = field(default_factory=list)
    lasts: frozenset[int] = frozenset()
    passes: bool = True


class _Course:
    """The headings of a text in the orders in which its conditions and its rows can print them."""

    def __init__(self) -> None:
        self.before: dict[int, set[int]] = {}
        """Of each heading, by its place, the levels that can come just before it."""
        self.open = [[_Way("")]]

    def heading(self, place: int, level: int) -> None:
        self.follow([place], frozenset({level}), passes=False)

    def follow(self, firsts: list[int], lasts: frozenset[int], *, passes: bool) -> None:
        way = self.open[-1][-1]
        self.meet(firsts, way.lasts)
        way.firsts += firsts if way.passes else []
        way.lasts = lasts | (way.lasts if passes else frozenset())
        way.passes = way.passes and passes

    def meet(self, firsts: list[int], lasts: frozenset[int]) -> None:
        for one in firsts:
            self.before.setdefault(one, set()).update(lasts)

    def tag(self, word: str) -> None:
        """A condition or a repetition that opens, turns or closes; what is unbalanced is told elsewhere, and passed over."""
        if word in ("if", "for"):
            self.open.append([_Way(word)])
        elif word in ("elif", "else") and len(self.open) > 1:
            self.open[-1].append(_Way(word))
        elif word in ("endif", "endfor") and len(self.open) > 1:
            ways = self.open.pop()
            if ways[0].word == "for":
                self.meet(ways[0].firsts, ways[0].lasts)
            lasts = frozenset(one for way in ways for one in way.lasts)
            passes = ways[-1].word != "else" or any(way.passes for way in ways)
            self.follow([one for way in ways for one in way.firsts], lasts, passes=passes)

    def end(self) -> None:
        while len(self.open) > 1:  # not closed: as if it were not there
            self.open[-1][0].word = ""
            self.tag("endif")
        self.meet(self.open[0][0].firsts, frozenset({0}))


def _headings(story: Story, looks: Looks) -> Iterator[Flaw]:
    """Headings that skip a level, whatever the conditions; as information those that may, if the conditions want it."""
    body = story.parts[0]
    words: dict[object, list[str]] = {}
    for tag in body.tree.tags:
        words.setdefault(tag.line.spot.anchor[1], []).append(tag.word)
    course = _Course()
    levels: dict[int, int] = {}
    for n, paragraph in enumerate(body.paragraphs):
        level = looks.level(paragraph.element) if BLOCK.sub("", paragraph.line.text).strip() else 0
        if level:
            levels[n] = level
            course.heading(n, level)
        for word in words.get(n, ()):
            course.tag(word)
    course.end()
    for n, level in levels.items():
        found = course.before[n]
        if level > min(found) + 1:
            sure = level > max(found) + 1
            last = max(found) if sure else min(found)
            skipped = f"viene dopo uno di livello {last}" if last else "è il primo"
            said = (
                f"Un titolo di livello {level} {skipped}."
                if sure
                else f"In qualche documento un titolo di livello {level} {skipped}."
            )
            yield flaw("LNT-041", _at(body.paragraphs[n]), said, severity=None if sure else Severity.INFO)


def _tables(part: Part) -> Iterator[Flaw]:
    """Tables of data whose first row is not marked as what heads the columns; layouts and labels with values need none."""
    if part.name != BODY:
        return
    texts: dict[Any, str] = {}
    for paragraph in part.paragraphs:
        cell = next(paragraph.element.iterancestors(W + "tc"), None)
        texts[cell] = f"{texts.get(cell, '')} {paragraph.line.text}"
    for table in part.root.iter(W + "tbl"):
        rows = [one for one in table.iter(W + "tr") if next(one.iterancestors(W + "tbl"), None) is table]
        told = [
            [texts.get(cell, "").strip() for cell in row.iter(W + "tc") if next(cell.iterancestors(W + "tr")) is row]
            for row in rows
        ]
        printed = [n for n, cells in enumerate(told) if not ROW.fullmatch(" ".join(filter(None, cells)))]
        if printed and not _heads(rows[printed[0]]) and _is_data(table, told, printed):
            spot = _holding(part, rows[printed[0]])
            late = any(_heads(rows[n]) for n in printed[1:])
            said = "La riga di intestazione della tabella non è la prima: Word non la ripete."
            if not late:
                said = (
                    "La tabella non ha una riga di intestazione: alla pagina dopo, e a chi ascolta, le colonne non si spiegano."
                )
            yield flaw("LNT-042", replace(spot, where=spot.where.rpartition(", riga ")[0] or spot.where), said)


def _heads(row: Any) -> bool:
    told = row.find(f"{W}trPr/{W}tblHeader")
    return told is not None and told.get(W + "val") not in OFF


def _is_data(table: Any, told: list[list[str]], printed: list[int]) -> bool:
    """True if the columns mean something: rows of values that repeat, or many rows under one of plain words.

    Not where the heading cells are those of the first column, nor where rows are left to write or sign on.
    """
    look = table.find(f"{W}tblPr/{W}tblLook")
    if look is not None and look.get(W + "firstColumn") == "1" and look.get(W + "firstRow") == "0":
        return False
    depth = 0
    for cells in told:
        tag = ROW.fullmatch(" ".join(filter(None, cells)))
        if tag:
            depth += {"for": 1, "endfor": -1}.get(tag[1], 0)
        elif depth > 0 and sum("{{" in cell for cell in cells) > 1 and "{{" in cells[0]:
            return True
    first = told[printed[0]]
    full = [
        cells for cells in (told[n] for n in printed) if 3 * sum(bool(cell.strip("_. …")) for cell in cells) >= 2 * len(cells)
    ]
    return len(first) > 2 and len(full) > 3 and all(cell and "{" not in cell for cell in first)


def _images(part: Part) -> Iterator[Flaw]:
    """Images that say nothing to who cannot see them; text boxes speak for themselves, decoration is silent."""
    for frame in part.root.iter(WP + "inline", WP + "anchor"):
        told = frame.find(WP + "docPr")
        boxed = next(frame.iter(W + "txbxContent"), None) is not None and next(frame.iter(PICTURE), None) is None
        if told is None or boxed or told.get("hidden") in ("1", "true") or _inside_fallback(frame):
            continue
        decoration = next((one.get("val") for one in told.iter(DECORATIVE)), "0")
        if decoration in OFF:
            yield from _unsaid(told.get("descr", "") or told.get("title", ""), part, frame)
    for picture in part.root.iter(V + "imagedata"):
        shape = picture.getparent()
        if not _inside_fallback(shape):
            yield from _unsaid(shape.get("alt", ""), part, shape)


def _unsaid(words: str, part: Part, element: Any) -> Iterator[Flaw]:
    if not words.strip():
        yield flaw("LNT-043", _holding(part, element), "Un’immagine non ha testo alternativo.")
    elif FILE_NAME.fullmatch(words.strip()):
        yield flaw("LNT-043", _holding(part, element), "Il testo alternativo di un’immagine è il nome di un file.")


def _inside_fallback(element: Any) -> bool:
    return next(element.iterancestors(FALLBACK), None) is not None


def _fields(part: Part) -> Iterator[Flaw]:
    """Fields that print the day or the hour on which someone opens, prints or saves the document."""
    told: list[tuple[str, Any]] = [("DATE", one) for one in part.root.iter(*CLOCKS)]
    opened: list[tuple[list[str], Any]] = []
    for one in part.root.iter(W + "fldSimple", W + "fldChar", W + "instrText"):
        if one.tag == W + "fldSimple":
            told += [(one.get(W + "instr", ""), one)]
        elif one.tag == W + "instrText":
            if opened:
                opened[-1][0].append(one.text or "")
        elif one.get(W + "fldCharType") == "begin":
            opened.append(([], one))
        elif one.get(W + "fldCharType") == "end" and opened:
            words, first = opened.pop()
            told += [("".join(words), first)]
    for code, element in told:
        name = (code.split() or [""])[0].upper()
        if name in VOLATILE and element.get(W + "fldLock", "0") in OFF and not _inside_fallback(element):
            message = f"Un campo di Word ({name}) cambia da solo: il documento non direbbe più che cosa è stato firmato."
            yield flaw("LNT-039", _holding(part, element), message, subject=name)


def _bound(part: Part) -> Iterator[Flaw]:
    """Tags in a content control that Word fills anew with a property of the file each time it opens it."""
    for tag in part.tree.tags:
        pieces = part.paragraph(tag).within(tag.start, tag.end)
        controls = (one for piece in pieces for one in piece.element.iterancestors(W + "sdt"))
        properties = (one.find(W + "sdtPr") for one in controls)
        if any(etree.QName(child).localname == "dataBinding" for one in properties if one is not None for child in one):
            message = "Il segnaposto sta in un controllo legato a una proprietà del file: aprendo il documento, Word lo riscrive."
            yield flaw("LNT-037", tag.spot, message, "In Word: Sviluppo, Progettazione, togliere il controllo contenuto.")


def _comments(part: Part) -> Iterator[Flaw]:
    for reference in part.root.iter(W + "commentReference"):
        yield flaw("LNT-046", _holding(part, reference), "Un commento resta nel documento, e lo legge chi lo riceve.")
