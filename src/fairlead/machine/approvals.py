"""What waits for a second person, or for its time. Bound to the exact change, and it expires."""

import hashlib
from typing import Final, NamedTuple

import msgspec

from fairlead.machine.names import plain_name
from fairlead.model.inputs import (
    BreakerDefinition,
    DataQualityPolicyChange,
    DynamicLimitDefinition,
    KillPolicyChange,
    LimitChange,
    MessageRateChange,
    NamedCheckDefinition,
    OverrideRequest,
    PermissionChange,
    PreTradePolicyChange,
    ProfileChange,
    ReconciliationPolicyChange,
    RestrictionChange,
    RiskLimitChange,
    ToleranceChange,
)
from fairlead.model.risk import Scope
from fairlead.model.units import NANOS_PER_SECOND, Nanos

RuleChange = (
    ProfileChange
    | PreTradePolicyChange
    | NamedCheckDefinition
    | PermissionChange
    | RestrictionChange
    | KillPolicyChange
    | DataQualityPolicyChange
    | ReconciliationPolicyChange
    | ToleranceChange
)
Governed = (
    RuleChange
    | RiskLimitChange
    | LimitChange
    | MessageRateChange
    | BreakerDefinition
    | DynamicLimitDefinition
    | OverrideRequest
)

# A proposal that nobody approved within a day is none any more.
PROPOSAL_LIFE: Final = Nanos(86_400 * NANOS_PER_SECOND)
PROPOSALS_MAX: Final = 1_000  # that wait at once: nobody reads more
_DIGEST_BYTES: Final = 8


class Proposal:
    """One change that waits for a second person."""

    def __init__(self, number: int, change: Governed, what: str, time: Nanos) -> None:
        """Take the change as it was proposed."""
        self.number = number
        self.change = change
        self.what = what
        self.expires = Nanos(time + PROPOSAL_LIFE)
        self.digest = digest_of(number, change)
        self.before = ""  # a digest of what it would change, as it stood when it was proposed

    @property
    def person(self) -> str:
        """Who proposed it."""
        return self.change.person


class Postponed(NamedTuple):
    """A change of limits that waits for its time."""

    change: RiskLimitChange
    approved: bool  # by a second person; else it must still be no looser when its time comes


class Approvals:
    """All that waits."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.next_number = 1
        self._proposals: dict[int, Proposal] = {}
        self._postponed: list[Postponed] = []  # the earliest first

    def add(self, change: Governed, what: str, time: Nanos) -> Proposal | None:
        """Keep a change; None if too many wait already."""
        if len(self._proposals) >= PROPOSALS_MAX:
            return None
        proposal = Proposal(self.next_number, change, what, time)
        self._proposals[proposal.number] = proposal
        self.next_number += 1
        return proposal

    def get(self, number: int) -> Proposal | None:
        """Return what waits under a number, None if nothing does."""
        return self._proposals.get(number)

    def all(self) -> list[Proposal]:
        """Return all that waits for a person, oldest first."""
        return list(self._proposals.values())

    def end(self, number: int) -> None:
        """Let a proposal go, whatever became of it."""
        del self._proposals[number]

    def expired(self, time: Nanos) -> list[Proposal]:
        """Return the proposals whose time is over."""
        return [one for one in self._proposals.values() if one.expires < time]

    def postpone(self, change: RiskLimitChange, approved: bool) -> bool:
        """Keep a change until its time; return False if too many wait already."""
        if len(self._postponed) >= PROPOSALS_MAX:
            return False
        self._postponed.append(Postponed(change, approved))
        self._postponed.sort(key=_effective)  # stable: what came first goes first
        return True

    def rename(self, before: Scope, after: Scope) -> None:
        """Let what waits for a scope go on under its new name. What to approve it by stays."""
        for proposal in self._proposals.values():
            proposal.change = _renamed(proposal.change, before, after)
        for place, (change, approved) in enumerate(self._postponed):
            if change.scope == before:
                renamed = msgspec.structs.replace(change, scope=after)
                self._postponed[place] = Postponed(renamed, approved)

    def postponed(self) -> list[Postponed]:
        """Return the changes that wait for their time, the earliest first."""
        return list(self._postponed)

    def next_time(self) -> Nanos | None:
        """Return when something here is due, None if nothing ever is."""
        times = [proposal.expires + 1 for proposal in self._proposals.values()]
        times += [one.change.effective for one in self._postponed]
        return Nanos(min(times)) if times else None

    def take_effective(self, time: Nanos) -> list[Postponed]:
        """Return the changes whose time has come, and forget them."""
        due = [one for one in self._postponed if one.change.effective <= time]
        self._postponed = self._postponed[len(due) :]
        return due

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        waiting = [
            [one.number, one.change, one.expires, one.before] for one in self._proposals.values()
        ]
        return [self.next_number, waiting, [list(one) for one in self._postponed]]


def digest_of(number: int, change: Governed) -> str:
    """Return what an approval must name: a digest of the number and the exact change."""
    encoded = msgspec.msgpack.encode([number, change])
    return hashlib.blake2b(encoded, digest_size=_DIGEST_BYTES).hexdigest()


def same_person(one: str, other: str) -> bool:
    """Whether two names are of one person: how they are written says nothing."""
    return "".join(plain_name(one).split()) == "".join(plain_name(other).split())


def _renamed(change: Governed, before: Scope, after: Scope) -> Governed:
    if isinstance(change, RiskLimitChange) and change.scope == before:
        return msgspec.structs.replace(change, scope=after)
    if isinstance(change, BreakerDefinition) and change.breaker.scope == before:
        breaker = msgspec.structs.replace(change.breaker, scope=after)
        return msgspec.structs.replace(change, breaker=breaker)
    if isinstance(change, DynamicLimitDefinition) and change.dynamic.scope == before:
        dynamic = msgspec.structs.replace(change.dynamic, scope=after)
        return msgspec.structs.replace(change, dynamic=dynamic)
    return change


def _effective(postponed: Postponed) -> Nanos:
    return postponed.change.effective
