"""Brings the tables of a read model to a version, by the migrations that are shipped with us.

A migration keeps the rows. Where the rules by which rows are made have changed (`LAYOUT`), no
migration can help: the journal is projected anew, which it always can be.
"""

from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

LAYOUT: Final = 1  # raised whenever the same journal would give other rows
HEAD: Final = "head"
BASE: Final = "base"
_PLACE: Final = Path(__file__).parent / "migrations"


def upgrade(engine: Engine, revision: str = HEAD) -> None:
    """Bring an empty or older database to a revision, in one transaction."""
    with engine.begin() as connection:
        command.upgrade(_config(connection), revision)


def downgrade(engine: Engine, revision: str = BASE) -> None:
    """Take a database back to an older revision; at `base` nothing of ours is left."""
    with engine.begin() as connection:
        command.downgrade(_config(connection), revision)


def revision_of(connection: Connection) -> str | None:
    """Return the revision of a database, None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def newest() -> str:
    """Return the revision that this build works with."""
    head = ScriptDirectory(str(_PLACE)).get_current_head()
    assert head is not None, "there is a first migration"
    return head


def revisions() -> list[str]:
    """Return every revision that this build knows, oldest first."""
    known = [script.revision for script in ScriptDirectory(str(_PLACE)).walk_revisions()]
    return known[::-1]


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_PLACE).replace("%", "%%"))
    attributes: dict[str, Any] = config.attributes
    attributes["connection"] = connection
    return config
