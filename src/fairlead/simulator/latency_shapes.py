"""The log-normal distribution as a table of quantiles, the same on every machine.

Logarithms and exponentials of the platform's library differ in the last bit, and one bit is another
market. So the quantiles of the normal distribution are solved for in whole numbers
(`machine/risk/normal.py`), and exponentials are those of `decimal`, which are rounded correctly by
its specification.
"""

from decimal import Context, Decimal
from typing import Final

from fairlead.machine.risk.normal import quantile
from fairlead.model.units import RATE_UNIT, Nanos, Rate

_STEPS: Final = 64  # of equal share in the middle
# Beyond the middle, ever rarer on both sides, in parts of `RATE_UNIT`: one in 10^8 is the rarest.
_TAIL: Final = (500_000, 200_000, 100_000, 20_000, 10_000, 1_000, 100, 10, 1)
_P99: Final = Rate(99 * RATE_UNIT // 100)
_PRECISION: Final = 34


def lognormal_quantiles(median: Nanos, p99: Nanos) -> list[tuple[Rate, Nanos]]:
    """Return the quantiles of the log-normal distribution with this median and 99th percentile.

    Both tails end at one in 10^8: rarer is not drawn. Raises `ValueError`.
    """
    if not 1 <= median <= p99:
        raise ValueError(
            f"latency: found median {median} ns and p99 {p99} ns, expected at least 1 ns and p99"
            " at least the median"
        )
    context = Context(prec=_PRECISION)
    spread = context.divide(
        context.ln(context.divide(Decimal(p99), Decimal(median))), Decimal(quantile(_P99))
    )
    table: list[tuple[Rate, Nanos]] = []
    for share in _shares():
        exponent = context.multiply(spread, Decimal(_normal_quantile(share)))
        time = context.multiply(Decimal(median), context.exp(exponent))
        table.append((share, Nanos(int(time))))
    first, last = table[0][1], table[-1][1]
    return [(Rate(0), first), *table, (Rate(RATE_UNIT), last)]


def _shares() -> list[Rate]:
    middle = [RATE_UNIT * step // _STEPS for step in range(1, _STEPS)]
    ends = [share for tail in _TAIL for share in (tail, RATE_UNIT - tail)]
    return [Rate(share) for share in sorted([*middle, *ends])]


def _normal_quantile(share: Rate) -> int:
    """Return the quantile, in parts that cancel: `spread` is a share of another one."""
    if 2 * share >= RATE_UNIT:
        return quantile(share)
    return -quantile(Rate(RATE_UNIT - share))
