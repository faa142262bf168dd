"""Who signs what a session writes down: as `audit.key` of its configuration says, and the rest."""

from pathlib import Path

from fairlead.gateways.kill_files import place_of
from fairlead.node.attestation import Attestation
from fairlead.node.build import sources_hash
from fairlead.node.checkpoints import CHECKPOINTS_NAME, checkpoint_files, read_checkpoints
from fairlead.node.configuration import Configuration
from fairlead.node.keys import load_key
from fairlead.node.notary import Notary, Place, SigningPace, Warn


def notary(configuration: Configuration, directory: Path, warn: Warn) -> Notary | None:
    """Return who signs the journal of a session, None where the configuration names no key.

    Raises `KeyRefused` and `CheckpointUnreadable`: a session that is to be signed does not start
    unsigned.
    """
    audit = configuration.audit
    if audit.key is None or not audit.enabled:
        return None
    key = load_key(audit.key, place_of(directory))
    places = [Place(directory, CHECKPOINTS_NAME)]
    if audit.copy_to is not None:
        places.append(Place(audit.copy_to))
    return Notary(
        directory,
        key,
        sources_hash(),
        SigningPace(audit.checkpoint_records, audit.checkpoint_seconds),
        tuple(places),
        warn,
        # By any key: a new key must not make what the old one signed of no account.
        Attestation(directory, read_checkpoints(checkpoint_files(directory)), None),
    )
