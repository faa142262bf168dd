"""Any input and output, made by introspection: a field that is added is tested at once."""

from enum import IntEnum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

import msgspec
from hypothesis import strategies as st

from fairlead.model import text
from fairlead.model.instruments import Instrument
from fairlead.model.limits import Limits, MessageRate
from fairlead.model.names import Names
from fairlead.model.policies import OrderPolicy, ReconciliationPolicy
from fairlead.model.risk import FIRM, WINDOWED, Breaker, KillPolicy, Limit, Scope
from fairlead.model.risk_terms import BreakerState, LimitKind, ResetPolicy, ScopeKind
from fairlead.model.units import (
    AccountId,
    BasisPoints,
    InstrumentId,
    Millionths,
    Money,
    Nanos,
    OrderId,
    Price,
    Quantity,
    Rate,
    Sequence,
    SignedQuantity,
    StrategyId,
    UpdateId,
)

LEAST, MOST = -(2**63), 2**64 - 1  # what a record can hold
WHOLE = st.integers(LEAST, MOST)
NOT_NEGATIVE = st.integers(0, MOST)
NAMED = st.sampled_from([1, 2, 7])  # `known_names` knows 1 and 2

VALUES: dict[Any, st.SearchStrategy[Any]] = {
    bool: st.booleans(),
    str: st.text(max_size=20),
    int: NOT_NEGATIVE,
    Price: WHOLE,
    Quantity: NOT_NEGATIVE,
    SignedQuantity: WHOLE,
    Money: WHOLE,
    Rate: WHOLE,
    Millionths: WHOLE,
    BasisPoints: WHOLE,
    Nanos: NOT_NEGATIVE,
    UpdateId: NOT_NEGATIVE,
    OrderId: NOT_NEGATIVE,
    Sequence: NOT_NEGATIVE,
    InstrumentId: NAMED,
    AccountId: NAMED,
    StrategyId: NAMED,
}
# What a struct's own rules ask for, and what has no text form beyond some bound.
RULES: dict[Any, dict[str, st.SearchStrategy[Any]]] = {
    Instrument: {
        "price_decimals": st.integers(0, 6),
        "quantity_decimals": st.integers(0, 6),
        "money_decimals": st.integers(12, 18),
        "price_tick": st.integers(1, MOST),
        "quantity_lot": st.integers(1, MOST),
        "quantity_min": st.integers(1, 1000),
        "quantity_max": st.integers(1000, MOST),
        "notional_min": NOT_NEGATIVE,
        "multiplier": st.integers(1, MOST),
        "multiplier_decimals": st.just(0),
    },
    Limits: {
        "order_notional_max": NOT_NEGATIVE,
        "collar": st.integers(0, 9_999),
        "reference_age_max": st.integers(1, MOST),
    },
    MessageRate: {"window": st.integers(1, MOST)},
    OrderPolicy: {
        "limit_offset": st.integers(0, 9_999),
        "slippage_max": st.integers(0, 9_999),
        "attempts_max": st.integers(1, MOST),
    },
    ReconciliationPolicy: {"tolerance": st.integers(0, 9_999)},
    Limit: {
        "kind": st.sampled_from([kind for kind in LimitKind if kind not in WINDOWED]),
        "hard": st.integers(0, 2**63),
        "warning": st.none(),
        "window": st.just(0),
    },
    Breaker: {
        "name": st.text("abc ", min_size=1).map(lambda text: text + "."),
        "condition": st.text("abc ", min_size=1).map(lambda text: text + "."),
        "state": st.sampled_from(BreakerState).filter(lambda state: state.name != "RECOVERY"),
        "reset": st.sampled_from([ResetPolicy.MANUAL, ResetPolicy.NEXT_DAY]),
        "cool_down": st.just(0),
        "size_share": st.integers(0, 1_000_000),
        "collar_share": st.integers(0, 1_000_000),
    },
    KillPolicy: {
        **{name: st.integers(1, 10**12) for name in ("confirm", "retry", "flatten", "stage")},
        "stage_orders_max": st.integers(1, 9),
        "stage_share": st.integers(1, 1_000_000),
        "price_offset": st.integers(0, 9_999),
    },
    text.INPUTS["AccountDefinition"]: {"money_decimals": st.integers(0, 40)},
}


SCOPES = st.just(FIRM) | st.builds(
    Scope,
    st.sampled_from([kind for kind in ScopeKind if kind.name != "FIRM"]),
    st.text("ab", min_size=1),
)


def known_names() -> Names:
    """Return names of two instruments of different decimals, two accounts and two strategies."""
    names = Names()
    for line in (
        '{"type":"AccountDefinition","name":"main","cash":0}',
        '{"type":"AccountDefinition","name":"spare","cash":0,"money_decimals":2}',
        '{"type":"InstrumentDefinition","instrument":'
        '{"symbol":"ABC","price_decimals":2,"quantity_decimals":0}}',
        '{"type":"InstrumentDefinition","instrument":'
        '{"symbol":"XYZ","price_decimals":0,"quantity_decimals":8}}',
        '{"type":"StrategyDefinition","name":"mm","account":"main"}',
        '{"type":"StrategyDefinition","name":"arb","account":"spare"}',
    ):
        text.read_input(text.read_object(line), names, Nanos(0))
    return names


def any_of(kinds: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return any record of these kinds."""
    return st.one_of([record(kind) for kind in kinds.values()])


def record(kind: Any) -> st.SearchStrategy[Any]:
    """Return any record of one kind."""
    if kind is Scope:
        return SCOPES
    rules = RULES.get(kind, {})
    fields = {
        field.name: rules[field.name] if field.name in rules else values(field.type)
        for field in msgspec.structs.fields(kind)
    }
    if "unit" in fields:  # the numbers of a failed check may be negative
        known = all(one.type is int for one in msgspec.structs.fields(kind) if one.name == "limit")
        fields["measured"] = fields["limit"] = WHOLE if known else st.none() | WHOLE
    return st.builds(kind, **fields)


def values(declared: Any) -> st.SearchStrategy[Any]:
    """Return any value of a field's type."""
    if declared in VALUES:
        return VALUES[declared]
    parts = get_args(declared)
    if get_origin(declared) in (Union, UnionType):
        return st.one_of([st.none() if part is NoneType else values(part) for part in parts])
    if get_origin(declared) is tuple and parts[-1] is Ellipsis:
        return st.lists(values(parts[0]), max_size=3).map(tuple)
    if get_origin(declared) is tuple:
        return st.tuples(*[values(part) for part in parts])
    return st.sampled_from(declared) if issubclass(declared, IntEnum) else record(declared)
