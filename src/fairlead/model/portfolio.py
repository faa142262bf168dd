"""The risk of a portfolio: the returns that it is measured with, and what was measured."""

from fairlead.model.record import Record
from fairlead.model.units import AccountId, InstrumentId, Millionths, Money, Rate


class ReturnHistory(Record, frozen=True, tag=34):
    """The daily returns of an instrument, or of a benchmark; it replaces what was known.

    A return is simple, in the base currency of the accounts that are measured with it:
    `price / price of the day before - 1`. The two lists are as long as each other, and the dates
    ascend.
    """

    dates: tuple[int, ...]  # yyyymmdd
    returns: tuple[Rate, ...]
    instrument: InstrumentId = InstrumentId(0)  # 0: of a benchmark
    benchmark: str = ""  # its name


class PortfolioRiskMeasured(Record, frozen=True, tag=190):
    """What the positions of an account may lose within a horizon. Losses are positive money.

    What cannot be known is None, and a problem says why.
    """

    account: AccountId
    horizon: int  # trading days
    confidence: Rate  # 0.95: one day in twenty is worse
    as_of: int  # the last date of the sample, yyyymmdd; 0: there is none
    days: int  # that the histories have in common
    dropped: int  # dates that not all of them have
    value_at_risk: Money | None  # historical
    expected_shortfall: Money | None
    normal_value_at_risk: Money | None  # parametric
    normal_shortfall: Money | None
    largest: Rate | None  # share of the largest name in the gross value
    largest_five: Rate | None
    herfindahl: Rate | None
    benchmark: str
    beta: Rate | None  # of the equity
    limit: Money | None  # of `value_at_risk`; None: there is none, or it is not known
    utilisation: Millionths | None  # of it, rounded up
    problem: str  # why the first four are not known
    beta_problem: str
