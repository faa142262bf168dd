"""A true statement with one thing in it altered, and the break that this has to open.

How both sides are written is computed here anew: with floats, from the lines themselves.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from fairlead.model.inputs import Statement
from fairlead.model.statements import StatementCash, StatementFill, StatementOrder
from fairlead.model.terms import BreakKind, Side
from fairlead.model.units import InstrumentId, Money, Price, Quantity
from tests.machine.build import BUY, SELL
from tests.machine.venue_side import cash_line, order_line, position_line

Alteration = tuple[Statement, BreakKind, str, str, str]  # and the item, ours and theirs


def alter_order(made: Statement, which: int, way: int) -> Alteration:
    """Alter what a statement says of a working order."""
    assert made.orders
    line: StatementOrder = made.orders[which % len(made.orders)]
    terms: list[dict[str, Any]] = [
        {"quantity": Quantity(line.quantity + 1)},
        {"price": Price(line.price + 1)},
        {"side": other(line.side)},
        {"filled": Quantity(line.filled + 1), "quantity": Quantity(line.quantity + 1)},
    ]
    altered = changed(made.orders, which, **terms[way % len(terms)])
    theirs = order_text(altered[which % len(altered)])
    statement = msgspec.structs.replace(made, orders=altered)
    return statement, BreakKind.ORDER_DIFFERS, "terms", order_text(line), theirs


def drop_order(made: Statement, which: int, _way: int) -> Alteration:
    """Leave a working order out."""
    assert made.orders
    line = made.orders[which % len(made.orders)]
    statement = msgspec.structs.replace(made, orders=without(made.orders, which))
    return statement, BreakKind.ORDER_NOT_AT_VENUE, "", order_text(line), "not listed"


def add_order(made: Statement, which: int, way: int) -> Alteration:
    """List an order that we never sent."""
    assert made.orders is not None
    line = order_line(0, 1 + way, 100, venue_order=f"X{which}")
    statement = msgspec.structs.replace(made, orders=(*made.orders, line))
    return statement, BreakKind.ORDER_NOT_OURS, f"X{which}", "not known", order_text(line)


def drop_fill(made: Statement, which: int, _way: int) -> Alteration:
    """Leave an execution out."""
    assert made.fills
    line = made.fills[which % len(made.fills)]
    statement = msgspec.structs.replace(made, fills=without(made.fills, which))
    return statement, BreakKind.FILL_NOT_AT_VENUE, line.execution, fill_text(line), "not listed"


def alter_fill(made: Statement, which: int, way: int) -> Alteration:
    """Alter what a statement says of an execution."""
    assert made.fills
    line: StatementFill = made.fills[which % len(made.fills)]
    terms: list[dict[str, Any]] = [
        {"quantity": Quantity(line.quantity + 1)},
        {"price": Price(line.price + 1)},
        {"side": other(line.side)},
        {"fee": Money(line.fee + 1)},
    ]
    altered = changed(made.fills, which, **terms[way % len(terms)])
    theirs = fill_text(altered[which % len(altered)])
    statement = msgspec.structs.replace(made, fills=altered)
    return statement, BreakKind.FILL_DIFFERS, line.execution, fill_text(line), theirs


def alter_position(made: Statement, which: int, way: int) -> Alteration:
    """Add to a position, which may make it flat and drop it."""
    assert made.positions is not None
    number = InstrumentId(1 + which % 2)
    held = {line.instrument: line.quantity for line in made.positions}
    ours = held.get(number, 0)
    theirs = 0 if ours and way % 2 else ours + 1 + way
    lines = [line for line in made.positions if line.instrument != number]
    if theirs:
        lines.append(position_line(theirs, number))
    statement = msgspec.structs.replace(made, positions=tuple(lines))
    return statement, BreakKind.POSITION_DIFFERS, "", str(ours), str(theirs)


def alter_cash(made: Statement, which: int, way: int) -> Alteration:
    """Alter an amount, leave it out, or add a currency."""
    assert made.cash
    [line] = made.cash
    cash: tuple[StatementCash, ...]
    if way % 3 == 0:
        cash = (cash_line(line.amount + 1 + which),)
        texts = (money_text(line.amount), money_text(line.amount + 1 + which))
        item = "USD"
    elif way % 3 == 1:
        cash, texts, item = (), (money_text(line.amount), "0.00"), "USD"
    else:
        cash, texts, item = (
            (line, cash_line(1 + which, "EUR")),
            ("0.00", money_text(1 + which)),
            "EUR",
        )
    statement = msgspec.structs.replace(made, cash=cash)
    return statement, BreakKind.CASH_DIFFERS, item, *texts


def order_text(line: StatementOrder) -> str:
    """Return an order as a person would write it."""
    point = price_text(line.price, line.instrument)
    return f"{line.side.name.lower()} {line.quantity} at {point}, filled {line.filled}"


def fill_text(line: StatementFill) -> str:
    """Return an execution as a person would write it."""
    point = price_text(line.price, line.instrument)
    fee = money_text(line.fee)
    return f"{line.side.name.lower()} {line.quantity} at {point}, fee {fee}"


def price_text(price: int, instrument: int) -> str:
    """Return a price with the two decimals of instrument 1, or the one of instrument 2."""
    return f"{price / 100:.2f}" if instrument == 1 else f"{price / 10:.1f}"


def money_text(amount: int) -> str:
    """Return money with two decimals."""
    return f"{amount / 100:.2f}"


ALTERATIONS: list[tuple[str, Callable[[Statement, int, int], Alteration]]] = [
    ("orders", alter_order),
    ("orders", drop_order),
    ("any", add_order),
    ("fills", drop_fill),
    ("fills", alter_fill),
    ("any", alter_position),
    ("any", alter_cash),
]


def changed(lines: tuple[Any, ...], which: int, **terms: Any) -> tuple[Any, ...]:
    """Return lines with one of them altered."""
    place = which % len(lines)
    return (
        *lines[:place],
        msgspec.structs.replace(lines[place], **terms),
        *lines[place + 1 :],
    )


def without(lines: tuple[Any, ...], which: int) -> tuple[Any, ...]:
    """Return lines less one."""
    place = which % len(lines)
    return (*lines[:place], *lines[place + 1 :])


def other(side: Side) -> Side:
    """Return the other side."""
    return SELL if side is BUY else BUY
