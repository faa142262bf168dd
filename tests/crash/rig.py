"""A node and an exchange for one test, and what both sides say at the end."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fairlead.journal.history import History
from fairlead.model.codec import decode_input, decode_outputs
from fairlead.model.inputs import Input
from fairlead.model.outputs import Output
from fairlead.model.units import Nanos
from fairlead.operations.crash_check import Evidence, Seen, checked
from fairlead.operations.crash_parts import (
    Books,
    Bystander,
    DrillExchange,
    Life,
    Patience,
    journal_of,
)
from fairlead.operations.crash_settings import CONFIGURATION_NAME, configuration

Entry = tuple[Nanos, Input, list[Output]]


class Rig:
    """The processes of one test. The bystander reads what is committed."""

    def __init__(self, directory: Path, *options: str) -> None:
        """Start an exchange; the node is started by the test."""
        self.directory = directory
        self.options = options
        self.exchange = DrillExchange(directory, 1, *options)
        self.journal = journal_of(directory)
        self.bystander = Bystander(self.journal)
        self.seen: list[Seen] = []
        self.lives: list[Life] = []

    @property
    def life(self) -> Life:
        """The node that was started last."""
        return self.lives[-1]

    def configure(self, address: str = "", **settings: Any) -> None:
        """Say where the node finds the exchange, and what else is not as in the drill."""
        text = configuration(address or self.exchange.address, **settings)
        (self.directory / CONFIGURATION_NAME).write_text(text)

    def start(self, *within: str) -> Life:
        """Start a node: a new session, or the one that is there."""
        if not (self.directory / CONFIGURATION_NAME).exists():
            self.configure()
        self.lives.append(Life(self.directory, len(self.lives) + 1, within))
        return self.life

    def trade(self, orders: int = 30) -> None:
        """Wait until the node has sent so many more messages."""
        wanted = self.bystander.orders + orders

        def traded() -> bool:
            self.life.refuse_end()
            self.bystander.look()
            return self.bystander.orders >= wanted

        until("the node trades", traded)

    def kill(self) -> None:
        """Kill the node, and note what was committed."""
        self.life.kill()
        self.note()

    def note(self) -> None:
        """Note what is committed: nothing of it may be gone at the end."""
        self.bystander.look()
        self.seen.append(Seen(self.bystander.last, self.bystander.chain))

    def ended(self) -> Books:
        """Stop the node in order, and hold its journal against the exchange's own books."""
        self.life.stop()
        books = self.exchange.books()
        steps = checked(Evidence(self.journal, books, self.seen, []))
        assert all(step.passed for step in steps), [step for step in steps if not step.passed]
        return books

    def entries(self) -> list[Entry]:
        """Return what is in the journal."""
        return [
            (
                entry.time,
                decode_input(entry.input),
                decode_outputs(entry.outputs) if entry.outputs else [],
            )
            for entry in History(self.journal).entries()
        ]

    def count(self, kind: type[Any]) -> int:
        """Return how many inputs and outputs of a kind are in the journal."""
        return sum(
            type(one) is kind for _, input, outputs in self.entries() for one in (input, *outputs)
        )

    def exchange_said(self) -> str:
        """Return what the exchange told people."""
        return (self.directory / "exchange.err").read_text()

    def exchange_again(self, *options: str) -> None:
        """Start the exchange again where it listened, after it was killed."""
        port = int(self.exchange.address.rpartition(":")[2])
        self.exchange = DrillExchange(self.directory, 1, *options, port=port)


def until(what: str, done: Callable[[], bool]) -> None:
    """Look until it is so; fail where it never is."""
    patience = Patience(what)
    while not done():
        patience.pause(0.01)


@contextmanager
def a_rig(directory: Path, *options: str) -> Iterator[Rig]:
    """Run an exchange until the block ends, and end what is left."""
    rig = Rig(directory, *options)
    try:
        yield rig
    finally:
        for life in rig.lives:
            if life.process.poll() is None:
                life.process.send_signal(signal.SIGCONT)
                life.kill()
        rig.exchange.process.send_signal(signal.SIGCONT)
        rig.exchange.end()
