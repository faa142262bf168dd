"""What can go wrong when a session is put together.

StageError
├── CannotReproduce   a result that does not say how it came about, or whose data is gone
├── FloorUnreadable   the record of a trading floor is not one, or of another market
├── NothingToResume   there is no session to go on with
└── WrongWiring       parts that do not fit each other, such as an account in another currency
"""


class StageError(Exception):
    """A session cannot be put together."""


class CannotReproduce(StageError):
    """A result does not say how it came about, or what it came from is not there any more."""


class FloorUnreadable(StageError):
    """The record of a trading floor is not one, or of another market."""


class NothingToResume(StageError):
    """There is no journal to go on with."""


class WrongWiring(StageError):
    """Two parts do not fit."""
