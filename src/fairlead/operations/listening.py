"""Keeps the HTTP door open: its secrets, its server, and trying again where the port is taken.

A guard without this door still guards: whatever is wrong here is told, and tried again.
"""

import os
from typing import Final

from fairlead.gateways.errors import CannotListen
from fairlead.gateways.http_request import HttpRefusal, HttpRequest, HttpResponse
from fairlead.gateways.transport import HttpServer
from fairlead.journal.sequencer import Clock
from fairlead.operations.credentials import Credential, credential
from fairlead.operations.doors import Doors, Port, SlackAccess
from fairlead.operations.settings import COMMAND, ENDPOINT, GuardSettings
from fairlead.operations.triggers import Watch

RETRY_SECONDS: Final = 2
API_KEY_VARIABLE: Final = "FAIRLEAD_API_KEY"
SLACK_VARIABLE: Final = "FAIRLEAD_SLACK_SECRET"


class Listening:
    """The HTTP server of a guard, as far as it can be had."""

    def __init__(self, settings: GuardSettings, port: Port, clock: Clock) -> None:
        """Take what to listen to; nothing is opened before `start`."""
        self._settings = settings
        self._port = port
        self._clock = clock
        self._server: HttpServer | None = None
        self._secrets = (b"", b"")
        self._doors = self._with(b"", b"")
        self._told: list[str] = []
        self._server_problem = ""
        self._secret_problems: list[str] = []
        self._retry = Watch("http", RETRY_SECONDS, self._open)

    @property
    def problems(self) -> list[str]:
        """What of this door does not work, and why."""
        listen = self._settings.listen
        outside = ""
        if listen is not None and not listen.is_local:
            outside = f"{listen}: others can reach it, and there is no TLS"
        found = [*self._secret_problems, self._server_problem, outside]
        return [problem for problem in found if problem]

    def start(self) -> None:
        """Open, and keep trying."""
        if self._settings.listen is not None:
            self._open()
            self._retry.start()

    def stop(self) -> None:
        """Close."""
        if self._settings.listen is not None:
            self._retry.stop()
        if self._server is not None:
            self._server.close()

    def _open(self) -> None:
        """Read the secrets anew, and listen if that was not possible before."""
        self._read_secrets()
        listen = self._settings.listen
        if self._server is None and listen is not None:
            try:
                self._server = HttpServer(listen, self._answer, self._refuse)
                self._server_problem = ""
                self._port.tell("listening", address=str(self._server.address))
            except CannotListen as error:
                self._server_problem = str(error)
        if self.problems != self._told:
            self._told = self.problems
            self._port.tell("http", problems=self.problems)

    def _read_secrets(self) -> None:
        """Use secrets that changed; a Slack command that was seen stays seen where they did not."""
        settings = self._settings
        key = slack = Credential(b"")
        if settings.endpoint is not None:
            key = credential(settings.api_key, API_KEY_VARIABLE, os.environ)
        if settings.command is not None and settings.slack_users:
            slack = credential(settings.slack_secret, SLACK_VARIABLE, os.environ)
        self._secret_problems = [one.problem for one in (key, slack) if one.problem]
        if (key.secret, slack.secret) != self._secrets:
            self._secrets = (key.secret, slack.secret)
            self._doors = self._with(*self._secrets)

    def _with(self, key: bytes, slack: bytes) -> Doors:
        settings = self._settings
        access = None
        if slack:
            access = SlackAccess(slack, settings.slack_users, settings.command or COMMAND)
        return Doors(self._port, key, access, settings.endpoint or ENDPOINT)

    def _answer(self, request: HttpRequest, peer: str) -> HttpResponse:
        return self._doors.answer(request, peer, self._clock.now())

    def _refuse(self, refusal: HttpRefusal, peer: str) -> HttpResponse:
        return self._doors.refused(refusal, peer, self._clock.now())
