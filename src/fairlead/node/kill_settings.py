"""The kill switch in a configuration: which triggers are watched, and how far a kill goes.

`fairlead guard` reads this section. The command line, the kill file and the shared flag work
without any of it: there is no key that switches them off.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, SecretStr, Strict

from fairlead.model.risk import KillPolicy
from fairlead.model.risk_terms import KillMode
from fairlead.model.units import NANOS_PER_SECOND, BasisPoints, Nanos
from fairlead.node.settings import (
    Amount,
    Contradiction,
    Person,
    PositiveDuration,
    Section,
    matching,
    millionths,
    refuse,
    spelled,
    twice,
)

WATCHDOG_TIMEOUT: Final = Nanos(5 * NANOS_PER_SECOND)  # 300 s may be set, and is far too slow
API_ENDPOINT: Final = "/api/kill"
SLACK_COMMAND: Final = "/kill trading"
_TYPES: Final = {
    "api": "api",
    "http": "api",
    "slack": "slack_command",
    "slack_command": "slack_command",
    "watchdog": "watchdog",
}
_EXPECTED_TYPE: Final = "api, slack_command (or slack) or watchdog"

TriggerName = Literal["api", "slack_command", "watchdog"]


def _type(value: object) -> object:
    if not isinstance(value, str) or value not in _TYPES:
        refuse(_EXPECTED_TYPE)
    return _TYPES[value]


def _typed(value: object) -> object:
    return {"type": value} if isinstance(value, str) else value


class KillTriggerSettings(Section):
    """One way to stop trading that `fairlead guard` watches.

    A key is a secret: as text here, or where it is left out from the environment of the guard.
    """

    type: Annotated[TriggerName, BeforeValidator(_type)]
    endpoint: Annotated[str, matching(r"/[a-z0-9_/-]{1,63}", "a path such as /api/kill")] | None = (
        None
    )
    auth: Literal["api_key"] | None = None
    command: (
        Annotated[str, matching(r"/[a-z]{1,31}( [a-z]{1,31})?", "a command such as /kill trading")]
        | None
    ) = None
    timeout: PositiveDuration | None = None
    key: SecretStr | None = None

    def contradictions(self) -> Iterator[Contradiction]:
        """Return the keys that belong to another type."""
        for name, types in (
            ("endpoint", ("api",)),
            ("auth", ("api",)),
            ("command", ("slack_command",)),
            ("timeout", ("watchdog",)),
            ("key", ("api", "slack_command")),
        ):
            if getattr(self, name) is not None and self.type not in types:
                expected = f"it with type {' or '.join(types)}, or not at all"
                yield Contradiction((name,), expected, about="key")


Trigger = Annotated[KillTriggerSettings, BeforeValidator(_typed)]
ALL_TRIGGERS: Final = (
    KillTriggerSettings(type="api"),
    KillTriggerSettings(type="slack_command"),
    KillTriggerSettings(type="watchdog"),
)


class KillSwitchSettings(Section):
    """Which triggers the guard watches, and what a kill does."""

    enabled: bool = True
    triggers: Annotated[tuple[Trigger, ...], Strict(False)] = Field(
        default=ALL_TRIGGERS, validation_alias=spelled("triggers", "methods"), max_length=10
    )
    mode: Literal["block", "cancel", "flatten", "disconnect"] = "cancel"
    flatten_on_emergency: bool = False
    flatten_by: Annotated[tuple[Person, ...], Strict(False)] = ()
    confirm_timeout: PositiveDuration = Nanos(5 * NANOS_PER_SECOND)
    retry_interval: PositiveDuration = Nanos(NANOS_PER_SECOND)
    flatten_timeout: PositiveDuration = Nanos(300 * NANOS_PER_SECOND)
    stage_interval: PositiveDuration = Nanos(NANOS_PER_SECOND)
    stage_orders: int = Field(default=4, ge=1, le=1000)
    stage_share: Amount = Field(default=Decimal("0.25"), gt=0, le=1)
    flatten_offset_bps: int = Field(default=50, ge=0, le=9999)

    def contradictions(self) -> Iterator[Contradiction]:
        """Return triggers that are there twice, and a mode that flattens without leave."""
        yield from twice("triggers", [trigger.type for trigger in self.triggers], "type")
        if self.kill_mode >= KillMode.FLATTEN and not self.flatten_on_emergency:
            yield Contradiction(("mode",), "flatten_on_emergency: true beside it, or cancel")

    @property
    def kill_mode(self) -> KillMode:
        """Return how far a kill goes as a word of the model."""
        return KillMode[self.mode.upper()]

    def policy(self) -> KillPolicy:
        """Return how a kill is carried out, as the machine holds it."""
        return KillPolicy(
            self.confirm_timeout,
            self.retry_interval,
            self.flatten_timeout,
            self.stage_interval,
            self.stage_orders,
            millionths(self.stage_share),
            BasisPoints(self.flatten_offset_bps),
            self.flatten_by,
        )

    def trigger(self, type: TriggerName) -> KillTriggerSettings | None:
        """Return a trigger, None if it is not watched."""
        found = [one for one in self.triggers if one.type == type]
        return found[0] if found and self.enabled else None

    @property
    def endpoint(self) -> str | None:
        """Return where a kill is asked for over HTTP, None if nowhere."""
        trigger = self.trigger("api")
        return None if trigger is None else trigger.endpoint or API_ENDPOINT

    @property
    def command(self) -> str | None:
        """Return the command of Slack, None if there is none."""
        trigger = self.trigger("slack_command")
        return None if trigger is None else trigger.command or SLACK_COMMAND

    @property
    def watchdog(self) -> Nanos | None:
        """Return how old the last heartbeat may be, None if nobody watches it."""
        trigger = self.trigger("watchdog")
        return None if trigger is None else trigger.timeout or WATCHDOG_TIMEOUT
