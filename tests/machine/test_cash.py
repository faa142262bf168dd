"""Cash without a fill, currencies, rates, marks: booked once, or refused and nothing changed."""

from typing import Any

import msgspec
import pytest

from fairlead.machine.valuation import equity, unrealised
from fairlead.model.inputs import (
    CurrencyDefinition,
    ExchangeRate,
    Input,
    InstrumentDefinition,
    MarkPolicyChange,
    MarkPrice,
    ReverseCommand,
)
from fairlead.model.outputs import (
    AccountChanged,
    CashBooked,
    CashExchanged,
    CorrectionReversed,
    InputRefused,
    PositionChanged,
)
from fairlead.model.terms import CashKind, MarkPolicy
from fairlead.model.units import (
    INCREMENTS_MAX,
    MONEY_MAX,
    RATE_UNIT,
    AccountId,
    InstrumentId,
    Money,
    Nanos,
    Price,
    Rate,
    StrategyId,
)
from tests.machine.desk import (
    NO_TIME,
    ONE,
    TWO,
    Desk,
    converted,
    day,
    euro,
    mark_policy,
    mark_price,
    moved,
    quote,
)
from tests.machine.oracle import BUY, CASH, INVERSE, PERPETUAL, SPOT, Fill

DEPOSIT = moved(CashKind.DEPOSIT, 500, "A")
FUNDING = msgspec.structs.replace(
    moved(CashKind.FUNDING, -30, "F"), strategy=StrategyId(1), instrument=PERPETUAL.instrument
)
EUROS = CurrencyDefinition(ONE, "EUR", Money(2_000))
EXCHANGE = converted(1_100, 1_000, "X")
ABSURD = f"it takes money beyond {MONEY_MAX} units"


def but(record: Any, **changes: Any) -> Any:
    """Return a record with some fields changed."""
    return msgspec.structs.replace(record, **changes)


def refused(desk: Desk, given: Input) -> str:
    """Return why an input was refused, which has changed nothing."""
    before = [part.content() for part in (desk.state.positions, desk.state.performance)]
    [refusal] = desk.give(given)
    assert isinstance(refusal, InputRefused)
    assert refusal.kind == type(given).__name__
    assert [part.content() for part in (desk.state.positions, desk.state.performance)] == before
    return refusal.reason


# --- cash -----------------------------------------------------------------------------------------


def test_cash_that_came_is_booked_and_told() -> None:
    """B-POS-08: what moved, and how its currency stands now."""
    desk = Desk()
    assert desk.give(DEPOSIT) == [
        CashBooked(ONE, "USD", CashKind.DEPOSIT, Money(500), "A", StrategyId(0), InstrumentId(0)),
        AccountChanged(ONE, Money(CASH + 500), Money(0), Money(0), "", Money(500), Money(0)),
    ]
    assert equity(desk.state, desk.account()) == CASH + 500


def test_funding_is_of_the_position_that_it_names() -> None:
    """B-POS-08: the position earns or pays, and the account with it."""
    desk = Desk(quote(100, 101))
    desk.fill(Fill(BUY, 5, 100))
    booked = desk.give(FUNDING)
    assert [type(output) for output in booked] == [CashBooked, PositionChanged, AccountChanged]
    assert desk.position().realised == desk.account().realised == -30
    assert equity(desk.state, desk.account()) == CASH - 30


def test_a_position_that_is_flat_may_pay_still() -> None:
    """B-POS-08: funding of yesterday comes today."""
    desk = Desk()
    desk.give(FUNDING)
    assert (desk.position().quantity, desk.position().realised) == (0, -30)


def test_what_is_held_for_no_strategy_has_its_own_cash() -> None:
    """B-POS-08: strategy 0 with an instrument is the account's own holding."""
    desk = Desk()
    desk.give(but(FUNDING, strategy=StrategyId(0)))
    nobodys = desk.state.positions.get(StrategyId(0), PERPETUAL.instrument, ONE)
    assert nobodys.realised == -30
    assert desk.position().realised == 0


def test_a_reference_is_booked_once_in_each_account() -> None:
    """Issue 3: what is sent twice moves nothing twice; other accounts have their own references."""
    desk = Desk(EUROS, DEPOSIT)
    assert refused(desk, DEPOSIT) == "A was booked before"
    assert refused(desk, but(EXCHANGE, reference="A")) == "A was booked before"
    assert not isinstance(desk.give(but(DEPOSIT, account=TWO))[0], InputRefused)
    desk.give(EXCHANGE)
    assert refused(desk, EXCHANGE) == "X was booked before"
    assert refused(desk, but(DEPOSIT, reference="X")) == "X was booked before"


def test_a_reference_that_was_used_is_part_of_the_state() -> None:
    """Issue 3: it survives a restart; the money alone does not tell."""
    digests = set()
    for reference in ("A", "B"):
        desk = Desk(moved(CashKind.DEPOSIT, 500, reference))
        digests.add(desk.state.digest())
    assert len(digests) == 2


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"account": AccountId(9)}, "unknown account"),
        ({"person": " "}, "it names no person or no reason"),
        ({"reason": ""}, "it names no person or no reason"),
        ({"reference": " "}, "it has no reference"),
        ({"amount": 0}, "it moves nothing"),
        ({"amount": -1, "kind": CashKind.DEPOSIT}, "a deposit of -1 has the wrong sign"),
        ({"amount": 1, "kind": CashKind.WITHDRAWAL}, "a withdrawal of 1 has the wrong sign"),
        ({"currency": "EUR"}, "the account holds no EUR"),
        ({"currency": ""}, "the account holds no such currency"),
        ({"amount": MONEY_MAX - CASH}, ABSURD),
        ({"amount": -MONEY_MAX, "kind": CashKind.WITHDRAWAL}, ABSURD),
        ({"strategy": StrategyId(9)}, "unknown strategy"),
        ({"strategy": StrategyId(3)}, "the strategy trades with another account"),
        ({"strategy": StrategyId(1)}, "it names a strategy, but no instrument"),
        ({"instrument": InstrumentId(9)}, "unknown instrument"),
        (
            {"instrument": PERPETUAL.instrument},
            "deposits and withdrawals are of no instrument",
        ),
        ({"number": 7}, "there is no break 7"),
    ],
)
def test_cash_that_cannot_be_booked_is_refused(changes: dict[str, Any], reason: str) -> None:
    """B-POS-12, issue 3: with the reason, and nothing has changed."""
    assert refused(Desk(), but(DEPOSIT, **changes)) == reason


def test_cash_in_another_currency_than_its_instrument_is_refused() -> None:
    """B-POS-08: a position earns in one currency."""
    reason = "ABCUSD is paid in USD, not in EUR"
    assert refused(Desk(EUROS), but(FUNDING, currency="EUR")) == reason


def test_cash_of_an_instrument_in_other_decimals_than_the_account_is_refused() -> None:
    """B-POS-12: the same number would be another amount."""
    mills = but(PERPETUAL, instrument=InstrumentId(6), symbol="MILLS", money_decimals=3)
    desk = Desk(InstrumentDefinition(mills))
    reason = "MILLS counts money in other decimals than the account"
    assert refused(desk, but(FUNDING, instrument=InstrumentId(6))) == reason


def test_cash_that_a_position_could_not_write_down_is_refused() -> None:
    """B-POS-12: the account may have room where the position has none."""
    most = MONEY_MAX - CASH - 10
    desk = Desk(but(FUNDING, amount=most), moved(CashKind.FUNDING, -most, "B"))
    assert refused(desk, but(FUNDING, amount=CASH + 100, reference="C")) == ABSURD


def test_cash_that_was_moved_can_be_undone() -> None:
    """Issue 3: by a person, with a reason; the reference stays burned."""
    desk = Desk(DEPOSIT)
    outputs = desk.give(ReverseCommand(desk.state.sequence, "ann", "it never came"))
    assert [type(output) for output in outputs] == [CorrectionReversed, CashBooked, AccountChanged]
    assert (desk.account().cash, desk.account().flows) == (CASH, 0)
    assert refused(desk, DEPOSIT) == "A was booked before"


# --- currencies -----------------------------------------------------------------------------------


def test_an_exchange_moves_both_currencies_and_says_so() -> None:
    """B-POS-08: explicit, with both amounts."""
    desk = Desk(EUROS)
    assert desk.give(EXCHANGE) == [
        CashExchanged(ONE, "USD", Money(1_100), "EUR", Money(1_000), "X"),
        AccountChanged(ONE, Money(CASH - 1_100), Money(0), Money(0), "", Money(0), Money(-1_100)),
        AccountChanged(ONE, Money(3_000), Money(0), Money(0), "EUR", Money(0), Money(1_000)),
    ]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"account": AccountId(9)}, "unknown account"),
        ({"person": ""}, "it names no person or no reason"),
        ({"reference": ""}, "it has no reference"),
        ({"paid": 0}, "both amounts must be above 0"),
        ({"received": -1}, "both amounts must be above 0"),
        ({"received_currency": "USD"}, "both currencies are the same"),
        ({"paid_currency": "CHF"}, "the account holds no CHF"),
        ({"received_currency": "CHF"}, "the account holds no CHF"),
        ({"paid": MONEY_MAX}, ABSURD),
        ({"received": MONEY_MAX}, ABSURD),
    ],
)
def test_an_exchange_that_cannot_be_booked_is_refused(changes: dict[str, Any], reason: str) -> None:
    """B-POS-12, issue 3: neither side of it is booked."""
    assert refused(Desk(EUROS), but(EXCHANGE, **changes)) == reason


def test_a_further_currency_begins_with_its_cash() -> None:
    """B-POS-08: beside the base currency, in the same decimals."""
    desk = Desk(EUROS)
    euros = desk.account().ledger("EUR")
    assert euros is not None
    assert (euros.cash.whole, euros.initial, desk.account().cash) == (2_000, 2_000, CASH)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"account": AccountId(9)}, "unknown account"),
        ({"currency": " "}, "it names no currency"),
        ({"currency": "USD"}, "the account holds USD already"),
        ({"currency": "EUR"}, "the account holds EUR already"),
        ({"currency": "CHF", "cash": -MONEY_MAX - 1}, f"cash is beyond {MONEY_MAX} units"),
    ],
)
def test_a_currency_that_contradicts_the_account_is_refused(
    changes: dict[str, Any], reason: str
) -> None:
    """Definitions come once."""
    assert refused(Desk(EUROS), but(EUROS, **changes)) == reason


def test_a_rate_that_came_before_its_currency_is_known_to_it() -> None:
    """B-POS-08: the order of definitions and rates does not matter."""
    desk = Desk(euro(150), EUROS)
    assert equity(desk.state, desk.account()) == CASH + 3_000


def test_a_rate_of_other_currencies_moves_nothing() -> None:
    """B-POS-08: a rate is of two currencies, and of no other."""
    desk = Desk(EUROS, euro(150))
    desk.give(ExchangeRate("EUR", "CHF", Rate(RATE_UNIT), NO_TIME))
    desk.give(ExchangeRate("USD", "EUR", Rate(RATE_UNIT), NO_TIME))  # the direct one stands
    assert equity(desk.state, desk.account()) == CASH + 3_000


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"currency": ""}, "it names no currency"),
        ({"quote_currency": " "}, "it names no currency"),
        ({"quote_currency": "EUR"}, "a currency has no rate to itself"),
        ({"rate": 0}, f"the rate is not between 1 and {MONEY_MAX} increments"),
        ({"rate": -1}, f"the rate is not between 1 and {MONEY_MAX} increments"),
        ({"rate": MONEY_MAX + 1}, f"the rate is not between 1 and {MONEY_MAX} increments"),
    ],
)
def test_a_rate_that_cannot_be_true_is_refused(changes: dict[str, Any], reason: str) -> None:
    """Nothing is worth nothing, or less."""
    desk = Desk(EUROS, euro(150))
    assert refused(desk, but(euro(200), **changes)) == reason
    assert equity(desk.state, desk.account()) == CASH + 3_000


# --- marks and days -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mark", "reason"),
    [
        (MarkPrice(InstrumentId(9), Price(1), NO_TIME), "unknown instrument"),
        (mark_price(0), "the price is not above 0, or absurd"),
        (mark_price(-5), "the price is not above 0, or absurd"),
        (mark_price(INCREMENTS_MAX + 1), "the price is not above 0, or absurd"),
    ],
)
def test_a_mark_that_cannot_be_true_is_refused(mark: MarkPrice, reason: str) -> None:
    """B-POS-07: the one before stands."""
    desk = Desk(mark_price(110), mark_policy(MarkPolicy.MARK))
    desk.fill(Fill(BUY, 5, 100))
    assert refused(desk, mark) == reason
    assert unrealised(desk.state, desk.position()) == 50


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"person": ""}, "it names no person or no reason"),
        ({"reason": " "}, "it names no person or no reason"),
        ({"age_max": Nanos(-1)}, "age_max is negative or absurd"),
        ({"age_max": Nanos(MONEY_MAX + 1)}, "age_max is negative or absurd"),
    ],
)
def test_a_policy_of_nobody_or_of_no_age_is_refused(changes: dict[str, Any], reason: str) -> None:
    """B-POS-07: what a position is valued at has somebody who answers for it."""
    desk = Desk()
    policy = MarkPolicyChange(MarkPolicy.LAST, Nanos(0), "ann", "as agreed")
    assert refused(desk, but(policy, **changes)) == reason
    assert desk.state.marks.policy is MarkPolicy.TOUCH


def test_an_inverse_mark_is_divided_by() -> None:
    """B-POS-08: 3 contracts of 100 from 50.00 to 60.00 are 1.00 coins."""
    desk = Desk(mark_price(6_000, INVERSE), mark_policy(MarkPolicy.MARK))
    desk.fill(Fill(BUY, 3, 5_000, instrument=INVERSE))
    assert unrealised(desk.state, desk.position(INVERSE)) == 100


def test_the_day_of_the_firm_begins_by_its_calendar_alone() -> None:
    """B-POS-09: the day of a venue is none of profit."""
    desk = Desk(day(20240808))
    desk.give(but(day(20240809), venue=SPOT.venue))
    assert desk.state.performance.session_date == 20240808
