"""Inputs and outputs as bytes:

msgpack arrays that begin with the record's tag. The form in which the journal keeps them.
"""

from typing import Any, Final, cast

import msgspec

from fairlead.model.inputs import Input
from fairlead.model.outputs import Output

_encoder: Final = msgspec.msgpack.Encoder()
_input_decoder: Final[msgspec.msgpack.Decoder[Any]] = msgspec.msgpack.Decoder(Input)
_outputs_decoder: Final[msgspec.msgpack.Decoder[Any]] = msgspec.msgpack.Decoder(list[Output])

encode_input = _encoder.encode
encode_outputs = _encoder.encode


class UndecodableRecord(Exception):
    """The bytes are no input or output that this build knows."""


def decode_input(payload: bytes) -> Input:
    """Return the input in `payload`. Raises `UndecodableRecord`."""
    try:
        return cast(Input, _input_decoder.decode(payload))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UndecodableRecord(f"not an input that this build knows: {error}") from error


def decode_outputs(payload: bytes) -> list[Output]:
    """Return the outputs in `payload`. Raises `UndecodableRecord`."""
    try:
        return cast(list[Output], _outputs_decoder.decode(payload))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UndecodableRecord(f"not outputs that this build knows: {error}") from error
