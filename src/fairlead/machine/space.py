"""What a journal without room means for trading: nothing new, cancels go on, until there is room.

It is a kill of the whole firm, with everything that makes a kill sure: it is latched, it survives a
restart, and a named person alone lets trading go on. That person cannot do it before there is room
again, since the next order could not be written down.
"""

from typing import Final

from fairlead.machine import killing
from fairlead.machine.state import State
from fairlead.model.inputs import JournalSpaceBack, JournalSpaceLow
from fairlead.model.outputs import Output
from fairlead.model.risk import FIRM
from fairlead.model.risk_terms import KillMode
from fairlead.model.units import Nanos

SOURCE: Final = "journal"
_CANCEL: Final = KillMode.CANCEL
_BLOCK: Final = KillMode.BLOCK


def low(state: State, seen: JournalSpaceLow, time: Nanos, outputs: list[Output]) -> None:
    """Stop what is new, and cancel what works if that is the policy."""
    reason = (
        f"{seen.path}: {seen.free_bytes:,} bytes are free, {seen.free_bytes_min:,} are the least"
    )
    state.space_problem = reason
    mode = _CANCEL if seen.cancels else _BLOCK
    known = killing.engage(state, FIRM, mode, SOURCE, reason, SOURCE, time, outputs)
    assert known, "there is always a firm"


def back(state: State, seen: JournalSpaceBack, time: Nanos, outputs: list[Output]) -> None:
    """Let a person release the firm again."""
    state.space_problem = ""
