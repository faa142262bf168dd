"""What left, and where two runs part."""

from fairlead.model.terms import Side
from fairlead.readers.messages import Messages, same_until
from tests.readers.sessions import SPOT, Scene


def run(*prices: int) -> Messages:
    """Return the messages of a run that buys at these prices."""
    messages = Messages()
    scene = Scene(messages)
    scene.quote(SPOT, 9_990, 10_010)
    for price in prices:
        scene.after(1).order(SPOT, Side.BUY, 1_000, price)
    return messages


def test_what_left_is_kept_with_its_time_and_nothing_else_is() -> None:
    times = [time for time, _ in run(10_000, 9_999).all]
    assert len(times) == 2
    assert times[0] < times[1]


def test_equal_runs_do_not_part() -> None:
    assert same_until(run(10_000, 9_999), run(10_000, 9_999)) is None
    assert same_until(run(), run()) is None


def test_the_first_message_that_differs_is_found() -> None:
    assert same_until(run(10_000, 9_999), run(10_000, 9_998)) == 1
    assert same_until(run(9_999), run(10_000)) == 0


def test_one_that_ends_earlier_parts_at_its_end() -> None:
    assert same_until(run(10_000, 9_999), run(10_000)) == 1
    assert same_until(run(), run(10_000)) == 0
