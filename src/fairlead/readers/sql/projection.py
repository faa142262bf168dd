"""One journal projected into one database: a transaction for each piece, the watermark in it.

The watermark says which input is the last one in the tables, and by which hash chain. It moves in
the transaction that writes the rows, so nothing is applied twice and nothing is left out, wherever
the process or the database dies. A watermark that does not fit the journal is refused: rows of a
past that never was must not be added to.
"""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.engine import URL

from fairlead.journal.history import Entry
from fairlead.journal.tail import PIECE_BYTES, Tail
from fairlead.model.units import Nanos, Sequence
from fairlead.readers.errors import ReadModelUnfit, ReadModelUnusable
from fairlead.readers.sql import schema
from fairlead.readers.sql.database import connect, failing_as_unreachable, shown
from fairlead.readers.sql.entries import times
from fairlead.readers.sql.projector import Projector
from fairlead.readers.sql.schema import LAYOUT
from fairlead.readers.sql.tables import PROJECTION
from fairlead.readers.sql.workspace import Row

Current = Callable[[Entry], Entry]  # from an entry to what this build would have written

_REMEDY: Final = "project it anew with --rebuild"


class Projection:
    """Keeps a read model up with a journal. After an error, make another one: it goes on there."""

    def __init__(
        self,
        journal: Path,
        url: URL,
        piece_bytes: int = PIECE_BYTES,
        current: Current | None = None,
    ) -> None:
        """Take the places; `open` looks at them. `current` understands what older builds wrote."""
        self.url = url
        self.sequence = Sequence(0)  # the last input in the tables
        self._piece_bytes = piece_bytes
        self._current: Current = current or _as_it_is
        self._engine: Engine | None = None
        self._tail = Tail(journal)
        self._projector = Projector()
        self._ahead: list[Entry] = []  # read with the last of what stands in the tables
        self._origin = ""
        self._chain = ""

    def open(
        self, rebuild: bool = False, progress: Callable[[Sequence, Sequence], None] | None = None
    ) -> None:
        """Make or upgrade the tables, and go to where they stand; `rebuild` begins with none.

        `progress` is told the input at hand and the one that is sought. Raises `ReadModelError`
        and the errors of journals.
        """
        with failing_as_unreachable(self.url):
            self._engine = connect(self.url)
            with self._engine.connect() as connection:
                revision = schema.revision_of(connection)
            if revision is not None and revision not in schema.revisions():
                raise ReadModelUnusable(
                    f"{shown(self.url)}: its tables are of version {revision}, this build knows"
                    f" versions up to {schema.newest()}: use a newer build or another database"
                )
            if rebuild and revision is not None:
                schema.downgrade(self._engine)
            schema.upgrade(self._engine)
            with self._engine.connect() as connection:
                watermark = watermark_of(connection)
        if watermark is not None:
            self._go_to(watermark, progress or _nobody)

    def step(self) -> int:
        """Project the next piece; return how many inputs it had, 0 at the end of the journal.

        Raises `ReadModelError`, `UndecodableRecord` and the errors of journals.
        """
        entries = self._ahead or self._tail.read(self._piece_bytes)
        self._ahead = []
        if not entries:
            return 0
        if not self._origin:
            self._origin = origin_of(entries[0])
        engine = self._engine
        assert engine is not None, "a projection is opened before it steps"
        with failing_as_unreachable(self.url), engine.begin() as connection:
            self._move(connection)
            self._projector.project(connection, map(self._current, entries))
        self.sequence = self._tail.last
        self._chain = self._tail.chain.hex()
        return len(entries)

    @property
    def behind_bytes(self) -> int:
        """What is committed and not read yet, of the file at hand."""
        return self._tail.behind_bytes

    def close(self) -> None:
        """Let go of the database."""
        if self._engine is not None:
            self._engine.dispose()

    def _move(self, connection: Connection) -> None:
        """Move the watermark to where the tail stands, if nobody else has moved it since.

        First in the transaction: a second projector waits here for the first, and then finds out.
        """
        tail = self._tail
        row = {
            "layout": LAYOUT,
            "journal": str(tail.directory),
            "origin": self._origin,
            "sequence": tail.last,
            **times("time", tail.time),
            "epoch": tail.epoch,
            "chain": tail.chain.hex(),
            "behind_bytes": tail.behind_bytes,
        }
        known = PROJECTION.c
        if self.sequence == 0:
            connection.execute(insert(PROJECTION), {"id": 1, **row})
            return
        here = (known.sequence == self.sequence, known.chain == self._chain)
        if connection.execute(update(PROJECTION).where(*here).values(row)).rowcount != 1:
            raise ReadModelUnusable(
                f"{shown(self.url)}: another process projects into it: stop one"
            )

    def _go_to(self, watermark: Row, progress: Callable[[Sequence, Sequence], None]) -> None:
        """Read up to the watermark, learning what there is to trade; refuse what does not fit."""
        name, tail = shown(self.url), self._tail
        if watermark["layout"] != LAYOUT:
            raise ReadModelUnfit(
                f"{name}: its rows were made by rules {watermark['layout']}, this build has rules"
                f" {LAYOUT}: {_REMEDY}"
            )
        last = Sequence(watermark["sequence"])
        border = _Border(last)
        tail.show_to(border)
        while tail.last < last and (entries := tail.read(self._piece_bytes)):
            if not self._origin:
                self._origin = origin_of(entries[0])
                if self._origin != watermark["origin"]:
                    raise ReadModelUnfit(
                        f"{name} was projected from another journal ({watermark['journal']}), not"
                        f" from {tail.directory}: name another database, or {_REMEDY}"
                    )
            stand = [one for one in entries if one.sequence <= last]
            self._projector.learn(map(self._current, stand))
            self._ahead = [one for one in entries if one.sequence > last]
            progress(tail.last, last)
        if tail.last < last:
            raise ReadModelUnfit(
                f"{tail.directory} ends at input {tail.last}, and {name} has inputs up to {last}:"
                f" what was lost in a crash was never acknowledged; {_REMEDY}"
            )
        if border.chain != watermark["chain"]:
            raise ReadModelUnfit(
                f"{tail.directory} has another past than what {name} was projected from, up to"
                f" input {last}: check it with `fairlead verify`, and {_REMEDY}"
            )
        self.sequence, self._chain = last, watermark["chain"]


class _Border:
    """Notes the chain of the journal at one input, where a group ends there."""

    def __init__(self, sequence: Sequence) -> None:
        self._sequence = sequence
        self.chain = ""

    def committed(
        self, epoch: int, group: bytes, last: Sequence, time: Nanos, chain: bytes
    ) -> None:
        """Take a group."""
        if last == self._sequence:
            self.chain = chain.hex()


def watermark_of(connection: Connection) -> Row | None:
    """Return how far a read model has come, None if nothing was projected."""
    found = connection.execute(select(PROJECTION)).mappings().first()
    return None if found is None else dict(found)


def origin_of(first: Entry) -> str:
    """Return what tells a journal from all others: the digest of its first input and its time."""
    content: Any = sha256(first.time.to_bytes(8, "big") + first.input)
    return str(content.hexdigest())


def _as_it_is(entry: Entry) -> Entry:
    return entry


def _nobody(at: Sequence, to: Sequence) -> None:
    pass
