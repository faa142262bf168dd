"""Secrets of the guard: read from a file or from the environment, never shown, never written."""

import os
import stat
from collections.abc import Mapping
from typing import Final, NamedTuple

from fairlead.operations.settings import Secret

BYTES_MIN: Final = 16  # of a secret: what is shorter can be guessed
_BYTES_MAX: Final = 4_096


class Credential(NamedTuple):
    """A secret, or why there is none. `str` shows neither."""

    secret: bytes
    problem: str = ""  # with a secret: a warning

    def __repr__(self) -> str:
        """Hide the secret."""
        return f"Credential({'set' if self.secret else 'not set'}, {self.problem!r})"


def credential(secret: Secret, variable: str, environment: Mapping[str, str]) -> Credential:
    """Return the secret in its file, else as it was given, else in a variable of the environment.

    A file that cannot be read is a problem and not a reason to look elsewhere.
    """
    path = secret.file
    if path is None and secret.text:
        return _checked(secret.text, "the configuration", "")
    if path is None:
        return _checked(environment.get(variable, "").encode(), f"${variable}", "")
    try:
        with path.open("rb") as file:
            content = file.read(_BYTES_MAX)
            mode = os.fstat(file.fileno()).st_mode
    except OSError as error:
        return Credential(b"", f"{path}: cannot be read: {error.strerror}")
    others = mode & (stat.S_IRWXG | stat.S_IRWXO) & ~stat.S_IRGRP
    return _checked(content, str(path), f"{path}: others may read it" if others else "")


def _checked(content: bytes, place: str, warning: str) -> Credential:
    secret = content.strip()
    if not secret:
        return Credential(b"", f"{place}: no secret is set")
    if len(secret) < BYTES_MIN:
        return Credential(b"", f"{place}: shorter than {BYTES_MIN} characters, it is not used")
    return Credential(secret, warning)
