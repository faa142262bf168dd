"""What can fail in the simulated world.

SimulatorError
└── RecordingError    the recording contradicts itself and cannot be replayed
"""


class SimulatorError(Exception):
    """Anything that fails in the simulated world."""


class RecordingError(SimulatorError):
    """A recording contradicts itself. The message says where, and what was expected."""
