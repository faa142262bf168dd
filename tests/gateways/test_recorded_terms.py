"""Instruments of a recording: the finest grid that was seen, and what their names say."""

import pytest

from fairlead.gateways.binance.frames import Market
from fairlead.gateways.binance.instrument import terms as binance
from fairlead.gateways.bitget.instrument import terms as bitget
from fairlead.gateways.bybit.instrument import terms as bybit
from fairlead.gateways.bybit.instrument import terms_first as bybit_first
from fairlead.gateways.coinbase.instrument import terms as coinbase
from fairlead.gateways.deribit.instrument import terms as deribit
from fairlead.gateways.errors import InstrumentNotInferred
from fairlead.gateways.kraken.instrument import terms as kraken
from fairlead.gateways.okx.instrument import terms as okx
from fairlead.gateways.recorded_terms import Sighting, Terms, instruments
from fairlead.model.terms import InstrumentKind

SEEN = [
    Sighting("BTC-USDT", "30000.50", "1"),
    Sighting("ETH-USDT", "2000", "0.5"),
    Sighting("BTC-USDT", "30000", "0.00100000"),
    Sighting("BTC-USDT", "x", "-1"),
]


def test_the_grid_is_the_finest_that_was_seen_of_each() -> None:
    bitcoin, ether = instruments(SEEN, okx)
    assert (bitcoin.instrument, ether.instrument) == (1, 2)
    assert (bitcoin.symbol, bitcoin.price_decimals, bitcoin.quantity_decimals) == (
        "BTC-USDT.OKX", 1, 3
    )  # fmt: skip
    assert (ether.symbol, ether.price_decimals, ether.quantity_decimals) == ("ETH-USDT.OKX", 0, 1)
    assert bitcoin.money_decimals == 8


def test_some_are_asked_for_by_either_name() -> None:
    for name in ("ETH-USDT", "ETH-USDT.OKX"):
        [ether] = instruments(SEEN, okx, (name,))
        assert (ether.instrument, ether.symbol) == (1, "ETH-USDT.OKX")
    with pytest.raises(
        InstrumentNotInferred, match="recorded is BTC-USDT, ETH-USDT, expected DOGE"
    ):
        instruments(SEEN, okx, ("DOGE",))
    with pytest.raises(InstrumentNotInferred, match="recorded is nothing"):
        instruments([], okx)


def test_money_has_the_decimals_that_prices_and_quantities_need_and_not_without_end() -> None:
    [fine] = instruments([Sighting("A/B", "0.000000001", "0.00000001")], kraken)
    assert fine.money_decimals == 17
    with pytest.raises(InstrumentNotInferred, match="money_decimals is 20"):
        instruments([Sighting("A/B", "0.0000000001", "0.0000000001")], kraken)


SPOT, LINEAR, INVERSE = InstrumentKind.SPOT, InstrumentKind.PERPETUAL, InstrumentKind.INVERSE


@pytest.mark.parametrize(
    ("terms", "venue", "currency", "kind", "multiplier"),
    [
        (okx("BTC-USDT"), "OKX", "USDT", SPOT, 1),
        (okx("BTC-USDT-SWAP"), "OKX", "USDT", LINEAR, 1),
        (okx("BTC-USD-220527"), "OKX", "BTC", INVERSE, 100),
        (okx("UNI-USD-SWAP"), "OKX", "UNI", INVERSE, 10),
        (kraken("XBT/USD"), "KRAKEN", "USD", SPOT, 1),
        (coinbase("BTC-EUR"), "COINBASE", "EUR", SPOT, 1),
        (deribit("BTC-PERPETUAL"), "DERIBIT", "BTC", INVERSE, 1),
        (deribit("ETH_USDC-PERPETUAL"), "DERIBIT", "USDC", LINEAR, 1),
        (deribit("BTC-24SEP21-8000-P"), "DERIBIT", "BTC", SPOT, 1),
        (deribit("BTC_USDC"), "DERIBIT", "USDC", SPOT, 1),
        (bybit("BTCUSDT"), "BYBIT-LINEAR", "USDT", LINEAR, 1),
        (bybit_first("EOSUSD"), "BYBIT", "EOS", INVERSE, 1),
        (bitget("DASHUSDT"), "BITGET-USDM", "USDT", LINEAR, 1),
        (bitget("BTCUSDT_SPBL"), "BITGET", "USDT", SPOT, 1),
        (binance("ETHBTC", Market.SPOT), "BINANCE", "BTC", SPOT, 1),
        (binance("BTCUSDT_240927", Market.USDM), "BINANCE-USDM", "USDT", LINEAR, 1),
        (binance("BTCUSD_PERP", Market.COINM), "BINANCE-COINM", "BTC", INVERSE, 100),
        (binance("ETHUSD_240927", Market.COINM), "BINANCE-COINM", "ETH", INVERSE, 10),
    ],
)
def test_a_name_says_currency_kind_and_worth(
    terms: Terms, venue: str, currency: str, kind: InstrumentKind, multiplier: int
) -> None:
    found = (terms.venue, terms.currency, terms.kind, terms.multiplier)
    assert found == (venue, currency, kind, multiplier)
