"""How the page gets drawn, and how it gets to the disk.

Everything on it that came from outside is escaped. Beyond that the page itself forbids the browser
to run any script but the two that it names by their digest, and to load anything from anywhere. The
file is written beside its place and then put there at once: nobody ever reads half a report.
"""

import base64
import hashlib
import json
import os
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Final

from fairlead.readers.errors import ReportNotWritten, ReportsNotInstalled
from fairlead.readers.report.content import ReportContent
from fairlead.readers.report.view import MONEY_DECIMALS_SHOWN, View, view_of
from fairlead.readers.written import grouped, printable

_HERE: Final = files("fairlead.readers.report")
# In JSON within HTML; json.dumps has escaped everything that is not ASCII.
_HTML_IN_JSON: Final = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def write_report(path: Path, session: ReportContent) -> None:
    """Write the report of a session.

    Raises `ReportsNotInstalled` without the packages that draw it, and `ReportNotWritten` if the
    file cannot be written; then nothing is left behind, and what stood there before still stands.
    """
    page = render_report(session)
    beside = path.with_name(f".{path.name}.writing")
    try:
        beside.write_text(page, encoding="utf-8")
        os.replace(beside, path)
    except OSError as error:
        _remove(beside)
        raise ReportNotWritten(path, error.strerror or str(error)) from error


def render_report(session: ReportContent) -> str:
    """Return the page as text. Raises `ReportsNotInstalled`."""
    try:
        from jinja2 import Environment, StrictUndefined
        from plotly.offline import get_plotlyjs  # type: ignore[import-untyped]  # it has no types
    except ImportError as error:
        raise ReportsNotInstalled(error.name or str(error)) from error
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(grouped=grouped, split=_split, count="{:,}".format)
    template = environment.from_string(_asset("page.html.j2"))
    scripts = {"plotly": str(get_plotlyjs()), "charts": _asset("charts.js")}
    assert not any("</script" in script for script in scripts.values()), "a script ends itself"
    view = view_of(session)
    return template.render(
        view=view,
        result=view.result,
        content=session,
        policy=_policy(scripts.values()),
        scripts=scripts,
        style=_asset("page.css"),
        numbers=_numbers(view),
    )


def _policy(scripts: Iterable[str]) -> str:
    """Return the rule for the browser: these scripts, nothing from elsewhere."""
    digests = " ".join(f"'sha256-{_digest(script)}'" for script in scripts)
    return (
        f"default-src 'none'; script-src {digests}; style-src 'unsafe-inline';"
        " img-src data: blob:; base-uri 'none'; form-action 'none'"
    )


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _numbers(view: View) -> str:
    """Return the numbers of all charts as JSON that no HTML can be hidden in."""
    charts = [account.chart for account in view.accounts] + view.charts
    return json.dumps(charts, allow_nan=False, separators=(",", ":")).translate(_HTML_IN_JSON)


def _split(text: str) -> tuple[str, str]:
    """Return an amount as people read it, and the decimals that they rarely need."""
    whole, point, decimals = grouped(text).partition(".")
    shown = decimals[:MONEY_DECIMALS_SHOWN]
    return f"{whole}{point}{shown}", decimals[MONEY_DECIMALS_SHOWN:]


def _visible(value: object) -> object:
    """Return text from outside without what has no look of its own but could change that of others.

    What is marked as safe is ours, and of another type than plain text.
    """
    if type(value) is not str:
        return value
    return "\n".join(printable(line) for line in value.split("\n"))


def _asset(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return  # it could not be written either, and that is what is told
