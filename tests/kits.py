"""The smallest kit on which something can be seen, written into a folder of the test; and answers to fill any form.

    kit = Kit.at(tmp_path)
    kit.form("scheda", {"nome": leaf("Nome", privacy="identificativo"), "voci": rows("Voci", {"voce": leaf("Voce")})})
    kit.template("scheda", "Nome: {{ scheda.nome }}", [["Voce"], ["{%tr for v in scheda.voci %}"], ["{{ v.voce }}"], …])
    seen(kit.fill("scheda", scheda={"nome": "Amina"}).content)      # the text of the page
    kit.keep("scheda", {"nome": "Amina"})                           # a record in the store of kit.workspace()

`answers(schema)` draws what a schema allows, `spoilt(schema)` any JSON in the shape of its answers.
"""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import docx
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from lxml import etree

from pitstop_docs import files, formats, jsontext, keeping
from pitstop_docs.context import Sight, gather
from pitstop_docs.dialect import PRIVACY
from pitstop_docs.fillers.docx import Filled, Properties
from pitstop_docs.forms import Form, load_forms
from pitstop_docs.records import Case, Record
from pitstop_docs.templates import Template, load_templates
from pitstop_docs.workspace import Workspace
from tests.people import make_cf, make_eleven, make_iban

ROOT = Path(__file__).parent.parent
TODAY = date(2026, 3, 5)
NOON = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
CASE = "PST-001"
EVERYTHING = frozenset(PRIVACY)
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
Schema = Mapping[str, Any]
Block = str | tuple[str, ...] | list[list[str]]
"""A paragraph; a paragraph in several runs, as Word splits it; a table, row by row."""

# Schemas


def leaf(title: str, kind: str = "string", *, privacy: str = "comune", **told: Any) -> dict[str, Any]:
    """The schema of one answer; `kind` is its JSON type, `told` any other keyword (`format="date"`)."""
    return {"title": title, "type": kind, "x-privacy": privacy, **_keywords(told)}


def choice(title: str, labels: Mapping[str, str], *, privacy: str = "comune") -> dict[str, Any]:
    """The schema of one answer out of a list, with the label of each."""
    return leaf(title, privacy=privacy, enum=list(labels), x_labels=dict(labels))


def group(title: str, properties: Schema, *, required: Sequence[str] = (), **told: Any) -> dict[str, Any]:
    """The schema of a closed group of answers."""
    told = {"required": list(required), "properties": dict(properties), **_keywords(told)}
    return {"title": title, "type": "object", "additionalProperties": False, **told}


def rows(title: str, properties: Schema, *, required: Sequence[str] = (), **told: Any) -> dict[str, Any]:
    """The schema of a repeated group; `told` are keywords of the list (`minItems=1`)."""
    items = {key: value for key, value in group("", properties, required=required).items() if key != "title"}
    return {"title": title, "type": "array", "items": items, **_keywords(told)}


def _keywords(told: Mapping[str, Any]) -> dict[str, Any]:
    """`x_protected_by` as `x-protected-by`: a keyword argument has no hyphen."""
    return {key.replace("_", "-") if key.startswith("x_") else key: value for key, value in told.items()}


# The kit


@dataclass(frozen=True)
class Kit:
    """A folder that is a workspace: the countries of the shipped kit, no rules, the forms and templates that a test adds."""

    root: Path

    @classmethod
    def at(cls, root: Path) -> Kit:
        """An empty kit in a folder."""
        for folder in ("forms", "schemas", "templates", "rules", "outputs"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "rules" / "paesi.json", root / "rules")
        kit = cls(root)
        kit.rules()
        return kit

    def form(
        self, name: str, properties: Schema, *, required: Sequence[str] = (), schema: Schema | None = None, **layout: Any
    ) -> Form:
        """Write a form and give it back. `schema` are further keywords of its root (`allOf`), `layout` keys of its layout."""
        top = {"$id": f"{name}.json", "x-version": "1.0.0", **group(name.capitalize(), properties, required=required)}
        self.write(f"schemas/{name}.json", {**top, **(schema or {})})
        whole = {"title": name.capitalize(), "who": ["AS"], "fields": [f"/{key}" for key in properties]}
        told = {"form": name, "code": "D99", "title": name.capitalize(), "scope": "caso", "opens_case": True}
        self.write(f"forms/{name}.json", {**told, "sections": [whole], **layout})
        return self.forms[name]

    def template(
        self, kind: str, *blocks: Block, header: str | None = "Comune", footer: str = "", **description: Any
    ) -> Template:
        """Write a kind of document and give it back. It prints the form of its own name, unless `description` says else."""
        word(self.root / "templates" / f"{kind}.docx", *blocks, header=header, footer=footer)
        form = description.get("form", kind)
        told = {"kind": kind, "code": "D99", "title": kind.capitalize(), "order": 1, "file": f"{kind}.docx", "form": form}
        self.write(f"templates/{kind}.json", {**told, "records": [form], "recipient": "interno", **description})
        return load_templates(self.root / "templates")[kind]

    def rules(self, *rules: Schema, **pack: Any) -> None:
        """Write the rule pack: these rules, recipients as in the shipped one."""
        shipped = json.loads((ROOT / "rules" / "pitstop.json").read_text(encoding="utf-8"))
        told = {"pack": "prova", "version": "1", "case_line": [], "rules": list(rules)}
        self.write("rules/pitstop.json", {**told, **{key: shipped[key] for key in ("recipients", "roles")}, **pack})

    def write(self, name: str, value: object) -> Path:
        """Put a JSON file into the kit."""
        path = self.root / name
        path.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")
        return path

    @property
    def forms(self) -> dict[str, Form]:
        """Every form, read anew."""
        return load_forms(self.root / "forms", self.root / "schemas", self.root / "rules" / "paesi.json")

    def workspace(self, today: date = TODAY) -> Workspace:
        """The workspace, read anew."""
        return Workspace.at(self.root, today=today)

    def keep(self, form: str, data: Mapping[str, Any], *, case: str = CASE, number: int | None = None) -> keeping.Kept:
        """Keep a record, as `pitstop keep` does."""
        text = jsontext.canonical(data).encode()
        return keeping.keep(
            self.workspace(),
            form,
            text,
            source="prova.json",
            case=case,
            number=number,
            author="A. Bianchi",
            based_on=None,
            now=NOON,
        )

    def fill(self, kind: str, *, visible: frozenset[str] = EVERYTHING, draft: bool = False, **data: Any) -> Filled:
        """The document printed from these answers, by form; a form that is not named was not filled."""
        template = load_templates(self.root / "templates")[kind]
        return fill(template, self.forms, data, visible=visible, draft=draft)


def record(form: str, data: Mapping[str, Any] | None, *, number: int = 1, case: str = CASE) -> Record:
    """A first revision, as the store gives it."""
    return Record(case, form, number, 1, 0, NOON, "A. Bianchi", data, "0" * 64)


def sight(forms: Mapping[str, Form], on: date | None = TODAY) -> Sight:
    """Eyes that know the forms, two countries of the Union and two roles."""
    return Sight(forms, on, frozenset({"FRA", "DEU"}), {"AS": "assistente sociale", "DEST": "destinatario"})


def fill(
    template: Template,
    forms: Mapping[str, Form],
    data: Mapping[str, Any],
    *,
    visible: frozenset[str] = EVERYTHING,
    draft: bool = False,
) -> Filled:
    """A document of any kit, printed from answers by form; a list of them where there are many."""
    told = [(form, one if isinstance(one, list) else [one]) for form, one in data.items()]
    case = Case(CASE, tuple(record(form, row, number=n) for form, found in told for n, row in enumerate(found, start=1)))
    document = {"codice": template.code, "titolo": template.title, "caso": CASE, "versione": "01"}
    context = gather(template, case, sight(forms), number=1, visible=visible, document=document)
    return template.render(context, Properties(template.title, CASE, f"{CASE}_{template.kind}", draft=draft))


# Word files


def word(path: Path, *blocks: Block, header: str | None = "Comune", footer: str = "") -> Path:
    """Write a Word file with these blocks; `header` None for none at all."""
    document = docx.Document()
    for block in blocks:
        if isinstance(block, list):
            table = document.add_table(len(block), len(block[0]))
            for row, texts in zip(table.rows, block, strict=True):
                for cell, text in zip(row.cells, texts, strict=True):
                    cell.text = text
        else:
            paragraph = document.add_paragraph()
            for run in (block,) if isinstance(block, str) else block:
                paragraph.add_run(run)
    section = document.sections[0]
    if header is not None:
        section.header.paragraphs[0].text = header
    if footer:
        section.footer.paragraphs[0].text = footer
    document.save(str(path))
    return path


def parts(content: bytes | Path) -> dict[str, bytes]:
    """The parts of a Word file by name."""
    with ZipFile(io.BytesIO(content) if isinstance(content, bytes) else content) as package:
        return {name: package.read(name) for name in package.namelist()}


def patch(path: Path, part: str, old: str, new: str) -> Path:
    """Change the raw XML of one part of a Word file, where `old` stands in it."""
    found = parts(path)
    text = found[part].decode()
    assert old in text, f"{part} does not hold {old}"
    path.write_bytes(files.repack({**found, part: text.replace(old, new, 1).encode()}))
    return path


def attach(path: Path, name: str, kind: str, xml: str) -> Path:
    """Add a part to a Word file, related to its body: `kind` as in «comments», «endnotes», «footnotes»."""
    part = f"word/{name}"
    override = (
        f'<Override PartName="/{part}" '
        f'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.{kind}+xml"/></Types>'
    )
    relation = (
        f'<Relationship Id="rIdX{kind}" Target="{name}" '
        f'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}"/></Relationships>'
    )
    path.write_bytes(files.repack({**parts(path), part: xml.encode()}))
    patch(path, "[Content_Types].xml", "</Types>", override)
    return patch(path, "word/_rels/document.xml.rels", "</Relationships>", relation)


def seen(content: bytes) -> str:
    """What a reader sees: headers, body, footers; a line for each paragraph, its breaks as \\n and \\t."""
    found = parts(content)
    names = sorted(name for name in found if name.startswith("word/header"))
    names += ["word/document.xml", *sorted(name for name in found if name.startswith("word/footer"))]
    return "\n".join(text for name in names for text in paragraphs(found[name]))


def paragraphs(part: bytes) -> Iterator[str]:
    """The text of each paragraph of a part."""
    for paragraph in etree.fromstring(part).iter(W + "p"):
        yield "".join(_pieces(paragraph))


def _pieces(element: Any) -> Iterator[str]:
    for child in element:
        if child.tag == W + "t":
            yield child.text or ""
        elif child.tag in (W + "br", W + "tab"):
            yield "\n" if child.tag == W + "br" else "\t"
        elif child.tag not in (W + "p", W + "pPr"):
            yield from _pieces(child)


# Answers

NASTY = (
    "Rossi & Figli <srl>",
    "importo < 500 & > 3 \"euro\" 'netti'",
    "]]><w:p/>&amp;&#123;&lt;",
    "{{ 7*7 }} {% if x %} {# no #} %} }}",
    "{_{ a }_} {_% b %_}",
    "=1+1",
    "None",
    "  spazi  ai  lati  ",
    "prima\triga\nseconda riga\n",
    "D’Angelo Ștefan Łukasz",
    "محمد علي \u200f(شرعي)\u200e",
    "মোহাম্মদ",
    "e\u0301\u200b\ufeff\u00ad👩‍👩‍👧",
    "\U0001f600" * 3,
    "\\ / | ~1 ~0 * ?",
    "________",
)
texts = st.one_of(st.sampled_from(NASTY), st.text(max_size=40), st.text(st.sampled_from("{}%#_&<>;\n\t '\"ab"), max_size=30)).map(
    lambda text: formats.clean(text)[0]
)
DIGITS, UPPER = "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
days = st.dates(date(1920, 1, 1), date(2099, 12, 31))


def _some(alphabet: str, size: int) -> st.SearchStrategy[str]:
    return st.text(st.sampled_from(alphabet), min_size=size, max_size=size)


elevens = _some(DIGITS, 10).filter(lambda digits: int(digits) > 0).map(make_eleven)
cfs = st.builds(make_cf, _some(UPPER, 5), _some(UPPER, 5), days, st.sampled_from("MF"), st.sampled_from(["A662", "Z330"]))
CODES: Mapping[str, st.SearchStrategy[str]] = {
    "date": days.map(date.isoformat),
    "data_parziale": st.builds(lambda day, size: day.isoformat()[:size], days, st.sampled_from((4, 7, 10))),
    "ora": st.times().map(lambda when: f"{when:%H:%M}"),
    "euro": st.decimals(Decimal(0), Decimal("99999.99"), places=2).map(str),
    "codice_fiscale": st.one_of(cfs, elevens),
    "partita_iva": elevens,
    "iban": st.builds(make_iban, _some(DIGITS, 5), _some(DIGITS, 5), _some(UPPER + DIGITS, 12)),
    "cup": st.just("B31H22000280006"),
    "cig": st.just("1234567A9F"),
    "cap": _some(DIGITS, 5),
    "email": _some("abc", 5).map(lambda name: f"{name}@example.org"),
    "telefono": _some(DIGITS, 9).map(lambda digits: f"+39{digits}"),
    "numero_permesso": _some(DIGITS, 8).map(lambda digits: f"I{digits}"),
    "paese": st.sampled_from(["MAR", "BGD", "KOS", "UKR", "FRA"]),
    "lingua": st.sampled_from(["it", "ar", "bn"]),
    "caso": st.just(CASE),
    "provincia": _some(UPPER, 2),
}


def answers(schema: Schema) -> st.SearchStrategy[Any]:
    """Answers that a schema of the dialect allows, its references inlined; conditions are obeyed as far as they go."""
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from([one for one in schema["enum"] if one != schema.get("not", {}).get("const")])
    match schema.get("type"):
        case "object":
            return st.composite(lambda draw: _group(draw, schema))()  # as an argument the schema would be in every repr
        case "array":
            least = schema.get("minItems", 0)
            most = min(schema.get("maxItems", 3), max(least, 3))
            unique = json.dumps if schema.get("uniqueItems") else None
            return st.lists(answers(schema["items"]), min_size=least, max_size=most, unique_by=unique)
        case "boolean":
            return st.booleans()
        case "integer":
            return st.integers(schema.get("minimum", -99), schema.get("maximum", 9999))
        case "number":
            return st.decimals(schema.get("minimum", 0), schema.get("maximum", 9999), places=2)
    return _texts(schema)


def _texts(schema: Schema) -> st.SearchStrategy[str]:
    least, most = schema.get("minLength", 0), schema.get("maxLength", 2000)
    if "format" in schema:
        return CODES[schema["format"]].filter(lambda code: least <= len(code) <= most)
    if "pattern" in schema:
        return st.from_regex(schema["pattern"][:-1] + r"\Z", alphabet=st.characters(max_codepoint=126))
    cut = texts.map(lambda text: (text + " ..." * least)[: max(least, min(most, len(text)))])
    return cut.map(lambda text: text if text.strip() else "senza parole"[:most])


def _group(draw: st.DrawFn, schema: Schema) -> dict[str, Any]:
    properties = {key: inner for key, inner in schema["properties"].items() if not inner.get("readOnly")}
    mood = draw(st.sampled_from(["few", "some", "all"]))
    optional = {"few": st.just(False), "some": st.booleans(), "all": st.just(True)}[mood]
    data = {key: draw(answers(inner)) for key, inner in properties.items() if key in schema.get("required", ()) or draw(optional)}
    for _ in range(3):  # a condition's consequence may meet the next condition
        for rule in schema.get("allOf", ()):
            met = "if" in rule and Draft202012Validator(rule["if"]).is_valid(data)
            told = rule.get("then" if met else "else", {}) if "if" in rule else rule
            for key, narrower in told.get("properties", {}).items():
                if narrower is False:
                    data.pop(key, None)
                elif key in data and not Draft202012Validator(narrower).is_valid(data[key]):
                    data[key] = draw(answers(_merged(properties[key], narrower)))
            for key in told.get("required", ()):
                if key in properties and key not in data:
                    data[key] = draw(answers(_merged(properties[key], told.get("properties", {}).get(key, {}))))
    return data


def _merged(schema: Schema, narrower: Schema) -> dict[str, Any]:
    both = {**schema, **narrower}
    if "properties" in schema and "properties" in narrower:
        inner = narrower["properties"]
        both["properties"] = {key: _merged(one, inner.get(key, {})) for key, one in schema["properties"].items()}
    if "required" in schema and "required" in narrower:
        both["required"] = [*schema["required"], *narrower["required"]]
    if "items" in schema and "items" in narrower:
        both["items"] = _merged(schema["items"], narrower["items"])
    return both


SAMPLES = {
    "date": "2026-03-05",
    "data_parziale": "1990-03",
    "ora": "09:30",
    "euro": "1250.50",
    "codice_fiscale": make_cf("El Idrissi", "Amina", date(1990, 3, 5), "F", "Z330"),
    "partita_iva": make_eleven("0123456789"),
    "iban": make_iban("05428", "11101", "000000123456"),
    "cup": "B31H22000280006",
    "cig": "1234567A9F",
    "cap": "70121",
    "email": "prova@example.org",
    "telefono": "+390805771234",
    "numero_permesso": "I12345678",
    "paese": "MAR",
    "lingua": "ar",
    "caso": CASE,
    "provincia": "BA",
}


def full(schema: Schema, size: int = 2) -> Any:
    """Every answer that a schema asks for, `size` rows in each list, whatever its conditions forbid; nothing protected."""
    match schema.get("type"):
        case "object":
            properties = {name: inner for name, inner in schema["properties"].items() if not inner.get("readOnly")}
            flags = {inner.get("x-protected-by", "/").removeprefix("/") for inner in properties.values()}
            return {name: name not in flags and full(inner, size) for name, inner in properties.items()}
        case "array":
            return [full(schema["items"], size)] * size
        case "boolean":
            return True
    if "enum" in schema:
        return schema["enum"][-1]
    if schema["type"] in ("integer", "number"):
        return max(1, schema.get("minimum", 1))
    sample = SAMPLES.get(schema.get("format", ""), f"{schema['title']} (prova)")
    return sample[: schema.get("maxLength", 2000)]


numbers = st.integers(-(10**17), 10**17) | st.decimals(-(10**9), 10**9, places=3)
scalars = st.none() | st.booleans() | numbers | texts | st.sampled_from(["", " ", "2026-02-31", "1.0", "XXA"])


def spoilt(schema: Schema) -> st.SearchStrategy[dict[str, Any]]:
    """Any JSON object that has passed the gate, with the schema's own names and values mixed in at any place."""
    names = sorted(set(_names(schema)))
    keys = st.sampled_from(names) | texts | st.sampled_from(["", "0", "*", "~1", "a/b", "9" * 5000])
    values = st.recursive(
        scalars | st.deferred(lambda: answers(schema)),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
        max_leaves=15,
    )
    return st.one_of(st.dictionaries(keys, values, max_size=8), _struck(schema, values))


@st.composite
def _struck(draw: st.DrawFn, schema: Schema, values: st.SearchStrategy[Any]) -> Any:
    """Right answers with anything at all in up to three of their places."""
    data = draw(answers(schema))
    for _ in range(draw(st.integers(1, 3))):
        container = data
        while True:
            steps = sorted(container) if isinstance(container, dict) else list(range(len(container)))
            if not steps:
                break
            step = draw(st.sampled_from(steps))
            if isinstance(container[step], dict | list) and draw(st.booleans()):
                container = container[step]
            else:
                container[step] = draw(values)
                break
    return data


def _names(schema: Schema) -> Iterator[str]:
    for name, inner in schema.get("properties", {}).items():
        yield name
        yield from _names(inner)
    if "items" in schema:
        yield from _names(schema["items"])
