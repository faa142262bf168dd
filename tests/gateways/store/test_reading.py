"""What was imported comes back: the same inputs, the same times, the same order."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairlead.gateways.errors import InstrumentNotInferred
from fairlead.gateways.formats import FORMATS, FormatOptions
from fairlead.gateways.store.catalogue import load
from fairlead.gateways.store.errors import StoreDamaged, StoreUnreadable
from fairlead.gateways.store.reading import open_store
from fairlead.gateways.store.writing import import_recording
from fairlead.model.inputs import (
    BookChange,
    BookGap,
    BookOrderAdded,
    BookOrderExecuted,
    BookOrderReduced,
    BookOrderRemoved,
    BookSnapshot,
    Quote,
    SessionPhase,
    Trade,
    TradingStatus,
)
from fairlead.model.risk_terms import Phase
from fairlead.model.terms import Side
from fairlead.model.units import InstrumentId, Nanos, Price, Quantity, UpdateId
from tests.gateways.store.stores import DAY, MONDAY, Event, Made, imported, instrument, read

pytest.importorskip("pyarrow", reason="the extra research is not installed")

ONE, TWO = instrument(1, "ONE.X"), instrument(2, "TWO.X")
NUMBERS = st.integers(0, 10**15)
IDS = st.sampled_from((InstrumentId(1), InstrumentId(2)))
TIMES = st.integers(0, 2**62).map(Nanos)
LEVELS = st.lists(st.tuples(NUMBERS, NUMBERS), max_size=3).map(tuple)
ORDERS = st.integers(0, 2**64 - 1)  # of 64 bits without a sign: more than a column holds
SIDES = st.sampled_from(Side)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
INPUTS = st.one_of(
    st.builds(Quote, IDS, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS, TIMES),
    st.builds(Trade, IDS, NUMBERS, NUMBERS, SIDES | st.none(), TEXTS, TIMES, TEXTS),
    st.builds(BookOrderAdded, IDS, ORDERS, SIDES, NUMBERS, NUMBERS, TIMES),
    st.builds(BookOrderExecuted, IDS, ORDERS, NUMBERS, NUMBERS, TEXTS, TIMES),
    st.builds(BookOrderReduced, IDS, ORDERS, NUMBERS, TIMES),
    st.builds(BookOrderRemoved, IDS, ORDERS, TIMES),
    st.builds(BookSnapshot, IDS, LEVELS, LEVELS, NUMBERS, TIMES),
    st.builds(BookChange, IDS, LEVELS, LEVELS, NUMBERS, TIMES),
    st.builds(BookGap, IDS, TEXTS),
    st.builds(TradingStatus, IDS, st.booleans(), TEXTS),
    st.builds(SessionPhase, st.just("X"), st.sampled_from(Phase), TIMES),
)
# Times that go back, and days that come and go.
WHEN = st.integers(MONDAY, MONDAY + 3 * DAY).map(Nanos)
EVENTS = st.lists(
    st.tuples(WHEN, st.lists(INPUTS, min_size=1, max_size=3)), min_size=1, max_size=30
)


@given(EVENTS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
def test_any_inputs_come_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, events: list[Event]
) -> None:
    store = tmp_path_factory.mktemp("store") / "ticks"
    imported(store, Made((ONE, TWO), events))
    assert read(store) == events


SAMPLES = (
    ("binance-raw", "binance_l2_raw/spot/ethusdt_20240808.gz"),
    ("lobster", "lobster/data/AAPL_2012-06-21_34200000_57600000_message_10.csv"),
    ("lean", "lean/Data/equity/usa/second/ibm/20131007_trade.zip"),
    ("lean", "lean/Data/crypto/coinbase/minute/btcusd/20180404_quote.zip"),
    ("lean", "lean/Data/equity/usa/daily/aapl.zip"),
    ("databento", "databento_samples/tests/data/GLBX.MDP3/test_data.mbo.dbn.zst"),
    ("databento", "databento_samples/tests/data/LIVE/test_data.live.dbn.zst"),
)


@pytest.mark.parametrize(("format", "name"), SAMPLES)
def test_samples_come_back_as_they_were(
    format: str, name: str, market_data: Path, tmp_path: Path
) -> None:
    files, options = [market_data / name], FormatOptions()
    recording = FORMATS[format].open(files, options)
    done = import_recording(recording, files, format, tmp_path / "ticks")
    assert done.rows
    again = FORMATS[format].open(files, options)
    came = [(time, inputs) for time, inputs in again.events() if inputs]
    stored = open_store([tmp_path / "ticks"], FormatOptions())
    assert list(stored.events()) == came
    assert stored.instruments == again.instruments
    assert stored.counts.balanced
    assert done.frames == again.counts.frames


def quote(number: int, time: int, bid: int = 10) -> Event:
    """Return an event with a quote."""
    size = Quantity(1)
    said = Quote(
        InstrumentId(number), Price(bid), size, Price(bid + 1), size, UpdateId(0), Nanos(time)
    )
    return Nanos(time), [said]


def test_imports_are_merged_by_time_and_one_keeps_its_order(tmp_path: Path) -> None:
    backwards = [quote(1, MONDAY + 30), quote(1, MONDAY + 10), quote(1, MONDAY + 40)]
    imported(tmp_path / "s", Made([ONE], backwards), "first")
    imported(tmp_path / "s", Made([TWO], [quote(2, MONDAY + 35)]), "second")
    times = [time - MONDAY for time, _ in read(tmp_path / "s")]
    assert times == [30, 10, 35, 40]


def test_symbols_with_one_number_get_numbers_of_their_own(tmp_path: Path) -> None:
    imported(tmp_path / "s", Made([instrument(1, "B.X")], [quote(1, MONDAY)]), "first")
    imported(tmp_path / "s", Made([instrument(1, "A.X")], [quote(1, MONDAY + 1)]), "second")
    stored = open_store([tmp_path / "s"], FormatOptions())
    assert [(each.symbol, each.instrument) for each in stored.instruments] == [
        ("A.X", 1),
        ("B.X", 2),
    ]
    events = list(stored.events())
    assert [input.instrument for _, (input,) in events if isinstance(input, Quote)] == [2, 1]


def test_a_day_and_a_symbol_can_be_read_alone(tmp_path: Path) -> None:
    events = [
        quote(1, MONDAY),
        quote(2, MONDAY + 1),
        quote(1, MONDAY + DAY),
        quote(2, MONDAY + DAY),
    ]
    imported(tmp_path / "s", Made([ONE, TWO], events))
    assert read(tmp_path / "s", "ONE.X") == [events[0], events[2]]
    assert read(tmp_path / "s", date="2024-12-03") == events[2:]
    assert read(tmp_path / "s", "TWO.X", date="2024-12-02") == [events[1]]
    with pytest.raises(InstrumentNotInferred, match=r"nothing of ONE\.X, 2024-12-09"):
        read(tmp_path / "s", "ONE.X", date="2024-12-09")
    with pytest.raises(InstrumentNotInferred, match="'soon' is no day"):
        read(tmp_path / "s", date="soon")


def test_terms_that_change_what_a_number_means_are_refused(tmp_path: Path) -> None:
    imported(tmp_path / "s", Made([instrument(1, "A.X", 2)], [quote(1, MONDAY)]), "first")
    imported(tmp_path / "s", Made([instrument(1, "A.X", 3)], [quote(1, MONDAY + DAY)]), "second")
    with pytest.raises(InstrumentNotInferred, match=r"A\.X has \(2, 0\) decimals .* \(3, 0\)"):
        read(tmp_path / "s")
    assert len(read(tmp_path / "s", date="2024-12-03")) == 1


def test_a_store_that_is_damaged_or_none_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreUnreadable, match=r"no tick store, expected catalogue\.json"):
        read(tmp_path)
    store = tmp_path / "s"
    imported(store, Made([ONE], [quote(1, MONDAY)]))
    (part,) = load(store).parts
    whole = (store / part.file).read_bytes()
    (store / part.file).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(StoreDamaged, match=part.file):
        read(store)
    (store / part.file).unlink()
    with pytest.raises(StoreUnreadable, match="missing, and the catalogue names it"):
        read(store)
    with pytest.raises(StoreUnreadable, match="2 stores, expected one"):
        open_store([store, store], FormatOptions())
