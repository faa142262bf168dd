"""Golden journals: written once by the build of each format, kept, and read for ever.

    python -m tests.replay.golden DIRECTORY

writes those of this build into a new directory. What is committed here is never made again: a
journal that lies on somebody's disk is not made again either.

`records` has every kind of input and output that the build knew, with values that mean nothing:
it can be read, not applied. `session` is a short session of a trader.
"""

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from hypothesis import given, settings

from fairlead.journal import format as layout
from fairlead.journal.history import Entry, History
from fairlead.journal.log import Durability, Log
from fairlead.model.codec import encode_input, encode_outputs
from fairlead.model.text import INPUTS, OUTPUTS
from fairlead.model.units import Nanos, Sequence
from fairlead.node.reading import written_schema
from tests.cli.journals import EXAMPLE, journal
from tests.model.records import record

PLACE: Final = Path(__file__).parent
_GROUP: Final = 3
_SEGMENT_BYTES: Final = 16 * 1024


def entries(directory: Path) -> list[Entry]:
    """Return every entry of a journal."""
    return list(History(directory).entries())


def digest(directory: Path) -> str:
    """Return a digest of what a journal says, as bytes, whatever its format."""
    found = hashlib.blake2b(digest_size=16)
    for entry in entries(directory):
        for part in (entry.sequence, entry.time, entry.input.hex(), entry.outputs.hex()):
            found.update(f"{part} ".encode())
    return found.hexdigest()


def write(directory: Path) -> None:
    """Write the golden journals of this build."""
    journal(directory / "session", EXAMPLE)
    records = directory / "records"
    records.mkdir()
    log = Log(
        records,
        Durability.PROCESS,
        1,
        Sequence(0),
        layout.GENESIS,
        _SEGMENT_BYTES,
        schema=written_schema(),
    )
    outputs = list(_samples(OUTPUTS))
    for number, input in enumerate(_samples(INPUTS), start=1):
        answers, outputs = outputs[: number % 3], outputs[number % 3 :]
        _append(log, number, encode_input(input), encode_outputs(answers) if answers else b"")
    assert not outputs, "every kind of output has its place"
    log.close(Nanos(number))


def _append(log: Log, number: int, input: bytes, outputs: bytes) -> None:
    sequence, time = Sequence(number), Nanos(number)
    log.append(layout.INPUT, sequence, time, input)
    if outputs:
        log.append(layout.OUTPUTS, sequence, time, outputs)
    if number % _GROUP == 0:
        log.commit(time)


def _samples(kinds: dict[str, Any]) -> Iterator[Any]:
    """Yield two records of every kind, the simplest and another one: the same each time."""
    for kind in kinds.values():
        found: list[Any] = []

        def collect(one: Any) -> None:
            found.append(one)  # noqa: B023 - called before the next kind has its turn

        collecting = given(record(kind))(collect)
        settings(derandomize=True, database=None, max_examples=20)(collecting)()
        yield from (found[0], found[-1])


if __name__ == "__main__":
    write(Path(sys.argv[1]))
