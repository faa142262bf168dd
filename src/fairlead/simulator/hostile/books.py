"""What a venue really has of us: orders, executions, position and cash, exactly.

Whatever is said of it on the way to us, this is the truth that both sides must come to in the end.
An execution is known by the trading day and its id; ids begin anew each day. So do the venue's own
order ids when it comes back after a crash.
"""

from typing import Final

from fairlead.model.inputs import Statement, VenueOrderStatus
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import Approved
from fairlead.model.statements import (
    StatementCash,
    StatementFill,
    StatementOrder,
    StatementPosition,
)
from fairlead.model.terms import Liquidity, Side, Status
from fairlead.model.units import (
    AccountId,
    InstrumentId,
    Money,
    Nanos,
    OrderId,
    Price,
    Quantity,
    SignedQuantity,
)

SOURCE: Final = "the venue"
_BUY: Final = Side.BUY
ALIVE: Final = (Status.OPEN, Status.SUSPENDED, Status.DONE_FOR_DAY)

FillKey = tuple[int, str]  # the trading day, and the id of the execution in it


class BookedOrder:
    """An order as the venue has it."""

    def __init__(self, approved: Approved, venue_order: str) -> None:
        """Take it as it arrived."""
        self.order: Final = approved.order
        self.instrument: Final = approved.instrument
        self.side: Final = approved.side
        self.quantity: int = approved.quantity
        self.price: Price = approved.price
        self.client_order: str = approved.client_order
        self.venue_order: str = venue_order
        self.filled: int = 0
        self.status: Status = Status.OPEN
        self.reopened: int = 0  # how often it got back what it may trade

    @property
    def alive(self) -> bool:
        """Whether it works."""
        return self.status in ALIVE

    @property
    def leaves(self) -> int:
        """What may still trade."""
        return self.quantity - self.filled if self.alive else 0


class VenueBooks:
    """Orders, executions, positions and cash as they are."""

    def __init__(self, instruments: list[Instrument], account: AccountId, cash: Money) -> None:
        """Begin with nothing but cash. Every instrument is paid in full, in one currency."""
        self.instruments: Final = {one.instrument: one for one in instruments}
        self.orders: Final[list[BookedOrder]] = []
        self.fills: Final[dict[FillKey, StatementFill]] = {}  # those that stand
        self.executed: int = 0  # in all, those that were taken back included
        self.currency: Final = instruments[0].currency
        self._venue: Final = instruments[0].venue
        self._account: Final = account
        self._cash: Final = cash
        self._by_client: Final[dict[str, BookedOrder]] = {}
        self._by_number: Final[dict[OrderId, BookedOrder]] = {}  # the newest of each
        self._ids: int = 0
        self._executions: Final[dict[int, int]] = {}  # how many there were on each day

    def forget_ids(self) -> None:
        """Number orders from the beginning again, as after a crash."""
        self._ids = 0

    def new_id(self) -> str:
        """Return the venue's own id for an order."""
        self._ids += 1
        return f"V{self._ids}"

    def place(self, approved: Approved) -> BookedOrder:
        """Take an order."""
        taken = BookedOrder(approved, self.new_id())
        self.orders.append(taken)
        self._by_client[approved.client_order] = taken
        self._by_number[approved.order] = taken
        return taken

    def change(self, order: BookedOrder, approved: Approved) -> None:
        """Give an order other terms, and another client order id."""
        order.quantity, order.price = approved.quantity, approved.price
        order.client_order = approved.client_order
        self._by_client[approved.client_order] = order

    def find(self, number: OrderId, client_order: str = "") -> BookedOrder | None:
        """Return the order that is meant, the newest of its number if no id of ours is known."""
        return self._by_client.get(client_order) or self._by_number.get(number)

    def alive(self) -> list[BookedOrder]:
        """Return the orders that work."""
        return [order for order in self.orders if order.alive]

    def execute(
        self,
        order: BookedOrder,
        price: Price,
        quantity: Quantity,
        fee: Money,
        now: Nanos,
        date: int,
    ) -> StatementFill:
        """Fill an order, on a trading day."""
        number = self._executions.get(date, 0) + 1
        self._executions[date] = number
        execution = f"E{number}"
        self.executed += 1
        line = StatementFill(
            order.instrument,
            execution,
            date,
            order.side,
            price,
            quantity,
            fee,
            Liquidity.MAKER,
            now,
            order.order,
            order.client_order,
            order.venue_order,
        )
        self.fills[date, execution] = line
        order.filled += quantity
        if order.filled >= order.quantity and order.alive:
            order.status = Status.FILLED
        return line

    def take_back(self, line: StatementFill) -> BookedOrder:
        """Undo an execution. An order that works gets back what it lost by it."""
        del self.fills[line.session_date, line.execution]
        order = self._by_client[line.client_order]
        order.filled -= line.quantity
        order.reopened += order.alive
        if order.status is Status.FILLED:
            order.status = Status.CANCELED
        return order

    def position(self, instrument: InstrumentId) -> int:
        """Return what the executions add up to."""
        return sum(signed(line) for line in self.fills.values() if line.instrument == instrument)

    def cash(self) -> int:
        """Return what is left after what was paid in full, and fees."""
        left: int = self._cash
        for line in self.fills.values():
            unit = self.instruments[line.instrument].money_unit
            left -= signed(line) * line.price * unit + line.fee
        return left

    def status(self, number: OrderId, instrument: InstrumentId, now: Nanos) -> VenueOrderStatus:
        """Return what became of an order, if it ever came here."""
        order = self._by_number.get(number)
        if order is None:
            return VenueOrderStatus(number, instrument, False, now)
        return VenueOrderStatus(
            number,
            instrument,
            True,
            now,
            order.status,
            Quantity(order.quantity),
            order.price,
            Quantity(order.filled),
            order.venue_order,
            "as it is",
        )

    def statement(self, now: Nanos, since: Nanos = Nanos(0)) -> Statement:
        """Return everything, as it is now; of executions those `since` a time."""
        fills = self.fills.values()
        held = [(number, self.position(number)) for number in self.instruments]
        return Statement(
            self._account,
            self._venue,
            now,
            SOURCE,
            tuple([_line(order) for order in self.orders if order.alive]),
            tuple([line for line in fills if line.venue_time >= since]),
            tuple([StatementPosition(one, SignedQuantity(net)) for one, net in held if net]),
            (StatementCash(self.currency, Money(self.cash())),),
            since,
        )


def signed(line: StatementFill) -> int:
    """Return by how much an execution moves the position."""
    return line.quantity if line.side is _BUY else -line.quantity


def _line(order: BookedOrder) -> StatementOrder:
    return StatementOrder(
        order.instrument,
        order.side,
        Quantity(order.quantity),
        Quantity(order.filled),
        order.price,
        client_order=order.client_order,
        venue_order=order.venue_order,
    )
