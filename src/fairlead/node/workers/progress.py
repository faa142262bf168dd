"""How far a worker has come: one word of memory that it writes and the node reads."""

import fcntl
import mmap
import os
from typing import Final, Self

from fairlead.model.units import Sequence

_BYTES: Final = 8
_SEALS: Final = 0x1 | 0x2 | 0x4  # no more seals, no less bytes, no more: touching it is safe


class Progress:
    """The number of the last input that was lived through."""

    def __init__(self, file: int) -> None:
        """Map the word; the descriptor may be closed after it."""
        self._word = memoryview(mmap.mmap(file, _BYTES)).cast("Q")

    @classmethod
    def make(cls) -> tuple[Self, int]:
        """Return a new one, and the descriptor for another process to take it from."""
        file = os.memfd_create("fairlead progress", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(file, _BYTES)
        fcntl.fcntl(file, fcntl.F_ADD_SEALS, _SEALS)
        return cls(file), file

    @classmethod
    def take(cls, file: int) -> Self:
        """Return the one of another process."""
        progress = cls(file)
        os.close(file)
        return progress

    def set(self, sequence: Sequence) -> None:
        """Say that an input was lived through."""
        self._word[0] = sequence  # eight aligned bytes: one move

    def now(self) -> Sequence:
        """Return how far it has come."""
        return Sequence(self._word[0])
