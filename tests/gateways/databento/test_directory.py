"""What numbers stand for from day to day, and terms that nobody wrote down."""

from fairlead.gateways.databento.dbn import Symbol
from fairlead.gateways.databento.directory import Directory
from fairlead.gateways.databento.records import (
    BBO_1S,
    DEFINITION,
    SYMBOL_MAPPING,
    UNDEFINED_PRICE,
    UNDEFINED_TIME,
    ByPrice,
    Definition,
    Mapping,
)

DAY = 1609113600 * 10**9  # 2020-12-28
LATER = DAY + 86_400 * 10**9


def quote(number: int, time: int, price: int) -> ByPrice:
    """Return a record with a price."""
    return ByPrice(BBO_1S, number, time, price, 1, "N", "N", 0, DAY, 0, ())


def test_a_number_means_another_symbol_on_another_day() -> None:
    symbols = [Symbol("ESZ0", 20201201, 20201229, "7"), Symbol("ESH1", 20201229, 20210101, "7")]
    directory = Directory("GLBX.MDP3", symbols)
    assert directory.symbol(7, DAY) == "ESZ0"
    assert directory.symbol(7, LATER) == "ESH1"
    assert directory.symbol(8, DAY) == "8"
    first, second = directory.settle(())
    assert (first.symbol, second.symbol) == ("ESZ0.GLBX.MDP3", "ESH1.GLBX.MDP3")
    assert directory.instrument(quote(7, LATER, 1), "") == second


def test_a_quote_without_an_event_is_of_the_day_on_which_it_was_received() -> None:
    directory = Directory("D", [Symbol("A", 20201228, 20201229, "1")])
    directory.learn(quote(1, UNDEFINED_TIME, 10**9), "")
    assert [each.symbol for each in directory.settle(())] == ["A.D"]


def test_prices_have_as_many_decimals_as_the_finest_and_two_at_least() -> None:
    directory = Directory("D", [])
    for price in (3_720_250_000_000, 27_055_000_000, UNDEFINED_PRICE):
        directory.learn(quote(1, DAY, price), "FINE")
    directory.learn(quote(2, DAY, 5 * 10**9), "ROUND")
    fine, coarse = directory.settle(())
    assert (fine.price_decimals, coarse.price_decimals) == (3, 2)
    assert (fine.price_tick, fine.money_decimals) == (1, 8)


def test_a_definition_tells_the_tick_and_the_currency() -> None:
    directory = Directory("D", [])
    directory.learn(Definition(DEFINITION, 1, DAY, 5_000_000, "EUR"), "TFM FMH0024!")
    (instrument,) = directory.settle(())
    assert instrument.symbol == "TFM-FMH0024.D"  # what a configuration can name
    assert (instrument.price_decimals, instrument.price_tick, instrument.currency) == (3, 5, "EUR")


def test_a_live_session_says_what_a_number_stands_for() -> None:
    directory = Directory("D", [])
    directory.learn(Mapping(SYMBOL_MAPPING, 42, DAY, "ESZ4"), "")
    assert directory.symbol(42, DAY) == "ESZ4"


def test_only_what_is_wanted_is_an_instrument() -> None:
    directory = Directory("D", [Symbol("A", 20201228, 20201229, "1")])
    directory.learn(quote(1, DAY, 10**9), "")
    directory.learn(quote(2, DAY, 10**9), "B")
    (only,) = directory.settle(("B",))
    assert only.instrument == 1
    assert directory.instrument(quote(1, DAY, 1), "") is None
    assert directory.settle(()) != ()
