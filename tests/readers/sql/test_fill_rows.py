"""Executions as hostile venues report them: ids used again, times and texts that cannot be."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from fairlead.model.inputs import VenueAccepted, VenueBusted, VenueCorrected, VenueFilled
from fairlead.model.terms import Liquidity, Side
from fairlead.model.units import Money, Nanos, OrderId, Price, Quantity
from tests.readers.sessions import SPOT, Scene
from tests.readers.sql.recordings import Recorder
from tests.readers.sql.rows import differences, rows_of

ABSURD = Nanos(2**64 - 1)
DAY = 20240808


def a_scene() -> tuple[Scene, Recorder, OrderId]:
    """Return a scene with a working order of nine at 100.00, and what writes it down."""
    recorder = Recorder()
    scene = Scene(recorder)
    scene.quote(SPOT, 9_990, 10_010)
    order = scene.order(SPOT, Side.BUY, 9, 10_000)
    scene.feed([VenueAccepted(order, SPOT, "V", scene.now)])
    return scene, recorder, order


def fill(
    order: OrderId, execution: str, date: int = DAY, time: Nanos = ABSURD, quantity: int = 1
) -> VenueFilled:
    """Return an execution at 100.00."""
    size = Quantity(quantity)
    terms = (Price(10_000), size, Money(0), Liquidity.MAKER, time)
    return VenueFilled(order, SPOT, execution, date, *terms)


def test_an_execution_id_may_come_again_on_another_day(tmp_path: Path) -> None:
    """The bust of one takes back that one, and no other of its id."""
    scene, recorder, order = a_scene()
    scene.feed([fill(order, "1"), fill(order, "1", DAY + 1), fill(order, "1", DAY + 2)])
    scene.feed([VenueBusted(order, SPOT, "1", DAY + 1, "erroneous", scene.now)])
    rows = rows_of(recorder.entries, f"sqlite:///{tmp_path}/one.db", lambda: 2)
    found = [(row["session_date"], row["busted_reason"]) for row in rows["fills"]]
    assert found == [(DAY, None), (DAY + 1, "erroneous"), (DAY + 2, None)]
    assert rows["orders"][0]["filled_quantity"] == Decimal("0.002")


def test_a_correction_takes_the_place_of_what_it_corrects(tmp_path: Path) -> None:
    scene, recorder, order = a_scene()
    terms = (Price(9_900), Quantity(2), Money(5), Liquidity.MAKER, "price", scene.now)
    scene.feed([fill(order, "1"), VenueCorrected(order, SPOT, "1", "2", DAY, *terms)])
    rows = rows_of(recorder.entries, f"sqlite:///{tmp_path}/one.db", lambda: 3)
    old, new = rows["fills"]
    assert (old["exec_id"], old["busted_sequence"]) == ("1", new["sequence"])
    assert (new["exec_id"], new["session_date"], new["fill_price"]) == ("2", DAY, Decimal("99.00"))
    kinds = [row["event_type"] for row in rows["position_events"]]
    assert kinds == ["fill", "bust", "fill"]


def test_a_correction_that_overtook_its_fill_is_of_the_same_day(tmp_path: Path) -> None:
    scene, recorder, order = a_scene()
    terms = (Price(9_900), Quantity(2), Money(5), Liquidity.MAKER, "price", scene.now)
    scene.feed([VenueCorrected(order, SPOT, "1", "2", DAY, *terms), fill(order, "1")])
    rows = rows_of(recorder.entries, f"sqlite:///{tmp_path}/one.db", lambda: 3)
    assert [(row["exec_id"], row["session_date"]) for row in rows["fills"]] == [
        ("1", DAY),
        ("2", DAY),
    ]


def test_what_no_database_holds_is_told_as_near_as_it_can_be(
    tmp_path: Path, new_database: Callable[[], str]
) -> None:
    """Zero bytes in texts, times after all time, dates that are none: both tell the same."""
    scene, recorder, order = a_scene()
    scene.feed([fill(order, "a\0b", 2**40), fill(order, "ab", 2**64 - 1)])
    scene.feed([VenueBusted(order, SPOT, "a\0b", 2**40, "no\0reason", ABSURD)])
    rows = rows_of(recorder.entries, f"sqlite:///{tmp_path}/one.db", lambda: 1)
    found = [(row["exec_id"], row["session_date"], row["busted_reason"]) for row in rows["fills"]]
    assert found == [
        ("a\N{SYMBOL FOR NULL}b", 2**40, "no\N{SYMBOL FOR NULL}reason"),
        ("ab", 2**63 - 1, None),
    ]
    assert not [*differences(rows, rows_of(recorder.entries, new_database(), lambda: 1))]
