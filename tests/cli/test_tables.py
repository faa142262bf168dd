"""Tables that fit: a column goes whole or stays whole."""

import pytest
from rich.console import Console
from rich.text import Text

from fairlead.cli.tables import Column, fitting_table

COLUMNS = [
    Column("order"),
    Column("strategy", 2),
    Column("note", 3),
    Column("average", 1, number=True),
    Column("status"),
]
ROWS = [
    [Text("1"), Text("mm"), Text("the first"), Text("100.25"), Text("filled")],
    [Text("2"), Text("mm"), Text("another"), Text("9.5"), Text("open")],
]


def drawn(width: int, rows: list[list[Text]] = ROWS) -> list[str]:
    """Return the lines of the table, drawn for a terminal of this width."""
    console = Console(width=width, color_system=None)
    with console.capture() as capture:
        console.print(fitting_table(COLUMNS, rows, width))
    return [line.rstrip() for line in capture.get().splitlines()]


def test_with_room_every_column_is_there() -> None:
    assert drawn(60) == [
        "order  strategy  note       average  status",
        "1      mm        the first   100.25  filled",
        "2      mm        another        9.5  open",
    ]


def test_what_is_the_same_on_all_rows_goes_above_the_table_first() -> None:
    assert drawn(40) == [
        "all: strategy mm",
        "order  note       average  status",
        "1      the first   100.25  filled",
        "2      another        9.5  open",
    ]


def test_then_the_least_important_column_goes_and_is_named() -> None:
    lines = drawn(25)
    assert lines[:4] == [
        "all: strategy mm",
        "order  average  status",
        "1       100.25  filled",
        "2          9.5  open",
    ]
    assert " ".join(lines[4:]) == "no room for note: widen the terminal, or --json"


def test_a_column_of_rank_0_stays_however_narrow_it_is() -> None:
    lines = drawn(16)
    assert "order  status" in lines
    assert "1      filled" in lines


def test_what_is_empty_on_all_rows_is_not_named() -> None:
    rows = [[row[0], Text(""), *row[2:]] for row in ROWS]
    assert drawn(40, rows)[0] == "order  note       average  status"


@pytest.mark.parametrize("width", range(14, 60))
def test_no_line_is_longer_than_the_terminal(width: int) -> None:
    assert max(len(line) for line in drawn(width)) <= width
