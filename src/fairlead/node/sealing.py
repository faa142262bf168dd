"""The key that encrypts a journal, and what it does: the one place that knows how payloads are
sealed.

The file has 32 random bytes in hex and is for its owner alone. The key itself seals nothing: a
segment draws 32 random bytes (its salt), and BLAKE2b over them under the key gives the segment's
own AES-256-GCM key and 16 bytes that tell it. Salt and those bytes are the segment's mark. So a
wrong key is known before anything is opened, and is never taken for damage.
"""

import hashlib
import hmac
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from fairlead.journal.errors import JournalSealed, PayloadForged
from fairlead.journal.sealing import MARK_BYTES, Sealing
from fairlead.node.errors import KeyRefused
from fairlead.node.keys import read_secret, write_secret

ENVIRONMENT: Final = "FAIRLEAD_JOURNAL_KEY"  # files of keys to read with, as in PATH
KEY_BYTES: Final = 32
_SALT_BYTES: Final = 32
_PERSON: Final = b"fairlead-journal"  # nothing else that is derived of the key comes out the same


class JournalKey(NamedTuple):
    """A key and the file it is from. Its text form never shows the key."""

    path: Path
    key: bytes

    def __repr__(self) -> str:
        """Return the file."""
        return f"JournalKey({self.path})"


class JournalKeys:
    """The cipher of a journal: the first key seals; it and all others open.

    What none of them opens is tried with the keys in `files`, and in those that the environment
    names; they are looked at when they are needed.
    """

    def __init__(self, keys: Sequence[JournalKey] = (), files: Sequence[Path] = ()) -> None:
        """Take what there is. Raises `KeyRefused` where there are keys and no library for them."""
        self._keys = list(keys)
        self._files = list(files)
        self._looked = False  # into the files, and the environment
        if keys:
            _need_library()

    def begin(self) -> Sealing:
        """Return what seals with a key that was never used before."""
        assert self._keys, "who seals has a key"
        salt = os.urandom(_SALT_BYTES)
        derived, check = _derived(self._keys[0].key, salt)
        return _Sealing(salt + check, derived)

    def find(self, mark: bytes) -> Sealing:
        """Return what opens what was sealed under a mark. Raises `JournalSealed`."""
        salt, expected = mark[:_SALT_BYTES], mark[_SALT_BYTES:]
        try:
            while True:
                for one in self._keys:
                    derived, check = _derived(one.key, salt)
                    if hmac.compare_digest(check, expected):
                        return _Sealing(mark, derived)
                if self._looked:
                    break
                self._looked = True
                files = [*self._files, *_of_environment()]
                self._keys += [load_journal_key(file) for file in files]
        except KeyRefused as refused:
            self._looked = False
            raise JournalSealed(f"is encrypted: {refused}") from refused
        raise JournalSealed(self._unopened())

    def _unopened(self) -> str:
        if not self._keys:
            return (
                f"is encrypted, and no key was given: name the file of its key in {ENVIRONMENT}"
                " (fairlead verify --quick needs none)"
            )
        files = ", ".join(str(one.path) for one in self._keys)
        return (
            f"is encrypted with another key than {files}: name the file of its key in"
            f" {ENVIRONMENT}; nothing was changed"
        )


class _Sealing:
    """AES-256-GCM with the key of one segment, or of one snapshot."""

    def __init__(self, mark: bytes, key: bytes) -> None:
        _need_library()
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        assert len(mark) == MARK_BYTES, "a mark is a salt and a check"
        self._mark = mark
        self._aead = AESGCM(key)
        self._invalid = InvalidTag

    @property
    def mark(self) -> bytes:
        return self._mark

    def seal(self, nonce: bytes, content: bytes, about: bytes) -> bytes:
        return self._aead.encrypt(nonce, content, about)

    def open(self, nonce: bytes, sealed: bytes, about: bytes) -> bytes:
        try:
            return self._aead.decrypt(nonce, sealed, about)
        except self._invalid as error:
            raise PayloadForged(
                "does not open with the key that it was sealed with: it was changed or moved by"
                " somebody who has no key; check the journal against what was signed"
            ) from error


def new_journal_key(path: Path) -> None:
    """Make a key file that was not there, with mode 0600. Raises `KeyRefused` and `OSError`."""
    write_secret(path, os.urandom(KEY_BYTES).hex().encode() + b"\n")


def load_journal_key(path: Path, journal: Path | None = None) -> JournalKey:
    """Return the key in a file. It must not lie below a `journal`. Raises `KeyRefused`."""
    content = read_secret(path, journal).strip()
    try:
        key = bytes.fromhex(content.decode("ascii"))
    except ValueError as error:  # what it says may repeat what is in the file
        raise _no_key(path) from error
    if len(key) != KEY_BYTES:
        raise _no_key(path)
    return JournalKey(path, key)


def configured_cipher(path: Path | None, journal: Path) -> JournalKeys | None:
    """Return what seals a journal, None where its configuration names no key.

    Raises `KeyRefused`: a journal that is to be encrypted is not written plain.
    """
    return None if path is None else JournalKeys([load_journal_key(path, journal)])


def _of_environment() -> list[Path]:
    named = os.environ.get(ENVIRONMENT, "")
    return [Path(name) for name in named.split(os.pathsep) if name]


def _derived(key: bytes, salt: bytes) -> tuple[bytes, bytes]:
    derived = hashlib.blake2b(
        salt, key=key, digest_size=KEY_BYTES + MARK_BYTES - _SALT_BYTES, person=_PERSON
    ).digest()
    return derived[:KEY_BYTES], derived[KEY_BYTES:]


def _no_key(path: Path) -> KeyRefused:
    return KeyRefused(
        f"{path}: expected {KEY_BYTES} bytes in hex, as `fairlead keys new --kind journal` makes"
    )


def _need_library() -> None:
    try:
        import cryptography  # noqa: F401 - whether it is there
    except ImportError as error:
        raise KeyRefused(
            "an encrypted journal needs the library cryptography: pip install 'fairlead[audit]'"
        ) from error
