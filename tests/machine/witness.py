"""Sessions with a hostile venue in which people kill at random, and an auditor who knows of kills.

The witness keeps from outside what is killed and how far, and objects to whatever leaves there, but
what closes a position: that it holds to what is there and what may still trade.
"""

import random
from typing import Final

from fairlead.model.inputs import Input, KillCommand, ReleaseCommand
from fairlead.model.outputs import Approved, KillReleased, Output
from fairlead.model.risk import FIRM, Scope
from fairlead.model.risk_terms import KillMode, ScopeKind
from fairlead.model.terms import Side
from fairlead.model.units import InstrumentId
from tests.machine.build import VENUE, submit
from tests.machine.hostile_session import INSTRUMENTS, POSITION_MAX, Session
from tests.machine.naive import Auditor, Gates

ANY_SCOPE: Final = (
    FIRM,
    Scope(ScopeKind.STRATEGY, "strategy 1"),
    Scope(ScopeKind.INSTRUMENT, INSTRUMENTS[InstrumentId(1)].symbol),
    Scope(ScopeKind.VENUE, VENUE),
    Scope(ScopeKind.ACCOUNT, "account 1"),
)


class OtherGates(Gates):
    """What closes an instrument, but for kills: the witness holds them itself."""

    def may_leave(self, instrument: InstrumentId, venue: str) -> None:
        self.killed = False
        super().may_leave(instrument, venue)


class Witness(Auditor):
    """An auditor who knows what is killed, and objects to whatever adds to it."""

    def __init__(self) -> None:
        super().__init__(POSITION_MAX, INSTRUMENTS)
        self.gates = OtherGates()
        self.killed: dict[Scope, KillMode] = {}
        self.closed = 0  # orders that left to close something

    def follow(self, input: Input, answered: list[Output]) -> None:
        if isinstance(input, KillCommand):
            mode = self.killed.get(input.scope, input.mode)
            self.killed[input.scope] = max(mode, input.mode)
        super().follow(input, answered)
        for output in answered:
            if isinstance(output, KillReleased):
                self.killed.pop(output.scope)

    def _send(self, input: Input, approved: Approved) -> None:
        modes = self._modes(approved)
        if approved.closing:
            assert max(modes) >= KillMode.FLATTEN, "closed, and nobody said so"
            self._only_closes(approved)
            self.closed += 1
            self.requests[approved.order] = submit(approved.order)
        else:
            assert not modes, "killed, and an order leaves"
        super()._send(input, approved)

    def _may_leave(self, approved: Approved) -> None:
        assert approved.closing or not self._modes(approved), "killed, and a replace leaves"
        if approved.closing:
            self.gates.halted, halted = False, self.gates.halted
            super()._may_leave(approved)
            self.gates.halted = halted
        else:
            super()._may_leave(approved)

    def _modes(self, approved: Approved) -> list[KillMode]:
        """Return the kills that an order is in."""
        strategy = Scope(ScopeKind.STRATEGY, f"strategy {approved.strategy}")
        symbol = Scope(ScopeKind.INSTRUMENT, INSTRUMENTS[approved.instrument].symbol)
        scopes = [one for one in ANY_SCOPE if one.kind not in (strategy.kind, symbol.kind)]
        return [self.killed[one] for one in (*scopes, strategy, symbol) if one in self.killed]

    def _only_closes(self, approved: Approved) -> None:
        """Object if it could turn over a position, with all that may still trade beside it."""
        where, side = approved.instrument, approved.side
        sign = 1 if side is Side.SELL else -1
        own = sign * self.position.get((approved.strategy, where), 0)
        whole = sign * self._net(where)
        for other in self._in(where):
            if other.side is side:
                whole -= other.worst
                own -= other.worst if other.strategy == approved.strategy else 0
        assert approved.quantity <= own, "it turns the strategy's position over"
        assert approved.quantity <= whole, "it turns the account's position over"


class KilledSession(Session):
    """A session in which somebody kills something now and then, and seldom releases it."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed, lies=False)
        self.people = random.Random(seed)
        self.witness = Witness()
        gates = self.witness.gates
        for one, other in ((self.witness, self.auditor), (gates, self.auditor.gates)):
            vars(one).update(vars(other))
        self.witness.gates = gates
        self.auditor = self.witness

    def step(self) -> None:
        super().step()
        if self.people.randrange(15) == 0:
            scope = self.people.choice(ANY_SCOPE)
            mode = self.people.choice([KillMode.BLOCK, KillMode.CANCEL, *[KillMode.FLATTEN] * 3])
            self.say(KillCommand("ann", "a drill", scope, mode))
        if self.people.randrange(8) == 0:
            self.say(ReleaseCommand("ann", "go on", self.people.choice(ANY_SCOPE)))
