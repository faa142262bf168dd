"""Tables that fit the terminal: a column that has no room is left out whole, and named below.

A cut or folded number is worse than one that is not there. A column with one value on all rows goes
into a line above the table first; then the least important columns go, one by one.
"""

from typing import Final, NamedTuple

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

_GAP: Final = 2  # columns between two columns
_QUIET: Final = "dim"


class Column(NamedTuple):
    """A column: `rank` 0 always stays, the highest goes first; `number` is set to the right."""

    name: str
    rank: int = 0
    number: bool = False


Row = list[Text]


def fitting_table(columns: list[Column], rows: list[Row], width: int) -> RenderableType:
    """Return a table no wider than `width`, a line before for what is the same on all rows, and a
    line after for what had no room.
    """
    left, same, dropped = _fitting(columns, rows, width)
    table = Table(box=None, header_style=_QUIET, padding=(0, _GAP, 0, 0), pad_edge=False)
    for place in left:
        column = columns[place]
        table.add_column(column.name, justify="right" if column.number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(row[place] for place in left))
    parts: list[RenderableType] = [table]
    told = ", ".join(
        f"{columns[place].name} {rows[0][place].plain}" for place in same if rows[0][place].plain
    )
    if told:
        parts.insert(0, Text(f"all: {told}", style=_QUIET))
    if dropped:
        names = ", ".join(columns[place].name for place in dropped)
        parts.append(Text(f"no room for {names}: widen the terminal, or --json", style=_QUIET))
    return Group(*parts)


def _fitting(
    columns: list[Column], rows: list[Row], width: int
) -> tuple[list[int], list[int], list[int]]:
    """Return the columns that stay, those that are the same on all rows, and those left out."""
    widths = [
        max([cell_len(column.name), *(row[place].cell_len for row in rows)])
        for place, column in enumerate(columns)
    ]
    left = list(range(len(columns)))
    same: list[int] = []
    dropped: list[int] = []
    while sum(widths[place] + _GAP for place in left) - _GAP > width:
        spare = [place for place in left if columns[place].rank]
        if not spare:
            break
        constant = [place for place in spare if _is_constant(columns[place], rows, place)]
        goes = max(constant or spare, key=lambda place: columns[place].rank)
        left.remove(goes)
        (same if constant else dropped).append(goes)
    return left, sorted(same), sorted(dropped)


def _is_constant(column: Column, rows: list[Row], place: int) -> bool:
    """Whether a column of words says the same on every row."""
    return not column.number and len({row[place].plain for row in rows}) == 1
