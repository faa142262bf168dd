"""What can go wrong in a node.

NodeError
├── ConfigurationError   a configuration cannot be used; carries everything that is wrong with it
├── BadImage             a snapshot does not bring a state back
├── NotKept              a state holds something that no snapshot can keep
├── UnreadableText       text from a person is not a duration, a time or a number
├── KeyRefused           a key file is missing, in the wrong place, or open to others
├── CheckpointUnreadable a line of signed checkpoints is none
├── CheckpointsDiffer    a journal is not what was signed about it
├── RetentionUnreadable  how long a journal is kept cannot be read, so it is kept
├── OutputsDiffer        the machine answers otherwise than the journal says it did
└── WorldDiverged        a simulated or recorded world is not the one that the journal was made in
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fairlead.model.inputs import Input
from fairlead.model.outputs import Output


class NodeError(Exception):
    """A node cannot start, or cannot go on."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a configuration, and where. `str` gives it as one line."""

    file: str
    line: int  # from 1; 0 where there is no line, as for a file that is missing
    column: int  # likewise
    key: str  # as in `strategies[0].parameters.size`; empty for the file as a whole
    text: str  # what was found and what is expected; secrets hidden

    def __str__(self) -> str:
        """Return `file:line:column: key: text`."""
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return ": ".join(part for part in (place, self.key, self.text) if part)


class ConfigurationError(NodeError):
    """A configuration cannot be used. `problems` is all that was found, in the file's order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Order the problems; the message has one line for each."""
        assert problems, "a configuration error names at least one problem"
        self.problems = tuple(sorted(problems, key=lambda problem: (problem.line, problem.column)))
        super().__init__("\n".join(map(str, self.problems)))


class UnreadableText(NodeError):
    """Text from a person is not what it must be. `expected` never repeats it: a secret."""

    def __init__(self, expected: str) -> None:
        """Say what would have been read."""
        super().__init__(f"expected {expected}")
        self.expected = expected


class KeyRefused(NodeError):
    """A key cannot be used. Says why and never what is in the file."""


class CheckpointUnreadable(NodeError):
    """A line is not a checkpoint as this build writes them."""


class CheckpointsDiffer(NodeError):
    """A journal is not what was signed about it: nothing is written to it and nothing signed."""

    def __init__(self, directory: Path, findings: Sequence[str]) -> None:
        """Say each difference."""
        super().__init__(
            f"{directory}: is not what was signed about it: {'; '.join(findings)};"
            " bring the journal back from a copy; to go on without it, put its checkpoints away"
        )


class RetentionUnreadable(NodeError):
    """How long a journal is kept cannot be read. It stays."""


class BadImage(NodeError):
    """The bytes of a snapshot do not bring a state back."""


class NotKept(NodeError):
    """A state holds something that cannot be written down and brought back."""


class OutputsDiffer(NodeError):
    """Recovery recomputed outputs that are not the recorded ones. The node stops."""

    def __init__(
        self,
        sequence: int,
        input: Input,
        recorded: Sequence[Output],
        recomputed: Sequence[Output],
    ) -> None:
        """Show both versions."""
        super().__init__(
            f"input {sequence} ({type(input).__name__}): the recorded outputs are not what this"
            f" build answers; recorded {list(recorded)}, recomputed {list(recomputed)};"
            " use the build that wrote the journal"
        )
        self.sequence = sequence


class WorldDiverged(NodeError):
    """The world does not do again what the journal says it did."""

    def __init__(self, sequence: int, recorded: Input, happened: Input | None) -> None:
        """Show both versions."""
        super().__init__(
            f"input {sequence}: the journal has {recorded}, the world now gives {happened};"
            " resume with the configuration, seed and recording that the session began with"
        )
        self.sequence = sequence
