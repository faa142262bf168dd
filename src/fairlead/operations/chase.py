"""One kill being carried out: the pursuit, the couriers it works with, and what is told of it."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from fairlead.gateways.kill_latch import Kill
from fairlead.model.units import NANOS_PER_SECOND, Nanos
from fairlead.operations.courier import Courier, Heard, Told, VolleyFailed, VolleySent
from fairlead.operations.following import Follower
from fairlead.operations.pursuit import Pursuit, Standing

LOOK: Final = Nanos(NANOS_PER_SECOND // 50)  # how often the journal is asked for what works
CONFIRM: Final = Nanos(2 * NANOS_PER_SECOND)  # until then a venue may still answer unasked


class Chase:
    """Cancels what works at every venue, and tells each step once."""

    def __init__(
        self,
        kill: Kill,
        time: Nanos,
        couriers: Mapping[str, Courier],
        follower: Follower,
        tell: Callable[..., None],
    ) -> None:
        """Begin; `time` is when the trigger was pulled, by the monotonic clock."""
        self._reason = f"{kill.source}: {kill.person}: {kill.reason}"
        self._time = time
        self._couriers = couriers
        self._follower = follower
        self._tell = tell
        self._pursuit = Pursuit(couriers)
        self._look_next = Nanos(0)
        self._told: dict[str, Standing] = {}
        self._told_done = False
        self._told_journal = ""
        self._told_no_line: dict[str, int] = {}
        self._changed = False

    @property
    def done(self) -> bool:
        """Whether nothing works any more, as far as anybody can tell."""
        return self._pursuit.done

    def go_on(self, now: Nanos) -> None:
        """Send what is due, and tell what changed."""
        if now < self._look_next:
            return
        self._look_next = Nanos(now + LOOK)
        followed = self._follower.followed()
        for venue, volley in self._pursuit.due(followed.orders, now).items():
            self._couriers[venue].send(volley, self._reason)
        self._tell_journal(followed.problem)
        self._tell_standings(now)

    def take(self, event: Told) -> None:
        """Take what a courier tells."""
        if isinstance(event, VolleySent):
            self._tell(
                "cancels_sent",
                venue=event.venue,
                orders=len(event.volley.orders),
                all=event.volley.all,
                round=event.volley.round,
                nanos=event.time - self._time,
            )
        elif isinstance(event, VolleyFailed):
            self._tell(
                "cancels_failed",
                venue=event.venue,
                orders=len(event.volley.orders),
                all=event.volley.all,
                round=event.volley.round,
                problem=event.problem,
            )
        elif isinstance(event, Heard):
            for answered in event.answers:
                self._pursuit.answered(event.venue, answered)

    def status(self) -> dict[str, Any]:
        """Return how far every venue is."""
        return {one.venue: _counts(one) for one in self._pursuit.standings()}

    def _tell_journal(self, problem: str) -> None:
        if problem != self._told_journal:
            self._told_journal = problem
            self._tell("journal", readable=not problem, problem=problem)
        no_line = self._pursuit.without_line
        if no_line != self._told_no_line:
            self._told_no_line = no_line
            for venue, orders in no_line.items():
                self._tell("no_line", venue=venue, orders=orders)

    def _tell_standings(self, now: Nanos) -> None:
        """Tell that a venue is done; after the deadline, that it is not, whenever that changes."""
        late = now - self._time > CONFIRM
        for one in self._pursuit.standings():
            if one.done or late:
                before = self._told.get(one.venue)
                if before is None or _counts(before) != _counts(one):
                    self._told[one.venue] = one
                    event = "confirmed" if one.done else "not_confirmed"
                    self._tell(event, venue=one.venue, nanos=now - self._time, **_counts(one))
        if self._pursuit.done != self._told_done:
            self._told_done = self._pursuit.done
            if self._told_done:
                self._tell("all_confirmed", nanos=now - self._time)


def _counts(one: Standing) -> dict[str, int]:
    found = one._asdict()
    del found["venue"], found["rounds"]
    return found
