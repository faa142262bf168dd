"""Exposure in several currencies and accounts: converted, or not known; never added up as it is."""

from typing import Any, Final

import msgspec

from fairlead.model.inputs import (
    CurrencyDefinition,
    ExchangeRate,
    Input,
    InstrumentDefinition,
)
from fairlead.model.instruments import Instrument
from fairlead.model.risk import FIRM, Scope
from fairlead.model.risk_terms import LimitKind, ScopeKind
from fairlead.model.terms import InstrumentKind
from fairlead.model.units import RATE_UNIT, AccountId, InstrumentId, Money, Quantity, Rate
from tests.machine.build import (
    BUY,
    NO_TIME,
    PERPETUAL,
    SELL,
    SPOT,
    Rig,
    accepted,
    account,
    limits,
    quote,
    replace,
    strategy,
    submit,
)
from tests.machine.risk.test_usage import MAIN, a_rig, limit, passes

EURO: Final[Instrument] = msgspec.structs.replace(
    PERPETUAL, instrument=InstrumentId(3), symbol="EU", currency="EUR"
)
WIDE: Final[dict[str, Any]] = {
    "order_quantity_max": Quantity(900),
    "order_notional_max": Money(10**9),
    "position_quantity_max": Quantity(10**6),
}


def euro_rate(rate: int) -> ExchangeRate:
    """Return that a euro is worth so many dollars."""
    return ExchangeRate("EUR", "USD", Rate(rate * RATE_UNIT), NO_TIME)


def euro_rig(*inputs: Input) -> Rig:
    """Return a machine whose account holds euros too, without an exchange rate."""
    rig = a_rig(InstrumentDefinition(EURO), limits(3, **WIDE), *inputs)
    rig.give(CurrencyDefinition(AccountId(1), "EUR"), quote(99, 101, instrument=3))
    return rig


def test_what_is_in_another_currency_is_worth_what_its_rate_says() -> None:
    """Control 4: quantity times price times multiplier times rate."""
    kinds = (LimitKind.GROSS, LimitKind.CAPITAL, LimitKind.POSITION_VALUE, LimitKind.VALUE_DAY)
    for kind in (*kinds, LimitKind.ORDER_NOTIONAL):
        rig = euro_rig(limit(kind, 30))
        rig.give(euro_rate(2))
        assert passes(rig, submit(1, BUY, 15, 100, instrument=3)), kind.name
        rig = euro_rig(limit(kind, 30))
        rig.give(euro_rate(2))
        assert rig.refused(submit(1, BUY, 16, 100, instrument=3)), kind.name


def test_without_a_rate_nothing_that_increases_passes() -> None:
    """Invariant 11: what has no rate is not one to one."""
    for kind in (LimitKind.GROSS_SHARE, LimitKind.CAPITAL, LimitKind.ORDER_NOTIONAL):
        rig = euro_rig(limit(kind, 1_000))
        [(measured, _)] = rig.refused(submit(1, BUY, 1, 100, instrument=3)).values()
        assert measured is None, kind.name
        rig.give(euro_rate(2))
        assert passes(rig, submit(2, BUY, 1, 100, instrument=3)), kind.name


def test_a_rate_that_moves_moves_what_is_used() -> None:
    rig = euro_rig(limit(LimitKind.GROSS, 60))
    rig.give(euro_rate(2), submit(1, BUY, 15, 100, instrument=3))
    assert passes(rig, submit(2, BUY, 30, 100))
    rig.give(euro_rate(3))
    assert rig.refused(submit(3, BUY, 1, 100)) == {"gross": (7_600, 6_000)}


def two_accounts(**terms: Any) -> Rig:
    """Return a machine with a second account and a strategy of it."""
    return a_rig(limit(LimitKind.GROSS, 30, scope=FIRM), account(2, **terms), strategy(3, 2))


def test_positions_of_two_accounts_are_two_positions() -> None:
    """Controls 9 and 17: what one account is long and another short does not net."""
    rig = two_accounts()
    assert passes(rig, submit(1, BUY, 15, 100))
    other = msgspec.structs.replace(submit(2, SELL, 16, 100), strategy=strategy(3).strategy)
    assert rig.refused(other) == {"gross": (3_100, 3_000)}


def test_accounts_in_different_money_are_not_added_up() -> None:
    """What several accounts come to together is then not known, and fails closed."""
    for terms in ({"currency": "EUR"}, {"money_decimals": 4}):
        rig = two_accounts(**terms)
        assert rig.refused(submit(1, BUY, 1, 100)) == {"gross": (None, 3_000)}


def test_cash_is_held_back_at_the_limit_price_of_what_buys() -> None:
    """Control 18: paid at its limit, not at the mid of now."""
    rig = a_rig(limit(LimitKind.CASH, 0), InstrumentDefinition(paid(4)), limits(4, **WIDE))
    rig.give(quote(99, 101, instrument=4))
    assert passes(rig, submit(1, BUY, 900, 105, instrument=4))  # of 10,000.00: 945.00
    for number in range(2, 11):
        rig.give(submit(number, BUY, 900, 105, instrument=4))
    assert "cash_left" in rig.refused(submit(11, BUY, 900, 105, instrument=4))


def paid(number: int) -> Instrument:
    """Return an instrument that is paid in full, at cents."""
    terms = {"instrument": InstrumentId(number), "symbol": f"PAID{number}"}
    return msgspec.structs.replace(SPOT, **terms, price_decimals=2, kind=InstrumentKind.SPOT)


def test_capital_counts_what_buys_at_its_limit_price() -> None:
    """Control 17: open buy notional."""
    rig = a_rig(limit(LimitKind.CAPITAL, 1_000, scope=Scope(ScopeKind.ACCOUNT, MAIN.name)))
    assert passes(rig, submit(1, BUY, 500, 105))
    refused = rig.refused(submit(2, BUY, 500, 105))
    assert refused == {"capital": (105_000, 100_000)}


def test_a_replace_counts_what_it_adds_to_the_day() -> None:
    """Control 7: equality passes, and nothing is counted twice."""
    rig = a_rig(limit(LimitKind.VALUE_DAY, 10), limit(LimitKind.QUANTITY_DAY, 10))
    rig.give(submit(1, BUY, 5, 100), accepted(1))
    assert passes(rig, replace(1, 10))
    assert "value_day" in rig.refused(submit(2, BUY, 1, 100))
