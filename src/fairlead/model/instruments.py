"""What can be traded, and on which terms the venue takes orders for it."""

import msgspec

from fairlead.model.terms import InstrumentKind, OrderType, TimeInForce
from fairlead.model.units import InstrumentId, Money, Price, Quantity, Rate


class Instrument(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One instrument at one venue: its precision, its grid and its fees.

    `money_decimals` is the precision of `currency`; it must hold the product of a price and a
    quantity exactly. Symbols are unique in a node and name the venue where two venues list the same
    thing: `ETHUSDT.BINANCE`.
    """

    instrument: InstrumentId
    symbol: str
    venue: str
    currency: str
    kind: InstrumentKind
    price_decimals: int
    quantity_decimals: int
    money_decimals: int
    price_tick: Price
    quantity_lot: Quantity
    quantity_min: Quantity
    quantity_max: Quantity
    notional_min: Money
    maker_fee: Rate
    taker_fee: Rate
    multiplier: int = 1  # units of the underlying (inverse: of the quote currency) per contract
    multiplier_decimals: int = 0  # in units of 10**-multiplier_decimals
    order_types: tuple[OrderType, ...] = (OrderType.MARKET, OrderType.LIMIT)  # of the venue's own
    times_in_force: tuple[TimeInForce, ...] = (TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK)
    icebergs: bool = False  # whether the venue takes a display quantity

    def __post_init__(self) -> None:
        """Refuse terms under which money could not be exact.

        Raises `ValueError` that names the instrument.
        """
        problem = self._problem()
        if problem:
            raise ValueError(f"instrument {self.symbol!r}: {problem}")

    @property
    def money_unit(self) -> Money:
        """The money that one price increment on one quantity increment is worth.

        Of an inverse contract: the money that one quantity increment is worth at a price of one
        increment; it is divided by the price.
        """
        places = self.money_decimals - self.quantity_decimals - self.multiplier_decimals
        if self.kind is InstrumentKind.INVERSE:
            return Money(self.multiplier * 10 ** (places + self.price_decimals))
        return Money(self.multiplier * 10 ** (places - self.price_decimals))

    def _problem(self) -> str:
        if self.instrument < 1:
            return f"its id is {self.instrument}, expected 1 or more"
        if not (0 <= self.price_decimals <= 12 and 0 <= self.quantity_decimals <= 12):
            return "price_decimals and quantity_decimals must lie between 0 and 12"
        if self.multiplier < 1 or not 0 <= self.multiplier_decimals <= 12:
            return "multiplier must be at least 1, with 0 to 12 decimals"
        inverse = self.kind is InstrumentKind.INVERSE
        price_decimals = 0 if inverse else self.price_decimals
        needed = price_decimals + self.quantity_decimals + self.multiplier_decimals
        if not needed <= self.money_decimals <= 18:
            return (
                f"money_decimals is {self.money_decimals}, expected at most 18, and at least"
                " the decimals of price, quantity and multiplier together:"
                f" {price_decimals} + {self.quantity_decimals} + {self.multiplier_decimals}"
            )
        if self.price_tick < 1 or self.quantity_lot < 1:
            return "price_tick and quantity_lot must be at least one increment"
        if not 1 <= self.quantity_min <= self.quantity_max:
            return "expected 1 <= quantity_min <= quantity_max"
        return "notional_min is negative" if self.notional_min < 0 else ""
