"""What a report is made of. Everything a person may need to believe it, or to doubt it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fairlead.readers.equity import EquityCurve
from fairlead.readers.summary import SessionSummary


@dataclass(frozen=True, kw_only=True)
class ReportContent:
    """A session that is to be reported.

    `summary` and `curve` followed the same session. `verified` is what `fairlead verify` said about
    the journal, None if it was not asked; `verification` says the same in words. `configuration` is
    text in which secrets are hidden already.
    """

    title: str
    summary: SessionSummary
    curve: EquityCurve
    verified: bool | None = None
    verification: str = ""
    configuration: str = ""
    journal: str = ""
    digests: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
