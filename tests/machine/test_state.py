"""The state digest: over everything that a later output may depend on, and over nothing else."""

import pytest

from fairlead.model.inputs import BookGap, Input, OrderPolicyChange, StopCommand, TimerFired, Trade
from fairlead.model.policies import OrderPolicy
from fairlead.model.terms import Status, StopPolicy
from fairlead.model.units import InstrumentId, Money, Nanos, Price, Quantity, StrategyId
from tests.machine.build import (
    BUY,
    CONNECTED,
    DISCONNECTED,
    FAILED,
    KILL,
    NO_TIME,
    STARTED,
    Rig,
    accepted,
    account,
    cancel,
    canceled,
    expired,
    filled,
    instrument,
    limits,
    order_status,
    quote,
    rate,
    rejected,
    replace,
    strategy,
    submit,
)

NOTHING = TimerFired(StrategyId(1), 1)
TRADE = Trade(InstrumentId(1), Price(100), Quantity(1), BUY, "T", NO_TIME)


def digest(*inputs: Input) -> str:
    """Return the digest after the usual set-up, one open order, one in flight, and `inputs`."""
    return Rig(submit(1), accepted(1), submit(2), *inputs).machine.digest()


@pytest.mark.parametrize(
    "change",
    [
        type(STARTED)(2, "build", "configuration", "paper"),
        account(2),
        instrument(instrument=InstrumentId(3), symbol="NEW"),
        strategy(3),
        limits(collar=999),
        rate(999, 100),
        quote(99, 102),
        quote(99, 101),  # the same touch, confirmed at another time
        quote(99, 101, update=7),
        TRADE,
        BookGap(InstrumentId(1), "hole"),
        accepted(2),
        rejected(2),
        filled(1, 1, "E1"),
        filled(1, 1, "E1", fee=Money(1)),
        filled(9, 1, "E1"),
        canceled(1),
        expired(1),
        submit(3),
        submit(3, quantity=999),
        cancel(1),
        cancel(2),
        replace(1, 9),
        DISCONNECTED,
        CONNECTED,
        OrderPolicyChange(OrderPolicy(), "ann", "agreed"),
        submit(3, timeout=Nanos(5)),
        FAILED,
        KILL,
        StopCommand(StopPolicy.KEEP, "ann", "pause"),
    ],
)
def test_whatever_changes_the_state_changes_the_digest(change: Input) -> None:
    """Invariant 2, S1-EVT-03: a state that could answer otherwise has another digest."""
    rig = Rig(submit(1), accepted(1), submit(2))
    rig.wait(1)
    rig.give(change)
    idle = Rig(submit(1), accepted(1), submit(2))
    idle.wait(1)
    idle.give(NOTHING)
    assert rig.machine.digest() != idle.machine.digest()


@pytest.mark.parametrize(
    "nothing",
    [
        quote(99, 101, instrument=9),
        filled(1, 1, "E0"),  # seen before
        accepted(9),
        canceled(1, instrument=2),
        cancel(9),
        submit(3, strategy=StrategyId(9)),
        account(1, cash=Money(5)),
        order_status(9, Status.OPEN),
    ],
)
def test_what_is_refused_or_ignored_leaves_no_trace_in_the_state(nothing: Input) -> None:
    """B-EVT-10: state changes by steps alone; the trace is in the outputs."""
    seen = filled(1, 1, "E0")
    assert digest(seen, nothing) == digest(seen, NOTHING)


@pytest.mark.parametrize(
    "terms", [{"name": "other"}, {"currency": "EUR"}, {"money_decimals": 3}, {"cash": Money(5)}]
)
def test_the_digest_holds_every_term_of_an_account(terms: dict[str, object]) -> None:
    """Invariant 2: what money is counted in, and how much there was."""
    assert digest(account(2)) != digest(account(2, **terms))


def test_the_same_inputs_give_the_same_digest() -> None:
    """Invariant 2: twice the same is the same."""
    assert digest(filled(1, 3, "E1"), KILL) == digest(filled(1, 3, "E1"), KILL)


def test_the_digest_counts_inputs_and_time() -> None:
    """Two states at different points of the journal are different states."""
    assert digest(NOTHING) != digest(NOTHING, NOTHING)
    rig = Rig()
    rig.wait(1)
    later = Rig()
    later.wait(2)
    rig.give(NOTHING)
    later.give(NOTHING)
    assert rig.machine.digest() != later.machine.digest()


def test_a_digest_is_256_bits_in_hexadecimal() -> None:
    """A person compares it by eye, a script by text."""
    assert len(bytes.fromhex(digest())) == 32


def test_asking_for_the_digest_changes_nothing() -> None:
    """A reader may ask whenever it likes."""
    rig = Rig(submit(1))
    rig.wait(10**12)
    first = rig.machine.digest()
    assert rig.machine.digest() == first
