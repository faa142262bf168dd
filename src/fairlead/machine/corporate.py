"""Corporate actions: splits, cash dividends, other names. They move what is held, and no equity.

What a venue does with its orders on such a day is done here with ours, so that both go on meaning
the same: after a split quantities and prices are in the new units; after a dividend buy limits and
sell stops stand lower by it, as the market will (`restatement.py`).

The last prices are carried over exactly (`books.Carry`), so an account is worth after the action
what it was worth before. A fraction that a split leaves over is sold at the price that the action
names: that alone can make or lose anything.
"""

from typing import Final

import msgspec

from fairlead.machine import limits, performance
from fairlead.machine.accounts import Account
from fairlead.machine.books import Book
from fairlead.machine.holdings import Position
from fairlead.machine.orders import Order
from fairlead.machine.restatement import Ratio, lower_order, split_order, units_of
from fairlead.machine.state import State
from fairlead.machine.valuation import equity_fine
from fairlead.model.decimals import decimal_text
from fairlead.model.inputs import CashDividend, InstrumentRenamed, InstrumentSplit
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import (
    BookStale,
    CashBooked,
    InputRefused,
    InstrumentAdjusted,
    LimitsAdjusted,
    Output,
)
from fairlead.model.risk import Scope
from fairlead.model.risk_terms import ScopeKind
from fairlead.model.terms import CashKind, InstrumentKind
from fairlead.model.units import (
    FINE_UNIT,
    INCREMENTS_MAX,
    MONEY_MAX,
    AccountId,
    Fine,
    InstrumentId,
    Money,
    Nanos,
    Quantity,
    divide_half_even,
)

_DIVIDEND: Final = CashKind.DIVIDEND
_INVERSE: Final = InstrumentKind.INVERSE
_STALE: Final = "corporate action: "
_SPLIT_SINCE: Final = "a split came after it: correct the position anew"


def split(state: State, action: InstrumentSplit, time: Nanos, outputs: list[Output]) -> None:
    """Turn `old` units of an instrument into `new` ones, wherever they are counted."""
    problem = _split_problem(state, action)
    if problem:
        outputs.append(InputRefused("InstrumentSplit", problem))
        return
    terms = state.instruments[action.instrument]
    ratio = Ratio(action.new, action.old)
    holders = _holders(state, terms.instrument)
    before = [equity_fine(state, account) for account in holders]
    parts = len(state.positions.open_in(terms.instrument))
    text = f"split {action.new} for {action.old}"
    _book_action(state, terms.instrument, text, action.reference, outputs)
    outputs.extend(state.positions.split(terms, ratio.new, ratio.old, action.lieu_price))
    state.corrections.close_positions(terms.instrument, _SPLIT_SINCE)
    state.reconciliation.split(terms.instrument, ratio.new, ratio.old, time)
    _close_executions(state, terms.instrument)
    _split_limits(state, terms.instrument, ratio, outputs)
    limits.split(state, terms, ratio.new, ratio.old, outputs)
    state.gate.pretrade.split(terms.instrument)
    state.links.split(terms.instrument, ratio.new, ratio.old, state.orders)  # before they change
    live = _live_orders(state, terms.instrument)
    state.gate.parents.split(terms.instrument, ratio.new, ratio.old, live)
    state.gate.exposure.split(terms.instrument, ratio.new, ratio.old, live)
    for order in live:
        split_order(state, order, terms, ratio, time, outputs)
    book = _book(state, terms.instrument)
    reason = book.reason
    book.adjust_split(ratio.new, ratio.old, terms.money_unit, _STALE + text)
    state.marks.adjust_split(terms.instrument, ratio.new, ratio.old)
    _report(book, reason, outputs)
    state.gate.exposure.moved(terms.instrument)
    for account in holders:
        state.reconciliation.moved(account.account, terms.instrument, time)
    _revalue(state, holders, before, parts, exactly=action.lieu_price == 0)


def dividend(state: State, action: CashDividend, time: Nanos, outputs: list[Output]) -> None:
    """Pay an amount for every unit that is held, and take it from every unit that is owed."""
    problem = _dividend_problem(state, action)
    if problem:
        outputs.append(InputRefused("CashDividend", problem))
        return
    terms = state.instruments[action.instrument]
    holders = _holders(state, terms.instrument)
    before = [equity_fine(state, account) for account in holders]
    parts = len(state.positions.open_in(terms.instrument))
    text = f"dividend {_short(action.amount, terms.money_decimals)}"
    _book_action(state, terms.instrument, text, action.reference, outputs)
    units = units_of(terms)
    for position in state.positions.open_in(terms.instrument):
        _pay(state, position, terms, action, time, outputs)
    for order in _live_orders(state, terms.instrument):
        lower_order(state, order, terms, action.amount, time, outputs)
    book = _book(state, terms.instrument)
    reason = book.reason
    book.adjust_dividend(action.amount, units, terms.money_unit, _STALE + text)
    state.marks.adjust_dividend(terms.instrument, action.amount, units)
    _report(book, reason, outputs)
    performance.marked(state, terms.instrument)
    _revalue(state, holders, before, parts, exactly=True)


def renamed(state: State, action: InstrumentRenamed, time: Nanos, outputs: list[Output]) -> None:
    """Call an instrument otherwise from now on. Its number, and all that hangs on it, stays."""
    problem = _action_problem(state, action.instrument, action.reference)
    taken = [known.symbol for known in state.instruments.values()]
    if not problem and (
        not action.symbol.strip() or action.symbol[:1] == "#" or action.symbol in taken
    ):
        problem = "its symbol is empty or taken"
    if problem:
        outputs.append(InputRefused("InstrumentRenamed", problem))
        return
    terms = state.instruments[action.instrument]
    terms_now = msgspec.structs.replace(terms, symbol=action.symbol)
    state.instruments[action.instrument] = terms_now
    state.gate.exposure.rename(terms_now)
    state.gate.tree.rename(action.instrument, action.symbol)  # limits and kills go with it
    before = Scope(ScopeKind.INSTRUMENT, terms.symbol)
    state.approvals.rename(before, Scope(ScopeKind.INSTRUMENT, action.symbol))
    text = f"renamed {action.symbol}"
    _book_action(state, action.instrument, text, action.reference, outputs)


# --- what may be booked ---------------------------------------------------------------------------


def _action_problem(state: State, instrument: InstrumentId, reference: str) -> str:
    if instrument not in state.instruments:
        return "unknown instrument"
    if not reference.strip():
        return "it has no reference"
    if state.corrections.is_used(instrument, reference):
        return f"the reference {reference} was booked before"
    return ""


def _split_problem(state: State, action: InstrumentSplit) -> str:
    """Return why a split cannot be booked, empty if it can."""
    problem = _action_problem(state, action.instrument, action.reference)
    if problem:
        return problem
    if not (1 <= action.new <= INCREMENTS_MAX and 1 <= action.old <= INCREMENTS_MAX):
        return f"new and old are not between 1 and {INCREMENTS_MAX}"
    if action.new == action.old:
        return "it changes nothing"
    if not 0 <= action.lieu_price <= INCREMENTS_MAX:
        return f"lieu_price is not between 0 and {INCREMENTS_MAX} increments"
    terms = state.instruments[action.instrument]
    if terms.kind is _INVERSE:
        return "an inverse contract has no units that could be split"
    ratio = Ratio(action.new, action.old)
    if not _book(state, terms.instrument).can_split(ratio.new, ratio.old):
        return f"the last prices would be fractions beyond {MONEY_MAX}: give new ones first"
    return state.positions.split_problem(terms, ratio.new, ratio.old, action.lieu_price)


def _dividend_problem(state: State, action: CashDividend) -> str:
    """Return why a dividend cannot be booked, empty if it can."""
    problem = _action_problem(state, action.instrument, action.reference)
    if problem:
        return problem
    if not 1 <= action.amount <= MONEY_MAX:
        return f"the amount is not between 1 and {MONEY_MAX} units of money"
    terms = state.instruments[action.instrument]
    if terms.kind is _INVERSE:
        return "an inverse contract has no units that could be paid for"
    units = units_of(terms)
    if not _book(state, terms.instrument).can_pay_dividend(action.amount, units):
        return f"the last prices would be fractions beyond {MONEY_MAX}: give new ones first"
    totals: dict[AccountId, int] = {}
    for position in state.positions.open_in(terms.instrument):
        paid = abs(position.quantity) * action.amount
        if paid * FINE_UNIT % units:
            return "it does not come out in fine parts of money: give it with fewer decimals"
        total = totals[position.account] = totals.get(position.account, 0) + paid // units + 1
        account = _account(state, position.account)
        amount = Money(total)
        problem = state.positions.cash_problem(account, terms.currency, amount, position)
        if problem:
            return problem
    return ""


# --- what hangs on an instrument ------------------------------------------------------------------


def _book_action(
    state: State,
    instrument: InstrumentId,
    text: str,
    reference: str,
    outputs: list[Output],
) -> None:
    state.corrections.use_reference(instrument, reference, state.sequence)
    outputs.append(InstrumentAdjusted(instrument, text, reference))


def _pay(
    state: State,
    position: Position,
    terms: Instrument,
    action: CashDividend,
    time: Nanos,
    outputs: list[Output],
) -> None:
    """Book the dividend of one position: a short pays it."""
    units = units_of(terms)
    paid = position.quantity * action.amount
    whole, rest = divmod(paid, units)
    strategy = position.strategy
    account = _account(state, position.account)
    outputs.append(
        CashBooked(
            account.account,
            terms.currency,
            _DIVIDEND,
            Money(divide_half_even(paid, units)),
            action.reference,
            strategy,
            terms.instrument,
        )
    )
    outputs.extend(
        state.positions.book_cash(
            account,
            terms.currency,
            _DIVIDEND,
            Money(whole),
            strategy,
            terms,
            rest * FINE_UNIT // units,
        )
    )
    state.reconciliation.cash_moved(account.account, terms.currency, time)


def _close_executions(state: State, instrument: InstrumentId) -> None:
    """Let no execution be taken back that was booked in the old units."""
    for execution in state.executions.all():
        if execution.instrument == instrument:
            execution.closed = True
            execution.move = None  # in old units: nothing can be taken out of the position


def _split_limits(
    state: State, instrument: InstrumentId, ratio: Ratio, outputs: list[Output]
) -> None:
    """Let the limits allow what they allowed, rounded down."""
    own = state.gate.limits(instrument)
    if own is None:
        return
    order_max = Quantity(min(ratio.down(own.order_quantity_max), MONEY_MAX))
    position_max = Quantity(min(ratio.down(own.position_quantity_max), MONEY_MAX))
    state.gate.set_limits(
        msgspec.structs.replace(
            own, order_quantity_max=order_max, position_quantity_max=position_max
        )
    )
    outputs.append(LimitsAdjusted(instrument, order_max, position_max))


def _report(book: Book, reason: str, outputs: list[Output]) -> None:
    if book.reason != reason:
        outputs.append(BookStale(book.instrument, book.reason))


def _revalue(
    state: State, holders: list[Account], before: list[Fine | None], parts: int, exactly: bool
) -> None:
    """Look at what everybody is worth now, and stop if the action made or lost anything.

    A position is valued to the fine part, so each may be off by one of `parts`.
    """
    for account, worth in zip(holders, before, strict=True):
        performance.moved(state, account)
        after = equity_fine(state, account)
        if exactly and worth is not None and after is not None:
            assert abs(after - worth) <= parts, "a corporate action moves no equity"


def _holders(state: State, instrument: InstrumentId) -> list[Account]:
    """Return the accounts that hold an instrument or owe it, each once."""
    found: dict[AccountId, Account] = {}
    for position in state.positions.open_in(instrument):
        found[position.account] = _account(state, position.account)
    return list(found.values())


def _live_orders(state: State, instrument: InstrumentId) -> list[Order]:
    held = [order for order in state.orders.held() if order.instrument == instrument]
    return state.orders.working_in(instrument) + held


def _account(state: State, account: AccountId) -> Account:
    found = state.positions.account(account)
    assert found is not None, "a position belongs to an account that is known"
    return found


def _book(state: State, instrument: InstrumentId) -> Book:
    found = state.books.get(instrument)
    assert found is not None, "every instrument has a book"
    return found


def _short(amount: Money, decimals: int) -> str:
    """Return an amount without the zeros that say nothing."""
    text = decimal_text(amount, decimals)
    return text.rstrip("0").rstrip(".") if "." in text else text
