"""A machine whose losses are easy to tell, and short names for limits, breakers and conditions.

The account has 10,000.00. `lose(100)` buys 100 at 100 where 99 is bid: a loss of 1.00 at the mark,
and of one cent more for each further lot.
"""

from typing import Any, Final

import msgspec

from fairlead.machine.machine import Machine
from fairlead.model.inputs import (
    BreakerCommand,
    BreakerDefinition,
    DynamicLimitDefinition,
    Input,
    RiskLimitChange,
    TradingDayBegan,
)
from fairlead.model.outputs import BreakerChanged, OrderRefused, Output, ReplaceOrder, SendOrder
from fairlead.model.risk import FIRM, Breaker, DynamicLimit, Limit, Scope
from fairlead.model.risk_terms import BreakerState, LimitKind, ScopeKind
from fairlead.model.units import BasisPoints, Millionths, Money, Nanos, Quantity, Sequence
from tests.machine.build import BUY, SECOND, Rig, accepted, filled, limits, quote, rate, submit

MAIN: Final = Scope(ScopeKind.ACCOUNT, "account 1")
STRATEGY: Final = Scope(ScopeKind.STRATEGY, "strategy 1")
VENUE_SCOPE: Final = Scope(ScopeKind.VENUE, "VENUE")
INSTRUMENT: Final = Scope(ScopeKind.INSTRUMENT, "ABCUSD")
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE


def limit(
    kind: LimitKind,
    hard: str,
    scope: Scope = FIRM,
    warning: str | None = None,
    window: int = 0,
) -> RiskLimitChange:
    """Return a limit of a scope, in whole units."""
    least = None if warning is None else millionths(warning)
    return RiskLimitChange(
        scope, (Limit(kind, millionths(hard), least, Nanos(window)),), "ann", "as agreed"
    )


def millionths(text: str) -> Millionths:
    """Return a decimal text as millionths, exactly."""
    whole, _, rest = text.partition(".")
    return Millionths(int(whole + (rest + "000000")[:6]))


def breaker(condition: str, name: str = "test", **terms: Any) -> BreakerDefinition:
    """Return the definition of a breaker of the firm that halts, or what `terms` make of it."""
    made = msgspec.structs.replace(Breaker(name, FIRM, condition), **terms)
    return BreakerDefinition(made, "ann", "as agreed")


def dynamic(
    condition: str,
    kind: LimitKind,
    hard: str,
    scope: Scope = FIRM,
    recovered: str = "",
    name: str = "test",
) -> DynamicLimitDefinition:
    """Return the definition of a limit that holds while a condition does."""
    made = DynamicLimit(name, scope, condition, (Limit(kind, millionths(hard)),), recovered)
    return DynamicLimitDefinition(made, "ann", "as agreed")


def order(state: BreakerState, scope: Scope = FIRM, reason: str = "seen to") -> BreakerCommand:
    """Return the command of a person to put a scope into a state."""
    return BreakerCommand(scope, state, "ann", reason)


RELEASE: Final = order(BreakerState.ACTIVE)


def a_rig(*inputs: Input) -> "Kept":
    """Return a machine whose own instrument limits are out of the way."""
    wide = {
        "order_quantity_max": Quantity(900),
        "order_notional_max": Money(10**9),
        "position_quantity_max": Quantity(10**6),
        "reference_age_max": Nanos(10**17),
        "collar": BasisPoints(9_000),
    }
    return Kept(limits(1, **wide), limits(2, **wide), rate(1_000, 1_000), *inputs)


def lose(quantity: int, number: int = 1, **terms: Any) -> tuple[Input, ...]:
    """Return the inputs by which so many cents are lost at the mark."""
    return (
        submit(number, BUY, quantity, 100, **terms),
        accepted(number),
        filled(number, quantity, f"E{number}"),
    )


def passes(rig: Rig, *inputs: Input) -> bool:
    """Return whether the last input let an order out."""
    [*first, last] = inputs
    rig.give(*first)
    return any(isinstance(output, SendOrder | ReplaceOrder) for output in rig.give(last))


def refusals(outputs: list[Output]) -> list[tuple[str, int | None, int | None, str]]:
    """Return the failed checks of the refusals among outputs."""
    return [
        (failed.check, failed.measured, failed.limit, failed.scope)
        for output in outputs
        if isinstance(output, OrderRefused)
        for failed in output.failed
    ]


def changes(outputs: list[Output]) -> list[tuple[str, str, BreakerState]]:
    """Return which breaker has put which scope into which state."""
    return [
        (output.breaker, str(output.scope), output.after)
        for output in outputs
        if isinstance(output, BreakerChanged)
    ]


def day(session_date: int) -> TradingDayBegan:
    """Return the beginning of the firm's day."""
    return TradingDayBegan(session_date, "")


def at_bid(price: int) -> Input:
    """Return a touch at which longs are worth so much."""
    return quote(price, price + 2)


class Kept(Rig):
    """A rig that remembers what it was given, so that a second machine can be given the same."""

    def __init__(self, *inputs: Input) -> None:
        """Apply the usual set-up, then `inputs`."""
        self.given: list[tuple[Nanos, Input]] = []
        super().__init__(*inputs)

    def give(self, *inputs: Input) -> list[Output]:
        """Apply inputs at the present time; return the outputs of all of them."""
        self.given += [(self.time, each) for each in inputs]
        self.last = super().give(*inputs)
        return self.last

    def restart(self) -> None:
        """Go on with a machine that has only replayed what this one was given."""
        before = self.machine.digest()
        self.machine = Machine()
        for number, (time, each) in enumerate(self.given, start=1):
            self.machine.apply(Sequence(number), time, each)
        assert self.machine.digest() == before
