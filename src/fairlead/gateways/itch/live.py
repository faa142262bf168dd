"""ITCH off the wire: the lines, the server of requests and GLIMPSE, run in one thread.

Only what a shell is for: sockets are waited for, bytes go to the protocols, and what these want to
say leaves. Time comes from whoever runs it.
"""

import select
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from fairlead.gateways.datagrams import ANY_INTERFACE, DATAGRAM_ROOM, Datagrams
from fairlead.gateways.errors import LineBroken, MalformedFrame
from fairlead.gateways.itch.stream import ItchStream
from fairlead.gateways.soupbintcp import ClientEnd, Sequenced
from fairlead.gateways.transport import Address, LineClient, Wake
from fairlead.model.inputs import Input
from fairlead.model.units import NANOS_PER_SECOND, Nanos

BURST_MAX: Final = 1_000  # datagrams of one line, before the others have their turn
RETRY_FIRST: Final = Nanos(NANOS_PER_SECOND)  # after a snapshot that did not come
RETRY_MAX: Final = Nanos(30 * NANOS_PER_SECOND)

Clock = Callable[[], Nanos]


class Places(NamedTuple):
    """Where a feed is: its lines, who answers requests, and who tells snapshots."""

    lines: tuple[Address, ...]
    requests: Address | None = None
    glimpse: Address | None = None
    username: str = ""
    password: str = ""
    interface: str = ANY_INTERFACE  # that groups are joined on
    room: int = DATAGRAM_ROOM

    def __repr__(self) -> str:
        """Write it without the password."""
        return f"Places({', '.join(map(str, self.lines))})"


class LiveItch:
    """One session of ITCH on the network."""

    def __init__(self, stream: ItchStream, places: Places, clock: Clock) -> None:
        """Listen to all lines. Raises `CannotListen`."""
        self._stream = stream
        self._places = places
        self._clock = clock
        self._sockets: list[Datagrams] = []  # the lines, and last the one that asks
        self._glimpse = _Glimpse(stream, places)
        try:
            for address in (*places.lines, Address(places.interface, 0)):
                self._sockets.append(Datagrams(address, places.interface, places.room))
        except Exception:
            self.close()
            raise

    @property
    def lines(self) -> tuple[Address, ...]:
        """Where the lines are listened to, with the ports that the system chose."""
        return tuple(line.address for line in self._sockets[:-1])

    @property
    def glimpse_problem(self) -> str:
        """Why the last snapshot did not come, empty if none has failed."""
        return self._glimpse.problem

    def run(self, seconds: float) -> list[Input]:
        """Wait for what comes, `seconds` at most; return what it means."""
        waiting: list[Datagrams | LineClient] = [*self._sockets, *self._glimpse.connections]
        ready, _, _ = select.select(waiting, [], [], self._patience(seconds))
        now = self._clock()
        inputs: list[Input] = []
        for line, datagrams in enumerate(self._sockets):
            if datagrams in ready:
                inputs += self._drain(line, datagrams, now)
        # Only behind what has come: an answer that waits here is no answer that did not come.
        inputs += self._stream.tick(now)
        self._ask()
        return inputs + self._glimpse.run(now)

    def close(self) -> None:
        """Give all sockets back."""
        for datagrams in self._sockets:
            datagrams.close()
        self._glimpse.close()

    def _patience(self, seconds: float) -> float:
        due = self._stream.receiver.next_time
        if due is None:
            return seconds
        return min(seconds, max(0, due - self._clock()) / NANOS_PER_SECOND)

    def _drain(self, line: int, datagrams: Datagrams, now: Nanos) -> list[Input]:
        inputs: list[Input] = []
        for _ in range(BURST_MAX):
            came = datagrams.receive()
            if came is None:
                break
            try:
                inputs += self._stream.datagram(line, came[0], now)
            except MalformedFrame:
                continue  # the receiver has counted it; what was in it is missing
        return inputs

    def _ask(self) -> None:
        requests = self._stream.receiver.requests
        for request in requests if self._places.requests is not None else ():
            assert self._places.requests is not None, "somebody answers"
            self._sockets[-1].send(request.encode(), self._places.requests)
        requests.clear()


class _Glimpse:
    """Fetches a snapshot where one is wanted, and again where it did not come."""

    def __init__(self, stream: ItchStream, places: Places) -> None:
        self.problem = ""
        self._stream = stream
        self._places = places
        self._end = ClientEnd(places.username, places.password)
        self._line: LineClient | None = None
        self._wake = Wake()
        self._retry_at = Nanos(0)
        self._retry_in = RETRY_FIRST

    @property
    def connections(self) -> Sequence[LineClient]:
        return () if self._line is None else (self._line,)

    def run(self, now: Nanos) -> list[Input]:
        if self._line is None:
            if self._stream.wants_snapshot and now >= self._retry_at:
                self._begin(now)
            return []
        inputs: list[Input] = []
        try:
            for event in self._end.receive(self._line.receive(0, self._wake), now):
                if isinstance(event, Sequenced) and self._stream.in_snapshot:
                    inputs += self._stream.snapshot_message(event.message, now)
            self._end.tick(now)
            self._send()
        except (LineBroken, MalformedFrame) as error:
            self._finish(str(error), now)
        else:
            if not self._stream.in_snapshot:
                self._retry_in = RETRY_FIRST
                self._finish("", now)
            elif self._end.ended:
                self._finish(self._end.ended, now)
        return inputs

    def _begin(self, now: Nanos) -> None:
        if self._places.glimpse is None:
            return
        self._stream.begin_snapshot()  # before anything is asked: what changes from now on is held
        try:
            self._line = LineClient(self._places.glimpse)
            self._end = ClientEnd(self._places.username, self._places.password)
            self._end.connected(now)
            self._send()
        except LineBroken as error:
            self._finish(str(error), now)

    def _send(self) -> None:
        assert self._line is not None, "there is a connection"
        taken = self._line.offer(bytes(self._end.outgoing))
        del self._end.outgoing[:taken]

    def _finish(self, problem: str, now: Nanos) -> None:
        """Let go of the connection; where there was a problem, try again after a while."""
        if self._line is not None:
            self._line.close()
            self._line = None
        self.problem = problem or self.problem
        self._stream.snapshot_failed()
        if problem:
            self._retry_at = Nanos(now + self._retry_in)
            self._retry_in = min(Nanos(2 * self._retry_in), RETRY_MAX)

    def close(self) -> None:
        if self._line is not None:
            self._line.close()
        self._wake.close()
