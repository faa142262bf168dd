"""The system does what a configuration asks for the speed of a node, or the node does not run."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlead.node.configuration import Configuration
from fairlead.node.errors import ConfigurationError
from fairlead.node.loading import read
from fairlead.node.processor import hold, listed, online, spoken

BASE = """
venue:
  kind: simulated
  seed: 1
  instruments: [{symbol: A.SIM, price_start: 100, price_tick: 0.01, volatility_daily_bps: 100}]
account: {currency: USD, cash: 1000}
session: {duration: 1m}
"""


def configuration(processor: str) -> Configuration:
    """Return a small configuration with a section on the processor."""
    return read(f"processor: {processor}\n{BASE.lstrip()}", "node.yaml", {})


@pytest.fixture
def affinity() -> Iterator[frozenset[int]]:
    """Give the cores of this process back after a test."""
    before = os.sched_getaffinity(0)
    yield frozenset(before)
    os.sched_setaffinity(0, before)


@pytest.fixture
def system(tmp_path: Path) -> Path:
    """Return a machine of eight cores on two nodes, as its kernel tells of it."""
    for place, text in (
        ("cpu/online", "0-7"),
        ("node/node0/cpulist", "0-3"),
        ("node/node1/cpulist", "4-7"),
    ):
        file = tmp_path / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{text}\n")
    return tmp_path


def test_a_node_is_pinned_to_its_cores_and_says_so(affinity: frozenset[int]) -> None:
    core = min(affinity)
    assert hold(configuration(f"{{cores: [{core}]}}")) == f"cores {core}"
    assert os.sched_getaffinity(0) == {core}


def test_what_is_not_written_is_left_as_it_was(affinity: frozenset[int]) -> None:
    assert hold(configuration("{}")) == ""
    assert os.sched_getaffinity(0) == affinity


@pytest.mark.parametrize(
    ("processor", "told"),
    [
        ("{cores: [9]}", "processor.cores: .*expected cores of this machine: 0-7"),
        ("{numa_node: 2}", "processor.numa_node: .*expected a node of this machine: 0, 1"),
        (
            "{cores: [0, 1, 2, 3, 4, 5, 6, 7], scheduling: fifo, priority: 1}",
            "processor.cores: .*expected at least one core of this machine left to others",
        ),
    ],
)
def test_what_the_machine_does_not_have_is_told_with_its_place(
    system: Path, processor: str, told: str
) -> None:
    with pytest.raises(ConfigurationError, match=rf"node\.yaml:1:\d+: {told}"):
        hold(configuration(processor), system)


def test_a_core_of_a_worker_that_is_not_there_is_told_with_its_place(system: Path) -> None:
    strategies = "strategies: [{name: a, strategy: market_making, process: own, cores: [7, 8]}]"
    settings = read(f"{strategies}\n{BASE.lstrip()}", "node.yaml", {})
    told = r"node\.yaml:1:\d+: strategies\[0\]\.cores: .*expected cores of this machine: 0-7"
    with pytest.raises(ConfigurationError, match=told):
        hold(settings, system)


def test_a_right_that_is_missing_is_told_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, affinity: frozenset[int]
) -> None:
    def refused(_process: int, _policy: int, _parameter: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "sched_setscheduler", refused)
    if len(online()) == 1:
        pytest.skip("one core alone cannot be given away")
    settings = f"{{cores: [{min(affinity)}], scheduling: fifo, priority: 5}}"
    with pytest.raises(ConfigurationError, match=r"CAP_SYS_NICE.*Operation not permitted"):
        hold(configuration(settings))


def test_lists_of_cores_are_read_and_written_as_the_kernel_does() -> None:
    for text, numbers in (("", []), ("0", [0]), ("0-3,8,10-11", [0, 1, 2, 3, 8, 10, 11])):
        assert listed(f"{text}\n") == numbers
        assert spoken(numbers) == text
