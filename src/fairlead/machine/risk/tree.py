"""The tree of limits: firm > desk > account > strategy > venue > instrument. The tightest wins.

Every scope is a node with the limits that were set for it, and with those that a dynamic limit puts
over them while it applies. An order is in one node of each kind: its path. What is limited per
order is asked once, of the tightest node; what is used up in a scope is asked of every node of the
path (`exposure.py`, `rate.py`).
"""

from collections.abc import Iterable
from typing import Final

from fairlead.model.instruments import Instrument
from fairlead.model.risk import LEAST, Limit, Scope
from fairlead.model.risk_terms import LimitKind, ScopeKind
from fairlead.model.units import AccountId, InstrumentId, StrategyId

_POSITION_KINDS: Final = (
    LimitKind.POSITION_QUANTITY,
    LimitKind.POSITION_VALUE,
    LimitKind.POSITION_SHARE,
    LimitKind.POSITIONS,
)
_EXPOSURE_KINDS: Final = tuple(
    kind for kind in LimitKind if LimitKind.GROSS <= kind <= LimitKind.EXPECTED_SHORTFALL_SHARE
)


class Node:
    """One scope with its limits."""

    def __init__(self, scope: Scope, number: int) -> None:
        """Begin without a limit. `number` is the id of an account, strategy or instrument."""
        self.scope = scope
        self.kind = scope.kind
        self.number = number
        self.name = str(scope)  # as people say it; made once
        # That things are kept under: it outlives the name, which another one may then take over.
        named = scope.kind is not ScopeKind.INSTRUMENT
        self.key = self.name if named else f"instrument #{number}"
        self.limits: dict[LimitKind, Limit] = {}  # as they were set
        self.held: dict[LimitKind, Limit] = {}  # as they hold now: dynamic ones taken in
        self.position_limits: list[Limit] = []  # of those that hold, by what they are about
        self.exposure_limits: list[Limit] = []
        self.windowed = False  # whether the value of what is sent counts in a window
        self._dynamic: dict[str, tuple[Limit, ...]] = {}

    def limit(self, kind: LimitKind) -> Limit | None:
        """Return the limit that holds here, None if none was set."""
        return self.held.get(kind)

    def set(self, limits: Iterable[Limit], removed: Iterable[LimitKind]) -> None:
        """Set limits, and take others away."""
        for limit in limits:
            self.limits[limit.kind] = limit
        for kind in removed:
            self.limits.pop(kind, None)
        self._take_in()

    def apply(self, name: str, limits: tuple[Limit, ...] | None) -> None:
        """Let a dynamic limit hold here, or (None) end."""
        if limits is None:
            self._dynamic.pop(name, None)
        else:
            self._dynamic[name] = limits
        self._take_in()

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        dynamic = [[name, list(limits)] for name, limits in self._dynamic.items()]
        return [self.scope, list(self.limits.values()), dynamic]

    def _take_in(self) -> None:
        self.held = dict(self.limits)
        for limits in self._dynamic.values():
            for limit in limits:
                known = self.held.get(limit.kind)
                if known is None or tighter(limit, known):
                    self.held[limit.kind] = limit
        held = self.held.values()
        self.position_limits = [limit for limit in held if limit.kind in _POSITION_KINDS]
        self.exposure_limits = [limit for limit in held if limit.kind in _EXPOSURE_KINDS]
        self.windowed = LimitKind.VALUE_WINDOW in self.held


class Path:
    """The nodes that an order is in, from the widest to the narrowest."""

    def __init__(self, nodes: list[Node], account: AccountId) -> None:
        """Take the nodes, the firm first and the instrument last."""
        self.nodes = nodes
        self.account = account
        self.bounds: dict[LimitKind, tuple[Limit, Node]] = {}
        self.version = -1

    def tightest(self, kind: LimitKind) -> tuple[Limit, Node] | None:
        """Return the tightest limit of a kind on the path, and whose it is; None if none is set."""
        return self.bounds.get(kind) if self.bounds else None

    def refresh(self, version: int) -> None:
        """Find the tightest limits anew."""
        self.version = version
        self.bounds = {}
        for node in self.nodes:
            for kind, limit in node.held.items():
                known = self.bounds.get(kind)
                if known is None or tighter(limit, known[0]):
                    self.bounds[kind] = (limit, node)


class Tree:
    """All nodes."""

    def __init__(self) -> None:
        """Begin with the firm alone, and without a limit."""
        self.version = 0  # grows with every change
        self._nodes: dict[tuple[ScopeKind, str], Node] = {}
        self.firm = self.node(Scope(ScopeKind.FIRM), 0)

    def node(self, scope: Scope, number: int) -> Node:
        """Return the node of a scope, made if there is none."""
        key = (scope.kind, scope.name)
        found = self._nodes.get(key)
        if found is None:
            found = self._nodes[key] = Node(scope, number)
        return found

    def find(self, scope: Scope) -> Node | None:
        """Return the node of a scope, None if there is none."""
        return self._nodes.get((scope.kind, scope.name))

    def nodes(self) -> list[Node]:
        """Return every node, in the order in which they were made."""
        return list(self._nodes.values())

    def freshen(self, path: Path) -> None:
        """Find the limits of a path anew if any has changed."""
        if path.version != self.version:
            path.refresh(self.version)

    def lay(
        self,
        strategy: StrategyId,
        strategy_name: str,
        account: AccountId,
        account_name: str,
        desk: str,
        instrument: Instrument,
    ) -> Path:
        """Make the path of the orders of a strategy in an instrument."""
        nodes = [self.firm]
        if desk:
            nodes.append(self.node(Scope(ScopeKind.DESK, desk), 0))
        nodes.append(self.node(Scope(ScopeKind.ACCOUNT, account_name), account))
        if strategy_name:  # an account may hold something for no strategy
            nodes.append(self.node(Scope(ScopeKind.STRATEGY, strategy_name), strategy))
        if instrument.venue:
            nodes.append(self.node(Scope(ScopeKind.VENUE, instrument.venue), 0))
        symbol = Scope(ScopeKind.INSTRUMENT, instrument.symbol)
        nodes.append(self.node(symbol, instrument.instrument))
        path = Path(nodes, account)
        path.refresh(self.version)
        return path

    def set(self, node: Node, limits: Iterable[Limit], removed: Iterable[LimitKind]) -> None:
        """Set limits of a node, and take others away."""
        node.set(limits, removed)
        self.version += 1

    def apply(self, node: Node, name: str, limits: tuple[Limit, ...] | None) -> None:
        """Let a dynamic limit hold at a node, or (None) end."""
        node.apply(name, limits)
        self.version += 1

    def rename(self, instrument: InstrumentId, symbol: str) -> None:
        """Call the node of an instrument otherwise; its limits stay."""
        for key, node in list(self._nodes.items()):
            if key[0] is ScopeKind.INSTRUMENT and node.number == instrument:
                del self._nodes[key]
                node.scope = Scope(ScopeKind.INSTRUMENT, symbol)
                node.name = str(node.scope)
                self._nodes[ScopeKind.INSTRUMENT, symbol] = node
                return

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        return [self.version, [node.content() for node in self._nodes.values()]]


def tighter(limit: Limit, than: Limit) -> bool:
    """Whether a limit allows less than another one of its kind."""
    if limit.kind in LEAST:
        return limit.hard > than.hard
    return limit.hard < than.hard
