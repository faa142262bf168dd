"""The key that signs checkpoints: an Ed25519 key in a file that only its owner may read.

Who can write a journal can write all of it anew, with checksums and chain. Who holds the key can
sign the new one as well. So the key never lies below a journal, and belongs best to a process on
another machine (`fairlead witness`). The file is PKCS#8 in PEM, so that other tools read it.
"""

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fairlead.node.errors import KeyRefused

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PUBLIC_BYTES: Final = 32
_FILE_BYTES_MAX: Final = 16 * 1024  # a key has some hundred bytes
_OTHERS: Final = 0o077  # what nobody but the owner may do


class SigningKey:
    """A private key. Its text form never shows it."""

    def __init__(self, key: "Ed25519PrivateKey") -> None:
        """Take a key of the library."""
        self._key = key
        self.public = key.public_key().public_bytes_raw().hex()

    def sign(self, content: bytes) -> str:
        """Return the signature in hex."""
        return self._key.sign(content).hex()

    def __repr__(self) -> str:
        """Return the public half."""
        return f"SigningKey({self.public})"


def new_key(path: Path) -> SigningKey:
    """Make a key file that was not there, with mode 0600. Raises `KeyRefused` and `OSError`."""
    _need_library()
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    content = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    write_secret(path, content)
    return SigningKey(key)


def load_key(path: Path, journal: Path | None = None) -> SigningKey:
    """Return the key in a file. It must not lie below a `journal`. Raises `KeyRefused`."""
    content = read_secret(path, journal)
    _need_library()
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    try:
        key = serialization.load_pem_private_key(content, password=None)
    except (ValueError, TypeError) as error:  # what it says may repeat what is in the file
        raise KeyRefused(f"{path}: expected an Ed25519 key in PEM, without a password") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyRefused(f"{path}: a key of another kind, expected an Ed25519 key")
    return SigningKey(key)


def public_key(given: str) -> str:
    """Return a public key in hex: given in hex itself, or as a file. Raises `KeyRefused`.

    A file has the hex, the public key in PEM, or a private key, of which the public half is taken.
    """
    text = given.strip()
    if _is_hex(text):
        return text.lower()
    try:
        text = Path(given).read_bytes()[:_FILE_BYTES_MAX].decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise KeyRefused(f"{given}: no public key in hex, and no file with one") from error
    if _is_hex(text):
        return text.lower()
    if "PRIVATE KEY" in text:
        return load_key(Path(given)).public
    return _public_in_pem(given, text)


def is_signed(public: str, content: bytes, signature: str) -> bool:
    """Return whether a signature over `content` was made with this key."""
    _need_library()
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
        key.verify(bytes.fromhex(signature), content)
    except (InvalidSignature, ValueError):
        return False
    return True


def write_secret(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read; never over another one. Raises `KeyRefused`."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, flags, 0o600)
    except FileExistsError as error:
        raise KeyRefused(f"{path}: exists already, a key is never written over") from error
    except OSError as error:
        raise KeyRefused(f"{path}: cannot be made: {error.strerror}") from error
    with os.fdopen(file, "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())


def read_secret(path: Path, journal: Path | None = None) -> bytes:
    """Return the content of a key file that nobody else may read. Raises `KeyRefused`."""
    if journal is not None and path.resolve().is_relative_to(journal.resolve()):
        raise KeyRefused(
            f"{path}: lies below the journal {journal}: who takes the one has the other;"
            " keep the key elsewhere, best on another machine"
        )
    try:
        with path.open("rb") as opened:
            found = os.fstat(opened.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise KeyRefused(f"{path}: not a file")
            if found.st_mode & _OTHERS:
                mode = stat.S_IMODE(found.st_mode)
                raise KeyRefused(f"{path}: mode {mode:04o} lets others use the key: chmod 600")
            return opened.read(_FILE_BYTES_MAX)
    except OSError as error:
        raise KeyRefused(f"{path}: cannot be read: {error.strerror}") from error


def _public_in_pem(given: str, text: str) -> str:
    _need_library()
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = serialization.load_pem_public_key(text.encode())
    except ValueError as error:
        raise KeyRefused(f"{given}: expected a public key, in hex or in PEM") from error
    if not isinstance(key, Ed25519PublicKey):
        raise KeyRefused(f"{given}: a key of another kind, expected an Ed25519 key")
    return key.public_bytes_raw().hex()


def _is_hex(text: str) -> bool:
    return len(text) == 2 * PUBLIC_BYTES and all(
        letter in "0123456789abcdefABCDEF" for letter in text
    )


def _need_library() -> None:
    try:
        import cryptography  # noqa: F401 - whether it is there
    except ImportError as error:
        raise KeyRefused(
            "signatures need the library cryptography: pip install 'fairlead[audit]'"
        ) from error
