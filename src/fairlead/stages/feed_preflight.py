"""Before a session: is the market data there, does it flow, and is it of now?

A real check: it connects as a session would, subscribes to the same instruments, and believes
nothing that it has not seen. What cannot be told counts as wrong.
"""

import os
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from fairlead.gateways.live_line import Addresses, LiveLine
from fairlead.gateways.live_venues import LiveVenue
from fairlead.gateways.live_watch import LiveWatch, Seen
from fairlead.journal.sequencer import SteadyClock
from fairlead.model.instruments import Instrument
from fairlead.model.units import NANOS_PER_SECOND, Nanos
from fairlead.simulator.chance import Chance

WITHIN: Final = Nanos(20 * NANOS_PER_SECOND)  # for a subscription, a snapshot, and some changes
MOVES_MIN: Final = 3  # changes after the book: one could be an echo of the subscription
OLD: Final = Nanos(2 * NANOS_PER_SECOND)  # more is a delayed feed, or a clock that is wrong
AHEAD: Final = Nanos(NANOS_PER_SECOND // 2)  # from the future: a clock is wrong


class FeedFinding(NamedTuple):
    """What was looked at, what was found, and whether a session could rest on it."""

    what: str
    found: str
    sound: bool


class FeedTerms(NamedTuple):
    """What is expected of a feed."""

    within: Nanos = WITHIN
    old: Nanos = OLD
    ahead: Nanos = AHEAD


_USUAL: Final = FeedTerms()


def check_feed(
    venue: LiveVenue,
    instruments: Sequence[Instrument],
    addresses: Addresses,
    terms: FeedTerms = _USUAL,
) -> list[FeedFinding]:
    """Return what a live line brings within a time. Raises `PlainConnection`."""
    from fairlead.gateways.live_shell import LiveShell

    clock = SteadyClock()
    watch = LiveWatch(instruments)
    line = LiveLine(
        venue.feed(instruments, None), Chance(os.getpid(), 1).below, addresses=addresses
    )
    shell = LiveShell(line, watch, clock.now)
    shell.start()
    try:
        watch.wait(lambda: all(_flows(seen) for seen in watch.seen.values()), terms.within / 1e9)
    finally:
        shell.close()
    findings = [_connection(line)]
    for seen in watch.seen.values():
        findings += _judged(line, seen, terms)
    return findings


def _flows(seen: Seen) -> bool:
    return seen.has_book and seen.moves >= MOVES_MIN


def _connection(line: LiveLine) -> FeedFinding:
    counts = line.counts
    if not counts.connections:
        reasons = "; ".join(counts.ended) or "nobody answered in time"
        return FeedFinding("connection", reasons, sound=False)
    ended = "; ".join(counts.ended)
    found = f"connected to {line.url}" + (f", but {ended}" if ended else "")
    return FeedFinding("connection", found, sound=not ended)


def _judged(line: LiveLine, seen: Seen, terms: FeedTerms) -> Iterator[FeedFinding]:
    if not seen.has_book:
        reasons = "; ".join(line.counts.fetch_failures) or f"none within {_seconds(terms.within)}"
        yield FeedFinding(f"{seen.symbol} book", reasons, sound=False)
    else:
        yield FeedFinding(f"{seen.symbol} book", "whole", sound=True)
    moves = f"{seen.moves:,} changes after the book"
    yield FeedFinding(f"{seen.symbol} data", moves, sound=_flows(seen))
    yield _freshness(seen, terms)


def _freshness(seen: Seen, terms: FeedTerms) -> FeedFinding:
    what = f"{seen.symbol} times"
    if not seen.time or not seen.venue_time:
        told = "the venue told none" if seen.time else "nothing came"
        return FeedFinding(what, told, sound=False)
    delay = Nanos(seen.time - seen.venue_time)
    if delay > terms.old:
        found = f"{_seconds(delay)} old, expected at most {_seconds(terms.old)}"
        return FeedFinding(what, found, sound=False)
    if delay < -terms.ahead:
        found = f"{_seconds(Nanos(-delay))} in the future: a clock is wrong, ours or the venue's"
        return FeedFinding(what, found, sound=False)
    return FeedFinding(what, f"{delay / 1e6:.1f} ms after the venue's", sound=True)


def _seconds(span: Nanos) -> str:
    return f"{span / NANOS_PER_SECOND:.1f} s"
