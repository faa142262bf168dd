"""When conditions are asked: with what happens, soon after the market, always before an order."""

from random import Random
from typing import Final

import pytest

from fairlead.machine.performance import RISK_INTERVAL
from fairlead.model.inputs import ErrorReported, Input, OutsideValue, TimePassed
from fairlead.model.outputs import (
    BreakerChanged,
    OrderFilled,
    OrderRefused,
    ReplaceOrder,
    SendOrder,
)
from fairlead.model.risk_terms import BreakerState, LimitKind
from fairlead.model.terms import OrderType, Trigger
from fairlead.model.units import Millionths, Money, OrderId, Price
from tests.machine.build import (
    BUY,
    NO_TIME,
    SECOND,
    SELL,
    accepted,
    filled,
    only,
    quote,
    replace,
    submit,
)
from tests.machine.risk.limited import (
    MAIN,
    STRATEGY,
    Kept,
    a_rig,
    at_bid,
    breaker,
    changes,
    day,
    dynamic,
    limit,
    lose,
    order,
    passes,
    refusals,
)

HALTED: Final = BreakerState.HALTED
TRIPPED: Final = [("test", "firm", HALTED)]
TICK: Final = TimePassed()


def guarded() -> Kept:
    """Return a machine that has 100 at 100, and halts below a drawdown of 5.00."""
    return a_rig(breaker("drawdown > 0.0005"), *lose(100))


def test_while_the_market_moves_conditions_are_asked_every_hundred_milliseconds() -> None:
    """S0-CB-06: fast, and not with every quote."""
    rig = guarded()
    rig.wait(SECOND)
    assert changes(rig.give(at_bid(98))) == []
    assert rig.machine.next_due() == rig.time + RISK_INTERVAL
    rig.wait(RISK_INTERVAL - 1)
    assert changes(rig.give(at_bid(90), at_bid(89))) == []
    rig.wait(1)
    assert changes(rig.give(TICK)) == TRIPPED
    assert rig.machine.next_due() is None


def test_what_is_due_is_asked_with_the_input_that_is_there_then() -> None:
    """The deadline comes before the input, the question after it: it sees what came last."""
    rig = guarded()
    rig.give(at_bid(98))
    rig.wait(RISK_INTERVAL)
    assert changes(rig.give(at_bid(90))) == TRIPPED


def test_no_order_leaves_before_what_is_pending_was_asked() -> None:
    """S0-CB-06: an order within the hundred milliseconds is refused."""
    rig = guarded()
    rig.give(at_bid(90))
    outputs = rig.give(submit(2, quantity=1))
    assert [type(one) for one in outputs] == [BreakerChanged, OrderRefused]
    assert refusals(outputs)[0][0] == "breaker_halted"


def test_no_replace_leaves_before_what_is_pending_was_asked() -> None:
    """Likewise for the terms of an order that works."""
    rig = guarded()
    rig.give(submit(2, quantity=1), accepted(2), at_bid(90))
    outputs = rig.give(replace(2, 2))
    assert changes(outputs) == TRIPPED
    assert not [one for one in outputs if isinstance(one, ReplaceOrder)]


def test_a_stop_that_the_same_quote_sets_off_is_asked_about_first() -> None:
    """What the market does to us and what we do to the market come in this order."""
    rig = guarded()
    at = {"trigger_price": Price(95), "trigger": Trigger.TOUCH}
    rig.give(submit(2, SELL, 50, 0, order_type=OrderType.STOP, **at))
    outputs = rig.give(at_bid(90))
    assert changes(outputs) == TRIPPED
    assert not [one for one in outputs if isinstance(one, SendOrder)]


def test_after_a_fill_conditions_are_asked_with_it() -> None:
    """Fills, at once."""
    rig = a_rig(breaker("drawdown > 0.0005"))
    outputs = rig.give(*lose(501))
    assert changes(outputs) == TRIPPED
    assert only(OrderFilled, outputs).quantity == 501


@pytest.mark.parametrize(
    ("condition", "given"),
    [
        ("vix > 40", OutsideValue("vix", Millionths(41_000_000), NO_TIME)),
        ("system_error", ErrorReported("feed", "it broke")),
        ("stale_books > 0", quote(101, 101)),
    ],
)
def test_outside_values_errors_and_lost_books_are_asked_about_with_the_input(
    condition: str, given: OutsideValue
) -> None:
    """S0-CB-04, S0-CB-05, S4-CB-03: at once."""
    rig = a_rig(OutsideValue("vix", Millionths(1), NO_TIME), breaker(condition), *lose(10))
    assert changes(rig.give(given)) == TRIPPED


def test_where_nothing_is_watched_nothing_is_asked_and_nothing_is_due() -> None:
    """What is not used costs nothing."""
    rig = a_rig(*lose(100))
    rig.give(at_bid(90))
    state = rig.machine.state
    assert [state.risk_watched, state.risk_pending, state.risk_moved] == [False] * 3
    assert rig.machine.next_due() is None


def test_what_was_defined_in_the_middle_of_a_session_knows_what_came_before() -> None:
    """B-RISK-07: the first question is asked with the definition."""
    rig = a_rig(*lose(600))
    assert changes(rig.give(breaker("daily_pnl < -0.0005"))) == TRIPPED


def test_the_breaker_layer_alone_stops_the_flow() -> None:
    """With all layers above it switched off, what it is for is stopped."""
    rig = a_rig(breaker("order_rate > 3"))
    rig.machine.gate.layers = 16  # BREAKER
    sent = [passes(rig, submit(number, quantity=number)) for number in range(1, 9)]
    assert sent == [True] * 4 + [False] * 4


def test_the_loss_layer_alone_stops_the_flow() -> None:
    """Likewise: an algorithm that only loses, fill after fill."""
    rig = a_rig(limit(LimitKind.LOSS_DAY, "5"))
    rig.machine.gate.layers = 8  # LOSS
    sent = 0
    for number in range(1, 20):
        rig.wait(SECOND)
        if passes(rig, submit(number, BUY, 100, 101)):
            sent += 1
            rig.give(accepted(number), filled(number, 100, f"E{number}", 101, fee=Money(1)))
    assert sent == 3  # 2.01 each: the third goes beyond 5.00, and is the last


def test_a_dynamic_limit_that_is_pending_holds_for_the_order_that_comes() -> None:
    """S4-RISK-09: applied before the order, not after it."""
    rig = a_rig(dynamic("drawdown > 0.0005", LimitKind.POSITION_QUANTITY, "100"), *lose(100))
    rig.give(at_bid(90))
    failed = [check for check, *_ in refusals(rig.give(submit(2, quantity=1)))]
    assert failed == ["position_quantity"]


def test_children_that_are_let_go_are_counted() -> None:
    """Knight: orders that nobody asked for singly are orders all the same."""
    rig = a_rig(breaker("order_rate > 2"))
    rig.give(submit(1, quantity=10), accepted(1))
    rig.give(submit(2, SELL, 10, 110, after=OrderId(1)))
    outputs = rig.give(filled(1, 10, "E1"))
    assert [one.approved.order for one in outputs if isinstance(one, SendOrder)] == [2]
    assert changes(rig.give(submit(3, quantity=1))) == TRIPPED


# --- any session ----------------------------------------------------------------------------------

GUARDS: Final = (
    OutsideValue("vix", Millionths(15_000_000), NO_TIME),
    breaker("drawdown > 0.003", "open", trips_max=0),
    breaker("vix > 30", "fear", state=BreakerState.REDUCE_ONLY, scope=MAIN, trips_max=0),
    breaker("order_rate > 6", "runaway", state=BreakerState.CANCEL_ONLY, scope=STRATEGY),
    breaker("loss_rate_1m > 0.0003", "fast", state=BreakerState.WARNING, trips_max=0),
    dynamic("vix > 20", LimitKind.POSITION_QUANTITY, "40"),
)


def step(random: Random, number: int) -> tuple[Input, ...]:
    """Return what happens next."""
    chosen = random.randrange(12)
    if chosen < 4:
        bid = random.randrange(92, 106)
        return (quote(bid, bid + 2),)
    if chosen < 8:
        side = random.choice((BUY, SELL))
        return (submit(number, side, random.randrange(1, 60), 100 + random.randrange(-4, 5)),)
    if chosen < 9:
        fear = random.choice((None, 15_000_000, 25_000_000, 35_000_000))
        return (OutsideValue("vix", None if fear is None else Millionths(fear), NO_TIME),)
    if chosen < 10:
        return (order(BreakerState.ACTIVE), order(BreakerState.ACTIVE, MAIN))
    if chosen < 11:
        return (order(BreakerState.ACTIVE, STRATEGY), TICK)
    return (day(20240101 + number),)


@pytest.mark.parametrize("seed", range(25))
def test_in_any_session_what_the_facts_say_is_what_passes(seed: int) -> None:
    """Control 40, B-RISK-08: by the facts alone, and equal after a restart."""
    random = Random(seed)
    rig = a_rig(limit(LimitKind.LOSS_DAY, "6", STRATEGY), *GUARDS)
    states: dict[tuple[str, str], BreakerState] = {}
    for number in range(1, 120):
        rig.wait(random.choice((1, SECOND // 20, SECOND)))
        held = rig.position().quantity
        outputs = rig.give(*step(random, number))
        for output in outputs:
            if isinstance(output, BreakerChanged):
                key = (output.breaker, str(output.scope))
                assert states.get(key, BreakerState.ACTIVE) is output.before, f"seed {seed}"
                states[key] = output.after
            if isinstance(output, SendOrder):
                allows(states, output, held, f"seed {seed}, input {number}")
                sent = output.approved.order
                rig.give(accepted(sent), filled(sent, output.approved.quantity, f"E{number}"))
                states |= {
                    (one.breaker, str(one.scope)): one.after
                    for one in rig.last
                    if isinstance(one, BreakerChanged)
                }
        if number % 40 == 0:
            rig.restart()


def allows(
    states: dict[tuple[str, str], BreakerState], sent: SendOrder, held: int, where: str
) -> None:
    """Stop if an order left that no state on its path lets by."""
    strictest = max(states.values(), default=BreakerState.ACTIVE)
    assert strictest < BreakerState.CANCEL_ONLY, where
    if strictest is BreakerState.REDUCE_ONLY:
        approved = sent.approved
        signed = approved.quantity if approved.side is BUY else -approved.quantity
        assert abs(held + signed) < abs(held), where
        assert (held > 0) != (signed > 0), where
