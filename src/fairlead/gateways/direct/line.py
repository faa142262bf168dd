"""The connection of a node to a venue: one thread that connects, reads, and writes what waits.

A connection that breaks is made again, later each time. What is to leave is given to the system by
whoever sends it, at once (`outlet.py`); what the system takes only in part goes on from here. A
session that never sleeps needs no such thread: see `polled_line.py`.
"""

import threading
from collections.abc import Callable
from typing import Protocol

from fairlead.gateways.direct.messages import Action
from fairlead.gateways.direct.node_end import Event, NodeEnd
from fairlead.gateways.direct.outlet import NOT_CONNECTED, Outlet
from fairlead.gateways.errors import LineBroken
from fairlead.gateways.transport import Address, Wake, open_line
from fairlead.model.units import NANOS_PER_SECOND, Nanos


class Listener(Protocol):
    """Who is told what happens, in the thread of the line."""

    def happened(self, events: list[Event]) -> None:
        """Take what came."""

    def broke(self, reason: str) -> None:
        """Take note that a session or an attempt at one is over."""

    def died(self, error: BaseException) -> None:
        """Take note that the thread has ended by a mistake of ours, or without memory."""


class DirectLine:
    """The thread and its connection. `send` is called from another thread."""

    def __init__(
        self,
        address: Address,
        end: NodeEnd,
        listener: Listener,
        monotonic: Callable[[], Nanos],
        pause: Callable[[int], Nanos],
    ) -> None:
        """Take where to connect, a clock that only goes forward, and how long to pause after so
        many attempts in a row.
        """
        self._monotonic = monotonic
        self._address = address
        self._end = end
        self._listener = listener
        self._pause = pause
        self._lock = threading.Lock()  # of the end and the outlet
        self._outlet: Outlet | None = None
        self._wake = Wake()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="direct line", daemon=True)

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def send(self, action: Action) -> str:
        """Send an action. Return why nothing of it left, "" where it left or may have."""
        with self._lock:
            outlet = self._outlet
            if outlet is None:
                return NOT_CONNECTED
            problem = outlet.send(action, self._monotonic())
            if problem or outlet.waiting:
                self._wake.call()  # the rest is for the thread
            return problem

    def refresh(self) -> None:
        """Ask for whole books."""
        with self._lock:
            if self._outlet is not None:
                self._end.refresh(self._monotonic())
        self._wake.call()

    def hang_up(self, reason: str) -> None:
        """End the session and do not connect again."""
        self._closing.set()
        with self._lock:
            if self._outlet is not None:
                self._end.end(reason)
                self._outlet.say_last()
        self._wake.call()

    def close(self, reason: str) -> None:
        """End the session, the thread and the connection."""
        self.hang_up(reason)
        if self._thread.is_alive():
            self._thread.join()
        self._wake.close()

    def _run(self) -> None:
        try:
            self._stay_connected()
        except BaseException as error:  # noqa: BLE001 - told to who would wait for it for ever
            self._listener.died(error)

    def _stay_connected(self) -> None:
        attempts = 0
        while not self._closing.is_set():
            attempts += 1
            try:
                client = open_line(self._address)
            except LineBroken as error:
                self._listener.broke(str(error))
            else:
                try:
                    if self._serve(Outlet(client, self._end)):
                        attempts = 0
                finally:
                    client.close()
            if not self._closing.is_set():
                self._wake.wait(self._pause(attempts) / NANOS_PER_SECOND)

    def _serve(self, outlet: Outlet) -> bool:
        """Keep a connection until it is over. Return whether a session stood on it."""
        stood = False
        with self._lock:
            self._end.connected(self._monotonic())
            self._outlet = outlet
        reason = ""
        try:
            while not self._end.ended and not self._closing.is_set():
                content = self._turn(outlet)
                stood = stood or self._end.logged_in
                if content:
                    with self._lock:
                        events = self._end.receive(content, self._monotonic())
                    stood = stood or self._end.logged_in
                    self._listener.happened(events)
        except LineBroken as error:
            reason = str(error)
        with self._lock:
            self._outlet = None
            outlet.say_last()
            self._end.lost(reason or "closed by us")
        outlet.client.close()  # before anybody hears of it
        self._listener.broke(self._end.ended)
        return stood

    def _turn(self, outlet: Outlet) -> bytes:
        with self._lock:
            now = self._monotonic()
            self._end.tick(now)
            outlet.flush()
            seconds = max(0, self._end.next_time - now) / NANOS_PER_SECOND
            waits = bool(outlet.waiting)
        return outlet.client.receive(seconds, self._wake, sending=waits)
