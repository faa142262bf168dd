"""`fairlead data`: what a person and a program see of a store, from import to export."""

import json
from pathlib import Path

import pytest

from tests.cli.sessions import fairlead

pytest.importorskip("pyarrow", reason="the extra research is not installed")

NAME = "AAPL_2012-06-21_34200000_57600000_message_10.csv"


def test_from_files_to_a_store_and_back(market_data: Path, tmp_path: Path) -> None:
    source = str(market_data / "lobster" / "data" / NAME)
    run = ("data", "import", source, "--format", "lobster", "--to", "ticks")
    done = fairlead(*run, "--json", directory=tmp_path)
    told = json.loads(done.stdout)
    assert (told["import"]["frames"], told["import"]["rows"]) == (999, 1664)
    assert [part["symbol"] for part in told["parts"]] == ["AAPL.NASDAQ"]
    again = fairlead(*run, directory=tmp_path)
    assert (again.returncode, "imported before, by import 1" in again.stderr) == (2, True)

    listed = fairlead("data", "list", "ticks", directory=tmp_path)
    assert "AAPL.NASDAQ" in listed.stdout
    assert "1,664" in listed.stdout
    shown = fairlead("data", "inspect", "ticks", "AAPL.NASDAQ", directory=tmp_path)
    assert "999 frames = inputs 999 + dropped 0 + waiting 0" in shown.stdout
    unknown = fairlead("data", "inspect", "ticks", "MSFT", directory=tmp_path)
    assert "there are: AAPL.NASDAQ" in unknown.stderr

    whole = fairlead("data", "check", "ticks", "--json", directory=tmp_path)
    assert whole.returncode == 0
    assert json.loads(whole.stdout)["rows"] == 1664

    for name in ("out.csv", "out.jsonl"):
        assert fairlead("data", "export", "ticks", "--to", name, directory=tmp_path).returncode == 0
        back = f"back-{name}"
        brought = ("data", "import", name, "--format", "exported", "--to", back, "--json")
        assert json.loads(fairlead(*brought, directory=tmp_path).stdout)["import"]["rows"] == 1664
        text = fairlead("data", "export", back, directory=tmp_path).stdout
        assert text == fairlead("data", "export", "ticks", directory=tmp_path).stdout


def test_a_damaged_store_ends_with_1(market_data: Path, tmp_path: Path) -> None:
    source = str(market_data / "lobster" / "data" / NAME)
    run = ("data", "import", source, "--format", "lobster", "--to", "ticks")
    assert fairlead(*run, directory=tmp_path).returncode == 0
    (part,) = tmp_path.glob("ticks/*/*.parquet")
    part.write_bytes(part.read_bytes()[:-10])
    checked = fairlead("data", "check", "ticks", directory=tmp_path)
    assert checked.returncode == 1
    assert "DAMAGED" in checked.stdout
    assert "hash: 1" in checked.stdout
