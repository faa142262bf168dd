"""ITCH behind a receiver: whatever the lines do, a book is true or is not believed."""

from random import Random

import pytest

from fairlead.gateways.errors import MalformedFrame
from fairlead.gateways.itch.feed import ItchFeed
from fairlead.gateways.itch.messages import SnapshotEnd, encode
from fairlead.gateways.itch.stream import ItchStream
from fairlead.gateways.moldudp64 import OTHER_SESSIONS_MAX, Packet, Receiver, Sender
from fairlead.gateways.soupbintcp import ClientEnd, Sequenced, ServerEnd, Session, Skipped
from fairlead.machine.books import Book
from fairlead.model.inputs import (
    BookGap,
    BookOrderAdded,
    BookOrderExecuted,
    BookOrderReduced,
    BookOrderRemoved,
    BookOrderReplaced,
    BookOrders,
    Input,
)
from fairlead.model.terms import Side
from fairlead.model.units import InstrumentId, Nanos
from tests.gateways.itch.venue import STOCKS, Venue, feed
from tests.gateways.mutations import check_decoder

A, B, SERVER = 0, 1, 2
SESSION = "0000010059"
MILLISECOND = 1_000_000
ORDERS = (
    BookOrderAdded, BookOrderExecuted, BookOrderReduced, BookOrderRemoved, BookOrderReplaced,
)  # fmt: skip


class Books:
    """The machine's own books, fed with inputs."""

    def __init__(self, one: ItchFeed) -> None:
        self.books = {listed.instrument: Book(listed.instrument) for listed in one.instruments}
        self.stocks = {listed.instrument: listed.symbol[:4] for listed in one.instruments}

    def take(self, inputs: list[Input]) -> None:
        for one in inputs:
            if isinstance(one, BookOrders):
                self.books[one.instrument].all_orders(one.orders, one.update, one.venue_time)
            elif isinstance(one, BookGap):
                self.books[one.instrument].lose(one.reason)
            elif isinstance(one, ORDERS):
                problem, _ = self.books[one.instrument].order_change(one, one.venue_time)
                assert not problem, problem

    def believed(self, instrument: InstrumentId) -> bool:
        return not self.books[instrument].gap and self.books[instrument].orders is not None

    def check(self, venue: Venue) -> int:
        """Compare every book that is believed with the true one; return how many are."""
        believed = 0
        for instrument, stock in self.stocks.items():
            orders = self.books[instrument].orders
            if not self.believed(instrument) or orders is None:
                continue
            believed += 1
            true = venue.book(stock)
            found = {(number, side, price, size) for number, side, price, size in orders.whole()}
            assert found == {
                (number, Side.BUY if one.side == "B" else Side.SELL, one.price, one.shares)
                for number, one in true.items()
            }
            for number, one in true.items():
                queue = orders.queue_of(number)
                assert queue is not None
                assert list(queue.orders) == [
                    other
                    for other, there in true.items()
                    if (there.side, there.price) == (one.side, one.price)
                ]
        return believed


def stream() -> ItchStream:
    return ItchStream(feed(), Receiver(SESSION, 1))


def flushed(one: ItchStream, books: Books, now: int) -> int:
    """Let time pass until nothing is missing any more; return the time then."""
    while (due := one.receiver.next_time) is not None:
        now = max(now, due)
        books.take(one.tick(Nanos(now)))
        one.receiver.requests.clear()
    return now


def mend(one: ItchStream, books: Books, venue: Venue, between: list[bytes]) -> None:
    """Read a snapshot while the feed goes on with `between`."""
    one.begin_snapshot()
    told = venue.snapshot(*STOCKS[:2])
    for datagram in between:
        books.take(one.datagram(A, datagram, Nanos(0)))
    for message in told:
        books.take(one.snapshot_message(message, Nanos(0)))


@pytest.mark.parametrize("seed", range(5))
def test_a_long_session_gives_the_true_books(seed: int) -> None:
    venue, one = Venue(seed), feed()
    books = Books(one)
    done = 0
    for _ in range(20):
        venue.go_on(250)
        for message in venue.sent[done:]:
            books.take(one.receive(message, Nanos(0)))
        done = len(venue.sent)
        assert books.check(venue) == 2
    assert one.counts.balanced
    assert one.counts.inputs["BookOrderExecuted"] > 100


@pytest.mark.parametrize("damage", ["dropped", "duplicated", "reordered", "corrupted", "truncated"])
@pytest.mark.parametrize("seed", range(6))
def test_one_damaged_datagram_is_noticed_there_and_mended_by_a_snapshot(
    seed: int, damage: str
) -> None:
    random = Random(seed)
    venue, sender, one = Venue(seed), Sender(SESSION), stream()
    books = Books(one.feed)
    venue.go_on(600)
    datagrams = [sender.send([message])[0] for message in venue.sent]
    at = random.randrange(10, len(datagrams) - 10)
    lost = damage in ("dropped", "corrupted", "truncated")
    for number, datagram in enumerate(damaged(datagrams, at, damage, random)):
        try:
            books.take(one.datagram(A, datagram, Nanos(number)))
        except MalformedFrame:
            assert number == at
        if number == at + 1:
            assert one.receiver.missing == ([(at + 1, at + 1)] if lost else [])
    flushed(one, books, len(datagrams))
    assert one.receiver.lost == lost
    assert books.check(venue) == (0 if lost else 2)
    assert bool(one.feed.needs_snapshots) == lost
    if lost:
        done = len(venue.sent)
        venue.go_on(5)
        told = sender.send(venue.sent[done:])
        mend(one, books, venue, told)
    assert books.check(venue) == 2
    assert one.feed.counts.balanced
    assert one.feed.counts.waiting == 0


def damaged(datagrams: list[bytes], at: int, damage: str, random: Random) -> list[bytes]:
    """Return the datagrams with one thing wrong at one of them."""
    before, it, after = datagrams[:at], datagrams[at], datagrams[at + 1 :]
    if damage == "dropped":
        return before + after
    if damage == "duplicated":
        return [*before, it, it, *after]
    if damage == "reordered":
        return [*before, after[0], it, *after[1:]]
    if damage == "truncated":
        return [*before, it[: random.randrange(len(it))], *after]
    header = random.choice((10, 18, 20))  # the sequence number, the count, the length
    return [*before, it[:header] + b"\xff" + it[header + 1 :], *after]


def test_a_message_that_cannot_be_read_costs_its_book_at_once() -> None:
    venue, one = Venue(1), stream()
    books = Books(one.feed)
    venue.go_on(100)
    sender = Sender(SESSION)
    at = next(n for n, m in enumerate(venue.sent) if m[0] == ord("A") and m[2] == 1 and n > 50)
    spoiled = [*venue.sent[:at], venue.sent[at][:19] + b"?" + venue.sent[at][20:]]
    inputs: list[Input] = []
    for message in spoiled:
        inputs += one.datagram(A, sender.send([message])[0], Nanos(0))
    books.take(inputs)
    assert inputs[-1] == BookGap(InstrumentId(1), "a message of it could not be read")
    assert one.feed.needs_snapshots == (InstrumentId(1),)
    assert "side b'?', expected B or S" in one.malformed_examples[0]
    assert f"message {at + 1}: " in one.malformed_examples[0]


@pytest.mark.parametrize("seed", range(8))
def test_books_are_true_or_not_believed_on_two_lossy_lines(seed: int) -> None:
    """A server answers half of the requests; what it does not is mended by snapshots."""
    random = Random(seed)
    venue, sender, one = Venue(seed), Sender(SESSION), stream()
    books, compared, now = Books(one.feed), 0, 0
    done = 0
    for _ in range(60):
        venue.go_on(20)
        datagrams = [*sender.send(venue.sent[done:]), sender.heartbeat()]
        done = len(venue.sent)
        carried = [
            (line, datagram)
            for datagram in datagrams
            for line in (A, B)
            for _ in range(random.choice((0, 1, 1, 1, 2)))
        ]
        for line, datagram in carried:
            now += MILLISECOND
            books.take(one.datagram(line, datagram, Nanos(now)))
            books.take(one.tick(Nanos(now)))
            answers = [sender.answer(request.encode()) for request in one.receiver.requests]
            one.receiver.requests.clear()
            for answer in answers:
                if answer is not None and random.random() < 0.5:
                    books.take(one.datagram(SERVER, answer, Nanos(now)))
        now = flushed(one, books, now)
        if one.wants_snapshot and one.receiver.expected == len(venue.sent) + 1:
            mend(one, books, venue, [])
        if one.receiver.expected == len(venue.sent) + 1:
            compared += books.check(venue)
    assert compared > 60
    assert one.feed.counts.balanced


# --- over a connection ---


@pytest.mark.parametrize("seed", range(4))
def test_books_are_true_over_connections_that_break_anywhere(seed: int) -> None:
    random = Random(seed)
    venue, one, session = Venue(seed), stream(), Session("DAY")
    books, client = Books(one.feed), ClientEnd("u", "p")
    while len(venue.sent) < 1_500 or client.next_sequence <= len(venue.sent):
        client.connected(Nanos(0))
        server = ServerEnd(session, lambda username, password: True, Nanos(0))
        for _ in range(random.randrange(1, 20)):
            venue.go_on(random.randrange(20) if len(venue.sent) < 1_500 else 0)
            for message in venue.sent[len(session.messages) :]:
                session.publish(message)
            server.receive(bytes(client.outgoing), Nanos(0))
            client.outgoing.clear()
            arrives = random.randrange(len(server.outgoing) + 1)
            for event in client.receive(bytes(server.outgoing[:arrives]), Nanos(0)):
                books.take(one.event(event, Nanos(0)))
            del server.outgoing[:arrives]
            if client.next_sequence == len(venue.sent) + 1:
                assert books.check(venue) == 2
        client.lost("the line broke")
    assert books.check(venue) == 2
    assert one.feed.counts.frames == len(venue.sent)
    assert one.feed.counts.balanced


def test_numbers_that_the_venue_has_no_more_cost_the_books_until_a_snapshot() -> None:
    venue, one = Venue(1), stream()
    books = Books(one.feed)
    venue.go_on(100)
    for number, message in enumerate(venue.sent[:50], 1):
        books.take(one.event(Sequenced(number, message), Nanos(0)))
    inputs = one.event(Skipped(51, len(venue.sent)), Nanos(0))
    words = f"messages 51 to {len(venue.sent)} are lost: the venue does not keep them any more"
    assert inputs == [BookGap(InstrumentId(number), words) for number in (1, 2)]
    books.take(inputs)
    mend(one, books, venue, [])
    assert books.check(venue) == 2


# --- snapshots ---


def test_a_snapshot_mends_books_while_the_feed_goes_on() -> None:
    venue, sender, one = Venue(3), Sender(SESSION), stream()
    books = Books(one.feed)
    venue.go_on(200)
    sender.send(venue.sent)  # nobody hears the beginning
    books.take(one.datagram(A, sender.heartbeat(), Nanos(0)))
    flushed(one, books, 0)
    assert one.wants_snapshot
    assert books.check(venue) == 0
    one.begin_snapshot()
    told = venue.snapshot("AAPL", "MSFT")
    done = len(venue.sent)
    venue.go_on(30)
    for message in told[:20]:
        books.take(one.snapshot_message(message, Nanos(0)))
    for datagram in sender.send(venue.sent[done:]):
        books.take(one.datagram(A, datagram, Nanos(0)))
    assert one.feed.counts.waiting > 0
    assert one.feed.counts.balanced
    for message in told[20:]:
        books.take(one.snapshot_message(message, Nanos(0)))
    assert books.check(venue) == 2
    assert (one.wants_snapshot, one.feed.counts.waiting) == (False, 0)
    assert one.feed.counts.balanced


def test_a_book_without_orders_is_mended_as_well() -> None:
    one = stream()
    one.receiver.expected = 500
    books = Books(one.feed)
    one.begin_snapshot()
    venue = Venue(1)
    books.take(
        [
            got
            for message in [*venue.snapshot("AAPL")[:-1], encode(SnapshotEnd("500"))]
            for got in one.snapshot_message(message, Nanos(0))
        ]
    )
    assert one.feed.needs_snapshots == (InstrumentId(2),)  # of MSFT it said nothing
    assert books.check(venue) == 1


def test_a_snapshot_that_does_not_reach_what_was_held_mends_nothing() -> None:
    venue, one = Venue(1), stream()
    one.begin_snapshot()
    one.receiver.expected = 900
    one.snapshot_failed()
    one.begin_snapshot()
    *told, end = venue.snapshot()
    for message in told:
        one.snapshot_message(message, Nanos(0))
    with pytest.raises(MalformedFrame, match=r"goes on with message 5, expected 900"):
        one.snapshot_message(end, Nanos(0))
    assert one.wants_snapshot
    assert one.feed.counts.balanced


def test_a_snapshot_that_takes_too_long_mends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fairlead.gateways.itch.feed.HELD_MESSAGES_MAX", 10)
    venue, sender, one = Venue(1), Sender(SESSION), stream()
    books = Books(one.feed)
    venue.go_on(100)
    sender.send(venue.sent)
    one.receiver.expected = one.receiver._known = len(venue.sent) + 1
    one.begin_snapshot()
    *told, end = venue.snapshot()
    for message in told:  # more than ten orders: those of a snapshot are not what is held
        one.snapshot_message(message, Nanos(0))
    assert one.feed.holding
    done = len(venue.sent)
    venue.go_on(40)
    for datagram in sender.send(venue.sent[done:]):
        books.take(one.datagram(A, datagram, Nanos(0)))
    with pytest.raises(MalformedFrame, match="took too long: what was held is gone"):
        one.snapshot_message(end, Nanos(0))
    assert one.wants_snapshot
    assert one.feed.counts.balanced
    assert one.feed.counts.waiting == 0
    mend(one, books, venue, [])
    assert books.check(venue) == 2


def test_messages_that_are_lost_while_a_snapshot_is_read_must_be_in_it() -> None:
    venue, sender, one = Venue(1), Sender(SESSION), stream()
    books = Books(one.feed)
    venue.go_on(100)
    sender.send(venue.sent)
    one.begin_snapshot()
    told = venue.snapshot()
    done = len(venue.sent)
    venue.go_on(40)
    sender.send(venue.sent[done : done + 20])  # lost: behind what the snapshot tells
    for datagram in sender.send(venue.sent[done + 20 :]):
        books.take(one.datagram(A, datagram, Nanos(0)))
    flushed(one, books, 0)
    for message in told[:-1]:
        books.take(one.snapshot_message(message, Nanos(0)))
    with pytest.raises(MalformedFrame, match="goes on with message"):
        one.snapshot_message(told[-1], Nanos(0))
    assert books.check(venue) == 0
    mend(one, books, venue, [])
    assert books.check(venue) == 2


def test_a_message_that_cannot_be_read_while_a_snapshot_is_read_must_be_in_it() -> None:
    venue, sender, one = Venue(1), Sender(SESSION), stream()
    books = Books(one.feed)
    venue.go_on(100)
    sender.send(venue.sent)
    one.receiver.expected = one.receiver._known = len(venue.sent) + 1
    one.begin_snapshot()
    *told, end = venue.snapshot()
    done = len(venue.sent)
    venue.go_on(20)
    spoiled = [venue.sent[done][:-1], *venue.sent[done + 1 :]]
    for message in told:
        one.snapshot_message(message, Nanos(0))
    for datagram in sender.send(spoiled):
        books.take(one.datagram(A, datagram, Nanos(0)))
    with pytest.raises(MalformedFrame, match=f"goes on with message {done + 1}, expected"):
        one.snapshot_message(end, Nanos(0))
    mend(one, books, venue, [])
    assert books.check(venue) == 2


@pytest.mark.parametrize("message", [b"", b"G", b"G" + b" " * 20, b"G" + b"-5".rjust(20), b"A"])
def test_a_snapshot_with_something_unreadable_is_let_go(message: bytes) -> None:
    venue, one = Venue(2), stream()
    venue.go_on(200)
    one.begin_snapshot()
    for told in venue.snapshot()[:30]:
        one.snapshot_message(told, Nanos(0))
    assert one.feed.counts.waiting > 0
    with pytest.raises(MalformedFrame):
        one.snapshot_message(message, Nanos(0))
    assert one.wants_snapshot
    assert one.feed.counts.waiting == 0
    assert one.feed.counts.balanced


def test_a_new_session_of_the_venue_costs_the_books() -> None:
    venue, one = Venue(1), stream()
    books = Books(one.feed)
    for datagram in Sender(SESSION).send(venue.sent):
        books.take(one.datagram(A, datagram, Nanos(0)))
    inputs: list[Input] = []
    for number in range(1, OTHER_SESSIONS_MAX + 1):
        inputs += one.datagram(A, Packet("NEXT", number).encode(), Nanos(0))
    assert inputs == [
        BookGap(InstrumentId(number), "the venue began session NEXT") for number in (1, 2)
    ]


def test_mutated_snapshots_are_taken_or_refused() -> None:
    venue, one = Venue(4), stream()
    venue.go_on(100)
    one.receiver.expected = 1

    def decode(message: bytes) -> None:
        if one.wants_snapshot:
            one.begin_snapshot()
        elif not one.feed.needs_snapshots:
            one.feed.lose("again")
            one.begin_snapshot()
        one.snapshot_message(message, Nanos(0))

    checked = check_decoder(decode, venue.snapshot(), counts=one.feed.counts)
    print(f"GLIMPSE: {checked}")  # noqa: T201 - the issue asks for the numbers
