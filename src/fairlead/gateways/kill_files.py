"""The files of a kill switch: their names, and how they are made and written."""

import mmap
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Final

from fairlead.gateways import kill_page as layout
from fairlead.gateways.kill_latch import Event, Kill, Latch, LatchLine, sync_directory
from fairlead.gateways.kill_page import Head
from fairlead.model.units import Nanos

SWITCH_NAME: Final = "switch"  # the directory, beside the sessions that it is for
FLAG_NAME: Final = "flag"
KILL_NAME: Final = "KILL"
KILL_RELEASED_NAME: Final = "KILL.released"
NODE_NAME: Final = "node"
_FIRST_BYTES: Final = 200  # how much of a kill file is read: a reason, if whoever made it cared


def place_of(journal: Path) -> Path:
    """Return where the switch and the commands of a journal are: beside the numbered sessions.

    A journal that is no numbered session has its own.
    """
    return journal.parent if journal.name.isdecimal() else journal


def parts_of(engaged: bool, kill: Kill, generation: int, now: Nanos) -> list[tuple[int, bytes]]:
    """Return what is to be written where, so that the page says this."""
    head, words = layout.encode(
        Head(engaged=engaged, mode=kill.mode, generation=generation, time=now, kill=kill)
    )
    return [(0, head), (layout.WORDS, words)]


def write_page(path: Path, parts: list[tuple[int, bytes]]) -> None:
    """Write parts of a page; one that is missing or short is made whole. Raises `OSError`.

    A page that exists is written through memory: that needs no room on the disk.
    """
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK, 0o660)
    try:
        missing = layout.PAGE_BYTES - os.fstat(file).st_size
        if missing > 0:
            _write_all(file, bytes(missing), layout.PAGE_BYTES - missing)
        with mmap.mmap(file, layout.PAGE_BYTES) as page:
            for offset, content in parts:
                page[offset : offset + len(content)] = content
    finally:
        os.close(file)


def _write_all(file: int, content: bytes, offset: int) -> None:
    written = os.pwrite(file, content, offset)
    if written != len(content):
        raise OSError(f"{written} of {len(content)} bytes were written")


def sync_file(path: Path) -> None:
    """Ask for what was written to be on the disk; the latch is what counts there."""
    with suppress(OSError):
        file = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            os.fsync(file)
        finally:
            os.close(file)


def make_switch(directory: Path, now: Nanos) -> str:
    """Make a switch that stands released, where there is nothing; return why that failed.

    It appears whole or not at all: two processes at once make one.
    """
    try:
        if directory.is_dir() and any(directory.iterdir()):
            return ""
        directory.parent.mkdir(parents=True, exist_ok=True)
        made = directory.with_name(f".{directory.name}.{os.getpid()}")
        made.mkdir(exist_ok=True)
        nobody = Kill(person="", reason="the switch was made", source="switch")
        write_page(made / FLAG_NAME, parts_of(False, nobody, 0, now))
        sync_file(made / FLAG_NAME)
        Latch(made).append(LatchLine(event=Event.CREATED, generation=0, time=now, kill=nobody))
    except (OSError, ValueError) as error:
        return f" ({error})"
    try:
        os.rename(made, directory)
        sync_directory(directory.parent)
    except OSError as error:
        shutil.rmtree(made, ignore_errors=True)
        return "" if directory.is_dir() else f" ({error})"
    return ""


def first_words(path: Path) -> str:
    """Return how a file begins, as one line; nothing if it cannot be read."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return ""
    try:
        return " ".join(os.read(file, _FIRST_BYTES).decode(errors="replace").split())
    except OSError:
        return ""
    finally:
        os.close(file)
