"""What opens a session: everything once, what changed again, and the connection always."""

from pathlib import Path
from typing import Any

import pytest

from fairlead.model.inputs import (
    AccountDefinition,
    Input,
    MarkPolicyChange,
    OrderPolicyChange,
    ReconciliationPolicyChange,
    StrategyDefinition,
)
from fairlead.model.terms import CostBasis, MarkPolicy
from fairlead.node.configuration import Configuration
from fairlead.node.policy_settings import MarkSettings, OrderSettings, ReconciliationSettings
from fairlead.stages.errors import WrongWiring
from fairlead.stages.opening import opening, refuse_another
from fairlead.stages.paper import PaperSession
from fairlead.stages.wiring import Wired, wire
from tests.stages.sessions import configuration


def kinds(inputs: list[Input]) -> list[str]:
    return [type(input).__name__ for input in inputs]


def opened(settings: Configuration) -> Wired:
    """Return a session that has taken its opening."""
    wired = wire(settings)
    wired.session.start(opening(wired, 1, "backtest"))
    return wired


def again(settings: Configuration, **sections: Any) -> list[Input]:
    """Return the second opening of a session, under other sections."""
    wired = opened(settings)
    changed = Wired(
        settings.model_copy(update=sections),
        *(getattr(wired, name) for name in list(Wired.__dataclass_fields__)[1:]),
    )
    return opening(changed, 2, "backtest")


def test_a_fresh_machine_is_told_everything_before_the_venues_are_connected() -> None:
    inputs = opening(wire(configuration()), 1, "paper")
    assert kinds(inputs) == [
        "NodeStarted",
        "AccountDefinition",
        "OrderPolicyChange",
        "ReconciliationPolicyChange",
        "MarkPolicyChange",
        *["InstrumentDefinition", "LimitChange"] * 3,
        "MessageRateChange",
        "StrategyDefinition",
        *["ProfileChange"] * 3,
        "RiskLimitChange",
        *["BreakerDefinition"] * 9,
        *["DynamicLimitDefinition"] * 2,
        "PreTradePolicyChange",
        "VenueConnected",
    ]


def test_after_a_restart_only_the_connection_is_new_and_it_had_been_broken() -> None:
    """B-OMS-13: nobody knows what became of the messages that were on their way."""
    assert kinds(again(configuration())) == ["NodeStarted", "VenueDisconnected", "VenueConnected"]


@pytest.mark.parametrize(
    ("sections", "kind"),
    [
        ({"orders": OrderSettings(max_retries=4)}, OrderPolicyChange),
        ({"reconciliation": ReconciliationSettings(tolerance_bps=1)}, ReconciliationPolicyChange),
        ({"marks": MarkSettings(policy="mid")}, MarkPolicyChange),
    ],
)
def test_a_policy_that_changed_is_said_again_and_no_other(
    sections: dict[str, Any], kind: type
) -> None:
    inputs = again(configuration(), **sections)
    assert [type(input) for input in inputs[1:-2]] == [kind]


def test_the_opening_says_what_the_configuration_says() -> None:
    plain = configuration()
    settings = configuration(
        account=plain.account.model_copy(update={"cost_basis": "fifo"}),
        strategies=(plain.strategies[0].model_copy(update={"trader": "ann"}),),
        marks=MarkSettings(policy="last"),
    )
    inputs = opening(wire(settings), 1, "paper")
    [account] = [one for one in inputs if isinstance(one, AccountDefinition)]
    assert account.cost_basis is CostBasis.FIFO
    [strategy] = [one for one in inputs if isinstance(one, StrategyDefinition)]
    assert strategy.trader == "ann"
    [marks] = [one for one in inputs if isinstance(one, MarkPolicyChange)]
    assert marks.policy is MarkPolicy.LAST
    [orders] = [one for one in inputs if isinstance(one, OrderPolicyChange)]
    assert (orders.policy, orders.strategy) == (settings.orders.policy(), 0)


def test_nothing_that_opens_a_session_is_refused() -> None:
    machine = opened(configuration()).path.machine
    assert machine.state.order_policies[0] == configuration().orders.policy()  # type: ignore[index]
    assert list(machine.state.reconciliation.connected) == ["SIM"]
    assert len(machine.state.reconciliation.unconfirmed) == 3


@pytest.mark.parametrize(
    ("changes", "told"),
    [({"cost_basis": "fifo"}, "with costs by average"), ({"name": "other"}, "account is paper")],
)
def test_another_account_than_the_recorded_one_is_refused(
    changes: dict[str, str], told: str, tmp_path: Path
) -> None:
    session = PaperSession(configuration(), tmp_path / "journal")
    session.open()
    session.close()
    account = configuration().account.model_copy(update=changes)
    other = PaperSession(configuration(account=account), tmp_path / "journal")
    with pytest.raises(WrongWiring, match=told):
        other.open()
    other.close()


def test_the_recorded_account_is_not_refused() -> None:
    refuse_another(opened(configuration()))
    refuse_another(wire(configuration()))
