"""`limits.capacity`: where the measured capacity stands, and who allows more than it."""

from typing import Annotated

from fairlead.node.settings import Location, Person, Section, matching

Reason = Annotated[str, matching(r"(?s).*\S.*", "why, in words")]


class CapacityOverride(Section):
    """Who lets a node send more than it was measured to take, and why."""

    person: Person
    reason: Reason


class CapacitySettings(Section):
    """What the message rate is held against: nothing where no file is named."""

    file: Location | None = None
    override: CapacityOverride | None = None
