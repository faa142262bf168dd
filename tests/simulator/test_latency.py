"""Wires: what is sent arrives later, in order, after its latency."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.model.units import RATE_UNIT, Nanos, Rate
from fairlead.simulator.chance import Chance
from fairlead.simulator.latency import (
    GammaLatency,
    LatencyModel,
    Load,
    Loss,
    MeasuredLatency,
    QuantileLatency,
    RecordedLatency,
    Wire,
)
from fairlead.simulator.world import NEVER


def wire(constant: int, jitter: int = 0) -> Wire[int]:
    """Return a wire for numbers."""
    return Wire(LatencyModel(Nanos(constant), Nanos(jitter)), Chance(1, 1))


def test_what_is_sent_arrives_after_the_latency() -> None:
    line = wire(250)
    assert line.next_time == NEVER
    line.send(7, Nanos(1_000))
    assert line.next_time == 1_250
    assert line.receive() == 7
    assert line.next_time == NEVER


@given(st.lists(st.integers(0, 300), min_size=1, max_size=50))
def test_with_any_jitter_nothing_overtakes_and_nothing_is_early(gaps: list[int]) -> None:
    line = wire(10, 500)
    time, sent = 0, []
    for number, gap in enumerate(gaps):
        time += gap
        sent.append(time)
        line.send(number, Nanos(time))
    last = 0
    for number, sent_at in enumerate(sent):
        arrival = line.next_time
        assert arrival >= max(last, sent_at + 10)
        assert arrival <= max(last, sent_at + 510)
        assert line.receive() == number
        last = arrival


def test_jitter_reaches_both_ends() -> None:
    line = wire(1, 3)
    delays = set()
    for step in range(200):
        line.send(step, Nanos(step * 100))
        delays.add(line.next_time - step * 100)
        line.receive()
    assert delays == {1, 2, 3, 4}


@pytest.mark.parametrize(("constant", "jitter"), [(0, 0), (-5, 0), (1, -1)])
def test_a_latency_below_one_nanosecond_is_refused(constant: int, jitter: int) -> None:
    with pytest.raises(ValueError, match=f"found constant {constant} ns and jitter {jitter} ns"):
        LatencyModel(Nanos(constant), Nanos(jitter))


def drawn(model: LatencyModel, count: int) -> list[int]:
    """Return latencies of a model, shortest first."""
    chance = Chance(7, 1)
    return sorted(model.draw(Nanos(0), chance) for _ in range(count))


# --- distributions --------------------------------------------------------------------------------

HALF = Rate(RATE_UNIT // 2)
ALL = Rate(RATE_UNIT)
TABLE = [(Rate(0), Nanos(0)), (HALF, Nanos(1_000)), (ALL, Nanos(9_000))]


def test_quantiles_are_met_and_between_them_all_times_are_as_likely() -> None:
    times = drawn(QuantileLatency(Nanos(500), TABLE), 20_000)
    for share, expected in ((0.25, 1_000), (0.5, 1_500), (0.75, 5_500)):
        assert abs(times[int(share * 20_000)] - expected) < 150
    assert times[0] >= 500
    assert times[-1] <= 9_500


@pytest.mark.parametrize(
    "table",
    [
        [],
        [(Rate(0), Nanos(1))],
        [(Rate(1), Nanos(0)), (ALL, Nanos(1))],
        [(Rate(0), Nanos(0)), (HALF, Nanos(1))],
        [(Rate(0), Nanos(5)), (ALL, Nanos(4))],
        [(Rate(0), Nanos(-1)), (ALL, Nanos(4))],
        [(Rate(0), Nanos(0)), (HALF, Nanos(1)), (HALF, Nanos(2)), (ALL, Nanos(3))],
    ],
)
def test_a_table_that_is_no_distribution_is_refused(table: list[tuple[Rate, Nanos]]) -> None:
    with pytest.raises(ValueError, match="latency: quantiles are"):
        QuantileLatency(Nanos(1), table)


@pytest.mark.parametrize("shape", [1, 4])
def test_a_gamma_latency_has_its_mean_and_its_variance(shape: int) -> None:
    count, mean = 20_000, 1_000_000
    times = [time - 1 for time in drawn(GammaLatency(Nanos(1), Nanos(mean), shape), count)]
    found = sum(times) / count
    spread = sum((time - found) ** 2 for time in times) / count
    assert found == pytest.approx(mean, rel=0.03)
    assert spread == pytest.approx(mean**2 / shape, rel=0.08)  # mean^2 / shape
    assert times[0] >= 0


@pytest.mark.parametrize(("mean", "shape"), [(0, 1), (10, 0), (10, 11)])
def test_a_gamma_latency_without_a_shape_is_refused(mean: int, shape: int) -> None:
    with pytest.raises(ValueError, match=f"found mean {mean} ns and shape {shape}"):
        GammaLatency(Nanos(1), Nanos(mean), shape)


# --- recorded -------------------------------------------------------------------------------------


def test_the_latency_in_force_is_the_one_that_was_measured_last_never_the_next() -> None:
    model = RecordedLatency(Nanos(1), [(Nanos(100), Nanos(7)), (Nanos(200), Nanos(9))])
    chance = Chance(1, 1)
    latencies = [model.draw(Nanos(time), chance) for time in (0, 100, 199, 200, 10**9)]
    assert latencies == [7, 7, 7, 9, 9]


def test_measurements_below_the_least_latency_count_as_it_and_are_counted() -> None:
    model = RecordedLatency(Nanos(5), [(Nanos(0), Nanos(-40)), (Nanos(10), Nanos(6))])
    assert [model.draw(Nanos(time), Chance(1, 1)) for time in (0, 10)] == [5, 6]
    assert model.too_short == 1


@pytest.mark.parametrize("measurements", [[], [(Nanos(2), Nanos(1)), (Nanos(1), Nanos(1))]])
def test_measurements_out_of_order_or_none_are_refused(
    measurements: list[tuple[Nanos, Nanos]],
) -> None:
    with pytest.raises(ValueError, match=f"found {len(measurements)} measurements"):
        RecordedLatency(Nanos(1), measurements)


def test_a_measured_latency_follows_market_data_and_reports_negative_ones() -> None:
    model, chance = MeasuredLatency(Nanos(10), offset=100), Chance(1, 1)
    assert model.draw(Nanos(0), chance) == 10
    model.measured(50)
    assert model.draw(Nanos(0), chance) == 150
    model.measured(-300)  # the offset does not mend a clock that is further behind
    assert model.draw(Nanos(0), chance) == 10
    assert (model.measurements, model.too_short) == (2, 1)


# --- load -----------------------------------------------------------------------------------------


def test_a_message_waits_behind_those_before_it_and_the_queue_empties() -> None:
    load = Load(Nanos(10))
    assert [load.enter(Nanos(time)) for time in (100, 100, 101, 200)] == [110, 120, 130, 210]
    assert load.enter(Nanos(200), count=3) == 240


@pytest.mark.parametrize("percent", [30, 60, 80])
def test_random_messages_wait_as_queueing_theory_says(percent: int) -> None:
    """M/D/1: the mean wait is r / (2 (1 - r)) of the service time, Pollaczek and Khinchine."""
    service, count, time, waited = 1_000, 40_000, 0, 0
    load, chance = Load(Nanos(service)), Chance(3, 1)
    for _ in range(count):
        time += chance.wait(Nanos(service * 100 // percent))
        waited += load.enter(Nanos(time)) - time - service
    share = percent / 100
    assert waited / count == pytest.approx(share / (2 * (1 - share)) * service, rel=0.1)


def test_a_wire_under_load_is_slower_and_keeps_its_order() -> None:
    line: Wire[int] = Wire(LatencyModel(Nanos(100)), Chance(1, 1), Load(Nanos(10)))
    arrivals = []
    for number in range(3):
        line.send(number, Nanos(1_000))
    while line.next_time != NEVER:
        arrivals.append((line.next_time, line.receive()))
    assert arrivals == [(1_110, 0), (1_120, 1), (1_130, 2)]


def test_a_service_without_time_is_refused() -> None:
    with pytest.raises(ValueError, match="service time is 0 ns"):
        Load(Nanos(0))


# --- loss -----------------------------------------------------------------------------------------


def test_a_wire_loses_its_share_of_some_kinds_and_accounts_for_every_message() -> None:
    kinds: tuple[type[int | str], ...] = (int,)
    line: Wire[int | str] = Wire(
        LatencyModel(Nanos(1)),
        Chance(1, 1),
        loss=Loss(Rate(RATE_UNIT // 4), kinds, Chance(1, 2)),
    )
    for number in range(4_000):
        line.send(number, Nanos(number * 2))
        line.send("never lost", Nanos(number * 2))
    heard = [line.receive() for _ in range(line.waiting)]
    assert heard.count("never lost") == 4_000
    assert line.lost == pytest.approx(1_000, rel=0.1)
    assert line.sent == line.received + line.lost + line.waiting == 8_000


@pytest.mark.parametrize("rate", [-1, RATE_UNIT + 1])
def test_a_share_beyond_all_is_refused(rate: int) -> None:
    with pytest.raises(ValueError, match=f"rate is {rate}"):
        Loss(Rate(rate), (int,), Chance(1, 1))
