"""One input with its outputs, as the tables take it: who, when, and in which words."""

from collections.abc import Mapping
from typing import Any, Final

from fairlead.model.inputs import (
    CancelRequest,
    Input,
    ParentEnd,
    ParentRequest,
    ReplaceRequest,
    StrategyFailed,
    SubmitRequest,
    TimerFired,
    VenueReport,
)
from fairlead.model.names import Names
from fairlead.model.outputs import InputRefused, Output
from fairlead.model.text import write
from fairlead.model.units import Nanos, Sequence
from fairlead.readers.sql.columns import moment
from fairlead.readers.sql.workspace import number, text

MACHINE: Final = "machine"
POSITIONS_MAX: Final = 1_000_000  # of one input: more outputs than a kill of everything has
_OF_STRATEGIES: Final = (
    SubmitRequest,
    CancelRequest,
    ReplaceRequest,
    ParentRequest,
    ParentEnd,
    StrategyFailed,
    TimerFired,
)


class AppliedEntry:
    """An input that was applied, and its outputs."""

    def __init__(
        self, sequence: Sequence, time: Nanos, input: Input, outputs: list[Output], names: Names
    ) -> None:
        """Take the entry, and the names of what was defined before it."""
        assert len(outputs) < POSITIONS_MAX, "an input has fewer outputs than fit its event ids"
        self.sequence = sequence
        self.time = time
        self.input = input
        self.outputs = outputs
        self._names = names

    @property
    def refused(self) -> str | None:
        """Why the input was refused, None if it was taken."""
        kind = type(self.input).__name__
        for output in self.outputs:
            if isinstance(output, InputRefused) and output.kind == kind:
                return output.reason
        return None

    def event_id(self, position: int) -> int:
        """Return the number of the input (0) or of one of its outputs: they grow in order."""
        return self.sequence * POSITIONS_MAX + position

    def at(self, name: str) -> Mapping[str, Any]:
        """Return the time of the entry, as both columns of this name."""
        return times(name, self.time)

    def document(self, record: Input | Output) -> dict[str, Any]:
        """Return a record in names and decimals."""
        found: dict[str, Any] = plain(write(record, self._names))
        return found

    def actor(self, venue: str) -> str:
        """Return who said the input: a person, a strategy or the venue; `machine` if nobody did."""
        said: Any = self.input
        person = getattr(said, "person", "")
        if person:
            return str(person)
        if isinstance(said, _OF_STRATEGIES):
            return self._names.strategies.name(said.strategy)
        return f"venue:{venue}" if isinstance(said, VenueReport) else MACHINE


def times(name: str, nanos: int) -> dict[str, Any]:
    """Return a time as both columns of this name; neither where it is 0."""
    if nanos == 0:
        return {name: None, f"{name}_ns": None}
    kept = number(nanos)
    return {name: moment(kept), f"{name}_ns": kept}


def plain(value: Any) -> Any:
    """Return a document without what no database may have in one."""
    if isinstance(value, dict):
        return {plain(key): plain(below) for key, below in value.items()}
    if isinstance(value, list | tuple):
        return [plain(below) for below in value]
    return text(value) if isinstance(value, str) else value
