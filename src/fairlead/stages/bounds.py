"""The limits of the last mile, as far as a configuration does not set them: what the limits of
risk admit at most. So they never hold back what risk may let pass, and hold back all that it may
not.
"""

from typing import Final

from fairlead.gateways.last_mile_limits import InstrumentBounds, LastMileLimits
from fairlead.model.instruments import Instrument
from fairlead.model.units import NANOS_PER_SECOND, InstrumentId, Money, Nanos, Quantity
from fairlead.node.configuration import Configuration
from fairlead.stages.venue_models import increments
from fairlead.stages.worlds import Surroundings

_WINDOW_SECONDS: Final = 10
_DAY_SECONDS: Final = 86_400


def last_mile_limits(configuration: Configuration, around: Surroundings) -> LastMileLimits:
    """Return what may leave a session of this configuration."""
    rate = configuration.limits.message_rate
    per_second = rate.count_max * -(-NANOS_PER_SECOND // rate.window)
    instruments: dict[InstrumentId, InstrumentBounds] = {
        instrument.instrument: _bounds(configuration, instrument, per_second)
        for instrument in around.instruments
    }
    order_value = max((one.order_notional_max for one in instruments.values()), default=0)
    return LastMileLimits(
        instruments=instruments,
        orders_per_second_max=per_second,
        window=Nanos(_WINDOW_SECONDS * NANOS_PER_SECOND),
        window_notional_max=Money(order_value * per_second * _WINDOW_SECONDS),
        day_notional_max=Money(order_value * per_second * _DAY_SECONDS),
    )


def _bounds(
    configuration: Configuration, instrument: Instrument, per_second: int
) -> InstrumentBounds:
    own = configuration.limits.of(instrument.symbol)
    quantity = increments(own.order_quantity_max, instrument.quantity_decimals)
    value = increments(own.order_notional_max, instrument.money_decimals)
    return InstrumentBounds(
        order_quantity_max=Quantity(quantity),
        order_notional_max=Money(value),
        window_quantity_max=Quantity(quantity * per_second * _WINDOW_SECONDS),
    )
