"""A book that follows market data outside the machine: of a journal, or straight from a feed."""

from collections.abc import Callable
from typing import Any, Final

from fairlead.machine.absurd import absurd_levels, absurd_quote, absurd_trade
from fairlead.machine.books import Book
from fairlead.machine.order_book import absurd_orders
from fairlead.model.inputs import (
    BookChange,
    BookGap,
    BookOrder,
    BookOrderAdded,
    BookOrderExecuted,
    BookOrderReduced,
    BookOrderRemoved,
    BookOrderReplaced,
    BookOrders,
    BookSnapshot,
    Input,
    Quote,
    Trade,
    TradeBusted,
)
from fairlead.model.units import Nanos

_REFUSED: Final = "a refused change"


def follow(book: Book, input: Input, refused: bool | None, time: Nanos) -> None:
    """Let a book follow an input about its instrument. What moves no book is passed over.

    `refused`: whether the machine refused it; None where no machine has seen it, and what cannot be
    true is seen here.
    """
    step = _STEPS.get(type(input))
    if step is not None:
        step(book, input, is_absurd(input) if refused is None else refused, time)


def is_absurd(input: Input) -> bool:
    """Whether a machine that knows the instrument would refuse this, whatever its book."""
    if isinstance(input, Quote):
        return bool(absurd_quote(input))
    if isinstance(input, Trade):
        return bool(absurd_trade(input))
    if isinstance(input, BookSnapshot | BookChange):
        return bool(absurd_levels(input.bids, input.asks))
    return isinstance(input, BookOrders) and bool(absurd_orders(input.orders))


def _quote(book: Book, quote: Quote, refused: bool, time: Nanos) -> None:
    if not refused:
        book.quote(quote, time)


def _trade(book: Book, trade: Trade, refused: bool, time: Nanos) -> None:
    if not refused:
        book.trade(trade.price, time, trade.trade_id, trade.aggressor)


def _busted(book: Book, bust: TradeBusted, refused: bool, _time: Nanos) -> None:
    if not refused:
        book.bust(bust.trade_id)


def _snapshot(book: Book, whole: BookSnapshot, refused: bool, time: Nanos) -> None:
    if not refused:
        book.snapshot(whole.bids, whole.asks, whole.update, time)


def _change(book: Book, change: BookChange, refused: bool, time: Nanos) -> None:
    if refused or book.level_problem() or (change.update and change.update < book.levels_update):
        book.lose(_REFUSED)
    else:
        book.change(change.bids, change.asks, change.update, time)


def _all_orders(book: Book, whole: BookOrders, refused: bool, time: Nanos) -> None:
    if not refused:
        book.all_orders(whole.orders, whole.update, time)


def _order_change(book: Book, change: BookOrder, _refused: bool, time: Nanos) -> None:
    book.order_change(change, time)  # which sees for itself what cannot be true


def _gap(book: Book, gap: BookGap, refused: bool, _time: Nanos) -> None:
    if not refused:
        book.lose(gap.reason or "the feed lost its place")


_STEPS: Final[dict[type, Callable[[Book, Any, bool, Nanos], None]]] = {
    Quote: _quote,
    Trade: _trade,
    TradeBusted: _busted,
    BookSnapshot: _snapshot,
    BookChange: _change,
    BookOrderAdded: _order_change,
    BookOrderExecuted: _order_change,
    BookOrderReduced: _order_change,
    BookOrderRemoved: _order_change,
    BookOrderReplaced: _order_change,
    BookOrders: _all_orders,
    BookGap: _gap,
}
FOLLOWED: Final = tuple(_STEPS)  # the kinds of inputs that move a book
