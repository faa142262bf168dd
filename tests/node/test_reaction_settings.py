"""The words for what happens when a rule trips."""

import pytest

from fairlead.model.risk import FIRM, Scope
from fairlead.model.risk_terms import BreakerState, ResetPolicy, ScopeKind
from fairlead.node.reaction_settings import reaction, reset_policy, scope_of


@pytest.mark.parametrize(
    ("actions", "state"),
    [
        (("halt",), BreakerState.HALTED),
        (("halt_trading",), BreakerState.HALTED),
        (("halt_new_trades",), BreakerState.HALTED),
        (("cancel_only",), BreakerState.CANCEL_ONLY),
        (("pause",), BreakerState.REDUCE_ONLY),
        (("reduce_only",), BreakerState.REDUCE_ONLY),
        (("reduce",), BreakerState.WARNING),
        (("alert_only",), BreakerState.ACTIVE),
        (("alert", "notify_admin"), BreakerState.ACTIVE),
        (("notify_admin", "reduce", "pause"), BreakerState.REDUCE_ONLY),
    ],
)
def test_several_actions_come_to_the_strictest(
    actions: tuple[str, ...], state: BreakerState
) -> None:
    """B-CFG-01: halt, halt_trading and halt_new_trades are one."""
    assert reaction(actions) == (state, False, False)


def test_positions_are_closed_and_the_switch_engaged_only_where_it_is_said() -> None:
    assert reaction(("alert", "flatten_positions")) == (BreakerState.HALTED, True, False)
    assert reaction(("kill",)) == (BreakerState.HALTED, False, True)


def test_a_reset_is_a_person_a_day_or_a_span() -> None:
    assert reset_policy("manual") == (ResetPolicy.MANUAL, 0)
    assert reset_policy("next_trading_day") == (ResetPolicy.NEXT_DAY, 0)


def test_a_scope_is_a_kind_and_a_name() -> None:
    assert scope_of("firm") == FIRM
    assert scope_of("account main") == Scope(ScopeKind.ACCOUNT, "main")
    assert scope_of("instrument BRK.B x") == Scope(ScopeKind.INSTRUMENT, "BRK.B x")
