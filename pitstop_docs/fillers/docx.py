"""A Word template becomes a Word document, and what was printed is found in it again before anyone gets it.

docxtpl's traps, met here: without escaping a `&` deletes the rest of the document; broken XML is parsed in recovery mode
and truncated silently; tags in deleted tracked changes are printed; endnotes and comments are not rendered; `{_{` in a
value becomes `{{`; core properties are escaped twice; the zip differs at each run. So every printed value stands between
two marks until the package has been read back: what is between them must be the value, all else the template's own text.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from docxtpl import DocxTemplate
from jinja2 import TemplateSyntaxError, UndefinedError
from lxml import etree

from pitstop_docs import files
from pitstop_docs.blanks import CLOSING, OPENING, Paper, Trace
from pitstop_docs.charts import Figures
from pitstop_docs.errors import FileError, KitError, nearest
from pitstop_docs.fillers import charts as drawings
from pitstop_docs.fillers.parts import STORIES, W, parsed
from pitstop_docs.fillers.story import OURS, Story, read
from pitstop_docs.flaws import in_order
from pitstop_docs.tags import BRACES

MARKS = re.compile(f"([{OPENING}{CLOSING}])")
INSIDE_A_VALUE = frozenset(W + tag for tag in ("r", "rPr", "t", "br", "tab"))
LIMIT = 32 * 1024 * 1024


UNFIT = (KeyError, ValueError, TypeError, AttributeError, RecursionError, SyntaxError, etree.XMLSyntaxError)
"""What the libraries raise of a package that Word would not have written."""


@dataclass(frozen=True)
class Properties:
    """What the file says of itself: never a personal value."""

    title: str
    subject: str
    identifier: str
    language: str = "it-IT"
    draft: bool = False


@dataclass(frozen=True)
class Filled:
    """The document's bytes, and what was printed or left blank in it."""

    content: bytes
    trace: Trace


def fill(template: Path, context: Mapping[str, object], properties: Properties, *, charts: Iterable[Figures] = ()) -> Filled:
    """Print the context into the template, and draw its charts. The same arguments give the same bytes.

    Raises KitError where the template is at fault: it says which words are around.
    """
    content = _template(template)
    paper = Paper()
    try:
        engine = _Engine(io.BytesIO(content))
        engine.render(dict(context), paper, autoescape=True)
        package = io.BytesIO()
        engine.save(package)
    except TemplateSyntaxError as error:
        raise KitError(f"{template.name}: {_reason(error)}{_around(error)}") from error
    except UndefinedError as error:
        raise KitError(f"{template.name}: {_undefined(str(error.message), context)}{_around(error)}") from error
    except KitError as error:
        raise KitError(f"{template.name}: {error}{_around(error)}") from error
    except UNFIT as error:
        raise _unfit(template, error) from error
    with zipfile.ZipFile(package) as written:  # our own: the limits of `files.unpack` are for what comes from outside
        parts = {name: written.read(name) for name in written.namelist()}
    _read_back(parts, paper.trace, template.name)
    parts = {name: _unmarked(part) if STORIES.fullmatch(name) else part for name, part in parts.items()}
    parts = drawings.fill(parts, charts, template.name)
    if properties.draft:
        _stamp_draft(parts, template.name)
    parts["docProps/core.xml"] = _core(properties)
    return Filled(files.repack(parts), paper.trace)


def refuse_unfit(template: Path) -> None:
    """Raise KitError if the file cannot be opened to be filled: a broken relation, a missing part, an undeclared prefix."""
    try:
        engine = _Engine(io.BytesIO(_template(template)))
        engine.render_init()
        engine.patch_xml(engine.get_xml())
    except UNFIT as error:
        raise _unfit(template, error) from error


def _unfit(template: Path, error: Exception) -> KitError:
    reason = type(error).__name__
    return KitError(f"{template.name}: il modello non si può riempire ({reason}). Riaprirlo in Word e salvarlo come .docx.")


class _Engine(DocxTemplate):  # type: ignore[misc]  # docxtpl is untyped
    """docxtpl without its two silent liberties: recovery from broken XML, and properties rendered as templates."""

    def fix_tables(self, xml: str) -> Any:
        try:
            etree.fromstring(xml)
        except etree.XMLSyntaxError as error:
            raise KitError("un «for» o un «if» si apre in una cella o in un paragrafo e si chiude altrove.") from error
        return super().fix_tables(xml)

    def render_properties(self, context: Mapping[str, Any], jinja_env: Any = None) -> None:
        """Nothing: the properties are written by `_core`."""


def outline(template: Path) -> Story:
    """The template as it lies, not rendered: its tags with their places, and what would break it. Raises KitError."""
    try:
        content = files.read(template, limit=LIMIT)
    except FileError as error:
        raise KitError(f"Il modello {template.name} non si può usare: {error}") from error
    return read(template.name, content)


def _template(path: Path) -> bytes:
    """The template's bytes, if nothing in it would break the document."""
    story = outline(path)
    broken = next((one for one in in_order(story.flaws) if one.blocks), None)
    if broken:
        raise KitError(broken.sentence())
    return story.content


def _reason(error: TemplateSyntaxError) -> str:
    text = str(error.message or "")
    if text.startswith("Encountered unknown tag") or "Unexpected end of template" in text:
        return "un «for» o un «if» non è chiuso, o è chiuso due volte."
    if text.startswith(("expected", "unexpected", "tag name expected", "Expected", "Missing end")):
        return "un segnaposto non è scritto bene (parentesi graffe, spazi, virgolette)."
    return f"{text}."


def _undefined(message: str, context: Mapping[str, object]) -> str:
    match = re.match(r"'(\w+)' is undefined", message)
    if not match:
        return "il modello nomina un valore che non c’è."
    near = nearest(match[1], context)
    advice = f" Forse «{near[0]}»?" if near else f" Si possono usare: {', '.join(sorted(context))}."
    return f"il modello nomina «{match[1]}», che non è tra i moduli letti.{advice}"


def _around(error: Exception) -> str:
    lines = [line.strip() for line in getattr(error, "docx_context", ())]
    words = " ".join(line for line in lines if line)
    return f" Vicino a: «{words[:160]}»." if words else ""


def _read_back(parts: Mapping[str, bytes], trace: Trace, name: str) -> None:
    """Raise KitError unless the package holds each printed value exactly, changed no structure, and has no tag left."""
    found: list[str] = []
    marks = 0
    for part, content in parts.items():
        if STORIES.fullmatch(part):
            marks += content.count(OPENING.encode())
            values, own_text = _values(parsed(content, f"{name}, {part}"), f"{name}, {part}")
            found.extend(values)
            leftover = BRACES.search(own_text)
            if leftover:
                around = own_text[max(0, leftover.start() - 20) : leftover.end() + 40].strip()
                raise KitError(f"{name}: resta un segnaposto non riempito in {part}: «{around}». Correggere il modello.")
    if marks != len(found) or Counter(found) != Counter(trace.printed):
        raise KitError(f"{name}: un valore stampato non si ritrova nel documento. Mettere i segnaposto nel testo normale.")


def _values(root: Any, where: str) -> tuple[list[str], str]:
    found: list[str] = []
    own: list[str] = []
    value: list[str] | None = None
    for element in root.iter():
        tag = element.tag
        if value is not None and tag not in INSIDE_A_VALUE and element.getparent().tag != W + "rPr":
            raise KitError(f"{where}: un valore ha cambiato la struttura del documento.")
        if tag == W + "t":
            for piece in MARKS.split(element.text or ""):
                if piece == OPENING:
                    value = []
                elif piece == CLOSING:
                    found.append("".join(value or ()))
                    value = None
                else:
                    (own if value is None else value).append(piece)
        elif value is not None and tag in (W + "br", W + "tab"):
            value.append("\n" if tag == W + "br" else "\t")
        elif tag == W + "p":
            own.append("\n")
        elif isinstance(tag, str) and element.text and element.text.strip():
            own.append(element.text)
    return found, "".join(own)


def _unmarked(part: bytes) -> bytes:
    return part.replace(OPENING.encode(), b"").replace(CLOSING.encode(), b"")


def _core(properties: Properties) -> bytes:
    told = {
        "dc:title": properties.title,
        "dc:subject": properties.subject,
        "dc:identifier": properties.identifier,
        "dc:language": properties.language,
        "cp:category": OURS,
    }
    lines = "".join(f"<{tag}>{escape(text)}</{tag}>" for tag, text in told.items())
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/">{lines}</cp:coreProperties>'
    ).encode()


DRAFT = """<w:p xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:v="urn:schemas-microsoft-com:vml"
 xmlns:o="urn:schemas-microsoft-com:office:office"><w:pPr><w:spacing w:before="0" w:after="0"/><w:jc w:val="center"/></w:pPr>
<w:r><w:rPr><w:b/><w:color w:val="C00000"/><w:sz w:val="20"/></w:rPr><w:t>BOZZA – non valida per la firma</w:t></w:r>
<w:r><w:rPr><w:noProof/></w:rPr><w:pict><v:shape id="bozza{n}" o:spid="_x0000_s20{n}" type="#_x0000_t136" alt="BOZZA"
 style="position:absolute;margin-left:0;margin-top:0;width:420pt;height:140pt;rotation:315;z-index:-251658752;mso-position-horizontal:center;mso-position-horizontal-relative:margin;mso-position-vertical:center;mso-position-vertical-relative:margin"
 fillcolor="#d9d9d9" stroked="f"><v:fill opacity=".5"/><v:textpath style="font-family:&quot;Liberation Sans&quot;;font-size:1pt" string="BOZZA"/></v:shape></w:pict></w:r></w:p>"""  # noqa: E501
SHAPE_TYPE = """<v:shapetype xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"
 id="_x0000_t136" coordsize="21600,21600" o:spt="136" adj="10800" path="m@7,l@8,m@5,21600l@6,21600e"><v:formulas>
<v:f eqn="sum #0 0 10800"/><v:f eqn="prod #0 2 1"/><v:f eqn="sum 21600 0 @1"/><v:f eqn="sum 0 0 @2"/>
<v:f eqn="sum 21600 0 @3"/><v:f eqn="if @0 @3 0"/><v:f eqn="if @0 21600 @1"/><v:f eqn="if @0 0 @2"/><v:f eqn="if @0 @4 21600"/>
<v:f eqn="mid @5 @6"/><v:f eqn="mid @8 @5"/><v:f eqn="mid @7 @8"/><v:f eqn="mid @6 @7"/><v:f eqn="sum @6 0 @5"/></v:formulas>
<v:path textpathok="t" o:connecttype="custom"/><v:textpath on="t" fitshape="t"/></v:shapetype>"""


def _stamp_draft(parts: dict[str, bytes], name: str) -> None:
    """Write BOZZA across each page, in every header: the way Word itself makes a watermark (ECMA-376 part 4, VML)."""
    headers = sorted(part for part in parts if re.fullmatch(r"word/header\d*\.xml", part))
    if not headers or _has_bare_pages(parts):
        raise KitError(f"{name}: il modello ha pagine senza intestazione, dove scrivere BOZZA. Aggiungerla in Word.")
    for n, part in enumerate(headers, start=1):
        root = etree.fromstring(parts[part])
        paragraph = etree.fromstring(DRAFT.replace("{n}", f"{n:02}"))
        picture = paragraph.find(f".//{W}pict")
        picture.insert(0, etree.fromstring(SHAPE_TYPE))
        root.insert(0, paragraph)
        parts[part] = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def _has_bare_pages(parts: Mapping[str, bytes]) -> bool:
    """True if some page has no header: any, the first of its section, or an even one. A section inherits the one before's."""
    settings = etree.fromstring(parts.get("word/settings.xml", b"<none/>"))
    there: set[str] = set()
    for section in etree.fromstring(parts["word/document.xml"]).iter(W + "sectPr"):
        there |= {reference.get(W + "type") for reference in section.iter(W + "headerReference")}
        asked = {"default": True, "first": _is_on(section, "titlePg"), "even": _is_on(settings, "evenAndOddHeaders")}
        if any(needed and kind not in there for kind, needed in asked.items()):
            return True
    return "default" not in there


def _is_on(root: Any, tag: str) -> bool:
    found = root.find(W + tag)
    return found is not None and found.get(W + "val", "true") not in ("0", "false", "off")
