"""A backtest: from one time to another, with what we have confirmed before the first order."""

import pytest

from fairlead.model.inputs import StartCommand, StopCommand, SubmitRequest
from fairlead.model.outputs import SendOrder, TradingStarted
from fairlead.model.units import Nanos
from fairlead.node.policy_settings import ReconciliationSettings
from fairlead.stages.backtest import backtest
from fairlead.stages.errors import WrongWiring
from tests.stages.sessions import SECOND, Recorder, configuration, full_speed

START = configuration().session.start_time


def test_nothing_is_traded_before_the_time_to_trade_from() -> None:
    recorder = Recorder()
    begin = Nanos(START + 4 * SECOND)
    backtest(configuration(), full_speed(), begin, readers=[recorder])
    assert len(recorder.answered(TradingStarted)) == 1
    assert recorder.answered(SendOrder)
    assert START + 3 * SECOND < recorder.time_of(StartCommand) <= begin
    assert recorder.time_of(SubmitRequest) >= recorder.time_of(StartCommand)


def test_nothing_is_looked_at_after_the_time_to_trade_to() -> None:
    recorder = Recorder()
    end = Nanos(START + 4 * SECOND)
    backtest(configuration(), full_speed(), None, end, [recorder])
    assert recorder.time_of(StopCommand) <= end
    assert recorder.answered(SendOrder)


def test_without_required_statements_trading_begins_at_once() -> None:
    recorder = Recorder()
    settings = configuration(reconciliation=ReconciliationSettings(required=False))
    backtest(settings, full_speed(), readers=[recorder])
    assert recorder.time_of(StartCommand) == START


def test_a_time_after_the_data_is_refused() -> None:
    with pytest.raises(WrongWiring, match="the data ends before"):
        backtest(configuration(), full_speed(), Nanos(START + 3_600 * SECOND))
