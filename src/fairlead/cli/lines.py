"""JSON lines on standard output. A reader that leaves early (`| head`) is no error."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def write_line(found: dict[str, Any]) -> None:
    """Write one object as one line of plain ASCII, which every terminal and pipe can carry."""
    sys.stdout.write(json.dumps(found) + "\n")


@contextmanager
def until_the_reader_leaves() -> Iterator[None]:
    """Write until the end, or until nobody reads any more; then stop without a word."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        # What is still in the buffer would fail once more when Python exits: let it go nowhere.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
