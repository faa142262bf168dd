"""Real sockets on the loopback: two lines that lose, repeat and reorder, a server, and GLIMPSE."""

from collections.abc import Iterator
from contextlib import ExitStack
from random import Random

import pytest

from fairlead.gateways.datagrams import Datagrams
from fairlead.gateways.errors import CannotListen
from fairlead.gateways.itch.live import RETRY_MAX, LiveItch, Places
from fairlead.gateways.itch.stream import ItchStream
from fairlead.gateways.moldudp64 import Receiver, Sender
from fairlead.gateways.soupbintcp import ServerEnd, Session
from fairlead.gateways.transport import Address, LineServer, Talk
from fairlead.model.inputs import BookGap
from fairlead.model.units import Nanos
from tests.gateways.itch.test_stream import Books
from tests.gateways.itch.venue import STOCKS, Venue, feed

LOCAL = Address("127.0.0.1", 0)
ROOM = 200_000
SESSION = "0000010059"
MILLISECOND = 1_000_000
_ACCEPTED_BYTES = 33  # of the packet that takes a login


class Clock:
    """Time that goes on by a millisecond whenever somebody looks."""

    def __init__(self) -> None:
        self.now = Nanos(0)

    def __call__(self) -> Nanos:
        self.now = Nanos(self.now + MILLISECOND)
        return self.now


class Wire:
    """The venue's side: two lines that are not to be relied upon, and a server of requests."""

    def __init__(self, seed: int, venue: Venue, answering: bool = True) -> None:
        self.random = Random(seed)
        self.venue = venue
        self.sender = Sender(SESSION)
        self.server = Datagrams(LOCAL, room=ROOM)
        self.requests = 0
        self._answering = answering
        self._sent = 0

    def send(self, lines: tuple[Address, ...]) -> None:
        """Send what is new on both lines, each with its own losses."""
        datagrams = self.sender.send(self.venue.sent[self._sent :])
        self._sent = len(self.venue.sent)
        datagrams.append(self.sender.heartbeat())
        for line in lines:
            carried = [one for one in datagrams for _ in range(self.random.choice((0, 1, 1, 1, 2)))]
            for at in range(len(carried) - 1):
                if self.random.random() < 0.3:
                    carried[at], carried[at + 1] = carried[at + 1], carried[at]
            for datagram in carried:
                assert self.server.send(datagram, line)

    def answer(self) -> None:
        """Answer the requests that came, if this server does."""
        while (came := self.server.receive()) is not None:
            self.requests += 1
            found = self.sender.answer(came[0]) if self._answering else None
            if found is not None:
                self.server.send(found, came[1])


class Network:
    """Both sides on the loopback, closed when a test ends, however it does."""

    def __init__(self) -> None:
        self.clock = Clock()
        self._opened = ExitStack()

    def wire(self, seed: int, venue: Venue, answering: bool = True) -> Wire:
        made = Wire(seed, venue, answering)
        self._opened.callback(made.server.close)
        return made

    def listen(self, wire: Wire, glimpse: Address | None = None) -> LiveItch:
        stream = ItchStream(feed(), Receiver(SESSION, 1))
        places = Places((LOCAL, LOCAL), wire.server.address, glimpse, "user", "pass", room=ROOM)
        live = LiveItch(stream, places._replace(interface="127.0.0.1"), self.clock)
        self._opened.callback(live.close)
        return live

    def close(self) -> None:
        self._opened.close()


@pytest.fixture
def network() -> Iterator[Network]:
    made = Network()
    yield made
    made.close()


def follow(live: LiveItch, wire: Wire, books: Books, steps: int = 400) -> None:
    """Send until everything has arrived, or was given up."""
    receiver = live._stream.receiver
    for _ in range(steps):
        books.take(live.run(0))
        wire.answer()
        if receiver.expected == wire.sender.next_sequence and receiver.next_time is None:
            return
        if receiver.next_time is None:
            wire.send(live.lines)
    raise AssertionError(f"not settled: {receiver.missing}")


@pytest.mark.parametrize("seed", range(4))
def test_two_lines_that_lose_give_every_message_once_and_in_order(
    seed: int, network: Network
) -> None:
    venue = Venue(seed)
    wire = network.wire(seed, venue)
    live = network.listen(wire)
    books = Books(live._stream.feed)
    for _ in range(40):
        venue.go_on(25)
        wire.send(live.lines)
        follow(live, wire, books)
        assert books.check(venue) == 2
    receiver = live._stream.receiver
    assert receiver.delivered == len(venue.sent)
    assert receiver.lost == 0
    assert wire.requests == receiver.requested > 0
    late = sum(line.late for line in receiver.lines.values())
    print(  # noqa: T201 - the issue asks for the numbers
        f"seed {seed}: {receiver.delivered} messages once and in order, {late} copies late,"
        f" {wire.requests} requests answered"
    )
    assert live._stream.feed.counts.balanced


def test_a_loss_on_both_lines_is_the_exact_gap_and_is_asked_for(network: Network) -> None:
    venue = Venue(1)
    wire = network.wire(1, venue)
    live = network.listen(wire)
    books = Books(live._stream.feed)
    venue.go_on(96)
    datagrams = [wire.sender.send([message])[0] for message in venue.sent]
    lost = (range(10, 13), range(40, 41), range(70, 80))
    for number, datagram in enumerate(datagrams, 1):
        if not any(number in one for one in lost):
            for line in live.lines:
                wire.server.send(datagram, line)
    books.take(live.run(0))
    receiver = live._stream.receiver
    assert receiver.missing == [(10, 12), (40, 40), (70, 79)]
    assert wire.server.receive() is None  # not before the patience is over
    for _ in range(20):
        books.take(live.run(0))
        wire.answer()
    assert receiver.missing == []
    assert (wire.requests, receiver.lost, receiver.delivered) == (3, 0, len(venue.sent))
    assert books.check(venue) == 2


def test_a_server_that_never_answers_costs_the_books_and_the_gap_is_told(network: Network) -> None:
    venue = Venue(2)
    wire = network.wire(2, venue, answering=False)
    live = network.listen(wire)
    venue.go_on(96)
    datagrams = [wire.sender.send([message])[0] for message in venue.sent]
    for datagram in datagrams[:50] + datagrams[55:]:
        wire.server.send(datagram, live.lines[0])
    inputs = []
    for _ in range(250):
        inputs += live.run(0)
        wire.answer()
    gaps = [one for one in inputs if isinstance(one, BookGap)]
    words = "messages 51 to 55 are lost: not brought after 3 requests"
    assert [gap.reason for gap in gaps] == [words, words]
    assert wire.requests == 3
    receiver = live._stream.receiver
    assert (receiver.lost, receiver.missing) == (5, [])
    assert receiver.delivered == len(venue.sent) - 5


class Glimpse:
    """The venue's server of snapshots, on a real connection."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.logins = 0
        self.break_off = 0  # so many connections, in the middle
        self._server = LineServer(LOCAL, self._talk)
        self.address = self._server.address

    def _talk(self) -> Talk:
        self.logins += 1
        told = Session("GLIMPSE")
        for message in self.venue.snapshot(*STOCKS[:2]):
            told.publish(message)
        end = ServerEnd(told, lambda name, word: (name, word) == ("user", "pass"), Nanos(0))

        def talk(chunk: bytes) -> bytes:
            end.receive(chunk, Nanos(0))
            said = bytes(end.outgoing)
            end.outgoing.clear()
            if self.break_off >= self.logins:
                return said[:_ACCEPTED_BYTES] + b"\0\0"
            return said

        return talk

    def close(self) -> None:
        self._server.close()


@pytest.fixture
def glimpse() -> Iterator[Glimpse]:
    venue = Venue(3)
    venue.go_on(300)
    made = Glimpse(venue)
    yield made
    made.close()


@pytest.mark.parametrize("break_off", [0, 2])
def test_a_feed_that_is_joined_late_is_mended_by_a_snapshot(
    glimpse: Glimpse, network: Network, break_off: int
) -> None:
    venue = glimpse.venue
    glimpse.break_off = break_off
    wire = network.wire(3, venue, answering=False)
    wire.sender.send(venue.sent)  # before anybody listened
    wire._sent = len(venue.sent)
    live = network.listen(wire, glimpse.address)
    live._stream.receiver.expected = live._stream.receiver._known = len(venue.sent) + 1
    books = Books(live._stream.feed)
    for _ in range(5_000):
        books.take(live.run(0.01))
        if not live._stream.feed.needs_snapshots:
            break
        if not live._stream.in_snapshot:  # it failed, and is tried again after a while
            network.clock.now = Nanos(network.clock.now + RETRY_MAX)
    assert books.check(venue) == 2
    assert glimpse.logins == break_off + 1
    assert ("a packet of 0 bytes" in live.glimpse_problem) == (break_off > 0)
    venue.go_on(50)
    for datagram in wire.sender.send(venue.sent[wire._sent :]):
        wire.server.send(datagram, live.lines[1])
    books.take(live.run(0))
    assert books.check(venue) == 2


def test_a_server_of_snapshots_that_is_not_there_is_tried_again_later(network: Network) -> None:
    wire = network.wire(1, Venue(1))
    nobody = Datagrams(LOCAL, room=ROOM)
    live = network.listen(wire, nobody.address)
    live.run(0)
    assert "cannot connect" in live.glimpse_problem
    assert live._stream.wants_snapshot
    nobody.close()


def test_a_password_is_never_shown() -> None:
    assert "secret" not in repr(Places((LOCAL,), password="secret"))


def test_a_line_that_cannot_be_listened_to_is_refused_and_nothing_stays_open() -> None:
    stream = ItchStream(feed(), Receiver(SESSION, 1))
    taken = Datagrams(LOCAL, room=ROOM)
    with pytest.raises(CannotListen, match="in use"):
        LiveItch(stream, Places((LOCAL, taken.address), room=ROOM), Clock())
    taken.close()
