"""Quotes and trades of any venue become the same inputs, each once."""

import pytest

from fairlead.gateways.errors import MalformedFrame, MalformedNumber
from fairlead.gateways.feed import FeedCounts
from fairlead.gateways.recorded import Oracle
from fairlead.gateways.venue_book import TextSides
from fairlead.gateways.venue_instrument import (
    NO_NUMBER,
    TextQuote,
    TextTrade,
    VenueInstrument,
    numbered,
)
from fairlead.model.inputs import BookGap, Quote, Trade
from fairlead.model.terms import Side
from fairlead.model.units import Nanos
from tests.gateways.venues import instrument

TIME = Nanos(1)
QUOTE = TextQuote("9.00", "1", "10.00", "2")


def fresh() -> tuple[VenueInstrument, FeedCounts]:
    counts = FeedCounts()
    return VenueInstrument(instrument("BTC-USD.VENUE"), counts), counts


def trade(number: int, price: str = "9.50", quantity: str = "1") -> TextTrade:
    return TextTrade(price, quantity, Side.BUY, str(number), TIME, number)


def test_a_quote_has_nobody_where_the_venue_writes_nothing_or_zero() -> None:
    mine, _ = fresh()
    for nobody in ("", "0", "0.0"):
        [quote] = mine.quote(TextQuote(nobody, nobody, "10.00", "2"), 0, TIME)
        assert quote == Quote(mine.id, 0, 0, 1_000, 2_000, 0, TIME)  # type: ignore[arg-type]
    with pytest.raises(MalformedFrame, match="a price or quantity alone is 0: '0' at '9'"):
        mine.quote(TextQuote("9", "0", "10", "1"), 0, TIME)


def test_a_quote_without_a_number_is_dropped_beside_a_book_and_one_with_a_number_is_not() -> None:
    mine, counts = fresh()
    mine.book.snapshot(TextSides([("9.00", "1")], [("10.00", "1")]), 5, TIME)
    assert mine.quote(QUOTE, 0, TIME) == []
    assert counts.dropped == {"quote_beside_book": 1}
    assert len(mine.quote(QUOTE, 6, TIME)) == 1


def test_a_crossed_quote_is_dropped_and_costs_what_was_believed() -> None:
    mine, counts = fresh()
    crossed = TextQuote("10.00", "1", "10.00", "1")
    assert mine.quote(crossed, 0, TIME) == []
    mine.quote(QUOTE, 0, TIME)
    [gap] = mine.quote(crossed, 0, TIME)
    assert gap == BookGap(mine.id, "crossed quote: bid 10.00, ask 10.00")
    assert (counts.dropped, counts.gaps) == ({"quote_crossed": 2}, 1)


def test_what_was_believed_is_lost_once() -> None:
    mine, counts = fresh()
    assert mine.lose("nothing there") == []
    mine.quote(QUOTE, 0, TIME)
    assert mine.lose("silent") == [BookGap(mine.id, "silent")]
    assert mine.lose("silent") == []
    assert counts.gaps == 1


def test_trades_are_told_once_and_in_order() -> None:
    mine, counts = fresh()
    told = mine.trades([trade(3), trade(4), trade(4), trade(2)])
    assert [each.trade_id for each in told if isinstance(each, Trade)] == ["3", "4"]
    assert mine.trades([trade(4)]) == []
    assert mine.trades([]) == []
    assert counts.inputs == {"Trade": 1}
    assert counts.dropped == {"trade_old": 1, "trades_none": 1}


def test_trades_without_numbers_are_all_told() -> None:
    mine, _ = fresh()
    assert len(mine.trades([trade(NO_NUMBER), trade(NO_NUMBER)])) == 2


def test_a_chain_of_trades_counts_holes() -> None:
    mine, _ = fresh()
    chain = Oracle("trades")
    mine.trades([trade(3), trade(4), trade(6)], chain)
    assert (chain.compared, chain.different) == (2, 1)
    assert chain.examples == ["BTC-USD: expected trade 5, found 6"]
    mine.begin()
    mine.trades([trade(100)], chain)
    assert chain.compared == 2


def test_a_trade_of_nothing_is_malformed() -> None:
    mine, _ = fresh()
    with pytest.raises(MalformedFrame, match="a trade of nothing"):
        mine.trades([trade(1, quantity="0")])
    with pytest.raises(MalformedNumber):
        mine.trades([trade(1, price="0")])


def test_a_trade_id_is_a_number_if_it_is_digits() -> None:
    assert [numbered(text) for text in ("17", "", "a1", "٣", "9" * 19)] == [17] + [NO_NUMBER] * 4
