"""Changes of rules that are no limits: whether they can be meant, are looser, and hold.

Looser is what may let anything by that was held before. Where nobody can tell, a change is taken
for looser.
"""

from typing import Final

from fairlead.machine import killing, order_rules, quality_policy, reconciliation
from fairlead.machine.approvals import RuleChange
from fairlead.machine.state import State
from fairlead.model.inputs import (
    DataQualityPolicyChange,
    KillPolicyChange,
    NamedCheckDefinition,
    PermissionChange,
    PreTradePolicyChange,
    ProfileChange,
    ReconciliationPolicyChange,
    RestrictionChange,
)
from fairlead.model.outputs import Output
from fairlead.model.policies import ReconciliationPolicy
from fairlead.model.risk import Permission, PreTradePolicy, Profile, Restriction
from fairlead.model.risk_terms import SelfTrade
from fairlead.model.units import Nanos

_NOBODY: Final = "it names no person"
_ALLOW: Final = SelfTrade.ALLOW


def problem(state: State, change: RuleChange) -> str:
    """Return why a rule cannot be changed so, empty if it can."""
    if isinstance(change, ProfileChange):
        return order_rules.profile_problem(state, change)
    if isinstance(change, PreTradePolicyChange):
        return order_rules.policy_problem(state, change)
    if isinstance(change, NamedCheckDefinition):
        return order_rules.named_check_problem(state, change)
    if isinstance(change, PermissionChange):
        return order_rules.permission_problem(state, change)
    if isinstance(change, RestrictionChange):
        return order_rules.restriction_problem(state, change)
    if isinstance(change, KillPolicyChange):
        return "" if change.person.strip() else _NOBODY
    if isinstance(change, DataQualityPolicyChange):
        return quality_policy.problem(state, change)
    if not change.person.strip():
        return f"{_NOBODY}: say who decided it"
    if isinstance(change, ReconciliationPolicyChange):
        return ""
    return reconciliation.tolerance_problem(state, change)


def subject(state: State, change: RuleChange) -> str:
    """Return what a change is about, as people say it."""
    if isinstance(change, ProfileChange):
        return f"profile of {state.instruments[change.profile.instrument].symbol}"
    if isinstance(change, PreTradePolicyChange):
        return "how orders are checked"
    if isinstance(change, NamedCheckDefinition):
        return f"check {change.check.name}"
    if isinstance(change, PermissionChange):
        return f"permissions of {state.strategies[change.strategy].name}"
    if isinstance(change, RestrictionChange):
        return f"restriction of {state.instruments[change.restriction.instrument].symbol}"
    if isinstance(change, KillPolicyChange):
        return "how kills are carried out"
    if isinstance(change, DataQualityPolicyChange):
        return "what market data is held to"
    if isinstance(change, ReconciliationPolicyChange):
        return "how statements are reconciled"
    return f"tolerance of {state.instruments[change.instrument].symbol}"


def standing(state: State, change: RuleChange) -> object:
    """Return the rule that a change would change, as it stands now; None if there is none."""
    pretrade = state.gate.pretrade
    if isinstance(change, ProfileChange):
        return pretrade.profile(change.profile.instrument)
    if isinstance(change, PreTradePolicyChange):
        return pretrade.policy
    if isinstance(change, NamedCheckDefinition):
        return pretrade.named.get(change.check.name)
    if isinstance(change, PermissionChange):
        return pretrade.permits.of(change.strategy)
    if isinstance(change, RestrictionChange):
        return pretrade.permits.listed(change.restriction)
    if isinstance(change, KillPolicyChange):
        return state.gate.kills.policy
    if isinstance(change, DataQualityPolicyChange):
        return state.quality.rules
    if isinstance(change, ReconciliationPolicyChange):
        return state.reconciliation.policy
    return state.reconciliation.tolerances.get(change.instrument)


def loosens(state: State, change: RuleChange) -> bool:
    """Whether a change may let anything by that was held before."""
    pretrade = state.gate.pretrade
    if isinstance(change, ProfileChange):
        known = pretrade.profile(change.profile.instrument)
        return known is not None and _loosens_profile(known, change.profile)
    if isinstance(change, PreTradePolicyChange):
        return _loosens_policy(pretrade.policy, change.policy)
    if isinstance(change, NamedCheckDefinition):
        check = pretrade.named.get(change.check.name)
        return check is not None and check.condition != change.check.condition
    if isinstance(change, PermissionChange):
        permitted = pretrade.permits.of(change.strategy)
        if permitted is None:
            return pretrade.policy.permissions_required and bool(change.permissions)
        return not all(_is_within(each, permitted) for each in change.permissions)
    if isinstance(change, RestrictionChange):
        listed = pretrade.permits.listed(change.restriction)
        return listed is not None and _loosens_restriction(listed, change)
    if isinstance(change, KillPolicyChange):
        return change.policy != state.gate.kills.policy
    if isinstance(change, DataQualityPolicyChange):
        return quality_policy.loosens(state, change)
    if isinstance(change, ReconciliationPolicyChange):
        return _loosens_reconciliation(state.reconciliation.policy, change.policy)
    return change.quantity > state.reconciliation.tolerances.get(change.instrument, 0)


def apply(state: State, change: RuleChange, time: Nanos, outputs: list[Output]) -> None:
    """Let a change hold from now on."""
    if isinstance(change, ProfileChange):
        order_rules.profile(state, change, time, outputs)
    elif isinstance(change, PreTradePolicyChange):
        order_rules.policy(state, change, time, outputs)
    elif isinstance(change, NamedCheckDefinition):
        order_rules.named_check(state, change, time, outputs)
    elif isinstance(change, PermissionChange):
        order_rules.permission(state, change, time, outputs)
    elif isinstance(change, RestrictionChange):
        order_rules.restriction(state, change, time, outputs)
    elif isinstance(change, KillPolicyChange):
        killing.policy(state, change, time, outputs)
    elif isinstance(change, DataQualityPolicyChange):
        quality_policy.apply(state, change, time)
    elif isinstance(change, ReconciliationPolicyChange):
        reconciliation.policy(state, change, time, outputs)
    else:
        reconciliation.tolerance(state, change, time, outputs)


def _loosens_policy(old: PreTradePolicy, new: PreTradePolicy) -> bool:
    forbidden = all(each in new.order_types_forbidden for each in old.order_types_forbidden)
    return (
        new.duplicate_window < old.duplicate_window
        or (new.self_trade is not old.self_trade and old.self_trade is not _ALLOW)
        or (old.permissions_required and not new.permissions_required)
        or not forbidden
        or _is_longer(old.life_max, new.life_max)
        or new.halt_resume_delay < old.halt_resume_delay
        or new.instrument_resume_delay < old.instrument_resume_delay
        or _is_longer(old.unacknowledged_age_max, new.unacknowledged_age_max)
        or (new.adverse_collar_only and not old.adverse_collar_only)
        or _is_longer(old.outside_age_max, new.outside_age_max)
    )


def _loosens_profile(old: Profile, new: Profile) -> bool:
    volume, known = new.average_daily_volume, old.average_daily_volume
    return (
        (volume is not None and (known is None or volume > known))
        or (old.locate_required and not new.locate_required)
        or (old.marked and not new.marked)
        or (new.sector, new.issuer) != (old.sector, old.issuer)
        or new.previous_close != old.previous_close
        or (new.delta, new.gamma, new.vega) != (old.delta, old.gamma, old.vega)
    )


def _loosens_restriction(listed: Restriction, change: RestrictionChange) -> bool:
    if not change.listed:
        return True
    return change.restriction.closing_allowed and not listed.closing_allowed


def _loosens_reconciliation(old: ReconciliationPolicy, new: ReconciliationPolicy) -> bool:
    return (
        (old.required and not new.required)
        or _is_longer(old.interval, new.interval)
        or new.tolerance > old.tolerance
        or (new.auto_correct and not old.auto_correct)
    )


def _is_within(permission: Permission, permitted: tuple[Permission, ...]) -> bool:
    """Whether what a permission names was permitted before, by one permission alone."""
    return any(
        one.trader in ("", permission.trader)
        and _is_part(permission.instruments, one.instruments)
        and _is_part(permission.venues, one.venues)
        and _is_part(permission.order_types, one.order_types)
        for one in permitted
    )


def _is_part(new: tuple[object, ...], old: tuple[object, ...]) -> bool:
    """Whether a list names only what an old one does. An empty list means everything."""
    return not old or (bool(new) and all(each in old for each in new))


def _is_longer(old: Nanos, new: Nanos) -> bool:
    """Whether a span holds less than an old one. 0 holds nothing at all."""
    return old > 0 and (new == 0 or new > old)
