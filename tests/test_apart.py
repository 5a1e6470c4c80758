"""A foreign file is opened in a child process: what it does to the reader ends there."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest

from pitstop_docs.apart import EXHAUSTED, apart, together
from pitstop_docs.errors import FileError, KitError
from pitstop_docs.findings import Severity

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Seen:
    """What a child tells."""

    name: str
    weight: Severity
    pages: tuple[int, ...]


def told(name: str) -> Seen:
    return Seen(name, Severity.INFO, (1, 2))


def refused(file: str) -> None:
    raise KitError(f"«{file}» non va.")


def broken() -> None:
    raise AssertionError("pypdf raises these as well")


def endless() -> None:
    while True:
        pass


def asleep() -> None:
    time.sleep(600)


def mute() -> None:
    os.closerange(0, 256)
    time.sleep(600)


def greedy() -> int:
    return len(bytearray(3 * 2**30))


def deep(levels: int = 0) -> int:
    return deep(levels + 1)


def gone() -> None:
    os._exit(0)


def talkative() -> str:
    sys.stdout.write("pypdf: something\n")
    os.write(1, b"a library in C\n")
    return "the answer"


def writer(path: str) -> None:
    Path(path).write_bytes(b"from a foreign file")


SPOILT: list[str] = []


def spoil(word: str) -> str:
    SPOILT.append(word)
    return "".join(SPOILT)


def code() -> object:
    return subprocess.Popen


@pytest.fixture(params=["started", "forked"], autouse=True)
def way(request: pytest.FixtureRequest) -> Iterator[None]:
    """Each child is started by itself, or all are born of one: nobody can tell, and none is left behind."""
    before = children()
    with together("json") if request.param == "forked" else nullcontext():
        yield
    assert children() == before


def test_the_answer_of_the_child_comes_back() -> None:
    assert apart(told, "modulo.pdf") == Seen("modulo.pdf", Severity.INFO, (1, 2))


def test_a_sentence_for_the_staff_comes_back_as_it_was_said() -> None:
    with pytest.raises(KitError, match=r"^«modulo.pdf» non va\.$"):
        apart(refused, "modulo.pdf")


@pytest.mark.parametrize("work", [broken, deep, gone, code])
def test_any_other_end_is_a_file_that_cannot_be_read(work: object) -> None:
    with pytest.raises(FileError, match="Il file non si può leggere"):
        apart(work)  # type: ignore[arg-type]


@pytest.mark.parametrize("work", [endless, asleep, mute])
def test_a_file_that_takes_too_long_is_given_up(work: object) -> None:
    start = time.monotonic()
    with pytest.raises(FileError) as refusal:
        apart(work, seconds=1)  # type: ignore[arg-type]
    assert str(refusal.value) == EXHAUSTED
    assert time.monotonic() - start < 5


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds the memory of a process")
def test_a_file_that_takes_too_much_memory_is_given_up() -> None:
    with pytest.raises(FileError) as refusal:
        apart(greedy)
    assert str(refusal.value) == EXHAUSTED


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_the_child_writes_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileError):
        apart(writer, str(tmp_path / "x"))
    assert not (tmp_path / "x").exists() or (tmp_path / "x").read_bytes() == b""


def test_what_a_library_prints_is_not_the_answer(capfd: pytest.CaptureFixture[str]) -> None:
    assert apart(talkative) == "the answer"
    assert capfd.readouterr() == ("", "")


def test_asking_loads_no_slow_library_and_says_nothing() -> None:
    from tests.test_house import SLOW  # noqa: PLC0415  # the children import this module: what it imports they wait for

    program = "from pitstop_docs.apart import apart; import sys; print(apart(sys.getrecursionlimit)); print(*sys.modules)"
    made = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    number, names = made.stdout.splitlines()
    assert int(number) > 0
    assert made.stderr == ""
    assert "pitstop_docs.apart" in names.split()
    assert not {*SLOW, "multiprocessing"} & {*names.split()}


def test_what_one_file_does_to_its_reader_the_next_one_does_not_find() -> None:
    assert apart(spoil, "a") == "a"
    assert apart(spoil, "b") == "b"
    with pytest.raises(FileError):
        apart(gone)
    assert apart(told, "modulo.pdf").name == "modulo.pdf"


def test_a_child_of_which_others_are_born_that_ends_is_replaced() -> None:
    with together():
        apart(told, "modulo.pdf")
        (number,) = {*children()}
        os.kill(int(number), signal.SIGKILL)
        with pytest.raises(FileError):
            apart(told, "modulo.pdf")
        assert apart(told, "modulo.pdf").name == "modulo.pdf"


def children() -> list[str]:
    """The processes that this one has started and that are still there, ended or not; none where /proc does not tell."""
    return sorted(number for path in Path("/proc/self/task").glob("*/children") for number in path.read_text().split())
