"""Makes an object without its `__init__`: for a snapshot, which sets every attribute itself.

Interpreted, any class can do that. A compiled one runs its `__init__` with everything that makes an
instance, but for what a compiled `__new__` makes: it allocates any class that it is given. That
there is a second class to choose from is what keeps the compiler from deciding which.
"""

from typing import Any


class _Any:
    def __new__(cls: Any) -> Any:
        return object.__new__(cls)


class _Other(_Any):
    """Never made."""


def bare(kind: Any) -> Any:
    """Return an instance of a class with no attribute set. Whoever makes it sets them all."""
    return _Any.__new__(kind)
