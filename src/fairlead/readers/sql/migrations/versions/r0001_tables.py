"""The first tables."""

import sqlalchemy as sa
from alembic import op

from fairlead.readers.sql.columns import Document, Exact, Moment, Number

revision = "0001"
down_revision = None


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("account_id", Number, nullable=False, autoincrement=False),
        sa.Column("account_name", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("money_decimals", sa.Integer, nullable=False),
        sa.Column("initial_cash", Exact(), nullable=False),
        sa.Column("cost_basis", sa.Text, nullable=False),
        sa.Column("desk", sa.Text, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("created_at_ns", Number, nullable=False),
        sa.Column("sequence", Number, nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="pk_accounts"),
    )


def _faults() -> None:
    op.create_table(
        "faults",
        sa.Column("event_id", Number, nullable=False, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("order_id", Number, nullable=True),
        sa.Column("instrument_id", Number, nullable=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("data", Document, nullable=False),
        sa.Column("sequence", Number, nullable=False),
        sa.Column("event_time", Moment, nullable=False),
        sa.Column("event_time_ns", Number, nullable=False),
        sa.PrimaryKeyConstraint("event_id", name="pk_faults"),
    )


def _instruments() -> None:
    op.create_table(
        "instruments",
        sa.Column("instrument_id", Number, nullable=False, autoincrement=False),
        sa.Column("symbol", sa.Text, nullable=False),
        sa.Column("venue", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("price_decimals", sa.Integer, nullable=False),
        sa.Column("quantity_decimals", sa.Integer, nullable=False),
        sa.Column("money_decimals", sa.Integer, nullable=False),
        sa.Column("price_tick", Exact(), nullable=False),
        sa.Column("quantity_lot", Exact(), nullable=False),
        sa.Column("quantity_min", Exact(), nullable=False),
        sa.Column("quantity_max", Exact(), nullable=False),
        sa.Column("multiplier", Exact(), nullable=False),
        sa.Column("maker_fee", Exact(), nullable=False),
        sa.Column("taker_fee", Exact(), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("created_at_ns", Number, nullable=False),
        sa.Column("sequence", Number, nullable=False),
        sa.PrimaryKeyConstraint("instrument_id", name="pk_instruments"),
    )


def _operator_actions() -> None:
    op.create_table(
        "operator_actions",
        sa.Column("sequence", Number, nullable=False, autoincrement=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("refused", sa.Text, nullable=True),
        sa.Column("proposal", Number, nullable=True),
        sa.Column("data", Document, nullable=False),
        sa.Column("event_time", Moment, nullable=False),
        sa.Column("event_time_ns", Number, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_operator_actions"),
    )


def _projection() -> None:
    op.create_table(
        "projection",
        sa.Column("id", Number, nullable=False, autoincrement=False),
        sa.Column("layout", sa.Integer, nullable=False),
        sa.Column("journal", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("sequence", Number, nullable=False),
        sa.Column("time", Moment, nullable=False),
        sa.Column("time_ns", Number, nullable=False),
        sa.Column("epoch", Number, nullable=False),
        sa.Column("chain", sa.Text, nullable=False),
        sa.Column("behind_bytes", Number, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_projection"),
        sa.CheckConstraint("id = 1", name="ck_projection_one"),
    )


def _refusals() -> None:
    op.create_table(
        "refusals",
        sa.Column("event_id", Number, nullable=False, autoincrement=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("order_id", Number, nullable=False),
        sa.Column("strategy_id", Number, nullable=False),
        sa.Column("instrument_id", Number, nullable=False),
        sa.Column("request", sa.Text, nullable=False),
        sa.Column("check_name", sa.Text, nullable=False),
        sa.Column("measured", sa.Text, nullable=True),
        sa.Column("limit_value", sa.Text, nullable=True),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("sequence", Number, nullable=False),
        sa.Column("event_time", Moment, nullable=False),
        sa.Column("event_time_ns", Number, nullable=False),
        sa.PrimaryKeyConstraint("event_id", "number", name="pk_refusals"),
    )


def _account_balances() -> None:
    op.create_table(
        "account_balances",
        sa.Column("account_id", Number, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("cash", Exact(), nullable=False),
        sa.Column("realized_pnl", Exact(), nullable=False),
        sa.Column("fees", Exact(), nullable=False),
        sa.Column("flows", Exact(), nullable=False),
        sa.Column("converted", Exact(), nullable=False),
        sa.Column("last_updated", Moment, nullable=False),
        sa.Column("last_updated_ns", Number, nullable=False),
        sa.Column("updated_sequence", Number, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "currency", name="pk_account_balances"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name="fk_account_balances_account_id"
        ),
    )


def _strategies() -> None:
    op.create_table(
        "strategies",
        sa.Column("strategy_id", Number, nullable=False, autoincrement=False),
        sa.Column("strategy_name", sa.Text, nullable=False),
        sa.Column("account_id", Number, nullable=False),
        sa.Column("parameters", Document, nullable=True),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("status_reason", sa.Text, nullable=False),
        sa.Column("trader", sa.Text, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("created_at_ns", Number, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.Column("updated_at_ns", Number, nullable=False),
        sa.Column("sequence", Number, nullable=False),
        sa.Column("updated_sequence", Number, nullable=False),
        sa.PrimaryKeyConstraint("strategy_id", name="pk_strategies"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name="fk_strategies_account_id"
        ),
        sa.UniqueConstraint("strategy_name", name="uq_strategies_strategy_name"),
    )


def _orders() -> None:
    op.create_table(
        "orders",
        sa.Column("order_id", Number, nullable=False, autoincrement=False),
        sa.Column("strategy_id", Number, nullable=False),
        sa.Column("account_id", Number, nullable=False),
        sa.Column("instrument_id", Number, nullable=False),
        sa.Column("symbol", sa.Text, nullable=False),
        sa.Column("venue", sa.Text, nullable=False),
        sa.Column("side", sa.Text, nullable=False),
        sa.Column("order_type", sa.Text, nullable=False),
        sa.Column("time_in_force", sa.Text, nullable=False),
        sa.Column("post_only", sa.Boolean, nullable=False),
        sa.Column("reduce_only", sa.Boolean, nullable=False),
        sa.Column("quantity", Exact(), nullable=False),
        sa.Column("limit_price", Exact(), nullable=True),
        sa.Column("stop_price", Exact(), nullable=True),
        sa.Column("display_quantity", Exact(), nullable=True),
        sa.Column("expires_at", Moment, nullable=True),
        sa.Column("expires_at_ns", Number, nullable=True),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("status_reason", sa.Text, nullable=False),
        sa.Column("filled_quantity", Exact(), nullable=False),
        sa.Column("canceled_quantity", Exact(), nullable=False),
        sa.Column("leaves_quantity", Exact(), nullable=False),
        sa.Column("replace_quantity", Exact(), nullable=True),
        sa.Column("average_price", Exact(), nullable=True),
        sa.Column("filled_product", Exact(), nullable=False),
        sa.Column("fills", sa.Integer, nullable=False),
        sa.Column("client_order_id", sa.Text, nullable=True),
        sa.Column("replace_client_order_id", sa.Text, nullable=True),
        sa.Column("venue_order_id", sa.Text, nullable=True),
        sa.Column("decision_price", Exact(), nullable=True),
        sa.Column("parent_order_id", Number, nullable=True),
        sa.Column("after_order_id", Number, nullable=True),
        sa.Column("group_id", Number, nullable=True),
        sa.Column("contingency", sa.Text, nullable=False),
        sa.Column("tag", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("trader", sa.Text, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("created_at_ns", Number, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.Column("updated_at_ns", Number, nullable=False),
        sa.Column("sequence", Number, nullable=False),
        sa.Column("updated_sequence", Number, nullable=False),
        sa.PrimaryKeyConstraint("order_id", name="pk_orders"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name="fk_orders_account_id"
        ),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instruments.instrument_id"], name="fk_orders_instrument_id"
        ),
        sa.ForeignKeyConstraint(
            ["strategy_id"], ["strategies.strategy_id"], name="fk_orders_strategy_id"
        ),
    )


def _positions() -> None:
    op.create_table(
        "positions",
        sa.Column("position_id", Number, nullable=False, autoincrement=False),
        sa.Column("account_id", Number, nullable=False),
        sa.Column("strategy_id", Number, nullable=True),
        sa.Column("instrument_id", Number, nullable=False),
        sa.Column("symbol", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("quantity", Exact(), nullable=False),
        sa.Column("avg_cost", Exact(), nullable=True),
        sa.Column("open_cost", Exact(), nullable=False),
        sa.Column("realized_pnl", Exact(), nullable=False),
        sa.Column("unrealized_pnl", Exact(), nullable=True),
        sa.Column("mark_missing", sa.Text, nullable=False),
        sa.Column("fees", Exact(), nullable=False),
        sa.Column("last_updated", Moment, nullable=False),
        sa.Column("last_updated_ns", Number, nullable=False),
        sa.Column("sequence", Number, nullable=False),
        sa.Column("updated_sequence", Number, nullable=False),
        sa.PrimaryKeyConstraint("position_id", name="pk_positions"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name="fk_positions_account_id"
        ),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instruments.instrument_id"], name="fk_positions_instrument_id"
        ),
        sa.ForeignKeyConstraint(
            ["strategy_id"], ["strategies.strategy_id"], name="fk_positions_strategy_id"
        ),
        sa.UniqueConstraint(
            "account_id",
            "strategy_id",
            "instrument_id",
            name="uq_positions_account_id_strategy_id_instrument_id",
        ),
    )


def _strategy_parameters() -> None:
    op.create_table(
        "strategy_parameters",
        sa.Column("strategy_id", Number, nullable=False),
        sa.Column("version", Number, nullable=False),
        sa.Column("parameters", Document, nullable=True),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("created_at_ns", Number, nullable=False),
        sa.PrimaryKeyConstraint("strategy_id", "version", name="pk_strategy_parameters"),
        sa.ForeignKeyConstraint(
            ["strategy_id"], ["strategies.strategy_id"], name="fk_strategy_parameters_strategy_id"
        ),
    )


def _fills() -> None:
    op.create_table(
        "fills",
        sa.Column("fill_id", Number, nullable=False, autoincrement=False),
        sa.Column("order_id", Number, nullable=False),
        sa.Column("strategy_id", Number, nullable=False),
        sa.Column("account_id", Number, nullable=False),
        sa.Column("instrument_id", Number, nullable=False),
        sa.Column("symbol", sa.Text, nullable=False),
        sa.Column("side", sa.Text, nullable=False),
        sa.Column("fill_quantity", Exact(), nullable=False),
        sa.Column("fill_price", Exact(), nullable=False),
        sa.Column("commission", Exact(), nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("liquidity", sa.Text, nullable=False),
        sa.Column("venue", sa.Text, nullable=False),
        sa.Column("session_date", Number, nullable=False),
        sa.Column("exec_id", sa.Text, nullable=False),
        sa.Column("fill_time", Moment, nullable=False),
        sa.Column("fill_time_ns", Number, nullable=False),
        sa.Column("venue_time", Moment, nullable=True),
        sa.Column("venue_time_ns", Number, nullable=True),
        sa.Column("sequence", Number, nullable=False),
        sa.Column("busted_sequence", Number, nullable=True),
        sa.Column("busted_at", Moment, nullable=True),
        sa.Column("busted_at_ns", Number, nullable=True),
        sa.Column("busted_reason", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("fill_id", name="pk_fills"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name="fk_fills_account_id"
        ),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instruments.instrument_id"], name="fk_fills_instrument_id"
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.order_id"], name="fk_fills_order_id"),
        sa.ForeignKeyConstraint(
            ["strategy_id"], ["strategies.strategy_id"], name="fk_fills_strategy_id"
        ),
        sa.UniqueConstraint(
            "venue", "session_date", "exec_id", name="uq_fills_venue_session_date_exec_id"
        ),
    )


def _order_events() -> None:
    op.create_table(
        "order_events",
        sa.Column("event_id", Number, nullable=False, autoincrement=False),
        sa.Column("order_id", Number, nullable=False),
        sa.Column("sequence", Number, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("event_type", sa.Text, nullable=False),
        sa.Column("event_data", Document, nullable=False),
        sa.Column("event_time", Moment, nullable=False),
        sa.Column("event_time_ns", Number, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("event_id", name="pk_order_events"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.order_id"], name="fk_order_events_order_id"),
        sa.UniqueConstraint("sequence", "position", name="uq_order_events_sequence_position"),
    )


def _position_events() -> None:
    op.create_table(
        "position_events",
        sa.Column("event_id", Number, nullable=False, autoincrement=False),
        sa.Column("position_id", Number, nullable=False),
        sa.Column("instrument_id", Number, nullable=False),
        sa.Column("sequence", Number, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("event_type", sa.Text, nullable=False),
        sa.Column("quantity_delta", Exact(), nullable=False),
        sa.Column("price", Exact(), nullable=True),
        sa.Column("quantity", Exact(), nullable=False),
        sa.Column("open_cost", Exact(), nullable=False),
        sa.Column("realized_pnl", Exact(), nullable=False),
        sa.Column("fees", Exact(), nullable=False),
        sa.Column("fill_id", Number, nullable=True),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("event_time", Moment, nullable=False),
        sa.Column("event_time_ns", Number, nullable=False),
        sa.PrimaryKeyConstraint("event_id", name="pk_position_events"),
        sa.ForeignKeyConstraint(["fill_id"], ["fills.fill_id"], name="fk_position_events_fill_id"),
        sa.ForeignKeyConstraint(
            ["instrument_id"],
            ["instruments.instrument_id"],
            name="fk_position_events_instrument_id",
        ),
        sa.ForeignKeyConstraint(
            ["position_id"], ["positions.position_id"], name="fk_position_events_position_id"
        ),
    )


def upgrade() -> None:
    """Make every table."""
    _accounts()
    _faults()
    _instruments()
    _operator_actions()
    _projection()
    _refusals()
    _account_balances()
    _strategies()
    _orders()
    _positions()
    _strategy_parameters()
    _fills()
    _order_events()
    _position_events()
    op.create_index(
        "uq_positions_of_nobody",
        "positions",
        ["account_id", "instrument_id"],
        unique=True,
        sqlite_where=sa.text("strategy_id IS NULL"),
        postgresql_where=sa.text("strategy_id IS NULL"),
    )


def downgrade() -> None:
    """Leave nothing."""
    for name in (
        "position_events",
        "order_events",
        "fills",
        "strategy_parameters",
        "positions",
        "orders",
        "strategies",
        "account_balances",
        "refusals",
        "projection",
        "operator_actions",
        "instruments",
        "faults",
        "accounts",
    ):
        op.drop_table(name)
