"""Orders and positions by the facts alone: each rule that facts can break, broken."""

import pytest

from fairlead.model.inputs import (
    Input,
    TimePassed,
    VenueAccepted,
    VenueFilled,
    VenueOrderStatus,
)
from fairlead.model.outputs import (
    OrderCanceled,
    OrderUnknown,
    Output,
    PositionChanged,
)
from fairlead.model.terms import Liquidity, Side
from fairlead.model.units import (
    InstrumentId,
    Money,
    Nanos,
    OrderId,
    Price,
    Quantity,
    SignedQuantity,
    StrategyId,
)
from fairlead.stages.hostile.errors import InvariantBroken
from fairlead.stages.hostile.ledger import Ledger
from tests.stages.hostile.parts import fill, sent

ONE = InstrumentId(1)
TICK = TimePassed()
WHERE = (OrderId(1), ONE)
CANCELED = OrderCanceled(OrderId(1), StrategyId(1), ONE, Quantity(10), "done")


def report(execution: str) -> VenueFilled:
    """Return the report of a fill of order 1."""
    terms = (20260105, Price(10_000), Quantity(4), Money(0), Liquidity.MAKER, Nanos(0))
    return VenueFilled(OrderId(1), ONE, execution, *terms)


def follow(*steps: tuple[Input, list[Output]]) -> Ledger:
    """Return a ledger that followed some inputs with their outputs."""
    ledger = Ledger()
    for input, outputs in steps:
        before = ledger.alive()
        for output in outputs:
            ledger.take(input, output)
        ledger.closed(input, outputs, before)
    return ledger


SENT: tuple[Input, list[Output]] = (TICK, [sent(1)])
FILLED: tuple[Input, list[Output]] = (report("E1"), [fill(1, 4, 4, 6, "E1")])


def test_what_works_and_what_is_held_make_the_worst_case() -> None:
    ledger = follow(SENT, FILLED)
    assert (ledger.net(ONE), ledger.worst(ONE, Side.BUY)) == (4, 10)
    assert ledger.worst(ONE, Side.SELL) == -4
    assert (ledger.alive(), ledger.fills) == ([1], 1)


@pytest.mark.parametrize(
    ("number", "steps"),
    [
        (4, [SENT, FILLED, (report("E1"), [fill(1, 4, 8, 2, "E1")])]),
        (5, [SENT, (report("E1"), [fill(1, 4, 5, 6, "E1")])]),
        (5, [SENT, (report("E1"), [fill(1, 4, 4, 3, "E1")])]),
        (5, [SENT, (report("E1"), [fill(1, 12, 12, 0, "E1")])]),
        (10, [SENT, SENT]),
        (10, [SENT, (TICK, [CANCELED])]),
        (10, [SENT, (VenueOrderStatus(*WHERE, False, Nanos(0)), [CANCELED])]),
    ],
)
def test_facts_that_break_a_rule_are_noticed(
    number: int, steps: list[tuple[Input, list[Output]]]
) -> None:
    """Once booked, leaves and filled, and never dead without evidence."""
    with pytest.raises(InvariantBroken) as broken:
        follow(*steps)
    assert broken.value.number == number


def test_a_position_that_the_fills_do_not_add_up_to_is_noticed() -> None:
    moved = PositionChanged(StrategyId(1), ONE, SignedQuantity(5), Money(0), Money(0), Money(0))
    with pytest.raises(InvariantBroken, match="invariant 6"):
        follow(SENT, (report("E1"), [fill(1, 4, 4, 6, "E1"), moved]))


def test_an_order_that_is_not_known_still_works() -> None:
    unknown = OrderUnknown(OrderId(1), StrategyId(1), ONE, "the session broke")
    accepted = VenueAccepted(*WHERE, "V1", Nanos(0))
    ledger = follow(SENT, (TICK, [unknown]), (accepted, []))
    assert ledger.worst(ONE, Side.BUY) == 10
