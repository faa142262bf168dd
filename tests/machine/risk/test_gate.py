"""The risk gate: at each limit, one beyond it, without what it needs, and all that failed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.model.codec import decode_outputs, encode_outputs
from fairlead.model.inputs import BookGap, Input, LimitChange, Trade
from fairlead.model.outputs import (
    KillEngaged,
    KillStepped,
    OrderRefused,
    ReplaceOrder,
    SendOrder,
)
from fairlead.model.terms import Side, Status
from fairlead.model.units import (
    MONEY_MAX,
    BasisPoints,
    InstrumentId,
    Money,
    Price,
    Quantity,
    StrategyId,
)
from tests.machine.build import (
    BUY,
    DISCONNECTED,
    FAILED,
    KILL,
    NO_TIME,
    RELEASE,
    SECOND,
    SELL,
    START,
    STARTED,
    STOP,
    Rig,
    accepted,
    canceled,
    filled,
    instrument,
    limits,
    quote,
    rate,
    rejected,
    replace,
    sends_cancel,
    submit,
)

NOTHING = (None, None)
BOTH_SIDES = pytest.mark.parametrize("side", [BUY, SELL], ids=["buy", "sell"])


def passes(rig: Rig, *inputs: Input) -> bool:
    """Return whether the last input let an order out."""
    return isinstance(rig.give(*inputs)[-1], SendOrder | ReplaceOrder)


def last_trade(price: int) -> Trade:
    """Return a trade of others."""
    return Trade(InstrumentId(1), Price(price), Quantity(1), BUY, "T", NO_TIME)


# --- order size ----------------------------------------------------------------------------------


@BOTH_SIDES
def test_an_order_of_the_largest_quantity_passes_and_one_more_does_not(side: Side) -> None:
    """S1-RISK-01, control 3: equality passes."""
    rig = Rig(limits(order_quantity_max=Quantity(90)))
    assert passes(rig, submit(1, side, 90))
    assert rig.refused(submit(2, side, 91)) == {"order_quantity_max": (91, 90)}


@BOTH_SIDES
def test_an_order_of_the_largest_notional_passes_and_one_unit_more_does_not(side: Side) -> None:
    """Control 4: quantity times worst price; here 8 at 100."""
    rig = Rig(limits(order_notional_max=Money(800)))
    assert passes(rig, submit(1, side, 8, 100))
    rig.give(limits(order_notional_max=Money(799)))
    assert rig.refused(submit(2, side, 8, 100)) == {"order_notional_max": (800, 799)}


def test_the_notional_counts_the_money_unit_of_the_instrument() -> None:
    """Control 4: an increment of price is not everywhere worth an increment of money."""
    rig = Rig(limits(2, order_notional_max=Money(7_999)))
    two = InstrumentId(2)
    assert rig.refused(submit(1, instrument=two)) == {"order_notional_max": (8_000, 7_999)}


@BOTH_SIDES
def test_a_market_order_is_valued_at_the_far_edge_of_the_collar(side: Side) -> None:
    """Control 4, B-RISK-15: never at a default price; 8 at 110 here."""
    rig = Rig(limits(order_notional_max=Money(880)))
    assert passes(rig, submit(1, side, 8, 0))
    rig.give(limits(order_notional_max=Money(879)))
    assert rig.refused(submit(2, side, 8, 0)) == {"order_notional_max": (880, 879)}


def test_a_market_order_at_an_uneven_edge_is_valued_at_no_less_than_it() -> None:
    """Control 4: the mid of 99.5 has its edge at 109.45, so 8 are worth 880 and not 872."""
    rig = Rig(limits(order_notional_max=Money(879)), quote(99, 100))
    assert rig.refused(submit(1, quantity=8, price=0)) == {"order_notional_max": (880, 879)}


def test_a_low_sell_is_valued_at_the_market() -> None:
    """B-RISK-03: it trades at the bids that stand there, not at its limit price."""
    rig = Rig(limits(order_notional_max=Money(799)))
    assert rig.refused(submit(1, SELL, 8, 91)) == {"order_notional_max": (800, 799)}
    assert passes(rig, submit(2, BUY, 8, 91))


def test_a_worth_beyond_all_money_fails_whatever_the_limit_is() -> None:
    """Invariant 11: there is no "unlimited"."""
    most = Quantity(2**63 - 1)
    rig = Rig(
        instrument(instrument=InstrumentId(3), symbol="VAST", quantity_max=most),
        limits(
            3,
            order_quantity_max=most,
            position_quantity_max=most,
            order_notional_max=Money(2**63 - 1),
        ),
        quote(99, 101, instrument=3),
    )
    failed = rig.refused(submit(1, quantity=2**62 // 100 + 1, instrument=InstrumentId(3)))
    assert failed == {"order_notional_max": (MONEY_MAX, MONEY_MAX)}
    assert passes(rig, submit(2, quantity=2**62 // 100, instrument=InstrumentId(3)))


# --- the venue's own terms -----------------------------------------------------------------------

ODD = InstrumentId(3)


def odd_rig() -> Rig:
    """Return a rig with an instrument that trades in lots of 5 at ticks of 2, 10 to 50, 1000 up."""
    terms = instrument(
        instrument=ODD,
        symbol="ODD",
        price_tick=Price(2),
        quantity_lot=Quantity(5),
        quantity_min=Quantity(10),
        quantity_max=Quantity(50),
        notional_min=Money(1_000),
    )
    return Rig(terms, limits(3), quote(99, 101, instrument=3))


@pytest.mark.parametrize(
    ("quantity", "price", "failed"),
    [
        (10, 100, {}),
        (50, 100, {}),
        (5, 100, {"quantity_min": (5, 10), "notional_min": (500, 1_000)}),
        (55, 100, {"quantity_max": (55, 50)}),
        (12, 100, {"quantity_lot": (12, 5)}),
        (10, 101, {"price_tick": (101, 2)}),
        (10, 98, {"notional_min": (980, 1_000)}),
        (0, 100, {"quantity_min": (0, 10), "notional_min": (0, 1_000)}),
    ],
)
def test_an_order_off_the_venues_grid_is_refused(
    quantity: int, price: int, failed: dict[str, tuple[int, int]]
) -> None:
    """B-OMS-14, control 30: tick, lot, minimum, maximum, smallest worth."""
    rig = odd_rig()
    request = submit(1, quantity=quantity, price=price, instrument=ODD)
    if failed:
        assert rig.refused(request) == failed
    else:
        assert passes(rig, request)


def test_a_limit_order_has_a_price_and_a_market_order_has_none() -> None:
    """B-OMS-14: what is missing is not guessed, what is too much is not ignored."""
    rig = Rig()
    limit = submit(1)
    market = submit(2, price=0)
    assert "price_present" in rig.refused(submit(1, price=0, order_type=limit.order_type))
    assert rig.refused(submit(2, price=5, order_type=market.order_type)) == {"price_absent": (5, 0)}
    assert "price_present" in rig.refused(submit(3, price=-100))


# --- the price collar ----------------------------------------------------------------------------


@BOTH_SIDES
@pytest.mark.parametrize(("inside", "outside"), [(110, 111), (90, 89)])
def test_a_price_at_the_edge_of_the_collar_passes_and_one_tick_beyond_does_not(
    side: Side, inside: int, outside: int
) -> None:
    """S0-RISK-05, control 1: 10 % around the mid of 100, both sides, equality passes."""
    rig = Rig()
    assert passes(rig, submit(1, side, 1, inside))
    assert rig.refused(submit(2, side, 1, outside)) == {"price_collar": (1_100, 1_000)}


def test_a_price_just_beyond_the_collar_is_never_measured_as_the_limit() -> None:
    """Control 1: cross-multiplied integers, and rounding away from the limit."""
    rig = Rig(quote(9_999, 10_000), limits(collar=BasisPoints(1)))
    assert passes(rig, submit(1, quantity=1, price=10_000))
    [(measured, limit)] = rig.refused(submit(2, quantity=1, price=10_001)).values()
    assert (measured, limit) == (2, 1)


@given(
    bid=st.integers(1, 10**6),
    spread=st.integers(1, 1_000),
    price=st.integers(1, 2 * 10**6),
    collar=st.integers(0, 9_999),
)
def test_the_collar_is_exact(bid: int, spread: int, price: int, collar: int) -> None:
    """Control 1: abs(price - mid) <= collar * mid, in whole numbers, for any book."""
    rig = Rig(
        quote(bid, bid + spread),
        limits(collar=BasisPoints(collar), order_notional_max=Money(2**60)),
    )
    mid_twice = 2 * bid + spread
    inside = abs(2 * price - mid_twice) * 10_000 <= collar * mid_twice
    outputs = rig.give(submit(1, quantity=1, price=price))
    assert isinstance(outputs[0], SendOrder) is inside


def test_the_last_price_is_the_reference_where_one_side_is_empty() -> None:
    """Control 1: the order of references is the mid, then the last price."""
    rig = Rig(quote(0, 101), last_trade(200))
    assert passes(rig, submit(1, quantity=1, price=220))
    assert rig.refused(submit(2, quantity=1, price=221)) == {"price_collar": (1_050, 1_000)}


# --- a reference that is missing, old or not to be believed ---------------------------------------


@pytest.mark.parametrize("price", [100, 0], ids=["limit", "market"])
@pytest.mark.parametrize(
    ("market", "failed"),
    [
        ([instrument(instrument=ODD, symbol="NEW"), limits(3)], "book_fresh"),
        ([quote(101, 101)], "book_fresh"),
        ([BookGap(InstrumentId(1), "hole")], "book_fresh"),
        ([quote(0, 0)], "reference_present"),
        ([quote(99, 0)], "reference_present"),
    ],
    ids=["no data", "crossed", "gap", "empty", "one side and no trade"],
)
def test_an_order_without_a_believable_reference_is_refused(
    market: list[Input], failed: str, price: int
) -> None:
    """Invariant 11, fault 19, the Citi case: a price that is missing switches no check off."""
    rig = Rig(*market)
    where = ODD if isinstance(market[-1], LimitChange) else InstrumentId(1)
    assert rig.refused(submit(1, price=price, instrument=where)) == {failed: NOTHING}


@pytest.mark.parametrize("market", [[], [quote(0, 101), last_trade(100)]], ids=["mid", "last"])
def test_a_reference_of_the_greatest_age_passes_and_one_nanosecond_older_does_not(
    market: list[Input],
) -> None:
    """Control 31: stale is no reference."""
    rig = Rig(*market)
    rig.wait(SECOND)
    assert passes(rig, submit(1))
    rig.wait(1)
    assert rig.refused(submit(2)) == {"reference_age": (SECOND + 1, SECOND)}


def test_a_fresh_trade_does_not_refresh_an_old_mid() -> None:
    """Invariant 11: a book that nobody confirms is old, whatever else happens."""
    rig = Rig()
    rig.wait(SECOND + 1)
    assert "reference_age" in rig.refused(last_trade(100), submit(1))


def test_an_instrument_without_limits_is_not_traded() -> None:
    """Invariant 11: what is not set may not be traded."""
    rig = Rig(instrument(instrument=ODD, symbol="NEW"), quote(99, 101, instrument=3))
    assert rig.refused(submit(1, instrument=ODD)) == {"limits_set": NOTHING}


def test_limits_of_zero_let_nothing_out() -> None:
    """B-RISK-05: zero is a limit like any other."""
    nothing = limits(order_quantity_max=0, order_notional_max=0, position_quantity_max=0)
    assert Rig(nothing).refused(submit(1, quantity=1)) == {
        "order_quantity_max": (1, 0),
        "order_notional_max": (100, 0),
        "position_quantity_max": (1, 0),
    }


# --- the projected position ----------------------------------------------------------------------


@BOTH_SIDES
def test_two_orders_cannot_use_the_same_headroom(side: Side) -> None:
    """B-RISK-02, B-RISK-10, S1-RISK-02: what is on its way counts before it is answered."""
    rig = Rig(limits(position_quantity_max=Quantity(10)))
    assert passes(rig, submit(1, side, 6))
    assert rig.refused(submit(2, side, 5)) == {"position_quantity_max": (11, 10)}
    assert passes(rig, submit(3, side, 4))


def test_the_headroom_of_a_strategy_is_that_of_all() -> None:
    """B-OMS-15: one exposure, over all strategies."""
    rig = Rig(limits(position_quantity_max=Quantity(10)), submit(1, quantity=6))
    assert "position_quantity_max" in rig.refused(submit(9, quantity=5, strategy=StrategyId(2)))


def test_headroom_comes_back_when_an_order_is_done_and_not_before() -> None:
    """B-RISK-10: asked to cancel is not canceled."""
    rig = Rig(limits(position_quantity_max=Quantity(8)), submit(1), accepted(1))
    assert "position_quantity_max" in rig.refused(KILL, RELEASE, submit(2, quantity=1))
    assert rig.status(1) is Status.CANCEL_PENDING
    assert passes(rig, canceled(1), submit(3, quantity=8))
    assert passes(rig, rejected(3), submit(4, quantity=8))


@BOTH_SIDES
def test_a_filled_order_counts_once_as_position(side: Side) -> None:
    """Invariant 8: it moves from working to position and is never in both, nor in neither."""
    rig = Rig(limits(position_quantity_max=Quantity(10)), submit(1, side, 8), filled(1, 5, "E1"))
    assert passes(rig, submit(2, side, 2))
    assert rig.refused(submit(3, side, 1)) == {"position_quantity_max": (11, 10)}


def test_buys_and_sells_are_two_worst_cases() -> None:
    """B-RISK-01, control 8: a working sell is no room for a buy."""
    rig = Rig(limits(position_quantity_max=Quantity(10)), submit(1, SELL, 10))
    assert passes(rig, submit(2, BUY, 10))
    assert rig.refused(submit(3, SELL, 1)) == {"position_quantity_max": (11, 10)}


@BOTH_SIDES
def test_an_order_that_reduces_passes_while_the_position_is_over_its_limit(side: Side) -> None:
    """B-RISK-08: a limit that was lowered never stands in the way out; a flip is held to it."""
    other = SELL if side is BUY else BUY
    rig = Rig(submit(1, side, 20), filled(1, 20, "E1"))
    rig.give(limits(position_quantity_max=Quantity(5)))
    assert rig.refused(submit(2, side, 1)) == {"position_quantity_max": (21, 5)}
    assert passes(rig, submit(3, other, 20))
    assert passes(rig, submit(4, other, 5))
    assert rig.refused(submit(5, other, 1)) == {"position_quantity_max": (6, 5)}


def test_a_replace_counts_what_it_adds() -> None:
    """Invariant 8: the order's own share is not counted twice."""
    rig = Rig(limits(position_quantity_max=Quantity(10)), submit(1, quantity=8), accepted(1))
    assert rig.refused(replace(1, 11)) == {"position_quantity_max": (11, 10)}
    assert passes(rig, replace(1, 10))


@BOTH_SIDES
def test_a_replace_down_passes_and_frees_nothing_until_the_venue_has_done_it(side: Side) -> None:
    """Invariant 8: a replace counts at the larger of its quantities."""
    rig = Rig(limits(position_quantity_max=Quantity(10)), submit(1, side, 10), accepted(1))
    assert passes(rig, replace(1, 2))
    assert rig.refused(submit(2, side, 1)) == {"position_quantity_max": (11, 10)}


@given(
    st.lists(
        st.tuples(st.sampled_from([BUY, SELL]), st.integers(1, 12), st.booleans()), max_size=25
    )
)
def test_no_order_of_fills_takes_the_position_beyond_its_limit(
    asked: list[tuple[Side, int, bool]],
) -> None:
    """Invariant 8: whatever passed, fill all buys and no sell, or all sells and no buy."""
    rig = Rig(limits(position_quantity_max=Quantity(30)))
    position = buys = sells = 0
    for number, (side, quantity, fills) in enumerate(asked, 1):
        signed = quantity if side is BUY else -quantity
        if not passes(rig, submit(number, side, quantity)):
            continue
        if fills:
            rig.give(filled(number, quantity, f"E{number}"))
            position += signed
        elif side is BUY:
            buys += quantity
        else:
            sells += quantity
        assert position + buys <= 30
        assert position - sells >= -30


# --- message rate --------------------------------------------------------------------------------


def test_the_last_message_of_the_window_passes_and_the_next_waits_for_it_to_slide() -> None:
    """Control 11: equality passes; at the end of the window the first one no longer counts."""
    rig = Rig(rate(2, 0, window=1_000))
    assert passes(rig, submit(1))
    rig.wait(400)
    assert passes(rig, submit(2))
    assert rig.refused(submit(3)) == {"message_rate": (3, 2)}
    rig.wait(599)
    assert rig.refused(submit(4)) == {"message_rate": (3, 2)}
    rig.wait(1)
    assert passes(rig, submit(5))
    assert "message_rate" in rig.refused(submit(6))


def test_replaces_and_cancels_are_messages_too() -> None:
    """RTS 6 15(1)(d): submit, modify and cancel."""
    rig = Rig(rate(3, 0), submit(1), accepted(1), replace(1, 9))
    assert passes(rig, submit(2))
    assert rig.refused(submit(3)) == {"message_rate": (4, 3)}


def test_a_refused_order_is_no_message() -> None:
    """B-OMS-16: what never left used nothing."""
    rig = Rig(rate(1, 0))
    rig.refused(submit(1, quantity=999))
    assert passes(rig, submit(2))


# --- who may trade at all ------------------------------------------------------------------------


def test_after_a_kill_nothing_new_leaves_and_all_that_works_is_canceled() -> None:
    """Invariant 9, S1-RISK-11, B-RISK-09: orders and replaces alike."""
    rig = Rig(submit(1), accepted(1), submit(2), submit(3), accepted(3))
    outputs = [one for one in rig.give(KILL) if not isinstance(one, KillStepped)]
    assert outputs == [
        KillEngaged("ann", "a drill"),
        sends_cancel(1),
        sends_cancel(3),
    ]
    assert rig.give(accepted(2))[1:] == [sends_cancel(2)]
    assert rig.refused(submit(4)) == {"killed": NOTHING}
    assert passes(rig, RELEASE, submit(5))


def test_a_node_starts_halted_and_a_start_command_lets_orders_out() -> None:
    """DESIGN: live starts halted and is released by a person or by policy."""
    rig = Rig(submit(1), accepted(1), type(STARTED)(2, "build", "configuration", "paper"))
    assert rig.refused(submit(2)) == {"trading_stopped": NOTHING}
    assert rig.refused(replace(1, 9)) == {"trading_stopped": NOTHING}
    assert passes(rig, START, submit(3))


def test_all_checks_that_failed_are_listed_each_with_measure_and_limit() -> None:
    """Invariant 12, S1-RISK-09, S1-RISK-10: not the first one."""
    rig = Rig(
        limits(position_quantity_max=Quantity(150)),
        rate(1, 5),
        submit(1, quantity=1),
        filled(99, 1, "E99"),
        DISCONNECTED,
        FAILED,
        STOP,
        KILL,
    )
    assert rig.refused(submit(2, quantity=1_001, price=201)) == {
        "killed": NOTHING,
        "trading_stopped": NOTHING,
        "strategy_disabled": NOTHING,
        "venue_connected": NOTHING,
        "break_open": NOTHING,
        "orders_unknown": (1, 0),
        "message_rate": (5, 1),  # one order, and a try to cancel it for each of the last three
        "quantity_max": (1_001, 1_000),
        "price_collar": (10_100, 1_000),
        "order_quantity_max": (1_001, 100),
        "order_notional_max": (201_201, 20_000),
        "position_quantity_max": (1_002, 150),
    }


vast = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.sampled_from([0, 1, -1, 2**63 - 1, -(2**63), 10**15, 10**15 + 1]),
)


@given(quantity=vast, price=vast, side=st.sampled_from([BUY, SELL]), position=st.integers(0, 8))
def test_a_refusal_of_absurd_terms_can_be_written_down(
    quantity: int, price: int, side: Side, position: int
) -> None:
    """Invariants 11 and 12: any 64 bits of price and quantity are refused in a record that fits."""
    rig = Rig(submit(1), accepted(1))
    if position:
        rig.give(filled(1, position, "E1"))
    outputs = rig.give(submit(2, side, quantity, price), replace(1, quantity, price))
    assert decode_outputs(encode_outputs(outputs)) == outputs
    if not 0 < quantity <= 1_000 or price < 0:
        assert all(isinstance(output, OrderRefused) for output in outputs)
