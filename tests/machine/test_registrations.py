"""Retired names, flags, and the warnings that a person must look at before the open."""

from typing import Any

import msgspec
import pytest

from fairlead.machine.registry import FLAGS_MAX, WARNINGS_MAX
from fairlead.model.inputs import (
    AcknowledgeCommand,
    FlagChange,
    Input,
    RetireCommand,
    StrategyStartCommand,
    WarningRaised,
)
from fairlead.model.outputs import (
    CancelOrder,
    FlagChanged,
    InputRefused,
    NameRetired,
    SendOrder,
    StrategyDisabled,
    StrategyEnabled,
    TradingStarted,
    WarningAcknowledged,
    WarningOpened,
)
from fairlead.model.risk_terms import NamedThing
from fairlead.model.units import StrategyId
from tests.machine.build import (
    START,
    STARTED,
    STOP,
    TAKEN_OFF,
    Rig,
    accepted,
    only,
    strategy,
    submit,
)

WARNING = WarningRaised("smars", "Power Peg disabled")
LOOKED = AcknowledgeCommand("smars", "ann", "an old name, harmless")
RETIRED = RetireCommand(NamedThing.STRATEGY, "strategy 1", "ann", "it lost")
FLAG_RETIRED = RetireCommand(NamedThing.FLAG, "power_peg", "ann", "dead code")
FLAG = FlagChange("power_peg", "on", "ann", "as agreed")
BACK = StrategyStartCommand(StrategyId(1), "ann", "mended")


def refused(rig: Rig, given: Input) -> str:
    """Return why an input was refused; it was the only thing that it led to."""
    [output] = rig.give(given)
    assert isinstance(output, InputRefused)
    assert output.kind == type(given).__name__
    return output.reason


def changed(given: Any, **terms: Any) -> Any:
    """Return an input with other terms."""
    return msgspec.structs.replace(given, **terms)


# --- retired strategies --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["strategy 9", " Strategy 9", "STRATEGY 9 "])
def test_a_strategy_is_never_called_by_a_retired_name(name: str) -> None:
    """S0-KNI-03: dead code cannot come back by its name."""
    rig = Rig(changed(RETIRED, name="strategy 9"))
    assert "retired" in refused(rig, changed(strategy(9), name=name))
    assert rig.give(changed(strategy(9), name="strategy 10")) == []


def test_a_strategy_whose_name_is_retired_trades_no_more() -> None:
    rig = Rig()
    rig.give(submit(1), accepted(1))
    outputs = rig.give(RETIRED)
    assert only(NameRetired, outputs).name == "strategy 1"
    assert only(StrategyDisabled, outputs).strategy == 1
    assert only(CancelOrder, outputs).order == 1
    assert list(rig.refused(submit(2))) == ["strategy_disabled"]
    only(SendOrder, rig.give(submit(3, strategy=StrategyId(2))))


def test_nobody_lets_a_retired_strategy_trade_again() -> None:
    """S0-KNI-03: not even a named person with a reason."""
    rig = Rig(RETIRED)
    assert "never trades again" in refused(rig, BACK)
    assert list(rig.refused(submit(1))) == ["strategy_disabled"]
    only(StrategyEnabled, Rig(TAKEN_OFF).give(BACK))


def test_a_retired_strategy_stays_retired_after_a_restart() -> None:
    rig = Rig(RETIRED, changed(STARTED, epoch=2), START)
    assert list(rig.refused(submit(1))) == ["strategy_disabled"]
    assert "known already" in refused(rig, strategy(1))


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"person": " "}, "no person or no reason"),
        ({"reason": ""}, "no person or no reason"),
        ({"name": " "}, "names nothing"),
    ],
)
def test_a_name_is_retired_by_a_person_with_a_reason(terms: dict[str, str], reason: str) -> None:
    assert reason in refused(Rig(), changed(RETIRED, **terms))


def test_a_name_is_retired_once() -> None:
    assert "retired already" in refused(Rig(RETIRED), changed(RETIRED, name=" STRATEGY 1"))


# --- flags ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["power_peg", "Power_Peg", " power_peg "])
def test_a_retired_flag_is_never_set_again(name: str) -> None:
    """S0-KNI-04: a flag that meant something once never means something else."""
    rig = Rig(FLAG, FLAG_RETIRED)
    assert rig.machine.state.registry.flags == {}
    assert "is retired" in refused(rig, changed(FLAG, name=name))
    assert rig.machine.state.registry.flags == {}


def test_a_flag_is_set_and_set_again() -> None:
    rig = Rig(FLAG)
    fact = only(FlagChanged, rig.give(changed(FLAG, value="off")))
    assert (fact.name, fact.value, fact.person) == ("power_peg", "off", "ann")
    assert rig.machine.state.registry.flags == {"power_peg": "off"}


def test_a_flag_has_a_name_and_a_person() -> None:
    assert "no person" in refused(Rig(), changed(FLAG, person=" "))
    assert "no flag" in refused(Rig(), changed(FLAG, name=" "))


def test_flags_are_bounded() -> None:
    rig = Rig()
    rig.machine.state.registry.flags |= {f"flag {number}": "on" for number in range(FLAGS_MAX)}
    assert "10000 flags already" in refused(rig, FLAG)
    only(FlagChanged, rig.give(changed(FLAG, name="flag 0")))


# --- warnings ------------------------------------------------------------------------------------


def test_a_warning_blocks_the_start_until_a_named_person_has_looked() -> None:
    """S0-KNI: 97 warnings before the open were read by nobody."""
    rig = Rig(STOP)
    assert only(WarningOpened, rig.give(WARNING)).text == "Power Peg disabled"
    assert "smars" in refused(rig, START)
    assert "trading_stopped" in rig.refused(submit(1))
    looked = only(WarningAcknowledged, rig.give(LOOKED))
    assert (looked.name, looked.person) == ("smars", "ann")
    only(TradingStarted, rig.give(START))
    only(SendOrder, rig.give(submit(2)))


@pytest.mark.parametrize("field", ["person", "reason"])
def test_nobody_looks_without_a_name_and_a_reason(field: str) -> None:
    rig = Rig(STOP, WARNING)
    assert "no person or no reason" in refused(rig, changed(LOOKED, **{field: "  "}))
    assert "smars" in refused(rig, START)


def test_every_warning_is_looked_at_by_its_name() -> None:
    rig = Rig(STOP, WARNING, changed(WARNING, name="clock"))
    assert "no warning other stands" in refused(rig, changed(LOOKED, name="other"))
    rig.give(LOOKED)
    assert "clock" in refused(rig, START)
    assert "no warning smars stands" in refused(rig, LOOKED)


def test_the_same_warning_again_is_said_once_and_another_text_anew() -> None:
    rig = Rig(WARNING)
    assert rig.give(WARNING) == []
    only(WarningOpened, rig.give(changed(WARNING, text="Power Peg enabled")))


def test_a_warning_that_comes_back_is_looked_at_again() -> None:
    rig = Rig(STOP, WARNING, LOOKED)
    only(WarningOpened, rig.give(WARNING))
    assert "smars" in refused(rig, START)


def test_a_warning_stands_after_a_restart() -> None:
    rig = Rig(WARNING, changed(STARTED, epoch=2))
    assert "smars" in refused(rig, START)


def test_a_warning_does_not_stop_who_trades_already() -> None:
    """It is the open that it blocks."""
    only(SendOrder, Rig(WARNING).give(submit(1)))


def test_many_warnings_are_named_and_counted() -> None:
    rig = Rig(STOP, *[changed(WARNING, name=f"w{number}") for number in range(5)])
    assert refused(rig, START).endswith("w0, w1, w2 and 2 more")


def test_warnings_have_names_and_are_bounded() -> None:
    rig = Rig(STOP)
    assert "no name" in refused(rig, changed(WARNING, name=" "))
    rig.machine.state.registry.warnings |= {f"w{n}": "" for n in range(WARNINGS_MAX)}
    assert "1000 warnings stand already" in refused(rig, WARNING)
    assert "and 997 more" in refused(rig, START)
