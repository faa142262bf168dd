"""`fairlead preflight`: what has to hold before a session begins, looked at and not assumed."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from fairlead.cli.console import ERR, FOUND_WRONG, OUT, fail, mistakes_in_one_line, print_json
from fairlead.cli.session_options import duration
from fairlead.gateways.live_line import Addresses
from fairlead.gateways.live_venues import LIVE_VENUES, live_venue
from fairlead.node.live_settings import LiveVenueSettings
from fairlead.node.loading import load
from fairlead.readers.written import printable
from fairlead.stages.feed_preflight import FeedFinding, FeedTerms, check_feed
from fairlead.stages.worlds import addresses_of, followed_instruments, source_of

app = typer.Typer(name="preflight", help="Look at what has to hold before a session begins.")


@app.callback()
def preflight() -> None:
    """Look at what has to hold before a session begins."""


@app.command()
def feed(
    venue: Annotated[
        str | None, typer.Argument(help=f"One of {', '.join(LIVE_VENUES)}; or use --config.")
    ] = None,
    symbols: Annotated[list[str] | None, typer.Argument(help="As the venue names them.")] = None,
    config: Annotated[
        Path | None, typer.Option(help="A configuration with venue.kind: live.")
    ] = None,
    within: Annotated[
        str, typer.Option(help="How long to wait for a book and changes of it.")
    ] = "20s",
    old: Annotated[str, typer.Option(help="How old the venue's times may be.")] = "2s",
    stream: Annotated[str, typer.Option(help="Another address of the venue's stream.")] = "",
    rest: Annotated[str, typer.Option(help="Another address of the venue's snapshots.")] = "",
    json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Subscribe, and see that market data flows and is of now; exit with 1 where it does not."""
    with mistakes_in_one_line():
        terms = FeedTerms(within=duration(within, "--within"), old=duration(old, "--old"))
        if config is not None:
            findings = _configured(config, terms)
        elif venue is None or not symbols:
            fail("expected a venue and its symbols, or --config")
        else:
            source = live_venue(venue)
            with ERR.status("listening ..."):
                findings = check_feed(
                    source, source.listed(symbols), Addresses(stream, rest), terms
                )
    sound = all(finding.sound for finding in findings)
    if json:
        print_json({"sound": sound, "findings": [finding._asdict() for finding in findings]})
    else:
        OUT.print(_table(findings, sound))
    if not sound:
        raise typer.Exit(FOUND_WRONG)


def _configured(config: Path, terms: FeedTerms) -> list[FeedFinding]:
    configuration = load(config, os.environ)
    venue = configuration.venue
    if not isinstance(venue, LiveVenueSettings):
        fail(f"{config}: venue.kind is {venue.kind}: there is no feed to look at")
    source = source_of(configuration, venue)
    instruments = followed_instruments(configuration, venue, source)
    with ERR.status("listening ..."):
        return check_feed(source, instruments, addresses_of(venue), terms)


def _table(findings: list[FeedFinding], sound: bool) -> Table:
    table = Table(
        title="preflight: the feed flows" if sound else "preflight: NO FEED TO TRADE ON",
        title_style="bold green" if sound else "bold red",
        show_header=False,
    )
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    for finding in findings:
        style = "" if finding.sound else "red"
        table.add_row(printable(finding.what), printable(finding.found), style=style)
    return table
