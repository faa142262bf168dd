"""Signs a journal from outside: another process, another user, best another machine.

A key on the trading machine protects against who changes files later, and not against who owns
that machine now. A witness follows the journal with a key of its own and keeps what it signed where
the node cannot reach; when the journal stops to be what it signed, it says so and signs no more.
"""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from fairlead.journal.tail import Tail
from fairlead.node.attestation import Attestation
from fairlead.node.build import sources_hash
from fairlead.node.checkpoints import checkpoint_files, read_checkpoints
from fairlead.node.keys import SigningKey
from fairlead.node.notary import Notary, Place, SigningPace, Warn

POLL_SECONDS: Final = 0.1


class Witnessed(NamedTuple):
    """How far a journal was signed."""

    directory: Path
    groups: int
    last_sequence: int
    checkpoints: list[Path]  # the files


class Witness:
    """Follows one journal and signs it."""

    def __init__(
        self,
        directory: Path,
        key: SigningKey,
        copies: tuple[Path, ...],
        pace: SigningPace,
        warn: Warn,
    ) -> None:
        """Take a journal, a key, and where to keep what is signed: one place at least."""
        self.directory = directory
        self._copies = copies
        self._notary = Notary(
            directory,
            key,
            sources_hash(),
            pace,
            tuple(map(Place, copies)),
            warn,
            Attestation(directory, read_checkpoints(self._files()), None),
        )
        self._tail = Tail(directory)
        self._tail.show_to(self._notary)
        self._begun = False

    @property
    def last_sequence(self) -> int:
        """The last input that was read."""
        return self._tail.last

    def read(self) -> bool:
        """Take what was committed since; return whether there was anything.

        Raises `JournalError`, and `CheckpointsDiffer` where this is not what was signed before.
        """
        if self._tail.read():
            return True
        if not self._begun:
            self._notary.begin()
            self._begun = True
        return False

    def follow(self, stop: threading.Event, is_over: Callable[[], bool]) -> None:
        """Sign until it is to stop, or until there is nothing new and it is over. Raises as `read`
        does.
        """
        while not stop.is_set():
            if not self.read():
                if is_over():
                    return
                stop.wait(POLL_SECONDS)

    def close(self) -> Witnessed:
        """Sign the end, and return how far that is."""
        self._notary.close()
        return Witnessed(self.directory, self._notary.size, self._tail.last, self._files())

    def _files(self) -> list[Path]:
        places = [copy for copy in self._copies if copy.is_dir()]
        return [file for place in places for file in checkpoint_files(self.directory, place)]
