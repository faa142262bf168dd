"""The drill of the kill switch finds that it works, and finds when it does not."""

from pathlib import Path

import pytest

from fairlead.gateways.kill_files import SWITCH_NAME
from fairlead.gateways.kill_flag import Released, Switch
from fairlead.gateways.last_mile import KillFlag, LastMile, NoSwitch
from fairlead.gateways.last_mile_limits import LastMileLimits
from fairlead.journal.sequencer import VirtualClock
from fairlead.model.units import Nanos
from fairlead.operations import knight_desk
from fairlead.operations.kill_drill import ORDERS, drill_kill
from fairlead.operations.knight_venue import EagerVenue

STEPS = ["trade", "block", "cancel", "confirm", "verify", "restart", "release"]


def _clock() -> VirtualClock:
    return VirtualClock(Nanos(5))


def test_every_step_of_a_drill_passes(tmp_path: Path) -> None:
    drill = drill_kill(tmp_path, _clock(), "ann")
    assert [step.name for step in drill.steps] == STEPS
    assert [step for step in drill.steps if not step.passed] == []
    assert (drill.passed, drill.person, drill.time, drill.cancels) == (True, "ann", 5, ORDERS)
    assert drill.last_cancel_after > 0


def test_a_drill_leaves_its_own_switch_released_and_written_down(tmp_path: Path) -> None:
    drill_kill(tmp_path, _clock(), "ann")
    switch = Switch(tmp_path / SWITCH_NAME, now=Nanos(9), mapped=False)
    standing = switch.look()
    switch.close()
    assert (standing.engaged, standing.generation) == (False, 1)
    assert standing.kill is not None
    assert (standing.kill.person, standing.kill.reason) == ("ann", "the drill is over")


def _failed(tmp_path: Path) -> list[str]:
    drill = drill_kill(tmp_path, _clock(), "ann")
    failed = [step.name for step in drill.steps if not step.passed]
    assert drill.passed is (not failed)
    return failed


def test_a_last_mile_that_does_not_look_at_the_switch_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def blind(limits: LastMileLimits, _switch: KillFlag) -> LastMile:
        return LastMile(limits, NoSwitch())

    monkeypatch.setattr(knight_desk, "LastMile", blind)
    assert _failed(tmp_path) == ["block"]


def test_a_venue_that_answers_no_cancel_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EagerVenue, "_cancel", lambda *_: None)
    assert _failed(tmp_path) == ["confirm", "verify"]


def test_a_switch_that_is_not_written_down_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Switch, "_append", lambda *_: False)
    assert _failed(tmp_path) == ["cancel"]


def test_a_release_by_nobody_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    released = Released(released=True)
    monkeypatch.setattr(Switch, "release", lambda *_: released)
    assert _failed(tmp_path) == ["release"]
