"""What recovery costs beside the machine alone: read, check, decode, apply, encode, compare.

The journals are those of a session on 100,000 quotes of one instrument: of quotes alone, with an
order on every 100th quote (each adds a request, an acceptance and a fill to the inputs), on every
10th, and on every one. Beside a recovery the same decoded inputs are applied by the machine,
without a journal, and both must end in the same state. The floor is what no reader can leave out:
the bytes from the disk, and one checksum over all of them.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from time import process_time_ns
from typing import Final

from crc32c import crc32c

from benchmarks import trading
from benchmarks.market import quotes
from benchmarks.measuring import Place, Row, Sizes, Skipped, by_turns, limit_row, row
from fairlead.journal.history import History
from fairlead.journal.log import SEGMENT_SUFFIX
from fairlead.machine.machine import Machine
from fairlead.model.codec import decode_input
from fairlead.model.inputs import Input
from fairlead.model.units import Nanos, Sequence
from fairlead.node.recovery import replay

NAME: Final = "recovery"
LIMIT_NS: Final = 1_000  # per input: a million inputs in a second
MIXES: Final = {  # what was traded, and on every how many quotes there was an order
    "quotes alone": 0,
    "an order every 100th quote": 100,
    "an order every 10th quote": 10,
    "an order every quote": 1,
}
GOAL: Final = "an order every 100th quote"  # the mix that the limit is for
_UNIT: Final = "ns per input"

Applied = list[tuple[Sequence, Nanos, Input]]


def measure(sizes: Sizes, place: Place) -> Iterator[Row | Skipped]:
    """Yield recovery against the machine alone, its limit and its floor, for each mix."""
    for mix, every in MIXES.items():
        directory = place.scratch / "recovery"
        _write(directory, sizes.recovered, every)
        yield from _rows(directory, mix, sizes)
        shutil.rmtree(directory)


def _rows(directory: Path, mix: str, sizes: Sizes) -> Iterator[Row]:
    entries = [
        (entry.sequence, entry.time, decode_input(entry.input))
        for entry in History(directory).entries()
    ]
    state = replay(directory).path.machine.digest()

    def ours() -> int:
        began = process_time_ns()
        replayed = replay(directory)
        took = process_time_ns() - began
        assert replayed.last == len(entries), "every input was recovered"
        return took

    def theirs() -> int:
        machine, took = _applied(entries)
        assert machine.digest() == state, "the machine ends in the recovered state"
        return took

    def floor() -> int:
        began = process_time_ns()
        _read(directory)
        return process_time_ns() - began

    what = f"an input recovered, {mix}"
    pairs = by_turns(ours, theirs, sizes, len(entries))
    yield row(NAME, what, _UNIT, "the machine alone", pairs)
    times = [mine for mine, _ in pairs]
    goal = 1.0 if mix == GOAL else None
    yield limit_row(NAME, what, _UNIT, times, LIMIT_NS, "the limit of 1 us", goal)
    floors = by_turns(ours, floor, sizes, len(entries))
    yield row(NAME, what, _UNIT, "reading and CRC32C alone", floors)


def _write(directory: Path, count: int, every: int) -> None:
    stream = quotes(count)
    strategy = trading.taking(every) if every else trading.Counting()
    session = trading.session(stream, strategy, log=trading.journal(directory))
    trading.run(session)
    if isinstance(strategy, trading.Taking):
        trading.check(session, stream, strategy)
    trading.finish(session)


def _applied(entries: Applied) -> tuple[Machine, int]:
    machine = Machine()
    apply = machine.apply
    began = process_time_ns()
    for sequence, time, input in entries:
        apply(sequence, time, input)
    return machine, process_time_ns() - began


def _read(directory: Path) -> None:
    for path in sorted(directory.glob(f"*{SEGMENT_SUFFIX}")):
        crc32c(path.read_bytes())
