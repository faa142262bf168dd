"""What a strategy sees and asks: exact numbers, clear errors, and never the machine's own state."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.model.inputs import BookGap, CancelRequest, ReplaceRequest, SubmitRequest
from fairlead.model.terms import OrderType, Side, Status, TimeInForce
from fairlead.model.units import InstrumentId, Nanos, OrderId, Price, Quantity, StrategyId
from fairlead.strategy import Bar, Context, Strategy, seconds
from fairlead.strategy.errors import InvalidRequest, StrategyIsOff, UnknownInstrument
from fairlead.strategy.outbox import LINE_LENGTH_MAX, LINES_MAX
from fairlead.strategy.timers import TIMERS_MAX
from tests.strategy.opened import Open, opened, status
from tests.strategy.rig import AAA, BBB, Rig

# --- what there is --------------------------------------------------------------------------------


def test_instruments_are_found_by_symbol_and_by_id() -> None:
    _, context = opened()
    assert context.instrument("BBB") is context.instrument(BBB)
    assert [one.symbol for one in context.instruments] == ["AAA", "BBB"]


@pytest.mark.parametrize("name", ["CCC", InstrumentId(9)])
def test_an_unknown_instrument_is_told_with_the_known_ones(name: Any) -> None:
    _, context = opened()
    message = rf"unknown instrument {name!r}: known are AAA \(1\), BBB \(2\)"
    with pytest.raises(UnknownInstrument, match=message):
        context.instrument(name)


def test_an_instrument_in_place_of_its_id_is_told() -> None:
    _, context = opened()
    with pytest.raises(UnknownInstrument, match="'AAA' itself, expected its id"):
        context.buy(context.instrument("AAA"), Quantity(1))  # type: ignore[arg-type]


def test_a_quote_is_the_touch_and_none_where_nothing_may_be_believed() -> None:
    rig, context = opened()
    touch = context.quote(AAA)
    assert touch is not None
    assert (touch.bid_price, touch.ask_price, touch.mid, touch.spread) == (9_990, 10_000, 9_995, 10)
    assert context.quote(BBB) is None
    rig.quote(10_000, 9_990)  # crossed
    assert context.quote(AAA) is None
    rig.quote(9_990, 10_000)
    rig.run(BookGap(AAA, "lost"))
    rig.quote(9_990, 10_000)
    assert context.quote(AAA) is not None
    assert context.book(BBB).stale
    assert context.book(BBB).reason


def test_what_a_strategy_holds_is_its_own() -> None:
    rig, context = opened(count=2)
    order = context.buy(AAA, Quantity(10), Price(9_990))
    rig.drain()
    rig.fill(order, 9_990, 4)
    assert context.position(AAA).quantity == 4
    assert context.position(AAA).open_cost == 4 * 9_990 * 1_000
    assert rig.position(strategy=2) == 0


def test_what_is_seen_cannot_be_changed() -> None:
    rig, context = opened()
    order = context.buy(AAA, Quantity(10), Price(9_990))
    rig.drain()
    for view in (context.position(AAA), context.quote(AAA), context.order(order)):
        with pytest.raises(AttributeError):
            view.quantity = 7  # type: ignore[union-attr,misc]
    with pytest.raises(AttributeError):
        context.book(AAA).bid_price = Price(1)  # type: ignore[misc]


# --- orders ---------------------------------------------------------------------------------------


def test_an_order_without_a_price_is_a_market_order_that_does_not_wait() -> None:
    rig, context = opened()
    context.sell(AAA, Quantity(10), tag="out")
    (request,) = rig.host.requests()
    assert isinstance(request, SubmitRequest)
    assert (request.side, request.order_type, request.price) == (Side.SELL, OrderType.MARKET, 0)
    assert (request.time_in_force, request.tag) == (TimeInForce.IOC, "out")


def test_an_order_with_a_price_waits_unless_said_otherwise() -> None:
    rig, context = opened()
    context.buy(AAA, Quantity(10), Price(9_990), post_only=True)
    context.buy(AAA, Quantity(10), Price(9_990), time_in_force=TimeInForce.FOK)
    waits, fills = rig.host.requests()
    assert isinstance(waits, SubmitRequest)
    assert isinstance(fills, SubmitRequest)
    assert (waits.order_type, waits.time_in_force, waits.post_only) == (
        OrderType.LIMIT,
        TimeInForce.GTC,
        True,
    )
    assert fills.time_in_force is TimeInForce.FOK


def test_an_order_works_from_the_moment_it_is_asked_for() -> None:
    rig, context = opened()
    order = context.buy(AAA, Quantity(10), Price(9_990))
    for taken in (False, True):
        if taken:
            rig.drain()
        (view,) = context.working(AAA)
        assert (view.order, view.status, view.leaves) == (order, Status.SENT, 10)
        assert context.order(order) == view
        assert context.working(BBB) == []
    rig.accept(order)
    assert [one.status for one in context.working()] == [Status.OPEN]
    rig.fill(order, 9_990, 10)
    assert context.working() == []
    assert status(context, order) is Status.FILLED


def test_a_change_shows_from_the_moment_it_is_asked_for_until_it_was_answered() -> None:
    rig, context = opened()
    order = context.buy(AAA, Quantity(10), Price(9_990))
    context.cancel(order)
    assert [one.status for one in context.working()] == [Status.CANCEL_PENDING]
    rig.drain()
    assert status(context, order) is Status.SENT
    context.cancel_all()
    assert rig.host.requests() == []  # it goes out as soon as the venue knows the order

    other = context.buy(AAA, Quantity(10), Price(9_990))
    rig.drain()
    rig.accept(other)
    context.replace(other, price=Price(1))  # beyond the collar
    assert status(context, other) is Status.REPLACE_PENDING
    rig.drain()
    assert rig.refused()
    assert status(context, other) is Status.OPEN


def test_an_order_that_risk_refuses_works_no_longer() -> None:
    rig, context = opened()
    order = context.buy(AAA, Quantity(10**12), Price(9_990))
    rig.drain()
    assert rig.refused()
    assert context.working() == []
    assert status(context, order) is Status.REFUSED


def test_an_order_of_another_strategy_is_not_seen() -> None:
    rig, context = opened(count=2)
    order = context.buy(AAA, Quantity(10), Price(9_990))
    rig.drain()
    other = rig.host._seats[StrategyId(2)][1]
    assert other.order(order) is None
    assert other.working() == []


def test_cancel_all_asks_once_for_each_order_of_the_instrument() -> None:
    rig, context = opened()
    rig.quote(9_990, 10_000, BBB)
    orders = [context.buy(one, Quantity(10), Price(9_990)) for one in (AAA, AAA, BBB)]
    rig.drain()
    rig.accept_all()
    context.cancel_all(AAA)
    requests = rig.host.requests()
    assert [one.order for one in requests if isinstance(one, CancelRequest)] == orders[:2]
    for request in requests:
        rig.run(request)
    context.cancel_all()
    assert [one.order for one in rig.host.requests() if isinstance(one, CancelRequest)] == [
        orders[2]
    ]


def test_a_replace_keeps_what_is_not_given() -> None:
    rig, context = opened()
    order = context.buy(AAA, Quantity(10), Price(9_990))
    rig.drain()
    rig.accept(order)
    context.replace(order, price=Price(9_980))
    context.replace(order, quantity=Quantity(12))
    terms = [
        (one.quantity, one.price) for one in rig.host.requests() if isinstance(one, ReplaceRequest)
    ]
    assert terms == [(10, 9_980), (12, 9_990)]


def test_an_order_that_does_not_exist_cannot_be_replaced() -> None:
    _, context = opened()
    with pytest.raises(InvalidRequest, match="has no order 77: nothing to replace"):
        context.replace(OrderId(77), price=Price(1))


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda c: c.buy(AAA, 0.5), r"quantity is 0\.5 \(float\), expected a whole number"),
        (lambda c: c.buy(AAA, True), r"quantity is True \(bool\)"),
        (lambda c: c.buy(AAA, 1, "99.90"), r"price is '99\.90' \(str\)"),
        (lambda c: c.sell(AAA, 1, Decimal(99)), r"price is Decimal\('99'\) \(Decimal\)"),
        (lambda c: c.buy(AAA, 1, tag="x" * 65), "tag has 65 characters, expected at most 64"),
        (lambda c: c.cancel("7"), r"order is '7' \(str\)"),
        (lambda c: c.set_timer(0), "after is 0 ns, expected above 0"),
        (lambda c: c.set_timer(1.5), r"after is 1\.5 \(float\)"),
        (lambda c: c.set_timer(1, -1), "timer is -1, expected 0 to 4294967295"),
        (lambda c: c.set_timer(1, 1 << 32), "expected 0 to 4294967295"),
        (lambda c: c.subscribe_bars(AAA, seconds(60)), "has no on_bar to take the bars"),
        (lambda c: c.subscribe_bars(AAA, 0), "interval is 0 ns, expected above 0"),
        (lambda c: c.subscribe(InstrumentId(9)), "unknown instrument 9"),
        (lambda c: c.position(InstrumentId(9)), "unknown instrument 9"),
        (lambda c: c.book(InstrumentId(9)), "unknown instrument 9"),
    ],
)
def test_what_is_no_request_at_all_is_an_error_and_queues_nothing(
    ask: Callable[[Any], object], message: str
) -> None:
    rig, context = opened()
    with pytest.raises(InvalidRequest, match=message):
        ask(context)
    assert rig.host.requests() == []


def test_a_timer_needs_a_handler() -> None:
    class Deaf(Strategy):
        def on_start(self, context: Context) -> None:
            context.set_timer(seconds(1))

    rig = Rig(Deaf()).start()
    assert "this strategy has no on_timer to call" in rig.failures()[0].error


def test_more_timers_than_the_bound_are_refused() -> None:
    _, context = opened()
    for timer in range(TIMERS_MAX):
        context.set_timer(seconds(1), timer)
    context.set_timer(seconds(2), 0)  # set anew: no more than before
    with pytest.raises(InvalidRequest, match=f"more than {TIMERS_MAX} timers"):
        context.set_timer(seconds(1), TIMERS_MAX)


def test_a_strategy_that_failed_may_ask_for_nothing() -> None:
    rig, context = opened()
    rig.host._seats[StrategyId(1)][0].fail(ValueError("gone"))
    with pytest.raises(StrategyIsOff, match="ValueError: gone"):
        context.buy(AAA, Quantity(1), Price(9_990))
    assert context.working() == []


def test_what_a_strategy_says_is_kept_within_bounds_and_counted() -> None:
    rig, context = opened()
    for number in range(LINES_MAX + 3):
        context.log(f"{number} " + "x" * 1_000)
    lines = rig.host.log_lines()
    assert [line.text.split()[0] for line in lines] == [str(n) for n in range(3, LINES_MAX + 3)]
    assert {len(line.text) for line in lines} == {LINE_LENGTH_MAX}
    assert rig.host.log_lines_dropped == 3
    assert rig.host.log_lines() == []


# --- conversions ----------------------------------------------------------------------------------


def test_prices_and_quantities_are_read_as_people_write_them() -> None:
    _, context = opened()
    assert context.price(AAA, "100.05") == 10_005
    assert context.price(AAA, Decimal("100.050")) == 10_005
    assert context.price(AAA, 100) == 10_000
    assert context.quantity(AAA, "0.5") == 500
    assert str(context.decimal_price(AAA, Price(10_005))) == "100.05"
    assert context.decimal_quantity(AAA, -500) == Decimal("-0.5")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("100.055", "price of AAA is '100.055', expected at most 2 decimals"),
        ("NaN", "expected a finite number"),
        ("abc", "price of AAA is 'abc', expected a decimal number"),
        (100.05, r"price of AAA is 100\.05 \(float\), expected text or Decimal"),
        ("0.1000000000000000000000000000000001", "expected at most 2 decimals"),
        ("1e999999999", "exponent of at most"),
    ],
)
def test_a_number_that_is_no_price_is_refused_and_never_rounded(text: Any, message: str) -> None:
    _, context = opened()
    with pytest.raises(InvalidRequest, match=message):
        context.price(AAA, text)


@given(st.integers(-(10**15), 10**15))
def test_a_price_survives_the_way_to_decimal_and_back(increments: int) -> None:
    _, context = _shared
    assert context.price(AAA, context.decimal_price(AAA, Price(increments))) == increments


@given(st.floats(0, 1e12))
def test_rounding_never_passes_the_number_and_misses_it_by_less_than_a_tick(price: float) -> None:
    _, context = _shared
    exact = Fraction(price)
    assert 0 <= exact - context.round_price_down(AAA, price) < 1
    assert 0 <= context.round_price_up(AAA, price) - exact < 1
    assert 0 <= exact - context.round_quantity_down(AAA, price) < 1


def test_a_span_is_written_in_seconds() -> None:
    assert seconds(60) == 60_000_000_000
    assert seconds(0.1) == 100_000_000
    assert seconds(Decimal("0.000000001")) == 1


def test_the_parameters_are_in_the_context_too() -> None:
    class Parametric(Open):
        class Parameters(Strategy.Parameters, frozen=True):
            depth: int = 3

    strategy = Parametric()
    Rig(strategy).start()
    assert strategy.context.parameters == Parametric.Parameters(depth=3)


def test_bars_without_a_subscription_do_not_come() -> None:
    class Bars(Strategy):
        def on_bar(self, context: Context, bar: Bar) -> None:
            raise AssertionError("nobody asked")

    rig = Rig(Bars()).start()
    rig.trade(10_000)
    rig.time = Nanos(10**12)
    rig.trade(10_000)
    assert rig.failures() == []


_shared = opened()
