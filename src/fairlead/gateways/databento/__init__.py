"""Databento's historical data: DBN files of versions 1 to 3, and the same records as CSV."""

from fairlead.gateways.databento.opening import open_databento

__all__ = ["open_databento"]
