"""What positions and accounts are worth now: exact integers, or None where nobody quotes.

A long position is worth what the bid pays, a short one what the ask costs. A missing or stale mark
is never taken for zero, nor for an old price. `equity = initial + realised + unrealised - fees`.
"""

from fairlead.machine.positions import Account, Position
from fairlead.machine.state import State
from fairlead.model.units import Money


def unrealised(state: State, position: Position) -> Money | None:
    """Return what closing at the touch would earn over the cost, before fees."""
    unit = state.instruments[position.instrument].money_unit
    value = position.value(state.books.get(position.instrument), unit)
    return None if value is None else Money(value - position.open_cost)


def account_unrealised(state: State, account: Account) -> Money | None:
    """Return the unrealised profit of all positions of an account."""
    total = 0
    for position in state.positions.all():
        if state.strategies[position.strategy].account == account.account:
            gain = unrealised(state, position)
            if gain is None:
                return None
            total += gain
    return Money(total)


def equity(state: State, account: Account) -> Money | None:
    """Return what an account is worth if everything is closed at the touch, fees of that aside."""
    gain = account_unrealised(state, account)
    if gain is None:
        return None
    return Money(account.initial + account.realised + gain - account.fees)
