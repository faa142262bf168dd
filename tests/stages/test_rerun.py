"""A session lived again on the market data in its own journal asks the same again."""

from decimal import Decimal
from pathlib import Path

import pytest

from fairlead.model.inputs import Input, KillCommand, StrategyDefinition, SubmitRequest
from fairlead.model.outputs import SendOrder
from fairlead.model.units import Nanos
from fairlead.node.configuration import Configuration
from fairlead.node.reading import recorded
from fairlead.node.yaml_values import HIDDEN
from fairlead.readers.messages import Messages, same_until
from fairlead.stages.errors import WrongWiring
from fairlead.stages.paper import PaperSession
from fairlead.stages.recording_defaults import configuration_for
from fairlead.stages.rerun import configuration_of, market, recall, rerun
from tests.cli.journals import SETUP, journal
from tests.stages.sessions import SECOND, Recorder, configuration, full_speed

USDM = "binance_l2_raw/usdm/ethusdt_20240808.gz"


def recorded_configuration(market_data: Path, seconds: int) -> Configuration:
    """Return the default session on a recording."""
    plain = configuration_for((market_data / USDM,))
    session = plain.session.model_copy(update={"duration": Nanos(seconds * SECOND)})
    return plain.model_copy(update={"session": session})


def lived(settings: Configuration, directory: Path, command: Input | None = None) -> Messages:
    """Run a paper session to its end and return what left."""
    messages = Messages()
    session = PaperSession(settings, directory, [messages])
    session.open()
    session.run(full_speed())
    if command is not None:
        session.wired.session.command(command)
    session.stop()
    session.close()
    return messages


def test_a_session_on_a_recording_is_a_backtest_that_can_be_repeated(
    market_data: Path, tmp_path: Path
) -> None:
    """Every live session is a reproducible backtest: message by message, at the same times."""
    sent = lived(recorded_configuration(market_data, 30), tmp_path)
    recalled, again = recall(tmp_path), Messages()
    wired = rerun(recalled, configuration_of(recalled), full_speed(), True, [again])
    assert len(sent.all) > 20
    assert same_until(sent, again) is None
    assert wired.path.sequencer.last == sum(1 for _ in recorded(tmp_path))
    assert not any(recalled.left_out.values())


def test_by_the_configuration_of_the_session_it_is_the_same_too(
    market_data: Path, tmp_path: Path
) -> None:
    settings = recorded_configuration(market_data, 20)
    sent, again = lived(settings, tmp_path), Messages()
    recalled = recall(tmp_path)
    rerun(recalled, settings, full_speed(), False, [again])
    assert same_until(sent, again) is None
    assert recalled.configuration == settings.digest()


def test_other_parameters_are_tried_on_the_same_market(market_data: Path, tmp_path: Path) -> None:
    sent, again = lived(recorded_configuration(market_data, 20), tmp_path), Recorder()
    recalled = recall(tmp_path)
    settings = configuration_of(recalled, parameters={"half_spread_bps": "5"})
    rerun(recalled, settings, full_speed(), True, [again])
    (definition,) = again.said(StrategyDefinition)
    assert '"half_spread_bps":5' in definition.parameters.replace('"5"', "5")
    assert len(again.answered(SendOrder)) < len(sent.all)
    assert again.said(SubmitRequest)


def test_what_a_person_did_meanwhile_is_left_out_and_counted(
    market_data: Path, tmp_path: Path
) -> None:
    lived(recorded_configuration(market_data, 5), tmp_path, KillCommand("ann", "enough"))
    assert dict(recall(tmp_path).left_out) == {"KillCommand": 1, "ReconcileCommand": 0}


def test_the_market_is_passed_on_as_it_was(market_data: Path, tmp_path: Path) -> None:
    lived(recorded_configuration(market_data, 5), tmp_path)
    events = list(market(tmp_path))
    times = [time for time, _ in events]
    assert times == sorted(times)
    assert times[0] == recall(tmp_path).start


def test_a_simulated_session_is_lived_against_its_recorded_market(tmp_path: Path) -> None:
    lived(configuration(20), tmp_path)
    recalled, again = recall(tmp_path), Recorder()
    settings = configuration_of(recalled, "market_making")
    wired = rerun(recalled, settings, full_speed(), True, [again])
    assert again.answered(SendOrder)
    assert wired.summary.result().ties_out


def test_the_limits_that_the_session_began_with_hold_again(
    market_data: Path, tmp_path: Path
) -> None:
    settings = recorded_configuration(market_data, 5)
    lived(settings, tmp_path)
    found = configuration_of(recall(tmp_path))
    (symbol,) = found.limits.instruments
    assert found.limits.of(symbol).order_quantity_max == settings.limits.default.order_quantity_max
    assert found.limits.message_rate == settings.limits.message_rate
    assert found.account.cash == Decimal(1_000_000)
    assert found.strategies[0].parameters == settings.strategies[0].parameters


def test_a_journal_without_a_market_or_an_account_is_refused(tmp_path: Path) -> None:
    journal(tmp_path / "a", SETUP[:-1])
    with pytest.raises(WrongWiring, match="has no market data"):
        recall(tmp_path / "a")
    quiet = [line for line in SETUP if line["type"] == "InstrumentDefinition"]
    journal(tmp_path / "b", [SETUP[0], *quiet, SETUP[-1]])
    with pytest.raises(WrongWiring, match="expected one account"):
        recall(tmp_path / "b")


def test_one_strategy_of_several_is_not_exchanged_by_guessing(tmp_path: Path) -> None:
    other = {"type": "StrategyDefinition", "name": "trend", "account": "main"}
    at = [line["type"] for line in SETUP].index("StartCommand")
    journal(tmp_path / "a", [*SETUP[:at], other, *SETUP[at:]])
    with pytest.raises(WrongWiring, match="its strategies are mm, trend: to exchange"):
        configuration_of(recall(tmp_path / "a"), "market_making")


def test_a_secret_is_in_no_journal(tmp_path: Path) -> None:
    hidden = f'{{"token":"{HIDDEN}"}}'
    lines = [
        {**line, "parameters": hidden} if line["type"] == "StrategyDefinition" else line
        for line in SETUP
    ]
    journal(tmp_path / "a", lines)
    with pytest.raises(WrongWiring, match="a parameter is a secret"):
        configuration_of(recall(tmp_path / "a"))
