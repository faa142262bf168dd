"""Numbers of limits and checks as people read them: percent, money, spans of time.

Every digit is shown, but the zeros at the end: a rounded number could look as if it kept a limit.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

from fairlead.model.decimals import decimal_text
from fairlead.model.forms import MILLIONTHS_DECIMALS
from fairlead.model.units import NANOS_PER_SECOND, Nanos
from fairlead.readers.written import grouped

_PERCENT_DECIMALS: Final = MILLIONTHS_DECIMALS - 2
_REMAINDERS: Final = ("quantity_lot", "price_tick")  # checks that divide, not compare
_FULL: Final = 1_000_000
_MICROSECOND: Final = 1_000
_MILLISECOND: Final = 1_000_000
_SECONDS_PER_MINUTE: Final = 60
_SECONDS_PER_HOUR: Final = 3_600
DECIMALS_MIN: Final = 2  # of money, however round it is


def measured_text(value: object, unit: str) -> str:
    """Return a number in text form as its unit is read; empty for none."""
    if value is None:
        return ""
    text = str(value)
    if unit == "nanos":
        return span_phrase(Nanos(int(text)))
    if unit == "basis_points":
        return f"{text} bp"
    if unit == "share":
        return f"{grouped(_short(decimal_text(_millionths(text), _PERCENT_DECIMALS)))} %"
    if unit == "money":
        return grouped(short_money(text))
    return grouped(text if unit in ("price", "none") else _short(text))


def span_phrase(span: Nanos) -> str:
    """Return a span of time exactly, in the unit that a person takes: `1.25 ms`, `2 min 3 s`."""
    size = abs(span)
    sign = "-" if span < 0 else ""
    if size < _MICROSECOND:
        return f"{sign}{size} ns"
    if size < _MILLISECOND:
        return f"{sign}{_exactly(size, _MICROSECOND)} us"
    if size < NANOS_PER_SECOND:
        return f"{sign}{_exactly(size, _MILLISECOND)} ms"
    minutes, rest = divmod(size, _SECONDS_PER_MINUTE * NANOS_PER_SECOND)
    hours, minutes = divmod(minutes, _SECONDS_PER_HOUR // _SECONDS_PER_MINUTE)
    parts = ((f"{hours}", "h"), (f"{minutes}", "min"), (_exactly(rest, NANOS_PER_SECOND), "s"))
    return sign + " ".join(f"{amount} {unit}" for amount, unit in parts if amount != "0")


def short_money(amount: str, decimals_min: int = DECIMALS_MIN) -> str:
    """Return an amount without the zeros at its end, but those of the first few decimals."""
    whole, point, decimals = amount.partition(".")
    return f"{whole}{point}{decimals[:decimals_min]}{decimals[decimals_min:].rstrip('0')}"


def decimals_needed(amounts: Iterable[str | None]) -> int:
    """Return how many decimals show all of the amounts exactly, at least two: they line up then."""
    needed = (len(amount.partition(".")[2].rstrip("0")) for amount in amounts if amount)
    return max(DECIMALS_MIN, *needed, DECIMALS_MIN)


def used_percent(used_share: str) -> str:
    """Return the share of a limit that is used in percent, rounded up to one decimal."""
    parts = _millionths(used_share)
    return f"{grouped(decimal_text(-(-parts // 1_000), 1))} %"


def bar(used_share: str, width: int, plain: bool) -> str:
    """Return a bar as full as a limit is used: nothing for nothing, full from 100 % on."""
    parts = _millionths(used_share)
    full = min(width, -(-max(0, parts) * width // _FULL))
    on, off = ("#", ".") if plain else ("\N{FULL BLOCK}", "\N{LIGHT SHADE}")
    return on * full + off * (width - full)


def check_name(check: dict[str, Any]) -> str:
    """Return the name of a check with the scope that it is about: `gross of account main`."""
    return f"{check['check']} of {check['scope']}" if check["scope"] else str(check["check"])


def check_text(check: dict[str, Any]) -> str:
    """Return a check that failed in words: `order_notional of firm: 12,000.00 > 10,000.00`."""
    name, unit = check_name(check), check["unit"]
    if check["limit"] is None:
        return name
    limit = measured_text(check["limit"], unit)
    if check["measured"] is None:
        return f"{name}: cannot be measured, limit {limit}"
    measured = measured_text(check["measured"], unit)
    if check["check"] in _REMAINDERS:
        return f"{name}: {measured} is no multiple of {limit}"
    found, bound = Decimal(check["measured"]), Decimal(check["limit"])
    return f"{name}: {measured} {'>' if found > bound else '<' if found < bound else '='} {limit}"


def _millionths(text: str) -> int:
    """Return a share in text form, which has six decimals, as a whole number."""
    return int(text.replace(".", ""))


def _short(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _exactly(size: int, unit: int) -> str:
    whole, rest = divmod(size, unit)
    decimals = f"{rest:0{len(str(unit)) - 1}d}".rstrip("0")
    return f"{whole}.{decimals}" if decimals else str(whole)
