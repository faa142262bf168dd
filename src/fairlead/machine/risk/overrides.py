"""Overrides: named checks waived for one order, by two persons, for a time (RTS 6 Art 15(6)).

What says that nothing is known, that trading is stopped, or that a layer has shut cannot be waived.
"""

from typing import Final

from fairlead.machine.risk.terms import Terms
from fairlead.model.inputs import OverrideRequest
from fairlead.model.outputs import FailedCheck
from fairlead.model.units import Nanos

OVERRIDABLE: Final = (
    "order_quantity_max",
    "order_quantity",
    "order_notional_max",
    "order_notional",
    "price_collar",
    "price_collar_share",
    "price_floor",
    "volume_share",
    "duplicate_order",
    "spread",
    "depth",
    "position_value",
    "position_share",
    "sector",
    "sector_share",
    "value_window",
    "value_day",
    "quantity_day",
)
OVERRIDES_MAX: Final = 1_000  # that stand at once: each is used once, or expires


class Override:
    """One override, not used yet."""

    def __init__(self, number: int, request: OverrideRequest) -> None:
        """Take what two persons have allowed."""
        self.number = number
        self.request = request


class Overrides:
    """All overrides that stand."""

    def __init__(self) -> None:
        """Begin without any."""
        self._standing: list[Override] = []

    def grant(self, number: int, request: OverrideRequest, now: Nanos) -> None:
        """Let an override stand, under the number that it was proposed with."""
        self._standing = self.standing(now)
        if len(self._standing) >= OVERRIDES_MAX:
            del self._standing[0]
        self._standing.append(Override(number, request))

    def standing(self, now: Nanos) -> list[Override]:
        """Return the overrides that an order may still leave under."""
        return [override for override in self._standing if now <= override.request.expires]

    def fitting(self, terms: Terms, failed: list[FailedCheck]) -> int:
        """Return the override under which an order may leave although these checks said no.

        0 if there is none.
        """
        order = terms.order
        for override in self._standing:
            request = override.request
            if (
                request.strategy == order.strategy
                and request.instrument == order.instrument
                and request.side is order.side
                and terms.quantity <= request.quantity_max
                and terms.now <= request.expires
                and order.requests == 0
                and all(check.check in request.checks for check in failed)
            ):
                return override.number
        return 0

    def use(self, number: int) -> None:
        """Use an override up."""
        self._standing = [one for one in self._standing if one.number != number]

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        return [[one.number, one.request] for one in self._standing]
