"""The shipped kit is whole: forms that can be filled, templates that print only what their reader may see, real papers."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from lxml import etree

from pitstop_docs import lint
from pitstop_docs.answers import schema_at
from pitstop_docs.context import COMPUTED
from pitstop_docs.dialect import PRIVACY, TYPES, check_dialect, read_kit
from pitstop_docs.findings import Severity
from pitstop_docs.forms import Form
from pitstop_docs.templates import Template
from pitstop_docs.workspace import Workspace
from tests.kits import ROOT, TODAY, W, fill, full, paragraphs, parts, seen

KIT = Workspace.at(ROOT, today=TODAY)
FORMS, TEMPLATES, PACK = KIT.forms, KIT.templates, KIT.pack
COMMON = read_kit(ROOT / "schemas" / "comune.json")
SCALARS = ("string", "integer", "number", "boolean")
TRAPS = {
    "items",
    "keys",
    "values",
    "copy",
    "get",
    "pop",
    "update",
    "title",
    "format",
    "index",
    "count",
    "clear",
    "loop",
    "schema",
}
LINES = {"L1", "L2"}
each_form = pytest.mark.parametrize("form", FORMS.values(), ids=list(FORMS))
each_template = pytest.mark.parametrize("template", TEMPLATES.values(), ids=list(TEMPLATES))
WORD = {kind: template for kind, template in TEMPLATES.items() if template.path.suffix == ".docx"}
each_paper = pytest.mark.parametrize("template", WORD.values(), ids=list(WORD))
"""Each template that is a paper of ours; somebody else's form is looked at in test_readymade."""


def walk(schema: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each place of a form and its schema: properties, and the rows of lists."""
    for name, inner in schema.get("properties", {}).items():
        yield f"{path}/{name}", inner
        yield from walk(inner, f"{path}/{name}")
    if "items" in schema:
        yield from walk(schema["items"], f"{path}/*")


def groups(schema: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each group of answers with its own conditions: the form itself, groups, rows."""
    inner = ((place, one.get("items", one)) for place, one in walk(schema, path))
    yield from ((place, one) for place, one in [(path, schema), *inner] if one.get("type") == "object")


# Schemas


def test_every_form_has_its_schema_and_every_schema_its_form() -> None:
    files = {path.stem for path in (ROOT / "schemas").glob("*.json")}
    assert files == {"comune", *FORMS}
    assert {path.stem for path in (ROOT / "forms").glob("*.json")} == {*FORMS}


@pytest.mark.parametrize("name", ["comune", *FORMS])
def test_a_schema_says_what_it_is(name: str) -> None:
    told = read_kit(ROOT / "schemas" / f"{name}.json")
    assert told["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert told["$id"] == f"{name}.json"
    assert told["title"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", told["x-version"])


@each_form
def test_every_place_is_called_in_words_and_has_a_name_that_templates_can_use(form: Form) -> None:
    assert FORMS[form.name].schema["additionalProperties"] is False
    for path, schema in walk(form.schema):
        name = path.rpartition("/")[2]
        assert re.fullmatch(r"[a-z][a-z0-9_]*", name), path
        assert name not in TRAPS, path
        assert schema.get("title", "").strip(), f"{path} has no title"
        assert schema["title"][0].isupper(), path
        assert schema.get("description", ".").endswith((".", "?", "…")), path


@each_form
def test_every_answer_has_its_type_its_class_and_its_bounds(form: Form) -> None:
    for path, schema in walk(form.schema):
        leaf = schema.get("items", schema) if schema["type"] == "array" else schema
        assert leaf["type"] in TYPES, path
        if leaf["type"] == "object":
            assert "x-privacy" not in schema, f"{path} is a group"
            assert leaf["additionalProperties"] is False, path
            continue
        assert schema["x-privacy"] in PRIVACY, path
        assert PRIVACY.index(leaf.get("x-privacy", "comune")) <= PRIVACY.index(schema["x-privacy"]), (
            f"{path}: its list shows less"
        )
        if "enum" in leaf:
            assert [str(one) for one in leaf["enum"]] == list(leaf["x-labels"]), path
            assert all(label.strip() for label in leaf["x-labels"].values()), path
        elif leaf["type"] == "string":
            assert {"format", "pattern", "maxLength"} & leaf.keys(), f"{path}: free text without an end"
        assert not leaf.get("x-long") or leaf["maxLength"] > 200, path


def test_the_common_definitions_are_of_the_dialect() -> None:
    for name, schema in COMMON["$defs"].items():
        if "$ref" not in str(schema):
            check_dialect(schema, name)
        assert schema["title"], name
        assert schema["type"] not in SCALARS or schema["x-privacy"], name


@each_form
def test_a_condition_asks_about_an_answer_that_can_be_given_and_demands_one_that_there_is(form: Form) -> None:
    for path, group in groups(form.schema):
        known = group["properties"]
        for rule in group.get("allOf", ()):
            for name, asked in rule["if"]["properties"].items():
                told = [asked["const"]] if "const" in asked else asked.get("enum", [])
                assert name in known, f"{path}/{name}"
                assert all(one in known[name].get("enum", [one]) for one in told), f"{path}/{name}: {told}"
            for branch in (rule.get("then", {}), rule.get("else", {})):
                assert {*branch.get("required", ()), *branch.get("properties", {})} <= {*known}, path


@each_form
def test_what_protects_or_computes_an_answer_is_there(form: Form) -> None:
    for path, schema in walk(form.schema):
        if "x-protected-by" in schema:
            assert schema_at(form.schema, schema["x-protected-by"])["type"] == "boolean", path
        told = schema.get("x-computed", {})
        assert bool(schema.get("readOnly")) == ("fn" in told), f"{path}: what is computed is not asked"
        if "fn" in told:
            assert told["fn"] in COMPUTED, path
        elif "from" in told:
            assert told["from"] in FORMS, path
        for place in told.get("among", ()):
            name, _, pointer = place.partition("#")
            assert schema_at(FORMS[name].schema, pointer)["type"] == "integer", f"{path}: {place}"
        if "of" in told:
            source = FORMS[told["from"]].schema if "from" in told else form.schema
            place = told["of"] if told["of"].startswith("/") else f"{path.rpartition('/')[0]}/{told['of']}"
            found = schema_at(source, place)
            assert found, f"{path}: {place}"
            if told["fn"] in ("copy", "age"):
                assert PRIVACY.index(schema["x-privacy"]) >= PRIVACY.index(found["x-privacy"]), f"{path} would lay {place} open"
        if schema.get("readOnly"):
            above = schema_at(form.schema, path.rpartition("/")[0]) if path.count("/") > 1 else form.schema
            assert path.rpartition("/")[2] not in above.get("required", ()), path


# Layouts


@each_form
def test_a_layout_asks_every_answer_once(form: Form) -> None:
    fields = [field for section in form.sections for field in section.fields]
    asked = {f"/{name}" for name, schema in form.schema["properties"].items() if not schema.get("readOnly")}
    computed = {f"/{name}" for name in form.schema["properties"]} - asked
    assert len(fields) == len({*fields})
    assert asked <= {*fields} <= asked | computed
    for section in form.sections:
        assert section.title.strip()
        assert section.who
        assert {*section.who} <= {*PACK.roles}
        assert section.help == "" or section.help.endswith(".")


@each_form
def test_a_layout_says_where_its_date_and_its_cases_stand(form: Form) -> None:
    assert form.title
    assert re.fullmatch(r"[DP]\d\d", form.code), form.code
    assert {*form.lines} <= LINES
    if form.date:
        assert schema_at(form.schema, form.date)["format"] == "date"
    if form.cases:
        assert form.scope == "progetto"
        assert schema_at(form.schema, form.cases)["format"] == "caso"
    assert not (form.opens_case and form.scope == "progetto")


def test_the_line_of_a_case_is_stated_somewhere() -> None:
    for place in PACK.case_line:
        name, _, pointer = place.partition("#")
        assert {*schema_at(FORMS[name].schema, pointer)["enum"]} == {"L1", "L2", "L1+L2"}


# Templates: descriptions


@each_template
def test_a_description_names_what_there_is(template: Template) -> None:
    assert template.path.is_file()
    assert {*template.records, *template.optional} <= {*FORMS}
    assert {*template.rules} <= {rule.id for rule in PACK.rules}
    assert len(template.rules) == len({*template.rules})
    assert template.recipient in PACK.recipients
    assert {*template.lines} <= LINES
    for signer in template.signers:
        name, _, pointer = signer.name.partition("#")
        assert signer.role in PACK.roles
        assert name in template.records + template.optional
        assert schema_at(FORMS[name].schema, pointer), signer.name


def test_documents_have_their_own_place_along_the_path() -> None:
    assert len({template.order for template in TEMPLATES.values()}) == len(TEMPLATES)
    assert {path.name for path in (ROOT / "templates").iterdir() if path.suffix != ".json"} == {
        template.path.name for template in TEMPLATES.values()
    }


def test_every_rule_is_called_by_a_document() -> None:
    assert {rule.id for rule in PACK.rules} == {id_ for template in TEMPLATES.values() for id_ in template.rules}


# Templates: what they print


@each_template
def test_a_template_names_only_places_of_the_forms_that_it_reads(template: Template) -> None:
    assert [one for one in lint.quick(template, FORMS, PACK) if one.severity is not Severity.INFO] == []
    of_itself = {"documento"} if template.kind in WORD else set()  # nothing of ours stands on somebody else's page
    assert {place.partition("/")[0] for place in template.places} == {*template.records, *template.optional, *of_itself}


@each_template
def test_a_template_prints_nothing_that_its_reader_may_not_see(template: Template) -> None:
    """Where the reader may not see a value the page says «omissis», and a condition would speak as if there were none."""
    may = PACK.recipients[template.recipient]
    for place in sorted(template.places):
        root, _, path = place.partition("/")
        if root in FORMS:
            assert schema_at(FORMS[root].schema, f"/{path}" if path else "").get("x-privacy", "comune") in may, place


@each_paper
@pytest.mark.parametrize("draft", [True, False])
def test_a_template_without_any_answer_is_a_form_to_fill_by_hand(template: Template, draft: bool) -> None:
    filled = fill(template, FORMS, {}, visible=PACK.recipients[template.recipient], draft=draft)
    text = seen(filled.content)
    assert {place.form for place in filled.trace.blanks} >= {*template.records}
    assert all(place.path == "" for place in filled.trace.blanks if place.form != "documento")
    assert text.count("_____") > 10
    assert ("BOZZA" in text) is draft
    assert not re.search(r"\{[{%]|[}%]\}|None|Undefined|omissis", text)


@each_paper
@pytest.mark.parametrize("size", [1, 2])
def test_a_template_with_every_answer_leaves_nothing_blank_and_prints_each(template: Template, size: int) -> None:
    data = {name: full(FORMS[name].schema, size) for name in (*template.records, *template.optional)}
    filled = fill(template, FORMS, data, visible=PACK.recipients[template.recipient])
    text = seen(filled.content)
    left = {f"{place.form}{place.path}" for place in filled.trace.blanks if place.form != "documento"}
    assert not {
        one for one in left if not schema_at(FORMS[one.partition("/")[0]].schema, "/" + one.partition("/")[2]).get("readOnly")
    }
    assert filled.trace.withheld == []
    assert len(filled.trace.printed) > 20
    assert not re.search(r"\{[{%]|[}%]\}|None|Undefined|omissis|True|False", text)
    for value in filled.trace.printed:
        assert value in text


# Templates: the paper


def story(template: Template, kind: str) -> dict[str, Any]:
    return {name: etree.fromstring(part) for name, part in parts(template.path).items() if name.startswith(f"word/{kind}")}


def instructions(root: Any) -> set[str]:
    """What the fields of a part do."""
    found = [one.get(W + "instr") for one in root.iter(W + "fldSimple")] + [one.text for one in root.iter(W + "instrText")]
    return {text.split()[0] for text in found if text and text.strip()}


@each_paper
def test_a_paper_speaks_italian(template: Template) -> None:
    styles = etree.fromstring(parts(template.path)["word/styles.xml"])
    default = styles.find(f"{W}docDefaults/{W}rPrDefault/{W}rPr/{W}lang")
    assert default.get(W + "val") == "it-IT"
    every = [root for kind in ("document", "header", "footer", "styles") for root in story(template, kind).values()]
    assert {lang.get(W + "val") for root in every for lang in root.iter(W + "lang")} <= {"it-IT", None}


@each_paper
def test_every_table_repeats_its_heading_row_or_is_a_list_of_labels(template: Template) -> None:
    tables = list(story(template, "document")["word/document.xml"].iter(W + "tbl"))
    assert tables
    for table in tables:
        first = table.find(W + "tr")
        text = "".join(first.itertext())
        look = table.find(f"{W}tblPr/{W}tblLook")
        headed = first.find(f"{W}trPr/{W}tblHeader") is not None
        labelled = look is not None and look.get(W + "firstColumn") == "1" and len(table.findall(f"{W}tblGrid/{W}gridCol")) == 2
        assert headed or labelled, f"«{text}»"
        assert not (headed and "{%tr" in text), f"«{text}»"


@each_paper
def test_every_page_has_the_head_and_the_foot_of_the_municipality(template: Template) -> None:
    relations = etree.fromstring(parts(template.path)["word/_rels/document.xml.rels"])
    targets = {one.get("Id"): one.get("Target") for one in relations}
    settings = etree.fromstring(parts(template.path)["word/settings.xml"])
    assert settings.find(W + "evenAndOddHeaders") is None
    sections = list(story(template, "document")["word/document.xml"].iter(W + "sectPr"))
    assert sections
    for section in sections:
        kinds = {"default", *(["first"] if section.find(W + "titlePg") is not None else [])}
        for element, needed in (("headerReference", ("progetto.cup",)), ("footerReference", ())):
            used = {one.get(W + "type"): one for one in section.findall(W + element)}
            assert kinds <= used.keys()
            for kind in kinds:
                reference = used[kind].get("{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id")
                part = parts(template.path)[f"word/{targets[reference]}"]
                text = "\n".join(paragraphs(part))
                assert all(word in text for word in needed), text
                if element == "footerReference":
                    assert instructions(etree.fromstring(part)) == {"PAGE", "NUMPAGES"}
                    for word in ("documento.codice", "documento.versione", "documento.regole"):
                        assert word in text


@each_paper
def test_a_paper_has_a_title_and_numbered_headings(template: Template) -> None:
    document = story(template, "document")["word/document.xml"]
    used = [style.get(W + "val") for style in document.iter(W + "pStyle")]
    assert used.count("Title") == 1
    assert used.count("Heading1") >= 1
    styles = {one.get(W + "styleId"): one for one in etree.fromstring(parts(template.path)["word/styles.xml"]).iter(W + "style")}
    assert {*used} <= styles.keys()
    assert styles["Heading1"].find(f"{W}pPr/{W}numPr") is not None


@each_paper
def test_nothing_in_a_paper_is_hidden_changes_by_itself_or_is_fetched(template: Template) -> None:
    for name, part in parts(template.path).items():
        if name.endswith(".rels"):
            assert b'TargetMode="External"' not in part, name
        if name.startswith("word/") and name.endswith(".xml"):
            root = etree.fromstring(part)
            assert instructions(root) <= {"PAGE", "NUMPAGES"}, name
            assert not list(root.iter(W + "vanish")), name
            texts = [text for text in root.itertext() if "{{" in text or "{%" in text]
            assert all(text.count("{{") == text.count("}}") and text.count("{%") == text.count("%}") for text in texts), name
    assert not [name for name in parts(template.path) if "vba" in name or "activeX" in name or "embeddings" in name]
