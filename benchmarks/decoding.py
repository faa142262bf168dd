"""What a message costs on its way to inputs, beside taking the same bytes apart and nothing else.

Binary messages stand beside `struct` with one precompiled layout for each type: the fields are
numbers and bytes then, nothing is checked, nobody knows whose they are, and nothing is counted.
Text stands beside `msgspec.json`, as in `feeding.py`. A decoder is one row of `DECODERS`.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from time import process_time_ns
from typing import Final, NamedTuple

from benchmarks.itch_day import DATE, STOCKS, itch_day
from benchmarks.measuring import Place, Row, Sizes, Skipped, Timed, by_turns, row
from fairlead.gateways.itch import ItchFeed, ItchStream
from fairlead.gateways.itch.files import instruments
from fairlead.gateways.itch.messages import LAYOUTS
from fairlead.gateways.moldudp64 import Receiver, Sender
from fairlead.machine.books import Book
from fairlead.model.inputs import BookOrder, BookOrders, Input, SessionPhase
from fairlead.model.units import InstrumentId, Nanos

NAME: Final = "decoding"
_NOW: Final = Nanos(1_718_300_000 * 10**9)
_STRUCT: Final = "struct alone"


class Decoder(NamedTuple):
    """A decoder, and what it stands beside: both get ready, and then do the same frames once."""

    what: str
    unit: str
    against: str
    # Returns ours, theirs and how many operations each is; or why it cannot be measured.
    prepare: Callable[[Sizes, Place], tuple[Timed, Timed, int] | str]


def measure(sizes: Sizes, place: Place) -> Iterator[Row | Skipped]:
    """Yield a row for each decoder."""
    for decoder in DECODERS:
        ready = decoder.prepare(sizes, place)
        if isinstance(ready, str):
            yield Skipped(NAME, ready)
            continue
        ours, theirs, operations = ready
        pairs = by_turns(ours, theirs, sizes, operations)
        yield row(NAME, decoder.what, decoder.unit, decoder.against, pairs)


# --- ITCH ---


def _itch(asked_for: int) -> Callable[[Sizes, Place], tuple[Timed, Timed, int]]:
    """Return how messages of a hundred instruments are read of which so many are asked for."""

    def prepare(sizes: Sizes, _place: Place) -> tuple[Timed, Timed, int]:
        messages = itch_day(sizes.frames)

        def ours() -> int:
            feed = _feed(asked_for)
            receive = feed.receive
            began = process_time_ns()
            for message in messages:
                receive(message, _NOW)
            took = process_time_ns() - began
            assert feed.counts.balanced, "every message is accounted for"
            assert not feed.needs_snapshots, "every message was understood"
            return took

        return ours, _with_struct(messages), len(messages)

    return prepare


def _itch_on_two_lines(sizes: Sizes, _place: Place) -> tuple[Timed, Timed, int]:
    """Return how messages in datagrams are read, each of which comes twice."""
    messages = itch_day(sizes.frames)
    datagrams = Sender("BENCH").send(messages)

    def ours() -> int:
        stream = ItchStream(_feed(len(STOCKS)), Receiver("BENCH", 1))
        began = process_time_ns()
        for datagram in datagrams:
            stream.datagram(0, datagram, _NOW)
            stream.datagram(1, datagram, _NOW)
        took = process_time_ns() - began
        assert stream.receiver.delivered == len(messages), "every message was delivered once"
        return took

    return ours, _with_struct(messages), len(messages)


def _itch_to_books(sizes: Sizes, _place: Place) -> tuple[Timed, Timed, int]:
    """Return how messages become the machine's books by order."""
    messages = itch_day(sizes.frames)

    def ours() -> int:
        feed = _feed(len(STOCKS))
        books = _books(feed)
        began = process_time_ns()
        for message in messages:
            for change in feed.receive(message, _NOW):
                refused = change.__class__ is not SessionPhase and _apply(books, change)
                assert not refused, "every change could be applied"
        return process_time_ns() - began

    return ours, _with_struct(messages), len(messages)


def _books_alone(sizes: Sizes, _place: Place) -> tuple[Timed, Timed, int]:
    """Return what the machine's books take of that."""
    messages = itch_day(sizes.frames)
    feed = _feed(len(STOCKS))
    inputs = [got for message in messages for got in feed.receive(message, _NOW)]
    changes = [got for got in inputs if not isinstance(got, SessionPhase)]

    def ours() -> int:
        books = _books(feed)
        began = process_time_ns()
        for change in changes:
            _apply(books, change)
        return process_time_ns() - began

    return ours, _with_struct(messages), len(changes)


def _books(feed: ItchFeed) -> dict[InstrumentId, Book]:
    return {one.instrument: Book(one.instrument) for one in feed.instruments}


def _apply(books: dict[InstrumentId, Book], change: Input) -> str:
    """Return why a book refused a change, empty if it did not."""
    if isinstance(change, BookOrders):
        books[change.instrument].all_orders(change.orders, change.update, change.venue_time)
        return ""
    assert isinstance(change, BookOrder), f"{type(change).__name__} changes no book"
    return books[change.instrument].order_change(change, change.venue_time)[0]


def _feed(asked_for: int) -> ItchFeed:
    return ItchFeed(instruments(STOCKS[:asked_for], Path("bench")), DATE)


def _with_struct(messages: tuple[bytes, ...]) -> Timed:
    layouts = {letter: layout.struct for letter, layout in LAYOUTS.items()}

    def theirs() -> int:
        began = process_time_ns()
        for message in messages:
            layouts[message[0]].unpack(message)
        return process_time_ns() - began

    return theirs


_PER_MESSAGE: Final = "ns per message"
DECODERS: Final = (
    Decoder("an ITCH message to its input", _PER_MESSAGE, _STRUCT, _itch(len(STOCKS))),
    Decoder("an ITCH message, 1 of 100 stocks asked for", _PER_MESSAGE, _STRUCT, _itch(1)),
    Decoder(
        "an ITCH message in MoldUDP64, on two lines", _PER_MESSAGE, _STRUCT, _itch_on_two_lines
    ),
    Decoder("an ITCH message to a book by order", _PER_MESSAGE, _STRUCT, _itch_to_books),
    Decoder("an update of a book by order, alone", "ns per update", _STRUCT, _books_alone),
)
