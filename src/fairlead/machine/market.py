"""What market data does to the books.

Data that cannot be true is refused, and never mended by a guess. Positions are valued anew where a
price that they are valued at moved, and nowhere else: most data moves none.
"""

from fairlead.machine import performance, triggers
from fairlead.machine.absurd import absurd_indication, absurd_levels, absurd_touch, absurd_trade
from fairlead.machine.books import Book
from fairlead.machine.state import State
from fairlead.model.inputs import (
    AuctionIndication,
    BookChange,
    BookGap,
    BookSnapshot,
    FeedSourceChanged,
    Quote,
    Trade,
    TradeBusted,
    TradingStatus,
)
from fairlead.model.outputs import BookRestored, BookStale, InputRefused, Output
from fairlead.model.units import InstrumentId, Nanos, Price, Quantity, UpdateId

_UNKNOWN_INSTRUMENT = "unknown instrument"


def quote(state: State, quote: Quote, time: Nanos, outputs: list[Output]) -> None:
    """Apply a quote, or refuse it with the reason."""
    quoted(
        state,
        quote.instrument,
        quote.bid_price,
        quote.bid_quantity,
        quote.ask_price,
        quote.ask_quantity,
        quote.update,
        time,
        outputs,
    )


def quoted(
    state: State,
    instrument: InstrumentId,
    bid: Price,
    bid_quantity: Quantity,
    ask: Price,
    ask_quantity: Quantity,
    update: UpdateId,
    time: Nanos,
    outputs: list[Output],
) -> None:
    """Apply a quote of which there may be no object; each field is read once."""
    book = state.books.get(instrument)
    if book is None:
        outputs.append(InputRefused("Quote", _UNKNOWN_INSTRUMENT))
        return
    problem = absurd_touch(bid, bid_quantity, ask, ask_quantity)
    if problem:
        outputs.append(InputRefused("Quote", problem))
        return
    reason = book.reason
    if book.quoted(bid, bid_quantity, ask, ask_quantity, update, time):
        performance.marked(state, instrument)
    if reason != book.reason:
        report(book, outputs)
    if state.watched.has(instrument):
        triggers.moved(state, instrument, time, outputs)


def trade(state: State, trade: Trade, time: Nanos, outputs: list[Output]) -> None:
    """Remember a trade of others, or refuse it with the reason."""
    book = state.books.get(trade.instrument)
    if book is None:
        outputs.append(InputRefused("Trade", _UNKNOWN_INSTRUMENT))
        return
    problem = absurd_trade(trade)
    if problem:
        outputs.append(InputRefused("Trade", problem))
        return
    if book.trade(trade.price, time, trade.trade_id, trade.aggressor):
        performance.marked(state, trade.instrument)
    if trade.instrument in state.watched:
        triggers.traded(state, trade.instrument, time, outputs)


def snapshot(state: State, snapshot: BookSnapshot, time: Nanos, outputs: list[Output]) -> None:
    """Replace a book, or refuse the snapshot with the reason."""
    book = state.books.get(snapshot.instrument)
    problem = absurd_levels(snapshot.bids, snapshot.asks)
    if book is None or problem:
        outputs.append(InputRefused("BookSnapshot", problem or _UNKNOWN_INSTRUMENT))
        return
    reason = book.reason
    if book.snapshot(snapshot.bids, snapshot.asks, snapshot.update, time):
        performance.marked(state, snapshot.instrument)
    if reason != book.reason:
        report(book, outputs)
    if snapshot.instrument in state.watched:
        triggers.moved(state, snapshot.instrument, time, outputs)


def change(state: State, change: BookChange, time: Nanos, outputs: list[Output]) -> None:
    """Apply changed levels. An absurd change, or one out of order, loses the book.

    What the one meant is not known, and what the other would leave is no book that ever was.
    """
    book = state.books.get(change.instrument)
    if book is None:
        outputs.append(InputRefused("BookChange", _UNKNOWN_INSTRUMENT))
        return
    reason = book.reason
    problem = absurd_levels(change.bids, change.asks)
    if change.update and change.update < book.levels_update:
        problem = problem or "it is older than the book: the feed was reordered"
    problem = problem or book.level_problem()
    if problem:
        outputs.append(InputRefused("BookChange", problem))
        moved = book.lose(f"a refused change: {problem}")
    else:
        moved = book.change(change.bids, change.asks, change.update, time)
    if moved:
        performance.marked(state, change.instrument)
    if reason != book.reason:
        report(book, outputs)
    if change.instrument in state.watched:
        triggers.moved(state, change.instrument, time, outputs)


def gap(state: State, gap: BookGap, time: Nanos, outputs: list[Output]) -> None:
    """Mark a book stale because its feed lost its place."""
    book = state.books.get(gap.instrument)
    if book is None:
        outputs.append(InputRefused("BookGap", _UNKNOWN_INSTRUMENT))
        return
    reason = book.reason
    if book.lose(gap.reason or "the feed lost its place"):
        performance.marked(state, gap.instrument)
    if reason != book.reason:
        report(book, outputs)


def trading_status(state: State, status: TradingStatus, time: Nanos, outputs: list[Output]) -> None:
    """Take in whether the venue trades an instrument now. What works there stays as it is."""
    book = state.books.get(status.instrument)
    if book is None:
        outputs.append(InputRefused("TradingStatus", _UNKNOWN_INSTRUMENT))
    else:
        if book.halted and status.tradable:
            state.gate.pretrade.market.resumed(status.instrument, time)
        book.halted = "" if status.tradable else status.reason or "the venue does not trade it"


def busted(state: State, bust: TradeBusted, _time: Nanos, outputs: list[Output]) -> None:
    """Forget a trade of others that never was. What fired or filled by it is not undone by this."""
    book = state.books.get(bust.instrument)
    if book is None:
        outputs.append(InputRefused("TradeBusted", _UNKNOWN_INSTRUMENT))
    elif book.bust(bust.trade_id):
        performance.marked(state, bust.instrument)


def auction_indication(
    state: State, indication: AuctionIndication, _time: Nanos, outputs: list[Output]
) -> None:
    """Keep what an auction would do now. It is no price that anything trades at."""
    book = state.books.get(indication.instrument)
    problem = _UNKNOWN_INSTRUMENT if book is None else absurd_indication(indication)
    if book is None or problem:
        outputs.append(InputRefused("AuctionIndication", problem))
    else:
        book.indication = indication


def source_changed(
    state: State, change: FeedSourceChanged, _time: Nanos, outputs: list[Output]
) -> None:
    """Keep where the market data of an instrument comes from."""
    book = state.books.get(change.instrument)
    if book is None:
        outputs.append(InputRefused("FeedSourceChanged", _UNKNOWN_INSTRUMENT))
    else:
        book.source = change.source


def report(book: Book, outputs: list[Output]) -> None:
    """Say that a book is stale or is not any more; `outputs` get the fact."""
    if book.stale:
        outputs.append(BookStale(book.instrument, book.reason))
    else:
        outputs.append(BookRestored(book.instrument))
