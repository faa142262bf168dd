"""Checks that people write: a name, a condition that must hold, and what the trader is told if not.

A condition that cannot be known fails: a market without a last price, a volume that nobody gave.
Values are read when a condition needs them, from the order and what it is held against; a price
that is older than the instrument's limits allow is none.
"""

from typing import Final

from fairlead.machine.books import NEVER
from fairlead.machine.risk.rules import Kind, Rule, Value, compile_rule
from fairlead.machine.risk.terms import Checks, Terms, writable
from fairlead.machine.risk.totals import Slot
from fairlead.model.limits import Limits
from fairlead.model.risk import NamedCheck, Profile
from fairlead.model.risk_terms import LimitKind
from fairlead.model.terms import Unit
from fairlead.model.units import MILLIONTHS, Money, Nanos, Price

CHECKS_MAX: Final = 100  # every order is held against each of them

_NANOS: Final = Unit.NANOS
_SHARE: Final = Unit.SHARE
_NONE: Final = Unit.NONE
_DURATION: Final = Kind.DURATION
_ORDER_NOTIONAL: Final = LimitKind.ORDER_NOTIONAL

_OF_ORDER: Final[dict[str, Kind]] = {
    # Without a limit the price of an order is the edge of the collar, and `price` the reference.
    "order_price": Kind.PRICE,
    "price": Kind.PRICE,
    "order_size": Kind.QUANTITY,
    "order_quantity": Kind.QUANTITY,
    "order_value": Kind.MONEY,  # at the dearest price at which it may trade
    "max_order_value": Kind.MONEY,  # the tightest that is set
    "buys": Kind.TRUTH,
    "sells": Kind.TRUTH,
    "at_market": Kind.TRUTH,
    "reduces": Kind.TRUTH,
}
_OF_MARKET: Final[dict[str, Kind]] = {
    "last_price": Kind.PRICE,
    "mid_price": Kind.PRICE,
    "reference_price": Kind.PRICE,
    "bid": Kind.PRICE,
    "ask": Kind.PRICE,
    "bid_size": Kind.QUANTITY,
    "ask_size": Kind.QUANTITY,
    "spread": Kind.PRICE,
    "quote_age": Kind.DURATION,
    "previous_close": Kind.PRICE,
    "avg_daily_volume": Kind.QUANTITY,
    "ADV": Kind.QUANTITY,
}
_OF_POSITION: Final[dict[str, Kind]] = {
    # What the account would hold at the worst, long or short.
    "position": Kind.QUANTITY,
    "position_value": Kind.MONEY,
    "position_share": Kind.SHARE,  # of the account's equity
    "equity": Kind.MONEY,
}
VOCABULARY: Final[dict[str, Kind]] = {**_OF_ORDER, **_OF_MARKET, **_OF_POSITION}


class Named:
    """One check that people wrote."""

    def __init__(self, check: NamedCheck) -> None:
        """Compile its condition. Raises `RuleError`."""
        self.check = check
        self.rule: Rule = compile_rule(check.condition, VOCABULARY)


class NamedChecks:
    """All of them, in the order in which they were first defined."""

    def __init__(self) -> None:
        """Begin without any."""
        self._checks: dict[str, Named] = {}

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._checks)

    def has(self, name: str) -> bool:
        """Return whether there is one of this name."""
        return name in self._checks

    def get(self, name: str) -> NamedCheck | None:
        """Return the check of this name, None if there is none."""
        named = self._checks.get(name)
        return named.check if named is not None else None

    def all(self) -> list[NamedCheck]:
        """Return all of them."""
        return [named.check for named in self._checks.values()]

    def define(self, check: NamedCheck) -> None:
        """Hold orders against a check from now on. Raises `RuleError`, and then nothing changed."""
        self._checks[check.name] = Named(check)

    def remove(self, name: str) -> None:
        """Hold orders against a check no more."""
        del self._checks[name]

    def check(self, facts: "Facts", checks: Checks) -> None:
        """Hold an order against all of them."""
        for name, named in self._checks.items():
            _hold(name, named, facts, checks)

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        return [named.check for named in self._checks.values()]


class Facts:
    """What conditions may ask about one order."""

    def __init__(
        self,
        terms: Terms,
        limits: Limits,
        profile: Profile | None,
        slot: Slot,
        equity: Money | None,
    ) -> None:
        """Take what the values are read from: `slot` is the account's."""
        self._terms = terms
        self._limits = limits
        self._profile = profile
        self._slot = slot
        self._equity = equity
        self._price_unit = 10**terms.instrument.price_decimals
        self._quantity_unit = 10**terms.instrument.quantity_decimals
        self._money_unit = 10**terms.instrument.money_decimals

    def values(self, names: tuple[str, ...]) -> dict[str, Value | None]:
        """Return what is asked for."""
        return {name: self._value(name) for name in names}

    def _value(self, name: str) -> Value | None:
        if name in _OF_ORDER:
            return self._of_order(name)
        if name in _OF_POSITION:
            return self._of_position(name)
        return self._of_market(name)

    def _of_order(self, name: str) -> Value | None:
        terms = self._terms
        if name == "order_price":
            return self._price(terms.price if terms.has_limit else terms.price_worst)
        if name == "price":
            return self._price(terms.price) if terms.has_limit else self._reference()
        if name in ("order_size", "order_quantity"):
            return (terms.quantity, self._quantity_unit)
        if name == "order_value":
            return (terms.value, self._money_unit) if terms.reference_twice else None
        if name == "max_order_value":
            return self._value_max()
        if name == "buys":
            return (1 if terms.buys else 0, 1)
        if name == "sells":
            return (0 if terms.buys else 1, 1)
        if name == "at_market":
            return (0 if terms.has_limit else 1, 1)
        assert name == "reduces", "a condition asks for what the vocabulary has"
        return (1 if terms.reduces else 0, 1)

    def _of_position(self, name: str) -> Value | None:
        terms, slot = self._terms, self._slot
        if name == "equity":
            return (self._equity, self._money_unit) if self._equity is not None else None
        if terms.buys:
            worst = abs(slot.net + slot.buys + terms.added)
        else:
            worst = abs(slot.net - slot.sells - terms.added)
        if name == "position":
            return (worst, self._quantity_unit)
        if slot.market.price_twice == 0:
            return None
        worth = slot.market.worth(worst)
        if name == "position_value":
            return (worth, self._money_unit)
        assert name == "position_share", "a condition asks for what the vocabulary has"
        if self._equity is None or self._equity <= 0:
            return None
        return (worth, self._equity)

    def _of_market(self, name: str) -> Value | None:
        book, profile = self._terms.book, self._profile
        if name == "last_price":
            return self._price(book.last_price) if self._is_fresh(book.last_time) else None
        if name == "reference_price":
            return self._reference()
        if name == "previous_close":
            known = profile.previous_close if profile is not None else None
            return (known, MILLIONTHS) if known is not None else None
        if name in ("avg_daily_volume", "ADV"):
            volume = profile.average_daily_volume if profile is not None else None
            return (volume, MILLIONTHS) if volume is not None else None
        if name == "quote_age":
            seen = book.touch_time
            return None if book.stale or seen == NEVER else (self._terms.now - seen, 1)
        return self._of_touch(name) if self._is_fresh(book.touch_time) else None

    def _of_touch(self, name: str) -> Value | None:
        book = self._terms.book
        if name == "bid":
            return self._price(book.bid_price)
        if name == "ask":
            return self._price(book.ask_price)
        if name == "bid_size":
            return (book.bid_quantity, self._quantity_unit)
        if name == "ask_size":
            return (book.ask_quantity, self._quantity_unit)
        if book.bid_price == 0 or book.ask_price == 0:
            return None
        if name == "spread":
            return (book.ask_price - book.bid_price, self._price_unit)
        assert name == "mid_price", "a condition asks for what the vocabulary has"
        return (book.bid_price + book.ask_price, 2 * self._price_unit)

    def _price(self, price: Price) -> Value | None:
        return (price, self._price_unit) if price > 0 else None

    def _reference(self) -> Value | None:
        twice = self._terms.reference_twice
        return (twice, 2 * self._price_unit) if twice else None

    def _value_max(self) -> Value:
        own = self._limits.order_notional_max
        bound = self._terms.path.tightest(_ORDER_NOTIONAL)
        if bound is None or own * MILLIONTHS <= bound[0].hard * self._money_unit:
            return (own, self._money_unit)
        return (bound[0].hard, MILLIONTHS)

    def _is_fresh(self, seen: Nanos) -> bool:
        if self._terms.book.stale or seen == NEVER:
            return False
        return self._terms.now - seen <= self._limits.reference_age_max


def _hold(name: str, named: Named, facts: Facts, checks: Checks) -> None:
    rule = named.rule
    values = facts.values(rule.names)
    passed = rule.holds(values) is True
    measured, limit, unit = None, None, _NONE
    sides = rule.sides(values)
    if sides:
        unit = _NANOS if rule.compared is _DURATION else _SHARE
        parts = 1 if rule.compared is _DURATION else MILLIONTHS
        measured, limit = _shown(sides[0], parts), _shown(sides[1], parts)
    checks.hold_optional(passed, name, measured, limit, unit, named.check.message)


def _shown(value: Value | None, parts: int) -> int | None:
    """Return an amount as records hold it, rounded down; None where it is not known."""
    return None if value is None else writable(value[0] * parts // value[1])
