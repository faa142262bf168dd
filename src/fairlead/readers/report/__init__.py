"""The report of a session: one HTML file that needs nothing else, for people who were not there."""

from fairlead.readers.report.content import ReportContent
from fairlead.readers.report.page import render_report, write_report

__all__ = ["ReportContent", "render_report", "write_report"]
