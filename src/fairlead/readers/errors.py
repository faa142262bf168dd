"""What can go wrong in a reader.

ReaderError
└── ReportError
    ├── ReportsNotInstalled   the packages that draw the report are missing
    └── ReportNotWritten      the file cannot be written where it was asked for
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
