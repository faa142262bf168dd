"""The machine: one input in, its outputs out. This page is the order of the steps.

What arrives has a number and a time and is in the journal. Market data moves the books; venue
reports move orders, positions and money; requests pass the gate or are refused; commands rule over
all of them. The machine reads no clock and asks nobody: what it answers depends on what it was
given, and on nothing else. An input that cannot be true is refused and recorded; a machine that
contradicts itself stops.
"""

from collections.abc import Callable
from typing import Any, Final

from fairlead.machine import governance, market, reports, requests
from fairlead.machine.state import State
from fairlead.model import inputs
from fairlead.model.inputs import Input
from fairlead.model.outputs import Output
from fairlead.model.units import Nanos, Sequence

# A step takes the input of its own kind; the table below is what pairs the two.
Step = Callable[[State, Any, Nanos, list[Output]], None]

STEPS: Final[dict[type, Step]] = {
    # What the market is.
    inputs.Quote: market.quote,
    inputs.Trade: market.trade,
    inputs.BookChange: market.change,
    inputs.BookSnapshot: market.snapshot,
    inputs.BookGap: market.gap,
    # What became of our orders. Fills move positions and money.
    inputs.VenueFilled: reports.filled,
    inputs.VenueAccepted: reports.accepted,
    inputs.VenueRejected: reports.rejected,
    inputs.VenueCanceled: reports.canceled,
    inputs.VenueCancelRejected: reports.cancel_rejected,
    inputs.VenueReplaced: reports.replaced,
    inputs.VenueReplaceRejected: reports.replace_rejected,
    inputs.VenueExpired: reports.expired,
    inputs.VenueDisconnected: reports.disconnected,
    inputs.VenueConnected: governance.recorded,
    # What strategies want: identity, then the risk gate, then out; or refused with every reason.
    inputs.SubmitRequest: requests.submit,
    inputs.CancelRequest: requests.cancel,
    inputs.ReplaceRequest: requests.replace,
    inputs.TimerFired: governance.recorded,
    # Who may trade, with what, within which limits, and whether at all.
    inputs.NodeStarted: governance.node_started,
    inputs.AccountDefinition: governance.account,
    inputs.InstrumentDefinition: governance.instrument,
    inputs.StrategyDefinition: governance.strategy,
    inputs.LimitChange: governance.limits,
    inputs.MessageRateChange: governance.message_rate,
    inputs.StrategyFailed: governance.strategy_failed,
    inputs.StrategyStopCommand: governance.strategy_stop,
    inputs.KillCommand: governance.kill,
    inputs.ReleaseCommand: governance.release,
    inputs.ReopenCommand: governance.reopen,
    inputs.StartCommand: governance.start,
    inputs.StopCommand: governance.stop,
}


class Machine:
    """The pure function and its state."""

    def __init__(self) -> None:
        """Begin knowing nothing: everything it will ever know comes as an input."""
        self.state = State()
        state = self.state
        self.instruments = state.instruments
        self.books = state.books
        self.orders = state.orders
        self.positions = state.positions
        self.gate = state.gate

    def apply(self, sequence: Sequence, time: Nanos, input: Input) -> list[Output]:
        """Return the outputs of one input. Sequences are gapless, and time never goes back."""
        state = self.state
        assert sequence == state.sequence + 1, f"input {sequence} follows {state.sequence}"
        assert time >= state.time, f"time goes back at input {sequence}"
        state.sequence = sequence
        state.time = time
        outputs: list[Output] = []
        STEPS[type(input)](state, input, time, outputs)
        return outputs

    def digest(self) -> str:
        """Return a digest of the whole state, in hexadecimal."""
        return self.state.digest()
