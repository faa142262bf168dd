"""`fairlead capacity`: measured in processes of their own, written down, shown."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fairlead.cli.console import FOUND_WRONG
from fairlead.cli.main import app
from fairlead.node.capacity import Line, read
from fairlead.stages.load_run import run_load
from tests.node.capacities import of_capacity

RUNNER = CliRunner()


def test_a_measurement_is_made_written_and_shown(tmp_path: Path) -> None:
    file = tmp_path / "capacity.json"
    options = ["--rate", "5000", "--line", "blocking", "--repetitions", "1", "--seconds", "1"]
    places = ["--file", str(file), "--scratch", str(tmp_path / "scratch")]
    made = RUNNER.invoke(app, ["capacity", "measure", *options, *places, "--json"])
    assert made.exit_code == 0, made.output
    content = json.loads(made.stdout)
    assert content["capacities"].keys() == {"blocking"}
    (curve,) = read(file).curves
    assert [row.tick_to_order.count for row in curve.rows] == [5_000]
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_line_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    result = RUNNER.invoke(
        app, ["capacity", "measure", "--line", "warp", "--scratch", str(tmp_path)]
    )
    assert result.exit_code != 0
    assert "warp: there is blocking, spinning" in result.output


def test_the_capacity_is_shown_with_its_curve(tmp_path: Path) -> None:
    file = of_capacity(tmp_path / "capacity.json", 5_000)
    shown = RUNNER.invoke(app, ["capacity", "show", str(file)])
    assert shown.exit_code == 0
    assert "5,000 orders a second at a p99 of 100 us" in " ".join(shown.stdout.split())
    assert json.loads(RUNNER.invoke(app, ["capacity", "show", str(file), "--json"]).stdout)[
        "capacities"
    ] == {"block, process": 5_000}


@pytest.mark.parametrize("content", [None, "nothing"])
def test_without_a_measurement_the_remedy_is_said(content: str | None, tmp_path: Path) -> None:
    file = tmp_path / "capacity.json"
    if content is not None:
        file.write_text(content)
    shown = RUNNER.invoke(app, ["capacity", "show", str(file)])
    assert shown.exit_code != 0
    assert "`fairlead capacity measure` writes one" in " ".join(shown.output.split())


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the journal of a session that sent 30 orders within a second."""
    place = tmp_path_factory.mktemp("busy")
    run_load(Line("blocking", "block", "process", compiled=False), 2_000, 30, place)
    return place / "journal"


@pytest.mark.parametrize(("capacity", "enough"), [(60, True), (59, False)])
def test_twice_the_busiest_second_has_to_lie_within_the_capacity(
    capacity: int, enough: bool, busy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fairlead.cli.capacity.SIX_MONTHS", 100 * 366 * 86_400 * 10**9)
    file = of_capacity(tmp_path / "capacity.json", capacity)
    arguments = ["capacity", "check", str(busy), "--file", str(file), "--line", "block, process"]
    checked = RUNNER.invoke(app, [*arguments, "--json"])
    content = json.loads(checked.stdout)
    assert (content["messages"]["most"], content["executions"]["most"]) == (30, 30)
    assert (content["capacity"], content["enough"]) == (capacity, enough)
    assert checked.exit_code == (0 if enough else FOUND_WRONG)
    said = " ".join(RUNNER.invoke(app, arguments).stdout.split())
    assert "needed: 60, twice the busiest" in said
    assert ("NOT ENOUGH" in said) is not enough
