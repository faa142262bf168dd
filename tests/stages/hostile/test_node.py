"""A life of a node: opened as in production, in a world whose time only the world moves."""

import pytest

from fairlead.journal.history import History
from fairlead.model.inputs import KillCommand
from fairlead.model.outputs import KillEngaged
from fairlead.model.terms import Status
from fairlead.model.units import Nanos
from fairlead.simulator.errors import PowerLost
from fairlead.stages.hostile.node import JOURNAL, HostilePace, HostilePresent
from tests.stages.hostile.parts import SECOND, Scene


def test_a_node_trades_dies_at_the_disk_and_goes_on_where_it_was() -> None:
    scene = Scene(3)
    assert scene.node.open().inputs == 0
    scene.node.release()
    scene.trade(2)
    scene.disk.lose_power_after(3)
    with pytest.raises(PowerLost):
        scene.trade(10)
    scene.world.node_died()
    scene.disk.crash()
    again = scene.another()
    opened = again.open()
    assert opened.inputs >= scene.witness.acknowledged > 0
    assert opened.epoch == 2
    unknown = [one for one in again.machine.orders.all_working() if one.status is Status.UNKNOWN]
    assert unknown == again.machine.orders.all_working(), "nobody knows what became of them"


def test_a_command_is_durable_and_a_stop_seals_the_journal() -> None:
    scene = Scene(4)
    scene.node.open()
    scene.node.release()
    scene.trade(1)
    outputs = scene.node.command(KillCommand("ann", "a drill"))
    assert any(isinstance(output, KillEngaged) for output in outputs)
    scene.world.heal()
    scene.node.stop()
    history = History(JOURNAL, scene.disk)
    assert list(history.entries())[-1].sequence == scene.node.machine.state.sequence
    assert history.end.sealed


def test_a_pace_waits_for_the_clock_of_the_node_and_for_what_comes() -> None:
    scene = Scene(5)
    world, pace = scene.world, HostilePace(scene.world)
    pace.stop_at = Nanos(world.now + SECOND)
    world.node_started()
    while pace.wait_until(Nanos(world.clock.now() + 10 * SECOND)):
        world.take(world.clock.now())
    assert world.now >= pace.stop_at, "somebody else is to act"
    HostilePresent(world).wait_until(Nanos(world.clock.now() + SECOND))
    assert world.take(world.clock.now()) or world.now >= pace.stop_at + SECOND
