"""What the orders of others do to a book that is kept by order.

A change that cannot be true - of an order that is not there, of more than is left of it, of a
number that is there already - says that the feed and the book have parted. The book is lost: it is
stale with the reason until the venue says all of it again, and what comes before that is not
applied, since every change of a book that is wrong would only make it wrong in another way.
"""

from typing import Final

from fairlead.machine import performance, triggers
from fairlead.machine.books import Book
from fairlead.machine.market import report
from fairlead.machine.order_book import absurd_orders
from fairlead.machine.state import State
from fairlead.model.inputs import BookOrder, BookOrderExecuted, BookOrders
from fairlead.model.outputs import InputRefused, Output
from fairlead.model.units import Nanos

_UNKNOWN_INSTRUMENT: Final = "unknown instrument"


def order_change(state: State, change: BookOrder, time: Nanos, outputs: list[Output]) -> None:
    """Apply what became of one order. A change that cannot be true loses the book."""
    book = state.books.get(change.instrument)
    if book is None:
        outputs.append(InputRefused(type(change).__name__, _UNKNOWN_INSTRUMENT))
        return
    reason = book.reason
    problem, moved = book.order_change(change, time)
    if problem:
        outputs.append(InputRefused(type(change).__name__, problem))
    if moved:
        performance.marked(state, change.instrument)
    if reason != book.reason:
        report(book, outputs)
    if change.instrument in state.watched:
        if not problem and _is_trade(book, change):
            triggers.traded(state, change.instrument, time, outputs)
        else:
            triggers.moved(state, change.instrument, time, outputs)


def all_orders(state: State, whole: BookOrders, time: Nanos, outputs: list[Output]) -> None:
    """Replace a book by all its orders, or refuse them with the reason."""
    book = state.books.get(whole.instrument)
    problem = absurd_orders(whole.orders)
    if book is None or problem:
        outputs.append(InputRefused("BookOrders", problem or _UNKNOWN_INSTRUMENT))
        return
    reason = book.reason
    if book.all_orders(whole.orders, whole.update, time):
        performance.marked(state, whole.instrument)
    if reason != book.reason:
        report(book, outputs)
    if whole.instrument in state.watched:
        triggers.moved(state, whole.instrument, time, outputs)


def _is_trade(book: Book, change: BookOrder) -> bool:
    return isinstance(change, BookOrderExecuted) and book.traded_at(change) > 0
