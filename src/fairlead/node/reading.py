"""Entries of a journal as this build understands them, whichever build wrote them.

The journal carries bytes, and says with each segment which versions of the records they hold.
Between it and everything that looks into the bytes stands this: what is encrypted is opened; what
an older build wrote is upcast, so that recovery compares like with like; what only a newer one
understands is refused with its place.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from fairlead import __version__
from fairlead.journal import format as layout
from fairlead.journal.errors import JournalSealed, PayloadForged
from fairlead.journal.history import Entry, History, Origin
from fairlead.journal.sealing import Cipher, Sealing, open_payload
from fairlead.model.codec import decode_input
from fairlead.model.errors import UndecodableRecord
from fairlead.model.inputs import Input
from fairlead.model.schema import CURRENT, Schema, Translation
from fairlead.node.sealing import JournalKeys


def written_schema() -> bytes:
    """Return what this build writes at the beginning of each segment."""
    return CURRENT.written(__version__)


def recorded(directory: Path) -> Iterator[Entry]:
    """Yield every entry of a journal in the clear. Raises `JournalError`, `UndecodableRecord`."""
    return Reading().entries(History(directory).entries())


def decoded(entry: Entry) -> Input:
    """Return the input of an entry as `Reading` gives it. Raises `UndecodableRecord`."""
    try:
        return decode_input(entry.input)
    except UndecodableRecord as error:
        raise _placed(error, entry.origin, entry) from error


class Reading:
    """Reads the entries of one journal in their order."""

    def __init__(self, schema: Schema = CURRENT, cipher: Cipher | None = None) -> None:
        """Take what this build knows; unless it is said, the keys are those of the environment."""
        self._schema = schema
        self._cipher = cipher or JournalKeys()
        self._sealing: Sealing | None = None  # None: the payloads are plain
        self._origin: Origin | None = None
        self._translation: Translation | None = None  # None: there is nothing to translate

    def entries(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Yield each entry as `current` gives it, and raise what it raises."""
        for entry in entries:
            yield self.current(entry)

    def groups(self, groups: Iterable[list[Entry]]) -> Iterator[list[Entry]]:
        """Yield the entries of each group as `current` gives them, and raise what it raises."""
        for group in groups:
            first = group[0]  # a group is of one segment, which means the same by all of it
            if first.origin is not self._origin:
                self._begin(first.origin, first)
            if self._sealing is None and self._translation is None:
                yield group
            else:
                yield [self.current(entry) for entry in group]

    def current(self, entry: Entry) -> Entry:
        """Return an entry as this build would have written it.

        Raises `UndecodableRecord`, and of what is encrypted `JournalSealed` and `PayloadForged`.
        """
        origin = entry.origin
        if origin is not self._origin:
            self._begin(origin, entry)
        if origin is not None and self._sealing is not None:
            entry = _opened(self._sealing, origin, entry)
        translation = self._translation
        if translation is None:
            return entry
        try:
            current = Entry(entry.sequence, entry.time, translation.input(entry.input), origin)
            if entry.outputs:
                current.outputs = translation.outputs(entry.outputs)
        except UndecodableRecord as error:
            raise _placed(error, origin, entry) from error
        return current

    def _begin(self, origin: Origin | None, entry: Entry) -> None:
        """Go to another segment."""
        sealing, translation = None, None
        if origin is not None:
            if origin.mark:
                sealing = self._unlocked(origin)
            translation = self._from(origin, sealing, entry)
        self._sealing, self._translation, self._origin = sealing, translation, origin

    def _unlocked(self, origin: Origin) -> Sealing:
        try:
            return self._cipher.find(origin.mark)
        except JournalSealed as error:
            raise JournalSealed(f"{origin.path}: {error}") from error

    def _from(self, origin: Origin, sealing: Sealing | None, entry: Entry) -> Translation | None:
        schema = origin.schema
        if sealing is not None:
            place = (origin.epoch, layout.SCHEMA, origin.first, origin.begun)
            try:
                schema = open_payload(sealing, *place, schema)
            except PayloadForged as error:
                raise PayloadForged(f"{origin.path}: its schema {error}") from error
        try:
            translation = self._schema.translation(schema)
        except UndecodableRecord as error:
            raise _placed(error, origin, entry) from error
        return None if translation.is_plain else translation


def _opened(sealing: Sealing, origin: Origin, entry: Entry) -> Entry:
    """Return an entry of an encrypted segment in the clear. Raises `PayloadForged`."""
    sequence, time = entry.sequence, entry.time
    try:
        place = (origin.epoch, layout.INPUT, sequence, time)
        opened = Entry(sequence, time, open_payload(sealing, *place, entry.input), origin)
        if entry.outputs:
            place = (origin.epoch, layout.OUTPUTS, sequence, time)
            opened.outputs = open_payload(sealing, *place, entry.outputs)
    except PayloadForged as error:
        raise PayloadForged(f"{origin.path}: input {sequence} {error}") from error
    return opened


def _placed(error: UndecodableRecord, origin: Origin | None, entry: Entry) -> UndecodableRecord:
    path = origin.path if origin is not None else "no segment"
    return UndecodableRecord(f"{path}: input {entry.sequence}: {error}")
