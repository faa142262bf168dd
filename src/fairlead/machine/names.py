"""When two names are one: what nobody sees, and how it is written, tells nothing apart."""

import unicodedata
from typing import Final

_UNSEEN: Final = ("Cc", "Cf")  # control and format characters, the zero-width ones among them


def plain_name(name: str) -> str:
    """Return a name without case, blanks around it, and what nobody sees. Letters that look alike
    stay different ones.
    """
    shown = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return "".join(
        letter for letter in shown if unicodedata.category(letter) not in _UNSEEN
    ).strip()


def is_legible(name: str) -> bool:
    """Whether everything in a name can be seen: no control and no format characters."""
    return not any(unicodedata.category(letter) in _UNSEEN for letter in name)
