"""A foreign file is opened in a child process, with limits on time and memory: what it does to the reader ends there.

The child is a plain Python, not a fork of this process nor a `multiprocessing` one: it works on every system, runs no `__main__`
twice, and leaves no helper process behind. The limit on memory holds where the system has one (Linux); that on time holds
everywhere. To start a Python and import a library for each of many files takes longer than to read them: within `together` one
child does that once, and forks itself for each file. It looks into none, so that no file can leave anything to the next.
"""

from __future__ import annotations

import importlib
import io
import logging
import os
import pickle
import select
import signal
import struct
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, is_dataclass
from enum import Enum
from typing import Any, NoReturn, TypeVar

from pitstop_docs.errors import FileError, PitstopError

T = TypeVar("T")

SECONDS = 20
"""From the start of the child to its answer. As long it may compute, also if its parent is gone."""
MEGABYTES = 1024
GRACE = 10
"""How many seconds more a child is given to tell that it ended its own child."""
TRACE = 4000
"""How many characters are kept of what a child says of its end."""
EXHAUSTED = "Il file richiede troppo tempo o memoria per essere letto. Riaprirlo, salvarlo di nuovo e riprovare."
DAMAGED = "Il file non si può leggere: è danneggiato o non è di questo tipo. Riaprirlo, salvarlo di nuovo e riprovare."
PROGRAM = "import sys; sys.path[:] = sys.argv[3:]; from pitstop_docs.apart import {0}; {0}()"
JOB, END = struct.Struct("!III"), struct.Struct("!iI")
"""What stands before a job (seconds, megabytes, length) and before the end of one (exit code, length)."""
KILLED = -9
"""The exit code of a child that was given up."""


@dataclass(frozen=True)
class _End:
    """How a child ended: its exit code, negative for a signal; its answer if that is nought, else what it said of its end."""

    code: int
    said: bytes


def apart(work: Callable[..., T], *args: object, seconds: int = SECONDS, megabytes: int = MEGABYTES) -> T:
    """What `work(*args)` returns, worked out in a child process. `work` is a function at the top of a module of ours.

    What it returns is made of plain values and of dataclasses of ours. Raises the PitstopError that it raised, or FileError
    if it ended in any other way or went past a limit: `seconds`, or `megabytes` of memory.
    """
    job, nest = pickle.dumps((work, args)), _NEST.get()
    ended = nest.ended(job, seconds, megabytes) if nest else _started(job, seconds, megabytes)
    if ended.code == 0 and ended.said:
        answer: T | PitstopError = _Plain(io.BytesIO(ended.said), work.__module__).load()
        if isinstance(answer, PitstopError):
            raise answer
        return answer
    crash = ended.said.decode("utf-8", "replace")[-TRACE:]
    exhausted = ended.code < 0 or "MemoryError" in crash
    raise FileError(EXHAUSTED if exhausted else DAMAGED) from ChildProcessError(ended.code, crash)


@contextmanager
def together(*modules: str) -> Iterator[None]:
    """Within it the children of `apart` are born of one that has imported these modules, where the system can fork.

    Each has its own limits all the same.
    """
    if not hasattr(os, "fork"):
        yield
        return
    nest = _Nest(modules)
    before = _NEST.set(nest)
    try:
        yield
    finally:
        _NEST.reset(before)
        nest.close()


def _started(job: bytes, seconds: int, megabytes: int) -> _End:
    """The end of a child that is started for one job."""
    try:
        ended = subprocess.run(
            _command("serve", str(seconds), str(megabytes)),
            input=job,
            capture_output=True,
            timeout=seconds,
            check=False,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except subprocess.TimeoutExpired:
        return _End(KILLED, b"timed out")
    return _End(ended.returncode, ended.stderr if ended.returncode else ended.stdout)


def _command(function: str, *words: str) -> list[str]:
    """What starts a Python that runs a function of this module, which finds two words in its arguments."""
    return [sys.executable, "-I", "-B", "-W", "ignore", "-c", PROGRAM.format(function), *words, *sys.path]


class _Nest:
    """The child of which the others are born, from the first job on."""

    def __init__(self, modules: tuple[str, ...]) -> None:
        self.modules = modules
        self.process: subprocess.Popen[bytes] | None = None

    def ended(self, job: bytes, seconds: int, megabytes: int) -> _End:
        """The end of the child that a job was given to."""
        self.process = self.process or subprocess.Popen(
            _command("brood", ",".join(self.modules), ""),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            process_group=0,
        )
        deadline = time.monotonic() + seconds + GRACE
        asks: Any = self.process.stdin
        answers: Any = self.process.stdout
        try:
            asks.write(JOB.pack(seconds, megabytes, len(job)) + job)
            asks.flush()
            code, length = END.unpack(_heard(answers.fileno(), END.size, deadline))
            return _End(code, _heard(answers.fileno(), length, deadline))
        except (OSError, struct.error) as error:
            self.close()
            return _End(KILLED, repr(error).encode())

    def close(self) -> None:
        """End it, and whoever was born of it."""
        if self.process:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.communicate()
            self.process = None


_NEST: ContextVar[_Nest | None] = ContextVar("_NEST", default=None)


def _heard(source: int, length: int, deadline: float) -> bytes:
    """So many bytes, or fewer if no more come. Raises TimeoutError."""
    told = bytearray()
    while len(told) < length:
        if not select.select([source], [], [], max(deadline - time.monotonic(), 0))[0]:
            raise TimeoutError("timed out")
        piece = os.read(source, min(length - len(told), 2**20))
        if not piece:
            break
        told += piece
    return bytes(told)


# ── in the child ─────────────────────────────────────────────────────────────────────────────────────────────────────


def serve() -> None:
    """Do in this process, the child, what the parent asks for on the standard input, and answer on the standard output."""
    _limit(seconds=int(sys.argv[1]), megabytes=int(sys.argv[2]))
    with _hushed() as answers:
        answers.write(_answer(sys.stdin.buffer.read()))


def brood() -> None:
    """Have each job of the standard input done by a child of this process, and tell on the standard output how that ended."""
    with _hushed() as answers:
        for module in filter(None, sys.argv[1].split(",")):
            importlib.import_module(module)
        while told := sys.stdin.buffer.read(JOB.size):
            seconds, megabytes, length = JOB.unpack(told)
            ended = _forked(sys.stdin.buffer.read(length), seconds, megabytes)
            answers.write(END.pack(ended.code, len(ended.said)) + ended.said)
            answers.flush()


def _hushed() -> io.BufferedWriter:
    """The standard output, for answers alone: what a library prints or logs is none."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDWR), 1)
    logging.disable()
    return answers


def _answer(job: bytes) -> bytes:
    """What a job returns, or the sentence with which it was refused, as the parent reads it."""
    answer: object
    try:
        work, args = pickle.loads(job)  # noqa: S301  # from the parent, which is us
        answer = work(*args)
    except PitstopError as error:
        answer = type(error)(str(error))
    return pickle.dumps(answer)


def _forked(job: bytes, seconds: int, megabytes: int) -> _End:
    """The end of a child of this process that is given a job."""
    deadline = time.monotonic() + seconds
    source, target = os.pipe()
    child = os.fork()
    if not child:
        _do(job, seconds, megabytes, target)
    os.close(target)
    said = b""
    with suppress(TimeoutError):
        said = _heard(source, sys.maxsize, deadline)
    os.close(source)
    while not (ended := os.waitpid(child, os.WNOHANG))[0]:
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.001)
    return _End(os.waitstatus_to_exitcode(ended[1]), said)


def _do(job: bytes, seconds: int, megabytes: int, target: int) -> NoReturn:
    """Do a job in a process that was forked for it, which keeps nothing open but where it answers; and end."""
    code, said = 1, b""
    try:
        os.dup2(target, 3)
        os.closerange(4, 256)
        os.dup2(1, 0)
        _limit(seconds=seconds, megabytes=megabytes)
        code, said = 0, _answer(job)
    finally:
        with suppress(OSError), os.fdopen(3, "wb") as answer:
            answer.write(traceback.format_exc()[-TRACE:].encode() if code else said)
        os._exit(code)


def _limit(*, seconds: int, megabytes: int) -> None:
    """Bound this process: memory, computing time, and that it writes no file."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415  # Windows has none

    wanted = (
        (resource.RLIMIT_AS, megabytes * 2**20),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    )
    for limit, most in wanted:
        _, hard = resource.getrlimit(limit)
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with suppress(ValueError, OSError):  # macOS knows the word for memory, and refuses it
            resource.setrlimit(limit, (bound, bound))


class _Plain(pickle.Unpickler):
    """Reads only values, and dataclasses and choices of ours: a child that a file has taken over can make nothing else."""

    def __init__(self, stream: io.BytesIO, home: str) -> None:
        super().__init__(stream)
        self.home = home

    def find_class(self, module: str, name: str) -> Any:
        """The class of that name, if it is one of ours. Raises FileError."""
        ours = module == self.home or module.startswith(f"{__package__}.")
        found = getattr(sys.modules.get(module), name, None) if ours else None
        if isinstance(found, type) and (is_dataclass(found) or issubclass(found, Enum | PitstopError)):
            return found
        raise FileError(DAMAGED)
