"""What a user reads when a journal is no good: what was found, where, and what to do."""

import pytest

from fairlead.journal.errors import (
    JournalDamaged,
    JournalError,
    JournalFailed,
    JournalLocked,
    JournalUnreadable,
)


@pytest.mark.parametrize("kind", [JournalLocked, JournalUnreadable, JournalDamaged, JournalFailed])
def test_every_error_of_the_journal_is_a_journal_error(kind: type[Exception]) -> None:
    """One tree: who cannot tell them apart can still catch them."""
    assert issubclass(kind, JournalError)


def test_damage_says_where_it_is_and_what_to_do() -> None:
    """Fault 3: offset and record number; nothing is ever mended silently."""
    damage = JournalDamaged("var/7.journal", 1234, 5, "its checksum is wrong")
    assert str(damage) == (
        "var/7.journal: damaged at byte 1234 (record 5): its checksum is wrong;"
        " restore this file from a copy (fairlead journal repair), nothing was changed"
    )
    assert (damage.path, damage.offset, damage.record) == ("var/7.journal", 1234, 5)
