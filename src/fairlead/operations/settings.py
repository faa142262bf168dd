"""What a guard is told when it starts."""

from pathlib import Path
from typing import Final, NamedTuple

from fairlead.gateways.transport import Address
from fairlead.model.units import NANOS_PER_SECOND, Nanos

LISTEN: Final = Address("127.0.0.1", 8787)
WATCHDOG: Final = Nanos(5 * NANOS_PER_SECOND)
ENDPOINT: Final = "/api/kill"
COMMAND: Final = "/kill trading"
AUDIT_NAME: Final = "guard.jsonl"  # below the switch


class Secret(NamedTuple):
    """Where a secret is: in a file, else here, else in the environment."""

    file: Path | None = None
    text: bytes = b""

    def __repr__(self) -> str:
        """Hide the secret."""
        return f"Secret({self.file}, {'set' if self.text else 'not set'})"


class GuardSettings(NamedTuple):
    """Where everything is, who may kill, and how long to wait for a heartbeat."""

    journal: Path  # a journal, or the directory below which sessions are numbered
    switch: Path
    venues: dict[str, Address]
    listen: Address | None = LISTEN  # None: no HTTP
    endpoint: str | None = ENDPOINT  # None: no kill by key
    api_key: Secret = Secret()
    command: str | None = COMMAND  # None: no kill from Slack
    slack_secret: Secret = Secret()
    slack_users: tuple[str, ...] = ()
    watchdog: Nanos | None = WATCHDOG  # None: nobody misses a heartbeat
    journal_key: Path | None = None  # of an encrypted journal; the environment may name it as well
