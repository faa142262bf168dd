"""LOBSTER's sample: the book after every message, damaged files, and messages that went wrong."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlead.gateways.errors import (
    InstrumentNotInferred,
    MalformedFrame,
    RecordingDamaged,
    RecordingUnreadable,
)
from fairlead.gateways.lobster import LobsterFeed, open_lobster, read_message
from fairlead.gateways.recorded import FormatOptions, Frames, FramesThroughFeed
from fairlead.model.inputs import (
    BookGap,
    BookOrderAdded,
    BookOrderExecuted,
    BookOrderReduced,
    BookOrderRemoved,
    BookOrders,
    Input,
    Trade,
    TradingStatus,
)
from fairlead.model.terms import Side
from fairlead.model.units import Nanos
from tests.gateways.mutations import check_feed

NAME = "AAPL_2012-06-21_34200000_57600000_{}_10.csv"
OPEN = 1_340_285_400 * 10**9  # 2012-06-21 09:30 in New York is 13:30 UTC


@pytest.fixture
def messages(market_data: Path) -> Path:
    return market_data / "lobster" / "data" / NAME.format("message")


def opened(path: Path, **options: object) -> FramesThroughFeed:
    return open_lobster([path], FormatOptions(**options))  # type: ignore[arg-type]


def run(recording: FramesThroughFeed) -> list[tuple[Nanos, Input]]:
    return [(time, input) for time, inputs in recording.events() for input in inputs]


def test_the_book_is_the_expected_one_after_every_message(messages: Path) -> None:
    recording = opened(messages)
    happened = run(recording)
    (rows,) = recording.oracles
    assert (rows.compared, rows.equal, rows.different) == (998, 998, 0)  # the first row begins it
    assert recording.counts.frames == 999
    assert recording.counts.balanced
    assert not recording.counts.dropped
    assert recording.counts.inputs == {
        "BookOrders": 1,
        "BookOrderAdded": 470,
        "BookOrderRemoved": 367,
        "BookOrderReduced": 2,
        "BookOrderExecuted": 98,
        "Trade": 61,
    }
    assert happened[0][0] == OPEN + 4_241_176


def test_the_inputs_alone_rebuild_the_rows(messages: Path) -> None:
    """A second, naive ledger knows nothing of the feed's own, nor of the rows."""
    rows = messages.with_name(NAME.format("orderbook")).read_text().split()
    orders: dict[int, tuple[Side, int, int]] = {}
    equal = 0
    for row, (_, inputs) in zip(rows, opened(messages).events(), strict=True):
        for input in inputs:
            apply(orders, input)
        equal += levels(orders) == [int(field) for field in row.split(",")]
    assert equal == len(rows) == 999


def apply(orders: dict[int, tuple[Side, int, int]], input: Input) -> None:
    """Let an input change the orders."""
    if isinstance(input, BookOrders):
        orders.clear()
        orders.update({number: rest for number, *rest in input.orders})  # type: ignore[misc]
    elif isinstance(input, BookOrderAdded):
        orders[input.order] = input.side, input.price, input.quantity
    elif isinstance(input, BookOrderRemoved):
        del orders[input.order]
    elif isinstance(input, BookOrderReduced | BookOrderExecuted):
        side, price, quantity = orders[input.order]
        orders[input.order] = side, price, quantity - input.quantity
        if quantity == input.quantity:
            del orders[input.order]


def levels(orders: dict[int, tuple[Side, int, int]]) -> list[int]:
    """Return ten levels as LOBSTER writes a row."""
    sides: dict[Side, dict[int, int]] = {Side.BUY: {}, Side.SELL: {}}
    for side, price, quantity in orders.values():
        sides[side][price] = sides[side].get(price, 0) + quantity
    asks = sorted(sides[Side.SELL].items())[:10]
    bids = sorted(sides[Side.BUY].items(), reverse=True)[:10]
    return [number for ask, bid in zip(asks, bids, strict=True) for number in (*ask, *bid)]


def test_a_lost_message_is_noticed_where_it_is_missing_and_the_row_mends_it(
    messages: Path,
) -> None:
    """But for what leaves no trace in the book: a hidden trade, and an order that came and went.

    Of the latter its end tells: an order that nobody knows.
    """
    kinds = [line.split(b",")[1] for line in messages.read_bytes().split()]
    for lost in range(100, 200, 4):

        def without(frames: Frames, lost: int = lost) -> Iterator[tuple[Nanos, bytes]]:
            for number, frame in enumerate(frames):
                if number != lost:
                    yield frame

        recording = opened(messages, between=without)
        events = list(recording.events())
        gaps = [place for place, (_, inputs) in enumerate(events) if type_of(inputs) is BookGap]
        (rows,) = recording.oracles
        assert rows.different == recording.counts.gaps == len(gaps)
        if kinds[lost] == b"5":
            assert not gaps
        else:
            assert gaps == [lost] or recording.counts.dropped == {"order_unknown": 1}


def type_of(inputs: list[Input]) -> type:
    """Return BookGap if there is one among the inputs."""
    return BookGap if any(isinstance(input, BookGap) for input in inputs) else type(inputs[0])


def test_a_repeated_submission_is_dropped_and_changes_nothing(messages: Path) -> None:
    def twice(frames: Frames) -> Iterator[tuple[Nanos, bytes]]:
        for number, frame in enumerate(frames):
            yield frame
            if number == 2:
                yield frame

    recording = opened(messages, between=twice)
    run(recording)
    assert recording.counts.dropped == {"order_known": 1}
    assert recording.oracles[0].different == 0


def test_messages_alone_drop_what_was_there_before(messages: Path, tmp_path: Path) -> None:
    alone = tmp_path / messages.name
    alone.write_bytes(messages.read_bytes())
    recording = opened(alone)
    run(recording)
    assert recording.counts.balanced
    assert recording.counts.dropped == {"order_unknown": 9}
    assert recording.oracles[0].compared == 0


def test_hidden_trades_crosses_and_halts_are_said() -> None:
    feed = sample_feed()
    hidden = feed.receive(b"34200.5,5,0,100,5853350,1", Nanos(OPEN))
    assert hidden == [Trade(1, 5853350, 100, Side.SELL, "1", Nanos(OPEN), "hidden")]  # type: ignore[arg-type]
    (crossed,) = feed.receive(b"34200.5,6,-1,100,5853300,1".replace(b"-1", b"1"), Nanos(OPEN))
    assert isinstance(crossed, Trade)
    assert (crossed.aggressor, crossed.conditions) == (None, "cross")
    (halt,) = feed.receive(b"34201,7,0,0,-1,-1", Nanos(OPEN))
    (quoting,) = feed.receive(b"34202,7,0,0,0,-1", Nanos(OPEN))
    (again,) = feed.receive(b"34203,7,0,0,1,-1", Nanos(OPEN))
    assert [halt, quoting, again] == [
        TradingStatus(feed.instruments[0].instrument, False, "halted"),
        TradingStatus(feed.instruments[0].instrument, False, "quoting again"),
        TradingStatus(feed.instruments[0].instrument, True),
    ]


def sample_feed() -> LobsterFeed:
    from fairlead.gateways.lobster import _instrument

    return LobsterFeed(_instrument("AAPL"))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"34200.1,1,5,10,5853300", "fields"),
        (b"86400,1,5,10,5853300,1", "time"),
        (b"34200.1,1,5,10,5853300,0", "side"),
        (b"34200.1,1,5,10,5853300," + b"-1" * 9_999, "side"),
        (b"34200.1,8,5,10,5853300,1", "kind"),
        (b"34200.1,1,5,0,5853300,1", "number"),
        (b"34200.1,1,5,10,NaN,1", "number"),
        (b"34200.1,1,5,10,,1", "number"),
        (b"34200.1,1,5,-10,5853300,1", "number"),
        (b"34200.1,1,5,10,5853300,1\n1,2,3", "row"),
        (b"34200.1,1,5,10,5853300,1\n5,1,4,1,5,1,3,1", "row"),
        (b"34200.1,1,5,10,5853300,1\n5,0,4,1", "row"),
    ],
)
def test_a_message_that_is_wrong_is_refused_with_its_reason(line: bytes, reason: str) -> None:
    feed = sample_feed()
    with pytest.raises(MalformedFrame) as error:
        feed.receive(line, Nanos(OPEN))
    assert error.value.reason == reason
    assert len(str(error.value)) < 500
    assert feed.counts.dropped == {f"malformed_{reason}": 1}


def test_a_damaged_line_is_counted_with_its_place_and_ends_nothing(
    messages: Path, tmp_path: Path
) -> None:
    text = messages.read_bytes().splitlines(keepends=True)
    text[499] = b"34200.1,1,NaN,10,5853300,1\n"
    copy = tmp_path / messages.name
    copy.write_bytes(b"".join(text))
    copy.with_name(NAME.format("orderbook")).write_bytes(
        messages.with_name(NAME.format("orderbook")).read_bytes()
    )
    recording = opened(copy)
    run(recording)
    assert recording.counts.dropped == {"malformed_number": 1}
    assert recording.records.malformed_examples[0].startswith(f"{copy}:500: ")
    (rows,) = recording.oracles
    assert rows.compared == 997
    assert rows.different == recording.counts.gaps <= 1


def test_files_that_do_not_belong_together_are_refused(messages: Path, tmp_path: Path) -> None:
    copy = tmp_path / messages.name
    copy.write_bytes(messages.read_bytes())
    books = copy.with_name(NAME.format("orderbook"))
    rows = messages.with_name(books.name).read_bytes().splitlines(keepends=True)
    books.write_bytes(b"".join(rows[:900]))
    with pytest.raises(RecordingDamaged, match="no row for message 901"):
        run(opened(copy))
    books.write_bytes(b"".join(rows) + b"\n" + rows[0])
    with pytest.raises(RecordingDamaged, match="more rows than the 999 messages"):
        run(opened(copy))


def test_a_compressed_file_that_ends_in_the_middle_is_damaged(
    messages: Path, tmp_path: Path
) -> None:
    packed = gzip.compress(messages.read_bytes())
    copy = tmp_path / (messages.name + ".gz")
    copy.write_bytes(packed[: len(packed) // 2])
    with pytest.raises(RecordingDamaged, match="ends in the middle"):
        run(opened(copy))


def test_what_a_name_does_not_say_has_to_be_said(tmp_path: Path) -> None:
    nameless = tmp_path / "messages.csv"
    nameless.write_text("34200.1,1,5,10,5853300,1\n")
    with pytest.raises(InstrumentNotInferred, match="expected a name such as AAPL_2012"):
        opened(nameless)
    recording = opened(nameless, symbols=("AAPL",), date="2012-06-21")
    assert [time for time, _ in run(recording)] == [OPEN + 10**8]
    with pytest.raises(InstrumentNotInferred, match="no day"):
        opened(nameless, symbols=("AAPL",), date="2012-06-31")
    with pytest.raises(RecordingUnreadable, match="No such file"):
        run(opened(tmp_path / NAME.format("message")))


def test_mutated_messages_are_answered_or_refused(messages: Path) -> None:
    text = messages.read_bytes().split()
    rows = messages.with_name(NAME.format("orderbook")).read_bytes().split()
    samples = [b"\n".join(pair) for pair in zip(text[:200], rows, strict=False)] + text[:50]
    check_feed(sample_feed(), samples)


def test_a_message_is_read_as_it_is_written() -> None:
    message = read_message(b"34200.004241176,1,16113575,18,5853300,-1")
    assert message == (34_200_004_241_176, 1, 16113575, 18, 5853300, Side.SELL)
