"""Network, venue, market and clock around a node that is not there."""

from collections import Counter

import pytest

from fairlead.model.inputs import VenueAccepted, VenueConnected, VenueDisconnected
from fairlead.model.outputs import Disconnect
from fairlead.model.units import NANOS_PER_SECOND, AccountId, Nanos
from fairlead.simulator.errors import Crashed
from fairlead.simulator.hostile.world import HostileWorld
from tests.simulator.hostile.parts import CASH, INSTRUMENTS, send

START = Nanos(1_767_600_000 * NANOS_PER_SECOND)


def world(seed: int) -> HostileWorld:
    """Return a world with a node in it."""
    made = HostileWorld(seed, INSTRUMENTS, AccountId(1), CASH, START)
    made.node_started()
    return made


def live(made: HostileWorld, seconds: int) -> list[object]:
    """Let time go by; return what reached the node."""
    until = Nanos(made.now + seconds * NANOS_PER_SECOND)
    found: list[object] = []
    while made.now < until:
        made.wait(until)
        found += made.take(made.clock.now())
    return found


def test_everything_happens_and_is_accounted_for() -> None:
    """Invariant 15: what was put on a line arrived, was lost, or is under way."""
    happened: Counter[str] = Counter()
    for seed in range(30):
        made = world(seed)
        for number in range(1, 10):
            made.act(send(number), made.clock.now())
            live(made, 3)
        made.node_died()
        made.wait(Nanos(made.now + NANOS_PER_SECOND))
        assert made.unaccounted() == 0
        happened.update(made.happened)
        assert [time for time, _ in made.diary] == sorted(time for time, _ in made.diary)
    for what in ("disconnected", "reconnected", "half-open connection", "venue down", "feed lost"):
        assert happened[what] > 10, what
    assert happened["partition to the venue"]
    assert happened["partition from the venue"]


def test_it_is_a_function_of_its_seed() -> None:
    assert live(world(3), 10) == live(world(3), 10) != live(world(4), 10)


@pytest.mark.parametrize("arrives", [True, False])
def test_a_node_may_die_of_a_message_before_or_after_it_left(arrives: bool) -> None:
    made = world(1)
    made.dies_after, made.arrives = 1, arrives
    made.act(send(1), made.now)
    with pytest.raises(Crashed):
        made.act(send(2), made.now)
    assert made.sent == 1 + arrives
    made.act(send(3), made.now)


def test_a_session_that_the_node_ends_is_told_and_stands_again() -> None:
    made = world(1)
    made.act(Disconnect("V", "the end"), made.now)
    said = [type(one) for one in live(made, 20)]
    assert said.index(VenueDisconnected) < said.index(VenueConnected)


def test_healed_everything_arrives_once() -> None:
    made = world(5)
    live(made, 5)
    made.heal()
    live(made, 5)
    for number in range(1, 6):
        made.act(send(100 + number), made.now)
        accepted = [one for one in live(made, 2) if isinstance(one, VenueAccepted)]
        assert [one.order for one in accepted] == [100 + number]
    made.node_died()
    made.leap(Nanos(made.now + 3_600 * NANOS_PER_SECOND))
    assert made.clock.now() == made.now
