"""The venue's own record: what came, how often, and what became of it."""

from typing import Any

from fairlead.model.outputs import ReplaceOrder
from fairlead.model.terms import Status
from fairlead.model.units import Nanos, Price, Quantity
from fairlead.simulator.exchange import Exchange
from fairlead.simulator.venue_books import VenueBooks, message_name
from fairlead.simulator.world import Handling
from tests.simulator.orders import (
    BUY,
    INSTRUMENT,
    ONE,
    SELL,
    START,
    approved,
    cancel,
    query,
    quick,
    send,
)


def traded() -> VenueBooks:
    """Return the books of a venue where two of our orders met, and others did not."""
    exchange = Exchange([INSTRUMENT], quick())
    exchange.books = VenueBooks()
    exchange.open(START)
    time = START
    for order in (
        send(1, BUY, 100, 10_000, client_order="a"),
        send(1, BUY, 100, 10_000, client_order="a"),  # sent twice
        send(2, BUY, 15, 10_000, client_order="b"),  # off the lot
        send(3, BUY, 100, 9_000, client_order="c"),
        ReplaceOrder(approved(3, BUY, 120, 9_005, request=2, client_order="d")),
        cancel(9),
        cancel(9),
    ):
        time = Nanos(time + 1_000)
        exchange.act(order, time)
        exchange.take(Nanos(time + 500))
    listing = exchange.listings[ONE]
    exchange.enter(listing, SELL, Price(10_000), Quantity(40), Handling.LIMIT, Nanos(time + 600))
    assert exchange.cancel_now("d", Nanos(time + 700)) == 1
    return exchange.books


def test_an_order_that_came_twice_is_counted_though_it_was_turned_away() -> None:
    books = traded()
    assert books.orders["a"].sent == 2
    assert books.orders["a"].status is Status.OPEN
    assert books.orders["a"].filled == 40
    assert books.position(ONE) == 40


def test_what_was_turned_away_says_why() -> None:
    refused = traded().orders["b"]
    assert (refused.status, refused.reason) == (Status.REJECTED, "quantity_not_on_lot")


def test_a_replace_belongs_to_its_order() -> None:
    books = traded()
    replaced = books.orders["c"]
    assert (replaced.quantity, replaced.price, replaced.replaces) == (120, 9_005, ["d"])
    assert (replaced.status, replaced.reason) == (Status.CANCELED, "emergency_line")
    assert not books.knows("d")


def test_the_content_is_plain() -> None:
    content: dict[str, Any] = traded().content()
    assert content["positions"] == {"1": 40}
    assert [one["client_order"] for one in content["executions"]] == ["a"]


def test_every_message_that_came_is_counted_whatever_was_made_of_it() -> None:
    books = traded()
    assert books.messages == {"new a": 2, "new b": 1, "new c": 1, "replace d": 1, "cancel 9/0": 2}
    assert books.content()["messages"] == books.messages


def test_what_asks_and_changes_nothing_has_no_name() -> None:
    assert message_name(cancel(7)) == "cancel 7/0"
    assert message_name(query(7)) == message_name(approved(1, BUY, 1, 1)) == ""
