"""A ready-made PDF that serves as a template: does each of its fields hold an answer of a form, and can it hold it whole?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from pitstop_docs import files
from pitstop_docs.apart import apart
from pitstop_docs.entries import MARKS, PARTS, Entry, code_of, folded, state_of
from pitstop_docs.errors import nearest
from pitstop_docs.fillers.acroform import Field, Form
from pitstop_docs.fillers.original import Original, Slot
from pitstop_docs.flaws import Flaw, Spot, flaw
from pitstop_docs.lint.acroform import with_notes
from pitstop_docs.lint.places import Found, Schema, is_group, look_up, unseen
from pitstop_docs.paths import Reader
from pitstop_docs.templates import Template

LIMIT = 25 * files.MEBIBYTE
SHOWN = 60
"""Characters of a tooltip that are told with its field."""


# ── what is wrong with it ────────────────────────────────────────────────────────────────────────────────────────────


def flaws(template: Template, reader: Reader) -> list[Flaw]:
    """What is wrong with a fillable PDF as a template of this kit. Raises KitError if it cannot be read as one."""
    original = template.original
    if original is None:
        return []
    file = template.path.name
    found = [*_of_the_file(original, file), *_twice(original.form, file)]
    named = frozenset(slot.field.name for slot in original.slots)
    for slot in original.slots:
        found += _of_a_field(slot, template, reader)
    found += _unticked(original, template, reader)
    for name in sorted(template.fields.keys() - named):
        near = nearest(name, named)
        advice = f"Forse «{'» o «'.join(near)}»?" if near else ""
        spot = Spot(template.description.name, where=f"«fields», «{name}»")
        found.append(flaw("LNT-050", spot, f"Il PDF non ha il campo «{name}».", advice, subject=name))
    return found


def _of_the_file(original: Original, file: str) -> Iterator[Flaw]:
    form, whole = original.form, Spot(file)
    if original.signed:
        message = "Il modulo è già firmato: riempirlo annullerebbe la firma."
        yield flaw("LNT-001", whole, message, "Chiedere il modulo ancora da firmare.")
    if form.xfa:
        yield flaw("LNT-055", whole, "Il modulo è in formato XFA: solo Acrobat lo apre, e mostra quello al posto dei campi.")
    elif not form.fields:
        scan = "" if form.text else " È una scansione: ha solo immagini."
        remedy = "Farne un modulo PDF con i campi da compilare (AcroForm)."
        yield flaw("LNT-001", whole, f"Il PDF non ha campi da compilare.{scan}", remedy)
    for when in form.scripts:
        yield flaw("LNT-056", whole, f"Il PDF esegue JavaScript {when}.")


def _twice(form: Form, file: str) -> Iterator[Flaw]:
    """Fields that share a name without being one field; those of an assembled file that share its last part."""
    by_name: dict[str, list[Field]] = {}
    for field in form.fields:
        by_name.setdefault(field.name, []).append(field)
    for name, group in by_name.items():
        for other in group[1:] if name else ():
            kinds = other.kind != group[0].kind
            what = "di un altro tipo" if kinds else "con un altro valore" if other.value != group[0].value else "uguale"
            message = f"Ci sono due campi di nome «{name}»: qui ce n’è un secondo, {what}. Ne verrebbe riempito uno solo."
            yield flaw("LNT-053", _spot(other, file), message, subject=name)
    listed = {field.name.rpartition(".")[2] for field in form.fields if field.listed}
    for field in form.fields:
        leaf = field.name.rpartition(".")[2]
        if not field.listed and leaf in listed and field.name not in {one.name for one in form.fields if one.listed}:
            message = f"Il campo «{field.name}» viene da un altro file, unito a questo, che aveva anch’esso «{leaf}»."
            yield flaw("LNT-053", _spot(field, file), message, subject=field.name)


def _spot(field: Field, file: str) -> Spot:
    around = field.tooltip if len(field.tooltip) <= SHOWN else f"{field.tooltip[:SHOWN]}…"
    page = field.seats[0][0] if field.seats else None
    anchor: tuple[str | int, ...] = () if page is None else (page, field.name)
    return Spot(file, where=f"campo «{field.name}»", around=around, page=None if page is None else page + 1, anchor=anchor)


def _of_a_field(slot: Slot, template: Template, reader: Reader) -> Iterator[Flaw]:
    field = slot.field
    spot = _spot(field, template.path.name)
    if not field.tooltip and not field.hidden:
        yield flaw("LNT-054", spot, "Il campo non ha descrizione (tooltip).", subject=field.name)
    if field.script:
        yield flaw("LNT-056", spot, "Il campo esegue JavaScript.", subject=field.name)
    entry = template.entries.get(field.name, Entry((field.name,)))
    if not entry.places or (field.name not in template.entries and field.kind in ("firma", "pulsante")):
        return  # left to the pen, or holds no answer
    schemas = []
    for place in entry.places:
        found = look_up(place, reader)
        if found.schema is None:
            yield _nowhere(field, place, found, template, spot)
        else:
            yield from unseen(found, place, spot, reader)
            schemas.append(found.schema)
    if len(schemas) == len(entry.places):
        yield from _unseen_field(slot, template, spot)
        yield from _unfit(slot, entry, schemas, spot)


def _unseen_field(slot: Slot, template: Template, spot: Spot) -> Iterator[Flaw]:
    """A field in which nobody would see the answer, or see only dots."""
    name = slot.field.name
    if not any(box.page >= 0 for box in slot.boxes):
        remedy = f"Scrivere «{name}»: null in «fields», o far vedere il campo."
        if name in template.fields:
            yield flaw("LNT-051", spot, "Il campo non si vede su nessuna pagina.", remedy, subject=name)
    elif slot.secret:
        yield flaw("LNT-051", spot, "Il campo è una password: mostra puntini al posto delle lettere.", subject=name)


def _nowhere(field: Field, place: str, found: Found, template: Template, spot: Spot) -> Flaw:
    """The flaw of a field that leads to no answer: the description misnames its place, or does not name it."""
    if field.name in template.fields:
        return flaw("LNT-050", spot, f"La descrizione lo dice «{place}». {found.problem}", found.advice, subject=place)
    near = nearest(field.name, template.fields)
    perhaps = f" Nella descrizione c’è «{'», «'.join(near)}»." if near else ""
    remedy = found.advice if "#" in place else f"Aggiungere «{field.name}» a «fields» nella descrizione del modello."
    message = found.problem if "#" in place else "La descrizione del modello non dice quale risposta va in questo campo."
    return flaw("LNT-050", spot, message + perhaps, remedy, subject=field.name)


# ── does the answer fit ──────────────────────────────────────────────────────────────────────────────────────────────

KINDS = {
    "testo": "un testo",
    "spunta": "una casella da spuntare",
    "scelta": "un gruppo di pulsanti di scelta",
    "elenco": "un elenco a discesa",
    "firma": "una firma",
    "pulsante": "un pulsante",
    "file": "il nome di un file",
    "": "di un tipo che il file non dice",
}
SIZES: Mapping[str, tuple[int, int]] = {
    "date": (10, 10),
    "data_parziale": (10, 10),
    "ora": (5, 5),
    "euro": (4, 14),
    "codice_fiscale": (16, 16),
    "partita_iva": (11, 11),
    "iban": (27, 34),
    "cup": (15, 15),
    "cig": (10, 10),
    "cap": (5, 5),
    "telefono": (6, 16),
    "numero_permesso": (9, 20),
    "caso": (7, 12),
    "provincia": (2, 2),
}
"""Characters that a format prints: the fewest with which a field is of any use, and the most."""
DAYS = ("date", "data_parziale")
"""The formats that in cells are written without strokes."""
CELLS = 8
LONGEST_PART = {"anno": 4}


def _unfit(slot: Slot, entry: Entry, schemas: Sequence[Schema], spot: Spot) -> Iterator[Flaw]:
    """What the field cannot hold of answers with these schemas."""
    field = slot.field
    for place, schema in zip(entry.places, schemas, strict=True):
        if is_group(schema):
            what = "un gruppo di campi" if "properties" in schema else "un elenco di righe"
            remedy = "Nominare uno dei suoi campi." if "properties" in schema else f"Nominare una riga e un campo: {place}/0/…"
            yield flaw("LNT-051", spot, f"«{place}» è {what}: non sta in un campo solo.", remedy, subject=place)
            return
    place, schema = entry.places[0], schemas[0]
    many = schema.get("type") == "array"
    one: Schema = schema["items"] if many else schema
    objection = _misused(slot, entry, schemas) or ("" if entry.when or entry.part else _objection(field, one, many=many))
    if objection:
        yield flaw("LNT-051", spot, f"Il campo è {KINDS[field.kind]}: «{place}» {objection}", subject=place)
    elif entry.when:
        yield from _standing_for(slot, entry, one, spot)
    elif field.kind == "testo" and not many:
        yield from _too_short(slot, entry, schemas, spot)
    elif entry.states:
        yield from _states(slot, entry, one, spot)
    elif not entry.part and field.kind != "testo" and (field.kind != "elenco" or not field.free or _values(one)):
        yield from _choices(slot, one, place, spot, all_of_them=field.kind != "spunta")


def _misused(slot: Slot, entry: Entry, schemas: Sequence[Schema]) -> str:
    """Why the description asks of the field what such a field, or such an answer, cannot do; empty if it can."""
    kind = slot.field.kind
    if len(schemas) > 1 and kind != "testo":
        return "e altri posti stanno insieme solo in un testo."
    if entry.part and (kind not in ("testo", "elenco") or any(one.get("format") not in PARTS[entry.part] for one in schemas)):
        return f"non ha la parte «{entry.part}», o lì non ci sta."
    if entry.when and (kind not in ("testo", "spunta") or len(slot.options) > 1):
        return "con «when» sta solo in una casella, o in un testo in cui si mette una croce."
    if entry.states and kind not in ("spunta", "scelta", "elenco"):
        return "con «states» sta solo in pulsanti ed elenchi."
    if kind in ("spunta", "scelta") and not slot.options:
        return "non si può segnare: il file non dice come si vede la casella segnata."
    return ""


def _standing_for(slot: Slot, entry: Entry, schema: Schema, spot: Spot) -> Iterator[Flaw]:
    """A box that stands for a code that the answer has not."""
    values = _values(schema)
    if entry.when not in dict(values):
        message = f"La casella sta per «{entry.when}»: «{entry.places[0]}» non ha questo valore."
        yield flaw("LNT-052", spot, message, f"Le voci sono: {_shown(values)}." if values else "", subject=entry.places[0])


def _states(slot: Slot, entry: Entry, schema: Schema, spot: Spot) -> Iterator[Flaw]:
    """States of the field that it has not, codes that the answer has not, and codes without a state."""
    place, values = entry.places[0], _values(schema)
    known = {name for option in slot.options for name in option}
    for code, state in entry.states.items():
        if state not in known:
            told = f"Gli stati sono: {_shown(slot.options)}."
            yield flaw("LNT-052", spot, f"Il campo non ha lo stato «{state}», detto in «states».", told, subject=place)
        if values and code not in dict(values):
            told = f"Le voci sono: {_shown(values)}."
            yield flaw("LNT-052", spot, f"«{code}», detto in «states»: «{place}» non ha questo valore.", told, subject=place)
    lacking = [pair for pair in values if pair[0] not in entry.states]
    if lacking and (slot.field.kind != "spunta" or len(slot.options) > 1):
        message = f"Non si può scegliere: {_shown(lacking)}."
        yield flaw("LNT-052", spot, message, "Aggiungere i loro stati a «states».", subject=place)


def _unticked(original: Original, template: Template, reader: Reader) -> Iterator[Flaw]:
    """The values of an answer for which no box stands, where only single boxes show the answer."""
    boxes: dict[str, list[tuple[Slot, Entry]]] = {}
    shown = set()
    for slot in original.slots:
        entry = template.entries.get(slot.field.name, Entry())
        if slot.field.kind == "spunta" and len(slot.options) == 1 and len(entry.places) == 1:
            boxes.setdefault(entry.places[0], []).append((slot, entry))
        else:
            shown |= {*entry.places}
    for place, standing in boxes.items():
        schema = look_up(place, reader).schema or {}
        one: Schema = schema.get("items", schema)
        lacking = [pair for pair in _values(one) if not any(_stands(slot, entry, pair) for slot, entry in standing)]
        if lacking and place not in shown and one.get("type") != "boolean":
            spot = _spot(standing[0][0].field, template.path.name)
            message = f"Nessuna casella sta per: {_shown(lacking)}."
            remedy = "Dire in «when» per quale valore sta ogni casella, o stampare la risposta anche in un testo."
            yield flaw("LNT-052", spot, message, remedy, subject=place)


def _stands(slot: Slot, entry: Entry, value: tuple[str, str]) -> bool:
    """True if a box is ticked for this value (code and label)."""
    return entry.when == value[0] if entry.when else state_of(*value, slot.options, entry) is not None


def _objection(field: Field, schema: Schema, *, many: bool) -> str:
    """Why a field of this kind can never hold such an answer; empty if it can."""
    listed = bool(_values(schema))
    match field.kind:
        case "testo":
            return ""
        case "elenco":
            if many and not field.many:
                return "può avere più voci, e l’elenco ne tiene una sola."
            if not listed and not field.free and (schema.get("type") != "string" or schema.get("format") in ("date", "euro")):
                return "non è una voce di un elenco."
            return ""
        case "spunta":
            return "" if listed else "non è sì o no, né una voce di un elenco."
        case "scelta":
            if many:
                return "può avere più voci, e il gruppo ne tiene una sola."
            return "" if listed else "non è una voce di un elenco."
    return "è una risposta, che lì non può stare."


def _too_short(slot: Slot, entry: Entry, schemas: Sequence[Schema], spot: Spot) -> Iterator[Flaw]:
    room, place = slot.room, entry.places[0]
    if room is None:
        return
    sizes = [_size(schema) for schema in schemas]
    if entry.part:
        sizes = [(LONGEST_PART.get(entry.part, 2),) * 2]
    elif slot.comb and schemas[0].get("format") in DAYS and room < sizes[0][0]:
        sizes = [(CELLS, CELLS)]
    bounds = [most for _, most in sizes]
    least, most = max(least for least, _ in sizes), sum(one or 0 for one in bounds) + len(entry.join) * (len(bounds) - 1)
    if room < least:
        message = f"Il campo tiene {room} caratteri: «{place}» ne prende {least}."
        yield flaw("LNT-051", spot, message, "Allungare il campo.", subject=place)
    elif slot.comb and (None in bounds or room < most):
        much = "di più" if None in bounds else f"{most} caratteri"
        remedy = "Un testo che non sta nelle caselle ferma il documento: usare un campo senza caselle."
        yield flaw("LNT-057", spot, f"Il campo ha {room} caselle: «{place}» può averne {much}.", remedy, subject=place)
    elif None not in bounds and room < most:
        yield flaw("LNT-057", spot, f"Il campo tiene {room} caratteri: «{place}» può averne {most}.", subject=place)


def _size(schema: Schema) -> tuple[int, int | None]:
    """The fewest and the most characters that an answer prints; None if nothing bounds them."""
    if values := _values(schema):
        return 0, max(len(label) for _, label in values)
    told = schema.get("format", "")
    if told in SIZES:
        return SIZES[told]
    if schema.get("type") in ("integer", "number"):
        return 0, len(str(schema["maximum"])) if "maximum" in schema else None
    return schema.get("minLength", 0), schema.get("maxLength")


def _values(schema: Schema) -> tuple[tuple[str, str], ...]:
    """Code and label of each value that an answer can have; none where it is not out of a list."""
    if schema.get("type") == "boolean":
        return (("true", "sì"), ("false", "no"))
    if "enum" in schema:
        labels = schema.get("x-labels", {})
        return tuple((str(one), str(labels.get(str(one), one))) for one in schema["enum"])
    if schema.get("type") == "integer" and "minimum" in schema and "maximum" in schema:
        scale = range(int(schema["minimum"]), int(schema["maximum"]) + 1)
        return tuple((str(one), str(one)) for one in scale) if len(scale) <= SCALE else ()
    return ()


def _choices(slot: Slot, schema: Schema, place: str, spot: Spot, *, all_of_them: bool) -> Iterator[Flaw]:
    """The choices that are no value of the answer, and the values that cannot be chosen."""
    values, truth = _values(schema), schema.get("type") == "boolean"
    if not values or (truth and slot.field.kind == "spunta"):
        return  # a box is ticked or not, whatever its state is called
    told = {option: code_of(*option, values, truth=truth) for option in slot.options}
    strange = [label for (code, label), value in told.items() if value is None and not {folded(code), folded(label)} & {*MARKS}]
    if strange:
        shown = ", ".join(f"«{one}»" for one in strange[:SHOWN_CHOICES]) + ("…" if len(strange) > SHOWN_CHOICES else "")
        remedy = f"Le voci sono: {_shown(values)}. Se sono le stesse sotto altro nome, dirlo in «states»."
        yield flaw("LNT-052", spot, f"{shown}: «{place}» non ha questo valore.", remedy, subject=place)
    lacking = [pair for pair in values if pair[0] not in told.values()]
    if lacking and all_of_them:
        yield flaw("LNT-052", spot, f"Non si può scegliere: {_shown(lacking)}.", "Aggiungere le voci al campo.", subject=place)


SHOWN_CHOICES = 8
SCALE = 20
"""Steps up to which a number between two bounds is a choice."""


def _shown(values: Sequence[tuple[str, str]]) -> str:
    told = [code if code == label else f"{code} ({label})" for code, label in values[:SHOWN_CHOICES]]
    return ", ".join(told) + ("…" if len(values) > SHOWN_CHOICES else "")


# ── told inside the file ─────────────────────────────────────────────────────────────────────────────────────────────


def annotated(content: bytes, found: Iterable[Flaw]) -> bytes:
    """A copy of the PDF with a note beside each field that has a flaw, and one on the first page for the rest.

    The same bytes for the same flaws. Raises FileError.
    """
    notes: dict[tuple[int, str], list[str]] = {}
    for one in found:
        page, name = one.spot.anchor if len(one.spot.anchor) == 2 else (0, "")
        where = "" if name or not one.spot.words() else f"{one.spot.words()}: "
        notes.setdefault((int(page), str(name)), []).append(
            f"{one.severity.value}: {where}{one.message} {one.remedy} [{one.rule}]"
        )
    return apart(with_notes, content, [(*place, "\n\n".join(texts)) for place, texts in notes.items()])
