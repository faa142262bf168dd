"""What a session asks of strategies that run in processes of their own (`node/workers`)."""

from collections.abc import Collection
from typing import Protocol

from fairlead.model.inputs import Input
from fairlead.model.units import Nanos, StrategyId


class Workers(Protocol):
    """They come from outside, as commands do, and are asked when those are looked for."""

    @property
    def strategies(self) -> Collection[StrategyId]:
        """Whose they are: the host of the session has no seats for them."""

    def next_time(self) -> Nanos | None:
        """Return when their next timer runs out, None if there is none."""

    def take(self, time: Nanos) -> list[Input]:
        """Return what they ask for by a time, and the timers that have run out."""
