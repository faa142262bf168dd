"""The kill switch at work: block, cancel, confirm, flatten, verify, disconnect. Then done.

Each step is best effort and reported with what is left (`KillStepped`): what cannot be had by its
deadline never keeps the next step from its turn. So a cancel that fails does not save a position
from being closed, and a position that cannot be closed does not keep a session open.

1. *Block.* Nothing new leaves the scope (`risk/kills.py`), and what waits in the machine is gone.
   A kill of mode `block` ends here: what works at the venues stays.
2. *Cancel* everything that works, whatever a message rate says, and again while it is not gone. An
   order whose outcome is not known is never taken for dead.
3. *Flatten* (`flattening.py`), if the mode says so and the person may.
4. *Verify* that nothing is open and all is flat.
5. *Disconnect* from the venues at which nobody else trades, if the mode says so.

Killing again cancels again and may raise the mode, never lower it; what is under way goes on. A
release ends the work at once, so a person can always stop a flattening. What comes late is late,
not lost: in a killed scope a rejected cancel is sent again, and a fill is flattened.
"""

from collections.abc import Callable
from typing import Final

from fairlead.machine import flattening
from fairlead.machine.deadlines import Due
from fairlead.machine.flattening import covers
from fairlead.machine.orders import Order
from fairlead.machine.requests import request_cancel
from fairlead.machine.risk.kills import NOT_DUE, Kill
from fairlead.machine.scopes import node_of
from fairlead.machine.state import State
from fairlead.model.inputs import KillCommand, KillPolicyChange, ReleaseCommand
from fairlead.model.outputs import (
    CancelRejected,
    Disconnect,
    InputRefused,
    KillEngaged,
    KillReleased,
    KillStepped,
    Output,
    PositionChanged,
)
from fairlead.model.risk import FIRM, Scope
from fairlead.model.risk_terms import KillMode, KillStep
from fairlead.model.units import AccountId, Nanos, StrategyId

_BLOCK: Final = KillMode.BLOCK
_FLATTEN: Final = KillMode.FLATTEN
_DISCONNECT: Final = KillMode.DISCONNECT
_BLOCKED: Final = KillStep.BLOCKED
_CANCELING: Final = KillStep.CANCELING
_CANCELED: Final = KillStep.CANCELED
_FLATTENING: Final = KillStep.FLATTENING
_VERIFIED: Final = KillStep.VERIFIED
_DISCONNECTED: Final = KillStep.DISCONNECTED
_DONE: Final = KillStep.DONE
_AFTER_VERIFIED: Final = (_DISCONNECTED, _DONE)  # what comes now is late
_BEFORE_CANCELED: Final = (_BLOCKED, _CANCELING, _DONE)  # from here a kill begins anew
_NAMED_MAX: Final = 5  # orders, positions, venues in a note: it is for people


# --- what is said ---


def kill(state: State, command: KillCommand, time: Nanos, outputs: list[Output]) -> None:
    """Stop a scope because somebody said so. It is obeyed at once, whoever it was."""
    known = engage(
        state,
        command.scope,
        command.mode,
        command.person,
        command.reason,
        command.source,
        time,
        outputs,
    )
    if not known:
        outputs.append(InputRefused("KillCommand", f"{command.scope} is not known"))


def release(state: State, command: ReleaseCommand, time: Nanos, outputs: list[Output]) -> None:
    """Let exactly this scope trade again; only a named person with a reason can.

    What the kill was at ends with it: what it has on its way is canceled.
    """
    node = node_of(state, command.scope)
    known = state.gate.kills.get(node) if node is not None else None
    if not command.person.strip() or not command.reason.strip():
        outputs.append(InputRefused("ReleaseCommand", "it names no person or no reason"))
    elif command.scope == FIRM and state.space_problem:
        outputs.append(InputRefused("ReleaseCommand", f"make room first: {state.space_problem}"))
    elif known is None:
        what = "trading" if command.scope == FIRM else str(command.scope)
        outputs.append(InputRefused("ReleaseCommand", f"{what} was not killed"))
    else:
        state.gate.kills.release(known)
        outputs.append(KillReleased(command.person, command.reason, known.node.scope))
        if known.step is not _DONE:
            left = len(_working(state, known)) + len(flattening.positions(state, known))
            _report(known, known.step, 0, left, "released before it was done", outputs)
        for order in flattening.on_their_way(state, known):
            request_cancel(state, order, time, outputs)
        _schedule(state)


def policy(state: State, change: KillPolicyChange, time: Nanos, outputs: list[Output]) -> None:
    """Carry out kills by a policy from now on; a step that has begun keeps its deadline."""
    state.gate.kills.policy = change.policy


def engage(
    state: State,
    scope: Scope,
    mode: KillMode,
    person: str,
    reason: str,
    source: str,
    time: Nanos,
    outputs: list[Output],
) -> bool:
    """Kill a scope, or do it again and further; return False if there is no such scope."""
    node = node_of(state, scope)
    if node is None:
        return False
    kills = state.gate.kills
    killed = kills.get(node)
    if killed is None:
        killed = Kill(node, mode, person, reason, source)
        kills.add(killed)
    killed.mode = max(killed.mode, mode)
    if mode >= _FLATTEN and not killed.flattens and _may_flatten(state, person):
        killed.flattens = True
        if killed.step is not _CANCELING:
            killed.step = _BLOCKED  # whatever it has come to: what is left is to be closed now
    outputs.append(KillEngaged(person, reason, node.scope, killed.mode, source))
    _block(state, killed, time, outputs)
    if killed.mode is _BLOCK:
        killed.step = _DONE
        _report(killed, _DONE, 0, 0, "what works at the venues stays", outputs)
    else:
        _cancel(state, killed, time, outputs)
        _advance(state, killed, time, outputs)
    _schedule(state)
    return True


# --- what happens meanwhile ---


def run(state: State, time: Nanos, outputs: list[Output]) -> None:
    """Go on with every kill after an input that changed something."""
    flattening.forget_closed(state)
    changed = False
    for known in state.gate.kills.all():
        if not outputs and known.step is not _DISCONNECTED:
            continue  # the end of a session may be told by nothing else
        if known.step in _AFTER_VERIFIED:
            _look_at_late(state, known, time, outputs)
        _advance(state, known, time, outputs)
        changed = True
    if changed:
        _schedule(state)


def due(state: State, time: Nanos, outputs: list[Output]) -> None:
    """Do what is due of every kill: ask again, close the next positions, give a step up."""
    flattening.forget_closed(state)
    for known in state.gate.kills.all():
        if known.step in _AFTER_VERIFIED and known.next_time <= time:
            _insist(state, known, time, outputs)
            _watch(state, known, time)
        _advance(state, known, time, outputs)
    _schedule(state)
    assert state.gate.kills.next_time() > time, "what is due has been done"


def _look_at_late(state: State, known: Kill, time: Nanos, outputs: list[Output]) -> None:
    """See what comes too late for its step: cancels that are rejected, and fills."""
    for output in list(outputs):
        if type(output) is CancelRejected and known.mode is not _BLOCK:
            order = state.orders.get(output.order)
            if order is not None and _is_in(state, known, order):
                again = Nanos(time + state.gate.kills.policy.retry)
                known.next_time = min(known.next_time, again)
        elif type(output) is PositionChanged and _is_to_flatten(state, known, output):
            flattening.begin(state, known, time)
            return


def _is_to_flatten(state: State, known: Kill, changed: PositionChanged) -> bool:
    return known.flattens and changed.quantity != 0 and flattening.is_in(state, known, changed)


def _watch(state: State, known: Kill, time: Nanos) -> None:
    """Come back to a kill that is done as long as something of its scope works all the same."""
    again = Nanos(time + state.gate.kills.policy.confirm)
    known.next_time = again if _working(state, known) else NOT_DUE


def _schedule(state: State) -> None:
    earliest = state.gate.kills.next_time()
    if earliest == NOT_DUE:
        state.deadlines.cancel_own(Due.KILL)
    else:
        state.deadlines.set_own(Due.KILL, earliest)


# --- the steps ---


def _block(state: State, known: Kill, time: Nanos, outputs: list[Output]) -> None:
    """End what waits in the machine: it is nothing at a venue, and never will be."""
    held = [order for order in state.orders.held() if _is_in(state, known, order)]
    for order in held:
        if order.live:  # the end of one may have ended it
            request_cancel(state, order, time, outputs, reason="killed before it left")
    _report(known, _BLOCKED, len(held), 0, _unable(known), outputs)


def _cancel(state: State, known: Kill, time: Nanos, outputs: list[Output]) -> None:
    """Ask the venues to cancel everything, and again what was asked before: it may be lost.

    What closes positions goes on, if they are being closed already.
    """
    anew = known.step in _BEFORE_CANCELED
    closing = state.gate.kills.closing
    working = [one for one in _working(state, known) if anew or one.order not in closing]
    for order in working:
        request_cancel(state, order, time, outputs, insist=True)
    _report(known, _CANCELING, len(working), 0, "", outputs)
    if not anew:
        return
    if known.step is not _CANCELING:  # saying it again wins no time
        known.deadline = Nanos(time + state.gate.kills.policy.confirm)
    known.step = _CANCELING
    known.next_time = Nanos(time + state.gate.kills.policy.retry)
    known.asked = len(working)
    known.waiting = working


def _advance(state: State, known: Kill, time: Nanos, outputs: list[Output]) -> None:
    """Take the steps of a kill until one has to wait."""
    while known.step is not _DONE and _STEPS[known.step](state, known, time, outputs):
        pass


def _await_cancels(state: State, known: Kill, time: Nanos, outputs: list[Output]) -> bool:
    """Wait until nothing of the scope works, or until the deadline. Return whether it is over."""
    waiting = known.waiting
    while waiting and not waiting[-1].working:
        waiting.pop()
    if waiting and time < known.next_time and time < known.deadline:
        return False  # the usual case, at the cost of one look for each report
    left = _working(state, known)
    if left and time < known.deadline:
        if time >= known.next_time:
            _insist(state, known, time, outputs)
            known.next_time = Nanos(time + state.gate.kills.policy.retry)
        known.waiting = left
        return False
    known.waiting = []
    _insist(state, known, time, outputs)
    note = _named("not confirmed", [str(order.order) for order in left])
    _report(known, _CANCELED, max(0, known.asked - len(left)), len(left), note, outputs)
    if known.flattens:
        flattening.begin(state, known, time)
    elif known.mode >= _FLATTEN:
        known.step = _VERIFIED
    else:
        _finish(state, known, len(left), time, outputs)
    return True


def _flatten(state: State, known: Kill, time: Nanos, outputs: list[Output]) -> bool:
    """Close positions in stages. Return whether it is over."""
    if time >= known.next_time:
        _insist(state, known, time, outputs)
    if not flattening.work(state, known, time, outputs):
        return False
    left = flattening.positions(state, known)
    note = _named("left", [flattening.told(state, known, one) for one in left])
    _report(known, _FLATTENING, max(0, known.asked - len(left)), len(left), note, outputs)
    known.step = _VERIFIED
    return True


def _verify(state: State, known: Kill, time: Nanos, outputs: list[Output]) -> bool:
    """Say whether nothing is open and all is flat. Never waits."""
    orders = _working(state, known)
    positions = flattening.positions(state, known)
    left = len(orders) + len(positions)
    names = [f"order {order.order}" for order in orders]
    names += [flattening.named(state, position) for position in positions]
    _report(known, _VERIFIED, 0 if left else 1, left, _named("left", names), outputs)
    known.deadline = known.next_time = NOT_DUE
    if known.mode < _DISCONNECT:
        _finish(state, known, left, time, outputs)
        return True
    known.step = _DISCONNECTED
    known.deadline = Nanos(time + state.gate.kills.policy.confirm)
    known.venues = [one for one in _own_venues(state, known) if one not in state.disconnected]
    reason = f"{known.node.name} is killed by {known.person or 'nobody'}: {known.reason}"
    outputs.extend([Disconnect(venue, reason) for venue in known.venues])
    return True


def _disconnect(state: State, known: Kill, time: Nanos, outputs: list[Output]) -> bool:
    """Wait until the sessions have ended, or until the deadline. Return whether it is over."""
    left = [venue for venue in known.venues if venue not in state.disconnected]
    if left and time < known.deadline:
        return False
    own = _own_venues(state, known)
    note = _named("not confirmed", left)
    shared = [venue for venue in _venues(state, known) if venue not in own]
    if shared:
        note = f"{note}; " if note else ""
        note += _named("others trade at", shared)
    done = len(known.venues) - len(left)
    _report(known, _DISCONNECTED, done, len(left) + len(shared), note, outputs)
    left_open = len(_working(state, known)) + len(flattening.positions(state, known))
    _finish(state, known, left_open, time, outputs)
    return True


def _finish(state: State, known: Kill, left: int, time: Nanos, outputs: list[Output]) -> None:
    known.step = _DONE
    known.deadline = NOT_DUE
    _watch(state, known, time)
    _report(known, _DONE, 0 if left else 1, left, "", outputs)


_STEPS: Final[dict[KillStep, Callable[[State, Kill, Nanos, list[Output]], bool]]] = {
    _CANCELING: _await_cancels,
    _FLATTENING: _flatten,
    _VERIFIED: _verify,
    _DISCONNECTED: _disconnect,
}


# --- the scope ---


def _is_in(state: State, known: Kill, order: Order) -> bool:
    account = state.strategies[order.strategy].account
    return covers(state, known.node, account, order.strategy, order.instrument)


def _working(state: State, known: Kill) -> list[Order]:
    """Return the orders of a scope that may still trade at their venues."""
    return [order for order in state.orders.all_working() if _is_in(state, known, order)]


def _insist(state: State, known: Kill, time: Nanos, outputs: list[Output]) -> None:
    """Ask again for what works all the same, each order at most once in a while.

    Nothing gets to a venue without a session; what lives there is asked when it stands again.
    """
    kills = state.gate.kills
    for order in _working(state, known):
        if order.order in kills.closing and known.step is _FLATTENING:
            continue  # it has its own time
        reachable = state.instruments[order.instrument].venue not in state.disconnected
        if reachable and time - order.updated >= kills.policy.retry:
            request_cancel(state, order, time, outputs, insist=True)


def _venues(state: State, known: Kill) -> list[str]:
    """Return the venues at which a scope trades."""
    found: dict[str, None] = {}
    for terms in state.instruments.values():
        owners = _owners(state)
        if terms.venue and any(covers(state, known.node, *one, terms.instrument) for one in owners):
            found[terms.venue] = None
    return list(found)


def _own_venues(state: State, known: Kill) -> list[str]:
    """Return the venues at which nobody but a scope trades."""
    own = dict.fromkeys(_venues(state, known))
    for terms in state.instruments.values():
        owners = _owners(state)
        if not all(covers(state, known.node, *one, terms.instrument) for one in owners):
            own.pop(terms.venue, None)
    return list(own)


def _owners(state: State) -> list[tuple[AccountId, StrategyId]]:
    """Return who trades; nobody, where there is no strategy."""
    owners = [(one.account, one.strategy) for one in state.strategies.values()]
    return owners or [(AccountId(0), StrategyId(0))]


# --- words ---


def _may_flatten(state: State, person: str) -> bool:
    """Whether a person may have positions closed: an authority of its own."""
    named = state.gate.kills.policy.flatten_by
    return not named or person in named


def _unable(known: Kill) -> str:
    """Say that a mode is not carried out as it was asked for."""
    refused = known.mode >= _FLATTEN and not known.flattens
    return f"positions stay: {known.person or 'nobody'} may not have them closed" if refused else ""


def _report(
    known: Kill, step: KillStep, done: int, left: int, note: str, outputs: list[Output]
) -> None:
    outputs.append(KillStepped(known.node.scope, known.mode, step, done, left, note))


def _named(what: str, names: list[str]) -> str:
    """Return a note that names what it is about, shortened for people; empty if it is nothing."""
    if not names:
        return ""
    more = len(names) - _NAMED_MAX
    told = ", ".join(names[:_NAMED_MAX])
    return f"{what}: {told} and {more} more" if more > 0 else f"{what}: {told}"
