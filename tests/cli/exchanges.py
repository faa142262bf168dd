"""Exchanges in processes of their own, and nodes that trade there."""

import json
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fairlead.gateways.transport import Address
from tests.cli.nodes import DEADLINE, JOURNAL, wait_for
from tests.cli.sessions import started

ROOT = Path(__file__).parents[2]
CONFIG = "direct.yaml"


class Exchange:
    """A process, and where it listens."""

    def __init__(self, directory: Path, *options: str, port: int = 0) -> None:
        """Start it and wait until it listens."""
        self.process = started(
            "exchange",
            *("--listen", f"127.0.0.1:{port}", "--emergency", "127.0.0.1:0"),
            *("--http", "127.0.0.1:0", *options),
            directory=directory,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("listening "), self.process.communicate()
        self.doors = dict(word.split("=", 1) for word in line.split()[1:])

    @property
    def port(self) -> int:
        """Where nodes connect."""
        return Address.parse(self.doors["nodes"]).port

    def books(self) -> dict[str, Any]:
        """Return the venue's own books as they are now."""
        address = Address.parse(self.doors["books"])
        with socket.create_connection((address.host, address.port), DEADLINE) as asked:
            asked.sendall(b"GET /books HTTP/1.1\r\n\r\n")
            answer = b""
            while chunk := asked.recv(65_536):
                answer += chunk
        content: dict[str, Any] = json.loads(answer.split(b"\r\n\r\n", 1)[1])
        return content

    def end(self, number: signal.Signals = signal.SIGTERM) -> str:
        """End it, and return what it told people."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(number)
        return self.process.communicate(timeout=DEADLINE)[1]


@contextmanager
def exchange(directory: Path, *options: str, port: int = 0) -> Iterator[Exchange]:
    """Run an exchange until the block ends."""
    running = Exchange(directory, *options, port=port)
    try:
        yield running
    finally:
        running.end(signal.SIGKILL)


@contextmanager
def node_at(
    directory: Path, port: int, *options: str, more: str = ""
) -> Iterator["subprocess.Popen[str]"]:
    """Run a node that trades at a port until the block ends; `more` goes into its first
    configuration.
    """
    if not (directory / CONFIG).exists():
        shutil.copy(ROOT / "examples" / CONFIG, directory)
        text = (directory / CONFIG).read_text().replace("127.0.0.1:7350", f"127.0.0.1:{port}")
        (directory / CONFIG).write_text(text + more)
    process = started("run", "--config", CONFIG, "--json", *options, directory=directory)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.send_signal(signal.SIGKILL)
        process.communicate()


def until_orders(venue: Exchange, more_than: int, process: "subprocess.Popen[str]") -> None:
    """Wait until the venue has more orders than that."""

    def came() -> bool:
        assert process.poll() is None, process.communicate()
        return len(venue.books()["orders"]) > more_than

    wait_for(f"the venue has more than {more_than} orders", came)


def journal_of(directory: Path, session: str = "0001") -> Path:
    """Return where a session is written down."""
    return directory / JOURNAL / session
