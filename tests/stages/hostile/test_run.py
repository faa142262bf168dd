"""One run, from the first start to the last word of the checker."""

from fairlead.stages.hostile.run import Run


def test_a_run_is_dense_and_tells_its_story() -> None:
    run = Run(3, tells=True)
    report = run.whole()
    assert report.seed == 3
    assert report.inputs > 200
    assert report.lives > 2
    assert report.orders > 3
    assert len(bytes.fromhex(report.digest)) == 16
    timeline = run.timeline()
    assert [time for time, _ in timeline] == sorted(time for time, _ in timeline)
    said = "\n".join(what for _, what in timeline)
    for what in ("node: life 1", "network: ", "venue: ", "people: ", " Quote", "-> SendOrder"):
        assert what in said, what


def test_a_seed_is_another_run_than_the_next_one_and_the_same_as_itself() -> None:
    first, again, other = (Run(seed).whole().digest for seed in (11, 11, 12))
    assert first == again != other
