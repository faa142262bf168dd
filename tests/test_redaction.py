"""Secrets never enter: canaries in configuration, environment and keys are found nowhere after.

Not in the journal, not in checkpoints, reports and logs, and not in what any command says.
"""

import os
from pathlib import Path

import pytest

from tests.cli.sessions import fairlead

CANARIES = {
    "STRATEGY_TOKEN": "canary-strategy-1f7c",
    "SLACK_WEBHOOK": "https://hooks.example/canary-slack-8d21",
    "PAGERDUTY_KEY": "canary-pager-55aa",
    "KILL_KEY": "canary-kill-90be",
}
# What looks like what FIX carries: 96 RawData, 554 Password, 925 NewPassword.
FIX = "8=FIX.4.4\x01" + "96=canary-fix-96\x01554=canary-fix-554\x01925=canary-fix-925\x01"

STRATEGY = """
from pydantic import SecretStr

from fairlead.strategy import Strategy


class Careless(Strategy):
    class Parameters(Strategy.Parameters, frozen=True):
        token: SecretStr

    def on_quote(self, context, quote) -> None:
        context.log(f"logs in with {self.parameters}")
        raise ValueError(f"could not log in with {self.parameters.token}")
"""

CONFIG = """
venue:
  kind: simulated
  instruments: [{symbol: AAA.SIM, price_start: 100}]
account: {currency: USD, cash: 100000}
strategies:
  - {name: maker, strategy: market_making, parameters: {instruments: [AAA.SIM], quantity: 10}}
  - {name: careless, strategy: careless.py, parameters: {token: !secret "${STRATEGY_TOKEN}"}}
limits:
  default: {order_quantity_max: 100, order_notional_max: 100000, position_quantity_max: 100}
session: {duration: 5s}
risk:
  kill_switch: {triggers: [{type: api, endpoint: /api/kill, key: !secret "${KILL_KEY}"}]}
alerting:
  channels:
    - {type: slack, webhook: !secret "${SLACK_WEBHOOK}"}
    - {type: pagerduty, key: !secret "${PAGERDUTY_KEY}"}
audit: {key: keys/audit.key, copy_to: copies}
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with keys, a configuration full of secrets, and a session of it."""
    place = tmp_path_factory.mktemp("redaction")
    (place / "config.yaml").write_text(CONFIG)
    (place / "careless.py").write_text(STRATEGY)
    said("keys", "new", "keys/audit.key", place=place)
    code, text = said("run", "--config", "config.yaml", "--report", "report.html", place=place)
    assert code in (0, 1), text
    assert "could not log in with ****" in text, text
    assert "canary" not in text
    return place


def said(*arguments: str, place: Path) -> tuple[int, str]:
    done = fairlead(*arguments, directory=place, environment={**CANARIES, "FIX": FIX})
    return done.returncode, done.stdout + done.stderr


def secrets(place: Path) -> list[bytes]:
    """Return every canary, and each line of the private key."""
    key = (place / "keys" / "audit.key").read_bytes().splitlines()[1:-1]
    values = [value.encode() for value in CANARIES.values()]
    return [*values, *key, b"canary"]


def refuse_secrets(place: Path, content: bytes, where: str) -> None:
    for secret in secrets(place):
        assert secret not in content, where


COMMANDS = (
    ("verify", "var/journal", "--public-key", "keys/audit.key"),
    ("verify", "var/journal", "--json"),
    ("replay", "var/journal", "--json"),
    ("audit", "var/journal", "--json"),
    ("audit", "var/journal", "--csv"),
    ("orders", "var/journal", "--json"),
    ("positions", "var/journal", "--json"),
    ("status", "--json"),
    ("limits", "--json"),
    ("risk", "var/journal", "--json"),
    ("journal", "list", "--json"),
    ("doctor", "--config", "config.yaml", "--json"),
    ("keys", "show", "keys/audit.key"),
    ("witness", "var/journal", "--key", "keys/audit.key", "--copy", "more", "--once"),
    ("backtest", "--config", "config.yaml", "--json"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_command_says_a_secret(place: Path, command: tuple[str, ...]) -> None:
    code, text = said(*command, place=place)
    assert "Traceback" not in text
    assert code in (0, 1, 2)
    refuse_secrets(place, text.encode(), " ".join(command))


def test_no_file_holds_a_secret(place: Path) -> None:
    said("journal", "hold", "var/journal", "--name", "a", "--reason", "b", place=place)
    files = [path for path in place.rglob("*") if path.is_file()]
    assert any(path.suffix == ".journal" for path in files)
    for path in files:
        if "keys" not in path.parts[-2:]:
            refuse_secrets(place, path.read_bytes(), str(path))


def test_a_mistake_in_a_configuration_hides_what_is_secret(place: Path) -> None:
    broken = CONFIG.replace("type: slack, webhook:", "type: slack, wobhook:").replace(
        "cash: 100000", "cash: !secret ${KILL_KEY}"
    )
    (place / "broken.yaml").write_text(broken)
    code, text = said("run", "--config", "broken.yaml", place=place)
    assert code == 2
    refuse_secrets(place, text.encode(), "a broken configuration")


def test_a_key_that_is_none_is_not_repeated(place: Path) -> None:
    file = place / "keys" / "none.key"
    file.write_text(FIX)
    os.chmod(file, 0o600)
    for command in (
        ("keys", "show", "keys/none.key"),
        ("verify", "var/journal", "--public-key", "keys/none.key"),
        ("witness", "var/journal", "--key", "keys/none.key", "--copy", "more", "--once"),
    ):
        code, text = said(*command, place=place)
        assert code == 2
        refuse_secrets(place, text.encode(), " ".join(command))
