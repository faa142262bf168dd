"""How long a start takes, with and without a snapshot, and what taking one costs the path.

The journal is that of a session on the simulated market, with a market maker: books, orders,
strategies and the world all have to stand again. It was cut off, as by a crash, halfway between
two snapshots, so that a start with one replays half of what lies between them. The pause is
that of whole turns, one after the other at full speed, which is how a session notices a copy of the
process being made, and pages being copied under it.

A start in all is a process of its own, in processor time: Python, all that `fairlead run` loads,
the configuration, the recovery, and the first inputs of the session that goes on. Its floor is a
process that loads the same and ends.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter_ns
from typing import Final

from benchmarks.loading import milliseconds
from benchmarks.measuring import Place, Row, Sizes, Skipped, limit_row, percentile, row, settled
from fairlead.journal.disk import RealDisk
from fairlead.journal.snapshot import newest_first
from fairlead.model.units import NANOS_PER_SECOND, Nanos
from fairlead.node.apart import Forked, Here, Worker
from fairlead.node.configuration import Configuration
from fairlead.node.paper import default
from fairlead.stages.paper import PaperSession
from fairlead.stages.recovering import Kept, Opened, recover
from fairlead.stages.wiring import wire

NAME: Final = "starting"
LIMIT_MS: Final = 1_000  # for a start in all, after 100,000 inputs
_LOADING: Final = "from fairlead.cli.main import loaded\nloaded('run')\n"
_MILLISECONDS: Final = "ms"
_UNIT: Final = "us per turn"
_SNAPSHOTS: Final = 5  # in a session
_NEVER: Final = 10**12
_A_YEAR: Final = Nanos(365 * 86_400 * NANOS_PER_SECOND)
_PERCENTILES: Final = ((500, "p50"), (990, "p99"), (999, "p99.9"), (1_000, "max"))
_DISK: Final = RealDisk()


def measure(sizes: Sizes, place: Place) -> Iterator[Row | Skipped]:
    """Yield starts from a snapshot against whole replays, and turns with against without."""
    for count in sizes.started:
        yield _starts(count, sizes, place)
    yield from _starts_in_all(sizes.started[0], sizes, place)
    yield from _turns(max(sizes.started[0], 1), sizes, place)


class _Watch:
    """A pace that never waits, notes when each turn begins, and stops after so many inputs."""

    def __init__(self, opened: Opened, count: int) -> None:
        """Watch a session."""
        self.begun: list[int] = []
        self._sequencer = opened.wired.path.sequencer
        self._count = count

    def wait_until(self, time: Nanos) -> bool:
        """Note the time; say stop when enough was taken."""
        self.begun.append(perf_counter_ns())
        return self._sequencer.last < self._count


def _starts(count: int, sizes: Sizes, place: Place) -> Row:
    short, whole = place.scratch / "short", place.scratch / "whole"
    every = max(1, count // _SNAPSHOTS)
    _cut_session(short, every, count + every // 2, Here())
    shutil.copytree(short, whole)
    for path in newest_first(whole, _DISK):
        path.unlink()
    pairs = [
        (_started(short, every) / 1e6, _started(whole, every) / 1e6)
        for _ in range(sizes.repetitions)
    ]
    shutil.rmtree(short)
    shutil.rmtree(whole)
    what = f"a start after {count + every // 2:,} inputs, snapshots every {every:,}"
    return row(NAME, what, _MILLISECONDS, "a start without a snapshot", pairs)


def _starts_in_all(count: int, sizes: Sizes, place: Place) -> Iterator[Row]:
    every = max(1, count // _SNAPSHOTS)
    sessions = place.scratch / "sessions"
    sessions.mkdir()
    directory = sessions / "0001"
    _cut_session(directory, every, count + every // 2, Here())
    for kept in ("with a snapshot", "without one"):
        what = f"a start in all after {count + every // 2:,} inputs, {kept}"
        pairs = [
            (_started_in_all(directory, every), milliseconds(_LOADING))
            for _ in range(sizes.repetitions)
        ]
        yield row(NAME, what, _MILLISECONDS, "loading the command alone", pairs)
        times = [mine for mine, _ in pairs]
        yield limit_row(NAME, what, _MILLISECONDS, times, LIMIT_MS, "the limit of 1 s")
        for path in newest_first(directory, _DISK):
            path.unlink()
    shutil.rmtree(sessions)


def _started_in_all(directory: Path, every: int) -> float:
    copy = directory.parent / "copy" / directory.name
    shutil.copytree(directory, copy)
    call = f"from benchmarks.starting import start\nstart({str(copy)!r}, {every})"
    took = milliseconds(f"{_LOADING}{call}")
    shutil.rmtree(copy.parent)
    return took


def start(directory: str, every: int) -> None:
    """Open a session as `fairlead run --resume` does."""
    session = PaperSession(_configuration(every), Path(directory))
    assert session.open().inputs > 0, "there is a journal to recover"
    session.close()


def _opened(directory: Path, every: int, worker: Worker) -> Opened:
    return recover(wire(_configuration(every)), Kept(directory, worker=worker), "paper")


def _started(directory: Path, every: int) -> int:
    """Return what the start of a copy takes, which leaves the journal as it was."""
    copy = directory.with_name("copy")
    shutil.copytree(directory, copy)
    began = perf_counter_ns()
    _opened(copy, every, Here())
    took = perf_counter_ns() - began
    shutil.rmtree(copy)
    return took


def _cut_session(directory: Path, every: int, count: int, worker: Worker) -> list[int]:
    """Write the journal of a session that ends without an end; return what each turn took."""
    directory.mkdir()
    opened = _opened(directory, every, worker)
    watch = _Watch(opened, count)
    until = opened.wired.surroundings.until

    def run() -> int:
        opened.wired.release(watch, until)
        opened.wired.session.run(watch, until)
        return 0

    settled(run)
    return [end - begin for begin, end in zip(watch.begun, watch.begun[1:], strict=False)]


def _turns(count: int, sizes: Sizes, place: Place) -> Iterator[Row]:
    pairs: dict[str, list[tuple[float, float]]] = {name: [] for _, name in _PERCENTILES}
    directory = place.scratch / "turns"
    for _ in range(sizes.repetitions):
        spans = []
        for every in (max(1, count // _SNAPSHOTS), _NEVER):
            worker = Forked()
            spans.append(_cut_session(directory, every, count, worker))
            while worker.is_working:
                worker.answer()
            shutil.rmtree(directory)
        for per_mille, name in _PERCENTILES:
            ours, theirs = (percentile(one, per_mille) / 1e3 for one in spans)
            pairs[name].append((ours, theirs))
    for _, name in _PERCENTILES:
        what = f"a turn while snapshots are taken, {name}"
        yield row(NAME, what, _UNIT, f"{name} without snapshots", pairs[name])


def _configuration(every: int) -> Configuration:
    plain = default()
    journal = plain.journal.model_copy(update={"snapshot_inputs": every})
    session = plain.session.model_copy(update={"duration": _A_YEAR, "speed": "max"})
    return plain.model_copy(update={"journal": journal, "session": session})
