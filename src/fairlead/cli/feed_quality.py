"""What the rules of market data find in a recording: the machine's own, on its inputs alone."""

from collections.abc import Iterator
from typing import Any, Final

from fairlead.cli.feed_lines import Instruments, Line
from fairlead.machine.machine import Machine
from fairlead.model.inputs import DataQualityPolicyChange, Input, InstrumentDefinition
from fairlead.model.instruments import Instrument
from fairlead.model.names import Names
from fairlead.model.outputs import (
    BookRestored,
    BookStale,
    DataQualityFound,
    DataQualityRestored,
    InputRefused,
)
from fairlead.model.quality import QualityRule
from fairlead.model.text import write
from fairlead.model.units import InstrumentId, Nanos, Sequence

_SHOWN: Final = (DataQualityFound, DataQualityRestored, BookStale, BookRestored, InputRefused)


class Judgements:
    """Facts about the quality of what comes, as the machine says them."""

    def __init__(self, instruments: Instruments, rules: tuple[QualityRule, ...]) -> None:
        """Take where instruments are told, and what data is held to."""
        self.found: dict[str, int] = {}  # by what was found, and by what was left out
        self._instruments = instruments
        self._rules = rules
        self._machine = Machine()
        self._names = Names()
        self._time = Nanos(0)
        self._defined: dict[InstrumentId, None] = {}

    def lines(self, time: Nanos, input: Input) -> Iterator[Line]:
        """Yield what the machine says about an input."""
        self._time = max(self._time, time)  # of the machine: it never goes back
        if not self._machine.state.sequence:
            yield from self._apply(DataQualityPolicyChange(self._rules, "feed", "a look"))
        number = getattr(input, "instrument", None)
        if number is not None and number not in self._defined:
            for each in self._instruments():
                if each.instrument not in self._defined:
                    yield from self._define(each)
        yield from self._apply(input)

    def _define(self, instrument: Instrument) -> Iterator[Line]:
        self._defined[instrument.instrument] = None
        definition = InstrumentDefinition(instrument)
        self._names.learn(definition)
        yield from self._apply(definition)

    def _apply(self, input: Input) -> Iterator[Line]:
        sequence = Sequence(self._machine.state.sequence + 1)
        for output in self._machine.apply(sequence, self._time, input):
            if not isinstance(output, _SHOWN):
                continue
            written: dict[str, Any] = write(output, self._names)
            self._count(written)
            yield {"time": self._time, **written}

    def _count(self, written: dict[str, Any]) -> None:
        what = written["type"]
        if what == "DataQualityFound":
            what = f"{written['kind']}{' left out' if written['left_out'] else ''}"
            self.found[what] = self.found.get(what, 0) + 1
