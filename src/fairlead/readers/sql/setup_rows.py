"""Rows of what is defined: accounts and their balances, instruments, strategies."""

from typing import Any

import msgspec

from fairlead.model.inputs import (
    AccountDefinition,
    CurrencyDefinition,
    InstrumentDefinition,
    InstrumentRenamed,
    StrategyDefinition,
)
from fairlead.model.outputs import AccountChanged, StrategyDisabled, StrategyEnabled
from fairlead.readers.sql.database import exact_json
from fairlead.readers.sql.entries import AppliedEntry, plain
from fairlead.readers.sql.knowledge import Knowledge
from fairlead.readers.sql.tables import (
    ACCOUNT_BALANCES,
    ACCOUNTS,
    INSTRUMENTS,
    POSITIONS,
    STRATEGIES,
    STRATEGY_PARAMETERS,
)
from fairlead.readers.sql.workspace import Workspace


class SetupRows:
    """Follows definitions, and what becomes of what they define."""

    def __init__(self, workspace: Workspace, knowledge: Knowledge) -> None:
        """Write into a workspace."""
        self._rows = workspace
        self._knowledge = knowledge

    def follow(self, entry: AppliedEntry) -> None:
        """Take one entry."""
        match entry.input:
            case AccountDefinition() if not entry.refused:
                self._account(entry, entry.input)
            case CurrencyDefinition() if not entry.refused:
                self._balance(entry, entry.input.account, entry.input.currency, entry.input.cash)
            case InstrumentDefinition() if not entry.refused:
                self._instrument(entry, entry.input)
            case StrategyDefinition() if not entry.refused:
                self._strategy(entry, entry.input)
            case InstrumentRenamed() if not entry.refused:
                self._rename(entry.input)
        for output in entry.outputs:
            match output:
                case StrategyDisabled():
                    self._status(entry, output.strategy, "disabled", output.reason)
                case StrategyEnabled():
                    reason = f"{output.person}: {output.reason}"
                    self._status(entry, output.strategy, "enabled", reason)
                case AccountChanged():
                    self._changed(entry, output)

    def _account(self, entry: AppliedEntry, input: AccountDefinition) -> None:
        row = {
            "account_id": input.account,
            "account_name": input.name,
            "currency": input.currency,
            "money_decimals": input.money_decimals,
            "initial_cash": input.cash,
            "cost_basis": input.cost_basis.name.lower(),
            "desk": input.desk,
            **entry.at("created_at"),
            "sequence": entry.sequence,
        }
        self._rows.insert(ACCOUNTS, row)
        self._balance(entry, input.account, input.currency, input.cash)

    def _balance(self, entry: AppliedEntry, account: int, currency: str, cash: int) -> None:
        row = {
            "account_id": account,
            "currency": currency,
            "cash": cash,
            "realized_pnl": 0,
            "fees": 0,
            "flows": 0,
            "converted": 0,
            **entry.at("last_updated"),
            "updated_sequence": entry.sequence,
        }
        self._rows.add(ACCOUNT_BALANCES, row)

    def _changed(self, entry: AppliedEntry, fact: AccountChanged) -> None:
        account = self._knowledge.account(fact.account)
        assert account is not None, "an account that changes is known"
        row = self._rows.get(ACCOUNT_BALANCES, fact.account, fact.currency or account.currency)
        assert row is not None, "an account holds the currency that changes"
        self._rows.change(
            ACCOUNT_BALANCES,
            row,
            cash=fact.cash,
            realized_pnl=fact.realised,
            fees=fact.fees,
            flows=fact.flows,
            converted=fact.converted,
            **entry.at("last_updated"),
            updated_sequence=entry.sequence,
        )

    def _instrument(self, entry: AppliedEntry, input: InstrumentDefinition) -> None:
        terms = input.instrument
        row = {
            "instrument_id": terms.instrument,
            "symbol": terms.symbol,
            "venue": terms.venue,
            "currency": terms.currency,
            "kind": terms.kind.name.lower(),
            "price_decimals": terms.price_decimals,
            "quantity_decimals": terms.quantity_decimals,
            "money_decimals": terms.money_decimals,
            "price_tick": terms.price_tick,
            "quantity_lot": terms.quantity_lot,
            "quantity_min": terms.quantity_min,
            "quantity_max": terms.quantity_max,
            "multiplier": terms.multiplier,
            "maker_fee": terms.maker_fee,
            "taker_fee": terms.taker_fee,
            **entry.at("created_at"),
            "sequence": entry.sequence,
        }
        self._rows.add(INSTRUMENTS, row)

    def _rename(self, input: InstrumentRenamed) -> None:
        row = self._rows.get(INSTRUMENTS, input.instrument)
        assert row is not None, "an instrument that is renamed is known"
        self._rows.change(INSTRUMENTS, row, symbol=input.symbol)
        for held in self._rows.find(POSITIONS, POSITIONS.c.instrument_id == input.instrument):
            self._rows.change(POSITIONS, held, symbol=input.symbol)

    def _strategy(self, entry: AppliedEntry, input: StrategyDefinition) -> None:
        parameters = _parsed(input.parameters)
        row = {
            "strategy_id": input.strategy,
            "strategy_name": input.name,
            "account_id": input.account,
            "parameters": parameters,
            "status": "enabled",
            "status_reason": "",
            "trader": input.trader,
            **entry.at("created_at"),
            **entry.at("updated_at"),
            "sequence": entry.sequence,
            "updated_sequence": entry.sequence,
        }
        self._rows.add(STRATEGIES, row)
        version = {
            "strategy_id": input.strategy,
            "version": entry.sequence,
            "parameters": parameters,
            **entry.at("created_at"),
        }
        self._rows.insert(STRATEGY_PARAMETERS, version)

    def _status(self, entry: AppliedEntry, strategy: int, status: str, reason: str) -> None:
        row = self._rows.get(STRATEGIES, strategy)
        if row is not None:
            self._rows.change(
                STRATEGIES,
                row,
                status=status,
                status_reason=reason,
                **entry.at("updated_at"),
                updated_sequence=entry.sequence,
            )


def _parsed(text: str) -> Any:
    """Return the parameters as they are; the text itself where it is no JSON."""
    if not text.strip():
        return None
    try:
        return plain(exact_json(text))
    except msgspec.DecodeError:
        return {"text": plain(text)}
