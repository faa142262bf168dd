"""`fairlead feed`: a recorded file through the real feed handler, as JSON lines.

Shows what a live session would have seen, and that nothing was lost: every frame is accounted for.
"""

import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Protocol

import msgspec
import typer

from fairlead.cli.console import ERR, FOUND_WRONG, mistakes_in_one_line
from fairlead.cli.lines import until_the_reader_leaves
from fairlead.gateways.errors import BadLine
from fairlead.gateways.formats import FormatOptions, format_named
from fairlead.gateways.recorded import Recorded
from fairlead.gateways.recording import RecordingCounts
from fairlead.machine.books import Book
from fairlead.model.decimals import decimal_text
from fairlead.model.inputs import (
    BookChange,
    BookGap,
    BookSnapshot,
    Input,
    InstrumentDefinition,
    Quote,
)
from fairlead.model.instruments import Instrument
from fairlead.model.names import Names
from fairlead.model.terms import Side
from fairlead.model.text import write
from fairlead.model.units import Nanos, Price, Quantity, Sequence
from fairlead.readers.book_comparison import BookComparison, Touch

Line = dict[str, Any]


class Dump(StrEnum):
    """What is written: the touch, the book, or every input."""

    BBO = "bbo"
    BOOK = "book"
    EVENTS = "events"


def feed(
    files: Annotated[list[Path], typer.Argument(help="Recorded files, joined in this order.")],
    format: Annotated[str, typer.Option(help="How they are recorded.")] = "binance-raw",
    dump: Annotated[
        Dump, typer.Option(help="The best bid and ask, the book, or every input.")
    ] = Dump.BBO,
    depth: Annotated[int, typer.Option(min=1, help="Levels a side of the book.")] = 10,
    market: Annotated[
        str | None, typer.Option(help="The venue's market; told from the frames if not given.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Exit with 1 unless the book equals the quotes.")
    ] = False,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="Count lines that are no records, and go on.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="End with a summary line on standard output.")
    ] = False,
) -> None:
    """Send recorded market data through the real feed handler; print JSON lines."""
    with mistakes_in_one_line(), until_the_reader_leaves():
        run = _Run(files, format, market, keep_going)
        _write_lines(run.lines(_dump(dump, run.instrument, depth)))
        _write_summary(run, check, json)
        if check and (run.comparison.different or not run.comparison.compared):
            raise typer.Exit(FOUND_WRONG)


class _Run:
    """One pass over the files."""

    def __init__(
        self, files: list[Path], format: str, market: str | None, keep_going: bool
    ) -> None:
        self.bad_lines = 0
        self.comparison = BookComparison()
        on_bad_line = self._count_bad_line if keep_going else None
        options = FormatOptions(market=market, on_bad_line=on_bad_line)
        self.feed = format_named(format).open(files, options)
        recorded = self.feed if isinstance(self.feed, Recorded) else None
        self.counts = recorded.records if recorded else RecordingCounts()
        self.instrument = self.feed.instruments[0]

    def lines(self, dump: "_Lines") -> Iterator[Line]:
        """Yield the lines of all files."""
        sequence = 0
        for time, inputs in self.feed.events():
            for happened in inputs:
                sequence += 1
                self.comparison.follow(Sequence(sequence), time, happened, [])
                yield from dump.lines(time, happened)
        self.comparison.finish()

    def _count_bad_line(self, _: BadLine) -> None:
        self.bad_lines += 1


class _Lines(Protocol):
    """Turns inputs into lines."""

    def lines(self, time: Nanos, input: Input) -> Iterator[Line]:
        """Yield what there is to write after an input."""


class _Events:
    """Every input, in the text form of `fairlead script`, with its receive time.

    The definition of the instrument comes first, so that a script can read what is written.
    """

    def __init__(self, instrument: Instrument) -> None:
        self._names = Names()
        self._definition: InstrumentDefinition | None = InstrumentDefinition(instrument)
        self._names.learn(self._definition)

    def lines(self, time: Nanos, input: Input) -> Iterator[Line]:
        """Yield the input."""
        if self._definition is not None:
            yield {"time": time, **write(self._definition, self._names)}
            self._definition = None
        yield {"time": time, **write(input, self._names)}


class _Touches:
    """The best bid and ask whenever they change; why they are not known, when they are not."""

    def __init__(self, instrument: Instrument) -> None:
        self._instrument = instrument
        self._book = Book(instrument.instrument)
        self._last: Line = {}

    def lines(self, time: Nanos, input: Input) -> Iterator[Line]:
        """Yield the touch if the input changed it."""
        book = self._book
        _follow(book, time, input)
        touch: Line = {"stale": book.reason} if book.stale else self._touch()
        if touch != self._last:
            self._last = touch
            symbol = self._instrument.symbol
            yield {"time": time, "instrument": symbol, **touch}

    def _touch(self) -> Line:
        book = self._book
        bid = _level(self._instrument, book.bid_price, book.bid_quantity)
        ask = _level(self._instrument, book.ask_price, book.ask_quantity)
        return {
            "bid_price": bid[0],
            "bid_quantity": bid[1],
            "ask_price": ask[0],
            "ask_quantity": ask[1],
        }


class _Levels:
    """The best levels of both sides after each change of the book."""

    def __init__(self, instrument: Instrument, depth: int) -> None:
        self._instrument = instrument
        self._depth = depth
        self._book = Book(instrument.instrument)

    def lines(self, time: Nanos, input: Input) -> Iterator[Line]:
        """Yield the book if the input is about levels."""
        _follow(self._book, time, input)
        line: Line = {"time": time, "instrument": self._instrument.symbol}
        if isinstance(input, BookChange | BookSnapshot):
            line |= {
                "update": input.update,
                "bids": self._side(Side.BUY),
                "asks": self._side(Side.SELL),
            }
        elif not isinstance(input, BookGap):
            return
        yield line | {"stale": self._book.reason} if self._book.stale else line

    def _side(self, side: Side) -> list[tuple[str, str]]:
        levels = self._book.levels(side, self._depth)
        return [_level(self._instrument, price, quantity) for price, quantity in levels]


def _dump(dump: Dump, instrument: Instrument, depth: int) -> _Lines:
    if dump is Dump.EVENTS:
        return _Events(instrument)
    return _Touches(instrument) if dump is Dump.BBO else _Levels(instrument, depth)


def _follow(book: Book, time: Nanos, input: Input) -> None:
    """Apply market data to the book, as the machine does; trades change no level."""
    if isinstance(input, Quote):
        book.quote(input, time)
    elif isinstance(input, BookChange):
        book.change(input.bids, input.asks, input.update, time)
    elif isinstance(input, BookSnapshot):
        book.snapshot(input.bids, input.asks, input.update, time)
    elif isinstance(input, BookGap):
        book.lose(input.reason)


def _level(instrument: Instrument, price: Price, quantity: Quantity) -> tuple[str, str]:
    price_text = decimal_text(price, instrument.price_decimals)
    return price_text, decimal_text(quantity, instrument.quantity_decimals)


def _write_lines(lines: Iterator[Line]) -> None:
    out = sys.stdout.buffer
    for line in lines:
        out.write(msgspec.json.encode(line) + b"\n")
    out.flush()


def _write_summary(run: _Run, check: bool, json: bool) -> None:
    assert run.feed.counts.balanced, "every frame is an input, dropped with a reason, or waiting"
    if json:
        _write_lines(iter([_summary(run, check)]))
    else:
        for text in _summary_texts(run, check):
            ERR.print(text, markup=False)


def _summary(run: _Run, check: bool) -> Line:
    """Return the counts as one line of JSON."""
    feed, comparison = run.feed.counts, run.comparison
    summary: Line = {
        "type": "summary",
        "instrument": run.instrument.symbol,
        "frames": feed.frames,
        "inputs": feed.inputs,
        "dropped": feed.dropped,
        "waiting": feed.waiting,
        "gaps": feed.gaps,
        "bad_lines": run.bad_lines,
        "times_backwards": run.counts.times_backwards,
        "malformed_examples": run.counts.malformed_examples,
    }
    if check:
        summary["check"] = {
            "compared": comparison.compared,
            "equal": comparison.equal,
            "different": comparison.different,
            "skipped": comparison.skipped,
        }
    return summary


def _summary_texts(run: _Run, check: bool) -> Iterator[str]:
    """Yield the counts as lines for a person."""
    feed, comparison = run.feed.counts, run.comparison
    yield (
        f"{run.instrument.symbol}: {feed.frames:,} frames = inputs {_sum(feed.inputs)}"
        f" + dropped {_sum(feed.dropped)} + waiting {feed.waiting:,}"
    )
    yield (
        f"gaps {feed.gaps:,}, bad lines {run.bad_lines:,},"
        f" receive times backwards {run.counts.times_backwards:,}"
    )
    yield from run.counts.malformed_examples
    if check:
        yield (
            f"book against quotes: compared {comparison.compared:,}, equal {comparison.equal:,},"
            f" different {comparison.different:,}, skipped {_sum(comparison.skipped)}"
        )
        for difference in comparison.differences:
            book = _touch_text(run.instrument, difference.book)
            yield f"different: book {book}; quote {_touch_text(run.instrument, difference.quote)}"


def _sum(counts: dict[str, int]) -> str:
    """Return the sum and what it is made of: `7 (depth_old 5, quote_old 2)`."""
    listed = ", ".join(f"{name} {count:,}" for name, count in counts.items())
    return f"{sum(counts.values()):,}" + (f" ({listed})" if listed else "")


def _touch_text(instrument: Instrument, touch: Touch) -> str:
    bid_price, bid_quantity = _level(instrument, touch.bid_price, touch.bid_quantity)
    ask_price, ask_quantity = _level(instrument, touch.ask_price, touch.ask_quantity)
    return f"{touch.update}: {bid_quantity} at {bid_price} / {ask_quantity} at {ask_price}"
