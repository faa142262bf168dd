"""What may leave: the limits of the last mile, as whoever starts the node sets them."""

import msgspec

from fairlead.model.units import InstrumentId, Money, Nanos, Quantity


class InstrumentBounds(msgspec.Struct, frozen=True, kw_only=True):
    """What may leave for one instrument."""

    order_quantity_max: Quantity
    order_notional_max: Money
    window_quantity_max: Quantity  # of all orders in the window


class LastMileLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What may leave. What is not set may not leave at all."""

    instruments: dict[InstrumentId, InstrumentBounds]
    orders_per_second_max: int  # new orders and replaces
    window: Nanos  # that quantities and values are added up in
    window_notional_max: Money
    day_notional_max: Money  # from one trading day of the firm to the next
