"""What people search by."""

from alembic import op

revision = "0002"
down_revision = "0001"

_INDEXES = (
    ("ix_refusals_check_name", "refusals", ["check_name"]),
    ("ix_orders_instrument_id_status", "orders", ["instrument_id", "status"]),
    ("ix_orders_strategy_id_created_at_ns", "orders", ["strategy_id", "created_at_ns"]),
    ("ix_fills_instrument_id_fill_time_ns", "fills", ["instrument_id", "fill_time_ns"]),
    ("ix_fills_order_id", "fills", ["order_id"]),
    ("ix_order_events_order_id_event_id", "order_events", ["order_id", "event_id"]),
    ("ix_position_events_position_id_event_id", "position_events", ["position_id", "event_id"]),
)


def upgrade() -> None:
    """Make the indexes."""
    for name, table, columns in _INDEXES:
        op.create_index(name, table, columns)


def downgrade() -> None:
    """Drop them."""
    for name, table, _columns in _INDEXES:
        op.drop_index(name, table_name=table)
