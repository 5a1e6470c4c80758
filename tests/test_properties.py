"""Whatever the answers, a document is exactly the data, or a finding says where it is not; nothing a person states is an error.

`PITSTOP_EXAMPLES=20` tries twenty times as many answers.
"""

import io
import os
import re
from collections import Counter
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

import docx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from pypdf import PdfReader

from pitstop_docs.answers import in_form_order, prune
from pitstop_docs.context import completed, gather
from pitstop_docs.errors import FileError
from pitstop_docs.fillers import acroform, readymade
from pitstop_docs.findings import Finding, as_json, as_text, in_order
from pitstop_docs.forms import Form
from pitstop_docs.records import Case
from pitstop_docs.templates import Template
from pitstop_docs.workspace import Workspace
from tests.kits import CASE, EVERYTHING, ROOT, TODAY, W, answers, fill, parts, record, seen, sight, spoilt

KIT = Workspace.at(ROOT, today=TODAY)
FORMS, TEMPLATES, PACK = KIT.forms, KIT.templates, KIT.pack
CANARY = "Zxqcanarino"
INSIDE = {W + tag for tag in ("r", "rPr", "t", "br", "tab", "rFonts", "b", "i", "sz", "color", "lang")}
forms = st.sampled_from(sorted(FORMS)).map(FORMS.__getitem__)
WORD = sorted(kind for kind, template in TEMPLATES.items() if template.path.suffix == ".docx")
READY_MADE = sorted({*TEMPLATES} - {*WORD})
templates = st.sampled_from(["pai", *WORD]).map(TEMPLATES.__getitem__)


def tried(times: int) -> Callable[[Any], Any]:
    """So many examples, times PITSTOP_EXAMPLES."""
    examples = times * int(os.environ.get("PITSTOP_EXAMPLES", "1"))
    return settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def filings(draw: st.DrawFn, of: Callable[[Any], st.SearchStrategy[Any]]) -> tuple[Template, dict[str, Any]]:
    """A kind of document, and answers to the forms that it reads: some of the optional ones, now and then not all."""
    template = draw(templates)
    names = [name for name in template.records if name == template.form or draw(st.integers(0, 9))]
    names += [name for name in template.optional if draw(st.booleans())]
    return template, {name: draw(of(FORMS[name].schema)) for name in names}


def plain(schema: Mapping[str, Any], value: Any) -> Any:
    """The same answers with an x for each free text."""
    if isinstance(value, dict):
        return {key: plain(schema["properties"][key], one) for key, one in value.items()}
    if isinstance(value, list):
        return [plain(schema["items"], one) for one in value]
    free = isinstance(value, str) and not {"enum", "format", "pattern", "const"} & schema.keys()
    return "x" * max(1, schema.get("minLength", 1)) if free else value


def skeleton(content: bytes) -> dict[str, list[tuple[str, ...]]]:
    """The elements of each part with their attributes, but for what a value is made of."""
    found = {}
    for name, part in parts(content).items():
        if name.startswith("word/") and name.endswith(".xml"):
            inner = (one for one in etree.fromstring(part).iter() if one.tag not in INSIDE)
            found[name] = [(str(one.tag), *sorted(f"{key}={text}" for key, text in one.attrib.items())) for one in inner]
    return found


@tried(35)
@given(filings(answers), st.booleans())
def test_a_document_is_exactly_the_data(filing: tuple[Template, dict[str, Any]], draft: bool) -> None:
    template, data = filing
    visible = PACK.recipients[template.recipient]
    filled = fill(template, FORMS, data, visible=visible, draft=draft)
    text = seen(filled.content)
    for value, times in Counter(filled.trace.printed).items():
        assert text.count(value) >= times
    own = text
    for value in sorted(filled.trace.printed, key=len, reverse=True):
        own = own.replace(value, "")
    assert not re.search(r"\{[{%#]|[}%#]\}|\bNone\b|\bUndefined\b|\bTrue\b|\bFalse\b", own)
    modest = {name: plain(FORMS[name].schema, one) for name, one in data.items()}
    assert skeleton(fill(template, FORMS, modest, visible=visible, draft=draft).content) == skeleton(filled.content)
    docx.Document(io.BytesIO(filled.content))


@tried(10)
@given(filings(answers), st.randoms(use_true_random=False))
def test_the_same_records_in_another_order_give_the_same_bytes(filing: tuple[Template, dict[str, Any]], random: Any) -> None:
    template, data = filing

    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: shuffled(value[key]) for key in random.sample(sorted(value), len(value))}
        return [shuffled(one) for one in value] if isinstance(value, list) else value

    first = fill(template, FORMS, data, visible=PACK.recipients[template.recipient])
    again = fill(template, FORMS, shuffled(data), visible=PACK.recipients[template.recipient])
    assert again.content == first.content
    assert again.trace == first.trace


@pytest.mark.parametrize("form", FORMS.values(), ids=list(FORMS))
def test_every_form_can_be_filled_without_a_blocking_finding(form: Form) -> None:
    @tried(10)
    @given(answers(form.schema))
    def fillable(data: dict[str, Any]) -> None:
        assert [one for one in form.findings(data) if one.blocks] == []

    fillable()


@st.composite
def misfilled(draw: st.DrawFn) -> tuple[Form, Any]:
    form = draw(forms)
    return form, draw(spoilt(form.schema))


@tried(120)
@given(misfilled())
def test_no_answer_is_an_error(filed: tuple[Form, Any]) -> None:
    form, data = filed
    found = in_order(form.findings(data))
    assert as_text(found, {form.name: form.title}, PACK.roles).count("\n") >= len(found) - 1
    assert as_json(found)
    assert all(one.message.endswith((".", "?")) and one.remedy.endswith((".", "?")) and one.who for one in found)
    case = Case(CASE, (record(form.name, data), record("persona", data), record("valutazione_abitare", data)))
    form.typed(completed(case.records[0], case, sight(FORMS)))
    assert form.canonical(form.canonical(data)) == form.canonical(data)
    assert in_form_order(form.schema, data) == data
    assert prune(prune(data)) == prune(data)
    assert told(form.findings(prune(data))) == told(found)


def told(findings: list[Finding]) -> list[tuple[str, str]]:
    return sorted((one.rule, one.path) for one in findings)


@tried(25)
@given(filings(spoilt))
def test_any_answer_can_be_printed(filing: tuple[Template, dict[str, Any]]) -> None:
    template, data = filing
    filled = fill(template, FORMS, data)
    text = seen(filled.content)
    assert all(text.count(value) >= times for value, times in Counter(filled.trace.printed).items())
    case = Case(CASE, tuple(record(form, one) for form, one in data.items()))
    gather(template, case, sight(FORMS, None), number=1, visible=EVERYTHING, document={})


@tried(4)
@given(st.sampled_from(READY_MADE), st.data(), st.sampled_from([answers, spoilt]))
def test_a_ready_made_form_holds_what_is_stated_or_says_that_it_cannot(kind: str, data: st.DataObject, of: Any) -> None:
    template = TEMPLATES[kind]
    told = {name: data.draw(of(FORMS[name].schema)) for name in template.records}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(readymade, "apart", lambda work, *args: work(*args))
        try:
            filled = fill(template, FORMS, told)
        except FileError as refusal:  # a letter without a font, a code with more characters than the form has cells
            assert str(refusal).startswith("«")
            return
    reader = PdfReader(io.BytesIO(filled.content))
    held = [dict(field.options).get(str(field.value), str(field.value)) for field in acroform.form(reader).fields]
    held += [page.extract_text() for page in reader.pages]
    words = {word for text in held for word in text.split()}
    boxes = FORMS["comunicazione_ospitalita"].schema["properties"]["allegati"]["items"]["x-labels"].values()
    said = {word for value in filled.trace.printed if value not in boxes for word in value.split()}
    assert {word for word in said if word.isalpha() and word.isascii()} <= words


@st.composite
def with_canary(draw: st.DrawFn) -> tuple[Form, Any]:
    form, data = draw(misfilled())
    leaves, every = count(), draw(st.integers(1, 4))

    def sung(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: sung(one) for key, one in value.items()}
        if isinstance(value, list):
            return [sung(one) for one in value]
        return value if next(leaves) % every else CANARY

    return form, sung(data)


@tried(60)
@given(with_canary())
def test_no_finding_repeats_what_a_person_answered(filed: tuple[Form, Any]) -> None:
    form, data = filed
    assert CANARY not in as_json(form.findings(data))


@tried(60)
@given(misfilled(), st.randoms(use_true_random=False))
def test_findings_have_one_order(filed: tuple[Form, Any], random: Any) -> None:
    form, data = filed
    found = form.findings(data)
    again = in_order(random.sample(found, len(found)))
    assert [(one.path, one.severity, one.rule) for one in again] == [
        (one.path, one.severity, one.rule) for one in in_order(found)
    ]
    assert {*again} == {*found}
