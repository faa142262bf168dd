"""One configuration from several files, and one section under two names."""

from decimal import Decimal
from pathlib import Path

import pytest

from fairlead.node.errors import ConfigurationError
from fairlead.node.loading import load, read, with_safety

PLAIN = "venue: {kind: recorded, files: [a]}\naccount: {currency: USD, cash: 1}\n"


def files(directory: Path, **texts: str) -> Path:
    """Write files and return the first of them."""
    for name, text in texts.items():
        (directory / f"{name}.yaml").write_text(text, "utf-8")
    return directory / f"{next(iter(texts))}.yaml"


def test_safety_is_another_name_for_risk() -> None:
    """B-CFG-01: the same meaning has the same digest."""
    one = read(PLAIN + "safety: {limits: {max_position: 0.02}}\n", "a.yaml", {})
    two = read(PLAIN + "risk: {limits: {max_position: 0.020}}\n", "a.yaml", {})
    both = read(PLAIN + "risk: {limits: {max_position: 0.02}}\nsafety: {}\n", "a.yaml", {})
    assert one == two == both
    assert one.digest() == two.digest() == both.digest()


def test_what_is_said_under_both_names_goes_together() -> None:
    text = "risk: {limits: {max_position: 0.02}}\nsafety: {profile: standard}\n"
    risk = read(PLAIN + text, "a.yaml", {}).risk
    assert risk.limits.max_position is not None
    assert risk.profile == "standard"


def test_an_error_shows_the_name_under_which_it_was_written() -> None:
    for name in ("risk", "safety"):
        text = PLAIN + f"{name}:\n  loss_limits: {{daily: {{hard: 2}}}}\n"
        with pytest.raises(ConfigurationError) as caught:
            read(text, "a.yaml", {})
        assert str(caught.value) == (
            f"a.yaml:4:31: {name}.loss_limits.daily.hard: found 2, expected 1 or less"
        )


@pytest.mark.parametrize("text", ["safety: 5\n", "risk: {}\nsafety: 5\n", "risk: 5\nsafety: {}\n"])
def test_a_section_that_is_no_mapping_is_told_once(text: str) -> None:
    with pytest.raises(ConfigurationError, match="expected a mapping"):
        read(PLAIN + text, "a.yaml", {})


def test_a_configuration_includes_files_from_its_own_directory(tmp_path: Path) -> None:
    main = files(
        tmp_path,
        main=PLAIN + "include: [safety.yaml]\nrisk: {profile: standard}\n",
        safety="safety: {limits: {max_position: 0.02}}\nlogging: {level: debug}\n",
    )
    configuration = load(main, {})
    assert configuration.risk.profile == "standard"
    assert configuration.risk.limits.max_position is not None
    assert configuration.logging.level == "debug"
    assert configuration.include == ()
    same = PLAIN + (
        "risk: {profile: standard, limits: {max_position: 0.02}}\nlogging: {level: debug}\n"
    )
    assert configuration.digest() == read(same, "a.yaml", {}).digest()


def test_a_key_in_two_files_is_an_error_at_the_second(tmp_path: Path) -> None:
    main = files(
        tmp_path,
        main=PLAIN + "include: [safety.yaml]\nrisk: {limits: {}}\nlogging: {level: info}\n",
        safety="safety:\n  limits: {max_position: 0.02}\nlogging: {level: debug}\n",
    )
    with pytest.raises(ConfigurationError) as caught:
        load(main, {})
    twice = "found the key a second time, expected it in one file"
    assert str(caught.value).splitlines() == [
        f"{tmp_path}/safety.yaml:2:3: safety.limits: {twice}",
        f"{tmp_path}/safety.yaml:3:1: logging: {twice}",
    ]


def test_what_is_wrong_in_an_included_file_is_told_of_that_file(tmp_path: Path) -> None:
    main = files(
        tmp_path,
        main=PLAIN + "include: [safety.yaml]\nstrategies: [{name: m, strategy: s}]\n",
        safety="safety:\n  permissions: [{strategy: n}]\n",
    )
    with pytest.raises(ConfigurationError) as caught:
        load(main, {})
    assert str(caught.value) == (
        f'{tmp_path}/safety.yaml:2:28: safety.permissions[0].strategy: found "n", expected a'
        " strategy of this file"
    )


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    main = files(tmp_path, main=PLAIN + "include: [safety.yaml]\n")
    with pytest.raises(ConfigurationError, match=r"safety\.yaml: found no file of this name"):
        load(main, {})


def test_a_text_includes_nothing() -> None:
    with pytest.raises(ConfigurationError, match="include: found a sequence, expected none"):
        read(PLAIN + "include: [safety.yaml]\n", "a.yaml", {})


def test_a_safety_file_from_the_command_line_goes_over_the_configuration(tmp_path: Path) -> None:
    text = "risk: {profile: standard, limits: {max_position: 0.02, max_sector: 0.1}}\n"
    configuration = read(PLAIN + text, "a.yaml", {})
    safety = files(tmp_path, safety="safety: {limits: {max_position: 0.05}}\n")
    changed = with_safety(configuration, safety, {})
    assert changed.risk.profile == "standard"
    assert changed.risk.limits.max_position is not None
    assert changed.risk.limits.max_position.hard == Decimal("0.05")
    assert changed.risk.limits.max_sector is None
    place = changed.problem(("risk", "limits", "max_position"), "x")
    assert str(place) == f"{safety}:1:33: safety.limits.max_position: found 0.05, expected x"
    profile = changed.problem(("risk", "profile"), "x")
    assert str(profile) == 'a.yaml:3:17: risk.profile: found "standard", expected x'


def test_what_both_files_say_must_go_together(tmp_path: Path) -> None:
    configuration = read(PLAIN + "risk: {profile: standard}\n", "a.yaml", {})
    safety = files(tmp_path, safety="safety:\n  loss_limits: {daily: {action: halt}}\n")
    with pytest.raises(ConfigurationError) as caught:
        with_safety(configuration, safety, {})
    assert str(caught.value) == (
        f"{safety}:2:25: safety.loss_limits.daily.action: found this key, expected hard beside it:"
        " breakers count shares"
    )
