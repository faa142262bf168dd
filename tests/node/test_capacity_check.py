"""A configuration may not allow more messages than this machine was measured to take."""

from pathlib import Path

import pytest

from fairlead.model.units import Nanos
from fairlead.node.capacity import read, write
from fairlead.node.capacity_check import messages_per_second, override_note
from fairlead.node.configuration import Configuration, MessageRateSettings
from fairlead.node.errors import ConfigurationError
from fairlead.node.loading import load
from tests.node.capacities import elsewhere, of_capacity

TEXT = """\
venue:
  kind: simulated
  instruments: [{symbol: A.SIM, price_start: 100}]
account: {currency: USD, cash: 1000000}
session: {duration: 10s%s}
limits:
  message_rate:
    count_max: %d
    cancel_reserve: %d
  capacity:
    file: %s
%s"""
OVERRIDE = """\
    override:
      person: ann
      reason: the drill of Friday
"""


def loaded(
    place: Path,
    count: int,
    reserve: int = 0,
    override: str = "",
    session: str = "",
    file: str = "capacity.json",
) -> Configuration:
    """Return a configuration that names a capacity in this directory."""
    path = place / "node.yaml"
    path.write_text(TEXT % (session, count, reserve, place / file, override))
    return load(path, {})


def refusal(place: Path, count: int, reserve: int = 0, session: str = "", file: str = "") -> str:
    """Return why a configuration was refused."""
    with pytest.raises(ConfigurationError) as caught:
        loaded(place, count, reserve, session=session, file=file or "capacity.json")
    return str(caught.value)


def test_a_message_rate_at_the_measured_capacity_is_taken(tmp_path: Path) -> None:
    of_capacity(tmp_path / "capacity.json", 5_000)
    assert loaded(tmp_path, 5_000).limits.message_rate.count_max == 5_000


def test_a_message_rate_above_the_measured_capacity_is_refused_with_its_place(
    tmp_path: Path,
) -> None:
    of_capacity(tmp_path / "capacity.json", 5_000)
    said = refusal(tmp_path, 5_001)
    assert said.startswith(f"{tmp_path / 'node.yaml'}:8:16: ")
    assert "limits.message_rate.count_max: found 5001" in said
    assert "the 5,001 messages a second of message_rate to be at most 5,000" in said
    assert "lower it, or name who allows it, and why, in limits.capacity.override" in said


def test_cancels_are_messages_too(tmp_path: Path) -> None:
    of_capacity(tmp_path / "capacity.json", 5_000)
    assert loaded(tmp_path, 3_000, 2_000).limits.message_rate.cancel_reserve == 2_000
    assert "the 5,001 messages a second" in refusal(tmp_path, 3_000, 2_001)


def test_a_rate_is_counted_by_the_second_whatever_its_window() -> None:
    tenth = MessageRateSettings(count_max=10, cancel_reserve=5, window=Nanos(10**8))
    assert messages_per_second(tenth) == 150
    minute = MessageRateSettings(count_max=61, cancel_reserve=0, window=Nanos(60 * 10**9))
    assert messages_per_second(minute) == 2


def test_a_named_person_with_a_reason_may_allow_more(tmp_path: Path) -> None:
    of_capacity(tmp_path / "capacity.json", 5_000)
    settings = loaded(tmp_path, 9_000, override=OVERRIDE)
    note = "; allowed beyond the measured capacity by ann: the drill of Friday"
    assert override_note(settings) == note


def test_an_override_without_a_reason_is_none(tmp_path: Path) -> None:
    of_capacity(tmp_path / "capacity.json", 5_000)
    with pytest.raises(ConfigurationError, match="reason"):
        loaded(tmp_path, 9_000, override="    override: {person: ann}\n")
    with pytest.raises(ConfigurationError, match="reason"):
        loaded(tmp_path, 9_000, override="    override: {person: ann, reason: ' '}\n")


def test_who_names_no_capacity_is_not_held_to_one(tmp_path: Path) -> None:
    path = tmp_path / "node.yaml"
    path.write_text((TEXT % ("", 999_999, 0, "x", "")).partition("  capacity:")[0])
    settings = load(path, {})
    assert settings.limits.capacity.file is None
    assert override_note(settings) == ""


def test_a_capacity_that_is_not_there_counts_as_exceeded(tmp_path: Path) -> None:
    said = refusal(tmp_path, 1)
    assert ":11:11: limits.capacity.file: found " in said
    assert "measure it with `fairlead capacity measure`" in said


def test_a_capacity_of_another_machine_counts_as_exceeded(tmp_path: Path) -> None:
    path = of_capacity(tmp_path / "capacity.json", 5_000)
    write(elsewhere(read(path)), path)
    assert "a capacity of this machine and build: cores was " in refusal(tmp_path, 1)


def test_a_capacity_of_another_way_to_run_counts_as_exceeded(tmp_path: Path) -> None:
    of_capacity(tmp_path / "capacity.json", 5_000)
    said = refusal(tmp_path, 1, session=", wait: spin")
    assert "a capacity measured with wait spin and durability process" in said
