"""Names and numbers: the first definition stands, and a renamed instrument keeps its number."""

import pytest

from fairlead.model.inputs import InstrumentRenamed
from fairlead.model.names import Directory, did_you_mean
from fairlead.model.units import InstrumentId
from tests.model.records import known_names


def directory() -> Directory:
    names = Directory()
    names.add(1, "ABC")
    names.add(2, "XYZ")
    return names


def test_the_first_definition_of_a_number_or_a_name_stands() -> None:
    names = directory()
    names.add(1, "NEW")
    names.add(3, "ABC")
    assert (names.name(1), names.number("ABC"), names.number("NEW")) == ("ABC", 1, None)


def test_what_is_renamed_keeps_its_number_and_its_old_name_means_nothing() -> None:
    """POS: a rename changes what people read, and nothing that is counted."""
    names = directory()
    names.rename(1, "NEW")
    assert (names.name(1), names.number("NEW"), names.number("ABC")) == ("NEW", 1, None)
    assert names.all() == ["XYZ", "NEW"]


@pytest.mark.parametrize(("number", "name"), [(1, "XYZ"), (9, "NEW"), (1, "#9")])
def test_a_rename_to_a_name_that_is_taken_or_of_what_is_not_known_changes_nothing(
    number: int, name: str
) -> None:
    names = directory()
    names.rename(number, name)
    assert (names.name(1), names.name(2), names.all()) == ("ABC", "XYZ", ["ABC", "XYZ"])


def test_a_name_that_was_given_up_can_be_taken_by_another() -> None:
    names = directory()
    names.rename(1, "NEW")
    names.add(3, "ABC")
    assert names.number("ABC") == 3


def test_the_input_that_renames_an_instrument_is_learned() -> None:
    names = known_names()
    names.learn(InstrumentRenamed(InstrumentId(1), "NEW", "notice 7"))
    assert (names.instruments.name(1), names.instruments.number("ABC")) == ("NEW", None)
    terms = names.instrument(1)
    assert terms is not None
    assert terms.price_decimals == 2


def test_what_has_no_name_is_written_by_its_number_and_found_by_it() -> None:
    names = directory()
    assert names.name(7) == "#7"
    assert names.number("#7") == 7
    for text in ("#", "#x", "#-1", "#" + "1" * 19, "7"):
        assert names.number(text) is None


def test_the_next_free_number_follows_the_highest() -> None:
    names = directory()
    assert (names.free_number("ABC"), names.free_number("NEW")) == (1, 3)


@pytest.mark.parametrize(("word", "told"), [("ABD", "; did you mean 'ABC'?"), ("quite", "")])
def test_a_near_word_is_offered_and_a_far_one_is_not(word: str, told: str) -> None:
    assert did_you_mean(word, ["ABC", "XYZ"]) == told
