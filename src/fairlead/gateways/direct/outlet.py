"""What leaves over one connection of a session: given to the system at once, in order.

What the system takes only in part is kept and goes on from there, and may arrive or not. Where
nothing of a message could leave, that is known at once.
"""

from contextlib import suppress
from typing import Final

from fairlead.gateways.direct.messages import Action
from fairlead.gateways.direct.node_end import NodeEnd
from fairlead.gateways.errors import LineBroken
from fairlead.gateways.ring_stream import RingStream
from fairlead.gateways.transport import LineClient
from fairlead.model.units import Nanos

Client = LineClient | RingStream

WAITING_BYTES_MAX: Final = 256 * 1024  # of what the system has not taken; more may not join it
NOT_CONNECTED: Final = "not sent: there is no session with the venue"
_LAST_WORD_SECONDS: Final = 1


class Outlet:
    """One connection, as long as it lasts. Whoever uses it sees to it that nobody else does."""

    def __init__(self, client: Client, end: NodeEnd) -> None:
        """Take a connection, and the end whose words it carries."""
        self.client: Final = client
        self.waiting = bytearray()
        self._end = end

    def send(self, action: Action, now: Nanos) -> str:
        """Send an action. Return why nothing of it left, "" where it left or may have."""
        if not self._end.logged_in:
            return NOT_CONNECTED
        if len(self.waiting) > WAITING_BYTES_MAX:
            return "not sent: the venue does not read"
        self._end.act(action, now)
        return self._let_out()

    def flush(self) -> None:
        """Give the system what waits, as much as it takes. Raises `LineBroken`."""
        self.waiting += self._end.outgoing
        self._end.outgoing.clear()
        if self.waiting:
            sent = self.client.offer(bytes(self.waiting))
            del self.waiting[:sent]

    def say_last(self) -> None:
        """Say why it ends, if the other side still listens."""
        with suppress(LineBroken):  # it is over anyway
            self.client.send(bytes(self.waiting + self._end.outgoing), _LAST_WORD_SECONDS)
        self.waiting.clear()
        self._end.outgoing.clear()

    def _let_out(self) -> str:
        """Give the system the message that was just made. Only if it took nothing, say so."""
        message = bytes(self._end.outgoing)
        self._end.outgoing.clear()
        if self.waiting:
            self.waiting += message
            return ""
        try:
            sent = self.client.offer(message)
        except LineBroken as error:
            self._end.lost(str(error))
            return f"not sent: {error}"
        self.waiting += message[sent:]
        return ""
