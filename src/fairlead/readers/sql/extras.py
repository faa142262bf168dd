"""Says which extra is missing, before anything of it is imported."""

from importlib.util import find_spec
from typing import Final

from fairlead.readers.errors import ReadModelNotInstalled

_PACKAGES: Final = {
    "sql": {"sqlalchemy": "SQLAlchemy", "alembic": "alembic"},
    "postgres": {"sqlalchemy": "SQLAlchemy", "alembic": "alembic", "psycopg": "psycopg"},
    "research": {"pyarrow": "pyarrow"},
}


def need(extra: str) -> None:
    """Raise `ReadModelNotInstalled` where a package of an extra is missing."""
    for module, package in _PACKAGES[extra].items():
        if find_spec(module) is None:
            raise ReadModelNotInstalled(package, extra)
