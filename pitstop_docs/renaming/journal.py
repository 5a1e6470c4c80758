"""Many files of a kit change together or not at all: what is to be put in place is first told in a journal, then done.

While the journal is there no other command works on the kit: it is half old and half new.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from pitstop_docs import files, jsontext
from pitstop_docs.dialect import read_kit
from pitstop_docs.errors import FileError, KitError
from pitstop_docs.renaming.sheets import Change
from pitstop_docs.workspace import RENAMING

LIMIT = 64 * files.MEBIBYTE


def put(root: Path, changes: Sequence[Change], words: Mapping[str, Any]) -> None:
    """Put every change in place. If one file cannot be written, those before it are put back and FileError is raised; if the
    program ends in between, `finish` goes on from there."""
    journal = root / RENAMING
    for one in changes:
        _refuse_altered(one.path, _sha256(one.before), _sha256(one.before))
    told = []
    for n, one in enumerate(changes):
        staged = journal.with_name(f"{n:04}")
        files.write(staged, one.after)
        path = one.path.relative_to(root).as_posix()
        told.append({"path": path, "staged": staged.name, "before": _sha256(one.before), "after": _sha256(one.after)})
    files.write(journal, jsontext.pretty({**words, "files": told}).encode())
    done: list[Change] = []
    try:
        for one in changes:
            done.append(one)
            files.write(one.path, one.after)
    except FileError:
        for one in done:
            if files.read(one.path, limit=LIMIT) != one.before:
                files.write(one.path, one.before)
        close(root)
        raise
    close(root)


def pending(root: Path) -> Mapping[str, Any] | None:
    """What was left half done in a workspace, None if nothing was. Raises KitError if the journal cannot be read."""
    journal = root / RENAMING
    if not journal.exists():
        return None
    told = read_kit(journal)
    if not isinstance(told, Mapping) or not {"form", "old", "new", "places", "changes", "files"} <= told.keys():
        raise KitError(f"{journal.name}: non dice più quale rinomina è rimasta a metà. Rimettere il kit da una copia.")
    return told


def finish(root: Path, told: Mapping[str, Any]) -> None:
    """Put in place what was left half done. Raises FileError, and KitError if someone changed one of the files since."""
    for one in told["files"]:
        path = files.inside(root, one["path"])
        if not _refuse_altered(path, one["before"], one["after"]):
            files.write(path, files.read(files.inside((root / RENAMING).parent, one["staged"]), limit=LIMIT))
    close(root)


def _refuse_altered(path: Path, before: str, after: str) -> bool:
    """True if the file is in place already. Raises KitError if it is neither the old nor the new one."""
    now = files.sha256(path)
    if now not in (before, after):
        raise KitError(f"{path.name} è cambiato durante la rinomina: rimettere il file com’era prima, e riprovare.")
    return now == after


def close(root: Path) -> None:
    """Take the journal away, and what was staged: also what is left of a run that ended before it began, or after all."""
    journal = root / RENAMING
    files.remove(journal)  # from here on it is done
    for staged in journal.parent.glob("*"):
        files.remove(staged)
    with suppress(OSError):  # it may hold what is not ours
        journal.parent.rmdir()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
