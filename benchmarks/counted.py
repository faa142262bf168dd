"""The hottest operations, each ready to be done so many times: what callgrind counts.

Run by `instructions.py` in a process of its own. Everything is made and done once before anything
is counted, so that neither set-up nor cold caches count; the collector stands still.
"""

import ctypes
import gc
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from benchmarks import gate, trading
from benchmarks.floors import PlainLoop, PlainTaking
from benchmarks.itch_day import DATE, STOCKS, itch_day
from benchmarks.market import quotes
from fairlead.gateways.itch import ItchFeed
from fairlead.gateways.itch.files import instruments
from fairlead.journal.format import INPUT
from fairlead.machine.book_side import BookSide
from fairlead.model.codec import decode_input, encode_input
from fairlead.model.inputs import Quote
from fairlead.model.units import Nanos, Price, Quantity, Sequence
from fairlead.node.recovery import replay

TIMES: Final = 400  # how often an operation is done while it is counted
_BEFORE: Final = 200  # and before
_ALL: Final = _BEFORE + TIMES
_NOW: Final = Nanos(1_704_300_000 * 10**9)

Work = Callable[[], object]  # does an operation TIMES times
Prepare = Callable[[Path], Work]


def plain_quote(_place: Path) -> Work:
    """Return one method call a quote, and nothing else: what all others are held against."""
    stream = quotes(_ALL)
    loop = PlainLoop()
    strategy = PlainTaking(loop, every=0)
    loop.run(stream[:_BEFORE], strategy)
    return lambda: loop.run(stream[_BEFORE:], strategy)


def quote_to_strategy(_place: Path) -> Work:
    """Return a quote through a session, into a strategy."""
    return _session(trading.Counting())


def quote_journaled(place: Path) -> Work:
    """Return the same, with a journal."""
    return _session(trading.Counting(), place / "quotes")


def order_filled(_place: Path) -> Work:
    """Return a quote, an order on it, and its fill, through everything."""
    return _session(trading.taking(1))


def order_journaled(place: Path) -> Work:
    """Return the same, with a journal: each order is committed before it leaves."""
    return _session(trading.taking(1), place / "orders")


def order_reviewed(_place: Path) -> Work:
    """Return one order through the gate, every kind of limit set in six scopes."""
    machine = gate.a_desk(2, 0)

    def work() -> None:
        for _ in range(TIMES):
            gate.review(machine)

    work()
    return work


def level_changed(_place: Path) -> Work:
    """Return a level of one side of a book that is set."""
    side = BookSide(1)
    changes = [
        (Price(10_000 + number * 7 % 50), Quantity(number * 13 % 4)) for number in range(_ALL)
    ]

    def work(some: Iterable[tuple[Price, Quantity]]) -> None:
        for price, quantity in some:
            side.set(price, quantity)

    work(changes[:_BEFORE])
    return lambda: work(changes[_BEFORE:])


def message_decoded(_place: Path) -> Work:
    """Return an ITCH message that becomes an input."""
    messages = itch_day(_ALL)
    feed = ItchFeed(instruments(STOCKS, Path("bench")), DATE)

    def work(some: Iterable[bytes]) -> None:
        for message in some:
            feed.receive(message, _NOW)

    work(messages[:_BEFORE])
    return lambda: work(messages[_BEFORE:])


def input_written(place: Path) -> Work:
    """Return an input that is encoded and appended to a journal, and committed with a hundred."""
    log = trading.journal(place / "written")
    stream = quotes(_ALL)

    def work(first: int, some: Iterable[Quote]) -> None:
        for sequence, quote in enumerate(some, start=first):
            log.append(INPUT, Sequence(sequence), quote.venue_time, encode_input(quote))
            if sequence % 100 == 0:
                log.commit(quote.venue_time)

    work(1, stream[:_BEFORE])
    return lambda: work(_BEFORE + 1, stream[_BEFORE:])


def input_read(_place: Path) -> Work:
    """Return an input that is decoded."""
    encoded = [encode_input(quote) for quote in quotes(TIMES)]

    def work() -> None:
        for one in encoded:
            decode_input(one)

    work()
    return work


def input_recovered(place: Path) -> Work:
    """Return an input of a journal that is read, applied again, and compared."""
    directory = place / "recovered"
    stream = quotes(TIMES)
    session = trading.session(stream, trading.Counting(), log=trading.journal(directory))
    trading.run(session)
    trading.finish(session)
    replay(directory)
    return lambda: replay(directory)


OPERATIONS: Final[dict[str, Prepare]] = {
    "a quote in a plain loop": plain_quote,
    "a quote to a strategy": quote_to_strategy,
    "a quote to a strategy, journaled": quote_journaled,
    "an order, filled": order_filled,
    "an order, filled, journaled": order_journaled,
    "an order reviewed, every limit set": order_reviewed,
    "a level of a book": level_changed,
    "an ITCH message decoded": message_decoded,
    "an input written": input_written,
    "an input read": input_read,
    "an input recovered": input_recovered,
}


def _session(strategy: trading.Counting | trading.Taking, journal: Path | None = None) -> Work:
    stream = quotes(_ALL)
    log = None if journal is None else trading.journal(journal)
    session = trading.session(stream, strategy, log=log)
    trading.run(session, stream[_BEFORE - 1].venue_time)
    return lambda: trading.run(session)


def count(library: Path) -> None:
    """Do every operation, counted."""
    callgrind = ctypes.CDLL(str(library))
    gc.disable()
    with tempfile.TemporaryDirectory() as directory:
        for name, prepare in OPERATIONS.items():
            work = prepare(Path(directory))
            callgrind.fairlead_begin()
            work()
            callgrind.fairlead_end(name.encode())


if __name__ == "__main__":
    count(Path(sys.argv[1]))
