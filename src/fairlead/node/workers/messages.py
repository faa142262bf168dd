"""What node and worker tell each other: msgpack arrays that begin with a tag.

The node tells every input it took; a worker tells what its strategies ask for. A request is a
record of its own type here, so what is no request does not even decode.
"""

from typing import Any, Final, cast

import msgspec

from fairlead.model.inputs import Input
from fairlead.model.units import Nanos, Sequence, StrategyId
from fairlead.node.path import OutputsDigest
from fairlead.strategy.outbox import Request


class Message(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Immutable, encoded as an array, no part of any cycle."""


# --- the node tells a worker -------------------------------------------------------------------


class Taken(Message, frozen=True, tag=1):
    """An input was taken; `answers` is the beginning of the digest of all answers so far."""

    sequence: Sequence
    time: Nanos
    answers: int
    input: Input


class Over(Message, frozen=True, tag=2):
    """The session is over; the worker ends."""


# --- a worker tells the node -------------------------------------------------------------------


class Asked(Message, frozen=True, tag=1):
    """A strategy asks for something."""

    request: Request


class TimerSet(Message, frozen=True, tag=2):
    """This timer runs out next, by the node's clock; of strategy 0: none does."""

    strategy: StrategyId
    timer: int
    due: Nanos


class Said(Message, frozen=True, tag=3):
    """A strategy wrote a line for people."""

    time: Nanos
    strategy: StrategyId
    text: str


class CaughtUp(Message, frozen=True, tag=4):
    """The worker has lived through the journal, up to an input."""

    sequence: Sequence


class Broke(Message, frozen=True, tag=5):
    """The worker cannot go on."""

    reason: str


NO_TIMER: Final = TimerSet(StrategyId(0), 0, Nanos(0))

FromNode = Taken | Over
FromWorker = Asked | TimerSet | Said | CaughtUp | Broke

_encoder: Final = msgspec.msgpack.Encoder()
_from_node: Final[msgspec.msgpack.Decoder[Any]] = msgspec.msgpack.Decoder(FromNode)
_from_worker: Final[msgspec.msgpack.Decoder[Any]] = msgspec.msgpack.Decoder(FromWorker)

encode = _encoder.encode


def answers_of(digest: OutputsDigest) -> int:
    """Return the beginning of a digest: two replicas that differ are told apart by it."""
    return int(digest.hexadecimal()[:16], 16)


class Garbage(Exception):
    """The bytes are no message."""


def decode_from_node(message: bytes) -> FromNode:
    """Return what the node tells. Raises `Garbage`."""
    return cast(FromNode, _decoded(_from_node, message))


def decode_from_worker(message: bytes) -> FromWorker:
    """Return what a worker tells. Raises `Garbage`."""
    return cast(FromWorker, _decoded(_from_worker, message))


def _decoded(decoder: msgspec.msgpack.Decoder[Any], message: bytes) -> object:
    try:
        return decoder.decode(message)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Garbage(str(error)) from error
