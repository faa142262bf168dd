"""Who may trade what, how, and for how long: permissions, the restricted list, types and lives."""

from typing import Final

from fairlead.machine.orders import PLAIN, Order
from fairlead.machine.risk.terms import Checks, Terms
from fairlead.model.instruments import Instrument
from fairlead.model.risk import Permission, PreTradePolicy, Restriction
from fairlead.model.terms import OrderType, Side, TimeInForce, Unit
from fairlead.model.units import AccountId, InstrumentId, Nanos, StrategyId

_NANOS: Final = Unit.NANOS
_GTD: Final = TimeInForce.GTD
_AT_ONCE: Final = (TimeInForce.IOC, TimeInForce.FOK)
_MARKET: Final = OrderType.MARKET
_LIMIT: Final = OrderType.LIMIT
_FIRED: Final[dict[OrderType, OrderType]] = {  # as what the machine sends a stop that it keeps
    OrderType.STOP: OrderType.MARKET,
    OrderType.TRAILING_STOP: OrderType.MARKET,
    OrderType.STOP_LIMIT: OrderType.LIMIT,
}


class Permits:
    """Permissions and restrictions.

    Bounded: by what people set; each is set by name, and set again it takes the place of the last.
    """

    def __init__(self) -> None:
        """Begin without any."""
        self._permissions: dict[StrategyId, tuple[Permission, ...]] = {}
        self._restrictions: dict[InstrumentId, dict[tuple[int, int], Restriction]] = {}

    def permit(self, strategy: StrategyId, permissions: tuple[Permission, ...]) -> None:
        """Let a strategy trade what its permissions name, and nothing else."""
        self._permissions[strategy] = permissions

    def of(self, strategy: StrategyId) -> tuple[Permission, ...] | None:
        """Return the permissions of a strategy, None if nobody set any."""
        return self._permissions.get(strategy)

    def restricted(self) -> list[Restriction]:
        """Return the restricted list."""
        return [one for here in self._restrictions.values() for one in here.values()]

    def listed(self, restriction: Restriction) -> Restriction | None:
        """Return what is on the list for the same orders, None if nothing is."""
        here = self._restrictions.get(restriction.instrument)
        return here.get(_key(restriction)) if here is not None else None

    def restrict(self, restriction: Restriction, listed: bool) -> None:
        """Put a restriction on the list, or take it off."""
        here = self._restrictions.setdefault(restriction.instrument, {})
        if listed:
            here[_key(restriction)] = restriction
            return
        here.pop(_key(restriction), None)
        if not here:
            del self._restrictions[restriction.instrument]

    def restrictions(self) -> list[Restriction]:
        """Return the restricted list."""
        return [each for here in self._restrictions.values() for each in here.values()]

    def check(self, terms: Terms, policy: PreTradePolicy, checks: Checks) -> None:
        """Hold an order against what may be traded, and how."""
        order = terms.order
        if not terms.closing:  # a kill closes what the strategy itself may trade no more
            self._check_permission(order, terms.instrument, policy, checks)
            if policy.order_types_forbidden:
                forbidden = policy.order_types_forbidden
                passed = order.order_type not in forbidden and terms.order_type not in forbidden
                checks.fact(passed, "order_type_allowed")
            if policy.life_max:
                _check_life(terms, policy.life_max, checks)
        here = self._restrictions.get(order.instrument) if self._restrictions else None
        if here is not None:
            for restriction in here.values():
                if is_restricted(restriction, terms.path.account, order.side):
                    passed = restriction.closing_allowed and terms.reduces
                    checks.fact(passed, "restricted", _whose(restriction))

    def check_held(self, terms: Terms, policy: PreTradePolicy, checks: Checks) -> None:
        """Hold an order that is to wait here against what it could never be sent as."""
        order = terms.order
        self._check_permission(order, terms.instrument, policy, checks)
        if policy.order_types_forbidden:
            forbidden = policy.order_types_forbidden
            fired = fired_type(order)
            passed = order.order_type not in forbidden and fired not in forbidden
            checks.fact(passed, "order_type_allowed")

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        return [
            list(self._permissions.items()),
            [list(here.values()) for here in self._restrictions.values()],
        ]

    def _check_permission(
        self, order: Order, instrument: Instrument, policy: PreTradePolicy, checks: Checks
    ) -> None:
        permissions = self._permissions.get(order.strategy) if self._permissions else None
        if permissions is None:
            if policy.permissions_required:
                checks.fact(False, "permission")
            return
        passed = False
        for permission in permissions:
            passed = passed or _permits(permission, order, instrument)
        checks.fact(passed, "permission")


def fired_type(order: Order) -> OrderType:
    """Return as what an order that the machine keeps leaves."""
    return _FIRED.get(order.order_type, order.order_type)


def is_restricted(restriction: Restriction, account: AccountId, side: Side) -> bool:
    """Return whether a restriction is about the orders of one side of an account."""
    if restriction.account and restriction.account != account:
        return False
    return restriction.side is None or restriction.side is side


def _key(restriction: Restriction) -> tuple[int, int]:
    side = restriction.side
    return (restriction.account, side.value if side is not None else 0)


def _whose(restriction: Restriction) -> str:
    return "account" if restriction.account else "firm"


def _permits(permission: Permission, order: Order, instrument: Instrument) -> bool:
    return (
        permission.trader in ("", order.trader)
        and (not permission.instruments or instrument.instrument in permission.instruments)
        and (not permission.venues or instrument.venue in permission.venues)
        and (not permission.order_types or order.order_type in permission.order_types)
    )


def _check_life(terms: Terms, most: Nanos, checks: Checks) -> None:
    """Hold how long an order may work; one that nobody ends lives too long."""
    life: int | None = None
    conditions = terms.order.conditions
    if terms.order_type is _MARKET or terms.time_in_force in _AT_ONCE:
        life = 0
    elif conditions is not PLAIN:
        if conditions.timeout:
            life = conditions.timeout  # from when it leaves
        if terms.time_in_force is _GTD:
            left = conditions.expire_time - terms.now
            life = left if life is None else min(life, left)
    checks.hold_optional(life is not None and life <= most, "life_max", life, most, _NANOS)
