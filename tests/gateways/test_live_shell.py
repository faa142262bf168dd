"""A live line over real sockets of this machine: what a venue may do, and what comes of it."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import SHUT_RDWR

import pytest
from websockets.sync.server import ServerConnection

from fairlead.gateways.arrivals import Arrivals
from fairlead.gateways.errors import PlainConnection
from fairlead.gateways.frame_recorder import FrameRecorder
from fairlead.gateways.line_recording import relived
from fairlead.gateways.live_line import LiveLine, refuse_plain
from fairlead.gateways.live_shell import FRAME_BYTES_MAX, LiveShell
from fairlead.gateways.recording import RecordingCounts, read_recording
from fairlead.journal.sequencer import WallClock
from fairlead.model.inputs import BookChange, BookGap, BookSnapshot, Input
from fairlead.model.units import Nanos
from tests.gateways.live_feeds import HAVE, ONE, READY, SUBSCRIBE, NumberedFeed, change, snapshot
from tests.gateways.loopback_venue import LAST_SECONDS, Answer, LoopbackVenue, loopback_venue

NOW = WallClock().now


class Heard:
    """Takes what a line tells, and lets a test wait for it."""

    def __init__(self, renew_at: int = -1) -> None:
        self.inputs: list[tuple[Nanos, Input]] = []
        self.error: BaseException | None = None
        self._renew_at = renew_at
        self._changed = threading.Condition()

    def happened(self, inputs: Iterable[Input], time: Nanos) -> bool:
        with self._changed:
            self.inputs.extend((time, input) for input in inputs)
            self._changed.notify_all()
            renew = 0 <= self._renew_at <= len(self.inputs)
            if renew:
                self._renew_at = -1
            return renew

    def died(self, error: BaseException) -> None:
        with self._changed:
            self.error = error
            self._changed.notify_all()

    def until(self, heard: Callable[[list[Input]], bool]) -> list[Input]:
        """Return what was heard as soon as it is enough."""

        def enough() -> bool:
            return self.error is not None or heard([input for _, input in self.inputs])

        with self._changed:
            assert self._changed.wait_for(enough, LAST_SECONDS), f"only {self.inputs}"
            assert self.error is None, self.error
            return [input for _, input in self.inputs]


def kinds(inputs: Iterable[Input]) -> list[str]:
    return [type(input).__name__ for input in inputs]


def at_once(most: int) -> int:
    """Take the shortest pause that there is."""
    return 0


def books(_: int, __: str) -> Answer:
    return Answer(200, snapshot(4))


def confirm(connection: ServerConnection) -> None:
    assert connection.recv(LAST_SECONDS, decode=False) == SUBSCRIBE
    connection.send(READY.decode())


def stay(connection: ServerConnection) -> None:
    """Say nothing more; the library answers pings."""
    for _ in connection:
        pass


@contextmanager
def heard_from(
    venue: LoopbackVenue, recorder: FrameRecorder | None = None, renew_at: int = -1
) -> Iterator[tuple[Heard, LiveLine]]:
    heard = Heard(renew_at)
    line = LiveLine(NumberedFeed(venue.url, venue.rest, retry=10_000_000), at_once, recorder)
    shell = LiveShell(line, heard, NOW)
    shell.start()
    try:
        yield heard, line
    finally:
        shell.close()
        if recorder is not None:
            recorder.close()


class Steady:
    """A venue that sends changes after its snapshot was fetched."""

    def __init__(
        self, then: Callable[[ServerConnection, int], None] = lambda c, n: stay(c)
    ) -> None:
        self._then = then

    def talk(self, connection: ServerConnection, number: int) -> None:
        confirm(connection)
        assert connection.recv(LAST_SECONDS, decode=False) == HAVE
        connection.send(change(5).decode())
        connection.send(change(6).decode())
        self._then(connection, number)


def last_is_change(count: int) -> Callable[[list[Input]], bool]:
    return lambda inputs: sum(isinstance(one, BookChange) for one in inputs) >= count


def test_frames_become_inputs_over_a_compressed_connection() -> None:
    script = Steady()
    with loopback_venue(script.talk, books) as venue, heard_from(venue) as (heard, line):
        heard.until(lambda inputs: any(isinstance(one, BookSnapshot) for one in inputs))
        assert venue.compressed == [True]
        assert venue.requests == ["/rest"]
    assert line.counts.connections == 1
    assert line.feed.counts.balanced


def test_a_connection_that_drops_is_a_gap_and_comes_back_with_a_new_book() -> None:
    def drop_first(connection: ServerConnection, number: int) -> None:
        if number > 2:
            stay(connection)
        connection.socket.shutdown(SHUT_RDWR) if number == 1 else connection.close(1012, "restart")

    script = Steady(drop_first)
    with loopback_venue(script.talk, books) as venue, heard_from(venue) as (heard, line):
        inputs = heard.until(lambda them: sum(isinstance(one, BookSnapshot) for one in them) == 3)
    gaps = [one for one in inputs if isinstance(one, BookGap)]
    assert len(gaps) == 2
    assert line.counts.connections == 3
    assert line.feed.counts.balanced


def test_a_snapshot_that_cannot_be_had_is_asked_for_again() -> None:
    answers = [
        Answer(500, b"oops"),
        Answer(429, b"", (("Retry-After", "0"),)),
        Answer(200, b"<html>"),
        Answer(200, snapshot(4)),
    ]

    def talk(connection: ServerConnection, number: int) -> None:
        confirm(connection)
        stay(connection)

    with (
        loopback_venue(talk, lambda number, _: answers[number - 1]) as venue,
        heard_from(venue) as (heard, line),
    ):
        heard.until(lambda inputs: kinds(inputs) == ["BookSnapshot"])
    assert line.counts.fetch_failures == {
        "HTTP 500 oops": 1,
        "HTTP 429": 1,
        "an answer that cannot be read": 1,
    }


def test_garbage_and_giants_end_a_connection_and_nothing_else() -> None:
    def talk(connection: ServerConnection, number: int) -> None:
        confirm(connection)
        if number == 1:
            for _ in range(200):
                connection.send(b"\xff\x00 not json")
        elif number == 2:
            connection.send("x" * (FRAME_BYTES_MAX + 1))
        stay(connection)

    with loopback_venue(talk, books) as venue, heard_from(venue) as (heard, line):
        heard.until(
            lambda inputs: kinds(inputs).count("BookSnapshot") >= 1 and venue.connections == 3
        )
    assert any("could not be read" in reason for reason in line.counts.ended), line.counts.ended
    assert any("1009" in reason or "exceeds" in reason for reason in line.counts.ended)


def test_nobody_there_is_tried_again_and_closing_ends_it() -> None:
    heard = Heard()
    line = LiveLine(NumberedFeed("ws://127.0.0.1:1/ws"), at_once)
    tried = threading.Event()
    attempt = line.ended

    def ended(reason: str, time: Nanos) -> list[Input]:
        inputs = attempt(reason, time)
        if line.counts.attempts >= 3:
            tried.set()
        return inputs

    line.ended = ended  # type: ignore[method-assign]
    shell = LiveShell(line, heard, NOW)
    shell.start()
    assert tried.wait(LAST_SECONDS)
    shell.close()
    assert heard.error is None
    assert line.counts.connections == 0


def test_a_mistake_of_ours_is_told_and_ends_the_thread() -> None:
    def talk(connection: ServerConnection, number: int) -> None:
        confirm(connection)
        stay(connection)

    with loopback_venue(talk, books) as venue:
        heard = Heard()
        line = LiveLine(NumberedFeed(venue.url, venue.rest), at_once)

        def wrong(frame: bytes, time: Nanos) -> list[Input]:
            raise ZeroDivisionError("our mistake")

        line.feed.receive = wrong  # type: ignore[method-assign]
        shell = LiveShell(line, heard, NOW)
        shell.start()
        with pytest.raises(AssertionError, match="our mistake"):
            heard.until(lambda _: False)
        shell.close()


def test_a_slow_session_is_bounded_and_gets_new_books() -> None:
    def flood(connection: ServerConnection, number: int) -> None:
        if number == 1:
            for n in range(7, 2_000):
                connection.send(change(n).decode())
        stay(connection)

    script = Steady(flood)
    with loopback_venue(script.talk, books) as venue:
        arrivals = Arrivals([ONE], arrivals_max=50)
        line = LiveLine(NumberedFeed(venue.url, venue.rest), at_once)
        shell = LiveShell(line, arrivals, NOW)
        shell.start()
        taken: list[Input] = []
        while line.counts.connections < 2 or arrivals.dropped == 0:
            assert arrivals.wait(Nanos(LAST_SECONDS * 10**9)) or arrivals.dropped
            if arrivals.dropped:
                taken += arrivals.take(NOW())
        while not isinstance(taken[-1], BookChange) or line.counts.connections < 2:
            assert arrivals.wait(Nanos(LAST_SECONDS * 10**9))
            taken += arrivals.take(NOW())
        shell.close()
    assert arrivals.high_water <= 51
    assert "BookGap" in kinds(taken)


def test_what_is_recorded_is_what_was_lived(tmp_path: Path) -> None:
    """The recording of a line that broke, gapped and got garbage gives the same inputs again."""

    def then(connection: ServerConnection, number: int) -> None:
        connection.send("no json at all")
        connection.send('{"n":7,\n "bid":98, "ask":101}')
        if number == 1:
            connection.send(change(99).decode())
            connection.socket.shutdown(SHUT_RDWR)
        stay(connection)

    script = Steady(then)
    recorder = FrameRecorder(tmp_path, "one", lambda text: None)
    with (
        loopback_venue(script.talk, books) as venue,
        heard_from(venue, recorder) as (heard, line),
    ):
        heard.until(
            lambda inputs: (
                line.counts.connections == 2
                and any(isinstance(one, BookChange) and one.update == 7 for one in inputs[5:])
            )
        )
    again = NumberedFeed()
    counts = RecordingCounts()
    lived = [(t, i) for t, inputs in relived(recorder.files, again, counts) for i in inputs]
    assert lived == heard.inputs
    assert vars(again.counts) == vars(line.feed.counts)
    assert counts.malformed == line.records.malformed == {"json": 2}
    frames = list(read_recording(recorder.files))
    assert len(frames) == line.feed.counts.frames - 2  # but for what is no JSON, and marks


@pytest.mark.parametrize(
    ("url", "refused"),
    [
        ("wss://stream.binance.com:9443/ws", False),
        ("ws://127.0.0.1:9000/ws", False),
        ("ws://[::1]:9000/ws", False),
        ("http://localhost:1/", False),
        ("ws://stream.binance.com:9443/ws", True),
        ("http://127.0.0.1.evil.test/", True),
        ("ws://[broken", True),
        ("", True),
    ],
)
def test_nothing_leaves_this_machine_in_the_clear(url: str, refused: bool) -> None:
    if not refused:
        refuse_plain(url)
        return
    with pytest.raises(PlainConnection):
        refuse_plain(url)
