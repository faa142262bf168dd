"""`fairlead feed`: recorded market data through the real feed handlers, as JSON lines.

Shows what a live session would have seen, and that nothing was lost: every frame is accounted for.
"""

import sys
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from fairlead.cli.console import ERR, FOUND_WRONG, mistakes_in_one_line
from fairlead.cli.feed_lines import Events, Gaps, Levels, Line, Lines, Markets, Touches, Trades
from fairlead.cli.feed_lines import level as level_text
from fairlead.cli.feed_quality import Judgements
from fairlead.cli.lines import until_the_reader_leaves
from fairlead.gateways.damage import KINDS, damage_of
from fairlead.gateways.delays import Delays
from fairlead.gateways.errors import BadLine
from fairlead.gateways.format_guess import guess_format
from fairlead.gateways.formats import FORMATS, format_named
from fairlead.gateways.recorded import Checked, FormatOptions, Oracle, Recorded
from fairlead.gateways.recording import RecordingCounts
from fairlead.model.instruments import Instrument
from fairlead.model.units import Sequence
from fairlead.node.data_settings import standard_rules
from fairlead.readers.book_comparison import BookComparison, Touch

_SYMBOLS_SHOWN: Final = 5
_QUOTES: Final = "book against quotes"


class Dump(StrEnum):
    """What is written."""

    BBO = "bbo"
    BOOK = "book"
    TRADES = "trades"
    GAPS = "gaps"
    QUALITY = "quality"
    EVENTS = "events"


def feed(
    files: Annotated[list[Path], typer.Argument(help="Recorded files, joined in this order.")],
    format: Annotated[
        str | None,
        typer.Option(help=f"{', '.join(FORMATS)}; told from the files where that is safe."),
    ] = None,
    dump: Annotated[
        Dump,
        typer.Option(help="The touch, the book, trades, gaps, what data rules find, or all."),
    ] = Dump.BBO,
    symbols: Annotated[
        str | None, typer.Option(help="Of these alone, apart by commas; else of all.")
    ] = None,
    depth: Annotated[int, typer.Option(min=1, help="Levels a side of the book.")] = 10,
    market: Annotated[
        str | None, typer.Option(help="The venue's market; told from the frames if not given.")
    ] = None,
    date: Annotated[
        str | None, typer.Option(help="The day of the files, yyyy-mm-dd, if they do not say it.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Exit with 1 unless all that can be compared is equal.")
    ] = False,
    disturb: Annotated[
        str | None,
        typer.Option(help=f"Damage one frame first: {', '.join(KINDS)}, as in drop:1000."),
    ] = None,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="Count lines that are no records, and go on.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="End with a summary line on standard output.")
    ] = False,
) -> None:
    """Send recorded market data through the real feed handlers; print JSON lines."""
    with mistakes_in_one_line(), until_the_reader_leaves():
        run = _Run(files, format or guess_format(files), check, keep_going)
        run.open(_listed(symbols), market, date, disturb)
        _write_lines(run.lines(dump, depth))
        _write_summary(run, json)
        if check and not run.is_proved:
            raise typer.Exit(FOUND_WRONG)


class _Run:
    """One pass over the files."""

    def __init__(self, files: list[Path], format: str, check: bool, keep_going: bool) -> None:
        self.format = format
        self.check = check
        self.bad_lines = 0
        self.comparison = BookComparison()
        self.delays = Delays()
        self.judgements: Judgements | None = None
        self._files = files
        self._on_bad_line = self._count_bad_line if keep_going else None

    def open(
        self, symbols: tuple[str, ...], market: str | None, date: str | None, disturb: str | None
    ) -> None:
        """Open the files. Raises `GatewayError`."""
        between = damage_of(disturb).apply if disturb is not None else None
        options = FormatOptions(symbols, market, date, self._on_bad_line, between)
        self.feed = format_named(self.format).open(self._files, options)
        recorded = self.feed if isinstance(self.feed, Recorded) else None
        self.records = recorded.records if recorded else RecordingCounts()

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """What the recording is of, as far as it was read."""
        return self.feed.instruments

    @property
    def oracles(self) -> list[Oracle]:
        """What the recording says of the result, and what was made of it."""
        found = list(self.feed.oracles) if isinstance(self.feed, Checked) else []
        compared = self.comparison
        if compared.compared or not any(one.compared for one in found):
            quotes = Oracle(_QUOTES)
            quotes.compared, quotes.equal = compared.compared, compared.equal
            quotes.different, quotes.skipped = compared.different, compared.skipped
            quotes.examples = [
                f"book {_touch_text(self._terms(each.instrument), each.book)};"
                f" quote {_touch_text(self._terms(each.instrument), each.quote)}"
                for each in compared.differences
            ]
            found.append(quotes)
        return found

    @property
    def is_proved(self) -> bool:
        """Whether something was compared, and all of it is equal."""
        oracles = self.oracles
        return any(one.compared for one in oracles) and not any(one.different for one in oracles)

    def lines(self, dump: Dump, depth: int) -> Iterator[Line]:
        """Yield the lines of all files."""
        lines = self._lines(dump, depth)
        sequence = 0
        for time, inputs in self.feed.events():
            self.delays.observe(inputs, time)
            for happened in inputs:
                sequence += 1
                if self.check:
                    self.comparison.follow(Sequence(sequence), time, happened, [])
                yield from lines.lines(time, happened)
        self.comparison.finish()

    def _lines(self, dump: Dump, depth: int) -> Lines:
        def told() -> tuple[Instrument, ...]:
            return self.feed.instruments

        if dump is Dump.EVENTS:
            return Events(told)
        if dump is Dump.QUALITY:
            self.judgements = Judgements(told, standard_rules())
            return self.judgements
        markets = Markets(told)
        if dump is Dump.BOOK:
            return Levels(markets, depth)
        if dump is Dump.TRADES:
            return Trades(markets)
        return Gaps(markets) if dump is Dump.GAPS else Touches(markets)

    def _terms(self, number: int) -> Instrument:
        return next(each for each in self.feed.instruments if each.instrument == number)

    def _count_bad_line(self, _: BadLine) -> None:
        self.bad_lines += 1


def _listed(symbols: str | None) -> tuple[str, ...]:
    return tuple(each.strip() for each in (symbols or "").split(",") if each.strip())


def _write_lines(lines: Iterable[Line]) -> None:
    out = sys.stdout.buffer
    for line in lines:
        out.write(msgspec.json.encode(line) + b"\n")
    out.flush()


def _write_summary(run: _Run, json: bool) -> None:
    assert run.feed.counts.balanced, "every frame is an input, dropped with a reason, or waiting"
    if json:
        _write_lines([_summary(run)])
    else:
        for text in _summary_texts(run):
            ERR.print(text, markup=False)


def _summary(run: _Run) -> Line:
    """Return the counts as one line of JSON."""
    feed = run.feed.counts
    summary: Line = {
        "type": "summary",
        "format": run.format,
        "instruments": [each.symbol for each in run.instruments],
        "frames": feed.frames,
        "inputs": feed.inputs,
        "dropped": feed.dropped,
        "waiting": feed.waiting,
        "gaps": feed.gaps,
        "bad_lines": run.bad_lines,
        "times_backwards": run.records.times_backwards,
        "malformed_examples": run.records.malformed_examples,
        "delays": run.delays.as_json(),
    }
    if run.judgements is not None:
        summary["quality"] = run.judgements.found
    if run.check:
        summary["checks"] = {
            one.name: {
                "compared": one.compared,
                "equal": one.equal,
                "different": one.different,
                "skipped": one.skipped,
            }
            for one in run.oracles
        }
    return summary


def _summary_texts(run: _Run) -> Iterator[str]:
    """Yield the counts as lines for a person."""
    feed = run.feed.counts
    yield (
        f"{_symbols_text(run.instruments)}: {feed.frames:,} frames = inputs {_sum(feed.inputs)}"
        f" + dropped {_sum(feed.dropped)} + waiting {feed.waiting:,}"
    )
    yield (
        f"gaps {feed.gaps:,}, bad lines {run.bad_lines:,},"
        f" receive times backwards {run.records.times_backwards:,}"
    )
    yield f"delays: {run.delays}"
    yield from run.records.malformed_examples
    if run.judgements is not None:
        yield f"quality: {_sum(run.judgements.found)}"
    for one in run.oracles if run.check else ():
        yield (
            f"{one.name}: compared {one.compared:,}, equal {one.equal:,},"
            f" different {one.different:,}, skipped {_sum(one.skipped)}"
        )
        for example in one.examples:
            yield f"different: {example}"


def _symbols_text(instruments: tuple[Instrument, ...]) -> str:
    shown = ", ".join(each.symbol for each in instruments[:_SYMBOLS_SHOWN])
    more = len(instruments) - _SYMBOLS_SHOWN
    return f"{shown} and {more:,} more" if more > 0 else shown


def _sum(counts: dict[str, int]) -> str:
    """Return the sum and what it is made of: `7 (depth_old 5, quote_old 2)`."""
    listed = ", ".join(f"{name} {count:,}" for name, count in counts.items())
    return f"{sum(counts.values()):,}" + (f" ({listed})" if listed else "")


def _touch_text(instrument: Instrument, touch: Touch) -> str:
    bid_price, bid_quantity = level_text(instrument, touch.bid_price, touch.bid_quantity)
    ask_price, ask_quantity = level_text(instrument, touch.ask_price, touch.ask_quantity)
    return f"{touch.update}: {bid_quantity} at {bid_price} / {ask_quantity} at {ask_price}"
