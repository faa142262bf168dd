"""Rich sessions, as a journal would have them: entries, and the machine that answered them.

Hostile venues, layers of risk, and a desk with two accounts, three currencies and every booking:
what the tests of these rooms make at random, each from a seed.
"""

import random
from collections.abc import Callable, Iterable
from typing import NamedTuple

from fairlead.journal.history import Entry
from fairlead.machine.machine import Machine
from fairlead.model.codec import encode_input, encode_outputs
from fairlead.model.inputs import Input
from fairlead.model.outputs import Output
from fairlead.model.units import Nanos, Sequence
from tests.machine.build import Rig
from tests.machine.busy import a_day
from tests.machine.hostile_session import Session
from tests.machine.risk_sessions import RiskSession
from tests.readers.desk import Desk, act

KINDS = (
    *("trade",) * 6,
    *("bust", "time", "quote", "correct", "cash", "funding", "exchange", "gap", "last", "mark"),
    *("policy", "rate", "day", "undo", "split", "dividend", "rename"),
)


class Recorded(NamedTuple):
    """What happened, and the machine as it stood at the end."""

    machine: Machine
    entries: list[Entry]


def entry(sequence: int, time: Nanos, input: Input, outputs: list[Output]) -> Entry:
    """Return an entry as the path writes it down."""
    made = Entry(Sequence(sequence), time, encode_input(input))
    made.outputs = encode_outputs(outputs) if outputs else b""
    return made


class Recorder:
    """A reader that writes down what it is shown."""

    def __init__(self) -> None:
        """Begin before the first entry."""
        self.entries: list[Entry] = []

    def follow(self, sequence: Sequence, time: Nanos, input: Input, outputs: list[Output]) -> None:
        """Take one entry."""
        self.entries.append(entry(sequence, time, input, outputs))


class _Hostile(Session):
    """A hostile session that is written down."""

    def __init__(self, seed: int) -> None:
        self.entries: list[Entry] = []
        super().__init__(seed)

    def say(self, one: Input, to_twin: Input | None = None) -> list[Output]:
        """Write down what was said."""
        answered = super().say(one, to_twin)
        self.entries.append(entry(self.machine.state.sequence, self.time, one, answered))
        return answered


class _Risk(RiskSession):
    """A session of the layers of risk that is written down."""

    def __init__(self, seed: int) -> None:
        self.entries: list[Entry] = []
        super().__init__(seed)

    def apply(self, following: Sequence, one: Input) -> list[Output]:
        """Write down what was applied."""
        answered = super().apply(following, one)
        self.entries.append(entry(following, self.time, one, answered))
        return answered


class _Desk(Desk):
    """A desk whose doings are written down."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        super().__init__()

    def feed(self, inputs: Iterable[Input]) -> None:
        """Write down what was fed."""
        for each in inputs:
            super().feed([each])
            self.entries.append(entry(self.sequence, self.now, each, self.outputs))


def hostile(seed: int, steps: int = 80) -> Recorded:
    """Return a session with a hostile venue."""
    session = _Hostile(seed)
    for _ in range(steps):
        session.step()
    session.settle()
    return Recorded(session.machine, session.entries)


def risky(seed: int, steps: int = 120) -> Recorded:
    """Return a session of the layers of risk: two accounts, two venues, splits, parents, kills."""
    session = _Risk(seed)
    for _ in range(steps):
        session.step()
    return Recorded(session.machine, session.entries)


def bookings(seed: int, steps: int = 120) -> Recorded:
    """Return a session of trades and of everything else that moves positions and money."""
    chance = random.Random(seed)
    desk = _Desk()
    for _ in range(steps):
        act(desk, chance.choice(KINDS), *(chance.randint(1, 40) for _ in range(3)))
    return Recorded(desk.machine, desk.entries)


class _Rig(Rig):
    """A rig whose inputs are written down."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        super().__init__()

    def give(self, *inputs: Input) -> list[Output]:
        """Write down what was given."""
        answered: list[Output] = []
        for given in inputs:
            outputs = super().give(given)
            sequence = self.machine.state.sequence
            self.entries.append(entry(sequence, self.time, given, outputs))
            answered += outputs
        return answered


def busy(seed: int, steps: int = 400) -> Recorded:
    """Return a long day of orders, fills and changes that does not come to a stop."""
    rig = _Rig()
    rig.give(*a_day(seed, steps))
    return Recorded(rig.machine, rig.entries)


SOURCES: tuple[Callable[[int], Recorded], ...] = (hostile, risky, bookings, busy)
