"""Statements as they come: nonsense is refused whole, and lines find the orders that they mean."""

from typing import Any

import msgspec
import pytest

from fairlead.machine.statements import AHEAD_MAX, all_fills_since, match_orders, order_of
from fairlead.model.inputs import Statement, VenueReplaced
from fairlead.model.outputs import InputRefused, StatementReconciled
from fairlead.model.units import (
    INCREMENTS_MAX,
    MONEY_MAX,
    AccountId,
    InstrumentId,
    Money,
    Nanos,
    OrderId,
    Price,
    Quantity,
)
from tests.machine.build import (
    NO_TIME,
    Rig,
    accepted,
    account,
    filled,
    only,
    replace,
    strategy,
    submit,
)
from tests.machine.venue_side import cash_line, fill_line, order_line, position_line, statement

NOW = 10**9  # the time of a rig
FAR = InstrumentId(9)
SPOT = InstrumentId(2)
NO_IDS = {"order": OrderId(0)}


def refusal(rig: Rig, made: Statement) -> str:
    """Return why a statement was refused."""
    [refused] = rig.give(made)
    assert isinstance(refused, InputRefused)
    assert refused.kind == "Statement"
    return refused.reason


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"account": AccountId(9)}, "account 9 is not known: define it before"),
        ({"venue": "ELSEWHERE"}, "no instrument is of venue 'ELSEWHERE'"),
        ({"as_of": Nanos(-1)}, "give nanoseconds since 1970"),
        ({"as_of": Nanos(NOW + AHEAD_MAX + 1)}, "more than a day after"),
        ({"fills": (), "fills_since": Nanos(NOW + 1)}, "fills_since is 1000000001, after as_of"),
        ({"fills": (), "fills_since": Nanos(-1)}, "give nanoseconds since 1970"),
        ({"orders": (order_line(1), order_line(1, 9))}, "orders[1]: the order stands in another"),
        ({"orders": (order_line(1, instrument=FAR),)}, "orders[0]: instrument 9 is not known"),
        ({"orders": (order_line(0),)}, "orders[0]: it names no order"),
        ({"orders": (order_line(1, 0),)}, "orders[0]: expected 0 <= filled <= quantity"),
        ({"orders": (order_line(1, 8, filled=Quantity(9)),)}, "orders[0]: expected 0 <= filled"),
        ({"orders": (order_line(1, INCREMENTS_MAX + 1),)}, "orders[0]: expected 0 <= filled"),
        ({"orders": (order_line(1, 8, -1),)}, "orders[0]: price is not between 0 and"),
        ({"orders": (order_line(1, 8, INCREMENTS_MAX + 1),)}, "orders[0]: price is not between"),
        ({"fills": (fill_line(1, "", 3),)}, "fills[0]: it has no execution id"),
        ({"fills": (fill_line(1, "e", 0),)}, "fills[0]: price or quantity is not between 1"),
        ({"fills": (fill_line(1, "e", 3, 0),)}, "fills[0]: price or quantity is not between 1"),
        (
            {"fills": (fill_line(1, "e", 3, fee=Money(-MONEY_MAX - 1)),)},
            "fills[0]: fee is beyond",
        ),
        ({"fills": (fill_line(1, "e", 3, session_date=0),)}, "fills[0]: session_date is no"),
        (
            {"fills": (fill_line(1, "e", 3), fill_line(2, "e", 4))},
            "fills[1]: execution e stands in another line",
        ),
        ({"fills": (fill_line(1, "e", 3, instrument=FAR),)}, "fills[0]: instrument 9"),
        ({"positions": (position_line(1), position_line(2))}, "positions[1]: the instrument"),
        ({"positions": (position_line(1, 9),)}, "positions[0]: instrument 9 is not known"),
        ({"positions": (position_line(-INCREMENTS_MAX - 1),)}, "positions[0]: quantity is beyond"),
        ({"cash": (cash_line(1), cash_line(1))}, "cash[1]: USD stands in another line already"),
        ({"cash": (cash_line(1, ""),)}, "cash[0]: it names no currency"),
        ({"cash": (cash_line(MONEY_MAX + 1),)}, "cash[0]: amount is beyond"),
    ],
)
def test_a_statement_that_cannot_be_true_is_refused_whole(
    terms: dict[str, Any], reason: str
) -> None:
    """B-EVT-06: the reason has the place, and nothing of it is believed: not even what is true."""
    rig = Rig(submit(1), accepted(1), filled(1, 3, "e1"))
    before = rig.machine.state.reconciliation.content()
    sound = {
        "orders": (),
        "positions": (position_line(7),),
        "fills": (fill_line(1, "e2", 2),),
        "cash": (),
    }
    assert reason in refusal(rig, msgspec.structs.replace(statement(NOW, **sound), **terms))
    assert rig.machine.state.reconciliation.content() == before
    assert rig.position().quantity == 3


@pytest.mark.parametrize(
    "terms",
    [
        {"as_of": Nanos(NOW + AHEAD_MAX)},
        {"as_of": Nanos(0)},
        {"venue": ""},
        {"orders": (order_line(7, INCREMENTS_MAX, INCREMENTS_MAX),)},
        {"orders": (order_line(7, 8, 0, filled=Quantity(8)),)},
        {"positions": (position_line(-INCREMENTS_MAX),)},
        {"cash": (cash_line(-MONEY_MAX),)},
    ],
)
def test_what_is_strange_but_may_be_true_is_compared(terms: dict[str, Any]) -> None:
    """A statement is not refused because it differs."""
    made = msgspec.structs.replace(statement(NOW), **terms)
    only(StatementReconciled, Rig().give(made))


def test_an_instrument_of_another_venue_has_no_place_in_a_venues_statement() -> None:
    """It would say that what it leaves out there is gone; a broker's may hold both."""
    rig = Rig()
    other = msgspec.structs.replace(
        rig.machine.instruments[InstrumentId(1)],
        instrument=InstrumentId(3),
        symbol="FAR",
        venue="FAR",
    )
    rig.machine.state.instruments[InstrumentId(3)] = other
    line = position_line(0, 3)
    assert "positions[0]: FAR is not of venue VENUE" in refusal(
        rig, statement(NOW, positions=(line,))
    )
    only(StatementReconciled, rig.give(statement(NOW, venue="", positions=(line,))))


def test_an_older_statement_than_the_last_is_refused() -> None:
    """Nothing follows from it any more; one of the same time may be read again."""
    rig = Rig()
    rig.give(statement(NOW, positions=()))
    assert "bring a newer one" in refusal(rig, statement(NOW - 1, positions=()))
    only(StatementReconciled, rig.give(statement(NOW, positions=())))
    only(StatementReconciled, rig.give(statement(NOW - 1, venue="", positions=())))


def test_a_statement_from_a_clock_that_is_ahead_does_not_silence_later_ones() -> None:
    """What it says of the future is not taken for reconciled."""
    rig = Rig()
    rig.give(statement(NOW + 60, positions=()))
    only(StatementReconciled, rig.give(statement(NOW, positions=())))


# --- whose order a line means --------------------------------------------------------------------


def opened() -> Rig:
    """Return a rig with order 1 of instrument 1 and order 2 of instrument 2, both open."""
    return Rig(
        account(2),
        strategy(3, account=2),
        submit(1),
        accepted(1),
        submit(2, instrument=SPOT),
        accepted(2, instrument=2),
    )


@pytest.mark.parametrize(
    ("ids", "found"),
    [
        ({"order": OrderId(1)}, 1),
        ({"client_order": "1-1-1"}, 1),
        ({"venue_order": "V1"}, 1),
        ({"order": OrderId(1), "client_order": "1-2-1", "venue_order": "V2"}, 1),
        ({"client_order": "1-1-1", "venue_order": "V2"}, 1),
        ({"client_order": "theirs", "venue_order": "V1"}, 1),
        ({"order": OrderId(7)}, None),
        ({"client_order": "1-1-2"}, None),  # a message that we never sent
        ({"client_order": "2-1-1"}, None),  # of another epoch
        ({"client_order": "x"}, None),
        ({"venue_order": "V9"}, None),
        ({"order": OrderId(2)}, None),  # in another instrument
        ({"venue_order": "V2"}, None),
    ],
)
def test_a_line_names_an_order_by_any_of_its_ids(ids: dict[str, Any], found: int | None) -> None:
    """S1-OMS-05: our number, then our client order id, then the venue's."""
    line = msgspec.structs.replace(order_line(0), **ids)
    order = order_of(opened().machine.state, AccountId(1), line)
    assert (order.order if order is not None else None) == found


def test_an_order_of_another_account_is_not_meant() -> None:
    """Each account has its own statement."""
    assert order_of(opened().machine.state, AccountId(2), order_line(1)) is None


def test_an_id_that_a_replace_has_changed_still_finds_the_order() -> None:
    """B-OMS-03: both the old and the new id of the venue are its own."""
    rig = opened()
    report = VenueReplaced(
        OrderId(1), InstrumentId(1), Quantity(9), Price(100), NO_TIME, venue_order="V8"
    )
    rig.give(replace(1, 9), report)
    for venue_order in ("V1", "V8"):
        line = order_line(0, venue_order=venue_order)
        order = order_of(rig.machine.state, AccountId(1), line)
        assert order is rig.order(1)


@pytest.mark.parametrize("turn", [1, -1])
def test_of_two_lines_of_one_order_its_present_id_is_its_own(turn: int) -> None:
    """The other one works there, too, and nobody here knows why."""
    lines = (order_line(0, venue_order="V1"), order_line(1))[::turn]
    made = statement(NOW, orders=lines)
    matched, strangers = match_orders(opened().machine.state, made)
    assert matched == {1: order_line(0, venue_order="V1")}
    assert strangers == [order_line(1)]
    lines = (order_line(0, venue_order="V1"), order_line(1, venue_order="V9"))[::turn]
    matched, strangers = match_orders(opened().machine.state, statement(NOW, orders=lines))
    assert [line.venue_order for line in (matched[OrderId(1)], *strangers)] == ["V1", "V9"]


@pytest.mark.parametrize(
    ("terms", "complete"),
    [
        ({"fills": None}, False),
        ({"fills": ()}, True),
        ({"fills": (), "fills_since": Nanos(NOW)}, True),  # when the order was sent
        ({"fills": (), "fills_since": Nanos(NOW + 1)}, False),
        ({"fills": (), "fills_since": Nanos(NOW + 5)}, False),
    ],
)
def test_all_fills_of_an_order_are_there_since_it_was_sent(
    terms: dict[str, Any], complete: bool
) -> None:
    """A gap proves nothing."""
    rig = opened()
    made = statement(NOW + 9, **terms)
    assert all_fills_since(rig.machine.state, made, rig.order(1)) is complete


@pytest.mark.parametrize("venue", ["VENUE", ""])
def test_statements_that_agreed_before_cover_what_a_later_one_leaves_out(venue: str) -> None:
    """Statements follow one another, each since the last that agreed: of the venue, or a broker."""
    rig = opened()
    rig.wait(5)
    rig.give(statement(NOW + 5, venue=venue, fills=()))
    later = statement(NOW + 9, fills=(), fills_since=Nanos(NOW + 5))
    assert all_fills_since(rig.machine.state, later, rig.order(1))
