"""The doctor tells what makes a node slow or uneven, from what the kernel says of the machine."""

from pathlib import Path

import pytest

from fairlead.cli.processor_findings import configured_processor, processor_findings
from tests.node.test_processor import configuration


def machine(place: Path, files: dict[str, str]) -> Path:
    """Return a machine as its kernel tells of it."""
    for name, text in {"cpu/online": "0-1", **files}.items():
        file = place / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{text}\n")
    return place


def test_a_machine_made_for_steady_latency_needs_no_advice(tmp_path: Path) -> None:
    system = machine(
        tmp_path,
        {
            "cpu/cpu0/cpufreq/scaling_governor": "performance",
            "cpu/cpu1/cpufreq/scaling_governor": "performance",
            "cpu/cpufreq/boost": "0",
            "cpu/smt/active": "0",
            "cpu/isolated": "1",
            "node/node0/cpulist": "0-1",
            "clocksource/clocksource0/current_clocksource": "tsc",
        },
    )
    found = {one.name: one for one in processor_findings(system)}
    assert not [one for one in found.values() if one.advice or not one.fit]
    assert found["governor"].found == "performance"
    assert found["isolated cores"].found == "1"
    assert found["NUMA nodes"].found == "1"


def test_what_makes_it_uneven_is_told_with_the_remedy(tmp_path: Path) -> None:
    system = machine(
        tmp_path,
        {
            "cpu/cpu0/cpufreq/scaling_governor": "powersave",
            "cpu/cpu1/cpufreq/scaling_governor": "performance",
            "cpu/cpufreq/boost": "1",
            "cpu/smt/active": "1",
            "cpu/isolated": "",
            "clocksource/clocksource0/current_clocksource": "hpet",
        },
    )
    found = {one.name: one for one in processor_findings(system)}
    assert found["governor"].found == "performance, powersave"
    advised = {name for name, one in found.items() if one.advice}
    assert advised == {"governor", "hyper-threads", "isolated cores", "clock source"}
    assert all(one.fit for one in found.values()), "slow is not unfit"


def test_a_machine_that_tells_nothing_is_fit(tmp_path: Path) -> None:
    found = {one.name: one for one in processor_findings(tmp_path)}
    assert found["governor"].found == "not told on this machine"
    assert all(one.fit for one in found.values())


@pytest.mark.parametrize(
    ("processor", "told", "fit"),
    [
        ("{}", "left to the system", True),
        ("{cores: [1]}", "cores 1", True),
        ("{cores: [1], scheduling: fifo, priority: 7}", "cores 1, fifo 7", True),
        ("{lock_memory: true}", "memory locked", True),
        ("{cores: [2]}", "processor.cores", False),
    ],
)
def test_what_a_configuration_asks_is_held_against_the_machine(
    tmp_path: Path, processor: str, told: str, fit: bool
) -> None:
    found = configured_processor(configuration(processor), machine(tmp_path, {}))
    assert (found.found, found.fit) == (told, fit)
    assert fit or "0-1" in found.advice
