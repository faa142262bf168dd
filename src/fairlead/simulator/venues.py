"""Several exchanges in one world: each with its own rules, fees and distance, one market on all.

An action goes to the venue of its instrument, or to the one that it names. What reaches us comes in
order of time over all venues: at equal time reports before market data, then in the order of the
venues. Each venue keeps its own account of us; none of them knows all our cash, so none tells it.
"""

from fairlead.model.inputs import Input
from fairlead.model.outputs import (
    Action,
    Disconnect,
    ReplaceOrder,
    RequestStatement,
    SendOrder,
)
from fairlead.model.units import Nanos
from fairlead.simulator.exchange import Exchange
from fairlead.simulator.market import MarketConfig, SimulatedMarket
from fairlead.simulator.rules import ExchangeRules
from fairlead.simulator.venue import VenueConfig
from fairlead.simulator.world import NEVER


class Place:
    """A venue: its name, how it is reached, and its rules."""

    def __init__(self, name: str, config: VenueConfig, rules: ExchangeRules) -> None:
        """Take the terms. Raises `ValueError` where it would tell of cash."""
        if config.cash:
            raise ValueError(f"venue {name!r}: of several venues none knows all our cash")
        self.name = name
        self.config = config
        self.rules = rules


class SeveralVenues:
    """The world of a session that trades at several venues."""

    def __init__(self, exchanges: dict[str, Exchange], market: SimulatedMarket) -> None:
        """Take the venues by name, and the market that trades on them."""
        self.exchanges = exchanges
        self.market = market
        self._all = list(exchanges.values())
        self._by_instrument = {
            number: exchange for exchange in self._all for number in exchange.instruments
        }

    @property
    def repeats(self) -> bool:
        """It is a function of its seed and our actions."""
        return True

    def next_time(self) -> Nanos | None:
        """Return the time before which nothing reaches us; `None` once all is over."""
        crowd = self.market.next_time
        time = min([one.output_time(min(crowd, one.next_event())) for one in self._all])
        return time if time != NEVER else None

    def take(self, time: Nanos) -> list[Input]:
        """Return, in order, all that reaches us up to and including `time`."""
        while True:
            exchange = self._next()
            event = exchange.next_event()
            if self.market.next_time <= event:
                if self.market.next_time > time:
                    return self._collect(time)
                self.market.step()
            elif event <= time:
                exchange.happen()
            else:
                return self._collect(time)

    def act(self, action: Action, time: Nanos) -> None:
        """Let an action of ours leave at `time`."""
        if isinstance(action, Disconnect | RequestStatement):
            for name, exchange in self.exchanges.items():
                if action.venue in ("", name):
                    exchange.act(action, time)
            return
        if isinstance(action, SendOrder | ReplaceOrder):
            number = action.approved.instrument
        else:
            number = action.instrument
        self._by_instrument.get(number, self._all[0]).act(action, time)

    def _next(self) -> Exchange:
        """Return where something happens next."""
        found = self._all[0]
        for exchange in self._all[1:]:
            if exchange.next_event() < found.next_event():
                found = exchange
        return found

    def _collect(self, time: Nanos) -> list[Input]:
        inputs: list[Input] = []
        while True:
            arrival = min([min(one.reports.next_time, one.data.next_time) for one in self._all])
            if arrival > time:
                break
            for one in self._all:
                while one.reports.next_time <= arrival:
                    inputs.append(one.reports.receive())
            for one in self._all:
                while one.data.next_time <= arrival:
                    inputs.append(one.data.receive())
        for one in self._all:
            one.now = time
        return inputs


def several_venues(
    config: MarketConfig, places: list[Place], start: Nanos, until: Nanos
) -> SeveralVenues:
    """Return a market on several exchanges, each with the instruments of its name."""
    instruments = config.instruments()
    exchanges = {
        place.name: Exchange(
            [one for one in instruments if one.venue == place.name], place.config, place.rules
        )
        for place in places
    }
    market = SimulatedMarket(list(exchanges.values()), config, start, until)
    return SeveralVenues(exchanges, market)
