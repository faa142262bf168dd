"""Follows the newest session of a directory from outside, in a thread of its own.

A thread, since a long journal takes seconds to read and a disk may hang: neither may keep a kill
waiting. What cannot be read is told as a problem; then nobody may rely on the orders alone.
"""

import threading
from pathlib import Path
from typing import Final, NamedTuple

from fairlead.journal.errors import (
    JournalError,
    JournalSealed,
    JournalUnreadable,
    PayloadForged,
)
from fairlead.journal.log import SEGMENT_SUFFIX
from fairlead.journal.packed import PACKED_SUFFIX
from fairlead.journal.sequencer import monotonic_ns
from fairlead.journal.tail import Tail
from fairlead.model.errors import UndecodableRecord
from fairlead.model.units import NANOS_PER_SECOND, Nanos, Sequence
from fairlead.node.reading import Reading
from fairlead.node.sealing import JournalKeys
from fairlead.operations.working_orders import WorkingOrder, WorkingOrders

_POLL_SECONDS: Final = 0.005
_AGAIN_SECONDS: Final = 0.5  # after a problem; and how often a newer session is looked for


class Followed(NamedTuple):
    """What is known of the journal now."""

    orders: list[WorkingOrder]
    directory: str  # of the session; "" before there is one
    last: Sequence
    behind_bytes: int
    problem: str  # why the orders are not all that may work; "" if they are


class _Session:
    """One journal and what works by it."""

    def __init__(self, directory: Path, key: Path | None) -> None:
        self.tail = Tail(directory)
        self.orders = WorkingOrders(str(directory))
        self._reading = Reading(cipher=JournalKeys(files=[] if key is None else [key]))
        self.undecodable = ""

    def read(self, lock: threading.Lock) -> bool:
        """Take what was committed since; return whether there was anything. Raises `JournalError`.

        The lock is held for one entry at a time: who asks does not wait for a whole piece.
        """
        entries = self.tail.read()
        for entry in entries:
            with lock:
                try:
                    self.orders.apply(self._reading.current(entry))
                except UndecodableRecord as error:
                    self.undecodable = f"input {entry.sequence} of {self.tail.directory}: {error}"
                except (JournalSealed, PayloadForged) as error:
                    self.undecodable = str(error)
                    break  # nothing of this piece can be read, and the list is not complete now
        return bool(entries)


class Follower:
    """Keeps up with a journal, or with the newest of those that are numbered below a directory."""

    def __init__(self, place: Path, key: Path | None = None) -> None:
        """Take the place, and the file of its key; nothing is read before `start`."""
        self._place = place
        self._key = key
        self._sessions: list[_Session] = []  # the newest last; older ones as long as orders work
        self._problem = "nothing was read yet"
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._looked = Nanos(-NANOS_PER_SECOND)
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """Stop reading; a thread that hangs in the disk is left behind."""
        self._stop.set()
        self._thread.join(1)

    def followed(self) -> Followed:
        """Return what is known now. Waits for nothing but one entry."""
        with self._lock:
            sessions = list(self._sessions)
            orders = [order for session in sessions for order in session.orders.orders()]
            problem = self._problem or next((one.undecodable for one in sessions), "")
        if not sessions:
            return Followed(orders, "", Sequence(0), 0, problem)
        tail = sessions[-1].tail
        return Followed(orders, str(tail.directory), tail.last, tail.behind_bytes, problem)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                more = self._read()
                problem, pause = "", 0 if more else _POLL_SECONDS
            except (JournalError, OSError) as error:
                problem, pause = str(error), _AGAIN_SECONDS
            except Exception as error:  # noqa: BLE001 - the loop: whatever it is, a kill must know
                problem, pause = f"{type(error).__name__}: {error}", _AGAIN_SECONDS
            behind = any(session.tail.behind_bytes > 0 for session in self._sessions)
            if not problem and behind and pause == 0:
                problem = "the journal is not read to its end yet"
            with self._lock:
                self._problem = problem
            self._stop.wait(pause)

    def _read(self) -> bool:
        """Read a piece of every session; return whether there is more at once."""
        now = monotonic_ns()
        if now - self._looked >= _AGAIN_SECONDS * NANOS_PER_SECOND:
            self._looked = now
            self._find_newest()
        more = False
        for session in self._sessions:
            more = session.read(self._lock) or more
        return more

    def _find_newest(self) -> None:
        newest = newest_journal(self._place)
        known = [session.tail.directory for session in self._sessions]
        if newest in known:
            return
        with self._lock:
            kept = [session for session in self._sessions if len(session.orders)]
            self._sessions = [*kept, _Session(newest, self._key)]


def newest_journal(place: Path) -> Path:
    """Return the journal that a place is, or the newest session below it.

    Raises `JournalUnreadable` where there is none, and `OSError`.
    """
    names = [path.name for path in place.iterdir()]
    if any(name.endswith((SEGMENT_SUFFIX, PACKED_SUFFIX)) for name in names):
        return place
    sessions = sorted((int(name), name) for name in names if name.isdecimal())
    if not sessions:
        raise JournalUnreadable(f"{place}: no journal here, and no session below it")
    return place / sessions[-1][1]
