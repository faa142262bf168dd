"""The machine hears each change of the room for the journal once, before it is too late."""

from pathlib import Path

from fairlead.journal.reserve import Reserve
from fairlead.model.inputs import JournalSpaceBack, JournalSpaceLow
from fairlead.model.units import Nanos
from fairlead.node.space_watch import LOOK_EVERY, SpaceWatch
from fairlead.simulator.chance import Chance
from fairlead.simulator.disk import SimulatedDisk

PLACE = Path("journal")


class Place:
    """A disk with a reserve of 100 bytes and 50 that must be free."""

    def __init__(self, capacity: int) -> None:
        self.disk = SimulatedDisk(Chance(1, 9))
        self.disk.make_directory(PLACE)
        self.disk.capacity = capacity
        self.reserve = Reserve(PLACE, 100, 50, self.disk)
        self.reserve.make()
        self.watch = SpaceWatch(self.reserve, cancels=False)


def test_with_room_nothing_is_said() -> None:
    assert Place(1_000).watch.due(False, Nanos(0)) is None


def test_the_disk_is_looked_at_in_time_before_it_is_full() -> None:
    place = Place(1_000)
    place.watch.due(False, Nanos(0))
    place.disk.capacity = 149
    assert place.watch.due(False, Nanos(LOOK_EVERY - 1)) is None
    low = place.watch.due(False, Nanos(LOOK_EVERY))
    assert low == JournalSpaceLow("journal", 49, 50, cancels=False)
    assert place.watch.due(True, Nanos(2 * LOOK_EVERY)) is None, "it is said once"


def test_a_reserve_that_is_spent_is_told_at_once() -> None:
    place = Place(1_000)
    place.watch.due(False, Nanos(0))
    place.disk.capacity = 100
    place.reserve.spend()
    assert isinstance(place.watch.due(False, Nanos(1)), JournalSpaceLow)


def test_room_is_told_when_the_reserve_stands_again() -> None:
    place = Place(120)
    assert isinstance(place.watch.due(False, Nanos(0)), JournalSpaceLow)
    place.reserve.spend()
    place.disk.capacity = 149
    assert place.watch.due(True, Nanos(LOOK_EVERY)) is None
    place.disk.capacity = 200
    back = place.watch.due(True, Nanos(2 * LOOK_EVERY))
    assert isinstance(back, JournalSpaceBack)
    assert place.disk.names(PLACE) == ["reserve"]
