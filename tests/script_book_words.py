"""The words of scenario scripts for books by order, auctions, busted trades and where data is from.

`tests/script_words.py` has all others. A whole book is said as `1:buy:5:99 2:sell:4:101`.
"""

import re
from typing import Any

SAYINGS = {
    r"order (?P<order>\d+) (?P<side>buy|sell) (?P<quantity>\S+) at (?P<price>\S+)"
    r" joins the book": "BookOrderAdded",
    r"(?P<quantity>\S+) of order (?P<order>\d+) trades( at (?P<price>\S+))?"
    r"( as (?P<trade_id>\S+))?": "BookOrderExecuted",
    r"(?P<quantity>\S+) of order (?P<order>\d+) is taken back": "BookOrderReduced",
    r"order (?P<order>\d+) leaves the book": "BookOrderRemoved",
    r"order (?P<order>\d+) becomes (?P<new_order>\d+), (?P<quantity>\S+)"
    r" at (?P<price>\S+)": "BookOrderReplaced",
    r"orders in the book:(?P<orders>.*?)( update (?P<update>\d+))?": "BookOrders",
    r"auction at (?P<price>\S+) pairs (?P<paired>\S+), (?P<imbalance>\S+) left"
    r"( to (?P<imbalance_side>buy|sell))?": "AuctionIndication",
    r"trade (?P<trade_id>\S+) never was": "TradeBusted",
    r"data comes from (?P<source>\S+)( because (?P<reason>.+))?": "FeedSourceChanged",
}


def book_input(line: str, about: dict[str, str]) -> dict[str, Any] | None:
    """Return the input that a line is, in text form; None if it says something else."""
    for saying, kind in SAYINGS.items():
        if found := re.fullmatch(saying, line):
            said: dict[str, Any] = {
                name: each for name, each in found.groupdict().items() if each is not None
            }
            if "orders" in said:
                said["orders"] = [_order(one) for one in said["orders"].split()]
            return {"type": kind, "instrument": about["instrument"], **said}
    return None


def _order(said: str) -> list[str]:
    number, side, quantity, price = said.split(":")
    return [number, side, price, quantity]
