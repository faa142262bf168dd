"""A trading day: what falls into it is kept by subject and counted; what does not is left out."""

from fairlead.model.inputs import KillCommand, StopCommand
from fairlead.model.terms import Side, StopPolicy
from fairlead.model.units import Nanos
from fairlead.readers.day_story import SUBJECTS, DayStory
from tests.readers.sessions import PERPETUAL, SPOT, START, STRATEGY, Scene

DAY = Nanos(86_400 * 10**9)


def traded(story: DayStory) -> dict[str, int]:
    """Return the counts of the strategy in the first instrument."""
    return dict(story.traded[STRATEGY, SPOT].counts)


def test_the_days_before_and_after_are_left_out() -> None:
    first, second = DayStory(START, Nanos(START + DAY)), DayStory(Nanos(START + DAY), Nanos(2**62))
    scene = Scene(first, second)
    scene.quote(SPOT, 9_990, 10_010)
    order = scene.order(SPOT, Side.BUY, 1_000, 10_000)
    scene.fill(order, SPOT, 400, 10_000)
    scene.now = Nanos(START + DAY)
    scene.fill(order, SPOT, 600, 9_990)
    assert traded(first) == {"requests": 1, "sent": 1, "fills": 1}
    assert traded(second) == {"fills": 1}
    assert first.traded[STRATEGY, SPOT].bought == 400
    assert second.traded[STRATEGY, SPOT].bought == 600
    assert sum(first.inputs.values()) + sum(second.inputs.values()) == scene.sequence


def test_what_was_traded_is_counted_by_strategy_and_instrument() -> None:
    story = DayStory(START, Nanos(START + DAY))
    scene = Scene(story)
    for key in (SPOT, PERPETUAL):
        scene.quote(key, 9_990, 10_010)
    buy = scene.order(SPOT, Side.BUY, 1_000, 10_000)
    scene.fill(buy, SPOT, 1_000, 10_000)
    sell = scene.order(SPOT, Side.SELL, 500, 10_000)
    scene.fill(sell, SPOT, 500, 10_010)
    mine = story.traded[STRATEGY, SPOT]
    assert (mine.bought, mine.sold) == (1_000, 500)
    assert mine.volume == (100_00 * 1_000 + 100_10 * 500) * 10**3  # 10**-8 of 10**-2 and 10**-3
    assert (STRATEGY, PERPETUAL) not in story.traded


def test_refusals_are_counted_by_check() -> None:
    story = DayStory(START, Nanos(START + DAY))
    scene = Scene(story)
    scene.order(SPOT, Side.BUY, 1_000, 10_000)  # no market data yet
    assert story.refused.total > 0
    assert traded(story)["refused"] == 1


def test_what_people_look_at_is_kept_by_subject() -> None:
    story = DayStory(START, Nanos(START + DAY))
    scene = Scene(story)
    scene.feed([KillCommand("ann", "enough"), StopCommand(StopPolicy.CANCEL, "ann", "over")])
    assert [deed.person for deed in story.deeds.all][-2:] == ["ann", "ann"]
    assert story.events["kills"].count >= 1
    kinds = [type(each.record).__name__ for each in story.events["sessions"].first]
    assert kinds[0] == "NodeStarted"
    assert kinds[-1] == "TradingStopped"
    assert set(story.events) == set(SUBJECTS)
