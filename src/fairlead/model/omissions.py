"""What may be left out of an input in text form, and what then stands for it.

Outputs leave nothing out. What names a thing, an amount, a limit or a person is never left out: a
default there would be a guess.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from fairlead.model import inputs
from fairlead.model.errors import UnreadableText
from fairlead.model.forms import Scope
from fairlead.model.instruments import Instrument
from fairlead.model.limits import MessageRate
from fairlead.model.requests import order_type_of
from fairlead.model.statements import StatementFill, StatementOrder
from fairlead.model.terms import OrderType, TimeInForce
from fairlead.model.units import NANOS_PER_SECOND


class Partial(NamedTuple):
    """A record that is being read: the object as it was found, what was read so far, its scope."""

    found: dict[str, Any]
    values: dict[str, Any]
    scope: Scope


_QUANTITY_MAX_DEFAULT: Final = "1000000"
_MONEY_DECIMALS_DEFAULT: Final = 8  # the price and quantity decimals of most venues fit in

# The field of a definition that is the number of what it defines.
OWN_NUMBER: Final[dict[Any, str]] = {
    Instrument: "instrument",
    inputs.AccountDefinition: "account",
    inputs.StrategyDefinition: "strategy",
}


class Omission:
    """What stands for a field that was left out."""

    def __init__(self, text: Any) -> None:
        """Take the constant, as it would be written."""
        self.text = text
        self.derive: Callable[[Partial], Any] | None = None
        self.explanation = ""


def _derived(explanation: str, derive: Callable[[Partial], Any]) -> Omission:
    """Return an omission that follows from the rest of the record."""
    omission = Omission(None)
    omission.derive = derive
    omission.explanation = explanation
    return omission


def _order_type(partial: Partial) -> Any:
    """Return the type that the prices of a request make it."""
    return order_type_of(partial.found)


def _time_in_force(partial: Partial) -> Any:
    return TimeInForce.GTD if "expire_time" in partial.found else TimeInForce.GTC


def _no_price(partial: Partial) -> Any:
    if partial.values["order_type"] in (OrderType.LIMIT, OrderType.STOP_LIMIT):
        raise UnreadableText("SubmitRequest.price", "nothing", "the price of a limit order")
    return 0


_EMPTY: Final = Omission("")
_ZERO: Final = Omission("0")
_UPDATE: Final = Omission(0)
_VENUE_TIME: Final = _derived("The time of the input.", lambda partial: partial.scope.time)
_SESSION_DATE: Final = Omission(19700101)
_INCREMENT: Final = _derived("The smallest that the decimals allow.", lambda _: 1)
_NEXT: Final = "The number it has already, else the next free one, from 1."
_ANSWER: Final = {"reason": _EMPTY, "venue_time": _VENUE_TIME}
_BOOK: Final = {"update": _UPDATE, "venue_time": _VENUE_TIME}

OMISSIONS: Final[dict[Any, dict[str, Omission]]] = {
    inputs.NodeStarted: {
        "build": _EMPTY,
        "configuration": _EMPTY,
        "stage": Omission("script"),
    },
    inputs.AccountDefinition: {
        "account": _derived(
            _NEXT,
            lambda partial: partial.scope.names.accounts.free_number(
                str(partial.found.get("name"))
            ),
        ),
        "currency": Omission("USD"),
        "money_decimals": Omission(_MONEY_DECIMALS_DEFAULT),
    },
    Instrument: {
        "instrument": _derived(
            _NEXT,
            lambda partial: partial.scope.names.instruments.free_number(
                str(partial.found.get("symbol"))
            ),
        ),
        "venue": Omission("SIM"),
        "currency": Omission("USD"),
        "kind": Omission("spot"),
        "money_decimals": Omission(_MONEY_DECIMALS_DEFAULT),
        "price_tick": _INCREMENT,
        "quantity_lot": _INCREMENT,
        "quantity_min": _derived("One lot.", lambda partial: partial.values["quantity_lot"]),
        "quantity_max": Omission(_QUANTITY_MAX_DEFAULT),
        "notional_min": _ZERO,
        "maker_fee": _ZERO,
        "taker_fee": _ZERO,
    },
    inputs.StrategyDefinition: {
        "strategy": _derived(
            _NEXT,
            lambda partial: partial.scope.names.strategies.free_number(
                str(partial.found.get("name"))
            ),
        ),
        "parameters": Omission("{}"),
    },
    inputs.LimitChange: {"reason": _EMPTY},
    MessageRate: {"cancel_reserve": Omission(0), "window": Omission(NANOS_PER_SECOND)},
    inputs.MessageRateChange: {"reason": _EMPTY},
    inputs.Quote: _BOOK,
    inputs.Trade: {"aggressor": Omission(None), "trade_id": _EMPTY, "venue_time": _VENUE_TIME},
    inputs.BookSnapshot: _BOOK,
    inputs.BookChange: _BOOK,
    inputs.BookGap: {"reason": _EMPTY},
    inputs.BookOrderAdded: {"venue_time": _VENUE_TIME},
    inputs.BookOrderExecuted: {"price": _ZERO, "trade_id": _EMPTY, "venue_time": _VENUE_TIME},
    inputs.BookOrderReduced: {"venue_time": _VENUE_TIME},
    inputs.BookOrderRemoved: {"venue_time": _VENUE_TIME},
    inputs.BookOrderReplaced: {"venue_time": _VENUE_TIME},
    inputs.BookOrders: _BOOK,
    inputs.AuctionIndication: {
        "imbalance_side": Omission(None),
        "near_price": _ZERO,
        "far_price": _ZERO,
        "reference_price": _ZERO,
        "venue_time": _VENUE_TIME,
    },
    inputs.TradeBusted: {"venue_time": _VENUE_TIME},
    inputs.VenueAccepted: {"venue_order": _EMPTY, "venue_time": _VENUE_TIME},
    inputs.VenueRejected: _ANSWER,
    inputs.VenueFilled: {
        "session_date": _SESSION_DATE,
        "fee": _ZERO,
        "liquidity": Omission("maker"),
        "venue_time": _VENUE_TIME,
    },
    inputs.VenueCanceled: _ANSWER,
    inputs.VenueCancelRejected: _ANSWER,
    inputs.VenueReplaced: {"venue_time": _VENUE_TIME},
    inputs.VenueReplaceRejected: _ANSWER,
    inputs.VenueExpired: {"venue_time": _VENUE_TIME},
    inputs.VenueDisconnected: {"reason": _EMPTY},
    inputs.VenueTriggered: {"venue_time": _VENUE_TIME},
    inputs.VenueSuspended: _ANSWER,
    inputs.VenueResumed: {"venue_time": _VENUE_TIME},
    inputs.VenueDoneForDay: {"venue_time": _VENUE_TIME},
    inputs.VenueBusted: {"session_date": _SESSION_DATE, **_ANSWER},
    inputs.VenueCorrected: {
        "session_date": _SESSION_DATE,
        "fee": _ZERO,
        "liquidity": Omission("maker"),
        **_ANSWER,
    },
    inputs.VenueOrderStatus: {"venue_time": _VENUE_TIME},
    inputs.Statement: {"venue": _EMPTY, "as_of": _VENUE_TIME},
    StatementOrder: {"filled": _ZERO, "price": _ZERO},
    StatementFill: {
        "session_date": _SESSION_DATE,
        "fee": _ZERO,
        "liquidity": Omission("maker"),
        "venue_time": _VENUE_TIME,
    },
    inputs.OrderPolicyChange: {"reason": _EMPTY},
    inputs.ReconciliationPolicyChange: {"reason": _EMPTY},
    inputs.ToleranceChange: {"reason": _EMPTY},
    inputs.MarkPolicyChange: {"age_max": Omission(0), "reason": _EMPTY},
    inputs.MarkPrice: {"venue_time": _VENUE_TIME},
    inputs.ExchangeRate: {"venue_time": _VENUE_TIME},
    inputs.SubmitRequest: {
        "order_type": _derived(
            "limit with a price, market without; with a trigger price stop_limit or stop;"
            " trailing_stop with a trail; pegged with a peg.",
            _order_type,
        ),
        "time_in_force": _derived("gtd with an expire_time, else gtc.", _time_in_force),
        "post_only": Omission(False),
        "price": _derived("0 for an order without a limit.", _no_price),
        "tag": _EMPTY,
    },
    inputs.StrategyFailed: {"error": _EMPTY},
    inputs.RiskLimitChange: {"reason": _EMPTY},
    inputs.ProfileChange: {"reason": _EMPTY},
    inputs.PreTradePolicyChange: {"reason": _EMPTY},
    inputs.BreakerDefinition: {"reason": _EMPTY},
    inputs.DynamicLimitDefinition: {"reason": _EMPTY},
    inputs.NamedCheckDefinition: {"reason": _EMPTY},
    inputs.PermissionChange: {"reason": _EMPTY},
    inputs.RestrictionChange: {"reason": _EMPTY},
    inputs.OutsideValue: {"venue_time": _VENUE_TIME},
    inputs.PriceBands: {"limit_state": Omission(False), "venue_time": _VENUE_TIME},
    inputs.SessionPhase: {"venue_time": _VENUE_TIME},
    inputs.MarketHalt: {"reason": _EMPTY, "venue_time": _VENUE_TIME},
    inputs.LocateChange: {"reference": _EMPTY},
    inputs.ShortSaleRestriction: {"venue_time": _VENUE_TIME},
    inputs.KillCommand: {"reason": _EMPTY},
    inputs.KillPolicyChange: {"reason": _EMPTY},
    inputs.DataQualityPolicyChange: {"reason": _EMPTY},
    inputs.StopCommand: {"policy": Omission("cancel"), "reason": _EMPTY},
    inputs.StrategyStopCommand: {"reason": _EMPTY},
}
