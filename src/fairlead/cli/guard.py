"""`fairlead guard`: the small process that stops the firm when the node cannot.

It imports little on purpose, and so does this file: it must start while the machine is in trouble.
A configuration is loaded only where one is given.
"""

import os
import signal
from pathlib import Path
from types import FrameType
from typing import Annotated, Final, NoReturn

import typer

from fairlead.gateways.errors import TransportError
from fairlead.gateways.kill_files import SWITCH_NAME, place_of
from fairlead.gateways.transport import Address
from fairlead.journal.sequencer import WallClock
from fairlead.model.units import Nanos
from fairlead.node.errors import ConfigurationError, UnreadableText
from fairlead.node.time_text import parse_duration
from fairlead.operations.audit import Audit, Sink, to_file, to_output
from fairlead.operations.guard import Guard
from fairlead.operations.practice import PracticeVenue
from fairlead.operations.settings import AUDIT_NAME, LISTEN, GuardSettings, Secret
from fairlead.operations.telling import told
from fairlead.simulator.emergency_venue import EmergencyVenue

JOURNALS: Final = Path("var/journal")  # as in a configuration that does not say
PRACTICE: Final = "practice"
OFF: Final = "off"
USAGE: Final = 2
NOT_CONFIRMED: Final = 1


def guard(
    config: Annotated[
        Path | None, typer.Option(help="A YAML configuration: its journal and its kill_switch.")
    ] = None,
    journal: Annotated[
        Path | None,
        typer.Option(help="A journal, or the directory below which sessions are numbered."),
    ] = None,
    venue: Annotated[
        list[str] | None,
        typer.Option(help="NAME=HOST:PORT of an emergency line, or NAME=practice; repeat it."),
    ] = None,
    switch: Annotated[
        Path | None, typer.Option(help="The kill switch, where it is not beside the sessions.")
    ] = None,
    listen: Annotated[
        str, typer.Option(help="HOST:PORT or unix:PATH for HTTP; `off` for none.")
    ] = str(LISTEN),
    api_key_file: Annotated[
        Path | None, typer.Option(help="The key for /api/kill; else $FAIRLEAD_API_KEY.")
    ] = None,
    slack_secret_file: Annotated[
        Path | None,
        typer.Option(help="Slack's signing secret; else $FAIRLEAD_SLACK_SECRET."),
    ] = None,
    slack_user: Annotated[
        list[str] | None, typer.Option(help="The id of a Slack user who may kill; repeat it.")
    ] = None,
    watchdog: Annotated[
        str | None, typer.Option(help="How old the node's heartbeat may be: 5s, 300s.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
) -> None:
    """Guard the firm: watch every trigger, and cancel what works while the node hangs or is gone.

    Runs until it is stopped. The exit code is 1 if orders of a kill were not confirmed as canceled.
    """
    settings = _configured(config, journal)
    if switch is not None:
        settings = settings._replace(switch=switch)
    if api_key_file is not None:
        settings = settings._replace(api_key=Secret(api_key_file))
    if slack_secret_file is not None:
        settings = settings._replace(slack_secret=Secret(slack_secret_file))
        if not slack_user:
            _fail("--slack-secret-file needs --slack-user: nobody else may kill from Slack")
    if watchdog is not None:
        settings = settings._replace(watchdog=_duration(watchdog))
    settings = settings._replace(
        listen=None if listen == OFF else _address(listen, "--listen"),
        slack_users=tuple(slack_user or ()),
    )
    practice: list[PracticeVenue] = []
    settings = settings._replace(venues=_venues(venue or [], practice))
    if not _guarded(settings, json):
        raise typer.Exit(NOT_CONFIRMED)


def _configured(config: Path | None, journal: Path | None) -> GuardSettings:
    """Return what a configuration says, or what goes without one."""
    if config is None:
        place = journal or JOURNALS
        return GuardSettings(place, place_of(place) / SWITCH_NAME, {})
    from fairlead.node.loading import load

    try:
        configuration = load(config, os.environ)
    except ConfigurationError as error:
        _fail(str(error))
    place = journal or configuration.journal.directory
    kill = configuration.risk.kill_switch
    return GuardSettings(
        journal=place,
        switch=place_of(place) / SWITCH_NAME,
        venues={},
        endpoint=kill.endpoint,
        api_key=_secret(kill.trigger("api")),
        command=kill.command,
        slack_secret=_secret(kill.trigger("slack_command")),
        watchdog=kill.watchdog,
        journal_key=configuration.journal.encryption_key,
    )


def _secret(trigger: object) -> Secret:
    key = getattr(trigger, "key", None)
    return Secret(None, key.get_secret_value().encode() if key is not None else b"")


def _guarded(settings: GuardSettings, json: bool) -> bool:
    output = Sink("standard output", to_output(None if json else told))
    audit = Audit([output, Sink("audit", to_file(settings.switch / AUDIT_NAME))])
    guard = Guard(settings, WallClock(), audit)

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        guard.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    try:
        return guard.run()
    finally:
        audit.close()


def _venues(texts: list[str], practice: list[PracticeVenue]) -> dict[str, Address]:
    venues: dict[str, Address] = {}
    for text in texts:
        name, _, place = text.partition("=")
        if not name or not place:
            _fail(f"--venue: found {text!r}, expected NAME=HOST:PORT")
        if name in venues:
            _fail(f"--venue: {name} is there twice")
        if place == PRACTICE:
            practice.append(PracticeVenue(EmergencyVenue(knows_all=True)))
            venues[name] = practice[-1].address
        else:
            venues[name] = _address(place, f"--venue {name}")
    return venues


def _address(text: str, option: str) -> Address:
    try:
        return Address.parse(text)
    except TransportError as error:
        _fail(f"{option}: {error}")


def _duration(text: str) -> Nanos:
    try:
        span = parse_duration(text)
    except UnreadableText as error:
        _fail(f"--watchdog: found {text!r}, {error}")
    if span == 0:
        _fail(f"--watchdog: found {text!r}, expected a duration above 0")
    return span


def _fail(message: str) -> NoReturn:
    typer.echo(f"fairlead: {message}", err=True)
    raise typer.Exit(USAGE)
