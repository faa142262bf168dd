"""The limits that the risk gate holds an order against.

They are inputs: replay sees the same ones at the same point.
"""

import msgspec

from fairlead.model.units import BasisPoints, InstrumentId, Money, Nanos, Quantity


class Limits(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The limits of one instrument, over all strategies.

    There is no "unlimited": what is not set may not be traded.
    """

    instrument: InstrumentId
    order_quantity_max: Quantity
    order_notional_max: Money
    position_quantity_max: (
        Quantity  # worst case of position and working orders, long and short separately
    )
    collar: BasisPoints  # how far a price may lie from the reference; equality passes
    reference_age_max: Nanos  # an older reference is no reference

    def __post_init__(self) -> None:
        """Raise `ValueError` for a limit that is negative or a collar that admits any price."""
        if min(self.order_quantity_max, self.order_notional_max, self.position_quantity_max) < 0:
            raise ValueError(
                f"limits of instrument {self.instrument}: a limit is negative, expected 0 or more"
            )
        if not 0 <= self.collar < 10_000:
            raise ValueError(
                f"limits of instrument {self.instrument}: collar {self.collar}, expected 0 to 9999"
            )
        if self.reference_age_max <= 0:
            raise ValueError(
                f"limits of instrument {self.instrument}: reference_age_max must be above 0"
            )


class MessageRate(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How many messages the node may send in a sliding window.

    Cancels have their own reserve on top.
    """

    count_max: int
    cancel_reserve: int
    window: Nanos

    def __post_init__(self) -> None:
        """Raise `ValueError` for an empty window or a negative count."""
        if self.count_max < 0 or self.cancel_reserve < 0 or self.window <= 0:
            raise ValueError(
                "message rate: expected count_max >= 0, cancel_reserve >= 0 and window > 0"
            )
