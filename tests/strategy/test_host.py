"""The host: who hears what, and in which order."""

from collections.abc import Callable
from typing import Any

import pytest

from fairlead.model.codec import encode_input
from fairlead.model.inputs import (
    BookGap,
    BookSnapshot,
    InstrumentSplit,
    OrderPolicyChange,
    PositionCorrection,
    Quote,
    StrategyStopCommand,
    VenueCorrected,
    VenueDisconnected,
)
from fairlead.model.outputs import (
    FillBusted,
    InstrumentAdjusted,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderReplaced,
    OrderTimedOut,
    OrderUnknown,
    Output,
    PositionChanged,
)
from fairlead.model.policies import OrderPolicy
from fairlead.model.terms import Liquidity, Side
from fairlead.model.units import (
    AccountId,
    InstrumentId,
    Money,
    Nanos,
    OrderId,
    Price,
    Quantity,
    SignedQuantity,
    StrategyId,
    UpdateId,
)
from fairlead.strategy import Context, Strategy
from tests.strategy.listeners import Buyer, Listener, kinds
from tests.strategy.rig import AAA, BBB, SECOND, SESSION_DATE, Rig


def test_a_strategy_hears_all_instruments_unless_it_subscribes() -> None:
    listener = Listener()
    rig = Rig(listener).start()
    rig.quote(9_990, 10_000, AAA)
    rig.quote(9_990, 10_000, BBB)
    assert [quote.instrument for quote in listener.heard] == [AAA, BBB]


def test_a_subscription_narrows_to_the_instrument_and_to_what_was_asked_of_it() -> None:
    class Narrow(Listener):
        def on_start(self, context: Context) -> None:
            context.subscribe(BBB, trades=False)

    narrow = Narrow()
    rig = Rig(narrow).start()
    for instrument in (AAA, BBB):
        rig.quote(9_990, 10_000, instrument)
        rig.trade(10_000, instrument=instrument)
    assert [(type(event), event.instrument) for event in narrow.heard] == [(Quote, BBB)]


def test_a_subscription_made_in_a_handler_holds_from_the_next_event_on() -> None:
    class Later(Listener):
        def on_quote(self, context: Context, quote: Quote) -> None:
            super().on_quote(context, quote)
            context.subscribe(BBB)

    later = Later()
    rig = Rig(later).start()
    for instrument in (AAA, AAA, BBB):
        rig.quote(9_990, 10_000, instrument)
    assert [quote.instrument for quote in later.heard] == [AAA, BBB]


def test_nothing_is_heard_before_the_start() -> None:
    listener = Listener()
    rig = Rig(listener)
    rig.quote(9_990, 10_000)
    assert listener.heard == []


def test_strategies_hear_an_event_in_the_order_of_their_ids() -> None:
    heard: list[Any] = []
    rig = Rig()
    for number in (3, 1, 2):
        rig.host.add(StrategyId(number), Listener(heard, str(number)))
    rig.start()
    rig.quote(9_990, 10_000)
    assert [name for name, _ in heard] == ["1", "2", "3"]


def test_a_quote_that_the_machine_refused_reaches_nobody() -> None:
    listener = Listener()
    rig = Rig(listener).start()
    rig.quote(-5, 10_000)
    rig.trade(0)
    assert listener.heard == []


def test_book_events_reach_on_book_and_a_lost_book_on_stale_first() -> None:
    heard: list[str] = []

    class Books(Strategy):
        def on_stale(self, context: Context, stale: Any) -> None:
            heard.append(f"stale: {stale.reason}")

        def on_book(self, context: Context, event: Any) -> None:
            book = context.book(event.instrument)
            heard.append(f"{type(event).__name__} {book.levels(Side.BUY, 5)} {book.stale}")

    rig = Rig(Books()).start()
    bids = ((Price(99), Quantity(5)), (Price(98), Quantity(6)))
    asks = ((Price(101), Quantity(7)),)
    rig.run(BookSnapshot(AAA, bids, asks, UpdateId(1), rig.time))
    rig.run(BookGap(AAA, "lost a packet"))
    assert heard == [
        "BookSnapshot [(99, 5), (98, 6)] False",
        "stale: lost a packet",
        "BookGap [(99, 5), (98, 6)] True",
    ]


def test_facts_about_an_order_reach_its_owner_and_nobody_else() -> None:
    buyer, other = Buyer(), Listener()
    rig = Rig(buyer, other).start()
    rig.quote(9_990, 10_000)
    rig.accept(buyer.bought)
    rig.fill(buyer.bought, 9_990, 4)
    rig.cancel(buyer.bought)
    assert kinds(buyer.heard) == [Quote, OrderAccepted, OrderFilled, OrderCanceled]
    assert kinds(other.heard) == [Quote]


def test_of_several_facts_fills_come_first_and_strategies_in_the_order_of_their_ids() -> None:
    heard: list[Any] = []
    rig = Rig(Buyer(heard, "1"), Buyer(heard, "2")).start()
    rig.quote(9_990, 10_000)
    first, second = rig.sent()
    one = Quantity(1)
    outputs: list[Output] = [
        OrderUnknown(second.order, StrategyId(2), AAA, "b"),
        OrderFilled(
            second.order,
            StrategyId(2),
            AAA,
            Side.BUY,
            Price(1),
            one,
            Money(0),
            Liquidity.MAKER,
            "x",
            one,
            one,
        ),
        OrderUnknown(first.order, StrategyId(1), AAA, "a"),
    ]
    heard.clear()
    rig.host.deliver(rig.time, VenueDisconnected("VENUE", ""), outputs)
    assert [(name, type(event)) for name, event in heard] == [
        ("1", OrderUnknown),
        ("2", OrderFilled),
        ("2", OrderUnknown),
    ]


class Holder(Buyer):
    """A buyer that hears whatever moves its position, and what it then holds."""

    def on_fill(self, context: Context, fill: OrderFilled) -> None:
        self.note(("fill", context.position(AAA).quantity))

    def on_bust(self, context: Context, bust: FillBusted) -> None:
        self.note(("bust", context.position(AAA).quantity))

    def on_position(self, context: Context, position: PositionChanged) -> None:
        assert position.quantity == context.position(AAA).quantity
        self.note(("position", position.quantity))

    def on_adjustment(self, context: Context, adjustment: InstrumentAdjusted) -> None:
        self.note(adjustment.action)


def holding() -> tuple[Rig, Holder]:
    """Return a rig in which a holder has bought 4 and has heard nothing since."""
    holder = Holder()
    rig = Rig(holder, Holder()).start()
    rig.quote(9_990, 10_000)
    rig.accept(holder.bought)
    rig.fill(holder.bought, 9_990, 4)
    assert holder.heard.pop() == ("fill", 4)
    holder.heard.clear()
    return rig, holder


def test_a_fill_that_is_taken_back_reaches_on_bust_and_nothing_else() -> None:
    rig, holder = holding()
    rig.bust(holder.bought, execution=1)
    assert holder.heard == [("bust", 0)]


def test_a_corrected_fill_is_a_bust_and_a_fill_with_the_position_after_both() -> None:
    rig, holder = holding()
    rig.run(
        VenueCorrected(
            holder.bought,
            AAA,
            "x1",
            "x2",
            SESSION_DATE,
            Price(9_980),
            Quantity(5),
            Money(0),
            Liquidity.MAKER,
            "price",
            rig.time,
        )
    )
    assert holder.heard == [("bust", 5), ("fill", 5)]


def test_a_position_that_no_fill_has_changed_reaches_on_position() -> None:
    rig, holder = holding()
    correction = PositionCorrection(
        AccountId(1), StrategyId(1), AAA, SignedQuantity(3), Price(9_990), "ann", "found"
    )
    rig.run(correction)
    assert holder.heard == [("position", 7)]


def test_a_split_is_told_before_what_it_did_to_position_and_orders() -> None:
    rig, holder = holding()
    rig.run(InstrumentSplit(AAA, 2, 1, "two for one"))
    told = [one if isinstance(one, str | tuple) else type(one) for one in holder.heard]
    assert told == ["split 2 for 1", OrderReplaced, ("position", 8)]


def test_an_adjustment_reaches_those_who_listen_to_anything_of_the_instrument() -> None:
    class Narrowing(Listener):
        def on_adjustment(self, context: Context, adjustment: InstrumentAdjusted) -> None:
            self.note((adjustment.instrument, adjustment.action))
            context.subscribe(BBB, quotes=False, book=False)

    narrowing = Narrowing()
    rig = Rig(narrowing).start()
    for instrument in (AAA, AAA, BBB):
        rig.quote(9_990, 10_000, instrument)
        rig.run(InstrumentSplit(instrument, 2, 1, "two for one"))
    told = [one for one in narrowing.heard if isinstance(one, tuple)]
    assert told == [(AAA, "split 2 for 1"), (BBB, "split 2 for 1")]


def test_a_position_of_nobody_is_nobodys_news() -> None:
    rig, holder = holding()
    nobody = PositionCorrection(
        AccountId(1), StrategyId(0), AAA, SignedQuantity(3), Price(9_990), "ann", "found"
    )
    assert PositionChanged in kinds(rig.run(nobody))
    assert holder.heard == []


def test_what_a_quote_does_to_own_orders_is_told_before_the_quote() -> None:
    buyer = Buyer()
    rig = Rig(buyer).start()
    rig.run(OrderPolicyChange(OrderPolicy(timeout=Nanos(SECOND), all_orders=True), "p", "r"))
    rig.quote(9_990, 10_000)
    rig.accept(buyer.bought)
    buyer.heard.clear()
    rig.time = Nanos(SECOND)
    rig.quote(9_991, 10_000)
    assert kinds(buyer.heard) == [OrderTimedOut, Quote]


def test_after_the_stop_only_facts_about_own_orders_come() -> None:
    buyer = Buyer()
    rig = Rig(buyer).start()
    rig.quote(9_990, 10_000)
    rig.host.stop(rig.time)
    rig.quote(9_991, 10_000)
    rig.trade(10_000)
    rig.accept(buyer.bought)
    assert kinds(buyer.heard) == [Quote, str, OrderAccepted]
    rig.host.stop(rig.time)
    assert buyer.heard.count("stop") == 1


def test_a_strategy_that_a_person_stops_ends_and_hears_the_rest_of_its_orders() -> None:
    buyer, other = Buyer(), Listener()
    rig = Rig(buyer, other).start()
    rig.quote(9_990, 10_000)
    rig.accept(buyer.bought)
    rig.run(StrategyStopCommand(StrategyId(1), "ann", "lunch"))
    rig.cancel(buyer.bought)
    rig.quote(9_991, 10_000)
    assert kinds(buyer.heard) == [Quote, OrderAccepted, str, OrderCanceled]
    assert kinds(other.heard) == [Quote, Quote]


class Leaving(BaseException):
    """A way out that is no Exception."""


@pytest.mark.parametrize(
    "mistake",
    [
        lambda context: context.buy(InstrumentId(1), Quantity(2**70), Price(1)),
        lambda context: context.cancel(OrderId(2**80)),
        lambda context: context.buy(InstrumentId(1), Quantity(1), Price(100), tag="\ud800"),
        lambda context: (_ for _ in ()).throw(Leaving()),
        lambda context: (_ for _ in ()).throw(GeneratorExit()),
        lambda context: (_ for _ in ()).throw(ValueError("\ud800")),
    ],
)
def test_no_way_out_of_a_handler_ends_the_node(mistake: Callable[[Context], object]) -> None:
    """S0-ARCH-15: the strategy is taken off, and what says so can be written down."""

    class Mistaken(Strategy):
        def on_quote(self, context: Context, quote: Quote) -> None:
            mistake(context)

    rig = Rig(Mistaken())
    rig.start()
    rig.quote(9_999, 10_001)
    (failure,) = rig.host.failures
    assert encode_input(failure)
