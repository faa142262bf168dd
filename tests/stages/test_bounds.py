"""The last mile of a session that says nothing: as wide as risk, and not wider."""

from decimal import Decimal

from fairlead.model.units import InstrumentId, Nanos
from fairlead.node.configuration import (
    Configuration,
    InstrumentLimitSettings,
    LimitSettings,
    MessageRateSettings,
)
from fairlead.stages.backtest import backtest
from fairlead.stages.bounds import last_mile_limits
from fairlead.stages.worlds import surroundings
from tests.stages.sessions import SECOND, Recorder, configuration, full_speed


def limited(window: int, count: int) -> Configuration:
    limits = LimitSettings(
        default=InstrumentLimitSettings(
            order_quantity_max=Decimal(70), order_notional_max=Decimal(9_000)
        ),
        instruments={"BETA.SIM": InstrumentLimitSettings(order_quantity_max=Decimal(700))},
        message_rate=MessageRateSettings(count_max=count, window=Nanos(window)),
    )
    return configuration(limits=limits)


def test_an_order_may_be_as_large_as_risk_lets_it_be() -> None:
    settings = limited(SECOND, 20)
    around = surroundings(settings)
    limits = last_mile_limits(settings, around)
    terms = {one.instrument: one for one in around.instruments}
    for number, quantity in ((1, 70), (2, 700), (3, 70)):
        bounds, places = limits.instruments[InstrumentId(number)], terms[InstrumentId(number)]
        assert bounds.order_quantity_max == quantity * 10**places.quantity_decimals
        assert bounds.order_notional_max == 9_000 * 10**places.money_decimals


def test_as_many_orders_leave_in_a_second_as_risk_lets_leave() -> None:
    for window, count, expected in [
        (SECOND, 20, 20),
        (10 * SECOND, 20, 20),
        (SECOND // 2, 20, 40),
        (SECOND * 2 // 3, 20, 40),
    ]:
        settings = limited(window, count)
        found = last_mile_limits(settings, surroundings(settings)).orders_per_second_max
        assert found == expected


def test_what_is_not_traded_has_no_bounds() -> None:
    settings = limited(SECOND, 20)
    limits = last_mile_limits(settings, surroundings(settings))
    assert [*limits.instruments] == [1, 2, 3]


def test_a_session_is_never_held_back_by_bounds_that_nobody_set() -> None:
    recorder = Recorder()
    wired = backtest(configuration(), full_speed(), readers=[recorder])
    assert wired.session.wire.last_mile.blocked == 0
    assert wired.session.wire.last_mile.limits.orders_per_second_max == 100
