"""The record of the drills: when each was, who held it, and what came of it.

One JSON object a line, beside the sessions of a journal: drills of the kill switch in
`drills.jsonl`, those of crashes in `crash-drills.jsonl`. It must be read by what starts at once
(`fairlead status`): nothing here imports a machine.
"""

import os
from pathlib import Path
from typing import Final

import msgspec

from fairlead.model.units import NANOS_PER_SECOND, Nanos

DRILLS_NAME: Final = "drills.jsonl"
CRASH_DRILLS_NAME: Final = "crash-drills.jsonl"
_DAY: Final = 86_400 * NANOS_PER_SECOND
DRILL_AGE_MAX: Final = Nanos(31 * _DAY)  # S0-KILL-05: the switch is tried every month


class Step(msgspec.Struct, frozen=True):
    """One step of a drill: what was found, and whether it was right."""

    name: str
    passed: bool
    found: str


class Drill(msgspec.Struct, frozen=True, kw_only=True):
    """One drill of the kill switch."""

    time: Nanos  # by the clock of who held it
    person: str
    passed: bool
    steps: tuple[Step, ...]
    cancels: int  # that were sent
    last_cancel_after: Nanos  # from the trigger to the last cancel on the wire, really measured


class CrashDrill(msgspec.Struct, frozen=True, kw_only=True):
    """One drill of crashes; times of a start are from the start of its process."""

    time: Nanos  # by the clock of who held it
    person: str
    passed: bool
    steps: tuple[Step, ...]
    seed: int
    kills: dict[str, int]  # how many, by where the node was
    recoveries: int  # how often it came back and wrote
    snapshots: int  # that it took
    inputs: int  # of the journal
    messages: int  # about orders, that the exchange got
    duplicates: int  # of them
    executions: int
    back_after_p50: Nanos  # to its first new input
    back_after_max: Nanos
    trading_after_p50: Nanos  # to its first message to the exchange
    trading_after_max: Nanos
    took: Nanos  # all in all


def write_drill(directory: Path, drill: Drill | CrashDrill) -> None:
    """Add a drill to its record, on the disk. Raises `OSError`."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / (DRILLS_NAME if isinstance(drill, Drill) else CRASH_DRILLS_NAME)
    with path.open("ab+") as file:
        torn = file.tell() > 0 and _last_byte(path) != b"\n"
        file.write((b"\n" if torn else b"") + msgspec.json.encode(drill) + b"\n")
        file.flush()
        os.fsync(file.fileno())


def last_drill(directory: Path) -> Drill | None:
    """Return the last drill that passed; None if there is none that can be read.

    One that failed is no drill, and neither is a line that nobody can read.
    """
    try:
        lines = (directory / DRILLS_NAME).read_bytes().splitlines()
    except OSError:
        return None
    for line in reversed(lines):
        try:
            drill = msgspec.json.decode(line, type=Drill)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        if drill.passed:
            return drill
    return None


def drill_warning(directory: Path, now: Nanos) -> str:
    """Return what is wrong with the last drill, empty if it was held within a month."""
    last = last_drill(directory)
    advice = "hold one: fairlead drill kill"
    if last is None:
        return f"the kill switch was never drilled here; {advice}"
    age = now - last.time
    if age < 0:
        return f"the last drill of the kill switch is from the future; {advice}"
    if age > DRILL_AGE_MAX:
        return f"the last drill of the kill switch was {age // _DAY} days ago; {advice}"
    return ""


def _last_byte(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1)
