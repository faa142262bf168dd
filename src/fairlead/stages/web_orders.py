"""Orders of a web client: from the fields of the dialect to messages of the venue, and back.

Whoever sends them is a stranger to us: no risk of ours is asked, as at any venue. They trade for
the account of the exchange, beside its nodes, under numbers of their own.
"""

from typing import Final

from fairlead.gateways.binance.venue_request import number_of
from fairlead.gateways.binance.venue_texts import (
    ORDER_TYPES,
    TIMES_IN_FORCE,
    Refused,
    milliseconds,
    missing,
    money_text,
    price_text,
    quantity_text,
    symbol_of,
)
from fairlead.gateways.errors import MalformedNumber
from fairlead.gateways.increments import increments, positive_increments
from fairlead.model.inputs import VenueFilled
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import Approved
from fairlead.model.terms import OrderType, Side, Status, TimeInForce
from fairlead.model.units import Money, OrderId, Price, Quantity, SignedQuantity, StrategyId
from fairlead.simulator.venue_order import VenueOrder, worth

FIRST_ORDER: Final = 10**15  # orders of the web door begin here; JavaScript counts exactly to 2**53
_STRANGER: Final = StrategyId(0)
_CLIENT_ORDER_MAX: Final = 36
_SIDES: Final = {"BUY": Side.BUY, "SELL": Side.SELL}
_WITHOUT_PRICE: Final = (OrderType.MARKET, OrderType.STOP)
_STOPS: Final = (OrderType.STOP, OrderType.STOP_LIMIT)
_TYPE_NAMES: Final = {
    OrderType.LIMIT: "LIMIT",
    OrderType.MARKET: "MARKET",
    OrderType.STOP: "STOP_LOSS",
    OrderType.STOP_LIMIT: "STOP_LOSS_LIMIT",
}
_BY_THE_CLIENT: Final = ("requested", "emergency_line", "session_ended")


def order_of(
    given: dict[str, str], instrument: Instrument, number: OrderId, client_order: str
) -> Approved | Refused:
    """Return the order that fields ask for, or why they are none."""
    side = _SIDES.get(given.get("side", ""))
    if side is None:
        return Refused(-1117, "Invalid side.")
    named = given.get("type", "")
    order_type = ORDER_TYPES.get(named)
    if order_type is None:
        return Refused(-1116, "Invalid orderType.")
    if len(client_order) > _CLIENT_ORDER_MAX:
        return Refused(-1100, "Illegal characters found in parameter 'newClientOrderId'.")
    time_in_force = _time_in_force(given, order_type, named)
    if isinstance(time_in_force, Refused):
        return time_in_force
    amounts = _amounts(given, instrument, order_type)
    if isinstance(amounts, Refused):
        return amounts
    quantity, price, trigger, display = amounts
    return Approved(
        order=number,
        strategy=_STRANGER,
        instrument=instrument.instrument,
        side=side,
        order_type=order_type,
        time_in_force=time_in_force,
        post_only=named == "LIMIT_MAKER",
        quantity=Quantity(quantity),
        price=Price(price),
        price_worst=Price(0),
        reference_price=Price(0),
        notional=Money(0),
        position_worst=SignedQuantity(0),
        client_order=client_order,
        trigger_price=Price(trigger),
        display_quantity=Quantity(display),
    )


def _time_in_force(
    given: dict[str, str], order_type: OrderType, named: str
) -> TimeInForce | Refused:
    if order_type in _WITHOUT_PRICE or named == "LIMIT_MAKER":
        return TimeInForce.GTC
    found = TIMES_IN_FORCE.get(given.get("timeInForce", ""))
    return found if found is not None else Refused(-1115, "Invalid timeInForce.")


def _amounts(
    given: dict[str, str], instrument: Instrument, order_type: OrderType
) -> tuple[int, int, int, int] | Refused:
    """Return quantity, price, trigger price and what an iceberg shows."""
    name = "quantity"
    try:
        quantity = positive_increments(given.get(name, ""), instrument.quantity_decimals)
        name, price, trigger, display = "price", 0, 0, 0
        if order_type not in _WITHOUT_PRICE:
            price = positive_increments(given.get(name, ""), instrument.price_decimals)
        name = "stopPrice"
        if order_type in _STOPS:
            trigger = positive_increments(given.get(name, ""), instrument.price_decimals)
        name = "icebergQty"
        if name in given:
            display = increments(given[name], instrument.quantity_decimals)
    except MalformedNumber:
        return missing(name)
    return quantity, price, trigger, display


def asked_order(given: dict[str, str]) -> OrderId | str | Refused:
    """Return the order that fields name: by number, or by the client's own id."""
    if "orderId" in given:
        number = number_of(given, "orderId")
        return number if isinstance(number, Refused) else OrderId(number)
    return given.get("origClientOrderId", "") or missing("orderId")


def order_text(order: VenueOrder, fills: list[VenueFilled]) -> dict[str, object]:
    """Return an order as `GET order` tells it."""
    instrument = order.instrument
    traded = sum(worth(instrument, fill.price, fill.quantity) for fill in fills)
    updated = order.ended or (fills[-1].venue_time if fills else order.accepted)
    is_market = order.order_type in _WITHOUT_PRICE
    return {
        "symbol": symbol_of(instrument),
        "orderId": order.order,
        "orderListId": -1,
        "clientOrderId": order.client_order,
        "price": price_text(instrument, 0 if is_market else order.limit),
        "origQty": quantity_text(instrument, order.quantity),
        "executedQty": quantity_text(instrument, order.filled),
        "cummulativeQuoteQty": money_text(instrument, traded),
        "status": status_name(order),
        "timeInForce": order.time_in_force.name,
        "type": type_name(order),
        "side": order.side.name,
        "stopPrice": price_text(instrument, order.trigger),
        "icebergQty": quantity_text(instrument, order.display),
        "time": milliseconds(order.accepted),
        "updateTime": milliseconds(updated),
        "isWorking": order.status is Status.OPEN and order.order_type not in _STOPS,
        "workingTime": milliseconds(order.accepted),
        "origQuoteOrderQty": money_text(instrument, 0),
        "selfTradePreventionMode": "EXPIRE_TAKER",
    }


def type_name(order: VenueOrder) -> str:
    """Return the type of an order in the venue's words; what it has no word for, in ours."""
    if order.handling.name == "POST_ONLY":
        return "LIMIT_MAKER"
    return _TYPE_NAMES.get(order.order_type, order.order_type.name)


def status_name(order: VenueOrder) -> str:
    """Return where an order stands, in the venue's words."""
    if order.status is Status.OPEN:
        return "PARTIALLY_FILLED" if order.filled else "NEW"
    if order.status is Status.CANCELED and order.reason not in _BY_THE_CLIENT:
        return "EXPIRED_IN_MATCH" if order.reason == "self_trade" else "EXPIRED"
    return order.status.name


def fill_text(instrument: Instrument, fill: VenueFilled) -> dict[str, object]:
    """Return an execution as `myTrades` tells it."""
    traded = worth(instrument, fill.price, fill.quantity)
    return {
        "symbol": symbol_of(instrument),
        "id": execution_number(fill),
        "orderId": fill.order,
        "orderListId": -1,
        "price": price_text(instrument, fill.price),
        "qty": quantity_text(instrument, fill.quantity),
        "quoteQty": money_text(instrument, traded),
        "commission": money_text(instrument, fill.fee),
        "commissionAsset": instrument.currency,
        "time": milliseconds(fill.venue_time),
        "isBuyer": fill.side is Side.BUY,
        "isMaker": fill.liquidity.name == "MAKER",
        "isBestMatch": True,
    }


def execution_number(fill: VenueFilled) -> int:
    """Return the number in the id of an execution."""
    return int(fill.execution[1:])
