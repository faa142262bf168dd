"""The section `execution`: order settings, slippage protection and reconciliation by other names.

It says what `orders` and `reconciliation` say, in the words of source document S4, and becomes
them.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, Strict

from fairlead.node.policy_settings import OrderSettings, ReconciliationSettings
from fairlead.node.settings import (
    Amount,
    Contradiction,
    Duration,
    Section,
    decimals,
)

_EVERY: Final = {
    "hourly": "1h",
    "daily": "1d",
}
_BASIS_POINTS: Final = 10_000


def _often(value: object) -> object:
    return _EVERY.get(value, value) if isinstance(value, str) else value


class ExecutionOrderSettings(Section):
    """How an order of unset type is made, and when one that does not trade is given up."""

    default_type: Literal["limit"] = "limit"
    limit_offset_bps: int | None = Field(default=None, ge=0, le=9999)
    timeout_seconds: Duration | None = None
    timeout_action: Literal["cancel", "keep"] | None = None
    max_retries: int | None = Field(default=None, ge=1, le=1000)


class SlippageSettings(Section):
    """How far the market may go before what is left of an order is canceled."""

    max_slippage_bps: int = Field(default=20, ge=0, le=9999)
    action_on_breach: Literal["cancel"] = "cancel"


class ExecutionReconciliationSettings(Section):
    """When statements are asked for, and what a difference leads to."""

    frequency: Annotated[Duration, BeforeValidator(_often)] | None = None
    tolerance: Amount | None = Field(default=None, lt=1)
    on_mismatch: Annotated[
        tuple[Literal["alert", "log_discrepancy", "halt", "auto_correct"], ...], Strict(False)
    ] = ("alert", "log_discrepancy", "halt")

    def contradictions(self) -> Iterator[Contradiction]:
        """Return a tolerance that is finer than a basis point."""
        if self.tolerance is not None and decimals(self.tolerance) > 4:
            yield Contradiction(("tolerance",), "whole basis points: at most 4 decimals")


class ExecutionSettings(Section):
    """How orders are made and given up, and how they are reconciled."""

    order_settings: ExecutionOrderSettings | None = None
    slippage_protection: SlippageSettings | None = None
    reconciliation: ExecutionReconciliationSettings | None = None

    def other_names(self) -> Iterator[tuple[str, str]]:
        """Return the sections that are said here, and under which name."""
        for section, names in (
            ("orders", ("order_settings", "slippage_protection")),
            ("reconciliation", ("reconciliation",)),
        ):
            for name in names:
                if getattr(self, name) is not None:
                    yield section, name

    def orders(self, plain: OrderSettings) -> OrderSettings:
        """Return the settings of orders with what is said here."""
        said: dict[str, object] = {}
        own = self.order_settings
        if own is not None:
            said |= {
                "limit_offset_bps": own.limit_offset_bps,
                "timeout": own.timeout_seconds,
                "timeout_action": own.timeout_action,
                "max_retries": own.max_retries,
            }
        if self.slippage_protection is not None:
            said["max_slippage_bps"] = self.slippage_protection.max_slippage_bps
        known = {name: value for name, value in said.items() if value is not None}
        return plain.model_copy(update=known)

    def reconciled(self, plain: ReconciliationSettings) -> ReconciliationSettings:
        """Return the settings of reconciliation with what is said here."""
        own = self.reconciliation
        if own is None:
            return plain
        said: dict[str, object] = {"auto_correct": "auto_correct" in own.on_mismatch}
        if own.frequency is not None:
            said["interval"] = own.frequency
        if own.tolerance is not None:
            said["tolerance_bps"] = int(Decimal(_BASIS_POINTS) * own.tolerance)
        return plain.model_copy(update=said)
