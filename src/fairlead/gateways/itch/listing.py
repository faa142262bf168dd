"""An instrument that is asked for, as NASDAQ knows it: its number there, its units, its halts."""

from typing import Any, Final

from fairlead.gateways.errors import MalformedFrame
from fairlead.gateways.itch.messages import PRICE_DECIMALS
from fairlead.model.inputs import TradingStatus
from fairlead.model.instruments import Instrument
from fairlead.model.terms import Side
from fairlead.model.units import INCREMENTS_MAX, Price, Quantity

STOCK_BYTES: Final = 8
# What 32 bits hold is then never more than INCREMENTS_MAX.
_PRICE_DECIMALS_MAX: Final = 9
_QUANTITY_DECIMALS_MAX: Final = 5
_TROUBLED: Final = {  # the venue's codes of financial status that a person should know of
    b"D": "deficient",
    b"E": "delinquent",
    b"Q": "bankrupt",
    b"S": "suspended",
    b"G": "deficient and bankrupt",
    b"H": "deficient and delinquent",
    b"J": "delinquent and bankrupt",
    b"K": "deficient, delinquent and bankrupt",
    b"C": "that creation or redemption is suspended",
}

QueuedOrder = tuple[int, Side, Price, Quantity]  # number, side, price, quantity
Values = tuple[Any, ...]  # the fields of a message as its struct unpacked them


class Listing:
    """One instrument that is asked for, and how it stands at the venue today."""

    def __init__(self, instrument: Instrument, date: int) -> None:
        """Know the instrument. Raises `ValueError` where it cannot hold the venue's numbers."""
        decimals = instrument.price_decimals
        if not PRICE_DECIMALS <= decimals <= _PRICE_DECIMALS_MAX:
            raise ValueError(
                f"instrument {instrument.symbol!r}: price_decimals is {decimals}, expected"
                f" {PRICE_DECIMALS}, as in every price of ITCH, to {_PRICE_DECIMALS_MAX}"
            )
        if instrument.quantity_decimals > _QUANTITY_DECIMALS_MAX:
            raise ValueError(
                f"instrument {instrument.symbol!r}: quantity_decimals is"
                f" {instrument.quantity_decimals}, expected at most {_QUANTITY_DECIMALS_MAX}"
            )
        self.instrument = instrument
        self.date = date  # yyyymmdd
        self.id = instrument.instrument
        self.stock = instrument.symbol.partition(".")[0].encode().ljust(STOCK_BYTES)
        self.price_scale = 10 ** (decimals - PRICE_DECIMALS)
        self.quantity_scale = 10**instrument.quantity_decimals
        self.locate = 0  # 0: the venue has not told yet
        self.lost = "no snapshot yet"  # why the book is not believed, empty if it is
        self.missed = False  # whether a message of its book is gone: the day is not whole
        self.halted = ""  # by a trading action: what it said, empty while it trades
        self.stopped = False  # by an operational halt
        self.collared = False
        self.listed = False  # whether its directory message came
        self.held: list[tuple[int, bytes]] = []  # messages that wait for a snapshot, by number

    def status(self) -> TradingStatus:
        """Return whether it trades: only if neither halt stands."""
        reason = self.halted or ("operational halt" if self.stopped else "")
        return TradingStatus(self.id, not reason, reason)

    def price(self, price: int) -> Price:
        """Return a price of the venue in increments."""
        return Price(price * self.price_scale)

    def quantity(self, shares: int) -> Quantity:
        """Return shares in increments. Raises `MalformedFrame` where that is absurd."""
        if shares > INCREMENTS_MAX // self.quantity_scale:
            raise MalformedFrame("number", f"{shares} shares of {self.instrument.symbol}: absurd")
        return Quantity(shares * self.quantity_scale)

    def unlike(self, values: Values) -> list[str]:
        """Return how a directory message differs from what is configured."""
        instrument = self.instrument
        status, round_lot, round_lots_only, authenticity = (
            values[7],
            values[8],
            values[9],
            values[12],
        )
        found = []
        if authenticity != b"P":
            found.append("the venue says that it is no instrument for trading, but a test")
        if round_lots_only == b"Y" and instrument.quantity_lot % (
            round_lot * 10**instrument.quantity_decimals or 1
        ):
            found.append(
                f"the venue takes lots of {round_lot} alone, configured is quantity_lot"
                f" {instrument.quantity_lot} (increments)"
            )
        if status in _TROUBLED:
            found.append(f"its financial status is {_TROUBLED[status]}")
        return found
