"""A manifest says what a document is and what it was made from; against it a document is proved again, years later."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pitstop_docs import __version__, files, jsontext
from pitstop_docs.desk import Desk
from pitstop_docs.errors import FileError
from pitstop_docs.records import PROJECT

MANIFEST = ".manifest.json"
LIMIT = 64 * files.MEBIBYTE
"""Bytes of the largest document, or manifest, that is read."""


def manifest_of(path: Path) -> Path:
    """Where the manifest of a document stands: beside it; a PDF, made from a document of the same name, has its own."""
    return path.with_name((path.name if path.suffix == ".pdf" else path.stem) + MANIFEST)


def manifest_beside(path: Path) -> Mapping[str, Any] | None:
    """What stands in the manifest of a document, None if there is none that can be read."""
    with suppress(FileError):
        told, _ = jsontext.parse(files.read(manifest_of(path), limit=LIMIT), source=path.name)
        return told if isinstance(told, Mapping) else None
    return None


@dataclass(frozen=True)
class Proof:
    """What a manifest says of a document, against what is there now: `altered` tells of the file, `outdated` of its sources."""

    path: Path
    altered: tuple[str, ...]
    outdated: tuple[str, ...]

    def lines(self) -> list[str]:
        """What staff read: one line if all is as it was, else one for each difference."""
        if not self.altered and not self.outdated:
            return [f"{self.path.name}: intatto, e fatto con i dati e i modelli di oggi."]
        state = "ALTERATO" if self.altered else "intatto, ma fatto con dati o modelli che poi sono cambiati"
        return [f"{self.path.name}: {state}.", *(f"  – {one}" for one in (*self.altered, *self.outdated))]

    def to_json(self) -> dict[str, object]:
        """The stable shape of a proof in `--json` output."""
        return {"path": str(self.path), "altered": list(self.altered), "outdated": list(self.outdated)}


def verify(desk: Desk, path: Path) -> Proof:
    """Compare a document with its manifest, down to the record or the file of the kit that changed since.

    `path` is the document or its manifest. Raises FileError if either cannot be read.
    """
    if path.is_dir():
        raise FileError(f"«{path}» è una cartella: indicare un documento, o il suo certificato.")
    manifest_path = path if path.name.endswith(MANIFEST) else manifest_of(path)
    told, _ = jsontext.parse(files.read(manifest_path, limit=LIMIT), source=manifest_path.name)
    if not _is_manifest(told):
        raise FileError(f"{manifest_path.name}: non è il certificato di un documento. Indicarne un altro.")
    document = manifest_path.with_name(told["file"])
    if path.name not in (manifest_path.name, document.name):
        raise FileError(f"{path.name} non ha un certificato suo: quello che c’è riguarda {document.name}. Verificare quello.")
    altered = []
    if not document.is_file():
        altered.append(f"il documento {document.name} non c’è più")
    elif files.sha256(document) != told["sha256"]:
        altered.append(f"il documento {document.name} non è più quello prodotto: è stato modificato dopo")
    return Proof(document, tuple(altered), tuple(_outdated(desk, told["case"], told["sources"])))


def _is_manifest(told: Any) -> bool:
    """True if the answers that `verify` needs are there, each of its type: a manifest may have been written by anyone."""
    record = {"case": str, "form": str, "number": int, "revision": int, "sha256": str}
    return (
        _has(told, {"file": str, "sha256": str, "case": str, "sources": Mapping})
        and bool(re.fullmatch(r"[\w.-]+", told["file"]))
        and _has(told["sources"], {"records": list, "kit": Mapping, "tool": str})
        and all(_has(one, record) for one in told["sources"]["records"])
    )


def _has(told: Any, shape: Mapping[str, type]) -> bool:
    return isinstance(told, Mapping) and all(isinstance(told.get(key), kind) for key, kind in shape.items())


def _outdated(desk: Desk, case: str, sources: Mapping[str, Any]) -> Iterator[str]:
    current = {
        (record.case, record.form, record.number): record
        for code in {case, PROJECT}
        for record in desk.records.by_case.get(code, ())
    }
    for told in sources["records"]:
        name = f"{told['form']} n. {told['number']}"
        now = current.get((told["case"], told["form"], told["number"]))
        if now is None:
            yield f"il modulo {name} (revisione {told['revision']}) non c’è più"
        elif now.sha256 != told["sha256"]:
            yield f"il modulo {name} è alla revisione {now.revision}: il documento è della {told['revision']}"
    for name, sha256 in sources["kit"].items():
        path = desk.workspace.root / name
        if not path.is_file():
            yield f"il file del kit {name} non c’è più"
        elif files.sha256(path) != sha256:
            yield f"il file del kit {name} è cambiato"
    if sources["tool"] != __version__:
        yield f"il programma è alla versione {__version__}: il documento è della {sources['tool']}"
