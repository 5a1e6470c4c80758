"""A file is there whole or not at all; a name is harmless; a zip depends on its parts alone."""

import errno
import io
import os
import re
import resource
import subprocess
import sys
import textwrap
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pitstop_docs import files
from pitstop_docs.errors import ExitCode, FileError

OLD = b"old" * 50_000
NEW = b"NEW!" * 60_000
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=300)
CODES = st.from_regex(r"[A-Za-z0-9]+([_-][A-Za-z0-9]+){0,3}", fullmatch=True)


# write


def test_a_written_file_is_read_back_from_folders_that_did_not_exist(tmp_path: Path) -> None:
    path = tmp_path / "outputs" / "PST-001" / "uno.docx"
    files.write(path, NEW)
    assert files.read(path, limit=len(NEW)) == NEW
    assert _names(path.parent) == ["uno.docx"]


def test_writing_again_replaces_the_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "uno.docx"
    files.write(path, OLD)
    files.write(path, b"short")
    assert path.read_bytes() == b"short"


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOSPC, "il disco è pieno"),
        (errno.EDQUOT, "lo spazio assegnato"),
        (errno.EFBIG, "più grande"),
        (errno.EACCES, "è aperto in Word. Chiuderlo e riprovare"),
        (errno.EPERM, "è in sola lettura"),
        (errno.EROFS, "il disco è in sola lettura"),
        (errno.EIO, "il disco ha dato un errore"),
        (errno.ESTALE, "ESTALE"),
    ],
)
def test_a_failure_leaves_the_old_file_and_is_told_in_italian(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int, sentence: str
) -> None:
    path = tmp_path / "uno.docx"
    path.write_bytes(OLD)
    monkeypatch.setattr(os, call, _failing(OSError(number, "English words")))
    with pytest.raises(FileError, match=sentence) as caught:
        files.write(path, NEW)
    assert str(path) in str(caught.value)
    assert "English" not in str(caught.value)
    assert caught.value.code is ExitCode.FILE
    assert path.read_bytes() == OLD
    assert _names(tmp_path) == ["uno.docx"]


def test_new_folders_are_on_the_disk_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(Path(f"/proc/self/fd/{descriptor}").readlink()))
    files.write(tmp_path / "a" / "b" / "uno.docx", NEW)
    assert {tmp_path, tmp_path / "a", tmp_path / "a" / "b"} < set(synced)


def test_an_interruption_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "uno.docx"
    path.write_bytes(OLD)
    monkeypatch.setattr(os, "fsync", _failing(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        files.write(path, NEW)
    assert path.read_bytes() == OLD
    assert _names(tmp_path) == ["uno.docx"]


def test_a_file_system_that_cannot_sync_folders_is_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sync = os.fsync

    def only_files(descriptor: int) -> None:
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):  # noqa: PTH112
            raise OSError(errno.EINVAL, "not here")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", only_files)
    files.write(tmp_path / "uno.docx", NEW)
    assert (tmp_path / "uno.docx").read_bytes() == NEW


def test_where_a_file_cannot_be_the_sentence_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    for path, sentence in (
        (tmp_path / "file" / "uno.docx", "è un file, non una cartella"),
        (tmp_path / "file" / "due" / "uno.docx", "è un file, non una cartella"),
        (tmp_path / "folder", "è una cartella, non un file"),
        (tmp_path / ("n" * 300), "il nome è troppo lungo"),
        (tmp_path / "a\0b", "caratteri non ammessi"),
        (tmp_path / "\udcff\ud800", "caratteri non ammessi"),
    ):
        with pytest.raises(FileError, match=sentence) as caught:
            files.write(path, NEW)
        str(caught.value).encode()
    assert _names(tmp_path) == ["file", "folder"]


def test_many_writers_of_one_name_leave_one_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "uno.docx"
    contents = [bytes([letter]) * 100_000 for letter in b"abcdefgh"]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda content: files.write(path, content), contents * 4))
    assert path.read_bytes() in contents
    assert _names(tmp_path) == ["uno.docx"]


DRIVER = """
    import os, sys
    sys.path.insert(0, {root!r})
    from pathlib import Path
    from pitstop_docs import errors, files
    os.umask(0o123)  # a mark in the trace: from here on it is files.write
    try:
        files.write(Path(sys.argv[1]), {new!r} * {times})
    except errors.FileError as error:
        print(error)
        sys.exit(error.code)
"""


@pytest.fixture
def driver(tmp_path: Path) -> list[str]:
    """A command that writes NEW over the file named after it, in a process of its own."""
    script = tmp_path / "driver.py"
    root = str(Path(files.__file__).parent.parent)
    script.write_text(textwrap.dedent(DRIVER).format(root=root, new=b"NEW!", times=60_000), encoding="utf-8")
    return [sys.executable, "-B", "-E", "-S", "-X", "utf8", str(script)]


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, driver: list[str]) -> None:
    path = tmp_path / "there" / "uno.docx"
    files.write(path, OLD)
    ended = subprocess.run(
        [*driver, str(path)],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, 65_536)),
        capture_output=True,
        check=False,
    )
    assert ended.returncode == ExitCode.FILE, ended.stderr
    assert "Scegliere un altro disco" in ended.stdout.decode()
    assert path.read_bytes() == OLD
    assert _names(path.parent) == ["uno.docx"]


WRITE_SIDE = "openat,write,fsync,close,rename,renameat,renameat2,unlink,unlinkat"


def _trace(folder: Path, driver: list[str], target: Path, *words: str) -> tuple[int, list[tuple[str, int, str]]]:
    """The exit code, and the system calls of files.write as (name, how many of that name before it + 1, line)."""
    log = folder / "log"
    command = ["strace", "-f", "-qq", "-o", str(log), "-e", f"trace=umask,{WRITE_SIDE}", *words, *driver, str(target)]
    code = subprocess.run(command, capture_output=True, check=False).returncode
    calls: list[tuple[str, int, str]] = []
    seen: dict[str, int] = {}
    started = False
    for line in log.read_text(encoding="utf-8").splitlines():
        if found := re.match(r"\d+ +(\w+)\((.*)", line):
            name = found[1]
            seen[name] = seen.get(name, 0) + 1
            started = started or (name == "umask" and "0123" in line)
            if started and name != "umask":
                calls.append((name, seen[name], found[2]))
    return code, calls


@pytest.mark.needs_strace
def test_the_file_is_on_the_disk_before_its_name_and_the_name_before_success(tmp_path: Path, driver: list[str]) -> None:
    target = tmp_path / "there" / "uno.docx"
    files.write(target, OLD)
    code, calls = _trace(tmp_path, driver, target)
    assert code == ExitCode.DONE
    names = [name for name, _, _ in calls]
    assert names[:8] == ["openat", "write", "fsync", "close", "rename", "openat", "fsync", "close"]
    assert all(".tmp" in calls[at][2] for at in (0, 4))
    assert f'"{target.parent}"' in calls[5][2]


@pytest.mark.needs_strace
@pytest.mark.parametrize("fault", ["signal=SIGKILL", "error=ENOSPC", "error=EIO", "error=EDQUOT"])
def test_a_fault_at_any_call_leaves_the_whole_old_or_the_whole_new_file(tmp_path: Path, driver: list[str], fault: str) -> None:
    target = tmp_path / "there" / "uno.docx"
    files.write(target, OLD)
    calls = _trace(tmp_path, driver, target)[1][:8]
    assert len(calls) == 8
    for name, nth, _ in calls:
        target.write_bytes(OLD)
        code, seen = _trace(tmp_path, driver, target, "-e", f"inject={name}:{fault}:when={nth}")
        hit = (name, nth) in {(name, nth) for name, nth, _ in seen}
        assert hit and code == (-9 if "KILL" in fault else ExitCode.FILE), (name, nth, code)
        assert target.read_bytes() in (OLD, NEW), (name, nth)
        left = [found for found in target.parent.iterdir() if found != target]
        if "KILL" in fault:
            assert all(re.fullmatch(r"\.[0-9a-f]{16}\.tmp", found.name) for found in left)
            for found in left:
                found.unlink()
        assert "KILL" in fault or not left


# read


def test_a_missing_file_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "scheda_pai.json").write_bytes(b"")
    with pytest.raises(FileError, match=r"non esiste\. Forse: scheda_pai.json"):
        files.read(tmp_path / "scheda-pai.json", limit=10)
    with pytest.raises(FileError, match=r"non esiste\. Controllare il percorso"):
        files.read(tmp_path / "zzz", limit=10)
    with pytest.raises(FileError, match="manca la cartella"):
        files.read(tmp_path / "no" / "zzz", limit=10)
    with pytest.raises(FileError, match="non esiste"):
        files.sha256(tmp_path / "zzz")


def test_what_is_no_file_or_too_large_is_refused(tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.write_bytes(b"x" * 11)
    with pytest.raises(FileError, match="supera il limite di 10 byte"):
        files.read(large, limit=10)
    with pytest.raises(FileError, match="supera il limite di 1,5 MB"):
        files.read(Path("/dev/zero"), limit=3 * 2**19)
    with pytest.raises(FileError, match="è una cartella"):
        files.read(tmp_path, limit=10)
    with pytest.raises(FileError, match="è una cartella"):
        files.sha256(tmp_path)
    with pytest.raises(FileError, match="è un file, non una cartella"):
        files.read(large / "x", limit=10)
    with pytest.raises(FileError, match="non ammessi"):
        files.read(tmp_path / "a\0b", limit=10)


def test_a_forbidden_file_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "open", _failing(PermissionError(errno.EACCES, "no")))
    with pytest.raises(FileError, match="il permesso è negato"):
        files.read(tmp_path / "uno", limit=10)


def test_the_digest_is_that_of_the_content(tmp_path: Path) -> None:
    (tmp_path / "uno").write_bytes(b"abc")
    assert files.sha256(tmp_path / "uno").startswith("ba7816bf")


# safe_name and inside


def test_codes_and_kinds_pass_as_they_are() -> None:
    assert files.safe_name("PST-001", "D10", "pai", "v02", suffix=".docx") == "PST-001_D10_pai_v02.docx"
    assert files.safe_name("verbale_equipe", suffix=".manifest.json") == "verbale_equipe.manifest.json"


@given(CODES, CODES)
def test_plain_pieces_are_readable_in_the_name(first: str, second: str) -> None:
    name = files.safe_name(first, second, suffix=".docx")
    assert name == f"{first}_{second}.docx" or len(f"{first}_{second}.docx") > files.NAME_BYTES


@pytest.mark.parametrize(
    "piece",
    ["", ".", "..", "CON", "nul", "COM1", "lpt9", "CONIN$", "-rf", "~$x", ".x", "a/b", "a\\b", "a:b", "x.", "x "],
)
def test_names_that_a_system_would_misread_are_changed(piece: str) -> None:
    name = files.safe_name(piece, suffix=".docx")
    assert re.fullmatch(r"(?!-)[A-Za-z0-9_-]+\.docx", name)
    stem = name.removesuffix(".docx").upper()
    assert stem != piece.upper() and stem not in {"CON", "NUL", "COM1", "LPT9"}


@given(st.lists(ANY_TEXT, max_size=4))
def test_any_pieces_make_a_short_plain_name_that_stays_in_its_folder(pieces: list[str]) -> None:
    name = files.safe_name(*pieces, suffix=".docx")
    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]*\.docx", name)
    assert len(name) <= 120
    assert files.inside(Path("/srv/outputs"), name).parent == Path("/srv/outputs")


@given(ANY_TEXT, ANY_TEXT)
def test_different_pieces_make_different_names(first: str, second: str) -> None:
    if unicodedata.normalize("NFC", first) != unicodedata.normalize("NFC", second):
        assert files.safe_name("PST-001", first, suffix="") != files.safe_name("PST-001", second, suffix="")


def test_twins_of_other_letters_do_not_collide() -> None:
    twins = ["straße", "strasse", "STRASSE", "ﬁne", "fine", "é", "e", "\u0435"]
    assert len({files.safe_name(twin, suffix="").casefold() for twin in twins}) == len(twins) - 1  # strasse, STRASSE
    assert files.safe_name("PST-001", "", suffix="") != files.safe_name("PST-001", suffix="")


@pytest.mark.parametrize("suffix", ["docx", ".DOCX", "./x", ".a/b", ".", "..docx"])
def test_a_suffix_is_not_taken_from_outside(suffix: str) -> None:
    with pytest.raises(ValueError, match="suffix"):
        files.safe_name("x", suffix=suffix)


def test_a_relative_path_stays_inside(tmp_path: Path) -> None:
    assert files.inside(tmp_path, "PST-001/uno.docx") == tmp_path.resolve() / "PST-001" / "uno.docx"
    assert files.inside(tmp_path, "a/../uno.docx") == tmp_path.resolve() / "uno.docx"


@pytest.mark.parametrize(
    "relative",
    [
        "",
        ".",
        "..",
        "../x",
        "a/../../x",
        "/etc/passwd",
        "a/../..",
        "C:\\x",
        "..\\x",
        "x:y",
        "a\0b",
        "a\nb",
        "link/x",
        "loop",
    ],
)
def test_a_path_that_leads_out_is_refused(tmp_path: Path, relative: str) -> None:
    (tmp_path / "link").symlink_to("/etc")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(FileError, match="porta fuori dalla cartella"):
        files.inside(tmp_path, relative)


@given(ANY_TEXT)
def test_no_text_leads_out_of_the_folder(relative: str) -> None:
    root = Path("/srv/outputs")
    try:
        assert files.inside(root, relative).is_relative_to(root)
    except FileError as error:
        str(error).encode()


# repack and unpack


PARTS = {"word/document.xml": b"<w/>" * 1000, "[Content_Types].xml": b"<Types/>", "à.xml": os.urandom(3000), "a": b""}


def test_equal_parts_make_equal_bytes_in_any_order() -> None:
    packed = files.repack(PARTS)
    assert packed == files.repack(dict(reversed(PARTS.items())))
    assert files.unpack(packed) == PARTS
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["[Content_Types].xml", "a", "word/document.xml", "à.xml"]
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {entry.create_system for entry in archive.infolist()} == {3}


def test_the_system_does_not_show_in_the_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    here = files.repack(PARTS)
    monkeypatch.setattr(sys, "platform", "win32")
    assert files.repack(PARTS) == here


@given(st.dictionaries(st.from_regex(r"[a-z0-9à-ù]{1,8}(/[a-z0-9]{1,8}){0,2}", fullmatch=True), st.binary(max_size=500)))
def test_what_is_packed_is_unpacked(parts: dict[str, bytes]) -> None:
    packed = files.repack(parts)
    assert files.unpack(packed) == parts
    assert files.repack(files.unpack(packed)) == packed


@given(st.data())
def test_a_damaged_zip_is_refused_or_whole(data: st.DataObject) -> None:
    packed = bytearray(files.repack(PARTS))
    for at in data.draw(st.lists(st.integers(0, len(packed) - 1), min_size=1, max_size=4)):
        packed[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(packed)) | st.just(len(packed)))
    try:
        assert all(isinstance(part, bytes) for part in files.unpack(bytes(packed[:cut])).values())
    except FileError as error:
        assert str(error).startswith("Il file ")


def _zip(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytearray:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return bytearray(stream.getvalue())


def _encrypted() -> bytearray:
    packed = _zip(("a.xml", b"x"))
    packed[6] |= 1
    packed[packed.index(b"PK\x01\x02") + 8] |= 1
    return packed


def _patched() -> bytearray:
    packed = _zip(("a.xml", b"x"))
    packed[packed.index(b"PK\x01\x02") + 8] |= 0x20  # «compressed patched data», which zipfile does not know
    return packed


def _short() -> bytearray:
    packed = _zip(("a.xml", b"x"), method=zipfile.ZIP_STORED)
    at = packed.index(b"PK\x01\x02") + 20
    packed[at : at + 8] = (5000).to_bytes(4, "little") * 2  # more bytes than the file has
    return packed


def _lying() -> bytearray:
    packed = _zip(("a.xml", b"x" * 100))
    central = packed.index(b"PK\x01\x02")
    for at in (22, central + 24):  # the declared sizes
        packed[at : at + 4] = (7).to_bytes(4, "little")
    return packed


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: b"", "non è un documento Word o Excel integro"),
        (lambda: b"%PDF-1.7", "non è un documento Word o Excel integro"),
        (lambda: b"<html>", "non è un documento Word o Excel integro"),
        (lambda: b"junk" + files.repack(PARTS), "non è un documento Word o Excel integro"),
        (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "protetto da password o è in un formato vecchio"),
        (lambda: _zip(("a.xml", b"1"), ("a.xml", b"2")), "due parti con lo stesso nome"),
        (lambda: _zip(("word/a.xml", b"1"), ("Word/A.xml", b"2")), "due parti con lo stesso nome"),
        (lambda: _zip(("../a.xml", b"1")), "porta fuori"),
        (lambda: _zip(("/a.xml", b"1")), "porta fuori"),
        (lambda: _zip(("a\\b.xml", b"1")), "porta fuori"),
        (lambda: _zip(("a.xml", b"1"), method=zipfile.ZIP_LZMA), "compresso in un modo"),
        (_encrypted, "protetto da password"),
        (_patched, "non è un documento Word o Excel integro"),
        (_short, "non è un documento Word o Excel integro"),
        (_lying, "non è un documento Word o Excel integro"),
        (lambda: _zip(*((f"{n}", b"") for n in range(2001))), "più di 2000 parti"),
        (lambda: _zip(("a.xml", b"\0" * 2**21)), "misura sospetta"),
        (lambda: _zip(*((f"{n}", b"\0" * 2**23) for n in range(9)), method=zipfile.ZIP_STORED), "supera 64 MB"),
    ],
)
def test_a_zip_that_is_no_plain_document_is_refused(make: Callable[[], bytes], sentence: str) -> None:
    with pytest.raises(FileError, match=sentence):
        files.unpack(bytes(make()))


def test_a_name_with_a_nul_is_refused() -> None:
    packed = _zip(("a_b.xml", b"1"))
    with pytest.raises(FileError, match=r"porta fuori|integro"):
        files.unpack(bytes(packed.replace(b"a_b.xml", b"a\0b.xml")))


def test_folders_among_the_entries_are_passed_over() -> None:
    assert files.unpack(bytes(_zip(("word/", b""), ("word/a.xml", b"1")))) == {"word/a.xml": b"1"}


def _failing(error: BaseException) -> Callable[..., Iterator[None]]:
    def fail(*_: object, **__: object) -> Iterator[None]:
        raise error

    return fail


def _names(folder: Path) -> list[str]:
    return sorted(found.name for found in folder.iterdir())
