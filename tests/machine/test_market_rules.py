"""What venues say about when and how they trade, and what could not be true."""

from typing import Final

import pytest

from fairlead.model.inputs import (
    Input,
    LocateChange,
    MarketHalt,
    PriceBands,
    SessionPhase,
    ShortSaleRestriction,
)
from fairlead.model.outputs import InputRefused
from fairlead.model.risk_terms import Phase
from fairlead.model.units import INCREMENTS_MAX, AccountId, InstrumentId, Price, Quantity
from tests.machine.build import NO_TIME, VENUE, only
from tests.machine.risk.twin import Twin, far

ONE: Final = InstrumentId(1)
NOWHERE: Final = InstrumentId(9)
DAY: Final = 20240808
MOST: Final = Price(INCREMENTS_MAX)
GOOD: Final[list[Input]] = [
    PriceBands(ONE, Price(0), MOST, False, NO_TIME),
    PriceBands(ONE, Price(100), Price(100), True, NO_TIME),
    SessionPhase(VENUE, Phase.CLOSED, NO_TIME),
    SessionPhase(VENUE, Phase.CLOSED, NO_TIME, ONE),
    MarketHalt("", 1, True, "the index fell", NO_TIME),
    MarketHalt(VENUE, 3, True, "the index fell", NO_TIME),
    LocateChange(AccountId(1), ONE, DAY, Quantity(0), "broker 7"),
    ShortSaleRestriction(ONE, True, DAY, NO_TIME),
]
BAD: Final[list[tuple[Input, str]]] = [
    (PriceBands(NOWHERE, Price(1), Price(2), False, NO_TIME), "unknown instrument"),
    (
        PriceBands(ONE, Price(3), Price(2), False, NO_TIME),
        "the bands are 3 to 2 (increments)",
    ),
    (
        PriceBands(ONE, Price(-1), Price(2), False, NO_TIME),
        "the bands are -1 to 2 (increments)",
    ),
    (
        PriceBands(ONE, Price(1), Price(MOST + 1), False, NO_TIME),
        f"the bands are 1 to {MOST + 1} (increments)",
    ),
    (SessionPhase(VENUE, Phase.CLOSED, NO_TIME, NOWHERE), "unknown instrument"),
    (
        SessionPhase("ELSEWHERE", Phase.CLOSED, NO_TIME, ONE),
        "ABCUSD does not trade at 'ELSEWHERE'",
    ),
    (SessionPhase("", Phase.CLOSED, NO_TIME), "it names no venue"),
    (MarketHalt("", 0, True, "?", NO_TIME), "level is 0, expected 1, 2 or 3"),
    (MarketHalt("", 4, True, "?", NO_TIME), "level is 4, expected 1, 2 or 3"),
    (LocateChange(AccountId(9), ONE, DAY, Quantity(1), "b"), "unknown account"),
    (LocateChange(AccountId(1), NOWHERE, DAY, Quantity(1), "b"), "unknown instrument"),
    (LocateChange(AccountId(1), ONE, 20241301, Quantity(1), "b"), "session_date is no yyyymmdd"),
    (
        LocateChange(AccountId(1), ONE, DAY, Quantity(-1), "b"),
        "the quantity is negative or absurd",
    ),
    (
        LocateChange(AccountId(1), ONE, DAY, Quantity(INCREMENTS_MAX + 1), "b"),
        "the quantity is negative or absurd",
    ),
    (ShortSaleRestriction(NOWHERE, True, DAY, NO_TIME), "unknown instrument"),
    (ShortSaleRestriction(ONE, True, 0, NO_TIME), "session_date is no yyyymmdd"),
]


@pytest.mark.parametrize("good", GOOD, ids=lambda each: type(each).__name__)
def test_what_a_venue_may_say_is_remembered(good: Input) -> None:
    """It is part of the state, so the same inputs make the same machine."""
    rig = Twin(*far())
    before = rig.machine.gate.pretrade.content()
    assert rig.give(good) == []
    assert rig.machine.gate.pretrade.content() != before
    rig.restart()


@pytest.mark.parametrize(("bad", "reason"), BAD, ids=[reason for _, reason in BAD])
def test_what_cannot_be_true_is_refused_and_changes_nothing(bad: Input, reason: str) -> None:
    """B-RISK-13: absurd input is no input."""
    rig = Twin(*far())
    before = rig.machine.gate.pretrade.content()
    refused = only(InputRefused, rig.give(bad))
    assert (refused.kind, refused.reason) == (type(bad).__name__, reason)
    assert rig.machine.gate.pretrade.content() == before
