"""What a machine may do, told from outside: an auditor that sees inputs and outputs, and adds up.

It knows nothing of the machine's tables. It keeps the worst case of every order from what left and
what came back, the money from the executions, and what closes an instrument from the facts about
it; it objects as soon as an invariant does not hold.
"""

from typing import Final

from fairlead.machine.machine import Machine
from fairlead.model import inputs, outputs
from fairlead.model.codec import decode_input, decode_outputs, encode_input, encode_outputs
from fairlead.model.inputs import Input
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import Output
from fairlead.model.statements import StatementFill
from fairlead.model.terms import CashKind, Contingency, InstrumentKind, Side, Status
from fairlead.model.units import (
    FINE_UNIT,
    AccountId,
    InstrumentId,
    OrderId,
    StrategyId,
)
from tests.machine.build import CASH, PERPETUAL, SPOT

INSTRUMENTS: Final[dict[InstrumentId, Instrument]] = {
    one.instrument: one for one in (PERPETUAL, SPOT)
}
Execution = inputs.VenueFilled | inputs.VenueCorrected | StatementFill
_OUTCOMES_OF_A_FILL: Final = (outputs.OrderFilled, outputs.FillIgnored, outputs.FillQuarantined)
_OUTCOMES_OF_A_REQUEST: Final = {
    inputs.SubmitRequest: (outputs.SendOrder, outputs.OrderHeld, outputs.OrderRefused),
    inputs.ReplaceRequest: (outputs.ReplaceOrder, outputs.OrderRefused),
}
_ENDS: Final = (outputs.OrderRejected, outputs.OrderCanceled, outputs.OrderExpired)
_EVIDENCE: Final = (  # that the venue has the order
    *(outputs.OrderAccepted, outputs.OrderTriggered, outputs.OrderSuspended),
    *(outputs.OrderResumed, outputs.OrderDoneForDay),
)
_GONE: Final = (Status.CANCELED, Status.REJECTED, Status.EXPIRED, Status.FILLED)


class Seen:
    """An order as it looks from outside."""

    def __init__(self, approved: outputs.Approved) -> None:
        """Take it as it left."""
        self.strategy = approved.strategy
        self.instrument = approved.instrument
        self.side = approved.side
        self.quantity: int = approved.quantity
        self.asked = 0  # by a replace that nobody answered
        self.filled = 0
        self.cost = 0  # of what is filled: price * quantity, what was taken back taken out
        self.excess = 0
        self.alive = True
        self.unknown = False
        self.returned = False  # the venue did not take it, and said that it may be tried again
        self.request = approved.request  # the number of the message that it went out with

    @property
    def most(self) -> int:
        """The most that it may come to."""
        return max(self.quantity, self.asked)

    @property
    def worst(self) -> int:
        """The most that may still trade."""
        return max(0, self.most - self.filled) if self.alive else 0

    def end(self) -> None:
        """Take it that nothing of it can trade any more."""
        self.alive, self.asked, self.unknown = False, 0, False

    def is_back(self) -> None:
        """Take it that the venue has it."""
        if self.returned:
            self.alive, self.returned = True, False
        self.unknown = False


class Gates:
    """What closes an instrument to new orders, from what is said about it."""

    def __init__(self) -> None:
        """Begin open."""
        self.halted = False
        self.killed = False
        self.required = True  # that statements confirm
        self._epoch = 1
        self._breaks: dict[int, InstrumentId] = {}
        self._unconfirmed: dict[InstrumentId, bool] = {}
        self._disconnected: dict[str, bool] = {}

    def follow_input(self, input: Input) -> None:
        """Take in what sessions and policies say; what was due before has answered already."""
        if isinstance(input, inputs.NodeStarted) and input.epoch > self._epoch:
            self._epoch, self.halted = input.epoch, True
        elif isinstance(input, inputs.VenueDisconnected):
            self._disconnected[input.venue] = True
        elif isinstance(input, inputs.VenueConnected):
            self._disconnected.pop(input.venue, None)
        elif isinstance(input, inputs.ReconciliationPolicyChange) and input.person.strip():
            self.required = input.policy.required

    def follow_output(self, output: Output) -> None:
        """Take in what the machine says of them."""
        if isinstance(output, outputs.KillEngaged):
            self.killed = True
        elif isinstance(output, outputs.KillReleased):
            self.killed = False
        elif isinstance(output, outputs.TradingStopped):
            self.halted = True
        elif isinstance(output, outputs.TradingStarted):
            self.halted = False
        elif isinstance(output, outputs.BreakOpened):
            self._breaks[output.number] = output.instrument
        elif isinstance(output, outputs.BreakClosed):
            del self._breaks[output.number]
        elif isinstance(output, outputs.InstrumentUnconfirmed):
            self._unconfirmed[output.instrument] = True
        elif isinstance(output, outputs.InstrumentConfirmed):
            del self._unconfirmed[output.instrument]

    def may_leave(self, instrument: InstrumentId, venue: str) -> None:
        """Object to an order that leaves where none may."""
        assert not self.killed, "invariant 9: killed, and an order leaves"
        assert not self.halted, "halted, and an order leaves"
        assert venue not in self._disconnected, "disconnected, and an order leaves"
        assert instrument not in self._breaks.values(), "a break is open, and an order leaves"
        unconfirmed = self.required and instrument in self._unconfirmed
        assert not unconfirmed, "unconfirmed, and an order leaves"


class Auditor:
    """Follows a machine from outside and objects."""

    def __init__(
        self, position_max: int, instruments: dict[InstrumentId, Instrument] = INSTRUMENTS
    ) -> None:
        """Take the limit that holds in every instrument."""
        self.orders: dict[OrderId, Seen] = {}
        self.requests: dict[OrderId, inputs.SubmitRequest] = {}  # that were sent or held
        self._taken_ahead: dict[str, Input] = {}  # busts and corrections, by what they take back
        self.booked: dict[tuple[int, str], tuple[OrderId, int, int, int]] = {}
        self.position: dict[tuple[StrategyId, InstrumentId], int] = {}
        self.received: dict[tuple[StrategyId, InstrumentId], int] = {}  # money, without fees
        self.fees = 0
        self.cash_booked = 0
        self.gates = Gates()
        self._held: dict[OrderId, bool] = {}
        self._client_ids: dict[str, bool] = {}
        self._instruments = instruments
        self._position_max = position_max

    def follow(self, input: Input, answered: list[Output]) -> None:
        """Take in one input with its outputs."""
        assert decode_input(encode_input(input)) == input
        assert decode_outputs(encode_outputs(answered)) == answered
        for output in answered:
            self.gates.follow_output(output)
            if isinstance(output, outputs.SendOrder):
                self._send(input, output.approved)
            elif isinstance(output, outputs.ReplaceOrder):
                self._burn(output.approved)
                self._may_leave(output.approved)
                self.orders[output.approved.order].asked = output.approved.quantity
                self._within_limit(output.approved)
            elif isinstance(output, outputs.CancelOrder):
                assert self.orders[output.order].alive, "only what may live is canceled"
            elif isinstance(output, outputs.OrderHeld):
                self._hold(input, output)
            else:
                self._follow_order(input, output)
                self._follow_money(output)
        self.gates.follow_input(input)
        self._conserves(input, answered)

    def check(self, machine: Machine) -> None:
        """Object where the machine believes something else."""
        for instrument in self._instruments:
            working = machine.gate.exposure.of(instrument)
            assert working.buys == self._worst(instrument, Side.BUY), "invariant 8"
            assert working.sells == self._worst(instrument, Side.SELL), "invariant 8"
        for number, seen in self.orders.items():
            order = machine.orders.get(number)
            assert order is not None
            assert order.working is seen.alive, f"order {number} is {order.status.name}"
            assert (order.status is Status.UNKNOWN) is seen.unknown, "invariant 10"
            assert order.filled == seen.filled, "invariant 4"
            assert order.filled_cost == seen.cost, "the average price is exact"
            assert 0 <= order.filled <= seen.most + seen.excess, "invariant 5"
            left = order.quantity - order.filled - order.canceled
            assert order.leaves == max(0, left), "invariant 5"
        self.check_money(machine)

    # --- orders ---

    def _send(self, input: Input, approved: outputs.Approved) -> None:
        """Object to an order that nobody asked for, or that is sent again without proof."""
        number = approved.order
        self._burn(approved)
        if isinstance(input, inputs.SubmitRequest) and number == input.order:
            assert self.requests.get(number, input) is input, "an id is used once"
            self.requests[number] = input
        self._may_leave(approved)
        self._is_due(approved)
        known = self.orders.get(number)
        if known is not None:
            assert known.returned, "sent again without proof that it was not taken"
            assert approved.request > known.request, "messages are numbered"
            known.returned, known.alive, known.request = False, True, approved.request
        else:
            assert number in self.requests, "sent, and nobody asked for it"
            self.orders[number] = Seen(approved)
        self._held.pop(number, None)
        self._within_limit(approved)

    def _burn(self, approved: outputs.Approved) -> None:
        assert approved.client_order not in self._client_ids, "a client order id is used once"
        self._client_ids[approved.client_order] = True

    def _hold(self, input: Input, output: outputs.OrderHeld) -> None:
        if isinstance(input, inputs.SubmitRequest) and output.order == input.order:
            self.requests[output.order] = input
        assert output.order in self.requests, "held, and nobody asked for it"
        assert output.order not in self.orders, "what left is not held without a word of the venue"
        self._held[output.order] = True

    def _follow_order(self, input: Input, output: Output) -> None:
        if isinstance(output, outputs.OrderFilled):
            self._book(input, output)
        elif isinstance(output, outputs.FillBusted):
            self._take_back(input, output)
        elif isinstance(output, outputs.OrderOverfilled):
            self.orders[output.order].excess += output.excess
        elif isinstance(output, outputs.OrderUnknown):
            self._lose(input, self.orders[output.order])
        elif isinstance(output, outputs.OrderRetried):
            self._return(input, output)
        elif isinstance(output, outputs.OrderResolved):
            self._resolve(input, output)
        else:
            self._follow_answer(output)

    def _follow_answer(self, output: Output) -> None:
        """Take in what the venue says of an order; of a held one nothing is at a venue."""
        if isinstance(output, _ENDS):
            self._held.pop(output.order, None)
            if output.order in self.orders:
                self.orders[output.order].end()
                self.orders[output.order].returned = False
        elif isinstance(output, _EVIDENCE):
            if output.order not in self._held:
                self.orders[output.order].is_back()
        elif isinstance(output, outputs.OrderReplaced):
            if output.order not in self._held:
                order = self.orders[output.order]
                order.quantity, order.asked, order.unknown = output.quantity, 0, False
                self._finish(order)
        elif isinstance(output, outputs.ReplaceRejected):
            self.orders[output.order].asked = 0
            self._finish(self.orders[output.order])

    def _lose(self, input: Input, order: Seen) -> None:
        """Take it that nobody knows; an order that was complete may live after a bust alone."""
        told = isinstance(input, inputs.VenueBusted | inputs.VenueCorrected)
        assert order.alive or told or self._taken_ahead, "only what may live is unknown"
        order.alive = order.unknown = True

    def _return(self, input: Input, output: outputs.OrderRetried) -> None:
        """Object to a next attempt of an order that the venue may have taken."""
        order = self.orders[output.order]
        assert isinstance(input, inputs.VenueRejected), "only a rejection is a proof"
        assert input.transient, "what is rejected for good is not tried again"
        assert input.order == output.order
        assert input.request in (0, order.request), "the answer to another message is no proof"
        assert not order.filled, "what was filled was taken"
        order.end()
        order.returned = True

    def _resolve(self, input: Input, output: outputs.OrderResolved) -> None:
        assert isinstance(
            input, inputs.VenueOrderStatus | inputs.Statement | inputs.ResolveOrderCommand
        ), "invariant 10: resolved without evidence"
        if isinstance(input, inputs.VenueOrderStatus):
            assert input.found, "invariant 10: not found proves nothing"
        order = self.orders[output.order]
        if output.status in _GONE:
            order.end()
        else:
            order.is_back()

    def _book(self, input: Input, fill: outputs.OrderFilled) -> None:
        ahead = (one for one in self._taken_ahead.values())
        told = [one for one in ahead if isinstance(one, inputs.VenueCorrected) and _says(one, fill)]
        listed = isinstance(input, inputs.Statement) and any(
            line.execution == fill.execution for line in input.fills or ()
        )
        if told and not listed and getattr(input, "execution", "") != fill.execution:
            input = told[-1]  # a correction that was told before what it corrects
        report, date = _execution_of(input, fill)
        key = (date, fill.execution)
        assert key not in self.booked, "invariant 4: booked twice"
        self.booked[key] = (fill.order, fill.price, fill.quantity, fill.fee)
        order = self.orders[fill.order]
        assert report.instrument == fill.instrument == order.instrument
        assert fill.side is order.side
        assert (fill.price, fill.quantity, fill.fee) == (
            *(report.price, report.quantity, report.fee),
        )
        if order.returned:
            order.is_back()
        order.filled += fill.quantity
        order.cost += fill.price * fill.quantity
        assert fill.filled == order.filled
        self._move(order, fill.price, fill.quantity, fill.fee)
        if order.filled >= order.most:
            order.quantity = order.most
        self._finish(order)

    def _take_back(self, input: Input, bust: outputs.FillBusted) -> None:
        terms = (bust.order, bust.price, bust.quantity, bust.fee)
        keys = [key for key, booked in self.booked.items() if booked == terms]
        keys = [key for key in keys if key[1] == bust.execution]
        assert keys, "taken back as booked"
        told = isinstance(input, inputs.VenueBusted | inputs.VenueCorrected)
        assert told or bust.execution in self._taken_ahead, "taken back, and the venue never did"
        self.booked[keys[0]] = (bust.order, 0, 0, 0)
        order = self.orders[bust.order]
        order.filled -= bust.quantity
        order.cost -= bust.price * bust.quantity
        order.excess = max(0, min(order.excess, order.filled - order.most))
        self._move(order, bust.price, -bust.quantity, -bust.fee)

    def _finish(self, order: Seen) -> None:
        if order.alive and order.filled >= order.most:
            order.end()

    # --- what may leave ---

    def _may_leave(self, approved: outputs.Approved) -> None:
        """Object to an order that leaves where none may."""
        instrument = approved.instrument
        self.gates.may_leave(instrument, self._instruments[instrument].venue)
        assert not any(one.unknown for one in self._in(instrument)), "invariant 10"
        if approved.reduce_only:
            self._only_reduces(approved)

    def _only_reduces(self, approved: outputs.Approved) -> None:
        """Object to a reduce-only order that could turn its position over."""
        order = self.orders.get(approved.order)
        if order is not None and order.alive and approved.quantity <= order.quantity:
            return  # it asks for less than it has
        held = self.position.get((approved.strategy, approved.instrument), 0)
        reducible = held if approved.side is Side.SELL else -held
        others = sum(
            one.worst
            for one in self._in(approved.instrument)
            if one is not order and one.strategy == approved.strategy and one.side is approved.side
        )
        more = approved.quantity - (order.filled if order is not None else 0)
        assert more + others <= reducible, "reduce-only, and it could flip"

    def _is_due(self, approved: outputs.Approved) -> None:
        """Object to a child before its parent, and to one of a group of which another traded."""
        request = self.requests.get(approved.order)
        if request is None:
            return
        if request.after:
            parent = self.orders.get(request.after)
            filled = 0 if parent is None else parent.filled
            assert 0 < approved.quantity <= filled, "a child goes for what its parent filled"
        if request.group and request.contingency is Contingency.OCO:
            for number, other in self.requests.items():
                family = (other.strategy, other.group) == (request.strategy, request.group)
                if family and number != approved.order:
                    one = self.orders.get(number)
                    assert one is None or one.alive or not one.filled, "another one traded"

    def _within_limit(self, approved: outputs.Approved) -> None:
        net = self._net(approved.instrument)
        worst = self._worst(approved.instrument, approved.side)
        worst = net + worst if approved.side is Side.BUY else worst - net
        assert worst <= self._position_max, "invariant 8: beyond the limit"

    def _worst(self, instrument: InstrumentId, side: Side) -> int:
        return sum(one.worst for one in self._in(instrument) if one.side is side)

    def _in(self, instrument: InstrumentId) -> list[Seen]:
        return [one for one in self.orders.values() if one.instrument == instrument]

    def _net(self, instrument: InstrumentId) -> int:
        return sum(held for (_, where), held in self.position.items() if where == instrument)

    def _conserves(self, input: Input, answered: list[Output]) -> None:
        """Object to an input that vanished, or a refusal without its reasons."""
        if isinstance(input, inputs.VenueFilled):
            outcomes = [one for one in answered if isinstance(one, _OUTCOMES_OF_A_FILL)]
            # More are those of a chain of corrections that were told before what they correct.
            most = 1 + len(self._taken_ahead) if input.execution in self._taken_ahead else 1
            assert 1 <= len(outcomes) <= most, "invariant 4: booked, ignored or quarantined"
        elif isinstance(input, inputs.VenueBusted):
            self._taken_ahead[input.execution] = input
        elif isinstance(input, inputs.VenueCorrected):
            self._taken_ahead[input.original] = input
        elif isinstance(input, inputs.SubmitRequest | inputs.ReplaceRequest):
            kinds = _OUTCOMES_OF_A_REQUEST[type(input)]
            found = [
                one for one in answered if isinstance(one, kinds) and _order(one) == input.order
            ]
            assert found, "a request is sent, held or refused"
        for output in answered:
            if isinstance(output, outputs.OrderRefused):
                assert output.failed, "invariant 12"
                assert all(failed.check for failed in output.failed), "invariant 12"

    # --- money ---

    def _move(self, order: Seen, price: int, quantity: int, fee: int) -> None:
        signed = quantity if order.side is Side.BUY else -quantity
        self._hold_money((order.strategy, order.instrument), signed, price)
        self.fees += fee

    def _hold_money(self, mine: tuple[StrategyId, InstrumentId], signed: int, price: int) -> None:
        money = signed * price * self._instruments[mine[1]].money_unit
        self.position[mine] = self.position.get(mine, 0) + signed
        self.received[mine] = self.received.get(mine, 0) - money

    def _follow_money(self, output: Output) -> None:
        if isinstance(output, outputs.PositionCorrected):
            mine = (output.strategy, output.instrument)
            self._hold_money(mine, output.quantity, output.price)
        elif isinstance(output, outputs.CashBooked):
            assert output.kind in (CashKind.FEE, CashKind.DEPOSIT, CashKind.WITHDRAWAL)
            self.cash_booked += output.amount

    def check_money(self, machine: Machine) -> None:
        """Object to money that is not what was paid and received; whatever its cost basis is."""
        account = machine.positions.account(AccountId(1))
        assert account is not None
        ledger = account.ledger("USD")
        assert ledger is not None
        cash = (CASH - self.fees + self.cash_booked) * FINE_UNIT
        for (strategy, instrument), held in self.position.items():
            position = machine.positions.get(strategy, instrument, AccountId(1))
            received = self.received[strategy, instrument] * FINE_UNIT
            assert position.quantity == held, "invariant 6"
            assert position.realised_fine - position.open_cost_fine == received, "invariant 6"
            spot = self._instruments[instrument].kind is InstrumentKind.SPOT
            cash += received if spot else position.realised_fine
        assert ledger.cash.fine == cash, "invariant 6"
        for instrument in self._instruments:
            assert machine.positions.net(instrument) == self._net(instrument), "invariant 6"


def _execution_of(input: Input, fill: outputs.OrderFilled) -> tuple[Execution, int]:
    """Return what the venue said of an execution, and its session date."""
    if isinstance(input, inputs.Statement):
        [line] = [one for one in input.fills or () if one.execution == fill.execution]
        return line, line.session_date
    assert isinstance(input, inputs.VenueFilled | inputs.VenueCorrected), "booked out of nothing"
    assert (input.order, input.execution) == (fill.order, fill.execution)
    return input, input.session_date


def _says(report: inputs.VenueCorrected, fill: outputs.OrderFilled) -> bool:
    """Return whether a correction tells of a fill."""
    named = (report.order, report.execution) == (fill.order, fill.execution)
    return named and (report.price, report.quantity) == (fill.price, fill.quantity)


def _order(output: Output) -> OrderId:
    """Return the order that the outcome of a request is about."""
    if isinstance(output, outputs.SendOrder | outputs.ReplaceOrder):
        return output.approved.order
    assert isinstance(output, outputs.OrderHeld | outputs.OrderRefused)
    return output.order
