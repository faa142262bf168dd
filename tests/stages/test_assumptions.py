"""What a result rests on is said beside it."""

from decimal import Decimal
from pathlib import Path

from fairlead.node.configuration import AccountSettings, Configuration
from fairlead.node.venue_settings import RecordedVenueSettings
from fairlead.stages.assumptions import assumptions
from fairlead.stages.worlds import surroundings
from tests.stages.sessions import configuration


def test_a_simulated_market_says_its_latency_and_its_scenarios() -> None:
    settings = configuration()
    assert assumptions(settings, surroundings(settings)) == [
        "latency: orders 500us, reports 500us, more by uniform",
        "scenarios: none",
    ]


def test_daily_bars_say_what_is_assumed_of_them(market_data: Path) -> None:
    file = market_data / "lean/Data/equity/usa/daily/spy.zip"
    venue = RecordedVenueSettings(
        kind="recorded", format="lean", files=(file,), lost_order_rate=Decimal("0.01")
    )
    account = AccountSettings(currency="USD", cash=Decimal(1_000), money_decimals=8)
    settings = Configuration(venue=venue, account=account)
    assert assumptions(settings, surroundings(settings))[1:] == [
        "fills: bars: next open, 0 bps of spread, at most 0.1 of the volume",
        "costs: impact none, slippage 10 bps, fees 1 bps",
        "failures: 0.01 orders lost",
    ]
