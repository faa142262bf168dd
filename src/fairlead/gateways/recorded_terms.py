"""Instruments of a recording that came without a word: the finest grid that was seen of each.

A session with a venue takes its instruments from configuration. Here tick and lot are the finest
that the frames show, and kind, currency and fees are what the venue's way of naming tells.
"""

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from fairlead.gateways.errors import InstrumentNotInferred, MalformedNumber
from fairlead.gateways.increments import significant_decimals
from fairlead.model.instruments import Instrument
from fairlead.model.terms import InstrumentKind
from fairlead.model.units import INCREMENTS_MAX, InstrumentId, Money, Price, Quantity, Rate

_MONEY_DECIMALS: Final = 8
BASIS_POINT: Final = 10_000  # as a Rate


class Sighting(NamedTuple):
    """A price and a quantity of a symbol, as a frame has them."""

    symbol: str
    price: str
    quantity: str


class Terms(NamedTuple):
    """What the name of an instrument tells at its venue, and the fees of a new customer there."""

    venue: str
    currency: str
    kind: InstrumentKind
    maker_fee: Rate
    taker_fee: Rate
    multiplier: int = 1
    multiplier_decimals: int = 0


class _Grid:
    """The finest decimals that were seen."""

    def __init__(self) -> None:
        self.price = 0
        self.quantity = 0

    def see(self, price: str, quantity: str) -> None:
        """Take in one level, quote or trade; numbers that are none are for the feed to refuse."""
        try:
            decimals = significant_decimals(price), significant_decimals(quantity)
        except MalformedNumber:
            return
        self.price = max(self.price, decimals[0])
        self.quantity = max(self.quantity, decimals[1])


def instruments(
    sightings: Iterable[Sighting],
    terms: Callable[[str], Terms],
    symbols: tuple[str, ...] = (),
) -> tuple[Instrument, ...]:
    """Return the instruments that were seen, named `BTC-USDT.OKX`, in the order they came.

    Only `symbols`, where some are given. Raises `InstrumentNotInferred`.
    """
    grids: dict[str, _Grid] = {}
    for symbol, price, quantity in sightings:
        grid = grids.get(symbol)
        if grid is None:
            grid = grids[symbol] = _Grid()
        grid.see(price, quantity)
    known = {symbol: terms(symbol) for symbol in grids}
    wanted = [s for s in grids if not symbols or {s, f"{s}.{known[s].venue}"} & set(symbols)]
    if not wanted:
        listed = ", ".join(grids) or "nothing"
        expected = f", expected {', '.join(symbols)}" if symbols else ""
        raise InstrumentNotInferred(f"recorded is {listed}{expected}")
    return tuple(
        _instrument(InstrumentId(number), symbol, grids[symbol], known[symbol])
        for number, symbol in enumerate(wanted, start=1)
    )


def _instrument(number: InstrumentId, symbol: str, grid: _Grid, terms: Terms) -> Instrument:
    price = 0 if terms.kind is InstrumentKind.INVERSE else grid.price
    needed = price + grid.quantity + terms.multiplier_decimals
    try:
        return Instrument(
            instrument=number,
            symbol=f"{symbol}.{terms.venue}",
            venue=terms.venue,
            currency=terms.currency,
            kind=terms.kind,
            price_decimals=grid.price,
            quantity_decimals=grid.quantity,
            money_decimals=max(_MONEY_DECIMALS, needed),
            price_tick=Price(1),
            quantity_lot=Quantity(1),
            quantity_min=Quantity(1),
            quantity_max=Quantity(INCREMENTS_MAX),
            notional_min=Money(0),
            maker_fee=terms.maker_fee,
            taker_fee=terms.taker_fee,
            multiplier=terms.multiplier,
            multiplier_decimals=terms.multiplier_decimals,
        )
    except ValueError as error:
        raise InstrumentNotInferred(str(error)) from error
