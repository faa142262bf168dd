"""A strategy without a parent that loops: each bound stops it, within a second of its start.

S0-KNI-06, S0-KNI-07; paragraphs 17 and 18 of the order.
"""

import pytest

from fairlead.model.units import Nanos
from fairlead.operations import knight
from fairlead.operations.knight_settings import CENTS, MID, STANDARD
from tests.knight.bounds import (
    PERIOD,
    SECOND,
    SPREAD,
    alarms_in_time,
    fitting,
    is_stopped,
    until_beyond,
)

SPAN = Nanos(3 * SECOND)


def test_more_orders_in_a_second_than_allowed_halt_the_strategy() -> None:
    result = knight.order_rate(SPAN)
    is_stopped(result, "breaker_halted", "5 breakers", STANDARD.order_rate_max + 1)
    alarms_in_time(result)


def test_more_value_in_a_second_than_allowed_halts_the_strategy() -> None:
    result = knight.value_rate(SPAN)
    assert (result.stopped_by, result.in_time) == ("breaker_halted", True)
    before_last = sum(2 * quantity for quantity in fitting(10**9, tries=result.sent - 1))
    assert before_last * MID <= STANDARD.value_rate_max * CENTS
    assert result.alarm(("value rate of router",)) is not None
    alarms_in_time(result)


def test_a_strategy_that_trades_on_with_nobody_looking_is_taken_off() -> None:
    """It stays off when the ten seconds are over in which its trades are counted."""
    result = knight.repeated_executions(Nanos(12 * SECOND))
    is_stopped(result, "strategy_disabled", "1 pre-trade", STANDARD.repeats_max + 1)


def test_a_position_never_passes_its_limit() -> None:
    result = knight.position_limit(SPAN)
    left = fitting(STANDARD.position_max)
    is_stopped(result, "position_quantity_max", "2 positions", len(left))
    assert result.gross == sum(left) * MID


def test_a_loss_beyond_its_limit_lets_nothing_more_out() -> None:
    """At the limit it goes on; one increment beyond it is over."""
    result = knight.loss_limit(SPAN)
    left = until_beyond(STANDARD.loss_max * CENTS, SPREAD)
    is_stopped(result, "loss_day", "4 losses", len(left))
    assert result.loss == sum(left) * SPREAD
    assert result.loss <= STANDARD.loss_max * CENTS + left[-1] * SPREAD


def test_the_gross_exposure_never_passes_its_limit() -> None:
    result = knight.exposure_limit(SPAN)
    left = fitting(STANDARD.gross_max * CENTS, MID)
    is_stopped(result, "gross", "3 exposure", len(left))
    assert result.gross == sum(left) * MID


def test_a_catastrophic_loss_kills_the_firm_by_nobodys_hand() -> None:
    """S0-KNI-07, S0-KILL-01: an automatic trigger."""
    result = knight.catastrophic_loss(SPAN)
    left = until_beyond(STANDARD.loss_kill * CENTS, SPREAD)
    is_stopped(result, "killed", "6 kill switch", len(left))
    killed = result.alarm(("kill of firm",))
    assert killed is not None
    assert len(left) * PERIOD - PERIOD < killed < len(left) * PERIOD


@pytest.mark.parametrize(
    "scenario",
    [
        knight.repeated_executions,
        knight.position_limit,
        knight.loss_limit,
        knight.exposure_limit,
        knight.catastrophic_loss,
    ],
)
def test_the_rates_alarm_whatever_stops_the_flow(scenario: knight.Scenario) -> None:
    alarms_in_time(scenario(SPAN))


def test_every_scenario_is_in_the_drill_and_stops_in_time() -> None:
    results = knight.run_all(Nanos(2 * SECOND))
    assert len(results) == len(knight.SCENARIOS)
    assert len({result.name for result in results}) == len(results)
    assert [result.name for result in results if not result.in_time] == []
    assert all(result.asked == result.sent + result.held_back for result in results)


def test_the_same_fault_gives_the_same_result() -> None:
    assert knight.order_rate(Nanos(SECOND)) == knight.order_rate(Nanos(SECOND))
