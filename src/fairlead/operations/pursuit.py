"""What a kill still has to cancel: which orders at which venue, what was sent, what was answered.

A function of what it is told; no thread, no socket, no clock. Each venue is pursued on its own, in
rounds: everything that is not confirmed goes out again, each time after a longer pause, until there
is nothing left. An order is confirmed when the venue says that it canceled it or that it is gone,
or when the journal says that it ended. "Unknown" confirms nothing: it may be on its way there.

Single cancels tell for each order what became of it. "Cancel all" takes what the journal does not
know yet, or never. It goes out in the first round and in the second one: an order that left the
node just before it was blocked may reach the venue after the first.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from fairlead.gateways.emergency_line import (
    AllCanceled,
    Answered,
    Cancel,
    CancelAll,
    Canceled,
    NotCanceled,
    Why,
)
from fairlead.model.units import NANOS_PER_SECOND, Nanos, OrderId
from fairlead.operations.working_orders import WorkingOrder

ALL_CANCELS: Final = 2  # confirmed, before a venue counts as empty
PAUSE: Final = Nanos(NANOS_PER_SECOND)  # after the first round; doubled after each
PAUSE_MAX: Final = Nanos(30 * NANOS_PER_SECOND)


class Volley(NamedTuple):
    """What is to go to one venue now."""

    round: int  # from 1
    orders: list[WorkingOrder]
    all: bool  # and then whatever else works there


class Standing(NamedTuple):
    """How far one venue is."""

    venue: str
    working: int  # orders that were found to work there since the kill
    canceled: int  # the venue says so
    gone: int  # the venue or the journal says that it ended otherwise
    unknown: int  # the venue does not know it
    refused: int  # the venue does not cancel it
    unanswered: int
    all_confirmed: int  # how often the venue has canceled all
    rounds: int

    @property
    def unconfirmed(self) -> int:
        """How many orders may still trade."""
        return self.unknown + self.refused + self.unanswered

    @property
    def done(self) -> bool:
        """Whether nothing more is to be sent there."""
        return self.unconfirmed == 0 and self.all_confirmed >= ALL_CANCELS


class _Chased:
    """One order, and what is known of it."""

    def __init__(self, order: WorkingOrder) -> None:
        self.order = order
        self.canceled = False
        self.gone = False
        self.answers: dict[str, Why] = {}  # by client order id

    @property
    def confirmed(self) -> bool:
        return self.canceled or self.gone

    @property
    def why(self) -> Why | None:
        """What stands between it and its end; None where nothing was answered to its newest id."""
        ids = self.order.client_orders
        return self.answers.get(ids[-1]) if ids else None


class _Venue:
    def __init__(self) -> None:
        self.chased: dict[tuple[str, OrderId], _Chased] = {}
        self.by_client: dict[str, _Chased] = {}
        self.rounds = 0
        self.next_round = Nanos(0)
        self.all_confirmed = 0


class Pursuit:
    """One kill, from the flag until nothing of ours works any more."""

    def __init__(self, venues: Iterable[str]) -> None:
        """Pursue what works at these venues: those that have a line."""
        self._venues = {venue: _Venue() for venue in venues}
        self._no_line: dict[str, int] = {}

    @property
    def without_line(self) -> dict[str, int]:
        """How many orders work at venues that have no line: nobody but the node can cancel them."""
        return self._no_line

    def due(self, working: Iterable[WorkingOrder], now: Nanos) -> dict[str, Volley]:
        """Return what is to go out now, given what works by the journal."""
        fresh = self._take(working)
        volleys: dict[str, Volley] = {}
        for name, venue in self._venues.items():
            orders = fresh.get(name, [])
            if now >= venue.next_round and not self.standing(name).done:
                venue.rounds += 1
                venue.next_round = Nanos(now + _pause(venue.rounds))
                orders = [one.order for one in venue.chased.values() if not one.confirmed]
                volleys[name] = Volley(venue.rounds, orders, venue.all_confirmed < ALL_CANCELS)
            elif orders:  # came to light after the last round
                volleys[name] = Volley(venue.rounds, orders, False)
        return volleys

    def answered(self, name: str, found: Answered) -> None:
        """Take what a venue answered."""
        venue = self._venues[name]
        request, answer = found
        if isinstance(request, CancelAll) and isinstance(answer, AllCanceled):
            venue.all_confirmed += 1
        elif isinstance(request, Cancel):
            chased = venue.by_client.get(request.client_order)
            if chased is None:
                return
            if isinstance(answer, Canceled):
                chased.canceled = True
            elif isinstance(answer, NotCanceled):
                newest = request.client_order == chased.order.client_orders[-1]
                chased.answers[request.client_order] = answer.why
                chased.gone = chased.gone or (newest and answer.why is Why.GONE)

    def standing(self, name: str) -> Standing:
        """Return how far a venue is."""
        venue = self._venues[name]
        counts = dict.fromkeys(("canceled", "gone", "unknown", "refused", "unanswered"), 0)
        for one in venue.chased.values():
            counts[_state(one)] += 1
        return Standing(
            venue=name,
            working=len(venue.chased),
            all_confirmed=venue.all_confirmed,
            rounds=venue.rounds,
            **counts,
        )

    def standings(self) -> list[Standing]:
        """Return how far every venue is."""
        return [self.standing(name) for name in self._venues]

    @property
    def done(self) -> bool:
        """Whether nothing works any more, as far as anybody can tell."""
        return not self._no_line and all(one.done for one in self.standings())

    def _take(self, working: Iterable[WorkingOrder]) -> dict[str, list[WorkingOrder]]:
        """Take what works by the journal; return what was not known before."""
        fresh: dict[str, list[WorkingOrder]] = {}
        self._no_line = {}
        here: dict[tuple[str, OrderId], bool] = {}
        for order in working:
            venue = self._venues.get(order.venue)
            if venue is None:
                self._no_line[order.venue] = self._no_line.get(order.venue, 0) + 1
                continue
            key = (order.session, order.order)
            here[key] = True
            known = venue.chased.get(key)
            if known is None:
                known = venue.chased[key] = _Chased(order)
                fresh.setdefault(order.venue, []).append(order)
            elif known.order.client_orders != order.client_orders:
                known.order = order
                fresh.setdefault(order.venue, []).append(order)
            for client_order in order.client_orders:
                venue.by_client[client_order] = known
        for venue in self._venues.values():
            for key, chased in venue.chased.items():
                if key not in here:
                    chased.gone = True
        return fresh


def _pause(round: int) -> int:
    """Return how long to wait after a round."""
    return min(PAUSE << min(round - 1, 8), PAUSE_MAX)


def _state(one: _Chased) -> str:
    if one.canceled:
        return "canceled"
    if one.gone:
        return "gone"
    if one.why is Why.UNKNOWN:
        return "unknown"
    return "refused" if one.why is Why.REFUSED else "unanswered"
