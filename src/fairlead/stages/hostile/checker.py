"""Holds a run against DESIGN's invariants, by the journal on its disk and the venue's own books.

After each recovery: what was acknowledged is there, and all that left was recorded before. At the
end everything, once more from the beginning, and the two records against each other.
"""

from typing import Final, get_args

from fairlead.journal import format as layout
from fairlead.journal.errors import JournalDamaged
from fairlead.journal.history import Entry, History
from fairlead.journal.log import GROUP_BYTES_MAX, SEGMENT_SUFFIX
from fairlead.machine.machine import Machine
from fairlead.model.codec import decode_input, decode_outputs, encode_input, encode_outputs
from fairlead.model.inputs import (
    AdoptFillCommand,
    BookGap,
    Input,
    Quote,
    Statement,
    Trade,
    VenueConnected,
    VenueDisconnected,
    VenueReport,
)
from fairlead.model.outputs import (
    CancelOrder,
    Output,
    PositionCorrected,
    ReplaceOrder,
    SendOrder,
)
from fairlead.model.units import Nanos, Sequence
from fairlead.simulator.disk import SimulatedDisk
from fairlead.simulator.hostile.world import HostileWorld
from fairlead.stages.hostile.errors import InvariantBroken, hold
from fairlead.stages.hostile.node import JOURNAL
from fairlead.stages.hostile.rules import Rules
from fairlead.stages.hostile.setting import INSTRUMENTS

_FROM_OUTSIDE: Final = (
    *get_args(VenueReport),
    *(Statement, VenueConnected, VenueDisconnected, Quote, Trade, BookGap),
)
_ASKED: Final = (SendOrder, ReplaceOrder, CancelOrder)
_GROUP_MAX: Final = GROUP_BYTES_MAX + 64 * 1024  # and the record that filled it
_Asked = SendOrder | ReplaceOrder | CancelOrder


class Witness:
    """A reader that remembers what was taken, and up to where it was said to be durable."""

    def __init__(self, world: HostileWorld) -> None:
        """Begin with nothing."""
        self.lines: Final[list[tuple[Nanos, str]]] = []  # what was taken, with the true time
        self.taken: Final[dict[int, bytes]] = {}  # inputs by their numbers
        self.acknowledged = Sequence(0)
        self.listens = False  # whether a node is up: what is taken is of now, and not of its past
        self.tells = False  # whether somebody reads the lines
        self.heard = 0  # what came from the world
        self._world = world

    def follow(self, sequence: Sequence, time: Nanos, input: Input, outputs: list[Output]) -> None:
        """Take one input; what had this number before was lost with a crash."""
        self.taken[sequence] = encode_input(input)
        if not self.listens:
            return
        self.heard += isinstance(input, _FROM_OUTSIDE)
        if self.tells:
            kinds = " ".join(type(output).__name__ for output in outputs)
            said = f"{sequence} {type(input).__name__}" + (f" -> {kinds}" if kinds else "")
            self.lines.append((self._world.now, said))

    def acknowledge(self, last: Sequence) -> None:
        """Learn that a commit of everything up to here has returned."""
        self.acknowledged = last


class Checker:
    """Looks at the journal and at the venue; never at a node."""

    def __init__(self, disk: SimulatedDisk, world: HostileWorld, witness: Witness) -> None:
        """Look at these."""
        self._disk = disk
        self._world = world
        self._witness = witness
        self.rules = Rules()

    def recovered(self) -> None:
        """Hold what a crash has left against what was promised before it."""
        entries = self._entries()
        witness = self._witness
        last = entries[-1].sequence if entries else Sequence(0)
        acknowledged = witness.acknowledged
        hold(1, last >= acknowledged, f"input {acknowledged} was acknowledged, {last} is the last")
        for entry in entries[:acknowledged]:
            if witness.taken.get(entry.sequence) != entry.input:
                what = f"input {entry.sequence} is not the one that was acknowledged"
                raise InvariantBroken(1, what)
        self._all_recorded(entries)

    def finished(self) -> None:
        """Hold the whole run against all of it."""
        entries = self._entries()
        self._all_recorded(entries)
        self._bounded()
        machine = Machine()
        adopted: dict[tuple[int, str], bool] = {}
        for entry in entries:
            input = decode_input(entry.input)
            outputs = decode_outputs(entry.outputs) if entry.outputs else []
            self.rules.follow(entry.time, input, outputs)
            again = machine.apply(entry.sequence, entry.time, input)
            same = (encode_outputs(again) if again else b"") == entry.outputs
            hold(2, same, f"input {entry.sequence} is answered otherwise in a replay")
            corrected = any(isinstance(output, PositionCorrected) for output in outputs)
            if isinstance(input, AdoptFillCommand) and input.strategy and corrected:
                adopted[input.session_date, input.execution] = True
        self._agree(adopted)

    def _agree(self, adopted: dict[tuple[int, str], bool]) -> None:
        """Hold our record against the venue's, when all is settled."""
        books, ledger = self._world.books, self.rules.ledger
        for terms in INSTRUMENTS:
            ours, theirs = ledger.net(terms.instrument), books.position(terms.instrument)
            hold(6, ours == theirs, f"{ours} of {terms.symbol}, the venue has {theirs}")
        filled: dict[int, int] = {}
        for key, line in books.fills.items():
            if key not in adopted:
                filled[line.order] = filled.get(line.order, 0) + line.quantity
        for number, known in ledger.orders.items():
            there = filled.get(number, 0)
            hold(4, known.filled == there, f"order {number} filled {known.filled}, there {there}")
            hold(10, not known.alive, f"order {number} still works in our record")
        left = [order.client_order for order in books.alive()]
        hold(10, not left, f"orders work at the venue that nobody knows of: {left}")

    def _all_recorded(self, entries: list[Entry]) -> None:
        """Hold that whatever reached the venue is in the journal, and came in one message."""
        recorded: dict[bytes, bool] = {}
        for entry in entries:
            for output in decode_outputs(entry.outputs) if entry.outputs else []:
                if isinstance(output, _ASKED):
                    recorded[_name(output)] = True
        messages: dict[bytes, int] = {}
        for number, action in self._world.venue.received:
            if isinstance(action, _ASKED):
                name = _name(action)
                hold(3, name in recorded, f"the venue got what is not in the journal: {action}")
                first = messages.setdefault(name, number)
                once = first == number or isinstance(action, CancelOrder)
                hold(3, once, f"sent twice, as messages {first} and {number}: {action}")

    def conserved(self, taken_before: int) -> None:
        """Hold that what reached the node since then was taken, and that nothing else is gone."""
        came, heard = self._world.taken - taken_before, self._witness.heard
        hold(15, came == heard, f"{came} reports and data came, {heard} were taken")
        left = self._world.unaccounted()
        hold(15, left == 0, f"{left} messages are neither delivered, nor lost, nor under way")

    def damaged_file(self) -> str:
        """Return the file of the journal that is damaged, empty if none is."""
        try:
            self._entries()
        except JournalDamaged as damaged:
            return damaged.path
        return ""

    def _bounded(self) -> None:
        """Hold the groups of the journal, as they are on the disk, against their bound."""
        for name in self._segments():
            content = self._disk.read(JOURNAL / name)
            offset = begin = layout.HEADER_BYTES
            while offset < len(content):
                record = layout.decode_record(content, offset)
                assert isinstance(record, layout.Record), "the checker has read it before"
                offset = record.end
                if record.kind in (layout.COMMIT, layout.SEAL):
                    size = offset - begin
                    hold(14, size <= _GROUP_MAX, f"{name}: a group of {size} bytes")
                    begin = offset

    def _segments(self) -> list[str]:
        return [name for name in self._disk.names(JOURNAL) if name.endswith(SEGMENT_SUFFIX)]

    def _entries(self) -> list[Entry]:
        return list(History(JOURNAL, self._disk).entries())


def _name(action: _Asked) -> bytes:
    return encode_outputs([action])
