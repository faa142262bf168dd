"""Stands between a node and an exchange, and does to their connections what networks do."""

import socket
import threading
from contextlib import suppress
from enum import Enum
from typing import NamedTuple

_CHUNK = 4096


class Trouble(Enum):
    """What becomes of a connection when its bytes have passed."""

    CUT = "both sides are told at once"
    STALL = "nothing passes any more, and nobody is told"
    DEAF = "the venue hears nothing more, and what it says arrives"
    MUTE = "the node hears nothing more, and what it says arrives"


class Plan(NamedTuple):
    """The trouble of one connection, after so many bytes of the node."""

    trouble: Trouble
    after: int


class Proxy:
    """Listens for a node, and connects it to an exchange; each connection follows one plan.

    The plans are taken in order; without one a connection goes on for ever.
    """

    def __init__(self, target: str) -> None:
        """Listen on loopback."""
        host, _, port = target.rpartition(":")
        self._target = (host, int(port))
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listening.getsockname()[1]}"
        self.plans: list[Plan] = []
        self.troubles = 0  # that came
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._over = False
        self._begin(self._accept)

    def close(self) -> None:
        """End everything."""
        self._over = True
        for one in (self._listening, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join()

    def _begin(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._over:
            try:
                node, _ = self._listening.accept()
                venue = socket.create_connection(self._target)
            except OSError:
                return
            plan = self.plans.pop(0) if self.plans else None
            self._open += [node, venue]
            line = _Line(self, node, venue, plan)
            self._begin(line.carry, node, venue)
            self._begin(line.carry, venue, node)


class _Line:
    """One connection, in both directions."""

    def __init__(
        self, proxy: Proxy, node: socket.socket, venue: socket.socket, plan: Plan | None
    ) -> None:
        self._proxy = proxy
        self._node = node
        self._venue = venue
        self._plan = plan
        self._said = 0  # bytes of the node
        self._came = threading.Event()

    def carry(self, one: socket.socket, other: socket.socket) -> None:
        """Carry bytes one way until it is over."""
        with suppress(OSError):
            while content := one.recv(_CHUNK):
                content = self._passing(content, one is self._node)
                if content:
                    other.sendall(content)
                if self._came.is_set() and self._plan and self._plan.trouble is Trouble.CUT:
                    break
        for side in (one, other):
            with suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)

    def _passing(self, content: bytes, is_nodes: bool) -> bytes:
        plan = self._plan
        if plan is None:
            return content
        if is_nodes and not self._came.is_set():
            left = plan.after - self._said
            self._said += len(content)
            if left < len(content):
                self._came.set()
                self._proxy.troubles += 1
                return content[: max(0, left)]
            return content
        if not self._came.is_set():
            return content
        silent = {Trouble.DEAF: is_nodes, Trouble.MUTE: not is_nodes}
        return b"" if silent.get(plan.trouble, True) else content
