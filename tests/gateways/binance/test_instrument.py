"""What a recording is of, told from its first frames."""

import json

import pytest

from fairlead.gateways.binance import Market, infer
from fairlead.gateways.errors import InstrumentNotInferred
from fairlead.model.terms import InstrumentKind
from fairlead.model.units import InstrumentId
from tests.gateways.binance.venue import Venue, combined

ME = InstrumentId(3)


def frames(market: Market) -> list[bytes]:
    venue = Venue(market, 1)
    return [venue.quote(), venue.depth(), venue.snapshot(), venue.depth(), venue.quote()]


def snapshot(*quantities: str) -> bytes:
    bids = [[str(90 - place), quantity] for place, quantity in enumerate(quantities)]
    return json.dumps({"lastUpdateId": 1, "bids": bids, "asks": []}).encode()


def quote(symbol: str, price: str = "90", quantity: str = "1") -> bytes:
    event = {"u": 1, "s": symbol, "b": price, "B": quantity, "a": "99", "A": "1"}
    return combined(f"{symbol.lower()}@bookTicker", event)


def test_spot_is_told_from_its_frames() -> None:
    instrument, market = infer(ME, frames(Market.SPOT))
    assert market is Market.SPOT
    assert (instrument.instrument, instrument.symbol) == (ME, "ETHUSDT.BINANCE")
    assert (instrument.venue, instrument.currency) == ("BINANCE", "USDT")
    assert instrument.kind is InstrumentKind.SPOT
    assert (instrument.maker_fee, instrument.taker_fee) == (100_000, 100_000)  # 10 bp
    assert instrument.notional_min == 5 * 10**instrument.money_decimals


def test_futures_are_told_from_their_frames() -> None:
    instrument, market = infer(ME, frames(Market.USDM))
    assert market is Market.USDM
    assert (instrument.symbol, instrument.venue) == ("ETHUSDT.BINANCE-USDM", "BINANCE-USDM")
    assert instrument.kind is InstrumentKind.PERPETUAL
    assert (instrument.maker_fee, instrument.taker_fee) == (20_000, 50_000)  # 2 and 5 bp


def test_coin_margined_futures_are_told_by_their_pair() -> None:
    frames = [
        combined("btcusd_perp@bookTicker", {
            "e": "bookTicker", "u": 1, "s": "BTCUSD_PERP", "ps": "BTCUSD", "T": 1,
            "b": "62000.1", "B": "12", "a": "62000.2", "A": "3",
        }),
        json.dumps({"lastUpdateId": 1, "bids": [["62000.1", "12"]], "asks": []}).encode(),
    ]  # fmt: skip
    instrument, market = infer(ME, frames)
    assert market is Market.COINM
    assert (instrument.symbol, instrument.venue) == ("BTCUSD_PERP.BINANCE-COINM", "BINANCE-COINM")
    assert (instrument.currency, instrument.kind) == ("BTC", InstrumentKind.INVERSE)
    assert (instrument.price_decimals, instrument.quantity_decimals) == (1, 0)
    assert (instrument.multiplier, instrument.money_decimals) == (100, 8)


def test_the_grid_is_the_finest_that_was_seen_and_quantities_keep_what_the_venue_writes() -> None:
    instrument, _ = infer(
        ME, [quote("ETHUSDT", "90.25000000", "1.50000000"), snapshot("1.0000", "0.12500000")]
    )
    assert (instrument.price_decimals, instrument.price_tick) == (2, 1)
    assert instrument.quantity_decimals == 6  # eight are written; money has eight in all
    assert instrument.quantity_lot == instrument.quantity_min == 1_000  # of 0.000001: 0.001
    assert instrument.money_decimals == 8


def test_money_has_more_decimals_where_price_and_quantity_need_them() -> None:
    instrument, _ = infer(ME, [quote("ETHBTC", "0.05123", "0.00010"), snapshot("1.2345")])
    assert (instrument.price_decimals, instrument.quantity_decimals) == (5, 4)
    assert instrument.money_decimals == 9
    assert (instrument.currency, instrument.notional_min) == ("BTC", 0)


def test_a_market_that_is_given_is_not_told_from_the_frames() -> None:
    _, market = infer(ME, frames(Market.SPOT), Market.USDM)
    assert market is Market.USDM


def test_frames_that_are_none_are_passed_over() -> None:
    noise = [b"", b"{", b"5", b'{"result":null}', b'{"stream":"x"}', quote("ETHUSDT", "NaN")]
    instrument, _ = infer(ME, [*noise, *frames(Market.SPOT)])
    assert instrument.price_decimals == 2


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "symbol in the first 0 frames: none, expected exactly one"),
        ([snapshot("1")], "symbol in the first 1 frames: none"),
        ([quote("ETHUSDT")], "no snapshot among the first 1 frames"),
        ([quote("ETHUSDT"), quote("BTCUSDT"), snapshot("1")], "ETHUSDT, BTCUSDT, expected"),
        ([*frames(Market.SPOT), *frames(Market.USDM)], "spot, usdm, expected exactly one"),
        ([quote("ETHXYZ"), snapshot("1")], "'ETHXYZ' ends in no quote currency"),
        ([quote("USDT"), snapshot("1")], "'USDT' ends in no quote currency"),
    ],
)
def test_what_cannot_be_told_is_an_error_that_says_what_was_seen(
    given: list[bytes], message: str
) -> None:
    with pytest.raises(InstrumentNotInferred, match=message):
        infer(ME, given)
