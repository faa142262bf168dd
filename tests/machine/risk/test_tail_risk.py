"""Control 22: value at risk and expected shortfall of what an account would hold with an order."""

from fairlead.model.inputs import Input, ReturnHistory, TradingDayBegan
from fairlead.model.risk_terms import LimitKind
from fairlead.model.units import InstrumentId, Rate
from tests.machine.build import BUY, SELL, Rig, accepted, filled, submit
from tests.machine.risk.test_usage import a_rig, limit, passes

WORST = Rate(-10_000_000)  # 10 %, in every third day
DAYS = tuple(20240701 + day for day in range(30))
HISTORY = ReturnHistory(
    DAYS, tuple(WORST if day % 3 == 0 else Rate(0) for day in range(30)), InstrumentId(1)
)


def tail_rig(*inputs: Input) -> Rig:
    """Return a machine whose account may lose 3.00 of 10,000.00 in a day: 30 units at 100."""
    rig = a_rig(limit(LimitKind.VALUE_AT_RISK_SHARE, 0.0003), *inputs)
    rig.give(TradingDayBegan(20240731))
    return rig


def test_an_order_is_held_at_what_it_would_make_of_the_account() -> None:
    """B-RISK-16: after the trade, not before it."""
    rig = tail_rig(HISTORY)
    assert passes(rig, submit(1, BUY, 30, 100))
    rig = tail_rig(HISTORY)
    assert rig.refused(submit(1, BUY, 31, 100)) == {"value_at_risk_share": (310, 300)}


def test_what_works_counts_with_it() -> None:
    """B-RISK-02: many small orders do not pass together."""
    rig = tail_rig(HISTORY)
    assert passes(rig, submit(1, BUY, 20, 100))
    assert "value_at_risk_share" in rig.refused(submit(2, BUY, 11, 100))
    assert passes(rig, submit(3, BUY, 10, 100))


def test_without_a_history_nothing_that_increases_passes() -> None:
    """Invariant 11: also from flat."""
    assert tail_rig().refused(submit(1, BUY, 1, 100)) == {"value_at_risk_share": (None, 300)}


def test_what_reduces_passes_whatever_the_risk_is() -> None:
    rig = a_rig(HISTORY)
    rig.give(TradingDayBegan(20240731), submit(1, BUY, 50, 100), accepted(1), filled(1, 50, "e1"))
    rig.give(limit(LimitKind.VALUE_AT_RISK_SHARE, 0.0001))
    assert "value_at_risk_share" in rig.refused(submit(2, BUY, 1, 100))
    assert passes(rig, submit(3, SELL, 50, 100))
