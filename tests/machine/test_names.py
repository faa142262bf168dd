"""Names that people cannot tell apart are one name."""

import pytest

from fairlead.machine.names import is_legible, plain_name


@pytest.mark.parametrize("other", ["OLD", " old", "o\u200bld", "ｏｌｄ", "old\u00ad"])  # noqa: RUF001
def test_case_blanks_around_and_what_nobody_sees_tell_nothing_apart(other: str) -> None:
    assert plain_name(other) == plain_name("old")
    assert plain_name("older") != plain_name("old")


@pytest.mark.parametrize("name", ["ann", "Ann Müller", "李 小龙", "o'neil-9"])
def test_a_name_of_letters_can_be_seen(name: str) -> None:
    assert is_legible(name)


@pytest.mark.parametrize("name", ["a\u200bnn", "bob\n", "b\u200fob", "bob\x00"])
def test_a_name_with_what_nobody_sees_cannot(name: str) -> None:
    assert not is_legible(name)
