"""A foreign file is opened in a child process, with limits on time and memory: what it does to the reader ends there.

The child is a plain Python, not a fork nor a `multiprocessing` one: it works on every system, runs no `__main__` twice, and
leaves no helper process behind. The limit on memory holds where the system has one (Linux); that on time holds everywhere.
"""

from __future__ import annotations

import io
import logging
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import is_dataclass
from enum import Enum
from typing import Any, TypeVar

from pitstop_docs.errors import FileError, PitstopError

T = TypeVar("T")

SECONDS = 20
"""From the start of the child to its answer. As long it may compute, also if its parent is gone."""
MEGABYTES = 1024
EXHAUSTED = "Il file richiede troppo tempo o memoria per essere letto. Riaprirlo, salvarlo di nuovo e riprovare."
DAMAGED = "Il file non si può leggere: è danneggiato o non è di questo tipo. Riaprirlo, salvarlo di nuovo e riprovare."
PROGRAM = "import sys; sys.path[:] = sys.argv[3:]; from pitstop_docs.apart import serve; serve()"


def apart(work: Callable[..., T], *args: object, seconds: int = SECONDS, megabytes: int = MEGABYTES) -> T:
    """What `work(*args)` returns, worked out in a child process. `work` is a function at the top of a module of ours.

    What it returns is made of plain values and of dataclasses of ours. Raises the PitstopError that it raised, or FileError
    if it ended in any other way or went past a limit: `seconds`, or `megabytes` of memory.
    """
    command = [sys.executable, "-I", "-B", "-W", "ignore", "-c", PROGRAM, str(seconds), str(megabytes), *sys.path]
    try:
        ended = subprocess.run(
            command,
            input=pickle.dumps((work, args)),
            capture_output=True,
            timeout=seconds,
            check=False,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except subprocess.TimeoutExpired as error:
        raise FileError(EXHAUSTED) from error
    if ended.returncode == 0 and ended.stdout:
        answer: T | PitstopError = _Plain(io.BytesIO(ended.stdout), work.__module__).load()
        if isinstance(answer, PitstopError):
            raise answer
        return answer
    crash = ended.stderr.decode("utf-8", "replace")[-4000:]
    exhausted = ended.returncode < 0 or "MemoryError" in crash
    raise FileError(EXHAUSTED if exhausted else DAMAGED) from ChildProcessError(ended.returncode, crash)


def serve() -> None:
    """Do in this process, the child, what the parent asks for on the standard input, and answer on the standard output."""
    _limit(seconds=int(sys.argv[1]), megabytes=int(sys.argv[2]))
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what a library prints is no answer
    logging.disable()
    answer: object
    try:
        work, args = pickle.load(sys.stdin.buffer)  # noqa: S301  # from the parent, which is us
        answer = work(*args)
    except PitstopError as error:
        answer = type(error)(str(error))
    with answers:
        answers.write(pickle.dumps(answer))


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
