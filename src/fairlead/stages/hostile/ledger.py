"""Orders and positions as the facts of a journal say, worked out anew and held against each other.

It knows nothing of the machine: what works, what is filled and what everything could come to is
kept here a second time, as simply as possible.
"""

from typing import Final

from fairlead.model.inputs import (
    Input,
    ResolveOrderCommand,
    SendBlocked,
    Statement,
    VenueCorrected,
    VenueFilled,
    VenueOrderStatus,
    VenueReport,
)
from fairlead.model.outputs import (
    Approved,
    FillBusted,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderFilled,
    OrderOverfilled,
    OrderRejected,
    OrderReplaced,
    OrderResolved,
    OrderRetried,
    OrderUnknown,
    Output,
    PositionChanged,
    PositionCorrected,
    ReplaceOrder,
    ReplaceRejected,
    SendOrder,
)
from fairlead.model.terms import Side, Status
from fairlead.model.units import InstrumentId, OrderId, StrategyId
from fairlead.stages.hostile.errors import InvariantBroken, hold

_ENDED: Final = (Status.FILLED, Status.CANCELED, Status.REJECTED, Status.EXPIRED)
_EVIDENCE: Final = (VenueReport, Statement, ResolveOrderCommand, SendBlocked)


class KnownOrder:
    """An order that was sent, as the facts say."""

    def __init__(self, approved: Approved) -> None:
        """Take it as risk approved it."""
        self.approved: Final = approved
        self.quantity: int = approved.quantity
        self.new_quantity = 0  # of a replace that is not answered
        self.filled = 0
        self.alive = True  # may trade at the venue, as far as anybody knows
        self.held = False  # came back, and waits to be sent again
        self.unknown = False
        self.excess = 0

    @property
    def reserved(self) -> int:
        """What may still trade of it."""
        return max(0, max(self.quantity, self.new_quantity) - self.filled) if self.alive else 0


class Ledger:
    """Follows a journal from its beginning."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.orders: Final[dict[OrderId, KnownOrder]] = {}
        self.positions: Final[dict[tuple[StrategyId, InstrumentId], int]] = {}
        self.fills = 0
        self._booked: Final[dict[tuple[int, str], OrderId]] = {}  # executions, by day and id

    def net(self, instrument: InstrumentId) -> int:
        """Return the position of all strategies together."""
        return sum(held for key, held in self.positions.items() if key[1] == instrument)

    def worst(self, instrument: InstrumentId, side: Side) -> int:
        """Return how far a side could go: if everything that works on it is filled."""
        known = [order for order in self.orders.values() if order.alive]
        working = sum(
            order.reserved
            for order in known
            if order.approved.instrument == instrument and order.approved.side is side
        )
        net = self.net(instrument)
        return net + working if side is Side.BUY else working - net

    def alive(self) -> list[OrderId]:
        """Return the orders that may trade, as far as anybody knows."""
        return [number for number, known in self.orders.items() if known.alive]

    def closed(self, input: Input, outputs: list[Output], before: list[OrderId]) -> None:
        """Hold all outputs of an input, when all are taken; `before` it these orders worked."""
        self._over_filled(outputs)
        if not isinstance(input, _EVIDENCE):
            for number in before:
                if not self.orders[number].alive:
                    raise InvariantBroken(10, f"order {number} died of {input}")
        if isinstance(input, VenueOrderStatus) and not input.found:
            known = self.orders.get(input.order)
            gone = known is not None and input.order in before and not known.alive
            hold(10, not gone, f"order {input.order} was not found, and taken for dead")

    def take(self, input: Input, output: Output) -> None:
        """Take one output of an input."""
        if isinstance(output, SendOrder):
            self._send(output.approved)
        elif isinstance(output, ReplaceOrder):
            self.orders[output.approved.order].new_quantity = output.approved.quantity
        elif isinstance(output, OrderFilled):
            self._fill(input, output)
        elif isinstance(output, FillBusted):
            self._bust(input, output)
        elif isinstance(output, PositionCorrected):
            self._move(output.strategy, output.instrument, output.quantity)
        elif isinstance(output, PositionChanged):
            held = self.positions.get((output.strategy, output.instrument), 0)
            what = f"position {output.quantity} of {output.strategy} in {output.instrument}"
            hold(6, output.quantity == held, f"{what}, the facts add up to {held}")
        else:
            self._step(output)

    def _step(self, output: Output) -> None:
        """Take a step of an order. One that never left is not known here."""
        known = self.orders.get(getattr(output, "order", OrderId(0)))
        if known is None:
            return
        if isinstance(output, OrderAccepted):
            known.alive = known.alive or known.held
            known.held = False
        elif isinstance(output, OrderReplaced):
            known.quantity, known.new_quantity = output.quantity, 0
            known.alive = known.alive and known.quantity > known.filled
        elif isinstance(output, ReplaceRejected):
            known.new_quantity = 0
            known.alive = known.alive and known.quantity > known.filled
        elif isinstance(output, OrderUnknown):
            known.unknown = known.alive = True
        elif isinstance(output, OrderResolved):
            known.unknown, known.alive = False, output.status not in _ENDED
        elif isinstance(output, OrderRetried):
            known.alive, known.held = False, True
        elif isinstance(output, OrderCanceled | OrderExpired | OrderRejected):
            known.alive = known.held = known.unknown = False

    def _send(self, approved: Approved) -> None:
        known = self.orders.get(approved.order)
        hold(10, known is None or known.held, f"order {approved.order} is sent while it works")
        filled = known.filled if known is not None else 0
        self.orders[approved.order] = sent = KnownOrder(approved)
        sent.filled = filled

    def _fill(self, input: Input, fill: OrderFilled) -> None:
        known = self.orders[fill.order]
        self.fills += 1
        for key in _keys(input, fill.execution, fill.order):
            owner = self._booked.get(key)
            hold(4, owner is None, f"execution {key} is booked again, before for order {owner}")
            self._booked[key] = fill.order
        known.filled += fill.quantity
        what = f"order {fill.order} has filled {fill.filled}"
        hold(5, fill.filled == known.filled, f"{what}, its fills add up to {known.filled}")
        left = max(0, known.quantity - known.filled)
        hold(5, fill.leaves in (0, left), f"order {fill.order} leaves {fill.leaves}, not {left}")
        known.alive = known.reserved > 0 or (known.held and left > 0)
        known.held = False
        self._move(fill.strategy, fill.instrument, _signed(fill))

    def _bust(self, input: Input, bust: FillBusted) -> None:
        known = self.orders[bust.order]
        for key in [key for key, owner in self._booked.items() if key[1] == bust.execution]:
            if self._booked[key] == bust.order and key[0] == getattr(input, "session_date", key[0]):
                del self._booked[key]
        known.filled -= bust.quantity
        what = f"order {bust.order} has filled {bust.filled} after a bust"
        hold(5, bust.filled == known.filled, f"{what}, its fills add up to {known.filled}")
        self._move(bust.strategy, bust.instrument, -_signed(bust))

    def _over_filled(self, outputs: list[Output]) -> None:
        for output in outputs:
            if isinstance(output, OrderOverfilled):
                self.orders[output.order].excess += output.excess
        for output in outputs:
            if isinstance(output, OrderFilled):
                known = self.orders[output.order]
                most = max(known.quantity, known.new_quantity) + known.excess
                what = f"order {output.order} filled {known.filled} of {known.quantity}"
                hold(5, 0 <= known.filled <= most, f"{what}, and no over-fill is recorded")

    def _move(self, strategy: StrategyId, instrument: InstrumentId, quantity: int) -> None:
        key = (strategy, instrument)
        self.positions[key] = self.positions.get(key, 0) + quantity


def _keys(input: Input, execution: str, order: OrderId) -> list[tuple[int, str]]:
    """Return what an execution is known by, as far as its input says."""
    if isinstance(input, VenueFilled | VenueCorrected):
        return [(input.session_date, input.execution)] if input.execution == execution else []
    if isinstance(input, Statement):
        lines = [line for line in input.fills or () if line.execution == execution]
        mine = [line for line in lines if line.order == order]
        return [(line.session_date, line.execution) for line in mine] if len(mine) == 1 else []
    return []


def _signed(fill: OrderFilled | FillBusted) -> int:
    return fill.quantity if fill.side is Side.BUY else -fill.quantity
