"""Paper trading on live data: real sessions, sockets and SIGKILLs, and a venue that is ours."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fairlead.gateways.recording import read_recording
from fairlead.journal.history import History
from fairlead.model.codec import decode_input, decode_outputs
from fairlead.model.inputs import (
    BookGap,
    FeedSourceChanged,
    Input,
    Quote,
    SnapshotTaken,
    Statement,
    Trade,
    VenueFilled,
    WarningRaised,
)
from fairlead.model.outputs import BookRestored, BookStale, BreakOpened, Output
from fairlead.model.units import NANOS_PER_MILLISECOND, NANOS_PER_SECOND, Nanos
from fairlead.node.breaker_settings import BreakerSettings
from fairlead.node.check_settings import PreTradeSettings, RiskInstrumentSettings
from fairlead.node.configuration import (
    AccountSettings,
    Configuration,
    InstrumentLimitSettings,
    LimitSettings,
    MessageRateSettings,
    SessionSettings,
    StrategySettings,
)
from fairlead.node.errors import ConfigurationError
from fairlead.node.latency_settings import LatencySettings
from fairlead.node.live_settings import LiveVenueSettings, SecondSourceSettings, SilenceSettings
from fairlead.node.loading import load
from fairlead.node.pace import LiveTime, StopRequest
from fairlead.node.reading import Reading
from fairlead.node.recovery import verify
from fairlead.node.risk_settings import RiskSettings
from fairlead.node.venue_settings import ListedInstrumentSettings
from fairlead.stages.live_market import STARTED, LiveMarket
from fairlead.stages.paper import PaperSession
from fairlead.stages.worlds import surroundings
from tests.gateways.loopback_binance import BinanceMarket, loopback_binance
from tests.gateways.loopback_venue import LAST_SECONDS, LoopbackVenue
from tests.stages.sessions import Recorder

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "live.yaml"
SYMBOL = "ETHUSDT.BINANCE"
SECOND = NANOS_PER_SECOND


def configuration(venue: LoopbackVenue, milliseconds: int = 1_500, **more: Any) -> Configuration:
    """Return a session that quotes a market which swings."""
    maker = {
        "instruments": [SYMBOL],
        "quantity": Decimal("0.5"),
        "position_max": Decimal("2.5"),
        "half_spread_bps": Decimal("0.5"),
        "skew_bps": Decimal(1),
    }
    fast = LatencySettings(order=Nanos(SECOND // 200), report=Nanos(SECOND // 500))
    live = LiveVenueSettings(
        kind="live",
        source="binance",
        stream=venue.url,
        rest=venue.origin,
        instruments=(
            ListedInstrumentSettings(
                symbol=SYMBOL,
                price_tick=Decimal("0.01"),
                quantity_lot=Decimal("0.0001"),
                quantity_max=Decimal(9000),
            ),
        ),
        latency=fast,
        **more,
    )
    return Configuration(
        venue=live,
        account=AccountSettings(currency="USDT", cash=Decimal(1_000_000), money_decimals=10),
        strategies=(StrategySettings(name="maker", strategy="market_making", parameters=maker),),
        limits=LimitSettings(
            default=InstrumentLimitSettings(
                order_quantity_max=Decimal(10),
                order_notional_max=Decimal(40_000),
                position_quantity_max=Decimal(50),
                collar_bps=100,
                reference_age_max=Nanos(SECOND),
            ),
            message_rate=MessageRateSettings(count_max=500, cancel_reserve=100),
        ),
        risk=RiskSettings(
            pre_trade_checks=PreTradeSettings(duplicate_window=Nanos(NANOS_PER_MILLISECOND)),
            circuit_breakers=(BreakerSettings(name="reject_rate", condition="reject_rate > 2"),),
            instruments={SYMBOL: RiskInstrumentSettings(average_daily_volume=Decimal(100_000))},
        ),
        session=SessionSettings(duration=Nanos(milliseconds * NANOS_PER_MILLISECOND)),
    )


class Until(Recorder):
    """Follows a session, and stops it as soon as it has seen enough."""

    def __init__(self, stop: StopRequest, enough: "Enough") -> None:
        super().__init__()
        self._stop = stop
        self._enough = enough

    def follow(self, sequence: Any, time: Nanos, input: Input, outputs: list[Any]) -> None:
        super().follow(sequence, time, input, outputs)
        if self._enough(self):
            self._stop.set("the test has seen enough")


Enough = Any  # Callable[[Recorder], bool]


@contextmanager
def session_on(
    settings: Configuration, directory: Path, enough: Enough = lambda seen: False
) -> Iterator[tuple[PaperSession, Recorder]]:
    """Open a session, let it trade until its time is up or it is enough, and close it in order."""
    stop = StopRequest()
    seen = Until(stop, enough)
    session = PaperSession(settings, directory, [seen])
    try:
        session.open()
        outside = session.wired.surroundings.venue
        assert outside is not None
        wired = session.wired.session
        session.run(
            LiveTime(stop, outside.present, session.wired.path.commit, lambda: None, wired.attend)
        )
        session.stop("the test is over")
        yield session, seen
    finally:
        session.close()


def fills(seen: Recorder) -> int:
    return len(seen.said(VenueFilled))


def test_orders_are_filled_in_a_market_that_is_live(tmp_path: Path) -> None:
    record = tmp_path / "frames"
    with loopback_binance(BinanceMarket()) as venue:
        settings = configuration(venue, 20_000, record=record)
        with session_on(settings, tmp_path / "0001", lambda seen: fills(seen) >= 5) as (
            session,
            seen,
        ):
            market = session.wired.surroundings.venue
            assert isinstance(market, LiveMarket)
    assert fills(seen) >= 5
    assert seen.times == sorted(seen.times)
    assert abs(seen.times[-1] - seen.times[0]) < 25 * SECOND  # the time of day
    (content,) = market.content()["lines"]
    assert content["balanced"]
    assert content["connections"] == 1
    assert content["delays"]["measured"] > 10
    assert market.content()["left_out"] == 0
    assert [(one.source, one.reason) for one in seen.said(FeedSourceChanged)] == [
        ("binance", "the session begins")
    ]
    assert verify(tmp_path / "0001").passed
    frames = list(read_recording(sorted(record.iterdir())))
    assert len(frames) >= content["frames"]


def test_no_fill_is_from_the_tick_that_triggered_the_order(tmp_path: Path) -> None:
    with loopback_binance(BinanceMarket()) as venue:
        settings = configuration(venue, 20_000)
        with session_on(settings, tmp_path / "0001", lambda seen: fills(seen) >= 5) as (_, seen):
            latency = settings.venue.latency  # type: ignore[union-attr]
    asked: dict[int, Nanos] = {}
    for time, input in zip(seen.times, seen.inputs, strict=True):
        if hasattr(input, "client_order") or type(input).__name__ == "SubmitRequest":
            asked.setdefault(input.order, time)  # type: ignore[union-attr]
        if isinstance(input, VenueFilled):
            assert input.venue_time - asked[input.order] >= latency.order


def test_a_line_that_breaks_makes_the_book_stale_and_orders_are_refused_until_it_is_back(
    tmp_path: Path,
) -> None:
    def drop(market: BinanceMarket, connection: Any, number: int, step: int) -> None:
        if number == 1 and step == 100:
            market.subscribed = []
            connection.close(1012, "restart")

    def restored(seen: Recorder) -> bool:
        return len(seen.answered(BookRestored)) >= 2

    with loopback_binance(BinanceMarket(fault=drop)) as venue:
        with session_on(configuration(venue, 20_000), tmp_path / "0001", restored) as (_, seen):
            pass
        assert venue.connections == 2
    gaps = [one.reason for one in seen.said(BookGap)]
    assert any("1012" in reason for reason in gaps), gaps
    assert seen.answered(BookStale)
    assert verify(tmp_path / "0001").passed


def test_silence_with_a_living_connection_is_noticed(tmp_path: Path) -> None:
    def go_silent(market: BinanceMarket, connection: Any, number: int, step: int) -> None:
        market.silent = step >= 100

    silence = SilenceSettings(book=Nanos(SECOND // 2))
    with (
        loopback_binance(BinanceMarket(fault=go_silent)) as venue,
        session_on(
            configuration(venue, 20_000, silence=silence),
            tmp_path / "0001",
            lambda seen: bool(seen.said(BookGap)),
        ) as (_, seen),
    ):
        pass
    (gap,) = seen.said(BookGap)
    assert "silent: no book" in gap.reason


def test_when_the_first_source_falls_silent_the_second_takes_over(tmp_path: Path) -> None:
    def go_silent(market: BinanceMarket, connection: Any, number: int, step: int) -> None:
        market.silent = step >= 150

    def enough(seen: Recorder) -> bool:
        switched = [one.source for one in seen.said(FeedSourceChanged)]
        return "binance (backup)" in switched and len(seen.said(Trade)) > 100

    with (
        loopback_binance(BinanceMarket(fault=go_silent)) as first,
        loopback_binance(BinanceMarket()) as second,
    ):
        backup = SecondSourceSettings(
            source="binance",
            stream=second.url,
            rest=second.origin,
            silent=Nanos(SECOND // 2),
            difference_bps=10_000,
        )
        settings = configuration(first, 20_000, backup=backup)
        with session_on(settings, tmp_path / "0001", enough) as (session, seen):
            market = session.wired.surroundings.venue
            assert isinstance(market, LiveMarket)
            (book,) = session.wired.path.machine.books.all()
            assert book.source == "binance (backup)"
            assert not book.stale
    changes = [
        (one.source, one.reason.partition(" for")[0]) for one in seen.said(FeedSourceChanged)
    ]
    assert changes == [
        ("binance", "the session begins"),
        ("binance (backup)", "binance: silent"),
    ]
    ids = [one.trade_id for one in seen.said(Trade)]
    assert len(ids) == len(set(ids))
    assert market.content()["backup"]["balanced"]
    assert verify(tmp_path / "0001").passed


def test_a_killed_session_neither_loses_nor_invents_an_order(tmp_path: Path) -> None:
    """SIGKILL while it trades, twice; then the record is held against the venue's own."""
    market = BinanceMarket()
    reached = _Reached(market)
    with loopback_binance(market) as venue:
        for attempt in range(2):
            with reached.running(venue, tmp_path, resume=attempt > 0):
                reached.wait_for(600)
        outcome = _run(venue, tmp_path, "--resume", "--for", "2s", "--json")
    result = json.loads(outcome)
    assert result["verify"]["passed"]
    assert result["recovered"]["inputs"] > 1_000
    assert result["recovered"]["diverged"] == 0
    assert result["sound"]
    inputs, outputs = _written(tmp_path / "0001")
    assert sum(isinstance(one, Statement) for one in inputs) >= 3  # at each start
    assert not any(isinstance(one, BreakOpened) for one in outputs)
    assert sum(isinstance(one, BookGap) and one.reason == STARTED for one in inputs) == 2


def _written(journal: Path) -> tuple[list[Input], list[Output]]:
    inputs: list[Input] = []
    outputs: list[Output] = []
    for entry in Reading().entries(History(journal).entries()):
        inputs.append(decode_input(entry.input))
        outputs += decode_outputs(entry.outputs) if entry.outputs else []
    return inputs, outputs


def test_a_session_comes_back_from_a_snapshot_and_its_venue_with_it(tmp_path: Path) -> None:
    with loopback_binance(BinanceMarket()) as venue:
        settings = configuration(venue, 20_000)
        often = settings.journal.model_copy(update={"snapshot_inputs": 100})
        settings = settings.model_copy(update={"journal": often})

        def kept(seen: Recorder) -> bool:
            return bool(seen.said(SnapshotTaken)) and fills(seen) >= 2

        with session_on(settings, tmp_path / "0001", kept):
            pass
        again = PaperSession(settings, tmp_path / "0001")
        try:
            recovered = again.open()
        finally:
            again.close()
    assert recovered.snapshot >= 100
    # The session may end while the next one is written: its file is there, and nobody vouched.
    assert all("the journal does not vouch" in one for one in recovered.passed_over)
    assert recovered.diverged == 0


class _Reached:
    """Runs the command and kills it when the market has moved on by so many frames."""

    def __init__(self, market: BinanceMarket) -> None:
        self._market = market
        self._moved = threading.Condition()
        market.fault = self._look

    def _look(self, market: BinanceMarket, connection: Any, number: int, step: int) -> None:
        with self._moved:
            self._moved.notify_all()

    def wait_for(self, frames: int) -> None:
        target = self._market.sent + frames
        with self._moved:
            assert self._moved.wait_for(lambda: self._market.sent >= target, LAST_SECONDS * 2)

    @contextmanager
    def running(self, venue: LoopbackVenue, place: Path, resume: bool) -> Iterator[None]:
        options = ["--resume"] if resume else []
        process = subprocess.Popen(
            _command(place, "--for", "60s", *options),
            env=os.environ | _environment(venue),
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        try:
            yield
        finally:
            process.kill()
            _, told = process.communicate()
        assert process.returncode == -9, told


def _environment(venue: LoopbackVenue) -> dict[str, str]:
    return {"FAIRLEAD_STREAM": venue.url, "FAIRLEAD_REST": venue.origin}


def _command(place: Path, *options: str) -> list[str]:
    run = [sys.executable, "-m", "fairlead", "run", "--config", str(EXAMPLE)]
    return [*run, "--journal", str(place), *options]


def _run(venue: LoopbackVenue, place: Path, *options: str) -> str:
    found = subprocess.run(
        _command(place, *options),
        env=os.environ | _environment(venue),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr + found.stdout
    return found.stdout


def test_what_cannot_be_recorded_any_more_is_in_the_journal(tmp_path: Path) -> None:
    taken = tmp_path / "frames"
    taken.write_text("a file where a directory is wanted")
    with (
        loopback_binance(BinanceMarket()) as venue,
        session_on(
            configuration(venue, 20_000, record=taken),
            tmp_path / "0001",
            lambda seen: bool(seen.said(WarningRaised)) and len(seen.said(Quote)) > 50,
        ) as (_, seen),
    ):
        pass
    (warning,) = seen.said(WarningRaised)
    assert "not recorded any more" in warning.text


@pytest.mark.parametrize(("source", "key"), [("mtgox", "source"), ("binance-coinm", "symbol")])
def test_a_source_that_cannot_be_traded_is_refused_at_its_place(
    tmp_path: Path, source: str, key: str
) -> None:
    text = EXAMPLE.read_text("utf-8").replace("source: binance #", f"source: {source} #")
    file = tmp_path / "live.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(ConfigurationError, match=rf"live.yaml:\d+:\d+: .*{key}"):
        surroundings(load(file, {}))


def test_quantities_are_as_fine_as_money_allows() -> None:
    (instrument,) = surroundings(load(EXAMPLE, {})).instruments
    assert (instrument.price_decimals, instrument.quantity_decimals) == (2, 8)
    assert instrument.quantity_lot == 10_000
    assert instrument.venue == "BINANCE"


def test_nothing_is_heard_before_recovery_is_over(tmp_path: Path) -> None:
    with loopback_binance(BinanceMarket()) as venue:
        session = PaperSession(configuration(venue), tmp_path / "0001")
        session.close()
        assert venue.connections == 0
