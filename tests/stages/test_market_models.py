"""Markets in which things go wrong, end to end: the machine survives, and its money ties out."""

from decimal import Decimal
from typing import Any

import pytest

from fairlead.model.inputs import Input, Trade, TradingStatus, VenueFilled
from fairlead.model.outputs import (
    BookRestored,
    BookStale,
    OrderUnknown,
    Output,
    SendOrder,
)
from fairlead.model.units import Nanos, Sequence
from fairlead.node.configuration import Configuration
from fairlead.node.market_settings import DayShapeSettings, ScenarioSettings
from fairlead.stages.backtest import backtest
from fairlead.stages.wiring import Wired
from tests.stages.sessions import SECOND, configuration, full_speed

START = configuration().session.start_time
AT = 10 * SECOND


class Watch:
    """Follows, and keeps everything with its time."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.seen: list[tuple[int, Input, list[Output]]] = []

    def follow(self, sequence: Sequence, time: Nanos, input: Input, outputs: list[Output]) -> None:
        """Take one input with its outputs."""
        self.seen.append((time - START, input, list(outputs)))

    def answered(self, kind: type, begin: int = 0, end: int = 10**15) -> list[Any]:
        """Return the outputs of a kind between two times."""
        return [
            output
            for time, _, outputs in self.seen
            if begin <= time < end
            for output in outputs
            if isinstance(output, kind)
        ]


def wrong(**venue: Any) -> Configuration:
    """Return the demonstration with another venue."""
    plain = configuration(30)
    return plain.model_copy(update={"venue": plain.venue.model_copy(update=venue)})


def survived(settings: Configuration) -> tuple[Wired, Watch]:
    """Run a backtest; whatever went wrong, all that must hold holds."""
    watch = Watch()
    wired = backtest(settings, full_speed(), readers=[watch])
    assert not wired.host.failures
    result = wired.summary.result()
    assert result.ties_out
    assert watch.answered(SendOrder)
    return wired, watch


def scenario(kind: str, **terms: Any) -> Configuration:
    """Return the demonstration with one thing that goes wrong after ten seconds."""
    return wrong(scenarios=(ScenarioSettings(kind=kind, at=Nanos(AT), **terms),))  # type: ignore[arg-type]


@pytest.mark.parametrize("size", ["-0.1", "-0.5"])
def test_a_flash_crash_is_survived(size: str) -> None:
    survived(scenario("flash_crash", lasts=Nanos(10 * SECOND), size=Decimal(size)))


@pytest.mark.parametrize("size", ["-0.5", "0.5"])
def test_a_gap_of_half_the_price_is_survived(size: str) -> None:
    survived(scenario("gap", size=Decimal(size)))


def test_in_a_halt_no_order_leaves_and_nothing_is_filled() -> None:
    _, watch = survived(scenario("halt", lasts=Nanos(8 * SECOND)))
    halted = [time for time, one, _ in watch.seen if isinstance(one, TradingStatus)]
    begin, end = min(halted), AT + 8 * SECOND
    assert not watch.answered(SendOrder, begin + SECOND // 100, end)
    fills = [time for time, one, _ in watch.seen if isinstance(one, VenueFilled | Trade)]
    assert not [time for time in fills if begin + SECOND // 100 < time < end]
    told = [one.tradable for _, one, _ in watch.seen if isinstance(one, TradingStatus)]
    assert told == [False] * 3 + [True] * 3  # and then a call, before anything trades


def test_an_outage_makes_books_stale_stops_orders_and_ends() -> None:
    _, watch = survived(scenario("feed_outage", lasts=Nanos(8 * SECOND)))
    end = AT + 8 * SECOND
    assert len(watch.answered(BookStale, AT, end)) == 3
    assert not watch.answered(SendOrder, AT + 2 * SECOND, end)
    assert len(watch.answered(BookRestored, end, end + SECOND)) == 3
    assert watch.answered(SendOrder, end)


def test_a_burst_of_a_hundred_times_as_much_is_survived() -> None:
    _, watch = survived(scenario("burst", lasts=Nanos(5 * SECOND), factor=100))
    assert sum(AT <= time < AT + 5 * SECOND for time, _, _ in watch.seen) > 20_000


def test_lost_orders_and_reports_leave_orders_unknown_and_the_record_whole() -> None:
    rate = Decimal("0.05")
    wired, watch = survived(wrong(lost_order_rate=rate, lost_report_rate=rate))
    assert watch.answered(OrderUnknown)
    world: Any = wired.surroundings.world
    for wire in (world.exchange.actions, world.exchange.reports):
        assert wire.lost > 0
        assert wire.sent == wire.received + wire.lost + wire.waiting


def test_a_day_with_a_shape_and_the_informed_is_traded_too() -> None:
    instruments: Any = configuration().venue
    informed = tuple(
        one.model_copy(update={"informed_percent": 6}) for one in instruments.instruments
    )
    survived(wrong(instruments=informed, day_shape=DayShapeSettings()))
