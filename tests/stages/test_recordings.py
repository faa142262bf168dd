"""Recordings as one stream, and what worlds of real recordings of each kind do with our orders."""

import itertools
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlead.model.inputs import BookGap, BookOrder, BookOrders, Input, Trade, VenueFilled
from fairlead.model.units import InstrumentId, Nanos, OrderId
from fairlead.node.configuration import AccountSettings, Configuration
from fairlead.node.venue_settings import RecordedVenueSettings, RecordingSettings
from fairlead.simulator.bars import BarWorld
from fairlead.simulator.recorded import RecordedWorld
from fairlead.simulator.recorded_book import RecordedConfig
from fairlead.stages.errors import WrongWiring
from fairlead.stages.recordings import Recordings, data_of
from fairlead.stages.worlds import surroundings
from tests.simulator.by_order import Entry, Naive
from tests.simulator.orders import BUY, cancel, market, send

USDM = "binance_l2_raw/usdm/ethusdt_20240808.gz"
SPOT = "binance_l2_raw/spot/ethusdt_20240808.gz"
LOBSTER = "lobster/data/AAPL_2012-06-21_34200000_57600000_message_10.csv"
LEAN = "lean/Data/equity/usa/daily/spy.zip"
NOT_DEEP = 20_000  # inputs that are looked at


def settings(path: Path, format: str = "binance-raw") -> RecordingSettings:
    """Return the settings of one file."""
    return RecordingSettings(format=format, files=(path,))


def configured(venue: RecordedVenueSettings, currency: str = "USD") -> Configuration:
    """Return a configuration without strategies."""
    account = AccountSettings(currency=currency, cash=1_000_000, money_decimals=8)  # type: ignore[arg-type]
    return Configuration(venue=venue, account=account)


def test_two_recordings_are_one_in_the_order_of_time_and_each_instrument_has_its_number(
    market_data: Path,
) -> None:
    files = [market_data / USDM, market_data / SPOT]
    both = Recordings([settings(file) for file in files])
    assert [one.instrument for one in both.instruments] == [1, 2]
    last, seen = Nanos(0), {1: 0, 2: 0}
    for _, (time, inputs) in zip(range(NOT_DEEP), both.events(), strict=False):
        assert time >= last
        last = time
        for one in inputs:
            seen[getattr(one, "instrument", 0)] += 1
    assert min(seen.values()) > 1_000
    assert both.counts.balanced
    assert both.counts.frames >= NOT_DEEP


def test_what_a_recording_shows_is_found_out(market_data: Path) -> None:
    assert data_of([settings(market_data / USDM)]) == "book"
    assert data_of([settings(market_data / LOBSTER, "lobster")]) == "book"
    assert data_of([settings(market_data / LEAN, "lean")]) == "bars"


def test_all_instruments_are_paid_in_the_money_of_the_account(market_data: Path) -> None:
    venue = RecordedVenueSettings(kind="recorded", files=(market_data / USDM,))
    with pytest.raises(WrongWiring, match=r"set account\.currency to USDT"):
        surroundings(configured(venue))


def visible(recordings: Recordings) -> Iterator[tuple[Nanos, list[Input]]]:
    """Yield the events without the trades of orders that nobody saw."""
    for time, inputs in recordings.events():
        yield time, [one for one in inputs if not isinstance(one, Trade)]


def apply(naive: Naive, inputs: list[Input]) -> None:
    """Let the naive model follow one event."""
    for one in inputs:
        if isinstance(one, BookOrders):
            naive.whole(one)
        elif isinstance(one, BookOrder):
            naive.apply(one)
        assert not isinstance(one, BookGap)
    naive.meet()


@pytest.mark.parametrize("seed", range(5))
def test_at_nasdaq_our_orders_are_filled_as_the_naive_model_says(
    market_data: Path, seed: int
) -> None:
    """Real orders of a real book: behind those who stood there, exactly.

    Without the trades of orders that nobody saw: of those the naive model knows nothing.
    """
    file = market_data / LOBSTER
    recordings = Recordings([settings(file, "lobster")])
    world = RecordedWorld(visible(recordings), list(recordings.instruments), RecordedConfig())
    chance, naive, fills = random.Random(seed), Naive(), list[tuple[int, int]]()
    number, prices = 0, list[int]()
    events = list(Recordings([settings(file, "lobster")]).events())
    for (time, inputs), (following, _) in itertools.pairwise(events):
        if time == following:
            apply(naive, inputs)
            continue
        heard: list[Input] = []
        entering = 0
        if prices and not world.orders and chance.random() < 0.5:
            number += 1
            entering = chance.choice(prices[-2:])
            leaves = Nanos(time - 600_002)  # it arrives before this message and after the last
            if leaves > world.now:
                heard += world.take(leaves)
                world.act(send(number, BUY, 100, entering), leaves)
            else:
                entering, number = 0, number - 1
        elif world.orders and chance.random() < 0.04:
            oldest = next(iter(world.orders))
            if time - 600_002 > world.now:
                heard += world.take(Nanos(time - 600_002))
                world.act(cancel(oldest), world.now)
                naive.cancel(oldest)
        apply(naive, inputs)
        heard += world.take(time)
        if entering and OrderId(number) in world.orders:
            naive.join(BUY, entering, Entry(number, 100, naive.now, ours=True))
        fills += [(int(one.order), int(one.quantity)) for one in heard if type(one) is VenueFilled]
        prices = naive.prices(BUY)
    assert fills == naive.fills
    assert len(fills) > 2


def test_a_backtest_on_daily_bars_fills_at_the_next_open_and_pays_ten_basis_points(
    market_data: Path,
) -> None:
    file = market_data / LEAN
    venue = RecordedVenueSettings(kind="recorded", format="lean", files=(file,))
    around = surroundings(configured(venue))
    world = around.world
    assert isinstance(world, BarWorld)
    days = [(time, inputs) for time, inputs in Recordings([settings(file, "lean")]).events()][:50]
    fills: list[VenueFilled] = []
    for number, (time, _) in enumerate(days, 1):
        fills += [one for one in world.take(time) if isinstance(one, VenueFilled)]
        world.act(market(number, BUY, 1, instrument=InstrumentId(1)), time)
    assert len(fills) == len(days) - 1
    tick = around.instruments[0].price_tick
    for fill, (_, inputs) in zip(fills, days[1:], strict=True):
        opened = getattr(inputs[0], "price", 0)
        assert fill.price == -(-opened * 1_001 // (1_000 * tick)) * tick
        assert fill.fee == pytest.approx(
            fill.price * 10 ** (8 - 4) * fill.quantity * 1e-4, rel=1e-3
        )
