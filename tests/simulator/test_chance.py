"""Chance: the same everywhere, and distributed as it says."""

from fairlead.model.units import Nanos
from fairlead.simulator.chance import BELL_DEVIATION, Chance


def test_the_draws_of_a_seed_never_change() -> None:
    chance = Chance(7, 3)
    drawn = [chance.below(1_000), chance.bell(), chance.wait(Nanos(10**9)), chance.halvings(8)]
    assert drawn == [500, -2, 180_648_600, 2]


def test_streams_of_one_seed_are_independent() -> None:
    draws = [Chance(1, stream).below(1 << 30) for stream in range(200)]
    assert len(set(draws)) == 200


def test_waiting_times_are_exponential() -> None:
    chance = Chance(1, 1)
    waits = [chance.wait(Nanos(1_000_000)) for _ in range(20_000)]
    assert min(waits) >= 1
    mean = sum(waits) / len(waits)
    assert 0.97 < mean / 1e6 < 1.03
    longer = [sum(wait > 1_000_000 * k for wait in waits) / len(waits) for k in (1, 2, 3)]
    assert abs(longer[0] - 0.3679) < 0.012
    assert abs(longer[1] - 0.1353) < 0.01
    assert abs(longer[2] - 0.0498) < 0.006


def test_the_bell_has_its_deviation_and_no_lean() -> None:
    chance = Chance(1, 1)
    draws = [chance.bell() for _ in range(20_000)]
    assert abs(sum(draws) / len(draws)) < 0.1
    variance = sum(draw * draw for draw in draws) / len(draws)
    assert 0.96 < variance / BELL_DEVIATION**2 < 1.04


def test_halvings_halve() -> None:
    chance = Chance(1, 1)
    draws = [chance.halvings(4) for _ in range(20_000)]
    shares = [draws.count(k) / len(draws) for k in range(5)]
    assert max(draws) == 4
    for share, expected in zip(shares, (1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 16), strict=True):
        assert abs(share - expected) < 0.02


def test_below_reaches_every_number_and_no_other() -> None:
    chance = Chance(1, 1)
    assert {chance.below(6) for _ in range(500)} == set(range(6))
    assert {chance.below(1) for _ in range(10)} == {0}
