"""Work in a copy of the process: it answers, it may die, and it holds nothing of ours open."""

import fcntl
import os
from pathlib import Path

import pytest

from fairlead.journal.errors import JournalLocked
from fairlead.journal.log import Lock
from fairlead.node.apart import ANSWER_BYTES_MAX, Forked, Here, Work, Worker


def answer_of(worker: Worker) -> str:
    while (answer := worker.answer()) is None:
        os.sched_yield()
    return answer


@pytest.mark.parametrize("worker", [Here(), Forked()])
def test_it_answers_once(worker: Worker) -> None:
    for number in range(3):
        worker.start(lambda number=number: f"done {number}")  # type: ignore[misc]
        assert answer_of(worker) == f"done {number}"
        assert worker.answer() is None


def test_what_it_changes_is_its_own() -> None:
    seen: list[int] = []
    worker = Forked()

    def work() -> str:
        seen.append(os.getpid())
        return str(seen[0])

    worker.start(work)
    assert answer_of(worker) != str(os.getpid())
    assert not seen


def test_it_never_goes_before_the_node() -> None:
    """A node of real-time priority would otherwise wait for a copy of itself: both go first."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except PermissionError:
        pytest.skip("a real-time priority needs a right: CAP_SYS_NICE")
    worker = Forked()
    try:
        worker.start(lambda: str(os.sched_getscheduler(0)))
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    assert answer_of(worker) == str(os.SCHED_OTHER)


def failing() -> str:
    raise ValueError("what nobody foresaw")


def dying() -> str:
    os.kill(os.getpid(), 9)
    return "not reached"


@pytest.mark.parametrize("work", [failing, dying])
def test_one_that_dies_answers_with_nothing(work: Work) -> None:
    worker = Forked()
    worker.start(work)
    assert answer_of(worker) == ""


def test_an_answer_is_cut_to_what_a_pipe_takes_whole() -> None:
    worker = Forked()
    worker.start(lambda: "x" * 10_000)
    assert answer_of(worker) == "x" * ANSWER_BYTES_MAX


def test_it_does_not_hold_the_lock_of_the_journal(tmp_path: Path) -> None:
    """A node that was killed while a snapshot was written comes back at once."""
    lock = Lock(tmp_path)
    reading, writing = os.pipe()
    waits = Forked()

    def work() -> str:
        with open("/proc/self/fd/0", "rb"):  # files can still be opened
            return " ".join(sorted(os.listdir("/proc/self/fd")))

    waits.start(work)
    files = answer_of(waits)
    assert str(reading) not in files.split()
    assert str(writing) not in files.split()
    with pytest.raises(JournalLocked):
        Lock(tmp_path)  # ours is still held
    lock.close()
    other = os.open(tmp_path / "lock", os.O_RDWR)
    fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    for file in (other, reading, writing):
        os.close(file)
