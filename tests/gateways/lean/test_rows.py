"""Lines of every kind of file, with the noise of floats, and with what is no number."""

from pathlib import Path

import pytest

from fairlead.gateways.errors import MalformedFrame
from fairlead.gateways.lean.files import lean_file
from fairlead.gateways.lean.rows import (
    Clock,
    QuoteBar,
    QuoteTick,
    Row,
    RowReader,
    TradeBar,
    TradeTick,
)


def read(name: str, line: str) -> Row:
    """Return a line of such a file as a row."""
    file = lean_file(Path("Data") / name)
    equity = file.security == "equity"
    return RowReader(file, 4 if equity else 2, 0 if equity else 8).read(line)


TICKS = "equity/usa/tick/ibm/20131007_trade.zip"
QUOTES = "equity/usa/tick/ibm/20131007_quote.zip"
SECONDS = "equity/usa/second/ibm/20131007_trade.zip"
DAYS = "equity/usa/daily/ibm.zip"
COINS = "crypto/coinbase/minute/btcusd/20180404_quote.zip"


def test_every_kind_of_line_is_read() -> None:
    assert read(TICKS, "14430270.25,1815200,283,P,20002020,0") == TradeTick(
        Clock(0, 14430270, 250_000), 1815200, 283, "P", "20002020", False
    )
    assert read(QUOTES, "14400054,0,0,1836300,100,Q,1,1") == QuoteTick(
        Clock(0, 14400054), 0, 0, 1836300, 100, True
    )
    assert read(SECONDS, "14430000,3,4,1,2,283") == TradeBar(Clock(0, 14430000), (3, 4, 1, 2), 283)
    assert read(DAYS, "19980102 16:30,3,4,1,2,283") == TradeBar(
        Clock(19980102, 59_400_000), (3, 4, 1, 2), 283
    )
    assert read(COINS, "0,7424.9,7424.9,7424.9,7424.9,1.88483821,,,,,") == QuoteBar(
        Clock(0, 0), (742490,) * 4, 188483821, (0, 0, 0, 0), 0
    )


def test_the_noise_of_floats_is_taken_off_and_nothing_else() -> None:
    noisy = read(COINS, "0,1,1,1,1,33.35399601000002,1,1,1,1,0.12345678999999")
    assert isinstance(noisy, QuoteBar)
    assert (noisy.bid_size, noisy.ask_size) == (3335399601, 12345679)
    small = read(COINS, "0,1,1,1,1,1E-08,1,1,1,1,2.5e-3")
    assert isinstance(small, QuoteBar)
    assert (small.bid_size, small.ask_size) == (1, 250000)
    with pytest.raises(MalformedFrame, match="finer than 8 decimals"):
        read(COINS, "0,1,1,1,1,0.123456785,1,1,1,1,1")


@pytest.mark.parametrize(
    ("name", "line", "reason"),
    [
        (TICKS, "14430270,1815200,283,P,20002020", "fields"),
        (TICKS, "86400000,1815200,283,P,1,0", "time"),
        (TICKS, "-5,1815200,283,P,1,0", "time"),
        (TICKS, "5,NaN,283,P,1,0", "number"),
        (TICKS, "5,-1,283,P,1,0", "number"),
        (TICKS, "5,1e99,283,P,1,0", "number"),
        (TICKS, "5,٣,283,P,1,0", "number"),
        (TICKS, "5,1,283,P,xyz,0", "condition"),
        (TICKS, "5,1,283,P,1,2", "flag"),
        (DAYS, "19980132 00:00,3,4,1,2,283", "time"),
        (DAYS, "19990229 00:00,3,4,1,2,283", "time"),
        (DAYS, "19980102 24:00,3,4,1,2,283", "time"),
        (DAYS, "19980102,3,4,1,2,283", "time"),
    ],
)
def test_what_is_no_row_is_refused(name: str, line: str, reason: str) -> None:
    with pytest.raises(MalformedFrame) as error:
        read(name, line)
    assert error.value.reason == reason
