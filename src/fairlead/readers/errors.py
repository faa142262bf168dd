"""What can go wrong in a reader.

ReaderError
├── ReportError
│   ├── ReportsNotInstalled   the packages that draw the report are missing
│   └── ReportNotWritten      the file cannot be written where it was asked for
└── ReadModelError
    ├── ReadModelNotInstalled    the packages that a database or a file format needs are missing
    ├── ReadModelUnfit           it was projected from something else than this journal
    ├── ReadModelUnusable        there is none, or of another version, or the question is wrong
    └── ReadModelUnreachable     the database is busy, lost or refuses: it may go on later
"""

from pathlib import Path


class ReaderError(Exception):
    """A reader cannot tell what it saw. Trading is not touched by it."""


class ReportError(ReaderError):
    """A report cannot be made."""


class ReportsNotInstalled(ReportError):
    """The packages that draw the report are missing."""

    def __init__(self, package: str) -> None:
        """Name the package, and what to do."""
        super().__init__(
            f"the HTML report needs {package}, which is not installed:"
            ' pip install "fairlead[reports]"'
        )


class ReportNotWritten(ReportError):
    """The file cannot be written where it was asked for."""

    def __init__(self, path: Path, reason: str) -> None:
        """Name the file and what the system said."""
        super().__init__(f"cannot write the report {path}: {reason}; choose another file")
        self.path = path


class ReadModelError(ReaderError):
    """The SQL read model cannot be written or read."""


class ReadModelNotInstalled(ReadModelError):
    """The packages that a database or a file format needs are missing."""

    def __init__(self, package: str, extra: str) -> None:
        """Name the package, and the extra that brings it."""
        super().__init__(
            f"the SQL read model needs {package}, which is not installed:"
            f' pip install "fairlead[{extra}]"'
        )


class ReadModelUnfit(ReadModelError):
    """It was projected from something else than this journal; the message names the remedy."""


class ReadModelUnusable(ReadModelError):
    """There is none, it is of another version, or it cannot answer the question."""


class ReadModelUnreachable(ReadModelError):
    """The database is busy, lost or refuses. What was not committed is projected again."""
