"""Sweeps: a grid in any number of processes, the best of it, and folds that never see ahead."""

import pytest

from fairlead.model.units import Nanos
from fairlead.readers.statistics import Measured
from fairlead.stages.errors import WrongWiring
from fairlead.stages.sweep import (
    TRIALS_MAX,
    Fold,
    Job,
    Trial,
    Walked,
    axis,
    best,
    folds,
    grid,
    growth,
    run_trial,
    span_of,
    trials,
)
from tests.stages.sessions import SECOND, configuration

START = configuration().session.start_time


def trial(value: float | None, name: str = "sharpe", problem: str = "") -> Trial:
    """Return a trial with one measure."""
    notes = {} if value is not None else {name: "fewer than two returns"}
    return Trial({"at": str(value)}, None, None, {name: value}, notes, {}, [], "", problem)


def test_an_axis_is_a_list_or_a_range_with_both_ends() -> None:
    assert axis("fast=5, 10,20") == ("fast", ["5", "10", "20"])
    assert axis("spread=0.25:1:0.25") == ("spread", ["0.25", "0.50", "0.75", "1.00"])
    assert axis("size=1:4:2") == ("size", ["1", "3"])
    assert axis("word=a") == ("word", ["a"])


@pytest.mark.parametrize(
    "text",
    [
        *("", "fast", "=1", "fast=", "fast=1,,2", "fast=1,1", "a=1:2", "a=1:2:0", "a=2:1:1"),
        *("a=x:y:z", "a=0:1:0.00000001", "a=NaN:1:1", "a=1:Infinity:1"),
    ],
)
def test_what_is_no_axis_says_what_is_expected(text: str) -> None:
    with pytest.raises(WrongWiring, match="--sweep"):
        axis(text)


def test_a_grid_has_every_combination_once() -> None:
    found = grid({"a": ["1", "2"], "b": ["x", "y", "z"]})
    assert len(found) == 6
    assert found[0] == {"a": "1", "b": "x"}
    assert len({tuple(one.items()) for one in found}) == 6


def test_too_many_combinations_are_refused_before_any_is_run() -> None:
    wide = [str(number) for number in range(TRIALS_MAX)]
    with pytest.raises(WrongWiring, match="20,000 combinations, expected at most 10,000"):
        grid({"a": wide, "b": ["1", "2"]})


def test_trials_are_the_same_in_one_process_and_in_two() -> None:
    settings = configuration(seconds=10)
    jobs = [Job(settings, {"half_spread_bps": each}, None, None) for each in ("2", "4")]
    alone = list(trials(jobs, 1))
    assert alone == list(trials(jobs, 2))
    assert [one.problem for one in alone] == ["", ""]
    assert alone[0].outputs != alone[1].outputs
    assert alone[0].measures["total_return"] is not None


def test_a_wrong_parameter_is_told_in_its_trial_and_stops_no_other() -> None:
    settings = configuration()
    found = run_trial(Job(settings, {"half_spread": "2"}, None, None))
    assert "half_spread" in found.problem
    assert found.measures == {}


def test_the_best_has_the_highest_measure_and_the_first_of_equals_wins() -> None:
    tried = [trial(None), trial(0.1), trial(0.7), trial(0.7), trial(9.0, problem="it failed")]
    assert best(tried, "sharpe") is tried[2]


def test_without_any_measure_there_is_no_best() -> None:
    with pytest.raises(WrongWiring, match="undefined in every trial \\(fewer than two returns\\)"):
        best([trial(None)], "sharpe")
    with pytest.raises(WrongWiring, match="no trial came to its end"):
        best([trial(1.0, problem="it failed")], "sharpe")


def test_each_fold_is_tried_on_what_its_choice_has_not_seen() -> None:
    assert folds(Nanos(0), Nanos(100), 3, anchored=False) == [
        Fold(Nanos(0), Nanos(25), Nanos(50)),
        Fold(Nanos(25), Nanos(50), Nanos(75)),
        Fold(Nanos(50), Nanos(75), Nanos(100)),
    ]
    anchored = folds(Nanos(0), Nanos(101), 2, anchored=True)
    assert anchored == [
        Fold(Nanos(0), Nanos(33), Nanos(66)),
        Fold(Nanos(0), Nanos(66), Nanos(101)),
    ]
    with pytest.raises(WrongWiring, match="too short for 9 folds"):
        folds(Nanos(0), Nanos(5), 9, anchored=False)


def test_the_span_is_from_the_first_to_the_last_of_the_market_data() -> None:
    begin, end = span_of(configuration(seconds=20))
    assert begin == START
    assert START + 18 * SECOND < end < START + 20 * SECOND


def test_parts_grow_one_after_the_other() -> None:
    fold = Fold(Nanos(0), Nanos(1), Nanos(2))
    parts = [trial(0.1, "total_return"), trial(-0.5, "total_return")]
    walked = [Walked(fold, [], each, each) for each in parts]
    assert growth(walked).value == pytest.approx(-0.45)
    unknown = Walked(fold, [], parts[0], trial(None, "total_return"))
    assert growth([*walked, unknown]) == Measured(None, "a part has no return")
