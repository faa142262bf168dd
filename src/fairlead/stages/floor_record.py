"""What happened on a trading floor from outside, so that it can stand there again: one JSON a line.

A simulated exchange is a function of its seed and of what was done with it, so this is all that has
to be kept. A line is given to the system before anything follows from it: it survives the death of
the process. A last line that is not whole never had consequences, and is cut off.
"""

from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import msgspec

from fairlead.gateways.direct.messages import Action
from fairlead.model.units import InstrumentId, Nanos, Price, Quantity
from fairlead.stages.errors import FloorUnreadable


class FloorOpened(msgspec.Struct, frozen=True, tag="opened"):
    """The first line: since when, and on which terms; others make another market."""

    time: Nanos
    run: int
    terms: str


class EpochBegan(msgspec.Struct, frozen=True, tag="epoch"):
    """A node logged in under a later epoch."""

    time: Nanos
    epoch: int
    instance: str


class Acted(msgspec.Struct, frozen=True, tag="action"):
    """A message of a node was applied."""

    time: Nanos
    number: int
    action: Action


class HungUp(msgspec.Struct, frozen=True, tag="hung_up"):
    """The session of the node ended, and its orders with it."""

    time: Nanos


class Withdrawn(msgspec.Struct, frozen=True, tag="withdrawn"):
    """Orders were canceled over the emergency line; "" means all."""

    time: Nanos
    client_order: str


class Deed(StrEnum):
    """What an operator can do."""

    HALT = "halt"
    RESUME = "resume"  # through a call and an auction
    PHASE = "phase"
    BUST = "bust"
    CORRECT = "correct"
    RESET = "reset"  # the sessions


class Operated(msgspec.Struct, frozen=True, tag="operated"):
    """The operator of the exchange did something; what a deed does not need is empty."""

    time: Nanos
    deed: Deed
    instrument: InstrumentId = InstrumentId(0)  # 0: all
    phase: str = ""
    execution: str = ""
    price: Price = Price(0)
    quantity: Quantity = Quantity(0)
    reason: str = ""


Happened = EpochBegan | Acted | HungUp | Withdrawn | Operated
_decoder: Final[msgspec.json.Decoder[Any]] = msgspec.json.Decoder(FloorOpened | Happened)
_encoder: Final = msgspec.json.Encoder()


class FloorRecord:
    """The file of one trading floor."""

    def __init__(self, path: Path, opened: FloorOpened) -> None:
        """Open it, or begin it. Raises `FloorUnreadable`, `OSError`."""
        self.happened: list[Happened] = []
        self.opened = opened
        lines = path.read_bytes().split(b"\n") if path.exists() else [b""]
        whole = lines[:-1]
        if whole:
            self.opened, self.happened = _read(path, whole, opened.terms)
        self._file = path.open("ab")
        self._file.truncate(sum(len(line) + 1 for line in whole))
        if not whole:
            self._write(opened)

    def write(self, happened: Happened) -> None:
        """Give a line to the system."""
        self._write(happened)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, line: FloorOpened | Happened) -> None:
        self._file.write(_encoder.encode(line) + b"\n")
        self._file.flush()


def _read(path: Path, lines: list[bytes], terms: str) -> tuple[FloorOpened, list[Happened]]:
    read: list[Any] = []
    for number, line in enumerate(lines, start=1):
        try:
            read.append(_decoder.decode(line))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise FloorUnreadable(
                f"{path}:{number}: not a line of a trading floor: {error}"
            ) from error
    opened, *happened = read
    if not isinstance(opened, FloorOpened) or any(isinstance(one, FloorOpened) for one in happened):
        raise FloorUnreadable(f"{path}: it does not begin as the record of one trading floor")
    if opened.terms != terms:
        raise FloorUnreadable(
            f"{path}: it is of another market: start the exchange with the configuration and the"
            " seed that it was begun with, or with another file"
        )
    return opened, happened
