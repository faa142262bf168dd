"""How journals are kept, as tables and objects."""

from typing import Any, Final

from rich.console import RenderableType
from rich.text import Text

from fairlead.cli.tables import Column, fitting_table
from fairlead.model.units import Nanos
from fairlead.node.time_text import time_text
from fairlead.operations.archive import Kept
from fairlead.operations.retention import Fate
from fairlead.readers.written import printable

_DATE: Final = 10  # characters of a time that are its day
_SESSIONS: Final = [
    Column("session"),
    Column("segments", 3, number=True),
    Column("compressed", 4, number=True),
    Column("bytes", 2, number=True),
    Column("ended", 3),
    Column("kept until"),
    Column("why", 1),
]
_FATES: Final = [Column("session"), Column("kept until"), Column("now")]


def sessions_table(found: list[tuple[Fate, list[Kept]]], width: int) -> RenderableType:
    """Return what there is, a session on a line."""
    rows = [
        [
            Text(str(fate.directory)),
            Text(f"{len(segments):,}"),
            Text(f"{sum(segment.packed for segment in segments):,}"),
            Text(f"{sum(segment.size for segment in segments):,}"),
            Text(_day(fate.ended)),
            Text(_day(fate.until)),
            Text(printable(fate.kept) or "may go: fairlead journal expire"),
        ]
        for fate, segments in found
    ]
    return fitting_table(_SESSIONS, rows, width)


def fates_table(fates: list[Fate], gone: bool, width: int) -> RenderableType:
    """Return what becomes of each session."""
    leaves = "is gone" if gone else "may go: --yes --reason WHY"
    rows = [
        [
            Text(str(fate.directory)),
            Text(_day(fate.until)),
            Text(f"stays: {printable(fate.kept)}" if fate.kept else leaves),
        ]
        for fate in fates
    ]
    return fitting_table(_FATES, rows, width)


def fate_object(fate: Fate, segments: list[Kept]) -> dict[str, Any]:
    """Return a session as one object."""
    return {
        "session": str(fate.directory),
        "ended": fate.ended,
        "kept_until": fate.until,
        "kept": fate.kept,
        "holds": fate.holds,
        "segments": [{**segment._asdict(), "path": str(segment.path)} for segment in segments],
    }


def _day(time: int) -> str:
    return time_text(Nanos(time))[:_DATE]
