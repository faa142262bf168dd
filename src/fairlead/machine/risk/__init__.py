"""The layers that an order must pass. None can be skipped: only the gate makes `Approved`."""
