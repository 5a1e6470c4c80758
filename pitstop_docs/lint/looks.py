"""What the styles of a Word file make of its text: the fonts it is shown in, its language, the level of its headings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pitstop_docs.fillers.parts import Paragraph, W, parsed

THEME = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
EMBEDDED = ("embedRegular", "embedBold", "embedItalic", "embedBoldItalic")
FALLBACK_FONT = "Times New Roman"
"""What Word shows where no style says anything."""
HEADING = re.compile(r"(?:heading|titolo) ?([1-9])", re.IGNORECASE)
COMPLEX = re.compile("[\u0590-\u08ff\u0900-\u0eff\ufb1d-\ufdff\ufe70-\ufefc]")
EASTERN = re.compile("[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]")
LATIN = re.compile("[^\\s\u0590-\u0eff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufdff\ufe70-\uffef]")


class Looks:
    """The styles, the theme, the lists and the table of fonts of a package. Raises KitError if one of them is damaged."""

    def __init__(self, package: Mapping[str, bytes], file: str) -> None:
        """`file` is the name that errors say."""
        names = ("styles", "theme/theme1", "numbering", "fontTable", "_rels/fontTable.xml.rels")
        paths = {name: f"word/{name}" if name.endswith(".rels") else f"word/{name}.xml" for name in names}
        roots = {name: parsed(package[path], f"{file}, {path}") for name, path in paths.items() if path in package}
        self._package = package
        self._styles = {one.get(W + "styleId"): one for one in _all(roots.get("styles"), W + "style")}
        self._defaults = next(iter(_all(roots.get("styles"), W + "rPrDefault")), None)
        self._theme = _theme(roots.get("theme/theme1"))
        self._abstract = {one.get(W + "abstractNumId"): one for one in _all(roots.get("numbering"), W + "abstractNum")}
        self._lists = {one.get(W + "numId"): _value(one, "abstractNumId") for one in _all(roots.get("numbering"), W + "num")}
        self._fonts = list(_all(roots.get("fontTable"), W + "font"))
        relations = roots.get("_rels/fontTable.xml.rels")
        self._files = {} if relations is None else {one.get("Id"): one.get("Target", "") for one in relations}
        plain = (one for one in self._styles.values() if one.get(W + "type") == "paragraph" and one.get(W + "default") == "1")
        self._plain = next((one.get(W + "styleId") for one in plain), "")

    @property
    def language(self) -> str:
        """The language of text that says none: «it-IT». Empty if the file does not say it."""
        found = self._first(self._properties("", "", "", None), "lang", "val")
        return "" if found in ("x-none", "zxx") else found

    def language_of(self, run: Any) -> str:
        """The language of a run; empty if neither it nor a style says it."""
        found = self._first(self._properties_of(run), "lang", "val")
        return "" if found in ("x-none", "zxx") else found

    def level(self, paragraph: Any) -> int:
        """The level of a heading from 1; 0 for a paragraph that is none."""
        own = paragraph.find(f"{W}pPr/{W}outlineLvl")
        if own is not None:
            return _level(own)
        for style in self._chain(_value(paragraph.find(W + "pPr"), "pStyle")):
            told = style.find(f"{W}pPr/{W}outlineLvl")
            named = HEADING.fullmatch(_value(style, "name"))
            if told is not None or named:
                return _level(told) if told is not None else int(named[1]) if named else 0
        return 0

    def fonts_of(self, paragraph: Paragraph) -> Iterator[str]:
        """The fonts that a paragraph is shown in, those of its bullet and of single symbols too; some twice."""
        for piece in paragraph.pieces:
            text, run = piece.element.text or "", piece.element.getparent()
            properties = self._properties_of(run)
            for slot in _slots(text, properties[0] if properties else None):
                yield self._font(properties, slot)
        if paragraph.pieces:
            yield from self._bullet(paragraph.element)
        for symbol in paragraph.element.iter(W + "sym"):
            yield symbol.get(W + "font", "")

    def travels(self, font: str) -> bool:
        """True if the font lies in the file, or the file names a common one to show in its place."""
        for one in self._fonts:
            if one.get(W + "name", "").casefold() == font.casefold():
                for kind in EMBEDDED:
                    held = one.find(W + kind)
                    target = self._files.get(held.get(RELATION + "id"), "") if held is not None else ""
                    if target and f"word/{target.removeprefix('/word/')}" in self._package:
                        return True
                return any(common(name.strip()) for name in _value(one, "altName").split(","))
        return False

    def _properties_of(self, run: Any) -> list[Any]:
        paragraph = next(run.iterancestors(W + "p"), None)
        table = next(run.iterancestors(W + "tbl"), None)
        own = run.find(W + "rPr")
        character = _value(own, "rStyle")
        told = _value(paragraph.find(W + "pPr"), "pStyle") if paragraph is not None else ""
        styled = _value(table.find(W + "tblPr"), "tblStyle") if table is not None else ""
        return self._properties(character, told, styled, own)

    def _properties(self, character: str, paragraph: str, table: str, own: Any) -> list[Any]:
        """The run properties that count, the nearest first."""
        styles = [*self._chain(character), *self._chain(paragraph or self._plain), *self._chain(table)]
        found = [own, *(style.find(W + "rPr") for style in styles)]
        found.append(None if self._defaults is None else self._defaults.find(W + "rPr"))
        return [one for one in found if one is not None]

    def _chain(self, identity: str) -> list[Any]:
        """A style and those it is based on, the nearest first."""
        found: list[Any] = []
        while identity in self._styles and self._styles[identity] not in found:
            found.append(self._styles[identity])
            identity = _value(found[-1], "basedOn")
        return found

    def _first(self, properties: list[Any], tag: str, attribute: str) -> str:
        told = (one.find(W + tag) for one in properties)
        return next((one.get(W + attribute) for one in told if one is not None and one.get(W + attribute)), "")

    def _font(self, properties: list[Any], slot: str) -> str:
        """The font of one kind of letters: what a theme says counts more than the name beside it."""
        for one in properties:
            told = one.find(W + "rFonts")
            if told is not None:
                themed = told.get(f"{W}{slot}{'theme' if slot == 'cs' else 'Theme'}")
                name = self._theme.get(themed, "") if themed else told.get(W + slot, "")
                if name:
                    return str(name)
        return FALLBACK_FONT

    def _bullet(self, paragraph: Any) -> Iterator[str]:
        """The font of the number or of the bullet before a paragraph, if it says one."""
        own = paragraph.find(W + "pPr")
        places = [own, *(style.find(W + "pPr") for style in self._chain(_value(own, "pStyle")))]
        listed = next((one.find(W + "numPr") for one in places if one is not None and one.find(W + "numPr") is not None), None)
        abstract = self._abstract.get(self._lists.get(_value(listed, "numId"), ""))
        for level in _all(abstract, W + "lvl"):
            fonts = level.find(f"{W}rPr/{W}rFonts")
            if (
                level.get(W + "ilvl") == (_value(listed, "ilvl") or "0")
                and fonts is not None
                and _value(level, "lvlText").strip()
            ):
                yield fonts.get(W + "ascii", "") or fonts.get(W + "hAnsi", "")


def common(font: str) -> bool:
    """True for a font that comes with Windows or Office, or with LibreOffice, which has a twin for the commonest ones."""
    return font.casefold() in COMMON


def _all(root: Any, tag: str) -> list[Any]:
    return [] if root is None else list(root.iter(tag))


def _value(element: Any, child: str) -> str:
    """The `w:val` of a child; empty if it is not there."""
    found = None if element is None else element.find(W + child)
    return "" if found is None else found.get(W + "val", "")


def _level(outline: Any) -> int:
    told = outline.get(W + "val", "")
    return int(told) + 1 if told.isascii() and told.isdigit() and int(told) < 9 else 0


def _slots(text: str, nearest: Any) -> Iterator[str]:
    """Which of the four fonts of a run its letters are shown in (ECMA-376 part 1, 17.3.2.26)."""
    marked = nearest is not None and (nearest.find(W + "rtl") is not None or nearest.find(W + "cs") is not None)
    if COMPLEX.search(text) or (marked and text.strip()):
        yield "cs"
    if EASTERN.search(text):
        yield "eastAsia"
    if LATIN.search(text) and not marked:
        yield "ascii"
        if not text.isascii() or "{{" in text:  # a value may bring any accent
            yield "hAnsi"


def _theme(root: Any) -> dict[str, str]:
    """The fonts of a theme by the names that styles give them: `minorHAnsi`."""
    told: dict[str, str] = {}
    for which in ("major", "minor"):
        for scheme in _all(root, f"{THEME}{which}Font"):
            for kind, names in (("latin", ("Ascii", "HAnsi")), ("ea", ("EastAsia",)), ("cs", ("Bidi",))):
                face = scheme.find(THEME + kind)
                told.update({which + name: face.get("typeface", "") for name in names if face is not None})
    return told


COMMON = frozenset(
    name.strip().casefold()
    for names in (
        # Windows 10 and 11, the European set
        "Arial, Arial Black, Bahnschrift, Calibri, Calibri Light, Cambria, Cambria Math, Candara, Candara Light, "
        "Comic Sans MS, Consolas, Constantia, Corbel, Corbel Light, Courier New, Ebrima, Franklin Gothic Medium, Gabriola, "
        "Gadugi, Georgia, Impact, Ink Free, Javanese Text, Leelawadee UI, Lucida Console, Lucida Sans Unicode, Malgun Gothic, "
        "Marlett, Microsoft Himalaya, Microsoft JhengHei, Microsoft New Tai Lue, Microsoft PhagsPa, Microsoft Sans Serif, "
        "Microsoft Tai Le, Microsoft YaHei, Microsoft Yi Baiti, MingLiU-ExtB, Mongolian Baiti, MS Gothic, MS PGothic, "
        "MV Boli, Myanmar Text, Nirmala UI, NSimSun, Palatino Linotype, Segoe Print, Segoe Script, Segoe UI, Segoe UI Black, "
        "Segoe UI Emoji, Segoe UI Historic, Segoe UI Light, Segoe UI Semibold, Segoe UI Semilight, Segoe UI Symbol, "
        "Segoe MDL2 Assets, SimSun, Sylfaen, Symbol, Tahoma, Times New Roman, Trebuchet MS, Verdana, Webdings, Wingdings, "
        "Yu Gothic",
        # Office of any version, and old names that Windows answers to: not what Microsoft 365 fetches from the net (Aptos)
        "Arial Narrow, Arial Unicode MS, Book Antiqua, Bookman Old Style, Bookshelf Symbol 7, Century, Century Gothic, "
        "Garamond, MS Mincho, MS Outlook, MS Reference Sans Serif, MS Reference Specialty, Monotype Corsiva, Times, "
        "Helvetica, Courier, Wingdings 2, Wingdings 3",
        # LibreOffice: the twins of Arial, Times New Roman, Courier New, Arial Narrow, Calibri, Cambria; and its own
        "Liberation Sans, Liberation Serif, Liberation Mono, Liberation Sans Narrow, Carlito, Caladea, Arimo, Tinos, Cousine, "
        "DejaVu Sans, DejaVu Sans Condensed, DejaVu Sans Light, DejaVu Sans Mono, DejaVu Serif, DejaVu Serif Condensed, "
        "Gentium Basic, Gentium Book Basic, Linux Biolinum G, Linux Libertine G, OpenSymbol, StarSymbol, Noto Sans, "
        "Noto Serif, Noto Naskh Arabic, Noto Kufi Arabic, Amiri",
    )
    for name in names.split(",")
)
"""Fonts that the computers of a municipality have."""
