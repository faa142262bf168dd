"""On which terms an exchange matches, beside how it is reached (`venue.VenueConfig`)."""

from typing import Final

from fairlead.model.units import NANOS_PER_SECOND, InstrumentId, Nanos
from fairlead.simulator.bands import BandTerms
from fairlead.simulator.hours import Hours
from fairlead.simulator.matching import SelfTrade
from fairlead.simulator.ticks import TickTable

_HALT_CALL: Final = Nanos(60 * NANOS_PER_SECOND)
_INDICATION: Final = Nanos(NANOS_PER_SECOND)
_ALWAYS: Final = Hours()


class ExchangeRules:
    """The rules of one exchange; those of instruments that are not named are their own terms."""

    def __init__(
        self,
        *,
        self_trade: SelfTrade = SelfTrade.CANCEL_NEWEST,
        hours: Hours = _ALWAYS,
        bands: BandTerms | None = None,
        tick_tables: dict[InstrumentId, TickTable] | None = None,
        publishes_orders: bool = False,
        halt_call: Nanos = _HALT_CALL,
        indication: Nanos = _INDICATION,
    ) -> None:
        """Take the rules. Raises `ValueError`.

        `publishes_orders`: the public sees every order, by a number; else levels. `halt_call` is
        how long orders are collected after a halt, `indication` how often is told what would trade.
        """
        if halt_call < 1 or indication < 1:
            raise ValueError(
                f"exchange: found a call of {halt_call} ns and indications every {indication} ns,"
                " expected at least 1 ns"
            )
        self.self_trade = self_trade
        self.hours = hours
        self.bands = bands
        self.tick_tables = tick_tables or {}
        self.publishes_orders = publishes_orders
        self.halt_call = halt_call
        self.indication = indication
