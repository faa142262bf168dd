"""What an order may say: its type follows, every term arrives, and nonsense is told at once."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.model.terms import Contingency, OrderType, Peg, Side, Status, TimeInForce, Trigger
from fairlead.model.units import BasisPoints, Nanos, OrderId, Price, Quantity
from fairlead.strategy import Context, Hold, seconds
from fairlead.strategy.errors import InvalidRequest
from fairlead.strategy.order_terms import OrderTerms
from tests.strategy.opened import opened, status, submitted, view
from tests.strategy.rig import AAA, SECOND, Rig

TEN = Quantity(10)
LOW, MIDDLE, HIGH = Price(9_900), Price(9_990), Price(10_100)

# Price, terms, and the type and time in force that they make.
TYPES: list[tuple[Price | None, OrderTerms, OrderType, TimeInForce]] = [
    (None, {}, OrderType.MARKET, TimeInForce.IOC),
    (None, {"tag": "out"}, OrderType.MARKET, TimeInForce.IOC),
    (MIDDLE, {}, OrderType.LIMIT, TimeInForce.GTC),
    (MIDDLE, {"post_only": True}, OrderType.LIMIT, TimeInForce.GTC),
    (None, {"trigger_price": HIGH}, OrderType.STOP, TimeInForce.GTC),
    (HIGH, {"trigger_price": HIGH}, OrderType.STOP_LIMIT, TimeInForce.GTC),
    (None, {"trail": Price(50)}, OrderType.TRAILING_STOP, TimeInForce.GTC),
    (None, {"trail_share": BasisPoints(50)}, OrderType.TRAILING_STOP, TimeInForce.GTC),
    (None, {"trail": Price(50), "trigger_price": HIGH}, OrderType.TRAILING_STOP, TimeInForce.GTC),
    (None, {"peg": Peg.MIDPOINT}, OrderType.PEGGED, TimeInForce.GTC),
    (None, {"order_type": OrderType.UNSET}, OrderType.UNSET, TimeInForce.GTC),
    (
        None,
        {"order_type": OrderType.MARKET_TO_LIMIT},
        OrderType.MARKET_TO_LIMIT,
        TimeInForce.GTC,
    ),
    (MIDDLE, {"expire_time": Nanos(SECOND)}, OrderType.LIMIT, TimeInForce.GTD),
    (MIDDLE, {"time_in_force": TimeInForce.FOK}, OrderType.LIMIT, TimeInForce.FOK),
    (None, {"time_in_force": TimeInForce.AT_CLOSE}, OrderType.MARKET, TimeInForce.AT_CLOSE),
]

VALUES = {
    "post_only": st.booleans(),
    "trigger": st.sampled_from(Trigger),
    "display_quantity": st.integers(1, 100),
    "peg_offset": st.integers(-5, 5),
    "reduce_only": st.booleans(),
    "expire_time": st.integers(1, 10**18),
    "timeout": st.integers(1, 10**12),
    "slippage_max": st.integers(1, 100),
    "decision_price": st.integers(1, 10**6),
    "decision_time": st.integers(1, 10**18),
    "parent": st.integers(1, 10**12),
    "after": st.integers(1, 10**12),
    "group": st.integers(1, 10**12),
    "contingency": st.sampled_from(Contingency),
    "tag": st.text("abc -", max_size=64),
    "trader": st.text("abc -", max_size=64),
    "reason": st.text("abc -", max_size=200),
    "time_in_force": st.sampled_from(TimeInForce),
}
MAKERS: list[dict[str, st.SearchStrategy[Any]]] = [
    {},
    {"trigger_price": st.integers(1, 10**6)},
    {"trail": st.integers(1, 100)},
    {"trail_share": st.integers(1, 100), "trigger_price": st.integers(1, 10**6)},
    {"peg": st.sampled_from(Peg)},
    {"order_type": st.sampled_from(OrderType)},
]


@pytest.mark.parametrize(("price", "terms", "order_type", "time_in_force"), TYPES)
def test_the_type_of_an_order_follows_from_what_it_says(
    price: Price | None, terms: OrderTerms, order_type: OrderType, time_in_force: TimeInForce
) -> None:
    rig, context = opened()
    context.buy(AAA, TEN, price, **terms)
    (request,) = submitted(rig)
    assert (request.order_type, request.time_in_force) == (order_type, time_in_force)
    assert request.price == (price or 0)


def test_every_type_that_a_strategy_can_ask_for_has_its_row() -> None:
    assert {row[2] for row in TYPES} == set(OrderType)


@given(st.sampled_from(MAKERS).flatmap(lambda more: st.fixed_dictionaries(more, optional=VALUES)))
def test_every_term_that_is_said_arrives_and_nothing_else(terms: dict[str, Any]) -> None:
    rig, context = _shared
    context.sell(AAA, TEN, **terms)
    (request,) = submitted(rig)
    context.sell(AAA, TEN)
    (plain,) = submitted(rig)
    derived = {"order", "order_type", "time_in_force"}
    for name in request.__struct_fields__:
        expected = terms[name] if name in terms else getattr(plain, name)
        assert name in derived - set(terms) or getattr(request, name) == expected, name


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda c: c.buy(AAA, 1, tigger_price=3), "an order has no 'tigger_price': known are time"),
        (lambda c: c.buy(AAA, 1, trail=0.5), r"trail is 0\.5 \(float\), expected a whole number"),
        (lambda c: c.buy(AAA, 1, timeout=None), r"timeout is None \(NoneType\), expected a whole"),
        (lambda c: c.buy(AAA, 1, expire_time=2**63), "expire_time has 19 digits"),
        (lambda c: c.buy(AAA, 1, peg=1), r"peg is 1 \(int\), expected Peg"),
        (lambda c: c.buy(AAA, 1, trigger="LAST"), r"trigger is 'LAST' \(str\), expected Trigger"),
        (lambda c: c.buy(AAA, 1, reduce_only=1), r"reduce_only is 1 \(int\), expected bool"),
        (lambda c: c.buy(AAA, 1, tag=7), r"tag is 7 \(int\), expected text"),
        (lambda c: c.buy(AAA, 1, reason="x" * 201), "reason has 201 characters, expected at most"),
        (lambda c: c.buy(AAA, 1, trader="a\nb"), r"trader 'a\\nb' cannot be written down"),
        (
            lambda c: c.buy(AAA, 1, trail=1, trail_share=1),
            "trail and trail_share make an order two",
        ),
        (lambda c: c.buy(AAA, 1, trigger_price=1, peg=Peg.MIDPOINT), "trigger_price and peg make"),
        (lambda c: c.bracket(AAA, 1, 1, take_profit=2, stop_loss=1), "side is 1, expected Side"),
        (
            lambda c: c.bracket(AAA, Side.BUY, 1, take_profit=1, stop_loss=2),
            "take_profit is 1 and stop_loss is 2, expected take_profit above stop_loss for exits"
            " that sell",
        ),
        (
            lambda c: c.bracket(AAA, Side.SELL, 1, take_profit=2, stop_loss=2),
            "expected take_profit below stop_loss for exits that buy",
        ),
        (
            lambda c: c.bracket(AAA, Side.BUY, 1, take_profit=1.5, stop_loss=1),
            r"take_profit is 1\.5",
        ),
        (
            lambda c: c.oco(AAA, Side.SELL, 1, limit=1, stop=2),
            "expected limit above stop for exits",
        ),
        (lambda c: c.oco(AAA, "sell", 1, limit=2, stop=1), "side is 'sell', expected Side"),
    ],
)
def test_what_is_no_order_at_all_is_an_error_and_queues_nothing(
    ask: Callable[[Any], object], message: str
) -> None:
    rig, context = opened()
    with pytest.raises(InvalidRequest, match=message):
        ask(context)
    assert rig.host.requests() == []


# --- in the machine -------------------------------------------------------------------------------


def test_an_order_at_the_touch_is_priced_by_the_order_policy() -> None:
    """S4-OMS-01: five basis points beyond the touch, on the tick grid, to the safe side."""
    rig, context = opened()
    rig.quote(9_990, 10_001)
    buy = context.buy_at_touch(AAA, TEN, tag="in")
    sell = context.sell_at_touch(AAA, TEN)
    rig.drain()
    assert [(one.order, one.order_type, one.price) for one in rig.sent()] == [
        (buy, OrderType.LIMIT, 10_006),  # 10001 * 1.0005 is 10006.0005: down, for who buys
        (sell, OrderType.LIMIT, 9_986),  # 9990 * 0.9995 is 9985.005: up, for who sells
    ]
    assert view(context, buy).order_type is OrderType.UNSET
    assert view(context, buy).tag == "in"


def test_market_to_limit_takes_at_the_touch_where_the_venue_has_no_such_type() -> None:
    rig, context = opened()
    context.buy(AAA, TEN, order_type=OrderType.MARKET_TO_LIMIT)
    rig.drain()
    (sent,) = rig.sent()
    assert (sent.order_type, sent.price, sent.time_in_force) == (
        OrderType.LIMIT,
        10_000,
        TimeInForce.GTC,
    )


@pytest.mark.parametrize(
    "terms",
    [
        {"trigger_price": HIGH},
        {"price": HIGH, "trigger_price": HIGH},
        {"trail": Price(50)},
        {"trail_share": BasisPoints(50)},
    ],
)
def test_a_stop_is_held_where_the_venue_has_none_and_can_be_canceled(terms: Any) -> None:
    rig, context = opened()
    order = context.buy(AAA, TEN, **terms)
    assert status(context, order) is Status.SENT  # on its way to the machine
    rig.drain()
    assert rig.sent() == []
    assert (status(context, order), view(context, order).hold) == (Status.HELD, Hold.TRIGGER)
    context.cancel(order)
    assert status(context, order) is Status.CANCEL_PENDING
    rig.drain()
    assert status(context, order) is Status.CANCELED
    assert context.working() == []


def test_what_the_venue_does_not_offer_is_refused_and_no_error() -> None:
    rig, context = opened()
    context.buy(AAA, TEN, MIDDLE, display_quantity=Quantity(5))
    context.buy(AAA, TEN, peg=Peg.PRIMARY)
    context.buy(AAA, TEN, MIDDLE, time_in_force=TimeInForce.AT_OPEN)
    rig.drain()
    failed = [[check.check for check in fact.failed] for fact in rig.refused()]
    assert ["iceberg_offered"] in failed
    assert any("order_type_offered" in checks for checks in failed)
    assert any("time_in_force_offered" in checks for checks in failed)
    assert rig.failures() == []


def test_an_order_that_has_had_its_time_is_canceled() -> None:
    """S4-OMS-02."""
    rig, context = opened()
    order = context.buy(AAA, TEN, MIDDLE, timeout=seconds(30))
    rig.drain()
    rig.accept(order)
    rig.advance(30 * SECOND - 1)
    assert rig.canceled() == []
    rig.advance(30 * SECOND)
    assert rig.canceled() == [order]


# --- brackets and pairs ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("side", "out", "take_profit", "stop_loss"),
    [(Side.BUY, Side.SELL, HIGH, LOW), (Side.SELL, Side.BUY, LOW, HIGH)],
)
def test_a_bracket_is_an_entry_with_two_exits_that_wait_for_it(
    side: Side, out: Side, take_profit: Price, stop_loss: Price
) -> None:
    rig, context = opened()
    bracket = context.bracket(
        AAA,
        side,
        TEN,
        MIDDLE,
        take_profit=take_profit,
        stop_loss=stop_loss,
        post_only=True,
        tag="swing",
        trigger=Trigger.TOUCH,
    )
    entry, profit, loss = submitted(rig)
    assert tuple(bracket) == (entry.order, profit.order, loss.order)
    assert (entry.side, entry.order_type, entry.price) == (side, OrderType.LIMIT, MIDDLE)
    assert (entry.post_only, entry.after, entry.group) == (True, 0, 0)
    assert (profit.side, profit.order_type, profit.price) == (out, OrderType.LIMIT, take_profit)
    assert (loss.side, loss.order_type, loss.trigger_price) == (out, OrderType.STOP, stop_loss)
    assert loss.trigger is Trigger.TOUCH
    for one in (profit, loss):
        assert (one.after, one.group, one.contingency) == (
            entry.order,
            entry.order,
            Contingency.OUO,
        )
        assert (one.quantity, one.tag, one.post_only) == (TEN, "swing", False)
        assert one.time_in_force is TimeInForce.GTC


def test_the_entry_of_a_bracket_may_be_any_order() -> None:
    rig, context = opened()
    context.bracket(AAA, Side.BUY, TEN, take_profit=HIGH, stop_loss=LOW)
    context.bracket(AAA, Side.BUY, TEN, take_profit=HIGH, stop_loss=LOW, trigger_price=MIDDLE)
    kinds = [one.order_type for one in submitted(rig)]
    assert (kinds[0], kinds[3]) == (OrderType.MARKET, OrderType.STOP)


def bracketed() -> tuple[Rig, Context, tuple[OrderId, ...]]:
    """Return a rig in which a bracket was just taken by the machine."""
    rig, context = opened()
    bracket = context.bracket(AAA, Side.BUY, TEN, MIDDLE, take_profit=HIGH, stop_loss=LOW)
    rig.drain()
    return rig, context, bracket


def test_the_exits_of_a_bracket_are_held_and_listed_with_what_works() -> None:
    rig, context, orders = bracketed()
    assert [one.order for one in rig.sent()] == [orders[0]]
    assert [one.order for one in context.working(AAA)] == list(orders)
    assert [one.status for one in context.working()] == [Status.SENT, Status.HELD, Status.HELD]
    assert [one.hold for one in context.working()] == [Hold.NONE, Hold.PARENT, Hold.PARENT]
    assert view(context, orders[2]).conditions.after == orders[0]


def test_held_and_working_orders_are_listed_oldest_first() -> None:
    rig, context = opened()
    orders = [
        context.buy(AAA, TEN, trigger_price=HIGH),
        context.buy(AAA, TEN, MIDDLE),
        context.buy(AAA, TEN, trigger_price=HIGH),
    ]
    rig.drain()
    assert [one.order for one in context.working()] == orders


def test_cancel_all_takes_held_orders_too() -> None:
    rig, context, orders = bracketed()
    rig.accept(orders[0])
    context.cancel_all()
    rig.drain()
    assert rig.canceled() == [orders[0]]  # the others never were at the venue
    assert [one.status for one in context.working()] == [Status.CANCEL_PENDING]
    rig.cancel(orders[0])
    assert context.working() == []


def test_held_orders_of_others_are_not_seen() -> None:
    rig, context = opened(count=2)
    context.buy(AAA, TEN, trigger_price=HIGH)
    rig.drain()
    other = rig.host._seats[2][1]  # type: ignore[index]
    assert other.working() == []
    other.cancel_all()
    assert rig.host.requests() == []


def test_a_pair_is_one_group_in_which_one_cancels_the_other() -> None:
    rig, context = opened()
    pair = context.oco(AAA, Side.SELL, TEN, limit=HIGH, stop=LOW, reduce_only=True)
    limit, stop = submitted(rig)
    assert pair == (limit.order, stop.order)
    assert (limit.order_type, limit.price) == (OrderType.LIMIT, HIGH)
    assert (stop.order_type, stop.trigger_price, stop.price) == (OrderType.STOP, LOW, 0)
    for one in (limit, stop):
        assert (one.side, one.contingency, one.reduce_only) == (Side.SELL, Contingency.OCO, True)
    assert limit.group == stop.group != 0


def test_a_pair_may_update_instead_of_cancel() -> None:
    rig, context = opened()
    context.oco(AAA, Side.BUY, TEN, limit=LOW, stop=HIGH, contingency=Contingency.OUO)
    assert {one.contingency for one in submitted(rig)} == {Contingency.OUO}


def test_a_group_is_no_order_and_never_given_again() -> None:
    _, context = opened()
    groups = [context.new_group(), context.new_group()]
    orders = [context.buy(AAA, TEN, MIDDLE, group=one) for one in groups]
    groups.append(context.new_group())
    assert len({*groups, *orders}) == 5
    assert all(context.order(one) is None for one in groups)


_shared = opened()
