"""What the system holds of a connection: asked for, and read back from the live socket.

May not open a connection: it is given one.
"""

import errno
import socket
from typing import Final, NamedTuple

# Of a connection, each way, as it is asked for: Linux gives twice that where it may, for its own
# bookkeeping. A quarter of a second of a busy market, and no more: what is older waits with us.
BUFFER_BYTES: Final = 256 * 1024
BUFFER_BYTES_MIN: Final = 64 * 1024  # less than this is a machine that was set up for nobody


class Buffers(NamedTuple):
    """What the system gave a connection to hold bytes in, in bytes; of a TCP one without delay."""

    send: int
    receive: int

    def __str__(self) -> str:
        """Return it for people."""
        return f"buffers of {self.send // 1024} KiB to send and {self.receive // 1024} to receive"


def tuned(connection: socket.socket) -> Buffers:
    """Let bytes leave at once, ask for buffers of a size, and return what the system gave.

    It is read back: raises `OSError` where the system says yes and does otherwise.
    """
    if connection.family != socket.AF_UNIX:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY):
            raise OSError(errno.ENOPROTOOPT, "TCP_NODELAY was set and does not hold")
    for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
        connection.setsockopt(socket.SOL_SOCKET, option, BUFFER_BYTES)
    given = buffers_of(connection)
    if min(given) < BUFFER_BYTES_MIN:
        raise OSError(errno.ENOBUFS, f"{given}, {BUFFER_BYTES_MIN} bytes are needed")
    return given


def buffers_of(connection: socket.socket) -> Buffers:
    """Return what the system says of a connection now."""
    return Buffers(
        connection.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF),
        connection.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF),
    )
