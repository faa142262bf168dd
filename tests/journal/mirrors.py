"""A cipher for tests of the journal alone: it hides and protects nothing, and shows what it did."""

from typing import Final

from fairlead.journal.sealing import MARK_BYTES, TAG_BYTES, Sealing

_TAG: Final = bytes(TAG_BYTES)


class Mirror:
    """Seals by turning every byte over, and notes the nonces that it was given."""

    def __init__(self, number: int) -> None:
        self.mark = number.to_bytes(MARK_BYTES, "big")
        self.nonces: list[bytes] = []

    def seal(self, nonce: bytes, content: bytes, about: bytes) -> bytes:
        assert about
        self.nonces.append(nonce)
        return bytes(byte ^ 0xFF for byte in content) + _TAG

    def open(self, nonce: bytes, sealed: bytes, about: bytes) -> bytes:
        assert nonce
        assert about
        return bytes(byte ^ 0xFF for byte in sealed[:-TAG_BYTES])


class Mirrors:
    """A cipher that begins with another mirror each time."""

    def __init__(self) -> None:
        self.begun: list[Mirror] = []

    def begin(self) -> Sealing:
        self.begun.append(Mirror(len(self.begun) + 1))
        return self.begun[-1]

    def find(self, mark: bytes) -> Sealing:
        return next(one for one in self.begun if one.mark == mark)
