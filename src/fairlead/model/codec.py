"""Inputs and outputs as bytes:

msgpack arrays that begin with the record's tag. The form in which the journal keeps them.
"""

from typing import Any, Final, cast

import msgspec

from fairlead.model.errors import UndecodableRecord
from fairlead.model.inputs import Input
from fairlead.model.outputs import Output

_encoder: Final = msgspec.msgpack.Encoder()
_decode_input: Final = msgspec.msgpack.Decoder[Any](Input).decode
_decode_outputs: Final = msgspec.msgpack.Decoder(list[Output]).decode

encode_input: Final = _encoder.encode
encode_outputs: Final = _encoder.encode


def decode_input(payload: bytes) -> Input:
    """Return the input in `payload`. Raises `UndecodableRecord`."""
    try:
        return cast(Input, _decode_input(payload))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UndecodableRecord(f"not an input that this build knows: {error}") from error


def decode_outputs(payload: bytes) -> list[Output]:
    """Return the outputs in `payload`. Raises `UndecodableRecord`."""
    try:
        return _decode_outputs(payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UndecodableRecord(f"not outputs that this build knows: {error}") from error
