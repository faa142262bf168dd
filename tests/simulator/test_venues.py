"""Several venues in one world: each with its own fees and distance, one worth everywhere."""

import msgspec
import pytest

from fairlead.model.inputs import (
    Input,
    Quote,
    Statement,
    Trade,
    VenueAccepted,
    VenueDisconnected,
    VenueFilled,
)
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import Disconnect, SendOrder
from fairlead.model.statements import StatementCash
from fairlead.model.units import InstrumentId, Money, Nanos, Price, Quantity, Rate
from fairlead.simulator.crowd import CrowdConfig
from fairlead.simulator.latency import LatencyModel
from fairlead.simulator.listing import DEFAULT_RULES
from fairlead.simulator.market import MarketConfig
from fairlead.simulator.venue import VenueConfig
from fairlead.simulator.venues import Place, SeveralVenues, several_venues
from tests.simulator.orders import BUY, INSTRUMENT, START, ask, at, cancel, market, send

SECOND = 10**9
NEAR, FAR = "NEAR", "FAR"


def listed(number: int, venue: str, taker_fee: int) -> Instrument:
    """Return the same thing at a venue."""
    return msgspec.structs.replace(
        INSTRUMENT,
        instrument=InstrumentId(number),
        symbol=f"ONE.{venue}",
        venue=venue,
        price_tick=Price(1),
        quantity_lot=Quantity(1),
        quantity_min=Quantity(1),
        notional_min=Money(0),
        taker_fee=Rate(taker_fee),
    )


def world(seconds: int, seed: int = 1) -> SeveralVenues:
    """Return two venues, one a hundred times as far as the other."""
    crowds = [
        CrowdConfig(listed(n, venue, fee), price_start=Price(50_000), quantity=Quantity(100))
        for n, venue, fee in ((1, NEAR, 1_000), (2, FAR, 9_000))
    ]
    config = MarketConfig(crowds, seed=seed, follows={1: 0})
    places = [
        Place(name, VenueConfig(order_latency=LatencyModel(Nanos(way))), DEFAULT_RULES)
        for name, way in ((NEAR, 10_000), (FAR, 1_000_000))
    ]
    return several_venues(config, places, START, at(seconds * SECOND))


def heard(venues: SeveralVenues, until: int) -> list[tuple[int, Input]]:
    """Return everything that reaches us up to a time, with the time after the start."""
    found: list[tuple[int, Input]] = []
    while (time := venues.next_time()) is not None and time <= at(until):
        found += [(time - START, one) for one in venues.take(time)]
    return found


def test_the_same_thing_is_worth_the_same_at_both_venues() -> None:
    quotes: dict[int, Quote] = {}
    apart = []
    for _, one in heard(world(120), 120 * SECOND):
        if isinstance(one, Quote) and one.bid_price and one.ask_price:
            quotes[one.instrument] = one
        if len(quotes) == 2:
            apart.append(abs(quotes[1].bid_price - quotes[2].bid_price))
    moved = {one.bid_price for one in quotes.values()}
    assert max(moved) != 50_000
    assert sorted(apart)[len(apart) // 2] <= 3, "ticks of 50000, in the middle"


def test_an_order_goes_to_the_venue_of_its_instrument_at_its_distance_and_fee() -> None:
    venues = world(10)
    heard(venues, SECOND)
    venues.act(market(1, BUY, 10), at(SECOND))
    venues.act(with_instrument(market(2, BUY, 10), 2), at(SECOND))
    found = heard(venues, 2 * SECOND)
    accepted = {one.order: one.venue_time for _, one in found if isinstance(one, VenueAccepted)}
    assert accepted == {1: at(SECOND + 10_000), 2: at(SECOND + 1_000_000)}
    fees = {int(one.order): one.fee for _, one in found if isinstance(one, VenueFilled)}
    assert fees[2] > 8 * fees[1]
    ids = [one.execution for _, one in found if isinstance(one, VenueFilled)]
    assert ids.count("E000000001") == 2, "each venue counts for itself"


def with_instrument(order: SendOrder, number: int) -> SendOrder:
    """Return an order for another instrument."""
    approved = msgspec.structs.replace(order.approved, instrument=InstrumentId(number))
    return SendOrder(approved)


def test_each_venue_states_what_it_knows_and_no_cash() -> None:
    venues = world(10)
    venues.act(market(1, BUY, 10), at(0))
    heard(venues, SECOND)
    for name in (NEAR, FAR):
        venues.act(ask(venue=name), at(SECOND))
    statements = [one for _, one in heard(venues, 2 * SECOND) if isinstance(one, Statement)]
    assert [(one.venue, len(one.positions or ()), one.cash) for one in statements] == [
        (NEAR, 1, None),
        (FAR, 0, None),
    ]


def test_a_disconnect_ends_the_orders_of_one_venue_alone() -> None:
    venues = world(10)
    for number in (1, 2):
        order = with_instrument(send(number, BUY, 10, 40_000), number)
        venues.act(order, at(0))
    heard(venues, SECOND)
    venues.act(Disconnect(FAR, "a test"), at(SECOND))
    found = [
        one.venue for _, one in heard(venues, 2 * SECOND) if isinstance(one, VenueDisconnected)
    ]
    assert found == [FAR]
    assert [len(one.orders) for one in venues.exchanges.values()] == [1, 0]
    venues.act(cancel(1), at(2 * SECOND))
    heard(venues, 3 * SECOND)
    assert not venues.exchanges[NEAR].orders


def test_inputs_come_in_order_of_time_and_the_same_from_the_same_seed() -> None:
    slow, quick = world(20), world(20)
    one_by_one = heard(slow, 20 * SECOND)
    at_once = quick.take(at(20 * SECOND))
    assert [one for _, one in one_by_one] == at_once
    assert [time for time, _ in one_by_one] == sorted(time for time, _ in one_by_one)
    assert {one.instrument for one in at_once if isinstance(one, Trade)} == {1, 2}
    assert at_once != world(20, seed=2).take(at(20 * SECOND))


def test_a_venue_that_tells_of_cash_is_a_mistake() -> None:
    config = VenueConfig(cash=(StatementCash("USD", Money(1)),))
    with pytest.raises(ValueError, match="none knows all our cash"):
        Place(NEAR, config, DEFAULT_RULES)
