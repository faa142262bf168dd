"""How long things take on their way, and the wires on which they keep their order.

A wire is a session over TCP or a numbered feed: what was sent later never arrives earlier, whatever
the jitter. So a queue in order of arrival is all a wire needs, and an accept can never overtake the
fill that follows it.

Every model says the least that it can take (`constant`), so that a world knows before which time
nothing reaches us. What a wire loses (`Loss`) is gone: nobody is told.
"""

from bisect import bisect_right
from collections import deque
from typing import Final, Generic, TypeVar

from fairlead.model.units import RATE_UNIT, Nanos, Rate
from fairlead.simulator.chance import Chance
from fairlead.simulator.world import NEVER

Item = TypeVar("Item")


_NO_JITTER: Final = Nanos(0)


class LatencyModel:
    """A latency: at least 1 ns, plus jitter that is equally likely from 0 to `jitter`."""

    def __init__(self, constant: Nanos, jitter: Nanos = _NO_JITTER) -> None:
        """Take both in nanoseconds. Raises `ValueError`."""
        if constant < 1 or jitter < 0:
            raise ValueError(
                f"latency: found constant {constant} ns and jitter {jitter} ns,"
                " expected at least 1 ns and 0 ns"
            )
        self.constant = constant
        self.jitter = jitter

    def draw(self, time: Nanos, chance: Chance) -> int:
        """Return how many nanoseconds what leaves at `time` takes, never less than `constant`."""
        if self.jitter:
            return self.constant + chance.below(self.jitter + 1)
        return self.constant

    def measured(self, latency: int) -> None:
        """Take note of how long market data took just now; most models do not care."""


class QuantileLatency(LatencyModel):
    """A latency by its quantiles; between two of them all times are as likely.

    Each quantile is a share, in parts of `RATE_UNIT`, and the time beyond `constant` that this
    share of all messages does not exceed. The first share is 0 and the last is all.
    """

    def __init__(self, constant: Nanos, quantiles: list[tuple[Rate, Nanos]]) -> None:
        """Take the table. Raises `ValueError`."""
        super().__init__(constant)
        shares = [share for share, _ in quantiles]
        times = [extra for _, extra in quantiles]
        if len(shares) < 2 or shares[0] != 0 or shares[-1] != RATE_UNIT:
            raise ValueError(f"latency: quantiles are {shares}, expected from 0 to {RATE_UNIT}")
        if sorted(set(shares)) != shares or sorted(times) != times or times[0] < 0:
            raise ValueError(
                f"latency: quantiles are {quantiles}, expected rising shares and times that do not"
                " fall, from 0 up"
            )
        self._shares = shares
        self._times = times

    def draw(self, time: Nanos, chance: Chance) -> int:
        """Return a time of the distribution."""
        drawn = chance.below(RATE_UNIT)
        above = bisect_right(self._shares, drawn)
        low, high = self._shares[above - 1], self._shares[above]
        start, end = self._times[above - 1], self._times[above]
        return self.constant + start + (end - start) * (drawn - low) // (high - low)


class GammaLatency(LatencyModel):
    """A latency of `shape` stages one after another, each exponential: gamma (Erlang) distributed.

    Source of the shape: Mukherjee, "On the dynamics and significance of low frequency components of
    Internet load" (1992), who found Internet delays to be a shifted gamma.
    """

    def __init__(self, constant: Nanos, mean: Nanos, shape: int) -> None:
        """Take the mean beyond `constant`, and the number of stages. Raises `ValueError`."""
        super().__init__(constant)
        if not 1 <= shape <= mean:
            raise ValueError(
                f"latency: found mean {mean} ns and shape {shape}, expected a shape of at least 1"
                " and a mean of at least as many nanoseconds"
            )
        self.mean = mean
        self.shape = shape

    def draw(self, time: Nanos, chance: Chance) -> int:
        """Return a time of the distribution."""
        stage = Nanos(self.mean // self.shape)
        extra = 0
        for _ in range(self.shape):
            extra += chance.wait(stage) - 1  # a wait is at least 1 ns
        return self.constant + extra


class RecordedLatency(LatencyModel):
    """The latency that was measured last, at or before the time at which something leaves.

    Never between two measurements: the later one is not known yet. Before the first it is that one,
    for lack of any other. One below `constant` counts as `constant`, and is counted.
    """

    def __init__(self, constant: Nanos, measurements: list[tuple[Nanos, Nanos]]) -> None:
        """Take (time, latency) in order of time. Raises `ValueError`."""
        super().__init__(constant)
        self._times = [time for time, _ in measurements]
        self._latencies = [latency for _, latency in measurements]
        if not measurements or sorted(self._times) != self._times:
            raise ValueError(
                f"latency: found {len(measurements)} measurements, expected at least one, and all"
                " in order of time"
            )
        self.too_short: int = 0  # messages for which the measured one was below `constant`

    def draw(self, time: Nanos, chance: Chance) -> int:
        """Return the latency in force at `time`."""
        found = self._latencies[max(0, bisect_right(self._times, time) - 1)]
        if found < self.constant:
            self.too_short += 1
        return max(self.constant, found)


class MeasuredLatency(LatencyModel):
    """The latency of the newest market data: receive time less the venue's own, plus an offset.

    The offset is how far the venue's clock is ahead of the recorder's. Before anything is measured
    it is `constant`; so is one that comes out shorter, and is counted: a negative latency is a
    clock that is off, and is said rather than hidden.
    """

    def __init__(self, constant: Nanos, offset: int = 0) -> None:
        """Take the least latency and the offset in nanoseconds, of either sign."""
        super().__init__(constant)
        self._offset = offset
        self._latest: int = constant
        self.measurements: int = 0
        self.too_short: int = 0  # measurements that were below `constant`

    def draw(self, time: Nanos, chance: Chance) -> int:
        """Return the latency that was measured last."""
        return self._latest

    def measured(self, latency: int) -> None:
        """Take note of how long market data took just now."""
        self.measurements += 1
        corrected = latency + self._offset
        if corrected < self.constant:
            self.too_short += 1
            corrected = self.constant
        self._latest = corrected


class Load:
    """A server that all messages of a venue pass, one after another: the more, the longer.

    Each takes `service`. Where messages come at random (Poisson) and take the share r of the
    server's time, the mean wait is r / (2 (1 - r)) times `service`: M/D/1, Pollaczek 1930. A
    message waits behind what came before it left: never behind what comes later.
    """

    def __init__(self, service: Nanos) -> None:
        """Begin with nothing to do. Raises `ValueError`."""
        if service < 1:
            raise ValueError(f"latency: service time is {service} ns, expected at least 1 ns")
        self.service = service
        self._free: int = 0  # when all that came is served

    def enter(self, time: Nanos, count: int = 1) -> Nanos:
        """Let messages come at `time`. Return when the last of them is served."""
        self._free = max(self._free, time) + self.service * count
        return Nanos(self._free)


class Loss(Generic[Item]):
    """The share of some kinds of messages that a wire loses, drawn from a stream of its own."""

    def __init__(self, rate: Rate, kinds: tuple[type[Item], ...], chance: Chance) -> None:
        """Take the share, in parts of `RATE_UNIT`. Raises `ValueError`."""
        if not 0 <= rate <= RATE_UNIT:
            raise ValueError(f"loss: rate is {rate}, expected 0 to {RATE_UNIT} (all)")
        self._rate = rate
        self._kinds = kinds
        self._chance = chance
        self.lost: dict[str, int] = {}  # by kind of message

    def takes(self, item: Item) -> bool:
        """Return whether this message is lost."""
        if not self._rate or not isinstance(item, self._kinds):
            return False
        if self._chance.below(RATE_UNIT) >= self._rate:
            return False
        kind = type(item).__name__
        self.lost[kind] = self.lost.get(kind, 0) + 1
        return True


class Wire(Generic[Item]):
    """What is on its way in one direction; the next item arrives at `next_time`, or `NEVER`.

    Conservation: sent = received + lost + waiting.
    """

    def __init__(
        self,
        latency: LatencyModel,
        chance: Chance,
        load: Load | None = None,
        loss: Loss[Item] | None = None,
    ) -> None:
        """Begin with nothing on the way."""
        self.next_time: Nanos = NEVER
        self.sent: int = 0
        self.received: int = 0
        self._latency = latency
        self._chance = chance
        self._load = load
        self._loss = loss
        self._last: Nanos = Nanos(0)
        self._items: deque[tuple[Nanos, Item]] = deque()
        self._muted: str = ""
        self.dropped: dict[str, int] = {}  # by reason; they never arrive

    def mute(self, reason: str) -> None:
        """Drop all that is sent from now on, counted by this reason; "" is to drop no more."""
        self._muted = reason

    @property
    def waiting(self) -> int:
        """How many are on their way."""
        return len(self._items)

    @property
    def lost(self) -> int:
        """How many never arrive."""
        lost = sum(self._loss.lost.values()) if self._loss is not None else 0
        return lost + sum(self.dropped.values())

    def send(self, item: Item, time: Nanos) -> None:
        """Put an item on the wire; it arrives after the latency and after what was sent before."""
        self.sent += 1
        if self._muted:
            self.dropped[self._muted] = self.dropped.get(self._muted, 0) + 1
            return
        leaves = time if self._load is None else self._load.enter(time)
        arrival = max(leaves + self._latency.draw(leaves, self._chance), self._last)
        if self._loss is not None and self._loss.takes(item):
            return
        self._last = Nanos(arrival)
        if not self._items:
            self.next_time = self._last
        self._items.append((self._last, item))

    def receive(self) -> Item:
        """Return the next item; it is no longer on the wire."""
        item = self._items.popleft()[1]
        self.received += 1
        self.next_time = self._items[0][0] if self._items else NEVER
        return item
