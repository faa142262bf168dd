"""What the system does for the speed of a process: cores, scheduling, memory that stays.

Set before anything is opened: threads and other processes begin with what their maker has. What
cannot be had is a mistake of the configuration, with its place; a node never runs otherwise than it
was told. Pinned to the cores of one NUMA node, a process gets its memory there too: the system
gives it where it is first touched.
"""

import ctypes
import os
import resource
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from fairlead.node.configuration import Configuration
from fairlead.node.errors import ConfigurationError
from fairlead.node.processor_settings import ProcessorSettings

SYSTEM: Final = Path("/sys/devices/system")
_LOCK_ALL: Final = 1 | 2  # MCL_CURRENT | MCL_FUTURE
_SECTION: Final = "processor"


class Refused(Exception):
    """The system does not do what a key asks. `expected` is what it would do."""

    def __init__(self, key: str, expected: str) -> None:
        """Name the key, and what could stand there."""
        super().__init__(f"{key}: expected {expected}")
        self.key = key
        self.expected = expected


def hold(configuration: Configuration, system: Path = SYSTEM) -> str:
    """Do what a configuration asks of the system for this process; return what holds, said.

    Raises `ConfigurationError`.
    """
    settings = configuration.processor
    _check_workers(configuration, system)
    try:
        return ", ".join(_held(settings, system))
    except Refused as refused:
        problem = configuration.problem((_SECTION, refused.key), refused.expected)
        raise ConfigurationError([problem]) from refused


def _check_workers(configuration: Configuration, system: Path) -> None:
    """Refuse cores of workers that are not there: each worker would end as soon as it began."""
    there = online(system)
    for index, strategy in enumerate(configuration.strategies):
        if any(core not in there for core in strategy.cores):
            expected = f"cores of this machine: {spoken(there)}"
            path = ("strategies", index, "cores")
            raise ConfigurationError([configuration.problem(path, expected)])


def wanted_cores(settings: ProcessorSettings, system: Path = SYSTEM) -> list[int]:
    """Return the cores that are asked for, all of which are there. Raises `Refused`."""
    there = online(system)
    if settings.numa_node is not None:
        place = system / "node" / f"node{settings.numa_node}" / "cpulist"
        if not place.is_file():
            known = sorted(
                each.name.removeprefix("node") for each in place.parents[1].glob("node*")
            )
            raise Refused(
                "numa_node", f"a node of this machine: {', '.join(known) or 'it has none'}"
            )
        return listed(place.read_text())
    missing = [core for core in settings.cores if core not in there]
    if missing:
        raise Refused("cores", f"cores of this machine: {spoken(there)}")
    if settings.scheduling == "fifo" and len(settings.cores) == len(there):
        raise Refused("cores", "at least one core of this machine left to others")
    return list(settings.cores)


def online(system: Path = SYSTEM) -> list[int]:
    """Return the cores of this machine that are switched on."""
    try:
        return listed((system / "cpu" / "online").read_text())
    except OSError:
        return list(range(os.cpu_count() or 1))


def listed(text: str) -> list[int]:
    """Return the numbers of a list as the kernel writes it: `0-3,8`."""
    numbers: list[int] = []
    for part in filter(None, text.strip().split(",")):
        first, _, last = part.partition("-")
        numbers.extend(range(int(first), int(last or first) + 1))
    return numbers


def spoken(numbers: list[int]) -> str:
    """Return numbers as the kernel writes them; `listed` reads it back."""
    parts: list[str] = []
    first = previous = -1
    for number in [*sorted(numbers), -1]:
        if previous >= 0 and number != previous + 1:
            parts.append(f"{first}-{previous}" if previous > first else f"{first}")
            first = number
        elif previous < 0:
            first = number
        previous = number
    return ",".join(parts)


def _held(settings: ProcessorSettings, system: Path) -> Iterator[str]:
    cores = wanted_cores(settings, system)
    if cores:
        _ask("cores", "cores that this process may use", lambda: os.sched_setaffinity(0, cores))
        yield f"cores {spoken(sorted(os.sched_getaffinity(0)))}"
    if settings.scheduling == "fifo":
        parameter = os.sched_param(settings.priority)
        _ask(
            "scheduling",
            "the right to a real-time priority: CAP_SYS_NICE, or `ulimit -r`",
            lambda: os.sched_setscheduler(0, os.SCHED_FIFO, parameter),
        )
        yield f"fifo {os.sched_getparam(0).sched_priority}"
    if settings.lock_memory:
        _ask("lock_memory", _memory_needed(), _lock_memory)
        yield "memory locked"


def _ask(key: str, expected: str, of_the_system: Callable[[], object]) -> None:
    try:
        of_the_system()
    except (OSError, AttributeError) as error:  # the latter where the system has no such thing
        raise Refused(key, f"{expected} ({error})") from error


def _memory_needed() -> str:
    soft, _hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    allowed = "any amount" if soft == resource.RLIM_INFINITY else f"{soft:,} bytes"
    return f"the right to lock memory: CAP_IPC_LOCK, or `ulimit -l` (now {allowed})"


def _lock_memory() -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if library.mlockall(_LOCK_ALL):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
