"""What must hold at every input of a journal: who may send what, when, within which limits."""

from typing import Final

from fairlead.model.inputs import (
    BookGap,
    Input,
    LimitChange,
    NodeStarted,
    Quote,
    SubmitRequest,
    Trade,
)
from fairlead.model.outputs import (
    Approved,
    ChangeProposed,
    InputRefused,
    KillEngaged,
    KillReleased,
    OrderRefused,
    Output,
    ProposalEnded,
    ReplaceOrder,
    SendOrder,
    TradingStarted,
    TradingStopped,
)
from fairlead.model.risk import FIRM
from fairlead.model.terms import Side
from fairlead.model.units import NANOS_PER_SECOND, InstrumentId, Nanos
from fairlead.stages.hostile.errors import hold
from fairlead.stages.hostile.ledger import Ledger
from fairlead.stages.hostile.setting import ORDER_MAX, POSITION_MAX

_REFERENCE_AGE_MAX: Final = NANOS_PER_SECOND  # as the configuration leaves it
_NEVER: Final = Nanos(-1)


class _Touch:
    """What a feed last said of an instrument."""

    def __init__(self) -> None:
        self.bid = 0
        self.ask = 0
        self.update = 0
        self.time = _NEVER
        self.last_time = _NEVER
        self.lost = True

    def fresh(self, now: Nanos) -> bool:
        """Whether a price may be read from it."""
        if self.lost or (self.bid and self.ask and self.bid >= self.ask):
            return False
        seen = self.time if self.bid and self.ask else self.last_time
        return seen != _NEVER and now - seen <= _REFERENCE_AGE_MAX


class Rules:
    """Follows a journal from its beginning."""

    def __init__(self) -> None:
        """Begin before anything."""
        self.ledger: Final = Ledger()
        self.refusals = 0
        self.epoch = 0
        self._killed = False
        self._trading = False
        self._limits: Final[dict[InstrumentId, int]] = {}
        self._proposed: Final[dict[int, LimitChange]] = {}
        self._touches: Final[dict[InstrumentId, _Touch]] = {}

    def follow(self, time: Nanos, input: Input, outputs: list[Output]) -> None:
        """Hold one input with its outputs against all of them."""
        if isinstance(input, NodeStarted):
            hold(7, input.epoch > self.epoch, f"epoch {input.epoch} follows {self.epoch}")
            self.epoch, self._trading = input.epoch, False
        self._see(time, input, outputs)
        self._learn_limits(input, outputs)
        self._govern(outputs)
        before = self.ledger.alive()
        for output in outputs:
            self.ledger.take(input, output)
            if isinstance(output, SendOrder | ReplaceOrder):
                self._leaves(time, output)
            elif isinstance(output, OrderRefused):
                self._refused(input, output)
        self.ledger.closed(input, outputs, before)
        self._release(outputs)

    def _leaves(self, time: Nanos, output: SendOrder | ReplaceOrder) -> None:
        """Hold a message that may leave against what was known then."""
        approved = output.approved
        name = f"order {approved.order}"
        if isinstance(output, SendOrder):
            allowed = approved.closing or not self._killed
            hold(9, allowed, f"{name} leaves after a kill")
            hold(9, approved.closing or self._trading, f"{name} leaves while trading is stopped")
        touch = self._touches.get(approved.instrument)
        known = touch is not None and touch.fresh(time)
        hold(11, known, f"{name} is priced on a book that is stale, crossed or too old")
        hold(12, approved.notional > 0, f"{name} is worth {approved.notional}")
        self._exposure(approved)

    def _exposure(self, approved: Approved) -> None:
        worst = self.ledger.worst(approved.instrument, approved.side)
        most = self._limits.get(approved.instrument, POSITION_MAX)
        what = f"order {approved.order} makes {worst} possible"
        hold(8, worst <= most, f"{what} in instrument {approved.instrument}, at most {most}")
        said = approved.position_worst
        seen = said if approved.side is Side.BUY else -said
        hold(8, seen == worst, f"{what}, risk saw {seen}")

    def _refused(self, input: Input, refused: OrderRefused) -> None:
        self.refusals += 1
        name = f"the refusal of order {refused.order}"
        hold(12, len(refused.failed) > 0, f"{name} names no check")
        failed = {check.check: check for check in refused.failed}
        for check in refused.failed:
            hold(12, bool(check.check), f"{name} names a check without a name")
            if check.check.endswith("_max") and check.measured is not None:
                over = check.limit is not None and check.measured > check.limit
                hold(12, over, f"{name}: {check.check}, {check.measured} within {check.limit}")
        if isinstance(input, SubmitRequest) and "limits_set" not in failed:
            asked = refused.order == input.order and "book_fresh" in failed
            if asked and input.quantity > ORDER_MAX:
                hold(12, "order_quantity_max" in failed, f"{name} leaves out its quantity")

    # --- what was known ---

    def _see(self, time: Nanos, input: Input, outputs: list[Output]) -> None:
        if not isinstance(input, Quote | Trade | BookGap):
            return
        if any(isinstance(output, InputRefused) for output in outputs):
            return
        touch = self._touches.setdefault(input.instrument, _Touch())
        if isinstance(input, BookGap):
            touch.lost = True
            touch.update = 0  # the feed may number anew
        elif isinstance(input, Trade):
            touch.last_time = time
        else:
            touch.lost = False
            if input.update == 0 or input.update >= touch.update:
                touch.bid, touch.ask = input.bid_price, input.ask_price
                touch.update, touch.time = input.update, time

    def _learn_limits(self, input: Input, outputs: list[Output]) -> None:
        proposed = [output for output in outputs if isinstance(output, ChangeProposed)]
        if isinstance(input, LimitChange):
            if proposed:
                self._proposed[proposed[0].number] = input
            elif not any(isinstance(output, InputRefused) for output in outputs):
                self._set(input)
        for output in outputs:
            if isinstance(output, ProposalEnded):
                change = self._proposed.pop(output.number, None)
                if change is not None and output.outcome == "approved":
                    self._set(change)

    def _set(self, change: LimitChange) -> None:
        self._limits[change.limits.instrument] = change.limits.position_quantity_max

    def _govern(self, outputs: list[Output]) -> None:
        for output in outputs:
            if isinstance(output, KillEngaged) and output.scope == FIRM:
                self._killed = True
            elif isinstance(output, TradingStopped):
                self._trading = False

    def _release(self, outputs: list[Output]) -> None:
        """Let go after the input: nothing leaves with the release itself."""
        for output in outputs:
            if isinstance(output, KillReleased) and output.scope == FIRM:
                self._killed = False
            elif isinstance(output, TradingStarted):
                self._trading = True
