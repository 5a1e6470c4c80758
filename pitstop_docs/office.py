"""LibreOffice as a converter: own profile and session, time limit, no network, output proved.

Traps: its exit code is 0 also when it fails; two runs on one profile lose one; killing the first process leaves
`soffice.bin` alive; a linked image is fetched from the network; text named .docx converts; no two PDFs are equal.
"""

import hashlib
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import zlib
from contextlib import suppress
from functools import cache
from pathlib import Path

from pitstop_docs.errors import FileError

_PLACES = (
    r"C:\Program Files\LibreOffice\program\soffice.exe",
    r"C:\Program Files (x86)\LibreOffice\program\soffice.exe",
    "/Applications/LibreOffice.app/Contents/MacOS/soffice",
)
_EXPORTS = {".docx": "writer_pdf_Export", ".xlsx": "calc_pdf_Export"}

# PDF/A-2b: https://help.libreoffice.org/latest/en-US/text/shared/guide/pdf_params.html
_OPTIONS = (
    '{"SelectPdfVersion":{"type":"long","value":"2"},"UseTaggedPDF":{"type":"boolean","value":"true"},'
    '"ExportBookmarks":{"type":"boolean","value":"true"}}'
)

# BlockUntrustedRefererLinks is what stops linked images (DisableActiveContent does not); 3 is «very high».
_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">\
<prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">\
<prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">\
<prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop></item>
</oor:items>
"""

_IDENTITY = re.compile(rb"(/ID\s*\[\s*<)[0-9A-F]{32}(>\s*<)[0-9A-F]{32}(?=>)")
_CHECKSUM = re.compile(rb"(/DocChecksum\s*/)[0-9A-F]{32}")

_ADVICE = "Riaprire il documento in Word, salvarlo e riprovare."


def find() -> Path | None:
    """Where LibreOffice is; None if it is not installed."""
    on_path = shutil.which("soffice") or shutil.which("libreoffice")
    if on_path:
        return Path(on_path)
    return next((place for place in map(Path, _PLACES) if place.is_file()), None)


def convert(content: bytes, *, suffix: str, timeout: float = 120) -> bytes:
    """The document (`.docx` or `.xlsx`) as a tagged PDF/A-2b, the same bytes for the same document.

    Raises FileError if LibreOffice is not there, does not end within `timeout` seconds, or gives no whole PDF.
    """
    program = find()
    if program is None:
        raise FileError(
            "LibreOffice non è installato: serve per il PDF. Installarlo da https://it.libreoffice.org "
            "(su Debian e Ubuntu: apt install libreoffice-writer-nogui). Il documento Word si fa anche senza."
        )
    # Plain text or a web page under such a name would convert, and an empty file would give a blank page.
    if suffix not in _EXPORTS or not content.startswith(b"PK\x03\x04"):
        raise FileError(f"Conversione in PDF non riuscita: non è un documento di Word o Excel. {_ADVICE}")
    try:
        with tempfile.TemporaryDirectory(prefix="pitstop-", ignore_cleanup_errors=True) as name:
            return stable(_convert_in(Path(name), program, content, suffix, timeout))
    except OSError as error:
        raise FileError(
            "Conversione in PDF non riuscita: la cartella temporanea non si può usare o LibreOffice non si avvia. "
            "Liberare spazio e riprovare."
        ) from error


def stable(pdf: bytes) -> bytes:
    """The PDF with fixed dates and an identity drawn from its content: all runs on one document give equal bytes.

    Without a plain cross-reference table (LibreOffice 7.4 writes one) the date inside its colour profile stays.
    """
    still = re.sub(rb"(/(?:CreationDate|ModDate)\(D:)\d{14}", rb"\g<1>19800101000000", pdf)
    still = re.sub(rb"(<xmp:\w+Date>)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", rb"\g<1>1980-01-01T00:00:00", still)
    still = _CHECKSUM.sub(rb"\g<1>" + b"0" * 32, _with_identity(_with_fixed_profile(still), b"0" * 32))
    return _with_identity(still, hashlib.sha256(still).hexdigest()[:32].upper().encode())


def _with_identity(pdf: bytes, identity: bytes) -> bytes:
    return _IDENTITY.sub(rb"\g<1>" + identity + rb"\g<2>" + identity, pdf)


def _with_fixed_profile(pdf: bytes) -> bytes:
    """The PDF with a fixed date in the colour profile of PDF/A, which packs to a length of its own: offsets move."""
    table = re.search(rb"\nxref\n0 \d+\n((?:\d{10} \d{5} [nf][ \r]\n)+)trailer\b.*?\bstartxref\s+(\d+)", pdf, re.DOTALL)
    profile = re.search(rb"/DestOutputProfile (\d+) 0 R", pdf)
    if table is None or profile is None:
        return pdf
    offsets = [int(pdf[at : at + 10]) for at in range(*table.span(1), 20)]
    head = re.compile(rb"\d+ 0 obj\s*<<[^>]*/Length (\d+) 0 R[^>]*>>\s*stream\r?\n").match(pdf, offsets[int(profile[1])])
    length = head and re.compile(rb"\d+ 0 obj\s*(\d+)").match(pdf, offsets[int(head[1])])
    if head is None or length is None:
        return pdf
    start, end = head.end(), head.end() + int(length[1])
    colours = bytearray(zlib.decompress(pdf[start:end]))
    colours[24:36] = struct.pack(">6H", 1980, 1, 1, 0, 0, 0)  # ICC.1:2022, 7.2: date and time of creation
    packed = zlib.compress(colours, 9)
    edits = [(start, end, packed), (*length.span(1), b"%d" % len(packed))]

    def moved(offset: int) -> int:
        return offset + sum(len(new) - (last - first) for first, last, new in edits if first < offset)

    references = [(at, at + 10, b"%010d" % moved(offset)) for at, offset in zip(range(*table.span(1), 20), offsets, strict=True)]
    return _edited(pdf, [*edits, *references, (*table.span(2), b"%d" % moved(int(table[2])))])


def _edited(pdf: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    pieces: list[bytes] = []
    done = 0
    for start, end, new in sorted(edits):
        pieces += (pdf[done:start], new)
        done = end
    return b"".join((*pieces, pdf[done:]))


def _convert_in(folder: Path, program: Path, content: bytes, suffix: str, timeout: float) -> bytes:
    source, profile, made = folder / f"document{suffix}", folder / "profile", folder / "made" / "document.pdf"
    source.write_bytes(content)
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(_PROFILE, encoding="utf-8")
    command = [
        *_without_network(),
        str(program),
        f"-env:UserInstallation={profile.as_uri()}",
        *("--headless", "--norestore", "--nologo", "--nodefault", "--nolockcheck"),
        *("--convert-to", f"pdf:{_EXPORTS[suffix]}:{_OPTIONS}", "--outdir", str(made.parent), str(source)),
    ]
    _run(command, folder, timeout)
    if not made.is_file():
        raise FileError(f"Conversione in PDF non riuscita: LibreOffice non ha prodotto il file. {_ADVICE}")
    pdf = made.read_bytes()
    if not (pdf.startswith(b"%PDF-") and pdf.rstrip().endswith(b"%%EOF")):
        raise FileError("Conversione in PDF non riuscita: il file prodotto è incompleto. Liberare spazio e riprovare.")
    return pdf


def _run(command: list[str], folder: Path, timeout: float) -> None:
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=_environment(folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.wait(timeout)
    except subprocess.TimeoutExpired as error:
        seconds = f"{timeout:g}".replace(".", ",")
        raise FileError(
            f"Conversione in PDF non riuscita: LibreOffice non ha finito entro {seconds} secondi. "
            "Riprovare quando il computer è meno occupato."
        ) from error
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Leave nothing of its session running, whether the first process ended or not."""
    if sys.platform == "win32":
        killer = str(Path(os.environ["SYSTEMROOT"], "System32", "taskkill.exe"))
        subprocess.run([killer, "/T", "/F", "/PID", str(process.pid)], capture_output=True, check=False)
    else:
        with suppress(ProcessLookupError, PermissionError):  # all of them had ended: macOS says it the second way
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "SYSTEMDRIVE") if name in os.environ}
    private = dict.fromkeys(("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP"), str(folder))
    return {**kept, **private, "LANG": "C.UTF-8", "TZ": "UTC", "SOURCE_DATE_EPOCH": "315532800"}


@cache
def _without_network() -> tuple[str, ...]:
    """The words in front of a command that take the network away, where the machine allows it; else none."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return ()
    words = (unshare, "--map-root-user", "--net", "--")
    tried = subprocess.run([*words, "true"], capture_output=True, check=False)
    return words if tried.returncode == 0 else ()
