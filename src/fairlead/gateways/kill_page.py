"""The page that processes share: one byte that says killed or released, who said so, a heartbeat.

   0  magic, version
  16  the state: one value is *released*, every other one is a kill, zeros and garbage too
  17  the mode
  24  generation, time, length of the words, checksum of all of this
  56  how often somebody engaged: a release that is overtaken by a kill sees it here
  64  the words: who, why, by which trigger (JSON)
2048  the heartbeat of the node
"""

import struct
import zlib
from typing import Final

import msgspec

from fairlead.gateways.kill_latch import Kill, Mode
from fairlead.model.risk_terms import KillMode
from fairlead.model.units import Nanos

PAGE_BYTES: Final = 4096
STATE: Final = 16  # where the byte is
RELEASED: Final = 0x52  # "R"
ENGAGED: Final = 0x4B  # "K"
ASKS: Final = 56
WORDS: Final = 64
BEAT: Final = 2048
NO_PAGE: Final = bytes(PAGE_BYTES)  # what is read where there is no page: killed

_MAGIC: Final = b"FLSWITCH"
_VERSION: Final = 1
_HEAD: Final = struct.Struct(
    "<8sI4xBB6xQqII"
)  # ... state, mode, generation, time, length, checksum
_ASKS: Final = struct.Struct("<Q")
_BEAT: Final = struct.Struct("<QqqqQQ")  # the fields of a `Heartbeat`
_MODES: Final = {KillMode[mode.name].value: mode for mode in Mode}
BEAT_BYTES: Final = _BEAT.size
_WORD_MAX: Final = 200  # bytes of each word that fit into the page; the latch has all of them


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What the page says of the switch."""

    engaged: bool
    mode: Mode
    generation: int  # counts kills; a release keeps it
    time: Nanos  # when it was engaged or released, as whoever did it said
    kill: Kill  # who engaged or released it, and why


class Heartbeat(msgspec.Struct, frozen=True, kw_only=True):
    """What a node last wrote to say that it lives."""

    pid: int
    started: Nanos  # wall time
    monotonic: Nanos  # by the clock that the processes of a host share, until the host restarts
    wall: Nanos
    obeyed: int = 0  # the generation of the kill that its machine has obeyed; 0: it is not killed
    working: int = 0  # orders that may still trade at a venue


def rank(mode: Mode) -> int:
    """Return how strong a mode is: a stronger one does all that a weaker one does, from 1."""
    return KillMode[mode.name].value


def encode(head: Head) -> tuple[bytes, bytes]:
    """Return the two parts of a page, to be written at 0 and at `WORDS`."""
    words = msgspec.json.encode(_short(head.kill))
    state = ENGAGED if head.engaged else RELEASED
    fields = (state, rank(head.mode), head.generation, head.time, len(words))
    return _HEAD.pack(_MAGIC, _VERSION, *fields, _checksum(fields, words)), words


def decode(page: bytes) -> Head | str:
    """Return what a page says, or why it cannot be believed."""
    if len(page) < PAGE_BYTES:
        return f"the flag has {len(page)} bytes of {PAGE_BYTES}"
    magic, version, *fields, checksum = _HEAD.unpack_from(page)
    state, mode, generation, time, length = fields
    if magic != _MAGIC:
        return "this is no flag of a kill switch"
    if version != _VERSION:
        return f"the flag is of version {version}, this build knows version {_VERSION}"
    words = page[WORDS : WORDS + length]
    if _checksum(tuple(fields), words) != checksum:
        return "the checksum of the flag is wrong"
    if state not in (RELEASED, ENGAGED) or mode not in _MODES:
        return f"the flag has state {state} and mode {mode}, which nobody writes"
    try:
        kill = msgspec.json.decode(words, type=Kill)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return f"the words of the flag cannot be read: {error}"
    return Head(
        engaged=state == ENGAGED,
        mode=_MODES[mode],
        generation=generation,
        time=Nanos(time),
        kill=kill,
    )


def asks_of(page: bytes | memoryview) -> int:
    """Return how often somebody engaged, as far as the page can count."""
    return int(_ASKS.unpack_from(page, ASKS)[0])


def encode_asks(asks: int) -> bytes:
    """Return what is written at `ASKS`."""
    return _ASKS.pack(asks % (1 << 64))


def encode_beat(beat: Heartbeat) -> bytes:
    """Return what is written at `BEAT`."""
    return _BEAT.pack(*msgspec.structs.astuple(beat))


def decode_beat(page: bytes | memoryview) -> Heartbeat | None:
    """Return the last heartbeat; None if no node ever beat, or the last one left in order."""
    fields = _BEAT.unpack_from(page, BEAT)
    if fields[0] == 0:
        return None
    return Heartbeat(**dict(zip(Heartbeat.__struct_fields__, fields, strict=True)))


def _checksum(fields: tuple[int, ...], words: bytes) -> int:
    return zlib.crc32(words, zlib.crc32(_HEAD.pack(_MAGIC, _VERSION, *fields, 0)))


def _short(kill: Kill) -> Kill:
    """Return a kill whose words fit into the page, whatever they say."""
    cut = {name: _cut(getattr(kill, name)) for name in ("person", "reason", "source", "key")}
    return msgspec.structs.replace(kill, scope=kill.scope[:16], **cut)


def _cut(text: str) -> str:
    return text.translate(_PLAIN).encode(errors="replace")[:_WORD_MAX].decode(errors="ignore")


_PLAIN: Final = dict.fromkeys((*range(32), 34, 92, 127), "?")  # what JSON writes longer
