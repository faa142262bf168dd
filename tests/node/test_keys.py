"""A key is used where only its owner can read it, and shown nowhere."""

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from fairlead.node.errors import KeyRefused
from fairlead.node.keys import is_signed, load_key, new_key, public_key

FORMS = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
PUBLIC = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def test_a_new_key_signs_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "audit.key"
    key = new_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    again = load_key(path)
    assert again.public == key.public
    signature = again.sign(b"what was said")
    assert is_signed(key.public, b"what was said", signature)
    assert not is_signed(key.public, b"what was not said", signature)
    assert not is_signed(new_key(tmp_path / "other").public, b"what was said", signature)
    assert not is_signed(key.public, b"what was said", "no hex")


def test_a_key_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "audit.key"
    key = new_key(path)
    with pytest.raises(KeyRefused, match="never written over"):
        new_key(path)
    assert load_key(path).public == key.public


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o601])
def test_a_key_that_others_may_use_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "audit.key"
    new_key(path)
    path.chmod(mode)
    with pytest.raises(KeyRefused, match="lets others use the key: chmod 600"):
        load_key(path)


def test_a_key_below_the_journal_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal" / "keys" / "audit.key"
    new_key(path)
    with pytest.raises(KeyRefused, match="lies below the journal"):
        load_key(path, tmp_path / "journal")
    link = tmp_path / "elsewhere"
    link.symlink_to(path)
    with pytest.raises(KeyRefused, match="lies below the journal"):
        load_key(link, tmp_path / "journal")


def test_what_is_no_key_is_refused_and_not_repeated(tmp_path: Path) -> None:
    path = tmp_path / "audit.key"
    path.touch(0o600)
    path.write_text("canary-1234")
    with pytest.raises(KeyRefused, match="expected an Ed25519 key") as refused:
        load_key(path)
    assert "canary" not in str(refused.value)
    other = ec.generate_private_key(ec.SECP256R1())
    path.write_bytes(other.private_bytes(*FORMS, serialization.NoEncryption()))
    with pytest.raises(KeyRefused, match="a key of another kind"):
        load_key(path)
    with pytest.raises(KeyRefused, match="No such file"):
        load_key(tmp_path / "missing")


def test_a_public_key_is_given_in_hex_or_as_a_file(tmp_path: Path) -> None:
    path = tmp_path / "audit.key"
    public = new_key(path).public
    assert public_key(public.upper()) == public_key(str(path)) == public
    text = tmp_path / "public.txt"
    text.write_text(public + "\n")
    pem = tmp_path / "public.pem"
    key = ed25519.Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
    pem.write_bytes(key.public_bytes(*PUBLIC))
    assert public_key(str(text)) == public_key(str(pem)) == public
    for wrong in ("abc", str(tmp_path)):
        with pytest.raises(KeyRefused, match="no public key in hex, and no file"):
            public_key(wrong)
    pem.write_bytes(ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(*PUBLIC))
    with pytest.raises(KeyRefused, match="a key of another kind"):
        public_key(str(pem))


def test_other_tools_read_the_key(tmp_path: Path) -> None:
    path = tmp_path / "audit.key"
    public = new_key(path).public
    command = ["openssl", "pkey", "-in", str(path), "-pubout", "-outform", "DER"]
    done = subprocess.run(command, capture_output=True, check=True)
    assert done.stdout[-32:].hex() == public
    assert public not in repr(load_key(path)).replace(public, "")
