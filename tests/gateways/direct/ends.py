"""Both ends of direct sessions without a network: bytes go where a test lets them go."""

from fairlead.gateways.direct.messages import Order
from fairlead.gateways.direct.node_end import Event, Identity, NodeEnd
from fairlead.gateways.direct.venue_end import Account, VenueEnd
from fairlead.model.inputs import Quote, VenueAccepted
from fairlead.model.outputs import CancelOrder
from fairlead.model.units import InstrumentId, Nanos, OrderId, Price, Quantity, UpdateId
from tests.simulator.orders import INSTRUMENT

NOW = Nanos(1_000_000_000)
VENUE, ACCOUNT = INSTRUMENT.venue, "main"
ONE = INSTRUMENT.instrument


def node(epoch: int = 1, instance: str = "a", heartbeat_ms: int = 1_000) -> NodeEnd:
    """Return a node's end that is not connected."""
    return NodeEnd(Identity(VENUE, ACCOUNT, epoch, instance, heartbeat_ms), (INSTRUMENT,))


def account(run: int = 1) -> Account:
    """Return what a venue remembers of nobody."""
    return Account(VENUE, ACCOUNT, (INSTRUMENT,), run)


def cancel(order: int) -> CancelOrder:
    """Return a small action."""
    return CancelOrder(OrderId(order), ONE, 1, f"1-{order}-1")


def accepted(order: int) -> VenueAccepted:
    """Return a small report."""
    return VenueAccepted(OrderId(order), ONE, f"V{order}", NOW)


def quote(price: int) -> Quote:
    """Return market data."""
    one = Quantity(10)
    return Quote(InstrumentId(1), Price(price), one, Price(price + 5), one, UpdateId(1), NOW)


class Pair:
    """One connection between a node and a venue."""

    def __init__(self, end: NodeEnd, kept: Account, now: Nanos = NOW) -> None:
        """Connect them; nothing has been said."""
        self.node = end
        self.venue = VenueEnd(kept, now)
        self.applied: list[Order] = []
        self.events: list[Event] = []
        end.connected(now)

    def to_venue(self, now: Nanos = NOW, most: int | None = None) -> bytes:
        """Let what the node said arrive, at most so many bytes of it; return what arrived."""
        said = bytes(self.node.outgoing)[:most]
        self.node.outgoing.clear()
        self.applied += self.venue.receive(said, now)
        return said

    def to_node(self, now: Nanos = NOW) -> bytes:
        """Let what the venue said arrive."""
        said = bytes(self.venue.outgoing)
        self.venue.outgoing.clear()
        self.events += self.node.receive(said, now)
        return said

    def settle(self, now: Nanos = NOW) -> None:
        """Let both say all that they have to say."""
        while self.node.outgoing or self.venue.outgoing:
            self.to_venue(now)
            self.to_node(now)

    def cut(self) -> None:
        """Let the connection break."""
        self.node.lost("the connection broke")
        self.venue.lost("the connection broke")


def stands(end: NodeEnd, kept: Account) -> Pair:
    """Return a session that stands."""
    pair = Pair(end, kept)
    pair.settle()
    assert end.logged_in, end.ended
    return pair
