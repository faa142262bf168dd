"""Scenarios that a trader can read, run against the real machine.

`tests/scripts/*.txt` are written in plain words (`tests/script_words.py`); what the machine answers
to a line stands below it, behind `> `. `FAIRLEAD_REWRITE=1 pytest tests/test_scripts.py` writes the
answers anew: read the difference before you believe it.
"""

import os
from pathlib import Path

import pytest

from fairlead.model.text import OUTPUTS
from tests.script_words import ANSWERS, Desk

SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.txt"))


def run(lines: list[str]) -> tuple[list[str], Desk]:
    """Return the script with the answers of the machine in place."""
    desk = Desk()
    written = []
    for line in lines:
        if line.startswith("> "):
            continue
        written.append(line)
        if line.strip() and not line.startswith("#"):
            written += [f"> {answer}" for answer in desk.say(line)]
    return written, desk


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_the_machine_answers_as_the_script_says(script: Path) -> None:
    lines = script.read_text().splitlines()
    written, desk = run(lines)
    if os.environ.get("FAIRLEAD_REWRITE") == "1":
        script.write_text("\n".join(written) + "\n")
        return
    assert "\n".join(lines) == "\n".join(written)
    assert all(account["identity"] for account in desk.script.state()["accounts"])


def test_every_kind_of_output_is_shown_by_a_script() -> None:
    answered: set[str] = set()
    for script in SCRIPTS:
        answered |= run(script.read_text().splitlines())[1].answered
    assert set(OUTPUTS) - answered == set()
    assert set(ANSWERS) == set(OUTPUTS)
