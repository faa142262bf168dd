"""What is retired is never used again, and what was warned of is looked at before the open.

S0-KNI-03, S0-KNI-04, S0-KNI-06; paragraphs 13, 14 and 19 of the order.
"""

import pytest

from fairlead.model.inputs import (
    AcknowledgeCommand,
    FlagChange,
    RetireCommand,
    StrategyDefinition,
    WarningRaised,
)
from fairlead.model.outputs import FlagChanged, InputRefused, TradingStarted
from fairlead.model.risk_terms import NamedThing
from fairlead.model.units import AccountId, Nanos, StrategyId
from fairlead.operations import knight
from fairlead.operations.knight import WARNINGS
from fairlead.operations.knight_desk import BEGIN, Desk, order
from tests.knight.bounds import SECOND, is_stopped

SPAN = Nanos(3 * SECOND)


def test_a_retired_strategy_never_trades_again_under_its_name() -> None:
    result = knight.retired_names(SPAN)
    is_stopped(result, "strategy_known", "register of names", 0)
    assert "StrategyDefinition refused: its name is retired: take another" in result.facts


def test_a_retired_flag_never_gets_another_meaning() -> None:
    result = knight.retired_names(SPAN)
    assert any(fact.startswith("FlagChange refused: flag power peg") for fact in result.facts)


@pytest.mark.parametrize("name", ["Power Peg", "POWER PEG", " power peg "])
def test_a_retired_name_is_the_same_however_it_is_written(name: str) -> None:
    desk = Desk(before=(_retire(NamedThing.FLAG), _retire(NamedThing.STRATEGY)))
    again = StrategyDefinition(StrategyId(9), name, AccountId(1), "{}")
    outputs = desk.give(FlagChange(name, "on", "ann", "again"), again)
    assert [type(output) for output in outputs] == [InputRefused, InputRefused]


def test_a_name_that_is_not_retired_is_free() -> None:
    desk = Desk(before=(_retire(NamedThing.FLAG),))
    [output] = desk.give(FlagChange("retail liquidity", "on", "ann", "new"))
    assert isinstance(output, FlagChanged)


def test_a_strategy_that_trades_is_taken_off_when_its_name_is_retired() -> None:
    desk = Desk()
    desk.give(order(1, 10))
    desk.give(RetireCommand(NamedThing.STRATEGY, "router", "ann", "no longer used"))
    desk.give(order(2, 11))
    assert desk.venue.sent == 1
    assert desk.log.refused == {"strategy_disabled": 1}


def test_97_warnings_before_the_open_block_it_until_each_is_acknowledged() -> None:
    result = knight.unread_warnings(SPAN)
    is_stopped(result, "trading_stopped", "start of trading", 0)
    assert result.facts[-1] == f"started after {WARNINGS} acknowledgements"
    assert result.facts[0].startswith("StartCommand refused: warnings stand")


def test_a_single_warning_that_nobody_looked_at_blocks_the_open() -> None:
    raised = [WarningRaised(f"mail {number}", "Power Peg disabled") for number in range(WARNINGS)]
    desk = Desk(before=tuple(raised))
    for number in range(WARNINGS - 1):
        desk.give(AcknowledgeCommand(f"mail {number}", "ann", "looked at"))
    [refused] = desk.give(BEGIN)
    assert isinstance(refused, InputRefused)
    desk.give(AcknowledgeCommand(f"mail {WARNINGS - 1}", "ann", "looked at"))
    [started] = desk.give(BEGIN)
    assert isinstance(started, TradingStarted)


def _retire(thing: NamedThing) -> RetireCommand:
    return RetireCommand(thing, "Power Peg", "ann", "not used since 2003")
