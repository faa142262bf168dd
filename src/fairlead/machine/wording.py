"""How the two sides of a difference are written: short, in decimals."""

from fairlead.machine.orders import Order
from fairlead.machine.state import State
from fairlead.model.decimals import decimal_text
from fairlead.model.inputs import VenueFilled
from fairlead.model.instruments import Instrument
from fairlead.model.statements import StatementOrder
from fairlead.model.terms import Side
from fairlead.model.units import Money, Price, Quantity


def order_text(terms: Instrument, order: Order) -> str:
    """Return an order of ours: its terms, those asked for, and where it stands if it is over."""
    text = terms_text(terms, order.side, order.quantity, order.price, order.filled)
    if order.new_quantity:
        quantity = decimal_text(order.new_quantity, terms.quantity_decimals)
        price = decimal_text(order.new_price, terms.price_decimals)
        text = f"{text}, {quantity} at {price} asked for"
    return text if order.working else f"{order.status.name.lower()}: {text}"


def line_text(terms: Instrument, line: StatementOrder) -> str:
    """Return a working order as a statement has it."""
    return terms_text(terms, line.side, line.quantity, line.price, line.filled)


def terms_text(
    terms: Instrument, side: Side, quantity: Quantity, price: Price, filled: Quantity
) -> str:
    """Return the terms of an order and what of it is filled."""
    amount = decimal_text(quantity, terms.quantity_decimals)
    limit = f" at {decimal_text(price, terms.price_decimals)}" if price else ""
    done = decimal_text(filled, terms.quantity_decimals)
    return f"{side.name.lower()} {amount}{limit}, filled {done}"


def fill_text(
    terms: Instrument, side: Side | None, price: Price, quantity: Quantity, fee: Money
) -> str:
    """Return an execution: its side where it is known, quantity, price and fee."""
    way = "" if side is None else f"{side.name.lower()} "
    amount = decimal_text(quantity, terms.quantity_decimals)
    at = decimal_text(price, terms.price_decimals)
    return f"{way}{amount} at {at}, fee {decimal_text(fee, terms.money_decimals)}"


def report_text(state: State, report: VenueFilled) -> str:
    """Return a fill as the venue reported it, in increments where its instrument is not known."""
    known = state.instruments.get(report.instrument)
    order = f"of order {report.order}" if report.order else "of no order"
    if known is None:
        return f"{report.quantity} at {report.price} (increments) {order}"
    text = fill_text(known, report.side, report.price, report.quantity, report.fee)
    return f"{text}, {order}"
