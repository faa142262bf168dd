"""The venue's end of direct sessions: one account, and the connections of its nodes. No socket.

The rules, as FIX has them where it has any:

- Nothing is said before a login. A login with an older epoch than one that was seen is refused, and
  so is one with the same epoch from another process: one sender, for ever (the fence). A later
  epoch, or the same process over a new connection, puts the earlier connection out.
- An epoch begins both numberings at 1. Reports are kept and sent again from the number that the
  node expects, marked as such.
- A message of the node whose number is too high tells that others were lost. Those are told to be
  `not_applied`, once and for ever, and this one is applied: nobody may ask for an order again.
- A number that is too low was there before: the connection ends, and nothing is applied.
- A garbled line is skipped; the number after it tells what it was.
"""

from collections import deque
from typing import Final

from fairlead.gateways.direct.frames import Garbled, encoded, frames_from_node
from fairlead.gateways.direct.messages import (
    FIRST,
    Heartbeat,
    LoggedIn,
    LoggedOut,
    Login,
    Message,
    NotApplied,
    NumbersLost,
    Order,
    Probe,
    Published,
    RefreshRequest,
    Report,
    Reported,
    ResendRequest,
)
from fairlead.gateways.direct.pulse import Pulse
from fairlead.model.inputs import MarketData
from fairlead.model.instruments import Instrument
from fairlead.model.units import NANOS_PER_MILLISECOND, NANOS_PER_SECOND, Nanos

REPORTS_MAX: Final = 100_000  # kept to be sent again
ALARMS_MAX: Final = 1_000
GARBLED_MAX: Final = 20  # lines of one connection
_LOGIN_SECONDS: Final = 5  # who connects and does not log in makes room
_HEARTBEAT_MS: Final = (10, 60_000)  # the shortest and the longest interval that is taken


class Account:
    """What the venue remembers of the sessions of one account, over all connections."""

    def __init__(
        self, venue: str, account: str, instruments: tuple[Instrument, ...], run: int
    ) -> None:
        """Begin with no session. `run` is another number whenever numbers were forgotten."""
        self.venue: Final = venue
        self.account: Final = account
        self.instruments: Final = instruments
        self.run: Final = run
        self.epoch = 0
        self.instance = ""
        self.expected = FIRST  # of the node
        self.next_number = FIRST  # ours
        self.current: VenueEnd | None = None  # the connection that is logged in
        self.alarms: deque[str] = deque(maxlen=ALARMS_MAX)  # what a person there should know
        self._kept: deque[Report] = deque(maxlen=REPORTS_MAX)

    def refusal(self, login: Login) -> str:
        """Return why a login is not taken, empty if it is."""
        if login.venue != self.venue:
            return f"this is {self.venue}, not {login.venue}"
        if login.account != self.account:
            return f"account {login.account} is not known here"
        if login.epoch < max(1, self.epoch):
            return f"epoch {login.epoch} is over: epoch {self.epoch} of another node has logged in"
        if login.epoch == self.epoch and login.instance != self.instance:
            return f"epoch {login.epoch} belongs to another process: {self.instance}"
        return ""

    def begin(self, epoch: int, instance: str) -> None:
        """Begin an epoch: both numberings begin at 1, and nobody asks for what was before."""
        self.epoch, self.instance = epoch, instance
        self.expected = self.next_number = FIRST
        self._kept.clear()

    def report(self, report: Report) -> bytes:
        """Number and keep a report; return its bytes for who is logged in, none if nobody is."""
        if self.epoch == 0:
            return b""
        number = self.next_number
        self.next_number += 1
        self._kept.append(report)
        return encoded(Reported(number, report)) if self.current is not None else b""

    def kept(self, first: int) -> list[Message]:
        """Return what is to be sent again, from a number on."""
        oldest = self.next_number - len(self._kept)
        messages: list[Message] = []
        if first < oldest:
            messages.append(NumbersLost(oldest))
        for number, report in enumerate(self._kept, oldest):
            if number >= first:
                messages.append(Reported(number, report, again=True))
        return messages


class VenueEnd:
    """One connection of a node. What is to be sent collects in `outgoing`."""

    def __init__(self, account: Account, now: Nanos) -> None:
        """Wait for a login."""
        self.outgoing = bytearray()
        self.ended = ""  # why the connection is to be closed
        self.garbled = 0
        self.refresh_wanted = False
        self._account = account
        self._frames = frames_from_node()
        self._pulse = Pulse(Nanos(_LOGIN_SECONDS * NANOS_PER_SECOND), now)
        self._data_number = FIRST
        self._probes = 0

    @property
    def logged_in(self) -> bool:
        """Whether this connection has the session."""
        return self._account.current is self

    @property
    def next_time(self) -> Nanos:
        """Return when `tick` is due."""
        return self._pulse.next_time

    def receive(self, chunk: bytes, now: Nanos) -> list[Order]:
        """Take what came; return what is to be done, in order."""
        self._pulse.heard(now)
        orders: list[Order] = []
        for message in self._frames.receive(chunk):
            if self.ended:
                break
            self._take(message, now, orders)
        return orders

    def tick(self, now: Nanos) -> None:
        """Do what is due by now."""
        if self.ended:
            return
        if not self.logged_in:
            if self._pulse.ask_due(now):
                self.end("nobody logged in")
        elif self._pulse.is_lost(now):
            self.end("the node is silent")
        else:
            if self._pulse.ask_due(now):
                self._probes += 1
                self._say(Probe(self._probes), now)
            if self._pulse.beat_due(now):
                self._say(Heartbeat(self._account.next_number), now)

    def report(self, report: Report, now: Nanos) -> None:
        """Send a new report; it is kept as well."""
        assert self.logged_in, "reports go to who is logged in"
        self.outgoing += self._account.report(report)
        self._pulse.said(now)

    def publish(self, data: MarketData, now: Nanos) -> None:
        """Send market data."""
        self._say(Published(self._data_number, data), now)
        self._data_number += 1

    def end(self, reason: str) -> None:
        """End the session, and say why."""
        if not self.ended:
            self.outgoing += encoded(LoggedOut(reason))
            self._over(reason)

    def lost(self, reason: str) -> None:
        """Take note that the connection is gone."""
        self._over(reason)

    def _over(self, reason: str) -> None:
        self.ended = self.ended or reason
        if self._account.current is self:
            self._account.current = None

    def _say(self, message: Message, now: Nanos) -> None:
        self.outgoing += encoded(message)
        self._pulse.said(now)

    def _take(self, message: object, now: Nanos, orders: list[Order]) -> None:
        if isinstance(message, Garbled):
            self._skip(message)
        elif isinstance(message, Login):
            self._log_in(message, now)
        elif isinstance(message, LoggedOut):
            self.end("as you say")
        elif not self.logged_in:
            self.end("log in first")
        elif isinstance(message, Order):
            self._apply(message, now, orders)
        elif isinstance(message, Probe):
            self._say(Heartbeat(self._account.next_number, message.number), now)
        elif isinstance(message, ResendRequest):
            for again in self._account.kept(message.first):
                self._say(again, now)
        elif isinstance(message, RefreshRequest):
            self.refresh_wanted = True
        # What is left is a heartbeat: that it came is all that it says.

    def _skip(self, garbled: Garbled) -> None:
        self.garbled += 1
        if garbled.fatal or not self.logged_in or self.garbled > GARBLED_MAX:
            self.end(f"garbled: {garbled.reason}")

    def _log_in(self, login: Login, now: Nanos) -> None:
        account = self._account
        refusal = "logged in already" if self.logged_in else account.refusal(login)
        if not refusal and not _HEARTBEAT_MS[0] <= login.heartbeat_ms <= _HEARTBEAT_MS[1]:
            refusal = f"a heartbeat every {login.heartbeat_ms} ms"
        if refusal:
            account.alarms.append(f"a login was refused: {refusal}")
            self.end(refusal)
            return
        if account.current is not None:
            account.current.end(f"epoch {login.epoch} has logged in over another connection")
        if login.epoch > account.epoch:
            account.begin(login.epoch, login.instance)
        account.current = self
        self._pulse = Pulse(Nanos(login.heartbeat_ms * NANOS_PER_MILLISECOND), now)
        answer = LoggedIn(
            account.epoch, account.run, account.expected, account.next_number, account.instruments
        )
        self._say(answer, now)
        for again in account.kept(login.expected):
            self._say(again, now)
        self.refresh_wanted = True

    def _apply(self, order: Order, now: Nanos, orders: list[Order]) -> None:
        account = self._account
        if order.number < account.expected:
            found = f"message {order.number} came again: {account.expected} was expected"
            account.alarms.append(found)
            self.end(found)
            return
        if order.number > account.expected:
            self._say(NotApplied(account.expected, order.number - 1), now)
        account.expected = order.number + 1
        orders.append(order)
