"""ITCH out of captured packets, and what every sample of the exchanges turns out to be."""

from collections import Counter
from pathlib import Path

import pytest

from fairlead.gateways.errors import InstrumentNotInferred, MalformedFrame, RecordingDamaged
from fairlead.gateways.formats import FORMATS
from fairlead.gateways.itch.captures import CapturedItch, CapturedMessages
from fairlead.gateways.itch.messages import decode, encode
from fairlead.gateways.moldudp64 import Sender
from fairlead.gateways.pcap import Capture, Carried, Endpoint
from fairlead.gateways.recorded import FormatOptions
from fairlead.gateways.soupbintcp import Packets, packet
from fairlead.model.inputs import BookGap, Input
from fairlead.model.units import Nanos
from tests.gateways.itch.test_stream import Books
from tests.gateways.itch.venue import Venue, feed
from tests.gateways.packets import ethernet, pcap, tcp, udp

SESSION = "0000010059"


@pytest.fixture
def venue() -> Venue:
    one = Venue(5)
    one.go_on(300)
    return one


def opened(
    folder: Path, packets: list[bytes], options: FormatOptions | None = None
) -> CapturedItch:
    path = folder / "day.pcap"
    path.write_bytes(pcap([ethernet(one) for one in packets]))
    found = FORMATS["itch-pcap"].open([path], options or FormatOptions(("AAPL", "MSFT")))
    assert isinstance(found, CapturedItch)
    return found


def inputs(found: CapturedItch) -> list[Input]:
    return [got for _, told in found.events() for got in told]


def lines(venue: Venue, at_once: int = 3) -> list[bytes]:
    sender = Sender(SESSION)
    return [
        datagram
        for first in range(0, len(venue.sent), at_once)
        for datagram in sender.send(venue.sent[first : first + at_once])
    ]


def test_datagrams_on_one_line_give_the_true_books(tmp_path: Path, venue: Venue) -> None:
    found = opened(tmp_path, [udp(datagram) for datagram in lines(venue)])
    books = Books(feed())
    books.take(inputs(found))
    assert books.check(venue) == 2
    assert found.counts.frames == len(venue.sent)
    assert found.counts.balanced


def test_what_one_line_lost_the_other_line_brings(tmp_path: Path, venue: Venue) -> None:
    packets = []
    for number, datagram in enumerate(lines(venue)):
        packets += [udp(datagram, 26_400)] * (number % 3 != 0)
        packets += [udp(datagram, 26_401)] * (number % 3 != 1)
    found = opened(tmp_path, packets)
    books = Books(feed())
    books.take(inputs(found))
    assert books.check(venue) == 2
    assert found.counts.gaps == 0


def test_what_both_lines_lost_costs_the_books(tmp_path: Path, venue: Venue) -> None:
    datagrams = lines(venue)
    del datagrams[20:22]
    found = opened(tmp_path, [udp(datagram) for datagram in datagrams])
    gaps = [got for got in inputs(found) if isinstance(got, BookGap)]
    words = "messages 61 to 66 are lost: not brought after 0 requests"
    assert gaps == [BookGap(one.instrument, words) for one in found.instruments]
    assert found.counts.balanced


def test_a_connection_gives_the_true_books(tmp_path: Path, venue: Venue) -> None:
    said = b"".join(packet(b"S", message) for message in venue.sent) + packet(b"H")
    cuts = [said[at : at + 100] for at in range(0, len(said), 100)]
    segments = [tcp(b"", 999, flags=0x02)]
    segments += [tcp(cut, 1_000 + 100 * number) for number, cut in enumerate(cuts)]
    segments[5], segments[6] = segments[6], segments[5]
    segments.insert(9, segments[7])
    found = opened(tmp_path, segments)
    books = Books(feed())
    books.take(inputs(found))
    assert books.check(venue) == 2
    assert found.counts.balanced


def test_a_hole_in_a_connection_costs_the_books(tmp_path: Path, venue: Venue) -> None:
    said = b"".join(packet(b"S", message) for message in venue.sent)
    segments = [tcp(said[at : at + 100], 1_000 + at) for at in range(0, len(said), 100)]
    del segments[30]
    gaps = [got for got in inputs(opened(tmp_path, segments)) if isinstance(got, BookGap)]
    assert gaps[0].reason == "100 bytes of a connection were not captured"
    assert len(gaps) == 2


def test_packets_of_something_else_are_counted(tmp_path: Path, venue: Venue) -> None:
    datagrams = lines(venue)
    packets = [udp(datagram) for datagram in datagrams]
    packets[10:10] = [udp(b"dns?"), udp(b"\0" * 60), udp(b"")]
    found = opened(tmp_path, packets)
    books = Books(feed())
    books.take(inputs(found))
    assert books.check(venue) == 2
    assert found.counts.dropped["packet_length"] == 2
    assert found.counts.dropped["packet_session"] == 1
    assert found.records.malformed == {"length": 2, "session": 1}
    assert found.counts.balanced


def test_a_datagram_that_is_not_what_its_checksum_says_is_lost(
    tmp_path: Path, venue: Venue
) -> None:
    packets = [bytearray(udp(datagram)) for datagram in lines(venue)]
    packets[30][-1] ^= 1
    found = opened(tmp_path, [bytes(packet) for packet in packets])
    gaps = [got for got in inputs(found) if isinstance(got, BookGap)]
    words = "messages 91 to 93 are lost: not brought after 0 requests"
    assert [gap.reason for gap in gaps] == [words, words]
    assert found.counts.dropped["packet_checksum"] == 1
    assert "day.pcap:byte" in found.records.malformed_examples[0]


def test_checksums_that_were_never_right_are_not_looked_at(tmp_path: Path, venue: Venue) -> None:
    found = opened(tmp_path, [udp(datagram, summed=False) for datagram in lines(venue)])
    books = Books(feed())
    books.take(inputs(found))
    assert books.check(venue) == 2


def test_a_capture_that_ends_in_the_middle_tells_what_waited_before_it(
    tmp_path: Path, venue: Venue
) -> None:
    datagrams = lines(venue)
    del datagrams[-3]
    path = tmp_path / "day.pcap"
    packets = [ethernet(udp(datagram)) for datagram in datagrams]
    path.write_bytes(pcap(packets, step=1_000)[:-5])
    found = FORMATS["itch-pcap"].open([path], FormatOptions(("AAPL", "MSFT")))
    told: list[tuple[Nanos, list[Input]]] = []
    with pytest.raises(RecordingDamaged, match="the file ends in the middle"):
        told.extend(found.events())
    assert isinstance(told[-1][1][0], BookGap)
    assert found.counts.balanced


def test_strangers_are_let_go(
    tmp_path: Path, venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fairlead.gateways.itch.captures._FLOWS_MAX", 5)
    messages = CapturedMessages()
    here = Endpoint("10.0.0.1", 1)
    for port in range(1, 50):
        other = Endpoint("10.0.0.2", port)
        list(messages.receive(Carried(Nanos(0), here, other, b"\x00", 0)))
        assert len(messages._streams) <= 5


def test_symbols_and_the_day_are_told_by_the_capture(tmp_path: Path, venue: Venue) -> None:
    found = opened(tmp_path, [udp(datagram) for datagram in lines(venue)], FormatOptions())
    assert [one.symbol for one in found.instruments] == [
        "AAPL.NASDAQ", "MSFT.NASDAQ", "ZVZZT.NASDAQ",
    ]  # fmt: skip
    assert next(found.events())[1]


def test_a_capture_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InstrumentNotInferred, match="no UDP or TCP packet in it"):
        opened(tmp_path, [])


# --- the samples ---


def outcome(path: Path) -> str:
    """Return what a sample of an exchange turns out to be: every message, or why it is none."""
    messages = CapturedMessages()
    told: Counter[str] = Counter()
    for carried in Capture([path]):
        try:
            found = [one for one in messages.receive(carried) if isinstance(one, bytes)]
        except MalformedFrame as error:
            return f"refused, {error}"
        told.update(message_outcome(message) for message in found)
        told.update(soup_outcome(carried) if not carried.is_udp else {})
    told.update(message_outcome(one) for one in messages.end() if isinstance(one, bytes))
    return ", ".join(f"{count} {what}" for what, count in told.items()) or "heartbeat"


def message_outcome(message: bytes) -> str:
    try:
        found = decode(message)
    except MalformedFrame as error:
        return f"refused ({str(error).removeprefix('malformed frame: ')})"
    assert encode(found) == message
    return type(found).__name__


def soup_outcome(carried: Carried) -> Counter[str]:
    packets = Packets(b"LUROAJSHZ+").receive(carried.payload)
    return Counter(f"SoupBinTCP {kind.decode()}" for kind, _ in packets)


EXPECTED = {
    "Bx.Equities.TotalView.Itch.v5.0/AddOrderNoMpidAttributionMessage": "1 AddOrder",
    "Bx.Equities.TotalView.Itch.v5.0/OrderDeleteMessage": "1 OrderDelete",
    "Bx.Equities.TotalView.Itch.v5.0/OrderReplaceMessage": "1 OrderReplace",
    "Nasdaq.Equities.TotalView.Itch.v5.0/AddOrderNoMpidAttributionMessage": "1 AddOrder",
    "Nasdaq.Equities.TotalView.Itch.v5.0/MarketParticipantPositionMessage": "1 ParticipantPosition",
    "Nasdaq.Equities.TotalView.Itch.v5.0/Multiple.Packets": (
        "1 OrderDelete, 36 AddOrder, 2 AddAttributedOrder"
    ),
    "Nasdaq.Equities.TotalView.Itch.v5.0/NetOrderImbalanceIndicatorMessage": "1 Imbalance",
    "Nasdaq.Equities.TotalView.Itch.v5.0/OrderDeleteMessage": "1 OrderDelete",
    "Nasdaq.Equities.TotalView.Itch.v5.0/OrderExecutedMessage": "1 OrderExecuted",
    "Nasdaq.Equities.TotalView.Itch.v5.0/OrderReplaceMessage": "1 OrderReplace",
    "Nasdaq.Equities.TotalView.Itch.v5.0/StockTradingActionMessage": "1 TradingAction",
}


def test_every_sample_of_the_exchanges_is_decoded_or_refused_with_its_reason(
    market_data: Path,
) -> None:
    folder = market_data / "exchange_pcaps"
    found = {
        path.relative_to(folder).as_posix().removesuffix(".pcap"): outcome(path)
        for path in sorted(folder.rglob("*.pcap"))
    }
    for name, what in found.items():
        print(f"{name:75} {what}")  # noqa: T201 - the issue asks for the table
    assert {name: found[name] for name in EXPECTED} == EXPECTED
    others = [what for name, what in found.items() if name not in EXPECTED]
    assert all(what == "heartbeat" or "refused" in what or "SoupBin" in what for what in others)
