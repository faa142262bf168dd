"""`fairlead status`: how the kill switch stands, whether a node lives, and the last drill."""

from typing import Any

import typer

from fairlead.cli.switches import (
    JOURNAL,
    NOT_CONFIRMED,
    JournalOption,
    JsonOption,
    Place,
    node_line,
    print_found,
    standing_object,
)
from fairlead.operations.drill_record import drill_warning


def status(journal: JournalOption = JOURNAL, json: JsonOption = False) -> None:
    """Show the kill switch and the heartbeat of the node.

    Exit code 0: nothing is stopped. 1: the kill switch is engaged. 2: there is no journal.
    """
    place = Place(journal)
    standing, node = place.switch.look(), place.node()
    warning = drill_warning(place.directory, place.clock.now())
    found: dict[str, Any] = {"switch": standing_object(standing), "node": node, "drill": warning}
    if standing.engaged:
        lines = [f"KILLED ({standing.mode.value}, kill {standing.generation}): {standing.why}"]
    else:
        lines = ["released: no kill stands"]
    lines += [f"  {problem}" for problem in standing.problems]
    lines.append(node_line(node))
    print_found(found, [*lines, *([warning] if warning else [])], json)
    if standing.engaged:
        raise typer.Exit(NOT_CONFIRMED)
