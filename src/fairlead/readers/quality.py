"""What market data was like, from inputs and outputs alone: counts, delays, what rules found.

Of each instrument and class, what came is what was passed on and what was dropped, by reason: the
kind of the rule that left it out, or `refused` for what the machine refuses anyway.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from fairlead.gateways.delays import Delays
from fairlead.machine.quality_reading import CLASSES_OF
from fairlead.machine.risk.quality import LASTING, blocks
from fairlead.model.inputs import BookGap, Input
from fairlead.model.outputs import (
    DataQualityFound,
    DataQualityRestored,
    InputRefused,
    Output,
)
from fairlead.model.quality import DataClass, QualityAction, QualityKind
from fairlead.model.units import InstrumentId, Nanos, Sequence

Place = tuple[InstrumentId, QualityKind, QualityAction, DataClass]

_LEFT_OUT: Final = "data quality: "
_REFUSED: Final = "refused"


class Flow:
    """What came of one instrument and class, and what became of it."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self.came = 0
        self.passed = 0
        self.dropped: dict[str, int] = {}  # by reason
        self.last_time = Nanos(0)
        self.delays = Delays()

    @property
    def balanced(self) -> bool:
        """Whether all that came is accounted for."""
        return self.came == self.passed + sum(self.dropped.values())


class Standing(NamedTuple):
    """What a rule found, and nothing has said since that it is over."""

    found: DataQualityFound
    time: Nanos
    sequence: Sequence


class DataQuality:
    """Follows a journal. A reader."""

    def __init__(self) -> None:
        """Begin before the first input."""
        self.flows: dict[tuple[InstrumentId, DataClass], Flow] = {}
        self.gaps: dict[InstrumentId, int] = {}
        self.found: dict[tuple[InstrumentId, QualityKind, QualityAction], int] = {}
        self._standing: dict[Place, Standing] = {}

    def follow(self, sequence: Sequence, time: Nanos, input: Input, outputs: list[Output]) -> None:
        """Take in an input with what the machine answered."""
        data = CLASSES_OF.get(type(input))
        if data is not None:
            self._count(data, time, input, outputs)
        elif isinstance(input, BookGap):
            self.gaps[input.instrument] = self.gaps.get(input.instrument, 0) + 1
        for output in outputs:
            if isinstance(output, DataQualityFound):
                self._find(output, time, sequence)
            elif isinstance(output, DataQualityRestored):
                self._standing.pop(_place(output), None)

    def standing(self) -> Iterator[Standing]:
        """Yield what lasts, or keeps orders waiting, and is not over."""
        yield from self._standing.values()

    def _count(self, data: DataClass, time: Nanos, input: Input, outputs: list[Output]) -> None:
        number: InstrumentId = getattr(input, "instrument", InstrumentId(0))
        flow = self.flows.get((number, data))
        if flow is None:
            flow = self.flows[number, data] = Flow()
        flow.came += 1
        flow.last_time = time
        flow.delays.observe((input,), time)
        reason = _dropped(type(input).__name__, outputs)
        if reason:
            flow.dropped[reason] = flow.dropped.get(reason, 0) + 1
        else:
            flow.passed += 1

    def _find(self, found: DataQualityFound, time: Nanos, sequence: Sequence) -> None:
        key = (found.instrument, found.kind, found.action)
        self.found[key] = self.found.get(key, 0) + 1
        if found.kind in LASTING or blocks(found.kind, found.action, found.data):
            self._standing.setdefault(_place(found), Standing(found, time, sequence))


def _place(fact: DataQualityFound | DataQualityRestored) -> Place:
    """Return what begins and is over as one: a good message does not mend a bad book."""
    data = fact.data if fact.kind in LASTING or fact.data is DataClass.BOOK else DataClass.ANY
    return fact.instrument, fact.kind, fact.action, data


def _dropped(kind: str, outputs: list[Output]) -> str:
    """Return why an input did not reach the market, empty if it did."""
    for output in outputs:
        if isinstance(output, InputRefused) and output.kind == kind:
            left_out = output.reason.startswith(_LEFT_OUT)
            return output.reason.removeprefix(_LEFT_OUT) if left_out else _REFUSED
    return ""
