"""Captured packets: what UDP and TCP carried, with the time of each packet.

Reads classic pcap (both byte orders, micro- and nanoseconds) and pcapng, of Ethernet, Linux cooked
and raw captures: VLAN tags, IPv4, UDP, TCP. What is none of that is counted by reason, and so is a
packet of which only a part was captured, or a fragment: half a datagram is none. A file that ends
in the middle is an error with its place, behind everything that was whole.

Source: the pcap and pcapng drafts of the IETF (opsawg), RFC 768, 791, 9293.
"""

import gzip
import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, cast

from fairlead.gateways.errors import RecordingDamaged, RecordingUnreadable
from fairlead.model.units import NANOS_PER_SECOND, Nanos

PACKET_BYTES_MAX: Final = 262_144  # tcpdump's own snapshot length; a longer one is damage
_SECOND_MICROS: Final = 1_000
_MAGIC: Final = {  # byte order, and how long a unit of the second number is in nanoseconds
    b"\xa1\xb2\xc3\xd4": (">", _SECOND_MICROS),
    b"\xd4\xc3\xb2\xa1": ("<", _SECOND_MICROS),
    b"\xa1\xb2\x3c\x4d": (">", 1),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
}
_PCAPNG: Final = b"\x0a\x0d\x0d\x0a"
_GZIP: Final = b"\x1f\x8b"
_SECTION, _INTERFACE, _SIMPLE, _ENHANCED = 0x0A0D0D0A, 1, 3, 6
_TIME_RESOLUTION: Final = 9  # an option of an interface
_ETHERNET, _RAW, _RAW_IPV4, _LINUX_COOKED, _NULL = 1, 101, 228, 113, 0
_IPV4: Final = 0x0800
_TAGS: Final = (0x8100, 0x88A8, 0x9100)  # of virtual LANs; each has four bytes
_TCP, _UDP = 6, 17
_SYN: Final = 0x02


class Endpoint(NamedTuple):
    """An address and a port."""

    address: str
    port: int

    def __str__(self) -> str:
        """Write it as people do."""
        return f"{self.address}:{self.port}"


class Carried(NamedTuple):
    """What one packet carried."""

    time: Nanos
    source: Endpoint
    target: Endpoint
    payload: bytes
    tcp_sequence: int = -1  # -1: it is UDP
    tcp_flags: int = 0
    checksum: int = 0  # of UDP; 0: the sender made none

    @property
    def is_udp(self) -> bool:
        """Whether it is a datagram."""
        return self.tcp_sequence < 0

    @property
    def is_intact(self) -> bool:
        """Whether a datagram is what its checksum says. Without one nobody knows."""
        if not self.checksum:
            return True
        length = 8 + len(self.payload)
        content = b"".join(
            (
                _address_bytes(self.source.address),
                _address_bytes(self.target.address),
                struct.pack(">HH", _UDP, length),
                struct.pack(">HHHH", self.source.port, self.target.port, length, self.checksum),
                self.payload,
                bytes(len(self.payload) % 2),
            )
        )
        total: int = sum(struct.unpack(f">{len(content) // 2}H", content))
        return total > 0 and total % 0xFFFF == 0

    @property
    def starts(self) -> bool:
        """Whether a connection begins here: its numbers do."""
        return bool(self.tcp_flags & _SYN)


class Capture:
    """Captured files, joined in order. Iterate for what their packets carried; once."""

    def __init__(self, paths: Iterable[Path]) -> None:
        """Take the files."""
        self._paths = [Path(path) for path in paths]
        self.packets = 0
        self.carried = 0
        self.dropped: dict[str, int] = {}  # packets, by reason: packets = carried + dropped
        self._path = Path()
        self._at = 0

    @property
    def place(self) -> str:
        """Where the packet that was read last begins: `file:byte N`."""
        return f"{self._path}:byte {self._at}"

    def __iter__(self) -> Iterator[Carried]:
        """Yield what UDP and TCP carried. Raises `RecordingError` where it cannot go on."""
        for path in self._paths:
            self._path, self._at = path, 0
            with _opened(path) as file:
                for time, link, packet, whole in self._packets(_Reading(file, path)):
                    self.packets += 1
                    found = _carried(time, link, packet) if whole else "cut_short"
                    if isinstance(found, str):
                        self.dropped[found] = self.dropped.get(found, 0) + 1
                    else:
                        self.carried += 1
                        yield found

    def _packets(self, reading: "_Reading") -> "Iterator[_Captured]":
        magic = reading.take(4)
        if magic in _MAGIC:
            yield from self._classic(reading, *_MAGIC[magic])
        elif magic == _PCAPNG:
            yield from self._blocks(reading)
        else:
            raise RecordingUnreadable(f"{self._path}: begins with {magic!r}: no pcap, no pcapng")

    def _classic(self, reading: "_Reading", order: str, unit: int) -> "Iterator[_Captured]":
        *_, link = reading.unpack(order + "HHiIII")
        header = struct.Struct(order + "IIII")
        while not reading.at_end:
            self._at = reading.at
            seconds, fraction, captured, length = header.unpack(reading.take(header.size))
            time = Nanos(seconds * NANOS_PER_SECOND + fraction * unit)
            packet = reading.take(reading.bounded(captured))
            yield time, link & 0xFFFF, packet, captured >= length

    def _blocks(self, reading: "_Reading") -> "Iterator[_Captured]":
        """Go through the blocks of a pcapng file; its sections may have different byte orders."""
        order, interfaces = self._section(reading), list[tuple[int, int]]()
        while not reading.at_end:
            self._at = reading.at
            head = reading.take(4)
            if head == _PCAPNG:
                order, interfaces = self._section(reading), []
                continue
            (kind,) = struct.unpack(order + "I", head)
            (length,) = reading.unpack(order + "I")
            body = reading.take(reading.bounded(length - 12))
            reading.take(4)  # the length once more
            if kind == _INTERFACE:
                interfaces.append(_interface(body, order))
            elif kind in (_ENHANCED, _SIMPLE):
                yield _block_packet(kind, body, order, interfaces, self.place)

    def _section(self, reading: "_Reading") -> str:
        length, magic = reading.take(4), reading.take(4)
        order = "<" if magic == b"\x4d\x3c\x2b\x1a" else ">"
        (size,) = struct.unpack(order + "I", length)
        reading.take(reading.bounded(size - 12))
        return order


_Captured = tuple[Nanos, int, bytes, bool]  # time, kind of link, bytes, whether they are all


class _Reading:
    """A file that is read from its beginning, and where one is in it."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._file = file
        self._path = path
        self._next = b""
        self.at = 0

    @property
    def at_end(self) -> bool:
        if not self._next:
            self._next = self._read(1)
        return not self._next

    def take(self, size: int) -> bytes:
        """Return so many bytes. Raises `RecordingDamaged` where they are not there."""
        found = self._next + self._read(size - len(self._next))
        self._next = b""
        if len(found) < size:
            reached = f"{self._path}: byte {self.at}: the file ends in the middle"
            raise RecordingDamaged(f"{reached}; all packets before it were read")
        self.at += size
        return found

    def unpack(self, layout: str) -> tuple[int, ...]:
        return struct.unpack(layout, self.take(struct.calcsize(layout)))

    def bounded(self, size: int) -> int:
        """Return a size that can be true. Raises `RecordingDamaged`."""
        if not 0 <= size <= PACKET_BYTES_MAX:
            found = f"a length of {size}, expected at most {PACKET_BYTES_MAX}"
            raise RecordingDamaged(f"{self._path}: byte {self.at}: {found}")
        return size

    def _read(self, size: int) -> bytes:
        try:
            return self._file.read(size)
        except EOFError as error:
            reached = f"{self._path}: byte {self.at}: the compressed file ends in the middle"
            raise RecordingDamaged(reached) from error
        except (zlib.error, gzip.BadGzipFile) as error:
            reached = f"{self._path}: byte {self.at}: compression is broken: {error}"
            raise RecordingDamaged(reached) from error
        except OSError as error:
            raise RecordingUnreadable(f"{self._path}: {error.strerror}") from error


def _opened(path: Path) -> BinaryIO:
    try:
        with path.open("rb") as file:
            compressed = file.read(2) == _GZIP
        return cast(BinaryIO, gzip.open(path)) if compressed else path.open("rb")
    except OSError as error:
        raise RecordingUnreadable(f"{path}: {error.strerror}") from error


# --- pcapng ---


def _interface(body: bytes, order: str) -> tuple[int, int]:
    """Return the kind of link of an interface, and how many units of time a second has."""
    if len(body) < 8:
        return -1, 10**6
    (link,) = struct.unpack_from(order + "H", body)
    at = 8
    while at + 4 <= len(body):
        code, length = struct.unpack_from(order + "HH", body, at)
        if code == _TIME_RESOLUTION and length == 1 and at + 4 < len(body):
            told = body[at + 4]
            return link, 2 ** (told & 0x7F) if told & 0x80 else 10 ** (told & 0x7F)
        at += 4 + (length + 3) // 4 * 4
    return link, 10**6


def _block_packet(
    kind: int, body: bytes, order: str, interfaces: list[tuple[int, int]], place: str
) -> _Captured:
    """Return the packet of a block. Raises `RecordingDamaged`."""
    layout = struct.Struct(order + ("IIIII" if kind == _ENHANCED else "I"))
    if len(body) < layout.size:
        raise RecordingDamaged(f"{place}: a block of {len(body)} bytes is too short for a packet")
    if kind == _ENHANCED:
        number, high, low, captured, length = layout.unpack_from(body)
    else:
        number, high, low = 0, 0, 0
        (length,) = layout.unpack_from(body)
        captured = min(length, len(body) - layout.size)
    if number >= len(interfaces) or captured > len(body) - layout.size:
        raise RecordingDamaged(f"{place}: a packet of interface {number} with {captured} bytes")
    link, units = interfaces[number]
    time = Nanos((high << 32 | low) * NANOS_PER_SECOND // units)
    return time, link, body[layout.size : layout.size + captured], captured >= length


# --- from the link to the payload ---


def _carried(time: Nanos, link: int, packet: bytes) -> Carried | str:
    """Return what a packet carried, or in a word why it is not looked at."""
    begin = _network_begin(link, packet)
    if begin < 0:
        return "link_unknown" if begin == -1 else "not_ipv4"
    ip = packet[begin:]
    if len(ip) < 20 or ip[0] >> 4 != 4:
        return "not_ipv4"
    header, total = (ip[0] & 0x0F) * 4, int.from_bytes(ip[2:4], "big")
    if not 20 <= header <= total <= len(ip):
        return "ip_length"
    if int.from_bytes(ip[6:8], "big") & 0x3FFF:
        return "fragment"
    source, target = _address(ip[12:16]), _address(ip[16:20])
    body = ip[header:total]  # Ethernet fills short frames up: that is no payload
    if ip[9] == _UDP:
        return _datagram(time, source, target, body)
    return _segment(time, source, target, body) if ip[9] == _TCP else "not_udp_or_tcp"


def _network_begin(link: int, packet: bytes) -> int:
    """Return where IPv4 begins; -1: the kind of link is unknown, -2: it is something else."""
    if link in (_RAW, _RAW_IPV4, 12, 14):
        return 0
    if link == _NULL:
        return 4
    if link not in (_ETHERNET, _LINUX_COOKED):
        return -1
    at = 12 if link == _ETHERNET else 14
    while (kind := int.from_bytes(packet[at : at + 2], "big")) in _TAGS:
        at += 4
    return at + 2 if kind == _IPV4 else -2


def _datagram(time: Nanos, source: str, target: str, body: bytes) -> Carried | str:
    if len(body) < 8:
        return "udp_length"
    source_port, target_port, length, checksum = struct.unpack_from(">HHHH", body)
    if not 8 <= length <= len(body):
        return "udp_length"
    return Carried(
        time,
        Endpoint(source, source_port),
        Endpoint(target, target_port),
        body[8:length],
        checksum=checksum,
    )


def _segment(time: Nanos, source: str, target: str, body: bytes) -> Carried | str:
    if len(body) < 20:
        return "tcp_length"
    source_port, target_port, sequence = struct.unpack_from(">HHI", body)
    header, flags = (body[12] >> 4) * 4, body[13]
    if not 20 <= header <= len(body):
        return "tcp_length"
    return Carried(
        time,
        Endpoint(source, source_port),
        Endpoint(target, target_port),
        body[header:],
        sequence,
        flags,
    )


def _address(address: bytes) -> str:
    return ".".join(map(str, address))


def _address_bytes(address: str) -> bytes:
    return bytes(map(int, address.split(".")))
