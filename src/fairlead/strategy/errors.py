"""What can go wrong with a strategy, as one tree. Every message fits one line and says what to do.

    StrategyError
    ├── InvalidStrategy         the class breaks a rule of the port, as an unknown handler
    ├── InvalidParameters       a parameter is missing, unknown, or not what it should be
    ├── StrategyNotLoaded       the strategy cannot be loaded
    │   ├── StrategyNotFound        no such file, name or class
    │   ├── StrategyAmbiguous       several strategies, and nobody said which
    │   ├── StrategyBroken          the file does not compile, or raised an error while imported
    │   └── ForbiddenImport         the file reaches into a room that strategies may not enter
    └── InvalidRequest          a strategy asked for something that means nothing
        ├── UnknownInstrument       no instrument of this symbol or id
        ├── TooManyRequests         more in one delivery than the bound
        ├── TooManyTimers           more timers at once than the bound
        └── StrategyIsOff           it failed before, and may ask for nothing

An `InvalidRequest` that a handler does not catch fails the strategy, like any other exception. What
risk or the venue refuse is no error but a fact, and reaches `on_order`.
"""

from typing import Final

# What user code may raise. sys.exit() in it is its own mistake, and no way to end the node; nor is
# any other way out. A KeyboardInterrupt is a person: who catches these lets it pass before.
USER_FAILURES: Final = (BaseException,)


class StrategyError(Exception):
    """Something is wrong with a strategy or with what it asked for."""


class InvalidStrategy(StrategyError):
    """The class breaks a rule of the port."""


class InvalidParameters(StrategyError):
    """A parameter is missing, unknown, or not what it should be.

    `key` is its name and `expected` what would fit; both empty where no single one is wrong.
    """

    def __init__(self, message: str, key: str = "", expected: str = "") -> None:
        """Take the message for people, and what it is about for those who know the place."""
        super().__init__(message)
        self.key = key
        self.expected = expected


class StrategyNotLoaded(StrategyError):
    """The strategy cannot be loaded."""


class StrategyNotFound(StrategyNotLoaded):
    """There is no such file, name or class."""


class StrategyAmbiguous(StrategyNotLoaded):
    """There are several strategies, and nobody said which."""


class StrategyBroken(StrategyNotLoaded):
    """The file does not compile, or raised an error while it was imported."""


class ForbiddenImport(StrategyNotLoaded):
    """The file reaches into a room that strategies may not enter."""


class InvalidRequest(StrategyError):
    """A strategy asked for something that means nothing."""


class UnknownInstrument(InvalidRequest):
    """There is no instrument of this symbol or id."""


class TooManyRequests(InvalidRequest):
    """The strategy asked for more in one delivery than the bound."""


class TooManyTimers(InvalidRequest):
    """The strategy holds more timers at once than the bound."""


class StrategyIsOff(InvalidRequest):
    """The strategy failed before, and may ask for nothing."""
