"""The checker: it reads the journal and the venue's books, and believes nobody else."""

import pytest

from fairlead.journal.errors import JournalDamaged
from fairlead.model.outputs import SendOrder
from fairlead.model.units import Sequence
from fairlead.stages.hostile.checker import Checker
from fairlead.stages.hostile.errors import InvariantBroken
from fairlead.stages.hostile.node import JOURNAL
from tests.stages.hostile.parts import Scene, sent


@pytest.fixture
def scene() -> Scene:
    """Return a node that traded, and died."""
    made = Scene(6)
    made.node.open()
    made.witness.listens = True
    made.node.release()
    made.trade(4)
    made.world.node_died()
    made.disk.kill()
    return made


def checker(scene: Scene) -> Checker:
    """Return a checker of it."""
    return Checker(scene.disk, scene.world, scene.witness)


def test_what_was_acknowledged_is_there(scene: Scene) -> None:
    checker(scene).recovered()
    scene.witness.taken[7] += b"!"
    with pytest.raises(InvariantBroken, match="invariant 1: input 7 is not"):
        checker(scene).recovered()
    scene.witness.acknowledge(Sequence(scene.witness.acknowledged + 1))
    with pytest.raises(InvariantBroken, match=r"invariant 1: input .* was acknowledged"):
        checker(scene).recovered()


def test_what_the_venue_got_is_in_the_journal_and_came_once(scene: Scene) -> None:
    received = scene.world.venue.received
    number, known = next(one for one in received if isinstance(one[1], SendOrder))
    received.append((number, known))
    checker(scene).recovered()  # the network made the copy
    received.append((10_000, known))
    with pytest.raises(InvariantBroken, match="invariant 3: sent twice"):
        checker(scene).recovered()
    received[:] = [(1, sent(1))]
    with pytest.raises(InvariantBroken, match="invariant 3: the venue got"):
        checker(scene).recovered()


def test_nothing_that_came_is_gone(scene: Scene) -> None:
    checker(scene).conserved(0)
    scene.world.reports.put_count += 1
    with pytest.raises(InvariantBroken, match="invariant 15: 1 messages"):
        checker(scene).conserved(0)
    scene.witness.heard -= 1
    with pytest.raises(InvariantBroken, match=r"invariant 15: .* were taken"):
        checker(scene).conserved(0)


def test_in_the_end_both_records_are_held_against_each_other(scene: Scene) -> None:
    """The scene was not settled: what works is noticed, and so is a changed byte."""
    with pytest.raises(InvariantBroken, match="invariant"):
        checker(scene).finished()
    [name] = [one for one in scene.disk.names(JOURNAL) if one.endswith(".journal")]
    assert checker(scene).damaged_file() == ""
    scene.disk.flip(JOURNAL / name, 300, 1)
    assert checker(scene).damaged_file() == str(JOURNAL / name)
    with pytest.raises(JournalDamaged):
        checker(scene).finished()
