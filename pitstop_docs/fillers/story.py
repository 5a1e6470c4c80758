"""A Word template as it lies, not rendered: its parts with their tags and places, and what would break it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from pitstop_docs import files
from pitstop_docs.errors import FileError, KitError
from pitstop_docs.fillers.breaks import breaks
from pitstop_docs.fillers.parts import BODY, PARAGRAPHS, RENDERED, STORIES, TOO_LARGE, Part, W, landed, parsed, part_of
from pitstop_docs.flaws import Flaw
from pitstop_docs.tags import BRACES, Tree

OURS = "pitstop:documento"
"""The category of what was produced here: a document is never a template again, its values would run as tags."""
SIZE, ELEMENTS = 16 * files.MEBIBYTE, 500_000
TAGS = 20_000
"""The most that a template may have: bytes and elements of XML, paragraphs, tags. A long contract has a tenth of it."""


@dataclass(frozen=True)
class Story:
    """A Word template as it was read: its bytes, its parts by name, those that are rendered, what would break it."""

    file: str
    content: bytes
    package: Mapping[str, bytes]
    parts: tuple[Part, ...]
    flaws: tuple[Flaw, ...]

    @property
    def trees(self) -> Iterator[Tree]:
        """The tree of each rendered part."""
        return (part.tree for part in self.parts)


@lru_cache(maxsize=64)
def read(file: str, content: bytes) -> Story:
    """A Word template of that name, once for each content. Raises KitError if it cannot be read at all."""
    try:
        package = files.unpack(content)
    except FileError as error:
        raise KitError(f"Il modello {file} non si può usare: {error}") from error
    if BODY not in package:
        raise KitError(f"{file}: il file non è un documento Word (.docx). Salvarlo da Word come «Documento di Word».")
    with_macros = b"macroEnabled" in package.get("[Content_Types].xml", b"")
    if with_macros or any(name.lower().endswith("vbaproject.bin") for name in package):
        raise KitError(f"{file}: il documento contiene macro. Salvarlo da Word come «Documento di Word (.docx)».")
    if OURS.encode() in package.get("docProps/core.xml", b""):
        raise KitError(f"{file}: è un documento prodotto dal programma, non un modello. Rimettere il modello originale.")
    rendered = sorted(filter(RENDERED.fullmatch, package), key=lambda one: (one != BODY, one))
    stories = [one for name, one in package.items() if STORIES.fullmatch(name)]
    if sum(map(len, stories)) > SIZE or sum(one.count(b"<") for one in stories) > ELEMENTS:
        raise KitError(f"{file}: {TOO_LARGE}")
    roots = {name: parsed(package[name], f"{file}, {name}") for name in rendered}
    if (
        roots[BODY].tag != W + "document" or roots[BODY].find(W + "body") is None
    ):  # «Strict Open XML» has other names for everything
        raise KitError(f"{file}: il file non è un documento Word comune. Salvarlo da Word come «Documento di Word (.docx)».")
    names = landed(roots[BODY], package, file)
    parts = [part_of(root, name, file, names) for name, root in roots.items()]
    lines = [one for part in parts for one in part.paragraphs]
    if len(lines) > PARAGRAPHS or sum(len(BRACES.findall(one.line.text)) for one in lines) > 2 * TAGS:
        raise KitError(f"{file}: {TOO_LARGE}")
    return Story(file, content, package, tuple(parts), tuple(breaks(parts, package, file, names)))
