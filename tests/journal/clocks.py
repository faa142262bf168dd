"""Clocks of a machine that go as clocks go wrong: from a seed, against a true time."""

import random
from collections.abc import Callable
from typing import Final

SECOND: Final = 10**9
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
NOON: Final = 1_700_049_600 * SECOND  # of a day in UTC
SHAPES: Final = ("linear", "step", "periodic", "noisy", "frozen", "leap", "smear")
Wrong = Callable[[int], int]  # from the time that has truly passed to how wrong the clock is


class Machine:
    """A machine whose two clocks are read: true time passes as the test says."""

    def __init__(self, wrong: Wrong, booted: int = 0) -> None:
        """Begin at noon."""
        self.passed = 0
        self._wrong = wrong
        self._booted = booted

    def wall(self) -> int:
        """Read the time of day."""
        return max(0, NOON + self.passed + self._wrong(self.passed))

    def monotonic(self) -> int:
        """Read the clock that only goes forward."""
        return self._booted + self.passed


def wrong_clock(seed: int) -> Wrong:
    """Return one way to go wrong; each shape comes up as often."""
    chance = random.Random(seed)
    shape = SHAPES[seed % len(SHAPES)]
    size = chance.choice([50_000, 5_000_000, SECOND, HOUR, DAY])
    if shape == "linear":
        millionths = chance.randint(-1_000_000, 1_000_000)
        return lambda passed: passed * millionths // 10**6
    if shape == "step":
        steps = [
            (chance.randint(0, 3 * HOUR), chance.choice([-1, 1]) * chance.choice([HOUR, DAY, size]))
            for _ in range(chance.randint(1, 6))
        ]
        return lambda passed: sum(by for at, by in steps if at <= passed)
    if shape == "periodic":
        period = chance.randint(SECOND, HOUR)
        return lambda passed: (abs(passed % (2 * period) - period) * 2 - period) * size // period
    if shape == "noisy":
        return lambda passed: random.Random(seed ^ passed).randint(-size, size)
    if shape == "frozen":
        at = chance.randint(0, HOUR)
        return lambda passed: min(0, at - passed)
    at = chance.randint(0, HOUR)
    if shape == "leap":  # the last second of the day is said twice
        return lambda passed: -SECOND if passed >= at else 0
    return lambda passed: -min(SECOND, max(0, passed - at) * SECOND // DAY)  # over a day
