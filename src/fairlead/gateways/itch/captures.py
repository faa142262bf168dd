"""ITCH out of captured packets: MoldUDP64 on any number of lines, SoupBinTCP over TCP.

Every UDP target is a line, and lines of one session are one stream, whose first copies win. What
no line of the capture has is lost, and costs the books: nobody answers requests any more. Whether
a flow is ITCH at all, its messages tell: one that cannot be read is dropped with its reason.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from fairlead.gateways.errors import InstrumentNotInferred, MalformedFrame, RecordingError
from fairlead.gateways.feed import FeedCounts
from fairlead.gateways.itch.feed import ZONE, ItchFeed
from fairlead.gateways.itch.files import VENUE, instruments, listed, told_day
from fairlead.gateways.itch.stream import lost_words
from fairlead.gateways.moldudp64 import Event, Lost, Messages, Packet, Receiver, SessionChanged
from fairlead.gateways.pcap import Capture, Carried, Endpoint
from fairlead.gateways.recorded import FormatOptions
from fairlead.gateways.recording import RecordingCounts
from fairlead.gateways.soupbintcp import Packets
from fairlead.gateways.tcp_streams import TcpStream
from fairlead.model.inputs import Input
from fairlead.model.instruments import Instrument
from fairlead.model.units import NANOS_PER_SECOND, Nanos

_ANY_SIDE: Final = b"LUROAJSHZ+"  # of SoupBinTCP: a capture does not say who is the venue
_FIRST_PACKETS_MAX: Final = 20_000
_SESSIONS_MAX: Final = 64  # in one capture; more are noise that looks like MoldUDP64

_FLOWS_MAX: Final = 1_000  # of TCP at once; more are strangers, and the oldest is let go
_SENDERS_MAX: Final = 10_000  # of UDP, whose checksums are looked at

Found = bytes | Lost | SessionChanged


class CapturedMessages:
    """What flows carry, as messages in order, and what was lost between them."""

    def __init__(self) -> None:
        """Begin without a flow."""
        self._receivers: dict[str, Receiver] = {}
        self._lines: dict[Endpoint, int] = {}
        self._streams: dict[tuple[Endpoint, Endpoint], _Flow] = {}
        # Whose checksums were right once. What a machine captures of its own sending has none yet.
        self._summing: set[Endpoint] = set()

    def receive(self, carried: Carried) -> Iterator[Found]:
        """Yield what a packet brings. Raises `MalformedFrame`."""
        for receiver in self._receivers.values():
            yield from _found(receiver.tick(carried.time))
        if carried.is_udp:
            self._require_intact(carried)
            receiver = self._receiver(Packet.decode(carried.payload).session)
            line = self._lines.setdefault(carried.target, len(self._lines))
            yield from _found(receiver.receive(line, carried.payload, carried.time))
        else:
            flow = carried.source, carried.target
            if flow not in self._streams and len(self._streams) == _FLOWS_MAX:
                del self._streams[next(iter(self._streams))]
            yield from self._streams.setdefault(flow, _Flow()).receive(carried)

    def end(self) -> Iterator[Found]:
        """Yield what was held back when the capture ended."""
        for receiver in self._receivers.values():
            yield from _found(receiver.give_up("not captured"))
        for flow in self._streams.values():
            yield from flow.end()

    def _require_intact(self, carried: Carried) -> None:
        """Raise `MalformedFrame` where a datagram is not what its sender has summed up."""
        if carried.is_intact:
            if carried.checksum and len(self._summing) < _SENDERS_MAX:
                self._summing.add(carried.source)
        elif carried.source in self._summing:
            found = f"a datagram of {len(carried.payload)} bytes is not what its checksum says"
            raise MalformedFrame("checksum", f"UDP: {found}")

    def _receiver(self, session: str) -> Receiver:
        found = self._receivers.get(session)
        if found is None:
            if len(self._receivers) == _SESSIONS_MAX:
                raise MalformedFrame("session", f"MoldUDP64: more than {_SESSIONS_MAX} sessions")
            found = self._receivers[session] = Receiver(session, tries_max=0)
        return found


class _Flow:
    """One direction of a TCP connection that carries SoupBinTCP."""

    def __init__(self) -> None:
        self._stream = TcpStream()
        self._packets = Packets(_ANY_SIDE)
        self._broken = False

    def receive(self, carried: Carried) -> Iterator[Found]:
        if carried.starts:
            self._stream, self._packets, self._broken = TcpStream(), Packets(_ANY_SIDE), False
        yield from self._said(*self._stream.receive(carried))

    def end(self) -> Iterator[Found]:
        yield from self._said(*self._stream.end())

    def _said(self, missed: int, content: bytes) -> Iterator[Found]:
        if missed and not self._broken:
            # Nobody knows where the next packet begins: the rest of the connection is lost.
            self._broken = True
            yield Lost(0, 0, f"{missed} bytes of a connection were not captured")
        if self._broken:
            return
        try:
            for kind, payload in self._packets.receive(content):
                if kind == b"S":
                    yield payload
        except MalformedFrame:
            self._broken = True
            raise


def _found(events: list[Event]) -> Iterator[Found]:
    for event in events:
        if isinstance(event, Messages):
            yield from event.messages
        elif isinstance(event, Lost | SessionChanged):
            yield event


class CapturedItch:
    """Captured files of ITCH, opened: a `RecordedFeed`."""

    def __init__(self, files: Sequence[Path], feed: ItchFeed, options: FormatOptions) -> None:
        """Take the files and the feed. Nothing is read before `events`."""
        self.instruments: tuple[Instrument, ...] = feed.instruments
        self.counts: FeedCounts = feed.counts
        self.records = RecordingCounts()
        self._feed = feed
        self._capture = Capture(files)
        self._between = options.between
        self._carried: Carried | None = None  # the packet that was read last

    def events(self) -> Iterator[tuple[Nanos, list[Input]]]:
        """Yield what each packet means, with its time, where it means something.

        What cannot be read is counted and does not end it. Raises `RecordingError`.
        """
        messages = CapturedMessages()
        payloads = self._payloads()
        damage: RecordingError | None = None
        try:
            for time, payload in self._between(payloads) if self._between else payloads:
                self.records.record(time)
                assert self._carried is not None, "a payload comes with its packet"
                carried = self._carried._replace(payload=payload)
                inputs = self._inputs(messages.receive(carried), time)
                if inputs:
                    yield time, inputs
        except RecordingError as error:
            damage = error  # behind what waits for packets that will not come any more
        for reason, count in self._capture.dropped.items():
            self.counts.frames += count
            self.counts.dropped[f"packet_{reason}"] = count
        inputs = self._inputs(messages.end(), self.records.last_time)
        if inputs:
            yield self.records.last_time, inputs
        if damage is not None:
            raise damage

    def _payloads(self) -> Iterator[tuple[Nanos, bytes]]:
        for carried in self._capture:
            self._carried = carried
            yield carried.time, carried.payload

    def _inputs(self, found: Iterator[Found], time: Nanos) -> list[Input]:
        """Return what messages mean; a packet that is none is counted."""
        inputs: list[Input] = []
        try:
            for one in found:
                if isinstance(one, bytes):
                    inputs += self._message(one, time)
                elif isinstance(one, Lost):
                    inputs += self._feed.lose(lost_words(one))
                elif isinstance(one, SessionChanged):
                    inputs += self._feed.lose(f"the venue began session {one.now}")
        except MalformedFrame as error:
            self.counts.frames += 1
            self.counts.drop(f"packet_{error.reason}")
            self.records.refuse(error, self._capture.place)
        return inputs

    def _message(self, message: bytes, time: Nanos) -> list[Input]:
        try:
            return self._feed.receive(message, time)
        except MalformedFrame as error:
            self.records.refuse(error, self._capture.place)
            return self._feed.untold()


def open_capture(files: Sequence[Path], options: FormatOptions) -> CapturedItch:
    """Open captured packets. Raises `GatewayError`."""
    first = next(iter(Capture(files[:1])), None)
    if first is None:
        raise InstrumentNotInferred(f"{files[0]}: no UDP or TCP packet in it")
    date = told_day(files[0], options.date) if options.date else _day(first.time)
    symbols = options.symbols or listed(_first_messages(files))
    venue = options.market or VENUE
    return CapturedItch(files, ItchFeed(instruments(symbols, files[0], venue), date), options)


def _first_messages(files: Sequence[Path]) -> Iterator[bytes]:
    messages = CapturedMessages()
    for carried in islice(Capture(files), _FIRST_PACKETS_MAX):
        with suppress(MalformedFrame):
            yield from (one for one in messages.receive(carried) if isinstance(one, bytes))
    yield from (one for one in messages.end() if isinstance(one, bytes))


def _day(time: Nanos) -> int:
    """Return the day at the venue (yyyymmdd)."""
    there = datetime.fromtimestamp(time // NANOS_PER_SECOND, UTC).astimezone(ZoneInfo(ZONE))
    return there.year * 10_000 + there.month * 100 + there.day
