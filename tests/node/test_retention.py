"""How long a journal is kept can be made longer, and never shorter."""

from pathlib import Path

import pytest

from fairlead.model.units import Nanos
from fairlead.node.errors import RetentionUnreadable
from fairlead.node.retention import RetentionLock, lock_retention, locked_retention


def test_it_is_written_once_and_grows(tmp_path: Path) -> None:
    assert locked_retention(tmp_path) is None
    first = lock_retention(tmp_path, Nanos(100), "paper", Nanos(1))
    assert first == RetentionLock(100, "paper", 1)
    assert lock_retention(tmp_path, Nanos(50), "paper", Nanos(2)) == first
    assert locked_retention(tmp_path) == first
    assert lock_retention(tmp_path, Nanos(200), "live", Nanos(3)) == RetentionLock(200, "live", 3)
    assert [path.name for path in tmp_path.iterdir()] == ["retention.json"]


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "retention.json").write_text("{")
    with pytest.raises(RetentionUnreadable, match=r"retention\.json: cannot be read"):
        locked_retention(tmp_path)
