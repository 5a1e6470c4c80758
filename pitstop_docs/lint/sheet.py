"""A workbook that serves as a template: are its cells, names and rows there, and will its formulas hold with more rows?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pitstop_docs import files
from pitstop_docs.apart import apart
from pitstop_docs.errors import FileError, KitError, nearest
from pitstop_docs.findings import Severity
from pitstop_docs.flaws import Flaw, Spot, flaw
from pitstop_docs.lint.cellnotes import with_notes
from pitstop_docs.lint.functions import FUTURE, ITALIAN, LITERALS, stored
from pitstop_docs.lint.places import Found, follow, is_group, look_up, unseen
from pitstop_docs.lint.workbook import Area, Book, Formula, area, home, letters, number, read
from pitstop_docs.paths import Reader
from pitstop_docs.templates import Region, Template

LIMIT = 25 * files.MEBIBYTE
LOST = "#REF!"


# ── what is wrong with it ────────────────────────────────────────────────────────────────────────────────────────────


def flaws(template: Template, reader: Reader) -> list[Flaw]:
    """What is wrong with a workbook as a template of this kit. Raises KitError if it cannot be read as one."""
    try:
        book = apart(read, files.read(template.path, limit=LIMIT))
    except FileError as error:
        raise KitError(f"Il modello {template.path.name} non si può usare: {error}") from error
    judge = _Judge(template, reader, book)
    return [*judge.described(), *judge.calculated(), *judge.frail()]


@dataclass(frozen=True)
class _Judge:
    """A workbook beside the description that speaks of it and the schemas it prints."""

    template: Template
    reader: Reader
    book: Book

    # ── what the description names ───────────────────────────────────────────────────────────────────────────────

    def described(self) -> Iterator[Flaw]:
        """What the description says of cells and rows that the file or the schemas have not."""
        taken: list[tuple[str, Area]] = []
        for key, place in self.template.cells.items():
            spot = self.entry("cells", key)
            at = self.located(key)
            if isinstance(at, str):
                yield flaw("LNT-060", spot, at, self.instead(key), subject=key)
            else:
                spot = self.spot(at.sheet, at.corner, key)
                if not at.is_cell:
                    yield flaw("LNT-060", spot, f"«{key}» non è una cella sola.", "Nominare una cella.", subject=key)
                yield from self.writable(at, key, spot, taken)
            yield from self.placed(look_up(place, self.reader), place, spot)
        for region in self.template.regions:
            yield from self.repeated(region, taken)
        used = {*self.template.cells, *(region.at for region in self.template.regions)}
        for name, told in self.book.names.items():
            if LOST in told and name not in used:
                spot = self.spot(home(name, self.book.sheets)[0])
                message = f"Il nome «{name}» non porta più a nessuna cella ({LOST})."
                yield flaw("LNT-060", spot, message, CLEAN, subject=name, severity=WARNING)

    def entry(self, section: str, key: str) -> Spot:
        """The place of an entry in the description."""
        return Spot(self.template.description.name, where=f"«{section}», «{key}»")

    def spot(self, sheet: str, cell: str = "", around: str = "") -> Spot:
        """The place of a cell, or of a sheet."""
        where = f"cella {cell}" if cell else ""
        part = f"foglio «{sheet}»" if sheet else ""
        anchor = (sheet, cell or "A1") if sheet in self.book.sheets else ()
        return Spot(self.template.path.name, part, where, around, anchor=anchor)

    def located(self, key: str) -> Area | str:
        """The cells that a key of the description names; the words if there are none."""
        told = self.named(key)
        if told is None and "!" not in key:
            return f"Il file non ha il nome «{key}»."
        if told is not None and LOST in told:
            return f"Il nome «{key}» non porta più a nessuna cella ({LOST})."
        found = area(told or key)
        if found is None:
            return f"«{key}» non porta a delle celle." if told else f"«{key}» non è una cella, né un nome del file."
        if found.sheet not in self.book.sheets:
            return f"Il file non ha il foglio «{found.sheet}»."
        return found

    def named(self, key: str) -> str | None:
        """What a name of the file stands for; Excel takes no notice of capitals."""
        return next((told for name, told in self.book.names.items() if name.casefold() == key.casefold()), None)

    def instead(self, key: str) -> str:
        before, mark, cells = key.rpartition("!")
        sheet = before.strip("'")
        if mark and sheet not in self.book.sheets:
            near = [f"{one}!{cells}" for one in nearest(sheet, self.book.sheets)]
        else:
            near = nearest(key, self.book.names)
        return f"Forse «{'» o «'.join(near)}»?" if near else ""

    def writable(self, at: Area, key: str, spot: Spot, taken: list[tuple[str, Area]]) -> Iterator[Flaw]:
        """Whether nothing else stands where the description writes."""
        for sheet, told in self.book.merged:
            one = area(told, sheet)
            if one and at.is_cell and one.meets(at) and one.corner != at.corner:
                message = f"La cella è unita ad altre ({told}): ciò che vi si scrive non si vede."
                yield flaw("LNT-060", spot, message, f"Nominare la prima: {one.corner}.", subject=key)
        for formula in self.book.formulas:
            if not formula.owner and at.is_cell and (formula.sheet, formula.cell) == (at.sheet, at.corner):
                message = "La cella contiene una formula, che la risposta cancellerebbe."
                yield flaw("LNT-060", spot, message, "Nominare un’altra cella, o togliere la formula.", subject=key)
        for other, earlier in taken:
            if earlier.meets(at):
                message = f"La descrizione scrive due volte nello stesso posto: «{other}» e «{key}»."
                yield flaw("LNT-060", spot, message, "Nominare una sola volta ogni cella.", subject=key)
        taken.append((key, at))

    def placed(self, found: Found, place: str, spot: Spot) -> Iterator[Flaw]:
        """What is wrong with the place whose answer goes into a cell."""
        if found.schema is None:
            yield flaw("LNT-060", spot, found.problem, found.advice, subject=place)
            return
        if is_group(found.schema):
            what = "un gruppo di campi" if "properties" in found.schema else "un elenco di righe"
            remedy = "Nominare uno dei suoi campi, o ripeterne le righe con «regions»."
            yield flaw("LNT-012", spot, f"«{place}» è {what}: non sta in una cella.", remedy, subject=place)
            return
        yield from unseen(found, place, spot, self.reader)

    def repeated(self, region: Region, taken: list[tuple[str, Area]]) -> Iterator[Flaw]:
        """What is wrong with rows that repeat."""
        spot = self.entry("regions", region.at)
        at = self.located(region.at)
        if isinstance(at, str):
            yield flaw("LNT-060", spot, at, self.instead(region.at), subject=region.at)
        else:
            spot = self.spot(at.sheet, at.corner, region.at)
            yield from self.writable(at, region.at, spot, taken)
        form, mark, _ = region.each.partition("#")
        found = look_up(region.each if mark else f"{form}#", self.reader)
        row = (found.schema or {}).get("items", None if mark else found.schema)
        if found.schema is None:
            yield flaw("LNT-060", spot, found.problem, found.advice, subject=region.each)
        elif row is None:
            yield flaw("LNT-012", spot, f"«{region.each}» non è un elenco: non ha righe.", subject=region.each)
        for column, pointer in region.columns.items() if row else ():
            yield from self.column(region, column, pointer, at, row or {})

    def column(self, region: Region, column: str, pointer: str, at: Area | str, row: Mapping[str, Any]) -> Iterator[Flaw]:
        """What is wrong with one column of rows that repeat."""
        spot, place = self.entry("regions", f"{region.at}, colonna {column}"), f"{region.each}{pointer}"
        if not isinstance(at, str):
            inside = column.isascii() and column.isalpha() and column.isupper() and at.left <= number(column) <= at.right
            if inside:
                spot = self.spot(at.sheet, f"{column}{at.top}", region.at)
                cell = (at.sheet, f"{column}{at.top}")
                if any((one.sheet, one.cell) == cell and not one.owner for one in self.book.formulas):
                    message = f"La colonna {column} contiene una formula, che la risposta cancellerebbe."
                    yield flaw("LNT-060", spot, message, "Togliere la colonna da «columns», o la formula.", subject=place)
            else:
                message = f"La colonna «{column}» è fuori da «{region.at}»."
                remedy = f"Le colonne vanno da {letters(at.left)} a {letters(at.right)}."
                yield flaw("LNT-060", spot, message, remedy, subject=column)
        if pointer and not pointer.startswith("/"):
            yield flaw("LNT-060", spot, f"«{pointer}» non è un posto della riga.", "Scriverlo come /campo.", subject=place)
            return
        owner = f"la riga di «{region.each}»" if "#" in region.each else f"il modulo «{region.each}»"
        yield from self.placed(follow(row, pointer, region.each, owner), place, spot)

    # ── what the file works out ──────────────────────────────────────────────────────────────────────────────────

    def calculated(self) -> Iterator[Flaw]:
        """What is wrong with the formulas."""
        regions = [(region, self.located(region.at)) for region in self.template.regions]
        for formula in self.book.formulas:
            of_a_name = formula.owner.startswith("nome ")
            spot = self.spot(formula.sheet, formula.cell, formula.text[:AROUND] + ("…" if len(formula.text) > AROUND else ""))
            if formula.problem:
                yield flaw("LNT-061", spot, f"{self.whose(formula)} {formula.problem}.")
            yield from self.misnamed(formula, spot)
            if LOST in formula.text and not of_a_name:
                message = f"{self.whose(formula)} ha perso le celle a cui si riferiva ({LOST})."
                yield flaw("LNT-060", spot, message, "Riscrivere la formula.", subject=LOST)
            for region, at in regions:
                if isinstance(at, Area) and not formula.owner:
                    yield from self.too_short(formula, region, at, spot)

    def whose(self, formula: Formula) -> str:
        return f"La formula ({formula.owner})" if formula.owner else "La formula"

    def misnamed(self, formula: Formula, spot: Spot) -> Iterator[Flaw]:
        """Functions that Excel knows only under another name."""
        names = {name.upper() for name in self.book.names}
        for name in formula.foreign:
            bare = name.removeprefix("_XLFN.").removeprefix("_XLWS.")
            if name.startswith(("_XLFN.", "_XLL.")) or name in names:
                continue
            if bare in ITALIAN:
                right = stored(ITALIAN[bare])
                message = f"Nel file la funzione «{name}» si chiama «{right}»: così com’è, Excel mostra #NOME?."
            elif bare in FUTURE:
                right = stored(bare)
                message = f"Nel file la funzione «{name}» si scrive «{right}»: così com’è, Excel mostra #NOME?."
            else:
                near = nearest(bare, KNOWN)
                advice = f"Forse «{'» o «'.join(near)}»?" if near else ""
                message = f"Excel non ha una funzione «{name}», che qui si sappia."
                yield flaw("LNT-061", spot, message, advice, subject=name, severity=WARNING)
                continue
            yield flaw(
                "LNT-061", spot, message, f"Scrivere «{right}», o scrivere la formula in Excel e salvare da lì.", subject=name
            )
        for word in {one.upper() for one in formula.refers} & LITERALS.keys() - names:
            message = f"Nel file «{word}» si scrive «{LITERALS[word]}»: così com’è, Excel mostra #NOME?."
            yield flaw("LNT-061", spot, message, f"Scrivere «{LITERALS[word]}».", subject=word)

    def too_short(self, formula: Formula, region: Region, at: Area, spot: Spot) -> Iterator[Flaw]:
        """Tell if a formula outside rows that repeat reads some of them, and not all that they may become."""
        own = area(formula.cell, formula.sheet)
        if own is None or at.meets(own):
            return  # in a row of its own, it is repeated with it
        for told in formula.refers:
            reference = self.named(told) or told
            cells = area(reference, formula.sheet)
            if cells is None or not cells.meets(at):
                continue
            grows = ":" in reference  # the one model row read as C5:C5 becomes C5:C40, as C5 it stays C5
            if grows and cells.top <= at.top and at.bottom <= cells.bottom:
                continue
            if grows:
                rows = f"le righe da {at.top} a {at.bottom}" if at.bottom > at.top else f"la riga {at.top}"
                message = f"La formula legge {told}, e non tutta la zona che si ripete («{region.at}», {rows})."
            else:
                message = f"La formula legge la sola cella {cells.corner} di «{region.at}»: non crescerebbe con le righe."
            whole = f"{letters(cells.left)}{at.top}:{letters(cells.right)}{at.bottom}"
            yield flaw("LNT-062", spot, message, f"Estenderla a {whole}.", subject=told)

    def frail(self) -> Iterator[Flaw]:
        """What in the file only Excel can write: it stays in the template, and is to be looked at in the document."""
        for sheet, what in self.book.frail:
            yield flaw("LNT-063", self.spot(sheet) if sheet else Spot(self.template.path.name), f"Il file contiene {what}.")


WARNING = Severity.WARNING
AROUND = 60
CLEAN = "Toglierlo in Excel: Formule, Gestione nomi."
KNOWN = (*FUTURE, *ITALIAN.values())


# ── told inside the file ─────────────────────────────────────────────────────────────────────────────────────────────


def annotated(content: bytes, found: Iterable[Flaw]) -> bytes:
    """A copy of the workbook with a note on each cell that has a flaw, and one at the head of the first sheet for the rest.

    The same bytes for the same flaws. Raises FileError.
    """
    notes: dict[tuple[str, str], list[str]] = {}
    for one in found:
        sheet, cell = one.spot.anchor if len(one.spot.anchor) == 2 else ("", "A1")
        where = "" if sheet or not one.spot.words() else f"{one.spot.words()}: "
        notes.setdefault((str(sheet), str(cell)), []).append(
            f"{one.severity.value}: {where}{one.message} {one.remedy} [{one.rule}]"
        )
    return apart(with_notes, content, [(*place, "\n\n".join(texts)) for place, texts in notes.items()])
