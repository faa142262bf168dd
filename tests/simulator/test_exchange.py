"""The exchange: our orders in the public book, reports, fees, times, and what it publishes."""

import msgspec
import pytest

from fairlead.model.inputs import (
    BookChange,
    BookSnapshot,
    Input,
    Quote,
    Trade,
    VenueAccepted,
    VenueFilled,
)
from fairlead.model.outputs import Action
from fairlead.model.terms import Liquidity, Side
from fairlead.model.units import InstrumentId, Nanos, Price, Quantity
from fairlead.simulator.exchange import Exchange
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
    for order in range(1, 60):
        assert sum(fill.quantity for fill in ours if fill.order == order) <= 10 * (order % 7 + 1)
