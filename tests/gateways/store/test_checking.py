"""What a check finds: in the store, and in the data."""

from pathlib import Path

import msgspec
import pytest

from fairlead.gateways.calendars import trading_calendar
from fairlead.gateways.store.catalogue import load, save
from fairlead.gateways.store.checking import StoreCheck
from fairlead.model.inputs import Trade
from fairlead.model.units import InstrumentId, Nanos, Price, Quantity
from tests.gateways.store.stores import DAY, MONDAY, Event, Made, imported, instrument
from tests.gateways.store.test_reading import quote

pytest.importorskip("pyarrow", reason="the extra research is not installed")

ONE = instrument(1, "ONE.X")


def checked(store: Path, calendar: str = "") -> StoreCheck:
    """Return a check that was run over all of a store."""
    catalogue = load(store)
    check = StoreCheck(store, catalogue, trading_calendar(calendar) if calendar else None)
    check.run(catalogue.parts)
    return check


def found(check: StoreCheck) -> dict[str, int]:
    """Return how often what was found."""
    return {name: finding.count for name, finding in check.findings.items()}


def trade(time: int, number: str) -> Event:
    return Nanos(time), [
        Trade(InstrumentId(1), Price(10), Quantity(time % 7 + 1), None, number, Nanos(time))
    ]


def test_a_store_is_whole_and_its_data_fine(tmp_path: Path) -> None:
    events = [quote(1, MONDAY), trade(MONDAY + 1, "1"), trade(MONDAY + 2, "2")]
    imported(tmp_path / "s", Made([ONE], events))
    check = checked(tmp_path / "s")
    assert (check.is_whole, found(check), check.rows, check.parts) == (True, {}, 3, 1)


def test_strange_data_is_told_and_is_no_damage(tmp_path: Path) -> None:
    crossed = quote(1, MONDAY + 5)
    turned = crossed[1][0]
    events: list[Event] = [
        quote(1, MONDAY),
        quote(1, MONDAY),
        trade(MONDAY + 1, "7"),
        trade(MONDAY + 2, "7"),
        quote(1, MONDAY + 1, bid=11),
        (crossed[0], [msgspec.structs.replace(turned, ask_price=Price(9))]),
        (crossed[0], [msgspec.structs.replace(turned, ask_price=Price(10))]),
    ]
    imported(tmp_path / "s", Made([ONE], events))
    check = checked(tmp_path / "s")
    assert check.is_whole
    assert found(check) == {"duplicate": 2, "time_backwards": 1, "crossed": 1, "locked": 1}


def test_days_that_are_missing_are_told_by_the_calendar(tmp_path: Path) -> None:
    pytest.importorskip("exchange_calendars", reason="the extra calendars is not installed")
    noon = MONDAY + DAY * 18 // 24
    days = (-5, -3, 0, 3)  # Wednesday, Friday (half a day), Monday, Thursday
    imported(tmp_path / "s", Made([ONE], [quote(1, noon + day * DAY) for day in days]))
    check = checked(tmp_path / "s", "XNYS")
    assert found(check) == {"day_missing": 2}
    assert check.findings["day_missing"].examples == [
        "ONE.X: no data of trading day 20241203",
        "ONE.X: no data of trading day 20241204",
    ]
    assert found(checked(tmp_path / "s", "24/7")) == {"day_missing": 5}


def test_a_bit_that_turned_is_found(tmp_path: Path) -> None:
    imported(tmp_path / "s", Made([ONE], [quote(1, MONDAY + number) for number in range(100)]))
    (part,) = load(tmp_path / "s").parts
    path = tmp_path / "s" / part.file
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 3] ^= 1
    path.write_bytes(whole)
    check = checked(tmp_path / "s")
    assert not check.is_whole
    assert "hash" in found(check)


def test_a_part_that_is_gone_or_not_counted_is_found(tmp_path: Path) -> None:
    store = tmp_path / "s"
    imported(store, Made([ONE], [quote(1, MONDAY)]))
    catalogue = load(store)
    save(store, msgspec.structs.replace(catalogue, parts=()))
    assert found(checked(store)) == {"conservation": 1}
    wrong = msgspec.structs.replace(catalogue.parts[0], rows=7)
    save(store, msgspec.structs.replace(catalogue, parts=(wrong,)))
    assert found(checked(store)) == {"rows": 1, "conservation": 1}
    save(store, catalogue)
    (store / catalogue.parts[0].file).unlink()
    assert found(checked(store)) == {"unreadable": 1}
