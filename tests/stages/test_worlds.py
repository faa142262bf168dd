"""Backtests on research files: over a split and a dividend, and by the sessions of an exchange."""

import shutil
import zipfile
from pathlib import Path

import pytest

from fairlead.gateways.calendars import start_of
from fairlead.gateways.errors import CalendarUnknown
from fairlead.machine.valuation import equity_fine
from fairlead.model.inputs import (
    Input,
    InstrumentSplit,
    SessionPhase,
    Trade,
    TradingDayBegan,
)
from fairlead.model.outputs import InputRefused, OrderRefused, Output
from fairlead.model.risk_terms import Phase
from fairlead.model.units import InstrumentId, Nanos, Sequence
from fairlead.node.configuration import Configuration, StrategySettings
from fairlead.node.venue_settings import RecordedVenueSettings
from fairlead.stages.backtest import STAGE, backtest, lived_through
from fairlead.stages.opening import opening
from fairlead.stages.recording_defaults import configuration_for
from fairlead.stages.venue_models import ACCOUNT
from fairlead.stages.wiring import Wired, wire
from tests.stages.sessions import Recorder, full_speed

HOLDING = '''"""Buys once, and holds."""

from fairlead.strategy import Context, OrderFilled, Quantity, Quote, Strategy


class Holding(Strategy):
    """Buys ten of what it sees first."""

    bought = False

    def on_quote(self, context: Context, quote: Quote) -> None:
        """Buy at the market, once."""
        if not self.bought:
            self.bought = True
            context.buy(quote.instrument, Quantity(10))
'''


class Worth:
    """A reader that writes down what the account is worth after each input."""

    def __init__(self) -> None:
        self.wired: Wired | None = None
        self.seen: list[tuple[Input, int | None, int]] = []  # input, equity, position after it
        self.refused: list[Output] = []

    def follow(self, sequence: Sequence, time: Nanos, input: Input, outputs: list[Output]) -> None:
        """Keep an input with what was worth what then."""
        del sequence, time
        assert self.wired is not None
        self.refused += [out for out in outputs if isinstance(out, InputRefused | OrderRefused)]
        state = self.wired.parts.machine.state
        account = state.positions.account(ACCOUNT)
        if account is not None:
            held = sum(one.quantity for one in state.positions.open_in(InstrumentId(1)))
            self.seen.append((input, equity_fine(state, account), held))


def apple(market_data: Path, place: Path, first: str, last: str) -> Path:
    """Write Lean's folder with the days of Apple from `first` to `last` alone."""
    source = market_data / "lean" / "Data" / "equity" / "usa"
    usa = place / "equity" / "usa"
    for folder in ("factor_files", "map_files"):
        (usa / folder).mkdir(parents=True)
        shutil.copy(source / folder / "aapl.csv", usa / folder)
    (usa / "daily").mkdir()
    with zipfile.ZipFile(source / "daily" / "aapl.zip") as archive:
        days = archive.read("aapl.csv").decode().splitlines()
    with zipfile.ZipFile(usa / "daily" / "aapl.zip", "w") as archive:
        archive.writestr("aapl.csv", "\n".join(day for day in days if first <= day[:8] <= last))
    return usa / "daily" / "aapl.zip"


def configured(file: Path, **venue: object) -> Configuration:
    """Return the configuration that a recording gets which comes without one; no strategy."""
    made = configuration_for((file,), format="lean")
    settings = RecordedVenueSettings(kind="recorded", format="lean", files=(file,), **venue)  # type: ignore[arg-type]
    return made.model_copy(update={"venue": settings, "strategies": ()})


def test_a_holder_is_worth_the_same_before_and_after_apple_split_four_for_one(
    market_data: Path, tmp_path: Path
) -> None:
    file = apple(market_data, tmp_path, "20200825", "20200901")
    strategy = tmp_path / "holding.py"
    strategy.write_text(HOLDING)
    holding = StrategySettings(name="holding", strategy=str(strategy))
    worth = Worth()
    configuration = configured(file).model_copy(update={"strategies": (holding,)})
    worth.wired = wire(configuration, [worth])
    lived_through(worth.wired, opening(worth.wired, 1, STAGE), full_speed())
    assert not worth.refused
    place = next(
        place
        for place, (input, _, _) in enumerate(worth.seen)
        if isinstance(input, InstrumentSplit)
    )
    split, equity, held = worth.seen[place]
    _, equity_before, held_before = worth.seen[place - 1]
    assert isinstance(split, InstrumentSplit)
    assert (split.new, split.old) == (4, 1)
    assert (held_before, held) == (10, 40)
    assert equity is not None
    assert equity == equity_before, "to the last part of the smallest unit of money"
    later = [one for input, one, _ in worth.seen[place:] if isinstance(input, Trade)]
    # 40 units moved from a quarter of 499.23 to 129.04 on the day: the day's gain, and no split's.
    assert later[-1] is not None
    assert 0.9 < later[-1] / equity < 1.1


def sessions(market_data: Path, tmp_path: Path, calendar: str) -> list[tuple[Nanos, Input]]:
    """Return what a backtest over a Thanksgiving was told of days and phases."""
    file = apple(market_data, tmp_path, "20191126", "20191202")
    recorder = Recorder()
    backtest(configured(file, calendar=calendar), full_speed(), readers=[recorder])
    assert not recorder.answered(InputRefused)
    return [
        (time, input)
        for time, input in zip(recorder.times, recorder.inputs, strict=True)
        if isinstance(input, SessionPhase)
        or (isinstance(input, TradingDayBegan) and input.venue == "USA")
    ]


def test_a_backtest_is_told_the_sessions_of_its_calendar(market_data: Path, tmp_path: Path) -> None:
    pytest.importorskip("exchange_calendars", reason="the extra calendars is not installed")
    told = sessions(market_data, tmp_path, "XNYS")
    days = [input.session_date for _, input in told if isinstance(input, TradingDayBegan)]
    assert days == [20191126, 20191127, 20191129, 20191202]
    closes = [
        time
        for time, input in told
        if isinstance(input, SessionPhase) and input.phase is Phase.CLOSED
    ]
    hours = [
        (time - start_of(day)) // 3_600_000_000_000 for time, day in zip(closes, days, strict=False)
    ]
    assert hours[-2:] == [18, 21], "the day after Thanksgiving is half a day"


def test_around_the_clock_every_day_begins(market_data: Path, tmp_path: Path) -> None:
    told = sessions(market_data, tmp_path, "24/7")
    days = [input.session_date for _, input in told if isinstance(input, TradingDayBegan)]
    assert days == [*range(20191127, 20191131), *range(20191201, 20191204)]


def test_a_calendar_that_there_is_not_is_refused(market_data: Path, tmp_path: Path) -> None:
    file = apple(market_data, tmp_path, "20191125", "20191203")
    with pytest.raises(CalendarUnknown, match="no calendar 'MOON'"):
        backtest(configured(file, calendar="MOON"), full_speed())
