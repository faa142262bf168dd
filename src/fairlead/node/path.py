"""The path: number, apply, write down; and only then may anything leave.

One writer. `take` gives an input its number and its time, lets the machine answer, and puts both
into the group that waits for the disk; `commit` makes the group durable. The caller commits before
it lets an action out. `replay` is `take` for what is in the journal already: the machine answers
again, and any difference to what was recorded stops the node.
"""

import hashlib
from collections.abc import Iterable
from typing import Final

from fairlead.journal import format as layout
from fairlead.journal.history import Entry
from fairlead.journal.log import Log
from fairlead.journal.sequencer import Sequencer
from fairlead.machine.machine import Machine
from fairlead.model.codec import decode_outputs, encode_input, encode_outputs
from fairlead.model.inputs import Input
from fairlead.model.outputs import Output
from fairlead.model.units import Nanos, Sequence
from fairlead.node.errors import OutputsDiffer
from fairlead.readers.reader import Reader
from fairlead.simulator.stretch import Quotes

_blake2b: Final = hashlib.blake2b
_SEQUENCE_BYTES: Final = 8
_DIGEST_BYTES: Final = 32


class OutputsDigest:
    """A running digest of everything the machine ever answered, with the numbers of the inputs.

    Each step is BLAKE2b-256 over the digest before it: so it can be kept, and gone on with.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self._digest = bytes(_DIGEST_BYTES)

    def add(self, sequence: Sequence, encoded: bytes) -> None:
        """Take the outputs of one input."""
        step = self._digest + sequence.to_bytes(_SEQUENCE_BYTES, "little") + encoded
        self._digest = _blake2b(step, digest_size=_DIGEST_BYTES).digest()

    def hexadecimal(self) -> str:
        """Return the digest so far."""
        return self._digest.hex()


class Path:
    """Sequencer, machine and journal in their order, and the readers that follow."""

    def __init__(
        self,
        machine: Machine,
        sequencer: Sequencer,
        log: Log | None,
        readers: Iterable[Reader] = (),
        digest: OutputsDigest | None = None,
    ) -> None:
        """Take the parts. Without a log nothing is written: a backtest."""
        self.machine = machine
        self.sequencer = sequencer
        self.digest = digest or OutputsDigest()
        self._log = log
        self._readers = list(readers)
        self._outputs: list[Output] = []  # one list for all quotes that nothing answers

    @property
    def log(self) -> Log | None:
        """Where the journal is written, None in a backtest."""
        return self._log

    def write_to(self, log: Log) -> None:
        """Begin to write: recovery is over."""
        assert self._log is None, "a path writes one journal"
        self._log = log

    def take(self, input: Input) -> list[Output]:
        """Number an input, apply it, and put it and its outputs into the group that waits."""
        return self._take(self.sequencer.stamp(), input)

    def take_at(self, now: Nanos, input: Input) -> list[Output]:
        """Do so for who has put the clock to `now`."""
        return self._take(self.sequencer.stamp_at(now), input)

    def _take(self, time: Nanos, input: Input) -> list[Output]:
        sequencer = self.sequencer
        sequence = sequencer.last
        log = self._log
        # What cannot be written down must not be decided upon: encoded first, appended after.
        written = encode_input(input) if log is not None else b""
        outputs = self.machine.apply(sequence, time, input)
        if log is not None:
            log.append(layout.INPUT, sequence, time, written)
        if outputs:
            encoded = encode_outputs(outputs)
            self.digest.add(sequence, encoded)
            if log is not None:
                log.append(layout.OUTPUTS, sequence, time, encoded)
        if log is not None and log.full:
            log.commit(time)
        for reader in self._readers:
            reader.follow(sequence, time, input, outputs)
        return outputs

    @property
    def silent(self) -> bool:
        """Whether nobody but the machine sees market data: no journal, no reader, no judgement of
        its quality.
        """
        return self._log is None and not self._readers and not self.machine.state.quality.active

    def take_quote(self, now: Nanos, quotes: Quotes, place: int) -> list[Output]:
        """Take a quote of a column, while the path is silent: nobody needs an object of it."""
        time = self.sequencer.stamp_at(now)
        outputs = self._outputs
        self.machine.apply_quote(
            self.sequencer.last,
            time,
            quotes.instruments[place],
            quotes.bids[place],
            quotes.bid_quantities[place],
            quotes.asks[place],
            quotes.ask_quantities[place],
            quotes.updates[place],
            outputs,
        )
        if outputs:
            self.digest.add(self.sequencer.last, encode_outputs(outputs))
            self._outputs = []
        return outputs

    def commit(self) -> None:
        """Make everything durable that was taken. Raises `JournalFailed`."""
        if self._log is not None:
            self._log.commit(self.sequencer.last_time)

    def roll(self) -> Log:
        """Commit and seal what is written; what follows begins a new segment.

        Raises `JournalFailed`.
        """
        assert self._log is not None, "there is a journal"
        self._log.roll(self.sequencer.last_time)
        return self._log

    def replay(self, entry: Entry, input: Input) -> list[Output]:
        """Apply what is in the journal; raise `OutputsDiffer` if the machine answers otherwise."""
        outputs = self.machine.apply(entry.sequence, entry.time, input)
        encoded = encode_outputs(outputs) if outputs else b""
        if encoded != entry.outputs:
            recorded = decode_outputs(entry.outputs) if entry.outputs else []
            raise OutputsDiffer(entry.sequence, input, recorded, outputs)
        if outputs:
            self.digest.add(entry.sequence, encoded)
        self.sequencer.last = entry.sequence
        self.sequencer.last_time = entry.time
        for reader in self._readers:
            reader.follow(entry.sequence, entry.time, input, outputs)
        return outputs

    def close(self) -> Nanos:
        """Commit, seal the journal, and return the time of the last input."""
        if self._log is not None:
            self._log.close(self.sequencer.last_time)
        return self.sequencer.last_time
