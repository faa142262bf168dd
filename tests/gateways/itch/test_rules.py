"""What each message of one instrument means."""

import msgspec
import pytest

from fairlead.gateways.itch.feed import ItchFeed
from fairlead.gateways.itch.messages import (
    AddAttributedOrder,
    AddOrder,
    AuctionCollar,
    BrokenTrade,
    CrossTrade,
    DeclineLevels,
    DeclineStatus,
    DirectListing,
    HiddenTrade,
    Imbalance,
    Message,
    OperationalHalt,
    OrderCancel,
    OrderDelete,
    OrderExecuted,
    OrderExecutedAtPrice,
    OrderReplace,
    ParticipantPosition,
    QuotingPeriod,
    RetailInterest,
    ShortSaleTest,
    TradingAction,
)
from fairlead.model.inputs import (
    AuctionIndication,
    BookOrderAdded,
    BookOrderExecuted,
    BookOrderReduced,
    BookOrderRemoved,
    BookOrderReplaced,
    Input,
    MarketHalt,
    OutsideValue,
    PriceBands,
    ShortSaleRestriction,
    Trade,
    TradeBusted,
    TradingStatus,
)
from fairlead.model.terms import Side
from fairlead.model.units import (
    Millionths,
    Price,
    Quantity,
)
from tests.gateways.itch.venue import (
    AAPL,
    DATE,
    HEADER,
    OPEN,
    TIME,
    begun,
    dropped,
    feed,
    opening,
    receive,
)


def told(*messages: Message) -> list[Input]:
    return receive(begun(), *messages)


# --- books ---


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            AddOrder(*HEADER, 7, "B", 300, "AAPL", 1_912_300),
            BookOrderAdded(AAPL, 7, Side.BUY, Price(1_912_300), Quantity(300), TIME),
        ),
        (
            AddAttributedOrder(*HEADER, 7, "S", 300, "AAPL", 1_912_300, "MAXM"),
            BookOrderAdded(AAPL, 7, Side.SELL, Price(1_912_300), Quantity(300), TIME),
        ),
        (
            OrderExecuted(*HEADER, 7, 100, 55),
            BookOrderExecuted(AAPL, 7, Quantity(100), Price(0), "55", TIME),
        ),
        (
            OrderExecutedAtPrice(*HEADER, 7, 100, 55, "Y", 1_912_350),
            BookOrderExecuted(AAPL, 7, Quantity(100), Price(1_912_350), "55", TIME),
        ),
        (OrderCancel(*HEADER, 7, 100), BookOrderReduced(AAPL, 7, Quantity(100), TIME)),
        (OrderDelete(*HEADER, 7), BookOrderRemoved(AAPL, 7, TIME)),
        (
            OrderReplace(*HEADER, 7, 8, 200, 1_912_400),
            BookOrderReplaced(AAPL, 7, 8, Price(1_912_400), Quantity(200), TIME),
        ),
    ],
)
def test_a_message_of_a_book_is_its_input(message: Message, expected: Input) -> None:
    assert told(message) == [expected]


def test_what_is_not_printable_leaves_the_book_and_is_no_trade() -> None:
    message = OrderExecutedAtPrice(*HEADER, 7, 100, 55, "N", 1_912_350)
    assert told(message) == [BookOrderReduced(AAPL, 7, Quantity(100), TIME)]


def test_increments_are_those_of_the_instrument() -> None:
    [apple] = feed("AAPL").instruments
    fine = msgspec.structs.replace(apple, price_decimals=6, quantity_decimals=2, money_decimals=8)
    one = ItchFeed([fine], DATE)
    receive(one, *opening())
    [added] = receive(one, AddOrder(*HEADER, 7, "B", 300, "AAPL", 1_912_300))
    assert isinstance(added, BookOrderAdded)
    assert (added.price, added.quantity) == (191_230_000, 30_000)


@pytest.mark.parametrize(("decimals", "fine"), [(2, 0), (3, 0), (10, 0), (4, 6)])
def test_an_instrument_that_cannot_hold_the_numbers_is_refused(decimals: int, fine: int) -> None:
    [apple] = feed("AAPL").instruments
    other = msgspec.structs.replace(
        apple, price_decimals=decimals, quantity_decimals=fine, money_decimals=18
    )
    with pytest.raises(ValueError, match=r"instrument 'AAPL\.NASDAQ': (price|quantity)_decimals"):
        ItchFeed([other], DATE)


# --- trades and auctions ---


def test_trades_tell_no_aggressor_and_their_condition() -> None:
    hidden = HiddenTrade(*HEADER, 0, "B", 10, "AAPL", 1_912_350, 56)
    cross = CrossTrade(*HEADER, 5_000_000_000, "AAPL", 1_912_000, 57, "O")
    assert told(hidden, cross) == [
        Trade(AAPL, Price(1_912_350), Quantity(10), None, "56", TIME, "P"),
        Trade(AAPL, Price(1_912_000), Quantity(5_000_000_000), None, "57", TIME, "QO"),
    ]


def test_an_auction_in_which_nothing_traded_is_no_trade() -> None:
    assert dropped(begun(), CrossTrade(*HEADER, 0, "AAPL", 0, 57, "C"))["cross_empty"] == 1


def test_a_broken_trade_is_taken_back() -> None:
    assert told(BrokenTrade(*HEADER, 56)) == [TradeBusted(AAPL, "56", TIME)]


@pytest.mark.parametrize(
    ("direction", "side"), [("B", Side.BUY), ("S", Side.SELL), ("N", None), ("O", None)]
)
def test_an_imbalance_is_an_indication(direction: str, side: Side | None) -> None:
    message = Imbalance(*HEADER, 500, 70, direction, "AAPL", 99_000, 99_100, 99_200, "C", "1")
    assert told(message) == [
        AuctionIndication(
            AAPL, Price(99_100), Quantity(500), Quantity(70), side,
            Price(99_100), Price(99_000), Price(99_200), TIME,
        )
    ]  # fmt: skip


# --- whether it trades ---


def test_a_halt_stands_until_both_kinds_are_over() -> None:
    inputs = told(
        TradingAction(*HEADER, "AAPL", "H", "", "T1"),
        OperationalHalt(*HEADER, "AAPL", "Q", "H"),
        TradingAction(*HEADER, "AAPL", "Q", "", "T3"),
        TradingAction(*HEADER, "AAPL", "T", "", ""),
        OperationalHalt(*HEADER, "AAPL", "Q", "T"),
        TradingAction(*HEADER, "AAPL", "P", "", "LUDP"),
    )
    assert inputs == [
        TradingStatus(AAPL, False, "halted: T1"),
        TradingStatus(AAPL, False, "halted: T1"),
        TradingStatus(AAPL, False, "quotes only: T3"),
        TradingStatus(AAPL, False, "operational halt"),
        TradingStatus(AAPL, True, ""),
        TradingStatus(AAPL, False, "paused: LUDP"),
    ]


def test_an_operational_halt_of_another_market_is_none_here() -> None:
    assert dropped(begun(), OperationalHalt(*HEADER, "AAPL", "B", "H"))["other_market"] == 1


def test_the_collar_of_a_reopening_holds_until_it_trades() -> None:
    inputs = told(
        TradingAction(*HEADER, "AAPL", "P", "", "LUDP"),
        AuctionCollar(*HEADER, "AAPL", 100, 110, 90, 0),
        TradingAction(*HEADER, "AAPL", "T", "", ""),
        TradingAction(*HEADER, "AAPL", "T", "", ""),
    )
    assert inputs[1:] == [
        PriceBands(AAPL, Price(90), Price(110), False, TIME),
        TradingStatus(AAPL, True),
        PriceBands(AAPL, Price(0), Price(0), False, TIME),
        TradingStatus(AAPL, True),
    ]


@pytest.mark.parametrize(("action", "active"), [("0", False), ("1", True), ("2", True)])
def test_a_short_sale_restriction_holds_by_its_action(action: str, active: bool) -> None:
    message = ShortSaleTest(*HEADER, "AAPL", action)
    assert told(message) == [ShortSaleRestriction(AAPL, active, DATE, TIME)]


@pytest.mark.parametrize("stock", ["AAPL", "ZVZZT"])
def test_a_market_wide_halt_ends_when_any_stock_resumes_from_it(stock: str) -> None:
    locate = 1 if stock == "AAPL" else 3
    inputs = told(
        DeclineStatus(0, 0, OPEN, "2"),
        TradingAction(*HEADER, "AAPL", "T", "", "XYZ"),
        TradingAction(locate, 0, OPEN, stock, "T", "", "MWCQ"),
        TradingAction(locate, 0, OPEN, stock, "T", "", "MWCQ"),
    )
    halts = [one for one in inputs if isinstance(one, MarketHalt)]
    assert halts == [
        MarketHalt("", 2, True, "level 2 of the decline was breached", TIME),
        MarketHalt("", 2, False, "trading resumes", TIME),
    ]


def test_the_levels_of_the_breaker_are_outside_values() -> None:
    message = DeclineLevels(0, 0, OPEN, 465_012_345_678, 435_000_000_000, 400_000_000_000)
    assert told(message) == [
        OutsideValue("mwcb_level_1", Millionths(4_650_123_456), TIME),
        OutsideValue("mwcb_level_2", Millionths(4_350_000_000), TIME),
        OutsideValue("mwcb_level_3", Millionths(4_000_000_000), TIME),
    ]


@pytest.mark.parametrize(
    "message",
    [
        ParticipantPosition(*HEADER, "MAXM", "AAPL", "Y", "N", "A"),
        QuotingPeriod(*HEADER, "AAPL", 34_200, "A", 100),
        RetailInterest(*HEADER, "AAPL", "A"),
        DirectListing(*HEADER, "AAPL", "Y", 1, 2, 3, 4, 5, 6),
    ],
)
def test_what_nothing_depends_on_is_counted(message: Message) -> None:
    assert dropped(begun(), message)["for_information"] == 1
