"""Set-up and command: who may trade, with what, within which limits, and whether at all."""

import msgspec
import pytest

from fairlead.machine.machine import Machine
from fairlead.model.inputs import Input, ReopenCommand, StopCommand, TimePassed, TimerFired
from fairlead.model.outputs import (
    CancelOrder,
    InputRefused,
    SendOrder,
    StrategyDisabled,
    TradingStarted,
    TradingStopped,
)
from fairlead.model.terms import Status, StopPolicy
from fairlead.model.units import (
    MONEY_MAX,
    InstrumentId,
    Money,
    Nanos,
    OrderId,
    Quantity,
    Sequence,
    StrategyId,
)
from tests.machine.build import (
    FAILED,
    KILL,
    RELEASE,
    START,
    STARTED,
    STOP,
    TAKEN_OFF,
    Rig,
    accepted,
    account,
    cancel,
    cancel_rejected,
    filled,
    instrument,
    limits,
    only,
    sends_cancel,
    strategy,
    submit,
)

ONE = InstrumentId(1)
KEEP = StopCommand(StopPolicy.KEEP, "ann", "over night")


def cancels(rig: Rig, *inputs: Input) -> list[OrderId]:
    """Return the orders that some inputs asked the venue to cancel."""
    return [output.order for output in rig.give(*inputs) if isinstance(output, CancelOrder)]


# --- definitions ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("definition", "reason"),
    [
        (account(1), "known already"),
        (account(9, money_decimals=19), "money_decimals"),
        (account(9, money_decimals=-1), "money_decimals"),
        (account(9, cash=Money(MONEY_MAX + 1)), "beyond"),
        (account(9, cash=Money(-MONEY_MAX - 1)), "beyond"),
        (instrument(), "known already"),
        (instrument(instrument=InstrumentId(9)), "empty or taken"),
        (strategy(1), "known already"),
        (strategy(9, account=9), "account is not known"),
        (limits(9), "unknown instrument"),
        (STARTED, "epoch 1 does not follow 1"),
        (msgspec.structs.replace(STARTED, epoch=0), "epoch 0 does not follow 1"),
        (msgspec.structs.replace(FAILED, strategy=StrategyId(9)), "unknown strategy 9"),
        (msgspec.structs.replace(TAKEN_OFF, strategy=StrategyId(9)), "unknown strategy 9"),
    ],
)
def test_a_definition_that_contradicts_what_is_known_is_refused(
    definition: Input, reason: str
) -> None:
    """B-EVT-06: orders and money rest on the first one, so it stays."""
    rig = Rig()
    [refused] = rig.give(definition)
    assert isinstance(refused, InputRefused)
    assert refused.kind == type(definition).__name__
    assert reason in refused.reason
    idle = Rig(TimerFired(StrategyId(1), 1))
    assert rig.machine.digest() == idle.machine.digest()


def test_the_first_definition_stands() -> None:
    """A second one with other terms does not change the first."""
    rig = Rig(instrument(quantity_max=Quantity(1)), account(1, cash=Money(5)))
    assert rig.machine.instruments[ONE].quantity_max == 1_000
    assert rig.account().cash == 1_000_000


@pytest.mark.parametrize("decimals", [0, 18])
@pytest.mark.parametrize("cash", [-MONEY_MAX, MONEY_MAX])
def test_an_account_at_the_borders_is_taken(decimals: int, cash: int) -> None:
    """B-POS-12: what fits is exact."""
    assert Rig().give(account(9, money_decimals=decimals, cash=Money(cash))) == []


def test_limits_hold_from_the_moment_they_are_set() -> None:
    """S1-RISK-01: replay sees the same limits at the same point."""
    rig = Rig(limits(order_quantity_max=Quantity(7)))
    assert rig.refused(submit(1)) == {"order_quantity_max": (8, 7)}
    rig.loosen(limits())
    only(SendOrder, rig.give(submit(2)))


@pytest.mark.parametrize("nothing", [TimePassed(), TimerFired(StrategyId(1), 7)])
def test_what_nothing_follows_from_is_recorded_and_changes_nothing(nothing: Input) -> None:
    """An input because a strategy may answer to it, or because something might have been due."""
    assert Rig().give(nothing) == []


# --- starting and stopping -----------------------------------------------------------------------


def test_a_start_after_a_restart_needs_a_new_epoch_and_a_start_command() -> None:
    """Invariant 7, DESIGN: starting is recovering, and begins halted."""
    rig = Rig()
    assert rig.give(msgspec.structs.replace(STARTED, epoch=2)) == []
    assert (rig.machine.state.epoch, rig.machine.gate.stopped) == (2, True)
    assert rig.give(START) == [TradingStarted("ann", "the day begins")]
    assert not rig.machine.gate.stopped


@pytest.mark.parametrize("field", ["person", "reason"])
@pytest.mark.parametrize("command", [START, RELEASE], ids=["start", "release"])
@pytest.mark.parametrize("nobody", ["", "  "])
def test_only_a_named_person_with_a_reason_lets_orders_out(
    command: Input, field: str, nobody: str
) -> None:
    """Invariant 9, control 39."""
    rig = Rig(KILL, STOP)
    [refused] = rig.give(msgspec.structs.replace(command, **{field: nobody}))
    assert refused == InputRefused(type(command).__name__, "it names no person or no reason")
    assert (rig.machine.gate.killed, rig.machine.gate.stopped) == (True, True)


def test_a_stop_cancels_what_works() -> None:
    """End of the session: the stop is told, then the cancels."""
    rig = Rig(submit(1), accepted(1), submit(2), accepted(2))
    outputs = rig.give(STOP)
    assert outputs[0] == TradingStopped(StopPolicy.CANCEL, "ann", "the day ends")
    assert outputs[1:] == [sends_cancel(1), sends_cancel(2)]
    assert "trading_stopped" in rig.refused(submit(3))


def test_a_stop_may_leave_working_orders_at_the_venue() -> None:
    """The other policy: nothing new, and what works goes on."""
    rig = Rig(submit(1), accepted(1))
    assert rig.give(KEEP) == [TradingStopped(StopPolicy.KEEP, "ann", "over night")]
    assert rig.status(1) is Status.OPEN
    assert "trading_stopped" in rig.refused(submit(2))


# --- instruments that are closed -----------------------------------------------------------------


def test_only_a_named_person_who_explains_reopens_an_instrument() -> None:
    """A quarantined fill closes; a person opens."""
    rig = Rig()
    unnamed = only(InputRefused, rig.give(ReopenCommand(InstrumentId(1), "ann", "why not")))
    assert "not closed" in unnamed.reason
    rig.give(filled(77, 1, "E1"))
    only(InputRefused, rig.give(ReopenCommand(InstrumentId(1), " ", "because")))
    assert "break_open" in rig.refused(submit(1))
    rig.give(ReopenCommand(InstrumentId(1), "ann", "because"))
    only(SendOrder, rig.give(submit(2)))


# --- strategies that are taken off ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("end", "reason"),
    [(FAILED, "failed: division by zero"), (TAKEN_OFF, "stopped by ann: it quotes nonsense")],
    ids=["failed", "stopped"],
)
def test_a_strategy_that_is_off_sends_nothing_and_its_orders_are_canceled(
    end: Input, reason: str
) -> None:
    """B-SYS-05, fault 17: that strategy, its orders, and nobody else."""
    rig = Rig(submit(1), accepted(1), submit(2, strategy=StrategyId(2)), accepted(2))
    assert rig.give(end) == [
        StrategyDisabled(StrategyId(1), reason),
        sends_cancel(1),
    ]
    assert list(rig.refused(submit(3))) == ["strategy_disabled"]
    only(SendOrder, rig.give(submit(4, strategy=StrategyId(2))))
    assert rig.status(2) is Status.OPEN


def test_a_strategy_that_is_off_may_still_cancel() -> None:
    """B-RISK-08: making the risk smaller is never refused."""
    rig = Rig(submit(1), accepted(1), FAILED, cancel_rejected(1))
    assert cancels(rig, cancel(1)) == [1]


def test_taking_a_strategy_off_again_cancels_what_is_open_again() -> None:
    """B-KILL-02: the cancel may have been rejected; it is told once that the strategy is off."""
    rig = Rig(submit(1), accepted(1), FAILED, cancel_rejected(1))
    assert rig.give(TAKEN_OFF) == [sends_cancel(1, request=3)]


def test_nothing_leaves_a_machine_that_was_told_nothing() -> None:
    """Invariant 11: no account, no instrument, no strategy, no limits."""
    refused = Machine().apply(Sequence(1), Nanos(0), submit(1))
    assert not any(isinstance(output, SendOrder) for output in refused)
