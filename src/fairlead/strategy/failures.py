"""What is said of a strategy that failed: one line, for the journal and the person on duty.

The line is an input, and a rehearsal has to make the same one: it names the file without its
folder, and no memory address.
"""

import re
from collections.abc import Collection
from pathlib import PurePath
from traceback import walk_tb
from typing import Final

from fairlead.strategy.errors import USER_FAILURES

ERROR_LENGTH_MAX: Final = 500  # of the line: it goes into the journal, alerts and tables
_ADDRESS: Final = re.compile(r" at 0x[0-9a-fA-F]+")


def failure_line(error: BaseException, files: Collection[str]) -> str:
    """Return what failed, and where in `files`: `KeyError: 7 (my.py:12, in on_quote)`."""
    message = " ".join(_ADDRESS.sub("", _message(error)).split())
    what = f"{type(error).__name__}: {message}" if message else type(error).__name__
    place = ""
    innermost = innermost_line(error, files)
    if innermost is not None:
        file, line, function = innermost
        place = f" ({PurePath(file).name}:{line}, in {function})"
    room = ERROR_LENGTH_MAX - len(place)
    told = (what if len(what) <= room else what[: room - 3] + "...") + place
    return told.encode("utf-8", "backslashreplace").decode()  # the journal takes no lone surrogate


def innermost_line(error: BaseException, files: Collection[str]) -> tuple[str, int, str] | None:
    """Return file, line and function where `error` left `files`; else where it arose."""
    frames = [
        (frame.f_code.co_filename, line, frame.f_code.co_name)
        for frame, line in walk_tb(error.__traceback__)
    ]
    inside = [frame for frame in frames if frame[0] in files]
    return next(reversed(inside or frames), None)


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except KeyboardInterrupt:
        raise
    except USER_FAILURES:  # a __str__ of the strategy's own, as broken as the rest
        return "(its message raised an error too)"
