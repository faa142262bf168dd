"""QuantConnect Lean's files: ticks and bars of stocks and crypto, factor and map files."""

from fairlead.gateways.lean.opening import open_lean

__all__ = ["open_lean"]
