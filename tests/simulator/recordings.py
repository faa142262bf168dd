"""Recordings by hand for the tests: a market told event by event, and us in it."""

from collections.abc import Iterable

from fairlead.model.inputs import (
    BookChange,
    BookGap,
    BookSnapshot,
    Input,
    Levels,
    Quote,
    Trade,
)
from fairlead.model.outputs import Action
from fairlead.model.terms import Side
from fairlead.model.units import (
    NANOS_PER_MILLISECOND,
    InstrumentId,
    Nanos,
    Price,
    Quantity,
    Rate,
    UpdateId,
)
from fairlead.simulator.impact import ImpactConfig
from fairlead.simulator.queue_models import QueueModel
from fairlead.simulator.recorded import RecordedWorld
from fairlead.simulator.recorded_book import RecordedConfig
from tests.simulator.orders import INSTRUMENT, ONE, at, quick, story

Event = tuple[Nanos, list[Input]]
Pairs = tuple[tuple[int, int], ...]


def levels(pairs: Pairs) -> Levels:
    """Return levels from plain numbers."""
    return tuple((Price(price), Quantity(quantity)) for price, quantity in pairs)


def snapshot(bids: Pairs, asks: Pairs, update: int = 0) -> BookSnapshot:
    """Return a snapshot."""
    return BookSnapshot(ONE, levels(bids), levels(asks), UpdateId(update), Nanos(0))


def change(bids: Pairs = (), asks: Pairs = (), update: int = 0) -> BookChange:
    """Return a change of some levels."""
    return BookChange(ONE, levels(bids), levels(asks), UpdateId(update), Nanos(0))


def quote(bid: tuple[int, int], ask: tuple[int, int], update: int = 0) -> Quote:
    """Return a touch."""
    return Quote(
        ONE,
        Price(bid[0]),
        Quantity(bid[1]),
        Price(ask[0]),
        Quantity(ask[1]),
        UpdateId(update),
        Nanos(0),
    )


def trade(aggressor: Side, quantity: int, price: int) -> Trade:
    """Return a trade of others."""
    return Trade(ONE, Price(price), Quantity(quantity), aggressor, "t", Nanos(0))


def gap() -> BookGap:
    """Return that the feed lost its place."""
    return BookGap(ONE, "lost")


class Stage:
    """A recording with one event per millisecond, and us who act in between."""

    def __init__(
        self,
        *script: Input | Action,
        queue_model: QueueModel = QueueModel.PESSIMISTIC,
        settle: int = 200 * NANOS_PER_MILLISECOND,
        touch_only: bool = False,
        impacts: dict[InstrumentId, ImpactConfig] | None = None,
        slippage: int = 0,
        delayed: bool = False,
    ) -> None:
        """Take what happens, in order; an action of ours leaves just after the event before it."""
        self.events: list[Event] = []
        self.actions: list[tuple[Nanos, Action]] = []
        time = 0
        for one in script:
            if isinstance(one, Action):
                self.actions.append((at(time + 1), one))
            else:
                time += NANOS_PER_MILLISECOND
                self.events.append((at(time), [one]))
        config = RecordedConfig(
            venue=quick(),
            queue_model=queue_model,
            settle=Nanos(settle),
            touch_only=touch_only,
            impacts=impacts,
            slippage=Rate(slippage),
            delayed=delayed,
        )
        self.world = RecordedWorld(iter(self.events), [INSTRUMENT], config)

    def play(self) -> list[tuple[Nanos, Input]]:
        """Play it all; return what reaches us, with its time."""
        heard: list[tuple[Nanos, Input]] = []
        actions = iter([*self.actions, None])
        action = next(actions)
        while True:
            time = self.world.next_time()
            if action is not None and (time is None or action[0] < time):
                heard += [(action[0], one) for one in self.world.take(action[0])]
                self.world.act(action[1], action[0])
                action = next(actions)
            elif time is None:
                return heard
            else:
                heard += [(time, one) for one in self.world.take(time)]


def played(*script: Input | Action, **models: object) -> list[str]:
    """Return what venue reports say when a script is played."""
    stage = Stage(*script, **models)  # type: ignore[arg-type]
    return story([one for _, one in stage.play()])


def recording(inputs: Iterable[Input], touch_only: bool = False) -> RecordedWorld:
    """Return the world of a recording with one input per millisecond."""
    events = [(at(step * NANOS_PER_MILLISECOND), [one]) for step, one in enumerate(inputs, 1)]
    return RecordedWorld(
        iter(events), [INSTRUMENT], RecordedConfig(venue=quick(), touch_only=touch_only)
    )
