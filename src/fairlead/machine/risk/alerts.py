"""Alerts: the use of a limit has come near it, reached it, or gone back. Said once, not each time.

An alert ends when the use is a tenth below the warning again, so that it does not flap.
"""

from typing import Final

from fairlead.machine.risk.tree import Node
from fairlead.model.outputs import LimitAlert
from fairlead.model.risk import Limit
from fairlead.model.risk_terms import AlertLevel, LimitKind
from fairlead.model.units import Millionths

_ENDED: Final = AlertLevel.ENDED
_WARNING: Final = AlertLevel.WARNING
_HARD: Final = AlertLevel.HARD
WARNING_SHARE: Final = 7  # tenths of the hard bound, where a limit names no warning
_PRICE_FLOOR: Final = LimitKind.PRICE_FLOOR
_DEPTH: Final = LimitKind.DEPTH
_CASH: Final = LimitKind.CASH
_AGAIN: Final = 9  # tenths of the warning, below which it ends


class Alerts:
    """Which limits are near or reached, and what is still to be said about it."""

    def __init__(self) -> None:
        """Begin quiet."""
        self.due: list[LimitAlert] = []
        self._begun: list[tuple[tuple[str, LimitKind], AlertLevel]] = []  # levels before a review
        self._levels: dict[tuple[str, LimitKind], AlertLevel] = {}

    def begin(self) -> None:
        """Begin a review: what is seen of limits now is what an order would make of them."""
        self._begun.clear()

    def undo(self) -> None:
        """Take back what an order that is refused would have made of the limits.

        What cannot be measured stays: that is no work of the order.
        """
        for key, before in reversed(self._begun):
            if before is _ENDED:
                self._levels.pop(key, None)
            else:
                self._levels[key] = before
        if self._begun:
            self.due = [alert for alert in self.due if alert.measured is None]
        self._begun.clear()

    def see(self, node: Node, limit: Limit, measured: int | None) -> None:
        """Take in the use of a limit, in millionths; None: it cannot be measured."""
        if not self._levels and measured is not None and _is_calm(limit, measured):
            return  # as nearly always
        key = (node.key, limit.kind)
        before = self._levels.get(key, _ENDED)
        level = level_of(limit, measured, before)
        if level is before:
            return
        if measured is not None:
            self._begun.append((key, before))
        if level is _ENDED:
            del self._levels[key]
        else:
            self._levels[key] = level
        shown = None if measured is None else Millionths(max(-(2**62), min(measured, 2**62)))
        self.due.append(LimitAlert(node.scope, limit.kind, level, shown, limit.hard))

    def take(self) -> list[LimitAlert]:
        """Return what is to be said, and forget it."""
        due = self.due
        self.due = []
        return due

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        return [[name, kind, level] for (name, kind), level in self._levels.items()]


def warning_of(limit: Limit) -> int:
    """Return from where on a limit warns, in millionths."""
    warning = limit.warning
    if warning is not None:
        return warning
    if _is_least(limit):
        return limit.hard * 10 // WARNING_SHARE
    return limit.hard * WARNING_SHARE // 10


def _is_calm(limit: Limit, measured: int) -> bool:
    """Whether the use of a limit is nowhere near it."""
    warning = warning_of(limit)
    return measured > warning if _is_least(limit) else measured < warning


def _is_least(limit: Limit) -> bool:
    """Whether it is the least that is limited: `kind in LEAST`, asked with every order."""
    kind = limit.kind
    return kind is _PRICE_FLOOR or kind is _DEPTH or kind is _CASH


def level_of(limit: Limit, measured: int | None, before: AlertLevel = _ENDED) -> AlertLevel:
    """Return how near a limit its use is, by where it was before."""
    if measured is None:
        return _HARD
    hard, warning = limit.hard, warning_of(limit)
    if _is_least(limit):
        if measured <= hard:
            return _HARD
        if measured <= warning:
            return _WARNING
        return _ENDED if before is _ENDED or measured * _AGAIN > warning * 10 else _WARNING
    if measured >= hard:
        return _HARD
    if measured >= warning:
        return _WARNING
    return _ENDED if before is _ENDED or measured * 10 < warning * _AGAIN else _WARNING
