"""How alembic runs a migration: on the connection that it is given, and on no other."""

from alembic import context

from fairlead.readers.sql.tables import SCHEMA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SCHEMA,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
