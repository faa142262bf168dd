"""Control 11: messages in a window and in a day, in each scope; cancels are counted, never held."""

from typing import Final

from fairlead.model.inputs import TradingDayBegan
from fairlead.model.outputs import CancelOrder
from fairlead.model.risk_terms import LimitKind
from tests.machine.build import BUY, DAY, SECOND, accepted, cancel, only, replace, submit
from tests.machine.risk.test_usage import SCOPES, a_rig, limit, passes

WINDOWED: Final = limit(LimitKind.MESSAGES, 3, SECOND)
DAILY: Final = limit(LimitKind.MESSAGES_DAY, 3)


def test_the_last_message_of_the_window_passes_and_the_next_waits_for_it_to_slide() -> None:
    rig = a_rig(WINDOWED)
    rig.give(submit(1, BUY, 1, 100), accepted(1), replace(1, 2))
    assert passes(rig, submit(2, BUY, 1, 100))
    assert rig.refused(submit(3, BUY, 1, 100)) == {"messages": (4, 3)}
    rig.wait(SECOND - 1)
    assert "messages" in rig.refused(submit(4, BUY, 1, 100))
    rig.wait(1)
    assert passes(rig, submit(5, BUY, 1, 100))


def test_the_messages_of_a_day_are_counted_until_the_next_one() -> None:
    rig = a_rig(DAILY)
    rig.give(submit(1, BUY, 1, 100), accepted(1), replace(1, 2))
    rig.wait(10 * SECOND)
    assert passes(rig, submit(2, BUY, 1, 100))
    assert rig.refused(submit(3, BUY, 1, 100)) == {"messages_day": (4, 3)}
    rig.give(TradingDayBegan(DAY))
    assert passes(rig, submit(4, BUY, 1, 100))


def test_a_cancel_leaves_although_the_messages_are_used_up_and_is_counted() -> None:
    """RTS 6 Art 15(1)(d): what reduces risk is not starved."""
    rig = a_rig(limit(LimitKind.MESSAGES_DAY, 2))
    rig.give(submit(1, BUY, 1, 100), accepted(1), submit(2, BUY, 1, 100), accepted(2))
    assert "messages_day" in rig.refused(submit(3, BUY, 1, 100))
    only(CancelOrder, rig.give(cancel(1)))
    assert rig.refused(submit(4, BUY, 1, 100)) == {"messages_day": (4, 2)}


def test_every_scope_is_asked() -> None:
    for scope in SCOPES:
        rig = a_rig(limit(LimitKind.MESSAGES_DAY, 1, scope=scope))
        assert passes(rig, submit(1, BUY, 1, 100)), str(scope)
        assert "messages_day" in rig.refused(submit(2, BUY, 1, 100)), str(scope)
