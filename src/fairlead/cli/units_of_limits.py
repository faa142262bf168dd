"""What each kind of limit is counted in, for who writes and reads its numbers."""

from typing import Final

from fairlead.model.risk_terms import LimitKind

_MONEY: Final = (
    *(LimitKind.ORDER_NOTIONAL, LimitKind.POSITION_VALUE, LimitKind.GROSS, LimitKind.SECTOR),
    *(LimitKind.CAPITAL, LimitKind.CASH, LimitKind.VALUE_WINDOW, LimitKind.VALUE_DAY),
    *(LimitKind.LOSS_DAY, LimitKind.LOSS_WEEK, LimitKind.LOSS_MONTH, LimitKind.DRAWDOWN),
)
_QUANTITY: Final = (
    *(LimitKind.ORDER_QUANTITY, LimitKind.DEPTH),
    *(LimitKind.POSITION_QUANTITY, LimitKind.QUANTITY_DAY),
)
_SHARE: Final = (LimitKind.PRICE_COLLAR, LimitKind.SPREAD)  # and all that are called so


def unit_of(kind: LimitKind) -> str:
    """Return what a kind of limit is counted in: `money`, `quantity`, `share`, `number`."""
    if kind in _MONEY:
        return "money"
    if kind in _QUANTITY:
        return "quantity"
    if kind in _SHARE or kind.name.endswith("_SHARE"):
        return "share"
    return "number"
