"""What can fail in the simulated world.

SimulatorError
├── RecordingError    the recording contradicts itself and cannot be replayed
├── PowerLost         the simulated disk has no power until `crash`: whoever uses it is gone
└── Crashed           the process that is simulated is gone, in the middle of what it did
"""


class SimulatorError(Exception):
    """Anything that fails in the simulated world."""


class RecordingError(SimulatorError):
    """A recording contradicts itself. The message says where, and what was expected."""


class PowerLost(SimulatorError):
    """The power is gone. No `OSError`: the program that made the call does not live to see it."""


class Crashed(SimulatorError):
    """The process is gone. It does not live to see this: nobody but who started it may catch it."""
