"""What recovery costs beside the machine alone: read, check, decode, apply, encode, compare.

The journal is that of a session with an order on every 10th quote. Beside it the same decoded
inputs are applied by the machine, without a journal, and both must end in the same state.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from time import process_time_ns
from typing import Final

from benchmarks import trading
from benchmarks.market import quotes
from benchmarks.measuring import Place, Row, Sizes, Skipped, by_turns, limit_row, row
from fairlead.journal.history import History
from fairlead.machine.machine import Machine
from fairlead.model.codec import decode_input
from fairlead.model.inputs import Input
from fairlead.model.units import Nanos, Sequence
from fairlead.node.recovery import replay

NAME: Final = "recovery"
LIMIT_NS: Final = 1_000  # per input: a million inputs in a second
_EVERY: Final = 10
_UNIT: Final = "ns per input"

Applied = list[tuple[Sequence, Nanos, Input]]


def measure(sizes: Sizes, place: Place) -> Iterator[Row | Skipped]:
    """Yield recovery against the machine alone, and against its limit."""
    directory = place.scratch / "recovery"
    _write(directory, sizes.recovered)
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

    pairs = by_turns(ours, theirs, sizes, len(entries))
    shutil.rmtree(directory)
    yield row(NAME, "an input recovered", _UNIT, "the machine alone", pairs)
    times = [mine for mine, _ in pairs]
    limit = "the limit of 1 us"
    yield limit_row(NAME, "an input recovered", _UNIT, times, LIMIT_NS, limit)


def _write(directory: Path, count: int) -> None:
    stream = quotes(count)
    strategy = trading.taking(_EVERY)
    session = trading.session(stream, strategy, log=trading.journal(directory))
    trading.run(session)
    trading.check(session, stream, strategy)
    trading.finish(session)


def _applied(entries: Applied) -> tuple[Machine, int]:
    machine = Machine()
    apply = machine.apply
    began = process_time_ns()
    for sequence, time, input in entries:
        apply(sequence, time, input)
    return machine, process_time_ns() - began
