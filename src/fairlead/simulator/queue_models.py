"""Where in a queue the cancels happen that a recording by price level does not place.

What left a level without a trade stood before us or behind us. Each model says which part of it
stood before; none ever moves us further than that there is nothing ahead. With `front` before us
and `back` behind us:

    pessimistic    none, as long as there is enough behind us
    proportional   front / (front + back): every share is as likely to be canceled
    power          front^n / (front^n + back^n): with n > 1 the longer part cancels more than that
    logarithmic    log(1 + front) / (log(1 + front) + log(1 + back)): the parts differ less

Source: "How do we estimate position of our order in order book?" (Quantitative Finance Stack
Exchange, question 3782), where the part behind us is f(back) / (f(back) + f(front)); hftbacktest
(Queue Models) has the functions x, x^2, x^n and log(1 + x). Here f counts lots, so that the
logarithm does not depend on the decimals of an instrument; all is computed in integers.
"""

from enum import Enum
from typing import Final

from fairlead.simulator.fixed import log2

POWER_MAX: Final = 8


class QueueModel(Enum):
    """Where the cancels at our price are thought to happen."""

    PESSIMISTIC = "pessimistic"
    PROPORTIONAL = "proportional"
    POWER = "power"
    LOGARITHMIC = "logarithmic"


def canceled_ahead(
    model: QueueModel, canceled: int, front: int, back: int, lot: int, power: int
) -> int:
    """Return how much of what was canceled is thought to have stood before us, rounded down.

    `front` and `back` are in increments and together more than 0, `lot` is what they are counted
    in, `power` is the n of its model. What cannot have been behind us is not this function's task.
    """
    if model is QueueModel.PESSIMISTIC or not front:
        return 0
    if model is QueueModel.PROPORTIONAL:
        return canceled * front // (front + back)
    if model is QueueModel.POWER:
        ahead, behind = int(front**power), int(back**power)
    else:
        ahead = log2(1 + front // lot)
        behind = log2(1 + back // lot)
    if not ahead + behind:  # both are less than one lot
        return 0
    return min(front, canceled * ahead // (ahead + behind))
