"""What the operator of an exchange does by hand: halts, and executions that are taken back.

What is taken back or corrected is told to who traded, taken off his account, and told in public.
Nobody trades it again: what was busted of an order that works is gone from it. The volume that fees
are counted by stays as it was.
"""

from typing import Final

import msgspec

from fairlead.model.inputs import MarketHalt, TradeBusted, VenueBusted, VenueCorrected
from fairlead.model.terms import InstrumentKind, Liquidity
from fairlead.model.units import Nanos, Price, Quantity, share_of
from fairlead.simulator.exchange import Exchange
from fairlead.simulator.executions import Executed
from fairlead.simulator.venue_order import BUSTED, worth

_SPOT: Final = InstrumentKind.SPOT
_MAKER: Final = Liquidity.MAKER
_HALT_LEVEL: Final = 3  # of a halt of the whole venue


class Operator:
    """Who runs an exchange."""

    def __init__(self, exchange: Exchange) -> None:
        """Run this one."""
        self._exchange = exchange

    def halt_all(self, reason: str, time: Nanos) -> None:
        """Halt the whole market."""
        exchange = self._exchange
        self._say_halt(True, reason, time)
        for listing in exchange.listings.values():
            exchange.halt(listing, reason, time)

    def resume_all(self, time: Nanos) -> None:
        """End the halt of the whole market."""
        exchange = self._exchange
        self._say_halt(False, "", time)
        for listing in exchange.listings.values():
            exchange.resume(listing, time)

    def bust(self, execution: str, reason: str, time: Nanos) -> str:
        """Take an execution of ours back. Return why it cannot be, empty if it was."""
        exchange = self._exchange
        executed = exchange.executions.find(execution)
        if executed is None:
            return "unknown_execution"
        if executed.order.instrument.kind is not _SPOT:
            return "not_paid_in_full"  # what a lot realised since then would have to be undone
        report = executed.report
        self._take_back(executed, report.quantity)
        busted = VenueBusted(
            report.order, report.instrument, execution, report.session_date, reason, time
        )
        exchange.reports.send(busted, time)
        if executed.trade:
            exchange.data.send(TradeBusted(report.instrument, executed.trade, time), time)
        return ""

    def correct(
        self, execution: str, price: Price, quantity: Quantity, reason: str, time: Nanos
    ) -> str:
        """Put another price, and at most as much, in the place of an execution of ours.

        Return why that cannot be, empty if it was done.
        """
        exchange = self._exchange
        executed = exchange.executions.find(execution)
        if executed is None:
            return "unknown_execution"
        order, before = executed.order, executed.report
        if order.instrument.kind is not _SPOT:
            return "not_paid_in_full"
        if price <= 0 or not 0 < quantity <= before.quantity:
            return "not_a_correction"
        self._take_back(executed, Quantity(before.quantity - quantity))
        name = exchange.next_execution()
        traded = worth(order.instrument, price, quantity)
        fee = share_of(
            traded, exchange.fees.rate(order.instrument, before.liquidity is _MAKER, time)
        )
        after = msgspec.structs.replace(
            before, execution=name, price=price, quantity=quantity, fee=fee, venue_time=time
        )
        exchange.clearing.book(after, order, traded)
        exchange.executions.add(after, order, executed.trade)
        if exchange.books is not None:
            exchange.books.filled(after, order)
        corrected = VenueCorrected(
            before.order,
            before.instrument,
            execution,
            name,
            before.session_date,
            price,
            quantity,
            fee,
            before.liquidity,
            reason,
            time,
        )
        exchange.reports.send(corrected, time)
        if executed.trade:
            exchange.data.send(TradeBusted(before.instrument, executed.trade, time), time)
        return ""

    def _say_halt(self, halted: bool, reason: str, time: Nanos) -> None:
        exchange = self._exchange
        for venue in dict.fromkeys([one.venue for one in exchange.instruments.values()]):
            exchange.data.send(MarketHalt(venue, _HALT_LEVEL, halted, reason, time), time)

    def _take_back(self, executed: Executed, less: Quantity) -> None:
        """Take an execution off the account; `less` of its order is filled no more, and gone."""
        exchange = self._exchange
        report, order = executed.report, executed.order
        exchange.executions.take(report.execution)
        exchange.clearing.take_back(
            report, order, worth(order.instrument, report.price, report.quantity)
        )
        if exchange.books is not None:
            exchange.books.busted(report, order, less)
        order.filled = Quantity(order.filled - less)
        order.lose(less, BUSTED)
