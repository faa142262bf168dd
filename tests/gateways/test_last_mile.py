"""The last mile: each bound at it, one below and one above, by its own counters alone."""

import pytest

from fairlead.gateways.kill_flag import Switch
from fairlead.gateways.kill_latch import Kill, Mode
from fairlead.gateways.last_mile import LastMile, NoSwitch
from fairlead.gateways.last_mile_limits import InstrumentBounds
from fairlead.model.actions import CancelOrder, ReplaceOrder, SendOrder
from fairlead.model.market_data import TradingDayBegan
from fairlead.model.terms import Side
from fairlead.model.units import InstrumentId, Money, Nanos, Quantity
from tests.gateways.messages import (
    EURO,
    INVERSE,
    OTHER,
    PRICE,
    SECOND,
    SPOT,
    Flag,
    cancel,
    canceled,
    child,
    filled,
    last_mile,
    replace,
    send,
)

NOW = Nanos(10**18)


def leaves(guard: LastMile, action: SendOrder | ReplaceOrder, after: int = 0) -> bool:
    """Ask; return whether the message left."""
    return guard.check(action, Nanos(NOW + after)) == ""


# --- one order ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("quantity", "passes"), [(99, True), (100, True), (101, False)])
def test_the_quantity_of_an_order_is_bounded(quantity: int, passes: bool) -> None:
    assert leaves(last_mile(), send(1, quantity, price=1)) is passes


@pytest.mark.parametrize(("price", "passes"), [(999, True), (1_000, True), (1_001, False)])
def test_the_value_of_an_order_is_bounded(price: int, passes: bool) -> None:
    """The Knight cause: a limit order at ten times the market."""
    assert leaves(last_mile(), send(1, 10, price=price)) is passes


def test_a_sale_far_below_the_market_is_valued_at_the_market() -> None:
    guard = last_mile()
    assert leaves(guard, send(1, 100, price=1, side=Side.SELL))
    bounds = InstrumentBounds(
        order_quantity_max=Quantity(100),
        order_notional_max=Money(100 * PRICE - 1),
        window_quantity_max=Quantity(1_000),
    )
    guard = last_mile(instruments={SPOT: bounds})
    assert not leaves(guard, send(1, 100, price=1, side=Side.SELL))


def test_a_value_that_risk_saw_higher_is_believed() -> None:
    assert leaves(last_mile(), send(1, 1, notional=100 * PRICE))
    assert not leaves(last_mile(), send(1, 1, notional=100 * PRICE + 1))


@pytest.mark.parametrize(("price", "passes"), [(2, True), (1, False)])
def test_an_inverse_contract_is_worth_more_the_lower_its_price(price: int, passes: bool) -> None:
    bounds = InstrumentBounds(
        order_quantity_max=Quantity(100),
        order_notional_max=Money(50),
        window_quantity_max=Quantity(1_000),
    )
    guard = last_mile(instruments={INVERSE: bounds})
    assert leaves(guard, send(1, 100, price=price, where=INVERSE)) is passes


@pytest.mark.parametrize("quantity", [0, -5])
def test_an_order_for_nothing_or_less_does_not_leave(quantity: int) -> None:
    assert not leaves(last_mile(), send(1, quantity))


def test_what_has_no_limit_or_is_not_known_does_not_leave() -> None:
    assert not leaves(last_mile(instruments={}), send(1))
    assert not leaves(last_mile(), send(1, where=InstrumentId(9)))
    unknown = LastMile(last_mile().limits, NoSwitch())
    assert "no limits are set for instrument 1" in unknown.check(send(1), NOW)


# --- rates and sums -------------------------------------------------------------------------------


def test_so_many_orders_leave_in_a_second_and_the_next_one_when_the_first_is_a_second_old() -> None:
    guard = last_mile()
    for number in range(50):
        assert leaves(guard, send(number + 1, 1, price=1), after=number)
    assert not leaves(guard, send(100, 1, price=1), after=50)
    assert not leaves(guard, send(100, 1, price=1), after=SECOND - 1)
    assert leaves(guard, send(100, 1, price=1), after=SECOND)
    assert not leaves(guard, send(101, 1, price=1), after=SECOND)
    assert leaves(guard, send(101, 1, price=1), after=SECOND + 1)


def test_what_was_held_back_uses_up_nothing() -> None:
    guard = last_mile()
    for number in range(1_000):
        assert not leaves(guard, send(number + 1, 101))
    assert guard.blocked == 1_000
    assert leaves(guard, send(2_000))


def test_the_quantity_of_an_instrument_is_bounded_over_the_window() -> None:
    guard = last_mile(window_notional_max=Money(10**9), day_notional_max=Money(10**9))
    for number in range(10):
        assert leaves(guard, send(number + 1, 100))
    assert not leaves(guard, send(11, 1))
    assert leaves(guard, send(12, 1, where=OTHER)), "each instrument has its own"
    assert not leaves(guard, send(13, 1), after=10 * SECOND - 1)
    assert leaves(guard, send(13, 100), after=10 * SECOND)


def test_the_value_of_all_instruments_is_bounded_over_the_window_in_each_currency() -> None:
    guard = last_mile(orders_per_second_max=1_000)
    for number in range(10):
        where = SPOT if number % 2 else OTHER
        assert leaves(guard, send(number + 1, 100, where=where))
    assert not leaves(guard, send(11, 1, where=SPOT))
    assert not leaves(guard, send(11, 1, where=OTHER))
    assert leaves(guard, send(11, 100, where=EURO))
    assert leaves(guard, send(12, 1), after=10 * SECOND)


def test_the_value_of_a_day_is_bounded_until_the_next_trading_day_of_the_firm() -> None:
    guard = last_mile()
    for number in range(100):
        assert leaves(guard, send(number + 1, 100), after=number * 10 * SECOND)
    later = 2_000 * SECOND
    assert not leaves(guard, send(200, 1), after=later)
    guard.reported(TradingDayBegan(20_260_106, "SIM"))
    assert not leaves(guard, send(200, 1), after=later), "that is a venue's day"
    guard.reported(TradingDayBegan(20_260_106, ""))
    assert leaves(guard, send(200, 1), after=later)


def test_a_replace_adds_what_it_adds_and_counts_as_a_message() -> None:
    guard = last_mile(orders_per_second_max=3)
    assert leaves(guard, send(1, 90))
    assert leaves(guard, replace(1, 100, request=2))
    assert not leaves(guard, replace(1, 101, request=3))
    assert leaves(guard, replace(1, 10, request=3))
    assert not leaves(guard, replace(1, 10, request=4)), "the fourth message in a second"
    window = last_mile(orders_per_second_max=1_000, window_notional_max=Money(110 * PRICE))
    assert leaves(window, send(1, 90))
    for request in range(2, 20):
        assert leaves(window, replace(1, 100, request=request)), "nothing is added any more"
    assert leaves(window, send(2, 10))
    assert not leaves(window, send(3, 1))


def test_memory_is_bounded_by_the_rate() -> None:
    """A day of orders leaves nothing behind but what is in the window."""
    guard = last_mile(day_notional_max=Money(10**12))
    for number in range(5_000):
        assert leaves(guard, send(number + 1, 10), after=number * SECOND)
        guard.reported(canceled(number + 1))
    assert len(guard._left) <= 10
    assert len(guard._times) <= 1


# --- the kill switch ------------------------------------------------------------------------------


def test_nothing_new_leaves_while_the_kill_switch_is_engaged() -> None:
    flag = Flag()
    guard = last_mile(flag)
    assert leaves(guard, send(1))
    flag.engaged = True
    assert guard.check(send(2), NOW) == "the kill switch is engaged"
    flag.engaged = False
    assert leaves(guard, send(2))


def test_cancels_always_pass() -> None:
    flag = Flag()
    flag.engaged = True
    guard = last_mile(flag, instruments={}, orders_per_second_max=0)
    for number in range(10_000):
        assert guard.check(cancel(number), NOW) == ""
    assert guard.check(CancelOrder(cancel(1).order, InstrumentId(99)), NOW) == ""


def test_a_replace_passes_a_kill_if_it_only_makes_less_of_an_order() -> None:
    for terms, passes in [
        ({"quantity": 100}, True),
        ({"quantity": 40}, True),
        ({"quantity": 101}, False),
        ({"quantity": 40, "price": PRICE + 1}, False),
        ({"quantity": 40, "price": PRICE - 1}, True),
    ]:
        flag = Flag()
        guard = last_mile(flag, instruments={SPOT: BOUNDS_WIDE})
        assert leaves(guard, send(1, 100))
        flag.engaged = True
        assert leaves(guard, replace(1, **terms)) is passes, terms


BOUNDS_WIDE = InstrumentBounds(
    order_quantity_max=Quantity(10_000),
    order_notional_max=Money(10**9),
    window_quantity_max=Quantity(10**9),
)


@pytest.mark.parametrize(("price", "passes"), [(PRICE + 1, True), (PRICE - 1, False)])
def test_a_sale_is_made_keener_by_a_lower_price(price: int, passes: bool) -> None:
    flag = Flag()
    guard = last_mile(flag)
    assert leaves(guard, send(1, 50, side=Side.SELL))
    flag.engaged = True
    assert leaves(guard, replace(1, 50, price, side=Side.SELL)) is passes


def test_a_replace_of_an_order_that_never_left_or_is_over_does_not_pass_a_kill() -> None:
    flag = Flag()
    guard = last_mile(flag)
    assert leaves(guard, send(1, 50))
    guard.reported(canceled(1))
    flag.engaged = True
    assert not leaves(guard, replace(1, 1))
    assert not leaves(guard, replace(2, 1))


@pytest.mark.parametrize("allowed", [True, False])
def test_orders_that_close_pass_a_kill_that_flattens_within_all_other_bounds(allowed: bool) -> None:
    flag = Flag()
    flag.engaged, flag.closing_allowed = True, allowed
    guard = last_mile(flag)
    assert leaves(guard, send(1, 100, closing=True)) is allowed
    assert not leaves(guard, send(2, 100))
    assert not leaves(guard, send(3, 101, closing=True)), "the bounds hold for it too"


@pytest.mark.parametrize("mode", Mode)
def test_the_flag_of_a_real_switch_is_read_on_each_send(
    tmp_path_factory: pytest.TempPathFactory, mode: Mode
) -> None:
    place = tmp_path_factory.mktemp("place") / "switch"
    node, person = Switch(place, now=NOW), Switch(place, now=NOW, mapped=False)
    guard = last_mile(node)
    assert leaves(guard, send(1))
    person.engage(Kill(person="ann", reason="r", source="s", mode=mode), NOW)
    assert not leaves(guard, send(2))
    assert leaves(guard, send(3, closing=True)) is (mode in (Mode.FLATTEN, Mode.DISCONNECT))
    person.release("eve", "all is flat", NOW)
    assert leaves(guard, send(4))


# --- the Knight causes, by the last mile alone ----------------------------------------------------


def test_a_runaway_loop_is_stopped_within_its_first_second_at_the_bound_of_the_window() -> None:
    """Knight: 50 market orders a second, each of them filled at once, for 45 minutes."""
    guard = last_mile()
    left = value = 0
    last = -1
    for number in range(50 * 10):  # as long as the window
        after = number * SECOND // 50
        if leaves(guard, send(number + 1, 100), after=after):
            left, last = left + 1, after
            value += 100 * PRICE
            guard.reported(filled(number + 1, 100))
    assert last < SECOND
    assert left == 10
    assert value == guard.limits.window_notional_max


def test_a_parent_that_is_replayed_after_it_was_filled_sends_nothing() -> None:
    """Knight: the parent was done, and its children were sent all the same."""
    guard = last_mile(
        instruments={SPOT: BOUNDS_WIDE},
        orders_per_second_max=10**6,
        window_notional_max=Money(10**12),
        day_notional_max=Money(10**12),
    )
    sent = 0
    for number in range(1, 10_000):
        if leaves(guard, child(number, 10, 77_777, 500)):
            sent += 10
            guard.reported(filled(number, 10))
    assert sent == 500


def test_a_journal_that_is_lived_through_again_leaves_the_counters_as_they_were() -> None:
    lived, again = last_mile(), last_mile()
    for number in range(1, 15):
        action = send(number, 100)
        if lived.check(action, Nanos(NOW + number)) == "":
            again.count(action, Nanos(NOW + number))
        for one in (lived, again):
            one.reported(filled(number, 40))
            one.count(cancel(number), NOW)
    for guard in (lived, again):
        assert not leaves(guard, send(100, 1), after=20)
        assert leaves(guard, send(100, 1), after=11 * SECOND)
