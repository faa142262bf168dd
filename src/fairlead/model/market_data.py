"""What markets say: quotes, trades, books by level and by order, auctions, marks, rates, days.

The `order` of a book that is kept by order is the number that the feed gives an order of anybody's;
it is no order of ours. Where a venue names orders by text, its gateway numbers them.
"""

from fairlead.model.record import Levels, Record
from fairlead.model.terms import Side
from fairlead.model.units import InstrumentId, Nanos, Price, Quantity, Rate, UpdateId

QueuedOrders = tuple[tuple[int, Side, Price, Quantity], ...]  # number, side, price, quantity


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
    """A public trade. `aggressor` is the side that took, None where the venue does not say.

    `conditions` are the venue's own codes for how it came about, as it writes them.
    """

    instrument: InstrumentId
    price: Price
    quantity: Quantity
    aggressor: Side | None
    trade_id: str
    venue_time: Nanos
    conditions: str = ""


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


class BookOrderAdded(Record, frozen=True, tag=121):
    """An order stands in the book, the last at its price."""

    instrument: InstrumentId
    order: int
    side: Side
    price: Price
    quantity: Quantity
    venue_time: Nanos


class BookOrderExecuted(Record, frozen=True, tag=122):
    """Some of an order in the book has traded: a public trade as well, the other side took.

    A price of 0: at the order's own. An order of which nothing is left is gone.
    """

    instrument: InstrumentId
    order: int
    quantity: Quantity
    price: Price
    trade_id: str
    venue_time: Nanos


class BookOrderReduced(Record, frozen=True, tag=123):
    """`quantity` of an order is taken back; the rest keeps its place. None left: it is gone."""

    instrument: InstrumentId
    order: int
    quantity: Quantity
    venue_time: Nanos


class BookOrderRemoved(Record, frozen=True, tag=124):
    """An order is taken back."""

    instrument: InstrumentId
    order: int
    venue_time: Nanos


class BookOrderReplaced(Record, frozen=True, tag=125):
    """Another order stands in the place of one, on its side, but the last at its price.

    `new_order` may be the number of the old one.
    """

    instrument: InstrumentId
    order: int
    new_order: int
    price: Price
    quantity: Quantity
    venue_time: Nanos


class BookOrders(Record, frozen=True, tag=126):
    """The whole book by order as of `update`; it replaces what was known.

    `orders` are those of both sides; those of one price in the order of their time. Empty: the book
    is known to be empty, as at the beginning of a day.
    """

    instrument: InstrumentId
    orders: QueuedOrders
    update: UpdateId
    venue_time: Nanos


class AuctionIndication(Record, frozen=True, tag=127):
    """What an auction would do now: `paired` would trade at `price`, `imbalance` would be left.

    A price of 0 is one that the venue does not say. `near_price` clears all orders, `far_price`
    those of the auction alone; `reference_price` is where the imbalance is counted.
    """

    instrument: InstrumentId
    price: Price
    paired: Quantity
    imbalance: Quantity
    imbalance_side: Side | None  # None: there is none, or the venue does not say
    near_price: Price
    far_price: Price
    reference_price: Price
    venue_time: Nanos


class TradeBusted(Record, frozen=True, tag=37):
    """A public trade never was: the venue takes it back."""

    instrument: InstrumentId
    trade_id: str
    venue_time: Nanos


class FeedSourceChanged(Record, frozen=True, tag=38):
    """The market data of an instrument comes from `source` from now on."""

    instrument: InstrumentId
    source: str
    reason: str = ""


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
