"""A Word document becomes a whole, accessible PDF, or a sentence says why not; nothing is left running or lying about."""

import io
import os
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import docx
import pytest
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml.ns import qn
from pypdf import PdfReader

from pitstop_docs import files, office
from pitstop_docs.errors import ExitCode, FileError
from pitstop_docs.fillers import pdf

NAMES = "Ștefan Łukasz, محمد علي, Иван Петров, আব্দুল, ሰላም"
SENTENCE = "L’équipe è d’accordo: perché così sarà più facile."
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8ffff3f0005fe02fe0def46b80000000049454e44ae426082"
)


def _document(link: str = "") -> bytes:
    """A small Word document in Italian; with `link`, one whose only picture is at that address."""
    document = docx.Document()
    language = document.styles.element.find(f".//{qn('w:rPrDefault')}//{qn('w:lang')}")
    language.set(qn("w:val"), "it-IT")
    document.core_properties.title = "PAI di prova"
    document.add_heading("Progetto individualizzato", 1)
    document.add_paragraph(SENTENCE)
    document.add_paragraph(NAMES)
    table = document.add_table(rows=2, cols=2)
    table.cell(0, 0).text, table.cell(1, 1).text = "Scadenza", "30/06/2026"
    if link:
        picture = document.add_paragraph().add_run().add_picture(io.BytesIO(PIXEL))
        blip = picture._inline.find(f".//{qn('a:blip')}")
        del blip.attrib[qn("r:embed")]
        blip.set(qn("r:link"), document.part.relate_to(link, RELATIONSHIP_TYPE.IMAGE, is_external=True))
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


@pytest.fixture(scope="module")
def document() -> bytes:
    return _document()


@pytest.fixture(scope="module")
def converted(document: bytes) -> bytes:
    return office.convert(document, suffix=".docx")


@pytest.fixture
def private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the converter's folders come to be; afterwards none is left, and no process that worked in one."""
    folder = tmp_path / "private"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert not list(folder.iterdir())
    _assert_nothing_runs_in(folder)


def _assert_nothing_runs_in(folder: Path) -> None:
    deadline = time.monotonic() + 5  # a killed process takes a moment to go
    while left := _running_in(folder):
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


def _running_in(folder: Path) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue  # it has just ended
        if str(folder).encode() in words:
            found.append(process.name)
    return found


# What LibreOffice makes of it


@pytest.mark.needs_office
def test_the_pdf_is_tagged_archivable_italian_and_says_every_word(converted: bytes) -> None:
    facts = pdf.facts(converted)
    assert (facts.tagged, facts.pdfa, facts.language, facts.title) == (True, "2B", "it-IT", "PAI di prova")
    assert len(facts.pages) == 1
    for words in ("Progetto individualizzato", SENTENCE, *NAMES.replace(",", "").split(), "Scadenza", "30/06/2026"):
        assert words in facts.pages[0]


@pytest.mark.needs_office
def test_every_font_is_embedded(converted: bytes) -> None:
    fonts = PdfReader(io.BytesIO(converted)).pages[0]["/Resources"]["/Font"]  # type: ignore[index]
    assert len(fonts) >= 4
    assert all("/FontFile2" in font.get_object()["/FontDescriptor"] for font in fonts.values())


@pytest.mark.needs_office
def test_the_same_document_gives_the_same_bytes_elsewhere_and_later(
    document: bytes, converted: bytes, private: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Dhaka")
    monkeypatch.setenv("LC_ALL", "tr_TR.UTF-8")
    assert office.convert(document, suffix=".docx") == converted
    assert office.stable(converted) == converted


@pytest.mark.needs_office
def test_another_document_has_another_identity(converted: bytes) -> None:
    other = office.stable(converted.replace(b"(it-IT)", b"(it-CH)"))
    first, second = (PdfReader(io.BytesIO(one), strict=True).trailer["/ID"] for one in (converted, other))
    assert first != second


@pytest.mark.needs_office
def test_every_cross_reference_points_to_its_object(converted: bytes) -> None:
    end = int(converted.rsplit(b"startxref", 1)[1].split()[0])
    first, *entries = converted[end:].split(b"trailer")[0].splitlines()[2:]
    assert first == b"0000000000 65535 f "
    assert len(entries) > 30
    for number, entry in enumerate(entries, start=1):
        assert converted[int(entry[:10]) :].startswith(b"%d 0 obj" % number)


@pytest.mark.needs_office
def test_two_at_once_both_succeed(document: bytes, converted: bytes, private: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(lambda content: office.convert(content, suffix=".docx"), [document] * 2))
    assert made == [converted] * 2


@pytest.mark.needs_office
def test_a_workbook_converts_too() -> None:
    facts = pdf.facts(office.convert(files.repack(WORKBOOK), suffix=".xlsx"))
    assert facts.pdfa == "2B"
    assert "Totale così" in facts.pages[0]


# What it must not do


@pytest.fixture
def visits() -> Iterator[tuple[str, list[str]]]:
    """An address on this machine, and who called there."""
    callers: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def listen() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return  # the test is over
                with connection:
                    callers.append(connection.recv(200).decode("latin-1"))

        threading.Thread(target=listen, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/pixel.png", callers
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.needs_office
def test_a_linked_picture_is_not_fetched(visits: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    address, callers = visits
    linking = _document(address)
    office.convert(linking, suffix=".docx")
    assert not callers
    monkeypatch.setattr(office, "_without_network", tuple)
    office.convert(linking, suffix=".docx")
    assert not callers  # the profile alone forbids it too
    monkeypatch.setattr(office, "_PROFILE", office._PROFILE.replace("<value>true", "<value>false"))
    office.convert(linking, suffix=".docx")
    assert callers  # without either, the document does call


@pytest.mark.parametrize(
    "content",
    [b"", b"solo testo", b"<html><img src='http://127.0.0.1'></html>", b"%PDF-1.7", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"],
)
def test_what_is_no_document_is_not_even_tried(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office, "find", lambda: Path("/bin/false"))
    with pytest.raises(FileError, match="non è un documento di Word o Excel"):
        office.convert(content, suffix=".docx")
    with pytest.raises(FileError, match="non è un documento di Word o Excel"):
        office.convert(b"PK\x03\x04", suffix=".odt")


@pytest.mark.needs_office
@pytest.mark.parametrize("damage", ["cut", "no document", "noise"])
def test_a_corrupt_document_is_an_error_though_the_exit_code_is_0(document: bytes, damage: str, private: Path) -> None:
    content = {
        "cut": document[:2000],
        "no document": files.repack({"[Content_Types].xml": b"<Types/>"}),
        "noise": b"PK\x03\x04" + os.urandom(3000),
    }[damage]
    with pytest.raises(FileError, match="LibreOffice non ha prodotto il file"):
        office.convert(content, suffix=".docx")


@pytest.mark.needs_office
def test_a_conversion_past_its_time_leaves_nothing_running(document: bytes, private: Path) -> None:
    with pytest.raises(FileError, match="non ha finito entro 0,8 secondi"):
        office.convert(document, suffix=".docx", timeout=0.8)


@pytest.mark.needs_office
def test_a_full_disk_is_an_error(document: bytes, converted: bytes, tmp_path: Path, private: Path) -> None:
    (tmp_path / "uno.docx").write_bytes(document)
    limit = len(converted) - 1
    assert len(document) < limit
    code, said = _child(
        f"""
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
        office.convert(Path({str(tmp_path / "uno.docx")!r}).read_bytes(), suffix=".docx")
        """,
        private,
    )
    assert code == ExitCode.FILE
    assert "Conversione in PDF non riuscita" in said


def _child(script: str, folder: Path) -> tuple[int | None, str]:
    with _started(script, folder) as process:
        said, _ = process.communicate()
    return process.returncode, said.decode()


def _started(script: str, folder: Path) -> subprocess.Popen[bytes]:
    """A process of its own that runs the script as a command would: an error becomes its sentence and code."""
    lines = textwrap.indent(textwrap.dedent(script), "    ")
    head = "import sys\nfrom pathlib import Path\nfrom pitstop_docs import errors, office\ntry:\n"
    tail = "\nexcept errors.FileError as error:\n    print(error)\n    sys.exit(error.code)\n"
    environment = {**os.environ, "TMPDIR": str(folder), "PYTHONUTF8": "1"}
    root = Path(office.__file__).parent.parent
    return subprocess.Popen([sys.executable, "-c", head + lines + tail], env=environment, cwd=root, stdout=subprocess.PIPE)


# How it fails, with a stand-in for LibreOffice


def _stand_in(folder: Path, script: str) -> Path:
    """A program that finds where the PDF is expected in $made, and then runs the script."""
    program = folder / "soffice"
    find_made = 'while [ "$1" != --outdir ]; do shift; done; mkdir -p "$2"; made="$2/document.pdf"'
    program.write_text(f"#!/bin/sh\n{find_made}\n{textwrap.dedent(script)}", encoding="utf-8")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("exit 0", "LibreOffice non ha prodotto il file"),
        ("exit 81", "LibreOffice non ha prodotto il file"),
        ('mkdir "$made"', "LibreOffice non ha prodotto il file"),
        (': > "$made"', "il file prodotto è incompleto"),
        ('printf "<html>%%%%EOF" > "$made"', "il file prodotto è incompleto"),
        ('printf "%%PDF-1.7 and then the disk was f" > "$made"', "il file prodotto è incompleto"),
        ("kill -9 $$", "LibreOffice non ha prodotto il file"),
    ],
)
def test_success_is_proved_not_believed(
    script: str, sentence: str, tmp_path: Path, private: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = _stand_in(tmp_path, script)
    monkeypatch.setattr(office, "find", lambda: program)
    with pytest.raises(FileError, match=sentence) as caught:
        office.convert(b"PK\x03\x04", suffix=".docx")
    assert caught.value.code is ExitCode.FILE


@pytest.mark.parametrize("end", ["sleep 60", "exit 0", "kill -9 $$"])
def test_the_whole_session_ends(end: str, tmp_path: Path, private: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = _stand_in(tmp_path, f"(trap '' HUP INT TERM; sleep 60) & sleep 0.2; {end}")
    monkeypatch.setattr(office, "find", lambda: program)
    with pytest.raises(FileError, match="non riuscita"):
        office.convert(b"PK\x03\x04", suffix=".docx", timeout=1)


def test_an_interruption_ends_the_whole_session(tmp_path: Path, private: Path) -> None:
    program = _stand_in(tmp_path, f"sleep 60 & touch {tmp_path}/started; sleep 60")
    script = f"""
        office.find = lambda: Path({str(program)!r})
        office.convert(b"PK\\x03\\x04", suffix=".docx")
    """
    with _started(script, private) as process:
        deadline = time.monotonic() + 20
        while not (tmp_path / "started").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        process.communicate()
    assert process.returncode == -signal.SIGINT


def test_the_program_sees_nothing_of_the_caller(tmp_path: Path, private: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = _stand_in(tmp_path, f"env > {tmp_path}/seen; printf '%s\\n' \"$made\" > {tmp_path}/made")
    monkeypatch.setattr(office, "find", lambda: program)
    monkeypatch.setenv("PITSTOP_SECRET", "x")
    with pytest.raises(FileError):
        office.convert(b"PK\x03\x04", suffix=".docx")
    seen = dict(line.split("=", 1) for line in (tmp_path / "seen").read_text().splitlines())
    assert seen.keys() - {"_", "PWD", "OLDPWD", "SHLVL"} <= {
        *("PATH", "HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP", "LANG", "TZ", "SOURCE_DATE_EPOCH")
    }
    assert seen["HOME"].startswith(str(private))
    assert seen["TZ"] == "UTC"


def test_without_libreoffice_one_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office, "find", lambda: None)
    with pytest.raises(FileError, match=r"LibreOffice non è installato.*libreoffice\.org.*Word si fa anche senza"):
        office.convert(b"PK\x03\x04", suffix=".docx")


def test_a_program_that_cannot_start_is_an_error(private: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office, "find", lambda: private.parent)
    monkeypatch.setattr(office, "_without_network", tuple)
    with pytest.raises(FileError, match="LibreOffice non si avvia"):
        office.convert(b"PK\x03\x04", suffix=".docx")


def test_it_is_found_on_the_path_or_where_its_installer_puts_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(office, "_PLACES", (str(tmp_path / "no"), str(tmp_path / "soffice.exe")))
    assert office.find() is None
    (tmp_path / "soffice.exe").touch()
    assert office.find() == tmp_path / "soffice.exe"
    program = _stand_in(tmp_path, "")
    assert office.find() == program


# What a PDF says of itself


@pytest.mark.needs_office
def test_a_damaged_pdf_is_an_error(converted: bytes) -> None:
    for content in (b"", b"%PDF-1.6\n%%EOF", converted[:20_000] + b"\n%%EOF", b"PK\x03\x04"):
        with pytest.raises(FileError, match="Il PDF non è leggibile"):
            pdf.facts(content)


def test_a_bare_pdf_says_nothing_of_itself() -> None:
    assert pdf.facts(BARE_PDF) == pdf.PdfFacts(pages=("",), tagged=False, pdfa=None, language=None, title=None)


BARE_PDF = b"""%PDF-1.4
1 0 obj
<</Type/Catalog/Pages 2 0 R>>
endobj
2 0 obj
<</Type/Pages/Kids[3 0 R]/Count 1>>
endobj
3 0 obj
<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Resources<<>>>>
endobj
xref
0 4
0000000000 65535 f 
0000000009 00000 n 
0000000054 00000 n 
0000000105 00000 n 
trailer
<</Size 4/Root 1 0 R>>
startxref
180
%%EOF
"""  # noqa: W291

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
WORKBOOK = {
    name: text.encode()
    for name, text in {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/sheet.xml" ContentType="{_TYPE}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}">'
        f'<sheets><sheet name="Spese" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{_RELATIONS}/worksheet" Target="sheet.xml"/></Relationships>',
        "xl/sheet.xml": f'<worksheet xmlns="{_MAIN}"><sheetData><row r="1">'
        f'<c r="A1" t="inlineStr"><is><t>Totale così</t></is></c></row></sheetData></worksheet>',
    }.items()
}
