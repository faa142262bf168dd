"""Terms out of Lean's symbol properties, and where they are missing or wrong."""

from pathlib import Path

import pytest

from fairlead.gateways.errors import InstrumentNotInferred, RecordingDamaged
from fairlead.gateways.lean.files import lean_file
from fairlead.gateways.lean.terms import instrument
from fairlead.model.instruments import Instrument
from fairlead.model.units import InstrumentId
from tests.gateways.lean.sample import folder

COIN = "crypto/coinbase/minute/btcusd/20180404_trade.zip"
HEADER = "market,symbol,type,description,quote_currency,contract_multiplier,step,lot\n"


def terms(path: Path) -> Instrument:
    """Return the terms of a file."""
    return instrument(lean_file(path), InstrumentId(1))


def test_terms_come_from_the_data_folder(market_data: Path) -> None:
    stock = terms(folder(market_data) / "equity/usa/daily/aapl.zip")
    assert (stock.symbol, stock.venue, stock.currency) == ("AAPL.USA", "USA", "USD")
    assert (stock.price_decimals, stock.price_tick, stock.quantity_lot) == (4, 100, 1)
    coin = terms(folder(market_data) / COIN)
    assert (coin.symbol, coin.currency) == ("BTCUSD.COINBASE", "USD")
    assert (coin.price_decimals, coin.quantity_decimals, coin.money_decimals) == (2, 8, 10)


def test_stocks_have_terms_without_a_folder_and_coins_do_not(tmp_path: Path) -> None:
    assert terms(tmp_path / "equity/usa/daily/aapl.zip").price_tick == 100
    with pytest.raises(InstrumentNotInferred, match=r"no step of prices .* BTCUSD at coinbase"):
        terms(tmp_path / COIN)


@pytest.mark.parametrize("step", ["0", "-1", "NaN", "x", "1e-20"])
def test_a_step_that_is_none_is_damage(step: str, tmp_path: Path) -> None:
    database = tmp_path / "symbol-properties" / "symbol-properties-database.csv"
    database.parent.mkdir()
    database.write_text(f"{HEADER}coinbase,BTCUSD,crypto,Bitcoin,USD,1,{step},0.001\n")
    with pytest.raises(RecordingDamaged, match=r"symbol-properties-database\.csv:2"):
        terms(tmp_path / COIN)
