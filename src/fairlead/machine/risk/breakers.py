"""Layer 5: the trading breakers. What may still trade in a scope, as one table of legal steps.

`NEXT_STATE` is the whole rule. Every breaker walks it by itself, and so does what persons order for
a scope; what may trade in the scope is the strictest of them all. A breaker never makes a state
looser by tripping; it is let go by its own policy alone, or by a named person. The diagram in
docs/internals/breakers.md is drawn from this table (`tests/machine/risk/test_breakers.py`).
"""

from enum import IntEnum
from typing import Final

from fairlead.machine.risk.rules import Rule
from fairlead.machine.risk.terms import Checks, Terms
from fairlead.machine.risk.tree import Node, Path
from fairlead.model.risk import Breaker
from fairlead.model.risk_terms import BreakerState, KillMode
from fairlead.model.units import MILLIONTHS, Millionths, Nanos

_ACTIVE: Final = BreakerState.ACTIVE
_WARNING: Final = BreakerState.WARNING
_RECOVERY: Final = BreakerState.RECOVERY
_REDUCE_ONLY: Final = BreakerState.REDUCE_ONLY
_CANCEL_ONLY: Final = BreakerState.CANCEL_ONLY
_HALTED: Final = BreakerState.HALTED
ORDERED: Final = "ordered"  # what stands for a breaker where a person has said so
ORDERED_SHARE: Final = Millionths(500_000)  # of sizes and collars, where a person orders a warning


class Event(IntEnum):
    """What can happen to a breaker."""

    TRIPPED_WARNING = 1  # its condition holds, and it is one that warns
    TRIPPED_REDUCE_ONLY = 2
    TRIPPED_CANCEL_ONLY = 3
    TRIPPED_HALTED = 4
    RELEASED = 5  # let go, and it has no recovery
    RECOVERING = 6  # let go, and it has one
    RECOVERED = 7  # its recovery has lasted long enough
    ORDERED_WARNING = 8  # a person said so
    ORDERED_RECOVERY = 9
    ORDERED_REDUCE_ONLY = 10
    ORDERED_CANCEL_ONLY = 11
    ORDERED_HALTED = 12


TRIPS: Final[dict[BreakerState, Event]] = {
    _WARNING: Event.TRIPPED_WARNING,
    _REDUCE_ONLY: Event.TRIPPED_REDUCE_ONLY,
    _CANCEL_ONLY: Event.TRIPPED_CANCEL_ONLY,
    _HALTED: Event.TRIPPED_HALTED,
}
ORDERS: Final[dict[BreakerState, Event]] = {
    _ACTIVE: Event.RELEASED,
    _WARNING: Event.ORDERED_WARNING,
    _RECOVERY: Event.ORDERED_RECOVERY,
    _REDUCE_ONLY: Event.ORDERED_REDUCE_ONLY,
    _CANCEL_ONLY: Event.ORDERED_CANCEL_ONLY,
    _HALTED: Event.ORDERED_HALTED,
}


def _trips(*states: BreakerState) -> dict[Event, BreakerState]:
    """Return the steps by which a breaker trips into each of these states."""
    return {TRIPS[state]: state for state in states}


_ORDERED: Final = {event: state for state, event in ORDERS.items() if state is not _ACTIVE}
_LET_GO: Final = {Event.RELEASED: _ACTIVE, Event.RECOVERING: _RECOVERY}

_STEPS: Final[dict[BreakerState, dict[Event, BreakerState]]] = {
    _ACTIVE: {**_trips(_WARNING, _REDUCE_ONLY, _CANCEL_ONLY, _HALTED), **_ORDERED},
    _WARNING: {**_trips(_REDUCE_ONLY, _CANCEL_ONLY, _HALTED), **_LET_GO, **_ORDERED},
    _RECOVERY: {
        **_trips(_WARNING, _REDUCE_ONLY, _CANCEL_ONLY, _HALTED),  # it trips again
        Event.RECOVERED: _ACTIVE,
        Event.RELEASED: _ACTIVE,
        **_ORDERED,
    },
    _REDUCE_ONLY: {**_trips(_CANCEL_ONLY, _HALTED), **_LET_GO, **_ORDERED},
    _CANCEL_ONLY: {**_trips(_HALTED), **_LET_GO, **_ORDERED},
    _HALTED: {**_LET_GO, **_ORDERED},
}

# A step that is not here changes nothing.
NEXT_STATE: Final[dict[tuple[BreakerState, Event], BreakerState]] = {
    (state, event): following
    for state, steps in _STEPS.items()
    for event, following in steps.items()
    if following is not state
}


class Standing:
    """One breaker, or what persons ordered for a scope, and where it stands."""

    def __init__(self, node: Node, name: str, trip: "Trip | None") -> None:
        """Begin active. What persons order does not trip."""
        self.node = node  # of its scope: an instrument may be renamed
        self.name = name
        self.trip = trip
        self.state = _ACTIVE
        self.since = Nanos(0)
        self.insisted = Nanos(0)  # when what works was last asked to be canceled
        self.clear_since: Nanos | None = None  # since when it might be let go
        self.trips = 0  # of the present trading day

    @property
    def size_share(self) -> int:
        """The share of the limits of one order that is left now, in millionths."""
        return self._share(self.trip.breaker.size_share if self.trip else ORDERED_SHARE)

    @property
    def collar_share(self) -> int:
        """The share of the price collar that is left now, in millionths."""
        return self._share(self.trip.breaker.collar_share if self.trip else ORDERED_SHARE)

    @property
    def tripped(self) -> bool:
        """Whether it waits to be let go."""
        return self.state is not _ACTIVE and self.state is not _RECOVERY

    def step(self, event: Event, time: Nanos) -> bool:
        """Take a step of the table; return False, and change nothing, if there is no such step."""
        following = NEXT_STATE.get((self.state, event))
        if following is None:
            return False
        self.state = following
        self.since = time
        self.clear_since = None
        return True

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        return [
            [self.node.scope, self.name, None if self.trip is None else self.trip.breaker],
            [self.state, self.since, self.clear_since, self.trips, self.insisted],
        ]

    def _share(self, share: int) -> int:
        return share if self.state is _WARNING or self.state is _RECOVERY else MILLIONTHS


class Trip:
    """When a breaker trips, and when it may be let go."""

    def __init__(self, breaker: Breaker, rule: Rule, recovered: Rule | None) -> None:
        """Take the definition and its compiled conditions."""
        self.breaker = breaker
        self.rule = rule
        self.recovered = recovered  # None: when its own condition has ended

    @property
    def rules(self) -> list[Rule]:
        """Its conditions."""
        return [self.rule] if self.recovered is None else [self.rule, self.recovered]


class Consequence:
    """What a transition has yet to do: it is done at the end of the input."""

    def __init__(self, node: Node, mode: KillMode | None, breaker: str, reason: str) -> None:
        """Take the scope; without a mode its orders are canceled, with one it is killed."""
        self.node = node
        self.mode = mode
        self.breaker = breaker
        self.reason = reason


class Breakers:
    """All breakers, and what they leave of each scope."""

    def __init__(self) -> None:
        """Begin without any: everything is active."""
        self.standings: dict[str, Standing] = {}  # by the name of the breaker
        self.ordered: dict[Node, Standing] = {}  # by scope
        self.consequences: list[Consequence] = []
        self.session_date = 0  # of the day in which trips are counted
        self._strictest: dict[Node, Standing] = {}  # by scope, where it is not active

    def all(self) -> list[Standing]:
        """Return everything that restricts a scope or may come to, orders of persons last."""
        return [*self.standings.values(), *self.ordered.values()]

    def of(self, node: Node) -> list[Standing]:
        """Return everything about one scope."""
        return [one for one in self.all() if one.node is node]

    def define(self, node: Node, trip: "Trip") -> None:
        """Take a breaker of a scope, or the new definition of one; where it stands it stays."""
        name = trip.breaker.name
        known = self.standings.get(name)
        if known is None:
            self.standings[name] = Standing(node, name, trip)
            return
        assert known.node is node, "a breaker keeps its scope"
        known.trip = trip

    def order(self, node: Node) -> Standing:
        """Return where a scope stands by the orders of persons."""
        found = self.ordered.get(node)
        if found is None:
            found = self.ordered[node] = Standing(node, ORDERED, None)
        return found

    def state(self, node: Node) -> BreakerState:
        """Return what may trade in a scope by its own breakers."""
        found = self._strictest.get(node)
        return found.state if found is not None else _ACTIVE

    def settle(self, node: Node) -> None:
        """Find the strictest of a scope anew after one of its own has changed."""
        strictest = max(self.of(node), key=_strictness)
        if strictest.state is _ACTIVE:
            self._strictest.pop(node, None)
        else:
            self._strictest[node] = strictest

    def begin_day(self, session_date: int) -> bool:
        """Count trips from nothing again; return False if it is the same day."""
        if session_date == self.session_date:
            return False
        self.session_date = session_date
        for standing in self.standings.values():
            standing.trips = 0
        return True

    def check(self, terms: Terms, checks: Checks) -> None:
        """Let an order pass as far as each scope of its path is open."""
        if not self._strictest:
            checks.fact(True, "breakers")
            return
        for node in terms.path.nodes:
            standing = self._strictest.get(node)
            if standing is None:
                continue
            state = standing.state
            passed = terms.closing or state < _REDUCE_ONLY
            if state is _REDUCE_ONLY:
                passed = passed or terms.reduces
            checks.fact(passed, f"breaker_{state.name.lower()}", node.name)

    def check_held(self, terms: Terms, checks: Checks) -> None:
        """Let an order wait in the machine, unless nothing new may come at all."""
        for node in terms.path.nodes:
            standing = self._strictest.get(node)
            if standing is not None and standing.state >= _CANCEL_ONLY:
                checks.fact(False, f"breaker_{standing.state.name.lower()}", node.name)

    def size_share(self, path: Path) -> int:
        """Return the share of the limits of one order that is left on a path, in millionths."""
        share = MILLIONTHS
        if self._strictest:
            for node in path.nodes:
                for standing in self._on(node):
                    share = min(share, standing.size_share)
        return share

    def collar_share(self, path: Path) -> int:
        """Return the share of the price collar that is left on a path, in millionths."""
        share = MILLIONTHS
        if self._strictest:
            for node in path.nodes:
                for standing in self._on(node):
                    share = min(share, standing.collar_share)
        return share

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        assert not self.consequences, "everything is done at the end of an input"
        return [self.session_date, [standing.content() for standing in self.all()]]

    def _on(self, node: Node) -> list[Standing]:
        return self.of(node) if node in self._strictest else []


def _strictness(standing: Standing) -> int:
    return standing.state
