"""What the venue writes in the Binance spot dialect: events, answers and errors, as plain values.

Field names and codes are those of the venue's documentation of spot (REST `/api/v3`, market and
user data streams, error codes). Where ours is simpler, docs/operating/exchange.md says so. Prices
and quantities are decimal text with all decimals of their instrument, times are milliseconds.
"""

import hmac
from hashlib import sha256
from typing import Final, NamedTuple

from fairlead.model.decimals import decimal_text
from fairlead.model.inputs import Levels, Quote, Trade
from fairlead.model.instruments import Instrument
from fairlead.model.terms import OrderType, Side, TimeInForce
from fairlead.model.units import NANOS_PER_MILLISECOND, RATE_UNIT, Nanos

RECV_WINDOW: Final = 5_000  # milliseconds, where a request names none
RECV_WINDOW_MAX: Final = 60_000
_AHEAD_MAX: Final = 1_000  # milliseconds that a client's clock may be ahead
ORDER_TYPES: Final = {
    "LIMIT": OrderType.LIMIT,
    "LIMIT_MAKER": OrderType.LIMIT,
    "MARKET": OrderType.MARKET,
    "STOP_LOSS": OrderType.STOP,
    "STOP_LOSS_LIMIT": OrderType.STOP_LIMIT,
}
TIMES_IN_FORCE: Final = {
    "GTC": TimeInForce.GTC,
    "IOC": TimeInForce.IOC,
    "FOK": TimeInForce.FOK,
}
# Levels asked for, and what a request of so many costs.
DEPTH_WEIGHTS: Final = ((100, 5), (500, 25), (1_000, 50), (5_000, 250))


class Refused(NamedTuple):
    """An error of the venue: its code, and its words."""

    code: int
    text: str
    status: int = 400

    def content(self) -> dict[str, object]:
        """Return what is answered."""
        return {"code": self.code, "msg": self.text}


UNKNOWN_SYMBOL: Final = Refused(-1121, "Invalid symbol.")
BAD_SIGNATURE: Final = Refused(-1022, "Signature for this request is not valid.")
BAD_KEY: Final = Refused(-2015, "Invalid API-key, IP, or permissions for action.", 401)
BAD_TIME: Final = Refused(-1021, "Timestamp for this request is outside of the recvWindow.")
AHEAD_OF_TIME: Final = Refused(
    -1021, "Timestamp for this request was 1000ms ahead of the server's time."
)
TOO_MANY: Final = Refused(-1003, "Too many requests; wait until the minute is over.", 429)
UNKNOWN_ORDER: Final = Refused(-2013, "Order does not exist.")
NOT_CANCELED: Final = Refused(-2011, "Unknown order sent.")
DUPLICATE: Final = Refused(-2010, "Duplicate order sent.")


def missing(name: str) -> Refused:
    """Return that a parameter is missing or malformed."""
    return Refused(
        -1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."
    )


def signed(query: str, secret: str) -> str:
    """Return the signature of a query, without its own part: HMAC-SHA256, in hexadecimal."""
    return hmac.new(secret.encode(), query.encode(), sha256).hexdigest()


def time_problem(timestamp: int, recv_window: int, now: int) -> Refused | None:
    """Return why a request is too late or too early; all in milliseconds."""
    if not 0 < recv_window <= RECV_WINDOW_MAX:
        return Refused(-1131, "recvWindow must be less than 60000.")
    if timestamp > now + _AHEAD_MAX:
        return AHEAD_OF_TIME
    return BAD_TIME if now - timestamp > recv_window else None


def milliseconds(time: Nanos) -> int:
    """Return a time as the venue writes it."""
    return time // NANOS_PER_MILLISECOND


def symbol_of(instrument: Instrument) -> str:
    """Return an instrument's name at the venue: the part before the point."""
    return instrument.symbol.partition(".")[0]


def price_text(instrument: Instrument, price: int) -> str:
    """Return a price as text."""
    return decimal_text(price, instrument.price_decimals)


def quantity_text(instrument: Instrument, quantity: int) -> str:
    """Return a quantity as text."""
    return decimal_text(quantity, instrument.quantity_decimals)


def money_text(instrument: Instrument, amount: int) -> str:
    """Return money as text."""
    return decimal_text(amount, instrument.money_decimals)


def levels_text(instrument: Instrument, levels: Levels) -> list[list[str]]:
    """Return levels as text."""
    return [[price_text(instrument, p), quantity_text(instrument, q)] for p, q in levels]


def depth_event(
    instrument: Instrument, first: int, last: int, bids: Levels, asks: Levels, time: Nanos
) -> dict[str, object]:
    """Return `depthUpdate`: what changed in updates `first` to `last`."""
    return {
        "e": "depthUpdate",
        "E": milliseconds(time),
        "s": symbol_of(instrument),
        "U": first,
        "u": last,
        "b": levels_text(instrument, bids),
        "a": levels_text(instrument, asks),
    }


def ticker(instrument: Instrument, quote: Quote) -> dict[str, object]:
    """Return `bookTicker`."""
    return {
        "u": quote.update,
        "s": symbol_of(instrument),
        "b": price_text(instrument, quote.bid_price),
        "B": quantity_text(instrument, quote.bid_quantity),
        "a": price_text(instrument, quote.ask_price),
        "A": quantity_text(instrument, quote.ask_quantity),
    }


def trade_event(instrument: Instrument, trade: Trade) -> dict[str, object]:
    """Return `trade`; in an auction nobody took, and the buyer is written as the maker."""
    return {
        "e": "trade",
        "E": milliseconds(trade.venue_time),
        "s": symbol_of(instrument),
        "t": int(trade.trade_id[1:]),
        "p": price_text(instrument, trade.price),
        "q": quantity_text(instrument, trade.quantity),
        "T": milliseconds(trade.venue_time),
        "m": trade.aggressor is not Side.BUY,
        "M": True,
    }


def assets(instrument: Instrument) -> tuple[str, str]:
    """Return the base and the quote asset of an instrument."""
    symbol, quote = symbol_of(instrument), instrument.currency
    base = symbol.removesuffix(quote)
    return base or symbol, quote


def symbol_rules(instrument: Instrument, trades: bool) -> dict[str, object]:
    """Return what `exchangeInfo` says of an instrument."""
    base, quote = assets(instrument)
    types = ["LIMIT", "LIMIT_MAKER", "MARKET"]
    if OrderType.STOP in instrument.order_types:
        types += ["STOP_LOSS", "STOP_LOSS_LIMIT"]
    return {
        "symbol": symbol_of(instrument),
        "status": "TRADING" if trades else "HALT",
        "baseAsset": base,
        "baseAssetPrecision": instrument.quantity_decimals,
        "quoteAsset": quote,
        "quotePrecision": instrument.money_decimals,
        "quoteAssetPrecision": instrument.money_decimals,
        "orderTypes": types,
        "icebergAllowed": instrument.icebergs,
        "isSpotTradingAllowed": True,
        "permissions": ["SPOT"],
        "filters": [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": price_text(instrument, instrument.price_tick),
                "maxPrice": price_text(instrument, 10**15 - 1),
                "tickSize": price_text(instrument, instrument.price_tick),
            },
            {
                "filterType": "LOT_SIZE",
                "minQty": quantity_text(instrument, instrument.quantity_min),
                "maxQty": quantity_text(instrument, instrument.quantity_max),
                "stepSize": quantity_text(instrument, instrument.quantity_lot),
            },
            {
                "filterType": "NOTIONAL",
                "minNotional": money_text(instrument, instrument.notional_min),
                "applyMinToMarket": False,
            },
        ],
    }


def rate_text(rate: int) -> str:
    """Return a fee rate as text."""
    assert RATE_UNIT == 10**8, "a rate has eight decimals"
    return decimal_text(rate, 8)
