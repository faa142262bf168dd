"""Trading floors for tests, and nodes on them without a network."""

from pathlib import Path

from fairlead.gateways.direct.node_end import Arrived, Identity, NodeEnd
from fairlead.gateways.direct.venue_end import VenueEnd
from fairlead.model.inputs import Input
from fairlead.model.outputs import SendOrder
from fairlead.model.terms import Side
from fairlead.model.units import NANOS_PER_SECOND, Nanos
from fairlead.node import paper
from fairlead.stages.floor import TradingFloor
from fairlead.stages.floor_opening import FloorTerms, open_floor
from tests.simulator.orders import send

START = Nanos(1_800_000_000 * NANOS_PER_SECOND)
STEP = Nanos(10_000_000)  # more than any message is on its way


def opened(
    record: Path | None = None, time: Nanos = START, terms: FloorTerms | None = None
) -> TradingFloor:
    """Return the floor of the demo's market."""
    return open_floor(paper.default(), terms or FloorTerms(quiet=True), time, record)


def order(number: int, price: int = 9_000, quantity: int = 10) -> SendOrder:
    """Return an order to buy that waits, unless its price is high."""
    return send(number, Side.BUY, quantity, price, client_order=f"1-{number}-1")


class Visitor:
    """A node on a floor, connected as often as it wants."""

    def __init__(self, floor: TradingFloor, epoch: int = 1) -> None:
        """Connect and log in."""
        self.floor = floor
        self.time = max(START, floor.now)
        account = floor.account
        identity = Identity(account.venue, account.account, epoch, "a", 60_000)
        self.end = NodeEnd(identity, account.instruments)
        self.heard: list[Input] = []
        self.connect()

    def connect(self) -> None:
        """Make a new connection."""
        self.venue = VenueEnd(self.floor.account, self.time)
        self.end.connected(self.time)
        self.settle()

    def cut(self) -> None:
        """Let the connection break, as both sides see it."""
        self.end.lost("broken")
        self.venue.lost("broken")
        self.floor.hang_up()

    def settle(self, most: int | None = None) -> None:
        """Let everything arrive: of what the node said at most so many bytes."""
        epoch = self.floor.account.epoch
        said = bytes(self.end.outgoing)[:most]
        self.end.outgoing.clear()
        for one in self.venue.receive(said, self.time):
            self.floor.act(one)
        if self.floor.account.epoch != epoch:
            self.floor.began(self.floor.account.epoch, "a")
        for _ in range(2):
            self.time = Nanos(self.time + STEP)
            self.floor.pass_time(self.time)
        reports = self.floor.take_reports()
        if self.venue.logged_in:
            for line in reports:
                self.venue.outgoing += line
        events = self.end.receive(bytes(self.venue.outgoing), self.time)
        self.venue.outgoing.clear()
        self.heard += [event.input for event in events if isinstance(event, Arrived)]
