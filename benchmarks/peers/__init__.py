"""Ours beside other people's trading systems: the same data, the same work, by turns."""
