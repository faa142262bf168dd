"""The account of a floor in the Binance dialect: orders in, what became of them out.

An order travels to the exchange as those of nodes do, so its answer waits until the exchange has
said something about it. What a client hears of its account comes from the same reports.
"""

from collections.abc import Callable
from typing import Final

from fairlead.gateways.binance.venue_request import number_of
from fairlead.gateways.binance.venue_texts import (
    DUPLICATE,
    NOT_CANCELED,
    UNKNOWN_ORDER,
    UNKNOWN_SYMBOL,
    Refused,
    assets,
    milliseconds,
    money_text,
    price_text,
    quantity_text,
    rate_text,
    symbol_of,
)
from fairlead.gateways.direct.messages import Order, Report
from fairlead.model.inputs import (
    Statement,
    VenueAccepted,
    VenueBusted,
    VenueCanceled,
    VenueCancelRejected,
    VenueCorrected,
    VenueExpired,
    VenueFilled,
    VenueOrderStatus,
    VenueRejected,
)
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import CancelOrder, SendOrder
from fairlead.model.terms import Side
from fairlead.model.units import OrderId
from fairlead.simulator.venue_order import VenueOrder
from fairlead.stages.floor import TradingFloor
from fairlead.stages.web_orders import (
    FIRST_ORDER,
    asked_order,
    execution_number,
    fill_text,
    order_of,
    order_text,
    status_name,
    type_name,
)

TRADES_MAX: Final = 1_000
_TRADES: Final = 500  # where a request names no limit
Content = dict[str, object] | list[dict[str, object]]
Reply = Callable[[Content | Refused], None]
# What a report makes of an order, in the words of `executionReport`; TRADE has its own fields.
_EXECUTION_TYPES: Final[dict[type, str]] = {
    VenueAccepted: "NEW",
    VenueFilled: "TRADE",
    VenueCanceled: "CANCELED",
    VenueExpired: "EXPIRED",
    VenueRejected: "REJECTED",
}


class WebAccount:
    """The account, as its web clients see it."""

    def __init__(self, floor: TradingFloor) -> None:
        """Go on with what the floor has."""
        self._floor: Final = floor
        self._exchange: Final = floor.world.exchange
        instruments = self._exchange.instruments.values()
        self._instruments: Final = {symbol_of(one): one for one in instruments}
        self._fills: Final[dict[OrderId, list[VenueFilled]]] = {}
        self._entering: Final[dict[OrderId, tuple[str, Reply]]] = {}
        self._canceling: Final[dict[OrderId, list[Reply]]] = {}
        self._next = FIRST_ORDER
        for booked in floor.books.orders.values():
            self._next = max(self._next, booked.order + 1)
        for fill in floor.books.fills():
            self._fills.setdefault(fill.order, []).append(fill)

    def instrument(self, given: dict[str, str]) -> Instrument | Refused:
        """Return the instrument that fields name."""
        return self._instruments.get(given.get("symbol", ""), UNKNOWN_SYMBOL)

    # --- orders -----------------------------------------------------------------------------------

    def enter(self, given: dict[str, str], reply: Reply) -> None:
        """Send an order to the exchange; the reply comes when it has said something."""
        instrument = self.instrument(given)
        if isinstance(instrument, Refused):
            reply(instrument)
            return
        number = OrderId(self._next)
        client_order = given.get("newClientOrderId", "") or f"web{number}"
        approved = order_of(given, instrument, number, client_order)
        if isinstance(approved, Refused):
            reply(approved)
        elif self._floor.books.knows(client_order) or self._is_entering(client_order):
            reply(DUPLICATE)
        else:
            self._next += 1
            self._entering[number] = (client_order, reply)
            self._floor.act(Order(0, SendOrder(approved)))

    def cancel(self, given: dict[str, str], reply: Reply) -> None:
        """Ask the exchange to cancel an order."""
        order = self._find(given)
        if isinstance(order, Refused) or order.order not in self._exchange.orders:
            reply(order if isinstance(order, Refused) and order is UNKNOWN_SYMBOL else NOT_CANCELED)
            return
        self._cancel(order, reply)

    def cancel_all(self, given: dict[str, str], reply: Reply) -> None:
        """Ask the exchange to cancel all orders of an instrument; reply once the last is gone."""
        instrument = self.instrument(given)
        if isinstance(instrument, Refused):
            reply(instrument)
            return
        working = [one for one in self._exchange.orders.values() if one.instrument is instrument]
        if not working:
            reply(NOT_CANCELED)
            return
        left = len(working)
        done: list[dict[str, object]] = []

        def collect(content: Content | Refused) -> None:
            nonlocal left
            left -= 1
            if isinstance(content, dict):
                done.append(content)
            if not left:
                reply(done)

        for order in working:
            self._cancel(order, collect)

    def order(self, given: dict[str, str]) -> Content | Refused:
        """Return one order."""
        order = self._find(given)
        return order if isinstance(order, Refused) else self._text(order)

    def open_orders(self, given: dict[str, str]) -> Content | Refused:
        """Return what works, of one instrument or of all."""
        only: Instrument | None = None
        if "symbol" in given:
            named = self.instrument(given)
            if isinstance(named, Refused):
                return named
            only = named
        return [
            self._text(one)
            for one in self._exchange.orders.values()
            if one.venue_order and (only is None or one.instrument is only)
        ]

    def trades(self, given: dict[str, str]) -> Content | Refused:
        """Return our executions in one instrument, the newest last; those taken back are gone."""
        instrument = self.instrument(given)
        limit, since = number_of(given, "limit", _TRADES), number_of(given, "fromId", 0)
        order = number_of(given, "orderId", 0)
        for one in (instrument, limit, since, order):
            if isinstance(one, Refused):
                return one
        assert isinstance(instrument, Instrument), "what is refused is told"
        found = [
            fill
            for number, fills in self._fills.items()
            for fill in fills
            if fill.instrument == instrument.instrument
            and execution_number(fill) >= int(str(since))
            and order in (0, number)
        ]
        found.sort(key=execution_number)
        most = min(int(str(limit)), TRADES_MAX)
        chosen = found[:most] if since else found[-most:]
        return [fill_text(instrument, fill) for fill in chosen]

    def account(self) -> Content:
        """Return what the account has: free, and locked by orders that work."""
        first = next(iter(self._instruments.values()))
        balances = [
            {"asset": asset, "free": free, "locked": locked}
            for asset, free, locked in self._balances()
        ]
        return {
            "makerCommission": first.maker_fee // 10_000,
            "takerCommission": first.taker_fee // 10_000,
            "commissionRates": {
                "maker": rate_text(first.maker_fee),
                "taker": rate_text(first.taker_fee),
            },
            "canTrade": True,
            "canWithdraw": False,
            "canDeposit": False,
            "accountType": "SPOT",
            "updateTime": milliseconds(self._floor.now),
            "balances": balances,
            "permissions": ["SPOT"],
        }

    # --- what the exchange says -------------------------------------------------------------------

    def heard(self, report: Report) -> list[dict[str, object]]:
        """Take in a report: replies leave. Return what listeners of the account are told."""
        if isinstance(report, Statement | VenueOrderStatus):
            return []
        number = report.order
        if isinstance(report, VenueFilled):
            fills = self._fills.setdefault(number, [])
            if all(one.execution != report.execution for one in fills):
                fills.append(report)
        elif isinstance(report, VenueBusted | VenueCorrected):
            self._take_back(report)
        order = self._order(number)
        self._reply(report, order)
        if order is None or type(report) not in _EXECUTION_TYPES:
            return []
        told = [self._execution_report(order, report)]
        return [*told, self._position()] if isinstance(report, VenueFilled) else told

    def _reply(self, report: Report, order: VenueOrder | None) -> None:
        assert not isinstance(report, Statement), "a statement answers no order"
        entering = self._entering.pop(report.order, None)
        if entering is not None:
            _, reply = entering
            if isinstance(report, VenueRejected) or order is None:
                reason = report.reason if isinstance(report, VenueRejected) else "unknown"
                reply(Refused(-2010, f"Order was rejected: {reason}."))
            else:
                reply(self._entered(order))
        if isinstance(report, VenueCanceled | VenueCancelRejected | VenueFilled | VenueExpired):
            working = report.order in self._exchange.orders
            for reply in [] if working else self._canceling.pop(report.order, []):
                canceled = order is not None and isinstance(report, VenueCanceled)
                reply(self._text(order) if canceled and order is not None else NOT_CANCELED)

    def _take_back(self, report: VenueBusted | VenueCorrected) -> None:
        """Forget an execution, or put what is right in its place."""
        gone = report.execution if isinstance(report, VenueBusted) else report.original
        self._fills[report.order] = [
            fill for fill in self._fills.get(report.order, []) if fill.execution != gone
        ]
        if isinstance(report, VenueCorrected):
            for fill in self._floor.books.fills():
                if fill.execution == report.execution:
                    self._fills[report.order].append(fill)

    def _is_entering(self, client_order: str) -> bool:
        return any(name == client_order for name, _ in self._entering.values())

    def _cancel(self, order: VenueOrder, reply: Reply) -> None:
        self._canceling.setdefault(order.order, []).append(reply)
        action = CancelOrder(order.order, order.instrument.instrument)
        self._floor.act(Order(0, action))

    def _order(self, number: OrderId) -> VenueOrder | None:
        return self._exchange.orders.get(number) or self._exchange.ended.by_number(number)

    def _find(self, given: dict[str, str]) -> VenueOrder | Refused:
        instrument = self.instrument(given)
        asked = asked_order(given)
        if isinstance(instrument, Refused):
            return instrument
        if isinstance(asked, Refused):
            return asked
        if isinstance(asked, str):
            booked = self._floor.books.orders.get(asked)
            if booked is None:
                return UNKNOWN_ORDER
            asked = booked.order
        order = self._order(asked)
        if order is None or order.instrument is not instrument or not order.venue_order:
            return UNKNOWN_ORDER
        return order

    def _text(self, order: VenueOrder) -> dict[str, object]:
        return order_text(order, self._fills.get(order.order, []))

    def _entered(self, order: VenueOrder) -> dict[str, object]:
        """Return the answer to a new order, with what it traded at once."""
        fills = [
            fill
            for fill in self._floor.books.fills_of(order.order)
            if fill.venue_time == order.accepted
        ]
        content = order_text(order, fills)
        content["transactTime"] = content["time"]
        content["fills"] = [
            {
                "price": price_text(order.instrument, fill.price),
                "qty": quantity_text(order.instrument, fill.quantity),
                "commission": money_text(order.instrument, fill.fee),
                "commissionAsset": order.instrument.currency,
                "tradeId": execution_number(fill),
            }
            for fill in fills
        ]
        return content

    def _execution_report(self, order: VenueOrder, report: Report) -> dict[str, object]:
        instrument, fill = order.instrument, report if isinstance(report, VenueFilled) else None
        time = milliseconds(self._floor.now)
        text = self._text(order)
        rejected = report.reason if isinstance(report, VenueRejected) else "NONE"
        return {
            "e": "executionReport",
            "E": time,
            "s": symbol_of(instrument),
            "c": order.client_order,
            "S": order.side.name,
            "o": type_name(order),
            "f": order.time_in_force.name,
            "q": quantity_text(instrument, order.quantity),
            "p": text["price"],
            "P": text["stopPrice"],
            "F": text["icebergQty"],
            "C": "",
            "x": _EXECUTION_TYPES[type(report)],
            "X": _status_after(order, fill),
            "r": rejected,
            "i": order.order,
            "l": quantity_text(instrument, fill.quantity if fill is not None else 0),
            "z": quantity_text(instrument, (fill.cumulative or 0) if fill else order.filled),
            "L": price_text(instrument, fill.price if fill is not None else 0),
            "n": money_text(instrument, fill.fee if fill is not None else 0),
            "N": instrument.currency if fill is not None else None,
            "T": milliseconds(fill.venue_time) if fill is not None else time,
            "t": execution_number(fill) if fill is not None else -1,
            "w": order.status.name == "OPEN",
            "m": fill is not None and fill.liquidity.name == "MAKER",
            "O": milliseconds(order.accepted),
            "Z": text["cummulativeQuoteQty"],
        }

    def _position(self) -> dict[str, object]:
        time = milliseconds(self._floor.now)
        balances = [
            {"a": asset, "f": free, "l": locked} for asset, free, locked in self._balances()
        ]
        return {"e": "outboundAccountPosition", "E": time, "u": time, "B": balances}

    def _balances(self) -> list[tuple[str, str, str]]:
        """Return asset, free and locked, of money and of every instrument."""
        clearing = self._exchange.clearing
        locked_money, locked = 0, dict.fromkeys(self._instruments, 0)
        for order in self._exchange.orders.values():
            if order.side is Side.BUY:
                locked_money += order.instrument.money_unit * order.limit * order.leaves
            else:
                locked[symbol_of(order.instrument)] += order.leaves
        held = {one.instrument: int(one.quantity) for one in clearing.positions("")}
        found = []
        for symbol, one in self._instruments.items():
            free = held.get(one.instrument, 0) - locked[symbol]
            asset = assets(one)[0]
            found.append((asset, quantity_text(one, free), quantity_text(one, locked[symbol])))
        one = next(iter(self._instruments.values()))
        for cash in clearing.cash() or ():
            free_money = cash.amount - locked_money
            found.append(
                (cash.currency, money_text(one, free_money), money_text(one, locked_money))
            )
        return found


def _status_after(order: VenueOrder, fill: VenueFilled | None) -> str:
    """Return where an order stood after a report: a fill may be older than its end."""
    if fill is None:
        return status_name(order)
    return "FILLED" if fill.cumulative == order.quantity else "PARTIALLY_FILLED"
