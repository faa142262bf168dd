"""A backtest: the parts of a session without a journal, from one time to another, at full speed."""

from collections.abc import Iterable

from fairlead.model.inputs import Input
from fairlead.model.units import Nanos
from fairlead.node.configuration import Configuration
from fairlead.node.pace import Pace
from fairlead.readers.reader import Reader
from fairlead.stages.errors import WrongWiring
from fairlead.stages.opening import opening
from fairlead.stages.wiring import OVER, Wired, wire

STAGE = "backtest"


def backtest(
    configuration: Configuration,
    pace: Pace,
    begin: Nanos | None = None,
    end: Nanos | None = None,
    readers: Iterable[Reader] = (),
) -> Wired:
    """Run a backtest and return the session as it ended.

    Market data before `begin` builds the books while trading is halted; nothing after `end` is
    looked at. Without them the whole of the data is traded.
    """
    wired = wire(configuration, readers)
    return lived_through(wired, opening(wired, 1, STAGE), pace, begin, end)


def lived_through(
    wired: Wired,
    first: list[Input],
    pace: Pace,
    begin: Nanos | None = None,
    end: Nanos | None = None,
) -> Wired:
    """Open a session by its first inputs, trade from `begin` to `end`, and stop it in order."""
    session = wired.session
    session.start(first)
    until = wired.surroundings.until if end is None else min(end, wired.surroundings.until)
    if begin is not None and begin > wired.surroundings.start:
        session.run(pace, Nanos(min(begin, until) - 1))
    if begin is not None and wired.surroundings.world.next_time() is None:
        raise WrongWiring("the data ends before the time to trade from: nothing can be traded")
    if end is not None and end < wired.surroundings.start:
        raise WrongWiring("the data begins after the time to trade to: nothing can be traded")
    wired.release(pace, until)
    session.run(pace, until)
    wired.stop(OVER)
    return wired
