"""What a simulated venue assumes, in words: beside every result, so that nobody has to guess."""

from fairlead.node.configuration import Configuration
from fairlead.node.latency_settings import LatencySettings
from fairlead.node.time_text import duration_text
from fairlead.node.venue_settings import RecordedVenueSettings, SimulatedVenueSettings
from fairlead.stages.worlds import BAR_FEE_BPS, BAR_SLIPPAGE_BPS, Surroundings

_QUEUES = {
    "book": "queue by {model}, by order exactly",
    "touch": "the touch is the whole book, queue by {model}",
    "bars": "bars: next open, {spread} bps of spread, at most {share} of the volume",
}


def assumptions(configuration: Configuration, around: Surroundings) -> list[str]:
    """Return what results of a session rest on; nothing where a venue outside decides."""
    venue = configuration.venue
    if isinstance(venue, RecordedVenueSettings):
        return [*_latency(venue.latency), *_recorded(venue, around), *_failures(venue)]
    if isinstance(venue, SimulatedVenueSettings):
        kinds = ", ".join(one.kind for one in venue.scenarios) or "none"
        return [*_latency(venue.latency), f"scenarios: {kinds}", *_failures(venue)]
    return []


def _latency(latency: LatencySettings) -> list[str]:
    order, report = duration_text(latency.order), duration_text(latency.report)
    told = f"latency: orders {order}, reports {report}, more by {latency.model}"
    if latency.service_time:
        told += f", {duration_text(latency.service_time)} of service each"
    return [told]


def _recorded(venue: RecordedVenueSettings, around: Surroundings) -> list[str]:
    queue = _QUEUES[around.data].format(
        model=venue.queue_model, spread=venue.spread_bps, share=venue.participation
    )
    on_bars = around.data == "bars"
    slippage = venue.slippage_bps
    if slippage is None:
        slippage = BAR_SLIPPAGE_BPS if on_bars else slippage
    impact = "none" if venue.impact is None else venue.impact.law
    if venue.fees is not None:
        fees = f"{venue.fees.maker_bps} bps to make, {venue.fees.taker_bps} to take"
    else:
        fees = f"{BAR_FEE_BPS} bps" if on_bars else "as the venue publishes them"
    return [
        f"fills: {queue}",
        f"costs: impact {impact}, slippage {slippage or 0} bps, fees {fees}",
    ]


def _failures(venue: RecordedVenueSettings | SimulatedVenueSettings) -> list[str]:
    shares = {
        "rejected": venue.rejection_rate + venue.transient_rejection_rate,
        "orders lost": venue.lost_order_rate,
        "reports lost": venue.lost_report_rate,
    }
    told = [f"{share} {what}" for what, share in shares.items() if share]
    return [f"failures: {', '.join(told)}"] if told else []
