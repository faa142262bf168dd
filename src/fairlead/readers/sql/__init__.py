"""The SQL read model: what the journal tells, as tables that anybody can query.

Nothing here imports SQLAlchemy before it is needed: the extra `sql` may be missing.
"""
