"""What a configuration says of a simulated exchange, as the exchange has it."""

import pytest

from fairlead.model.inputs import BookOrderAdded, VenueFilled
from fairlead.model.risk_terms import Phase
from fairlead.model.terms import OrderType, TimeInForce
from fairlead.model.units import NANOS_PER_SECOND
from fairlead.node.configuration import Configuration
from fairlead.node.errors import NodeError
from fairlead.node.loading import read
from fairlead.simulator.market import SimulatedWorld
from fairlead.simulator.matching import SelfTrade
from fairlead.simulator.venues import SeveralVenues
from fairlead.stages.backtest import backtest
from fairlead.stages.errors import WrongWiring
from fairlead.stages.floor_opening import FloorTerms, open_floor
from fairlead.stages.worlds import surroundings
from tests.stages.floors import START
from tests.stages.sessions import Recorder, full_speed

HOUR = 3_600 * NANOS_PER_SECOND
ACCOUNT = "account: {currency: USD, cash: 1000000}\nsession: {duration: 30s}\n"
VENUE = """\
venue:
  kind: simulated
  instruments: [{symbol: ALPHA.SIM, price_start: 100, volatility_daily_bps: 2000}]
"""
RULES = """\
  matching:
    order_types: [stop, stop_limit, market_to_limit, pegged]
    times_in_force: [day, at_open]
    icebergs: true
    self_trade: decrement
    bands: {width_bps: 500, limit_state: 10s}
    hours: [{at: "08:00", phase: opening_auction}, {at: "09:30", phase: continuous}]
    fee_tiers: [{volume: 0, maker_bps: 1, taker_bps: 3}, {volume: 10.5, taker_bps: 2}]
    halt_call: 30s
"""
PLACES = """\
  venues:
    - {name: NORTH, fees: {maker_bps: -1, taker_bps: 3}}
    - {name: SOUTH, latency: {order: 2ms}, matching: {icebergs: true}}
"""


def configured(text: str) -> Configuration:
    """Return a configuration with this venue."""
    return read(ACCOUNT + VENUE + text, "a.yaml", {})


def test_the_rules_of_a_configuration_are_those_of_the_exchange() -> None:
    world = surroundings(configured(RULES)).world
    assert isinstance(world, SimulatedWorld)
    exchange = world.exchange
    rules = exchange.rules
    assert rules.self_trade is SelfTrade.DECREMENT
    assert rules.hours.phases == (
        (8 * HOUR, Phase.OPENING_AUCTION),
        (9 * HOUR + HOUR // 2, Phase.CONTINUOUS),
    )
    assert rules.bands is not None
    assert (rules.bands.width, rules.bands.limit_state) == (500, 10 * NANOS_PER_SECOND)
    assert rules.halt_call == 30 * NANOS_PER_SECOND
    (instrument,) = exchange.instruments.values()
    assert OrderType.PEGGED in instrument.order_types
    assert TimeInForce.AT_OPEN in instrument.times_in_force
    assert instrument.icebergs
    rates = [exchange.fees.rate(instrument, is_maker, START) for is_maker in (True, False)]
    assert rates == [10_000, 30_000]


def test_several_venues_list_the_same_things_on_their_own_terms() -> None:
    found = surroundings(configured(PLACES))
    assert isinstance(found.world, SeveralVenues)
    listed = {one.symbol: one for one in found.instruments}
    assert list(listed) == ["ALPHA.NORTH", "ALPHA.SOUTH"]
    assert listed["ALPHA.NORTH"].maker_fee == -10_000
    assert listed["ALPHA.SOUTH"].maker_fee == 20_000
    assert not listed["ALPHA.NORTH"].icebergs
    assert listed["ALPHA.SOUTH"].icebergs


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("  matching: {order_types: [wish]}\n", "order_types"),
        ("  matching: {hours: [{at: '24:00', phase: closed}]}\n", "HH:MM"),
        (
            "  matching: {hours: [{at: '09:00', phase: closed}, {at: '08:00', phase: closed}]}\n",
            "later than the one before",
        ),
        ("  matching: {fee_tiers: [{volume: 5}]}\n", "the first tier"),
        ("  matching: {fee_tiers: [{volume: 0}, {volume: 0}]}\n", "more than the one before"),
        ("  matching: {bands: {width_bps: 0}}\n", "width_bps"),
        ("  venues: [{name: NORTH}, {name: NORTH}]\n", "each name once"),
    ],
)
def test_what_cannot_be_is_said_with_its_place(text: str, said: str) -> None:
    with pytest.raises(NodeError, match=said):
        configured(text)


@pytest.mark.parametrize("text", [PLACES, "  matching: {data: orders}\n"])
def test_an_exchange_of_its_own_is_one_venue_that_publishes_levels(text: str) -> None:
    with pytest.raises(WrongWiring, match="one venue that publishes levels"):
        open_floor(configured(text), FloorTerms(), START)


MAKER = """\
strategies:
  - name: maker
    strategy: market_making
    parameters:
      instruments: [ALPHA.NORTH, ALPHA.SOUTH]
      quantity: 50
      position_max: 200
      half_spread_bps: 1.0
      skew_bps: 1.0
limits:
  default: {order_quantity_max: 1000, order_notional_max: 200000, position_quantity_max: 5000}
  message_rate: {count_max: 100, cancel_reserve: 100}
risk:
  pre_trade_checks: {duplicate_window: 20ms}
  limits: {max_position: 0.15, max_position_value: 150000, net_exposure: [-0.2, 0.2]}
  instruments:
    ALPHA.NORTH: {sector: industry, adv: 10000000}
    ALPHA.SOUTH: {sector: industry, adv: 10000000}
"""


def test_a_strategy_trades_the_same_where_orders_are_public_as_where_levels_are() -> None:
    fills = []
    for data in ("levels", "orders"):
        recorder = Recorder()
        text = f"  matching: {{data: {data}}}\n"
        backtest(configured(text + PLACES + MAKER), full_speed(), readers=[recorder])
        filled = [one for one in recorder.inputs if isinstance(one, VenueFilled)]
        fills.append([(one.instrument, one.price, one.quantity) for one in filled])
        by_order = [one for one in recorder.inputs if isinstance(one, BookOrderAdded)]
        assert bool(by_order) is (data == "orders")
    assert len(fills[0]) > 5
    assert fills[0] == fills[1]
    assert {instrument for instrument, _, _ in fills[0]} == {1, 2}, "at both venues"
