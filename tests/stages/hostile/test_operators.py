"""The people on duty: they make mistakes, and they clear up."""

from collections import Counter

from fairlead.model.units import InstrumentId, StrategyId
from tests.stages.hostile.parts import Scene


def on_duty(seed: int, rounds: int) -> Scene:
    """Return a scene in which people acted, in turn with the node."""
    scene = Scene(seed)
    scene.node.open()
    scene.node.release()
    for _ in range(rounds):
        scene.trade(1)
        scene.people.act(scene.node)
    return scene


def test_they_do_everything_that_people_do() -> None:
    happened: Counter[str] = Counter()
    for seed in range(8):
        happened.update(on_duty(seed, 25).people.happened)
    for what in ("killed", "released", "changed limits", "corrected a position", "reversed"):
        assert happened[what] > 0, what
    assert happened["adopted"] + happened["discarded"] > 0
    assert happened["killed from outside"] > 0


def test_a_mistake_is_undone_and_a_kill_released() -> None:
    scene = on_duty(1, 3)
    machine = scene.node.machine
    before = machine.positions.get(StrategyId(1), InstrumentId(1)).quantity
    scene.people.correct(scene.node)
    scene.people.correct(scene.node)
    scene.people.look_after(scene.node)
    scene.people.kill(scene.node)
    assert machine.gate.killed or scene.switch.engaged
    scene.people.release(scene.node)
    assert not machine.gate.killed
    assert not scene.switch.engaged
    assert machine.positions.get(StrategyId(1), InstrumentId(1)).quantity == before
