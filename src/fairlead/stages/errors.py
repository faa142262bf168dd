"""What can go wrong when a session is put together.

StageError
├── NothingToResume   there is no session to go on with
└── WrongWiring       parts that do not fit each other, such as an account in another currency
"""


class StageError(Exception):
    """A session cannot be put together."""


class NothingToResume(StageError):
    """There is no journal to go on with."""


class WrongWiring(StageError):
    """Two parts do not fit."""
