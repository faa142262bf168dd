"""When statements are asked for, and which instruments they have confirmed.

An instrument is closed to new orders from the (re)connection of its venue until a statement has
confirmed what we have there; others trade on. Statements are asked for at each connection, on a
schedule, when a trading day ends, when the venue counts more than we do, when one can tell that an
order never got there, and by a person.
"""

from fairlead.machine.deadlines import Due
from fairlead.machine.orders import Order
from fairlead.machine.state import State
from fairlead.model.outputs import (
    InstrumentConfirmed,
    InstrumentUnconfirmed,
    Output,
    RequestStatement,
)
from fairlead.model.units import AccountId, InstrumentId, Nanos


def connected(state: State, venue: str, time: Nanos, outputs: list[Output]) -> None:
    """Take note that a session stands: what we have at the venue is to be confirmed."""
    reconciliation = state.reconciliation
    reconciliation.connected[venue] = time
    reconciliation.compared[venue] = {}
    _forget_questions(state, venue)
    _schedule(state, time)
    if not reconciliation.policy.required:
        return
    for terms in state.instruments.values():
        if terms.venue == venue:
            if terms.instrument not in reconciliation.unconfirmed:
                reason = f"{venue} connected, and no statement has confirmed it yet"
                outputs.append(InstrumentUnconfirmed(terms.instrument, reason))
            reconciliation.unconfirmed[terms.instrument] = False
    for account in state.positions.accounts():
        ask(state, account.account, venue, "connected", outputs)


def disconnected(state: State, venue: str, time: Nanos, outputs: list[Output]) -> None:
    """Take note that a session broke: it is asked nothing until it stands again."""
    state.reconciliation.connected.pop(venue, None)
    _forget_questions(state, venue)
    if not state.reconciliation.connected:
        _unschedule(state)


def node_started(state: State) -> None:
    """Take note of a start: no session has survived it."""
    reconciliation = state.reconciliation
    reconciliation.connected.clear()
    reconciliation.asked.clear()
    _unschedule(state)


def statement_due(state: State, time: Nanos, outputs: list[Output]) -> None:
    """Ask for the scheduled statements, and set the time of the next ones."""
    state.reconciliation.next_statement = Nanos(0)
    ask_all(state, "scheduled", outputs)
    _schedule(state, time)


def reschedule(state: State, time: Nanos) -> None:
    """Follow a new policy from now on."""
    _unschedule(state)
    _schedule(state, time)


def ask_statement(state: State, order: Order, reason: str, outputs: list[Output]) -> None:
    """Ask for a statement about an order's account, unless one was asked for and has not come."""
    account = state.strategies[order.strategy].account
    venue = state.instruments[order.instrument].venue
    if (account, venue) not in state.reconciliation.asked:
        ask(state, account, venue, reason, outputs)


def ask_by(state: State, time: Nanos) -> None:
    """Bring the next scheduled statements forward to a time, where statements are asked for."""
    reconciliation = state.reconciliation
    known = reconciliation.next_statement
    if reconciliation.policy.required and reconciliation.connected and not 0 < known <= time:
        reconciliation.next_statement = time
        state.deadlines.bring_forward(Due.STATEMENT, time)


def ask_all(state: State, reason: str, outputs: list[Output]) -> None:
    """Ask every venue that is connected for a statement of every account."""
    for venue in state.reconciliation.connected:
        for account in state.positions.accounts():
            ask(state, account.account, venue, reason, outputs)


def ask(state: State, account: AccountId, venue: str, reason: str, outputs: list[Output]) -> None:
    """Ask a venue for a statement; of executions since both sides last agreed."""
    reconciliation = state.reconciliation
    reconciliation.asked[account, venue] = True
    since = reconciliation.coverage.agreed(account, venue)
    outputs.append(RequestStatement(account, venue, since, reason))


def compared(state: State, account: AccountId, venue: str, outputs: list[Output]) -> None:
    """Confirm the instruments of a venue that the statements since its connection have covered.

    An account has to be covered if it ever traded at the venue, or holds or works something in the
    instrument. One with an open break is confirmed when that is over.
    """
    reconciliation = state.reconciliation
    done = reconciliation.compared.setdefault(venue, {})
    done[account] = True
    missing = [one.account for one in state.positions.accounts() if one.account not in done]
    waiting = [number for number, ready in reconciliation.unconfirmed.items() if not ready]
    for number in waiting:
        if state.instruments[number].venue != venue:
            continue
        if any(_concerned(state, one, number, venue) for one in missing):
            continue
        if reconciliation.open_in(number):
            reconciliation.unconfirmed[number] = True
        else:
            confirm_instrument(state, number, outputs)


def confirm_instrument(state: State, instrument: InstrumentId, outputs: list[Output]) -> None:
    """Let new orders into an instrument that a statement has covered, if no break is left."""
    if state.reconciliation.open_in(instrument) == 0:
        del state.reconciliation.unconfirmed[instrument]
        outputs.append(InstrumentConfirmed(instrument))


def _concerned(state: State, account: AccountId, instrument: InstrumentId, venue: str) -> bool:
    if state.reconciliation.coverage.trades_at(account, venue):
        return True
    if state.positions.account_net(account, instrument):
        return True
    return any(
        state.strategies[order.strategy].account == account
        for order in state.orders.working_in(instrument)
    )


def _forget_questions(state: State, venue: str) -> None:
    asked = state.reconciliation.asked
    for place in [place for place in asked if place[1] == venue]:
        del asked[place]


def _schedule(state: State, time: Nanos) -> None:
    reconciliation = state.reconciliation
    interval = reconciliation.policy.interval
    if interval and reconciliation.connected and not reconciliation.next_statement:
        reconciliation.next_statement = Nanos(time + interval)
        state.deadlines.set_own(Due.STATEMENT, reconciliation.next_statement)


def _unschedule(state: State) -> None:
    state.reconciliation.next_statement = Nanos(0)
    state.deadlines.cancel_own(Due.STATEMENT)
