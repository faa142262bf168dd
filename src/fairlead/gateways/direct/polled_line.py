"""The connection of a session that never sleeps: it looks itself, and there is no thread between.

Whoever polls reads, and is told in the same call what came. A thread there is only while a
connection is made, as that may take seconds. A session that does not look for two heartbeats cannot
tell how old is what waits for it, so its end ends and connects anew (`node_end.py`): a node that
hangs is silent, and nothing beats its heart for it.
"""

import threading
from collections.abc import Callable

from fairlead.gateways.direct.line import Listener
from fairlead.gateways.direct.messages import Action
from fairlead.gateways.direct.node_end import NodeEnd
from fairlead.gateways.direct.outlet import NOT_CONNECTED, Client, Outlet
from fairlead.gateways.errors import LineBroken
from fairlead.gateways.transport import Address, open_line
from fairlead.model.units import Nanos


class PolledLine:
    """A connection that is made again when it breaks. All methods are called from one thread."""

    def __init__(
        self,
        address: Address,
        end: NodeEnd,
        listener: Listener,
        monotonic: Callable[[], Nanos],
        pause: Callable[[int], Nanos],
    ) -> None:
        """Take what a `DirectLine` takes."""
        self._monotonic = monotonic
        self._address = address
        self._end = end
        self._listener = listener
        self._pause = pause
        self._outlet: Outlet | None = None
        self._attempt: _Attempt | None = None
        self._attempts = 0
        self._next_attempt = Nanos(0)
        self._closing = False

    def start(self) -> None:
        """Begin to connect."""
        self._attempts = 1
        self._attempt = _Attempt(self._address)

    def poll(self) -> None:
        """Take what came, and say what is due; never waits."""
        outlet = self._outlet
        if outlet is None:
            self._connect()
            return
        end = self._end
        try:
            content = outlet.client.poll()
            now = self._monotonic()
            if content:
                stood = end.logged_in
                events = end.receive(content, now)
                self._attempts = 0 if stood or end.logged_in else self._attempts
                self._listener.happened(events)
            if now >= end.next_time or end.outgoing or outlet.waiting:
                end.tick(now)
                outlet.flush()
        except LineBroken as error:
            end.lost(str(error))
        if end.ended:
            self._hang_up(outlet)

    def send(self, action: Action) -> str:
        """Send an action. Return why nothing of it left, "" where it left or may have."""
        outlet = self._outlet
        return NOT_CONNECTED if outlet is None else outlet.send(action, self._monotonic())

    def refresh(self) -> None:
        """Ask for whole books, with the next poll."""
        if self._outlet is not None:
            self._end.refresh(self._monotonic())

    def hang_up(self, reason: str) -> None:
        """End the session and do not connect again."""
        self._closing = True
        if self._outlet is not None:
            self._end.end(reason)
            self._hang_up(self._outlet)

    def close(self, reason: str) -> None:
        """End the session and the connection."""
        self.hang_up(reason)
        if self._attempt is not None:
            client = self._attempt.join()
            if client is not None:
                client.close()
            self._attempt = None

    def _connect(self) -> None:
        """Take a connection that is made by now, or begin to make one when it is time."""
        attempt = self._attempt
        if attempt is None:
            if not self._closing and self._monotonic() >= self._next_attempt:
                self._attempts += 1
                self._attempt = _Attempt(self._address)
            return
        if attempt.running:
            return
        self._attempt = None
        client = attempt.join()
        if client is None:
            self._break(attempt.problem)
        elif self._closing:
            client.close()
        else:
            self._end.connected(self._monotonic())
            self._outlet = Outlet(client, self._end)

    def _hang_up(self, outlet: Outlet) -> None:
        self._outlet = None
        outlet.say_last()
        outlet.client.close()  # before anybody hears of it
        self._break(self._end.ended)

    def _break(self, reason: str) -> None:
        self._next_attempt = Nanos(self._monotonic() + self._pause(self._attempts))
        self._listener.broke(reason)


class _Attempt:
    """A connection that is being made, in a thread that ends with it."""

    def __init__(self, address: Address) -> None:
        self.problem = ""
        self._address = address
        self._client: Client | None = None
        self._died: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="direct line", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether it may still come to something."""
        return self._thread.is_alive()

    def join(self) -> Client | None:
        """Return the connection, None if there is a problem. Raises what killed the attempt."""
        self._thread.join()
        if self._died is not None:
            raise RuntimeError("the line to the venue has died") from self._died
        return self._client

    def _run(self) -> None:
        try:
            self._client = open_line(self._address)
        except LineBroken as error:
            self.problem = str(error)
        except BaseException as error:  # noqa: BLE001 - told to who would wait for it for ever
            self._died = error
