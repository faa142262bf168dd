"""The exchange: our orders in the public book, reports, fees, times, and what it publishes."""

import msgspec
import pytest

from fairlead.model.inputs import (
    AuctionIndication,
    BookChange,
    BookSnapshot,
    Input,
    MarketHalt,
    PriceBands,
    Quote,
    SessionPhase,
    Trade,
    TradingStatus,
    VenueAccepted,
    VenueFilled,
)
from fairlead.model.outputs import Action
from fairlead.model.risk_terms import Phase
from fairlead.model.terms import Liquidity, OrderType, Side, TimeInForce
from fairlead.model.units import BasisPoints, InstrumentId, Money, Nanos, Price, Quantity, Rate
from fairlead.simulator.bands import BandTerms
from fairlead.simulator.exchange import Exchange
from fairlead.simulator.fees import FeeTier
from fairlead.simulator.hours import Hours
from fairlead.simulator.operator import Operator
from fairlead.simulator.publishing import AUCTION
from fairlead.simulator.venue import VenueConfig
from fairlead.simulator.world import Handling
from tests.simulator.orders import (
    BUY,
    DATA,
    FOK,
    FROM_VENUE,
    GTC,
    INSTRUMENT,
    IOC,
    SELL,
    START,
    TO_VENUE,
    all_of,
    at,
    cancel,
    market,
    quick,
    replace,
    send,
    story,
)
from tests.simulator.trading_day import HOUR, SECOND, Day, order


class Floor:
    """An open exchange on which the crowd and we trade, one after the other."""

    def __init__(self, **config: int) -> None:
        self.exchange = Exchange([INSTRUMENT], quick(**config))
        self.listing = self.exchange.listings[INSTRUMENT.instrument]
        self.exchange.open(START)
        self.heard: list[tuple[int, Input]] = []
        self.wait()

    def crowd(self, side: Side, quantity: int, price: int, time: Nanos | None = None) -> int:
        """Let the crowd enter a limit order; it meets the book at once."""
        return self.exchange.enter(
            self.listing,
            side,
            Price(price),
            Quantity(quantity),
            Handling.LIMIT,
            time or self.exchange.now,
        )

    def we(self, *actions: Action) -> list[str]:
        """Let us act, and wait for all that comes of it. Return the reports."""
        for action in actions:
            self.exchange.act(action, self.exchange.now)
        return self.wait()

    def wait(self) -> list[str]:
        """Wait until it is quiet. Return the reports that came."""
        heard = all_of(self.exchange)
        self.heard += heard
        return story([one for _, one in heard])

    def fills(self) -> list[VenueFilled]:
        """Return our fills so far."""
        return [one for _, one in self.heard if isinstance(one, VenueFilled)]


def test_an_order_is_accepted_before_it_is_filled_and_each_fill_has_its_own_id() -> None:
    floor = Floor()
    floor.crowd(SELL, 50, 500)
    floor.crowd(SELL, 50, 505)
    assert floor.we(send(1, BUY, 80, 505)) == [
        "accepted 1",
        "filled 1 50@500 taker",
        "filled 1 30@505 taker",
    ]
    assert [fill.execution for fill in floor.fills()] == ["E000000001", "E000000002"]
    assert {fill.session_date for fill in floor.fills()} == {20240809}


def test_takers_pay_the_fee_and_makers_get_the_rebate() -> None:
    floor = Floor()
    floor.crowd(SELL, 50, 500)
    floor.we(send(1, BUY, 100, 500))  # 50 taken, 50 wait
    floor.crowd(SELL, 50, 500)
    floor.wait()
    taken, waited = floor.fills()
    # 50 shares at 5.00 are 250.000000 in the money of the instrument
    assert (taken.liquidity, taken.fee) == (Liquidity.TAKER, 7_500)
    assert (waited.liquidity, waited.fee) == (Liquidity.MAKER, -5_000)


def test_every_leg_of_the_way_takes_its_latency() -> None:
    floor = Floor()
    floor.heard.clear()
    floor.crowd(SELL, 50, 500, at(1_000))
    floor.exchange.act(send(1, BUY, 50, 500), at(2_000))
    floor.wait()
    times = [(time, type(one).__name__) for time, one in floor.heard]
    assert times == [
        (1_000 + DATA, "BookChange"),
        (1_000 + DATA, "Quote"),
        (2_000 + TO_VENUE + DATA, "Trade"),
        (2_000 + TO_VENUE + DATA, "BookChange"),
        (2_000 + TO_VENUE + DATA, "Quote"),
        (2_000 + TO_VENUE + FROM_VENUE, "VenueAccepted"),
        (2_000 + TO_VENUE + FROM_VENUE, "VenueFilled"),
    ]
    accepted = next(one for _, one in floor.heard if isinstance(one, VenueAccepted))
    assert accepted.venue_time == at(2_000 + TO_VENUE)


def test_reports_come_before_market_data_of_the_same_time() -> None:
    floor = Floor()
    floor.heard.clear()
    floor.exchange.act(send(1, BUY, 50, 500), at(1_000))
    floor.exchange.take(at(1_000 + TO_VENUE))
    both = 1_000 + TO_VENUE + FROM_VENUE
    floor.crowd(SELL, 50, 505, at(both - DATA))
    floor.wait()
    assert [type(one).__name__ for time, one in floor.heard if time == both] == [
        "VenueAccepted",
        "BookChange",
        "Quote",
    ]


def test_with_jitter_a_cancel_never_overtakes_its_order() -> None:
    floor = Floor(jitter=1_000, seed=3)
    for number in range(1, 101):
        assert floor.we(send(number, BUY, 100, 500), cancel(number)) == [
            f"accepted {number}",
            f"canceled {number} requested",
        ]


def test_an_order_behind_others_fills_only_after_they_did() -> None:
    floor = Floor()
    floor.crowd(BUY, 70, 500)
    assert floor.we(send(1, BUY, 50, 500)) == ["accepted 1"]
    floor.crowd(BUY, 90, 500)
    floor.crowd(SELL, 70, 500)
    assert floor.wait() == []
    floor.crowd(SELL, 20, 500)
    assert floor.wait() == ["filled 1 20@500 maker"]
    floor.crowd(SELL, 200, 495)
    assert floor.wait() == ["filled 1 30@500 maker"]


def test_what_ioc_fok_and_market_orders_leave_is_canceled() -> None:
    floor = Floor()
    assert floor.we(send(1, BUY, 50, 500, IOC)) == ["accepted 1", "canceled 1 ioc"]
    assert floor.we(market(2, BUY, 50)) == ["accepted 2", "canceled 2 no_liquidity"]
    floor.crowd(SELL, 50, 500)
    assert floor.we(send(3, BUY, 60, 500, FOK)) == ["accepted 3", "canceled 3 fok"]
    assert floor.we(send(4, BUY, 60, 500, IOC)) == [
        "accepted 4",
        "filled 4 50@500 taker",
        "canceled 4 ioc",
    ]
    floor.crowd(SELL, 50, 500)
    assert floor.we(send(5, BUY, 50, 500, FOK)) == ["accepted 5", "filled 5 50@500 taker"]
    assert not floor.exchange.orders


def test_a_market_order_trades_no_further_than_the_worst_price_that_risk_allowed() -> None:
    floor = Floor()
    floor.crowd(SELL, 50, 500)
    floor.crowd(SELL, 50, 510)
    assert floor.we(market(1, BUY, 100, price_worst=505)) == [
        "accepted 1",
        "filled 1 50@500 taker",
        "canceled 1 no_liquidity",
    ]


def test_post_only_is_rejected_where_it_would_take() -> None:
    floor = Floor()
    floor.crowd(SELL, 50, 500)
    assert floor.we(send(1, BUY, 50, 500, post_only=True)) == ["rejected 1 post_only_would_take"]
    assert floor.we(send(2, BUY, 50, 495, post_only=True)) == ["accepted 2"]
    assert floor.we(replace(2, BUY, 50, 500)) == ["replacerejected 2 post_only_would_take"]
    assert floor.listing.book.levels(BUY, 9) == ((495, 50),)


def test_our_own_orders_do_not_trade_with_each_other() -> None:
    floor = Floor()
    floor.we(send(1, SELL, 50, 500))
    floor.crowd(SELL, 50, 495)
    assert floor.we(send(2, BUY, 80, 500)) == [
        "accepted 2",
        "filled 2 50@495 taker",
        "canceled 2 self_trade",
    ]
    assert floor.listing.book.levels(SELL, 9) == ((500, 50),)


def test_a_replace_counts_what_is_filled() -> None:
    floor = Floor()
    floor.we(send(1, BUY, 100, 500))
    floor.crowd(SELL, 40, 500)
    floor.wait()
    assert floor.we(replace(1, BUY, 40, 500)) == ["replacerejected 1 quantity_already_filled"]
    assert floor.we(replace(1, BUY, 30, 500)) == ["replacerejected 1 quantity_already_filled"]
    assert floor.we(replace(1, BUY, 60, 500)) == ["replaced 1 60@500"]
    assert floor.listing.book.levels(BUY, 9) == ((500, 20),)


def test_a_replace_keeps_its_place_only_if_it_asks_for_less() -> None:
    floor = Floor()
    floor.we(send(1, BUY, 100, 500))
    floor.crowd(BUY, 30, 500)
    floor.we(replace(1, BUY, 50, 500))
    assert floor.listing.book.ahead(1) == 0
    floor.we(replace(1, BUY, 60, 500))
    assert floor.listing.book.ahead(1) == 30


def test_a_replaced_price_that_crosses_trades() -> None:
    floor = Floor()
    floor.crowd(SELL, 30, 510)
    floor.we(send(1, BUY, 50, 500))
    assert floor.we(replace(1, BUY, 50, 510)) == ["replaced 1 50@510", "filled 1 30@510 taker"]


def test_a_replace_into_an_order_of_ours_is_canceled() -> None:
    floor = Floor()
    floor.we(send(1, BUY, 50, 500), send(2, SELL, 50, 510))
    assert floor.we(replace(1, BUY, 50, 510)) == ["replaced 1 50@510", "canceled 1 self_trade"]


def test_side_and_type_of_an_order_cannot_be_replaced() -> None:
    floor = Floor()
    floor.we(send(1, BUY, 50, 500))
    assert floor.we(replace(1, SELL, 50, 500)) == [
        "replacerejected 1 only_price_and_quantity_change"
    ]


def test_before_it_opens_orders_are_rejected_and_nothing_is_published() -> None:
    exchange = Exchange([INSTRUMENT], quick())
    listing = exchange.listings[INSTRUMENT.instrument]
    exchange.enter(listing, BUY, Price(500), Quantity(50), Handling.LIMIT, START)
    exchange.act(send(1, BUY, 50, 500), START)
    assert story([one for _, one in all_of(exchange)]) == ["rejected 1 market_closed"]


def test_it_opens_with_a_snapshot_and_the_touch() -> None:
    exchange = Exchange([INSTRUMENT], quick())
    listing = exchange.listings[INSTRUMENT.instrument]
    for side, price in ((BUY, 500), (BUY, 495), (SELL, 505)):
        exchange.enter(listing, side, Price(price), Quantity(50), Handling.LIMIT, START)
    exchange.open(START)
    (first, snapshot), (second, quote) = all_of(exchange)
    assert (first, second) == (DATA, DATA)
    assert isinstance(snapshot, BookSnapshot)
    assert (snapshot.bids, snapshot.asks) == (((500, 50), (495, 50)), ((505, 50),))
    assert isinstance(quote, Quote)
    assert (quote.bid_price, quote.bid_quantity) == (500, 50)
    assert (quote.ask_price, quote.ask_quantity) == (505, 50)
    assert quote.update == snapshot.update


def test_a_trade_is_published_before_the_levels_it_changed_and_then_the_touch() -> None:
    floor = Floor()
    floor.crowd(SELL, 50, 500)
    floor.crowd(SELL, 50, 505)
    floor.wait()
    floor.heard.clear()
    floor.crowd(BUY, 70, 505)
    floor.wait()
    told = [one for _, one in floor.heard]
    assert [type(one).__name__ for one in told] == ["Trade", "Trade", "BookChange", "Quote"]
    first, second, change, quote = told
    assert isinstance(first, Trade)
    assert isinstance(second, Trade)
    assert (first.price, first.quantity, first.aggressor) == (500, 50, BUY)
    assert (second.price, second.quantity, second.aggressor) == (505, 20, BUY)
    assert isinstance(change, BookChange)
    assert (change.bids, change.asks) == ((), ((500, 0), (505, 30)))
    assert isinstance(quote, Quote)
    assert (quote.bid_price, quote.ask_price, quote.ask_quantity) == (0, 505, 30)
    assert first.trade_id != second.trade_id


def test_an_order_that_changes_nothing_is_not_published() -> None:
    floor = Floor()
    floor.heard.clear()
    floor.we(send(1, BUY, 50, 500, IOC))
    assert [type(one).__name__ for _, one in floor.heard] == ["VenueAccepted", "VenueCanceled"]


def test_two_listings_of_one_instrument_are_a_mistake() -> None:
    with pytest.raises(AssertionError, match="listed twice"):
        Exchange([INSTRUMENT, INSTRUMENT], quick())


def test_each_instrument_has_its_own_book() -> None:
    other = msgspec.structs.replace(INSTRUMENT, instrument=InstrumentId(2), symbol="TWO.TEST")
    exchange = Exchange([INSTRUMENT, other], quick())
    exchange.open(START)
    exchange.act(send(1, BUY, 50, 500, GTC), START)
    all_of(exchange)
    assert exchange.listings[INSTRUMENT.instrument].book.levels(BUY, 9) == ((500, 50),)
    assert exchange.listings[other.instrument].book.levels(BUY, 9) == ()


def test_money_and_shares_only_change_hands() -> None:
    floor = Floor()
    for step in range(1, 60):
        floor.crowd(SELL if step % 2 else BUY, 10 * (step % 5 + 1), 500 + 5 * (step % 4))
        side = BUY if step % 3 else SELL
        floor.we(send(step, side, 10 * (step % 7 + 1), 500 + 5 * (step % 3)))
    tape = [one for _, one in floor.heard if isinstance(one, Trade)]
    ours = floor.fills()
    assert len(ours) > 20
    public = [(one.venue_time, one.price, one.quantity) for one in tape]
    for fill in ours:  # each fill of ours is one public trade, used once
        public.remove((fill.venue_time, fill.price, fill.quantity))
    for one in range(1, 60):
        assert sum(fill.quantity for fill in ours if fill.order == one) <= 10 * (one % 7 + 1)


# --- the day --------------------------------------------------------------------------------------

PHASES = (
    (Nanos(0), Phase.CLOSED),
    (Nanos(8 * HOUR), Phase.OPENING_AUCTION),
    (Nanos(9 * HOUR), Phase.CONTINUOUS),
    (Nanos(17 * HOUR), Phase.CLOSING_AUCTION),
    (Nanos(18 * HOUR), Phase.CLOSED),
)
AT_OPEN = {"time_in_force": TimeInForce.AT_OPEN}
AT_CLOSE = {"time_in_force": TimeInForce.AT_CLOSE}


def test_a_day_has_an_open_and_a_close() -> None:
    day = Day(START + 8 * HOUR, hours=Hours(PHASES), indication=Nanos(HOUR))
    day.crowd(BUY, 100, 505)
    day.crowd(SELL, 60, 500)
    buy = order(1, BUY, 30, order_type=OrderType.MARKET, **AT_OPEN)
    assert day.we(buy, order(2, SELL, 40, 510, **AT_OPEN)) == ["accepted 1", "accepted 2"]
    assert day.we(order(3, SELL, 20, 500, **AT_CLOSE)) == ["accepted 3"]
    assert day.we(send(4, BUY, 20, 500, IOC)) == ["rejected 4 not_in_an_auction"]
    assert day.wait(HOUR) == ["filled 1 30@505 taker", "expired 2"]
    trades = day.told(Trade)
    assert {(one.price, one.aggressor, one.conditions) for one in trades} == {(505, None, AUCTION)}
    assert sum(one.quantity for one in trades) == 60
    assert day.listing.book.levels(BUY, 9) == ((505, 70),)
    assert day.we(order(5, BUY, 20, 500, **AT_OPEN)) == ["rejected 5 auction_is_over"]

    assert day.wait(8 * HOUR) == []  # the closing auction has begun
    assert day.wait(HOUR) == ["filled 3 20@505 taker"]
    assert day.listing.phase is Phase.CLOSED
    assert day.we(send(6, BUY, 20, 500)) == ["rejected 6 market_closed"]
    phases = [one.phase for one in day.told(SessionPhase)]
    assert phases == [phase for _, phase in PHASES[1:]]
    assert day.listing.book.levels(BUY, 9) == ((505, 50),), "what has no time stays overnight"


def test_an_indication_says_what_the_auction_would_do_now() -> None:
    day = Day(START + 8 * HOUR, hours=Hours(PHASES), indication=Nanos(SECOND))
    (first,) = day.told(AuctionIndication)
    assert (first.price, first.paired, first.imbalance_side) == (0, 0, None)
    day.crowd(BUY, 100, 505)
    day.crowd(SELL, 60, 500)
    day.wait(SECOND)
    last = day.told(AuctionIndication)[-1]
    assert (last.price, last.paired, last.imbalance, last.imbalance_side) == (505, 60, 40, BUY)
    day.wait(3 * SECOND)
    assert len(day.told(AuctionIndication)) == 5


def test_no_book_is_shown_while_orders_are_collected() -> None:
    day = Day()
    day.crowd(BUY, 100, 500)
    day.phase(Phase.HALT_AUCTION)
    day.crowd(SELL, 60, 490)
    day.wait()
    last_book, last_quote = day.told(BookSnapshot)[-1], day.told(Quote)[-1]
    assert (last_book.bids, last_book.asks) == ((), ())
    assert (last_quote.bid_price, last_quote.ask_price) == (0, 0)
    day.phase(Phase.CONTINUOUS)
    last_book, last_quote = day.told(BookSnapshot)[-1], day.told(Quote)[-1]
    assert last_book.bids == ((500, 40),)
    assert (last_quote.bid_price, last_quote.bid_quantity) == (500, 40)


def test_the_price_of_an_auction_fires_stops() -> None:
    day = Day()
    day.phase(Phase.OPENING_AUCTION)
    day.crowd(SELL, 60, 500)
    day.crowd(BUY, 40, 505)
    stop = order(1, BUY, 20, order_type=OrderType.STOP, trigger_price=Price(500))
    assert day.we(stop) == ["accepted 1"]
    assert day.phase(Phase.CONTINUOUS) == ["triggered 1", "filled 1 20@500 taker"]


def test_in_a_halt_nothing_enters_or_trades_and_it_ends_with_an_auction() -> None:
    day = Day(halt_call=Nanos(SECOND))
    day.we(send(1, BUY, 50, 500), send(2, BUY, 50, 495))
    Operator(day.exchange).halt_all("news", day.now)
    assert day.we(send(3, SELL, 50, 500)) == ["rejected 3 halted"]
    assert day.we(replace(1, BUY, 40, 505)) == ["replacerejected 1 halted"]
    assert day.we(cancel(2)) == ["canceled 2 requested"]
    day.crowd(SELL, 50, 500)
    assert day.wait() == []
    Operator(day.exchange).resume_all(day.now)
    day.crowd(SELL, 30, 490)
    assert day.wait() == []
    assert day.wait(SECOND) == ["filled 1 30@500 taker"], "buyers are left: the highest price"
    assert [one.halted for one in day.told(MarketHalt)] == [True, False]
    status = [(one.tradable, one.reason) for one in day.told(TradingStatus)]
    assert status == [(False, "news"), (True, "")]
    phases = [one.phase for one in day.told(SessionPhase)]
    assert phases == [Phase.HALT_AUCTION, Phase.CONTINUOUS]


def test_a_limit_state_that_lasts_becomes_a_pause() -> None:
    terms = BandTerms(BasisPoints(100), limit_state=Nanos(15 * SECOND), pause=Nanos(60 * SECOND))
    day = Day(bands=terms, halt_call=Nanos(10 * SECOND))
    day.crowd(SELL, 10, 500)
    day.crowd(BUY, 10, 500)  # bands 495 to 505
    day.crowd(BUY, 10, 505)
    day.wait(16 * SECOND)
    bands = [(one.lower, one.upper, one.limit_state) for one in day.told(PriceBands)]
    assert bands == [(495, 505, False), (495, 505, True)]
    assert day.listing.halted
    day.wait(60 * SECOND)
    day.crowd(SELL, 10, 540)  # orders that are collected have no bands
    day.crowd(BUY, 10, 540)
    day.wait(10 * SECOND)
    phases = [one.phase for one in day.told(SessionPhase)]
    assert phases == [Phase.HALT_AUCTION, Phase.CONTINUOUS]
    last = day.told(PriceBands)[-1]
    assert (last.lower, last.upper, last.limit_state) == (535, 545, False)


def test_a_limit_state_that_ends_in_time_is_no_pause() -> None:
    day = Day(bands=BandTerms(BasisPoints(100)))
    day.crowd(SELL, 10, 500)
    day.crowd(BUY, 10, 500)
    bid = day.crowd(BUY, 10, 505)
    day.wait(5 * SECOND)
    day.exchange.withdraw(day.listing, bid, day.now)
    day.wait(60 * SECOND)
    assert not day.listing.halted
    assert [one.limit_state for one in day.told(PriceBands)] == [False, True, False]


def test_fees_fall_with_the_volume_and_every_execution_says_its_own() -> None:
    tiers = (
        FeeTier(Money(0), Rate(1_000), Rate(3_000)),
        FeeTier(Money(50 * 500 * 10_000), Rate(-1_000), Rate(2_000)),
    )
    exchange = Exchange([INSTRUMENT], VenueConfig(fee_tiers=tiers))
    exchange.open(START)
    exchange.take(START)
    listing = exchange.listings[INSTRUMENT.instrument]
    fees = []
    for number in (1, 2):
        exchange.enter(listing, SELL, Price(500), Quantity(50), Handling.LIMIT, exchange.now)
        exchange.act(send(number, BUY, 50, 500), exchange.now)
        fees += [one.fee for _, one in all_of(exchange) if isinstance(one, VenueFilled)]
    assert fees == [7_500, 5_000]


def test_a_reset_ends_our_session_and_what_works() -> None:
    day = Day()
    day.we(send(1, BUY, 50, 500))
    day.exchange.reset_sessions("the operator", day.now)
    assert day.wait() == ["disconnected  the operator"]
    assert not day.exchange.orders
    assert day.listing.book.levels(BUY, 9) == ()
