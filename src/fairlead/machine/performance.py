"""The track records, kept up with every mark and every movement of money.

What is asked of every market data is bounded: nothing where nobody holds the instrument, else the
positions in it. Each position keeps what it had gained at its last mark, each ledger the sum of
them and how many have none, so nothing else is added up again. Where the policy gives marks an age,
an account is valued anew as a whole whenever one of its marks may have become too old.
"""

from typing import Final, NamedTuple

from fairlead.machine import scopes, valuation
from fairlead.machine.accounts import Account
from fairlead.machine.dates import day_number
from fairlead.machine.deadlines import Due
from fairlead.machine.holdings import Position
from fairlead.machine.state import State
from fairlead.machine.track_record import TrackRecord
from fairlead.model.outputs import DayStarted, Output
from fairlead.model.units import (
    MONEY_MAX,
    NANOS_PER_MILLISECOND,
    BasisPoints,
    Fine,
    InstrumentId,
    Money,
    Nanos,
    fine,
    rounded,
)

RISK_INTERVAL: Final = Nanos(100 * NANOS_PER_MILLISECOND)  # while nothing but the market moves

_RISK: Final = Due.RISK
_NO_ACCOUNT: Final = "a position belongs to an account that is known"


class Figures(NamedTuple):
    """How an account has done, flows excluded. None where a mark or a rate is missing now."""

    session_date: int  # 0: no day has begun
    daily_profit: Money | None
    high_water: Money  # initial cash and the highest profit since the beginning
    drawdown: Money | None  # below that
    drawdown_share: BasisPoints | None  # of the equity at the high
    drawdown_max: Money


def marked(state: State, instrument: InstrumentId) -> None:
    """Value the positions in an instrument anew: its touch, last price or mark has moved."""
    state.gate.exposure.moved(instrument)
    if state.risk_watched:
        ask_soon(state)
    positions = state.positions.open_in(instrument)
    if not positions:
        return
    for position in positions:
        _mark(state, position)
    recorded = 0
    for position in positions:  # when all of them are marked: one hedges another
        if position.account != recorded:
            recorded = position.account
            account = state.positions.account(position.account)
            assert account is not None, _NO_ACCOUNT
            _record(state, account)


def moved(state: State, account: Account) -> None:
    """Take in that money or positions of an account have moved."""
    scopes.follow(state)
    for position in state.positions.take_moved():
        _mark(state, position)
    _record(state, account)
    state.risk_pending = state.risk_watched


def follow(state: State) -> None:
    """Keep up the results of every scope from now on: something asks for them."""
    state.gate.losses.following = True
    state.gate.losses.behind = False
    _tell_all(state)


def ask_soon(state: State) -> None:
    """Have the conditions of risk asked: soon, however often the market moves."""
    if not state.risk_moved:
        state.risk_moved = True
        state.deadlines.bring_forward(_RISK, Nanos(state.time + RISK_INTERVAL))


def revalue(state: State) -> None:
    """Value everything anew: what a mark is has changed, or a day begins."""
    scopes.follow(state)
    state.positions.take_moved()
    for account in state.positions.accounts():
        _mark_all(state, account)
        _record(state, account)


def day_began(state: State, session_date: int, outputs: list[Output]) -> None:
    """Begin the day that profit is counted in; an account without a mark, at the next one."""
    before = state.performance.session_date
    state.performance.session_date = session_date
    scopes.follow(state)
    state.positions.take_moved()
    for account in state.positions.accounts():
        _mark_all(state, account)
        known = _record(state, account)
        state.performance.kept(account).begin_day(known)
        outputs.append(DayStarted(account.account, session_date, valuation.equity(state, account)))
    _tell_all(state)
    week = _week(session_date) != _week(before)
    state.gate.losses.begin_day(before, session_date, week)
    state.risk_pending = state.risk_watched


def figures(state: State, account: Account) -> Figures:
    """Return how an account has done until now."""
    record = state.performance.of(account)
    parts = valuation.breakdown(state, account)
    high = record.high.fine
    drawdown_max = rounded(record.drawdown_max)
    if parts.equity is None:
        high_water = rounded(Fine(parts.initial + high))
        return Figures(state.performance.session_date, None, high_water, None, None, drawdown_max)
    profit = Fine(parts.equity - parts.initial - parts.flows)
    daily = record.daily_profit(profit)
    high_water = rounded(Fine(parts.initial + max(high, profit)))
    return Figures(
        state.performance.session_date,
        None if daily is None else rounded(daily),
        high_water,
        rounded(record.drawdown(profit)),
        record.drawdown_share(profit),
        drawdown_max,
    )


def refresh(state: State, account: Account) -> None:
    """Value an account anew if a mark may have become too old since it was last valued."""
    if state.marks.age_max and state.time > state.performance.kept(account).fresh_until:
        _record(state, account)


def daily_profit(state: State, account: Account) -> Money | None:
    """Return what an account has made since its day began; None where that is not known."""
    daily = figures(state, account).daily_profit
    return daily if daily is not None and abs(daily) <= MONEY_MAX else None


def _mark(state: State, position: Position) -> None:
    book = state.books.get(position.instrument)
    assert book is not None, "a position is in an instrument that is known"
    marks = state.marks
    if marks.problem(position, book, state.time):
        position.unmark()
        if state.gate.losses.following:
            state.gate.losses.tell(position)
        return
    whole, rest = marks.gained(position, book)
    position.mark(whole, rest)
    if state.gate.losses.following:
        state.gate.losses.tell(position)
    if marks.age_max and position.quantity:
        account = state.positions.account(position.account)
        assert account is not None, _NO_ACCOUNT
        record = state.performance.kept(account)
        until = Nanos(marks.seen(position, book) + marks.age_max)
        record.fresh_until = min(record.fresh_until, until)


def _mark_all(state: State, account: Account) -> None:
    """Mark every open position of an account; from now on marks can become too old again."""
    state.performance.kept(account).fresh_until = Nanos(state.time + state.marks.age_max)
    for instrument in state.instruments:
        for position in state.positions.open_in(instrument):
            if position.account == account.account:
                _mark(state, position)


def _week(session_date: int) -> int:
    """Return the number of the week, from Monday to Sunday, that a date is in."""
    return (day_number(session_date) + 3) // 7 if session_date else 0


def _tell_all(state: State) -> None:
    """Bring the results of every scope up to date."""
    losses = state.gate.losses
    for position in state.positions.all():
        losses.tell(position)
    for account in state.positions.accounts():
        losses.account_moved(account.account, _record(state, account), state.time, everyone=True)


def _record(state: State, account: Account) -> bool:
    """Take a point of the track record; return False if what the account is worth is not known."""
    known = _take_point(state, account)
    losses = state.gate.losses
    if losses.following:
        losses.account_moved(account.account, known, state.time)
        if losses.urgent:
            state.risk_pending = True
    return known


def _take_point(state: State, account: Account) -> bool:
    record = state.performance.kept(account)
    if state.marks.age_max and state.time > record.fresh_until:
        _mark_all(state, account)
    base = account.base
    if base.unmarked:
        return False
    if account.others:
        return _record_all(record, account)
    capital = Money(base.initial + base.flows)
    if capital != record.capital_whole:
        record.recapitalise(fine(capital), capital)
    gain = base.unrealised
    whole = base.realised.whole + gain.whole - base.fees + base.converted
    record.add(whole, base.realised.rest + gain.rest)
    return True


def _record_all(record: TrackRecord, account: Account) -> bool:
    """Take a point over several currencies."""
    capital = profit = 0
    for ledger in account.ledgers():
        worth = None if ledger.unmarked else ledger.worth(ledger.unrealised.fine)
        if worth is None:
            return False
        translation = ledger.translation
        if translation is None:
            put_in = fine(Money(ledger.initial + ledger.flows))
        else:
            put_in = Fine(translation.initial + translation.flows)
        capital += put_in
        profit += worth - put_in
    if capital != record.capital:
        record.recapitalise(Fine(capital), rounded(Fine(capital)))
    record.add(0, profit)
    return True
