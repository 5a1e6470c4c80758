"""What goes wrong with the kit or the machine: never with what a person stated (that is a finding)."""

from collections.abc import Iterable
from difflib import get_close_matches
from enum import IntEnum


class ExitCode(IntEnum):
    """How a command ends: a stable interface for scripts."""

    DONE = 0
    FINDINGS = 1
    USAGE = 2
    KIT = 3
    UNKNOWN = 4
    FILE = 5
    STORE = 6
    FAULT = 70
    INTERRUPTED = 130


class PitstopError(Exception):
    """A sentence for the staff, in Italian: what, where, what to do. It never holds a personal value."""

    code = ExitCode.FAULT


class KitError(PitstopError):
    """A schema, form, template or rule pack is malformed."""

    code = ExitCode.KIT


class UnknownError(PitstopError):
    """There is no such case, record, form or kind."""

    code = ExitCode.UNKNOWN


class FileError(PitstopError):
    """A file cannot be read or written."""

    code = ExitCode.FILE


class UndrawableError(FileError):
    """A text has letters that this computer cannot draw."""


class StoreError(PitstopError):
    """The store cannot be reached, or is of another version."""

    code = ExitCode.STORE


class ConflictError(PitstopError):
    """Someone else has corrected the same record since the revision this one is based on."""

    code = ExitCode.FINDINGS


def unknown(what: str, name: str, known: Iterable[str], *, hint: str = "") -> UnknownError:
    """The error for a name that is not there, with the nearest names or all of them if none is near."""
    names = sorted(known)
    near = nearest(name, names)
    if near:
        advice = f"Forse: {', '.join(near)}."
    elif names:
        advice = f"Disponibili: {', '.join(names[:20])}{'…' if len(names) > 20 else ''}."
    else:
        advice = "Non ce n’è ancora nessuno."
    return UnknownError(" ".join(filter(None, (f"{what} «{name}» non esiste.", advice, hint))))


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """Up to three of `known` that look like `name`, best first."""
    return get_close_matches(name, sorted(known), n=3, cutoff=0.6)
