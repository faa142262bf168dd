"""What markets say: quotes, trades, books, marks, rates, days."""

from fairlead.model.record import Levels, Record
from fairlead.model.terms import Side
from fairlead.model.units import InstrumentId, Nanos, Price, Quantity, Rate, UpdateId


class Quote(Record, frozen=True, tag=20):
    """The best bid and ask of an instrument.

    A price and quantity of 0 on one side: nobody quotes there.
    """

    instrument: InstrumentId
    bid_price: Price
    bid_quantity: Quantity
    ask_price: Price
    ask_quantity: Quantity
    update: UpdateId
    venue_time: Nanos


class Trade(Record, frozen=True, tag=21):
    """A public trade. `aggressor` is the side that took."""

    instrument: InstrumentId
    price: Price
    quantity: Quantity
    aggressor: Side
    trade_id: str
    venue_time: Nanos


class BookSnapshot(Record, frozen=True, tag=22):
    """The whole book of an instrument as of `update`; it replaces what was known."""

    instrument: InstrumentId
    bids: Levels
    asks: Levels
    update: UpdateId
    venue_time: Nanos


class BookChange(Record, frozen=True, tag=23):
    """New quantities at some price levels; a quantity of 0 removes the level."""

    instrument: InstrumentId
    bids: Levels
    asks: Levels
    update: UpdateId
    venue_time: Nanos


class BookGap(Record, frozen=True, tag=24):
    """The feed lost its place: the book is not to be believed until the next snapshot."""

    instrument: InstrumentId
    reason: str


class MarkPrice(Record, frozen=True, tag=25):
    """The price at which the venue values positions."""

    instrument: InstrumentId
    price: Price
    venue_time: Nanos


class TradingStatus(Record, frozen=True, tag=26):
    """Whether the venue trades the instrument now."""

    instrument: InstrumentId
    tradable: bool
    reason: str = ""


class ExchangeRate(Record, frozen=True, tag=27):
    """One unit of `currency` is worth `rate` of `quote_currency`."""

    currency: str
    quote_currency: str
    rate: Rate
    venue_time: Nanos


class TradingDayBegan(Record, frozen=True, tag=28):
    """A trading day begins, by the calendar of a venue, or (venue "") by that of the firm.

    The firm's day is the one that daily profit is counted in.
    """

    session_date: int  # yyyymmdd
    venue: str = ""
