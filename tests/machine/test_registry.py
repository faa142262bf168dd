"""Names that are never used again, however they are written."""

import pytest

from fairlead.machine.names import plain_name
from fairlead.machine.registry import Registry
from fairlead.model.risk_terms import NamedThing

FLAG = NamedThing.FLAG
STRATEGY = NamedThing.STRATEGY


@pytest.mark.parametrize("name", ["power_peg", "Power_Peg", " power_peg ", "POWER_PEG\t"])
def test_a_name_stays_retired_however_it_is_written(name: str) -> None:
    """S0-KNI-03, S0-KNI-04: nobody tells such names apart, so they are one."""
    registry = Registry()
    registry.retire(FLAG, "power_peg", "it meant something else")
    assert registry.is_retired(FLAG, name)
    assert not registry.is_retired(FLAG, "power_peg_2")


def test_a_flag_and_a_strategy_may_be_called_the_same() -> None:
    registry = Registry()
    registry.retire(FLAG, "power_peg", "gone")
    assert not registry.is_retired(STRATEGY, "power_peg")


def test_a_retired_flag_has_no_value_any_more() -> None:
    registry = Registry()
    registry.flags |= {"Power_Peg": "on", "other": "on"}
    registry.retire(FLAG, "power_peg", "gone")
    assert registry.flags == {"other": "on"}


def test_what_is_retired_is_told_as_it_was_written_with_the_reason() -> None:
    registry = Registry()
    registry.retire(STRATEGY, "Momentum", "it lost")
    registry.retire(FLAG, "smars", "repurposed")
    assert registry.retired() == [(STRATEGY, "Momentum", "it lost"), (FLAG, "smars", "repurposed")]


def test_all_of_it_is_in_the_content() -> None:
    registry = Registry()
    seen = [repr(registry.content())]
    registry.flags["a"] = "1"
    seen.append(repr(registry.content()))
    registry.warnings["w"] = "look"
    seen.append(repr(registry.content()))
    registry.retire(FLAG, "b", "gone")
    seen.append(repr(registry.content()))
    assert len(dict.fromkeys(seen)) == 4


def test_blanks_within_a_name_tell_it_apart() -> None:
    assert plain_name("a b") != plain_name("ab")
