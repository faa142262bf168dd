"""What a drill shows: what left, what did not and why, what was said, and when it was over."""

import msgspec

from fairlead.model.inputs import Input, SendBlocked, SubmitRequest
from fairlead.model.outputs import (
    BreakerChanged,
    InputRefused,
    KillEngaged,
    LimitAlert,
    OrderRefused,
    Output,
    StrategyDisabled,
)
from fairlead.model.risk_terms import AlertLevel, BreakerState, LimitKind
from fairlead.model.units import NANOS_PER_SECOND, Money, Nanos

LAST_MILE = "last mile"
REGISTRY = "register of names"
START = "start of trading"
_LAYERS = (
    (LimitKind.LOSS_DAY, LimitKind.LOSSES_IN_A_ROW, "4 losses"),
    (LimitKind.GROSS, LimitKind.EXPECTED_SHORTFALL_SHARE, "3 exposure"),
    (LimitKind.POSITION_QUANTITY, LimitKind.POSITIONS, "2 positions"),
)
_LAYER_OF: dict[str, str] = {
    "killed": "6 kill switch",
    "position_quantity_max": "2 positions",
    "cash_left": "3 exposure",
    "strategy_known": REGISTRY,
    "trading_stopped": START,
} | {
    kind.name.lower(): layer
    for first, last, layer in _LAYERS
    for kind in LimitKind
    if first <= kind <= last
}


class Alarm(msgspec.Struct, frozen=True):
    """Something that was said to people, and when, counted from the beginning of the fault."""

    what: str
    after: Nanos


class Refusals(msgspec.Struct, frozen=True):
    """How often a check was the first that said no."""

    check: str
    layer: str
    count: int


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one scenario. Money is in cents."""

    name: str
    cause: str
    asked: int  # orders that the fault wanted
    sent: int  # that left
    refused: tuple[Refusals, ...]  # that did not
    fills: int
    gross: Money  # at its worst
    loss: Money
    stopped_after: Nanos | None  # from the beginning of the fault; None: it was not
    stopped_by: str = ""
    stopped_in: str = ""  # the layer
    alarms: tuple[Alarm, ...] = ()
    facts: tuple[str, ...] = ()

    @property
    def stopped(self) -> bool:
        """Whether the flow was stopped at all."""
        return self.stopped_after is not None

    @property
    def held_back(self) -> int:
        """How many orders were refused, here or at the last mile."""
        return sum(refusals.count for refusals in self.refused)

    @property
    def in_time(self) -> bool:
        """Whether it was stopped within a second (S0-KILL-12)."""
        return self.stopped_after is not None and self.stopped_after < NANOS_PER_SECOND

    def alarm(self, names: tuple[str, ...]) -> Nanos | None:
        """Return when the first of these alarms was raised; None if none ever was."""
        times = [alarm.after for alarm in self.alarms if any(name in alarm.what for name in names)]
        return min(times) if times else None


class Log:
    """What happens at a desk, from the beginning of a fault on."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.begin(Nanos(0))

    def begin(self, time: Nanos) -> None:
        """Count from here."""
        self.start = time
        self.asked = 0
        self.sent = 0
        self.refused: dict[str, int] = {}
        self.alarms: list[Alarm] = []
        self.facts: list[str] = []
        # The first order that did not leave since the last one that did: then, and why.
        self.stop: tuple[Nanos, str] | None = None

    def take(self, input: Input, outputs: list[Output], time: Nanos) -> None:
        """Take in one input with what came of it."""
        if isinstance(input, SubmitRequest):
            self.asked += 1
        elif isinstance(input, SendBlocked):
            self._refuse(LAST_MILE, time)
        for output in outputs:
            if isinstance(output, OrderRefused):
                if isinstance(input, SubmitRequest):
                    self._refuse(output.failed[0].check, time)
                else:
                    self.facts.append(f"{output.request} refused: {output.failed[0].check}")
            elif isinstance(output, InputRefused):
                self.facts.append(f"{output.kind} refused: {output.reason}")
            else:
                what = alarm_text(output)
                if what:
                    self.alarms.append(Alarm(what, Nanos(time - self.start)))

    def left(self) -> None:
        """Take in that an order left."""
        self.sent += 1
        self.stop = None

    def refusals(self) -> tuple[Refusals, ...]:
        """Return what did not leave, by the first check that said no."""
        counted = self.refused.items()
        return tuple(Refusals(check, layer_of(check), count) for check, count in counted)

    def _refuse(self, check: str, time: Nanos) -> None:
        self.refused[check] = self.refused.get(check, 0) + 1
        if self.stop is None:
            self.stop = (Nanos(time - self.start), check)


def layer_of(check: str) -> str:
    """Return which layer a check belongs to."""
    if check == LAST_MILE:
        return LAST_MILE
    if check.startswith("breaker"):
        return "5 breakers"
    return _LAYER_OF.get(check, "1 pre-trade")


def alarm_text(output: Output) -> str:
    """Return what is said to people about an output; nothing for what is no alarm."""
    if isinstance(output, BreakerChanged) and output.after is not BreakerState.ACTIVE:
        return f"{output.breaker}: {output.scope} {_word(output.after.name)}"
    if isinstance(output, LimitAlert) and output.level is not AlertLevel.ENDED:
        kind, level = _word(output.kind.name), _word(output.level.name)
        return f"limit {kind} of {output.scope}: {level}"
    if isinstance(output, StrategyDisabled):
        return f"strategy taken off: {output.reason}"
    if isinstance(output, KillEngaged):
        return f"kill of {output.scope}: {output.reason}"
    return ""


def _word(name: str) -> str:
    return name.lower().replace("_", " ")
