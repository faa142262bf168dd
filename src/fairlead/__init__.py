"""Fairlead, a production trading system in Python: one journaled path from quote to order.

Importing this package imports nothing else of it. With `FAIRLEAD_PURE=1` in the environment every
module below is loaded from its source, even where a compiled one lies beside it (`SourceFinder`).
"""

import os
import sys
from collections.abc import Sequence
from importlib.machinery import FileFinder, ModuleSpec, SourceFileLoader
from types import ModuleType

__version__ = "0.1.0"


class SourceFinder:
    """Finds the modules of this package as sources alone.

    Python prefers an extension module to the source beside it and has no switch for that. Yet the
    same checkout must run both ways: to compare digests, to debug, to rule the compiler out.
    """

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where the source of `name` lies; None leaves it to the other finders."""
        if path is None or not name.startswith("fairlead."):
            return None
        for entry in path:
            spec = FileFinder(entry, (SourceFileLoader, [".py"])).find_spec(name, target)
            if spec is not None:
                return spec
        return None


if os.environ.get("FAIRLEAD_PURE") == "1" and SourceFinder not in sys.meta_path:
    sys.meta_path.insert(0, SourceFinder)
