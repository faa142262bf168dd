"""Keeps a read model up with a journal for as long as it is wanted, whatever its database does.

A database that is busy or lost is tried again, later and later; nothing of trading waits for it.
"""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy.engine import URL

from fairlead.journal.tail import PIECE_BYTES
from fairlead.model.units import Sequence
from fairlead.readers.errors import ReadModelUnreachable
from fairlead.readers.sql.projection import Current, Projection

POLL_SECONDS: Final = 0.05  # how late a follower may see a commit
_FIRST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 30.0
ATTEMPTS: Final = 6  # of one who does not follow: about 12 s


class Progress(NamedTuple):
    """Where a projection stands."""

    sequence: Sequence
    applied: int  # inputs since it began
    behind_bytes: int
    problem: str  # why it waits, and until when; "" if it does not


def keep_up(
    journal: Path,
    url: URL,
    *,
    follow: bool,
    rebuild: bool,
    stop: threading.Event,
    tell: Callable[[Progress], None],
    piece_bytes: int = PIECE_BYTES,
    reading: Callable[[], Current] | None = None,
) -> Progress:
    """Project a journal to its end, or (`follow`) until `stop` is set; return where it stands.

    `reading` makes what understands the entries of older builds, each time that it begins anew.
    Raises `ReadModelError` where waiting does not help, `UndecodableRecord`, and the errors of
    journals. Without `follow` a database that stays away is an error, too.
    """
    applied = failures = 0
    sequence = Sequence(0)
    while True:
        current = reading() if reading is not None else None
        projection = Projection(journal, url, piece_bytes, current)
        try:
            projection.open(rebuild)
            rebuild = False
            while not stop.is_set():
                count = projection.step()
                failures = 0
                applied += count
                sequence = projection.sequence
                tell(Progress(sequence, applied, projection.behind_bytes, ""))
                if count == 0:
                    if not follow:
                        break
                    stop.wait(POLL_SECONDS)
            return Progress(sequence, applied, projection.behind_bytes, "")
        except ReadModelUnreachable as lost:
            failures += 1
            if not follow and failures == ATTEMPTS:
                raise
            pause = min(_FIRST_PAUSE * 2 ** (failures - 1), _LONGEST_PAUSE)
            problem = f"{lost}; trying again in {pause:g} s"
            tell(Progress(sequence, applied, projection.behind_bytes, problem))
            if stop.wait(pause):
                return Progress(sequence, applied, projection.behind_bytes, problem)
        finally:
            projection.close()
