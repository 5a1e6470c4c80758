"""A fillable PDF that serves as a template: does each of its fields hold an answer of a form, and can it hold it whole?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from pitstop_docs import files
from pitstop_docs.apart import apart
from pitstop_docs.errors import FileError, KitError, nearest
from pitstop_docs.fillers.acroform import Field, Form
from pitstop_docs.findings import Severity
from pitstop_docs.flaws import Flaw, Spot, flaw
from pitstop_docs.lint.acroform import read, with_notes
from pitstop_docs.lint.places import Found, Schema, is_group, look_up, unseen
from pitstop_docs.paths import Reader
from pitstop_docs.templates import Template

LIMIT = 25 * files.MEBIBYTE
SHOWN = 60
"""Characters of a tooltip that are told with its field."""


# ── what is wrong with it ────────────────────────────────────────────────────────────────────────────────────────────


def flaws(template: Template, reader: Reader) -> list[Flaw]:
    """What is wrong with a fillable PDF as a template of this kit. Raises KitError if it cannot be read as one."""
    try:
        form = apart(read, files.read(template.path, limit=LIMIT))
    except FileError as error:
        raise KitError(f"Il modello {template.path.name} non si può usare: {error}") from error
    file = template.path.name
    found = [*_of_the_file(form, file), *_twice(form, file)]
    named = frozenset(one.name for one in form.fields)
    for field in form.fields:
        found += _of_a_field(field, template, reader)
    for name in sorted(template.fields.keys() - named):
        near = nearest(name, named)
        advice = f"Forse «{'» o «'.join(near)}»?" if near else ""
        spot = Spot(template.description.name, where=f"«fields», «{name}»")
        found.append(flaw("LNT-050", spot, f"Il PDF non ha il campo «{name}».", advice, subject=name))
    return found


def _of_the_file(form: Form, file: str) -> Iterator[Flaw]:
    whole = Spot(file)
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


def _of_a_field(field: Field, template: Template, reader: Reader) -> Iterator[Flaw]:
    spot = _spot(field, template.path.name)
    if not field.tooltip and not field.hidden:
        yield flaw("LNT-054", spot, "Il campo non ha descrizione (tooltip).", subject=field.name)
    if field.script:
        yield flaw("LNT-056", spot, "Il campo esegue JavaScript.", subject=field.name)
    place = template.fields.get(field.name, field.name)
    if place == field.name and field.kind in ("firma", "pulsante"):
        return  # holds no answer
    found = look_up(place, reader)
    if found.schema is None:
        yield _nowhere(field, place, found, template, spot)
        return
    yield from unseen(found, place, spot, reader)
    yield from _unfit(field, found.schema, place, spot)


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
    "data_parziale": (10, 32),
    "ora": (5, 5),
    "euro": (4, 14),
    "codice_fiscale": (16, 16),
    "partita_iva": (11, 11),
    "iban": (27, 33),
    "cup": (15, 15),
    "cig": (10, 10),
    "cap": (5, 5),
    "telefono": (6, 16),
    "numero_permesso": (9, 20),
    "caso": (7, 12),
    "provincia": (2, 2),
}
"""Characters that a format prints: the fewest with which a field is of any use, and the most."""
MARKS = ("", "-", "—", "–", "off")
"""What a choice exports for «nothing chosen»."""
YES_AND_NO = {"sì": "true", "si": "true", "true": "true", "yes": "true", "1": "true", "on": "true", "vero": "true"} | {
    "no": "false",
    "false": "false",
    "0": "false",
    "falso": "false",
}


def _unfit(field: Field, schema: Schema, place: str, spot: Spot) -> Iterator[Flaw]:
    """What the field cannot hold of an answer with this schema."""
    if is_group(schema):
        what = "un gruppo di campi" if "properties" in schema else "un elenco di righe"
        remedy = "Nominare uno dei suoi campi." if "properties" in schema else f"Nominare una riga e un campo: {place}/0/…"
        yield flaw("LNT-051", spot, f"«{place}» è {what}: non sta in un campo solo.", remedy, subject=place)
        return
    many = schema.get("type") == "array"
    one: Schema = schema["items"] if many else schema
    objection = _objection(field, one, many=many)
    if objection:
        yield flaw("LNT-051", spot, f"Il campo è {KINDS[field.kind]}: «{place}» {objection}", subject=place)
    elif field.kind == "testo":
        yield from _loose(field, one, place, spot)
        if not many:
            yield from _too_short(field, one, place, spot)
    elif field.kind != "elenco" or not field.free or _values(one):
        yield from _choices(field, one, place, spot, all_of_them=field.kind != "spunta")


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


def _loose(field: Field, schema: Schema, place: str, spot: Spot) -> Iterator[Flaw]:
    if ("enum" in schema or schema.get("type") == "boolean") and not field.read_only:
        what = "è sì o no" if schema.get("type") == "boolean" else "è una voce di un elenco"
        remedy = "Usare una casella o un elenco, o rendere il campo di sola lettura."
        message = f"Il campo è un testo libero, e «{place}» {what}: chi lo riscrive può mettere altro."
        yield flaw("LNT-051", spot, message, remedy, subject=place, severity=Severity.WARNING)


def _too_short(field: Field, schema: Schema, place: str, spot: Spot) -> Iterator[Flaw]:
    room, (least, most) = field.length, _size(schema)
    if room is None:
        return
    if room < least:
        message = f"Il campo tiene {room} caratteri: «{place}» ne prende {least}."
        yield flaw("LNT-051", spot, message, "Allungare il campo.", subject=place)
    elif most is not None and room < most:
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


def _choices(field: Field, schema: Schema, place: str, spot: Spot, *, all_of_them: bool) -> Iterator[Flaw]:
    """The choices that are no value of the answer, and the values that cannot be chosen."""
    values = _values(schema)
    if not values:
        return
    known = {folded: code for code, label in values for folded in (_folded(code), _folded(label))}
    if schema.get("type") == "boolean":
        known |= YES_AND_NO
    taken, strange = set(), []
    for code, label in field.options:
        value = known.get(_folded(code)) or known.get(_folded(label))
        if value is not None:
            taken.add(value)
        elif _folded(code) not in MARKS and _folded(label) not in MARKS:
            strange.append(label)
    if schema.get("type") == "boolean" and field.kind == "spunta":
        return  # ticked or not, whatever the state is called
    if strange:
        shown = ", ".join(f"«{one}»" for one in strange[:SHOWN_CHOICES]) + ("…" if len(strange) > SHOWN_CHOICES else "")
        remedy = f"Le voci sono: {_shown(values)}."
        yield flaw("LNT-052", spot, f"{shown}: «{place}» non ha questo valore.", remedy, subject=place)
    lacking = [pair for pair in values if pair[0] not in taken]
    if lacking and all_of_them:
        yield flaw("LNT-052", spot, f"Non si può scegliere: {_shown(lacking)}.", "Aggiungere le voci al campo.", subject=place)


SHOWN_CHOICES = 8
SCALE = 20
"""Steps up to which a number between two bounds is a choice."""


def _shown(values: Sequence[tuple[str, str]]) -> str:
    told = [code if code == label else f"{code} ({label})" for code, label in values[:SHOWN_CHOICES]]
    return ", ".join(told) + ("…" if len(values) > SHOWN_CHOICES else "")


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


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
