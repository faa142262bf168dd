"""Limits of scopes: what is looser than before, and what holds from now on."""

import hashlib
from typing import Final

import msgspec

from fairlead.machine.risk.tree import Node, tighter
from fairlead.machine.scopes import node_of
from fairlead.machine.state import State
from fairlead.model.inputs import LimitChange, MessageRateChange, RiskLimitChange
from fairlead.model.outputs import Output, RiskLimitsChanged
from fairlead.model.risk import Limit

_DIGEST_BYTES: Final = 8


def problem(state: State, change: RiskLimitChange) -> str:
    """Return why limits cannot be set, empty if they can."""
    if node_of(state, change.scope) is None:
        return f"{change.scope} is not known"
    if not change.person.strip():
        return "it names no person"
    kinds = [limit.kind for limit in change.limits]
    if len(dict.fromkeys(kinds)) != len(kinds):
        return "it sets a limit twice"
    return "" if kinds or change.removed else "it changes nothing"


def apply(state: State, change: RiskLimitChange, outputs: list[Output]) -> None:
    """Let limits hold from now on."""
    node = node_of(state, change.scope)
    assert node is not None, "what was accepted names a scope that is known"
    tree = state.gate.tree
    tree.set(node, change.limits, change.removed)
    version = tree.version
    scope, limits, removed = change.scope, change.limits, change.removed
    outputs.append(RiskLimitsChanged(scope, limits, removed, version, change.person, change.reason))


def loosens(state: State, change: RiskLimitChange) -> bool:
    """Whether a change allows anything that was not allowed before."""
    node = node_of(state, change.scope)
    assert node is not None, "what is asked names a scope that is known"
    removed = any(kind in node.limits for kind in change.removed)
    return removed or any(_loosens(node, limit) for limit in change.limits)


def loosens_instrument(state: State, change: LimitChange) -> bool:
    """Whether new limits of an instrument allow anything that the old ones did not."""
    old, new = state.gate.limits(change.limits.instrument), change.limits
    if old is None:
        return True  # an instrument without limits is not traded: its first ones open it
    return (
        new.order_quantity_max > old.order_quantity_max
        or new.order_notional_max > old.order_notional_max
        or new.position_quantity_max > old.position_quantity_max
        or new.collar > old.collar
        or new.reference_age_max > old.reference_age_max
    )


def loosens_rate(state: State, change: MessageRateChange) -> bool:
    """Whether a message rate allows anything that the old one did not."""
    old, new = state.gate.throttle.rate, change.rate
    if old is None:
        return False
    total = new.count_max + new.cancel_reserve > old.count_max + old.cancel_reserve
    return new.count_max > old.count_max or total or new.window < old.window


def digest(state: State) -> str:
    """Return a digest of all limits as they stand: what a person attests."""
    gate = state.gate
    own = [gate.limits(instrument) for instrument in state.instruments]
    encoded = msgspec.msgpack.encode([gate.tree.content(), own, gate.throttle.rate])
    return hashlib.blake2b(encoded, digest_size=_DIGEST_BYTES).hexdigest()


def _loosens(node: Node, limit: Limit) -> bool:
    known = node.limits.get(limit.kind)
    if known is None:
        return False  # it was not limited here at all
    return tighter(known, limit) or limit.window < known.window
