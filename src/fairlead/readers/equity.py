"""The session over time: equity, positions and prices on an even grid, in bounded memory.

A point says what stood at its time: everything up to it, nothing after it. Points lie on multiples
of the interval since the epoch, without a gap: where nothing happened, the last known state still
stood. When there are too many points, the interval becomes the next longer one of a ladder in which
each step divides the following, so that what remains lies on the new grid exactly. Where an open
position has no mark, equity at that time is not known, and says so by being None.
"""

from typing import Final, NamedTuple

from fairlead.model.inputs import Input
from fairlead.model.outputs import FillBusted, OrderFilled, Output
from fairlead.model.terms import Liquidity, Side
from fairlead.model.units import (
    NANOS_PER_MILLISECOND,
    AccountId,
    InstrumentId,
    Money,
    Nanos,
    OrderId,
    Price,
    Quantity,
    Sequence,
    SignedQuantity,
    StrategyId,
)
from fairlead.readers.books import FOLLOWED
from fairlead.readers.bounded import Ends, Thinned
from fairlead.readers.ledger import Ledger, PositionKey, Valuation

POINTS_MAX: Final = 5_000  # more than a screen has pixels across
MARKERS_MAX: Final = 2_000  # fills drawn on the price
FILLS_EACH_MAX: Final = 50  # fills listed from the beginning, and from the end
# 0.1 s to 1 day, each a multiple of the one before; then doubling.
INTERVALS: Final = tuple(
    Nanos(milliseconds * NANOS_PER_MILLISECOND)
    for milliseconds in (
        *(100, 200, 1_000, 2_000, 10_000, 30_000, 60_000, 120_000, 600_000, 1_800_000),
        *(3_600_000, 7_200_000, 21_600_000, 43_200_000, 86_400_000),
    )
)


class Fill(NamedTuple):
    """An execution, as charts and tables show it. `liquidity` is None where it is taken back."""

    sequence: Sequence
    time: Nanos
    order: OrderId
    strategy: StrategyId
    instrument: InstrumentId
    side: Side
    price: Price
    quantity: Quantity
    fee: Money
    liquidity: Liquidity | None

    @property
    def told(self) -> str:
        """Whether it waited or took, or that it was taken back."""
        return "taken back" if self.liquidity is None else self.liquidity.name.lower()


class State(NamedTuple):
    """What stands at one moment. `mids` are doubled, so that a mid on a half is exact.

    `profits` are realised and unrealised, less fees, in the currency of the instrument; None
    without a mark.
    """

    accounts: dict[AccountId, Valuation]
    positions: dict[PositionKey, SignedQuantity]
    mids: dict[InstrumentId, int | None]
    profits: dict[PositionKey, Money | None]


class Series(NamedTuple):
    """The points of a session, oldest first: its beginning, the even grid, and the present."""

    interval: Nanos
    grid: slice  # which of the points lie on the grid
    times: list[Nanos]
    states: list[State]

    def valuations(self, account: AccountId) -> list[Valuation | None]:
        """Return what an account was worth at each time; None before it was known."""
        return [state.accounts.get(account) for state in self.states]

    def equity(self, account: AccountId) -> list[Money | None]:
        """Return the equity of an account at each time; None where it is not known."""
        return [value and value.equity for value in self.valuations(account)]

    def flows(self, account: AccountId) -> list[Money]:
        """Return the deposits less withdrawals of an account until each time."""
        return [Money(0) if value is None else value.flows for value in self.valuations(account)]

    def quantities(self, key: PositionKey) -> list[SignedQuantity]:
        """Return a position at each time."""
        return [state.positions.get(key, SignedQuantity(0)) for state in self.states]

    def profits(self, key: PositionKey) -> list[Money | None]:
        """Return the profit of a position at each time, after fees; None where it has no mark."""
        return [state.profits.get(key, Money(0)) for state in self.states]

    def mids(self, instrument: InstrumentId) -> list[int | None]:
        """Return twice the mid price at each time; None where the book had no two sides."""
        return [state.mids.get(instrument) for state in self.states]


class EquityCurve:
    """Follows a session and samples it, from the first market data on."""

    def __init__(
        self,
        points_max: int = POINTS_MAX,
        interval: Nanos = INTERVALS[0],
        markers_max: int = MARKERS_MAX,
    ) -> None:
        """Keep at most `points_max` points, `interval` apart as long as they fit."""
        assert points_max > 1, "a curve needs two points"
        self.ledger = Ledger()
        self.interval = interval
        self.markers: Thinned[Fill] = Thinned(markers_max)
        self.fills: Ends[Fill] = Ends(FILLS_EACH_MAX)
        self.began: Nanos | None = None  # when the first market data came
        self._points_max = points_max
        self._next = Nanos(0)  # the next time on the grid
        self._states: list[State] = []  # what stood at the times of the grid before it
        self._beginning: State | None = None

    def follow(self, sequence: Sequence, time: Nanos, input: Input, outputs: list[Output]) -> None:
        """Take one input with its outputs."""
        if self.began is None:
            if isinstance(input, FOLLOWED):
                self.began = time
                self._beginning = self._state()
                self._next = _on_grid(time, self.interval)
        elif time > self._next:
            self._sample(time)
        self.ledger.follow(sequence, time, input, outputs)
        for output in outputs:
            if isinstance(output, OrderFilled):
                fill = _fill(sequence, time, output, output.liquidity)
                self.markers.add(fill)
                self.fills.add(fill)
            elif isinstance(output, FillBusted):
                self.fills.add(_fill(sequence, time, output, None))

    def series(self) -> Series:
        """Return the points so far, the present included."""
        count = len(self._states)
        first = self._next - count * self.interval
        times = [Nanos(first + index * self.interval) for index in range(count)]
        states = list(self._states)
        before = 0
        if self.began is not None and self._beginning is not None:
            before = int(self.began < first)
            if before:
                times.insert(0, self.began)
                states.insert(0, self._beginning)
            times.append(self.ledger.time)
            states.append(self._state())
        return Series(self.interval, slice(before, before + count), times, states)

    def _sample(self, time: Nanos) -> None:
        """Let what stands now stand at every time of the grid before `time`."""
        while len(self._states) + self._due(time) > self._points_max:
            self._coarsen()
        due = self._due(time)
        if due > 0:
            self._states.extend([self._state()] * due)
            self._next = Nanos(self._next + due * self.interval)

    def _due(self, time: Nanos) -> int:
        return (time - self._next + self.interval - 1) // self.interval

    def _coarsen(self) -> None:
        """Go to the next longer interval, and keep the points that lie on its grid."""
        longer = next((each for each in INTERVALS if _is_multiple(each, self.interval)), None)
        interval = Nanos(longer if longer is not None else self.interval * 2)
        first = self._next - len(self._states) * self.interval
        skip = (_on_grid(first, interval) - first) // self.interval
        self._states = self._states[skip :: interval // self.interval]
        self._next = _on_grid(self._next, interval)
        self.interval = interval

    def _state(self) -> State:
        ledger = self.ledger
        return State(
            {key: ledger.valuation(account) for key, account in ledger.accounts.items()},
            {key: position.quantity for key, position in ledger.positions.items()},
            {key: _twice_mid(ledger, key) for key in ledger.instruments},
            {key: ledger.profit(position) for key, position in ledger.positions.items()},
        )


def _on_grid(time: int, interval: Nanos) -> Nanos:
    """Return the first time on the grid that is not before `time`."""
    return Nanos(-(-time // interval) * interval)


def _is_multiple(longer: Nanos, interval: Nanos) -> bool:
    return longer > interval and longer % interval == 0


def _twice_mid(ledger: Ledger, instrument: InstrumentId) -> int | None:
    book = ledger.books[instrument]
    if book.stale or book.bid_price == 0 or book.ask_price == 0:
        return None
    return book.bid_price + book.ask_price


def _fill(
    sequence: Sequence,
    time: Nanos,
    fact: OrderFilled | FillBusted,
    liquidity: Liquidity | None,
) -> Fill:
    return Fill(
        sequence,
        time,
        fact.order,
        fact.strategy,
        fact.instrument,
        fact.side,
        fact.price,
        fact.quantity,
        fact.fee,
        liquidity,
    )
