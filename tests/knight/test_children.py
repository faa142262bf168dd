"""Children never exceed their parent: a runaway loop, a replayed parent, children before the open.

S0-KNI-07, S0-KILL-12, F-01; paragraphs 14, 16 and 21 of the order.
"""

from fairlead.model.inputs import SessionPhase, SubmitRequest
from fairlead.model.risk_terms import Phase
from fairlead.model.units import Nanos
from fairlead.operations import knight
from fairlead.operations.knight import PARENT, PARENT_QUANTITY, PARENTS
from fairlead.operations.knight_desk import Desk, child_quantity, loop, order
from fairlead.operations.knight_settings import ASK, CENTS, MID, STANDARD, VENUE
from tests.knight.bounds import (
    PERIOD,
    SECOND,
    SPREAD,
    alarms_in_time,
    fitting,
    is_stopped,
    last_fitting,
)

SPAN = Nanos(3 * SECOND)


def test_a_runaway_loop_of_children_is_stopped_by_its_parent_within_a_second() -> None:
    result = knight.runaway(SPAN)
    left = fitting(PARENT_QUANTITY)
    is_stopped(result, "parent_quantity", "1 pre-trade", len(left))
    assert result.stopped_after == last_fitting(PARENT_QUANTITY) * PERIOD
    assert result.fills == len(left)
    assert result.gross == sum(left) * MID
    assert result.loss == sum(left) * SPREAD
    assert result.loss <= STANDARD.loss_max * CENTS
    alarms_in_time(result)


def test_a_strategy_that_is_refused_again_and_again_is_halted_within_a_second() -> None:
    result = knight.runaway(SPAN)
    halted = result.alarm(("refusals of router",))
    assert halted is not None
    assert halted < SECOND
    refused = {refusals.check: refusals.count for refusals in result.refused}
    assert refused["breaker_halted"] > refused["parent_quantity"]


def test_a_parent_that_is_filled_lets_nothing_out_however_often_it_comes_again() -> None:
    result = knight.replayed_parent(SPAN)
    is_stopped(result, "parent_open", "1 pre-trade", 0)
    assert result.stopped_after == 0
    assert result.gross == PARENT_QUANTITY * MID, "what was rightly filled before, and no more"
    assert "parent refused: order_id_new" in result.facts


def test_orders_before_the_open_pass_the_same_controls() -> None:
    """Paragraph 21: a control existed, and did not apply to orders received before the open."""
    result = knight.before_the_open(SPAN)
    is_stopped(result, "breaker_halted", "5 breakers", STANDARD.order_rate_max + 1)
    assert result.fills == 0, "what waited for the open was canceled before it"
    alarms_in_time(result)


def test_children_before_the_open_never_exceed_their_parents_at_the_open() -> None:
    desk = Desk(knight.only(), before=(SessionPhase(VENUE, Phase.PRE_OPEN, Nanos(0)),))
    desk.give(*(knight.parent(PARENT + number) for number in range(PARENTS)))
    desk.play(loop(50, _limit_order), SPAN)
    desk.give(SessionPhase(VENUE, Phase.CONTINUOUS, desk.time))
    desk.advance(Nanos(desk.time + SECOND))
    assert desk.venue.ledger.positions == {1: sum(fitting(PARENT_QUANTITY))}


def test_without_a_control_135_000_orders_leave_in_45_minutes() -> None:
    result = knight.unguarded()
    assert (result.sent, result.fills) == (135_000, 135_000)
    assert (result.stopped, result.in_time) == (False, False)
    guarded = knight.runaway(SPAN)
    assert result.loss > 10_000 * guarded.loss
    assert result.gross > 10_000 * guarded.gross


def test_without_a_control_the_loss_is_that_of_every_share() -> None:
    second = knight.unguarded(Nanos(SECOND))
    shares = sum(child_quantity(number) for number in range(1, 51))
    assert second.sent == 50
    assert (second.gross, second.loss) == (shares * MID, shares * SPREAD)


def _limit_order(number: int) -> SubmitRequest:
    return order(1_000 + number, child_quantity(number), price=ASK, parent=PARENT)
