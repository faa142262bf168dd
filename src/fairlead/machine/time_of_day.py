"""What follows from a look at the clocks: it is recorded, told, and may stop new orders.

No decision is moved by the machine's time of day: it comes in as a fact about the world, and time
itself comes from the sequencer.
"""

from typing import Final

from fairlead.machine import breakers
from fairlead.machine.state import State
from fairlead.model.inputs import ClockChecked
from fairlead.model.outputs import ClockAlert, Output
from fairlead.model.risk import FIRM
from fairlead.model.risk_terms import BreakerState
from fairlead.model.units import NANOS_PER_MILLISECOND, Nanos

_CANCEL_ONLY: Final = BreakerState.CANCEL_ONLY


def checked(state: State, checked: ClockChecked, time: Nanos, outputs: list[Output]) -> None:
    """Say what level the difference has reached; after a jump let nothing new leave.

    What works at venues may stay and be canceled. A person lets the firm trade again, as after any
    breaker (`BreakerCommand`): the difference is accepted then, and only a further jump counts.
    """
    drift = state.drift
    if drift.see(checked):
        offset = checked.ours - checked.wall
        bound = drift.bound(checked)
        outputs.append(ClockAlert(drift.level, Nanos(abs(offset)), offset > 0, bound))
    jumped = drift.jumped(checked)
    if jumped:
        moved = f"{jumped // NANOS_PER_MILLISECOND:,} ms"
        cause = f"the machine's time of day moved by {moved} against our clock"
        breakers.trip(state, FIRM, _CANCEL_ONLY, cause, time, outputs)
