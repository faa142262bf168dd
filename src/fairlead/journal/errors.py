"""What can go wrong with a journal.

JournalError
├── JournalLocked       another node writes this journal
├── JournalUnreadable   missing, not a journal, or of a newer format
├── JournalDamaged      bytes that were written are not there any more; says where
├── JournalSealed       payloads are encrypted, and no key is here that opens them
├── PayloadForged       a sealed payload is not what who has the key wrote there
├── JournalFailed       the disk did not take a write: the node stops, nothing is retried
└── SnapshotDamaged     a snapshot is not what was written: a start does without it
"""


class JournalError(Exception):
    """A journal cannot be written, read or believed."""


class JournalLocked(JournalError):
    """Another process holds the journal. There is one writer."""


class JournalUnreadable(JournalError):
    """There is no journal here, or not one that this build can read."""


class JournalDamaged(JournalError):
    """A record in the middle is not what was written. Never mended silently."""

    def __init__(self, path: str, offset: int, record: int, what: str) -> None:
        """Say which file, at which byte, at which record of the file, and what is wrong."""
        super().__init__(
            f"{path}: damaged at byte {offset} (record {record}): {what};"
            " restore this file from a copy (fairlead journal repair), nothing was changed"
        )
        self.path = path
        self.offset = offset
        self.record = record
        self.what = what


class JournalSealed(JournalError):
    """Payloads are encrypted, and no key was given, or another one. Nothing is wrong with them."""


class PayloadForged(JournalError):
    """A sealed payload does not open where it stands: it was changed or moved without the key."""


class JournalFailed(JournalError):
    """A write or a sync failed. What was not acknowledged may be lost."""


class SnapshotDamaged(JournalError):
    """A snapshot cannot be used. Nothing is lost with it but time."""
