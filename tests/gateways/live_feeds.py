"""A small live feed of no venue: numbered levels, a snapshot by HTTP, a subscription to confirm.

Frames are `{"ready":1}`, `{"n":5,"bid":99,"ask":101}` in unbroken order, and the snapshot
`{"snapshot":4,"bid":99,"ask":101}`.
"""

from typing import Any

import msgspec

from fairlead.gateways.errors import MalformedFrame
from fairlead.gateways.feed import FeedCounts, SnapshotRequest
from fairlead.model.inputs import BookChange, BookGap, BookSnapshot, Input
from fairlead.model.instruments import Instrument
from fairlead.model.terms import InstrumentKind
from fairlead.model.units import (
    NANOS_PER_SECOND,
    InstrumentId,
    Money,
    Nanos,
    Price,
    Quantity,
    Rate,
    UpdateId,
)

SECOND = NANOS_PER_SECOND
ONE = InstrumentId(1)
SUBSCRIBE = b'{"subscribe":1}'
HAVE = b'{"have":1}'  # said when the snapshot came
READY = b'{"ready":1}'
CONFIRM_MAX = 5 * SECOND
SILENCE_MAX = 10 * SECOND
RETRY = SECOND
INSTRUMENT = Instrument(
    ONE,
    "ONE.TEST",
    "TEST",
    "USD",
    InstrumentKind.SPOT,
    *(0, 0, 2),
    Price(1),
    *(Quantity(1), Quantity(1), Quantity(1_000_000)),
    Money(0),
    *(Rate(0), Rate(0)),
)


def change(number: int, bid: int = 99, ask: int = 101) -> bytes:
    return b'{"n":%d,"bid":%d,"ask":%d}' % (number, bid, ask)


def snapshot(number: int, bid: int = 99, ask: int = 101) -> bytes:
    return b'{"snapshot":%d,"bid":%d,"ask":%d}' % (number, bid, ask)


class NumberedFeed:
    """A `LiveFeed`."""

    def __init__(
        self,
        url: str = "wss://venue.test",
        snapshots: str = "https://venue.test",
        retry: int = RETRY,
    ) -> None:
        self.instruments: tuple[Instrument, ...] = (INSTRUMENT,)
        self.counts = FeedCounts()
        self.url = url
        self.failed = ""
        self._snapshots = snapshots
        self._retry = retry
        self._say: list[bytes] = []
        self._ask = False
        self._asked = False
        self._ask_again = Nanos(1 << 62)
        self._believed = False
        self._number = -1
        self._waiting: list[BookChange] = []
        self._connected = False
        self._ready = False
        self._last = Nanos(0)

    @property
    def needs_snapshots(self) -> tuple[InstrumentId, ...]:
        return () if self._believed else (ONE,)

    @property
    def next_time(self) -> Nanos:
        limit = SILENCE_MAX if self._ready else CONFIRM_MAX
        return Nanos(min(self._last + limit, self._ask_again))

    def connected(self, time: Nanos) -> None:
        self._connected, self._ready, self.failed = True, False, ""
        self._say, self._ask, self._asked = [SUBSCRIBE], False, False
        self._last, self._ask_again = time, Nanos(1 << 62)

    def disconnected(self, reason: str, time: Nanos) -> list[Input]:
        self._connected = False
        return self._lose(reason)

    def outgoing(self) -> list[bytes]:
        say, self._say = self._say, []
        return say

    def snapshot_requests(self) -> list[SnapshotRequest]:
        if not self._ask or self._asked:
            return []
        self._asked = True
        return [SnapshotRequest(ONE, self._snapshots)]

    def snapshot_failed(self, instrument: InstrumentId, reason: str, time: Nanos) -> None:
        self._ask_again = Nanos(time + self._retry)

    def tick(self, time: Nanos) -> list[Input]:
        if time >= self._ask_again:
            self._asked, self._ask_again = False, Nanos(1 << 62)
        if not self._ready and time - self._last >= CONFIRM_MAX:
            self.failed = "not confirmed"
        elif self._ready and time - self._last >= SILENCE_MAX:
            self.failed = "silent"
            return self._lose("silent")
        return []

    def receive(self, frame: bytes, time: Nanos) -> list[Input]:
        self.counts.frames += 1
        try:
            said: dict[str, Any] = msgspec.json.decode(frame)
        except msgspec.DecodeError as error:
            self.counts.drop("malformed_json")
            raise MalformedFrame("json", str(error)) from error
        self._last = time
        if "ready" in said:
            self._ready = self._ask = True
            self.counts.drop("confirmation")
            return []
        bids = ((Price(said["bid"]), Quantity(1)),)
        asks = ((Price(said["ask"]), Quantity(1)),)
        if "snapshot" in said:
            self._number, self._believed, self._ask, self._asked = (
                said["snapshot"],
                True,
                False,
                False,
            )
            self._say.append(HAVE)
            self.counts.passed("BookSnapshot")
            waited, self._waiting, self.counts.waiting = self._waiting, [], 0
            book = BookSnapshot(ONE, bids, asks, UpdateId(self._number), Nanos(0))
            return [book, *(one for moved in waited for one in self._move(moved))]
        moved = BookChange(ONE, bids, asks, UpdateId(said["n"]), Nanos(time - 5_000_000))
        return self._move(moved)

    def _move(self, moved: BookChange) -> list[Input]:
        if not self._believed:
            self._waiting.append(moved)
            self.counts.waiting += 1
            return []
        if moved.update <= self._number:
            self.counts.drop("old")
            return []
        if moved.update != self._number + 1:
            self.counts.drop("gap")
            return self._lose(f"expected {self._number + 1}, found {moved.update}")
        self._number += 1
        self.counts.passed("BookChange")
        return [moved]

    def _lose(self, reason: str) -> list[Input]:
        if not self._believed:
            return []
        self._believed, self._ask = False, True
        self.counts.gaps += 1
        return [BookGap(ONE, reason)]
