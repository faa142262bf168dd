"""What a strategy sees of a market by order, and of one thing at several venues."""

from typing import Any

import msgspec
import pytest

from fairlead.model.inputs import (
    AuctionIndication,
    BookGap,
    BookOrderAdded,
    BookOrderExecuted,
    BookOrderRemoved,
    BookOrders,
    FeedSourceChanged,
    InstrumentDefinition,
    Quote,
    Trade,
)
from fairlead.model.terms import Side
from fairlead.model.units import InstrumentId, Nanos, Price, Quantity, UpdateId
from fairlead.strategy import (
    BookEvent,
    Context,
    MarketState,
    Place,
    Strategy,
    VenueLevel,
    VenuePart,
)
from fairlead.strategy.errors import InvalidRequest, UnknownInstrument
from tests.strategy.opened import opened
from tests.strategy.rig import AAA, Rig, instrument

BUY, SELL = Side.BUY, Side.SELL
NO_TIME = Nanos(0)
WHOLE = BookOrders(
    AAA,
    (
        (1, BUY, Price(99), Quantity(5)),
        (2, BUY, Price(99), Quantity(3)),
        (3, SELL, Price(101), Quantity(4)),
    ),
    UpdateId(0),
    NO_TIME,
)


class Watcher(Strategy):
    """Keeps what it hears of the market, and the book as it then is."""

    def on_start(self, context: Context) -> None:
        self.heard: list[Any] = []

    def on_trade(self, context: Context, trade: Trade) -> None:
        self.heard.append(trade)

    def on_book(self, context: Context, event: BookEvent) -> None:
        levels = context.book(event.instrument).levels(BUY)
        self.heard.append((type(event).__name__, levels))


def executed(order: int, quantity: int, price: int = 0) -> BookOrderExecuted:
    """Return a trade of an order in the book."""
    return BookOrderExecuted(AAA, order, Quantity(quantity), Price(price), "t", NO_TIME)


def test_an_execution_is_heard_as_a_trade_and_as_a_change_of_the_book() -> None:
    watcher = Watcher()
    rig = Rig(watcher).start()
    rig.run(WHOLE)
    rig.run(executed(1, 5))
    rig.run(executed(3, 1, 100))
    one, other = (
        Trade(AAA, Price(99), Quantity(5), SELL, "t", NO_TIME),
        Trade(AAA, Price(100), Quantity(1), BUY, "t", NO_TIME),
    )
    assert watcher.heard == [
        ("BookOrders", [(99, 8)]),
        *(one, ("BookOrderExecuted", [(99, 3)])),
        *(other, ("BookOrderExecuted", [(99, 3)])),
    ]


def test_an_execution_that_was_refused_or_has_no_price_is_no_trade() -> None:
    watcher = Watcher()
    rig = Rig(watcher).start()
    rig.run(WHOLE)
    rig.run(executed(7, 1))  # refused: nobody hears of it
    rig.run(executed(1, 1))  # the book is lost: at which price, nobody knows
    rig.run(executed(1, 1, 98))
    assert [one for one in watcher.heard if isinstance(one, Trade)] == [
        Trade(AAA, Price(98), Quantity(1), None, "t", NO_TIME)  # and nobody knows who took
    ]
    assert [one[0] for one in watcher.heard if isinstance(one, tuple)] == [
        *("BookOrders", "BookOrderExecuted", "BookOrderExecuted")
    ]


def test_a_book_by_order_tells_counts_and_places() -> None:
    rig, context = opened()
    book = context.book(AAA)
    assert (book.counted_levels(BUY), book.place(1)) == ([], None)
    rig.run(WHOLE)
    assert book.counted_levels(BUY) == [(99, 8, 2)]
    assert book.place(2) == Place(BUY, Price(99), Quantity(3), 1, Quantity(5))
    rig.run(BookOrderRemoved(AAA, 1, NO_TIME))
    rig.run(BookOrderAdded(AAA, 4, BUY, Price(99), Quantity(1), NO_TIME))
    assert book.place(1) is None
    assert book.place(4) == Place(BUY, Price(99), Quantity(1), 1, Quantity(3))


def test_a_book_tells_where_it_is_from_and_what_an_auction_would_do() -> None:
    rig, context = opened()
    book = context.book(AAA)
    assert (book.source, book.indication, book.halted) == ("", None, "")
    nothing, none = Price(0), Quantity(0)
    said = AuctionIndication(AAA, Price(99), none, none, None, nothing, nothing, nothing, NO_TIME)
    rig.run(said)
    rig.run(FeedSourceChanged(AAA, "backup", "silent"))
    assert (book.source, book.indication) == ("backup", said)


def at_two_venues() -> tuple[Rig, Context]:
    """Return a rig in which ETH trades at A with two decimals and at B with one."""
    rig, context = opened()
    for number, venue, decimals in ((11, "A", 2), (12, "B", 1)):
        named = msgspec.structs.replace(
            instrument(number, f"ETH.{venue}"), venue=venue, price_decimals=decimals
        )
        rig.run(InstrumentDefinition(named))
    return rig, context


def quoted(number: int, bid: int, ask: int) -> Quote:
    """Return the touch of a venue."""
    one = Quantity(1)
    return Quote(InstrumentId(number), Price(bid), one, Price(ask), one, UpdateId(0), NO_TIME)


def test_one_thing_at_two_venues_is_seen_as_one() -> None:
    rig, context = at_two_venues()
    view = context.consolidated("ETH")
    assert view.state is MarketState.EMPTY
    rig.run(quoted(11, 9_990, 10_000))
    rig.run(quoted(12, 999, 1_001))
    assert (view.price_decimals, view.quantity_decimals) == (2, 3)
    one, other = InstrumentId(11), InstrumentId(12)
    bids = (VenuePart(one, "A", Quantity(1)), VenuePart(other, "B", Quantity(1)))
    assert view.best(BUY) == VenueLevel(Price(9_990), Quantity(2), bids)
    assert [level.price for level in view.levels(SELL)] == [10_000, 10_010]
    assert (view.state, view.explanation) == (MarketState.NORMAL, "")
    rig.run(quoted(12, 1_000, 1_001))
    assert view.explanation == "locked: B bids 10000, A asks 10000 (increments)"
    rig.run(BookGap(other, "a hole"))
    assert (view.state, view.explanation) == (MarketState.NORMAL, "B does not count: a hole")


def test_what_is_not_listed_or_not_comparable_is_named() -> None:
    rig, context = at_two_venues()
    with pytest.raises(UnknownInstrument, match="unknown instrument 'BTC'"):
        context.consolidated("BTC")
    other = msgspec.structs.replace(instrument(13, "ETH.C"), venue="C", currency="EUR")
    rig.run(InstrumentDefinition(other))
    with pytest.raises(InvalidRequest, match=r"ETH is not one thing: ETH\.C is priced in EUR"):
        context.consolidated("ETH")
