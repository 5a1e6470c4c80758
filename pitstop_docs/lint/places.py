"""The description of a PDF or a workbook says where each answer goes: a place, `form#/pointer`, is looked up in its schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pitstop_docs.errors import nearest
from pitstop_docs.findings import pointer_tokens
from pitstop_docs.flaws import Flaw, Spot, flaw
from pitstop_docs.paths import DOCUMENT_ROOT, PRIVACY_WORDS, Reader

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Found:
    """What a place leads to, and its privacy class; where it leads nowhere `schema` is None, `problem` and `advice` say why."""

    schema: Schema | None
    privacy: str = ""
    problem: str = ""
    advice: str = ""


def look_up(place: str, reader: Reader) -> Found:
    """What a place of a template leads to, in the schemas that it reads."""
    form, mark, pointer = place.partition("#")
    if form not in reader.roots:
        if form in reader.others:
            advice = "Aggiungerlo a «records» o «optional» nella descrizione."
            return Found(None, problem=f"«{form}» è un modulo che questo modello non legge.", advice=advice)
        return Found(None, problem=f"«{form}» non è un modulo.", advice=_perhaps(form, (*reader.roots, *reader.others)))
    if not mark or (pointer and not pointer.startswith("/")):
        return Found(None, problem=f"«{place}» non è un posto.", advice="Scriverlo come modulo#/campo.")
    owner = "il documento" if form == DOCUMENT_ROOT else f"il modulo «{form}»"
    return follow(reader.roots[form], pointer, f"{form}#", owner)


def follow(schema: Schema, pointer: str, name: str, owner: str) -> Found:
    """What a pointer leads to from a schema; `name` is how the place is called so far, `owner` whose schema it is."""
    privacy = ""
    for step in pointer_tokens(pointer):
        known: Mapping[str, Schema] = schema.get("properties", {})
        row = "items" in schema and step.isdecimal()
        if row and not int(step) < schema.get("maxItems", int(step) + 1):
            return Found(None, problem=f"«{name}» ha al più {schema['maxItems']} righe.", advice="Contare le righe da 0.")
        if not row and step not in known:
            if "items" in schema:
                advice = f"Nominare la riga: {name}/0/{step}."
                return Found(None, problem=f"«{name}» è un elenco: «{step}» sta in ogni sua riga.", advice=advice)
            advice = _perhaps(step, known, f"{name}/")
            return Found(None, problem=f"«{name}/{step}»: {owner} non ha questo campo.", advice=advice)
        schema, name = schema["items"] if row else known[step], f"{name}/{step}"
        privacy = schema.get("x-privacy", privacy)
    return Found(schema, privacy)


def unseen(found: Found, place: str, spot: Spot, reader: Reader) -> Iterator[Flaw]:
    """Tell if the recipient of the template may not see what stands at a place."""
    if found.privacy and found.privacy not in reader.visible:
        why = PRIVACY_WORDS.get(found.privacy, found.privacy)
        message = f"Il modello stampa «{place}», che {why}: il destinatario «{reader.recipient}» non può vederlo."
        remedy = "Togliere il campo dal modello, o cambiare il destinatario."
        yield flaw("LNT-021", spot, message, remedy, subject=place)


def is_group(schema: Schema) -> bool:
    """True of a group of fields, and of a list of groups: nothing that stands in one field or cell."""
    return "properties" in schema or "properties" in schema.get("items", {})


def _perhaps(name: str, known: Iterable[str], before: str = "") -> str:
    near = [before + one for one in nearest(name, known)]
    return f"Forse «{'» o «'.join(near)}»?" if near else ""
