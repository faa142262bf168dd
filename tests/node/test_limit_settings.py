"""Limits in a configuration: one key for each kind, and the same bound in the machine."""

from decimal import Decimal

from fairlead.model.risk_terms import LimitKind
from fairlead.node.limit_settings import KINDS, Bound, RiskLimitSettings
from fairlead.node.loading import read_model
from fairlead.node.loss_settings import LossSettings

NET = (LimitKind.NET_LONG_SHARE, LimitKind.NET_SHORT_SHARE)


def read(text: str) -> RiskLimitSettings:
    return read_model(RiskLimitSettings, text, "limits.yaml", {})[0]


def test_every_kind_of_limit_has_exactly_one_key() -> None:
    """B-RISK-06: nothing is declared that nobody can hold, and the other way round."""
    losses = [kind for kind in LimitKind if kind >= LimitKind.LOSS_DAY]
    assert sorted([*KINDS.values(), *NET, *losses]) == sorted(LimitKind)
    assert set(KINDS) | {"net_exposure"} == set(RiskLimitSettings.model_fields)
    spans = {"daily", "weekly", "monthly", "drawdown", "rapid_loss", "consecutive_losses"}
    assert set(LossSettings.model_fields) == spans


def test_a_number_is_the_hard_bound_and_a_mapping_says_more() -> None:
    assert read("max_position: 0.03\n") == read("max_position: {hard: 0.03}\n")
    limits = read("max_value_window: {hard: 5000, warning: 4000, window: 10s}\n").limits()
    assert [(one.hard, one.warning, one.window) for one in limits] == [
        (5_000 * 10**6, 4_000 * 10**6, 10 * 10**9)
    ]


def test_net_exposure_is_two_limits() -> None:
    limits = {one.kind: one.hard for one in read("net_exposure: [-0.1, 0.2]\n").limits()}
    assert limits == {LimitKind.NET_LONG_SHARE: 200_000, LimitKind.NET_SHORT_SHARE: 100_000}


def test_the_names_of_other_documents_mean_the_same() -> None:
    """S1-RISK-03 to 05."""
    other = read("max_portfolio_value: 1000000\nmax_single_stock_exposure: 0.10\n")
    assert other == read("gross_value: 1000000\nmax_position: 0.1\n")
    assert read("max_leverage: 1.5\n") == read("gross_exposure: 1.5\n")


def test_limits_stand_in_the_order_of_their_kinds() -> None:
    one = read("gross_exposure: 1\nmax_order_size: 5\nnet_exposure: [0, 0]\n").limits()
    two = read("net_exposure: [0, 0]\nmax_order_size: 5\ngross_exposure: 1\n").limits()
    assert one == two
    assert [limit.kind for limit in one] == sorted(limit.kind for limit in one)


def test_the_least_price_warns_above_itself() -> None:
    assert read("price_floor: {hard: 1, warning: 2}\n").price_floor == Bound(
        hard=Decimal(1), warning=Decimal(2)
    )
