"""Is the kit sound? Each template is read as it lies and compared with the schemas, before anyone prints with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pitstop_docs import paths
from pitstop_docs.errors import KitError
from pitstop_docs.flaws import Flaw, in_order
from pitstop_docs.forms import Form
from pitstop_docs.lint import pdf
from pitstop_docs.templates import DOCUMENT, Template

if TYPE_CHECKING:
    from pitstop_docs.checks import Pack

OMITTED = "LNT-021"
"""What the recipient may not see prints «omissis»: the template is to be mended, but the document is safe."""


def reader_of(template: Template, forms: Mapping[str, Form], pack: Pack) -> paths.Reader:
    """What a template may read, and its recipient see. Raises KitError if it names a form that the kit has not."""
    named = (*template.records, *template.optional)
    missing = [name for name in named if name not in forms]
    if missing:
        raise KitError(f"{template.description.name}: il modulo «{missing[0]}» non esiste.")
    roots = {name: template.root(forms[name]) for name in named}
    return paths.Reader(
        roots={**roots, paths.DOCUMENT_ROOT: DOCUMENT},
        optional=frozenset(template.optional),
        visible=pack.recipients[template.recipient],
        recipient=template.recipient,
        others=frozenset(forms) - frozenset(roots),
    )


def quick(template: Template, forms: Mapping[str, Form], pack: Pack) -> list[Flaw]:
    """What is wrong with a template's tags, or with the fields of a ready-made PDF, and with the names in them, in order: what
    `make` asks before it prints."""
    reader = reader_of(template, forms, pack)
    return in_order([*template.flaws, *paths.flaws(template.trees, reader), *pdf.flaws(template, reader)])


def refuse_unsound(template: Template, forms: Mapping[str, Form], pack: Pack) -> None:
    """Raise KitError, with the first flaw that blocks and how many there are, if the template has one."""
    blocking = [one for one in quick(template, forms, pack) if one.blocks and one.rule != OMITTED]
    if blocking:
        others = f" Altri difetti: {len(blocking) - 1}." if blocking[1:] else ""
        raise KitError(f"{blocking[0].sentence()}{others} Per l’elenco: pitstop lint {template.kind}.")
