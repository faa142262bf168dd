"""What all tests share: real market data where it is there, and how hypothesis searches."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# A shared machine may stall: the timeout of the test bounds it, not the time of one example. In CI
# the same examples run every time, so that red means that the change did it.
settings.register_profile("fairlead", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("fairlead")


@pytest.fixture(scope="session")
def market_data() -> Path:
    """Return the real recordings: in $FAIRLEAD_MARKET_DATA, or beside the checkout."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("FAIRLEAD_MARKET_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"no market data in {folder}: set FAIRLEAD_MARKET_DATA to its folder")
    return folder
