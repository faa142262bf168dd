"""ITCH as inputs of the instruments asked for, and what becomes of messages that are none."""

import pytest

from fairlead.gateways.errors import MalformedFrame
from fairlead.gateways.itch import feed as feed_module
from fairlead.gateways.itch.feed import midnight
from fairlead.gateways.itch.messages import (
    LAYOUTS,
    AddOrder,
    AuctionCollar,
    CrossTrade,
    DeclineLevels,
    DeclineStatus,
    DirectListing,
    HiddenTrade,
    Imbalance,
    Message,
    OperationalHalt,
    OrderCancel,
    OrderDelete,
    OrderExecuted,
    OrderExecutedAtPrice,
    OrderReplace,
    ParticipantPosition,
    QuotingPeriod,
    RetailInterest,
    ShortSaleTest,
    SystemEvent,
    TradingAction,
    encode,
)
from fairlead.machine.machine import Machine
from fairlead.model.inputs import (
    BookGap,
    BookOrders,
    Input,
    InstrumentDefinition,
    SessionPhase,
    Trade,
    WarningRaised,
)
from fairlead.model.outputs import BookRestored
from fairlead.model.risk_terms import Phase
from fairlead.model.units import (
    Nanos,
    Price,
    Quantity,
    Sequence,
    UpdateId,
)
from tests.gateways.itch.venue import (
    AAPL,
    DATE,
    HEADER,
    MSFT,
    NOW,
    OPEN,
    TIME,
    Venue,
    begun,
    directory,
    dropped,
    feed,
    opening,
    receive,
)
from tests.gateways.mutations import check_decoder


def told(*messages: Message) -> list[Input]:
    return receive(begun(), *messages)


# --- the day ---


def test_midnight_is_that_of_new_york() -> None:
    assert midnight(20240613) == 1_718_251_200 * 10**9  # 04:00 UTC
    assert midnight(20240115) == 1_705_294_800 * 10**9  # 05:00 UTC


def test_books_are_empty_and_believed_from_the_beginning_of_the_day_on() -> None:
    one = feed()
    inputs = receive(one, *opening())
    assert inputs == [
        SessionPhase("NASDAQ", Phase.CLOSED, Nanos(midnight(DATE) + 10**12 - 1)),
        BookOrders(AAPL, (), UpdateId(0), Nanos(midnight(DATE) + 10**12)),
        BookOrders(MSFT, (), UpdateId(0), Nanos(midnight(DATE) + 10**12)),
    ]
    assert one.needs_snapshots == ()
    assert one.counts.dropped == {"symbol_not_subscribed": 1}  # ZVZZT


def test_without_the_beginning_no_book_is_believed() -> None:
    one = feed()
    assert receive(one, *opening()[1:]) == []
    assert one.needs_snapshots == (AAPL, MSFT)
    assert dropped(one, AddOrder(*HEADER, 7, "B", 300, "AAPL", 1_912_300)) == {
        "symbol_not_subscribed": 0, "directory": 0, "book_lost": 1,
    }  # fmt: skip
    assert receive(one, HiddenTrade(*HEADER, 0, "B", 10, "AAPL", 5, 6))  # trades need no book


@pytest.mark.parametrize(
    ("event", "phase"),
    [("S", Phase.PRE_OPEN), ("Q", Phase.CONTINUOUS), ("M", Phase.CLOSED), ("C", Phase.CLOSED)],
)
def test_system_events_are_phases_of_the_venue(event: str, phase: Phase) -> None:
    assert told(SystemEvent(0, 0, OPEN, event)) == [SessionPhase("NASDAQ", phase, TIME)]


def test_a_book_of_which_something_came_before_its_directory_message_is_not_believed() -> None:
    one = feed()
    receive(one, SystemEvent(0, 0, 1, "O"))
    receive(one, AddOrder(*HEADER, 7, "B", 300, "AAPL", 1_912_300))
    assert receive(one, directory(1, "AAPL")) == []
    assert one.needs_snapshots == (AAPL, MSFT)


def test_a_directory_message_that_cannot_be_read_costs_its_book_alone() -> None:
    one = feed()
    receive(one, SystemEvent(0, 0, 1, "O"))
    with pytest.raises(MalformedFrame, match="time"):
        one.receive(b"R\x00\x01\x00\x00" + b"\xff" * 6 + encode(directory(1, "AAPL"))[11:], NOW)
    receive(one, directory(1, "AAPL"), directory(2, "MSFT"))
    assert one.needs_snapshots == (AAPL,)


# --- what the venue says of an instrument ---


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"authenticity": "T"}, "a test"),
        ({"round_lots_only": "Y"}, "lots of 100 alone, configured is quantity_lot 1"),
        ({"financial_status": "Q"}, "its financial status is bankrupt"),
    ],
)
def test_terms_that_differ_from_ours_are_a_warning(changed: dict[str, str], words: str) -> None:
    one = feed("AAPL")
    inputs = receive(one, SystemEvent(0, 0, 1, "O"), directory(1, "AAPL", **changed))
    [warning] = [got for got in inputs if isinstance(got, WarningRaised)]
    assert warning.name == "itch_AAPL.NASDAQ"
    assert words in warning.text


def test_a_directory_message_that_is_repeated_leaves_the_book() -> None:
    one = begun()
    receive(one, AddOrder(*HEADER, 7, "B", 300, "AAPL", 1_912_300))
    assert dropped(one, directory(1, "AAPL"))["directory_repeated"] == 1


# --- which instrument ---


def test_other_instruments_are_counted_and_not_looked_at() -> None:
    one = begun()
    messages = [
        AddOrder(3, 0, OPEN, 7, "B", 300, "ZVZZT", 100),
        OrderDelete(3, 0, OPEN, 7),
        AddOrder(9, 0, OPEN, 7, "B", 300, "NEVER", 100),
    ]
    assert dropped(one, *messages)["symbol_not_subscribed"] == 3
    assert dropped(one, OrderDelete(77, 0, OPEN, 7))["locate_unknown"] == 1


def test_a_locate_of_another_stock_is_malformed_and_costs_both_books() -> None:
    one = begun()
    with pytest.raises(MalformedFrame, match=r"locate 1 is b'AAPL    ', found b'MSFT    '"):
        receive(one, AddOrder(*HEADER, 7, "B", 300, "MSFT", 100))
    words = "a message of it could not be read"
    assert one.untold() == [BookGap(AAPL, words), BookGap(MSFT, words)]
    assert one.needs_snapshots == (AAPL, MSFT)


def test_a_directory_message_has_the_last_word_on_locates() -> None:
    one = begun()
    inputs = receive(one, directory(5, "AAPL"), AddOrder(5, 0, OPEN, 7, "B", 1, "AAPL", 1))
    assert inputs == [BookGap(AAPL, "its locate is 5 now")]
    assert one.counts.balanced
    inputs = receive(one, directory(2, "AAPL"))
    assert inputs == [BookGap(MSFT, "its locate 2 is that of another")]
    trade = HiddenTrade(2, 0, OPEN, 0, "B", 10, "AAPL", 5, 6)
    assert receive(one, trade) == [Trade(AAPL, Price(5), Quantity(10), None, "6", TIME, "P")]


# --- what cannot be ---


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (AddOrder(*HEADER, 7, "X", 300, "AAPL", 1), "side"),
        (AddOrder(*HEADER, 7, "B", 0, "AAPL", 1), "zero"),
        (AddOrder(*HEADER, 7, "B", 1, "AAPL", 0), "zero"),
        (OrderExecuted(*HEADER, 7, 0, 1), "zero"),
        (OrderExecutedAtPrice(*HEADER, 7, 1, 1, "?", 1), "state"),
        (OrderExecutedAtPrice(*HEADER, 7, 1, 1, "Y", 0), "zero"),
        (OrderCancel(*HEADER, 7, 0), "zero"),
        (OrderReplace(*HEADER, 7, 8, 0, 1), "zero"),
        (OrderReplace(*HEADER, 7, 8, 1, 0), "zero"),
        (HiddenTrade(*HEADER, 0, "B", 0, "AAPL", 1, 1), "zero"),
        (CrossTrade(*HEADER, 10**18, "AAPL", 1, 1, "O"), "number"),
        (Imbalance(*HEADER, 2**63, 0, "B", "AAPL", 1, 1, 1, "O", ""), "number"),
        (Imbalance(*HEADER, 1, 0, "?", "AAPL", 1, 1, 1, "O", ""), "side"),
        (AuctionCollar(*HEADER, "AAPL", 1, 90, 110, 0), "price"),
        (TradingAction(*HEADER, "AAPL", "?", "", ""), "state"),
        (OperationalHalt(*HEADER, "AAPL", "Q", "?"), "state"),
        (ShortSaleTest(*HEADER, "AAPL", "9"), "state"),
    ],
)
def test_a_message_that_says_something_impossible_costs_its_book(
    message: Message, reason: str
) -> None:
    one = begun()
    with pytest.raises(MalformedFrame) as raised:
        receive(one, message)
    assert raised.value.reason == reason
    assert one.needs_snapshots == (AAPL,)
    [gap] = receive(one, SystemEvent(0, 0, OPEN, "Q"))[:-1]  # told before anything else
    assert gap == BookGap(AAPL, "a message of it could not be read")
    assert one.counts.balanced


@pytest.mark.parametrize("message", [SystemEvent(0, 0, 1, "?"), DeclineStatus(0, 0, 1, "4")])
def test_an_impossible_message_of_the_venue_is_refused(message: Message) -> None:
    with pytest.raises(MalformedFrame):
        receive(begun(), message)


def test_a_message_too_short_to_tell_whose_it_is_costs_all_books() -> None:
    one = begun()
    with pytest.raises(MalformedFrame):
        one.receive(b"A\x00", NOW)
    assert len(one.untold()) == 2


def test_lost_messages_cost_every_book_once() -> None:
    one = begun()
    assert one.lose("messages 5 to 9 are lost") == [
        BookGap(AAPL, "messages 5 to 9 are lost"),
        BookGap(MSFT, "messages 5 to 9 are lost"),
    ]
    assert one.lose("messages 12 to 13 are lost") == []
    assert one.counts.gaps == 2


def test_what_waits_for_a_snapshot_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "HELD_MESSAGES_MAX", 10)
    one = begun()
    one.lose("lost")
    one.hold()
    for number in range(25):
        receive(one, AddOrder(*HEADER, number, "B", 1, "AAPL", 1))
        assert one.counts.waiting <= 10
        assert one.counts.balanced
    assert one.counts.dropped["book_lost"] == 25


def test_the_machine_takes_everything_that_a_feed_says() -> None:
    venue, one, machine = Venue(3), feed(), Machine()
    venue.go_on(500)
    messages = [
        DeclineLevels(0, 0, OPEN, 465_012_345_678, 435_000_000_000, 400_000_000_000),
        DeclineStatus(0, 0, OPEN, "2"),
        ShortSaleTest(*HEADER, "AAPL", "1"),
        AuctionCollar(*HEADER, "AAPL", 100, 110, 90, 0),
        OperationalHalt(*HEADER, "AAPL", "Q", "H"),
        TradingAction(*HEADER, "AAPL", "T", "", "MWCQ"),
        CrossTrade(*HEADER, 500, "AAPL", 1_912_000, 57, "O"),
        SystemEvent(0, 0, OPEN, "M"),
    ]
    inputs: list[Input] = [InstrumentDefinition(listed) for listed in one.instruments]
    for frame in [*venue.sent, *map(encode, messages)]:
        inputs += one.receive(frame, NOW)
    outputs = [
        output
        for number, said in enumerate(inputs, 1)
        for output in machine.apply(Sequence(number), Nanos(NOW + number), said)
    ]
    assert [type(output) for output in outputs] == [BookRestored, BookRestored]


# --- mutated ---


def test_mutated_messages_are_answered_or_refused() -> None:
    venue = Venue(1)
    venue.go_on(200)
    samples = venue.sent + [
        encode(message)
        for message in (
            DeclineLevels(0, 0, OPEN, 1, 2, 3),
            DeclineStatus(0, 0, OPEN, "1"),
            ShortSaleTest(*HEADER, "AAPL", "1"),
            AuctionCollar(*HEADER, "AAPL", 100, 110, 90, 0),
            OperationalHalt(*HEADER, "AAPL", "Q", "H"),
            ParticipantPosition(*HEADER, "MAXM", "AAPL", "Y", "N", "A"),
            QuotingPeriod(*HEADER, "AAPL", 34_200, "A", 100),
            RetailInterest(*HEADER, "AAPL", "A"),
            DirectListing(*HEADER, "AAPL", "Y", 1, 2, 3, 4, 5, 6),
        )
    ]
    samples.append(encode(TradingAction(*HEADER, "AAPL", "H", "", "T1")))
    assert {frame[0] for frame in samples} == set(LAYOUTS)
    one = feed("AAPL", "MSFT", "ZVZZT")

    def decode(frame: bytes) -> None:
        """Believe all books again before each frame: what is lost is not looked at."""
        one.restore({instrument: [] for instrument in one.needs_snapshots}, 1, NOW)
        one.receive(frame, NOW)

    checked = check_decoder(decode, samples, counts=one.counts)
    print(f"ITCH feed: {checked}")  # noqa: T201 - the issue asks for the numbers
    assert one.counts.frames == checked.frames
    assert one.counts.dropped["symbol_not_subscribed"] < checked.frames // 4
