"""Files of returns and prices: read exactly, or refused with the line."""

from fractions import Fraction
from pathlib import Path

import pytest
import typer

from fairlead.cli.return_file import read_histories
from fairlead.machine.risk.histories import Histories
from fairlead.model.inputs import InstrumentDefinition
from fairlead.model.names import Names
from fairlead.model.units import RATE_UNIT, InstrumentId
from tests.machine.oracle import PERPETUAL, SPOT

ONE, TWO = PERPETUAL.instrument, SPOT.instrument
RETURNS = "date,symbol,return\n"
PRICES = "date,symbol,price\n"


def read(tmp_path: Path, content: str | bytes, prices: bool = False) -> Histories:
    """Return what a file says of ABCUSD (1), XYZ/USD (2) and the benchmark INDEX."""
    names = Names()
    for terms in (PERPETUAL, SPOT):
        names.learn(InstrumentDefinition(terms))
    path = tmp_path / "file.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_histories(path, prices, names, "INDEX")


def by_date(histories: Histories, instrument: InstrumentId) -> dict[int, int]:
    """Return the history of an instrument that must be there."""
    history = histories.of(instrument)
    assert history is not None
    return dict(history.by_date)


def test_symbols_may_be_mixed_and_dates_in_any_order_and_either_form(tmp_path: Path) -> None:
    content = "2024-08-08,ABCUSD,0.02\n20240808,XYZ/USD,-0.5\n20240807,ABCUSD,1e-2\n"
    histories = read(tmp_path, RETURNS + content)
    assert by_date(histories, ONE) == {20240807: RATE_UNIT // 100, 20240808: RATE_UNIT // 50}
    assert by_date(histories, TWO) == {20240808: -RATE_UNIT // 2}


def test_further_decimals_are_rounded_half_to_even(tmp_path: Path) -> None:
    content = "20240807,ABCUSD,0.000000015\n20240808,ABCUSD,0.000000025000000000000000000001\n"
    assert by_date(read(tmp_path, RETURNS + content), ONE) == {20240807: 2, 20240808: 3}


def test_a_benchmark_may_be_an_instrument_too_and_other_symbols_are_passed_over(
    tmp_path: Path,
) -> None:
    names = Names()
    names.learn(InstrumentDefinition(PERPETUAL))
    path = tmp_path / "file.csv"
    path.write_text(f"{RETURNS}20240808,ABCUSD,0.01\n20240808,OTHER,0.02\n")
    histories = read_histories(path, False, names, "ABCUSD")
    assert histories.benchmarks() == ["ABCUSD"]
    assert by_date(histories, ONE) == {20240808: RATE_UNIT // 100}


def test_a_price_makes_a_return_with_the_one_of_the_date_before(tmp_path: Path) -> None:
    content = "20240806,ABCUSD,3\n20240807,ABCUSD,4\n20240808,ABCUSD,3.5\n20240807,INDEX,7\n"
    histories = read(tmp_path, PRICES + content + "20240808,INDEX,7.7\n", prices=True)
    third, eighth = round(Fraction(RATE_UNIT, 3)), round(Fraction(-RATE_UNIT, 8))
    assert by_date(histories, ONE) == {20240807: third, 20240808: eighth}
    index = histories.benchmark("INDEX")
    assert index is not None
    assert index.by_date == {20240808: RATE_UNIT // 10}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", ":1: found '', expected the header date,symbol,return"),
        (PRICES, ":1: found 'date,symbol,price', expected the header date,symbol,return"),
        (f"{RETURNS}20240808,ABCUSD\n", ":2: found 2 cells, expected a date, a symbol, a return"),
        (f"{RETURNS}20240808,ABCUSD,{'1' * 101}\n", ":2: found 3 cells, expected a date"),
        (f"{RETURNS}20240230,ABCUSD,0\n", ":2: found '20240230', expected a date: 20240808 or"),
        (f"{RETURNS}2024-8-8,ABCUSD,0\n", ":2: found '2024-8-8', expected a date"),
        (f"{RETURNS}20240808,ABCUSD,nan\n", ":2: found 'nan', expected a decimal number"),
        (f"{RETURNS}20240808,ABCUSD,\n", ":2: found '', expected a decimal number"),
        (f"{RETURNS}20240808,ABCUSD,1e999\n", ":2: found '1e999', expected a decimal number"),
        (f"{RETURNS}20240808,ABCUSD,1/3\n", ":2: found '1/3', expected a decimal number"),
        (
            f"{RETURNS}20240808,ABCUSD,0\n20240808,ABCUSD,0\n",
            ":3: ABCUSD has 20240808 twice",
        ),
        (f"{RETURNS}20240808,ABCUSD,-1\n", ": ABCUSD: the return of 20240808 is not above -100 %"),
        (f'{RETURNS}20240808,"ABCUSD,0\n', ": found what is no CSV in UTF-8"),
        (b"date,symbol,return\n\xff\n", ": found what is no CSV in UTF-8"),
    ],
)
def test_what_cannot_be_believed_is_refused_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | bytes, message: str
) -> None:
    with pytest.raises(typer.Exit) as error:
        read(tmp_path, content)
    assert error.value.exit_code == 2
    assert f"file.csv{message}" in capsys.readouterr().err.replace("\n", "")


@pytest.mark.parametrize("price", ["0", "-1"])
def test_a_price_is_above_zero(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], price: str
) -> None:
    with pytest.raises(typer.Exit):
        read(tmp_path, f"{PRICES}20240808,ABCUSD,{price}\n", prices=True)
    assert "ABCUSD: a price is not above 0" in capsys.readouterr().err
