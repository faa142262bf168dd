"""Operators' commands as files: how one is posted, answered, withdrawn and read.

Below one directory, `commands`: a command is a file `NAME.json`, put there whole by renaming it.
The node takes it, and puts `NAME.json` and `NAME.answer.json` into `done`. Knows no command and
imports nothing of the node, so that it works when much of that does not.
"""

import itertools
import json
import os
from pathlib import Path
from typing import Any, Final

BOX_NAME: Final = "commands"
DONE_NAME: Final = "done"
SUFFIX: Final = ".json"
ANSWER_SUFFIX: Final = ".answer.json"
LETTER_BYTES_MAX: Final = 64 * 1024  # the largest command is a few hundred bytes

_numbers = itertools.count(1)


def post(box: Path, content: dict[str, Any], time: int) -> str:
    """Put a command where the node looks; return its name. Durable on return. Raises `OSError`.

    Names are in the order of their times.
    """
    box.mkdir(parents=True, exist_ok=True)
    name = f"{time:020d}-{os.getpid()}-{next(_numbers)}"
    write_whole(box / f"{name}{SUFFIX}", json.dumps(content).encode() + b"\n")
    return name


def withdraw(box: Path, name: str) -> bool:
    """Take a command back; False if the node has taken it. Raises `OSError`."""
    try:
        os.unlink(box / f"{name}{SUFFIX}")
    except FileNotFoundError:
        return False
    return True


def answer_to(box: Path, name: str) -> dict[str, Any] | None:
    """Return the answer to a command, None while there is none. Raises `OSError`."""
    try:
        content = (box / DONE_NAME / f"{name}{ANSWER_SUFFIX}").read_bytes()
    except FileNotFoundError:
        return None
    answer: dict[str, Any] = json.loads(content)
    return answer


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that appears whole, durably, or not at all. Raises `OSError`."""
    made = path.with_name(f".{path.name}.{os.getpid()}")
    file = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o660)
    try:
        rest = memoryview(content)
        while rest:
            written = os.write(file, rest)
            rest = rest[written:]
        os.fsync(file)
    finally:
        os.close(file)
    os.rename(made, path)
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
