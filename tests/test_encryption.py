"""An encrypted journal, whole: real sessions by the command line, and what a thief finds of them.

Canaries stand in names, parameters and symbols, which is to say in the orders. Of a plain session
they are found in the files; of an encrypted one in no byte, and all else works as it does with it.
"""

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlead.journal.format import ENCRYPTED, decode_header
from fairlead.node.recovery import verify
from fairlead.node.sealing import ENVIRONMENT, JournalKeys
from tests.cli.sessions import fairlead, started

STRATEGY = """
from fairlead.strategy import Strategy


class Telling(Strategy):
    class Parameters(Strategy.Parameters, frozen=True):
        idea: str

    def on_start(self, context) -> None:
        context.log(f"canary-log {self.parameters.idea}")
"""
CONFIG = """
journal: {snapshot_inputs: 500, segment_bytes: 262144ENCRYPTED}
venue:
  kind: simulated
  instruments: [{symbol: CANARY.SIM, price_start: 100}]
account: {name: canary-account, currency: USD, cash: 100000}
strategies:
  - name: canary-maker
    strategy: market_making
    parameters: {instruments: [CANARY.SIM], quantity: 10}
  - {name: teller, strategy: telling.py, parameters: {idea: canary-idea}}
limits:
  default: {order_quantity_max: 100, order_notional_max: 100000, position_quantity_max: 100}
session: {duration: 60s, speed: 10x}
audit: {key: keys/audit.key, copy_to: copies}
"""
KEY = {ENVIRONMENT: "keys/journal.key"}
NO_KEY = {ENVIRONMENT: ""}
RUN = ("run", "--config", "config.yaml", "--json")
SESSION = Path("var/journal/0001")
READERS = Path(__file__).parents[1] / "docs" / "reference"


def prepared(place: Path, encrypted: bool) -> Path:
    """Return a place with keys, a strategy, and the configuration."""
    place.mkdir(parents=True, exist_ok=True)
    configure(place, encrypted)
    (place / "telling.py").write_text(STRATEGY)
    for kind, name in (("signing", "audit.key"), ("journal", "journal.key")):
        made = fairlead("keys", "new", f"keys/{name}", "--kind", kind, directory=place)
        assert made.returncode == 0, made.stderr
    return place


def configure(place: Path, encrypted: bool, key: str = "keys/journal.key") -> None:
    setting = f", encryption_key: {key}" if encrypted else ""
    (place / "config.yaml").write_text(CONFIG.replace("ENCRYPTED", setting))


def said(place: Path, *arguments: object, key: dict[str, str] = KEY) -> str:
    done = fairlead(*arguments, directory=place, environment=key)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def resumed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a place with an encrypted session that was killed, resumed and ended in order."""
    place = prepared(tmp_path_factory.mktemp("encrypted"), encrypted=True)
    process = started(*RUN, directory=place)
    while len(list((place / SESSION).glob("*.snapshot"))) < 1:
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.05)
    time.sleep(0.5)  # the journal is to say of it, and to go on
    process.send_signal(signal.SIGKILL)
    process.communicate()
    outcome = json.loads(said(place, *RUN, "--resume", key=NO_KEY))
    assert outcome["recovered"]["snapshot"] > 0, str(outcome["recovered"])
    assert outcome["recovered"]["diverged"] == 0
    assert outcome["verify"]["passed"], outcome["verify"]
    return place


@pytest.fixture
def place(resumed: Path, tmp_path: Path) -> Path:
    """Return a copy that may be changed."""
    return Path(shutil.copytree(resumed, tmp_path / "place"))


def found_in(directory: Path) -> Iterator[str]:
    """Yield the files in which a canary is."""
    for path in sorted(directory.rglob("*")):
        if path.is_file() and b"canary" in path.read_bytes().lower():
            yield path.name


def test_of_a_plain_session_the_canaries_are_found(tmp_path: Path) -> None:
    """Else the next test says nothing."""
    place = prepared(tmp_path, encrypted=False)
    said(place, *RUN)
    names = list(found_in(place / SESSION))
    assert any(name.endswith(".journal") for name in names)
    assert any(name.endswith(".snapshot") for name in names)


def test_no_byte_of_an_encrypted_session_says_what_it_did(resumed: Path) -> None:
    directory = resumed / SESSION
    names = {path.name.partition(".")[2] for path in directory.iterdir()}
    assert {"journal", "snapshot", "jsonl"} <= names
    assert list(found_in(directory)) == []
    for path in directory.glob("*.journal"):
        assert decode_header(path.read_bytes()).flags == ENCRYPTED


def test_it_is_verified_and_replayed_with_the_key(resumed: Path) -> None:
    verdict = json.loads(said(resumed, "verify", SESSION, "--public-key", KEYS, "--json"))
    assert verdict["passed"]
    assert "CANARY.SIM" in said(resumed, "replay", SESSION)
    assert "canary-idea" in said(resumed, "audit", SESSION, "--json")
    state = json.loads(said(resumed, "replay", SESSION, "--json"))
    assert state["state_digest"] == verdict["state_digest"]


KEYS = "keys/audit.key"
NEED_A_KEY = (
    ("verify", SESSION),
    ("replay", SESSION),
    ("audit", SESSION),
)
NEED_NONE = (
    ("verify", SESSION, "--quick", "--public-key", KEYS),
    ("journal", "list", SESSION),
    ("journal", "compress", SESSION),
    ("witness", SESSION, "--key", KEYS, "--copy", "more", "--once"),
)


@pytest.mark.parametrize("command", NEED_A_KEY, ids=lambda command: command[0])
def test_without_the_key_a_command_names_the_file_and_what_to_do(
    resumed: Path, command: tuple[object, ...]
) -> None:
    fairlead("keys", "new", "other.key", "--kind", "journal", directory=resumed)
    first = f"{SESSION}/00000000000000000001.journal: is encrypted"
    for key, what in (("", "and no key was given"), ("other.key", "with another key than other")):
        done = fairlead(*command, directory=resumed, environment={ENVIRONMENT: key})
        assert done.returncode == 2, done.stdout
        assert f"{first}{',' if not key else ''} {what}" in done.stderr
        assert "damaged" not in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", NEED_NONE, ids=lambda command: " ".join(map(str, command[:2])))
def test_who_checks_bytes_needs_no_key(place: Path, command: tuple[object, ...]) -> None:
    said(place, *command, key=NO_KEY)
    verdict = verify(place / SESSION, cipher=JournalKeys(files=[place / "keys/journal.key"]))
    assert verdict.passed, verdict.problem
    assert list(found_in(place / SESSION)) == []


def test_the_readers_of_the_documented_format_need_no_key(resumed: Path) -> None:
    public = said(resumed, "keys", "show", KEYS).strip()
    session = resumed / SESSION
    for reader, *rest in (
        ("verify_journal.py",),
        ("verify_checkpoints.py", session / "checkpoints.jsonl", public),
    ):
        done = subprocess.run(
            [sys.executable, "-S", "-E", *map(str, (READERS / reader, session, *rest))],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr + done.stdout


def test_encryption_may_be_switched_off_and_on_and_a_key_replaced(place: Path) -> None:
    """Each start goes on in segments of its own; what was written before needs its own key."""
    fairlead("keys", "new", "keys/new.key", "--kind", "journal", directory=place)
    resume = (*RUN, "--resume", "--speed", "max", "--for", "70s")
    configure(place, encrypted=False)
    refused = fairlead(*resume, directory=place, environment=NO_KEY)
    assert refused.returncode == 2
    assert "is encrypted, and no key was given" in refused.stderr
    said(place, *resume)
    configure(place, encrypted=True, key="keys/new.key")
    said(place, *resume)
    paths = sorted((place / SESSION).glob("*.journal"))
    flags = [decode_header(path.read_bytes()).flags for path in paths]
    assert flags[0] == flags[-1] == ENCRYPTED
    assert 0 in flags
    both = {ENVIRONMENT: "keys/new.key:keys/journal.key"}
    said(place, "verify", SESSION, key=both)
    done = fairlead("verify", SESSION, directory=place, environment=KEY)
    assert "is encrypted with another key than keys/journal.key" in done.stderr


@pytest.mark.parametrize(
    ("key", "what"),
    [
        ("none.key", "none.key: cannot be read"),
        ("var/journal/x.key", "lies below the journal"),
        ("keys/open.key", "lets others use the key: chmod 600"),
    ],
)
def test_a_key_that_is_no_good_starts_no_session(place: Path, key: str, what: str) -> None:
    for name in ("var/journal/x.key", "keys/open.key"):
        fairlead("keys", "new", name, "--kind", "journal", directory=place)
    (place / "keys/open.key").chmod(0o644)
    configure(place, encrypted=True, key=key)
    done = fairlead(*RUN, directory=place, environment=NO_KEY)
    assert done.returncode == 2
    assert what in done.stderr
    assert not (place / "var/journal/0002").exists()
