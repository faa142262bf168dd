"""Seeded quotes for the benchmarks: the same on every machine, made of integers alone.

A walk in single ticks, reflected into 4,000 ticks, with a spread of 1 to 3 ticks, 0.1 to 10 ms
between two quotes, and instruments in random turns. Chance is SplitMix64: one stream for each of
the six numbers that a quote needs.
"""

from collections.abc import Iterator
from functools import cache
from typing import Final

from fairlead.model.inputs import Quote
from fairlead.model.instruments import Instrument
from fairlead.model.terms import InstrumentKind
from fairlead.model.units import InstrumentId, Money, Nanos, Price, Quantity, Rate, UpdateId

START: Final = Nanos(1_704_205_800 * 10**9)  # 2024-01-02 14:30 UTC
SEED: Final = 42
VENUE: Final = "BENCH"
_WORD: Final = 2**64 - 1
_GOLDEN: Final = 0x9E3779B97F4A7C15
_RANGE: Final = 2_000  # ticks that a walk may go to either side


def instruments(count: int) -> list[Instrument]:
    """Return instruments in cents, without fees, so that cash can be told in advance."""
    return [
        Instrument(
            instrument=InstrumentId(number),
            symbol=f"S{number}.{VENUE}",
            venue=VENUE,
            currency="USD",
            kind=InstrumentKind.SPOT,
            price_decimals=2,
            quantity_decimals=0,
            money_decimals=2,
            price_tick=Price(1),
            quantity_lot=Quantity(1),
            quantity_min=Quantity(1),
            quantity_max=Quantity(1_000_000),
            notional_min=Money(0),
            maker_fee=Rate(0),
            taker_fee=Rate(0),
        )
        for number in range(1, count + 1)
    ]


@cache
def quotes(count: int, instrument_count: int = 1, seed: int = SEED) -> tuple[Quote, ...]:
    """Return quotes in the order of their times, which only grow; `update` numbers them from 1."""
    streams = [chance(seed, stream, count) for stream in range(6)]
    walks = [0] * instrument_count
    time = START
    made: list[Quote] = []
    rows = zip(*streams, strict=True)
    for number, (gap, which, step, spread, bid, ask) in enumerate(rows, start=1):
        time = Nanos(time + gap % 9_900_000 + 100_000)
        chosen = which % instrument_count
        walks[chosen] += step % 3 - 1
        price = 10_000 + 500 * chosen + _reflected(walks[chosen])
        made.append(
            Quote(
                InstrumentId(chosen + 1),
                Price(price),
                Quantity((bid % 50 + 1) * 100),
                Price(price + spread % 3 + 1),
                Quantity((ask % 50 + 1) * 100),
                UpdateId(number),
                time,
            )
        )
    return tuple(made)


def _reflected(walk: int) -> int:
    return abs((walk + _RANGE) % (4 * _RANGE) - 2 * _RANGE) - _RANGE


def chance(seed: int, stream: int, count: int) -> Iterator[int]:
    """Yield a stream of 64-bit numbers (SplitMix64, Steele, Lea and Flood 2014)."""
    offset = seed * 1_000_003 + stream * 7_919
    for number in range(1, count + 1):
        word = (number * _GOLDEN + offset) & _WORD
        word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
        word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & _WORD
        yield word ^ (word >> 31)
