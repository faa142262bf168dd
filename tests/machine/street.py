"""A firm that holds something everywhere, and venues that answer everything at once: for kills."""

from itertools import count
from typing import Final

import msgspec

from fairlead.model.inputs import (
    Input,
    InstrumentDefinition,
    KillCommand,
    TimePassed,
    VenueDisconnected,
)
from fairlead.model.outputs import (
    Approved,
    CancelOrder,
    Disconnect,
    KillStepped,
    Output,
    SendOrder,
)
from fairlead.model.risk import Scope
from fairlead.model.risk_terms import KillMode, KillStep, ScopeKind
from fairlead.model.units import InstrumentId, Nanos, OrderId, StrategyId
from tests.machine.build import (
    BUY,
    KILL,
    PERPETUAL,
    SECOND,
    SELL,
    UNCONFIRMED,
    Rig,
    accepted,
    account,
    canceled,
    filled,
    limits,
    quote,
    strategy,
    submit,
)

OTHER: Final = "OTHER"
FAR: Final = msgspec.structs.replace(
    PERPETUAL, instrument=InstrumentId(3), symbol="FAR", venue=OTHER
)
WIDE: Final[tuple[Input, ...]] = (  # a firm of two accounts, three strategies, two venues
    account(2, desk="rates"),
    strategy(3, account=2),
    InstrumentDefinition(FAR),
    limits(3),
    UNCONFIRMED,
    quote(99, 101, instrument=3),
)
PLACES: Final = ((1, 1), (2, 2), (3, 1), (1, 3), (3, 3))  # strategies and instruments that trade
FLATTEN: Final = msgspec.structs.replace(KILL, mode=KillMode.FLATTEN)
TO_THE_END: Final = msgspec.structs.replace(KILL, mode=KillMode.DISCONNECT)
MM: Final = Scope(ScopeKind.STRATEGY, "strategy 1")
CLOSING: Final = (1 << 40) + 0xFF_0000_0000  # of strategy 1; the first one has the next number


class Street:
    """A rig, and venues that answer everything at once, but what they are told not to."""

    def __init__(self, *inputs: Input) -> None:
        self.rig = Rig(*inputs)
        self.said: list[tuple[Nanos, Input]] = []
        self.heard: list[Output] = []
        self.deaf: dict[int, bool] = {}  # orders that nothing is said about
        self.takes = True  # whether closing orders fill
        self.hangs_up = True  # whether sessions end when they are told to
        self._executions = count(1)

    def give(self, *inputs: Input) -> list[Output]:
        """Give inputs, and answers to what follows from them."""
        outputs: list[Output] = []
        waiting = list(inputs)
        while waiting:
            following = waiting.pop(0)
            self.said.append((self.rig.time, following))
            answered = self.rig.give(following)
            outputs += answered
            waiting += [answer for output in answered for answer in self.answers(output)]
        self.heard += outputs
        return outputs

    def answers(self, output: Output) -> list[Input]:
        """Return what a venue says to an action."""
        if isinstance(output, CancelOrder) and output.order not in self.deaf:
            return [canceled(output.order, output.instrument)]
        if isinstance(output, Disconnect) and self.hangs_up:
            return [VenueDisconnected(output.venue, "as you say")]
        if not isinstance(output, SendOrder) or output.approved.order in self.deaf:
            return []
        sent = output.approved
        taken = [accepted(sent.order, sent.instrument)]
        if not sent.closing:
            return [*taken]
        if not self.takes:
            return [*taken, canceled(sent.order, sent.instrument)]
        return [*taken, self.fill(sent.order, sent.quantity, sent.price, sent.instrument)]

    def fill(self, order: int, quantity: int, price: int = 98, instrument: int = 1) -> Input:
        """Return a fill under an id of its own."""
        name = f"S{next(self._executions)}"
        return filled(order, quantity, name, price, instrument=InstrumentId(instrument))

    def hold(self, order: int, strategy: int, instrument: int, quantity: int) -> None:
        """Let a strategy buy (negative: sell) so much, by an order of that number."""
        before = self.position(strategy, instrument)
        side = BUY if quantity > 0 else SELL
        where = {"strategy": StrategyId(strategy), "instrument": InstrumentId(instrument)}
        self.give(submit(order, side, abs(quantity), 98 if side is BUY else 102, **where))
        self.give(self.fill(order, abs(quantity), 98, instrument))
        assert self.position(strategy, instrument) == before + quantity

    def position(self, strategy: int = 1, instrument: int = 1) -> int:
        """Return what a strategy holds."""
        return self.rig.position(strategy, instrument).quantity

    def wait(self, seconds: int, *said: Input) -> list[Output]:
        """Let seconds go by one after the other, each with the same fresh market at its end."""
        outputs: list[Output] = []
        for _ in range(seconds):
            self.rig.wait(SECOND - 1)
            outputs += self.give(*said)
            self.rig.wait(1)
            outputs += self.give(TimePassed())
        return outputs

    def pass_time(self, nanos: int = 400 * SECOND) -> list[Output]:
        """Let everything happen that is due within a time, while the market stays as it is."""
        outputs: list[Output] = []
        machine = self.rig.machine
        until = self.rig.time + nanos
        while (due := machine.next_due()) is not None and due <= until:
            self.rig.time = max(due, self.rig.time)
            for number in machine.instruments:
                book = machine.books.get(number)
                assert book is not None
                if not book.stale:
                    outputs += self.give(quote(99, 101, 100, 100, instrument=number))
            outputs += self.give(TimePassed())
        return outputs


def wide(*, orders: bool = True, positions: bool = True) -> Street:
    """Return a firm that holds something at the five places (by orders 10 to 50), and works
    orders there (11 to 51).
    """
    street = Street(*WIDE)
    for number, (strategy_id, instrument) in enumerate(PLACES, 1):
        if positions:
            street.hold(10 * number, strategy_id, instrument, 5 + number)
        if orders:
            where = {"strategy": StrategyId(strategy_id), "instrument": InstrumentId(instrument)}
            street.give(submit(10 * number + 1, BUY, 20 + number, 97, **where))
    return street


def kill(scope: Scope, mode: KillMode) -> KillCommand:
    """Return the order to kill a scope."""
    return KillCommand("ann", "a drill", scope, mode, "a test")


def steps(outputs: list[Output]) -> list[tuple[KillStep, int]]:
    """Return the steps that were reported, with what was left."""
    return [(one.step, one.left) for one in outputs if isinstance(one, KillStepped)]


def kinds(outputs: list[Output]) -> list[KillStep]:
    """Return the steps that were reported."""
    return [step for step, _ in steps(outputs)]


def notes(outputs: list[Output]) -> list[str]:
    """Return what was noted about the steps."""
    return [one.note for one in outputs if isinstance(one, KillStepped) and one.note]


def closings(outputs: list[Output]) -> list[Approved]:
    """Return the orders that left to close positions."""
    return [one.approved for one in outputs if isinstance(one, SendOrder) and one.approved.closing]


def cancels(outputs: list[Output]) -> list[OrderId]:
    """Return the orders that venues were asked to cancel."""
    return [one.order for one in outputs if isinstance(one, CancelOrder)]


def ended(outputs: list[Output]) -> list[str]:
    """Return the venues whose sessions were to end."""
    return [one.venue for one in outputs if isinstance(one, Disconnect)]
