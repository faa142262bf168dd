"""What each message of one instrument means: one function for each type, one table of them all.

A rule returns inputs, or in a word why there is none. Numbers are the venue's and become increments
here; what cannot be true is `MalformedFrame`.
"""

from collections.abc import Callable, Mapping
from typing import Final

from fairlead.gateways.errors import MalformedFrame
from fairlead.gateways.itch.listing import Listing, Values
from fairlead.gateways.itch.messages import text
from fairlead.model.inputs import (
    AuctionIndication,
    BookOrderAdded,
    BookOrderExecuted,
    BookOrderReduced,
    BookOrderRemoved,
    BookOrderReplaced,
    Input,
    PriceBands,
    ShortSaleRestriction,
    Trade,
    TradeBusted,
)
from fairlead.model.terms import Side
from fairlead.model.units import Nanos, Price

Told = list[Input] | str
Rule = Callable[[Listing, Values, Nanos], Told]
BookRule = Callable[[Listing, Values, Nanos], list[Input]]

_SIDES: Final = {b"B": Side.BUY, b"S": Side.SELL}
_DIRECTIONS: Final = (b"B", b"S", b"N", b"O", b"P")
_STATES: Final = {b"H": "halted", b"P": "paused", b"Q": "quotes only", b"T": ""}
_OURS: Final = b"Q"  # the market of an operational halt; the others are NASDAQ's sisters
_OTHERS: Final = (b"B", b"X")
_AT_ITS_OWN: Final = Price(0)


# --- books ---


def add(listing: Listing, values: Values, time: Nanos) -> list[Input]:
    """Add an order (A, F)."""
    _, _, _, _, _, order, side, shares, _, price, *_ = values
    ours = _SIDES.get(side)
    if ours is None:
        raise MalformedFrame("side", f"order {order}: side {side!r}, expected B or S")
    if not (shares and price):
        raise MalformedFrame("zero", f"order {order}: {shares} shares at {price}")
    price, shares = price * listing.price_scale, shares * listing.quantity_scale
    return [BookOrderAdded(listing.id, order, ours, price, shares, time)]


def executed(listing: Listing, values: Values, time: Nanos) -> list[Input]:
    """Trade some of an order at its price (E)."""
    _, _, _, _, _, order, shares, match = values
    if not shares:
        raise MalformedFrame("zero", f"order {order}: 0 shares traded")
    shares *= listing.quantity_scale
    return [BookOrderExecuted(listing.id, order, shares, _AT_ITS_OWN, str(match), time)]


def executed_at(listing: Listing, values: Values, time: Nanos) -> list[Input]:
    """Trade some of an order at another price (C). What is not printed is in a print of its own."""
    _, _, _, _, _, order, shares, match, printable, price = values
    if not (shares and price):
        raise MalformedFrame("zero", f"order {order}: {shares} shares traded at {price}")
    if printable not in (b"Y", b"N"):
        raise MalformedFrame("state", f"order {order}: printable {printable!r}, expected Y or N")
    quantity = listing.quantity(shares)
    if printable == b"N":
        return [BookOrderReduced(listing.id, order, quantity, time)]
    traded = listing.price(price)
    return [BookOrderExecuted(listing.id, order, quantity, traded, str(match), time)]


def cancel(listing: Listing, values: Values, time: Nanos) -> list[Input]:
    """Take some of an order back (X)."""
    _, _, _, _, _, order, shares = values
    if not shares:
        raise MalformedFrame("zero", f"order {order}: 0 shares taken back")
    return [BookOrderReduced(listing.id, order, shares * listing.quantity_scale, time)]


def delete(listing: Listing, values: Values, time: Nanos) -> list[Input]:
    """Take an order back (D)."""
    return [BookOrderRemoved(listing.id, values[5], time)]


def replace(listing: Listing, values: Values, time: Nanos) -> list[Input]:
    """Put another order in the place of one (U)."""
    _, _, _, _, _, order, new_order, shares, price = values
    if not (shares and price):
        raise MalformedFrame("zero", f"order {new_order}: {shares} shares at {price}")
    price, shares = price * listing.price_scale, shares * listing.quantity_scale
    return [BookOrderReplaced(listing.id, order, new_order, price, shares, time)]


# --- trades and auctions ---


def hidden_trade(listing: Listing, values: Values, time: Nanos) -> Told:
    """Tell a trade with an order that nobody saw (P): the venue hides who took."""
    _, _, _, _, _, _, _, shares, _, price, match = values
    return _trade(listing, price, shares, match, "P", time)


def cross_trade(listing: Listing, values: Values, time: Nanos) -> Told:
    """Tell what an auction traded (Q), if anything."""
    _, _, _, _, _, shares, _, price, match, cross = values
    if not shares:
        return "cross_empty"
    return _trade(listing, price, shares, match, "Q" + text(cross, "CrossTrade (Q)"), time)


def _trade(
    listing: Listing, price: int, shares: int, match: int, condition: str, time: Nanos
) -> Told:
    if not (shares and price):
        raise MalformedFrame("zero", f"trade {match}: {shares} shares at {price}")
    traded, quantity = listing.price(price), listing.quantity(shares)
    return [Trade(listing.id, traded, quantity, None, str(match), time, condition)]


def broken_trade(listing: Listing, values: Values, time: Nanos) -> Told:
    """Take a trade back (B)."""
    return [TradeBusted(listing.id, str(values[5]), time)]


def imbalance(listing: Listing, values: Values, time: Nanos) -> Told:
    """Tell what an auction would do now (I)."""
    _, _, _, _, _, paired, unpaired, direction, _, far, near, reference, _, _ = values
    if direction not in _DIRECTIONS:
        raise MalformedFrame("side", f"imbalance direction {direction!r}, expected one of BSNOP")
    return [
        AuctionIndication(
            listing.id,
            listing.price(near),
            listing.quantity(paired),
            listing.quantity(unpaired),
            _SIDES.get(direction),
            listing.price(near),
            listing.price(far),
            listing.price(reference),
            time,
        )
    ]


# --- whether it trades ---


def trading_action(listing: Listing, values: Values, time: Nanos) -> Told:
    """Tell whether an instrument trades (H). The collar of a reopening ends with it."""
    state, reason = values[6], text(values[8], "TradingAction (H)")
    words = _STATES.get(state)
    if words is None:
        raise MalformedFrame("state", f"trading state {state!r}, expected H, P, Q or T")
    listing.halted = f"{words}: {reason}" if words and reason else words
    inputs: list[Input] = [listing.status()]
    if not words and listing.collared:
        listing.collared = False
        inputs.append(PriceBands(listing.id, Price(0), Price(0), False, time))
    return inputs


def operational_halt(listing: Listing, values: Values, time: Nanos) -> Told:
    """Tell that this market stops an instrument, or no more (h)."""
    market, action = values[6:]
    if action not in (b"H", b"T") or market not in (_OURS, *_OTHERS):
        raise MalformedFrame("state", f"operational halt {action!r} of market {market!r}")
    if market != _OURS:
        return "other_market"
    listing.stopped = action == b"H"
    return [listing.status()]


def short_sale_test(listing: Listing, values: Values, time: Nanos) -> Told:
    """Tell whether short sales are restricted (Y)."""
    action = values[6]
    if action not in (b"0", b"1", b"2"):
        raise MalformedFrame("state", f"short sale restriction {action!r}, expected 0, 1 or 2")
    return [ShortSaleRestriction(listing.id, action != b"0", listing.date, time)]


def auction_collar(listing: Listing, values: Values, time: Nanos) -> Told:
    """Tell between which prices a paused instrument may reopen (J)."""
    _, _, _, _, _, _, _, upper, lower, _ = values
    if lower > upper:
        raise MalformedFrame("price", f"a collar from {lower} to {upper}")
    listing.collared = True
    return [PriceBands(listing.id, listing.price(lower), listing.price(upper), False, time)]


def for_information(listing: Listing, values: Values, time: Nanos) -> Told:
    """Pass over what nothing here depends on (L, K, N, O)."""
    return "for_information"


BOOK_RULES: Final[Mapping[int, BookRule]] = {  # by the first byte of a message
    ord("A"): add,
    ord("F"): add,
    ord("E"): executed,
    ord("C"): executed_at,
    ord("X"): cancel,
    ord("D"): delete,
    ord("U"): replace,
}
RULES: Final[Mapping[int, Rule]] = {
    **BOOK_RULES,
    ord("P"): hidden_trade,
    ord("Q"): cross_trade,
    ord("B"): broken_trade,
    ord("I"): imbalance,
    ord("H"): trading_action,
    ord("h"): operational_halt,
    ord("Y"): short_sale_test,
    ord("J"): auction_collar,
    ord("L"): for_information,
    ord("K"): for_information,
    ord("N"): for_information,
    ord("O"): for_information,
}
