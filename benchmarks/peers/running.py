"""Run a plan: each run in a process of its own, when the machine is quiet, by turns.

Every line that a run told is kept as it is, with what others took of the processors meanwhile.
"""

import json
import os
import resource
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks.peers.environments import Environment, Says
from benchmarks.peers.plan import ENVIRONMENTS, SCRIPTS, Case, Entry, Plan
from benchmarks.peers.workload import TELLS

RUN_SECONDS: Final = 300
IDLE: Final = 0.12  # of one core: what others may take of a machine that is quiet
LOOK_SECONDS: Final = 0.3
LOOKS: Final = 2  # one after the other, that the machine is quiet
_HERTZ: Final = os.sysconf("SC_CLK_TCK")

Line = dict[str, Any]  # as a run told it, with `case`, `system`, `round` and `others`


class Busy(NamedTuple):
    """What the processors did since the machine started, in seconds of one."""

    working: float
    stolen: float  # by other virtual machines

    @classmethod
    def now(cls) -> "Busy":
        """Read it."""
        with Path("/proc/stat").open(encoding="ascii") as file:
            counts = [int(count) / _HERTZ for count in file.readline().split()[1:9]]
        user, nice, system, _idle, _disk, hard, soft, stolen = counts
        return cls(user + nice + system + hard + soft + stolen, stolen)


def wait_for_quiet(seconds_max: float) -> float:
    """Return once the machine is quiet, or after so long; return the seconds that it took."""
    began = time.monotonic()
    quiet = 0
    while quiet < LOOKS and time.monotonic() - began < seconds_max:
        before = Busy.now().working
        time.sleep(LOOK_SECONDS)
        taken = (Busy.now().working - before) / LOOK_SECONDS
        quiet = quiet + 1 if taken < IDLE else 0
    return time.monotonic() - began


class Failed(Exception):
    """A run that ended without its line, and what it said last."""


def run_plan(
    of: Plan, environments: Mapping[str, Environment], data: Path, patience: float, says: Says
) -> Iterator[Line]:
    """Yield what each run told. `patience` is how many seconds to wait for a quiet machine.

    A system that fails in a case is not run again in it; why is said.
    """
    for case in of.cases:
        entries = [one for one in case.entries if environment_name(one.system) in environments]
        failed: set[str] = set()
        for number in range(of.rounds):
            for entry in _turned(entries, number):
                if entry.system in failed:
                    continue
                environment = environments[environment_name(entry.system)]
                try:
                    line = run_once(case, entry, environment, data, patience)
                except Failed as why:
                    failed.add(entry.system)
                    says(f"{case.name}: {entry.system} failed: {why}")
                    continue
                line["round"] = number
                says(_progress(case, line, number + 1, of.rounds))
                yield line


def environment_name(system: str) -> str:
    """Return the name of the environment that a system runs in."""
    return ENVIRONMENTS.get(system, system)


def _turned(entries: list[Entry], number: int) -> list[Entry]:
    """Return the entries, with another one first in every round."""
    turn = number % max(1, len(entries))
    return entries[turn:] + entries[:turn]


def run_once(
    case: Case, entry: Entry, environment: Environment, data: Path, patience: float
) -> Line:
    """Run one system once; return what it told. Raises `Failed`."""
    given = (*case.options, *entry.options)
    module = f"benchmarks.peers.runs.{SCRIPTS[entry.system]}"
    command = [str(environment.python), "-W", "ignore", "-m", module, str(data / case.data), *given]
    waited = wait_for_quiet(patience)
    before, children = Busy.now(), used_by_children()
    began = time.monotonic()
    said = _said(command, environment)
    took, after = time.monotonic() - began, Busy.now()
    mine = used_by_children() - children
    line: Line = json.loads(said)
    line["case"], line["system"], line["options"] = case.name, entry.system, " ".join(given)
    line["others"] = round(max(0.0, after.working - before.working - mine) / took, 3)
    line["steal"] = round((after.stolen - before.stolen) / took, 3)
    line["waited"], line["process"] = round(waited, 1), round(mine, 4)
    return line


def _said(command: list[str], environment: Environment) -> str:
    """Return the line of a run, without what it begins with. Raises `Failed`."""
    try:
        done = subprocess.run(  # noqa: S603 our scripts, in environments of ours
            command,
            capture_output=True,
            text=True,
            check=False,
            cwd=environment.home,
            env=environment.variables,
            timeout=RUN_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"it took more than {RUN_SECONDS} s") from None
    lines = [line for line in done.stdout.splitlines() if line.startswith(TELLS)]
    if done.returncode or not lines:
        last = [line for line in done.stderr.splitlines() if line.strip()][-1:]
        raise Failed(last[0] if last else f"it ended with {done.returncode} and no line")
    return lines[-1].removeprefix(TELLS)


def used_by_children() -> float:
    """Return the processor time of all processes of ours that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _progress(case: Case, line: Line, number: int, rounds: int) -> str:
    count = line["orders"] if case.unit in ("order", "fill") else line["ticks"]
    spent = line["process"] if case.unit == "process" else line["cpu"] / count
    written = f"{spent * 1e9:,.0f} ns" if spent < 1e-5 else f"{spent * 1e6:,.1f} us"
    one = {"event": "an event", "process": "in all"}.get(case.unit, "an order")
    others = f", others took {line['others']:.2f} of a core" if line["others"] > IDLE else ""
    return f"{case.name} {number} of {rounds}: {line['system']} {written} {one}{others}"
