"""The charts of a Word template: is each that the description names there, and do its bars stand for numbers of a form?"""

from __future__ import annotations

from collections.abc import Iterator

from pitstop_docs.charts import Chart
from pitstop_docs.errors import nearest
from pitstop_docs.fillers.charts import C, frames
from pitstop_docs.fillers.parts import parsed
from pitstop_docs.fillers.story import Story
from pitstop_docs.flaws import Flaw, Spot, flaw
from pitstop_docs.lint.places import is_group, look_up, unseen
from pitstop_docs.paths import NUMBERS, Reader
from pitstop_docs.templates import Template

FOLDER = "word/charts/chart"


def flaws(template: Template, story: Story, reader: Reader) -> Iterator[Flaw]:
    """What is wrong with the charts of a Word template. Raises KitError if one cannot be read."""
    there = [name for name in story.package if name.startswith(FOLDER) and name.endswith(".xml")]
    for chart in template.charts:
        spot = Spot(template.description.name, where=f"«charts», «{chart.part}»")
        if chart.part in there:
            yield from _drawn(chart, story, spot)
        else:
            near = nearest(chart.part, there)
            advice = f"Forse «{near[0]}»?" if near else ""
            yield flaw("LNT-080", spot, f"Il file non ha il grafico «{chart.part}».", advice, subject=chart.part)
        if chart.label == "" and any(row.endswith("/*") for row in chart.rows):
            message = "Le righe di un elenco non hanno un titolo: manca «label»."
            yield flaw("LNT-081", spot, message, "Indicare in «label» il campo che le nomina.", subject=chart.part)
        yield from _placed(chart, spot, reader)
    for name in sorted({*there} - {chart.part for chart in template.charts}):
        spot = Spot(template.path.name, "grafico", name)
        yield flaw("LNT-082", spot, "Il grafico mostra sempre i numeri del modello: nessuna voce di «charts» lo nomina.")


def _drawn(chart: Chart, story: Story, spot: Spot) -> Iterator[Flaw]:
    """Whether the part has as many series as the description, of a kind that can be filled, and stands on a page."""
    root = parsed(story.package[chart.part], f"{story.file}, {chart.part}")
    series = list(root.iter(C + "ser"))
    fit = [one for one in series if one.find(C + "val") is not None]
    if len(fit) < len(series):
        message = "Il grafico è di un tipo che non si può riempire (a dispersione, o a bolle)."
        yield flaw("LNT-080", spot, message, "Usare barre, colonne, linee o radar.", subject=chart.part)
    elif len(fit) != len(chart.series):
        message = f"Il grafico ha {len(fit)} serie, la descrizione {len(chart.series)}."
        yield flaw("LNT-080", spot, message, "Aggiungere o togliere una serie.", subject=chart.part)
    if not any(frames(story.package, chart.part, story.file)):
        yield flaw("LNT-080", spot, "Il grafico c’è, ma non sta in nessuna pagina.", subject=chart.part)


def _placed(chart: Chart, spot: Spot, reader: Reader) -> Iterator[Flaw]:
    """Whether each place is in a form, is what it must be, and may be seen."""
    for row in chart.rows:
        found = look_up(_some(row), reader)
        if found.schema is None:
            yield flaw("LNT-081", spot, found.problem, found.advice, subject=row)
            continue
        for field in (*(one.value for one in chart.series), *([chart.label] if chart.label else [])):
            place = f"{row}{field}"
            found = look_up(_some(place), reader)
            if found.schema is None:
                yield flaw("LNT-081", spot, found.problem, found.advice, subject=place)
                continue
            yield from unseen(found, place, spot, reader)
            number = found.schema.get("type") in NUMBERS or found.schema.get("format") == "euro"
            if field == chart.label and (is_group(found.schema) or "items" in found.schema):
                yield flaw("LNT-081", spot, f"«{place}» non è il nome di una riga: è un gruppo di campi.", subject=place)
            elif field != chart.label and not number:
                yield flaw("LNT-081", spot, f"«{place}» non è un numero: non se ne fa una barra.", subject=place)


def _some(place: str) -> str:
    """A place in the first row of each list: the schema of any is the same."""
    return place.replace("/*", "/0")
