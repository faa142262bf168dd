"""Sockets for datagrams, beside those for connections in `transport.py`. Nothing here waits.

May never say what a datagram means.
"""

import socket
from typing import Final

from fairlead.gateways.errors import CannotListen
from fairlead.gateways.transport import Address

# What a busy feed sends while a process is held up for some 20 ms; Linux counts that twice.
DATAGRAM_ROOM: Final = 4_000_000
ANY_INTERFACE: Final = "0.0.0.0"  # noqa: S104 - whatever the system would take
_MULTICAST: Final = 0xE  # the first four bits of a group
_DATAGRAM_BYTES_MAX: Final = 64 * 1024


class Datagrams:
    """A socket for datagrams, of a group where the address is one (multicast). It never waits."""

    def __init__(
        self, address: Address, interface: str = ANY_INTERFACE, room: int = DATAGRAM_ROOM
    ) -> None:
        """Listen at an address. Raises `CannotListen`, also where the system gives less room.

        `room`: how many bytes of datagrams the system keeps while nobody looks.
        """
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            _listen(self._socket, address, interface, room)
        except (OSError, UnicodeError) as error:
            self._socket.close()
            reason = getattr(error, "strerror", None) or str(error)
            raise CannotListen(f"{address}: cannot listen there: {reason}") from error
        self.address = address._replace(port=self._socket.getsockname()[1])
        given = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        if given < room:
            self._socket.close()
            found = f"the system keeps {given} bytes of datagrams, expected {room}"
            raise CannotListen(f"{address}: {found}: raise net.core.rmem_max")

    def receive(self) -> tuple[bytes, Address] | None:
        """Return a datagram and who sent it, None where there is none."""
        try:
            content, (host, port) = self._socket.recvfrom(_DATAGRAM_BYTES_MAX)
        except OSError:  # nothing came, or what we sent was refused
            return None
        return content, Address(host, port)

    def send(self, content: bytes, address: Address) -> bool:
        """Return whether the system took it. Nobody promises that it arrives."""
        try:
            return self._socket.sendto(content, (address.host, address.port)) == len(content)
        except OSError:
            return False

    def fileno(self) -> int:
        """Return what `select` wants."""
        return self._socket.fileno()

    def close(self) -> None:
        """Listen no more."""
        self._socket.close()


def _listen(listening: socket.socket, address: Address, interface: str, room: int) -> None:
    listening.setblocking(False)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
    ours = socket.inet_aton(interface)
    listening.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, ours)
    group = socket.inet_aton(socket.gethostbyname(address.host))
    if group[0] >> 4 == _MULTICAST:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group + ours)
    listening.bind((address.host, address.port))
