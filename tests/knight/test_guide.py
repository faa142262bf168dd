"""The guide shows what the drills really print."""

import re
from pathlib import Path

from rich.console import Console, RenderableType

from fairlead.cli.drill import kill_view, knight_view
from fairlead.journal.sequencer import VirtualClock
from fairlead.model.units import Nanos
from fairlead.operations.kill_drill import drill_kill
from fairlead.operations.knight import SCENARIOS, SPAN, run_all, unguarded

PAGE = (Path(__file__).parents[2] / "docs" / "guides" / "knight.md").read_text()
WIDTH = 110
MEASURED = re.compile(r"[0-9.]+ (ms|us|s)$", re.MULTILINE)


def test_the_guide_shows_what_the_knight_drill_prints() -> None:
    drawn = _drawn(knight_view(run_all(), unguarded(), SPAN // 10**9, WIDTH))
    assert drawn == _block("fairlead drill knight")


def test_the_guide_shows_what_a_drill_of_the_kill_switch_prints(tmp_path: Path) -> None:
    """But for how long it took, which is measured anew each time."""
    drill = drill_kill(tmp_path, VirtualClock(Nanos(5)), "ann")
    drawn = _drawn(kill_view(drill, "", Path("var/journal/drills.jsonl")))
    shown = _block("fairlead drill kill --person ann")
    assert MEASURED.sub("a time", drawn) == MEASURED.sub("a time", shown)
    assert "a time" in MEASURED.sub("a time", shown)


def test_the_guide_names_every_scenario() -> None:
    names = [result.name for result in run_all(Nanos(10**9))]
    assert len(names) == len(SCENARIOS)
    prose = PAGE.split("## What stops it here")[1].split("```")[0]
    for name in names:
        kind = "the loops" if name.startswith("loop: ") else name
        assert name in prose or kind in prose, name


def test_the_guide_repeats_nothing_that_the_order_does_not_say() -> None:
    """F-03, F-04, F-08: no failing script, no minutes of the day, no bankruptcy."""
    for wrong in ("bankrupt", "SSH", "silently", "9:47", "10:15", "09:47"):
        assert wrong.lower() not in PAGE.lower()
    assert "34-70694 of 16 October 2013" in PAGE


def _drawn(view: RenderableType) -> str:
    console = Console(width=WIDTH, color_system=None)
    with console.capture() as capture:
        console.print(view)
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def _block(command: str) -> str:
    found = re.search(rf"```console\n\$ {re.escape(command)}\n(.*?)\n```", PAGE, re.DOTALL)
    assert found is not None, command
    return found[1]
