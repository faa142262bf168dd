"""Waiting for what other threads and processes do: until it is so, or a deadline that nobody meets.

No test measures time with it. A machine that stalls makes a test slow, and not red.
"""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

DEADLINE_SECONDS = 60
Found = TypeVar("Found")


def until(found: Callable[[], Found], what: str = "") -> Found:
    """Return the first answer that is true."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    pause = threading.Event()
    while not (answer := found()):
        assert time.monotonic() < deadline, f"never came to be: {what or found}"
        pause.wait(0.005)
    return answer
