"""Market data as feeds bring it."""

from fairlead.model.inputs import BookGap, Input, Quote, Trade
from fairlead.model.units import Nanos
from fairlead.simulator.chance import Chance
from fairlead.simulator.hostile.line import Line
from fairlead.simulator.hostile.market import HostileMarket
from fairlead.simulator.world import NEVER
from tests.simulator.hostile.parts import INSTRUMENTS


def told(kind: bool, ticks: int = 3_000) -> tuple[HostileMarket, list[Input]]:
    """Return a market that ticked, and what arrived of it."""
    line: Line[Input] = Line(Chance(2, 1), Nanos(1))
    line.heal()
    market = HostileMarket(Chance(2, 2), INSTRUMENTS, line)
    if kind:
        market.heal()
    for number in range(ticks):
        market.now = Nanos(number)
        market.tick()
    found = []
    while line.next_time != NEVER:
        found.append(line.take())
    return market, found


def test_it_says_everything_that_no_feed_should_say() -> None:
    market, found = told(kind=False)
    assert sorted(market.happened) == [
        *("absurd", "crossed", "gap", "one-sided", "revised", "stale")
    ]
    assert {type(one) for one in found} == {Quote, Trade, BookGap}
    quotes = [one for one in found if isinstance(one, Quote)]
    assert any(one.bid_price > one.ask_price > 0 for one in quotes)
    assert any(one.ask_price == 0 for one in quotes)


def test_healed_it_says_how_it_is_and_never_tires() -> None:
    _, found = told(kind=True, ticks=500)
    quotes = [one for one in found if isinstance(one, Quote)]
    assert len(quotes) == len(found) == 500
    assert all(0 < one.bid_price < one.ask_price for one in quotes)
    assert [one.update for one in quotes] == sorted(one.update for one in quotes)
