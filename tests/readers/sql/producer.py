"""A writer as a process of its own: copies a journal, group by group, on from what is there.

Prints the last input of every group that it committed.

    python -m tests.readers.sql.producer FROM TO
"""

import sys
from pathlib import Path

from fairlead.journal import format as layout
from fairlead.journal.history import History
from tests.journal.build import a_log, mend

GROUP = 3


def main(source: str, target: str) -> None:
    """Write."""
    place = Path(target)
    place.mkdir(parents=True, exist_ok=True)
    end = mend(place)
    log = a_log(place, end, segment_bytes=20_000)
    for entry in History(Path(source)).entries():
        if entry.sequence <= end.last:
            continue
        log.append(layout.INPUT, entry.sequence, entry.time, entry.input)
        if entry.outputs:
            log.append(layout.OUTPUTS, entry.sequence, entry.time, entry.outputs)
        if entry.sequence % GROUP == 0:
            log.commit(entry.time)
            sys.stdout.write(f"{entry.sequence}\n")
            sys.stdout.flush()
    if entry.sequence > end.last:
        log.close(entry.time)


if __name__ == "__main__":
    main(*sys.argv[1:])
