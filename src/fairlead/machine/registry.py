"""Names that are never used again, flags, and warnings that stand before the open.

In 2012 a flag that had been used before was given another meaning, code that nobody used any more
was still there to answer it, and 97 warnings before the open were read by nobody. Here a retired
name stays retired, and a warning blocks the start until a person has looked at it.
"""

from typing import Final

from fairlead.machine.names import plain_name
from fairlead.model.risk_terms import NamedThing

FLAGS_MAX: Final = 10_000
WARNINGS_MAX: Final = 1_000  # that stand at once; one more is counted into the last


class Registry:
    """What was retired, what flags are, and what a person has still to look at."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.flags: dict[str, str] = {}
        self.warnings: dict[str, str] = {}  # that stand: name and text
        # By the thing and the name as nobody can tell it apart from others; the name, and why.
        self._retired: dict[tuple[NamedThing, str], tuple[str, str]] = {}

    def retire(self, thing: NamedThing, name: str, reason: str) -> None:
        """Let a name never be used again, however it is written."""
        self._retired[thing, plain_name(name)] = (name, reason)
        if thing is NamedThing.FLAG:
            for known in list(self.flags):
                if plain_name(known) == plain_name(name):
                    del self.flags[known]

    def is_retired(self, thing: NamedThing, name: str) -> bool:
        """Whether a name may not be used any more."""
        return (thing, plain_name(name)) in self._retired

    def retired(self) -> list[tuple[NamedThing, str, str]]:
        """Return every name that is never used again, and why."""
        return [(key[0], *told) for key, told in self._retired.items()]

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        flags, warnings = list(self.flags.items()), list(self.warnings.items())
        return [flags, warnings, [list(one) for one in self.retired()]]
