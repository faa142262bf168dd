"""An offered load: ticks that are due at times fixed beforehand, whether a session keeps up or not.

Who measures how long each tick takes from when it was *taken* measures nothing while a session is
held up: the ticks of that time are taken later, fast one after the other, and look well. Here a
tick is late from the moment at which it was due; a stall of 5 ms is felt by every tick that falls
into it ("coordinated omission", Tene 2013). The venue answers at once, so all that is counted is
the session's own: from a tick to the order that leaves past the last mile, from there until the
strategy hears that the venue has it, and from asking until the strategy hears of the fill.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, Protocol

from fairlead.model.inputs import Input, Quote, VenueAccepted, VenueFilled
from fairlead.model.instruments import Instrument
from fairlead.model.order_facts import OrderAccepted
from fairlead.model.outputs import Action, OrderFact, OrderFilled, SendOrder
from fairlead.model.terms import InstrumentKind, Liquidity
from fairlead.model.units import (
    NANOS_PER_SECOND,
    InstrumentId,
    Money,
    Nanos,
    Price,
    Quantity,
    Rate,
    UpdateId,
)
from fairlead.node.latency import Latencies
from fairlead.simulator.chance import Chance
from fairlead.strategy.context import Context
from fairlead.strategy.strategy import Strategy

START: Final = Nanos(1_767_623_400 * NANOS_PER_SECOND)  # Monday, 2026-01-05T14:30:00Z
SYMBOL: Final = "LOAD.SIM"
MONEY_DECIMALS: Final = 2
_INSTRUMENT: Final = InstrumentId(1)
_QUANTITY: Final = Quantity(1)
_WAITING: Final = Quantity(100_000)  # at the touch
_PRICE: Final = 10_000
_PRICES: Final = 7  # the touch goes round
_SESSION_DATE: Final = 20_260_105
_SEED: Final = 42

TellTime = Callable[[], Nanos]


class Schedule(Protocol):
    """Knows when, by our own clock, a time of the world comes."""

    def due(self, time: Nanos) -> Nanos:
        """Return when that is."""


@dataclass
class Spans:
    """What was measured of the ticks that count."""

    tick_to_order: Latencies = field(default_factory=Latencies)
    order_to_acknowledgement: Latencies = field(default_factory=Latencies)
    order_to_fill: Latencies = field(default_factory=Latencies)


def listed() -> Instrument:
    """Return what is traded: cents, single shares, no fees."""
    return Instrument(
        instrument=_INSTRUMENT,
        symbol=SYMBOL,
        venue="SIM",
        currency="USD",
        kind=InstrumentKind.SPOT,
        price_decimals=2,
        quantity_decimals=0,
        money_decimals=MONEY_DECIMALS,
        price_tick=Price(1),
        quantity_lot=Quantity(1),
        quantity_min=Quantity(1),
        quantity_max=Quantity(1_000_000),
        notional_min=Money(0),
        maker_fee=Rate(0),
        taker_fee=Rate(0),
    )


def due_times(rate: int, count: int, warming: int = 0, warming_rate: int = 1_000) -> list[Nanos]:
    """Return when ticks are due: first those that warm up, evenly, then `rate` a second by chance.

    Independent arrivals (Poisson) come in clumps, as orders do; evenly spaced ones would never
    meet before the session is busy all the time.
    """
    assert rate > 0, "a load has a rate"
    chance = Chance(_SEED, 1)
    times = [Nanos(START + number * NANOS_PER_SECOND // warming_rate) for number in range(warming)]
    time = Nanos(times[-1] + NANOS_PER_SECOND // warming_rate if times else START)
    mean = Nanos(NANOS_PER_SECOND // rate)
    for _ in range(count):
        time = Nanos(time + max(1, chance.wait(mean)))
        times.append(time)
    return times


class OfferedMarket:
    """A world of ticks at their times, where every order is taken and filled at once."""

    repeats: Final = True

    def __init__(self, times: Iterable[Nanos], warming: int, now: TellTime) -> None:
        """Take when the ticks are due, how many of them do not count, and our own clock."""
        self.spans = Spans()
        self.ticks = 0  # that were taken
        self.orders = 0  # that left
        self.left = Nanos(0)  # when the last order did, by our own clock
        self.schedule: Schedule | None = None
        self._times = deque(times)
        self._warming = warming
        self._now = now
        self._reports: list[Input] = []
        self._touch = Nanos(0)

    @property
    def counts(self) -> bool:
        """Whether the tick at hand counts: the session is warm."""
        return self.ticks > self._warming

    def next_time(self) -> Nanos | None:
        """Return when the reports that wait, or else the next tick, reach us."""
        if self._reports:
            return self._touch
        return self._times[0] if self._times else None

    def take(self, time: Nanos) -> list[Input]:
        """Return the reports that wait, then the tick of this time."""
        inputs, self._reports = self._reports, []
        if self._times and self._times[0] <= time:
            self._touch = self._times.popleft()
            self.ticks += 1
            inputs.append(_quote(self.ticks, self._touch))
        return inputs

    def act(self, action: Action, time: Nanos) -> str | None:
        """Take an order and fill it; note when it left, and when the tick that it follows was due.

        The clock is read first: what comes after is the world's.
        """
        now = self._now()
        assert isinstance(action, SendOrder), "every order is filled before it could be changed"
        assert self.schedule is not None, "time has begun to pass"
        approved = action.approved
        self.orders += 1
        self.left = now
        if self.counts:
            self.spans.tick_to_order.record(Nanos(now - self.schedule.due(self._touch)))
        number = str(self.orders)
        order, instrument = approved.order, approved.instrument
        self._reports.append(VenueAccepted(order, instrument, number, time))
        self._reports.append(
            VenueFilled(
                order,
                instrument,
                number,
                _SESSION_DATE,
                approved.price,
                approved.quantity,
                Money(0),
                Liquidity.TAKER,
                time,
            )
        )
        return None


class TakingEach(Strategy):
    """Takes the touch on every tick, buying and selling by turns; notes when it hears what."""

    def __init__(self, market: OfferedMarket, now: TellTime) -> None:
        """Take whose spans these are, and our own clock."""
        super().__init__()
        self.fills = 0
        self._market = market
        self._now = now
        self._asked = Nanos(0)
        self._buys = True

    def on_quote(self, context: Context, quote: Quote) -> None:
        """Take what is offered, or give what is asked for."""
        self._asked = self._now()
        if self._buys:
            context.buy(quote.instrument, _QUANTITY, quote.ask_price)
        else:
            context.sell(quote.instrument, _QUANTITY, quote.bid_price)
        self._buys = not self._buys

    def on_order(self, context: Context, fact: OrderFact) -> None:
        """Note how long the acknowledgement took; anything else ends the run."""
        assert isinstance(fact, OrderAccepted), f"nothing refuses an order of this load: {fact}"
        if self._market.counts:
            span = self._now() - self._market.left
            self._market.spans.order_to_acknowledgement.record(Nanos(span))

    def on_fill(self, context: Context, fill: OrderFilled) -> None:
        """Note how long the fill took."""
        self.fills += 1
        if self._market.counts:
            self._market.spans.order_to_fill.record(Nanos(self._now() - self._asked))


def _quote(number: int, time: Nanos) -> Quote:
    bid = Price(_PRICE + number % _PRICES)
    return Quote(_INSTRUMENT, bid, _WAITING, Price(bid + 1), _WAITING, UpdateId(number), time)
