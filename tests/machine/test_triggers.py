"""What a moved market does to orders: stops, trails, slippage."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.model.inputs import (
    BookChange,
    BookGap,
    BookSnapshot,
    Input,
    MessageRateChange,
    OrderPolicyChange,
    TradingStatus,
)
from fairlead.model.outputs import CancelOrder, OrderTriggered, Output, SendOrder, SlippageExceeded
from fairlead.model.policies import OrderPolicy
from fairlead.model.terms import Contingency, OrderType, Side, Status, Trigger
from fairlead.model.units import (
    BasisPoints,
    InstrumentId,
    Money,
    Nanos,
    OrderId,
    Price,
    Quantity,
    UpdateId,
)
from tests.machine.build import (
    BUY,
    CONNECTED,
    DISCONNECTED,
    KILL,
    NO_TIME,
    SECOND,
    SELL,
    UNCONFIRMED,
    Rig,
    accepted,
    cancel,
    cancel_rejected,
    canceled,
    filled,
    instrument,
    limits,
    only,
    quote,
    rate,
    rejected,
    submit,
)
from tests.machine.families import stop, trade, trailing

LAST, TOUCH, MID = Trigger.LAST, Trigger.TOUCH, Trigger.MID
WIDE = limits(order_notional_max=Money(10**12), collar=BasisPoints(9_999))
POLICY = OrderPolicy(slippage_max=BasisPoints(20), timeout=Nanos(0), all_orders=True)


def fired(outputs: list[Output]) -> list[int]:
    """Return which orders have fired."""
    return [int(one.order) for one in outputs if isinstance(one, OrderTriggered)]


def sent(outputs: list[Output]) -> list[int]:
    """Return which orders went to the venue."""
    return [int(one.approved.order) for one in outputs if isinstance(one, SendOrder)]


# --- what fires -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("side", "trigger", "short_of", "reached", "price"),
    [
        (BUY, TOUCH, quote(104, 105), quote(90, 106), 106),  # at the ask: the bid does not matter
        (BUY, TOUCH, quote(104, 105), quote(106, 107), 107),
        (SELL, TOUCH, quote(107, 110), quote(106, 120), 106),  # at the bid
        (BUY, MID, quote(104, 107), quote(104, 108), 106),  # 105.5 is short of 106
        (SELL, MID, quote(105, 108), quote(104, 108), 106),  # 106.5 is above it
        (BUY, LAST, trade(105), trade(106), 106),
        (BUY, LAST, quote(110, 111), trade(107), 107),  # quotes are no trades
        (SELL, LAST, trade(107), trade(106), 106),
        (SELL, LAST, trade(107), trade(90), 90),
    ],
)
def test_a_stop_fires_when_the_price_of_its_kind_reaches_its_trigger_and_not_before(
    side: Side, trigger: Trigger, short_of: Input, reached: Input, price: int
) -> None:
    """Exactly at it counts as reached."""
    rig = Rig(WIDE, quote(105, 107) if side is SELL else quote(99, 101))
    if side is SELL:
        rig.give(quote(107, 108))
    rig.give(stop(1, side, trigger_price=106, trigger=trigger))
    assert fired(rig.give(short_of)) == []
    outputs = rig.give(reached)
    fact = only(OrderTriggered, outputs)
    assert (fact.order, fact.price) == (1, price)
    approved = only(SendOrder, outputs).approved
    assert (approved.order_type, approved.price) == (OrderType.MARKET, 0)
    assert (approved.trigger_price, approved.quantity) == (0, 8)
    assert rig.status(1) is Status.SENT


def test_a_stop_limit_goes_at_its_limit() -> None:
    """What the venue gets is a limit order, without any trigger."""
    rig = Rig(stop(1, BUY, trigger_price=103, price=104))
    approved = only(SendOrder, rig.give(quote(102, 103))).approved
    assert (approved.order_type, approved.price) == (OrderType.LIMIT, 104)
    assert approved.trigger_price == 0


def test_a_trade_before_the_order_was_held_does_not_fire_it_even_at_the_same_nanosecond() -> None:
    """B-EVT-13: what came first is told by the order of the inputs, not by their times."""
    rig = Rig(trade(105), stop(1, BUY, trigger_price=105, trigger=LAST))
    assert rig.give(quote(99, 101), quote(98, 101)) == []
    assert fired(rig.give(trade(105))) == [1]


@pytest.mark.parametrize(
    "seen",
    [
        quote(103, 104),
        BookSnapshot(
            InstrumentId(1),
            ((Price(103), Quantity(1)),),
            ((Price(104), Quantity(1)),),
            UpdateId(1),
            NO_TIME,
        ),
    ],
)
def test_a_book_of_any_feed_fires(seen: Input) -> None:
    """Quotes and levels alike."""
    rig = Rig(stop(1, BUY, trigger_price=104))
    assert fired(rig.give(seen)) == [1]


def test_a_changed_level_fires() -> None:
    """The best ask is gone, and the next one reaches the trigger."""
    one, two = (Price(101), Quantity(1)), (Price(104), Quantity(1))
    bids = ((Price(99), Quantity(1)),)
    whole = BookSnapshot(InstrumentId(1), bids, (one, two), UpdateId(1), NO_TIME)
    rig = Rig(whole, stop(1, BUY, trigger_price=104))
    gone = ((Price(101), Quantity(0)),)
    assert fired(rig.give(BookChange(InstrumentId(1), (), gone, UpdateId(2), NO_TIME))) == [1]


@pytest.mark.parametrize("trigger", [TOUCH, MID])
def test_a_stop_that_is_reached_already_fires_at_once(trigger: Trigger) -> None:
    """It does not wait for the next quote of a quiet market."""
    rig = Rig()
    outputs = rig.give(stop(1, SELL, trigger_price=100, trigger=trigger))
    assert (fired(outputs), sent(outputs)) == ([1], [1])


def test_stops_fire_in_the_order_in_which_they_came() -> None:
    """Invariant 2: the oldest first, each once; those of others and elsewhere are left alone."""
    rig = Rig(stop(3, BUY, trigger_price=103), stop(7, BUY, trigger_price=102))
    rig.give(stop(8, BUY, trigger_price=110), stop(9, BUY, trigger_price=103,
                                                   instrument=InstrumentId(2)))  # fmt: skip
    assert fired(rig.give(quote(103, 104))) == [3, 7]
    assert fired(rig.give(quote(103, 104))) == []
    assert [rig.status(number) for number in (8, 9)] == [Status.HELD, Status.HELD]


def test_a_stop_of_the_venues_own_is_none_of_ours() -> None:
    """It goes as it is, and the machine does not fire it."""
    offered = (OrderType.MARKET, OrderType.LIMIT, OrderType.STOP)
    terms = instrument(instrument=InstrumentId(3), symbol="STOPS", order_types=offered)
    rig = Rig(terms, limits(3), quote(99, 101, instrument=3))
    outputs = rig.give(stop(1, BUY, trigger_price=105, instrument=InstrumentId(3)))
    approved = only(SendOrder, outputs).approved
    assert (approved.order_type, approved.trigger_price) == (OrderType.STOP, 105)
    rig.give(accepted(1, 3))
    assert rig.give(quote(105, 106, instrument=3)) == []


def test_of_a_group_the_machine_keeps_the_stops_even_where_the_venue_has_them() -> None:
    """Two exits at a venue could both trade; what has fired goes as what every venue has."""
    offered = (OrderType.MARKET, OrderType.LIMIT, OrderType.STOP)
    stops = instrument(instrument=InstrumentId(3), symbol="STOPS", order_types=offered)
    rig = Rig(stops, limits(3), quote(99, 101, instrument=3))
    oco: dict[str, Any] = {"group": OrderId(1), "contingency": Contingency.OCO}
    assert sent(rig.give(stop(1, trigger_price=95, instrument=InstrumentId(3), **oco))) == []
    approved = only(SendOrder, rig.give(quote(95, 96, instrument=3))).approved
    assert (approved.order_type, approved.trigger_price) == (OrderType.MARKET, 0)


def test_a_stop_that_fired_and_came_back_is_tried_again_as_what_it_became() -> None:
    """B-OMS-13: the same logical order; it has fired, whatever the market does since."""
    policy = OrderPolicyChange(OrderPolicy(timeout=Nanos(0)), "ann", "agreed")
    rig = Rig(policy, stop(1, BUY, trigger_price=103))
    rig.give(quote(102, 103), rejected(1, transient=True), quote(99, 101))
    assert rig.status(1) is Status.HELD
    rig.wait(SECOND)
    outputs = rig.give(quote(99, 101))
    assert fired(outputs) == []
    assert only(SendOrder, outputs).approved.order_type is OrderType.MARKET


# --- what fires nothing ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "market",
    [
        [BookGap(InstrumentId(1), "the feed is gone")],
        [quote(110, 109)],
        [quote(110, 110)],
        [quote(0, 110)],
        [quote(110, 0)],
        [quote(0, 0)],
        [quote(110, 0), trade(110)],
        [BookGap(InstrumentId(1), "the feed is gone"), trade(110)],
    ],
)
@pytest.mark.parametrize("trigger", list(Trigger))
def test_a_book_that_is_stale_crossed_or_one_sided_fires_nothing(
    market: list[Input], trigger: Trigger
) -> None:
    """Invariant 11: what nobody knows is no price."""
    rig = Rig(WIDE, stop(1, BUY, trigger_price=105, trigger=trigger))
    rig.give(trailing(2, BUY, trail=Price(5), trigger=trigger, trigger_price=Price(105)))
    assert fired(rig.give(*market)) == []
    assert rig.order(2).conditions.trigger_price == 105


def test_a_trade_that_came_while_the_book_told_nothing_counts_when_it_does_again() -> None:
    """A trade is a fact; only that nobody knew what an order would meet held it back."""
    rig = Rig(stop(1, BUY, trigger_price=105, trigger=LAST), quote(99, 0), trade(105))
    assert fired(rig.give(quote(99, 101))) == [1]


@pytest.mark.parametrize("age", [SECOND, SECOND + 1])
def test_a_trade_that_is_older_than_a_reference_may_be_fires_nothing(age: int) -> None:
    """Invariant 11: an old price is no price."""
    rig = Rig(stop(1, BUY, trigger_price=105, trigger=LAST), quote(99, 0), trade(105))
    rig.wait(age)
    assert fired(rig.give(quote(99, 101))) == ([1] if age == SECOND else [])
    if age > SECOND:
        assert fired(rig.give(trade(104))) == []
        assert fired(rig.give(trade(105))) == [1]


@pytest.mark.parametrize("age", [SECOND, SECOND + 1])
def test_a_touch_that_is_older_than_a_reference_may_be_keeps_a_stop_waiting(age: int) -> None:
    """It would be refused for its reference; so it waits for a market that is one."""
    rig = Rig(stop(1, BUY, trigger_price=105, trigger=LAST))
    rig.wait(age)
    assert fired(rig.give(trade(105))) == ([1] if age == SECOND else [])
    if age > SECOND:
        assert fired(rig.give(quote(99, 101))) == [1]


@pytest.mark.parametrize(
    ("closing", "opening"),
    [
        ([DISCONNECTED], [CONNECTED]),
        (
            [TradingStatus(InstrumentId(1), False, "auction")],
            [TradingStatus(InstrumentId(1), True)],
        ),
        ([rate(0, 0)], [rate(10, 0)]),
        ([submit(2), DISCONNECTED, CONNECTED], [canceled(2)]),
    ],
)
def test_no_stop_fires_into_the_void(closing: list[Input], opening: list[Input]) -> None:
    """What cannot go for a reason of the moment waits, and fires when it can and still is reached.

    Session down, halted, message rate used up, an order in its instrument unknown.
    """
    rig = Rig(UNCONFIRMED, stop(1, BUY, trigger_price=103))
    rig.give(*closing)
    assert sent(rig.give(quote(103, 104))) == []
    assert fired(rig.give(quote(103, 105))) == []
    for one in opening:
        rig.loosen(one) if isinstance(one, MessageRateChange) else rig.give(one)
    assert fired(rig.give(quote(99, 101))) == []
    outputs = rig.give(quote(102, 103))
    assert (fired(outputs), sent(outputs)) == ([1], [1])


def test_a_stop_that_risk_refuses_for_its_own_terms_is_refused_with_the_reason() -> None:
    """Invariant 12: it fired, and did not pass."""
    rig = Rig(stop(1, BUY, trigger_price=103, quantity=8), limits(order_quantity_max=Quantity(7)))
    failed = rig.refused(quote(102, 103))
    assert failed == {"order_quantity_max": (8, 7)}
    assert rig.status(1) is Status.REFUSED
    assert rig.give(quote(102, 103)) == []


@pytest.mark.parametrize("end", [cancel(1), KILL])
def test_a_stop_that_is_gone_fires_no_more(end: Input) -> None:
    """S0 kill: held orders go with the rest, and nothing is watched any longer."""
    rig = Rig(stop(1, BUY, trigger_price=103), end)
    assert rig.status(1) is Status.CANCELED
    assert InstrumentId(1) not in rig.machine.state.watched
    assert rig.give(quote(103, 104)) == []


# --- trailing stops -------------------------------------------------------------------------------


def expected_triggers(
    side: Side, mids: list[tuple[int, int]], trail: int, share: int, tick: int, first: int
) -> list[int]:
    """Return where a trail by the middle stands after each quote, from exact fractions."""
    found = []
    best = first
    for bid, ask in mids:
        middle = Fraction(bid + ask, 2)
        away = Fraction(trail) + middle * Fraction(share, 10_000)
        if side is SELL:
            steps = (middle - away) / tick
            trigger = steps.numerator // steps.denominator * tick
            best = max(best, trigger)
        else:
            steps = (middle + away) / tick
            trigger = -(-steps.numerator // steps.denominator) * tick
            best = min(best, trigger) if best else trigger
        found.append(best)
    return found


@given(
    st.sampled_from(Side),
    st.lists(st.tuples(st.integers(150, 400), st.integers(1, 60)), min_size=1, max_size=12),
    st.one_of(st.tuples(st.integers(1, 100), st.just(0)),
              st.tuples(st.just(0), st.integers(1, 5_000))),
    st.sampled_from([1, 5]),
    st.sampled_from([0, 100, 1_000]),
)  # fmt: skip
def test_a_trail_follows_at_its_distance_rounded_to_the_far_side_and_never_goes_back(
    side: Side,
    quotes: list[tuple[int, int]],
    distance: tuple[int, int],
    tick: int,
    first: int,
) -> None:
    """Against exact fractions: after each quote, until it is reached."""
    trail, share = distance
    touches = [(bid, bid + spread) for bid, spread in quotes]
    terms = instrument(instrument=InstrumentId(3), symbol="TICKS", price_tick=Price(tick))
    wide = limits(3, order_notional_max=Money(10**12), collar=BasisPoints(9_999))
    rig = Rig(terms, wide)
    at = {"trail": Price(trail), "trail_share": BasisPoints(share), "trigger_price": Price(first)}
    rig.give(trailing(1, side, trigger=MID, instrument=InstrumentId(3), **at))
    expected = expected_triggers(side, touches, trail, share, tick, first)
    for (bid, ask), trigger in zip(touches, expected, strict=True):
        outputs = rig.give(quote(bid, ask, instrument=3))
        assert rig.order(1).conditions.trigger_price == max(trigger, 0)
        reached = bid + ask >= 2 * trigger if side is BUY else 0 < bid + ask <= 2 * trigger
        assert fired(outputs) == ([1] if reached else [])
        if reached:
            return


def test_a_trail_without_a_trigger_price_begins_at_the_first_market_seen() -> None:
    """The touch of the moment where there is one; the first trade for one that follows trades."""
    rig = Rig(trailing(1, trail=Price(5)), trailing(2, trail=Price(5), trigger=LAST))
    assert [rig.order(one).conditions.trigger_price for one in (1, 2)] == [94, 0]
    rig.give(quote(80, 120))
    assert rig.order(2).conditions.trigger_price == 0
    rig.give(trade(103))
    assert rig.order(2).conditions.trigger_price == 98


def test_a_trail_follows_while_the_order_cannot_go() -> None:
    """The market is the market, whether the session stands or not."""
    rig = Rig(UNCONFIRMED, trailing(1, trail=Price(5)), DISCONNECTED, quote(103, 105))
    assert rig.order(1).conditions.trigger_price == 98
    assert fired(rig.give(quote(98, 99), CONNECTED)) == []
    assert fired(rig.give(quote(98, 99))) == [1]


def test_where_a_trail_stands_is_part_of_the_state() -> None:
    """Invariant 2: two machines that disagree about it must not have the same digest."""
    rigs = [Rig(trailing(1, trail=Price(5)), quote(high, high + 1)) for high in (101, 103)]
    for rig in rigs:
        rig.give(quote(99, 101))
    assert rigs[0].machine.digest() != rigs[1].machine.digest()


# --- slippage -------------------------------------------------------------------------------------


@given(
    st.sampled_from(Side),
    st.integers(9_000, 11_000),
    st.integers(1, 500),
    st.integers(9_000, 11_000),
    st.integers(1, 100),
)
def test_slippage_is_more_than_so_many_basis_points_against_the_order(
    side: Side, decided: int, share: int, bid: int, spread: int
) -> None:
    """S4-OMS-04: exactly at the limit passes; the side that it would trade against counts."""
    rig = Rig(WIDE, quote(9_999, 10_001))
    terms: dict[str, Any] = {
        "slippage_max": BasisPoints(share),
        "decision_price": Price(decided),
    }
    rig.give(submit(1, side, price=10_000, **terms), accepted(1))
    outputs = rig.give(quote(bid, bid + spread))
    market = bid + spread if side is BUY else bid
    moved = Fraction(market - decided if side is BUY else decided - market, decided)
    if moved > Fraction(share, 10_000):
        fact = only(SlippageExceeded, outputs)
        said = (fact.order, fact.decision_price, fact.market_price, fact.limit)
        assert said == (1, decided, market, share)
        assert only(CancelOrder, outputs).order == 1
        assert rig.status(1) is Status.CANCEL_PENDING
    else:
        assert outputs == []


def beyond(order: int = 1, **terms: Any) -> Rig:
    """Return a rig where the market is beyond what a buy decided at 100 allows."""
    return Rig(WIDE, submit(order, slippage_max=BasisPoints(200), **terms))


def test_slippage_is_said_once_and_cancels_once() -> None:
    """S4-OMS-04: the rest goes; what was filled stays."""
    rig = beyond()
    rig.give(accepted(1), filled(1, 3, "E1"))
    assert len(rig.give(quote(99, 103))) == 2
    assert rig.give(quote(99, 104), quote(99, 103)) == []
    rig.give(canceled(1))
    assert (rig.order(1).filled, rig.order(1).canceled) == (3, 5)
    assert InstrumentId(1) not in rig.machine.state.watched


def test_slippage_of_an_order_that_is_asked_to_cancel_is_said_and_not_asked_twice() -> None:
    """B-OMS-07: one cancel is enough."""
    rig = beyond()
    rig.give(accepted(1), cancel(1))
    [fact] = rig.give(quote(99, 103))
    assert isinstance(fact, SlippageExceeded)


def test_slippage_before_the_acknowledgement_cancels_with_it() -> None:
    """B-OMS-07: kept until the venue knows the order."""
    rig = beyond()
    [fact] = rig.give(quote(99, 103))
    assert isinstance(fact, SlippageExceeded)
    assert only(CancelOrder, rig.give(accepted(1))).order == 1


def test_a_cancel_that_the_venue_turned_down_is_asked_for_again_after_a_while() -> None:
    """Not at the speed of the wire, and without saying it again."""
    rig = beyond()
    rig.give(accepted(1), quote(99, 103), cancel_rejected(1))
    assert rig.give(quote(99, 103)) == []
    rig.wait(SECOND - 1)
    assert rig.give(quote(99, 103)) == []
    rig.wait(1)
    [again] = rig.give(quote(99, 103))
    assert isinstance(again, CancelOrder)


@pytest.mark.parametrize(
    "market",
    [quote(102, 0), quote(0, 103), quote(104, 103), BookGap(InstrumentId(1), "gone")],
)
def test_slippage_is_not_seen_in_a_book_that_tells_nothing(market: Input) -> None:
    """Invariant 11: what nobody knows ends nothing."""
    rig = beyond()
    rig.give(accepted(1))
    assert not [one for one in rig.give(market) if isinstance(one, SlippageExceeded)]


def test_slippage_of_a_stop_is_measured_from_its_trigger_price() -> None:
    """Else every stop would end on its way to the trigger, or with its first quote after."""
    rig = Rig(WIDE, stop(1, SELL, trigger_price=95, price=90, slippage_max=BasisPoints(200)))
    assert rig.give(quote(96, 97)) == []
    assert sent(rig.give(quote(94, 97))) == [1]
    assert not rig.give(quote(94, 97))
    fact = only(SlippageExceeded, rig.give(quote(93, 97)))
    assert (fact.decision_price, fact.market_price) == (95, 93)


def test_the_order_policy_protects_orders_that_do_not_name_their_own() -> None:
    """S4-OMS-04: max_slippage_bps 20, cancel the rest."""
    rig = Rig(WIDE, OrderPolicyChange(POLICY, "ann", "agreed"), quote(9_990, 10_010))
    rig.give(submit(1, price=10_000), accepted(1))
    assert rig.give(quote(9_990, 10_020)) == []
    assert only(SlippageExceeded, rig.give(quote(9_990, 10_021))).limit == 20


def test_an_order_without_protection_is_not_watched() -> None:
    """Asked with every quote: what is not protected costs nothing."""
    rig = Rig(submit(1), accepted(1))
    assert InstrumentId(1) not in rig.machine.state.watched
