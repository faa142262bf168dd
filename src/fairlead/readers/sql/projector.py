"""From entries to rows: the one place that says which table follows what.

What is written is a function of the entries and of the rows that stand already; so a projection
that was killed goes on from its watermark and ends with the rows that it would have had.
"""

from collections.abc import Iterable

from sqlalchemy import Connection

from fairlead.journal.history import Entry
from fairlead.model.codec import decode_input, decode_outputs
from fairlead.model.inputs import Input
from fairlead.model.outputs import FillBusted, OrderFilled, Output, PositionChanged
from fairlead.model.units import Nanos, Sequence
from fairlead.readers.sql.entries import AppliedEntry
from fairlead.readers.sql.event_rows import EventRows, named_order
from fairlead.readers.sql.fill_rows import FillRows
from fairlead.readers.sql.knowledge import Knowledge
from fairlead.readers.sql.order_rows import OrderRows
from fairlead.readers.sql.position_rows import PositionRows
from fairlead.readers.sql.setup_rows import SetupRows
from fairlead.readers.sql.workspace import Row, Workspace


class Projector:
    """Writes entries into tables, batch by batch. A reader of a batch."""

    def __init__(self) -> None:
        """Begin before the first entry."""
        self.knowledge = Knowledge()
        self._rows = Workspace(self.knowledge.decimals)
        self._setup = SetupRows(self._rows, self.knowledge)
        self._orders = OrderRows(self._rows, self.knowledge)
        self._fills = FillRows(self._rows, self.knowledge)
        self._positions = PositionRows(self._rows, self.knowledge)
        self._events = EventRows(self._rows)

    def learn(self, entries: Iterable[Entry]) -> None:
        """Learn from entries whose rows stand already. Raises `UndecodableRecord`."""
        for entry in entries:
            outputs = decode_outputs(entry.outputs) if entry.outputs else []
            self.knowledge.follow(entry.sequence, entry.time, decode_input(entry.input), outputs)

    def project(self, connection: Connection, entries: Iterable[Entry]) -> None:
        """Write the rows of entries, in the caller's transaction. Raises `UndecodableRecord`."""
        self._rows.begin(connection)
        for entry in entries:
            outputs = decode_outputs(entry.outputs) if entry.outputs else []
            self.follow(entry.sequence, entry.time, decode_input(entry.input), outputs)
        self._positions.value()
        self._rows.flush()
        self._rows.end()

    def follow(self, sequence: Sequence, time: Nanos, input: Input, outputs: list[Output]) -> None:
        """Take one entry of a batch."""
        self.knowledge.follow(sequence, time, input, outputs)
        entry = AppliedEntry(sequence, time, input, outputs, self.knowledge.names)
        self._setup.follow(entry)
        self._orders.begin(entry)
        self._about(entry, input, 0)
        self._fills.begin(entry)
        self._positions.begin()
        for position, output in enumerate(outputs, 1):
            self._take(entry, position, output)
        self._events.follow(entry)

    def _take(self, entry: AppliedEntry, position: int, output: Output) -> None:
        self._orders.take(entry, output)
        order = self._about(entry, output, position)
        fill = None
        if isinstance(output, OrderFilled):
            assert order is not None, "a fill is of an order"
            fill = self._fills.filled(entry, order, position, output)
        elif isinstance(output, FillBusted):
            fill = self._fills.busted(entry, output)
        if isinstance(output, PositionChanged):
            self._positions.changed(entry, position, output)
        else:
            self._positions.because(output, fill)

    def _about(self, entry: AppliedEntry, record: Input | Output, position: int) -> Row | None:
        """Keep a record as an event of the order that it is about; return that order."""
        named = named_order(record)
        row = self._orders.get(named) if named else None
        if row is not None:
            self._events.about(entry, row, position)
        return row
