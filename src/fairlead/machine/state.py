"""What the machine knows. Changed by the steps of the machine alone; everybody else reads.

The digest is taken over everything that any later output may depend on, in a fixed order.
"""

import hashlib

import msgspec

from fairlead.machine.books import Book, Books
from fairlead.machine.orders import Order, Orders
from fairlead.machine.positions import Account, Positions
from fairlead.machine.risk.gate import Gate
from fairlead.model.inputs import StrategyDefinition
from fairlead.model.instruments import Instrument
from fairlead.model.units import InstrumentId, Nanos, OrderId, Price, Quantity, Sequence, StrategyId

ExecutionKey = tuple[str, int, str]  # venue, session date, execution id
Execution = tuple[OrderId, Price, Quantity]  # what was booked under it


class State:
    """Books, orders, positions, money, risk: all of it."""

    def __init__(self) -> None:
        """Begin knowing nothing."""
        self.sequence = Sequence(0)
        self.time = Nanos(0)
        self.epoch = 0
        self.instruments: dict[InstrumentId, Instrument] = {}
        self.strategies: dict[StrategyId, StrategyDefinition] = {}
        self.books = Books()
        self.orders = Orders()
        self.positions = Positions()
        self.gate = Gate()
        self.executions: dict[ExecutionKey, Execution] = {}

    def digest(self) -> str:
        """Return a BLAKE2b digest of the whole state, in hexadecimal."""
        encoded = msgspec.msgpack.encode(self._content())
        return hashlib.blake2b(encoded, digest_size=32).hexdigest()

    def _content(self) -> list[object]:
        gate = self.gate
        instruments = list(self.instruments.values())
        return [
            [self.sequence, self.time, self.epoch],
            instruments,
            list(self.strategies.values()),
            [_book_content(book) for book in self.books.all()],
            [_order_content(order) for order in self.orders.all()],
            [
                [p.strategy, p.instrument, p.quantity, p.open_cost, p.realised, p.fees, p.bought]
                for p in self.positions.all()
            ],
            [_account_content(account) for account in self.positions.accounts()],
            [gate.killed, gate.stopped, gate.disabled(), gate.closed(), gate.throttle.rate],
            gate.throttle.times(),
            [gate.limits(instrument.instrument) for instrument in instruments],
            list(self.executions.items()),
        ]


def _book_content(book: Book) -> list[object]:
    return [
        book.instrument,
        book.bids.top(book.bids.depth()),
        book.asks.top(book.asks.depth()),
        [book.bid_price, book.bid_quantity, book.ask_price, book.ask_quantity],
        [book.update, book.levels_update, book.touch_time, book.last_price, book.last_time],
        [book.by_level, book.gap, book.reason],
    ]


def _order_content(order: Order) -> list[object]:
    return [
        [order.order, order.strategy, order.instrument, order.side, order.order_type],
        [order.time_in_force, order.post_only, order.quantity, order.price, order.tag, order.time],
        [order.status, order.filled, order.canceled, order.filled_cost, order.venue_order],
        [order.cancel_wanted, order.new_quantity, order.new_price, order.excess, order.reserved],
    ]


def _account_content(account: Account) -> list[object]:
    return [
        account.account,
        account.name,
        account.currency,
        account.money_decimals,
        account.initial,
        account.cash,
        account.realised,
        account.fees,
        account.paid_cost,
    ]
