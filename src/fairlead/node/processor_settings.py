"""On which cores a node runs, and how it is scheduled, in a configuration.

Nothing of it changes what the node decides: only how soon. What the system does about it is
`processor.py`.
"""

from collections.abc import Iterator
from typing import Annotated, Final, Literal

from pydantic import Field, Strict

from fairlead.node.settings import Contradiction, Section, repeated

PRIORITY_MAX: Final = 98  # of 99: one is left for who must be able to interrupt
_CORE_MAX: Final = 4_095

Core = Annotated[int, Field(ge=0, le=_CORE_MAX)]


class ProcessorSettings(Section):
    """Where a process runs. What is not written is left to the system."""

    cores: Annotated[tuple[Core, ...], Strict(False)] = ()
    numa_node: int | None = Field(default=None, ge=0, le=1_023)
    scheduling: Literal["normal", "fifo"] = "normal"
    priority: int = Field(default=0, ge=0, le=PRIORITY_MAX)
    lock_memory: bool = False

    @property
    def is_set(self) -> bool:
        """Whether anything is asked of the system."""
        return self != ProcessorSettings()

    def contradictions(self) -> Iterator[Contradiction]:
        """Return cores that are there twice, and a priority without its scheduling."""
        for index in repeated(map(str, self.cores)):
            yield Contradiction(("cores", index), "each core once")
        if self.cores and self.numa_node is not None:
            yield Contradiction(("numa_node",), "either cores or numa_node", about="key")
        if self.scheduling == "fifo":
            if not self.priority:
                yield Contradiction(("priority",), f"1 to {PRIORITY_MAX} with scheduling fifo")
            if not self.cores:
                yield Contradiction(("cores",), "the cores that scheduling fifo may take whole")
        elif self.priority:
            yield Contradiction(("priority",), "0 without scheduling fifo")
