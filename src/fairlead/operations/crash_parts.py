"""Who takes part in a crash drill: an exchange, a node that is killed, and a bystander who reads.

Exchange and node are processes of their own, started as a person starts them. The bystander reads
the journal as any reader does, while it is written: what it has seen was acknowledged.
"""

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from fairlead.gateways.errors import LineBroken
from fairlead.gateways.transport import Address, LineClient, Wake
from fairlead.journal.history import Entry
from fairlead.journal.sequencer import monotonic_ns
from fairlead.journal.tail import Tail
from fairlead.model.codec import decode_input, decode_outputs
from fairlead.model.inputs import SnapshotTaken
from fairlead.model.units import NANOS_PER_SECOND, Nanos, Sequence
from fairlead.operations.crash_settings import CONFIGURATION_NAME, JOURNALS_NAME, configuration
from fairlead.operations.errors import DrillBroken
from fairlead.simulator.venue_books import message_name

DEADLINE_SECONDS: Final = 60  # what is waited for comes within a few
_POLL_SECONDS: Final = 0.002
_COMMAND: Final = (sys.executable, "-m", "fairlead")
_PLAIN: Final = {"NO_COLOR": "1", "COLUMNS": "200", "TERM": "dumb"}
_LOCK_NAME: Final = "lock"


class Execution(msgspec.Struct, frozen=True):
    """An execution, as both sides tell it."""

    execution: str
    order: int
    instrument: int
    price: int
    quantity: int
    fee: int


class Books(msgspec.Struct, frozen=True):
    """What the exchange says of the account: its own books."""

    working: int
    messages: dict[str, int]  # how often each came
    executions: list[Execution]
    positions: dict[str, int]
    cash: list[tuple[str, int]]


class Patience:
    """Waits a little, again and again, until a deadline that nobody meets."""

    def __init__(self, what: str, seconds: int = DEADLINE_SECONDS) -> None:
        """Begin to wait for something."""
        self._what = what
        self._deadline = monotonic_ns() + seconds * NANOS_PER_SECOND
        self._pause = threading.Event()

    def pause(self, seconds: float = _POLL_SECONDS) -> None:
        """Wait a little. Raises `DrillBroken` where it was long enough."""
        if monotonic_ns() > self._deadline:
            raise DrillBroken(f"waited in vain: {self._what}")
        self._pause.wait(seconds)


class DrillExchange:
    """The exchange of a drill. It goes on when nodes are killed."""

    def __init__(self, directory: Path, seed: int, *options: str, port: int = 0) -> None:
        """Start it and wait until it listens. Raises `DrillBroken`."""
        self._errors = directory / "exchange.err"
        doors = ("--listen", f"127.0.0.1:{port}", "--http", "127.0.0.1:0")
        with self._errors.open("ab") as errors:
            self.process = subprocess.Popen(  # noqa: S603 - our own command, nothing of others
                [*_COMMAND, "exchange", *doors, "--seed", str(seed), *options],
                cwd=directory,
                env={**os.environ, **_PLAIN},
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        assert self.process.stdout is not None, "it was asked for"
        line = self.process.stdout.readline()
        if not line.startswith("listening "):
            self.end()
            raise DrillBroken(f"the exchange did not start: {_last_line(self._errors)}")
        self.doors: Final = dict(word.split("=", 1) for word in line.split()[1:])
        self.address: Final = self.doors["nodes"]
        self._books: Final = Address.parse(self.doors["books"])

    def books(self) -> Books:
        """Return its books as they are now. Raises `DrillBroken`."""
        try:
            content = _answer(self._books, b"GET /books HTTP/1.1\r\n\r\n")
            return msgspec.json.decode(content.partition(b"\r\n\r\n")[2], type=Books)
        except (LineBroken, msgspec.DecodeError) as error:
            raise DrillBroken(f"the exchange does not tell its books: {error}") from error

    def end(self) -> None:
        """Stop it."""
        _end(self.process, signal.SIGTERM)
        if self.process.stdout is not None:
            self.process.stdout.close()


class Bystander:
    """Reads a journal while it is written, and remembers what it has seen."""

    def __init__(self, journal: Path) -> None:
        """Stand before the first input of a journal that need not exist yet."""
        self._journal: Final = journal
        self._tail: Final = Tail(journal)
        self.wanted: Final[dict[str, int]] = {}  # messages that were to leave, how often each
        self.orders = 0  # messages about orders, all in all
        self.snapshots = 0  # that the journal tells of

    @property
    def epoch(self) -> int:
        """The life of the node that wrote what was seen last."""
        return self._tail.epoch

    @property
    def last(self) -> Sequence:
        """The last input that was seen."""
        return self._tail.last

    @property
    def chain(self) -> bytes:
        """The chain after the last group that was seen."""
        return self._tail.chain

    def look(self) -> None:
        """Read what was committed since. Raises `JournalError`."""
        if not self._journal.is_dir():
            return
        while entries := self._tail.read():
            for entry in entries:
                self._take(entry)

    def _take(self, entry: Entry) -> None:
        if not entry.outputs:
            self.snapshots += isinstance(decode_input(entry.input), SnapshotTaken)
            return
        for output in decode_outputs(entry.outputs):
            name = message_name(output)
            if name:
                self.orders += 1
                self.wanted[name] = self.wanted.get(name, 0) + 1


class Life:
    """One life of the node: from the start of its process to its end."""

    def __init__(self, directory: Path, number: int, within: tuple[str, ...] = ()) -> None:
        """Start it: with the newest session, if there is one; `within` another command, if said."""
        self.began: Final = monotonic_ns()
        self._journal: Final = journal_of(directory)
        self.errors: Final = directory / f"node-{number:04d}.err"
        self._output: Final = directory / f"node-{number:04d}.out"
        options = ("--resume",) if self._journal.is_dir() else ()
        with self._output.open("wb") as output, self.errors.open("wb") as errors:
            self.process = subprocess.Popen(  # noqa: S603 - our own command, nothing of others
                [*within, *_COMMAND, "run", "--config", CONFIGURATION_NAME, "--json", *options],
                cwd=directory,
                env={**os.environ, **_PLAIN},
                stdout=output,
                stderr=errors,
            )

    @property
    def age(self) -> Nanos:
        """How long ago its process was started."""
        return Nanos(monotonic_ns() - self.began)

    @property
    def holds_journal(self) -> bool:
        """Whether it has begun to recover. Where no system tells, it counts as begun."""
        files = Path(f"/proc/{self.process.pid}/fd")
        if not files.is_dir():
            return True
        lock = str(self._journal.resolve() / _LOCK_NAME)
        try:
            return any(os.readlink(file) == lock for file in files.iterdir())
        except OSError:  # it is just opening or closing one
            return False

    @property
    def takes_snapshot(self) -> bool:
        """Whether a copy of it writes a snapshot. Where no system tells, it never does."""
        process = self.process.pid
        try:
            return bool(Path(f"/proc/{process}/task/{process}/children").read_text())
        except OSError:
            return False

    def refuse_end(self) -> None:
        """Raise `DrillBroken` if it ended by itself."""
        if self.process.poll() is not None:
            raise DrillBroken(
                f"the node ended by itself, with code {self.process.returncode}:"
                f" {_last_line(self.errors)}"
            )

    def kill(self) -> None:
        """Kill it as nothing can be prepared for."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> bytes:
        """Stop it in order, and return what it said. Raises `DrillBroken`."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(DEADLINE_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise DrillBroken(f"the node did not end in {DEADLINE_SECONDS} s") from None
        if self.process.returncode:
            self.refuse_end()
        return self._output.read_bytes()


def prepare(directory: Path, address: str) -> None:
    """Write the configuration of the node."""
    (directory / CONFIGURATION_NAME).write_text(configuration(address), encoding="utf-8")


def journal_of(directory: Path) -> Path:
    """Return where the node of a drill writes."""
    return directory / JOURNALS_NAME / "0001"


def _answer(address: Address, request: bytes) -> bytes:
    """Return all that somebody says to a request. Raises `LineBroken` if it cannot be asked."""
    content = bytearray()
    client, wake = LineClient(address, DEADLINE_SECONDS), Wake()
    try:
        client.send(request)
        with suppress(LineBroken):  # the answer is over when the line is
            while True:
                content += client.receive(DEADLINE_SECONDS, wake)
    finally:
        client.close()
        wake.close()
    return bytes(content)


def _end(process: "subprocess.Popen[str]", number: signal.Signals) -> None:
    if process.poll() is None:
        process.send_signal(number)
        try:
            process.wait(DEADLINE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _last_line(path: Path) -> str:
    lines = path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
