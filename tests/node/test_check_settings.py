"""Checks of single orders in a configuration."""

import pytest

from fairlead.model.risk import PreTradePolicy
from fairlead.model.risk_terms import SelfTrade
from fairlead.model.terms import OrderType
from fairlead.model.units import Nanos
from fairlead.node.check_settings import BUILT_IN, PreTradeSettings, RiskInstrumentSettings
from fairlead.node.errors import ConfigurationError
from fairlead.node.limit_settings import KINDS
from fairlead.node.loading import read_model

A_DAY = Nanos(86_400 * 10**9)
FIVE_MINUTES = Nanos(300 * 10**9)


def read(text: str) -> PreTradeSettings:
    return read_model(PreTradeSettings, text, "checks.yaml", {})[0]


def test_what_is_not_set_is_as_in_the_model() -> None:
    assert PreTradeSettings().policy(FIVE_MINUTES, Nanos(0), A_DAY) == PreTradePolicy()


def test_built_in_checks_are_made_of_limits_that_exist() -> None:
    assert all(limit in KINDS for limits in BUILT_IN.values() for limit in limits)


def test_a_list_names_the_built_in_checks_that_are_on_or_leaves_them_alone() -> None:
    assert read("checks: [liquidity, size_limit]\n").built_in() == ("size_limit", "liquidity")
    assert read("checks: []\n").built_in() == tuple(BUILT_IN)
    assert read("checks: [{name: Mine, condition: price > 1}]\n").built_in() == tuple(BUILT_IN)
    assert read("enabled: false\n").built_in() == ()


def test_checks_of_ones_own_reach_the_machine_with_their_message() -> None:
    text = "checks: [liquidity, {name: Mine, condition: price > 1, message: too cheap}]\n"
    [check] = read(text).named()
    assert (check.name, check.condition, check.message) == ("Mine", "price > 1", "too cheap")
    assert read(text + "enabled: false\n").named() == ()


def test_every_key_of_the_policy_reaches_the_machine() -> None:
    text = (
        "duplicate_window: 5s\nself_trade: cancel_both\npermissions_required: true\n"
        "order_types_forbidden: [pegged]\nmax_order_life: 1d\nmax_unacknowledged_age: 2s\n"
        "collar_adverse_only: true\n"
    )
    assert read(text).policy(Nanos(1), Nanos(2), Nanos(3)) == PreTradePolicy(
        Nanos(5 * 10**9),
        SelfTrade.CANCEL_BOTH,
        True,
        (OrderType.PEGGED,),
        Nanos(86_400 * 10**9),
        Nanos(1),
        Nanos(2),
        Nanos(2 * 10**9),
        True,
        Nanos(3),
    )


@pytest.mark.parametrize("forbidden", OrderType)
def test_every_type_of_order_can_be_forbidden(forbidden: OrderType) -> None:
    policy = read(f"order_types_forbidden: [{forbidden.name.lower()}]\n")
    assert policy.policy(Nanos(0), Nanos(0), Nanos(0)).order_types_forbidden == (forbidden,)


def test_a_required_limit_price_leaves_out_what_trades_at_any_price() -> None:
    policy = read("require_limit_price: true\norder_types_forbidden: [market]\n")
    forbidden = policy.policy(Nanos(0), Nanos(0), Nanos(0)).order_types_forbidden
    assert forbidden == (
        OrderType.MARKET,
        OrderType.STOP,
        OrderType.TRAILING_STOP,
        OrderType.MARKET_TO_LIMIT,
    )


def test_what_is_known_of_an_instrument_is_exact() -> None:
    text = "adv: 1000.5\nsector: tech\nprevious_close: 0.000001\ndelta: -0.5\n"
    known = read_model(RiskInstrumentSettings, text, "instrument.yaml", {})[0].known()
    assert known["average_daily_volume"] == 1_000_500_000
    assert (known["previous_close"], known["delta"], known["sector"]) == (1, -500_000, "tech")
    assert RiskInstrumentSettings().known()["average_daily_volume"] is None


@pytest.mark.parametrize("name", ["order_notional_max", "killed", "gross_share"])
def test_a_check_of_ones_own_is_not_called_like_one_of_ours(name: str) -> None:
    """A waiver of one would waive the other; said before a node begins, with its place."""
    with pytest.raises(ConfigurationError, match=r"another name: a check of the risk gate"):
        read(f"checks: [{{name: {name}, condition: price > 1}}]\n")
