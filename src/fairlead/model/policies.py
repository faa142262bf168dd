"""The rules that orders and reconciliation follow where a request says nothing else.

They are inputs: replay sees the same ones at the same point.
"""

import msgspec

from fairlead.model.terms import TimeoutAction
from fairlead.model.units import NANOS_PER_SECOND, BasisPoints, Nanos


class OrderPolicy(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How an order of unset type is made, and when one that does not trade is given up.

    `timeout` and `slippage_max` hold orders of unset type; with `all_orders` every order that
    does not name its own. 0 switches a rule off.
    """

    limit_offset: BasisPoints = BasisPoints(5)  # of an unset type: how far beyond the touch
    timeout: Nanos = Nanos(30 * NANOS_PER_SECOND)  # from the request on
    timeout_action: TimeoutAction = TimeoutAction.CANCEL
    attempts_max: int = 3  # of one logical order; the fourth attempt is never sent
    retry_delay: Nanos = Nanos(NANOS_PER_SECOND)
    slippage_max: BasisPoints = BasisPoints(20)  # from the decision price, then the rest goes
    answer_timeout: Nanos = Nanos(5 * NANOS_PER_SECOND)  # then the outcome is not known
    all_orders: bool = False

    def __post_init__(self) -> None:
        """Raise `ValueError` for a negative span or share, or no attempt at all."""
        if min(self.timeout, self.retry_delay, self.answer_timeout) < 0:
            raise ValueError("order policy: a span of time is negative, expected 0 or more")
        if not 0 <= self.limit_offset < 10_000 or not 0 <= self.slippage_max < 10_000:
            raise ValueError("order policy: a share is not 0 to 9999 basis points")
        if self.attempts_max < 1:
            raise ValueError(
                f"order policy: attempts_max is {self.attempts_max}, expected 1 or more"
            )


class ReconciliationPolicy(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """When statements are asked for, and what a difference leads to.

    With `required` an instrument is closed from a (re)connect until a statement confirms it.
    `auto_correct` books position differences by itself; it is off unless a person switches it on.
    """

    required: bool = True
    interval: Nanos = Nanos(3_600 * NANOS_PER_SECOND)  # between scheduled statements; 0: none
    tolerance: BasisPoints = BasisPoints(
        0
    )  # of a position, where its instrument has none of its own
    auto_correct: bool = False
    owner: str = "operations"  # of a new break

    def __post_init__(self) -> None:
        """Raise `ValueError` for a negative interval or a tolerance that admits anything."""
        if self.interval < 0:
            raise ValueError("reconciliation policy: interval is negative, expected 0 or more")
        if not 0 <= self.tolerance < 10_000:
            raise ValueError("reconciliation policy: tolerance is not 0 to 9999 basis points")
