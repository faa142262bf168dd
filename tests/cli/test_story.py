"""`fairlead story`: the commands that tell what happened."""

from pathlib import Path

from typer.testing import CliRunner

from fairlead.cli.main import app
from tests.cli.journals import EXAMPLE, journal, shown


def test_the_story_of_an_order_is_told_by_either_command(tmp_path: Path) -> None:
    journal(tmp_path / "0001", EXAMPLE)
    for options in ((), ("--json",)):
        short = CliRunner().invoke(app, ["order", "1", str(tmp_path), *options])
        long = CliRunner().invoke(app, ["story", "order", "1", str(tmp_path), *options])
        assert short.exit_code == long.exit_code == 0
        assert short.stdout == long.stdout


def test_without_a_subject_it_says_what_there_is() -> None:
    told = CliRunner().invoke(app, ["story"]).output
    assert "order" in told
    assert "position" in told
    assert "day" in told


def test_the_guide_shows_what_is_printed(tmp_path: Path) -> None:
    page = Path(__file__).parents[2] / "docs" / "guides" / "time-travel.md"
    journal(tmp_path / "var" / "journal" / "0001", EXAMPLE)
    examples = shown(page.read_text(), tmp_path)
    assert len(examples) == 3
    for command, said, printed in examples:
        assert printed == said, command
