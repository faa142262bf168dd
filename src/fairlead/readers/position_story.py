"""Everything that moved the positions in one instrument, in order, and where each stood after it.

A reader of facts alone: a fill, a bust, a correction, a split, a dividend, a charge is told by its
fact, and the `PositionChanged` that follows it says where the position stood. So the last move of a
position is what the machine says of it now, to the last part; `agrees` holds the two together.
"""

from typing import Final, NamedTuple

from fairlead.machine.machine import Machine
from fairlead.model.inputs import Input
from fairlead.model.outputs import (
    CashBooked,
    FillBusted,
    InstrumentAdjusted,
    OrderFilled,
    Output,
    PositionChanged,
    PositionCorrected,
)
from fairlead.model.units import AccountId, InstrumentId, Money, Nanos, Sequence, StrategyId

Cause = OrderFilled | FillBusted | PositionCorrected | CashBooked | InstrumentAdjusted
_CAUSES: Final = (OrderFilled, FillBusted, PositionCorrected, CashBooked, InstrumentAdjusted)
_NOBODY: Final = StrategyId(0)
_UNKNOWN: Final = AccountId(0)


class Holder(NamedTuple):
    """Whose position it is: a strategy's, or (strategy 0) what an account holds for none."""

    strategy: StrategyId
    account: AccountId


class Move(NamedTuple):
    """One move of a position, or (`after` None) a change of name, which moves nothing."""

    sequence: Sequence
    time: Nanos
    input: Input
    cause: Cause | None
    holder: Holder | None
    quantity: int  # by how much it moved
    realised: Money  # likewise
    fees: Money  # likewise
    after: PositionChanged | None


class PositionStory:
    """Follows all positions in one instrument."""

    def __init__(self, machine: Machine, instrument: InstrumentId) -> None:
        """Begin before the first input of the journal that `machine` answers again."""
        self.instrument = instrument
        self.moves: list[Move] = []
        self._machine = machine
        self._stands: dict[Holder, PositionChanged] = {}

    def follow(self, sequence: Sequence, time: Nanos, input: Input, outputs: list[Output]) -> None:
        """Keep what an input moved."""
        cause: Cause | None = None
        told = False
        for output in outputs:
            if getattr(output, "instrument", None) != self.instrument:
                continue
            if isinstance(output, _CAUSES):
                cause, told = output, False
            elif isinstance(output, PositionChanged):
                self._move(sequence, time, input, cause, output)
                told = True
        if isinstance(cause, InstrumentAdjusted) and not told:
            nothing = (0, Money(0), Money(0), None)
            self.moves.append(Move(sequence, time, input, cause, None, *nothing))

    def holders(self) -> list[Holder]:
        """Return whose positions were moved, in the order of their first moves."""
        return list(self._stands)

    def agrees(self, holder: Holder) -> bool:
        """Whether the last move left a position where the machine has it."""
        mine = self._stands[holder]
        position = self._machine.positions.get(holder.strategy, self.instrument, holder.account)
        theirs = (position.quantity, position.open_cost, position.realised, position.fees)
        return (mine.quantity, mine.open_cost, mine.realised, mine.fees) == theirs

    def _move(
        self,
        sequence: Sequence,
        time: Nanos,
        input: Input,
        cause: Cause | None,
        after: PositionChanged,
    ) -> None:
        holder = self._holder(cause, after)
        before = self._stands.get(holder)
        stood = (before.quantity, before.realised, before.fees) if before else (0, 0, 0)
        quantity = after.quantity - stood[0]
        realised, fees = Money(after.realised - stood[1]), Money(after.fees - stood[2])
        self._stands[holder] = after
        self.moves.append(
            Move(sequence, time, input, cause, holder, quantity, realised, fees, after)
        )

    def _holder(self, cause: Cause | None, after: PositionChanged) -> Holder:
        """Return whose position a fact is about; what nobody holds is told by its account."""
        if after.strategy != _NOBODY:
            definition = self._machine.state.strategies[after.strategy]
            return Holder(after.strategy, definition.account)
        account = getattr(cause, "account", _UNKNOWN)
        known = [each for each in self._stands if each.strategy == _NOBODY]
        return Holder(_NOBODY, account) if account else known[0]
