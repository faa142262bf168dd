"""`fairlead backtest --save` and `--reproduce`: the same again, or what is not the same."""

import gzip
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fairlead.cli.main import app

RUNNER = CliRunner()
USDM = "binance_l2_raw/usdm/ethusdt_20240808.gz"
WIDE = {"COLUMNS": "200"}


@pytest.fixture
def result(tmp_path: Path) -> Path:
    """Return a stored result of the demonstration market."""
    path = tmp_path / "kept" / "result.json"
    done = RUNNER.invoke(app, ["backtest", "--for", "10s", "--save", str(path)], env=WIDE)
    assert done.exit_code == 0, done.output
    assert f"result: {path}" in done.output
    return path


def test_a_result_is_made_again(result: Path) -> None:
    done = RUNNER.invoke(app, ["backtest", "--reproduce", str(result)], env=WIDE)
    assert done.exit_code == 0, done.output
    assert "reproduced: every output, the summary and all statistics" in done.output
    assert "changed" not in done.output


def test_what_is_printed_as_json_is_a_result_too(tmp_path: Path) -> None:
    path = tmp_path / "printed.json"
    path.write_text(RUNNER.invoke(app, ["backtest", "--for", "5s", "--json"]).output)
    done = RUNNER.invoke(app, ["backtest", "--reproduce", str(path), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["reproduced"]


def test_a_result_that_was_changed_is_not_reproduced(result: Path) -> None:
    told = json.loads(result.read_text())
    told["summary"]["orders"]["sent"] += 1
    told["provenance"]["python"] = "2.7"
    result.write_text(json.dumps(told))
    done = RUNNER.invoke(app, ["backtest", "--reproduce", str(result)], env=WIDE)
    assert done.exit_code == 1
    assert "not reproduced: summary differ" in done.output
    assert "changed: Python: 2.7 then" in done.output


def test_data_is_found_again_by_its_content_and_other_data_is_refused(
    market_data: Path, tmp_path: Path
) -> None:
    data, elsewhere, other = (tmp_path / name for name in ("data", "elsewhere", "other"))
    with gzip.open(market_data / USDM) as whole:
        lines = [next(whole) for _ in range(1_500)]
    data.write_bytes(b"".join(lines))
    path = tmp_path / "result.json"
    save = ["backtest", "market_making", "--data", str(data), "--save", str(path)]
    assert RUNNER.invoke(app, save).exit_code == 0
    data.rename(elsewhere)
    gone = RUNNER.invoke(app, ["backtest", "--reproduce", str(path)])
    assert gone.exit_code == 2
    found = RUNNER.invoke(app, ["backtest", "--reproduce", str(path), "--data", str(elsewhere)])
    assert found.exit_code == 0, found.output
    other.write_bytes(b"".join(lines[:-1]))
    wrong = RUNNER.invoke(app, ["backtest", "--reproduce", str(path), "--data", str(other)])
    assert wrong.exit_code == 2


def test_reproducing_takes_nothing_else(result: Path) -> None:
    done = RUNNER.invoke(app, ["backtest", "--reproduce", str(result), "--for", "5s"])
    assert done.exit_code == 2
