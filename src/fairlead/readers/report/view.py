"""What stands on the page, decided before it is drawn:

the verdict, its checks, the key numbers, the rows.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from fairlead.model.decimals import decimal_text
from fairlead.model.terms import MarkPolicy
from fairlead.model.units import AccountId, Nanos
from fairlead.readers.breakdown import Share, breakdown_of
from fairlead.readers.equity import EquityCurve, Fill, Series
from fairlead.readers.measures import Measure, measures_of, span_of
from fairlead.readers.report.charts import CHARTS_MAX, Chart, charted, equity_chart, price_chart
from fairlead.readers.report.content import ReportContent
from fairlead.readers.result import AccountResult, SessionResult
from fairlead.readers.written import grouped, rounded_text, span_text, time_text

GOOD: Final = "good"
UNSURE: Final = "unsure"  # not known, or to be looked at
BAD: Final = "bad"
ABSENT: Final = "absent"  # there is nothing to check
MONEY_DECIMALS_SHOWN: Final = 2  # in the key numbers; the tables have them all


_MARKED: Final = {
    MarkPolicy.TOUCH: "longs at the bid, shorts at the ask",
    MarkPolicy.MID: "positions at the middle of bid and ask",
    MarkPolicy.LAST: "positions at the last trade",
    MarkPolicy.MARK: "positions at the mark price of the venue",
}


class Check(NamedTuple):
    """One thing that must be true of a session, and whether it is."""

    state: str
    label: str
    text: str


class KeyNumber(NamedTuple):
    """A number that is looked at first. `sign` is -1, 0 or 1: how it is coloured."""

    label: str
    text: str
    beside: str
    sign: int


class AccountView(NamedTuple):
    """One account: its numbers, its curve, its statistics."""

    result: AccountResult
    key_numbers: list[KeyNumber]
    measures: list[Measure]
    shares: list[Share]
    chart: Chart


class FillRow(NamedTuple):
    """One fill as text."""

    time: str
    sequence: int
    order: int
    strategy: str
    instrument: str
    side: str
    quantity: str
    price: str
    fee: str
    liquidity: str


class View(NamedTuple):
    """Everything on the page."""

    content: ReportContent
    result: SessionResult
    span: str
    verdict: Check
    checks: list[Check]
    accounts: list[AccountView]
    charts: list[Chart]
    outcomes: dict[str, int]
    fills_first: list[FillRow]
    fills_last: list[FillRow]
    fills_dropped: int
    notes: list[str]
    marked: str  # at which price positions are valued


def view_of(content: ReportContent) -> View:
    """Return what stands on the page."""
    result = content.summary.result()
    series = content.curve.series()
    fills = content.curve.fills
    checks = _checks(content, result)
    instruments = charted(content.curve) if series.times else []
    return View(
        content=content,
        result=result,
        span=span_text(Nanos(result.span.span_ns)),
        verdict=_verdict(checks),
        checks=checks,
        accounts=_accounts(content, result, series),
        charts=[price_chart(content.curve, series, each) for each in instruments],
        outcomes=_outcomes(result),
        fills_first=[_fill_row(content.curve, fill) for fill in fills.first],
        fills_last=[_fill_row(content.curve, fill) for fill in fills.last],
        fills_dropped=fills.dropped,
        notes=_notes(content.curve, series),
        marked=_MARKED[content.curve.ledger.appraisal.policy],
    )


def _verdict(checks: list[Check]) -> Check:
    bad, unsure = _labels(checks, BAD), _labels(checks, UNSURE)
    if bad:
        return Check(BAD, "Something is wrong", ", ".join(bad))
    if unsure:
        told = ", ".join(unsure)
        return Check(UNSURE, "Everything that was checked ties out", f"to look at: {told}")
    return Check(GOOD, "Everything ties out", "money, orders, and what the machine says of them")


def _labels(checks: list[Check], state: str) -> list[str]:
    return [check.label for check in checks if check.state == state]


def _checks(content: ReportContent, result: SessionResult) -> list[Check]:
    return [
        *(_identity_check(account) for account in result.accounts),
        Check(
            GOOD if result.orders.ties_out else BAD,
            "Orders",
            "every request was sent or refused, every order has exactly one outcome"
            if result.orders.ties_out
            else "requests and outcomes do not add up",
        ),
        Check(
            BAD if result.disagreement_count else GOOD,
            "Second accounting",
            f"differences to what the machine says: {result.disagreement_count:,}"
            if result.disagreement_count
            else "positions and cash recomputed from the record are those of the machine",
        ),
        _journal_check(content),
        *_trading_checks(result),
    ]


def _identity_check(account: AccountResult) -> Check:
    identity = account.identity
    sign = "=" if identity.holds else "is not"
    text = (
        f"{grouped(identity.paid_and_received)} {account.currency} from all that was paid and"
        f" received {sign} {grouped(identity.profit_and_loss)} from profit and loss"
    )
    if identity.at_cost:
        text += f"; positions without a mark, taken at cost: {identity.at_cost:,}"
    return Check(GOOD if identity.holds else BAD, f"Equity of {account.account}", text)


def _journal_check(content: ReportContent) -> Check:
    if content.verified is None and not content.journal:
        return Check(ABSENT, "Journal", content.verification or "none was kept")
    if content.verified is None:
        return Check(UNSURE, "Journal", content.verification or "it was not verified")
    text = content.verification or ("verified" if content.verified else "verification failed")
    return Check(GOOD if content.verified else BAD, "Journal", text)


def _trading_checks(result: SessionResult) -> list[Check]:
    """Return the kill switch, and whatever else a person must look at."""
    engaged = "engaged: nothing new leaves until a named person releases"
    checks = [
        Check(UNSURE, "Kill switch", engaged)
        if result.killed
        else Check(GOOD, "Kill switch", "not engaged")
    ]
    if result.orders.unknown:
        text = f"orders whose outcome is not known: {result.orders.unknown:,}"
        checks.append(Check(UNSURE, "Unknown orders", text))
    checks.extend(Check(UNSURE, "Open break", text) for text in result.breaks.open_now)
    checks.extend(
        Check(UNSURE, "Disabled strategy", f"{name}: {reason}")
        for name, reason in result.disabled.items()
    )
    checks.extend(
        Check(UNSURE, f"Marks of {account.account}", f"no mark for {account.mark_missing}")
        for account in result.accounts
        if account.mark_missing
    )
    return checks


def _accounts(content: ReportContent, result: SessionResult, series: Series) -> list[AccountView]:
    curve = content.curve
    views: list[AccountView] = []
    for told, account_id in zip(result.accounts, curve.ledger.accounts, strict=True):
        measures = measures_of(curve, content.summary.flow, account_id)
        views.append(
            AccountView(
                told,
                _key_numbers(curve, account_id, {each.name: each for each in measures}),
                measures,
                breakdown_of(curve, account_id),
                equity_chart(curve, series, account_id) if series.times else {},
            )
        )
    return views


def _key_numbers(
    curve: EquityCurve, account_id: AccountId, measures: Mapping[str, Measure]
) -> list[KeyNumber]:
    ledger = curve.ledger
    account = ledger.accounts[account_id]
    value = ledger.valuation(account)
    put_in = account.initial + value.flows
    profit = None if value.equity is None else value.equity - put_in
    decimals = account.definition.money_decimals

    def money(label: str, amount: int | None, beside: str, coloured: bool = True) -> KeyNumber:
        if amount is None:
            return KeyNumber(label, "no mark", beside, 0)
        sign = (amount > 0) - (amount < 0) if coloured else 0
        return KeyNumber(label, _shown(amount, decimals), beside, sign)

    initial = f"from {_shown(put_in, decimals)} {account.definition.currency}"
    fees = f"{measures['fees_of_volume'].text} of what was traded"
    fall = measures["max_drawdown_amount"]
    return [
        money("Equity", value.equity, initial, coloured=False),
        money("Profit after fees", profit, measures["total_return"].text),
        money("Realised", value.realised, "before fees"),
        money("Unrealised", value.unrealised, _MARKED[ledger.appraisal.policy]),
        money("Fees", value.fees, fees, coloured=False),
        money("Traded", account.volume, f"in {account.fills:,} fills", coloured=False),
        KeyNumber("Round trips", f"{account.trips.count:,}", _won(account.trips.won), 0),
        KeyNumber("Maximum drawdown", measures["max_drawdown"].text, fall.text, 0),
    ]


def _won(count: int) -> str:
    return f"{count:,} won, after fees"


def _shown(amount: int, decimals: int) -> str:
    return grouped(rounded_text(amount, decimals, MONEY_DECIMALS_SHOWN))


def _outcomes(result: SessionResult) -> dict[str, int]:
    orders = result.orders
    return {
        "filled": orders.filled,
        "canceled": orders.canceled,
        "expired": orders.expired,
        "rejected by the venue": orders.rejected,
        "still working": orders.working,
        "held in the machine": orders.held,
        "outcome not known": orders.unknown,
        "withdrawn before they left": orders.withdrawn,
        "refused by risk": orders.refused,
    }


def _fill_row(curve: EquityCurve, fill: Fill) -> FillRow:
    ledger = curve.ledger
    terms = ledger.instruments[fill.instrument]
    return FillRow(
        time=time_text(fill.time),
        sequence=fill.sequence,
        order=fill.order,
        strategy=ledger.strategies[fill.strategy].name,
        instrument=terms.symbol,
        side=fill.side.name.lower(),
        quantity=decimal_text(fill.quantity, terms.quantity_decimals),
        price=decimal_text(fill.price, terms.price_decimals),
        fee=decimal_text(fill.fee, terms.money_decimals),
        liquidity=fill.told,
    )


def _notes(curve: EquityCurve, series: Series) -> list[str]:
    """Return what a reader of the charts must know."""
    interval = span_text(series.interval)
    notes = [
        f"Sampled every {interval} over {span_text(span_of(series))}; times are UTC.",
        "Statistics use returns between neighbouring samples, and a year of 365 days.",
    ]
    if curve.markers.dropped:
        shown, count = len(curve.markers.items), curve.markers.count
        notes.append(f"The charts show {shown:,} of {count:,} fills, evenly chosen.")
    instruments = len(curve.ledger.instruments)
    if instruments > CHARTS_MAX:
        notes.append(f"Drawn are the {CHARTS_MAX} of {instruments} instruments with most fills.")
    return notes
