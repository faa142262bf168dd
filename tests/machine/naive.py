"""What a machine may do, told from outside: an auditor that sees inputs and outputs, and adds up.

It knows nothing of the machine's tables. It keeps the worst case of every order from what left and
what came back, and objects as soon as an invariant does not hold.
"""

import random
from typing import Final

from fairlead.machine.machine import Machine
from fairlead.machine.orders import Order
from fairlead.model import inputs, outputs
from fairlead.model.codec import decode_input, decode_outputs, encode_input, encode_outputs
from fairlead.model.inputs import Input, ReopenCommand
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import Output
from fairlead.model.terms import InstrumentKind, Side, Status
from fairlead.model.units import AccountId, InstrumentId, OrderId, Quantity, StrategyId
from tests.machine.build import (
    BUY,
    CASH,
    DISCONNECTED,
    PERPETUAL,
    SELL,
    SPOT,
    Rig,
    accepted,
    cancel,
    cancel_rejected,
    canceled,
    expired,
    filled,
    limits,
    quote,
    rejected,
    replace,
    replace_rejected,
    replaced,
    submit,
)

INSTRUMENTS: Final[dict[InstrumentId, Instrument]] = {
    one.instrument: one for one in (PERPETUAL, SPOT)
}
_OUTCOMES_OF_A_FILL: Final = (outputs.OrderFilled, outputs.FillIgnored, outputs.FillQuarantined)
_ENDS: Final = (outputs.OrderRejected, outputs.OrderCanceled, outputs.OrderExpired)


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
        self.excess = 0
        self.alive = True
        self.unknown = False

    @property
    def most(self) -> int:
        """The most that it may come to."""
        return max(self.quantity, self.asked)

    @property
    def worst(self) -> int:
        """The most that may still trade."""
        return max(0, self.most - self.filled) if self.alive else 0


class Auditor:
    """Follows a machine from outside and objects."""

    def __init__(self, position_max: int) -> None:
        """Take the limit that holds in every instrument."""
        self.orders: dict[OrderId, Seen] = {}
        self.booked: dict[tuple[int, str], OrderId] = {}
        self.position: dict[tuple[StrategyId, InstrumentId], int] = {}
        self.received: dict[tuple[StrategyId, InstrumentId], int] = {}  # money, without fees
        self.fees = 0
        self.halted = False
        self.killed = False
        self.closed: set[InstrumentId] = set()
        self._position_max = position_max
        self._epoch = 1

    def follow(self, input: Input, answered: list[Output]) -> None:
        """Take in one input with its outputs."""
        assert decode_input(encode_input(input)) == input
        assert decode_outputs(encode_outputs(answered)) == answered
        self._follow_commands(input)
        for output in answered:
            if isinstance(output, outputs.SendOrder):
                assert isinstance(input, inputs.SubmitRequest)
                assert output.approved.order not in self.orders, "an id is used once"
                self._may_leave(output.approved)
                self.orders[output.approved.order] = Seen(output.approved)
                self._within_limit(output.approved)
            elif isinstance(output, outputs.ReplaceOrder):
                self._may_leave(output.approved)
                self.orders[output.approved.order].asked = output.approved.quantity
                self._within_limit(output.approved)
            elif isinstance(output, outputs.CancelOrder):
                assert self.orders[output.order].alive, "only what may live is canceled"
            elif isinstance(output, outputs.FillQuarantined):
                self.closed.add(output.instrument)
            elif isinstance(output, outputs.InstrumentReopened):
                self.closed.discard(output.instrument)
            else:
                self._follow_order(input, output)
        self._conserves(input, answered)

    def check(self, machine: Machine) -> None:
        """Object where the machine believes something else."""
        for instrument in INSTRUMENTS:
            working = machine.gate.exposure.of(instrument)
            assert working.buys == self._worst(instrument, Side.BUY), "invariant 8"
            assert working.sells == self._worst(instrument, Side.SELL), "invariant 8"
        for number, seen in self.orders.items():
            order = machine.orders.get(number)
            assert order is not None
            assert order.working is seen.alive, f"order {number} is {order.status.name}"
            assert (order.status is Status.UNKNOWN) is seen.unknown, "invariant 10"
            assert order.filled == seen.filled, "invariant 4"
            assert 0 <= order.filled <= seen.most + seen.excess, "invariant 5"
            left = order.quantity - order.filled - order.canceled
            assert order.leaves == max(0, left), "invariant 5"
        self._check_money(machine)

    def _follow_commands(self, input: Input) -> None:
        if isinstance(input, inputs.KillCommand):
            self.killed = True
        elif isinstance(input, inputs.StopCommand):
            self.halted = True
        elif isinstance(input, inputs.NodeStarted) and input.epoch > self._epoch:
            self._epoch, self.halted = input.epoch, True

    def _follow_order(self, input: Input, output: Output) -> None:
        if isinstance(output, outputs.KillReleased):
            self.killed = False
        elif isinstance(output, outputs.TradingStarted):
            self.halted = False
        elif isinstance(output, outputs.OrderFilled):
            assert isinstance(input, inputs.VenueFilled)
            self._book(input, output)
        elif isinstance(output, outputs.OrderOverfilled):
            self.orders[output.order].excess += output.excess
        elif isinstance(output, outputs.OrderUnknown):
            self.orders[output.order].unknown = True
        elif isinstance(output, outputs.OrderReplaced):
            order = self.orders[output.order]
            order.quantity, order.asked, order.unknown = output.quantity, 0, False
            self._finish(order)
        elif isinstance(output, outputs.ReplaceRejected):
            self.orders[output.order].asked = 0
            self._finish(self.orders[output.order])
        elif isinstance(output, outputs.OrderAccepted):
            self.orders[output.order].unknown = False
        elif isinstance(output, _ENDS):
            order = self.orders[output.order]
            order.alive, order.asked, order.unknown = False, 0, False

    def _book(self, report: inputs.VenueFilled, fill: outputs.OrderFilled) -> None:
        key = (report.session_date, report.execution)
        assert key not in self.booked, "invariant 4: booked twice"
        self.booked[key] = report.order
        order = self.orders[report.order]
        assert report.instrument == order.instrument
        order.filled += report.quantity
        assert (fill.filled, fill.quantity, fill.price) == (
            *(order.filled, report.quantity, report.price),
        )
        signed = report.quantity if order.side is Side.BUY else -report.quantity
        mine = (order.strategy, order.instrument)
        money = signed * report.price * INSTRUMENTS[order.instrument].money_unit
        self.position[mine] = self.position.get(mine, 0) + signed
        self.received[mine] = self.received.get(mine, 0) - money
        self.fees += report.fee
        if order.filled >= order.most:
            order.quantity = order.most
        self._finish(order)

    def _finish(self, order: Seen) -> None:
        if order.alive and order.filled >= order.most:
            order.alive, order.asked, order.unknown = False, 0, False

    def _may_leave(self, approved: outputs.Approved) -> None:
        """Object to an order that leaves where none may."""
        assert not self.killed, "invariant 9"
        assert not self.halted, "halted, and an order leaves"
        assert approved.instrument not in self.closed, "closed, and an order leaves"
        here = [one for one in self.orders.values() if one.instrument == approved.instrument]
        assert not any(one.unknown for one in here), "invariant 10"

    def _within_limit(self, approved: outputs.Approved) -> None:
        net = self._net(approved.instrument)
        worst = self._worst(approved.instrument, approved.side)
        worst = net + worst if approved.side is Side.BUY else worst - net
        assert worst <= self._position_max, "invariant 8: beyond the limit"

    def _worst(self, instrument: InstrumentId, side: Side) -> int:
        here = [one for one in self.orders.values() if one.instrument == instrument]
        return sum(one.worst for one in here if one.side is side)

    def _net(self, instrument: InstrumentId) -> int:
        return sum(held for (_, where), held in self.position.items() if where == instrument)

    def _conserves(self, input: Input, answered: list[Output]) -> None:
        """Object to an input that vanished, or a refusal without its reasons."""
        if isinstance(input, inputs.VenueFilled):
            outcomes = [one for one in answered if isinstance(one, _OUTCOMES_OF_A_FILL)]
            assert len(outcomes) == 1, "invariant 4: booked, ignored or quarantined"
        elif isinstance(input, inputs.SubmitRequest | inputs.ReplaceRequest):
            [outcome] = answered
            refused = isinstance(outcome, outputs.OrderRefused)
            assert refused or isinstance(outcome, outputs.SendOrder | outputs.ReplaceOrder)
        for output in answered:
            if isinstance(output, outputs.OrderRefused):
                assert output.failed, "invariant 12"
                assert all(failed.check for failed in output.failed), "invariant 12"

    def _check_money(self, machine: Machine) -> None:
        account = machine.positions.account(AccountId(1))
        assert account is not None
        cash = CASH - self.fees
        for (strategy, instrument), held in self.position.items():
            position = machine.positions.get(strategy, instrument)
            received = self.received[strategy, instrument]
            assert position.quantity == held, "invariant 6"
            assert position.realised - position.open_cost == received, "invariant 6"
            spot = INSTRUMENTS[instrument].kind is InstrumentKind.SPOT
            cash += received if spot else position.realised
        assert account.cash == cash, "invariant 6"
        for instrument in INSTRUMENTS:
            assert machine.positions.net(instrument) == self._net(instrument), "invariant 6"


def a_day(seed: int, length: int) -> list[Input]:
    """Return a busy day's inputs, the same for a seed: trading, races, repetitions, breaks."""
    chance = random.Random(seed)
    rig = Rig()
    day: list[Input] = [limits(position_quantity_max=Quantity(30))]
    rig.give(*day)
    while len(day) < length:
        following = rig.machine.state.sequence
        working = rig.machine.orders.all_working()
        if working and chance.randrange(3):
            happenings = _of_an_order(chance, chance.choice(working), f"E{following}")
        else:
            bid = chance.randint(95, 100)
            price, quantity = bid + chance.randint(-1, 4), chance.randint(1, 20)
            happenings = [
                quote(bid, bid + chance.randint(1, 4)),
                submit(following, chance.choice([BUY, SELL]), quantity, price),
                submit(following, chance.choice([BUY, SELL]), quantity, 0),
                chance.choice(day[-5:]),
            ]
        day.append(chance.choice(happenings))
        rig.give(day[-1])
        if not chance.randrange(8):
            day.append(ReopenCommand(InstrumentId(1), "ann", "looked at"))
            rig.give(day[-1])
        if not chance.randrange(40):
            day += [DISCONNECTED, *(canceled(order.order) for order in working)]
            rig.give(*day[-1 - len(working) :])
    return day


def _of_an_order(chance: random.Random, order: Order, execution: str) -> list[Input]:
    """Return what may happen to a working order."""
    number, quantity = order.order, chance.randint(1, 6)
    ends: list[Input] = [canceled(number), expired(number), rejected(number)]
    asked = replaced(number, order.quantity_worst, order.new_price or order.price)
    answers: list[Input] = [asked, replace_rejected(number)]
    return [
        accepted(number),
        accepted(number),
        filled(number, quantity, execution),
        filled(number, quantity, f"E{number}"),
        replace(number, order.filled + quantity),
        cancel(number),
        cancel_rejected(number),
        chance.choice(ends),
        chance.choice(answers),
    ]
