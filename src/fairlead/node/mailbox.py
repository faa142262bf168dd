"""Where operators put commands for a node that runs: read, taken as inputs, answered.

Only commands are taken, and of these only what is on a list. A file that is none is answered with
the reason and moved; nothing that lies here can stop the node. What was posted while no node ran is
answered as too late, except a kill: nobody waits for the rest any more, and it might say what is no
longer meant.
"""

import json
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

from fairlead.journal.sequencer import monotonic_ns
from fairlead.model import inputs, text
from fairlead.model.errors import UnreadableText
from fairlead.model.forms import shown
from fairlead.model.inputs import Input
from fairlead.model.names import Names
from fairlead.model.outputs import Output
from fairlead.model.units import NANOS_PER_MILLISECOND, Nanos, Sequence
from fairlead.node import letters

# Between two looks into the directory.
POLL_EVERY: Final = Nanos(50 * NANOS_PER_MILLISECOND)
KEPT_MAX: Final = 1_000  # commands with their answers; the oldest go first
# What people may say to a node that runs. A session is ended by its own process: no `StopCommand`.
COMMANDS: Final = frozenset(
    (
        inputs.KillCommand,
        inputs.ReleaseCommand,
        inputs.StartCommand,
        inputs.StrategyStopCommand,
        inputs.ReopenCommand,
        inputs.AdoptFillCommand,
        inputs.ResolveOrderCommand,
        inputs.CloseBreakCommand,
        inputs.AssignBreakCommand,
        inputs.PositionCorrection,
        inputs.CashMoved,
        inputs.CashConverted,
        inputs.ReverseCommand,
        inputs.ReconcileCommand,
        inputs.SignOffCommand,
        inputs.RiskLimitChange,
        inputs.ApproveCommand,
        inputs.DeclineCommand,
        inputs.OverrideRequest,
        inputs.AttestCommand,
        inputs.BreakerCommand,
        inputs.RetireCommand,
        inputs.AcknowledgeCommand,
        inputs.PermissionChange,
        inputs.RestrictionChange,
        inputs.FlagChange,
        inputs.StrategyStartCommand,
        inputs.LimitChange,
        inputs.MessageRateChange,
        inputs.BreakerDefinition,
        inputs.DynamicLimitDefinition,
        inputs.NamedCheckDefinition,
        inputs.PreTradePolicyChange,
        inputs.KillPolicyChange,
        inputs.DataQualityPolicyChange,
        inputs.AcceptDataCommand,
        inputs.ProfileChange,
    )
)
_NAMES: Final = frozenset(kind.__name__ for kind in COMMANDS)
_DEFINING: Final = frozenset(
    (
        inputs.InstrumentDefinition,
        inputs.AccountDefinition,
        inputs.StrategyDefinition,
        inputs.InstrumentRenamed,
    )
)


class Letter(NamedTuple):
    """One command that was read."""

    name: str
    input: Input


class Mailbox:
    """The commands of one directory. A reader: it learns the names that commands use."""

    def __init__(self, directory: Path) -> None:
        """Take the directory; it is made when the node begins."""
        self.directory = directory
        self._done = directory / letters.DONE_NAME
        self.names = Names()
        self._time = Nanos(0)
        self._poll_at = Nanos(0)
        self._open = False
        self._stuck: dict[str, None] = {}  # what cannot be moved, and is not looked at again

    def follow(self, sequence: Sequence, time: Nanos, input: Input, outputs: list[Output]) -> None:
        """Learn what a definition names."""
        self._time = time
        if type(input) in _DEFINING:
            self.names.learn(input)

    def begin(self) -> list[Letter]:
        """Open the box; return the kills that were posted before, and refuse all else."""
        try:
            self._done.mkdir(parents=True, exist_ok=True)
        except OSError:
            return []  # nobody can post anything either
        self._open = True
        found = [letter for name in self._waiting() if (letter := self._read(name)) is not None]
        kills = []
        for letter in found:
            if isinstance(letter.input, inputs.KillCommand):
                kills.append(letter)
            else:
                self._answer(
                    letter.name, {"error": "it was posted while no node ran: post it again"}
                )
        return kills

    def poll(self) -> Letter | None:
        """Return the oldest command, if it is time to look and there is one."""
        now = monotonic_ns()
        if not self._open or now < self._poll_at:
            return None
        for name in self._waiting():
            letter = self._read(name)
            if letter is not None:
                return letter  # there may be more: the next look is at once
        self._poll_at = Nanos(now + POLL_EVERY)
        return None

    def answer(self, letter: Letter, sequence: Sequence, outputs: list[Output]) -> None:
        """Put the answer of the machine where who asked will look."""
        written = [text.write(output, self.names) for output in outputs]
        self._answer(letter.name, {"sequence": sequence, "outputs": written})

    def _waiting(self) -> list[str]:
        """Return the names of what waits, oldest first."""
        try:
            found = os.listdir(self.directory)
        except OSError:
            return []
        names = (
            name.removesuffix(letters.SUFFIX)
            for name in found
            if name.endswith(letters.SUFFIX) and not name.startswith(".")
        )
        return sorted(name for name in names if name not in self._stuck)

    def _read(self, name: str) -> Letter | None:
        """Return a command; what is none is answered and moved."""
        try:
            found = text.read_object(self._move(name))
            kind = found.get("type")
            if not isinstance(kind, str) or kind not in _NAMES:
                known = ", ".join(sorted(_NAMES))
                raise UnreadableText("type", shown(kind), f"one of {known}")
            return Letter(name, text.read_input(found, self.names, self._time))
        except FileNotFoundError:
            return None  # it was withdrawn
        except (UnreadableText, OSError, ValueError) as error:
            self._answer(name, {"error": str(error)})
            return None

    def _move(self, name: str) -> bytes:
        """Return what a file says, after it was moved: what cannot be moved is never taken.

        Raises `OSError`, and `ValueError` for one that is no letter.
        """
        path = self.directory / f"{name}{letters.SUFFIX}"
        moved = self._done / path.name
        try:
            os.replace(path, moved)
        except FileNotFoundError:
            raise
        except OSError:
            self._stuck[name] = None
            raise
        return _content(moved)

    def _answer(self, name: str, answer: dict[str, Any]) -> None:
        with suppress(OSError):
            content = json.dumps(answer).encode() + b"\n"
            letters.write_whole(self._done / f"{name}{letters.ANSWER_SUFFIX}", content)
        self._forget()

    def _forget(self) -> None:
        """Remove the oldest of what is done."""
        with suppress(OSError):
            kept = sorted(os.listdir(self._done))
            for name in kept[: max(0, len(kept) - 2 * KEPT_MAX)]:
                _remove(self._done / name)


def _content(path: Path) -> bytes:
    """Return what a file says. Raises `OSError`, and `ValueError` for one that is no letter."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
    try:
        content = os.read(file, letters.LETTER_BYTES_MAX + 1)
    finally:
        os.close(file)
    if len(content) > letters.LETTER_BYTES_MAX:
        raise ValueError(f"it is longer than {letters.LETTER_BYTES_MAX} bytes")
    return content


def _remove(path: Path) -> None:
    try:
        os.unlink(path)
    except OSError:
        shutil.rmtree(path, ignore_errors=True)
