"""Market data that cannot be true, whatever the market does. It is refused, and never mended."""

from fairlead.model.inputs import AuctionIndication, Levels, Quote, Trade
from fairlead.model.units import INCREMENTS_MAX, Price, Quantity


def absurd_quote(quote: Quote) -> str:
    """Return why the quote cannot be true, empty if it can. A crossed one can: it is seen later."""
    return absurd_touch(quote.bid_price, quote.bid_quantity, quote.ask_price, quote.ask_quantity)


def absurd_touch(bid: Price, bid_quantity: Quantity, ask: Price, ask_quantity: Quantity) -> str:
    """Return why a best bid and ask cannot be true, empty if they can; crossed ones can."""
    if not (0 <= bid <= INCREMENTS_MAX and 0 <= ask <= INCREMENTS_MAX):
        return "a price is negative or absurd"
    if bid_quantity < 0 or ask_quantity < 0:
        return "a quantity is negative"
    if (bid == 0) != (bid_quantity == 0):
        return "the bid has a price or a quantity, but not both"
    if (ask == 0) != (ask_quantity == 0):
        return "the ask has a price or a quantity, but not both"
    return ""


def absurd_trade(trade: Trade) -> str:
    """Return why the trade cannot be true, empty if it can."""
    if 0 < trade.price <= INCREMENTS_MAX and 0 < trade.quantity <= INCREMENTS_MAX:
        return ""
    return "price or quantity is absurd"


def absurd_levels(bids: Levels, asks: Levels) -> str:
    """Return why the levels cannot be true, empty if they can."""
    for side in (bids, asks):
        for price, quantity in side:
            if not 0 < price <= INCREMENTS_MAX:
                return "a price is not above 0, or absurd"
            if quantity < 0:
                return "a quantity is negative"
    return ""


def absurd_indication(indication: AuctionIndication) -> str:
    """Return why an indication cannot be true, empty if it can."""
    for amount in (
        indication.price,
        indication.near_price,
        indication.far_price,
        indication.reference_price,
        indication.paired,
        indication.imbalance,
    ):
        if not 0 <= amount <= INCREMENTS_MAX:
            return "a price or a quantity is negative or absurd"
    return ""
