"""Atomic and durable writing, bounded reading, safe names, byte-stable zips."""

import errno
import hashlib
import io
import os
import re
import secrets
import unicodedata
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from pitstop_docs.errors import FileError, nearest

MEBIBYTE = 2**20
NAME_BYTES = 120
ZIP_DATE = (1980, 1, 1, 0, 0, 0)
ZIP_ENTRIES = 2_000
ZIP_INFLATED = 64 * MEBIBYTE
ZIP_RATIO = 200

_DENIED = "il permesso è negato: è in sola lettura o è aperto in Word. Chiuderlo e riprovare."
_REASONS = {
    errno.ENOSPC: "il disco è pieno. Liberare spazio e riprovare.",
    errno.EDQUOT: "lo spazio assegnato sul disco è finito. Liberare spazio e riprovare.",
    errno.EFBIG: "il file è più grande di quanto il disco accetti. Scegliere un altro disco.",
    errno.EACCES: _DENIED,
    errno.EPERM: _DENIED,
    errno.EROFS: "il disco è in sola lettura. Scegliere un’altra cartella.",
    errno.ENOENT: "non esiste. Controllare il percorso.",
    errno.ENOTDIR: "un pezzo del percorso è un file, non una cartella. Controllare il percorso.",
    errno.EEXIST: "un pezzo del percorso è un file, non una cartella. Controllare il percorso.",
    errno.EISDIR: "è una cartella, non un file. Indicare un file.",
    errno.ENAMETOOLONG: "il nome è troppo lungo. Scegliere una cartella con un percorso più breve.",
    errno.EIO: "il disco ha dato un errore. Controllare il disco o la rete e riprovare.",
}

# https://learn.microsoft.com/windows/win32/fileio/naming-a-file: reserved with any suffix.
_RESERVED = {"CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(10))}

_TEMPORARY = re.compile(r"\.[0-9a-f]{16}\.tmp")

# What zipfile was seen to raise on 300,000 damaged files.
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError)


def write(path: Path, content: bytes) -> None:
    """Put `content` under the final name: whatever fails, the name holds the whole old file or the whole new one.

    When it returns, file and folder are on the disk. Missing folders are made. Raises FileError.
    """
    temporary = path.parent / f".{secrets.token_hex(8)}.tmp"
    try:
        _make_folder(path.parent)
        try:
            with temporary.open("xb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)
    except (OSError, ValueError) as error:
        raise _failure("scrivere", path, error) from error


def remove(path: Path) -> None:
    """Take a file away, if it is there. Raises FileError."""
    try:
        path.unlink(missing_ok=True)
    except NotADirectoryError:
        return
    except OSError as error:
        raise _failure("togliere", path, error) from error


def sweep(folder: Path, *, before: datetime) -> None:
    """Remove what a program that was killed left half written in a folder before that moment."""
    for left in folder.glob(".*.tmp"):
        with suppress(OSError):  # another program is at it, or the folder may only be read: the next sweep will do
            if _TEMPORARY.fullmatch(left.name) and left.stat().st_mtime < before.timestamp():
                left.unlink()


def read(path: Path, *, limit: int) -> bytes:
    """The file's bytes, at most `limit`. Raises FileError, with the nearest names if there is no such file."""
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "folder")
        with path.open("rb") as stream:
            content = stream.read(limit + 1)
    except FileNotFoundError as error:
        raise _missing(path) from error
    except (OSError, ValueError) as error:
        raise _failure("leggere", path, error) from error
    if len(content) > limit:
        raise FileError(f"Impossibile leggere «{_shown(path)}»: supera il limite di {_size(limit)}.")
    return content


def sha256(path: Path) -> str:
    """The SHA-256 of the file, in hexadecimal. Raises FileError."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise _missing(path) from error
    except (OSError, ValueError) as error:
        raise _failure("leggere", path, error) from error


def safe_name(*pieces: str, suffix: str) -> str:
    """A file name that every system accepts: `PST-001_D10_pai_v02.docx`, ASCII, at most 120 bytes.

    Codes and kinds pass as they are; where something had to be changed, a digest keeps different pieces apart.
    """
    if not re.fullmatch(r"(\.[a-z0-9]+)*", suffix):
        raise ValueError(f"not a plain suffix: {suffix!r}")
    normal = [unicodedata.normalize("NFC", piece) for piece in pieces]
    slugs = [_slug(piece) for piece in normal]
    stem = "_".join(filter(None, slugs))
    clean = stem and all(slugs) and slugs == normal and stem.upper() not in _RESERVED
    if clean and len(stem + suffix) <= NAME_BYTES:
        return stem + suffix
    digest = hashlib.sha256("\0".join(normal).encode("utf-8", "surrogatepass")).hexdigest()[:12]
    room = NAME_BYTES - len(suffix) - len(digest) - 1
    return "_".join(filter(None, (stem[:room].rstrip("-_"), digest))) + suffix


def inside(folder: Path, relative: str) -> Path:
    """The resolved path of `relative` (with «/», as in a manifest) under `folder`. Raises FileError if it leads out."""
    shown = _shown(relative[:NAME_BYTES])
    refusal = FileError(f"Il percorso «{shown}» porta fuori dalla cartella «{folder}»: non è stato usato.")
    # A backslash, a colon or a control character means something else on another system.
    if not relative or re.search(r"[\\:\x00-\x1f]", relative):
        raise refusal
    try:
        root = folder.resolve()
        target = (root / relative).resolve()
    except (OSError, RuntimeError, ValueError) as error:  # loops of links are RuntimeError before Python 3.13
        raise refusal from error
    if target == root or not target.is_relative_to(root):
        raise refusal
    return target


def repack(parts: Mapping[str, bytes]) -> bytes:
    """A zip that depends on the parts alone: fixed date, attributes and order (content types first, as Word does).

    Equal bytes need an equal zlib too: another build of it (zlib-ng) may deflate the same parts differently.
    """
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in sorted(parts, key=lambda name: (name != "[Content_Types].xml", name)):
            entry = zipfile.ZipInfo(name, ZIP_DATE)
            entry.create_system = 3  # the default tells Windows from the others
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, parts[name], zipfile.ZIP_DEFLATED, compresslevel=6)
    return stream.getvalue()


def unpack(content: bytes) -> dict[str, bytes]:
    """The parts of a zip by name, in its order. Raises FileError if it is no plain, sound zip of a bearable size."""
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        advice = "Salvarlo in Word o Excel nel formato attuale e senza password."
        raise FileError(f"Il file è protetto da password o è in un formato vecchio. {advice}")
    try:
        # Bytes before the first entry would make it another kind of file too.
        if not content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            raise zipfile.BadZipFile("no signature")
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            _check_entries(entries)
            return _inflate(archive, entries)
    except _DAMAGE as error:
        raise FileError("Il file non è un documento Word o Excel integro. Riaprirlo, salvarlo e riprovare.") from error


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > ZIP_ENTRIES:
        raise FileError(f"Il file contiene più di {ZIP_ENTRIES} parti: non è stato aperto.")
    seen: set[str] = set()
    for entry in entries:
        name = entry.orig_filename  # zipfile cuts `filename` at a NUL
        if "\0" in name or "\\" in name or name.startswith("/") or ".." in name.split("/"):
            raise FileError("Il file contiene una parte con un nome che porta fuori dalla sua cartella.")
        if name.casefold() in seen:
            raise FileError("Il file contiene due parti con lo stesso nome: non si sa quale valga.")
        seen.add(name.casefold())
        if entry.flag_bits & 0x1:
            raise FileError("Il file è protetto da password. Salvarlo senza password e riprovare.")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise FileError("Il file è compresso in un modo che Word non usa. Riaprirlo, salvarlo e riprovare.")


def _inflate(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> dict[str, bytes]:
    parts: dict[str, bytes] = {}
    total = 0
    for entry in entries:
        chunks: list[bytes] = []
        size = 0
        with archive.open(entry) as stream:
            while chunk := stream.read(MEBIBYTE):
                chunks.append(chunk)
                size += len(chunk)
                # The sizes that a zip declares are not to be trusted: what comes out is counted.
                if total + size > ZIP_INFLATED:
                    raise FileError(f"Il file, decompresso, supera {_size(ZIP_INFLATED)}: non è stato aperto.")
                if size > MEBIBYTE and size > ZIP_RATIO * entry.compress_size:
                    raise FileError("Il file è compresso in misura sospetta: non è stato aperto.")
        total += size
        if not entry.is_dir():
            parts[entry.filename] = b"".join(chunks)
    return parts


def _make_folder(folder: Path) -> None:
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for made in missing:
        _sync_folder(made.parent)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows opens no folder
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network and FUSE file systems have no such call for folders: nothing more can be asked of them.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS):
            raise
    finally:
        os.close(descriptor)


def _slug(piece: str) -> str:
    plain = unicodedata.normalize("NFKD", piece).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_]+", "-", plain).strip("-_")


def _shown(name: str | Path) -> str:
    text = str(name).encode("utf-8", "replace").decode()
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _size(limit: int) -> str:
    return f"{limit / MEBIBYTE:.3g} MB".replace(".", ",") if limit >= MEBIBYTE else f"{limit} byte"


def _missing(path: Path) -> FileError:
    if not path.parent.is_dir():
        return FileError(f"Il file «{_shown(path)}» non esiste: manca la cartella «{_shown(path.parent)}».")
    listable = os.access(path.parent, os.R_OK)
    near = nearest(path.name, (found.name for found in path.parent.iterdir())) if listable else []
    advice = f"Forse: {_shown(', '.join(near))}." if near else "Controllare il percorso."
    return FileError(f"Il file «{_shown(path)}» non esiste. {advice}")


def _failure(verb: str, path: Path, error: OSError | ValueError) -> FileError:
    if isinstance(error, OSError):
        fallback = f"il sistema ha risposto {errno.errorcode.get(error.errno or 0, 'errore')}. Riprovare."
        reason = _REASONS.get(error.errno or 0, fallback)
    else:  # a NUL or half a character in the name
        reason = "il nome contiene caratteri non ammessi."
    return FileError(f"Impossibile {verb} «{_shown(path)}»: {reason}")
