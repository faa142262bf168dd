"""A market that never was, from one seed: crowds for several instruments, arriving at random, on
one exchange.

Arrivals are a Poisson process per instrument; a shape over the hours of the day is optional. The
market knows nothing of us: it meets our orders in the book, as everybody does. `SimulatedWorld`
puts its events, our actions and what comes back to us in order of time; where an event of the crowd
and an action of ours arrive in the same nanosecond, the crowd was first.
"""

from heapq import heapify, heapreplace
from typing import Final

from fairlead.model.inputs import BookGap, Input
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import Action
from fairlead.model.terms import InstrumentKind
from fairlead.model.units import (
    NANOS_PER_SECOND,
    InstrumentId,
    Money,
    Nanos,
    Price,
    Quantity,
    Rate,
)
from fairlead.simulator.chance import Chance
from fairlead.simulator.crowd import Crowd, CrowdConfig
from fairlead.simulator.day_shape import USUAL, DayShape
from fairlead.simulator.exchange import Exchange
from fairlead.simulator.listing import DEFAULT_RULES
from fairlead.simulator.rules import ExchangeRules
from fairlead.simulator.scenarios import SILENCE, Scenario, ScenarioKind
from fairlead.simulator.venue import VenueConfig
from fairlead.simulator.world import NEVER

_BEGINS: Final = 0  # the parts of a scenario
_SHOWS: Final = 1
_ENDS: Final = 2
_HOURS: Final = 24
_HOUR: Final = 3_600 * NANOS_PER_SECOND
_ARRIVAL_STREAMS: Final = 1_000  # streams of chance: the venue's lie below
_CROWD_STREAMS: Final = 10_000
_INSTRUMENTS_MAX: Final = _CROWD_STREAMS - _ARRIVAL_STREAMS


class MarketConfig:
    """A market: its instruments, its seed, and how busy each hour of the day is.

    `hours` are 24 percentages, the first from midnight UTC; without them all hours are alike.
    `shape` makes parts of the day livelier than others; `scenarios` are what goes wrong, and when.
    `follows` says of some crowds which one they follow: the same thing at another venue, worth the
    same; both count from 0.
    """

    def __init__(
        self,
        crowds: list[CrowdConfig],
        *,
        seed: int = 1,
        hours: tuple[int, ...] = (),
        follows: dict[int, int] | None = None,
        shape: DayShape | None = None,
        scenarios: tuple[Scenario, ...] = (),
    ) -> None:
        """Take the terms. Raises `ValueError`."""
        if not 1 <= len(crowds) <= _INSTRUMENTS_MAX:
            raise ValueError(
                f"market: found {len(crowds)} instruments, expected 1 to {_INSTRUMENTS_MAX}"
            )
        if seed < 0:
            raise ValueError(f"market: seed is {seed}, expected 0 or more")
        if hours and (len(hours) != _HOURS or min(hours) < 1):
            raise ValueError(
                f"market: hours is {hours}, expected 24 percentages of at least 1, or none"
            )
        self.crowds = crowds
        self.seed = seed
        self.hours = hours
        self.follows = follows or {}
        self.shape = shape
        self.scenarios = scenarios

    def instruments(self) -> list[Instrument]:
        """Return what is traded."""
        return [crowd.instrument for crowd in self.crowds]


class SimulatedMarket:
    """The order flow of all crowds. `next_time` is when somebody acts next, `NEVER` at the end."""

    def __init__(
        self, exchanges: list[Exchange], config: MarketConfig, start: Nanos, until: Nanos
    ) -> None:
        """Fill the books and open the exchanges at `start`; nobody acts after `until`."""
        self._config = config
        self._follows = config.follows
        self._until = until
        self._crowds: list[Crowd] = []
        self._arrivals: list[Chance] = []
        self._due: list[tuple[Nanos, int]] = []
        self._exchanges = exchanges
        self._places: list[Exchange] = []  # where each crowd trades
        self._agenda = sorted(_agenda(config.scenarios), key=_when, reverse=True)
        for index, crowd_config in enumerate(config.crowds):
            number = crowd_config.instrument.instrument
            exchange = next(one for one in exchanges if number in one.listings)
            self._places.append(exchange)
            listing = exchange.listings[number]
            crowd = Crowd(
                exchange,
                listing,
                crowd_config,
                Chance(config.seed, _CROWD_STREAMS + index),
                start,
                config.shape,
                [one for one in config.scenarios if one.concerns(number)],
            )
            crowd.settle(start)
            self._crowds.append(crowd)
            self._arrivals.append(Chance(config.seed, _ARRIVAL_STREAMS + index))
            self._due.append((self._next_arrival(index, start), index))
        heapify(self._due)
        for exchange in exchanges:
            exchange.open(start)
        self.next_time: Nanos = self._next()

    def step(self) -> None:
        """Let the next one act, or what goes wrong go wrong."""
        time, index = self._due[0]
        assert self.next_time <= self._until, "the market has ended"
        if self._agenda and self._agenda[-1][0] <= time:
            at, scenario, part = self._agenda.pop()
            self._go_wrong(scenario, part, at)
            self.next_time = self._next()
            return
        crowd = self._crowds[index]
        if index in self._follows:
            crowd.follow(self._crowds[self._follows[index]], time)
        crowd.act(time)
        heapreplace(self._due, (self._next_arrival(index, time), index))
        self.next_time = self._next()

    def _go_wrong(self, scenario: Scenario, part: int, time: Nanos) -> None:
        """Let a scenario begin, show itself (an outage), or end."""
        for crowd, crowd_config, exchange in zip(
            self._crowds, self._config.crowds, self._places, strict=True
        ):
            number = crowd_config.instrument.instrument
            if not scenario.concerns(number):
                continue
            listing = exchange.listings[number]
            if scenario.kind is ScenarioKind.GAP:
                crowd.gap(scenario.size, time)
            elif scenario.kind is ScenarioKind.FLASH_CRASH:
                crowd.flee(time)
            elif scenario.kind is ScenarioKind.HALT and part == _BEGINS:
                exchange.halt(listing, "a scenario", time)
            elif scenario.kind is ScenarioKind.HALT:
                exchange.resume(listing, time)
        if scenario.kind is ScenarioKind.FEED_OUTAGE:
            for exchange in self._exchanges:
                _interrupt(exchange, part, time)

    def _next_arrival(self, index: int, time: Nanos) -> Nanos:
        mean = NANOS_PER_SECOND // self._config.crowds[index].arrivals
        if self._config.hours:
            mean = mean * 100 // self._config.hours[time // _HOUR % _HOURS]
        if self._config.shape is not None:
            mean = mean * USUAL // self._config.shape.volume(time)
        number = self._config.crowds[index].instrument.instrument
        for one in self._config.scenarios:
            if one.factor > 1 and one.lasts(time) and one.concerns(number):
                mean = max(1, mean // one.factor)
        return Nanos(time + self._arrivals[index].wait(Nanos(mean)))

    def _next(self) -> Nanos:
        time = self._due[0][0]
        if self._agenda:
            time = min(time, self._agenda[-1][0])
        return time if time <= self._until else NEVER


def _agenda(scenarios: tuple[Scenario, ...]) -> list[tuple[Nanos, Scenario, int]]:
    """Return at which times something is to be done for which scenario."""
    agenda: list[tuple[Nanos, Scenario, int]] = []
    for one in scenarios:
        if one.kind is not ScenarioKind.BURST:
            agenda.append((one.begin, one, _BEGINS))
        if one.kind is ScenarioKind.FEED_OUTAGE and one.begin + SILENCE < one.end:
            agenda.append((Nanos(one.begin + SILENCE), one, _SHOWS))
        if one.kind in (ScenarioKind.HALT, ScenarioKind.FEED_OUTAGE):
            agenda.append((one.end, one, _ENDS))
    return agenda


def _when(one: tuple[Nanos, Scenario, int]) -> Nanos:
    return one[0]


def _interrupt(exchange: Exchange, part: int, time: Nanos) -> None:
    """Let market data of a venue not reach us, be given up for lost, or come again."""
    data = exchange.data
    data.mute("" if part == _ENDS else "feed_outage")
    if part == _ENDS:
        exchange.refresh(time)
    elif part == _SHOWS:
        data.mute("")
        for instrument in exchange.listings:
            data.send(BookGap(instrument, "nothing came for too long"), time)
        data.mute("feed_outage")


class SimulatedWorld:
    """The world of a paper session or backtest on a simulated market."""

    def __init__(self, exchange: Exchange, market: SimulatedMarket) -> None:
        """Take the venue and the market that trades on it."""
        self.exchange = exchange
        self.market = market

    @property
    def repeats(self) -> bool:
        """It is a function of its seed and our actions."""
        return True

    def next_time(self) -> Nanos | None:
        """Return the time before which nothing reaches us; `None` once all is over."""
        event = min(self.market.next_time, self.exchange.next_event())
        time = self.exchange.output_time(event)
        return time if time != NEVER else None

    def take(self, time: Nanos) -> list[Input]:
        """Return, in order, all that reaches us up to and including `time`."""
        market, exchange = self.market, self.exchange
        while True:
            if market.next_time <= exchange.next_event():
                if market.next_time > time:
                    break
                market.step()
            elif exchange.next_event() <= time:
                exchange.happen()
            else:
                break
        return self.exchange.collect(time)

    def act(self, action: Action, time: Nanos) -> None:
        """Let an action of ours leave at `time`."""
        self.exchange.act(action, time)


def simulated_world(
    config: MarketConfig,
    venue: VenueConfig,
    start: Nanos,
    until: Nanos,
    rules: ExchangeRules = DEFAULT_RULES,
) -> SimulatedWorld:
    """Return a market on an exchange of its own, open from `start`."""
    exchange = Exchange(config.instruments(), venue, rules)
    return SimulatedWorld(exchange, SimulatedMarket([exchange], config, start, until))


def demo_market(seed: int = 1) -> MarketConfig:
    """Return three invented shares, with some 65 messages a second each."""
    return MarketConfig(
        [
            CrowdConfig(
                _demo_instrument(1, "ALPHA.SIM", Price(1)),
                price_start=Price(100_00),
                quantity=Quantity(200),
            ),
            CrowdConfig(
                _demo_instrument(2, "BETA.SIM", Price(1)),
                price_start=Price(25_00),
                quantity=Quantity(800),
                arrivals=14,
            ),
            CrowdConfig(
                _demo_instrument(3, "GAMMA.SIM", Price(5)),
                price_start=Price(480_00),
                quantity=Quantity(50),
                arrivals=22,
            ),
        ],
        seed=seed,
    )


def _demo_instrument(number: int, symbol: str, tick: Price) -> Instrument:
    return Instrument(
        instrument=InstrumentId(number),
        symbol=symbol,
        venue="SIM",
        currency="USD",
        kind=InstrumentKind.SPOT,
        price_decimals=2,
        quantity_decimals=0,
        money_decimals=6,
        price_tick=tick,
        quantity_lot=Quantity(1),
        quantity_min=Quantity(1),
        quantity_max=Quantity(100_000),
        notional_min=Money(0),
        maker_fee=Rate(-2_000),  # a rebate of 0.2 basis points
        taker_fee=Rate(3_000),
    )
