"""The state of a machine as one JSON object: what a person asks after a script or a replay.

Reads and never changes. An amount is decimal text; what cannot be known (the value of a position
whose book is stale) is null: no number is invented.
"""

from typing import Any, Final

from fairlead.machine.books import Book
from fairlead.machine.machine import Machine
from fairlead.machine.orders import Order
from fairlead.machine.positions import Account, Position
from fairlead.machine.valuation import account_unrealised, unrealised
from fairlead.model.decimals import decimal_text
from fairlead.model.instruments import Instrument
from fairlead.model.names import Names
from fairlead.model.terms import InstrumentKind
from fairlead.model.units import divide_half_even

AVERAGE_DECIMALS_MORE: Final = 4  # an average price lies between ticks


def state_object(machine: Machine, names: Names) -> dict[str, Any]:
    """Return orders, positions, accounts, books, the gate and the digest of a machine."""
    gate = machine.gate
    return {
        "sequence": machine.state.sequence,
        "time": machine.state.time,
        "killed": gate.killed,
        "stopped": gate.stopped,
        "disabled": [
            {"strategy": names.strategies.name(strategy), "reason": reason}
            for strategy, reason in gate.disabled()
        ],
        "closed": [
            {"instrument": names.instruments.name(instrument), "reason": reason}
            for instrument, reason in gate.closed()
        ],
        "books": [_book(book, machine, names) for book in machine.books.all()],
        "orders": [_order(order, machine, names) for order in machine.orders.all()],
        "positions": [_position(each, machine, names) for each in machine.positions.all()],
        "accounts": [_account(account, machine) for account in machine.positions.accounts()],
        "state_digest": machine.digest(),
    }


def _book(book: Book, machine: Machine, names: Names) -> dict[str, Any]:
    terms = machine.instruments[book.instrument]
    return {
        "instrument": names.instruments.name(book.instrument),
        "bid_price": decimal_text(book.bid_price, terms.price_decimals),
        "bid_quantity": decimal_text(book.bid_quantity, terms.quantity_decimals),
        "ask_price": decimal_text(book.ask_price, terms.price_decimals),
        "ask_quantity": decimal_text(book.ask_quantity, terms.quantity_decimals),
        "update": book.update,
        "stale": book.stale,
        "reason": book.reason,
    }


def _order(order: Order, machine: Machine, names: Names) -> dict[str, Any]:
    terms = machine.instruments[order.instrument]
    return {
        "order": order.order,
        "strategy": names.strategies.name(order.strategy),
        "instrument": names.instruments.name(order.instrument),
        "side": order.side.name.lower(),
        "status": order.status.name.lower(),
        "quantity": decimal_text(order.quantity, terms.quantity_decimals),
        "price": decimal_text(order.price, terms.price_decimals),
        "filled": decimal_text(order.filled, terms.quantity_decimals),
        "canceled": decimal_text(order.canceled, terms.quantity_decimals),
        "leaves": decimal_text(order.leaves if order.working else 0, terms.quantity_decimals),
    }


def _position(position: Position, machine: Machine, names: Names) -> dict[str, Any]:
    terms = machine.instruments[position.instrument]
    gain = unrealised(machine.state, position)
    return {
        "strategy": names.strategies.name(position.strategy),
        "instrument": names.instruments.name(position.instrument),
        "quantity": decimal_text(position.quantity, terms.quantity_decimals),
        "average_cost": _average_cost(position, terms),
        "realised": decimal_text(position.realised, terms.money_decimals),
        "unrealised": _text_or_none(gain, terms.money_decimals),
        "fees": decimal_text(position.fees, terms.money_decimals),
    }


def _account(account: Account, machine: Machine) -> dict[str, Any]:
    """Describe an account. The identity: equity = initial + realised + unrealised - fees."""
    mine = [
        position
        for position in machine.positions.all()
        if machine.state.strategies[position.strategy].account == account.account
    ]
    gain = account_unrealised(machine.state, account)
    at_cost = account.cash + sum(each.open_cost for each in mine if _is_spot(each, machine))
    realised = sum(position.realised for position in mine)
    fees = sum(position.fees for position in mine)
    decimals = account.money_decimals
    return {
        "account": account.name,
        "currency": account.currency,
        "initial": decimal_text(account.initial, decimals),
        "cash": decimal_text(account.cash, decimals),
        "realised": decimal_text(account.realised, decimals),
        "unrealised": _text_or_none(gain, decimals),
        "fees": decimal_text(account.fees, decimals),
        "equity": _text_or_none(None if gain is None else at_cost + gain, decimals),
        "identity": (realised, fees) == (account.realised, account.fees)
        and at_cost == account.initial + realised - fees,
    }


def _average_cost(position: Position, terms: Instrument) -> str | None:
    """Return the average price of the open quantity, rounded half to even; None when flat."""
    if position.quantity == 0:
        return None
    decimals = terms.price_decimals + AVERAGE_DECIMALS_MORE
    scaled = abs(position.open_cost) * 10**AVERAGE_DECIMALS_MORE
    average = divide_half_even(scaled, abs(position.quantity) * terms.money_unit)
    return decimal_text(average, decimals)


def _is_spot(position: Position, machine: Machine) -> bool:
    return machine.instruments[position.instrument].kind is InstrumentKind.SPOT


def _text_or_none(amount: int | None, decimals: int) -> str | None:
    return None if amount is None else decimal_text(amount, decimals)
