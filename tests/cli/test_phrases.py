"""Phrases: every input and output about an order is a line that a trader can read."""

from typing import Any

from hypothesis import given

from fairlead.cli.phrases import PHRASED, input_phrase, output_phrase
from fairlead.model.inputs import TimePassed, TimerFired, VenueAccepted, VenueFilled
from fairlead.model.outputs import OrderCanceled, OrderTimedOut, SendOrder
from fairlead.model.terms import Liquidity
from fairlead.model.text import INPUTS, OUTPUTS
from fairlead.model.units import (
    InstrumentId,
    Money,
    Nanos,
    OrderId,
    Price,
    Quantity,
    StrategyId,
)
from tests.model.records import any_of, known_names

ABC = InstrumentId(1)
ORDER = OrderId(7)


@given(any_of({**INPUTS, **OUTPUTS}))
def test_every_record_has_a_phrase_without_a_trace_of_its_template(record: Any) -> None:
    phrase = input_phrase if type(record).__name__ in INPUTS else output_phrase
    assert phrase(record, known_names()).strip()


def test_whatever_names_an_order_has_a_phrase_of_its_own() -> None:
    for name, kind in {**INPUTS, **OUTPUTS}.items():
        fields = kind.__struct_fields__
        if "order" in fields or "approved" in fields:
            assert name in PHRASED, name


def test_a_phrase_exists_for_records_alone() -> None:
    assert set(INPUTS) | set(OUTPUTS) >= PHRASED


def test_what_says_nothing_is_left_out() -> None:
    names = known_names()
    with_id = VenueAccepted(ORDER, ABC, "V1", Nanos(0))
    without = VenueAccepted(ORDER, ABC, "", Nanos(0))
    assert input_phrase(with_id, names) == "the venue accepts it as V1"
    assert input_phrase(without, names) == "the venue accepts it"


def test_brackets_and_braces_from_outside_are_text() -> None:
    canceled = OrderCanceled(ORDER, StrategyId(1), ABC, Quantity(0), "[{reason}] {0}")
    assert output_phrase(canceled, known_names()).endswith(": [{reason}] {0}")


def test_amounts_are_in_the_decimals_of_their_instrument() -> None:
    terms = (Price(10_050), Quantity(3), Money(0), Liquidity.MAKER)
    filled = VenueFilled(ORDER, ABC, "e1", 20260105, *terms, Nanos(0))
    known = known_names().instrument(ABC)
    assert known is not None
    assert f"{10_050 / 10**known.price_decimals}" in input_phrase(filled, known_names())


def test_a_span_in_a_fact_is_readable() -> None:
    timed_out = OrderTimedOut(ORDER, StrategyId(1), ABC, Nanos(30_000_000_000))
    assert output_phrase(timed_out, known_names()) == "not filled after 30 s"


def test_a_record_without_a_phrase_is_called_by_its_name() -> None:
    assert input_phrase(TimePassed(), known_names()) == "its time has come"
    assert "timer" in input_phrase(TimerFired(StrategyId(1), 3), known_names())
    assert SendOrder.__name__ in PHRASED
