"""What is wrong in the kit, and where in the file: told by lint, as findings tell what is wrong in the data."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from pitstop_docs.findings import SEVERITIES, Severity


@dataclass(frozen=True)
class Spot:
    """A place in a file of the kit, as people find it: the file's name, the part, where in it, the words around.

    `page` is None where the file does not say it. `anchor` is how a program finds it again: of a Word file the part, the
    paragraph's place among all of the part, the first character and the one after the last; of a workbook the sheet and
    the cell; of a PDF the page (from 0) and the field. Empty where the flaw is of the whole file.
    """

    file: str
    part: str = ""
    where: str = ""
    around: str = ""
    page: int | None = None
    anchor: tuple[str | int, ...] = ()

    def words(self) -> str:
        """The place in one line: «corpo, pagina 2, tabella 3, riga 2, colonna 1»."""
        page = f"pagina {self.page}" if self.page is not None else ""
        return ", ".join(filter(None, (self.part, page, self.where)))


@dataclass(frozen=True)
class Flaw:
    """One thing to mend in the kit. `subject` is the name it is about, as written there; empty if about none."""

    rule: str
    severity: Severity
    spot: Spot
    message: str
    remedy: str
    subject: str = ""

    @property
    def blocks(self) -> bool:
        """True if no document should be made with this file as it is."""
        return self.severity is Severity.BLOCKING

    def sentence(self) -> str:
        """The flaw in one line, for whoever wanted a document: file, place, what, what to do."""
        around = f" «{self.spot.around}»" if self.spot.around and self.spot.around not in self.message else ""
        place = ", ".join(filter(None, (self.spot.file, self.spot.words())))
        return " ".join(filter(None, (f"{place}:{around}", self.message, self.remedy)))

    def to_json(self) -> dict[str, object]:
        """The stable shape of a flaw in `--json` output."""
        return asdict(self)


REMEDIES: Mapping[str, tuple[Severity, str]] = {
    # the file itself
    "LNT-001": (Severity.BLOCKING, ""),  # why a file cannot be read says what to do too
    "LNT-002": (Severity.BLOCKING, "Correggere la descrizione del modello."),
    "LNT-003": (Severity.WARNING, "Scrivere la sua descrizione (.json), o togliere il file dai modelli."),
    # what the tags name
    "LNT-010": (Severity.BLOCKING, "Correggere il nome, o aggiungere il campo al modulo."),
    "LNT-011": (Severity.BLOCKING, "Nominare un modulo tra quelli letti dal modello, o aggiungerlo alla sua descrizione."),
    "LNT-012": (Severity.BLOCKING, "Usare il campo per quello che è."),
    "LNT-013": (Severity.BLOCKING, "Usare uno dei valori del campo."),
    "LNT-014": (Severity.BLOCKING, "Un modello stampa, sceglie e ripete: il calcolo va in un campo calcolato del modulo."),
    "LNT-015": (Severity.BLOCKING, "Togliere il filtro."),
    "LNT-016": (Severity.INFO, "Se non va bene una riga da riempire a penna, racchiuderlo in un «if»."),
    "LNT-017": (Severity.WARNING, "Togliere la parte che non si stampa mai, o correggere la condizione."),
    "LNT-018": (Severity.BLOCKING, "Dare alla riga un altro nome."),
    "LNT-019": (Severity.BLOCKING, "Rinominare il campo con «pitstop rename»."),
    "LNT-020": (Severity.BLOCKING, "Nei nomi usare la sottolineatura «_» al posto del trattino."),
    "LNT-021": (Severity.BLOCKING, "Togliere il segnaposto, o cambiare il destinatario del modello."),
    "LNT-022": (
        Severity.INFO,
        "Stamparlo in un documento, farlo leggere da una regola, o non chiederlo più come obbligatorio.",
    ),
    "LNT-023": (Severity.WARNING, "Aggiungere il campo a una sezione del modulo, o toglierlo dal modello."),
    "LNT-024": (Severity.BLOCKING, "Correggere le sezioni del modulo."),
    # how the tags stand
    "LNT-030": (
        Severity.BLOCKING,
        "Riscrivere il segnaposto: {{ nome }} per stampare, {% if … %} per scegliere, {% for … %} per ripetere.",
    ),
    "LNT-031": (Severity.BLOCKING, "Chiudere ogni «for» con «endfor» e ogni «if» con «endif», nell’ordine inverso."),
    "LNT-032": (
        Severity.BLOCKING,
        "Aprire e chiudere nello stesso paragrafo, o con {%p … %}, {%tr … %} nello stesso riquadro o tabella.",
    ),
    "LNT-033": (Severity.BLOCKING, "Mettere il segnaposto da solo nella sua riga, cella o paragrafo."),
    "LNT-034": (Severity.BLOCKING, "Lasciare fuori dai segnaposto almeno una riga, o un paragrafo per cella."),
    "LNT-035": (Severity.BLOCKING, "In Word: Revisione, Accetta tutte le modifiche; salvare."),
    "LNT-036": (Severity.BLOCKING, "Portare il segnaposto nel testo normale."),
    "LNT-037": (Severity.WARNING, "Portare il segnaposto nel testo normale."),
    "LNT-038": (Severity.WARNING, "Togliere il segnalibro, o spostarlo fuori dal segnaposto."),
    "LNT-039": (Severity.WARNING, "Scrivere la data con un segnaposto: {{ documento.data }}."),
    # how the Word file is made
    "LNT-040": (Severity.WARNING, "Usare uno dei caratteri del modello, o incorporarlo: File, Opzioni, Salvataggio."),
    "LNT-041": (Severity.WARNING, "Usare i livelli di titolo senza saltarne."),
    "LNT-042": (Severity.WARNING, "Segnare la prima riga: Layout tabella, Ripeti righe di intestazione."),
    "LNT-043": (Severity.WARNING, "Aggiungere il testo alternativo all’immagine."),
    "LNT-044": (Severity.WARNING, "Impostare la lingua italiana nello stile del documento."),
    "LNT-045": (Severity.WARNING, "Scrivere nel modello i segnaposto dei valori da stampare: {{ modulo.campo }}."),
    "LNT-046": (Severity.WARNING, "In Word: Revisione, Elimina, Elimina tutti i commenti nel documento; salvare."),
    # fillable PDF
    "LNT-050": (Severity.BLOCKING, "Nominare un campo di un modulo nella descrizione del modello."),
    "LNT-051": (Severity.BLOCKING, "Usare un tipo di campo che possa contenere la risposta."),
    "LNT-052": (Severity.BLOCKING, "Usare le voci del modulo."),
    "LNT-053": (Severity.BLOCKING, "Dare un nome solo a ogni campo."),
    "LNT-054": (Severity.WARNING, "Scrivere la descrizione del campo (tooltip), che legge anche chi non vede la pagina."),
    "LNT-055": (Severity.BLOCKING, "Chiedere o rifare il modulo senza XFA (AcroForm)."),
    "LNT-056": (Severity.WARNING, "Togliere il JavaScript dal modulo."),
    "LNT-057": (Severity.WARNING, "Allungare il campo, o accettare che il testo prosegua in allegato."),
    # Excel
    "LNT-060": (Severity.BLOCKING, "Correggere la descrizione del modello, o rimettere il nome o la cella nel file."),
    "LNT-061": (Severity.BLOCKING, "Scrivere la formula in Excel e salvare il file da lì."),
    "LNT-062": (Severity.BLOCKING, "Estendere la formula a tutta la zona ripetuta."),
    "LNT-063": (Severity.INFO, "La parte resta nel modello: controllarla nel documento prodotto."),
    # charts of a Word file
    "LNT-080": (Severity.BLOCKING, "Rimettere il grafico nel file, o correggere «charts» nella descrizione del modello."),
    "LNT-081": (Severity.BLOCKING, "Nominare in «charts» un numero di un modulo."),
    "LNT-082": (Severity.WARNING, "Nominare il grafico in «charts» nella descrizione del modello, o toglierlo."),
    # tried with invented answers
    "LNT-070": (Severity.BLOCKING, "Riscrivere il segnaposto in Word, tutto di seguito e fuori da riquadri e campi."),
    "LNT-071": (Severity.INFO, "Controllare che serva ancora, e che la condizione sia quella voluta."),
}
"""Each rule of lint: how much it weighs, and what to do where nothing better is known."""


BRIEF: Mapping[str, str] = {
    "LNT-016": "Risposte facoltative stampate senza un «if»",
    "LNT-022": "Risposte obbligatorie che nessun documento stampa e nessuna regola legge",
}
"""How information is told where there is much of it."""


def flaw(rule: str, spot: Spot, message: str, remedy: str = "", *, subject: str = "", severity: Severity | None = None) -> Flaw:
    """A flaw by its rule: the weight and the remedy are the rule's, unless others are given."""
    weight, cure = REMEDIES[rule]
    return Flaw(rule, severity or weight, spot, message, remedy or cure, subject)


def in_order(flaws: Iterable[Flaw]) -> list[Flaw]:
    """The flaws sorted by file, then by place in it, what weighs most first; each once."""

    def key(one: Flaw) -> tuple[object, ...]:
        anchor = [(0, step, "") if isinstance(step, int) else (1, 0, step) for step in one.spot.anchor]
        return (one.spot.file, anchor, one.spot.where, SEVERITIES.index(one.severity), one.rule, one.subject, one.message)

    return sorted(dict.fromkeys(flaws), key=key)


def as_text(flaws: Iterable[Flaw], titles: Mapping[str, str]) -> str:
    """The flaws as staff read them, grouped by file; `titles` says what each file is. Information is told in brief."""
    groups: dict[str, list[Flaw]] = {}
    for one in flaws:
        groups.setdefault(one.spot.file, []).append(one)
    lines: list[str] = []
    for file, found in groups.items():
        title = titles.get(file, "")
        lines.append(f"{file}{f' ({title})' if title else ''}:")
        for one in found:
            if one.severity is not Severity.INFO:
                lines.extend(_lines(one))
        lines.extend(_in_brief([one for one in found if one.severity is Severity.INFO]))
    return "\n".join(lines)


def _lines(one: Flaw) -> list[str]:
    where = one.spot.words() or "in tutto il file"
    around = f" «{one.spot.around}»" if one.spot.around else ""
    return [
        f"  {one.severity.value:<9}  {where}{around}",
        f"             {' '.join(filter(None, (one.message, one.remedy)))} [{one.rule}]",
    ]


def _in_brief(found: list[Flaw]) -> list[str]:
    """One line for each rule: what is told, how many times, the first few names."""
    lines = []
    for rule in sorted({one.rule for one in found}):
        mine = [one for one in found if one.rule == rule]
        names = list(dict.fromkeys(one.subject for one in mine if one.subject))
        shown = ", ".join(names[:6]) + ("…" if len(names) > 6 else "")
        alone = len(mine) == 1 or rule not in BRIEF
        said = mine[0].message if alone else f"{BRIEF[rule]} ({len(mine)}): {shown}."
        lines.append(f"  {Severity.INFO.value:<9}  {said} {mine[0].remedy} [{rule}]")
    return lines


def as_json(flaws: Iterable[Flaw]) -> str:
    """The flaws as a JSON array, in the order given."""
    return json.dumps([one.to_json() for one in flaws], ensure_ascii=False, indent=2)
