"""Do the forms, their layouts, the descriptions of the templates and the rules agree with one another?"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pitstop_docs.answers import schema_at
from pitstop_docs.checks import Pack, judge
from pitstop_docs.checks.words import names_in, steps_in
from pitstop_docs.errors import KitError, nearest
from pitstop_docs.findings import pattern_of
from pitstop_docs.flaws import Flaw, Spot, flaw
from pitstop_docs.forms import Form
from pitstop_docs.paths import DOCUMENT_ROOT
from pitstop_docs.templates import RECIPIENTS, Template

Schema = Mapping[str, Any]

LINES = ("L1", "L2")
ROW_KEYS = ("codice",)
"""What tells the rows of a group from one another: asked for the sake of those who refer to them."""
TAKEN = frozenset(
    re.findall(
        "[a-z]+",
        "and or not in is if elif else endif for endfor true false none loop self super import include from extends block"
        " macro call filter set do with autoescape raw recursive scoped ignore missing context as caller varargs kwargs lettere",
    )
)
"""The words of the template language: Jinja reads them before any form does."""
METHODS = frozenset(name for kind in (dict, str, tuple, list) for name in dir(kind))
NAME = re.compile(r"[a-z][a-z0-9_]*")


def unfit(name: str) -> str:
    """Why a field should not be called so, in words; empty if it may."""
    if not NAME.fullmatch(name):
        return "un nome è fatto di lettere minuscole senza accento, cifre e «_», e comincia con una lettera"
    if name in TAKEN or keyword.iskeyword(name):
        return "è una parola che il linguaggio dei modelli o Python usa per sé"
    if name in METHODS:
        return "Python lo risolve prima come operazione di un elenco o di un testo"
    return ""


def form_flaws(form: Form) -> list[Flaw]:
    """What is wrong with a form: names of its fields, and a layout that does not ask what the schema says."""
    spot = Spot(f"{form.name}.json", "schema")
    found = [
        flaw(
            "LNT-019",
            Spot(f"{form.name}.json", "schema", path),
            f"Il campo «{name}» va chiamato altrimenti: {reason}.",
            subject=name,
        )
        for path, name in names_of(form.schema)
        if (reason := unfit(name))
    ]
    reason = "è il nome con cui un modello parla del documento" if form.name == DOCUMENT_ROOT else unfit(form.name)
    if reason:
        found.append(flaw("LNT-019", spot, f"Il modulo «{form.name}» va chiamato altrimenti: {reason}.", subject=form.name))
    return [*found, *_layout_flaws(form)]


def names_of(schema: Schema, path: str = "") -> Iterator[tuple[str, str]]:
    """Each field with its place (`/obiettivi/*/scadenza`) and its name, groups and lists too."""
    for name, inner in schema.get("properties", {}).items():
        here = f"{path}/{name}"
        yield here, name
        yield from names_of(inner.get("items", inner), f"{here}/*" if "items" in inner else here)


def _layout_flaws(form: Form) -> Iterator[Flaw]:
    spot = Spot(f"{form.name}.json", "sezioni del modulo")
    asked: list[str] = [field for section in form.sections for field in section.fields]
    for field in asked:
        if not schema_at(form.schema, field):
            yield flaw("LNT-024", spot, f"La sezione chiede «{field}», che lo schema non ha.{_maybe(field, form)}", subject=field)
    for name, schema in form.schema["properties"].items():
        holding = [field for field in asked if field == f"/{name}" or field.startswith(f"/{name}/")]
        if not holding and not schema.get("readOnly"):
            yield flaw("LNT-023", spot, f"Nessuna sezione chiede il campo «{name}».", subject=name)
        repeated = sorted({one for one in holding if holding.count(one) > 1})
        if repeated:
            yield flaw("LNT-024", spot, f"Il campo «{repeated[0]}» è chiesto due volte.", subject=name)
    yield from _row_flaws(form, spot)
    yield from _sheet_flaws(form, spot)
    readers = schema_at(form.schema, form.audience).get("enum", ()) if form.audience else ()
    if not {*readers} <= {*RECIPIENTS}:
        message = f"«audience» indica «{form.audience}», i cui valori non sono tutti destinatari ({', '.join(RECIPIENTS)})."
        yield flaw("LNT-024", spot, message, subject=form.audience)
    for what, pointer in (("date", form.date), ("cases", form.cases), ("audience", form.audience)):
        if pointer and not schema_at(form.schema, pointer):
            yield flaw(
                "LNT-024", spot, f"«{what}» indica «{pointer}», che lo schema non ha.{_maybe(pointer, form)}", subject=pointer
            )


def _row_flaws(form: Form, spot: Spot) -> Iterator[Flaw]:
    """Free rows that no list has, or more than it may have."""
    for path, rows in form.rows:
        schema = schema_at(form.schema, path)
        most = schema.get("maxItems", rows)
        if not schema:
            yield flaw("LNT-024", spot, f"«rows» indica «{path}», che lo schema non ha.{_maybe(path, form)}", subject=path)
        elif schema.get("type") != "array":
            yield flaw("LNT-024", spot, f"«rows» indica «{path}», che non è un elenco.", subject=path)
        elif not isinstance(rows, int) or not 1 <= rows <= most:
            yield flaw("LNT-024", spot, f"«rows» dà a «{path}» righe che non può avere.", subject=path)


def _sheet_flaws(form: Form, spot: Spot) -> Iterator[Flaw]:
    """A sheet of records that asks for what is not there, asks twice, or could never make a whole record."""
    if form.sheet is None:
        return
    if not form.many:
        yield flaw("LNT-024", spot, "«sheet» chiede più compilazioni insieme, ma il modulo è uno solo.", subject="sheet")
    if not isinstance(form.sheet.rows, int) or form.sheet.rows < 1:
        yield flaw("LNT-024", spot, "«sheet» deve avere almeno una riga («rows»).", subject="sheet")
    asked = (*form.sheet.once, *form.sheet.fields)
    for path in dict.fromkeys(asked):
        if not schema_at(form.schema, path):
            yield flaw("LNT-024", spot, f"Il foglio chiede «{path}», che lo schema non ha.{_maybe(path, form)}", subject=path)
        elif "*" in path:
            yield flaw("LNT-024", spot, f"Il foglio chiede «{path}», che sta nelle righe di un elenco.", subject=path)
        if asked.count(path) > 1 or any(path.startswith(f"{one}/") for one in asked):
            yield flaw("LNT-024", spot, f"Il foglio chiede due volte «{path}».", subject=path)
    for name in form.schema.get("required", ()):
        if not any(path == f"/{name}" or path.startswith(f"/{name}/") for path in asked):
            message = f"Il foglio non chiede «{name}», che è obbligatorio: nessuna riga sarebbe completa."
            yield flaw("LNT-024", spot, message, subject=name)


def _maybe(pointer: str, form: Form) -> str:
    near = nearest(pattern_of(pointer), (path for path, _ in names_of(form.schema)))
    return f" Forse «{near[0]}»?" if near else ""


def description_flaws(template: Template, forms: Mapping[str, Form], pack: Pack) -> Iterator[Flaw]:
    """What a template's description names and the kit has not: forms, rules, roles, places, lines."""
    spot = Spot(template.description.name, "descrizione")

    def unknown(what: str, name: str, known: Iterable[str]) -> Flaw:
        near = nearest(name, known)
        advice = f" Forse «{near[0]}»?" if near else ""
        return flaw("LNT-002", spot, f"{what} «{name}» non esiste.{advice}", subject=name)

    named = (*template.records, *template.optional)
    for name in named:
        if name not in forms:
            yield unknown("Il modulo", name, forms)
    for name in template.every:
        if name not in named:
            message = f"«every» indica «{name}», che il modello non legge."
            yield flaw("LNT-002", spot, message, "Aggiungerlo a «records» o «optional», o toglierlo.", subject=name)
    for rule in template.rules:
        if pack.rule(rule) is None:
            yield unknown("La regola", rule, (one.id for one in pack.rules))
    for line in template.lines:
        if line not in LINES:
            yield unknown("La linea", line, LINES)
    for signer in template.signers:
        if signer.role not in pack.roles:
            yield unknown("Il ruolo", signer.role, pack.roles)
        form, _, pointer = signer.name.partition("#")
        if form not in named:
            yield flaw("LNT-002", spot, f"Il nome di chi firma viene da «{form}», che il modello non legge.", subject=form)
        elif form in template.every:
            message = f"Il nome di chi firma viene da «{form}», di cui il modello legge tutte le compilazioni: non è uno solo."
            yield flaw("LNT-002", spot, message, subject=form)
        elif form in forms and pointer and not schema_at(forms[form].schema, pointer):
            message = f"Il nome di chi firma viene da «{signer.name}», che il modulo non ha.{_maybe(pointer, forms[form])}"
            yield flaw("LNT-002", spot, message, subject=signer.name)


@dataclass(frozen=True)
class Use:
    """What is done with the answers: the places that documents print, those that the kit points to, the names that each
    rule knows (and those that all rules do: waivers, parameters)."""

    printed: frozenset[str]
    rules: tuple[frozenset[str], ...]
    pointed: frozenset[str]


def use_of(templates: Iterable[Template], forms: Mapping[str, Form], pack: Pack) -> Use:
    """What the kit does with the answers it asks. A template that cannot be read prints nothing."""
    kinds = list(templates)
    printed: set[str] = set()
    for template in kinds:
        try:
            printed |= template.places
        except KitError:  # told by its own lint
            continue
    pointed = {place.replace("#", "") for place in pack.case_line}
    pointed |= {signer.name.replace("#", "") for template in kinds for signer in template.signers}
    for form in forms.values():
        pointed |= {f"{form.name}{pointer}" for pointer in (form.date, form.cases, form.audience) if pointer}
        pointed |= {f"{form.name}{path}" for path in _referred(form.schema)}
        pointed |= {f"{told['from']}{told['of']}" for told in form.computed if "from" in told and "of" in told}
        pointed |= {place.replace("#", "") for told in form.computed for place in told.get("among", ())}
    rules = (names_in(judge).known, *(names_in(rule.check).known | frozenset(steps_in(rule.params)) for rule in pack.rules))
    return Use(frozenset(printed), rules, frozenset(pointed))


def _referred(schema: Schema, path: str = "") -> Iterator[str]:
    """The places that the schema itself looks at: in conditions, in computed values, in what protects another."""
    for told in (schema, *schema.get("allOf", ())):
        for name in told.get("if", {}).get("properties", {}):
            yield f"{path}/{name}"
    for name, inner in schema.get("properties", {}).items():
        computed = inner.get("x-computed", {})
        for pointer in (inner.get("x-protected-by"), computed.get("of"), *computed.get("parts", ())):
            if pointer:
                yield pointer if pointer.startswith("/") else f"{path}/{pointer}"
        yield from _referred(inner.get("items", inner), f"{path}/{name}/*" if "items" in inner else f"{path}/{name}")


def asked_in_vain(form: Form, use: Use) -> Iterator[Flaw]:
    """The answers that a form demands, and that no document prints and no rule reads."""
    for path in _demanded(form.schema):
        place = f"{form.name}{path}"
        steps = {form.name, *(step for step in path.split("/") if step not in ("", "*"))}
        printed = any(
            one == place or one.startswith(f"{place}/") or place.startswith(f"{one}/") for one in use.printed | use.pointed
        )
        if not printed and not any(steps <= names for names in use.rules):
            spot = Spot(f"{form.name}.json", "schema", path)
            title = schema_at(form.schema, path).get("title", path)
            message = f"«{title}» è obbligatorio, ma nessun documento lo stampa e nessuna regola lo legge."
            yield flaw("LNT-022", spot, message, subject=place)


def _demanded(schema: Schema, path: str = "") -> Iterator[str]:
    """The plain answers that are required where they stand."""
    for name, inner in schema.get("properties", {}).items():
        row = inner.get("items", inner) if inner.get("type") == "array" else inner
        here = f"{path}/{name}"
        if "properties" in row:
            yield from _demanded(row, f"{here}/*" if row is not inner else here)
        elif name in schema.get("required", ()) and not inner.get("readOnly") and name not in ROW_KEYS:
            yield here
