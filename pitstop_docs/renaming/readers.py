"""Who reads a field by a name that is written in the program: a rule, a computed value, the block of signatures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import ModuleType
from typing import Any

from pitstop_docs import context, desk, documents, keeping
from pitstop_docs.checks import Pack, judge
from pitstop_docs.checks.words import names_in, steps_in, texts_in
from pitstop_docs.forms import Form
from pitstop_docs.renaming.field import Field
from pitstop_docs.templates import Template

ITSELF = "firme, deroghe e calcoli"
"""What the program reads by itself, beside the rules."""
OWN: tuple[ModuleType | Callable[..., Any], ...] = (desk, documents, keeping, judge)
"""What of the program, beside the rules, reads answers of the forms that it names."""


def who_reads(field: Field, forms: Mapping[str, Form], templates: Mapping[str, Template], pack: Pack) -> list[str]:
    """The rules that read the field by its name, in order, and `ITSELF` if the program does beside them."""
    found = {rule.id for rule in pack.rules for form, steps in _places(field) if _rule_reads(rule, form, steps, templates)}
    own = any(_itself_reads(form, steps, forms, templates) for form, steps in _places(field))
    return [*sorted(found), *([ITSELF] if own else [])]


def _places(field: Field) -> Iterator[tuple[str, list[str]]]:
    for place in sorted(field.places):
        form, _, path = place.partition("/")
        yield form, [step for step in path.split("/") if step != "*"]


def _rule_reads(rule: Any, form: str, steps: list[str], templates: Mapping[str, Template]) -> bool:
    """The pointers in its parameters are renamed with the field; a bare name there is one that the program uses."""
    names, told, bare = names_in(rule.check), frozenset(steps_in(rule.params)), frozenset(_bare(rule.params))
    about = form in names.known | told or any(rule.id in one.rules and one.form == form for one in templates.values())
    *above, last = steps
    way = names.any_field or set(above) <= names.known | told | _remainders(names.known, (form, *told))
    return about and last in names.known | bare | _remainders(names.known, (form, *told)) and way


def _itself_reads(form: str, steps: list[str], forms: Mapping[str, Form], templates: Mapping[str, Template]) -> bool:
    if any(form in names.known and set(steps) <= names.known for names in map(names_in, OWN)):
        return True
    signed = names_in(context.signatures).known
    for template in templates.values():
        for signer in template.signers:
            source, _, pointer = signer.name.partition("#")
            way = [step for step in pointer.split("/") if step]
            if source == form and len(steps) > len(way) and steps[: len(way)] == way and set(steps[len(way) :]) <= signed:
                return True
    computed = forms[form].computed if form in forms else ()
    return any(
        steps[-1] in names_in(context.COMPUTED[told["fn"]]).known for told in computed if told.get("fn") in context.COMPUTED
    )


def _remainders(known: Iterable[str], names: Iterable[str]) -> frozenset[str]:
    """What is left of a form's name without its beginning: `abitare` of `valutazione_abitare`."""
    starts = tuple(one for one in known if one.endswith("_"))
    return frozenset(name.removeprefix(start) for name in names for start in starts if name.startswith(start))


def _bare(params: Any) -> Iterator[str]:
    return (text for text in texts_in(params) if "/" not in text)
