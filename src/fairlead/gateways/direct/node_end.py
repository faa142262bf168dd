"""The node's end of a direct session, over all connections of one process. No socket, no thread.

The rules:

- A message is numbered and sent once. After a new login numbering goes on where the venue stands;
  what it had not read is lost, not sent again. What became of it is asked for.
- A report beyond the expected number tells that others were lost: they are asked for, and nothing
  is taken before they came. One below it was there before: it is passed over if it says so itself
  (`again`), and else the venue cannot be believed. The connection ends, with an alarm.
- A venue that lost its numbers (another `run`) is told of with an alarm, and taken at its new ones:
  the statement that is asked for after every login tells what was missed.
- Market data that was lost makes every book a gap, until the venue has sent whole books.
- A node that stood still (its process was stopped, its machine slept) cannot tell how old is what
  waits for it: it ends the session, and connects anew.
"""

from collections import deque
from typing import Any, Final, NamedTuple

import msgspec

from fairlead.gateways.direct.frames import Garbled, encoded, frames_from_venue
from fairlead.gateways.direct.messages import (
    FIRST,
    TEXT_MAX,
    Action,
    FromNode,
    Heartbeat,
    LoggedIn,
    LoggedOut,
    Login,
    NotApplied,
    NumbersLost,
    Order,
    Probe,
    Published,
    RefreshRequest,
    Reported,
    ResendRequest,
)
from fairlead.gateways.direct.pulse import Pulse
from fairlead.model.codec import encode_input
from fairlead.model.inputs import Input
from fairlead.model.instruments import Instrument
from fairlead.model.units import NANOS_PER_MILLISECOND, Nanos, Rate

GARBLED_MAX: Final = 20  # lines of one connection
STOOD_STILL: Final = 2  # heartbeats without a look at the session, which is looked at in each
SENT_MAX: Final = 10_000  # messages that are remembered, in case the venue never read them


class Identity(NamedTuple):
    """Who logs in: the venue it means, its account, and what fences it off from others."""

    venue: str
    account: str
    epoch: int
    instance: str
    heartbeat_ms: int


class Arrived(NamedTuple):
    """Something for the session: a report or market data."""

    input: Input


class Began(NamedTuple):
    """The session stands. `alarm` says what is strange about it, if anything is."""

    alarm: str


class BooksLost(NamedTuple):
    """Books cannot be believed before they are sent anew."""

    reason: str


class NeverRead(NamedTuple):
    """A message that the venue never read, and will not."""

    action: Action


class Alarm(NamedTuple):
    """What a person should know."""

    text: str


Event = Arrived | Began | BooksLost | NeverRead | Alarm


class NodeEnd:
    """The sessions of one process. What is to be sent collects in `outgoing`."""

    def __init__(self, identity: Identity, instruments: tuple[Instrument, ...]) -> None:
        """Take who we are and what we take the venue to list; nothing is connected."""
        self.outgoing = bytearray()
        self.ended = ""  # why the connection is to be closed
        self.logged_in = False
        self._identity = identity
        self._instruments = instruments
        self._run = 0
        self._next_number = FIRST
        self._expected = FIRST
        self._sent: deque[tuple[int, Action]] = deque(maxlen=SENT_MAX)
        self._frames = frames_from_venue()
        self._pulse = Pulse(self._interval, Nanos(0))
        self._looked = Nanos(0)
        self._data_expected = FIRST
        self._asked_for = 0  # the report that a resend was asked from; 0: none is awaited
        self._garbled = 0
        self._probes = 0

    @property
    def next_time(self) -> Nanos:
        """Return when `tick` is due."""
        return self._pulse.next_time

    @property
    def _interval(self) -> Nanos:
        return Nanos(self._identity.heartbeat_ms * NANOS_PER_MILLISECOND)

    def connected(self, now: Nanos) -> None:
        """Begin on a new connection: log in."""
        identity = self._identity
        self.outgoing.clear()
        self.ended = ""
        self.logged_in = False
        self._frames = frames_from_venue()
        self._pulse = Pulse(self._interval, now)
        self._looked = now
        self._data_expected = FIRST
        self._asked_for = self._garbled = 0
        login = Login(
            identity.venue,
            identity.account,
            identity.epoch,
            identity.instance,
            self._expected,
            identity.heartbeat_ms,
        )
        self._say(login, now)

    def act(self, action: Action, now: Nanos) -> None:
        """Send a message. Only where the session stands."""
        assert self.logged_in, "nothing is sent before the venue has taken the login"
        number = self._next_number
        self._next_number += 1
        self._sent.append((number, action))
        self._say(Order(number, action), now)

    def refresh(self, now: Nanos) -> None:
        """Ask for whole books."""
        if self.logged_in:
            self._say(RefreshRequest(), now)

    def receive(self, chunk: bytes, now: Nanos) -> list[Event]:
        """Take what came; return what it means, in order."""
        self._notice_pause(now)
        self._pulse.heard(now)
        events: list[Event] = []
        for message in self._frames.receive(chunk):
            if self.ended:
                break
            self._take(message, now, events)
        return events

    def tick(self, now: Nanos) -> None:
        """Do what is due by now; called at least once in a heartbeat."""
        self._notice_pause(now)
        if self.ended:
            return
        if self._pulse.is_lost(now):
            self.end("the venue is silent")
            return
        if self._pulse.ask_due(now) and self.logged_in:
            self._probes += 1
            self._say(Probe(self._probes), now)
        if self._pulse.beat_due(now):
            if self.logged_in:
                self._say(Heartbeat(self._next_number), now)
            else:
                self._pulse.said(now)  # nothing is said before the login is answered

    def end(self, reason: str) -> None:
        """End the session, and say why."""
        if not self.ended:
            self.outgoing += encoded(LoggedOut(reason[:TEXT_MAX]))
            self.lost(reason)

    def lost(self, reason: str) -> None:
        """Take note that the connection is gone."""
        self.ended = self.ended or reason
        self.logged_in = False

    def _notice_pause(self, now: Nanos) -> None:
        stood, self._looked = now - self._looked, now
        if stood > STOOD_STILL * self._interval:
            self.end(f"the node stood still for {stood // NANOS_PER_MILLISECOND} ms")

    def _say(self, message: FromNode, now: Nanos) -> None:
        self.outgoing += encoded(message)
        self._pulse.said(now)

    def _take(self, message: Any, now: Nanos, events: list[Event]) -> None:
        if isinstance(message, Garbled):
            self._skip(message)
        elif isinstance(message, LoggedOut):
            self.lost(f"the venue ended the session: {message.reason[:TEXT_MAX]}")
        elif isinstance(message, LoggedIn):
            self._begin(message, events)
        elif not self.logged_in:
            self.end(f"{type(message).__name__} came before the login was answered")
        elif isinstance(message, Reported):
            self._report(message, now, events)
        elif isinstance(message, Published):
            self._publish(message, now, events)
        else:
            self._answer(message, now, events)

    def _answer(self, message: Any, now: Nanos, events: list[Event]) -> None:
        """Take what is about the session itself."""
        if isinstance(message, Probe):
            self._say(Heartbeat(self._next_number, message.number), now)
        elif isinstance(message, Heartbeat):
            if message.next_number > self._expected:
                self._asked_for = 0  # what was asked for before may have been lost as well
                self._ask_again(now)
        elif isinstance(message, NotApplied):
            self._never_read(message, events)
        else:
            assert isinstance(message, NumbersLost), "every message of a venue has its rule"
            self._lose_numbers(message)

    def _begin(self, message: LoggedIn, events: list[Event]) -> None:
        if self.logged_in or message.epoch != self._identity.epoch:
            self.end(f"a login that nobody asked for: epoch {message.epoch}")
            return
        strange = _differing(self._instruments, message.instruments)
        if strange:
            events.append(
                Alarm(f"the venue lists other instruments than the configuration: {strange}")
            )
            self.end(f"instruments differ: {strange}")
            return
        alarm = ""
        if self._run not in (0, message.run) or message.next_number < self._expected:
            alarm = (
                f"the venue's numbers began again: report {self._expected} was expected, and it"
                f" goes on with {message.next_number}"
            )
            self._expected = message.next_number
        self._run = message.run
        self._next_number = message.expected
        self._sent.clear()  # what the venue had not read is lost with the connection
        self.logged_in = True
        events.append(Began(alarm))

    def _report(self, message: Reported, now: Nanos, events: list[Event]) -> None:
        if message.number > self._expected:
            self._ask_again(now)
        elif message.number == self._expected:
            if self._fits(message.report):
                self._expected += 1
                events.append(Arrived(message.report))
            if self._asked_for < self._expected:
                self._asked_for = 0
        elif not message.again:
            found = f"report {message.number} came again: {self._expected} was expected"
            events.append(Alarm(found))
            self.end(found)

    def _publish(self, message: Published, now: Nanos, events: list[Event]) -> None:
        if message.number != self._data_expected:
            events.append(
                BooksLost(f"market data {self._data_expected} to {message.number - 1} was lost")
            )
            self.refresh(now)
        self._data_expected = message.number + 1
        if self._fits(message.data):
            events.append(Arrived(message.data))

    def _ask_again(self, now: Nanos) -> None:
        """Ask for what was lost, once for each gap."""
        if self._asked_for != self._expected:
            self._asked_for = self._expected
            self._say(ResendRequest(self._expected), now)

    def _fits(self, input: Input) -> bool:
        """Whether it can be written down at all; what cannot ends the session."""
        try:
            encode_input(input)
        except (msgspec.MsgspecError, OverflowError, ValueError) as error:
            self.end(f"{type(input).__name__} cannot be true: {error}")
            return False
        return True

    def _never_read(self, message: NotApplied, events: list[Event]) -> None:
        for number, action in self._sent:
            if message.first <= number <= message.last:
                events.append(NeverRead(action))

    def _lose_numbers(self, message: NumbersLost) -> None:
        """Go on without what the venue has not kept: a new login asks for a statement."""
        if message.next_number > self._expected:
            lost = f"reports {self._expected} to {message.next_number - 1} are not kept any more"
            self._expected = message.next_number
            self.end(lost)

    def _skip(self, garbled: Garbled) -> None:
        self._garbled += 1
        if garbled.fatal or not self.logged_in or self._garbled > GARBLED_MAX:
            self.end(f"garbled: {garbled.reason}")


_FEES: Final = {"maker_fee": Rate(0), "taker_fee": Rate(0)}


def _differing(ours: tuple[Instrument, ...], theirs: tuple[Instrument, ...]) -> str:
    """Return the first instrument that is not the same at the venue, empty if all are.

    Fees may differ: every execution says its own.
    """
    listed = {one.instrument: _without_fees(one) for one in theirs}
    for one in ours:
        other = listed.get(one.instrument)
        if other is None:
            return f"{one.symbol} ({one.instrument}) is not listed"
        if other != _without_fees(one):
            return f"{one.symbol} ({one.instrument}) is {other.symbol} on other terms"
    return ""


def _without_fees(instrument: Instrument) -> Instrument:
    return msgspec.structs.replace(instrument, **_FEES)
