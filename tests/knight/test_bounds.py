"""Random faults: whatever runs away, however fast, no bound is exceeded at any instant.

Invariants 8 and 13, S0-KNI-07. The truth is the venue's ledger, which knows no limit.
"""

import heapq
from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from fairlead.model.inputs import SubmitRequest
from fairlead.model.terms import Side
from fairlead.model.units import Nanos, StrategyId
from fairlead.operations.knight import PARENT_QUANTITY, parent
from fairlead.operations.knight_desk import Desk, loop, order
from fairlead.operations.knight_settings import ASK, BID, CENTS, NO_BOUND, STANDARD, Settings
from fairlead.operations.knight_venue import LATENCY
from tests.knight.bounds import SECOND

ORDERS = 150  # of one stream
STREAMS = 3
FIRST = 100  # the number of the first order; those of parents come before
DEAREST, CHEAPEST = 2_100, 1_900  # what the collar lets through, in cents


class Stream(NamedTuple):
    """One strategy that runs away."""

    rate: int  # orders a second
    sizes: tuple[int, ...]
    sides: tuple[Side, ...]
    prices: tuple[int, ...]  # 0: at the market
    instruments: tuple[int, ...]
    child: bool


def some(values: st.SearchStrategy[int]) -> st.SearchStrategy[tuple[int, ...]]:
    """Return a few of these, to be gone through again and again."""
    return st.lists(values, min_size=1, max_size=5).map(tuple)


STREAM = st.builds(
    Stream,
    rate=st.one_of(st.integers(1, 1_000), st.sampled_from([1, 50, 1_000])),
    sizes=some(st.one_of(st.integers(1, 700), st.integers(80, 120))),
    sides=st.lists(st.sampled_from(Side), min_size=1, max_size=4).map(tuple),
    prices=some(st.one_of(st.just(0), st.integers(CHEAPEST - 20, DEAREST + 20))),
    instruments=some(st.sampled_from([1, 2])),
    child=st.booleans(),
)
NAMES = tuple(f"strategy {number}" for number in range(1, STREAMS + 1))
# With all bounds; and without those that stop most faults before the others are reached.
WITHOUT_RATES = replace(
    STANDARD,
    order_rate_max=NO_BOUND,
    value_rate_max=NO_BOUND,
    repeats_max=NO_BOUND,
    refusals_stop=False,
)
WITHOUT_LOSSES = replace(WITHOUT_RATES, loss_max=NO_BOUND, loss_kill=999_999)
WIDE_WIRE = {"shard_value_max": NO_BOUND, "shard_quantity_max": NO_BOUND}
SMALL_LOSS = replace(
    WITHOUT_RATES, order_quantity_max=200, position_max=300, loss_max=20, **WIDE_WIRE
)
DESKS = (
    STANDARD,
    WITHOUT_RATES,
    replace(WITHOUT_LOSSES, gross_max=30_000),
    replace(WITHOUT_LOSSES, gross_max=NO_BOUND, position_max=400),
    SMALL_LOSS,
)


class Watch:
    """What left and what it came to, held against the bounds after every single order."""

    def __init__(self, settings: Settings, streams: list[Stream]) -> None:
        """Set up a desk with a parent for each strategy that has one."""
        self.settings = settings
        self.desk = Desk(replace(settings, strategies=NAMES[: len(streams)]))
        rate = sum(stream.rate for stream in streams)
        on_their_way = 1 + len(streams) + rate * LATENCY // SECOND
        # What was on its way when the limit was reached, or only closes positions after that.
        shares = on_their_way * settings.order_quantity_max + 2 * settings.position_max
        self.loss_max = settings.loss_max * CENTS + shares * max(map(_cost, streams))
        self._times: list[deque[Nanos]] = [deque() for _ in streams]
        self._children = [0 for _ in streams]
        for place, stream in enumerate(streams):
            if stream.child:
                number = StrategyId(place + 1)
                self.desk.give(replace(parent(number), strategy=number))

    def give(self, request: SubmitRequest) -> None:
        """Ask for an order now."""
        before = self.desk.venue.sent
        self.desk.give(request)
        if self.desk.venue.sent > before:
            self._left(request)
        self._hold()

    def _left(self, request: SubmitRequest) -> None:
        place, now = request.strategy - 1, self.desk.time
        times = self._times[place]
        times.append(now)
        while now - times[0] >= SECOND:
            times.popleft()
        assert len(times) <= self.settings.order_rate_max + 1
        assert request.quantity <= self.settings.order_quantity_max
        assert request.price == 0 or CHEAPEST <= request.price <= DEAREST
        if request.parent:
            self._children[place] += request.quantity
            assert self._children[place] <= PARENT_QUANTITY
            assert (request.instrument, request.side) == (1, Side.BUY)

    def _hold(self) -> None:
        ledger = self.desk.venue.ledger
        assert all(abs(held) <= self.settings.position_max for held in ledger.positions.values())
        assert ledger.gross_most <= self.settings.gross_max * CENTS
        assert ledger.loss_most <= self.loss_max


@settings(max_examples=75, deadline=None)
@given(st.sampled_from(DESKS), st.lists(STREAM, min_size=1, max_size=STREAMS))
def test_no_fault_however_fast_exceeds_any_bound(desk: Settings, streams: list[Stream]) -> None:
    watch = Watch(desk, streams)
    start = watch.desk.time
    timed = [_times(place, stream) for place, stream in enumerate(streams)]
    for number, (after, place, turn) in enumerate(heapq.merge(*timed), FIRST):
        watch.desk.advance(Nanos(start + after))
        watch.give(_order(number, place, streams[place], turn))
    watch.desk.advance(Nanos(watch.desk.time + SECOND))
    log = watch.desk.log
    assert log.asked == log.sent + sum(log.refused.values())
    assert watch.desk.venue.ledger.fills + watch.desk.venue.working <= log.sent


@settings(max_examples=15, deadline=None)
@given(st.integers(10, 300), st.integers(50, 170))
def test_buying_and_selling_on_and_on_never_loses_more_than_the_limit(rate: int, size: int) -> None:
    """What is on its way when it is reached, and what only closes positions, comes on top."""
    stream = Stream(rate, (size, size + 1), (Side.BUY, Side.SELL), (0,), (1,), child=False)
    watch = Watch(SMALL_LOSS, [stream])
    start = watch.desk.time
    for after, place, turn in _times(0, stream):
        watch.desk.advance(Nanos(start + after))
        watch.give(_order(FIRST + turn, place, stream, turn))
    assert "loss_day" in watch.desk.log.refused


@settings(max_examples=15, deadline=None)
@given(st.integers(50, 1_000), st.sampled_from(Side), st.integers(50, 500))
def test_a_loop_of_market_orders_is_over_within_a_second(rate: int, side: Side, size: int) -> None:
    """S0-KILL-12: from fifty orders a second on, whatever their size."""
    desk = Desk()
    fault = loop(rate, lambda number: order(number, size + number % 37, side=side))
    desk.play(islice(fault, 3 * rate // 2), Nanos(2 * SECOND))
    assert desk.result("", "").in_time


def _times(place: int, stream: Stream) -> Iterator[tuple[int, int, int]]:
    return ((turn * SECOND // stream.rate, place, turn) for turn in range(ORDERS))


def _cost(stream: Stream) -> int:
    """Return what one share of a stream may lose at most, in cents, when it trades."""
    least, most = min(stream.prices), max(stream.prices)
    costs = [ASK - BID]  # of a market order
    if Side.BUY in stream.sides:
        costs.append(min(most, DEAREST) - BID)
    if Side.SELL in stream.sides and most:
        costs.append(ASK - max(least, CHEAPEST))
    return max(costs)


def _order(number: int, place: int, stream: Stream, turn: int) -> SubmitRequest:
    return order(
        number,
        stream.sizes[turn % len(stream.sizes)] + turn % 29,  # seldom the same twice
        side=stream.sides[turn % len(stream.sides)],
        price=stream.prices[turn % len(stream.prices)],
        parent=place + 1 if stream.child else 0,
        strategy=place + 1,
        instrument=stream.instruments[turn % len(stream.instruments)],
    )
