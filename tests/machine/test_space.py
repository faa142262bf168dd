"""Without room for the journal nothing new is traded; cancels and reports go on."""

import pytest

from fairlead.model.inputs import JournalSpaceBack, JournalSpaceLow, ReleaseCommand, StartCommand
from fairlead.model.outputs import (
    CancelOrder,
    InputRefused,
    KillEngaged,
    KillReleased,
    OrderFilled,
    OrderRefused,
    SendOrder,
)
from fairlead.model.risk_terms import KillMode
from tests.machine.build import RELEASE, Rig, accepted, cancel, filled, only, submit

LOW = JournalSpaceLow("var/journal", 12, 4_096)
KEPT = JournalSpaceLow("var/journal", 12, 4_096, cancels=False)
BACK = JournalSpaceBack("var/journal", 9_000)


def trading() -> Rig:
    """Return a rig with one order at the venue."""
    rig = Rig()
    rig.give(submit(1), accepted(1))
    return rig


def test_nothing_new_leaves_and_what_works_is_canceled() -> None:
    rig = trading()
    outputs = rig.give(LOW)
    engaged = only(KillEngaged, outputs)
    assert (engaged.mode, engaged.source) == (KillMode.CANCEL, "journal")
    assert engaged.reason == "var/journal: 12 bytes are free, 4,096 are the least"
    assert only(CancelOrder, outputs).order == 1
    assert only(OrderRefused, rig.give(submit(2))).order == 2


def test_by_policy_what_works_stays_and_can_be_canceled() -> None:
    rig = trading()
    outputs = rig.give(KEPT)
    assert only(KillEngaged, outputs).mode is KillMode.BLOCK
    assert not [one for one in outputs if isinstance(one, CancelOrder)]
    only(OrderRefused, rig.give(submit(2)))
    assert only(CancelOrder, rig.give(cancel(1))).order == 1


def test_reports_are_booked_as_ever() -> None:
    rig = trading()
    rig.give(LOW)
    only(OrderFilled, rig.give(filled(1, 1, "e1")))


@pytest.mark.parametrize("command", [RELEASE, ReleaseCommand("ann", "quickly")])
def test_nobody_releases_before_there_is_room(command: ReleaseCommand) -> None:
    rig = trading()
    rig.give(LOW)
    assert "make room first" in only(InputRefused, rig.give(command)).reason
    rig.give(BACK)
    only(OrderRefused, rig.give(submit(2)))
    only(KillReleased, rig.give(command))
    only(SendOrder, rig.give(submit(3)))


def test_a_start_releases_nothing() -> None:
    rig = trading()
    rig.give(LOW, StartCommand("ann", "open"))
    only(OrderRefused, rig.give(submit(2)))


def test_it_is_a_part_of_the_state() -> None:
    low, back = trading(), trading()
    low.give(LOW)
    back.give(LOW)
    assert low.machine.digest() == back.machine.digest()
    low.give(LOW)
    back.give(BACK)
    assert low.machine.digest() != back.machine.digest()
