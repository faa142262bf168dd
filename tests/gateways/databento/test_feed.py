"""What records mean: orders, levels, trades, status and auctions of one instrument."""

from collections.abc import Callable

import pytest

from fairlead.gateways.databento.directory import Directory
from fairlead.gateways.databento.feed import DatabentoFeed
from fairlead.gateways.databento.records import (
    IMBALANCE,
    MBO,
    MBP_1,
    MBP_10,
    STATUS,
    SYSTEM,
    UNDEFINED_PRICE,
    Bar,
    ByOrder,
    ByPrice,
    Imbalance,
    Level,
    Passed,
    Record,
    Status,
)
from fairlead.gateways.errors import MalformedFrame
from fairlead.model.inputs import (
    AuctionIndication,
    BookChange,
    BookGap,
    BookOrderAdded,
    BookOrderReduced,
    BookOrderReplaced,
    BookOrders,
    BookSnapshot,
    Input,
    Quote,
    Trade,
    TradingStatus,
)
from fairlead.model.terms import Side
from fairlead.model.units import Nanos

T = 1609113600 * 10**9
NOTHING = Level(UNDEFINED_PRICE, UNDEFINED_PRICE, 0, 0)
Say = Callable[[Record], list[Input]]


@pytest.fixture
def feed() -> DatabentoFeed:
    """A feed whose frames are the numbers of records in a list."""
    directory = Directory("D", [])
    directory.learn(order("A", 1, 10_250_000_000, 1), "")
    return DatabentoFeed(directory, directory.settle(()), lambda frame: (HEARD[frame[0]], ""))


HEARD: list[Record] = []


@pytest.fixture
def say(feed: DatabentoFeed) -> Say:
    """Return what gives the feed one record."""
    HEARD.clear()

    def say(record: Record) -> list[Input]:
        HEARD.append(record)
        inputs = feed.receive(bytes([len(HEARD) - 1]), Nanos(T))
        assert feed.counts.balanced
        return inputs

    return say


def order(
    action: str, number: int, price: int, size: int, side: str = "B", flags: int = 0
) -> ByOrder:
    """Return what happened to an order."""
    return ByOrder(MBO, 1, T, number, price, size, flags, action, side, T, 77)


def levels(rtype: int, *pairs: Level, action: str = "A", side: str = "N") -> ByPrice:
    """Return a record with levels."""
    return ByPrice(rtype, 1, T, 10 * 10**9, 3, action, side, 0, T, 78, pairs)


def test_an_order_lives_as_its_records_say(say: Say) -> None:
    assert say(order("A", 5, 10_000_000_000, 7)) == [
        BookOrderAdded(1, 5, Side.BUY, 1000, 7, T)  # type: ignore[arg-type]
    ]
    assert say(order("M", 5, 10_000_000_000, 4)) == [BookOrderReduced(1, 5, 3, T)]  # type: ignore[arg-type]
    assert say(order("M", 5, 10_000_000_000, 6)) == [
        BookOrderReplaced(1, 5, 5, 1000, 6, T)  # type: ignore[arg-type]
    ]
    assert say(order("M", 5, 10_010_000_000, 6)) == [
        BookOrderReplaced(1, 5, 5, 1001, 6, T)  # type: ignore[arg-type]
    ]
    assert say(order("C", 5, 10_010_000_000, 2)) == [BookOrderReduced(1, 5, 2, T)]  # type: ignore[arg-type]
    assert say(order("C", 5, 10_010_000_000, 4)) == [BookOrderReduced(1, 5, 4, T)]  # type: ignore[arg-type]
    assert say(order("C", 5, 10_010_000_000, 4)) == []
    assert say(order("R", 0, UNDEFINED_PRICE, 0, "N")) == [BookOrders(1, (), 0, T)]  # type: ignore[arg-type]


def test_an_execution_is_one_trade_and_one_reduction(say: Say, feed: DatabentoFeed) -> None:
    say(order("A", 5, 10_000_000_000, 7))
    said = [
        *say(order("T", 0, 10_000_000_000, 7, "A")),
        *say(order("F", 5, 10_000_000_000, 7, "B")),
        *say(order("C", 5, 10_000_000_000, 7, "B")),
    ]
    assert said == [
        Trade(1, 1000, 7, Side.SELL, "77", T),  # type: ignore[arg-type]
        BookOrderReduced(1, 5, 7, T),  # type: ignore[arg-type]
    ]
    assert feed.counts.dropped == {"fill_repeats": 1}


def test_a_doubtful_book_is_a_gap(say: Say, feed: DatabentoFeed) -> None:
    gap, added = say(order("A", 5, 10_000_000_000, 7, flags=4))
    assert isinstance(gap, BookGap)
    assert isinstance(added, BookOrderAdded)
    (alone,) = say(order("C", 6, 10_000_000_000, 7, flags=4))
    assert isinstance(alone, BookGap)
    assert feed.counts.gaps == 2


def test_one_level_is_a_quote_and_a_trade_comes_after_it(say: Say) -> None:
    level = Level(10_000_000_000, UNDEFINED_PRICE, 3, 0)
    quote, trade = say(levels(MBP_1, level, action="T", side="B"))
    assert quote == Quote(1, 1000, 3, 0, 0, 0, T)  # type: ignore[arg-type]
    assert trade == Trade(1, 1000, 3, Side.BUY, "78", T)  # type: ignore[arg-type]


def test_ten_levels_are_a_snapshot_and_then_what_changed(say: Say, feed: DatabentoFeed) -> None:
    best, second = Level(10 * 10**9, 11 * 10**9, 3, 4), Level(9 * 10**9, UNDEFINED_PRICE, 5, 0)
    assert say(levels(MBP_10, best, second)) == [
        BookSnapshot(1, ((1000, 3), (900, 5)), ((1100, 4),), 0, T)  # type: ignore[arg-type]
    ]
    changed = Level(10 * 10**9, 11 * 10**9, 2, 4)
    lower = Level(8 * 10**9, UNDEFINED_PRICE, 1, 0)
    assert say(levels(MBP_10, changed, lower)) == [
        BookChange(1, ((900, 0), (1000, 2), (800, 1)), (), 0, T)  # type: ignore[arg-type]
    ]
    assert say(levels(MBP_10, changed, lower)) == []
    assert feed.counts.dropped == {"nothing_shown": 1}


def test_a_bar_is_its_trades_at_its_end(say: Say, feed: DatabentoFeed) -> None:
    bar = Bar(0x21, 1, T, 10 * 10**9, 12 * 10**9, 9 * 10**9, 11 * 10**9, 10)
    trades = say(bar)
    assert [each.price for each in trades if isinstance(each, Trade)] == [1000, 900, 1200, 1100]
    assert {each.venue_time for each in trades if isinstance(each, Trade)} == {T + 60 * 10**9 - 1}
    assert say(bar._replace(volume=0)) == []
    assert feed.counts.dropped == {"bar_without_volume": 1}


def test_status_auctions_and_messages(say: Say, feed: DatabentoFeed) -> None:
    status = Status(STATUS, 1, T, T, 7, 1, "Y")
    assert say(status) == [TradingStatus(feed.instruments[0].instrument, True, "trading")]
    assert say(status._replace(is_trading="~")) == []
    imbalance = Imbalance(IMBALANCE, 1, T, T, 10 * 10**9, 11 * 10**9, 12 * 10**9, 0, 8, 9, "A")
    assert say(imbalance) == [
        AuctionIndication(1, 0, 8, 9, Side.SELL, 1100, 1200, 1000, T)  # type: ignore[arg-type]
    ]
    assert say(Passed(SYSTEM, 1, T, "gateway_message")) == []
    assert say(Status(STATUS, 2, T, T, 7, 1, "Y")) == []
    assert feed.counts.dropped == {
        "status_unsaid": 1,
        "gateway_message": 1,
        "symbol_unwanted": 1,
    }


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (order("X", 5, 10**9, 1), "action"),
        (order("A", 5, 10**9, 0), "order"),
        (order("A", 5, 10**9, 1, "N"), "order"),
        (order("A", 5, -(10**9), 1), "price"),
        (order("A", 5, 10**9 + 1, 1), "price"),
        (order("T", 5, 10**9, 0), "trade"),
        (levels(MBP_1, Level(10**9, UNDEFINED_PRICE, 0, 0)), "level"),
        (
            levels(
                MBP_10, Level(10**9, UNDEFINED_PRICE, 1, 0), Level(2 * 10**9, UNDEFINED_PRICE, 1, 0)
            ),
            "level",
        ),
        (Bar(0x21, 1, T, 10**9, 10**9, 2 * 10**9, 10**9, 5), "bar"),
        (Bar(0x21, 1, 2**63, 10**9, 10**9, 10**9, 10**9, 5), "time"),
    ],
)
def test_what_cannot_be_is_refused(
    record: Record, reason: str, say: Say, feed: DatabentoFeed
) -> None:
    with pytest.raises(MalformedFrame) as error:
        say(record)
    assert error.value.reason == reason
    assert feed.counts.dropped == {f"malformed_{reason}": 1}
    assert feed.counts.balanced
