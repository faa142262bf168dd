"""A world outside, over a real connection: what leaves, what does not, and what comes."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fairlead.gateways.direct.frames import encoded
from fairlead.gateways.direct.messages import NotApplied, Order
from fairlead.gateways.direct.node_end import Arrived
from fairlead.gateways.direct.venue_end import Account, VenueEnd
from fairlead.gateways.direct.world import OLD, WAITED_MAX, DirectWorld
from fairlead.gateways.hub import Hub
from fairlead.gateways.transport import Address
from fairlead.journal.sequencer import monotonic_ns
from fairlead.model.inputs import (
    BookGap,
    Input,
    Quote,
    VenueConnected,
    VenueDisconnected,
    VenueRejected,
    WarningRaised,
)
from fairlead.model.outputs import Disconnect
from fairlead.model.units import NANOS_PER_SECOND, Nanos
from tests.gateways.direct.ends import ACCOUNT, NOW, VENUE, accepted, account, cancel, quote
from tests.simulator.orders import BUY, INSTRUMENT, send

SECONDS = Nanos(30 * NANOS_PER_SECOND)
DOOR = "nodes"
LOOPBACK = Address("127.0.0.1", 0)


class Venue:
    """A venue on loopback that does what a test wants, in a thread of its own."""

    def __init__(self, address: Address = LOOPBACK) -> None:
        """Listen."""
        self.account: Account = account()
        self.hub = Hub({DOOR: address})
        self.orders: list[Order] = []
        self.end: VenueEnd | None = None
        self.connection = 0
        self._heard = threading.Semaphore(0)
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def hear(self) -> None:
        """Return when one more order has come."""
        assert self._heard.acquire(timeout=SECONDS / NANOS_PER_SECOND), "no order came"

    def say(self, content: bytes) -> None:
        """Send bytes to the node."""
        with self._lock:
            self.hub.send(self.connection, content)

    def cut(self) -> None:
        """Cut the connection."""
        with self._lock:
            self.hub.drop(self.connection)

    def close(self) -> None:
        """End."""
        self._over.set()
        self._thread.join()
        self.hub.close()

    def _run(self) -> None:
        while not self._over.is_set():
            with self._lock:
                for one in self.hub.poll(0.01):
                    self._hear(one.connection, one.content)

    def _hear(self, connection: int, content: bytes) -> None:
        if not content:
            if connection == self.connection and self.end is not None:
                self.end.lost("gone")
            return
        if connection != self.connection or self.end is None:
            self.connection, self.end = connection, VenueEnd(self.account, NOW)
        said = self.end.receive(content, NOW)
        self.orders += said
        answer = bytes(self.end.outgoing)
        self.end.outgoing.clear()  # before the node can hear of it, and the test go on
        self.hub.send(connection, answer)
        for _ in said:
            self._heard.release()


@pytest.fixture(params=["tcp", "ring"])
def venue(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Venue]:
    """Return a venue that listens, over TCP and then over shared memory."""
    at = LOOPBACK if request.param == "tcp" else Address.parse(f"ring:{tmp_path}/venue")
    listening = Venue(at)
    yield listening
    listening.close()


@pytest.fixture(params=["block", "spin"])
def world(request: pytest.FixtureRequest, venue: Venue) -> Iterator[DirectWorld]:
    """Return a world that is connected to it, and sleeps or spins while it waits."""
    connected = made(venue.hub.address(DOOR), spins=request.param == "spin")
    connected.begin(ACCOUNT, 1, "a", 60_000)
    assert until(connected, VenueConnected)[-1] == VenueConnected(VENUE)
    yield connected
    connected.close("the test is over")


def made(
    address: Address,
    arrivals_max: int = 1_000,
    now: Callable[[], Nanos] = monotonic_ns,
    spins: bool = False,
) -> DirectWorld:
    """Return a world that has not begun."""
    short = Nanos(1_000_000)
    return DirectWorld(
        address,
        VENUE,
        (INSTRUMENT,),
        now,
        monotonic_ns,
        lambda _: short,
        arrivals_max,
        spins=spins,
    )


def until(world: DirectWorld, kind: type[Input]) -> list[Input]:
    """Return all that arrives until a record of a kind has."""
    taken: list[Input] = []
    while not any(type(one) is kind for one in taken):
        assert world.wait(SECONDS), f"no {kind.__name__} came"
        taken += world.take(monotonic_ns())
    return taken


def test_what_a_venue_says_arrives_and_what_we_say_leaves(venue: Venue, world: DirectWorld) -> None:
    assert world.act(cancel(1), NOW) is None
    venue.hear()
    venue.say(venue.account.report(accepted(1)))
    assert until(world, type(accepted(1))) == [accepted(1)]
    assert [one.action for one in venue.orders] == [cancel(1)]
    assert not world.repeats


def test_what_cannot_leave_is_said_at_once(venue: Venue) -> None:
    idle = made(venue.hub.address(DOOR))
    assert idle.act(send(1, BUY, 10, 100), NOW) == "not sent: there is no session with the venue"
    assert idle.next_time() is not None
    idle.close("never begun")


def test_a_cut_is_told_with_the_books_lost_and_mended(venue: Venue, world: DirectWorld) -> None:
    venue.cut()
    told = until(world, VenueConnected)
    assert [type(one) for one in told] == [VenueDisconnected, BookGap, VenueConnected]
    assert world.act(cancel(2), NOW) is None


@pytest.mark.parametrize("spins", [False, True])
def test_a_venue_that_is_not_there_yet_is_waited_for(spins: bool) -> None:
    early = Venue()
    address = early.hub.address(DOOR)
    early.close()
    world = made(address, spins=spins)
    world.begin(ACCOUNT, 1, "a", 60_000)
    assert not world.wait(Nanos(50_000_000))
    late = Venue(address)
    assert until(world, VenueConnected) == [VenueConnected(VENUE)]
    world.close("over")
    late.close()


def test_what_a_venue_never_read_comes_back_as_refused_for_now(
    venue: Venue, world: DirectWorld
) -> None:
    order = send(1, BUY, 10, 100)
    world.act(order, NOW)
    venue.say(encoded(NotApplied(1, 1)))
    (refused,) = until(world, VenueRejected)
    assert isinstance(refused, VenueRejected)
    assert refused.transient


def test_an_alarm_is_a_warning_that_a_person_must_look_at(venue: Venue, world: DirectWorld) -> None:
    line = venue.account.report(accepted(1))
    venue.say(line + line)
    told = until(world, VenueConnected)
    (warning,) = [one for one in told if isinstance(one, WarningRaised)]
    assert "came again" in warning.text


def test_a_kill_that_disconnects_stays_disconnected(venue: Venue, world: DirectWorld) -> None:
    assert world.act(Disconnect(VENUE, "killed"), NOW) is None
    assert until(world, VenueDisconnected)
    assert world.act(cancel(1), NOW) is not None
    assert not world.wait(Nanos(50_000_000))


def test_a_wait_is_not_ended_by_what_brings_nothing(venue: Venue) -> None:
    world = made(venue.hub.address(DOOR))
    silent = threading.Timer(0.05, world.happened, ([],))
    late = threading.Timer(0.2, world.happened, ([Arrived(quote(100))],))
    silent.start()
    late.start()
    assert world.wait(SECONDS)


@pytest.mark.parametrize("spins", [False, True])
def test_market_data_that_finds_no_room_makes_a_gap_and_reports_always_find_it(
    venue: Venue, spins: bool
) -> None:
    small = made(venue.hub.address(DOOR), arrivals_max=10, spins=spins)
    small.begin(ACCOUNT, 1, "a", 60_000)
    until(small, VenueConnected)
    assert venue.end is not None
    for price in range(100, 150):
        venue.end.publish(quote(price), NOW)
    venue.end.report(accepted(1), NOW)
    content = bytes(venue.end.outgoing)
    venue.end.outgoing.clear()
    venue.say(content)
    taken = until(small, type(accepted(1)))
    assert sum(isinstance(one, Quote) for one in taken) < 50
    assert small.dropped > 0
    assert any(isinstance(one, BookGap) for one in taken)
    small.close("over")


def test_market_data_that_waited_for_too_long_is_a_gap_and_reports_are_kept() -> None:
    """Invariant 11: it would be taken as if it were of now."""
    world = made(LOOPBACK)
    world.happened([Arrived(quote(100)), Arrived(accepted(1)), Arrived(quote(105))])
    later = Nanos(monotonic_ns() + WAITED_MAX + 1)
    assert world.take(later) == [accepted(1), BookGap(INSTRUMENT.instrument, OLD)]
    assert world.dropped == 2
    world.happened([Arrived(quote(110))])
    assert world.take(monotonic_ns()) == [quote(110)]


def test_market_data_that_came_while_a_spinning_session_did_not_look_is_of_the_past(
    venue: Venue,
) -> None:
    late = Late()
    world = made(venue.hub.address(DOOR), now=late.now, spins=True)
    world.begin(ACCOUNT, 1, "a", 60_000)
    until(world, VenueConnected)
    assert venue.end is not None
    venue.end.publish(quote(100), NOW)
    venue.say(bytes(venue.end.outgoing))
    late.by = Nanos(WAITED_MAX + NANOS_PER_SECOND)  # it hung, and looks now
    assert world.wait(SECONDS)
    assert world.take(late.now()) == [BookGap(INSTRUMENT.instrument, OLD)]
    world.close("over")


class Late:
    """A clock that a test puts forward."""

    def __init__(self) -> None:
        """Go with the other clocks."""
        self.by = Nanos(0)

    def now(self) -> Nanos:
        """Return how late it is."""
        return Nanos(monotonic_ns() + self.by)


def test_a_node_whose_line_dies_stops_and_does_not_go_on_deaf(venue: Venue) -> None:
    """We are wrong, or without memory: the node stops, and recovers."""

    def no_clock() -> Nanos:
        raise MemoryError

    world = made(venue.hub.address(DOOR), now=no_clock)
    world.begin(ACCOUNT, 1, "a", 60_000)
    with pytest.raises(RuntimeError, match="has died"):
        world.wait(SECONDS)
    with pytest.raises(RuntimeError, match="has died"):
        world.take(NOW)
    world.close("the test is over")
