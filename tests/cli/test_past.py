"""What the commands look at: the newest journal at a place, applied again to its end."""

from pathlib import Path

import pytest
import typer

from fairlead.cli.past import past
from fairlead.model.inputs import Input
from fairlead.model.outputs import Output
from fairlead.model.units import Nanos, Sequence
from tests.cli.journals import SETUP, START, journal, request


class Contradiction:
    """A reader that finds on the way what must not be."""

    def follow(self, sequence: Sequence, time: Nanos, input: Input, outputs: list[Output]) -> None:
        """Stop at the third input."""
        if sequence == 3:
            raise AssertionError("three is too many")


def test_the_machine_stands_where_the_journal_ends(tmp_path: Path) -> None:
    journal(tmp_path / "0001", SETUP)
    journal(tmp_path / "0002", [*SETUP, request(1)])
    known = past(tmp_path)
    assert known.directory == tmp_path / "0002"
    assert known.replayed.last == len(SETUP) + 1
    assert len(known.machine.orders.all()) == 1
    assert known.names.instruments.all() == ["ABC"]


def test_the_past_ends_where_it_is_asked_to(tmp_path: Path) -> None:
    journal(tmp_path / "0001", SETUP)
    assert past(tmp_path, to=Sequence(3)).machine.state.sequence == 3
    assert past(tmp_path, at=Nanos(START + 4_000_000)).machine.state.sequence == 4


def test_a_contradiction_on_the_way_is_one_line_and_exit_code_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal(tmp_path / "0001", SETUP)
    with pytest.raises(typer.Exit) as stopped:
        past(tmp_path, readers=[Contradiction()])
    assert stopped.value.exit_code == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("0001: the machine contradicts itself and stops: three is too many")
