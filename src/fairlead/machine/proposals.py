"""What is looser needs two persons: one proposes, another approves exactly that, in time.

What is tighter, and a kill, need one. An override waives named checks for one order; it too needs
two, and it is used up by the first order that needs it.
"""

from typing import Final

from fairlead.machine import breakers, limits, rule_changes
from fairlead.machine.approvals import Governed, Proposal, RuleChange, same_person
from fairlead.machine.deadlines import Due
from fairlead.machine.names import is_legible
from fairlead.machine.risk.overrides import OVERRIDABLE
from fairlead.machine.state import State
from fairlead.model.inputs import (
    ApproveCommand,
    AttestCommand,
    BreakerDefinition,
    DeclineCommand,
    DynamicLimitDefinition,
    LimitChange,
    MessageRateChange,
    OverrideRequest,
    RiskLimitChange,
)
from fairlead.model.outputs import (
    ChangeProposed,
    InputRefused,
    LimitsAttested,
    Output,
    ProposalEnded,
)
from fairlead.model.units import Nanos

_NOBODY: Final = "it names no person or no reason"
_ILLEGIBLE: Final = "the name of its person holds characters that nobody sees"


def risk_limits(state: State, change: RiskLimitChange, time: Nanos, outputs: list[Output]) -> None:
    """Set limits of a scope: now, at their time, or once a second person approves."""
    problem = limits.problem(state, change)
    if problem:
        outputs.append(InputRefused("RiskLimitChange", problem))
    elif state.begun and limits.loosens(state, change):
        tighter, looser = limits.parted(state, change)
        if tighter is not None:  # what is tighter waits for nobody
            _apply(state, tighter, 0, time, outputs)
        _propose(state, looser, f"limits of {change.scope}", time, outputs)
    else:
        _apply(state, change, 0, time, outputs)


def instrument_limits(
    state: State, change: LimitChange, time: Nanos, outputs: list[Output]
) -> None:
    """Set the limits of one instrument: now, or once a second person approves."""
    terms = state.instruments.get(change.limits.instrument)
    if terms is None:
        outputs.append(InputRefused("LimitChange", "unknown instrument"))
    elif state.begun and limits.loosens_instrument(state, change):
        _propose(state, change, f"limits of {terms.symbol}", time, outputs)
    else:
        state.gate.set_limits(change.limits)


def message_rate(
    state: State, change: MessageRateChange, time: Nanos, outputs: list[Output]
) -> None:
    """Set the message rate: now, or once a second person approves."""
    if state.begun and limits.loosens_rate(state, change):
        _propose(state, change, "the message rate", time, outputs)
    else:
        state.gate.set_rate(change.rate)


def breaker(
    state: State, definition: BreakerDefinition, time: Nanos, outputs: list[Output]
) -> None:
    """Define a breaker: now, or once a second person approves what may be looser than before."""
    problem = breakers.breaker_problem(state, definition)
    if problem:
        outputs.append(InputRefused("BreakerDefinition", problem))
    elif state.begun and breakers.loosens_breaker(state, definition):
        _propose(state, definition, f"breaker {definition.breaker.name}", time, outputs)
    else:
        breakers.define(state, definition, time)


def dynamic_limit(
    state: State, definition: DynamicLimitDefinition, time: Nanos, outputs: list[Output]
) -> None:
    """Define a dynamic limit: now, or once a second person approves that it is another one."""
    problem = breakers.dynamic_problem(state, definition)
    if problem:
        outputs.append(InputRefused("DynamicLimitDefinition", problem))
    elif state.begun and breakers.loosens_dynamic(state, definition):
        _propose(state, definition, f"dynamic limit {definition.dynamic.name}", time, outputs)
    else:
        breakers.define_dynamic(state, definition, time, outputs)


def rule(state: State, change: RuleChange, time: Nanos, outputs: list[Output]) -> None:
    """Let a rule that is no limit hold: now, or once a second person approves."""
    problem = rule_changes.problem(state, change)
    if problem:
        outputs.append(InputRefused(type(change).__name__, problem))
    elif state.begun and rule_changes.loosens(state, change):
        _propose(state, change, rule_changes.subject(state, change), time, outputs)
    else:
        rule_changes.apply(state, change, time, outputs)


def override(state: State, request: OverrideRequest, time: Nanos, outputs: list[Output]) -> None:
    """Propose that checks be waived for one order. It always needs a second person."""
    problem = _override_problem(state, request, time)
    if problem:
        outputs.append(InputRefused("OverrideRequest", problem))
    else:
        _propose(state, request, f"override of {', '.join(request.checks)}", time, outputs)


def approve(state: State, command: ApproveCommand, time: Nanos, outputs: list[Output]) -> None:
    """Let what was proposed hold, if another person approves exactly that, in time."""
    proposal = state.approvals.get(command.number)
    problem = _approval_problem(proposal, command, time)
    if proposal is None or problem:
        outputs.append(InputRefused("ApproveCommand", problem))
        return
    state.approvals.end(proposal.number)
    if proposal.before != _standing(state, proposal.change):
        reason = "what it would change has changed since: propose it anew"
        outputs.append(ProposalEnded(proposal.number, "overtaken", command.person, reason))
        _arm(state)
        return
    outputs.append(ProposalEnded(proposal.number, "approved", command.person, command.reason))
    _apply(state, proposal.change, proposal.number, time, outputs)
    _arm(state)


def decline(state: State, command: DeclineCommand, time: Nanos, outputs: list[Output]) -> None:
    """Let a proposal go; who proposed it may do that too."""
    if state.approvals.get(command.number) is None:
        outputs.append(InputRefused("DeclineCommand", f"nothing waits as {command.number}"))
    elif not command.person.strip() or not command.reason.strip():
        outputs.append(InputRefused("DeclineCommand", _NOBODY))
    else:
        state.approvals.end(command.number)
        outputs.append(ProposalEnded(command.number, "declined", command.person, command.reason))
        _arm(state)


def attest(state: State, command: AttestCommand, time: Nanos, outputs: list[Output]) -> None:
    """Record that a person attests the limits as they stand: by exactly their digest."""
    digest = limits.digest(state)
    if not command.person.strip() or not command.reason.strip():
        outputs.append(InputRefused("AttestCommand", _NOBODY))
    elif command.digest != digest:
        outputs.append(InputRefused("AttestCommand", f"the limits have the digest {digest}"))
    else:
        outputs.append(LimitsAttested(digest, command.person, command.reason))


def due(state: State, time: Nanos, outputs: list[Output]) -> None:
    """Let what is due hold, and what nobody approved in time go."""
    for change, approved in state.approvals.take_effective(time):
        if not approved and state.begun and limits.loosens(state, change):
            # What was tighter when it was said would be looser now: other limits hold since.
            _propose(state, change, f"limits of {change.scope}", time, outputs)
        else:
            limits.apply(state, change, outputs)
    for proposal in state.approvals.expired(time):
        state.approvals.end(proposal.number)
        outputs.append(ProposalEnded(proposal.number, "expired", "", "nobody approved it in time"))
    _arm(state)


def _propose(state: State, change: Governed, what: str, time: Nanos, outputs: list[Output]) -> None:
    kind = type(change).__name__
    if not change.person.strip():
        outputs.append(InputRefused(kind, "it names no person"))
        return
    if not is_legible(change.person):
        outputs.append(InputRefused(kind, _ILLEGIBLE))
        return
    waits = [one.number for one in state.approvals.all() if one.change == change]
    if waits:
        outputs.append(InputRefused(kind, f"the same change waits as {waits[0]} already"))
        return
    proposal = state.approvals.add(change, what, time)
    if proposal is None:
        outputs.append(InputRefused(kind, "too many changes wait for approval: decline some"))
        return
    proposal.before = _standing(state, change)
    outputs.append(
        ChangeProposed(
            proposal.number,
            proposal.digest,
            what,
            change.person,
            change.reason,
            proposal.expires,
        )
    )
    _arm(state)


def _apply(
    state: State, change: Governed, proposal: int, time: Nanos, outputs: list[Output]
) -> None:
    """Let a change hold, now or at its time; `proposal` is its number if two persons wanted it."""
    if isinstance(change, RiskLimitChange):
        if change.effective <= time:
            limits.apply(state, change, outputs)
        elif state.approvals.postpone(change, proposal > 0):
            _arm(state)
        else:
            outputs.append(InputRefused("RiskLimitChange", "too many changes wait for their time"))
    elif isinstance(change, LimitChange):
        state.gate.set_limits(change.limits)
    elif isinstance(change, MessageRateChange):
        state.gate.set_rate(change.rate)
    elif isinstance(change, BreakerDefinition):
        breakers.define(state, change, time)
    elif isinstance(change, DynamicLimitDefinition):
        breakers.define_dynamic(state, change, time, outputs)
    elif not isinstance(change, OverrideRequest):
        rule_changes.apply(state, change, time, outputs)
    else:
        state.gate.overrides.grant(proposal, change, time)


def _standing(state: State, change: Governed) -> str:
    """Return a digest of what a change would change, as it stands now; "" where nothing is."""
    if not isinstance(change, RuleChange):
        return limits.standing(state, change)
    return limits.digest_of(rule_changes.standing(state, change))


def _arm(state: State) -> None:
    """Have what is due next happen in time."""
    time = state.approvals.next_time()
    if time is None:
        state.deadlines.cancel_own(Due.CHANGE)
    else:
        state.deadlines.set_own(Due.CHANGE, time)


def _approval_problem(proposal: Proposal | None, command: ApproveCommand, time: Nanos) -> str:
    """Return why an approval is none, empty if it is one."""
    if proposal is None:
        return f"nothing waits as {command.number}"
    if not command.person.strip() or not command.reason.strip():
        return _NOBODY
    if not is_legible(command.person):
        return _ILLEGIBLE
    if same_person(command.person, proposal.person):
        return "who proposes does not approve: a second person must"
    if command.digest != proposal.digest:
        return f"the digest is not that of proposal {proposal.number}: look at it again"
    change = proposal.change
    if isinstance(change, OverrideRequest) and change.expires < time:
        return "the override would have expired already"
    return "" if time <= proposal.expires else "the proposal has expired"


def _override_problem(state: State, request: OverrideRequest, time: Nanos) -> str:
    if not request.person.strip() or not request.reason.strip():
        return _NOBODY
    if request.strategy not in state.strategies or request.instrument not in state.instruments:
        return "its strategy or instrument is not known"
    if not request.checks:
        return "it names no check"
    for check in request.checks:
        if check not in OVERRIDABLE:
            return f"{check} cannot be waived; what can: {', '.join(OVERRIDABLE)}"
    return "" if request.expires > time else "it has expired before it began"
