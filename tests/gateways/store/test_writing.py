"""Imports: all or nothing, never twice, one at a time, whatever breaks."""

from pathlib import Path

import pytest

from fairlead.gateways.store.catalogue import CATALOGUE, leftovers, load, writing
from fairlead.gateways.store.errors import ImportedBefore, StoreBusy, StoreUnreadable
from fairlead.gateways.store.writing import DAY_ROWS_MIN
from tests.gateways.store.stores import DAY, MONDAY, Event, Made, imported, instrument, read
from tests.gateways.store.test_reading import quote

pytest.importorskip("pyarrow", reason="the extra research is not installed")

ONE = instrument(1, "ONE.X")
EVENTS = [quote(1, MONDAY + number) for number in range(10)]


def test_an_import_that_breaks_leaves_nothing_that_is_read(tmp_path: Path) -> None:
    store = tmp_path / "s"
    imported(store, Made([ONE], EVENTS[:4]), "first")
    before = (store / CATALOGUE).read_bytes()
    with pytest.raises(OSError, match="the disk is gone"):
        imported(store, Made([ONE], EVENTS, breaks_at=7), "second")
    assert (store / CATALOGUE).read_bytes() == before
    assert read(store) == EVENTS[:4]
    assert leftovers(store, load(store))
    imported(store, Made([ONE], EVENTS[4:]), "second")
    assert not leftovers(store, load(store))
    assert read(store) == EVENTS


def test_parts_without_a_catalogue_are_no_store_and_no_obstacle(tmp_path: Path) -> None:
    """A crash between the last part and the catalogue: nothing was imported."""
    store = tmp_path / "s"
    imported(store, Made([ONE], EVENTS), "first")
    (store / CATALOGUE).rename(store / (CATALOGUE + ".partial"))
    with pytest.raises(StoreUnreadable):
        read(store)
    imported(store, Made([ONE], EVENTS), "first")
    assert read(store) == EVENTS
    assert len(load(store).parts) == 1


def test_the_same_file_is_not_imported_twice(tmp_path: Path) -> None:
    imported(tmp_path / "s", Made([ONE], EVENTS), "first")
    with pytest.raises(ImportedBefore, match="imported before, by import 1"):
        imported(tmp_path / "s", Made([ONE], EVENTS), "first")
    assert len(load(tmp_path / "s").imports) == 1


def test_one_writes_at_a_time(tmp_path: Path) -> None:
    with (
        writing(tmp_path / "s"),
        pytest.raises(StoreBusy, match="another import is writing"),
        writing(tmp_path / "s"),
    ):
        pass


def test_a_folder_of_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "thesis.doc").write_text("mine")
    with pytest.raises(StoreUnreadable, match="not empty, and no tick store"):
        imported(tmp_path / "s", Made([ONE], EVENTS))


def test_full_days_have_parts_of_their_own_and_sparse_ones_share(tmp_path: Path) -> None:
    full: list[Event] = [
        quote(1, MONDAY + day * DAY + number) for day in (0, 1) for number in range(DAY_ROWS_MIN)
    ]
    sparse = [quote(1, MONDAY + day * DAY) for day in range(2, 30)]
    done = imported(tmp_path / "s", Made([ONE], full + sparse))
    parts = load(tmp_path / "s").parts
    assert [(part.day, part.last_day) for part in parts] == [
        (20241202, 20241202),
        (20241203, 20241203),
        (20241204, 20241231),
    ]
    assert sum(part.rows for part in parts) == done.rows == len(full + sparse)
    assert read(tmp_path / "s") == full + sparse
