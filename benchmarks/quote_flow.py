"""What a quote costs on its way to a strategy: sequencer, machine, host; with and without journal.

The strategy counts, nothing else. "Plain" is one method call per quote object in a Python loop.
"""

import shutil
from collections.abc import Iterator
from collections.abc import Sequence as Many
from typing import Final

from benchmarks import trading
from benchmarks.filling import FillingWorld
from benchmarks.floors import EventEngine, PlainLoop, PlainTaking
from benchmarks.market import instruments, quotes
from benchmarks.measuring import Pairs, Place, Row, Sizes, Skipped, by_turns, row
from fairlead.journal.log import Log
from fairlead.model.inputs import Input, Quote
from fairlead.model.units import Nanos
from fairlead.readers.equity import EquityCurve
from fairlead.readers.reader import Reader
from fairlead.readers.summary import SessionSummary
from fairlead.simulator.recorded import RecordedWorld
from fairlead.simulator.recorded_book import RecordedConfig
from fairlead.simulator.world import World
from fairlead.strategy import Bar, Context, Strategy, seconds

NAME: Final = "quotes"
# Where this loop takes 43 ns, the best peer (vnpy) takes 909: 21 loops. The goal is half of that.
GOAL: Final = 10.5
BARS_GOAL: Final = 2.0  # half of the loop's speed for who does not listen to quotes
_UNIT: Final = "ns per quote"
_PLAIN: Final = "a plain loop"


class OnBars(Strategy):
    """Listens to bars alone."""

    def on_start(self, context: Context) -> None:
        """Ask for bars of every instrument, and for nothing else."""
        for one in context.instruments:
            context.subscribe(one.instrument, quotes=False, trades=False, book=False)
            context.subscribe_bars(one.instrument, seconds(60))

    def on_bar(self, context: Context, bar: Bar) -> None:
        """Take it."""


def measure(sizes: Sizes, place: Place) -> Iterator[Row | Skipped]:
    """Yield a row for each number of instruments, with and without journal, readers, a venue."""
    one, ten = quotes(sizes.quotes, 1), quotes(sizes.quotes, 10)
    yield row(NAME, "1 instrument", _UNIT, _PLAIN, _plain(one, 1, sizes), GOAL)
    yield row(NAME, "10 instruments", _UNIT, _PLAIN, _plain(ten, 10, sizes), GOAL)
    yield row(NAME, "1 instrument, bars only, columns", _UNIT, _PLAIN, _bars(one, sizes), BARS_GOAL)
    yield row(NAME, "1 instrument", _UNIT, "an event engine", _engine(one, sizes))
    for count, stream in ((1, one), (10, ten)):
        what = f"{count} instrument{'s'[: count - 1]}, journal `process`"
        yield row(NAME, what, _UNIT, _PLAIN, _journaled(stream, count, sizes, place))
    yield row(NAME, "1 instrument, summary and curve follow", _UNIT, _PLAIN, _read(one, sizes))
    yield row(NAME, "1 instrument, recorded market", _UNIT, _PLAIN, _recorded(one, sizes))


def _plain(stream: Many[Quote], count: int, sizes: Sizes) -> Pairs:
    return by_turns(lambda: _ours(stream, count), lambda: _loop(stream), sizes, len(stream))


def _bars(stream: Many[Quote], sizes: Sizes) -> Pairs:
    def ours() -> int:
        strategy = OnBars()
        session = trading.session(stream, strategy, world=FillingWorld(stream, columns=True))
        took = trading.run(session)
        book = session.path.machine.books.get(stream[-1].instrument)
        assert book is not None, "the instrument has a book"
        assert book.update == stream[-1].update, "the machine took every quote"
        return took

    return by_turns(ours, lambda: _loop(stream), sizes, len(stream))


def _engine(stream: Many[Quote], sizes: Sizes) -> Pairs:
    return by_turns(lambda: _ours(stream, 1), lambda: _event_engine(stream), sizes, len(stream))


def _read(stream: Many[Quote], sizes: Sizes) -> Pairs:
    def ours() -> int:
        curve = EquityCurve()
        return _ours(stream, 1, readers=[curve, SessionSummary(curve.ledger)])

    return by_turns(ours, lambda: _loop(stream), sizes, len(stream))


def _recorded(stream: Many[Quote], sizes: Sizes) -> Pairs:
    def ours() -> int:
        events: list[tuple[Nanos, list[Input]]] = [(quote.venue_time, [quote]) for quote in stream]
        config = RecordedConfig(touch_only=True)
        return _ours(stream, 1, RecordedWorld(iter(events), instruments(1), config))

    return by_turns(ours, lambda: _loop(stream), sizes, len(stream))


def _journaled(stream: Many[Quote], count: int, sizes: Sizes, place: Place) -> Pairs:
    directory = place.scratch / "quotes"

    def ours() -> int:
        log = trading.journal(directory)
        try:
            return _ours(stream, count, log=log)
        finally:
            log.close(stream[-1].venue_time)
            shutil.rmtree(directory)

    return by_turns(ours, lambda: _loop(stream), sizes, len(stream))


def _ours(
    stream: Many[Quote],
    count: int,
    world: World | None = None,
    log: Log | None = None,
    readers: Many[Reader] = (),
) -> int:
    strategy = trading.Counting()
    session = trading.session(stream, strategy, count, world, log, readers)
    took = trading.run(session)
    assert strategy.quotes == len(stream), "the strategy saw every quote"
    return took


def _loop(stream: Many[Quote]) -> int:
    loop = PlainLoop()
    strategy = PlainTaking(loop, every=0)
    took = loop.run(stream, strategy)
    assert strategy.quotes == len(stream), "the strategy saw every quote"
    return took


def _event_engine(stream: Many[Quote]) -> int:
    engine = EventEngine()
    strategy = PlainTaking(PlainLoop(), every=0)
    engine.subscribe(stream[0].instrument, strategy.on_quote)
    took = engine.run(stream)
    assert strategy.quotes == len(stream), "the strategy saw every quote"
    return took
