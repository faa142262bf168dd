"""The node believes nothing that a worker says, and waits for none."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.model.inputs import (
    CancelRequest,
    Input,
    Quote,
    StrategyStartCommand,
    SubmitRequest,
    TimerFired,
)
from fairlead.model.terms import OrderType, Side, TimeInForce
from fairlead.model.units import (
    InstrumentId,
    Nanos,
    OrderId,
    Price,
    Quantity,
    Sequence,
    StrategyId,
    UpdateId,
)
from fairlead.node.workers import node_side
from fairlead.node.workers.messages import (
    Asked,
    Broke,
    CaughtUp,
    Garbage,
    Message,
    Said,
    TimerSet,
    encode,
)
from fairlead.node.workers.node_side import NodeSide, Patience
from fairlead.strategy.outbox import LogLine

ONE, TWO = StrategyId(1), StrategyId(2)
PATIENCE = Patience(catch_up=Nanos(60), hang=Nanos(10))


class Wire:
    """What a worker has sent, and how it stands."""

    def __init__(self, *messages: Message | bytes) -> None:
        self.messages = [one if isinstance(one, bytes) else encode(one) for one in messages]
        self.room = True
        self.came = Sequence(0)
        self.how = ""
        self.closed = False
        self.sent: list[bytes] = []

    def send(self, content: bytes) -> bool:
        self.sent.append(content)
        return self.room

    def receive(self) -> bytes | None:
        return self.messages.pop(0) if self.messages else None

    def progress(self) -> Sequence:
        return self.came

    def ended(self, now: Nanos) -> str:
        return self.how

    def close(self) -> None:
        self.closed = True

    def finish(self) -> None:
        assert self.closed


class Broken(Wire):
    """A ring whose other side wrote what cannot be."""

    def receive(self) -> bytes | None:
        raise Garbage("the writer stands at 13")


def side_of(line: Wire) -> NodeSide:
    return NodeSide("w", (ONE,), line, PATIENCE, Sequence(0), Nanos(0))


def taken(side: NodeSide, time: int = 0, now: int = 0) -> list[Input]:
    said: list[LogLine] = []
    return side.take(Nanos(time), Nanos(now), said.append)


def fault(side: NodeSide) -> str:
    return side.fault


def submit(strategy: StrategyId, order: int) -> SubmitRequest:
    return SubmitRequest(
        strategy,
        OrderId(order),
        InstrumentId(1),
        Side.BUY,
        OrderType.LIMIT,
        TimeInForce.GTC,
        False,
        Quantity(1),
        Price(1),
    )


OWN = submit(ONE, (1 << 40) + 1)


def test_what_is_asked_for_is_taken_in_its_order() -> None:
    cancel = CancelRequest(ONE, OWN.order)
    side = side_of(Wire(CaughtUp(Sequence(3)), Asked(OWN), Asked(cancel)))
    assert taken(side) == [OWN, cancel]
    assert side.is_ready
    assert not fault(side)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"", "sends what is no message"),
        (b"\x93\x01\x02", "sends what is no message"),
        (encode(OWN), "sends what is no message"),
        (
            encode(
                [1, Quote(InstrumentId(1), *(Price(1), Quantity(1)) * 2, UpdateId(0), Nanos(0))]
            ),
            "sends what is no message",
        ),
        (encode([1, StrategyStartCommand(ONE, "me", "I like it")]), "sends what is no message"),
        (encode(Asked(submit(TWO, (2 << 40) + 1))), "asks for strategy 2, which is not here"),
        (encode(Asked(CancelRequest(TWO, OWN.order))), "asks for strategy 2, which is not here"),
        (
            encode(Asked(submit(ONE, (2 << 40) + 1))),
            f"gives an order of strategy 1 the id {(2 << 40) + 1}",
        ),
        (encode(Asked(submit(ONE, -5))), "gives an order of strategy 1 the id -5"),
        (encode(TimerSet(TWO, 1, Nanos(0))), "sets a timer of strategy 2, which is not here"),
        (encode(Broke("cannot go on")), "cannot go on"),
    ],
)
def test_a_worker_that_says_what_it_may_not_is_given_up(message: bytes, reason: str) -> None:
    line = Wire(Asked(OWN), message, Asked(OWN))
    side = side_of(line)
    assert taken(side) == [OWN]  # what it asked for before was in order
    assert side.fault.startswith(f"its worker w {reason}")
    assert line.closed
    assert taken(side) == []
    side.show(Sequence(1), b"an input")
    assert not line.sent


@given(st.binary(max_size=60))
def test_whatever_bytes_come_the_node_goes_on(content: bytes) -> None:
    side = side_of(Wire(content))
    for input in taken(side):
        assert isinstance(input, SubmitRequest | CancelRequest | TimerFired)


@given(st.data())
def test_a_request_with_any_numbers_in_it_is_one_or_a_fault(data: st.DataObject) -> None:
    fields = list(msgspec.to_builtins(OWN))
    for _ in range(3):
        place = data.draw(st.integers(0, len(fields) - 1))
        fields[place] = data.draw(
            st.one_of(st.integers(-(2**63), 2**64 - 1), st.text(max_size=3), st.none())
        )
    side = side_of(Wire(encode([1, fields])))
    assert bool(taken(side)) != bool(side.fault)


def test_a_broken_ring_is_given_up() -> None:
    side = side_of(Broken())
    assert taken(side) == []
    assert fault(side) == "its worker w sends what is no message: the writer stands at 13"


def test_a_worker_that_is_too_far_behind_is_given_up_at_once() -> None:
    line = Wire()
    side = side_of(line)
    side.show(Sequence(5), b"an input")
    assert not fault(side)
    line.room, line.came = False, Sequence(2)
    side.show(Sequence(6), b"an input")
    assert fault(side) == "its worker w has fallen 4 inputs behind: no room for more"
    assert line.closed


def test_a_worker_that_died_is_given_up_after_what_it_had_asked_for() -> None:
    line = Wire(Asked(OWN))
    line.how = "was killed by signal 9"
    side = side_of(line)
    assert taken(side) == [OWN]
    assert fault(side) == "its worker w was killed by signal 9"


def look(side: NodeSide, begin: int, end: int) -> None:
    """Look every two nanoseconds."""
    for now in range(begin, end, 2):
        taken(side, now=now)


def test_a_worker_hangs_if_it_makes_no_progress_while_something_waits() -> None:
    line = Wire(CaughtUp(Sequence(0)))
    side = side_of(line)
    look(side, 0, 102)  # nothing waits
    side.show(Sequence(1), b"an input")
    look(side, 102, 110)
    line.came = Sequence(1)
    side.show(Sequence(2), b"an input")
    look(side, 110, 122)
    assert not fault(side)
    look(side, 122, 124)
    assert fault(side) == "its worker w hangs at input 2"


def test_a_node_that_was_away_blames_no_worker_for_it() -> None:
    side = side_of(Wire(CaughtUp(Sequence(0))))
    taken(side)
    side.show(Sequence(1), b"an input")
    taken(side, now=5_000)
    look(side, 5_002, 5_010)
    assert not fault(side)
    look(side, 5_010, 5_014)
    assert fault(side) == "its worker w hangs at input 1"


def test_a_worker_has_longer_to_live_through_the_journal() -> None:
    line = Wire()
    side = NodeSide("w", (ONE,), line, PATIENCE, Sequence(50), Nanos(0))
    look(side, 0, 60)
    line.came = Sequence(20)
    look(side, 60, 122)
    assert not fault(side)
    look(side, 122, 124)
    assert fault(side) == "its worker w does not live through the journal in time"


def test_the_world_has_its_turn_however_much_is_asked_for() -> None:
    side = side_of(Wire(*[Asked(OWN)] * 100))
    assert len(taken(side)) == node_side.MESSAGES_MAX
    assert len(taken(side)) == 100 - node_side.MESSAGES_MAX


def test_a_worker_that_asks_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_side, "REQUESTS_MAX", 150)
    second = 1_000_000_000
    calm = side_of(Wire(CaughtUp(Sequence(0)), *[Asked(OWN)] * 500))
    for look in range(8):
        taken(calm, now=look * second // 2)
    assert not fault(calm)
    wild = side_of(Wire(CaughtUp(Sequence(0)), *[Asked(OWN)] * 500))
    for look in range(8):
        taken(wild, now=look * second // 10)
    assert fault(wild) == "its worker w asked more than 150 times in a second"


def test_a_timer_fires_once_by_the_clock_of_the_node_and_the_last_word_counts() -> None:
    line = Wire(TimerSet(ONE, 7, Nanos(50)), TimerSet(ONE, 8, Nanos(40)))
    side = side_of(line)
    assert taken(side, time=39) == []
    assert side.timer.due == 40
    assert taken(side, time=40) == [TimerFired(ONE, 8)]
    assert taken(side, time=99) == []


def test_a_fault_is_said_in_bounded_words() -> None:
    side = side_of(Wire(Broke("x" * 10_000)))
    taken(side)
    assert len(side.fault) == 400


def test_lines_are_heard_of_its_own_strategies_alone_and_after_the_end_too() -> None:
    said: list[LogLine] = []
    line = Wire(Said(Nanos(3), ONE, "mine"), Said(Nanos(4), TWO, "not mine"))
    side = side_of(line)
    side.take(Nanos(0), Nanos(0), said.append)
    line.messages = [encode(Asked(OWN)), encode(Said(Nanos(5), ONE, "last")), b"garbage"]
    side.drain(said.append)
    assert said == [LogLine(Nanos(3), ONE, "mine"), LogLine(Nanos(5), ONE, "last")]
