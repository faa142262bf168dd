"""What must work when much else does not, is loaded without it."""

import json
import subprocess
import sys
from pathlib import Path

from fairlead.cli.emergency import COMMANDS
from fairlead.cli.entry import EMERGENCY
from fairlead.cli.main import COMMANDS as LISTED
from fairlead.cli.switches import JOURNAL
from fairlead.node.configuration import JournalSettings

# What may be broken, missing or slow to load while a kill goes through.
NOT_NEEDED = (
    "fairlead.machine", "fairlead.simulator", "fairlead.strategy", "fairlead.readers",
    "fairlead.stages", "fairlead.node.configuration", "fairlead.node.session",
    "fairlead.cli.main", "fairlead.cli.run", "fairlead.cli.console",
    "ruamel", "jinja2", "plotly",
)  # fmt: skip
SCRIPT = """
import sys
for name in {names!r}:
    sys.modules[name] = None  # whoever imports it now fails
sys.argv = ["fairlead", *{arguments!r}]
from fairlead.cli.entry import main
main()
"""


def test_every_emergency_command_works_while_everything_else_is_broken(tmp_path: Path) -> None:
    (tmp_path / "var/journal").mkdir(parents=True)
    for arguments, code, engaged in [
        (["status"], 0, False),
        (["kill", "--reason", "r"], 0, True),
        (["status"], 1, True),
        (["release", "--person", "eve", "--reason", "r"], 0, False),
    ]:
        script = SCRIPT.format(names=NOT_NEEDED, arguments=[*arguments, "--json"])
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == code, done.stderr
        assert json.loads(done.stdout)["switch"]["engaged"] is engaged


def test_the_emergency_commands_are_among_all_commands_too() -> None:
    assert {command.__name__ for command in COMMANDS} == {*EMERGENCY}
    assert {*EMERGENCY} <= {*LISTED}


def test_where_nothing_is_said_the_same_journal_is_meant_as_by_a_configuration() -> None:
    assert JournalSettings().directory == JOURNAL
