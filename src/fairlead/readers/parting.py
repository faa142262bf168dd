"""Where two journals part: the first input that one of them has otherwise, or answers otherwise.

Two runs that should have been the same, one session by two builds, a copy and its original: both
are read side by side, as bytes, without a machine. What two runs need not share is told and does
not count: the build that a node was started with, and the times.
"""

from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import Final, NamedTuple

import msgspec

from fairlead.journal.history import Entry
from fairlead.model.codec import decode_input
from fairlead.model.inputs import Input, NodeStarted
from fairlead.model.names import Names
from fairlead.model.units import Sequence

PROGRESS_EVERY: Final = 10_000  # inputs between two calls of a progress callback


class Parting(NamedTuple):
    """What two journals have in common, and where they part if they do.

    `what` is "" where they do not part in what was compared, else "input", "outputs" or "end": one
    of them has no further input.
    """

    compared: int  # inputs that are the same in both
    what: str
    ours: Entry | None
    theirs: Entry | None
    build_differs: Sequence  # the first start by different builds, 0 for none
    time_differs: Sequence  # the first input that was taken at different times, 0 for none


def parting(
    ours: Iterator[Entry],
    theirs: Iterator[Entry],
    names: Names,
    progress: Callable[[Sequence], None] | None = None,
) -> Parting:
    """Compare two journals; `names` learns what things are called on the way."""
    compared = 0
    build = time = Sequence(0)
    for one, other in zip_longest(ours, theirs):
        if one is None or other is None:
            return Parting(compared, "end", one, other, build, time)
        record = decode_input(one.input)
        if one.input != other.input:
            if not _is_same_start(record, other):
                return Parting(compared, "input", one, other, build, time)
            build = build or one.sequence
        names.learn(record)
        if one.outputs != other.outputs:
            return Parting(compared, "outputs", one, other, build, time)
        if one.time != other.time:
            time = time or one.sequence
        compared += 1
        if progress is not None and one.sequence % PROGRESS_EVERY == 0:
            progress(one.sequence)
    return Parting(compared, "", None, None, build, time)


def _is_same_start(record: Input, other: Entry) -> bool:
    """Whether both are the start of a node, and differ in the build alone."""
    theirs = decode_input(other.input)
    if not isinstance(record, NodeStarted) or not isinstance(theirs, NodeStarted):
        return False
    return msgspec.structs.replace(theirs, build=record.build) == record
