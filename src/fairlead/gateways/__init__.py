"""The edge: bytes of venues in, inputs out. No socket, no clock: pure protocols."""
