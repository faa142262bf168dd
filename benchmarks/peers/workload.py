"""What every system is given to do, and the one line that it tells of it.

Runs in the environments of the peers too, so it may import the standard library and nothing else.
The workload is told in docs/reference/benchmarks.md. The fields of the line are short names that
results of earlier runs have too: `wall` and `cpu` in seconds of the run alone, `rss_*` and `peak`
in MiB, `lat_ns` in nanoseconds.
"""

import argparse
import gc
import json
import os
import resource
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from struct import Struct
from typing import Final, NamedTuple

START_NS: Final = 1_704_205_800 * 10**9  # 2024-01-02 14:30 UTC: before the first event
QUOTE: Final = Struct("<qiiiiiqi")  # 40 bytes a quote
LEVEL: Final = Struct("<qiiii")  # 24 bytes a new quantity at a price of a book
ORDER_QUANTITY: Final = 100
INTERVAL_SECONDS: Final = 60  # of bars
TELLS: Final = "RESULT "  # what the line begins with


class QuoteRow(NamedTuple):
    """A quote as it lies in the file: prices in cents, sizes in shares."""

    ts_ns: int
    sym: int
    bid: int
    ask: int
    bid_size: int
    ask_size: int
    seq: int
    pad: int


class LevelRow(NamedTuple):
    """A new quantity at one price; `side` is 1 for bids and -1 for asks, size 0 removes it."""

    ts_ns: int
    side: int
    price: int
    size: int
    last: int


class Options(NamedTuple):
    """What is to be done once.

    `what`: `quotes` into a strategy that counts or trades; `trades` of which the system makes bars
    of a minute, and a strategy sees those alone; `idle`, quotes past a strategy that asked for
    bars of trades alone; `levels` of a book into a strategy; `events` through an event engine.
    """

    data: Path
    what: str = "quotes"
    every: int = 0  # an order on every nth quote of the whole stream; 0: none
    order: str = "market"  # or `limit`: marketable, at the touch
    limit_n: int = 0  # of the first events only; 0: of all
    nsym: int = 1
    pattern: str = "alt"  # buy, sell, buy, ...; or `grow`: buy alone
    lat: bool = False  # also time each order, from before it is made to its fill callback
    venue: str = "touch"  # ours alone: fills at the touch of the same quote, or `recorded`
    mode: str = "jit"  # hftbacktest alone: the strategy compiled, or `py`

    @property
    def told(self) -> str:
        """Return what is done, in short."""
        return f"{self.nsym}sym {self.what} every={self.every} {self.order} {self.pattern}"


def options(arguments: list[str] | None = None) -> Options:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    whats = ("quotes", "trades", "idle", "levels", "events")
    parser.add_argument("--what", choices=whats, default="quotes")
    parser.add_argument("--every", type=int, default=0)
    parser.add_argument("--order", choices=("market", "limit"), default="market")
    parser.add_argument("--limit-n", type=int, default=0)
    parser.add_argument("--nsym", type=int, default=1)
    parser.add_argument("--pattern", choices=("alt", "grow"), default="alt")
    parser.add_argument("--lat", action="store_true")
    parser.add_argument("--venue", choices=("touch", "recorded"), default="touch")
    parser.add_argument("--mode", choices=("jit", "py"), default="jit")
    return Options(**vars(parser.parse_args(arguments)))


def quote_rows(of: Options) -> Iterator[QuoteRow]:
    """Iterate over the quotes of the file that are to be used."""
    return map(QuoteRow._make, QUOTE.iter_unpack(_used(of, QUOTE)))


def level_rows(of: Options) -> Iterator[LevelRow]:
    """Iterate over the changes of levels of the file that are to be used."""
    return map(LevelRow._make, LEVEL.iter_unpack(_used(of, LEVEL)))


def _used(of: Options, record: Struct) -> bytes:
    with of.data.open("rb") as file:
        return file.read(of.limit_n * record.size if of.limit_n else -1)


def outcome(of: Options, later: bool = False) -> tuple[int, int]:
    """Return how many orders are filled, and the cash in cents that they leave.

    A buy is filled at the ask and a sell at the bid, without fees: at those of the quote that it
    was sent on, or, with `later`, of the next one of its instrument. After the last one nothing is.
    """
    rows = list(quote_rows(of))
    fills = cash = 0
    buys = [True] * of.nsym
    for sent, at in _orders(rows, of.every, later):
        buy = buys[sent.sym]
        if of.pattern == "alt":
            buys[sent.sym] = not buy
        if at is None:
            continue
        fills += 1
        cash += ORDER_QUANTITY * (-at.ask if buy else at.bid)
    return fills, cash


def _orders(
    rows: list[QuoteRow], every: int, later: bool
) -> Iterator[tuple[QuoteRow, QuoteRow | None]]:
    """Yield each quote that an order is sent on, and the one that it is filled at."""
    if not every:
        return
    if not later:
        for row in rows[every - 1 :: every]:
            yield row, row
        return
    following: dict[int, QuoteRow] = {}
    pairs: list[tuple[QuoteRow, QuoteRow | None]] = []
    for number in range(len(rows), 0, -1):
        row = rows[number - 1]
        if number % every == 0:
            pairs.append((row, following.get(row.sym)))
        following[row.sym] = row
    yield from reversed(pairs)


class Stopwatch:
    """Takes real and processor time of what runs within it, and the memory before and after it."""

    def __init__(self) -> None:
        """Stand at nothing."""
        self.wall = self.cpu = 0.0
        self.before = self.after = self.peak = 0.0  # MiB

    def __enter__(self) -> "Stopwatch":
        """Begin."""
        self.before = resident_mib()
        self._wall, self._cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.wall = time.perf_counter() - self._wall
        self.cpu = time.process_time() - self._cpu
        self.after = resident_mib()
        self.peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def settled() -> Stopwatch:
    """Return a stopwatch for the run, with all that is alive frozen out of the garbage collector.

    For all systems alike: the data is loaded by then, and no run is to pay for looking through it.
    """
    gc.collect()
    gc.freeze()
    return Stopwatch()


def resident_mib() -> float:
    """Return the memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def percentiles(spans: Iterable[int]) -> dict[str, float] | None:
    """Return how many spans there are and what they do not exceed; None where there are none."""
    ordered = sorted(spans)
    count = len(ordered)
    if not count:
        return None
    at = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999}
    found = {name: ordered[min(count - 1, int(part * count))] for name, part in at.items()}
    return {"n": count, **found, "max": ordered[-1], "mean": sum(ordered) / count}


class Ran(NamedTuple):
    """What every run tells of itself: who, how the data was loaded, and what was done then."""

    system: str
    version: str
    importing: float  # seconds
    loading: Stopwatch
    watch: Stopwatch
    ticks: int
    orders: int = 0
    fills: int = 0


def tell(of: Options, ran: Ran, **fields: object) -> None:
    """Write the one line of a run."""
    watch = ran.watch
    line = {
        "sys": ran.system,
        "ver": ran.version,
        "work": of.told,
        "ticks": ran.ticks,
        "orders": ran.orders,
        "fills": ran.fills,
        "wall": watch.wall,
        "cpu": watch.cpu,
        "ev_s": ran.ticks / watch.wall,
        "ord_s": ran.orders / watch.wall,
        "t_import": ran.importing,
        "t_data": ran.loading.wall,
        "rss_before_data": ran.loading.before,
        "rss_after_data": watch.before,
        "rss_end": watch.after,
        "peak": watch.peak,
        "python": sys.version.split()[0],
        **fields,
    }
    sys.stdout.write(TELLS + json.dumps(line) + "\n")
