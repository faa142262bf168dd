"""How messages stand on the wire: one a line, with a checksum before it.

    1b4f0e98 {"type":"test_request","number":7}

Eight hexadecimal digits (CRC32C of what follows the space), a space, one JSON object, a line feed.
A line that does not read like that is garbled: it is skipped and told, and the numbers of the
messages tell what it was. A line beyond the bound cannot be skipped with sense: the sender is no
end of this protocol.
"""

from typing import Any, Final, NamedTuple

import msgspec
from crc32c import crc32c

from fairlead.gateways.direct.messages import FromNode, FromVenue, Message

NODE_LINE_BYTES_MAX: Final = 64 * 1024  # what a node sends: one action
VENUE_LINE_BYTES_MAX: Final = 16 * 1024 * 1024  # what a venue sends: a statement of 10,000 fills
_HEAD: Final = len("1b4f0e98 ")
_DIGITS: Final = frozenset(b"0123456789abcdef")


class Garbled(NamedTuple):
    """A line that is no message."""

    reason: str
    fatal: bool = False  # nothing that follows can be read either


_encoder: Final = msgspec.json.Encoder()
_from_node: Final[msgspec.json.Decoder[Any]] = msgspec.json.Decoder(FromNode)
_from_venue: Final[msgspec.json.Decoder[Any]] = msgspec.json.Decoder(FromVenue)


def encoded(message: Message) -> bytes:
    """Return the line of a message."""
    content = _encoder.encode(message)
    return b"%08x %b\n" % (crc32c(content), content)


class Frames:
    """Cuts bytes into messages, and holds no more than one line."""

    def __init__(self, decoder: "msgspec.json.Decoder[Any]", bytes_max: int) -> None:
        """Begin with nothing received."""
        self._decoder = decoder
        self._bytes_max = bytes_max
        self._rest = bytearray()
        self._looked = 0  # how much of the rest has no line feed
        self._broken = False

    def receive(self, chunk: bytes) -> list[Any]:
        """Return the messages that are whole now, and a `Garbled` for each line that is none."""
        if self._broken:
            return []
        self._rest += chunk
        found: list[Any] = []
        begin = 0
        while (end := self._rest.find(b"\n", max(begin, self._looked))) >= 0:
            found.append(self._message(bytes(self._rest[begin:end])))
            begin = end + 1
        del self._rest[:begin]
        self._looked = len(self._rest)
        if self._looked > self._bytes_max:
            self._broken = True
            self._rest.clear()
            found.append(Garbled(f"a line of more than {self._bytes_max} bytes", fatal=True))
        return found

    def _message(self, line: bytes) -> Any:
        head, content = line[:_HEAD], line[_HEAD:]
        if len(line) > self._bytes_max:
            return Garbled(f"a line of more than {self._bytes_max} bytes", fatal=True)
        if len(head) < _HEAD or head[-1:] != b" " or not _DIGITS.issuperset(head[:-1]):
            return Garbled("it does not begin with a checksum")
        if int(head, 16) != crc32c(content):
            return Garbled("its checksum is wrong")
        try:
            return self._decoder.decode(content)
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
            return Garbled(f"not a message: {error}")


def frames_from_node() -> Frames:
    """Return what a venue reads with."""
    return Frames(_from_node, NODE_LINE_BYTES_MAX)


def frames_from_venue() -> Frames:
    """Return what a node reads with."""
    return Frames(_from_venue, VENUE_LINE_BYTES_MAX)
