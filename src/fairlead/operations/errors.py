"""What can go wrong when a journal is looked after.

OperationError
├── RetentionRefused   a journal must not go, or a hold is not there
├── RepairRefused      a copy does not fit the journal that it was to repair
└── DrillBroken        a drill cannot be held to its end: a process died, or nothing comes
"""


class OperationError(Exception):
    """Something that was asked for is not done."""


class RetentionRefused(OperationError):
    """A journal stays, or a hold is not as it was said. Says why."""


class RepairRefused(OperationError):
    """A segment of a copy does not continue the chain: it is not put in. Says why."""


class DrillBroken(OperationError):
    """A drill cannot go on. Says who failed, and what he said last."""
