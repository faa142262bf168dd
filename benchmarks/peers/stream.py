"""The data that all systems are given: made from a seed, of integers alone, and known by digest.

Quotes are those of `benchmarks/market.py`, written as records. Changes of levels move a book around
a middle that wanders; a change that would cross it takes the level away that is in the way, so that
no system ever sees a crossed book. Where the digest is another one, nothing is measured.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.market import START, chance, quotes
from benchmarks.peers.workload import LEVEL, QUOTE, START_NS

LEVEL_SEED: Final = 7
LEVEL_STREAM: Final = 10  # the first of its streams of chance; quotes have those below
MIDDLE: Final = 100_000  # in ticks


class Stream(NamedTuple):
    """One file: what is in it, and the digest by which it is known."""

    name: str
    instruments: int  # 0: changes of levels
    records: int
    sha256: str


# The digests are those under which the peers were first measured.
STREAMS: Final = (
    Stream("q1.bin", 1, 10**6, "4f6bc40896ab8530293dc6e93ed3e8af3e63fb76e36950879dcf390c77bbb2c4"),
    Stream(
        "q10.bin", 10, 10**6, "39dca9d32e2f88551576c21080d64e24a30a0b9745ad692510571120571154f5"
    ),
    Stream("l2.bin", 0, 10**6, "322ea04efaef780793bbd983448535d4f1e1eb196854f5bcc27fff8090bdd542"),
)


class OtherBytes(Exception):
    """The data is not what everybody else measures with."""


def prepared(directory: Path) -> None:
    """Write the files that are not there yet. Raises `OtherBytes`."""
    directory.mkdir(parents=True, exist_ok=True)
    for stream in STREAMS:
        path = directory / stream.name
        if not path.exists():
            path.write_bytes(written(stream))
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if digest != stream.sha256:
            raise OtherBytes(
                f"{path} has the SHA-256 {digest}, expected {stream.sha256}: remove it; if it comes"
                " again, the generator is not the one that others measure with"
            )


def written(stream: Stream) -> bytes:
    """Return the bytes of a stream."""
    if not stream.instruments:
        return b"".join(level_records(stream.records))
    return b"".join(quote_records(stream.records, stream.instruments))


def quote_records(count: int, instruments: int) -> Iterator[bytes]:
    """Yield quotes as records."""
    assert START == START_NS, "one time is the beginning for all"
    for one in quotes(count, instruments):
        touch = (one.bid_price, one.ask_price, one.bid_quantity, one.ask_quantity)
        yield QUOTE.pack(one.venue_time, one.instrument - 1, *touch, one.update - 1, 0)


def level_records(count: int, seed: int = LEVEL_SEED) -> Iterator[bytes]:
    """Yield changes of levels of a book that is never crossed."""
    gaps, places, sizes, steps = (chance(seed, LEVEL_STREAM + each, count) for each in range(4))
    books: dict[int, dict[int, int]] = {1: {}, -1: {}}
    middle, time = MIDDLE, START_NS
    rows = zip(gaps, places, sizes, steps, strict=True)
    for number, (gap, place, amount, step) in enumerate(rows):
        time += 1000 + gap % 50_000
        if number % 20 == 0:
            middle += step % 3 - 1
        side = 1 if place & 1 else -1
        book = books[side]
        stale = _in_the_way(book, side, middle)
        away = 1 + min((place >> 8) % 50, (place >> 20) % 50)
        price = middle - side * away if stale is None else stale
        removes = stale is not None or (price in book and amount % 10 < 3)
        size = 0 if removes else 100 * (1 + amount % 90)
        if size:
            book[price] = size
        else:
            book.pop(price, None)
        yield LEVEL.pack(time, side, price, size, 1)


def _in_the_way(book: dict[int, int], side: int, middle: int) -> int | None:
    """Return the best price of a side where the middle has come to it or gone past it."""
    if not book:
        return None
    best = max(book) if side > 0 else min(book)
    return best if (best - middle) * side >= 0 else None
