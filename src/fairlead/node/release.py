"""What an answered input sets free: actions leave, then strategies are told.

No action leaves before everything up to it is durable, and none but by the wire.
"""

from typing import Final, cast

from fairlead.journal.sequencer import monotonic_ns
from fairlead.model.inputs import Input, StartCommand, StopCommand
from fairlead.model.outputs import (
    Action,
    CancelOrder,
    Disconnect,
    Output,
    QueryOrder,
    ReplaceOrder,
    RequestStatement,
    SendOrder,
)
from fairlead.model.units import Nanos
from fairlead.node.latency import Latencies
from fairlead.node.path import Path
from fairlead.node.wire import Wire
from fairlead.simulator.stretch import Quotes
from fairlead.strategy.host import Host

# Looked up by type: asking a record of a few dozen kinds whose instance it is costs ten times that.
_START: Final = StartCommand
_STOP: Final = StopCommand
_ORDERS: Final = frozenset((SendOrder, CancelOrder, ReplaceOrder))
_ACTIONS: Final = _ORDERS | {QueryOrder, RequestStatement, Disconnect}


class Release:
    """The way out of one session."""

    def __init__(self, path: Path, wire: Wire, host: Host) -> None:
        """Take what commits, where actions leave, and who is told. Nothing has begun."""
        self.begun = False  # strategies have
        self.left = 0  # actions that were to leave
        self.turn_began = Nanos(0)  # by our own clock
        self.tick_to_order = Latencies()  # from the beginning of a turn to each order that leaves
        self._path = path
        self._wire = wire
        self._host = host

    def release(self, time: Nanos, input: Input, outputs: list[Output]) -> None:
        """Let actions out, durable before the first one leaves; then tell strategies."""
        if outputs:
            self.let_out(time, outputs)
        happened = type(input)
        if happened is _START and not self.begun:
            self.begun = True  # after a crash they have begun already, and stand
            self._host.start(time)
        elif happened is _STOP:
            self.begun = False
            self._host.stop(time)
        self._host.deliver(time, input, outputs)

    def let_out(self, time: Nanos, outputs: list[Output]) -> None:
        """Let actions out; what was decided up to now is durable before the first one leaves."""
        committed = False
        for output in outputs:
            kind = type(output)
            if kind in _ACTIONS:
                if not committed:
                    self._path.commit()
                    committed = True
                    if kind in _ORDERS:
                        self.tick_to_order.record(Nanos(monotonic_ns() - self.turn_began))
                self.left += 1
                self._wire.leave(cast(Action, output), time)

    def show(self, time: Nanos, input: Input) -> None:
        """Take market data of a stretch, and show it to strategies."""
        self.turn_began = monotonic_ns()
        outputs = self._path.take_at(time, input)
        stamped = self._path.sequencer.last_time
        if outputs:
            self.let_out(stamped, outputs)
        self._host.deliver(stamped, input, outputs)

    def pass_by(self, time: Nanos, quotes: Quotes, place: int) -> None:
        """Take a quote that nobody listens to. What the machine answers is heard all the same."""
        outputs = self._path.take_quote(time, quotes, place)
        if outputs:
            self.turn_began = monotonic_ns()
            stamped = self._path.sequencer.last_time
            self.let_out(stamped, outputs)
            self._host.deliver(stamped, quotes.input(place), outputs)
