"""What was asked for on a connection, what the venue has confirmed, and what is yet to be said.

A subscription is a promise only when the venue has said so. One that it refuses, or does not
confirm in time, ends the connection with the venue's words or with ours; nobody trades on the hope
that data will come. Messages leave at a pace that every venue accepts; answers to its pings at
once.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple, Protocol

from fairlead.gateways.liveness import DataClass
from fairlead.model.instruments import Instrument
from fairlead.model.units import NANOS_PER_SECOND, InstrumentId, Nanos

# The slowest venue answers within a second or two, also when it is asked for hundreds of books.
CONFIRMATION_TIME_MAX: Final = Nanos(15 * NANOS_PER_SECOND)
# Binance cuts whoever sends more than five messages in a second; the others allow more.
MESSAGES_PER_SECOND: Final = 4
# Some venues refuse frames above 4 KB; a hundred names of streams have less.
TOPICS_PER_MESSAGE_MAX: Final = 100
# A book that breaks again at once is not mended by asking faster.
RENEWAL_PAUSE: Final = Nanos(5 * NANOS_PER_SECOND)
_SHOWN_MAX: Final = 5
_WORDS_MAX: Final = 300


class Topic(NamedTuple):
    """One subscription: what of which instrument, and how the venue calls it."""

    name: str
    instrument: InstrumentId
    what: DataClass


def venue_symbol(instrument: Instrument) -> str:
    """Return how the venue calls an instrument: our symbol without the venue behind its last dot.

    A symbol without a dot is the venue's own.
    """
    return instrument.symbol.rpartition(".")[0] or instrument.symbol


def topics_of(
    instruments: Iterable[Instrument],
    names: Mapping[str, DataClass],
    form: str = "{name}:{symbol}",
) -> list[Topic]:
    """Return a topic of each instrument for each name, called as `form` says."""
    return [
        Topic(form.format(name=name, symbol=venue_symbol(each)), each.instrument, what)
        for each in instruments
        for name, what in names.items()
    ]


class Wording(Protocol):
    """How a venue wants to be asked. `request` is a number for its answer to name."""

    def subscribe(self, topics: Sequence[Topic], request: int) -> list[bytes]:
        """Return the messages that subscribe."""

    def unsubscribe(self, topics: Sequence[Topic], request: int) -> list[bytes]:
        """Return the messages that end subscriptions."""


class _Message(NamedTuple):
    text: bytes
    asks: tuple[str, ...] = ()  # names of topics whose confirmation is awaited once it has left


class Subscriptions:
    """The talk with a venue about what it sends. Does nothing while there is no connection."""

    def __init__(self, topics: Iterable[Topic], wording: Wording) -> None:
        """Take what is wanted, and how the venue is asked for it."""
        self.topics = {topic.name: topic for topic in topics}
        self.failed = ""
        self._wording = wording
        self._time = Nanos(0)
        self._connected = False
        self._request = 0
        self._answers: deque[bytes] = deque()
        self._queue: deque[_Message] = deque()
        self._allowance = MESSAGES_PER_SECOND
        self._refill = Nanos(0)
        self._pinged = Nanos(0)
        self._requests: dict[int, tuple[str, ...]] = {}
        self._awaited: dict[str, Nanos] = {}  # by name of the topic: since when
        self._renewed: dict[str, Nanos] = {}
        self._renewals: dict[str, Nanos] = {}  # by name: not before

    @property
    def connected(self) -> bool:
        """Whether there is a connection."""
        return self._connected

    def begin(self, time: Nanos) -> None:
        """Ask for everything, on a new connection."""
        self.end()
        self._connected = True
        self.failed = ""
        self._time = time
        self._allowance = MESSAGES_PER_SECOND
        self._refill = Nanos(time + NANOS_PER_SECOND)
        self._ask(self._wording.subscribe, list(self.topics.values()), awaited=True)

    def end(self) -> None:
        """Forget what was asked and what was still to be said: the connection is no more."""
        self._connected = False
        for unfinished in (self._answers, self._queue):
            unfinished.clear()
        for state in (self._requests, self._awaited, self._renewed, self._renewals):
            state.clear()

    def outgoing(self) -> list[bytes]:
        """Return what is to leave now; the rest waits for its second.

        Books that broke together are renewed together, in as few messages as they fit in.
        """
        self._renew_what_is_due(self._time)
        messages = list(self._answers)
        self._answers.clear()
        while self._queue and self._allowance:
            self._allowance -= 1
            text, asks = self._queue.popleft()
            messages.append(text)
            for name in asks:
                self._awaited[name] = self._time
        return messages

    def answer(self, message: bytes) -> None:
        """Say something at once: what a venue waits for to keep the connection."""
        if self._connected:
            self._answers.append(message)

    def ping(self, message: bytes, time: Nanos) -> None:
        """Ask a silent venue whether it is there, once in a while."""
        if self._connected and time - self._pinged >= RENEWAL_PAUSE:
            self._pinged = time
            self._answers.append(message)

    def renew(self, topic: Topic, time: Nanos) -> None:
        """End a subscription and ask for it anew, which makes the venue send a snapshot."""
        if self._connected and topic.name not in self._renewals:
            earliest = self._renewed.get(topic.name, Nanos(0)) + RENEWAL_PAUSE
            self._renewals[topic.name] = Nanos(max(time, earliest))
            self._time = max(self._time, time)

    def confirm(self, name: str) -> bool:
        """Take note that the venue sends a topic now; return whether it was waited for."""
        return self._awaited.pop(name, None) is not None

    def confirm_request(self, request: int) -> tuple[Topic, ...]:
        """Take note that the venue did what a request asked for; return the topics of it."""
        names = self._requests.pop(request, ())
        for name in names:
            self.confirm(name)
        return tuple(self.topics[name] for name in names)

    def refuse(self, words: str) -> None:
        """Give the connection up, with the venue's words."""
        if self._connected and not self.failed:
            self.failed = f"the venue refused a subscription: {words[:_WORDS_MAX]}"

    def fail(self, reason: str) -> None:
        """Give the connection up."""
        if self._connected and not self.failed:
            self.failed = reason

    def tick(self, time: Nanos) -> None:
        """Let a second's messages leave, and give up on what is not confirmed."""
        self._time = time
        if time >= self._refill:
            self._allowance = MESSAGES_PER_SECOND
            self._refill = Nanos(time + NANOS_PER_SECOND)
        late = [
            name for name, since in self._awaited.items() if time - since > CONFIRMATION_TIME_MAX
        ]
        if late:
            listed = ", ".join(late[:_SHOWN_MAX]) + (" and others" if late[_SHOWN_MAX:] else "")
            seconds = CONFIRMATION_TIME_MAX // NANOS_PER_SECOND
            self.fail(f"the venue confirmed no subscription to {listed} within {seconds} seconds")

    def _renew_what_is_due(self, time: Nanos) -> None:
        due = [self.topics[name] for name, earliest in self._renewals.items() if time >= earliest]
        for topic in due:
            del self._renewals[topic.name]
            self._renewed[topic.name] = time
            self._awaited.pop(topic.name, None)
        self._ask(self._wording.unsubscribe, due, awaited=False)
        self._ask(self._wording.subscribe, due, awaited=True)

    def _ask(
        self,
        how: Callable[[Sequence[Topic], int], list[bytes]],
        topics: Sequence[Topic],
        *,
        awaited: bool,
    ) -> None:
        for start in range(0, len(topics), TOPICS_PER_MESSAGE_MAX):
            some = topics[start : start + TOPICS_PER_MESSAGE_MAX]
            self._request += 1
            names = tuple(topic.name for topic in some) if awaited else ()
            if awaited:
                self._requests[self._request] = names
            messages = how(some, self._request)
            self._queue.extend(_Message(message) for message in messages[:-1])
            self._queue.extend(_Message(message, names) for message in messages[-1:])
