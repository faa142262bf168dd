"""`fairlead exchange`: the simulated exchange as a process, for nodes to trade against."""

import os
import signal
from pathlib import Path
from types import FrameType
from typing import Annotated, Final

import typer

from fairlead.cli.console import ERR, OUT, fail, mistakes_in_one_line
from fairlead.cli.session_options import COMMAND_LINE
from fairlead.gateways.hub import Hub
from fairlead.gateways.transport import Address
from fairlead.journal.sequencer import SteadyClock
from fairlead.node import paper
from fairlead.node.configuration import Configuration
from fairlead.node.letters import write_whole
from fairlead.node.loading import changed, load
from fairlead.node.pace import StopRequest
from fairlead.node.venue_settings import SimulatedVenueSettings
from fairlead.stages.exchange import (
    BOOKS,
    EMERGENCY,
    MISBEHAVIOURS,
    NODES,
    WEB,
    ServedExchange,
    books_json,
)
from fairlead.stages.floor_opening import FloorTerms, open_floor
from fairlead.stages.web_door import WebTerms

_LISTEN: Final = "127.0.0.1:7350"


def exchange(
    listen: Annotated[
        str, typer.Option(help="Where nodes connect: HOST:PORT, unix:PATH or ring:PATH.")
    ] = _LISTEN,
    emergency: Annotated[
        str | None, typer.Option(help="Where the emergency line is answered, for a guard.")
    ] = None,
    http: Annotated[
        str | None, typer.Option(help="Where GET /books answers with the exchange's own books.")
    ] = None,
    web: Annotated[
        str | None, typer.Option(help="Where web clients connect: REST and WebSocket as Binance's.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="A configuration with a simulated venue; else the demo's.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Another seed of the market.")] = None,
    state: Annotated[
        Path | None, typer.Option(help="Go on from this file, and write down what happens.")
    ] = None,
    books: Annotated[
        Path | None, typer.Option(help="Write the exchange's own books here at the end.")
    ] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="No crowd: the books stand but for our own orders.")
    ] = False,
    keep_orders: Annotated[
        bool, typer.Option("--keep-orders", help="Orders go on when their node disconnects.")
    ] = False,
    misbehave: Annotated[
        list[str] | None, typer.Option(help=f"Do wrong; repeat it: {', '.join(MISBEHAVIOURS)}.")
    ] = None,
) -> None:
    """Run the simulated exchange until SIGTERM; nodes trade on it with `venue.kind: direct`.

    Its orders are not real. The first line on standard output says where it listens.
    """
    wrong = next((one for one in misbehave or [] if one not in MISBEHAVIOURS), None)
    if wrong is not None:
        fail(f"--misbehave: found {wrong!r}, expected one of {', '.join(MISBEHAVIOURS)}")
    stop = _stop_on_signal()
    with mistakes_in_one_line():
        clock = SteadyClock()
        terms = FloorTerms(quiet, keep_orders, "reset-numbers" in (misbehave or []))
        with ERR.status("opening the exchange ..."):
            floor = open_floor(_configuration(config, seed), terms, clock.now(), state)
        doors = {NODES: listen, EMERGENCY: emergency, BOOKS: http, WEB: web}
        hub = Hub({door: Address.parse(text) for door, text in doors.items() if text is not None})
        OUT.file.write(_opened(hub, doors))
        OUT.file.flush()
        clock = SteadyClock(floor.now)
        served = ServedExchange(floor, hub, clock, misbehave or [], _tell, _web_terms())
        served.run(lambda: bool(stop.reason))
        if books is not None:
            write_whole(books, books_json(floor) + b"\n")


def _configuration(config: Path | None, seed: int | None) -> Configuration:
    configuration = load(config, os.environ) if config is not None else paper.default()
    venue = configuration.venue
    if seed is None or not isinstance(venue, SimulatedVenueSettings):
        return configuration
    return changed(configuration, COMMAND_LINE, venue=venue.model_copy(update={"seed": seed}))


def _web_terms() -> WebTerms:
    """Return who may trade over the web: the pair in the environment, or that of the demo."""
    plain = WebTerms()
    return WebTerms(
        os.environ.get("FAIRLEAD_EXCHANGE_API_KEY", plain.key),
        os.environ.get("FAIRLEAD_EXCHANGE_API_SECRET", plain.secret),
    )


def _opened(hub: Hub, doors: dict[str, str | None]) -> str:
    """Return one line for people and programs: `listening nodes=127.0.0.1:7350 ...`."""
    said = [f"{door}={hub.address(door)}" for door, text in doors.items() if text is not None]
    return f"listening {' '.join(said)}\n"


def _tell(text: str) -> None:
    ERR.print(text, markup=False, style="yellow")


def _stop_on_signal() -> StopRequest:
    stop = StopRequest()

    def ask(number: int, frame: FrameType | None) -> None:
        del frame
        stop.set(f"stopped by {signal.Signals(number).name}")

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask)
    return stop
