"""Engages the kill switch in a thread of its own: a disk that hangs does not keep a cancel waiting.

First the flag, in memory; whoever waits for it waits a moment at most. Then the latch, on the disk,
however long that takes.
"""

import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from fairlead.gateways.kill_flag import Engaged, Switch
from fairlead.gateways.kill_latch import Kill
from fairlead.journal.sequencer import Clock
from fairlead.model.units import Nanos

FLAG_SECONDS: Final = 0.02  # the flag takes some ten microseconds where the disk is well
_WAITING_MAX: Final = 1_000  # kills; the first has blocked everything, the others are written down


class Trigger:
    """One call for a kill, and what came of it."""

    def __init__(self, kill: Kill, where: str, time: Nanos) -> None:
        """Take who calls from where, and when by the monotonic clock."""
        self.kill = kill
        self.where = where
        self.time = time
        self.submitted = False  # whether a blocker has it
        self.engaged: Engaged | None = None
        self.durable: Engaged | None = None
        self._blocked = threading.Event()

    def settle(self, engaged: Engaged) -> None:
        """Say what came of it."""
        self.engaged = engaged
        self._blocked.set()

    def wait(self, seconds: float) -> Engaged | None:
        """Return what came of it, None where nothing did in that time."""
        self._blocked.wait(seconds)
        return self.engaged


class Blocker:
    """Engages the switch of a directory for one trigger after the other."""

    def __init__(self, directory: Path, clock: Clock, tell: Callable[[Trigger], None]) -> None:
        """Take the directory; `tell` hears when a trigger is on the disk, or could not get there.

        It is called from the blocker's thread.
        """
        self._directory = directory
        self._clock = clock
        self._tell = tell
        self._waiting: queue.Queue[Trigger | None] = queue.Queue(_WAITING_MAX)
        self._thread = threading.Thread(target=self._run, name="blocker", daemon=True)
        self.problem = ""
        self.ready = threading.Event()  # the switch was opened, or made

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; a thread that hangs in the disk is left behind."""
        try:
            self._waiting.put_nowait(None)
        except queue.Full:
            return
        self._thread.join(1)

    def block(self, trigger: Trigger) -> None:
        """Engage the flag, and wait for that only a moment. Any thread may call it, once each."""
        trigger.submitted = True
        try:
            self._waiting.put_nowait(trigger)
        except queue.Full:
            self.problem = f"{_WAITING_MAX} kills wait for the disk"
            self._tell(trigger)
            return
        trigger.wait(FLAG_SECONDS)

    def _run(self) -> None:
        switch = Switch(self._directory, mapped=False, now=self._clock.now())
        self.ready.set()
        while (trigger := self._waiting.get()) is not None:
            now = self._clock.now()
            try:
                trigger.settle(switch.engage(trigger.kill, now, durable=False))
                trigger.durable = switch.engage(trigger.kill, now)
                self.problem = ""
            except Exception as error:  # noqa: BLE001 - the loop: the next kill must come through
                self.problem = f"{type(error).__name__}: {error}"
                if trigger.engaged is None:
                    trigger.settle(_failed(self.problem))
            self._tell(trigger)


def _failed(problem: str) -> Engaged:
    return Engaged(flag=False, latched=False, already=False, generation=0, problems=(problem,))
