"""`fairlead backtest --reproduce`: a stored result, made again from what it says it came from."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
from rich.text import Text

from fairlead.cli.console import OUT, print_json
from fairlead.cli.outcome import Outcome, content_of
from fairlead.model.units import Nanos
from fairlead.node.configuration import Configuration
from fairlead.node.loading import changed
from fairlead.node.venue_settings import RecordedVenueSettings
from fairlead.readers.written import printable
from fairlead.stages.errors import CannotReproduce
from fairlead.stages.provenance import (
    Provenance,
    configuration_again,
    data_files,
    differences,
    hashed,
    recalled,
)

_COMPARED: Final = ("digests", "summary", "statistics", "breakdown", "feed")


class Stored(NamedTuple):
    """A stored result: what it says, where it came from, and the configuration to run again."""

    name: str
    content: dict[str, Any]
    provenance: Provenance
    configuration: Configuration

    @property
    def span(self) -> tuple[Nanos | None, Nanos | None]:
        """From when to when it traded."""
        told = self.provenance
        begin, end = told.begin, told.end
        return None if begin is None else Nanos(begin), None if end is None else Nanos(end)


def stored(path: Path, given: Configuration | None, data: Sequence[Path]) -> Stored:
    """Read a result and check its data before anything is run. Raises `CannotReproduce`.

    `given` is its configuration where it has secrets; `data` is where its data is now.
    """
    content, provenance = recalled(path.read_bytes(), str(path))
    configuration = configuration_again(provenance) if given is None else given
    if data:
        venue = configuration.venue
        if not isinstance(venue, RecordedVenueSettings):
            raise CannotReproduce(f"{path}: its market is simulated: leave --data out")
        moved = venue.model_copy(update={"files": tuple(data)})
        configuration = changed(configuration, "--data", venue=moved)
    _check_data(provenance, configuration)
    return Stored(str(path), content, provenance, configuration)


def print_reproduced(before: Stored, outcome: Outcome, now: Provenance, json: bool) -> bool:
    """Say whether the result came out again, and what has changed. Return whether it did."""
    again = msgspec.json.decode(msgspec.json.encode(content_of(outcome)))
    unequal = [name for name in _COMPARED if again.get(name) != before.content.get(name)]
    changes = list(differences(before.provenance, now))
    if json:
        print_json(
            {
                "result": before.name,
                "reproduced": not unequal,
                "unequal": unequal,
                "changed": changes,
                "digests": {"then": before.content.get("digests"), "now": again["digests"]},
            }
        )
        return not unequal
    digest = again["digests"]["outputs"]
    if unequal:
        OUT.print(f"not reproduced: {', '.join(unequal)} differ", style="bold red")
        then = before.content.get("digests", {}).get("outputs")
        OUT.print(f"outputs digest: {then} then, {digest} now", markup=False, soft_wrap=True)
    else:
        OUT.print("reproduced: every output, the summary and all statistics", style="green")
        OUT.print(f"outputs digest: {digest}", markup=False, soft_wrap=True)
    for change in changes:
        OUT.print(Text(f"changed: {printable(change)}", style="yellow"), soft_wrap=True)
    return not unequal


def _check_data(provenance: Provenance, configuration: Configuration) -> None:
    """Refuse data that is gone or another: its result would say nothing."""
    known = {file.sha256 for file in provenance.data}
    for path in data_files(configuration):
        if not path.exists():
            raise CannotReproduce(
                f"{path}: the data is not there; --data FILE says where it is now"
            )
        now = hashed(path)
        if now.sha256 not in known:
            raise CannotReproduce(
                f"{path}: this is not the data of the result: its sha256 is {now.sha256}"
            )
