"""What the doctor finds about the processor: what makes a node slow or uneven, and the remedy.

None of it makes a machine unfit: it trades correctly all the same. Where the kernel does not tell,
as in most virtual machines, that is said.
"""

import os
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from fairlead.cli.findings import Finding
from fairlead.node.configuration import Configuration
from fairlead.node.processor import SYSTEM, Refused, listed, online, spoken, wanted_cores

_UNTOLD: Final = "not told on this machine"
_POLICIES: Final = {
    getattr(os, name): name.removeprefix("SCHED_").lower()
    for name in ("SCHED_OTHER", "SCHED_FIFO", "SCHED_RR", "SCHED_BATCH", "SCHED_IDLE")
    if hasattr(os, name)
}


def processor_findings(system: Path = SYSTEM) -> Iterator[Finding]:
    """Yield how the cores are clocked, shared and kept free, and how this process is scheduled."""
    yield _governor(system)
    turbo = _read(system / "cpu" / "cpufreq" / "boost")
    if turbo is not None:
        yield Finding("turbo", "on: the clock changes with the load" if turbo == "1" else "off")
    yield _threads(system)
    isolated = listed(_read(system / "cpu" / "isolated") or "")
    advice = "" if isolated else "isolcpus= at boot keeps a core free"
    yield Finding("isolated cores", spoken(isolated) or "none", advice=advice)
    nodes = sorted((system / "node").glob("node[0-9]*"))
    yield Finding("NUMA nodes", f"{len(nodes) or 1}")
    yield _clock(system)
    if hasattr(os, "sched_getaffinity"):
        allowed = spoken(sorted(os.sched_getaffinity(0)))
        policy = _POLICIES.get(os.sched_getscheduler(0), "unknown")
        yield Finding("this process", f"may use cores {allowed}, scheduled {policy}")
    soft, _hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    allowed = "any amount" if soft == resource.RLIM_INFINITY else f"{soft:,} bytes"
    yield Finding("memory that may be locked", allowed)


def configured_processor(configuration: Configuration, system: Path = SYSTEM) -> Finding:
    """Return what a configuration asks of the processor, and whether this machine has it."""
    settings = configuration.processor
    if not settings.is_set:
        return Finding("processor", "left to the system", advice="processor.cores pins the node")
    try:
        cores = wanted_cores(settings, system)
    except Refused as refused:
        advice = f"write {refused.expected}"
        return Finding("processor", f"processor.{refused.key}", fit=False, advice=advice)
    parts = [f"cores {spoken(cores)}"] if cores else []
    parts += [f"fifo {settings.priority}"] if settings.scheduling == "fifo" else []
    parts += ["memory locked"] if settings.lock_memory else []
    return Finding("processor", ", ".join(parts))


def _governor(system: Path) -> Finding:
    """Return how the cores are clocked: anything but `performance` slows down when it is quiet."""
    places = [system / "cpu" / f"cpu{core}" / "cpufreq" for core in online(system)]
    governors = sorted({found for place in places if (found := _read(place / "scaling_governor"))})
    if not governors:
        return Finding("governor", _UNTOLD)
    steady = governors == ["performance"]
    advice = "" if steady else "cpupower frequency-set -g performance"
    return Finding("governor", ", ".join(governors), advice=advice)


def _threads(system: Path) -> Finding:
    active = _read(system / "cpu" / "smt" / "active")
    if active is None:
        return Finding("hyper-threads", _UNTOLD)
    advice = "two threads of one core slow each other: pin the node to one of them"
    return Finding("hyper-threads", *(("on", True, advice) if active == "1" else ("off",)))


def _clock(system: Path) -> Finding:
    source = _read(system / "clocksource" / "clocksource0" / "current_clocksource")
    if source is None:
        return Finding("clock source", _UNTOLD)
    advice = "" if source == "tsc" else "any other than tsc makes reading the clock slow"
    return Finding("clock source", source, advice=advice)


def _read(place: Path) -> str | None:
    """Return what the kernel says, None where it says nothing."""
    try:
        return place.read_text().strip()
    except OSError:
        return None
