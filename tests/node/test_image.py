"""A state as bytes, and back: the same objects, the same answers, and nothing else."""

import io
import os
import pickle
import random
import sys
from collections import defaultdict, deque
from decimal import Decimal
from pathlib import Path as FilePath
from typing import Any

import pytest

from fairlead.machine.machine import Machine
from fairlead.machine.orders import PLAIN
from fairlead.model.units import Sequence
from fairlead.node.errors import BadImage, NotKept
from fairlead.node.image import decode, encode
from fairlead.simulator.chance import Chance
from fairlead.strategy.loading import load
from tests.machine.hostile_session import Session as HostileSession
from tests.machine.risk_sessions import RiskSession
from tests.node.sessions import Quoting, Run


def brought_back(state: object, **outside: object) -> Any:
    return decode(encode(state, outside), outside)


def test_a_machine_comes_back_with_its_digest_and_answers_as_before() -> None:
    """Invariant 2, from anywhere within a session."""
    run = Run(Quoting()).whole()
    machine = Machine()
    for number, (time, input) in enumerate(run.recorder.inputs, start=1):
        machine.apply(Sequence(number), time, input)
        if number % 400 == 0:
            again = brought_back(machine)
            assert again.digest() == machine.digest()
            machine = again
    assert machine.digest() == run.machine.digest()


def test_objects_that_are_one_stay_one_and_constants_stay_themselves() -> None:
    shared = deque([1, 2], maxlen=5)
    kept = brought_back({"a": shared, "b": shared, "plain": PLAIN})
    assert kept["a"] is kept["b"]
    assert kept["a"].maxlen == 5
    assert kept["plain"] is PLAIN


def test_chance_goes_on_where_it_stood() -> None:
    chance = Chance(7, 1)
    chance.bell()
    again = brought_back(chance)
    assert [again.below(1_000) for _ in range(50)] == [chance.below(1_000) for _ in range(50)]


def test_plain_things_that_strategies_remember_come_back() -> None:
    state = {
        "prices": [Decimal("1.5")],
        "seen": {1, 2},
        "by": defaultdict(list, {1: [2]}),
        "chance": random.Random(3),
    }
    again = brought_back(state)
    assert {key: again[key] for key in ("prices", "seen", "by")} == {
        key: state[key] for key in ("prices", "seen", "by")
    }


def test_what_is_outside_is_named_and_given_anew() -> None:
    ours, theirs = object(), object()
    content = encode([ours], {"switch": ours})
    assert decode(content, {"switch": theirs}) == [theirs]


@pytest.mark.parametrize("held", [lambda: 1, io.StringIO("text"), (each for each in "ab")])
def test_what_cannot_be_brought_back_is_not_kept(held: object) -> None:
    with pytest.raises(NotKept):
        encode([held], {})


def test_a_class_of_elsewhere_is_not_kept() -> None:
    with pytest.raises(NotKept, match="PosixPath"):
        encode(FilePath("x"), {})


class Remembered:
    """What a strategy of this file keeps."""

    def __init__(self) -> None:
        self.high = 12


def test_a_class_of_a_strategys_own_module_is_kept() -> None:
    modules = [Remembered.__module__]
    again = decode(encode(Remembered(), {}, modules), {}, modules)
    assert again.high == 12
    with pytest.raises(NotKept):
        encode(Remembered(), {})


STRATEGY = """
from fairlead.strategy import Strategy

def twice(number):
    return 2 * number

class Mine(Strategy):
    class Inner:
        high = 12

    def on_start(self, context):
        self.inner, self.kind, self.function = self.Inner(), self.Inner, twice
        self.nameless = None
"""


def test_a_strategy_from_a_file_is_kept_with_what_it_defines(tmp_path: FilePath) -> None:
    """Its module is one that no import finds."""
    path = tmp_path / "mine.py"
    path.write_text(STRATEGY)
    kind = load(path)
    mine: Any = kind.with_parameters({})
    mine.on_start(None)
    modules = [kind.__module__]
    again: Any = decode(encode(mine, {}, modules), {}, modules)
    assert type(again).__name__ == "Mine"
    assert (again.inner.high, again.kind, again.function(3)) == (12, type(mine.inner), 6)
    with pytest.raises(BadImage):
        decode(encode(mine, {}, modules), {})
    namespace = vars(sys.modules[kind.__module__])
    mine.nameless = eval("lambda: 1", namespace)
    with pytest.raises(NotKept, match="cannot be found"):
        encode(mine, {}, modules)


class Evil:
    """Would run a command when it is read."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        """Say how it is made again."""
        return os.system, ("echo broken in",)


@pytest.mark.parametrize(
    "content",
    [b"", b"junk", pickle.dumps(Evil()), pickle.dumps(FilePath("x")), encode([1], {})[:-2]],
)
def test_bytes_that_no_image_has_are_refused(content: bytes) -> None:
    with pytest.raises(BadImage):
        decode(content, {})


@pytest.mark.parametrize("seed", range(4))
def test_a_hostile_session_goes_on_with_a_machine_that_was_brought_back(seed: int) -> None:
    """Unknown orders, busts, corrections, breaks: nothing of it is lost, and nothing invented."""
    session = HostileSession(seed)
    for _ in range(6):
        for _ in range(15):
            session.step()
        session.machine = brought_back(session.machine)
    session.settle()
    session.agree()


@pytest.mark.parametrize("seed", range(4))
def test_a_machine_with_all_of_risk_answers_like_the_one_it_was_taken_of(seed: int) -> None:
    """Limits, breakers, kills, proposals, several accounts and currencies: after every input."""
    session = RiskSession(seed)
    for _ in range(3):
        session.run(25)
        session.second = brought_back(session.machine)
        assert session.second.digest() == session.machine.digest()
    session.run(25)
