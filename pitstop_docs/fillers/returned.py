"""A PDF that came back from outside, read to the end whatever it is: its fields, whose form it says to be, what happened to it.

To be used in a child process: see `apart`. pypdf's trap: what it mends it tells the log alone, in sentences that quote the file.
"""

from __future__ import annotations

import io
import logging
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from pitstop_docs import identity
from pitstop_docs.errors import FileError
from pitstop_docs.fillers import carriers, qr, shown
from pitstop_docs.fillers.acroform import Form, form, limits
from pitstop_docs.fillers.carriers import Carrier, Leaf, Sighting
from pitstop_docs.fillers.damage import BLANK, damage
from pitstop_docs.fillers.envelope import Seal, inside, is_envelope, promised
from pitstop_docs.fillers.pdfvalues import array, dictionary, number
from pitstop_docs.identity import Identity

SIZE, PAGES = 25 * 2**20, 50
"""Bytes and pages of a file that is read."""
ENVELOPES, SIGNATURES = 2, 5
"""Envelopes one in the other, and signatures in a file, that are looked into."""
KINDS = 50
"""Kinds of damage that are kept."""
HARMLESS = re.compile("Overwriting cache")
"""What is told of sound files too: two additions by one program have one number for their table."""


class Obstacle(StrEnum):
    """Why the fields of a file could not be read."""

    EMPTY = "vuoto"
    LARGE = "troppo grande"
    NO_PDF = "non è un PDF"
    PHOTO = "una foto"
    OFFICE = "un documento di Office o un archivio"
    WEB = "una pagina web"
    BROKEN = "danneggiato"
    LOCKED = "chiuso da password"
    CIPHER = "cifrato in un modo che richiede un altro componente"
    PAGES = "troppe pagine"
    FIELDS = "troppi campi"
    NESTED = "troppe buste una nell’altra"


OTHERS = (
    (Obstacle.PHOTO, re.compile(rb"\xff\xd8\xff|\x89PNG|GIF8|II\*\0|MM\0\*|BM|RIFF....WEBP|....ftyp(?:hei|mif|avif)", re.DOTALL)),
    (Obstacle.OFFICE, re.compile(rb"PK\x03\x04|\xd0\xcf\x11\xe0|\{\\rtf|Rar!|7z\xbc\xaf")),
    (Obstacle.WEB, re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|head)", re.IGNORECASE)),
)
"""How files of other kinds begin that people send by mistake."""


@dataclass(frozen=True)
class Signature:
    """A signature inside the PDF. `kept`: what was signed is there as it was; `added`: bytes written after it; `changed`: the
    fields that have another value since, None if the file as it was signed cannot be read.

    Whether the signature is good, and whose it is, is not judged.
    """

    kept: bool
    added: int
    changed: tuple[str, ...] | None


@dataclass(frozen=True)
class Returned:
    """All that a returned file holds, in plain values. Where there is an obstacle or a seal the rest is missing.

    `fields` is the table name → path of the attached description. `mended` are the kinds of damage that were got over in
    reading, in words for developers. `envelopes` counts the `.p7m` around the PDF, `unlike` is True if one says that something
    else was signed; `restricted`: an owner's password, which
    does not hinder reading; `foreign` counts attachments that are not ours; `starts`: the file starts a program or a script
    (never done here). `looked` is False if QR codes were wanted and the libraries for them are not installed.
    """

    obstacle: Obstacle | None = None
    seal: Seal | None = None
    form: Form | None = None
    sightings: tuple[Sighting, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()
    leaves: tuple[Leaf, ...] = ()
    signatures: tuple[Signature, ...] = ()
    mended: tuple[str, ...] = ()
    envelopes: int = 0
    unlike: bool = False
    restricted: bool = False
    foreign: int = 0
    starts: bool = False
    looked: bool = True

    @property
    def identities(self) -> tuple[Identity, ...]:
        """The different identities of the file, in the order of the carriers."""
        return tuple(dict.fromkeys(one.identity for one in self.sightings))


def read(content: bytes) -> Returned:
    """What a file of any kind holds. Raises nearly anything that `apart` makes a FileError of."""
    envelopes, unlike = 0, False
    while is_envelope(content):
        if envelopes == ENVELOPES:
            return Returned(Obstacle.NESTED, envelopes=envelopes)
        opened = inside(content)
        envelopes += 1
        if isinstance(opened, Seal):
            return Returned(seal=opened, envelopes=envelopes)
        unlike = unlike or promised(content, opened) is False
        content = opened
    if not content.strip(BLANK):
        found = Returned(Obstacle.EMPTY)
    elif len(content) > SIZE:
        found = Returned(Obstacle.LARGE)
    elif b"%PDF-" not in content[:1024]:
        found = Returned(next((what for what, begins in OTHERS if begins.match(content)), Obstacle.NO_PDF))
    else:
        with limits(PAGES), _mending() as mended:
            found = replace(_pdf(content, mended), mended=tuple(dict.fromkeys(mended)))
    return replace(found, envelopes=envelopes, unlike=unlike)


def _pdf(content: bytes, mended: list[str]) -> Returned:
    """What a PDF holds; what had to be mended is added to `mended`."""
    from pypdf import PdfReader  # noqa: PLC0415  # slow to import, used in the child alone
    from pypdf.errors import DependencyError  # noqa: PLC0415

    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            return Returned(Obstacle.LOCKED)
        if len(reader.pages) > PAGES:
            return Returned(Obstacle.PAGES)
        told = form(reader)
    except DependencyError:
        return Returned(Obstacle.CIPHER)
    except FileError:
        return Returned(Obstacle.FIELDS)
    except _breaks():
        return Returned(Obstacle.BROKEN, sightings=carriers.in_remains(content))
    mended += damage(told, content, reader, _tolerating)
    with _quiet():
        return _described(told, content, reader, mended)


def _described(told: Form, content: bytes, reader: Any, mended: list[str]) -> Returned:
    """The facts around the fields. What a damaged file does not give up is left out, and told in `mended`."""
    catalog = dictionary(reader.root_object)
    sightings, fields, foreign = [*carriers.in_fields(told)], dict[str, str](), 0
    with _tolerating(mended, "gli allegati non si leggono"):
        for name, stream in carriers.attachments(catalog):
            if name == identity.ATTACHMENT:
                said, table = carriers.in_attachment(stream)
                sightings += [Sighting(Carrier.ATTACHMENT, said)] if said else []
                fields |= table
            else:
                foreign += 1
    with _tolerating(mended, "i metadati non si leggono"):
        sightings += carriers.in_metadata(catalog, reader.trailer)
    leaves, budget = [], carriers.DRAWN
    for place, page in enumerate(reader.pages):
        words = ""
        with _tolerating([], ""):  # a page that is only seen badly takes nothing from its fields
            words, cost = carriers.words_of(page, budget)
            budget -= cost
        sightings += carriers.in_words(words, place)
        leaves.append(carriers.leaf_of(page, words))
    wanted = not sightings
    if wanted and qr.can_look():
        for place, code in qr.codes(content):
            sightings += [Sighting(Carrier.QR, said, place) for said in identity.within(code)]
    if sightings:
        told = shown.compared(told, reader, mended, _tolerating)
    return Returned(
        form=told,
        sightings=tuple(sightings),
        fields=tuple(fields.items()),
        leaves=tuple(leaves),
        signatures=tuple(_signatures(told, content, reader)),
        restricted=reader.is_encrypted,
        foreign=foreign,
        starts=_starts(told, catalog, reader),
        looked=not wanted or qr.can_look(),
    )


# ── what happened to it ──────────────────────────────────────────────────────────────────────────────────────────────


def _signatures(told: Form, content: bytes, reader: Any) -> Iterator[Signature]:
    """Each signature of the form, with what came after it."""
    from pypdf import PdfReader  # noqa: PLC0415

    now = {field.name: field.value for field in told.fields}
    start = max(content.find(b"%PDF-"), 0)
    for field in [one for one in told.fields if one.kind == "firma" and one.origin > 0][:SIGNATURES]:
        signed = dictionary(dictionary(reader.get_object(field.origin)).get("/V"))
        span = [number(one) or 0 for one in array(signed.get("/ByteRange"))][:4]
        if len(span) < 4:
            continue
        first, mark, second = (content[start + at : start + end] for at, end in _parts(*span))
        end = start + span[2] + span[3]
        kept = mark[:1] == b"<" and mark[-1:] == b">" and len(second) == span[3]
        kept = kept and promised(bytes.fromhex(_hex(mark)), first + second) is not False
        added = len(content[end:].strip(BLANK))
        changed: tuple[str, ...] | None = () if kept and not added else None
        with _tolerating([], ""):  # a signature that cannot be compared says so by itself
            if added and kept:
                then = {one.name: one.value for one in form(PdfReader(io.BytesIO(content[:end]))).fields}
                changed = tuple(sorted(name for name in now.keys() | then.keys() if now.get(name) != then.get(name)))
        yield Signature(kept, added, changed)


def _parts(at: int, length: int, after: int, rest: int) -> tuple[tuple[int, int], ...]:
    """Where what was signed stands: its first part, the signature itself, its second part."""
    return ((at, at + length), (at + length, after), (after, after + rest))


def _hex(mark: bytes) -> str:
    """The digits between the marks of a signature; none if there is anything else."""
    digits = mark[1:-1].decode("latin-1")
    return digits if re.fullmatch("(?:[0-9A-Fa-f]{2})*", digits) else ""


def _starts(told: Form, catalog: Any, reader: Any) -> bool:
    """True if opening the file or touching its pages starts a script or a program."""
    actions = [catalog.get("/OpenAction")]
    for page in reader.pages:
        actions += [dictionary(note).get("/A") for note in array(dictionary(page).get("/Annots"))]
    launched = any(dictionary(action).get("/S") in ("/Launch", "/JavaScript") for action in actions)
    return launched or bool(told.scripts) or any(field.script for field in told.fields)


# ── pypdf's ways of failing ──────────────────────────────────────────────────────────────────────────────────────────


def _breaks() -> tuple[type[Exception], ...]:
    """All that pypdf was seen to raise on a damaged file, two of its own being no PyPdfError; not want of memory."""
    from pypdf.errors import DependencyError, DeprecationError, PyPdfError  # noqa: PLC0415

    plain = (ArithmeticError, AssertionError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError)
    return (PyPdfError, DependencyError, DeprecationError, zlib.error, FileError, *plain)


@contextmanager
def _tolerating(mended: list[str], what: str) -> Iterator[None]:
    """Go on where a part cannot be read, and tell it."""
    try:
        yield
    except _breaks():
        mended.append(what)


class _Heard(logging.Handler):
    """Keeps the kinds of what is told, without what they quote."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.kinds: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one more kind."""
        if len(self.kinds) < KINDS and not HARMLESS.match(str(record.msg)):
            self.kinds.append(str(record.msg))


@contextmanager
def _mending() -> Iterator[list[str]]:
    """What pypdf mends while it reads, as it is told to the log."""
    heard, log, before = _Heard(), logging.getLogger("pypdf"), logging.root.manager.disable
    propagated = log.propagate
    logging.disable(logging.NOTSET)
    log.addHandler(heard)
    log.propagate = False
    try:
        yield heard.kinds
    finally:
        log.removeHandler(heard)
        log.propagate = propagated
        logging.disable(before)


@contextmanager
def _quiet() -> Iterator[None]:
    """What is mended in the words of a page is nobody's concern."""
    before = logging.root.manager.disable
    logging.disable()
    try:
        yield
    finally:
        logging.disable(before)
