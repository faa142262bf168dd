"""The world that a backtest or a paper session trades against, and the words its venues share.

Time is virtual and always given. What is simulated here is a deterministic function of its seed or
recording and of the actions with their times: the same in gives the same out, byte for byte.
Nothing here may read a clock or draw unseeded chance.
"""

from enum import Enum
from typing import Final, Protocol

from fairlead.model.inputs import Input
from fairlead.model.outputs import Action
from fairlead.model.units import Nanos
from fairlead.simulator.stretch import Stretch

NEVER: Final = Nanos(
    (1 << 62) - 1
)  # later than any time; the largest integer that mypyc keeps unboxed

CROWD: Final = 0  # the participant that stands for everybody else; the crowd may trade with itself
US: Final = 1  # the participant that our orders belong to


class World(Protocol):
    """What trades against us: it takes our actions and tells what reached us.

    A world that `repeats` is a function of its seed or recording and of our actions: after a crash
    it is rehearsed with the journal and stands where it stood. One that does not is outside of us,
    as every real venue is: it went on without us, and what it holds has to be asked for.
    """

    @property
    def repeats(self) -> bool:
        """Return whether the same actions at the same times would bring the same again."""

    def next_time(self) -> Nanos | None:
        """Return the time before which nothing reaches us; `None` if nothing more will happen by
        itself.

        Something usually reaches us at exactly that time. It can be nothing: the world may move, as
        when an order of ours arrives and waits, without telling us. Asking does not move the world.
        """

    def take(self, time: Nanos) -> list[Input]:
        """Return, in order, all that reaches us up to and including `time`: at equal time reports
        before market data.

        `time` never goes back.
        """

    def act(self, action: Action, time: Nanos) -> str | None:
        """Let an action leave us at `time`, which is not before the last `take`.

        Return why nothing of it left, None where it left, or may have.
        """


class ForeseenWorld(World, Protocol):
    """A world that can say what reaches us next, as long as nothing of ours leaves."""

    def stretch(self) -> Stretch | None:
        """Return market data to come; `None` where something else comes, or it is not known.

        What was taken of it before the next call of anything here has reached us.
        """


class Handling(Enum):
    """How an order meets the book."""

    LIMIT = 1  # take what its price allows, let the rest wait
    POST_ONLY = 2  # wait, or do not enter at all
    IOC = 3  # take what its price allows at once, the rest is gone
    FOK = 4  # all at once or nothing
    MARKET = 5  # as IOC, at any price or up to a protection price
    MARKET_TO_LIMIT = 6  # take at the touch, let the rest wait at that price
