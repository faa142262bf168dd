"""Work that must not hold the path up: done by a copy of this process, or here where that is asked.

A fork copies the tables of the memory and not the memory, so the state that the copy sees stands
still while the path goes on. The copy keeps no file of ours open but the pipe on which it answers:
neither the lock of the journal nor a line to a venue outlives this process because of it.
"""

import os
import warnings
from collections.abc import Callable
from typing import Final, Protocol

ANSWER_BYTES_MAX: Final = 512  # written at once: a pipe takes so much whole
_FIRST_FILE: Final = 3  # after the standard ones
_FILES_MAX: Final = 65_536
_NICE: Final = 10  # the path comes first

Work = Callable[[], str]


class Worker(Protocol):
    """Does one piece of work at a time."""

    def start(self, work: Work) -> None:
        """Begin it. Raises `OSError`."""

    def answer(self) -> str | None:
        """Return what it answered, once; None while there is nothing; empty where it died."""


class Here:
    """Does it at once: for simulations, and where nothing waits."""

    def __init__(self) -> None:
        """Begin with nothing to do."""
        self._answer: str | None = None

    def start(self, work: Work) -> None:
        """Do it."""
        self._answer = work()

    def answer(self) -> str | None:
        """Return what it answered, once."""
        answer, self._answer = self._answer, None
        return answer


class Forked:
    """Does it in a copy of this process."""

    def __init__(self) -> None:
        """Begin with nothing to do."""
        self._process = 0
        self._pipe = -1

    @property
    def is_working(self) -> bool:
        """Whether there is work whose answer nobody has taken."""
        return self._process != 0

    def start(self, work: Work) -> None:
        """Begin it. Raises `OSError`."""
        assert self._process == 0, "one piece of work at a time"
        reading, writing = os.pipe()
        try:
            with warnings.catch_warnings():
                # Of a process with threads: the copy does nothing but read, encode and write.
                warnings.simplefilter("ignore", DeprecationWarning)
                process = os.fork()
        except OSError:
            os.close(reading)
            os.close(writing)
            raise
        if process == 0:
            _work_and_die(work, writing)
        os.close(writing)
        self._process, self._pipe = process, reading

    def answer(self) -> str | None:
        """Return what it answered, once; None while there is nothing; empty where it died."""
        if self._process == 0 or os.waitpid(self._process, os.WNOHANG)[0] == 0:
            return None
        self._process = 0
        answer = os.read(self._pipe, ANSWER_BYTES_MAX)
        os.close(self._pipe)
        return answer.decode(errors="replace")


def schedule_normally() -> None:
    """Give a real-time priority back: what a node starts never goes before it."""
    if not hasattr(os, "sched_getscheduler"):
        return  # a system without such priorities
    if os.sched_getscheduler(0) in (os.SCHED_FIFO, os.SCHED_RR):
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def _work_and_die(work: Work, writing: int) -> None:
    try:
        os.closerange(_FIRST_FILE, writing)
        os.closerange(writing + 1, _FILES_MAX)
        schedule_normally()
        os.nice(_NICE)
        os.write(writing, work().encode()[:ANSWER_BYTES_MAX])
    finally:
        os._exit(0)
