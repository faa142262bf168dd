"""Whether an order costs more after many others: time and memory must not grow with history.

The position goes flat with every round trip of two buys and two sells, and opens anew with the next
one. A session with a long history and a new one run the same number of orders by turns, so both
meet the same machine at the same moment. Memory is everything that is kept, over all tables, and
exact (`tracemalloc`), so it is measured once.
"""

import gc
import resource
import tracemalloc
from collections.abc import Iterator
from collections.abc import Sequence as Many
from pathlib import Path as FilePath
from typing import Final

from msgspec import structs

from benchmarks import trading
from benchmarks.filling import FillingWorld, StatingWorld
from benchmarks.market import quotes
from benchmarks.measuring import Pairs, Place, Row, Sizes, Skipped, limit_row, row
from benchmarks.trading import Setting
from fairlead.model.inputs import Quote
from fairlead.model.policies import OrderPolicy
from fairlead.model.terms import CostBasis
from fairlead.model.units import Nanos, UpdateId
from fairlead.node.collector import collected_when_idle
from fairlead.simulator.stretch import Stretch

NAME: Final = "growth"
FLAT: Final = 1.1  # "the same", with room for the noise of a shared machine
_BLOCK: Final = 10_000
BYTES_MAX: Final = 1_000  # per order, with everything that is kept for it
_LEGS: Final = 2
# Deadlines for every order, and a statement with every hundred of them, as the quotes go.
_WATCHED: Final = Setting(policy=OrderPolicy(all_orders=True), statements=Nanos(500_000_000))
SETTINGS: Final[dict[str, Setting]] = {
    "average cost": trading.PLAIN,
    "average cost, deadlines, statements": _WATCHED,
    "FIFO, deadlines, statements": _WATCHED._replace(cost_basis=CostBasis.FIFO),
}


def measure(sizes: Sizes, place: Place) -> Iterator[Row | Skipped]:
    """Yield rows for time and for memory, after some orders and after many, for each setting."""
    what = f"memory after {sizes.events:,} quotes"
    yield row(NAME, what, "MB resident", "after a tenth", [_events(sizes.events)], FLAT)
    few, some, many = sizes.orders_few, sizes.orders_some, sizes.orders_many
    stream = quotes(many + (sizes.repetitions + 1) * few)
    for name, setting in SETTINGS.items():
        for history, pairs in _times(stream, setting, sizes).items():
            what = f"{name}: an order after {history:,}"
            yield row(NAME, what, "ns per order", f"one after {few:,}", pairs, FLAT)
        first, *later = _memory(stream, setting, (few, some, many))
        for history, size in zip((some, many), later, strict=True):
            what = f"{name}: memory after {history:,} orders"
            pair = (size, first)
            yield row(NAME, what, "bytes per order", f"after {few:,}", [pair], FLAT)
        what = f"{name}: memory after {many:,} orders"
        yield limit_row(NAME, what, "bytes per order", later[-1:], BYTES_MAX, "the limit of 1 kB")


class Endless(FillingWorld):
    """Hands out the same quotes again and again, each time later, and forgets what was taken."""

    def __init__(self, block: Many[Quote], count: int) -> None:
        """Begin with the first of `count` quotes: so many whole blocks."""
        super().__init__(block)
        self._block = block
        self._rest = count // len(block) - 1

    def next_time(self) -> Nanos | None:
        """Return when the next quote reaches us."""
        self._go_on()
        return super().next_time()

    def stretch(self) -> Stretch | None:
        """Return the block at hand, or what is left of it."""
        self._go_on()
        return super().stretch()

    def _go_on(self) -> None:
        if self._rest and self._coming.next == len(self._coming.times):
            self._rest -= 1
            last = self._coming.times[-1]
            shift = last + 1 - self._block[0].venue_time
            later = [
                structs.replace(each, venue_time=each.venue_time + shift, update=UpdateId(0))
                for each in self._block
            ]
            self._coming = Stretch([each.venue_time for each in later], later)


def _resident() -> float:
    """Return the memory that this process holds now, in megabytes."""
    pages = int(FilePath("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def _events(count: int) -> tuple[float, float]:
    """Return the memory after so many quotes, and after a tenth of them."""
    block = quotes(min(_BLOCK, count // 10))
    world = Endless(block, count)
    strategy = trading.Counting()
    session = trading.session(block, strategy, world=world)
    whole = count // len(block) * (block[-1].venue_time - block[0].venue_time + 1)
    trading.run(session, Nanos(block[0].venue_time + whole // 10))
    early = _resident()
    trading.run(session)
    assert strategy.quotes == count // len(block) * len(block), "the strategy saw every quote"
    return _resident(), early


class History:
    """A session that goes on by so many orders at a time."""

    def __init__(self, stream: Many[Quote], setting: Setting) -> None:
        """Begin without any order."""
        self._stream = stream
        self._strategy = trading.taking(1, _LEGS)
        self._world = StatingWorld(stream) if setting.statements else FillingWorld(stream)
        self._session = trading.session(stream, self._strategy, world=self._world, setting=setting)
        self._done = 0

    def go_to(self, orders: int) -> int:
        """Make orders until there are so many; return the nanoseconds of processor it took."""
        self._done = orders
        return trading.run(self._session, self._stream[orders - 1].venue_time)

    def go_on(self, orders: int) -> int:
        """Make so many more orders; likewise."""
        return self.go_to(self._done + orders)

    def check(self) -> None:
        """Stop unless every order was filled, the money ties out, and statements came."""
        trading.check(self._session, self._stream[: self._done], self._strategy)
        if isinstance(self._world, StatingWorld):
            assert self._world.statements > self._done // 1_000, "statements came in between"


def _times(stream: Many[Quote], setting: Setting, sizes: Sizes) -> dict[int, Pairs]:
    """Return the times of an order after some and after many others, each beside a new session."""
    few = sizes.orders_few
    old = History(stream, setting)
    found: dict[int, Pairs] = {}
    for history in (sizes.orders_some, sizes.orders_many):
        old.go_to(history)
        turns = [_turn(old, stream, setting, few) for _ in range(sizes.repetitions + 1)]
        found[history] = turns[1:]
    old.check()
    return found


def _turn(old: History, stream: Many[Quote], setting: Setting, orders: int) -> tuple[float, float]:
    """Return the time of an order in an old and in a new session, one directly after the other."""
    new = History(stream, setting)
    new.go_to(orders)
    mine, other = _stilled(old, orders), _stilled(new, orders)
    new.check()
    return mine / orders, other / orders


def _stilled(history: History, orders: int) -> int:
    """Go on while the collector stands still, as in a session in real time.

    A full collection forgets which large tables can only hold what needs no collecting, and the
    next one walks through them once: that is a cost of collecting, and not of an order.
    """
    with collected_when_idle(waits=True):
        return history.go_on(orders)


def _memory(stream: Many[Quote], setting: Setting, sizes: tuple[int, ...]) -> list[float]:
    """Return the bytes per order after so many orders: all that the session keeps, on average."""
    history = History(stream, setting)
    found: list[float] = []
    tracemalloc.start()
    try:
        before = _traced()
        for orders in sizes:
            history.go_to(orders)
            found.append((_traced() - before) / orders)
    finally:
        tracemalloc.stop()
    history.check()
    return found


def _traced() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]
