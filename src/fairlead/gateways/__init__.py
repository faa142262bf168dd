"""The edge: bytes of venues in, inputs out. Pure protocols; sockets are in `transport.py` alone."""
