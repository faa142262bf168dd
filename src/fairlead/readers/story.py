"""The story of one order: every input that concerned it, what the machine answered, every check.

A reader of a journal that is applied again: it looks into the machine that answers, so it also sees
the checks that passed, which no output tells. It follows one order, and keeps what is about it: the
inputs that name it, those whose outputs name it, and those that changed it without a word (a cancel
that waits for the acknowledgement, a quantity that is asked for later).
"""

from typing import Any, Final, NamedTuple

from fairlead.machine.books import Book
from fairlead.machine.machine import Machine
from fairlead.machine.orders import Hold, Order
from fairlead.model.inputs import (
    BookOrder,
    CancelRequest,
    Input,
    ReplaceRequest,
    Statement,
    SubmitRequest,
    TradingStatus,
)
from fairlead.model.outputs import (
    AccountChanged,
    BreakChanged,
    BreakClosed,
    BreakOpened,
    FailedCheck,
    FillBusted,
    FillDiscarded,
    FillQuarantined,
    OrderFilled,
    OrderRefused,
    Output,
    PositionChanged,
)
from fairlead.model.statements import StatementFill, StatementOrder
from fairlead.model.terms import Side, Status
from fairlead.model.units import (
    InstrumentId,
    Nanos,
    OrderId,
    Price,
    Quantity,
    Sequence,
    SignedQuantity,
)
from fairlead.readers.books import FOLLOWED

Line = StatementOrder | StatementFill
LEVELS: Final = 5  # of each side of a book: what a person looks at
_NOWHERE: Final = InstrumentId(0)
_ASKED: Final = (SubmitRequest, ReplaceRequest, CancelRequest)
_MARKET: Final = frozenset((*FOLLOWED, TradingStatus))
_MONEY: Final = (PositionChanged, AccountChanged)  # what follows a fill, in the same input


class Check(NamedTuple):
    """A check of the risk gate or of the machine, and whether it let the order pass."""

    check: FailedCheck
    passed: bool


class Standing(NamedTuple):
    """Where an order stands, and what is still asked for it."""

    status: Status
    hold: Hold
    quantity: Quantity
    price: Price
    filled: Quantity
    canceled: Quantity
    cancel_wanted: bool
    new_quantity: Quantity
    new_price: Price
    wanted_quantity: Quantity


class Seen(NamedTuple):
    """What a request was decided upon: the market as it stood here, and the position."""

    bids: list[tuple[Price, Quantity]]  # the touch first, then the levels behind it
    asks: list[tuple[Price, Quantity]]
    last_price: Price  # 0: nothing traded yet
    problem: str  # why the book was not to be believed, empty if it was
    sequence: Sequence  # of the last market data of the instrument, 0 if none had come
    time: Nanos
    position: SignedQuantity  # of the strategy in the instrument
    parameters: str  # of the strategy, as they were recorded


class Step(NamedTuple):
    """One input, and what it meant for the order."""

    sequence: Sequence
    time: Nanos
    input: Input
    lines: list[Line]  # of a statement: those that name the order
    checks: list[Check]
    outputs: list[Output]
    standing: Standing | None  # after it; None as long as there is no such order
    seen: Seen | None = None  # by who asks for something; None where nobody does

    @property
    def venue_time(self) -> Nanos | None:
        """When the venue says that it happened, None where it does not say."""
        found = getattr(self.input, "venue_time", None)
        return self.input.as_of if isinstance(self.input, Statement) else found

    @property
    def latency(self) -> Nanos | None:
        """How long after the venue's time it was with us; negative where the clocks differ."""
        stamped = self.venue_time
        return Nanos(self.time - stamped) if stamped else None


class Relative(NamedTuple):
    """Another order that hangs together with this one."""

    order: OrderId
    relation: str  # "child": works it; "after": is held until it fills; "group": of its group


class Story:
    """Follows one order through a journal that `machine` answers again."""

    def __init__(self, machine: Machine, order: OrderId) -> None:
        """Begin before the first input. From now on the machine's gate tells every check."""
        self.order = order
        self.steps: list[Step] = []
        self.breaks: list[int] = []  # the numbers of those that concern it
        self._machine = machine
        self._venue_orders: dict[str, bool] = {}  # every id that its venue gave it
        self._executions: dict[tuple[InstrumentId, str], bool] = {}
        self._standing: Standing | None = None
        self._told: dict[InstrumentId, tuple[Sequence, Nanos]] = {}  # when the market last spoke
        machine.gate.trace = []

    def follow(self, sequence: Sequence, time: Nanos, input: Input, outputs: list[Output]) -> None:
        """Keep an input if it is about the order."""
        if type(input) in _MARKET:
            self._told[getattr(input, "instrument", _NOWHERE)] = (sequence, time)
        checks = self._take_checks()
        mine = self._concerning(outputs) if outputs else []
        lines = self._lines(input) if isinstance(input, Statement) else []
        before, self._standing = self._standing, self._look()
        if mine or lines or self._is_named_by(input) or before != self._standing:
            checks += _not_traced(checks, mine)
            seen = self._seen() if isinstance(input, _ASKED) else None
            step = Step(sequence, time, input, lines, checks, mine, self._standing, seen)
            self.steps.append(step)

    def _is_named_by(self, input: Input) -> bool:
        # The orders of a market are anybody's: their numbers are not ours.
        return getattr(input, "order", 0) == self.order and not isinstance(input, BookOrder)

    def found(self) -> Order | None:
        """Return the order as it stands now, None where nothing but its number was ever seen."""
        return self._machine.orders.get(self.order)

    def relatives(self) -> list[Relative]:
        """Return the orders that name this one, and those of its group."""
        mine = self.found()
        found: list[Relative] = []
        for other in self._machine.orders.all():
            if other.parent == self.order:
                found.append(Relative(other.order, "child"))
            if other.conditions.after == self.order:
                found.append(Relative(other.order, "after"))
            if mine is not None and other is not mine and _same_group(mine, other):
                found.append(Relative(other.order, "group"))
        return found

    def _take_checks(self) -> list[Check]:
        """Return the checks of the order that this input caused; forget those of others.

        What is asked twice on the way, with the same answer, is told once.
        """
        trace = self._machine.gate.trace
        if not trace:
            return []
        mine = [Check(check, passed) for order, check, passed in trace if order == self.order]
        trace.clear()
        return list(dict.fromkeys(reversed(mine)))[::-1]

    def _look(self) -> Standing | None:
        order = self._machine.orders.get(self.order)
        if order is None:
            return None
        if order.venue_order:
            self._venue_orders[order.venue_order] = True
        return Standing(
            order.status,
            order.hold,
            order.quantity,
            order.price,
            order.filled,
            order.canceled,
            order.cancel_wanted,
            order.new_quantity,
            order.new_price,
            order.wanted_quantity,
        )

    def _seen(self) -> Seen | None:
        """Return what there was to see. A request moves no book: it stands as it stood before."""
        machine, order = self._machine, self.found()
        book = machine.books.get(order.instrument) if order is not None else None
        if order is None or book is None:
            return None
        sequence, time = self._told.get(order.instrument, (Sequence(0), Nanos(0)))
        position = machine.positions.get(order.strategy, order.instrument)
        return Seen(
            _side(book, Side.BUY),
            _side(book, Side.SELL),
            book.last_price,
            book.reason if book.stale else "",
            sequence,
            time,
            position.quantity,
            machine.state.strategies[order.strategy].parameters,
        )

    # --- what concerns the order ---

    def _concerning(self, outputs: list[Output]) -> list[Output]:
        """Return the outputs about the order, and the money that its fills have moved."""
        mine: list[Output] = []
        moved = False
        for output in outputs:
            if isinstance(output, _MONEY):
                about = moved
            else:
                about = self._is_about(output)
                moved = about and isinstance(output, OrderFilled | FillBusted)
            if about:
                mine.append(output)
        return mine

    def _is_about(self, output: Output) -> bool:
        if isinstance(output, BreakOpened):
            about = output.order == self.order
            if about or (output.instrument, output.item) in self._executions:
                self.breaks.append(output.number)
                return True
            return False
        if isinstance(output, BreakChanged | BreakClosed):
            return output.number in self.breaks
        if isinstance(output, FillDiscarded):
            return (output.instrument, output.execution) in self._executions
        approved: Any = getattr(output, "approved", output)
        if getattr(approved, "order", 0) != self.order:
            return False
        if isinstance(output, OrderFilled | FillQuarantined):
            self._executions[output.instrument, output.execution] = True
        return True

    def _lines(self, statement: Statement) -> list[Line]:
        lines: list[Line] = [*(statement.orders or ()), *(statement.fills or ())]
        return [line for line in lines if self._is_named(line)]

    def _is_named(self, line: Line) -> bool:
        if line.order or line.client_order:
            by_client = self._machine.orders.by_client(line.client_order)
            return self.order in (line.order, by_client.order if by_client else 0)
        return line.venue_order in self._venue_orders


def _side(book: Book, side: Side) -> list[tuple[Price, Quantity]]:
    """Return the touch and the levels behind it; a venue may tell its touch before its levels."""
    price, quantity, sign = book.bid_price, book.bid_quantity, -1
    if side is Side.SELL:
        price, quantity, sign = book.ask_price, book.ask_quantity, 1
    if not price:
        return []
    behind = [level for level in book.levels(side, LEVELS) if level[0] * sign > price * sign]
    return [(price, quantity), *behind][:LEVELS]


def _same_group(one: Order, other: Order) -> bool:
    group = one.conditions.group
    return group != 0 and (other.strategy, other.conditions.group) == (one.strategy, group)


def _not_traced(checks: list[Check], outputs: list[Output]) -> list[Check]:
    """Return the checks that refused the order before the gate saw it."""
    traced = [each.check for each in checks]
    return [
        Check(failed, False)
        for output in outputs
        if isinstance(output, OrderRefused)
        for failed in output.failed
        if failed not in traced
    ]
