"""The layers of risk as JSON objects: limits and their use, breakers, kills, what waits, lists.

Amounts are decimal text. What is measured in shares, whole money, whole quantities or counts has
six decimals; a limit of an instrument has those of the instrument.
"""

from typing import Any, Final

from fairlead.cli.units_of_limits import unit_of
from fairlead.machine import limits as limit_rules
from fairlead.machine.limit_use import OF_AN_ORDER, Use, uses
from fairlead.machine.machine import Machine
from fairlead.machine.risk.alerts import level_of, warning_of
from fairlead.machine.risk.tree import Node
from fairlead.model import text
from fairlead.model.decimals import decimal_text
from fairlead.model.forms import MILLIONTHS_DECIMALS, Scope
from fairlead.model.instruments import Instrument
from fairlead.model.limits import Limits
from fairlead.model.names import Names
from fairlead.model.outputs import FailedCheck
from fairlead.model.risk import FIRM, LEAST, Limit
from fairlead.model.risk import Scope as RiskScope
from fairlead.model.risk_terms import ScopeKind
from fairlead.model.terms import Side
from fairlead.model.units import MILLIONTHS, Nanos

Found = dict[str, Any]

_OWN: Final = ("order_quantity_max", "order_notional_max", "position_quantity_max")


# --- limits ---


def scope_objects(machine: Machine, names: Names) -> list[Found]:
    """Return the tree: every scope that there is, with the limits that hold in it and their use."""
    by_node: dict[str, list[Use]] = {}
    for use in uses(machine.state):
        by_node.setdefault(use.node.name, []).append(use)
    return [
        {
            "scope": scope_object(scope),
            "depth": depth,
            "limits": [
                *_own_limits(scope, machine, names),
                *(_used(use, machine) for use in by_node.get(str(scope), ())),
            ],
        }
        for scope, depth in _scopes(machine)
    ]


def limit_objects(machine: Machine, names: Names) -> list[Found]:
    """Return the limits of scopes and of instruments as they stand, without their use."""
    found = [
        {
            "scope": scope_object(node.scope),
            "limits": [_written(limit, names) for limit in node.limits.values()],
            "held": [_written(limit, names) for limit in node.held.values()],
        }
        for node in machine.gate.tree.nodes()
        if node.held
    ]
    for number in machine.instruments:
        limits = machine.gate.limits(number)
        if limits is not None:
            scope = {"kind": "instrument", "name": names.instruments.name(number)}
            found.append({"scope": scope, "own": _written(limits, names)})
    return found


def limits_digest(machine: Machine) -> str:
    """Return what a person names who attests the limits."""
    return limit_rules.digest(machine.state)


def scope_object(scope: RiskScope) -> Found:
    """Return a scope."""
    return {"kind": scope.kind.name.lower(), "name": scope.name}


def _scopes(machine: Machine) -> list[tuple[RiskScope, int]]:
    """Return every scope with its depth, each below the one that it belongs to."""
    state = machine.state
    found = [(FIRM, 0)]
    desks = list(dict.fromkeys(state.desks.values()))
    for desk in [*desks, ""]:
        deeper = 1 if desk else 0
        found += [(RiskScope(ScopeKind.DESK, desk), 1)] if desk else []
        for account in machine.positions.accounts():
            if state.desks.get(account.account, "") != desk:
                continue
            found.append((RiskScope(ScopeKind.ACCOUNT, account.name), 1 + deeper))
            found += [
                (RiskScope(ScopeKind.STRATEGY, one.name), 2 + deeper)
                for one in state.strategies.values()
                if one.account == account.account
            ]
    venues = dict.fromkeys(terms.venue for terms in machine.instruments.values())
    for venue in venues:
        found += [(RiskScope(ScopeKind.VENUE, venue), 1)] if venue else []
        found += [
            (RiskScope(ScopeKind.INSTRUMENT, terms.symbol), 2 if venue else 1)
            for terms in machine.instruments.values()
            if terms.venue == venue
        ]
    return found


def _used(use: Use, machine: Machine) -> Found:
    limit = use.limit
    level = level_of(limit, use.measured).name.lower()
    if use.measured is None:
        level = "unknown" if use.asked else "none"
    return {
        "limit": limit.kind.name.lower(),
        "unit": unit_of(limit.kind),
        "hard": _millionths(limit.hard),
        "warning": None if limit.kind in OF_AN_ORDER else _millionths(warning_of(limit)),
        "least": limit.kind in LEAST,
        "window": limit.window,
        "used": None if use.measured is None else _millionths(use.measured),
        "used_share": _share(limit, use.measured),
        "level": level,
        "where": use.where,
        "dynamic": _dynamic(use.node, limit, machine),
    }


def _share(limit: Limit, measured: int | None) -> str | None:
    """Return the use as a share of the limit, rounded up; None where there is no such share."""
    if measured is None:
        return None
    part, whole = (limit.hard, measured) if limit.kind in LEAST else (measured, limit.hard)
    return None if whole <= 0 else _millionths(-(-part * MILLIONTHS // whole))


def _dynamic(node: Node, limit: Limit, machine: Machine) -> str | None:
    """Return the dynamic limit by which a limit holds, None if it holds as it was set."""
    if node.limits.get(limit.kind) == limit:
        return None
    for dynamic in machine.gate.conditions.dynamics.values():
        if dynamic.applied and dynamic.node is node and limit in dynamic.definition.limits:
            return dynamic.definition.name
    return None


def _own_limits(scope: RiskScope, machine: Machine, names: Names) -> list[Found]:
    """Return what is not in the tree: the message rate, and the limits of an instrument."""
    if scope.kind is ScopeKind.FIRM:
        return _message_rate(machine)
    if scope.kind is not ScopeKind.INSTRUMENT:
        return []
    number = names.instruments.number(scope.name)
    terms = None if number is None else names.instrument(number)
    limits = None if terms is None else machine.gate.limits(terms.instrument)
    if terms is None or limits is None:
        return []
    written = _written(limits, names)
    found = [_row(name, "quantity", written[name]) for name in _OWN]
    found[1]["unit"] = "money"
    _use_position(found[2], terms, limits, machine)
    found.append(_row("collar", "basis_points", str(limits.collar)))
    return [*found, _row("reference_age_max", "nanos", str(limits.reference_age_max))]


def _use_position(found: Found, terms: Instrument, limits: Limits, machine: Machine) -> None:
    """Say what position there may be at worst, long or short."""
    working = machine.gate.exposure.of(terms.instrument)
    net = machine.positions.net(terms.instrument)
    worst = max(0, working.worst(net, Side.BUY, 0), -working.worst(net, Side.SELL, 0))
    _put_use(found, worst, limits.position_quantity_max, terms.quantity_decimals)


def _message_rate(machine: Machine) -> list[Found]:
    throttle = machine.gate.throttle
    if throttle.rate is None:
        return []
    found = _row("message_rate", "number", str(throttle.rate.count_max), throttle.rate.window)
    _put_use(found, throttle.used(machine.state.time), throttle.rate.count_max, 0)
    return [found]


def _put_use(found: Found, used: int, most: int, decimals: int) -> None:
    found["used"] = decimal_text(used, decimals)
    found["used_share"] = _millionths(-(-used * MILLIONTHS // most)) if most else None
    found["level"] = "hard" if used >= most else "ended"


def _row(name: str, unit: str, hard: str, window: int = 0) -> Found:
    """Return a limit that nothing is known to use."""
    none = {"used": None, "used_share": None, "level": "none", "where": "", "dynamic": None}
    bound = {"hard": hard, "warning": None, "least": False, "window": window}
    return {"limit": name, "unit": unit, **bound, **none}


# --- what restricts, and what waits ---


def breaker_objects(machine: Machine) -> list[Found]:
    """Return every breaker, and what persons ordered for scopes."""
    return [
        {
            "breaker": standing.name,
            "scope": scope_object(standing.node.scope),
            "state": standing.state.name.lower(),
            "since": standing.since,
            "trips": standing.trips,
            "condition": standing.trip.breaker.condition if standing.trip else None,
            "trips_into": standing.trip.breaker.state.name.lower() if standing.trip else None,
            "reset": standing.trip.breaker.reset.name.lower() if standing.trip else "manual",
        }
        for standing in machine.gate.breakers.all()
    ]


def reached_objects(machine: Machine) -> list[Found]:
    """Return the limits of losses that are reached: only what reduces passes there."""
    return [
        {"scope": scope_object(node.scope), "limit": kind.name.lower()}
        for node in machine.gate.tree.nodes()
        for kind in machine.gate.losses.reached(node.name)
    ]


def kill_objects(machine: Machine) -> list[Found]:
    """Return every scope that is killed."""
    return [
        {
            "scope": scope_object(kill.node.scope),
            "mode": kill.mode.name.lower(),
            "step": kill.step.name.lower(),
            "person": kill.person,
            "reason": kill.reason,
            "source": kill.source,
        }
        for kill in machine.gate.kills.all()
    ]


def proposal_objects(machine: Machine, names: Names) -> list[Found]:
    """Return what waits for a second person."""
    return [
        {
            "number": proposal.number,
            "digest": proposal.digest,
            "what": proposal.what,
            "person": proposal.person,
            "reason": proposal.change.reason,
            "expires": proposal.expires,
            "change": text.write(proposal.change, names),
        }
        for proposal in machine.state.approvals.all()
    ]


def postponed_objects(machine: Machine, names: Names) -> list[Found]:
    """Return the changes of limits that wait for their time."""
    return [
        {"approved": approved, "change": text.write(change, names)}
        for change, approved in machine.state.approvals.postponed()
    ]


def override_objects(machine: Machine, names: Names) -> list[Found]:
    """Return the overrides that an order may still leave under."""
    standing = machine.gate.overrides.standing(machine.state.time)
    return [{"number": each.number, **text.write(each.request, names)} for each in standing]


def dynamic_objects(machine: Machine, names: Names) -> list[Found]:
    """Return every dynamic limit, and whether it applies."""
    return [
        {**_written(dynamic.definition, names), "applied": dynamic.applied}
        for dynamic in machine.gate.conditions.dynamics.values()
    ]


def restriction_objects(machine: Machine, names: Names) -> list[Found]:
    """Return the restricted list."""
    found = []
    for restriction in machine.gate.pretrade.permits.restricted():
        written = _written(restriction, names)
        found.append({**written, "account": written["account"] if restriction.account else None})
    return found


def registry_object(machine: Machine) -> Found:
    """Return flags, the warnings that nobody acknowledged, and the names that are retired."""
    registry = machine.state.registry
    return {
        "flags": dict(registry.flags),
        "warnings": [{"name": name, "text": said} for name, said in registry.warnings.items()],
        "retired": [
            {"thing": thing.name.lower(), "name": name, "reason": reason}
            for thing, name, reason in registry.retired()
        ],
    }


def risk_object(machine: Machine, names: Names) -> Found:
    """Return what of risk a state object has: all but the use of limits."""
    rate = machine.gate.throttle.rate
    return {
        "message_rate": None if rate is None else _written(rate, names),
        "limits": limit_objects(machine, names),
        "dynamic_limits": dynamic_objects(machine, names),
        "breakers": breaker_objects(machine),
        "losses_reached": reached_objects(machine),
        "kills": kill_objects(machine),
        "proposals": proposal_objects(machine, names),
        "postponed": postponed_objects(machine, names),
        "overrides": override_objects(machine, names),
        "restricted": restriction_objects(machine, names),
        "registry": registry_object(machine),
    }


def check_object(check: FailedCheck, names: Names, instrument: int) -> Found:
    """Return a check of the gate in the decimals of an instrument."""
    scope = Scope(names, Nanos(0))
    scope.enter_instrument(instrument)
    written: Found = text.record_form(FailedCheck).write(check, scope)
    return written


def _written(record: Any, names: Names) -> Found:
    kind: Any = type(record)
    written: Found = text.record_form(kind).write(record, Scope(names, Nanos(0)))
    return written


def _millionths(amount: int) -> str:
    return decimal_text(amount, MILLIONTHS_DECIMALS)
