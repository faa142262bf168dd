"""A recorded line lived through again: the feed is told what it was told then, and says the same.

Frames alone are enough for research (`recording.py`). With the marks between them a feed also hears
that its line was connected, lost or silent, at the times when it was; so what a live session was
given is given again, input for input.
"""

import base64
import binascii
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from fairlead.gateways.errors import BadLine, MalformedFrame
from fairlead.gateways.feed import LiveFeed
from fairlead.gateways.recording import MARK, Recording, RecordingCounts
from fairlead.model.inputs import Input
from fairlead.model.units import InstrumentId, Nanos


class _Mark(msgspec.Struct):
    """What our recorder says beside the frames."""

    fairlead: str
    reason: str = ""
    base64: str = ""
    frames: int = 0


_MARK = msgspec.json.Decoder(_Mark)


def relived(
    paths: Iterable[Path], feed: LiveFeed, counts: RecordingCounts
) -> Iterator[tuple[Nanos, list[Input]]]:
    """Yield what each thing that happened means to `feed`, where it means something.

    Raises `RecordingError`. Frames that cannot be read are counted.
    """
    recording = Recording(paths, with_marks=True)
    for time, text in recording:
        counts.record(time)
        try:
            inputs = _told(feed, text, time, recording.place)
        except MalformedFrame as error:
            counts.refuse(error, recording.place)
            inputs = []
        if not feed.failed:
            feed.outgoing()  # as the shell had asked: a feed counts on what it has said
            feed.snapshot_requests()
        if inputs:
            yield time, inputs


def _told(feed: LiveFeed, text: bytes, time: Nanos, place: str) -> list[Input]:
    """Tell the feed what a line says."""
    if not text.startswith(MARK):
        return feed.receive(text, time)
    mark = _read(text, place)
    what, _, rest = mark.fairlead.partition(" ")
    if what == "connected":
        feed.connected(time)
    elif what == "disconnected":
        return feed.disconnected(mark.reason, time)
    elif what == "tick":
        return feed.tick(time)
    elif what == "fetch_failed" and rest.isdecimal():
        feed.snapshot_failed(InstrumentId(int(rest)), mark.reason, time)
    elif what == "frame":
        return feed.receive(_bytes(mark, place), time)
    return []


def _read(text: bytes, place: str) -> _Mark:
    try:
        return _MARK.decode(text)
    except msgspec.DecodeError as error:
        raise BadLine(f"{place}: no mark of a recorder: {error}") from error


def _bytes(mark: _Mark, place: str) -> bytes:
    try:
        return base64.b64decode(mark.base64, validate=True)
    except binascii.Error as error:
        raise BadLine(f"{place}: a frame that is no base64: {error}") from error
