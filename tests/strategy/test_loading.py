"""Loading: a file or a name becomes a class, or an error of one line that says what to do."""

from pathlib import Path

import pytest

from fairlead.strategy import Strategy
from fairlead.strategy.errors import (
    ForbiddenImport,
    InvalidStrategy,
    StrategyAmbiguous,
    StrategyBroken,
    StrategyError,
    StrategyNotFound,
)
from fairlead.strategy.loading import load, shipped

ONE = """
from __future__ import annotations
from fairlead.strategy import Context, Quote, Strategy

class One(Strategy):
    class Parameters(Strategy.Parameters, frozen=True):
        size: int = 1

    def on_quote(self, context: Context, quote: Quote) -> None:
        pass
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return the path of a strategy file that is not there yet."""
    return tmp_path / "mine.py"


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the repository's strategies what an installed Fairlead ships."""
    (tmp_path / "fairlead_strategies").symlink_to(Path(__file__).parents[2] / "strategies")
    monkeypatch.syspath_prepend(tmp_path)


def test_a_strategy_is_loaded_from_a_file_and_takes_its_parameters(file: Path) -> None:
    file.write_text(ONE)
    kind = load(file)
    assert kind.__name__ == "One"
    assert kind.with_parameters({"size": "5"}).parameters == kind.Parameters(size=5)


def test_a_file_that_changed_is_loaded_anew(file: Path) -> None:
    file.write_text(ONE)
    load(file)
    file.write_text(ONE.replace("One", "Another"))
    assert load(file).__name__ == "Another"


@pytest.mark.usefixtures("installed")
def test_a_shipped_strategy_is_loaded_by_its_name() -> None:
    assert shipped() == ["market_making", "trend_following"]
    assert load("market_making").__name__ == "MarketMaking"
    assert load("trend_following:TrendFollowing").__name__ == "TrendFollowing"


@pytest.mark.usefixtures("installed")
def test_an_unknown_name_is_told_with_the_shipped_ones() -> None:
    with pytest.raises(
        StrategyNotFound, match=r"market: .*there are market_making, trend_following"
    ):
        load("market")


def test_of_several_strategies_one_has_to_be_named(file: Path) -> None:
    file.write_text(ONE + "class Two(One): pass\n")
    with pytest.raises(StrategyAmbiguous, match=r"say mine\.py:One or mine\.py:Two"):
        load(file)
    assert load(f"{file}:Two").__name__ == "Two"
    assert load(file, "One").__name__ == "One"


def test_a_class_that_is_only_imported_is_not_taken_for_the_files_own(file: Path) -> None:
    file.write_text("from fairlead.strategy import Strategy\n")
    with pytest.raises(StrategyNotFound, match=r"mine\.py: no class in it is a Strategy"):
        load(file)


def test_a_class_that_does_not_exist_is_told_with_those_that_do(file: Path) -> None:
    file.write_text(ONE)
    with pytest.raises(StrategyNotFound, match="no strategy class 'Three'; it has One"):
        load(f"{file}:Three")


@pytest.mark.parametrize(
    "text",
    [
        "import fairlead.machine.machine",
        "import fairlead",
        "from fairlead import node",
        "from fairlead.gateways import binance",
        "def later():\n    import fairlead.journal",
        "from fairlead.strategybackdoor import x",
    ],
)
def test_a_file_that_reaches_into_another_room_is_refused_before_it_runs(
    file: Path, text: str
) -> None:
    file.write_text(f"raise RuntimeError('it ran')\n{text}\n")
    line = 2 + text.count("\n")
    with pytest.raises(ForbiddenImport, match=rf"mine\.py:{line}: imports fairlead") as caught:
        load(file)
    assert "only fairlead.strategy and fairlead.model" in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "import fairlead.strategy",
        "from fairlead import model, strategy",
        "from fairlead.model.units import Price",
        "import math",
    ],
)
def test_the_port_the_words_and_everything_else_may_be_imported(file: Path, text: str) -> None:
    file.write_text(f"{text}\n{ONE.replace('from __future__ import annotations', '')}")
    assert issubclass(load(file), Strategy)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\ndef f(:\n", r"mine\.py:2: invalid syntax"),
        ("x = 1\n\ny = 1 / 0\n", r"mine\.py:3: ZeroDivisionError: division by zero"),
        ("import sys\nsys.exit(3)\n", r"mine\.py:2: SystemExit: 3"),
        ("import no_such_module\n", r"mine\.py:1: ModuleNotFoundError"),
        ("x = '\0'\n", r"mine\.py"),
    ],
)
def test_a_file_that_does_not_run_is_told_with_its_line(
    file: Path, text: str, message: str
) -> None:
    file.write_text(text)
    with pytest.raises(StrategyBroken, match=message) as caught:
        load(file)
    assert "\n" not in str(caught.value)


def test_a_class_that_breaks_a_rule_of_the_port_is_told_with_its_file(file: Path) -> None:
    file.write_text(ONE.replace("on_quote", "on_quotes"))
    with pytest.raises(InvalidStrategy, match=r"mine\.py: One\.on_quotes: there is no such event"):
        load(file)


def test_a_file_that_is_not_there_is_told(file: Path, tmp_path: Path) -> None:
    with pytest.raises(StrategyNotFound, match=r"mine\.py: there is no such file"):
        load(file)
    with pytest.raises(StrategyNotFound, match="this is a folder"):
        load(tmp_path)
    file.with_suffix(".txt").write_text(ONE)
    with pytest.raises(StrategyError, match=r"with the ending \.py"):
        load(file.with_suffix(".txt"))
