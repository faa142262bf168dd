"""What may stop the firm while the node cannot be asked: each watches alone, and needs no other.

The switch's own files (the flag that anybody engaged, the latch, the kill file) and the heartbeat
of the node are here; HTTP and Slack are in `doors.py`. Times come in as arguments; the threads that
bring them are at the end. A thread that hangs, in a disk or anywhere, stops no other trigger.
"""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from fairlead.gateways.kill_flag import Standing, Switch
from fairlead.gateways.kill_latch import Kill, Mode
from fairlead.gateways.kill_page import Heartbeat
from fairlead.journal.sequencer import WallClock, monotonic_ns
from fairlead.model.units import NANOS_PER_SECOND, Nanos

LOOK_SECONDS: Final = 0.005  # how often flag, latch and kill file are looked at
BEAT_SECONDS: Final = 0.05  # how often the heartbeat is
_BACKWARDS: Final = -NANOS_PER_SECOND  # a beat from the future: the host was started again since
_PERSON: Final = "fairlead guard"


class Watchdog:
    """Misses the heartbeat of a node, once for each time that it stops."""

    def __init__(self, limit: Nanos) -> None:
        """Take how old the last heartbeat may be."""
        assert limit > 0, "a heartbeat is always older than nothing"
        self._limit = limit
        self._missed: Heartbeat | None = None

    def check(self, beat: Heartbeat | None, monotonic: Nanos) -> Kill | None:
        """Return the kill if the node stopped beating; None if it beats, or ended in order.

        A person who releases the switch before the node is back is not overruled: the same silence
        is told once.
        """
        if beat is None or beat == self._missed:
            return None
        age = monotonic - beat.monotonic
        if _BACKWARDS <= age <= self._limit:
            return None
        self._missed = beat
        told = f"for {_seconds(age)}" if age >= 0 else "since this host was started"
        reason = f"no heartbeat of node {beat.pid} {told}, the limit is {_seconds(self._limit)}"
        return Kill(person=_PERSON, reason=reason, source="watchdog", mode=Mode.CANCEL)


def _seconds(span: int) -> str:
    return f"{span // 1_000_000 / 1_000:g} s"


class Watch:
    """Calls one function again and again, in a thread of its own, whatever comes of it."""

    def __init__(self, name: str, seconds: float, look: Callable[[], None]) -> None:
        """Take what to call, and how often."""
        self.name = name
        self.problem = ""  # what came of the last call, if it failed
        self.looked = monotonic_ns()  # when the last call ended
        self._seconds = seconds
        self._look = look
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; a thread that hangs is left behind."""
        self._stop.set()
        self._thread.join(1)

    def stuck_for(self, now: Nanos) -> Nanos:
        """Return how long the last call ended ago."""
        return Nanos(now - self.looked)

    def _run(self) -> None:
        while not self._stop.wait(self._seconds):
            try:
                self._look()
                self.problem = ""
            except Exception as error:  # noqa: BLE001 - the loop: a trigger goes on to watch
                self.problem = f"{type(error).__name__}: {error}"
            self.looked = monotonic_ns()


def flag_watch(directory: Path, tell: Callable[[Standing], None]) -> Watch:
    """Return the watch over the files of the switch; `tell` hears of every change."""
    switch: list[Switch] = []
    told: list[Standing] = []

    def look() -> None:
        if not switch:
            switch.append(Switch(directory, mapped=False, now=WallClock().now()))
        standing = switch[0].look()
        if told != [standing]:
            told[:] = [standing]
            tell(standing)

    return Watch("switch", LOOK_SECONDS, look)


def heartbeat_watch(directory: Path, limit: Nanos, tell: Callable[[Kill], None]) -> Watch:
    """Return the watch over the heartbeat; `tell` hears when it is missed."""
    switch: list[Switch] = []
    watchdog = Watchdog(limit)

    def look() -> None:
        if not switch:
            switch.append(Switch(directory, mapped=False, now=WallClock().now()))
        kill = watchdog.check(switch[0].heartbeat(), monotonic_ns())
        if kill is not None:
            tell(kill)

    return Watch("watchdog", BEAT_SECONDS, look)
