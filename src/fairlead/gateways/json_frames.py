"""Frames of JSON as typed structs: shape only, no meaning. What does not fit is told in few words.

Numbers that a venue writes as JSON numbers are taken as the text that was sent: a float would have
lost digits that a price, or a checksum, is made of.
"""

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Final, TypeVar

import msgspec

from fairlead.gateways.errors import MalformedFrame, MalformedNumber
from fairlead.model.units import NANOS_PER_MILLISECOND, NANOS_PER_SECOND, Nanos

_SHOWN_BYTES_MAX: Final = 80
_SHOWN_TEXT_MAX: Final = 200
_EXPONENT_MAX: Final = 20
_MILLISECONDS_MAX: Final = (2**63 - 1) // NANOS_PER_MILLISECOND
_SECONDS_MAX: Final = (2**63 - 1) // NANOS_PER_SECOND
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ISO_LENGTH: Final = len("2021-04-17T16:43:30")
_SECONDS_REMEMBERED: Final = 64  # messages of one second come together
_NUMBER: Final = re.compile(r"(\d{1,40})(?:\.(\d{1,40}))?(?:[eE]([+-]?\d{1,3}))?")
_SECONDS: Final = re.compile(r"(\d{1,12})(?:\.(\d{1,9}))?")

Number = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=_MILLISECONDS_MAX)]
Decoded = TypeVar("Decoded")


def decode(
    decoder: msgspec.json.Decoder[Decoded], frame: bytes | msgspec.Raw, what: str
) -> Decoded:
    """Return the frame as what the decoder expects. Raises `MalformedFrame` that names `what`."""
    try:
        return decoder.decode(frame)
    except msgspec.ValidationError as error:
        # The library repeats a value that it does not know, whatever its length.
        raise MalformedFrame("fields", f"{what}: {_shortened(str(error))}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        shown = bytes(frame)[:_SHOWN_BYTES_MAX]
        raise MalformedFrame("json", f"{what}: {error}, in {shown!r}") from error


def _shortened(text: str) -> str:
    shown = "".join(each if each.isprintable() else "?" for each in text)
    if len(shown) <= _SHOWN_TEXT_MAX:
        return shown
    return f"{shown[: _SHOWN_TEXT_MAX // 2]}...{shown[-_SHOWN_TEXT_MAX // 2 :]}"


def only(items: list[Decoded], what: str) -> Decoded:
    """Return the one item that there is. Raises `MalformedFrame` where there are none or more."""
    if len(items) != 1:
        raise MalformedFrame("fields", f"{what}: {len(items)} items of data, expected one")
    return items[0]


def plain(number: msgspec.Raw) -> str:
    """Return a JSON number as decimal text without exponent: `5.0e-5` is "0.000050".

    Raises `MalformedNumber`.
    """
    text = bytes(number).decode("ascii", "backslashreplace")
    found = _NUMBER.fullmatch(text)
    exponent = int(found[3] or 0) if found else 0
    if found is None or abs(exponent) > _EXPONENT_MAX:
        raise MalformedNumber(f"{text[:_SHOWN_BYTES_MAX]!r} is not a decimal number from 0 up")
    if exponent == 0:
        return text if found[3] is None else text.partition("e" if "e" in text else "E")[0]
    whole, fraction = found[1], found[2] or ""
    if exponent > 0:
        fraction = fraction.ljust(exponent, "0")
        whole, fraction = whole + fraction[:exponent], fraction[exponent:]
    else:
        whole = whole.rjust(1 - exponent, "0")
        whole, fraction = whole[:exponent], whole[exponent:] + fraction
    return f"{whole}.{fraction}" if fraction else whole


def milliseconds(text: str) -> Nanos:
    """Return a time that is written as milliseconds since the epoch. Raises `MalformedFrame`."""
    if not (text.isascii() and text.isdigit() and len(text) <= 16):
        raise MalformedFrame("time", f"{text[:40]!r} are no milliseconds since the epoch")
    return checked_milliseconds(int(text))


def checked_milliseconds(number: int) -> Nanos:
    """Return milliseconds since the epoch as a time. Raises `MalformedFrame`."""
    if not 0 <= number <= _MILLISECONDS_MAX:
        raise MalformedFrame("time", f"{number} are no milliseconds since the epoch")
    return Nanos(number * NANOS_PER_MILLISECOND)


def seconds(text: str) -> Nanos:
    """Return a time written as seconds since the epoch: "1618.5". Raises `MalformedFrame`."""
    found = _SECONDS.fullmatch(text)
    if found is None or int(found[1]) > _SECONDS_MAX - 1:
        raise MalformedFrame("time", f"{text[:40]!r} are no seconds since the epoch")
    return Nanos(int(found[1]) * NANOS_PER_SECOND + int((found[2] or "").ljust(9, "0")))


def iso_time(text: str) -> Nanos:
    """Return a time written as `2021-04-17T16:43:30.244075Z`. Raises `MalformedFrame`."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    digits_are_fine = fraction == "" or (fraction.isascii() and fraction.isdigit())
    whole_seconds = _seconds_of(whole) if len(whole) == _ISO_LENGTH else None
    if whole_seconds is None or not text.endswith("Z") or not digits_are_fine or len(fraction) > 9:
        raise MalformedFrame("time", f"{text[:40]!r} is no time as 2021-04-17T16:43:30.244075Z")
    return Nanos(whole_seconds * NANOS_PER_SECOND + int(fraction.ljust(9, "0")))


@lru_cache(_SECONDS_REMEMBERED)
def _seconds_of(text: str) -> int | None:
    """Return the seconds since the epoch, None where the text is no time that can be told."""
    try:
        since = datetime.fromisoformat(text).replace(tzinfo=UTC) - _EPOCH
    except ValueError:
        return None
    found = since.days * 86_400 + since.seconds
    return found if 0 <= found < _SECONDS_MAX else None
