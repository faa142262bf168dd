"""What all inputs and outputs share."""

import msgspec

from fairlead.model.units import Price, Quantity

Levels = tuple[
    tuple[Price, Quantity], ...
]  # best first in a snapshot; a quantity of 0 removes the level


class Record(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Immutable, encoded as an array, no part of any cycle."""
