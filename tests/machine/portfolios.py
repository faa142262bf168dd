"""Desks with return histories, and short names for what tests ask them about risk."""

import math
import random
from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

from fairlead.machine import portfolio
from fairlead.machine.portfolio import Terms
from fairlead.model.inputs import Input, ReturnHistory
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import Output, PortfolioRiskMeasured
from fairlead.model.risk import Limit, Scope
from fairlead.model.risk_terms import LimitKind, ScopeKind
from fairlead.model.units import RATE_UNIT, AccountId, InstrumentId, Millionths, Rate
from tests.machine.desk import Desk, day, quote
from tests.machine.oracle import BUY, PERPETUAL, SPOT, Fill

FIRST: Final = date(2024, 1, 1)
USUAL: Final = Terms()
TODAY: Final = 20240408  # 98 days later, so that a hundred dates end there or a day after


def dates(count: int, first: date = FIRST) -> tuple[int, ...]:
    """Return so many days, one after the other."""
    days = [first + timedelta(each) for each in range(count)]
    return tuple(each.year * 10_000 + each.month * 100 + each.day for each in days)


def until(last: date, count: int) -> tuple[int, ...]:
    """Return so many days, the last of which is given."""
    return dates(count, last - timedelta(count - 1))


def changes(seed: int, count: int = 98) -> list[int]:
    """Return returns of some percent, in units of 10**-8."""
    chance = random.Random(seed)
    return [chance.randrange(-5_000_000, 5_000_000) for _ in range(count)]


def history(
    returns: Sequence[int], instrument: Instrument | None = PERPETUAL, on: Sequence[int] = ()
) -> ReturnHistory:
    """Return a history of an instrument, or of the benchmark INDEX."""
    return ReturnHistory(
        tuple(on) or dates(len(returns)),
        tuple(map(Rate, returns)),
        instrument.instrument if instrument else InstrumentId(0),
        "" if instrument else "INDEX",
    )


def a_desk(*inputs: Input) -> Desk:
    """Return a desk on the trading day, with markets at 99 to 101 in the first two instruments."""
    return Desk(quote(99, 101), quote(99, 101, SPOT), day(TODAY), *inputs)


def long(desk: Desk, quantity: int = 8, instrument: Instrument = PERPETUAL) -> None:
    """Buy at 100."""
    desk.fill(Fill(BUY, quantity, 100, instrument=instrument))


def measured(outputs: list[Output]) -> list[PortfolioRiskMeasured]:
    """Return what was measured."""
    return [each for each in outputs if isinstance(each, PortfolioRiskMeasured)]


def asked(desk: Desk, terms: Terms = USUAL) -> PortfolioRiskMeasured:
    """Return what the account risks now."""
    state, account = desk.state, desk.account()
    sample = portfolio.sampled(state, account, state.histories, portfolio.today(state))
    return portfolio.measure(state, account, sample, terms, state.histories)


def limited(desk: Desk, share: int) -> None:
    """Limit the value at risk of the account to a share of its equity, in millionths."""
    tree = desk.state.gate.tree
    node = tree.node(Scope(ScopeKind.ACCOUNT, desk.account().name), 1)
    limit = Limit(LimitKind.VALUE_AT_RISK_SHARE, Millionths(share))
    tree.set(node, [limit], [])


def order_statistic(profits: Sequence[Fraction]) -> int:
    """Return the value at risk at 0.95 in money."""
    return round(-sorted(profits)[math.ceil(Fraction(len(profits), 20)) - 1])


def held_against(desk: Desk) -> tuple[int | None, int | None]:
    """Return what limits on value at risk and shortfall are held against, as shares of equity."""
    found = desk.state.gate.exposure.tail_risk(AccountId(1))
    return found[0], found[1]


def risking(loss: int) -> Desk:
    """Return a desk of 1,000,000 that risks `loss` in money, exactly."""
    desk = Desk(quote(100, 101), day(TODAY))
    desk.fill(Fill(BUY, 1_000, 100))
    desk.give(history([*[0] * 78, *[-loss * RATE_UNIT // 100_000] * 20]))
    assert asked(desk).value_at_risk == loss
    return desk


def unknown(found: PortfolioRiskMeasured) -> bool:
    """Whether no figure about losses is there."""
    figures = (
        *(found.value_at_risk, found.expected_shortfall, found.utilisation),
        *(found.normal_value_at_risk, found.normal_shortfall),
    )
    return all(each is None for each in figures)
