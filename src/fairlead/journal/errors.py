"""What can go wrong with a journal.

JournalError
├── JournalLocked       another node writes this journal
├── JournalUnreadable   missing, not a journal, or of a newer format
├── JournalDamaged      bytes that were written are not there any more; says where
└── JournalFailed       the disk did not take a write: the node stops, nothing is retried
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
            " restore this file from a copy, nothing was changed"
        )
        self.path = path
        self.offset = offset
        self.record = record


class JournalFailed(JournalError):
    """A write or a sync failed. What was not acknowledged may be lost."""
