"""Splits, dividends and names out of Lean's files, against what the companies did."""

from fractions import Fraction
from pathlib import Path

import pytest

from fairlead.gateways.errors import RecordingDamaged
from fairlead.gateways.lean.factors import (
    Dividend,
    Maps,
    Rename,
    Split,
    adjusted,
    next_weekday,
    read_factors,
    read_map,
    renames,
    simplest_decimal,
    simplest_ratio,
    splits_and_dividends,
)
from fairlead.model.inputs import CashDividend, InstrumentRenamed, InstrumentSplit, Trade
from tests.gateways.lean.sample import folder, run


@pytest.fixture
def usa(market_data: Path) -> Path:
    return folder(market_data) / "equity" / "usa"


def test_apple_split_four_times_and_paid_what_it_paid(usa: Path) -> None:
    happened = list(splits_and_dividends(read_factors(usa / "factor_files" / "aapl.csv")))
    assert [each for each in happened if isinstance(each, Split)] == [
        Split(20000621, 2, 1),
        Split(20050228, 2, 1),
        Split(20140609, 7, 1),
        Split(20200831, 4, 1),
    ]
    paid = {each.day: each.amount for each in happened if isinstance(each, Dividend)}
    assert len(paid) == 35
    assert {day: float(paid[day]) for day in (20120809, 20140508, 20200807, 20201106)} == {
        20120809: 2.65,
        20140508: 3.29,
        20200807: 0.82,
        20201106: 0.205,
    }
    for each in happened:
        if isinstance(each, Dividend):
            assert abs(each.amount - each.exact) < Fraction(1, 10_000)


def test_every_factor_file_of_the_sample_is_read(usa: Path) -> None:
    splits = {
        path.stem: [
            (each.new, each.old)
            for each in splits_and_dividends(read_factors(path))
            if isinstance(each, Split)
        ]
        for path in sorted((usa / "factor_files").glob("*.csv"))
    }
    assert (splits["uso"], splits["eem"][0], splits["aig"][0]) == ([(1, 8)], (3, 1), (3, 2))
    assert splits["bac"] == splits["ibm"] == splits["iwm"] == splits["qqq"] == [(2, 1)]


def test_adjusted_prices_hang_together_over_a_split(usa: Path) -> None:
    rows = read_factors(usa / "factor_files" / "aapl.csv")
    before, after = Fraction("499.23"), Fraction("127.58")
    assert adjusted(after, 20200831, rows) / adjusted(before, 20200828, rows) == Fraction(
        after / (before * Fraction("0.25"))
    )
    assert adjusted(after, 20600101, rows) == after


def test_a_ticker_is_whose_it_was_on_the_day(usa: Path) -> None:
    maps = Maps(usa / "map_files")
    assert maps.security("goog", 20140402)[0] == "googl"
    assert maps.security("goog", 20140403)[0] == "goog"
    assert maps.security("goog", 0)[0] == "goog"
    assert maps.security("wm", 0)[0] == maps.security("uw", 0)[0] == "wm"
    assert maps.security("vxx", 20150101)[0] == "vxx.1"
    assert maps.security("msft", 20150101) == ("msft", [])
    assert list(renames(read_map(usa / "map_files" / "wm.csv"))) == [
        Rename(19980717, "wmi"),
        Rename(20090805, "wm"),
    ]


def test_three_tickers_are_one_security_with_two_renames(usa: Path) -> None:
    recording, happened = run(*(usa / "daily" / f"{name}.zip" for name in ("uw", "wmi", "wm")))
    assert [each.symbol for each in recording.instruments] == ["UW.USA"]
    named = [input.symbol for _, input in happened if isinstance(input, InstrumentRenamed)]
    assert named == ["WMI.USA", "WM.USA"]
    # WM was Washington Mutual before: those days are not of this security.
    assert recording.counts.dropped == {"ticker_of_another": 2465}


def test_actions_stand_between_the_days_that_they_part(usa: Path) -> None:
    recording, happened = run(usa / "daily" / "aapl.zip")
    kinds = [type(input) for _, input in happened]
    assert (kinds.count(InstrumentSplit), kinds.count(CashDividend)) == (4, 35)
    (place,) = [
        place
        for place, (_, input) in enumerate(happened)
        if isinstance(input, InstrumentSplit) and input.new == 4
    ]
    before, after = happened[place - 1][1], happened[place + 1][1]
    assert isinstance(before, Trade)
    assert isinstance(after, Trade)
    assert (before.price, after.price) == (4992300, 1276700)
    assert recording.counts.balanced
    dividend = next(input for _, input in happened if isinstance(input, CashDividend))
    assert dividend.amount == 265_000_000  # 2.65 in units of 10**-8


def test_numbers_become_the_simplest_that_they_may_stand_for() -> None:
    small = Fraction(1, 10**6)
    assert simplest_ratio(Fraction("1.9999955"), small) == 2
    assert simplest_ratio(Fraction("0.1250001"), small) == Fraction(1, 8)
    assert simplest_ratio(Fraction("1.5"), small) == Fraction(3, 2)
    exact = Fraction("1.0027003")
    assert abs(simplest_ratio(exact, small) / exact - 1) <= small
    assert simplest_decimal(Fraction("0.2050018"), Fraction(1, 40_000)) == Fraction("0.205")
    assert simplest_decimal(Fraction("0.8199980"), Fraction(1, 40_000)) == Fraction("0.82")


def test_the_day_after_friday_is_monday() -> None:
    assert [next_weekday(day) for day in (20200828, 20140606, 20200827, 20201231)] == [
        *(20200831, 20140609, 20200828, 20210101),
    ]


@pytest.mark.parametrize(
    "text",
    ["x", "20200101", "20200101,1,0,1", "20200101,NaN,1,1", "20200102,1,1,1\n20200101,1,1,1"],
)
def test_factors_that_are_none_are_damage(text: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text)
    with pytest.raises(RecordingDamaged, match=r"a\.csv:[12]"):
        read_factors(path)


@pytest.mark.parametrize("text", ["x", "20200101", "soon,aapl", "20200102,a\n20200101,a"])
def test_maps_that_are_none_are_damage(text: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text)
    with pytest.raises(RecordingDamaged, match=r"a\.csv:[12]"):
        read_map(path)
