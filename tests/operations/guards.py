"""Runs `fairlead guard` as people do: a process of its own, over real files and sockets."""

import hashlib
import hmac
import http.client
import json
import os
import signal
import subprocess
import sys
import time
import weakref
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fairlead.operations.practice import PracticeVenue
from fairlead.simulator.emergency_venue import EmergencyVenue
from tests.operations.journals import client_order
from tests.operations.patience import until

KEY = "a key that nobody can guess"
SECRET = "a secret that Slack has as well"
USER = "U1"

# A node as far as a guard can see: it beats until it is told to leave, stopped, or killed.
NODE = """
import sys, time
from pathlib import Path
from fairlead.gateways.kill_flag import Switch
switch = Switch(Path(sys.argv[1]), now=1)
assert switch.claim(1)
switch.beat(time.monotonic_ns(), 1)
print("beats", flush=True)
while True:
    switch.beat(time.monotonic_ns(), 1)
    time.sleep(0.01)
"""


class GuardProcess:
    """One guard and the venues that it can reach. `events` is what it printed."""

    def __init__(self, directory: Path, **venues: object) -> None:
        """Begin without a process; venues are addresses."""
        self.directory = directory
        self.journal = directory / "journal"
        self.switch = self.journal / "switch"
        self.process: subprocess.Popen[bytes] | None = None
        self._venues = [f"--venue={name}={address}" for name, address in venues.items()]
        self._runs = 0

    def start(
        self,
        *arguments: str,
        secrets: bool = True,
        listen: str = "127.0.0.1:0",
        full_disk: bool = False,
    ) -> None:
        """Start a guard, and wait until it guards."""
        self._runs += 1
        environment = {**os.environ, "NO_COLOR": "1"}
        if secrets:
            environment |= {"FAIRLEAD_API_KEY": KEY, "FAIRLEAD_SLACK_SECRET": SECRET}
        command = [sys.executable, "-m", "fairlead", "guard", "--json", f"--listen={listen}"]
        command += ["--journal", str(self.journal), "--slack-user", USER]
        with (
            (self.directory / self._output).open("wb") as output,
            (self.directory / "errors").open("ab") as errors,
        ):
            self.process = subprocess.Popen(
                [*_no_room(full_disk), *command, *self._venues, *arguments],
                cwd=self.directory,
                env=environment,
                stdout=output,
                stderr=errors,
            )
        weakref.finalize(self, _end, self.process)  # of a test that failed, too
        if not full_disk:
            self.await_event("started")

    @property
    def _output(self) -> str:
        return f"output{self._runs}"

    def events(self, kind: str = "", **wanted: object) -> list[dict[str, Any]]:
        """Return what this run printed, of one kind and with these values alone."""
        content = (self.directory / self._output).read_bytes()
        lines = [json.loads(line) for line in content.split(b"\n")[:-1] if line]
        return [
            line for line in lines if kind in ("", line["event"]) and wanted.items() <= line.items()
        ]

    def await_event(self, kind: str, **wanted: object) -> dict[str, Any]:
        """Return the first event of a kind; fail where the guard ends without it."""

        def found() -> list[dict[str, Any]]:
            events = self.events(kind, **wanted)
            assert events or self.is_running, (self.directory / "errors").read_text()
            return events

        return until(found, f"{kind} {wanted}")[0]

    @property
    def is_running(self) -> bool:
        """Whether the process lives."""
        return self.process is not None and self.process.poll() is None

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End the guard by a signal, and return its exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        self.process.wait(timeout=60)
        return self.process.returncode

    # --- the doors ---

    def ask(
        self, method: str, path: str, body: str = "", **headers: str
    ) -> tuple[int, dict[str, Any]]:
        """Return status and content of what the guard answers over HTTP."""
        return asked(self.await_event("listening")["address"], method, path, body, **headers)

    def kill(self, **wanted: str) -> tuple[int, dict[str, Any]]:
        """Kill over HTTP with the key."""
        body = json.dumps({"person": "ann", "reason": "test", **wanted})
        return self.ask("POST", "/api/kill", body, authorization=f"Bearer {KEY}")

    def slack(self, text: str = "trading") -> tuple[int, dict[str, Any]]:
        """Kill from Slack, signed as Slack signs."""
        fields = {"command": "/kill", "text": text, "user_id": USER, "user_name": "ann"}
        body, stamp = urlencode(fields), str(int(time.time()))  # noqa: TID251 - Slack has a clock
        content = f"v0:{stamp}:{body}".encode()
        signature = "v0=" + hmac.new(SECRET.encode(), content, hashlib.sha256).hexdigest()
        return self.ask(
            "POST",
            "/slack/kill",
            body,
            x_slack_request_timestamp=stamp,
            x_slack_signature=signature,
        )

    def status(self) -> dict[str, Any]:
        """Return how everything stands."""
        return self.ask("GET", "/status", authorization=f"Bearer {KEY}")[1]


def asked(
    address: str, method: str, path: str, body: str = "", **headers: str
) -> tuple[int, dict[str, Any]]:
    """Return status and content of what is answered over HTTP at HOST:PORT."""
    host, _, port = address.rpartition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=60)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, named)
    response = connection.getresponse()
    content = json.loads(response.read())
    connection.close()
    return response.status, content


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()


def _no_room(full: bool) -> list[str]:
    """Return what lets no file of a command grow: as on a disk that is full."""
    return ["sh", "-c", 'ulimit -f 0 && exec "$@"', "sh"] if full else []


def a_node(switch: Path) -> "subprocess.Popen[str]":
    """Return the process of a node that beats."""
    node = subprocess.Popen(
        [sys.executable, "-c", NODE, str(switch)], stdout=subprocess.PIPE, text=True
    )
    assert node.stdout is not None
    assert node.stdout.readline() == "beats\n"
    return node


def a_venue(orders: list[int]) -> PracticeVenue:
    """Return a venue at which these orders work."""
    venue = EmergencyVenue()
    for order in orders:
        venue.place(client_order(order))
    return PracticeVenue(venue)


def canceled(venue: PracticeVenue) -> list[str]:
    """Return the ids that were asked to be canceled one by one, each once."""
    return sorted({one.client_order for one in venue.arrivals if one.client_order})


def canceled_all(venue: PracticeVenue) -> int:
    """Return how often all were asked to be canceled."""
    return sum(not one.client_order for one in venue.arrivals)
