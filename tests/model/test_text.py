"""The text form: what is written is what is read, and what cannot be read is said in one line."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.model.errors import UnreadableText
from fairlead.model.inputs import (
    BookSnapshot,
    InstrumentDefinition,
    MessageRateChange,
    SubmitRequest,
    VenueFilled,
)
from fairlead.model.names import Names
from fairlead.model.omissions import OMISSIONS, OWN_NUMBER
from fairlead.model.outputs import FailedCheck, OrderRefused
from fairlead.model.terms import Liquidity, OrderType, Side, TimeInForce, Unit
from fairlead.model.text import (
    INPUTS,
    OUTPUTS,
    read_input,
    read_object,
    read_output,
    record_form,
    write,
)
from fairlead.model.units import InstrumentId, Nanos, OrderId, StrategyId
from tests.model.records import any_of, known_names

TIME = Nanos(5)


def read(line: str, names: Names | None = None) -> Any:
    return read_input(read_object(line), names or known_names(), TIME)


def request(**fields: Any) -> str:
    """Return a request to buy 3 ABC, with other fields."""
    least = {"strategy": "mm", "order": 1, "instrument": "ABC", "side": "buy", "quantity": 3}
    return json.dumps({"type": "SubmitRequest", **least, **fields})


@given(any_of(INPUTS))
def test_an_input_is_read_as_it_was_written(record: Any) -> None:
    names = known_names()
    line = json.dumps(write(record, names))
    assert read_input(read_object(line), names, TIME) == record


@given(any_of(OUTPUTS))
def test_an_output_is_read_as_it_was_written(record: Any) -> None:
    names = known_names()
    line = json.dumps(write(record, names))
    assert read_output(read_object(line), names) == record


@given(any_of(INPUTS))
def test_all_fields_are_written_under_their_own_names(record: Any) -> None:
    written = write(record, known_names())
    fields = [field.name for field in msgspec.structs.fields(record)]
    assert list(written) == ["type", *fields]


def test_amounts_are_written_in_the_decimals_of_their_instrument() -> None:
    names = known_names()
    abc = write(read(request(price="99.95")), names)
    assert (abc["price"], abc["quantity"]) == ("99.95", "3")
    xyz = write(read(request(instrument="XYZ", price=99, quantity="0.5")), names)
    assert (xyz["price"], xyz["quantity"]) == ("99", "0.50000000")


def test_text_and_number_mean_the_same() -> None:
    assert read(request(price="99.95")) == read(request(price=99.95))
    line = request(price="PRICE").replace('"PRICE"', "0.1e3")
    assert read(line) == read(request(price=100))


def test_a_number_never_passes_through_a_float() -> None:
    line = request(instrument="XYZ", quantity="Q").replace('"Q"', "90071992547.40993001")
    assert read(line).quantity == 9007199254740993001


def test_what_is_left_out_of_a_request_has_a_plain_meaning() -> None:
    market = read(request())
    assert market.order_type is OrderType.MARKET
    assert market.price == 0
    limit = read(request(price=1))
    assert limit.order_type is OrderType.LIMIT
    assert limit.time_in_force is TimeInForce.GTC
    assert not limit.post_only
    assert limit.tag == ""


def test_a_limit_order_without_a_price_is_refused() -> None:
    with pytest.raises(UnreadableText, match=r"SubmitRequest.price: .*price of a limit order"):
        read(request(order_type="limit"))


def test_an_instrument_needs_its_symbol_and_its_decimals_only() -> None:
    line = '{"symbol":"NEW","price_decimals":2,"quantity_decimals":1,"quantity_lot":"0.5"}'
    found = read(f'{{"type":"InstrumentDefinition","instrument":{line}}}')
    assert isinstance(found, InstrumentDefinition)
    terms = found.instrument
    assert terms.instrument == 3  # ABC and XYZ are 1 and 2
    assert (terms.price_tick, terms.quantity_lot, terms.quantity_min) == (1, 5, 5)
    assert terms.quantity_max == 10_000_000
    assert (terms.notional_min, terms.maker_fee, terms.taker_fee) == (0, 0, 0)
    assert terms.money_decimals == 8


def test_a_fee_is_a_share_and_a_rebate_is_negative() -> None:
    line = '{"symbol":"N","price_decimals":0,"quantity_decimals":0,"maker_fee":"-0.0001"}'
    found = read(f'{{"type":"InstrumentDefinition","instrument":{line}}}')
    assert found.instrument.maker_fee == -10_000


def test_numbers_are_given_in_the_order_of_definition_and_kept() -> None:
    names = Names()
    line = '{"type":"AccountDefinition","name":"%s","cash":0}'
    accounts = [read(line % name, names).account for name in ("a", "b", "a", "c")]
    assert accounts == [1, 2, 1, 3]


def test_a_number_may_be_given() -> None:
    names = Names()
    assert read('{"type":"AccountDefinition","account":9,"name":"a","cash":0}', names).account == 9
    assert read('{"type":"AccountDefinition","name":"b","cash":0}', names).account == 10


def test_a_venue_report_happens_when_its_line_does_unless_it_says_when() -> None:
    line = '{"type":"VenueExpired","order":1,"instrument":"ABC"%s}'
    assert read(line % "").venue_time == TIME
    assert read(line % ',"venue_time":3').venue_time == 3


def test_a_fill_needs_what_was_traded_and_its_execution() -> None:
    line = (
        '{"type":"VenueFilled","order":1,"instrument":"ABC","execution":"e","price":1,"quantity":2}'
    )
    found = read(line)
    assert isinstance(found, VenueFilled)
    assert (found.price, found.quantity, found.fee) == (100, 2, 0)
    assert found.liquidity is Liquidity.MAKER
    assert found.session_date == 19700101


def test_levels_are_pairs() -> None:
    line = '{"type":"BookSnapshot","instrument":"ABC","bids":[["1.5",2],[1,3]],"asks":[]}'
    found = read(line)
    assert isinstance(found, BookSnapshot)
    assert found.bids == ((150, 2), (100, 3))
    assert found.asks == ()


def test_a_window_is_a_second_where_nothing_is_said() -> None:
    found = read('{"type":"MessageRateChange","rate":{"count_max":1},"person":"ann"}')
    assert isinstance(found, MessageRateChange)
    assert found.rate.window == 1_000_000_000


@pytest.mark.parametrize(
    ("unit", "measured", "limit"),
    [
        (Unit.PRICE, "0.11", "-0.10"),
        (Unit.QUANTITY, "11", "-10"),
        (Unit.MONEY, "0.00000011", "-0.00000010"),
        (Unit.COUNT, 11, -10),
        (Unit.NANOS, 11, -10),
        (Unit.BASIS_POINTS, 11, -10),
    ],
)
def test_a_failed_check_is_written_in_its_unit(unit: Unit, measured: Any, limit: Any) -> None:
    check = FailedCheck("some_check", 11, -10, unit)
    refused = OrderRefused(OrderId(1), StrategyId(1), InstrumentId(1), "submit", (check,))
    written = write(refused, known_names())["failed"][0]
    assert (written["measured"], written["limit"]) == (measured, limit)
    assert written["unit"] == unit.name.lower()


def test_what_has_no_name_is_written_by_its_number_and_read_back() -> None:
    names = known_names()
    found = read(request(instrument="#77", price=5), names)
    assert isinstance(found, SubmitRequest)
    assert (found.instrument, found.price) == (77, 5)
    assert write(found, names)["instrument"] == "#77"


def test_the_first_definition_of_a_symbol_stands() -> None:
    names = known_names()
    line = '{"instrument":8,"symbol":"ABC","price_decimals":0,"quantity_decimals":0}'
    second = read(f'{{"type":"InstrumentDefinition","instrument":{line}}}', names)
    assert read(request(price="99.95"), names).instrument == 1
    assert write(second, names)["instrument"]["instrument"] == 8


def test_words_are_in_lower_case() -> None:
    assert read(request(side="sell", time_in_force="ioc", price=1)).side is Side.SELL


@pytest.mark.parametrize(
    ("line", "field", "found", "expected"),
    [
        (request(price="99.955"), "SubmitRequest.price", '"99.955"', "at most 2 decimals"),
        (request(quantity=1.5), "SubmitRequest.quantity", "1.5", "a whole number"),
        (request(quantity=-1), "SubmitRequest.quantity", "-1", "not negative"),
        (request(quantity=True), "SubmitRequest.quantity", "true", "a quantity"),
        (request(quantity=None), "SubmitRequest.quantity", "null", "a quantity"),
        (request(price="nan"), "SubmitRequest.price", '"nan"', "finite"),
        (request(price="1e99"), "SubmitRequest.price", '"1e99"', "exponent"),
        (request(order=-1), "SubmitRequest.order", "-1", "not negative"),
        (request(order="one"), "SubmitRequest.order", '"one"', "a whole number"),
        (request(side="by"), "SubmitRequest.side", '"by"', "did you mean 'buy'?"),
        (request(side=1), "SubmitRequest.side", "1", '"buy" or "sell"'),
        (request(instrument="ABD"), "SubmitRequest.instrument", '"ABD"', "did you mean 'ABC'?"),
        (request(instrument=1), "SubmitRequest.instrument", "1", "the name of an instrument"),
        (request(instrument="#"), "SubmitRequest.instrument", '"#"', "the name of an instrument"),
        (request(strategy="x"), "SubmitRequest.strategy", '"x"', "the name of a strategy"),
        (request(prize=1), "SubmitRequest.prize", "not known", "did you mean 'price'?"),
        (request(post_only=1), "SubmitRequest.post_only", "1", "true or false"),
        (request(tag=1), "SubmitRequest.tag", "1", "text in quotes"),
        (request(tag="\ud800"), "SubmitRequest.tag", "ud800", "UTF-8"),
        ('{"type":"SubmitReqest"}', "type", "SubmitReqest", "did you mean 'SubmitRequest'?"),
        ('{"type":"OrderFilled"}', "type", "OrderFilled", "the name of an input"),
        ('{"type":7}', "type", "7", "the name of an input"),
        ("{}", "type", "nothing", "the name of an input"),
        ('{"type":"KillCommand"}', "KillCommand.person", "nothing", "this field"),
        ('{"type":"KillCommand","type":"KillCommand"}', "type", "twice", "once"),
        ('{"type":"KillCommand","a\\nb":1}', 'KillCommand."a\\nb"', "not known", "person"),
        ('{"type":"LimitChange","limits":7}', "LimitChange.limits", "7", "an object (Limits)"),
        ('{"a":NaN}', "the line", "NaN", "a finite number"),
        ('{"a":1e99999999999999999999}', "the line", "1e9999", "not absurd"),
        ('{"a":' + "1" * 5000 + "}", "the line", "1111", "at most 40 digits"),
        ("[1]", "the line", "[1]", "a JSON object"),
        ("[" * 100_000, "the line", "too deep", "a JSON object"),
        ('{"a":', "column 6", "the end of the line", "JSON"),
        ("{} x", "column 4", '"x"', "JSON"),
        ("", "column 1", "the end of the line", "JSON"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line(
    line: str, field: str, found: str, expected: str
) -> None:
    with pytest.raises(UnreadableText) as caught:
        read(line)
    error = caught.value
    assert error.field == field
    assert found in error.found
    assert expected in error.expected
    assert str(error) == f"{error.field}: found {error.found}, expected {error.expected}"
    assert "\n" not in str(error)
    assert str(error).isascii()


@pytest.mark.parametrize(
    ("levels", "field"),
    [
        ("[[1]]", "bids[0]"),
        ("[[1,2],[1,2,3]]", "bids[1]"),
        ("[[1,-2]]", "bids[0][1]"),
        ("7", "bids"),
    ],
)
def test_the_level_that_cannot_be_read_is_named(levels: str, field: str) -> None:
    with pytest.raises(UnreadableText) as caught:
        read(f'{{"type":"BookSnapshot","instrument":"ABC","bids":{levels},"asks":[]}}')
    assert caught.value.field == f"BookSnapshot.{field}"


def test_the_rules_of_a_record_are_its_own() -> None:
    line = '{"symbol":"N","price_decimals":5,"quantity_decimals":5}'
    with pytest.raises(UnreadableText, match=r"instrument .N.: money_decimals is 8, expected"):
        read(f'{{"type":"InstrumentDefinition","instrument":{line}}}')


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(UnreadableText, match=r"UTF-8"):
        read_object(b'{"type":"\xff"}')


def test_absurdly_many_decimals_cost_nothing() -> None:
    line = '{"type":"AccountDefinition","name":"a","cash":%s,"money_decimals":1000000000}'
    names = Names()
    assert write(read(line % 0, names), names)["cash"].startswith("0.000")
    with pytest.raises(UnreadableText, match=r"AccountDefinition\.cash"):
        read(line % 1)


def test_a_definition_that_cannot_be_read_is_not_learned() -> None:
    names = Names()
    with pytest.raises(UnreadableText):
        read('{"type":"AccountDefinition","name":"a","cash":"x"}', names)
    assert names.accounts.all() == []


def test_an_output_leaves_nothing_out() -> None:
    with pytest.raises(UnreadableText, match=r"BookStale.reason: found nothing"):
        read_output(read_object('{"type":"BookStale","instrument":"ABC"}'), known_names())


def test_what_may_be_left_out_is_a_field_of_an_input() -> None:
    for kind, omissions in OMISSIONS.items():
        fields = [field.name for field in record_form(kind).fields]
        assert set(omissions) <= set(fields), kind
        assert kind.__name__ not in OUTPUTS
    for kind, field in OWN_NUMBER.items():
        assert field in OMISSIONS[kind]


def test_no_field_is_called_as_the_words_of_a_line() -> None:
    for name, kind in {**INPUTS, **OUTPUTS}.items():
        fields = [field.name for field in msgspec.structs.fields(kind)]
        assert not {"type", "time", "sequence"} & set(fields), name


@given(st.text(max_size=40))
def test_any_line_is_an_input_or_unreadable(line: str) -> None:
    with pytest.raises(UnreadableText):
        read(line)
