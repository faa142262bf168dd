"""What can go wrong at the edge, as one tree.

GatewayError
├── MalformedNumber          text that is no exact decimal number of the instrument's precision
├── MalformedFrame           bytes that the venue's protocol does not allow
├── InstrumentNotInferred    the first frames do not tell what was recorded
├── FormatUnknown            a name that no format of recordings has
├── DamageUnknown            text that names no damage to a frame
├── VenueUnknown             a name that no venue with live market data has
├── CalendarUnknown          a name that no trading calendar has, or a year that it does not reach
├── ExtraMissing             what was asked for needs a library that is not installed
├── RingError
│   ├── RingUnsupported      this machine has no memory that rings can stand in
│   └── RingBroken           memory that is no ring, or whose other side wrote what cannot be
├── TransportError
│   ├── MalformedAddress     text that is neither HOST:PORT nor unix:PATH
│   ├── CannotListen         the address is taken, or not of this machine
│   ├── PlainConnection      an address outside of this machine, and no encryption
│   └── LineBroken           a connection that could not be made, or is no more
└── RecordingError
    ├── RecordingUnreadable  a file is missing, is a folder, or may not be read
    ├── RecordingDamaged     a file ends in the middle, or its compression is broken
    └── BadLine              a line is not `receive_ns {json}`
"""


class GatewayError(Exception):
    """Anything that the world did wrong at the edge."""


class MalformedNumber(GatewayError):
    """Text that is no exact decimal number of the instrument's precision."""


class MalformedFrame(GatewayError):
    """Bytes that the venue's protocol does not allow. `reason` is one of few words, to count by."""

    def __init__(self, reason: str, detail: str) -> None:
        """Take the short `reason` and what was found where, in `detail`."""
        super().__init__(f"malformed frame: {detail}")
        self.reason = reason


class InstrumentNotInferred(GatewayError):
    """The first frames do not tell what was recorded."""


class FormatUnknown(GatewayError):
    """A name that no format of recordings has."""


class CalendarUnknown(GatewayError):
    """A name that no trading calendar has, or a year that one does not reach."""


class ExtraMissing(GatewayError):
    """What was asked for needs a library that is not installed; the message says how to get it."""


class VenueUnknown(GatewayError):
    """A name that no venue with live market data has."""


class DamageUnknown(GatewayError):
    """Text that names no damage to a frame."""


class RingError(GatewayError):
    """Memory that two processes share did not do what was asked of it."""


class RingUnsupported(RingError):
    """This machine has no memory that rings can stand in; a socket does instead."""


class RingBroken(RingError):
    """Memory that is no ring, or whose other side wrote what cannot be."""


class TransportError(GatewayError):
    """The network did not do what was asked of it."""


class MalformedAddress(TransportError):
    """Text that is neither HOST:PORT nor unix:PATH."""


class CannotListen(TransportError):
    """The address is taken, or not of this machine."""


class PlainConnection(TransportError):
    """An address outside of this machine that would be spoken to without encryption."""


class LineBroken(TransportError):
    """A connection that could not be made, or is no more."""


class RecordingError(GatewayError):
    """A recording that cannot be read to its end."""


class RecordingUnreadable(RecordingError):
    """A file is missing, is a folder, or may not be read."""


class RecordingDamaged(RecordingError):
    """A file ends in the middle, or its compression is broken. All records before it were read."""


class BadLine(RecordingError):
    """A line is not `receive_ns {json}`."""
