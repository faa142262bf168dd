"""How far statements reach: what they have confirmed, and what they could not know yet.

An execution that was booked is kept here until a statement lists it; so there are never more of
them than were booked since the last statement that agreed, whatever went before. A statement says
how things were at its `as_of`, by the clock of who made it. What happened after that (by the same
clock for executions, by ours for what was booked without one) is not held against it.
"""

from fairlead.machine.executions import Execution, ExecutionKey
from fairlead.model.units import AccountId, InstrumentId, Nanos

NEVER_MOVED = Nanos(-1)


class Coverage:
    """What is booked and not confirmed, and until when all is agreed."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._booked: dict[tuple[AccountId, str], dict[ExecutionKey, Execution]] = {}
        self._agreed: dict[tuple[AccountId, str], Nanos] = {}
        self._made: dict[tuple[AccountId, str], Nanos] = {}
        self._moved: dict[tuple[AccountId, InstrumentId], Nanos] = {}
        self._cash_moved: dict[tuple[AccountId, str], Nanos] = {}

    # --- executions ---

    def book(self, account: AccountId, key: ExecutionKey, execution: Execution) -> None:
        """Keep an execution until a statement confirms it.

        One that is told late, from before what was agreed, was in no statement until then: the next
        one is asked to reach back to it.
        """
        self.reach_back(account, key[0], execution.venue_time)
        place = (account, key[0])
        booked = self._booked.get(place)
        if booked is None:
            booked = self._booked[place] = {}
        booked[key] = execution

    def forget(self, account: AccountId, key: ExecutionKey) -> Execution | None:
        """Drop an execution that is confirmed or taken back; None if it was dropped before."""
        booked = self._booked.get((account, key[0]))
        return booked.pop(key, None) if booked else None

    def booked(self, account: AccountId, venue: str) -> list[tuple[ExecutionKey, Execution]]:
        """Return the executions that nothing confirms yet, of one venue or (`""`) of all."""
        if venue:
            return list(self._booked.get((account, venue), {}).items())
        return [
            entry
            for place, booked in self._booked.items()
            if place[0] == account
            for entry in booked.items()
        ]

    def trades_at(self, account: AccountId, venue: str) -> bool:
        """Whether an account ever had an execution at a venue."""
        return (account, venue) in self._booked

    def trades_elsewhere(self, account: AccountId, venue: str) -> bool:
        """Whether an account ever had an execution at another venue."""
        return any(place[0] == account and place[1] != venue for place in self._booked)

    # --- how far all is agreed ---

    def agreed(self, account: AccountId, venue: str) -> Nanos:
        """Return until when the executions of both sides agree: what was before is confirmed."""
        return self._agreed.get((account, venue), Nanos(0))

    def agree(self, account: AccountId, venue: str, until: Nanos) -> None:
        """Take it that the executions agree until `until`, but for those that are still kept."""
        for _, execution in self.booked(account, venue):
            if execution.venue_time <= until:
                until = Nanos(execution.venue_time - 1)
        if until > self.agreed(account, venue):
            self._agreed[account, venue] = until

    def reach_back(self, account: AccountId, venue: str, time: Nanos) -> None:
        """Take nothing for agreed from a time on: what was said of it is to be compared again."""
        if not self._agreed:
            return
        for place in ((account, venue), (account, "")):
            if time <= self._agreed.get(place, NEVER_MOVED):
                self._agreed[place] = Nanos(max(0, time - 1))

    def made(self, account: AccountId, venue: str) -> Nanos:
        """Return when the last statement that was reconciled was made."""
        return self._made.get((account, venue), NEVER_MOVED)

    def make(self, account: AccountId, venue: str, as_of: Nanos) -> None:
        """Remember when a statement was made: an older one says nothing any more."""
        self._made[account, venue] = max(as_of, self.made(account, venue))

    # --- what a statement could not know ---

    def move(self, account: AccountId, instrument: InstrumentId, time: Nanos) -> None:
        """A position moved by something that is not kept here."""
        self._moved[account, instrument] = max(time, self.moved(account, instrument))

    def moved(self, account: AccountId, instrument: InstrumentId) -> Nanos:
        """Return when a position last moved by something that is not kept here."""
        return self._moved.get((account, instrument), NEVER_MOVED)

    def move_cash(self, account: AccountId, currency: str, time: Nanos) -> None:
        """Cash moved by something that is not kept here."""
        self._cash_moved[account, currency] = max(time, self.cash_moved(account, currency))

    def cash_moved(self, account: AccountId, currency: str) -> Nanos:
        """Return when cash last moved by something that is not kept here."""
        return self._cash_moved.get((account, currency), NEVER_MOVED)

    def content(self) -> list[object]:
        """Return what a later output may depend on."""
        return [
            [[*place, list(booked)] for place, booked in self._booked.items()],
            [[*place, time] for place, time in self._agreed.items()],
            [[*place, time] for place, time in self._made.items()],
            [[*place, time] for place, time in self._moved.items()],
            [[*place, time] for place, time in self._cash_moved.items()],
        ]
