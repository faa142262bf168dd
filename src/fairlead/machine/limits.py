"""Limits of scopes: what is looser than before, and what holds from now on."""

import hashlib
from typing import Final

import msgspec

from fairlead.machine.risk.tree import Node, tighter
from fairlead.machine.scopes import node_of
from fairlead.machine.state import State
from fairlead.model.inputs import LimitChange, MessageRateChange, RiskLimitChange
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import Output, RiskLimitsChanged
from fairlead.model.risk import LEAST, Limit, Scope
from fairlead.model.risk_terms import LimitKind, ScopeKind
from fairlead.model.units import MONEY_MAX, Millionths

_DIGEST_BYTES: Final = 8
# What is in units of an instrument, and what is a price of one unit.
_QUANTITIES: Final = (
    LimitKind.ORDER_QUANTITY,
    LimitKind.POSITION_QUANTITY,
    LimitKind.QUANTITY_DAY,
    LimitKind.DEPTH,
)
_PRICE_FLOOR: Final = LimitKind.PRICE_FLOOR


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


def split(state: State, instrument: Instrument, new: int, old: int, outputs: list[Output]) -> None:
    """Let the limits of an instrument's own scope allow in the new units what they allowed.

    Rounded to the stricter side. Limits of wider scopes are of other instruments too: they stay.
    """
    tree = state.gate.tree
    node = tree.find(Scope(ScopeKind.INSTRUMENT, instrument.symbol))
    if node is None:
        return
    for dynamic in state.gate.conditions.dynamics.values():
        if dynamic.node is not node:
            continue
        limits = tuple(_in_new_units(limit, new, old) for limit in dynamic.definition.limits)
        dynamic.definition = msgspec.structs.replace(dynamic.definition, limits=limits)
        if dynamic.applied:
            tree.apply(node, dynamic.definition.name, limits)
    fresh = [_in_new_units(limit, new, old) for limit in node.limits.values()]
    changed = tuple(limit for limit in fresh if limit != node.limits[limit.kind])
    if changed:
        tree.set(node, changed, ())
        why = f"split {new} for {old}"
        outputs.append(RiskLimitsChanged(node.scope, changed, (), tree.version, "", why))


def loosens(state: State, change: RiskLimitChange) -> bool:
    """Whether a change allows anything that was not allowed before."""
    node = node_of(state, change.scope)
    assert node is not None, "what is asked names a scope that is known"
    removed = any(kind in node.limits for kind in change.removed)
    return removed or any(_loosens(node, limit) for limit in change.limits)


def parted(state: State, change: RiskLimitChange) -> tuple[RiskLimitChange | None, RiskLimitChange]:
    """Return what of a change is no looser than before, None if nothing is, and the rest."""
    node = node_of(state, change.scope)
    assert node is not None, "what is asked names a scope that is known"
    tight = tuple(limit for limit in change.limits if not _loosens(node, limit))
    loose = tuple(limit for limit in change.limits if _loosens(node, limit))
    rest = msgspec.structs.replace(change, limits=loose)
    if not tight:
        return None, rest
    return msgspec.structs.replace(change, limits=tight, removed=()), rest


def standing(state: State, change: msgspec.Struct) -> str:
    """Return a digest of what a change would change, as it stands now; "" where nothing is."""
    gate = state.gate
    stands: object = None
    if isinstance(change, RiskLimitChange):
        node = node_of(state, change.scope)
        kinds = [*[limit.kind for limit in change.limits], *change.removed]
        stands = [node.limits.get(kind) for kind in kinds] if node is not None else None
    elif isinstance(change, LimitChange):
        stands = gate.limits(change.limits.instrument)
    elif isinstance(change, MessageRateChange):
        stands = gate.throttle.rate
    return digest_of(stands)


def digest_of(stands: object) -> str:
    """Return a digest of what stands, "" where nothing does."""
    if stands is None:
        return ""
    encoded = msgspec.msgpack.encode(stands)
    return hashlib.blake2b(encoded, digest_size=_DIGEST_BYTES).hexdigest()


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


def _in_new_units(limit: Limit, new: int, old: int) -> Limit:
    """Return what a limit becomes when `new` units come for `old` ones."""
    if limit.kind is _PRICE_FLOOR:
        new, old = old, new
    elif limit.kind not in _QUANTITIES:
        return limit
    up = limit.kind in LEAST
    warning = limit.warning
    if warning is not None:
        warning = _scaled(warning, new, old, up)
    return msgspec.structs.replace(limit, hard=_scaled(limit.hard, new, old, up), warning=warning)


def _scaled(amount: Millionths, new: int, old: int, up: bool) -> Millionths:
    scaled = -(-amount * new // old) if up else amount * new // old
    return Millionths(min(scaled, MONEY_MAX))
