"""What a session knows by itself between two turns, and who keeps it for a later start."""

from typing import NamedTuple, Protocol

from fairlead.model.inputs import Input
from fairlead.model.units import Nanos


class Keeper(Protocol):
    """Who keeps what stands, so that a start need not live through all of it again."""

    def look(self) -> Input | None:
        """Take a snapshot if it is time to; return what the journal is to say of the last one."""


class Standing(NamedTuple):
    """What a session knows by itself, between two turns."""

    begun: bool
    day_end: Nanos
    time: Nanos
