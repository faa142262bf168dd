"""Layer 6, the first check of all: the scopes that are killed, and how far the work on each is.

A kill is latched: it stands until a named person releases exactly its scope. What is closed after a
kill leaves (`Terms.closing`) if it reduces, and if the widest kill that it is in closes positions:
who kills the firm without flattening stops the flattening of a strategy too.
"""

from typing import Final

from fairlead.machine.orders import Order
from fairlead.machine.risk.terms import Checks, Terms
from fairlead.machine.risk.tree import Node, Path
from fairlead.model.risk import KillPolicy
from fairlead.model.risk_terms import KillMode, KillStep, ScopeKind
from fairlead.model.units import InstrumentId, Nanos, OrderId, StrategyId

_FIRM: Final = ScopeKind.FIRM
_BLOCKED: Final = KillStep.BLOCKED
_DONE: Final = KillStep.DONE
_KILLED: Final = "killed"
NOT_DUE: Final = Nanos(2**63 - 1)


class Kill:
    """One killed scope, and how far the work on it is (`killing.py`)."""

    def __init__(self, node: Node, mode: KillMode, person: str, reason: str, source: str) -> None:
        """Begin: nothing new leaves the scope from now on."""
        self.node = node
        self.mode = mode
        self.flattens = False  # its mode says so, and its person may
        self.person = person  # who killed first, and why; others may have raised the mode
        self.reason = reason
        self.source = source
        self.step = _BLOCKED  # that is worked on; when it is DONE, only what comes late is
        self.deadline = NOT_DUE  # when its step gives up
        self.next_time = NOT_DUE  # when something is to be done again
        self.asked = 0  # of its step: orders to be canceled, positions to be closed
        # Those that were asked to cancel; what is done leaves. It spares looking at all orders with
        # each report, and follows from them: so it is not in `content`.
        self.waiting: list[Order] = []
        self.stage_time = Nanos(0)  # when the last stage of closing orders began
        self.turn = StrategyId(0)  # whose position was closed last
        self.problems: dict[tuple[StrategyId, InstrumentId], str] = {}  # why positions wait
        self.venues: list[str] = []  # whose sessions were told to end

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        return [
            [self.node.scope, self.mode, self.flattens, self.person, self.reason, self.source],
            [self.step, self.deadline, self.next_time, self.asked, self.stage_time, self.turn],
            [[*key, problem] for key, problem in self.problems.items()],
            self.venues,
        ]


class Kills:
    """All scopes that are killed."""

    def __init__(self) -> None:
        """Begin with none."""
        self.policy = KillPolicy()
        self.killed = False  # whether the whole firm is
        self.closing: dict[OrderId, Order] = {}  # orders that close positions, while they work
        self._kills: dict[Node, Kill] = {}

    def __len__(self) -> int:
        """Return how many scopes are killed."""
        return len(self._kills)

    def get(self, node: Node) -> Kill | None:
        """Return the kill of exactly this scope, None if there is none."""
        return self._kills.get(node)

    def all(self) -> list[Kill]:
        """Return all kills, oldest first."""
        return list(self._kills.values())

    def widest(self, path: Path) -> Kill | None:
        """Return the widest kill that a path is in, None if it is in none."""
        for node in path.nodes:
            kill = self._kills.get(node)
            if kill is not None:
                return kill
        return None

    def add(self, kill: Kill) -> None:
        """Let nothing new leave a scope."""
        assert kill.node not in self._kills, "a scope is killed once"
        self._kills[kill.node] = kill
        self.killed = self.killed or kill.node.scope.kind is _FIRM

    def release(self, kill: Kill) -> None:
        """Let a scope trade again, as far as no other kill holds it."""
        del self._kills[kill.node]
        if kill.node.scope.kind is _FIRM:
            self.killed = False

    def check(self, terms: Terms, checks: Checks) -> None:
        """Hold an order against every kill that it is in."""
        widest = self.widest(terms.path) if self._kills else None
        if widest is None:
            checks.fact(not terms.closing, _KILLED)  # what is not killed closes by itself
            return
        passed = terms.closing and terms.reduces and widest.flattens
        for node in terms.path.nodes:
            if node in self._kills:
                checks.fact(passed, _KILLED, node.name)

    def next_time(self) -> Nanos:
        """Return when the next step of any kill is due."""
        earliest = NOT_DUE
        for kill in self._kills.values():
            earliest = min(earliest, kill.next_time, kill.deadline)
        return earliest

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        return [
            self.policy,
            [kill.content() for kill in self._kills.values()],
            list(self.closing),
        ]
