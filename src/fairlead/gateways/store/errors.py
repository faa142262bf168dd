"""What can be wrong with a tick store.

StoreError (a RecordingError)
├── StoreUnreadable    no store, of another version, or a part is missing
├── StoreDamaged       a part or the catalogue is not what it was when it was written
├── StoreBusy          another import writes to it
└── ImportedBefore     the very same files are in it already
"""

from fairlead.gateways.errors import RecordingError


class StoreError(RecordingError):
    """Anything that is wrong with a tick store."""


class StoreUnreadable(StoreError):
    """There is no store, it is of another version, or a part of it is missing."""


class StoreDamaged(StoreError):
    """A part or the catalogue is not what it was when it was written."""


class StoreBusy(StoreError):
    """Another import writes to the store."""


class ImportedBefore(StoreError):
    """The very same files are in the store already: their days would be there twice."""
