"""What must hold at every input: each rule, broken by a journal that was made up."""

import pytest

from fairlead.model.inputs import (
    BookGap,
    Input,
    LimitChange,
    NodeStarted,
    Quote,
    StartCommand,
    TimePassed,
)
from fairlead.model.limits import Limits
from fairlead.model.outputs import (
    FailedCheck,
    KillEngaged,
    KillReleased,
    OrderRefused,
    Output,
    TradingStarted,
    TradingStopped,
)
from fairlead.model.terms import StopPolicy, Unit
from fairlead.model.units import (
    BasisPoints,
    InstrumentId,
    Money,
    Nanos,
    OrderId,
    Price,
    Quantity,
    StrategyId,
    UpdateId,
)
from fairlead.stages.hostile.errors import InvariantBroken
from fairlead.stages.hostile.rules import Rules
from tests.stages.hostile.parts import SECOND, sent

Step = tuple[Input, list[Output]]

ONE = InstrumentId(1)
TICK = TimePassed()
START: Step = (StartCommand("ann", "day"), [TradingStarted("ann", "day")])
KILL: Step = (TICK, [KillEngaged("ann", "a drill")])
RELEASE: Step = (TICK, [KillReleased("ann", "over")])
ORDER: Step = (TICK, [sent(1)])
STARTED: Step = (NodeStarted(1, "build", "configuration", "paper"), [])
STOPPED: Step = (TICK, [TradingStopped(StopPolicy.KEEP, "ann", "the end")])


def quote(bid: int, ask: int) -> Step:
    """Return a touch of instrument 1."""
    touch = (Price(bid), Quantity(1), Price(ask), Quantity(1), UpdateId(0), Nanos(0))
    return (Quote(ONE, *touch), [])


def limited(most: int) -> Step:
    """Return that the position may be so large."""
    terms = (Quantity(100), Money(10**9), Quantity(most), BasisPoints(100), Nanos(SECOND))
    return (LimitChange(Limits(ONE, *terms), "ann", "agreed"), [])


def refused(check: str, measured: int, limit: int) -> Step:
    """Return a refusal with one check."""
    failed = (FailedCheck(check, measured, limit, Unit.QUANTITY),) if check else ()
    return (TICK, [OrderRefused(OrderId(1), StrategyId(1), ONE, "submit", failed)])


def follow(*steps: Step, every: int = 1) -> Rules:
    """Return the rules after some inputs, so many nanoseconds apart."""
    rules = Rules()
    for number, (input, outputs) in enumerate(steps, 1):
        rules.follow(Nanos(number * every), input, outputs)
    return rules


FRESH = quote(9_999, 10_001)


def test_an_order_within_all_rules_may_leave() -> None:
    rules = follow(STARTED, START, FRESH, KILL, RELEASE, ORDER, refused("a_max", 11, 10))
    assert (rules.ledger.alive(), rules.refusals) == ([1], 1)


@pytest.mark.parametrize(
    ("number", "steps"),
    [
        (7, [STARTED, STARTED]),
        (8, [START, FRESH, limited(9), ORDER]),
        (8, [START, FRESH, (TICK, [sent(1, worst=9)])]),
        (9, [START, FRESH, KILL, ORDER]),
        (9, [FRESH, ORDER]),
        (9, [START, FRESH, STOPPED, ORDER]),
        (9, [START, FRESH, (STARTED[0], [sent(1)])]),
        (11, [START, ORDER]),
        (11, [START, quote(10_001, 10_001), ORDER]),
        (11, [START, FRESH, (BookGap(ONE, "lost"), []), ORDER]),
        (12, [refused("", 0, 0)]),
        (12, [refused("order_quantity_max", 10, 10)]),
    ],
)
def test_what_breaks_a_rule_is_noticed(number: int, steps: list[Step]) -> None:
    with pytest.raises(InvariantBroken) as broken:
        follow(*steps)
    assert broken.value.number == number


def test_a_price_that_is_too_old_is_none() -> None:
    with pytest.raises(InvariantBroken, match="invariant 11"):
        follow(FRESH, START, ORDER, every=SECOND)
