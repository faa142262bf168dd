"""A projector as a process of its own: prints the last input of every transaction it committed.

python -m tests.readers.sql.consumer JOURNAL URL PIECE_BYTES [follow]
"""

import signal
import sys
import threading
from pathlib import Path

from fairlead.readers.sql.database import address_of
from fairlead.readers.sql.following import Progress, keep_up


def told(progress: Progress) -> None:
    """Print where it stands, at once."""
    sys.stdout.write(f"{progress.sequence} {progress.problem}\n")
    sys.stdout.flush()


def main(journal: str, url: str, piece_bytes: str, *more: str) -> None:
    """Project."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    keep_up(
        Path(journal),
        address_of(url),
        follow="follow" in more,
        rebuild=False,
        stop=stop,
        tell=told,
        piece_bytes=int(piece_bytes),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
