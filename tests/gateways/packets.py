"""Packets and captures as bytes: what tests write, for what reads them."""

import struct
from collections.abc import Sequence
from typing import Final

ETHERNET: Final = 1
_SECOND: Final = 10**9


def ipv4(protocol: int, source: str, target: str, body: bytes) -> bytes:
    """Return an IPv4 packet."""
    addresses = bytes(map(int, source.split("."))) + bytes(map(int, target.split(".")))
    return (
        struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), 1, 0, 64, protocol, 0) + addresses + body
    )


def udp(
    payload: bytes, port: int = 26_400, target: str = "233.54.12.1", summed: bool = True
) -> bytes:
    """Return an IPv4 packet with a datagram, with its checksum or with one that is wrong."""
    source = "206.200.1.1"
    header = struct.pack(">HHH", 40_000, port, 8 + len(payload))
    addresses = b"".join(bytes(map(int, one.split("."))) for one in (source, target))
    content = addresses + struct.pack(">HH", 17, 8 + len(payload)) + header + payload
    content += bytes(len(content) % 2)
    total = sum(struct.unpack(f">{len(content) // 2}H", content))
    checksum = 0xFFFF - total % 0xFFFF if summed else 1
    return ipv4(17, source, target, header + struct.pack(">H", checksum) + payload)


def tcp(payload: bytes, sequence: int, flags: int = 0x18) -> bytes:
    """Return an IPv4 packet with a segment."""
    header = struct.pack(">HHIIBBHHH", 8_000, 41_000, sequence % 2**32, 0, 0x50, flags, 512, 0, 0)
    return ipv4(6, "206.200.1.2", "10.0.0.1", header + payload)


def ethernet(packet: bytes, tags: Sequence[int] = ()) -> bytes:
    """Return a frame of Ethernet, with tags of virtual LANs."""
    tagged = b"".join(struct.pack(">HH", tag, 7) for tag in tags)
    return bytes(12) + tagged + b"\x08\x00" + packet


def pcap(
    packets: Sequence[bytes],
    *,
    order: str = "<",
    nanoseconds: bool = True,
    link: int = ETHERNET,
    began: int = 1_718_290_000 * _SECOND,
    step: int = 1_000_000,
) -> bytes:
    """Return a capture of packets that came at regular times."""
    magic = 0xA1B23C4D if nanoseconds else 0xA1B2C3D4
    content = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262_144, link)
    for number, packet in enumerate(packets):
        seconds, rest = divmod(began + number * step, _SECOND)
        fraction = rest if nanoseconds else rest // 1_000
        content += struct.pack(order + "IIII", seconds, fraction, len(packet), len(packet)) + packet
    return content


def pcapng(packets: Sequence[bytes], *, order: str = "<", began: int, digits: int = 9) -> bytes:
    """Return a capture in the newer format, with one interface and a note at the end."""
    section = struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1)
    option = struct.pack(order + "HHBxxx", 9, 1, digits) + struct.pack(order + "HH", 0, 0)
    content = _block(order, 0x0A0D0D0A, section)
    content += _block(order, 1, struct.pack(order + "HHI", ETHERNET, 0, 0) + option)
    for number, packet in enumerate(packets):
        units = (began + number * 1_000_000) // 10 ** (9 - digits)
        header = struct.pack(
            order + "IIIII", 0, units >> 32, units & 0xFFFFFFFF, len(packet), len(packet)
        )
        content += _block(order, 6, header + packet)
    return content + _block(order, 5, bytes(12))


def _block(order: str, kind: int, body: bytes) -> bytes:
    padded = body + bytes(-len(body) % 4)
    length = struct.pack(order + "I", 12 + len(padded))
    return struct.pack(order + "I", kind) + length + padded + length
