"""One side of a recorded book, what we took from it, and where our waiting orders stand in its
queues.

A recording by price level does not say where in a queue a cancel happened. What is certain: a trade
takes from the front; who joins stands behind us; there is never more ahead of us than is displayed.
The rest is the `QueueModel` (`queue_models.py`). A recording by order says it all
(`recorded_orders.py`).

The same shares are told twice, as a trade and as a level that shrank, on two feeds of which either
may be first. So each queue keeps a balance of what the level shrank by less what was traded: above
zero it shrank without a trade (so far: it counts as cancels), below zero there were trades that the
level does not show yet. A trade that comes after its own shrinking takes back what the cancels had
been credited with. Feeds that are further apart than the configured time are not about the same
shares, and the balance begins anew.
"""

from collections.abc import Iterator
from typing import Final

from fairlead.model.terms import Side
from fairlead.model.units import (
    NANOS_PER_MILLISECOND,
    InstrumentId,
    Nanos,
    Price,
    Quantity,
    Rate,
)
from fairlead.simulator.impact import ImpactConfig
from fairlead.simulator.prices import SortedPrices
from fairlead.simulator.queue_models import POWER_MAX, QueueModel, canceled_ahead
from fairlead.simulator.venue import VenueConfig
from fairlead.simulator.venue_order import VenueOrder

_SETTLE: Final = Nanos(200 * NANOS_PER_MILLISECOND)  # twice the slowest depth feed in common use
_VENUE: Final = VenueConfig()
_NO_SLIPPAGE: Final = Rate(0)
_UNSEEN: Final = -1  # deeper than the recording shows: not known how much is ahead


class RecordedConfig:
    """How our orders meet a recording.

    `venue` gives latencies of orders and reports, the rejection rate and the seed. `queue_power` is
    the n of the power model. `settle` is how far apart a trade and the level change that it caused
    may be recorded. `touch_only`: there are quotes and no book. `impacts` are those of our trades,
    by instrument; `slippage` is what taking costs on top. With `measure_latency` the latency models
    of the venue are told how long market data took.

    Market data reaches us when it was recorded. With `delayed`, the times of the recording are
    those of the venue, and it reaches us later by the latency of market data.
    """

    def __init__(
        self,
        *,
        venue: VenueConfig = _VENUE,
        queue_model: QueueModel = QueueModel.PESSIMISTIC,
        queue_power: int = 3,
        settle: Nanos = _SETTLE,
        touch_only: bool = False,
        delayed: bool = False,
        measure_latency: bool = False,
        impacts: dict[InstrumentId, ImpactConfig] | None = None,
        slippage: Rate = _NO_SLIPPAGE,
    ) -> None:
        """Take the models."""
        if settle < 0:
            raise ValueError(f"recorded market: settle is {settle} ns, expected 0 or more")
        if not 1 <= queue_power <= POWER_MAX:
            raise ValueError(
                f"recorded market: queue_power is {queue_power}, expected 1 to {POWER_MAX}"
            )
        self.venue = venue
        self.queue_model = queue_model
        self.queue_power = queue_power
        self.settle = settle
        self.touch_only = touch_only
        self.delayed = delayed
        self.measure_latency = measure_latency
        self.impacts = impacts or {}
        self.slippage = slippage


class RecordedSide:
    """The displayed quantities of one side, less what we took since each was last updated."""

    def __init__(self, side: Side) -> None:
        """Begin empty."""
        self.prices = SortedPrices(side)
        self._displayed: dict[Price, Quantity] = {}
        self._consumed: dict[Price, Quantity] = {}

    def clear(self) -> None:
        """Forget all levels."""
        self.prices.keys.clear()
        self._displayed.clear()
        self._consumed.clear()

    def set(self, price: Price, quantity: Quantity) -> Quantity:
        """Display `quantity` at `price`, 0 for nobody. Return what was displayed there before.

        What we took there is back with it.
        """
        before = self._displayed.get(price, Quantity(0))
        if quantity == before:
            return before
        if self._consumed:
            self._consumed.pop(price, None)
        self._show(price, before, quantity)
        return before

    def keep(self, price: Price, quantity: Quantity, consumed: Quantity) -> None:
        """Display `quantity` at `price`, of which we took `consumed`."""
        self._show(price, self._displayed.get(price, Quantity(0)), quantity)
        if consumed:
            self._consumed[price] = consumed
        elif self._consumed:
            self._consumed.pop(price, None)

    def _show(self, price: Price, before: Quantity, quantity: Quantity) -> None:
        if not quantity:
            if before:
                del self._displayed[price]
                self.prices.remove(price)
        else:
            if not before:
                self.prices.add(price)
            self._displayed[price] = quantity

    def displayed(self, price: Price) -> Quantity:
        """Return what the recording displays at a price."""
        return self._displayed.get(price, Quantity(0))

    def within(self, limit: Price) -> Iterator[tuple[Price, Quantity]]:
        """Iterate over what an order with this limit (0: none) can take, best first."""
        keys, reach = self.prices.keys, self.prices.reach(limit)
        for index in range(len(keys) - 1, -1, -1):
            if keys[index] < reach:
                return
            price = Price(keys[index] * self.prices.sign)
            quantity = self._displayed[price] - self._consumed.get(price, 0)
            if quantity > 0:
                yield price, Quantity(quantity)

    def consume(self, price: Price, quantity: Quantity) -> None:
        """Remember that we took `quantity` at `price`."""
        consumed = self._consumed.get(price, 0) + quantity
        assert consumed <= self._displayed[price], "nobody takes more than is displayed"
        self._consumed[price] = Quantity(consumed)

    def ahead_of_newcomer(self, price: Price) -> int:
        """Return how much is ahead of an order that joins at a price now."""
        displayed = self._displayed.get(price)
        if displayed is not None:
            return displayed
        keys = self.prices.keys
        return 0 if not keys or price * self.prices.sign > keys[0] else _UNSEEN


class Queued:
    """An order of ours that waits, and what is ahead of it.

    In a book that is known by order it stands at a `place`, and `owed` is what further trades have
    to pay for before it (`recorded_orders.py`).
    """

    def __init__(self, order: VenueOrder, ahead: int, place: int = 0) -> None:
        """Join behind `ahead`."""
        self.order = order
        self.ahead: int = ahead
        self.place: int = place
        self.owed: int = 0
        self._balance: int = 0  # shrunk less traded
        self._credited: int = 0  # how far the shrinking above zero moved us
        self._moved: Nanos = Nanos(0)

    def restart(self, newcomer: int) -> None:
        """Go on with a new book, in which `newcomer` would be ahead of an order that joins now."""
        self._balance = self._credited = 0
        if newcomer != _UNSEEN:
            self.ahead = newcomer if self.ahead == _UNSEEN else min(self.ahead, newcomer)

    def level_changed(
        self, before: Quantity, after: Quantity, config: RecordedConfig, time: Nanos
    ) -> None:
        """Take note that the recording displays another quantity at our price."""
        if self.ahead == _UNSEEN:
            self.ahead = after
        elif after < before:
            self._settle(time, config.settle)
            canceled = max(0, self._balance + before - after) - max(0, self._balance)
            self._balance += before - after
            if canceled:
                likely = canceled_ahead(
                    config.queue_model,
                    canceled,
                    self.ahead,
                    max(0, before - self.ahead),
                    self.order.instrument.quantity_lot,
                    config.queue_power,
                )
                moved = max(0, self.ahead - after, likely)
                self.ahead -= moved
                self._credited += moved
            assert self.ahead >= 0, "an order is never before the front of its queue"

    def traded(
        self, quantity: Quantity, ours: Quantity, config: RecordedConfig, time: Nanos
    ) -> Quantity:
        """Take note of a trade at our price. Return how much of it is ours.

        `ours` of the trade went to orders of ours that stand before this one.
        """
        if self.ahead == _UNSEEN:
            return Quantity(0)
        self._settle(time, config.settle)
        taken_back = 0
        if self._balance > 0:
            overlap = min(quantity, self._balance)
            taken_back = -(-self._credited * overlap // self._balance)
            self._credited -= taken_back
        self._balance -= quantity
        forward = max(0, quantity - ours - taken_back)
        passed = min(self.ahead, forward)
        self.ahead -= passed
        return Quantity(min(self.order.leaves, forward - passed))

    def _settle(self, time: Nanos, settle: Nanos) -> None:
        if time - self._moved > settle:
            self._balance = self._credited = 0
        self._moved = time


class OwnSide:
    """Our waiting orders of one side: by price, then by time."""

    def __init__(self, side: Side) -> None:
        """Begin without any."""
        self.prices = SortedPrices(side)
        self.levels: dict[Price, list[Queued]] = {}

    def append(self, queued: Queued) -> None:
        """Let an order join the orders of ours at its price."""
        price = queued.order.limit
        level = self.levels.get(price)
        if level is None:
            level = self.levels[price] = []
            self.prices.add(price)
        level.append(queued)

    def remove(self, queued: Queued) -> None:
        """Take an order out."""
        price = queued.order.limit
        level = self.levels[price]
        level.remove(queued)
        if not level:
            del self.levels[price]
            self.prices.remove(price)

    def all(self) -> list[Queued]:
        """Return all, best price first, then oldest first."""
        return [
            one for price in self.prices.best_first(len(self.levels)) for one in self.levels[price]
        ]

    def level_changed(
        self, price: Price, before: Quantity, after: Quantity, config: RecordedConfig, time: Nanos
    ) -> None:
        """Tell those at a price that the recording displays another quantity there."""
        for queued in self.levels.get(price, ()):
            queued.level_changed(before, after, config, time)
